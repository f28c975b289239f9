
/*
 * Requests that "proxy_pass" leads to the agent, though their own path does not
 * name it: they are not judged, so they must not be sent.
 */


#ifndef _NGX_HTTP_ERPSYNC_PROXIED_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_PROXIED_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Judges the requests of the location that is merged before they are sent, if
 * "conf", which is merged, is not "off".  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_proxied_merge(ngx_conf_t *cf,
    ngx_http_erpsync_loc_conf_t *conf);


#endif /* _NGX_HTTP_ERPSYNC_PROXIED_H_INCLUDED_ */
