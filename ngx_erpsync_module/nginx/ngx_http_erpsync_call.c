
#include "ngx_http_erpsync_app.h"
#include "ngx_http_erpsync_call.h"
#include "ngx_http_erpsync_context.h"


static ngx_int_t ngx_http_erpsync_read_target(ngx_http_request_t *r,
    ngx_http_erpsync_call_t *call);
static ngx_uint_t ngx_http_erpsync_leads_to_agent(ngx_http_request_t *r,
    ngx_uint_t soap_pass);


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
    uri = ngx_http_erpsync_span(&r->uri);

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


/*
 * A "proxy_pass" with a URI can lead a path that does not name the agent to the
 * agent, as "location /so/ { proxy_pass http://webapi/Cust1/api/; }" does with
 * "/so/v1/Agents/ErpSync/SyncAll".  Such a request is not a call for the
 * handlers, which run before the URI is made.
 */

ngx_int_t
ngx_http_erpsync_judge_proxied(ngx_http_request_t *r)
{
    ngx_http_request_t           *pr;
    ngx_http_erpsync_ctx_t       *ctx;
    ngx_http_erpsync_loc_conf_t  *elcf;

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    /* as it is for a call, a GET of a subrequest executes nothing */

    if (elcf->mode == NGX_HTTP_ERPSYNC_OFF
        || (r != r->main && (r->method == NGX_HTTP_GET
                             || r->method == NGX_HTTP_HEAD)))
    {
        return NGX_OK;
    }

    for (pr = r; pr; pr = pr->parent) {
        ctx = ngx_http_erpsync_get_ctx(pr);

        if (ctx && (ctx->state == NGX_HTTP_ERPSYNC_FORWARDED
                    || ctx->state == NGX_HTTP_ERPSYNC_REPORTED))
        {
            return NGX_OK;
        }
    }

    if (!ngx_http_erpsync_leads_to_agent(r, elcf->policy.soap_pass)) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "erpsync: the URI of \"proxy_pass\" leads a request to the "
                  "ErpSync agent whose own path does not name it, so it was "
                  "not judged: use \"rewrite\" in place of that URI");

    return ngx_http_erpsync_enforced(r, elcf) ? NGX_ERROR : NGX_OK;
}


/* Returns 1 also if memory runs out. */

static ngx_uint_t
ngx_http_erpsync_leads_to_agent(ngx_http_request_t *r, ngx_uint_t soap_pass)
{
    ngx_str_t         *uri;
    ngx_uint_t         leads;
    erpsync_arena_t    arena;
    erpsync_route_t    route;
    erpsync_target_t   parsed;

    uri = &r->upstream->uri;              /* not set if not by "proxy_pass" */

    if (uri->len == 0
        || (uri->len == r->unparsed_uri.len
            && ngx_memcmp(uri->data, r->unparsed_uri.data, uri->len) == 0))
    {
        return 0;
    }

    leads = 1;
    erpsync_arena_init(&arena);

    if (erpsync_target_parse(&arena, ngx_http_erpsync_span(uri), &parsed)
        != ERPSYNC_OK)
    {
        goto done;
    }

    if (parsed.error) {
        leads = 0;
        goto done;
    }

    if (erpsync_target(&arena, parsed.target, parsed.uri, &route, NULL)
        != ERPSYNC_OK)
    {
        goto done;
    }

    leads = (route.kind != ERPSYNC_ROUTE_OTHER
             && (route.kind != ERPSYNC_ROUTE_SOAP || !soap_pass));

done:

    erpsync_arena_destroy(&arena);

    return leads;
}
