
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "erpsync_signature.h"


#define ERPSYNC_KEYS_MAX  64


struct erpsync_keys_s {
    size_t     refs;
    size_t     n;
    EVP_PKEY  *keys[ERPSYNC_KEYS_MAX];
};


static const char  erpsync_no_memory[] = "no memory";


static const char *erpsync_keys_read(erpsync_keys_t *keys, BIO *bio);
static const char *erpsync_keys_add(erpsync_keys_t *keys, const char *name,
    const uint8_t *data, long len);


/*
 * nginx takes errors that are left in OpenSSL's queue for those of its own
 * connections, so each function leaves the queue as it was.
 */

erpsync_keys_t *
erpsync_keys_create(erpsync_str_t pem, const char **error)
{
    BIO             *bio;
    erpsync_keys_t  *keys;

    *error = erpsync_no_memory;

    if (pem.len > INT_MAX) {
        *error = "is too large";
        return NULL;
    }

    keys = calloc(1, sizeof(erpsync_keys_t));
    if (keys == NULL) {
        return NULL;
    }

    keys->refs = 1;

    (void) ERR_set_mark();

    bio = BIO_new_mem_buf(pem.len ? pem.data : (const uint8_t *) "",
                          (int) pem.len);
    if (bio) {
        *error = erpsync_keys_read(keys, bio);
        (void) BIO_free(bio);
    }

    (void) ERR_pop_to_mark();

    if (*error) {
        erpsync_keys_release(keys);
        return NULL;
    }

    return keys;
}


/* Reads all blocks.  Returns an error, or NULL. */

static const char *
erpsync_keys_read(erpsync_keys_t *keys, BIO *bio)
{
    char           *name, *header;
    long            len;
    uint8_t        *data;
    const char     *error;
    unsigned long   code;

    while (PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
        error = erpsync_keys_add(keys, name, data, len);

        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t) len);

        if (error) {
            return error;
        }
    }

    code = ERR_peek_last_error();

    if (ERR_GET_LIB(code) != ERR_LIB_PEM
        || ERR_GET_REASON(code) != PEM_R_NO_START_LINE)
    {
        return "is not valid PEM";
    }

    return keys->n ? NULL : "has no public key";
}


static const char *
erpsync_keys_add(erpsync_keys_t *keys, const char *name, const uint8_t *data,
    long len)
{
    EVP_PKEY  *key;

    if (strcmp(name, PEM_STRING_PUBLIC) != 0) {
        return strstr(name, "PRIVATE")
               ? "has a private key, which belongs to the signer only" : NULL;
    }

    if (keys->n == ERPSYNC_KEYS_MAX) {
        return "has more than 64 keys";
    }

    key = d2i_PUBKEY(NULL, &data, len);
    if (key == NULL) {
        return "has a public key that cannot be read";
    }

    keys->keys[keys->n++] = key;

    return (EVP_PKEY_base_id(key) == EVP_PKEY_ED25519)
           ? NULL : "has a key that is not an Ed25519 public key";
}


erpsync_keys_t *
erpsync_keys_hold(erpsync_keys_t *keys)
{
    if (keys) {
        keys->refs++;
    }

    return keys;
}


void
erpsync_keys_release(erpsync_keys_t *keys)
{
    size_t  i;

    if (keys == NULL || --keys->refs) {
        return;
    }

    for (i = 0; i < keys->n; i++) {
        EVP_PKEY_free(keys->keys[i]);
    }

    free(keys);
}


bool
erpsync_signature_parse(erpsync_str_t text,
    uint8_t signature[ERPSYNC_SIGNATURE_LEN])
{
    size_t   i, n;
    uint8_t  base64[ERPSYNC_SIGNATURE_TEXT_LEN];
    uint8_t  bytes[ERPSYNC_SIGNATURE_TEXT_LEN / 4 * 3];

    for (i = 0, n = 0; i < text.len; i++) {

        if (text.data[i] == ' ' || text.data[i] == '\t'
            || text.data[i] == '\n' || text.data[i] == '\r')
        {
            continue;
        }

        if (n == ERPSYNC_SIGNATURE_TEXT_LEN
            || (text.data[i] == '=') != (n >= ERPSYNC_SIGNATURE_TEXT_LEN - 2))
        {
            return false;
        }

        base64[n++] = text.data[i];
    }

    if (n != ERPSYNC_SIGNATURE_TEXT_LEN
        || EVP_DecodeBlock(bytes, base64, (int) n) != (int) sizeof(bytes))
    {
        return false;
    }

    memcpy(signature, bytes, ERPSYNC_SIGNATURE_LEN);

    return true;
}


erpsync_rc_t
erpsync_signature_verify(const erpsync_keys_t *keys, erpsync_str_t text,
    const uint8_t signature[ERPSYNC_SIGNATURE_LEN], bool *good)
{
    int            result;
    size_t         i;
    EVP_MD_CTX    *ctx;
    erpsync_rc_t   rc;

    *good = false;
    rc = ERPSYNC_OK;

    (void) ERR_set_mark();

    for (i = 0; i < keys->n && rc == ERPSYNC_OK && !*good; i++) {
        ctx = EVP_MD_CTX_new();
        result = -1;

        if (ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, keys->keys[i])
                   == 1)
        {
            result = EVP_DigestVerify(ctx, signature, ERPSYNC_SIGNATURE_LEN,
                                      text.data, text.len);
        }

        EVP_MD_CTX_free(ctx);

        *good = (result == 1);
        rc = (result < 0) ? ERPSYNC_ERROR : ERPSYNC_OK;
    }

    (void) ERR_pop_to_mark();

    return rc;
}


erpsync_rc_t
erpsync_signature_make(erpsync_str_t pem, erpsync_str_t text,
    char signature[ERPSYNC_SIGNATURE_TEXT_LEN + 1], const char **error)
{
    BIO           *bio;
    size_t         len;
    uint8_t        bytes[ERPSYNC_SIGNATURE_LEN];
    EVP_PKEY      *key;
    EVP_MD_CTX    *ctx;
    erpsync_rc_t   rc;

    rc = ERPSYNC_ERROR;
    key = NULL;
    len = sizeof(bytes);
    *error = erpsync_no_memory;

    (void) ERR_set_mark();

    ctx = EVP_MD_CTX_new();
    bio = (pem.len && pem.len <= INT_MAX)
          ? BIO_new_mem_buf(pem.data, (int) pem.len) : NULL;

    if (bio) {
        key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
        (void) BIO_free(bio);
    }

    if (key == NULL || EVP_PKEY_base_id(key) != EVP_PKEY_ED25519) {
        *error = "is not an Ed25519 private key";

    } else if (ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1
               && EVP_DigestSign(ctx, bytes, &len, text.data, text.len) == 1
               && len == sizeof(bytes)
               && EVP_EncodeBlock((uint8_t *) signature, bytes, (int) len)
                  == ERPSYNC_SIGNATURE_TEXT_LEN)
    {
        rc = ERPSYNC_OK;
        *error = NULL;
    }

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);

    (void) ERR_pop_to_mark();

    return rc;
}
