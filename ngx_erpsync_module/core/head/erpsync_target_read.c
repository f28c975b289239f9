
#include "erpsync_target_internal.h"


static int erpsync_target_hex(const uint8_t *p, size_t n);
static const char *erpsync_target_refused(erpsync_str_t text,
    erpsync_str_t path);


size_t
erpsync_target_end(erpsync_str_t s, erpsync_cut_t cut)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if (c == '?' || c == ' ' || (c >= '\t' && c <= '\r')
            || (c == '#' && cut == ERPSYNC_CUT_FRAGMENT))
        {
            break;
        }
    }

    return i;
}


size_t
erpsync_target_decode(uint8_t *data, size_t len, bool unicode, bool *left)
{
    int       code;
    size_t    i;
    uint8_t  *p;

    if (left) {
        *left = false;
    }

    p = memchr(data, '%', len);

    if (p == NULL) {
        return len;
    }

    for (i = (size_t) (p - data); i < len; i++) {

        if (data[i] != '%') {
            *p++ = data[i];
            continue;
        }

        code = -1;

        if (len - i > 2) {
            code = erpsync_target_hex(data + i + 1, 2);
        }

        if (code >= 0) {
            i += 2;

        } else if (len - i > 5 && (data[i + 1] | 0x20) == 'u') {
            code = erpsync_target_hex(data + i + 2, 4);

            if (code >= 0 && !unicode) {
                code = -1;

                if (left) {
                    *left = true;
                }
            }

            i += (code >= 0) ? 5 : 0;
        }

        if (code < 0) {
            *p++ = '%';

        } else if (code > 0xff) {

            /* the names that are searched for have no such character */

            *p++ = 0xff;

        } else if (code == '/') {
            *p++ = ERPSYNC_KEPT_SLASH;

        } else {
            *p++ = (code == 0) ? 0x7f : (uint8_t) code;
        }
    }

    return (size_t) (p - data);
}


static int
erpsync_target_hex(const uint8_t *p, size_t n)
{
    int     digit, value;
    size_t  i;

    value = 0;

    for (i = 0; i < n; i++) {
        digit = erpsync_hex_value(p[i]);

        if (digit < 0) {
            return -1;
        }

        value = value * 16 + digit;
    }

    return value;
}


/* Linear time: each byte is written, and removed, at most once. */

size_t
erpsync_target_resolve(uint8_t *data, size_t len, unsigned how, bool *above)
{
    size_t   i, n, start;
    uint8_t  backslash, kept;

    backslash = (how & ERPSYNC_PATH_BACKSLASH) ? '\\' : '/';
    kept = (how & ERPSYNC_PATH_KEPT) ? '/' : ERPSYNC_KEPT_SLASH;

    if (above) {
        *above = false;
    }

    for (i = 0, n = 0; i < len; /* void */ ) {
        start = i;

        while (i < len && data[i] != '/' && data[i] != backslash
               && data[i] != kept)
        {
            i++;
        }

        if (i - start == 1 && data[start] == '.') {
            i++;
            continue;
        }

        if (i - start == 2 && data[start] == '.' && data[start + 1] == '.') {
            i++;

            if (n <= 1) {

                if (above) {
                    *above = true;
                }

                continue;
            }

            for (n--; n > 0 && data[n - 1] != '/'; n--) {
                /* void */
            }

            continue;
        }

        memmove(data + n, data + start, i - start);
        n += i - start;

        if (i == len) {
            break;
        }

        if (n == 0 || data[n - 1] != '/' || (how & ERPSYNC_PATH_EMPTY)) {
            data[n++] = '/';
        }

        i++;
    }

    return n;
}


size_t
erpsync_target_cookieless(uint8_t *data, size_t len, bool joined)
{
    size_t  i, n, p, close, failed;

    close = 0;
    failed = 0;

    for (i = 0, n = 0; i < len; i++) {

        if (data[i] != '(' || len - i < 5 || !erpsync_is_alpha(data[i + 1])
            || data[i + 2] != '(')
        {
            data[n++] = data[i];
            continue;
        }

        /*
         * A value ends at the first ")". If one does not lead to a match,
         * neither does any that begins before it.
         */

        if (close < i + 3) {
            close = i + 3;
        }

        for (p = close; p < len && data[p] != ')' && data[p] != '/'; p++) {
            /* void */
        }

        close = p;

        while (p < len && data[p] == ')' && p >= failed) {
            p++;

            if (len - p < 2 || !erpsync_is_alpha(data[p])
                || data[p + 1] != '(')
            {
                break;
            }

            for (p += 2; p < len && data[p] != ')' && data[p] != '/'; p++) {
                /* void */
            }
        }

        if (p > close && p < len && data[p] == ')') {
            n -= (joined && n && data[n - 1] == '/');
            i = p;
            continue;
        }

        failed = (p > failed) ? p : failed;
        data[n++] = data[i];
    }

    return n;
}


erpsync_rc_t
erpsync_target_parse(erpsync_arena_t *arena, erpsync_str_t text,
    erpsync_target_t *parsed)
{
    bool           above;
    size_t         i, end;
    uint8_t       *data;
    erpsync_str_t  s;

    static const erpsync_str_t  root = erpsync_string("/");

    memset(parsed, 0, sizeof(erpsync_target_t));

    /* absolute-form: what follows the authority */

    for (i = 0; i < text.len && erpsync_is_alpha(text.data[i]); i++) {
        /* void */
    }

    s = text;

    if (i && s.len - i >= 3 && memcmp(s.data + i, "://", 3) == 0) {

        for (i += 3; i < s.len && s.data[i] != '/' && s.data[i] != '?'; i++) {
            /* void */
        }

        s = (i < s.len) ? erpsync_span(s.data + i, s.len - i) : root;
    }

    parsed->target = s;
    end = erpsync_target_end(s, ERPSYNC_CUT_FRAGMENT);

    if (end < s.len && s.data[end] == '?') {
        parsed->args = erpsync_span(s.data + end + 1, s.len - end - 1);

        if (erpsync_target_has(parsed->args, '#')) {
            parsed->args.len = (size_t) ((const uint8_t *)
                memchr(parsed->args.data, '#', parsed->args.len)
                - parsed->args.data);
        }
    }

    s.len = end;

    if (s.len == 0 && s.data != text.data) {
        s = root;
    }

    parsed->error = erpsync_target_refused(text, s);

    if (parsed->error) {
        return ERPSYNC_OK;
    }

    data = erpsync_nalloc(arena, s.len);
    if (data == NULL) {
        return ERPSYNC_ERROR;
    }

    memcpy(data, s.data, s.len);
    end = erpsync_target_decode(data, s.len, false, NULL);
    end = erpsync_target_resolve(data, end, 0, &above);

    parsed->uri = erpsync_span(data, end);

    if (above) {
        parsed->error = "it leads out of the root";
    }

    return ERPSYNC_OK;
}


/* Returns a sentence on why nginx refuses the target with 400, or NULL. */

static const char *
erpsync_target_refused(erpsync_str_t text, erpsync_str_t path)
{
    int     code;
    size_t  i;

    for (i = 0; i < text.len; i++) {

        if (text.data[i] <= ' ' || text.data[i] == 0x7f) {
            return "it has a blank or a control character";
        }
    }

    if (path.len == 0 || path.data[0] != '/') {
        return "its path does not begin with \"/\"";
    }

    for (i = 0; i < path.len; i++) {

        if (path.data[i] != '%') {
            continue;
        }

        code = (path.len - i < 3) ? -1
                                  : erpsync_target_hex(path.data + i + 1, 2);

        if (code < 0) {
            return "it has an invalid percent sequence";
        }

        if (code == 0) {
            return "it has %00";
        }

        i += 2;
    }

    return NULL;
}
