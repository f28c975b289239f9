
/* Ed25519 signatures of files, with the test vectors of RFC 8032, 7.1. */


#include "unit.h"
#include "erpsync_signature.h"


/* TEST 1 and TEST 2 of RFC 8032, as OpenSSL writes such keys */

#define PUBLIC_1                                                              \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"          \
    "-----END PUBLIC KEY-----\n"

#define PUBLIC_2                                                              \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"          \
    "-----END PUBLIC KEY-----\n"

#define PRIVATE_1                                                             \
    "-----BEGIN PRIVATE KEY-----\n"                                           \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"      \
    "-----END PRIVATE KEY-----\n"

#define SIGNATURE_1                                                           \
    "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr"        \
    "0lv18FlbviRlUUFDjnoQCw=="

#define SIGNATURE_2                                                           \
    "kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoIWsHkPhWZbkWPNhPQ8R2M"        \
    "OHsurrQwKu6wDSkWErsMAA=="


#define P256                                                                  \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZbTlhJC+pZxSoS5Fx/513ZnUOiDd\n"      \
    "CBah5Lv1QjR9tqp1BsyGsahyLd7iW4gCAFgpkilMUyuOTJyn6sneLkcvXQ==\n"          \
    "-----END PUBLIC KEY-----\n"


static erpsync_str_t
str(const char *s)
{
    return erpsync_span(s, strlen(s));
}


static const struct {
    const char  *pem;
    const char  *error;       /* NULL: good */
} keys_cases[] = {
    { PUBLIC_1, NULL },
    { "Key of the office\n" PUBLIC_1 "\nand of the deputy\n" PUBLIC_2, NULL },
    { "", "has no public key" },
    { "none\n", "has no public key" },
    { PUBLIC_1 PRIVATE_1, "has a private key, which belongs to the signer "
      "only" },
    { PUBLIC_1 P256, "has a key that is not an Ed25519 public key" },
    { PUBLIC_1 "-----BEGIN PUBLIC KEY-----\nMCow\n", "is not valid PEM" },
    { "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n",
      "has a public key that cannot be read" },
};


static void
test_keys(void **state)
{
    size_t           i;
    const char      *error;
    unit_input_t     input;
    erpsync_keys_t  *keys;

    (void) state;

    for (i = 0; i < erpsync_nelts(keys_cases); i++) {
        input = unit_input(keys_cases[i].pem, strlen(keys_cases[i].pem));
        keys = erpsync_keys_create(input.str, &error);
        free(input.data);

        if (keys_cases[i].error) {
            assert_null(keys);
            assert_string_equal(error, keys_cases[i].error);

        } else {
            assert_null(error);
            assert_non_null(keys);
        }

        erpsync_keys_release(keys);
    }
}


/* A file has at most 64 keys. */

static void
test_many_keys(void **state)
{
    size_t           n;
    const char      *error;
    erpsync_keys_t  *keys;

    static char  pem[65 * sizeof(PUBLIC_1)];

    (void) state;

    for (n = 1; n <= 65; n++) {
        (void) strcat(pem, PUBLIC_1);

        if (n < 64) {
            continue;
        }

        keys = erpsync_keys_create(str(pem), &error);
        assert_true((keys != NULL) == (n == 64));

        if (keys == NULL) {
            assert_string_equal(error, "has more than 64 keys");
        }

        erpsync_keys_release(keys);
    }
}


static const struct {
    const char  *pem;
    const char  *text;
    const char  *signature;
    bool         good;
} cases[] = {
    { PUBLIC_1, "", SIGNATURE_1, true },
    { PUBLIC_2, "\x72", SIGNATURE_2, true },
    { PUBLIC_1 PUBLIC_2, "\x72", SIGNATURE_2, true },
    { PUBLIC_2 PUBLIC_1, "\x72", SIGNATURE_2, true },
    { PUBLIC_1, "\x72", SIGNATURE_2, false },
    { PUBLIC_2, "\x73", SIGNATURE_2, false },
    { PUBLIC_2, "", SIGNATURE_2, false },
    { PUBLIC_1 PUBLIC_2, "\x72", SIGNATURE_1, false },
};


static void
test_verify(void **state)
{
    bool             good;
    size_t           i;
    uint8_t          signature[ERPSYNC_SIGNATURE_LEN];
    const char      *error;
    erpsync_keys_t  *keys;

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        keys = erpsync_keys_create(str(cases[i].pem), &error);
        assert_non_null(keys);
        assert_true(erpsync_signature_parse(str(cases[i].signature),
                                            signature));

        /* a hold more, and less, makes no difference */

        assert_ptr_equal(erpsync_keys_hold(keys), keys);
        erpsync_keys_release(keys);

        assert_int_equal(erpsync_signature_verify(keys, str(cases[i].text),
                                                  signature, &good),
                         ERPSYNC_OK);

        if (good != cases[i].good) {
            fail_msg("case %zu", i);
        }

        erpsync_keys_release(keys);
    }
}


/* One bit off, anywhere, is not a signature. */

static void
test_bits(void **state)
{
    bool             good;
    size_t           i;
    uint8_t          signature[ERPSYNC_SIGNATURE_LEN];
    const char      *error;
    erpsync_keys_t  *keys;

    (void) state;

    keys = erpsync_keys_create(str(PUBLIC_2), &error);
    assert_non_null(keys);
    assert_true(erpsync_signature_parse(str(SIGNATURE_2), signature));

    for (i = 0; i < 8 * ERPSYNC_SIGNATURE_LEN; i++) {
        signature[i / 8] ^= (uint8_t) (1 << i % 8);

        assert_int_equal(erpsync_signature_verify(keys, str("\x72"),
                                                  signature, &good),
                         ERPSYNC_OK);
        assert_false(good);

        signature[i / 8] ^= (uint8_t) (1 << i % 8);
    }

    erpsync_keys_release(keys);
}


static const struct {
    const char  *text;
    bool         good;
} texts[] = {
#define HEAD  "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr"
    { SIGNATURE_1, true },
    { SIGNATURE_1 "\n", true },
    { " " HEAD "\r\n\t0lv18FlbviRlUUFDjnoQCw==\r\n", true },
    { "", false },
    { HEAD, false },
    { HEAD "0lv18FlbviRlUUFDjnoQCw=", false },
    { HEAD "0lv18FlbviRlUUFDjnoQCw===", false },
    { HEAD "0lv18FlbviRlUUFDjnoQCwAA", false },
    { HEAD "0lv18FlbviRlUUFDjnoQ=w==", false },
    { HEAD "0lv18FlbviRl-UFDjnoQCw==", false },
    { SIGNATURE_1 SIGNATURE_1, false },
    { SIGNATURE_1 "x", false },
    { "untrusted comment: x\n" SIGNATURE_1, false },
};


static void
test_parse(void **state)
{
    size_t        i;
    uint8_t       signature[ERPSYNC_SIGNATURE_LEN];
    unit_input_t  input;

    (void) state;

    for (i = 0; i < erpsync_nelts(texts); i++) {
        input = unit_input(texts[i].text, strlen(texts[i].text));

        if (erpsync_signature_parse(input.str, signature) != texts[i].good) {
            fail_msg("case %zu: %s", i, texts[i].text);
        }

        free(input.data);
    }
}


/* Ed25519 gives one signature for a text: that of the test vector. */

static void
test_make(void **state)
{
    char         signature[ERPSYNC_SIGNATURE_TEXT_LEN + 1];
    const char  *error;

    (void) state;

    assert_int_equal(erpsync_signature_make(str(PRIVATE_1), str(""),
                                            signature, &error),
                     ERPSYNC_OK);
    assert_null(error);
    assert_string_equal(signature, SIGNATURE_1);

    assert_int_equal(erpsync_signature_make(str(PUBLIC_1), str(""),
                                            signature, &error),
                     ERPSYNC_ERROR);
    assert_string_equal(error, "is not an Ed25519 private key");

    assert_int_equal(erpsync_signature_make(str(""), str(""), signature,
                                            &error),
                     ERPSYNC_ERROR);
    assert_string_equal(error, "is not an Ed25519 private key");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_make),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
