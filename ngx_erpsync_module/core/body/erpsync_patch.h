
/*
 * JSON Patch, RFC 6902, from text to text (docs/bodies.md).
 *
 * The patch is applied to {}.  Its text is what the sink writes of a
 * well-formed document: compact, in canonical escaping, at most 32 levels
 * deep, and no member of an operation is given twice.  So the text is not
 * checked again here.  The document that comes out is text again, and is
 * judged like any other JSON: only then are names in values checked.
 *
 * The WebAPI's habits are followed.  A path may lack its first slash.  Names
 * match without regard to ASCII case, also the names of operations and what
 * "test" compares; only the keys of a dictionary match exactly.  "replace" of
 * a top-level member that is not there adds it.  Members of an operation that
 * RFC 6902 does not know are ignored.
 */


#ifndef ERPSYNC_PATCH_H
#define ERPSYNC_PATCH_H


#include "erpsync_sink.h"


#define ERPSYNC_MAX_PATCH  10000   /* operations */

/* How much longer than the patch its document may be: "copy" multiplies. */

#define ERPSYNC_PATCH_ROOM  (128 * 1024)


/* The first operation that fails; "message" is NULL if none does. */

typedef struct {
    const char      *message;   /* a sentence that quotes nothing */
    erpsync_code_t   code;
    bool             whole;     /* it is about the patch, not an operation */
    size_t           index;     /* of the operation, from 0 */
    const char      *member;    /* "op", "path", "from", "value" or NULL */
} erpsync_patch_error_t;


/*
 * Applies the patch in "text", an array, whose paths are decoded in place.
 * Sets "error", and if no operation fails, writes the document to "result",
 * which is initialized on "arena".  Everything else is taken from "scratch":
 * at most 512 KB and twice the length of the text.  Returns ERPSYNC_ERROR if
 * there is no memory.
 */

erpsync_rc_t erpsync_patch(erpsync_arena_t *arena, erpsync_arena_t *scratch,
    uint8_t *text, size_t len, erpsync_out_t *result,
    erpsync_patch_error_t *error);


#endif /* ERPSYNC_PATCH_H */
