
/*
 * Declarations for the commands on a registry.  The core decides whether a
 * file is a registry.  For listing and editing it is read with jansson, which
 * keeps the order of members.
 */


#ifndef CTL_REGISTRY_H
#define CTL_REGISTRY_H


#include <jansson.h>

#include "ctl.h"


typedef struct {
    erpsync_registry_t  *registry;   /* as the gateway has it */
    json_t              *root;
    json_t              *apps;
} ctl_registry_t;


typedef struct {
    ctl_file_t           file;
    ctl_registry_t       was;
    json_t              *app;        /* the one that the user named, or NULL */
    ctl_token_t         *token;      /* a new one, or NULL */
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


/*
 * What a command exits with if a registry or a file of tenants was not read:
 * CTL_REFUSED if "error" is about the file, CTL_FAILED if memory ran out,
 * which is printed.
 */

ctl_exit_t ctl_unread(const ctl_t *ctl, const char *error);

/*
 * Reads a registry.  Returns CTL_REFUSED if it is not one: "error" says why,
 * and nothing is printed.
 */

ctl_exit_t ctl_registry_read(const ctl_t *ctl, const ctl_buf_t *text,
    ctl_registry_t *r, char error[ERPSYNC_REGISTRY_ERROR_LEN]);

/* Frees a registry that was read. */

void ctl_registry_free(ctl_registry_t *r);

/*
 * Reads a registry from a file, for reading only.  Prints an error, with
 * --json to standard output.
 */

ctl_exit_t ctl_registry_open(const ctl_t *ctl, const char *path,
    ctl_registry_t *r);

/*
 * Verifies the signature of a registry by the public keys of --key.  Returns
 * CTL_REFUSED, after an error was printed, if no key matches.
 */

ctl_exit_t ctl_signature_check(const ctl_t *ctl, const char *path);

/* Returns whether other users may write to a file, as a warning; or NULL. */

const char *ctl_mode_warning(int mode);

/*
 * Opens and reads the file that the user named, for editing, and finds the app
 * whose id is the second operand, if there is one.  With "lock", no other
 * editor can do so meanwhile.  Prints an error.
 */

ctl_exit_t ctl_edit_open(const ctl_t *ctl, ctl_edit_t *edit, bool lock);

/*
 * Replaces the file by edit->was.root: the core verifies it, it is written to
 * another file, edit->token is printed if it was generated, and the file is
 * renamed.  Prints nothing if edit->file.changed is set: then the edit must be
 * repeated.
 */

ctl_exit_t ctl_edit_save(const ctl_t *ctl, ctl_edit_t *edit);

/* Closes the file, unlocks it and frees what was read. */

void ctl_edit_close(ctl_edit_t *edit);

/* Changes a registry that was opened for editing. */

typedef ctl_exit_t (*ctl_change_pt)(const ctl_t *ctl, ctl_edit_t *edit);

/*
 * Opens the registry, edits and closes it.  If another file has replaced it
 * meanwhile, all of this is repeated.
 */

ctl_exit_t ctl_edit(const ctl_t *ctl, ctl_change_pt change,
    ctl_token_t *token);


/* A member of an app that lists what the app is granted. */

typedef struct {
    ctl_opt_t    option;
    const char  *member;
    const char  *noun;         /* of one item */
    const char  *reason;       /* of a refusal */
} ctl_list_t;

extern const ctl_list_t  ctl_lists[];   /* ends with a NULL member */

/*
 * Sets the members of an app that options name.  Returns false after an error
 * was printed.
 */

bool ctl_list_set(const ctl_t *ctl, json_t *app);

/*
 * Returns the items of a list in one line.  Returns NULL if "list" is not an
 * array, which means no limit, or if memory ran out.  The caller frees it.
 */

char *ctl_list_text(json_t *list, const char *separator);

/* The same, but ends the process if memory ran out. */

char *ctl_list_shown(json_t *list, const char *separator);

/*
 * Returns the index of an item in a list, or the size of the list.  Names
 * match without regard to ASCII case.
 */

size_t ctl_list_find(json_t *list, json_t *item);

/*
 * Returns whether the core accepts the app, alone in a registry.  Prints an
 * error in a member as one of the option that the member comes from.
 */

bool ctl_app_judge(const ctl_t *ctl, json_t *app);

/* Returns the app with that id, or NULL after an error was printed. */

json_t *ctl_app_find(const ctl_t *ctl, const ctl_registry_t *r,
    const char *id, bool tell);

/* Returns a list of an app, a new one if it has none.  NULL: no memory. */

json_t *ctl_app_list(json_t *app, const char *member);

/* Return whether the app is enabled, and has the agent ErpSync. */

bool ctl_app_enabled(const json_t *app);
bool ctl_app_has_agent(const json_t *app);

/* Sets "info" to what an entry of "tokens" or "certificates" says. */

void ctl_token_info(const ctl_t *ctl, json_t *token, ctl_token_info_t *info);

/*
 * Of tokens and certificates: the member of an app that lists them, and the
 * word for one.
 */

typedef struct {
    const char  *member;
    const char  *noun;
} ctl_proof_t;

extern const ctl_proof_t  ctl_proofs[2];     /* by erpsync_by_t */

/* Returns the name of a token's state, as in "expired". */

const char *ctl_state_name(ctl_state_t state);

/*
 * Returns a new entry of "tokens" or "certificates" from a digest, the times
 * of a certificate, --not-before and --expires, or NULL after an error was
 * printed.  The caller owns it.
 */

ctl_exit_t ctl_token_entry(const ctl_t *ctl, const ctl_registry_t *r,
    const ctl_token_t *token, json_t **entry);

/*
 * Reads a tenants file, as ctl_registry_open() reads a registry;
 * erpsync_kind_destroy() frees it.
 */

ctl_exit_t ctl_tenants_open(const ctl_t *ctl, const char *path,
    erpsync_tenants_t **tenants);

/* Prints that a file is invalid, and why.  Returns CTL_REFUSED. */

ctl_exit_t ctl_invalid(const ctl_t *ctl, const char *path,
    const char *error);

/* Returns a member that is a string, or NULL. */

static inline const char *
ctl_json_string(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/*
 * Loads a file of JSON; a byte order mark is skipped.  "flags" are jansson's.
 * Returns NULL after an error was printed.
 */

json_t *ctl_json_load(const ctl_t *ctl, const char *path, size_t flags);

/*
 * Set a member of an object, and add to an array.  They take over "value",
 * which may be NULL, and return false after an error was printed.
 */

bool ctl_json_set(const ctl_t *ctl, json_t *object, const char *name,
    json_t *value);
bool ctl_json_add(const ctl_t *ctl, json_t *array, json_t *value);

/*
 * Returns a JSON string.  Bytes that are not UTF-8 are shown as on a terminal.
 */

json_t *ctl_json_text(const char *s);

/* Returns the same for a span; null if it is empty. */

json_t *ctl_json_span(erpsync_str_t s);

/*
 * Sets what options say of unknown members and of the number of field values,
 * as the module's directives do.  Returns false after an error was printed
 * (ctl_body.c).
 */

bool ctl_body_limits(const ctl_t *ctl, erpsync_unknown_t *unknown,
    size_t *max_field_values);

/*
 * Returns the violations of a body, as a new list; with line and column if
 * "input" is not NULL and they are known (ctl_body.c).
 */

json_t *ctl_violations(const erpsync_body_t *body,
    const erpsync_str_t *input);

/*
 * Prints the reason of a refusal, its status and sentence, behind "what", such
 * as "call.json: ".
 */

void ctl_refused(const ctl_t *ctl, const char *what, erpsync_reason_t reason);

/* Writes "value" to standard output as JSON, and frees it. */

ctl_exit_t ctl_print_json(const ctl_t *ctl, json_t *value, ctl_exit_t code);


#endif /* CTL_REGISTRY_H */
