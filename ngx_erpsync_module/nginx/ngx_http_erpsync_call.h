
/*
 * Which call a request is.
 */


#ifndef _NGX_HTTP_ERPSYNC_CALL_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_CALL_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Finds out which call a request is: by the path as it is now and, if that
 * is none of the agent's any more, by the target that the client sent, as a
 * location may still proxy that.  Returns NGX_OK for a call, NGX_DECLINED
 * for any other request, NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_find_call(ngx_http_request_t *r,
    ngx_http_erpsync_call_t *call);


#endif /* _NGX_HTTP_ERPSYNC_CALL_H_INCLUDED_ */
