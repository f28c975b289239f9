
#include "erpsync_form_internal.h"
#include "erpsync_form_rows.h"
#include "erpsync_sink_direct.h"


#define ERPSYNC_FORM_AHEAD  72   /* a block, a percent sequence, and 32 bytes */
#define ERPSYNC_FORM_PAUSE  3    /* elements */


/*
 * The fast path for forms.  Most clients write the pairs in the order of the
 * values that they are made of:
 *
 *     a=1&b[0].c=2&b[0].d=3&b[1].c=4&e=5
 *
 * These need no groups, as the order of the pairs is that of the events.  Names
 * are those of the schema, in any case, only brackets may be percent-encoded;
 * all values are scalars, of the request or of the elements of its arrays of
 * objects.  If there is anything else, if an element does not follow the one
 * before it, or if a value is malformed, all events are taken back, and the
 * general path decodes the form (erpsync_form.c).  So both send the same events
 * of the forms that the fast path takes, and it need not know any error.
 */

typedef struct {
    erpsync_form_t          *form;
    erpsync_sink_t          *sink;
    erpsync_rc_t             rc;
    const uint8_t           *first;      /* of the input */
    const uint8_t           *last;
    uint8_t                 *out;        /* for decoded values; NULL: none is
                                            decoded yet */
    const uint8_t           *before;     /* the pair before */
    size_t                   list;       /* length of "b[", if it is open */
    size_t                   element;    /* of "b[0].", if it is open */
    bool                     bracket;    /* that is "b[0][" */
    uint32_t                 index;      /* of the next element */
    uint32_t                 wait;       /* elements to send as events before
                                            rows are tried */
    uint32_t                 pause;      /* "wait" if there are none */
    erpsync_order_t          order;
} erpsync_form_fast_t;


/* Kinds of decoded bytes. */

#define ERPSYNC_FORM_UTF8   1      /* not ASCII */
#define ERPSYNC_FORM_DIRTY  2      /* escaped in JSON */
#define ERPSYNC_FORM_NUL    4

#define X8(x)   x, x, x, x, x, x, x, x
#define X31(x)  X8(x), X8(x), X8(x), x, x, x, x, x, x, x
#define X64(x)  X8(x), X8(x), X8(x), X8(x), X8(x), X8(x), X8(x), X8(x)

static const uint8_t  erpsync_form_kind_of[256] = {
    ERPSYNC_FORM_NUL, X31(ERPSYNC_FORM_DIRTY),
    ['"'] = ERPSYNC_FORM_DIRTY, ['\\'] = ERPSYNC_FORM_DIRTY,
    [0x80] = X64(ERPSYNC_FORM_UTF8), X64(ERPSYNC_FORM_UTF8)
};


static const uint8_t *erpsync_form_fast_narrow(erpsync_form_fast_t *fast,
    const uint8_t *p);
static const uint8_t *erpsync_form_fast_next(erpsync_form_fast_t *fast,
    const uint8_t *p);
static bool erpsync_form_fast_list(erpsync_form_fast_t *fast,
    const erpsync_member_t *member, size_t len);
static bool erpsync_form_fast_index(const erpsync_form_fast_t *fast,
    const uint8_t *pair, erpsync_form_rows_t *rows);
static const uint8_t *erpsync_form_fast_rows(erpsync_form_fast_t *fast,
    const uint8_t *pair, erpsync_form_rows_t *rows);
static const uint8_t *erpsync_form_fast_element(erpsync_form_fast_t *fast,
    const uint8_t *pair);
static bool erpsync_form_fast_close(erpsync_form_fast_t *fast);
static const erpsync_member_t *erpsync_form_fast_folded(
    const erpsync_form_fast_t *fast, const uint8_t *p);

static const uint8_t *erpsync_form_fast_wide(erpsync_form_fast_t *fast,
    const uint8_t *p);


static inline bool
erpsync_form_fast_sent(erpsync_form_fast_t *fast, erpsync_rc_t rc)
{
    fast->rc = rc;

    return rc == ERPSYNC_OK;
}


/* Returns room for decoded values, or NULL if memory ran out. */

static inline uint8_t *
erpsync_form_fast_room(erpsync_form_fast_t *fast)
{
    if (fast->out == NULL) {
        fast->out = erpsync_form_room(fast->form);
        fast->rc = fast->out ? ERPSYNC_OK : ERPSYNC_ERROR;
    }

    return fast->out;
}


/* Returns the member of the open object whose name begins at "p", or NULL. */

ERPSYNC_INLINE
static inline const erpsync_member_t *
erpsync_form_fast_find(erpsync_form_fast_t *fast, const uint8_t *p, bool wide)
{
    const erpsync_frame_t   *frame;
    const erpsync_member_t  *member;

    frame = fast->sink->frame;

    if (fast->last - p >= ERPSYNC_MAX_KEY && p != fast->first) {

        if (erpsync_order_goes_on(&fast->order, frame, p, wide)) {
            return erpsync_order_next(&fast->order, frame);
        }

        member = erpsync_order_search(&fast->order, frame, p);

        if (member) {
            return member;
        }
    }

    return erpsync_form_fast_folded(fast, p);
}


#if (ERPSYNC_SSE2)

/*
 * Returns a bit for each of 16 bytes of a value that ends it, is encoded, is
 * not ASCII or must be escaped in JSON.
 */

static inline unsigned
erpsync_form_stops(const uint8_t *p)
{
    __m128i  v, coded;

    v = _mm_loadu_si128((const __m128i *) p);

    coded = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('&')),
                         _mm_cmpeq_epi8(v, _mm_set1_epi8('%')));
    coded = _mm_or_si128(coded, _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));

    return (unsigned) _mm_movemask_epi8(coded) | erpsync_scan_stops(p);
}


/* Copies 32 bytes. */

static inline void
erpsync_form_copy(uint8_t *out, const uint8_t *p)
{
    _mm_storeu_si128((__m128i *) out,
                     _mm_loadu_si128((const __m128i *) p));
    _mm_storeu_si128((__m128i *) (out + 16),
                     _mm_loadu_si128((const __m128i *) (p + 16)));
}

#endif


erpsync_rc_t
erpsync_form_fast(erpsync_form_t *form, bool *sent)
{
    const uint8_t        *p;
    erpsync_form_fast_t   fast;

    erpsync_zero(&fast, offsetof(erpsync_form_fast_t, order));
    fast.order.object = NULL;
    fast.form = form;
    fast.sink = form->sink;
    fast.first = form->input;
    fast.last = form->last;

    *sent = false;
    p = form->input;

    if (erpsync_sink_object(fast.sink) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    p = erpsync_wide() ? erpsync_form_fast_wide(&fast, p)
                       : erpsync_form_fast_narrow(&fast, p);

    if (p && erpsync_form_fast_close(&fast)
        && erpsync_form_fast_sent(&fast, erpsync_sink_object_end(fast.sink)))
    {
        *sent = true;

    } else if (fast.rc == ERPSYNC_OK) {
        erpsync_sink_restart(fast.sink);
    }

    return fast.rc;
}


/*
 * Ends the element, and begins the next one, or ends its array.  Returns "p",
 * the end of the elements that are rows, or NULL: memory ran out, or an element
 * does not follow the one before.
 */

static const uint8_t *
erpsync_form_fast_next(erpsync_form_fast_t *fast, const uint8_t *p)
{
    if (fast->list == 0) {
        return p;
    }

    if (erpsync_scan_again(p, fast->before, fast->list, fast->last, false)) {
        return erpsync_form_fast_element(fast, p);
    }

    return erpsync_form_fast_close(fast) ? p : NULL;
}


/* Begins an array of objects; "len" is the length of its name and "[". */

static bool
erpsync_form_fast_list(erpsync_form_fast_t *fast,
    const erpsync_member_t *member, size_t len)
{
    if (!erpsync_form_fast_sent(fast, erpsync_sink_member(fast->sink, member))
        || fast->sink->state != ERPSYNC_SINK_MEMBERS
        || !erpsync_form_fast_sent(fast, erpsync_sink_array(fast->sink)))
    {
        return false;
    }

    fast->list = len;
    fast->index = 0;
    fast->wait = 0;
    fast->pause = ERPSYNC_FORM_PAUSE;

    return true;
}


/*
 * Reads the index in the name of the pair, and the brackets around it.  Returns
 * false if it is not the index of the element that comes next.
 */

static bool
erpsync_form_fast_index(const erpsync_form_fast_t *fast, const uint8_t *pair,
    erpsync_form_rows_t *rows)
{
    size_t          close, open;
    uint32_t        index;
    const uint8_t  *p, *digits;

    digits = pair + fast->list;

    for (p = digits; p < fast->last && erpsync_is_digit(*p); p++) {
        /* void */
    }

    if (!erpsync_form_index(erpsync_span(digits, (size_t) (p - digits)),
                            &index)
        || index != fast->index)
    {
        return false;
    }

    rows->list = fast->list;
    rows->index = index;
    rows->close = (size_t) (p - pair);

    close = erpsync_form_bracket(p, fast->last, ']');
    p += close;
    open = erpsync_form_bracket(p, fast->last, '[');

    if (open == 0 && p < fast->last && *p == '.') {
        open = 1;
    }

    rows->element = (size_t) (p + open - pair);

    return close && open;
}


/*
 * Writes the elements from the pair on that are rows.  Returns their end, the
 * pair if there is none, or NULL if memory ran out.
 *
 * Behind rows, the element that is none is sent as events, and then rows are
 * tried again; where there are none, they are tried less and less often.  So
 * most elements are read only once, whatever the form is.
 */

static const uint8_t *
erpsync_form_fast_rows(erpsync_form_fast_t *fast, const uint8_t *pair,
    erpsync_form_rows_t *rows)
{
    size_t           size;
    const uint8_t   *end;
    erpsync_sink_t  *sink;

    sink = fast->sink;

    if (sink->invalid || !erpsync_wide()) {
        return pair;
    }

    if (fast->wait) {
        fast->wait--;
        return pair;
    }

    size = (size_t) (fast->last - pair) + ERPSYNC_FORM_ROWS_ROOM;

    if (!erpsync_form_fast_sent(fast, erpsync_out_reserve(&sink->out, size))) {
        return NULL;
    }

    rows->object = sink->at.list->items;
    rows->out = sink->out.pos;
    rows->max = UINT32_MAX;

    if ((sink->at.list->flags & ERPSYNC_COUNTED)
        && sink->conf.max_field_values)
    {
        rows->max = sink->conf.max_field_values;
    }

    end = erpsync_form_rows(rows, pair, fast->last);

    if (end == pair) {
        fast->wait = fast->pause;
        fast->pause *= 2;

        return pair;
    }

    fast->wait = 1;
    fast->pause = ERPSYNC_FORM_PAUSE;
    fast->index = (uint32_t) rows->index;
    sink->at.index = rows->index;
    sink->out.pos = rows->out;

    return end;
}


/*
 * Begins the element that comes next.  Returns the pair, the end of the
 * elements that are rows, or NULL: memory ran out, or this is not the element.
 */

static const uint8_t *
erpsync_form_fast_element(erpsync_form_fast_t *fast, const uint8_t *pair)
{
    const uint8_t        *end;
    erpsync_form_rows_t   rows;

    if (fast->element
        && !erpsync_form_fast_sent(fast, erpsync_sink_object_end(fast->sink)))
    {
        return NULL;
    }

    fast->element = 0;

    if (!erpsync_form_fast_index(fast, pair, &rows)) {
        return NULL;
    }

    end = erpsync_form_fast_rows(fast, pair, &rows);

    if (end != pair) {
        return end;
    }

    if (!erpsync_form_fast_sent(fast, erpsync_sink_object(fast->sink))
        || fast->sink->state != ERPSYNC_SINK_MEMBERS)
    {
        return NULL;
    }

    fast->element = rows.element;
    fast->bracket = (pair[rows.element - 1] != '.');
    fast->index++;

    return pair;
}


/* Ends the element and the array that are open. */

static bool
erpsync_form_fast_close(erpsync_form_fast_t *fast)
{
    if (fast->list == 0) {
        return true;
    }

    if (fast->element
        && !erpsync_form_fast_sent(fast, erpsync_sink_object_end(fast->sink)))
    {
        return false;
    }

    fast->element = 0;
    fast->bracket = false;
    fast->list = 0;

    return erpsync_form_fast_sent(fast, erpsync_sink_array_end(fast->sink));
}


/* Finds a member whose name may be in any case. */

static const erpsync_member_t *
erpsync_form_fast_folded(const erpsync_form_fast_t *fast, const uint8_t *p)
{
    size_t                   i, len, rest;
    const erpsync_object_t  *object;

    object = fast->sink->frame->object;
    rest = (size_t) (fast->last - p);

    for (i = 0; i < object->nmembers; i++) {
        len = object->members[i].name.len;

        if (rest >= len && erpsync_member_is(p, &object->members[i])
            && (rest == len || !erpsync_is_alpha(p[len])))
        {
            return &object->members[i];
        }
    }

    return NULL;
}


/*
 * Decodes what begins at "p", a byte or a percent sequence, to "out", and adds
 * its kind.  "ahead" says that there are two more bytes.  Returns its end, or
 * NULL if it is malformed.
 */

static inline const uint8_t *
erpsync_form_fast_byte(const uint8_t *p, bool ahead, uint8_t *out,
    unsigned *kinds)
{
    uint8_t   c;
    unsigned  high, low;

    c = *p++;

    if (c == '%') {
        if (!ahead) {
            return NULL;
        }

        /* 0 for what is no digit becomes the largest number */

        high = erpsync_form_hex[p[0]] - 1u;
        low = erpsync_form_hex[p[1]] - 1u;

        if ((high | low) > 0x0f) {
            return NULL;
        }

        c = (uint8_t) (high << 4 | low);
        p += 2;

    } else if (c == '+') {
        c = ' ';
    }

    *out = c;

    *kinds |= erpsync_form_kind_of[c];

    return p;
}


#if (ERPSYNC_SSE2)

/* Returns the bits of erpsync_form_stops() for 32 bytes. */

static inline uint32_t
erpsync_form_block(const uint8_t *p)
{
    return erpsync_form_stops(p) | erpsync_form_stops(p + 16) << 16;
}

#endif


#if (ERPSYNC_HAVE_WIDE)

/*
 * The same with AVX2: the bytes that are compared have low 4 bits of their own,
 * at which a table has them.
 */

ERPSYNC_WIDE
static inline uint32_t
erpsync_form_wide_block(const uint8_t *p)
{
    __m256i  v, table, stops;

    v = _mm256_loadu_si256((const __m256i *) p);
    table = _mm256_setr_epi8(1, 0, '"', 0, 0, '%', '&', 0, 0, 0, 0, '+', '\\',
                             0, 0, 0,
                             1, 0, '"', 0, 0, '%', '&', 0, 0, 0, 0, '+', '\\',
                             0, 0, 0);

    stops = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, v), v);

    /* as signed bytes, those that are not ASCII are less than 0x20, too */

    stops = _mm256_or_si256(stops, _mm256_subs_epi8(v, _mm256_set1_epi8(' ')));

    return (uint32_t) _mm256_movemask_epi8(stops);
}

#elif (ERPSYNC_SSE2)

#define erpsync_form_wide_block  erpsync_form_block

#endif


/*
 * Reads the value at "p", and decodes it unless it is plain.  Returns its end,
 * or NULL: it is malformed, or memory ran out.
 */

ERPSYNC_INLINE
static inline const uint8_t *
erpsync_form_fast_value(erpsync_form_fast_t *fast, const uint8_t *p,
    erpsync_text_t *value, bool wide)
{
    uint8_t        *out;
    unsigned        kinds;
    const uint8_t  *last;

#if (ERPSYNC_SSE2)
    uint32_t        stops;
    const uint8_t  *block, *stop;
#endif

    last = fast->last;
    kinds = 0;

#if (ERPSYNC_SSE2)

    if (last - p >= ERPSYNC_FORM_AHEAD) {
        stops = wide ? erpsync_form_wide_block(p) : erpsync_form_block(p);

        if (stops && p[(unsigned) __builtin_ctz(stops)] == '&') {
            value->str = erpsync_span(p, (unsigned) __builtin_ctz(stops));
            value->clean = true;

            return p + value->str.len;
        }
    }

#else
    (void) wide;
#endif

    out = erpsync_form_fast_room(fast);

    if (out == NULL) {
        return NULL;
    }

#if (ERPSYNC_SSE2)

    while (last - p >= ERPSYNC_FORM_AHEAD) {
        block = p;
        stops = wide ? erpsync_form_wide_block(p) : erpsync_form_block(p);

        for ( /* void */ ; stops; stops &= stops - 1) {
            stop = block + (unsigned) __builtin_ctz(stops);
            erpsync_form_copy(out, p);
            out += stop - p;
            p = stop;

            if (*p == '&') {
                last = p;                    /* the end of the value */
                break;
            }

            p = erpsync_form_fast_byte(p, true, out++, &kinds);

            if (p == NULL) {
                return NULL;
            }
        }

        if (p < last && p < block + 32) {
            erpsync_form_copy(out, p);
            out += block + 32 - p;
            p = block + 32;
        }
    }

#endif

    while (p && p < last && *p != '&') {
        p = erpsync_form_fast_byte(p, last - p > 2, out++, &kinds);
    }

    value->str = erpsync_span(fast->out, (size_t) (out - fast->out));
    value->clean = !(kinds & ERPSYNC_FORM_DIRTY);
    fast->out = out;

    return (kinds & ERPSYNC_FORM_NUL
            || (kinds & ERPSYNC_FORM_UTF8
                && erpsync_utf8_valid(value->str) != value->str.len))
           ? NULL : p;
}


/*
 * Reads what is behind the name of a member.  Returns where the value begins,
 * or NULL if the name goes on.
 */

static inline const uint8_t *
erpsync_form_fast_equals(const erpsync_form_fast_t *fast, const uint8_t *p)
{
    size_t  n;

    if (fast->bracket) {
        n = erpsync_form_bracket(p, fast->last, ']');

        if (n == 0) {
            return NULL;
        }

        p += n;
    }

    if (p < fast->last) {

        if (*p == '=') {
            return p + 1;
        }

        if (*p != '&') {
            return NULL;
        }
    }

    return p;
}


/*
 * Sends the pair at "p".  Returns its end, or NULL: memory ran out, or the
 * general path must read the form.
 */

ERPSYNC_INLINE
static inline const uint8_t *
erpsync_form_fast_pair(erpsync_form_fast_t *fast, const uint8_t *p, bool wide)
{
    size_t                   n;
    erpsync_rc_t             rc;
    erpsync_text_t           value;
    const uint8_t           *pair;
    const erpsync_member_t  *member;

    pair = p;

    if (!(fast->element
          && erpsync_scan_again(p, fast->before, fast->element, fast->last,
                                wide)))
    {
        p = erpsync_form_fast_next(fast, pair);

        if (p != pair) {
            return p;
        }
    }

    fast->before = pair;
    p = pair + fast->element;
    member = erpsync_form_fast_find(fast, p, wide);

    if (member && member->type == ERPSYNC_TYPE_OBJECTS && !fast->element) {
        p += member->name.len;
        n = erpsync_form_bracket(p, fast->last, '[');

        if (n == 0 || !erpsync_form_fast_list(fast, member, p + n - pair)) {
            return NULL;
        }

        p = erpsync_form_fast_element(fast, pair);

        if (p != pair) {
            return p;
        }

        p = pair + fast->element;
        member = erpsync_form_fast_find(fast, p, wide);
    }

    if (member == NULL || member->type > ERPSYNC_TYPE_ENUM) {
        return NULL;
    }

    p = erpsync_form_fast_equals(fast, p + member->name.len);

    if (p == NULL) {
        return NULL;
    }

    p = erpsync_form_fast_value(fast, p, &value, wide);

    if (p == NULL) {
        return NULL;
    }

    if (value.str.len && value.str.data[0] > ' ') {
        rc = erpsync_sink_untyped(fast->sink, member, value,
                                  fast->last - p >= ERPSYNC_VALUE_SLACK);

    } else {
        rc = erpsync_sink_member(fast->sink, member);

        if (rc == ERPSYNC_OK) {
            rc = erpsync_form_scalar(fast->sink, value);
        }
    }

    return erpsync_form_fast_sent(fast, rc) ? p : NULL;
}


/* Sends the pairs from "p" on.  Returns the end of the input, or NULL. */

ERPSYNC_INLINE
static inline const uint8_t *
erpsync_form_fast_pairs(erpsync_form_fast_t *fast, const uint8_t *p, bool wide)
{
    while (p && p < fast->last) {

        if (*p != '&') {
            p = erpsync_form_fast_pair(fast, p, wide);
        }

        if (p && p < fast->last) {
            p++;
        }
    }

    return p;
}


static const uint8_t *
erpsync_form_fast_narrow(erpsync_form_fast_t *fast, const uint8_t *p)
{
    return erpsync_form_fast_pairs(fast, p, false);
}


ERPSYNC_WIDE
static const uint8_t *
erpsync_form_fast_wide(erpsync_form_fast_t *fast, const uint8_t *p)
{
    return erpsync_form_fast_pairs(fast, p, true);
}
