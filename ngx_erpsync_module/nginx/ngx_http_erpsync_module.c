
#include "ngx_http_erpsync_body.h"
#include "ngx_http_erpsync_bound.h"
#include "ngx_http_erpsync_conf.h"
#include "ngx_http_erpsync_filter.h"
#include "ngx_http_erpsync_handler.h"
#include "ngx_http_erpsync_own.h"
#include "ngx_http_erpsync_refresh.h"
#include "ngx_http_erpsync_file.h"
#include "ngx_http_erpsync_length.h"
#include "ngx_http_erpsync_method.h"
#include "ngx_http_erpsync_proxied.h"
#include "ngx_http_erpsync_renew.h"
#include "ngx_http_erpsync_status.h"
#include "ngx_http_erpsync_variables.h"
#include "ngx_http_erpsync_zone.h"


static ngx_int_t ngx_http_erpsync_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_erpsync_add_first(ngx_http_phase_t *phase,
    ngx_http_handler_pt handler);
static ngx_int_t ngx_http_erpsync_add_last(ngx_http_phase_t *phase,
    ngx_http_handler_pt handler);
static ngx_int_t ngx_http_erpsync_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_erpsync_init_process(ngx_cycle_t *cycle);
static void *ngx_http_erpsync_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_erpsync_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_erpsync_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_erpsync_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static void ngx_http_erpsync_policy(ngx_http_erpsync_loc_conf_t *conf);
static void ngx_http_erpsync_cleanup_digester(void *data);


static ngx_conf_enum_t  ngx_http_erpsync_modes[] = {
    { ngx_string("off"), NGX_HTTP_ERPSYNC_OFF },
    { ngx_string("on"), NGX_HTTP_ERPSYNC_ON },
    { ngx_string("report"), NGX_HTTP_ERPSYNC_REPORT },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_erpsync_installations[] = {
    { ngx_string("online"), 1 },
    { ngx_string("onsite"), 0 },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_erpsync_app_tokens[] = {
    { ngx_string("required"), ERPSYNC_APP_TOKEN_REQUIRED },
    { ngx_string("soticket"), ERPSYNC_APP_TOKEN_SOTICKET },
    { ngx_string("optional"), ERPSYNC_APP_TOKEN_OPTIONAL },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_erpsync_soap[] = {
    { ngx_string("refuse"), 0 },
    { ngx_string("pass"), 1 },
    { ngx_null_string, 0 }
};


static ngx_conf_bitmask_t  ngx_http_erpsync_schemes[] = {
    { ngx_string("basic"), ERPSYNC_SCHEME_BASIC },
    { ngx_string("soticket"), ERPSYNC_SCHEME_SOTICKET },
    { ngx_string("bearer"), ERPSYNC_SCHEME_BEARER },
    { ngx_string("negotiate"), ERPSYNC_SCHEME_NEGOTIATE },
    { ngx_string("xsrf"), ERPSYNC_SCHEME_XSRF },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_erpsync_unknown_properties[] = {
    { ngx_string("reject"), ERPSYNC_UNKNOWN_REJECT },
    { ngx_string("strip"), ERPSYNC_UNKNOWN_STRIP },
    { ngx_string("pass"), ERPSYNC_UNKNOWN_PASS },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_erpsync_errors[] = {
    { ngx_string("auto"), NGX_HTTP_ERPSYNC_ERRORS_AUTO },
    { ngx_string("superoffice"), NGX_HTTP_ERPSYNC_ERRORS_SUPEROFFICE },
    { ngx_string("problem"), NGX_HTTP_ERPSYNC_ERRORS_PROBLEM },
    { ngx_string("off"), NGX_HTTP_ERPSYNC_ERRORS_OFF },
    { ngx_null_string, 0 }
};


#define NGX_HTTP_ERPSYNC_CONF                                                 \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF)


static ngx_command_t  ngx_http_erpsync_commands[] = {

    { ngx_string("erpsync"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_TAKE1,
      ngx_http_erpsync_set_enum,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, mode),
      &ngx_http_erpsync_modes },

    { ngx_string("erpsync_installation"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_TAKE1,
      ngx_http_erpsync_set_enum,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, installation),
      &ngx_http_erpsync_installations },

    { ngx_string("erpsync_registry"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_TAKE123,
      ngx_http_erpsync_set_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, registry),
      (void *) &erpsync_registry_kind },

    { ngx_string("erpsync_tenants"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_TAKE12,
      ngx_http_erpsync_set_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, tenants),
      (void *) &erpsync_tenants_kind },

    { ngx_string("erpsync_app_token"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_TAKE1,
      ngx_http_erpsync_set_enum,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, app_token),
      &ngx_http_erpsync_app_tokens },

    { ngx_string("erpsync_credentials"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_1MORE,
      ngx_http_erpsync_set_bitmask,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, credentials),
      &ngx_http_erpsync_schemes },

    { ngx_string("erpsync_soap"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_TAKE1,
      ngx_http_erpsync_set_enum,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, soap),
      &ngx_http_erpsync_soap },

    { ngx_string("erpsync_forward_app_token"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, forward_app_token),
      NULL },

    { ngx_string("erpsync_unknown_properties"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_TAKE1,
      ngx_http_erpsync_set_enum,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, unknown_properties),
      &ngx_http_erpsync_unknown_properties },

    { ngx_string("erpsync_max_field_values"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, max_field_values),
      NULL },

    { ngx_string("erpsync_languages"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_1MORE,
      ngx_http_erpsync_set_languages,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, languages),
      NULL },

    { ngx_string("erpsync_default_language"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_TAKE1,
      ngx_http_erpsync_set_language,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, default_language),
      NULL },

    { ngx_string("erpsync_default_culture"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_TAKE1,
      ngx_http_erpsync_set_language,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, default_culture),
      NULL },

    { ngx_string("erpsync_default_timezone"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_TAKE1,
      ngx_http_erpsync_set_timezone,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, default_timezone),
      NULL },

    { ngx_string("erpsync_errors"),
      NGX_HTTP_ERPSYNC_CONF|NGX_CONF_TAKE1,
      ngx_http_erpsync_set_enum,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_loc_conf_t, errors),
      &ngx_http_erpsync_errors },

    { ngx_string("erpsync_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_erpsync_set_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("erpsync_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_erpsync_set_status,
      0,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_erpsync_module_ctx = {
    ngx_http_erpsync_add_variables,        /* preconfiguration */
    ngx_http_erpsync_init,                 /* postconfiguration */

    ngx_http_erpsync_create_main_conf,     /* create main configuration */
    ngx_http_erpsync_init_main_conf,       /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_erpsync_create_loc_conf,      /* create location configuration */
    ngx_http_erpsync_merge_loc_conf        /* merge location configuration */
};


ngx_module_t  ngx_http_erpsync_module = {
    NGX_MODULE_V1,
    &ngx_http_erpsync_module_ctx,          /* module context */
    ngx_http_erpsync_commands,             /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_erpsync_init_module,          /* init module */
    ngx_http_erpsync_init_process,         /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_erpsync_refresh_exit,         /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_erpsync_init(ngx_conf_t *cf)
{
    ngx_http_phase_t           *phases;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    phases = cmcf->phases;

    /*
     * nginx calls the handlers of PREACCESS from the last one to the first: the
     * gateway is called after realip, limit_req and limit_conn.  It calls those
     * of the log phase from the first one on: the gateway is called before the
     * access log.
     */

    if (ngx_http_erpsync_add_first(&phases[NGX_HTTP_PREACCESS_PHASE],
                                   ngx_http_erpsync_preaccess_handler)
        != NGX_OK
        || ngx_http_erpsync_add_first(&phases[NGX_HTTP_LOG_PHASE],
                                      ngx_http_erpsync_log_handler)
           != NGX_OK
        || ngx_http_erpsync_add_last(&phases[NGX_HTTP_PRECONTENT_PHASE],
                                     ngx_http_erpsync_precontent_handler)
           != NGX_OK
        || ngx_http_erpsync_add_last(&phases[NGX_HTTP_SERVER_REWRITE_PHASE],
                                     ngx_http_erpsync_entered_handler)
           != NGX_OK
        || ngx_http_erpsync_add_last(&phases[NGX_HTTP_REWRITE_PHASE],
                                     ngx_http_erpsync_redirected_handler)
           != NGX_OK
        || ngx_http_erpsync_add_last(&phases[NGX_HTTP_PREACCESS_PHASE],
                                     ngx_http_erpsync_limits_handler)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_erpsync_filter_init();

    return ngx_http_erpsync_bound_init(cf);
}


static ngx_int_t
ngx_http_erpsync_add_first(ngx_http_phase_t *phase,
    ngx_http_handler_pt handler)
{
    ngx_http_handler_pt  *h;

    if (ngx_http_erpsync_add_last(phase, handler) != NGX_OK) {
        return NGX_ERROR;
    }

    h = phase->handlers.elts;

    ngx_memmove(h + 1, h, (phase->handlers.nelts - 1) * sizeof(*h));
    *h = handler;

    return NGX_OK;
}


static ngx_int_t
ngx_http_erpsync_add_last(ngx_http_phase_t *phase,
    ngx_http_handler_pt handler)
{
    ngx_http_handler_pt  *h;

    h = ngx_array_push(&phase->handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = handler;

    return NGX_OK;
}


static ngx_int_t
ngx_http_erpsync_init_module(ngx_cycle_t *cycle)
{
    if (ngx_http_erpsync_find_variables(cycle) != NGX_OK
        || ngx_http_erpsync_length_init(cycle) != NGX_OK
        || ngx_http_erpsync_file_check(cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_erpsync_find_gate_time(cycle);

    return ngx_http_erpsync_zone_init_module(cycle);
}


static ngx_int_t
ngx_http_erpsync_init_process(ngx_cycle_t *cycle)
{
    ngx_http_erpsync_main_conf_t  *emcf;

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    emcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_erpsync_module);
    if (emcf == NULL) {
        return NGX_OK;
    }

    if (emcf->enabled) {
        ngx_http_erpsync_keep_memory(cycle->log);
    }

    ngx_http_erpsync_refresh_init(cycle, emcf);

    return NGX_OK;
}


static void *
ngx_http_erpsync_create_main_conf(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t            *cln;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_erpsync_main_conf_t));
    if (emcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&emcf->files, cf->pool, 1,
                       sizeof(ngx_http_erpsync_file_t *))
        != NGX_OK)
    {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    emcf->digester = erpsync_digester_create();

    if (emcf->digester == NULL
        || erpsync_random(&emcf->key, sizeof(uint64_t)) != ERPSYNC_OK)
    {
        erpsync_digester_destroy(emcf->digester);
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "erpsync: OpenSSL has no SHA-256 or no entropy");
        return NULL;
    }

    cln->handler = ngx_http_erpsync_cleanup_digester;
    cln->data = emcf->digester;

    return emcf;
}


static char *
ngx_http_erpsync_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_erpsync_main_conf_t  *emcf = conf;

    ngx_str_t  name;

    if (emcf->status_file && emcf->zone == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"erpsync_status\" needs \"erpsync_zone\" in %s:%ui",
                      emcf->status_file, emcf->status_line);
        return NGX_CONF_ERROR;
    }

    ngx_str_set(&name, "request_id");

    emcf->request_id = ngx_http_get_variable_index(cf, &name);

    ngx_str_set(&name, "erpsync stage");

    emcf->stage = ngx_http_get_variable_index(cf, &name);

    if (emcf->request_id == NGX_ERROR || emcf->stage == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    ngx_http_erpsync_method_init(cf, emcf);

    return NGX_CONF_OK;
}


static void
ngx_http_erpsync_cleanup_digester(void *data)
{
    erpsync_digester_destroy(data);
}


static void *
ngx_http_erpsync_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_erpsync_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_erpsync_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->default_language = { 0, NULL };
     *     conf->default_culture = { 0, NULL };
     *     conf->default_timezone = { 0, NULL };
     */

    conf->mode = NGX_CONF_UNSET_UINT;
    conf->installation = NGX_CONF_UNSET_UINT;
    conf->registry = NGX_CONF_UNSET_PTR;
    conf->tenants = NGX_CONF_UNSET_PTR;
    conf->app_token = NGX_CONF_UNSET_UINT;
    conf->credentials = NGX_CONF_UNSET_UINT;
    conf->soap = NGX_CONF_UNSET_UINT;
    conf->forward_app_token = NGX_CONF_UNSET;
    conf->unknown_properties = NGX_CONF_UNSET_UINT;
    conf->max_field_values = NGX_CONF_UNSET;
    conf->languages = NGX_CONF_UNSET_PTR;
    conf->errors = NGX_CONF_UNSET_UINT;

    return conf;
}


static char *
ngx_http_erpsync_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_erpsync_loc_conf_t  *prev = parent;
    ngx_http_erpsync_loc_conf_t  *conf = child;

    ngx_http_erpsync_main_conf_t  *emcf;

    ngx_conf_merge_uint_value(conf->mode, prev->mode, NGX_HTTP_ERPSYNC_OFF);
    ngx_conf_merge_uint_value(conf->installation, prev->installation, 1);
    ngx_conf_merge_ptr_value(conf->registry, prev->registry, NULL);
    ngx_conf_merge_ptr_value(conf->tenants, prev->tenants, NULL);
    ngx_conf_merge_value(conf->forward_app_token, prev->forward_app_token, 1);
    ngx_conf_merge_uint_value(conf->unknown_properties,
                              prev->unknown_properties,
                              ERPSYNC_UNKNOWN_REJECT);
    ngx_conf_merge_value(conf->max_field_values, prev->max_field_values,
                         1000);
    ngx_conf_merge_ptr_value(conf->languages, prev->languages, NULL);
    ngx_conf_merge_str_value(conf->default_language, prev->default_language,
                             "");
    ngx_conf_merge_str_value(conf->default_culture, prev->default_culture,
                             "");
    ngx_conf_merge_str_value(conf->default_timezone, prev->default_timezone,
                             "");
    ngx_conf_merge_uint_value(conf->errors, prev->errors,
                              NGX_HTTP_ERPSYNC_ERRORS_AUTO);

    /* if these are not set, they depend on the installation */

    if (conf->app_token == NGX_CONF_UNSET_UINT) {
        conf->app_token = prev->app_token;
    }

    if (conf->credentials == NGX_CONF_UNSET_UINT) {
        conf->credentials = prev->credentials;
    }

    if (conf->soap == NGX_CONF_UNSET_UINT) {
        conf->soap = prev->soap;
    }

    ngx_http_erpsync_policy(conf);

    if (conf->mode != NGX_HTTP_ERPSYNC_OFF) {
        emcf = ngx_http_conf_get_module_main_conf(cf,
                                                  ngx_http_erpsync_module);
        emcf->enabled = 1;
    }

    if (conf->mode != NGX_HTTP_ERPSYNC_OFF && conf->registry == NULL
        && (conf->policy.online
            || conf->policy.app_token == ERPSYNC_APP_TOKEN_REQUIRED)
        && !(prev->mode == conf->mode && prev->policy.schemes))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           conf->mode == NGX_HTTP_ERPSYNC_REPORT
                           ? "\"erpsync report\" without "
                             "\"erpsync_registry\": no app is known, calls "
                             "are reported as registry_unavailable"
                           : "\"erpsync on\" without \"erpsync_registry\": "
                             "no app is known, calls are refused as "
                             "registry_unavailable");
    }

    return (ngx_http_erpsync_proxied_merge(cf, conf) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static void
ngx_http_erpsync_policy(ngx_http_erpsync_loc_conf_t *conf)
{
    ngx_uint_t         app_token, credentials;
    erpsync_policy_t  *policy;

    policy = &conf->policy;
    policy->online = conf->installation;

    policy->soap_pass = (conf->soap == NGX_CONF_UNSET_UINT) ? !policy->online
                                                            : conf->soap;

    app_token = policy->online ? ERPSYNC_APP_TOKEN_REQUIRED
                               : ERPSYNC_APP_TOKEN_OPTIONAL;

    credentials = policy->online
                  ? ERPSYNC_SCHEME_SOTICKET|ERPSYNC_SCHEME_BEARER
                    |ERPSYNC_SCHEME_XSRF
                  : ERPSYNC_SCHEME_ALL & ~ERPSYNC_SCHEME_NEGOTIATE;

    if (conf->app_token != NGX_CONF_UNSET_UINT) {
        app_token = conf->app_token;
    }

    if (conf->credentials != NGX_CONF_UNSET_UINT) {
        credentials = conf->credentials;
    }

    policy->app_token = (erpsync_app_token_t) app_token;
    policy->schemes = (unsigned) credentials;
    policy->forward_app_token = conf->forward_app_token;
    policy->unknown = (erpsync_unknown_t) conf->unknown_properties;
    policy->max_field_values = (size_t) conf->max_field_values;

    policy->locale.default_language =
                               ngx_http_erpsync_span(&conf->default_language);
    policy->locale.default_culture =
                                ngx_http_erpsync_span(&conf->default_culture);
    policy->locale.default_timezone =
                               ngx_http_erpsync_span(&conf->default_timezone);

    if (conf->languages) {
        policy->locale.nlanguages = conf->languages->nelts;
        policy->locale.languages = conf->languages->elts;
    }
}
