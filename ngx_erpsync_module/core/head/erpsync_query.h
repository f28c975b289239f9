
/*
 * The query of a call: contract, section 8, on $select.
 */


#ifndef ERPSYNC_QUERY_H
#define ERPSYNC_QUERY_H


#include "erpsync_arena.h"
#include "erpsync_reason.h"


/*
 * Judges the raw query (without "?") and rewrites it: $select, its name in
 * any case and also percent-encoded, becomes "$select=<paths>" without blanks,
 * empty elements and repeats, in its place; all other arguments stay as sent.
 * "out" is the input itself where nothing changes.
 *
 * "reason" is ERPSYNC_REASON_OK or ERPSYNC_REASON_SELECT_INVALID: given
 * twice, over ERPSYNC_MAX_SELECT bytes (raw value), or no list of property
 * paths.  A $select that names nothing is as absent and is taken out.
 */

erpsync_rc_t erpsync_query(erpsync_arena_t *arena, erpsync_str_t args,
    erpsync_str_t *out, erpsync_reason_t *reason);


#endif /* ERPSYNC_QUERY_H */
