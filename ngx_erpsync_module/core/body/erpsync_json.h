
/*
 * The JSON decoder: RFC 8259 without leniency, one pass, no DOM.
 *
 * Refused besides what the grammar refuses: invalid UTF-8, unpaired
 * surrogates, U+0000, more than ERPSYNC_MAX_DEPTH levels, and anything but
 * white space after the value (docs/bodies.md).
 */


#ifndef ERPSYNC_JSON_H
#define ERPSYNC_JSON_H


#include "erpsync_error.h"
#include "erpsync_sink.h"


/*
 * Sends the events of "input" to the sink.  Returns ERPSYNC_ERROR where
 * memory ran out; a text that is no JSON sets "error" and returns
 * ERPSYNC_OK.  The sink's text refers to "input" where it can.
 */

erpsync_rc_t erpsync_json(erpsync_sink_t *sink, erpsync_str_t input,
    erpsync_error_t *error);


#endif /* ERPSYNC_JSON_H */
