
#include "erpsync_json_rows.h"
#include "erpsync_text.h"
#include "erpsync_wide.h"


const uint8_t *
erpsync_json_character(const uint8_t *p, const uint8_t *last)
{
    size_t  n;

    if (*p == '\\') {

        if (last - p < 2) {
            return NULL;
        }

        switch (p[1]) {

        case '"':
        case '\\':
        case 'b':
        case 'f':
        case 'n':
        case 'r':
        case 't':

            /* canonical form has these escapes, too */

            return p + 2;

        default:
            return NULL;
        }
    }

    n = (*p < 0x20) ? 0 : erpsync_utf8_sequence(p, last);

    return n ? p + n : NULL;
}


#if (ERPSYNC_HAVE_WIDE)

#include <immintrin.h>


#define X8(s)   s s s s s s s s
#define X32(s)  X8(s) X8(s) X8(s) X8(s)

#define ERPSYNC_ROWS_HALVES  1024   /* bytes of input that are worth it */


/* White space of one kind, as it was the last time. */

typedef struct {
    uint32_t                 mask;      /* bits of it and of what follows */
    unsigned                 n;         /* bytes */
} erpsync_rows_gap_t;


/*
 * What does not change from element to element.  The vectors are here as no
 * call keeps a vector's register, and to make one takes longer than to load it.
 */

typedef struct {
    __m256i                  quotes;
    __m256i                  slashes;
    __m256i                  spaces;
    __m256i                  letters;   /* 0x40, a bit that they have */
    const erpsync_member_t  *members;
    const erpsync_member_t  *end;       /* the first one of another type */
    const erpsync_member_t  *need;      /* from here on all may be absent */
    const uint8_t           *limit;     /* the last place of a member */
    const uint8_t           *last;      /* of the input */
} erpsync_rows_t;


/* Where the text is: from the input to the output, and its white space. */

typedef struct {
    ptrdiff_t                shift;
    erpsync_rows_gap_t       inner;     /* in front of members */
    erpsync_rows_gap_t       outer;     /* around elements */
} erpsync_rows_at_t;


/* Elements one after another. */

typedef struct {
    const uint8_t           *p;         /* the next one, or NULL */
    const uint8_t           *end;       /* of the last one */
    ptrdiff_t                shift;     /* at that end */
    size_t                   n;
    erpsync_rows_at_t        at;
} erpsync_rows_run_t;


/*
 * Returns a bit for each byte that interrupts plain text: backslashes, control
 * characters, and what is not ASCII.  Sets "*quote" to those of quotes.
 */

ERPSYNC_WIDE
static inline uint32_t
erpsync_rows_stops(const erpsync_rows_t *rows, __m256i v, uint32_t *quote)
{
    __m256i  stops;

    *quote = (uint32_t) _mm256_movemask_epi8(
                            _mm256_cmpeq_epi8(v, rows->quotes));

    /*
     * as signed bytes, those that are not ASCII are less than 0x20, too: the
     * difference is negative
     */

    stops = _mm256_or_si256(_mm256_cmpeq_epi8(v, rows->slashes),
                            _mm256_subs_epi8(v, rows->spaces));

    return (uint32_t) _mm256_movemask_epi8(stops);
}


/*
 * Returns the end of the white space at "p", of which the output is rid then.
 * Returns NULL if it is longer than a vector.  White space is found as in
 * simdjson: each byte of it is what a table has at its low 4 bits.
 *
 * Mostly it is as long as the last time.  As this is a branch that is
 * predicted, the CPU goes on behind it without waiting for the bytes.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline const uint8_t *
erpsync_rows_skip(erpsync_rows_at_t *at, erpsync_rows_gap_t *gap,
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

    at->shift -= gap->n;

    return p + gap->n;
}


/*
 * Returns the bits of "match", a member's, that are compared: those of the name
 * in any case or as documented, and of quotes and the colon.
 */

ERPSYNC_WIDE
static inline __m256i
erpsync_rows_mask(const erpsync_rows_t *rows, __m256i match, bool any)
{
    __m256i  mask, letters;

    mask = _mm256_cmpgt_epi8(match, _mm256_setzero_si256());

    if (!any) {
        return mask;
    }

    /* only letters have bit 0x40: bit 0x20 is their case */

    letters = _mm256_and_si256(match, rows->letters);

    return _mm256_andnot_si256(_mm256_srli_epi16(letters, 1), mask);
}


/* Returns whether the bytes at "p" have the bits of "mask" from "match". */

ERPSYNC_WIDE
static inline bool
erpsync_rows_same(const uint8_t *p, __m256i match, __m256i mask)
{
    __m256i  v;

    v = _mm256_loadu_si256((const __m256i *) p);

    return _mm256_testz_si256(_mm256_xor_si256(v, match), mask);
}


/*
 * Returns whether the member's name in any case is at "p", behind its quote and
 * up to its colon.
 */

ERPSYNC_WIDE
static inline bool
erpsync_rows_same_name(const erpsync_member_t *member, const uint8_t *p)
{
    /*
     * the closing quote is at 32.  The first one, which is compared by itself,
     * loses bit 0x20, too.
     */

    _Alignas(64) static const uint8_t  mask[128] = X32("\xdf") "\xff\xff";

    return erpsync_rows_same(p, _mm256_load_si256((const __m256i *)
                                                  member->match),
                             _mm256_loadu_si256((const __m256i *)
                                           (mask + 34 - member->match_len)));
}


/* Returns the place of "p" in the output. */

static inline uint8_t *
erpsync_rows_out(const uint8_t *p, ptrdiff_t shift)
{
    return (uint8_t *) (uintptr_t) p + shift;
}


/* Writes "match", the name that is at "p", and "c" in front of it. */

ERPSYNC_WIDE
static inline void
erpsync_rows_put_name(__m256i match, const uint8_t *p, ptrdiff_t shift,
    uint8_t c)
{
    uint8_t  *out;

    out = erpsync_rows_out(p, shift);

    out[-1] = c;
    _mm256_storeu_si256((__m256i *) out, match);
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
 * Goes on with a text that begins at "p", and whose end is not simply the next
 * quote in its first vector, of which "stop" are the bytes that are not plain.
 * Returns the closing quote, or NULL.
 */

ERPSYNC_WIDE
__attribute__((noinline))
static const uint8_t *
erpsync_rows_long(const erpsync_rows_t *rows,
    const erpsync_member_t *member, const uint8_t *p, uint32_t stop,
    ptrdiff_t shift, bool write)
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

        if (n == 0 || p > rows->limit) {
            return NULL;
        }

        v = _mm256_loadu_si256((const __m256i *) p);
        stop = erpsync_rows_stops(rows, v, &quote);
        stop |= quote;

        if (write) {
            _mm256_storeu_si256((__m256i *) erpsync_rows_out(p, shift), v);
        }

        if (stop & -stop & quote) {
            p += __builtin_ctz(stop);
            break;
        }
    }

    /* a text never has more UTF-16 code units than bytes */

    if (member->max_length && (size_t) (p - start) > member->max_length) {
        return NULL;
    }

    return p;
}


/* Judges the string whose text is at "p".  Returns its end, or NULL. */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline const uint8_t *
erpsync_rows_string(const erpsync_rows_t *rows,
    const erpsync_member_t *member, const uint8_t *p, ptrdiff_t shift,
    bool write)
{
    __m256i   v;
    uint32_t  stop, quote;

    if ((member->flags & ERPSYNC_NOT_BLANK)
        && (*p == '"' || *p <= ' ' || *p == '\\'))
    {
        return NULL;
    }

    v = _mm256_loadu_si256((const __m256i *) p);
    stop = erpsync_rows_stops(rows, v, &quote);

    if (write) {
        _mm256_storeu_si256((__m256i *) erpsync_rows_out(p, shift), v);
    }

    /*
     * mostly the next quote ends it, in front of any other stop.  Its place is
     * taken from "quote" alone: the CPU need not wait for "stop" to go on.
     */

    if (quote && (stop & (quote ^ (quote - 1))) == 0) {
        return p + (unsigned) __builtin_ctz(quote) + 1;
    }

    p = erpsync_rows_long(rows, member, p, stop | quote, shift, write);

    return p ? p + 1 : NULL;
}


/*
 * Judges "true" or "false".  Returns its end, or NULL.  It has branches where
 * it could do without: the flags of a field are mostly the same in each call,
 * and a branch that is predicted does not wait for the bytes.
 */

static inline const uint8_t *
erpsync_rows_bool(const uint8_t *p, ptrdiff_t shift, bool write)
{
    uint64_t  w;

    w = erpsync_word(p);

    if (write) {
        memcpy(erpsync_rows_out(p, shift), &w, 8);
    }

    if (memcmp(&w, "true", 4) == 0) {
        return p + 4;
    }

    return (memcmp(&w, "false", 5) == 0) ? p + 5 : NULL;
}


/*
 * Judges the element at "p", which may have white space.  Returns its "}", or
 * NULL.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline const uint8_t *
erpsync_rows_spaced(const erpsync_rows_t *rows, const uint8_t *p,
    erpsync_rows_at_t *at)
{
    uint8_t                  c;
    __m256i                  match;
    const erpsync_member_t  *member;

    c = '{';

    for (member = rows->members; member != rows->end; member++) {

        if (p > rows->limit) {
            return NULL;
        }

        if (*p != c) {
            break;
        }

        p++;

        if (*p != '"') {
            p = erpsync_rows_skip(at, &at->inner, p);

            if (p == NULL || p > rows->limit || *p != '"') {
                return NULL;
            }
        }

        while (!erpsync_rows_same_name(member, p)) {
            if ((member->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY))
                || ++member == rows->end)
            {
                return NULL;
            }
        }

        match = _mm256_load_si256((const __m256i *) member->match);
        erpsync_rows_put_name(match, p, at->shift, c);

        c = ',';
        p += member->match_len;

        if (*p == ' ') {
            p++;
            at->shift--;
        }

        if (member->type == ERPSYNC_TYPE_BOOL) {
            p = erpsync_rows_bool(p, at->shift, true);

        } else {

            /* the quote is written with the name */

            p = (*p == '"') ? erpsync_rows_string(rows, member, p + 1,
                                                  at->shift, true)
                            : NULL;
        }

        if (p == NULL) {
            return NULL;
        }
    }

    if (rows->last - p >= ERPSYNC_ROWS_VECTOR && *p <= ' ') {
        p = erpsync_rows_skip(at, &at->outer, p);
    }

    if (p == NULL || member < rows->need || *p != '}') {
        return NULL;
    }

    return p;
}


/* Judges the value at "p" in compact text.  Returns its end, or NULL. */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline const uint8_t *
erpsync_rows_value(const erpsync_rows_t *rows, const erpsync_member_t *member,
    const uint8_t *p, ptrdiff_t shift, bool write)
{
    return (member->type == ERPSYNC_TYPE_BOOL)
           ? erpsync_rows_bool(p, shift, write)
           : erpsync_rows_string(rows, member, p + 1, shift, write);
}


/*
 * Judges the compact element at "*first" and, unless "second" is NULL, that at
 * "*second", which is to have the same members: what the CPU waits for in one,
 * it does not in the other.  Sets the pointers to their "}".  Returns false if
 * an element is to be judged otherwise.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline bool
erpsync_rows_compact(const erpsync_rows_t *rows, const uint8_t **first,
    const uint8_t **second, ptrdiff_t shift, bool write)
{
    uint8_t                  c;
    __m256i                  match, mask;
    const uint8_t           *p, *q;
    const erpsync_member_t  *member;

    c = '{';
    p = *first;
    q = second ? *second : NULL;

    for (member = rows->members; member != rows->end; member++) {

        if (p > rows->limit || (second && (q > rows->limit || *q != c))) {
            return false;
        }

        if (*p != c) {
            break;
        }

        for ( ;; ) {
            match = _mm256_load_si256((const __m256i *) member->match);
            mask = erpsync_rows_mask(rows, match, write);

            if (erpsync_rows_same(p + 1, match, mask)) {
                break;
            }

            if ((member->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY))
                || ++member == rows->end)
            {
                return false;
            }
        }

        if (second && !erpsync_rows_same(q + 1, match, mask)) {
            return false;
        }

        if (write) {
            erpsync_rows_put_name(match, p + 1, shift, c);
        }

        if (write && second) {
            erpsync_rows_put_name(match, q + 1, shift, c);
        }

        c = ',';
        p = erpsync_rows_value(rows, member, p + 1 + member->match_len, shift,
                               write);

        if (second) {
            q = erpsync_rows_value(rows, member, q + 1 + member->match_len,
                                   shift, write);
        }

        if (p == NULL || (second && q == NULL)) {
            return false;
        }
    }

    if (member < rows->need || *p != '}' || (second && *q != '}')) {
        return false;
    }

    *first = p;

    if (second) {
        *second = q;
    }

    return true;
}


/*
 * Ends the element at its "}" at "p" and goes on to the next one; run->p is
 * NULL if there is none.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline void
erpsync_rows_end(const erpsync_rows_t *rows, erpsync_rows_run_t *run,
    const uint8_t *p, bool write, bool gaps)
{
    if (write) {
        *erpsync_rows_out(p, run->at.shift) = '}';
    }

    p++;

    run->p = NULL;
    run->end = p;
    run->shift = run->at.shift;
    run->n++;

    if (p > rows->limit || p[0] != ',') {
        return;
    }

    if (write) {
        *erpsync_rows_out(p, run->at.shift) = ',';
    }

    p++;

    if (gaps && p[0] != '{') {
        p = erpsync_rows_skip(&run->at, &run->at.outer, p);
    }

    run->p = (p && p[0] == '{') ? p : NULL;
}


/* Judges the element at run->p. */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline void
erpsync_rows_step(const erpsync_rows_t *rows, erpsync_rows_run_t *run,
    bool write, bool gaps)
{
    const uint8_t  *p;

    p = run->p;

    if (gaps) {
        p = erpsync_rows_spaced(rows, p, &run->at);

    } else if (!erpsync_rows_compact(rows, &p, NULL, run->shift, write)) {
        p = NULL;
    }

    if (p) {
        erpsync_rows_end(rows, run, p, write, gaps);

    } else {
        run->p = NULL;
    }
}


/*
 * Judges elements from run->p on, at most "max".  "write" and "gaps" (there may
 * be white space) are constant in each copy of this function and of those
 * above.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline void
erpsync_rows_all(const erpsync_rows_t *rows, erpsync_rows_run_t *run,
    size_t max, bool write, bool gaps)
{
    erpsync_rows_run_t  r;

    r = *run;

    while (r.p && r.n < max) {
        erpsync_rows_step(rows, &r, write, gaps);
    }

    *run = r;
}


/*
 * Where a string begins is known when the end of the one before is found: a CPU
 * spends most of its time waiting for that.  So elements from the middle on,
 * which wait for others, are judged at the same time.  They count if those in
 * front lead to the very place: the "{" may be in a text as well.
 *
 * Judges so what it can of compact elements, with "run" at the first one.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline void
erpsync_rows_halves(const erpsync_rows_t *rows, erpsync_rows_run_t *run,
    size_t max, bool write)
{
    uint8_t              begin[ERPSYNC_ROWS_VECTOR];
    const uint8_t       *middle, *p, *q;
    erpsync_rows_run_t   front, back;

    /* near, so that what is judged for nothing is little at each call */

    middle = run->p + (rows->last - run->p) / 2;
    middle = memchr(middle, '{', ERPSYNC_ROWS_HALVES / 2);

    if (middle == NULL) {
        return;
    }

    front = *run;
    back = *run;
    back.p = middle;

    erpsync_rows_step(rows, &back, write, false);

    if (back.n == 0 || back.end - middle < ERPSYNC_ROWS_VECTOR) {
        return;
    }

    /* the last element in front is written with what is behind it */

    if (write) {
        memcpy(begin, erpsync_rows_out(middle, back.shift),
               ERPSYNC_ROWS_VECTOR);
    }

    while (front.p && front.p < middle && front.n < max) {
        p = front.p;
        q = back.p;

        if (q && erpsync_rows_compact(rows, &p, &q, run->shift, write)) {
            erpsync_rows_end(rows, &front, p, write, false);
            erpsync_rows_end(rows, &back, q, write, false);

        } else {
            erpsync_rows_step(rows, &front, write, false);
        }
    }

    back.n += front.n;

    if (front.p != middle || back.n > max) {
        *run = front;
        return;
    }

    if (write) {
        memcpy(erpsync_rows_out(middle, back.shift), begin,
               ERPSYNC_ROWS_VECTOR);
    }

    *run = back;
}


/* Judges compact elements from run->p on, at most "max". */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline void
erpsync_rows_tight(const erpsync_rows_t *rows, erpsync_rows_run_t *run,
    size_t max, bool write)
{
    if (rows->last - run->p > ERPSYNC_ROWS_HALVES) {
        erpsync_rows_halves(rows, run, max, write);
    }

    erpsync_rows_all(rows, run, max, write, false);
}


ERPSYNC_WIDE
static inline void
erpsync_rows_init(erpsync_rows_t *rows, const erpsync_object_t *object,
    const uint8_t *last)
{
    const erpsync_member_t  *member, *end;

    rows->quotes = _mm256_set1_epi8('"');
    rows->slashes = _mm256_set1_epi8('\\');
    rows->spaces = _mm256_set1_epi8(' ');
    rows->letters = _mm256_set1_epi8(0x40);
    rows->last = last;
    rows->limit = last - ERPSYNC_ROWS_AHEAD;

    rows->members = object->members;
    rows->need = object->members;
    end = object->members + object->nmembers;

    for (member = object->members;
         member != end && (member->type == ERPSYNC_TYPE_STRING
                           || member->type == ERPSYNC_TYPE_BOOL);
         member++)
    {
        /* void */
    }

    rows->end = member;

    for (member = object->members; member != end; member++) {
        if (member->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY)) {
            rows->need = member + 1;
        }
    }
}


ERPSYNC_WIDE
const uint8_t *
erpsync_json_rows(const erpsync_object_t *object, const uint8_t *p,
    const uint8_t *last, uint8_t **out, size_t max, size_t *n)
{
    erpsync_rows_t      rows;
    erpsync_rows_run_t  run;

    *n = 0;

    if (last - p < ERPSYNC_ROWS_AHEAD) {
        return p;
    }

    erpsync_rows_init(&rows, object, last);

    /* no white space has a mask of 0 */

    memset(&run, 0, sizeof(erpsync_rows_run_t));
    run.p = p;
    run.end = p;

    if (out == NULL) {
        erpsync_rows_tight(&rows, &run, max, false);
        *n = run.n;

        return run.end;
    }

    run.shift = *out - p;
    run.at.shift = run.shift;

    if (p[1] == '"') {
        erpsync_rows_tight(&rows, &run, max, true);

    } else {
        erpsync_rows_all(&rows, &run, max, true, true);
    }

    *n = run.n;
    *out = erpsync_rows_out(run.end, run.shift);

    return run.end;
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
