
#include "erpsync_form_internal.h"
#include "erpsync_scan.h"


#define ERPSYNC_FORM_DIGITS  10    /* of an index that counts */


/* Where decoding is. */

typedef struct {
    const uint8_t           *p;          /* in the input */
    uint8_t                 *q;          /* in the decoded pairs */
    const uint8_t           *place;      /* start of the text in the input */
    uint8_t                 *text;       /* start of the decoded text */
    bool                     name;       /* the text is a name */
    unsigned                 odd;        /* not 0: it may have other bytes than
                                            ASCII without NUL */
} erpsync_form_decoder_t;


static erpsync_rc_t erpsync_form_byte(erpsync_form_t *form,
    erpsync_form_decoder_t *d);
static erpsync_rc_t erpsync_form_text(erpsync_form_t *form,
    erpsync_form_decoder_t *d, uint8_t c, size_t n);
static erpsync_rc_t erpsync_form_check(erpsync_form_t *form,
    const erpsync_form_decoder_t *d, const uint8_t *end);


const uint8_t  erpsync_form_hex[256] = {
    ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6,
    ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16
};


/* Bytes that may end a segment of a path. */

static const bool  erpsync_form_stop[256] = {
    ['.'] = true, ['['] = true, [']'] = true,
    [ERPSYNC_FORM_EQUALS] = true, [ERPSYNC_FORM_END] = true
};


#if (ERPSYNC_SSE2)

/*
 * Decodes blocks of 16 bytes, up to a byte that does not become one byte.
 * What is copied behind that byte is written again later.
 */

static inline erpsync_rc_t
erpsync_form_block(erpsync_form_t *form, erpsync_form_decoder_t *d)
{
    size_t    i;
    uint8_t   c;
    __m128i   v, special;
    unsigned  stop, odd;

    while (form->last - d->p >= 16) {
        v = _mm_loadu_si128((const __m128i *) d->p);
        _mm_storeu_si128((__m128i *) d->q, v);

        special = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('%')),
                               _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));
        special = _mm_or_si128(special, _mm_cmpeq_epi8(v,
                                                       _mm_set1_epi8('&')));
        special = _mm_or_si128(special, _mm_cmpeq_epi8(v,
                                                       _mm_set1_epi8('=')));

        stop = (unsigned) _mm_movemask_epi8(special);
        odd = (unsigned) _mm_movemask_epi8(_mm_cmplt_epi8(v,
                                                          _mm_set1_epi8(1)));
        d->odd |= odd;

        for ( /* void */ ; stop; stop &= stop - 1) {
            i = (size_t) __builtin_ctz(stop);
            c = d->p[i];

            if (c == '%' || (c == '&' && d->name && d->p + i == d->place)) {
                d->p += i;
                d->q += i;

                return ERPSYNC_OK;
            }

            if (c == '+') {
                d->q[i] = ' ';

            } else if (c == '&' || d->name) {

                if (erpsync_form_text(form, d, c, i) != ERPSYNC_OK) {
                    return ERPSYNC_ERROR;
                }

                d->odd = odd;            /* in this text or in front of it */
            }
        }

        d->p += 16;
        d->q += 16;
    }

    return ERPSYNC_OK;
}

#endif


erpsync_rc_t
erpsync_form_decode(erpsync_form_t *form)
{
    erpsync_form_decoder_t  d;

    d.p = d.place = form->input;
    d.q = d.text = form->pairs;
    d.name = true;
    d.odd = 0;

    while (d.p < form->last) {

#if (ERPSYNC_SSE2)
        if (form->last - d.p >= 16
            && erpsync_form_block(form, &d) != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        if (d.p == form->last) {
            break;
        }
#endif

        if (erpsync_form_byte(form, &d) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }

    if (d.p > d.place || !d.name) {

        if (erpsync_form_text(form, &d, '&', 0) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        d.q++;
    }

    form->end = d.q;

    return ERPSYNC_OK;
}


/* Decodes one byte, or a percent sequence. */

static inline erpsync_rc_t
erpsync_form_byte(erpsync_form_t *form, erpsync_form_decoder_t *d)
{
    uint8_t         c;
    const uint8_t  *p;

    p = d->p++;
    c = *p;

    if (c == '&' && d->name && p == d->place) {
        d->place++;                      /* no pair between two "&" */

        return ERPSYNC_OK;
    }

    if (c == '&' || (c == '=' && d->name)) {
        d->p = p;

        if (erpsync_form_text(form, d, c, 0) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        d->p++;
        d->q++;

        return ERPSYNC_OK;
    }

    if (c == '+') {
        c = ' ';

    } else if (c == '%') {

        if (form->last - p < 3 || !erpsync_form_hex[p[1]]
            || !erpsync_form_hex[p[2]])
        {
            return erpsync_form_fail(form, p, "% must be followed by two "
                                              "hexadecimal digits");
        }

        c = (uint8_t) ((erpsync_form_hex[p[1]] - 1) << 4
                       | (erpsync_form_hex[p[2]] - 1));
        d->p += 2;
    }

    d->odd |= (c == 0 || c >= 0x80);
    *d->q++ = c;

    return ERPSYNC_OK;
}


/*
 * Ends a name at "=", or a pair at "&", which is "n" bytes behind where
 * decoding is.
 */

static inline erpsync_rc_t
erpsync_form_text(erpsync_form_t *form, erpsync_form_decoder_t *d, uint8_t c,
    size_t n)
{
    if (d->odd && erpsync_form_check(form, d, d->q + n) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    d->q[n] = (c == '=') ? ERPSYNC_FORM_EQUALS : ERPSYNC_FORM_END;
    d->place = d->p + n + 1;
    d->text = d->q + n + 1;
    d->name = (c == '&');
    d->odd = 0;

    return ERPSYNC_OK;
}


/* Checks a decoded text that ends at "end". */

static erpsync_rc_t
erpsync_form_check(erpsync_form_t *form, const erpsync_form_decoder_t *d,
    const uint8_t *end)
{
    size_t  len;

    len = (size_t) (end - d->text);

    if (erpsync_utf8_valid(erpsync_span(d->text, len)) != len) {
        return erpsync_form_fail(form, d->place, "invalid UTF-8");
    }

    if (memchr(d->text, 0, len)) {
        return erpsync_form_fail(form, d->place, "U+0000 is not allowed");
    }

    return ERPSYNC_OK;
}


bool
erpsync_form_segment(const uint8_t *p, bool bracket,
    erpsync_form_segment_t *segment)
{
    const uint8_t  *start;

    start = p;

    while (!erpsync_form_stop[*p]
           || (bracket ? *p == '.' || *p == '[' : *p == ']'))
    {
        p++;
    }

    segment->name = erpsync_span(start, (size_t) (p - start));

    if (bracket && *p++ != ']') {
        return false;                           /* it is not closed */
    }

    segment->bracket = (*p == '[');
    segment->empty = (*p == '[' && p[1] == ']' && erpsync_form_ends(p[2]));
    segment->end = segment->empty ? p + 2 : p;
    segment->next = erpsync_form_ends(*segment->end) ? NULL : p + 1;

    return segment->next == NULL || *p == '.' || *p == '[';
}


bool
erpsync_form_index(erpsync_str_t s, uint32_t *index)
{
    size_t    i;
    uint64_t  n;

    if (s.len == 0 || (s.len > 1 && s.data[0] == '0')) {
        return false;
    }

    n = 0;

    for (i = 0; i < s.len; i++) {

        if (!erpsync_is_digit(s.data[i])) {
            return false;
        }

        if (i < ERPSYNC_FORM_DIGITS) {
            n = n * 10 + (s.data[i] - '0');
        }
    }

    *index = (s.len > ERPSYNC_FORM_DIGITS || n > UINT32_MAX)
             ? UINT32_MAX : (uint32_t) n;

    return true;
}
