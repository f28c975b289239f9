
/*
 * Memory that runs out while erpsyncctl edits a registry: each allocation
 * fails in turn, alone or with all that follow.  A command that says it is done
 * leaves the registry that it leaves with memory enough; any other leaves it as
 * it was, byte for byte.
 */


#define _GNU_SOURCE     /* memfd_create() */

#include "failing.h"

#include "edits.h"


#define DIGEST  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab"

static const char  registry[] =
    "{ \"version\": 1, \"sequence\": 7, \"apps\": [ {\n"
    "  \"id\": \"acme\", \"name\": \"Acme\", \"tenants\": [ \"Cust1\" ],\n"
    "  \"tokens\": [ { \"sha256\": \"" DIGEST "0001\" },\n"
    "    { \"sha256\": \"" DIGEST "0002\",\n"
    "      \"expires\": \"2020-01-01T00:00:00Z\" } ],\n"
    "  \"agents\": [ \"ErpSync\" ], \"erpConnections\": [ 1, 2 ] },\n"
    "  { \"id\": \"beta\", \"enabled\": false, \"enforce\": true,\n"
    "    \"certificates\": [ { \"sha256\": \"" DIGEST "0003\" } ],\n"
    "    \"agents\": [ ] } ] }\n";


typedef struct {
    const char  *command;
    const char  *args[8];
} command_t;


static const command_t  commands[] = {
    { "add", { "--id=gamma", "--name=Gamma", "--agent=ErpSync",
               "--tenant=Cust2", "--connection=1", "--expires=90d", NULL } },
    { "rotate", { "acme", "--expire-old=24h", "--prune", NULL } },
    { "rotate", { "beta", "--not-before=2026-01-01", NULL } },
    { "revoke", { "acme", NULL } },
    { "revoke", { "acme", "--remove", NULL } },
    { "revoke", { "acme", "--token=" DIGEST "0002", NULL } },
    { "enable", { "beta", NULL } },
    { "enforce", { "acme", NULL } },
    { "enforce", { "beta", "--off", NULL } },
    { "grant", { "acme", "--tenant=Cust2", "--tenant=Cust3", "--connection=3",
                 "--operation=SyncAll", "--narrow", NULL } },
    { "grant", { "acme", "--tenant=*", NULL } },
    { "ungrant", { "acme", "--tenant=Cust1", "--connection=1", NULL } }
};


#if (UNIT_MALLOC)

static edits_t  edits;


/* Returns the number of allocations of a command. */

static long
run(const command_t *c, long fail_at, bool all, ctl_exit_t *code)
{
    char    *args[8];
    size_t   n;

    for (n = 0; c->args[n]; n++) {
        args[n] = (char *) (uintptr_t) c->args[n];
    }

    edits_write(&edits, registry, sizeof(registry) - 1);

    remaining = fail_at;
    persistent = all;
    counting = true;

    *code = edits_run(&edits, c->command, n, args);
    free(edits.failure);
    edits.failure = NULL;

    counting = false;

    return fail_at - remaining;
}


static void
check(const command_t *c, erpsync_str_t good, ctl_exit_t code, long at)
{
    erpsync_str_t  is;

    is = edits_read(&edits);

    if (!erpsync_str_eq(is, (code == CTL_GOOD)
                            ? good : erpsync_span(registry,
                                                  sizeof(registry) - 1)))
    {
        fail_msg("%s %s, without allocation %ld: exit code %d\n%.*s",
                 c->command, c->args[0], at, code, (int) is.len,
                 (const char *) is.data);
    }

    free((void *) (uintptr_t) is.data);
}


static void
test_each(void **state)
{
    long              n, count;
    size_t            i;
    ctl_exit_t        code;
    erpsync_str_t     good;
    const command_t  *c;

    (void) state;

    if (!unit_malloc()) {
        skip();
    }

    edits_init(&edits);

    for (i = 0; i < erpsync_nelts(commands); i++) {
        c = &commands[i];

        /* the first run also makes what libraries keep */

        (void) run(c, INT32_MAX, false, &code);
        count = run(c, INT32_MAX, false, &code);

        if (code != CTL_GOOD) {
            fail_msg("%s %s: exit code %d", c->command, c->args[0], code);
        }

        assert_true(count > 50);

        good = edits_read(&edits);
        assert_false(erpsync_str_eq(good, erpsync_span(registry,
                                                       sizeof(registry) - 1)));

        for (n = 0; n < count; n++) {
            (void) run(c, n, false, &code);
            check(c, good, code, n);
            (void) run(c, n, true, &code);
            check(c, good, code, n);
        }

        free((void *) (uintptr_t) good.data);
    }

    edits_done(&edits);
}

#else

static void
test_each(void **state)
{
    (void) state;
    (void) registry;
    (void) commands;
    skip();
}

#endif


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
