
/*
 * The variables $erpsync_...
 */


#ifndef _NGX_HTTP_ERPSYNC_VARIABLES_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_VARIABLES_H_INCLUDED_


#include "ngx_http_erpsync.h"


ngx_int_t ngx_http_erpsync_add_variables(ngx_conf_t *cf);


#endif /* _NGX_HTTP_ERPSYNC_VARIABLES_H_INCLUDED_ */
