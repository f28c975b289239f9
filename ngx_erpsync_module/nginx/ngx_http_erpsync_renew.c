
#include "ngx_http_erpsync_renew.h"


/* Variables of nginx that are cached, and whose values change. */

static ngx_str_t  ngx_http_erpsync_rewritten[] = {
    ngx_string("request_uri"),
    ngx_string("content_type"),
    ngx_string("content_length"),
    ngx_string("request_body"),
    ngx_string("request_body_file"),
    ngx_string("http_accept"),
    ngx_string("http_accept_language"),
    ngx_string("http_authorization"),
    ngx_string("http_content_encoding"),
    ngx_string("http_content_length"),
    ngx_string("http_content_type"),
    ngx_string("http_so_apptoken"),
    ngx_string("http_so_culture"),
    ngx_string("http_so_language"),
    ngx_string("http_so_timezone"),
    ngx_string("http_transfer_encoding"),
    ngx_string("http_x_http_method"),
    ngx_string("http_x_http_method_override"),
    ngx_string("http_x_original_url"),
    ngx_string("http_x_rewrite_url")
};


/* Only variables that the configuration uses have an index, and are cached. */

ngx_int_t
ngx_http_erpsync_find_variables(ngx_cycle_t *cycle)
{
    ngx_uint_t                     i, k, n;
    ngx_http_variable_t           *v;
    ngx_http_core_main_conf_t     *cmcf;
    ngx_http_erpsync_main_conf_t  *emcf;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_core_module);
    emcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_erpsync_module);
    if (emcf == NULL) {
        return NGX_OK;
    }

    n = sizeof(ngx_http_erpsync_rewritten) / sizeof(ngx_str_t);

    emcf->rewritten = ngx_palloc(cycle->pool, n * sizeof(ngx_uint_t));
    if (emcf->rewritten == NULL) {
        return NGX_ERROR;
    }

    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {

        for (k = 0; k < n; k++) {
            if (v[i].name.len == ngx_http_erpsync_rewritten[k].len
                && ngx_strncmp(v[i].name.data,
                               ngx_http_erpsync_rewritten[k].data,
                               v[i].name.len)
                   == 0)
            {
                emcf->rewritten[emcf->nrewritten++] = i;
                break;
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_erpsync_renew_variables(ngx_http_request_t *r)
{
    ngx_uint_t                     i;
    ngx_http_variable_value_t     *values;
    ngx_http_core_main_conf_t     *cmcf;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    if (emcf->nrewritten == 0) {
        return NGX_OK;
    }

    if (r != r->main && r->variables == r->main->variables) {

        /* the variables of the parent are not changed */

        cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

        values = ngx_palloc(r->pool, cmcf->variables.nelts
                                     * sizeof(ngx_http_variable_value_t));
        if (values == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(values, r->variables, cmcf->variables.nelts
                                         * sizeof(ngx_http_variable_value_t));
        r->variables = values;
    }

    for (i = 0; i < emcf->nrewritten; i++) {
        r->variables[emcf->rewritten[i]].valid = 0;
        r->variables[emcf->rewritten[i]].not_found = 0;
    }

    return NGX_OK;
}
