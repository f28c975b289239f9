
#include "ngx_http_erpsync_app.h"
#include "ngx_http_erpsync_call.h"
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_headers.h"
#include "ngx_http_erpsync_own.h"
#include "ngx_http_erpsync_refusal.h"
#include "ngx_http_erpsync_upstream.h"
#include "ngx_http_erpsync_zone.h"


static ngx_http_variable_value_t *ngx_http_erpsync_stage(
    ngx_http_request_t *r);
static ngx_uint_t ngx_http_erpsync_limit_status(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_own_ctx(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t **ctx);
static ngx_uint_t ngx_http_erpsync_left(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_uint_t status);
static ngx_uint_t ngx_http_erpsync_discarded(ngx_http_request_t *r);
static erpsync_reason_t ngx_http_erpsync_own_reason(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_uint_t status);
static ngx_uint_t ngx_http_erpsync_own_method(ngx_http_request_t *r);
static erpsync_reason_t ngx_http_erpsync_own_header(ngx_http_request_t *r);


/*
 * Notes refusals by nginx itself, for example by a limit, for the size of the
 * body, or for a header that was sent twice.  nginx may refuse before the
 * gateway's phases or while the body is read, and "error_page" may hide it.
 * In the log phase all of them can be found.
 */

ngx_int_t
ngx_http_erpsync_log_handler(ngx_http_request_t *r)
{
    ngx_uint_t               status;
    ngx_pool_cleanup_t      *cln;
    ngx_http_erpsync_ctx_t  *ctx;

    if (r != r->main) {
        return NGX_OK;
    }

    /* nginx does not log subrequests, some of which were judged */

    cln = r->pool->cleanup;

    while ((ctx = ngx_http_erpsync_next_ctx(&cln)) != NULL) {
        if (ctx->request != r) {
            ngx_http_erpsync_count(ctx->request, ctx);
        }
    }

    ctx = ngx_http_erpsync_get_ctx(r);

    if (ctx == NULL) {
        status = r->err_status ? r->err_status : r->headers_out.status;

        if (status < NGX_HTTP_BAD_REQUEST
            && ngx_http_erpsync_limit_status(r) == 0)
        {
            return NGX_OK;
        }

        if (ngx_http_erpsync_own_ctx(r, &ctx) != NGX_OK) {
            return NGX_OK;
        }
    }

    ngx_http_erpsync_note_own(r, ctx);

    ngx_http_erpsync_count(r, ctx);

    return NGX_OK;
}


/*
 * Notes that a body is too large.  nginx refuses it before any handler is
 * called, and "error_page 413 =" may change the status.  Only after this
 * refusal, the body is discarded already when the rewrite phase of the error
 * page begins.
 */

ngx_int_t
ngx_http_erpsync_redirected_handler(ngx_http_request_t *r)
{
    ngx_http_erpsync_ctx_t  *ctx;

    if (!r->internal || r != r->main || !ngx_http_erpsync_discarded(r)
        || ngx_http_erpsync_get_ctx(r))
    {
        return NGX_DECLINED;
    }

    if (ngx_http_erpsync_own_ctx(r, &ctx) == NGX_OK) {
        ctx->uri_changes = 0;
        ngx_http_erpsync_note_own(r, ctx);
        ctx->noted = 1;
    }

    return NGX_DECLINED;
}


/*
 * How far a request got before nginx or another module refused it.  This must
 * survive internal redirects, and most requests have no context, so it is in
 * the place of a variable that is not used otherwise: "valid" if the request
 * has entered the phases, "data" is its r->loc_conf from the first handler of
 * PREACCESS to the gateway's own, which is the last, and "len" is
 * r->uri_changes then.
 */

static ngx_http_variable_value_t *
ngx_http_erpsync_stage(ngx_http_request_t *r)
{
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    return &r->main->variables[emcf->stage];
}


ngx_int_t
ngx_http_erpsync_entered_handler(ngx_http_request_t *r)
{
    if (!r->internal) {
        ngx_http_erpsync_stage(r)->valid = 1;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_erpsync_limits_handler(ngx_http_request_t *r)
{
    ngx_http_variable_value_t    *stage;
    ngx_http_erpsync_loc_conf_t  *elcf;

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);
    stage = ngx_http_erpsync_stage(r);

    /* of a request that was refused, this is an error page */

    if (elcf->mode != NGX_HTTP_ERPSYNC_OFF && r == r->main
        && stage->valid && !stage->data)
    {
        stage->data = (u_char *) r->loc_conf;
        stage->len = r->uri_changes;
    }

    return NGX_DECLINED;
}


void
ngx_http_erpsync_passed_limits(ngx_http_request_t *r)
{
    if (r == r->main) {
        ngx_http_erpsync_stage(r)->data = NULL;
    }
}


ngx_int_t
ngx_http_erpsync_refused_before(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t **ctx)
{
    ngx_int_t                   rc;
    ngx_uint_t                  shown;
    ngx_http_variable_value_t  *stage;

    stage = ngx_http_erpsync_stage(r);

    if (!r->internal || r != r->main
        || (stage->valid
            && (!stage->data || stage->len == r->uri_changes)))
    {
        return NGX_DECLINED;
    }

    rc = ngx_http_erpsync_own_ctx(r, ctx);

    if (rc != NGX_OK) {
        stage->valid = 1;
        stage->data = NULL;
        return rc;
    }

    (*ctx)->uri_changes = 0;

    if (!(*ctx)->enforced) {
        return NGX_DECLINED;
    }

    shown = r->err_status;

    if (shown < NGX_HTTP_BAD_REQUEST) {

        /* "error_page ... =" has hidden it */

        r->err_status = stage->valid ? NGX_HTTP_SERVICE_UNAVAILABLE
                        : ngx_http_erpsync_own_method(r)
                        ? NGX_HTTP_NOT_ALLOWED : NGX_HTTP_BAD_REQUEST;
    }

    ngx_http_erpsync_note_own(r, *ctx);
    (*ctx)->noted = 1;
    (*ctx)->barred = 1;

    if ((*ctx)->state == NGX_HTTP_ERPSYNC_REFUSED) {
        r->err_status = shown;
    }

    return NGX_OK;
}


/*
 * Returns the status with which a limit has refused the call, 0 if none has.
 * Variable and directive have the same name.
 */

static ngx_uint_t
ngx_http_erpsync_limit_status(ngx_http_request_t *r)
{
    void                         **loc_conf;
    u_char                        *conf;
    ngx_str_t                     *name;
    ngx_uint_t                     i;
    ngx_http_erpsync_limit_t      *limit;
    ngx_http_variable_value_t     *v;
    ngx_http_erpsync_main_conf_t  *emcf;

    static const ngx_str_t  rejected = ngx_string("REJECTED");

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);
    loc_conf = (void **) (void *) ngx_http_erpsync_stage(r)->data;

    if (loc_conf == NULL) {
        return 0;
    }

    for (i = 0; i < NGX_HTTP_ERPSYNC_LIMITS; i++) {
        limit = &emcf->limits[i];

        if (limit->status == NULL) {
            continue;
        }

        name = &limit->status->name;
        v = ngx_http_get_variable(r, name, ngx_hash_key(name->data, name->len));

        if (v && !v->not_found && v->len == rejected.len
            && ngx_strncmp(v->data, rejected.data, v->len) == 0)
        {
            conf = loc_conf[limit->index];
            return *(ngx_uint_t *) (void *) (conf + limit->status->offset);
        }
    }

    return 0;
}


void
ngx_http_erpsync_note_own(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ngx_uint_t        status;
    erpsync_reason_t  reason;

    /* the status of an error page is not one of the call */

    if (ctx->state >= NGX_HTTP_ERPSYNC_FORWARDED || ctx->noted) {
        return;
    }

    status = ngx_http_erpsync_own_status(r, ctx);

    if (ngx_http_erpsync_left(r, ctx, status)) {
        ctx->state = NGX_HTTP_ERPSYNC_ABORTED;
        return;
    }

    reason = ngx_http_erpsync_own_reason(r, ctx, status);

    if (reason == ERPSYNC_REASON_OK) {
        return;
    }

    /* nginx refuses it, also if the gateway only reports */

    ctx->report = 0;
    ctx->verdict.reason = reason;
    ngx_http_erpsync_note_refusal(r, ctx, status);
}


/*
 * Returns whether the client left before its call was judged.  If it left while
 * nginx read the head or a limit delayed the call, nginx answers nothing: then
 * there is no err_status, as there is of a call that nginx refused.
 */

static ngx_uint_t
ngx_http_erpsync_left(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx,
    ngx_uint_t status)
{
    if (ctx->state == NGX_HTTP_ERPSYNC_NONE
        && (r->err_status || (status != NGX_HTTP_BAD_REQUEST
                              && status != NGX_HTTP_CLIENT_CLOSED_REQUEST)))
    {
        return 0;
    }

    return status != NGX_HTTP_REQUEST_TIME_OUT
           && (status == NGX_HTTP_CLIENT_CLOSED_REQUEST
               || r->connection->error);
}


ngx_uint_t
ngx_http_erpsync_own_status(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    off_t                     max;
    ngx_uint_t                status;
    ngx_http_request_body_t  *rb;

    status = (ctx->state == NGX_HTTP_ERPSYNC_NONE)
             ? ngx_http_erpsync_limit_status(r) : 0;

    if (status) {
        return status;
    }

    if (r->err_status >= NGX_HTTP_BAD_REQUEST) {
        return r->err_status;
    }

    if (ctx->state == NGX_HTTP_ERPSYNC_NONE && ngx_http_erpsync_discarded(r)) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    if (ctx->state == NGX_HTTP_ERPSYNC_READING && r->connection->timedout) {
        return NGX_HTTP_REQUEST_TIME_OUT;
    }

    if (ctx->state != NGX_HTTP_ERPSYNC_READING || !r->internal
        || r->headers_out.status >= NGX_HTTP_BAD_REQUEST)
    {
        return r->headers_out.status;
    }

    /*
     * "error_page" has hidden the status, so it is found by the cause.  While
     * it reads a body of a given length, nginx fails over HTTP/1 only if it has
     * no memory or no disk space.
     */

    rb = r->request_body;

    if (rb && rb->chunked) {
        max = ctx->clcf->client_max_body_size;

        return (max && max - r->headers_in.content_length_n
                       < rb->chunked->size)
               ? NGX_HTTP_REQUEST_ENTITY_TOO_LARGE : NGX_HTTP_BAD_REQUEST;
    }

    return (r->http_version >= NGX_HTTP_VERSION_20)
           ? NGX_HTTP_BAD_REQUEST : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/*
 * Returns whether nginx has discarded the body before it was read.  Before the
 * gateway's phases it does so with a body that is too large; later, also with
 * that of a call that another module refused and that has an error page.  The
 * length is -1 if nginx refused the call for a header before it read the last.
 */

static ngx_uint_t
ngx_http_erpsync_discarded(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    if (r->discard_body) {
        return 1;
    }

    h = r->headers_in.content_length;

    return r->internal && r->request_body == NULL && h
           && r->headers_in.content_length_n != -1
           && ngx_atoof(h->value.data, h->value.len)
              != r->headers_in.content_length_n;
}


void
ngx_http_erpsync_answer_own(ngx_http_request_t *r)
{
    ngx_uint_t                           status;
    erpsync_reason_t                     reason;
    ngx_http_erpsync_ctx_t              *ctx;
    ngx_http_erpsync_upstream_answer_t   answer;

    status = r->headers_out.status;

    if (status < NGX_HTTP_BAD_REQUEST || r->err_status != status) {
        return;
    }

    ctx = ngx_http_erpsync_get_ctx(r);

    /* after an internal redirect, this is an error page of the site */

    if (r->uri_changes
        != (ctx ? ctx->uri_changes : NGX_HTTP_MAX_URI_CHANGES + 1))
    {
        return;
    }

    if (ctx == NULL && ngx_http_erpsync_own_ctx(r, &ctx) != NGX_OK) {
        return;
    }

    switch (ctx->state) {

    case NGX_HTTP_ERPSYNC_FORWARDED:

        if (ngx_http_erpsync_upstream_answer(r, ctx, &answer) != NGX_OK
            || answer.status)
        {
            return;
        }

        reason = (status == NGX_HTTP_BAD_GATEWAY)
                 ? ERPSYNC_REASON_BAD_GATEWAY
                 : (status == NGX_HTTP_GATEWAY_TIME_OUT)
                 ? ERPSYNC_REASON_GATEWAY_TIMEOUT : ERPSYNC_REASON_OK;
        break;

    default:
        ngx_http_erpsync_note_own(r, ctx);

        reason = (ctx->state == NGX_HTTP_ERPSYNC_REFUSED)
                 ? ctx->verdict.reason : ERPSYNC_REASON_OK;
    }

    if (reason == ERPSYNC_REASON_OK
        || erpsync_reason_status(reason) != status
        || !ctx->enforced
        || ctx->conf->errors == NGX_HTTP_ERPSYNC_ERRORS_OFF
        || ngx_http_erpsync_add_headers(r, ctx, reason) != NGX_OK)
    {
        return;
    }

    ctx->answer = ngx_http_erpsync_answer(r, ctx, reason);
}


/*
 * Makes a context for a call that nginx refused before the gateway's handlers.
 * Returns NGX_OK, NGX_DECLINED if the request is not a call, or NGX_ERROR.
 *
 * If "error_page" has led to another location, the policy is that of the
 * location whose limits the call was in.  If that is not known, it is that of
 * the page's location or of the server: the one where the gateway is on.
 */

static ngx_int_t
ngx_http_erpsync_own_ctx(ngx_http_request_t *r, ngx_http_erpsync_ctx_t **ctx)
{
    ngx_int_t                     rc;
    ngx_http_erpsync_call_t       call;
    void                        **loc_conf;
    ngx_http_core_srv_conf_t     *cscf;
    ngx_http_variable_value_t    *stage;
    ngx_http_erpsync_loc_conf_t  *elcf, *server;

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    stage = ngx_http_erpsync_stage(r);

    if (r->internal && stage->data) {
        loc_conf = (void **) (void *) stage->data;
        elcf = loc_conf[ngx_http_erpsync_module.ctx_index];

    } else if (r->internal && elcf->mode != NGX_HTTP_ERPSYNC_ON) {
        cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
        server = cscf->ctx->loc_conf[ngx_http_erpsync_module.ctx_index];

        if (elcf->mode == NGX_HTTP_ERPSYNC_OFF
            || server->mode == NGX_HTTP_ERPSYNC_ON)
        {
            elcf = server;
        }
    }

    if (elcf->mode == NGX_HTTP_ERPSYNC_OFF
        || ngx_http_erpsync_path(r).len == 0)
    {
        return NGX_DECLINED;
    }

    rc = ngx_http_erpsync_find_call(r, &call);

    if (rc != NGX_OK) {
        return rc;
    }

    *ctx = ngx_http_erpsync_make_ctx(r);

    if (*ctx == NULL) {
        return NGX_ERROR;
    }

    (*ctx)->conf = elcf;
    (*ctx)->enforced = ngx_http_erpsync_enforced(r, elcf);
    (*ctx)->uri_changes = r->uri_changes;
    (*ctx)->call = call;
    (*ctx)->verdict.operation = call.route.operation;
    (*ctx)->verdict.tenant = call.route.tenant;

    return NGX_OK;
}


/* Returns the reason of a refusal by nginx; ERPSYNC_REASON_OK if it is none. */

static erpsync_reason_t
ngx_http_erpsync_own_reason(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_uint_t status)
{
    switch (status) {

    case NGX_HTTP_BAD_REQUEST:
        return (ctx->state == NGX_HTTP_ERPSYNC_READING)
               ? ERPSYNC_REASON_BODY_MALFORMED
               : ngx_http_erpsync_own_header(r);

    case NGX_HTTP_NOT_ALLOWED:

        /* TRACE and CONNECT, which nginx refuses before any handler */

        return (!ngx_http_erpsync_stage(r)->valid
                && ctx->state == NGX_HTTP_ERPSYNC_NONE)
               ? ERPSYNC_REASON_METHOD_NOT_ALLOWED : ERPSYNC_REASON_OK;

    case NGX_HTTP_REQUEST_TIME_OUT:
        return ERPSYNC_REASON_REQUEST_TIMEOUT;

    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        return ERPSYNC_REASON_BODY_TOO_LARGE;

    case NGX_HTTP_TOO_MANY_REQUESTS:
        return ERPSYNC_REASON_TOO_MANY_REQUESTS;

    case NGX_HTTP_INTERNAL_SERVER_ERROR:
        return (ctx->state == NGX_HTTP_ERPSYNC_READING)
               ? ERPSYNC_REASON_GATEWAY_FAILED : ERPSYNC_REASON_OK;

    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return ERPSYNC_REASON_SERVICE_UNAVAILABLE;

    default:
        return ERPSYNC_REASON_OK;
    }
}


/*
 * Returns whether the client sent a method that nginx refuses before any
 * handler is called.  An internal redirect may have changed r->method.
 */

static ngx_uint_t
ngx_http_erpsync_own_method(ngx_http_request_t *r)
{
    return ngx_strncmp(r->request_line.data, "TRACE ", 6) == 0
           || ngx_strncmp(r->request_line.data, "CONNECT ", 8) == 0;
}


static erpsync_reason_t
ngx_http_erpsync_own_header(ngx_http_request_t *r)
{
    ngx_uint_t         id;
    erpsync_request_t  request;

    ngx_http_erpsync_collect(r, &request);

    for (id = 0; id < ERPSYNC_HEADER_SINGLE; id++) {
        if (request.headers[id].count > 1) {
            return ERPSYNC_REASON_HEADER_DUPLICATED;
        }
    }

    return ERPSYNC_REASON_HEADER_MALFORMED;
}
