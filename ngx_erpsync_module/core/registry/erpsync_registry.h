
/*
 * The app registry: docs/registry.md.  A file becomes an immutable snapshot.
 * An app is found by a digest, in constant expected time.
 */


#ifndef ERPSYNC_REGISTRY_H
#define ERPSYNC_REGISTRY_H


#include "erpsync_file.h"
#include "erpsync_schema.h"


/* Of an error, and of a file, which can have about 2,500,000 apps. */

#define ERPSYNC_REGISTRY_ERROR_LEN  ERPSYNC_FILE_ERROR_LEN
#define ERPSYNC_REGISTRY_MAX        ERPSYNC_FILE_MAX

/* Digits of a registry's digest, as in $erpsync_registry. */

#define ERPSYNC_REGISTRY_DIGEST_LEN  12

/* The expiry of a token that has no "expires". */

#define ERPSYNC_NEVER  INT64_MAX


typedef struct erpsync_registry_s  erpsync_registry_t;
typedef struct erpsync_app_s       erpsync_app_t;

extern const erpsync_kind_t  erpsync_registry_kind;


/* A client's address; an IPv4-mapped IPv6 address is given as IPv4. */

typedef enum {
    ERPSYNC_ADDRESS_NONE,          /* a UNIX-domain socket */
    ERPSYNC_ADDRESS_INET,
    ERPSYNC_ADDRESS_INET6
} erpsync_family_t;

typedef struct {
    erpsync_family_t  family;
    uint8_t           bytes[16];   /* network order; the first 4 for INET */
} erpsync_address_t;


/* How an app is identified. */

typedef enum {
    ERPSYNC_BY_TOKEN,              /* SO-AppToken */
    ERPSYNC_BY_CERTIFICATE         /* a client certificate */
} erpsync_by_t;


/* A token or a certificate of an app, found by its digest. */

typedef struct {
    const erpsync_app_t  *app;
    int64_t               not_before;  /* seconds since 1970, or INT64_MIN */
    int64_t               expires;     /* the first second in which it is
                                          not valid, or ERPSYNC_NEVER */
} erpsync_grant_t;


/*
 * Returns the registry that the text of a file describes, or NULL if the text
 * is invalid or memory ran out.  Then "error" is as after erpsync_job_end().
 */

erpsync_registry_t *erpsync_registry_parse(erpsync_str_t text,
    char error[ERPSYNC_REGISTRY_ERROR_LEN]);

/* Frees a registry at once; NULL is allowed. */

void erpsync_registry_destroy(erpsync_registry_t *registry);

/* Returns the number of apps. */

size_t erpsync_registry_apps(const erpsync_registry_t *registry);

/*
 * Returns the first 12 hexadecimal digits of the SHA-256 of the file; empty if
 * the snapshot was not made by a loader.
 */

erpsync_str_t erpsync_registry_digest(const erpsync_registry_t *registry);

/* Returns the n-th app in the order of the file, from 0. */

const erpsync_app_t *erpsync_registry_app(const erpsync_registry_t *registry,
    size_t n);

/*
 * Finds an app by the SHA-256 of its token, or of its certificate in DER.
 * Returns false, and leaves "grant" as it is, if no app has it.
 */

bool erpsync_registry_find(const erpsync_registry_t *registry,
    erpsync_by_t by, const uint8_t digest[ERPSYNC_DIGEST_LEN],
    erpsync_grant_t *grant);

/* Returns whether the registry has an app with "enforce". */

bool erpsync_registry_enforces(const erpsync_registry_t *registry);

/* Returns whether an app of the registry has a certificate. */

bool erpsync_registry_has_certificates(const erpsync_registry_t *registry);


/* Returns the id. */
erpsync_str_t erpsync_app_id(const erpsync_registry_t *registry,
    const erpsync_app_t *app);

/* Returns the name, at most 200 characters of UTF-8; empty if it has none. */
erpsync_str_t erpsync_app_name(const erpsync_registry_t *registry,
    const erpsync_app_t *app);

/*
 * Returns when the last of the app's tokens and certificates expires, in
 * seconds since 1970, or ERPSYNC_NEVER.
 */
int64_t erpsync_app_expires(const erpsync_registry_t *registry,
    const erpsync_app_t *app);

/* Returns whether the app is enabled. */
bool erpsync_app_enabled(const erpsync_app_t *app);

/* Returns whether "enforce" is set: docs/registry.md. */
bool erpsync_app_enforced(const erpsync_app_t *app);

/* Returns the value of a label; empty if the app does not have it. */
erpsync_str_t erpsync_app_label(const erpsync_registry_t *registry,
    const erpsync_app_t *app, erpsync_str_t name);

/*
 * Return whether the app is granted the agent, an operation (by its index),
 * and so on.  If a call names no tenant, or the client has no address, it is
 * granted only to an app without that limit.
 */

bool erpsync_app_has_agent(const erpsync_app_t *app);
bool erpsync_app_has_operation(const erpsync_app_t *app, unsigned index);
bool erpsync_app_has_tenant(const erpsync_registry_t *registry,
    const erpsync_app_t *app, erpsync_str_t tenant);
bool erpsync_app_has_address(const erpsync_registry_t *registry,
    const erpsync_app_t *app, const erpsync_address_t *address);
bool erpsync_app_limits_connections(const erpsync_app_t *app);
bool erpsync_app_has_connection(const erpsync_registry_t *registry,
    const erpsync_app_t *app, int32_t connection);

/* Actor types are ordinals; 0, "Unknown", is granted only without limit. */
bool erpsync_app_has_crm_actor(const erpsync_app_t *app, unsigned ordinal);
bool erpsync_app_has_erp_actor(const erpsync_app_t *app, unsigned ordinal);
bool erpsync_app_limits_actors(const erpsync_app_t *app);


#endif /* ERPSYNC_REGISTRY_H */
