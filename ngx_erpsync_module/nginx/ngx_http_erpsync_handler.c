
#include "ngx_http_erpsync_app.h"
#include "ngx_http_erpsync_body.h"
#include "ngx_http_erpsync_call.h"
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_handler.h"
#include "ngx_http_erpsync_judge.h"
#include "ngx_http_erpsync_memo.h"
#include "ngx_http_erpsync_method.h"
#include "ngx_http_erpsync_own.h"
#include "ngx_http_erpsync_refusal.h"
#include "ngx_http_erpsync_renew.h"
#include "ngx_http_erpsync_rewrite.h"
#include "ngx_http_erpsync_upstream.h"
#include "ngx_http_erpsync_zone.h"


static ngx_http_erpsync_ctx_t *ngx_http_erpsync_barring(
    ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx);
static ngx_int_t ngx_http_erpsync_page(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *barring);
static ngx_uint_t ngx_http_erpsync_judged(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_call_t *call);
static ngx_uint_t ngx_http_erpsync_same_method(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_uint_t ngx_http_erpsync_same_policy(
    ngx_http_erpsync_loc_conf_t *one, ngx_http_erpsync_loc_conf_t *two);
static void ngx_http_erpsync_begin(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_call_t *call,
    ngx_uint_t enforced);
static ngx_int_t ngx_http_erpsync_starve(ngx_http_request_t *r,
    ngx_http_erpsync_call_t *call, ngx_uint_t enforced);
static ngx_int_t ngx_http_erpsync_judge(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_head_t *head);
static void ngx_http_erpsync_bar_upgrade(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_int_t ngx_http_erpsync_again(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_int_t ngx_http_erpsync_forward(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);


/*
 * Judges everything in front of the body.  In the access phase, "satisfy any"
 * could end the phase before this handler is called.
 */

ngx_int_t
ngx_http_erpsync_preaccess_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_uint_t                    enforced, passed;
    ngx_http_erpsync_ctx_t       *ctx, *barring;
    ngx_http_erpsync_call_t       call;
    ngx_http_erpsync_head_t      *head;
    ngx_http_erpsync_loc_conf_t  *elcf;

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    ctx = ngx_http_erpsync_get_ctx(r);
    barring = ngx_http_erpsync_barring(r, ctx);

    if (barring) {
        return ngx_http_erpsync_page(r, barring);
    }

    rc = ctx ? NGX_DECLINED : ngx_http_erpsync_refused_before(r, &ctx);

    if (rc != NGX_DECLINED) {
        return (rc == NGX_OK) ? ngx_http_erpsync_page(r, ctx)
                              : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (elcf->mode == NGX_HTTP_ERPSYNC_OFF) {
        return NGX_DECLINED;
    }

    ngx_http_erpsync_passed_limits(r);

    head = ctx ? NULL : ngx_http_erpsync_find_head(r, elcf, &call);
    rc = head ? NGX_OK : ngx_http_erpsync_find_call(r, &call);

    if (rc == NGX_DECLINED) {
        return NGX_DECLINED;
    }

    if (rc == NGX_OK && ngx_http_erpsync_judged(r, ctx, &call)) {
        return NGX_DECLINED;
    }

    enforced = ngx_http_erpsync_enforced(r, elcf);

    if (ctx == NULL) {
        ctx = ngx_http_erpsync_make_ctx(r);

        if (ctx == NULL) {
            return ngx_http_erpsync_starve(r, &call, enforced);
        }
    }

    ngx_http_erpsync_restore(r, ctx);

    /*
     * if the call was forwarded before, nginx's status is that of the answer,
     * and not of a refusal
     */

    passed = (ctx->state == NGX_HTTP_ERPSYNC_FORWARDED
              || ctx->state == NGX_HTTP_ERPSYNC_REPORTED);

    ngx_http_erpsync_begin(r, ctx, &call, enforced);

    if (rc == NGX_ERROR) {
        return ngx_http_erpsync_fail(r, ctx);
    }

    if (r == r->main && !passed && ngx_http_erpsync_own_status(r, ctx)) {

        /* nginx refused the call before, and this is its error page */

        ctx->uri_changes = 0;
        ngx_http_erpsync_note_own(r, ctx);
        ctx->noted = 1;
        ctx->barred = ctx->enforced;

        return ctx->barred ? ngx_http_erpsync_page(r, ctx) : NGX_DECLINED;
    }

    return ngx_http_erpsync_judge(r, ctx, head);
}


/* Judges the body, and forwards or refuses. */

ngx_int_t
ngx_http_erpsync_precontent_handler(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_erpsync_ctx_t  *ctx;

    ctx = ngx_http_erpsync_get_ctx(r);

    if (ctx == NULL || ctx->barred) {
        return NGX_DECLINED;
    }

    switch (ctx->state) {

    case NGX_HTTP_ERPSYNC_PENDING:

        if (ctx->call.route.kind == ERPSYNC_ROUTE_OPERATION
            && ctx->method != ERPSYNC_METHOD_OPTIONS)
        {
            rc = ngx_http_erpsync_read_body(r, ctx);

            if (rc != NGX_OK) {
                return rc;
            }
        }

        /* fall through */

    case NGX_HTTP_ERPSYNC_JUDGED:

        if (ctx->verdict.reason != ERPSYNC_REASON_OK) {
            ngx_http_erpsync_stop_clock(ctx);
            return ngx_http_erpsync_refuse(r, ctx);
        }

        return ngx_http_erpsync_forward(r, ctx);

    case NGX_HTTP_ERPSYNC_READING:
        return NGX_DONE;

    case NGX_HTTP_ERPSYNC_FORWARDED:
        return ngx_http_erpsync_again(r, ctx);

    default:
        return NGX_DECLINED;
    }
}


/*
 * Returns the context of a refused call, of this request or of a request that
 * it is a subrequest of, or NULL.  Then no handler may run that could send
 * the request to a server.
 *
 * nginx or another module may have refused the call between the two phases of
 * the gateway.  Then "error_page" leads here again, and so does "post_action",
 * also if the client has left.
 */

static ngx_http_erpsync_ctx_t *
ngx_http_erpsync_barring(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ngx_http_request_t      *pr;
    ngx_http_erpsync_ctx_t  *parent;

    for (pr = r->parent; pr; pr = pr->parent) {
        parent = ngx_http_erpsync_get_ctx(pr);

        if (parent && parent->barred) {
            return parent;
        }
    }

    if (ctx == NULL) {
        return NULL;
    }

    if (ctx->state == NGX_HTTP_ERPSYNC_READING
        || (ctx->state == NGX_HTTP_ERPSYNC_PENDING
            && (r->err_status || r->error_page || r->post_action
                || (ctx->clcf->error_pages
                    && ctx->clcf->recursive_error_pages))))
    {
        ngx_http_erpsync_note_own(r, ctx);
        ctx->noted = 1;

        if (ctx->state < NGX_HTTP_ERPSYNC_FORWARDED) {
            ctx->state = NGX_HTTP_ERPSYNC_NONE;
        }

        ctx->barred = ctx->enforced;
    }

    return ctx->barred ? ctx : NULL;
}


/*
 * Lets a refused request go on to an error page that is a file or a "return".
 * A location with another handler, such as proxy_pass, must not get the
 * request: it is answered as if there were no error page.
 */

static ngx_int_t
ngx_http_erpsync_page(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *barring)
{
    ngx_uint_t                 status;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->handler == NULL) {
        return NGX_DECLINED;
    }

    /* with recursive_error_pages, it would lead here again and again */

    r->error_page = 1;

    if (barring->request == r) {
        barring->uri_changes = r->uri_changes;
    }

    status = (barring->state == NGX_HTTP_ERPSYNC_REFUSED)
             ? barring->status : barring->request->err_status;

    return (status >= NGX_HTTP_BAD_REQUEST) ? (ngx_int_t) status
                                            : NGX_HTTP_FORBIDDEN;
}


/*
 * Returns whether the call has been judged, as it now is, by the policy of this
 * location already: before an internal redirect, or as the main request.  A
 * script may have changed it since.
 */

static ngx_uint_t
ngx_http_erpsync_judged(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx,
    ngx_http_erpsync_call_t *call)
{
    ngx_http_erpsync_loc_conf_t  *elcf;

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    if (r != r->main && ctx == NULL && !call->by_uri) {
        ctx = ngx_http_erpsync_get_ctx(r->main);

        if (ctx && ctx->state != NGX_HTTP_ERPSYNC_FORWARDED
            && ctx->state != NGX_HTTP_ERPSYNC_REPORTED)
        {
            return 0;
        }
    }

    if (ctx == NULL || ctx->state == NGX_HTTP_ERPSYNC_NONE
        || ctx->call.route.kind != call->route.kind
        || !erpsync_str_eq(ctx->call.route.path, call->route.path)
        || !ngx_http_erpsync_same_policy(ctx->conf, elcf)
        || !ngx_http_erpsync_same_method(r, ctx)
        || !ngx_http_erpsync_as_forwarded(r, ctx, call->args))
    {
        return 0;
    }

    /* an error page with a path of its own is the site's answer */

    if (ctx->request == r && (call->by_uri || !r->err_status)) {
        ctx->uri_changes = r->uri_changes;
    }

    return 1;
}


/*
 * Returns whether a method is sent that was judged: GET and HEAD, which nginx
 * makes of the method for an error page, execute nothing.  If this location
 * sends another method, the call is judged again, and refused.
 */

static ngx_uint_t
ngx_http_erpsync_same_method(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    erpsync_method_t  method;

    method = ngx_http_erpsync_method(r);

    return (method == ctx->method
            || (method == ERPSYNC_METHOD_GET
                && ctx->method == ERPSYNC_METHOD_POST))
           && ngx_http_erpsync_method_sent(r, method);
}


/*
 * Compares bytes: merged configurations are zeroed before, and what they point
 * to is shared.
 */

static ngx_uint_t
ngx_http_erpsync_same_policy(ngx_http_erpsync_loc_conf_t *one,
    ngx_http_erpsync_loc_conf_t *two)
{
    return one == two
           || (one->mode == two->mode && one->registry == two->registry
               && one->tenants == two->tenants
               && ngx_memcmp(&one->policy, &two->policy,
                             sizeof(erpsync_policy_t))
                  == 0);
}


/* Prepares the judgement of a call by the policy of its location. */

static void
ngx_http_erpsync_begin(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx,
    ngx_http_erpsync_call_t *call, ngx_uint_t enforced)
{
    ctx->conf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);
    ctx->clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    ctx->uri_changes = r->uri_changes;
    ctx->call = *call;
    ctx->verdict.operation = call->route.operation;
    ctx->verdict.tenant = call->route.tenant;
    ctx->enforced = enforced;
    ctx->report = !enforced;
    ctx->state = NGX_HTTP_ERPSYNC_NONE;
    ctx->digest[0] = 0;
    ctx->has_facts = 0;
    ctx->has_claimed = 0;
    ctx->has_format = 0;
    ctx->noted = 0;

    if (ctx->upgrade) {
        r->headers_in.upgrade = ctx->upgrade;
    }
}


/*
 * Logs and counts a call for whose context there is no memory, and refuses it
 * unless the gateway only reports.
 */

static ngx_int_t
ngx_http_erpsync_starve(ngx_http_request_t *r, ngx_http_erpsync_call_t *call,
    ngx_uint_t enforced)
{
    ngx_http_erpsync_ctx_t  ctx;

    ngx_http_erpsync_init_ctx(r, &ctx);
    ngx_http_erpsync_begin(r, &ctx, call, enforced);

    ctx.verdict.reason = ERPSYNC_REASON_GATEWAY_FAILED;
    ngx_http_erpsync_note_refusal(r, &ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
    ngx_http_erpsync_count(r, &ctx);

    if (!enforced) {
        return NGX_DECLINED;
    }

    r->error_page = 1;                 /* no error page of the site is shown */

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_erpsync_judge(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx,
    ngx_http_erpsync_head_t *head)
{
    ctx->state = NGX_HTTP_ERPSYNC_PENDING;
    ngx_http_erpsync_upstream_begin(r, ctx);

    if (ngx_http_erpsync_judge_head(r, ctx, head) != NGX_OK) {
        return ngx_http_erpsync_fail(r, ctx);
    }

    if (ctx->verdict.reason != ERPSYNC_REASON_OK) {
        return ngx_http_erpsync_refuse(r, ctx);
    }

    if (!ctx->report) {
        ngx_http_erpsync_bar_upgrade(r, ctx);
    }

    if (!ctx->report
        && (ctx->sent_headers & erpsync_header_bit(ERPSYNC_HEADER_OVERRIDE))
        && ngx_http_erpsync_drop_overrides(r, ctx) != NGX_OK)
    {
        return ngx_http_erpsync_fail(r, ctx);
    }

    if (head == NULL) {
        ngx_http_erpsync_keep_head(r, ctx);
    }

    return NGX_DECLINED;
}


/* After an upgrade, what follows would not be judged: there is no tunnel. */

static void
ngx_http_erpsync_bar_upgrade(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    if (r->headers_in.upgrade) {
        ctx->upgrade = r->headers_in.upgrade;
        r->headers_in.upgrade = NULL;
    }
}


/*
 * Lets a call pass that was judged in another location.  A script may have
 * changed it in the access phase of this one, which subrequests do not have.
 */

static ngx_int_t
ngx_http_erpsync_again(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ngx_int_t                     rc;
    ngx_http_erpsync_call_t       call;
    ngx_http_erpsync_loc_conf_t  *elcf;

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    if (ctx->report || elcf->mode == NGX_HTTP_ERPSYNC_OFF) {
        return NGX_DECLINED;
    }

    rc = ngx_http_erpsync_find_call(r, &call);

    if (rc == NGX_DECLINED) {
        return NGX_DECLINED;
    }

    if (rc == NGX_OK && ngx_http_erpsync_judged(r, ctx, &call)) {
        ngx_http_erpsync_bar_upgrade(r, ctx);
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "erpsync: another module has changed a call since it was "
                  "judged");

    return ngx_http_erpsync_fail(r, ctx);
}


/* Puts URI, headers and body of a judged call into their canonical form. */

static ngx_int_t
ngx_http_erpsync_forward(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    if (ctx->call.route.kind == ERPSYNC_ROUTE_OPERATION
        && !ngx_http_erpsync_method_sent(r, ctx->method))
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "erpsync: \"proxy_method\" or another module changes the "
                      "method of a call");

        ngx_http_erpsync_stop_clock(ctx);
        return ngx_http_erpsync_fail(r, ctx);
    }

    if (ctx->report) {
        ctx->state = NGX_HTTP_ERPSYNC_FORWARDED;
        ngx_http_erpsync_stop_clock(ctx);
        return NGX_DECLINED;
    }

    ngx_http_erpsync_start_clock(ctx);

    /* while the body was on its way, the app may have become enforced */

    ngx_http_erpsync_bar_upgrade(r, ctx);

    if (ctx->verdict.accept.len) {

        /* the client named no type: the Accept that is forwarded is not its */

        ctx->format = ERPSYNC_FORMAT_SUPEROFFICE;
        ctx->has_format = 1;
    }

    if (ngx_http_erpsync_rewrite(r, ctx) != NGX_OK
        || (ctx->call.route.kind == ERPSYNC_ROUTE_OPERATION
            && ctx->method != ERPSYNC_METHOD_OPTIONS
            && ngx_http_erpsync_replace_body(r, ctx) != NGX_OK)
        || ngx_http_erpsync_renew_variables(r) != NGX_OK)
    {
        return ngx_http_erpsync_fail(r, ctx);
    }

    ctx->state = NGX_HTTP_ERPSYNC_FORWARDED;
    ngx_http_erpsync_stop_clock(ctx);

    return NGX_DECLINED;
}
