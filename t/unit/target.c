
/* Every reading of a target: docs/reasons.md. */


#define _GNU_SOURCE     /* strtok_r(), strcasecmp() */

#include "random.h"
#include "readings.h"
#include "erpsync_target_internal.h"


#define OP     "/api/v1/Agents/ErpSync/TryConnectActor"
#define DIGITS "123456789012345678901234567890123456789012345678901234567890"
#define RANDOM 200000


enum { OTHER = ERPSYNC_ROUTE_OTHER, OPERATION = ERPSYNC_ROUTE_OPERATION,
       UNKNOWN = ERPSYNC_ROUTE_UNKNOWN, SOAP = ERPSYNC_ROUTE_SOAP,
       AMBIGUOUS = ERPSYNC_ROUTE_AMBIGUOUS };


typedef struct {
    const char  *target;
    int          kind;
    const char  *path;       /* of an operation */
} case_t;


static const case_t  cases[] = {

    /* plain */

    { OP, OPERATION, OP },
    { OP "?a=%5c", OPERATION, OP },
    { "/Cust12345" OP, OPERATION, "/Cust12345" OP },
    { "/site-1/x_y" OP, OPERATION, "/site-1/x_y" OP },
    { "/", OTHER, NULL },
    { "/static/erpsync.png", OTHER, NULL },
    { "/Remote/Services88/ErpSync.svc", SOAP, NULL },

    /* read alike by all */

    { "/Cust12345/API//v1/agents\\erpsync/TRYCONNECTACTOR/", OPERATION,
      "/Cust12345" OP },
    { "/Cust1/./api/v1/x/../Agents/./ErpSync/TryConnectActor", OPERATION,
      "/Cust1" OP },
    { "/Cust1/x/%2e%2e/api/v1/Agents/ErpSync/%2E/TryConnectActor", OPERATION,
      "/Cust1" OP },
    { "/Cust1/api/v1/Agents%2fErpSync%2FTryConnectActor", OPERATION,
      "/Cust1" OP },
    { "/Cust1/api%5cv1%5CAgents/ErpSync/TryConnectActor", OPERATION,
      "/Cust1" OP },
    { "/Cust1/api/v1/Agents/x\\..\\ErpSync\\TryConnectActor", OPERATION,
      "/Cust1" OP },
    { "/api/v1/Agents/%45rp%53ync/Try%43onnectActor", OPERATION, OP },
    { "http://host" OP, OPERATION, OP },
    { "http://host", OTHER, "" },
    { "http://host?x=" OP, OTHER, "" },
    { "HTTPS://host:443/Cust1/api/v1/agents/ErpSync/SyncAll?x", OPERATION,
      "/Cust1/api/v1/Agents/ErpSync/SyncAll" },
    { "/a%20b/%C3%A5/api/v1/agents/erpsync/tryconnectactor", OPERATION,
      "/a b/\xc3\xa5" OP },
    { "/Cust1/a/../b" OP, OPERATION, "/Cust1/b" OP },
    { "/Cust1/x//.." OP, OPERATION, "/Cust1" OP },
    { "/100%25" OP, OPERATION, "/100%" OP },
    { "/(S(abc))" OP, OPERATION, "/(S(abc))" OP },
    { "/(x)" OP, OPERATION, "/(x)" OP },
    { "/%43ust" DIGITS OP, OPERATION, "/Cust" DIGITS OP },
    { "/;a=b" OP, OPERATION, "/;a=b" OP },
    { "/Remote%5cServices88/ErpSync.svc/basic", SOAP, NULL },
    { "/Remote/x/../Services88/%45rpSync.svc?wsdl", SOAP, NULL },

    /* nothing that a server could reach */

    { "/static/a%20b.png", OTHER, NULL },
    { "/x%2fy?z", OTHER, NULL },
    { "/x?y=" OP, OTHER, NULL },
    { "/x?y=%252e%252e" OP, OTHER, NULL },
    { "/erpsync/../%2e%2e%255c", OTHER, NULL },
    { "/%2e%2e", -1, NULL },
    { "/docs/erpsync%20notes(1)//x\\y.html", OTHER, NULL },
    { "/docs/(S(x))/erpsync.html", OTHER, NULL },
    { "/docs%0aerpsync", OTHER, NULL },
    { "/api/v1/Agents/ErpSync\\..\\Contact/GetContact", OTHER, NULL },
    { "/api/v1/Agents/ErpSync/../Contact/GetContact", OTHER, NULL },
    { "/api/v1/Agents/%2545rpSyncX/TryConnectActor", OTHER, NULL },
    { "/api/%%/ErpSync", -1, NULL },

    /* the agent, but no operation */

    { "/api/v1/Agents/ErpSync", UNKNOWN, NULL },
    { "/api/v1/Agents/ErpSync%20/SyncAll", UNKNOWN, NULL },
    { "/api/v1/Agents/ErpSync;a=b/SyncAll", UNKNOWN, NULL },
    { "/api/v1/Agents/ErpSync/x%2e", UNKNOWN, NULL },
    { "/api/v1/Agents/ErpSync/SyncA%256c%25", UNKNOWN, NULL },
    { "/api/v1/Agents//ErpSync./SyncAll", UNKNOWN, NULL },

    /* "\" and dot segments */

    { "/Cust111/api/v1/Agents/ErpSync\\TryConnectActor\\x/..", AMBIGUOUS,
      NULL },
    { "/Cust111/api/v1/Agents/ErpSync%5cTryConnectActor%5Cx/..", AMBIGUOUS,
      NULL },
    { "/Cust111/api/v1/Agents/ErpSync\\TryConnectActor\\x/.?a", UNKNOWN,
      NULL },
    { "/api/v1/Agents/ErpSync/x%5cy%5cz/../../TryConnectActor", AMBIGUOUS,
      NULL },
    { "/api/v1/Agents/ErpSync/SyncAll\\x/../TryConnectActor", AMBIGUOUS,
      NULL },
    { "/Cust1\\Cust2/../api/v1/Agents/ErpSync/SyncAll", AMBIGUOUS, NULL },
    { "/Cust1/x\\y/../Cust2\\..\\z/.." OP, OPERATION,
      "/Cust1" OP },
    { "/a\\b/.." OP, OPERATION, OP },
    { "/api/v1/Agents/y\\\\..\\ErpSync/SyncAll/x\\z/..", AMBIGUOUS, NULL },
    { "/Remote\\Services88\\ErpSync.svc\\x/..", AMBIGUOUS, NULL },
    { "/Remote/Services88/ErpSync.svc\\x\\../..", OTHER, NULL },
    { "/Remote/Services88/ErpSync.svc\\x/..", AMBIGUOUS, NULL },

    /* empty segments, encoded slashes and dot segments */

    { OP "///../..", AMBIGUOUS, NULL },
    { OP "//..//..", AMBIGUOUS, NULL },
    { OP "/%2f../..", AMBIGUOUS, NULL },
    { OP "/%2f%2f/%2e%2e/%2e.", AMBIGUOUS, NULL },
    { "/Cust1/Cust2//.." OP, AMBIGUOUS, NULL },
    { "/Cust1%2f../Cust2" OP, OPERATION, "/Cust2" OP },
    { "/Cust1/%2f..%2fCust2" OP, AMBIGUOUS, NULL },
    { OP "%2f", AMBIGUOUS, NULL },
    { "/Remote/Services88/ErpSync.svc///../..", AMBIGUOUS, NULL },
    { "/Remote/Services88/ErpSync.svc/%2f../..", AMBIGUOUS, NULL },

    /* decoded twice */

    { "/api/v1/Agents/%2545rpSync/TryConnectActor", AMBIGUOUS, NULL },
    { "/api/v1/Agents/%25%34%35rpSync/TryConnectActor", AMBIGUOUS, NULL },
    { "/api%252fv1%255cAgents/ErpSync/TryConnectActor", AMBIGUOUS, NULL },
    { "/Cust111/%252e%252e/%2543ust999/api/v1/Agents/ErpSync/SyncAll",
      AMBIGUOUS, NULL },
    { "/Cust111/%252e%252e" OP, AMBIGUOUS, NULL },
    { "/Cust111%252f.." OP, OPERATION, "/Cust111%2f.." OP },
    { "/Cust111%252f..%252fCust2" OP, AMBIGUOUS, NULL },
    { "/a%252f.." OP, OPERATION, "/a%2f.." OP },
    { "/a%252fb" OP, OPERATION, "/a%2fb" OP },
    { OP "/%252e%252e/SyncAll", AMBIGUOUS, NULL },
    { OP "%252f", AMBIGUOUS, NULL },
    { "/x%253fy/%252e%252e/" "%2561pi/v1/Agents/ErpSync/SyncAll", AMBIGUOUS,
      NULL },
    { "/Remote/Services88/%2545rpSync.svc", AMBIGUOUS, NULL },
    { "/Remote/Services88%255cErpSync.svc", AMBIGUOUS, NULL },
    { "/Remote/Services8%2538/ErpSync%252esvc", AMBIGUOUS, NULL },

    /* %u */

    { "/api/v1/Agents/%25u0045rpSync/TryConnectActor", AMBIGUOUS, NULL },
    { "/api/v1/Agents/ErpSync/%25u002e%25u002e/%252e%252e/SyncAll", AMBIGUOUS,
      NULL },
    { "/api/v1/Agents/%25U0045rpSync/TryConnectActor", AMBIGUOUS, NULL },
    { "/api/v1/Agents/x%25u002f%25u002e%25u002e/ErpSync/SyncAll", AMBIGUOUS,
      NULL },
    { "/Remote/Services88/ErpSync%25u002esvc", AMBIGUOUS, NULL },
    { "/api/v1/Agents/ErpSync/%u0053yncAll", -1, NULL },

    /* sent without encoding */

    { OP "%3fx", UNKNOWN, NULL },
    { OP "%20", UNKNOWN, NULL },
    { OP "%01", UNKNOWN, NULL },
    { "/x%3fy/../.." OP, -1, NULL },
    { "/x%3fy" OP, AMBIGUOUS, NULL },
    { "/x%23y" OP, AMBIGUOUS, NULL },
    { "/x%0d%0ay" OP, AMBIGUOUS, NULL },
    { "/x%01y" OP, AMBIGUOUS, NULL },
    { OP "%20HTTP/1.1%0d%0aX:\\..\\..\\..\\..\\..\\..", AMBIGUOUS, NULL },
    { OP "%20x\\..\\..\\..\\..\\..", AMBIGUOUS, NULL },
    { OP "%3f\\..\\..\\..\\..\\..", AMBIGUOUS, NULL },
    { OP "%23\\..\\..\\..\\..\\..", AMBIGUOUS, NULL },
    { "/x%20HTTP/1.0%0a%0aPOST%20" OP "%20\\..\\..\\..\\..\\..\\..\\..",
      AMBIGUOUS, NULL },
    { "/x%3f/Cust1/%252e%252e" "/api/v1/Agents/%2545rpSync/SyncAll",
      AMBIGUOUS, NULL },

    /* a fragment, which nginx cuts off and Kestrel does not */

    { "/x#/.." OP, AMBIGUOUS, NULL },
    { OP "#/../SyncAll", OPERATION, OP },
    { OP "/#?x", OPERATION, OP },
    { "/x#" , OTHER, NULL },
    { "/x?#" OP, OTHER, NULL },

    /* System.Web's cookieless pieces */

    { "/api/v1/Agents/(S(x))/ErpSync/TryConnectActor", AMBIGUOUS, NULL },
    { "/api/v1/Agents/Erp(S(x))Sync/TryConnectActor", AMBIGUOUS, NULL },
    { "/api/v1/Agents/Erp/(S(x))Sync/TryConnectActor", AMBIGUOUS, NULL },
    { "/api/v1/Agents/%28A(b)F%28c))ErpSync/TryConnectActor", AMBIGUOUS,
      NULL },
    { "/api/v1/Agents/ErpSync/SyncAll(S(x))", AMBIGUOUS, NULL },
    { "/Cust1(S(x))2" OP, AMBIGUOUS, NULL },
    { "/Cust1/(S(x))2" OP, AMBIGUOUS, NULL },
    { "/api/v1/Agents/%2528S(x))ErpSync/TryConnectActor", AMBIGUOUS, NULL },
    { "/api/v1/Agents/%4(S(x))5rpSync/TryConnectActor", -1, NULL },
    { "/api/v1/Agents/%254(S(x))5rpSync/TryConnectActor", AMBIGUOUS, NULL },
    { "/api/v1/Agents/Erp/%2528S(x))Sync/TryConnectActor", AMBIGUOUS, NULL },
    { "/api/v1/Agents/Erp%252f(S(x))Sync/TryConnectActor", AMBIGUOUS, NULL },
    { "/api/v1/Agents/Erp/%25u0028S(x))Sync/SyncAll", AMBIGUOUS, NULL },
    { "/Remote/Services88/(S(x))/ErpSync.svc", AMBIGUOUS, NULL },
    { "/Remote/Services(S(x))88/ErpSync.svc", AMBIGUOUS, NULL },
    { "/api/v1/Agents/(S(x)/ErpSync/TryConnectActor", OTHER, NULL },

    /* the agent and its SOAP twin in one */

    { "/Remote/Services8/ErpSync.svc" OP, UNKNOWN, NULL },
    { OP "/Remote/Services8/ErpSync.svc", UNKNOWN, NULL },
    { "/Services8\\ErpSync.svc\\x/.." OP, AMBIGUOUS, NULL },
    { "/api/v1\\Agents\\ErpSync\\SyncAll\\x/../../Services8/ErpSync.svc",
      AMBIGUOUS, NULL }
};


static int
judge(erpsync_arena_t *arena, const char *text, erpsync_target_t *target,
    erpsync_route_t *route)
{
    erpsync_target_reading_t  other;

    assert_int_equal(erpsync_target_parse(arena, erpsync_span(text,
                                                              strlen(text)),
                                          target),
                     ERPSYNC_OK);

    if (target->error) {
        return -1;
    }

    assert_int_equal(erpsync_target(arena, target->target, target->uri,
                                    route, NULL),
                     ERPSYNC_OK);

    if (route->kind == ERPSYNC_ROUTE_AMBIGUOUS) {
        assert_int_equal(erpsync_target(arena, target->target, target->uri,
                                        route, &other),
                         ERPSYNC_OK);
        assert_int_equal(route->kind, ERPSYNC_ROUTE_AMBIGUOUS);
        assert_non_null(other.first);
        assert_non_null(other.path.data);
        assert_null(route->operation);
        assert_int_equal(route->tenant.len, 0);
    }

    return (int) route->kind;
}


static void
test_cases(void **state)
{
    int                kind;
    char              *failure;
    size_t             i;
    unsigned           failed;
    unit_input_t       input;
    erpsync_arena_t    arena;
    erpsync_route_t    route;
    erpsync_target_t   target;

    (void) state;

    failed = 0;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        erpsync_arena_init(&arena);
        input = unit_input(cases[i].target, strlen(cases[i].target) + 1);

        kind = judge(&arena, (const char *) input.data, &target, &route);

        if (kind != cases[i].kind) {
            printf("%s: kind %d, expected %d\n", cases[i].target, kind,
                   cases[i].kind);
            failed++;
        }

        if (kind == OPERATION && cases[i].kind == OPERATION) {
            unit_equal(cases[i].target, route.path, cases[i].path);
        }

        if (kind >= 0) {
            failure = readings_check(&arena,
                                     (const char *) target.target.data,
                                     target.uri, &route);

            if (failure) {
                printf("%s\n", failure);
                free(failure);
                failed++;
            }
        }

        free(input.data);
        erpsync_arena_destroy(&arena);
    }

    assert_int_equal(failed, 0);
}


/* Targets that are put together of whatever may matter. */

static void
test_random(void **state)
{
    int                kind;
    char               text[512], *failure;
    size_t             i, len, n;
    unsigned           parts, seen[6];
    const char        *piece;
    erpsync_arena_t    arena;
    erpsync_route_t    route;
    erpsync_target_t   target;

    static const char *const  pieces[] = {
        "/", "/", "/", "\\", "%5c", "%5C", "%2f", "%2F", "//", "/./", "/../",
        "/..", "\\..", "%5c..", "/%2e%2e", "%2f..", "..", ".", "%2e",
        "%252e%252e", "%252f", "%255c", "%25", "%", "%u002f", "%25u005c",
        "%25u0045", "%45", "%2545", "%65", "x", "/x", "\\x", "%5cy", "/Cust1",
        "/cust2", "Cust1", "/Cust111", "/api", "/v1", "/Agents", "/ErpSync",
        "/TryConnectActor", "/SyncAll", "api", "v1", "Agents", "ErpSync",
        "erpsync", "SyncAll", "TryConnectActor", "/api/v1/Agents",
        "/api/v1/Agents/ErpSync", OP, OP, OP,
        "/Cust1/api/v1/Agents/ErpSync/SyncAll",
        "/Cust2\\api\\v1\\Agents\\ErpSync\\TryConnectActor",
        "/api/v1/Agents/%2545rpSync/SyncAll", "rpSync", "/Remote",
        "/Services88", "/ErpSync.svc", "/Services8/ErpSync.svc", ".svc",
        "(S(x))", "/(S(x))", "(A(1)F(2))", "(S(", "))", "%28S(", "%2528",
        ";a=b", ";", "%3f", "%23", "#", "?", "%20", "%0a", "%0d%0a", "%09",
        "%20HTTP/1.1%0d%0aX:", "GET%20", "%253f", "%2523", "%2520", "+", "~"
    };

    (void) state;

    unit_seed = 0x7a56e7;
    memset(seen, 0, sizeof(seen));

    for (i = 0; i < RANDOM; i++) {
        parts = 1 + any(9);
        text[0] = '/';
        len = any(2);
        text[len] = '\0';

        while (parts--) {
            piece = pieces[any(erpsync_nelts(pieces))];
            n = strlen(piece);

            if (len + n < sizeof(text)) {
                memcpy(text + len, piece, n + 1);
                len += n;
            }
        }

        if (any(8) == 0 && len) {
            text[any((unsigned) len)] = "/\\.%25eE(#;"[any(11)];
        }

        erpsync_arena_init(&arena);
        kind = judge(&arena, text, &target, &route);

        if (kind >= 0) {
            seen[kind]++;
            failure = readings_check(&arena,
                                     (const char *) target.target.data,
                                     target.uri, &route);
            if (failure) {
                fail_msg("%s", failure);
            }
        }

        erpsync_arena_destroy(&arena);
    }

    /* it is a test of something */

    for (i = 0; i <= AMBIGUOUS; i++) {
        printf("kind %u: %u\n", (unsigned) i, seen[i]);
        assert_true(seen[i] > 100);
    }
}


/* A path without what the client sent, as after a rewrite. */

static void
test_decoded(void **state)
{
    size_t           i;
    unit_input_t     input;
    erpsync_arena_t  arena;
    erpsync_route_t  route;

    static const case_t  paths[] = {
        { OP, OPERATION, OP },
        { "/Cust1//x/../api\\v1/agents/ErpSync/SyncAll/", OPERATION,
          "/Cust1/api/v1/Agents/ErpSync/SyncAll" },
        { "/a b" OP, OPERATION, "/a b" OP },
        { "/a%20b" OP, OPERATION, "/a%20b" OP },
        { "/x?y=" OP, AMBIGUOUS, NULL },
        { OP "//..//..", AMBIGUOUS, NULL },
        { OP "\\x\\..//..", AMBIGUOUS, NULL },
        { "/api/v1/Agents/%45rpSync/SyncAll", AMBIGUOUS, NULL },
        { "/api/v1/Agents/%u0045rpSync/SyncAll", AMBIGUOUS, NULL },
        { "/Cust1/%2e%2e" OP, AMBIGUOUS, NULL },
        { "/Cust1/%2e%2e/Cust1" OP, OPERATION, "/Cust1/%2e%2e/Cust1" OP },
        { "/api/v1/Agents/(S(x))/ErpSync/SyncAll", AMBIGUOUS, NULL },
        { "/erpsync/a%20b\\..", OTHER, NULL },
        { "", OTHER, NULL },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(paths); i++) {
        erpsync_arena_init(&arena);
        input = unit_input(paths[i].target, strlen(paths[i].target));

        assert_int_equal(erpsync_target(&arena, erpsync_span(NULL, 0),
                                        input.str, &route, NULL),
                         ERPSYNC_OK);

        if ((int) route.kind != paths[i].kind) {
            fail_msg("%s: kind %d", paths[i].target, (int) route.kind);
        }

        if (paths[i].path) {
            unit_equal(paths[i].target, route.path, paths[i].path);
        }

        free(input.data);
        erpsync_arena_destroy(&arena);
    }
}


/* Long ones take no more memory than they are long, and a block. */

static void
test_long(void **state)
{
    char              *text;
    size_t             i, n, len;
    unit_input_t       input;
    erpsync_arena_t    arena;
    erpsync_route_t    route;
    erpsync_target_t   target;

    enum { LEN = 30 * 1024 };

    static const case_t  repeated[] = {
        { "%25252e/", UNKNOWN, "erpsync" },      /* too deep to be read */
        { "x/", UNKNOWN, "erpsync" },
        { "%25252e", OTHER, "/erpsync" },
        { "x/../", AMBIGUOUS, "api/v1/Agents/%2545rpSync/SyncAll" },
        { "x%5c..%2f", AMBIGUOUS, "api/v1/Agents/ErpSync/SyncAll" },
        { "%2fx\\y//%252f../", AMBIGUOUS, "Services8/ErpSync.svc" },
        { "(S(x))", AMBIGUOUS, "/api/v1/Agents/(S(x))ErpSync/SyncAll" },
        { "(a(b()", OTHER, "/erpsync" },
        { "%23%3f%0a%u0041\\", -1, "/erpsync" },
        { "%23%3f%0a%25u0041\\..\\", OTHER, "erpsync" },
        { "\\..//", AMBIGUOUS, "erpsync" },
        { ".", OTHER, "/erpsync" },
        { "%", -1, "" }
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(repeated); i++) {
        text = malloc(LEN + 64);
        assert_non_null(text);
        text[0] = '/';
        n = strlen(repeated[i].target);

        for (len = 1; len + n < LEN; len += n) {
            memcpy(text + len, repeated[i].target, n);
        }

        n = strlen(repeated[i].path);
        memcpy(text + len, repeated[i].path, n);
        input = unit_input(text, len + n);

        erpsync_arena_init(&arena);
        assert_int_equal(erpsync_target_parse(&arena, input.str, &target),
                         ERPSYNC_OK);

        if (target.error == NULL) {
            n = arena.used;
            assert_int_equal(erpsync_target(&arena, target.target,
                                            target.uri, &route, NULL),
                             ERPSYNC_OK);
            assert_true(arena.used - n <= input.str.len + 4096);
            if ((int) route.kind != repeated[i].kind) {
                fail_msg("%s: kind %d", repeated[i].target, (int) route.kind);
            }

        } else {
            assert_int_equal(repeated[i].kind, -1);
        }

        erpsync_arena_destroy(&arena);
        free(input.data);
        free(text);
    }
}


static unsigned  allocations;      /* until one fails */
static size_t    allocated;


static void *
allocate(void *data, size_t size)
{
    static max_align_t  space[8192];

    (void) data;

    if (allocations == 0) {
        return NULL;
    }

    allocations--;
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t);
    allocated += size;
    assert_true(allocated <= erpsync_nelts(space));

    return space + allocated - size;
}


/* No memory is an error, never another verdict. */

static void
test_no_memory(void **state)
{
    size_t                     i;
    unsigned                   n;
    erpsync_rc_t               rc;
    erpsync_arena_t            arena, one;
    erpsync_route_t            route;
    erpsync_target_t           target;
    erpsync_target_reading_t   other;

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        erpsync_arena_init(&one);

        assert_int_equal(erpsync_target_parse(&one,
                                     erpsync_span(cases[i].target,
                                                  strlen(cases[i].target)),
                                     &target),
                         ERPSYNC_OK);

        for (n = 0; target.error == NULL && n < 100; n++) {
            allocations = n;
            allocated = 0;
            erpsync_arena_init_source(&arena, allocate, NULL);
            rc = erpsync_target(&arena, target.target, target.uri, &route,
                                &other);

            if (rc == ERPSYNC_OK) {
                assert_int_equal(route.kind, cases[i].kind);
                break;
            }
        }

        assert_true(n < 100);
        erpsync_arena_destroy(&one);
    }
}


/* What System.Web's filter takes out, and whether with the slash before it. */

static void
test_cookieless(void **state)
{
    size_t        i, len;
    unit_input_t  input;

    static const struct {
        const char  *text;
        bool         joined;
        const char  *left;
    } pieces[] = {
        { "/a/(S(x))/b", false, "/a//b" },
        { "/a/(S(x))/b", true, "/a/b" },
        { "/a(S(x)F(y))b", true, "/ab" },
        { "/(S(x)", false, "/(S(x)" },
        { "/(S(x/y))", false, "/(S(x/y))" },
        { "/(S(x)F)", false, "/(S(x)F)" },
        { "/(S((F(x))", false, "/" },
        { "/(S((F(x)y)", false, "/(S((F(x)y)" },
        { "/(S(a(F(b(X(c)z)(S(d))e", false, "/(S(a(F(b(X(c)z)e" },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(pieces); i++) {
        input = unit_input(pieces[i].text, strlen(pieces[i].text));
        len = erpsync_target_cookieless(input.data, input.str.len,
                                        pieces[i].joined);

        if (len != strlen(pieces[i].left)
            || memcmp(input.data, pieces[i].left, len) != 0)
        {
            fail_msg("%s: %.*s", pieces[i].text, (int) len,
                     (char *) input.data);
        }

        free(input.data);
    }
}


/* What nginx answers with 400, without a look at where it leads. */

static void
test_refused(void **state)
{
    size_t             i;
    erpsync_arena_t    arena;
    erpsync_target_t   target;

    static const char *const  refused[] = {
        "", "x", "/a b", "/a\tb", "/\x7f", "/%", "/%zz", "/%00", "/..",
        "/a/../.."
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(refused); i++) {
        erpsync_arena_init(&arena);
        assert_int_equal(erpsync_target_parse(&arena,
                                              erpsync_span(refused[i],
                                                       strlen(refused[i])),
                                              &target),
                         ERPSYNC_OK);

        if (target.error == NULL) {
            fail_msg("%s: taken", refused[i]);
        }

        erpsync_arena_destroy(&arena);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_decoded),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_cookieless),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
