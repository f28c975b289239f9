
#include "ngx_http_erpsync_module.h"


#define NGX_HTTP_ERPSYNC_IDS     64    /* drawn at once */
#define NGX_HTTP_ERPSYNC_ID_LEN  16    /* random bytes of $request_id */


static u_char *ngx_http_erpsync_log_refusal(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static ngx_uint_t ngx_http_erpsync_body_first(ngx_http_request_t *r);
static void ngx_http_erpsync_send_refusal(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_send_answer(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static void ngx_http_erpsync_request_id(ngx_http_request_t *r,
    erpsync_str_t *id);
static erpsync_format_t ngx_http_erpsync_format(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_add_headers(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);


ngx_int_t
ngx_http_erpsync_refuse(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ngx_int_t  rc;

    ngx_http_erpsync_note_refusal(r, ctx);

    if (ctx->state == NGX_HTTP_ERPSYNC_REPORTED) {
        return NGX_DECLINED;
    }

    if (ngx_http_erpsync_add_headers(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_erpsync_body_first(r)) {

        rc = ngx_http_read_client_request_body(r,
                                               ngx_http_erpsync_send_refusal);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            return rc;
        }

        ngx_http_finalize_request(r, NGX_DONE);

        return NGX_DONE;
    }

    rc = ngx_http_erpsync_send_answer(r, ctx);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    ngx_http_finalize_request(r, rc);

    return NGX_DONE;
}


/*
 * Whether a body that fits the buffer is read before the answer is sent.
 * Over HTTP/2, an answer to a request that is not complete is followed by
 * RST_STREAM, on which some clients (curl 7.88) drop the answer itself.
 */

static ngx_uint_t
ngx_http_erpsync_body_first(ngx_http_request_t *r)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (r->http_version < NGX_HTTP_VERSION_20
        || r != r->main || r->request_body || r->discard_body)
    {
        return 0;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    return r->headers_in.content_length_n > 0
           && r->headers_in.content_length_n
              <= (off_t) clcf->client_body_buffer_size;
}


static void
ngx_http_erpsync_send_refusal(ngx_http_request_t *r)
{
    ngx_http_erpsync_ctx_t  *ctx;

    ctx = ngx_http_erpsync_get_ctx(r);

    ngx_http_finalize_request(r, ctx ? ngx_http_erpsync_send_answer(r, ctx)
                                     : NGX_HTTP_INTERNAL_SERVER_ERROR);
}


/* What a request is to be finalized with: also a status for nginx's page. */

static ngx_int_t
ngx_http_erpsync_send_answer(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    ngx_int_t                     rc, status;
    ngx_chain_t                  *out;
    ngx_http_erpsync_loc_conf_t  *elcf;

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    status = (ngx_int_t) erpsync_reason_status(ctx->verdict.reason);

    if (elcf->errors == NGX_HTTP_ERPSYNC_ERRORS_OFF || r != r->main) {
        return status;
    }

    /* what the client still sends is read and thrown away */

    r->expect_tested = 1;

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }

    out = ngx_http_erpsync_answer(r, ctx);

    if (out == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = status;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, out);
}


void
ngx_http_erpsync_note_refusal(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    ngx_str_t                 reason, app, tenant, operation;
    erpsync_verdict_t        *verdict;
    ngx_http_log_handler_pt   handler;

    static ngx_str_t  none = ngx_string("-");

    ctx->state = ctx->report ? NGX_HTTP_ERPSYNC_REPORTED
                             : NGX_HTTP_ERPSYNC_REFUSED;

    verdict = &ctx->verdict;
    reason = ngx_http_erpsync_str(erpsync_reason_name(verdict->reason));
    app = none;
    tenant = none;
    operation = none;

    if (verdict->app) {
        app = ngx_http_erpsync_str(erpsync_app_id(ctx->registry,
                                                  verdict->app));
    }

    if (verdict->tenant.len) {
        tenant = ngx_http_erpsync_str(verdict->tenant);
    }

    if (verdict->operation) {
        operation = ngx_http_erpsync_str(verdict->operation->name);
    }

    handler = r->main->log_handler;
    r->main->log_handler = ngx_http_erpsync_log_refusal;

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "erpsync: %s reason=%V app=%V tenant=%V operation=%V "
                  "status=%ui", ctx->report ? "would refuse" : "refused",
                  &reason, &app, &tenant, &operation,
                  (ngx_uint_t) erpsync_reason_status(verdict->reason));

    r->main->log_handler = handler;
}


/*
 * What nginx adds to a line of the log, without query, fragment, Host and
 * Referer: a client may have put a secret there.  The path is as sent, and
 * the main request's: nginx takes no control character in it, whereas the
 * decoded one of a subrequest could break the line.
 */

static u_char *
ngx_http_erpsync_log_refusal(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len)
{
    size_t                     i;
    ngx_str_t                  path;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    path = r->unparsed_uri;

    for (i = 0; i < path.len; i++) {
        if (path.data[i] == '?' || path.data[i] == '#') {
            path.len = i;
        }
    }

    return ngx_snprintf(buf, len, ", server: %V, request: \"%V %V\"",
                        &cscf->server_name, &r->method_name, &path);
}


ngx_chain_t *
ngx_http_erpsync_answer(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ngx_buf_t          *b;
    ngx_str_t           type;
    ngx_chain_t        *cl;
    erpsync_str_t       text;
    erpsync_format_t    format;
    erpsync_refusal_t   refusal;

    format = ngx_http_erpsync_format(r);

    ngx_memzero(&refusal, sizeof(erpsync_refusal_t));
    refusal.reason = ctx->verdict.reason;
    refusal.hint = ctx->verdict.hint;

    if (ctx->body.reason == refusal.reason) {
        refusal.nviolations = ctx->body.nviolations;
        refusal.violations = ctx->body.violations;
    }

    ngx_http_erpsync_request_id(r, &refusal.request_id);

    b = ngx_calloc_buf(r->pool);
    cl = ngx_alloc_chain_link(r->pool);

    if (b == NULL || cl == NULL
        || erpsync_refusal(&ctx->arena, format, &refusal, &text)
           != ERPSYNC_OK)
    {
        return NULL;
    }

    b->pos = (u_char *) (uintptr_t) text.data;
    b->last = b->pos + text.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    cl->buf = b;
    cl->next = NULL;

    type = ngx_http_erpsync_str(erpsync_refusal_type(format));

    if (ngx_http_erpsync_content_type(r, &type) != NGX_OK) {
        return NULL;
    }

    r->headers_out.content_length_n = text.len;

    if (r->headers_out.content_length) {
        r->headers_out.content_length->hash = 0;
        r->headers_out.content_length = NULL;
    }

    if (erpsync_reason_status(refusal.reason) == 422) {

        /* nginx knows no words for it */

        ngx_str_set(&r->headers_out.status_line, "422 Unprocessable Content");
    }

    return cl;
}


/*
 * $request_id.  To make one, nginx asks OpenSSL for sixteen random bytes, which
 * takes longer than the judgement of the whole head: here many are drawn at
 * once, by a worker for itself.
 */

static void
ngx_http_erpsync_request_id(ngx_http_request_t *r, erpsync_str_t *id)
{
    u_char                        *p;
    ngx_http_variable_value_t     *vv;
    ngx_http_erpsync_main_conf_t  *emcf;

    static u_char  random[NGX_HTTP_ERPSYNC_IDS][NGX_HTTP_ERPSYNC_ID_LEN];
    static size_t  left;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);
    vv = &r->variables[emcf->request_id];

    if (!vv->valid && !vv->not_found) {

        if (left == 0 && erpsync_random(random, sizeof(random)) == ERPSYNC_OK)
        {
            left = NGX_HTTP_ERPSYNC_IDS;
        }

        p = left ? ngx_pnalloc(r->pool, 2 * NGX_HTTP_ERPSYNC_ID_LEN) : NULL;

        if (p) {
            left--;
            ngx_hex_dump(p, random[left], NGX_HTTP_ERPSYNC_ID_LEN);

            vv->data = p;
            vv->len = 2 * NGX_HTTP_ERPSYNC_ID_LEN;
            vv->valid = 1;
            vv->no_cacheable = 0;
        }
    }

    vv = ngx_http_get_indexed_variable(r, emcf->request_id);

    if (vv && !vv->not_found) {
        *id = erpsync_span(vv->data, vv->len);
    }
}


static erpsync_format_t
ngx_http_erpsync_format(ngx_http_request_t *r)
{
    erpsync_request_t             request;
    ngx_http_erpsync_loc_conf_t  *elcf;

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    switch (elcf->errors) {

    case NGX_HTTP_ERPSYNC_ERRORS_SUPEROFFICE:
        return ERPSYNC_FORMAT_SUPEROFFICE;

    case NGX_HTTP_ERPSYNC_ERRORS_PROBLEM:
        return ERPSYNC_FORMAT_PROBLEM;
    }

    ngx_http_erpsync_collect(r, &request);

    return erpsync_accept(request.accept);
}


/* What a status demands, also where the answer is nginx's own. */

static ngx_int_t
ngx_http_erpsync_add_headers(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    u_char                       *p;
    unsigned                      scheme;
    ngx_str_t                     value;
    erpsync_str_t                 name;
    ngx_http_erpsync_loc_conf_t  *elcf;

    static ngx_str_t  allow = ngx_string("Allow");
    static ngx_str_t  methods = ngx_string("GET, HEAD, OPTIONS, POST");
    static ngx_str_t  cache_control = ngx_string("Cache-Control");
    static ngx_str_t  no_store = ngx_string("no-store");
    static ngx_str_t  accept_encoding = ngx_string("Accept-Encoding");
    static ngx_str_t  identity = ngx_string("identity");
    static ngx_str_t  authenticate = ngx_string("WWW-Authenticate");
    static ngx_str_t  realm = ngx_string(" realm=\"SuperOffice WebAPI\"");

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    if (ngx_http_erpsync_add_header(r, &cache_control, &no_store) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->verdict.reason == ERPSYNC_REASON_CONTENT_ENCODING_UNSUPPORTED) {

        /* RFC 9110, 12.5.3 */

        return ngx_http_erpsync_add_header(r, &accept_encoding, &identity);
    }

    switch (erpsync_reason_status(ctx->verdict.reason)) {

    case NGX_HTTP_NOT_ALLOWED:
        return ngx_http_erpsync_add_header(r, &allow, &methods);

    case NGX_HTTP_UNAUTHORIZED:
        break;

    default:
        return NGX_OK;
    }

    /* one challenge for each scheme: RFC 9110, 11.6.1 */

    for (scheme = 1; scheme <= ERPSYNC_SCHEME_ALL; scheme <<= 1) {

        if (!(elcf->policy.schemes & scheme)) {
            continue;
        }

        name = erpsync_scheme_name(scheme);

        if (name.len == 0) {
            continue;
        }

        value.data = ngx_pnalloc(r->pool, name.len + realm.len);
        if (value.data == NULL) {
            return NGX_ERROR;
        }

        p = ngx_cpymem(value.data, name.data, name.len);

        if (scheme != ERPSYNC_SCHEME_NEGOTIATE) {
            p = ngx_cpymem(p, realm.data, realm.len);
        }

        value.len = p - value.data;

        if (ngx_http_erpsync_add_header(r, &authenticate, &value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_erpsync_add_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key = *name;
    h->value = *value;
    h->lowcase_key = NULL;
    ngx_http_erpsync_unlink(h);

    return NGX_OK;
}


ngx_int_t
ngx_http_erpsync_content_type(ngx_http_request_t *r, ngx_str_t *type)
{
    static ngx_str_t  name = ngx_string("Content-Type");

    ngx_str_null(&r->headers_out.content_type);
    r->headers_out.content_type_len = 0;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.charset.len = 0;

    return ngx_http_erpsync_add_header(r, &name, type);
}
