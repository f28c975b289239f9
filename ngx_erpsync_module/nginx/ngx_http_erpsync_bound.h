
/*
 * Connections to a server that carried Negotiate or NTLM are never reused.
 */


#ifndef _NGX_HTTP_ERPSYNC_BOUND_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_BOUND_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Puts a handler in front of all upstreams of a configuration, after they have
 * been set up.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_bound_init(ngx_conf_t *cf);


#endif /* _NGX_HTTP_ERPSYNC_BOUND_H_INCLUDED_ */
