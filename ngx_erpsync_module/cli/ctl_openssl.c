
#define _GNU_SOURCE        /* memmem(), timegm() */

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <time.h>

#include "ctl.h"


/*
 * Certificates and signatures.  This is the only file of erpsyncctl that uses
 * OpenSSL.
 */


#define CTL_SIGNATURE_LEN  64    /* Ed25519: RFC 8032, 5.1.6 */


static bool ctl_certificate_times(X509 *x509, ctl_token_t *token);


/* Opens a file of PEM; returns NULL after an error was printed. */

static BIO *
ctl_pem_open(const ctl_t *ctl, const char *path, ctl_buf_t *text)
{
    BIO  *bio;

    if (!ctl_read(ctl, path, text)) {
        return NULL;
    }

    bio = (text->len <= INT32_MAX)
          ? BIO_new_mem_buf(text->data, (int) text->len) : NULL;

    if (bio == NULL) {
        ctl_error(ctl, "no memory");
        free(text->data);
    }

    return bio;
}


/* A file of PEM may hold a private key: it is erased from memory. */

static void
ctl_pem_close(BIO *bio, ctl_buf_t *text)
{
    (void) BIO_free(bio);
    ctl_wipe(text->data, text->len);
    free(text->data);
    ERR_clear_error();
}


bool
ctl_certificate_get(const ctl_t *ctl, const char *path, ctl_token_t *token)
{
    BIO        *bio;
    bool        ok, key;
    X509       *x509;
    unsigned    len;
    ctl_buf_t   text;

    memset(token, 0, sizeof(ctl_token_t));
    token->by = ERPSYNC_BY_CERTIFICATE;

    bio = ctl_pem_open(ctl, path, &text);

    if (bio == NULL) {
        return false;
    }

    ok = false;
    x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    if (x509 == NULL) {
        key = memmem(text.data, text.len, "PRIVATE KEY", 11) != NULL;
        ctl_error(ctl, "%s holds no certificate in PEM%s", path,
                  key ? ", only a private key: a private key stays with the "
                        "client" : "");

    } else if (!X509_digest(x509, EVP_sha256(), token->digest, &len)
               || len != ERPSYNC_DIGEST_LEN
               || !ctl_certificate_times(x509, token))
    {
        ctl_error(ctl, "OpenSSL cannot read the certificate of %s", path);

    } else {
        ctl_digest_write(token->digest, token->hex);
        ok = true;
    }

    X509_free(x509);

    if (ok && (x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        ctl_note(ctl, "%s holds several certificates; the first one is the "
                 "client's", path);
        X509_free(x509);
    }

    ctl_pem_close(bio, &text);

    return ok;
}


/* Sets when a certificate is valid, as the registry has it. */

static bool
ctl_certificate_times(X509 *x509, ctl_token_t *token)
{
    struct tm  from, to;

    if (!ASN1_TIME_to_tm(X509_get0_notBefore(x509), &from)
        || !ASN1_TIME_to_tm(X509_get0_notAfter(x509), &to))
    {
        return false;
    }

    ctl_time_write((int64_t) timegm(&from), token->not_before);
    ctl_time_write((int64_t) timegm(&to), token->expires);

    return true;
}


bool
ctl_sign(const ctl_t *ctl, const char *path, erpsync_str_t data,
    char signature[CTL_SIGNATURE_TEXT])
{
    BIO         *bio;
    bool         ok;
    size_t       len;
    uint8_t      raw[CTL_SIGNATURE_LEN];
    EVP_PKEY    *key;
    ctl_buf_t    text;
    EVP_MD_CTX  *md;

    bio = ctl_pem_open(ctl, path, &text);

    if (bio == NULL) {
        return false;
    }

    ok = false;
    len = sizeof(raw);
    md = NULL;
    key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

    if (key == NULL || EVP_PKEY_id(key) != EVP_PKEY_ED25519) {
        ctl_error(ctl, "%s holds no private key of Ed25519 (openssl genpkey "
                  "-algorithm ed25519 makes one)", path);
        goto done;
    }

    md = EVP_MD_CTX_new();

    if (md == NULL || EVP_DigestSignInit(md, NULL, NULL, NULL, key) != 1
        || EVP_DigestSign(md, raw, &len, data.data, data.len) != 1)
    {
        ctl_error(ctl, "OpenSSL cannot sign with Ed25519");
        goto done;
    }

    (void) EVP_EncodeBlock((unsigned char *) signature, raw, (int) len);
    ok = true;

done:

    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
    ctl_pem_close(bio, &text);

    return ok;
}
