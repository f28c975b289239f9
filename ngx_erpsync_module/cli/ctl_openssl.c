
#define _GNU_SOURCE        /* memmem(), timegm() */

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <time.h>

#include "ctl.h"


/* Certificates.  This is the only file of erpsyncctl that uses OpenSSL. */


static bool ctl_certificate_times(X509 *x509, ctl_token_t *token);


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

    if (!ctl_read(ctl, path, &text)) {
        return false;
    }

    ok = false;
    bio = (text.len <= INT32_MAX)
          ? BIO_new_mem_buf(text.data, (int) text.len) : NULL;
    x509 = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

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

    (void) BIO_free(bio);

    /* it may hold a private key as well */

    ctl_wipe(text.data, text.len);
    free(text.data);

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
