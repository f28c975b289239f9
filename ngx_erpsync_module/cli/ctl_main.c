
#define _XOPEN_SOURCE  700

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl.h"


static ctl_exit_t ctl_dispatch(ctl_t *ctl, int argc, char **argv);
static ctl_exit_t ctl_run(ctl_t *ctl, const ctl_command_t *command, int argc,
    char **argv);
static ctl_exit_t ctl_no_command(const ctl_t *ctl, const char *group,
    const char *name);
static bool ctl_colors(int fd);


int
main(int argc, char **argv)
{
    int    fd;
    ctl_t  ctl;

    /* if a standard stream is closed, a file must not get its descriptor */

    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);

    if (fd > STDERR_FILENO) {
        (void) close(fd);
    }

    memset(&ctl, 0, sizeof(ctl_t));
    ctl.color = ctl_colors(STDERR_FILENO);
    ctl.color_out = ctl_colors(STDOUT_FILENO);
    ctl.now = time(NULL);

    /* for the width of characters; C.UTF-8 is in every glibc of today */

    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        (void) setlocale(LC_CTYPE, "");
    }

    /* a failed write is an error to report, not the end of the process */

    (void) signal(SIGPIPE, SIG_IGN);
    (void) signal(SIGXFSZ, SIG_IGN);

    return (int) ctl_dispatch(&ctl, argc - 1, argv + 1);
}


static bool
ctl_colors(int fd)
{
    const char  *term, *none;

    term = getenv("TERM");
    none = getenv("NO_COLOR");

    return isatty(fd) && term && *term && strcmp(term, "dumb") != 0
           && (none == NULL || *none == '\0');
}


static ctl_exit_t
ctl_dispatch(ctl_t *ctl, int argc, char **argv)
{
    const ctl_command_t  *command;

    if (argc == 0) {
        ctl_help(ctl, NULL, stderr);
        return CTL_FAILED;
    }

    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0
        || strcmp(argv[0], "help") == 0)
    {
        ctl_help(ctl, NULL, stdout);
        return ctl_flush(ctl, CTL_GOOD);
    }

    if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0) {
        (void) printf("erpsyncctl %s\n", CTL_VERSION);
        return ctl_flush(ctl, CTL_GOOD);
    }

    if (strcmp(argv[0], "_complete") == 0) {
        return ctl_complete(ctl, argc - 1, argv + 1);
    }

    for (command = ctl_commands; command->group; command++) {
        if (argc > 1 && strcmp(command->group, argv[0]) == 0
            && strcmp(command->name, argv[1]) == 0)
        {
            return ctl_run(ctl, command, argc - 2, argv + 2);
        }
    }

    return ctl_no_command(ctl, argv[0], (argc > 1) ? argv[1] : NULL);
}


static ctl_exit_t
ctl_run(ctl_t *ctl, const ctl_command_t *command, int argc, char **argv)
{
    size_t            n;
    ctl_exit_t        code;
    ctl_opt_t         option;
    const ctl_use_t  *use;
    const char      **words, **p;

    /* room for every argument under each option, and among the operands */

    n = 1;

    for (use = command->uses; use->option != CTL_OPT_END; use++) {
        n++;
    }

    words = calloc(n * ((size_t) argc + 1), sizeof(char *));
    if (words == NULL) {
        ctl_error(ctl, "no memory");
        return CTL_FAILED;
    }

    p = words;
    ctl->operands = p;

    for (use = command->uses; use->option != CTL_OPT_END; use++) {
        option = use->option;
        p += argc + 1;
        ctl->options[option].values = p;
    }

    if (!ctl_parse(ctl, command, argc, argv)) {
        code = CTL_FAILED;

    } else if (ctl_has(ctl, CTL_OPT_HELP)) {
        ctl_help(ctl, command, stdout);
        code = ctl_flush(ctl, CTL_GOOD);

    } else {
        code = command->run(ctl);
    }

    free(words);

    return code;
}


static ctl_exit_t
ctl_no_command(const ctl_t *ctl, const char *group, const char *name)
{
    char                  typed[64];
    size_t                n;
    bool                  known;
    const char           *nearest, *names[16];
    char                  full[16][32];
    const ctl_command_t  *c;

    known = false;
    n = 0;

    for (c = ctl_commands; c->group && n < erpsync_nelts(names); c++) {
        known |= strcmp(c->group, group) == 0;
        (void) snprintf(full[n], sizeof(full[n]), "%s %s", c->group, c->name);
        names[n] = full[n];
        n++;
    }

    if (known && (name == NULL || *name == '-')) {
        ctl_error(ctl, "%s needs a command; see erpsyncctl --help", group);
        return CTL_FAILED;
    }

    (void) snprintf(typed, sizeof(typed), "%s%s%s", group, name ? " " : "",
                    name ? name : "");
    nearest = ctl_nearest(typed, names, n);

    if (nearest) {
        ctl_error(ctl, "there is no command \"%s\"; did you mean \"%s\"?",
                  typed, nearest);

    } else {
        ctl_error(ctl, "there is no such command; see erpsyncctl --help");
    }

    return CTL_FAILED;
}
