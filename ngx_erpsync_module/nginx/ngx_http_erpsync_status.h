
/*
 * The handler of erpsync_status.
 */


#ifndef _NGX_HTTP_ERPSYNC_STATUS_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_STATUS_H_INCLUDED_


#include "ngx_http_erpsync.h"


char *ngx_http_erpsync_set_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_ERPSYNC_STATUS_H_INCLUDED_ */
