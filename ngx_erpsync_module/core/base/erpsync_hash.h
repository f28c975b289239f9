
/*
 * A keyed hash for tables whose keys somebody else chooses: SipHash-2-4
 * (Aumasson and Bernstein, 2012).  Whoever does not know the key cannot find
 * keys that collide.
 */


#ifndef ERPSYNC_HASH_H
#define ERPSYNC_HASH_H


#include "erpsync_base.h"


typedef struct {
    uint64_t  k[2];
} erpsync_hash_key_t;


uint64_t erpsync_hash(const erpsync_hash_key_t *key, erpsync_str_t s);


#endif /* ERPSYNC_HASH_H */
