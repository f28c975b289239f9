
#include "erpsync_text.h"


static inline bool
erpsync_is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}


size_t
erpsync_utf8_sequence(const uint8_t *p, const uint8_t *last)
{
    size_t   n, i;
    uint8_t  low, high;

    low = 0x80;
    high = 0xbf;

    if (p == last) {
        return 0;
    }

    if (*p < 0x80) {
        return 1;
    }

    if (*p >= 0xc2 && *p <= 0xdf) {
        n = 2;

    } else if (*p >= 0xe0 && *p <= 0xef) {
        n = 3;

        if (*p == 0xe0) {
            low = 0xa0;

        } else if (*p == 0xed) {
            high = 0x9f;
        }

    } else if (*p >= 0xf0 && *p <= 0xf4) {
        n = 4;

        if (*p == 0xf0) {
            low = 0x90;

        } else if (*p == 0xf4) {
            high = 0x8f;
        }

    } else {
        return 0;
    }

    if ((size_t) (last - p) < n || p[1] < low || p[1] > high) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return n;
}


size_t
erpsync_utf8_valid(erpsync_str_t s)
{
    size_t          n;
    uint64_t        w;
    const uint8_t  *p, *last;

    if (s.len == 0) {
        return 0;
    }

    p = s.data;
    last = s.data + s.len;

    while (p < last) {

        for ( /* void */ ; last - p >= 8; p += 8) {
            memcpy(&w, p, 8);
            w &= ERPSYNC_HIGHS;

            if (w) {
#if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
                p += __builtin_ctzll(w) / 8;
#endif
                break;
            }
        }

        if (p == last) {
            break;
        }

        /* most languages of Europe need no longer sequences than two bytes */

        if (last - p >= 2 && p[0] >= 0xc2 && p[0] <= 0xdf
            && (p[1] & 0xc0) == 0x80)
        {
            p += 2;
            continue;
        }

        n = erpsync_utf8_sequence(p, last);

        if (n == 0) {
            break;
        }

        p += n;
    }

    return (size_t) (p - s.data);
}


uint8_t *
erpsync_utf8_encode(uint8_t *p, uint32_t code)
{
    if (code < 0x80) {
        *p++ = (uint8_t) code;
        return p;
    }

    if (code < 0x800) {
        *p++ = (uint8_t) (0xc0 | (code >> 6));

    } else {
        if (code < 0x10000) {
            *p++ = (uint8_t) (0xe0 | (code >> 12));

        } else {
            *p++ = (uint8_t) (0xf0 | (code >> 18));
            *p++ = (uint8_t) (0x80 | ((code >> 12) & 0x3f));
        }

        *p++ = (uint8_t) (0x80 | ((code >> 6) & 0x3f));
    }

    *p++ = (uint8_t) (0x80 | (code & 0x3f));

    return p;
}


size_t
erpsync_utf16_length(erpsync_str_t s)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < s.len; i++) {
        n += (s.data[i] & 0xc0) != 0x80;   /* every first byte */
        n += s.data[i] >= 0xf0;            /* a pair of surrogates */
    }

    return n;
}


bool
erpsync_is_blank(erpsync_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (!erpsync_is_space(s.data[i])) {
            return false;
        }
    }

    return true;
}


erpsync_str_t
erpsync_space_trim(erpsync_str_t s)
{
    while (s.len && erpsync_is_space(s.data[0])) {
        s.data++;
        s.len--;
    }

    while (s.len && erpsync_is_space(s.data[s.len - 1])) {
        s.len--;
    }

    return s;
}
