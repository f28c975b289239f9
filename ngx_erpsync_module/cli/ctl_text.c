
#define _XOPEN_SOURCE  700

#include <stdlib.h>
#include <wchar.h>
#include <wctype.h>

#include "ctl.h"


#define CTL_SHOWN_LEN  16   /* bytes of a character as it is displayed */
#define CTL_EXCERPT    72   /* number of columns of a line that are shown */
#define CTL_BEFORE     40   /* of these, most before the place */


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


/*
 * Removes the next character of "s" and writes it to "shown" as it is
 * displayed. Returns its width in columns.
 */

static size_t
ctl_show(erpsync_str_t *s, char shown[CTL_SHOWN_LEN])
{
    int             columns;
    size_t          n;
    uint32_t        code;
    const uint8_t  *p;

    p = s->data;
    n = erpsync_utf8_sequence(p, p + s->len);
    code = n ? ctl_code_point(p, n) : 0;
    s->data += n ? n : 1;
    s->len -= n ? n : 1;

    if (n == 0) {
        return (size_t) snprintf(shown, CTL_SHOWN_LEN, "<%02x>", *p);
    }

    if (code < 0x20 || code == 0x7f) {
        return (size_t) snprintf(shown, CTL_SHOWN_LEN, "^%c",
                                 (char) (code ^ 0x40));
    }

    columns = (code < 0x7f) ? 1 : wcwidth((wchar_t) code);

    if (columns < 0 || ctl_is_invisible(code)) {
        return (size_t) snprintf(shown, CTL_SHOWN_LEN, "<U+%04X>",
                                 (unsigned) code);
    }

    memcpy(shown, p, n);
    shown[n] = '\0';

    return (size_t) columns;
}


size_t
ctl_put_text(FILE *out, erpsync_str_t s)
{
    char    shown[CTL_SHOWN_LEN];
    size_t  total;

    total = 0;

    while (s.len) {
        total += ctl_show(&s, shown);

        if (out) {
            (void) fputs(shown, out);
        }
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


void
ctl_no_memory(void)
{
    (void) fputs("erpsyncctl: no memory\n", stderr);
    exit(CTL_FAILED);
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


/* Returns the bytes of "n" columns, which are characters here. */

static size_t
ctl_columns(erpsync_str_t s, size_t n)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if ((s.data[i] & 0xc0) != 0x80 && n-- == 0) {
            break;
        }
    }

    return i;
}


void
ctl_excerpt(FILE *out, bool color, erpsync_str_t input, size_t line,
    size_t column)
{
    char           shown[CTL_SHOWN_LEN], number[CTL_SHOWN_LEN + 8];
    size_t         width, before, used;
    const char    *dim, *plain;
    erpsync_str_t  rest, head;

    dim = ctl_style(color, CTL_DIM);
    plain = ctl_style(color, CTL_PLAIN);
    rest = ctl_line(input, line);

    /* the indentation is not shown */

    while (rest.len && column > 1
           && (rest.data[0] == ' ' || rest.data[0] == '\t'))
    {
        rest.data++;
        rest.len--;
        column--;
    }

    head = erpsync_span(rest.data, ctl_columns(rest, column - 1));
    rest.data += head.len;
    rest.len -= head.len;
    before = ctl_width(head);
    (void) snprintf(number, sizeof(number), "%6zu", line);
    (void) fprintf(out, "%s%s |%s ", dim, number, plain);
    used = 0;

    if (before > CTL_BEFORE) {

        while (head.len && before > CTL_BEFORE - 3) {
            before -= ctl_show(&head, shown);
        }

        used = ctl_put_text(out, ctl_str("..."));
    }

    used += ctl_put_text(out, head);
    before = used;

    while (rest.len) {
        width = ctl_show(&rest, shown);

        if (used + width > CTL_EXCERPT) {
            (void) fputs("...", out);
            break;
        }

        (void) fputs(shown, out);
        used += width;
    }

    (void) fprintf(out, "\n%s%*s |%s %*s%s^%s\n", dim, (int) strlen(number), "",
                   plain, (int) before, "", ctl_style(color, CTL_GREEN),
                   plain);
}
