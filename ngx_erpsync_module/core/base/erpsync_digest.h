
/*
 * Digests of app tokens.  The only part of the core that uses OpenSSL.
 */


#ifndef ERPSYNC_DIGEST_H
#define ERPSYNC_DIGEST_H


#include "erpsync_base.h"


#define ERPSYNC_DIGEST_LEN  32


typedef struct erpsync_digester_s  erpsync_digester_t;


/*
 * A SHA-256 engine: algorithm and context are fetched once and used again.
 * One for each thread.  NULL where OpenSSL refuses or memory ran out.
 */

erpsync_digester_t *erpsync_digester_create(void);

void erpsync_digester_destroy(erpsync_digester_t *digester);

erpsync_rc_t erpsync_digest(erpsync_digester_t *digester, erpsync_str_t s,
    uint8_t digest[ERPSYNC_DIGEST_LEN]);

/* The same of what comes in pieces. */

erpsync_rc_t erpsync_digest_begin(erpsync_digester_t *digester);
erpsync_rc_t erpsync_digest_update(erpsync_digester_t *digester,
    erpsync_str_t s);
erpsync_rc_t erpsync_digest_end(erpsync_digester_t *digester,
    uint8_t digest[ERPSYNC_DIGEST_LEN]);

/* A digest from its 64 hexadecimal digits; false where one is none. */

bool erpsync_digest_from_hex(const char hex[2 * ERPSYNC_DIGEST_LEN],
    uint8_t digest[ERPSYNC_DIGEST_LEN]);

/* Unpredictable bytes. */

erpsync_rc_t erpsync_random(void *buf, size_t size);

/* Equality of two secrets in a time that depends on their length alone. */

bool erpsync_secret_eq(erpsync_str_t a, erpsync_str_t b);


#endif /* ERPSYNC_DIGEST_H */
