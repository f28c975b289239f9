
/* The tenants file: what it may hold, where an error is, what is found. */


#include <jansson.h>

#include "failing.h"


#define FILE_OF(tenants)  "{\"version\":1,\"tenants\":{" tenants "}}"
#define TENANT(members)   FILE_OF("\"Cust1\":{" members "}")
#define HOST(host)        TENANT("\"host\":\"" host "\"")

#define LABEL63                                                               \
    "a2345678901234567890123456789012345678901234567890123456789012" "3"

#define NO_HOST                                                               \
    "tenants.Cust1.host: must be a DNS name, an IPv4 address or an IPv6 "     \
    "address in brackets, with \":port\" if needed"

#define NO_RETRY                                                              \
    "tenants.Cust1.retryAfter: must be a number of seconds from 1 to "        \
    "2147483647"


static erpsync_tenants_t *
parse(const char *text, char error[ERPSYNC_FILE_ERROR_LEN])
{
    unit_input_t        input;
    erpsync_tenants_t  *tenants;

    input = unit_input(text, strlen(text));
    tenants = erpsync_job_run(&erpsync_tenants_kind, input.str, error);

    /* a snapshot keeps nothing of its text */

    memset(input.data, 'x', input.str.len);
    free(input.data);

    return tenants;
}


static void
destroy(erpsync_tenants_t *tenants)
{
    erpsync_kind_destroy(&erpsync_tenants_kind, tenants);
}


static const struct {
    const char  *text;
    const char  *error;
} errors[] = {
    { "", "line 1, column 1: '{' expected" },
    { "{}", "version: is required" },
    { "{\"version\":1}", "tenants: is required" },
    { "{\"version\":2,\"tenants\":{}}", "version: must be 1" },
    { "{\"version\":1,\"tenants\":[]}", "tenants: must be an object" },
    { "{\"version\":1,\"tenants\":null}", "tenants: must be an object" },
    { "{\"version\":1,\"apps\":[]}", "unknown member \"apps\"" },
    { "{\"version\":1,\"tenants\":{},\"x\":1}", "unknown member \"x\"" },
    { "{\"tenants\":{},\"version\":1,\"tenants\":{}}",
      "line 1, column 35: duplicate object key" },
    { FILE_OF("1:{}"), "line 1, column 25: string expected" },
    { FILE_OF("\"Cust1\":{\"host\":\"a\"},"),
      "line 1, column 46: string expected" },
    { FILE_OF("\"Cust1\" {}"), "line 1, column 33: ':' expected" },
    { FILE_OF("\"Cust1\":{\"host\":\"a\"]"),
      "line 1, column 44: '}' expected" },
    { "{\"version\":1,\"tenants\":{\"Cust1\":{\"host\":\"a\"}",
      "line 1, column 45: '}' expected" },

    /* names */

    { FILE_OF("\"\":{}"),
      "line 1, column 25: a tenant must be \"Cust\" and digits" },
    { FILE_OF("\"Cust\":{}"),
      "line 1, column 25: a tenant must be \"Cust\" and digits" },
    { FILE_OF("\"cust1\":{}"),
      "line 1, column 25: a tenant must be \"Cust\" and digits" },
    { FILE_OF("\"Cust1x\":{}"),
      "line 1, column 25: a tenant must be \"Cust\" and digits" },
    { FILE_OF("\"Cust-1\":{}"),
      "line 1, column 25: a tenant must be \"Cust\" and digits" },
    { FILE_OF("\"Cust1\":{\"host\":\"a\"},\"Cust1\":{\"host\":\"a\"}"),
      "tenants.Cust1: is in the file more than once" },
    { FILE_OF("\"Cust1\":{\"host\":\"a\"},"
              "\"Cus\\u00741\":{\"host\":\"a\"}"),
      "tenants.Cust1: is in the file more than once" },

    /* members */

    { FILE_OF("\"Cust1\":[]"), "tenants.Cust1: must be an object" },
    { FILE_OF("\"Cust1\":null"), "tenants.Cust1: must be an object" },
    { TENANT(""), "tenants.Cust1.host: is required" },
    { TENANT("\"host\":\"a\",\"hots\":1"),
      "tenants.Cust1: unknown member \"hots\"" },
    { TENANT("\"host\":\"a\",\"host\":\"b\""),
      "line 1, column 45: duplicate object key" },
    { TENANT("\"host\":\"a\",\"state\":\"Running\""),
      "tenants.Cust1.state: must be \"running\" or \"maintenance\"" },
    { TENANT("\"host\":\"a\",\"state\":\"\""),
      "tenants.Cust1.state: must be \"running\" or \"maintenance\"" },
    { TENANT("\"host\":\"a\",\"state\":null"),
      "tenants.Cust1.state: must be \"running\" or \"maintenance\"" },
    { TENANT("\"host\":\"a\",\"state\":true"),
      "tenants.Cust1.state: must be \"running\" or \"maintenance\"" },
    { TENANT("\"host\":\"a\",\"retryAfter\":0"), NO_RETRY },
    { TENANT("\"host\":\"a\",\"retryAfter\":-1"), NO_RETRY },
    { TENANT("\"host\":\"a\",\"retryAfter\":1.5"), NO_RETRY },
    { TENANT("\"host\":\"a\",\"retryAfter\":\"60\""), NO_RETRY },
    { TENANT("\"host\":\"a\",\"retryAfter\":2147483648"), NO_RETRY },
    { TENANT("\"host\":\"a\",\"retryAfter\":99999999999999999999"),
      NO_RETRY },
    { TENANT("\"host\":\"a\",\"retryAfter\":null"), NO_RETRY },

    /* hosts: what could leave its place in a URL, or mean another host */

    { TENANT("\"host\":1"), NO_HOST },
    { TENANT("\"host\":null"), NO_HOST },
    { HOST(""), NO_HOST },
    { HOST(" a"), NO_HOST },
    { HOST("a b"), NO_HOST },
    { HOST("a\\r\\nX: y"), NO_HOST },
    { HOST("a/b"), NO_HOST },
    { HOST("a\\\\b"), NO_HOST },
    { HOST("a?b"), NO_HOST },
    { HOST("a#b"), NO_HOST },
    { HOST("a@b"), NO_HOST },
    { HOST("https://a"), NO_HOST },
    { HOST("a$b"), NO_HOST },
    { HOST("a%41"), NO_HOST },
    { HOST("a_b"), NO_HOST },
    { HOST("\\u00e5.example"), NO_HOST },
    { HOST("unix:x"), NO_HOST },
    { HOST("a."), NO_HOST },
    { HOST(".a"), NO_HOST },
    { HOST("a..b"), NO_HOST },
    { HOST("-a"), NO_HOST },
    { HOST("a-"), NO_HOST },
    { HOST("a-.b"), NO_HOST },
    { HOST(LABEL63 "4"), NO_HOST },
    { HOST(LABEL63 "." LABEL63 "." LABEL63 "." LABEL63), NO_HOST },
    { HOST("1"), NO_HOST },
    { HOST("10.1"), NO_HOST },
    { HOST("10.0.0.256"), NO_HOST },
    { HOST("10.0.0.01"), NO_HOST },
    { HOST("0x7f.1"), NO_HOST },
    { HOST("10.0.0.1.5"), NO_HOST },
    { HOST("a:"), NO_HOST },
    { HOST("a:0"), NO_HOST },
    { HOST("a:080"), NO_HOST },
    { HOST("a:65536"), NO_HOST },
    { HOST("a:123456"), NO_HOST },
    { HOST("a:+1"), NO_HOST },
    { HOST("a:80:80"), NO_HOST },
    { HOST(":80"), NO_HOST },
    { HOST("::1"), NO_HOST },
    { HOST("2001:db8::1"), NO_HOST },
    { HOST("[]"), NO_HOST },
    { HOST("[::1"), NO_HOST },
    { HOST("::1]"), NO_HOST },
    { HOST("[::1]x"), NO_HOST },
    { HOST("[::1]:"), NO_HOST },
    { HOST("[::1%25eth0]"), NO_HOST },
    { HOST("[10.0.0.1]"), NO_HOST },
    { HOST("[a]"), NO_HOST },
};


static void
test_errors(void **state)
{
    char                error[ERPSYNC_FILE_ERROR_LEN];
    size_t              i;
    erpsync_tenants_t  *tenants;

    (void) state;

    for (i = 0; i < erpsync_nelts(errors); i++) {
        tenants = parse(errors[i].text, error);

        if (tenants || strcmp(error, errors[i].error) != 0) {
            fail_msg("%s:\n  got      %s\n  expected %s", errors[i].text,
                     tenants ? "no error" : error, errors[i].error);
        }
    }
}


static void
test_hosts(void **state)
{
    char                text[512], error[ERPSYNC_FILE_ERROR_LEN];
    size_t              i;
    erpsync_tenant_t    tenant;
    erpsync_tenants_t  *tenants;

    static const char *const  hosts[] = {
        "online3.example.com", "Online3.Example.com:8443", "a", "a-b.c1",
        "1a.example", "3.example", "10.0.0.1", "10.0.0.1:1", "255.255.255.255",
        "[::1]", "[2001:db8::10.0.0.1]:65535", "xn--bcher-kva.example",
        LABEL63 "." LABEL63 "." LABEL63 "."
        "a23456789012345678901234567890123456789012345678901234567890a:65535"
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(hosts); i++) {
        (void) snprintf(text, sizeof(text), HOST("%s"), hosts[i]);
        tenants = parse(text, error);

        if (tenants == NULL) {
            fail_msg("%s: %s", hosts[i], error);
        }

        assert_true(erpsync_tenants_find(tenants, erpsync_span("Cust1", 5),
                                         &tenant));
        unit_equal(hosts[i], tenant.host, hosts[i]);
        destroy(tenants);
    }
}


static const char  text[] = "\xef\xbb\xbf" FILE_OF(
    "\"Cust12345\": { \"host\": \"online3.example.com\" },\n"
    "\"Cust1\": {\"retryAfter\": 7, \"host\": \"a:1\", \"state\": \"running\"},"
    "\"Cust01\": { \"state\": \"maintenance\", \"host\": \"b\" },"
    "\"Cus\\u00742\":{\"host\":\"\\u0063\",\"state\":\"maintenance\","
    "\"retryAfter\":2147483647}");


static void
check(const erpsync_tenants_t *tenants)
{
    size_t            i;
    erpsync_tenant_t  tenant;

    static const struct {
        const char  *name;
        const char  *host;         /* NULL: not found */
        bool         maintenance;
        uint32_t     retry_after;
    } cases[] = {
        { "Cust12345", "online3.example.com", false, 60 },
        { "cUST12345", "online3.example.com", false, 60 },
        { "Cust1", "a:1", false, 7 },
        { "Cust01", "b", true, 60 },
        { "Cust2", "c", true, 2147483647 },
        { "Cust001", NULL, false, 0 },
        { "Cust1234", NULL, false, 0 },
        { "Cust123456", NULL, false, 0 },
        { "Cust", NULL, false, 0 },
        { "Cus", NULL, false, 0 },
        { "", NULL, false, 0 },
        { "12345", NULL, false, 0 },
        { "Cust1x", NULL, false, 0 },
    };

    assert_int_equal(erpsync_kind_count(&erpsync_tenants_kind, tenants), 4);

    for (i = 0; i < erpsync_nelts(cases); i++) {
        memset(&tenant, 0, sizeof(tenant));

        if (erpsync_tenants_find(tenants,
                                 erpsync_span(cases[i].name,
                                              strlen(cases[i].name)),
                                 &tenant)
            != (cases[i].host != NULL))
        {
            fail_msg("%s: %sfound", cases[i].name,
                     cases[i].host ? "not " : "");
        }

        unit_equal(cases[i].name, tenant.host,
                   cases[i].host ? cases[i].host : "");
        assert_int_equal(tenant.maintenance, cases[i].maintenance);
        assert_int_equal(tenant.retry_after, cases[i].retry_after);
    }
}


static void
test_find(void **state)
{
    char                error[ERPSYNC_FILE_ERROR_LEN];
    erpsync_tenants_t  *tenants;

    (void) state;

    tenants = parse(text, error);
    assert_non_null(tenants);
    assert_string_equal(error, "");
    check(tenants);
    destroy(tenants);

    tenants = parse(FILE_OF(""), error);
    assert_non_null(tenants);
    assert_int_equal(erpsync_kind_count(&erpsync_tenants_kind, tenants), 0);
    destroy(tenants);
}


/* If a file ends too early, it is refused. */

static void
test_truncated(void **state)
{
    char          error[ERPSYNC_FILE_ERROR_LEN];
    size_t        len;
    unit_input_t  input;

    (void) state;

    for (len = 0; len < sizeof(text) - 1; len++) {
        input = unit_input(text, len);
        assert_null(erpsync_job_run(&erpsync_tenants_kind, input.str, error));
        assert_memory_equal(error, "line ", 5);
        free(input.data);
    }
}


/* Steps of any size come to the same end; a job may be given up at any. */

static void
test_steps(void **state)
{
    char                error[ERPSYNC_FILE_ERROR_LEN];
    bool                more;
    size_t              work, steps, n;
    erpsync_job_t      *job;
    erpsync_tenants_t  *tenants;

    (void) state;

    for (work = 1; work < sizeof(text) + 1000; work += 37) {
        job = erpsync_job_begin(&erpsync_tenants_kind,
                                erpsync_span(text, sizeof(text) - 1), error);
        assert_non_null(job);

        for (steps = 1; erpsync_job_step(job, work); steps++) { /* void */ }

        assert_true(work > 1 || steps > 12);

        tenants = erpsync_job_end(job);
        assert_non_null(tenants);
        check(tenants);
        destroy(tenants);
    }

    for (steps = 0, more = true; more; steps++) {
        job = erpsync_job_begin(&erpsync_tenants_kind,
                                erpsync_span(text, sizeof(text) - 1), error);
        assert_non_null(job);

        for (n = 0; n < steps && more; n++) {
            more = erpsync_job_step(job, 1);
        }

        tenants = erpsync_job_end(job);
        assert_true((tenants == NULL) == more);
        destroy(tenants);
    }
}


#define NUMBERED(n)  "\"Cust" n "\":{\"host\":\"a\"}"


/* However the few places of a small index are taken, a search in it ends. */

static void
test_few(void **state)
{
    char               error[ERPSYNC_FILE_ERROR_LEN];
    size_t             i;
    erpsync_tenant_t   tenant;
    erpsync_tenants_t  *tenants;

    static const erpsync_str_t  last = erpsync_string("Cust8");
    static const erpsync_str_t  unknown = erpsync_string("Cust9");

    (void) state;

    for (i = 0; i < 5000; i++) {
        tenants = parse(FILE_OF(NUMBERED("1") "," NUMBERED("2") ","
                                NUMBERED("3") "," NUMBERED("4") ","
                                NUMBERED("5") "," NUMBERED("6") ","
                                NUMBERED("7") "," NUMBERED("8")),
                        error);
        assert_non_null(tenants);
        assert_true(erpsync_tenants_find(tenants, last, &tenant));
        assert_false(erpsync_tenants_find(tenants, unknown, &tenant));
        destroy(tenants);
    }
}


/* Many tenants: each is found, and a twin of the first is found out. */

static void
test_many(void **state)
{
    char               *many, *p, name[32], error[ERPSYNC_FILE_ERROR_LEN];
    size_t              i;
    erpsync_tenant_t    tenant;
    erpsync_tenants_t  *tenants;

    (void) state;

    many = malloc(200000 * 60 + 100);
    assert_non_null(many);
    p = many + sprintf(many, "{\"version\":1,\"tenants\":{");

    for (i = 0; i < 200000; i++) {
        p += sprintf(p, "%s\"Cust%zu\":{\"host\":\"h%zu.example\"}",
                     i ? "," : "", i, i % 7);
    }

    (void) sprintf(p, "}}");
    tenants = parse(many, error);
    assert_non_null(tenants);

    for (i = 0; i < 200000; i++) {
        (void) sprintf(name, "Cust%zu", i);
        assert_true(erpsync_tenants_find(tenants,
                                         erpsync_span(name, strlen(name)),
                                         &tenant));
        assert_int_equal(tenant.host.data[1], '0' + i % 7);
    }

    destroy(tenants);

    (void) sprintf(p, ",\"Cust0\":{\"host\":\"a\"}}}");
    assert_null(parse(many, error));
    assert_string_equal(error,
                        "tenants.Cust0: is in the file more than once");
    free(many);
}


/*
 * Which tenant a request is for.  A path of the agent has been read already;
 * any other is read here.
 */

static const struct {
    const char  *path;
    const char  *authorization;    /* NULL: none */
    const char  *tenant;
} requests[] = {
    { "/Cust1/api/v1/Agents/ErpSync/SyncAll", NULL, "Cust1" },
    { "/cUST1/api/v1/Agents/ErpSync/SyncAll", "SoTicket x", "Cust1" },
    { "/a/Cust1/api/v1/Agents/ErpSync/SyncAll", "Bearer x", "Cust1" },
    { "/Cust1/api/v1/Agents/ErpSync/SyncAll", "Bearer 8A:Cust1.x", "Cust1" },
    { "/Cust1/api/v1/Agents/ErpSync/SyncAll", "Bearer 8A:cust1.x", "Cust1" },
    { "/Cust1/api/v1/Agents/ErpSync/SyncAll", "Bearer 8A:Cust2.x", "" },
    { "/Cust1/Cust2/api/v1/Agents/ErpSync/SyncAll", NULL, "" },
    { "/Cust1/cust1/api/v1/Agents/ErpSync/SyncAll", NULL, "Cust1" },
    { "/Cust1/api/v1/Agents/ErpSync/Nothing", NULL, "Cust1" },
    { "/api/v1/Agents/ErpSync/SyncAll", "Bearer 8A:Cust2.x", "Cust2" },
    { "/api/v1/Agents/ErpSync/SyncAll", "bEARER\t 8A:cUST2.x", "Cust2" },
    { "/api/v1/Agents/ErpSync/SyncAll", "Bearer 8A:Cust2", "" },
    { "/api/v1/Agents/ErpSync/SyncAll", "Bearer8A:Cust2.x", "" },
    { "/api/v1/Agents/ErpSync/SyncAll", "Bearer", "" },
    { "/api/v1/Agents/ErpSync/SyncAll", "", "" },
    { "/api/v1/Agents/ErpSync/SyncAll", "SoTicket 8A:Cust2.x", "" },

    { "/Cust1/api/v1/Contact/3", NULL, "Cust1" },
    { "/cust1/API/v1/Contact/3", NULL, "Cust1" },
    { "/a/Cust1/b", NULL, "Cust1" },
    { "/Cust1", NULL, "Cust1" },
    { "/Cust1/", NULL, "Cust1" },
    { "Cust1", NULL, "Cust1" },
    { "/Cust1/Cust2/", NULL, "" },
    { "/Cust1/api/Cust2", NULL, "Cust1" },
    { "/api/v1/Document/Cust1", NULL, "" },
    { "/api/v1/Document/Cust1", "Bearer 8A:Cust2.x", "Cust2" },
    { "/Cust1/x", "Bearer 8A:Cust2.x", "" },
    { "/Cust1x/Custx/Cust/1", NULL, "" },
    { "/", NULL, "" },
    { "", NULL, "" }
};


static void
test_requests(void **state)
{
    size_t           i;
    unit_input_t     path, header;
    erpsync_str_t    tenant, none;
    erpsync_arena_t  arena;
    erpsync_route_t  route;

    (void) state;

    none = erpsync_span(NULL, 0);

    for (i = 0; i < erpsync_nelts(requests); i++) {
        erpsync_arena_init(&arena);
        path = unit_input(requests[i].path, strlen(requests[i].path));
        header = unit_input(requests[i].authorization,
                            requests[i].authorization
                            ? strlen(requests[i].authorization) : 0);

        assert_int_equal(erpsync_route(&arena, path.str, &route), ERPSYNC_OK);
        assert_int_equal(erpsync_tenant_find(&arena, &route, path.str,
                                             requests[i].authorization
                                             ? header.str : none, &tenant),
                         ERPSYNC_OK);
        unit_equal(requests[i].path, tenant, requests[i].tenant);

        /* what readings disagree about names no tenant */

        route.kind = ERPSYNC_ROUTE_AMBIGUOUS;
        assert_int_equal(erpsync_tenant_find(&arena, &route, path.str,
                                             header.str, &tenant),
                         ERPSYNC_OK);
        assert_int_equal(tenant.len, 0);

        free(path.data);
        free(header.data);
        erpsync_arena_destroy(&arena);
    }
}


/* What a verdict comes to by the state of its tenant. */

static void
test_gate(void **state)
{
    char                error[ERPSYNC_FILE_ERROR_LEN];
    size_t              i;
    erpsync_tenants_t  *tenants;
    erpsync_verdict_t   verdict;

    static const struct {
        const char        *tenant;
        erpsync_method_t   method;
        erpsync_reason_t   before;
        erpsync_reason_t   after;
        uint32_t           retry_after;
    } cases[] = {
        { "Cust01", ERPSYNC_METHOD_POST, ERPSYNC_REASON_OK,
          ERPSYNC_REASON_TENANT_UNAVAILABLE, 60 },
        { "Cust2", ERPSYNC_METHOD_GET, ERPSYNC_REASON_OK,
          ERPSYNC_REASON_TENANT_UNAVAILABLE, 2147483647 },
        { "Cust2", ERPSYNC_METHOD_OPTIONS, ERPSYNC_REASON_OK,
          ERPSYNC_REASON_OK, 0 },
        { "Cust2", ERPSYNC_METHOD_POST, ERPSYNC_REASON_TENANT_NOT_GRANTED,
          ERPSYNC_REASON_TENANT_NOT_GRANTED, 0 },
        { "Cust1", ERPSYNC_METHOD_POST, ERPSYNC_REASON_OK,
          ERPSYNC_REASON_OK, 0 },
        { "Cust3", ERPSYNC_METHOD_POST, ERPSYNC_REASON_OK,
          ERPSYNC_REASON_OK, 0 },
        { "", ERPSYNC_METHOD_POST, ERPSYNC_REASON_OK, ERPSYNC_REASON_OK, 0 }
    };

    (void) state;

    tenants = parse(text, error);
    assert_non_null(tenants);

    for (i = 0; i < erpsync_nelts(cases); i++) {
        memset(&verdict, 0, sizeof(verdict));
        verdict.operation = erpsync_operation_find(erpsync_span("SyncAll", 7));
        verdict.tenant = erpsync_span(cases[i].tenant,
                                      strlen(cases[i].tenant));
        verdict.method = cases[i].method;
        verdict.reason = cases[i].before;

        erpsync_gate_tenant(NULL, &verdict);
        assert_int_equal(verdict.reason, cases[i].before);

        erpsync_gate_tenant(tenants, &verdict);
        assert_int_equal(verdict.reason, cases[i].after);
        assert_int_equal(verdict.retry_after, cases[i].retry_after);

        /* the SOAP twin has no operation, and is not judged */

        verdict.operation = NULL;
        verdict.reason = ERPSYNC_REASON_OK;
        erpsync_gate_tenant(tenants, &verdict);
        assert_int_equal(verdict.reason, ERPSYNC_REASON_OK);
    }

    destroy(tenants);
}


#if (UNIT_MALLOC)

/* Without memory, at every place: all or nothing, and nothing left behind. */

static void
test_failing_allocations(void **state)
{
    char                error[ERPSYNC_FILE_ERROR_LEN];
    long                n, left;
    uint64_t            seed;
    erpsync_tenants_t  *tenants;

    (void) state;

    if (!unit_malloc()) {
        skip();
    }

    /* what OpenSSL and jansson keep for good is no leak */

    assert_int_equal(erpsync_random(&seed, sizeof(seed)), ERPSYNC_OK);
    json_decref(json_object());

    for (n = 0, left = -1; left < 0; n += persistent, persistent ^= 1) {
        assert_true(n < 10000);

        live = 0;
        remaining = n;
        counting = true;

        tenants = erpsync_job_run(&erpsync_tenants_kind,
                                  erpsync_span(text, sizeof(text) - 1),
                                  error);
        left = remaining;

        if (tenants) {
            check(tenants);

        } else {
            assert_string_equal(error, "no memory");
        }

        destroy(tenants);
        counting = false;

        assert_int_equal(live, 0);
    }

    persistent = false;
    assert_true(n > 30);
    assert_non_null(tenants);
}

#endif


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_few),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_gate),
#if (UNIT_MALLOC)
        cmocka_unit_test(test_failing_allocations),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
