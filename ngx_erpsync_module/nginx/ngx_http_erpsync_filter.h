
/*
 * Filters of the answer, by the WebAPI or by nginx, on its way to the client.
 */


#ifndef _NGX_HTTP_ERPSYNC_FILTER_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_FILTER_H_INCLUDED_


#include "ngx_http_erpsync.h"


void ngx_http_erpsync_filter_init(void);


#endif /* _NGX_HTTP_ERPSYNC_FILTER_H_INCLUDED_ */
