
/* Which app a token and a client certificate name: docs/registry.md. */


#include "unit.h"


#define NOW  1800000000


static erpsync_digester_t  *digester;
static erpsync_registry_t  *registry;


/* The digest of a certificate: 31 bytes 0xce, and "n". */

static const uint8_t *
certificate(uint8_t n)
{
    static uint8_t  digest[ERPSYNC_DIGEST_LEN];

    memset(digest, 0xce, sizeof(digest));
    digest[ERPSYNC_DIGEST_LEN - 1] = n;

    return n ? digest : NULL;
}


static void
append(char **p, char *last, const char *member, const char *token, uint8_t n,
    const char *times)
{
    size_t          i;
    uint8_t         bytes[ERPSYNC_DIGEST_LEN];
    const uint8_t  *digest;

    digest = certificate(n);

    if (token) {
        assert_int_equal(erpsync_digest(digester,
                                        erpsync_span(token, strlen(token)),
                                        bytes),
                         ERPSYNC_OK);
        digest = bytes;
    }

    *p += snprintf(*p, (size_t) (last - *p), ",\"%s\":[{\"sha256\":\"",
                   member);

    for (i = 0; i < ERPSYNC_DIGEST_LEN; i++) {
        *p += snprintf(*p, (size_t) (last - *p), "%02x", digest[i]);
    }

    *p += snprintf(*p, (size_t) (last - *p), "\"%s}]", times);
}


#define EXPIRED  ",\"expires\":\"2020-01-01T00:00:00Z\""
#define FUTURE   ",\"notBefore\":\"2999-01-01T00:00:00Z\""

static const struct {
    const char  *id;
    const char  *token;
    const char  *token_times;
    uint8_t      certificate;
    const char  *certificate_times;
    const char  *more;
} apps[] = {
    { "both", "t-both", "", 1, "", ",\"enforce\":true" },
    { "token", "t-token", "", 0, "", "" },
    { "certificate", NULL, "", 2, "", "" },
    { "expired", NULL, "", 3, EXPIRED, "" },
    { "future", NULL, "", 4, FUTURE, "" },
    { "late", "t-late", "", 5, EXPIRED, "" },
    { "stale", "t-stale", EXPIRED, 6, "", "" },
    { "disabled", NULL, "", 7, "", ",\"enabled\":false" },
    { "later", "t-later", "", 9, FUTURE, "" },
    { "far", NULL, "", 8, "", ",\"addresses\":[\"10.0.0.0/8\"]" },
};


static int
setup(void **state)
{
    char    text[4096], error[ERPSYNC_REGISTRY_ERROR_LEN], *p, *last;
    size_t  i;

    (void) state;

    digester = erpsync_digester_create();
    assert_non_null(digester);

    p = text;
    last = text + sizeof(text);
    p += snprintf(p, (size_t) (last - p), "{\"version\":1,\"apps\":[");

    for (i = 0; i < erpsync_nelts(apps); i++) {
        p += snprintf(p, (size_t) (last - p), "%s{\"id\":\"%s\",\"agents\":[]"
                      "%s", i ? "," : "", apps[i].id, apps[i].more);

        if (apps[i].token) {
            append(&p, last, "tokens", apps[i].token, 0, apps[i].token_times);
        }

        if (apps[i].certificate) {
            append(&p, last, "certificates", NULL, apps[i].certificate,
                   apps[i].certificate_times);
        }

        p += snprintf(p, (size_t) (last - p), "}");
    }

    (void) snprintf(p, (size_t) (last - p), "]}");

    registry = erpsync_registry_parse(erpsync_span(text, strlen(text)),
                                      error);
    if (registry == NULL) {
        print_error("%s\n", error);
        return -1;
    }

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    erpsync_registry_destroy(registry);
    erpsync_digester_destroy(digester);

    return 0;
}


static const struct {
    const char        *token;
    uint8_t            certificate;
    const char        *app;        /* that is named, or NULL */
    erpsync_reason_t   reason;     /* of its standing */
} cases[] = {
#define REASON(name)  ERPSYNC_REASON_##name
    { "", 0, NULL, REASON(APP_TOKEN_MISSING) },
    { "", 99, NULL, REASON(APP_TOKEN_MISSING) },
    { "wrong", 0, NULL, REASON(APP_TOKEN_UNKNOWN) },

    /* a certificate alone */

    { "", 1, "both", REASON(OK) },
    { " \t", 2, "certificate", REASON(OK) },
    { "", 3, "expired", REASON(APP_TOKEN_EXPIRED) },
    { "", 4, "future", REASON(APP_TOKEN_EXPIRED) },
    { "", 7, "disabled", REASON(APP_DISABLED) },
    { "", 8, "far", REASON(ADDRESS_NOT_GRANTED) },

    /* both: of the same app, of two, of one */

    { "t-both", 1, "both", REASON(OK) },
    { " t-both ", 1, "both", REASON(OK) },
    { "t-token", 1, "token", REASON(APP_MISMATCH) },
    { "t-both", 2, "both", REASON(APP_MISMATCH) },
    { "t-both", 3, "both", REASON(APP_MISMATCH) },
    { "t-both", 7, "both", REASON(APP_MISMATCH) },
    { "t-token", 99, "token", REASON(OK) },
    { "t-later", 0, "later", REASON(OK) },
    { "t-later", 9, "later", REASON(APP_TOKEN_EXPIRED) },
    { "wrong", 1, "both", REASON(APP_TOKEN_UNKNOWN) },
    { "wrong", 99, NULL, REASON(APP_TOKEN_UNKNOWN) },

    /* of the same app, but one is not valid */

    { "t-late", 0, "late", REASON(OK) },
    { "t-late", 5, "late", REASON(APP_TOKEN_EXPIRED) },
    { "t-stale", 6, "stale", REASON(APP_TOKEN_EXPIRED) },
    { "", 6, "stale", REASON(OK) },
};


static void
test_claim(void **state)
{
    size_t             i;
    erpsync_str_t      id;
    erpsync_claim_t    claim;
    erpsync_proof_t    proof = { 0 };
    erpsync_reason_t   reason;
    erpsync_address_t  address;

    (void) state;

    memset(&address, 0, sizeof(address));

    for (i = 0; i < erpsync_nelts(cases); i++) {
        proof.token = erpsync_span(cases[i].token, strlen(cases[i].token));
        proof.certificate = certificate(cases[i].certificate);

        assert_int_equal(erpsync_gate_claim(registry, digester, &proof,
                                            &claim),
                         ERPSYNC_OK);

        id = claim.grant.app ? erpsync_app_id(registry, claim.grant.app)
                             : erpsync_span("", 0);
        unit_equal("app", id, cases[i].app ? cases[i].app : "");

        /* by the token or by the certificate */

        assert_true(claim.enforced == (strstr(cases[i].token, "t-both")
                                       || cases[i].certificate == 1));

        reason = erpsync_gate_standing(registry, &claim, &address, NOW);

        if (reason != cases[i].reason) {
            fail_msg("case %zu: %s", i,
                     (const char *) erpsync_reason_name(reason).data);
        }
    }
}


/* The digest of a certificate is no token, nor the reverse. */

static void
test_kinds(void **state)
{
    uint8_t          digest[ERPSYNC_DIGEST_LEN];
    erpsync_claim_t  claim;
    erpsync_proof_t  proof = { 0 };

    (void) state;

    assert_int_equal(erpsync_digest(digester, erpsync_span("t-token", 7),
                                    digest),
                     ERPSYNC_OK);

    proof.token = erpsync_span(NULL, 0);
    proof.certificate = digest;

    assert_int_equal(erpsync_gate_claim(registry, digester, &proof, &claim),
                     ERPSYNC_OK);
    assert_null(claim.grant.app);
    assert_int_equal(claim.reason, ERPSYNC_REASON_APP_TOKEN_MISSING);

    proof.certificate = certificate(1);

    assert_int_equal(erpsync_gate_claim(NULL, digester, &proof, &claim),
                     ERPSYNC_OK);
    assert_null(claim.grant.app);
    assert_int_equal(claim.reason, ERPSYNC_REASON_APP_TOKEN_MISSING);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_claim),
        cmocka_unit_test(test_kinds),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
