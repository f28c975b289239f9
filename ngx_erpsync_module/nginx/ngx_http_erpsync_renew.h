
/*
 * nginx's own variables of a request whose URI and headers were changed.
 */


#ifndef _NGX_HTTP_ERPSYNC_RENEW_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_RENEW_H_INCLUDED_


#include "ngx_http_erpsync.h"


/* Finds nginx's variables that a rewrite changes, once all are known. */
ngx_int_t ngx_http_erpsync_find_variables(ngx_cycle_t *cycle);

/* Makes nginx evaluate its variables of a changed request again. */
ngx_int_t ngx_http_erpsync_renew_variables(ngx_http_request_t *r);


#endif /* _NGX_HTTP_ERPSYNC_RENEW_H_INCLUDED_ */
