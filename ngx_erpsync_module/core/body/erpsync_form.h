
/*
 * The decoder of forms: application/x-www-form-urlencoded, as the WHATWG URL
 * standard, section 5.1, describes it, with paths as names (docs/bodies.md).
 *
 *     ErpKey=a&FieldValues[0].CrmFieldKey=k&FieldValues[0][Value]=v
 *
 * The pairs may come in any order.
 */


#ifndef ERPSYNC_FORM_H
#define ERPSYNC_FORM_H


#include "erpsync_error.h"
#include "erpsync_sink.h"


/*
 * Sends a form to the sink, whose operation must have a schema: a form itself
 * does not tell an array from an object.  "input" must stay in place until the
 * sink is finished.  If the form is not well-formed, sets "error" and returns
 * ERPSYNC_OK; nothing was sent then.  Returns ERPSYNC_ERROR if memory ran out.
 */

erpsync_rc_t erpsync_form(erpsync_sink_t *sink, erpsync_str_t input,
    erpsync_error_t *error);


#endif /* ERPSYNC_FORM_H */
