
/*
 * Refusals by nginx itself and by other modules.
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

/* Notes that nginx has refused the call, once; does nothing if it has not. */
void ngx_http_erpsync_note_own(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/*
 * Replaces nginx's own error page by an answer of the gateway.  To be called
 * by a header filter.
 */
void ngx_http_erpsync_answer_own(ngx_http_request_t *r);

/* A handler of the rewrite phase, which is called before all others. */
ngx_int_t ngx_http_erpsync_redirected_handler(ngx_http_request_t *r);

/*
 * Note how far a request gets; to be called before all other handlers of the
 * SERVER_REWRITE phase, and of PREACCESS.
 */
ngx_int_t ngx_http_erpsync_entered_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_erpsync_limits_handler(ngx_http_request_t *r);

/* Notes that a request has passed all other handlers of PREACCESS. */
void ngx_http_erpsync_passed_limits(ngx_http_request_t *r);

/*
 * Returns NGX_OK if nginx or a limit refused a call before the gateway could
 * judge it, and "error_page" has led to this location.  Then the call is noted,
 * and "ctx" is its context, which is barred.
 * Returns NGX_DECLINED if not, or if calls are reported only; or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_refused_before(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t **ctx);


#endif /* _NGX_HTTP_ERPSYNC_OWN_H_INCLUDED_ */
