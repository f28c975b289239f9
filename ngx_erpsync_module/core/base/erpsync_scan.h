
/*
 * Scanning of text by 16 bytes at a time with SSE2, otherwise by 8. Nothing is
 * read beyond "last".
 */


#ifndef ERPSYNC_SCAN_H
#define ERPSYNC_SCAN_H


#include "erpsync_wide.h"

#if defined(__SSE2__) && !defined(ERPSYNC_NO_SIMD)
#include <emmintrin.h>
#define ERPSYNC_SSE2  1
#endif

#if (ERPSYNC_HAVE_WIDE)
#include <immintrin.h>
#endif


#define ERPSYNC_SCAN_COPY  64   /* longer copies are for memcpy() */


/*
 * Returns whether "c" ends a run of text that can be copied as it is: a quote,
 * a backslash, a control character, or not ASCII.
 */

static inline bool
erpsync_scan_stop(uint8_t c)
{
    return c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
}


/*
 * Returns the length of the "true" or "false" that "w", the word of text at
 * "p", begins with; 0 if neither.  Which of them it is, is no branch: flags of
 * fields follow no rule that a CPU could learn, and where it takes the wrong
 * one, it loses the time of two texts.
 */

static inline size_t
erpsync_scan_bool(const uint8_t *p, uint64_t w)
{
    size_t          yes;
    const uint8_t  *word;

    /* each with a mask of its bytes behind it */

    static const uint8_t  words[4][8] = {
        "false", "\xff\xff\xff\xff\xff",
        "true", "\xff\xff\xff\xff"
    };

    /* "t" and "T" have the bit 0x10, "f" and "F" have not */

    yes = *p & 0x10;
    word = words[0] + yes;

    if ((w ^ erpsync_word(word)) & erpsync_word(word + 8)) {
        return 0;
    }

    return 5 - (yes >> 4);
}


#if (ERPSYNC_SSE2)

/* Returns a bit for each of 16 bytes: whether it ends such a run. */

static inline unsigned
erpsync_scan_stops(const uint8_t *p)
{
    __m128i  v, stop;

    v = _mm_loadu_si128((const __m128i *) p);

    stop = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                        _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

    /*
     * the bytes are signed: subtracting 0x20 gives a negative result for
     * control characters, and for bytes from 0x80 on, which stay negative as
     * the subtraction saturates
     */

    stop = _mm_or_si128(stop, _mm_subs_epi8(v, _mm_set1_epi8(0x20)));

    return (unsigned) _mm_movemask_epi8(stop);
}


/*
 * Calls stops() for 16 bytes at a time and returns the first byte that it
 * marks.  If fewer than 16 bytes are left, returns the first of them; the
 * caller checks those one by one.
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

#else

/* Loads 8 bytes as one integer, whose lowest 8 bits are the first byte. */

static inline uint64_t
erpsync_scan_word(const uint8_t *p)
{
    uint64_t  w;

    w = erpsync_word(p);

#if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
    w = __builtin_bswap64(w);
#endif

    return w;
}

#endif


/*
 * Returns the first byte that is a quote, a backslash, a control character or
 * not ASCII; "last" if there is none.
 */

static inline const uint8_t *
erpsync_scan_text(const uint8_t *p, const uint8_t *last)
{
#if (ERPSYNC_SSE2)

    p = erpsync_scan_while(p, last, erpsync_scan_stops);

#else

    uint64_t  w, quote, slash, stop;

    while (last - p >= 8) {
        w = erpsync_scan_word(p);

        /*
         * A subtraction sets the highest bit of each byte that is too small.
         * A borrow may set it in the bytes above, too, so only the lowest byte
         * that has it set is certain to be a stop.
         */

        quote = w ^ (ERPSYNC_ONES * '"');
        slash = w ^ (ERPSYNC_ONES * '\\');
        stop = w | (w - ERPSYNC_ONES * 0x20)
               | (quote - ERPSYNC_ONES) | (slash - ERPSYNC_ONES);
        stop &= ERPSYNC_HIGHS;

        if (stop) {
            return p + __builtin_ctzll(stop) / 8;
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

/*
 * Returns a bit for each of 16 bytes: whether it is not white space of JSON.
 */

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


/* Returns the first byte that is not white space of JSON, or "last". */

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


#if (ERPSYNC_SSE2)

/*
 * Returns which of 16 bytes are not ASCII from "low" to 0x7e.  The bytes are
 * signed: those from 0x80 on are negative, so below "low".
 */

static inline __m128i
erpsync_scan_other_wide(const uint8_t *p, uint8_t low)
{
    __m128i  v;

    v = _mm_loadu_si128((const __m128i *) p);

    return _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8((char) low)),
                        _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
}

#endif


/*
 * Sets highest bits if some of 8 bytes are not ASCII from "low" to 0x7e.  A
 * borrow comes only from a byte that is not allowed anyway.
 */

static inline uint64_t
erpsync_scan_other(uint64_t w, uint8_t low)
{
    return w | (w - ERPSYNC_ONES * low)
           | ((w ^ (ERPSYNC_ONES * 0x7f)) - ERPSYNC_ONES);
}


/*
 * Returns whether all bytes are ASCII from "low" (0x20 or 0x21) to 0x7e.  The
 * last block overlaps the one before it: of 20 bytes, 0-15 and 4-19 are
 * tested.
 */

static inline bool
erpsync_scan_ascii(const uint8_t *p, size_t n, uint8_t low)
{
    size_t    i;
    uint64_t  bad;

#if (ERPSYNC_SSE2)

    __m128i  out;

    if (n >= 16) {
        out = erpsync_scan_other_wide(p + n - 16, low);

        for (i = 0; i < n - 16; i += 16) {
            out = _mm_or_si128(out, erpsync_scan_other_wide(p + i, low));
        }

        return _mm_movemask_epi8(out) == 0;
    }

#endif

    if (n >= 8) {
        bad = erpsync_scan_other(erpsync_word(p + n - 8), low);

        for (i = 0; i < n - 8; i += 8) {
            bad |= erpsync_scan_other(erpsync_word(p + i), low);
        }

        return (bad & ERPSYNC_HIGHS) == 0;
    }

    if (n >= 4) {
        bad = erpsync_scan_other(erpsync_word_of(p, n), low);
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

/* Returns a bit for each of 32 bytes: whether it is equal in "a" and "b". */

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


#if (ERPSYNC_HAVE_WIDE)

/* The same with AVX2. */

ERPSYNC_WIDE
static inline uint32_t
erpsync_scan_wide_equal(const uint8_t *a, const uint8_t *b)
{
    return (uint32_t) _mm256_movemask_epi8(_mm256_cmpeq_epi8(
               _mm256_loadu_si256((const __m256i *) a),
               _mm256_loadu_si256((const __m256i *) b)));
}

#else

#define erpsync_scan_wide_equal  erpsync_scan_equal

#endif


/*
 * Returns whether "n" bytes at "p" are those at "q", which is in front of it in
 * the same memory.  Nothing is read beyond "last"; false if "n" bytes would be.
 */

ERPSYNC_INLINE
static inline bool
erpsync_scan_again(const uint8_t *p, const uint8_t *q, size_t n,
    const uint8_t *last, bool wide)
{
#if (ERPSYNC_SSE2)

    uint32_t  equal;

    if (n > 0 && n <= 32 && last - p >= 32) {
        equal = wide ? erpsync_scan_wide_equal(p, q)
                     : erpsync_scan_equal(p, q);

        return ~equal << (32 - n) == 0;
    }

#else
    (void) wide;
#endif

    return (size_t) (last - p) >= n && erpsync_same(p, q, n);
}


/*
 * Copies "n" bytes, 16 at a time, and returns the end of the copy.  Up to 15
 * more bytes are written behind it: "out" must have room for them.  Nothing is
 * read beyond "last".
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
