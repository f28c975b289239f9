
/*
 * What judges JSON by 32 bytes at a time, for erpsync_json_rows.c and
 * erpsync_json_lead.c: names, strings, booleans and white space.
 *
 * Input is read up to ERPSYNC_ROWS_AHEAD bytes behind rows->limit, and output
 * written as far ahead.  The output is where the input is, but for a distance
 * that each byte of white space makes shorter.
 */


#ifndef ERPSYNC_JSON_ROWS_INTERNAL_H
#define ERPSYNC_JSON_ROWS_INTERNAL_H


#include "erpsync_json_rows.h"
#include "erpsync_scan.h"
#include "erpsync_wide.h"


#if (ERPSYNC_HAVE_WIDE)

#include <immintrin.h>


#define X8(s)   s s s s s s s s
#define X32(s)  X8(s) X8(s) X8(s) X8(s)


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
    __m256i                  masks[ERPSYNC_MAX_MEMBERS];
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


/*
 * Goes on with a text that begins at "p", and whose end is not simply the next
 * quote in its first vector, of which "stop" are the bytes that are not plain.
 * Returns the closing quote, or NULL.
 */

ERPSYNC_WIDE
const uint8_t *erpsync_rows_long(const erpsync_rows_t *rows,
    const erpsync_member_t *member, const uint8_t *p, uint32_t stop,
    ptrdiff_t shift, bool write);


/* Sets what does not depend on the elements. */

ERPSYNC_WIDE
static inline void
erpsync_rows_vectors(erpsync_rows_t *rows, const uint8_t *last)
{
    rows->quotes = _mm256_set1_epi8('"');
    rows->slashes = _mm256_set1_epi8('\\');
    rows->spaces = _mm256_set1_epi8(' ');
    rows->last = last;
    rows->limit = last - ERPSYNC_ROWS_AHEAD;
}


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
 * Reads "c", which is at "p", and a member's name in any case: that of
 * "*member", or of one between it and "end" if those in front of it may be
 * absent.  Writes both.  Returns where its value begins, or NULL; the output is
 * rid of the white space then.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline const uint8_t *
erpsync_rows_name(const erpsync_rows_t *rows, erpsync_rows_at_t *at,
    const erpsync_member_t **member, const erpsync_member_t *end,
    const uint8_t *p, uint8_t c)
{
    const erpsync_member_t  *m;

    p++;

    if (*p != '"') {
        p = erpsync_rows_skip(at, &at->inner, p);

        if (p == NULL || p > rows->limit || *p != '"') {
            return NULL;
        }
    }

    for (m = *member; !erpsync_rows_same_name(m, p); /* void */ ) {
        if ((m->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY)) || ++m == end) {
            return NULL;
        }
    }

    *member = m;

    erpsync_rows_put_name(_mm256_load_si256((const __m256i *) m->match), p,
                          at->shift, c);
    p += m->match_len;

    if (*p == ' ') {
        p++;
        at->shift--;
    }

    return p;
}


/*
 * Returns whether a text may be blank, by its first byte: if so, it is judged
 * otherwise.
 */

static inline bool
erpsync_rows_blank(const uint8_t *p)
{
    return *p == '"' || *p <= ' ' || *p == '\\';
}


/*
 * Judges the string whose text is at "p", but not whether it is blank.  Returns
 * its end, or NULL.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline const uint8_t *
erpsync_rows_string(const erpsync_rows_t *rows,
    const erpsync_member_t *member, const uint8_t *p, ptrdiff_t shift,
    bool write)
{
    size_t    n;
    __m256i   v;
    uint32_t  stop, quote;

    v = _mm256_loadu_si256((const __m256i *) p);
    stop = erpsync_rows_stops(rows, v, &quote);

    if (write) {
        _mm256_storeu_si256((__m256i *) erpsync_rows_out(p, shift), v);
    }

    /*
     * mostly the next quote ends it, in front of any other stop.  Its place is
     * taken from "quote" alone: the CPU need not wait for "stop" to go on.
     */

    n = _tzcnt_u32(quote);

    if (n < _tzcnt_u32(stop)) {
        return p + 1 + n;
    }

    p = erpsync_rows_long(rows, member, p, stop | quote, shift, write);

    return p ? p + 1 : NULL;
}


/* Judges "true" or "false".  Returns its end, or NULL. */

static inline const uint8_t *
erpsync_rows_bool(const uint8_t *p, ptrdiff_t shift, bool write)
{
    size_t    len;
    uint64_t  w;

    w = erpsync_word(p);
    len = erpsync_scan_bool(p, w);

    if (write) {
        memcpy(erpsync_rows_out(p, shift), &w, 8);
    }

    return len ? p + len : NULL;
}


#endif

#endif /* ERPSYNC_JSON_ROWS_INTERNAL_H */
