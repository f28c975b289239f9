
#include <errno.h>
#include <stdarg.h>

#include "ctl.h"


#define CTL_MESSAGE_LEN  4096


static void ctl_message(const ctl_t *ctl, ctl_style_t style,
    const char *label, const char *fmt, va_list args);


const char *
ctl_style(bool color, ctl_style_t style)
{
    static const char  *const sequences[] = {
        "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m", "\033[0m"
    };

    return color ? sequences[style] : "";
}


void
ctl_error(const ctl_t *ctl, const char *fmt, ...)
{
    char     text[CTL_MESSAGE_LEN];
    va_list  args;

    if (ctl->json && *ctl->failure == NULL) {
        va_start(args, fmt);
        (void) vsnprintf(text, sizeof(text), fmt, args);
        va_end(args);
        *ctl->failure = ctl_shown(text);
    }

    if (!ctl->json || *ctl->failure == NULL) {
        va_start(args, fmt);
        ctl_message(ctl, CTL_RED, "", fmt, args);
        va_end(args);
    }
}


void
ctl_warn(const ctl_t *ctl, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ctl_message(ctl, CTL_YELLOW, "warning: ", fmt, args);
    va_end(args);
}


void
ctl_note(const ctl_t *ctl, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ctl_message(ctl, CTL_BOLD, "", fmt, args);
    va_end(args);
}


/*
 * Shows a path or an argument that a message quotes.  It may contain anything,
 * and must not reach the terminal as an escape sequence.
 */

static void
ctl_message(const ctl_t *ctl, ctl_style_t style, const char *label,
    const char *fmt, va_list args)
{
    int   n;
    char  text[CTL_MESSAGE_LEN];

    n = vsnprintf(text, sizeof(text), fmt, args);

    if (n < 0) {
        return;
    }

    (void) fprintf(stderr, "%serpsyncctl: %s%s", ctl_style(ctl->color, style),
                   label, ctl_style(ctl->color, CTL_PLAIN));
    (void) ctl_put_text(stderr, ctl_str(text));
    (void) fputc('\n', stderr);
}


ctl_exit_t
ctl_flush(const ctl_t *ctl, ctl_exit_t code)
{
    errno = 0;

    if (fflush(stdout) != 0 || ferror(stdout)) {
        ctl_error(ctl, "cannot write the result: %s",
                  errno ? strerror(errno) : "output failed");
        return CTL_FAILED;
    }

    return code;
}
