
/*
 * One table of requests, each written as JSON, merge-patch, XML and form:
 * all give the same canonical body, or the same violations.
 */


#include "unit.h"


#define MEMBERS  5
#define FIELDS   3

/* "-": the member is absent.  Values are text in every syntax. */

typedef struct {
    const char  *members[MEMBERS];
    const char  *fields[2][FIELDS];
} equal_case_t;


static const char  *member_names[MEMBERS] = {
    "ErpConnectionId", "CrmRecordId", "CrmActorType", "ErpKey",
    "ErpActorType"
};

static const char  *field_names[FIELDS] = {
    "CrmFieldKey", "Value", "SyncToErp"
};


#define NONE   { { "-", "-", "-" }, { "-", "-", "-" } }
#define ONE(key, value, sync)  { { key, value, sync }, { "-", "-", "-" } }
#define GOOD   { "883", "34", "Contact", "qui", "Customer" }

static const equal_case_t  cases[] = {
    { GOOD, NONE },
    { GOOD, ONE("k", "v", "true") },
    { GOOD, ONE("k", "v", "FALSE") },
    { GOOD, ONE("k", "", "-") },
    { GOOD, ONE("k", "a\"\\/b", "-") },
    { GOOD, ONE("k", "<&>'", "-") },
    { GOOD, ONE("k", "a=b&c%2B+d", "-") },
    { GOOD, ONE("k", "\xc3\xa6\xe2\x82\xac\xf0\x9f\x98\x80", "-") },
    { GOOD, ONE("k", " inner  blanks ", "-") },
    { GOOD, ONE("-", "v", "-") },
    { GOOD, ONE("", "v", "-") },
    { GOOD, ONE("  ", "v", "-") },
    { GOOD, ONE("k", "v", "maybe") },
    { GOOD, ONE("k", "v", "") },
    { GOOD, { { "k", "1", "-" }, { "k2", "2", "true" } } },
    { GOOD, { { "k", "1", "x" }, { "-", "2", "y" } } },
    { { "1", "2147483647", "person", "0", "supplier" }, NONE },
    { { "0", "34", "Contact", "qui", "Customer" }, NONE },
    { { "-1", "34", "Contact", "qui", "Customer" }, NONE },
    { { "2147483648", "34", "Contact", "qui", "Customer" }, NONE },
    { { "9999999999", "34", "Contact", "qui", "Customer" }, NONE },
    { { "99999999999", "34", "Contact", "qui", "Customer" }, NONE },
    { { "0000000883", "34", "Contact", "qui", "Customer" }, NONE },
    { { "1.0", "1e3", "Contact", "qui", "Customer" }, NONE },
    { { "", "x", "Contact", "qui", "Customer" }, NONE },
    { { "883", "34", "1", "qui", "1" }, NONE },
    { { "883", "34", "0", "qui", "0" }, NONE },
    { { "883", "34", "Unknown", "qui", "unknown" }, NONE },
    { { "883", "34", "Nobody", "qui", "99" }, NONE },
    { { "883", "34", "SALE", "qui", "CUSTOMER" }, NONE },
    { { "883", "34", "Contact", "", "Customer" }, NONE },
    { { "883", "34", "Contact", " \t ", "Customer" }, NONE },
    { { "883", "34", "Contact", " a ", "Customer" }, NONE },
    { { "-", "-", "-", "-", "-" }, NONE },
    { { "-", "34", "Contact", "qui", "Customer" }, NONE },
    { { "883", "-", "Contact", "qui", "Customer" }, NONE },
    { { "883", "34", "-", "qui", "Customer" }, ONE("k", "v", "-") },
    { { "883", "34", "Contact", "-", "Customer" }, ONE("-", "-", "true") },
    { { "883", "34", "Contact", "qui", "-" }, ONE("k", "v", "no") },
};


static bool
there(const char *value)
{
    return strcmp(value, "-") != 0;
}


static char *
text(char *p, erpsync_media_t media, const char *s)
{
    for ( /* void */ ; *s; s++) {

        if (media == ERPSYNC_MEDIA_FORM) {
            p += sprintf(p, "%%%02X", (unsigned char) *s);

        } else if (media == ERPSYNC_MEDIA_XML) {
            p += (*s == '<') ? sprintf(p, "&lt;")
                 : (*s == '&') ? sprintf(p, "&amp;")
                 : (*s == '\t') ? sprintf(p, "&#9;") : sprintf(p, "%c", *s);

        } else {
            p += (*s == '"' || *s == '\\') ? sprintf(p, "\\%c", *s)
                 : (*s == '\t') ? sprintf(p, "\\t") : sprintf(p, "%c", *s);
        }
    }

    return p;
}


/* One member; "field" is -1 for those of the request. */

static char *
member(char *p, erpsync_media_t media, int field, const char *name,
    const char *value)
{
    switch (media) {

    case ERPSYNC_MEDIA_XML:
        p = text(p + sprintf(p, "<%s>", name), media, value);
        return p + sprintf(p, "</%s>", name);

    case ERPSYNC_MEDIA_FORM:
        p += (field < 0) ? sprintf(p, "&%s=", name)
                         : sprintf(p, "&FieldValues[%d].%s=", field, name);
        return text(p, media, value);

    default:
        p = text(p + sprintf(p, "\"%s\":\"", name), media, value);
        return p + sprintf(p, "\",");
    }
}


static char *
fields(char *p, erpsync_media_t media, const equal_case_t *c)
{
    int   i, j;
    bool  json, any;

    json = (media == ERPSYNC_MEDIA_JSON || media == ERPSYNC_MEDIA_MERGE_PATCH);
    p += json ? sprintf(p, "\"FieldValues\":[")
         : (media == ERPSYNC_MEDIA_XML) ? sprintf(p, "<FieldValues>") : 0;

    for (i = 0; i < 2; i++) {

        any = there(c->fields[i][0]) || there(c->fields[i][1])
              || there(c->fields[i][2]);
        if (!any) {
            break;
        }

        p += json ? sprintf(p, "%s{", i ? "," : "")
             : (media == ERPSYNC_MEDIA_XML) ? sprintf(p, "<x>") : 0;

        for (j = 0; j < FIELDS; j++) {
            if (there(c->fields[i][j])) {
                p = member(p, media, i, field_names[j], c->fields[i][j]);
            }
        }

        p -= json;                              /* the last comma */
        p += json ? sprintf(p, "}")
             : (media == ERPSYNC_MEDIA_XML) ? sprintf(p, "</x>") : 0;
    }

    return p + (json ? sprintf(p, "]")
                : (media == ERPSYNC_MEDIA_XML) ? sprintf(p, "</FieldValues>")
                : 0);
}


static void
judge(erpsync_media_t media, const equal_case_t *c, char *got, size_t size)
{
    int                   i;
    char                  data[4096], *p;
    size_t                n;
    unit_input_t          input;
    erpsync_body_t        body;
    erpsync_arena_t       arena;
    erpsync_sink_conf_t   conf;

    p = data;
    p += (media == ERPSYNC_MEDIA_XML) ? sprintf(p, "<Request>")
         : (media == ERPSYNC_MEDIA_FORM) ? sprintf(p, "&")
         : sprintf(p, "{");

    for (i = 0; i < MEMBERS; i++) {
        if (there(c->members[i])) {
            p = member(p, media, -1, member_names[i], c->members[i]);
        }
    }

    p = fields(p, media, c);
    p += (media == ERPSYNC_MEDIA_XML) ? sprintf(p, "</Request>")
         : (media == ERPSYNC_MEDIA_FORM) ? 0 : sprintf(p, "}");

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(
                                         erpsync_span("TryConnectActor", 15));
    conf.key = 0x5eed;

    erpsync_arena_init(&arena);
    input = unit_input(data, (size_t) (p - data));

    assert_int_equal(erpsync_body(&arena, media, &conf, input.str, &body),
                     ERPSYNC_OK);

    p = got;
    p += snprintf(p, size, "%s %.*s",
                  (const char *) erpsync_reason_name(body.reason).data,
                  (int) body.canonical.len,
                  body.canonical.len ? (const char *) body.canonical.data
                                     : "");

    for (n = 0; n < body.nviolations; n++) {
        p += snprintf(p, (size_t) (got + size - p), "; %.*s %s: %.*s",
                      (int) body.violations[n].path.len,
                      body.violations[n].path.data,
                      erpsync_code_name(body.violations[n].code).data,
                      (int) body.violations[n].message.len,
                      body.violations[n].message.data);
    }

    erpsync_arena_destroy(&arena);
    free(input.data);
}


static void
test_equivalence(void **state)
{
    char    json[8192], other[8192];
    size_t  i, j;

    static const erpsync_media_t  media[] = {
        ERPSYNC_MEDIA_MERGE_PATCH, ERPSYNC_MEDIA_XML, ERPSYNC_MEDIA_FORM
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        judge(ERPSYNC_MEDIA_JSON, &cases[i], json, sizeof(json));

        assert_true(strncmp(json, "ok ", 3) == 0
                    || strncmp(json, "body_invalid ", 13) == 0);

        for (j = 0; j < erpsync_nelts(media); j++) {
            judge(media[j], &cases[i], other, sizeof(other));

            if (strcmp(json, other) != 0) {
                fail_msg("case %zu, media type %d:\n  %s\n  %s", i,
                         (int) media[j], json, other);
            }
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_equivalence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
