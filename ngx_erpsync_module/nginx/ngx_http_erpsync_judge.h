
/*
 * The judgement of everything in front of the body.
 */


#ifndef _NGX_HTTP_ERPSYNC_JUDGE_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_JUDGE_H_INCLUDED_


#include "ngx_http_erpsync_memo.h"


/*
 * Judges everything in front of the body, by the current snapshots at the
 * current time.  "head" is what ngx_http_erpsync_find_head() has found, or
 * NULL.  Sets ctx->verdict.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_judge_head(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_head_t *head);

/*
 * Judges app and grants again, by the current snapshots at the current time,
 * after the reason in ctx->verdict was OK.  Sets ctx->verdict.  Returns NGX_OK
 * or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_judge_again(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);


#endif /* _NGX_HTTP_ERPSYNC_JUDGE_H_INCLUDED_ */
