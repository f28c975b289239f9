
/*
 * What the WebAPI answered a forwarded call.
 */


#ifndef _NGX_HTTP_ERPSYNC_UPSTREAM_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_UPSTREAM_H_INCLUDED_


#include "ngx_http_erpsync.h"


/* Notes, before a call is judged, how many attempts there were before. */
void ngx_http_erpsync_upstream_begin(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/*
 * Keep the start of an answer.  The first is called with its header; the second
 * with its body, if the first has set ctx->keep.
 */
void ngx_http_erpsync_upstream_header(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
void ngx_http_erpsync_upstream_body(ngx_http_erpsync_ctx_t *ctx,
    ngx_chain_t *in);

typedef struct {
    ngx_uint_t                      status;     /* 0: no valid answer */
    ngx_msec_t                      time;       /* of an answer */
} ngx_http_erpsync_upstream_answer_t;

/*
 * Finds the last attempt to send the call to the WebAPI.  NGX_DECLINED: there
 * was none, or the client left before the answer.
 */
ngx_int_t ngx_http_erpsync_upstream_answer(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_upstream_answer_t *answer);

/*
 * Sets "result" to $erpsync_result.  NGX_DECLINED: the call is not a POST, or
 * was not answered.
 */
ngx_int_t ngx_http_erpsync_upstream_result(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, erpsync_result_t *result);


#endif /* _NGX_HTTP_ERPSYNC_UPSTREAM_H_INCLUDED_ */
