
/*
 * The app that a request names.
 */


#ifndef _NGX_HTTP_ERPSYNC_APP_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_APP_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Finds what SO-AppToken stands for in the registry of "elcf" that is in
 * force now; grant->app is NULL if it belongs to no app.  The snapshot is not
 * held.
 */
ngx_int_t ngx_http_erpsync_grant(ngx_http_request_t *r,
    ngx_http_erpsync_loc_conf_t *elcf, const erpsync_registry_t **registry,
    erpsync_grant_t *grant);

/* Sets "id" to a copy of an app's id, which must outlive the snapshot. */
ngx_int_t ngx_http_erpsync_app_id(ngx_http_request_t *r,
    const erpsync_registry_t *registry, const erpsync_app_t *app,
    erpsync_str_t *id);

/*
 * Returns the id of the app that the request's token belongs to, whatever
 * its state, or an empty one.
 */
erpsync_str_t ngx_http_erpsync_claimed(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);


#endif /* _NGX_HTTP_ERPSYNC_APP_H_INCLUDED_ */
