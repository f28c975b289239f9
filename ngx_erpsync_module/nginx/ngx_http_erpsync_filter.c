
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_filter.h"
#include "ngx_http_erpsync_own.h"


static ngx_int_t ngx_http_erpsync_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_http_erpsync_close_bound(ngx_http_request_t *r);
static ngx_uint_t ngx_http_erpsync_keeps(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static void ngx_http_erpsync_keep_answer(ngx_http_erpsync_ctx_t *ctx,
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

    ngx_http_erpsync_close_bound(r);

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_erpsync_module);

    ngx_http_erpsync_answer_own(r);

    if (ctx && ngx_http_erpsync_keeps(r, ctx)) {
        ctx->keep = 1;
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

    if (ctx->keep) {
        ngx_http_erpsync_keep_answer(ctx, in);
    }

    return ngx_http_next_body_filter(r, in);
}


/*
 * Negotiate and NTLM may bind the client's identity to the connection: no
 * other request may be sent over it.  Set as if the server had asked for it,
 * "Connection: close" also holds for what is read of the answer later on.
 */

static void
ngx_http_erpsync_close_bound(ngx_http_request_t *r)
{
    ngx_table_elt_t               *h;
    ngx_http_erpsync_main_conf_t  *emcf;

    h = r->headers_in.authorization;

    if (r->upstream == NULL || h == NULL) {
        return;
    }

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    if (emcf->enabled
        && erpsync_credentials_bound(ngx_http_erpsync_span(&h->value)))
    {
        r->upstream->keepalive = 0;
        r->upstream->headers_in.connection_close = 1;
    }
}


/* Whether the answer can be the WebAPI's true or false, in plain text. */

static ngx_uint_t
ngx_http_erpsync_keeps(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
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
ngx_http_erpsync_keep_answer(ngx_http_erpsync_ctx_t *ctx, ngx_chain_t *in)
{
    size_t      size;
    ngx_buf_t  *b;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;

        if (ngx_buf_in_memory(b)) {
            size = b->last - b->pos;

            if (size > sizeof(ctx->answered) - ctx->answered_len) {
                ctx->keep = 0;
                return;
            }

            ngx_memcpy(ctx->answered + ctx->answered_len, b->pos, size);
            ctx->answered_len += size;
        }

        if (b->last_buf) {
            ctx->result = ngx_http_erpsync_read_result(ctx->answered,
                                                       ctx->answered_len);
            ctx->keep = 0;
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
