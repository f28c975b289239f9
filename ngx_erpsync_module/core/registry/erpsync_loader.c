
#define _POSIX_C_SOURCE  200809L

/* stat() fails on a machine of 32 bits if size or inode number need more. */

#define _FILE_OFFSET_BITS  64

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "erpsync_registry_internal.h"


#define ERPSYNC_LOAD_STEP  65536

#define ERPSYNC_LOAD_SIGNATURE  4096      /* bytes of its file */

/* Times of files have a resolution of up to 10 ms, in FAT of 2 s. */

#define ERPSYNC_LOAD_WARM  2000000000


typedef enum {
    ERPSYNC_LOADER_OPEN,
    ERPSYNC_LOADER_READ,
    ERPSYNC_LOADER_VERIFY,
    ERPSYNC_LOADER_PARSE,
    ERPSYNC_LOADER_FREE,
    ERPSYNC_LOADER_END
} erpsync_loader_state_t;


struct erpsync_loader_s {
    erpsync_source_t          source;
    char                     *error;
    char                     *signature;   /* path of the signature */
    erpsync_loader_state_t    state;
    erpsync_load_t            outcome;

    erpsync_file_t            known;     /* the state before */
    erpsync_file_t            file;

    int                       fd;          /* of what is being read */
    int64_t                   opened;    /* nanoseconds since 1970 */
    erpsync_vec_t             text;
    erpsync_digester_t       *digester;
    erpsync_job_t            *job;
    void                     *snapshot;
};


static void erpsync_loader_open(erpsync_loader_t *loader);
static bool erpsync_loader_changed(erpsync_loader_t *loader);
static bool erpsync_loader_open_file(erpsync_loader_t *loader,
    const char *path, erpsync_stamp_t *stamp);
static bool erpsync_loader_signature(erpsync_loader_t *loader);
static void erpsync_loader_read(erpsync_loader_t *loader);
static bool erpsync_loader_takes(erpsync_loader_t *loader,
    const struct stat *st);
static bool erpsync_loader_hopeless(const erpsync_loader_t *loader, size_t n);
static void erpsync_loader_all_read(erpsync_loader_t *loader);
static void erpsync_loader_judge(erpsync_loader_t *loader);
static void erpsync_loader_verify(erpsync_loader_t *loader);
static void erpsync_loader_parse(erpsync_loader_t *loader);
static void erpsync_loader_no_memory(erpsync_loader_t *loader);
static void erpsync_loader_parsed(erpsync_loader_t *loader);
static void erpsync_loader_refuse(erpsync_loader_t *loader, const char *what,
    int error, const char *message);
static void erpsync_loader_end_with(erpsync_loader_t *loader,
    erpsync_load_t outcome);
static void erpsync_stamp_set(erpsync_stamp_t *stamp, const struct stat *st);
static bool erpsync_file_same(const erpsync_file_t *a,
    const erpsync_file_t *b);
static uint64_t erpsync_mix(uint64_t hash, const void *data, size_t size);
static int64_t erpsync_nanoseconds(const struct timespec *ts);


erpsync_loader_t *
erpsync_loader_begin(const erpsync_source_t *source,
    const erpsync_file_t *file, char error[ERPSYNC_FILE_ERROR_LEN])
{
    size_t             len;
    erpsync_loader_t  *loader;

    (void) snprintf(error, ERPSYNC_FILE_ERROR_LEN, "no memory");

    loader = calloc(1, sizeof(erpsync_loader_t));
    if (loader == NULL) {
        return NULL;
    }

    len = strlen(source->path) + sizeof(ERPSYNC_SIGNATURE_SUFFIX);

    loader->digester = erpsync_digester_create();
    loader->signature = malloc(len);

    if (loader->digester == NULL || loader->signature == NULL) {
        erpsync_digester_destroy(loader->digester);
        free(loader->signature);
        free(loader);
        return NULL;
    }

    (void) snprintf(loader->signature, len, "%s" ERPSYNC_SIGNATURE_SUFFIX,
                    source->path);

    loader->source = *source;
    loader->source.keys = erpsync_keys_hold(source->keys);
    loader->error = error;
    loader->known = *file;
    loader->outcome = ERPSYNC_LOAD_GIVEN_UP;
    loader->fd = -1;

    return loader;
}


bool
erpsync_loader_step(erpsync_loader_t *loader, size_t work)
{
    size_t  spent;

    for (spent = 0;
         spent < work && loader->state != ERPSYNC_LOADER_END;
         spent += ERPSYNC_LOAD_STEP)
    {
        switch (loader->state) {

        case ERPSYNC_LOADER_OPEN:
            erpsync_loader_open(loader);
            break;

        case ERPSYNC_LOADER_READ:
            erpsync_loader_read(loader);
            break;

        case ERPSYNC_LOADER_VERIFY:
            erpsync_loader_verify(loader);
            break;

        case ERPSYNC_LOADER_PARSE:

            if (!erpsync_job_step(loader->job, work)) {
                erpsync_loader_parsed(loader);
            }

            return true;

        default: /* ERPSYNC_LOADER_FREE */

            if (!erpsync_vec_free(&loader->text, 1, true)) {
                loader->state = ERPSYNC_LOADER_END;
            }
        }
    }

    return loader->state != ERPSYNC_LOADER_END;
}


erpsync_load_t
erpsync_loader_end(erpsync_loader_t *loader, void **snapshot,
    erpsync_file_t *file)
{
    erpsync_load_t  outcome;

    outcome = loader->outcome;

    if (loader->job) {
        (void) erpsync_job_end(loader->job);
    }

    if (loader->state != ERPSYNC_LOADER_END) {
        erpsync_kind_destroy(loader->source.kind, loader->snapshot);
        loader->snapshot = NULL;
        outcome = ERPSYNC_LOAD_GIVEN_UP;
    }

    if (outcome != ERPSYNC_LOAD_GIVEN_UP) {
        *file = loader->file;
    }

    *snapshot = loader->snapshot;

    if (loader->fd != -1) {
        (void) close(loader->fd);
    }

    (void) erpsync_vec_free(&loader->text, 1, false);
    erpsync_digester_destroy(loader->digester);
    erpsync_keys_release(loader->source.keys);
    free(loader->signature);
    free(loader);

    return outcome;
}


static void
erpsync_loader_open(erpsync_loader_t *loader)
{
    struct timespec  now;

    if (!erpsync_loader_changed(loader)) {
        return;
    }

    (void) clock_gettime(CLOCK_REALTIME, &now);
    loader->opened = erpsync_nanoseconds(&now);

    if (loader->source.keys && !erpsync_loader_signature(loader)) {
        return;
    }

    if (!erpsync_loader_open_file(loader, loader->source.path,
                                  &loader->file.stamp))
    {
        return;
    }

    if (erpsync_digest_begin(loader->digester) != ERPSYNC_OK) {
        erpsync_loader_refuse(loader, "cannot read", ENOMEM, NULL);
        return;
    }

    loader->state = ERPSYNC_LOADER_READ;
}


/* Returns whether the file or its signature must be read. */

static bool
erpsync_loader_changed(erpsync_loader_t *loader)
{
    struct stat  st;

    if (stat(loader->source.path, &st) != 0) {
        erpsync_loader_refuse(loader, "cannot open", errno, NULL);
        return false;
    }

    erpsync_stamp_set(&loader->file.stamp, &st);

    if (!erpsync_loader_takes(loader, &st)) {
        return false;
    }

    if (loader->source.keys) {

        if (stat(loader->signature, &st) != 0) {
            erpsync_loader_refuse(loader, "cannot open its signature "
                                  "(" ERPSYNC_SIGNATURE_SUFFIX ")", errno,
                                  NULL);
            return false;
        }

        erpsync_stamp_set(&loader->file.signed_by, &st);
    }

    if (loader->known.read && !loader->known.error && !loader->known.warm
        && erpsync_file_same(&loader->file, &loader->known))
    {
        loader->file = loader->known;
        erpsync_loader_end_with(loader, ERPSYNC_LOAD_SAME);
        return false;
    }

    return true;
}


/*
 * Opens a file.  Only regular files are opened, as the caller has checked: to
 * open a pipe or a device may block or change something.  O_NONBLOCK is for a
 * pipe that replaces the file in between, and for a file with a
 * lease.  Returns false after an error.
 */

static bool
erpsync_loader_open_file(erpsync_loader_t *loader, const char *path,
    erpsync_stamp_t *stamp)
{
    struct stat  st;

    loader->fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK|O_NOCTTY);

    if (loader->fd == -1) {
        erpsync_loader_refuse(loader, "cannot open", errno, NULL);
        return false;
    }

    if (fstat(loader->fd, &st) != 0) {
        erpsync_loader_refuse(loader, "cannot read", errno, NULL);
        return false;
    }

    erpsync_stamp_set(stamp, &st);

    return erpsync_loader_takes(loader, &st);
}


/* Reads the signature; returns false after an error. */

static bool
erpsync_loader_signature(erpsync_loader_t *loader)
{
    ssize_t      n;
    uint8_t      text[ERPSYNC_LOAD_SIGNATURE];
    struct stat  st;

    static const char  what[] = "cannot read its signature "
                                "(" ERPSYNC_SIGNATURE_SUFFIX ")";

    if (stat(loader->signature, &st) != 0 || !S_ISREG(st.st_mode)) {
        erpsync_loader_refuse(loader, what, EINVAL, "it is not a regular file");
        return false;
    }

    if (!erpsync_loader_open_file(loader, loader->signature,
                                  &loader->file.signed_by))
    {
        return false;
    }

    n = read(loader->fd, text, sizeof(text));

    if (n == -1) {
        erpsync_loader_refuse(loader, what, errno, NULL);
        return false;
    }

    (void) close(loader->fd);
    loader->fd = -1;

    if (!erpsync_signature_parse(erpsync_span(text, (size_t) n),
                                 loader->file.signature))
    {
        erpsync_loader_refuse(loader, what, EBADMSG,
                              "it must be 64 bytes in base64");
        return false;
    }

    return true;
}


static bool
erpsync_loader_takes(erpsync_loader_t *loader, const struct stat *st)
{
    if (!S_ISREG(st->st_mode)) {
        erpsync_loader_refuse(loader, "cannot read", EINVAL,
                              S_ISDIR(st->st_mode) ? "it is a directory"
                                                   : "it is not a regular "
                                                     "file");
        return false;
    }

    if (st->st_size > ERPSYNC_FILE_MAX) {
        erpsync_loader_refuse(loader, "cannot read", EFBIG,
                              "it " ERPSYNC_TOO_LARGE);
        return false;
    }

    return true;
}


static void
erpsync_loader_read(erpsync_loader_t *loader)
{
    uint8_t  *p;
    ssize_t   n;

    p = erpsync_vec_push(&loader->text, ERPSYNC_LOAD_STEP, 1);
    if (p == NULL) {
        erpsync_loader_refuse(loader, "cannot read", ENOMEM, NULL);
        return;
    }

    do {
        n = read(loader->fd, p, ERPSYNC_LOAD_STEP);
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        erpsync_loader_refuse(loader, "cannot read", errno, NULL);
        return;
    }

    loader->text.n -= ERPSYNC_LOAD_STEP - (size_t) n;

    if (loader->text.n > ERPSYNC_FILE_MAX) {
        erpsync_loader_refuse(loader, "cannot read", EFBIG,
                              "it " ERPSYNC_TOO_LARGE);

    } else if (erpsync_digest_update(loader->digester,
                                     erpsync_span(p, (size_t) n))
               != ERPSYNC_OK)
    {
        erpsync_loader_refuse(loader, "cannot read", ENOMEM, NULL);

    } else if (n == 0) {
        erpsync_loader_all_read(loader);

    } else if (erpsync_loader_hopeless(loader, (size_t) n)) {
        erpsync_loader_judge(loader);
    }
}


/*
 * Returns whether the last "n" bytes show that the file is invalid, so that
 * the rest of it need not be read.  The parser then finds the error and its
 * place.
 */

static bool
erpsync_loader_hopeless(const erpsync_loader_t *loader, size_t n)
{
    size_t          i;
    erpsync_str_t   text;
    const uint8_t  *bytes;

    bytes = loader->text.elts;

    if (memchr(bytes + loader->text.n - n, '\0', n)) {
        return true;
    }

    if (loader->text.n > n || n < 3) {
        return false;
    }

    text = erpsync_file_text(erpsync_span(bytes, n));

    for (i = 0; i < text.len && strchr(" \t\n\r", text.data[i]); i++) {
        /* void */
    }

    return i < text.len && text.data[i] != '{';
}


static void
erpsync_loader_all_read(erpsync_loader_t *loader)
{
    struct stat       st;
    erpsync_stamp_t  *before, after;

    before = &loader->file.stamp;

    /*
     * If the file was written in place meanwhile, a part of the text may be
     * old.  If it was replaced by rename(), the open file has changed only its
     * ctime.
     */

    memset(&after, 0, sizeof(erpsync_stamp_t));

    if (fstat(loader->fd, &st) == 0) {
        erpsync_stamp_set(&after, &st);
    }

    if (after.mtime != before->mtime || after.size != before->size
        || before->size != (int64_t) loader->text.n)
    {
        erpsync_loader_refuse(loader, "cannot read", EBUSY,
                              "it changed meanwhile");
        return;
    }

    erpsync_loader_judge(loader);
}


static void
erpsync_loader_judge(erpsync_loader_t *loader)
{
    erpsync_file_t  *file;

    file = &loader->file;

    if (erpsync_digest_end(loader->digester, file->digest) != ERPSYNC_OK) {
        erpsync_loader_refuse(loader, "cannot read", ENOMEM, NULL);
        return;
    }

    file->read = true;
    file->warm = loader->opened - file->stamp.ctime < ERPSYNC_LOAD_WARM
                 || loader->opened - file->signed_by.ctime < ERPSYNC_LOAD_WARM;

    if (loader->known.read
        && memcmp(file->digest, loader->known.digest, ERPSYNC_DIGEST_LEN)
           == 0
        && memcmp(file->signature, loader->known.signature,
                  ERPSYNC_SIGNATURE_LEN)
           == 0)
    {
        erpsync_loader_end_with(loader, ERPSYNC_LOAD_SAME);
        return;
    }

    if (loader->source.keys) {
        loader->state = ERPSYNC_LOADER_VERIFY;

    } else {
        erpsync_loader_parse(loader);
    }
}


static void
erpsync_loader_verify(erpsync_loader_t *loader)
{
    bool  good;

    if (erpsync_signature_verify(loader->source.keys,
                                 erpsync_span(loader->text.elts,
                                              loader->text.n),
                                 loader->file.signature, &good)
        != ERPSYNC_OK)
    {
        erpsync_loader_no_memory(loader);

    } else if (good) {
        erpsync_loader_parse(loader);

    } else {
        (void) snprintf(loader->error, ERPSYNC_FILE_ERROR_LEN,
                        "its signature (" ERPSYNC_SIGNATURE_SUFFIX ") is not "
                        "by one of the keys, or of another version of the "
                        "file");
        erpsync_loader_end_with(loader, ERPSYNC_LOAD_FAILED);
    }
}


static void
erpsync_loader_parse(erpsync_loader_t *loader)
{
    loader->job = erpsync_job_begin(loader->source.kind,
                                    erpsync_span(loader->text.elts,
                                                 loader->text.n),
                                    loader->error);
    if (loader->job == NULL) {
        erpsync_loader_no_memory(loader);
        return;
    }

    erpsync_job_compare(loader->job, loader->source.former,
                        loader->source.keys ? loader->source.sequence
                                            : ERPSYNC_NO_SEQUENCE);
    loader->state = ERPSYNC_LOADER_PARSE;
}


static void
erpsync_loader_parsed(erpsync_loader_t *loader)
{
    loader->snapshot = erpsync_job_end(loader->job);
    loader->job = NULL;

    if (loader->snapshot) {
        erpsync_kind_digest(loader->source.kind, loader->snapshot,
                            loader->file.digest);
        erpsync_loader_end_with(loader, ERPSYNC_LOAD_DONE);
        return;
    }

    if (strcmp(loader->error, "no memory") == 0) {
        erpsync_loader_no_memory(loader);
        return;
    }

    erpsync_loader_end_with(loader, ERPSYNC_LOAD_FAILED);
}


/* Fails, so that the next loader reads the file again. */

static void
erpsync_loader_no_memory(erpsync_loader_t *loader)
{
    loader->file.read = false;
    erpsync_loader_refuse(loader, "cannot read", ENOMEM, NULL);
}


/*
 * Fails if the file cannot be read.  The cause may go away without a change of
 * the file, so the next loader tries again; but it reports the same error only
 * once.
 */

static void
erpsync_loader_refuse(erpsync_loader_t *loader, const char *what, int error,
    const char *message)
{
    loader->file.error = error;

    if (loader->known.error == error
        && (error == EBUSY
            || erpsync_file_same(&loader->file, &loader->known)))
    {
        erpsync_loader_end_with(loader, ERPSYNC_LOAD_SAME);
        return;
    }

    if (message == NULL) {
        message = (error == ENOMEM) ? "no memory" : strerror(error);
    }

    (void) snprintf(loader->error, ERPSYNC_FILE_ERROR_LEN, "%s: %s", what,
                    message);
    erpsync_loader_end_with(loader, ERPSYNC_LOAD_FAILED);
}


static void
erpsync_loader_end_with(erpsync_loader_t *loader, erpsync_load_t outcome)
{
    loader->outcome = outcome;
    loader->state = ERPSYNC_LOADER_FREE;
}


static void
erpsync_stamp_set(erpsync_stamp_t *stamp, const struct stat *st)
{
    stamp->device = (uint64_t) st->st_dev;
    stamp->inode = (uint64_t) st->st_ino;
    stamp->size = (int64_t) st->st_size;
    stamp->mtime = erpsync_nanoseconds(&st->st_mtim);
    stamp->ctime = erpsync_nanoseconds(&st->st_ctim);
}


/* Returns whether two stamps are equal; they have no padding. */

static bool
erpsync_file_same(const erpsync_file_t *a, const erpsync_file_t *b)
{
    return memcmp(&a->stamp, &b->stamp, sizeof(erpsync_stamp_t)) == 0
           && memcmp(&a->signed_by, &b->signed_by, sizeof(erpsync_stamp_t))
              == 0;
}


uint64_t
erpsync_file_identity(const erpsync_file_t *file)
{
    uint64_t  hash;

    hash = erpsync_word(file->digest) ^ (uint64_t) file->error;
    hash = erpsync_mix(hash, file->signature, ERPSYNC_SIGNATURE_LEN);
    hash = erpsync_mix(hash, &file->stamp, sizeof(erpsync_stamp_t));

    return erpsync_mix(hash, &file->signed_by, sizeof(erpsync_stamp_t));
}


/* Adds data to a hash; "size" is a multiple of 8. */

static uint64_t
erpsync_mix(uint64_t hash, const void *data, size_t size)
{
    size_t  i;

    for (i = 0; i < size; i += 8) {
        hash = (hash ^ erpsync_word((const uint8_t *) data + i))
               * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }

    return hash;
}


static int64_t
erpsync_nanoseconds(const struct timespec *ts)
{
    return (int64_t) ts->tv_sec * 1000000000 + ts->tv_nsec;
}
