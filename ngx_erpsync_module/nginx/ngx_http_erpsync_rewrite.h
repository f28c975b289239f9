
/*
 * Putting URI and headers into their canonical form, and back.
 */


#ifndef _NGX_HTTP_ERPSYNC_REWRITE_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_REWRITE_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Removes the headers that ask for another method or path, so that a
 * subrequest of another module does not send them.  Returns NGX_ERROR if
 * memory ran out.
 */
ngx_int_t ngx_http_erpsync_drop_overrides(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Puts URI and headers into their canonical form. */
ngx_int_t ngx_http_erpsync_rewrite(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/*
 * Returns whether a request still has the query, the headers and the body that
 * its call was given by the above, and by ngx_http_erpsync_replace_body().
 * "ctx" is that of the call, "args" the query of the path that names it.  Of a
 * call that is not put into canonical form, or not yet, returns 1.
 */
ngx_uint_t ngx_http_erpsync_as_forwarded(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, erpsync_str_t args);

/* Undoes the above, and ngx_http_erpsync_replace_body(). */
void ngx_http_erpsync_restore(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);


#endif /* _NGX_HTTP_ERPSYNC_REWRITE_H_INCLUDED_ */
