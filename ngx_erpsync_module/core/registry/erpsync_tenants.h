
/*
 * The tenants file: docs/tenants.md.  It says on which host each tenant is,
 * and whether the tenant is available now.
 */


#ifndef ERPSYNC_TENANTS_H
#define ERPSYNC_TENANTS_H


#include "erpsync_file.h"


#define ERPSYNC_RETRY_AFTER      60         /* seconds, by default */
#define ERPSYNC_RETRY_AFTER_MAX  2147483647


typedef struct erpsync_tenants_s  erpsync_tenants_t;

extern const erpsync_kind_t  erpsync_tenants_kind;


typedef struct {
    erpsync_str_t  host;          /* and port, as in a URL; in the snapshot */
    bool           maintenance;   /* not available now */
    uint32_t       retry_after;   /* when to try again, in seconds */
} erpsync_tenant_t;


/*
 * Finds a tenant, given as Cust<digits> with "Cust" in any case.  Digits are
 * compared as they are: "Cust1" is not "Cust01".  Returns false, and leaves
 * "found" as it is, if the file does not have the tenant.
 */

bool erpsync_tenants_find(const erpsync_tenants_t *tenants,
    erpsync_str_t tenant, erpsync_tenant_t *found);

/*
 * Returns the host of the n-th tenant in the order of the file, and sets
 * "name" to its digits.
 */

erpsync_tenant_t erpsync_tenants_entry(const erpsync_tenants_t *tenants,
    size_t n, erpsync_str_t *digits);


#endif /* ERPSYNC_TENANTS_H */
