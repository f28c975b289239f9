
/*
 * Which operation of the ErpSync agent a path names: docs/reasons.md.  This is
 * about one path that is decoded already.  erpsync_target.h judges all the
 * ways in which a server may decode a target.
 */


#ifndef ERPSYNC_ROUTE_H
#define ERPSYNC_ROUTE_H


#include "erpsync_arena.h"
#include "erpsync_schema.h"


typedef enum {
    ERPSYNC_ROUTE_OTHER,       /* not a path of the agent: not judged */
    ERPSYNC_ROUTE_OPERATION,
    ERPSYNC_ROUTE_UNKNOWN,     /* under the agent, but no operation */
    ERPSYNC_ROUTE_SOAP,        /* the agent's SOAP twin */
    ERPSYNC_ROUTE_AMBIGUOUS    /* set by erpsync_target() only */
} erpsync_route_kind_t;


typedef struct {
    erpsync_route_kind_t        kind;
    const erpsync_operation_t  *operation;  /* of ERPSYNC_ROUTE_OPERATION */

    /*
     * Of ERPSYNC_ROUTE_OPERATION: the decoded canonical path, the prefix as
     * sent, the rest in its documented case, as in
     * "/Cust12345/api/v1/Agents/ErpSync/TryConnectActor".  It is the input
     * itself if that is canonical already.
     */
    erpsync_str_t               path;

    /* The segment Cust<digits> of the prefix, as "Cust12345", or empty. */
    erpsync_str_t               tenant;

    /* The prefix names two different tenants. */
    bool                        tenant_conflict;
} erpsync_route_t;


/*
 * How a server removes dot segments, as bits: "\" separates segments as "/"
 * does; an empty segment counts when ".." removes one; a slash that was sent
 * as %2F is an ordinary byte.  Such a slash is kept as the byte
 * ERPSYNC_KEPT_SLASH, which nginx allows in no target.
 */

#define ERPSYNC_PATH_BACKSLASH  0x01
#define ERPSYNC_PATH_EMPTY      0x02
#define ERPSYNC_PATH_KEPT       0x04

#define ERPSYNC_KEPT_SLASH      0x00


/*
 * Finds what a path names, without the query, and sets the canonical path of
 * an operation.  Returns ERPSYNC_ERROR if memory ran out.
 *
 * ASCII case, "\" for "/", repeated and trailing slashes and dot segments make
 * no difference.  A segment may name the agent only after ";..." or trailing
 * dots, spaces or control characters are removed.  It is the agent too, but
 * never a known operation: such a path is ERPSYNC_ROUTE_UNKNOWN.
 */

erpsync_rc_t erpsync_route(erpsync_arena_t *arena, erpsync_str_t path,
    erpsync_route_t *route);

/*
 * Finds what a path names if dot segments are removed as "how" says.  Segments
 * that "\" separates then are compared as erpsync_route() does.  "path" is not
 * set, and "tenant" is a span of the input in the case in which it was sent.
 */

void erpsync_route_as(erpsync_str_t path, unsigned how,
    erpsync_route_t *route);

/*
 * Returns true, and sets "route", which is filled with zeros, if the path is
 * canonical and its prefix is at most one segment of letters and digits.  This
 * is the fast path.
 */

bool erpsync_route_fast(erpsync_str_t path, erpsync_route_t *route);

/* Returns whether "erpsync", in any case, is anywhere in a path. */

bool erpsync_route_mentions(erpsync_str_t path);

/*
 * Returns the canonical form of a tenant, Cust<digits> in any case; empty if
 * "s" is not a tenant.  If memory runs out, "rc" is set to ERPSYNC_ERROR.
 */

erpsync_str_t erpsync_tenant(erpsync_arena_t *arena, erpsync_str_t s,
    erpsync_rc_t *rc);

/*
 * Percent-encodes a decoded path for a request line: everything but unreserved
 * characters, sub-delims, ":", "@" and "/" (RFC 3986, 3.3). "data" of the
 * result is NULL if memory ran out.
 */

erpsync_str_t erpsync_path_encode(erpsync_arena_t *arena, erpsync_str_t path);


#endif /* ERPSYNC_ROUTE_H */
