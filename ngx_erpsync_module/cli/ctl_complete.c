
#include <stdlib.h>
#include <unistd.h>

#include "ctl_registry.h"


/*
 * What the shell's completion asks for, so that it always agrees with the
 * program:
 *
 *   _complete commands | operations | types | crm-actors | erp-actors
 *   _complete options GROUP COMMAND
 *   _complete apps FILE
 *
 * It never prints an error: the user is still typing.
 */


static void
ctl_complete_names(const erpsync_enum_t *e)
{
    size_t  i;

    for (i = 1; i < e->nvalues; i++) {
        (void) printf("%.*s\n", (int) e->values[i].len,
                      (const char *) e->values[i].data);
    }
}


static void
ctl_complete_options(const char *group, const char *name)
{
    const char           *option, *value;
    const ctl_use_t      *use;
    const ctl_command_t  *c;

    for (c = ctl_commands; c->group; c++) {

        if (strcmp(c->group, group) != 0 || strcmp(c->name, name) != 0) {
            continue;
        }

        for (use = c->uses; use->option != CTL_OPT_END; use++) {
            option = ctl_option_name(use->option, &value);
            (void) printf("%s%s\n", option, value ? "=" : "");
        }
    }
}


static void
ctl_complete_apps(const ctl_t *ctl, const char *path)
{
    char             error[ERPSYNC_REGISTRY_ERROR_LEN];
    size_t           i;
    json_t          *app;
    ctl_buf_t        text;
    ctl_registry_t   r;

    if (access(path, R_OK) == -1 || !ctl_read(ctl, path, &text)) {
        return;
    }

    if (ctl_registry_read(ctl, &text, &r, error) == CTL_GOOD) {

        json_array_foreach (r.apps, i, app) {
            (void) puts(ctl_json_string(app, "id"));
        }

        ctl_registry_free(&r);
    }

    free(text.data);
}


ctl_exit_t
ctl_complete(ctl_t *ctl, int argc, char **argv)
{
    size_t                i;
    const char           *what;
    const ctl_command_t  *c;

    static const char  *const types[] = {
        "application/json", "text/json", "application/merge-patch+json",
        "application/json-patch+json", "application/xml", "text/xml",
        "application/x-www-form-urlencoded"
    };

    what = argc ? argv[0] : "";

    if (strcmp(what, "commands") == 0) {
        for (c = ctl_commands; c->group; c++) {
            (void) printf("%s %s\n", c->group, c->name);
        }

    } else if (strcmp(what, "operations") == 0) {
        for (i = 0; i < ERPSYNC_OPERATIONS; i++) {
            (void) puts((const char *) erpsync_operations[i].name.data);
        }

    } else if (strcmp(what, "types") == 0) {
        for (i = 0; i < erpsync_nelts(types); i++) {
            (void) puts(types[i]);
        }

    } else if (strcmp(what, "crm-actors") == 0) {
        ctl_complete_names(&erpsync_crm_actor_types);

    } else if (strcmp(what, "erp-actors") == 0) {
        ctl_complete_names(&erpsync_erp_actor_types);

    } else if (strcmp(what, "options") == 0 && argc == 3) {
        ctl_complete_options(argv[1], argv[2]);

    } else if (strcmp(what, "apps") == 0 && argc == 2) {
        ctl_complete_apps(ctl, argv[1]);
    }

    return ctl_flush(ctl, CTL_GOOD);
}
