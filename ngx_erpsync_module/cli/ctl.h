
/*
 * erpsyncctl: declarations that its files share.
 *
 * A command is an entry of the table in ctl_commands.c.  It gets its arguments
 * parsed, writes results to standard output and everything else to standard
 * error, and returns the exit status of the process.
 */


#ifndef CTL_H
#define CTL_H


#include <stdio.h>
#include <sys/stat.h>

#include "erpsync.h"


/* Exit status of the process. */

typedef enum {
    CTL_GOOD = 0,
    CTL_REFUSED = 1,        /* the input is invalid or refused */
    CTL_FAILED = 2          /* usage, input or output */
} ctl_exit_t;


/* Every option of every command; a command takes those that it lists. */

typedef enum {
    CTL_OPT_END,
    CTL_OPT_HELP,
    CTL_OPT_JSON,
    CTL_OPT_ID,
    CTL_OPT_NAME,
    CTL_OPT_AGENT,
    CTL_OPT_OPERATION,
    CTL_OPT_TENANT,
    CTL_OPT_ADDRESS,
    CTL_OPT_CONNECTION,
    CTL_OPT_CRM_ACTOR,
    CTL_OPT_ERP_ACTOR,
    CTL_OPT_NARROW,
    CTL_OPT_NOT_BEFORE,
    CTL_OPT_EXPIRES,
    CTL_OPT_GENERATE,
    CTL_OPT_CERTIFICATE,
    CTL_OPT_KEY,
    CTL_OPT_CREATE,
    CTL_OPT_EXPIRE_OLD,
    CTL_OPT_PRUNE,
    CTL_OPT_TOKEN,
    CTL_OPT_REMOVE,
    CTL_OPT_OFF,
    CTL_OPT_WAIT,
    CTL_OPT_WITHIN,
    CTL_OPT_USER,
    CTL_OPT_FAIL_ON_WARNING,
    CTL_OPT_TYPE,
    CTL_OPT_BODY_OPERATION,
    CTL_OPT_UNKNOWN,
    CTL_OPT_MAX_FIELD_VALUES,
    CTL_OPT_INSTALLATION,
    CTL_OPT_REGISTRY,
    CTL_OPT_TENANTS,
    CTL_OPT_APP,
    CTL_OPT_AT,
    CTL_OPT_SHOW_SECRETS,
    CTL_OPT_APP_TOKEN,
    CTL_OPT_CREDENTIALS,
    CTL_OPT_SOAP,
    CTL_OPT_FORWARD_APP_TOKEN,
    CTL_OPT_LANGUAGES,
    CTL_OPT_DEFAULT_LANGUAGE,
    CTL_OPT_DEFAULT_CULTURE,
    CTL_OPT_DEFAULT_TIMEZONE,
    CTL_OPT_ERRORS,
    CTL_OPT_COUNT
} ctl_opt_t;


/* An option as it was given; "value" is "" if it takes none. */

typedef struct {
    ctl_opt_t     option;
    const char   *value;
} ctl_given_t;


typedef struct {
    bool          color;        /* standard error may be coloured */
    bool          color_out;    /* standard output may be */
    int64_t       now;          /* seconds since 1970 */

    bool          json;         /* errors are part of the result */
    char        **failure;      /* the error to print as JSON, or NULL */

    size_t        ngiven;
    ctl_given_t  *given;
    size_t        n;            /* operands */
    const char  **operands;
} ctl_t;


typedef struct {
    ctl_opt_t     option;
    const char   *help;         /* lines are separated by "\n" */
} ctl_use_t;


typedef struct {
    const char       *group;
    const char       *name;
    const char       *operands; /* as in the synopsis */
    size_t            min;      /* operands */
    size_t            max;
    const ctl_use_t  *uses;     /* ends with CTL_OPT_END */
    const char       *summary;
    const char       *text;
    ctl_exit_t      (*run)(ctl_t *ctl);
} ctl_command_t;


extern const ctl_command_t  ctl_commands[];   /* ends with a NULL group */

/* The commands; docs/erpsyncctl.md says what each does. */

ctl_exit_t ctl_registry_check(ctl_t *ctl);
ctl_exit_t ctl_registry_list(ctl_t *ctl);
ctl_exit_t ctl_registry_add(ctl_t *ctl);
ctl_exit_t ctl_registry_rotate(ctl_t *ctl);
ctl_exit_t ctl_registry_revoke(ctl_t *ctl);
ctl_exit_t ctl_registry_enable(ctl_t *ctl);
ctl_exit_t ctl_registry_enforce(ctl_t *ctl);
ctl_exit_t ctl_registry_grant(ctl_t *ctl);
ctl_exit_t ctl_registry_ungrant(ctl_t *ctl);
ctl_exit_t ctl_registry_test(ctl_t *ctl);
ctl_exit_t ctl_registry_diff(ctl_t *ctl);
ctl_exit_t ctl_registry_sign(ctl_t *ctl);
ctl_exit_t ctl_request_check(ctl_t *ctl);
ctl_exit_t ctl_body_check(ctl_t *ctl);
ctl_exit_t ctl_schema_check(ctl_t *ctl);
ctl_exit_t ctl_tenants_check(ctl_t *ctl);
ctl_exit_t ctl_uri_check(ctl_t *ctl);

/* For the shell's completion: prints words, one a line. */

ctl_exit_t ctl_complete(ctl_t *ctl, int argc, char **argv);


/* Options (ctl_options.c). */

/*
 * Reads arguments, with getopt_long(): "argv[0]" is not read.  Returns false
 * after an error was printed.
 */

bool ctl_parse(ctl_t *ctl, const ctl_command_t *command, int argc,
    char **argv);

/* Returns the n-th value of an option, from 0, or NULL. */

const char *ctl_nth(const ctl_t *ctl, ctl_opt_t option, size_t n);

/* Returns whether an option is given. */

static inline bool
ctl_has(const ctl_t *ctl, ctl_opt_t option)
{
    return ctl_nth(ctl, option, 0) != NULL;
}

/* Returns the value that was given first, or "missing" if there is none. */

static inline const char *
ctl_value(const ctl_t *ctl, ctl_opt_t option, const char *missing)
{
    return ctl_has(ctl, option) ? ctl_nth(ctl, option, 0) : missing;
}

/*
 * Returns an option as it is typed, "--id" and so on.  Sets "value", unless it
 * is NULL, to the name of its value; to NULL for an option that takes none.
 */

const char *ctl_option_name(ctl_opt_t option, const char **value);

/*
 * Reads a decimal number up to "max". Returns false after an error was
 * printed.
 */

bool ctl_number(const ctl_t *ctl, ctl_opt_t option, uint64_t max,
    uint64_t *number);

/*
 * Sets "index" to that of an option's value in the words that it takes, as in
 * "on|off"; leaves it as it is if the option is not given.  Returns false
 * after an error was printed.
 */

bool ctl_choice(const ctl_t *ctl, ctl_opt_t option, unsigned *index);

/*
 * Returns the index of a word in "words", such as "on|off", or -1 if it is
 * none of them.
 */

int ctl_word(const char *word, const char *words);


/* Typing errors (ctl_suggest.c). */

/*
 * Returns the word that "word" is probably a typing error for, or NULL if none
 * is similar enough, two are equally similar, or it is the opposite.
 */

const char *ctl_nearest(const char *word, const char **words, size_t n);

/* Prints that there is no such command. */

ctl_exit_t ctl_no_command(const ctl_t *ctl, const char *group,
    const char *name);

/* Prints the help of a command, or of all if "command" is NULL. */

void ctl_help(ctl_t *ctl, const ctl_command_t *command, FILE *out);


/*
 * Messages on standard error (ctl_message.c).  With --json, the first error is
 * kept in "*ctl->failure" instead, for the result.
 */

#if defined(__GNUC__)
#define ctl_format(m, n)  __attribute__((format(printf, m, n)))
#else
#define ctl_format(m, n)
#endif

void ctl_error(const ctl_t *ctl, const char *fmt, ...) ctl_format(2, 3);
void ctl_warn(const ctl_t *ctl, const char *fmt, ...) ctl_format(2, 3);
void ctl_note(const ctl_t *ctl, const char *fmt, ...) ctl_format(2, 3);

typedef enum {
    CTL_BOLD,
    CTL_DIM,
    CTL_RED,
    CTL_GREEN,
    CTL_YELLOW,
    CTL_PLAIN
} ctl_style_t;

/* Returns an escape sequence, or "" if "color" is false. */

const char *ctl_style(bool color, ctl_style_t style);

/*
 * Finishes standard output.  Returns an exit status; prints an error if
 * something could not be written.
 */

ctl_exit_t ctl_flush(const ctl_t *ctl, ctl_exit_t code);


/* Text for people (ctl_text.c). */

/*
 * Writes "s", unless "out" is NULL, as it is displayed: "^I" and so on for a
 * control character, "<ff>" for a byte that is not UTF-8, "<U+202E>" for a
 * character that cannot be printed.  Returns its width in columns.
 */

size_t ctl_put_text(FILE *out, erpsync_str_t s);

/* Returns the width of "s" in columns. */

static inline size_t
ctl_width(erpsync_str_t s)
{
    return ctl_put_text(NULL, s);
}

/* Returns "s" as it is displayed, or NULL.  The caller frees it. */

char *ctl_shown(const char *s);

/*
 * Says that there is no memory, and ends the process: for values that would be
 * missing in what is compared or printed.
 */

_Noreturn void ctl_no_memory(void);

/*
 * Shows a line of "input" and a caret under the column (both from 1; columns
 * are characters). Text that is far from the caret is left out.
 */

void ctl_excerpt(FILE *out, bool color, erpsync_str_t input, size_t line,
    size_t column);

/* Returns a string as a span. */

static inline erpsync_str_t
ctl_str(const char *s)
{
    return erpsync_span(s, strlen(s));
}


/* Times (ctl_time.c). */

#define CTL_TIME_LEN  sizeof("2026-01-01T00:00:00Z")

/* Writes a time as in the registry, in UTC. */

void ctl_time_write(int64_t seconds, char text[CTL_TIME_LEN]);

/*
 * Reads a duration, such as "90d" or "1h30m", in seconds.  Returns -1 if "s"
 * is not a duration.
 */

int64_t ctl_duration(const char *s);

/*
 * Reads a time from an option: RFC 3339, a date (its first second in UTC),
 * "now", or a duration from now.  Sets "time" to seconds since 1970.  Returns
 * false after an error was printed.
 */

bool ctl_time_option(const ctl_t *ctl, ctl_opt_t option, int64_t *time);

/* Writes a time relative to now, such as "in 3 days" or "2 hours ago". */

void ctl_time_distance(int64_t seconds, char *text, size_t size);


/* Files (ctl_file.c, ctl_replace.c, ctl_lock.c, ctl_attributes.c). */

/*
 * Reads a whole file, or standard input for NULL and "-". The caller frees
 * "data"; it is NULL after an error was printed.
 */

typedef struct {
    uint8_t  *data;
    size_t    len;
} ctl_buf_t;

bool ctl_read(const ctl_t *ctl, const char *path, ctl_buf_t *buf);

/*
 * Reads all that is left of a file.  Returns false, and sets errno, on
 * failure.
 */

bool ctl_read_fd(int fd, ctl_buf_t *buf);

/* Writes all of "text".  Returns false, and sets errno, on failure. */

bool ctl_write(int fd, const void *text, size_t len);


/*
 * Sets "error" to the errno with which the user of nginx's workers cannot open
 * a file, or to 0, and "user" to that user's name.  Without --user, only root
 * checks this.  Returns false after an error was printed (ctl_access.c).
 */

bool ctl_access(const ctl_t *ctl, const char *path, const char **user,
    int *error);


/* A file that will be replaced. */

typedef struct {
    const char   *path;      /* as the user named it */
    char         *target;    /* behind symbolic links */
    const char   *base;      /* the last part of "target" */
    char         *temp;      /* in the same directory, if there is one */
    char         *lock_name; /* beside it, too */
    int           dir;
    int           lock;
    int           fd;        /* of the file as it was loaded */
    struct stat   st;
    ctl_buf_t     text;
    bool          created;   /* there is no such file yet */
    bool          temporary; /* "temp" exists */
    bool          changed;   /* another file has replaced it meanwhile */
} ctl_file_t;

/* Prepares a file for ctl_file_open() and ctl_file_close(). */

void ctl_file_init(ctl_file_t *file);

/*
 * Locks the file against other editors, opens and loads it.  Waits "wait"
 * seconds for another editor; does not lock if "wait" is negative.  Returns
 * false after an error was printed.  Call ctl_file_close() in any case.
 */

bool ctl_file_open(const ctl_t *ctl, ctl_file_t *file, const char *path,
    bool create, int64_t wait);

/*
 * Writes the new text to a file in the same directory and syncs it to the
 * disk.  ctl_file_commit() then renames it over the old one; a reader sees the
 * old file or the new one.  Both return false after an error was printed.
 * _commit() also returns false, and prints nothing, if the file is no longer
 * the one that was loaded: file->changed is set then.
 */

bool ctl_file_prepare(const ctl_t *ctl, ctl_file_t *file, const char *text,
    size_t len);
bool ctl_file_commit(const ctl_t *ctl, ctl_file_t *file);

/*
 * Returns whether the file is no longer the one that was loaded; sets
 * ->changed.
 */

bool ctl_file_changed(ctl_file_t *file);

/* Returns whether a signature is beside the file. */

bool ctl_file_signed(const ctl_file_t *file);

/* Removes what is temporary, unlocks the file and frees its memory. */

void ctl_file_close(ctl_file_t *file);

/*
 * Gives "fd" the owner, mode and attributes of the file that is loaded, if one
 * is.  Returns false, and sets errno, on failure.
 */

bool ctl_file_dress(const ctl_t *ctl, const ctl_file_t *file, int fd);

/*
 * Locks the file against other editors; waits "wait" seconds for another one.
 * Returns false after an error was printed.
 */

bool ctl_lock(const ctl_t *ctl, ctl_file_t *file, uint64_t wait);
/* Unlocks the file, if it is locked. */

void ctl_unlock(ctl_file_t *file);


/* App tokens (ctl_token.c) and certificates (ctl_openssl.c). */

#define CTL_TOKEN_MAX    4096
#define CTL_DIGEST_HEX   (2 * ERPSYNC_DIGEST_LEN)
#define CTL_PREFIX       8    /* number of digits of a digest that are shown */

typedef struct {
    erpsync_by_t  by;
    size_t        len;
    uint8_t       text[CTL_TOKEN_MAX + 2];
    bool          generated;
    bool          printed;

    uint8_t       digest[ERPSYNC_DIGEST_LEN];
    char          hex[CTL_DIGEST_HEX + 1];

    char          not_before[CTL_TIME_LEN];  /* of a certificate */
    char          expires[CTL_TIME_LEN];
} ctl_token_t;

/*
 * Reads a token from standard input, or makes a new one with --generate, and
 * computes its digest.  Only a generated token is kept, until it is shown.
 */

bool ctl_token_get(const ctl_t *ctl, ctl_token_t *token);

/* Prints a generated token, and erases it. */

bool ctl_token_print(const ctl_t *ctl, ctl_token_t *token);

/* Writes a digest in hexadecimal digits. */

void ctl_digest_write(const uint8_t digest[ERPSYNC_DIGEST_LEN],
    char hex[CTL_DIGEST_HEX + 1]);

/*
 * Reads the first certificate of a file of PEM, its digest and its times.
 * Returns false after an error was printed.
 */

bool ctl_certificate_get(const ctl_t *ctl, const char *path,
    ctl_token_t *token);

/* Overwrites memory that had a secret. */

void ctl_wipe(void *p, size_t size);


#endif /* CTL_H */
