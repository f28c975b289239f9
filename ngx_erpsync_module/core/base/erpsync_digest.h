
/*
 * Digests of app tokens and files, and random bytes, by OpenSSL.
 */


#ifndef ERPSYNC_DIGEST_H
#define ERPSYNC_DIGEST_H


#include "erpsync_base.h"


#define ERPSYNC_DIGEST_LEN  32


typedef struct erpsync_digester_s  erpsync_digester_t;


/*
 * Returns a SHA-256 engine, for one thread.  OpenSSL looks up algorithm and
 * context once, and not for each digest.  Returns NULL if OpenSSL does not
 * provide SHA-256, or memory ran out.
 */

erpsync_digester_t *erpsync_digester_create(void);

/* Frees an engine; NULL is allowed. */

void erpsync_digester_destroy(erpsync_digester_t *digester);

/* Computes the digest of "s".  Returns ERPSYNC_ERROR if OpenSSL fails. */

erpsync_rc_t erpsync_digest(erpsync_digester_t *digester, erpsync_str_t s,
    uint8_t digest[ERPSYNC_DIGEST_LEN]);

/*
 * The last secret of one client and its digest: most clients send the same
 * secret again and again.  Longer secrets are not remembered.  It begins filled
 * with zeros; erpsync_memo_wipe() must be called before its memory is freed.
 */

#define ERPSYNC_MEMO_LEN  64

typedef struct {
    size_t      len;                         /* of the secret; 0: none */
    uint8_t     secret[ERPSYNC_MEMO_LEN];
    uint8_t     digest[ERPSYNC_DIGEST_LEN];
} erpsync_memo_t;

/*
 * Does the same as erpsync_digest(), and remembers "s".  Nothing is computed if
 * it is the last secret, which is compared in constant time.  "memo" may be
 * NULL.
 */

erpsync_rc_t erpsync_digest_memo(erpsync_digester_t *digester,
    erpsync_memo_t *memo, erpsync_str_t s, uint8_t digest[ERPSYNC_DIGEST_LEN]);

/* Overwrites the secret and its digest. */

void erpsync_memo_wipe(erpsync_memo_t *memo);

/* Compute the digest of data that comes in pieces. */

erpsync_rc_t erpsync_digest_begin(erpsync_digester_t *digester);
erpsync_rc_t erpsync_digest_update(erpsync_digester_t *digester,
    erpsync_str_t s);
erpsync_rc_t erpsync_digest_end(erpsync_digester_t *digester,
    uint8_t digest[ERPSYNC_DIGEST_LEN]);

/*
 * Reads a digest from its 64 hexadecimal digits; returns false if one is not a
 * digit.
 */

bool erpsync_digest_from_hex(const char hex[2 * ERPSYNC_DIGEST_LEN],
    uint8_t digest[ERPSYNC_DIGEST_LEN]);

/* Fills "buf" with random bytes that cannot be predicted. */

erpsync_rc_t erpsync_random(void *buf, size_t size);

/* Frees what these functions keep for a thread, which calls it at its end. */

void erpsync_digest_leave(void);

/*
 * Returns 0 if "n" bytes are equal, in a time that depends on "n" only: it does
 * not show how many bytes are right.
 *
 * CRYPTO_memcmp() compares a byte at a time, which takes as long as all other
 * steps of finding an app.  Here 16 bytes are compared at a time; the last ones
 * overlap those before.  The compiler must not know "differs" in the loop: it
 * could end it at the first difference.
 */

static inline uint64_t
erpsync_secret_differs(const uint8_t *a, const uint8_t *b, size_t n)
{
    size_t    i;
    uint64_t  differs;

    if (n < 8) {
        return n ? erpsync_word_of(a, n) ^ erpsync_word_of(b, n) : 0;
    }

    differs = erpsync_word(a + n - 8) ^ erpsync_word(b + n - 8);

    if (n < 16) {
        return differs | (erpsync_word(a) ^ erpsync_word(b));
    }

    differs |= erpsync_word(a + n - 16) ^ erpsync_word(b + n - 16);

    for (i = 0; i < n - 16; i += 16) {
        differs |= (erpsync_word(a + i) ^ erpsync_word(b + i))
                   | (erpsync_word(a + i + 8) ^ erpsync_word(b + i + 8));
        __asm__ volatile("" : "+r"(differs));
    }

    return differs;
}

/* Returns whether two secrets are equal, in the same way. */

bool erpsync_secret_eq(erpsync_str_t a, erpsync_str_t b);


#endif /* ERPSYNC_DIGEST_H */
