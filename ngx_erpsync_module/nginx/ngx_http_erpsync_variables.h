
/*
 * The variables $erpsync_...
 */


#ifndef _NGX_HTTP_ERPSYNC_VARIABLES_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_VARIABLES_H_INCLUDED_


#include "ngx_http_erpsync.h"


ngx_int_t ngx_http_erpsync_add_variables(ngx_conf_t *cf);

/*
 * Notes whether the time of judging is needed: for counters, or as a directive
 * names $erpsync_gate_time.  To read the clock takes longer than most of what
 * it would measure.
 */
void ngx_http_erpsync_find_gate_time(ngx_cycle_t *cycle);


#endif /* _NGX_HTTP_ERPSYNC_VARIABLES_H_INCLUDED_ */
