
/*
 * The parts of the reader of a file:
 *
 *     erpsync_job.c               the outermost object, in steps
 *     erpsync_registry_tree.c     a value in it, as a tree of jansson's
 *     erpsync_registry_job.c      a registry: its tables of ids and digests
 *     erpsync_registry_read.c     an app, its tokens and labels
 *     erpsync_registry_grants.c   what an app is granted
 *     erpsync_registry_changes.c  what differs from the registry in force
 *     erpsync_tenants.c           a tenants file
 */


#ifndef ERPSYNC_REGISTRY_READER_H
#define ERPSYNC_REGISTRY_READER_H


#include <jansson.h>

#include "erpsync_registry_internal.h"


/* Results of functions that also return erpsync_rc_t. */

#define ERPSYNC_INVALID   1    /* reader->error is set */
#define ERPSYNC_COMPLETE  2    /* nothing is left to do */


#define ERPSYNC_NOWHERE  SIZE_MAX


/* A position in JSON text. */

typedef struct {
    erpsync_str_t        text;
    size_t               pos;         /* of the next byte; of an error */
    size_t               depth;
    const char          *message;     /* of an error: constant, no quote */
    erpsync_vec_t        scratch;     /* of a string with escapes */
} erpsync_tree_t;


/* What differs from the registry in force: erpsync_registry_changes.c. */

typedef struct erpsync_changes_s  erpsync_changes_t;


/*
 * What is being read.  If there is an error, its place is made from the
 * numbers of the app and the token.
 */

typedef struct {
    char                    *error;
    size_t                   next;    /* to be entered in a table */

    erpsync_registry_t      *registry;
    size_t                   app;     /* or ERPSYNC_NOWHERE */
    size_t                   token;   /* of that app; the same */
    const char              *list;    /* that the token is in */
    erpsync_app_t            grants;  /* of this app, as read so far */
    erpsync_vec_t            ids;     /* of apps, from 1; 0: free */

    erpsync_tenants_t       *tenants;
    const char              *tenant;  /* that is being read, or NULL */
    erpsync_tenant_entry_t   entry;   /* of it, as read so far */

    const void              *former;  /* the snapshot in force, or NULL */
    int64_t                  least;   /* "sequence" must not be lower */
    erpsync_changes_t       *changes;
} erpsync_reader_t;


/*
 * A kind of file: {"version": 1, "<entries>": [ ... ]}, or { ... } if entries
 * have names.  The functions return ERPSYNC_OK, ERPSYNC_ERROR if memory ran
 * out, or ERPSYNC_INVALID.
 */

struct erpsync_kind_s {
    const char          *name;        /* in directives and messages */
    const char          *entries;     /* the member that holds them */

    /* Makes an empty snapshot, and a reader for it; NULL: no memory. */
    void              *(*create)(erpsync_reader_t *reader);

    /*
     * Returns what is wrong with the name of an entry, a constant, or NULL;
     * itself NULL if entries have no names.
     */
    const char        *(*check)(const char *name);

    /* Reads an entry; "name" is NULL if it has none. */
    int                (*entry)(erpsync_reader_t *reader, const char *name,
                                json_t *value);

    /* A further member, which is not required, and its reader; or NULL. */
    const char          *member;
    int                (*read)(erpsync_reader_t *reader, json_t *value,
                               const char *place);

    /*
     * Does a small part of what is left to do after the last entry; called
     * until it returns ERPSYNC_COMPLETE.
     */
    int                (*complete)(erpsync_reader_t *reader);

    /* Returns the number of entries. */
    size_t             (*count)(const void *snapshot);

    /* Returns "sequence"; NULL: the kind has none. */
    int64_t            (*sequence)(const void *snapshot);

    /* Keeps the SHA-256 of the file; NULL: it is not kept. */
    void               (*digest)(void *snapshot,
                                 const uint8_t digest[ERPSYNC_DIGEST_LEN]);

    /* Returns what differs from reader->former; NULL: it is not compared. */
    erpsync_str_t      (*changes)(const void *snapshot);

    /* Frees a part; returns whether there is more to free. */
    bool               (*dismantle)(void *snapshot);
};


/*
 * Reads the value that begins at tree->pos, and moves behind it.  Sets
 * "*value", which the caller owns, or NULL if it does not return
 * ERPSYNC_OK.  Returns ERPSYNC_ERROR if memory ran out, or ERPSYNC_INVALID:
 * then tree->message says what is wrong at tree->pos.
 */

int erpsync_tree_read(erpsync_tree_t *tree, json_t **value);

/* Skips white space; returns the next byte, or -1 at the end of the text. */

int erpsync_tree_peek(erpsync_tree_t *tree);


/* Sets the error, with its place; always returns ERPSYNC_INVALID. */

int erpsync_invalid(erpsync_reader_t *reader, const char *place,
    const char *fmt, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* Does the same for element "i" of the array "place". */

int erpsync_invalid_at(erpsync_reader_t *reader, const char *place, size_t i,
    const char *message);

/*
 * Does the same for an unknown member.  Its name is shown only if it cannot
 * be a misplaced token.
 */

int erpsync_invalid_member(erpsync_reader_t *reader, const char *name);


/*
 * Reads one member of an object; "place" is its name.  Returns ERPSYNC_OK,
 * ERPSYNC_ERROR if memory ran out, or ERPSYNC_INVALID.  So do all functions
 * below that return int.
 */

typedef int (*erpsync_member_pt)(erpsync_reader_t *reader, json_t *value,
    const char *place);

typedef struct {
    const char          *name;
    bool                 required;
    erpsync_member_pt    read;
} erpsync_object_entry_t;

/* Reads an object with these members; a NULL name ends "entries". */

int erpsync_read_object(erpsync_reader_t *reader, json_t *object,
    const erpsync_object_entry_t *entries);


/* Reads the next app; "name" is not used. */

int erpsync_read_app(erpsync_reader_t *reader, const char *name,
    json_t *app);

/* Adds text to the snapshot and sets "range" to its place. */

int erpsync_keep_text(erpsync_reader_t *reader, const char *s, size_t len,
    erpsync_range_t *range);


/*
 * The readers of an app's grants.
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


/* Returns an empty comparison for that many apps, or NULL: no memory. */

erpsync_changes_t *erpsync_changes_create(size_t apps);

/* NULL is allowed. */

void erpsync_changes_destroy(erpsync_changes_t *changes);

/*
 * Compares app "n", from 0: first those of reader->former, then those of the
 * new registry.  After the last one, it keeps the text of the changes in the
 * new registry and returns ERPSYNC_COMPLETE.
 */

int erpsync_changes_step(erpsync_reader_t *reader, size_t n);


#endif /* ERPSYNC_REGISTRY_READER_H */
