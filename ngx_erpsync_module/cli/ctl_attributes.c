
#define _DEFAULT_SOURCE
#define _XOPEN_SOURCE  700

#include <errno.h>
#include <linux/limits.h>
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


static bool ctl_copy_attributes(const ctl_t *ctl, const ctl_file_t *file,
    int to);
static bool ctl_copy_attribute(int from, int to, const char *name);


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

    return ctl_copy_attributes(ctl, file, fd)
           && fchmod(fd, file->st.st_mode & 07777) == 0;
}


/* Copies the access control list, a user's own attributes, SELinux's label. */

static bool
ctl_copy_attributes(const ctl_t *ctl, const ctl_file_t *file, int to)
{
    bool      ok;
    char     *names, *name;
    ssize_t   size;

    /* if the old file has no list, the directory may have given one */

    if (fremovexattr(to, CTL_ACL) == -1 && errno != ENODATA
        && errno != ENOTSUP)
    {
        return false;
    }

    size = flistxattr(file->fd, NULL, 0);

    if (size <= 0) {
        return size == 0 || errno == ENOTSUP;
    }

    names = malloc((size_t) size);
    size = names ? flistxattr(file->fd, names, (size_t) size) : -1;
    ok = (size != -1);

    for (name = names; ok && name < names + size; name += strlen(name) + 1) {

        if (strcmp(name, CTL_ACL) == 0) {
            ok = ctl_copy_attribute(file->fd, to, name);

        } else if ((strncmp(name, "user.", 5) == 0
                    || strcmp(name, "security.selinux") == 0)
                   && !ctl_copy_attribute(file->fd, to, name))
        {
            ctl_warn(ctl, "%s: its attribute %s cannot be kept: %s",
                     file->path, name, strerror(errno));
        }
    }

    free(names);

    return ok;
}


static bool
ctl_copy_attribute(int from, int to, const char *name)
{
    int       error;
    bool      ok;
    void     *value;
    ssize_t   size;

    value = malloc(XATTR_SIZE_MAX);
    size = value ? fgetxattr(from, name, value, XATTR_SIZE_MAX) : -1;
    ok = (size != -1 && fsetxattr(to, name, value, (size_t) size, 0) == 0);
    error = errno;
    free(value);
    errno = error;

    return ok;
}
