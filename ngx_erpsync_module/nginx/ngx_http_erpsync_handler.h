
/*
 * Phase handlers: the judgement of a request, step by step.
 */


#ifndef _NGX_HTTP_ERPSYNC_HANDLER_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_HANDLER_H_INCLUDED_


#include "ngx_http_erpsync.h"


ngx_int_t ngx_http_erpsync_preaccess_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_erpsync_precontent_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_ERPSYNC_HANDLER_H_INCLUDED_ */
