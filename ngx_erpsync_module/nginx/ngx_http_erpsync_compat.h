
/*
 * Differences between versions of nginx.  nginx_version is tested only here.
 */


#ifndef _NGX_HTTP_ERPSYNC_COMPAT_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_COMPAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


#if (nginx_version < 1022000)
#error "ngx_http_erpsync_module needs nginx 1.22 or newer"
#endif


/* Since 1.23.0 header fields of one name are linked. */

#if (nginx_version >= 1023000)
#define ngx_http_erpsync_unlink(h)  (h)->next = NULL
#else
#define ngx_http_erpsync_unlink(h)
#endif


/* Returns the connection that streams of HTTP/3 belong to, or their own. */

#if (NGX_QUIC)
#define ngx_http_erpsync_connection(r)                                        \
    ((r)->connection->quic ? (r)->connection->quic->parent : (r)->connection)
#else
#define ngx_http_erpsync_connection(r)  (r)->connection
#endif


/* Whether nginx is built with threads (--with-threads). */

#if (NGX_THREADS) && !defined(NGX_HTTP_ERPSYNC_NO_THREADS)
#define NGX_HTTP_ERPSYNC_THREADS  1
#else
#define NGX_HTTP_ERPSYNC_THREADS  0
#endif


#endif /* _NGX_HTTP_ERPSYNC_COMPAT_H_INCLUDED_ */
