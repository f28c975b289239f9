
/*
 * Noting a violation: where in the body, which rule, in which words.
 */


#ifndef ERPSYNC_SINK_VIOLATION_H
#define ERPSYNC_SINK_VIOLATION_H


#include "erpsync_value.h"


/* What of the sink's place a violation is about. */

typedef enum {
    ERPSYNC_AT_VALUE,        /* the value that comes, or its name */
    ERPSYNC_AT_LIST,         /* the array that is open */
    ERPSYNC_AT_OBJECT,       /* the object that is open */
    ERPSYNC_AT_MEMBER        /* a member of the innermost schema object */
} erpsync_at_t;


/*
 * Notes a violation of the sink's current place; past the first
 * ERPSYNC_MAX_VIOLATIONS they are not kept.  "member" is the rule's member,
 * or NULL; "type" is what the value had to be.
 */

erpsync_rc_t erpsync_violation(erpsync_sink_t *sink, erpsync_code_t code,
    erpsync_at_t at, const erpsync_member_t *member, erpsync_type_t type);


#endif /* ERPSYNC_SINK_VIOLATION_H */
