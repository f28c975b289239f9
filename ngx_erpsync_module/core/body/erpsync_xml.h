
/*
 * XML 1.0 in UTF-8 as events: the decoder of application/xml and text/xml
 * (docs/bodies.md).
 *
 * Elements count by their local name, in any order and under any root; an
 * element that the schema takes for an array holds one element for each
 * value.  nil="true" is null; other attributes, comments and processing
 * instructions make no difference.  A DOCTYPE ends the reading before
 * anything is declared, so there are no entities but the predefined ones.
 */


#ifndef ERPSYNC_XML_H
#define ERPSYNC_XML_H


#include "erpsync_error.h"
#include "erpsync_sink.h"


/*
 * Sends the events of "input" to the sink, whose operation must have a
 * schema: XML by itself does not tell an array from an object.  Returns
 * ERPSYNC_ERROR where memory ran out; what is no such document sets "error"
 * and returns ERPSYNC_OK.
 */

erpsync_rc_t erpsync_xml(erpsync_sink_t *sink, erpsync_str_t input,
    erpsync_error_t *error);


#endif /* ERPSYNC_XML_H */
