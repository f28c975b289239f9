
/* Request line and headers: docs/headers.md, docs/reasons.md. */


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
        { "$select=Name,", "$select=Name" },
        { "x&$select=,+A+,,%2c%20a,B%2FC,b/c,%09,A/,", NULL },
        { "x&$select=,+A+,,%2c%20a,B%2FC,b/c,%09,AA,a", "x&$select=A,B/C,AA" },
        { "%20%24Select+=%41,+&%41=", "$select=A&%41=" },
        { "$select=,+,&x", "x" },
        { "$select=,", "" },
        { "$select", "" },
        { "$select=&$select=", NULL },
        { "$select=A B", NULL },
        { "$select=A+B", NULL },
        { "$select=A&$select=B", NULL },
        { "$select=A&%24select=B", NULL },
        { "$select=1A", NULL },
        { "$select=A%zz", NULL },
        { "$select=A%00", NULL },
        { "$select=A;B", NULL },
        { "%u0024select=A", "$select=A" },
        { "$select=A&%U0024%u0053elect=B", NULL },
        { "$select=A&%u0020$select=B", NULL },
        { "x=1;%u0024select=A", NULL },
        { "$select;A", NULL },
        { "$SELECT;x=1&$select=A", NULL },
        { "%u0024select=A%u002fb%u002CC", "$select=A/b,C" },
        { "$select=A%u0000", NULL },
        { "$select=A%u0100", NULL },
        { "$select=A%u00e", NULL },
        { "$select=A%u", NULL },
        { "%uff04select=A&%u002select=B", "%uff04select=A&%u002select=B" },
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


/* Lines of "value" as fields of one name. */

static erpsync_fields_t
lines(const char *value, erpsync_str_t values[4])
{
    size_t       n;
    const char  *end;

    for (n = 0; value && n < 4; n++) {
        end = strchr(value, '\n');
        values[n] = erpsync_span(value, end ? (size_t) (end - value)
                                            : strlen(value));
        value = end ? end + 1 : NULL;
    }

    return erpsync_fields(values, n);
}


#define ACCEPTED(...)   ERPSYNC_REASON_OK, false, { __VA_ARGS__ }
#define CANCELLED       ERPSYNC_REASON_OK, true, { "", "", "" }
#define REFUSED(what)   ERPSYNC_REASON_##what##_INVALID, false, { NULL }
#define DEFAULT         ACCEPTED("da-DK", "", "")

static const struct {
    const char       *headers[4];
    erpsync_reason_t  reason;
    bool              cancelled;
    const char       *expected[3];
} locales[] = {
    { { NULL, NULL, NULL, NULL }, DEFAULT },
    { { "NB-no", "en", "EN-gb", "utc" },
      ACCEPTED("nb-NO", "en-GB", "UTC") },
    { { "", "zh-hant-tw", NULL, "127,includetzoffset" },
      ACCEPTED("zh-Hant-TW", "", "127, includeTZOffset") },
    { { "nb", NULL, "EN-us-U-CA-Greg", NULL },
      ACCEPTED("nb", "en-US-u-ca-greg", "") },

    /* a list, with weights */

    { { NULL, "de;q=0.5, en-us; en-gb", NULL, NULL },
      ACCEPTED("en-US", "", "") },
    { { NULL, "en-us; en-gb", NULL, NULL }, ACCEPTED("en-US", "", "") },
    { { NULL, "en;q=0.1; nb ;Q=0.2;de ; q=.15", NULL, NULL },
      ACCEPTED("nb", "", "") },
    { { NULL, "fr;q=0.3\nde;q=0.4, nb\nen", NULL, NULL },
      ACCEPTED("nb", "", "") },
    { { NULL, "de;q=0, fr;q=0.001", NULL, NULL },
      ACCEPTED("fr", "", "") },
    { { NULL, ",;, nb,", NULL, NULL }, ACCEPTED("nb", "", "") },
    { { NULL, "en;q, fr", NULL, NULL }, ACCEPTED("en", "", "") },
    { { NULL, "en;level=1, fr", NULL, NULL }, ACCEPTED("en", "", "") },

    /* what does not parse is skipped, also where it has a weight */

    { { NULL, "en_US, nb", NULL, NULL }, ACCEPTED("nb", "", "") },
    { { NULL, "en_US;q=1, nb;q=0.1", NULL, NULL },
      ACCEPTED("nb", "", "") },
    { { NULL, "en;q=2, nb;q=0.1", NULL, NULL }, ACCEPTED("nb", "", "") },
    { { NULL, "en;q=0.5 x, nb;q=0.1", NULL, NULL },
      ACCEPTED("nb", "", "") },
    { { NULL, "\x01, <e>, en fr, \"nb\", i, *x, nb", NULL, NULL },
      ACCEPTED("nb", "", "") },
    { { NULL, "abcdefghi, en-, -en, nb", NULL, NULL },
      ACCEPTED("nb", "", "") },
    { { NULL, "???", NULL, NULL }, DEFAULT },
    { { NULL, "de;q=0", NULL, NULL }, DEFAULT },

    /* languages that may not be asked for */

    { { NULL, "sv, nb;q=0.5", NULL, NULL }, ACCEPTED("nb", "", "") },
    { { NULL, "sv", NULL, NULL }, DEFAULT },
    { { "sv", "nb", NULL, NULL }, DEFAULT },

    /* cancelled, by a sign or by an empty header */

    { { "*", "en", "de", NULL }, CANCELLED },
    { { "X", "en", NULL, NULL }, CANCELLED },
    { { "-", NULL, NULL, NULL }, CANCELLED },
    { { NULL, "*", NULL, NULL }, CANCELLED },
    { { NULL, "*;q=0.5, nb", NULL, NULL }, ACCEPTED("nb", "", "") },
    { { NULL, "nb;q=0.1, x;q=0.5", NULL, NULL }, CANCELLED },
    { { "", NULL, NULL, NULL }, CANCELLED },
    { { " \t", NULL, NULL, NULL }, CANCELLED },
    { { NULL, "", NULL, NULL }, CANCELLED },
    { { NULL, "\n ", NULL, NULL }, CANCELLED },
    { { "", "", NULL, NULL }, CANCELLED },
    { { "", "???", NULL, NULL }, CANCELLED },
    { { "", "nb", NULL, NULL }, ACCEPTED("nb", "", "") },
    { { "nb", "", NULL, NULL }, ACCEPTED("nb", "", "") },
    { { NULL, "\nnb", NULL, NULL }, ACCEPTED("nb", "", "") },
    { { "", "sv", NULL, NULL }, DEFAULT },

    /* what only this API sends has to be right */

    { { "e", NULL, NULL, NULL }, REFUSED(LANGUAGE) },
    { { "nb, en_US", NULL, NULL, NULL }, REFUSED(LANGUAGE) },
    { { "nb;q=2", NULL, NULL, NULL }, REFUSED(LANGUAGE) },
    { { "nb;q=0.5 x", NULL, NULL, NULL }, REFUSED(LANGUAGE) },
    { { "en", NULL, "n\"o", NULL }, REFUSED(CULTURE) },
    { { NULL, NULL, "n\"o", NULL }, REFUSED(CULTURE) },
    { { NULL, NULL, NULL, "U TC" }, REFUSED(TIMEZONE) },
    { { "en", NULL, "", "" }, ACCEPTED("en", "", "") },
};


static void
test_locale(void **state)
{
    size_t                    i;
    erpsync_str_t             values[4];
    erpsync_arena_t           arena;
    erpsync_locale_t          locale;
    erpsync_reason_t          reason;
    erpsync_locale_conf_t     conf;
    erpsync_locale_headers_t  headers;

    static const erpsync_str_t  languages[] = {
        erpsync_string("nb"), erpsync_string("nb-NO"), erpsync_string("en"),
        erpsync_string("en-US"), erpsync_string("fr"),
        erpsync_string("zh-Hant-TW")
    };

    (void) state;

    memset(&conf, 0, sizeof(conf));
    conf.default_language = str("da-DK");
    conf.languages = languages;
    conf.nlanguages = erpsync_nelts(languages);

    for (i = 0; i < erpsync_nelts(locales); i++) {
        erpsync_arena_init(&arena);

        headers.so_language = str(locales[i].headers[0]);
        headers.accept_language = lines(locales[i].headers[1], values);
        headers.so_culture = str(locales[i].headers[2]);
        headers.so_timezone = str(locales[i].headers[3]);

        assert_int_equal(erpsync_locale(&arena, &conf, &headers, &locale,
                                        &reason),
                         ERPSYNC_OK);

        if (reason != locales[i].reason) {
            fail_msg("locale %zu: reason %d", i, (int) reason);
        }

        if (reason == ERPSYNC_REASON_OK) {

            if (locale.cancelled != locales[i].cancelled) {
                fail_msg("locale %zu: cancelled %d", i, locale.cancelled);
            }

            unit_equal("language", locale.language, locales[i].expected[0]);
            unit_equal("culture", locale.culture, locales[i].expected[1]);
            unit_equal("time zone", locale.timezone, locales[i].expected[2]);
        }

        erpsync_arena_destroy(&arena);
    }
}


/* A time zone that is asked for and the default one. */

static void
test_timezone(void **state)
{
    size_t                     i;
    erpsync_rc_t               rc;
    erpsync_arena_t            arena;
    erpsync_locale_t           locale;
    erpsync_reason_t           reason;
    erpsync_locale_conf_t      conf;
    erpsync_locale_headers_t   headers;

    static const struct {
        const char  *preset;
        const char  *sent;
        const char  *forwarded;    /* NULL: refused */
    } cases[] = {
        { "", "includetzoffset", "includeTZOffset" },
        { "UTC", "includeTZOffset", "UTC, includeTZOffset" },
        { "UTC, includeTZOffset", "INCLUDETZOFFSET", "UTC, includeTZOffset" },
        { "includeTZOffset", "includeTZOffset", "includeTZOffset" },
        { "UTC, includeTZOffset", "127", "127" },
        { "UTC, includeTZOffset", " ", "UTC, includeTZOffset" },
        { "UTC", "no , INCLUDEtzoffset", "NO, includeTZOffset" },
        { "UTC", "no,includeTZOffset,", NULL },
        { "UTC", "no,", NULL },
        { "UTC", "\"no\",includeTZOffset", NULL },
        { "UTC", "includeTZOffset,includeTZOffset", NULL },
        { "UTC", ",includeTZOffset", NULL },
        { "UTC", ",", NULL },
        { "UTC", "includeTZOffset,", NULL },
        { "UTC", "CET-", NULL },
        { "UTC", "-CET", NULL },
        { "UTC, includeTZOffset", "includeTZOffset, utc", NULL }
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        erpsync_arena_init(&arena);
        memset(&conf, 0, sizeof(conf));
        memset(&headers, 0, sizeof(headers));
        conf.default_timezone = str(cases[i].preset);
        headers.so_timezone = str(cases[i].sent);

        assert_int_equal(erpsync_locale(&arena, &conf, &headers, &locale,
                                        &reason),
                         ERPSYNC_OK);
        assert_int_equal(reason, cases[i].forwarded
                                 ? ERPSYNC_REASON_OK
                                 : ERPSYNC_REASON_TIMEZONE_INVALID);

        if (cases[i].forwarded) {
            unit_equal(cases[i].sent, locale.timezone, cases[i].forwarded);
        }

        erpsync_arena_destroy(&arena);
    }

    /* of a configuration */

    erpsync_arena_init(&arena);
    rc = ERPSYNC_OK;
    assert_null(erpsync_timezone(&arena, str(" "), &rc).data);
    assert_int_equal(rc, ERPSYNC_OK);
    erpsync_arena_destroy(&arena);
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
        { "application/json;", ERPSYNC_MEDIA_JSON },
        { "application/json ; ; charset=utf-8", ERPSYNC_MEDIA_JSON },
        { "application/json;; charset=utf-16", ERPSYNC_MEDIA_UNSUPPORTED },
        { "application/json, text/xml", ERPSYNC_MEDIA_UNSUPPORTED },
        { "application/jsonx", ERPSYNC_MEDIA_UNSUPPORTED },
        { "text/json ", ERPSYNC_MEDIA_JSON },
        { "text/json; x=y ", ERPSYNC_MEDIA_JSON },
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


/* Values stand for one field each. */

static void
test_accept(void **state)
{
    size_t            i, j, n;
    erpsync_str_t     values[3];
    unit_input_t      inputs[3];
    erpsync_format_t  format;

    static const struct {
        erpsync_format_t   format;
        const char        *values[3];
    } cases[] = {
        { ERPSYNC_FORMAT_SUPEROFFICE, { NULL } },
        { ERPSYNC_FORMAT_SUPEROFFICE, { "" } },
        { ERPSYNC_FORMAT_SUPEROFFICE, { "*/*" } },
        { ERPSYNC_FORMAT_XML, { "application/xml" } },
        { ERPSYNC_FORMAT_SUPEROFFICE, { "application/json" } },
        { ERPSYNC_FORMAT_SUPEROFFICE,
          { "application/json", "text/xml;q=1.000",
            "application/problem+json, application/json;q=0" } },
        { ERPSYNC_FORMAT_XML, { "application/jso, application/xml" } },
        { ERPSYNC_FORMAT_XML, { "application/json;q=0.5, text/xml" } },
        { ERPSYNC_FORMAT_XML, { "application/json;q=0.5", "text/xml" } },
        { ERPSYNC_FORMAT_PROBLEM,
          { "application/problem+json, application/json;q=0.9" } },
        { ERPSYNC_FORMAT_PROBLEM, { "application/problem+json" } },
        { ERPSYNC_FORMAT_PROBLEM, { "application/problem+json, */*" } },
        { ERPSYNC_FORMAT_PROBLEM, { "*/*", "", "application/problem+json" } },
        { ERPSYNC_FORMAT_SUPEROFFICE,
          { "application/problem+json;q=0.5, */*" } },
        { ERPSYNC_FORMAT_SUPEROFFICE, { "application/xml;q=0.1, */*;q=.2" } },
        { ERPSYNC_FORMAT_XML, { "*/*;q=0.8, application/xml;q=0.9" } },
        { ERPSYNC_FORMAT_XML, { "text/xml, application/json" } },
        { ERPSYNC_FORMAT_SUPEROFFICE, { "application/json, text/xml" } },
        { ERPSYNC_FORMAT_SUPEROFFICE, { "text/*" } },

        /* in a quoted string, neither a comma nor an escaped quote counts */

        { ERPSYNC_FORMAT_XML,
          { "text/xml;a=\"\\\",application/json;q=1\"" } },
        { ERPSYNC_FORMAT_SUPEROFFICE, { "text/json;a=\"\\" } },
        { ERPSYNC_FORMAT_XML, { "text/json;q=0.1;a=\"b\", text/xml" } },
        { ERPSYNC_FORMAT_XML, { "text/*, text/json;q=0.5" } },
        { ERPSYNC_FORMAT_XML, { "text/xml, application/*;q=0.9" } },
        { ERPSYNC_FORMAT_SUPEROFFICE, { "text/html" } },
        { ERPSYNC_FORMAT_SUPEROFFICE, { "*/*;q=0" } },
        { ERPSYNC_FORMAT_SUPEROFFICE, { "application/xml;q=0" } },
        { ERPSYNC_FORMAT_SUPEROFFICE,
          { "text/html, application/problem+json;q=0.0" } },
        { ERPSYNC_FORMAT_XML, { "application/json;q=0, text/xml;q=0.001" } },
        { ERPSYNC_FORMAT_SUPEROFFICE,
          { "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2" } },
        { ERPSYNC_FORMAT_SUPEROFFICE, { "*; q=.2, text/xml; q=.1" } },
        { ERPSYNC_FORMAT_XML, { "*; q=.1, text/xml; q=.2" } },
        { ERPSYNC_FORMAT_XML, { "\", application/json", "text/xml" } },
        { ERPSYNC_FORMAT_XML, { "application/json;q=2, text/xml;q=0.1" } },
        { ERPSYNC_FORMAT_XML, { "**, */, x/y z, text/xml;q=0.1" } },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {

        for (n = 0; n < 3 && cases[i].values[n]; n++) {
            inputs[n] = unit_input(cases[i].values[n],
                                   strlen(cases[i].values[n]));
            values[n] = inputs[n].str;
        }

        format = erpsync_accept(erpsync_fields(values, n));

        if (format != cases[i].format) {
            fail_msg("Accept, case %zu: format %d", i, (int) format);
        }

        for (j = 0; j < n; j++) {
            free(inputs[j].data);
        }
    }
}


static void
test_qvalue(void **state)
{
    size_t        i;
    unit_input_t  input;

    static const struct {
        const char  *value;
        int          q;
    } cases[] = {
        { "0", 0 }, { "1", 1000 }, { "0.", 0 }, { "1.", 1000 },
        { "0.5", 500 }, { "0.75", 750 }, { "0.123", 123 }, { "1.000", 1000 },
        { ".2", 200 }, { ".123", 123 }, { "", -1 }, { ".", -1 }, { "2", -1 },
        { "0.1234", -1 }, { ".1234", -1 }, { "1.001", -1 }, { "0,5", -1 },
        { "00.5", -1 }, { "-1", -1 }, { "0.5x", -1 }, { "5", -1 }
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        input = unit_input(cases[i].value, strlen(cases[i].value));

        if (erpsync_qvalue(input.str) != cases[i].q) {
            fail_msg("q=%s: %d", cases[i].value, erpsync_qvalue(input.str));
        }

        free(input.data);
    }
}


static const struct {
    const char       *authorization;
    const char       *xsrf;
    const char       *cookie;
    unsigned          allowed;
    erpsync_reason_t  reason;
    const char       *forwarded;
    const char       *tenant;
} logins[] = {
    { "bearer 8A:Cust12345.abc", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "Bearer 8A:Cust12345.abc", "Cust12345" },
    { "Bearer 8A:Cust12345", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "Bearer 8A:Cust12345", "" },
    { "Bearer 8/A:Cust12345.abc", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "Bearer 8/A:Cust12345.abc", "" },
    { "SOTICKET  7T:abc", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "SoTicket 7T:abc", "" },
    { "basic dTpw", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "Basic dTpw", "" },
    { "Basic dToAcA==", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_CREDENTIALS_MALFORMED, "", "" },   /* u:, NUL, p */
    { "Basic dQo6cA==", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_CREDENTIALS_MALFORMED, "", "" },   /* u, LF, :p */
    { "Basic dTpwfw==", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_CREDENTIALS_MALFORMED, "", "" },   /* u:p, DEL */
    { "Basic w6U6w6Y=", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "Basic w6U6w6Y=", "" },
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

    /* the cookie as sent or decoded; every one of that name */

    { NULL, "a=%3D", "XSRF-TOKEN=a=%3D", ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "", "" },
    { NULL, "a==", "XSRF-TOKEN=a%3d%3D", ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "", "" },
    { NULL, "%zz=%", "XSRF-TOKEN=%zz%3D%", ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "", "" },
    { NULL, "%3", "XSRF-TOKEN=%253", ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "", "" },
    { NULL, "=", "XSRF-TOKEN=%253D", ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_XSRF_MISMATCH, NULL, NULL },
    { NULL, "a%3D", "XSRF-TOKEN=a=", ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_XSRF_MISMATCH, NULL, NULL },
    { NULL, "a=", "XSRF-TOKEN=a%3D%3D", ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_XSRF_MISMATCH, NULL, NULL },
    { NULL, "a==", "XSRF-TOKEN=a%3D", ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_XSRF_MISMATCH, NULL, NULL },
    { NULL, "t", "XSRF-TOKEN=", ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_XSRF_MISMATCH, NULL, NULL },
    { NULL, "\"t\"", "XSRF-TOKEN=\"t\"", ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "", "" },
    { NULL, "t", "XSRF-TOKEN=\"t\"", ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "", "" },
    { NULL, "t=", "a\nxsrf-token=\"t%3d\"; b=c\nXSRF-TOKEN = t=",
      ERPSYNC_SCHEME_ALL, ERPSYNC_REASON_OK, "", "" },
    { NULL, "t", "XSRF-TOKEN=t\na=b\nXSRF-TOKEN=u", ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_XSRF_MISMATCH, NULL, NULL },
    { NULL, "t", "XSRF-TOKEN=u; XSRF-TOKEN=t", ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_XSRF_MISMATCH, NULL, NULL },
    { NULL, "t", "a=XSRF-TOKEN=u; XSRF-TOKENS=u; XSRF-TOKEN",
      ERPSYNC_SCHEME_ALL, ERPSYNC_REASON_OK, "", "" },

    /* Negotiate if it is named, NTLM never */

    { "negotiate YIIB", NULL, NULL, ERPSYNC_SCHEME_NEGOTIATE,
      ERPSYNC_REASON_OK, "Negotiate YIIB", "" },
    { "NTLM TlRMTVNTUAABAAAA", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_SCHEME_NOT_ALLOWED, NULL, NULL },
    { "Negotiate YIIB", NULL, NULL,
      ERPSYNC_SCHEME_ALL & ~ERPSYNC_SCHEME_NEGOTIATE,
      ERPSYNC_REASON_SCHEME_NOT_ALLOWED, NULL, NULL },

    /* also not as Negotiate: "NTLMSSP" and NUL, then any byte or none */

    { "Negotiate TlRMTVNTUAABAAAA", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_SCHEME_NOT_ALLOWED, NULL, NULL },
    { "negotiate \t TlRMTVNTUAADAAAA", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_SCHEME_NOT_ALLOWED, NULL, NULL },
    { "Negotiate TlRMTVNTUAA=", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_SCHEME_NOT_ALLOWED, NULL, NULL },
    { "Negotiate TlRMTVNTUABA", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_SCHEME_NOT_ALLOWED, NULL, NULL },   /* 0x40 */
    { "Negotiate TlRMTVNTUAC/", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_SCHEME_NOT_ALLOWED, NULL, NULL },   /* 0xbf */
    { "Negotiate TlRMTVNTUAD/", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_SCHEME_NOT_ALLOWED, NULL, NULL },   /* 0xff */

    /* 01 and 1f for NUL, no byte for it, another case */

    { "Negotiate TlRMTVNTUAEA", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "Negotiate TlRMTVNTUAEA", "" },
    { "Negotiate TlRMTVNTUB8A", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "Negotiate TlRMTVNTUB8A", "" },
    { "Negotiate TlRMTVNTUA==", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "Negotiate TlRMTVNTUA==", "" },
    { "Negotiate TlRMTVNTUA", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "Negotiate TlRMTVNTUA", "" },
    { "Negotiate tlrmtvntuaabaaaa", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "Negotiate tlrmtvntuaabaaaa", "" },

    /* a token of another scheme may begin so */

    { "Bearer TlRMTVNTUAABAAAA", NULL, NULL, ERPSYNC_SCHEME_ALL,
      ERPSYNC_REASON_OK, "Bearer TlRMTVNTUAABAAAA", "" },
};


static void
test_credentials(void **state)
{
    int                           n;
    char                          header[128];
    size_t                        i;
    erpsync_str_t                 cookies[4];
    erpsync_arena_t               arena;
    erpsync_reason_t              reason;
    erpsync_credentials_t         credentials;
    erpsync_credential_headers_t  headers;

    (void) state;

    for (i = 0; i < erpsync_nelts(logins); i++) {
        erpsync_arena_init(&arena);

        headers.authorization = str(logins[i].authorization);

        if (logins[i].authorization) {

            /* what is behind the header does not count */

            n = snprintf(header, sizeof(header), "%sA",
                         logins[i].authorization);
            assert_in_range(n, 1, sizeof(header) - 1);
            headers.authorization = erpsync_span(header, (size_t) n - 1);
        }

        headers.xsrf_token = str(logins[i].xsrf);
        headers.cookies = lines(logins[i].cookie, cookies);

        memset(&credentials, 0, sizeof(credentials));

        assert_int_equal(erpsync_credentials(&arena, logins[i].allowed,
                                             &headers, &credentials,
                                             &reason),
                         ERPSYNC_OK);

        if (reason != logins[i].reason) {
            fail_msg("credentials %zu: reason %d", i, (int) reason);
        }

        if (reason == ERPSYNC_REASON_OK) {
            unit_equal("Authorization", credentials.authorization,
                       logins[i].forwarded);
            unit_equal("tenant", credentials.tenant, logins[i].tenant);
        }

        erpsync_arena_destroy(&arena);
    }
}


/* An allocator that gives "left" times, and then nothing. */

static unsigned  left;

static void *
scarce(void *data, size_t size)
{
    static _Alignas(max_align_t) uint8_t  memory[4][16384];

    (void) data;

    if (left == 0) {
        return NULL;
    }

    assert_in_range(size, 0, sizeof(memory[0]));

    return memory[--left];
}


/* What needs memory fails without it: nothing half made is returned. */

static void
test_no_memory(void **state)
{
    unsigned                      i;
    erpsync_str_t                 out;
    erpsync_rc_t                  rc;
    erpsync_arena_t               arena;
    erpsync_locale_t              locale;
    erpsync_reason_t              reason;
    erpsync_credentials_t         credentials;
    erpsync_locale_conf_t         conf;
    erpsync_locale_headers_t      headers;
    erpsync_credential_headers_t  login;

    (void) state;

    memset(&conf, 0, sizeof(conf));
    memset(&headers, 0, sizeof(headers));
    memset(&login, 0, sizeof(login));

    headers.so_language = str("NB-no");
    headers.so_culture = str("EN-gb");
    headers.so_timezone = str("no");
    login.authorization = str("bearer 8A:Cust12345.abc");

    for (i = 0; i < 4; i++) {

        left = i;
        erpsync_arena_init_source(&arena, scarce, NULL);
        rc = erpsync_locale(&arena, &conf, &headers, &locale, &reason);
        assert_true(rc == ERPSYNC_ERROR || locale.timezone.len);

        if (i == 0) {
            assert_int_equal(rc, ERPSYNC_ERROR);
        }

        left = i;
        erpsync_arena_init_source(&arena, scarce, NULL);
        rc = erpsync_credentials(&arena, ERPSYNC_SCHEME_ALL, &login,
                                 &credentials, &reason);
        assert_true(rc == ERPSYNC_ERROR || credentials.authorization.len);

        if (i == 0) {
            assert_int_equal(rc, ERPSYNC_ERROR);
        }

        left = i;
        erpsync_arena_init_source(&arena, scarce, NULL);
        rc = erpsync_query(&arena, str("$select=A,,"), &out, &reason);
        assert_true(rc == ERPSYNC_ERROR || out.len == strlen("$select=A"));

        if (i == 0) {
            assert_int_equal(rc, ERPSYNC_ERROR);
        }
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
        cmocka_unit_test(test_timezone),
        cmocka_unit_test(test_content_type),
        cmocka_unit_test(test_accept),
        cmocka_unit_test(test_qvalue),
        cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
