
#include "ngx_http_erpsync_headers.h"
#include "ngx_http_erpsync_memo.h"


/*
 * A client sends calls of one or two operations.  One that sends another head
 * each time, such as a proxy for many clients or with an id for each request,
 * is not compared any more after some calls.
 */

#define NGX_HTTP_ERPSYNC_HEADS    2
#define NGX_HTTP_ERPSYNC_MISSES   8
#define NGX_HTTP_ERPSYNC_FIELDS   20      /* the first part of nginx's list */
#define NGX_HTTP_ERPSYNC_TEXT     2048    /* bytes of a head */

#define NGX_HTTP_ERPSYNC_TEXTS    12      /* of a call and its verdict */


typedef struct {
    erpsync_memo_t                  token;
    ngx_uint_t                      misses;     /* one after the other */
    ngx_uint_t                      nheads;
    ngx_http_erpsync_head_t        *heads[NGX_HTTP_ERPSYNC_HEADS];
    size_t                          sizes[NGX_HTTP_ERPSYNC_HEADS];
} ngx_http_erpsync_client_t;


static ngx_http_erpsync_client_t *ngx_http_erpsync_client(
    ngx_http_request_t *r);
static void ngx_http_erpsync_forget(void *data);
static ngx_uint_t ngx_http_erpsync_may_keep(ngx_http_request_t *r,
    ngx_http_erpsync_loc_conf_t *elcf);
static ngx_uint_t ngx_http_erpsync_same_head(ngx_http_request_t *r,
    ngx_http_erpsync_head_t *head);
static void ngx_http_erpsync_texts(ngx_http_erpsync_head_t *head,
    erpsync_str_t *texts[NGX_HTTP_ERPSYNC_TEXTS]);
static ngx_uint_t ngx_http_erpsync_head_text(ngx_http_request_t *r,
    erpsync_str_t *text);
static void ngx_http_erpsync_head_fields(ngx_http_request_t *r,
    ngx_http_erpsync_head_t *head);


/*
 * A connection of HTTP/2 and its streams have one pool.  A stream of HTTP/3 has
 * a connection of its own, with one request, so nothing is remembered there.
 * Nor is the only call of a connection: it needs no memory.
 */

static ngx_http_erpsync_client_t *
ngx_http_erpsync_client(ngx_http_request_t *r)
{
    ngx_pool_t          *pool;
    ngx_pool_cleanup_t  *cln;

    if (r->connection->requests < 2) {
        return NULL;
    }

    pool = r->connection->pool;

    for (cln = pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_erpsync_forget) {
            return cln->data;
        }
    }

    cln = ngx_pool_cleanup_add(pool, sizeof(ngx_http_erpsync_client_t));
    if (cln == NULL) {
        return NULL;
    }

    erpsync_zero(cln->data, sizeof(ngx_http_erpsync_client_t));

    cln->handler = ngx_http_erpsync_forget;

    return cln->data;
}


/* Tokens and credentials do not stay in memory that is free. */

static void
ngx_http_erpsync_forget(void *data)
{
    ngx_http_erpsync_client_t *client = data;

    ngx_uint_t  i;

    erpsync_memo_wipe(&client->token);

    for (i = 0; i < client->nheads; i++) {
        ngx_explicit_memzero(client->heads[i], client->sizes[i]);
    }
}


erpsync_memo_t *
ngx_http_erpsync_memo(ngx_http_request_t *r)
{
    ngx_http_erpsync_client_t  *client;

    client = ngx_http_erpsync_client(r);

    return client ? &client->token : NULL;
}


/*
 * Returns whether the head of a request may be compared and kept: the request
 * is as the client sent it, without a query, and over HTTP/1, where a head is
 * in one piece.
 */

static ngx_uint_t
ngx_http_erpsync_may_keep(ngx_http_request_t *r,
    ngx_http_erpsync_loc_conf_t *elcf)
{
    return r == r->main && !r->internal && r->valid_unparsed_uri
           && r->uri.data == r->unparsed_uri.data
           && r->uri.len == r->unparsed_uri.len
           && r->args.len == 0
           && r->method == NGX_HTTP_POST
           && r->http_version <= NGX_HTTP_VERSION_11
           && r->headers_in.content_length_n > 0 && !r->headers_in.chunked
           && r->headers_in.headers.part.next == NULL
           && elcf->mode == NGX_HTTP_ERPSYNC_ON;
}


ngx_http_erpsync_head_t *
ngx_http_erpsync_find_head(ngx_http_request_t *r,
    ngx_http_erpsync_loc_conf_t *elcf, ngx_http_erpsync_call_t *call)
{
    ngx_uint_t                  i;
    ngx_http_erpsync_head_t    *head;
    ngx_http_erpsync_client_t  *client;

    if (!ngx_http_erpsync_may_keep(r, elcf)) {
        return NULL;
    }

    client = ngx_http_erpsync_client(r);

    if (client == NULL || client->nheads == 0
        || client->misses == NGX_HTTP_ERPSYNC_MISSES)
    {
        return NULL;
    }

    for (i = 0; i < client->nheads; i++) {
        head = client->heads[i];

        if (head->conf != elcf || !ngx_http_erpsync_same_head(r, head)) {
            continue;
        }

        client->misses = 0;
        *call = head->call;

        if (head->same_path) {
            call->route.path = ngx_http_erpsync_span(&r->uri);
        }

        return head;
    }

    client->misses++;

    return NULL;
}


/*
 * The value of Content-Length is left out, since the body is judged in any
 * case; what follows it is "shift" bytes further on.
 */

static ngx_uint_t
ngx_http_erpsync_same_head(ngx_http_request_t *r,
    ngx_http_erpsync_head_t *head)
{
    size_t                          shift, hole, rest;
    u_char                         *start, *end;
    ngx_uint_t                      i;
    ngx_list_part_t                *part;
    ngx_table_elt_t                *h;
    ngx_http_erpsync_head_field_t  *field;

    part = &r->headers_in.headers.part;
    h = part->elts;
    field = head->fields;
    start = r->uri.data;
    shift = 0;

    if (head->path != r->uri.len || head->nfields != part->nelts) {
        return 0;
    }

    for (i = 0; i < head->nfields; i++) {

        if (h[i].key.data != start + field[i].key + shift
            || h[i].key.len != field[i].key_len
            || h[i].value.data != start + field[i].value + shift)
        {
            return 0;
        }

        if (i == head->length) {
            shift = h[i].value.len - field[i].value_len;

        } else if (h[i].value.len != field[i].value_len) {
            return 0;
        }
    }

    /* the text between the fields is in the same buffer */

    end = start + head->text.len + shift;

    if (start < r->header_in->start || end > r->header_in->pos) {
        return 0;
    }

    hole = field[head->length].value;
    rest = hole + field[head->length].value_len;

    return (erpsync_secret_differs(start, head->text.data, hole)
            | erpsync_secret_differs(start + rest + shift,
                                     head->text.data + rest,
                                     head->text.len - rest))
           == 0;
}


void
ngx_http_erpsync_keep_head(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    size_t                      size;
    u_char                     *p;
    ngx_uint_t                  i, n;
    erpsync_str_t              *texts[NGX_HTTP_ERPSYNC_TEXTS];
    ngx_http_erpsync_head_t    *head, kept;
    ngx_http_erpsync_client_t  *client;

    n = r->headers_in.headers.part.nelts;

    if (!ngx_http_erpsync_may_keep(r, ctx->conf) || !ctx->call.by_uri
        || ctx->call.route.kind != ERPSYNC_ROUTE_OPERATION
        || !ngx_http_erpsync_head_text(r, &kept.text))
    {
        return;
    }

    client = ngx_http_erpsync_client(r);

    if (client == NULL || client->nheads == NGX_HTTP_ERPSYNC_HEADS) {
        return;
    }

    kept.conf = ctx->conf;
    kept.call = ctx->call;
    kept.verdict = ctx->verdict;
    kept.sent_headers = ctx->sent_headers;
    kept.same_path = (ctx->call.route.path.data == r->uri.data);
    kept.nfields = n;
    kept.fields = NULL;
    kept.length = 0;
    kept.path = r->uri.len;

    kept.verdict.claimed = 0;
    kept.verdict.app = NULL;
    kept.verdict.proof.certificate = NULL;

    ngx_http_erpsync_texts(&kept, texts);

    size = sizeof(ngx_http_erpsync_head_t)
           + n * sizeof(ngx_http_erpsync_head_field_t) + kept.text.len;

    for (i = 0; i < NGX_HTTP_ERPSYNC_TEXTS; i++) {
        size += texts[i]->len;
    }

    head = ngx_palloc(r->connection->pool, size);
    if (head == NULL) {
        return;
    }

    *head = kept;
    head->fields = (ngx_http_erpsync_head_field_t *) (head + 1);

    p = (u_char *) (head->fields + n);

    head->text.data = p;
    p = ngx_cpymem(p, kept.text.data, kept.text.len);

    ngx_http_erpsync_texts(head, texts);

    for (i = 0; i < NGX_HTTP_ERPSYNC_TEXTS; i++) {

        /* one that is empty may still say whether it was sent */

        if (texts[i]->data) {
            ngx_memcpy(p, texts[i]->data, texts[i]->len);
            texts[i]->data = p;
            p += texts[i]->len;
        }
    }

    ngx_http_erpsync_head_fields(r, head);

    client->sizes[client->nheads] = size;
    client->heads[client->nheads++] = head;
}


/*
 * Finds the text of a head, and returns whether all of it is in one buffer.  It
 * is not if it is long, or if another module has changed a header.
 */

static ngx_uint_t
ngx_http_erpsync_head_text(ngx_http_request_t *r, erpsync_str_t *text)
{
    u_char           *start, *end, *last;
    ngx_uint_t        i, n, lengths;
    ngx_table_elt_t  *h;

    h = r->headers_in.headers.part.elts;
    n = r->headers_in.headers.part.nelts;
    start = r->uri.data;
    end = start + r->uri.len;
    last = r->header_in->pos;
    lengths = 0;

    if (start < r->header_in->start || end > last) {
        return 0;
    }

    for (i = 0; i < n; i++) {

        if (h[i].key.data < end || h[i].key.data > last
            || h[i].key.len > (size_t) (last - h[i].key.data)
            || h[i].value.data < h[i].key.data + h[i].key.len
            || h[i].value.data > last
            || h[i].value.len > (size_t) (last - h[i].value.data))
        {
            return 0;
        }

        end = h[i].value.data + h[i].value.len;

        lengths += (ngx_http_erpsync_header_id(&h[i])
                    == ERPSYNC_HEADER_LENGTH);
    }

    *text = erpsync_span(start, end - start);

    return lengths == 1 && n <= NGX_HTTP_ERPSYNC_FIELDS
           && text->len <= NGX_HTTP_ERPSYNC_TEXT;
}


static void
ngx_http_erpsync_texts(ngx_http_erpsync_head_t *head,
    erpsync_str_t *texts[NGX_HTTP_ERPSYNC_TEXTS])
{
    erpsync_verdict_t  *verdict;

    verdict = &head->verdict;

    texts[0] = &head->call.route.path;
    texts[1] = &head->call.route.tenant;
    texts[2] = &head->call.args;
    texts[3] = &verdict->credentials.authorization;
    texts[4] = &verdict->credentials.tenant;
    texts[5] = &verdict->proof.token;
    texts[6] = &verdict->tenant;
    texts[7] = &verdict->accept;
    texts[8] = &verdict->locale.language;
    texts[9] = &verdict->locale.culture;
    texts[10] = &verdict->locale.timezone;
    texts[11] = &verdict->args;
}


static void
ngx_http_erpsync_head_fields(ngx_http_request_t *r,
    ngx_http_erpsync_head_t *head)
{
    ngx_uint_t                      i;
    ngx_table_elt_t                *h;
    ngx_http_erpsync_head_field_t  *field;

    h = r->headers_in.headers.part.elts;

    for (i = 0; i < head->nfields; i++) {
        field = &head->fields[i];

        field->key = (uint16_t) (h[i].key.data - r->uri.data);
        field->key_len = (uint16_t) h[i].key.len;
        field->value = (uint16_t) (h[i].value.data - r->uri.data);
        field->value_len = (uint16_t) h[i].value.len;

        if (ngx_http_erpsync_header_id(&h[i]) == ERPSYNC_HEADER_LENGTH) {
            head->length = i;
        }
    }
}
