
#include "ngx_http_erpsync_module.h"


static ngx_int_t ngx_http_erpsync_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_erpsync_own_error(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static erpsync_reason_t ngx_http_erpsync_own_reason(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_uint_t ngx_http_erpsync_collects(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static void ngx_http_erpsync_collect_answer(ngx_http_erpsync_ctx_t *ctx,
    ngx_chain_t *in);
static ngx_uint_t ngx_http_erpsync_read_result(u_char *p, size_t len);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


void
ngx_http_erpsync_filter_init(void)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_erpsync_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_erpsync_body_filter;
}


static ngx_int_t
ngx_http_erpsync_header_filter(ngx_http_request_t *r)
{
    ngx_http_erpsync_ctx_t  *ctx;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_erpsync_module);

    if (r->err_status == r->headers_out.status && !r->internal
        && r->upstream == NULL
        && (r->err_status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE
            || r->err_status == NGX_HTTP_BAD_REQUEST)
        && (ctx == NULL || ctx->state == NGX_HTTP_ERPSYNC_READING))
    {
        if (ngx_http_erpsync_own_error(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (ctx && ngx_http_erpsync_collects(r, ctx)) {
        ctx->collect = 1;
        ctx->answered_len = 0;
        r->filter_need_in_memory = 1;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_erpsync_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_chain_t             *cl;
    ngx_http_erpsync_ctx_t  *ctx;

    if (r != r->main) {
        return ngx_http_next_body_filter(r, in);
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_erpsync_module);

    if (ctx == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    if (ctx->answer) {

        /* nginx's own page goes unread */

        for (cl = in; cl; cl = cl->next) {
            cl->buf->pos = cl->buf->last;
        }

        cl = ctx->answer;
        ctx->answer = NULL;

        return ngx_http_next_body_filter(r, cl);
    }

    if (ctx->collect) {
        ngx_http_erpsync_collect_answer(ctx, in);
    }

    return ngx_http_next_body_filter(r, in);
}


/*
 * Some requests nginx refuses itself, with a page of its own and before any
 * handler is asked or while the body is read.
 */

static ngx_int_t
ngx_http_erpsync_own_error(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    erpsync_route_t               route;
    erpsync_reason_t              reason;
    ngx_http_erpsync_loc_conf_t  *elcf;

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    if (elcf->mode == NGX_HTTP_ERPSYNC_OFF) {
        return NGX_OK;
    }

    reason = ngx_http_erpsync_own_reason(r, ctx);

    if (reason == ERPSYNC_REASON_OK) {
        return NGX_OK;
    }

    if (ctx == NULL) {
        if (ngx_http_erpsync_read_target(r, 0, &route) != NGX_OK) {
            return NGX_ERROR;
        }

        if (route.kind != ERPSYNC_ROUTE_OPERATION) {
            return NGX_OK;
        }

        ctx = ngx_http_erpsync_make_ctx(r);
        if (ctx == NULL) {
            return NGX_ERROR;
        }

        ctx->route = route;
        ctx->verdict.operation = route.operation;
        ctx->verdict.tenant = route.tenant;
    }

    /* not even "report" lets it through: it is nginx that refuses */

    ctx->report = 0;
    ctx->verdict.reason = reason;
    ngx_http_erpsync_note_refusal(r, ctx);

    if (elcf->mode == NGX_HTTP_ERPSYNC_REPORT
        || elcf->errors == NGX_HTTP_ERPSYNC_ERRORS_OFF)
    {
        return NGX_OK;
    }

    ctx->answer = ngx_http_erpsync_answer(r, ctx);

    return ctx->answer ? NGX_OK : NGX_ERROR;
}


/*
 * A body over client_max_body_size, chunks that are none, or a header that
 * nginx itself takes only once; ERPSYNC_REASON_OK for anything else.
 */

static erpsync_reason_t
ngx_http_erpsync_own_reason(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    ngx_uint_t         id;
    erpsync_request_t  request;

    if (r->err_status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE) {
        return ERPSYNC_REASON_BODY_TOO_LARGE;
    }

    if (ctx) {
        return ERPSYNC_REASON_BODY_MALFORMED;
    }

    ngx_http_erpsync_collect(r, &request);

    for (id = 0; id < ERPSYNC_HEADER_SINGLE; id++) {
        if (request.headers[id].count > 1) {
            return ERPSYNC_REASON_HEADER_DUPLICATED;
        }
    }

    return ERPSYNC_REASON_OK;
}


/* Whether the answer can be the WebAPI's true or false, in plain text. */

static ngx_uint_t
ngx_http_erpsync_collects(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    return (ctx->state == NGX_HTTP_ERPSYNC_FORWARDED
            || ctx->state == NGX_HTTP_ERPSYNC_REPORTED)
           && ctx->method == ERPSYNC_METHOD_POST
           && r->upstream
           && r->headers_out.status == NGX_HTTP_OK
           && r->headers_out.content_encoding == NULL
           && r->headers_out.content_length_n
              <= (off_t) sizeof(ctx->answered);
}


static void
ngx_http_erpsync_collect_answer(ngx_http_erpsync_ctx_t *ctx, ngx_chain_t *in)
{
    size_t      size;
    ngx_buf_t  *b;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;

        if (ngx_buf_in_memory(b)) {
            size = b->last - b->pos;

            if (size > sizeof(ctx->answered) - ctx->answered_len) {
                ctx->collect = 0;
                return;
            }

            ngx_memcpy(ctx->answered + ctx->answered_len, b->pos, size);
            ctx->answered_len += size;
        }

        if (b->last_buf) {
            ctx->result = ngx_http_erpsync_read_result(ctx->answered,
                                                       ctx->answered_len);
            ctx->collect = 0;
            return;
        }
    }
}


/*
 * 1 for true, 2 for false, 0 for anything else: a JSON boolean, or the
 * content of a single XML element.
 */

static ngx_uint_t
ngx_http_erpsync_read_result(u_char *p, size_t len)
{
    u_char         *last, *start;
    erpsync_str_t   text;

    static const erpsync_str_t  yes = erpsync_string("true");
    static const erpsync_str_t  no = erpsync_string("false");

    last = p + len;

    if (len && *p == '<') {

        /* the text between the last start tag and its end tag */

        for (start = last; start > p && start[-1] != '/'; start--) {
            /* void */
        }

        if (start - p < 2 || start[-2] != '<') {
            return 0;
        }

        last = start - 2;

        for (start = last; start > p && start[-1] != '>'; start--) {
            /* void */
        }

        p = start;
    }

    text = erpsync_space_trim(erpsync_span(p, last - p));

    return erpsync_str_eq(text, yes) ? 1 : erpsync_str_eq(text, no) ? 2 : 0;
}
