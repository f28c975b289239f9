
/*
 * libFuzzer target: what a client and the log are told of a refusal.
 *
 * The first bytes choose media type, operation, settings, reason and hint; the
 * rest is a body.  Its violations are written in each form.  What must hold
 * for whatever comes: jansson reads JSON, expat reads XML, and both find what
 * was written; no sentence has a value of the body; the text for the log is
 * printable ASCII, and no longer than it may be.
 */


#define _GNU_SOURCE     /* memmem() */

#include <expat.h>
#include <jansson.h>

#include "fuzz.h"


#define ID      "0123456789abcdef"
#define SECRET  "S3cr3t"


/* What expat reads: the texts of all elements without others in them. */

typedef struct {
    unsigned   depth;
    size_t     ntexts;
    bool       open;               /* in the element that began last */
    size_t     len;
    char      *text;               /* with a NUL behind each of them */
} document_t;


static void
begin(void *data, const char *name, const char **attributes)
{
    document_t  *doc = data;

    CHECK(doc->depth > 0 || strcmp(name, "Error") == 0);
    CHECK(attributes[0] == NULL);

    doc->depth++;
    doc->open = true;
}


static void
end(void *data, const char *name)
{
    document_t  *doc = data;

    (void) name;

    if (doc->open) {
        doc->text[doc->len++] = '\0';
        doc->ntexts++;
    }

    doc->depth--;
    doc->open = false;
}


static void
text(void *data, const char *s, int len)
{
    document_t  *doc = data;

    CHECK(doc->open);
    memcpy(doc->text + doc->len, s, (size_t) len);
    doc->len += (size_t) len;
}


/*
 * "s" as XML can hold it: U+FFFD for each character that it cannot, and for a
 * carriage return, which would be read as a line feed.
 */

static size_t
as_xml(erpsync_str_t s, char *p)
{
    char    *start;
    size_t   i;

    start = p;

    for (i = 0; i < s.len; i++) {

        if (s.data[i] < 0x20 && s.data[i] != 0x09 && s.data[i] != 0x0a) {
            p = stpcpy(p, "\xef\xbf\xbd");

        } else if (s.len - i >= 3 && s.data[i] == 0xef && s.data[i + 1] == 0xbf
                   && s.data[i + 2] >= 0xbe)
        {
            p = stpcpy(p, "\xef\xbf\xbd");
            i += 2;

        } else {
            *p++ = (char) s.data[i];
        }
    }

    return (size_t) (p - start);
}


static const char *
next(const char **at, const char *last)
{
    const char  *s;

    s = *at;
    CHECK(s < last);
    *at += strlen(s) + 1;

    return s;
}


static void
check_xml(erpsync_str_t answer, const erpsync_refusal_t *refusal)
{
    char            *expected;
    size_t           i;
    XML_Parser       parser;
    document_t       doc;
    const char      *at, *last;
    erpsync_str_t    path, code;

    memset(&doc, 0, sizeof(doc));
    doc.text = malloc(2 * answer.len + 1);
    CHECK(doc.text != NULL);

    parser = XML_ParserCreate("UTF-8");
    CHECK(parser != NULL);
    XML_SetUserData(parser, &doc);
    XML_SetElementHandler(parser, begin, end);
    XML_SetCharacterDataHandler(parser, text);
    CHECK(XML_Parse(parser, (const char *) answer.data, (int) answer.len, 1)
          == XML_STATUS_OK);
    XML_ParserFree(parser);

    CHECK(doc.ntexts == 5 + 3 * refusal->nviolations);

    at = doc.text;
    last = doc.text + doc.len;

    CHECK(strcmp(next(&at, last), "true") == 0);
    CHECK(strcmp(next(&at, last),
                 (const char *) erpsync_reason_name(refusal->reason).data)
          == 0);
    (void) next(&at, last);
    CHECK(strcmp(next(&at, last), "erpsync-gateway") == 0);
    CHECK(strcmp(next(&at, last), ID) == 0);

    for (i = 0; i < refusal->nviolations; i++) {
        path = refusal->violations[i].path;
        code = erpsync_code_name(refusal->violations[i].code);
        expected = malloc(3 * path.len + 1);
        CHECK(expected != NULL);

        path.len = as_xml(path, expected);
        CHECK((size_t) (last - at) > path.len
              && memcmp(at, expected, path.len) == 0 && at[path.len] == '\0');
        free(expected);

        at += path.len + 1;
        CHECK(erpsync_str_eq(fuzz_str(next(&at, last)), code));
        (void) next(&at, last);
    }

    free(doc.text);
}


static bool
is(const json_t *object, const char *name, erpsync_str_t expected)
{
    const json_t  *value;

    value = json_object_get(object, name);

    return json_is_string(value)
           && erpsync_str_eq(erpsync_span(json_string_value(value),
                                          json_string_length(value)),
                             expected);
}


static void
check_json(erpsync_str_t answer, const erpsync_refusal_t *refusal,
    bool problem)
{
    size_t                      i;
    json_t                     *root, *errors, *error;
    const erpsync_violation_t  *v;

    root = json_loadb((const char *) answer.data, answer.len,
                      JSON_REJECT_DUPLICATES, NULL);
    CHECK(json_is_object(root));

    CHECK(is(root, problem ? "instance" : "RequestId", fuzz_str(ID)));

    if (problem) {
        CHECK(json_integer_value(json_object_get(root, "status"))
              == erpsync_reason_status(refusal->reason));

    } else {
        CHECK(json_is_true(json_object_get(root, "Error")));
        CHECK(is(root, "ErrorType", erpsync_reason_name(refusal->reason)));
    }

    errors = json_object_get(root, problem ? "errors" : "Errors");
    CHECK((errors != NULL) == (refusal->nviolations > 0));
    CHECK(json_array_size(errors) == refusal->nviolations);

    json_array_foreach (errors, i, error) {
        v = &refusal->violations[i];
        CHECK(is(error, problem ? "path" : "Path", v->path));
        CHECK(is(error, problem ? "code" : "Code",
                 erpsync_code_name(v->code)));
        CHECK(is(error, problem ? "message" : "Message", v->message));
        CHECK(memmem(v->message.data, v->message.len, SECRET,
                     sizeof(SECRET) - 1) == NULL);
    }

    json_decref(root);
}


static void
check_text(erpsync_arena_t *arena, const erpsync_body_t *body)
{
    size_t         i, n;
    uint8_t        place[ERPSYNC_VIOLATION_PLACE];
    erpsync_str_t  s;

    CHECK(erpsync_violations_text(arena, body->nviolations, body->violations,
                                  &s) == ERPSYNC_OK);
    CHECK(s.len <= ERPSYNC_VIOLATIONS_TEXT && fuzz_is_printable(s));
    CHECK((s.len > 0) == (body->nviolations > 0));
    CHECK(s.len == 0 || memchr(s.data, '"', s.len) == NULL);

    for (i = 0; i < body->nviolations; i++) {
        n = erpsync_violation_place(&body->violations[i], place);
        CHECK(n <= sizeof(place) && fuzz_is_printable(erpsync_span(place, n)));
        CHECK(memmem(place, n, SECRET, sizeof(SECRET) - 1) == NULL);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_t                fuzz;
    unsigned              format;
    erpsync_str_t         answer;
    erpsync_body_t        body;
    erpsync_media_t       media;
    erpsync_arena_t       arena;
    erpsync_refusal_t     refusal;
    erpsync_sink_conf_t   conf;

    static const char *const  hints[] = { "", "Send it as a string.", "\"<&>" };

    fuzz = fuzz_start(data, size);
    memset(&conf, 0, sizeof(conf));
    memset(&refusal, 0, sizeof(refusal));

    media = (erpsync_media_t) (ERPSYNC_MEDIA_JSON + fuzz_any(&fuzz, 5));
    conf.operation = &erpsync_operations[fuzz_any(&fuzz, ERPSYNC_OPERATIONS)];
    conf.unknown = (erpsync_unknown_t) fuzz_any(&fuzz, 3);
    conf.max_field_values = 2;
    conf.key = 0x5eed;

    refusal.reason = (erpsync_reason_t) fuzz_any(&fuzz, ERPSYNC_REASON_COUNT);
    refusal.hint = fuzz_str(hints[fuzz_any(&fuzz, erpsync_nelts(hints))]);
    refusal.request_id = fuzz_str(ID);

    erpsync_arena_init(&arena);
    CHECK(erpsync_body(&arena, media, &conf, fuzz_rest(&fuzz), &body)
          == ERPSYNC_OK);

    if (body.reason != ERPSYNC_REASON_OK) {
        refusal.reason = body.reason;
        refusal.nviolations = body.nviolations;
        refusal.violations = body.violations;
        check_text(&arena, &body);
    }

    for (format = ERPSYNC_FORMAT_SUPEROFFICE; format <= ERPSYNC_FORMAT_XML;
         format++)
    {
        CHECK(erpsync_refusal(&arena, (erpsync_format_t) format, &refusal,
                              &answer)
              == ERPSYNC_OK);

        if (format == ERPSYNC_FORMAT_XML) {
            check_xml(answer, &refusal);

        } else {
            check_json(answer, &refusal, format == ERPSYNC_FORMAT_PROBLEM);
        }
    }

    erpsync_arena_destroy(&arena);

    return 0;
}
