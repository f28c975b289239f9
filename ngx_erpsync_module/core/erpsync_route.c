
#include "erpsync_route.h"


#define ERPSYNC_MAX_SEGMENTS  64


typedef struct {
    erpsync_str_t   s;
    erpsync_str_t   bare;     /* without ";..." and what may trail */
} erpsync_segment_t;


static bool erpsync_route_plain(erpsync_arena_t *arena, erpsync_str_t path,
    erpsync_route_t *route, erpsync_rc_t *rc);
static bool erpsync_route_mentions(erpsync_str_t path);
static bool erpsync_route_segments(erpsync_str_t path,
    erpsync_segment_t *segments, size_t *n);
static bool erpsync_route_is(const erpsync_segment_t *segment,
    erpsync_str_t name);
static bool erpsync_route_is_version(erpsync_str_t s, char letter);
static bool erpsync_route_is_soap(const erpsync_segment_t *segments,
    size_t n);
static void erpsync_route_tenant(erpsync_arena_t *arena,
    const erpsync_segment_t *segments, size_t n, erpsync_route_t *route,
    erpsync_rc_t *rc);
static erpsync_rc_t erpsync_route_canonical(erpsync_arena_t *arena,
    erpsync_str_t path, const erpsync_segment_t *segments, size_t first,
    erpsync_route_t *route);


static const erpsync_str_t  erpsync_name_api = erpsync_string("api");
static const erpsync_str_t  erpsync_name_agents = erpsync_string("Agents");
static const erpsync_str_t  erpsync_name_agent = erpsync_string("ErpSync");
static const erpsync_str_t  erpsync_name_soap = erpsync_string("ErpSync.svc");
static const erpsync_str_t  erpsync_name_services =
    erpsync_string("Services");


erpsync_rc_t
erpsync_route(erpsync_arena_t *arena, erpsync_str_t path,
    erpsync_route_t *route)
{
    size_t             i, n;
    erpsync_rc_t       rc;
    erpsync_segment_t  segments[ERPSYNC_MAX_SEGMENTS];

    memset(route, 0, sizeof(erpsync_route_t));
    route->kind = ERPSYNC_ROUTE_OTHER;
    rc = ERPSYNC_OK;

    if (erpsync_route_plain(arena, path, route, &rc)
        || !erpsync_route_mentions(path))
    {
        return rc;
    }

    if (!erpsync_route_segments(path, segments, &n)) {

        /* deeper than any site: nothing is lost by refusing it */

        route->kind = ERPSYNC_ROUTE_UNKNOWN;
        return ERPSYNC_OK;
    }

    for (i = 0; i < n; i++) {

        if (erpsync_route_is_soap(segments + i, n - i)) {
            route->kind = ERPSYNC_ROUTE_SOAP;
            break;
        }

        if (n - i >= 4
            && erpsync_route_is(&segments[i], erpsync_name_api)
            && erpsync_route_is_version(segments[i + 1].bare, 'v')
            && erpsync_route_is(&segments[i + 2], erpsync_name_agents)
            && erpsync_route_is(&segments[i + 3], erpsync_name_agent))
        {
            route->kind = ERPSYNC_ROUTE_UNKNOWN;
            break;
        }
    }

    if (i == n) {
        return ERPSYNC_OK;
    }

    erpsync_route_tenant(arena, segments, i, route, &rc);

    if (rc != ERPSYNC_OK || route->kind == ERPSYNC_ROUTE_SOAP
        || n - i != 5)
    {
        return rc;
    }

    /* an operation's path is taken only without anything that trails */

    for (n = i; n < i + 5; n++) {
        if (segments[n].bare.len != segments[n].s.len) {
            return ERPSYNC_OK;
        }
    }

    route->operation = erpsync_operation_find(segments[i + 4].s);

    if (route->operation == NULL) {
        return ERPSYNC_OK;
    }

    route->kind = ERPSYNC_ROUTE_OPERATION;

    return erpsync_route_canonical(arena, path, segments, i, route);
}


/* Whether "s" stands in the path at "i". */

static inline bool
erpsync_route_goes_on(erpsync_str_t path, size_t i, erpsync_str_t s)
{
    return path.len - i >= s.len && memcmp(path.data + i, s.data, s.len) == 0;
}


/*
 * A path as documented, an operation's behind at most one segment of letters
 * and digits: it is canonical, and nothing in it needs a second look.
 */

static bool
erpsync_route_plain(erpsync_arena_t *arena, erpsync_str_t path,
    erpsync_route_t *route, erpsync_rc_t *rc)
{
    size_t                      i, start;
    erpsync_str_t               prefix, name;
    const erpsync_operation_t  *operation;

    static const erpsync_str_t  version = erpsync_string("/api/v");
    static const erpsync_str_t  agent = erpsync_string("/Agents/ErpSync/");

    i = 0;

    if (!erpsync_route_goes_on(path, i, version)) {

        if (path.len == 0 || path.data[0] != '/') {
            return false;
        }

        for (i = 1; i < path.len && (erpsync_is_alpha(path.data[i])
                                     || erpsync_is_digit(path.data[i])); i++)
        {
            /* void */
        }

        if (i == 1 || !erpsync_route_goes_on(path, i, version)) {
            return false;
        }
    }

    prefix = erpsync_span(path.data + 1, i ? i - 1 : 0);
    i += version.len;
    start = i;

    while (i < path.len && erpsync_is_digit(path.data[i])) {
        i++;
    }

    if (i == start || !erpsync_route_goes_on(path, i, agent)) {
        return false;
    }

    i += agent.len;
    name = erpsync_span(path.data + i, path.len - i);
    operation = erpsync_operation_find(name);

    if (operation == NULL || !erpsync_str_eq(operation->name, name)) {
        return false;
    }

    route->kind = ERPSYNC_ROUTE_OPERATION;
    route->operation = operation;
    route->path = path;
    route->tenant = erpsync_tenant(arena, prefix, rc);

    return true;
}


/*
 * The cheap answer for every other request: no "erpsync" anywhere in it.
 * Its letter that stands where the name would end tells how far the name can
 * be moved on (Horspool); other bytes that share a place in the table with a
 * letter only make that less.
 */

static bool
erpsync_route_mentions(erpsync_str_t path)
{
    size_t  i, n;

    static const uint8_t  move[32] = {
        7, 7, 7, 7, 7, 6, 7, 7, 7, 7, 7, 7, 7, 7, 1, 7,     /* e n */
        4, 7, 5, 3, 7, 7, 7, 7, 7, 2, 7, 7, 7, 7, 7, 7      /* p r s y */
    };

    n = erpsync_name_agent.len;

    for (i = n; i <= path.len; i += move[path.data[i - 1] & 0x1f]) {

        if (erpsync_str_caseeq(erpsync_span(path.data + i - n, n),
                               erpsync_name_agent))
        {
            return true;
        }
    }

    return false;
}


static inline bool
erpsync_is_slash(uint8_t c)
{
    return c == '/' || c == '\\';
}


/*
 * The segments of a path as IIS reads it: "\" is "/", empty and dot segments
 * are gone.  False where there are too many.
 */

static bool
erpsync_route_segments(erpsync_str_t path, erpsync_segment_t *segments,
    size_t *n)
{
    size_t          i, start;
    erpsync_str_t   s, bare;
    const uint8_t  *param;

    *n = 0;

    for (i = 0; i < path.len; i++) {

        if (erpsync_is_slash(path.data[i])) {
            continue;
        }

        start = i;

        while (i < path.len && !erpsync_is_slash(path.data[i])) {
            i++;
        }

        s = erpsync_span(path.data + start, i - start);

        if (s.data[0] == '.' && s.len == 1) {
            continue;
        }

        if (s.data[0] == '.' && s.len == 2 && s.data[1] == '.') {
            *n -= (*n > 0);
            continue;
        }

        if (*n == ERPSYNC_MAX_SEGMENTS) {
            return false;
        }

        bare = s;
        param = memchr(bare.data, ';', bare.len);

        if (param) {
            bare.len = (size_t) (param - bare.data);
        }

        while (bare.len && (bare.data[bare.len - 1] == '.'
                            || bare.data[bare.len - 1] <= ' '
                            || bare.data[bare.len - 1] == 0x7f))
        {
            bare.len--;
        }

        segments[*n].s = s;
        segments[*n].bare = bare;
        (*n)++;
    }

    return true;
}


static bool
erpsync_route_is(const erpsync_segment_t *segment, erpsync_str_t name)
{
    return erpsync_str_caseeq(segment->bare, name);
}


/* A letter and at least one digit. */

static bool
erpsync_route_is_version(erpsync_str_t s, char letter)
{
    size_t  i;

    if (s.len < 2 || erpsync_lower(s.data[0]) != (uint8_t) letter) {
        return false;
    }

    for (i = 1; i < s.len; i++) {
        if (!erpsync_is_digit(s.data[i])) {
            return false;
        }
    }

    return true;
}


/* Services<NN>/ErpSync.svc, with or without more behind it. */

static bool
erpsync_route_is_soap(const erpsync_segment_t *segments, size_t n)
{
    size_t         i;
    erpsync_str_t  s;

    if (n < 2 || !erpsync_route_is(&segments[1], erpsync_name_soap)) {
        return false;
    }

    s = segments[0].bare;

    if (s.len <= erpsync_name_services.len
        || !erpsync_str_caseeq(erpsync_span(s.data,
                                            erpsync_name_services.len),
                               erpsync_name_services))
    {
        return false;
    }

    for (i = erpsync_name_services.len; i < s.len; i++) {
        if (!erpsync_is_digit(s.data[i])) {
            return false;
        }
    }

    return true;
}


erpsync_str_t
erpsync_tenant(erpsync_arena_t *arena, erpsync_str_t s, erpsync_rc_t *rc)
{
    size_t    i;
    uint8_t  *p;

    static const erpsync_str_t  prefix = erpsync_string("Cust");

    if (s.len <= prefix.len
        || !erpsync_str_caseeq(erpsync_span(s.data, prefix.len), prefix))
    {
        return erpsync_span(NULL, 0);
    }

    for (i = prefix.len; i < s.len; i++) {
        if (!erpsync_is_digit(s.data[i])) {
            return erpsync_span(NULL, 0);
        }
    }

    if (memcmp(s.data, prefix.data, prefix.len) == 0) {
        return s;
    }

    p = erpsync_nalloc(arena, s.len);

    if (p == NULL) {
        *rc = ERPSYNC_ERROR;
        return erpsync_span(NULL, 0);
    }

    memcpy(p, s.data, s.len);
    memcpy(p, prefix.data, prefix.len);

    return erpsync_span(p, s.len);
}


static void
erpsync_route_tenant(erpsync_arena_t *arena,
    const erpsync_segment_t *segments, size_t n, erpsync_route_t *route,
    erpsync_rc_t *rc)
{
    size_t         i;
    erpsync_str_t  tenant;

    for (i = 0; i < n; i++) {
        tenant = erpsync_tenant(arena, segments[i].bare, rc);

        if (tenant.len == 0) {
            continue;
        }

        if (route->tenant.len == 0) {
            route->tenant = tenant;

        } else if (!erpsync_str_eq(route->tenant, tenant)) {
            route->tenant_conflict = true;
        }
    }
}


static erpsync_rc_t
erpsync_route_canonical(erpsync_arena_t *arena, erpsync_str_t path,
    const erpsync_segment_t *segments, size_t first, erpsync_route_t *route)
{
    size_t         i, len;
    uint8_t       *p, *start;
    erpsync_str_t  s;

    len = 0;

    for (i = 0; i < first + 5; i++) {
        len += 1 + segments[i].s.len;
    }

    start = erpsync_nalloc(arena, len);
    if (start == NULL) {
        return ERPSYNC_ERROR;
    }

    p = start;

    for (i = 0; i < first + 5; i++) {
        s = segments[i].s;

        if (i == first) {
            s = erpsync_name_api;

        } else if (i == first + 2) {
            s = erpsync_name_agents;

        } else if (i == first + 3) {
            s = erpsync_name_agent;

        } else if (i == first + 4) {
            s = route->operation->name;
        }

        *p++ = '/';
        memcpy(p, s.data, s.len);

        if (i == first + 1) {
            *p = 'v';
        }

        p += s.len;
    }

    route->path = erpsync_span(start, len);

    if (erpsync_str_eq(route->path, path)) {
        route->path = path;
    }

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_target_split(erpsync_arena_t *arena, erpsync_str_t target,
    erpsync_str_t *path, erpsync_str_t *args)
{
    int             high, low;
    size_t          i, end;
    uint8_t        *p;
    const uint8_t  *found;

    *args = erpsync_span(NULL, 0);

    /* absolute-form: what follows the authority */

    for (i = 0; i < target.len && erpsync_is_alpha(target.data[i]); i++) {
        /* void */
    }

    if (i && target.len - i >= 3 && memcmp(target.data + i, "://", 3) == 0) {
        i += 3;

        while (i < target.len && !erpsync_is_slash(target.data[i])
               && target.data[i] != '?')
        {
            i++;
        }

        target.data += i;
        target.len -= i;
    }

    found = target.len ? memchr(target.data, '#', target.len) : NULL;

    if (found) {
        target.len = (size_t) (found - target.data);
    }

    end = target.len;
    found = target.len ? memchr(target.data, '?', target.len) : NULL;

    if (found) {
        end = (size_t) (found - target.data);
        *args = erpsync_span(found + 1, target.len - end - 1);
    }

    p = erpsync_nalloc(arena, end);
    if (p == NULL) {
        return ERPSYNC_ERROR;
    }

    path->data = p;

    for (i = 0; i < end; i++) {

        if (target.data[i] == '%' && end - i > 2) {
            high = erpsync_hex_value(target.data[i + 1]);
            low = erpsync_hex_value(target.data[i + 2]);

            if (high >= 0 && low >= 0) {
                *p++ = (uint8_t) (high * 16 + low);
                i += 2;
                continue;
            }
        }

        *p++ = target.data[i];
    }

    path->len = (size_t) (p - path->data);

    return ERPSYNC_OK;
}


erpsync_str_t
erpsync_path_encode(erpsync_arena_t *arena, erpsync_str_t path)
{
    size_t    i;
    uint8_t   c, *p, *start;

    static const char  hex[] = "0123456789ABCDEF";

    start = erpsync_nalloc(arena, path.len * 3);
    if (start == NULL) {
        return erpsync_span(NULL, 0);
    }

    p = start;

    for (i = 0; i < path.len; i++) {
        c = path.data[i];

        if (erpsync_is_alpha(c) || erpsync_is_digit(c)
            || (c && strchr("-._~!$&'()*+,;=:@/", c)))
        {
            *p++ = c;
            continue;
        }

        *p++ = '%';
        *p++ = (uint8_t) hex[c >> 4];
        *p++ = (uint8_t) hex[c & 0xf];
    }

    return erpsync_span(start, (size_t) (p - start));
}
