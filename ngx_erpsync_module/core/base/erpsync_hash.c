
#include "erpsync_hash.h"


#define erpsync_rotate(x, n)  ((x) << (n) | (x) >> (64 - (n)))


static void
erpsync_hash_rounds(uint64_t v[4], unsigned n)
{
    for ( /* void */ ; n; n--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = erpsync_rotate(v[1], 13) ^ v[0];
        v[3] = erpsync_rotate(v[3], 16) ^ v[2];
        v[0] = erpsync_rotate(v[0], 32);

        v[2] += v[1];
        v[0] += v[3];
        v[1] = erpsync_rotate(v[1], 17) ^ v[2];
        v[3] = erpsync_rotate(v[3], 21) ^ v[0];
        v[2] = erpsync_rotate(v[2], 32);
    }
}


/* The byte order is the machine's own: a hash never leaves its memory. */

uint64_t
erpsync_hash(const erpsync_hash_key_t *key, erpsync_str_t s)
{
    size_t    i;
    uint64_t  word, v[4];

    v[0] = key->k[0] ^ 0x736f6d6570736575u;
    v[1] = key->k[1] ^ 0x646f72616e646f6du;
    v[2] = key->k[0] ^ 0x6c7967656e657261u;
    v[3] = key->k[1] ^ 0x7465646279746573u;

    for (i = 0; s.len - i >= 8; i += 8) {
        word = erpsync_word(s.data + i);
        v[3] ^= word;
        erpsync_hash_rounds(v, 2);
        v[0] ^= word;
    }

    word = (uint64_t) s.len << 56;

    for ( /* void */ ; i < s.len; i++) {
        word |= (uint64_t) s.data[i] << 8 * (i % 8);
    }

    v[3] ^= word;
    erpsync_hash_rounds(v, 2);
    v[0] ^= word;

    v[2] ^= 0xff;
    erpsync_hash_rounds(v, 4);

    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
