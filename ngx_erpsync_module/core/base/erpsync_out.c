
#include "erpsync_out.h"
#include "erpsync_scan.h"


erpsync_rc_t
erpsync_out_init(erpsync_out_t *out, erpsync_arena_t *arena, size_t size)
{
    out->arena = arena;
    out->start = erpsync_nalloc(arena, size);
    out->pos = out->start;
    out->last = out->start;
    out->hint = 0;

    if (out->start == NULL) {
        return ERPSYNC_ERROR;
    }

    out->last += size;

    return ERPSYNC_OK;
}


void
erpsync_out_later(erpsync_out_t *out, erpsync_arena_t *arena, size_t size)
{
    static uint8_t  none[1];     /* never written to: its size is 0 */

    out->arena = arena;
    out->start = none;
    out->pos = none;
    out->last = none;
    out->hint = size;
}


erpsync_rc_t
erpsync_out_grow(erpsync_out_t *out, size_t size)
{
    size_t    used, total;
    uint8_t  *p;

    used = erpsync_out_len(out);
    total = (size_t) (out->last - out->start);

    if (size > SIZE_MAX / 2 - used || total > SIZE_MAX / 4) {
        return ERPSYNC_ERROR;
    }

    total += total / 2;

    if (total < out->hint) {
        total = out->hint;
    }

    if (total < used + size) {
        total = used + size;
    }

    p = erpsync_nalloc(out->arena, total);
    if (p == NULL) {
        return ERPSYNC_ERROR;
    }

    if (used) {
        memcpy(p, out->start, used);
    }

    out->start = p;
    out->pos = p + used;
    out->last = p + total;

    return ERPSYNC_OK;
}


/* Returns the next byte that must be escaped, or "last". */

static inline const uint8_t *
erpsync_json_special(const uint8_t *p, const uint8_t *last)
{
    for ( ;; ) {
        p = erpsync_scan_text(p, last);

        if (p == last || *p < 0x80) {
            return p;
        }

        do {
            p++;
        } while (p < last && *p >= 0x80);
    }
}


/* Returns whether one of 8 bytes must be escaped. */

static inline bool
erpsync_json_dirty(uint64_t w)
{
    uint64_t  quote, slash;

    quote = w ^ (ERPSYNC_ONES * '"');
    slash = w ^ (ERPSYNC_ONES * '\\');

    return (((w - ERPSYNC_ONES * 0x20) & ~w)
            | ((quote - ERPSYNC_ONES) & ~quote)
            | ((slash - ERPSYNC_ONES) & ~slash)) & ERPSYNC_HIGHS;
}


#if (ERPSYNC_SSE2)

/* Returns the same of 16 bytes. */

static inline bool
erpsync_json_dirty_wide(const uint8_t *p)
{
    __m128i  v, dirty;

    v = _mm_loadu_si128((const __m128i *) p);

    dirty = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
    dirty = _mm_or_si128(dirty, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    dirty = _mm_or_si128(dirty, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

    return _mm_movemask_epi8(dirty) != 0;
}

#endif


/*
 * Tests 16 bytes at a time, or 8. The last block overlaps the one before it:
 * of 20 bytes, 0-15 and 4-19 are tested.  A shorter text is tested in a copy
 * that is filled up with letters.
 */

bool
erpsync_json_clean(erpsync_str_t s)
{
    size_t    i;
    uint8_t   bytes[8];
    uint64_t  w;

    i = 0;

#if (ERPSYNC_SSE2)

    if (s.len >= 16) {

        for ( /* void */ ; s.len - i > 16; i += 16) {
            if (erpsync_json_dirty_wide(s.data + i)) {
                return false;
            }
        }

        return !erpsync_json_dirty_wide(s.data + s.len - 16);
    }

#endif

    if (s.len < 8) {
        memset(bytes, 'a', sizeof(bytes));

        for (i = 0; i < s.len; i++) {
            bytes[i] = s.data[i];
        }

        memcpy(&w, bytes, 8);

        return !erpsync_json_dirty(w);
    }

    for ( /* void */ ; s.len - i > 8; i += 8) {
        memcpy(&w, s.data + i, 8);

        if (erpsync_json_dirty(w)) {
            return false;
        }
    }

    memcpy(&w, s.data + s.len - 8, 8);

    return !erpsync_json_dirty(w);
}


size_t
erpsync_json_escapes(erpsync_str_t s)
{
    size_t          n;
    const uint8_t  *p, *last;

    if (s.len == 0) {
        return 0;
    }

    n = 0;
    p = s.data;
    last = s.data + s.len;

    while ((p = erpsync_json_special(p, last)) != last) {
        n += (*p < 0x20 && erpsync_json_letter(*p) == 'u') ? 5 : 1;
        p++;
    }

    return n;
}


uint8_t *
erpsync_put_escaped(uint8_t *p, erpsync_str_t text)
{
    uint8_t         c;
    const uint8_t  *s, *end, *last;

    static const char  hex[] = "0123456789abcdef";

    last = text.data + text.len;

    for (s = text.data; /* void */ ; s = end + 1) {
        end = erpsync_json_special(s, last);
        p = erpsync_put(p, erpsync_span(s, (size_t) (end - s)));

        if (end == last) {
            return p;
        }

        c = *end;
        *p++ = '\\';
        *p++ = (c < 0x20) ? erpsync_json_letter(c) : c;

        if (p[-1] == 'u') {
            *p++ = '0';
            *p++ = '0';
            *p++ = (uint8_t) hex[c >> 4];
            *p++ = (uint8_t) hex[c & 0xf];
        }
    }
}


uint8_t *
erpsync_put_json(uint8_t *p, erpsync_text_t text)
{
    *p++ = '"';

    p = (text.clean || text.str.len == 0) ? erpsync_put(p, text.str)
                                          : erpsync_put_escaped(p, text.str);
    *p++ = '"';

    return p;
}


erpsync_rc_t
erpsync_out_str(erpsync_out_t *out, erpsync_str_t s)
{
    if (erpsync_out_reserve(out, s.len) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    out->pos = erpsync_put(out->pos, s);

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_out_json(erpsync_out_t *out, erpsync_text_t text)
{
    if (erpsync_out_reserve(out, erpsync_json_size(text)) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    out->pos = erpsync_put_json(out->pos, text);

    return ERPSYNC_OK;
}


erpsync_str_t
erpsync_number(uint8_t buf[ERPSYNC_NUMBER_LEN], uint64_t n)
{
    uint8_t  *p, *last;

    last = buf + ERPSYNC_NUMBER_LEN;
    p = last;

    do {
        *--p = (uint8_t) ('0' + n % 10);
        n /= 10;
    } while (n);

    return erpsync_span(p, (size_t) (last - p));
}


erpsync_rc_t
erpsync_out_number(erpsync_out_t *out, uint64_t n)
{
    uint8_t  buf[ERPSYNC_NUMBER_LEN];

    return erpsync_out_str(out, erpsync_number(buf, n));
}


/*
 * Returns the length of the character that "s" begins with if XML 1.0 (2.2)
 * does not allow it: a control character, U+FFFE or U+FFFF.  Returns 0 for
 * any other.  A carriage return is allowed, but would be read as a line feed.
 */

static size_t
erpsync_not_xml(erpsync_str_t s)
{
    if (s.data[0] < 0x20) {
        return s.data[0] != '\t' && s.data[0] != '\n';
    }

    if (s.len >= 3 && s.data[0] == 0xef && s.data[1] == 0xbf
        && s.data[2] >= 0xbe)
    {
        return 3;
    }

    return 0;
}


erpsync_rc_t
erpsync_out_xml(erpsync_out_t *out, erpsync_str_t s)
{
    size_t         i, n;
    erpsync_rc_t   rc;

    rc = ERPSYNC_OK;

    for (i = 0; i < s.len && rc == ERPSYNC_OK; i++) {

        switch (s.data[i]) {

        case '&':
            rc = erpsync_out_literal(out, "&amp;");
            break;

        case '<':
            rc = erpsync_out_literal(out, "&lt;");
            break;

        case '>':
            rc = erpsync_out_literal(out, "&gt;");
            break;

        case '"':
            rc = erpsync_out_literal(out, "&quot;");
            break;

        default:

            n = erpsync_not_xml(erpsync_span(s.data + i, s.len - i));

            if (n) {
                rc = erpsync_out_literal(out, "\xef\xbf\xbd");
                i += n - 1;
                break;
            }

            rc = erpsync_out_str(out, erpsync_span(s.data + i, 1));
        }
    }

    return rc;
}
