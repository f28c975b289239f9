
#include "erpsync_credentials.h"
#include "erpsync_tenant.h"


static erpsync_rc_t erpsync_tenant_of_path(erpsync_arena_t *arena,
    erpsync_str_t path, erpsync_route_t *route);


bool
erpsync_tenant_conflict(const erpsync_route_t *route, erpsync_str_t token)
{
    return route->tenant_conflict
           || (token.len && route->tenant.len
               && !erpsync_str_caseeq(token, route->tenant));
}


erpsync_rc_t
erpsync_tenant_find(erpsync_arena_t *arena, const erpsync_route_t *route,
    erpsync_str_t path, erpsync_str_t authorization, erpsync_str_t *tenant)
{
    erpsync_rc_t     rc;
    erpsync_str_t    token;
    erpsync_route_t  other;

    *tenant = erpsync_span(NULL, 0);

    if (route->kind == ERPSYNC_ROUTE_AMBIGUOUS) {
        return ERPSYNC_OK;
    }

    if (route->kind == ERPSYNC_ROUTE_OTHER) {
        memset(&other, 0, sizeof(erpsync_route_t));

        if (erpsync_tenant_of_path(arena, path, &other) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        route = &other;
    }

    rc = ERPSYNC_OK;
    token = erpsync_credentials_tenant(arena, authorization, &rc);

    if (rc == ERPSYNC_OK && !erpsync_tenant_conflict(route, token)) {
        *tenant = route->tenant.len ? route->tenant : token;
    }

    return rc;
}


static erpsync_rc_t
erpsync_tenant_of_path(erpsync_arena_t *arena, erpsync_str_t path,
    erpsync_route_t *route)
{
    erpsync_rc_t    rc;
    erpsync_str_t   segment, tenant;
    const uint8_t  *p, *last, *end;

    static const erpsync_str_t  api = erpsync_string("api");

    rc = ERPSYNC_OK;
    last = path.data + path.len;

    for (p = path.data; p < last; p = end + 1) {
        end = memchr(p, '/', (size_t) (last - p));
        end = end ? end : last;
        segment = erpsync_span(p, (size_t) (end - p));

        if (erpsync_str_caseeq(segment, api)) {
            break;
        }

        tenant = erpsync_tenant(arena, segment, &rc);

        if (rc != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        if (route->tenant.len == 0) {
            route->tenant = tenant;

        } else if (tenant.len && !erpsync_str_eq(tenant, route->tenant)) {
            route->tenant_conflict = true;
        }
    }

    return ERPSYNC_OK;
}
