
#include "ngx_http_erpsync_call.h"
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_file.h"
#include "ngx_http_erpsync_headers.h"
#include "ngx_http_erpsync_tenants.h"


ngx_int_t
ngx_http_erpsync_tenant(ngx_http_request_t *r, erpsync_str_t *tenant)
{
    erpsync_str_t             authorization;
    erpsync_arena_t           arena;
    erpsync_request_t         request;
    const erpsync_header_t   *header;
    ngx_http_erpsync_ctx_t   *ctx;
    ngx_http_erpsync_call_t   call, *found;

    ctx = ngx_http_erpsync_get_ctx(r);

    if (ctx && ctx->state != NGX_HTTP_ERPSYNC_NONE) {
        found = &ctx->call;

    } else {
        found = &call;

        if (ngx_http_erpsync_find_call(r, found) == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    ngx_http_erpsync_collect(r, &request);
    header = &request.headers[ERPSYNC_HEADER_AUTHORIZATION];

    authorization = (header->count == 1) ? header->value
                                         : erpsync_span(NULL, 0);

    erpsync_arena_init_source(&arena, ngx_http_erpsync_palloc, r->pool);

    return (erpsync_tenant_find(&arena, &found->route,
                                ngx_http_erpsync_path(r), authorization,
                                tenant)
            == ERPSYNC_OK)
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_erpsync_tenant_host(ngx_http_request_t *r, erpsync_str_t *host)
{
    erpsync_str_t                 name;
    erpsync_tenant_t              tenant;
    const erpsync_tenants_t      *tenants;
    ngx_http_erpsync_ctx_t       *ctx;
    ngx_http_erpsync_loc_conf_t  *elcf;

    *host = erpsync_span("", 0);

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    if (elcf->tenants == NULL) {

        /* the location of an error page, for example */

        ctx = ngx_http_erpsync_get_ctx(r);

        if (ctx == NULL || ctx->conf->tenants == NULL) {
            return NGX_OK;
        }

        elcf = ctx->conf;
    }

    if (ngx_http_erpsync_tenant(r, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    if (name.len == 0) {
        return NGX_OK;
    }

    tenants = ngx_http_erpsync_file_held(r, elcf->tenants);
    if (tenants == NULL) {
        return NGX_ERROR;
    }

    if (erpsync_tenants_find(tenants, name, &tenant)) {
        *host = tenant.host;
    }

    return NGX_OK;
}
