
#include "ngx_http_erpsync_context.h"


static void ngx_http_erpsync_cleanup(void *data);


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

    cln = r->pool->cleanup;

    while ((ctx = ngx_http_erpsync_next_ctx(&cln)) != NULL) {

        /* subrequests share the pool */

        if (ctx->request == r) {
            ngx_http_set_ctx(r, ctx, ngx_http_erpsync_module);
            break;
        }
    }

    return ctx;
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
    cln->handler = ngx_http_erpsync_cleanup;

    ngx_http_erpsync_init_ctx(r, ctx);
    ngx_http_set_ctx(r, ctx, ngx_http_erpsync_module);

    return ctx;
}


void
ngx_http_erpsync_init_ctx(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    erpsync_zero(ctx, offsetof(ngx_http_erpsync_ctx_t, room));

    ctx->request = r;
    ctx->conf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);
    ctx->clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    ctx->enforced = (ctx->conf->mode == NGX_HTTP_ERPSYNC_ON);
    ctx->timed = (emcf->timed != 0);
    erpsync_arena_init_source(&ctx->arena, ngx_http_erpsync_palloc, r->pool);
    erpsync_arena_lend(&ctx->arena, ctx->room, NGX_HTTP_ERPSYNC_ROOM);
}


ngx_http_erpsync_ctx_t *
ngx_http_erpsync_next_ctx(ngx_pool_cleanup_t **cln)
{
    ngx_http_erpsync_ctx_t  *ctx;

    while (*cln) {
        ctx = ((*cln)->handler == ngx_http_erpsync_cleanup) ? (*cln)->data
                                                            : NULL;
        *cln = (*cln)->next;

        if (ctx) {
            return ctx;
        }
    }

    return NULL;
}


/* Only marks the context in the list of cleanups; the pool frees it. */

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


void
ngx_http_erpsync_start_clock(ngx_http_erpsync_ctx_t *ctx)
{
    if (ctx->timed && ctx->started == 0) {
        ctx->started = ngx_http_erpsync_clock();
    }
}


void
ngx_http_erpsync_stop_clock(ngx_http_erpsync_ctx_t *ctx)
{
    if (ctx->started) {
        ctx->gate_time += ngx_http_erpsync_clock() - ctx->started;
        ctx->started = 0;
    }
}


char *
ngx_http_erpsync_invalid_value(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"%V\" directive",
                       value, &cmd->name);

    return NGX_CONF_ERROR;
}
