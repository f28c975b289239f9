
/*
 * A violation: a rule that a body breaks.
 */


#ifndef ERPSYNC_VIOLATION_H
#define ERPSYNC_VIOLATION_H


#include "erpsync_arena.h"


/* The code of a violation. */

typedef enum {
    ERPSYNC_CODE_REQUIRED,
    ERPSYNC_CODE_TYPE,
    ERPSYNC_CODE_RANGE,
    ERPSYNC_CODE_ENUM,
    ERPSYNC_CODE_LENGTH,
    ERPSYNC_CODE_EMPTY,
    ERPSYNC_CODE_UNKNOWN,
    ERPSYNC_CODE_DUPLICATE,
    ERPSYNC_CODE_COUNT,
    ERPSYNC_CODE_TEST,       /* of a JSON Patch: its test failed */
    ERPSYNC_CODE_SYNTAX      /* the body is not well-formed */
} erpsync_code_t;


/*
 * "offset" is where in the body the violation is, in bytes; a byte order mark
 * is not counted.  For "unknown" and "duplicate" it is the place of the name,
 * for "required" of the object that lacks the member, else of the value.  It
 * is ERPSYNC_NO_OFFSET for XML and forms, unless they are malformed, and for
 * a document that a JSON Patch made.
 */

#define ERPSYNC_NO_OFFSET  SIZE_MAX

typedef struct {
    erpsync_str_t   path;    /* JSON Pointer */
    erpsync_code_t  code;
    erpsync_str_t   message; /* a sentence; quotes no value of the body */
    size_t          offset;
} erpsync_violation_t;

/* Returns the code as the client sees it: "required", "type" and so on. */

erpsync_str_t erpsync_code_name(erpsync_code_t code);

/*
 * Writes violations for a log, as "pointer:code" with blanks between, at most
 * ERPSYNC_VIOLATIONS_TEXT bytes of printable ASCII; anything else in a
 * pointer, and a quote, backslash or blank, is written as \xHH.  " ..." at
 * the end stands for violations that had no room.  ERPSYNC_ERROR: no memory.
 */

#define ERPSYNC_VIOLATIONS_TEXT  1024

erpsync_rc_t erpsync_violations_text(erpsync_arena_t *arena, size_t n,
    const erpsync_violation_t *violations, erpsync_str_t *text);

/*
 * Writes the kind of a violation for counters to "buf", as "pointer:code", and
 * returns its length. An index and a key of digits become "*". A name that is
 * not short and all letters becomes "?": it may be a token or a key that is
 * data. A pointer that is too long is cut at a "/" and ends with "/...".
 */

#define ERPSYNC_VIOLATION_PLACE  72

size_t erpsync_violation_place(const erpsync_violation_t *violation,
    uint8_t buf[ERPSYNC_VIOLATION_PLACE]);


#endif /* ERPSYNC_VIOLATION_H */
