
/*
 * The events of members that are scalars, for the fast paths of syntaxes
 * without types: the name is compared with those of the schema where it is in
 * the input, and name and value are one event.
 */


#ifndef ERPSYNC_SINK_DIRECT_H
#define ERPSYNC_SINK_DIRECT_H


#include "erpsync_scan.h"
#include "erpsync_sink.h"


/*
 * In which order the members of an object come: most programs write each
 * object in the same order, which need not be that of the schema.
 */

typedef struct {
    const erpsync_object_t  *object;                     /* NULL at first */
    uint8_t                  after[ERPSYNC_MAX_MEMBERS + 1];
} erpsync_order_t;


/*
 * Returns whether the member's name, as it is documented, is at "p", where
 * ERPSYNC_MAX_KEY bytes can be read from p - 1 on; what follows is not looked
 * at.  "wide" is for erpsync_wide().
 */

ERPSYNC_INLINE
static inline bool
erpsync_member_begins(const erpsync_member_t *member, const uint8_t *p,
    bool wide)
{
#if (ERPSYNC_SSE2)

    uint32_t  equal;

    /* "match" has the name behind a quote */

    equal = wide ? erpsync_scan_wide_equal(p - 1, member->match)
                 : erpsync_scan_equal(p - 1, member->match);

    return (equal | member->match_other) == UINT32_MAX;

#else

    (void) wide;

    return erpsync_same(p, member->name.data, member->name.len);

#endif
}


/* The same; as names are letters only, none is behind it. */

ERPSYNC_INLINE
static inline bool
erpsync_member_at(const erpsync_member_t *member, const uint8_t *p, bool wide)
{
    return erpsync_member_begins(member, p, wide)
           && !erpsync_is_alpha(p[member->name.len]);
}


/*
 * Returns whether the member of the frame's object that came after the last one
 * before has its name at "p", as erpsync_member_at() says: erpsync_order_next()
 * returns that member then.
 */

ERPSYNC_INLINE
static inline bool
erpsync_order_goes_on(const erpsync_order_t *order,
    const erpsync_frame_t *frame, const uint8_t *p, bool wide)
{
    unsigned                 i;
    const erpsync_object_t  *object;

    object = frame->object;

    if (object == NULL || order->object != object) {
        return false;
    }

    i = order->after[frame->next];

    return i < object->nmembers
           && erpsync_member_at(&object->members[i], p, wide);
}


static inline const erpsync_member_t *
erpsync_order_next(const erpsync_order_t *order, const erpsync_frame_t *frame)
{
    return &frame->object->members[order->after[frame->next]];
}


/*
 * Returns the member of the frame's object, which is not a dictionary, whose
 * name is at "p": that one comes next from now on.  Returns NULL if there is
 * none.
 */

const erpsync_member_t *erpsync_order_search(erpsync_order_t *order,
    const erpsync_frame_t *frame, const uint8_t *p);


/*
 * The events of a member and its value in one call: what erpsync_sink_member()
 * and erpsync_sink_scalar() do with ERPSYNC_SCALAR_UNTYPED.  Strings and
 * booleans that are nothing special are judged here.  "slack" says that
 * ERPSYNC_VALUE_SLACK bytes can be read behind the text.
 */

ERPSYNC_INLINE
static inline erpsync_rc_t
erpsync_sink_untyped(erpsync_sink_t *sink, const erpsync_member_t *member,
    erpsync_text_t text, bool slack)
{
    size_t            i, len;
    uint32_t          bit;
    const uint8_t    *data;
    erpsync_frame_t  *frame;
    erpsync_value_t  *value;

    frame = sink->frame;
    i = (size_t) (member - frame->object->members);
    bit = 1u << i;
    value = &frame->values[i];
    data = text.str.data;
    len = text.str.len;

    if (member->type == ERPSYNC_TYPE_STRING && len && data[0] > ' '
        && len <= (member->max_length ? member->max_length : UINT32_MAX)
        && !(frame->seen & bit))
    {
        value->kind = ERPSYNC_VALUE_TEXT;
        value->clean = text.clean || erpsync_json_clean(text.str);
        value->slack = slack && value->clean;

    } else if (member->type == ERPSYNC_TYPE_BOOL && (len == 4 || len == 5)
               && erpsync_same(data, (const uint8_t *) "truefalse"
                                     + (len & 1) * 4, len)
               && !(frame->seen & bit))
    {
        value->kind = ERPSYNC_VALUE_RAW;
        value->slack = slack;

    } else {
        return (erpsync_sink_member(sink, member) == ERPSYNC_OK)
               ? erpsync_sink_scalar(sink, ERPSYNC_SCALAR_UNTYPED, text)
               : ERPSYNC_ERROR;
    }

    value->u.data = data;
    value->len = (uint32_t) len;
    sink->at.member = member;
    frame->seen |= bit;
    frame->next = (unsigned) i + 1;

    return ERPSYNC_OK;
}


#endif /* ERPSYNC_SINK_DIRECT_H */
