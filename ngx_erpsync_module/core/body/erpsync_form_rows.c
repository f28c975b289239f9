
#include "erpsync_form_rows.h"
#include "erpsync_out.h"
#include "erpsync_scan.h"


#if (ERPSYNC_HAVE_WIDE)

#define X8(s)   s s s s s s s s
#define X32(s)  X8(s) X8(s) X8(s) X8(s)

#define ERPSYNC_FORM_VECTOR  32

/*
 * How many bytes must be left for a pair: a prefix, a name, what is behind it,
 * and what a value needs.
 */

#define ERPSYNC_FORM_PAIR    (4 * ERPSYNC_FORM_VECTOR + 8)

#define ERPSYNC_FORM_TAIL    512   /* bytes that are copied */


/*
 * Vectors of the same bytes, or tables.  They are in memory as no call keeps a
 * vector's register, and to make one takes longer than to load it.
 */

typedef struct {
    __m256i                  ends;       /* "&" */
    __m256i                  percents;
    __m256i                  pluses;
    __m256i                  spaces;
    __m256i                  gaps;       /* from a space to "+" */
    __m256i                  stops;      /* by the low 4 bits of a byte */
    __m256i                  halves;     /* 0x0f: the low 4 bits of a byte */
    __m256i                  bases;      /* by the high 4 bits of a byte */
    __m256i                  digits;     /* by their values */
} erpsync_form_vectors_t;


/*
 * What does not change from pair to pair.  Each name is the prefix "b[17].",
 * that of a member, and "="; or "b[17][", the member's, and "]=".  Brackets may
 * be percent-encoded.  All elements must be written as the first one is.
 */

typedef struct {
    erpsync_form_vectors_t   vectors;
    const erpsync_member_t  *members;
    const erpsync_member_t  *end;        /* the first one of another type */
    const erpsync_member_t  *need;       /* from here on all may be absent */
    const uint8_t           *last;       /* of the input */
    const uint8_t           *limit;      /* the last place of a pair */

    uint8_t                  prefix[ERPSYNC_FORM_VECTOR + 8];
    unsigned                 len;        /* of the prefix */
    uint32_t                 bits;       /* of its bytes */
    unsigned                 list;       /* of "b[" */
    unsigned                 close;      /* of "b[17" */
    uint32_t                 behind;     /* what is behind a member's name */
    uint32_t                 mask;       /* of its bytes */
    unsigned                 nbehind;    /* their number */
} erpsync_form_shape_t;


/* Returns a bit for each byte that is equal in both. */

ERPSYNC_WIDE
static inline uint32_t
erpsync_form_rows_equal(__m256i a, __m256i b)
{
    return (uint32_t) _mm256_movemask_epi8(_mm256_cmpeq_epi8(a, b));
}


/* Returns whether the prefix is at "p". */

ERPSYNC_WIDE
static inline bool
erpsync_form_rows_prefix(const erpsync_form_shape_t *shape, const uint8_t *p)
{
    return (~erpsync_scan_wide_equal(p, shape->prefix) & shape->bits) == 0;
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
 * Returns a bit for each byte that is "%", must be escaped in JSON, or is not
 * ASCII.  Those that are compared have low 4 bits of their own, at which a
 * table has them.  As signed bytes, those that are not ASCII are less than
 * 0x20, too.
 */

ERPSYNC_WIDE
static inline uint32_t
erpsync_form_rows_stops(const erpsync_form_vectors_t *vectors, __m256i v)
{
    __m256i  stops;

    stops = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(vectors->stops, v), v);
    stops = _mm256_or_si256(stops, _mm256_subs_epi8(v, vectors->spaces));

    return (uint32_t) _mm256_movemask_epi8(stops);
}


/* Writes 32 bytes of a value, in which "+" is a space. */

ERPSYNC_WIDE
static inline void
erpsync_form_rows_put(const erpsync_form_vectors_t *vectors, uint8_t *out,
    __m256i v)
{
    __m256i  gaps;

    gaps = _mm256_and_si256(_mm256_cmpeq_epi8(v, vectors->pluses),
                            vectors->gaps);

    _mm256_storeu_si256((__m256i *) out, _mm256_sub_epi8(v, gaps));
}


/*
 * Returns the values of hexadecimal digits.  Sets "*right" to 0xff for digits,
 * and to 0 for other bytes.
 *
 * The high 4 bits of a byte tell what must be added to it.  If it is a digit,
 * its value leads to that digit in a table.  "%" becomes 5.
 */

ERPSYNC_WIDE
static inline __m256i
erpsync_form_rows_digits(const erpsync_form_vectors_t *vectors, __m256i v,
    __m256i *right)
{
    __m256i  high, digits;

    high = _mm256_and_si256(_mm256_srli_epi16(v, 4), vectors->halves);
    digits = _mm256_add_epi8(v, _mm256_shuffle_epi8(vectors->bases, high));

    /* with bit 0x20, letters are small ones, and digits are as they were */

    *right = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(vectors->digits, digits),
                               _mm256_or_si256(v, vectors->spaces));

    return digits;
}


/*
 * Decodes percent sequences as if there was one at each byte of a block, and
 * sets "*right" to a bit for each that is well-formed.
 */

ERPSYNC_WIDE
static inline __m256i
erpsync_form_rows_sequences(const erpsync_form_vectors_t *vectors,
    const uint8_t *p, uint32_t *right)
{
    __m256i  high, low, one, two;

    high = erpsync_form_rows_digits(vectors, _mm256_loadu_si256(
                                        (const __m256i *) (p + 1)), &one);
    low = erpsync_form_rows_digits(vectors, _mm256_loadu_si256(
                                       (const __m256i *) (p + 2)), &two);

    *right = (uint32_t) _mm256_movemask_epi8(_mm256_and_si256(one, two));

    /*
     * bytes are shifted in pairs: nothing gets into a digit from "%", which is
     * in front of it and has become 5
     */

    return _mm256_or_si256(_mm256_slli_epi16(high, 4), low);
}


/*
 * Decodes the percent sequences of the block at "*p", whose bits are "percent",
 * with the text in front of each, and sets "*p" to the end of the last one.
 * What is escaped in JSON is so in the output: "%22" becomes \", which is not
 * longer.  "*utf8" becomes true if something may not be ASCII.  Returns the end
 * of the output, or NULL if the text must be judged otherwise.
 */

ERPSYNC_WIDE
static inline uint8_t *
erpsync_form_rows_block(const erpsync_form_vectors_t *vectors,
    const uint8_t **p, uint32_t percent, uint8_t *out, bool *utf8)
{
    uint8_t         c, chars[ERPSYNC_FORM_VECTOR];
    __m256i         v;
    uint32_t        right, odd;
    unsigned        i;
    const uint8_t  *block, *q;

    block = *p;
    v = erpsync_form_rows_sequences(vectors, block, &right);
    odd = erpsync_form_rows_stops(vectors, v) & percent;

    if (percent & ~right) {
        return NULL;
    }

    _mm256_storeu_si256((__m256i *) chars, v);
    *utf8 |= (odd != 0);

    q = block;

    do {
        i = (unsigned) __builtin_ctz(percent);

        erpsync_form_rows_put(vectors, out,
                              _mm256_loadu_si256((const __m256i *) q));
        out += block + i - q;
        q = block + i + 3;
        c = chars[i];

        if ((odd >> i & 1) && c < 0x80 && c != '%') {
            *out++ = '\\';
            c = (c < 0x20) ? erpsync_json_letter(c) : c;

            if (c == 'u') {
                return NULL;
            }
        }

        *out++ = c;
        percent &= percent - 1;

    } while (percent);

    *p = q;

    return out;
}


/*
 * Goes on with a text that is not plain up to its end in the first block, of
 * which "end" are the bits of "&", and "stops" those that
 * erpsync_form_rows_stops() returns.  Returns what erpsync_form_rows_text()
 * does.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline const uint8_t *
erpsync_form_rows_long(const erpsync_form_shape_t *shape, const uint8_t *p,
    uint32_t end, uint32_t stops, uint8_t **pos)
{
    bool            utf8;
    uint8_t        *out;
    __m256i         v;
    uint32_t        percent;
    erpsync_str_t   text;
    const uint8_t  *q;

    out = *pos;
    utf8 = false;

    for ( ;; ) {
        v = _mm256_loadu_si256((const __m256i *) p);
        stops &= (end - 1) & ~end;
        percent = erpsync_form_rows_equal(v, shape->vectors.percents) & stops;

        if (stops != percent) {
            if (~(uint32_t) _mm256_movemask_epi8(v) & (stops ^ percent)) {
                return NULL;
            }

            utf8 = true;
        }

        q = p;

        if (percent) {
            out = erpsync_form_rows_block(&shape->vectors, &q, percent, out,
                                          &utf8);
        }

        if (out == NULL || q > shape->limit) {
            return NULL;
        }

        /* a sequence may end behind the block */

        p += end ? (unsigned) __builtin_ctz(end) : ERPSYNC_FORM_VECTOR;

        if (q < p) {
            v = _mm256_loadu_si256((const __m256i *) q);
            erpsync_form_rows_put(&shape->vectors, out, v);
            out += p - q;

        } else {
            p = q;
        }

        if (end) {
            break;
        }

        v = _mm256_loadu_si256((const __m256i *) p);
        end = erpsync_form_rows_equal(v, shape->vectors.ends);
        stops = erpsync_form_rows_stops(&shape->vectors, v);
    }

    text = erpsync_span(*pos, (size_t) (out - *pos));

    if (utf8 && erpsync_utf8_valid(text) != text.len) {
        return NULL;
    }

    *pos = out;

    return p;
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
    __m256i   v;
    uint8_t  *start;
    uint32_t  end, stops;

    start = *pos;
    v = _mm256_loadu_si256((const __m256i *) p);
    end = erpsync_form_rows_equal(v, shape->vectors.ends);
    stops = erpsync_form_rows_stops(&shape->vectors, v);

    /*
     * mostly the next "&" ends it, in front of any other stop.  Its place is
     * taken from "end" alone: the CPU need not wait for "stops" to go on.
     */

    if (end && (stops & (end ^ (end - 1))) == 0) {
        erpsync_form_rows_put(&shape->vectors, start, v);
        p += (unsigned) __builtin_ctz(end);
        *pos = start + (unsigned) __builtin_ctz(end);

    } else {
        p = erpsync_form_rows_long(shape, p, end, stops, pos);
    }

    /*
     * a text never has more UTF-16 code units than bytes, and escapes are not
     * shorter; what begins with white space or an escape may be blank
     */

    if (*start <= ' ' || *start == '\\'
        || (member->max_length
            && (size_t) (*pos - start) > member->max_length))
    {
        return NULL;
    }

    return p;
}


/*
 * Writes the boolean at "p", in any case, to "*pos", which becomes its end.
 * Returns the end of the value, or NULL if it is not "true" or "false".
 */

static inline const uint8_t *
erpsync_form_rows_bool(const uint8_t *p, uint8_t **pos)
{
    size_t    len;
    uint64_t  lower;

    lower = erpsync_word(p) | 0x2020202020u;
    memcpy(*pos, &lower, 8);

    len = erpsync_scan_bool(p, lower);
    *pos += len;

    return (len && p[len] == '&') ? p + len : NULL;
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

        while (!erpsync_form_rows_name(shape, member, p + shape->len)) {
            if ((member->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY))
                || ++member == shape->end)
            {
                return NULL;
            }
        }

        p += shape->len + member->name.len + shape->nbehind;

        *out = c;
        _mm256_storeu_si256((__m256i *) (out + 1),
                            _mm256_load_si256((const __m256i *)
                                              member->match));
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

        if (p == NULL || ++p > shape->limit) {
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
    shape->bits = shape->bits << 1 | 1;
}


/* Judges elements from "p" on, while more than "tail" bytes follow. */

ERPSYNC_WIDE
__attribute__((noinline))
static const uint8_t *
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
    size_t                   i;
    erpsync_form_vectors_t  *vectors;
    const erpsync_member_t  *member;

    vectors = &shape->vectors;
    vectors->ends = _mm256_set1_epi8('&');
    vectors->percents = _mm256_set1_epi8('%');
    vectors->pluses = _mm256_set1_epi8('+');
    vectors->spaces = _mm256_set1_epi8(' ');
    vectors->gaps = _mm256_set1_epi8('+' - ' ');
    vectors->halves = _mm256_set1_epi8(0x0f);
    vectors->stops = _mm256_setr_epi8(1, 0, '"', 0, 0, '%', 0, 0,
                                      0, 0, 0, 0, '\\', 0, 0, 0,
                                      1, 0, '"', 0, 0, '%', 0, 0,
                                      0, 0, 0, 0, '\\', 0, 0, 0);
    vectors->bases = _mm256_setr_epi8(0, -128, -' ', -'0', 10 - 'A', 0,
                                      10 - 'a', 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                      0, -128, -' ', -'0', 10 - 'A', 0,
                                      10 - 'a', 0, 0, 0, 0, 0, 0, 0, 0, 0);
    vectors->digits = _mm256_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7',
                                       '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
                                       '0', '1', '2', '3', '4', '5', '6', '7',
                                       '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');

    memset(shape->prefix, 0, ERPSYNC_FORM_VECTOR);
    memcpy(shape->prefix, p, rows->element);
    shape->len = (unsigned) rows->element;
    shape->bits = UINT32_MAX >> (ERPSYNC_FORM_VECTOR - shape->len);
    shape->list = (unsigned) rows->list;
    shape->close = (unsigned) rows->close;

    /* the name's bracket is closed as the index's is: "]" or "%5D" */

    shape->nbehind = (p[rows->element - 1] == '.') ? 1
                     : (p[rows->close] == ']') ? 2 : 4;
    shape->mask = UINT32_MAX >> (32 - 8 * shape->nbehind);

    shape->behind = (uint32_t) '=' << (8 * shape->nbehind - 8);
    memcpy(&shape->behind, p + rows->close, shape->nbehind - 1);

    shape->members = rows->object->members;
    shape->need = shape->members;
    shape->end = shape->members + rows->object->nmembers;

    for (i = rows->object->nmembers; i > 0; i--) {
        member = &shape->members[i - 1];

        if (member->type != ERPSYNC_TYPE_STRING
            && member->type != ERPSYNC_TYPE_BOOL)
        {
            shape->end = member;
        }

        if ((member->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY))
            && shape->need == shape->members)
        {
            shape->need = &shape->members[i];
        }
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

    if (rows->element > ERPSYNC_FORM_VECTOR) {
        return p;
    }

    erpsync_form_rows_init(&shape, rows, p);
    end = p;

    if (last - p > ERPSYNC_FORM_TAIL) {
        shape.last = last;
        shape.limit = last - ERPSYNC_FORM_PAIR;
        end = erpsync_form_rows_all(&shape, rows, p, ERPSYNC_FORM_TAIL);

        p = (end == p) ? p : end + 1;

        if (last - p > ERPSYNC_FORM_TAIL) {
            return end;
        }
    }

    /*
     * the last elements are judged in a copy with room behind it, where "&"
     * ends the last value, too
     */

    len = (size_t) (last - p);
    memcpy(tail, p, len);
    tail[len] = '&';
    memset(tail + len + 1, 0, ERPSYNC_FORM_PAIR);

    shape.limit = tail + len + 1;
    shape.last = shape.limit;
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
