
/* What a refusal says, in each of its forms. */


#define _GNU_SOURCE     /* memmem() */

#include <jansson.h>

#include "unit.h"


/* What XML 1.0 does not allow is replaced; the neighbours stay. */

#define PATH      "/a\"<&\x01\r\n\t\x7f\xef\xbf\xbd\xef\xbf\xbe\xef\xbf\xbf" \
                  "\xef\xbe\xbf\xf0\x9f\xbf\xbe"
#define XML_PATH  "/a&quot;&lt;&amp;\xef\xbf\xbd\xef\xbf\xbd\n\t\x7f" \
                  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbe\xbf" \
                  "\xf0\x9f\xbf\xbe</Path>"

static void
test_refusal(void **state)
{
    size_t               i;
    erpsync_str_t        text;
    erpsync_arena_t      arena;
    erpsync_refusal_t    refusal;
    erpsync_violation_t  violation;

    static const struct {
        erpsync_format_t   format;
        const char        *type;
        const char        *text;
    } formats[] = {
        { ERPSYNC_FORMAT_SUPEROFFICE, "application/json; charset=utf-8",
          "{\"Error\":true,\"ErrorType\":\"body_invalid\"," },
        { ERPSYNC_FORMAT_PROBLEM, "application/problem+json",
          "{\"type\":\"urn:erpsync:body_invalid\",\"title\":"
          "\"Body invalid\",\"status\":422," },
        { ERPSYNC_FORMAT_XML, "application/xml; charset=utf-8",
          "<?xml version=\"1.0\" encoding=\"utf-8\"?>" },
    };

    (void) state;

    memset(&refusal, 0, sizeof(refusal));
    refusal.reason = ERPSYNC_REASON_BODY_INVALID;
    refusal.request_id = erpsync_span("id<\"1", 5);
    violation.path = erpsync_span(PATH, strlen(PATH));
    violation.code = ERPSYNC_CODE_UNKNOWN;
    violation.message = erpsync_span("No.", 3);
    refusal.hint = erpsync_span("A hint.", 7);
    refusal.nviolations = 1;
    refusal.violations = &violation;

    for (i = 0; i < erpsync_nelts(formats); i++) {
        erpsync_arena_init(&arena);

        assert_int_equal(erpsync_refusal(&arena, formats[i].format, &refusal,
                                         &text),
                         ERPSYNC_OK);

        unit_equal("type", erpsync_refusal_type(formats[i].format),
                   formats[i].type);

        assert_true(text.len > strlen(formats[i].text));
        unit_equal("text", erpsync_span(text.data,
                                        strlen(formats[i].text)),
                   formats[i].text);

        assert_non_null(memmem(text.data, text.len, "operation. A hint.", 18));

        if (formats[i].format == ERPSYNC_FORMAT_XML) {
            assert_non_null(memmem(text.data, text.len, XML_PATH,
                                   strlen(XML_PATH)));
        } else {
            assert_non_null(memmem(text.data, text.len, "/a\\\"<&", 6));
            assert_non_null(memmem(text.data, text.len, "\xef\xbf\xbe", 3));
        }

        erpsync_arena_destroy(&arena);
    }
}


/* The text of a reason is written as it is in the table. */

static void
test_reasons(void **state)
{
    json_t              *root;
    unsigned             reason;
    erpsync_str_t        text;
    erpsync_arena_t      arena;
    erpsync_refusal_t    refusal;

    (void) state;

    for (reason = 0; reason < ERPSYNC_REASON_COUNT; reason++) {
        erpsync_arena_init(&arena);
        memset(&refusal, 0, sizeof(refusal));
        refusal.reason = (erpsync_reason_t) reason;
        refusal.request_id = erpsync_span("id", 2);

        assert_int_equal(erpsync_refusal(&arena, ERPSYNC_FORMAT_SUPEROFFICE,
                                         &refusal, &text),
                         ERPSYNC_OK);

        root = json_loadb((const char *) text.data, text.len, 0, NULL);
        assert_non_null(root);
        assert_int_equal(json_object_size(root), 5);
        assert_true(json_is_true(json_object_get(root, "Error")));

        unit_equal("type", erpsync_reason_name(refusal.reason),
                   json_string_value(json_object_get(root, "ErrorType")));
        unit_equal("message", erpsync_reason_sentence(refusal.reason),
                   json_string_value(json_object_get(root, "ErrorMessage")));
        assert_string_equal(
                   json_string_value(json_object_get(root, "ErrorSource")),
                   "erpsync-gateway");
        assert_string_equal(
                   json_string_value(json_object_get(root, "RequestId")),
                   "id");

        json_decref(root);
        erpsync_arena_destroy(&arena);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refusal),
        cmocka_unit_test(test_reasons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
