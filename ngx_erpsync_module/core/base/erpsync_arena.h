
/*
 * Memory of one judgement or one snapshot.
 *
 * An arena only grows; everything taken from it goes at once.  It draws on
 * a caller's allocator (nginx: the pool of the request, which frees itself)
 * or on malloc(), in which case erpsync_arena_destroy() gives all back.
 */


#ifndef ERPSYNC_ARENA_H
#define ERPSYNC_ARENA_H


#include "erpsync_base.h"


typedef struct erpsync_arena_block_s  erpsync_arena_block_t;


/* Returns "size" bytes aligned for any type, or NULL. */

typedef void *(*erpsync_alloc_pt)(void *data, size_t size);


typedef struct {
    erpsync_alloc_pt        alloc;    /* NULL: malloc() */
    void                   *data;     /* first argument of "alloc" */

    uint8_t                *pos;
    uint8_t                *last;
    erpsync_arena_block_t  *blocks;   /* of malloc() only */

    size_t                  used;     /* bytes taken from the source */
    size_t                  limit;    /* most of "used"; 0: none */
    bool                    exceeded; /* memory was refused by the limit */
    bool                    failed;   /* the source had none */
} erpsync_arena_t;


/* An arena on malloc(); ends with erpsync_arena_destroy(). */

void erpsync_arena_init(erpsync_arena_t *arena);

/* An arena on a caller's allocator; needs no destruction. */

void erpsync_arena_init_source(erpsync_arena_t *arena, erpsync_alloc_pt alloc,
    void *data);

void erpsync_arena_destroy(erpsync_arena_t *arena);

/*
 * Uninitialized memory, aligned for any type, until the arena ends; NULL
 * where the source has none.  A "size" of 0 gives a valid pointer.
 */

void *erpsync_alloc(erpsync_arena_t *arena, size_t size);

/* The same, zeroed. */

void *erpsync_calloc(erpsync_arena_t *arena, size_t size);

/* The same for bytes: without alignment. */

uint8_t *erpsync_nalloc(erpsync_arena_t *arena, size_t size);

/*
 * What is taken between _mark() and _release() may be taken again, as far as
 * it came from one block.
 */

typedef struct {
    uint8_t                *pos;
    uint8_t                *last;
} erpsync_mark_t;

static inline erpsync_mark_t
erpsync_arena_mark(const erpsync_arena_t *arena)
{
    return (erpsync_mark_t) { arena->pos, arena->last };
}

static inline void
erpsync_arena_release(erpsync_arena_t *arena, erpsync_mark_t mark)
{
    if (arena->last == mark.last) {
        arena->pos = mark.pos;
    }
}

/* Gives back what is behind "used" of the piece that ended at "end". */

static inline void
erpsync_arena_trim(erpsync_arena_t *arena, const uint8_t *end, uint8_t *used)
{
    if (arena->pos == end) {
        arena->pos = used;
    }
}

/* A copy of "s"; "data" is NULL where memory ran out. */

erpsync_str_t erpsync_str_dup(erpsync_arena_t *arena, erpsync_str_t s);


#endif /* ERPSYNC_ARENA_H */
