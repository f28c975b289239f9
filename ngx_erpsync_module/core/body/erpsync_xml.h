
/*
 * The decoder of application/xml and text/xml: XML 1.0 in UTF-8 as events for
 * the sink (docs/bodies.md).
 *
 * Elements count by their local name, in any order and under any root.  If
 * the schema has an array for an element, each of its children is one element
 * of that array.  nil="true" is null.  Other attributes, comments and
 * processing instructions are ignored.  A DOCTYPE is refused, so the only
 * entities are the five predefined ones.
 */


#ifndef ERPSYNC_XML_H
#define ERPSYNC_XML_H


#include "erpsync_error.h"
#include "erpsync_sink.h"


/*
 * Sends the events of "input" to the sink.  The sink's operation must have a
 * schema, because XML alone does not tell an array from an object.  "input"
 * must stay in place until the sink is finished.
 *
 * Returns ERPSYNC_OK; error->message is NULL, or says why the document is
 * refused.  Returns ERPSYNC_ERROR if memory ran out.
 */

erpsync_rc_t erpsync_xml(erpsync_sink_t *sink, erpsync_str_t input,
    erpsync_error_t *error);


#endif /* ERPSYNC_XML_H */
