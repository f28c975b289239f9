
/*
 * Setters of directives.
 */


#ifndef _NGX_HTTP_ERPSYNC_CONF_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_CONF_H_INCLUDED_


#include "ngx_http_erpsync.h"


char *ngx_http_erpsync_set_enum(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_erpsync_set_bitmask(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_erpsync_set_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_erpsync_set_languages(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_erpsync_set_language(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_erpsync_set_timezone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_ERPSYNC_CONF_H_INCLUDED_ */
