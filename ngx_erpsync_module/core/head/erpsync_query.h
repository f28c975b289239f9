
/* The query of a call: $select in docs/headers.md. */


#ifndef ERPSYNC_QUERY_H
#define ERPSYNC_QUERY_H


#include "erpsync_arena.h"
#include "erpsync_reason.h"


/*
 * Judges the raw query (without "?") and rewrites it.  $select, its name in
 * any case and also percent-encoded, becomes "$select=<paths>" in its place,
 * without blanks, empty elements and repeats.  All other arguments stay as
 * sent.  "out" is the input itself if nothing changes.
 *
 * Sets "reason" to ERPSYNC_REASON_OK, or to ERPSYNC_REASON_SELECT_INVALID if
 * $select is given twice, longer than ERPSYNC_MAX_SELECT bytes (raw value), or
 * not a list of property paths.  A $select that names nothing is removed.
 * Returns ERPSYNC_ERROR if memory ran out.
 */

erpsync_rc_t erpsync_query(erpsync_arena_t *arena, erpsync_str_t args,
    erpsync_str_t *out, erpsync_reason_t *reason);


#endif /* ERPSYNC_QUERY_H */
