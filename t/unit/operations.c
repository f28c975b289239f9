
/*
 * The members of the requests of all operations, as a second table that does
 * not depend on the one of the core: each is accepted with its type and refused
 * with another, in three syntaxes.
 */


#include "unit.h"


/*
 * i: int32; c: int32 of at least 1; s: string; k: string of at most 254;
 * b: bool; C, E: actor type of CRM, ERP; F, A: type of and access to a field;
 * I, S: array of int32, of strings; D: dictionary; {}: object; []: array of
 * such; "*" is the object around it.
 */

typedef struct {
    const char  *operation;
    const char  *members;     /* "type:Name …"; "": no body */
} row_t;


#define FIELD_MAPPING  "i:ErpFieldId s:CrmFieldKey s:CrmDisplayName "         \
    "s:CrmDisplayTooltip s:ErpFieldKey F:FieldType s:ErpDisplayName "         \
    "s:ErpDisplayTooltip b:SyncToCrm b:SyncToErp b:ShowInGui b:ShowInSearch " \
    "b:AlreadyMapped b:MissingInERP b:MissingInCRM A:Access s:ListReference " \
    "r:TableRight r:FieldProperties"

#define LIST_ITEM  "i:Id s:Name s:ToolTip b:Deleted i:Rank s:Type "           \
    "[*]:ChildItems s:IconHint i:ColorBlock s:ExtraInfo s:StyleHint "         \
    "s:FullName r:TableRight r:FieldProperties"


static const row_t  rows[] = {
    { "GetConnection", "c:ErpConnectionId" },
    { "SaveConnection", "{i:ErpConnectionId i:ErpConnectorId s:DisplayName "
      "s:DisplayDescription b:Active s:ConnectionId s:MostRecentTimestamp "
      "D:ConfigFields b:Deleted b:AllAccess I:UserGroupAccessIds "
      "I:AssociateAccessIds r:TableRight r:FieldProperties}:Connection" },
    { "DeleteConnection", "c:ErpConnectionId" },
    { "GetConfigurationFields", "i:ErpConnectorId" },
    { "GetErpConnectionConfigFields", "c:ErpConnectionId" },
    { "ToggleErpConnectionActive", "c:ErpConnectionId" },
    { "TestConnectionById", "c:ErpConnectionId" },
    { "TestConnectionByConfig", "c:ErpConnectionId D:ConfigFields" },
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
    { "SaveConnectionListMappings", "{[{" LIST_ITEM "}:CrmList "
      "s:ErpListName [s:ErpListItemId s:ErpListItemName {" LIST_ITEM "}:"
      "CrmListItem r:TableRight r:FieldProperties]:ErpCrmListItemMappings "
      "s:ErpActorTypeName i:ErpFieldId r:TableRight r:FieldProperties]:"
      "ErpListItemMappings c:ErpConnectionId s:ErpConnectionName "
      "r:TableRight r:FieldProperties}:ListMapping" },
    { "GetFieldValuesFromCrm", "i:RecordId C:ActorTypeCrm" },
    { "GetFieldValuesFromErp",
      "c:ErpConnectionId E:ActorTypeErp k:ErpKey" },
    { "GetActorTypeMapping", "c:ErpConnectionId E:ActorType" },
    { "CreateActorLink", "c:ErpConnectionId i:CrmRecordId C:CrmActorType "
      "k:ErpKey E:ErpActorType" },
    { "BreakActorLink", "c:ErpConnectionId i:CrmRecordId C:CrmActorType" },
    { "CreateErpActorFromCrm", "c:ConnectionId i:CrmEntityId "
      "E:ErpActorType C:CrmActorType D:ErpFieldKeyValues" },
    { "SaveActorTypeMapping", "{c:ErpConnectionId b:IsActive ["
      FIELD_MAPPING "]:FieldMappings E:ActorTypeErp C:ActorTypeCrm "
      "r:TableRight r:FieldProperties}:Mapping" },
    { "ValidateArchiveColumnConfig", "s:ListOwner c:ErpConnectionId" },
    { "UpdateConnectionFields", "c:ErpConnectionId" },
    { "GetCrmActorType", "c:ErpConnectionId E:ErpActorType" },
    { "GetErpSyncConnectionSummary", "i:ErpSyncConnectionId" },
    { "CreateDefaultErpSyncConnectorEntity", "" },
    { "SaveErpSyncConnectorEntity", "i:ErpConnectorId s:DisplayName "
      "s:URL b:Deleted r:TableRight r:FieldProperties" },
    { "DeleteErpSyncConnectorEntity", "" },
    { "GetErpSyncConnectorEntity", "" },
    { "CanDeleteErpSyncConnectorEntity", "i:ErpSyncConnectorId" },
    { "TestConnectorUrl", "s:Url" },
    { "SaveDefaultValueInfo", "{i:ErpFieldId s:DefaultValue "
      "b:HasFirstSyncDefaultValue s:FirstSyncDefaultValue b:PromptUser "
      "b:Mandatory s:ErpFieldKey F:FieldType s:ListName A:Access "
      "r:TableRight r:FieldProperties}:ErpSyncDefaultValue" },
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


/* A value as text, and its canonical form. */

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
    { 'F', "0", "\"Checkbox\"" },
    { 'F', "checkbox", "\"Checkbox\"" },
    { 'F', "label", "\"Label\"" },
    { 'F', "8", "enum" },
    { 'A', "READONLY", "\"ReadOnly\"" },
    { 'A', "0", "\"Normal\"" },
    { 'A', "3", "enum" },
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


/* What surrounds a member, in each syntax and in a pointer. */

typedef struct {
    char  json[512], json_end[128];
    char  xml[512], xml_end[512];
    char  form[256];
    char  pointer[256];
} around_t;


static void
enter(around_t *in, const around_t *out, const char *name, bool list)
{
    snprintf(in->json, sizeof(in->json), "%.300s\"%.80s\":%s{", out->json,
             name, list ? "[" : "");
    snprintf(in->json_end, sizeof(in->json_end), "}%s%.80s",
             list ? "]" : "", out->json_end);
    snprintf(in->xml, sizeof(in->xml), "%.300s<%.80s>%s", out->xml, name,
             list ? "<x>" : "");
    snprintf(in->xml_end, sizeof(in->xml_end), "%s</%.80s>%.300s",
             list ? "</x>" : "", name, out->xml_end);
    snprintf(in->form, sizeof(in->form), "%.150s%.80s%s.", out->form, name,
             list ? "[0]" : "");
    snprintf(in->pointer, sizeof(in->pointer), "%.150s/%.80s%s",
             out->pointer, name, list ? "/0" : "");
}


static void
judge_all(const char *operation, const around_t *a, const char *name,
    bool list, const value_t *v)
{
    bool    good, blank;
    char    json[2048], value[1024], patch[4096], xml[2048], form[2048];
    char    plain[2048], bracket[2048], expected[2048], absent[2048];
    char    empty[2048], got[2048];
    size_t  i;

    struct {
        erpsync_media_t  media;
        const char      *body;
    } bodies[] = {
        { ERPSYNC_MEDIA_JSON, json },
        { ERPSYNC_MEDIA_MERGE_PATCH, json },
        { ERPSYNC_MEDIA_JSON_PATCH, patch },
        { ERPSYNC_MEDIA_XML, xml },
        { ERPSYNC_MEDIA_FORM, form },
        { ERPSYNC_MEDIA_FORM, plain },
        { ERPSYNC_MEDIA_FORM, bracket }
    };

    good = (strchr("\"-0123456789tf{", v->canonical[0])
            && strcmp(v->canonical, "type") != 0);

    sprintf(json, list ? "{%s\"%s\":[\"%s\"]%s}" : "{%s\"%s\":\"%s\"%s}",
            a->json, name, v->value, a->json_end);

    if (a->pointer[0]) {
        sprintf(patch, "[{\"op\":\"add\",\"path\":\"\",\"value\":%s}]", json);

    } else if (list) {
        sprintf(patch, "[{\"op\":\"add\",\"path\":\"%s\",\"value\":[]},"
                "{\"op\":\"add\",\"path\":\"%s/-\",\"value\":\"%s\"}]",
                name, name, v->value);
    } else {
        sprintf(patch, "[{\"op\":\"replace\",\"path\":\"%s\",\"value\":"
                "\"%s\"}]", name, v->value);
    }

    sprintf(xml, "<r>%s<%s>%s%s%s</%s>%s</r>", a->xml, name,
            list ? "<x>" : "", v->value, list ? "</x>" : "", name,
            a->xml_end);
    sprintf(form, list ? "%s%s[0]=%s" : "%s%s=%s", a->form, name, v->value);
    sprintf(plain, "%s%s=%s", a->form, name, v->value);
    sprintf(bracket, list ? "%s%s[]=%s" : "%s%s=%s", a->form, name, v->value);
    sprintf(value, list ? "[%s]" : "%s", v->canonical);

    if (good) {
        sprintf(expected, "{%s\"%s\":%s%s}", a->json, name, value,
                a->json_end);
    } else {
        sprintf(expected, list ? "%s/%s/0 %s" : "%s/%s %s", a->pointer, name,
                v->canonical);
    }

    /* a blank value in a form is as absent, of an element it is null */

    blank = erpsync_is_blank(erpsync_span(v->value, strlen(v->value)));
    sprintf(absent, "%s/%s/0 type", a->pointer, name);
    sprintf(empty, "{%s%s}", a->json, a->json_end);

    for (i = 0; i < erpsync_nelts(bodies); i++) {
        judge(operation, bodies[i].media, bodies[i].body, got, sizeof(got));
        unit_equal(bodies[i].body, erpsync_span(got, strlen(got)),
                   (!blank || bodies[i].media != ERPSYNC_MEDIA_FORM)
                   ? expected
                   : (list && bodies[i].body == form) ? absent : empty);
    }
}


static const struct {
    erpsync_media_t  media;
    const char      *value;       /* of which there are two in a form */
    const char      *second;
    const char      *result;      /* or a violation below the member */
} entries[] = {
    { ERPSYNC_MEDIA_JSON, "{\"a\":\"1\",\"A\":2,\"\":true,\"b\":null}",
      "", "{\"a\":\"1\",\"A\":\"2\",\"\":\"true\",\"b\":null}" },
    { ERPSYNC_MEDIA_MERGE_PATCH, "{\"b\":null,\"a\":\"1\",\"c\":null}",
      "", "{\"a\":\"1\"}" },
    { ERPSYNC_MEDIA_JSON, "{\"a\":\"1\",\"a\":\"2\"}", "",
      "/a duplicate" },
    { ERPSYNC_MEDIA_JSON, "{\"a\":{}}", "", "/a type" },
    { ERPSYNC_MEDIA_JSON, "{\"a/~\":[]}", "", "/a~1~0 type" },
    { ERPSYNC_MEDIA_JSON, "[]", "", " type" },
    { ERPSYNC_MEDIA_JSON, "\"a\"", "", " type" },
    { ERPSYNC_MEDIA_JSON, "null", "", "" },
    { ERPSYNC_MEDIA_XML, "<e><Key>a</Key><Value> 1 </Value></e>"
      "<p:e xmlns:p='u'><p:value/><p:KEY>A</p:KEY></p:e>"
      "<e><Key></Key><Value nil='true'/></e>", "",
      "{\"a\":\" 1 \",\"A\":\"\",\"\":null}" },
    { ERPSYNC_MEDIA_XML, "<e><Key>a</Key><Value>1</Value></e>"
      "<e><Key>a</Key><Value>1</Value></e>", "", "/a duplicate" },
    { ERPSYNC_MEDIA_XML, "", "", "{}" },
    { ERPSYNC_MEDIA_XML, "<e><Key>a</Key></e>", "", "/0/Value required" },
    { ERPSYNC_MEDIA_XML, "<e nil='true'>a</e>", "", " type" },
    { ERPSYNC_MEDIA_XML, "<e><Key>a</Key><Value>1</Value></e>"
      "<e><Value>1</Value></e>", "", "/1/Key required" },
    { ERPSYNC_MEDIA_XML, "<e><Key>a</Key><Value>1</Value><Key>b</Key>"
      "</e>", "", "/0/Key duplicate" },
    { ERPSYNC_MEDIA_XML, "<e><Key>a</Key><Value><b>1</b></Value></e>",
      "", "/0/Value type" },
    { ERPSYNC_MEDIA_XML, "<e><Key>a</Key><Value>1</Value><c>1</c></e>",
      "", "/0/c unknown" },
    { ERPSYNC_MEDIA_XML, "text", "", " type" },
    { ERPSYNC_MEDIA_FORM, "[0].Key=a", "[0].Value=1", "{\"a\":\"1\"}" },
    { ERPSYNC_MEDIA_FORM, "[0][value]=%20", "[0][key]=a",
      "{\"a\":null}" },
    { ERPSYNC_MEDIA_FORM, "[0].Key=a", "[0].Key=b", "/0/Key duplicate" },
    { ERPSYNC_MEDIA_FORM, "[1].Key=a", "[1].Value=1", "/0/Key required" },
    { ERPSYNC_MEDIA_FORM, "[0].Value.x=a", "[0].Key=1",
      "/0/Value type" },
    { ERPSYNC_MEDIA_FORM, "=", "", "" },
};


static void
judge_dictionary(const char *operation, const around_t *a, const char *name)
{
    char    body[2048], expected[2048], got[2048];
    size_t  i;

    for (i = 0; i < erpsync_nelts(entries); i++) {

        switch (entries[i].media) {

        case ERPSYNC_MEDIA_XML:
            sprintf(body, "<r>%s<%s>%s</%s>%s</r>", a->xml, name,
                    entries[i].value, name, a->xml_end);
            break;

        case ERPSYNC_MEDIA_FORM:
            sprintf(body, "%s%s%s%s%s%s%s", a->form, name, entries[i].value,
                    entries[i].second[0] ? "&" : "",
                    entries[i].second[0] ? a->form : "",
                    entries[i].second[0] ? name : "", entries[i].second);
            break;

        default:
            sprintf(body, "{%s\"%s\":%s%s}", a->json, name, entries[i].value,
                    a->json_end);
        }

        if (entries[i].result[0] == '\0') {
            sprintf(expected, "{%s%s}", a->json, a->json_end);

        } else if (entries[i].result[0] == '{') {
            sprintf(expected, "{%s\"%s\":%s%s}", a->json, name,
                    entries[i].result, a->json_end);
        } else {
            sprintf(expected, "%s/%s%s", a->pointer, name, entries[i].result);
        }

        judge(operation, entries[i].media, body, got, sizeof(got));

        /* an entry that is absent lacks both parts */

        if (strncmp(got, expected, strlen(expected)) != 0
            || (entries[i].result[0] == '{' && strcmp(got, expected) != 0))
        {
            unit_equal(body, erpsync_span(got, strlen(got)), expected);
        }
    }
}


/* Null is as absent; an unknown member is refused. */

static void
judge_object(const char *operation, const around_t *a)
{
    char  body[2048], expected[2048], got[2048];

    sprintf(expected, "{%s%s}", a->json, a->json_end);
    judge(operation, ERPSYNC_MEDIA_JSON, expected, got, sizeof(got));
    assert_string_equal(got, expected);

    sprintf(body, "{%s\"Other\":1%s}", a->json, a->json_end);
    sprintf(expected, "%s/Other unknown", a->pointer);
    judge(operation, ERPSYNC_MEDIA_JSON, body, got, sizeof(got));
    assert_string_equal(got, expected);

    sprintf(body, "<r>%s<Other>1</Other>%s</r>", a->xml, a->xml_end);
    judge(operation, ERPSYNC_MEDIA_XML, body, got, sizeof(got));
    assert_string_equal(got, expected);

    sprintf(body, "%sOther=1", a->form);
    judge(operation, ERPSYNC_MEDIA_FORM, body, got, sizeof(got));
    assert_string_equal(got, expected);
}


static void
judge_member(const char *operation, const around_t *a, char type,
    const char *name)
{
    bool    list;
    char    body[2048], expected[2048], got[2048];
    size_t  i;

    sprintf(expected, "{%s%s}", a->json, a->json_end);
    sprintf(body, "{%s\"%s\":null%s}", a->json, name, a->json_end);
    judge(operation, ERPSYNC_MEDIA_JSON, body, got, sizeof(got));
    assert_string_equal(got, expected);

    sprintf(body, "{%s\"%s\":{\"x\":1}%s}", a->json, name, a->json_end);

    if (type != 'r' && type != 'D' && type != '{') {
        sprintf(expected, "%s/%s type", a->pointer, name);
    }

    if (type != 'D' && type != '{') {
        judge(operation, ERPSYNC_MEDIA_JSON, body, got, sizeof(got));
        assert_string_equal(got, expected);
    }

    list = (type == 'I' || type == 'S');
    type = (type == 'I') ? 'i' : (type == 'S') ? 's' : type;

    for (i = 0; i < erpsync_nelts(values); i++) {
        if (values[i].type == type) {
            judge_all(operation, a, name, list, &values[i]);
        }
    }

    if (type == 'D') {
        judge_dictionary(operation, a, name);
    }
}


/* Returns the end of the "{" or "[" at "p". */

static const char *
group_end(const char *p)
{
    unsigned  depth;

    depth = 0;

    do {
        depth += (*p == '{' || *p == '[');
        depth -= (*p == '}' || *p == ']');
        p++;
    } while (depth);

    return p;
}


/* Compares the members from "p" to "last" with "object" of the core. */

static void
judge_members(const char *operation, const around_t *a, const char *p,
    const char *last, const erpsync_object_t *object, unsigned depth)
{
    char                     name[64], type;
    size_t                   n, len;
    around_t                 inner;
    const char              *group, *end;
    const erpsync_member_t  *member;

    static const struct {
        char            type;
        erpsync_type_t  of;
    } types[] = {
        { 'i', ERPSYNC_TYPE_INT32 }, { 'c', ERPSYNC_TYPE_INT32 },
        { 's', ERPSYNC_TYPE_STRING }, { 'k', ERPSYNC_TYPE_STRING },
        { 'b', ERPSYNC_TYPE_BOOL }, { 'C', ERPSYNC_TYPE_ENUM },
        { 'E', ERPSYNC_TYPE_ENUM }, { 'F', ERPSYNC_TYPE_ENUM },
        { 'A', ERPSYNC_TYPE_ENUM }, { 'I', ERPSYNC_TYPE_INT32S },
        { 'S', ERPSYNC_TYPE_STRINGS }, { 'D', ERPSYNC_TYPE_DICTIONARY },
        { '{', ERPSYNC_TYPE_OBJECT }, { '[', ERPSYNC_TYPE_OBJECTS },
        { 'r', ERPSYNC_TYPE_READ_ONLY }
    };

    judge_object(operation, a);

    for (n = 0, group = p; p < last; n++, p += strspn(p, " ")) {
        type = *p;
        end = (type == '{' || type == '[') ? group_end(p) : p + 1;
        len = strcspn(end + 1, " ]}");
        snprintf(name, sizeof(name), "%.*s", (int) len, end + 1);

        assert_true(n < object->nmembers);
        member = &object->members[n];
        assert_string_equal((const char *) member->name.data, name);

        for (len = 0; types[len].type != type; len++) {
            assert_true(len + 1 < erpsync_nelts(types));
        }

        assert_int_equal(member->type, types[len].of);

        judge_member(operation, a, type, name);

        if (end > p + 1) {
            enter(&inner, a, name, type == '[');

            if (p[1] != '*') {
                judge_members(operation, &inner, p + 1, end - 1,
                              member->items, 0);

            } else if (depth < 1) {
                assert_ptr_equal(member->items, object);
                judge_members(operation, &inner, group, last, object,
                              depth + 1);
            }
        }

        p = end + 1 + strlen(name);
    }

    assert_int_equal(n, object->nmembers);
}


static void
test_rows(void **state)
{
    char                        got[1024];
    size_t                      i;
    around_t                    root;
    const row_t                *row;
    const erpsync_operation_t  *operation;

    (void) state;

    assert_int_equal(erpsync_nelts(rows) + 2, ERPSYNC_OPERATIONS);
    memset(&root, 0, sizeof(root));

    for (i = 0; i < erpsync_nelts(rows); i++) {
        row = &rows[i];
        operation = erpsync_operation_find(
                       erpsync_span(row->operation, strlen(row->operation)));
        assert_non_null(operation);

        if (row->members[0]) {
            assert_non_null(operation->request);
            judge_members(row->operation, &root, row->members,
                          row->members + strlen(row->members),
                          operation->request, 0);
            continue;
        }

        assert_null(operation->request);

        judge(row->operation, ERPSYNC_MEDIA_JSON, "{\"a\":[null]}", got,
              sizeof(got));
        assert_string_equal(got, "{\"a\":[null]}");
        judge(row->operation, ERPSYNC_MEDIA_JSON_PATCH, "[{\"op\":\"add\""
              ",\"path\":\"a\",\"value\":[null]}]", got, sizeof(got));
        assert_string_equal(got, "{\"a\":[null]}");
        judge(row->operation, ERPSYNC_MEDIA_XML, "<r/>", got, sizeof(got));
        assert_string_equal(got, "unsupported");
        judge(row->operation, ERPSYNC_MEDIA_FORM, "a=b", got, sizeof(got));
        assert_string_equal(got, "unsupported");
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
