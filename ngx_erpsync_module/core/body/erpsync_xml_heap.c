
#include <stdlib.h>

#include "erpsync_xml_internal.h"


#define ERPSYNC_XML_ROOM  (128 * 1024)  /* of expat, beyond the body */
#define ERPSYNC_XML_HEAP  (16 * 1024)   /* what most documents take */


typedef union {
    size_t       size;
    max_align_t  align;
} erpsync_xml_block_t;


static erpsync_xml_block_t *erpsync_xml_take(erpsync_xml_heap_t *heap,
    size_t size);
static void erpsync_xml_give(erpsync_xml_heap_t *heap,
    erpsync_xml_block_t *block);

static void *erpsync_xml_malloc(size_t size);
static void *erpsync_xml_realloc(void *p, size_t size);
static void erpsync_xml_free(void *p);


/*
 * Expat's allocators get no argument to find the heap by.  A parser lives
 * within one call of erpsync_xml(), and one thread calls it: thread-local
 * memory of a loaded module is allocated at first use, and the C library
 * aborts the process if there is none.
 */

static erpsync_xml_heap_t  *erpsync_xml_heap;


const XML_Memory_Handling_Suite  erpsync_xml_memory = {
    erpsync_xml_malloc, erpsync_xml_realloc, erpsync_xml_free
};


static inline bool
erpsync_xml_is_near(const erpsync_xml_heap_t *heap,
    const erpsync_xml_block_t *block)
{
    return (uintptr_t) block - (uintptr_t) heap->start < ERPSYNC_XML_HEAP;
}


erpsync_rc_t
erpsync_xml_heap_open(erpsync_xml_heap_t *heap, size_t len)
{
    heap->room = len + ERPSYNC_XML_ROOM;
    heap->start = malloc(ERPSYNC_XML_HEAP);

    if (heap->start == NULL) {
        return ERPSYNC_ERROR;
    }

    heap->pos = heap->start;
    heap->last = heap->start + ERPSYNC_XML_HEAP;
    heap->failed = false;

    erpsync_xml_heap = heap;

    return ERPSYNC_OK;
}


void
erpsync_xml_heap_close(erpsync_xml_heap_t *heap)
{
    erpsync_xml_heap = NULL;
    free(heap->start);
}


static void *
erpsync_xml_malloc(size_t size)
{
    erpsync_xml_heap_t   *heap;
    erpsync_xml_block_t  *block;

    heap = erpsync_xml_heap;

    if (size > heap->room) {
        return NULL;
    }

    block = erpsync_xml_take(heap, size);
    if (block == NULL) {
        heap->failed = true;
        return NULL;
    }

    heap->room -= size;
    block->size = size;

    return block + 1;
}


static void *
erpsync_xml_realloc(void *p, size_t size)
{
    size_t                old;
    erpsync_xml_heap_t   *heap;
    erpsync_xml_block_t  *block, *grown;

    if (p == NULL) {
        return erpsync_xml_malloc(size);
    }

    heap = erpsync_xml_heap;
    block = (erpsync_xml_block_t *) p - 1;
    old = block->size;

    if (size > old && size - old > heap->room) {
        return NULL;
    }

    if (!erpsync_xml_is_near(heap, block)) {
        grown = realloc(block, sizeof(erpsync_xml_block_t) + size);

    } else {
        grown = erpsync_xml_take(heap, size);

        if (grown) {
            memcpy(grown + 1, p, (old < size) ? old : size);
            erpsync_xml_give(heap, block);
        }
    }

    if (grown == NULL) {
        heap->failed = true;
        return NULL;
    }

    heap->room += old;
    heap->room -= size;
    grown->size = size;

    return grown + 1;
}


static void
erpsync_xml_free(void *p)
{
    erpsync_xml_heap_t   *heap;
    erpsync_xml_block_t  *block;

    if (p) {
        heap = erpsync_xml_heap;
        block = (erpsync_xml_block_t *) p - 1;
        heap->room += block->size;
        erpsync_xml_give(heap, block);
    }
}


/* From the heap's own memory, or where that is used up from malloc(). */

static erpsync_xml_block_t *
erpsync_xml_take(erpsync_xml_heap_t *heap, size_t size)
{
    size_t    n;
    uint8_t  *p;

    /* "size" is no more than there is room for: nothing overflows */

    n = size / sizeof(erpsync_xml_block_t) + 2;
    n *= sizeof(erpsync_xml_block_t);

    if (n > (size_t) (heap->last - heap->pos)) {
        return malloc(sizeof(erpsync_xml_block_t) + size);
    }

    p = heap->pos;
    heap->pos += n;

    return (erpsync_xml_block_t *) (void *) p;
}


/* What is in the heap's own memory goes with it. */

static void
erpsync_xml_give(erpsync_xml_heap_t *heap, erpsync_xml_block_t *block)
{
    if (!erpsync_xml_is_near(heap, block)) {
        free(block);
    }
}
