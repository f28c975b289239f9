
/*
 * The members of the requests of all operations, written down here on their
 * own: each is taken with its type and refused with another, in three
 * syntaxes.
 */


#include "unit.h"


/*
 * i: int32; c: int32 of at least 1; s: string; k: string of at most 254;
 * b: bool; C, E: actor type of CRM, ERP; I, S: array of int32, of strings.
 */

typedef struct {
    const char  *operation;
    const char  *members;     /* "type:Name …"; NULL: not read; "": no body */
} row_t;


static const row_t  rows[] = {
    { "GetConnection", "c:ErpConnectionId" },
    { "SaveConnection", NULL },
    { "DeleteConnection", "c:ErpConnectionId" },
    { "GetConfigurationFields", "i:ErpConnectorId" },
    { "GetErpConnectionConfigFields", "c:ErpConnectionId" },
    { "ToggleErpConnectionActive", "c:ErpConnectionId" },
    { "TestConnectionById", "c:ErpConnectionId" },
    { "TestConnectionByConfig", NULL },
    { "SaveErpConnectionSyncPriorities", "I:ErpConnectionIds" },
    { "MoveErpFieldItem",
      "i:ErpFieldId i:Direction c:ErpConnectionId E:ErpActorType" },
    { "SupportsAdvancedSearch", "c:ErpConnectionId E:ErpActorType" },
    { "GetAllConnectors", "" },
    { "GetAllConnections", "b:IncludeDeleted" },
    { "GetConnectionsAndDisplayFields", "C:CrmActorType i:EntityId" },
    { "GetErpFieldValues",
      "c:ErpConnectionId C:CrmActorType i:EntityId S:FieldKeys" },
    { "GetFieldsForNewErpActor", "c:ErpConnectionId E:ErpActorType" },
    { "GetConnectionListMappings", "c:ErpConnectionId" },
    { "SaveConnectionListMappings", NULL },
    { "GetFieldValuesFromCrm", "i:RecordId C:ActorTypeCrm" },
    { "GetFieldValuesFromErp",
      "c:ErpConnectionId E:ActorTypeErp k:ErpKey" },
    { "GetActorTypeMapping", "c:ErpConnectionId E:ActorType" },
    { "CreateActorLink", "c:ErpConnectionId i:CrmRecordId C:CrmActorType "
      "k:ErpKey E:ErpActorType" },
    { "BreakActorLink", "c:ErpConnectionId i:CrmRecordId C:CrmActorType" },
    { "CreateErpActorFromCrm", NULL },
    { "SaveActorTypeMapping", NULL },
    { "ValidateArchiveColumnConfig", "s:ListOwner c:ErpConnectionId" },
    { "UpdateConnectionFields", "c:ErpConnectionId" },
    { "GetCrmActorType", "c:ErpConnectionId E:ErpActorType" },
    { "GetErpSyncConnectionSummary", "i:ErpSyncConnectionId" },
    { "CreateDefaultErpSyncConnectorEntity", "" },
    { "SaveErpSyncConnectorEntity", NULL },
    { "DeleteErpSyncConnectorEntity", "" },
    { "GetErpSyncConnectorEntity", "" },
    { "CanDeleteErpSyncConnectorEntity", "i:ErpSyncConnectorId" },
    { "TestConnectorUrl", "s:Url" },
    { "SaveDefaultValueInfo", NULL },
    { "GetDefaultValueInfo", "i:ErpFieldId" },
    { "SyncAll", "" },
    { "ForceSyncAll", "" },
    { "ForceResync", "c:ErpConnectionId I:InternalKeyIds" },
    { "ForceResyncNoBlankValues", "c:ErpConnectionId I:InternalKeyIds" },
    { "ForceResyncBatchTask", "c:ErpConnectionId I:InternalKeyIds" },
    { "ForceResyncExternal",
      "c:ErpConnectionId E:ErpActorType S:ExternalKeys" },
    { "ForceResyncExternalNoBlankValues",
      "c:ErpConnectionId E:ErpActorType S:ExternalKeys" },
    { "GetEngineStatus", "" },
    { "ChangeEngineStatus", "b:Run" },
    { "ChangeEngineInterval", "s:Interval" },
};


/* A value in a syntax of text, and what becomes of it in JSON. */

typedef struct {
    char         type;
    const char  *value;
    const char  *canonical;   /* or the code of the violation */
} value_t;

#define X10(s)   s s s s s s s s s s
#define X254(s)  X10(X10(s)) X10(X10(s)) X10(s) X10(s) X10(s) X10(s) X10(s)   \
                 s s s s

static const value_t  values[] = {
    { 'i', "0", "0" },
    { 'i', "-2147483648", "-2147483648" },
    { 'i', "2147483647", "2147483647" },
    { 'i', "2147483648", "range" },
    { 'i', "-2147483649", "range" },
    { 'i', "1.0", "type" },
    { 'i', "x", "type" },
    { 'c', "1", "1" },
    { 'c', "2147483647", "2147483647" },
    { 'c', "0", "range" },
    { 'c', "-1", "range" },
    { 'c', "x", "type" },
    { 's', "any text", "\"any text\"" },
    { 's', "", "\"\"" },
    { 's', X254("k") "k", "\"" X254("k") "k\"" },
    { 'k', X254("k"), "\"" X254("k") "\"" },
    { 'k', X254("k") "k", "length" },
    { 'b', "true", "true" },
    { 'b', "FALSE", "false" },
    { 'b', "2", "type" },
    { 'C', "1", "\"Contact\"" },
    { 'C', "sale", "\"Sale\"" },
    { 'C', "unknown", "\"Unknown\"" },
    { 'C', "0", "\"Unknown\"" },
    { 'C', "5", "enum" },
    { 'C', "Customer", "enum" },
    { 'E', "6", "\"Employee\"" },
    { 'E', "SALE", "\"Sale\"" },
    { 'E', "0", "\"Unknown\"" },
    { 'E', "Contact", "enum" },
};


static void
judge(const char *operation, erpsync_media_t media, const char *data,
    char *got, size_t size)
{
    char                 *p;
    size_t                i;
    unit_input_t          input;
    erpsync_body_t        body;
    erpsync_arena_t       arena;
    erpsync_sink_conf_t   conf;

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(
                               erpsync_span(operation, strlen(operation)));
    conf.key = 0x5eed;

    erpsync_arena_init(&arena);
    input = unit_input(data, strlen(data));

    assert_int_equal(erpsync_body(&arena, media, &conf, input.str, &body),
                     ERPSYNC_OK);

    p = got + snprintf(got, size, "%.*s", (int) body.canonical.len,
                       body.canonical.len
                       ? (const char *) body.canonical.data : "");

    for (i = 0; i < body.nviolations; i++) {
        p += snprintf(p, (size_t) (got + size - p), "%s%.*s %s",
                      i ? "; " : "", (int) body.violations[i].path.len,
                      body.violations[i].path.data,
                      erpsync_code_name(body.violations[i].code).data);
    }

    if (body.reason == ERPSYNC_REASON_CONTENT_TYPE_UNSUPPORTED) {
        snprintf(got, size, "unsupported");
    }

    erpsync_arena_destroy(&arena);
    free(input.data);
}


static void
judge_all(const char *operation, const char *name, bool list,
    const value_t *v)
{
    bool    good, blank;
    char    json[1024], patch[1024], xml[1024], form[1024], plain[1024];
    char    bracket[1024], expected[1024], absent[1024], got[1024];
    size_t  i;

    struct {
        erpsync_media_t  media;
        const char      *body;
    } bodies[] = {
        { ERPSYNC_MEDIA_JSON, json },
        { ERPSYNC_MEDIA_JSON_PATCH, patch },
        { ERPSYNC_MEDIA_XML, xml },
        { ERPSYNC_MEDIA_FORM, form },
        { ERPSYNC_MEDIA_FORM, plain },
        { ERPSYNC_MEDIA_FORM, bracket }
    };

    good = (strchr("\"-0123456789tf", v->canonical[0])
            && strcmp(v->canonical, "type") != 0);

    sprintf(json, list ? "{\"%s\":[\"%s\"]}" : "{\"%s\":\"%s\"}", name,
            v->value);

    if (list) {
        sprintf(patch, "[{\"op\":\"add\",\"path\":\"%s\",\"value\":[]},"
                "{\"op\":\"add\",\"path\":\"%s/-\",\"value\":\"%s\"}]",
                name, name, v->value);
    } else {
        sprintf(patch, "[{\"op\":\"replace\",\"path\":\"%s\",\"value\":"
                "\"%s\"}]", name, v->value);
    }

    sprintf(xml, "<r><%s>%s%s%s</%s></r>", name, list ? "<x>" : "",
            v->value, list ? "</x>" : "", name);
    sprintf(form, list ? "%s[0]=%s" : "%s=%s", name, v->value);
    sprintf(plain, "%s=%s", name, v->value);
    sprintf(bracket, list ? "%s[]=%s" : "%s=%s", name, v->value);
    sprintf(expected, good ? (list ? "{\"%s\":[%s]}" : "{\"%s\":%s}")
                           : list ? "/%s/0 %s" : "/%s %s",
            name, v->canonical);

    /* a form's value of white space only is as absent, or an element's null */

    blank = erpsync_is_blank(erpsync_span(v->value, strlen(v->value)));
    sprintf(absent, "/%s/0 type", name);

    for (i = 0; i < erpsync_nelts(bodies); i++) {
        judge(operation, bodies[i].media, bodies[i].body, got, sizeof(got));
        unit_equal(bodies[i].body, erpsync_span(got, strlen(got)),
                   (!blank || bodies[i].media != ERPSYNC_MEDIA_FORM)
                   ? expected
                   : (list && bodies[i].body == form) ? absent : "{}");
    }
}


static void
test_members(void **state)
{
    bool          list;
    char          name[64], type;
    size_t        i, j, n;
    const char   *p;
    const row_t  *row;

    (void) state;

    for (i = 0; i < erpsync_nelts(rows); i++) {
        row = &rows[i];

        for (p = row->members; p && *p; p += strspn(p, " ")) {
            type = p[0];
            p += 2;
            n = strcspn(p, " ");
            snprintf(name, sizeof(name), "%.*s", (int) n, p);
            p += n;

            list = (type == 'I' || type == 'S');
            type = (type == 'I') ? 'i' : (type == 'S') ? 's' : type;

            for (j = 0; j < erpsync_nelts(values); j++) {

                if (values[j].type == type) {
                    judge_all(row->operation, name, list, &values[j]);
                }
            }
        }
    }
}


/* Null is as absent; what the schema does not know is refused. */

static void
test_rows(void **state)
{
    char                        body[256], expected[256], got[1024];
    size_t                      i, n;
    const char                 *p;
    const row_t                *row;
    const erpsync_operation_t  *operation;

    (void) state;

    assert_int_equal(erpsync_nelts(rows) + 2, ERPSYNC_OPERATIONS);

    for (i = 0; i < erpsync_nelts(rows); i++) {
        row = &rows[i];
        operation = erpsync_operation_find(
                       erpsync_span(row->operation, strlen(row->operation)));
        assert_non_null(operation);

        if (row->members == NULL || row->members[0] == '\0') {
            assert_int_equal(operation->body, row->members
                                              ? ERPSYNC_BODY_NONE
                                              : ERPSYNC_BODY_OPAQUE);

            judge(row->operation, ERPSYNC_MEDIA_JSON, "{\"a\":[null]}", got,
                  sizeof(got));
            assert_string_equal(got, "{\"a\":[null]}");
            judge(row->operation, ERPSYNC_MEDIA_JSON_PATCH, "[{\"op\":\"add\""
                  ",\"path\":\"a\",\"value\":[null]}]", got, sizeof(got));
            assert_string_equal(got, "{\"a\":[null]}");
            judge(row->operation, ERPSYNC_MEDIA_XML, "<r/>", got,
                  sizeof(got));
            assert_string_equal(got, "unsupported");
            judge(row->operation, ERPSYNC_MEDIA_FORM, "a=b", got,
                  sizeof(got));
            assert_string_equal(got, "unsupported");

            continue;
        }

        for (p = row->members, n = 1; (p = strchr(p, ' ')) != NULL; p++) {
            n++;
        }

        assert_int_equal(operation->body, ERPSYNC_BODY_SCHEMA);
        assert_int_equal(operation->request->nmembers, n);

        p = row->members + 2;
        n = strcspn(p, " ");

        judge(row->operation, ERPSYNC_MEDIA_JSON, "{}", got, sizeof(got));
        assert_string_equal(got, "{}");

        sprintf(body, "{\"%.*s\":null}", (int) n, p);
        judge(row->operation, ERPSYNC_MEDIA_JSON, body, got, sizeof(got));
        assert_string_equal(got, "{}");

        sprintf(body, "{\"%.*s\":{},\"Other\":1}", (int) n, p);
        sprintf(expected, "/%.*s type; /Other unknown", (int) n, p);
        judge(row->operation, ERPSYNC_MEDIA_JSON, body, got, sizeof(got));
        assert_string_equal(got, expected);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
