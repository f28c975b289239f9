
#include "erpsync_form_internal.h"
#include "erpsync_scan.h"


#define ERPSYNC_FORM_DIGITS  10    /* of an index */
#define ERPSYNC_FORM_WIDE    16    /* bytes that are copied at once */
#define ERPSYNC_FORM_SHORT   200   /* a text that goes where others are */


static erpsync_rc_t erpsync_form_unescape(erpsync_form_t *form,
    erpsync_str_t s, erpsync_str_t *out, bool *odd);
static bool erpsync_form_path(erpsync_str_t name, erpsync_pair_t *pair);


/* The value of a hexadecimal digit and 1; 0: no such. */

static const uint8_t  erpsync_form_hex[256] = {
    ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6,
    ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16
};


/* U+0000, or part of what is not ASCII. */

static inline bool
erpsync_form_odd(uint8_t c)
{
    return (int8_t) c <= 0;
}


/* The offset of the first byte that is not ASCII as it stands, or s.len. */

static inline size_t
erpsync_form_plain(erpsync_str_t s)
{
    size_t  i;

    i = 0;

#if (ERPSYNC_SSE2)

    int      mask;
    __m128i  v, stop;

    for ( /* void */ ; s.len - i >= 16; i += 16) {
        v = _mm_loadu_si128((const __m128i *) (s.data + i));

        stop = _mm_cmplt_epi8(v, _mm_set1_epi8(1));
        stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('%')));
        stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));
        mask = _mm_movemask_epi8(stop);

        if (mask) {
            return i + (size_t) __builtin_ctz((unsigned) mask);
        }
    }

#endif

    while (i < s.len && s.data[i] != '%' && s.data[i] != '+'
           && !erpsync_form_odd(s.data[i]))
    {
        i++;
    }

    return i;
}


/*
 * Copies up to "%" or "+", or "n" bytes, and returns how many.  "wide": there
 * are sixteen bytes both to read and to write, however few they are.
 */

static inline size_t
erpsync_form_copy(uint8_t *p, const uint8_t *q, size_t n, bool wide,
    unsigned *odd)
{
    size_t  i;

#if (ERPSYNC_SSE2)

    unsigned  stop;
    __m128i   v, special;

    if (wide) {
        v = _mm_loadu_si128((const __m128i *) q);
        _mm_storeu_si128((__m128i *) p, v);

        special = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('%')),
                               _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));
        stop = (unsigned) _mm_movemask_epi8(special);
        i = stop ? (size_t) __builtin_ctz(stop) : ERPSYNC_FORM_WIDE;

        /* what follows may make it look odd: it is looked at once more */

        *odd |= (unsigned) _mm_movemask_epi8(
                               _mm_cmplt_epi8(v, _mm_set1_epi8(1)));

        return (i < n) ? i : n;
    }

#else
    (void) wide;
#endif

    for (i = 0; i < n && q[i] != '%' && q[i] != '+'; i++) {
        *odd |= erpsync_form_odd(q[i]);
        p[i] = q[i];
    }

    return i;
}


erpsync_rc_t
erpsync_form_pair(erpsync_form_t *form, erpsync_str_t piece,
    erpsync_pair_t *pair)
{
    size_t          len;
    erpsync_str_t   name;
    const uint8_t  *p;

    memset(pair, 0, sizeof(erpsync_pair_t));

    p = memchr(piece.data, '=', piece.len);
    len = p ? (size_t) (p - piece.data) : piece.len;

    if (erpsync_form_decode(form, erpsync_span(piece.data, len), &name)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (form->error->message == NULL && !erpsync_form_path(name, pair)) {
        erpsync_form_fail(form, piece.data,
                          "a name must be like Name, Name.Member, Name[0] or "
                          "Name[0].Member");
    }

    if (form->error->message) {
        return ERPSYNC_OK;
    }

    pair->value = p ? erpsync_span(p + 1, piece.len - len - 1)
                    : erpsync_span(piece.data, 0);

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_form_value(erpsync_form_t *form, erpsync_pair_t *pair)
{
    return erpsync_form_decode(form, pair->value, &pair->value);
}


erpsync_rc_t
erpsync_form_decode(erpsync_form_t *form, erpsync_str_t s, erpsync_str_t *out)
{
    bool            odd;
    size_t          i;

    *out = s;
    i = erpsync_form_plain(s);

    if (i == s.len) {
        return ERPSYNC_OK;
    }

    odd = erpsync_form_odd(s.data[i]);
    i = erpsync_form_find(s, i, '%', '+');

    if (i < s.len && erpsync_form_unescape(form, s, out, &odd) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (!odd || form->error->message) {
        return ERPSYNC_OK;
    }

    if (erpsync_utf8_valid(*out) != out->len) {
        erpsync_form_fail(form, s.data, "invalid UTF-8");

    } else if (out->len && memchr(out->data, '\0', out->len)) {
        erpsync_form_fail(form, s.data, "U+0000 is not allowed");
    }

    return ERPSYNC_OK;
}


/*
 * Puts percent sequences and "+" as what they mean, and what is between them
 * as it stands.  "odd" is set where there may be more than ASCII.
 */

static erpsync_rc_t
erpsync_form_unescape(erpsync_form_t *form, erpsync_str_t s,
    erpsync_str_t *out, bool *odd)
{
    bool            wide;
    size_t          size, n;
    uint8_t         high, low, *p, *start;
    unsigned        seen;
    const uint8_t  *q, *last;

    /* a short text is copied with what stands behind it, for less work */

    last = s.data + s.len;
    wide = (s.len < ERPSYNC_FORM_SHORT
            && form->input.data + form->input.len - last
               >= ERPSYNC_FORM_WIDE);
    size = s.len + (wide ? ERPSYNC_FORM_WIDE : 0);

    start = erpsync_nalloc(form->sink->arena, size);
    if (start == NULL) {
        return ERPSYNC_ERROR;
    }

    p = start;
    q = s.data;
    seen = 0;

    for ( ;; ) {
        n = erpsync_form_copy(p, q, (size_t) (last - q),
                              wide || last - q >= ERPSYNC_FORM_WIDE, &seen);
        p += n;
        q += n;

        if (q == last) {
            break;
        }

        if (*q == '+') {
            *p++ = ' ';
            q++;
            continue;
        }

        if (*q != '%') {
            continue;
        }

        if (last - q < 3 || erpsync_form_hex[q[1]] == 0
            || erpsync_form_hex[q[2]] == 0)
        {
            erpsync_form_fail(form, q,
                              "% must be followed by two hexadecimal digits");
            return ERPSYNC_OK;
        }

        high = erpsync_form_hex[q[1]] - 1;
        low = erpsync_form_hex[q[2]] - 1;
        q += 3;

        *p = (uint8_t) (high << 4 | low);
        seen |= erpsync_form_odd(*p++);
    }

    *odd |= seen != 0;
    *out = erpsync_span(start, (size_t) (p - start));
    erpsync_arena_trim(form->sink->arena, start + size, p);

    return ERPSYNC_OK;
}


bool
erpsync_form_segment(erpsync_str_t name, size_t *i, erpsync_str_t *segment)
{
    bool    bracket;
    size_t  start;

    bracket = (name.data[*i] == '[');

    if (!bracket && name.data[*i] != '.') {
        return false;
    }

    start = *i + 1;
    *i = bracket ? erpsync_form_find(name, start, ']', ']')
                 : erpsync_form_find(name, start, '.', '[');
    *segment = erpsync_span(name.data + start, *i - start);

    if (!bracket) {
        return true;
    }

    return (*i)++ < name.len;
}


/* Takes a name apart; false if it is not a path. */

static bool
erpsync_form_path(erpsync_str_t name, erpsync_pair_t *pair)
{
    size_t  i, start;

    i = erpsync_form_find(name, 0, '.', '[');
    pair->root = erpsync_span(name.data, i);

    if (i == name.len) {
        return true;
    }

    if (name.data[i] == '[') {
        pair->indexed = true;

        if (!erpsync_form_segment(name, &i, &pair->index)) {
            return false;
        }

        if (i == name.len) {
            return true;
        }
    }

    pair->has_member = true;

    if (!erpsync_form_segment(name, &i, &pair->member)) {
        return false;
    }

    if (i == name.len) {
        return true;
    }

    start = i;
    pair->has_inner = true;

    if (!erpsync_form_segment(name, &i, &pair->inner)) {
        return false;
    }

    if (i < name.len || !pair->indexed) {
        pair->deep = true;
        pair->inner = erpsync_span(name.data + start, name.len - start);
    }

    return true;
}


void
erpsync_form_fail(erpsync_form_t *form, const uint8_t *p,
    const char *message)
{
    if (form->error->message == NULL) {
        form->error->message = message;
        form->error->offset = (size_t) (p - form->input.data);
    }
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
