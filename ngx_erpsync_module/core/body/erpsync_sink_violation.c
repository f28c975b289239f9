
#include "erpsync_sink_violation.h"


/* Bytes of a name of the client that are shown to it. */

#define ERPSYNC_MAX_NAME  64


static size_t erpsync_violation_offset(const erpsync_sink_t *sink,
    erpsync_code_t code, erpsync_at_t at);
static erpsync_rc_t erpsync_pointer(erpsync_sink_t *sink, erpsync_at_t at,
    const erpsync_member_t *member, erpsync_out_t *out);
static erpsync_rc_t erpsync_pointer_place(const erpsync_sink_t *sink,
    erpsync_out_t *out, const erpsync_sink_place_t *place, erpsync_at_t at,
    const erpsync_member_t *member);
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
    v->offset = erpsync_violation_offset(sink, code, at);

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


static size_t
erpsync_violation_offset(const erpsync_sink_t *sink, erpsync_code_t code,
    erpsync_at_t at)
{
    const uint8_t  *p;

    if (at == ERPSYNC_AT_MEMBER) {
        p = sink->frame->start;

    } else if (code == ERPSYNC_CODE_UNKNOWN
               || code == ERPSYNC_CODE_DUPLICATE)
    {
        p = sink->name_at;

    } else {
        p = sink->value_at;
    }

    return (sink->input && p) ? (size_t) (p - sink->input)
                              : ERPSYNC_NO_OFFSET;
}


/* Writes the place of a violation as a JSON Pointer, RFC 6901. */

static erpsync_rc_t
erpsync_pointer(erpsync_sink_t *sink, erpsync_at_t at,
    const erpsync_member_t *member, erpsync_out_t *out)
{
    unsigned                i, depth;
    erpsync_rc_t            rc;
    erpsync_level_t        *level;
    const erpsync_frame_t  *frame;

    rc = ERPSYNC_OK;
    depth = sink->depth;

    if (at == ERPSYNC_AT_OBJECT && depth > 0) {
        depth--;
        at = ERPSYNC_AT_VALUE;
    }

    for (frame = sink->frames;
         sink->frame && frame != sink->frame && rc == ERPSYNC_OK;
         frame = frame->inner)
    {
        rc = erpsync_pointer_place(sink, out, &frame->inner->place,
                                   ERPSYNC_AT_VALUE, NULL);
    }

    if (sink->frame && rc == ERPSYNC_OK) {
        rc = erpsync_pointer_place(sink, out, &sink->at, at, member);
    }

    if (at == ERPSYNC_AT_LIST || at == ERPSYNC_AT_OBJECT
        || at == ERPSYNC_AT_MEMBER)
    {
        return rc;
    }

    for (i = 0; i < depth && rc == ERPSYNC_OK; i++) {
        level = &sink->levels[i];

        rc = level->object ? erpsync_pointer_name(sink, out, level->name)
                           : erpsync_pointer_index(out, level->count);
    }

    return rc;
}


/* Writes the part of a pointer that leads from an object to a value in it. */

static erpsync_rc_t
erpsync_pointer_place(const erpsync_sink_t *sink, erpsync_out_t *out,
    const erpsync_sink_place_t *place, erpsync_at_t at,
    const erpsync_member_t *member)
{
    if (place->list) {

        if (erpsync_pointer_name(sink, out, place->list->name) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        return (at == ERPSYNC_AT_LIST)
               ? ERPSYNC_OK : erpsync_pointer_index(out, place->index);
    }

    if (place->part.data) {

        if (erpsync_pointer_index(out, place->index) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        return erpsync_pointer_name(sink, out, place->part);
    }

    switch (at) {

    case ERPSYNC_AT_MEMBER:
        return erpsync_pointer_name(sink, out, member->name);

    case ERPSYNC_AT_VALUE:
        return erpsync_pointer_name(sink, out, place->member
                                               ? place->member->name
                                               : place->name);

    default:
        return ERPSYNC_OK;
    }
}


/* Returns the first characters of a name, up to ERPSYNC_MAX_NAME bytes. */

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
 * Returns whether a name may be shown.  JSON or XML that is sent as a form, as
 * "curl -d" does by default, is a name with values in it: in a form, only
 * names of harmless characters are shown.
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
        rc = erpsync_out_str(out, (sink->frame || sink->depth) ? property
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
