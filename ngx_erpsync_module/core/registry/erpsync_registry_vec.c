
#define _GNU_SOURCE

#include <stdlib.h>
#include <sys/mman.h>

#include "erpsync_registry_internal.h"


/*
 * Large arrays have pages of their own, by mmap().  malloc() keeps memory
 * that a thread frees for that thread.  A registry is loaded by any thread of
 * a pool, so each of them would in time keep as much memory as a snapshot
 * needs.
 */

#define ERPSYNC_VEC_PAGES  65536

/* The most that is freed at once, which takes less than a millisecond. */

#define ERPSYNC_VEC_SLICE  (8 * 1024 * 1024)

#if defined(__linux__)
#define erpsync_vec_paged(size)  ((size) >= ERPSYNC_VEC_PAGES)
#else
#define erpsync_vec_paged(size)  0
#endif


static void *erpsync_vec_resize(void *old, size_t before, size_t after);
static void *erpsync_pages(void *old, size_t before, size_t after);
static size_t erpsync_page_size(size_t size);


void *
erpsync_vec_push(erpsync_vec_t *vec, size_t n, size_t size)
{
    void    *p;
    size_t   total;

    if (n > vec->size - vec->n) {
        total = vec->size ? vec->size * 2 : 16;

        if (total < vec->n + n) {
            total = vec->n + n;
        }

        if (total > UINT32_MAX) {      /* ranges are of 32 bits */
            return NULL;
        }

        p = erpsync_vec_resize(vec->elts, vec->size * size, total * size);
        if (p == NULL) {
            return NULL;
        }

        vec->elts = p;
        vec->size = total;
    }

    p = (uint8_t *) vec->elts + vec->n * size;
    vec->n += n;

    return p;
}


erpsync_rc_t
erpsync_vec_keep(erpsync_vec_t *vec, const char *s, size_t n,
    erpsync_range_t *range)
{
    uint8_t  *p;

    range->first = (uint32_t) vec->n;
    range->n = (uint32_t) n;

    if (n == 0) {
        return ERPSYNC_OK;
    }

    p = erpsync_vec_push(vec, n, 1);
    if (p == NULL) {
        return ERPSYNC_ERROR;
    }

    memcpy(p, s, n);

    return ERPSYNC_OK;
}


void
erpsync_vec_trim(erpsync_vec_t *vec, size_t size)
{
    void  *p;

    if (vec->n == 0 || vec->n == vec->size) {
        return;
    }

    p = erpsync_vec_resize(vec->elts, vec->size * size, vec->n * size);

    if (p) {
        vec->elts = p;
        vec->size = vec->n;
    }
}


/* New pages are zero already, as memory from calloc() is. */

bool
erpsync_vec_zero(erpsync_vec_t *vec, size_t n, size_t size)
{
    vec->elts = erpsync_vec_paged(n * size) ? erpsync_pages(NULL, 0, n * size)
                                            : calloc(n, size);
    vec->n = n;
    vec->size = vec->elts ? n : 0;

    return vec->elts != NULL;
}


bool
erpsync_vec_free(erpsync_vec_t *vec, size_t size, bool slice)
{
    size_t  total, left, kept;

    while (vec->elts) {
        total = vec->size * size;

        if (!erpsync_vec_paged(total)) {
            free(vec->elts);
            break;
        }

        left = (total > ERPSYNC_VEC_SLICE)
               ? (total - ERPSYNC_VEC_SLICE) / size : 0;

        if (!erpsync_vec_paged(left * size)) {
            (void) munmap(vec->elts, erpsync_page_size(total));
            break;
        }

        kept = erpsync_page_size(left * size);
        (void) munmap((uint8_t *) vec->elts + kept,
                      erpsync_page_size(total) - kept);

        vec->size = left;

        if (slice) {
            return true;
        }
    }

    memset(vec, 0, sizeof(erpsync_vec_t));

    return false;
}


static void *
erpsync_vec_resize(void *old, size_t before, size_t after)
{
    void  *p;

    if (!erpsync_vec_paged(before) && !erpsync_vec_paged(after)) {
        return realloc(old, after);
    }

    if (erpsync_vec_paged(before) && erpsync_vec_paged(after)) {
        return erpsync_pages(old, before, after);
    }

    p = erpsync_vec_paged(after) ? erpsync_pages(NULL, 0, after)
                                 : malloc(after);
    if (p == NULL) {
        return NULL;
    }

    if (old) {
        memcpy(p, old, before < after ? before : after);
    }

    if (erpsync_vec_paged(before)) {
        (void) munmap(old, erpsync_page_size(before));

    } else {
        free(old);
    }

    return p;
}


static void *
erpsync_pages(void *old, size_t before, size_t after)
{
    void  *p;

#if defined(__linux__)

    if (old) {
        p = mremap(old, erpsync_page_size(before), erpsync_page_size(after),
                   MREMAP_MAYMOVE);

        return (p == MAP_FAILED) ? NULL : p;
    }

    p = mmap(NULL, erpsync_page_size(after), PROT_READ|PROT_WRITE,
             MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);

    return (p == MAP_FAILED) ? NULL : p;

#else

    (void) before;
    p = realloc(old, after);           /* not reached: nothing is "paged" */

    return p;

#endif
}


static size_t
erpsync_page_size(size_t size)
{
    return (size + ERPSYNC_VEC_PAGES - 1) & ~(size_t) (ERPSYNC_VEC_PAGES - 1);
}
