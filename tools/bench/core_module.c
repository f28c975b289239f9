
/*
 * The least that a gateway can be: an nginx module that lets the core judge the
 * head and the body of each request, and forwards the canonical headers and
 * body, or refuses with one and the same text.  A worker remembers one head,
 * since to compare it takes less than to judge it again.  It knows what the
 * benchmark sends, and nothing else that a client may send or an operator
 * configure.  What it adds to a bare proxy_pass or "return", the real module
 * cannot do without.
 *
 *     bench_core REGISTRY TEXT;
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "erpsync.h"


#define BENCH_CORE_KEPT  (8 * 1024 * 1024)     /* see operations.md, Capacity */
#define BENCH_CORE_KEY   42                    /* for hashing */

#define BENCH_CORE_REGISTRY  65536             /* bytes of its file */
#define BENCH_CORE_HEAD      2048              /* bytes from the path on */


typedef struct {
    ngx_uint_t                  judged;
    ngx_uint_t                  reading;
    ngx_http_request_body_t     body;
    ngx_chain_t                 chain;
    ngx_buf_t                   buf;
    erpsync_verdict_t           verdict;
    erpsync_arena_t             arena;
} bench_core_ctx_t;


/* The head that is remembered; all texts are in its copy. */

typedef struct {
    size_t                      len;
    u_char                      text[BENCH_CORE_HEAD];
    erpsync_route_t             route;
    erpsync_verdict_t           verdict;
    ngx_uint_t                  sent;       /* bits of headers */
    ngx_uint_t                  index[ERPSYNC_HEADER_NONE + 1];
} bench_core_head_t;


static ngx_int_t bench_core_init(ngx_conf_t *cf);
static ngx_int_t bench_core_init_process(ngx_cycle_t *cycle);
static char *bench_core_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


static ngx_command_t  bench_core_commands[] = {

    { ngx_string("bench_core"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2,
      bench_core_set,
      0,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  bench_core_module_ctx = {
    .postconfiguration = bench_core_init
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


static erpsync_policy_t     bench_core_policy = {
    .online = true,
    .forward_app_token = true,
    .schemes = ERPSYNC_SCHEME_SOTICKET|ERPSYNC_SCHEME_BEARER
               |ERPSYNC_SCHEME_XSRF,
    .app_token = ERPSYNC_APP_TOKEN_REQUIRED
};

static erpsync_memo_t       bench_core_memo;
static bench_core_head_t    bench_core_known;
static ngx_str_t            bench_core_text;
static erpsync_registry_t  *bench_core_registry;
static erpsync_digester_t  *bench_core_digester;


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


/* Judges a head, and remembers it. */

static ngx_int_t
bench_core_first(ngx_http_request_t *r, size_t len)
{
    ngx_uint_t          i, id;
    erpsync_str_t       path, value;
    erpsync_arena_t     arena;
    ngx_table_elt_t    *h;
    bench_core_head_t  *known;
    erpsync_request_t   request;

    /* of lists, the benchmark sends one field each */

    static erpsync_str_t  lists[ERPSYNC_HEADER_NONE + 1];

    if (len > BENCH_CORE_HEAD) {
        return NGX_DECLINED;
    }

    known = &bench_core_known;
    h = r->headers_in.headers.part.elts;

    ngx_memcpy(known->text, r->uri.data, len);
    known->len = len;
    known->sent = 0;

    erpsync_zero(&request, sizeof(erpsync_request_t));

    for (i = 0; i < r->headers_in.headers.part.nelts; i++) {
        id = erpsync_known_header_id(erpsync_span(h[i].key.data,
                                                  h[i].key.len));
        value = erpsync_span(known->text + (h[i].value.data - r->uri.data),
                             h[i].value.len);

        known->sent |= erpsync_header_bit(id);
        known->index[id] = i;
        lists[id] = value;

        if (id < ERPSYNC_HEADER_SINGLE) {
            request.headers[id].value = value;
            request.headers[id].count++;
        }
    }

    request.method = ERPSYNC_METHOD_POST;
    request.body = true;
    request.memo = &bench_core_memo;
    request.now = ngx_time();
    request.accept = erpsync_fields(&lists[ERPSYNC_HEADER_ACCEPT], 1);
    request.accept_language =
                    erpsync_fields(&lists[ERPSYNC_HEADER_ACCEPT_LANGUAGE], 1);

    path = erpsync_span(known->text, r->uri.len);
    erpsync_arena_init_source(&arena, bench_core_palloc, ngx_cycle->pool);

    if (erpsync_target(&arena, path, path, &known->route, NULL) != ERPSYNC_OK
        || erpsync_gate_head(&arena, &bench_core_policy, bench_core_registry,
                             bench_core_digester, &known->route, &request,
                             &known->verdict)
           != ERPSYNC_OK)
    {
        return NGX_ERROR;
    }

    return (known->verdict.reason == ERPSYNC_REASON_OK) ? NGX_OK
                                                        : NGX_DECLINED;
}


static ngx_int_t
bench_core_head(ngx_http_request_t *r, bench_core_ctx_t *ctx)
{
    size_t              len;
    ngx_table_elt_t    *last;
    bench_core_head_t  *known;
    erpsync_address_t   address;

    known = &bench_core_known;

    last = r->headers_in.headers.part.elts;
    last += r->headers_in.headers.part.nelts - 1;
    len = last->value.data + last->value.len - r->uri.data;

    if ((known->len != len
         || erpsync_secret_differs(known->text, r->uri.data, len))
        && bench_core_first(r, len) != NGX_OK)
    {
        known->len = 0;
        return NGX_DECLINED;
    }

    ctx->verdict = known->verdict;
    erpsync_zero(&address, sizeof(erpsync_address_t));

    if (erpsync_gate_again(&bench_core_policy, bench_core_registry,
                           bench_core_digester, &known->route, &address,
                           ngx_time(), NULL, &ctx->verdict)
        != ERPSYNC_OK)
    {
        return NGX_ERROR;
    }

    return (ctx->verdict.reason == ERPSYNC_REASON_OK) ? NGX_OK : NGX_DECLINED;
}


/* Sets headers where the client sent them: the benchmark sends each of them. */

static ngx_int_t
bench_core_edit(ngx_http_request_t *r, bench_core_ctx_t *ctx, size_t len)
{
    ngx_uint_t        id;
    erpsync_edits_t   edits;
    ngx_table_elt_t  *h;

    if (erpsync_forward_headers(&ctx->arena, &bench_core_policy, &ctx->verdict,
                                len, &edits)
        != ERPSYNC_OK
        || (edits.set & ~bench_core_known.sent))
    {
        return NGX_ERROR;
    }

    for (id = 0; id < ERPSYNC_HEADER_NONE; id++) {

        if (edits.set & erpsync_header_bit(id)) {
            h = r->headers_in.headers.part.elts;
            h += bench_core_known.index[id];

            h->value.data = (u_char *) (uintptr_t) edits.values[id].data;
            h->value.len = edits.values[id].len;
        }
    }

    r->headers_in.content_length_n = len;

    return NGX_OK;
}


static void
bench_core_body(ngx_http_request_t *r)
{
    off_t              size;
    ngx_buf_t         *b;
    erpsync_body_t     body;
    bench_core_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, bench_core_module);
    b = r->request_body->bufs->buf;
    size = 0;

    /* pieces are one behind the other: each is what a read has brought */

    for (ngx_chain_t *cl = r->request_body->bufs; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
    }

    if (size == r->headers_in.content_length_n
        && erpsync_gate_body(&ctx->arena, &bench_core_policy,
                             bench_core_registry, BENCH_CORE_KEY,
                             erpsync_span(b->pos, (size_t) size),
                             &ctx->verdict, &body)
           == ERPSYNC_OK
        && body.reason == ERPSYNC_REASON_OK
        && bench_core_edit(r, ctx, body.canonical.len) == NGX_OK)
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

        ctx->judged = 1;
    }

    r->preserve_body = 1;
    r->write_event_handler = ngx_http_core_run_phases;

    if (!ctx->reading) {
        ngx_http_core_run_phases(r);
    }
}


/* As "return 403" does. */

static ngx_int_t
bench_core_refuse(ngx_http_request_t *r)
{
    ngx_http_complex_value_t   cv;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));
    cv.value = bench_core_text;

    ngx_http_finalize_request(r, ngx_http_send_response(r, NGX_HTTP_FORBIDDEN,
                                                   &clcf->default_type, &cv));
    return NGX_DONE;
}


static ngx_int_t
bench_core_handler(ngx_http_request_t *r)
{
    ngx_int_t          rc;
    bench_core_ctx_t  *ctx;

    if (bench_core_registry == NULL) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_get_module_ctx(r, bench_core_module);

    if (ctx) {
        return ctx->judged ? NGX_DECLINED : bench_core_refuse(r);
    }

    ctx = ngx_palloc(r->pool, sizeof(bench_core_ctx_t));
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(ctx, offsetof(bench_core_ctx_t, verdict));
    ngx_http_set_ctx(r, ctx, bench_core_module);
    erpsync_arena_init_source(&ctx->arena, bench_core_palloc, r->pool);

    if (bench_core_head(r, ctx) != NGX_OK
        || r->headers_in.content_length_n <= 0)
    {
        return bench_core_refuse(r);
    }

    ctx->reading = 1;
    rc = bench_core_read(r, bench_core_body);
    ctx->reading = 0;

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    if (r->request_body->rest == 0) {
        r->main->count--;
        return ctx->judged ? NGX_DECLINED : bench_core_refuse(r);
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


static char *
bench_core_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char              error[ERPSYNC_REGISTRY_ERROR_LEN];
    u_char           *text;
    ssize_t           n;
    ngx_fd_t          fd;
    ngx_str_t        *value;

    (void) cmd;
    (void) conf;

    value = cf->args->elts;
    bench_core_text = value[2];

    text = ngx_palloc(cf->pool, BENCH_CORE_REGISTRY);
    fd = ngx_open_file(value[1].data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (text == NULL || fd == NGX_INVALID_FILE) {
        return "cannot read the registry";
    }

    n = ngx_read_fd(fd, text, BENCH_CORE_REGISTRY);
    (void) ngx_close_file(fd);

    bench_core_digester = erpsync_digester_create();
    bench_core_registry = (n > 0 && bench_core_digester)
                          ? erpsync_registry_parse(erpsync_span(text, n),
                                                   error)
                          : NULL;

    return bench_core_registry ? NGX_CONF_OK : "has no good registry";
}
