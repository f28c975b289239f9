
/*
 * The JSON decoder: RFC 8259 without leniency, in one pass.
 *
 * Besides what is not in the grammar, it refuses invalid UTF-8, unpaired
 * surrogates, U+0000, more than ERPSYNC_MAX_DEPTH levels, and anything but
 * white space after the value (docs/bodies.md).
 */


#ifndef ERPSYNC_JSON_H
#define ERPSYNC_JSON_H


#include "erpsync_error.h"
#include "erpsync_sink.h"


/*
 * Sends the events of "input" to the sink.  If "input" is not JSON, sets
 * "error" and returns ERPSYNC_OK.  Returns ERPSYNC_ERROR if there is no
 * memory.  The events refer to "input", which must stay in place.
 */

erpsync_rc_t erpsync_json(erpsync_sink_t *sink, erpsync_str_t input,
    erpsync_error_t *error);


#endif /* ERPSYNC_JSON_H */
