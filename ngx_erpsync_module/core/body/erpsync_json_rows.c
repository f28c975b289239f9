
#include "erpsync_json_rows_internal.h"
#include "erpsync_text.h"


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

#define ERPSYNC_ROWS_LANES   3
#define ERPSYNC_ROWS_LONG    2048   /* bytes of input that are worth it */

/* Clang unrolls loops of lanes by itself. */

#if defined(__clang__)
#define ERPSYNC_ROWS_UNROLL
#else
#define ERPSYNC_ROWS_UNROLL  _Pragma("GCC unroll 8")
#endif


/* Elements one after another. */

typedef struct {
    const uint8_t           *p;         /* the next one, or NULL */
    const uint8_t           *end;       /* of the last one */
    ptrdiff_t                shift;     /* at that end */
    size_t                   n;
    erpsync_rows_at_t        at;
} erpsync_rows_run_t;


/* Elements that are judged at the same time as others. */

typedef struct {
    erpsync_rows_run_t       run;
    const uint8_t           *start;
    uint8_t                  begin[ERPSYNC_ROWS_VECTOR];  /* of its output */
} erpsync_rows_lane_t;


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


ERPSYNC_WIDE
const uint8_t *
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
    const erpsync_member_t  *member;

    c = '{';

    for (member = rows->members; member != rows->end; member++) {

        if (p > rows->limit) {
            return NULL;
        }

        if (*p != c) {
            break;
        }

        p = erpsync_rows_name(rows, at, &member, rows->end, p, c);

        if (p == NULL) {
            return NULL;
        }

        c = ',';

        if (member->type == ERPSYNC_TYPE_BOOL) {
            p = erpsync_rows_bool(p, at->shift, true);

        } else {

            if (*p != '"'
                || ((member->flags & ERPSYNC_NOT_BLANK)
                    && erpsync_rows_blank(p + 1)))
            {
                return NULL;
            }

            /* the quote is written with the name */

            p = erpsync_rows_string(rows, member, p + 1, at->shift, true);
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


/*
 * Reads "c" and a name at each of "n" places, a constant: that of "*member", or
 * of the next one that is there.  Sets the places to what is behind the colons.
 * Returns false if one of the elements is to be judged otherwise.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline bool
erpsync_rows_names(const erpsync_rows_t *rows,
    const erpsync_member_t **member, const uint8_t **p, unsigned n,
    ptrdiff_t shift, uint8_t c, bool write)
{
    __m256i                  match, mask;
    unsigned                 k;
    const erpsync_member_t  *m;

    for (m = *member; /* void */ ; m++) {

        if (m == rows->end) {
            return false;
        }

        match = _mm256_load_si256((const __m256i *) m->match);
        mask = rows->masks[m - rows->members];

        if (erpsync_rows_same(p[0] + 1, match, mask)) {
            break;
        }

        if (m->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY)) {
            return false;
        }
    }

    *member = m;

    ERPSYNC_ROWS_UNROLL
    for (k = 1; k < n; k++) {
        if (*p[k] != c || !erpsync_rows_same(p[k] + 1, match, mask)) {
            return false;
        }
    }

    ERPSYNC_ROWS_UNROLL
    for (k = 0; k < n; k++) {

        if (write) {
            erpsync_rows_put_name(match, p[k] + 1, shift, c);
        }

        p[k] += 1 + m->match_len;
    }

    return true;
}


/*
 * Judges the member's value at each of "n" places, and sets these to its end.
 * Returns false if one of the elements is to be judged otherwise.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline bool
erpsync_rows_values(const erpsync_rows_t *rows,
    const erpsync_member_t *member, const uint8_t **p, unsigned n,
    ptrdiff_t shift, bool write)
{
    unsigned  k;

    if (member->type == ERPSYNC_TYPE_BOOL) {

        ERPSYNC_ROWS_UNROLL
        for (k = 0; k < n; k++) {
            p[k] = erpsync_rows_bool(p[k], shift, write);
        }

    } else {

        ERPSYNC_ROWS_UNROLL
        for (k = 0; k < n; k++) {
            if ((member->flags & ERPSYNC_NOT_BLANK)
                && erpsync_rows_blank(p[k] + 1))
            {
                return false;
            }
        }

        ERPSYNC_ROWS_UNROLL
        for (k = 0; k < n; k++) {
            p[k] = erpsync_rows_string(rows, member, p[k] + 1, shift, write);
        }
    }

    ERPSYNC_ROWS_UNROLL
    for (k = 0; k < n; k++) {
        if (p[k] == NULL) {
            return false;
        }
    }

    return true;
}


/*
 * Judges compact elements at each of "n" places, a constant, that are to have
 * the same members: what the CPU waits for in one, it does not in the others.
 * Sets the places to their "}".  Returns false if an element is to be judged
 * otherwise.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline bool
erpsync_rows_compact(const erpsync_rows_t *rows, const uint8_t **at,
    unsigned n, ptrdiff_t shift, bool write)
{
    uint8_t                  c;
    unsigned                 k;
    const uint8_t           *p[ERPSYNC_ROWS_LANES];
    const erpsync_member_t  *member;

    ERPSYNC_ROWS_UNROLL
    for (k = 0; k < n; k++) {
        p[k] = at[k];
    }

    c = '{';

    for (member = rows->members; member != rows->end; member++) {

        ERPSYNC_ROWS_UNROLL
        for (k = 0; k < n; k++) {
            if (p[k] > rows->limit) {
                return false;
            }
        }

        if (*p[0] != c) {
            break;
        }

        if (!erpsync_rows_names(rows, &member, p, n, shift, c, write)
            || !erpsync_rows_values(rows, member, p, n, shift, write))
        {
            return false;
        }

        c = ',';
    }

    if (member < rows->need) {
        return false;
    }

    ERPSYNC_ROWS_UNROLL
    for (k = 0; k < n; k++) {
        if (*p[k] != '}') {
            return false;
        }
    }

    ERPSYNC_ROWS_UNROLL
    for (k = 0; k < n; k++) {
        at[k] = p[k];
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

    } else if (!erpsync_rows_compact(rows, &p, 1, run->shift, write)) {
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
 * Finds an element near "p" that the lane can begin with, and judges it.
 * Returns false if there is none.  A "{" may be in a text as well, but not with
 * a quote behind it that is not its end.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline bool
erpsync_rows_begin(const erpsync_rows_t *rows, erpsync_rows_lane_t *lane,
    const erpsync_rows_run_t *run, const uint8_t *p, bool write)
{
    const uint8_t  *end;

    end = p + ERPSYNC_ROWS_LONG / ERPSYNC_ROWS_LANES;

    do {
        p = memchr(p, '{', (size_t) (end - p));
    } while (p && *++p != '"');

    if (p == NULL) {
        return false;
    }

    lane->start = p - 1;
    lane->run = *run;
    lane->run.p = lane->start;

    erpsync_rows_step(rows, &lane->run, write, false);

    if (lane->run.n == 0 || lane->run.end - p < ERPSYNC_ROWS_VECTOR) {
        return false;
    }

    /* what the last element in front writes behind its end is here */

    if (write) {
        memcpy(lane->begin, erpsync_rows_out(lane->start, run->shift),
               ERPSYNC_ROWS_VECTOR);
    }

    return true;
}


/*
 * Where a string begins is known when the end of the one before is found: a CPU
 * spends most of its time waiting for that.  So the elements are divided into
 * lanes, of which the next elements are judged at the same time.  Those of a
 * lane count if the lane in front leads to the very place where it starts.
 *
 * Judges so what it can of compact elements, with "run" at the first one.
 */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline void
erpsync_rows_lanes(const erpsync_rows_t *rows, erpsync_rows_run_t *run,
    size_t max, bool write)
{
    size_t                len;
    unsigned              k;
    const uint8_t        *p[ERPSYNC_ROWS_LANES];
    erpsync_rows_run_t    front;
    erpsync_rows_lane_t   lanes[ERPSYNC_ROWS_LANES + 1], *lane;

    len = (size_t) (rows->last - run->p) / ERPSYNC_ROWS_LANES;

    lanes[0].run = *run;
    lanes[ERPSYNC_ROWS_LANES].start = rows->last;

    for (k = 1; k < ERPSYNC_ROWS_LANES; k++) {
        if (!erpsync_rows_begin(rows, &lanes[k], run, run->p + k * len,
                                write))
        {
            return;
        }
    }

    for ( ;; ) {

        ERPSYNC_ROWS_UNROLL
        for (k = 0; k < ERPSYNC_ROWS_LANES; k++) {
            p[k] = lanes[k].run.p;

            if (p[k] == NULL || p[k] >= lanes[k + 1].start) {
                goto done;
            }
        }

        if (lanes[0].run.n >= max) {
            break;
        }

        if (erpsync_rows_compact(rows, p, ERPSYNC_ROWS_LANES, run->shift,
                                 write))
        {
            ERPSYNC_ROWS_UNROLL
            for (k = 0; k < ERPSYNC_ROWS_LANES; k++) {
                erpsync_rows_end(rows, &lanes[k].run, p[k], write, false);
            }

            continue;
        }

        for (k = 0; k < ERPSYNC_ROWS_LANES; k++) {
            erpsync_rows_step(rows, &lanes[k].run, write, false);
        }
    }

done:

    front = lanes[0].run;

    for (lane = &lanes[1]; lane != &lanes[ERPSYNC_ROWS_LANES]; lane++) {

        while (front.p && front.p < lane->start && front.n < max) {
            erpsync_rows_step(rows, &front, write, false);
        }

        if (front.p != lane->start || front.n + lane->run.n > max) {
            break;
        }

        if (write) {
            memcpy(erpsync_rows_out(lane->start, run->shift), lane->begin,
                   ERPSYNC_ROWS_VECTOR);
        }

        lane->run.n += front.n;
        front = lane->run;
    }

    *run = front;
}


/*
 * Sets which bits of members are compared in compact text: those of names, in
 * any case or as documented, of quotes and the colon.
 */

ERPSYNC_WIDE
static void
erpsync_rows_masks(erpsync_rows_t *rows, bool any)
{
    __m256i                  match, mask, letters, *out;
    const erpsync_member_t  *member;

    out = rows->masks;

    for (member = rows->members; member != rows->end; member++) {
        match = _mm256_load_si256((const __m256i *) member->match);
        mask = _mm256_cmpgt_epi8(match, _mm256_setzero_si256());

        if (any) {

            /* only letters have bit 0x40: bit 0x20 is their case */

            letters = _mm256_and_si256(match, _mm256_set1_epi8(0x40));
            mask = _mm256_andnot_si256(_mm256_srli_epi16(letters, 1), mask);
        }

        _mm256_store_si256(out++, mask);
    }
}


/* Judges compact elements from run->p on, at most "max". */

ERPSYNC_WIDE ERPSYNC_INLINE
static inline void
erpsync_rows_tight(erpsync_rows_t *rows, erpsync_rows_run_t *run,
    size_t max, const uint8_t **lanes, bool write)
{
    erpsync_rows_masks(rows, write);

    if (rows->last - run->p > ERPSYNC_ROWS_LONG && run->p >= *lanes) {

        /*
         * an element that is judged otherwise brings us here again: unless the
         * lanes went further, what they judge for nothing is as much as is left
         */

        *lanes = run->p + (rows->last - run->p) / ERPSYNC_ROWS_LANES;
        erpsync_rows_lanes(rows, run, max, write);
    }

    erpsync_rows_all(rows, run, max, write, false);
}


/*
 * Not to be inlined: the compiler would know the vectors, and make each anew
 * where it is used.
 */

ERPSYNC_WIDE __attribute__((noinline))
static void
erpsync_rows_init(erpsync_rows_t *rows, const erpsync_object_t *object,
    const uint8_t *last)
{
    const erpsync_member_t  *member, *end;

    erpsync_rows_vectors(rows, last);

    rows->members = object->members;
    rows->end = object->members;
    rows->need = object->members;
    end = object->members + object->nmembers;

    for (member = object->members; member != end; member++) {

        if (rows->end == member && (member->type == ERPSYNC_TYPE_STRING
                                    || member->type == ERPSYNC_TYPE_BOOL))
        {
            rows->end = member + 1;
        }

        if (member->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY)) {
            rows->need = member + 1;
        }
    }
}


ERPSYNC_WIDE
const uint8_t *
erpsync_json_rows(const erpsync_object_t *object, const uint8_t *p,
    const uint8_t *last, uint8_t **out, size_t max, size_t *n,
    const uint8_t **lanes)
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
        erpsync_rows_tight(&rows, &run, max, lanes, false);
        *n = run.n;

        return run.end;
    }

    run.shift = *out - p;
    run.at.shift = run.shift;

    if (!erpsync_json_rows_spaced(object, p)) {
        erpsync_rows_tight(&rows, &run, max, lanes, true);

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
    const uint8_t *last, uint8_t **out, size_t max, size_t *n,
    const uint8_t **lanes)
{
    (void) object;
    (void) last;
    (void) out;
    (void) max;
    (void) lanes;

    *n = 0;

    return p;
}

#endif
