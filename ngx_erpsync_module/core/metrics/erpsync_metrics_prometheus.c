
#include "erpsync_metrics_writer.h"


/* Writes HELP and TYPE of a metric. */

static void
erpsync_prometheus_head(erpsync_writer_t *w, const char *name,
    const char *type, const char *help)
{
    erpsync_write_literal(w, "# HELP ");
    erpsync_write(w, erpsync_span(name, strlen(name)));
    erpsync_write_literal(w, " ");
    erpsync_write(w, erpsync_span(help, strlen(help)));
    erpsync_write_literal(w, "\n# TYPE ");
    erpsync_write(w, erpsync_span(name, strlen(name)));
    erpsync_write_literal(w, " ");
    erpsync_write(w, erpsync_span(type, strlen(type)));
    erpsync_write_literal(w, "\n");
}


/* Writes a label; \, " and line feed in its value are escaped. */

static void
erpsync_prometheus_label(erpsync_writer_t *w, const char *name,
    erpsync_str_t value)
{
    size_t  i;

    erpsync_write(w, erpsync_span(name, strlen(name)));
    erpsync_write_literal(w, "=\"");

    for (i = 0; i < value.len; i++) {

        switch (value.data[i]) {

        case '\n':
            erpsync_write_literal(w, "\\n");
            break;

        case '\\':
        case '"':
            erpsync_write_literal(w, "\\");
            /* fall through */

        default:
            erpsync_write(w, erpsync_span(value.data + i, 1));
        }
    }

    erpsync_write_literal(w, "\"");
}


static void
erpsync_prometheus_value(erpsync_writer_t *w, uint64_t n)
{
    erpsync_write_literal(w, " ");
    erpsync_write_number(w, n);
    erpsync_write_literal(w, "\n");
}


/* Writes nanoseconds as seconds, without trailing zeros. */

static void
erpsync_prometheus_seconds(erpsync_writer_t *w, uint64_t ns)
{
    size_t    len;
    uint8_t   digits[9];
    uint64_t  fraction;

    erpsync_write_number(w, ns / 1000000000);

    fraction = ns % 1000000000;

    if (fraction == 0) {
        return;
    }

    for (len = sizeof(digits); len > 0; len--) {
        digits[len - 1] = (uint8_t) ('0' + fraction % 10);
        fraction /= 10;
    }

    for (len = sizeof(digits); digits[len - 1] == '0'; len--) {
        /* void */
    }

    erpsync_write_literal(w, ".");
    erpsync_write(w, erpsync_span(digits, len));
}


static void
erpsync_prometheus_requests(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t         i, d, k;
    erpsync_str_t  operation;

    erpsync_prometheus_head(w, "erpsync_requests_total", "counter",
        "Judged requests by operation, decision and reason.");

    for (i = 0; i < ERPSYNC_METRICS_OPERATIONS; i++) {
        operation = erpsync_metrics_operation(i);

        for (d = 0; d < ERPSYNC_DECISIONS; d++) {
            for (k = 0; k < ERPSYNC_REASON_COUNT; k++) {

                if (m->requests[i][d][k] == 0) {
                    continue;
                }

                erpsync_write_literal(w, "erpsync_requests_total{");
                erpsync_prometheus_label(w, "operation", operation);
                erpsync_write_literal(w, ",");
                erpsync_prometheus_label(w, "decision",
                          erpsync_decision_name((erpsync_decision_t) d));
                erpsync_write_literal(w, ",");
                erpsync_prometheus_label(w, "reason",
                          erpsync_reason_name((erpsync_reason_t) k));
                erpsync_write_literal(w, "}");
                erpsync_prometheus_value(w, m->requests[i][d][k]);
            }
        }
    }
}


static void
erpsync_prometheus_app(erpsync_writer_t *w, const erpsync_metrics_app_t *app)
{
    size_t  d;

    for (d = 0; d < ERPSYNC_DECISIONS; d++) {

        if (app->total[d] == 0) {
            continue;
        }

        erpsync_write_literal(w, "erpsync_app_requests_total{");
        erpsync_prometheus_label(w, "app", app->id);
        erpsync_write_literal(w, ",");
        erpsync_prometheus_label(w, "decision",
                          erpsync_decision_name((erpsync_decision_t) d));
        erpsync_write_literal(w, "}");
        erpsync_prometheus_value(w, app->total[d]);
    }
}


static void
erpsync_prometheus_gate(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t    i;
    uint64_t  count;

    erpsync_prometheus_head(w, "erpsync_gate_seconds", "histogram",
        "Time spent judging a request.");

    count = 0;

    for (i = 0; i < ERPSYNC_METRICS_BUCKETS; i++) {
        erpsync_write_literal(w, "erpsync_gate_seconds_bucket{le=\"");

        if (i < ERPSYNC_METRICS_BOUNDS) {
            erpsync_prometheus_seconds(w, erpsync_metrics_bounds[i]);

        } else {
            erpsync_write_literal(w, "+Inf");
        }

        count += m->buckets[i];

        erpsync_write_literal(w, "\"}");
        erpsync_prometheus_value(w, count);
    }

    erpsync_write_literal(w, "erpsync_gate_seconds_sum ");
    erpsync_prometheus_seconds(w, m->gate_time);
    erpsync_write_literal(w, "\nerpsync_gate_seconds_count");
    erpsync_prometheus_value(w, count);
}


static void
erpsync_prometheus_registry(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t    i;
    int64_t   loaded;
    uint64_t  apps, ok, failed;

    apps = 0;
    ok = 0;
    failed = 0;
    loaded = 0;

    for (i = 0; i < m->nregistries; i++) {
        apps += m->registries[i].apps;
        ok += m->registries[i].reloads_ok;
        failed += m->registries[i].reloads_failed;

        if (m->registries[i].loaded > loaded) {
            loaded = m->registries[i].loaded;
        }
    }

    erpsync_prometheus_head(w, "erpsync_registry_apps", "gauge",
        "Apps in the registry that is in force.");
    erpsync_write_literal(w, "erpsync_registry_apps");
    erpsync_prometheus_value(w, apps);

    erpsync_prometheus_head(w, "erpsync_registry_reloads_total", "counter",
        "Readings of a new or changed registry by outcome.");
    erpsync_write_literal(w, "erpsync_registry_reloads_total{outcome=\"ok\"}");
    erpsync_prometheus_value(w, ok);
    erpsync_write_literal(w,
                          "erpsync_registry_reloads_total{outcome=\"failed\"}");
    erpsync_prometheus_value(w, failed);

    erpsync_prometheus_head(w, "erpsync_registry_loaded_timestamp_seconds",
        "gauge", "When the registry in force was read.");
    erpsync_write_literal(w, "erpsync_registry_loaded_timestamp_seconds");
    erpsync_prometheus_value(w, (uint64_t) loaded);
}


erpsync_rc_t
erpsync_metrics_prometheus(erpsync_out_t *out, const erpsync_metrics_t *m)
{
    size_t            i;
    erpsync_writer_t  w = { out, ERPSYNC_OK, true };

    erpsync_prometheus_requests(&w, m);

    erpsync_prometheus_head(&w, "erpsync_app_requests_total", "counter",
        "Judged requests of known apps by decision.");

    for (i = 0; i < m->napps; i++) {
        erpsync_prometheus_app(&w, &m->apps[i]);
    }

    erpsync_prometheus_app(&w, &m->other);

    erpsync_prometheus_head(&w, "erpsync_results_total", "counter",
        "What the WebAPI answered.");
    erpsync_write_literal(&w, "erpsync_results_total{result=\"true\"}");
    erpsync_prometheus_value(&w, m->results[ERPSYNC_RESULT_TRUE]);
    erpsync_write_literal(&w, "erpsync_results_total{result=\"false\"}");
    erpsync_prometheus_value(&w, m->results[ERPSYNC_RESULT_FALSE]);

    erpsync_prometheus_head(&w, "erpsync_body_bytes_total", "counter",
        "Request bodies as received, and as forwarded.");
    erpsync_write_literal(&w, "erpsync_body_bytes_total{direction=\"in\"}");
    erpsync_prometheus_value(&w, m->bytes[ERPSYNC_DIRECTION_IN]);
    erpsync_write_literal(&w, "erpsync_body_bytes_total{direction=\"out\"}");
    erpsync_prometheus_value(&w, m->bytes[ERPSYNC_DIRECTION_OUT]);

    erpsync_prometheus_gate(&w, m);
    erpsync_prometheus_registry(&w, m);

    return w.rc;
}
