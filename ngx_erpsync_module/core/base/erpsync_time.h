
/*
 * Times of the registry: RFC 3339.
 */


#ifndef ERPSYNC_TIME_H
#define ERPSYNC_TIME_H


#include "erpsync_base.h"


/*
 * Reads a date-time with "Z" or a numeric offset, as in
 * "2026-01-01T00:00:00Z".  "seconds" since 1970, rounded down; "fraction"
 * tells whether a part of a second was dropped.  False where "s" is none, or
 * names a day that is in no calendar.
 */

bool erpsync_time_parse(erpsync_str_t s, int64_t *seconds, bool *fraction);


#endif /* ERPSYNC_TIME_H */
