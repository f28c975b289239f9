
/*
 * The method of a request, and the one that its location sends.
 */


#ifndef _NGX_HTTP_ERPSYNC_METHOD_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_METHOD_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Finds out where nginx keeps "proxy_method", "proxy_bind", "limit_req_status"
 * and "limit_conn_status" of a location.
 */
void ngx_http_erpsync_method_init(ngx_conf_t *cf,
    ngx_http_erpsync_main_conf_t *emcf);

/* Returns the method of a request, as the core knows it. */
erpsync_method_t ngx_http_erpsync_method(ngx_http_request_t *r);

/*
 * Returns whether the location sends the request with this method.  HEAD is as
 * good as GET.  Returns 0 if there is no memory to find out.
 */
ngx_uint_t ngx_http_erpsync_method_sent(ngx_http_request_t *r,
    erpsync_method_t method);


#endif /* _NGX_HTTP_ERPSYNC_METHOD_H_INCLUDED_ */
