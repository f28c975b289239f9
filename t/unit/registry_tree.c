
/*
 * JSON text becomes the same tree as by jansson's own parser, or neither
 * takes it: registries that are written, varied and broken at random.
 */


#include "random.h"

#include "erpsync_registry_reader.h"


#define DOCUMENTS  60000
#define SIZE       65536

#define HEX  "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"


static char    document[SIZE];
static size_t  used;


static void
add(const char *s)
{
    size_t  n;

    n = strlen(s);

    if (n <= SIZE - used) {
        memcpy(document + used, s, n);
        used += n;
    }
}


static void
add_one_of(const char *const *values, size_t n)
{
    add(values[any((unsigned) n)]);
}


static void
add_digest(void)
{
    char      hex[65];
    unsigned  i, upper;

    upper = any(2);

    for (i = 0; i < 64; i++) {
        hex[i] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[any(16)];
    }

    hex[64] = '\0';

    /* one digit too few, too many or none; or the one that is there twice */

    switch (any(60)) {

    case 0:
        hex[any(64)] = "gG/:@` \x7f"[any(8)];
        break;

    case 1:
        hex[63] = '\0';
        break;

    case 2:
        hex[0] = '\0';
        break;

    case 3:
        add(HEX);
        return;
    }

    add(hex);
}


static void
add_token(void)
{
    static const char *const  names[] = {
        "{\"sha256\":\"", "{\"sha256\":\"", "{\"sha256\":\"",
        "{\"sha256\": \"", "{\"sha256\":   \"", "{\"sha256\" : \"",
        "{\"sha256\":\t\"", "{\n  \"sha256\":\n\"", "{ \"sh\\u0061256\":\"",
        "{\"notBefore\":\"2026-01-01T00:00:00Z\",\"sha256\":\""
    };

    static const char *const  ends[] = {
        "\"}", "\"}", "\"}", "\"}", "\" }",
        "\",\"expires\":\"2027-01-01T00:00:00.5+01:00\"}",
        "\",\"notBefore\":\"2025-01-01T00:00:00Z\"}"
    };

    add_one_of(names, erpsync_nelts(names));
    add_digest();
    add_one_of(ends, erpsync_nelts(ends));
}


static void
add_app(void)
{
    char      id[32];
    unsigned  n;

    static const char *const  members[] = {
        ",\"name\":\"" HEX "\"", ",\"name\":\"\"",
        ",\"name\":\"\\\"sha256\\\":\\\"" HEX "\\\"\"",
        ",\"name\":\"h\\u0068h \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
        ",\"enabled\":false", ",\"operations\":\"*\"",
        ",\"operations\":[\"TryConnectActor\"]",
        ",\"tenants\":[\"Cust20\",\"Cust1\"]", ",\"tenants\":[]",
        ",\"addresses\":[\"10.0.0.0/8\",\"2001:db8::/32\"]",
        ",\"erpConnections\":[9,2,1]", ",\"crmActorTypes\":[\"Contact\"]",
        ",\"a\":[1,-2,0,123456,1.5,-2.25e3,true,false,null,{}]",
        ",\"sha256\":\"" HEX "\"", ",\"name\":\"\xff\"", ",\"name\":\"\\u0000\""
    };

    (void) snprintf(id, sizeof(id), "{\"id\":\"h%u\",\"tokens\":[",
                    any(100000));
    add(id);
    add_token();

    while (any(4) == 0) {
        add(",");
        add_token();
    }

    add(any(8) ? "],\"agents\":[\"ErpSync\"]" : "], \"agents\" : [ ]");

    /* the last ones are errors */

    for (n = any(4); n; n--) {
        add(members[any(any(20) ? 13 : erpsync_nelts(members))]);
    }

    add("}");
}


/* Inserts text, or "n" blanks. */

static void
insert(size_t at, const char *s, size_t n)
{
    if (n > SIZE - used) {
        return;
    }

    memmove(document + at + n, document + at, used - at);

    if (s) {
        memcpy(document + at, s, n);

    } else {
        memset(document + at, ' ', n);
    }

    used += n;
}


static void
mutate(void)
{
    size_t       at, n;
    const char  *word;

    static const char *const  words[] = {
        "\"", "\\", "\\\"", "\"sha256\":\"", "\"sha256\":\"\"", "\"sha256\":",
        "\"sha256\":\"" HEX "\"", HEX, "\"\"", "\"" HEX "\"", ",", ":", "{",
        "}", "[", "]", "{}", "[]", "h", "\n", "\t", "1", "null", "\xc3",
        "\xe2\x82", "-", "0", "-0", "01", "1.5", "1.", ".5", "2e3",
        "2E-3", "2e", "1234567890123456", "true", "false", "nul", "\\u",
        "\\u00e9", "\\ud83d\\ude00", "\\ud800\\udc00", "\\udbff\\udfff",
        "\\ud83d", "\\ude00", "\\u0000", "\\n",
        "\\/", "\\x", "\xed\xa0\x80", "\xc0\xaf", "\x01", "[[[[[[[["
    };

    at = any((unsigned) used);

    if (any(2)) {               /* quotes are where texts are taken apart */
        while (at && document[at - 1] != '"') {
            at--;
        }
    }

    switch (any(4)) {

    case 0:
        document[at] = (char) any(256);
        break;

    case 1:
        n = 1 + any(any(4) ? 2 : 80);
        n = (n < used - at) ? n : used - at;
        memmove(document + at, document + at + n, used - at - n);
        used -= n;
        break;

    default:
        word = words[any(erpsync_nelts(words))];
        insert(at, word, strlen(word));
    }
}


static void
write_document(void)
{
    unsigned  n;

    used = 0;
    add(any(20) ? "{\"version\":1,\"apps\":[" : "{\"apps\": [\n");

    for (n = any(6); n; n--) {
        add_app();
        add(n == 1 ? "" : any(4) ? "," : " ,\n  ");
    }

    add(any(20) ? "]}" : "],\"version\":1}\n");

    if (any(16) == 0) {
        insert(any((unsigned) used), NULL, any(4096));
    }

    for (n = any(2) ? any(4) : 0; n && used; n--) {
        mutate();
    }
}


/* The value of a real number is not kept. */

static json_t *
simple(json_t *value)
{
    size_t       i;
    void        *next;
    json_t      *item;
    const char  *name;

    if (json_is_real(value)) {
        json_decref(value);
        return json_real(0.5);
    }

    json_object_foreach_safe (value, next, name, item) {
        if (json_is_real(item)) {
            (void) json_object_set_new_nocheck(value, name, json_real(0.5));

        } else {
            (void) simple(item);
        }
    }

    json_array_foreach (value, i, item) {
        if (json_is_real(item)) {
            (void) json_array_set_new(value, i, json_real(0.5));

        } else {
            (void) simple(item);
        }
    }

    return value;
}


static void
test_equal(void **state)
{
    int             rc;
    json_t         *value, *expected;
    unsigned        n, valid;
    unit_input_t    input;
    json_error_t    error;
    erpsync_tree_t  tree;

    (void) state;

    unit_seed = 88172645463325252u;
    valid = 0;

    for (n = 0; n < DOCUMENTS; n++) {
        write_document();
        input = unit_input(document, used);

        memset(&tree, 0, sizeof(tree));
        tree.text = input.str;
        rc = erpsync_tree_read(&tree, &value);

        expected = json_loadb(document, used, JSON_REJECT_DUPLICATES
                              |JSON_DECODE_ANY|JSON_DISABLE_EOF_CHECK,
                              &error);

        if (rc == ERPSYNC_OK && expected) {
            valid++;
            expected = simple(expected);

            if (!json_equal(value, expected)
                || tree.pos != (size_t) error.position)
            {
                fail_msg("document %u: another tree of\n%.*s", n,
                         (int) used, document);
            }

        } else if ((rc == ERPSYNC_OK || expected)
                   && strstr(error.text, "too big") == NULL
                   && strcmp(tree.message, "too many levels") != 0)
        {
            fail_msg("document %u:\n  %s\n  %s\n%.*s", n,
                     rc ? tree.message : "valid",
                     expected ? "valid" : error.text, (int) used, document);
        }

        assert_true(rc == ERPSYNC_OK || rc == ERPSYNC_INVALID);
        json_decref(value);
        json_decref(expected);
        (void) erpsync_vec_free(&tree.scratch, 1, false);
        free(input.data);
    }

    assert_true(valid > DOCUMENTS / 4);
    assert_true(valid < DOCUMENTS / 4 * 3);
}


/* What is wrong, and where: one byte of it is marked by a caret below. */

static void
test_errors(void **state)
{
    size_t          i;
    json_t         *value;
    unit_input_t    input;
    erpsync_tree_t  tree;

    static const struct {
        const char  *text;
        const char  *caret;
        const char  *message;
    } cases[] = {
        { "",
          "^", "unexpected end of file" },
        { "{\"a\":1",
          "      ^", "unexpected end of file" },
        { "\"a\\u12",
          "      ^", "unexpected end of file" },
        { "{\"a\":1,\"b\":2,\"a\":3}",
          "             ^", "duplicate object key" },
        { "{\"a\" 1}",
          "     ^", "':' expected" },
        { "{\"a\":1 \"b\"}",
          "       ^", "'}' expected" },
        { "[1 2]",
          "   ^", "']' expected" },
        { "[1,]",
          "   ^", "unexpected token" },
        { "{a}",
          " ^", "string expected" },
        { "[tru]",
          " ^", "invalid token" },
        { "[01]",
          " ^", "invalid token" },
        { "[-]",
          " ^", "invalid token" },
        { "\"a\nb\"",
          "  ^", "unexpected newline" },
        { "\"a\tb\"",
          "  ^", "control character" },
        { "\"a\xff\"",
          "  ^", "invalid UTF-8" },
        { "\"a\\x\"",
          "  ^", "invalid escape" },
        { "\"a\\u12g4\"",
          "      ^", "invalid escape" },
        { "\"a\\u0000\"",
          "  ^", "invalid Unicode escape" },
        { "\"a\\ud800\\u0041\"",
          "  ^", "invalid Unicode escape" },
        { "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
          "                ^", "too many levels" },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        input = unit_input(cases[i].text, strlen(cases[i].text));
        memset(&tree, 0, sizeof(tree));
        tree.text = input.str;

        assert_int_equal(erpsync_tree_read(&tree, &value), ERPSYNC_INVALID);
        assert_null(value);

        if (strcmp(tree.message, cases[i].message) != 0
            || tree.pos != strlen(cases[i].caret) - 1)
        {
            fail_msg("%s\n  got      %s at %zu\n  expected %s",
                     cases[i].text, tree.message, tree.pos,
                     cases[i].message);
        }

        (void) erpsync_vec_free(&tree.scratch, 1, false);
        free(input.data);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
