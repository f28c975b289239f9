
/*
 * erpsyncctl: what its parts share.
 *
 * A command is an entry of the table in ctl_main.c.  It gets its arguments
 * parsed, writes results to standard output and everything else to standard
 * error, and returns what the process exits with.
 */


#ifndef CTL_H
#define CTL_H


#include <stdio.h>
#include <sys/stat.h>

#include "erpsync.h"


#define CTL_VERSION  "1.0.0"


/* What the process exits with. */

typedef enum {
    CTL_GOOD = 0,
    CTL_REFUSED = 1,        /* what was looked at is invalid or refused */
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
    CTL_OPT_NOT_BEFORE,
    CTL_OPT_EXPIRES,
    CTL_OPT_GENERATE,
    CTL_OPT_CREATE,
    CTL_OPT_EXPIRE_OLD,
    CTL_OPT_PRUNE,
    CTL_OPT_TOKEN,
    CTL_OPT_REMOVE,
    CTL_OPT_WAIT,
    CTL_OPT_WITHIN,
    CTL_OPT_TYPE,
    CTL_OPT_BODY_OPERATION,
    CTL_OPT_UNKNOWN,
    CTL_OPT_MAX_FIELD_VALUES,
    CTL_OPT_INSTALLATION,
    CTL_OPT_COUNT
} ctl_opt_t;


typedef struct {
    size_t        n;
    const char  **values;       /* NULL for an option without values */
} ctl_values_t;


typedef struct {
    bool          color;        /* standard error may be coloured */
    bool          color_out;    /* standard output may be */
    int64_t       now;          /* seconds since 1970 */

    ctl_values_t  options[CTL_OPT_COUNT];
    size_t        n;            /* operands */
    const char  **operands;
} ctl_t;


typedef struct {
    ctl_opt_t     option;
    const char   *help;         /* lines are parted by "\n" */
} ctl_use_t;


typedef struct {
    const char       *group;
    const char       *name;
    const char       *operands; /* as the synopsis has them */
    size_t            min;      /* operands */
    size_t            max;
    const ctl_use_t  *uses;     /* ends with CTL_OPT_END */
    const char       *summary;
    const char       *text;
    ctl_exit_t      (*run)(ctl_t *ctl);
} ctl_command_t;


extern const ctl_command_t  ctl_commands[];   /* ends with a NULL group */

ctl_exit_t ctl_registry_check(ctl_t *ctl);
ctl_exit_t ctl_registry_list(ctl_t *ctl);
ctl_exit_t ctl_registry_add(ctl_t *ctl);
ctl_exit_t ctl_registry_rotate(ctl_t *ctl);
ctl_exit_t ctl_registry_revoke(ctl_t *ctl);
ctl_exit_t ctl_registry_enable(ctl_t *ctl);
ctl_exit_t ctl_body_check(ctl_t *ctl);
ctl_exit_t ctl_schema_check(ctl_t *ctl);
ctl_exit_t ctl_uri_check(ctl_t *ctl);

/* For the shell's completion: words, one a line. */

ctl_exit_t ctl_complete(ctl_t *ctl, int argc, char **argv);


/* Options (ctl_options.c). */

/* Reads arguments; false, and the user is told, where they are wrong. */

bool ctl_parse(ctl_t *ctl, const ctl_command_t *command, int argc,
    char **argv);

static inline bool
ctl_has(const ctl_t *ctl, ctl_opt_t option)
{
    return ctl->options[option].n > 0;
}

/* The value given last, or "missing". */

const char *ctl_value(const ctl_t *ctl, ctl_opt_t option,
    const char *missing);

/* "--id" and so on; "value" is NULL for an option that takes none. */

const char *ctl_option_name(ctl_opt_t option, const char **value,
    bool *repeated);

/* A decimal number up to "max"; false, and the user is told, otherwise. */

bool ctl_number(const ctl_t *ctl, ctl_opt_t option, uint64_t max,
    uint64_t *number);

/* The one of "n" words that "word" is a likely slip of, or NULL. */

const char *ctl_nearest(const char *word, const char **words, size_t n);

void ctl_help(ctl_t *ctl, const ctl_command_t *command, FILE *out);


/* Messages on standard error (ctl_message.c). */

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

/* An escape sequence, or "" where "color" is false. */

const char *ctl_style(bool color, ctl_style_t style);

/* Ends writing to standard output: what failed is told. */

ctl_exit_t ctl_flush(const ctl_t *ctl, ctl_exit_t code);


/* Text for people (ctl_text.c). */

/*
 * The next character of "s" as it is shown: itself, "^I" and so on for a
 * control character, "<ff>" for a byte that is no UTF-8, "<U+202E>" for one
 * that cannot be printed.  Returns its bytes in "s"; "*width" is in columns.
 */

#define CTL_SHOWN_LEN  16

size_t ctl_show(erpsync_str_t s, char shown[CTL_SHOWN_LEN], size_t *width);

/* Writes "s" so; returns its width. */

size_t ctl_put_text(FILE *out, erpsync_str_t s);

size_t ctl_width(erpsync_str_t s);

/*
 * Shows the line of "input" and a caret under the column (both from 1,
 * columns are characters).  What is far from the place is left out.
 */

void ctl_excerpt(FILE *out, bool color, erpsync_str_t input, size_t line,
    size_t column);

static inline erpsync_str_t
ctl_str(const char *s)
{
    return erpsync_span(s, strlen(s));
}


/* Times (ctl_time.c). */

#define CTL_TIME_LEN  sizeof("2026-01-01T00:00:00Z")

/* As in the registry; in UTC. */

void ctl_time_write(int64_t seconds, char text[CTL_TIME_LEN]);

/* "90d", "1h30m": seconds; -1 where it is none. */

int64_t ctl_duration(const char *s);

/*
 * The value of an option as a time of the registry: RFC 3339, a date (its
 * first second in UTC), "now", or a duration from now.  False, and the user
 * is told, where it is none.  "text" is written in RFC 3339 in UTC.
 */

bool ctl_time_option(const ctl_t *ctl, ctl_opt_t option,
    char text[CTL_TIME_LEN]);

/* "in 3 days", "2 hours ago" */

void ctl_time_distance(int64_t seconds, char *text, size_t size);


/* Places in JSON text (ctl_place.c). */

typedef struct {
    size_t  line;
    size_t  column;
} ctl_place_t;

/*
 * Where the value at JSON Pointer "path" stands in "json", which is
 * well-formed; names match without regard to ASCII case.  Of a name that
 * stands several times its occurrence "nth" (from 0) is meant, and the place
 * is that of the name where "name" is set.  Where a value is missing, the
 * place is that of what should hold it.  False where "path" leads nowhere.
 */

bool ctl_place(erpsync_str_t json, erpsync_str_t path, size_t nth, bool name,
    ctl_place_t *place);


/* Files (ctl_file.c, ctl_replace.c, ctl_lock.c, ctl_attributes.c). */

/*
 * A whole file, or standard input for NULL and "-"; "data" is to be freed.
 * NULL data: it failed, and the user was told.
 */

typedef struct {
    uint8_t  *data;
    size_t    len;
} ctl_buf_t;

bool ctl_read(const ctl_t *ctl, const char *path, ctl_buf_t *buf);

bool ctl_read_fd(int fd, ctl_buf_t *buf);


/* A file that is to be replaced. */

typedef struct {
    const char   *path;      /* as the user named it */
    char         *target;    /* behind symbolic links */
    const char   *base;      /* the last part of "target" */
    char         *temp;      /* beside it, if there is one */
    char         *lock_name; /* beside it, too */
    int           dir;
    int           lock;
    int           fd;        /* of the file as it was loaded */
    struct stat   st;
    ctl_buf_t     text;
    bool          created;   /* there is no such file yet */
    bool          temporary; /* "temp" exists */
    bool          changed;   /* another one has taken its place meanwhile */
} ctl_file_t;

void ctl_file_init(ctl_file_t *file);

/*
 * Locks the file against other editors, opens and loads it.  Waits "wait"
 * seconds for another editor; does not lock if "wait" is negative.  Returns
 * false after an error was told.  ctl_file_close() follows in any case.
 */

bool ctl_file_open(const ctl_t *ctl, ctl_file_t *file, const char *path,
    bool create, int64_t wait);

/*
 * Writes the new text beside the file and brings it to the disk; then puts
 * it in the file's place.  In between, nothing has changed for a reader.
 * Both return false after an error was told.  _commit() also returns false,
 * and tells nothing, if the file is no longer the one that was loaded:
 * file->changed is set then.
 */

bool ctl_file_prepare(const ctl_t *ctl, ctl_file_t *file, const char *text,
    size_t len);
bool ctl_file_commit(const ctl_t *ctl, ctl_file_t *file);

/* Whether the file is no longer the one that was loaded; sets ->changed. */

bool ctl_file_changed(ctl_file_t *file);

void ctl_file_close(ctl_file_t *file);

/* Gives "fd" the file's owner, rights and attributes; false: see errno. */

bool ctl_file_dress(const ctl_t *ctl, const ctl_file_t *file, int fd);

bool ctl_lock(const ctl_t *ctl, ctl_file_t *file, uint64_t wait);
void ctl_unlock(ctl_file_t *file);


/* App tokens (ctl_token.c). */

#define CTL_TOKEN_MAX    4096
#define CTL_DIGEST_HEX   (2 * ERPSYNC_DIGEST_LEN)
#define CTL_PREFIX       8    /* digits of a digest that are ever shown */

typedef struct {
    size_t   len;
    uint8_t  text[CTL_TOKEN_MAX + 2];
    bool     generated;
    bool     printed;

    uint8_t  digest[ERPSYNC_DIGEST_LEN];
    char     hex[CTL_DIGEST_HEX + 1];
} ctl_token_t;

/*
 * A token from standard input, or a new one where --generate was given, and
 * its digest.  Only a generated one is kept, until it is shown.
 */

bool ctl_token_get(const ctl_t *ctl, ctl_token_t *token);

/* Prints a generated token, once. */

bool ctl_token_print(const ctl_t *ctl, ctl_token_t *token);

void ctl_wipe(void *p, size_t size);


#endif /* CTL_H */
