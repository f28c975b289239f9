
#include "ngx_http_erpsync_module.h"


/* Headers that are dropped, and those that come from elsewhere. */

#define NGX_HTTP_ERPSYNC_OVERRIDE  (ERPSYNC_HEADER_COUNT)
#define NGX_HTTP_ERPSYNC_TRANSFER  (ERPSYNC_HEADER_COUNT + 1)
#define NGX_HTTP_ERPSYNC_LENGTH    (ERPSYNC_HEADER_COUNT + 2)
#define NGX_HTTP_ERPSYNC_NONE      (ERPSYNC_HEADER_COUNT + 3)

/* Elements of a list of headers: more than are ever set. */

#define NGX_HTTP_ERPSYNC_OWN       (NGX_HTTP_ERPSYNC_NONE + 6)


typedef struct {
    ngx_str_t                  name;       /* in lower case */
    ngx_str_t                  key;        /* as it is forwarded */
    ngx_uint_t                 id;
} ngx_http_erpsync_header_t;


/* What becomes of a header. */

typedef enum {
    NGX_HTTP_ERPSYNC_KEEP = 0,
    NGX_HTTP_ERPSYNC_DROP,
    NGX_HTTP_ERPSYNC_SET
} ngx_http_erpsync_action_t;


typedef struct {
    ngx_http_erpsync_action_t  action;
    ngx_str_t                  value;
} ngx_http_erpsync_edit_t;


static erpsync_method_t ngx_http_erpsync_method(ngx_http_request_t *r);
static ngx_uint_t ngx_http_erpsync_header_id(ngx_table_elt_t *h);
static erpsync_str_t ngx_http_erpsync_value(ngx_table_elt_t *h);
static bool ngx_http_erpsync_only_field(erpsync_fields_t *fields,
    erpsync_str_t *value);
static bool ngx_http_erpsync_next_field(erpsync_fields_t *fields,
    erpsync_str_t *value);
static ngx_int_t ngx_http_erpsync_rewrite_uri(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_int_t ngx_http_erpsync_renew_captures(ngx_http_request_t *r,
    ngx_str_t *former);
static ngx_int_t ngx_http_erpsync_plan(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_edit_t *edits);
static void ngx_http_erpsync_edit(ngx_http_erpsync_edit_t *edit,
    erpsync_str_t value);
static ngx_int_t ngx_http_erpsync_keep_sent(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);
static ngx_int_t ngx_http_erpsync_write_headers(ngx_http_request_t *r,
    ngx_http_erpsync_edit_t *edits);
static ngx_int_t ngx_http_erpsync_push_headers(ngx_http_request_t *r,
    ngx_http_erpsync_edit_t *edits, ngx_uint_t seen);
static ngx_uint_t ngx_http_erpsync_kept(ngx_http_erpsync_edit_t *edit,
    ngx_table_elt_t *h, ngx_uint_t seen, ngx_uint_t id);
static ngx_int_t ngx_http_erpsync_add_range(ngx_http_request_t *r,
    ngx_list_t *list, ngx_table_elt_t *h, ngx_uint_t n);
static void ngx_http_erpsync_point(ngx_http_request_t *r, ngx_uint_t id,
    ngx_table_elt_t *h);


/* In the order of the names' lengths: a name is compared with its like. */

static ngx_http_erpsync_header_t  ngx_http_erpsync_headers[] = {

    { ngx_string("cookie"), ngx_null_string,
      ERPSYNC_HEADER_COOKIE },

    { ngx_string("accept"), ngx_string("Accept"),
      ERPSYNC_HEADER_ACCEPT },

    { ngx_string("so-culture"), ngx_string("SO-Culture"),
      ERPSYNC_HEADER_CULTURE },

    { ngx_string("so-apptoken"), ngx_string("SO-AppToken"),
      ERPSYNC_HEADER_APP_TOKEN },

    { ngx_string("so-language"), ngx_string("SO-Language"),
      ERPSYNC_HEADER_LANGUAGE },

    { ngx_string("so-timezone"), ngx_string("SO-TimeZone"),
      ERPSYNC_HEADER_TIMEZONE },

    { ngx_string("content-type"), ngx_string("Content-Type"),
      ERPSYNC_HEADER_CONTENT_TYPE },

    { ngx_string("x-xsrf-token"), ngx_string("X-XSRF-TOKEN"),
      ERPSYNC_HEADER_XSRF_TOKEN },

    { ngx_string("authorization"), ngx_string("Authorization"),
      ERPSYNC_HEADER_AUTHORIZATION },

    { ngx_string("x-http-method"), ngx_null_string,
      NGX_HTTP_ERPSYNC_OVERRIDE },

    { ngx_string("x-rewrite-url"), ngx_null_string,
      NGX_HTTP_ERPSYNC_OVERRIDE },

    { ngx_string("content-length"), ngx_string("Content-Length"),
      NGX_HTTP_ERPSYNC_LENGTH },

    { ngx_string("x-original-url"), ngx_null_string,
      NGX_HTTP_ERPSYNC_OVERRIDE },

    { ngx_string("accept-language"), ngx_string("Accept-Language"),
      ERPSYNC_HEADER_ACCEPT_LANGUAGE },

    { ngx_string("content-encoding"), ngx_string("Content-Encoding"),
      ERPSYNC_HEADER_CONTENT_ENCODING },

    { ngx_string("transfer-encoding"), ngx_null_string,
      NGX_HTTP_ERPSYNC_TRANSFER },

    { ngx_string("x-http-method-override"), ngx_null_string,
      NGX_HTTP_ERPSYNC_OVERRIDE }
};


#define NGX_HTTP_ERPSYNC_NHEADERS                                             \
    (sizeof(ngx_http_erpsync_headers) / sizeof(ngx_http_erpsync_header_t))


/* Where the names of a length begin in the table, from 1; 0: none has it. */

static const uint8_t  ngx_http_erpsync_lengths[] = {
    0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 4, 7, 9, 12, 14, 15, 16, 0, 0, 0, 0, 17
};


/* By name alone: other modules may add headers with a hash of their own. */

static ngx_uint_t
ngx_http_erpsync_header_id(ngx_table_elt_t *h)
{
    ngx_uint_t                  i;
    ngx_http_erpsync_header_t  *header;

    if (h->key.len >= sizeof(ngx_http_erpsync_lengths)) {
        return NGX_HTTP_ERPSYNC_NONE;
    }

    i = ngx_http_erpsync_lengths[h->key.len];

    if (i == 0) {
        return NGX_HTTP_ERPSYNC_NONE;
    }

    for (i--; i < NGX_HTTP_ERPSYNC_NHEADERS; i++) {
        header = &ngx_http_erpsync_headers[i];

        if (header->name.len != h->key.len) {
            break;
        }

        /*
         * the fourth letter tells names of one length apart; "-" is no
         * letter, but what differs from it in the same bit is a CR
         */

        if ((h->key.data[3] | 0x20) == header->name.data[3]
            && erpsync_name_is(ngx_http_erpsync_span(&h->key),
                               ngx_http_erpsync_span(&header->name)))
        {
            return header->id;
        }
    }

    return NGX_HTTP_ERPSYNC_NONE;
}


void
ngx_http_erpsync_collect(ngx_http_request_t *r, erpsync_request_t *request)
{
    ngx_uint_t         i, id;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *h;
    erpsync_header_t  *header;
    erpsync_fields_t  *fields, *lists[ERPSYNC_HEADER_COUNT];

    ngx_memzero(request, sizeof(erpsync_request_t));

    request->method = ngx_http_erpsync_method(r);
    request->args = ngx_http_erpsync_span(&r->args);
    request->body = (r->headers_in.content_length_n > 0
                     || r->headers_in.chunked);
    request->now = ngx_time();

    ngx_http_erpsync_address(r, &request->address);

    lists[ERPSYNC_HEADER_ACCEPT] = &request->accept;
    lists[ERPSYNC_HEADER_ACCEPT_LANGUAGE] = &request->accept_language;
    lists[ERPSYNC_HEADER_COOKIE] = &request->cookies;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            id = ngx_http_erpsync_header_id(&h[i]);

            if (id >= ERPSYNC_HEADER_COUNT) {
                continue;
            }

            if (id < ERPSYNC_HEADER_SINGLE) {
                header = &request->headers[id];

                if (header->count++ == 0) {
                    header->value = ngx_http_erpsync_value(&h[i]);
                }

                continue;
            }

            fields = lists[id];

            if (fields->next) {
                fields->next = ngx_http_erpsync_next_field;
                continue;
            }

            fields->next = ngx_http_erpsync_only_field;
            fields->data = part;
            fields->index = i;
            fields->id = id;
        }
    }
}


/* An empty value is not an absent one. */

static erpsync_str_t
ngx_http_erpsync_value(ngx_table_elt_t *h)
{
    return erpsync_span(h->value.data ? h->value.data : (u_char *) "",
                        h->value.len);
}


/*
 * The fields of a list header stay in nginx's list.  "data" and "index" are
 * the place of the next one; if there is only one, nothing is searched.
 */

static bool
ngx_http_erpsync_only_field(erpsync_fields_t *fields, erpsync_str_t *value)
{
    ngx_table_elt_t        *h;
    const ngx_list_part_t  *part;

    part = fields->data;
    h = part->elts;

    *value = ngx_http_erpsync_value(&h[fields->index]);
    fields->next = NULL;

    return true;
}


static bool
ngx_http_erpsync_next_field(erpsync_fields_t *fields, erpsync_str_t *value)
{
    ngx_uint_t              i;
    ngx_table_elt_t        *h;
    const ngx_list_part_t  *part;

    i = fields->index;

    for (part = fields->data; part; part = part->next) {
        h = part->elts;

        for ( /* void */ ; i < part->nelts; i++) {

            if (ngx_http_erpsync_header_id(&h[i]) == fields->id) {
                *value = ngx_http_erpsync_value(&h[i]);

                fields->data = part;
                fields->index = i + 1;

                return true;
            }
        }

        i = 0;
    }

    fields->next = NULL;

    return false;
}


static erpsync_method_t
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


erpsync_str_t
ngx_http_erpsync_app_token(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_erpsync_header_id(&h[i]) == ERPSYNC_HEADER_APP_TOKEN)
            {
                return ngx_http_erpsync_span(&h[i].value);
            }
        }
    }

    return erpsync_span(NULL, 0);
}


void
ngx_http_erpsync_address(ngx_http_request_t *r, erpsync_address_t *address)
{
    struct sockaddr      *sa;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    sa = r->connection->sockaddr;

    switch (sa->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sa;
        address->family = ERPSYNC_ADDRESS_INET;
        ngx_memcpy(address->bytes, &sin->sin_addr, 4);
        break;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sa;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            address->family = ERPSYNC_ADDRESS_INET;
            ngx_memcpy(address->bytes, &sin6->sin6_addr.s6_addr[12], 4);
            break;
        }

        address->family = ERPSYNC_ADDRESS_INET6;
        ngx_memcpy(address->bytes, &sin6->sin6_addr, 16);
        break;
#endif

    default:
        address->family = ERPSYNC_ADDRESS_NONE;
    }
}


ngx_int_t
ngx_http_erpsync_drop_overrides(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    ngx_uint_t                i;
    ngx_list_part_t          *part;
    ngx_table_elt_t          *h;
    ngx_http_erpsync_edit_t   edits[NGX_HTTP_ERPSYNC_NONE + 1];

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (ngx_http_erpsync_header_id(&h[i])
                != NGX_HTTP_ERPSYNC_OVERRIDE)
            {
                continue;
            }

            ngx_memzero(edits, sizeof(edits));
            edits[NGX_HTTP_ERPSYNC_OVERRIDE].action = NGX_HTTP_ERPSYNC_DROP;

            if (ngx_http_erpsync_keep_sent(r, ctx) != NGX_OK
                || ngx_http_erpsync_write_headers(r, edits) != NGX_OK)
            {
                return NGX_ERROR;
            }

            return ngx_http_erpsync_renew_variables(r);
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_erpsync_rewrite(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    ngx_http_erpsync_edit_t  edits[NGX_HTTP_ERPSYNC_NONE + 1];

    if (ctx->call.route.kind != ERPSYNC_ROUTE_OPERATION
        || ctx->method == ERPSYNC_METHOD_OPTIONS)
    {
        return NGX_OK;
    }

    ngx_memzero(edits, sizeof(edits));

    if (ngx_http_erpsync_plan(r, ctx, edits) != NGX_OK
        || ngx_http_erpsync_keep_sent(r, ctx) != NGX_OK
        || ngx_http_erpsync_write_headers(r, edits) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_erpsync_rewrite_uri(r, ctx);
}


/* Notes what the client sent, in front of the first change of any of it. */

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
        sent->transfer_encoding = r->headers_in.transfer_encoding;
        sent->authorization = r->headers_in.authorization;
        sent->unparsed_uri = r->unparsed_uri;
        sent->quoted_uri = r->quoted_uri;

        ctx->sent = sent;
    }

    /* these may have changed since, by a redirect or as the body was read */

    sent->uri = r->uri;
    sent->args = r->args;
    sent->body = r->request_body;
    sent->content_length_n = r->headers_in.content_length_n;
    sent->chunked = r->headers_in.chunked;

    return NGX_OK;
}


/*
 * Of path and query, what a redirect has put in the place of the canonical
 * ones is left as it is.
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

    r->headers_in.headers = sent->headers;
    r->headers_in.content_type = sent->content_type;
    r->headers_in.content_length = sent->content_length;
    r->headers_in.transfer_encoding = sent->transfer_encoding;
    r->headers_in.authorization = sent->authorization;
    r->unparsed_uri = sent->unparsed_uri;
    r->quoted_uri = sent->quoted_uri;

    if (ctx->state != NGX_HTTP_ERPSYNC_FORWARDED) {
        return;
    }

    if (ctx->call.by_uri && r->uri.data == ctx->call.route.path.data) {
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
 * The canonical path and query, both as proxy_pass sends them with a URI of
 * its own (r->uri, r->args) and without one ($request_uri).
 */

static ngx_int_t
ngx_http_erpsync_rewrite_uri(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx)
{
    u_char         *p;
    size_t          len;
    ngx_str_t      *raw, uri;
    erpsync_str_t   path, args, encoded;

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
        /* it came in canonical form */

    } else {
        encoded = erpsync_path_encode(&ctx->arena, path);

        if (encoded.data == NULL) {
            return NGX_ERROR;
        }

        p = ngx_pnalloc(r->pool, encoded.len + 1 + args.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        raw->data = p;
        p = ngx_cpymem(p, encoded.data, encoded.len);

        if (args.len) {
            *p++ = '?';
            p = ngx_cpymem(p, args.data, args.len);
        }

        raw->len = p - raw->data;

        if (encoded.len != path.len) {
            r->quoted_uri = 1;
        }
    }

    if (!ctx->call.by_uri) {
        return NGX_OK;
    }

    r->args = ngx_http_erpsync_str(args);

    if (r->uri.data == path.data) {
        return NGX_OK;
    }

    uri = r->uri;
    r->uri = ngx_http_erpsync_str(path);

    return ngx_http_erpsync_renew_captures(r, &uri);
}


/*
 * Lets captures of the location's regex be of the canonical path: in
 * "proxy_pass http://webapi/$1" they are what is sent.  Captures that "if" or
 * "rewrite" has made since are left alone.
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


/* Decides what becomes of each header that the core knows. */

static ngx_int_t
ngx_http_erpsync_plan(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx,
    ngx_http_erpsync_edit_t *edits)
{
    u_char             *p;
    erpsync_locale_t   *locale;
    erpsync_verdict_t  *verdict;

    static erpsync_str_t  any = erpsync_string("*");
    static erpsync_str_t  none = erpsync_string("");
    static erpsync_str_t  type =
                            erpsync_string("application/json; charset=utf-8");

    verdict = &ctx->verdict;
    locale = &verdict->locale;

    ngx_http_erpsync_edit(&edits[ERPSYNC_HEADER_AUTHORIZATION],
                          verdict->credentials.authorization);

    ngx_http_erpsync_edit(&edits[ERPSYNC_HEADER_APP_TOKEN],
                          ctx->conf->policy.forward_app_token
                          ? verdict->app_token : none);

    edits[NGX_HTTP_ERPSYNC_OVERRIDE].action = NGX_HTTP_ERPSYNC_DROP;
    edits[ERPSYNC_HEADER_CONTENT_ENCODING].action = NGX_HTTP_ERPSYNC_DROP;
    edits[NGX_HTTP_ERPSYNC_TRANSFER].action = NGX_HTTP_ERPSYNC_DROP;

    if (ctx->method != ERPSYNC_METHOD_POST) {
        edits[ERPSYNC_HEADER_CONTENT_TYPE].action = NGX_HTTP_ERPSYNC_DROP;
        edits[NGX_HTTP_ERPSYNC_LENGTH].action = NGX_HTTP_ERPSYNC_DROP;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_SIZE_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_http_erpsync_edit(&edits[NGX_HTTP_ERPSYNC_LENGTH],
        erpsync_span(p, ngx_sprintf(p, "%uz", ctx->body.canonical.len) - p));

    ngx_http_erpsync_edit(&edits[ERPSYNC_HEADER_CONTENT_TYPE],
                          ctx->body.canonical.len ? type : none);

    if (ctx->body.canonical.len && verdict->accept.len) {
        ngx_http_erpsync_edit(&edits[ERPSYNC_HEADER_ACCEPT], verdict->accept);
    }

    ngx_http_erpsync_edit(&edits[ERPSYNC_HEADER_LANGUAGE], locale->language);
    ngx_http_erpsync_edit(&edits[ERPSYNC_HEADER_ACCEPT_LANGUAGE],
                          locale->cancelled ? any : locale->language);
    ngx_http_erpsync_edit(&edits[ERPSYNC_HEADER_CULTURE], locale->culture);
    ngx_http_erpsync_edit(&edits[ERPSYNC_HEADER_TIMEZONE], locale->timezone);

    return NGX_OK;
}


static void
ngx_http_erpsync_edit(ngx_http_erpsync_edit_t *edit, erpsync_str_t value)
{
    edit->action = value.len ? NGX_HTTP_ERPSYNC_SET : NGX_HTTP_ERPSYNC_DROP;
    edit->value = ngx_http_erpsync_str(value);
}


/*
 * Makes a list of headers of its own for what is forwarded: proxy_pass sends
 * every element that a list holds.  The client's list and its elements stay
 * as they are.  What is kept is not copied: a part of the new list is a range
 * of elements of the client's, or one element of "own".  What is added gets
 * a part from nginx.  No part but the first may be empty: nginx does not
 * expect that.
 */

static ngx_int_t
ngx_http_erpsync_write_headers(ngx_http_request_t *r,
    ngx_http_erpsync_edit_t *edits)
{
    ngx_uint_t        i, id, start, seen;
    ngx_list_t        list;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *own, *last;

    own = ngx_palloc(r->pool, NGX_HTTP_ERPSYNC_OWN * sizeof(ngx_table_elt_t));
    if (own == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&list, sizeof(ngx_list_t));
    last = own + NGX_HTTP_ERPSYNC_OWN;
    seen = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;
        start = 0;

        for (i = 0; i < part->nelts; i++) {
            id = ngx_http_erpsync_header_id(&h[i]);

            if (ngx_http_erpsync_kept(&edits[id], &h[i], seen, id)) {
                seen |= (ngx_uint_t) 1 << id;
                continue;
            }

            if (ngx_http_erpsync_add_range(r, &list, h + start, i - start)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            start = i + 1;

            if (edits[id].action == NGX_HTTP_ERPSYNC_DROP
                || (seen & ((ngx_uint_t) 1 << id)))
            {
                continue;
            }

            *own = h[i];
            own->value = edits[id].value;
            ngx_http_erpsync_unlink(own);
            ngx_http_erpsync_point(r, id, own);
            seen |= (ngx_uint_t) 1 << id;

            if (ngx_http_erpsync_add_range(r, &list, own++, 1) != NGX_OK) {
                return NGX_ERROR;
            }
        }

        if (ngx_http_erpsync_add_range(r, &list, h + start, i - start)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (list.last == NULL) {
        list.last = &list.part;
        list.part.elts = own;
        list.nalloc = last - own;

    } else {
        list.nalloc = list.last->nelts;      /* so that it is full */
    }

    list.size = sizeof(ngx_table_elt_t);
    list.pool = r->pool;

    r->headers_in.headers = list;

    if (list.last == &list.part) {
        r->headers_in.headers.last = &r->headers_in.headers.part;
    }

    return ngx_http_erpsync_push_headers(r, edits, seen);
}


/*
 * Adds the headers that are set and were not "seen", a bit for each, in the
 * client's list.  Also clears nginx's own pointers to those that are dropped.
 */

static ngx_int_t
ngx_http_erpsync_push_headers(ngx_http_request_t *r,
    ngx_http_erpsync_edit_t *edits, ngx_uint_t seen)
{
    ngx_uint_t                  id;
    ngx_table_elt_t            *h;
    ngx_http_erpsync_header_t  *header;

    for (id = 0; id < NGX_HTTP_ERPSYNC_NONE; id++) {

        if (edits[id].action == NGX_HTTP_ERPSYNC_DROP) {
            ngx_http_erpsync_point(r, id, NULL);
        }

        if (edits[id].action != NGX_HTTP_ERPSYNC_SET
            || (seen & ((ngx_uint_t) 1 << id)))
        {
            continue;
        }

        for (header = ngx_http_erpsync_headers; header->id != id; header++) {
            /* void */
        }

        h = ngx_list_push(&r->headers_in.headers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        h->key = header->key;
        h->value = edits[id].value;
        h->lowcase_key = header->name.data;
        h->hash = ngx_hash_key(header->name.data, header->name.len);
        ngx_http_erpsync_unlink(h);
        ngx_http_erpsync_point(r, id, h);
    }

    return NGX_OK;
}


/* Returns whether a header is forwarded as it came. */

static ngx_uint_t
ngx_http_erpsync_kept(ngx_http_erpsync_edit_t *edit, ngx_table_elt_t *h,
    ngx_uint_t seen, ngx_uint_t id)
{
    if (edit->action == NGX_HTTP_ERPSYNC_KEEP) {
        return 1;
    }

    return edit->action == NGX_HTTP_ERPSYNC_SET
           && !(seen & ((ngx_uint_t) 1 << id))
           && edit->value.len == h->value.len
           && ngx_memcmp(edit->value.data, h->value.data, h->value.len) == 0;
}


/* Adds "n" elements, which stay where they are, to a list. */

static ngx_int_t
ngx_http_erpsync_add_range(ngx_http_request_t *r, ngx_list_t *list,
    ngx_table_elt_t *h, ngx_uint_t n)
{
    ngx_list_part_t  *part;

    if (n == 0) {
        return NGX_OK;
    }

    part = &list->part;

    if (part->elts) {
        part = ngx_palloc(r->pool, sizeof(ngx_list_part_t));
        if (part == NULL) {
            return NGX_ERROR;
        }

        list->last->next = part;
    }

    part->elts = h;
    part->nelts = n;
    part->next = NULL;

    list->last = part;

    return NGX_OK;
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

    case NGX_HTTP_ERPSYNC_LENGTH:
        r->headers_in.content_length = h;
        break;

    case NGX_HTTP_ERPSYNC_TRANSFER:
        r->headers_in.transfer_encoding = h;
        break;
    }
}
