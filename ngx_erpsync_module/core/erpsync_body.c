
#include "erpsync_body.h"
#include "erpsync_form.h"
#include "erpsync_json.h"
#include "erpsync_xml.h"


static erpsync_rc_t erpsync_body_invalid(erpsync_arena_t *arena,
    const erpsync_sink_t *sink, erpsync_body_t *body);
static erpsync_rc_t erpsync_body_malformed(erpsync_arena_t *arena,
    erpsync_str_t input, const erpsync_error_t *error, erpsync_body_t *body);


static const erpsync_str_t  erpsync_byte_order_mark =
    erpsync_string("\xef\xbb\xbf");


erpsync_rc_t
erpsync_body(erpsync_arena_t *arena, erpsync_media_t media,
    const erpsync_sink_conf_t *conf, erpsync_str_t input,
    erpsync_body_t *body)
{
    erpsync_rc_t     rc;
    erpsync_sink_t   sink;
    erpsync_error_t  error;

    memset(body, 0, sizeof(erpsync_body_t));

    if (input.len == 0) {
        body->reason = (conf->operation->body == ERPSYNC_BODY_NONE)
                       ? ERPSYNC_REASON_OK : ERPSYNC_REASON_BODY_MISSING;
        return ERPSYNC_OK;
    }

    if (input.len >= erpsync_byte_order_mark.len
        && memcmp(input.data, erpsync_byte_order_mark.data,
                  erpsync_byte_order_mark.len) == 0)
    {
        input.data += erpsync_byte_order_mark.len;
        input.len -= erpsync_byte_order_mark.len;
    }

    erpsync_sink_init(&sink, arena, conf, input.len);
    sink.conf.null_absent = (media == ERPSYNC_MEDIA_MERGE_PATCH);

    switch (media) {

    case ERPSYNC_MEDIA_JSON:
    case ERPSYNC_MEDIA_MERGE_PATCH:
        rc = erpsync_json(&sink, input, &error);
        break;

    case ERPSYNC_MEDIA_XML:
    case ERPSYNC_MEDIA_FORM:

        /* without a schema there is no way to tell arrays from objects */

        if (conf->operation->body == ERPSYNC_BODY_SCHEMA) {
            rc = (media == ERPSYNC_MEDIA_XML)
                 ? erpsync_xml(&sink, input, &error)
                 : erpsync_form(&sink, input, &error);
            break;
        }

        /* fall through */

    default:
        body->reason = ERPSYNC_REASON_CONTENT_TYPE_UNSUPPORTED;
        return ERPSYNC_OK;
    }

    if (rc != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (error.message) {
        return erpsync_body_malformed(arena, input, &error, body);
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
erpsync_body_invalid(erpsync_arena_t *arena, const erpsync_sink_t *sink,
    erpsync_body_t *body)
{
    size_t                size;
    erpsync_violation_t  *violations;

    size = sink->nviolations * sizeof(erpsync_violation_t);

    violations = erpsync_alloc(arena, size);
    if (violations == NULL) {
        return ERPSYNC_ERROR;
    }

    memcpy(violations, sink->violations, size);

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

    body->reason = ERPSYNC_REASON_BODY_MALFORMED;
    body->nviolations = 1;
    body->violations = violation;
    body->line = line;
    body->column = column;

    return ERPSYNC_OK;
}
