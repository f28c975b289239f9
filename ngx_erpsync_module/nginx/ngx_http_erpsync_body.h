
/*
 * Reading, judging and replacing the request body.
 */


#ifndef _NGX_HTTP_ERPSYNC_BODY_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_BODY_H_INCLUDED_


#include "ngx_http_erpsync.h"


/* Prepares a worker's malloc() for large bodies; does nothing if it cannot. */
void ngx_http_erpsync_keep_memory(ngx_log_t *log);

/*
 * Reads the body and judges it.  Returns NGX_OK if it has come already, and is
 * judged.  Otherwise returns what the phase handler must return, which nginx
 * calls again when the body is judged, in the state NGX_HTTP_ERPSYNC_JUDGED.
 */
ngx_int_t ngx_http_erpsync_read_body(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Replaces the client's body by the canonical one. */
ngx_int_t ngx_http_erpsync_replace_body(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);


#endif /* _NGX_HTTP_ERPSYNC_BODY_H_INCLUDED_ */
