
#define _XOPEN_SOURCE  700

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl_registry.h"


static ctl_exit_t ctl_dispatch(ctl_t *ctl, int argc, char **argv);
static ctl_exit_t ctl_run(ctl_t *ctl, const ctl_command_t *command, int argc,
    char **argv);
static void *ctl_json_malloc(size_t size);
static bool ctl_colors(int fd);


int
main(int argc, char **argv)
{
    int          fd, i;
    char        *failure;
    ctl_t        ctl;
    ctl_exit_t   code;

    /* if a standard stream is closed, a file must not get its descriptor */

    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);

    if (fd > STDERR_FILENO) {
        (void) close(fd);
    }

    json_set_alloc_funcs(ctl_json_malloc, free);

    memset(&ctl, 0, sizeof(ctl_t));
    ctl.color = ctl_colors(STDERR_FILENO);
    ctl.color_out = ctl_colors(STDOUT_FILENO);
    ctl.now = time(NULL);
    failure = NULL;
    ctl.failure = &failure;

    for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        ctl.json |= strcmp(argv[i], "--json") == 0;
    }

    /* for the width of characters; C.UTF-8 is in every glibc of today */

    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        (void) setlocale(LC_CTYPE, "");
    }

    /* a failed write is an error to report, not the end of the process */

    (void) signal(SIGPIPE, SIG_IGN);
    (void) signal(SIGXFSZ, SIG_IGN);

    code = ctl_dispatch(&ctl, argc - 1, argv + 1);

    if (failure) {
        code = ctl_print_json(&ctl, json_pack("{s:s}", "error", failure),
                              code);
        free(failure);
    }

    return (int) code;
}


/* Jansson's allocator */

static void *
ctl_json_malloc(size_t size)
{
    void  *p;

    p = malloc(size);

    if (p == NULL) {
        ctl_no_memory();
    }

    return p;
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
        (void) printf("erpsyncctl %s\n", ERPSYNC_VERSION);
        return ctl_flush(ctl, CTL_GOOD);
    }

    if (strcmp(argv[0], "_complete") == 0) {
        return ctl_complete(ctl, argc - 1, argv + 1);
    }

    for (command = ctl_commands; command->group; command++) {
        if (argc > 1 && strcmp(command->group, argv[0]) == 0
            && strcmp(command->name, argv[1]) == 0)
        {
            return ctl_run(ctl, command, argc - 1, argv + 1);
        }
    }

    return ctl_no_command(ctl, argv[0], (argc > 1) ? argv[1] : NULL);
}


static ctl_exit_t
ctl_run(ctl_t *ctl, const ctl_command_t *command, int argc, char **argv)
{
    ctl_exit_t  code;

    ctl->operands = calloc((size_t) argc, sizeof(char *));
    ctl->given = calloc((size_t) argc, sizeof(ctl_given_t));

    if (ctl->operands == NULL || ctl->given == NULL) {
        ctl_error(ctl, "no memory");
        code = CTL_FAILED;

    } else if (!ctl_parse(ctl, command, argc, argv)) {
        code = CTL_FAILED;

    } else if (ctl_has(ctl, CTL_OPT_HELP)) {
        ctl_help(ctl, command, stdout);
        code = ctl_flush(ctl, CTL_GOOD);

    } else {
        code = command->run(ctl);
    }

    free(ctl->operands);
    free(ctl->given);

    return code;
}
