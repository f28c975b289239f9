
/*
 * Ed25519 signatures (RFC 8032) of files: docs/registry.md.  Uses OpenSSL.
 */


#ifndef ERPSYNC_SIGNATURE_H
#define ERPSYNC_SIGNATURE_H


#include "erpsync_base.h"


#define ERPSYNC_SIGNATURE_LEN       64
#define ERPSYNC_SIGNATURE_TEXT_LEN  88    /* in base64 */


/* Public keys, one of which must have signed. */

typedef struct erpsync_keys_s  erpsync_keys_t;


/*
 * Reads public keys from PEM text: one or more blocks "PUBLIC KEY", each of an
 * Ed25519 key; other text is skipped.  Returns NULL, and sets "error" to a
 * message, if there is none, one is of another kind, or memory ran out.
 */

erpsync_keys_t *erpsync_keys_create(erpsync_str_t pem, const char **error);

/*
 * Takes one more hold on keys, which erpsync_keys_release() gives back; the
 * last one frees them.  Both are for one thread; others may verify meanwhile.
 * NULL is allowed.
 */

erpsync_keys_t *erpsync_keys_hold(erpsync_keys_t *keys);
void erpsync_keys_release(erpsync_keys_t *keys);

/*
 * Reads a signature in base64 (RFC 4648, section 4); blanks and line ends in
 * it are skipped.  Returns false if it is anything else.
 */

bool erpsync_signature_parse(erpsync_str_t text,
    uint8_t signature[ERPSYNC_SIGNATURE_LEN]);

/*
 * Sets "good" to whether one of the keys has signed "text".  Returns
 * ERPSYNC_ERROR if memory ran out or OpenSSL failed.
 */

erpsync_rc_t erpsync_signature_verify(const erpsync_keys_t *keys,
    erpsync_str_t text, const uint8_t signature[ERPSYNC_SIGNATURE_LEN],
    bool *good);

/*
 * Signs "text" with the Ed25519 private key in "pem".  Sets "signature" to
 * base64 and a zero byte.  Returns ERPSYNC_ERROR, and sets "error" to a
 * message, if that is another key or none, or memory ran out.
 */

erpsync_rc_t erpsync_signature_make(erpsync_str_t pem, erpsync_str_t text,
    char signature[ERPSYNC_SIGNATURE_TEXT_LEN + 1], const char **error);


#endif /* ERPSYNC_SIGNATURE_H */
