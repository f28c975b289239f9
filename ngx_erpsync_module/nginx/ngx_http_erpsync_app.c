
#include "ngx_http_erpsync_app.h"
#include "ngx_http_erpsync_certificate.h"
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_headers.h"
#include "ngx_http_erpsync_file.h"
#include "ngx_http_erpsync_memo.h"


/*
 * Finds the app that SO-AppToken and the client's certificate name in the
 * registry of "elcf" that is in force now.  Returns NGX_OK and sets
 * "registry", which is NULL if there is none, and "claim"; or NGX_ERROR.  The
 * snapshot is not held.
 */

static ngx_int_t
ngx_http_erpsync_claim(ngx_http_request_t *r,
    ngx_http_erpsync_loc_conf_t *elcf, const erpsync_registry_t **registry,
    erpsync_claim_t *claim)
{
    erpsync_proof_t                proof;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    *registry = ngx_http_erpsync_file_current(elcf->registry);

    proof.token = ngx_http_erpsync_app_token(r);
    proof.memo = ngx_http_erpsync_memo(r);

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


ngx_uint_t
ngx_http_erpsync_enforced(ngx_http_request_t *r,
    ngx_http_erpsync_loc_conf_t *elcf)
{
    ngx_uint_t                     found;
    erpsync_claim_t                claim;
    erpsync_proof_t                proof;
    const erpsync_registry_t      *registry;
    ngx_http_erpsync_tokens_t      tokens;
    ngx_http_erpsync_main_conf_t  *emcf;

    if (elcf->mode != NGX_HTTP_ERPSYNC_REPORT) {
        return 1;
    }

    registry = ngx_http_erpsync_file_current(elcf->registry);

    if (registry == NULL || !erpsync_registry_enforces(registry)) {
        return 0;
    }

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    if (ngx_http_erpsync_app_certificate(r, registry, &proof.certificate)
        != NGX_OK)
    {
        return 1;
    }

    ngx_http_erpsync_tokens(r, &tokens);

    proof.memo = ngx_http_erpsync_memo(r);

    do {
        proof.token = ngx_http_erpsync_next_token(&tokens);
        found = (proof.token.data != NULL);

        if (erpsync_gate_claim(registry, emcf->digester, &proof, &claim)
            != ERPSYNC_OK
            || claim.enforced)
        {
            return 1;
        }

    } while (found);

    return 0;
}


ngx_int_t
ngx_http_erpsync_app(ngx_http_request_t *r,
    const erpsync_registry_t **registry, const erpsync_app_t **app)
{
    erpsync_claim_t               claim;
    erpsync_address_t             address;
    ngx_http_erpsync_ctx_t       *ctx;
    ngx_http_erpsync_loc_conf_t  *elcf;

    *app = NULL;

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    if (elcf->registry == NULL) {

        /* for example the location of an error page */

        ctx = ngx_http_erpsync_get_ctx(r);
        elcf = ctx ? ctx->conf : elcf;
    }

    if (elcf->registry && elcf->registry->outdated) {
        return NGX_OK;
    }

    if (ngx_http_erpsync_claim(r, elcf, registry, &claim) != NGX_OK) {
        return NGX_ERROR;
    }

    if (claim.reason != ERPSYNC_REASON_OK) {
        return NGX_OK;
    }

    ngx_http_erpsync_address(r, &address);

    if (erpsync_gate_standing(*registry, &claim, &address, ngx_time())
        == ERPSYNC_REASON_OK)
    {
        *app = claim.grant.app;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_erpsync_app_text(ngx_http_request_t *r, erpsync_str_t *s)
{
    u_char     *p;
    ngx_str_t   text;

    text = ngx_http_erpsync_str(*s);

    p = ngx_pstrdup(r->pool, &text);
    if (p == NULL) {
        *s = erpsync_span("", 0);
        return NGX_ERROR;
    }

    s->data = p;

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

    if (ctx && ctx->verdict.claimed) {

        /* the request holds the snapshot of an app that was found */

        return ctx->verdict.app
               ? erpsync_app_id(ctx->registry, ctx->verdict.app) : id;
    }

    elcf = ctx ? ctx->conf
               : ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    if (ngx_http_erpsync_claim(r, elcf, &registry, &claim) != NGX_OK) {
        return id;
    }

    if (claim.grant.app) {
        id = erpsync_app_id(registry, claim.grant.app);

        if (ngx_http_erpsync_app_text(r, &id) != NGX_OK) {
            return id;
        }
    }

    if (ctx) {
        ctx->claimed = id;
        ctx->has_claimed = 1;
    }

    return id;
}
