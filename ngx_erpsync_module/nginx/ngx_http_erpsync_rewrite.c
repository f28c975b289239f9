
#include "ngx_http_erpsync_headers.h"
#include "ngx_http_erpsync_renew.h"
#include "ngx_http_erpsync_rewrite.h"


static ngx_int_t ngx_http_erpsync_rewrite_uri(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_uint_t ngx_http_erpsync_same_prefix(ngx_http_request_t *r,
    erpsync_str_t path);
static ngx_int_t ngx_http_erpsync_renew_captures(ngx_http_request_t *r,
    ngx_str_t *former);
static ngx_int_t ngx_http_erpsync_keep_sent(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_int_t ngx_http_erpsync_write_headers(ngx_http_request_t *r,
    erpsync_edits_t *edits);
static ngx_uint_t ngx_http_erpsync_same_headers(ngx_http_request_t *r,
    erpsync_edits_t *edits);
static ngx_uint_t ngx_http_erpsync_same_body(ngx_http_request_t *r,
    erpsync_str_t body);
static ngx_table_elt_t *ngx_http_erpsync_add_set(ngx_http_request_t *r,
    ngx_table_elt_t *h, erpsync_edits_t *edits, ngx_uint_t seen);
static void ngx_http_erpsync_point(ngx_http_request_t *r, ngx_uint_t id,
    ngx_table_elt_t *h);


ngx_int_t
ngx_http_erpsync_drop_overrides(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    erpsync_edits_t  edits;

    edits.set = 0;
    edits.nset = 0;
    edits.drop = erpsync_header_bit(ERPSYNC_HEADER_OVERRIDE);

    if (ngx_http_erpsync_keep_sent(r, ctx) != NGX_OK
        || ngx_http_erpsync_write_headers(r, &edits) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_erpsync_renew_variables(r);
}


ngx_int_t
ngx_http_erpsync_rewrite(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    erpsync_edits_t  edits;

    if (ctx->call.route.kind != ERPSYNC_ROUTE_OPERATION
        || ctx->method == ERPSYNC_METHOD_OPTIONS)
    {
        return NGX_OK;
    }

    if (erpsync_forward_headers(&ctx->arena, &ctx->conf->policy, &ctx->verdict,
                                ctx->body.canonical.len, &edits)
        != ERPSYNC_OK
        || ngx_http_erpsync_keep_sent(r, ctx) != NGX_OK
        || ngx_http_erpsync_write_headers(r, &edits) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_erpsync_rewrite_uri(r, ctx);
}


/* Keeps what the client sent, before it is changed for the first time. */

static ngx_int_t
ngx_http_erpsync_keep_sent(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    ngx_http_erpsync_sent_t  *sent;

    sent = ctx->sent;

    if (sent == NULL) {
        sent = ngx_palloc(r->pool, sizeof(ngx_http_erpsync_sent_t));
        if (sent == NULL) {
            return NGX_ERROR;
        }

        sent->headers = r->headers_in.headers;
        sent->content_type = r->headers_in.content_type;
        sent->content_length = r->headers_in.content_length;
        sent->authorization = r->headers_in.authorization;
        sent->unparsed_uri = r->unparsed_uri;
        sent->quoted_uri = r->quoted_uri;

        ctx->sent = sent;
    }

    /* a redirect, or reading the body, may have changed these since */

    sent->uri = r->uri;
    sent->args = r->args;
    sent->body = r->request_body;
    sent->content_length_n = r->headers_in.content_length_n;
    sent->chunked = r->headers_in.chunked;

    return NGX_OK;
}


ngx_uint_t
ngx_http_erpsync_as_forwarded(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, erpsync_str_t args)
{
    erpsync_edits_t  edits;

    if (ctx->state != NGX_HTTP_ERPSYNC_FORWARDED || ctx->report
        || ctx->call.route.kind != ERPSYNC_ROUTE_OPERATION)
    {
        return 1;
    }

    if (ctx->method == ERPSYNC_METHOD_OPTIONS) {
        edits.set = 0;
        edits.drop = erpsync_header_bit(ERPSYNC_HEADER_OVERRIDE);

        return ngx_http_erpsync_same_headers(r, &edits);
    }

    return erpsync_str_eq(args, ctx->verdict.args)
           && ngx_http_erpsync_same_body(r, ctx->body.canonical)
           && erpsync_forward_headers(&ctx->arena, &ctx->conf->policy,
                                      &ctx->verdict,
                                      ctx->body.canonical.len, &edits)
              == ERPSYNC_OK
           && ngx_http_erpsync_same_headers(r, &edits);
}


/* A script may have changed an element of the list in its place. */

static ngx_uint_t
ngx_http_erpsync_same_headers(ngx_http_request_t *r, erpsync_edits_t *edits)
{
    ngx_uint_t        i, id, bit, seen;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    seen = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            id = ngx_http_erpsync_header_id(&h[i]);
            bit = erpsync_header_bit(id);

            if ((edits->drop | seen) & bit) {
                return 0;
            }

            if (edits->set & bit) {

                if (!erpsync_str_eq(ngx_http_erpsync_span(&h[i].value),
                                    edits->values[id]))
                {
                    return 0;
                }

                seen |= bit;
            }
        }
    }

    return seen == edits->set;
}


static ngx_uint_t
ngx_http_erpsync_same_body(ngx_http_request_t *r, erpsync_str_t body)
{
    ngx_chain_t  *cl;

    cl = r->request_body ? r->request_body->bufs : NULL;

    if (cl == NULL || body.len == 0) {
        return cl == NULL && body.len == 0;
    }

    return cl->next == NULL && !cl->buf->in_file && cl->buf->pos == body.data
           && cl->buf->last == body.data + body.len
           && r->headers_in.content_length_n == (off_t) body.len;
}


/*
 * Path and query are restored only if they are the canonical ones: a redirect
 * may have replaced them.  nginx reads headers_in.transfer_encoding only when
 * it reads the header, and headers_in.chunked later.
 */

void
ngx_http_erpsync_restore(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ngx_http_erpsync_sent_t  *sent;

    sent = ctx->sent;

    if (sent == NULL) {
        return;
    }

    ctx->sent = NULL;
    ctx->body_size = 0;
    erpsync_zero(&ctx->body, sizeof(erpsync_body_t));

    r->headers_in.headers = sent->headers;
    r->headers_in.content_type = sent->content_type;
    r->headers_in.content_length = sent->content_length;
    r->headers_in.authorization = sent->authorization;
    r->unparsed_uri = sent->unparsed_uri;
    r->quoted_uri = sent->quoted_uri;

    if (ctx->state != NGX_HTTP_ERPSYNC_FORWARDED) {
        return;
    }

    if (ctx->call.by_uri
        && (r->uri.data == ctx->call.route.path.data
            || r->uri.data == sent->uri.data))
    {
        r->uri = sent->uri;

        if (r->args.data == ctx->verdict.args.data) {
            r->args = sent->args;
        }
    }

    r->request_body = sent->body;
    r->headers_in.content_length_n = sent->content_length_n;
    r->headers_in.chunked = sent->chunked;
}


/*
 * Sets path and query to the canonical ones: r->uri and r->args, for a
 * "proxy_pass" with a URI, and r->unparsed_uri for one without.
 */

static ngx_int_t
ngx_http_erpsync_rewrite_uri(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    size_t          len;
    ngx_str_t      *raw, uri;
    erpsync_str_t   path, args, target;

    path = ctx->call.route.path;
    args = ctx->verdict.args;
    raw = &r->unparsed_uri;
    len = path.len + (args.len ? 1 + args.len : 0);

    if (raw->len == len
        && ngx_memcmp(raw->data, path.data, path.len) == 0
        && (args.len == 0
            || (raw->data[path.len] == '?'
                && ngx_memcmp(raw->data + path.len + 1, args.data, args.len)
                   == 0)))
    {
        /* the client sent the canonical form */

    } else {
        if (erpsync_forward_target(&ctx->arena, path, args, &target)
            != ERPSYNC_OK)
        {
            return NGX_ERROR;
        }

        *raw = ngx_http_erpsync_str(target);

        if (target.len != len) {
            r->quoted_uri = 1;
        }
    }

    if (!ctx->call.by_uri) {
        return NGX_OK;
    }

    r->args = ngx_http_erpsync_str(args);

    if (r->uri.data == path.data || !ngx_http_erpsync_same_prefix(r, path)) {
        return NGX_OK;
    }

    uri = r->uri;
    r->uri = ngx_http_erpsync_str(path);

    return ngx_http_erpsync_renew_captures(r, &uri);
}


/*
 * Returns whether the canonical path begins with the location's name, like the
 * current path.  A "proxy_pass" with a URI, and an "alias", replace as many
 * bytes of the path as that name has.  In a location "/.../TryConnectActor/"
 * the canonical path is shorter, since it has no slash at its end.  Then the
 * current path is kept: every server reads the same operation in it.
 */

static ngx_uint_t
ngx_http_erpsync_same_prefix(ngx_http_request_t *r, erpsync_str_t path)
{
    size_t                     len;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    len = clcf->named ? 0 : clcf->name.len;

#if (NGX_PCRE)
    if (clcf->regex) {
        len = 0;
    }
#endif

    /* an "alias" is inherited with the length of the outer location's name */

    if (clcf->alias != NGX_MAX_SIZE_T_VALUE && clcf->alias > len) {
        len = clcf->alias;
    }

    return !r->valid_location
           || (path.len >= len && r->uri.len >= len
               && ngx_strncasecmp((u_char *) (uintptr_t) path.data,
                                  r->uri.data, len)
                  == 0);
}


/*
 * Makes the captures of the location's regex ones of the canonical path, since
 * "proxy_pass http://webapi/$1" sends them.  Captures that "if" or "rewrite"
 * has made since are kept.
 */

static ngx_int_t
ngx_http_erpsync_renew_captures(ngx_http_request_t *r, ngx_str_t *former)
{
#if (NGX_PCRE)
    int                       *captures;
    ngx_int_t                  rc;
    ngx_uint_t                 n;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    n = r->ncaptures;

    if (clcf->regex == NULL || n == 0 || r->captures_data != former->data) {
        return NGX_OK;
    }

    captures = ngx_palloc(r->pool, n * sizeof(int));
    if (captures == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(captures, r->captures, n * sizeof(int));

    rc = ngx_http_regex_exec(r, clcf->regex, former);

    if (rc == NGX_OK && r->ncaptures == n
        && ngx_memcmp(captures, r->captures, n * sizeof(int)) == 0)
    {
        rc = ngx_http_regex_exec(r, clcf->regex, &r->uri);

        if (rc == NGX_OK) {
            return NGX_OK;
        }
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    ngx_memcpy(r->captures, captures, n * sizeof(int));
    r->ncaptures = n;
    r->captures_data = former->data;
#endif

    return NGX_OK;
}


/*
 * Makes a new list of the headers that are forwarded: proxy_pass sends every
 * element of the list.  The client's list and its elements are not changed.
 */

static ngx_int_t
ngx_http_erpsync_write_headers(ngx_http_request_t *r, erpsync_edits_t *edits)
{
    ngx_uint_t        i, n, id, bit, seen;
    ngx_list_t       *headers;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *sent, *first;

    headers = &r->headers_in.headers;

    /* one more, for a module that adds a header to an empty list */

    n = edits->nset + 1;

    for (part = &headers->part; part; part = part->next) {
        n += part->nelts;
    }

    first = ngx_palloc(r->pool, n * sizeof(ngx_table_elt_t));
    if (first == NULL) {
        return NGX_ERROR;
    }

    h = first;
    seen = 0;

    for (part = &headers->part; part; part = part->next) {
        sent = part->elts;

        for (i = 0; i < part->nelts; i++) {
            id = ngx_http_erpsync_header_id(&sent[i]);
            bit = erpsync_header_bit(id);

            if ((edits->drop | seen) & bit) {
                continue;
            }

            *h = sent[i];

            if (edits->set & bit) {
                h->value = ngx_http_erpsync_str(edits->values[id]);
                ngx_http_erpsync_unlink(h);
                ngx_http_erpsync_point(r, id, h);
                seen |= bit;
            }

            h++;
        }
    }

    h = ngx_http_erpsync_add_set(r, h, edits, seen);

    headers->part.elts = first;
    headers->part.nelts = h - first;
    headers->part.next = NULL;
    headers->last = &headers->part;
    headers->size = sizeof(ngx_table_elt_t);
    headers->nalloc = n;
    headers->pool = r->pool;

    return NGX_OK;
}


/*
 * Adds the headers that are set and that the client did not send, at "h", and
 * returns the end of them.
 */

static ngx_table_elt_t *
ngx_http_erpsync_add_set(ngx_http_request_t *r, ngx_table_elt_t *h,
    erpsync_edits_t *edits, ngx_uint_t seen)
{
    ngx_uint_t                     i, id, left;
    const erpsync_known_header_t  *header;

    static const ngx_uint_t  pointed[] = {
        ERPSYNC_HEADER_AUTHORIZATION,
        ERPSYNC_HEADER_CONTENT_TYPE,
        ERPSYNC_HEADER_LENGTH,
        ERPSYNC_HEADER_TRANSFER
    };

    left = edits->set & ~seen;

    for (id = 0; left; id++, left >>= 1) {

        if (!(left & 1)) {
            continue;
        }

        header = erpsync_known_header(id);

        h->key = ngx_http_erpsync_str(header->key);
        h->value = ngx_http_erpsync_str(edits->values[id]);
        h->lowcase_key = (u_char *) (uintptr_t) header->name;
        h->hash = ngx_hash_key(h->lowcase_key, header->len);
        ngx_http_erpsync_unlink(h);
        ngx_http_erpsync_point(r, id, h);
        h++;
    }

    for (i = 0; i < sizeof(pointed) / sizeof(pointed[0]); i++) {
        if (edits->drop & erpsync_header_bit(pointed[i])) {
            ngx_http_erpsync_point(r, pointed[i], NULL);
        }
    }

    return h;
}


/* Sets nginx's own pointers to a header that is set, or dropped. */

static void
ngx_http_erpsync_point(ngx_http_request_t *r, ngx_uint_t id,
    ngx_table_elt_t *h)
{
    switch (id) {

    case ERPSYNC_HEADER_AUTHORIZATION:
        r->headers_in.authorization = h;
        break;

    case ERPSYNC_HEADER_CONTENT_TYPE:
        r->headers_in.content_type = h;
        break;

    case ERPSYNC_HEADER_LENGTH:
        r->headers_in.content_length = h;
        break;

    case ERPSYNC_HEADER_TRANSFER:
        r->headers_in.transfer_encoding = h;
        break;
    }
}
