
#define _GNU_SOURCE        /* strcasecmp() */

#include "ctl.h"


#define CTL_SLIP  2    /* edits from a word to its typing error */
#define CTL_WORD  48


/*
 * What people type for a command.  Also here are words that resemble the
 * command that does the opposite, as "disable" does.
 */

static const struct {
    const char  *typed;
    const char  *command;
} ctl_aliases[] = {
    { "registry disable", "registry revoke" },
    { "registry deactivate", "registry revoke" },
    { "registry suspend", "registry revoke" },
    { "registry block", "registry revoke" },
    { "registry lock", "registry revoke" },
    { "registry ban", "registry revoke" },
    { "registry deny", "registry revoke" },
    { "registry rm", "registry revoke --remove" },
    { "registry remove", "registry revoke --remove" },
    { "registry del", "registry revoke --remove" },
    { "registry delete", "registry revoke --remove" },
    { "registry drop", "registry revoke --remove" },
    { "registry activate", "registry enable" },
    { "registry reactivate", "registry enable" },
    { "registry unblock", "registry enable" },
    { "registry unlock", "registry enable" },
    { "registry unban", "registry enable" },
    { "registry unrevoke", "registry enable" },
    { "registry allow", "registry grant" },
    { "registry permit", "registry grant" },
    { "registry disallow", "registry ungrant" },
    { "registry new", "registry add" },
    { "registry create", "registry add" },
    { "registry renew", "registry rotate" },
    { "registry ls", "registry list" },
    { "registry show", "registry list" },
    { "registry verify", "registry check" },
    { "registry validate", "registry check" },
    { "registry lint", "registry check" }
};


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
            cost = (above + 1 < cost) ? above + 1 : cost;
            cost = (row[j] + 1 < cost) ? row[j] + 1 : cost;
            row[j + 1] = cost;
            diagonal = above;
        }
    }

    return row[len];
}


/* Returns whether one word is the other with "un", "de" and so on before it. */

static bool
ctl_opposite(const char *a, const char *b)
{
    size_t       i, la, lb, len;
    const char  *longer;

    static const char  *const prefixes[] = { "un", "de", "in", "no", "no-" };

    la = strlen(a);
    lb = strlen(b);
    longer = (la > lb) ? a : b;
    len = (la > lb) ? la - lb : lb - la;

    /* what both begin with is a group, or the dashes of an option */

    while (*a && *a == *b) {
        a++;
        b++;
        longer++;
    }

    for (i = 0; i < erpsync_nelts(prefixes); i++) {
        if (strlen(prefixes[i]) == len
            && strncasecmp(longer, prefixes[i], len) == 0)
        {
            return strcmp((la > lb) ? a + len : a, (la > lb) ? b : b + len)
                   == 0;
        }
    }

    return false;
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

        if (distance > least || distance > CTL_SLIP
            || distance * 2 >= strlen(words[i]))
        {
            continue;
        }

        if (distance == least || ctl_opposite(word, words[i])) {
            nearest = NULL;

        } else {
            nearest = words[i];
        }

        least = distance;
    }

    return nearest;
}


ctl_exit_t
ctl_no_command(const ctl_t *ctl, const char *group, const char *name)
{
    char                  full[32][32], typed[64];
    bool                  known;
    size_t                i, n;
    const char           *nearest, *names[32 + erpsync_nelts(ctl_aliases)];
    const ctl_command_t  *c;

    known = false;
    n = 0;

    for (c = ctl_commands; c->group && n < erpsync_nelts(full); c++) {
        known |= strcmp(c->group, group) == 0;
        (void) snprintf(full[n], sizeof(full[n]), "%s %s", c->group, c->name);
        names[n] = full[n];
        n++;
    }

    for (i = 0; i < erpsync_nelts(ctl_aliases); i++) {
        names[n++] = ctl_aliases[i].typed;
    }

    if (known && (name == NULL || *name == '-')) {
        ctl_error(ctl, "%s needs a command; see erpsyncctl --help", group);
        return CTL_FAILED;
    }

    (void) snprintf(typed, sizeof(typed), "%s%s%s", group, name ? " " : "",
                    name ? name : "");
    nearest = ctl_nearest(typed, names, n);

    for (i = 0; nearest && i < erpsync_nelts(ctl_aliases); i++) {
        if (nearest == ctl_aliases[i].typed) {
            nearest = ctl_aliases[i].command;
        }
    }

    if (nearest) {
        ctl_error(ctl, "there is no command \"%s\"; did you mean \"%s\"?",
                  typed, nearest);

    } else {
        ctl_error(ctl, "there is no such command; see erpsyncctl --help");
    }

    return CTL_FAILED;
}
