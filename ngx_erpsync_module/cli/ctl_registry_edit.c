
#define _GNU_SOURCE        /* strncasecmp() */

#include <stdlib.h>

#include "ctl_registry.h"


/* registry add, rotate, revoke, enable, enforce */


#define CTL_TRIES        10      /* attempts to replace the file */
#define CTL_EXPIRES_LEN  96


static void ctl_expires(const ctl_t *ctl, json_t *entry,
    char text[CTL_EXPIRES_LEN]);
static json_t *ctl_add_app(const ctl_t *ctl, const char *proofs,
    json_t *entry);
static ctl_exit_t ctl_add(const ctl_t *ctl, ctl_edit_t *edit);
static bool ctl_app_exists(const ctl_t *ctl, const ctl_edit_t *edit);
static ctl_exit_t ctl_rotate(const ctl_t *ctl, ctl_edit_t *edit);
static bool ctl_expire_old(const ctl_t *ctl, json_t *tokens);
static size_t ctl_prune(const ctl_t *ctl, json_t *tokens);
static ctl_exit_t ctl_revoke(const ctl_t *ctl, ctl_edit_t *edit);
static ctl_exit_t ctl_set(const ctl_t *ctl, ctl_edit_t *edit,
    const char *member, bool now, bool value, const char *state);
static ctl_exit_t ctl_revoke_token(const ctl_t *ctl, ctl_edit_t *edit);


ctl_exit_t
ctl_edit(const ctl_t *ctl, ctl_change_pt change, ctl_token_t *token)
{
    bool        again;
    unsigned    n;
    ctl_edit_t  edit;
    ctl_exit_t  code;

    code = CTL_FAILED;
    again = true;

    for (n = 0; again && n < CTL_TRIES; n++) {
        code = ctl_edit_open(ctl, &edit, true);
        edit.token = token;

        if (code == CTL_GOOD) {
            code = change(ctl, &edit);
        }

        again = edit.file.changed;
        ctl_edit_close(&edit);
    }

    if (again) {
        ctl_error(ctl, "%s is replaced again and again by another program; "
                  "nothing has changed", ctl->operands[0]);
    }

    if (code != CTL_GOOD && token && token->generated && token->printed) {
        ctl_error(ctl, "the token that was printed is not registered");
    }

    return code;
}


/*
 * Does the same with a token.  The user is asked for the token first, so that
 * other editors do not wait for the lock while the user types.  Errors that
 * can be found before are printed before.
 */

static ctl_exit_t
ctl_edit_with_token(const ctl_t *ctl, ctl_change_pt change)
{
    ctl_edit_t    edit;
    ctl_exit_t    code;
    const char   *file;
    ctl_token_t   token;

    if (ctl_has(ctl, CTL_OPT_CERTIFICATE) && ctl_has(ctl, CTL_OPT_GENERATE)) {
        ctl_error(ctl, "--certificate and --generate exclude each other");
        return CTL_FAILED;
    }

    code = ctl_edit_open(ctl, &edit, false);

    if (code == CTL_GOOD && edit.app == NULL && ctl_app_exists(ctl, &edit)) {
        code = CTL_REFUSED;
    }

    ctl_edit_close(&edit);

    if (code == CTL_GOOD) {
        file = ctl_value(ctl, CTL_OPT_CERTIFICATE, NULL);
        code = (file ? ctl_certificate_get(ctl, file, &token)
                     : ctl_token_get(ctl, &token))
               ? ctl_edit(ctl, change, &token) : CTL_FAILED;
        ctl_wipe(&token, sizeof(token));
    }

    return code;
}


/* Returns whether there is an app of --id already; prints an error. */

static bool
ctl_app_exists(const ctl_t *ctl, const ctl_edit_t *edit)
{
    const char  *id;

    id = ctl_value(ctl, CTL_OPT_ID, "");

    if (ctl_app_find(ctl, &edit->was, id, false) == NULL) {
        return false;
    }

    ctl_error(ctl, "there is an app %s already (registry rotate gives it "
              "another token)", id);

    return true;
}


ctl_exit_t
ctl_registry_add(ctl_t *ctl)
{
    if (!ctl_has(ctl, CTL_OPT_ID)) {
        ctl_error(ctl, "--id is required");
        return CTL_FAILED;
    }

    return ctl_edit_with_token(ctl, ctl_add);
}


static ctl_exit_t
ctl_add(const ctl_t *ctl, ctl_edit_t *edit)
{
    char          when[CTL_EXPIRES_LEN];
    json_t       *app, *entry;
    ctl_exit_t    code;
    const char   *id;
    ctl_token_t  *token;

    if (ctl_app_exists(ctl, edit)) {
        return CTL_REFUSED;
    }

    id = ctl_value(ctl, CTL_OPT_ID, "");
    token = edit->token;
    code = ctl_token_entry(ctl, &edit->was, token, &entry);

    if (code == CTL_GOOD) {
        ctl_expires(ctl, entry, when);
        app = ctl_add_app(ctl, ctl_proofs[token->by].member, entry);
        code = CTL_FAILED;

        if (app && ctl_app_judge(ctl, app)
            && ctl_json_add(ctl, edit->was.apps, json_incref(app)))
        {
            code = ctl_edit_save(ctl, edit);
        }

        json_decref(app);
    }

    if (code == CTL_GOOD) {
        ctl_note(ctl, "%s: %sadded %s with %s %.*s%s", edit->file.path,
                 edit->file.created ? "created, readable by its owner alone; "
                                    : "", id, ctl_proofs[token->by].noun,
                 CTL_PREFIX, token->hex, when);

        if (!ctl_has(ctl, CTL_OPT_AGENT)) {
            ctl_note(ctl, "%s is not granted the agent ErpSync and will be "
                     "refused (--agent ErpSync grants it)", id);
        }
    }

    return code;
}


/* Writes when a token expires, to be added to a message. */

static void
ctl_expires(const ctl_t *ctl, json_t *entry, char text[CTL_EXPIRES_LEN])
{
    char              when[64];
    ctl_token_info_t  info;

    ctl_token_info(ctl, entry, &info);
    *text = '\0';

    if (info.to != INT64_MAX) {
        ctl_time_distance(info.to - ctl->now, when, sizeof(when));
        (void) snprintf(text, CTL_EXPIRES_LEN, ", which expires %s", when);
    }
}


/*
 * Makes an app whose list "proofs" has "entry", which it takes over.  Returns
 * NULL after an error was printed.
 */

static json_t *
ctl_add_app(const ctl_t *ctl, const char *proofs, json_t *entry)
{
    json_t  *app;

    app = json_pack("{s:s}", "id", ctl_value(ctl, CTL_OPT_ID, ""));

    if (app == NULL
        || (ctl_has(ctl, CTL_OPT_NAME)
            && json_object_set_new(app, "name",
                                 json_string(ctl_value(ctl, CTL_OPT_NAME,
                                                       "")))
               != 0))
    {
        ctl_error(ctl, "%s is not UTF-8", app ? "--name" : "--id");
        json_decref(entry);
        json_decref(app);
        return NULL;
    }

    if (!ctl_json_set(ctl, app, proofs, json_pack("[o]", entry))
        || !ctl_json_set(ctl, app, "agents", json_array())
        || !ctl_list_set(ctl, app))
    {
        json_decref(app);
        return NULL;
    }

    return app;
}


ctl_exit_t
ctl_registry_rotate(ctl_t *ctl)
{
    return ctl_edit_with_token(ctl, ctl_rotate);
}


static ctl_exit_t
ctl_rotate(const ctl_t *ctl, ctl_edit_t *edit)
{
    char                when[CTL_EXPIRES_LEN];
    size_t              pruned;
    json_t             *app, *tokens, *entry;
    ctl_exit_t          code;
    const char         *id;
    ctl_token_t        *token;
    const ctl_proof_t  *proof;

    id = ctl->operands[1];
    app = edit->app;
    token = edit->token;
    proof = &ctl_proofs[token->by];
    tokens = ctl_app_list(app, proof->member);

    if (ctl_has(ctl, CTL_OPT_EXPIRE_OLD) && !ctl_expire_old(ctl, tokens)) {
        return CTL_FAILED;
    }

    code = ctl_token_entry(ctl, &edit->was, token, &entry);

    if (code != CTL_GOOD) {
        return code;
    }

    ctl_expires(ctl, entry, when);
    pruned = ctl_has(ctl, CTL_OPT_PRUNE) ? ctl_prune(ctl, tokens) : 0;

    if (!ctl_json_add(ctl, tokens, entry)) {
        return CTL_FAILED;
    }

    code = ctl_edit_save(ctl, edit);

    if (code != CTL_GOOD) {
        return code;
    }

    ctl_note(ctl, "%s: %s has the new %s %.*s beside %zu older%s",
             edit->file.path, id, proof->noun, CTL_PREFIX, token->hex,
             json_array_size(tokens) - 1, when);

    if (pruned) {
        ctl_note(ctl, "%zu expired %s%s removed", pruned, proof->noun,
                 (pruned == 1) ? "" : "s");
    }

    if (!ctl_app_enabled(app)) {
        ctl_note(ctl, "%s is disabled all the same", id);
    }

    return CTL_GOOD;
}


/* Ends a token at a time, unless it ends earlier anyway. */

static bool
ctl_expire_old(const ctl_t *ctl, json_t *tokens)
{
    char              text[CTL_TIME_LEN];
    size_t            i;
    int64_t           end;
    json_t           *token;
    ctl_token_info_t  info;

    if (!ctl_time_option(ctl, CTL_OPT_EXPIRE_OLD, &end)) {
        return false;
    }

    ctl_time_write(end, text);

    json_array_foreach (tokens, i, token) {
        ctl_token_info(ctl, token, &info);

        if (info.to <= end) {
            continue;
        }

        if (info.from >= end) {
            ctl_warn(ctl, "token %.*s is not valid before %s and keeps its "
                     "times", CTL_PREFIX, info.prefix.data, info.not_before);
            continue;
        }

        if (!ctl_json_set(ctl, token, "expires", json_string(text))) {
            return false;
        }
    }

    return true;
}


static size_t
ctl_prune(const ctl_t *ctl, json_t *tokens)
{
    size_t            i, n;
    ctl_token_info_t  info;

    n = 0;

    for (i = json_array_size(tokens); i-- > 0; /* void */) {
        ctl_token_info(ctl, json_array_get(tokens, i), &info);

        if (info.state == CTL_TOKEN_EXPIRED) {
            (void) json_array_remove(tokens, i);
            n++;
        }
    }

    return n;
}


ctl_exit_t
ctl_registry_revoke(ctl_t *ctl)
{
    if (ctl_has(ctl, CTL_OPT_TOKEN) && ctl_has(ctl, CTL_OPT_REMOVE)) {
        ctl_error(ctl, "--token and --remove exclude each other");
        return CTL_FAILED;
    }

    return ctl_edit(ctl, ctl_revoke, NULL);
}


static ctl_exit_t
ctl_revoke(const ctl_t *ctl, ctl_edit_t *edit)
{
    size_t       i;
    json_t      *other;
    ctl_exit_t   code;

    if (ctl_has(ctl, CTL_OPT_TOKEN)) {
        return ctl_revoke_token(ctl, edit);
    }

    if (!ctl_has(ctl, CTL_OPT_REMOVE)) {
        return ctl_set(ctl, edit, "enabled", ctl_app_enabled(edit->app),
                       false, "disabled");
    }

    json_array_foreach (edit->was.apps, i, other) {
        if (other == edit->app) {
            (void) json_array_remove(edit->was.apps, i);
            break;
        }
    }

    code = ctl_edit_save(ctl, edit);

    if (code == CTL_GOOD) {
        ctl_note(ctl, "%s: %s is removed", edit->file.path,
                 ctl->operands[1]);
    }

    return code;
}


/* Sets a member that is "now" to "value"; "state" says what the app is then. */

static ctl_exit_t
ctl_set(const ctl_t *ctl, ctl_edit_t *edit, const char *member, bool now,
    bool value, const char *state)
{
    ctl_exit_t  code;

    code = CTL_GOOD;

    if (now != value) {
        code = ctl_json_set(ctl, edit->app, member, json_boolean(value))
               ? ctl_edit_save(ctl, edit) : CTL_FAILED;
    }

    if (code == CTL_GOOD) {
        ctl_note(ctl, "%s: %s is %s%s", edit->file.path, ctl->operands[1],
                 state, (now == value) ? " already" : "");
    }

    return code;
}


static ctl_exit_t
ctl_revoke_token(const ctl_t *ctl, ctl_edit_t *edit)
{
    size_t              i, n, len, total, at;
    json_t             *list, *token, *found;
    ctl_exit_t          code;
    const char         *prefix, *digest;
    const ctl_proof_t  *proof, *of;

    prefix = ctl_value(ctl, CTL_OPT_TOKEN, "");
    len = strlen(prefix);

    for (i = 0; i < len && erpsync_hex_value((uint8_t) prefix[i]) >= 0; i++) {
        /* void */
    }

    /* not shown: it could be the token itself */

    if (i < len || len < 4 || len > CTL_DIGEST_HEX) {
        ctl_error(ctl, "--token must be the first 4 digits or more of the "
                  "token's digest, as registry list shows them");
        return CTL_FAILED;
    }

    found = NULL;
    of = NULL;
    at = 0;
    n = 0;
    total = 0;

    for (proof = ctl_proofs; proof < ctl_proofs + 2; proof++) {
        list = json_object_get(edit->app, proof->member);
        total += json_array_size(list);

        json_array_foreach (list, i, token) {
            digest = ctl_json_string(token, "sha256");

            if (strncasecmp(digest, prefix, len) == 0) {
                found = list;
                of = proof;
                at = i;
                n++;
            }
        }
    }

    if (n != 1) {
        ctl_error(ctl, "%s has %s", ctl->operands[1],
                  n ? "several such tokens; give more digits"
                    : "no such token");
        return CTL_REFUSED;
    }

    if (total == 1) {
        ctl_error(ctl, "it is the only %s of %s: give it another one first "
                  "(registry rotate), or revoke the app", of->noun,
                  ctl->operands[1]);
        return CTL_REFUSED;
    }

    token = json_incref(json_array_get(found, at));
    (void) json_array_remove(found, at);

    if (json_array_size(found) == 0) {
        (void) json_object_del(edit->app, of->member);
    }

    code = ctl_edit_save(ctl, edit);

    if (code == CTL_GOOD) {
        ctl_note(ctl, "%s: %s %.*s of %s is removed", edit->file.path,
                 of->noun, CTL_PREFIX, ctl_json_string(token, "sha256"),
                 ctl->operands[1]);
    }

    json_decref(token);

    return code;
}


static ctl_exit_t
ctl_enable(const ctl_t *ctl, ctl_edit_t *edit)
{
    return ctl_set(ctl, edit, "enabled", ctl_app_enabled(edit->app), true,
                   "enabled");
}


ctl_exit_t
ctl_registry_enable(ctl_t *ctl)
{
    return ctl_edit(ctl, ctl_enable, NULL);
}


static ctl_exit_t
ctl_enforce(const ctl_t *ctl, ctl_edit_t *edit)
{
    bool  on;

    on = !ctl_has(ctl, CTL_OPT_OFF);

    return ctl_set(ctl, edit, "enforce",
                   json_is_true(json_object_get(edit->app, "enforce")), on,
                   on ? "judged as with \"erpsync on\""
                      : "judged as the server says");
}


ctl_exit_t
ctl_registry_enforce(ctl_t *ctl)
{
    return ctl_edit(ctl, ctl_enforce, NULL);
}
