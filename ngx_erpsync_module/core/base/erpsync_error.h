
/*
 * Why a body could not be read: what every decoder reports.
 */


#ifndef ERPSYNC_ERROR_H
#define ERPSYNC_ERROR_H


#include "erpsync_base.h"


/*
 * "message" is NULL as long as all is well; it is constant and quotes
 * nothing of the input.  "offset" is where, in bytes.
 */

typedef struct {
    const char  *message;
    size_t       offset;
} erpsync_error_t;


/* Line and column of an offset, both from 1; columns are characters. */

void erpsync_error_place(erpsync_str_t input, size_t offset, size_t *line,
    size_t *column);


#endif /* ERPSYNC_ERROR_H */
