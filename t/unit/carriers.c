
/*
 * Requests with objects in objects.  Each is written in all seven media types
 * and in both casings, and judged by the fast paths and by the general path:
 * all give the canonical body in the table, or the same violations.
 */


#include <jansson.h>

#include "general.h"
#include "unit.h"


#define SIZE  8192


/* Scalars are strings here, since XML and forms have no types. */

typedef struct {
    const char         *operation;
    const char         *body;
    const char         *expected;     /* canonical, or violations */
    erpsync_unknown_t   unknown;
} carrier_case_t;


#define ITEM(id, more)                                                        \
    "{\"Id\":\"" id "\",\"Name\":\"n \\\"\\u00e6<&+\"" more "}"
#define ITEM_OUT(id, more)                                                    \
    "{\"Id\":" id ",\"Name\":\"n \\\"\xc3\xa6<&+\"" more "}"


static const carrier_case_t  cases[] = {

    { "SaveConnection",
      "{\"Connection\":{\"ErpConnectionId\":\"883\",\"ErpConnectorId\":\"-1\","
      "\"DisplayName\":\"a b\",\"DisplayDescription\":\"d\",\"Active\":"
      "\"TRUE\",\"ConnectionId\":\"c\",\"MostRecentTimestamp\":\"2026-01-01T"
      "00:00:00\","
      "\"ConfigFields\":{\"Url\":\"http://x/?a=b&c\",\"url\":\"\\u20ac\"},"
      "\"Deleted\":\"false\",\"AllAccess\":\"true\",\"UserGroupAccessIds\":"
      "[\"1\",\"2\"],\"AssociateAccessIds\":[\"7\"]}}",
      "{\"Connection\":{\"ErpConnectionId\":883,\"ErpConnectorId\":-1,"
      "\"DisplayName\":\"a b\",\"DisplayDescription\":\"d\",\"Active\":true,"
      "\"ConnectionId\":\"c\",\"MostRecentTimestamp\":\"2026-01-01T00:00:00\","
      "\"ConfigFields\":{\"Url\":\"http://x/?a=b&c\",\"url\":\"\xe2\x82\xac\"},"
      "\"Deleted\":false,\"AllAccess\":true,\"UserGroupAccessIds\":[1,2],"
      "\"AssociateAccessIds\":[7]}}", 0 },
    { "SaveConnection",
      "{\"Connection\":{\"AssociateAccessIds\":[\"7\"],\"ConfigFields\":"
      "{\"a\":\"b\"},\"ErpConnectionId\":\"0\"}}",
      "{\"Connection\":{\"ErpConnectionId\":0,\"ConfigFields\":{\"a\":\"b\"},"
      "\"AssociateAccessIds\":[7]}}", 0 },
    { "SaveConnection",
      "{\"Connection\":{\"ErpConnectionId\":\"x\",\"AssociateAccessIds\":"
      "[\"7\",\"y\"],\"Other\":\"1\"},\"More\":\"2\"}",
      "/Connection/ErpConnectionId type; /Connection/AssociateAccessIds/1 "
      "type; /Connection/Other unknown; /More unknown", 0 },
    { "SaveConnection",
      "{\"Connection\":{\"ConfigFields\":{\"a\":\"b\"},\"Other\":\"1\","
      "\"Active\":\"false\"},\"More\":\"2\"}",
      "{\"Connection\":{\"Active\":false,\"ConfigFields\":{\"a\":\"b\"}}}",
      ERPSYNC_UNKNOWN_STRIP },
    { "SaveConnection",
      "{\"Connection\":{\"ConfigFields\":{\"a\":\"b\"},\"Other\":\"1\","
      "\"Active\":\"false\",\"x\":{\"y\":\"z\"}},\"More\":\"2\"}",
      "{\"Connection\":{\"Active\":false,\"ConfigFields\":{\"a\":\"b\"},"
      "\"Other\":\"1\",\"x\":{\"y\":\"z\"}},\"More\":\"2\"}",
      ERPSYNC_UNKNOWN_PASS },

    { "TestConnectionByConfig",
      "{\"ErpConnectionId\":\"1\",\"ConfigFields\":{\"b\":\"2\",\"a\":\"1\"}}",
      "{\"ErpConnectionId\":1,\"ConfigFields\":{\"b\":\"2\",\"a\":\"1\"}}", 0 },
    { "TestConnectionByConfig",
      "{\"ConfigFields\":{\"b\":\"2\"},\"ErpConnectionId\":\"0\"}",
      "/ErpConnectionId range", 0 },

    { "SaveConnectionListMappings",
      "{\"ListMapping\":{\"ErpListItemMappings\":[{\"CrmList\":"
      ITEM("1", ",\"ChildItems\":[" ITEM("2", "") "," ITEM("3",
      ",\"ChildItems\":[" ITEM("4", ",\"Rank\":\"5\"") "]") "]")
      ",\"ErpListName\":\"l\",\"ErpCrmListItemMappings\":[{\"ErpListItemId\":"
      "\"i\",\"CrmListItem\":" ITEM("6", "") "}]},{\"ErpFieldId\":\"9\"}],"
      "\"ErpConnectionId\":\"1\",\"ErpConnectionName\":\"c\"}}",
      "{\"ListMapping\":{\"ErpListItemMappings\":[{\"CrmList\":"
      ITEM_OUT("1", ",\"ChildItems\":[" ITEM_OUT("2", "") "," ITEM_OUT("3",
      ",\"ChildItems\":[" ITEM_OUT("4", ",\"Rank\":5") "]") "]")
      ",\"ErpListName\":\"l\",\"ErpCrmListItemMappings\":[{\"ErpListItemId\":"
      "\"i\",\"CrmListItem\":" ITEM_OUT("6", "") "}]},{\"ErpFieldId\":9}],"
      "\"ErpConnectionId\":1,\"ErpConnectionName\":\"c\"}}", 0 },
    { "SaveConnectionListMappings",
      "{\"ListMapping\":{\"ErpConnectionName\":\"c\",\"ErpListItemMappings\":["
      "{\"ErpFieldId\":\"9\",\"ErpCrmListItemMappings\":[{\"CrmListItem\":"
      "{\"Name\":\"b\",\"ChildItems\":[{\"Name\":\"c\",\"Id\":\"2\"}],\"Id\":"
      "\"1\"},\"ErpListItemId\":\"i\"}],\"CrmList\":{\"Name\":\"a\"}}]}}",
      "{\"ListMapping\":{\"ErpListItemMappings\":[{\"CrmList\":{\"Name\":"
      "\"a\"},\"ErpCrmListItemMappings\":[{\"ErpListItemId\":\"i\","
      "\"CrmListItem\":{\"Id\":1,\"Name\":\"b\",\"ChildItems\":[{\"Id\":2,"
      "\"Name\":\"c\"}]}}],\"ErpFieldId\":9}],\"ErpConnectionName\":\"c\"}}",
      0 },
    { "SaveConnectionListMappings",
      "{\"ListMapping\":{\"ErpListItemMappings\":[{\"ErpFieldId\":\"1\"},"
      "{\"CrmList\":{\"ChildItems\":[{\"Id\":\"1\"},{\"Id\":\"x\",\"ab\":"
      "\"1\"}],\"Deleted\":\"2\"}}],\"ErpConnectionId\":\"-1\"}}",
      "/ListMapping/ErpListItemMappings/1/CrmList/ChildItems/1/Id type; "
      "/ListMapping/ErpListItemMappings/1/CrmList/Deleted type; "
      "/ListMapping/ErpConnectionId range", ERPSYNC_UNKNOWN_STRIP },

    { "CreateErpActorFromCrm",
      "{\"ErpFieldKeyValues\":{\"k\":\"1\",\"K\":\"2\"},\"CrmActorType\":"
      "\"person\",\"ErpActorType\":\"0\",\"CrmEntityId\":\"7\","
      "\"ConnectionId\":\"1\"}",
      "{\"ConnectionId\":1,\"CrmEntityId\":7,\"ErpActorType\":\"Unknown\","
      "\"CrmActorType\":\"Person\",\"ErpFieldKeyValues\":{\"k\":\"1\",\"K\":"
      "\"2\"}}", 0 },
    { "CreateErpActorFromCrm", "{\"ConnectionId\":\"0\"}",
      "/ConnectionId range", 0 },

    { "SaveActorTypeMapping",
      "{\"Mapping\":{\"ErpConnectionId\":\"1\",\"IsActive\":\"true\","
      "\"FieldMappings\":[{\"ErpFieldId\":\"1\",\"CrmFieldKey\":\"k\","
      "\"FieldType\":\"checkbox\",\"SyncToCrm\":\"true\",\"Access\":\"2\"},"
      "{\"ListReference\":\"r\",\"ErpFieldId\":\"2\"}],\"ActorTypeErp\":"
      "\"Customer\",\"ActorTypeCrm\":\"Contact\"}}",
      "{\"Mapping\":{\"ErpConnectionId\":1,\"IsActive\":true,"
      "\"FieldMappings\":[{\"ErpFieldId\":1,\"CrmFieldKey\":\"k\","
      "\"FieldType\":\"Checkbox\",\"SyncToCrm\":true,\"Access\":"
      "\"ReadOnly\"},{\"ErpFieldId\":2,\"ListReference\":\"r\"}],"
      "\"ActorTypeErp\":\"Customer\",\"ActorTypeCrm\":\"Contact\"}}", 0 },
    { "SaveActorTypeMapping",
      "{\"Mapping\":{\"FieldMappings\":[{\"ErpFieldId\":\"1\",\"TableRight\":"
      "{\"Mask\":\"x\"},\"FieldProperties\":{\"a\":\"1\"}},{\"Access\":"
      "\"Never\"}],\"TableRight\":{\"Mask\":\"x\"},\"ActorTypeErp\":\"9\"}}",
      "/Mapping/FieldMappings/1/Access enum; /Mapping/ActorTypeErp enum", 0 },

    { "SaveErpSyncConnectorEntity",
      "{\"URL\":\"http://x\",\"Deleted\":\"false\",\"ErpConnectorId\":\"0\","
      "\"DisplayName\":\"n\",\"TableRight\":{\"Mask\":\"x\"}}",
      "{\"ErpConnectorId\":0,\"DisplayName\":\"n\",\"URL\":\"http://x\","
      "\"Deleted\":false}", 0 },

    { "SaveDefaultValueInfo",
      "{\"ErpSyncDefaultValue\":{\"FieldType\":\"Label\",\"Access\":"
      "\"mandatory\",\"ErpFieldId\":\"3\",\"HasFirstSyncDefaultValue\":"
      "\"true\",\"FirstSyncDefaultValue\":\"f\",\"FieldProperties\":"
      "{\"a\":\"1\"}}}",
      "{\"ErpSyncDefaultValue\":{\"ErpFieldId\":3,"
      "\"HasFirstSyncDefaultValue\":true,\"FirstSyncDefaultValue\":\"f\","
      "\"FieldType\":\"Label\",\"Access\":\"Mandatory\"}}", 0 },
    { "SaveDefaultValueInfo", "{\"ErpSyncDefaultValue\":\"x\"}",
      "/ErpSyncDefaultValue type", 0 },
};


typedef struct {
    bool   camel;
    char  *p;
} writer_t;


static bool
is_dictionary(const char *name)
{
    return strcmp(name, "ConfigFields") == 0
           || strcmp(name, "ErpFieldKeyValues") == 0;
}


static void
put(writer_t *w, const char *s)
{
    w->p += sprintf(w->p, "%s", s);
}


static void
put_name(writer_t *w, const char *name, bool key)
{
    char  *first;

    first = w->p;
    put(w, name);

    if (w->camel && !key) {
        *first = (char) erpsync_lower((uint8_t) *first);
    }
}


static void
put_json(writer_t *w, json_t *value, bool dictionary)
{
    char        *text;
    size_t       i, n;
    json_t      *one;
    const char  *name;

    if (json_is_string(value)) {
        text = json_dumps(value, JSON_ENCODE_ANY|(w->camel
                                                  ? JSON_ENSURE_ASCII : 0));
        put(w, text);
        free(text);
        return;
    }

    put(w, json_is_array(value) ? "[" : "{");
    n = 0;

    json_array_foreach(value, i, one) {
        put(w, n++ ? " , " : "");
        put_json(w, one, false);
    }

    json_object_foreach(value, name, one) {
        put(w, n++ ? "," : " ");
        put(w, "\"");
        put_name(w, name, dictionary);
        put(w, "\":");
        put_json(w, one, is_dictionary(name));
    }

    put(w, json_is_array(value) ? "]" : "}");
}


/* Writes an "add" for each member and element, and each key. */

static void
put_patch(writer_t *w, const char *path, json_t *value, bool dictionary,
    bool start)
{
    char         inner[1024];
    size_t       i;
    json_t      *one;
    const char  *name, *c;
    writer_t     at;

    if (!start) {
        w->p += sprintf(w->p, "%s{\"op\":\"add\",\"path\":\"%s\",\"value\":",
                        (w->p[-1] == '[') ? "" : ",", path);

        if (json_is_string(value)) {
            put_json(w, value, false);
        } else {
            put(w, json_is_array(value) ? "[]" : "{}");
        }

        put(w, "}");
    }

    json_array_foreach(value, i, one) {
        sprintf(inner, "%s/%zu", path, i);
        put_patch(w, inner, one, false, false);
    }

    json_object_foreach(value, name, one) {
        at.camel = w->camel && !dictionary;
        at.p = inner + sprintf(inner, "%s/", path);

        for (c = name; *c; c++) {
            at.p += sprintf(at.p, "%s", (*c == '/') ? "~1" : (char [])
                            { (at.camel && c == name)
                              ? (char) erpsync_lower((uint8_t) *c) : *c, 0 });
        }

        put_patch(w, inner, one, is_dictionary(name), false);
    }
}


static void
put_xml_text(writer_t *w, const char *s)
{
    for ( /* void */ ; *s; s++) {
        if (*s == '<' || *s == '&') {
            put(w, (*s == '<') ? "&lt;" : "&amp;");
        } else {
            *w->p++ = *s;
        }
    }
}


static void
put_xml(writer_t *w, json_t *value, bool dictionary)
{
    size_t       i;
    json_t      *one;
    const char  *name;

    if (json_is_string(value)) {
        put_xml_text(w, json_string_value(value));
    }

    json_array_foreach(value, i, one) {
        put(w, "<p:x xmlns:p=\"u\">");
        put_xml(w, one, false);
        put(w, "</p:x>");
    }

    json_object_foreach(value, name, one) {

        if (dictionary) {
            put(w, w->camel ? "<e>\n<key>" : "<KeyValueOfstringstring><Key>");
            put_xml_text(w, name);
            put(w, w->camel ? "</key>\n<value>" : "</Key><Value>");
            put_xml(w, one, false);
            put(w, w->camel ? "</value>\n</e>"
                            : "</Value></KeyValueOfstringstring>");
            continue;
        }

        put(w, "<");
        put_name(w, name, false);
        put(w, ">");
        put_xml(w, one, is_dictionary(name));
        put(w, "</");
        put_name(w, name, false);
        put(w, ">");
    }

    *w->p = '\0';
}


static void
put_form_text(writer_t *w, const char *s)
{
    for ( /* void */ ; *s; s++) {
        if (strchr("&=+%", *s) || (uint8_t) *s >= 0x80) {
            w->p += sprintf(w->p, "%%%02X", (unsigned) (uint8_t) *s);
        } else {
            *w->p++ = (*s == ' ') ? '+' : *s;
        }
    }
}


static void
put_form(writer_t *w, const char *path, json_t *value, bool dictionary)
{
    char         inner[1024];
    size_t       i;
    json_t      *one;
    writer_t     at;
    const char  *name;

    if (json_is_string(value)) {
        put(w, (w->p[-1] == '\n') ? "" : "&");
        put(w, path);
        put(w, "=");
        put_form_text(w, json_string_value(value));
    }

    json_array_foreach(value, i, one) {
        sprintf(inner, "%s[%zu]", path, i);
        put_form(w, inner, one, false);
    }

    i = 0;

    json_object_foreach(value, name, one) {

        if (dictionary) {
            w->p += sprintf(w->p, "%s%s[%zu].Key=", (w->p[-1] == '\n')
                                                    ? "" : "&", path, i);
            put_form_text(w, name);
            sprintf(inner, "%s[%zu]%s", path, i++, w->camel ? "[value]"
                                                            : ".Value");
            put_form(w, inner, one, false);
            continue;
        }

        at.camel = w->camel;
        at.p = inner + sprintf(inner, path[0] ? (w->camel ? "%s[" : "%s.")
                                              : "%s", path);
        put_name(&at, name, false);
        put(&at, path[0] && w->camel ? "]" : "");
        put_form(w, inner, one, is_dictionary(name));
    }

    *w->p = '\0';
}


static void
judge(const carrier_case_t *c, const char *type, bool general,
    const char *data)
{
    char                 got[SIZE], *p;
    size_t               i;
    unit_input_t         input;
    erpsync_body_t       body;
    erpsync_arena_t      arena;
    erpsync_sink_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(
                           erpsync_span(c->operation, strlen(c->operation)));
    conf.unknown = c->unknown;
    conf.max_field_values = 1;
    conf.key = 0x5eed;

    erpsync_arena_init(&arena);
    input = unit_input(data, strlen(data));

    unit_general = general;
    assert_int_equal(erpsync_body(&arena,
                                  erpsync_content_type(
                                          erpsync_span(type, strlen(type))),
                                  &conf, input.str, &body),
                     ERPSYNC_OK);
    unit_general = false;

    p = got + sprintf(got, "%.*s", (int) body.canonical.len,
                      body.canonical.len
                      ? (const char *) body.canonical.data : "");

    for (i = 0; i < body.nviolations; i++) {
        p += sprintf(p, "%s%.*s %s", i ? "; " : "",
                     (int) body.violations[i].path.len,
                     body.violations[i].path.data,
                     erpsync_code_name(body.violations[i].code).data);
    }

    unit_equal(data, erpsync_span(got, strlen(got)), c->expected);

    erpsync_arena_destroy(&arena);
    free(input.data);
}


static void
test_carriers(void **state)
{
    char       data[SIZE];
    size_t     i;
    json_t    *body;
    unsigned   way;
    writer_t   w;

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        body = json_loads(cases[i].body, 0, NULL);
        assert_non_null(body);

        for (way = 0; way < 4; way++) {
            w.camel = way & 1;

            /* a name that is passed keeps its case */

            if (w.camel && cases[i].unknown != ERPSYNC_UNKNOWN_STRIP
                && strstr(cases[i].body, "Other"))
            {
                continue;
            }

            w.p = data;
            put_json(&w, body, false);
            judge(&cases[i], "application/json", way & 2, data);
            judge(&cases[i], "text/json", way & 2, data);
            judge(&cases[i], "application/merge-patch+json", way & 2, data);
            judge(&cases[i], "application/json-patch+json", way & 2, data);

            w.p = data;
            put(&w, "[");
            put_patch(&w, "", body, false, true);
            put(&w, "]");
            judge(&cases[i], "application/json-patch+json", way & 2, data);

            w.p = data;
            put(&w, "<r>");
            put_xml(&w, body, false);
            put(&w, "</r>");
            judge(&cases[i], "application/xml", way & 2, data);
            judge(&cases[i], "text/xml", way & 2, data);

            w.p = data;
            *w.p++ = '\n';
            put_form(&w, "", body, false);
            judge(&cases[i], "application/x-www-form-urlencoded", way & 2,
                  data + 1);
        }

        json_decref(body);
    }
}


/* Forms with errors in their paths. */

static void
test_forms(void **state)
{
    size_t          i;
    carrier_case_t  c;

    static const char  *const  bodies[] = {
        "Mapping.FieldMappings[1d]=1&a=1&Mapping.x=2",
        "Mapping[FieldMappings][].Access=1&Mapping.Access=1&b=1",
        ("Mapping.FieldMappings[0].TableRight[x]=1&Mapping.FieldMappings[a]"
         "=1&Mapping.IsActive=1&c.d=1"),
        "Mapping.FieldMappings[0=1", "Mapping.FieldMappings[0]x=1",
        "Mapping=%", "Mapping.%zz=1"
    };

    (void) state;

    memset(&c, 0, sizeof(c));
    c.operation = "SaveActorTypeMapping";
    c.expected = " syntax";

    for (i = 0; i < erpsync_nelts(bodies); i++) {
        for (c.unknown = 0; c.unknown <= ERPSYNC_UNKNOWN_PASS; c.unknown++) {
            judge(&c, "application/x-www-form-urlencoded", false, bodies[i]);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_carriers),
        cmocka_unit_test(test_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
