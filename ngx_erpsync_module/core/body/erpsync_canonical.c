
#include "erpsync_sink_internal.h"


static uint8_t *erpsync_put_members(const erpsync_out_t *out, uint8_t *p,
    erpsync_frame_t *frame, const uint8_t *base, unsigned first,
    unsigned last);
static size_t erpsync_members_size(erpsync_frame_t *frame, unsigned first,
    unsigned last);


/*
 * Members that begin with a comma, which the first of an object does not
 * need.  A "{" in front of them is the object's own: a string would have
 * ended with its quote.
 */

static inline uint8_t *
erpsync_put_next(uint8_t *p, erpsync_str_t members)
{
    if (members.len && p[-1] == '{') {
        members.data++;
        members.len--;
    }

    return erpsync_put(p, members);
}


/*
 * The name of a member.  Where the room is there, all of the table's field is
 * copied, which takes no loop; what is too much is written over.
 */

static inline uint8_t *
erpsync_put_key(uint8_t *p, const erpsync_member_t *member,
    const uint8_t *last)
{
    if (last - p <= ERPSYNC_MAX_KEY) {
        return erpsync_put_next(p, member->key);
    }

    if (p[-1] != '{') {
        *p++ = ',';
    }

    memcpy(p, member->match, ERPSYNC_MAX_KEY);

    return p + member->match_len;
}


static inline erpsync_text_t
erpsync_value_text(const erpsync_value_t *value)
{
    erpsync_text_t  text;

    text.str = erpsync_span(value->u.data, value->len);
    text.clean = value->clean;

    return text;
}


erpsync_rc_t
erpsync_canonical_head(erpsync_sink_t *sink, unsigned last)
{
    size_t            size;
    uint8_t          *p;
    erpsync_str_t     key;
    erpsync_out_t    *out;
    erpsync_frame_t  *frame;

    out = &sink->out;
    frame = &sink->frames[0];
    key = frame->object->members[last].key;
    size = erpsync_members_size(frame, sink->written, last) + key.len + 1;

    if (erpsync_out_reserve(out, size) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    p = out->pos;

    if (sink->prefix == 0) {
        *p++ = '{';
    }

    p = erpsync_put_members(out, p, frame, out->start, sink->written, last);
    out->pos = erpsync_put_next(p, key);

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_canonical_element(erpsync_sink_t *sink)
{
    size_t            size;
    uint8_t          *p;
    unsigned          n;
    erpsync_out_t    *out;
    erpsync_str_t     extra;
    erpsync_frame_t  *frame;

    out = &sink->out;
    frame = &sink->frames[sink->nframes - 1];
    n = (unsigned) frame->object->nmembers;
    extra = erpsync_span(sink->extra.start + frame->extra,
                         erpsync_out_len(&sink->extra) - frame->extra);
    size = erpsync_members_size(frame, 0, n) + extra.len + 3;

    if (erpsync_out_reserve(out, size) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    p = out->pos;

    if (sink->index) {
        *p++ = ',';
    }

    *p++ = '{';
    p = erpsync_put_members(out, p, frame, out->start, 0, n);
    p = erpsync_put_next(p, extra);
    *p++ = '}';

    out->pos = p;

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_canonical_root(erpsync_sink_t *sink)
{
    size_t            size;
    uint8_t          *p;
    unsigned          n;
    erpsync_out_t    *out, whole;
    erpsync_str_t     extra;
    erpsync_frame_t  *frame;

    out = &sink->out;
    frame = &sink->frames[0];
    n = (unsigned) frame->object->nmembers;
    extra = erpsync_span(sink->extra.start, erpsync_out_len(&sink->extra));
    size = erpsync_members_size(frame, sink->written, n) + extra.len + 2;

    if (erpsync_out_len(out) != sink->prefix) {

        /* an array came before its turn: put the pieces together */

        if (erpsync_out_init(&whole, sink->arena, sink->prefix + size)
            != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        whole.pos = erpsync_put(whole.pos,
                                erpsync_span(out->start, sink->prefix));

    } else {

        if (erpsync_out_reserve(out, size) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        whole = *out;
    }

    p = whole.pos;

    if (sink->prefix == 0) {
        *p++ = '{';
    }

    p = erpsync_put_members(&whole, p, frame, out->start, sink->written, n);
    p = erpsync_put_next(p, extra);
    *p++ = '}';

    whole.pos = p;
    *out = whole;

    return ERPSYNC_OK;
}


/* The most that the members "first" to "last" - 1 may need. */

static size_t
erpsync_members_size(erpsync_frame_t *frame, unsigned first, unsigned last)
{
    size_t            size;
    unsigned          i;
    erpsync_value_t  *value;

    size = 0;

    for (i = first; i < last; i++) {
        value = &frame->values[i];
        size += frame->object->members[i].key.len + 2;
        size += (value->kind == ERPSYNC_VALUE_TEXT)
                ? erpsync_json_size(erpsync_value_text(value))
                : value->len;
    }

    return size;
}


/*
 * At "p" of "out", which has the room.  "base" is the start of the output
 * that ERPSYNC_VALUE_OUT refers to.
 */

static uint8_t *
erpsync_put_members(const erpsync_out_t *out, uint8_t *p,
    erpsync_frame_t *frame, const uint8_t *base, unsigned first,
    unsigned last)
{
    unsigned                 i;
    erpsync_value_t         *value;
    const erpsync_member_t  *member;

    for (i = first; i < last; i++) {
        value = &frame->values[i];
        member = &frame->object->members[i];

        if (value->kind == ERPSYNC_VALUE_ABSENT
            && !(member->flags & ERPSYNC_EMPTY))
        {
            continue;
        }

        p = erpsync_put_key(p, member, out->last);

        switch (value->kind) {

        case ERPSYNC_VALUE_RAW:
            p = erpsync_put(p, erpsync_span(value->u.data, value->len));
            break;

        case ERPSYNC_VALUE_TEXT:

            if (value->clean) {
                *p++ = '"';
                p = erpsync_put(p, erpsync_span(value->u.data, value->len));
                *p++ = '"';
                break;
            }

            p = erpsync_put_json(p, erpsync_value_text(value));
            break;

        case ERPSYNC_VALUE_OUT:
            p = erpsync_put(p, erpsync_span(base + value->u.offset,
                                            value->len));
            break;

        default:
            *p++ = '[';
            *p++ = ']';
        }
    }

    return p;
}
