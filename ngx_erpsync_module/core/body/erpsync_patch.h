
/*
 * JSON Patch, RFC 6902, from text to text (contract, section 7).
 *
 * The patch is applied to {}.  It comes as the compact canonical text that
 * the sink writes of a well-formed document, so nothing is checked here that
 * was checked there: there is no syntax error, no member of an operation is
 * given twice, nothing is deeper than 32 levels.  What comes out is text
 * again, which is judged as any other JSON is: so are the names in values.
 *
 * The WebAPI's habits: a path may come without its first slash, names match
 * without regard to ASCII case (also in what "test" compares; the keys of a
 * dictionary match exactly), and so do the names of the operations; "replace"
 * of a top-level member that is not there adds it.  Members of an operation
 * that RFC 6902 does not know are ignored.
 */


#ifndef ERPSYNC_PATCH_H
#define ERPSYNC_PATCH_H


#include "erpsync_sink.h"


#define ERPSYNC_MAX_PATCH  10000   /* operations */

/* How much longer than the patch its result may be: "copy" multiplies. */

#define ERPSYNC_PATCH_ROOM  (128 * 1024)


/* The first operation that fails; "message" is NULL where none does. */

typedef struct {
    const char      *message;   /* a sentence; quotes nothing of the patch */
    erpsync_code_t   code;
    bool             whole;     /* it is about the patch, not an operation */
    size_t           index;     /* of the operation, from 0 */
    const char      *member;    /* "op", "path", "from", "value" or NULL */
} erpsync_patch_error_t;


/* Bytes behind the text that are read, whatever they are. */

#define ERPSYNC_PATCH_PAD  16


/*
 * Applies the patch in "text", an array of "len" bytes with a pad behind it,
 * whose paths are decoded in place.  The document that results is written to
 * "result", which is initialized on "arena"; all else is taken from "scratch":
 * nodes of at most 300 KB and 1.5 times the text.  ERPSYNC_ERROR: memory ran
 * out.
 */

erpsync_rc_t erpsync_patch(erpsync_arena_t *arena, erpsync_arena_t *scratch,
    uint8_t *text, size_t len, erpsync_out_t *result,
    erpsync_patch_error_t *error);


#endif /* ERPSYNC_PATCH_H */
