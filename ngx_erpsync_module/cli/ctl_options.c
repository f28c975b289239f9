
#include <stdlib.h>

#include "ctl.h"


#define CTL_SLIP  3    /* edits from a word to its typing error */
#define CTL_WORD  48


typedef struct {
    const char  *name;
    const char  *value;
    bool         repeated;
} ctl_option_t;


static const ctl_option_t  ctl_options[CTL_OPT_COUNT] = {
    [CTL_OPT_HELP] = { "--help", NULL, true },
    [CTL_OPT_JSON] = { "--json", NULL, true },
    [CTL_OPT_ID] = { "--id", "ID", false },
    [CTL_OPT_NAME] = { "--name", "NAME", false },
    [CTL_OPT_AGENT] = { "--agent", "AGENT", true },
    [CTL_OPT_OPERATION] = { "--operation", "OPERATION", true },
    [CTL_OPT_TENANT] = { "--tenant", "TENANT", true },
    [CTL_OPT_ADDRESS] = { "--address", "ADDRESS", true },
    [CTL_OPT_CONNECTION] = { "--connection", "NUMBER", true },
    [CTL_OPT_CRM_ACTOR] = { "--crm-actor", "TYPE", true },
    [CTL_OPT_ERP_ACTOR] = { "--erp-actor", "TYPE", true },
    [CTL_OPT_NOT_BEFORE] = { "--not-before", "TIME", false },
    [CTL_OPT_EXPIRES] = { "--expires", "TIME", false },
    [CTL_OPT_GENERATE] = { "--generate", NULL, true },
    [CTL_OPT_CREATE] = { "--create", NULL, true },
    [CTL_OPT_EXPIRE_OLD] = { "--expire-old", "TIME", false },
    [CTL_OPT_PRUNE] = { "--prune", NULL, true },
    [CTL_OPT_TOKEN] = { "--token", "PREFIX", false },
    [CTL_OPT_REMOVE] = { "--remove", NULL, true },
    [CTL_OPT_WAIT] = { "--wait", "SECONDS", false },
    [CTL_OPT_WITHIN] = { "--within", "DURATION", false },
    [CTL_OPT_TYPE] = { "--type", "MEDIA-TYPE", false },
    [CTL_OPT_BODY_OPERATION] = { "--operation", "OPERATION", false },
    [CTL_OPT_UNKNOWN] = { "--unknown", "reject|strip|pass", false },
    [CTL_OPT_MAX_FIELD_VALUES] = { "--max-field-values", "NUMBER", false },
    [CTL_OPT_INSTALLATION] = { "--installation", "online|onsite", false },
};


static bool ctl_parse_option(ctl_t *ctl, const ctl_command_t *command,
    char *arg, char *next, bool *taken);
static ctl_opt_t ctl_find_option(const ctl_t *ctl,
    const ctl_command_t *command, const char *name, size_t len);


const char *
ctl_option_name(ctl_opt_t option, const char **value, bool *repeated)
{
    if (value) {
        *value = ctl_options[option].value;
    }

    if (repeated) {
        *repeated = ctl_options[option].repeated;
    }

    return ctl_options[option].name;
}


const char *
ctl_value(const ctl_t *ctl, ctl_opt_t option, const char *missing)
{
    const ctl_values_t  *values;

    values = &ctl->options[option];

    return values->n ? values->values[values->n - 1] : missing;
}


bool
ctl_number(const ctl_t *ctl, ctl_opt_t option, uint64_t max,
    uint64_t *number)
{
    uint64_t     n;
    const char  *p, *value;

    value = ctl_value(ctl, option, "");
    n = 0;

    for (p = value; erpsync_is_digit((uint8_t) *p) && n <= max; p++) {
        n = n * 10 + (uint64_t) (*p - '0');
    }

    if (p == value || *p || n > max) {
        ctl_error(ctl, "%s must be a number up to %llu",
                  ctl_options[option].name, (unsigned long long) max);
        return false;
    }

    *number = n;

    return true;
}


bool
ctl_parse(ctl_t *ctl, const ctl_command_t *command, int argc, char **argv)
{
    int   i;
    bool  end, taken;

    end = false;

    for (i = 0; i < argc; i++) {

        if (!end && strcmp(argv[i], "--") == 0) {
            end = true;
            continue;
        }

        if (!end && argv[i][0] == '-' && argv[i][1] != '\0') {

            if (!ctl_parse_option(ctl, command, argv[i],
                                  (i + 1 < argc) ? argv[i + 1] : NULL,
                                  &taken))
            {
                return false;
            }

            i += taken;
            continue;
        }

        ctl->operands[ctl->n++] = argv[i];
    }

    if (ctl_has(ctl, CTL_OPT_HELP)
        || (ctl->n >= command->min && ctl->n <= command->max))
    {
        return true;
    }

    ctl_error(ctl, "%s; usage: erpsyncctl %s %s [options] %s",
              (ctl->n < command->min) ? "an argument is missing"
                                      : "too many arguments",
              command->group, command->name, command->operands);

    return false;
}


static bool
ctl_parse_option(ctl_t *ctl, const ctl_command_t *command, char *arg,
    char *next, bool *taken)
{
    size_t               len;
    ctl_opt_t            option;
    const char          *value;
    ctl_values_t        *values;
    const ctl_option_t  *found;

    *taken = false;
    len = strcspn(arg, "=");
    option = (strcmp(arg, "-h") == 0) ? CTL_OPT_HELP
                                      : ctl_find_option(ctl, command, arg,
                                                        len);
    if (option == CTL_OPT_END) {
        return false;
    }

    found = &ctl_options[option];
    values = &ctl->options[option];
    value = arg[len] ? arg + len + 1 : NULL;

    if (found->value == NULL) {

        if (value) {
            ctl_error(ctl, "%s takes no value", found->name);
            return false;
        }

        values->n = 1;
        return true;
    }

    if (value == NULL) {
        value = next;
        *taken = true;
    }

    if (value == NULL) {
        ctl_error(ctl, "%s needs a value: %s %s", found->name, found->name,
                  found->value);
        return false;
    }

    if (values->n && !found->repeated) {
        ctl_error(ctl, "%s is given twice", found->name);
        return false;
    }

    values->values[values->n++] = value;

    return true;
}


static ctl_opt_t
ctl_find_option(const ctl_t *ctl, const ctl_command_t *command,
    const char *name, size_t len)
{
    char              word[CTL_WORD];
    size_t            n;
    const char       *names[CTL_OPT_COUNT], *nearest;
    const ctl_use_t  *use;

    n = 0;

    for (use = command->uses; use->option != CTL_OPT_END; use++) {
        names[n] = ctl_options[use->option].name;

        if (strlen(names[n]) == len && memcmp(names[n], name, len) == 0) {
            return use->option;
        }

        n++;
    }

    (void) snprintf(word, sizeof(word), "%.*s", (int) len, name);
    nearest = ctl_nearest(word, names, n);

    /* not shown: the rest of the argument may be a misplaced token */

    if (nearest) {
        ctl_error(ctl, "%s %s has no option %s; did you mean %s?",
                  command->group, command->name, word, nearest);

    } else {
        ctl_error(ctl, "%s %s has no such option; see erpsyncctl %s %s --help",
                  command->group, command->name, command->group,
                  command->name);
    }

    return CTL_OPT_END;
}


/*
 * Returns the number of edits from "a" to "b" (Levenshtein), without regard to
 * ASCII case.
 */

static size_t
ctl_distance(const char *a, const char *b)
{
    size_t  i, j, len, diagonal, above, cost, row[CTL_WORD + 1];

    len = strlen(b);

    if (strlen(a) > CTL_WORD || len > CTL_WORD) {
        return SIZE_MAX;
    }

    for (j = 0; j < CTL_WORD + 1; j++) {
        row[j] = j;
    }

    for (i = 0; a[i]; i++) {
        diagonal = row[0];
        row[0] = i + 1;

        for (j = 0; j < len; j++) {
            above = row[j + 1];
            cost = diagonal + (erpsync_lower((uint8_t) a[i])
                               != erpsync_lower((uint8_t) b[j]));

            if (above + 1 < cost) {
                cost = above + 1;
            }

            if (row[j] + 1 < cost) {
                cost = row[j] + 1;
            }

            row[j + 1] = cost;
            diagonal = above;
        }
    }

    return row[len];
}


const char *
ctl_nearest(const char *word, const char **words, size_t n)
{
    size_t       i, distance, least;
    const char  *nearest;

    nearest = NULL;
    least = CTL_SLIP + 1;

    for (i = 0; i < n; i++) {
        distance = ctl_distance(word, words[i]);

        if (distance < least && distance * 2 < strlen(words[i])) {
            least = distance;
            nearest = words[i];
        }
    }

    return nearest;
}
