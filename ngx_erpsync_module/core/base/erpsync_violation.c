
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


/* Returns what a counter shows of one step of a pointer. */

static erpsync_str_t
erpsync_violation_step(erpsync_str_t step)
{
    size_t  i, digits, letters;

    static const erpsync_str_t  any = erpsync_string("*");
    static const erpsync_str_t  hidden = erpsync_string("?");

    digits = 0;
    letters = 0;

    for (i = 0; i < step.len; i++) {
        digits += erpsync_is_digit(step.data[i]);
        letters += erpsync_is_alpha(step.data[i]);
    }

    if (digits == step.len && step.len) {
        return any;
    }

    return (letters == step.len && step.len <= 32) ? step : hidden;
}


size_t
erpsync_violation_place(const erpsync_violation_t *violation,
    uint8_t buf[ERPSYNC_VIOLATION_PLACE])
{
    size_t         i, start;
    uint8_t       *p, *last;
    erpsync_str_t  path, code, step;

    static const erpsync_str_t  more = erpsync_string("/...");

    path = violation->path;
    code = erpsync_code_name(violation->code);

    p = buf;
    last = buf + ERPSYNC_VIOLATION_PLACE - more.len - 1 - code.len;

    start = (path.len == 0 || path.data[0] == '/') ? 1 : 0;

    for ( /* void */ ; start <= path.len; start = i + 1) {

        for (i = start; i < path.len && path.data[i] != '/'; i++) {
            /* void */
        }

        step = erpsync_violation_step(erpsync_span(path.data + start,
                                                   i - start));

        if (step.len + 1 > (size_t) (last - p)) {
            p = erpsync_put(p, more);
            break;
        }

        *p++ = '/';
        p = erpsync_put(p, step);
    }

    *p++ = ':';
    p = erpsync_put(p, code);

    return (size_t) (p - buf);
}
