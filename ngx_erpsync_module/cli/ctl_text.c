
#define _XOPEN_SOURCE  700

#include <stdlib.h>
#include <wchar.h>
#include <wctype.h>

#include "ctl.h"


#define CTL_EXCERPT  72    /* number of columns of a line that are shown */
#define CTL_BEFORE   40    /* of these, most before the place */


static uint32_t
ctl_code_point(const uint8_t *p, size_t n)
{
    size_t    i;
    uint32_t  code;

    if (n == 1) {
        return *p;
    }

    code = *p & (0xffu >> (n + 1));

    for (i = 1; i < n; i++) {
        code = code << 6 | (p[i] & 0x3f);
    }

    return code;
}


/*
 * Returns whether a character controls direction, or has no width and no
 * meaning in a name.
 */

static bool
ctl_is_invisible(uint32_t code)
{
    return code == 0x061c || (code >= 0x200b && code <= 0x200f)
           || (code >= 0x2028 && code <= 0x202e)
           || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff
           || (code >= 0xe0000 && code <= 0xe007f);
}


size_t
ctl_show(erpsync_str_t s, char shown[CTL_SHOWN_LEN], size_t *width)
{
    int       columns;
    size_t    n;
    uint32_t  code;

    n = erpsync_utf8_sequence(s.data, s.data + s.len);

    if (n == 0) {
        *width = (size_t) snprintf(shown, CTL_SHOWN_LEN, "<%02x>", *s.data);
        return 1;
    }

    code = ctl_code_point(s.data, n);

    if (code < 0x20 || code == 0x7f) {
        *width = (size_t) snprintf(shown, CTL_SHOWN_LEN, "^%c",
                                   (char) (code ^ 0x40));
        return 1;
    }

    columns = (code < 0x7f) ? 1 : wcwidth((wchar_t) code);

    if (columns < 0 || ctl_is_invisible(code)) {
        *width = (size_t) snprintf(shown, CTL_SHOWN_LEN, "<U+%04X>",
                                   (unsigned) code);
        return n;
    }

    memcpy(shown, s.data, n);
    shown[n] = '\0';
    *width = (size_t) columns;

    return n;
}


size_t
ctl_put_text(FILE *out, erpsync_str_t s)
{
    char    shown[CTL_SHOWN_LEN];
    size_t  n, width, total;

    for (total = 0; s.len; total += width) {
        n = ctl_show(s, shown, &width);
        (void) fputs(shown, out);
        s.data += n;
        s.len -= n;
    }

    return total;
}


char *
ctl_shown(const char *s)
{
    char    *shown;
    FILE    *out;
    size_t   size;

    shown = NULL;
    out = open_memstream(&shown, &size);

    if (out) {
        (void) ctl_put_text(out, ctl_str(s));

        if (fclose(out) != 0) {
            free(shown);
            shown = NULL;
        }
    }

    return shown;
}


size_t
ctl_width(erpsync_str_t s)
{
    char    shown[CTL_SHOWN_LEN];
    size_t  n, width, total;

    for (total = 0; s.len; total += width) {
        n = ctl_show(s, shown, &width);
        s.data += n;
        s.len -= n;
    }

    return total;
}


/* Returns the line with that number, without its end. */

static erpsync_str_t
ctl_line(erpsync_str_t input, size_t line)
{
    const uint8_t  *end;

    while (input.len) {
        end = memchr(input.data, '\n', input.len);

        if (end == NULL) {
            break;
        }

        if (--line == 0) {
            input.len = (size_t) (end - input.data);
            break;
        }

        input.len -= (size_t) (end + 1 - input.data);
        input.data = end + 1;
    }

    if (input.len && input.data[input.len - 1] == '\r') {
        input.len--;
    }

    return input;
}


/* Removes the next character, as erpsync_error_place() counts columns. */

static erpsync_str_t
ctl_take_column(erpsync_str_t *s)
{
    size_t         n;
    erpsync_str_t  taken;

    n = 1;

    while (n < s->len && (s->data[n] & 0xc0) == 0x80) {
        n++;
    }

    taken = erpsync_span(s->data, n);
    s->data += n;
    s->len -= n;

    return taken;
}


void
ctl_excerpt(FILE *out, bool color, erpsync_str_t input, size_t line,
    size_t column)
{
    int            margin;
    char           shown[CTL_SHOWN_LEN];
    size_t         i, n, width, before, used;
    erpsync_str_t  text, head, rest;

    text = ctl_line(input, line);

    /* the indentation is not shown */

    while (text.len && column > 1
           && (text.data[0] == ' ' || text.data[0] == '\t'))
    {
        text.data++;
        text.len--;
        column--;
    }

    rest = text;

    for (i = 1; i < column && rest.len; i++) {
        (void) ctl_take_column(&rest);
    }

    head = erpsync_span(text.data, (size_t) (rest.data - text.data));
    before = ctl_width(head);
    margin = fprintf(out, "%s%6zu |%s ", ctl_style(color, CTL_DIM), line,
                     ctl_style(color, CTL_PLAIN));
    margin -= (int) (strlen(ctl_style(color, CTL_DIM))
                     + strlen(ctl_style(color, CTL_PLAIN)));
    used = 0;

    if (before > CTL_BEFORE) {

        while (head.len && before > CTL_BEFORE - 3) {
            n = ctl_show(head, shown, &width);
            head.data += n;
            head.len -= n;
            before -= width;
        }

        (void) fputs("...", out);
        used = 3;
    }

    used += ctl_put_text(out, head);
    before = used;

    while (rest.len) {
        n = ctl_show(rest, shown, &width);

        if (used + width > CTL_EXCERPT) {
            (void) fputs("...", out);
            break;
        }

        (void) fputs(shown, out);
        used += width;
        rest.data += n;
        rest.len -= n;
    }

    (void) fprintf(out, "\n%s%*s|%s %*s%s^%s\n", ctl_style(color, CTL_DIM),
                   margin - 2, "", ctl_style(color, CTL_PLAIN),
                   (int) before, "", ctl_style(color, CTL_GREEN),
                   ctl_style(color, CTL_PLAIN));
}
