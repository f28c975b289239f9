
/*
 * Each byte of a body that the fast path takes, left out, given twice, or
 * replaced by another one: the fast path gives what the general path gives.
 */


#include "general.h"
#include "random.h"


#define JSON_HEAD(gap)                                                        \
    "\"ErpConnectionId\":" gap "883," gap "\"CrmRecordId\":" gap "34," gap    \
    "\"CrmActorType\":" gap "\"Contact\"," gap "\"ErpKey\":" gap "\"qui\","   \
    gap "\"ErpActorType\":" gap "\"Customer\"," gap

#define JSON_VALUE(gap)                                                       \
    "{" gap "\"DisplayName\":" gap "\"n\"," gap "\"CrmFieldKey\":" gap        \
    "\"k\"," gap "\"Value\":" gap "\"v\"," gap "\"SyncToErp\":" gap "true"    \
    gap "}"

#define JSON(gap)                                                             \
    "{" gap JSON_HEAD(gap) "\"FieldValues\":" gap "[" JSON_VALUE(gap) "," gap \
    JSON_VALUE(gap) gap "]" gap "}"

#define XML_VALUE                                                             \
    "<v><DisplayName>n</DisplayName><CrmFieldKey>k</CrmFieldKey>"             \
    "<Value>a &amp; b</Value></v>"

#define FORM_VALUE(i)                                                         \
    "&FieldValues[" i "].DisplayName=n&FieldValues[" i "].CrmFieldKey=%6b"

static const struct {
    erpsync_media_t   media;
    const char       *text;
} bodies[] = {
    { ERPSYNC_MEDIA_JSON, JSON("") },
    { ERPSYNC_MEDIA_JSON, JSON(" ") },
    { ERPSYNC_MEDIA_XML, "<r xmlns:i=\"u\"><ErpConnectionId>883"
      "</ErpConnectionId><CrmRecordId>34</CrmRecordId><CrmActorType>Contact"
      "</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>Customer"
      "</ErpActorType><FieldValues>" XML_VALUE XML_VALUE "</FieldValues></r>"
    },
    { ERPSYNC_MEDIA_FORM, "ErpConnectionId=883&CrmRecordId=34&CrmActorType="
      "Contact&ErpKey=qui&ErpActorType=Customer" FORM_VALUE("0")
      FORM_VALUE("1") },
};


static void
compare(erpsync_media_t media, const char *text, size_t len,
    const erpsync_sink_conf_t *conf)
{
    unit_input_t     input;
    erpsync_body_t   body[2];
    erpsync_arena_t  arena;

    erpsync_arena_init(&arena);
    input = unit_input(text, len);

    assert_int_equal(erpsync_body(&arena, media, conf, input.str, &body[0]),
                     ERPSYNC_OK);

    unit_general = true;
    assert_int_equal(erpsync_body(&arena, media, conf, input.str, &body[1]),
                     ERPSYNC_OK);
    unit_general = false;

    if (body[0].reason != body[1].reason
        || !erpsync_str_eq(body[0].canonical, body[1].canonical))
    {
        fail_msg("%.*s\n  %d %.*s\n  %d %.*s", (int) len, text,
                 body[0].reason, (int) body[0].canonical.len,
                 body[0].canonical.data, body[1].reason,
                 (int) body[1].canonical.len, body[1].canonical.data);
    }

    unit_same_body(&body[0], &body[1]);

    free(input.data);
    erpsync_arena_destroy(&arena);
}


static void
test_bytes(void **state)
{
    char                 text[1024];
    size_t               i, k, n, len;
    erpsync_sink_conf_t  conf;

    static const char  others[] = "\"{[:;,=&<%. \\\x01" "a0\xff";

    (void) state;

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(
                                         erpsync_span("TryConnectActor", 15));
    conf.key = 0x5eed;

    for (i = 0; i < erpsync_nelts(bodies); i++) {
        len = strlen(bodies[i].text);
        assert_true(len + 1 < sizeof(text));
        compare(bodies[i].media, bodies[i].text, len, &conf);

        for (n = 0; n < len; n++) {
            memcpy(text, bodies[i].text, len);

            for (k = 0; k < sizeof(others); k++) {
                text[n] = others[k];
                compare(bodies[i].media, text, len, &conf);
            }

            memcpy(text + n, bodies[i].text + n + 1, len - n - 1);
            compare(bodies[i].media, text, len - 1, &conf);

            memcpy(text + n, bodies[i].text + n, 1);
            memcpy(text + n + 1, bodies[i].text + n, len - n);
            compare(bodies[i].media, text, len + 1, &conf);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
