
/*
 * Answers of the gateway's own.
 */


#ifndef _NGX_HTTP_ERPSYNC_REFUSAL_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_REFUSAL_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Refuses the request for ctx->verdict.reason: logs it and sends the answer,
 * or passes it on in report mode.  For a phase handler to return.
 */
ngx_int_t ngx_http_erpsync_refuse(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* The same for a failure of the gateway itself. */
ngx_int_t ngx_http_erpsync_fail(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Notes and logs a refusal, with "status" as its answer's. */
void ngx_http_erpsync_note_refusal(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_uint_t status);

/*
 * Returns the answer's text in a buffer, or NULL; sets Content-Type and
 * Content-Length.
 */
ngx_chain_t *ngx_http_erpsync_answer(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, erpsync_reason_t reason);

/* Returns $erpsync_violations. */
erpsync_str_t ngx_http_erpsync_violations(ngx_http_erpsync_ctx_t *ctx);

/* Adds what the status demands, as Allow, also to an answer of nginx's. */
ngx_int_t ngx_http_erpsync_add_headers(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, erpsync_reason_t reason);

ngx_int_t ngx_http_erpsync_add_header(ngx_http_request_t *r,
    ngx_str_t *name, ngx_str_t *value);

/*
 * Sets Content-Type of a text that is UTF-8, as one more header of the list:
 * to headers_out.content_type, nginx would add a charset of its own, and it
 * would recode the text, by "charset", "charset_types", "override_charset".
 */
ngx_int_t ngx_http_erpsync_content_type(ngx_http_request_t *r,
    ngx_str_t *type);


#endif /* _NGX_HTTP_ERPSYNC_REFUSAL_H_INCLUDED_ */
