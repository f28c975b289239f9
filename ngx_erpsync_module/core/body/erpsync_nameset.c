
#include "erpsync_nameset.h"


static erpsync_rc_t erpsync_nameset_grow(erpsync_nameset_t *set,
    erpsync_arena_t *arena);
static bool erpsync_nameset_insert(erpsync_nameset_t *set, uint64_t hash);


erpsync_rc_t
erpsync_nameset_add(erpsync_nameset_t *set, erpsync_arena_t *arena,
    uint64_t key, erpsync_str_t name, bool exact, bool *duplicate)
{
    size_t    i;
    uint64_t  hash;

    *duplicate = false;
    hash = erpsync_name_hash(key, name, exact);

    if (set->size == 0) {

        for (i = 0; i < set->n; i++) {
            if (set->small[i] == hash) {
                *duplicate = true;
                return ERPSYNC_OK;
            }
        }

        if (set->n < ERPSYNC_NAMESET_SMALL) {
            set->small[set->n++] = hash;
            return ERPSYNC_OK;
        }
    }

    if ((set->n + 1) * 4 > set->size * 3
        && erpsync_nameset_grow(set, arena) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    *duplicate = !erpsync_nameset_insert(set, hash);

    return ERPSYNC_OK;
}


static bool
erpsync_nameset_insert(erpsync_nameset_t *set, uint64_t hash)
{
    size_t  i;

    i = (size_t) hash & (set->size - 1);

    while (set->table[i]) {

        if (set->table[i] == hash) {
            return false;
        }

        i = (i + 1) & (set->size - 1);
    }

    set->table[i] = hash;
    set->n++;

    return true;
}


static erpsync_rc_t
erpsync_nameset_grow(erpsync_nameset_t *set, erpsync_arena_t *arena)
{
    size_t     i, n, size;
    uint64_t  *old, **table;

    size = set->size ? set->size * 2 : ERPSYNC_NAMESET_SMALL * 4;

    for (i = 0; (size_t) ERPSYNC_NAMESET_SMALL * 4 << i < size; i++) {
        /* void */
    }

    if (i == ERPSYNC_NAMESET_TABLES) {
        return ERPSYNC_ERROR;
    }

    table = &set->tables[i];

    if (*table == NULL) {
        *table = erpsync_alloc(arena, size * sizeof(uint64_t));

        if (*table == NULL) {
            return ERPSYNC_ERROR;
        }
    }

    memset(*table, 0, size * sizeof(uint64_t));

    old = set->size ? set->table : set->small;
    n = set->size ? set->size : set->n;

    set->table = *table;
    set->size = size;
    set->n = 0;

    for (i = 0; i < n; i++) {
        if (old[i]) {
            (void) erpsync_nameset_insert(set, old[i]);
        }
    }

    return ERPSYNC_OK;
}


/* Multiply and fold. */

uint64_t
erpsync_name_hash(uint64_t key, erpsync_str_t name, bool exact)
{
    size_t    i, n;
    uint8_t   c;
    uint64_t  h, word;

    h = key ^ (name.len * 0x9e3779b97f4a7c15u);

    for (i = 0; i < name.len; i += 8) {
        word = 0;

        for (n = i; n < name.len && n < i + 8; n++) {
            c = name.data[n];
            word = (word << 8) | (exact ? c : erpsync_lower(c));
        }

        h ^= word;
        h *= 0xd6e8feb86659fd93u;
        h ^= h >> 32;
        h += key;
        h *= 0xa0761d6478bd642fu;
        h ^= h >> 29;
    }

    return h ? h : 1;
}
