
/*
 * The context of a request, which survives internal redirects.
 */


#ifndef _NGX_HTTP_ERPSYNC_CONTEXT_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_CONTEXT_H_INCLUDED_


#include "ngx_http_erpsync.h"


/* Returns the context of "r", also after an internal redirect, or NULL. */
ngx_http_erpsync_ctx_t *ngx_http_erpsync_get_ctx(ngx_http_request_t *r);

/* Makes the context of "r", which has none; returns NULL if memory ran out. */
ngx_http_erpsync_ctx_t *ngx_http_erpsync_make_ctx(ngx_http_request_t *r);

/*
 * Prepares a context of "r" that the caller has, and that
 * ngx_http_erpsync_get_ctx() will not find.
 */
void ngx_http_erpsync_init_ctx(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/*
 * Returns the next context of "r" or of one of its subrequests, and sets "cln"
 * behind it; NULL: there are no more.  "cln" begins as r->pool->cleanup.
 */
ngx_http_erpsync_ctx_t *ngx_http_erpsync_next_ctx(ngx_pool_cleanup_t **cln);

/* The allocator of the core's arenas; "data" is a pool. */
void *ngx_http_erpsync_palloc(void *data, size_t size);

/* Returns the nanoseconds of a clock that never goes back. */
uint64_t ngx_http_erpsync_clock(void);

/* Starts the clock of a call, if the time of judging is measured. */
void ngx_http_erpsync_start_clock(ngx_http_erpsync_ctx_t *ctx);

/* Stops it, if it runs, and adds the time to ctx->gate_time. */
void ngx_http_erpsync_stop_clock(ngx_http_erpsync_ctx_t *ctx);

/* Logs what is wrong with an argument, for a setter to return. */
char *ngx_http_erpsync_invalid_value(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value);


#endif /* _NGX_HTTP_ERPSYNC_CONTEXT_H_INCLUDED_ */
