
/*
 * Finding out whether a request is a call, and of which operation.
 */


#ifndef _NGX_HTTP_ERPSYNC_CALL_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_CALL_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Finds out which operation a request is for, by its current path.  If that
 * does not name the agent, uses the target that the client sent, because a
 * location may still proxy that one.  Sets "call" and returns NGX_OK for a
 * call, NGX_DECLINED for any other request, or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_find_call(ngx_http_request_t *r,
    ngx_http_erpsync_call_t *call);

/*
 * Returns the current path.  If nginx had no memory for it, it has a length and
 * no text while the request is logged: then it is empty.
 */
erpsync_str_t ngx_http_erpsync_path(ngx_http_request_t *r);


#endif /* _NGX_HTTP_ERPSYNC_CALL_H_INCLUDED_ */
