
/*
 * A keyed hash, for tables whose keys come from someone else: SipHash-2-4
 * (Aumasson and Bernstein, 2012). Without the key, nobody can find names that
 * collide and so make a table slow.
 */


#ifndef ERPSYNC_HASH_H
#define ERPSYNC_HASH_H


#include "erpsync_base.h"


typedef struct {
    uint64_t  k[2];
} erpsync_hash_key_t;


/* Returns the hash of "s" with a key from erpsync_random(). */

uint64_t erpsync_hash(const erpsync_hash_key_t *key, erpsync_str_t s);


#endif /* ERPSYNC_HASH_H */
