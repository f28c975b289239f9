
#include "erpsync_quick_internal.h"


static const uint8_t *erpsync_quick_object(erpsync_quick_t *q,
    const erpsync_object_t *object, const uint8_t *p);
static const uint8_t *erpsync_quick_list(erpsync_quick_t *q,
    const erpsync_member_t *member, const uint8_t *p);
static const uint8_t *erpsync_quick_scalar(erpsync_quick_t *q,
    const erpsync_member_t *member, const uint8_t *p);
static const uint8_t *erpsync_quick_folded(erpsync_quick_t *q,
    const erpsync_member_t *member, const uint8_t *p);
static const uint8_t *erpsync_quick_null(erpsync_quick_t *q,
    const erpsync_member_t *member, const uint8_t *p, const uint8_t *name);
static const uint8_t *erpsync_quick_end(erpsync_quick_t *q,
    const erpsync_member_t *member, const erpsync_member_t *end,
    const uint8_t *p);
static const uint8_t *erpsync_quick_int32(erpsync_quick_t *q,
    const erpsync_member_t *member, const uint8_t *p);
static const uint8_t *erpsync_quick_enum(erpsync_quick_t *q,
    const erpsync_member_t *member, const uint8_t *p);
static bool erpsync_quick_hand_over(erpsync_quick_t *q,
    const uint8_t **pos, bool *next);


erpsync_quick_rc_t
erpsync_quick(erpsync_sink_t *sink, erpsync_str_t input, const uint8_t **pos,
    bool *next)
{
    const uint8_t    *p;
    erpsync_quick_t   q;

    if (sink->conf.ordinary || sink->conf.operation->request == NULL) {
        return ERPSYNC_QUICK_NONE;
    }

    q.last = input.data + input.len;
    q.at.out = NULL;
    q.at.flip = 0;
    q.at.nflips = 0;
    q.sink = sink;
    q.list = NULL;
    p = erpsync_scan_space(input.data, q.last);
    q.at.run = p;

    if (p == q.last || *p != '{') {
        return ERPSYNC_QUICK_NONE;
    }

    p = erpsync_quick_object(&q, sink->conf.operation->request, p);

    if (p == NULL || erpsync_scan_space(p, q.last) != q.last) {

        if (q.list && q.index && erpsync_quick_hand_over(&q, pos, next)) {
            return ERPSYNC_QUICK_LIST;
        }

        memset(&sink->facts, 0, sizeof(erpsync_facts_t));

        return ERPSYNC_QUICK_NONE;
    }

    if (q.at.out == NULL && q.at.nflips == 0) {
        sink->verbatim = erpsync_span(q.at.run, (size_t) (p - q.at.run));

    } else if (erpsync_quick_skip(&q, p, p)) {
        sink->out.pos = q.at.out;

    } else {
        memset(&sink->facts, 0, sizeof(erpsync_facts_t));
        return ERPSYNC_QUICK_NONE;
    }

    if (q.list && (q.list->flags & ERPSYNC_COUNTED)) {
        sink->facts.field_values = q.index;
    }

    sink->state = ERPSYNC_SINK_END;

    return ERPSYNC_QUICK_DONE;
}


const uint8_t *
erpsync_quick_element(erpsync_sink_t *sink, const uint8_t *pos,
    const uint8_t *last)
{
    const uint8_t    *p;
    erpsync_quick_t   q;

    if ((sink->at.list->flags & ERPSYNC_COUNTED) && sink->conf.max_field_values
        && sink->at.index >= sink->conf.max_field_values)
    {
        return NULL;
    }

    if (erpsync_out_reserve(&sink->out,
                            (size_t) (last - pos) + ERPSYNC_QUICK_ROOM)
        != ERPSYNC_OK)
    {
        return NULL;
    }

    q.last = last;
    q.at.run = pos;
    q.at.out = sink->out.pos;
    q.at.flip = 0;
    q.at.nflips = 0;
    q.sink = sink;
    q.list = sink->at.list;

    if (sink->at.index) {
        *q.at.out++ = ',';
    }

    p = erpsync_quick_object(&q, sink->at.list->items, pos);

    if (p && erpsync_quick_skip(&q, p, p)) {
        sink->out.pos = q.at.out;
        sink->at.index++;
        return p;
    }

    return NULL;
}


/* The end of the member's value at "p", which is no list and not null. */

static inline const uint8_t *
erpsync_quick_value(erpsync_quick_t *q, const erpsync_member_t *member,
    const uint8_t *p, const uint8_t *last)
{
    if (member->type == ERPSYNC_TYPE_STRING) {
        return (*p == '"') ? erpsync_quick_string(member, p + 1, last) : NULL;
    }

    if (member->type == ERPSYNC_TYPE_BOOL) {
        return erpsync_quick_bool(p, last);
    }

    return erpsync_quick_scalar(q, member, p);
}


/* The object at "p"; its end, or NULL where it is not for here. */

static const uint8_t *
erpsync_quick_object(erpsync_quick_t *q, const erpsync_object_t *object,
    const uint8_t *p)
{
    unsigned                 present, bit;
    const uint8_t           *name, *last;
    const erpsync_member_t  *member, *end;

    last = q->last;
    member = object->members;
    end = member + object->nmembers;
    present = 0;
    bit = 1;

    p = erpsync_quick_space(q, p + 1);

    if (p && *p == '}') {
        return erpsync_quick_end(q, member, end, p);
    }

    while (p) {
        name = p;

        /* in canonical order, some perhaps left out */

        for (p = NULL; member != end; member++, bit <<= 1) {

            p = erpsync_quick_key(q, member, name, last)
                ? name + member->match_len
                : erpsync_quick_folded(q, member, name);

            if (p) {
                break;
            }

            if (member->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY)) {
                return NULL;
            }
        }

        p = p ? erpsync_quick_space(q, p) : NULL;

        if (p == NULL) {
            return NULL;
        }

        if (*p == 'n') {
            p = erpsync_quick_null(q, member, p, name);

        } else if (member->type == ERPSYNC_TYPE_OBJECTS) {
            q->seen = 2 * bit - 1;
            q->present = present;
            p = erpsync_quick_list(q, member, p);

        } else {
            present |= bit;
            p = erpsync_quick_value(q, member, p, last);
        }

        member++;
        bit <<= 1;

        if (p && last - p > 1 && p[0] == ',' && p[1] == '"') {
            p++;
            continue;
        }

        p = p ? erpsync_quick_space(q, p) : NULL;

        if (p == NULL) {
            return NULL;
        }

        if (*p == '}') {
            return erpsync_quick_end(q, member, end, p);
        }

        p = (*p == ',') ? erpsync_quick_space(q, p + 1) : NULL;
    }

    return NULL;
}


/*
 * The array of objects at "p".  Where it stops for an element, the caller's
 * caller hands over from there.
 */

static const uint8_t *
erpsync_quick_list(erpsync_quick_t *q, const erpsync_member_t *member,
    const uint8_t *p)
{
    size_t  limit;

    if (*p != '[' || q->list) {     /* one level of arrays */
        return NULL;
    }

    limit = SIZE_MAX;

    if ((member->flags & ERPSYNC_COUNTED)
        && q->sink->conf.max_field_values)
    {
        limit = q->sink->conf.max_field_values;
    }

    q->list = member;
    q->index = 0;
    q->start = (size_t) (p - q->at.run)
               + (q->at.out ? (size_t) (q->at.out - q->sink->out.start) : 0);

    p++;

    for ( ;; ) {

        if (q->at.nflips > ERPSYNC_QUICK_FLIPS / 2) {

            if (!erpsync_quick_skip(q, p, p)) {
                return NULL;
            }

            q->at.flip = 0;
            q->at.nflips = 0;
        }

        q->element = NULL;
        q->end = p;
        q->end_at = q->at;

        p = erpsync_quick_space(q, p);

        if (p && *p == ']') {
            return p + 1;
        }

        if (p && q->index) {
            p = (*p == ',') ? erpsync_quick_space(q, p + 1) : NULL;
        }

        if (p == NULL) {
            return NULL;
        }

        q->element = p;

        if (*p != '{' || q->index == limit) {
            return NULL;
        }

        p = erpsync_quick_object(q, member->items, p);

        if (p == NULL) {
            return NULL;
        }

        q->index++;
    }
}


/* White space at "p", which is left out. */

const uint8_t *
erpsync_quick_gap(erpsync_quick_t *q, const uint8_t *p)
{
    const uint8_t  *end;

#if (ERPSYNC_SSE2)

    size_t          n;
    uint8_t        *out;
    unsigned        ink;
    const uint8_t  *run;

    /* nearly always: a short gap behind a short run, and more to come */

    run = q->at.run;
    n = (size_t) (p - run);
    out = q->at.out;

    if (out && n <= 32 && q->last - p >= 32 && q->at.flip == q->at.nflips) {
        ink = erpsync_scan_ink(p);

        if (ink & 1) {
            return NULL;
        }

        if (ink) {
            _mm_storeu_si128((__m128i *) out,
                             _mm_loadu_si128((const __m128i *) run));
            _mm_storeu_si128((__m128i *) (out + 16),
                             _mm_loadu_si128((const __m128i *) (run + 16)));

            end = p + __builtin_ctz(ink);
            q->at.out = out + n;
            q->at.run = end;

            return end;
        }
    }

#endif

    end = erpsync_scan_space(p, q->last);

    if (end == q->last || end == p || !erpsync_quick_skip(q, p, end)) {
        return NULL;
    }

    return end;
}


static const uint8_t *
erpsync_quick_scalar(erpsync_quick_t *q, const erpsync_member_t *member,
    const uint8_t *p)
{
    switch (member->type) {

    case ERPSYNC_TYPE_INT32:
        return erpsync_quick_int32(q, member, p);

    case ERPSYNC_TYPE_ENUM:
        return (*p == '"') ? erpsync_quick_enum(q, member, p + 1) : NULL;

    default:
        return NULL;
    }
}


/* The member's name in any case, white space before ":", as canonical. */

static const uint8_t *
erpsync_quick_folded(erpsync_quick_t *q, const erpsync_member_t *member,
    const uint8_t *p)
{
    size_t          len;
    const uint8_t  *colon;

    len = member->name.len;

    if ((size_t) (q->last - p) < member->match_len || p[0] != '"'
        || p[len + 1] != '"'
        || !erpsync_name_is(erpsync_span(p + 1, len), member->name))
    {
        return NULL;
    }

    colon = erpsync_scan_space(p + len + 2, q->last);

    if (colon == q->last || *colon != ':'
        || !erpsync_quick_skip(q, p, colon + 1))
    {
        return NULL;
    }

    memcpy(q->at.out, member->match, member->match_len);
    q->at.out += member->match_len;

    return colon + 1;
}


/*
 * A member that is null is left out: "p" is at its value, "name" at its name,
 * in front of which the output ends with "{" or ",".
 */

static const uint8_t *
erpsync_quick_null(erpsync_quick_t *q, const erpsync_member_t *member,
    const uint8_t *p, const uint8_t *name)
{
    if ((member->flags & (ERPSYNC_REQUIRED|ERPSYNC_NOT_NULL|ERPSYNC_EMPTY))
        || q->last - p < 4 || memcmp(p, "null", 4) != 0)
    {
        return NULL;
    }

    p = erpsync_scan_space(p + 4, q->last);

    if (p == q->last) {
        return NULL;
    }

    /* the name is taken back, copied already or not */

    if (q->at.run > name) {
        q->at.out -= member->match_len;
        q->at.run = name;

    } else if (q->at.nflips > q->at.flip
               && q->flips[q->at.nflips - 1] == name + 1)
    {
        q->at.nflips--;
    }

    if (!erpsync_quick_skip(q, name, p)) {
        return NULL;
    }

    if (*p == ',') {
        q->at.run = p + 1;

    } else if (q->at.out[-1] == ',') {
        q->at.out--;
    }

    return p;
}


/* The "}" at "p" of an object whose members from "member" on are missing. */

static const uint8_t *
erpsync_quick_end(erpsync_quick_t *q, const erpsync_member_t *member,
    const erpsync_member_t *end, const uint8_t *p)
{
    for ( /* void */ ; member != end; member++) {

        if (member->flags & ERPSYNC_REQUIRED) {
            return NULL;
        }

        if (member->flags & ERPSYNC_EMPTY) {

            if (!erpsync_quick_skip(q, p, p)) {
                return NULL;
            }

            if (q->at.out[-1] != '{') {
                *q->at.out++ = ',';
            }

            memcpy(q->at.out, member->match, member->match_len);
            q->at.out += member->match_len;
            *q->at.out++ = '[';
            *q->at.out++ = ']';
        }
    }

    return p + 1;
}


static const uint8_t *
erpsync_quick_int32(erpsync_quick_t *q, const erpsync_member_t *member,
    const uint8_t *p)
{
    int64_t         n;
    const uint8_t  *start;

    n = 0;
    start = p;

    while (p < q->last && erpsync_is_digit(*p)) {

        if (p - start == ERPSYNC_QUICK_DIGITS) {
            return NULL;
        }

        n = n * 10 + (*p++ - '0');
    }

    if (p == start || (*start == '0' && p - start > 1) || n > INT32_MAX
        || ((member->flags & ERPSYNC_POSITIVE) && n < 1))
    {
        return NULL;
    }

    if (member->role == ERPSYNC_ROLE_CONNECTION) {
        q->sink->facts.has_connection = true;
        q->sink->facts.connection = (int32_t) n;
    }

    return p;
}


static const uint8_t *
erpsync_quick_enum(erpsync_quick_t *q, const erpsync_member_t *member,
    const uint8_t *p)
{
    unsigned        i;
    erpsync_str_t   name;
    const uint8_t  *end;

    end = erpsync_scan_text(p, q->last);

    if (end == q->last || *end != '"') {
        return NULL;
    }

    name = erpsync_span(p, (size_t) (end - p));

    for (i = 1; i < member->values->nvalues; i++) {
        if (erpsync_name_is(name, member->values->values[i])) {
            break;
        }
    }

    if (i == member->values->nvalues) {
        return NULL;
    }

    if (!erpsync_str_eq(name, member->values->values[i])) {

        if (!erpsync_quick_skip(q, p, end)) {
            return NULL;
        }

        q->at.out = erpsync_put(q->at.out, member->values->values[i]);
    }

    if (member->role == ERPSYNC_ROLE_CRM_ACTOR) {
        q->sink->facts.crm_actor = i;

    } else if (member->role == ERPSYNC_ROLE_ERP_ACTOR) {
        q->sink->facts.erp_actor = i;
    }

    return end + 1;
}


const uint8_t *
erpsync_quick_character(const uint8_t *p, const uint8_t *last)
{
    size_t  n;

    if (*p == '\\') {

        /* these stand in canonical form as well */

        return (last - p > 1 && p[1] && strchr("\"\\bfnrt", p[1])) ? p + 2
                                                                   : NULL;
    }

    n = (*p < 0x20) ? 0 : erpsync_utf8_sequence(p, last);

    return n ? p + n : NULL;
}


bool
erpsync_quick_room(erpsync_quick_t *q)
{
    erpsync_out_t  *out;

    out = &q->sink->out;

    if (erpsync_out_reserve(out, (size_t) (q->last - q->at.run)
                                 + ERPSYNC_QUICK_ROOM)
        != ERPSYNC_OK)
    {
        return false;
    }

    q->at.out = out->pos;

    return q->at.out != NULL;
}


/*
 * Leaves the sink as it would be with the request's members up to its list
 * judged, and the elements that were taken written to it.
 */

static bool
erpsync_quick_hand_over(erpsync_quick_t *q, const uint8_t **pos, bool *next)
{
    unsigned                 i;
    erpsync_sink_t          *sink;
    erpsync_frame_t         *frame;
    const erpsync_object_t  *object;

    q->at = q->end_at;

    if (!erpsync_quick_skip(q, q->end, q->end)) {
        return false;
    }

    sink = q->sink;
    object = sink->conf.operation->request;

    frame = erpsync_sink_open(sink, object);
    if (frame == NULL) {
        return false;
    }

    frame->begun = true;
    frame->seen = q->seen;
    frame->next = (unsigned) (q->list - object->members) + 1;

    for (i = 0; i < object->nmembers; i++) {
        if (q->present & (1u << i)) {
            frame->values[i].kind = ERPSYNC_VALUE_RAW;
        }
    }

    sink->out.pos = q->at.out;
    sink->at.list = q->list;
    sink->at.member = q->list;
    sink->at.index = q->index;
    sink->at.start = q->start;
    sink->at.direct = true;
    sink->state = ERPSYNC_SINK_LIST;

    *pos = q->element ? q->element : q->end;
    *next = (q->element == NULL);

    return true;
}
