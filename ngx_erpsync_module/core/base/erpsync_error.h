
/* The error that a decoder reports: a body that it could not read. */


#ifndef ERPSYNC_ERROR_H
#define ERPSYNC_ERROR_H


#include "erpsync_base.h"


/*
 * "message" is NULL if there is no error.  It is a constant and never quotes
 * the input.  "offset" is the place of the error, in bytes.
 */

typedef struct {
    const char  *message;
    size_t       offset;
} erpsync_error_t;


/*
 * Computes line and column of an offset.  Both start at 1; columns count
 * characters.
 */

void erpsync_error_place(erpsync_str_t input, size_t offset, size_t *line,
    size_t *column);


#endif /* ERPSYNC_ERROR_H */
