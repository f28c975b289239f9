
#define _XOPEN_SOURCE  700

#include <stdlib.h>
#include <sys/stat.h>

#include "ctl_registry.h"


/* registry check, registry list */


#define CTL_WITHIN   (14 * 86400)
#define CTL_COLUMNS  7


typedef struct {
    size_t    apps;
    size_t    enabled;
    size_t    agents;       /* apps with the agent ErpSync */
    size_t    tokens;
    size_t    certificates;
    size_t    states[3];    /* tokens, by their state */
    json_t   *warnings;
} ctl_summary_t;


static void ctl_summarize(const ctl_t *ctl, const ctl_registry_t *r,
    int64_t within, ctl_summary_t *sum);
static void ctl_summarize_app(const ctl_t *ctl, json_t *app, int64_t within,
    ctl_summary_t *sum);
static bool ctl_check_file(const ctl_t *ctl, json_t *warnings);
static ctl_exit_t ctl_check_print(const ctl_t *ctl,
    const ctl_summary_t *sum);
static void ctl_list_app(const ctl_t *ctl, json_t *app, json_t *rows);
static json_t *ctl_list_json(const ctl_t *ctl, json_t *app);
static void ctl_table(const ctl_t *ctl, json_t *rows);


ctl_exit_t
ctl_registry_check(ctl_t *ctl)
{
    int64_t         within;
    ctl_exit_t      code;
    ctl_summary_t   sum;
    ctl_registry_t  r;

    within = CTL_WITHIN;

    if (ctl_has(ctl, CTL_OPT_WITHIN)) {
        within = ctl_duration(ctl_value(ctl, CTL_OPT_WITHIN, ""));

        if (within < 0) {
            ctl_error(ctl, "--within must be a duration, such as 14d");
            return CTL_FAILED;
        }
    }

    if (ctl_has(ctl, CTL_OPT_KEY)) {
        code = ctl_signature_check(ctl, ctl->operands[0]);

        if (code != CTL_GOOD) {
            return code;
        }
    }

    code = ctl_registry_open(ctl, ctl->operands[0], &r);

    if (code != CTL_GOOD) {
        return code;
    }

    ctl_summarize(ctl, &r, within, &sum);
    ctl_registry_free(&r);

    code = ctl_check_file(ctl, sum.warnings) ? ctl_check_print(ctl, &sum)
                                             : CTL_FAILED;
    json_decref(sum.warnings);

    return code;
}


/* Adds warnings of who can read and write the file. */

static bool
ctl_check_file(const ctl_t *ctl, json_t *warnings)
{
    int           error;
    const char   *path, *user, *warning;
    struct stat   st;

    path = ctl->operands[0];

    if (!ctl_access(ctl, path, &user, &error)) {
        return false;
    }

    if (error) {
        (void) json_array_append_new(warnings,
            json_sprintf("nginx's workers cannot read the file as %s: %s; let "
                         "that user read it and search its directories",
                         user, strerror(error)));
    }

    warning = (stat(path, &st) == 0 && S_ISREG(st.st_mode))
              ? ctl_mode_warning((int) st.st_mode) : NULL;

    if (warning) {
        (void) json_array_append_new(warnings,
                                     json_sprintf("the file %s", warning));
    }

    return true;
}


static ctl_exit_t
ctl_check_print(const ctl_t *ctl, const ctl_summary_t *sum)
{
    size_t       i;
    json_t      *warning;
    ctl_exit_t   code;

    code = (ctl_has(ctl, CTL_OPT_FAIL_ON_WARNING)
            && json_array_size(sum->warnings)) ? CTL_REFUSED : CTL_GOOD;

    if (ctl->json) {
        return ctl_print_json(ctl,
            json_pack("{s:b,s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:O}",
                      "valid", 1, "file", ctl_json_text(ctl->operands[0]),
                      "apps", (json_int_t) sum->apps,
                      "enabled", (json_int_t) sum->enabled,
                      "granted", (json_int_t) sum->agents,
                      "tokens", (json_int_t) sum->tokens,
                      "validTokens", (json_int_t) sum->states[CTL_TOKEN_VALID],
                      "expiredTokens",
                      (json_int_t) sum->states[CTL_TOKEN_EXPIRED],
                      "futureTokens",
                      (json_int_t) sum->states[CTL_TOKEN_NOT_YET],
                      "certificates", (json_int_t) sum->certificates,
                      "warnings", sum->warnings), code);
    }

    (void) ctl_put_text(stdout, ctl_str(ctl->operands[0]));
    (void) printf(": valid: %zu app%s (%zu enabled, %zu with the agent "
                  "ErpSync), %zu token%s (%zu valid now)\n",
                  sum->apps, (sum->apps == 1) ? "" : "s",
                  sum->enabled, sum->agents, sum->tokens,
                  (sum->tokens == 1) ? "" : "s", sum->states[CTL_TOKEN_VALID]);

    code = ctl_flush(ctl, code);

    json_array_foreach (sum->warnings, i, warning) {
        ctl_warn(ctl, "%s", json_string_value(warning));
    }

    return code;
}


static void
ctl_summarize(const ctl_t *ctl, const ctl_registry_t *r, int64_t within,
    ctl_summary_t *sum)
{
    size_t   i;
    json_t  *app;

    memset(sum, 0, sizeof(ctl_summary_t));
    sum->warnings = json_array();

    json_array_foreach (r->apps, i, app) {
        ctl_summarize_app(ctl, app, within, sum);
    }
}


static void
ctl_warn_expiry(const ctl_t *ctl, const char *id, const char *noun,
    const ctl_token_info_t *info, json_t *warnings)
{
    char  when[64];

    ctl_time_distance(info->to - ctl->now, when, sizeof(when));
    (void) json_array_append_new(warnings,
        json_sprintf("%s: %s %.*s %s %s", id, noun, CTL_PREFIX,
                     info->prefix.data, (info->state == CTL_TOKEN_VALID)
                                        ? "expires" : "expired", when));
}


static void
ctl_summarize_app(const ctl_t *ctl, json_t *app, int64_t within,
    ctl_summary_t *sum)
{
    bool                enabled;
    size_t              i, valid;
    json_t             *token;
    const char         *id;
    ctl_token_info_t    info;
    const ctl_proof_t  *proof;

    id = ctl_json_string(app, "id");
    enabled = ctl_app_enabled(app);
    sum->apps++;
    sum->enabled += enabled;
    sum->agents += ctl_app_has_agent(app);
    valid = 0;

    for (proof = ctl_proofs; proof < ctl_proofs + 2; proof++) {

        json_array_foreach (json_object_get(app, proof->member), i, token) {
            ctl_token_info(ctl, token, &info);
            valid += (info.state == CTL_TOKEN_VALID);

            if (proof == ctl_proofs) {
                sum->tokens++;
                sum->states[info.state]++;

            } else {
                sum->certificates++;
            }

            if (enabled && info.state != CTL_TOKEN_NOT_YET
                && info.to != INT64_MAX && info.to - ctl->now <= within)
            {
                ctl_warn_expiry(ctl, id, proof->noun, &info, sum->warnings);
            }
        }
    }

    if (enabled && valid == 0) {
        (void) json_array_append_new(sum->warnings,
                   json_sprintf("%s: none of its tokens and certificates is "
                                "valid now", id));
    }
}


ctl_exit_t
ctl_registry_list(ctl_t *ctl)
{
    size_t          i;
    json_t         *app, *only, *rows;
    ctl_exit_t      code;
    ctl_registry_t  r;

    code = ctl_registry_open(ctl, ctl->operands[0], &r);

    if (code != CTL_GOOD) {
        return code;
    }

    only = NULL;

    if (ctl->n > 1) {
        only = ctl_app_find(ctl, &r, ctl->operands[1], true);

        if (only == NULL) {
            ctl_registry_free(&r);
            return CTL_REFUSED;
        }
    }

    rows = ctl->json ? json_array()
                     : json_pack("[[s,s,s,s,s,s,s,s]]", "ID", "APP", "AGENTS",
                                 "TOKEN", "STATE", "NOT BEFORE", "EXPIRES",
                                 "NAME");

    json_array_foreach (r.apps, i, app) {

        if (only && only != app) {
            continue;
        }

        if (ctl->json) {
            (void) json_array_append_new(rows, ctl_list_json(ctl, app));

        } else {
            ctl_list_app(ctl, app, rows);
        }
    }

    if (ctl->json) {
        code = ctl_print_json(ctl,
                              json_pack("{s:b,s:o,s:O}", "valid", 1, "file",
                                        ctl_json_text(ctl->operands[0]),
                                        "apps", rows), CTL_GOOD);

    } else {
        ctl_table(ctl, rows);
        code = ctl_flush(ctl, CTL_GOOD);
    }

    json_decref(rows);
    ctl_registry_free(&r);

    return code;
}


/*
 * Adds a row for each token, the app's own columns in the first; and one of a
 * single column for each kind of grant that is limited, and for "enforce".
 */

static void
ctl_list_app(const ctl_t *ctl, json_t *app, json_t *rows)
{
    bool                first;
    char               *text;
    size_t              i;
    json_t             *token;
    const char         *id, *name;
    const ctl_list_t   *list;
    ctl_token_info_t    info;
    const ctl_proof_t  *proof;

    id = ctl_json_string(app, "id");
    name = ctl_json_string(app, "name");
    text = ctl_list_shown(json_object_get(app, "agents"), ",");
    first = true;

    for (proof = ctl_proofs; proof < ctl_proofs + 2; proof++) {

        json_array_foreach (json_object_get(app, proof->member), i, token) {
            ctl_token_info(ctl, token, &info);

            (void) json_array_append_new(rows,
                json_pack("[s,s,s,o,s,s,s,s?]", first ? id : "",
                          !first ? "" : ctl_app_enabled(app) ? "enabled"
                                                             : "disabled",
                          !first ? "" : (text && *text) ? text : "none",
                          json_sprintf("%.*s%s", CTL_PREFIX, info.prefix.data,
                                       (proof == ctl_proofs)
                                       ? "" : " (certificate)"),
                          ctl_state_name(info.state),
                          info.not_before ? info.not_before : "-",
                          info.expires ? info.expires : "-",
                          first ? name : NULL));
            first = false;
        }
    }

    free(text);

    for (list = ctl_lists + 1; list->member; list++) {
        text = ctl_list_shown(json_object_get(app, list->member), ", ");

        if (text) {
            (void) json_array_append_new(rows,
                json_pack("[o]", json_sprintf("  %s: %s", list->member,
                                              *text ? text : "none")));
        }

        free(text);
    }

    if (json_is_true(json_object_get(app, "enforce"))) {
        (void) json_array_append_new(rows, json_pack("[s]",
                                                     "  enforce: true"));
    }
}


static void
ctl_table_style(const ctl_t *ctl, size_t row, size_t column,
    const char *text)
{
    ctl_style_t  style;

    if (row == 0) {
        style = CTL_BOLD;

    } else if (column == 4) {
        style = (strcmp(text, "valid") == 0) ? CTL_GREEN
                : (strcmp(text, "expired") == 0) ? CTL_RED : CTL_YELLOW;

    } else if (column == 1 && strcmp(text, "disabled") == 0) {
        style = CTL_RED;

    } else {
        return;
    }

    (void) fputs(ctl_style(ctl->color_out, style), stdout);
}


/* Prints the name, which may be long: the last column, without a width. */

static void
ctl_table(const ctl_t *ctl, json_t *rows)
{
    size_t       i, j, n, pad, widths[CTL_COLUMNS];
    json_t      *row;
    const char  *text;

    memset(widths, 0, sizeof(widths));

    json_array_foreach (rows, i, row) {
        for (j = 0; j < CTL_COLUMNS && json_array_size(row) > 1; j++) {
            text = json_string_value(json_array_get(row, j));
            n = ctl_width(ctl_str(text));
            widths[j] = (n > widths[j]) ? n : widths[j];
        }
    }

    json_array_foreach (rows, i, row) {
        pad = 0;

        for (j = 0; j < json_array_size(row); j++) {
            text = json_string_value(json_array_get(row, j));

            if (text == NULL) {
                break;
            }

            (void) printf("%*s", (int) pad, "");
            ctl_table_style(ctl, i, j, text);
            n = ctl_put_text(stdout, ctl_str(text));
            (void) fputs(ctl_style(ctl->color_out, CTL_PLAIN), stdout);
            pad = (j < CTL_COLUMNS) ? widths[j] - n + 2 : 0;
        }

        (void) fputc('\n', stdout);
    }
}


/* Returns an app as in the file, with what absent members mean. */

static json_t *
ctl_list_json(const ctl_t *ctl, json_t *app)
{
    size_t              i;
    json_t             *entry, *token, *tokens;
    const ctl_list_t   *list;
    ctl_token_info_t    info;
    const ctl_proof_t  *proof;

    entry = json_copy(app);

    for (proof = ctl_proofs; proof < ctl_proofs + 2; proof++) {
        tokens = json_array();

        json_array_foreach (json_object_get(app, proof->member), i, token) {
            ctl_token_info(ctl, token, &info);
            (void) json_array_append_new(tokens,
                json_pack("{s:s%,s:s?,s:s?,s:s}", "digestPrefix",
                          info.prefix.data, (size_t) CTL_PREFIX, "notBefore",
                          info.not_before, "expires", info.expires, "state",
                          ctl_state_name(info.state)));
        }

        (void) json_object_set_new(entry, proof->member, tokens);
    }

    (void) json_object_set_new(entry, "enabled",
                               json_boolean(ctl_app_enabled(app)));

    for (list = ctl_lists; list->member; list++) {
        if (json_object_get(entry, list->member) == NULL) {
            (void) json_object_set_new(entry, list->member, json_string("*"));
        }
    }

    return entry;
}
