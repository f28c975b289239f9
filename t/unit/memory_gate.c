
/*
 * Each request of a judgement to its arena fails in turn, from the target to
 * the answer: no function returns anything half made.  So do the digests of
 * OpenSSL.
 */


#include <openssl/err.h>
#include <openssl/evp.h>

#include "scarce.h"
#include "unit.h"


#define TOKEN  "token-1"
#define SIZE   (1024 * 1024)


int __real_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *md,
    unsigned int *len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *md,
    unsigned int *len);


static bool  no_digest;


int
__wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *md,
    unsigned int *len)
{
    if (no_digest) {
        ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
        return 0;
    }

    return __real_EVP_DigestFinal_ex(ctx, md, len);
}


typedef struct {
    const char         *target;
    const char         *authorization;
    const char         *token;
    const char         *type;
    const char         *language;
    const char         *timezone;
    const char         *body;
} call_t;


#define AGENT   "/api/v1/Agents/ErpSync"
#define CALL(target, authorization, type, body)                               \
    { target, authorization, TOKEN, type, "NB-no", "utc", body }
#define JSON    "application/json"
#define BEARER  "bearer 8A:cust12345.abc"

#define GOOD    "{\"ErpConnectionId\":1,\"CrmRecordId\":1,\"CrmActorType\":1," \
                "\"ErpKey\":\"k\",\"ErpActorType\":1}"

static const call_t  calls[] = {
    CALL(AGENT "/TryConnectActor?a=b&%24select=a,,b+&c", BEARER, JSON, GOOD),
    CALL("/x%20y/cust00012345/%61pi/V1/agents\\ErpSync/tryconnectactor/./",
         BEARER, JSON, GOOD),
    CALL("http://h/CUST12345" AGENT "/SyncAll?$select=,", "SoTicket  x",
         "text/xml", ""),
    CALL("/x/%2545rpSync/../..\\..", BEARER, JSON, GOOD),
    CALL(AGENT "/TryConnectActor", BEARER, "text/json",
         "{\"ErpKey\":\"\",\"a\\u0001<&>\\\"\":1}"),
    CALL(AGENT "/TryConnectActor", BEARER, "text/xml",
         "<r><ErpKey>a</ErpKey><x/></r>"),
    CALL(AGENT "/TryConnectActor", BEARER, JSON, "{"),
    CALL(AGENT "/TryConnectActor", BEARER, JSON, "<a/>"),
    CALL(AGENT "/TryConnectActor", BEARER,
         "application/x-www-form-urlencoded", "{\"a\":1}"),
    { AGENT "/TryConnectActor", BEARER, "unknown", JSON, NULL, NULL, GOOD },
    { AGENT "/TryConnectActor", NULL, TOKEN, JSON, NULL, NULL, GOOD },
    { "/Cust12345/x/api/v1/Contact", BEARER, NULL, NULL, NULL, NULL, "" }
};


/* What a judgement comes to, as text. */

typedef struct {
    size_t   len;
    char    *text;
} result_t;


static erpsync_digester_t  *digester;
static erpsync_registry_t  *registry;


static void
add(result_t *result, erpsync_str_t s)
{
    assert_true(s.len < SIZE - result->len);

    if (s.len) {
        memcpy(result->text + result->len, s.data, s.len);
    }

    result->len += s.len;
    result->text[result->len++] = '\n';
}


static void
add_number(result_t *result, unsigned n)
{
    char  text[16];

    (void) snprintf(text, sizeof(text), "%u", n);
    add(result, erpsync_span(text, strlen(text)));
}


static void
set(erpsync_request_t *request, erpsync_header_id_t id, const char *value)
{
    if (value) {
        request->headers[id].value = erpsync_span(value, strlen(value));
        request->headers[id].count = 1;
    }
}


static erpsync_rc_t
answer(erpsync_arena_t *arena, const erpsync_verdict_t *verdict,
    const erpsync_body_t *body, result_t *result)
{
    unsigned            format;
    erpsync_str_t       text;
    erpsync_refusal_t   refusal;

    static const erpsync_str_t  id = erpsync_string("0123");

    memset(&refusal, 0, sizeof(refusal));
    refusal.reason = verdict->reason;
    refusal.hint = verdict->hint;
    refusal.request_id = id;
    refusal.nviolations = body->nviolations;
    refusal.violations = body->violations;

    for (format = ERPSYNC_FORMAT_SUPEROFFICE; format <= ERPSYNC_FORMAT_XML;
         format++)
    {
        if (erpsync_refusal(arena, (erpsync_format_t) format, &refusal, &text)
            != ERPSYNC_OK)
        {
            assert_int_equal(text.len, 0);
            return ERPSYNC_ERROR;
        }

        add(result, text);
    }

    if (erpsync_violations_text(arena, body->nviolations, body->violations,
                                &text)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    add(result, text);

    return ERPSYNC_OK;
}


static erpsync_rc_t
forward(erpsync_arena_t *arena, const erpsync_policy_t *policy,
    const erpsync_route_t *route, const erpsync_verdict_t *verdict,
    const erpsync_body_t *body, result_t *result)
{
    unsigned         id;
    erpsync_str_t    target;
    erpsync_edits_t  edits;

    if (erpsync_forward_headers(arena, policy, verdict, body->canonical.len,
                                &edits)
        != ERPSYNC_OK
        || erpsync_forward_target(arena, route->path, verdict->args, &target)
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    add(result, target);
    add(result, body->canonical);

    for (id = 0; id < ERPSYNC_HEADER_NONE; id++) {
        if (edits.set & erpsync_header_bit(id)) {
            add(result, edits.values[id]);
        }
    }

    return ERPSYNC_OK;
}


static erpsync_rc_t
judge(erpsync_arena_t *arena, const call_t *call, result_t *result)
{
    erpsync_body_t      body;
    erpsync_str_t       s, tenant;
    erpsync_route_t     route;
    erpsync_policy_t    policy;
    erpsync_target_t    target;
    erpsync_verdict_t   verdict;
    erpsync_request_t   request;

    memset(&request, 0, sizeof(request));
    memset(&policy, 0, sizeof(policy));
    memset(&body, 0, sizeof(body));

    policy.online = true;
    policy.schemes = ERPSYNC_SCHEME_ALL;
    policy.max_field_values = 1000;

    s = erpsync_span(call->target, strlen(call->target));

    if (erpsync_target_parse(arena, s, &target) != ERPSYNC_OK
        || erpsync_target(arena, target.target, target.uri, &route, NULL)
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    request.method = ERPSYNC_METHOD_POST;
    request.body = (*call->body != '\0');
    request.now = 1800000000;
    request.args = target.args;
    set(&request, ERPSYNC_HEADER_AUTHORIZATION, call->authorization);
    set(&request, ERPSYNC_HEADER_APP_TOKEN, call->token);
    set(&request, ERPSYNC_HEADER_CONTENT_TYPE, call->type);
    set(&request, ERPSYNC_HEADER_LANGUAGE, call->language);
    set(&request, ERPSYNC_HEADER_CULTURE, call->language);
    set(&request, ERPSYNC_HEADER_TIMEZONE, call->timezone);

    if (erpsync_tenant_find(arena, &route, target.uri,
                       request.headers[ERPSYNC_HEADER_AUTHORIZATION].value,
                       &tenant)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    add_number(result, route.kind);
    add(result, tenant);

    if (route.kind == ERPSYNC_ROUTE_OTHER) {
        return ERPSYNC_OK;
    }

    if (erpsync_gate_head(arena, &policy, registry, digester, &route,
                          &request, &verdict)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (verdict.reason == ERPSYNC_REASON_OK) {
        s = erpsync_span(call->body, strlen(call->body));

        if (erpsync_gate_body(arena, &policy, registry, 0x5eed, s, &verdict,
                              &body)
            != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }
    }

    add_number(result, verdict.reason);

    return (verdict.reason == ERPSYNC_REASON_OK)
           ? forward(arena, &policy, &route, &verdict, &body, result)
           : answer(arena, &verdict, &body, result);
}


static void
open_registry(void)
{
    char     text[512], hex[2 * ERPSYNC_DIGEST_LEN + 1];
    char     error[ERPSYNC_REGISTRY_ERROR_LEN];
    size_t   i;
    uint8_t  digest[ERPSYNC_DIGEST_LEN];

    digester = erpsync_digester_create();
    assert_non_null(digester);
    assert_int_equal(erpsync_digest(digester,
                                    erpsync_span(TOKEN, strlen(TOKEN)),
                                    digest), ERPSYNC_OK);

    for (i = 0; i < sizeof(digest); i++) {
        (void) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }

    (void) snprintf(text, sizeof(text), "{\"version\":1,\"apps\":[{\"id\":"
                    "\"acme\",\"tokens\":[{\"sha256\":\"%s\"}],\"agents\":"
                    "[\"ErpSync\"],\"tenants\":[\"Cust12345\"]}]}", hex);

    registry = erpsync_registry_parse(erpsync_span(text, strlen(text)),
                                      error);
    assert_non_null(registry);
}


static void
test_judgement(void **state)
{
    size_t            i, n, requests;
    result_t          whole, result;
    erpsync_rc_t      rc;
    erpsync_arena_t   arena;

    (void) state;

    whole.text = malloc(SIZE);
    result.text = malloc(SIZE);
    assert_non_null(whole.text);
    assert_non_null(result.text);

    for (i = 0; i < erpsync_nelts(calls); i++) {
        scarce_at = 0;
        scarce_requests = 0;
        whole.len = 0;
        erpsync_arena_init(&arena);
        assert_int_equal(judge(&arena, &calls[i], &whole), ERPSYNC_OK);
        erpsync_arena_destroy(&arena);

        requests = scarce_requests;
        assert_true(requests > 0);

        for (n = 1; n <= requests; n++) {
            scarce_at = n;
            scarce_requests = 0;
            result.len = 0;
            erpsync_arena_init(&arena);
            rc = judge(&arena, &calls[i], &result);
            erpsync_arena_destroy(&arena);

            if (rc == ERPSYNC_OK
                && (result.len != whole.len
                    || memcmp(result.text, whole.text, whole.len) != 0))
            {
                fail_msg("%s, without request %zu:\n%.*s", calls[i].target, n,
                         (int) result.len, result.text);
            }
        }
    }

    scarce_at = 0;
    free(whole.text);
    free(result.text);
}


/*
 * A token whose digest cannot be computed is not an unknown one.  The error is
 * not left for nginx, which would take it for that of a connection.
 */

static void
test_digest(void **state)
{
    result_t         result;
    erpsync_arena_t  arena;

    (void) state;

    result.len = 0;
    result.text = malloc(SIZE);
    assert_non_null(result.text);

    erpsync_arena_init(&arena);
    no_digest = true;
    assert_int_equal(judge(&arena, &calls[0], &result), ERPSYNC_ERROR);
    no_digest = false;
    assert_int_equal(ERR_peek_error(), 0);
    erpsync_arena_destroy(&arena);

    free(result.text);
}


static void
test_metrics(void **state)
{
    size_t                      n, requests, len, kind;
    erpsync_rc_t                rc;
    erpsync_out_t               out;
    erpsync_arena_t             arena;
    erpsync_metrics_app_t       app;
    erpsync_metrics_file_t      file;

    static erpsync_metrics_t    metrics;
    static const erpsync_str_t  path = erpsync_string("/etc/\xff<app>.json");
    static const erpsync_str_t  page = erpsync_string("@NONCE@ @DATA@ "
                                                      "@SUMMARY@");

    (void) state;

    memset(&app, 0, sizeof(app));
    memset(&file, 0, sizeof(file));
    app.id = path;
    app.total[0] = 1;
    file.path = path;
    file.error = path;
    file.digest = path;
    metrics.apps = &app;
    metrics.napps = 1;
    metrics.files = &file;
    metrics.nfiles = 1;
    metrics.server = path;
    metrics.requests[0][0][0] = 1;

    for (kind = 0; kind < 3; kind++) {
        len = 0;
        requests = 1;

        for (n = 0; n <= requests; n += 1 + n / 64) {
            scarce_at = 0;
            erpsync_arena_init(&arena);
            assert_int_equal(erpsync_out_init(&out, &arena, 16), ERPSYNC_OK);

            scarce_at = n;
            scarce_requests = 0;
            rc = (kind == 0) ? erpsync_metrics_prometheus(&out, &metrics)
                 : (kind == 1) ? erpsync_metrics_json(&out, &metrics)
                               : erpsync_metrics_html(&out, &metrics, page,
                                                      path);
            scarce_at = 0;

            if (n == 0) {
                assert_int_equal(rc, ERPSYNC_OK);
                len = erpsync_out_len(&out);
                requests = scarce_requests;

            } else {
                assert_true(rc == ERPSYNC_ERROR
                            || erpsync_out_len(&out) == len);
            }

            erpsync_arena_destroy(&arena);
        }

        assert_true(requests > 10);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_judgement),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_metrics),
    };

    int  failed;

    open_registry();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    erpsync_registry_destroy(registry);
    erpsync_digester_destroy(digester);

    return failed;
}
