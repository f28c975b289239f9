
/*
 * The two halves of the reader of a registry file: its frame
 * (erpsync_registry_read.c) and what an app is granted
 * (erpsync_registry_grants.c).
 */


#ifndef ERPSYNC_REGISTRY_READER_H
#define ERPSYNC_REGISTRY_READER_H


#include <jansson.h>

#include "erpsync_registry_internal.h"


#define ERPSYNC_INVALID  1     /* beside erpsync_rc_t: an error is told */


/* Where in the file the reader is. */

typedef struct {
    erpsync_registry_t  *registry;
    char                *error;
    size_t               app;
    erpsync_app_t        grants;      /* of this app, as read so far */
} erpsync_reader_t;


/* Tells an error with its place; returns ERPSYNC_INVALID. */

int erpsync_invalid(erpsync_reader_t *reader, const char *place,
    const char *fmt, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* The same for element "i" of an array. */

int erpsync_invalid_at(erpsync_reader_t *reader, const char *place, size_t i,
    const char *message);

/* Keeps text in the snapshot; ERPSYNC_OK or ERPSYNC_ERROR. */

int erpsync_keep_text(erpsync_reader_t *reader, const char *s, size_t len,
    erpsync_range_t *range);


/*
 * Each reads one member of an app, "place" being its name in errors, as in
 * "apps[2].tenants".  ERPSYNC_OK, ERPSYNC_ERROR or ERPSYNC_INVALID.
 */

int erpsync_read_agents(erpsync_reader_t *reader, json_t *value,
    const char *place);
int erpsync_read_operations(erpsync_reader_t *reader, json_t *value,
    const char *place);
int erpsync_read_tenants(erpsync_reader_t *reader, json_t *value,
    const char *place);
int erpsync_read_addresses(erpsync_reader_t *reader, json_t *value,
    const char *place);
int erpsync_read_connections(erpsync_reader_t *reader, json_t *value,
    const char *place);
int erpsync_read_crm_actors(erpsync_reader_t *reader, json_t *value,
    const char *place);
int erpsync_read_erp_actors(erpsync_reader_t *reader, json_t *value,
    const char *place);


#endif /* ERPSYNC_REGISTRY_READER_H */
