
#include "erpsync_sink_internal.h"


/* Room for a name, what is around a value, "[]", and ERPSYNC_VALUE_SLACK. */

#define ERPSYNC_CANONICAL_ROOM  (ERPSYNC_MAX_KEY + ERPSYNC_VALUE_SLACK + 8)


static erpsync_rc_t erpsync_put_members(erpsync_out_t *out,
    erpsync_frame_t *frame, const erpsync_out_t *values, unsigned last);


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
 * Writes the name of a member.  All ERPSYNC_MAX_KEY bytes of the table are
 * copied, which is faster than a copy of the right length; what follows
 * overwrites the surplus.
 */

static inline uint8_t *
erpsync_put_key(uint8_t *p, const erpsync_member_t *member)
{
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


/* Writes a value that has slack, in blocks. */

static inline uint8_t *
erpsync_put_slack(uint8_t *p, const erpsync_value_t *value)
{
    size_t  i, quote;

    quote = (value->kind == ERPSYNC_VALUE_TEXT);

    *p = '"';
    p += quote;

    for (i = 0; i < value->len; i += ERPSYNC_VALUE_SLACK) {
        memcpy(p + i, value->u.data + i, ERPSYNC_VALUE_SLACK);
    }

    p += value->len;
    *p = '"';

    return p + quote;
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
    erpsync_out_t    *out;
    erpsync_frame_t  *frame;

    out = &sink->out;
    frame = sink->frame;

    if (erpsync_out_reserve(out, 2) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (!frame->begun) {
        frame->begun = true;
        out->pos = erpsync_put_begin(out->pos, frame);
    }

    if (erpsync_put_members(out, frame, out, last) != ERPSYNC_OK
        || erpsync_out_reserve(out, ERPSYNC_CANONICAL_ROOM) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    out->pos = erpsync_put_key(out->pos, &frame->object->members[last]);

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_canonical_object(erpsync_sink_t *sink)
{
    size_t            len, size;
    unsigned          n;
    erpsync_out_t    *out, *to;
    erpsync_str_t     extra;
    erpsync_frame_t  *frame;

    out = &sink->out;
    frame = sink->frame;
    n = (unsigned) frame->object->nmembers;
    extra = erpsync_span(sink->extra.start + frame->extra,
                         erpsync_out_len(&sink->extra) - frame->extra);
    to = out;
    size = erpsync_out_len(out) - frame->prefix;

    if (size) {

        /*
         * values that came before their turn are at the end of the output:
         * the object is put together in "scratch" and copied over them
         */

        to = &sink->scratch;
        to->pos = to->start;
        size += extra.len + 2 * ERPSYNC_CANONICAL_ROOM;
    }

    /* room for long values at once, so that "scratch" does not grow by steps */

    if (erpsync_out_reserve(to, size + 2) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (!frame->begun) {
        to->pos = erpsync_put_begin(to->pos, frame);

    } else if (to != out) {

        /* the byte in front decides whether a comma is needed */

        *to->pos++ = out->start[--frame->prefix];
    }

    if (erpsync_put_members(to, frame, out, n) != ERPSYNC_OK
        || erpsync_out_reserve(to, extra.len + 1) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    to->pos = erpsync_put_next(to->pos, extra);
    *to->pos++ = '}';

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


/*
 * Writes the members that are not written yet, up to number "last" - 1, to
 * "out".  Those that are ERPSYNC_VALUE_OUT are in "values".  The room is made
 * member by member, so that no pass over them is needed to add up their sizes.
 */

static erpsync_rc_t
erpsync_put_members(erpsync_out_t *out, erpsync_frame_t *frame,
    const erpsync_out_t *values, unsigned last)
{
    size_t                   size;
    uint8_t                 *p;
    unsigned                 i;
    erpsync_value_t         *value;
    const erpsync_member_t  *member;

    for (i = frame->written; i < last; i++) {
        value = &frame->values[i];
        member = &frame->object->members[i];

        if (value->kind == ERPSYNC_VALUE_ABSENT
            && !(member->flags & ERPSYNC_EMPTY))
        {
            continue;
        }

        size = value->len + (size_t) ERPSYNC_CANONICAL_ROOM;

        if (value->kind == ERPSYNC_VALUE_TEXT && !value->clean) {
            size += erpsync_json_escapes(erpsync_value_text(value).str);
        }

        if (erpsync_out_reserve(out, size) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        p = erpsync_put_key(out->pos, member);

        if (value->slack) {
            out->pos = erpsync_put_slack(p, value);
            continue;
        }

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
            p = erpsync_put(p, erpsync_span(values->start + value->u.offset,
                                            value->len));
            break;

        default:
            *p++ = '[';
            *p++ = ']';
        }

        out->pos = p;
    }

    return ERPSYNC_OK;
}
