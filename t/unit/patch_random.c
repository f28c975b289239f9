
/*
 * Random JSON Patches.  They are also applied here, to a tree of jansson as
 * RFC 6902 says: the documents are equal, or the same operation fails.
 */


#define _POSIX_C_SOURCE  200809L

#include "random.h"
#include "patch_model.h"


#define PATCHES  5000
#define MAX_OPS  40
#define TEXT     (1024 * 1024)


static void
test_random(void **state)
{
    char                  expected[32], *text;
    bool                  good;
    json_t               *patch, *doc, *got;
    size_t                i, n, passed;
    unit_input_t          input;
    erpsync_body_t        body;
    erpsync_arena_t       arena;
    erpsync_sink_conf_t   conf;

    (void) state;

    unit_random_start();
    passed = 0;

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(erpsync_span("SyncAll", 7));

    for (i = 0; i < PATCHES; i++) {
        patch = json_array();
        doc = json_object();
        good = true;

        for (n = any(MAX_OPS); n && good; n--) {
            good = step(patch, &doc);

            if (height(doc) > 20) {
                break;
            }
        }

        text = json_dumps(patch, JSON_COMPACT|(any(2) ? JSON_SORT_KEYS : 0));
        assert_non_null(text);
        input = unit_input(text, strlen(text));

        erpsync_arena_init(&arena);
        assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_JSON_PATCH, &conf,
                                      input.str, &body), ERPSYNC_OK);

        if (good) {
            got = (body.reason == ERPSYNC_REASON_OK)
                  ? json_loadb((const char *) body.canonical.data,
                               body.canonical.len, JSON_DECODE_ANY, NULL)
                  : NULL;

            if (got == NULL || !json_equal(got, doc)) {
                fail_msg("%s\n  %.*s\n  %s", text, (int) body.canonical.len,
                         body.canonical.data,
                         json_dumps(doc, JSON_COMPACT|JSON_ENCODE_ANY));
            }

            json_decref(got);
            passed++;

        } else {
            (void) snprintf(expected, sizeof(expected), "/%zu/",
                            json_array_size(patch) - 1);

            if (body.reason != ERPSYNC_REASON_BODY_INVALID
                || body.violations[0].path.len < strlen(expected)
                || memcmp(body.violations[0].path.data, expected,
                          strlen(expected)) != 0)
            {
                fail_msg("%s\n  should fail at %s", text, expected);
            }
        }

        erpsync_arena_destroy(&arena);
        free(input.data);
        free(text);
        json_decref(patch);
        json_decref(doc);
    }

    assert_true(passed > PATCHES / 4);
    printf("%zu of %u patches apply\n", passed, PATCHES);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
