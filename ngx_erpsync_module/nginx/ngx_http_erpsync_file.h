
/*
 * Files that are loaded again when they change, such as a registry.  Each has a
 * current snapshot; older snapshots are kept while requests hold them.
 */


#ifndef _NGX_HTTP_ERPSYNC_FILE_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_FILE_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Finds or loads the file "path".  "key" is the path of the public keys, one of
 * which must have signed it; empty: it is not signed.  Logs an error and
 * returns NULL if it cannot be loaded.
 */
ngx_http_erpsync_file_t *ngx_http_erpsync_file_add(ngx_conf_t *cf,
    const erpsync_kind_t *kind, ngx_str_t *path, time_t refresh,
    ngx_str_t *key);

/*
 * Warns of files that workers cannot refresh, because their user must not read
 * them.  Returns NGX_ERROR if the process cannot become its own user again.
 */
ngx_int_t ngx_http_erpsync_file_check(ngx_cycle_t *cycle);

/* Makes "loaded" the current snapshot, which owns it from now on. */
ngx_int_t ngx_http_erpsync_file_set(ngx_http_erpsync_file_t *file,
    void *loaded);

/*
 * Logs the digest of a new snapshot, and its changes.  "what" says what has
 * happened, such as "loaded".
 */
void ngx_http_erpsync_file_log(ngx_http_erpsync_file_t *file, ngx_log_t *log,
    const char *what);

/* Decreases snapshot->refs, and frees the snapshot if it was the last one. */
void ngx_http_erpsync_file_release(ngx_http_erpsync_snapshot_t *snapshot);

/*
 * Returns the content of the current snapshot; NULL if "file" is NULL.  A
 * refresh may free it when the event loop runs again.  To keep a pointer into
 * it, call ngx_http_erpsync_file_hold().
 */
const void *ngx_http_erpsync_file_current(ngx_http_erpsync_file_t *file);

/*
 * Holds the current snapshot until the pool of "r" is destroyed, in addition to
 * those that "r" holds already.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_file_hold(ngx_http_request_t *r,
    ngx_http_erpsync_file_t *file);

/*
 * Returns the content of the latest snapshot that "r" holds.  If it holds none,
 * holds the current one.  Returns NULL if memory ran out.
 */
const void *ngx_http_erpsync_file_held(ngx_http_request_t *r,
    ngx_http_erpsync_file_t *file);


#endif /* _NGX_HTTP_ERPSYNC_FILE_H_INCLUDED_ */
