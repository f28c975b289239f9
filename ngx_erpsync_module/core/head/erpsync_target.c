
#include "erpsync_target_internal.h"


/* All servers that read "\" as a slash decode %u0045 as well. */

static const struct {
    const char  *name;
    unsigned     how;
} erpsync_servers[] = {
    { "nginx", 0 },
    { "ASP.NET Core", ERPSYNC_PATH_EMPTY|ERPSYNC_PATH_KEPT },
    { "http.sys", ERPSYNC_PATH_BACKSLASH },
    { "http.sys, empty segments counted",
      ERPSYNC_PATH_BACKSLASH|ERPSYNC_PATH_EMPTY },
    { "System.Web, cookieless pieces removed",
      ERPSYNC_PATH_BACKSLASH|ERPSYNC_TARGET_COOKIELESS },
    { "System.Web, cookieless pieces removed with the slash in front",
      ERPSYNC_PATH_BACKSLASH|ERPSYNC_TARGET_COOKIELESS
      |ERPSYNC_TARGET_JOINED }
};

#define ERPSYNC_SERVER_NGINX  0
#define ERPSYNC_SERVERS       erpsync_nelts(erpsync_servers)


/*
 * The targets that a location may send: as the client sent it, or as nginx
 * decoded it.
 */

typedef struct {
    erpsync_str_t               text;
    bool                        encoded;
} erpsync_source_t;


typedef struct {
    erpsync_arena_t            *arena;
    const erpsync_route_t      *route;       /* of nginx's reading */
    erpsync_target_reading_t   *other;
    erpsync_rc_t                rc;
    uint8_t                    *buf;         /* of the longest source */
    bool                        unicode;     /* %uXXXX was left as it is */
    bool                        removed;     /* a cookieless piece */
} erpsync_readings_t;


static bool erpsync_target_simple(erpsync_str_t path);
static bool erpsync_target_may_mention(erpsync_readings_t *readings,
    erpsync_str_t text, unsigned times);
static bool erpsync_target_ambiguous(erpsync_readings_t *readings,
    erpsync_str_t path, erpsync_str_t uri);
static bool erpsync_target_canonical(erpsync_readings_t *readings);
static bool erpsync_target_lines(erpsync_readings_t *readings,
    erpsync_str_t uri);
static bool erpsync_target_source(erpsync_readings_t *readings,
    erpsync_str_t text, bool encoded);
static bool erpsync_target_again(erpsync_readings_t *readings,
    const erpsync_source_t *source, unsigned server, size_t end);
static erpsync_str_t erpsync_target_load(erpsync_readings_t *readings,
    const erpsync_source_t *source, unsigned server);
static erpsync_str_t erpsync_target_load_again(erpsync_readings_t *readings,
    const erpsync_source_t *source, unsigned server, size_t end,
    bool unicode);
static bool erpsync_target_has_dots(erpsync_str_t s);
static bool erpsync_target_differs(erpsync_readings_t *readings,
    erpsync_str_t path, unsigned how, const char *first, const char *second);
static void erpsync_target_tell(erpsync_readings_t *readings,
    erpsync_str_t path, unsigned how);


erpsync_rc_t
erpsync_target(erpsync_arena_t *arena, erpsync_str_t target,
    erpsync_str_t uri, erpsync_route_t *route,
    erpsync_target_reading_t *other)
{
    bool                same;
    size_t              len;
    uint8_t             small[512];
    erpsync_str_t       path;
    erpsync_readings_t  readings;

    path = target;

    same = target.len == 0
           || (target.len >= uri.len
               && memcmp(target.data, uri.data, uri.len) == 0
               && (target.len == uri.len || target.data[uri.len] == '?'));

    if (same && target.len) {
        path.len = uri.len;

    } else if (erpsync_target_has(target, '?')) {
        path.len = (size_t) ((const uint8_t *) memchr(target.data, '?',
                                                      target.len)
                             - target.data);
    }

    memset(route, 0, sizeof(erpsync_route_t));
    route->kind = ERPSYNC_ROUTE_OTHER;

    if (same && erpsync_route_fast(uri, route)) {
        return ERPSYNC_OK;
    }

    /* no server can read "erpsync" in it */

    if (!erpsync_target_has(uri, '%') && !erpsync_target_has(uri, '(')
        && !erpsync_route_mentions(uri)
        && (same
            || (!erpsync_target_has(path, '%')
                && !erpsync_target_has(path, '(')
                && !erpsync_route_mentions(path))))
    {
        return ERPSYNC_OK;
    }

    if (erpsync_route(arena, uri, route) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (same && erpsync_target_simple(uri)) {
        return ERPSYNC_OK;
    }

    readings.arena = arena;
    readings.route = route;
    readings.other = other;
    readings.rc = ERPSYNC_OK;
    readings.buf = small;
    readings.removed = false;

    len = (path.len > uri.len) ? path.len : uri.len;

    if (len > sizeof(small)) {
        readings.buf = erpsync_nalloc(arena, len);

        if (readings.buf == NULL) {
            return ERPSYNC_ERROR;
        }
    }

    if (erpsync_target_ambiguous(&readings, path, uri)) {
        memset(route, 0, sizeof(erpsync_route_t));
        route->kind = ERPSYNC_ROUTE_AMBIGUOUS;
    }

    return readings.rc;
}


/* Returns whether every server reads a path alike, encoded or not. */

static bool
erpsync_target_simple(erpsync_str_t path)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < path.len; i++) {
        c = path.data[i];

        if (c == '%' || c == '\\' || c == '(' || c == '?' || c == '#'
            || c <= ' ' || c == 0x7f)
        {
            return false;
        }

        if (c == '/' && path.len - i > 1
            && (path.data[i + 1] == '/' || path.data[i + 1] == '.'))
        {
            return false;
        }
    }

    return true;
}


/*
 * Returns whether "erpsync" is in a text that is decoded that many times.
 * Only System.Web's filter can join the name from pieces, by removing what is
 * between them.
 */

static bool
erpsync_target_may_mention(erpsync_readings_t *readings, erpsync_str_t text,
    unsigned times)
{
    bool            seen;
    size_t          len;
    erpsync_str_t   s;
    const uint8_t  *p, *last;

    len = text.len;

    if (len) {
        memcpy(readings->buf, text.data, len);
    }

    while (times--) {
        len = erpsync_target_decode(readings->buf, len, true, &seen);
    }

    s = erpsync_span(readings->buf, len);

    if (erpsync_route_mentions(s)) {
        return true;
    }

    last = s.data + s.len;

    for (p = s.data; last - p >= 3; p++) {
        p = memchr(p, '(', (size_t) (last - p - 2));

        if (p == NULL) {
            return false;
        }

        if (erpsync_is_alpha(p[1]) && p[2] == '(') {
            return true;
        }
    }

    return false;
}


/* "path" is empty if only the path that nginx decoded can be sent. */

static bool
erpsync_target_ambiguous(erpsync_readings_t *readings, erpsync_str_t path,
    erpsync_str_t uri)
{
    bool    call;
    size_t  end;

    if (!erpsync_target_may_mention(readings, uri, 1)
        && !erpsync_target_may_mention(readings, path, 2))
    {
        return false;
    }

    call = (readings->route->kind == ERPSYNC_ROUTE_OPERATION
            || readings->route->kind == ERPSYNC_ROUTE_UNKNOWN);

    /*
     * A server may stop reading at "#".  The URI of a call is rebuilt, without
     * the part that nginx cut off.
     */

    end = erpsync_target_end(path, ERPSYNC_CUT_FRAGMENT);

    return (!call && end != path.len
            && erpsync_target_source(readings, path, true))
           || (end != 0
               && erpsync_target_source(readings,
                                        erpsync_span(path.data, end), true))
           || erpsync_target_source(readings, uri, false)
           || erpsync_target_lines(readings, uri)
           || erpsync_target_canonical(readings);
}


/*
 * Judges the path of an operation as it is forwarded.  Sent without encoding,
 * it must not end before the operation.  Its prefix may have a blank: no
 * server accepts a request line with a blank in its target.  All other
 * readings of this path are judged already: http.sys makes this path of the
 * one that nginx decoded.
 */

static bool
erpsync_target_canonical(erpsync_readings_t *readings)
{
    size_t         i;
    uint8_t        c;
    erpsync_str_t  path;

    if (readings->route->kind != ERPSYNC_ROUTE_OPERATION) {
        return false;
    }

    path = readings->route->path;

    for (i = 0; i < path.len; i++) {
        c = path.data[i];

        if (c == '?' || c == '#' || c < ' ' || c == 0x7f) {

            if (readings->other) {
                memset(readings->other, 0, sizeof(erpsync_target_reading_t));
                readings->other->first = "any server, if sent unencoded";
                erpsync_target_tell(readings, erpsync_span(path.data, i),
                                    ERPSYNC_PATH_EMPTY);
            }

            return true;
        }
    }

    return false;
}


/*
 * Judges a path with a line break that is sent without encoding.  The line
 * break ends the request line, so a whole request may follow; its target is
 * between blanks.
 */

static bool
erpsync_target_lines(erpsync_readings_t *readings, erpsync_str_t uri)
{
    size_t            i, start;
    unsigned          server;
    erpsync_str_t     s;
    erpsync_source_t  source;

    if ((!erpsync_target_has(uri, '\n') && !erpsync_target_has(uri, '\r'))
        || readings->route->kind == ERPSYNC_ROUTE_UNKNOWN)
    {
        return false;
    }

    source.encoded = true;

    for (i = 0; i < uri.len; i++) {

        for (start = i; i < uri.len && uri.data[i] > ' '; i++) {
            /* void */
        }

        source.text = erpsync_span(uri.data + start, i - start);
        source.text.len = erpsync_target_end(source.text, ERPSYNC_CUT_QUERY);

        if (source.text.len == 0) {
            continue;
        }

        for (server = 0; server < ERPSYNC_SERVERS; server++) {
            s = erpsync_target_load(readings, &source, server);

            if (erpsync_target_differs(readings, s, ERPSYNC_PATH_BACKSLASH,
                                       "a server, behind a line break",
                                       erpsync_servers[server].name))
            {
                return true;
            }
        }
    }

    return false;
}


static bool
erpsync_target_source(erpsync_readings_t *readings, erpsync_str_t text,
    bool encoded)
{
    size_t            query, fragment;
    unsigned          how, server;
    erpsync_str_t     s;
    erpsync_source_t  source;

    source.text = text;
    source.encoded = encoded;

    /* nginx decoded the client's target, and its reading is the other one */

    for (server = encoded ? 1 : 0; server < ERPSYNC_SERVERS; server++) {
        how = erpsync_servers[server].how;
        s = erpsync_target_load(readings, &source, server);

        if ((how & ERPSYNC_TARGET_COOKIELESS) && !readings->removed) {
            break;
        }

        if (erpsync_target_differs(readings, s,
                       ERPSYNC_PATH_BACKSLASH | (how & ERPSYNC_PATH_KEPT),
                       erpsync_servers[server].name, NULL))
        {
            return true;
        }

        query = erpsync_target_end(s, ERPSYNC_CUT_QUERY);
        fragment = erpsync_target_end(erpsync_span(s.data, query),
                                      ERPSYNC_CUT_FRAGMENT);

        if (erpsync_target_again(readings, &source, server, s.len)) {
            return true;
        }

        if (readings->route->kind == ERPSYNC_ROUTE_UNKNOWN) {

            /* the path is refused, so it is not sent without encoding */

            continue;
        }

        if ((query != s.len
             && erpsync_target_again(readings, &source, server, query))
            || (fragment != query
                && erpsync_target_again(readings, &source, server, fragment)))
        {
            return true;
        }
    }

    return false;
}


/*
 * Decodes again what the first server has read, up to "end". Without "..",
 * servers differ only in what they decode.
 */

static bool
erpsync_target_again(erpsync_readings_t *readings,
    const erpsync_source_t *source, unsigned server, size_t end)
{
    bool           dots, pieces;
    size_t         len;
    unsigned       i, how;
    const char    *name;
    erpsync_str_t  s;

    name = erpsync_servers[server].name;
    s = erpsync_target_load_again(readings, source, server, end, false);
    dots = readings->unicode || erpsync_target_has_dots(s);
    pieces = readings->unicode || erpsync_target_has(s, '(');

    for (i = 0; i < ERPSYNC_SERVERS; i++) {
        how = erpsync_servers[i].how;

        if (how & ERPSYNC_TARGET_COOKIELESS) {

            if (!pieces) {
                break;
            }

            s = erpsync_target_load_again(readings, source, server, end,
                                          true);
            len = erpsync_target_resolve(readings->buf, s.len, how, NULL);
            s.len = erpsync_target_cookieless(readings->buf, len,
                                              how & ERPSYNC_TARGET_JOINED);
            if (s.len == len) {
                break;
            }

        } else if ((how & ERPSYNC_PATH_BACKSLASH) && readings->unicode) {
            s = erpsync_target_load_again(readings, source, server, end,
                                          true);

        } else if (!dots && (how & ERPSYNC_PATH_BACKSLASH)) {
            continue;
        }

        if (erpsync_target_differs(readings, s, how, name,
                                   erpsync_servers[i].name))
        {
            return true;
        }
    }

    return false;
}


/* Writes a server's reading to the buffer. */

static erpsync_str_t
erpsync_target_load(erpsync_readings_t *readings,
    const erpsync_source_t *source, unsigned server)
{
    size_t    len, resolved;
    uint8_t  *data;
    unsigned  how;

    data = readings->buf;
    len = source->text.len;
    how = erpsync_servers[server].how;

    if (len) {
        memcpy(data, source->text.data, len);
    }

    if (source->encoded) {
        len = erpsync_target_decode(data, len, how & ERPSYNC_PATH_BACKSLASH,
                                    NULL);

    } else if (server == ERPSYNC_SERVER_NGINX) {
        return erpsync_span(data, len);
    }

    resolved = erpsync_target_resolve(data, len, how, NULL);
    len = resolved;

    if (how & ERPSYNC_TARGET_COOKIELESS) {
        len = erpsync_target_cookieless(data, len,
                                        how & ERPSYNC_TARGET_JOINED);
        readings->removed = (len != resolved);
    }

    return erpsync_span(data, len);
}


/*
 * Writes the reading of a second server, up to "end": decoded again, with its
 * dot segments.
 */

static erpsync_str_t
erpsync_target_load_again(erpsync_readings_t *readings,
    const erpsync_source_t *source, unsigned server, size_t end, bool unicode)
{
    erpsync_str_t  s;

    s = erpsync_target_load(readings, source, server);
    s.len = erpsync_target_decode(readings->buf, end, unicode,
                                  &readings->unicode);

    return s;
}


static bool
erpsync_target_has_dots(erpsync_str_t s)
{
    size_t          n;
    const uint8_t  *p, *last;

    last = s.data + s.len;

    for (p = s.data; p < last; p++) {
        n = (size_t) (last - p);
        p = memchr(p, '.', n);

        if (p == NULL || p + 1 == last) {
            return false;
        }

        if (p[1] == '.') {
            return true;
        }
    }

    return false;
}


static bool
erpsync_target_differs(erpsync_readings_t *readings, erpsync_str_t path,
    unsigned how, const char *first, const char *second)
{
    bool                       differs;
    erpsync_route_t            named;
    const erpsync_route_t     *route;
    erpsync_target_reading_t  *other;

    erpsync_route_as(path, how, &named);

    if (named.kind == ERPSYNC_ROUTE_OTHER) {
        return false;
    }

    route = readings->route;

    switch (route->kind) {

    case ERPSYNC_ROUTE_OTHER:
        differs = true;
        break;

    case ERPSYNC_ROUTE_SOAP:
        differs = (named.kind != ERPSYNC_ROUTE_SOAP);
        break;

    default:
        differs = named.kind == ERPSYNC_ROUTE_SOAP
                  || named.operation != route->operation
                  || named.tenant_conflict != route->tenant_conflict
                  || !erpsync_str_caseeq(named.tenant, route->tenant);
        break;
    }

    other = readings->other;

    if (differs && other) {
        other->first = first;
        other->second = second;
        other->kind = named.kind;
        other->operation = named.operation;
        other->tenant = erpsync_str_dup(readings->arena, named.tenant);
        erpsync_target_tell(readings, path, how);
    }

    return differs;
}


/*
 * Returns the path of a reading as text.  A slash that was kept is shown as
 * %2F.
 */

static void
erpsync_target_tell(erpsync_readings_t *readings, erpsync_str_t path,
    unsigned how)
{
    size_t    i, len;
    uint8_t  *data, *out, *p;

    data = erpsync_nalloc(readings->arena, path.len);
    out = erpsync_nalloc(readings->arena, 3 * path.len);

    if (data == NULL || out == NULL) {
        readings->rc = ERPSYNC_ERROR;
        return;
    }

    memcpy(data, path.data, path.len);
    len = erpsync_target_resolve(data, path.len, how, NULL);

    for (p = out, i = 0; i < len; i++) {

        if (data[i] == ERPSYNC_KEPT_SLASH) {
            memcpy(p, "%2F", 3);
            p += 3;

        } else {
            *p++ = data[i];
        }
    }

    readings->other->path = erpsync_span(out, (size_t) (p - out));
}
