
/* The rules for values (docs/bodies.md), on both sides of each boundary. */


#include "unit.h"
#include "erpsync_out.h"


typedef struct {
    const char  *body;
    const char  *expected;   /* canonical body, or "path code; path code" */
} body_case_t;


#define FIELDS(fields)                                                        \
    "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":"           \
    "\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\","           \
    "\"FieldValues\":" fields "}"

#define MEMBER(member)                                                        \
    "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":"           \
    "\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\"," member    \
    "}"

#define CONNECTION(id)                                                        \
    "{\"ErpConnectionId\":" id ",\"CrmRecordId\":34,\"CrmActorType\":"        \
    "\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\","           \
    "\"FieldValues\":[]}"

#define CRM_ACTOR(type)                                                       \
    "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":" type      \
    ",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[]}"

#define ERP_ACTOR(type)                                                       \
    "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":"           \
    "\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":" type                   \
    ",\"FieldValues\":[]}"

#define ERP_KEY(key)                                                          \
    "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":"           \
    "\"Contact\",\"ErpKey\":" key ",\"ErpActorType\":\"Customer\","           \
    "\"FieldValues\":[]}"

#define KEY(member)  FIELDS("[{\"CrmFieldKey\":\"k\"," member "}]")

#define X10(s)   s s s s s s s s s s
#define X250(s)  X10(X10(s)) X10(X10(s)) X10(s) X10(s) X10(s) X10(s) X10(s)
#define X254(s)  X250(s) s s s s

/* The same with ' for ", and as many blanks. */

#define QUOTED(fields)                                                        \
    "{'ErpConnectionId':883,'CrmRecordId':34,'CrmActorType':'Contact',"       \
    "'ErpKey':'qui','ErpActorType':'Customer','FieldValues':" fields "}"

#define BLANK(places)                                                         \
    "                                                                 "       \
    "                                                       " places

#define SAME  NULL


static erpsync_sink_conf_t  conf;


static void
judge(const body_case_t *c, const char *operation)
{
    char             got[8192], *p;
    size_t           i;
    const char      *expected;
    unit_input_t     input;
    erpsync_body_t   body;
    erpsync_arena_t  arena;

    conf.operation = erpsync_operation_find(
                               erpsync_span(operation, strlen(operation)));
    conf.key = 0x5eed;

    erpsync_arena_init(&arena);
    input = unit_input(c->body, strlen(c->body));

    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_JSON, &conf,
                                  input.str, &body),
                     ERPSYNC_OK);

    expected = c->expected ? c->expected : c->body;

    if (body.reason == ERPSYNC_REASON_OK) {
        unit_equal(c->body, body.canonical, expected);

    } else {
        p = got;

        for (i = 0; i < body.nviolations; i++) {
            p += snprintf(p, (size_t) (got + sizeof(got) - p),
                          "%s%.*s %s", i ? "; " : "",
                          (int) body.violations[i].path.len,
                          body.violations[i].path.data,
                          erpsync_code_name(body.violations[i].code).data);

            assert_true(body.violations[i].message.len > 10);
        }

        unit_equal(c->body, erpsync_span(got, strlen(got)), expected);
    }

    erpsync_arena_destroy(&arena);
    free(input.data);
}


static void
judge_all(const body_case_t *cases, size_t n)
{
    size_t  i;

    memset(&conf, 0, sizeof(conf));
    conf.max_field_values = 1000;

    for (i = 0; i < n; i++) {
        judge(&cases[i], "TryConnectActor");
        judge(&cases[i], "ConnectActor");
    }
}


static void
test_ids(void **state)
{
    static const body_case_t  cases[] = {
        { CONNECTION("1"), SAME },
        { CONNECTION("2147483647"), SAME },
        { CONNECTION("\"883\""), CONNECTION("883") },
        { CONNECTION("\"1\""), CONNECTION("1") },
        { CONNECTION("\"2147483647\""), CONNECTION("2147483647") },
        { CONNECTION("\"0000000883\""), CONNECTION("883") },
        { CONNECTION("0"), "/ErpConnectionId range" },
        { CONNECTION("-0"), "/ErpConnectionId range" },
        { CONNECTION("-1"), "/ErpConnectionId range" },
        { CONNECTION("2147483648"), "/ErpConnectionId range" },
        { CONNECTION("99999999999999999999999"), "/ErpConnectionId range" },
        { CONNECTION(X10(X10("9999"))), "/ErpConnectionId range" },
        { CONNECTION("883.5"), "/ErpConnectionId type" },
        { CONNECTION("883.0"), "/ErpConnectionId type" },
        { CONNECTION("1e3"), "/ErpConnectionId type" },
        { CONNECTION("1E+3"), "/ErpConnectionId type" },
        { CONNECTION("true"), "/ErpConnectionId type" },
        { CONNECTION("null"), "/ErpConnectionId required" },
        { CONNECTION("[]"), "/ErpConnectionId type" },
        { CONNECTION("{}"), "/ErpConnectionId type" },
        { CONNECTION("\"\""), "/ErpConnectionId type" },
        { CONNECTION("\" 883\""), "/ErpConnectionId type" },
        { CONNECTION("\"+883\""), "/ErpConnectionId type" },
        { CONNECTION("\"0x1\""), "/ErpConnectionId type" },
        { CONNECTION("\"0\""), "/ErpConnectionId range" },
        { CONNECTION("\"2147483648\""), "/ErpConnectionId range" },
        { CONNECTION("\"00000000883\""), "/ErpConnectionId type" },
    };

    (void) state;

    judge_all(cases, erpsync_nelts(cases));
}


static void
test_actor_types(void **state)
{
    static const body_case_t  cases[] = {
        { CRM_ACTOR("\"Contact\""), SAME },
        { CRM_ACTOR("\"Sale\""), SAME },
        { CRM_ACTOR("\"cONTACT\""), CRM_ACTOR("\"Contact\"") },
        { CRM_ACTOR("1"), CRM_ACTOR("\"Contact\"") },
        { CRM_ACTOR("4"), CRM_ACTOR("\"Sale\"") },
        { CRM_ACTOR("\"2\""), CRM_ACTOR("\"Person\"") },
        { CRM_ACTOR("\"Project\""), SAME },
        { CRM_ACTOR("0"), "/CrmActorType enum" },
        { CRM_ACTOR("5"), "/CrmActorType enum" },
        { CRM_ACTOR("-1"), "/CrmActorType enum" },
        { CRM_ACTOR("\"0\""), "/CrmActorType enum" },
        { CRM_ACTOR("\"5\""), "/CrmActorType enum" },
        { CRM_ACTOR("\"Unknown\""), "/CrmActorType enum" },
        { CRM_ACTOR("\"unknown\""), "/CrmActorType enum" },
        { CRM_ACTOR("\"Customer\""), "/CrmActorType enum" },
        { CRM_ACTOR("\"\""), "/CrmActorType enum" },
        { CRM_ACTOR("\" Contact\""), "/CrmActorType enum" },
        { CRM_ACTOR("1.0"), "/CrmActorType type" },
        { CRM_ACTOR("1e0"), "/CrmActorType type" },
        { CRM_ACTOR("true"), "/CrmActorType type" },
        { CRM_ACTOR("null"), "/CrmActorType required" },
        { CRM_ACTOR("[1]"), "/CrmActorType type" },
        { ERP_ACTOR("\"Customer\""), SAME },
        { ERP_ACTOR("1"), ERP_ACTOR("\"Customer\"") },
        { ERP_ACTOR("2"), ERP_ACTOR("\"Supplier\"") },
        { ERP_ACTOR("3"), ERP_ACTOR("\"Partner\"") },
        { ERP_ACTOR("4"), ERP_ACTOR("\"Person\"") },
        { ERP_ACTOR("5"), ERP_ACTOR("\"Project\"") },
        { ERP_ACTOR("6"), ERP_ACTOR("\"Employee\"") },
        { ERP_ACTOR("7"), ERP_ACTOR("\"Sale\"") },
        { ERP_ACTOR("8"), "/ErpActorType enum" },
        { ERP_ACTOR("\"Contact\""), "/ErpActorType enum" },
    };

    (void) state;

    judge_all(cases, erpsync_nelts(cases));
}


static void
test_strings(void **state)
{
    static const body_case_t  cases[] = {
        { ERP_KEY("\"q\""), SAME },
        { ERP_KEY("\"" X254("q") "\""), SAME },
        { ERP_KEY("\"" X254("q") "q\""), "/ErpKey length" },
        { ERP_KEY("\"" X254("\xc3\xa5") "\""), SAME },
        { ERP_KEY("\"" X254("\xc3\xa5") "q\""), "/ErpKey length" },
        { ERP_KEY("\"" X254("\xe2\x82\xac") "\""), SAME },
        { ERP_KEY("\"" X254("\xe2\x82\xac") "q\""), "/ErpKey length" },

        /* a character beyond U+FFFF is two code units */
        { ERP_KEY("\"" X10(X10("\xf0\x9f\x98\x80")) X10("\xf0\x9f\x98\x80")
                  X10("\xf0\x9f\x98\x80") "\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
                  "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
                  "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\""), SAME },
        { ERP_KEY("\"" X10(X10("\xf0\x9f\x98\x80")) X10("\xf0\x9f\x98\x80")
                  X10("\xf0\x9f\x98\x80") "\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
                  "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
                  "\xf0\x9f\x98\x80\xf0\x9f\x98\x80q\""), "/ErpKey length" },

        { ERP_KEY("12"), ERP_KEY("\"12\"") },
        { ERP_KEY("-12.50e+3"), ERP_KEY("\"-12.50e+3\"") },
        { ERP_KEY("\" q \""), SAME },
        { ERP_KEY("\"\xc2\xa0\""), SAME },
        { ERP_KEY("\"\""), "/ErpKey empty" },
        { ERP_KEY("\" \""), "/ErpKey empty" },
        { ERP_KEY("\"\\t\\n\\f\\r\\u000b \""), "/ErpKey empty" },
        { ERP_KEY("true"), "/ErpKey type" },
        { ERP_KEY("null"), "/ErpKey required" },
        { ERP_KEY("{\"a\":1}"), "/ErpKey type" },

        { KEY("\"Value\":\"\""), SAME },
        { FIELDS("[{\"CrmFieldKey\":\"k\",\"Value\":12.50}]"),
          KEY("\"Value\":\"12.50\"") },
        { KEY("\"Value\":true"), KEY("\"Value\":\"true\"") },
        { KEY("\"DisplayValue\":false"), KEY("\"DisplayValue\":\"false\"") },
        { KEY("\"Value\":null,\"DisplayValue\":null"),
          FIELDS("[{\"CrmFieldKey\":\"k\"}]") },
        { KEY("\"Value\":[]"), "/FieldValues/0/Value type" },
        { KEY("\"Value\":\"" X254("q") "q\""), SAME },

        { FIELDS("[{\"DisplayName\":\"\",\"CrmFieldKey\":\"k\"}]"), SAME },
        { FIELDS("[{\"DisplayName\":null,\"CrmFieldKey\":\"k\"}]"),
          FIELDS("[{\"CrmFieldKey\":\"k\"}]") },
        { FIELDS("[{\"DisplayName\":7,\"CrmFieldKey\":8}]"),
          FIELDS("[{\"DisplayName\":\"7\",\"CrmFieldKey\":\"8\"}]") },
        { FIELDS("[{\"DisplayName\":\"" X254("q")
                 "\",\"CrmFieldKey\":\"" X254("q") "\"}]"), SAME },
        { FIELDS("[{\"DisplayName\":\"" X254("q")
                 "q\",\"CrmFieldKey\":\"" X254("q") "q\"}]"),
          "/FieldValues/0/DisplayName length; "
          "/FieldValues/0/CrmFieldKey length" },
        { FIELDS("[{\"DisplayName\":true,\"CrmFieldKey\":true}]"),
          "/FieldValues/0/DisplayName type; "
          "/FieldValues/0/CrmFieldKey type" },
        { FIELDS("[{\"CrmFieldKey\":\"\"}]"),
          "/FieldValues/0/CrmFieldKey empty" },
        { FIELDS("[{\"CrmFieldKey\":null}]"),
          "/FieldValues/0/CrmFieldKey required" },
        { FIELDS("[{}]"), "/FieldValues/0/CrmFieldKey required" },
    };

    (void) state;

    judge_all(cases, erpsync_nelts(cases));
}


static void
test_escapes(void **state)
{
    static const body_case_t  cases[] = {
        { ERP_KEY("\"\\\"\\\\\\b\\f\\n\\r\\t/\\u001f\""), SAME },
        { ERP_KEY("\"\\/\\u0041\\u00e5\\u20AC\""),
          ERP_KEY("\"/A\xc3\xa5\xe2\x82\xac\"") },
        { ERP_KEY("\"\\u0008\\u000A\\u000B\\u001F\\u007f\""),
          ERP_KEY("\"\\b\\n\\u000b\\u001f\x7f\"") },
        { ERP_KEY("\"\\ud83d\\uDE00\""), ERP_KEY("\"\xf0\x9f\x98\x80\"") },
        { ERP_KEY("\"a\xc3\xa5" "b\\tc\xf0\x9f\x98\x80\""), SAME },
        { "{\"\\u0045rpConnectionId\":1,\"ErpConnectionId\":1,"
          "\"CrmRecordId\":1,\"CrmActorType\":1,\"ErpKey\":1,"
          "\"ErpActorType\":1}", "/ErpConnectionId duplicate" },
    };

    (void) state;

    judge_all(cases, erpsync_nelts(cases));
}


/* Each byte of a text counts, however many of them are tested at once. */

static void
test_clean(void **state)
{
    char           text[72];
    size_t         len, i, k;
    unit_input_t   input;

    static const char  bytes[] = { '"', '\\', '\0', '\x1f' };

    (void) state;

    memset(text, ' ', sizeof(text));

    for (len = 0; len <= sizeof(text); len++) {
        input = unit_input(text, len);
        assert_true(erpsync_json_clean(input.str));

        for (i = 0; i < len; i++) {
            for (k = 0; k < sizeof(bytes); k++) {
                input.data[i] = (uint8_t) bytes[k];

                if (erpsync_json_clean(input.str)) {
                    fail_msg("byte %zu of %zu: 0x%02x", i, len,
                             (unsigned) bytes[k]);
                }
            }

            input.data[i] = (i & 1) ? 0x7f : 0xff;
            assert_true(erpsync_json_clean(input.str));
            input.data[i] = ' ';
        }

        free(input.data);
    }
}


static void
test_booleans(void **state)
{
    static const body_case_t  cases[] = {
        { KEY("\"SyncToCrm\":false,\"SyncToErp\":true"), SAME },
        { KEY("\"SyncToCrm\":0,\"SyncToErp\":1"),
          KEY("\"SyncToCrm\":false,\"SyncToErp\":true") },
        { KEY("\"SyncToCrm\":\"FALSE\",\"SyncToErp\":\"tRue\""),
          KEY("\"SyncToCrm\":false,\"SyncToErp\":true") },
        { KEY("\"SyncToCrm\":null"), "/FieldValues/0/SyncToCrm type" },
        { KEY("\"SyncToCrm\":2"), "/FieldValues/0/SyncToCrm type" },
        { KEY("\"SyncToCrm\":-0"), "/FieldValues/0/SyncToCrm type" },
        { KEY("\"SyncToCrm\":1.0"), "/FieldValues/0/SyncToCrm type" },
        { KEY("\"SyncToErp\":\"1\""), "/FieldValues/0/SyncToErp type" },
        { KEY("\"SyncToErp\":\"yes\""), "/FieldValues/0/SyncToErp type" },
        { KEY("\"SyncToErp\":\"\""), "/FieldValues/0/SyncToErp type" },
        { KEY("\"SyncToErp\":[]"), "/FieldValues/0/SyncToErp type" },
    };

    (void) state;

    judge_all(cases, erpsync_nelts(cases));
}


static void
test_objects(void **state)
{
    static const body_case_t  cases[] = {

        /* order, casing, absence */

        { "{\"FieldValues\":[{\"crmfieldkey\":\"b\",\"DISPLAYNAME\":\"a\"}],"
          "\"erpactortype\":1,\"erpkey\":\"qui\",\"crmactortype\":1,"
          "\"crmrecordid\":34,\"erpconnectionid\":883}",
          FIELDS("[{\"DisplayName\":\"a\",\"CrmFieldKey\":\"b\"}]") },
        { MEMBER("\"FieldValues\":null"), FIELDS("[]") },
        { "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":"
          "\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\"}",
          FIELDS("[]") },
        { " {\r\n\t} ",
          "/ErpConnectionId required; /CrmRecordId required; "
          "/CrmActorType required; /ErpKey required; "
          "/ErpActorType required" },

        /* read-only members are dropped, but not unread */

        { KEY("\"TableRight\":{\"a\":[1]},\"fieldproperties\":null"),
          FIELDS("[{\"CrmFieldKey\":\"k\"}]") },
        { KEY("\"TableRight\":{\"a\":1,\"A\":1,\"a\":{\"b\":1,\"b\":1}}"),
          FIELDS("[{\"CrmFieldKey\":\"k\"}]") },
        { KEY("\"TableRight\":1,\"tableRight\":1"),
          "/FieldValues/0/TableRight duplicate" },

        /* duplicates and unknown members */

        { MEMBER("\"FieldValues\":[],\"ERPKEY\":\"x\""),
          "/ErpKey duplicate" },
        { MEMBER("\"FieldValues\":[],\"fieldValues\":[{\"x\":1}]"),
          "/FieldValues duplicate" },
        { MEMBER("\"a\":1,\"b/c~\":2,\"A\":3"),
          "/a unknown; /b~1c~0 unknown; /A duplicate" },
        { KEY("\"SyncToERP\":true,\"Nope\":{\"ErpKey\":1}"),
          "/FieldValues/0/Nope unknown" },

        /* values of another type */

        { "[]", " type" },
        { "5", " type" },
        { "null", " type" },
        { "\"x\"", " type" },
        { "[{\"a\":1,\"a\":2}]", " type; /0/a duplicate" },
        { MEMBER("\"FieldValues\":{}"), "/FieldValues type" },
        { MEMBER("\"FieldValues\":\"\""), "/FieldValues type" },
        { MEMBER("\"FieldValues\":true"), "/FieldValues type" },
        { FIELDS("[1,null,[],\"x\",{\"CrmFieldKey\":\"k\"}]"),
          "/FieldValues/0 type; /FieldValues/1 type; /FieldValues/2 type; "
          "/FieldValues/3 type" },

        /* all at once, but no more than 20 */

        { FIELDS("[" X10("{},") X10("{},") "{}]"),
          "/FieldValues/0/CrmFieldKey required; "
          "/FieldValues/1/CrmFieldKey required; "
          "/FieldValues/2/CrmFieldKey required; "
          "/FieldValues/3/CrmFieldKey required; "
          "/FieldValues/4/CrmFieldKey required; "
          "/FieldValues/5/CrmFieldKey required; "
          "/FieldValues/6/CrmFieldKey required; "
          "/FieldValues/7/CrmFieldKey required; "
          "/FieldValues/8/CrmFieldKey required; "
          "/FieldValues/9/CrmFieldKey required; "
          "/FieldValues/10/CrmFieldKey required; "
          "/FieldValues/11/CrmFieldKey required; "
          "/FieldValues/12/CrmFieldKey required; "
          "/FieldValues/13/CrmFieldKey required; "
          "/FieldValues/14/CrmFieldKey required; "
          "/FieldValues/15/CrmFieldKey required; "
          "/FieldValues/16/CrmFieldKey required; "
          "/FieldValues/17/CrmFieldKey required; "
          "/FieldValues/18/CrmFieldKey required; "
          "/FieldValues/19/CrmFieldKey required" },
    };

    (void) state;

    judge_all(cases, erpsync_nelts(cases));
}


static void
test_unknown(void **state)
{
    static const body_case_t  strip[] = {
        { MEMBER("\"a\":1,\"FieldValues\":[{\"CrmFieldKey\":\"k\",\"b\":{}}]"),
          FIELDS("[{\"CrmFieldKey\":\"k\"}]") },
        { MEMBER("\"a\":1,\"a\":2"), "/a duplicate" },
    };

    static const body_case_t  pass[] = {
        { "{\"x\" : [ 1.50 , {\"\\u0061\":\"\\/\", \"b\":null} ],"
          "\"FieldValues\":[{\"b\":{},\"CrmFieldKey\":\"k\",\"a\":true}],"
          "\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":1,"
          "\"ErpKey\":\"qui\",\"ErpActorType\":1,\"Y\":\"\\n\"}",
          "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":"
          "\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\","
          "\"FieldValues\":[{\"CrmFieldKey\":\"k\",\"b\":{},\"a\":true}],"
          "\"x\":[1.50,{\"a\":\"/\",\"b\":null}],\"Y\":\"\\n\"}" },
        { MEMBER("\"a\":{\"b\":1,\"B\":2}"), "/a/B duplicate" },
    };

    size_t  i;

    (void) state;

    memset(&conf, 0, sizeof(conf));

    conf.unknown = ERPSYNC_UNKNOWN_STRIP;

    for (i = 0; i < erpsync_nelts(strip); i++) {
        judge(&strip[i], "TryConnectActor");
    }

    conf.unknown = ERPSYNC_UNKNOWN_PASS;

    for (i = 0; i < erpsync_nelts(pass); i++) {
        judge(&pass[i], "TryConnectActor");
    }
}


static void
test_count(void **state)
{
    static const body_case_t  cases[] = {
        { FIELDS("[{\"CrmFieldKey\":\"a\"},{\"CrmFieldKey\":\"b\"}]"), SAME },
        { FIELDS("[{\"CrmFieldKey\":\"a\"},{\"CrmFieldKey\":\"b\"},"
                 "{\"CrmFieldKey\":\"c\"},5]"), "/FieldValues count" },
        { FIELDS("[1,2,3,4]"), "/FieldValues/0 type; /FieldValues/1 type; "
                               "/FieldValues count" },
    };

    size_t  i;

    (void) state;

    memset(&conf, 0, sizeof(conf));
    conf.max_field_values = 2;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        judge(&cases[i], "TryConnectActor");
    }
}


static void
test_other_operations(void **state)
{
    static const struct {
        const char   *operation;
        body_case_t   c;
    } cases[] = {
        { "GetConnection", { "{\"ErpConnectionId\":5}", SAME } },
        { "GetConnection", { "{}", SAME } },
        { "GetConnection", { "{\"ErpConnectionId\":null}", "{}" } },
        { "GetConnection", { "{\"ErpConnectionId\":0}",
                             "/ErpConnectionId range" } },
        { "GetConnection", { "{\"ErpConnectionId\":\"x\",\"y\":1}",
                             "/ErpConnectionId type; /y unknown" } },
        { "GetConfigurationFields", { "{\"ErpConnectorId\":-5}", SAME } },
        { "GetConfigurationFields", { "{\"ErpConnectorId\":-2147483648}",
                                      SAME } },
        { "GetConfigurationFields", { "{\"ErpConnectorId\":-2147483649}",
                                      "/ErpConnectorId range" } },
        { "SaveErpConnectionSyncPriorities",
          { "{\"erpconnectionids\":[3,\"1\", 2]}",
            "{\"ErpConnectionIds\":[3,1,2]}" } },
        { "SaveErpConnectionSyncPriorities",
          { "{\"ErpConnectionIds\":[3,null,\"x\",[1],{}]}",
            "/ErpConnectionIds/1 type; /ErpConnectionIds/2 type; "
            "/ErpConnectionIds/3 type; /ErpConnectionIds/4 type" } },
        { "GetErpFieldValues",
          { "{\"FieldKeys\":[\"a\",1],\"EntityId\":7,\"CrmActorType\":2}",
            "{\"CrmActorType\":\"Person\",\"EntityId\":7,"
            "\"FieldKeys\":[\"a\",\"1\"]}" } },
        { "ForceResync", { "{\"ErpConnectionId\":1,\"InternalKeyIds\":[]}",
                           SAME } },
        { "ChangeEngineStatus", { "{\"Run\":\"TRUE\"}", "{\"Run\":true}" } },
        { "ChangeEngineInterval", { "{\"Interval\":5}",
                                    "{\"Interval\":\"5\"}" } },
        { "SyncAll", { " { \"Connection\" : { \"a\" : [ ] } } ",
                       "{\"Connection\":{\"a\":[]}}" } },
        { "SyncAll", { "{\"a\":1,\"b\":{\"c\":1,\"C\":2}}",
                       "/b/C duplicate" } },
        { "SaveConnection",
          { "{\"Connection\":{\"configfields\":{\"a\":\"1\",\"A\":\"2\"}}}",
            "{\"Connection\":{\"ConfigFields\":{\"a\":\"1\",\"A\":\"2\"}}}" } },
        { "SaveConnection",
          { "{\"Connection\":{\"ConfigFields\":{\"a\":\"1\",\"a\":\"2\"}}}",
            "/Connection/ConfigFields/a duplicate" } },
        { "SaveConnection",
          { "{\"Connection\":{\"ConfigFields\":{\"a\":{\"b\":1,\"B\":2}}}}",
            "/Connection/ConfigFields/a type; "
            "/Connection/ConfigFields/a/B duplicate" } },
        { "TestConnectionByConfig",
          { "{\"ConfigFields\":{\"x\":\"1\",\"X\":\"2\"}}", SAME } },
        { "CreateErpActorFromCrm",
          { "{\"ErpFieldKeyValues\":{\"k\":\"1\",\"K\":\"2\"},\"x\":1,"
            "\"X\":2}", "/x unknown; /X duplicate" } },
        { "GetConnection", { "{\"ErpConnectionId\":null}", "{}" } },
        { "GetConnection", { "{}", SAME } },
        { "GetConnection", { "{\"ErpConnectionId\":0}",
                             "/ErpConnectionId range" } },
        { "MoveErpFieldItem", { "{\"ErpActorType\":\"unknown\"}",
                                "{\"ErpActorType\":\"Unknown\"}" } },
        { "MoveErpFieldItem", { "{\"ErpActorType\":0}",
                                "{\"ErpActorType\":\"Unknown\"}" } },
        { "MoveErpFieldItem", { "{\"ErpActorType\":\"\"}",
                                "/ErpActorType enum" } },
        { "MoveErpFieldItem", { "{\"ErpActorType\":false}",
                                "/ErpActorType type" } },
        { "SyncAll", { "[1,[\"\\u0041\",null,true]]",
                       "[1,[\"A\",null,true]]" } },
        { "SyncAll", { "{ }", "{}" } },
    };

    size_t  i;

    (void) state;

    memset(&conf, 0, sizeof(conf));

    for (i = 0; i < erpsync_nelts(cases); i++) {
        judge(&cases[i].c, cases[i].operation);
    }
}


/*
 * Where in the body a violation is.  Bodies have ' for ".  Below each is a
 * letter at the place of each violation: "a" of the first one, and so on.
 */

static const struct {
    erpsync_media_t   media;
    const char       *operation;
    const char       *body;
    const char       *places;
} places[] = {
    { ERPSYNC_MEDIA_JSON, "GetConnection",
      " {'ErpConnectionId' : 0, 'x':{'y':1},'\\u0078':2}",
      "                      a  b           c         " },
    { ERPSYNC_MEDIA_JSON, "GetConnection",
      "\xef\xbb\xbf{'x':'\xc3\xa9','ErpConnectionId':[3]}",
      " a                          b" },
    { ERPSYNC_MEDIA_JSON, "GetConnection", " [{}]", " a" },
    { ERPSYNC_MEDIA_JSON, "GetConnection", "{'x':1,",
                                           "       a" },
    { ERPSYNC_MEDIA_JSON, "GetConnection",
      "{'ErpConnectionId':1,'ERPCONNECTIONID':1}",
      "                     a" },
    { ERPSYNC_MEDIA_JSON, "SyncAll",
      "{'a':1,'b':{'c':1, 'C':2}}",
      "                   a" },
    { ERPSYNC_MEDIA_JSON, "SaveConnection",
      "{'Connection':{'ConfigFields':{'a':'1', 'a':'2','b':[]}}}",
      "                                        a           b" },
    { ERPSYNC_MEDIA_JSON, "SaveConnection",
      "{'Connection':{'ErpConnectorId':'-007'}}",
      "                                a" },
    { ERPSYNC_MEDIA_JSON, "CreateErpActorFromCrm",
      "{'ErpActorType':'no'}",
      "                a" },
    { ERPSYNC_MEDIA_JSON, "SaveErpConnectionSyncPriorities",
      "{'ErpConnectionIds':[1, {}, null]}",
      "                        a   b" },
    { ERPSYNC_MEDIA_JSON, "TryConnectActor",
      QUOTED(" [ {'CrmFieldKey':'a'}, {'Value':'v'}, 1, [{}], {}]"),
      BLANK ("                        a              b  c") },
    { ERPSYNC_MEDIA_JSON, "TryConnectActor",
      "\n" QUOTED("1") "\n",
      " "  BLANK ("a") },
    { ERPSYNC_MEDIA_JSON, "TryConnectActor",
      " {'ErpConnectionId':1,'CrmRecordId':2,'CrmActorType':1,"
      "'ErpActorType':'Customer','FieldValues':[]}",
      " a" },
    { ERPSYNC_MEDIA_MERGE_PATCH, "GetConnection",
      "{'y':null,'x' : 1}",
      "          a" },
    { ERPSYNC_MEDIA_JSON_PATCH, "GetConnection",
      "{'x':1}",
      " a" },
    { ERPSYNC_MEDIA_JSON_PATCH, "GetConnection",
      "[{'op':'add', 'OP':'add','path':'/x','value':1}]",
      "              a" },
    { ERPSYNC_MEDIA_JSON_PATCH, "GetConnection",
      "[{'op':'add','path':'/x','value':1}]", "" },
    { ERPSYNC_MEDIA_JSON_PATCH, "GetConnection",
      "[{'op':'test','path':'/x','value':1}]", "" },
    { ERPSYNC_MEDIA_XML, "GetConnection", "<a><x/></a>", "" },
    { ERPSYNC_MEDIA_XML, "GetConnection", "<a><x/></b>",
                                          "         a" },
    { ERPSYNC_MEDIA_FORM, "GetConnection", "x=1", "" },
    { ERPSYNC_MEDIA_FORM, "GetConnection", "ErpConnectionId=%ff",
                                           "                a" },
};


static void
test_places(void **state)
{
    char             text[256];
    size_t           i, k;
    const char      *at;
    unit_input_t     input;
    erpsync_body_t   body;
    erpsync_arena_t  arena;

    (void) state;

    memset(&conf, 0, sizeof(conf));
    conf.max_field_values = 3;

    for (i = 0; i < erpsync_nelts(places); i++) {
        conf.operation = erpsync_operation_find(
                                 erpsync_span(places[i].operation,
                                              strlen(places[i].operation)));

        for (k = 0; places[i].body[k]; k++) {
            text[k] = (places[i].body[k] == '\'') ? '"' : places[i].body[k];
        }

        erpsync_arena_init(&arena);
        input = unit_input(text, k);

        assert_int_equal(erpsync_body(&arena, places[i].media, &conf,
                                      input.str, &body), ERPSYNC_OK);
        assert_true(body.nviolations > 0);

        for (k = 0; k < body.nviolations; k++) {
            at = strchr(places[i].places, (int) ('a' + k));

            if (body.violations[k].offset
                != (at ? (size_t) (at - places[i].places) : ERPSYNC_NO_OFFSET))
            {
                fail_msg("%s: violation %zu is at %zu", places[i].body, k,
                         body.violations[k].offset);
            }
        }

        assert_null(strchr(places[i].places, (int) ('a' + k)));

        erpsync_arena_destroy(&arena);
        free(input.data);
    }
}


/* What the fast paths and the sink rely on in the tables. */

static void
test_object(const erpsync_object_t *object, unsigned depth)
{
    size_t                   i, nrequired;
    const erpsync_member_t  *member;

    nrequired = 0;

    assert_true(object->nmembers > 0);
    assert_true(object->nmembers <= ERPSYNC_MAX_MEMBERS);

    for (i = 0; i < object->nmembers; i++) {
        member = &object->members[i];

        assert_true((member->items != NULL)
                    == (member->type == ERPSYNC_TYPE_OBJECTS
                        || member->type == ERPSYNC_TYPE_OBJECT));
        assert_true((member->values != NULL)
                    == (member->type == ERPSYNC_TYPE_ENUM));
        assert_true(member->match_len < ERPSYNC_MAX_KEY);
        assert_true(member->max_length == 0 || member->max_length >= 32);
        assert_true(depth == 0 || !(member->flags & ERPSYNC_COUNTED));

        if (member->flags & ERPSYNC_REQUIRED) {
            nrequired = i + 1;
        }

        if (member->items && member->items != object) {
            test_object(member->items, depth + 1);
        }
    }

    assert_int_equal(object->nrequired, nrequired);
}


static void
test_tables(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < ERPSYNC_OPERATIONS; i++) {
        assert_ptr_equal(erpsync_operation_find(erpsync_operations[i].name),
                         &erpsync_operations[i]);

        if (erpsync_operations[i].request) {
            test_object(erpsync_operations[i].request, 0);
        }
    }
}


/* A long name is cut between two characters. */

static void
test_long_name(void **state)
{
    char                  text[512], *p;
    size_t                i, shift;
    unit_input_t          input;
    erpsync_str_t         path;
    erpsync_body_t        body;
    erpsync_arena_t       arena;
    erpsync_sink_conf_t   conf;

    (void) state;

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(erpsync_span("GetConnection",
                                                         13));

    for (shift = 0; shift < 4; shift++) {
        p = text + sprintf(text, "{\"%.*s", (int) shift, "abc");

        for (i = 0; i < 40; i++) {
            p += sprintf(p, "\xe2\x82\xac");
        }

        p += sprintf(p, "\":1}");

        input = unit_input(text, (size_t) (p - text));
        erpsync_arena_init(&arena);
        assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_JSON, &conf,
                                      input.str, &body),
                         ERPSYNC_OK);
        assert_int_equal(body.reason, ERPSYNC_REASON_BODY_INVALID);

        path = body.violations[0].path;
        assert_in_range(path.len, 60, 80);
        assert_int_equal(erpsync_utf8_valid(path), path.len);

        erpsync_arena_destroy(&arena);
        free(input.data);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_actor_types),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_other_operations),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_long_name),
        cmocka_unit_test(test_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
