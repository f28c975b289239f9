
/*
 * The app that a request names.
 */


#ifndef _NGX_HTTP_ERPSYNC_APP_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_APP_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Finds the app that SO-AppToken and the client's certificate name in the
 * registry of "elcf" that is in force now.  Returns NGX_OK and sets
 * "registry", which is NULL if there is none, and "claim"; or NGX_ERROR.  The
 * snapshot is not held.
 */
ngx_int_t ngx_http_erpsync_claim(ngx_http_request_t *r,
    ngx_http_erpsync_loc_conf_t *elcf, const erpsync_registry_t **registry,
    erpsync_claim_t *claim);

/*
 * Finds the client's certificate, as ngx_http_erpsync_certificate() does, if
 * an app of the registry is known by one.
 */
ngx_int_t ngx_http_erpsync_app_certificate(ngx_http_request_t *r,
    const erpsync_registry_t *registry, const uint8_t **digest);

/* Sets "id" to a copy of an app's id, which must outlive the snapshot. */
ngx_int_t ngx_http_erpsync_app_id(ngx_http_request_t *r,
    const erpsync_registry_t *registry, const erpsync_app_t *app,
    erpsync_str_t *id);

/*
 * Returns the id of the app that the request's token or, if that names none,
 * its certificate belongs to, whatever its state; or an empty one.
 */
erpsync_str_t ngx_http_erpsync_claimed(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);


#endif /* _NGX_HTTP_ERPSYNC_APP_H_INCLUDED_ */
