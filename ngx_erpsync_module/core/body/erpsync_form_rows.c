
#include "erpsync_form_rows.h"
#include "erpsync_form_value.h"


#if (ERPSYNC_HAVE_WIDE)

#define X8(s)   s s s s s s s s
#define X32(s)  X8(s) X8(s) X8(s) X8(s)

#define ERPSYNC_FORM_VECTOR  32

/*
 * How many bytes must be left for a pair: a prefix, a name, what is behind it,
 * and what a value needs.
 */

#define ERPSYNC_FORM_PAIR    (2 * ERPSYNC_FORM_VECTOR + 8 + ERPSYNC_FORM_AHEAD)

#define ERPSYNC_FORM_TAIL    512   /* bytes that are copied */


/*
 * What does not change from pair to pair.  Each name is the prefix "b[17].",
 * that of a member, and "="; or "b[17][", the member's, and "]=".  Brackets may
 * be percent-encoded.  All elements must be written as the first one is.
 */

typedef struct {
    const erpsync_member_t  *members;
    const erpsync_member_t  *end;        /* the first one of another type */
    const erpsync_member_t  *need;       /* from here on all may be absent */
    const uint8_t           *last;       /* of the input */

    uint8_t                  prefix[ERPSYNC_FORM_VECTOR + 8];
    unsigned                 len;        /* of the prefix */
    unsigned                 list;       /* of "b[" */
    unsigned                 close;      /* of "b[17" */
    uint32_t                 behind;     /* what is behind a member's name */
    uint32_t                 mask;       /* of its bytes */
    unsigned                 nbehind;    /* their number */
} erpsync_form_shape_t;


/* Returns whether the prefix is at "p". */

ERPSYNC_WIDE
static inline bool
erpsync_form_rows_prefix(const erpsync_form_shape_t *shape, const uint8_t *p)
{
    return ~erpsync_scan_wide_equal(p, shape->prefix)
               << (ERPSYNC_FORM_VECTOR - shape->len)
           == 0;
}


/*
 * Returns whether the member's name in any case is at "p", and behind it what
 * ends a name.
 */

ERPSYNC_WIDE
static inline bool
erpsync_form_rows_name(const erpsync_form_shape_t *shape,
    const erpsync_member_t *member, const uint8_t *p)
{
    __m256i   differ, mask;
    uint32_t  behind;

    /* bit 0x20 of a letter is its case */

    _Alignas(64) static const uint8_t  letters[64] = X32("\xdf");
    _Alignas(32) static const uint8_t  quote[32] = "\xff";

    /* "match" has the name behind a quote, whose place is not compared */

    differ = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *) (p - 1)),
                              _mm256_load_si256((const __m256i *)
                                                member->match));
    mask = _mm256_loadu_si256((const __m256i *)
                              (letters + ERPSYNC_FORM_VECTOR - 1
                               - member->name.len));
    mask = _mm256_andnot_si256(_mm256_load_si256((const __m256i *) quote),
                               mask);

    memcpy(&behind, p + member->name.len, 4);

    return _mm256_testz_si256(differ, mask)
           && ((behind ^ shape->behind) & shape->mask) == 0;
}


/*
 * Writes the text of the value at "p" to "*pos", which becomes its end.
 * Returns the end of the value, or NULL if the text must be judged otherwise.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline const uint8_t *
erpsync_form_rows_text(const erpsync_form_shape_t *shape,
    const erpsync_member_t *member, const uint8_t *p, uint8_t **pos)
{
    size_t    len;
    uint8_t  *start;
    uint32_t  stops;
    unsigned  kinds;

    start = *pos;
    stops = erpsync_form_value_wide(p);

    if (stops && p[(unsigned) __builtin_ctz(stops)] == '&') {
        erpsync_form_value_copy(start, p);
        len = (unsigned) __builtin_ctz(stops);
        p += len;

    } else {
        kinds = 0;
        p = erpsync_form_value_decode(p, shape->last, stops, pos, &kinds, true);
        len = (size_t) (*pos - start);

        if (p == NULL || *p != '&' || (kinds & ERPSYNC_FORM_DIRTY)
            || !erpsync_form_value_valid(erpsync_span(start, len), kinds))
        {
            return NULL;
        }
    }

    /* a text never has more UTF-16 code units than bytes */

    if ((member->max_length && len > member->max_length)
        || (len && *start <= ' '))
    {
        return NULL;
    }

    *pos = start + len;

    return p;
}


/*
 * Writes the boolean at "p", in any case, to "*pos", which becomes its end.
 * Returns the end of the value, or NULL if it is not "true" or "false".
 */

static inline const uint8_t *
erpsync_form_rows_bool(const uint8_t *p, uint8_t **pos)
{
    unsigned  len;
    uint64_t  lower;

    lower = erpsync_word(p) | 0x2020202020u;
    memcpy(*pos, &lower, 8);

    if (memcmp(&lower, "true", 4) == 0) {
        len = 4;

    } else if (memcmp(&lower, "false", 5) == 0) {
        len = 5;

    } else {
        return NULL;
    }

    *pos += len;

    return (p[len] == '&') ? p + len : NULL;
}


/*
 * Writes the element at "p" to "*pos", which becomes its end.  Returns the end
 * of its last pair, or NULL if the element must be judged otherwise.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline const uint8_t *
erpsync_form_rows_element(const erpsync_form_shape_t *shape, const uint8_t *p,
    uint8_t **pos)
{
    uint8_t                  c, *out, *text;
    const erpsync_member_t  *member;

    c = '{';
    out = *pos;
    member = shape->members;

    do {
        if (member == shape->end) {
            return NULL;
        }

        p += shape->len;

        while (!erpsync_form_rows_name(shape, member, p)) {
            if ((member->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY))
                || ++member == shape->end)
            {
                return NULL;
            }
        }

        p += member->name.len + shape->nbehind;

        *out = c;
        erpsync_form_value_copy(out + 1, member->match);
        text = out + 1 + member->match_len;

        if (member->type == ERPSYNC_TYPE_BOOL) {
            p = erpsync_form_rows_bool(p, &text);
            out = text;
            c = ',';

        } else if (*p != '&') {

            /* the quote is written with the name */

            text++;
            p = erpsync_form_rows_text(shape, member, p, &text);
            *text = '"';
            out = text + 1;
            c = ',';

        } else if (member->flags & (ERPSYNC_REQUIRED|ERPSYNC_NOT_NULL)) {
            return NULL;                     /* an empty value is as absent */
        }

        if (p == NULL || shape->last - ++p < ERPSYNC_FORM_PAIR) {
            return NULL;
        }

        member++;

    } while (erpsync_form_rows_prefix(shape, p));

    /* behind "&&" the element may go on */

    if (member < shape->need || c == '{' || *p == '&') {
        return NULL;
    }

    *out = '}';
    *pos = out + 1;

    return p - 1;
}


/* Makes the prefix that of the next element; it may become too long. */

static inline void
erpsync_form_rows_count(erpsync_form_shape_t *shape)
{
    unsigned  i;

    for (i = shape->close; i > shape->list; i--) {

        if (shape->prefix[i - 1] != '9') {
            shape->prefix[i - 1]++;
            return;
        }

        shape->prefix[i - 1] = '0';
    }

    memmove(shape->prefix + i + 1, shape->prefix + i, shape->len - i);
    shape->prefix[i] = '1';
    shape->close++;
    shape->len++;
}


/* Judges elements from "p" on, while more than "tail" bytes follow. */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline const uint8_t *
erpsync_form_rows_all(erpsync_form_shape_t *shape, erpsync_form_rows_t *rows,
    const uint8_t *p, ptrdiff_t tail)
{
    uint8_t        *out;
    const uint8_t  *end;

    for (end = p;
         rows->index < rows->max && shape->last - p > tail
         && shape->len <= ERPSYNC_FORM_VECTOR
         && erpsync_form_rows_prefix(shape, p);
         p = end + 1)
    {
        out = rows->out;
        *out = ',';
        out += (rows->index > 0);

        p = erpsync_form_rows_element(shape, p, &out);

        if (p == NULL) {
            break;
        }

        end = p;
        rows->out = out;
        rows->index++;
        erpsync_form_rows_count(shape);
    }

    return end;
}


ERPSYNC_WIDE
static void
erpsync_form_rows_init(erpsync_form_shape_t *shape,
    const erpsync_form_rows_t *rows, const uint8_t *p)
{
    const erpsync_member_t  *member, *end;

    memcpy(shape->prefix, p, ERPSYNC_FORM_VECTOR);
    shape->len = (unsigned) rows->element;
    shape->list = (unsigned) rows->list;
    shape->close = (unsigned) rows->close;

    /* the name's bracket is closed as the index's is: "]" or "%5D" */

    shape->nbehind = (p[rows->element - 1] == '.') ? 1
                     : (p[rows->close] == ']') ? 2 : 4;
    shape->mask = UINT32_MAX >> (32 - 8 * shape->nbehind);

    memcpy(&shape->behind, p + rows->close, 4);
    shape->behind &= shape->mask >> 8;
    shape->behind |= (uint32_t) '=' << (8 * shape->nbehind - 8);

    shape->members = rows->object->members;
    shape->need = rows->object->members;
    shape->end = NULL;
    end = rows->object->members + rows->object->nmembers;

    for (member = rows->object->members; member != end; member++) {

        if (member->type != ERPSYNC_TYPE_STRING
            && member->type != ERPSYNC_TYPE_BOOL && shape->end == NULL)
        {
            shape->end = member;
        }

        if (member->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY)) {
            shape->need = member + 1;
        }
    }

    if (shape->end == NULL) {
        shape->end = end;
    }
}


ERPSYNC_WIDE
const uint8_t *
erpsync_form_rows(erpsync_form_rows_t *rows, const uint8_t *p,
    const uint8_t *last)
{
    size_t                 len;
    uint8_t                tail[ERPSYNC_FORM_TAIL + 1 + ERPSYNC_FORM_PAIR];
    const uint8_t         *end, *q;
    erpsync_form_shape_t   shape;

    if (rows->element > ERPSYNC_FORM_VECTOR
        || last - p < ERPSYNC_FORM_VECTOR + 4)
    {
        return p;
    }

    erpsync_form_rows_init(&shape, rows, p);

    shape.last = last;
    end = erpsync_form_rows_all(&shape, rows, p, ERPSYNC_FORM_TAIL);

    p = (end == p) ? p : end + 1;

    if (p >= last || last - p > ERPSYNC_FORM_TAIL) {
        return end;
    }

    /*
     * the last elements are judged in a copy with room behind it, where "&"
     * ends the last value, too
     */

    len = (size_t) (last - p);
    memcpy(tail, p, len);
    tail[len] = '&';
    memset(tail + len + 1, 0, ERPSYNC_FORM_PAIR);

    shape.last = tail + len + 1 + ERPSYNC_FORM_PAIR;
    q = erpsync_form_rows_all(&shape, rows, tail, 0);

    return (q == tail) ? end : p + (q - tail);
}


#else

const uint8_t *
erpsync_form_rows(erpsync_form_rows_t *rows, const uint8_t *p,
    const uint8_t *last)
{
    (void) rows;
    (void) last;

    return p;
}

#endif
