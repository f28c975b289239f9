
/*
 * Collecting the headers that a request is judged by.
 */


#ifndef _NGX_HTTP_ERPSYNC_HEADERS_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_HEADERS_H_INCLUDED_


#include "ngx_http_erpsync.h"


/* Headers that are dropped or set, beside those that the core reads. */

#define NGX_HTTP_ERPSYNC_HEADER_OVERRIDE  (ERPSYNC_HEADER_COUNT)
#define NGX_HTTP_ERPSYNC_HEADER_TRANSFER  (ERPSYNC_HEADER_COUNT + 1)
#define NGX_HTTP_ERPSYNC_HEADER_LENGTH    (ERPSYNC_HEADER_COUNT + 2)
#define NGX_HTTP_ERPSYNC_HEADER_NONE      (ERPSYNC_HEADER_COUNT + 3)


typedef struct {
    ngx_str_t                  name;       /* in lower case */
    ngx_str_t                  key;        /* as it is forwarded */
    ngx_uint_t                 id;
} ngx_http_erpsync_header_t;


/* Returns which header a field is of; _NONE: one that is left alone. */
ngx_uint_t ngx_http_erpsync_header_id(ngx_table_elt_t *h);

/* Returns the names of a header that is set. */
ngx_http_erpsync_header_t *ngx_http_erpsync_header(ngx_uint_t id);

/*
 * Collects what the core judges a request by.  Nothing is copied: "request"
 * is good until the list of headers is changed.
 */
void ngx_http_erpsync_collect(ngx_http_request_t *r,
    erpsync_request_t *request);

/* Returns SO-AppToken as the client sent it first; empty without one. */
erpsync_str_t ngx_http_erpsync_app_token(ngx_http_request_t *r);

/* Sets "address" to the client's, as realip has found it so far. */
void ngx_http_erpsync_address(ngx_http_request_t *r,
    erpsync_address_t *address);


#endif /* _NGX_HTTP_ERPSYNC_HEADERS_H_INCLUDED_ */
