
/*
 * The JSON decoder: what it refuses, and at which byte.  It accepts what
 * jansson accepts, and the canonical body has the same values.
 */


#include <jansson.h>

#include "erpsync_json.h"
#include "unit.h"


typedef struct {
    const char  *text;
    size_t       offset;     /* of the error */
} json_case_t;


/* An operation without a request: any value is accepted. */

static erpsync_rc_t
decode(erpsync_arena_t *arena, erpsync_str_t input, erpsync_error_t *error,
    erpsync_sink_t *sink)
{
    erpsync_sink_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.operation = &erpsync_operations[1];   /* SaveConnection */
    conf.key = 7;

    erpsync_sink_init(sink, arena, &conf, input.len);

    return erpsync_json(sink, input, error);
}


static const json_case_t  malformed[] = {
    { "", 0 },
    { " ", 1 },
    { "{", 1 },
    { "[", 1 },
    { "{\"a\"", 4 },
    { "{\"a\":", 5 },
    { "{\"a\":1", 6 },
    { "{\"a\":1,", 7 },
    { "{\"a\":1,}", 7 },
    { "[1,]", 3 },
    { "[,1]", 1 },
    { "[1 2]", 3 },
    { "[1}", 2 },
    { "{\"a\":1]", 6 },
    { "{a:1}", 1 },
    { "{'a':1}", 1 },
    { "{\"a\" 1}", 5 },
    { "{\"a\"::1}", 5 },
    { "{1:1}", 1 },
    { "{} {}", 3 },
    { "{}x", 2 },
    { "1 2", 2 },
    { "]", 0 },
    { "}", 0 },
    { "nul", 0 },
    { "nulll", 4 },
    { "True", 0 },
    { "NaN", 0 },
    { "-Infinity", 0 },
    { "undefined", 0 },
    { "/* c */ 1", 0 },
    { "1 // c", 2 },
    { "01", 0 },
    { "-", 0 },
    { "-01", 0 },
    { "+1", 0 },
    { ".5", 0 },
    { "1.", 2 },
    { "1.e5", 2 },
    { "1e", 2 },
    { "1e+", 3 },
    { "0x10", 1 },
    { "\"", 1 },
    { "\"abc", 4 },
    { "\"a\\", 3 },
    { "\"a\\\"", 4 },
    { "\"\\x41\"", 1 },
    { "\"\\u12\"", 1 },
    { "\"\\u12g4\"", 1 },
    { "\"\\U0041\"", 1 },
    { "\"a\nb\"", 2 },
    { "\"a\tb\"", 2 },
    { "\"a\\n\x1f\"", 4 },
    { "\"\\u0000\"", 1 },
    { "\"\\ud800\"", 1 },
    { "\"\\udc00\"", 1 },
    { "\"\\ud800\\u0041\"", 1 },
    { "\"\\ud800\\ud800\"", 1 },
    { "\"\\udc00\\ud800\"", 1 },
    { "\"\\ud83d\\", 8 },
    { "\"\\ud83d\\\"", 9 },
    { "\"\\ud83d\\\"\"", 1 },
    { "\"\\ud83d\\u\"", 1 },
    { "\"\\ud83d\\ud\"000\"", 1 },
    { "\"\\\xc3\xa5\"", 1 },
    { "\"\\n\\q\"", 3 },
    { "\"\xff\"", 1 },
    { "\"\xc0\x80\"", 1 },
    { "\"\xc1\xbf\"", 1 },
    { "\"\xe0\x80\x80\"", 1 },
    { "\"\xed\xa0\x80\"", 1 },
    { "\"\xf0\x80\x80\x80\"", 1 },
    { "\"\xf4\x90\x80\x80\"", 1 },
    { "\"\xf5\x80\x80\x80\"", 1 },
    { "\"\xe2\x82\"", 1 },
    { "\"0123456789abcdef\xe2\x28\xa1\"", 17 },
    { "\"\\n\xe2\x28\xa1\"", 3 },
    { "\"\xc3", 1 },
    { "\x00", 0 },
    { "\xef\xbb\xbf 1", 0 },
    { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 32 },
    { "{\"a\":[{\"b\":[{\"c\":", 17 },
};


static void
test_malformed(void **state)
{
    size_t           i;
    unit_input_t     input;
    erpsync_sink_t   sink;
    erpsync_error_t  error;
    erpsync_arena_t  arena;

    (void) state;

    for (i = 0; i < erpsync_nelts(malformed); i++) {
        erpsync_arena_init(&arena);
        input = unit_input(malformed[i].text, strlen(malformed[i].text));

        assert_int_equal(decode(&arena, input.str, &error, &sink),
                         ERPSYNC_OK);

        if (error.message == NULL || error.offset != malformed[i].offset) {
            fail_msg("%s: %s at %zu, expected an error at %zu",
                     malformed[i].text,
                     error.message ? error.message : "taken",
                     error.message ? error.offset : 0, malformed[i].offset);
        }

        erpsync_arena_destroy(&arena);
        free(input.data);
    }
}


static void
test_depth(void **state)
{
    char             text[128];
    size_t           depth;
    unit_input_t     input;
    erpsync_sink_t   sink;
    erpsync_error_t  error;
    erpsync_arena_t  arena;

    (void) state;

    for (depth = 31; depth <= 33; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);

        erpsync_arena_init(&arena);
        input = unit_input(text, depth * 2);

        assert_int_equal(decode(&arena, input.str, &error, &sink),
                         ERPSYNC_OK);
        assert_true((error.message != NULL) == (depth > 32));

        erpsync_arena_destroy(&arena);
        free(input.data);
    }
}


static void
test_place(void **state)
{
    size_t         line, column;
    erpsync_str_t  s;

    (void) state;

    s = erpsync_span("{\n \"\xc3\xa5\": }", 10);

    erpsync_error_place(s, 0, &line, &column);
    assert_int_equal(line, 1);
    assert_int_equal(column, 1);

    erpsync_error_place(s, 9, &line, &column);
    assert_int_equal(line, 2);
    assert_int_equal(column, 7);

    /* beyond the end is at the end */

    erpsync_error_place(s, 99, &line, &column);
    assert_int_equal(line, 2);
    assert_int_equal(column, 8);
}


/* A small generator that gives the same texts on every machine. */

static uint32_t
next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;

    return *seed;
}


static const char *const  pieces[] = {
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "0", "1", "-", ".", "e",
    "true", "false", "null", " ", "\n", "\t", "\"a\"", "\"b\":", "\"A\":1",
    "\\ud83d\\ude00", "\xc3\xa5", "\xff", "\x01", "\"0123456789abcdefghij\"",
    "\\n", "\"\\u00e5\"", "12345678901", "{}", "[]", "1e5", "/",
};


/* jansson: decoding any value, no duplicates, no U+0000 */

static json_t *
oracle(erpsync_str_t s)
{
    json_error_t  error;

    return json_loadb((const char *) s.data, s.len,
                      JSON_DECODE_ANY|JSON_DECODE_INT_AS_REAL, &error);
}


/* Returns whether jansson refused a text only because of its own limits. */

static bool
beyond_oracle(erpsync_str_t s)
{
    json_error_t  error;
    json_t       *json;

    json = json_loadb((const char *) s.data, s.len,
                      JSON_DECODE_ANY|JSON_DECODE_INT_AS_REAL, &error);
    json_decref(json);

    return json == NULL
           && json_error_code(&error) == json_error_numeric_overflow;
}


static void
compare(erpsync_str_t s)
{
    json_t          *theirs, *ours;
    erpsync_sink_t   sink;
    erpsync_error_t  error;
    erpsync_arena_t  arena;

    erpsync_arena_init(&arena);

    assert_int_equal(decode(&arena, s, &error, &sink), ERPSYNC_OK);

    theirs = oracle(s);

    if ((error.message == NULL) != (theirs != NULL) && !beyond_oracle(s)) {
        fail_msg("%.*s: %s by us, %s by jansson", (int) s.len,
                 (const char *) s.data,
                 error.message ? error.message : "taken",
                 theirs ? "taken" : "refused");
    }

    /* a duplicate is a violation of the gateway; jansson keeps the last one */

    if (error.message == NULL && theirs && !sink.invalid) {
        ours = oracle(erpsync_sink_canonical(&sink));

        if (ours == NULL || !json_equal(ours, theirs)) {
            fail_msg("%.*s: became %.*s", (int) s.len,
                     (const char *) s.data,
                     (int) erpsync_out_len(&sink.out),
                     (const char *) sink.out.start);
        }

        json_decref(ours);
    }

    json_decref(theirs);
    erpsync_arena_destroy(&arena);
}


static void
test_differential(void **state)
{
    static const char  model[] =
        "{\"ErpConnectionId\": 883, \"CrmActorType\": \"Contact\", "
        "\"ErpKey\": \"q\\u00fci\\n\xc3\xa6\", \"list\": [1.5, -2e3, true, "
        "false, null, {\"DisplayName\": \"Hermann, Rowe and Haag\", "
        "\"x\": {}}], \"last\": []}";

    char          text[512];
    size_t        len, n, at;
    uint32_t      seed, i;
    const char   *piece;
    unit_input_t  input;

    (void) state;

    seed = 20260101;

    for (i = 0; i < 200000; i++) {

        if (i % 2) {

            /* the model with a few bytes changed, removed or added */

            len = sizeof(model) - 1;
            memcpy(text, model, len);

            for (n = next_random(&seed) % 4; n < 4; n++) {
                at = next_random(&seed) % len;
                piece = pieces[next_random(&seed) % erpsync_nelts(pieces)];

                switch (next_random(&seed) % 3) {

                case 0:
                    text[at] = *piece;
                    break;

                case 1:
                    memmove(text + at, text + at + 1, len - at - 1);
                    len--;
                    break;

                default:
                    memmove(text + at + strlen(piece), text + at, len - at);
                    memcpy(text + at, piece, strlen(piece));
                    len += strlen(piece);
                }
            }

        } else {
            len = 0;

            for (n = next_random(&seed) % 12; n < 12; n++) {
                piece = pieces[next_random(&seed) % erpsync_nelts(pieces)];
                memcpy(text + len, piece, strlen(piece));
                len += strlen(piece);
            }
        }

        input = unit_input(text, len);
        compare(input.str);
        free(input.data);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_differential),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
