
#include <stdlib.h>
#include <sys/stat.h>

#include "ctl_registry.h"
#include "erpsync_time.h"


ctl_exit_t
ctl_unread(const ctl_t *ctl, const char *error)
{
    if (strcmp(error, "no memory") == 0) {
        ctl_error(ctl, "no memory");
        return CTL_FAILED;
    }

    return CTL_REFUSED;
}


ctl_exit_t
ctl_registry_read(const ctl_t *ctl, const ctl_buf_t *text, ctl_registry_t *r,
    char error[ERPSYNC_REGISTRY_ERROR_LEN])
{
    erpsync_str_t  s;

    memset(r, 0, sizeof(ctl_registry_t));

    s = erpsync_span(text->data, text->len);
    r->registry = erpsync_registry_parse(s, error);

    if (r->registry == NULL) {
        return ctl_unread(ctl, error);
    }

    s = erpsync_file_text(s);
    r->root = json_loadb((const char *) s.data, s.len,
                         JSON_REJECT_DUPLICATES, NULL);
    r->apps = json_object_get(r->root, "apps");

    if (r->apps == NULL) {
        ctl_error(ctl, "no memory");
        ctl_registry_free(r);
        return CTL_FAILED;
    }

    return CTL_GOOD;
}


void
ctl_registry_free(ctl_registry_t *r)
{
    erpsync_registry_destroy(r->registry);
    json_decref(r->root);
    memset(r, 0, sizeof(ctl_registry_t));
}


const char *
ctl_mode_warning(int mode)
{
    if (mode & S_IWOTH) {
        return "may be written by anybody: who can write it can let any app "
               "in";
    }

    if (mode & S_IWGRP) {
        return "may be written by its group: who can write it can let any "
               "app in";
    }

    return NULL;
}


ctl_exit_t
ctl_registry_open(const ctl_t *ctl, const char *path, ctl_registry_t *r)
{
    char         error[ERPSYNC_REGISTRY_ERROR_LEN];
    ctl_buf_t    text;
    ctl_exit_t   code;

    memset(r, 0, sizeof(ctl_registry_t));

    if (!ctl_read(ctl, path, &text)) {
        return CTL_FAILED;
    }

    code = ctl_registry_read(ctl, &text, r, error);
    free(text.data);

    return (code == CTL_REFUSED) ? ctl_invalid(ctl, path, error) : code;
}


ctl_exit_t
ctl_edit_open(const ctl_t *ctl, ctl_edit_t *edit, bool lock)
{
    char         error[ERPSYNC_REGISTRY_ERROR_LEN];
    uint64_t     wait;
    ctl_exit_t   code;
    const char  *path, *warning;

    memset(edit, 0, sizeof(ctl_edit_t));
    ctl_file_init(&edit->file);
    path = ctl->operands[0];
    wait = 10;

    if (ctl_has(ctl, CTL_OPT_WAIT)
        && !ctl_number(ctl, CTL_OPT_WAIT, 86400, &wait))
    {
        return CTL_FAILED;
    }

    if (!ctl_file_open(ctl, &edit->file, path, ctl_has(ctl, CTL_OPT_CREATE),
                       lock ? (int64_t) wait : -1))
    {
        return CTL_FAILED;
    }

    if (edit->file.created) {
        edit->was.root = json_pack("{s:i,s:[]}", "version", 1, "apps");
        edit->was.apps = json_object_get(edit->was.root, "apps");

        if (edit->was.apps == NULL) {
            ctl_error(ctl, "no memory");
            return CTL_FAILED;
        }

        return CTL_GOOD;
    }

    warning = ctl_mode_warning((int) edit->file.st.st_mode);

    if (lock && warning) {
        ctl_warn(ctl, "%s %s", path, warning);
    }

    code = ctl_registry_read(ctl, &edit->file.text, &edit->was, error);

    if (code == CTL_REFUSED) {
        ctl_error(ctl, "%s: %s; fix this error before you edit the registry",
                  path, error);
    }

    if (code == CTL_GOOD && ctl->n > 1) {
        edit->app = ctl_app_find(ctl, &edit->was, ctl->operands[1], true);
        code = edit->app ? CTL_GOOD : CTL_REFUSED;
    }

    return code;
}


ctl_exit_t
ctl_edit_save(const ctl_t *ctl, ctl_edit_t *edit)
{
    char                *text, *grown, error[ERPSYNC_REGISTRY_ERROR_LEN];
    size_t               len;
    json_t              *sequence;
    ctl_exit_t           code;
    erpsync_registry_t  *registry;

    /* a signed registry: of two, the gateway refuses the older one */

    sequence = json_object_get(edit->was.root, "sequence");

    if (sequence) {
        (void) json_integer_set(sequence, json_integer_value(sequence) + 1);
    }

    text = json_dumps(edit->was.root, JSON_INDENT(2));
    len = text ? strlen(text) : 0;
    grown = text ? realloc(text, len + 1) : NULL;

    if (grown == NULL) {
        free(text);
        ctl_error(ctl, "no memory");
        return CTL_FAILED;
    }

    text = grown;
    text[len++] = '\n';

    registry = erpsync_registry_parse(erpsync_span(text, len), error);
    code = CTL_FAILED;

    if (registry == NULL) {
        code = ctl_unread(ctl, error);

        if (code == CTL_REFUSED) {
            ctl_error(ctl, "the result would be no registry: %s; nothing has "
                      "changed", error);
        }

    } else if (ctl_file_prepare(ctl, &edit->file, text, len)
               && !ctl_file_changed(&edit->file)
               && (edit->token == NULL || ctl_token_print(ctl, edit->token))
               && ctl_file_commit(ctl, &edit->file))
    {
        code = CTL_GOOD;

        if (ctl_file_signed(&edit->file)) {
            ctl_warn(ctl, "%s.sig is the signature of the old file: sign the "
                     "new one (registry sign)", edit->file.path);
        }
    }

    erpsync_registry_destroy(registry);
    free(text);

    return code;
}


void
ctl_edit_close(ctl_edit_t *edit)
{
    ctl_registry_free(&edit->was);
    ctl_file_close(&edit->file);
}


json_t *
ctl_app_find(const ctl_t *ctl, const ctl_registry_t *r, const char *id,
    bool tell)
{
    size_t       i, n;
    json_t      *app;
    const char  **ids, *nearest;

    json_array_foreach (r->apps, i, app) {
        if (strcmp(ctl_json_string(app, "id"), id) == 0) {
            return app;
        }
    }

    if (!tell) {
        return NULL;
    }

    n = json_array_size(r->apps);
    ids = calloc(n + 1, sizeof(char *));
    nearest = NULL;

    if (ids) {
        json_array_foreach (r->apps, i, app) {
            ids[i] = ctl_json_string(app, "id");
        }

        nearest = ctl_nearest(id, ids, n);
        free(ids);
    }

    if (nearest) {
        ctl_error(ctl, "there is no app %s; did you mean %s?", id, nearest);

    } else {
        ctl_error(ctl, "there is no app %s%s", id, (*id == '-')
                  ? ": an id begins with a letter or a digit" : "");
    }

    return NULL;
}


const ctl_proof_t  ctl_proofs[2] = {
    [ERPSYNC_BY_TOKEN] = { "tokens", "token" },
    [ERPSYNC_BY_CERTIFICATE] = { "certificates", "certificate" }
};


json_t *
ctl_app_list(json_t *app, const char *member)
{
    if (json_object_get(app, member) == NULL) {
        (void) json_object_set_new(app, member, json_array());
    }

    return json_object_get(app, member);
}


bool
ctl_app_enabled(const json_t *app)
{
    return !json_is_false(json_object_get(app, "enabled"));
}


bool
ctl_app_has_agent(const json_t *app)
{
    size_t   i;
    json_t  *agent;

    json_array_foreach (json_object_get(app, "agents"), i, agent) {
        if (strcmp(json_string_value(agent), "ErpSync") == 0) {
            return true;
        }
    }

    return false;
}


void
ctl_token_info(const ctl_t *ctl, json_t *token, ctl_token_info_t *info)
{
    bool  fraction;

    info->prefix = erpsync_span(ctl_json_string(token, "sha256"), CTL_PREFIX);
    info->not_before = ctl_json_string(token, "notBefore");
    info->expires = ctl_json_string(token, "expires");
    info->from = INT64_MIN;
    info->to = INT64_MAX;

    if (info->not_before
        && erpsync_time_parse(ctl_str(info->not_before), &info->from,
                              &fraction)
        && fraction)
    {
        info->from++;
    }

    if (info->expires) {
        (void) erpsync_time_parse(ctl_str(info->expires), &info->to,
                                  &fraction);
    }

    info->state = (ctl->now < info->from) ? CTL_TOKEN_NOT_YET
                  : (ctl->now >= info->to) ? CTL_TOKEN_EXPIRED
                                           : CTL_TOKEN_VALID;
}


const char *
ctl_state_name(ctl_state_t state)
{
    static const char  *const names[] = { "valid", "expired", "not yet" };

    return names[state];
}


/* Sets a time to that of an option, or to the certificate's, if any. */

static bool
ctl_set_time(const ctl_t *ctl, ctl_opt_t option, json_t *entry,
    const char *member, const char *certificate)
{
    char     text[CTL_TIME_LEN];
    int64_t  time;

    if (!ctl_has(ctl, option)) {
        return *certificate == '\0'
               || json_object_set_new(entry, member, json_string(certificate))
                  == 0;
    }

    if (!ctl_time_option(ctl, option, &time)) {
        return false;
    }

    ctl_time_write(time, text);

    return json_object_set_new(entry, member, json_string(text)) == 0;
}


ctl_exit_t
ctl_token_entry(const ctl_t *ctl, const ctl_registry_t *r,
    const ctl_token_t *token, json_t **entry)
{
    erpsync_str_t     id;
    erpsync_grant_t   grant;
    ctl_token_info_t  info;

    if (r->registry
        && erpsync_registry_find(r->registry, token->by, token->digest,
                                 &grant))
    {
        id = erpsync_app_id(r->registry, grant.app);
        ctl_error(ctl, "this %s is registered already, for the app %.*s",
                  ctl_proofs[token->by].noun, (int) id.len,
                  (const char *) id.data);
        return CTL_REFUSED;
    }

    *entry = json_pack("{s:s}", "sha256", token->hex);

    if (*entry == NULL) {
        ctl_error(ctl, "no memory");
        return CTL_FAILED;
    }

    if (!ctl_set_time(ctl, CTL_OPT_NOT_BEFORE, *entry, "notBefore",
                      token->not_before)
        || !ctl_set_time(ctl, CTL_OPT_EXPIRES, *entry, "expires",
                         token->expires))
    {
        json_decref(*entry);
        return CTL_FAILED;
    }

    ctl_token_info(ctl, *entry, &info);

    if (info.from >= info.to) {
        ctl_error(ctl, "--expires must be after --not-before");
        json_decref(*entry);
        return CTL_FAILED;
    }

    if (info.state == CTL_TOKEN_EXPIRED) {
        ctl_warn(ctl, "the %s has expired already",
                 ctl_proofs[token->by].noun);
    }

    return CTL_GOOD;
}
