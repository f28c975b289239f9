
/*
 * Which path is an operation of the ErpSync agent: contract, section 2.
 */


#ifndef ERPSYNC_ROUTE_H
#define ERPSYNC_ROUTE_H


#include "erpsync_arena.h"
#include "erpsync_schema.h"


typedef enum {
    ERPSYNC_ROUTE_OTHER,       /* nothing of the agent: never judged */
    ERPSYNC_ROUTE_OPERATION,
    ERPSYNC_ROUTE_UNKNOWN,     /* under the agent, but no operation */
    ERPSYNC_ROUTE_SOAP         /* the agent's SOAP twin */
} erpsync_route_kind_t;


typedef struct {
    erpsync_route_kind_t        kind;
    const erpsync_operation_t  *operation;  /* of ERPSYNC_ROUTE_OPERATION */

    /*
     * Of ERPSYNC_ROUTE_OPERATION: the decoded canonical path, the prefix as
     * sent, the rest in its documented case, as in
     * "/Cust12345/api/v1/Agents/ErpSync/TryConnectActor".  It is the input
     * itself where that is canonical already.
     */
    erpsync_str_t               path;

    /* The segment Cust<digits> of the prefix, as "Cust12345", or empty. */
    erpsync_str_t               tenant;

    /* The prefix names two different tenants. */
    bool                        tenant_conflict;
} erpsync_route_t;


/*
 * Judges a path that is percent-decoded once, without the query.
 *
 * ASCII case, "\" for "/", repeated and trailing slashes and dot segments
 * make no difference.  A segment that names the agent only after ";..." or
 * trailing dots, spaces or control characters are taken off is the agent
 * too, but never a known operation: such paths end as ERPSYNC_ROUTE_UNKNOWN.
 */

erpsync_rc_t erpsync_route(erpsync_arena_t *arena, erpsync_str_t path,
    erpsync_route_t *route);

/*
 * The canonical form of a tenant, Cust<digits> in any case; empty where "s"
 * is none.  Memory that ran out sets "rc" to ERPSYNC_ERROR.
 */

erpsync_str_t erpsync_tenant(erpsync_arena_t *arena, erpsync_str_t s,
    erpsync_rc_t *rc);

/*
 * Splits a request target (origin-form or absolute-form, without fragment)
 * into its percent-decoded path and its raw query (data NULL where there is
 * no "?").  An invalid percent sequence stays as it stands.
 */

erpsync_rc_t erpsync_target_split(erpsync_arena_t *arena,
    erpsync_str_t target, erpsync_str_t *path, erpsync_str_t *args);

/*
 * Percent-encodes a decoded path for a request line: everything but
 * unreserved characters, sub-delims, ":", "@" and "/" (RFC 3986, 3.3).
 * "data" is NULL where memory ran out.
 */

erpsync_str_t erpsync_path_encode(erpsync_arena_t *arena, erpsync_str_t path);


#endif /* ERPSYNC_ROUTE_H */
