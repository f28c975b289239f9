
/*
 * libFuzzer target: a body of any media type, for any operation.
 *
 * The first two bytes choose media type, operation and settings; the rest is
 * the body.  What must hold for whatever comes:
 *
 *   - memory is within its bound
 *   - the fast path, with AVX2 and without, and the general path give the same
 *     result
 *   - JSON is malformed where jansson finds it malformed, and nowhere else;
 *     XML is malformed at least where expat finds it malformed
 *   - jansson reads the canonical body; of an operation without a request, it
 *     has the value of the body
 *   - the canonical body is canonical: judged again, it is the same bytes
 */


#include <expat.h>
#include <jansson.h>

#include "erpsync_wide.h"
#include "fuzz.h"
#include "general.h"


static void
judge(erpsync_arena_t *arena, erpsync_media_t media,
    const erpsync_sink_conf_t *conf, erpsync_str_t input,
    erpsync_body_t *body)
{
    CHECK(erpsync_body(arena, media, conf, input, body) == ERPSYNC_OK);
    CHECK(arena->used <= 4 * input.len + 1024 * 1024);
    CHECK(!arena->failed);
    CHECK((body->nviolations > 0)
          == (body->reason == ERPSYNC_REASON_BODY_INVALID
              || body->reason == ERPSYNC_REASON_BODY_MALFORMED));
}


static json_t *
load(erpsync_str_t text, json_error_t *error)
{
    return json_loadb((const char *) text.data, text.len,
                      JSON_DECODE_ANY|JSON_DECODE_INT_AS_REAL
                      |JSON_REJECT_DUPLICATES, error);
}


/*
 * A number beyond a double is jansson's own limit, and a name may be there
 * twice in JSON.  After a value, jansson takes a zero byte for the end.
 */

static bool
is_limit(const json_error_t *error)
{
    return json_error_code(error) == json_error_numeric_overflow
           || json_error_code(error) == json_error_duplicate_key;
}


static unsigned
deepest(erpsync_str_t s)
{
    size_t    i;
    unsigned  depth, max;

    for (i = 0, depth = 0, max = 0; i < s.len; i++) {

        if (s.data[i] == '[' || s.data[i] == '{') {
            depth++;
            max = (depth > max) ? depth : max;

        } else if (depth && (s.data[i] == ']' || s.data[i] == '}')) {
            depth--;
        }
    }

    return max;
}


static void
check_json(const erpsync_sink_conf_t *conf, erpsync_str_t input,
    const erpsync_body_t *body)
{
    json_t        *theirs, *ours;
    json_error_t   error;

    if (body->reason == ERPSYNC_REASON_BODY_MISSING) {
        return;
    }

    input = erpsync_file_text(input);
    theirs = load(input, &error);

    if (body->reason != ERPSYNC_REASON_BODY_MALFORMED) {
        CHECK(theirs != NULL || input.len == 0 || is_limit(&error)
              || body->canonical.len == 0);

    } else if (theirs) {
        CHECK(deepest(input) > ERPSYNC_MAX_DEPTH
              || memchr(input.data, '\0', input.len));
    }

    if (theirs && conf->operation->request == NULL && body->canonical.len) {
        ours = load(body->canonical, &error);
        CHECK(ours && json_equal(ours, theirs));
        json_decref(ours);
    }

    json_decref(theirs);
}


static void
check_xml(erpsync_str_t input, const erpsync_body_t *body)
{
    XML_Parser  parser;

    /* a blank body is none, and not every operation needs one */

    if ((body->reason != ERPSYNC_REASON_OK || body->canonical.len == 0)
        && body->reason != ERPSYNC_REASON_BODY_INVALID)
    {
        return;
    }

    parser = XML_ParserCreate(NULL);
    CHECK(parser != NULL);
    CHECK(XML_Parse(parser, (const char *) input.data, (int) input.len, 1)
          == XML_STATUS_OK);
    XML_ParserFree(parser);
}


static void
check_same(const erpsync_body_t *one, const erpsync_body_t *other)
{
    CHECK(one->reason == other->reason);
    CHECK(one->nviolations == other->nviolations);
    CHECK(erpsync_str_eq(one->canonical, other->canonical));
}


static void
check_canonical(erpsync_arena_t *arena, erpsync_sink_conf_t *conf,
    erpsync_str_t canonical)
{
    json_t          *value;
    erpsync_body_t   again;

    if (canonical.len == 0) {
        return;
    }

    value = json_loadb((const char *) canonical.data, canonical.len,
                       JSON_DECODE_ANY|JSON_REJECT_DUPLICATES, NULL);

    /* jansson takes no number beyond a double, which is no fault of ours */

    if (conf->operation->request
        && conf->unknown != ERPSYNC_UNKNOWN_PASS)
    {
        CHECK(value != NULL);
    }

    json_decref(value);

    judge(arena, ERPSYNC_MEDIA_JSON, conf, canonical, &again);
    CHECK(again.reason == ERPSYNC_REASON_OK);
    CHECK(erpsync_str_eq(again.canonical, canonical));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    erpsync_str_t        input;
    erpsync_body_t       body, general;
    erpsync_media_t      media;
    erpsync_arena_t      arena, other;
    erpsync_sink_conf_t  conf;

    if (size < 2) {
        return 0;
    }

    memset(&conf, 0, sizeof(conf));

    media = (erpsync_media_t) (ERPSYNC_MEDIA_JSON + data[0] % 5);
    conf.unknown = (erpsync_unknown_t) ((data[0] >> 4) % 3);
    conf.max_field_values = (data[0] & 0x80) ? 2 : 0;
    conf.operation = &erpsync_operations[data[1] % ERPSYNC_OPERATIONS];
    conf.key = 0x5eed;

    input = erpsync_span(data + 2, size - 2);

    erpsync_arena_init(&arena);
    judge(&arena, media, &conf, input, &body);

    if (media == ERPSYNC_MEDIA_JSON || media == ERPSYNC_MEDIA_XML
        || media == ERPSYNC_MEDIA_FORM)
    {
        erpsync_arena_init(&other);
        unit_general = true;
        judge(&other, media, &conf, input, &general);
        unit_general = false;

        check_same(&body, &general);
        erpsync_arena_destroy(&other);

        erpsync_arena_init(&other);
        CHECK(erpsync_wide_set(false));
        judge(&other, media, &conf, input, &general);
        (void) erpsync_wide_set(true);

        check_same(&body, &general);
        erpsync_arena_destroy(&other);
    }

    if (media == ERPSYNC_MEDIA_JSON) {
        check_json(&conf, input, &body);

    } else if (media == ERPSYNC_MEDIA_XML) {
        check_xml(input, &body);
    }

    if (body.reason == ERPSYNC_REASON_OK) {
        erpsync_arena_init(&other);
        check_canonical(&other, &conf, body.canonical);
        erpsync_arena_destroy(&other);
    }

    erpsync_arena_destroy(&arena);

    return 0;
}
