
/* The text of a refusal, in three forms: docs/reasons.md. */


#ifndef ERPSYNC_REFUSAL_H
#define ERPSYNC_REFUSAL_H


#include "erpsync_media.h"
#include "erpsync_reason.h"
#include "erpsync_violation.h"


typedef struct {
    erpsync_reason_t            reason;
    erpsync_str_t               hint;          /* one more sentence, or empty */
    erpsync_str_t               request_id;

    size_t                      nviolations;   /* of a body */
    const erpsync_violation_t  *violations;
} erpsync_refusal_t;


/*
 * Writes the refusal.  Returns ERPSYNC_ERROR, and an empty "text", if memory
 * ran out.
 */

erpsync_rc_t erpsync_refusal(erpsync_arena_t *arena, erpsync_format_t format,
    const erpsync_refusal_t *refusal, erpsync_str_t *text);

/* Returns the Content-Type of a format. */

erpsync_str_t erpsync_refusal_type(erpsync_format_t format);


#endif /* ERPSYNC_REFUSAL_H */
