
#include <limits.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "erpsync_digest.h"


struct erpsync_digester_s {
    EVP_MD_CTX    *ctx;
    const EVP_MD  *md;
    EVP_MD        *fetched;    /* fetched, to be freed; NULL before OpenSSL 3 */
};


#if (OPENSSL_VERSION_NUMBER >= 0x30000000L)

#define erpsync_md_fetch()   EVP_MD_fetch(NULL, "SHA256", NULL)
#define erpsync_md_free(md)  EVP_MD_free(md)

#else

/* older OpenSSL has constant algorithms */

#define erpsync_md_fetch()   NULL
#define erpsync_md_free(md)  (void) (md)

#endif


/*
 * Returns what a function of OpenSSL returned.  If it failed, its errors are
 * taken from OpenSSL's queue: nginx would take them for those of its own
 * connections.
 */

static erpsync_rc_t
erpsync_digest_rc(int rc)
{
    if (rc == 1) {
        return ERPSYNC_OK;
    }

    ERR_clear_error();

    return ERPSYNC_ERROR;
}


erpsync_digester_t *
erpsync_digester_create(void)
{
    erpsync_digester_t  *digester;

    digester = calloc(1, sizeof(erpsync_digester_t));
    if (digester == NULL) {
        return NULL;
    }

    digester->ctx = EVP_MD_CTX_new();
    digester->fetched = erpsync_md_fetch();
    digester->md = digester->fetched ? digester->fetched : EVP_sha256();

    if (erpsync_digest_rc(digester->ctx && digester->md) != ERPSYNC_OK) {
        erpsync_digester_destroy(digester);
        return NULL;
    }

    return digester;
}


void
erpsync_digester_destroy(erpsync_digester_t *digester)
{
    if (digester == NULL) {
        return;
    }

    EVP_MD_CTX_free(digester->ctx);
    erpsync_md_free(digester->fetched);
    free(digester);
}


erpsync_rc_t
erpsync_digest(erpsync_digester_t *digester, erpsync_str_t s,
    uint8_t digest[ERPSYNC_DIGEST_LEN])
{
    if (erpsync_digest_begin(digester) != ERPSYNC_OK
        || erpsync_digest_update(digester, s) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    return erpsync_digest_end(digester, digest);
}


erpsync_rc_t
erpsync_digest_memo(erpsync_digester_t *digester, erpsync_memo_t *memo,
    erpsync_str_t s, uint8_t digest[ERPSYNC_DIGEST_LEN])
{
    if (memo && memo->len
        && erpsync_secret_eq(erpsync_span(memo->secret, memo->len), s))
    {
        memcpy(digest, memo->digest, ERPSYNC_DIGEST_LEN);
        return ERPSYNC_OK;
    }

    if (erpsync_digest(digester, s, digest) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (memo && s.len && s.len <= ERPSYNC_MEMO_LEN) {
        memo->len = s.len;
        memcpy(memo->secret, s.data, s.len);
        memcpy(memo->digest, digest, ERPSYNC_DIGEST_LEN);
    }

    return ERPSYNC_OK;
}


void
erpsync_memo_wipe(erpsync_memo_t *memo)
{
    OPENSSL_cleanse(memo, sizeof(erpsync_memo_t));
}


erpsync_rc_t
erpsync_digest_begin(erpsync_digester_t *digester)
{
    return erpsync_digest_rc(EVP_DigestInit_ex(digester->ctx, digester->md,
                                               NULL));
}


erpsync_rc_t
erpsync_digest_update(erpsync_digester_t *digester, erpsync_str_t s)
{
    return erpsync_digest_rc(EVP_DigestUpdate(digester->ctx, s.data, s.len));
}


erpsync_rc_t
erpsync_digest_end(erpsync_digester_t *digester,
    uint8_t digest[ERPSYNC_DIGEST_LEN])
{
    return erpsync_digest_rc(EVP_DigestFinal_ex(digester->ctx, digest, NULL));
}


/*
 * Computes each digit without branches: digits are random, so a processor
 * could not predict them.
 */

bool
erpsync_digest_from_hex(const char hex[2 * ERPSYNC_DIGEST_LEN],
    uint8_t digest[ERPSYNC_DIGEST_LEN])
{
    size_t   i;
    uint8_t  c, number, letter, is_number, is_letter, bad;
    uint8_t  values[2 * ERPSYNC_DIGEST_LEN];

    bad = 0;

    for (i = 0; i < 2 * ERPSYNC_DIGEST_LEN; i++) {
        c = (uint8_t) hex[i];
        number = (uint8_t) (c - '0');
        letter = (uint8_t) ((c | 0x20) - 'a');
        is_number = (uint8_t) -(number < 10);
        is_letter = (uint8_t) -(letter < 6);

        values[i] = (uint8_t) ((number & is_number)
                               | ((letter + 10) & is_letter));
        bad |= (uint8_t) ~(is_number | is_letter);
    }

    for (i = 0; i < ERPSYNC_DIGEST_LEN; i++) {
        digest[i] = (uint8_t) (values[2 * i] << 4 | values[2 * i + 1]);
    }

    return bad == 0;
}


erpsync_rc_t
erpsync_random(void *buf, size_t size)
{
    if (size > INT_MAX) {
        return ERPSYNC_ERROR;
    }

    return erpsync_digest_rc(RAND_bytes(buf, (int) size));
}


/* OpenSSL has a random generator for each thread. */

void
erpsync_digest_leave(void)
{
    OPENSSL_thread_stop();
}


bool
erpsync_secret_eq(erpsync_str_t a, erpsync_str_t b)
{
    return a.len == b.len && erpsync_secret_differs(a.data, b.data, a.len) == 0;
}
