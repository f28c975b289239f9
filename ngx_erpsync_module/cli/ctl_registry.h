
/*
 * What the commands on a registry share.  The core says whether a file is a
 * registry; jansson, which keeps the order of members, reads what is listed
 * and edited.
 */


#ifndef CTL_REGISTRY_H
#define CTL_REGISTRY_H


#include <jansson.h>

#include "ctl.h"


typedef struct {
    erpsync_registry_t  *registry;   /* what the gateway makes of it */
    json_t              *root;
    json_t              *apps;
} ctl_registry_t;


typedef struct {
    ctl_file_t           file;
    ctl_registry_t       was;
} ctl_edit_t;


typedef enum {
    CTL_TOKEN_VALID,
    CTL_TOKEN_EXPIRED,
    CTL_TOKEN_NOT_YET
} ctl_state_t;

typedef struct {
    erpsync_str_t        prefix;      /* of the digest */
    const char          *not_before;  /* as in the file, or NULL */
    const char          *expires;
    int64_t              from;        /* INT64_MIN without one */
    int64_t              to;          /* INT64_MAX without one */
    ctl_state_t          state;
} ctl_token_info_t;


/* CTL_REFUSED: it is no registry; "error" says why, and nobody is told. */

ctl_exit_t ctl_registry_read(const ctl_t *ctl, const ctl_buf_t *text,
    ctl_registry_t *r, char error[ERPSYNC_REGISTRY_ERROR_LEN]);

void ctl_registry_free(ctl_registry_t *r);

/* Of a file for reading; an error is told, with --json on standard output. */

ctl_exit_t ctl_registry_open(const ctl_t *ctl, const char *path,
    ctl_registry_t *r);

/* Warns of a file that others may write. */

void ctl_registry_warn_mode(const ctl_t *ctl, const char *path, int mode);

/*
 * Opens and reads the file that the user named, for editing; with "lock", no
 * other editor does so meanwhile.  An error is told.
 */

ctl_exit_t ctl_edit_open(const ctl_t *ctl, ctl_edit_t *edit, bool lock);

/*
 * Makes edit->was.root the file: verified by the core, written aside,
 * "token" (unless NULL) printed if it is a new one, put in place.  Nothing is
 * told if edit->file.changed: then all is to be done again.
 */

ctl_exit_t ctl_edit_save(const ctl_t *ctl, ctl_edit_t *edit,
    ctl_token_t *token);

void ctl_edit_close(ctl_edit_t *edit);

/* The app of that id; NULL, and the user is told, where there is none. */

json_t *ctl_app_find(const ctl_t *ctl, const ctl_registry_t *r,
    const char *id, bool tell);

bool ctl_app_enabled(const json_t *app);
bool ctl_app_has_agent(const json_t *app);

void ctl_token_info(const ctl_t *ctl, json_t *token, ctl_token_info_t *info);

const char *ctl_state_name(ctl_state_t state);

/*
 * A new entry of "tokens" from a token's digest, --not-before and
 * --expires.  NULL, and the user is told, where it cannot be.
 */

ctl_exit_t ctl_token_entry(const ctl_t *ctl, const ctl_registry_t *r,
    const ctl_token_t *token, json_t **entry);

/* A string, in which what is not UTF-8 is shown as on a terminal. */

json_t *ctl_json_text(const char *s);

/* Writes "value" to standard output as --json does; takes it over. */

ctl_exit_t ctl_print_json(const ctl_t *ctl, json_t *value, ctl_exit_t code);


#endif /* CTL_REGISTRY_H */
