
#include "ngx_http_erpsync_module.h"


static void ngx_http_erpsync_registry_cleanup(void *data);


ngx_http_erpsync_registry_t *
ngx_http_erpsync_registry_add(ngx_conf_t *cf, ngx_str_t *path,
    time_t refresh)
{
    char                            error[ERPSYNC_REGISTRY_ERROR_LEN];
    ngx_uint_t                      i;
    ngx_pool_cleanup_t             *cln;
    ngx_http_erpsync_registry_t    *registry, **slot, **registries;
    ngx_http_erpsync_main_conf_t   *emcf;

    emcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_erpsync_module);

    registries = emcf->registries.elts;

    for (i = 0; i < emcf->registries.nelts; i++) {
        registry = registries[i];

        if (registry->path.len != path->len
            || ngx_strncmp(registry->path.data, path->data, path->len) != 0)
        {
            continue;
        }

        if (registry->refresh != refresh) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"erpsync_registry\" \"%V\" is used with "
                               "another \"refresh\"", path);
            return NULL;
        }

        return registry;
    }

    registry = ngx_pcalloc(cf->pool, sizeof(ngx_http_erpsync_registry_t));
    if (registry == NULL) {
        return NULL;
    }

    registry->path = *path;
    registry->refresh = refresh;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    slot = ngx_array_push(&emcf->registries);
    if (slot == NULL) {
        return NULL;
    }

    *slot = registry;

    registry->snapshot = erpsync_registry_load((char *) path->data, error);

    if (registry->snapshot == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"erpsync_registry\" \"%V\": %s", path, error);
        return NULL;
    }

    /* the snapshot is gone with the cycle that it was loaded for */

    cln->handler = ngx_http_erpsync_registry_cleanup;
    cln->data = registry;

    return registry;
}


static void
ngx_http_erpsync_registry_cleanup(void *data)
{
    ngx_http_erpsync_registry_t  *registry = data;

    erpsync_registry_destroy(registry->snapshot);
}
