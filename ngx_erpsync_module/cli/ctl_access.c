
#define _GNU_SOURCE        /* initgroups() */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl.h"


/*
 * Finds out whether nginx's workers can read a file: a process that runs as
 * their user tries.  So mode, access control lists and the directories on the
 * path count as they do for the workers.
 */


#define CTL_NO_USER  255   /* exit status of a process that keeps its user */


static char *ctl_absolute(const char *path);


/*
 * Returns the user of nginx's workers: --user, or that of Debian's or
 * nginx.org's packages; NULL if there is none.
 */

static struct passwd *
ctl_worker(const ctl_t *ctl)
{
    struct passwd  *pw;

    if (ctl_has(ctl, CTL_OPT_USER)) {
        return getpwnam(ctl_value(ctl, CTL_OPT_USER, ""));
    }

    pw = getpwnam("www-data");

    return pw ? pw : getpwnam("nginx");
}


bool
ctl_access(const ctl_t *ctl, const char *path, const char **user, int *error)
{
    int             status;
    char           *absolute;
    pid_t           pid;
    struct passwd  *pw;

    *error = 0;
    pw = ctl_worker(ctl);

    if (ctl_has(ctl, CTL_OPT_USER)
        && (pw == NULL || (geteuid() != 0 && geteuid() != pw->pw_uid)))
    {
        ctl_error(ctl, "--user %s: %s", ctl_value(ctl, CTL_OPT_USER, ""),
                  pw ? "only root can check this" : "there is no such user");
        return false;
    }

    if (pw == NULL || geteuid() != 0 || strcmp(path, "-") == 0) {
        return true;
    }

    *user = pw->pw_name;
    absolute = ctl_absolute(path);
    pid = absolute ? fork() : -1;

    if (pid == 0) {

        if (initgroups(pw->pw_name, pw->pw_gid) == -1
            || setgid(pw->pw_gid) == -1 || setuid(pw->pw_uid) == -1)
        {
            _exit(CTL_NO_USER);
        }

        _exit((open(absolute, O_RDONLY|O_NONBLOCK|O_NOCTTY) == -1)
              ? errno : 0);
    }

    free(absolute);

    if (pid == -1 || waitpid(pid, &status, 0) == -1 || !WIFEXITED(status)
        || WEXITSTATUS(status) == CTL_NO_USER)
    {
        ctl_error(ctl, "cannot become the user %s", pw->pw_name);
        return false;
    }

    *error = WEXITSTATUS(status);

    return true;
}


/*
 * Returns the absolute form of a path; the caller frees it.  To open a
 * relative path, no permission for the directories above is needed, but
 * workers need it.
 */

static char *
ctl_absolute(const char *path)
{
    char  *dir, *absolute;

    if (*path == '/') {
        return strdup(path);
    }

    dir = getcwd(NULL, 0);
    absolute = NULL;

    if (dir && asprintf(&absolute, "%s/%s", dir, path) == -1) {
        absolute = NULL;
    }

    free(dir);

    return absolute;
}
