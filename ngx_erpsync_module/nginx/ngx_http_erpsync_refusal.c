
#include "ngx_http_erpsync_app.h"
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_headers.h"
#include "ngx_http_erpsync_refusal.h"


/* Request ids whose random bits are made at once, and their digits. */

#define NGX_HTTP_ERPSYNC_IDS       256
#define NGX_HTTP_ERPSYNC_ID_WORDS  2
#define NGX_HTTP_ERPSYNC_ID_LEN    (NGX_HTTP_ERPSYNC_ID_WORDS * 16)

/* Most bytes of a value, a method and a path in the error log. */

#define NGX_HTTP_ERPSYNC_LOGGED         64
#define NGX_HTTP_ERPSYNC_LOGGED_METHOD  16
#define NGX_HTTP_ERPSYNC_LOGGED_PATH    200


static void ngx_http_erpsync_log_line(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_str_t ngx_http_erpsync_logged(erpsync_str_t s);
static u_char *ngx_http_erpsync_log_refusal(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static ngx_int_t ngx_http_erpsync_send_answer(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_int_t ngx_http_erpsync_content_type(ngx_http_request_t *r,
    ngx_str_t *type);
static void ngx_http_erpsync_request_id(ngx_http_request_t *r,
    erpsync_str_t *id);
static void ngx_http_erpsync_digits(u_char *p, const uint64_t *random);
static ngx_int_t ngx_http_erpsync_challenge(ngx_http_request_t *r,
    unsigned schemes);
static ngx_int_t ngx_http_erpsync_retry_after(ngx_http_request_t *r,
    ngx_uint_t seconds);
static erpsync_format_t ngx_http_erpsync_format(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);


ngx_int_t
ngx_http_erpsync_fail(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ctx->verdict.reason = ERPSYNC_REASON_GATEWAY_FAILED;

    return ngx_http_erpsync_refuse(r, ctx);
}


ngx_int_t
ngx_http_erpsync_refuse(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ngx_int_t  rc;

    ngx_http_erpsync_note_refusal(r, ctx,
                                  erpsync_reason_status(ctx->verdict.reason));

    if (ctx->state == NGX_HTTP_ERPSYNC_REPORTED) {
        return NGX_DECLINED;
    }

    if (ngx_http_erpsync_add_headers(r, ctx, ctx->verdict.reason) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_erpsync_send_answer(r, ctx);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    ngx_http_finalize_request(r, rc);

    return NGX_DONE;
}


/*
 * Sends the answer.  Returns what nginx must finalize the request with, which
 * is a status if nginx shows its own page.
 */

static ngx_int_t
ngx_http_erpsync_send_answer(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    ngx_int_t     rc, status;
    ngx_chain_t  *out;

    status = (ngx_int_t) erpsync_reason_status(ctx->verdict.reason);

    if (ctx->conf->errors == NGX_HTTP_ERPSYNC_ERRORS_OFF || r != r->main) {
        return status;
    }

    /* the rest of the body is read and discarded */

    r->expect_tested = 1;

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }

    out = ngx_http_erpsync_answer(r, ctx, ctx->verdict.reason);

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
    ngx_http_erpsync_ctx_t *ctx, ngx_uint_t status)
{
    ctx->state = ctx->report ? NGX_HTTP_ERPSYNC_REPORTED
                             : NGX_HTTP_ERPSYNC_REFUSED;

    ctx->status = status;
    ctx->barred = ctx->enforced;

    if (r->connection->log->log_level >= NGX_LOG_WARN) {
        ngx_http_erpsync_log_line(r, ctx);
    }
}


static void
ngx_http_erpsync_log_line(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ngx_str_t                 reason, app, tenant, operation, id, violations;
    erpsync_str_t             s;
    erpsync_verdict_t        *verdict;
    ngx_http_log_handler_pt   handler;

    verdict = &ctx->verdict;
    reason = ngx_http_erpsync_str(erpsync_reason_name(verdict->reason));
    app = ngx_http_erpsync_logged(ngx_http_erpsync_claimed(r, ctx));
    tenant = ngx_http_erpsync_logged(verdict->tenant);
    operation = ngx_http_erpsync_logged(verdict->operation
                                        ? verdict->operation->name
                                        : erpsync_span(NULL, 0));

    ngx_http_erpsync_request_id(r, &s);
    id = ngx_http_erpsync_logged(s);

    violations = ngx_http_erpsync_str(ngx_http_erpsync_violations(ctx));

    handler = r->main->log_handler;
    r->main->log_handler = ngx_http_erpsync_log_refusal;

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "erpsync: %s reason=%V app=%V tenant=%V operation=%V "
                  "status=%ui request_id=%V%s%V%s",
                  ctx->report ? "would refuse" : "refused",
                  &reason, &app, &tenant, &operation, ctx->status, &id,
                  violations.len ? " violations=\"" : "", &violations,
                  violations.len ? "\"" : "");

    r->main->log_handler = handler;
}


/*
 * Returns a value for the log line of a refusal, cut if it is long: nginx must
 * have room for what it adds to the line, above all "client:".  Only a tenant,
 * which may have any number of digits, can be so long.
 */

static ngx_str_t
ngx_http_erpsync_logged(erpsync_str_t s)
{
    static const erpsync_str_t  none = erpsync_string("-");

    if (s.len == 0) {
        s = none;
    }

    s.len = ngx_min(s.len, NGX_HTTP_ERPSYNC_LOGGED);

    return ngx_http_erpsync_str(s);
}


erpsync_str_t
ngx_http_erpsync_violations(ngx_http_erpsync_ctx_t *ctx)
{
    erpsync_str_t  text;

    if (ctx->body.nviolations == 0
        || ctx->body.reason != ctx->verdict.reason
        || erpsync_violations_text(&ctx->arena, ctx->body.nviolations,
                                   ctx->body.violations, &text)
           != ERPSYNC_OK)
    {
        return erpsync_span("", 0);
    }

    return text;
}


/*
 * Writes what nginx adds to a log line, but without query, fragment, Host and
 * Referer, which may contain a secret of the client.  The path is written as
 * the client sent it, cut, and escaped so that it cannot look like another part
 * of the line.
 */

static u_char *
ngx_http_erpsync_log_refusal(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len)
{
    u_char                     c, *p, *last;
    size_t                     i;
    ngx_str_t                  method;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    method = r->method_name;
    method.len = ngx_min(method.len, NGX_HTTP_ERPSYNC_LOGGED_METHOD);

    last = buf + len;
    p = ngx_snprintf(buf, len, ", server: %V, request: \"%V ",
                     &cscf->server_name, &method);

    for (i = 0; i < r->unparsed_uri.len && last - p > 8; i++) {
        c = r->unparsed_uri.data[i];

        if (c == '?' || c == '#') {
            break;
        }

        if (i == NGX_HTTP_ERPSYNC_LOGGED_PATH) {
            p = ngx_cpymem(p, "...", 3);
            break;
        }

        if (c > ' ' && c < 0x7f && c != '"' && c != '\\') {
            *p++ = c;

        } else {
            p = ngx_sprintf(p, "\\x%02Xd", (ngx_uint_t) c);
        }
    }

    if (p < last) {
        *p++ = '"';
    }

    return p;
}


ngx_chain_t *
ngx_http_erpsync_answer(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx,
    erpsync_reason_t reason)
{
    ngx_buf_t          *b;
    ngx_str_t           type;
    ngx_chain_t        *cl;
    erpsync_str_t       text;
    erpsync_format_t    format;
    erpsync_refusal_t   refusal;

    format = ngx_http_erpsync_format(r, ctx);

    ngx_memzero(&refusal, sizeof(erpsync_refusal_t));
    refusal.reason = reason;
    refusal.hint = ctx->verdict.hint;

    if (ctx->body.reason == reason) {
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

    if (erpsync_reason_status(reason) == 422) {

        /* nginx has no text for this status */

        ngx_str_set(&r->headers_out.status_line, "422 Unprocessable Content");
    }

    return cl;
}


/*
 * Sets $request_id if it has no value yet.  nginx asks OpenSSL for sixteen
 * random bytes each time, which takes longer than the judgement of the whole
 * head.  Here a worker takes the bytes for many ids at once.
 */

static void
ngx_http_erpsync_request_id(ngx_http_request_t *r, erpsync_str_t *id)
{
    u_char                        *p;
    ngx_http_variable_value_t     *vv;
    ngx_http_erpsync_main_conf_t  *emcf;

    static uint64_t  random[NGX_HTTP_ERPSYNC_IDS][NGX_HTTP_ERPSYNC_ID_WORDS];
    static size_t    left;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);
    vv = &r->variables[emcf->request_id];

    if (!vv->valid && !vv->not_found) {

        if (left == 0 && erpsync_random(random, sizeof(random)) == ERPSYNC_OK)
        {
            left = NGX_HTTP_ERPSYNC_IDS;
        }

        p = left ? ngx_pnalloc(r->pool, NGX_HTTP_ERPSYNC_ID_LEN) : NULL;

        if (p) {
            left--;
            ngx_http_erpsync_digits(p, random[left]);

            vv->data = p;
            vv->len = NGX_HTTP_ERPSYNC_ID_LEN;
            vv->valid = 1;
            vv->no_cacheable = 0;
        }
    }

    vv = ngx_http_get_indexed_variable(r, emcf->request_id);
    *id = erpsync_span(NULL, 0);

    if (vv && !vv->not_found) {
        *id = erpsync_span(vv->data, vv->len);
    }
}


/*
 * Writes hexadecimal digits of random bits, eight at a time.  In which order
 * the digits are does not matter.
 */

static void
ngx_http_erpsync_digits(u_char *p, const uint64_t *random)
{
    ngx_uint_t  i;
    uint64_t    digits, letters;

    for (i = 0; i < 2 * NGX_HTTP_ERPSYNC_ID_WORDS; i++) {
        digits = (random[i / 2] >> 4 * (i % 2)) & (ERPSYNC_ONES * 0x0f);
        letters = ((digits + ERPSYNC_ONES * 6) >> 4) & ERPSYNC_ONES;
        digits += ERPSYNC_ONES * '0' + letters * ('a' - '0' - 10);

        p = ngx_cpymem(p, &digits, 8);
    }
}


static erpsync_format_t
ngx_http_erpsync_format(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    erpsync_request_t  request;

    switch (ctx->conf->errors) {

    case NGX_HTTP_ERPSYNC_ERRORS_SUPEROFFICE:
        return ERPSYNC_FORMAT_SUPEROFFICE;

    case NGX_HTTP_ERPSYNC_ERRORS_PROBLEM:
        return ERPSYNC_FORMAT_PROBLEM;
    }

    if (ctx->has_format) {
        return ctx->format;
    }

    ngx_http_erpsync_collect(r, &request);

    return erpsync_accept(request.accept);
}


ngx_int_t
ngx_http_erpsync_add_headers(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, erpsync_reason_t reason)
{
    static ngx_str_t  allow = ngx_string("Allow");
    static ngx_str_t  methods = ngx_string("GET, HEAD, OPTIONS, POST");
    static ngx_str_t  cache_control = ngx_string("Cache-Control");
    static ngx_str_t  no_store = ngx_string("no-store");
    static ngx_str_t  accept_encoding = ngx_string("Accept-Encoding");
    static ngx_str_t  identity = ngx_string("identity");

    if (ngx_http_erpsync_add_header(r, &cache_control, &no_store) != NGX_OK) {
        return NGX_ERROR;
    }

    if (reason == ERPSYNC_REASON_CONTENT_ENCODING_UNSUPPORTED) {

        /* RFC 9110, 12.5.3 */

        return ngx_http_erpsync_add_header(r, &accept_encoding, &identity);
    }

    switch (erpsync_reason_status(reason)) {

    case NGX_HTTP_NOT_ALLOWED:
        return ngx_http_erpsync_add_header(r, &allow, &methods);

    case NGX_HTTP_TOO_MANY_REQUESTS:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return ngx_http_erpsync_retry_after(r,
                   (reason == ERPSYNC_REASON_TENANT_UNAVAILABLE)
                   ? ctx->verdict.retry_after : 1);

    case NGX_HTTP_UNAUTHORIZED:
        return ngx_http_erpsync_challenge(r, ctx->conf->policy.schemes);

    default:
        return NGX_OK;
    }
}


/* Adds one challenge for each scheme: RFC 9110, 11.6.1. */

static ngx_int_t
ngx_http_erpsync_challenge(ngx_http_request_t *r, unsigned schemes)
{
    u_char         *p;
    unsigned        scheme;
    ngx_str_t       value;
    erpsync_str_t   name;

    static ngx_str_t            authenticate = ngx_string("WWW-Authenticate");
    static ngx_str_t            realm =
                                    ngx_string(" realm=\"SuperOffice WebAPI\"");
    static const erpsync_str_t  xsrf = erpsync_string("XSRF");

    for (scheme = 1; scheme <= ERPSYNC_SCHEME_ALL; scheme <<= 1) {

        if (!(schemes & scheme)) {
            continue;
        }

        /* xsrf is not a scheme, but 401 needs a challenge: 15.5.2 */

        name = (schemes == ERPSYNC_SCHEME_XSRF) ? xsrf
                                                : erpsync_scheme_name(scheme);
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


static ngx_int_t
ngx_http_erpsync_retry_after(ngx_http_request_t *r, ngx_uint_t seconds)
{
    ngx_str_t  value;

    static ngx_str_t  name = ngx_string("Retry-After");

    value.data = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%ui", seconds) - value.data;

    return ngx_http_erpsync_add_header(r, &name, &value);
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


/*
 * Sets the Content-Type of a text in UTF-8, as a header of the list.  If it
 * were in headers_out.content_type, "charset", "charset_types" and
 * "override_charset" could add another charset and recode the text.
 */

static ngx_int_t
ngx_http_erpsync_content_type(ngx_http_request_t *r, ngx_str_t *type)
{
    static ngx_str_t  name = ngx_string("Content-Type");

    ngx_str_null(&r->headers_out.content_type);
    r->headers_out.content_type_len = 0;
    r->headers_out.content_type_lowcase = NULL;

    return ngx_http_erpsync_add_header(r, &name, type);
}
