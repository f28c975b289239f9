
/*
 * An allocator that fails: one allocation, or all from one on.  Only with
 * glibc's own malloc(); a sanitizer and valgrind have one of their own.
 */


#ifndef UNIT_FAILING_H
#define UNIT_FAILING_H


#include <errno.h>

#include "unit.h"


#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNIT_SANITIZED  1
#endif
#endif

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)                      \
    && !defined(UNIT_SANITIZED)
#define UNIT_MALLOC  1
#else
#define UNIT_MALLOC  0
#endif


#if (UNIT_MALLOC)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void __libc_free(void *p);

static volatile bool  counting;
static volatile bool  persistent;     /* and all that follow */
static volatile long  remaining;      /* allocations until one fails */
static volatile long  live;           /* pieces of memory that are in use */


static bool
fails(void)
{
    if (!counting
        || (remaining-- != 0 && !(persistent && remaining < 0)))
    {
        return false;
    }

    errno = ENOMEM;

    return true;
}


void *
malloc(size_t size)
{
    void  *p;

    p = fails() ? NULL : __libc_malloc(size);
    live += counting && p;

    return p;
}


void *
calloc(size_t n, size_t size)
{
    void  *p;

    p = fails() ? NULL : __libc_calloc(n, size);
    live += counting && p;

    return p;
}


void *
realloc(void *old, size_t size)
{
    void  *p;

    p = fails() ? NULL : __libc_realloc(old, size);
    live += counting && p && old == NULL;

    return p;
}


void
free(void *p)
{
    live -= counting && p;
    __libc_free(p);
}


/* Whether the malloc() of this file is in use. */

static inline bool
unit_malloc(void)
{
    void *volatile  p;

    remaining = 0;
    counting = true;
    p = malloc(1);
    counting = false;
    free(p);

    return p == NULL;
}

#endif


#endif /* UNIT_FAILING_H */
