
#define _GNU_SOURCE        /* strcasecmp() */

#include <stdlib.h>

#include "ctl_registry.h"


/*
 * registry diff: what apps may do after a change of the registry and might
 * not before, and the reverse.  An app that is new, or was removed, is
 * compared with an app that may do nothing.
 */


typedef struct {
    json_t  *may;            /* sentences: what it may do now */
    json_t  *may_not;        /* and no longer */
    json_t  *other;          /* changes that are neither */
} ctl_diff_t;


static json_t *ctl_diff_app(const ctl_t *ctl, json_t *old, json_t *new,
    const char *change);
static void ctl_diff_list(ctl_diff_t *diff, const ctl_list_t *list,
    json_t *old, json_t *new);
static void ctl_diff_proofs(const ctl_t *ctl, ctl_diff_t *diff, json_t *old,
    json_t *new);
static void ctl_diff_others(ctl_diff_t *diff, json_t *old, json_t *new);
static void ctl_diff_print(const ctl_t *ctl, json_t *apps);


/* Returns the apps of a registry by their ids, as a new object. */

static json_t *
ctl_diff_ids(json_t *apps)
{
    size_t   i;
    json_t  *app, *ids;

    ids = json_object();

    json_array_foreach (apps, i, app) {
        (void) json_object_set(ids, ctl_json_string(app, "id"), app);
    }

    return ids;
}


/* Returns the changes from one registry to another, as a new list. */

static json_t *
ctl_diff_apps(const ctl_t *ctl, json_t *old, json_t *new)
{
    json_t      *changes, *app, *other;
    const char  *id;

    changes = json_array();

    json_object_foreach (old, id, app) {
        other = json_object_get(new, id);

        if (!json_equal(app, other)) {
            (void) json_array_append_new(changes,
                ctl_diff_app(ctl, app, other, other ? "changed" : "removed"));
        }
    }

    json_object_foreach (new, id, app) {
        if (json_object_get(old, id) == NULL) {
            (void) json_array_append_new(changes,
                                   ctl_diff_app(ctl, NULL, app, "added"));
        }
    }

    return changes;
}


ctl_exit_t
ctl_registry_diff(ctl_t *ctl)
{
    json_t          *was, *is, *changes;
    ctl_exit_t       code;
    ctl_registry_t   old, new;

    code = ctl_registry_open(ctl, ctl->operands[0], &old);

    if (code != CTL_GOOD) {
        return code;
    }

    code = ctl_registry_open(ctl, ctl->operands[1], &new);

    if (code != CTL_GOOD) {
        ctl_registry_free(&old);
        return code;
    }

    was = ctl_diff_ids(old.apps);
    is = ctl_diff_ids(new.apps);
    changes = ctl_diff_apps(ctl, was, is);

    if (json_integer_value(json_object_get(new.root, "sequence"))
        < json_integer_value(json_object_get(old.root, "sequence")))
    {
        ctl_warn(ctl, "the new registry has a lower \"sequence\": if it is "
                 "signed, a gateway that has the old one refuses it");
    }

    json_decref(was);
    json_decref(is);
    ctl_registry_free(&old);
    ctl_registry_free(&new);

    code = json_array_size(changes) ? CTL_REFUSED : CTL_GOOD;

    if (ctl->json) {
        return ctl_print_json(ctl, json_pack("{s:b,s:o}", "same",
                                             code == CTL_GOOD, "apps",
                                             changes), code);
    }

    ctl_diff_print(ctl, changes);
    json_decref(changes);

    return ctl_flush(ctl, code);
}


static void
ctl_diff_say(json_t *list, json_t *sentence)
{
    (void) json_array_append_new(list, sentence);
}


static json_t *
ctl_diff_app(const ctl_t *ctl, json_t *old, json_t *new, const char *change)
{
    bool               was, is;
    json_t            *items, *nothing;
    ctl_diff_t         diff;
    const ctl_list_t  *list;

    diff.may = json_array();
    diff.may_not = json_array();
    diff.other = json_array();

    was = old ? ctl_app_enabled(old) : false;
    is = new ? ctl_app_enabled(new) : false;

    if (!was && is && old) {
        ctl_diff_say(diff.may, json_string("call again: it is enabled"));

    } else if (was && !is && new) {
        ctl_diff_say(diff.may_not, json_string("call: it is disabled"));

    } else if (!is && new && !old) {
        ctl_diff_say(diff.other, json_string("it is disabled"));
    }

    nothing = json_array();

    for (list = ctl_lists; list->member; list++) {
        items = json_object_get(old ? old : new, list->member);

        if ((!old || !new) && json_equal(items, nothing)) {
            ctl_diff_say(diff.other, json_sprintf("no %s is granted",
                                                  list->noun));
            continue;
        }

        ctl_diff_list(&diff, list,
                      old ? json_object_get(old, list->member) : nothing,
                      new ? json_object_get(new, list->member) : nothing);
    }

    json_decref(nothing);
    ctl_diff_proofs(ctl, &diff, old, new);
    ctl_diff_others(&diff, old, new);

    if (json_array_size(diff.may) + json_array_size(diff.may_not)
        + json_array_size(diff.other) == 0)
    {
        ctl_diff_say(diff.other, json_string("what it may do is the same"));
    }

    return json_pack("{s:O,s:s,s:o,s:o,s:o}",
                     "id", json_object_get(new ? new : old, "id"),
                     "change", change, "may", diff.may,
                     "mayNot", diff.may_not, "other", diff.other);
}


/* Returns the items of one list that are not in another, as a new list. */

static json_t *
ctl_diff_items(json_t *list, json_t *other)
{
    size_t   i;
    json_t  *items, *item;

    items = json_array();

    json_array_foreach (list, i, item) {
        if (ctl_list_find(other, item) == json_array_size(other)) {
            (void) json_array_append(items, item);
        }
    }

    return items;
}


static void
ctl_diff_some(json_t *to, const ctl_list_t *list, json_t *items)
{
    char  *text;

    text = ctl_list_shown(items, ", ");

    if (text && *text) {
        ctl_diff_say(to, json_sprintf("use %s %s", list->member, text));
    }

    free(text);
    json_decref(items);
}


static void
ctl_diff_list(ctl_diff_t *diff, const ctl_list_t *list, json_t *old,
    json_t *new)
{
    char  *text;

    if (json_is_array(old) && json_is_array(new)) {
        ctl_diff_some(diff->may, list, ctl_diff_items(new, old));
        ctl_diff_some(diff->may_not, list, ctl_diff_items(old, new));

    } else if (json_is_array(old)) {
        ctl_diff_say(diff->may, json_sprintf("use any %s", list->noun));

    } else if (json_is_array(new)) {
        text = ctl_list_shown(new, ", ");
        ctl_diff_say(diff->may_not,
                     (text && *text)
                     ? json_sprintf("use any %s but %s", list->noun, text)
                     : json_sprintf("use any %s", list->noun));
        free(text);
    }
}


/* Returns the entry of a list with the same digest, or NULL. */

static json_t *
ctl_diff_digest(json_t *list, json_t *token)
{
    size_t       i;
    json_t      *other;
    const char  *digest;

    digest = ctl_json_string(token, "sha256");

    json_array_foreach (list, i, other) {
        if (strcasecmp(digest, ctl_json_string(other, "sha256")) == 0) {
            return other;
        }
    }

    return NULL;
}


/* Says when a token may be presented. */

static void
ctl_diff_times(json_t *list, const char *noun, const ctl_token_info_t *info,
    const char *how)
{
    const char  *from, *to;

    from = info->not_before ? info->not_before : "";
    to = info->expires ? info->expires : "";

    ctl_diff_say(list, json_sprintf("present the %s %.*s%s %s%s%s%s%s", noun,
                                    CTL_PREFIX, info->prefix.data, how,
                                    *from ? "from " : "", from,
                                    (*from && *to) ? " " : "",
                                    *to ? "until " : *from ? "" : "at any time",
                                    to));
}


static void
ctl_diff_token(const ctl_t *ctl, ctl_diff_t *diff, const char *noun,
    json_t *old, json_t *new)
{
    ctl_token_info_t  was, is;

    ctl_token_info(ctl, old ? old : new, &was);
    ctl_token_info(ctl, new ? new : old, &is);

    if (old == NULL || new == NULL) {
        ctl_diff_times(old ? diff->may_not : diff->may, noun, &is, ", valid");
        return;
    }

    if (is.from < was.from || is.to > was.to) {
        ctl_diff_times(diff->may, noun, &is, " longer:");
    }

    if (is.from > was.from || is.to < was.to) {
        ctl_diff_times(diff->may_not, noun, &is, " as long:");
    }
}


static void
ctl_diff_proofs(const ctl_t *ctl, ctl_diff_t *diff, json_t *old, json_t *new)
{
    size_t              i;
    json_t             *was, *is, *token;
    const ctl_proof_t  *proof;

    for (proof = ctl_proofs; proof < ctl_proofs + 2; proof++) {
        was = json_object_get(old, proof->member);
        is = json_object_get(new, proof->member);

        json_array_foreach (was, i, token) {
            ctl_diff_token(ctl, diff, proof->noun, token,
                           ctl_diff_digest(is, token));
        }

        json_array_foreach (is, i, token) {
            if (ctl_diff_digest(was, token) == NULL) {
                ctl_diff_token(ctl, diff, proof->noun, NULL, token);
            }
        }
    }
}


/* Names members that changed and say nothing of what the app may do. */

static void
ctl_diff_others(ctl_diff_t *diff, json_t *old, json_t *new)
{
    size_t             i;
    json_t            *rest, *value;
    const char        *key;
    const ctl_list_t  *list;

    static const char  *const compared[] = {
        "id", "enabled", "tokens", "certificates"
    };

    if (old == NULL || new == NULL) {
        return;
    }

    rest = json_object();
    (void) json_object_update(rest, old);
    (void) json_object_update(rest, new);

    for (list = ctl_lists; list->member; list++) {
        (void) json_object_del(rest, list->member);
    }

    for (i = 0; i < erpsync_nelts(compared); i++) {
        (void) json_object_del(rest, compared[i]);
    }

    json_object_foreach (rest, key, value) {
        if (!json_equal(json_object_get(old, key), json_object_get(new, key)))
        {
            ctl_diff_say(diff->other, json_sprintf("%s is changed", key));
        }
    }

    json_decref(rest);
}


static void
ctl_diff_lines(const ctl_t *ctl, ctl_style_t style, const char *words,
    json_t *list)
{
    size_t   i;
    json_t  *sentence;

    json_array_foreach (list, i, sentence) {
        (void) printf("  %s%s%s", ctl_style(ctl->color_out, style), words,
                      ctl_style(ctl->color_out, CTL_PLAIN));
        (void) ctl_put_text(stdout, ctl_str(json_string_value(sentence)));
        (void) fputc('\n', stdout);
    }
}


static void
ctl_diff_print(const ctl_t *ctl, json_t *apps)
{
    size_t   i;
    json_t  *app;

    json_array_foreach (apps, i, app) {
        (void) printf("%s%s%s is %s\n", ctl_style(ctl->color_out, CTL_BOLD),
                      ctl_json_string(app, "id"),
                      ctl_style(ctl->color_out, CTL_PLAIN),
                      ctl_json_string(app, "change"));
        ctl_diff_lines(ctl, CTL_RED, "+ it may ",
                       json_object_get(app, "may"));
        ctl_diff_lines(ctl, CTL_GREEN, "- it may no longer ",
                       json_object_get(app, "mayNot"));
        ctl_diff_lines(ctl, CTL_PLAIN, "  ", json_object_get(app, "other"));
    }
}
