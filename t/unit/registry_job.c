
/*
 * Reading a registry in steps, and with an allocation that fails at every
 * place: all or nothing, and nothing left behind.
 */


#include <jansson.h>

#include "failing.h"


static const char  text[] =
    "{\"version\":1,\"apps\":["
    "{\"id\":\"\\u006fne-with-an-id-that-is-long\",\"name\":\"One\","
    "\"agents\":[\"ErpSync\"],"
    "\"operations\":[\"TryConnectActor\"],\"tenants\":[\"Cust2\",\"Cust1\"],"
    "\"addresses\":[\"10.0.0.0/8\"],\"erpConnections\":[2,1],"
    "\"tokens\":[{\"sha256\":\"0011223344556677889900112233445566778899"
    "001122334455667788990011\",\"expires\":\"2027-01-01T00:00:00Z\"}],"
    "\"certificates\":[{\"sha256\":\"aabbccddeeffaabbccddeeffaabbccddeeff"
    "aabbccddeeffaabbccddeeffaabb\"}]},"
    "{\"id\":\"two\",\"agents\":[],\"tokens\":[{\"sha256\":\""
    "ffeeffeeffeeffeeffeeffeeffeeffeeffeeffeeffeeffeeffeeffeeffeeffee\"}]}"
    "]}";


/* That nothing of "text" is missing. */

static void
check(const erpsync_registry_t *registry)
{
    const erpsync_app_t  *app;

    assert_int_equal(erpsync_registry_apps(registry), 2);

    app = erpsync_registry_app(registry, 0);

    unit_equal("id", erpsync_app_id(registry, app),
               "one-with-an-id-that-is-long");
    assert_true(erpsync_app_has_agent(app));
    assert_false(erpsync_app_has_operation(app, 0));
    assert_true(erpsync_app_has_tenant(registry, app,
                                       erpsync_span("Cust1", 5)));
    assert_false(erpsync_app_has_tenant(registry, app,
                                        erpsync_span("Cust3", 5)));
    assert_true(erpsync_app_limits_connections(app));
    assert_true(erpsync_app_has_connection(registry, app, 1));
    assert_false(erpsync_app_has_connection(registry, app, 3));

    app = erpsync_registry_app(registry, 1);

    unit_equal("id", erpsync_app_id(registry, app), "two");
    assert_false(erpsync_app_has_agent(app));
}


#if (UNIT_MALLOC)

static void
test_failing_allocations(void **state)
{
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    long                 n, left;
    erpsync_registry_t  *registry;

    (void) state;

    if (!unit_malloc()) {
        skip();
    }

    /* what OpenSSL and jansson keep for good is not a leak */

    registry = erpsync_job_run(&erpsync_registry_kind,
                               erpsync_span(text, sizeof(text) - 1), error);
    assert_non_null(registry);
    erpsync_registry_destroy(registry);

    for (n = 0, left = -1; left < 0; n += persistent, persistent ^= 1) {
        assert_true(n < 10000);

        live = 0;
        remaining = n;
        counting = true;

        registry = erpsync_job_run(&erpsync_registry_kind,
                                   erpsync_span(text, sizeof(text) - 1), error);
        left = remaining;

        /* memory may be missing where it was to be given back only */

        if (registry) {
            check(registry);

        } else {
            assert_string_equal(error, "no memory");
        }

        erpsync_registry_destroy(registry);
        counting = false;

        assert_int_equal(live, 0);
    }

    persistent = false;
    assert_true(n > 50);
    assert_non_null(registry);
}

#endif


/* Steps of any size come to the same end. */

static void
test_steps(void **state)
{
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    size_t               work, steps;
    unit_input_t         input;
    erpsync_job_t       *job;
    erpsync_registry_t  *registry;

    (void) state;

    input = unit_input(text, sizeof(text) - 1);

    for (work = 1; work < sizeof(text) + 1000; work += 37) {
        job = erpsync_job_begin(&erpsync_registry_kind, input.str, error);
        assert_non_null(job);
        steps = 1;

        while (erpsync_job_step(job, work)) {
            steps++;
        }

        assert_true(work > 1 || steps >= 6);
        assert_false(erpsync_job_step(job, work));

        registry = erpsync_job_end(job);
        assert_non_null(registry);
        assert_string_equal(error, "");
        check(registry);
        erpsync_registry_destroy(registry);
    }

    free(input.data);
}


/* A job may be given up at any step. */

static void
test_given_up(void **state)
{
    char            error[ERPSYNC_REGISTRY_ERROR_LEN];
    size_t          n, i;
    bool            more;
    erpsync_job_t  *job;

    (void) state;

    for (n = 0, more = true; more; n++) {
        job = erpsync_job_begin(&erpsync_registry_kind,
                                erpsync_span(text, sizeof(text) - 1), error);
        assert_non_null(job);

        for (i = 0; i < n && more; i++) {
            more = erpsync_job_step(job, 1);
        }

        if (more) {
            assert_null(erpsync_job_end(job));

        } else {
            erpsync_registry_destroy(erpsync_job_end(job));
        }
    }
}


/* Its length alone is enough to refuse a file. */

static void
test_too_large(void **state)
{
    char            error[ERPSYNC_REGISTRY_ERROR_LEN];
    erpsync_job_t  *job;

    (void) state;

    job = erpsync_job_begin(&erpsync_registry_kind,
                            erpsync_span(text, ERPSYNC_FILE_MAX + 1), error);
    assert_non_null(job);
    assert_false(erpsync_job_step(job, 1));
    assert_null(erpsync_job_end(job));
    assert_string_equal(error, "is larger than 512 MB");
}


static void
test_error(void **state)
{
    char            error[ERPSYNC_REGISTRY_ERROR_LEN];
    erpsync_job_t  *job;

    static const erpsync_str_t  bad = erpsync_string(
        "{\"version\":1,\"apps\":[{},{}]}");

    (void) state;

    job = erpsync_job_begin(&erpsync_registry_kind, bad, error);
    assert_non_null(job);

    while (erpsync_job_step(job, 1)) { /* void */ }

    assert_null(erpsync_job_end(job));
    assert_string_equal(error, "apps[0].id: is required");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
#if (UNIT_MALLOC)
        cmocka_unit_test(test_failing_allocations),
#endif
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_given_up),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_too_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
