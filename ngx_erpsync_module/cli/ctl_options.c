
#define _GNU_SOURCE

#include <getopt.h>
#include <stdlib.h>

#include "ctl.h"


#define CTL_LONG  256      /* above the characters of short options */


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
    [CTL_OPT_CRM_ACTOR] = { "--crm-actor-type", "TYPE", true },
    [CTL_OPT_ERP_ACTOR] = { "--erp-actor-type", "TYPE", true },
    [CTL_OPT_NARROW] = { "--narrow", NULL, true },
    [CTL_OPT_NOT_BEFORE] = { "--not-before", "TIME", false },
    [CTL_OPT_EXPIRES] = { "--expires", "TIME", false },
    [CTL_OPT_GENERATE] = { "--generate", NULL, true },
    [CTL_OPT_CERTIFICATE] = { "--certificate", "FILE.pem", false },
    [CTL_OPT_KEY] = { "--key", "FILE.pem", false },
    [CTL_OPT_CREATE] = { "--create", NULL, true },
    [CTL_OPT_EXPIRE_OLD] = { "--expire-old", "TIME", false },
    [CTL_OPT_PRUNE] = { "--prune", NULL, true },
    [CTL_OPT_TOKEN] = { "--token", "PREFIX", false },
    [CTL_OPT_REMOVE] = { "--remove", NULL, true },
    [CTL_OPT_OFF] = { "--off", NULL, true },
    [CTL_OPT_WAIT] = { "--wait", "SECONDS", false },
    [CTL_OPT_WITHIN] = { "--within", "DURATION", false },
    [CTL_OPT_USER] = { "--user", "NAME", false },
    [CTL_OPT_FAIL_ON_WARNING] = { "--fail-on-warning", NULL, true },
    [CTL_OPT_TYPE] = { "--type", "MEDIA-TYPE", false },
    [CTL_OPT_BODY_OPERATION] = { "--operation", "OPERATION", false },
    [CTL_OPT_UNKNOWN] = { "--unknown-properties", "reject|strip|pass", false },
    [CTL_OPT_MAX_FIELD_VALUES] = { "--max-field-values", "NUMBER", false },
    [CTL_OPT_INSTALLATION] = { "--installation", "online|onsite", false },
    [CTL_OPT_REGISTRY] = { "--registry", "FILE", false },
    [CTL_OPT_TENANTS] = { "--tenants", "FILE", false },
    [CTL_OPT_APP] = { "--app", "ID", false },
    [CTL_OPT_AT] = { "--at", "TIME", false },
    [CTL_OPT_SHOW_SECRETS] = { "--show-secrets", NULL, true },
    [CTL_OPT_APP_TOKEN] = { "--app-token", "required|soticket|optional",
                            false },
    [CTL_OPT_CREDENTIALS] = { "--credentials", "SCHEME", true },
    [CTL_OPT_SOAP] = { "--soap", "refuse|pass", false },
    [CTL_OPT_FORWARD_APP_TOKEN] = { "--forward-app-token", "on|off", false },
    [CTL_OPT_LANGUAGES] = { "--languages", "TAG", true },
    [CTL_OPT_DEFAULT_LANGUAGE] = { "--default-language", "TAG", false },
    [CTL_OPT_DEFAULT_CULTURE] = { "--default-culture", "TAG", false },
    [CTL_OPT_DEFAULT_TIMEZONE] = { "--default-timezone", "ZONE", false },
    [CTL_OPT_ERRORS] = { "--errors", "auto|superoffice|problem|off", false },
};


static bool ctl_take(ctl_t *ctl, ctl_opt_t option, const char *value);
static void ctl_unknown_option(const ctl_t *ctl, const ctl_command_t *command,
    const char *arg, int letter);


const char *
ctl_option_name(ctl_opt_t option, const char **value)
{
    if (value) {
        *value = ctl_options[option].value;
    }

    return ctl_options[option].name;
}


const char *
ctl_nth(const ctl_t *ctl, ctl_opt_t option, size_t n)
{
    size_t  i;

    for (i = 0; i < ctl->ngiven; i++) {
        if (ctl->given[i].option == option && n-- == 0) {
            return ctl->given[i].value;
        }
    }

    return NULL;
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
ctl_choice(const ctl_t *ctl, ctl_opt_t option, unsigned *index)
{
    int          n;
    const char  *value;

    value = ctl_value(ctl, option, NULL);

    if (value == NULL) {
        return true;
    }

    n = ctl_word(value, ctl_options[option].value);

    if (n == -1) {
        ctl_error(ctl, "%s must be one of %s", ctl_options[option].name,
                  ctl_options[option].value);
        return false;
    }

    *index = (unsigned) n;

    return true;
}


int
ctl_word(const char *word, const char *words)
{
    int     n;
    size_t  len;

    for (n = 0; /* void */; n++) {
        len = strcspn(words, "|");

        if (len == strlen(word) && memcmp(words, word, len) == 0) {
            return n;
        }

        if (words[len] == '\0') {
            return -1;
        }

        words += len + 1;
    }
}


bool
ctl_parse(ctl_t *ctl, const ctl_command_t *command, int argc, char **argv)
{
    int               c;
    size_t            n;
    struct option     longs[CTL_OPT_COUNT + 1];
    const ctl_use_t  *use;

    memset(longs, 0, sizeof(longs));
    n = 0;

    for (use = command->uses; use->option != CTL_OPT_END; use++) {
        longs[n].name = ctl_options[use->option].name + 2;
        longs[n].has_arg = ctl_options[use->option].value ? required_argument
                                                          : no_argument;
        longs[n++].val = CTL_LONG + (int) use->option;
    }

    opterr = 0;

    /* "-": operands come as they stand, also with POSIXLY_CORRECT */

    while ((c = getopt_long(argc, argv, "-:h", longs, NULL)) != -1) {

        if (c == 1) {
            ctl->operands[ctl->n++] = optarg;

        } else if (c == 'h' || c >= CTL_LONG) {

            if (!ctl_take(ctl, (c == 'h') ? CTL_OPT_HELP
                                          : (ctl_opt_t) (c - CTL_LONG),
                          optarg))
            {
                return false;
            }

        } else if (optopt >= CTL_LONG) {
            ctl_error(ctl, "%s %s", ctl_options[optopt - CTL_LONG].name,
                      (c == ':') ? "needs a value" : "takes no value");
            return false;

        } else {
            ctl_unknown_option(ctl, command, argv[optind - 1], optopt);
            return false;
        }
    }

    while (optind < argc) {
        ctl->operands[ctl->n++] = argv[optind++];
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
ctl_take(ctl_t *ctl, ctl_opt_t option, const char *value)
{
    if (ctl_has(ctl, option) && !ctl_options[option].repeated) {
        ctl_error(ctl, "%s is given twice", ctl_options[option].name);
        return false;
    }

    ctl->given[ctl->ngiven].option = option;
    ctl->given[ctl->ngiven++].value = value ? value : "";

    return true;
}


/*
 * Prints an error for an option that the command does not have.  Of a short
 * option it shows the letter only: like a value behind "=", the rest could be
 * a misplaced token.
 */

static void
ctl_unknown_option(const ctl_t *ctl, const ctl_command_t *command,
    const char *arg, int letter)
{
    char              word[32];
    size_t            n;
    const char       *names[CTL_OPT_COUNT], *nearest;
    const ctl_use_t  *use;

    if (letter) {
        ctl_error(ctl, "%s %s has no option -%c; an id cannot begin with a "
                  "dash", command->group, command->name, letter);
        return;
    }

    for (n = 0, use = command->uses; use->option != CTL_OPT_END; use++) {
        names[n++] = ctl_options[use->option].name;
    }

    (void) snprintf(word, sizeof(word), "%.*s", (int) strcspn(arg, "="), arg);
    nearest = ctl_nearest(word, names, n);

    if (nearest) {
        ctl_error(ctl, "%s %s has no option %s; did you mean %s?",
                  command->group, command->name, word, nearest);

    } else {
        ctl_error(ctl, "%s %s has no option %s, or several that begin so; see "
                  "erpsyncctl %s %s --help", command->group, command->name,
                  word, command->group, command->name);
    }
}
