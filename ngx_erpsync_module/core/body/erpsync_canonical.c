
#include "erpsync_sink_internal.h"


static uint8_t *erpsync_put_members(const erpsync_out_t *out, uint8_t *p,
    erpsync_frame_t *frame, const uint8_t *base, unsigned first,
    unsigned last);
static size_t erpsync_members_size(erpsync_frame_t *frame, unsigned first,
    unsigned last);


/*
 * Writes members, of which the text begins with a comma.  It is left out if
 * the output ends with "{": that is the start of their object, since a string
 * would end with a quote.
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
 * Writes the name of a member.  If there is room, all ERPSYNC_MAX_KEY bytes of
 * the table are copied, which is faster than a copy of the right length; what
 * follows overwrites the surplus.
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


/* Writes the "{" of an object, and the comma in front of an element. */

static inline uint8_t *
erpsync_put_begin(uint8_t *p, const erpsync_frame_t *frame)
{
    if (frame->place.list && frame->place.index) {
        *p++ = ',';
    }

    *p++ = '{';

    return p;
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
    frame = sink->frame;
    key = frame->object->members[last].key;
    size = erpsync_members_size(frame, frame->written, last) + key.len + 2;

    if (erpsync_out_reserve(out, size) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    p = out->pos;

    if (!frame->begun) {
        frame->begun = true;
        p = erpsync_put_begin(p, frame);
    }

    p = erpsync_put_members(out, p, frame, out->start, frame->written, last);
    out->pos = erpsync_put_next(p, key);

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_canonical_object(erpsync_sink_t *sink)
{
    size_t            size, len;
    uint8_t          *p;
    unsigned          n;
    erpsync_out_t    *out, *to;
    erpsync_str_t     extra;
    erpsync_frame_t  *frame;

    out = &sink->out;
    frame = sink->frame;
    n = (unsigned) frame->object->nmembers;
    extra = erpsync_span(sink->extra.start + frame->extra,
                         erpsync_out_len(&sink->extra) - frame->extra);
    size = erpsync_members_size(frame, frame->written, n) + extra.len + 4;
    to = out;

    if (erpsync_out_len(out) != frame->prefix) {

        /*
         * values that came before their turn are at the end of the output:
         * the object is put together in "scratch" and copied over them
         */

        to = &sink->scratch;
        to->pos = to->start;
    }

    if (erpsync_out_reserve(to, size) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    p = to->pos;

    if (!frame->begun) {
        p = erpsync_put_begin(p, frame);

    } else if (to != out) {

        /* the byte in front decides whether a comma is needed */

        *p++ = out->start[--frame->prefix];
    }

    p = erpsync_put_members(to, p, frame, out->start, frame->written, n);
    p = erpsync_put_next(p, extra);
    *p++ = '}';

    to->pos = p;

    if (to == out) {
        return ERPSYNC_OK;
    }

    len = erpsync_out_len(to);
    out->pos = out->start + frame->prefix;

    if (erpsync_out_reserve(out, len) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    out->pos = erpsync_put(out->pos, erpsync_span(to->start, len));

    return ERPSYNC_OK;
}


/* Returns the most bytes that the members "first" to "last" - 1 need. */

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
 * Writes the members "first" to "last" - 1 at "p" of "out", which has room for
 * them, and returns their end.  "base" is the start of the output to which
 * ERPSYNC_VALUE_OUT refers.
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
