
/* Times as the registry has them: RFC 3339. */


#ifndef ERPSYNC_TIME_H
#define ERPSYNC_TIME_H


#include "erpsync_base.h"


/*
 * Reads a date and time with "Z" or a numeric offset, such as
 * "2026-01-01T00:00:00Z". Sets "seconds" since 1970, rounded down, and
 * "fraction" if a part of a second was dropped.  Returns false if "s" is not
 * such a time, or there is no such day.
 */

bool erpsync_time_parse(erpsync_str_t s, int64_t *seconds, bool *fraction);


#endif /* ERPSYNC_TIME_H */
