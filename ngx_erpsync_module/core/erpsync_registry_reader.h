
/*
 * The parts of the reader of a registry file: its frame, in steps
 * (erpsync_registry_job.c), its text made brief for jansson
 * (erpsync_registry_brief.c), an app and its tokens
 * (erpsync_registry_read.c) and what the app is granted
 * (erpsync_registry_grants.c).
 */


#ifndef ERPSYNC_REGISTRY_READER_H
#define ERPSYNC_REGISTRY_READER_H


#include <jansson.h>

#include "erpsync_registry_internal.h"


#define ERPSYNC_INVALID  1     /* beside erpsync_rc_t: an error is told */


#define ERPSYNC_NOWHERE  SIZE_MAX


/*
 * A copy of a part of the file in which each value of a "sha256" that is 64
 * hexadecimal digits is made an empty string: jansson takes longer for the
 * digits of a digest than for the rest of a small app.
 *
 * The part begins outside of any string, so that what is taken out is the
 * value of a member named so, or an app with it is refused anyway: either
 * text is read to the same tree but for these values, or is none.  They come
 * back in the order of the text.  An empty string that stood there before is
 * told by their number: then more are asked for than there are.  Wherever
 * the brief text is not read to its end, the file's own text is, which alone
 * tells errors.
 */

#define ERPSYNC_BRIEF_WINDOW   16384   /* bytes of the file */
#define ERPSYNC_BRIEF_DIGESTS  (ERPSYNC_BRIEF_WINDOW                          \
                                / (2 * ERPSYNC_DIGEST_LEN) + 1)

typedef struct {
    size_t               pos;         /* of what is to be read next */
    size_t               len;
    size_t               next;        /* of "digests", to be given out */
    size_t               n;
    size_t               at[ERPSYNC_BRIEF_DIGESTS];    /* in "text" */
    uint8_t              digests[ERPSYNC_BRIEF_DIGESTS][ERPSYNC_DIGEST_LEN];
    char                 text[ERPSYNC_BRIEF_WINDOW];
} erpsync_brief_t;


/* Where in the file the reader is: kept apart, as few places are told. */

typedef struct {
    erpsync_registry_t  *registry;
    char                *error;
    size_t               app;         /* or ERPSYNC_NOWHERE */
    size_t               token;       /* of that app; the same */
    erpsync_app_t        grants;      /* of this app, as read so far */
    erpsync_brief_t     *brief;       /* where digests are, or NULL */
} erpsync_reader_t;


/* Fills "brief" from the beginning of "text". */

void erpsync_brief_fill(erpsync_brief_t *brief, erpsync_str_t text);


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

/* The same of a member that is not known; its name is shown with care. */

int erpsync_invalid_member(erpsync_reader_t *reader, const char *name);


/* Reads an app, the next one. */

int erpsync_read_app(erpsync_reader_t *reader, json_t *app);

/* Keeps text in the snapshot; ERPSYNC_OK or ERPSYNC_ERROR. */

int erpsync_keep_text(erpsync_reader_t *reader, const char *s, size_t len,
    erpsync_range_t *range);


/*
 * Each reads one member of an app; "place" is its name in errors.
 * ERPSYNC_OK, ERPSYNC_ERROR or ERPSYNC_INVALID.
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
