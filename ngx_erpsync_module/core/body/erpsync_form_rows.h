
/*
 * The inner loop of the fast path of forms, for CPUs with AVX2: elements of an
 * array of objects that have their members in the order of the schema.  Members
 * are strings and booleans.  Each element is written as it is read.  Anything
 * else is left to erpsync_form_fast.c.
 */


#ifndef ERPSYNC_FORM_ROWS_H
#define ERPSYNC_FORM_ROWS_H


#include "erpsync_schema.h"


#define ERPSYNC_FORM_ROWS_ROOM  64   /* bytes */


/*
 * How the names of the first element are written, and what is to be done:
 *
 *     b[17].name=value&b[17].name=value&b[18].name=value
 */

typedef struct {
    size_t                   list;       /* length of "b[" */
    size_t                   close;      /* of "b[17" */
    size_t                   element;    /* of "b[17].", or "b[17][" */
    const erpsync_object_t  *object;     /* of the elements */
    size_t                   index;      /* of the element that comes next */
    size_t                   max;        /* its limit */
    uint8_t                 *out;
} erpsync_form_rows_t;


/*
 * Judges elements from the pair at "p" on, which is the first one of an element
 * and has the index rows->index, up to rows->max.  "last" is the end of the
 * input.  Returns the end of the last pair of the last element, or "p" if there
 * is none.
 *
 * Writes the elements to rows->out, which becomes the end of the output, and
 * sets rows->index to the number of elements in the array.  There must be room
 * for ERPSYNC_FORM_ROWS_ROOM bytes more than the input has from "p" on: what is
 * written of a pair is not longer than the pair.
 *
 * Only if erpsync_wide() is true.
 */

const uint8_t *erpsync_form_rows(erpsync_form_rows_t *rows, const uint8_t *p,
    const uint8_t *last);


#endif /* ERPSYNC_FORM_ROWS_H */
