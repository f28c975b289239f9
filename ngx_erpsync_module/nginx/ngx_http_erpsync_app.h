
/*
 * The app that a request names.
 */


#ifndef _NGX_HTTP_ERPSYNC_APP_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_APP_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Returns whether a call is judged as with "erpsync on": the directive says so,
 * or it says "report", and an app that the call names has "enforce".  If a call
 * has several tokens, each counts.  Also returns 1 if memory ran out.
 */
ngx_uint_t ngx_http_erpsync_enforced(ngx_http_request_t *r,
    ngx_http_erpsync_loc_conf_t *elcf);

/*
 * Finds the app that is in good standing: token and certificate are valid now,
 * it is enabled, and the client's address is granted.  "elcf" may have no
 * registry; then that of the location that judged the call counts.  Sets "app"
 * to NULL if there is none, or if the registry is outdated.  Returns NGX_OK or
 * NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_app(ngx_http_request_t *r,
    const erpsync_registry_t **registry, const erpsync_app_t **app);

/*
 * Finds the client's certificate, as ngx_http_erpsync_certificate() does, if
 * an app of the registry is known by one.
 */
ngx_int_t ngx_http_erpsync_app_certificate(ngx_http_request_t *r,
    const erpsync_registry_t *registry, const uint8_t **digest);

/*
 * Copies a text of a snapshot, which the request may outlive, in place.  On
 * NGX_ERROR it is empty.
 */
ngx_int_t ngx_http_erpsync_app_text(ngx_http_request_t *r, erpsync_str_t *s);

/*
 * Returns the id of the app that the request's token or, if that names none,
 * its certificate belongs to, whatever its state; or an empty one.
 */
erpsync_str_t ngx_http_erpsync_claimed(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);


#endif /* _NGX_HTTP_ERPSYNC_APP_H_INCLUDED_ */
