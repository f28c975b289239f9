
/*
 * The body of a call, from its media type to canonical bytes or violations
 * (docs/bodies.md).
 */


#ifndef ERPSYNC_BODY_H
#define ERPSYNC_BODY_H


#include "erpsync_reason.h"
#include "erpsync_sink.h"


typedef struct {
    /*
     * OK, BODY_MISSING, BODY_MALFORMED, BODY_INVALID, or
     * CONTENT_TYPE_UNSUPPORTED for a media type that the operation does not
     * accept
     */

    erpsync_reason_t            reason;

    /* if it is OK; "canonical" may be a part of the input, or empty */

    erpsync_str_t               canonical;
    erpsync_facts_t             facts;

    /* if it is BODY_MALFORMED or BODY_INVALID */

    size_t                      nviolations;
    const erpsync_violation_t  *violations;
} erpsync_body_t;


/*
 * Judges a body.  "input" is not changed, and must stay in place as long as
 * "body" is used.  A body that needs more memory than its size allows is
 * BODY_MALFORMED.  Returns ERPSYNC_ERROR if the gateway itself has no memory.
 */

erpsync_rc_t erpsync_body(erpsync_arena_t *arena, erpsync_media_t media,
    const erpsync_sink_conf_t *conf, erpsync_str_t input,
    erpsync_body_t *body);


#endif /* ERPSYNC_BODY_H */
