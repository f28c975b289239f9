
/*
 * What the WebAPI answered a call: $erpsync_result, and the classes of
 * erpsync_upstream_responses_total (docs/status.md).
 */


#ifndef ERPSYNC_ANSWER_H
#define ERPSYNC_ANSWER_H


#include "erpsync_base.h"


/* TRUE, FALSE, NULL: the answer is nothing but that value. */

typedef enum {
    ERPSYNC_RESULT_TRUE,
    ERPSYNC_RESULT_FALSE,
    ERPSYNC_RESULT_NULL,
    ERPSYNC_RESULT_ERROR,          /* status 400 or more, or an error object */
    ERPSYNC_RESULT_OTHER,
    ERPSYNC_RESULTS
} erpsync_result_t;

typedef enum {
    ERPSYNC_ANSWER_2XX,            /* also 1xx */
    ERPSYNC_ANSWER_3XX,
    ERPSYNC_ANSWER_4XX,
    ERPSYNC_ANSWER_5XX,
    ERPSYNC_ANSWER_NONE,           /* no valid answer */
    ERPSYNC_ANSWERS
} erpsync_answer_t;


/* The bytes of an answer that erpsync_answer_result() needs. */

#define ERPSYNC_ANSWER_START  128

/*
 * Returns the result of an answer with status 200 by the bytes that it starts
 * with: all of them if "whole" is set, ERPSYNC_ANSWER_START of them if not.
 * The first byte decides between JSON and XML. The objects that report an
 * error begin with the member "Message" or "Error", in XML the root is Error.
 */

erpsync_result_t erpsync_answer_result(erpsync_str_t start, bool whole);

/* Returns the class of a status; 0 is NONE. */

erpsync_answer_t erpsync_answer_class(unsigned status);

/* Return "true" and so on, and "2xx" and so on. */

erpsync_str_t erpsync_result_name(erpsync_result_t result);
erpsync_str_t erpsync_answer_name(erpsync_answer_t answer);


#endif /* ERPSYNC_ANSWER_H */
