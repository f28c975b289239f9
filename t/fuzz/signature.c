
/*
 * libFuzzer target: the two files of a signed registry that an operator writes,
 * signatures and public keys.
 *
 * The first byte chooses one; the rest is the file.  What must hold for
 * whatever comes: a signature that is read is 64 bytes whose base64 is the
 * text, without its blanks; it does not verify, but by the key that made it;
 * keys are read or there is an error, and no error is left to OpenSSL.
 */


#define _GNU_SOURCE     /* memmem() */

#include <openssl/err.h>
#include <openssl/evp.h>

#include "erpsync_signature.h"
#include "fuzz.h"


/* RFC 8032, 7.1, TEST 1: the key, and its signature of no text at all */

static const char  key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n";

static const char  made[] =
    "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18Flb"
    "viRlUUFDjnoQCw==";


static void
check_signature(erpsync_str_t text)
{
    char             base64[ERPSYNC_SIGNATURE_TEXT_LEN + 1];
    bool             good;
    size_t           i, n;
    uint8_t          signature[ERPSYNC_SIGNATURE_LEN];
    const char      *error;
    erpsync_keys_t  *keys;

    if (!erpsync_signature_parse(text, signature)) {
        return;
    }

    CHECK(EVP_EncodeBlock((uint8_t *) base64, signature, sizeof(signature))
          == ERPSYNC_SIGNATURE_TEXT_LEN);

    /* the last letter has two bits that are not used */

    for (i = 0, n = 0; i < text.len; i++) {
        if (strchr(" \t\r\n", text.data[i]) == NULL) {
            CHECK(n == ERPSYNC_SIGNATURE_TEXT_LEN - 3
                  || base64[n] == (char) text.data[i]);
            n++;
        }
    }

    CHECK(n == ERPSYNC_SIGNATURE_TEXT_LEN);

    keys = erpsync_keys_create(erpsync_span(key, strlen(key)), &error);
    CHECK(keys != NULL);

    CHECK(erpsync_signature_verify(keys, erpsync_span("", 0), signature, &good)
          == ERPSYNC_OK);
    CHECK(good == (strcmp(base64, made) == 0));

    erpsync_keys_release(keys);
}


static void
check_keys(erpsync_str_t text)
{
    const char      *error;
    erpsync_keys_t  *keys;

    error = NULL;
    keys = erpsync_keys_create(text, &error);

    CHECK((keys == NULL) == (error != NULL));
    CHECK(keys == NULL
          || memmem(text.data, text.len, "-----BEGIN PUBLIC KEY", 21));

    erpsync_keys_release(keys);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    erpsync_str_t  text;

    if (size == 0) {
        return 0;
    }

    text = erpsync_span(data + 1, size - 1);

    if (data[0] & 1) {
        check_keys(text);

    } else {
        check_signature(text);
    }

    CHECK(ERR_peek_error() == 0);

    return 0;
}
