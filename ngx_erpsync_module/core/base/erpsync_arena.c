
#include <stdlib.h>

#include "erpsync_arena.h"


/*
 * A caller's allocator, such as a pool, has blocks of its own, so it is asked
 * for small ones.  malloc() is asked for larger ones, and so less often.
 */

#define ERPSYNC_ARENA_BLOCK         4000
#define ERPSYNC_ARENA_SOURCE_BLOCK  256
#define ERPSYNC_ARENA_SMALL         256


struct erpsync_arena_block_s {
    erpsync_arena_block_t  *next;
    max_align_t             data[];
};


static uint8_t *erpsync_arena_grab(erpsync_arena_t *arena, size_t size);


void
erpsync_arena_init(erpsync_arena_t *arena)
{
    memset(arena, 0, sizeof(erpsync_arena_t));
}


void
erpsync_arena_init_source(erpsync_arena_t *arena, erpsync_alloc_pt alloc,
    void *data)
{
    memset(arena, 0, sizeof(erpsync_arena_t));
    arena->alloc = alloc;
    arena->data = data;
}


void
erpsync_arena_lend(erpsync_arena_t *arena, uint8_t *p, size_t size)
{
    arena->pos = p;
    arena->last = p + size;
}


void
erpsync_arena_destroy(erpsync_arena_t *arena)
{
    erpsync_arena_block_t  *block, *next;

    for (block = arena->blocks; block; block = next) {
        next = block->next;
        free(block);
    }

    erpsync_arena_init(arena);
}


void *
erpsync_alloc(erpsync_arena_t *arena, size_t size)
{
    size_t    pad;
    uint8_t  *p;

    pad = (size_t) -(uintptr_t) arena->pos & (sizeof(max_align_t) - 1);

    if (arena->pos && size <= (size_t) (arena->last - arena->pos)
        && pad <= (size_t) (arena->last - arena->pos) - size)
    {
        p = arena->pos + pad;
        arena->pos = p + size;
        return p;
    }

    return erpsync_arena_grab(arena, size);
}


void *
erpsync_calloc(erpsync_arena_t *arena, size_t size)
{
    void  *p;

    p = erpsync_alloc(arena, size);

    if (p) {
        memset(p, 0, size);
    }

    return p;
}


uint8_t *
erpsync_nalloc(erpsync_arena_t *arena, size_t size)
{
    uint8_t  *p;

    if (arena->pos && size <= (size_t) (arena->last - arena->pos)) {
        p = arena->pos;
        arena->pos += size;
        return p;
    }

    return erpsync_arena_grab(arena, size);
}


erpsync_str_t
erpsync_str_dup(erpsync_arena_t *arena, erpsync_str_t s)
{
    uint8_t  *p;

    p = erpsync_nalloc(arena, s.len);

    if (p && s.len) {
        memcpy(p, s.data, s.len);
    }

    return erpsync_span(p, p ? s.len : 0);
}


/*
 * Takes memory from the source.  A large piece gets a block of its own; the
 * rest of the current block is still used for small ones.
 */

static uint8_t *
erpsync_arena_grab(erpsync_arena_t *arena, size_t size)
{
    size_t                  block_size;
    uint8_t                *p;
    erpsync_arena_block_t  *block;

    block_size = arena->alloc ? ERPSYNC_ARENA_SOURCE_BLOCK
                              : ERPSYNC_ARENA_BLOCK;

    if (size > ERPSYNC_ARENA_SMALL) {
        block_size = size;
    }

    if (arena->limit
        && (arena->used > arena->limit
            || block_size > arena->limit - arena->used))
    {
        arena->exceeded = true;
        return NULL;
    }

    if (arena->alloc) {
        p = arena->alloc(arena->data, block_size);
        if (p == NULL) {
            arena->failed = true;
            return NULL;
        }

    } else {
        if (block_size > SIZE_MAX - sizeof(erpsync_arena_block_t)) {
            return NULL;
        }

        block = malloc(sizeof(erpsync_arena_block_t) + block_size);
        if (block == NULL) {
            arena->failed = true;
            return NULL;
        }

        block->next = arena->blocks;
        arena->blocks = block;
        p = (uint8_t *) block->data;
    }

    arena->used += block_size;

    if (block_size != size) {
        arena->pos = p + size;
        arena->last = p + block_size;
    }

    return p;
}
