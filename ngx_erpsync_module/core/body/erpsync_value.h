
/*
 * The rules for a value (docs/bodies.md).
 */


#ifndef ERPSYNC_VALUE_H
#define ERPSYNC_VALUE_H


#include "erpsync_sink.h"


#define ERPSYNC_CODE_NONE  -1


/*
 * Judges a scalar that is not null as a value of "type": the type of the
 * member, or of the elements of its array.  Sets "value" to its canonical
 * form, and "number" to the value of an int32 or the ordinal of an enum, and
 * returns ERPSYNC_CODE_NONE.  Otherwise returns the code of the violation.
 */

int erpsync_value_judge(const erpsync_member_t *member, erpsync_type_t type,
    erpsync_scalar_t scalar, erpsync_text_t text, erpsync_value_t *value,
    int64_t *number);

/*
 * Returns the type of the elements of an array.  For an array of objects this
 * is ERPSYNC_TYPE_READ_ONLY, which no scalar has.
 */

erpsync_type_t erpsync_element_type(const erpsync_member_t *member);

/*
 * Writes the sentence of a violation without its subject, such as "must be an
 * integer from 1 to 2147483647".  "limit" is the number in the
 * sentences of "length" and "count".
 */

erpsync_rc_t erpsync_code_sentence(erpsync_out_t *out, erpsync_code_t code,
    const erpsync_member_t *member, erpsync_type_t type, size_t limit);


#endif /* ERPSYNC_VALUE_H */
