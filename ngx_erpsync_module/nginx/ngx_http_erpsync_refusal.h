
/*
 * Refusals: their log line and their answer.
 */


#ifndef _NGX_HTTP_ERPSYNC_REFUSAL_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_REFUSAL_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Refuses the request for ctx->verdict.reason: logs it and sends the answer;
 * in report mode only logs it.  Returns what a phase handler must return.
 */
ngx_int_t ngx_http_erpsync_refuse(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Does the same for a failure of the gateway itself. */
ngx_int_t ngx_http_erpsync_fail(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Notes and logs a refusal that is answered with "status". */
void ngx_http_erpsync_note_refusal(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_uint_t status);

/*
 * Returns the text of the answer in a buffer, or NULL if memory ran out.  Sets
 * Content-Type and Content-Length.
 */
ngx_chain_t *ngx_http_erpsync_answer(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, erpsync_reason_t reason);

/* Returns $erpsync_violations. */
erpsync_str_t ngx_http_erpsync_violations(ngx_http_erpsync_ctx_t *ctx);

/* Adds the headers that the status requires, such as Allow. */
ngx_int_t ngx_http_erpsync_add_headers(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, erpsync_reason_t reason);

/* Adds a header to the answer.  Returns NGX_ERROR if memory ran out. */
ngx_int_t ngx_http_erpsync_add_header(ngx_http_request_t *r,
    ngx_str_t *name, ngx_str_t *value);


#endif /* _NGX_HTTP_ERPSYNC_REFUSAL_H_INCLUDED_ */
