
#include "ngx_http_erpsync_app.h"
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_headers.h"
#include "ngx_http_erpsync_judge.h"
#include "ngx_http_erpsync_memo.h"
#include "ngx_http_erpsync_file.h"


static ngx_int_t ngx_http_erpsync_judge_whole(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static void ngx_http_erpsync_judge_by(ngx_http_erpsync_ctx_t *ctx,
    int64_t now);
static void ngx_http_erpsync_judge_files(ngx_http_erpsync_ctx_t *ctx);
static ngx_int_t ngx_http_erpsync_hold(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);


ngx_int_t
ngx_http_erpsync_judge_head(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_head_t *head)
{
    ngx_int_t  rc;

    ngx_http_erpsync_start_clock(ctx);

    rc = NGX_DECLINED;

    if (head) {
        ctx->method = ERPSYNC_METHOD_POST;
        ctx->sent_headers = head->sent_headers;
        ctx->verdict = head->verdict;
        ctx->verdict.proof.memo = ngx_http_erpsync_memo(r);

        rc = ngx_http_erpsync_judge_again(r, ctx);
    }

    /* how a call is refused depends on more of it than is remembered */

    if (head == NULL || ctx->verdict.reason != ERPSYNC_REASON_OK) {
        rc = ngx_http_erpsync_judge_whole(r, ctx);
    }

    ngx_http_erpsync_stop_clock(ctx);

    return rc;
}


/* The same, of a head that is not remembered. */

static ngx_int_t
ngx_http_erpsync_judge_whole(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    ngx_int_t                      rc;
    erpsync_request_t              request;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    ctx->sent_headers = ngx_http_erpsync_collect(r, &request);

    request.args = ctx->call.args;
    request.memo = ngx_http_erpsync_memo(r);

    ctx->method = request.method;
    ngx_http_erpsync_judge_by(ctx, request.now);

    rc = NGX_ERROR;

    if (ngx_http_erpsync_app_certificate(r, ctx->registry,
                                         &request.certificate)
        == NGX_OK
        && erpsync_gate_head(&ctx->arena, &ctx->conf->policy, ctx->registry,
                          emcf->digester, &ctx->call.route, &request,
                          &ctx->verdict)
        == ERPSYNC_OK)
    {
        ngx_http_erpsync_judge_files(ctx);
        rc = ngx_http_erpsync_hold(r, ctx);
    }

    if (ctx->verdict.reason != ERPSYNC_REASON_OK) {
        ctx->format = erpsync_accept(request.accept);
        ctx->has_format = 1;
    }

    return rc;
}


ngx_int_t
ngx_http_erpsync_judge_again(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    erpsync_address_t              address;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    ngx_http_erpsync_address(r, &address);

    ngx_http_erpsync_judge_by(ctx, ngx_time());

    if (ctx->report && ngx_http_erpsync_enforced(r, ctx->conf)) {
        ctx->enforced = 1;
        ctx->report = 0;
    }

    /* the registry that was used before may have had no certificates */

    if (ngx_http_erpsync_app_certificate(r, ctx->registry,
                                         &ctx->verdict.proof.certificate)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (erpsync_gate_again(&ctx->conf->policy, ctx->registry, emcf->digester,
                           &ctx->call.route, &address, ctx->judged, NULL,
                           &ctx->verdict)
        != ERPSYNC_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_erpsync_judge_files(ctx);

    return ngx_http_erpsync_hold(r, ctx);
}


/* Notes the snapshots and the time of the judgement. */

static void
ngx_http_erpsync_judge_by(ngx_http_erpsync_ctx_t *ctx, int64_t now)
{
    erpsync_str_t  digest;

    /* verdict.app may be of a snapshot that is not in use any more */

    ctx->verdict.claimed = 0;

    ctx->judged = now;
    ctx->registry = ngx_http_erpsync_file_current(ctx->conf->registry);
    ctx->tenants = ngx_http_erpsync_file_current(ctx->conf->tenants);

    ngx_memzero(ctx->digest, sizeof(ctx->digest));

    if (ctx->registry) {
        digest = erpsync_registry_digest(ctx->registry);
        ngx_memcpy(ctx->digest, digest.data, digest.len);
    }
}


/* Refuses a call that the snapshots would allow, but must not. */

static void
ngx_http_erpsync_judge_files(ngx_http_erpsync_ctx_t *ctx)
{
    if (ctx->conf->registry && ctx->conf->registry->outdated
        && ctx->verdict.reason == ERPSYNC_REASON_OK
        && ctx->verdict.operation
        && ctx->method != ERPSYNC_METHOD_OPTIONS)
    {
        ctx->verdict.reason = ERPSYNC_REASON_REGISTRY_UNAVAILABLE;
    }

    erpsync_gate_tenant(ctx->tenants, &ctx->verdict);
}


/*
 * Holds the snapshot of the registry, if the call names an app, since the
 * verdict refers to it; and the one of the tenants file, for
 * $erpsync_tenant_host.
 */

static ngx_int_t
ngx_http_erpsync_hold(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    if (ctx->verdict.app
        && ngx_http_erpsync_file_hold(r, ctx->conf->registry) != NGX_OK)
    {
        ctx->verdict.claimed = 0;
        return NGX_ERROR;
    }

    if (ctx->tenants) {
        return ngx_http_erpsync_file_hold(r, ctx->conf->tenants);
    }

    return NGX_OK;
}
