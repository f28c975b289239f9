
#include "erpsync_form_internal.h"
#include "erpsync_scan.h"


/*
 * The usual form: members in the case that the tables know, each name as it
 * stands, and an array's elements together and in order.  Nothing is sorted
 * and no name is decoded; whatever is otherwise is left to the ordinary way,
 * which gives the same events.
 */


#define ERPSYNC_FORM_INDEX  9    /* digits that no index in order has more of */


static size_t erpsync_form_ordered(const erpsync_form_t *form, size_t offset);
static erpsync_rc_t erpsync_form_usual(erpsync_form_t *form,
    const uint8_t *path, const uint8_t **piece, bool first, bool *object);
static erpsync_rc_t erpsync_form_other(erpsync_form_t *form,
    const uint8_t **piece, bool first, bool *object);
static const uint8_t *erpsync_form_coded(erpsync_form_t *form,
    const uint8_t *p, erpsync_text_t *text);


#if (ERPSYNC_SSE2)

static inline unsigned
erpsync_form_scan_stops(const uint8_t *p)
{
    __m128i  v, stop;

    v = _mm_loadu_si128((const __m128i *) p);

    /* signed: bytes from 0x80 on are below 0x20 as well */

    stop = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('%')));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

    return (unsigned) _mm_movemask_epi8(stop);
}

#endif


/* The first byte that ends a value, or asks for a further look at it. */

static inline const uint8_t *
erpsync_form_scan(const uint8_t *p, const uint8_t *last)
{
#if (ERPSYNC_SSE2)
    p = erpsync_scan_while(p, last, erpsync_form_scan_stops);
#endif

    while (p < last && !erpsync_scan_stop(*p)
           && *p != '&' && *p != '%' && *p != '+')
    {
        p++;
    }

    return p;
}


static inline bool
erpsync_form_starts(const uint8_t *p, const uint8_t *last,
    const erpsync_member_t *member)
{
    return (size_t) (last - p) > member->name.len
           && erpsync_member_is(p, member);
}


/* The value at "p"; returns its end, or NULL where memory ran out. */

static inline const uint8_t *
erpsync_form_span(erpsync_form_t *form, const uint8_t *p,
    erpsync_text_t *text)
{
    const uint8_t  *end, *last;

    last = form->input.data + form->input.len;
    end = erpsync_form_scan(p, last);

    text->str = erpsync_span(p, (size_t) (end - p));
    text->clean = true;

    return (end == last || *end == '&') ? end
                                        : erpsync_form_coded(form, end, text);
}


/* A value of the member that was expected: its name is not looked up. */

static inline erpsync_rc_t
erpsync_form_take(erpsync_form_t *form, const erpsync_member_t *member,
    const uint8_t *name, erpsync_text_t value)
{
    erpsync_rc_t  rc;

    if (form->open.data && erpsync_form_close(form) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    /* an element too many has no members */

    rc = (form->sink->state == ERPSYNC_SINK_MEMBERS)
         ? erpsync_sink_member(form->sink, member)
         : erpsync_form_name(form, erpsync_span(name, member->name.len));

    return (rc == ERPSYNC_OK) ? erpsync_form_text(form, value)
                              : ERPSYNC_ERROR;
}


erpsync_rc_t
erpsync_form_expected(erpsync_form_t *form, bool *taken)
{
    erpsync_text_t           value;
    const uint8_t           *name, *end, *last;
    const erpsync_member_t  *member;

    *taken = false;
    member = erpsync_sink_guess(form->sink);

    if (member == NULL) {
        return ERPSYNC_OK;
    }

    name = form->input.data + form->offset;
    last = form->input.data + form->input.len;

    /* a list of scalars may have more elements further on */

    if (!erpsync_form_starts(name, last, member)
        || name[member->name.len] != '='
        || member->type == ERPSYNC_TYPE_INT32S
        || member->type == ERPSYNC_TYPE_STRINGS)
    {
        return ERPSYNC_OK;
    }

    value.str = erpsync_span(name + member->name.len + 1, 0);
    end = erpsync_form_coded(form, value.str.data, &value);

    if (end == NULL || form->error->message) {
        return end ? ERPSYNC_OK : ERPSYNC_ERROR;
    }

    *taken = true;
    form->offset = (size_t) (end - form->input.data) + 1;

    return erpsync_form_take(form, member, name, value);
}


erpsync_rc_t
erpsync_form_run(erpsync_form_t *form, size_t offset, erpsync_str_t root,
    size_t *end)
{
    bool           has;
    size_t         next;
    uint32_t       index;
    erpsync_str_t  piece;

    *end = 0;

    /* a name that is written in another way may hold a bracket, too */

    if (form->prefix.len != root.len + 1
        || memcmp(form->prefix.data, root.data, root.len) != 0)
    {
        return ERPSYNC_OK;
    }

    next = erpsync_form_ordered(form, offset);

    if (next == offset) {
        return ERPSYNC_OK;
    }

    for (offset = next; erpsync_form_piece(form, &offset, &piece); /* void */ )
    {
        if (erpsync_form_item(form, piece, root, &has, &index)
            != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        if (has || form->error->message) {
            return ERPSYNC_OK;
        }
    }

    *end = next;

    return ERPSYNC_OK;
}


/*
 * The end of the pairs whose indexes go up from 0 one by one; of an element
 * that has more than one pair, each is a member.  "offset" where it is none.
 */

static size_t
erpsync_form_ordered(const erpsync_form_t *form, size_t offset)
{
    bool            open;
    size_t          index, next, len;
    const uint8_t  *p, *end, *head, *digits, *last;

    open = false;
    next = 0;
    len = 0;
    head = NULL;       /* of the element that is open, with its index */
    p = form->input.data + offset;
    last = form->input.data + form->input.len;

    for ( ;; ) {

        while (p < last && *p == '&') {
            p++;
        }

        end = p;

        if (open && (size_t) (last - p) > len && memcmp(p, head, len) == 0
            && (p[len] == '.' || p[len] == '['))
        {
            p = memchr(p + len, '&', (size_t) (last - p) - len);

            if (p) {
                continue;
            }

            return form->input.len;
        }

        if (!erpsync_form_same(form, erpsync_span(p, (size_t) (last - p)))) {
            break;
        }

        digits = p + form->prefix.len;
        index = 0;

        for (p = digits; p < last && erpsync_is_digit(*p); p++) {
            index = index * 10 + (*p - '0');
        }

        if (p == digits || p == last || *p != ']'
            || p - digits > ERPSYNC_FORM_INDEX
            || (*digits == '0' && p - digits > 1))
        {
            break;
        }

        p++;

        if (index != next) {
            break;
        }

        next++;
        open = (p < last && (*p == '.' || *p == '['));
        head = end;
        len = (size_t) (p - head);

        p = memchr(p, '&', (size_t) (last - p));

        if (p == NULL) {
            return form->input.len;
        }
    }

    return (size_t) (end - form->input.data);
}


erpsync_rc_t
erpsync_form_elements(erpsync_form_t *form, size_t offset, size_t end)
{
    bool            object, first;
    size_t          index, next;
    erpsync_rc_t    rc;
    const uint8_t  *p, *path, *last;

    object = false;
    next = 0;
    p = form->input.data + offset;
    last = form->input.data + end;

    while (p < last) {

        if (*p == '&') {
            p++;
            continue;
        }

        path = p + form->prefix.len;

        for (index = 0; *path != ']'; path++) {
            index = index * 10 + (*path - '0');
        }

        first = (index == next);

        if (first) {
            next++;

            if (object && erpsync_form_element_end(form) != ERPSYNC_OK) {
                return ERPSYNC_ERROR;
            }

            object = false;
        }

        rc = erpsync_form_usual(form, path + 1, &p, first, &object);

        if (rc != ERPSYNC_OK || form->error->message) {
            return rc;
        }
    }

    return object ? erpsync_form_element_end(form) : ERPSYNC_OK;
}


/*
 * The pair at "piece", whose name is at "path" behind its index: a member
 * that is expected, or anything else.
 */

static erpsync_rc_t
erpsync_form_usual(erpsync_form_t *form, const uint8_t *path,
    const uint8_t **piece, bool first, bool *object)
{
    erpsync_text_t           value;
    const uint8_t           *p, *last;
    const erpsync_member_t  *member;

    last = form->input.data + form->input.len;
    member = erpsync_sink_guess(form->sink);

    if (member == NULL || path == last || (*path != '.' && *path != '[')
        || !erpsync_form_starts(path + 1, last, member))
    {
        return erpsync_form_other(form, piece, first, object);
    }

    p = path + 1 + member->name.len;

    if (*path == '[' && *p++ != ']') {
        return erpsync_form_other(form, piece, first, object);
    }

    if (p == last || *p != '=') {
        return erpsync_form_other(form, piece, first, object);
    }

    p = erpsync_form_span(form, p + 1, &value);

    if (p == NULL || form->error->message) {
        return p ? ERPSYNC_OK : ERPSYNC_ERROR;
    }

    *piece = p;

    if (first) {
        *object = true;

        if (erpsync_sink_object(form->sink) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }

    return erpsync_form_take(form, member, path + 1, value);
}


/* A pair that has to be taken apart. */

static erpsync_rc_t
erpsync_form_other(erpsync_form_t *form, const uint8_t **piece, bool first,
    bool *object)
{
    size_t          offset;
    erpsync_str_t   s;
    erpsync_pair_t  pair;

    offset = (size_t) (*piece - form->input.data);
    form->start = offset;

    if (!erpsync_form_piece(form, &offset, &s)
        || erpsync_form_pair(form, s, &pair) != ERPSYNC_OK
        || erpsync_form_value(form, &pair) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (form->error->message) {
        return ERPSYNC_OK;
    }

    *piece = s.data + s.len;

    if (first && pair.has_member) {
        *object = true;

        if (erpsync_sink_object(form->sink) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }

    return *object ? erpsync_form_inside(form, &pair)
                   : erpsync_form_scalar(form, pair.value);
}


/* A text that may be more than plain from "p" on. */

static const uint8_t *
erpsync_form_coded(erpsync_form_t *form, const uint8_t *p,
    erpsync_text_t *text)
{
    const uint8_t  *start, *end, *last;

    start = text->str.data;
    last = form->input.data + form->input.len;
    end = memchr(p, '&', (size_t) (last - p));
    end = end ? end : last;

    text->clean = false;

    return (erpsync_form_decode(form,
                                erpsync_span(start, (size_t) (end - start)),
                                &text->str)
            == ERPSYNC_OK)
           ? end : NULL;
}
