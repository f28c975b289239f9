
#include "ngx_http_erpsync_app.h"
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_headers.h"
#include "ngx_http_erpsync_refusal.h"
#include "ngx_http_erpsync_tenants.h"
#include "ngx_http_erpsync_upstream.h"
#include "ngx_http_erpsync_variables.h"


static ngx_int_t ngx_http_erpsync_variable_decision(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_erpsync_variable_app(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_erpsync_variable_label(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_erpsync_variable_claimed(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_erpsync_variable_tenant(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_erpsync_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_erpsync_variable_fact(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_erpsync_variable_gate_time(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_erpsync_variable_version(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_erpsync_variable_none(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_erpsync_variable_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uint64_t n);
static ngx_int_t ngx_http_erpsync_variable_set(ngx_http_variable_value_t *v,
    erpsync_str_t s);


typedef enum {
    NGX_HTTP_ERPSYNC_VAR_REASON = 0,
    NGX_HTTP_ERPSYNC_VAR_OPERATION,
    NGX_HTTP_ERPSYNC_VAR_REGISTRY,
    NGX_HTTP_ERPSYNC_VAR_SCHEME,
    NGX_HTTP_ERPSYNC_VAR_LANGUAGE,
    NGX_HTTP_ERPSYNC_VAR_CULTURE,
    NGX_HTTP_ERPSYNC_VAR_TIMEZONE,
    NGX_HTTP_ERPSYNC_VAR_CONNECTION,
    NGX_HTTP_ERPSYNC_VAR_CRM_ACTOR,
    NGX_HTTP_ERPSYNC_VAR_ERP_ACTOR,
    NGX_HTTP_ERPSYNC_VAR_FIELD_VALUES,
    NGX_HTTP_ERPSYNC_VAR_RESULT,
    NGX_HTTP_ERPSYNC_VAR_VIOLATIONS
} ngx_http_erpsync_variable_e;


#define ngx_http_erpsync_var(name, handler, data)                             \
    { ngx_string(name), NULL, handler, data, NGX_HTTP_VAR_NOCACHEABLE, 0 }


/* Values that change while a request is processed are not cached. */

static ngx_http_variable_t  ngx_http_erpsync_variables[] = {

    ngx_http_erpsync_var("erpsync_decision",
                         ngx_http_erpsync_variable_decision, 0),

    ngx_http_erpsync_var("erpsync_app", ngx_http_erpsync_variable_app, 0),

    { ngx_string("erpsync_app_label_"), NULL, ngx_http_erpsync_variable_label,
      0, NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

    ngx_http_erpsync_var("erpsync_app_claimed",
                         ngx_http_erpsync_variable_claimed, 0),

    ngx_http_erpsync_var("erpsync_gate_time",
                         ngx_http_erpsync_variable_gate_time, 0),

    ngx_http_erpsync_var("erpsync_reason", ngx_http_erpsync_variable,
                         NGX_HTTP_ERPSYNC_VAR_REASON),

    ngx_http_erpsync_var("erpsync_operation", ngx_http_erpsync_variable,
                         NGX_HTTP_ERPSYNC_VAR_OPERATION),

    ngx_http_erpsync_var("erpsync_registry", ngx_http_erpsync_variable,
                         NGX_HTTP_ERPSYNC_VAR_REGISTRY),

    ngx_http_erpsync_var("erpsync_tenant",
                         ngx_http_erpsync_variable_tenant, 0),

    ngx_http_erpsync_var("erpsync_tenant_host",
                         ngx_http_erpsync_variable_tenant, 1),

    ngx_http_erpsync_var("erpsync_scheme", ngx_http_erpsync_variable,
                         NGX_HTTP_ERPSYNC_VAR_SCHEME),

    ngx_http_erpsync_var("erpsync_language", ngx_http_erpsync_variable,
                         NGX_HTTP_ERPSYNC_VAR_LANGUAGE),

    ngx_http_erpsync_var("erpsync_culture", ngx_http_erpsync_variable,
                         NGX_HTTP_ERPSYNC_VAR_CULTURE),

    ngx_http_erpsync_var("erpsync_timezone", ngx_http_erpsync_variable,
                         NGX_HTTP_ERPSYNC_VAR_TIMEZONE),

    ngx_http_erpsync_var("erpsync_connection", ngx_http_erpsync_variable_fact,
                         NGX_HTTP_ERPSYNC_VAR_CONNECTION),

    ngx_http_erpsync_var("erpsync_crm_actor", ngx_http_erpsync_variable_fact,
                         NGX_HTTP_ERPSYNC_VAR_CRM_ACTOR),

    ngx_http_erpsync_var("erpsync_erp_actor", ngx_http_erpsync_variable_fact,
                         NGX_HTTP_ERPSYNC_VAR_ERP_ACTOR),

    ngx_http_erpsync_var("erpsync_field_values", ngx_http_erpsync_variable_fact,
                         NGX_HTTP_ERPSYNC_VAR_FIELD_VALUES),

    ngx_http_erpsync_var("erpsync_result", ngx_http_erpsync_variable,
                         NGX_HTTP_ERPSYNC_VAR_RESULT),

    ngx_http_erpsync_var("erpsync_violations", ngx_http_erpsync_variable,
                         NGX_HTTP_ERPSYNC_VAR_VIOLATIONS),

    { ngx_string("erpsync_version"), NULL, ngx_http_erpsync_variable_version,
      0, 0, 0 },

    /*
     * because of the blank, no configuration can name this one: it has no
     * value, and keeps how far a request got, see own
     */

    { ngx_string("erpsync stage"), NULL, ngx_http_erpsync_variable_none,
      0, NGX_HTTP_VAR_NOHASH, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_erpsync_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_erpsync_variables; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


void
ngx_http_erpsync_find_gate_time(ngx_cycle_t *cycle)
{
    ngx_uint_t                     i;
    ngx_http_variable_t           *v;
    ngx_http_core_main_conf_t     *cmcf;
    ngx_http_erpsync_main_conf_t  *emcf;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_core_module);
    emcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_erpsync_module);
    if (emcf == NULL) {
        return;
    }

    emcf->timed = (emcf->zone != NULL);

    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (v[i].get_handler == ngx_http_erpsync_variable_gate_time) {
            emcf->timed = 1;
        }
    }
}


static ngx_int_t
ngx_http_erpsync_variable_decision(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_erpsync_ctx_t  *ctx;

    static const erpsync_str_t  none = erpsync_string("");
    static const erpsync_str_t  allow = erpsync_string("allow");
    static const erpsync_str_t  deny = erpsync_string("deny");
    static const erpsync_str_t  report = erpsync_string("report");
    static const erpsync_str_t  abort = erpsync_string("abort");

    ctx = ngx_http_erpsync_get_ctx(r);

    if (ctx == NULL) {
        return ngx_http_erpsync_variable_set(v, none);
    }

    switch (ctx->state) {

    case NGX_HTTP_ERPSYNC_FORWARDED:
        return ngx_http_erpsync_variable_set(v, allow);

    case NGX_HTTP_ERPSYNC_REFUSED:
        return ngx_http_erpsync_variable_set(v, deny);

    case NGX_HTTP_ERPSYNC_REPORTED:
        return ngx_http_erpsync_variable_set(v, report);

    case NGX_HTTP_ERPSYNC_ABORTED:
        return ngx_http_erpsync_variable_set(v, abort);

    default:
        return ngx_http_erpsync_variable_set(v, none);
    }
}


/*
 * $erpsync_app, in any phase: the app in good standing.  Limits are counted by
 * it, so a token that is not valid must not use up the limit of its app.
 */

static ngx_int_t
ngx_http_erpsync_variable_app(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    erpsync_str_t              id;
    const erpsync_app_t       *app;
    const erpsync_registry_t  *registry;

    if (ngx_http_erpsync_app(r, &registry, &app) != NGX_OK) {
        return NGX_ERROR;
    }

    id = app ? erpsync_app_id(registry, app) : erpsync_span("", 0);

    if (ngx_http_erpsync_app_text(r, &id) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_erpsync_variable_set(v, id);
}


/* $erpsync_app_label_<name>; "data" is the whole name of the variable. */

static ngx_int_t
ngx_http_erpsync_variable_label(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t  *name = (ngx_str_t *) data;

    erpsync_str_t              label, value;
    const erpsync_app_t       *app;
    const erpsync_registry_t  *registry;

    if (ngx_http_erpsync_app(r, &registry, &app) != NGX_OK) {
        return NGX_ERROR;
    }

    label = erpsync_span(name->data + sizeof("erpsync_app_label_") - 1,
                         name->len - (sizeof("erpsync_app_label_") - 1));

    value = app ? erpsync_app_label(registry, app, label)
                : erpsync_span("", 0);

    if (ngx_http_erpsync_app_text(r, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_erpsync_variable_set(v, value);
}


static ngx_int_t
ngx_http_erpsync_variable_claimed(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    return ngx_http_erpsync_variable_set(v,
               ngx_http_erpsync_claimed(r, ngx_http_erpsync_get_ctx(r)));
}


/* $erpsync_tenant; with "data" $erpsync_tenant_host. */

static ngx_int_t
ngx_http_erpsync_variable_tenant(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_int_t      rc;
    erpsync_str_t  s;

    rc = data ? ngx_http_erpsync_tenant_host(r, &s)
              : ngx_http_erpsync_tenant(r, &s);

    return (rc == NGX_OK) ? ngx_http_erpsync_variable_set(v, s) : NGX_ERROR;
}


static ngx_int_t
ngx_http_erpsync_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    erpsync_str_t            s;
    erpsync_result_t         result;
    erpsync_verdict_t       *verdict;
    ngx_http_erpsync_ctx_t  *ctx;

    ctx = ngx_http_erpsync_get_ctx(r);
    s = erpsync_span("", 0);

    if (ctx == NULL) {
        return ngx_http_erpsync_variable_set(v, s);
    }

    verdict = &ctx->verdict;

    switch (data) {

    case NGX_HTTP_ERPSYNC_VAR_REASON:

        if (ctx->state >= NGX_HTTP_ERPSYNC_FORWARDED) {
            s = erpsync_reason_name(verdict->reason);
        }

        break;

    case NGX_HTTP_ERPSYNC_VAR_OPERATION:

        if (verdict->operation) {
            s = verdict->operation->name;
        }

        break;

    case NGX_HTTP_ERPSYNC_VAR_REGISTRY:

        if (ctx->digest[0]) {
            s = erpsync_span(ctx->digest, ERPSYNC_REGISTRY_DIGEST_LEN);
        }

        break;

    case NGX_HTTP_ERPSYNC_VAR_SCHEME:
        s = verdict->credentials.name;
        break;

    case NGX_HTTP_ERPSYNC_VAR_LANGUAGE:
        s = verdict->locale.language;
        break;

    case NGX_HTTP_ERPSYNC_VAR_CULTURE:
        s = verdict->locale.culture;
        break;

    case NGX_HTTP_ERPSYNC_VAR_TIMEZONE:
        s = verdict->locale.timezone;
        break;

    case NGX_HTTP_ERPSYNC_VAR_RESULT:

        if (ngx_http_erpsync_upstream_result(r, ctx, &result) == NGX_OK) {
            s = erpsync_result_name(result);
        }

        break;

    case NGX_HTTP_ERPSYNC_VAR_VIOLATIONS:
        s = ngx_http_erpsync_violations(ctx);
        break;
    }

    return ngx_http_erpsync_variable_set(v, s);
}


/* Variables of the body. */

static ngx_int_t
ngx_http_erpsync_variable_fact(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    erpsync_str_t            s;
    erpsync_facts_t         *facts;
    ngx_http_erpsync_ctx_t  *ctx;

    ctx = ngx_http_erpsync_get_ctx(r);
    s = erpsync_span("", 0);

    if (ctx == NULL) {
        return ngx_http_erpsync_variable_set(v, s);
    }

    facts = &ctx->body.facts;

    switch (data) {

    case NGX_HTTP_ERPSYNC_VAR_CONNECTION:

        if (facts->has_connection) {
            return ngx_http_erpsync_variable_number(r, v,
                                              (uint64_t) facts->connection);
        }

        break;

    case NGX_HTTP_ERPSYNC_VAR_CRM_ACTOR:

        if (facts->crm_actor) {
            s = erpsync_crm_actor_types.values[facts->crm_actor];
        }

        break;

    case NGX_HTTP_ERPSYNC_VAR_ERP_ACTOR:

        if (facts->erp_actor) {
            s = erpsync_erp_actor_types.values[facts->erp_actor];
        }

        break;

    case NGX_HTTP_ERPSYNC_VAR_FIELD_VALUES:

        if (ctx->has_facts) {
            return ngx_http_erpsync_variable_number(r, v,
                                                    facts->field_values);
        }

        break;
    }

    return ngx_http_erpsync_variable_set(v, s);
}


static ngx_int_t
ngx_http_erpsync_variable_gate_time(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                        *p;
    uint64_t                       us;
    ngx_http_erpsync_ctx_t        *ctx;
    ngx_http_erpsync_main_conf_t  *emcf;

    ctx = ngx_http_erpsync_get_ctx(r);

    if (ctx == NULL || !ctx->timed) {

        /* a script may ask by name: then the next calls are measured */

        emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);
        emcf->timed = 1;

        return ngx_http_erpsync_variable_set(v, erpsync_span("", 0));
    }

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN + sizeof(".000000") - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    us = ctx->gate_time / 1000;

    return ngx_http_erpsync_variable_set(v,
              erpsync_span(p, ngx_sprintf(p, "%uL.%06uL", us / 1000000,
                                          us % 1000000) - p));
}


static ngx_int_t
ngx_http_erpsync_variable_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uint64_t n)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_erpsync_variable_set(v,
                           erpsync_span(p, ngx_sprintf(p, "%uL", n) - p));
}


static ngx_int_t
ngx_http_erpsync_variable_version(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    static const erpsync_str_t  version = erpsync_string(ERPSYNC_VERSION);

    return ngx_http_erpsync_variable_set(v, version);
}


static ngx_int_t
ngx_http_erpsync_variable_none(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    v->not_found = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_erpsync_variable_set(ngx_http_variable_value_t *v, erpsync_str_t s)
{
    v->len = s.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = (u_char *) (uintptr_t) s.data;

    return NGX_OK;
}
