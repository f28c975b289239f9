
#include "ngx_http_erpsync_app.h"
#include "ngx_http_erpsync_call.h"
#include "ngx_http_erpsync_context.h"


static ngx_int_t ngx_http_erpsync_read_target(ngx_http_request_t *r,
    ngx_http_erpsync_call_t *call);


ngx_int_t
ngx_http_erpsync_find_call(ngx_http_request_t *r,
    ngx_http_erpsync_call_t *call)
{
    ngx_memzero(call, sizeof(ngx_http_erpsync_call_t));

    call->by_uri = 1;
    call->args = ngx_http_erpsync_span(&r->args);

    if (ngx_http_erpsync_read_target(r, call) != NGX_OK) {
        return NGX_ERROR;
    }

    if (call->route.kind != ERPSYNC_ROUTE_OTHER) {
        return NGX_OK;
    }

    /*
     * auth_request and SSI make subrequests with GET for every request, and
     * these have the target of the main request.  A GET or HEAD of an operation
     * does not execute it.
     */

    if (r->valid_unparsed_uri
        || (r != r->main && (r->method == NGX_HTTP_GET
                             || r->method == NGX_HTTP_HEAD)))
    {
        return NGX_DECLINED;
    }

    call->by_uri = 0;

    if (ngx_http_erpsync_read_target(r, call) != NGX_OK) {
        return NGX_ERROR;
    }

    return (call->route.kind == ERPSYNC_ROUTE_OTHER) ? NGX_DECLINED : NGX_OK;
}


erpsync_str_t
ngx_http_erpsync_path(ngx_http_request_t *r)
{
    if (r->uri.data == NULL) {
        return erpsync_span(NULL, 0);
    }

    return ngx_http_erpsync_span(&r->uri);
}


/*
 * Judges a path by all its readings: the current path, or without call->by_uri
 * the target that the client sent.
 */

static ngx_int_t
ngx_http_erpsync_read_target(ngx_http_request_t *r,
    ngx_http_erpsync_call_t *call)
{
    ngx_int_t         rc;
    erpsync_str_t     target, uri;
    erpsync_arena_t   arena, pool;
    erpsync_route_t  *route;
    erpsync_target_t  parsed;

    rc = NGX_ERROR;
    route = &call->route;
    target = erpsync_span(NULL, 0);
    uri = ngx_http_erpsync_path(r);

    /* the memory of the readings is freed; the canonical path is copied */

    erpsync_arena_init(&arena);

    if (!call->by_uri || r->valid_unparsed_uri) {
        target = ngx_http_erpsync_span(&r->unparsed_uri);
    }

    if (!call->by_uri) {

        if (erpsync_target_parse(&arena, target, &parsed) != ERPSYNC_OK) {
            goto done;
        }

        target = parsed.target;
        uri = parsed.uri;
        call->args = parsed.args;
    }

    if (erpsync_target(&arena, target, uri, route, NULL) != ERPSYNC_OK) {
        goto done;
    }

    if (arena.used && route->kind != ERPSYNC_ROUTE_OTHER) {
        erpsync_arena_init_source(&pool, ngx_http_erpsync_palloc, r->pool);

        route->path = erpsync_str_dup(&pool, route->path);
        route->tenant = erpsync_str_dup(&pool, route->tenant);

        if (route->path.data == NULL || route->tenant.data == NULL) {
            goto done;
        }
    }

    rc = NGX_OK;

done:

    erpsync_arena_destroy(&arena);

    return rc;
}
