
#include "erpsync_body.h"
#include "erpsync_form.h"
#include "erpsync_json.h"
#include "erpsync_patch.h"
#include "erpsync_scan.h"
#include "erpsync_xml.h"


/*
 * What one body may take: less than four times its size and 1 MB.  Of XML,
 * some is not taken from the arena: expat has as much as the body and 128 KB.
 */

#define ERPSYNC_BODY_MEMORY(len)   ((len) * 4 + 768 * 1024)
#define ERPSYNC_BODY_SHARED(len)   ((len) * 3 + 768 * 1024)

#define ERPSYNC_PATCH_LEVELS  2   /* the array and its operations */


static erpsync_str_t erpsync_body_text(erpsync_str_t input);
static erpsync_rc_t erpsync_body_judge(erpsync_arena_t *arena,
    erpsync_media_t media, const erpsync_sink_conf_t *conf,
    erpsync_str_t input, erpsync_body_t *body);
static erpsync_rc_t erpsync_body_decode(erpsync_sink_t *sink,
    erpsync_media_t media, erpsync_str_t input, erpsync_error_t *error);
static erpsync_rc_t erpsync_body_patch(erpsync_arena_t *arena,
    const erpsync_sink_conf_t *conf, erpsync_str_t input,
    erpsync_body_t *body, erpsync_str_t *result);
static erpsync_rc_t erpsync_body_apply(erpsync_arena_t *arena,
    erpsync_arena_t *scratch, const erpsync_sink_conf_t *conf,
    erpsync_str_t input, erpsync_body_t *body, erpsync_str_t *result);
static erpsync_rc_t erpsync_body_failure(erpsync_arena_t *arena,
    const erpsync_patch_error_t *error, erpsync_body_t *body);
static erpsync_rc_t erpsync_body_invalid(erpsync_arena_t *arena,
    const erpsync_sink_t *sink, erpsync_body_t *body);
static erpsync_rc_t erpsync_body_malformed(erpsync_arena_t *arena,
    erpsync_str_t input, const erpsync_error_t *error, erpsync_body_t *body);


erpsync_rc_t
erpsync_body(erpsync_arena_t *arena, erpsync_media_t media,
    const erpsync_sink_conf_t *conf, erpsync_str_t input,
    erpsync_body_t *body)
{
    size_t           limit;
    erpsync_rc_t     rc;
    erpsync_error_t  error;

    erpsync_zero(body, sizeof(erpsync_body_t));

    input = erpsync_body_text(input);

    if (input.len == 0) {
        body->reason = conf->operation->request ? ERPSYNC_REASON_BODY_MISSING
                                                : ERPSYNC_REASON_OK;
        return ERPSYNC_OK;
    }

    if ((media == ERPSYNC_MEDIA_XML || media == ERPSYNC_MEDIA_FORM)
        && conf->operation->request == NULL)
    {
        /* without a schema there is no way to tell arrays from objects */

        body->reason = ERPSYNC_REASON_CONTENT_TYPE_UNSUPPORTED;
        return ERPSYNC_OK;
    }

    limit = arena->limit;
    arena->limit = arena->used
                   + ((media == ERPSYNC_MEDIA_XML)
                      ? ERPSYNC_BODY_SHARED(input.len)
                      : ERPSYNC_BODY_MEMORY(input.len));
    arena->exceeded = false;
    arena->failed = false;

    rc = erpsync_body_judge(arena, media, conf, input, body);

    arena->limit = limit;

    if (rc != ERPSYNC_OK && arena->exceeded && !arena->failed) {

        /* the limit was reached, but the gateway has memory */

        error.message = "the body needs more memory than its size allows";
        error.offset = 0;
        memset(body, 0, sizeof(erpsync_body_t));

        return erpsync_body_malformed(arena, input, &error, body);
    }

    return rc;
}


/*
 * Returns a body without its byte order mark, or an empty one if it is white
 * space only.
 */

static erpsync_str_t
erpsync_body_text(erpsync_str_t input)
{
    static const erpsync_str_t  mark = erpsync_string("\xef\xbb\xbf");

    if (input.len >= mark.len
        && memcmp(input.data, mark.data, mark.len) == 0)
    {
        input.data += mark.len;
        input.len -= mark.len;
    }

    if (input.len && input.data[0] <= ' ' && erpsync_is_blank(input)) {
        input.len = 0;
    }

    return input;
}


static erpsync_rc_t
erpsync_body_judge(erpsync_arena_t *arena, erpsync_media_t media,
    const erpsync_sink_conf_t *conf, erpsync_str_t input,
    erpsync_body_t *body)
{
    erpsync_str_t    text;
    erpsync_sink_t   sink;
    erpsync_error_t  error;
    const uint8_t   *p;

    text = input;

    if (media == ERPSYNC_MEDIA_JSON_PATCH) {
        p = erpsync_scan_space(input.data, input.data + input.len);

        /* anything but an array is read as JSON */

        if (p < input.data + input.len && *p == '[') {

            if (erpsync_body_patch(arena, conf, input, body, &text)
                != ERPSYNC_OK)
            {
                return ERPSYNC_ERROR;
            }

            if (body->nviolations) {
                return ERPSYNC_OK;
            }
        }
    }

    erpsync_sink_init(&sink, arena, conf, text.len);
    sink.null_absent = (media == ERPSYNC_MEDIA_MERGE_PATCH
                        || media == ERPSYNC_MEDIA_FORM);
    sink.merge = (media == ERPSYNC_MEDIA_MERGE_PATCH);
    sink.input = (text.data == input.data) ? input.data : NULL;

    if (erpsync_body_decode(&sink, media, text, &error) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (error.message) {
        return erpsync_body_malformed(arena, text, &error, body);
    }

    body->facts = sink.facts;

    if (!sink.invalid) {
        body->reason = ERPSYNC_REASON_OK;
        body->canonical = erpsync_sink_canonical(&sink);
        return ERPSYNC_OK;
    }

    return erpsync_body_invalid(arena, &sink, body);
}


static erpsync_rc_t
erpsync_body_decode(erpsync_sink_t *sink, erpsync_media_t media,
    erpsync_str_t input, erpsync_error_t *error)
{
    switch (media) {

    case ERPSYNC_MEDIA_XML:
        return erpsync_xml(sink, input, error);

    case ERPSYNC_MEDIA_FORM:
        return erpsync_form(sink, input, error);

    default:
        return erpsync_json(sink, input, error);
    }
}


/*
 * Applies a JSON Patch to {}.  Sets "result" to the document, or adds
 * violations of the patch to "body".  Everything else is in an arena that is
 * freed here: the pool of a request would keep it.
 */

static erpsync_rc_t
erpsync_body_patch(erpsync_arena_t *arena, const erpsync_sink_conf_t *conf,
    erpsync_str_t input, erpsync_body_t *body, erpsync_str_t *result)
{
    erpsync_rc_t     rc;
    erpsync_arena_t  scratch;

    erpsync_arena_init(&scratch);
    scratch.limit = ERPSYNC_BODY_SHARED(input.len);

    rc = erpsync_body_apply(arena, &scratch, conf, input, body, result);

    arena->exceeded |= scratch.exceeded;
    arena->failed |= scratch.failed;
    erpsync_arena_destroy(&scratch);

    return rc;
}


static erpsync_rc_t
erpsync_body_apply(erpsync_arena_t *arena, erpsync_arena_t *scratch,
    const erpsync_sink_conf_t *conf, erpsync_str_t input,
    erpsync_body_t *body, erpsync_str_t *result)
{
    erpsync_rc_t           rc;
    erpsync_out_t          out, document;
    erpsync_sink_t         sink;
    erpsync_error_t        error;
    erpsync_arena_t        strings;
    erpsync_sink_conf_t    plain;
    erpsync_patch_error_t  failure;

    static const erpsync_operation_t  any = {
        erpsync_string("patch"), NULL, 0
    };

    plain = *conf;
    plain.operation = &any;

    /* the text has its own copy of decoded strings, so they are freed early */

    erpsync_arena_init(&strings);
    strings.limit = ERPSYNC_BODY_SHARED(input.len);
    error.message = NULL;

    erpsync_sink_init(&sink, &strings, &plain, 0);
    sink.input = input.data;

    /* names in a value are checked in the document that comes out */

    sink.checked = ERPSYNC_PATCH_LEVELS;

    if (erpsync_out_init(&out, scratch, input.len) != ERPSYNC_OK) {
        rc = ERPSYNC_ERROR;

    } else {
        sink.out = out;
        rc = erpsync_json(&sink, input, &error);
    }

    scratch->exceeded |= strings.exceeded;
    scratch->failed |= strings.failed;

    if (rc == ERPSYNC_OK && error.message) {
        rc = erpsync_body_malformed(arena, input, &error, body);

    } else if (rc == ERPSYNC_OK && sink.invalid) {
        rc = erpsync_body_invalid(arena, &sink, body);
    }

    erpsync_arena_destroy(&strings);

    if (rc != ERPSYNC_OK || body->nviolations) {
        return rc;
    }

    out = sink.out;

    if (erpsync_patch(arena, scratch, out.start, erpsync_out_len(&out),
                      &document, &failure)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (failure.message) {
        return erpsync_body_failure(arena, &failure, body);
    }

    *result = erpsync_span(document.start, erpsync_out_len(&document));

    return ERPSYNC_OK;
}


static erpsync_rc_t
erpsync_body_failure(erpsync_arena_t *arena,
    const erpsync_patch_error_t *error, erpsync_body_t *body)
{
    erpsync_out_t         out;
    erpsync_violation_t  *violation;

    violation = erpsync_alloc(arena, sizeof(erpsync_violation_t));

    if (violation == NULL
        || erpsync_out_init(&out, arena, 64) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (!error->whole
        && (erpsync_out_literal(&out, "/") != ERPSYNC_OK
            || erpsync_out_number(&out, error->index) != ERPSYNC_OK))
    {
        return ERPSYNC_ERROR;
    }

    if (error->member
        && (erpsync_out_literal(&out, "/") != ERPSYNC_OK
            || erpsync_out_str(&out, erpsync_span(error->member,
                                                  strlen(error->member)))
               != ERPSYNC_OK))
    {
        return ERPSYNC_ERROR;
    }

    violation->path = erpsync_span(out.start, erpsync_out_len(&out));
    violation->code = error->code;
    violation->offset = ERPSYNC_NO_OFFSET;
    violation->message = erpsync_span(error->message, strlen(error->message));

    body->reason = ERPSYNC_REASON_BODY_INVALID;
    body->nviolations = 1;
    body->violations = violation;

    return ERPSYNC_OK;
}


static erpsync_rc_t
erpsync_body_invalid(erpsync_arena_t *arena, const erpsync_sink_t *sink,
    erpsync_body_t *body)
{
    size_t                i, size;
    erpsync_violation_t  *violations;

    size = sink->nviolations * sizeof(erpsync_violation_t);

    violations = erpsync_alloc(arena, size);
    if (violations == NULL) {
        return ERPSYNC_ERROR;
    }

    memcpy(violations, sink->violations, size);

    /* the sink's arena may be freed before the answer is written */

    for (i = 0; i < sink->nviolations && sink->arena != arena; i++) {
        violations[i].path = erpsync_str_dup(arena, violations[i].path);
        violations[i].message = erpsync_str_dup(arena, violations[i].message);

        if (violations[i].path.data == NULL
            || violations[i].message.data == NULL)
        {
            return ERPSYNC_ERROR;
        }
    }

    body->reason = ERPSYNC_REASON_BODY_INVALID;
    body->nviolations = sink->nviolations;
    body->violations = violations;

    return ERPSYNC_OK;
}


static erpsync_rc_t
erpsync_body_malformed(erpsync_arena_t *arena, erpsync_str_t input,
    const erpsync_error_t *error, erpsync_body_t *body)
{
    size_t                line, column;
    erpsync_out_t         out;
    erpsync_violation_t  *violation;

    erpsync_error_place(input, error->offset, &line, &column);

    violation = erpsync_alloc(arena, sizeof(erpsync_violation_t));

    if (violation == NULL
        || erpsync_out_init(&out, arena, 96) != ERPSYNC_OK
        || erpsync_out_literal(&out, "line ") != ERPSYNC_OK
        || erpsync_out_number(&out, line) != ERPSYNC_OK
        || erpsync_out_literal(&out, ", column ") != ERPSYNC_OK
        || erpsync_out_number(&out, column) != ERPSYNC_OK
        || erpsync_out_literal(&out, ": ") != ERPSYNC_OK
        || erpsync_out_str(&out, erpsync_span(error->message,
                                              strlen(error->message)))
           != ERPSYNC_OK
        || erpsync_out_literal(&out, ".") != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    violation->path = erpsync_span(out.start, 0);
    violation->code = ERPSYNC_CODE_SYNTAX;
    violation->message = erpsync_span(out.start, erpsync_out_len(&out));
    violation->offset = error->offset;

    body->reason = ERPSYNC_REASON_BODY_MALFORMED;
    body->nviolations = 1;
    body->violations = violation;

    return ERPSYNC_OK;
}
