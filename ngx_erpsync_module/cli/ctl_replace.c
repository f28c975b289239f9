
#define _GNU_SOURCE        /* asprintf() */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"


static bool ctl_file_resolve(const ctl_t *ctl, ctl_file_t *file,
    bool create);
static bool ctl_file_load(const ctl_t *ctl, ctl_file_t *file);
static bool ctl_file_moved(ctl_file_t *file);


bool
ctl_file_open(const ctl_t *ctl, ctl_file_t *file, const char *path,
    bool create, int64_t wait)
{
    ctl_file_init(file);
    file->path = path;

    for ( ;; ) {
        if (!ctl_file_resolve(ctl, file, create)
            || (wait >= 0 && !ctl_lock(ctl, file, (uint64_t) wait)))
        {
            return false;
        }

        /* the link may have been changed before the file was locked */

        if (!ctl_file_moved(file)) {
            return file->created || ctl_file_load(ctl, file);
        }

        ctl_file_close(file);
        file->path = path;
    }
}


void
ctl_file_init(ctl_file_t *file)
{
    memset(file, 0, sizeof(ctl_file_t));
    file->dir = -1;
    file->lock = -1;
    file->fd = -1;
}


/*
 * Sets file->target to the file that the path names behind symbolic links, and
 * opens its directory.
 */

static bool
ctl_file_resolve(const ctl_t *ctl, ctl_file_t *file, bool create)
{
    char        *dir, *parent;
    const char  *base;

    file->target = realpath(file->path, NULL);

    if (file->target == NULL && errno == ENOENT && create) {
        base = strrchr(file->path, '/');
        base = base ? base + 1 : file->path;
        parent = strndup(file->path, (size_t) (base - file->path));
        dir = parent ? realpath(*parent ? parent : ".", NULL) : NULL;

        if (dir && asprintf(&file->target, "%s/%s", dir, base) == -1) {
            file->target = NULL;
        }

        free(parent);
        free(dir);
        file->created = true;
    }

    if (file->target == NULL) {
        ctl_error(ctl, "cannot open %s: %s%s", file->path, strerror(errno),
                  (errno == ENOENT && !create)
                  ? " (registry add --create makes a new file)" : "");
        return false;
    }

    file->base = strrchr(file->target, '/') + 1;
    dir = strndup(file->target, (size_t) (file->base - file->target));
    file->dir = dir ? open(dir, O_RDONLY|O_DIRECTORY|O_CLOEXEC) : -1;
    free(dir);

    if (file->dir == -1) {
        ctl_error(ctl, "cannot open the directory of %s: %s", file->path,
                  strerror(errno));
    }

    return file->dir != -1;
}


static bool
ctl_file_load(const ctl_t *ctl, ctl_file_t *file)
{
    const char  *why;

    file->fd = openat(file->dir, file->base,
                      O_RDONLY|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK|O_NOCTTY);

    if (file->fd == -1) {
        ctl_error(ctl, "cannot open %s: %s", file->path, strerror(errno));
        return false;
    }

    why = NULL;

    if (fstat(file->fd, &file->st) == -1
        || (S_ISREG(file->st.st_mode) && !ctl_read_fd(file->fd, &file->text)))
    {
        why = strerror(errno);

    } else if (!S_ISREG(file->st.st_mode)) {
        why = "it is not a regular file";
    }

    if (why) {
        ctl_error(ctl, "cannot read %s: %s", file->path, why);
    }

    return why == NULL;
}


/* Returns whether the path now leads to another file. */

static bool
ctl_file_moved(ctl_file_t *file)
{
    char         *now;
    bool          moved;
    struct stat   st;

    if (file->created) {
        return fstatat(file->dir, file->base, &st, AT_SYMLINK_NOFOLLOW) == 0;
    }

    now = realpath(file->path, NULL);
    moved = (now == NULL || strcmp(now, file->target) != 0);
    free(now);

    return moved;
}


bool
ctl_file_changed(ctl_file_t *file)
{
    struct stat  st, *was;

    was = &file->st;

    file->changed = ctl_file_moved(file)
        || (!file->created
            && (fstatat(file->dir, file->base, &st, AT_SYMLINK_NOFOLLOW) == -1
                || st.st_dev != was->st_dev || st.st_ino != was->st_ino
                || st.st_size != was->st_size
                || st.st_mtim.tv_sec != was->st_mtim.tv_sec
                || st.st_mtim.tv_nsec != was->st_mtim.tv_nsec
                || st.st_ctim.tv_sec != was->st_ctim.tv_sec
                || st.st_ctim.tv_nsec != was->st_ctim.tv_nsec));

    return file->changed;
}


bool
ctl_file_prepare(const ctl_t *ctl, ctl_file_t *file, const char *text,
    size_t len)
{
    int  fd, failed;

    /*
     * its name is always the same: if it exists although the lock is held, an
     * editor that was killed has left it
     */

    if (asprintf(&file->temp, ".%s.erpsyncctl", file->base) == -1) {
        file->temp = NULL;
        ctl_error(ctl, "no memory");
        return false;
    }

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

    if (!ctl_write(fd, text, len) || !ctl_file_dress(ctl, file, fd)
        || fsync(fd) == -1)
    {
        failed = errno;
    }

    if (close(fd) == -1 && failed == 0) {
        failed = errno;
    }

    if (failed) {
        ctl_error(ctl, "cannot write %s with its owner, group and access "
                  "rights: %s; nothing has changed", file->path,
                  strerror(failed));
        return false;
    }

    return true;
}


bool
ctl_file_commit(const ctl_t *ctl, ctl_file_t *file)
{
    int  rc;

    if (ctl_file_changed(file)) {
        return false;
    }

    /* a new file never replaces one that was created meanwhile */

    rc = file->created
         ? linkat(file->dir, file->temp, file->dir, file->base, 0)
         : renameat(file->dir, file->temp, file->dir, file->base);

    if (rc == -1 && file->created && errno == EEXIST) {
        file->changed = true;
        return false;
    }

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


bool
ctl_file_signed(const ctl_file_t *file)
{
    char         name[NAME_MAX + 1];
    struct stat  st;

    (void) snprintf(name, sizeof(name), "%s.sig", file->base);

    return fstatat(file->dir, name, &st, 0) == 0;
}


void
ctl_file_close(ctl_file_t *file)
{
    if (file->temporary) {
        (void) unlinkat(file->dir, file->temp, 0);
    }

    ctl_unlock(file);

    if (file->fd != -1) {
        (void) close(file->fd);
    }

    if (file->dir != -1) {
        (void) close(file->dir);
    }

    free(file->temp);
    free(file->target);
    free(file->text.data);
    ctl_file_init(file);
}
