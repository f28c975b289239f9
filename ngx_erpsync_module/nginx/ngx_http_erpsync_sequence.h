
/*
 * The highest "sequence" of a signed file that any worker has used: in
 * shared memory, since the master, which loads the file at a reload, and a
 * worker that takes the place of another one have not seen it.
 */


#ifndef _NGX_HTTP_ERPSYNC_SEQUENCE_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_SEQUENCE_H_INCLUDED_


#include "ngx_http_erpsync.h"


/* Adds the shared memory of a signed file, which is kept over reloads. */
ngx_int_t ngx_http_erpsync_sequence_add(ngx_conf_t *cf,
    ngx_http_erpsync_file_t *file);

/*
 * Returns the lowest "sequence" that may be loaded in place of the snapshot in
 * force.
 */
int64_t ngx_http_erpsync_sequence_least(ngx_http_erpsync_file_t *file);

/* Notes the "sequence" of the snapshot in force. */
void ngx_http_erpsync_sequence_note(ngx_http_erpsync_file_t *file);


#endif /* _NGX_HTTP_ERPSYNC_SEQUENCE_H_INCLUDED_ */
