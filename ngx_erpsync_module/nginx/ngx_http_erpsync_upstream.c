
#include "ngx_http_erpsync_upstream.h"


static ngx_uint_t ngx_http_erpsync_upstream_passed(
    ngx_http_erpsync_ctx_t *ctx);
static ngx_http_upstream_state_t *ngx_http_erpsync_upstream_last(
    ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx);


void
ngx_http_erpsync_upstream_begin(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    ctx->attempts = r->upstream_states ? r->upstream_states->nelts : 0;
    ctx->keep = 0;
    ctx->has_answer = 0;
}


static ngx_uint_t
ngx_http_erpsync_upstream_passed(ngx_http_erpsync_ctx_t *ctx)
{
    return ctx->state == NGX_HTTP_ERPSYNC_FORWARDED
           || ctx->state == NGX_HTTP_ERPSYNC_REPORTED;
}


void
ngx_http_erpsync_upstream_header(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    ngx_array_t  *states;

    if (!ngx_http_erpsync_upstream_passed(ctx)
        || ctx->method != ERPSYNC_METHOD_POST
        || r->upstream == NULL
        || r->upstream->headers_in.status_n != NGX_HTTP_OK
        || r->headers_out.status != NGX_HTTP_OK
        || r->headers_out.content_encoding)
    {
        return;
    }

    /* the answer must be the WebAPI's, and not one of an error page */

    states = r->upstream_states;

    if (states == NULL
        || ngx_http_erpsync_upstream_last(r, ctx)
           != (ngx_http_upstream_state_t *) states->elts + states->nelts - 1)
    {
        return;
    }

    ctx->keep = 1;
    ctx->answered_len = 0;

    /* a long answer is not read from a file: only its start is needed */

    if (r->headers_out.content_length_n <= ERPSYNC_ANSWER_START) {
        r->filter_need_in_memory = 1;
    }
}


void
ngx_http_erpsync_upstream_body(ngx_http_erpsync_ctx_t *ctx, ngx_chain_t *in)
{
    size_t      size, left;
    ngx_buf_t  *b;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;
        left = ERPSYNC_ANSWER_START - ctx->answered_len;
        size = 0;

        if (ngx_buf_in_memory(b)) {
            size = b->last - b->pos;
            ngx_memcpy(ctx->answered + ctx->answered_len, b->pos,
                       ngx_min(size, left));
            ctx->answered_len += ngx_min(size, left);

        } else if (ngx_buf_size(b)) {
            size = left + 1;
        }

        if (size > left || b->last_buf) {
            ctx->keep = 0;
            ctx->has_answer = 1;
            ctx->whole_answer = (size <= left);
            return;
        }
    }
}


/*
 * Returns the last attempt to send the call to the WebAPI, or NULL.  nginx adds
 * an entry for each attempt.  If the request is redirected to another location
 * with a server, nginx adds an entry without a peer before the next attempts.
 */

static ngx_http_upstream_state_t *
ngx_http_erpsync_upstream_last(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    ngx_uint_t                  i;
    ngx_http_upstream_state_t  *state, *last;

    state = r->upstream_states->elts;
    last = NULL;

    for (i = ctx->attempts; i < r->upstream_states->nelts; i++) {

        if (state[i].peer) {
            last = &state[i];

        } else if (last) {
            break;
        }
    }

    return last;
}


/* nginx sets "header_time" when the header of an answer is complete. */

ngx_int_t
ngx_http_erpsync_upstream_answer(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_upstream_answer_t *answer)
{
    ngx_uint_t                  status;
    ngx_http_upstream_state_t  *last;

    if (!ngx_http_erpsync_upstream_passed(ctx) || r->upstream_states == NULL) {
        return NGX_DECLINED;
    }

    ngx_memzero(answer, sizeof(ngx_http_erpsync_upstream_answer_t));

    last = ngx_http_erpsync_upstream_last(r, ctx);

    if (last == NULL) {

        /* the name of the WebAPI's host was not found */

        status = r->err_status ? r->err_status : r->headers_out.status;

        return (status == NGX_HTTP_BAD_GATEWAY
                || status == NGX_HTTP_GATEWAY_TIME_OUT)
               ? NGX_OK : NGX_DECLINED;
    }

    if (last->header_time == (ngx_msec_t) -1) {
        return last->status ? NGX_OK : NGX_DECLINED;
    }

    answer->status = last->status;
    answer->time = last->response_time;

    return NGX_OK;
}


ngx_int_t
ngx_http_erpsync_upstream_result(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, erpsync_result_t *result)
{
    ngx_http_erpsync_upstream_answer_t  answer;

    if (ctx->method != ERPSYNC_METHOD_POST || r != r->main) {
        return NGX_DECLINED;
    }

    if (ctx->has_answer) {
        *result = erpsync_answer_result(erpsync_span(ctx->answered,
                                                     ctx->answered_len),
                                        ctx->whole_answer);
        return NGX_OK;
    }

    if (ngx_http_erpsync_upstream_answer(r, ctx, &answer) != NGX_OK
        || answer.status == 0)
    {
        return NGX_DECLINED;
    }

    *result = (answer.status >= NGX_HTTP_BAD_REQUEST) ? ERPSYNC_RESULT_ERROR
                                                      : ERPSYNC_RESULT_OTHER;

    return NGX_OK;
}
