
/*
 * The app registry: docs/registry.md.  A file becomes an immutable
 * snapshot; lookup is by digest, in constant expected time.  The only part
 * of the core that uses jansson.
 */


#ifndef ERPSYNC_REGISTRY_H
#define ERPSYNC_REGISTRY_H


#include "erpsync_digest.h"
#include "erpsync_schema.h"


#define ERPSYNC_REGISTRY_ERROR_LEN  512

/* Digits of a registry's digest, as in $erpsync_registry. */

#define ERPSYNC_REGISTRY_DIGEST_LEN  12

/* When a token that has no "expires" expires. */

#define ERPSYNC_NEVER  INT64_MAX

/* Bytes of a file: 2,500,000 apps.  Offsets and counts fit 32 bits. */

#define ERPSYNC_REGISTRY_MAX        (512 * 1024 * 1024)


typedef struct erpsync_registry_s  erpsync_registry_t;
typedef struct erpsync_app_s       erpsync_app_t;


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


/* What an app is known by. */

typedef enum {
    ERPSYNC_BY_TOKEN,              /* SO-AppToken */
    ERPSYNC_BY_CERTIFICATE         /* a client certificate */
} erpsync_by_t;


/* A token or a certificate of an app, found by its digest. */

typedef struct {
    const erpsync_app_t  *app;
    int64_t               not_before;  /* seconds since 1970, or INT64_MIN */
    int64_t               expires;     /* first second it is not valid, or
                                          ERPSYNC_NEVER */
} erpsync_grant_t;


/*
 * Reads a registry from memory.  All or nothing: NULL where the text is not
 * a valid registry or memory ran out, and "error" then holds one line that
 * names the place, as in "apps[2].tokens[0].sha256: must be 64 hexadecimal
 * digits" or "line 3, column 7: ...".  It never quotes a digest or a token.
 */

erpsync_registry_t *erpsync_registry_parse(erpsync_str_t text,
    char error[ERPSYNC_REGISTRY_ERROR_LEN]);

/* The JSON text of a file: without a UTF-8 byte order mark in front. */

erpsync_str_t erpsync_registry_text(erpsync_str_t file);

/*
 * The same in steps, for a caller that must not stop for long: a step reads
 * about "work" bytes, but at least one app, and tells whether there is more
 * to do.  "text" and "error" stay in place until _end(), which gives what
 * _parse() would, or NULL where the job was not done to its end.
 */

typedef struct erpsync_registry_job_s  erpsync_registry_job_t;

erpsync_registry_job_t *erpsync_registry_begin(erpsync_str_t text,
    char error[ERPSYNC_REGISTRY_ERROR_LEN]);
bool erpsync_registry_step(erpsync_registry_job_t *job, size_t work);
erpsync_registry_t *erpsync_registry_end(erpsync_registry_job_t *job);

/* The same from a file; "error" does not repeat the path. */

erpsync_registry_t *erpsync_registry_load(const char *path,
    char error[ERPSYNC_REGISTRY_ERROR_LEN]);


/*
 * What a file was when it was read last: by this a change is seen.  Kept by
 * the caller from one reading to the next; zeroed before the first.
 *
 * "ctime" changes with every write, but its clock may be coarse: a file that
 * was changed in the last moments before it was read is "warm", and may have
 * been changed again with nothing to show for it but its content.
 */

typedef struct {
    int                 error;     /* errno, where it cannot be read */
    bool                read;      /* "digest" is set */
    bool                warm;
    uint64_t            device;
    uint64_t            inode;
    int64_t             size;
    int64_t             mtime;     /* nanoseconds since 1970 */
    int64_t             ctime;
    uint8_t             digest[ERPSYNC_DIGEST_LEN];   /* of the content */
} erpsync_file_t;

/* A number for that state of the file; equal for all who saw the same. */

uint64_t erpsync_file_identity(const erpsync_file_t *file);

/*
 * Reading a file in steps, as far as it has changed since "file" was set.
 * "work" is as in erpsync_registry_step(); "path" and "error" stay in place
 * until _end(), which updates "file".  A loader shares nothing with others:
 * it may run in a thread of its own.  Only regular files are opened.
 *
 * After a failure that says nothing of the file itself, as want of memory,
 * the next loader reads the file again, even if it has not changed.
 */

typedef enum {
    ERPSYNC_LOAD_SAME,             /* nothing has changed */
    ERPSYNC_LOAD_DONE,             /* "registry" is set */
    ERPSYNC_LOAD_FAILED,           /* "error" tells; not told before */
    ERPSYNC_LOAD_GIVEN_UP          /* not run to its end */
} erpsync_load_t;

typedef struct erpsync_loader_s  erpsync_loader_t;

/* NULL: no memory. */

erpsync_loader_t *erpsync_loader_begin(const char *path,
    const erpsync_file_t *file, char error[ERPSYNC_REGISTRY_ERROR_LEN]);
bool erpsync_loader_step(erpsync_loader_t *loader, size_t work);
erpsync_load_t erpsync_loader_end(erpsync_loader_t *loader,
    erpsync_registry_t **registry, erpsync_file_t *file);


void erpsync_registry_destroy(erpsync_registry_t *registry);

/*
 * The same in steps of less than a millisecond; false: it is gone.
 */

bool erpsync_registry_dismantle(erpsync_registry_t *registry);

size_t erpsync_registry_apps(const erpsync_registry_t *registry);

/* Bytes the snapshot holds. */

size_t erpsync_registry_size(const erpsync_registry_t *registry);

/*
 * Returns the first 12 hexadecimal digits of the SHA-256 of the file's bytes.
 * Empty for a snapshot that was made in steps from memory.
 */

erpsync_str_t erpsync_registry_digest(const erpsync_registry_t *registry);

/* The n-th app in the order of the file. */

const erpsync_app_t *erpsync_registry_app(const erpsync_registry_t *registry,
    size_t n);

/*
 * Finds an app by the SHA-256 of its token, or of its certificate in DER.
 * Returns false, and leaves "grant" as it is, if no app has it.
 */

bool erpsync_registry_find(const erpsync_registry_t *registry,
    erpsync_by_t by, const uint8_t digest[ERPSYNC_DIGEST_LEN],
    erpsync_grant_t *grant);

/* Returns whether an app of the registry can be known by a certificate. */

bool erpsync_registry_has_certificates(const erpsync_registry_t *registry);


/* What the registry says of an app. */

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

bool erpsync_app_enabled(const erpsync_app_t *app);
bool erpsync_app_has_agent(const erpsync_app_t *app);
bool erpsync_app_has_operation(const erpsync_app_t *app, unsigned index);

/* "tenant" may be empty: then only an app without limit has it. */
bool erpsync_app_has_tenant(const erpsync_registry_t *registry,
    const erpsync_app_t *app, erpsync_str_t tenant);

/* Without an address only an app without limit has it. */
bool erpsync_app_has_address(const erpsync_registry_t *registry,
    const erpsync_app_t *app, const erpsync_address_t *address);

bool erpsync_app_limits_connections(const erpsync_app_t *app);
bool erpsync_app_has_connection(const erpsync_registry_t *registry,
    const erpsync_app_t *app, int32_t connection);

/* By ordinal; ordinal 0 ("Unknown") is had only without limit. */
bool erpsync_app_has_crm_actor(const erpsync_app_t *app, unsigned ordinal);
bool erpsync_app_has_erp_actor(const erpsync_app_t *app, unsigned ordinal);
bool erpsync_app_limits_actors(const erpsync_app_t *app);


#endif /* ERPSYNC_REGISTRY_H */
