
/*
 * Decoding of values, for the fast path of forms, 32 bytes at a time with SSE2
 * or AVX2.
 */


#ifndef ERPSYNC_FORM_VALUE_H
#define ERPSYNC_FORM_VALUE_H


#include "erpsync_form_internal.h"


#define ERPSYNC_FORM_AHEAD  72   /* a block, a percent sequence, and 32 bytes */


/* Kinds of decoded bytes. */

#define ERPSYNC_FORM_UTF8   1      /* not ASCII */
#define ERPSYNC_FORM_DIRTY  2      /* escaped in JSON */
#define ERPSYNC_FORM_NUL    4

extern const uint8_t  erpsync_form_kind_of[256];


/*
 * Decodes what begins at "p", a byte or a percent sequence, to "out", and adds
 * its kind.  "ahead" says that there are two more bytes.  Returns its end, or
 * NULL if it is malformed.
 */

static inline const uint8_t *
erpsync_form_value_byte(const uint8_t *p, bool ahead, uint8_t *out,
    unsigned *kinds)
{
    uint8_t   c;
    unsigned  high, low;

    c = *p++;

    if (c == '%') {
        if (!ahead) {
            return NULL;
        }

        /* 0 for what is no digit becomes the largest number */

        high = erpsync_form_hex[p[0]] - 1u;
        low = erpsync_form_hex[p[1]] - 1u;

        if ((high | low) > 0x0f) {
            return NULL;
        }

        c = (uint8_t) (high << 4 | low);
        p += 2;

    } else if (c == '+') {
        c = ' ';
    }

    *out = c;

    *kinds |= erpsync_form_kind_of[c];

    return p;
}


/* Returns whether a value with bytes of these kinds is well-formed. */

static inline bool
erpsync_form_value_valid(erpsync_str_t value, unsigned kinds)
{
    return !(kinds & ERPSYNC_FORM_NUL)
           && (!(kinds & ERPSYNC_FORM_UTF8)
               || erpsync_utf8_valid(value) == value.len);
}


#if (ERPSYNC_SSE2)

/*
 * Returns a bit for each of 16 bytes of a value that ends it, is encoded, is
 * not ASCII or must be escaped in JSON.
 */

static inline unsigned
erpsync_form_value_stops(const uint8_t *p)
{
    __m128i  v, coded;

    v = _mm_loadu_si128((const __m128i *) p);

    coded = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('&')),
                         _mm_cmpeq_epi8(v, _mm_set1_epi8('%')));
    coded = _mm_or_si128(coded, _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));

    return (unsigned) _mm_movemask_epi8(coded) | erpsync_scan_stops(p);
}


/* The same for 32 bytes. */

static inline uint32_t
erpsync_form_value_block(const uint8_t *p)
{
    return erpsync_form_value_stops(p) | erpsync_form_value_stops(p + 16) << 16;
}


#if (ERPSYNC_HAVE_WIDE)

/*
 * The same with AVX2: the bytes that are compared have low 4 bits of their own,
 * at which a table has them.
 */

ERPSYNC_WIDE
static inline uint32_t
erpsync_form_value_wide(const uint8_t *p)
{
    __m256i  v, table, stops;

    v = _mm256_loadu_si256((const __m256i *) p);
    table = _mm256_setr_epi8(1, 0, '"', 0, 0, '%', '&', 0, 0, 0, 0, '+', '\\',
                             0, 0, 0,
                             1, 0, '"', 0, 0, '%', '&', 0, 0, 0, 0, '+', '\\',
                             0, 0, 0);

    stops = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, v), v);

    /* as signed bytes, those that are not ASCII are less than 0x20, too */

    stops = _mm256_or_si256(stops, _mm256_subs_epi8(v, _mm256_set1_epi8(' ')));

    return (uint32_t) _mm256_movemask_epi8(stops);
}

#else

#define erpsync_form_value_wide  erpsync_form_value_block

#endif


/* Copies 32 bytes. */

static inline void
erpsync_form_value_copy(uint8_t *out, const uint8_t *p)
{
    _mm_storeu_si128((__m128i *) out,
                     _mm_loadu_si128((const __m128i *) p));
    _mm_storeu_si128((__m128i *) (out + 16),
                     _mm_loadu_si128((const __m128i *) (p + 16)));
}


/*
 * Decodes a value from "p" on to "*pos", while ERPSYNC_FORM_AHEAD bytes follow;
 * "stops" are those of the block at "p".  Returns the "&" at its end, or where
 * too few bytes follow, or NULL if it is malformed.  Sets "*pos" to the end of
 * what is decoded, behind which 32 bytes may be written, and adds its kinds.
 */

ERPSYNC_INLINE
static inline const uint8_t *
erpsync_form_value_decode(const uint8_t *p, const uint8_t *last,
    uint32_t stops, uint8_t **pos, unsigned *kinds, bool wide)
{
    uint8_t        *out;
    const uint8_t  *block, *stop;

    out = *pos;

    for ( ;; ) {
        block = p;

        for ( /* void */ ; stops; stops &= stops - 1) {
            stop = block + (unsigned) __builtin_ctz(stops);
            erpsync_form_value_copy(out, p);
            out += stop - p;
            p = stop;

            if (*p == '&') {
                *pos = out;
                return p;
            }

            p = erpsync_form_value_byte(p, true, out++, kinds);

            if (p == NULL) {
                return NULL;
            }
        }

        if (p < block + 32) {
            erpsync_form_value_copy(out, p);
            out += block + 32 - p;
            p = block + 32;
        }

        if (last - p < ERPSYNC_FORM_AHEAD) {
            *pos = out;
            return p;
        }

        stops = wide ? erpsync_form_value_wide(p) : erpsync_form_value_block(p);
    }
}

#endif


#endif /* ERPSYNC_FORM_VALUE_H */
