
/*
 * Violations of the sink: the place in the body, the code and the sentence.
 */


#ifndef ERPSYNC_SINK_VIOLATION_H
#define ERPSYNC_SINK_VIOLATION_H


#include "erpsync_value.h"


/* What a violation is about. */

typedef enum {
    ERPSYNC_AT_VALUE,        /* the value that comes next, or its name */
    ERPSYNC_AT_LIST,         /* the array that is open */
    ERPSYNC_AT_OBJECT,       /* the object that is open */
    ERPSYNC_AT_MEMBER        /* a member that the innermost object lacks */
} erpsync_at_t;


/*
 * Notes a violation at the sink's place.  Only the first
 * ERPSYNC_MAX_VIOLATIONS are kept.  "member" is the one whose rule is broken,
 * or NULL; "type" is the type that the value should have.  Returns
 * ERPSYNC_ERROR if there is no memory.
 */

erpsync_rc_t erpsync_violation(erpsync_sink_t *sink, erpsync_code_t code,
    erpsync_at_t at, const erpsync_member_t *member, erpsync_type_t type);


#endif /* ERPSYNC_SINK_VIOLATION_H */
