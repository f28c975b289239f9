
/* The order of judgement and what a refusal says: contract, 3 and 9. */


#define _GNU_SOURCE     /* memmem() */

#include "unit.h"


#define TOKEN  "token-1"


static erpsync_digester_t  *digester;
static char                 digest[65];


static int
setup(void **state)
{
    size_t   i;
    uint8_t  bytes[ERPSYNC_DIGEST_LEN];

    (void) state;

    digester = erpsync_digester_create();

    if (digester == NULL
        || erpsync_digest(digester, erpsync_span(TOKEN, strlen(TOKEN)),
                          bytes)
           != ERPSYNC_OK)
    {
        return -1;
    }

    for (i = 0; i < ERPSYNC_DIGEST_LEN; i++) {
        snprintf(digest + 2 * i, 3, "%02x", bytes[i]);
    }

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    erpsync_digester_destroy(digester);

    return 0;
}


static erpsync_registry_t *
registry_of(const char *grants)
{
    char                 text[1024], error[ERPSYNC_REGISTRY_ERROR_LEN];
    unit_input_t         input;
    erpsync_registry_t  *registry;

    snprintf(text, sizeof(text), "{\"version\":1,\"apps\":[{\"id\":\"acme\","
             "\"tokens\":[{\"sha256\":\"%s\"}],%s}]}", digest, grants);

    input = unit_input(text, strlen(text));
    registry = erpsync_registry_parse(input.str, error);
    free(input.data);

    if (registry == NULL) {
        fail_msg("%s", error);
    }

    return registry;
}


static void
set(erpsync_request_t *request, erpsync_header_id_t id, const char *value)
{
    request->headers[id].value = erpsync_span(value, strlen(value));
    request->headers[id].count = 1;
}


/* A good call; each case then spoils it. */

static void
good(erpsync_request_t *request, erpsync_policy_t *policy)
{
    memset(request, 0, sizeof(erpsync_request_t));
    memset(policy, 0, sizeof(erpsync_policy_t));

    policy->online = true;
    policy->schemes = ERPSYNC_SCHEME_ALL;
    policy->max_field_values = 1000;

    request->method = ERPSYNC_METHOD_POST;
    request->body = true;
    request->now = 1800000000;

    set(request, ERPSYNC_HEADER_AUTHORIZATION, "Bearer x");
    set(request, ERPSYNC_HEADER_APP_TOKEN, TOKEN);
    set(request, ERPSYNC_HEADER_CONTENT_TYPE, "application/json");
}


/* Faults in the order in which they are found; a case has one and all later. */

enum {
    FAULT_TWICE, FAULT_CREDENTIALS, FAULT_NO_TOKEN, FAULT_TOKEN, FAULT_TYPE,
    FAULT_ENCODING, FAULT_ACCEPT, FAULT_LOCALE, FAULT_SELECT, FAULT_NONE
};

static void
spoil(erpsync_request_t *request, int from, const char *token)
{
    size_t             i;
    erpsync_header_t  *app_token;

    static const struct {
        int                   fault;
        erpsync_header_id_t   id;
        const char           *value;
    } faults[] = {
        { FAULT_TYPE, ERPSYNC_HEADER_CONTENT_TYPE, "text/plain" },
        { FAULT_ENCODING, ERPSYNC_HEADER_CONTENT_ENCODING, "gzip" },
        { FAULT_ACCEPT, ERPSYNC_HEADER_ACCEPT, "text/html" },
        { FAULT_LOCALE, ERPSYNC_HEADER_LANGUAGE, "e" },
    };

    for (i = 0; i < erpsync_nelts(faults); i++) {
        if (from <= faults[i].fault) {
            set(request, faults[i].id, faults[i].value);
        }
    }

    if (from <= FAULT_SELECT) {
        request->args = erpsync_span("$select=1", 9);
    }

    app_token = &request->headers[ERPSYNC_HEADER_APP_TOKEN];

    if (token) {
        set(request, ERPSYNC_HEADER_APP_TOKEN, token);
    }

    if (from <= FAULT_NO_TOKEN) {
        memset(app_token, 0, sizeof(erpsync_header_t));
    }

    if (from <= FAULT_CREDENTIALS) {
        memset(&request->headers[ERPSYNC_HEADER_AUTHORIZATION], 0,
               sizeof(erpsync_header_t));
    }

    if (from <= FAULT_TWICE) {
        app_token->count = 2;
    }
}


static const struct {
    const char        *name;
    const char        *grants;
    const char        *token;      /* in place of the good one */
    int                fault;
    erpsync_reason_t   reason;
} cases[] = {
#define AGENT  "\"agents\":[\"ErpSync\"]"
    { "good", AGENT, NULL, FAULT_NONE, ERPSYNC_REASON_OK },
    { "twice", AGENT, NULL, FAULT_TWICE, ERPSYNC_REASON_HEADER_DUPLICATED },
    { "no credentials", AGENT, NULL, FAULT_CREDENTIALS,
      ERPSYNC_REASON_CREDENTIALS_MISSING },
    { "no token", AGENT, NULL, FAULT_NO_TOKEN,
      ERPSYNC_REASON_APP_TOKEN_MISSING },
    { "a longer token", AGENT, TOKEN "1", FAULT_TOKEN,
      ERPSYNC_REASON_APP_TOKEN_UNKNOWN },
    { "the digest as token", AGENT, digest, FAULT_TOKEN,
      ERPSYNC_REASON_APP_TOKEN_UNKNOWN },
    { "no agent", "\"agents\":[]", NULL, FAULT_TYPE,
      ERPSYNC_REASON_AGENT_NOT_GRANTED },
    { "disabled", AGENT ",\"enabled\":false", NULL, FAULT_TYPE,
      ERPSYNC_REASON_APP_DISABLED },
    { "operation", AGENT ",\"operations\":[\"SyncAll\"]", NULL, FAULT_TYPE,
      ERPSYNC_REASON_OPERATION_NOT_GRANTED },
    { "tenant", AGENT ",\"tenants\":[\"Cust1\"]", NULL, FAULT_TYPE,
      ERPSYNC_REASON_TENANT_NOT_GRANTED },
    { "address", AGENT ",\"addresses\":[\"10.0.0.0/8\"]", NULL, FAULT_TYPE,
      ERPSYNC_REASON_ADDRESS_NOT_GRANTED },
    { "type", AGENT, NULL, FAULT_TYPE,
      ERPSYNC_REASON_CONTENT_TYPE_UNSUPPORTED },
    { "encoding", AGENT, NULL, FAULT_ENCODING,
      ERPSYNC_REASON_CONTENT_ENCODING_UNSUPPORTED },
    { "accept", AGENT, NULL, FAULT_ACCEPT, ERPSYNC_REASON_NOT_ACCEPTABLE },
    { "locale", AGENT, NULL, FAULT_LOCALE, ERPSYNC_REASON_LANGUAGE_INVALID },
    { "select", AGENT, NULL, FAULT_SELECT, ERPSYNC_REASON_SELECT_INVALID },
};


static void
test_head(void **state)
{
    size_t               i;
    erpsync_arena_t      arena;
    erpsync_route_t      route;
    erpsync_policy_t     policy;
    erpsync_request_t    request;
    erpsync_verdict_t    verdict;
    erpsync_registry_t  *registry;

    static const char  path[] = "/api/v1/Agents/ErpSync/TryConnectActor";

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        erpsync_arena_init(&arena);
        registry = registry_of(cases[i].grants);
        good(&request, &policy);
        spoil(&request, cases[i].fault, cases[i].token);

        assert_int_equal(erpsync_route(&arena,
                                       erpsync_span(path, strlen(path)),
                                       &route),
                         ERPSYNC_OK);
        assert_int_equal(erpsync_gate_head(&arena, &policy, registry,
                                           digester, &route, &request,
                                           &verdict),
                         ERPSYNC_OK);

        if (verdict.reason != cases[i].reason) {
            fail_msg("%s: %s", cases[i].name,
                     erpsync_reason_name(verdict.reason).data);
        }

        /* the method is judged in front of all of them */

        request.method = ERPSYNC_METHOD_OTHER;

        assert_int_equal(erpsync_gate_head(&arena, &policy, registry,
                                           digester, &route, &request,
                                           &verdict),
                         ERPSYNC_OK);
        assert_int_equal(verdict.reason, ERPSYNC_REASON_METHOD_NOT_ALLOWED);

        request.method = ERPSYNC_METHOD_POST;
        erpsync_registry_destroy(registry);

        /* without a registry nothing that needs one is let through */

        if (cases[i].reason == ERPSYNC_REASON_OK) {
            assert_int_equal(erpsync_gate_head(&arena, &policy, NULL,
                                               digester, &route, &request,
                                               &verdict),
                             ERPSYNC_OK);
            assert_int_equal(verdict.reason,
                             ERPSYNC_REASON_REGISTRY_UNAVAILABLE);
        }

        erpsync_arena_destroy(&arena);
    }
}


/* What is refused, or let through, for the path alone: point 1. */

static void
test_path(void **state)
{
    int                m;
    size_t             i;
    erpsync_arena_t    arena;
    erpsync_route_t    route;
    erpsync_policy_t   policy;
    erpsync_request_t  request;
    erpsync_verdict_t  verdict;

    static const struct {
        erpsync_route_kind_t   kind;
        bool                   online;
        bool                   soap_pass;
        erpsync_reason_t       reason;
    } paths[] = {
        { ERPSYNC_ROUTE_AMBIGUOUS, true, false,
          ERPSYNC_REASON_PATH_AMBIGUOUS },
        { ERPSYNC_ROUTE_AMBIGUOUS, false, true,
          ERPSYNC_REASON_PATH_AMBIGUOUS },
        { ERPSYNC_ROUTE_UNKNOWN, true, true,
          ERPSYNC_REASON_OPERATION_UNKNOWN },
        { ERPSYNC_ROUTE_SOAP, true, false, ERPSYNC_REASON_SOAP_NOT_ALLOWED },
        { ERPSYNC_ROUTE_SOAP, false, false,
          ERPSYNC_REASON_SOAP_NOT_ALLOWED },
        { ERPSYNC_ROUTE_SOAP, true, true, ERPSYNC_REASON_OK },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(paths); i++) {

        for (m = ERPSYNC_METHOD_POST; m <= ERPSYNC_METHOD_OTHER; m++) {
            erpsync_arena_init(&arena);
            memset(&route, 0, sizeof(erpsync_route_t));
            good(&request, &policy);

            route.kind = paths[i].kind;
            policy.online = paths[i].online;
            policy.soap_pass = paths[i].soap_pass;
            request.method = (erpsync_method_t) m;

            assert_int_equal(erpsync_gate_head(&arena, &policy, NULL,
                                               digester, &route, &request,
                                               &verdict),
                             ERPSYNC_OK);
            assert_int_equal(verdict.reason, paths[i].reason);
            erpsync_arena_destroy(&arena);
        }
    }
}


static void
test_body(void **state)
{
    size_t               i;
    erpsync_body_t       body;
    erpsync_arena_t      arena;
    erpsync_route_t      route;
    erpsync_policy_t     policy;
    erpsync_request_t    request;
    erpsync_verdict_t    verdict;
    erpsync_registry_t  *registry;

    static const char  path[] = "/api/v1/Agents/ErpSync/TryConnectActor";
    static const char  sample[] =
        "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":"
        "\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\","
        "\"FieldValues\":[]}";

    static const struct {
        const char        *grants;
        erpsync_reason_t   reason;
    } bodies[] = {
        { AGENT, ERPSYNC_REASON_OK },
        { AGENT ",\"erpConnections\":[883]", ERPSYNC_REASON_OK },
        { AGENT ",\"erpConnections\":[884]",
          ERPSYNC_REASON_CONNECTION_NOT_GRANTED },
        { AGENT ",\"erpConnections\":[]",
          ERPSYNC_REASON_CONNECTION_NOT_GRANTED },
        { AGENT ",\"crmActorTypes\":[\"Contact\"]", ERPSYNC_REASON_OK },
        { AGENT ",\"crmActorTypes\":[\"Person\"]",
          ERPSYNC_REASON_ACTOR_TYPE_NOT_GRANTED },
        { AGENT ",\"erpActorTypes\":[\"Supplier\"]",
          ERPSYNC_REASON_ACTOR_TYPE_NOT_GRANTED },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(bodies); i++) {
        erpsync_arena_init(&arena);
        registry = registry_of(bodies[i].grants);
        good(&request, &policy);

        assert_int_equal(erpsync_route(&arena,
                                       erpsync_span(path, strlen(path)),
                                       &route),
                         ERPSYNC_OK);
        assert_int_equal(erpsync_gate_head(&arena, &policy, registry,
                                           digester, &route, &request,
                                           &verdict),
                         ERPSYNC_OK);
        assert_int_equal(verdict.reason, ERPSYNC_REASON_OK);
        assert_int_equal(erpsync_gate_body(&arena, &policy, registry, 1,
                                           erpsync_span(sample,
                                                        strlen(sample)),
                                           false, &verdict, &body),
                         ERPSYNC_OK);

        if (verdict.reason != bodies[i].reason) {
            fail_msg("%s: %s", bodies[i].grants,
                     erpsync_reason_name(verdict.reason).data);
        }

        erpsync_registry_destroy(registry);
        erpsync_arena_destroy(&arena);
    }
}


static void
test_refusal(void **state)
{
    size_t               i;
    erpsync_str_t        text;
    erpsync_arena_t      arena;
    erpsync_refusal_t    refusal;
    erpsync_violation_t  violation;

    static const struct {
        erpsync_format_t   format;
        const char        *type;
        const char        *text;
    } formats[] = {
        { ERPSYNC_FORMAT_SUPEROFFICE, "application/json; charset=utf-8",
          "{\"Error\":true,\"ErrorType\":\"body_invalid\"," },
        { ERPSYNC_FORMAT_PROBLEM, "application/problem+json",
          "{\"type\":\"urn:erpsync:body_invalid\",\"title\":"
          "\"Body invalid\",\"status\":422," },
        { ERPSYNC_FORMAT_XML, "application/xml; charset=utf-8",
          "<?xml version=\"1.0\" encoding=\"utf-8\"?>" },
    };

    (void) state;

    memset(&refusal, 0, sizeof(refusal));
    refusal.reason = ERPSYNC_REASON_BODY_INVALID;
    refusal.request_id = erpsync_span("id<\"1", 5);
    violation.path = erpsync_span("/a\"<&", 5);
    violation.code = ERPSYNC_CODE_UNKNOWN;
    violation.message = erpsync_span("No.", 3);
    refusal.nviolations = 1;
    refusal.violations = &violation;

    for (i = 0; i < erpsync_nelts(formats); i++) {
        erpsync_arena_init(&arena);

        assert_int_equal(erpsync_refusal(&arena, formats[i].format, &refusal,
                                         &text),
                         ERPSYNC_OK);

        unit_equal("type", erpsync_refusal_type(formats[i].format),
                   formats[i].type);

        assert_true(text.len > strlen(formats[i].text));
        unit_equal("text", erpsync_span(text.data,
                                        strlen(formats[i].text)),
                   formats[i].text);

        if (formats[i].format == ERPSYNC_FORMAT_XML) {
            assert_non_null(memmem(text.data, text.len, "/a&quot;&lt;&amp;",
                                   17));
        } else {
            assert_non_null(memmem(text.data, text.len, "/a\\\"<&", 6));
        }

        erpsync_arena_destroy(&arena);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_body),
        cmocka_unit_test(test_refusal),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
