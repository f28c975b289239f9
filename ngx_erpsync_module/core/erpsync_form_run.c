
#include "erpsync_form_internal.h"
#include "erpsync_scan.h"


/*
 * The usual form: members in the case that the tables know, each name as it
 * stands, and an array's elements together and in order.  Nothing is sorted
 * and no name is decoded; whatever is otherwise is left to the ordinary way,
 * which gives the same events.
 */


static size_t erpsync_form_ordered(const erpsync_form_t *form, size_t offset);
static erpsync_rc_t erpsync_form_usual(erpsync_form_t *form,
    const uint8_t *path, size_t *offset, bool first, bool *object);
static erpsync_rc_t erpsync_form_other(erpsync_form_t *form, size_t *offset,
    bool first, bool *object);
static erpsync_rc_t erpsync_form_take(erpsync_form_t *form,
    const erpsync_member_t *member, const uint8_t *name,
    erpsync_text_t value);
static erpsync_rc_t erpsync_form_text(erpsync_form_t *form,
    const uint8_t **p, erpsync_text_t *text);


/* The first byte that ends a value, or asks for a further look at it. */

static inline const uint8_t *
erpsync_form_scan(const uint8_t *p, const uint8_t *last)
{
#if (ERPSYNC_SSE2)

    int      mask;
    __m128i  v, stop;

    while (last - p >= 16) {
        v = _mm_loadu_si128((const __m128i *) p);

        /* signed: bytes from 0x80 on are below 0x20 as well */

        stop = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
        stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
        stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('%')));
        stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));
        stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
        stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
        mask = _mm_movemask_epi8(stop);

        if (mask) {
            return p + __builtin_ctz((unsigned) mask);
        }

        p += 16;
    }

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


erpsync_rc_t
erpsync_form_expected(erpsync_form_t *form, size_t *offset, bool *taken)
{
    erpsync_rc_t             rc;
    erpsync_text_t           value;
    const uint8_t           *p, *name, *last;
    const erpsync_member_t  *member;

    *taken = false;
    member = form->sink->conf.ordinary ? NULL
                                       : erpsync_sink_guess(form->sink);

    if (member == NULL || *offset >= form->input.len) {
        return ERPSYNC_OK;
    }

    name = form->input.data + *offset;
    last = form->input.data + form->input.len;

    if (!erpsync_form_starts(name, last, member)
        || name[member->name.len] != '=')
    {
        return ERPSYNC_OK;
    }

    *taken = true;
    p = name + member->name.len + 1;
    rc = erpsync_form_text(form, &p, &value);
    *offset = (size_t) (p - form->input.data) + 1;

    if (rc != ERPSYNC_OK || form->error->message) {
        return rc;
    }

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

    if (form->sink->conf.ordinary || form->prefix.len != root.len + 1
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
    bool            member, open;
    size_t          end;
    uint32_t        index, next;
    const uint8_t  *p, *digits;
    erpsync_str_t   piece;

    open = false;
    next = 0;

    for (end = offset;
         erpsync_form_piece(form, &offset, &piece);
         end = offset)
    {
        if (piece.len == 0) {
            continue;
        }

        if (!erpsync_form_same(form, piece)) {
            break;
        }

        digits = piece.data + form->prefix.len;
        piece.len -= form->prefix.len;
        p = memchr(digits, ']', piece.len);

        if (p == NULL
            || !erpsync_form_index(erpsync_span(digits,
                                                (size_t) (p - digits)),
                                   &index))
        {
            break;
        }

        p++;
        member = (p < digits + piece.len && (*p == '.' || *p == '['));

        if (index == next) {
            open = member;
            next++;

        } else if (!open || !member || index + 1 != next) {
            break;
        }
    }

    return end;
}


erpsync_rc_t
erpsync_form_elements(erpsync_form_t *form, size_t offset, size_t end)
{
    bool            object, first;
    uint32_t        index, next;
    erpsync_rc_t    rc;
    const uint8_t  *p;

    object = false;
    next = 0;

    while (offset < end && offset < form->input.len) {
        p = form->input.data + offset;

        if (*p == '&') {
            offset++;
            continue;
        }

        p += form->prefix.len;

        for (index = 0; *p != ']'; p++) {
            index = index * 10 + (*p - '0');
        }

        first = (index == next);

        if (first) {
            next++;

            if (object && erpsync_form_element_end(form) != ERPSYNC_OK) {
                return ERPSYNC_ERROR;
            }

            object = false;
        }

        rc = erpsync_form_usual(form, p + 1, &offset, first, &object);

        if (rc != ERPSYNC_OK || form->error->message) {
            return rc;
        }
    }

    return object ? erpsync_form_element_end(form) : ERPSYNC_OK;
}


/*
 * The pair at "offset", whose name is at "path" behind its index: a member
 * that is expected, or anything else.
 */

static erpsync_rc_t
erpsync_form_usual(erpsync_form_t *form, const uint8_t *path, size_t *offset,
    bool first, bool *object)
{
    size_t                   len;
    erpsync_rc_t             rc;
    erpsync_text_t           value;
    const uint8_t           *p, *last;
    const erpsync_member_t  *member;

    last = form->input.data + form->input.len;
    member = erpsync_sink_guess(form->sink);

    if (member == NULL || path == last || (*path != '.' && *path != '[')
        || !erpsync_form_starts(path + 1, last, member))
    {
        return erpsync_form_other(form, offset, first, object);
    }

    len = member->name.len;
    p = path + 1 + len;

    if (*path == '[' && *p++ != ']') {
        return erpsync_form_other(form, offset, first, object);
    }

    if (p == last || *p++ != '=') {
        return erpsync_form_other(form, offset, first, object);
    }

    rc = erpsync_form_text(form, &p, &value);
    *offset = (size_t) (p - form->input.data) + 1;

    if (rc != ERPSYNC_OK || form->error->message) {
        return rc;
    }

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
erpsync_form_other(erpsync_form_t *form, size_t *offset, bool first,
    bool *object)
{
    erpsync_str_t   piece;
    erpsync_pair_t  pair;

    if (!erpsync_form_piece(form, offset, &piece)
        || erpsync_form_pair(form, piece, &pair) != ERPSYNC_OK
        || erpsync_form_value(form, &pair) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (form->error->message) {
        return ERPSYNC_OK;
    }

    if (first && pair.has_member) {
        *object = true;

        if (erpsync_sink_object(form->sink) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }

    if (!*object) {
        return erpsync_form_scalar(form, pair.value);
    }

    return erpsync_form_member(form, pair.member,
                               pair.has_inner ? &pair.inner : NULL,
                               pair.value);
}


/* A value of the member that was expected: its name is not looked up. */

static erpsync_rc_t
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

    return (rc == ERPSYNC_OK)
           ? erpsync_sink_scalar(form->sink, ERPSYNC_SCALAR_UNTYPED, value)
           : ERPSYNC_ERROR;
}


/* The value at "*p", which then is at its end. */

static erpsync_rc_t
erpsync_form_text(erpsync_form_t *form, const uint8_t **p,
    erpsync_text_t *text)
{
    erpsync_str_t   s;
    const uint8_t  *start, *end, *last;

    start = *p;
    last = form->input.data + form->input.len;
    end = erpsync_form_scan(start, last);

    text->clean = (end == last || *end == '&');

    if (!text->clean) {
        end = memchr(end, '&', (size_t) (last - end));
        end = end ? end : last;
    }

    *p = end;
    s = erpsync_span(start, (size_t) (end - start));
    text->str = s;

    return text->clean ? ERPSYNC_OK
                       : erpsync_form_decode(form, s, &text->str);
}
