
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_filter.h"
#include "ngx_http_erpsync_own.h"
#include "ngx_http_erpsync_upstream.h"


static ngx_int_t ngx_http_erpsync_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);


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

    ngx_http_erpsync_answer_own(r);

    if (ctx) {
        ngx_http_erpsync_upstream_header(r, ctx);
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

        /* drop nginx's own page */

        for (cl = in; cl; cl = cl->next) {
            cl->buf->pos = cl->buf->last;
        }

        cl = ctx->answer;
        ctx->answer = NULL;

        return ngx_http_next_body_filter(r, cl);
    }

    if (ctx->keep) {
        ngx_http_erpsync_upstream_body(ctx, in);
    }

    return ngx_http_next_body_filter(r, in);
}
