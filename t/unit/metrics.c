
/* Counters as text: docs/status.md. */


#define _POSIX_C_SOURCE  200809L

#include <jansson.h>

#include "unit.h"


static erpsync_metrics_t  metrics;


static erpsync_str_t
str(const char *s)
{
    return erpsync_span(s, strlen(s));
}


static void
test_bucket(void **state)
{
    unsigned  i, k;
    uint64_t  bound;

    static const unsigned  steps[] = { 1, 2, 5 };

    (void) state;

    assert_int_equal(erpsync_metrics_bucket(0), 0);
    assert_int_equal(erpsync_metrics_bucket(1000), 0);
    assert_int_equal(erpsync_metrics_bucket(1001), 1);
    assert_int_equal(erpsync_metrics_bucket(100000000), 15);
    assert_int_equal(erpsync_metrics_bucket(100000001), 16);
    assert_int_equal(erpsync_metrics_bucket(UINT64_MAX), 16);

    /* 1, 2 and 5 times each power of ten: docs/status.md */

    for (i = 0, bound = 1000; bound < 100000000; bound *= 10) {
        for (k = 0; k < 3; k++, i++) {
            assert_int_equal(erpsync_metrics_bounds[i], bound * steps[k]);
            assert_int_equal(erpsync_metrics_bucket(bound * steps[k]), i);
            assert_int_equal(erpsync_metrics_bucket(bound * steps[k] + 1),
                             i + 1);
        }
    }

    assert_int_equal(i, ERPSYNC_METRICS_BOUNDS - 1);
}


static void
test_quantile(void **state)
{
    uint64_t  buckets[ERPSYNC_METRICS_BUCKETS];

    (void) state;

    memset(buckets, 0, sizeof(buckets));
    assert_int_equal(erpsync_metrics_quantile(buckets, 99), 0);

    buckets[3] = 100;   /* over 5 to 10 us */
    assert_int_equal(erpsync_metrics_quantile(buckets, 50), 7500);
    assert_int_equal(erpsync_metrics_quantile(buckets, 99), 9950);

    buckets[16] = 100;  /* beyond the last bound */
    assert_int_equal(erpsync_metrics_quantile(buckets, 50), 10000);
    assert_int_equal(erpsync_metrics_quantile(buckets, 99), 100000000);
}


static void
test_format(void **state)
{
    size_t  i;

    static const struct {
        const char               *args;
        const char               *accept;
        erpsync_status_format_t   format;
    } cases[] = {
        { "", "", ERPSYNC_STATUS_PROMETHEUS },
        { "", "*/*", ERPSYNC_STATUS_PROMETHEUS },
        { "", "text/*", ERPSYNC_STATUS_PROMETHEUS },
        { "", "image/png", ERPSYNC_STATUS_PROMETHEUS },
        { "", "text/html", ERPSYNC_STATUS_HTML },
        { "", "TEXT/HTML ; q=0.5 , application/json;q=0.4",
          ERPSYNC_STATUS_HTML },
        { "", "text/html;charset=x;q=0.3, application/json;q=0.4",
          ERPSYNC_STATUS_JSON },
        { "", "application/json, text/html", ERPSYNC_STATUS_JSON },
        { "", "text/html;q=0, application/json;q=0.1",
          ERPSYNC_STATUS_JSON },
        { "", "text/html;q=x", ERPSYNC_STATUS_PROMETHEUS },
        { "", "text/html; q=", ERPSYNC_STATUS_PROMETHEUS },
        { "", "text/html;", ERPSYNC_STATUS_HTML },
        { "", "text/html;charset=x", ERPSYNC_STATUS_HTML },
        { "", ",;,", ERPSYNC_STATUS_PROMETHEUS },
        { "format=json", "text/html", ERPSYNC_STATUS_JSON },
        { "a&format=html", "", ERPSYNC_STATUS_HTML },
        { "xformat=html", "", ERPSYNC_STATUS_PROMETHEUS },
        { "format=prometheus&format=html", "", ERPSYNC_STATUS_PROMETHEUS },
        { "format=", "", ERPSYNC_STATUS_UNKNOWN },
        { "format=JSON", "", ERPSYNC_STATUS_UNKNOWN },
        { "format", "application/json", ERPSYNC_STATUS_JSON },
    };
    const erpsync_str_t  fields[] = {
        erpsync_string("application/json;q=0.5"),
        erpsync_string("image/png, text/html")
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        unit_input_t  args, accept;

        args = unit_input(cases[i].args, strlen(cases[i].args));
        accept = unit_input(cases[i].accept, strlen(cases[i].accept));

        if (erpsync_status_format(args.str, erpsync_fields(&accept.str, 1))
            != cases[i].format) {
            fail_msg("%s %s", cases[i].args, cases[i].accept);
        }

        free(args.data);
        free(accept.data);
    }

    /* of several fields, too: RFC 9110, 5.3 */

    assert_int_equal(erpsync_status_format(str(""),
                                           erpsync_fields(fields, 2)),
                     ERPSYNC_STATUS_HTML);
}


static void
test_answer(void **state)
{
    size_t  i;

    static const struct {
        const char        *text;
        bool               whole;
        erpsync_result_t   result;
    } cases[] = {
        { "true", true, ERPSYNC_RESULT_TRUE },
        { " false\r\n", true, ERPSYNC_RESULT_FALSE },
        { "null", true, ERPSYNC_RESULT_NULL },
        { "true", false, ERPSYNC_RESULT_OTHER },
        { "True", true, ERPSYNC_RESULT_OTHER },
        { "", true, ERPSYNC_RESULT_OTHER },
        { "{\"Message\":\"x\"", false, ERPSYNC_RESULT_ERROR },
        { "{ \"message\" : \"x\" }", true, ERPSYNC_RESULT_ERROR },
        { "{\"Error\":true,\"ErrorType\"", false, ERPSYNC_RESULT_ERROR },
        { "{\"Errors\":[]}", true, ERPSYNC_RESULT_OTHER },
        { "{\"Messa", false, ERPSYNC_RESULT_OTHER },
        { "{\"Id\":1,\"Message\":null}", true, ERPSYNC_RESULT_OTHER },
        { "{}", true, ERPSYNC_RESULT_OTHER },
        { "{", true, ERPSYNC_RESULT_OTHER },
        { "[true]", true, ERPSYNC_RESULT_OTHER },
        { "<boolean>true</boolean>", true, ERPSYNC_RESULT_TRUE },
        { "<boolean xmlns=\"http://schemas.microsoft.com/2003/10/"
          "Serialization/\">false</boolean>", true, ERPSYNC_RESULT_FALSE },
        { "<?xml version=\"1.0\"?>\n<x:boolean> true </x:boolean>", true,
          ERPSYNC_RESULT_TRUE },
        { "<boolean i:nil=\"true\" xmlns:i=\"x\"/>", true,
          ERPSYNC_RESULT_NULL },
        { "<boolean xsi:nil=\"1\"></boolean>", true, ERPSYNC_RESULT_NULL },
        { "<Error><Message>true</Message></Error>", true,
          ERPSYNC_RESULT_ERROR },
        { "<Error xmlns:i=\"x\"><Mess", false, ERPSYNC_RESULT_ERROR },
        { "<Errors>true</Errors>", true, ERPSYNC_RESULT_TRUE },
        { "<?xml version=\"1.0\"?> \r\n\t<Error><Message>", false,
          ERPSYNC_RESULT_ERROR },
        { "<?xml version=\"1.0\"?><Error><Message>", false,
          ERPSYNC_RESULT_ERROR },
        { "<a><b>true</b></a>", true, ERPSYNC_RESULT_OTHER },
        { "<boolean>true", false, ERPSYNC_RESULT_OTHER },
        { "<boolean>true", true, ERPSYNC_RESULT_TRUE },
        { "<?xml ", true, ERPSYNC_RESULT_OTHER },
        { "<", true, ERPSYNC_RESULT_OTHER },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        unit_input_t  input;

        input = unit_input(cases[i].text, strlen(cases[i].text));

        if (erpsync_answer_result(input.str, cases[i].whole)
            != cases[i].result)
        {
            fail_msg("%s", cases[i].text);
        }

        free(input.data);
    }

    assert_int_equal(erpsync_answer_class(0), ERPSYNC_ANSWER_NONE);
    assert_int_equal(erpsync_answer_class(204), ERPSYNC_ANSWER_2XX);
    assert_int_equal(erpsync_answer_class(304), ERPSYNC_ANSWER_3XX);
    assert_int_equal(erpsync_answer_class(421), ERPSYNC_ANSWER_4XX);
    assert_int_equal(erpsync_answer_class(599), ERPSYNC_ANSWER_5XX);
}


/* The kind of a violation: no index, and no name that may be a secret. */

static void
test_place(void **state)
{
    size_t  i, k, n;
    char    text[ERPSYNC_VIOLATION_PLACE + 1];

    static const struct {
        const char     *path;
        erpsync_code_t  code;
        const char     *place;
    } cases[] = {
        { "/FieldValues/12/SyncToErp", ERPSYNC_CODE_TYPE,
          "/FieldValues/*/SyncToErp:type" },
        { "", ERPSYNC_CODE_SYNTAX, ":syntax" },
        { "ErpKey", ERPSYNC_CODE_TEST, "/ErpKey:test" },
        { "/qw123f4c56770bc278017796cd16bd11", ERPSYNC_CODE_UNKNOWN,
          "/?:unknown" },
        { "/a~1b/x y/\xc3\xa5", ERPSYNC_CODE_UNKNOWN, "/?/?/?:unknown" },
        { "//-", ERPSYNC_CODE_RANGE, "//?:range" },
        { "/aaaaaaaaaabbbbbbbbbbcccccccccc/aaaaaaaaaabbbbbbbbbbccccccccccdd"
          "/x/y", ERPSYNC_CODE_DUPLICATE,
          "/aaaaaaaaaabbbbbbbbbbcccccccccc/...:duplicate" },
        { "/aaaaaaaaaabbbbbbbbbbccccccccccddd", ERPSYNC_CODE_UNKNOWN,
          "/?:unknown" },
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        erpsync_violation_t  violation;

        violation.path = str(cases[i].path);
        violation.code = cases[i].code;
        n = erpsync_violation_place(&violation, (uint8_t *) text);
        text[n] = '\0';
        assert_string_equal(text, cases[i].place);
    }

    /* every name of the schema is shown */

    for (i = 0; i < ERPSYNC_OPERATIONS; i++) {
        const erpsync_object_t  *object = erpsync_operations[i].request;

        for (k = 0; object && k < object->nmembers; k++) {
            erpsync_str_t  name = object->members[k].name;

            assert_true(name.len <= 32);

            for (n = 0; n < name.len; n++) {
                assert_true(erpsync_is_alpha(name.data[n]));
            }
        }
    }
}


/* Two apps, one of a name that no registry has but every label must bear. */

static void
fill_apps(void)
{
    static erpsync_metrics_app_t  apps[2];

    static erpsync_metrics_cause_t  causes[] = {
        { ERPSYNC_DECISION_DENY, ERPSYNC_REASON_BODY_INVALID, 2, 1 },
        { ERPSYNC_DECISION_REPORT, ERPSYNC_REASON_APP_DISABLED, 4, 3 }
    };
    static erpsync_metrics_fault_t  faults[] = {
        { erpsync_string("/FieldValues/*/SyncToErp:type"), 12, 6999 }
    };
    static erpsync_metrics_expiry_t  expiries[] = {
        { erpsync_string("acme"), erpsync_string("Acme"), 8000 }
    };

    memset(apps, 0, sizeof(apps));

    apps[0].id = str("acme");
    apps[0].total[ERPSYNC_DECISION_ALLOW] = 5;

    apps[1].id = str("a\"b\\c\nd");
    apps[1].name = str("Acme \"<b>\"");
    apps[1].expires = INT64_MAX;
    apps[1].total[ERPSYNC_DECISION_DENY] = 2;
    apps[1].recent[ERPSYNC_DECISION_DENY] = 1;
    apps[1].refused = 7000;
    apps[1].reason = ERPSYNC_REASON_BODY_INVALID;
    apps[1].ncauses = 2;
    apps[1].causes = causes;
    apps[1].nfaults = 1;
    apps[1].faults = faults;

    metrics.apps = apps;
    metrics.napps = 2;
    metrics.capacity = 64;
    metrics.other.id = str("other");
    metrics.expiries = expiries;
    metrics.nexpiries = 1;
}


static void
fill_files(void)
{
    static erpsync_metrics_file_t  files[3];

    memset(files, 0, sizeof(files));

    files[0].path = str("/a\xff</script>");
    files[0].digest = str("0123456789ab");
    files[0].entries = 2;
    files[0].loaded = 100;
    files[0].reloads_ok = 1;
    files[1].path = str("/b");
    files[1].entries = 3;
    files[1].loaded = 50;
    files[1].reloads_failed = 2;
    files[1].failed = 90;
    files[1].error = str("apps: <&>");
    files[2].path = str("/tenants");
    files[2].tenants = true;
    files[2].entries = 9;
    files[2].loaded = 200;
    files[2].reloads_ok = 4;

    metrics.files = files;
    metrics.nfiles = 3;
}


static void
fill(void)
{
    memset(&metrics, 0, sizeof(metrics));

    metrics.server = str("1.22.1");
    metrics.now = 7200 + 30;
    metrics.since = 1000;

    metrics.requests[0][ERPSYNC_DECISION_ALLOW][ERPSYNC_REASON_OK] = 5;
    metrics.requests[0][ERPSYNC_DECISION_DENY]
                    [ERPSYNC_REASON_BODY_INVALID] = 2;
    metrics.requests[ERPSYNC_METRICS_NONE][ERPSYNC_DECISION_REPORT]
                    [ERPSYNC_REASON_OPERATION_UNKNOWN] = 1;
    metrics.hour[0][ERPSYNC_DECISION_ALLOW] = 3;

    metrics.minutes[59].decisions[ERPSYNC_DECISION_ALLOW] = 3;
    metrics.minutes[0].gate[3] = 4;
    metrics.minutes[59].upstream[3] = 4;
    metrics.minutes[59].answers[ERPSYNC_ANSWER_NONE] = 6;
    metrics.minutes[58].moved = 1;

    metrics.results[ERPSYNC_RESULT_TRUE] = 4;
    metrics.results[ERPSYNC_RESULT_ERROR] = 7;
    metrics.answers[ERPSYNC_ANSWER_5XX] = 8;
    metrics.answers[ERPSYNC_ANSWER_NONE] = 9;
    metrics.moved = 1;
    metrics.bytes[ERPSYNC_DIRECTION_IN] = 1234;
    metrics.unknown[0] = 11;
    metrics.gate.buckets[0] = 3;
    metrics.gate.buckets[16] = 5;
    metrics.gate.sum = 1500000000;
    metrics.upstream.buckets[1] = 2;
    metrics.upstream.sum = 3000;

    fill_apps();
    fill_files();
}


typedef erpsync_rc_t (*write_pt)(erpsync_out_t *out,
    const erpsync_metrics_t *metrics);


static char *
written(write_pt write)
{
    char             *text;
    erpsync_out_t     out;
    erpsync_arena_t   arena;

    erpsync_arena_init(&arena);
    assert_int_equal(erpsync_out_init(&out, &arena, 1), ERPSYNC_OK);
    assert_int_equal(write(&out, &metrics), ERPSYNC_OK);

    text = strndup((char *) out.start, erpsync_out_len(&out));
    assert_non_null(text);

    erpsync_arena_destroy(&arena);

    return text;
}


static void
has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("no \"%s\" in:\n%s", part, text);
    }
}


static void
test_prometheus(void **state)
{
    int    rc;
    char  *text;
    FILE  *tool;

    (void) state;

    fill();
    text = written(erpsync_metrics_prometheus);

    has(text, "erpsync_requests_total{operation=\"none\",decision=\"report\","
              "reason=\"operation_unknown\"} 1\n");
    has(text, "erpsync_app_requests_total{app=\"acme\",decision=\"allow\"} "
              "5\n");
    has(text, "{app=\"a\\\"b\\\\c\\nd\",decision=\"deny\"} 2\n");
    has(text, "erpsync_results_total{result=\"true\"} 4\n");
    has(text, "erpsync_results_total{result=\"false\"} 0\n");
    has(text, "erpsync_results_total{result=\"error\"} 7\n");
    has(text, "erpsync_results_total{result=\"null\"} 0\n");
    has(text, "erpsync_results_total{result=\"other\"} 0\n");
    has(text, "erpsync_upstream_responses_total{class=\"5xx\"} 8\n");
    has(text, "erpsync_upstream_responses_total{class=\"none\"} 9\n");
    has(text, "erpsync_upstream_responses_total{class=\"2xx\"} 0\n");
    has(text, "erpsync_upstream_misdirected_total 1\n");
    has(text, "erpsync_upstream_seconds_bucket{le=\"0.001\"} 0\n");
    has(text, "erpsync_upstream_seconds_bucket{le=\"0.002\"} 2\n");
    has(text, "erpsync_upstream_seconds_bucket{le=\"100\"} 2\n");
    has(text, "erpsync_upstream_seconds_sum 0.003\n");
    has(text, "erpsync_upstream_seconds_count 2\n");
    has(text, "erpsync_build_info{version=\"" ERPSYNC_VERSION
              "\",nginx=\"1.22.1\"} 1\n");
    has(text, "erpsync_registry_info{path=\"/a?</script>\","
              "digest=\"0123456789ab\"} 1\n");
    assert_null(strstr(text, "path=\"/b\""));
    has(text, "erpsync_unknown_properties_total{operation=\"GetConnection\"}"
              " 11\n");
    has(text, "erpsync_app_refusals_total{app=\"a\\\"b\\\\c\\nd\","
              "reason=\"body_invalid\"} 2\n");
    assert_null(strstr(text, "reason=\"app_disabled\""));
    has(text, "erpsync_app_token_expires_timestamp_seconds{app=\"acme\"} "
              "8000\n");
    has(text, "erpsync_body_bytes_total{direction=\"out\"} 0\n");
    has(text, "erpsync_gate_seconds_bucket{le=\"0.000001\"} 3\n");
    has(text, "erpsync_gate_seconds_bucket{le=\"0.1\"} 3\n");
    has(text, "erpsync_gate_seconds_bucket{le=\"+Inf\"} 8\n");
    has(text, "erpsync_gate_seconds_sum 1.5\n");
    has(text, "erpsync_gate_seconds_count 8\n");
    has(text, "erpsync_registry_apps 5\n");
    has(text, "erpsync_registry_reloads_total{outcome=\"failed\"} 2\n");
    has(text, "erpsync_registry_loaded_timestamp_seconds 100\n");
    has(text, "erpsync_tenants 9\n");
    has(text, "erpsync_tenants_reloads_total{outcome=\"ok\"} 4\n");
    has(text, "erpsync_tenants_loaded_timestamp_seconds 200\n");
    assert_null(strstr(text, "app=\"other\""));

    /* "make test" installs it, the build of a package does not */

    if (system("command -v promtool > /dev/null") != 0) {
        free(text);
        print_message("promtool is not installed\n");
        skip();
    }

    tool = popen("promtool check metrics", "w");
    assert_non_null(tool);
    fputs(text, tool);
    rc = pclose(tool);
    assert_int_equal(rc, 0);

    free(text);
}


static void
test_json(void **state)
{
    char    *text;
    json_t  *json, *at, *cause;

    (void) state;

    fill();
    text = written(erpsync_metrics_json);
    json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);

    at = json_object_get(json, "total");
    assert_int_equal(json_integer_value(json_object_get(at, "allow")), 5);
    assert_int_equal(json_integer_value(json_object_get(at, "deny")), 2);
    assert_int_equal(json_integer_value(json_object_get(at, "report")), 1);

    at = json_array_get(json_object_get(json, "apps"), 1);
    assert_string_equal(json_string_value(json_object_get(at, "app")),
                        "a\"b\\c\nd");
    assert_string_equal(json_string_value(json_object_get(at, "name")),
                        "Acme \"<b>\"");
    assert_true(json_is_null(json_object_get(at, "expires")));
    assert_int_equal(json_integer_value(json_object_get(
                     json_object_get(at, "recent"), "deny")), 1);
    cause = json_array_get(json_object_get(at, "reasons"), 1);
    assert_string_equal(json_string_value(json_object_get(cause, "decision")),
                        "report");
    assert_string_equal(json_string_value(json_object_get(cause, "reason")),
                        "app_disabled");
    assert_int_equal(json_integer_value(json_object_get(cause, "total")), 4);
    assert_int_equal(json_integer_value(json_object_get(cause, "hour")), 3);
    cause = json_array_get(json_object_get(at, "violations"), 0);
    assert_string_equal(json_string_value(json_object_get(cause, "place")),
                        "/FieldValues/*/SyncToErp:type");
    assert_int_equal(json_integer_value(json_object_get(cause, "count")), 12);
    at = json_object_get(at, "refused");
    assert_string_equal(json_string_value(json_object_get(at, "reason")),
                        "body_invalid");

    at = json_object_get(json, "minutes");
    assert_int_equal(json_integer_value(json_object_get(at, "first")),
                     7200 - 59 * 60);
    assert_int_equal(json_array_size(json_object_get(at, "allow")), 60);

    assert_int_equal(json_integer_value(json_array_get(
                     json_object_get(at, "none"), 59)), 6);
    assert_int_equal(json_integer_value(json_array_get(
                     json_object_get(at, "misdirected"), 58)), 1);
    assert_int_equal(json_integer_value(json_array_get(
                     json_object_get(at, "misdirected"), 59)), 0);
    assert_int_equal(json_integer_value(json_array_get(
                     json_object_get(at, "upstream_p50"), 59)), 7500);

    at = json_array_get(json_object_get(at, "gate_p50"), 0);
    assert_int_equal(json_integer_value(at), 7500);

    at = json_object_get(json_object_get(json, "upstream"), "total");
    assert_int_equal(json_integer_value(json_object_get(at, "none")), 9);
    at = json_object_get(json_object_get(json, "upstream"), "hour");
    assert_int_equal(json_integer_value(json_object_get(at, "none")), 6);
    assert_int_equal(json_integer_value(json_object_get(at, "misdirected")),
                     1);
    at = json_object_get(json_object_get(json, "upstream_microseconds"),
                         "hour");
    assert_int_equal(json_integer_value(json_object_get(at, "count")), 4);
    at = json_array_get(json_object_get(json, "expiring"), 0);
    assert_int_equal(json_integer_value(json_object_get(at, "expires")),
                     8000);

    assert_int_equal(json_array_size(json_object_get(json, "registries")), 2);
    at = json_array_get(json_object_get(json, "tenants"), 0);
    assert_int_equal(json_integer_value(json_object_get(at, "tenants")), 9);
    at = json_array_get(json_object_get(json, "registries"), 0);
    assert_string_equal(json_string_value(json_object_get(at, "path")),
                        "/a?</script>");
    assert_true(json_is_null(json_object_get(at, "error")));

    json_decref(json);
    free(text);
}


/* Each place has a value of its own, and is written under its own name. */

static void
fill_each(void)
{
    size_t                     i, d, k;
    erpsync_metrics_minute_t  *minute;

    memset(&metrics, 0, sizeof(metrics));
    metrics.now = 7200;
    metrics.bytes[ERPSYNC_DIRECTION_IN] = 71;
    metrics.bytes[ERPSYNC_DIRECTION_OUT] = 72;
    metrics.moved = 73;

    for (i = 0; i < ERPSYNC_METRICS_OPERATIONS; i += 7) {
        metrics.unknown[i] = 1000 + i;

        for (d = 0; d < ERPSYNC_DECISIONS; d++) {
            metrics.hour[i][d] = 10 * i + d;

            for (k = 0; k < ERPSYNC_REASON_COUNT; k += 3) {
                metrics.requests[i][d][k] = 10000 * i + 10 * k + d + 1;
            }
        }
    }

    for (i = 0; i < ERPSYNC_METRICS_MINUTES; i++) {
        minute = &metrics.minutes[i];
        minute->moved = (uint32_t) i;

        for (d = 0; d < ERPSYNC_DECISIONS; d++) {
            minute->decisions[d] = (uint32_t) (10 * i + d);

            for (k = 0; k < ERPSYNC_REASON_COUNT; k++) {
                minute->reasons[d][k] = (uint32_t) (k + d);
            }
        }

        for (k = 0; k < ERPSYNC_RESULTS; k++) {
            minute->results[k] = (uint32_t) (100 + k);
        }

        for (k = 0; k < ERPSYNC_ANSWERS; k++) {
            minute->answers[k] = (uint32_t) (200 + k);
        }

        for (k = 0; k < ERPSYNC_METRICS_BUCKETS; k++) {
            minute->gate[k] = (uint32_t) (k + 1);
            minute->upstream[k] = (uint32_t) (2 * k + 1);
        }
    }

    for (k = 0; k < ERPSYNC_RESULTS; k++) {
        metrics.results[k] = 300 + k;
    }

    for (k = 0; k < ERPSYNC_ANSWERS; k++) {
        metrics.answers[k] = 400 + k;
    }

    for (k = 0; k < ERPSYNC_METRICS_BUCKETS; k++) {
        metrics.gate.buckets[k] = 500 + k;
        metrics.upstream.buckets[k] = 600 + k;
    }
}


static void
is(json_t *object, erpsync_str_t name, uint64_t value)
{
    char  key[64];

    (void) snprintf(key, sizeof(key), "%.*s", (int) name.len,
                    (const char *) name.data);

    if (json_integer_value(json_object_get(object, key))
        != (json_int_t) value)
    {
        fail_msg("%s is not %llu", key, (unsigned long long) value);
    }
}


static void
are(json_t *list, uint64_t first, uint64_t step)
{
    size_t   i;
    json_t  *value;

    json_array_foreach (list, i, value) {
        assert_int_equal(json_integer_value(value), first + i * step);
    }
}


static void
test_each_sum(json_t *json)
{
    size_t   i, d, k, n;
    json_t  *list, *at, *total, *hour;

    static const uint64_t  sum = 60 * 59 / 2 * 10;

    total = json_object_get(json_object_get(json, "results"), "total");
    hour = json_object_get(json_object_get(json, "results"), "hour");

    for (k = 0; k < ERPSYNC_RESULTS; k++) {
        is(total, erpsync_result_name((erpsync_result_t) k), 300 + k);
        is(hour, erpsync_result_name((erpsync_result_t) k), 60 * (100 + k));
    }

    hour = json_object_get(json, "hour");

    for (d = 0; d < ERPSYNC_DECISIONS; d++) {
        is(hour, erpsync_decision_name((erpsync_decision_t) d), sum + 60 * d);
    }

    /* an operation, a reason without requests is left out */

    n = (ERPSYNC_METRICS_OPERATIONS + 6) / 7;
    list = json_object_get(json, "operations");
    assert_int_equal(json_array_size(list), n);
    assert_int_equal(json_array_size(json_object_get(json,
                                     "unknown_properties")), n);

    for (i = 0; i < n; i++) {
        at = json_array_get(json_object_get(json, "unknown_properties"), i);
        is(at, str("count"), 1000 + 7 * i);
        hour = json_object_get(json_array_get(list, i), "hour");

        for (d = 0; d < ERPSYNC_DECISIONS; d++) {
            is(hour, erpsync_decision_name((erpsync_decision_t) d),
               70 * i + d);
        }
    }

    list = json_object_get(json, "reasons");
    assert_int_equal(json_array_size(list), (ERPSYNC_REASON_COUNT - 1) / 3);

    json_array_foreach (list, i, at) {
        hour = json_object_get(at, "hour");

        for (d = 0; d < ERPSYNC_DECISIONS; d++) {
            is(hour, erpsync_decision_name((erpsync_decision_t) d),
               60 * (3 * (i + 1) + d));
        }
    }
}


static void
test_each(void **state)
{
    char    *text;
    size_t   d;
    json_t  *json, *at, *total, *hour;

    static const char *const  classes[] = { "2xx", "3xx", "4xx", "5xx",
                                            "none" };

    (void) state;

    fill_each();
    text = written(erpsync_metrics_json);
    json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);

    test_each_sum(json);

    total = json_object_get(json_object_get(json, "upstream"), "total");
    hour = json_object_get(json_object_get(json, "upstream"), "hour");
    is(total, str("misdirected"), 73);
    is(hour, str("misdirected"), 60 * 59 / 2);

    for (d = 0; d < erpsync_nelts(classes); d++) {
        is(total, str(classes[d]), 400 + d);
        is(hour, str(classes[d]), 60 * (200 + d));
    }

    at = json_object_get(json, "minutes");

    for (d = 0; d < ERPSYNC_DECISIONS; d++) {
        erpsync_str_t  name = erpsync_decision_name((erpsync_decision_t) d);
        char           key[16];

        (void) snprintf(key, sizeof(key), "%.*s", (int) name.len,
                        (const char *) name.data);
        assert_int_equal(json_array_size(json_object_get(at, key)), 60);
        are(json_object_get(at, key), d, 10);
    }

    at = json_object_get(json, "body_bytes");
    is(at, str("in"), 71);
    is(at, str("out"), 72);

    at = json_object_get(json, "gate_nanoseconds");
    are(json_object_get(json_object_get(at, "total"), "buckets"), 500, 1);
    are(json_object_get(json_object_get(at, "hour"), "buckets"), 60, 60);
    are(json_object_get(json_object_get(json_object_get(json,
                        "upstream_microseconds"), "hour"), "buckets"),
        60, 120);

    json_decref(json);
    free(text);
}


static erpsync_rc_t
write_html(erpsync_out_t *out, const erpsync_metrics_t *m)
{
    return erpsync_metrics_html(out, m,
                      str("@@NONCE@ @DATA@|@SUMMARY@|@NONCE@ @x@ @NONCE"),
                      str("abc"));
}


static void
test_html(void **state)
{
    char  *text;

    (void) state;

    fill();
    text = written(write_html);

    assert_int_equal(strncmp(text, "@abc {\"version\":1,", 18), 0);
    has(text, "|abc @x@ @NONCE");
    has(text, "<tr><th scope=\"row\">deny</th><td>2</td></tr>");
    has(text, "<tr><th scope=\"row\">body_invalid</th><td>2</td></tr>");
    has(text, "<tr><th scope=\"row\">WebAPI: none</th><td>9</td></tr>");
    has(text, "/a?\\u003c/script>");
    assert_null(strstr(text, "</script>"));

    free(text);
}


/* Any allocation may fail. */

static size_t  left;


static void *
scarce(void *data, size_t size)
{
    (void) data;

    if (left < size) {
        return NULL;
    }

    left -= size;

    return malloc(size);
}


static void
test_no_memory(void **state)
{
    size_t           i;
    erpsync_out_t    out;
    erpsync_arena_t  arena;

    (void) state;

    fill();

    /* an allocator that gives nothing, and one that gives a little */

    for (i = 0; i < 2; i++) {
        uint8_t  buffer[64];

        left = 0;
        erpsync_arena_init_source(&arena, scarce, NULL);

        out.arena = &arena;
        out.start = buffer;
        out.pos = buffer;
        out.last = buffer + i * sizeof(buffer);

        assert_int_equal(erpsync_metrics_json(&out, &metrics),
                         ERPSYNC_ERROR);
        out.pos = buffer;
        assert_int_equal(erpsync_metrics_prometheus(&out, &metrics),
                         ERPSYNC_ERROR);
        out.pos = buffer;
        assert_int_equal(write_html(&out, &metrics), ERPSYNC_ERROR);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_bucket),
        cmocka_unit_test(test_quantile),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_prometheus),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_each),
        cmocka_unit_test(test_html),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
