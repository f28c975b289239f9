
/*
 * The target and the headers of a call as they are forwarded
 * (docs/headers.md).
 */


#ifndef ERPSYNC_FORWARD_H
#define ERPSYNC_FORWARD_H


#include "erpsync_gate.h"


/* Headers that are set or dropped, besides those of erpsync_header_id_t. */

enum {
    ERPSYNC_HEADER_OVERRIDE = ERPSYNC_HEADER_COUNT,   /* X-HTTP-Method, ... */
    ERPSYNC_HEADER_TRANSFER,
    ERPSYNC_HEADER_LENGTH,
    ERPSYNC_HEADER_NONE            /* any other one: not changed */
};


typedef struct {
    erpsync_str_t     name;        /* in lower case; "data" ends with NUL */
    erpsync_str_t     key;         /* as it is forwarded; empty: never set */
    unsigned          id;
} erpsync_known_header_t;


/* What is done with a header. */

typedef enum {
    ERPSYNC_EDIT_KEEP = 0,
    ERPSYNC_EDIT_DROP,
    ERPSYNC_EDIT_SET
} erpsync_edit_action_t;

typedef struct {
    erpsync_edit_action_t   action;
    erpsync_str_t           value;
} erpsync_edit_t;


/*
 * Returns the id of a header by the name of a field; _NONE if it is not
 * changed.  For a name with "_" instead of "-", returns _OVERRIDE, so that the
 * field is dropped: for FastCGI, uwsgi, SCGI and $http_..., both names are the
 * same.
 */

unsigned erpsync_known_header_id(erpsync_str_t name);

/* Returns the names of the header with that id, which is not _NONE. */

const erpsync_known_header_t *erpsync_known_header(unsigned id);

/*
 * Decides what is done with each header, by its id.  If a header that is set
 * was sent in several fields, the first field is set, the others are dropped.
 * "body" is the length of the canonical body.  The values are those of the
 * verdict, or in the arena.  Returns ERPSYNC_ERROR if memory ran out.
 */

erpsync_rc_t erpsync_forward_headers(erpsync_arena_t *arena,
    const erpsync_policy_t *policy, const erpsync_verdict_t *verdict,
    size_t body, erpsync_edit_t edits[ERPSYNC_HEADER_NONE + 1]);

/*
 * Sets "target" to the canonical path, encoded, and the query.  Returns
 * ERPSYNC_ERROR if memory ran out.
 */

erpsync_rc_t erpsync_forward_target(erpsync_arena_t *arena,
    erpsync_str_t path, erpsync_str_t args, erpsync_str_t *target);


#endif /* ERPSYNC_FORWARD_H */
