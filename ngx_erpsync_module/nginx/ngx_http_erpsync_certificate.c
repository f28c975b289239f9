
#include "ngx_http_erpsync_certificate.h"


#if (NGX_HTTP_SSL)

typedef struct {
    uint8_t                         digest[ERPSYNC_DIGEST_LEN];
} ngx_http_erpsync_certificate_t;


static X509 *ngx_http_erpsync_verified(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_digest_x509(ngx_http_request_t *r,
    X509 *x509, uint8_t *digest);
static void ngx_http_erpsync_certificate_cleanup(void *data);


/*
 * A certificate does not change during a connection, so its digest is kept
 * with the connection, whose requests over HTTP/2 and HTTP/3 share it.
 */

ngx_int_t
ngx_http_erpsync_certificate(ngx_http_request_t *r, const uint8_t **digest)
{
    X509                            *x509;
    ngx_int_t                        rc;
    ngx_pool_t                      *pool;
    ngx_pool_cleanup_t              *cln;
    ngx_http_erpsync_certificate_t  *certificate;

    *digest = NULL;

    x509 = ngx_http_erpsync_verified(r);
    if (x509 == NULL) {
        return NGX_OK;
    }

    rc = NGX_ERROR;
    pool = ngx_http_erpsync_connection(r)->pool;

    for (cln = pool->cleanup; cln; cln = cln->next) {

        if (cln->handler == ngx_http_erpsync_certificate_cleanup) {
            certificate = cln->data;
            goto found;
        }
    }

    cln = ngx_pool_cleanup_add(pool, sizeof(ngx_http_erpsync_certificate_t));
    if (cln == NULL) {
        goto done;
    }

    certificate = cln->data;

    if (ngx_http_erpsync_digest_x509(r, x509, certificate->digest) != NGX_OK) {
        goto done;
    }

    cln->handler = ngx_http_erpsync_certificate_cleanup;

found:

    *digest = certificate->digest;
    rc = NGX_OK;

done:

    X509_free(x509);

    return rc;
}


/*
 * Returns the client's certificate, which the caller frees, or NULL.  The
 * result of the verification is kept in a session that is resumed.
 */

static X509 *
ngx_http_erpsync_verified(ngx_http_request_t *r)
{
    ngx_ssl_connection_t     *ssl;
    ngx_http_ssl_srv_conf_t  *sscf;

    ssl = r->connection->ssl;
    sscf = ngx_http_get_module_srv_conf(r, ngx_http_ssl_module);

    if (ssl == NULL || sscf->verify == 0
        || SSL_get_verify_result(ssl->connection) != X509_V_OK)
    {
        return NULL;
    }

    /* X509_V_OK is also the result without a certificate */

    return SSL_get_peer_certificate(ssl->connection);
}


static ngx_int_t
ngx_http_erpsync_digest_x509(ngx_http_request_t *r, X509 *x509,
    uint8_t *digest)
{
    int                            len;
    u_char                        *der;
    erpsync_rc_t                   rc;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    der = NULL;
    len = i2d_X509(x509, &der);

    if (len <= 0) {
        ngx_ssl_error(NGX_LOG_CRIT, r->connection->log, 0,
                      "i2d_X509() failed");
        return NGX_ERROR;
    }

    rc = erpsync_digest(emcf->digester, erpsync_span(der, len), digest);

    OPENSSL_free(der);

    return (rc == ERPSYNC_OK) ? NGX_OK : NGX_ERROR;
}


/* Marks the digest in the list of cleanups; the pool frees it. */

static void
ngx_http_erpsync_certificate_cleanup(void *data)
{
    /* void */
}

#else

ngx_int_t
ngx_http_erpsync_certificate(ngx_http_request_t *r, const uint8_t **digest)
{
    *digest = NULL;

    return NGX_OK;
}

#endif
