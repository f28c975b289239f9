
/*
 * application/x-www-form-urlencoded as events (docs/bodies.md; the
 * syntax is that of the WHATWG URL standard, 5, read strictly).
 *
 *     ErpKey=a&FieldValues[0].CrmFieldKey=k&FieldValues[0][Value]=v
 *
 * A "+" is a space.  The elements of an array may come in any order; their
 * indexes go from 0 without a gap.  Nothing is allocated for an index.
 */


#ifndef ERPSYNC_FORM_H
#define ERPSYNC_FORM_H


#include "erpsync_error.h"
#include "erpsync_sink.h"


/*
 * Sends the events of "input" to the sink, whose operation must have a
 * schema: a form by itself has no types.  Returns ERPSYNC_ERROR where memory
 * ran out; an invalid percent sequence, invalid UTF-8, U+0000 or a name that
 * is no path sets "error" and returns ERPSYNC_OK.
 */

erpsync_rc_t erpsync_form(erpsync_sink_t *sink, erpsync_str_t input,
    erpsync_error_t *error);


#endif /* ERPSYNC_FORM_H */
