
/*
 * The tenant of a request: docs/tenants.md.  The path names it, or a Bearer
 * token does.
 */


#ifndef ERPSYNC_TENANT_H
#define ERPSYNC_TENANT_H


#include "erpsync_route.h"


/*
 * Returns whether a call names two tenants: in its path, or one in its path and
 * another one in its token.  "token" is the tenant that the token names, or
 * empty.
 */

bool erpsync_tenant_conflict(const erpsync_route_t *route,
    erpsync_str_t token);

/*
 * Sets "tenant" to the tenant that any request is for, as "Cust12345"; empty if
 * none is named, or two.  "route" is what "path" names, and "authorization" is
 * the header as sent; its data is NULL if there is none, or more than one.
 *
 * If the path is not one of the agent, its tenant is the segment Cust<digits>
 * in front of the first segment "api".  Returns ERPSYNC_ERROR if memory ran
 * out.
 */

erpsync_rc_t erpsync_tenant_find(erpsync_arena_t *arena,
    const erpsync_route_t *route, erpsync_str_t path,
    erpsync_str_t authorization, erpsync_str_t *tenant);


#endif /* ERPSYNC_TENANT_H */
