
/*
 * The headers of a request that the core judges.
 */


#ifndef _NGX_HTTP_ERPSYNC_HEADERS_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_HEADERS_H_INCLUDED_


#include "ngx_http_erpsync.h"


/* Returns which header a field is of, by its name alone. */

static ngx_inline ngx_uint_t
ngx_http_erpsync_header_id(ngx_table_elt_t *h)
{
    /* other modules may add headers with a hash of their own */

    return erpsync_known_header_id(ngx_http_erpsync_span(&h->key));
}

/*
 * Collects the facts of a request that the core judges.  Nothing is copied:
 * "request" is valid until the list of headers is changed.  Returns the mask of
 * the headers that were sent, see erpsync_header_bit().
 */
ngx_uint_t ngx_http_erpsync_collect(ngx_http_request_t *r,
    erpsync_request_t *request);

/* Returns SO-AppToken as the client sent it first; empty without one. */
erpsync_str_t ngx_http_erpsync_app_token(ngx_http_request_t *r);

/*
 * Iterates over all fields SO-AppToken as the client sent them.  After the last
 * one, "data" is NULL in what _next_token() returns.
 */
typedef struct {
    ngx_list_part_t           *part;
    ngx_uint_t                 index;
} ngx_http_erpsync_tokens_t;

void ngx_http_erpsync_tokens(ngx_http_request_t *r,
    ngx_http_erpsync_tokens_t *tokens);
erpsync_str_t ngx_http_erpsync_next_token(ngx_http_erpsync_tokens_t *tokens);

/* Sets "address" to the client's, which realip may have replaced already. */
void ngx_http_erpsync_address(ngx_http_request_t *r,
    erpsync_address_t *address);


#endif /* _NGX_HTTP_ERPSYNC_HEADERS_H_INCLUDED_ */
