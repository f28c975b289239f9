
/*
 * One table of requests.  Each is written in all seven media types, in both
 * casings, with and without escapes: all give the same canonical body, or the
 * same violations.  A blank value in a form is as absent, so a form is compared
 * with a merge-patch in which such values are null.
 *
 *     equivalence --dump    prints them for t/310-split.t
 */


#include "unit.h"


#define SIZE  16384


/*
 * "Name=value;Name=value|Name=value|…": the members of the request, then
 * those of each field value; "~" is null.
 */

typedef struct {
    const char         *request;
    erpsync_unknown_t   unknown;
    unsigned            flags;
} equal_case_t;


#define TWICE   1   /* a name is given twice: no patch can say that */
#define NULLED  2   /* a null that a form and a merge-patch cannot say */
#define NAMED   4   /* an unknown name in a form counts without a value, too */
#define DROPPED 8   /* what is given twice is dropped: XML may do that */


typedef enum {
    PATCH_OBJECT,        /* "an object is taken as plain JSON" */
    PATCH_ADD,           /* one add for each member */
    PATCH_NESTED,        /* elements with "-", their members one by one */
    PATCH_REPLACE,       /* replace, and paths without a slash */
    PATCH_WHOLE,         /* the document at once */
    PATCH_STYLES
} patch_style_t;


typedef struct {
    erpsync_media_t     media;
    patch_style_t       style;
    bool                camel;     /* erpKey instead of ErpKey */
    bool                escape;
    bool                blank;     /* a value of white space as null */
    char               *p;
} writer_t;


#define GOOD  "ErpConnectionId=883;CrmRecordId=34;CrmActorType=Contact;"      \
              "ErpKey=qui;ErpActorType=Customer"

#define HEAD(id, record, crm, key, erp)                                       \
    "ErpConnectionId=" id ";CrmRecordId=" record ";CrmActorType=" crm         \
    ";ErpKey=" key ";ErpActorType=" erp

#define FIELD(value)  GOOD "|CrmFieldKey=k;" value

#define X10(s)   s s s s s s s s s s
#define X50(s)   X10(s) X10(s) X10(s) X10(s) X10(s)
#define X250(s)  X50(s) X50(s) X50(s) X50(s) X50(s)
#define X127(s)  X50(s) X50(s) X10(s) X10(s) s s s s s s s

#define SMILE    "\xf0\x9f\x98\x80"

static const equal_case_t  cases[] = {
    { GOOD, 0, 0 },
    { FIELD("Value=v;SyncToErp=true"), 0, 0 },
    { FIELD("Value=v;SyncToErp=FALSE"), 0, 0 },
    { FIELD("DisplayName=n;Value=v;DisplayValue=d;SyncToCrm=true;"
            "SyncToErp=false"), 0, 0 },
    { FIELD("SyncToErp=false;SyncToCrm=TRUE;DisplayValue=d;Value=v;"
            "DisplayName=n"), 0, 0 },
    { FIELD("Value="), 0, 0 },
    { FIELD("Value=a\"\\/b"), 0, 0 },
    { FIELD("Value=<&>'"), 0, 0 },
    { FIELD("Value=a=b&c%2B+d"), 0, 0 },
    { FIELD("Value=\xc3\xa6\xe2\x82\xac" SMILE), 0, 0 },
    { FIELD("Value= inner  blanks "), 0, 0 },
    { FIELD("Value=tab\tline\nend"), 0, 0 },
    { FIELD("Value=[I:12345]"), 0, 0 },
    { FIELD("Value=[DT:12/31/2013 23:59:59.0000000]"), 0, 0 },
    { GOOD "|Value=v", 0, 0 },
    { GOOD "|CrmFieldKey=;Value=v", 0, 0 },
    { GOOD "|CrmFieldKey=  ;Value=v", 0, 0 },
    { FIELD("SyncToErp=maybe"), 0, 0 },
    { FIELD("SyncToErp="), 0, 0 },
    { FIELD("SyncToErp=2;SyncToCrm=yes"), 0, 0 },
    { FIELD("Value=1|CrmFieldKey=k2;Value=2;SyncToErp=true"), 0, 0 },
    { FIELD("Value=1;SyncToErp=x|Value=2;SyncToErp=y"), 0, 0 },

    /* numbers and enums */

    { HEAD("1", "2147483647", "person", "0", "supplier"), 0, 0 },
    { HEAD("0", "34", "Contact", "qui", "Customer"), 0, 0 },
    { HEAD("-1", "34", "Contact", "qui", "Customer"), 0, 0 },
    { HEAD("2147483648", "34", "Contact", "qui", "Customer"), 0, 0 },
    { HEAD("9999999999", "34", "Contact", "qui", "Customer"), 0, 0 },
    { HEAD("99999999999", "34", "Contact", "qui", "Customer"), 0, 0 },
    { HEAD("0000000883", "34", "Contact", "qui", "Customer"), 0, 0 },
    { HEAD("1.0", "1e3", "Contact", "qui", "Customer"), 0, 0 },
    { HEAD("", "x", "Contact", "qui", "Customer"), 0, 0 },
    { HEAD("883", "34", "1", "qui", "1"), 0, 0 },
    { HEAD("883", "34", "4", "qui", "7"), 0, 0 },
    { HEAD("883", "34", "5", "qui", "8"), 0, 0 },
    { HEAD("883", "34", "0", "qui", "0"), 0, 0 },
    { HEAD("883", "34", "Unknown", "qui", "unknown"), 0, 0 },
    { HEAD("883", "34", "Nobody", "qui", "99"), 0, 0 },
    { HEAD("883", "34", "SALE", "qui", "CUSTOMER"), 0, 0 },

    /* strings */

    { HEAD("883", "34", "Contact", "", "Customer"), 0, 0 },
    { HEAD("883", "34", "Contact", " \t ", "Customer"), 0, 0 },
    { HEAD("883", "34", "Contact", " a ", "Customer"), 0, 0 },
    { HEAD("883", "34", "Contact", X250("k") "kkkk", "Customer"), 0, 0 },
    { HEAD("883", "34", "Contact", X250("k") "kkkkk", "Customer"), 0, 0 },
    { HEAD("883", "34", "Contact", X127(SMILE), "Customer"), 0, 0 },
    { HEAD("883", "34", "Contact", X127(SMILE) "k", "Customer"), 0, 0 },
    { FIELD("DisplayName=" X250("\xc3\xa5") "kkkk"), 0, 0 },
    { FIELD("DisplayName=" X250("\xc3\xa5") "kkkkk;Value=" X250("v") "vvvvv"),
      0, 0 },

    /* absent, null */

    { "", 0, 0 },
    { "CrmRecordId=34;CrmActorType=Contact;ErpKey=qui", 0, 0 },
    { "ErpActorType=Customer;ErpKey=qui;CrmActorType=Contact;CrmRecordId=34;"
      "ErpConnectionId=883", 0, 0 },
    { HEAD("~", "34", "Contact", "~", "Customer"), 0, 0 },
    { FIELD("DisplayName=~;Value=~;DisplayValue=~"), 0, 0 },
    { GOOD "|CrmFieldKey=~;Value=v", 0, 0 },
    { FIELD("SyncToCrm=~"), 0, NULLED },

    /* read-only, unknown, twice */

    { FIELD("TableRight=x;FieldProperties=y"), 0, 0 },
    { GOOD ";Other=1", ERPSYNC_UNKNOWN_REJECT, 0 },
    { GOOD ";Other=1", ERPSYNC_UNKNOWN_STRIP, 0 },
    { GOOD ";Other=a\"b;More=2", ERPSYNC_UNKNOWN_PASS, 0 },
    { FIELD("Other=1"), ERPSYNC_UNKNOWN_REJECT, 0 },
    { FIELD("Other=1;Value=v"), ERPSYNC_UNKNOWN_STRIP, 0 },
    { FIELD("Other=1;Value=v"), ERPSYNC_UNKNOWN_PASS, 0 },
    { GOOD ";Other=1|CrmFieldKey=k;Extra=2|CrmFieldKey=l;Extra=3",
      ERPSYNC_UNKNOWN_PASS, 0 },
    { GOOD ";ErpKey=other", 0, TWICE },
    { GOOD ";ERPKEY=other", 0, TWICE },
    { FIELD("Value=1;Value=2"), 0, TWICE },
    { GOOD ";Other=1;OTHER=2", ERPSYNC_UNKNOWN_STRIP, TWICE|DROPPED },
    { GOOD ";Other=1;OTHER=2", ERPSYNC_UNKNOWN_PASS, TWICE },

    { FIELD("TableRight=x;TABLERIGHT=y"), 0, TWICE|DROPPED },
    { FIELD("TableRight=;FieldProperties= ;Value=v"), 0, 0 },
    { GOOD ";Other= ;More=2", ERPSYNC_UNKNOWN_REJECT, NAMED },
    { GOOD ";Other= ;More=2", ERPSYNC_UNKNOWN_STRIP, 0 },
    { GOOD ";Other= ;More=2", ERPSYNC_UNKNOWN_PASS, 0 },
    { FIELD("Other=\t;Value=v"), ERPSYNC_UNKNOWN_PASS, 0 },
    { FIELD("ConfigFields=a;configfields=b"), ERPSYNC_UNKNOWN_PASS, TWICE },

    /* white space, and what looks like another type */

    { FIELD("DisplayName= ;Value=\t\n ;DisplayValue="), 0, 0 },
    { HEAD(" ", "34", "Contact", "qui", "Customer"), 0, 0 },
    { HEAD("883", "34", "\t", "qui", " "), 0, 0 },
    { FIELD("SyncToErp= "), 0, 0 },
    { FIELD("Value=null;DisplayName=true;DisplayValue=1e3"), 0, 0 },
    { HEAD("+1", "34", "Contact", "1.50", "Customer"), 0, 0 },
    { HEAD("0x10", "1e3", "Contact", "-0", "Customer"), 0, 0 },
    { HEAD("883", "34", "-1", "qui", "00"), 0, 0 },

    /* more field values than allowed; more violations than are kept */

    { FIELD("Value=1|CrmFieldKey=l|CrmFieldKey=m"), 0, 0 },
    { FIELD("Value=1|CrmFieldKey=l|CrmFieldKey=m|CrmFieldKey=n"), 0, 0 },
    { HEAD("0", "0", "x", "", "y") ";A=1;B=2;C=3;D=4;E=5;F=6;G=7;H=8;I=9;"
      "J=1;K=2;L=3;M=4;N=5;O=6;P=7;Q=8", 0, 0 },
};


static const char  *media_names[] = {
    "application/json", "text/json", "application/merge-patch+json",
    "application/json-patch+json", "application/xml", "text/xml",
    "application/x-www-form-urlencoded"
};


static size_t
character(const char *s, uint32_t *code)
{
    size_t                i, n;
    const unsigned char  *p = (const unsigned char *) s;

    n = (*p < 0x80) ? 1 : (*p < 0xe0) ? 2 : (*p < 0xf0) ? 3 : 4;
    *code = (n == 1) ? *p : *p & (0xffu >> (n + 1));

    for (i = 1; i < n; i++) {
        *code = *code << 6 | (p[i] & 0x3f);
    }

    return n;
}


static void
text(writer_t *w, const char *s, size_t len)
{
    size_t       n;
    uint32_t     code;
    const char  *end;

    for (end = s + len; s < end; s += n) {
        n = character(s, &code);

        if (w->media == ERPSYNC_MEDIA_FORM) {

            if (w->escape || strchr("%&=+\t\n", *s)) {
                for (size_t i = 0; i < n; i++) {
                    w->p += sprintf(w->p, "%%%02x", (unsigned char) s[i]);
                }

                continue;
            }

            if (*s == ' ') {
                *w->p++ = '+';
                continue;
            }

        } else if (w->media == ERPSYNC_MEDIA_XML) {

            if (w->escape || strchr("<&\t", *s)) {
                w->p += sprintf(w->p, (code & 1) ? "&#%u;" : "&#x%X;", code);
                continue;
            }

        } else if (w->escape && code >= 0x10000) {
            w->p += sprintf(w->p, "\\u%04x\\u%04X",
                            0xd800 + ((code - 0x10000) >> 10),
                            0xdc00 + (code & 0x3ff));
            continue;

        } else if (w->escape || strchr("\t\n", *s)) {
            w->p += sprintf(w->p, "\\u%04x", code);
            continue;

        } else if (*s == '"' || *s == '\\') {
            *w->p++ = '\\';
        }

        memcpy(w->p, s, n);
        w->p += n;
    }
}


static void
name(writer_t *w, const char *s, size_t len)
{
    memcpy(w->p, s, len);

    if (w->camel) {
        *w->p |= 0x20;
    }

    w->p += len;
}


/* A value of JSON. */

static void
value(writer_t *w, const char *s, size_t len)
{
    if ((len == 1 && *s == '~')
        || (w->blank && erpsync_is_blank(erpsync_span(s, len))))
    {
        w->p += sprintf(w->p, "null");
        return;
    }

    *w->p++ = '"';
    text(w, s, len);
    *w->p++ = '"';
}


static void
operation(writer_t *w, const char *op, bool slash)
{
    w->p += sprintf(w->p, "%s{\"op\":\"%s\",\"path\":\"%s",
                    (w->p[-1] == '[') ? "" : ",", op, slash ? "/" : "");
}


/* One member; "field" is -1 for those of the request. */

static void
member(writer_t *w, int field, const char *s, const char *end)
{
    bool         patch;
    size_t       len, value_len;
    const char  *v;

    v = (const char *) memchr(s, '=', (size_t) (end - s)) + 1;
    len = (size_t) (v - s) - 1;
    value_len = (size_t) (end - v);

    switch (w->media) {

    case ERPSYNC_MEDIA_XML:
        *w->p++ = '<';
        name(w, s, len);

        if (value_len == 1 && *v == '~') {
            w->p += sprintf(w->p, " xsi:nil=\"true\"/>");
            return;
        }

        *w->p++ = '>';
        text(w, v, value_len);
        w->p += sprintf(w->p, "</");
        name(w, s, len);
        *w->p++ = '>';
        return;

    case ERPSYNC_MEDIA_FORM:

        if (value_len == 1 && *v == '~') {
            return;
        }

        w->p += sprintf(w->p, "&");

        if (field >= 0) {
            name(w, "FieldValues", 11);
            w->p += sprintf(w->p, w->escape ? "%%5B%d%%5d%%5B" : "[%d].",
                            field);
        }

        name(w, s, len);
        w->p += sprintf(w->p, (field >= 0 && w->escape) ? "%%5D=" : "=");
        text(w, v, value_len);
        return;

    default:
        break;
    }

    patch = (w->media == ERPSYNC_MEDIA_JSON_PATCH
             && w->style != PATCH_OBJECT && w->style != PATCH_WHOLE
             && (field < 0 || w->style == PATCH_NESTED));

    if (patch) {
        operation(w, (w->style == PATCH_REPLACE) ? "replace" : "add",
                  w->style != PATCH_REPLACE);

        if (field >= 0) {
            w->p += sprintf(w->p, "FIELDvalues/%d/", field);
        }

        name(w, s, len);
        w->p += sprintf(w->p, "\",\"value\":");
        value(w, v, value_len);
        *w->p++ = '}';
        return;
    }

    w->p += sprintf(w->p, "%s\"", strchr("{[", w->p[-1]) ? "" : ",");
    name(w, s, len);
    w->p += sprintf(w->p, "\":");
    value(w, v, value_len);
}


static void
members(writer_t *w, int field, const char *s, const char *end)
{
    const char  *p;

    for ( /* void */ ; s < end; s = p + 1) {
        p = memchr(s, ';', (size_t) (end - s));
        p = p ? p : end;
        member(w, field, s, p);
    }
}


/* Writes what is in front of the field values, around each, and behind all. */

static void
around(writer_t *w, int field, bool end)
{
    bool  form, xml, nested, patch;

    form = (w->media == ERPSYNC_MEDIA_FORM);
    xml = (w->media == ERPSYNC_MEDIA_XML);
    patch = (w->media == ERPSYNC_MEDIA_JSON_PATCH
             && w->style != PATCH_OBJECT && w->style != PATCH_WHOLE);
    nested = (patch && w->style == PATCH_NESTED);

    if (form || (nested && end)) {
        return;
    }

    if (field >= 0) {

        if (nested) {
            operation(w, "add", true);
            w->p += sprintf(w->p, "fieldValues/-\",\"value\":{}}");
            return;
        }

        w->p += sprintf(w->p, xml ? (end ? "</x>" : "<x>")
                              : end ? "}" : (w->p[-1] == '[') ? "{" : ",{");
        return;
    }

    if (end) {
        w->p += sprintf(w->p, xml ? "</%cieldValues>" : patch ? "]}" : "]",
                        w->camel ? 'f' : 'F');
        return;
    }

    if (xml) {
        w->p += sprintf(w->p, "<%cieldValues>", w->camel ? 'f' : 'F');
        return;
    }

    if (patch) {
        operation(w, (w->style == PATCH_REPLACE) ? "replace" : "add",
                  w->style != PATCH_REPLACE);
        w->p += sprintf(w->p, "%cieldValues\",\"value\":%s",
                        w->camel ? 'f' : 'F', nested ? "[]}" : "[");
        return;
    }

    w->p += sprintf(w->p, "%s\"%cieldValues\":[", strchr("{[", w->p[-1])
                                                 ? "" : ",",
                    w->camel ? 'f' : 'F');
}


static size_t
request(writer_t *w, const equal_case_t *c, char *data)
{
    int          field;
    bool         patch;
    const char  *s, *end;

    patch = (w->media == ERPSYNC_MEDIA_JSON_PATCH
             && w->style != PATCH_OBJECT);

    w->p = data;
    w->p += sprintf(w->p, "%s", (w->media == ERPSYNC_MEDIA_XML)
                    ? "<Request xmlns:xsi='http://www.w3.org/2001/"
                      "XMLSchema-instance'>"
                    : (w->media == ERPSYNC_MEDIA_FORM) ? "&"
                    : !patch ? "{"
                    : (w->style == PATCH_WHOLE)
                    ? "[{\"op\":\"add\",\"path\":\"\",\"value\":{" : "[");

    s = c->request;
    end = strchr(s, '|');
    members(w, -1, s, end ? end : s + strlen(s));

    if (end) {
        around(w, -1, false);
    }

    for (field = 0; end; field++) {
        s = end + 1;
        end = strchr(s, '|');
        around(w, field, false);
        members(w, field, s, end ? end : s + strlen(s));
        around(w, field, true);
    }

    if (field) {
        around(w, -1, true);
    }

    w->p += sprintf(w->p, "%s", (w->media == ERPSYNC_MEDIA_XML)
                    ? "</Request>"
                    : (w->media == ERPSYNC_MEDIA_FORM) ? ""
                    : !patch ? "}"
                    : (w->style == PATCH_WHOLE) ? "}}]" : "]");

    assert_true(w->p - data < SIZE);

    return (size_t) (w->p - data);
}


static void
judge(const char *operation, const char *media, const equal_case_t *c,
    const char *data, size_t len, char *got)
{
    char                 *p;
    size_t                n;
    unit_input_t          input;
    erpsync_body_t        body;
    erpsync_arena_t       arena;
    erpsync_sink_conf_t   conf;

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(
                               erpsync_span(operation, strlen(operation)));
    conf.unknown = c->unknown;
    conf.max_field_values = 3;
    conf.key = 0x5eed;

    erpsync_arena_init(&arena);
    input = unit_input(data, len);

    assert_int_equal(erpsync_body(&arena,
                         erpsync_content_type(erpsync_span(media,
                                                           strlen(media))),
                         &conf, input.str, &body),
                     ERPSYNC_OK);

    p = got;
    p += snprintf(p, SIZE, "%s %.*s",
                  (const char *) erpsync_reason_name(body.reason).data,
                  (int) body.canonical.len,
                  body.canonical.len ? (const char *) body.canonical.data
                                     : "");

    if (body.reason == ERPSYNC_REASON_OK) {
        p += snprintf(p, (size_t) (got + SIZE - p), " %d %u %u %zu",
                      body.facts.connection, body.facts.crm_actor,
                      body.facts.erp_actor, body.facts.field_values);
    }

    for (n = 0; n < body.nviolations; n++) {
        p += snprintf(p, (size_t) (got + SIZE - p), "; %.*s %s: %.*s",
                      (int) body.violations[n].path.len,
                      body.violations[n].path.data,
                      erpsync_code_name(body.violations[n].code).data,
                      (int) body.violations[n].message.len,
                      body.violations[n].message.data);
    }

    erpsync_arena_destroy(&arena);
    free(input.data);
}


static bool
possible(const equal_case_t *c, erpsync_media_t media, patch_style_t style)
{
    if ((c->flags & NULLED) && (media == ERPSYNC_MEDIA_FORM
                                || media == ERPSYNC_MEDIA_MERGE_PATCH))
    {
        return false;
    }

    if ((c->flags & DROPPED) && media == ERPSYNC_MEDIA_XML) {
        return false;
    }

    /* an empty form is no body */

    return style == PATCH_OBJECT
           || (media == ERPSYNC_MEDIA_JSON_PATCH && !(c->flags & TWICE));
}


static void
equivalence(const char *operation)
{
    char           data[SIZE], json[SIZE], absent[SIZE], other[SIZE];
    const char    *expected;
    size_t         i, j, k, len, n;
    writer_t       w;
    patch_style_t  style;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        for (k = 0, n = 0; k < 4; k++) {
            w.camel = k & 1;
            w.blank = false;
            w.escape = false;
            w.style = PATCH_OBJECT;
            w.media = ERPSYNC_MEDIA_JSON;
            len = request(&w, &cases[i], data);
            judge(operation, "application/json", &cases[i], data, len, json);

            assert_true(strncmp(json, "ok ", 3) == 0
                        || strncmp(json, "body_invalid ", 13) == 0);

            w.media = ERPSYNC_MEDIA_MERGE_PATCH;
            w.blank = true;
            len = request(&w, &cases[i], data);
            judge(operation, "application/merge-patch+json", &cases[i], data,
                  len, absent);
            w.blank = false;

            w.escape = k & 2;

            for (j = 0; j < erpsync_nelts(media_names); j++) {
                w.media = erpsync_content_type(erpsync_span(media_names[j],
                                                    strlen(media_names[j])));

                for (style = 0; style < PATCH_STYLES; style++) {

                    if (!possible(&cases[i], w.media, style)) {
                        continue;
                    }

                    w.style = style;
                    len = request(&w, &cases[i], data);
                    judge(operation, media_names[j], &cases[i], data, len,
                          other);
                    n++;

                    expected = (w.media == ERPSYNC_MEDIA_FORM
                                && !(cases[i].flags & NAMED)) ? absent : json;

                    if (strcmp(expected, other) != 0) {
                        fail_msg("case %zu, %s, style %d: %.*s\n  %s\n  %s",
                                 i, media_names[j], (int) style, (int) len,
                                 data, expected, other);
                    }
                }
            }
        }

        assert_true(n >= 20);
    }
}


static void
test_try_connect_actor(void **state)
{
    (void) state;

    assert_true(erpsync_nelts(cases) >= 60);

    equivalence("TryConnectActor");
}


static void
test_connect_actor(void **state)
{
    (void) state;

    equivalence("ConnectActor");
}


/* Prints case, media type, mode, body and answer, the texts in hexadecimal. */

static void
dump_hex(const char *s, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        printf("%02x", (unsigned char) s[i]);
    }
}


static void
dump(void)
{
    char      data[SIZE], got[SIZE];
    size_t    i, j, len;
    writer_t  w;

    static const char  *modes[] = { "reject", "strip", "pass" };

    for (i = 0; i < erpsync_nelts(cases); i++) {
        for (j = 0; j < erpsync_nelts(media_names); j++) {
            w.media = erpsync_content_type(erpsync_span(media_names[j],
                                                    strlen(media_names[j])));
            w.blank = false;
            w.camel = i & 1;
            w.escape = i & 2;
            w.style = (w.media == ERPSYNC_MEDIA_JSON_PATCH)
                      ? (patch_style_t) (i % PATCH_STYLES) : PATCH_OBJECT;

            if (!possible(&cases[i], w.media, w.style)) {
                w.style = PATCH_OBJECT;

                if (!possible(&cases[i], w.media, w.style)) {
                    continue;
                }
            }

            len = request(&w, &cases[i], data);
            judge("TryConnectActor", media_names[j], &cases[i], data, len,
                  got);

            printf("%zu\t%s\t%s\t", i, media_names[j],
                   modes[cases[i].unknown]);
            dump_hex(data, len);
            printf("\t");
            dump_hex(got, strlen(got));
            printf("\n");
        }
    }
}


int
main(int argc, char **argv)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_try_connect_actor),
        cmocka_unit_test(test_connect_actor),
    };

    if (argc > 1 && strcmp(argv[1], "--dump") == 0) {
        dump();
        return 0;
    }

    return cmocka_run_group_tests(tests, NULL, NULL);
}
