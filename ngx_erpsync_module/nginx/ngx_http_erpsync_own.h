
/*
 * Refusals that nginx itself decides on.
 */


#ifndef _NGX_HTTP_ERPSYNC_OWN_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_OWN_H_INCLUDED_


#include "ngx_http_erpsync.h"


ngx_int_t ngx_http_erpsync_log_handler(ngx_http_request_t *r);

/*
 * Returns the status by which nginx or another module has refused a call that
 * is not judged yet, or 0.  "error_page 413 = ..." may have hidden it.
 */
ngx_uint_t ngx_http_erpsync_own_status(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Notes that nginx has refused the call, if it has and that is not noted. */
void ngx_http_erpsync_note_own(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/*
 * Puts the gateway's answer in the place of nginx's own page of an error;
 * for a header filter.
 */
void ngx_http_erpsync_answer_own(ngx_http_request_t *r);

/* A handler of the rewrite phase, in front of all others. */
ngx_int_t ngx_http_erpsync_redirected_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_ERPSYNC_OWN_H_INCLUDED_ */
