
/*
 * Violations: where in the body, which rule, in which words.
 */


#ifndef ERPSYNC_VIOLATION_H
#define ERPSYNC_VIOLATION_H


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

/*
 * Writes violations for a log, as "pointer:code" with blanks between, at most
 * ERPSYNC_VIOLATIONS_TEXT bytes of printable ASCII; anything else in a
 * pointer, and a quote, backslash or blank, is written as \xHH.  " ..." at
 * the end stands for violations that had no room.  ERPSYNC_ERROR: no memory.
 */

#define ERPSYNC_VIOLATIONS_TEXT  1024

erpsync_rc_t erpsync_violations_text(erpsync_arena_t *arena, size_t n,
    const erpsync_violation_t *violations, erpsync_str_t *text);


#endif /* ERPSYNC_VIOLATION_H */
