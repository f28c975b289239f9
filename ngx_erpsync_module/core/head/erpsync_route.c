
#include "erpsync_route.h"


#define ERPSYNC_MAX_SEGMENTS  64


typedef struct {
    erpsync_str_t   s;
    erpsync_str_t   bare;     /* without ";..." and trailing characters */
    size_t          empty;    /* empty segments after it */
} erpsync_segment_t;


/* The first item is the root; it only counts the empty segments after it. */

typedef struct {
    size_t             n;
    erpsync_segment_t  items[1 + ERPSYNC_MAX_SEGMENTS];
} erpsync_segments_t;


static bool erpsync_route_split(erpsync_str_t path, unsigned how,
    erpsync_segments_t *list);
static bool erpsync_route_walk(erpsync_str_t path, unsigned how,
    erpsync_segments_t *list);
static erpsync_segment_t *erpsync_route_find(erpsync_segments_t *list,
    erpsync_route_t *route);
static erpsync_str_t erpsync_route_bare(erpsync_str_t s);
static bool erpsync_route_is(const erpsync_segment_t *segment,
    erpsync_str_t name);
static bool erpsync_route_is_version(erpsync_str_t s, char letter);
static bool erpsync_route_is_soap(const erpsync_segment_t *segments,
    size_t n);
static bool erpsync_is_tenant(erpsync_str_t s);
static void erpsync_route_tenant(const erpsync_segment_t *segments,
    const erpsync_segment_t *end, erpsync_route_t *route);
static erpsync_rc_t erpsync_route_canonical(erpsync_arena_t *arena,
    erpsync_str_t path, const erpsync_segment_t *segments,
    const erpsync_segment_t *api, erpsync_route_t *route);


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
    erpsync_rc_t         rc;
    erpsync_segment_t   *first;
    erpsync_segments_t   list;

    memset(route, 0, sizeof(erpsync_route_t));
    route->kind = ERPSYNC_ROUTE_OTHER;
    rc = ERPSYNC_OK;

    if (erpsync_route_fast(path, route) || !erpsync_route_mentions(path)) {
        return ERPSYNC_OK;
    }

    if (!erpsync_route_split(path, ERPSYNC_PATH_BACKSLASH, &list)) {
        route->kind = ERPSYNC_ROUTE_UNKNOWN;
        return ERPSYNC_OK;
    }

    first = erpsync_route_find(&list, route);

    if (route->tenant.len) {
        route->tenant = erpsync_tenant(arena, route->tenant, &rc);
    }

    if (rc != ERPSYNC_OK || route->kind != ERPSYNC_ROUTE_OPERATION) {
        return rc;
    }

    return erpsync_route_canonical(arena, path, &list.items[1], first, route);
}


void
erpsync_route_as(erpsync_str_t path, unsigned how, erpsync_route_t *route)
{
    erpsync_segments_t  list;

    memset(route, 0, sizeof(erpsync_route_t));
    route->kind = ERPSYNC_ROUTE_OTHER;

    if (!erpsync_route_mentions(path)) {
        return;
    }

    if (!erpsync_route_split(path, how, &list)) {
        route->kind = ERPSYNC_ROUTE_UNKNOWN;
        return;
    }

    (void) erpsync_route_find(&list, route);
}


/* Returns whether "s" is in the path at "i". */

static inline bool
erpsync_route_goes_on(erpsync_str_t path, size_t i, erpsync_str_t s)
{
    return path.len - i >= s.len && erpsync_same(path.data + i, s.data, s.len);
}


/* Returns the first place from "i" on that has no digit. */

static inline size_t
erpsync_route_digits(erpsync_str_t path, size_t i)
{
    while (i < path.len && erpsync_is_digit(path.data[i])) {
        i++;
    }

    return i;
}


/*
 * Returns true for a path as documented, of an operation, behind at most one
 * segment of letters and digits, and sets "route". This is the fast path: such
 * a path is canonical already, and so is a tenant in front of it.
 */

bool
erpsync_route_fast(erpsync_str_t path, erpsync_route_t *route)
{
    size_t                      i, digits, start;
    erpsync_str_t               prefix, name;
    const erpsync_operation_t  *operation;

    static const erpsync_str_t  cust = erpsync_string("/Cust");
    static const erpsync_str_t  version = erpsync_string("/api/v");
    static const erpsync_str_t  agent = erpsync_string("/Agents/ErpSync/");

    i = 0;
    digits = 0;

    if (!erpsync_route_goes_on(path, i, version)) {

        if (path.len == 0 || path.data[0] != '/') {
            return false;
        }

        i = 1;

        if (erpsync_route_goes_on(path, 0, cust)) {
            i = erpsync_route_digits(path, cust.len);
            digits = i - cust.len;
        }

        for (start = i; i < path.len && (erpsync_is_alpha(path.data[i])
                                         || erpsync_is_digit(path.data[i]));
             i++)
        {
            /* void */
        }

        if (i == 1 || !erpsync_route_goes_on(path, i, version)) {
            return false;
        }

        digits = (i == start) ? digits : 0;
    }

    prefix = erpsync_span(path.data + 1, i ? i - 1 : 0);
    start = i + version.len;
    i = erpsync_route_digits(path, start);

    if (i == start || !erpsync_route_goes_on(path, i, agent)) {
        return false;
    }

    i += agent.len;
    name = erpsync_span(path.data + i, path.len - i);
    operation = erpsync_operation_find(name);

    if (operation == NULL
        || !erpsync_same(operation->name.data, name.data, name.len)
        || (digits == 0 && erpsync_is_tenant(prefix)))
    {
        return false;
    }

    route->kind = ERPSYNC_ROUTE_OPERATION;
    route->operation = operation;
    route->path = path;
    route->tenant = erpsync_span(prefix.data, digits ? prefix.len : 0);

    return true;
}


/*
 * Searches for "erpsync" by Horspool's algorithm.  The byte at which the name
 * would end says how far the search can move on: by 7 if it is not a letter of
 * the name.  Several bytes share one place in the table; that makes a step
 * shorter at most.
 */

bool
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


/*
 * Lists the segments of a path.  Dot segments are removed as "how" says, then
 * "\" separates segments.  Returns false if there are too many: no site is
 * that deep, and the caller refuses the path.
 */

static bool
erpsync_route_split(erpsync_str_t path, unsigned how,
    erpsync_segments_t *list)
{
    size_t              i;
    erpsync_segments_t  whole;

    list->n = 0;
    list->items[0].empty = 0;

    if ((how & ERPSYNC_PATH_BACKSLASH)
        || memchr(path.data, '\\', path.len) == NULL)
    {
        return erpsync_route_walk(path, how, list);
    }

    whole.n = 0;
    whole.items[0].empty = 0;

    if (!erpsync_route_walk(path, how, &whole)) {
        return false;
    }

    how = ERPSYNC_PATH_BACKSLASH | (how & ERPSYNC_PATH_KEPT);

    for (i = 1; i <= whole.n; i++) {
        if (!erpsync_route_walk(whole.items[i].s, how, list)) {
            return false;
        }
    }

    return true;
}


/* Adds the segments of a path to the list. */

static bool
erpsync_route_walk(erpsync_str_t path, unsigned how, erpsync_segments_t *list)
{
    size_t              i, start;
    uint8_t             c, backslash, kept;
    erpsync_str_t       s;
    erpsync_segment_t  *last;

    backslash = (how & ERPSYNC_PATH_BACKSLASH) ? '\\' : '/';
    kept = (how & ERPSYNC_PATH_KEPT) ? '/' : ERPSYNC_KEPT_SLASH;

    for (i = 0; i < path.len; i++) {

        for (start = i; i < path.len; i++) {
            c = path.data[i];

            if (c == '/' || c == backslash || c == kept) {
                break;
            }
        }

        s = erpsync_span(path.data + start, i - start);
        last = &list->items[list->n];

        if (s.len == 0) {

            if (start > 0 && (how & ERPSYNC_PATH_EMPTY)) {
                last->empty++;
            }

        } else if (s.len == 1 && s.data[0] == '.') {
            continue;

        } else if (s.len == 2 && s.data[0] == '.' && s.data[1] == '.') {

            if (last->empty) {
                last->empty--;

            } else {
                list->n -= (list->n > 0);
            }

        } else {

            if (list->n == ERPSYNC_MAX_SEGMENTS) {
                return false;
            }

            list->n++;
            last[1].s = s;
            last[1].empty = 0;
        }
    }

    return true;
}


/*
 * Sets kind, operation and tenant.  Returns the segment "api" of a path that
 * names the agent.
 */

static erpsync_segment_t *
erpsync_route_find(erpsync_segments_t *list, erpsync_route_t *route)
{
    size_t              n;
    erpsync_segment_t  *p, *end, *first;

    first = NULL;
    end = list->items + 1 + list->n;

    for (p = list->items + 1; p < end; p++) {
        p->bare = erpsync_route_bare(p->s);
    }

    for (p = list->items + 1; p < end; p++) {

        if (first == NULL && erpsync_route_is_soap(p, (size_t) (end - p))) {
            route->kind = ERPSYNC_ROUTE_SOAP;
            first = p;
        }

        if (end - p >= 4
            && erpsync_route_is(&p[0], erpsync_name_api)
            && erpsync_route_is_version(p[1].bare, 'v')
            && erpsync_route_is(&p[2], erpsync_name_agents)
            && erpsync_route_is(&p[3], erpsync_name_agent))
        {
            route->kind = ERPSYNC_ROUTE_UNKNOWN;
            break;
        }
    }

    if (route->kind == ERPSYNC_ROUTE_OTHER) {
        return NULL;
    }

    erpsync_route_tenant(list->items + 1, p, route);

    /* a path with the agent after its SOAP twin names no operation */

    if (first || end - p != 5) {
        return p;
    }

    /* a path with trailing characters in a segment names no operation */

    for (n = 0; n < 5; n++) {
        if (p[n].bare.len != p[n].s.len) {
            return p;
        }
    }

    route->operation = erpsync_operation_find(p[4].s);

    if (route->operation) {
        route->kind = ERPSYNC_ROUTE_OPERATION;
    }

    return p;
}


static erpsync_str_t
erpsync_route_bare(erpsync_str_t s)
{
    uint8_t         c;
    const uint8_t  *param;

    param = memchr(s.data, ';', s.len);

    if (param) {
        s.len = (size_t) (param - s.data);
    }

    for ( /* void */ ; s.len; s.len--) {
        c = s.data[s.len - 1];

        if (c != '.' && c != 0x7f && (c > ' ' || c == ERPSYNC_KEPT_SLASH)) {
            break;
        }
    }

    return s;
}


static bool
erpsync_route_is(const erpsync_segment_t *segment, erpsync_str_t name)
{
    return erpsync_str_caseeq(segment->bare, name);
}


/* Returns whether a segment is a letter and digits, such as "v1". */

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


/*
 * Returns whether the path has Services<NN>/ErpSync.svc, with or without
 * segments after it.
 */

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


static const erpsync_str_t  erpsync_name_tenant = erpsync_string("Cust");


static bool
erpsync_is_tenant(erpsync_str_t s)
{
    size_t         i;
    erpsync_str_t  prefix;

    prefix = erpsync_name_tenant;

    if (s.len <= prefix.len
        || !erpsync_caseeq(s.data, prefix.data, prefix.len))
    {
        return false;
    }

    for (i = prefix.len; i < s.len; i++) {
        if (!erpsync_is_digit(s.data[i])) {
            return false;
        }
    }

    return true;
}


erpsync_str_t
erpsync_tenant(erpsync_arena_t *arena, erpsync_str_t s, erpsync_rc_t *rc)
{
    uint8_t        *p;
    erpsync_str_t   prefix;

    if (!erpsync_is_tenant(s)) {
        return erpsync_span(NULL, 0);
    }

    prefix = erpsync_name_tenant;

    if (erpsync_same(s.data, prefix.data, prefix.len)) {
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
erpsync_route_tenant(const erpsync_segment_t *segments,
    const erpsync_segment_t *end, erpsync_route_t *route)
{
    const erpsync_segment_t  *p;

    for (p = segments; p < end; p++) {

        if (!erpsync_is_tenant(p->bare)) {
            continue;
        }

        if (route->tenant.len == 0) {
            route->tenant = p->bare;

        } else if (!erpsync_str_caseeq(route->tenant, p->bare)) {
            route->tenant_conflict = true;
        }
    }
}


static erpsync_rc_t
erpsync_route_canonical(erpsync_arena_t *arena, erpsync_str_t path,
    const erpsync_segment_t *segments, const erpsync_segment_t *api,
    erpsync_route_t *route)
{
    size_t         i, first, len;
    uint8_t       *p, *start;
    erpsync_str_t  s;

    first = (size_t) (api - segments);
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
