
/*
 * Requests that "proxy_pass" leads to the agent, though their own path does not
 * name it: they are not judged, so they must not be sent.
 */


#ifndef _NGX_HTTP_ERPSYNC_PROXIED_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_PROXIED_H_INCLUDED_


#include "ngx_http_erpsync.h"


/* Makes what stands for "proxy_bind".  Returns NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_erpsync_proxied_init(ngx_conf_t *cf,
    ngx_http_erpsync_main_conf_t *emcf);

/*
 * Puts it into the location that is merged, if "conf", which is merged, is not
 * "off".  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_proxied_merge(ngx_conf_t *cf,
    ngx_http_erpsync_loc_conf_t *conf);

/*
 * The variable behind that value: "proxy_bind" of the location, or empty.  If
 * the request must not be sent, an error is logged, and nginx answers with 500.
 */
ngx_int_t ngx_http_erpsync_variable_bind(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


#endif /* _NGX_HTTP_ERPSYNC_PROXIED_H_INCLUDED_ */
