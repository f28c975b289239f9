
/*
 * Loading a file again when it has changed.
 */


#ifndef _NGX_HTTP_ERPSYNC_REFRESH_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_REFRESH_H_INCLUDED_


#include "ngx_http_erpsync.h"


/* Prepares the refresh of a file, once, before the workers start. */
ngx_int_t ngx_http_erpsync_refresh_add(ngx_conf_t *cf,
    ngx_http_erpsync_file_t *file);

/* To be called at the start and at the end of a worker. */
void ngx_http_erpsync_refresh_init(ngx_cycle_t *cycle,
    ngx_http_erpsync_main_conf_t *emcf);
void ngx_http_erpsync_refresh_exit(ngx_cycle_t *cycle);


#endif /* _NGX_HTTP_ERPSYNC_REFRESH_H_INCLUDED_ */
