
#include "ngx_http_erpsync_module.h"


static ngx_int_t ngx_http_erpsync_route(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, erpsync_route_t *route, ngx_uint_t *by_uri);
static ngx_uint_t ngx_http_erpsync_error_page(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_judge_head(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_int_t ngx_http_erpsync_read_body(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static void ngx_http_erpsync_body_handler(ngx_http_request_t *r);
static void ngx_http_erpsync_stop_clock(ngx_http_erpsync_ctx_t *ctx);
static ngx_int_t ngx_http_erpsync_forward(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_int_t ngx_http_erpsync_refused(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static void ngx_http_erpsync_cleanup(void *data);


/*
 * Everything in front of the body.  Here and not in the access phase, which
 * "satisfy any" may end before its turn.
 */

ngx_int_t
ngx_http_erpsync_preaccess_handler(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    ngx_uint_t                     by_uri;
    erpsync_route_t                route;
    ngx_http_erpsync_ctx_t        *ctx;
    ngx_http_erpsync_loc_conf_t   *elcf;

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    ctx = ngx_http_erpsync_get_ctx(r);

    if (ctx && ctx->state == NGX_HTTP_ERPSYNC_READING) {

        /* nginx gave up on the body, and error_page sends the request on */

        ctx->verdict.reason =
              (r->err_status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE
               || ctx->body_error == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE)
              ? ERPSYNC_REASON_BODY_TOO_LARGE
              : ERPSYNC_REASON_BODY_MALFORMED;

        ngx_http_erpsync_note_refusal(r, ctx);
    }

    if (ctx && ctx->state == NGX_HTTP_ERPSYNC_REFUSED) {
        return ngx_http_erpsync_refused(r, ctx);
    }

    if (elcf->mode == NGX_HTTP_ERPSYNC_OFF) {
        return NGX_DECLINED;
    }

    rc = ngx_http_erpsync_route(r, ctx, &route, &by_uri);

    if (rc != NGX_OK) {
        return rc;
    }

    if (!by_uri && ngx_http_erpsync_error_page(r)) {
        return NGX_DECLINED;
    }

    if (ctx == NULL) {
        ctx = ngx_http_erpsync_make_ctx(r);

        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    ctx->route = route;
    ctx->judged_uri = by_uri;
    ctx->report = (elcf->mode == NGX_HTTP_ERPSYNC_REPORT);
    ctx->state = NGX_HTTP_ERPSYNC_PENDING;
    ctx->has_facts = 0;

    if (ngx_http_erpsync_registry_hold(r, elcf->registry, &ctx->registry)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_erpsync_judge_head(r, ctx);

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->verdict.reason != ERPSYNC_REASON_OK) {
        return ngx_http_erpsync_refuse(r, ctx);
    }

    return NGX_DECLINED;
}


/* The body, and what is done with a request that has passed. */

ngx_int_t
ngx_http_erpsync_precontent_handler(ngx_http_request_t *r)
{
    ngx_http_erpsync_ctx_t  *ctx;

    ctx = ngx_http_erpsync_get_ctx(r);

    if (ctx == NULL) {
        return NGX_DECLINED;
    }

    switch (ctx->state) {

    case NGX_HTTP_ERPSYNC_PENDING:

        if (ngx_http_erpsync_error_page(r)) {
            return NGX_DECLINED;
        }

        if (ctx->route.kind == ERPSYNC_ROUTE_OPERATION
            && ctx->method != ERPSYNC_METHOD_OPTIONS)
        {
            return ngx_http_erpsync_read_body(r, ctx);
        }

        ctx->state = NGX_HTTP_ERPSYNC_ALLOWED;

        return ngx_http_erpsync_forward(r, ctx);

    case NGX_HTTP_ERPSYNC_READING:
        return NGX_DONE;

    case NGX_HTTP_ERPSYNC_ALLOWED:

        if (ctx->verdict.reason != ERPSYNC_REASON_OK) {
            ngx_http_erpsync_stop_clock(ctx);
            return ngx_http_erpsync_refuse(r, ctx);
        }

        return ngx_http_erpsync_forward(r, ctx);

    case NGX_HTTP_ERPSYNC_REFUSED:
        return ngx_http_erpsync_refused(r, ctx);

    default: /* NGX_HTTP_ERPSYNC_FORWARDED, NGX_HTTP_ERPSYNC_REPORTED */
        return NGX_DECLINED;
    }
}


/*
 * Finds which call it is.  Returns NGX_OK if there is one to be judged, and
 * NGX_DECLINED if there is none or if it is judged already.
 *
 * After a rewrite or an internal redirect, the current path decides.  If that
 * names nothing of the agent, the target that the client sent is judged
 * instead: a location may still proxy it as $request_uri.
 */

static ngx_int_t
ngx_http_erpsync_route(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx,
    erpsync_route_t *route, ngx_uint_t *by_uri)
{
    *by_uri = 1;

    if (ngx_http_erpsync_read_target(r, 0, route) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (route->kind == ERPSYNC_ROUTE_OTHER
        && !r->valid_unparsed_uri && r == r->main)
    {
        *by_uri = 0;

        if (ngx_http_erpsync_read_target(r, 1, route) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (route->kind == ERPSYNC_ROUTE_OTHER) {
        return NGX_DECLINED;
    }

    if (ctx && ctx->route.kind == route->kind
        && erpsync_str_eq(ctx->route.path, route->path))
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_erpsync_read_target(ngx_http_request_t *r, ngx_uint_t client,
    erpsync_route_t *route)
{
    ngx_int_t         rc;
    erpsync_str_t     target, uri;
    erpsync_arena_t   arena, pool;
    erpsync_target_t  parsed;

    rc = NGX_ERROR;
    target = erpsync_span(NULL, 0);
    uri = ngx_http_erpsync_span(&r->uri);

    /* of what is taken for all the readings, the canonical path is kept */

    erpsync_arena_init(&arena);

    if (client || r->valid_unparsed_uri) {
        target = ngx_http_erpsync_span(&r->unparsed_uri);
    }

    if (client) {

        if (erpsync_target_parse(&arena, target, &parsed) != ERPSYNC_OK) {
            goto done;
        }

        target = parsed.target;
        uri = parsed.uri;
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
 * Whether a page of the site is about to be shown for an error of nginx or
 * of another module: there is nothing to be judged in that.
 */

static ngx_uint_t
ngx_http_erpsync_error_page(ngx_http_request_t *r)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    return r->err_status >= NGX_HTTP_BAD_REQUEST && clcf->handler == NULL;
}


static ngx_int_t
ngx_http_erpsync_judge_head(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    uint64_t                       start;
    erpsync_rc_t                   rc;
    erpsync_request_t              request;
    ngx_http_erpsync_loc_conf_t   *elcf;
    ngx_http_erpsync_main_conf_t  *emcf;

    start = ngx_http_erpsync_clock();

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);
    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    ngx_http_erpsync_collect(r, &request);

    ctx->method = request.method;

    rc = erpsync_gate_head(&ctx->arena, &elcf->policy, ctx->registry,
                           emcf->digester, &ctx->route, &request,
                           &ctx->verdict);

    ctx->gate_time += ngx_http_erpsync_clock() - start;

    return (rc == ERPSYNC_OK) ? NGX_OK : NGX_ERROR;
}


/* As ngx_http_mirror_module does it. */

static ngx_int_t
ngx_http_erpsync_read_body(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ngx_int_t  rc;

    ctx->state = NGX_HTTP_ERPSYNC_READING;

    r->request_body_no_buffering = 0;
    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_erpsync_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        ctx->body_error = rc;
        return rc;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


static void
ngx_http_erpsync_body_handler(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_erpsync_ctx_t  *ctx;

    ctx = ngx_http_erpsync_get_ctx(r);
    ctx->started = ngx_http_erpsync_clock();

    rc = NGX_OK;

    if (ctx->method == ERPSYNC_METHOD_POST) {
        rc = ngx_http_erpsync_judge_body(r, ctx);
    }

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ctx->state = NGX_HTTP_ERPSYNC_ALLOWED;

    r->preserve_body = 1;

    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}


/* From the body's judgement on, what was judged is rewritten at once. */

static void
ngx_http_erpsync_stop_clock(ngx_http_erpsync_ctx_t *ctx)
{
    if (ctx->started) {
        ctx->gate_time += ngx_http_erpsync_clock() - ctx->started;
        ctx->started = 0;
    }
}


/* What was judged becomes what is sent. */

static ngx_int_t
ngx_http_erpsync_forward(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ctx->state = NGX_HTTP_ERPSYNC_FORWARDED;

    if (ctx->report) {
        ngx_http_erpsync_stop_clock(ctx);
        return NGX_DECLINED;
    }

    if (ctx->started == 0) {
        ctx->started = ngx_http_erpsync_clock();
    }

    if (ngx_http_erpsync_rewrite(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->route.kind == ERPSYNC_ROUTE_OPERATION
        && ctx->method != ERPSYNC_METHOD_OPTIONS
        && ngx_http_erpsync_replace_body(r, ctx) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_erpsync_stop_clock(ctx);

    return NGX_DECLINED;
}


/*
 * A refused request comes by again: error_page sent it on.  A page of the
 * site may show the refusal, but nothing that runs a handler of its own, as
 * proxy_pass does, gets to see the request.
 */

static ngx_int_t
ngx_http_erpsync_refused(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->handler == NULL) {
        return NGX_DECLINED;
    }

    return (ngx_int_t) erpsync_reason_status(ctx->verdict.reason);
}


ngx_http_erpsync_ctx_t *
ngx_http_erpsync_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_erpsync_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_erpsync_module);

    if (ctx || !r->internal) {
        return ctx;
    }

    /*
     * if module context was reset, the original context
     * can still be found in the cleanup handler
     */

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_http_erpsync_cleanup) {
            continue;
        }

        ctx = cln->data;

        /* subrequests share the pool */

        if (ctx->request == r) {
            ngx_http_set_ctx(r, ctx, ngx_http_erpsync_module);
            return ctx;
        }
    }

    return NULL;
}


ngx_http_erpsync_ctx_t *
ngx_http_erpsync_make_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_erpsync_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_erpsync_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_erpsync_ctx_t));

    cln->handler = ngx_http_erpsync_cleanup;

    ctx->request = r;
    erpsync_arena_init_source(&ctx->arena, ngx_http_erpsync_palloc, r->pool);

    ngx_http_set_ctx(r, ctx, ngx_http_erpsync_module);

    return ctx;
}


/* Only a mark in the list of cleanups; the pool frees all. */

static void
ngx_http_erpsync_cleanup(void *data)
{
    ngx_http_erpsync_ctx_t  *ctx = data;

    ctx->request = NULL;
}


void *
ngx_http_erpsync_palloc(void *data, size_t size)
{
    return ngx_palloc(data, size);
}


uint64_t
ngx_http_erpsync_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}
