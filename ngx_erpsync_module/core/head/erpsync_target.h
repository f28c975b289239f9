
/*
 * Every reading of a request target: docs/reasons.md.
 *
 * nginx and the servers behind it do not decode a target alike.  A location
 * may send the target as it came, the path as nginx decoded it, or that path
 * without encoding.  Therefore one target may name several paths.  A request
 * is judged by nginx's reading.  It is refused if a server could read another
 * operation, or another tenant, in a target that it may be sent.
 */


#ifndef ERPSYNC_TARGET_H
#define ERPSYNC_TARGET_H


#include "erpsync_route.h"


/* A reading that differs from nginx's in the operation or the tenant. */

typedef struct {
    const char                 *first;      /* who decodes the target */
    const char                 *second;     /* who decodes it again, or NULL */
    erpsync_str_t               path;       /* as it is read then */
    erpsync_route_kind_t        kind;       /* what that path names */
    const erpsync_operation_t  *operation;
    erpsync_str_t               tenant;
} erpsync_target_reading_t;


/*
 * Judges a target by all its readings.  Returns ERPSYNC_ERROR if memory ran
 * out.
 *
 *     target  as the client sent it: path and query, without scheme and
 *             host; empty if only "uri" can be sent, as after a rewrite or
 *             an internal redirect
 *     uri     the path as nginx decoded it, or as it is after a rewrite: this
 *             is nginx's reading
 *     other   if not NULL, and the target is ambiguous: the reading that is
 *             the reason
 *
 * "route" is that of "uri", as erpsync_route() gives it, unless another
 * reading names the agent or its SOAP twin and does not agree: then "kind"
 * is ERPSYNC_ROUTE_AMBIGUOUS, and nothing else is set.  These agree:
 *
 *   - with an operation or the agent: the same operation for the same tenant,
 *     and what names neither the agent nor its SOAP twin, because the URI is
 *     built from the canonical path.  That path itself must be read as
 *     this operation by every server, sent with or without encoding.
 *   - with the SOAP twin: all that does not name the agent
 *   - with anything else: what names neither
 *
 * Time is linear in the length of the target.  Besides the canonical path,
 * memory is taken once, as much as the target is long, and only if "erpsync"
 * is in the target or might be.
 */

erpsync_rc_t erpsync_target(erpsync_arena_t *arena, erpsync_str_t target,
    erpsync_str_t uri, erpsync_route_t *route,
    erpsync_target_reading_t *other);


/* A target as nginx (with "merge_slashes on") reads it. */

typedef struct {
    const char     *error;    /* why nginx refuses it with 400, or NULL */
    erpsync_str_t   target;   /* without scheme and host */
    erpsync_str_t   uri;      /* decoded, slashes merged, no dot segments */
    erpsync_str_t   args;     /* raw; "data" is NULL if there is no "?" */
} erpsync_target_t;

/*
 * Parses a request target in origin-form or absolute-form.  Returns
 * ERPSYNC_ERROR if memory ran out.  "uri" is set only if "error" is NULL.
 */

erpsync_rc_t erpsync_target_parse(erpsync_arena_t *arena,
    erpsync_str_t text, erpsync_target_t *parsed);


#endif /* ERPSYNC_TARGET_H */
