
#define _GNU_SOURCE        /* asprintf(), flock() */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"


/*
 * Editors exclude each other by flock() of a file beside the registry, which
 * exists while one of them works.  Whoever can open a file for reading can
 * lock it.  Therefore neither the registry nor its directory is locked: any
 * reader could block all editors.  The lock file can be opened only by users
 * who may write to the directory, and so replace the registry.
 */


#define CTL_POLL  100000000   /* nanoseconds between two tries to lock */


static int ctl_lock_open(const ctl_t *ctl, const ctl_file_t *file);
static bool ctl_lock_wait(const ctl_t *ctl, const ctl_file_t *file, int fd,
    const struct timespec *start, uint64_t wait);


bool
ctl_lock(const ctl_t *ctl, ctl_file_t *file, uint64_t wait)
{
    int              fd;
    struct stat      here, there;
    struct timespec  start;

    if (asprintf(&file->lock_name, ".%s.lock", file->base) == -1) {
        file->lock_name = NULL;
        ctl_error(ctl, "no memory");
        return false;
    }

    (void) clock_gettime(CLOCK_MONOTONIC, &start);

    for ( ;; ) {
        fd = ctl_lock_open(ctl, file);

        if (fd == -1) {
            return false;
        }

        if (!ctl_lock_wait(ctl, file, fd, &start, wait)) {
            (void) close(fd);
            return false;
        }

        /* the editor that held the lock has removed the file */

        if (fstat(fd, &here) == 0
            && fstatat(file->dir, file->lock_name, &there,
                       AT_SYMLINK_NOFOLLOW) == 0
            && here.st_dev == there.st_dev && here.st_ino == there.st_ino)
        {
            file->lock = fd;
            return true;
        }

        (void) close(fd);
    }
}


void
ctl_unlock(ctl_file_t *file)
{
    if (file->lock != -1) {
        (void) unlinkat(file->dir, file->lock_name, 0);
        (void) close(file->lock);
        file->lock = -1;
    }

    free(file->lock_name);
    file->lock_name = NULL;
}


/*
 * Opens the lock file.  Returns a descriptor, or -1 after an error was
 * printed.
 */

static int
ctl_lock_open(const ctl_t *ctl, const ctl_file_t *file)
{
    int          fd;
    mode_t       mode;
    struct stat  dir, st;

    fd = openat(file->dir, file->lock_name,
                O_RDWR|O_CREAT|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK|O_NOCTTY,
                0600);

    if (fd == -1 || fstat(fd, &st) == -1 || fstat(file->dir, &dir) == -1) {
        ctl_error(ctl, "cannot lock %s: cannot open %s beside it: %s",
                  file->path, file->lock_name, strerror(errno));
        goto failed;
    }

    if (!S_ISREG(st.st_mode)
        || (st.st_uid != geteuid() && st.st_uid != dir.st_uid
            && st.st_uid != 0 && !(dir.st_mode & (S_IWGRP|S_IWOTH))))
    {
        ctl_error(ctl, "cannot lock %s: %s beside it is not a lock of "
                  "erpsyncctl; remove it", file->path, file->lock_name);
        goto failed;
    }

    if (st.st_uid == geteuid()) {
        mode = 0600;

        /* as root: give it to the owner of the directory */

        if (fchown(fd, geteuid() ? (uid_t) -1 : dir.st_uid, dir.st_gid) == 0) {
            mode |= (dir.st_mode & S_IWGRP) | (dir.st_mode & S_IWGRP) << 1;
        }

        mode |= (dir.st_mode & S_IWOTH) | (dir.st_mode & S_IWOTH) << 1;
        (void) fchmod(fd, mode);
    }

    return fd;

failed:

    if (fd != -1) {
        (void) close(fd);
    }

    return -1;
}


static bool
ctl_lock_wait(const ctl_t *ctl, const ctl_file_t *file, int fd,
    const struct timespec *start, uint64_t wait)
{
    bool             waiting;
    struct timespec  now, pause;

    waiting = false;

    while (flock(fd, LOCK_EX|LOCK_NB) == -1) {

        if (errno == EINTR) {
            continue;
        }

        if (errno != EWOULDBLOCK) {
            ctl_error(ctl, "cannot lock %s: %s", file->path,
                      strerror(errno));
            return false;
        }

        (void) clock_gettime(CLOCK_MONOTONIC, &now);

        if ((uint64_t) (now.tv_sec - start->tv_sec) >= wait) {
            ctl_error(ctl, "%s is being edited by another process",
                      file->path);
            return false;
        }

        if (!waiting) {
            ctl_note(ctl, "waiting for another process that edits %s",
                     file->path);
            waiting = true;
        }

        pause.tv_sec = 0;
        pause.tv_nsec = CTL_POLL;
        (void) nanosleep(&pause, NULL);
    }

    return true;
}
