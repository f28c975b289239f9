
/*
 * The body of a call: media type -> decoder -> schema sink -> canonical
 * bytes, or the violations (docs/bodies.md).
 */


#ifndef ERPSYNC_BODY_H
#define ERPSYNC_BODY_H


#include "erpsync_reason.h"
#include "erpsync_sink.h"


typedef struct {
    /* OK, BODY_MISSING, BODY_MALFORMED, BODY_INVALID or, for a media type
     * that is not taken, CONTENT_TYPE_UNSUPPORTED. */
    erpsync_reason_t            reason;

    erpsync_str_t               canonical;    /* of OK; may be empty */
    erpsync_facts_t             facts;        /* of OK */

    size_t                      nviolations;  /* of MALFORMED and INVALID */
    const erpsync_violation_t  *violations;

    /* Of MALFORMED: where, both from 1; columns are characters and do not
     * count a byte order mark. */
    size_t                      line;
    size_t                      column;
} erpsync_body_t;


/*
 * Judges a body.  "input" is only read, and must stay as it is as long as
 * "body" is used.  Returns ERPSYNC_ERROR if the gateway has no memory; a body
 * that needs more than the bound for its size is BODY_MALFORMED.
 */

erpsync_rc_t erpsync_body(erpsync_arena_t *arena, erpsync_media_t media,
    const erpsync_sink_conf_t *conf, erpsync_str_t input,
    erpsync_body_t *body);


#endif /* ERPSYNC_BODY_H */
