
/*
 * For tests of erpsyncctl's edits: a command runs in this process, on a
 * registry in a directory of its own.
 */


#ifndef EDITS_H
#define EDITS_H


#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl_registry.h"


#define EDITS_NOW   1780000000   /* 2026-05-28 */
#define EDITS_ARGS  64

/* What comes on standard input, for "add" and "rotate". */

#define EDITS_TOKEN  "edits-0123456789abcdef"


typedef struct {
    char    dir[64];
    char    path[96];
    char   *failure;               /* the error of the last command, or NULL */
} edits_t;


static inline void
edits_die(const char *what)
{
    perror(what);
    abort();
}


static inline void
edits_init(edits_t *edits)
{
    const char  *base;

    memset(edits, 0, sizeof(edits_t));

    /* a file system in memory: each edit is synced */

    base = (access("/dev/shm", W_OK) == 0) ? "/dev/shm" : "/tmp";
    (void) snprintf(edits->dir, sizeof(edits->dir), "%s/erpsync-edits-XXXXXX",
                    base);

    if (mkdtemp(edits->dir) == NULL) {
        edits_die("mkdtemp");
    }

    (void) snprintf(edits->path, sizeof(edits->path), "%s/apps.json",
                    edits->dir);
}


static inline void
edits_done(edits_t *edits)
{
    (void) unlink(edits->path);

    /* fails if an edit left a file behind */

    if (rmdir(edits->dir) != 0) {
        edits_die("rmdir");
    }

    free(edits->failure);
}


static inline void
edits_write(const edits_t *edits, const void *text, size_t len)
{
    int  fd;

    fd = open(edits->path, O_WRONLY|O_CREAT|O_TRUNC, 0600);

    if (fd == -1 || write(fd, text, len) != (ssize_t) len || close(fd) != 0) {
        edits_die("write");
    }
}


/* Returns the file, which the caller frees. */

static inline erpsync_str_t
edits_read(const edits_t *edits)
{
    int       fd;
    off_t     size;
    uint8_t  *text;

    fd = open(edits->path, O_RDONLY);
    size = lseek(fd, 0, SEEK_END);
    text = malloc((size_t) size + 1);

    if (fd == -1 || text == NULL
        || pread(fd, text, (size_t) size, 0) != size || close(fd) != 0)
    {
        edits_die("read");
    }

    return erpsync_span(text, (size_t) size);
}


/*
 * Runs "registry <name>" with arguments, of which the first is left out: it is
 * the file.  What the command prints is lost, and its first error is kept.
 */

static inline ctl_exit_t
edits_run(edits_t *edits, const char *name, size_t n, char **args)
{
    int                   in, out, err, none, fd;
    char                 *argv[EDITS_ARGS + 2];
    ctl_t                 ctl;
    size_t                i;
    ctl_exit_t            code;
    const ctl_command_t  *command;

    memset(&ctl, 0, sizeof(ctl));
    free(edits->failure);
    edits->failure = NULL;
    ctl.json = true;
    ctl.failure = &edits->failure;
    ctl.now = EDITS_NOW;

    argv[0] = (char *) (uintptr_t) name;
    argv[1] = edits->path;

    for (i = 0; i < n && i < EDITS_ARGS - 1; i++) {
        argv[2 + i] = args[i];
    }

    argv[2 + i] = NULL;

    ctl.operands = calloc(EDITS_ARGS + 2, sizeof(char *));
    ctl.given = calloc(EDITS_ARGS + 2, sizeof(ctl_given_t));

    if (ctl.operands == NULL || ctl.given == NULL) {
        free(ctl.operands);
        free(ctl.given);
        return CTL_FAILED;
    }

    optind = 0;    /* getopt() starts again */
    in = dup(STDIN_FILENO);
    out = dup(STDOUT_FILENO);
    err = dup(STDERR_FILENO);
    none = open("/dev/null", O_WRONLY);
    fd = memfd_create("token", 0);

    if (write(fd, EDITS_TOKEN, strlen(EDITS_TOKEN)) == -1) {
        edits_die("memfd");
    }

    (void) lseek(fd, 0, SEEK_SET);
    (void) fflush(NULL);
    (void) dup2(fd, STDIN_FILENO);
    (void) dup2(none, STDOUT_FILENO);
    (void) dup2(none, STDERR_FILENO);

    for (command = ctl_commands; strcmp(command->group, "registry") != 0
                                 || strcmp(command->name, name) != 0;
         command++)
    {
        /* void */
    }

    code = ctl_parse(&ctl, command, (int) i + 2, argv) ? command->run(&ctl)
                                                       : CTL_FAILED;

    (void) fflush(NULL);
    (void) dup2(in, STDIN_FILENO);
    (void) dup2(out, STDOUT_FILENO);
    (void) dup2(err, STDERR_FILENO);
    (void) close(in);
    (void) close(out);
    (void) close(err);
    (void) close(none);
    (void) close(fd);

    free(ctl.operands);
    free(ctl.given);

    return code;
}


#endif /* EDITS_H */
