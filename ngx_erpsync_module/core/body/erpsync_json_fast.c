
#include "erpsync_json_fast_internal.h"
#include "erpsync_wide.h"


static const uint8_t *erpsync_json_fast_object(erpsync_json_fast_t *fast,
    const erpsync_object_t *object, const uint8_t *p);
static const uint8_t *erpsync_json_fast_list(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p);
static const uint8_t *erpsync_json_fast_long_gap(erpsync_json_fast_t *fast,
    const uint8_t *p);
static const uint8_t *erpsync_json_fast_rows(erpsync_json_fast_t *fast,
    const erpsync_object_t *object, const uint8_t *p, size_t limit);
static const uint8_t *erpsync_json_fast_scalar(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p);
static const uint8_t *erpsync_json_fast_folded(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p);
static const uint8_t *erpsync_json_fast_null(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p, const uint8_t *name);
static const uint8_t *erpsync_json_fast_end(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const erpsync_member_t *end,
    const uint8_t *p);
static const uint8_t *erpsync_json_fast_name(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p);
static bool erpsync_json_fast_hand_over(erpsync_json_fast_t *fast,
    const uint8_t **pos, bool *next);


/*
 * Sets the output to the request that ends at "p", or to the input itself if
 * it is canonical.  Returns false if there is no memory.
 */

static inline bool
erpsync_json_fast_finish(erpsync_json_fast_t *fast, const uint8_t *p)
{
    if (fast->at.out == NULL && fast->at.nflips == 0) {
        fast->sink->verbatim = erpsync_span(fast->at.run,
                                            (size_t) (p - fast->at.run));
        return true;
    }

    if (!erpsync_json_fast_skip(fast, p, p)) {
        return false;
    }

    fast->sink->out.pos = fast->at.out;

    return true;
}


erpsync_json_fast_rc_t
erpsync_json_fast(erpsync_sink_t *sink, erpsync_str_t input,
    const uint8_t **pos, bool *next)
{
    const uint8_t    *p;
    erpsync_json_fast_t   fast;

    if (sink->conf.operation->request == NULL) {
        return ERPSYNC_JSON_FAST_NONE;
    }

    fast.last = input.data + input.len;
    fast.at.out = NULL;
    fast.at.flip = 0;
    fast.at.nflips = 0;
    fast.sink = sink;
    fast.begun.list = NULL;
    p = erpsync_scan_space(input.data, fast.last);
    fast.at.run = p;
    fast.lanes = p;

    if (p == fast.last || *p != '{') {
        return ERPSYNC_JSON_FAST_NONE;
    }

    p = erpsync_json_fast_object(&fast, sink->conf.operation->request, p);

    if (p == NULL || erpsync_scan_space(p, fast.last) != fast.last
        || !erpsync_json_fast_finish(&fast, p))
    {
        if (fast.begun.list && fast.begun.index
            && erpsync_json_fast_hand_over(&fast, pos, next))
        {
            return ERPSYNC_JSON_FAST_LIST;
        }

        memset(&sink->facts, 0, sizeof(erpsync_facts_t));

        return ERPSYNC_JSON_FAST_NONE;
    }

    if (fast.begun.list && (fast.begun.list->flags & ERPSYNC_COUNTED)) {
        sink->facts.field_values = fast.begun.index;
    }

    sink->state = ERPSYNC_SINK_END;

    return ERPSYNC_JSON_FAST_DONE;
}


const uint8_t *
erpsync_json_fast_element(erpsync_sink_t *sink, const uint8_t *pos,
    const uint8_t *last)
{
    const uint8_t    *p;
    erpsync_json_fast_t   fast;

    if ((sink->at.list->flags & ERPSYNC_COUNTED) && sink->conf.max_field_values
        && sink->at.index >= sink->conf.max_field_values)
    {
        return NULL;
    }

    if (erpsync_out_reserve(&sink->out,
                            (size_t) (last - pos) + ERPSYNC_JSON_FAST_ROOM)
        != ERPSYNC_OK)
    {
        return NULL;
    }

    fast.last = last;
    fast.at.run = pos;
    fast.at.out = sink->out.pos;
    fast.at.flip = 0;
    fast.at.nflips = 0;
    fast.sink = sink;
    fast.begun.list = sink->at.list;

    if (sink->at.index) {
        *fast.at.out++ = ',';
    }

    p = erpsync_json_fast_object(&fast, sink->at.list->items, pos);

    if (p && erpsync_json_fast_skip(&fast, p, p)) {
        sink->out.pos = fast.at.out;
        sink->at.index++;
        return p;
    }

    return NULL;
}


/*
 * Judges the member's value at "p", which is not null and not of an array.
 * Returns its end, or NULL to give up.
 */

static inline const uint8_t *
erpsync_json_fast_value(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p, const uint8_t *last)
{
    if (member->type == ERPSYNC_TYPE_STRING) {
        return (*p == '"') ? erpsync_json_fast_string(member, p + 1, last)
                           : NULL;
    }

    if (member->type == ERPSYNC_TYPE_BOOL) {
        return erpsync_json_fast_bool(p, last);
    }

    return erpsync_json_fast_scalar(fast, member, p);
}


/*
 * Goes on behind the value that ends at "p".  Returns where the next name is,
 * or the object's "}", or NULL to give up.
 */

static inline const uint8_t *
erpsync_json_fast_next(erpsync_json_fast_t *fast, const uint8_t *p)
{
    if (fast->last - p > 1 && p[0] == ',' && p[1] == '"') {
        return p + 1;
    }

    p = erpsync_json_fast_space(fast, p);

    if (p == NULL || *p == '}') {
        return p;
    }

    p = (*p == ',') ? erpsync_json_fast_space(fast, p + 1) : NULL;

    return (p && *p == '"') ? p : NULL;
}


/*
 * Reads the name at "p": members come in the order of the schema, some may be
 * absent.  Returns the end of its colon, or NULL to give up.
 */

static inline const uint8_t *
erpsync_json_fast_member(erpsync_json_fast_t *fast,
    const erpsync_member_t **member, const erpsync_member_t *end,
    const uint8_t *p)
{
    const uint8_t           *q;
    const erpsync_member_t  *m;

    for (m = *member; m != end; m++) {

        q = erpsync_json_fast_key(fast, m, p, fast->last)
            ? p + m->match_len
            : erpsync_json_fast_folded(fast, m, p);

        if (q) {
            *member = m;
            return q;
        }

        if (m->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY)) {
            return NULL;
        }
    }

    return NULL;
}


/*
 * Begins the request, or an element, at "p": judges the members in front of a
 * request's array with AVX2, unless all of it may be canonical.  Returns as
 * erpsync_json_fast_lead() does.
 */

static inline const uint8_t *
erpsync_json_fast_begin(erpsync_json_fast_t *fast,
    const erpsync_object_t *object, const uint8_t *p,
    erpsync_json_fast_lead_t *lead)
{
    lead->member = object->members;
    lead->present = 0;
    lead->named = false;

    if (fast->begun.list || fast->last - p < ERPSYNC_ROWS_AHEAD
        || erpsync_json_fast_as_is(object, p) || !erpsync_wide()
        || !erpsync_json_fast_skip(fast, p, p))
    {
        return p;
    }

    return erpsync_json_fast_lead(fast, object, p, lead);
}


/* Judges the object at "p".  Returns its end, or NULL to give up. */

static const uint8_t *
erpsync_json_fast_object(erpsync_json_fast_t *fast,
    const erpsync_object_t *object, const uint8_t *p)
{
    unsigned                   present, bit;
    const uint8_t             *name;
    const erpsync_member_t    *member, *end;
    erpsync_json_fast_lead_t   lead;

    name = p;
    p = erpsync_json_fast_begin(fast, object, p, &lead);

    member = lead.member;
    present = lead.present;
    end = object->members + object->nmembers;

    if (p == name) {
        p = erpsync_json_fast_space(fast, p + 1);

    } else if (!lead.named) {
        p = erpsync_json_fast_next(fast, p);
    }

    while (p && *p != '}') {
        name = p;

        if (!lead.named) {
            p = erpsync_json_fast_member(fast, &member, end, p);
            p = p ? erpsync_json_fast_space(fast, p) : NULL;

            if (p == NULL) {
                return NULL;
            }
        }

        lead.named = false;
        bit = 1u << (member - object->members);

        if (*p == 'n') {
            p = erpsync_json_fast_null(fast, member, p, name);

        } else if (member->type == ERPSYNC_TYPE_OBJECTS) {
            fast->begun.seen = 2 * bit - 1;
            fast->begun.present = present;
            p = erpsync_json_fast_list(fast, member, p);

        } else {
            present |= bit;
            p = erpsync_json_fast_value(fast, member, p, fast->last);
        }

        member++;

        p = p ? erpsync_json_fast_next(fast, p) : NULL;
    }

    return p ? erpsync_json_fast_end(fast, member, end, p) : NULL;
}


/*
 * Judges the array of objects at "p".  Returns its end, or NULL to give up.
 * fast->element and fast->end then tell erpsync_json_fast_hand_over() where
 * the general path can go on.
 */

static const uint8_t *
erpsync_json_fast_list(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p)
{
    size_t  limit;

    if (*p != '[' || fast->begun.list) {     /* no arrays in elements */
        return NULL;
    }

    limit = SIZE_MAX;

    if ((member->flags & ERPSYNC_COUNTED)
        && fast->sink->conf.max_field_values)
    {
        limit = fast->sink->conf.max_field_values;
    }

    fast->begun.list = member;
    fast->begun.index = 0;
    fast->begun.start = (size_t) (p - fast->at.run);

    if (fast->at.out) {
        fast->begun.start += (size_t) (fast->at.out - fast->sink->out.start);
    }

    p++;

    for ( ;; ) {

        if (fast->at.nflips > ERPSYNC_JSON_FAST_FLIPS / 2) {

            if (!erpsync_json_fast_skip(fast, p, p)) {
                return NULL;
            }

            fast->at.flip = 0;
            fast->at.nflips = 0;
        }

        fast->element = NULL;
        fast->end = p;
        fast->end_at = fast->at;

        p = erpsync_json_fast_space(fast, p);

        if (p && *p == ']') {
            return p + 1;
        }

        if (p && fast->begun.index) {
            p = (*p == ',') ? erpsync_json_fast_space(fast, p + 1) : NULL;
        }

        if (p == NULL) {
            return NULL;
        }

        fast->element = p;

        if (*p != '{' || fast->begun.index == limit) {
            return NULL;
        }

        p = erpsync_json_fast_rows(fast, member->items, p, limit);

        if (p != fast->element) {
            continue;
        }

        p = erpsync_json_fast_object(fast, member->items, p);

        if (p == NULL) {
            return NULL;
        }

        fast->begun.index++;
    }
}


const uint8_t *
erpsync_json_fast_gap(erpsync_json_fast_t *fast, const uint8_t *p)
{
#if (ERPSYNC_SSE2)

    size_t          n;
    uint8_t        *out;
    unsigned        ink;
    const uint8_t  *run;

    /*
     * mostly the run and the gap are short, and the input goes on behind them:
     * copy 32 bytes, of which "n" count
     */

    run = fast->at.run;
    n = (size_t) (p - run);
    out = fast->at.out;

    if (out && n <= 32 && fast->last - p >= 32
        && fast->at.flip == fast->at.nflips)
    {
        ink = erpsync_scan_ink(p);

        if (ink & 1) {
            return NULL;
        }

        if (ink) {
            _mm_storeu_si128((__m128i *) out,
                             _mm_loadu_si128((const __m128i *) run));
            _mm_storeu_si128((__m128i *) (out + 16),
                             _mm_loadu_si128((const __m128i *) (run + 16)));

            p += (unsigned) __builtin_ctz(ink);
            fast->at.out = out + n;
            fast->at.run = p;

            return p;
        }
    }

#endif

    return erpsync_json_fast_long_gap(fast, p);
}


/* The same for any gap and run. */

__attribute__((noinline))
static const uint8_t *
erpsync_json_fast_long_gap(erpsync_json_fast_t *fast, const uint8_t *p)
{
    const uint8_t  *end;

    end = erpsync_scan_space(p, fast->last);

    if (end == fast->last || end == p
        || !erpsync_json_fast_skip(fast, p, end))
    {
        return NULL;
    }

    return end;
}


/*
 * Judges elements from "p" on, up to a number of "limit" in the array, if they
 * are as programs write them.  Returns their end, or "p" if there is none.
 */

static const uint8_t *
erpsync_json_fast_rows(erpsync_json_fast_t *fast,
    const erpsync_object_t *object, const uint8_t *p, size_t limit)
{
    size_t          n, max, len;
    uint8_t         tail[ERPSYNC_JSON_FAST_TAIL + ERPSYNC_ROWS_AHEAD];
    const uint8_t  *end;

    if (fast->last - p < ERPSYNC_ROWS_SPACED || (p[1] != '"' && p[1] > ' ')
        || !erpsync_wide())
    {
        return p;
    }

    max = limit - fast->begun.index;

    if (erpsync_json_fast_as_is(object, p)) {

        /* a run may go on over documented names */

        end = erpsync_json_rows(object, p, fast->last, NULL, max, &n,
                                &fast->lanes);
        fast->begun.index += n;

        return end;
    }

    if (!erpsync_json_fast_skip(fast, p, p)) {
        return p;
    }

    /*
     * the last elements are judged in a copy with room behind it, or there
     * would be too few bytes for a vector
     */

    len = (size_t) (fast->last - p);

    if (len <= ERPSYNC_JSON_FAST_TAIL) {
        memcpy(tail, p, len);
        memset(tail + len, 0, ERPSYNC_ROWS_AHEAD);

        end = erpsync_json_rows(object, tail, tail + len + ERPSYNC_ROWS_AHEAD,
                                &fast->at.out, max, &n, &fast->lanes);
        end = p + (end - tail);

    } else {
        end = erpsync_json_rows(object, p, fast->last, &fast->at.out, max,
                                &n, &fast->lanes);
    }

    fast->at.run = end;
    fast->begun.index += n;

    return end;
}


/* Judges an integer or enum at "p".  Returns its end, or NULL to give up. */

static const uint8_t *
erpsync_json_fast_scalar(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p)
{
    switch (member->type) {

    case ERPSYNC_TYPE_INT32:
        return erpsync_json_fast_int32(fast, member, p);

    case ERPSYNC_TYPE_ENUM:
        return erpsync_json_fast_name(fast, member, p);

    default:
        return NULL;
    }
}


/*
 * Reads the member's name in any case, with white space before ":", and writes
 * its canonical form.  Returns the end of ":", or NULL for another name.
 */

static const uint8_t *
erpsync_json_fast_folded(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p)
{
    size_t          len;
    const uint8_t  *colon;

    len = member->name.len;

    if ((size_t) (fast->last - p) < member->match_len || p[0] != '"'
        || p[len + 1] != '"'
        || !erpsync_name_is(erpsync_span(p + 1, len), member->name))
    {
        return NULL;
    }

    colon = erpsync_scan_space(p + len + 2, fast->last);

    if (colon == fast->last || *colon != ':'
        || !erpsync_json_fast_skip(fast, p, colon + 1))
    {
        return NULL;
    }

    memcpy(fast->at.out, member->match, member->match_len);
    fast->at.out += member->match_len;

    return colon + 1;
}


/*
 * Leaves out a member that is null.  "p" is at its value, "name" at its name;
 * the output in front of that ends with "{" or ",".  Returns the end of the
 * null and of white space behind it, or NULL to give up.
 */

static const uint8_t *
erpsync_json_fast_null(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p, const uint8_t *name)
{
    if ((member->flags & (ERPSYNC_REQUIRED|ERPSYNC_NOT_NULL|ERPSYNC_EMPTY))
        || fast->last - p < 4 || memcmp(p, "null", 4) != 0)
    {
        return NULL;
    }

    p = erpsync_scan_space(p + 4, fast->last);

    if (p == fast->last) {
        return NULL;
    }

    /* take the name back: it is copied already, or still in the run */

    if (fast->at.run > name) {
        fast->at.out -= member->match_len;
        fast->at.run = name;

    } else if (fast->at.nflips > fast->at.flip
               && fast->flips[fast->at.nflips - 1] == name + 1)
    {
        fast->at.nflips--;
    }

    if (!erpsync_json_fast_skip(fast, name, p)) {
        return NULL;
    }

    if (*p == ',') {
        fast->at.run = p + 1;

    } else if (fast->at.out[-1] == ',') {
        fast->at.out--;
    }

    return p;
}


/*
 * Ends an object at the "}" at "p", whose members from "member" on are absent.
 * Returns its end, or NULL to give up.
 */

static const uint8_t *
erpsync_json_fast_end(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const erpsync_member_t *end,
    const uint8_t *p)
{
    for ( /* void */ ; member != end; member++) {

        if (member->flags & ERPSYNC_REQUIRED) {
            return NULL;
        }

        if (member->flags & ERPSYNC_EMPTY) {

            if (!erpsync_json_fast_skip(fast, p, p)) {
                return NULL;
            }

            if (fast->at.out[-1] != '{') {
                *fast->at.out++ = ',';
            }

            memcpy(fast->at.out, member->match, member->match_len);
            fast->at.out += member->match_len;
            *fast->at.out++ = '[';
            *fast->at.out++ = ']';
        }
    }

    return p + 1;
}


/*
 * Judges the name of an enum at "p", and writes it in its documented case.
 * Returns its end, or NULL to give up.
 */

static const uint8_t *
erpsync_json_fast_name(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p)
{
    unsigned              i;
    const erpsync_str_t  *name;

    i = erpsync_json_fast_enum(fast, member, p);

    if (i == 0) {
        return NULL;
    }

    name = &member->values->quoted[i];

    if (memcmp(p, name->data, name->len) != 0) {

        if (!erpsync_json_fast_skip(fast, p, p + name->len)) {
            return NULL;
        }

        fast->at.out = erpsync_put(fast->at.out, *name);
    }

    return p + name->len;
}


/*
 * CPUs compare a load with the stores in front of it by the lowest 12 bits of
 * their addresses.  If the output is a few bytes further in its page than the
 * input is in its own, a load waits for a store that it has nothing to do
 * with, about once a member.  malloc() places the output so behind a body of
 * whole pages.  Then it begins a little later.
 */

bool
erpsync_json_fast_room(erpsync_json_fast_t *fast)
{
    erpsync_out_t  *out;

    out = &fast->sink->out;

    if (erpsync_out_reserve(out, (size_t) (fast->last - fast->at.run)
                                 + ERPSYNC_JSON_FAST_APART
                                 + ERPSYNC_JSON_FAST_ROOM)
        != ERPSYNC_OK)
    {
        return false;
    }

    if (erpsync_out_len(out) == 0
        && (((uintptr_t) out->pos - (uintptr_t) fast->at.run)
            % ERPSYNC_JSON_FAST_PAGE)
           < ERPSYNC_JSON_FAST_APART)
    {
        out->start += ERPSYNC_JSON_FAST_APART;
        out->pos = out->start;
    }

    fast->at.out = out->pos;

    return fast->at.out != NULL;
}


/*
 * Hands the request over to the general path, at the first element that the
 * fast path cannot take: the elements before it are in the sink's output.
 * Returns false if there is no memory for the output; nothing is taken then.
 */

static bool
erpsync_json_fast_hand_over(erpsync_json_fast_t *fast, const uint8_t **pos,
    bool *next)
{
    fast->at = fast->end_at;

    if (!erpsync_json_fast_skip(fast, fast->end, fast->end)) {
        return false;
    }

    fast->sink->out.pos = fast->at.out;
    erpsync_sink_resume(fast->sink, &fast->begun);

    *pos = fast->element ? fast->element : fast->end;
    *next = (fast->element == NULL);

    return true;
}
