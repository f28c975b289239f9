
/* Request line and headers: contract, sections 2, 6 and 8. */


#include "unit.h"


static erpsync_str_t
str(const char *s)
{
    return s ? erpsync_span(s, strlen(s)) : erpsync_span(NULL, 0);
}


static void
test_route(void **state)
{
    size_t           i;
    unit_input_t     input;
    erpsync_arena_t  arena;
    erpsync_route_t  route;

    static const struct {
        const char            *path;
        erpsync_route_kind_t   kind;
        const char            *canonical;
        const char            *tenant;
    } cases[] = {
        { "/api/v1/Agents/ErpSync/TryConnectActor",
          ERPSYNC_ROUTE_OPERATION,
          "/api/v1/Agents/ErpSync/TryConnectActor", "" },
        { "\\Cust12345//API/V1/agents/erpsync/tryconnectactor/",
          ERPSYNC_ROUTE_OPERATION,
          "/Cust12345/api/v1/Agents/ErpSync/TryConnectActor", "Cust12345" },
        { "/a/./b/../api/v2/agents/erpsync/SYNCALL",
          ERPSYNC_ROUTE_OPERATION, "/a/api/v2/Agents/ErpSync/SyncAll", "" },
        { "/api/v1/Agents/ErpSync", ERPSYNC_ROUTE_UNKNOWN, NULL, "" },
        { "/api/v1/Agents/ErpSync/Nothing", ERPSYNC_ROUTE_UNKNOWN, NULL,
          "" },
        { "/api/v1/Agents/ErpSync;a=b/SyncAll", ERPSYNC_ROUTE_UNKNOWN, NULL,
          "" },
        { "/api/v1/Agents/ErpSync/SyncAll/more", ERPSYNC_ROUTE_UNKNOWN,
          NULL, "" },
        { "/Remote/Services84/ErpSync.svc", ERPSYNC_ROUTE_SOAP, NULL, "" },
        { "/api/v1/Agents/Contact/Get", ERPSYNC_ROUTE_OTHER, NULL, "" },
        { "/api/v1/Agents/ErpSyncer/SyncAll", ERPSYNC_ROUTE_OTHER, NULL,
          "" },
        { "/", ERPSYNC_ROUTE_OTHER, NULL, "" },
        { "", ERPSYNC_ROUTE_OTHER, NULL, "" },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        erpsync_arena_init(&arena);
        input = unit_input(cases[i].path, strlen(cases[i].path));

        assert_int_equal(erpsync_route(&arena, input.str, &route),
                         ERPSYNC_OK);

        if (route.kind != cases[i].kind) {
            fail_msg("%s: kind %d", cases[i].path, (int) route.kind);
        }

        if (cases[i].canonical) {
            unit_equal(cases[i].path, route.path, cases[i].canonical);
            unit_equal(cases[i].path, route.tenant, cases[i].tenant);
        }

        erpsync_arena_destroy(&arena);
        free(input.data);
    }
}


static void
test_tenant_conflict(void **state)
{
    erpsync_arena_t  arena;
    erpsync_route_t  route;

    (void) state;

    erpsync_arena_init(&arena);

    assert_int_equal(erpsync_route(&arena,
                          str("/Cust1/cust2/api/v1/Agents/ErpSync/SyncAll"),
                          &route),
                     ERPSYNC_OK);
    assert_true(route.tenant_conflict);

    assert_int_equal(erpsync_route(&arena,
                          str("/Cust1/api/v1/Agents/ErpSync/SyncAll"),
                          &route),
                     ERPSYNC_OK);
    assert_false(route.tenant_conflict);

    erpsync_arena_destroy(&arena);
}


static void
test_query(void **state)
{
    size_t            i;
    erpsync_str_t     out;
    unit_input_t      input;
    erpsync_arena_t   arena;
    erpsync_reason_t  reason;

    static const struct {
        const char  *args;
        const char  *expected;   /* NULL: refused */
    } cases[] = {
        { "a=b&c", "a=b&c" },
        { "$select=A/b,C", "$select=A/b,C" },
        { "%24SELECT=A,%20b,A&x=1", "$select=A,b&x=1" },
        { "$select=&x=1", "x=1" },
        { "$select=A&$select=B", NULL },
        { "$select=A&%24select=B", NULL },
        { "$select=1A", NULL },
        { "$select=A%zz", NULL },
        { "$select=A%00", NULL },
        { "$select=A;B", NULL },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        erpsync_arena_init(&arena);
        input = unit_input(cases[i].args, strlen(cases[i].args));

        assert_int_equal(erpsync_query(&arena, input.str, &out, &reason),
                         ERPSYNC_OK);

        if (cases[i].expected) {
            assert_int_equal(reason, ERPSYNC_REASON_OK);
            unit_equal(cases[i].args, out, cases[i].expected);

        } else if (reason != ERPSYNC_REASON_SELECT_INVALID) {
            fail_msg("%s: taken", cases[i].args);
        }

        erpsync_arena_destroy(&arena);
        free(input.data);
    }
}


static void
test_locale(void **state)
{
    size_t                    i;
    erpsync_arena_t           arena;
    erpsync_locale_t          locale;
    erpsync_reason_t          reason;
    erpsync_locale_conf_t     none;
    erpsync_locale_headers_t  headers;

    static const struct {
        const char       *headers[4];
        erpsync_reason_t  reason;
        bool              cancelled;
        const char       *expected[3];
    } cases[] = {
        { { NULL, NULL, NULL, NULL },
          ERPSYNC_REASON_OK, false, { "", "", "" } },
        { { "NB-no", "en", "EN-gb", "utc" },
          ERPSYNC_REASON_OK, false, { "nb-NO", "en-GB", "UTC" } },
        { { NULL, "de;q=0.5, en-us; en-gb", NULL, NULL },
          ERPSYNC_REASON_OK, false, { "en-US", "", "" } },
        { { "*", "en", "de", NULL },
          ERPSYNC_REASON_OK, true, { "", "", "" } },
        { { "", "zh-hant-tw", NULL, "127,includetzoffset" },
          ERPSYNC_REASON_OK, false,
          { "zh-Hant-TW", "", "127, includeTZOffset" } },
        { { "e", NULL, NULL, NULL },
          ERPSYNC_REASON_LANGUAGE_INVALID, false, { NULL } },
        { { "en", NULL, "n\"o", NULL },
          ERPSYNC_REASON_CULTURE_INVALID, false, { NULL } },
        { { NULL, NULL, NULL, "U TC" },
          ERPSYNC_REASON_TIMEZONE_INVALID, false, { NULL } },
    };

    (void) state;

    memset(&none, 0, sizeof(none));

    for (i = 0; i < erpsync_nelts(cases); i++) {
        erpsync_arena_init(&arena);

        headers.so_language = str(cases[i].headers[0]);
        headers.accept_language = str(cases[i].headers[1]);
        headers.so_culture = str(cases[i].headers[2]);
        headers.so_timezone = str(cases[i].headers[3]);

        assert_int_equal(erpsync_locale(&arena, &none, &headers, &locale,
                                        &reason),
                         ERPSYNC_OK);

        if (reason != cases[i].reason) {
            fail_msg("locale %zu: reason %d", i, (int) reason);
        }

        if (reason == ERPSYNC_REASON_OK) {
            assert_int_equal(locale.cancelled, cases[i].cancelled);
            unit_equal("language", locale.language, cases[i].expected[0]);
            unit_equal("culture", locale.culture, cases[i].expected[1]);
            unit_equal("time zone", locale.timezone, cases[i].expected[2]);
        }

        erpsync_arena_destroy(&arena);
    }
}


static void
test_content_type(void **state)
{
    size_t        i;
    unit_input_t  input;

    static const struct {
        const char       *value;
        erpsync_media_t   media;
    } cases[] = {
        { "application/json", ERPSYNC_MEDIA_JSON },
        { "TEXT/Json ; charset=\"UTF-8\"", ERPSYNC_MEDIA_JSON },
        { "application/json;charset=utf8;x=y", ERPSYNC_MEDIA_JSON },
        { "application/merge-patch+json", ERPSYNC_MEDIA_MERGE_PATCH },
        { "application/json-patch+json", ERPSYNC_MEDIA_JSON_PATCH },
        { "text/xml", ERPSYNC_MEDIA_XML },
        { "application/xml; charset=utf-8", ERPSYNC_MEDIA_XML },
        { "application/x-www-form-urlencoded", ERPSYNC_MEDIA_FORM },
        { "application/json; charset=utf-16", ERPSYNC_MEDIA_UNSUPPORTED },
        { "application/json; charset=utf-8; charset=utf-8",
          ERPSYNC_MEDIA_UNSUPPORTED },
        { "application/json; charset", ERPSYNC_MEDIA_UNSUPPORTED },
        { "application/json, text/xml", ERPSYNC_MEDIA_UNSUPPORTED },
        { "application/jsonx", ERPSYNC_MEDIA_UNSUPPORTED },
        { "text/plain", ERPSYNC_MEDIA_UNSUPPORTED },
        { "", ERPSYNC_MEDIA_UNSUPPORTED },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        input = unit_input(cases[i].value, strlen(cases[i].value));

        if (erpsync_content_type(input.str) != cases[i].media) {
            fail_msg("Content-Type: %s", cases[i].value);
        }

        free(input.data);
    }
}


static void
test_accept(void **state)
{
    bool              acceptable;
    size_t            i;
    unit_input_t      input;
    erpsync_format_t  format;

    static const struct {
        const char        *value;
        bool               acceptable;
        erpsync_format_t   format;
    } cases[] = {
        { "", true, ERPSYNC_FORMAT_SUPEROFFICE },
        { "*/*", true, ERPSYNC_FORMAT_SUPEROFFICE },
        { "application/xml", true, ERPSYNC_FORMAT_XML },
        { "application/json;q=0.5, text/xml", true, ERPSYNC_FORMAT_XML },
        { "application/problem+json, application/json;q=0.9", true,
          ERPSYNC_FORMAT_PROBLEM },
        { "application/problem+json", false, ERPSYNC_FORMAT_PROBLEM },
        { "text/html", false, ERPSYNC_FORMAT_SUPEROFFICE },
        { "*/*;q=0", false, ERPSYNC_FORMAT_SUPEROFFICE },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        input = unit_input(cases[i].value, strlen(cases[i].value));
        format = erpsync_accept(input.str, &acceptable);

        if (format != cases[i].format || acceptable != cases[i].acceptable) {
            fail_msg("Accept: %s: format %d, %s", cases[i].value,
                     (int) format, acceptable ? "taken" : "refused");
        }

        free(input.data);
    }
}


static void
test_credentials(void **state)
{
    size_t                        i;
    erpsync_str_t                 cookie;
    erpsync_arena_t               arena;
    erpsync_reason_t              reason;
    erpsync_credentials_t         credentials;
    erpsync_credential_headers_t  headers;

    static const struct {
        const char       *authorization;
        const char       *xsrf;
        const char       *cookie;
        unsigned          allowed;
        erpsync_reason_t  reason;
        const char       *forwarded;
        const char       *tenant;
    } cases[] = {
        { "bearer 8A:Cust12345.abc", NULL, NULL, ERPSYNC_SCHEME_ALL,
          ERPSYNC_REASON_OK, "Bearer 8A:Cust12345.abc", "Cust12345" },
        { "SOTICKET  7T:abc", NULL, NULL, ERPSYNC_SCHEME_ALL,
          ERPSYNC_REASON_OK, "SoTicket 7T:abc", "" },
        { "basic dTpw", NULL, NULL, ERPSYNC_SCHEME_ALL,
          ERPSYNC_REASON_OK, "Basic dTpw", "" },
        { "Basic dXB3", NULL, NULL, ERPSYNC_SCHEME_ALL,
          ERPSYNC_REASON_CREDENTIALS_MALFORMED, NULL, NULL },
        { "Basic %%%%", NULL, NULL, ERPSYNC_SCHEME_ALL,
          ERPSYNC_REASON_CREDENTIALS_MALFORMED, NULL, NULL },
        { "Bearer", NULL, NULL, ERPSYNC_SCHEME_ALL,
          ERPSYNC_REASON_CREDENTIALS_MALFORMED, NULL, NULL },
        { "Basic dTpw", NULL, NULL, ERPSYNC_SCHEME_BEARER,
          ERPSYNC_REASON_SCHEME_NOT_ALLOWED, NULL, NULL },
        { "Digest x", NULL, NULL, ERPSYNC_SCHEME_ALL,
          ERPSYNC_REASON_SCHEME_NOT_ALLOWED, NULL, NULL },
        { NULL, NULL, NULL, ERPSYNC_SCHEME_ALL,
          ERPSYNC_REASON_CREDENTIALS_MISSING, NULL, NULL },
        { NULL, "t", "a=b; XSRF-TOKEN=t", ERPSYNC_SCHEME_ALL,
          ERPSYNC_REASON_OK, "", "" },
        { NULL, "t", "XSRF-TOKEN=u", ERPSYNC_SCHEME_ALL,
          ERPSYNC_REASON_XSRF_MISMATCH, NULL, NULL },
        { NULL, "t", NULL, ERPSYNC_SCHEME_BEARER,
          ERPSYNC_REASON_SCHEME_NOT_ALLOWED, NULL, NULL },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        erpsync_arena_init(&arena);

        cookie = str(cases[i].cookie);
        headers.authorization = str(cases[i].authorization);
        headers.xsrf_token = str(cases[i].xsrf);
        headers.ncookies = (cases[i].cookie != NULL);
        headers.cookies = &cookie;

        memset(&credentials, 0, sizeof(credentials));

        assert_int_equal(erpsync_credentials(&arena, cases[i].allowed,
                                             &headers, &credentials,
                                             &reason),
                         ERPSYNC_OK);

        if (reason != cases[i].reason) {
            fail_msg("credentials %zu: reason %d", i, (int) reason);
        }

        if (reason == ERPSYNC_REASON_OK) {
            unit_equal("Authorization", credentials.authorization,
                       cases[i].forwarded);
            unit_equal("tenant", credentials.tenant, cases[i].tenant);
        }

        erpsync_arena_destroy(&arena);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_route),
        cmocka_unit_test(test_tenant_conflict),
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_locale),
        cmocka_unit_test(test_content_type),
        cmocka_unit_test(test_accept),
        cmocka_unit_test(test_credentials),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
