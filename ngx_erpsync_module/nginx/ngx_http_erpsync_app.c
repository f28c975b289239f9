
#include "ngx_http_erpsync_app.h"
#include "ngx_http_erpsync_certificate.h"
#include "ngx_http_erpsync_headers.h"
#include "ngx_http_erpsync_file.h"


ngx_int_t
ngx_http_erpsync_claim(ngx_http_request_t *r,
    ngx_http_erpsync_loc_conf_t *elcf, const erpsync_registry_t **registry,
    erpsync_claim_t *claim)
{
    erpsync_proof_t                proof;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    *registry = ngx_http_erpsync_file_current(elcf->registry);

    proof.token = ngx_http_erpsync_app_token(r);

    if (ngx_http_erpsync_app_certificate(r, *registry, &proof.certificate)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return (erpsync_gate_claim(*registry, emcf->digester, &proof, claim)
            == ERPSYNC_OK)
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_erpsync_app_certificate(ngx_http_request_t *r,
    const erpsync_registry_t *registry, const uint8_t **digest)
{
    *digest = NULL;

    if (registry == NULL || !erpsync_registry_has_certificates(registry)) {
        return NGX_OK;
    }

    return ngx_http_erpsync_certificate(r, digest);
}


ngx_int_t
ngx_http_erpsync_app_id(ngx_http_request_t *r,
    const erpsync_registry_t *registry, const erpsync_app_t *app,
    erpsync_str_t *id)
{
    u_char  *p;

    *id = erpsync_app_id(registry, app);

    p = ngx_pnalloc(r->pool, id->len);
    if (p == NULL) {
        *id = erpsync_span("", 0);
        return NGX_ERROR;
    }

    ngx_memcpy(p, id->data, id->len);
    id->data = p;

    return NGX_OK;
}


erpsync_str_t
ngx_http_erpsync_claimed(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    erpsync_str_t                 id;
    erpsync_claim_t               claim;
    const erpsync_registry_t     *registry;
    ngx_http_erpsync_loc_conf_t  *elcf;

    if (ctx && ctx->has_claimed) {
        return ctx->claimed;
    }

    id = erpsync_span("", 0);

    elcf = ctx ? ctx->conf
               : ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    if (ngx_http_erpsync_claim(r, elcf, &registry, &claim) != NGX_OK
        || (claim.grant.app
            && ngx_http_erpsync_app_id(r, registry, claim.grant.app, &id)
               != NGX_OK))
    {
        return id;
    }

    if (ctx) {
        ctx->claimed = id;
        ctx->has_claimed = 1;
    }

    return id;
}
