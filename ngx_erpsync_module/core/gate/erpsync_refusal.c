
#include "erpsync_out.h"
#include "erpsync_refusal.h"


#define ERPSYNC_SOURCE          "erpsync-gateway"

/* Pieces of JSON that the WebAPI would answer with. */

#define ERPSYNC_REFUSAL_TYPE    "{\"Error\":true,\"ErrorType\":\""
#define ERPSYNC_REFUSAL_SOURCE  ",\"ErrorSource\":\"" ERPSYNC_SOURCE "\""


static erpsync_rc_t erpsync_refusal_message(erpsync_arena_t *arena,
    const erpsync_refusal_t *refusal, erpsync_str_t *message);
static erpsync_rc_t erpsync_refusal_superoffice(erpsync_out_t *out,
    const erpsync_refusal_t *refusal, erpsync_str_t message);
static erpsync_rc_t erpsync_refusal_problem(erpsync_out_t *out,
    const erpsync_refusal_t *refusal, erpsync_str_t message);
static erpsync_rc_t erpsync_refusal_xml(erpsync_out_t *out,
    const erpsync_refusal_t *refusal, erpsync_str_t message);
static erpsync_rc_t erpsync_refusal_errors(erpsync_out_t *out,
    const erpsync_refusal_t *refusal, const erpsync_str_t *names);
static erpsync_rc_t erpsync_refusal_member(erpsync_out_t *out,
    erpsync_str_t name, erpsync_str_t value);
static erpsync_rc_t erpsync_refusal_element(erpsync_out_t *out,
    erpsync_str_t name, erpsync_str_t value);


static const erpsync_str_t  erpsync_error_names[] = {
    erpsync_string("Path"),
    erpsync_string("Code"),
    erpsync_string("Message")
};

static const erpsync_str_t  erpsync_problem_names[] = {
    erpsync_string("path"),
    erpsync_string("code"),
    erpsync_string("message")
};


erpsync_rc_t
erpsync_refusal(erpsync_arena_t *arena, erpsync_format_t format,
    const erpsync_refusal_t *refusal, erpsync_str_t *text)
{
    erpsync_rc_t   rc;
    erpsync_out_t  out;
    erpsync_str_t  message;

    *text = erpsync_span(NULL, 0);

    if (erpsync_out_init(&out, arena, 512) != ERPSYNC_OK
        || erpsync_refusal_message(arena, refusal, &message) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    switch (format) {

    case ERPSYNC_FORMAT_PROBLEM:
        rc = erpsync_refusal_problem(&out, refusal, message);
        break;

    case ERPSYNC_FORMAT_XML:
        rc = erpsync_refusal_xml(&out, refusal, message);
        break;

    default:
        rc = erpsync_refusal_superoffice(&out, refusal, message);
    }

    if (rc == ERPSYNC_OK) {
        *text = erpsync_span(out.start, erpsync_out_len(&out));
    }

    return rc;
}


erpsync_str_t
erpsync_refusal_type(erpsync_format_t format)
{
    static const erpsync_str_t  types[] = {
        erpsync_string("application/json; charset=utf-8"),
        erpsync_string("application/problem+json"),
        erpsync_string("application/xml; charset=utf-8")
    };

    return types[format];
}


/*
 * Sets "message" to the sentence of the reason, and the hint if there is one.
 */

static erpsync_rc_t
erpsync_refusal_message(erpsync_arena_t *arena,
    const erpsync_refusal_t *refusal, erpsync_str_t *message)
{
    erpsync_out_t  out;

    *message = erpsync_reason_sentence(refusal->reason);

    if (refusal->hint.len == 0) {
        return ERPSYNC_OK;
    }

    if (erpsync_out_init(&out, arena, message->len + 1 + refusal->hint.len)
        != ERPSYNC_OK
        || erpsync_out_str(&out, *message) != ERPSYNC_OK
        || erpsync_out_literal(&out, " ") != ERPSYNC_OK
        || erpsync_out_str(&out, refusal->hint) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    *message = erpsync_span(out.start, erpsync_out_len(&out));

    return ERPSYNC_OK;
}


/* Nearly all refusals are one of these texts, and the id of the request. */

static erpsync_rc_t
erpsync_refusal_superoffice(erpsync_out_t *out,
    const erpsync_refusal_t *refusal, erpsync_str_t message)
{
    static const erpsync_str_t  text = erpsync_string("ErrorMessage");
    static const erpsync_str_t  id = erpsync_string("RequestId");

    static const erpsync_str_t  heads[] = {
#define ERPSYNC_REFUSAL_HEAD(constant, name, status, sentence)                \
        erpsync_string(ERPSYNC_REFUSAL_TYPE name "\",\"ErrorMessage\":\""     \
                       sentence "\"" ERPSYNC_REFUSAL_SOURCE),
        ERPSYNC_REASONS(ERPSYNC_REFUSAL_HEAD)
#undef ERPSYNC_REFUSAL_HEAD
    };

    if (refusal->hint.len == 0) {

        if (erpsync_out_str(out, heads[refusal->reason]) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

    } else if (erpsync_out_literal(out, ERPSYNC_REFUSAL_TYPE) != ERPSYNC_OK
               || erpsync_out_str(out, erpsync_reason_name(refusal->reason))
                  != ERPSYNC_OK
               || erpsync_out_literal(out, "\"") != ERPSYNC_OK
               || erpsync_refusal_member(out, text, message) != ERPSYNC_OK
               || erpsync_out_literal(out, ERPSYNC_REFUSAL_SOURCE)
                  != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (erpsync_refusal_member(out, id, refusal->request_id) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (refusal->nviolations
        && (erpsync_out_literal(out, ",\"Errors\":") != ERPSYNC_OK
            || erpsync_refusal_errors(out, refusal, erpsync_error_names)
               != ERPSYNC_OK))
    {
        return ERPSYNC_ERROR;
    }

    return erpsync_out_literal(out, "}");
}


static erpsync_rc_t
erpsync_refusal_problem(erpsync_out_t *out,
    const erpsync_refusal_t *refusal, erpsync_str_t message)
{
    size_t            i;
    uint8_t           text[64];
    erpsync_str_t     name;
    erpsync_reason_t  reason;

    static const erpsync_str_t  title = erpsync_string("title");
    static const erpsync_str_t  detail = erpsync_string("detail");
    static const erpsync_str_t  instance = erpsync_string("instance");

    reason = refusal->reason;
    name = erpsync_reason_name(reason);

    /* the title of "body_invalid" is "Body invalid" */

    for (i = 0; i < name.len && i < sizeof(text); i++) {
        text[i] = (name.data[i] == '_') ? ' ' : name.data[i];
    }

    if (i > 0) {
        text[0] &= 0xdf;
    }

    if (erpsync_out_literal(out, "{\"type\":\"urn:erpsync:") != ERPSYNC_OK
        || erpsync_out_str(out, name) != ERPSYNC_OK
        || erpsync_out_literal(out, "\"") != ERPSYNC_OK
        || erpsync_refusal_member(out, title, erpsync_span(text, i))
           != ERPSYNC_OK
        || erpsync_out_literal(out, ",\"status\":") != ERPSYNC_OK
        || erpsync_out_number(out, erpsync_reason_status(reason))
           != ERPSYNC_OK
        || erpsync_refusal_member(out, detail, message) != ERPSYNC_OK
        || erpsync_refusal_member(out, instance, refusal->request_id)
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (refusal->nviolations
        && (erpsync_out_literal(out, ",\"errors\":") != ERPSYNC_OK
            || erpsync_refusal_errors(out, refusal, erpsync_problem_names)
               != ERPSYNC_OK))
    {
        return ERPSYNC_ERROR;
    }

    return erpsync_out_literal(out, "}");
}


static erpsync_rc_t
erpsync_refusal_xml(erpsync_out_t *out, const erpsync_refusal_t *refusal,
    erpsync_str_t message)
{
    size_t                      i;
    erpsync_reason_t            reason;
    const erpsync_violation_t  *v;

    static const erpsync_str_t  type = erpsync_string("ErrorType");
    static const erpsync_str_t  text = erpsync_string("ErrorMessage");
    static const erpsync_str_t  id = erpsync_string("RequestId");

    reason = refusal->reason;

    if (erpsync_out_literal(out,
                            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                            "<Error><Error>true</Error>")
        != ERPSYNC_OK
        || erpsync_refusal_element(out, type, erpsync_reason_name(reason))
           != ERPSYNC_OK
        || erpsync_refusal_element(out, text, message) != ERPSYNC_OK
        || erpsync_out_literal(out, "<ErrorSource>" ERPSYNC_SOURCE
                                    "</ErrorSource>")
           != ERPSYNC_OK
        || erpsync_refusal_element(out, id, refusal->request_id)
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (refusal->nviolations
        && erpsync_out_literal(out, "<Errors>") != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    for (i = 0; i < refusal->nviolations; i++) {
        v = &refusal->violations[i];

        if (erpsync_out_literal(out, "<Error>") != ERPSYNC_OK
            || erpsync_refusal_element(out, erpsync_error_names[0], v->path)
               != ERPSYNC_OK
            || erpsync_refusal_element(out, erpsync_error_names[1],
                                       erpsync_code_name(v->code))
               != ERPSYNC_OK
            || erpsync_refusal_element(out, erpsync_error_names[2],
                                       v->message)
               != ERPSYNC_OK
            || erpsync_out_literal(out, "</Error>") != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }
    }

    if (refusal->nviolations
        && erpsync_out_literal(out, "</Errors>") != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    return erpsync_out_literal(out, "</Error>");
}


static erpsync_rc_t
erpsync_refusal_errors(erpsync_out_t *out, const erpsync_refusal_t *refusal,
    const erpsync_str_t *names)
{
    size_t                      i;
    const erpsync_violation_t  *v;

    if (erpsync_out_literal(out, "[") != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    for (i = 0; i < refusal->nviolations; i++) {
        v = &refusal->violations[i];

        if (erpsync_out_str(out, erpsync_span(",{", 2)) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        if (i == 0) {
            out->pos -= 2;
            *out->pos++ = '{';
        }

        if (erpsync_refusal_member(out, names[0], v->path) != ERPSYNC_OK
            || erpsync_refusal_member(out, names[1],
                                      erpsync_code_name(v->code))
               != ERPSYNC_OK
            || erpsync_refusal_member(out, names[2], v->message)
               != ERPSYNC_OK
            || erpsync_out_literal(out, "}") != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }
    }

    return erpsync_out_literal(out, "]");
}


/*
 * Writes a string member, with a comma in front unless it is the first.  Its
 * name must need no escaping.
 */

static erpsync_rc_t
erpsync_refusal_member(erpsync_out_t *out, erpsync_str_t name,
    erpsync_str_t value)
{
    uint8_t         *p;
    erpsync_text_t   text;

    text.clean = erpsync_json_clean(value);
    text.str = value;

    if (erpsync_out_reserve(out, name.len + 4 + erpsync_json_size(text))
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    p = out->pos;

    if (p[-1] != '{') {
        *p++ = ',';
    }

    *p++ = '"';
    p = erpsync_put(p, name);
    *p++ = '"';
    *p++ = ':';

    out->pos = erpsync_put_json(p, text);

    return ERPSYNC_OK;
}


static erpsync_rc_t
erpsync_refusal_element(erpsync_out_t *out, erpsync_str_t name,
    erpsync_str_t value)
{
    if (erpsync_out_literal(out, "<") != ERPSYNC_OK
        || erpsync_out_str(out, name) != ERPSYNC_OK
        || erpsync_out_literal(out, ">") != ERPSYNC_OK
        || erpsync_out_xml(out, value) != ERPSYNC_OK
        || erpsync_out_literal(out, "</") != ERPSYNC_OK
        || erpsync_out_str(out, name) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    return erpsync_out_literal(out, ">");
}
