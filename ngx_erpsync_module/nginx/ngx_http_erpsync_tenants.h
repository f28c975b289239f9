
/*
 * The tenant of a request, and its host.
 */


#ifndef _NGX_HTTP_ERPSYNC_TENANTS_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_TENANTS_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Finds the tenant of a request, of a call or of any other, in any phase;
 * "tenant" is empty if there is none, or if path and token disagree.  Returns
 * NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_tenant(ngx_http_request_t *r,
    erpsync_str_t *tenant);

/*
 * Finds the host of that tenant in the tenants file of the location; "host" is
 * empty if the file does not have it.  A request goes by one snapshot of the
 * file; a call by the one that it was judged by.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_tenant_host(ngx_http_request_t *r,
    erpsync_str_t *host);


#endif /* _NGX_HTTP_ERPSYNC_TENANTS_H_INCLUDED_ */
