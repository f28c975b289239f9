
#include "erpsync_json_rows.h"
#include "erpsync_text.h"
#include "erpsync_wide.h"


const uint8_t *
erpsync_json_character(const uint8_t *p, const uint8_t *last)
{
    size_t  n;

    if (*p == '\\') {

        /* canonical form has these escapes, too */

        return (last - p > 1 && p[1] && strchr("\"\\bfnrt", p[1])) ? p + 2
                                                                   : NULL;
    }

    n = (*p < 0x20) ? 0 : erpsync_utf8_sequence(p, last);

    return n ? p + n : NULL;
}


#if (ERPSYNC_HAVE_WIDE)

#include <immintrin.h>


/* For functions with an argument that is constant in each of their copies. */

#define ERPSYNC_INLINE       __attribute__((always_inline))

/*
 * Masks of names with their quotes and colon, which begin at the end of the
 * name minus its length: letters in any case, or all as documented.  The first
 * quote, which is compared by itself, loses bit 0x20, too.
 */

#define X8(s)   s s s s s s s s
#define X32(s)  X8(s) X8(s) X8(s) X8(s)

#define ERPSYNC_ROWS_ANY     34
#define ERPSYNC_ROWS_SAME    32

_Alignas(64) static const uint8_t  erpsync_rows_any[128] =
                                                    X32("\xdf") "\xff\xff";
_Alignas(64) static const uint8_t  erpsync_rows_same[64] = X32("\xff");


/* White space of one kind, as it was the last time. */

typedef struct {
    uint32_t                 mask;      /* bits of it and of what follows */
    unsigned                 n;         /* bytes */
} erpsync_rows_gap_t;


typedef struct {
    const erpsync_member_t  *members;
    const erpsync_member_t  *end;       /* the first one of another type */
    const erpsync_member_t  *need;      /* from here on all may be absent */
    const uint8_t           *last;      /* of the input */
    ptrdiff_t                shift;     /* from the input to the output */
    erpsync_rows_gap_t       inner;     /* in front of members */
    erpsync_rows_gap_t       outer;     /* around elements */
} erpsync_rows_t;


/*
 * Returns a bit for each byte that ends or interrupts plain text: quotes, which
 * are also in "*quote", backslashes, control characters, and what is not
 * ASCII.
 */

ERPSYNC_WIDE
static inline uint32_t
erpsync_rows_stops(__m256i v, uint32_t *quote)
{
    __m256i  quotes, stops;

    /* as signed bytes, those that are not ASCII are less than 0x20, too */

    quotes = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'));
    stops = _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')),
                            _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), v));

    *quote = (uint32_t) _mm256_movemask_epi8(quotes);

    return (uint32_t) _mm256_movemask_epi8(_mm256_or_si256(quotes, stops));
}


/*
 * Returns the end of the white space at "p", of which the output is rid then.
 * Returns NULL if it is longer than a vector.  White space is found as in
 * simdjson: each byte of it is what a table has at its low 4 bits.
 *
 * Mostly it is as long as the last time.  As this is a branch that is
 * predicted, the CPU goes on behind it without waiting for the bytes.
 */

ERPSYNC_WIDE
static inline const uint8_t *
erpsync_rows_skip(erpsync_rows_t *rows, erpsync_rows_gap_t *gap,
    const uint8_t *p)
{
    __m256i   v, table;
    uint32_t  ink;

    v = _mm256_loadu_si256((const __m256i *) p);
    table = _mm256_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0,
                             '\r', 0, 0,
                             ' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0,
                             '\r', 0, 0);

    ink = ~(uint32_t) _mm256_movemask_epi8(
                          _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, v), v));

    if ((ink ^ (ink - 1)) != gap->mask) {

        if (ink == 0) {
            return NULL;
        }

        gap->mask = ink ^ (ink - 1);
        gap->n = (unsigned) __builtin_ctz(ink);
    }

    rows->shift -= gap->n;

    return p + gap->n;
}


/* Returns whether (a ^ b) & mask is 0. */

ERPSYNC_WIDE
static inline bool
erpsync_rows_same_name(const uint8_t *a, const uint8_t *b,
    const uint8_t *mask)
{
    __m256i  differs;

    differs = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *) a),
                               _mm256_load_si256((const __m256i *) b));

    return _mm256_testz_si256(differs,
                              _mm256_loadu_si256((const __m256i *) mask));
}


/* Returns the place in the output. */

static inline uint8_t *
erpsync_rows_out(const erpsync_rows_t *rows, const uint8_t *p)
{
    return (uint8_t *) (uintptr_t) p + rows->shift;
}


/*
 * Returns how many of the first "n" bytes are ASCII or whole sequences of two
 * bytes, up to the first other one.  Most languages of Europe need no longer
 * sequences of UTF-8 (RFC 3629): 0xc2 to 0xdf, then 0x80 to 0xbf.
 */

ERPSYNC_WIDE
static inline unsigned
erpsync_rows_pairs(__m256i v, unsigned n)
{
    __m256i   leads;
    uint32_t  high, pairs, continues;

    high = (uint32_t) _mm256_movemask_epi8(v);
    high &= (n < ERPSYNC_ROWS_VECTOR) ? (1u << n) - 1 : UINT32_MAX;

    /* as signed bytes: -62 to -33, and less than -64 */

    leads = _mm256_and_si256(_mm256_cmpgt_epi8(v, _mm256_set1_epi8(-63)),
                             _mm256_cmpgt_epi8(_mm256_set1_epi8(-32), v));
    continues = (uint32_t) _mm256_movemask_epi8(
                               _mm256_cmpgt_epi8(_mm256_set1_epi8(-64), v));

    pairs = (uint32_t) _mm256_movemask_epi8(leads) & ((continues & high) >> 1);
    high &= ~(pairs | pairs << 1);

    return high ? (unsigned) __builtin_ctz(high) : n;
}


/*
 * Goes on with a string in the vector at "p", at "stop", which are its bytes
 * that are not plain text.  Returns how many of its bytes belong to the
 * string, at least one, or 0 if it is not in canonical form.  Sets "*end" if
 * the closing quote follows them.
 */

ERPSYNC_WIDE
static unsigned
erpsync_rows_text(const uint8_t *p, const uint8_t *last, uint32_t stop,
    bool *end)
{
    __m256i         v;
    uint32_t        quote;
    unsigned        n, m;
    const uint8_t  *q;

    v = _mm256_loadu_si256((const __m256i *) p);
    quote = (uint32_t) _mm256_movemask_epi8(_mm256_cmpeq_epi8(v,
                                                _mm256_set1_epi8('"')));
    stop &= ~(uint32_t) _mm256_movemask_epi8(v);

    for ( ;; ) {
        n = stop ? (unsigned) __builtin_ctz(stop) : ERPSYNC_ROWS_VECTOR;
        m = erpsync_rows_pairs(v, n);

        if (m < n) {
            break;
        }

        if (stop == 0) {
            return n;
        }

        if (stop & -stop & quote) {
            *end = true;
            return n;
        }

        /* an escape at the end of the vector is for the next one */

        if (n >= ERPSYNC_ROWS_VECTOR - 2) {
            return n;
        }

        if (erpsync_json_character(p + n, last) == NULL) {
            return 0;
        }

        stop &= ~((4u << n) - 1);
    }

    /* what is in front of a longer character, or that character */

    if (m) {
        return m;
    }

    q = erpsync_json_character(p, last);

    return q ? (unsigned) (q - p) : 0;
}


/*
 * Goes on with a string whose opening quote is at "p", and whose end is not
 * simply the next quote in its first vector.  Returns the closing quote, or
 * NULL.
 */

ERPSYNC_WIDE
__attribute__((noinline))
static const uint8_t *
erpsync_rows_long(const erpsync_rows_t *rows, const erpsync_member_t *member,
    const uint8_t *p, uint32_t stop, bool write)
{
    bool            end;
    __m256i         v;
    unsigned        n;
    uint32_t        quote;
    const uint8_t  *start;

    start = p;
    end = false;

    for ( ;; ) {
        n = stop ? erpsync_rows_text(p, rows->last, stop, &end)
                 : ERPSYNC_ROWS_VECTOR;
        p += n;

        if (end) {
            break;
        }

        if (n == 0 || rows->last - p < ERPSYNC_ROWS_AHEAD) {
            return NULL;
        }

        v = _mm256_loadu_si256((const __m256i *) p);
        stop = erpsync_rows_stops(v, &quote);

        if (write) {
            _mm256_storeu_si256((__m256i *) erpsync_rows_out(rows, p), v);
        }

        if (stop & -stop & quote) {
            p += __builtin_ctz(stop);
            break;
        }
    }

    /* a text never has more UTF-16 code units than bytes */

    if (member->max_length && (size_t) (p - start) > member->max_length + 1) {
        return NULL;
    }

    return p;
}


/* Judges the string whose quote is at "p".  Returns its end, or NULL. */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline const uint8_t *
erpsync_rows_string(const erpsync_rows_t *rows,
    const erpsync_member_t *member, const uint8_t *p, bool write)
{
    __m256i   v;
    uint32_t  stop, quote;

    v = _mm256_loadu_si256((const __m256i *) p);
    stop = erpsync_rows_stops(v, &quote);

    if (write) {
        _mm256_storeu_si256((__m256i *) erpsync_rows_out(rows, p), v);
    }

    if ((quote & 1) == 0
        || ((member->flags & ERPSYNC_NOT_BLANK)
            && (p[1] == '"' || p[1] <= ' ' || p[1] == '\\')))
    {
        return NULL;
    }

    /*
     * mostly the next quote ends it, in front of any other stop.  Its place is
     * taken from "quote" alone: the CPU need not wait for "stop" to go on.
     */

    quote &= quote - 1;
    stop &= stop - 1;

    if (quote && ((stop ^ quote) & (quote ^ (quote - 1))) == 0) {
        return p + (size_t) __builtin_ctz(quote) + 1;
    }

    p = erpsync_rows_long(rows, member, p, stop, write);

    return p ? p + 1 : NULL;
}


/*
 * Judges "true" or "false".  Returns its end, or NULL.  It has branches where
 * it could do without: the flags of a field are mostly the same in each call,
 * and a branch that is predicted does not wait for the bytes.
 */

static inline const uint8_t *
erpsync_rows_bool(const erpsync_rows_t *rows, const uint8_t *p, bool write)
{
    uint64_t  w;

    w = erpsync_word(p);

    if (write) {
        memcpy(erpsync_rows_out(rows, p), &w, 8);
    }

    if (memcmp(&w, "true", 4) == 0) {
        return p + 4;
    }

    return (memcmp(&w, "false", 5) == 0) ? p + 5 : NULL;
}


/* Judges the element at "p".  Returns its end, or NULL. */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline const uint8_t *
erpsync_rows_one(erpsync_rows_t *rows, const uint8_t *p, bool write, bool gaps)
{
    uint8_t                  c;
    const uint8_t           *mask;
    const erpsync_member_t  *member;

    c = '{';
    mask = write ? &erpsync_rows_any[ERPSYNC_ROWS_ANY]
                       : &erpsync_rows_same[ERPSYNC_ROWS_SAME];

    for (member = rows->members; member != rows->end; member++) {

        if (rows->last - p < ERPSYNC_ROWS_AHEAD) {
            return NULL;
        }

        if (p[0] != c) {
            break;
        }

        if (write) {
            *erpsync_rows_out(rows, p) = c;
        }

        c = ',';
        p++;

        if (p[0] != '"') {
            p = gaps ? erpsync_rows_skip(rows, &rows->inner, p) : NULL;

            if (p == NULL || *p != '"'
                || rows->last - p < ERPSYNC_ROWS_AHEAD)
            {
                return NULL;
            }
        }

        while (!erpsync_rows_same_name(p, member->match,
                                       mask - member->match_len))
        {
            if ((member->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY))
                || ++member == rows->end)
            {
                return NULL;
            }
        }

        if (write) {
            memcpy(erpsync_rows_out(rows, p), member->match, ERPSYNC_MAX_KEY);
        }

        p += member->match_len;

        if (gaps && *p == ' ') {
            p++;
            rows->shift--;
        }

        p = (member->type == ERPSYNC_TYPE_STRING)
            ? erpsync_rows_string(rows, member, p, write)
            : erpsync_rows_bool(rows, p, write);

        if (p == NULL) {
            return NULL;
        }
    }

    if (gaps && rows->last - p >= ERPSYNC_ROWS_VECTOR && *p <= ' ') {
        p = erpsync_rows_skip(rows, &rows->outer, p);
    }

    if (p == NULL || member < rows->need || p == rows->last || *p != '}') {
        return NULL;
    }

    if (write) {
        *erpsync_rows_out(rows, p) = '}';
    }

    return p + 1;
}


/*
 * Judges elements from "p" on.  Returns their end, or "p".  "write" and "gaps"
 * (there may be white space) are constant in each copy of this function and of
 * those above.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline const uint8_t *
erpsync_rows_all(erpsync_rows_t *rows, const uint8_t *p, size_t max,
    size_t *n, bool write, bool gaps)
{
    ptrdiff_t       shift;
    const uint8_t  *end;

    end = p;
    shift = rows->shift;

    while (*n < max) {
        p = erpsync_rows_one(rows, p, write, gaps);

        if (p == NULL) {
            break;
        }

        end = p;
        shift = rows->shift;
        (*n)++;

        if (rows->last - p < ERPSYNC_ROWS_AHEAD || p[0] != ',') {
            break;
        }

        if (write) {
            *erpsync_rows_out(rows, p) = ',';
        }

        p++;

        if (p[0] != '{') {
            p = gaps ? erpsync_rows_skip(rows, &rows->outer, p) : NULL;

            if (p == NULL || p[0] != '{') {
                break;
            }
        }
    }

    rows->shift = shift;

    return end;
}


ERPSYNC_WIDE
const uint8_t *
erpsync_json_rows(const erpsync_object_t *object, const uint8_t *p,
    const uint8_t *last, uint8_t **out, size_t max, size_t *n)
{
    erpsync_rows_t           rows;
    const erpsync_member_t  *member, *end;

    end = object->members + object->nmembers;

    *n = 0;

    rows.members = object->members;
    rows.end = end;
    rows.need = object->members;
    rows.last = last;
    rows.shift = out ? *out - p : 0;
    rows.inner.mask = 0;                    /* no white space has this mask */
    rows.outer.mask = 0;
    rows.inner.n = 0;
    rows.outer.n = 0;

    for (member = object->members; member != end; member++) {

        if (member->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY)) {
            rows.need = member + 1;
        }

        if (rows.end == end && member->type != ERPSYNC_TYPE_STRING
            && member->type != ERPSYNC_TYPE_BOOL)
        {
            rows.end = member;
        }
    }

    if (out == NULL) {
        return erpsync_rows_all(&rows, p, max, n, false, false);
    }

    p = (last - p > 1 && p[1] != '"')
        ? erpsync_rows_all(&rows, p, max, n, true, true)
        : erpsync_rows_all(&rows, p, max, n, true, false);
    *out = erpsync_rows_out(&rows, p);

    return p;
}


#else

const uint8_t *
erpsync_json_rows(const erpsync_object_t *object, const uint8_t *p,
    const uint8_t *last, uint8_t **out, size_t max, size_t *n)
{
    (void) object;
    (void) last;
    (void) out;
    (void) max;

    *n = 0;

    return p;
}

#endif
