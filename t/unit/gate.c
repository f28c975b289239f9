
/* The order of judgement, and grants. */


#include "unit.h"


#define TOKEN    "token-1"
#define EXPIRES  1893456000    /* 2030-01-01 */


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


/* An app; "times" are members of its token. */

static erpsync_registry_t *
registry_of_times(const char *times, const char *grants)
{
    char                 text[1024], error[ERPSYNC_REGISTRY_ERROR_LEN];
    unit_input_t         input;
    erpsync_registry_t  *registry;

    snprintf(text, sizeof(text), "{\"version\":1,\"apps\":[{\"id\":\"acme\","
             "\"tokens\":[{\"sha256\":\"%s\",%s}],%s}]}", digest, times,
             grants);

    input = unit_input(text, strlen(text));
    registry = erpsync_registry_parse(input.str, error);
    free(input.data);

    if (registry == NULL) {
        fail_msg("%s", error);
    }

    return registry;
}


static erpsync_registry_t *
registry_of(const char *grants)
{
    return registry_of_times("\"expires\":\"2030-01-01T00:00:00Z\"", grants);
}


static erpsync_registry_t *
registry_without(void)
{
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    erpsync_registry_t  *registry;

    static const char  text[] = "{\"version\":1,\"apps\":[]}";

    registry = erpsync_registry_parse(erpsync_span(text, strlen(text)),
                                      error);
    assert_non_null(registry);

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
    FAULT_ENCODING, FAULT_LOCALE, FAULT_SELECT, FAULT_NONE
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


/* Each byte in the middle of a header's value: point 2. */

static void
test_header_bytes(void **state)
{
    char                 value[4];
    bool                 token, expected;
    unsigned             c;
    erpsync_arena_t      arena;
    erpsync_route_t      route;
    erpsync_policy_t     policy;
    erpsync_request_t    request;
    erpsync_verdict_t    verdict;
    erpsync_registry_t  *registry;
    erpsync_header_id_t  id;

    (void) state;

    erpsync_arena_init(&arena);
    registry = registry_of(AGENT);
    memset(&route, 0, sizeof(erpsync_route_t));
    route.kind = ERPSYNC_ROUTE_OPERATION;
    route.operation = &erpsync_operations[0];

    for (id = 0; id < ERPSYNC_HEADER_SINGLE; id++) {
        token = (id == ERPSYNC_HEADER_APP_TOKEN
                 || id == ERPSYNC_HEADER_XSRF_TOKEN);

        for (c = 0; c < 256; c++) {
            good(&request, &policy);
            memcpy(value, "ab?d", 4);
            value[2] = (char) c;
            request.headers[id].value = erpsync_span(value, 4);
            request.headers[id].count = 1;

            assert_int_equal(erpsync_gate_head(&arena, &policy, registry,
                                               digester, &route, &request,
                                               &verdict), ERPSYNC_OK);

            /* a token has visible ASCII only, others have no controls */

            expected = token ? c < 0x21 || c > 0x7e
                             : (c < 0x20 && c != '\t') || c == 0x7f;

            if ((verdict.reason == ERPSYNC_REASON_HEADER_MALFORMED)
                != expected)
            {
                fail_msg("header %d, byte %02x: %s", (int) id, c,
                         erpsync_reason_name(verdict.reason).data);
            }
        }
    }

    erpsync_registry_destroy(registry);
    erpsync_arena_destroy(&arena);
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


#define TO_40  "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23," \
               "24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40"

#define TIMES_4(s)  s s s s


static const char  actor_path[] =
    "/api/v1/Agents/ErpSync/TryConnectActor";
static const char  actor[] =
    "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":"
    "\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\","
    "\"FieldValues\":[]}";
static const char  several_path[] =
    "/api/v1/Agents/ErpSync/SaveErpConnectionSyncPriorities";


static void
test_body(void **state)
{
    size_t               i;
    const char          *path, *sample;
    erpsync_body_t       body;
    erpsync_arena_t      arena;
    erpsync_route_t      route;
    erpsync_policy_t     policy;
    erpsync_request_t    request;
    erpsync_verdict_t    verdict;
    erpsync_registry_t  *registry;

    static const struct {
        const char        *grants;
        erpsync_reason_t   reason;
        const char        *several;    /* NULL: "actor" */
    } bodies[] = {
        { AGENT, ERPSYNC_REASON_OK, NULL },
        { AGENT ",\"erpConnections\":[883]", ERPSYNC_REASON_OK, NULL },
        { AGENT ",\"erpConnections\":[884]",
          ERPSYNC_REASON_CONNECTION_NOT_GRANTED, NULL },
        { AGENT ",\"erpConnections\":[]",
          ERPSYNC_REASON_CONNECTION_NOT_GRANTED, NULL },
        { AGENT ",\"crmActorTypes\":[\"Contact\"]", ERPSYNC_REASON_OK, NULL },
        { AGENT ",\"crmActorTypes\":[\"Person\"]",
          ERPSYNC_REASON_ACTOR_TYPE_NOT_GRANTED, NULL },
        { AGENT ",\"erpActorTypes\":[\"Supplier\"]",
          ERPSYNC_REASON_ACTOR_TYPE_NOT_GRANTED, NULL },
        { AGENT ",\"erpConnections\":[1,2]", ERPSYNC_REASON_OK,
          "{\"ErpConnectionIds\":[2,1]}" },
        { AGENT ",\"erpConnections\":[1,2]",
          ERPSYNC_REASON_CONNECTION_NOT_GRANTED,
          "{\"ErpConnectionIds\":[3,1,2]}" },
        { AGENT ",\"erpConnections\":[1,2]",
          ERPSYNC_REASON_CONNECTION_NOT_GRANTED,
          "{\"ErpConnectionIds\":[1,3,2]}" },
        { AGENT ",\"erpConnections\":[1,2]",
          ERPSYNC_REASON_CONNECTION_NOT_GRANTED,
          "{\"ErpConnectionIds\":[1,2,3]}" },
        { AGENT ",\"erpConnections\":[1,2]",
          ERPSYNC_REASON_CONNECTION_NOT_GRANTED,
          "{\"ErpConnectionIds\":[]}" },
        { AGENT ",\"erpConnections\":[" TO_40 "]", ERPSYNC_REASON_OK,
          "{\"ErpConnectionIds\":["
          TIMES_4(TIMES_4(TIMES_4(TO_40 ","))) TO_40 "]}" },
        { AGENT ",\"erpConnections\":[" TO_40 "]",
          ERPSYNC_REASON_CONNECTION_NOT_GRANTED,
          "{\"ErpConnectionIds\":[" TO_40 ",41]}" },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(bodies); i++) {
        path = bodies[i].several ? several_path : actor_path;
        sample = bodies[i].several ? bodies[i].several : actor;
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
                                           &verdict, &body),
                         ERPSYNC_OK);

        if (verdict.reason != bodies[i].reason) {
            fail_msg("%s %s: %s", bodies[i].grants, sample,
                     erpsync_reason_name(verdict.reason).data);
        }

        erpsync_registry_destroy(registry);
        erpsync_arena_destroy(&arena);
    }
}


/* A token is valid from the second of notBefore to that before expires. */

static void
test_times(void **state)
{
    size_t               i;
    erpsync_arena_t      arena;
    erpsync_route_t      route;
    erpsync_policy_t     policy;
    erpsync_request_t    request;
    erpsync_verdict_t    verdict;
    erpsync_registry_t  *registry;

    static const char  path[] = "/api/v1/Agents/ErpSync/TryConnectActor";

    static const struct {
        int64_t            now;
        erpsync_reason_t   reason;
    } times[] = {
        { EXPIRES - 61, ERPSYNC_REASON_APP_TOKEN_EXPIRED },
        { EXPIRES - 60, ERPSYNC_REASON_OK },
        { EXPIRES - 1, ERPSYNC_REASON_OK },
        { EXPIRES, ERPSYNC_REASON_APP_TOKEN_EXPIRED },
    };

    (void) state;

    registry = registry_of_times("\"notBefore\":\"2029-12-31T23:59:00Z\","
                                 "\"expires\":\"2030-01-01T00:00:00Z\"",
                                 AGENT);

    for (i = 0; i < erpsync_nelts(times); i++) {
        erpsync_arena_init(&arena);
        good(&request, &policy);
        request.now = times[i].now;

        assert_int_equal(erpsync_route(&arena,
                                       erpsync_span(path, strlen(path)),
                                       &route),
                         ERPSYNC_OK);
        assert_int_equal(erpsync_gate_head(&arena, &policy, registry,
                                           digester, &route, &request,
                                           &verdict),
                         ERPSYNC_OK);
        assert_int_equal(verdict.reason, times[i].reason);

        erpsync_arena_destroy(&arena);
    }

    erpsync_registry_destroy(registry);
}


/*
 * What an app with a limit may call: every operation whose request names what
 * it is limited to, and no other.
 */

static const char *const  names_connection[] = {
    "GetConnection", "SaveConnection", "DeleteConnection",
    "GetErpConnectionConfigFields", "ToggleErpConnectionActive",
    "TestConnectionById", "TestConnectionByConfig",
    "SaveErpConnectionSyncPriorities", "MoveErpFieldItem",
    "SupportsAdvancedSearch", "GetErpFieldValues", "GetFieldsForNewErpActor",
    "GetConnectionListMappings", "SaveConnectionListMappings",
    "ConnectActor", "TryConnectActor", "GetFieldValuesFromErp",
    "GetActorTypeMapping", "CreateActorLink", "BreakActorLink",
    "CreateErpActorFromCrm", "SaveActorTypeMapping",
    "ValidateArchiveColumnConfig", "UpdateConnectionFields",
    "GetCrmActorType", "GetErpSyncConnectionSummary", "ForceResync",
    "ForceResyncNoBlankValues", "ForceResyncBatchTask",
    "ForceResyncExternal", "ForceResyncExternalNoBlankValues", NULL
};

static const char *const  names_crm_actor[] = {
    "GetConnectionsAndDisplayFields", "GetErpFieldValues", "ConnectActor",
    "TryConnectActor", "GetFieldValuesFromCrm", "CreateActorLink",
    "BreakActorLink", "CreateErpActorFromCrm", "SaveActorTypeMapping", NULL
};

static const char *const  names_erp_actor[] = {
    "MoveErpFieldItem", "SupportsAdvancedSearch", "GetFieldsForNewErpActor",
    "ConnectActor", "TryConnectActor", "GetFieldValuesFromErp",
    "GetActorTypeMapping", "CreateActorLink", "CreateErpActorFromCrm",
    "SaveActorTypeMapping", "GetCrmActorType", "ForceResyncExternal",
    "ForceResyncExternalNoBlankValues", NULL
};


static bool
is_among(erpsync_str_t name, const char *const *names)
{
    for ( /* void */ ; *names; names++) {
        if (name.len == strlen(*names)
            && memcmp(name.data, *names, name.len) == 0)
        {
            return true;
        }
    }

    return false;
}


static erpsync_reason_t
head_of(const erpsync_operation_t *operation, const char *grants,
    erpsync_method_t method)
{
    erpsync_arena_t      arena;
    erpsync_route_t      route;
    erpsync_policy_t     policy;
    erpsync_request_t    request;
    erpsync_verdict_t    verdict;
    erpsync_registry_t  *registry;

    erpsync_arena_init(&arena);
    registry = registry_of(grants);
    good(&request, &policy);
    request.method = method;

    memset(&route, 0, sizeof(route));
    route.kind = ERPSYNC_ROUTE_OPERATION;
    route.operation = operation;

    assert_int_equal(erpsync_gate_head(&arena, &policy, registry, digester,
                                       &route, &request, &verdict),
                     ERPSYNC_OK);

    erpsync_registry_destroy(registry);
    erpsync_arena_destroy(&arena);

    return verdict.reason;
}


static void
test_scope(void **state)
{
    bool                        named;
    size_t                      i, j;
    erpsync_reason_t            reason, expected;
    const erpsync_operation_t  *operation;

#define CONNECTIONS  AGENT ",\"erpConnections\":[883]"
#define CRM_ACTORS   AGENT ",\"crmActorTypes\":[\"Contact\"]"
#define ERP_ACTORS   AGENT ",\"erpActorTypes\":[]"

    static const struct {
        const char         *grants;
        const char *const  *names[2];
        erpsync_reason_t    reason;
    } limits[] = {
        { CONNECTIONS, { names_connection },
          ERPSYNC_REASON_CONNECTION_NOT_GRANTED },
        { CRM_ACTORS, { names_crm_actor },
          ERPSYNC_REASON_ACTOR_TYPE_NOT_GRANTED },
        { ERP_ACTORS, { names_erp_actor },
          ERPSYNC_REASON_ACTOR_TYPE_NOT_GRANTED },
        { CRM_ACTORS ",\"erpActorTypes\":[\"Customer\"]",
          { names_crm_actor, names_erp_actor },
          ERPSYNC_REASON_ACTOR_TYPE_NOT_GRANTED },
        { AGENT ",\"erpConnections\":\"*\",\"crmActorTypes\":\"*\"",
          { NULL }, ERPSYNC_REASON_OK },
    };

    (void) state;

    for (i = 0; i < ERPSYNC_OPERATIONS; i++) {
        operation = &erpsync_operations[i];

        for (j = 0; j < erpsync_nelts(limits); j++) {
            named = limits[j].names[0] == NULL
                    || is_among(operation->name, limits[j].names[0])
                    || (limits[j].names[1]
                        && is_among(operation->name, limits[j].names[1]));

            expected = named ? ERPSYNC_REASON_OK : limits[j].reason;
            reason = head_of(operation, limits[j].grants,
                             ERPSYNC_METHOD_POST);

            if (reason != expected) {
                fail_msg("%.*s, %s: %s", (int) operation->name.len,
                         (const char *) operation->name.data,
                         limits[j].grants,
                         (const char *) erpsync_reason_name(reason).data);
            }

            assert_int_equal(head_of(operation, limits[j].grants,
                                     ERPSYNC_METHOD_GET),
                             ERPSYNC_REASON_OK);
        }
    }
}


/* The column of the table and the roles of the members say the same. */

static unsigned
roles_of(const erpsync_object_t *object)
{
    size_t    i;
    unsigned  names;

    static const unsigned  bits[] = {
        [ERPSYNC_ROLE_NONE] = 0,
        [ERPSYNC_ROLE_CONNECTION] = ERPSYNC_NAMES_CONNECTION,
        [ERPSYNC_ROLE_CRM_ACTOR] = ERPSYNC_NAMES_CRM_ACTOR,
        [ERPSYNC_ROLE_ERP_ACTOR] = ERPSYNC_NAMES_ERP_ACTOR
    };

    names = 0;

    for (i = 0; object && i < object->nmembers; i++) {
        names |= bits[object->members[i].role];

        if (object->members[i].items != object) {
            names |= roles_of(object->members[i].items);
        }
    }

    return names;
}


static void
test_roles(void **state)
{
    size_t                      i;
    const erpsync_operation_t  *operation;

    (void) state;

    for (i = 0; i < ERPSYNC_OPERATIONS; i++) {
        operation = &erpsync_operations[i];

        if (roles_of(operation->request) != operation->names) {
            fail_msg("%.*s", (int) operation->name.len,
                     (const char *) operation->name.data);
        }
    }
}


/* A verdict that was made by one snapshot, asked again of another. */

static const struct {
    const char        *grants;     /* NULL: the token is not in it */
    int64_t            later;
    erpsync_reason_t   head;
    erpsync_reason_t   facts;
    erpsync_reason_t   standing;
} agains[] = {
#define SAME(reason)  ERPSYNC_REASON_##reason, ERPSYNC_REASON_##reason
    { AGENT, 0, SAME(OK), ERPSYNC_REASON_OK },
    { NULL, 0, SAME(APP_TOKEN_UNKNOWN),
      ERPSYNC_REASON_APP_TOKEN_UNKNOWN },
    { AGENT ",\"enabled\":false", 0, SAME(APP_DISABLED),
      ERPSYNC_REASON_APP_DISABLED },
    { "\"agents\":[]", 0, SAME(AGENT_NOT_GRANTED), ERPSYNC_REASON_OK },
    { AGENT ",\"operations\":[]", 0, SAME(OPERATION_NOT_GRANTED),
      ERPSYNC_REASON_OK },
    { AGENT ",\"tenants\":[]", 0, SAME(TENANT_NOT_GRANTED),
      ERPSYNC_REASON_OK },
    { AGENT ",\"addresses\":[\"10.0.0.0/8\"]", 0,
      SAME(ADDRESS_NOT_GRANTED), ERPSYNC_REASON_ADDRESS_NOT_GRANTED },
    { AGENT ",\"erpConnections\":[883]", 0, SAME(OK),
      ERPSYNC_REASON_OK },
    { AGENT ",\"erpConnections\":[884]", 0, ERPSYNC_REASON_OK,
      ERPSYNC_REASON_CONNECTION_NOT_GRANTED, ERPSYNC_REASON_OK },
    { AGENT ",\"erpActorTypes\":[\"Sale\"]", 0, ERPSYNC_REASON_OK,
      ERPSYNC_REASON_ACTOR_TYPE_NOT_GRANTED, ERPSYNC_REASON_OK },
    { AGENT, 1, SAME(APP_TOKEN_EXPIRED),
      ERPSYNC_REASON_APP_TOKEN_EXPIRED },
};


static void
test_again(void **state)
{
    size_t               i;
    erpsync_body_t       body;
    erpsync_arena_t      arena;
    erpsync_route_t      route;
    erpsync_claim_t      claim;
    erpsync_policy_t     policy;
    erpsync_request_t    request;
    erpsync_verdict_t    verdict;
    erpsync_registry_t  *before, *after;

    static const char  path[] = "/api/v1/Agents/ErpSync/TryConnectActor";
    static const char  sample[] =
        "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":"
        "\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\"}";

    (void) state;

    for (i = 0; i < erpsync_nelts(agains); i++) {
        erpsync_arena_init(&arena);
        before = registry_of(AGENT);
        after = agains[i].grants ? registry_of(agains[i].grants)
                                : registry_without();

        good(&request, &policy);
        request.address.family = ERPSYNC_ADDRESS_INET;
        request.now = EXPIRES - 1;

        assert_int_equal(erpsync_route(&arena,
                                       erpsync_span(path, strlen(path)),
                                       &route),
                         ERPSYNC_OK);
        assert_int_equal(erpsync_gate_head(&arena, &policy, before, digester,
                                           &route, &request, &verdict),
                         ERPSYNC_OK);
        assert_int_equal(erpsync_gate_body(&arena, &policy, before, 1,
                                           erpsync_span(sample,
                                                        strlen(sample)),
                                           &verdict, &body),
                         ERPSYNC_OK);
        assert_int_equal(verdict.reason, ERPSYNC_REASON_OK);
        erpsync_registry_destroy(before);

        request.now += agains[i].later;

        assert_int_equal(erpsync_gate_again(&policy, after, digester, &route,
                                            &request.address, request.now,
                                            NULL, &verdict),
                         ERPSYNC_OK);
        assert_int_equal(verdict.reason, agains[i].head);
        assert_true((verdict.app == NULL) == (agains[i].grants == NULL));

        assert_int_equal(erpsync_gate_again(&policy, after, digester, &route,
                                            &request.address, request.now,
                                            &body, &verdict),
                         ERPSYNC_OK);
        assert_int_equal(verdict.reason, agains[i].facts);

        assert_int_equal(erpsync_gate_claim(after, digester, &verdict.proof,
                                            &claim),
                         ERPSYNC_OK);
        assert_int_equal(erpsync_gate_standing(after, &claim,
                                               &request.address, request.now),
                         agains[i].standing);

        /* a registry that went away refuses */

        assert_int_equal(erpsync_gate_again(&policy, NULL, digester, &route,
                                            &request.address, request.now,
                                            &body, &verdict),
                         ERPSYNC_OK);
        assert_int_equal(verdict.reason, ERPSYNC_REASON_REGISTRY_UNAVAILABLE);
        assert_null(verdict.app);

        erpsync_registry_destroy(after);
        erpsync_arena_destroy(&arena);
    }
}


/* A form that looks like JSON; what stands in for Accept. */

#define FORM  "application/x-www-form-urlencoded"

static const struct {
    const char        *type;
    const char        *accept;
    const char        *body;       /* NULL: none is announced */
    const char        *forwarded;  /* as Accept */
    bool               hint;
    erpsync_reason_t   reason;
} contents[] = {
#define REFUSED(name)  ERPSYNC_REASON_##name
    { FORM, NULL, "{\"a\":1}", "", true, REFUSED(BODY_INVALID) },
    { FORM, NULL, " \r\n[1]", "", true, REFUSED(BODY_INVALID) },
    { FORM, NULL, "\xef\xbb\xbf{", "", true, REFUSED(BODY_INVALID) },
    { FORM, NULL, "a={1}", "", false, REFUSED(BODY_INVALID) },
    { FORM, NULL, " ", "", false, REFUSED(BODY_MISSING) },
    { FORM, NULL, "", "", false, REFUSED(BODY_MISSING) },
    { "application/json", NULL, "{", "application/json", false,
      REFUSED(BODY_MALFORMED) },
    { "Text/XML;charset=us-ascii", NULL, "{", "text/xml", false,
      REFUSED(BODY_MALFORMED) },
    { "text/json", "", "{}", "text/json", false, REFUSED(BODY_INVALID) },
    { "text/json", "*/*", "{}", "", false, REFUSED(BODY_INVALID) },
    { "text/json", NULL, NULL, "", false, REFUSED(BODY_MISSING) },
    { "text/plain", NULL, NULL, "", false, REFUSED(BODY_MISSING) },
    { NULL, NULL, NULL, "", false, REFUSED(BODY_MISSING) },
};


static void
test_content(void **state)
{
    size_t               i;
    bool                 hint;
    const char          *text;
    erpsync_str_t        accept[2];
    erpsync_body_t       body;
    erpsync_arena_t      arena;
    erpsync_route_t      route;
    erpsync_policy_t     policy;
    erpsync_request_t    request;
    erpsync_verdict_t    verdict;
    erpsync_registry_t  *registry;

    static const char  path[] = "/api/v1/Agents/ErpSync/TryConnectActor";

    (void) state;

    registry = registry_of(AGENT);

    for (i = 0; i < erpsync_nelts(contents); i++) {
        erpsync_arena_init(&arena);
        good(&request, &policy);
        request.body = (contents[i].body != NULL);

        memset(&request.headers[ERPSYNC_HEADER_CONTENT_TYPE], 0,
               sizeof(erpsync_header_t));

        if (contents[i].type) {
            set(&request, ERPSYNC_HEADER_CONTENT_TYPE, contents[i].type);
        }

        if (contents[i].accept) {
            accept[0] = erpsync_span(contents[i].accept,
                                     strlen(contents[i].accept));
            accept[1] = erpsync_span(" ", 1);
            request.accept = erpsync_fields(accept, 2);
        }

        assert_int_equal(erpsync_route(&arena,
                                       erpsync_span(path, strlen(path)),
                                       &route),
                         ERPSYNC_OK);
        assert_int_equal(erpsync_gate_head(&arena, &policy, registry,
                                           digester, &route, &request,
                                           &verdict),
                         ERPSYNC_OK);
        assert_int_equal(verdict.reason, ERPSYNC_REASON_OK);
        unit_equal("Accept", verdict.accept, contents[i].forwarded);

        text = contents[i].body ? contents[i].body : "";

        assert_int_equal(erpsync_gate_body(&arena, &policy, registry, 1,
                                           erpsync_span(text, strlen(text)),
                                           &verdict, &body),
                         ERPSYNC_OK);

        hint = (verdict.hint.len != 0);

        if (verdict.reason != contents[i].reason || hint != contents[i].hint) {
            fail_msg("case %zu: %s", i,
                     (const char *) erpsync_reason_name(verdict.reason).data);
        }

        /* a body that was not announced has no type that was judged */

        if (contents[i].body == NULL) {
            assert_int_equal(erpsync_gate_body(&arena, &policy, registry, 1,
                                               erpsync_span("{}", 2),
                                               &verdict, &body),
                             ERPSYNC_OK);
            assert_int_equal(verdict.reason,
                             ERPSYNC_REASON_CONTENT_TYPE_UNSUPPORTED);
        }

        erpsync_arena_destroy(&arena);
    }

    erpsync_registry_destroy(registry);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_header_bytes),
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_body),
        cmocka_unit_test(test_scope),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_content),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
