
/*
 * Reading, judging and replacing the request body.
 */


#ifndef _NGX_HTTP_ERPSYNC_BODY_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_BODY_H_INCLUDED_


#include "ngx_http_erpsync.h"


/* Prepares a worker's malloc() for large bodies; does nothing if it cannot. */
void ngx_http_erpsync_keep_memory(ngx_log_t *log);

/*
 * Reads the body and judges it.  Then nginx calls the phase handler again, in
 * the state NGX_HTTP_ERPSYNC_JUDGED.  Returns what the handler must return.
 */
ngx_int_t ngx_http_erpsync_read_body(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Replaces the client's body by the canonical one. */
ngx_int_t ngx_http_erpsync_replace_body(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);


#endif /* _NGX_HTTP_ERPSYNC_BODY_H_INCLUDED_ */
