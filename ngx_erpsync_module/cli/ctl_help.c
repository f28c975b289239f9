
#include "ctl.h"


static void ctl_help_options(const ctl_use_t *use, FILE *out);


void
ctl_help(ctl_t *ctl, const ctl_command_t *command, FILE *out)
{
    bool                  color;
    size_t                len, widest;
    const char           *bold, *plain;
    const ctl_command_t  *c;

    color = (out == stdout) ? ctl->color_out : ctl->color;
    bold = ctl_style(color, CTL_BOLD);
    plain = ctl_style(color, CTL_PLAIN);
    widest = 0;

    if (command) {
        (void) fprintf(out, "%sUsage:%s erpsyncctl %s %s [options] %s\n\n"
                       "%s\n\n%sOptions:%s\n", bold, plain, command->group,
                       command->name, command->operands, command->text, bold,
                       plain);
        ctl_help_options(command->uses, out);
        return;
    }

    (void) fprintf(out, "%sUsage:%s erpsyncctl <command> [options] "
                   "[arguments]\n\n"
                   "Edits, reviews and tests the app registry of the ErpSync "
                   "gateway of nginx, and\nshows what the gateway makes of a "
                   "request.\n\n"
                   "%sCommands:%s\n", bold, plain, bold, plain);

    for (c = ctl_commands; c->group; c++) {
        len = strlen(c->operands);
        widest = (len > widest) ? len : widest;
    }

    for (c = ctl_commands; c->group; c++) {
        (void) fprintf(out, "  %s %-*s %-*s  %s\n", c->group,
                       (int) (15 - strlen(c->group)), c->name, (int) widest,
                       c->operands, c->summary);
    }

    (void) fprintf(out, "\n%sOptions:%s\n"
                   "  -h, --help     this help, or that of a command\n"
                   "  -V, --version  the version\n\n"
                   "Exit status: 0 good, 1 refused or invalid, 2 usage, "
                   "input or output.\n"
                   "More: erpsyncctl <command> --help, man erpsyncctl\n",
                   bold, plain);
}


static void
ctl_help_options(const ctl_use_t *use, FILE *out)
{
    int               n, width, widest;
    size_t            len;
    const char       *name, *value, *line;
    const ctl_use_t  *u;

    widest = 0;

    for (u = use; u->option != CTL_OPT_END; u++) {
        name = ctl_option_name(u->option, &value);
        width = (int) (strlen(name) + (value ? strlen(value) + 1 : 0));
        widest = (width > widest) ? width : widest;
    }

    for (u = use; u->option != CTL_OPT_END; u++) {
        name = ctl_option_name(u->option, &value);
        n = fprintf(out, "  %s%s%s", name, value ? " " : "",
                    value ? value : "");

        for (line = u->help; *line; line += len + (line[len] == '\n')) {
            len = strcspn(line, "\n");
            (void) fprintf(out, "%*s%.*s\n", widest + 4 - n, "", (int) len,
                           line);
            n = 0;
        }
    }
}
