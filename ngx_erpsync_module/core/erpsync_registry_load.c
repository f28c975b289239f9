
#define _POSIX_C_SOURCE  200809L

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "erpsync_registry_internal.h"


#define ERPSYNC_LOAD_STEP  65536


static int erpsync_load_open(const char *path, struct stat *st, char *error);
static bool erpsync_load_read(int fd, const struct stat *st,
    erpsync_vec_t *text, char *error);
static bool erpsync_load_changed(int fd, const struct stat *before,
    size_t size);


erpsync_registry_t *
erpsync_registry_load(const char *path,
    char error[ERPSYNC_REGISTRY_ERROR_LEN])
{
    int                  fd;
    struct stat          st;
    erpsync_vec_t        text;
    erpsync_registry_t  *registry;

    fd = erpsync_load_open(path, &st, error);
    if (fd == -1) {
        return NULL;
    }

    registry = NULL;
    memset(&text, 0, sizeof(erpsync_vec_t));

    if (erpsync_load_read(fd, &st, &text, error)) {
        registry = erpsync_registry_parse(erpsync_span(text.elts, text.n),
                                          error);
    }

    free(text.elts);
    (void) close(fd);

    return registry;
}


static int
erpsync_load_open(const char *path, struct stat *st, char *error)
{
    int          fd;
    const char  *refused;

    fd = open(path, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        (void) snprintf(error, ERPSYNC_REGISTRY_ERROR_LEN, "cannot open: %s",
                        strerror(errno));
        return -1;
    }

    refused = NULL;

    if (fstat(fd, st) != 0) {
        refused = strerror(errno);

    } else if (S_ISDIR(st->st_mode)) {
        refused = strerror(EISDIR);

    } else if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode)) {
        refused = "neither a file nor a pipe";    /* it may have no end */
    }

    if (refused) {
        (void) snprintf(error, ERPSYNC_REGISTRY_ERROR_LEN, "cannot read: %s",
                        refused);
        (void) close(fd);
        return -1;
    }

    return fd;
}


static bool
erpsync_load_read(int fd, const struct stat *st, erpsync_vec_t *text,
    char *error)
{
    void        *p;
    size_t       room;
    ssize_t      n;
    const char  *failed;

    failed = NULL;
    room = ERPSYNC_LOAD_STEP;

    if (S_ISREG(st->st_mode) && st->st_size >= ERPSYNC_LOAD_STEP
        && st->st_size < ERPSYNC_REGISTRY_MAX)
    {
        room = (size_t) st->st_size + 1;    /* one more to see its end */
    }

    do {
        p = erpsync_vec_push(text, room, 1);
        if (p == NULL) {
            failed = "no memory";
            break;
        }

        do {
            n = read(fd, p, room);
        } while (n == -1 && errno == EINTR);

        if (n == -1) {
            failed = strerror(errno);
            break;
        }

        text->n -= room - (size_t) n;
        room = ERPSYNC_LOAD_STEP;

        if (text->n > ERPSYNC_REGISTRY_MAX) {
            failed = strerror(EFBIG);
            break;
        }

    } while (n);

    if (failed == NULL && S_ISREG(st->st_mode)
        && erpsync_load_changed(fd, st, text->n))
    {
        failed = "it changed meanwhile";
    }

    if (failed) {
        (void) snprintf(error, ERPSYNC_REGISTRY_ERROR_LEN, "cannot read: %s",
                        failed);
    }

    return failed == NULL;
}


/*
 * A file written in place while it is read is half old, half new.  Replacing
 * it by rename() does not touch what is open here.
 */

static bool
erpsync_load_changed(int fd, const struct stat *before, size_t size)
{
    struct stat  after;

    return fstat(fd, &after) != 0
           || before->st_size != (off_t) size
           || after.st_size != before->st_size
           || after.st_mtim.tv_sec != before->st_mtim.tv_sec
           || after.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}
