
#define _DEFAULT_SOURCE        /* explicit_bzero() */
#define _XOPEN_SOURCE  700

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#include "ctl.h"


#define CTL_RANDOM  32     /* bytes of a generated token: 256 bits */
#define CTL_SHORT   16
#define CTL_PATIENCE  5000   /* milliseconds to wait for a full pipe */


static volatile sig_atomic_t  ctl_signal;


static bool ctl_token_read(const ctl_t *ctl, ctl_token_t *token);
static bool ctl_token_prompt(ctl_token_t *token);
static bool ctl_token_wait(int fd, const sigset_t *mask);
static bool ctl_token_line(int fd, ctl_token_t *token, const sigset_t *mask);
static bool ctl_token_judge(const ctl_t *ctl, const ctl_token_t *token);


void
ctl_wipe(void *p, size_t size)
{
    explicit_bzero(p, size);
}


/* base64url without padding: RFC 4648, 5 */

static bool
ctl_token_generate(ctl_token_t *token)
{
    size_t    i;
    uint8_t   random[CTL_RANDOM + 1];
    uint32_t  bits;

    static const char  digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789-_";

    if (erpsync_random(random, CTL_RANDOM) != ERPSYNC_OK) {
        return false;
    }

    random[CTL_RANDOM] = 0;

    for (i = 0; i < CTL_RANDOM + 1; i += 3) {
        bits = (uint32_t) random[i] << 16 | (uint32_t) random[i + 1] << 8
               | random[i + 2];

        token->text[token->len++] = (uint8_t) digits[bits >> 18];
        token->text[token->len++] = (uint8_t) digits[bits >> 12 & 63];
        token->text[token->len++] = (uint8_t) digits[bits >> 6 & 63];
        token->text[token->len++] = (uint8_t) digits[bits & 63];
    }

    token->len--;    /* 43 digits hold 256 bits */
    ctl_wipe(random, sizeof(random));
    ctl_wipe(&bits, sizeof(bits));
    token->generated = true;

    return true;
}


bool
ctl_token_get(const ctl_t *ctl, ctl_token_t *token)
{
    erpsync_rc_t         rc;
    struct rlimit        none;
    erpsync_digester_t  *digester;

    memset(token, 0, sizeof(ctl_token_t));

    /* a core dump must not contain a token */

    memset(&none, 0, sizeof(struct rlimit));
    (void) setrlimit(RLIMIT_CORE, &none);

    if (ctl_has(ctl, CTL_OPT_GENERATE)) {

        if (!ctl_token_generate(token)) {
            ctl_error(ctl, "OpenSSL does not provide random bytes");
            return false;
        }

    } else if (!ctl_token_read(ctl, token)
               || !ctl_token_judge(ctl, token))
    {
        ctl_wipe(token, sizeof(ctl_token_t));
        return false;
    }

    digester = erpsync_digester_create();
    rc = ERPSYNC_ERROR;

    if (digester) {
        rc = erpsync_digest(digester, erpsync_span(token->text, token->len),
                            token->digest);
        erpsync_digester_destroy(digester);
    }

    if (!token->generated) {
        ctl_wipe(token->text, sizeof(token->text));
        token->len = 0;
    }

    if (rc != ERPSYNC_OK) {
        ctl_wipe(token, sizeof(ctl_token_t));
        ctl_error(ctl, "OpenSSL does not provide SHA-256");
        return false;
    }

    ctl_digest_write(token->digest, token->hex);

    return true;
}


void
ctl_digest_write(const uint8_t digest[ERPSYNC_DIGEST_LEN],
    char hex[CTL_DIGEST_HEX + 1])
{
    size_t  i;

    for (i = 0; i < ERPSYNC_DIGEST_LEN; i++) {
        (void) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
}


static bool
ctl_token_read(const ctl_t *ctl, ctl_token_t *token)
{
    bool  ok;

    errno = 0;
    ok = isatty(STDIN_FILENO) ? ctl_token_prompt(token)
                              : ctl_token_line(STDIN_FILENO, token, NULL);

    if (!ok) {
        ctl_error(ctl, "cannot read the token from standard input: %s",
                  errno ? strerror(errno) : "it must be one line");
        return false;
    }

    if (token->len && token->text[token->len - 1] == '\n') {
        token->len--;
    }

    if (token->len && token->text[token->len - 1] == '\r') {
        token->len--;
    }

    return true;
}


static void
ctl_token_signal(int signo)
{
    ctl_signal = signo;
}


/*
 * Reads a token from a terminal.  It is not shown, and the terminal's mode is
 * restored in any case.
 */

static bool
ctl_token_prompt(ctl_token_t *token)
{
    int               stopped, error;
    bool              ok;
    size_t            i;
    sigset_t          blocked, mask;
    struct termios    before, quiet;
    struct sigaction  action, old[4];

    static const int  signals[] = { SIGINT, SIGTERM, SIGHUP, SIGTSTP };

    do {
        ctl_signal = 0;
        memset(&action, 0, sizeof(struct sigaction));
        (void) sigemptyset(&action.sa_mask);
        (void) sigemptyset(&blocked);
        action.sa_handler = ctl_token_signal;

        if (tcgetattr(STDIN_FILENO, &before) == -1) {
            return false;
        }

        for (i = 0; i < erpsync_nelts(signals); i++) {
            (void) sigaddset(&blocked, signals[i]);
        }

        (void) sigprocmask(SIG_BLOCK, &blocked, &mask);

        for (i = 0; i < erpsync_nelts(signals); i++) {
            (void) sigaction(signals[i], &action, &old[i]);
        }

        quiet = before;
        quiet.c_lflag &= (tcflag_t) ~(ECHO|ECHONL);
        quiet.c_lflag |= ICANON;
        (void) tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);

        (void) fputs("Token (not shown): ", stderr);
        ok = ctl_token_line(STDIN_FILENO, token, &mask);
        error = errno;
        (void) fputc('\n', stderr);

        (void) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);

        for (i = 0; i < erpsync_nelts(signals); i++) {
            (void) sigaction(signals[i], &old[i], NULL);
        }

        stopped = ctl_signal;

        if (stopped) {
            ctl_wipe(token->text, sizeof(token->text));
            token->len = 0;
            (void) raise(stopped);
        }

        (void) sigprocmask(SIG_SETMASK, &mask, NULL);

    } while (stopped == SIGTSTP);

    errno = error;

    return ok;
}


/*
 * Waits for input with the signals of "mask" blocked and no others, so that
 * none is missed between a look at ctl_signal and read().  Returns false, with
 * errno set, if a signal came.
 */

static bool
ctl_token_wait(int fd, const sigset_t *mask)
{
    fd_set  fds;

    do {
        FD_ZERO(&fds);
        FD_SET(fd, &fds);

        if (pselect(fd + 1, &fds, NULL, NULL, NULL, mask) != -1) {
            return true;
        }

    } while (errno == EINTR && ctl_signal == 0);

    return false;
}


/*
 * Reads into an empty token, without a buffer, so that no copy of it is left in
 * memory.
 * "mask": the signals that are blocked while it waits; NULL, as they are.
 */

static bool
ctl_token_line(int fd, ctl_token_t *token, const sigset_t *mask)
{
    ssize_t  n;

    while (token->len < sizeof(token->text)) {

        if (!ctl_token_wait(fd, mask)) {
            return false;
        }

        n = read(fd, token->text + token->len,
                 sizeof(token->text) - token->len);

        if (n == -1) {
            return false;
        }

        token->len += (size_t) n;

        if (n == 0 || (isatty(fd) && token->text[token->len - 1] == '\n')) {
            errno = 0;
            return true;
        }
    }

    errno = EFBIG;

    return false;
}


/*
 * Returns whether a token is as the gateway requires: visible ASCII without a
 * blank.
 */

static bool
ctl_token_judge(const ctl_t *ctl, const ctl_token_t *token)
{
    size_t  i;

    for (i = 0; i < token->len; i++) {

        if (token->text[i] == '\n') {
            ctl_error(ctl, "the token must be one line");
            return false;
        }

        if (token->text[i] <= ' ' || token->text[i] >= 0x7f) {
            ctl_error(ctl, "the token must be visible ASCII without blanks, "
                      "as SO-AppToken is");
            return false;
        }
    }

    if (token->len == 0) {
        ctl_error(ctl, "no token on standard input (--generate makes one)");
        return false;
    }

    if (token->len < CTL_SHORT) {
        ctl_warn(ctl, "a token of less than %d characters is easily guessed",
                 CTL_SHORT);
    }

    return true;
}


bool
ctl_token_print(const ctl_t *ctl, ctl_token_t *token)
{
    bool           ok;
    struct pollfd  out;

    ok = true;

    if (token->generated && !token->printed) {
        token->text[token->len++] = '\n';

        /*
         * the registry is locked: other editors must not wait until a reader
         * takes the token
         */

        out.fd = STDOUT_FILENO;
        out.events = POLLOUT;

        if (poll(&out, 1, CTL_PATIENCE) == 0) {
            errno = ETIMEDOUT;
            ok = false;

        } else {
            ok = ctl_write(STDOUT_FILENO, token->text, token->len);
        }

        if (!ok) {
            ctl_error(ctl, "cannot print the token: %s; nothing has changed",
                      strerror(errno));
        }
    }

    ctl_wipe(token->text, sizeof(token->text));
    token->len = 0;
    token->printed = true;

    return ok;
}
