
#define _DEFAULT_SOURCE
#define _XOPEN_SOURCE  700

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ctl.h"


/*
 * Copies attributes to the file that will replace the old one.  The same users
 * must be able to read and write it: owner, group, access control list and
 * mode are the old file's, or the file is not replaced.  Other extended
 * attributes are kept as far as possible.
 */


#define CTL_ACL  "system.posix_acl_access"


static bool ctl_copy_attribute(int from, int to, const char *name);
static bool ctl_copy_acl(int from, int to);
static void ctl_copy_others(const ctl_t *ctl, const ctl_file_t *file, int to);


bool
ctl_file_dress(const ctl_t *ctl, const ctl_file_t *file, int fd)
{
    struct stat  st;

    if (file->fd == -1) {
        return true;
    }

    if (fstat(fd, &st) == -1) {
        return false;
    }

    /* owner first: a change of owner clears the set-id bits */

    if ((st.st_uid != file->st.st_uid || st.st_gid != file->st.st_gid)
        && fchown(fd, file->st.st_uid, file->st.st_gid) == -1)
    {
        return false;
    }

    /* with an access control list, the group bits of a mode are its mask */

    if (!ctl_copy_acl(file->fd, fd)
        || fchmod(fd, file->st.st_mode & 07777) == -1)
    {
        return false;
    }

    ctl_copy_others(ctl, file, fd);

    return true;
}


/*
 * Copies an access control list; removes it if the old file has none, since
 * the directory may have given a default one.
 */

static bool
ctl_copy_acl(int from, int to)
{
    if (ctl_copy_attribute(from, to, CTL_ACL)) {
        return true;
    }

    if (errno != ENODATA && errno != ENOTSUP) {
        return false;
    }

    return fremovexattr(to, CTL_ACL) == 0 || errno == ENODATA
           || errno == ENOTSUP;
}


static bool
ctl_copy_attribute(int from, int to, const char *name)
{
    int       error;
    bool      ok;
    void     *value;
    ssize_t   size;

    size = fgetxattr(from, name, NULL, 0);

    if (size == -1) {
        return false;
    }

    value = malloc((size_t) size + 1);

    if (value == NULL) {
        errno = ENOMEM;
        return false;
    }

    size = fgetxattr(from, name, value, (size_t) size);
    ok = (size != -1 && fsetxattr(to, name, value, (size_t) size, 0) == 0);
    error = errno;
    free(value);
    errno = error;

    return ok;
}


/* Returns whether an attribute is a user's own, or SELinux's label. */

static void
ctl_copy_others(const ctl_t *ctl, const ctl_file_t *file, int to)
{
    char     *names, *name;
    ssize_t   size;

    size = flistxattr(file->fd, NULL, 0);
    names = (size > 0) ? malloc((size_t) size) : NULL;

    if (names == NULL) {
        return;
    }

    size = flistxattr(file->fd, names, (size_t) size);

    for (name = names; name < names + size; name += strlen(name) + 1) {

        if ((strncmp(name, "user.", 5) == 0
             || strcmp(name, "security.selinux") == 0)
            && !ctl_copy_attribute(file->fd, to, name))
        {
            ctl_warn(ctl, "%s: its attribute %s cannot be kept: %s",
                     file->path, name, strerror(errno));
        }
    }

    free(names);
}
