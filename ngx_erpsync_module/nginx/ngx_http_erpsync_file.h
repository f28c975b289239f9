
/*
 * Files that are loaded again when they change, such as a registry: a snapshot
 * in force for each, and more of them while requests hold them.
 */


#ifndef _NGX_HTTP_ERPSYNC_FILE_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_FILE_H_INCLUDED_


#include "ngx_http_erpsync.h"


/*
 * Finds or loads the file "path".  "key" is the path of the public keys, one of
 * which must have signed it; empty: it is not signed.  Returns NULL after an
 * error was logged.
 */
ngx_http_erpsync_file_t *ngx_http_erpsync_file_add(ngx_conf_t *cf,
    const erpsync_kind_t *kind, ngx_str_t *path, time_t refresh,
    ngx_str_t *key);

/*
 * Warns of files that workers cannot refresh, because their user may not
 * read the file.  NGX_ERROR: the process did not get its own user back.
 */
ngx_int_t ngx_http_erpsync_file_check(ngx_cycle_t *cycle);

/* Puts "loaded", which it takes over, in force. */
ngx_int_t ngx_http_erpsync_file_set(ngx_http_erpsync_file_t *file,
    void *loaded);

/*
 * Logs that the snapshot in force is new: its digest, and what it changes.
 * "what" is "loaded" or the like.
 */
void ngx_http_erpsync_file_log(ngx_http_erpsync_file_t *file, ngx_log_t *log,
    const char *what);

/* Gives back a snapshot whose count of users was increased. */
void ngx_http_erpsync_file_release(ngx_http_erpsync_snapshot_t *snapshot);

/*
 * Leaves a snapshot to its last user, who releases it; its file goes away with
 * the configuration.
 */
void ngx_http_erpsync_file_abandon(ngx_http_erpsync_snapshot_t *snapshot);

/*
 * Returns the snapshot that is in force now, or NULL without a file.  A
 * refresh may free it as soon as the caller returns to the event loop: what
 * keeps a pointer into it needs a hold.
 */
const void *ngx_http_erpsync_file_current(ngx_http_erpsync_file_t *file);

/*
 * Keeps the snapshot that is in force until the pool of "r" is destroyed, in
 * addition to what "r" holds already.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_file_hold(ngx_http_request_t *r,
    ngx_http_erpsync_file_t *file);

/*
 * Returns the latest snapshot that "r" holds; the one in force, which it holds
 * from now on, if there is none.  Returns NULL if memory ran out.
 */
const void *ngx_http_erpsync_file_held(ngx_http_request_t *r,
    ngx_http_erpsync_file_t *file);


#endif /* _NGX_HTTP_ERPSYNC_FILE_H_INCLUDED_ */
