
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_headers.h"
#include "ngx_http_erpsync_method.h"


static erpsync_str_t ngx_http_erpsync_value(ngx_table_elt_t *h);
static bool ngx_http_erpsync_only_field(erpsync_fields_t *fields,
    erpsync_str_t *value);
static bool ngx_http_erpsync_next_field(erpsync_fields_t *fields,
    erpsync_str_t *value);


ngx_uint_t
ngx_http_erpsync_collect(ngx_http_request_t *r, erpsync_request_t *request)
{
    ngx_uint_t         i, id, seen;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *h;
    erpsync_header_t  *header;
    erpsync_fields_t  *fields, *lists[ERPSYNC_HEADER_COUNT];

    erpsync_zero(request, sizeof(erpsync_request_t));

    request->method = ngx_http_erpsync_method(r);
    request->args = ngx_http_erpsync_span(&r->args);
    request->body = (r->headers_in.content_length_n > 0
                     || r->headers_in.chunked);
    request->now = ngx_time();

    ngx_http_erpsync_address(r, &request->address);

    lists[ERPSYNC_HEADER_ACCEPT] = &request->accept;
    lists[ERPSYNC_HEADER_ACCEPT_LANGUAGE] = &request->accept_language;
    lists[ERPSYNC_HEADER_COOKIE] = &request->cookies;

    seen = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            id = ngx_http_erpsync_header_id(&h[i]);
            seen |= erpsync_header_bit(id);

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

    return seen;
}


/* Returns the value of a field, whose data is not NULL if it is empty. */

static erpsync_str_t
ngx_http_erpsync_value(ngx_table_elt_t *h)
{
    return erpsync_span(h->value.data ? h->value.data : (u_char *) "",
                        h->value.len);
}


/*
 * Sets "value" to that of the only field of a name.  The fields are not copied
 * from nginx's list: "data" and "index" are the place of the next one.  This
 * function is for a name with one field, so it need not search for another.
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


erpsync_str_t
ngx_http_erpsync_app_token(ngx_http_request_t *r)
{
    ngx_http_erpsync_tokens_t  tokens;

    ngx_http_erpsync_tokens(r, &tokens);

    return ngx_http_erpsync_next_token(&tokens);
}


void
ngx_http_erpsync_tokens(ngx_http_request_t *r,
    ngx_http_erpsync_tokens_t *tokens)
{
    ngx_http_erpsync_ctx_t  *ctx;

    /* the headers that are forwarded may not include it */

    ctx = ngx_http_erpsync_get_ctx(r);

    if (ctx == NULL || ctx->sent == NULL) {
        ctx = ngx_http_erpsync_get_ctx(r->main);
    }

    tokens->part = (ctx && ctx->sent) ? &ctx->sent->headers.part
                                      : &r->headers_in.headers.part;
    tokens->index = 0;
}


erpsync_str_t
ngx_http_erpsync_next_token(ngx_http_erpsync_tokens_t *tokens)
{
    ngx_table_elt_t  *h;

    for ( /* void */ ; tokens->part; tokens->part = tokens->part->next) {

        while (tokens->index < tokens->part->nelts) {
            h = (ngx_table_elt_t *) tokens->part->elts + tokens->index++;

            if (ngx_http_erpsync_header_id(h) == ERPSYNC_HEADER_APP_TOKEN) {
                return ngx_http_erpsync_value(h);
            }
        }

        tokens->index = 0;
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
