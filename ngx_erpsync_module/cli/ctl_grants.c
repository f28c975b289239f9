
#define _GNU_SOURCE        /* strcasecmp() */

#include <stdlib.h>

#include "ctl_registry.h"


/*
 * What an app is granted: registry grant, registry ungrant, and the options of
 * registry add.  A list that is absent or "*" is no limit.  Therefore neither
 * command turns a list into no limit, or no limit into a list, unless that is
 * what the user asked for.
 */


const ctl_list_t  ctl_lists[] = {
    { CTL_OPT_AGENT, "agents", "agent", "agent_not_granted" },
    { CTL_OPT_OPERATION, "operations", "operation", "operation_not_granted" },
    { CTL_OPT_TENANT, "tenants", "tenant", "tenant_not_granted" },
    { CTL_OPT_ADDRESS, "addresses", "address", "address_not_granted" },
    { CTL_OPT_CONNECTION, "erpConnections", "ERP connection",
      "connection_not_granted" },
    { CTL_OPT_CRM_ACTOR, "crmActorTypes", "CRM actor type",
      "actor_type_not_granted" },
    { CTL_OPT_ERP_ACTOR, "erpActorTypes", "ERP actor type",
      "actor_type_not_granted" },
    { CTL_OPT_END, NULL, NULL, NULL }
};


typedef ctl_exit_t (*ctl_regrant_pt)(const ctl_t *ctl, json_t *app,
    const ctl_list_t *list, json_t *items);


static json_t *ctl_list_items(const ctl_t *ctl, const ctl_list_t *list);
static ctl_exit_t ctl_regrant(const ctl_t *ctl, ctl_edit_t *edit,
    ctl_regrant_pt change);
static void ctl_regranted(const ctl_t *ctl, json_t *app,
    const ctl_list_t *list);


bool
ctl_list_set(const ctl_t *ctl, json_t *app)
{
    json_t            *items;
    const ctl_list_t  *list;

    for (list = ctl_lists; list->member; list++) {

        if (!ctl_has(ctl, list->option)) {
            continue;
        }

        items = ctl_list_items(ctl, list);

        if (items == NULL || !ctl_json_set(ctl, app, list->member, items)) {
            return false;
        }
    }

    return true;
}


/*
 * Returns the values of an option as a list, or "*"; NULL after an error was
 * printed.
 */

static json_t *
ctl_list_items(const ctl_t *ctl, const ctl_list_t *list)
{
    char        *end;
    size_t       i;
    json_t      *items, *item;
    const char  *value;

    value = ctl_value(ctl, list->option, "");

    if (strcmp(value, "*") == 0) {

        if (list->option != CTL_OPT_AGENT
            && ctl_nth(ctl, list->option, 1) == NULL)
        {
            return json_string("*");
        }

        ctl_error(ctl, "%s *: %s", ctl_option_name(list->option, NULL),
                  (list->option == CTL_OPT_AGENT)
                  ? "agents must be named" : "must be the only one");
        return NULL;
    }

    items = json_array();

    for (i = 0; (value = ctl_nth(ctl, list->option, i)) != NULL; i++) {

        if (list->option == CTL_OPT_CONNECTION) {
            item = NULL;

            if (erpsync_is_digit((uint8_t) *value)) {
                item = json_integer(strtoll(value, &end, 10));
            }

            if (item && *end) {
                json_decref(item);
                item = NULL;
            }

        } else {
            item = json_string(value);
        }

        if (json_array_append_new(items, item) != 0) {
            ctl_error(ctl, "%s %s: %s", ctl_option_name(list->option, NULL),
                      value, (list->option == CTL_OPT_CONNECTION)
                             ? "must be an integer from 1 to 2147483647"
                             : "is not UTF-8");
            json_decref(items);
            return NULL;
        }
    }

    return items;
}


bool
ctl_app_judge(const ctl_t *ctl, json_t *app)
{
    char                *text, *p, error[ERPSYNC_REGISTRY_ERROR_LEN];
    size_t               len;
    json_t              *root;
    ctl_opt_t            option;
    const char          *value;
    const ctl_list_t    *list;
    erpsync_registry_t  *registry;

    root = json_pack("{s:i,s:[O]}", "version", 1, "apps", app);
    text = json_dumps(root, 0);
    json_decref(root);

    if (text == NULL) {
        ctl_error(ctl, "no memory");
        return false;
    }

    registry = erpsync_registry_parse(ctl_str(text), error);
    free(text);

    if (registry) {
        erpsync_registry_destroy(registry);
        return true;
    }

    /* "apps[0].tenants[1]: must ..." */

    p = strchr(error, '.');
    p = p ? p + 1 : error;
    len = strcspn(p, "[:");
    option = (strncmp(p, "name", len) == 0) ? CTL_OPT_NAME : CTL_OPT_ID;

    for (list = ctl_lists; list->member; list++) {
        if (strlen(list->member) == len && memcmp(list->member, p, len) == 0)
        {
            option = list->option;
        }
    }

    value = ctl_nth(ctl, option,
                    (p[len] == '[') ? strtoul(p + len + 1, NULL, 10) : 0);
    p = strstr(p, ": ");
    ctl_error(ctl, "%s %s: %s", ctl_option_name(option, NULL),
              value ? value : "", p ? p + 2 : error);

    return false;
}


/*
 * Changes the lists that options name, and saves the registry.  All of the
 * change is made, or none.
 */

static ctl_exit_t
ctl_regrant(const ctl_t *ctl, ctl_edit_t *edit, ctl_regrant_pt change)
{
    char               digest[CTL_DIGEST_HEX + 1];
    json_t            *app, *asked, *before, *items;
    ctl_exit_t         code;
    const char        *id;
    const ctl_list_t  *list;

    id = ctl->operands[1];
    app = edit->app;

    /* an app that is granted what is asked for, for the core to judge */

    memset(digest, '0', CTL_DIGEST_HEX);
    digest[CTL_DIGEST_HEX] = '\0';
    asked = json_pack("{s:s,s:[{s:s}],s:[]}", "id", id, "tokens", "sha256",
                      digest, "agents");
    before = json_deep_copy(app);
    code = CTL_FAILED;

    if (before == NULL || asked == NULL) {
        ctl_error(ctl, "no memory");

    } else if (ctl_list_set(ctl, asked) && ctl_app_judge(ctl, asked)) {
        code = CTL_GOOD;
    }

    for (list = ctl_lists; list->member && code == CTL_GOOD; list++) {
        items = json_object_get(asked, list->member);

        if (ctl_has(ctl, list->option)) {
            code = change(ctl, app, list, items);
        }
    }

    if (code == CTL_GOOD && json_equal(before, app)) {
        ctl_note(ctl, "%s: %s has these grants already", edit->file.path, id);

    } else if (code == CTL_GOOD) {
        code = ctl_edit_save(ctl, edit);

        for (list = ctl_lists; list->member && code == CTL_GOOD; list++) {
            if (ctl_has(ctl, list->option)) {
                ctl_regranted(ctl, app, list);
            }
        }
    }

    json_decref(before);
    json_decref(asked);

    return code;
}


/* Prints what an app is granted now. */

static void
ctl_regranted(const ctl_t *ctl, json_t *app, const ctl_list_t *list)
{
    char    *text;
    json_t  *granted;

    granted = json_object_get(app, list->member);

    if (!json_is_array(granted)) {
        ctl_note(ctl, "%s: %s has no limit on %s", ctl->operands[0],
                 ctl->operands[1], list->member);
        return;
    }

    text = ctl_list_text(granted, ", ");

    if (text == NULL) {
        return;
    }

    if (*text) {
        ctl_note(ctl, "%s: %s is granted %s %s", ctl->operands[0],
                 ctl->operands[1], list->member, text);

    } else {
        ctl_note(ctl, "%s: %s is granted no %s: its calls are refused as %s",
                 ctl->operands[0], ctl->operands[1], list->noun,
                 list->reason);
    }

    free(text);
}


char *
ctl_list_text(json_t *list, const char *separator)
{
    char    *text;
    FILE    *out;
    size_t   i, size;
    json_t  *item;

    if (!json_is_array(list)) {
        return NULL;
    }

    out = open_memstream(&text, &size);

    if (out == NULL) {
        return NULL;
    }

    json_array_foreach (list, i, item) {
        (void) fputs(i ? separator : "", out);

        if (json_is_integer(item)) {
            (void) fprintf(out, "%" JSON_INTEGER_FORMAT,
                           json_integer_value(item));

        } else {
            (void) fputs(json_string_value(item), out);
        }
    }

    if (fclose(out) != 0) {
        free(text);
        text = NULL;
    }

    return text;
}


char *
ctl_list_shown(json_t *list, const char *separator)
{
    char  *text;

    text = ctl_list_text(list, separator);

    if (text == NULL && json_is_array(list)) {
        ctl_no_memory();
    }

    return text;
}


size_t
ctl_list_find(json_t *list, json_t *item)
{
    size_t   i;
    json_t  *other;

    json_array_foreach (list, i, other) {

        if (json_is_string(item)
            ? strcasecmp(json_string_value(item), json_string_value(other))
              == 0
            : json_equal(item, other))
        {
            break;
        }
    }

    return i;
}


static ctl_exit_t
ctl_grant_items(const ctl_t *ctl, json_t *app, const ctl_list_t *list,
    json_t *items)
{
    size_t   i;
    json_t  *now, *item;

    now = json_object_get(app, list->member);

    if (!json_is_array(items) || !json_is_array(now)) {

        if (json_is_array(items) && !ctl_has(ctl, CTL_OPT_NARROW)) {
            ctl_error(ctl, "%s is not limited in %s: to grant %s only takes "
                      "all others away; --narrow does that; nothing has "
                      "changed", ctl->operands[1], list->member,
                      ctl_value(ctl, list->option, ""));
            return CTL_REFUSED;
        }

        /* to add "*" to an app without the member changes nothing */

        if (now == NULL && !json_is_array(items)) {
            return CTL_GOOD;
        }

        return ctl_json_set(ctl, app, list->member, json_incref(items))
               ? CTL_GOOD : CTL_FAILED;
    }

    json_array_foreach (items, i, item) {
        if (ctl_list_find(now, item) == json_array_size(now)
            && !ctl_json_add(ctl, now, json_incref(item)))
        {
            return CTL_FAILED;
        }
    }

    return CTL_GOOD;
}


static ctl_exit_t
ctl_ungrant_items(const ctl_t *ctl, json_t *app, const ctl_list_t *list,
    json_t *items)
{
    size_t   i, n;
    json_t  *now, *item;

    now = json_object_get(app, list->member);

    if (!json_is_array(items)) {
        ctl_error(ctl, "%s *: name what to take away",
                  ctl_option_name(list->option, NULL));
        return CTL_FAILED;
    }

    if (!json_is_array(now)) {
        ctl_error(ctl, "%s is not limited in %s: name those that it keeps, "
                  "with registry grant --narrow; nothing has changed",
                  ctl->operands[1], list->member);
        return CTL_REFUSED;
    }

    json_array_foreach (items, i, item) {
        n = ctl_list_find(now, item);

        if (json_array_remove(now, n) != 0) {
            ctl_error(ctl, "%s is not granted the %s %s; nothing has changed",
                      ctl->operands[1], list->noun,
                      ctl_nth(ctl, list->option, i));
            return CTL_REFUSED;
        }
    }

    return CTL_GOOD;
}


static ctl_exit_t
ctl_grant(const ctl_t *ctl, ctl_edit_t *edit)
{
    return ctl_regrant(ctl, edit, ctl_grant_items);
}


static ctl_exit_t
ctl_ungrant(const ctl_t *ctl, ctl_edit_t *edit)
{
    return ctl_regrant(ctl, edit, ctl_ungrant_items);
}


/* Runs a command that must name a grant. */

static ctl_exit_t
ctl_grants(const ctl_t *ctl, ctl_change_pt change)
{
    const ctl_list_t  *list;

    for (list = ctl_lists; list->member; list++) {
        if (ctl_has(ctl, list->option)) {
            return ctl_edit(ctl, change, NULL);
        }
    }

    ctl_error(ctl, "no grant is named: --tenant Cust12345, for example");

    return CTL_FAILED;
}


ctl_exit_t
ctl_registry_grant(ctl_t *ctl)
{
    return ctl_grants(ctl, ctl_grant);
}


ctl_exit_t
ctl_registry_ungrant(ctl_t *ctl)
{
    return ctl_grants(ctl, ctl_ungrant);
}
