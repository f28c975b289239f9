
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
    (void) state;

    assert_int_equal(erpsync_metrics_bucket(0), 0);
    assert_int_equal(erpsync_metrics_bucket(1000), 0);
    assert_int_equal(erpsync_metrics_bucket(1001), 1);
    assert_int_equal(erpsync_metrics_bucket(100000000), 15);
    assert_int_equal(erpsync_metrics_bucket(100000001), 16);
    assert_int_equal(erpsync_metrics_bucket(UINT64_MAX), 16);
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
        { "", ",;,", ERPSYNC_STATUS_PROMETHEUS },
        { "format=json", "text/html", ERPSYNC_STATUS_JSON },
        { "a&format=html", "", ERPSYNC_STATUS_HTML },
        { "xformat=html", "", ERPSYNC_STATUS_PROMETHEUS },
        { "format=prometheus&format=html", "", ERPSYNC_STATUS_PROMETHEUS },
        { "format=", "", ERPSYNC_STATUS_UNKNOWN },
        { "format=JSON", "", ERPSYNC_STATUS_UNKNOWN },
        { "format", "application/json", ERPSYNC_STATUS_JSON },
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
}


/* Two apps, one of a name that no registry has but every label must bear. */

static void
fill(void)
{
    static erpsync_metrics_app_t       apps[2];
    static erpsync_metrics_registry_t  registries[2];

    memset(&metrics, 0, sizeof(metrics));
    memset(apps, 0, sizeof(apps));
    memset(registries, 0, sizeof(registries));

    metrics.now = 7200 + 30;
    metrics.since = 1000;

    metrics.requests[0][ERPSYNC_DECISION_ALLOW][ERPSYNC_REASON_OK] = 5;
    metrics.requests[0][ERPSYNC_DECISION_DENY]
                    [ERPSYNC_REASON_BODY_INVALID] = 2;
    metrics.requests[ERPSYNC_METRICS_NONE][ERPSYNC_DECISION_REPORT]
                    [ERPSYNC_REASON_OPERATION_UNKNOWN] = 1;
    metrics.hour[0][ERPSYNC_DECISION_ALLOW] = 3;

    metrics.minutes[59].decisions[ERPSYNC_DECISION_ALLOW] = 3;
    metrics.minutes[0].buckets[3] = 4;

    metrics.results[ERPSYNC_RESULT_TRUE] = 4;
    metrics.bytes[ERPSYNC_DIRECTION_IN] = 1234;
    metrics.buckets[0] = 3;
    metrics.buckets[16] = 5;
    metrics.gate_time = 1500000000;

    apps[0].id = str("acme");
    apps[0].total[ERPSYNC_DECISION_ALLOW] = 5;
    apps[1].id = str("a\"b\\c\nd");
    apps[1].total[ERPSYNC_DECISION_DENY] = 2;
    apps[1].refused = 7000;
    apps[1].reason = ERPSYNC_REASON_BODY_INVALID;
    metrics.apps = apps;
    metrics.napps = 2;
    metrics.capacity = 64;
    metrics.other.id = str("other");

    registries[0].path = str("/a\xff</script>");
    registries[0].apps = 2;
    registries[0].loaded = 100;
    registries[0].reloads_ok = 1;
    registries[1].path = str("/b");
    registries[1].apps = 3;
    registries[1].loaded = 50;
    registries[1].reloads_failed = 2;
    registries[1].failed = 90;
    registries[1].error = str("apps: <&>");
    metrics.registries = registries;
    metrics.nregistries = 2;
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
    has(text, "erpsync_body_bytes_total{direction=\"out\"} 0\n");
    has(text, "erpsync_gate_seconds_bucket{le=\"0.000001\"} 3\n");
    has(text, "erpsync_gate_seconds_bucket{le=\"0.1\"} 3\n");
    has(text, "erpsync_gate_seconds_bucket{le=\"+Inf\"} 8\n");
    has(text, "erpsync_gate_seconds_sum 1.5\n");
    has(text, "erpsync_gate_seconds_count 8\n");
    has(text, "erpsync_registry_apps 5\n");
    has(text, "erpsync_registry_reloads_total{outcome=\"failed\"} 2\n");
    has(text, "erpsync_registry_loaded_timestamp_seconds 100\n");
    assert_null(strstr(text, "app=\"other\""));

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
    json_t  *json, *at;

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
    at = json_object_get(at, "refused");
    assert_string_equal(json_string_value(json_object_get(at, "reason")),
                        "body_invalid");

    at = json_object_get(json, "minutes");
    assert_int_equal(json_integer_value(json_object_get(at, "first")),
                     7200 - 59 * 60);
    assert_int_equal(json_array_size(json_object_get(at, "allow")), 60);

    at = json_array_get(json_object_get(at, "gate_p50"), 0);
    assert_int_equal(json_integer_value(at), 7500);

    at = json_array_get(json_object_get(json, "registries"), 0);
    assert_string_equal(json_string_value(json_object_get(at, "path")),
                        "/a?</script>");
    assert_true(json_is_null(json_object_get(at, "error")));

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
        cmocka_unit_test(test_prometheus),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_html),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
