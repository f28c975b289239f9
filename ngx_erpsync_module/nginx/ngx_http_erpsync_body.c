
#include "ngx_http_erpsync_body.h"
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_judge.h"
#include "ngx_http_erpsync_file.h"


/*
 * Twice as much stays with a worker when large bodies are freed: eight bodies
 * of 1 MB with their canonical forms.
 */

#define NGX_HTTP_ERPSYNC_KEPT  (8 * 1024 * 1024)


/* The canonical body, for nginx. */

typedef struct {
    ngx_http_request_body_t         body;
    ngx_chain_t                     chain;
    ngx_buf_t                       buf;
} ngx_http_erpsync_canonical_t;


static ngx_int_t ngx_http_erpsync_read_whole(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_uint_t ngx_http_erpsync_divided(ngx_http_request_t *r,
    ngx_http_core_loc_conf_t *clcf);
static void ngx_http_erpsync_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_judge_body(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_int_t ngx_http_erpsync_body_text(ngx_http_request_t *r,
    erpsync_str_t *input);
static ngx_uint_t ngx_http_erpsync_join_body(ngx_http_request_body_t *rb);
static ngx_int_t ngx_http_erpsync_copy_body(ngx_http_request_t *r, size_t len,
    erpsync_str_t *input);


/*
 * With its first settings, glibc's malloc() returns the memory of a large body
 * to the system after each call, and takes as long to get its pages again as a
 * body of that size takes to be judged.  It learns from the largest block that
 * is freed, mallopt(3), M_MMAP_THRESHOLD: blocks of that size are taken from
 * the heap, which keeps twice as much when they are freed.  So a worker frees
 * one block, whose pages are never touched, before its first call.  Another
 * malloc(), or one that is set by the environment, takes no notice.
 */

void
ngx_http_erpsync_keep_memory(ngx_log_t *log)
{
    void  *p;

    p = ngx_alloc(NGX_HTTP_ERPSYNC_KEPT, log);

    if (p) {
        ngx_free(p);
    }
}


/*
 * Reads the body as ngx_http_mirror_module does, but if all of it has come
 * already, goes on without starting the phases again.
 */

ngx_int_t
ngx_http_erpsync_read_body(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ngx_int_t  rc;

    ctx->state = NGX_HTTP_ERPSYNC_READING;

    r->request_body_no_buffering = 0;

    ctx->reading = 1;

    rc = ngx_http_erpsync_read_whole(r, ctx);

    ctx->reading = 0;

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    if (ctx->state == NGX_HTTP_ERPSYNC_JUDGED) {
        r->main->count--;
        return NGX_OK;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


/*
 * Reads a body into one buffer, if it is one that nginx keeps in memory.  What
 * came with the header is in the buffer of the header, and nginx reads the rest
 * to behind it if there is room, otherwise into another buffer.  So it is given
 * a buffer with room as that of the header, until it has found where to read
 * to.
 */

static ngx_int_t
ngx_http_erpsync_read_whole(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    u_char     *p;
    size_t      size;
    ngx_int_t   rc;
    ngx_buf_t  *header_in, whole;

    if (!ngx_http_erpsync_divided(r, ctx->clcf)) {
        return ngx_http_read_client_request_body(r,
                                               ngx_http_erpsync_body_handler);
    }

    size = (size_t) r->headers_in.content_length_n;

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    header_in = r->header_in;

    whole = *header_in;
    whole.start = p;
    whole.pos = p;
    whole.last = ngx_cpymem(p, header_in->pos,
                            header_in->last - header_in->pos);
    whole.end = p + size;

    r->header_in = &whole;

    rc = ngx_http_read_client_request_body(r, ngx_http_erpsync_body_handler);

    r->header_in = header_in;
    header_in->pos = header_in->last;

    return rc;
}


/*
 * Returns whether nginx would have a body in two buffers, both in memory: a
 * part of it has come, the buffer of the header has no room for the rest, and
 * the rest is not too large for a buffer of its own.
 */

static ngx_uint_t
ngx_http_erpsync_divided(ngx_http_request_t *r, ngx_http_core_loc_conf_t *clcf)
{
    off_t       rest;
    size_t      most;
    ngx_buf_t  *b;

    if (r != r->main || r->request_body || r->discard_body
        || r->http_version > NGX_HTTP_VERSION_11)
    {
        return 0;
    }

    /* the length of a chunked body is -1 */

    b = r->header_in;
    rest = r->headers_in.content_length_n - (b->last - b->pos);
    most = clcf->client_body_buffer_size;

    return b->last > b->pos && rest > b->end - b->last
           && rest < (off_t) (most + (most >> 2));
}


static void
ngx_http_erpsync_body_handler(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_erpsync_ctx_t  *ctx;

    ctx = ngx_http_erpsync_get_ctx(r);

    rc = NGX_OK;

    /* meanwhile the app may be revoked, its token expired, the tenant moved */

    if (ctx->judged != ngx_time()
        || ctx->registry
           != ngx_http_erpsync_file_current(ctx->conf->registry)
        || ctx->tenants
           != ngx_http_erpsync_file_current(ctx->conf->tenants))
    {
        rc = ngx_http_erpsync_judge_again(r, ctx);
    }

    ngx_http_erpsync_start_clock(ctx);

    if (rc == NGX_OK && ctx->verdict.reason == ERPSYNC_REASON_OK
        && ctx->method == ERPSYNC_METHOD_POST)
    {
        rc = ngx_http_erpsync_judge_body(r, ctx);
    }

    if (rc != NGX_OK) {
        ctx->verdict.reason = ERPSYNC_REASON_GATEWAY_FAILED;
    }

    ctx->state = NGX_HTTP_ERPSYNC_JUDGED;

    r->preserve_body = 1;

    r->write_event_handler = ngx_http_core_run_phases;

    if (!ctx->reading) {
        ngx_http_core_run_phases(r);
    }
}


static ngx_int_t
ngx_http_erpsync_judge_body(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    erpsync_str_t                  input;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    if (ngx_http_erpsync_body_text(r, &input) != NGX_OK
        || erpsync_gate_body(&ctx->arena, &ctx->conf->policy, ctx->registry,
                             emcf->key, input, &ctx->verdict, &ctx->body)
           != ERPSYNC_OK)
    {
        return NGX_ERROR;
    }

    ctx->has_facts = (input.len != 0);
    ctx->body_size = input.len;

    return NGX_OK;
}


/*
 * Replaces the client's body by the canonical one.  The client's body is kept,
 * in memory or in its file, for ngx_http_erpsync_restore().
 */

ngx_int_t
ngx_http_erpsync_replace_body(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    ngx_buf_t                     *b;
    ngx_str_t                      body;
    ngx_http_erpsync_canonical_t  *canonical;

    /* the body of a GET is dropped: "canonical" is empty */

    body = ngx_http_erpsync_str(ctx->body.canonical);

    canonical = ngx_pcalloc(r->pool, sizeof(ngx_http_erpsync_canonical_t));
    if (canonical == NULL) {
        return NGX_ERROR;
    }

    if (body.len) {
        b = &canonical->buf;

        b->start = body.data;
        b->pos = body.data;
        b->last = body.data + body.len;
        b->end = b->last;
        b->memory = 1;
        b->last_buf = 1;

        canonical->chain.buf = b;

        canonical->body.bufs = &canonical->chain;
        canonical->body.buf = b;
    }

    r->request_body = &canonical->body;

    r->headers_in.chunked = 0;
    r->headers_in.content_length_n = body.len;

    if (ctx->method == ERPSYNC_METHOD_GET) {
        r->headers_in.content_length_n = -1;
    }

    return NGX_OK;
}


/*
 * Sets "input" to the body: to the buffer if it is in one, or can be joined in
 * one, otherwise to a copy.
 * The client's bytes must not be changed: a mirror or a second policy may need
 * them as they were sent.  After an internal redirect, a mirror of the former
 * location may be sending the pieces.
 */

static ngx_int_t
ngx_http_erpsync_body_text(ngx_http_request_t *r, erpsync_str_t *input)
{
    off_t         size;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    *input = erpsync_span(NULL, 0);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    cl = r->request_body->bufs;

    if (!cl->buf->in_file
        && (cl->next == NULL
            || (!r->internal && ngx_http_erpsync_join_body(r->request_body))))
    {
        b = r->request_body->bufs->buf;
        *input = erpsync_span(b->pos, b->last - b->pos);
        return NGX_OK;
    }

    size = 0;

    for ( /* void */ ; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
    }

    /* a machine of 32 bits may be sent more than it can address */

    if ((uintmax_t) size > NGX_MAX_SIZE_T_VALUE) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "erpsync: no memory for %O bytes of the request body",
                      size);
        return NGX_ERROR;
    }

    return ngx_http_erpsync_copy_body(r, (size_t) size, input);
}


/*
 * Joins the pieces of a body to one buffer, and returns whether it could: they
 * are in memory, one behind the other.  nginx makes a piece of each read.  A
 * copy of the body would be one more large piece of memory: with three for each
 * call, malloc() returns memory to the system after each call, and the next one
 * has its page faults again.
 */

static ngx_uint_t
ngx_http_erpsync_join_body(ngx_http_request_body_t *rb)
{
    ngx_buf_t    *b, *last;
    ngx_chain_t  *cl;

    b = rb->bufs->buf;
    last = b;

    for (cl = rb->bufs->next; cl; cl = cl->next) {

        if (cl->buf->in_file || cl->buf->pos != last->last) {
            return 0;
        }

        last = cl->buf;
    }

    b->last = last->last;
    b->end = last->end;
    b->last_buf = last->last_buf;

    rb->bufs->next = NULL;

    return 1;
}


static ngx_int_t
ngx_http_erpsync_copy_body(ngx_http_request_t *r, size_t len,
    erpsync_str_t *input)
{
    off_t         size;
    u_char       *p;
    ssize_t       n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *input = erpsync_span(p, len);

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (!b->in_file) {

            /* the last buffer of a chunked body is empty */

            if (b->last > b->pos) {
                p = ngx_cpymem(p, b->pos, b->last - b->pos);
            }

            continue;
        }

        size = b->file_last - b->file_pos;
        n = ngx_read_file(b->file, p, (size_t) size, b->file_pos);

        if (n != (ssize_t) size) {

            if (n != NGX_ERROR) {
                ngx_log_error(NGX_LOG_CRIT, r->connection->log, 0,
                              "erpsync: read only %z of %O bytes of the "
                              "request body", n, size);
            }

            return NGX_ERROR;
        }

        p += n;
    }

    return NGX_OK;
}
