
/*
 * What is remembered of a connection until it is closed, since most clients
 * send the same again: the digest of the last app token, and heads of calls.
 *
 * A head is what decides on a call before the registry, the tenants file and
 * the body are asked: path, headers, and the policy of the location.  Whether
 * it is good depends on nothing else, so the same head need not be judged
 * again.  What may change is judged each time: the app, its grants, the time,
 * the client's address and certificate, the state of the tenant.
 */


#ifndef _NGX_HTTP_ERPSYNC_MEMO_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_MEMO_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * A head that was judged good: of a main request with POST, for an operation,
 * without a query, by "erpsync on".  It never changes, and lives as long as the
 * connection, so a verdict may refer to its text.
 *
 * "text" is what the client sent, from the path to the end of the last header.
 * nginx has it in one buffer, and all names and values point there.  The places
 * of "fields" are relative to its start.
 */

typedef struct {
    uint16_t                        key;
    uint16_t                        key_len;
    uint16_t                        value;
    uint16_t                        value_len;
} ngx_http_erpsync_head_field_t;

typedef struct {
    ngx_http_erpsync_loc_conf_t    *conf;
    ngx_http_erpsync_call_t         call;
    erpsync_verdict_t               verdict;    /* without the app */
    ngx_uint_t                      sent_headers;
    ngx_uint_t                      same_path;  /* call.route.path is r->uri */
    ngx_uint_t                      length;     /* index of Content-Length:
                                                   its value may differ */
    ngx_uint_t                      nfields;
    ngx_http_erpsync_head_field_t  *fields;
    size_t                          path;       /* its length in "text" */
    erpsync_str_t                   text;
} ngx_http_erpsync_head_t;


/*
 * Returns where the digest of the last app token of this connection is kept;
 * NULL if it is not kept.  The registry is asked about the digest each time.
 */
erpsync_memo_t *ngx_http_erpsync_memo(ngx_http_request_t *r);

/*
 * Returns the head of this request and sets "call", if the connection has sent
 * the very same before, to the same location; otherwise NULL.  Headers are
 * compared in a time that depends on their lengths only.
 */
ngx_http_erpsync_head_t *ngx_http_erpsync_find_head(ngx_http_request_t *r,
    ngx_http_erpsync_loc_conf_t *elcf, ngx_http_erpsync_call_t *call);

/*
 * Remembers the head of a call that was judged good, if it is one of those
 * above, is not too large, and there is room.  If memory runs out, it is not
 * remembered.
 */
void ngx_http_erpsync_keep_head(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);


#endif /* _NGX_HTTP_ERPSYNC_MEMO_H_INCLUDED_ */
