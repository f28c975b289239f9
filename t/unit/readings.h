
/*
 * Every reading of a target once more, for tests: written apart from the
 * core, in the simplest way, each step as a new string.  A finding is a path
 * that is exactly an operation's or the SOAP twin's.
 */


#ifndef READINGS_H
#define READINGS_H


#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "erpsync.h"


#define READINGS_SERVERS  6
#define READINGS_DEPTH    64    /* segments */

enum { READ_NGINX, READ_ASPNET, READ_IIS, READ_IIS_EMPTY, READ_WEB,
       READ_WEB_JOINED };


typedef struct {
    size_t    len;
    char     *data;           /* with a NUL behind it */
} text_t;


typedef struct {
    int       kind;           /* 0 nothing, 1 an operation, 2 SOAP,
                                 3 the agent, in any way */
    char      operation[64];
    char      tenant[8192];   /* longer than any target of a test */
} finding_t;


typedef void (*readings_pt)(void *data, const finding_t *finding,
    const char *path);


static inline text_t
text_of(const void *data, size_t len)
{
    text_t  t;

    t.len = len;
    t.data = malloc(len + 1);

    if (t.data == NULL) {
        abort();
    }

    if (len) {
        memcpy(t.data, data, len);
    }

    t.data[len] = '\0';

    return t;
}


static inline int
text_hex(const char *s, int n)
{
    int   i;
    char  digits[5] = "";

    for (i = 0; i < n; i++) {
        if (s[i] == '\0' || strchr("0123456789abcdefABCDEF", s[i]) == NULL) {
            return -1;
        }

        digits[i] = s[i];
    }

    return (int) strtol(digits, NULL, 16);
}


/* Percent sequences, once. */

static inline text_t
text_decode(text_t s, int server)
{
    int     c, used;
    size_t  i;
    text_t  t;

    t.len = 0;
    t.data = calloc(1, s.len + 1);

    for (i = 0; i < s.len; i += (size_t) used) {
        c = (unsigned char) s.data[i];
        used = 1;

        if (c == '%' && text_hex(s.data + i + 1, 2) >= 0) {
            c = text_hex(s.data + i + 1, 2);
            used = 3;

            if (c == '/' && server == READ_ASPNET) {
                memcpy(t.data + t.len, "%2F", 3);
                t.len += 3;
                continue;
            }

        } else if (c == '%' && server >= READ_IIS && i + 1 < s.len
                   && (s.data[i + 1] == 'u' || s.data[i + 1] == 'U')
                   && text_hex(s.data + i + 2, 4) >= 0)
        {
            c = text_hex(s.data + i + 2, 4);
            used = 6;
            c = (c > 255) ? 255 : c;
        }

        t.data[t.len++] = (char) (c ? c : 127);
    }

    return t;
}


/* Dot segments; "parts" are spans of "s". */

static inline text_t
text_resolve(text_t s, int server)
{
    bool    iis, empty, open;
    char   *p;
    size_t  i, j, n;
    text_t  t, *parts;

    iis = (server >= READ_IIS);
    empty = (server == READ_IIS_EMPTY || server == READ_ASPNET);

    s = text_of(s.data, s.len);

    for (i = 0; iis && i < s.len; i++) {
        if (s.data[i] == '\\') {
            s.data[i] = '/';
        }
    }

    parts = calloc(s.len + 2, sizeof(text_t));
    n = 0;
    open = false;       /* whether the last part is closed by a slash */
    i = (s.len && s.data[0] == '/') ? 1 : 0;

    while (i <= s.len) {
        p = memchr(s.data + i, '/', s.len - i);
        j = p ? (size_t) (p - s.data) : s.len;
        open = false;

        if (j == i) {
            if (p == NULL) {
                open = true;
                break;
            }

            if (empty) {
                parts[n++] = (text_t) { 0, s.data + i };
            }

            open = true;

        } else if (j - i == 1 && s.data[i] == '.') {
            open = true;

        } else if (j - i == 2 && memcmp(s.data + i, "..", 2) == 0) {
            n -= (n > 0);
            open = true;

        } else {
            parts[n++] = (text_t) { j - i, s.data + i };
        }

        if (p == NULL) {
            break;
        }

        open = true;
        i = j + 1;
    }

    t.len = 0;
    t.data = calloc(1, s.len + n + 3);

    for (i = 0; i < n; i++) {
        t.data[t.len++] = '/';
        memcpy(t.data + t.len, parts[i].data, parts[i].len);
        t.len += parts[i].len;
    }

    if (open || n == 0) {
        t.data[t.len++] = '/';
    }

    free(parts);
    free(s.data);

    return t;
}


/* The length of "(S(...)F(...))" at "s", or 0. */

static inline size_t
text_piece(const char *s)
{
    size_t  n;

    n = 1;

    while (((s[n] | 32) >= 'a' && (s[n] | 32) <= 'z') && s[n + 1] == '(') {
        n += 2 + strcspn(s + n + 2, ")/");

        if (s[n] != ')') {
            return 0;
        }

        n++;
    }

    return (n > 1 && s[n] == ')') ? n + 1 : 0;
}


static inline text_t
text_cookieless(text_t s, bool joined)
{
    size_t  i, n;
    text_t  t;

    t = text_of(s.data, s.len);
    t.len = 0;

    for (i = 0; i < s.len; i++) {
        n = (s.data[i] == '(') ? text_piece(s.data + i) : 0;

        if (n) {
            if (joined && t.len && t.data[t.len - 1] == '/') {
                t.len--;
            }

            i += n - 1;
            continue;
        }

        t.data[t.len++] = s.data[i];
    }

    t.data[t.len] = '\0';

    return t;
}


/* What a server reads in a text that is percent-encoded, or is not. */

static inline text_t
text_read(text_t s, int server, bool encoded)
{
    text_t  a, b;

    a = encoded ? text_decode(s, server) : text_of(s.data, s.len);
    b = text_resolve(a, server);
    free(a.data);

    if (server >= READ_WEB) {
        a = text_cookieless(b, server == READ_WEB_JOINED);
        free(b.data);
        b = a;
    }

    return b;
}


static inline bool
text_is(const char *s, const char *name)
{
    return strcasecmp(s, name) == 0;
}


static inline bool
text_numbered(const char *s, const char *name)
{
    size_t  n;

    n = strlen(name);

    return strncasecmp(s, name, n) == 0 && s[n]
           && s[n + strspn(s + n, "0123456789")] == '\0';
}


/* Without ";..." and what may trail. */

static inline void
text_strip(char *s)
{
    size_t  n;

    n = strcspn(s, ";");

    while (n && (s[n - 1] == '.' || (unsigned char) s[n - 1] <= ' '
                 || s[n - 1] == 127))
    {
        n--;
    }

    s[n] = '\0';
}


/* What may be left of dot segments is taken away before. */

static inline void
text_find(text_t s, finding_t *finding)
{
    char    *copy, *part, *save, **parts;
    size_t   i, n;
    text_t   resolved;

    finding->kind = 0;
    finding->operation[0] = '\0';
    finding->tenant[0] = '\0';

    if (strcasestr(s.data, "erpsync") == NULL) {
        return;
    }

    resolved = text_resolve(s, READ_IIS);
    s = resolved;
    copy = text_of(s.data, s.len).data;
    parts = calloc(s.len + 1, sizeof(char *));
    n = 0;

    for (part = strtok_r(copy, "/\\", &save); part;
         part = strtok_r(NULL, "/\\", &save))
    {
        parts[n++] = part;
    }

    if (n >= 5 && text_is(parts[n - 5], "api")
        && text_numbered(parts[n - 4], "v") && text_is(parts[n - 3], "agents")
        && text_is(parts[n - 2], "erpsync")
        && erpsync_operation_find(erpsync_span(parts[n - 1],
                                               strlen(parts[n - 1]))))
    {
        finding->kind = 1;
        snprintf(finding->operation, sizeof(finding->operation), "%s",
                 parts[n - 1]);
    }

    for (i = 0; i + 1 < n && finding->kind == 0; i++) {
        if (text_numbered(parts[i], "services")
            && text_is(parts[i + 1], "erpsync.svc"))
        {
            finding->kind = 2;
        }
    }

    for (i = 0; i < n; i++) {
        if (i + 5 < n || finding->kind == 0) {
            text_strip(parts[i]);
        }

        if (text_numbered(parts[i], "cust") && finding->tenant[0] == '\0'
            && i + 5 < n)
        {
            snprintf(finding->tenant, sizeof(finding->tenant), "%s",
                     parts[i]);
        }
    }

    for (i = 0; i + 3 < n && finding->kind == 0; i++) {
        if (text_is(parts[i], "api") && text_numbered(parts[i + 1], "v")
            && text_is(parts[i + 2], "agents")
            && text_is(parts[i + 3], "erpsync"))
        {
            finding->kind = 3;
        }
    }

    for (i = 0; i + 1 < n && finding->kind == 0; i++) {
        if (text_numbered(parts[i], "services")
            && text_is(parts[i + 1], "erpsync.svc"))
        {
            finding->kind = 3;
        }
    }

    free(parts);
    free(copy);
    free(resolved.data);
}


/* Such a path is refused as one that names the agent. */

static inline bool
text_is_deep(text_t s)
{
    size_t  i, n;

    for (i = 0, n = 0; i < s.len; i++) {
        n += (s.data[i] == '/' || s.data[i] == '\\');
    }

    return n > READINGS_DEPTH && strcasestr(s.data, "erpsync");
}


static inline void
readings_tell(text_t s, readings_pt found, void *data)
{
    finding_t  finding;

    text_find(s, &finding);

    if (finding.kind == 0 && text_is_deep(s)) {
        finding.kind = 3;
    }

    if (finding.kind) {
        found(data, &finding, s.data);
    }
}


/* Sent as it is: where it ends, and how each server reads it. */

static inline void
readings_sent(text_t s, bool once_more, readings_pt found, void *data)
{
    int     cut, server;
    size_t  end, last;
    text_t  a, b;

    static const char *const  ends[] = { "", "? \t\r\n\v\f", "#? \t\r\n\v\f" };

    for (cut = 0, last = s.len + 1; cut < 3; cut++) {
        end = strcspn(s.data, ends[cut]);

        if (end == last) {
            continue;
        }

        last = end;
        a = text_of(s.data, end);

        for (server = 0; server < READINGS_SERVERS; server++) {
            b = text_read(a, server, true);
            readings_tell(b, found, data);

            if (once_more) {
                readings_sent(b, false, found, data);
            }

            free(b.data);
        }

        free(a.data);
    }
}


/* Sent encoded again, as proxy_pass with a URI does it. */

static inline void
readings_decoded(text_t s, readings_pt found, void *data)
{
    int     server;
    text_t  a;

    for (server = 0; server < READINGS_SERVERS; server++) {
        a = text_read(s, server, false);
        readings_tell(a, found, data);
        readings_sent(a, false, found, data);
        free(a.data);
    }

    readings_sent(s, false, found, data);
}


/*
 * The check: what is let through is read as nothing that was not judged, and
 * what is refused as ambiguous is not refused for nothing.
 */

typedef struct {
    const erpsync_route_t  *route;
    const char             *target;
    const char             *where;
    bool                    any;
    char                    failure[4096];
} readings_check_t;


static inline void
readings_found(void *data, const finding_t *finding, const char *path)
{
    bool                    good;
    erpsync_str_t           name, tenant;
    readings_check_t       *check = data;
    const erpsync_route_t  *route = check->route;

    check->any = true;

    if (finding->kind == 3 || route->kind == ERPSYNC_ROUTE_AMBIGUOUS) {
        return;
    }

    name = erpsync_span(finding->operation, strlen(finding->operation));
    tenant = erpsync_span(finding->tenant, strlen(finding->tenant));

    switch (route->kind) {

    case ERPSYNC_ROUTE_OPERATION:
        good = finding->kind == 1
               && erpsync_operation_find(name) == route->operation
               && erpsync_str_caseeq(tenant, route->tenant);
        break;

    case ERPSYNC_ROUTE_SOAP:
        good = finding->kind == 2;
        break;

    default:
        good = false;
        break;
    }

    if (!good && check->failure[0] == '\0') {
        snprintf(check->failure, sizeof(check->failure),
                 "%s: as kind %d, tenant %.*s; %s is read as %s",
                 check->target, (int) route->kind, (int) route->tenant.len,
                 route->tenant.len ? (const char *) route->tenant.data : "",
                 check->where, path);
    }
}


/*
 * Returns what is wrong, in memory to be freed, or NULL.  "uri" is nginx's
 * reading, "route" what the core said.
 */

static inline char *
readings_check(erpsync_arena_t *arena, const char *target, erpsync_str_t uri,
    const erpsync_route_t *route)
{
    text_t             raw, path, nginx;
    erpsync_str_t      encoded;
    readings_check_t  *check;

    check = calloc(1, sizeof(readings_check_t));
    check->route = route;
    check->target = target;

    /* of a call, nothing is sent that nginx has cut off */

    raw = text_of(target, strcspn(target,
                                  route->kind == ERPSYNC_ROUTE_OPERATION
                                  ? "?#" : "?"));
    path = text_of(uri.data, uri.len);

    if (route->kind != ERPSYNC_ROUTE_UNKNOWN) {
        check->where = "the target";
        readings_sent(raw, true, readings_found, check);

        check->where = "nginx's path";
        readings_decoded(path, readings_found, check);
    }

    if (route->kind == ERPSYNC_ROUTE_AMBIGUOUS && !check->any
        && strpbrk(path.data, "\r\n") == NULL)
    {
        snprintf(check->failure, sizeof(check->failure),
                 "%s: refused, but nothing reads the agent in it", target);
    }

    if (route->kind == ERPSYNC_ROUTE_OPERATION) {
        free(path.data);
        path = text_of(route->path.data, route->path.len);

        check->where = "the canonical path";
        readings_decoded(path, readings_found, check);
        free(raw.data);

        encoded = erpsync_path_encode(arena, route->path);
        raw = text_of(encoded.data, encoded.len);

        check->where = "the forwarded path";
        readings_sent(raw, true, readings_found, check);

        nginx = text_read(raw, READ_NGINX, true);

        if (nginx.len != path.len
            || memcmp(nginx.data, path.data, path.len) != 0)
        {
            snprintf(check->failure, sizeof(check->failure),
                     "%s: nginx reads %s as %s", target, raw.data,
                     nginx.data);
        }

        free(nginx.data);
    }

    free(raw.data);
    free(path.data);

    if (check->failure[0] == '\0') {
        free(check);
        return NULL;
    }

    memmove(check, check->failure, sizeof(check->failure));

    return (char *) check;
}


#endif /* READINGS_H */
