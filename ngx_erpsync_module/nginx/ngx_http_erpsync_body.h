
/*
 * Reading, judging and replacing the request body.
 */


#ifndef _NGX_HTTP_ERPSYNC_BODY_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_BODY_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Reads the body and judges it; the request then comes to its phase handler
 * again, in state _JUDGED.  For a phase handler to return.
 */
ngx_int_t ngx_http_erpsync_read_body(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Puts the canonical body in the place of the client's. */
ngx_int_t ngx_http_erpsync_replace_body(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);


#endif /* _NGX_HTTP_ERPSYNC_BODY_H_INCLUDED_ */
