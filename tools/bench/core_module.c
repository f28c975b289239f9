
/*
 * An nginx module that does nothing but let the core judge the body of each
 * request, as one of TryConnectActor, and forward the canonical body.  Heads
 * are not judged, and headers not edited, but for Content-Length.  What it
 * adds to a bare proxy_pass, the real module cannot do without.
 *
 *     bench_core on | off;
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "erpsync.h"


#define BENCH_CORE_KEPT  (8 * 1024 * 1024)     /* see operations.md, Capacity */


typedef struct {
    ngx_flag_t                  on;
} bench_core_conf_t;


typedef struct {
    ngx_uint_t                  judged;
    ngx_uint_t                  reading;
    ngx_http_request_body_t     body;
    ngx_chain_t                 chain;
    ngx_buf_t                   buf;
    u_char                      length[NGX_SIZE_T_LEN];
} bench_core_ctx_t;


static ngx_int_t bench_core_init(ngx_conf_t *cf);
static ngx_int_t bench_core_init_process(ngx_cycle_t *cycle);
static void *bench_core_create_conf(ngx_conf_t *cf);
static char *bench_core_merge_conf(ngx_conf_t *cf, void *parent, void *child);


static ngx_command_t  bench_core_commands[] = {

    { ngx_string("bench_core"),
      NGX_HTTP_SRV_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(bench_core_conf_t, on),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  bench_core_module_ctx = {
    .postconfiguration = bench_core_init,
    .create_loc_conf = bench_core_create_conf,
    .merge_loc_conf = bench_core_merge_conf
};


static ngx_module_t  bench_core_module = {
    NGX_MODULE_V1,
    .ctx = &bench_core_module_ctx,
    .commands = bench_core_commands,
    .type = NGX_HTTP_MODULE,
    .init_process = bench_core_init_process
};


/* What nginx's configure makes for a module. */

ngx_module_t  *ngx_modules[] = { &bench_core_module, NULL };
char          *ngx_module_names[] = { "bench_core_module", NULL };
char          *ngx_module_order[] = { NULL };


static erpsync_sink_conf_t  bench_core_sink;


static void *
bench_core_palloc(void *data, size_t size)
{
    return ngx_palloc(data, size);
}


/* In one buffer, if a part of it came with the header: as the module does. */

static ngx_int_t
bench_core_read(ngx_http_request_t *r, ngx_http_client_body_handler_pt handler)
{
    u_char     *p;
    size_t      size;
    ngx_int_t   rc;
    ngx_buf_t  *header_in, whole;

    header_in = r->header_in;
    size = (size_t) r->headers_in.content_length_n;

    if (r->headers_in.content_length_n <= header_in->end - header_in->pos) {
        return ngx_http_read_client_request_body(r, handler);
    }

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    whole = *header_in;
    whole.start = p;
    whole.pos = p;
    whole.last = ngx_cpymem(p, header_in->pos,
                            header_in->last - header_in->pos);
    whole.end = p + size;

    r->header_in = &whole;

    rc = ngx_http_read_client_request_body(r, handler);

    r->header_in = header_in;
    header_in->pos = header_in->last;

    return rc;
}


static void
bench_core_body(ngx_http_request_t *r)
{
    off_t              size;
    ngx_buf_t         *b;
    erpsync_body_t     body;
    erpsync_arena_t    arena;
    bench_core_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, bench_core_module);
    b = r->request_body->bufs->buf;
    size = 0;

    /* pieces are one behind the other: each is what a read has brought */

    for (ngx_chain_t *cl = r->request_body->bufs; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
    }

    erpsync_arena_init_source(&arena, bench_core_palloc, r->pool);

    if (size == r->headers_in.content_length_n
        && erpsync_body(&arena, ERPSYNC_MEDIA_JSON, &bench_core_sink,
                        erpsync_span(b->pos, (size_t) size), &body)
           == ERPSYNC_OK
        && body.reason == ERPSYNC_REASON_OK)
    {
        b = &ctx->buf;

        b->start = (u_char *) (uintptr_t) body.canonical.data;
        b->pos = b->start;
        b->last = b->start + body.canonical.len;
        b->end = b->last;
        b->memory = 1;
        b->last_buf = 1;

        ctx->chain.buf = b;
        ctx->body.bufs = &ctx->chain;
        ctx->body.buf = b;

        r->request_body = &ctx->body;
        r->headers_in.content_length_n = body.canonical.len;
        r->headers_in.content_length->value.data = ctx->length;
        r->headers_in.content_length->value.len =
                     ngx_sprintf(ctx->length, "%uz", body.canonical.len)
                     - ctx->length;

        ctx->judged = 1;
    }

    r->preserve_body = 1;
    r->write_event_handler = ngx_http_core_run_phases;

    if (!ctx->reading) {
        ngx_http_core_run_phases(r);
    }
}


static ngx_int_t
bench_core_handler(ngx_http_request_t *r)
{
    ngx_int_t           rc;
    bench_core_ctx_t   *ctx;
    bench_core_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, bench_core_module);

    if (!conf->on || r->headers_in.content_length_n <= 0) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_get_module_ctx(r, bench_core_module);

    if (ctx) {
        return ctx->judged ? NGX_DECLINED : NGX_HTTP_BAD_REQUEST;
    }

    ctx = ngx_pcalloc(r->pool, sizeof(bench_core_ctx_t));
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_http_set_ctx(r, ctx, bench_core_module);

    ctx->reading = 1;
    rc = bench_core_read(r, bench_core_body);
    ctx->reading = 0;

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    if (r->request_body->rest == 0) {
        r->main->count--;
        return ctx->judged ? NGX_DECLINED : NGX_HTTP_BAD_REQUEST;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


static ngx_int_t
bench_core_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PREACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = bench_core_handler;

    bench_core_sink.operation = erpsync_operation_find(
                         (erpsync_str_t) erpsync_string("TryConnectActor"));
    bench_core_sink.unknown = ERPSYNC_UNKNOWN_REJECT;
    bench_core_sink.key = 42;

    return NGX_OK;
}


static ngx_int_t
bench_core_init_process(ngx_cycle_t *cycle)
{
    void  *p;

    p = ngx_alloc(BENCH_CORE_KEPT, cycle->log);

    if (p) {
        ngx_free(p);
    }

    return NGX_OK;
}


static void *
bench_core_create_conf(ngx_conf_t *cf)
{
    bench_core_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(bench_core_conf_t));

    if (conf) {
        conf->on = NGX_CONF_UNSET;
    }

    return conf;
}


static char *
bench_core_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    bench_core_conf_t  *prev = parent, *conf = child;

    (void) cf;

    ngx_conf_merge_value(conf->on, prev->on, 0);

    return NGX_CONF_OK;
}
