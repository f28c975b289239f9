
/* What a new registry changes, as the log says it. */


#include "failing.h"


#define DIGEST(n)                                                             \
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddee" n

#define BASE                                                                  \
    "{\"id\":\"acme\",\"agents\":[\"ErpSync\"],\"name\":\"A\","                \
    "\"operations\":[\"SyncAll\"],\"tenants\":[\"Cust1\",\"Cust2\"],"          \
    "\"addresses\":[\"10.0.0.0/8\"],\"erpConnections\":[1,2],"                 \
    "\"crmActorTypes\":[\"Contact\"],\"erpActorTypes\":[\"Sale\"],"            \
    "\"tokens\":[{\"sha256\":\"" DIGEST("01") "\","                            \
    "\"expires\":\"2027-01-01T00:00:00Z\"}],"                                  \
    "\"labels\":{\"a\":\"1\",\"tier\":\"gold\"},"                             \
    "\"certificates\":[{\"sha256\":\"" DIGEST("02") "\"}]}"


/* Loads "text" behind "former"; it is cut into steps of a byte. */

static erpsync_registry_t *
load(const char *text, const erpsync_registry_t *former)
{
    char                 error[ERPSYNC_FILE_ERROR_LEN];
    unit_input_t         input;
    erpsync_job_t       *job;
    erpsync_registry_t  *registry;

    input = unit_input(text, strlen(text));
    job = erpsync_job_begin(&erpsync_registry_kind, input.str, error);
    registry = NULL;

    if (job) {
        erpsync_job_compare(job, former, ERPSYNC_NO_SEQUENCE);

        while (erpsync_job_step(job, 1)) { /* void */ }

        registry = erpsync_job_end(job);
    }

    free(input.data);

    if (registry == NULL && strcmp(error, "no memory") != 0) {
        fail_msg("%s\n  of %s", error, text);
    }

    return registry;
}


static erpsync_registry_t *
load_apps(const char *apps, const erpsync_registry_t *former)
{
    char  text[8192];

    (void) snprintf(text, sizeof(text), "{\"version\":1,\"apps\":[%s]}", apps);

    return load(text, former);
}


#define changes(registry)                                                     \
    erpsync_kind_changes(&erpsync_registry_kind, registry)


static const struct {
    const char  *from;
    const char  *to;
} edits[] = {
    { "[\"ErpSync\"]", "[]" },
    { "\"name\":\"A\"", "\"name\":\"B\"" },
    { "\"name\":\"A\"", "\"enabled\":false,\"name\":\"A\"" },
    { "[\"SyncAll\"]", "[]" },
    { "[\"SyncAll\"]", "[\"ForceSyncAll\"]" },
    { "[\"SyncAll\"]", "\"*\"" },
    { "\"Cust2\"", "\"Cust3\"" },
    { ",\"Cust2\"", "" },
    { "10.0.0.0/8", "10.0.0.0/9" },
    { "\"10.0.0.0/8\"", "\"10.0.0.0/8\",\"::1\"" },
    { "[1,2]", "[1,3]" },
    { "[1,2]", "\"*\"" },
    { "\"Contact\"", "\"Person\"" },
    { "\"Sale\"", "\"Customer\"" },
    { DIGEST("01"), DIGEST("03") },
    { DIGEST("02"), DIGEST("03") },
    { "2027", "2028" },
    { "{\"sha256\":\"" DIGEST("02") "\"}",
      "{\"sha256\":\"" DIGEST("02") "\"},{\"sha256\":\"" DIGEST("03") "\"}" },
    { "\"name\":\"A\"", "\"enforce\":true,\"name\":\"A\"" },
    { "\"a\":\"1\"", "\"a\":\"2\"" },
    { "\"a\":\"1\"", "\"b\":\"1\"" },
    { ",\"tier\":\"gold\"", "" },
    { "{\"sha256\":\"" DIGEST("02") "\"}",
      "{\"sha256\":\"" DIGEST("02") "\","
      "\"notBefore\":\"2026-01-01T00:00:00Z\"}" },
};


/* Each member counts; the order of members and of sets does not. */

static void
test_members(void **state)
{
    char                 apps[4096];
    size_t               i;
    const char          *place;
    erpsync_registry_t  *former, *registry;

    (void) state;

    former = load_apps(BASE, NULL);
    unit_equal("changes", changes(former), "");

    registry = load_apps(" " BASE "\n", former);
    unit_equal("changes", changes(registry), "");
    erpsync_registry_destroy(registry);

    for (i = 0; i < erpsync_nelts(edits); i++) {
        place = strstr(BASE, edits[i].from);
        assert_non_null(place);

        (void) snprintf(apps, sizeof(apps), "%.*s%s%s",
                        (int) (place - BASE), BASE, edits[i].to,
                        place + strlen(edits[i].from));

        registry = load_apps(apps, former);
        unit_equal(edits[i].to, changes(registry), "changed acme");
        erpsync_registry_destroy(registry);
    }

    erpsync_registry_destroy(former);

    former = load_apps("{\"id\":\"a\",\"agents\":[],\"tokens\":[{\"sha256\":\""
                       DIGEST("01") "\"}],\"tenants\":[\"Cust1\",\"Cust2\"],"
                       "\"erpConnections\":[1,2],\"labels\":{\"x\":\"1\","
                       "\"y\":\"2\"}}", NULL);
    registry = load_apps("{\"labels\":{\"y\":\"2\",\"x\":\"1\"},"
                         "\"erpConnections\":[2,1],\"tenants\":[\"Cust2\","
                         "\"Cust1\"],\"tokens\":[{\"sha256\":\"" DIGEST("01")
                         "\"}],\"agents\":[],\"id\":\"a\"}", former);
    unit_equal("order", changes(registry), "");
    erpsync_registry_destroy(registry);
    erpsync_registry_destroy(former);
}


/* The same address, which other apps had longer ones in front of. */

static void
test_addresses(void **state)
{
    char                 apps[4096];
    erpsync_registry_t  *former, *registry;

#define APP(id, address)                                                      \
    "{\"id\":\"" id "\",\"agents\":[],\"addresses\":[\"" address "\"]," \
    "\"certificates\":[{\"sha256\":\"" DIGEST("%s") "\"}]}"

    (void) state;

    (void) snprintf(apps, sizeof(apps), APP("a", "2001:db8:1:2:3:4:5:6") ","
                    APP("b", "192.0.2.1"), "01", "02");
    former = load_apps(apps, NULL);

    (void) snprintf(apps, sizeof(apps), APP("b", "192.0.2.1") ","
                    APP("c", "::ffff:192.0.2.1"), "02", "03");
    registry = load_apps(apps, former);
    unit_equal("changes", changes(registry), "added c; removed a");
    erpsync_registry_destroy(registry);

    (void) snprintf(apps, sizeof(apps), APP("a", "2001:db8:1:2:3:4:5:6") ","
                    APP("b", "::ffff:192.0.2.1"), "01", "02");
    registry = load_apps(apps, former);
    unit_equal("changes", changes(registry), "");
    erpsync_registry_destroy(registry);
    erpsync_registry_destroy(former);
}


/* Apps "<prefix><from>" to "<prefix><to>", each with a token of its own. */

static char *
apps_of(char *p, char *last, const char *prefix, unsigned from, unsigned to)
{
    unsigned  i;

    for (i = from; i <= to; i++) {
        p += snprintf(p, (size_t) (last - p), "%s{\"id\":\"%s%u\","
                      "\"agents\":[],\"tokens\":[{\"sha256\":\"%064x\"}]}",
                      (p[-1] == '}') ? "," : "", prefix, i,
                      (unsigned) prefix[0] * 1000 + i);
        assert_true(p < last);
    }

    return p;
}


static void
test_ids(void **state)
{
    char                 one[16384], two[16384], *p, *last;
    char                 text[17000];
    erpsync_str_t        end;
    erpsync_registry_t  *former, *registry;

    (void) state;

    one[0] = ' ';
    p = apps_of(one + 1, one + sizeof(one), "kept", 1, 3);
    last = one + sizeof(one);
    p = apps_of(p, last, "old", 1, 25);

    two[0] = ' ';
    p = apps_of(two + 1, two + sizeof(two), "new", 1, 20);
    last = two + sizeof(two);
    p = apps_of(p, last, "kept", 2, 3);
    (void) snprintf(p, (size_t) (last - p),
                    ",{\"id\":\"kept1\",\"agents\":[\"ErpSync\"],"
                    "\"tokens\":[{\"sha256\":\"" DIGEST("01") "\"}]}");

    (void) snprintf(text, sizeof(text), "{\"version\":1,\"apps\":[%s]}", one);
    former = load(text, NULL);

    (void) snprintf(text, sizeof(text), "{\"version\":1,\"apps\":[%s]}", two);
    registry = load(text, former);

    unit_equal("changes", changes(registry),
               "added new1, new2, new3, new4, new5, new6, new7, new8, new9, "
               "new10, new11, new12, new13, new14, new15, new16, new17, "
               "new18, new19, new20; "
               "removed old1, old2, old3, old4, old5, old6, old7, old8, old9, "
               "old10, old11, old12, old13, old14, old15, old16, old17, "
               "old18, old19, old20 and 5 more; "
               "changed kept1");

    erpsync_registry_destroy(registry);

    registry = load("{\"version\":1,\"apps\":[]}", former);
    unit_equal("changes", changes(registry),
               "removed kept1, kept2, kept3, old1, old2, old3, old4, old5, "
               "old6, old7, old8, old9, old10, old11, old12, old13, old14, "
               "old15, old16, old17 and 8 more");
    erpsync_registry_destroy(former);

    /* long ids: as many as fit */

    one[0] = ' ';
    (void) apps_of(one + 1, one + sizeof(one),
                   "a23456789012345678901234567890123456789012345678901234567"
                   "89012", 1, 9);
    former = load_apps(one, registry);
    end = changes(former);
    assert_true(end.len < 512 + 64);
    unit_equal("long ids", erpsync_span(end.data + end.len - 14, 14),
               "127 and 2 more");
    erpsync_registry_destroy(registry);
    erpsync_registry_destroy(former);
}


#if (UNIT_MALLOC)

static void
test_failing_allocations(void **state)
{
    char                 text[4096];
    long                 n;
    erpsync_registry_t  *former, *registry;

    (void) state;

    if (!unit_malloc()) {
        skip();
    }

    (void) snprintf(text, sizeof(text), "{\"version\":1,\"apps\":[%s]}", BASE);
    former = load("{\"version\":1,\"apps\":[]}", NULL);
    registry = NULL;

    for (n = 0; registry == NULL; n++) {
        assert_true(n < 10000);

        live = 0;
        remaining = n + 1;         /* not that of unit_input() */
        counting = true;
        registry = load(text, former);
        counting = false;

        if (registry == NULL) {
            assert_int_equal(live, 0);
        }
    }

    assert_true(n > 50);
    unit_equal("changes", changes(registry), "added acme");
    erpsync_registry_destroy(registry);
    erpsync_registry_destroy(former);
}

#endif


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_ids),
#if (UNIT_MALLOC)
        cmocka_unit_test(test_failing_allocations),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
