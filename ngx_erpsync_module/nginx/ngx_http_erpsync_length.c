
#include "ngx_http_erpsync_length.h"


/*
 * proxy_pass takes Content-Length from a variable.  If nginx has no memory for
 * its digits, the variable has no value, and nginx sends the body without the
 * header.  The WebAPI would then take the body for another request, that nobody
 * judged.  So the variable is evaluated once more, in memory that is kept for
 * this; its value is used at once, and may be overwritten by the next request.
 */

#define NGX_HTTP_ERPSYNC_LENGTH_POOL  256


static ngx_int_t ngx_http_erpsync_length(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_http_erpsync_length_cleanup(void *data);


ngx_int_t
ngx_http_erpsync_length_init(ngx_cycle_t *cycle)
{
    ngx_uint_t                     i;
    ngx_pool_cleanup_t            *cln;
    ngx_http_variable_t           *v;
    ngx_http_core_main_conf_t     *cmcf;
    ngx_http_erpsync_main_conf_t  *emcf;

    static const ngx_str_t  name = ngx_string("proxy_internal_body_length");

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_core_module);
    emcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_erpsync_module);
    if (emcf == NULL || !emcf->enabled) {
        return NGX_OK;
    }

    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (v[i].name.len == name.len
            && ngx_strncmp(v[i].name.data, name.data, name.len) == 0)
        {
            break;
        }
    }

    if (i == cmcf->variables.nelts) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    emcf->spare = ngx_create_pool(NGX_HTTP_ERPSYNC_LENGTH_POOL, cycle->log);
    if (emcf->spare == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_erpsync_length_cleanup;
    cln->data = emcf->spare;

    emcf->length = v[i].get_handler;
    v[i].get_handler = ngx_http_erpsync_length;

    return NGX_OK;
}


static ngx_int_t
ngx_http_erpsync_length(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_int_t                      rc;
    ngx_pool_t                    *pool;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    rc = emcf->length(r, v, data);

    if (rc == NGX_OK) {
        return NGX_OK;
    }

    ngx_reset_pool(emcf->spare);

    pool = r->connection->pool;
    r->connection->pool = emcf->spare;

    rc = emcf->length(r, v, data);

    r->connection->pool = pool;

    return rc;
}


static void
ngx_http_erpsync_length_cleanup(void *data)
{
    ngx_destroy_pool(data);
}
