
#include "ngx_http_erpsync_app.h"
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_method.h"
#include "ngx_http_erpsync_proxied.h"


/*
 * "location /so/ { proxy_pass http://webapi/Cust1/api/; }" leads a request of
 * "/so/v1/Agents/ErpSync/SyncAll" to the agent.  It is not a call for the
 * handlers, which run before the URI is made.  A call, too, may be led to
 * another operation or tenant than was judged.
 *
 * Between making the request and choosing a server, nginx evaluates
 * "proxy_bind" of the location, for all kinds of "proxy_pass".  So a value is
 * put there that judges, and gives what the directive would.  A handler of the
 * upstream{} would not see a server that "proxy_pass" has made of variables.
 */


static void ngx_http_erpsync_proxied_bind(ngx_http_script_engine_t *e);
static ngx_int_t ngx_http_erpsync_proxied_judge(ngx_http_request_t *r);
static ngx_uint_t ngx_http_erpsync_proxied_leads(erpsync_str_t uri,
    ngx_http_erpsync_ctx_t *call, ngx_uint_t soap_pass);
static ngx_uint_t ngx_http_erpsync_proxied_same(erpsync_arena_t *arena,
    ngx_http_erpsync_ctx_t *call, erpsync_route_t *route, erpsync_str_t args);


/* A server that nginx refuses before it connects: it has no port. */

static struct sockaddr  ngx_http_erpsync_no_address;

static ngx_http_upstream_resolved_t  ngx_http_erpsync_no_server = {
    .host = ngx_string("the agent"),
    .sockaddr = &ngx_http_erpsync_no_address,
    .socklen = sizeof(struct sockaddr),
    .naddrs = 1
};


/*
 * A value that nginx evaluates for each request: it takes no memory for "no
 * lengths", and ngx_http_erpsync_proxied_bind() points to the text.
 */

static ngx_http_script_len_code_pt  ngx_http_erpsync_proxied_lengths[] = {
    NULL
};

static ngx_http_script_code_pt  ngx_http_erpsync_proxied_values[] = {
    ngx_http_erpsync_proxied_bind,
    NULL
};

static ngx_http_complex_value_t  ngx_http_erpsync_proxied = {
    .lengths = ngx_http_erpsync_proxied_lengths,
    .values = ngx_http_erpsync_proxied_values
};


/* Directives of nginx's own modules are merged before those of this one. */

ngx_int_t
ngx_http_erpsync_proxied_merge(ngx_conf_t *cf,
    ngx_http_erpsync_loc_conf_t *conf)
{
    u_char                         *plcf;
    ngx_http_conf_ctx_t            *ctx;
    ngx_http_upstream_local_t      *local, **place;
    ngx_http_erpsync_main_conf_t   *emcf;

    emcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_erpsync_module);

    if (conf->mode == NGX_HTTP_ERPSYNC_OFF || emcf->proxy_bind == NULL) {
        return NGX_OK;
    }

    ctx = cf->ctx;
    plcf = ctx->loc_conf[emcf->proxy_index];
    place = (ngx_http_upstream_local_t **) (plcf + emcf->proxy_bind->offset);

    local = ngx_pcalloc(cf->pool, sizeof(ngx_http_upstream_local_t));
    if (local == NULL) {
        return NGX_ERROR;
    }

    conf->bind = *place;

    if (conf->bind) {
        *local = *conf->bind;
    }

    local->value = &ngx_http_erpsync_proxied;
    *place = local;

    return NGX_OK;
}


/*
 * Gives the value of "proxy_bind", or an empty one.  If the request must not be
 * sent, an error is logged, and nginx answers with 500.
 */

static void
ngx_http_erpsync_proxied_bind(ngx_http_script_engine_t *e)
{
    ngx_str_t                     text;
    ngx_http_request_t           *r;
    ngx_http_upstream_local_t    *bind;
    ngx_http_erpsync_loc_conf_t  *elcf;

    r = e->request;
    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);
    bind = elcf->bind;

    ngx_str_null(&text);

    if (ngx_http_erpsync_proxied_judge(r) != NGX_OK
        || (bind && bind->value
            && ngx_http_complex_value(r, bind->value, &text) != NGX_OK))
    {
        r->upstream->resolved = &ngx_http_erpsync_no_server;

    } else if (bind && bind->value == NULL) {
        text = bind->addr->name;
    }

    e->ip += sizeof(ngx_http_script_code_pt);
    e->buf = text;
    e->pos = text.data + text.len;         /* newer versions count up to it */
}


static ngx_int_t
ngx_http_erpsync_proxied_judge(ngx_http_request_t *r)
{
    ngx_str_t                    *uri;
    ngx_uint_t                    unjudged;
    ngx_http_request_t           *pr;
    ngx_http_erpsync_ctx_t       *ctx, *call;
    ngx_http_erpsync_loc_conf_t  *elcf;

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_module);

    /*
     * as it is for a call, a GET of a subrequest executes nothing, unless
     * "proxy_method" makes another method of it: it was not judged
     */

    unjudged = (r != r->main
                && ngx_http_erpsync_method(r) == ERPSYNC_METHOD_GET);

    if (elcf->mode == NGX_HTTP_ERPSYNC_OFF
        || (unjudged && ngx_http_erpsync_method_sent(r, ERPSYNC_METHOD_GET)))
    {
        return NGX_OK;
    }

    call = NULL;

    for (pr = unjudged ? NULL : r; pr; pr = pr->parent) {
        ctx = ngx_http_erpsync_get_ctx(pr);

        if (ctx && ctx->state == NGX_HTTP_ERPSYNC_REPORTED) {
            return NGX_OK;
        }

        if (ctx && ctx->state == NGX_HTTP_ERPSYNC_FORWARDED) {
            call = ctx;
            break;
        }
    }

    if (call && call->report) {
        return NGX_OK;
    }

    uri = &r->upstream->uri;              /* not set if not by "proxy_pass" */

    if (uri->len == 0
        || (!unjudged && uri->len == r->unparsed_uri.len
            && ngx_memcmp(uri->data, r->unparsed_uri.data, uri->len) == 0)
        || !ngx_http_erpsync_proxied_leads(ngx_http_erpsync_span(uri), call,
                                           elcf->policy.soap_pass))
    {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "erpsync: the URI of \"proxy_pass\" leads a %s", call
                  ? "call to another operation, tenant or query than was judged"
                  : "request to the ErpSync agent whose own path does not name "
                    "it, so it was not judged: use \"rewrite\" in place of "
                    "that URI");

    return ngx_http_erpsync_enforced(r, elcf) ? NGX_ERROR : NGX_OK;
}


/*
 * Returns whether the URI leads to the agent other than as "call" was judged,
 * if there is a call.  Returns 1 also if memory runs out.
 */

static ngx_uint_t
ngx_http_erpsync_proxied_leads(erpsync_str_t uri,
    ngx_http_erpsync_ctx_t *call, ngx_uint_t soap_pass)
{
    ngx_uint_t         leads;
    erpsync_arena_t    arena;
    erpsync_route_t    route;
    erpsync_target_t   parsed;

    leads = 1;
    erpsync_arena_init(&arena);

    if (erpsync_target_parse(&arena, uri, &parsed) != ERPSYNC_OK) {
        goto done;
    }

    /* what is no target may still have the path in front */

    if (parsed.error) {
        parsed.target = erpsync_span(NULL, 0);
        parsed.uri = uri;
    }

    if (erpsync_target(&arena, parsed.target, parsed.uri, &route, NULL)
        != ERPSYNC_OK)
    {
        goto done;
    }

    leads = (route.kind != ERPSYNC_ROUTE_OTHER
             && (route.kind != ERPSYNC_ROUTE_SOAP || !soap_pass)
             && (call == NULL
                 || !ngx_http_erpsync_proxied_same(&arena, call, &route,
                                                   parsed.args)));

done:

    erpsync_arena_destroy(&arena);

    return leads;
}


/*
 * Returns whether a URI is for the operation and the tenant of a call.  Its
 * query may be the location's own, but no other "$select" than is allowed.
 */

static ngx_uint_t
ngx_http_erpsync_proxied_same(erpsync_arena_t *arena,
    ngx_http_erpsync_ctx_t *call, erpsync_route_t *route, erpsync_str_t args)
{
    erpsync_reason_t  reason;

    reason = ERPSYNC_REASON_OK;

    return route->kind == ERPSYNC_ROUTE_OPERATION
           && route->operation == call->call.route.operation
           && !erpsync_tenant_conflict(route, call->verdict.tenant)
           && erpsync_query(arena, args, &args, &reason) == ERPSYNC_OK
           && reason == ERPSYNC_REASON_OK;
}
