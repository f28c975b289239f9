
#include "erpsync_sink_violation.h"


#define ERPSYNC_MAX_NAME  64   /* bytes of an unknown name in an answer */


static erpsync_rc_t erpsync_pointer(erpsync_sink_t *sink, erpsync_at_t at,
    const erpsync_member_t *member, erpsync_out_t *out);
static bool erpsync_name_is_shown(const erpsync_sink_t *sink,
    erpsync_str_t name);
static erpsync_rc_t erpsync_pointer_name(const erpsync_sink_t *sink,
    erpsync_out_t *out, erpsync_str_t name);
static erpsync_rc_t erpsync_pointer_index(erpsync_out_t *out, size_t index);
static erpsync_rc_t erpsync_violation_message(erpsync_sink_t *sink,
    erpsync_code_t code, const erpsync_member_t *member, erpsync_type_t type,
    erpsync_out_t *out);


erpsync_rc_t
erpsync_violation(erpsync_sink_t *sink, erpsync_code_t code, erpsync_at_t at,
    const erpsync_member_t *member, erpsync_type_t type)
{
    erpsync_out_t         out;
    erpsync_violation_t  *v;

    sink->invalid = true;

    if (sink->nviolations == ERPSYNC_MAX_VIOLATIONS) {
        return ERPSYNC_OK;
    }

    v = &sink->violations[sink->nviolations];
    v->code = code;

    if (erpsync_out_init(&out, sink->arena, 64) != ERPSYNC_OK
        || erpsync_pointer(sink, at, member, &out) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    v->path = erpsync_span(out.start, erpsync_out_len(&out));

    if (erpsync_out_init(&out, sink->arena, 96) != ERPSYNC_OK
        || erpsync_violation_message(sink, code, member, type, &out)
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    v->message = erpsync_span(out.start, erpsync_out_len(&out));
    sink->nviolations++;

    return ERPSYNC_OK;
}


/* The place as a JSON Pointer, RFC 6901. */

static erpsync_rc_t
erpsync_pointer(erpsync_sink_t *sink, erpsync_at_t at,
    const erpsync_member_t *member, erpsync_out_t *out)
{
    unsigned          i, depth;
    erpsync_rc_t      rc;
    erpsync_level_t  *level;

    rc = ERPSYNC_OK;
    depth = sink->depth;

    if (at == ERPSYNC_AT_OBJECT && depth > 0) {
        depth--;
        at = ERPSYNC_AT_VALUE;
    }

    if (sink->list) {
        rc = erpsync_pointer_name(sink, out, sink->list->name);

        if (rc == ERPSYNC_OK && at != ERPSYNC_AT_LIST) {
            rc = erpsync_pointer_index(out, sink->index);
        }
    }

    if (at == ERPSYNC_AT_LIST || at == ERPSYNC_AT_OBJECT
        || rc != ERPSYNC_OK)
    {
        return rc;
    }

    if (at == ERPSYNC_AT_MEMBER) {
        return erpsync_pointer_name(sink, out, member->name);
    }

    /* a name is pending in the innermost object, not in an array */

    if (sink->nframes && (sink->list == NULL || sink->nframes == 2)) {
        rc = erpsync_pointer_name(sink, out, sink->member
                                             ? sink->member->name
                                             : sink->name);
    }

    for (i = 0; i < depth && rc == ERPSYNC_OK; i++) {
        level = &sink->levels[i];

        rc = level->object ? erpsync_pointer_name(sink, out, level->name)
                           : erpsync_pointer_index(out, level->count);
    }

    return rc;
}


/* The first bytes of a name that came from the client, in whole characters. */

static erpsync_str_t
erpsync_name_cut(erpsync_str_t name)
{
    size_t  n;

    if (name.len <= ERPSYNC_MAX_NAME) {
        return name;
    }

    n = ERPSYNC_MAX_NAME;

    while ((name.data[n] & 0xc0) == 0x80) {
        n--;
    }

    return erpsync_span(name.data, n);
}


/*
 * JSON or XML that is sent as a form, as "curl -d" does, is a form whose
 * first name has the values of the body.
 */

static bool
erpsync_name_is_shown(const erpsync_sink_t *sink, erpsync_str_t name)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < name.len && sink->form; i++) {
        c = name.data[i];

        if (!erpsync_is_alpha(c) && !erpsync_is_digit(c) && c != '_'
            && c != '$' && c != '-')
        {
            return false;
        }
    }

    return true;
}


static erpsync_rc_t
erpsync_pointer_name(const erpsync_sink_t *sink, erpsync_out_t *out,
    erpsync_str_t name)
{
    size_t         i;
    erpsync_str_t  cut;

    cut = erpsync_name_is_shown(sink, name) ? erpsync_name_cut(name)
                                            : erpsync_span(name.data, 0);

    if (erpsync_out_reserve(out, cut.len * 2 + 4) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    *out->pos++ = '/';

    for (i = 0; i < cut.len; i++) {

        if (cut.data[i] == '~' || cut.data[i] == '/') {
            *out->pos++ = '~';
            *out->pos++ = (cut.data[i] == '~') ? '0' : '1';
            continue;
        }

        *out->pos++ = cut.data[i];
    }

    if (cut.len < name.len) {
        return erpsync_out_literal(out, "\xe2\x80\xa6");   /* an ellipsis */
    }

    return ERPSYNC_OK;
}


static erpsync_rc_t
erpsync_pointer_index(erpsync_out_t *out, size_t index)
{
    if (erpsync_out_literal(out, "/") != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    return erpsync_out_number(out, index);
}


static erpsync_rc_t
erpsync_violation_message(erpsync_sink_t *sink, erpsync_code_t code,
    const erpsync_member_t *member, erpsync_type_t type, erpsync_out_t *out)
{
    size_t         limit;
    erpsync_rc_t   rc;

    static const erpsync_str_t  element = erpsync_string("The element");
    static const erpsync_str_t  request = erpsync_string("The request");
    static const erpsync_str_t  property = erpsync_string("This member");

    if (member == NULL) {
        rc = erpsync_out_str(out, (sink->nframes || sink->depth) ? property
                                                                : request);

    } else if (type != member->type) {
        rc = erpsync_out_str(out, element);

    } else {
        rc = erpsync_out_str(out, member->name);
    }

    limit = (code == ERPSYNC_CODE_COUNT) ? sink->conf.max_field_values
                                         : member ? member->max_length : 0;

    if (rc != ERPSYNC_OK
        || erpsync_out_literal(out, " ") != ERPSYNC_OK
        || erpsync_code_sentence(out, code, member, type, limit)
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    return erpsync_out_literal(out, ".");
}
