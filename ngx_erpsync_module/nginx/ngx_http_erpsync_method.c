
#include "ngx_http_erpsync_method.h"


static ngx_http_complex_value_t *ngx_http_erpsync_method_value(
    ngx_http_request_t *r);


/*
 * The configuration of nginx's own modules is not public, but their commands
 * are: they have the places of the values.
 */

void
ngx_http_erpsync_method_init(ngx_conf_t *cf,
    ngx_http_erpsync_main_conf_t *emcf)
{
    ngx_uint_t      i;
    ngx_module_t   *module;
    ngx_command_t  *cmd;

    for (i = 0; cf->cycle->modules[i]; i++) {
        module = cf->cycle->modules[i];

        if (module->type != NGX_HTTP_MODULE) {
            continue;
        }

        for (cmd = module->commands; cmd && cmd->name.len; cmd++) {

            if (cmd->set == ngx_http_set_complex_value_slot
                && ngx_strcmp(cmd->name.data, "proxy_method") == 0)
            {
                emcf->proxy_method = cmd;

            } else if (cmd->set == ngx_http_upstream_bind_set_slot
                       && ngx_strcmp(cmd->name.data, "proxy_bind") == 0)
            {
                emcf->proxy_bind = cmd;

            } else if (cmd->set == ngx_conf_set_num_slot
                       && ngx_strcmp(cmd->name.data, "limit_req_status") == 0)
            {
                emcf->limits[0].status = cmd;
                emcf->limits[0].index = module->ctx_index;
                continue;

            } else if (cmd->set == ngx_conf_set_num_slot
                       && ngx_strcmp(cmd->name.data, "limit_conn_status") == 0)
            {
                emcf->limits[1].status = cmd;
                emcf->limits[1].index = module->ctx_index;
                continue;

            } else {
                continue;
            }

            emcf->proxy_index = module->ctx_index;
        }
    }
}


erpsync_method_t
ngx_http_erpsync_method(ngx_http_request_t *r)
{
    switch (r->method) {

    case NGX_HTTP_POST:
        return ERPSYNC_METHOD_POST;

    case NGX_HTTP_GET:
    case NGX_HTTP_HEAD:
        return ERPSYNC_METHOD_GET;

    case NGX_HTTP_OPTIONS:
        return ERPSYNC_METHOD_OPTIONS;

    default:
        return ERPSYNC_METHOD_OTHER;
    }
}


ngx_uint_t
ngx_http_erpsync_method_sent(ngx_http_request_t *r, erpsync_method_t method)
{
    ngx_uint_t                 i;
    ngx_str_t                  sent;
    ngx_http_complex_value_t  *value;

    static const struct {
        ngx_str_t         name;
        erpsync_method_t  method;
    } methods[] = {
        { ngx_string("POST"), ERPSYNC_METHOD_POST },
        { ngx_string("GET"), ERPSYNC_METHOD_GET },
        { ngx_string("HEAD"), ERPSYNC_METHOD_GET },
        { ngx_string("OPTIONS"), ERPSYNC_METHOD_OPTIONS }
    };

    if (ngx_http_erpsync_method(r) != method) {
        return 0;
    }

    value = ngx_http_erpsync_method_value(r);

    if (value == NULL) {
        return 1;
    }

    if (ngx_http_complex_value(r, value, &sent) != NGX_OK) {
        return 0;
    }

    for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (sent.len == methods[i].name.len
            && ngx_strncmp(sent.data, methods[i].name.data, sent.len) == 0)
        {
            return methods[i].method == method;
        }
    }

    return 0;
}


/* Returns the value of "proxy_method" in the location, or NULL. */

static ngx_http_complex_value_t *
ngx_http_erpsync_method_value(ngx_http_request_t *r)
{
    u_char                        *plcf;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    if (emcf->proxy_method == NULL) {
        return NULL;
    }

    plcf = r->loc_conf[emcf->proxy_index];

    return *(ngx_http_complex_value_t **) (plcf + emcf->proxy_method->offset);
}
