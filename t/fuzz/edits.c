
/*
 * libFuzzer target: erpsyncctl's edits of a registry.
 *
 * The first byte chooses the command.  Lines up to an empty one are its
 * arguments; a registry follows.  What must hold for whatever comes: a command
 * that fails leaves the file as it was, byte for byte; the file that a good
 * command leaves is a registry, which differs from the old one only as was
 * asked; the same command again changes nothing more, where it names what is
 * to be there.
 */


#define _GNU_SOURCE     /* memfd_create(), strncasecmp() */

#include <strings.h>

#include "edits.h"
#include "fuzz.h"


enum { ADD, ROTATE, REVOKE, ENABLE, ENFORCE, GRANT, UNGRANT, COMMANDS };

static const char *const  commands[COMMANDS] = {
    "add", "rotate", "revoke", "enable", "enforce", "grant", "ungrant"
};


typedef struct {
    size_t   n;
    char    *args[EDITS_ARGS];
} args_t;


static void
read_args(fuzz_t *fuzz, args_t *args)
{
    char           *copy;
    erpsync_str_t   line;

    memset(args, 0, sizeof(args_t));

    while (fuzz->pos != fuzz->last) {
        line = fuzz_line(fuzz);

        if (line.len == 0 || args->n == EDITS_ARGS - 1
            || memchr(line.data, '\0', line.len))
        {
            fuzz_free(line);

            if (line.len == 0) {
                break;
            }

            continue;
        }

        copy = malloc(line.len + 1);
        CHECK(copy != NULL);
        memcpy(copy, line.data, line.len);
        copy[line.len] = '\0';
        fuzz_free(line);

        args->args[args->n++] = copy;
    }
}


/* Options that are abbreviated are not found by value(). */

static bool
is_option(const char *arg)
{
    char    name[32];
    size_t  n;

    n = strcspn(arg, "=");

    if (n >= sizeof(name)) {
        return false;
    }

    memcpy(name, arg, n);
    name[n] = '\0';

    return ctl_word(name, "--id|--name|--agent|--operation|--tenant|--address"
                          "|--connection|--crm-actor-type|--erp-actor-type"
                          "|--narrow|--not-before|--expires|--expire-old"
                          "|--prune|--token|--remove|--off")
           >= 0
           && (arg[n] == '='
               || ctl_word(name, "--narrow|--prune|--remove|--off") >= 0);
}


static const char *
value(const args_t *args, const char *option)
{
    size_t  i, n;

    n = strlen(option);

    for (i = 0; i < args->n; i++) {
        if (strncmp(args->args[i], option, n) == 0
            && (args->args[i][n] == '=' || args->args[i][n] == '\0'))
        {
            return args->args[i] + n + (args->args[i][n] == '=');
        }
    }

    return NULL;
}


static json_t *
load(erpsync_str_t text)
{
    text = erpsync_file_text(text);

    return json_loadb((const char *) text.data, text.len,
                      JSON_REJECT_DUPLICATES, NULL);
}


/* Two objects are equal but for one member, or two. */

static bool
alike(json_t *a, json_t *b, const char *except, const char *too)
{
    bool     equal;
    json_t  *x, *y;

    x = json_copy(a);
    y = json_copy(b);
    (void) json_object_del(x, except);
    (void) json_object_del(y, except);
    (void) json_object_del(x, too);
    (void) json_object_del(y, too);
    equal = json_equal(x, y);

    json_decref(x);
    json_decref(y);

    return equal;
}


static size_t
position(json_t *list, json_t *item)
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


/* All of "a" is in "b". */

static bool
within(json_t *a, json_t *b)
{
    size_t   i;
    json_t  *item;

    json_array_foreach (a, i, item) {
        if (position(b, item) == json_array_size(b)) {
            return false;
        }
    }

    return true;
}


/*
 * Lists that no option names are as they were; one that an option names grows
 * by "grant", and shrinks by "ungrant".
 */

static void
check_grants(const args_t *args, json_t *was, json_t *is, bool granted)
{
    json_t            *before, *after;
    const char        *asked;
    const ctl_list_t  *list;

    for (list = ctl_lists; list->member; list++) {
        before = json_object_get(was, list->member);
        after = json_object_get(is, list->member);
        asked = value(args, ctl_option_name(list->option, NULL));

        if (asked == NULL) {
            CHECK((before == NULL) == (after == NULL));
            CHECK(before == NULL || json_equal(before, after));
            continue;
        }

        if (!granted) {
            CHECK(json_is_array(before) && json_is_array(after));
            CHECK(within(after, before));
            CHECK(json_array_size(after) < json_array_size(before));

        } else if (json_is_array(before) && json_is_array(after)) {
            CHECK(within(before, after));

        } else if (json_is_array(after)) {
            CHECK(value(args, "--narrow") != NULL);

        } else {
            CHECK(strcmp(asked, "*") == 0);
        }
    }

    CHECK(json_equal(json_object_get(was, "tokens"),
                     json_object_get(is, "tokens"))
          || json_object_get(was, "tokens") == NULL);
}


static void
check_tokens(const args_t *args, unsigned command, json_t *was, json_t *is)
{
    size_t              i, old, new;
    json_t             *token;
    const char         *prefix, *name;
    const ctl_proof_t  *proof;

    prefix = value(args, "--token");
    old = 0;
    new = 0;

    for (proof = ctl_proofs; proof < ctl_proofs + 2; proof++) {
        name = proof->member;
        old += json_array_size(json_object_get(was, name));
        new += json_array_size(json_object_get(is, name));

        json_array_foreach (json_object_get(was, name), i, token) {

            /* one that is gone was named, or had expired */

            if (position(json_object_get(is, name), token)
                == json_array_size(json_object_get(is, name)))
            {
                CHECK(command == ROTATE
                      || strncasecmp(ctl_json_string(token, "sha256"), prefix,
                                     strlen(prefix)) == 0);
                CHECK(command == REVOKE || value(args, "--prune")
                      || value(args, "--expire-old"));
            }
        }
    }

    if (command == REVOKE) {
        CHECK(new + 1 == old);

    } else if (!value(args, "--prune")) {
        CHECK(new == old + 1);
    }
}


static void
check_app(const args_t *args, unsigned command, json_t *was, json_t *is)
{
    switch (command) {

    case ENABLE:
        CHECK(alike(was, is, "enabled", "enabled"));
        CHECK(!json_is_false(json_object_get(is, "enabled")));
        break;

    case ENFORCE:
        CHECK(alike(was, is, "enforce", "enforce"));
        CHECK(json_is_true(json_object_get(is, "enforce"))
              == (value(args, "--off") == NULL));
        break;

    case REVOKE:

        if (value(args, "--token")) {
            CHECK(alike(was, is, "tokens", "certificates"));
            check_tokens(args, command, was, is);
            break;
        }

        CHECK(alike(was, is, "enabled", "enabled"));
        CHECK(json_is_false(json_object_get(is, "enabled")));
        break;

    case ROTATE:
        CHECK(alike(was, is, "tokens", "tokens"));
        check_tokens(args, command, was, is);
        break;

    default:
        CHECK(json_equal(json_object_get(was, "id"),
                         json_object_get(is, "id")));
        check_grants(args, was, is, command == GRANT);
    }
}


static void
check_change(const args_t *args, unsigned command, erpsync_str_t before,
    erpsync_str_t after)
{
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    size_t               i, k, n;
    json_t              *was, *is, *old, *new, *app;
    const char          *id;
    erpsync_registry_t  *registry;

    registry = erpsync_registry_parse(after, error);
    CHECK(registry != NULL);
    erpsync_registry_destroy(registry);

    was = load(before);
    is = load(after);
    CHECK(was && is && alike(was, is, "apps", "sequence"));

    CHECK(json_integer_value(json_object_get(is, "sequence"))
          == json_integer_value(json_object_get(was, "sequence"))
             + (json_object_get(was, "sequence") != NULL));

    old = json_object_get(was, "apps");
    new = json_object_get(is, "apps");
    n = json_array_size(old);
    id = (command == ADD) ? "" : args->args[0];
    k = 0;

    for (i = 0; i < n; i++) {
        app = json_array_get(old, i);

        if (strcmp(ctl_json_string(app, "id"), id) != 0) {
            CHECK(json_equal(app, json_array_get(new, k)));
            k++;

        } else if (value(args, "--remove") == NULL) {
            check_app(args, command, app, json_array_get(new, k));
            k++;
        }
    }

    CHECK(json_array_size(new) == k + (command == ADD));

    json_decref(was);
    json_decref(is);
}


static edits_t  edits;


static void
done(void)
{
    edits_done(&edits);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t         i;
    args_t         args;
    fuzz_t         fuzz;
    unsigned       command;
    ctl_exit_t     code;
    erpsync_str_t  before, after, again;

    if (edits.dir[0] == '\0') {
        edits_init(&edits);
        (void) atexit(done);
    }

    fuzz = fuzz_start(data, size);
    command = fuzz_any(&fuzz, COMMANDS);
    read_args(&fuzz, &args);
    before = fuzz_rest(&fuzz);

    if (command != ADD && (args.n == 0 || args.args[0][0] == '-')) {
        goto end;
    }

    for (i = (command != ADD); i < args.n; i++) {

        if (!is_option(args.args[i])) {
            goto end;
        }
    }

    edits_write(&edits, before.data, before.len);
    code = edits_run(&edits, commands[command], args.n, args.args);
    after = edits_read(&edits);

    CHECK(code == CTL_GOOD || (edits.failure != NULL
                               && erpsync_str_eq(before, after)));

    if (code == CTL_GOOD && !erpsync_str_eq(before, after)) {
        check_change(&args, command, before, after);

        if (command == GRANT || command == ENABLE || command == ENFORCE) {
            code = edits_run(&edits, commands[command], args.n, args.args);
            again = edits_read(&edits);
            CHECK(code == CTL_GOOD && erpsync_str_eq(after, again));
            fuzz_free(again);
        }
    }

    fuzz_free(after);

end:

    for (i = 0; i < args.n; i++) {
        free(args.args[i]);
    }

    return 0;
}
