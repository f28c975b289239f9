
#include "erpsync_out.h"
#include "erpsync_violation.h"


static const erpsync_str_t  erpsync_code_names[] = {
    erpsync_string("required"),
    erpsync_string("type"),
    erpsync_string("range"),
    erpsync_string("enum"),
    erpsync_string("length"),
    erpsync_string("empty"),
    erpsync_string("unknown"),
    erpsync_string("duplicate"),
    erpsync_string("count"),
    erpsync_string("test"),
    erpsync_string("syntax")
};


erpsync_str_t
erpsync_code_name(erpsync_code_t code)
{
    return erpsync_code_names[code];
}


erpsync_rc_t
erpsync_violations_text(erpsync_arena_t *arena, size_t n,
    const erpsync_violation_t *violations, erpsync_str_t *text)
{
    size_t         i, k, size;
    uint8_t        c, *p, *start;
    erpsync_str_t  path, code;

    static const char           hex[] = "0123456789ABCDEF";
    static const erpsync_str_t  more = erpsync_string(" ...");

    start = erpsync_nalloc(arena, ERPSYNC_VIOLATIONS_TEXT);
    if (start == NULL) {
        return ERPSYNC_ERROR;
    }

    p = start;

    for (i = 0; i < n; i++) {
        path = violations[i].path;
        code = erpsync_code_name(violations[i].code);
        size = 1 + path.len * 4 + 1 + code.len + more.len;

        if (size > ERPSYNC_VIOLATIONS_TEXT - (size_t) (p - start)) {
            p = erpsync_put(p, more);
            break;
        }

        if (i) {
            *p++ = ' ';
        }

        for (k = 0; k < path.len; k++) {
            c = path.data[k];

            if (c > ' ' && c < 0x7f && c != '"' && c != '\\') {
                *p++ = c;
                continue;
            }

            *p++ = '\\';
            *p++ = 'x';
            *p++ = (uint8_t) hex[c >> 4];
            *p++ = (uint8_t) hex[c & 0xf];
        }

        *p++ = ':';
        p = erpsync_put(p, code);
    }

    *text = erpsync_span(start, (size_t) (p - start));

    return ERPSYNC_OK;
}
