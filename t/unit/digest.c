
/*
 * Token digests: known answers of FIPS 180-4, one engine used again and
 * again, and the comparison of secrets.
 */


#include "unit.h"


static void
check_digest(erpsync_digester_t *digester, const char *s, size_t len,
    const char *expected)
{
    int           i;
    char          hex[2 * ERPSYNC_DIGEST_LEN + 1];
    uint8_t       digest[ERPSYNC_DIGEST_LEN];
    unit_input_t  input;

    input = unit_input(s, len);

    assert_int_equal(erpsync_digest(digester, input.str, digest), ERPSYNC_OK);

    for (i = 0; i < ERPSYNC_DIGEST_LEN; i++) {
        (void) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }

    assert_string_equal(hex, expected);

    free(input.data);
}


static void
test_known_answers(void **state)
{
    int                  i;
    char                *million;
    erpsync_digester_t  *digester;

    (void) state;

    million = malloc(1000000);
    assert_non_null(million);
    memset(million, 'a', 1000000);

    digester = erpsync_digester_create();
    assert_non_null(digester);

    /* what was digested before must leave nothing behind */

    for (i = 0; i < 3; i++) {
        check_digest(digester, "", 0, "e3b0c44298fc1c149afbf4c8996fb924"
                                      "27ae41e4649b934ca495991b7852b855");
        check_digest(digester, "abc", 3, "ba7816bf8f01cfea414140de5dae2223"
                                         "b00361a396177a9cb410ff61f20015ad");
        check_digest(digester,
                     "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnop"
                     "nopq", 56,
                     "248d6a61d20638b8e5c026930c3e6039"
                     "a33ce45964ff2167f6ecedd419db06c1");
        check_digest(digester, million, 1000000,
                     "cdc76e5c9914fb9281a1c7e284d73e67"
                     "f1809a48a497200e046d39ccc7112cd0");
    }

    erpsync_digester_destroy(digester);
    free(million);
}


static void
test_no_data(void **state)
{
    uint8_t              a[ERPSYNC_DIGEST_LEN], b[ERPSYNC_DIGEST_LEN];
    erpsync_digester_t  *digester;

    (void) state;

    digester = erpsync_digester_create();
    assert_non_null(digester);

    assert_int_equal(erpsync_digest(digester, erpsync_span(NULL, 0), a),
                     ERPSYNC_OK);
    assert_int_equal(erpsync_digest(digester, erpsync_span("", 0), b),
                     ERPSYNC_OK);
    assert_memory_equal(a, b, sizeof(a));

    erpsync_digester_destroy(digester);
    erpsync_digester_destroy(NULL);
}


static void
test_secret_eq(void **state)
{
    size_t        i, n;
    uint8_t       a[70], b[70];
    unit_input_t  one, two;

    (void) state;

    memset(a, 0x5a, sizeof(a));
    memset(b, 0x5a, sizeof(b));

    assert_false(erpsync_secret_eq(erpsync_span(a, 32), erpsync_span(b, 31)));
    assert_false(erpsync_secret_eq(erpsync_span(a, 0), erpsync_span(b, 1)));
    assert_true(erpsync_secret_eq(erpsync_span(NULL, 0),
                                  erpsync_span(NULL, 0)));

    /* the smallest difference, at every place of every length */

    for (n = 0; n <= sizeof(a); n++) {
        one = unit_input((char *) a, n);
        two = unit_input((char *) b, n);

        assert_true(erpsync_secret_eq(one.str, two.str));

        for (i = 0; i < 8 * n; i++) {
            two.data[i / 8] ^= (uint8_t) (1 << i % 8);
            assert_false(erpsync_secret_eq(one.str, two.str));
            two.data[i / 8] ^= (uint8_t) (1 << i % 8);
        }

        free(one.data);
        free(two.data);
    }
}


/* A memo never changes a digest, whatever it remembers. */

static void
test_memo(void **state)
{
    size_t                i, k, n;
    uint8_t               a[ERPSYNC_DIGEST_LEN], b[ERPSYNC_DIGEST_LEN];
    unit_input_t          input;
    erpsync_memo_t        memo = { 0 };
    erpsync_digester_t   *digester;
    const erpsync_memo_t  none = { 0 };

    static const struct {
        const char  *text;
        size_t       len;
    } secrets[] = {
        { "secret", 6 }, { "secret", 5 }, { "secrets", 7 }, { "Secret", 6 },
        { "s", 1 }, { "", 0 },
        { "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
          64 },
        { "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefg",
          65 },
        { "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg",
          64 }
    };

    (void) state;

    digester = erpsync_digester_create();
    assert_non_null(digester);

    n = erpsync_nelts(secrets);

    for (i = 0; i < n * n; i++) {

        for (k = 0; k < 2; k++) {
            input = unit_input(secrets[k ? i % n : i / n].text,
                               secrets[k ? i % n : i / n].len);

            assert_int_equal(erpsync_digest(digester, input.str, a),
                             ERPSYNC_OK);
            assert_int_equal(erpsync_digest_memo(digester, &memo, input.str,
                                                 b), ERPSYNC_OK);
            assert_memory_equal(a, b, sizeof(a));

            assert_int_equal(erpsync_digest_memo(digester, NULL, input.str,
                                                 b), ERPSYNC_OK);
            assert_memory_equal(a, b, sizeof(a));

            free(input.data);
        }
    }

    /* it does remember: what it has is taken */

    memset(memo.digest, 0x5a, sizeof(memo.digest));
    assert_int_equal(erpsync_digest_memo(digester, &memo,
                                         erpsync_span(memo.secret, memo.len),
                                         b), ERPSYNC_OK);
    assert_memory_equal(b, memo.digest, sizeof(b));

    erpsync_memo_wipe(&memo);
    assert_memory_equal(&memo, &none, sizeof(memo));

    erpsync_digester_destroy(digester);
}


/* Any byte in any place: taken where it is a digit, and for its value. */

static void
test_from_hex(void **state)
{
    int       value;
    char      hex[2 * ERPSYNC_DIGEST_LEN];
    size_t    i;
    uint8_t   digest[ERPSYNC_DIGEST_LEN];
    unsigned  c;

    (void) state;

    memset(hex, '0', sizeof(hex));

    for (i = 0; i < sizeof(hex); i++) {

        for (c = 0; c < 256; c++) {
            hex[i] = (char) c;
            value = erpsync_hex_value((uint8_t) c);

            assert_int_equal(erpsync_digest_from_hex(hex, digest),
                             value >= 0);

            if (value >= 0) {
                assert_int_equal(digest[i / 2],
                                 i % 2 ? value : value * 16);
            }
        }

        hex[i] = '0';
    }
}


static void
test_random(void **state)
{
    uint8_t  a[32], b[32];

    (void) state;

    memset(a, 0, sizeof(a));
    memset(b, 0, sizeof(b));

    assert_int_equal(erpsync_random(a, SIZE_MAX), ERPSYNC_ERROR);
    assert_int_equal(erpsync_random(a, sizeof(a)), ERPSYNC_OK);
    assert_int_equal(erpsync_random(b, sizeof(b)), ERPSYNC_OK);
    assert_memory_not_equal(a, b, sizeof(a));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_no_data),
        cmocka_unit_test(test_secret_eq),
        cmocka_unit_test(test_memo),
        cmocka_unit_test(test_from_hex),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
