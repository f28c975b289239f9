
#include "erpsync_out.h"


erpsync_rc_t
erpsync_out_init(erpsync_out_t *out, erpsync_arena_t *arena, size_t size)
{
    out->arena = arena;
    out->start = erpsync_nalloc(arena, size);
    out->pos = out->start;
    out->last = out->start;

    if (out->start == NULL) {
        return ERPSYNC_ERROR;
    }

    out->last += size;

    return ERPSYNC_OK;
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


size_t
erpsync_json_escaped_size(erpsync_str_t s)
{
    size_t   i, size;
    uint8_t  c;

    size = s.len + 2;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if (c == '"' || c == '\\') {
            size++;

        } else if (c < 0x20) {
            size += (c >= 0x08 && c <= 0x0d && c != 0x0b) ? 1 : 5;
        }
    }

    return size;
}


uint8_t *
erpsync_put_json(uint8_t *p, erpsync_text_t text)
{
    size_t         i;
    uint8_t        c;
    erpsync_str_t  s;

    static const char   hex[] = "0123456789abcdef";
    static const char   letters[] = "btn\0fr";   /* U+0008 to U+000D */

    s = text.str;
    *p++ = '"';

    if (text.clean) {
        p = erpsync_put(p, s);
        *p++ = '"';
        return p;
    }

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if (c >= 0x20 && c != '"' && c != '\\') {
            *p++ = c;
            continue;
        }

        *p++ = '\\';

        if (c >= 0x20) {
            *p++ = c;

        } else if (c >= 0x08 && c <= 0x0d && c != 0x0b) {
            *p++ = (uint8_t) letters[c - 0x08];

        } else {
            *p++ = 'u';
            *p++ = '0';
            *p++ = '0';
            *p++ = (uint8_t) hex[c >> 4];
            *p++ = (uint8_t) hex[c & 0xf];
        }
    }

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


erpsync_rc_t
erpsync_out_number(erpsync_out_t *out, uint64_t n)
{
    uint8_t  *p, buf[20];

    p = buf + sizeof(buf);

    do {
        *--p = (uint8_t) ('0' + n % 10);
        n /= 10;
    } while (n);

    return erpsync_out_str(out, erpsync_span(p,
                                             (size_t) (buf + sizeof(buf) - p)));
}


erpsync_rc_t
erpsync_out_xml(erpsync_out_t *out, erpsync_str_t s)
{
    size_t         i;
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

            if (s.data[i] < 0x20 && s.data[i] != '\t' && s.data[i] != '\n') {
                rc = erpsync_out_literal(out, "\xef\xbf\xbd");
                break;
            }

            rc = erpsync_out_str(out, erpsync_span(s.data + i, 1));
        }
    }

    return rc;
}
