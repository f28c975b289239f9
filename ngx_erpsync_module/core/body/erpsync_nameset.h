
/*
 * The names met in one object, to find the one that stands twice: any
 * number, without regard to ASCII case unless the names are data.
 *
 * Kept are keyed 64-bit hashes only.  Two names that hash alike count as the
 * same: that could refuse a good request once in 10^9 bodies of 100,000
 * names, and can never let a bad one through.  The key keeps a client from
 * choosing names that collide in the table.
 */


#ifndef ERPSYNC_NAMESET_H
#define ERPSYNC_NAMESET_H


#include "erpsync_arena.h"


#define ERPSYNC_NAMESET_SMALL   8
#define ERPSYNC_NAMESET_TABLES  24


/* Tables of 32, 64, 128 … places are kept for the next object. */

typedef struct {
    size_t     n;
    size_t     size;      /* of "table", a power of two, or 0 */
    uint64_t  *table;     /* 0: free */
    uint64_t   small[ERPSYNC_NAMESET_SMALL];
    uint64_t  *tables[ERPSYNC_NAMESET_TABLES];
} erpsync_nameset_t;


/* Once, before the first object. */

static inline void
erpsync_nameset_create(erpsync_nameset_t *set)
{
    erpsync_zero(set->tables, sizeof(set->tables));
}


/* An object begins. */

static inline void
erpsync_nameset_init(erpsync_nameset_t *set)
{
    set->n = 0;
    set->size = 0;
}


/*
 * Adds a name; sets "*duplicate" if it was there.  If "exact", names that
 * differ in case differ: either all names of a set are added so, or none.
 */

erpsync_rc_t erpsync_nameset_add(erpsync_nameset_t *set,
    erpsync_arena_t *arena, uint64_t key, erpsync_str_t name, bool exact,
    bool *duplicate);


/* The keyed hash of a name, which is never 0. */

uint64_t erpsync_name_hash(uint64_t key, erpsync_str_t name, bool exact);


#endif /* ERPSYNC_NAMESET_H */
