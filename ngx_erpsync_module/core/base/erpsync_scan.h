
/*
 * Word-wide scanning of JSON text: SSE2 where the compiler has it, eight
 * bytes at a time elsewhere.  Nothing is read past "last".
 */


#ifndef ERPSYNC_SCAN_H
#define ERPSYNC_SCAN_H


#include "erpsync_base.h"

#if defined(__SSE2__) && !defined(ERPSYNC_NO_SIMD)
#include <emmintrin.h>
#define ERPSYNC_SSE2  1
#endif


#define ERPSYNC_SCAN_COPY  64   /* longer copies are for memcpy() */


/* Whether "c" ends a run of string text that needs no further look. */

static inline bool
erpsync_scan_stop(uint8_t c)
{
    return c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
}


#if (ERPSYNC_SSE2)

/* Which of the first 16 bytes end such a run, as bits. */

static inline unsigned
erpsync_scan_stops(const uint8_t *p)
{
    __m128i  v, stop;

    v = _mm_loadu_si128((const __m128i *) p);

    stop = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                        _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

    /* signed and saturated: bytes from 0x80 on come out below 0 as well */

    stop = _mm_or_si128(stop, _mm_subs_epi8(v, _mm_set1_epi8(0x20)));

    return (unsigned) _mm_movemask_epi8(stop);
}


/*
 * The first byte that "stops" tells of sixteen, or one that has less than
 * sixteen in front of "last": there, and in what is found, single bytes say.
 */

static inline const uint8_t *
erpsync_scan_while(const uint8_t *p, const uint8_t *last,
    unsigned (*stops)(const uint8_t *p))
{
    unsigned  mask;

    while (last - p >= 16) {
        mask = stops(p);

        if (mask) {
            return p + __builtin_ctz(mask);
        }

        p += 16;
    }

    return p;
}

#endif


/*
 * The first byte that is a quote, a backslash, a control character or not
 * ASCII; "last" where there is none.
 */

static inline const uint8_t *
erpsync_scan_text(const uint8_t *p, const uint8_t *last)
{
#if (ERPSYNC_SSE2)

    p = erpsync_scan_while(p, last, erpsync_scan_stops);

#else

    uint64_t  w, quote, slash, stop;

    while (last - p >= 8) {
        memcpy(&w, p, 8);

        /* borrows only make a false alarm, which the bytes then settle */

        quote = w ^ (ERPSYNC_ONES * '"');
        slash = w ^ (ERPSYNC_ONES * '\\');
        stop = w | (w - ERPSYNC_ONES * 0x20)
               | (quote - ERPSYNC_ONES) | (slash - ERPSYNC_ONES);

        if (stop & ERPSYNC_HIGHS) {
            break;
        }

        p += 8;
    }

#endif

    while (p < last && !erpsync_scan_stop(*p)) {
        p++;
    }

    return p;
}


#if (ERPSYNC_SSE2)

/* Which of the first 16 bytes are no white space of JSON, as bits. */

static inline unsigned
erpsync_scan_ink(const uint8_t *p)
{
    __m128i  v, space;

    v = _mm_loadu_si128((const __m128i *) p);

    space = _mm_cmpeq_epi8(v, _mm_set1_epi8(' '));
    space = _mm_or_si128(space, _mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));
    space = _mm_or_si128(space, _mm_cmpeq_epi8(v, _mm_set1_epi8('\r')));
    space = _mm_or_si128(space, _mm_cmpeq_epi8(v, _mm_set1_epi8('\t')));

    return (unsigned) _mm_movemask_epi8(space) ^ 0xffff;
}

#endif


/* The first byte that is no white space of JSON; "last" where all is. */

static inline const uint8_t *
erpsync_scan_space(const uint8_t *p, const uint8_t *last)
{
#if (ERPSYNC_SSE2)

    p = erpsync_scan_while(p, last, erpsync_scan_ink);

#endif

    while (p < last
           && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    {
        p++;
    }

    return p;
}


/*
 * Whether all bytes are ASCII from "low" on (0x20 or 0x21), without DEL.
 * What is left behind whole words is looked at along with bytes before it.
 */

static inline bool
erpsync_scan_ascii(const uint8_t *p, size_t n, uint8_t low)
{
    size_t    i;
    uint64_t  w, bad;

#if (ERPSYNC_SSE2)

    __m128i  v, out;

    if (n >= 16) {
        out = _mm_setzero_si128();

        for (i = 0; i < n; i += 16) {
            i = (n - i < 16) ? n - 16 : i;
            v = _mm_loadu_si128((const __m128i *) (p + i));

            /* signed: bytes from 0x80 on are below "low" as well */

            out = _mm_or_si128(out,
                               _mm_cmplt_epi8(v, _mm_set1_epi8((char) low)));
            out = _mm_or_si128(out, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
        }

        return _mm_movemask_epi8(out) == 0;
    }

#endif

    if (n >= 8) {
        bad = 0;

        for (i = 0; i < n; i += 8) {
            i = (n - i < 8) ? n - 8 : i;
            memcpy(&w, p + i, 8);

            /* there are borrows only where a byte is bad already */

            bad |= w | (w - ERPSYNC_ONES * low)
                   | ((w ^ (ERPSYNC_ONES * 0x7f)) - ERPSYNC_ONES);
        }

        return (bad & ERPSYNC_HIGHS) == 0;
    }

    for (i = 0; i < n; i++) {
        if (p[i] < low || p[i] >= 0x7f) {
            return false;
        }
    }

    return true;
}


#if (ERPSYNC_SSE2)

/* Which of the first 32 bytes are equal, as bits. */

static inline uint32_t
erpsync_scan_equal(const uint8_t *a, const uint8_t *b)
{
    uint32_t  low, high;

    low = (uint32_t) _mm_movemask_epi8(_mm_cmpeq_epi8(
              _mm_loadu_si128((const __m128i *) a),
              _mm_loadu_si128((const __m128i *) b)));

    high = (uint32_t) _mm_movemask_epi8(_mm_cmpeq_epi8(
              _mm_loadu_si128((const __m128i *) (a + 16)),
              _mm_loadu_si128((const __m128i *) (b + 16))));

    return low | high << 16;
}

#endif


/*
 * Copies "n" bytes, sixteen at a time: up to 15 more are written behind them,
 * for which "out" must have the room; nothing is read past "last".
 */

static inline uint8_t *
erpsync_scan_copy(uint8_t *out, const uint8_t *p, size_t n,
    const uint8_t *last)
{
#if (ERPSYNC_SSE2)

    size_t  i;

    if (n <= ERPSYNC_SCAN_COPY && (size_t) (last - p) >= n + 16) {

        for (i = 0; i < n; i += 16) {
            _mm_storeu_si128((__m128i *) (out + i),
                             _mm_loadu_si128((const __m128i *) (p + i)));
        }

        return out + n;
    }

#else
    (void) last;
#endif

    memcpy(out, p, n);

    return out + n;
}


#endif /* ERPSYNC_SCAN_H */
