
#define _DEFAULT_SOURCE        /* flock() */
#define _XOPEN_SOURCE  700

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"


#define CTL_POLL  100000000   /* nanoseconds between two tries to lock */


static bool ctl_file_resolve(const ctl_t *ctl, ctl_file_t *file,
    bool create);
static bool ctl_file_lock(const ctl_t *ctl, ctl_file_t *file, uint64_t wait);
static bool ctl_file_load(const ctl_t *ctl, ctl_file_t *file);


bool
ctl_file_open(const ctl_t *ctl, ctl_file_t *file, const char *path,
    bool create, uint64_t wait)
{
    char  *seen;
    bool   same;

    memset(file, 0, sizeof(ctl_file_t));
    file->path = path;
    file->dir = -1;

    for ( ;; ) {
        if (!ctl_file_resolve(ctl, file, create)
            || !ctl_file_lock(ctl, file, wait))
        {
            return false;
        }

        /* the link may have been swapped before the lock was there */

        seen = file->target;
        file->target = NULL;

        if (!ctl_file_resolve(ctl, file, create)) {
            free(seen);
            return false;
        }

        same = (strcmp(seen, file->target) == 0);
        free(seen);

        if (same) {
            return file->created || ctl_file_load(ctl, file);
        }

        (void) close(file->dir);
        file->dir = -1;
    }
}


/* What the path stands for, behind symbolic links. */

static bool
ctl_file_resolve(const ctl_t *ctl, ctl_file_t *file, bool create)
{
    char        *dir, *slash;
    size_t       size;
    const char  *base;

    free(file->target);
    file->created = false;
    file->target = realpath(file->path, NULL);

    if (file->target == NULL && errno == ENOENT && create) {
        base = strrchr(file->path, '/');
        base = base ? base + 1 : file->path;
        slash = strdup(file->path);

        if (slash == NULL) {
            goto failed;
        }

        slash[base - file->path] = '\0';
        dir = realpath(*slash ? slash : ".", NULL);
        free(slash);

        if (dir == NULL) {
            goto failed;
        }

        size = strlen(dir) + strlen(base) + 2;
        file->target = malloc(size);

        if (file->target) {
            (void) snprintf(file->target, size, "%s/%s", dir, base);
        }

        free(dir);
        file->created = true;
    }

    if (file->target == NULL) {
        goto failed;
    }

    file->base = strrchr(file->target, '/') + 1;

    return true;

failed:

    ctl_error(ctl, "cannot open %s: %s%s", file->path, strerror(errno),
              (errno == ENOENT && !create) ? " (registry add --create makes "
                                             "a new file)" : "");
    return false;
}


static bool
ctl_file_lock(const ctl_t *ctl, ctl_file_t *file, uint64_t wait)
{
    char             *dir;
    bool              told;
    struct timespec   start, now, pause;

    dir = strdup(file->target);
    if (dir == NULL) {
        ctl_error(ctl, "no memory");
        return false;
    }

    dir[file->base - file->target] = '\0';
    file->dir = open(dir, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    free(dir);

    if (file->dir == -1) {
        ctl_error(ctl, "cannot open the directory of %s: %s", file->path,
                  strerror(errno));
        return false;
    }

    (void) clock_gettime(CLOCK_MONOTONIC, &start);
    told = false;

    while (flock(file->dir, LOCK_EX|LOCK_NB) == -1) {

        if (errno == EINTR) {
            continue;
        }

        if (errno != EWOULDBLOCK) {
            ctl_error(ctl, "cannot lock the directory of %s: %s", file->path,
                      strerror(errno));
            return false;
        }

        (void) clock_gettime(CLOCK_MONOTONIC, &now);

        if ((uint64_t) (now.tv_sec - start.tv_sec) >= wait) {
            ctl_error(ctl, "%s is being edited by another process",
                      file->path);
            return false;
        }

        if (!told) {
            ctl_note(ctl, "waiting for another process that edits %s",
                     file->path);
            told = true;
        }

        pause.tv_sec = 0;
        pause.tv_nsec = CTL_POLL;
        (void) nanosleep(&pause, NULL);
    }

    return true;
}


static bool
ctl_file_load(const ctl_t *ctl, ctl_file_t *file)
{
    int          fd;
    bool         ok;
    const char  *why;
    struct stat  st;

    fd = openat(file->dir, file->base,
                O_RDONLY|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK);

    if (fd == -1) {
        ctl_error(ctl, "cannot open %s: %s", file->path, strerror(errno));
        return false;
    }

    why = NULL;

    if (fstat(fd, &st) == -1) {
        why = strerror(errno);

    } else if (!S_ISREG(st.st_mode)) {
        why = "it is no regular file";

    } else if (!ctl_read_fd(fd, &file->text)) {
        why = strerror(errno);
    }

    ok = (why == NULL);

    if (!ok) {
        ctl_error(ctl, "cannot read %s: %s", file->path, why);

    } else {
        file->mode = (int) (st.st_mode & 07777);
        file->uid = (int) st.st_uid;
        file->gid = (int) st.st_gid;
    }

    (void) close(fd);

    return ok;
}


static bool
ctl_write(int fd, const char *text, size_t len)
{
    ssize_t  n;

    while (len) {
        n = write(fd, text, len);

        if (n == -1) {

            if (errno == EINTR) {
                continue;
            }

            return false;
        }

        text += n;
        len -= (size_t) n;
    }

    return true;
}


/* Owner first: a change of owner takes set-id bits away. */

static bool
ctl_file_dress(const ctl_file_t *file, int fd)
{
    struct stat  st;

    if (file->created) {
        return true;
    }

    if (fstat(fd, &st) == -1) {
        return false;
    }

    if (((int) st.st_uid != file->uid || (int) st.st_gid != file->gid)
        && fchown(fd, (uid_t) file->uid, (gid_t) file->gid) == -1)
    {
        return false;
    }

    return fchmod(fd, (mode_t) file->mode) == 0;
}


bool
ctl_file_prepare(const ctl_t *ctl, ctl_file_t *file, const char *text,
    size_t len)
{
    int     fd, failed;
    size_t  size;

    size = strlen(file->base) + sizeof(".") + sizeof(".erpsyncctl");
    file->temp = malloc(size);

    if (file->temp == NULL) {
        ctl_error(ctl, "no memory");
        return false;
    }

    /* its name is always the same: under the lock, one that is there was
     * left behind by an editor that was killed */

    (void) snprintf(file->temp, size, ".%s.erpsyncctl", file->base);
    (void) unlinkat(file->dir, file->temp, 0);

    fd = openat(file->dir, file->temp,
                O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC|O_NOFOLLOW, 0600);

    if (fd == -1) {
        ctl_error(ctl, "cannot write beside %s: %s; nothing has changed",
                  file->path, strerror(errno));
        return false;
    }

    file->temporary = true;
    failed = 0;

    if (!ctl_write(fd, text, len) || !ctl_file_dress(file, fd)
        || fsync(fd) == -1)
    {
        failed = errno;
    }

    if (close(fd) == -1 && failed == 0) {
        failed = errno;
    }

    if (failed) {
        ctl_error(ctl, "cannot write %s with its owner and mode: %s; nothing "
                  "has changed", file->path, strerror(failed));
        return false;
    }

    return true;
}


bool
ctl_file_commit(const ctl_t *ctl, ctl_file_t *file)
{
    int  rc;

    /* a new file never takes the place of one that came meanwhile */

    rc = file->created
         ? linkat(file->dir, file->temp, file->dir, file->base, 0)
         : renameat(file->dir, file->temp, file->dir, file->base);

    if (rc == -1) {
        ctl_error(ctl, "cannot replace %s: %s; nothing has changed",
                  file->path, strerror(errno));
        return false;
    }

    if (!file->created) {
        file->temporary = false;

    } else if (unlinkat(file->dir, file->temp, 0) == 0) {
        file->temporary = false;
    }

    if (fsync(file->dir) == -1 && errno != EINVAL) {
        ctl_warn(ctl, "%s is replaced, but a crash of the system could undo "
                 "that: %s", file->path, strerror(errno));
    }

    return true;
}


void
ctl_file_close(ctl_file_t *file)
{
    if (file->temporary) {
        (void) unlinkat(file->dir, file->temp, 0);
    }

    if (file->dir != -1) {
        (void) close(file->dir);    /* and with it the lock goes */
    }

    free(file->temp);
    free(file->target);
    free(file->text.data);
    memset(file, 0, sizeof(ctl_file_t));
    file->dir = -1;
}
