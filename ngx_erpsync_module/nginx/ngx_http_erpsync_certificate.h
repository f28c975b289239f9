
/*
 * The client's certificate.
 */


#ifndef _NGX_HTTP_ERPSYNC_CERTIFICATE_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_CERTIFICATE_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Finds the SHA-256 of the client's certificate in DER: "*digest" lives as
 * long as the connection.  It is NULL if the client sent none, if nginx has
 * not verified it, or if the server does not ask for one (ssl_verify_client).
 * Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_certificate(ngx_http_request_t *r,
    const uint8_t **digest);


#endif /* _NGX_HTTP_ERPSYNC_CERTIFICATE_H_INCLUDED_ */
