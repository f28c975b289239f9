
/*
 * Files that operators write and the gateway loads again when they change: the
 * app registry (erpsync_registry.h), and the tenants file (erpsync_tenants.h).
 * They share the way in which they are loaded:
 *
 *     erpsync_loader.c   finds out whether the file has changed, and reads it
 *     erpsync_job.c      turns its text into a snapshot, in steps
 *
 * A snapshot is immutable.  What it is depends on the kind of file.
 */


#ifndef ERPSYNC_FILE_H
#define ERPSYNC_FILE_H


#include "erpsync_digest.h"
#include "erpsync_signature.h"


#define ERPSYNC_FILE_ERROR_LEN  512

/*
 * The largest file, in bytes.  So offsets and counts fit in 32 bits.
 */

#define ERPSYNC_FILE_MAX        (512 * 1024 * 1024)


/* The signature of a file is in the file of its name and this suffix. */

#define ERPSYNC_SIGNATURE_SUFFIX  ".sig"


/* A kind of file, such as erpsync_registry_kind. */

typedef struct erpsync_kind_s  erpsync_kind_t;

/* Returns its name in directives and messages, such as "registry". */

const char *erpsync_kind_name(const erpsync_kind_t *kind);

/* Returns the name of its entries in messages, such as "apps". */

const char *erpsync_kind_entries(const erpsync_kind_t *kind);

/* Returns the number of entries in a snapshot of that kind. */

size_t erpsync_kind_count(const erpsync_kind_t *kind, const void *snapshot);

/*
 * Returns the "sequence" of the file that a snapshot was made from, or
 * ERPSYNC_NO_SEQUENCE, which is lower than any.
 */

#define ERPSYNC_NO_SEQUENCE  (-1)

int64_t erpsync_kind_sequence(const erpsync_kind_t *kind,
    const void *snapshot);

/* Gives a snapshot the SHA-256 of the file that it was made from. */

void erpsync_kind_digest(const erpsync_kind_t *kind, void *snapshot,
    const uint8_t digest[ERPSYNC_DIGEST_LEN]);

/*
 * Returns what differs from the snapshot that it was compared with, as in
 * "added acme-erp; changed beta, gamma and 3 more"; empty if nothing does, or
 * it was compared with none.  At most 2 KB, as long as the snapshot lives.
 */

erpsync_str_t erpsync_kind_changes(const erpsync_kind_t *kind,
    const void *snapshot);

/*
 * Frees a part of a snapshot, in less than a millisecond.  Returns whether
 * there is more to free; call it again then.
 */

bool erpsync_kind_dismantle(const erpsync_kind_t *kind, void *snapshot);

/* Frees a snapshot at once; NULL is allowed. */

void erpsync_kind_destroy(const erpsync_kind_t *kind, void *snapshot);


/* Returns the JSON text of a file, without a UTF-8 byte order mark. */

erpsync_str_t erpsync_file_text(erpsync_str_t file);


/*
 * Turns the text of a file into a snapshot in steps, so that the caller can
 * do other work between them.
 *
 * erpsync_job_begin() returns NULL if memory ran out.  erpsync_job_step()
 * reads about "work" bytes, but at least one entry, and returns whether more
 * steps are needed.  erpsync_job_end() frees the job.  It returns the
 * snapshot, which the caller then owns, or NULL if the text is invalid,
 * memory ran out, or more steps are needed.
 *
 * "text" and "error" must stay in place until erpsync_job_end().  If that
 * returns NULL, "error" is one line that names the place, such as
 * "apps[2].tokens[0].sha256: must be 64 hexadecimal digits" or "line 3,
 * column 7: ...", or "no memory".  It never quotes a digest or a token.
 */

typedef struct erpsync_job_s  erpsync_job_t;

erpsync_job_t *erpsync_job_begin(const erpsync_kind_t *kind,
    erpsync_str_t text, char error[ERPSYNC_FILE_ERROR_LEN]);
bool erpsync_job_step(erpsync_job_t *job, size_t work);

/*
 * Makes the job compare the new snapshot with "former", which is of the same
 * kind, or NULL, and must stay in place until erpsync_job_end().  A "sequence"
 * that is lower than "least" is an error.  Call this before the first step.
 */

void erpsync_job_compare(erpsync_job_t *job, const void *former,
    int64_t least);

void *erpsync_job_end(erpsync_job_t *job);

/* Does all the steps at once, and returns what erpsync_job_end() returns. */

void *erpsync_job_run(const erpsync_kind_t *kind, erpsync_str_t text,
    char error[ERPSYNC_FILE_ERROR_LEN]);


/* What stat() returns for a file; a change of the file changes it. */

typedef struct {
    uint64_t            device;
    uint64_t            inode;
    int64_t             size;
    int64_t             mtime;     /* nanoseconds since 1970 */
    int64_t             ctime;
} erpsync_stamp_t;

/*
 * The state of a file when it was last read, to find out whether it has
 * changed.  The caller keeps it from one load to the next, and sets it to zero
 * before the first.
 *
 * Every write sets "ctime", but its clock may be coarse.  A file that was
 * changed just before it was read is "warm": another change may leave "ctime"
 * as it is.  The content of a warm file is read again.
 */

typedef struct {
    int                 error;     /* errno, if it cannot be read */
    bool                read;      /* "digest" is set */
    bool                warm;
    erpsync_stamp_t     stamp;
    erpsync_stamp_t     signed_by;                    /* of its signature */
    uint8_t             signature[ERPSYNC_SIGNATURE_LEN];
    uint8_t             digest[ERPSYNC_DIGEST_LEN];   /* of the content */
} erpsync_file_t;

/* Returns a number for that state: workers that saw the same get the same. */

uint64_t erpsync_file_identity(const erpsync_file_t *file);

/*
 * Loads a file in steps, if it has changed since "file" was set.  "work" is
 * as in erpsync_job_step().  Only regular files are opened.  "error" does not
 * repeat the path.
 *
 * A loader may run in a thread of its own: all that it shares with others is
 * the immutable snapshot "former".  The path, "error" and "former" must stay
 * in place until erpsync_loader_end(), which updates "file".
 *
 * With keys, the file with ".sig" behind its name must have a signature of
 * the bytes of the file by one of the keys.  If either file changes, both are
 * loaded.  The signature is verified in one step; its time grows with the
 * file.
 *
 * If memory ran out, or another failure does not depend on the file, the next
 * loader reads the file again, even if it has not changed.
 */

typedef enum {
    ERPSYNC_LOAD_SAME,             /* nothing has changed */
    ERPSYNC_LOAD_DONE,             /* "snapshot" is set */
    ERPSYNC_LOAD_FAILED,           /* "error" is set; not the one before */
    ERPSYNC_LOAD_GIVEN_UP          /* more steps were needed */
} erpsync_load_t;

typedef struct erpsync_loader_s  erpsync_loader_t;

/* The file that is loaded. */

typedef struct {
    const erpsync_kind_t  *kind;
    const char            *path;
    erpsync_keys_t        *keys;   /* NULL: it is not signed */
    const void            *former; /* the snapshot in force, with which the new
                                      one is compared; or NULL */
    int64_t                sequence; /* with keys: the lowest that is valid,
                                      or ERPSYNC_NO_SEQUENCE */
} erpsync_source_t;

/* Returns NULL if memory ran out.  Counts as a user of the keys. */

erpsync_loader_t *erpsync_loader_begin(const erpsync_source_t *source,
    const erpsync_file_t *file, char error[ERPSYNC_FILE_ERROR_LEN]);
bool erpsync_loader_step(erpsync_loader_t *loader, size_t work);

/*
 * Frees the loader.  Sets "*snapshot", which the caller owns then, to NULL
 * unless it returns ERPSYNC_LOAD_DONE.
 */

erpsync_load_t erpsync_loader_end(erpsync_loader_t *loader, void **snapshot,
    erpsync_file_t *file);


#endif /* ERPSYNC_FILE_H */
