
/*
 * Memory of one judgement or one snapshot.
 *
 * An arena only grows; all that was taken from it is freed at once.  It takes
 * memory from the caller's allocator (in nginx the pool of the request, which
 * frees it) or from malloc(); then erpsync_arena_destroy() frees it.
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
    size_t                  limit;    /* limit of "used"; 0: no limit */
    bool                    exceeded; /* "limit" was reached */
    bool                    failed;   /* the source had no memory */
} erpsync_arena_t;


/* Makes an arena on malloc(). Free it with erpsync_arena_destroy(). */

void erpsync_arena_init(erpsync_arena_t *arena);

/* Makes an arena on the caller's allocator. It need not be destroyed. */

void erpsync_arena_init_source(erpsync_arena_t *arena, erpsync_alloc_pt alloc,
    void *data);

/* Lets a new arena begin with memory of the caller's, which outlives it. */

void erpsync_arena_lend(erpsync_arena_t *arena, uint8_t *p, size_t size);

/* Frees all memory of an arena on malloc(). */

void erpsync_arena_destroy(erpsync_arena_t *arena);

/*
 * Returns memory that is aligned for any type and not initialized, or NULL if
 * there is none.  It is valid until the arena ends.  A "size" of 0 gives a
 * valid pointer.
 */

void *erpsync_alloc(erpsync_arena_t *arena, size_t size);

/* Returns the same, filled with zeros. */

void *erpsync_calloc(erpsync_arena_t *arena, size_t size);

/* Returns the same for bytes, without alignment. */

uint8_t *erpsync_nalloc(erpsync_arena_t *arena, size_t size);

/* Returns a copy of "s"; "data" is NULL if memory ran out. */

erpsync_str_t erpsync_str_dup(erpsync_arena_t *arena, erpsync_str_t s);


#endif /* ERPSYNC_ARENA_H */
