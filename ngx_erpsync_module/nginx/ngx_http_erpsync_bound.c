
#include "ngx_http_erpsync_bound.h"


/*
 * Negotiate and NTLM may bind the client's identity to the connection: no other
 * request may be sent over it.  So "keepalive" of the upstream is cleared when
 * such a request gives its connection back.  A filter of answers would not do:
 * nginx does not call it for a subrequest whose answer is kept in memory, such
 * as that of <!--# include virtual="..." set="..." -->.
 */


/* How the upstream of a bound request would have gone on. */

typedef struct {
    ngx_http_upstream_t            *upstream;
    void                           *data;
    ngx_event_get_peer_pt           get;
    ngx_event_free_peer_pt          free;
    ngx_event_notify_peer_pt        notify;
#if (NGX_SSL || NGX_COMPAT)
    ngx_event_set_peer_session_pt   set_session;
    ngx_event_save_peer_session_pt  save_session;
#endif
} ngx_http_erpsync_bound_t;


static ngx_int_t ngx_http_erpsync_bound_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_http_erpsync_bound_get(ngx_peer_connection_t *pc,
    void *data);
static void ngx_http_erpsync_bound_free(ngx_peer_connection_t *pc,
    void *data, ngx_uint_t state);
static void ngx_http_erpsync_bound_notify(ngx_peer_connection_t *pc,
    void *data, ngx_uint_t type);

#if (NGX_SSL || NGX_COMPAT)
static ngx_int_t ngx_http_erpsync_bound_set_session(
    ngx_peer_connection_t *pc, void *data);
static void ngx_http_erpsync_bound_save_session(ngx_peer_connection_t *pc,
    void *data);
#endif


ngx_int_t
ngx_http_erpsync_bound_init(ngx_conf_t *cf)
{
    ngx_uint_t                        i;
    ngx_http_erpsync_upstream_t      *upstream;
    ngx_http_erpsync_main_conf_t     *emcf;
    ngx_http_upstream_srv_conf_t    **uscfp;
    ngx_http_upstream_main_conf_t    *umcf;

    emcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_erpsync_module);
    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_upstream_module);

    if (!emcf->enabled) {
        return NGX_OK;
    }

    upstream = ngx_palloc(cf->pool, umcf->upstreams.nelts
                                    * sizeof(ngx_http_erpsync_upstream_t));
    if (upstream == NULL) {
        return NGX_ERROR;
    }

    emcf->upstreams = upstream;

    uscfp = umcf->upstreams.elts;

    for (i = 0; i < umcf->upstreams.nelts; i++) {

        if (uscfp[i]->peer.init == NULL) {
            continue;
        }

        upstream->conf = uscfp[i];
        upstream->init = uscfp[i]->peer.init;
        upstream++;

        uscfp[i]->peer.init = ngx_http_erpsync_bound_init_peer;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_erpsync_bound_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_uint_t                     i;
    ngx_table_elt_t               *h;
    ngx_peer_connection_t         *pc;
    ngx_http_erpsync_bound_t      *bound;
    ngx_http_erpsync_upstream_t   *upstreams;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);
    upstreams = emcf->upstreams;

    for (i = 0; upstreams[i].conf != us; i++) { /* void */ }

    if (upstreams[i].init(r, us) != NGX_OK) {
        return NGX_ERROR;
    }

    h = r->headers_in.authorization;

    if (h == NULL
        || !erpsync_credentials_bound(ngx_http_erpsync_span(&h->value)))
    {
        return NGX_OK;
    }

    bound = ngx_palloc(r->pool, sizeof(ngx_http_erpsync_bound_t));
    if (bound == NULL) {
        return NGX_ERROR;
    }

    pc = &r->upstream->peer;

    bound->upstream = r->upstream;
    bound->data = pc->data;
    bound->get = pc->get;
    bound->free = pc->free;

    pc->data = bound;
    pc->get = ngx_http_erpsync_bound_get;
    pc->free = ngx_http_erpsync_bound_free;

    if (pc->notify) {
        bound->notify = pc->notify;
        pc->notify = ngx_http_erpsync_bound_notify;
    }

#if (NGX_SSL || NGX_COMPAT)

    bound->set_session = pc->set_session;
    bound->save_session = pc->save_session;
    pc->set_session = ngx_http_erpsync_bound_set_session;
    pc->save_session = ngx_http_erpsync_bound_save_session;

#endif

    return NGX_OK;
}


static ngx_int_t
ngx_http_erpsync_bound_get(ngx_peer_connection_t *pc, void *data)
{
    ngx_http_erpsync_bound_t  *bound = data;

    return bound->get(pc, bound->data);
}


static void
ngx_http_erpsync_bound_free(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state)
{
    ngx_http_erpsync_bound_t  *bound = data;

    bound->upstream->keepalive = 0;
    bound->free(pc, bound->data, state);
}


static void
ngx_http_erpsync_bound_notify(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t type)
{
    ngx_http_erpsync_bound_t  *bound = data;

    bound->notify(pc, bound->data, type);
}


#if (NGX_SSL || NGX_COMPAT)

static ngx_int_t
ngx_http_erpsync_bound_set_session(ngx_peer_connection_t *pc, void *data)
{
    ngx_http_erpsync_bound_t  *bound = data;

    return bound->set_session(pc, bound->data);
}


static void
ngx_http_erpsync_bound_save_session(ngx_peer_connection_t *pc, void *data)
{
    ngx_http_erpsync_bound_t  *bound = data;

    bound->save_session(pc, bound->data);
}

#endif
