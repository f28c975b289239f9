
/*
 * Content-Length of what proxy_pass sends, if memory runs out.
 */


#ifndef _NGX_HTTP_ERPSYNC_LENGTH_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_LENGTH_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Makes the variable that nginx's proxy module takes Content-Length from work
 * without memory.  To be called once all variables are known.
 */
ngx_int_t ngx_http_erpsync_length_init(ngx_cycle_t *cycle);


#endif /* _NGX_HTTP_ERPSYNC_LENGTH_H_INCLUDED_ */
