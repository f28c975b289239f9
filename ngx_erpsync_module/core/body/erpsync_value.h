
/*
 * The rules of one value: docs/bodies.md.
 */


#ifndef ERPSYNC_VALUE_H
#define ERPSYNC_VALUE_H


#include "erpsync_sink.h"


#define ERPSYNC_CODE_NONE  -1


/*
 * Judges a scalar that is not null as a value of "type" (the member's own
 * type, or that of its array's elements).  Returns ERPSYNC_CODE_NONE and sets
 * the canonical "value", and "number" to an int32's value or an enum's
 * ordinal; or returns the code of the violation.
 */

int erpsync_value_judge(const erpsync_member_t *member, erpsync_type_t type,
    erpsync_scalar_t scalar, erpsync_text_t text, erpsync_value_t *value,
    int64_t *number);

/*
 * The type of the elements of an array member; of an array of objects
 * ERPSYNC_TYPE_READ_ONLY, which no scalar is.
 */

erpsync_type_t erpsync_element_type(const erpsync_member_t *member);

/*
 * The sentence of a violation, as in "must be an integer from 1 to
 * 2147483647"; written to "out".
 */

erpsync_rc_t erpsync_code_sentence(erpsync_out_t *out, erpsync_code_t code,
    const erpsync_member_t *member, erpsync_type_t type, size_t limit);


#endif /* ERPSYNC_VALUE_H */
