
#include "erpsync_metrics_writer.h"


typedef struct {
    const char     *name;
    erpsync_str_t   value;
} erpsync_label_t;


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

    value = erpsync_writer_text(w, value);

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


/* Writes "n" of "unit" a second as seconds, without trailing zeros. */

static void
erpsync_prometheus_seconds(erpsync_writer_t *w, uint64_t n, uint64_t unit)
{
    size_t   len;
    uint8_t  digits[9];

    erpsync_write_number(w, n / unit);

    if (n % unit == 0) {
        return;
    }

    for (len = 0; n % unit; len++) {
        n = n % unit * 10;
        digits[len] = (uint8_t) ('0' + n / unit);
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
        "Calls by operation, decision and reason.");

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


/* Writes a line of a metric with one label. */

static void
erpsync_prometheus_one(erpsync_writer_t *w, const char *metric,
    const char *label, erpsync_str_t value, uint64_t n)
{
    erpsync_write(w, erpsync_span(metric, strlen(metric)));
    erpsync_write_literal(w, "{");
    erpsync_prometheus_label(w, label, value);
    erpsync_write_literal(w, "}");
    erpsync_prometheus_value(w, n);
}


/* Writes a line of a metric with two labels. */

static void
erpsync_prometheus_two(erpsync_writer_t *w, const char *metric,
    const erpsync_label_t labels[2], uint64_t n)
{
    erpsync_write(w, erpsync_span(metric, strlen(metric)));
    erpsync_write_literal(w, "{");
    erpsync_prometheus_label(w, labels[0].name, labels[0].value);
    erpsync_write_literal(w, ",");
    erpsync_prometheus_label(w, labels[1].name, labels[1].value);
    erpsync_write_literal(w, "}");
    erpsync_prometheus_value(w, n);
}


static void
erpsync_prometheus_app(erpsync_writer_t *w, const erpsync_metrics_app_t *app)
{
    size_t           d;
    erpsync_label_t  labels[] = { { "app", app->id }, { "decision", app->id } };

    for (d = 0; d < ERPSYNC_DECISIONS; d++) {

        if (app->total[d] == 0) {
            continue;
        }

        labels[1].value = erpsync_decision_name((erpsync_decision_t) d);
        erpsync_prometheus_two(w, "erpsync_app_requests_total", labels,
                               app->total[d]);
    }
}


static void
erpsync_prometheus_refusals(erpsync_writer_t *w,
    const erpsync_metrics_app_t *app)
{
    size_t           i;
    erpsync_label_t  labels[] = { { "app", app->id }, { "reason", app->id } };

    for (i = 0; i < app->ncauses; i++) {

        if (app->causes[i].decision != ERPSYNC_DECISION_DENY) {
            continue;
        }

        labels[1].value = erpsync_reason_name(app->causes[i].reason);
        erpsync_prometheus_two(w, "erpsync_app_refusals_total", labels,
                               app->causes[i].total);
    }
}


static void
erpsync_prometheus_apps(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t  i;

    erpsync_prometheus_head(w, "erpsync_app_requests_total", "counter",
        "Calls of registered apps by decision.");

    for (i = 0; i < m->napps; i++) {
        erpsync_prometheus_app(w, &m->apps[i]);
    }

    erpsync_prometheus_app(w, &m->other);

    erpsync_prometheus_head(w, "erpsync_app_refusals_total", "counter",
        "Refused calls of registered apps by reason.");

    for (i = 0; i < m->napps; i++) {
        erpsync_prometheus_refusals(w, &m->apps[i]);
    }

    erpsync_prometheus_refusals(w, &m->other);

    erpsync_prometheus_head(w, "erpsync_app_token_expires_timestamp_seconds",
        "gauge", "When the last token or certificate of an app expires.");

    for (i = 0; i < m->nexpiries; i++) {
        erpsync_prometheus_one(w,
                               "erpsync_app_token_expires_timestamp_seconds",
                               "app", m->expiries[i].id,
                               (uint64_t) m->expiries[i].expires);
    }
}


static void
erpsync_prometheus_histogram(erpsync_writer_t *w, const char *name,
    const erpsync_metrics_histogram_t *histogram, uint64_t unit)
{
    size_t         i;
    uint64_t       count;
    erpsync_str_t  s;

    count = 0;
    s = erpsync_span(name, strlen(name));

    for (i = 0; i < ERPSYNC_METRICS_BUCKETS; i++) {
        erpsync_write(w, s);
        erpsync_write_literal(w, "_bucket{le=\"");

        if (i < ERPSYNC_METRICS_BOUNDS) {
            erpsync_prometheus_seconds(w, erpsync_metrics_bounds[i], unit);

        } else {
            erpsync_write_literal(w, "+Inf");
        }

        count += histogram->buckets[i];

        erpsync_write_literal(w, "\"}");
        erpsync_prometheus_value(w, count);
    }

    erpsync_write(w, s);
    erpsync_write_literal(w, "_sum ");
    erpsync_prometheus_seconds(w, histogram->sum, unit);
    erpsync_write_literal(w, "\n");
    erpsync_write(w, s);
    erpsync_write_literal(w, "_count");
    erpsync_prometheus_value(w, count);
}


/* What the WebAPI answered, and how long that took. */

static void
erpsync_prometheus_upstream(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t  i;

    erpsync_prometheus_head(w, "erpsync_results_total", "counter",
        "What the WebAPI answered to POST.");

    for (i = 0; i < ERPSYNC_RESULTS; i++) {
        erpsync_prometheus_one(w, "erpsync_results_total", "result",
                               erpsync_result_name((erpsync_result_t) i),
                               m->results[i]);
    }

    erpsync_prometheus_head(w, "erpsync_upstream_responses_total", "counter",
        "Forwarded calls by the class of the WebAPI's status.");

    for (i = 0; i < ERPSYNC_ANSWERS; i++) {
        erpsync_prometheus_one(w, "erpsync_upstream_responses_total", "class",
                               erpsync_answer_name((erpsync_answer_t) i),
                               m->answers[i]);
    }

    erpsync_prometheus_head(w, "erpsync_upstream_misdirected_total",
        "counter", "Answers of the WebAPI with status 421: the tenant is "
        "on another host.");
    erpsync_write_literal(w, "erpsync_upstream_misdirected_total");
    erpsync_prometheus_value(w, m->moved);

    erpsync_prometheus_head(w, "erpsync_upstream_seconds", "histogram",
        "Time until the WebAPI's answer was received.");
    erpsync_prometheus_histogram(w, "erpsync_upstream_seconds", &m->upstream,
                                 1000000);
}


static void
erpsync_prometheus_bodies(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t  i;

    erpsync_prometheus_head(w, "erpsync_body_bytes_total", "counter",
        "Bodies of calls as received, and as forwarded.");
    erpsync_write_literal(w, "erpsync_body_bytes_total{direction=\"in\"}");
    erpsync_prometheus_value(w, m->bytes[ERPSYNC_DIRECTION_IN]);
    erpsync_write_literal(w, "erpsync_body_bytes_total{direction=\"out\"}");
    erpsync_prometheus_value(w, m->bytes[ERPSYNC_DIRECTION_OUT]);

    erpsync_prometheus_head(w, "erpsync_unknown_properties_total", "counter",
        "Unknown members of accepted bodies, stripped or passed.");

    for (i = 0; i < ERPSYNC_METRICS_OPERATIONS; i++) {
        if (m->unknown[i]) {
            erpsync_prometheus_one(w, "erpsync_unknown_properties_total",
                                   "operation", erpsync_metrics_operation(i),
                                   m->unknown[i]);
        }
    }

    erpsync_prometheus_head(w, "erpsync_gate_seconds", "histogram",
        "Time spent to judge a call.");
    erpsync_prometheus_histogram(w, "erpsync_gate_seconds", &m->gate,
                                 1000000000);
}


/* The metrics of one kind of files, added up over all files of the kind. */

typedef struct {
    const char  *entries;
    const char  *entries_help;
    const char  *reloads;
    const char  *reloads_help;
    const char  *loaded;
    const char  *loaded_help;
} erpsync_prometheus_kind_t;


static void
erpsync_prometheus_files(erpsync_writer_t *w, const erpsync_metrics_t *m,
    bool tenants, const erpsync_prometheus_kind_t *kind)
{
    size_t                         i;
    int64_t                        loaded;
    uint64_t                       entries, ok, failed;
    const erpsync_metrics_file_t  *file;

    static const erpsync_str_t  outcome_ok = erpsync_string("ok");
    static const erpsync_str_t  outcome_failed = erpsync_string("failed");

    entries = 0;
    ok = 0;
    failed = 0;
    loaded = 0;

    for (i = 0; i < m->nfiles; i++) {
        file = &m->files[i];

        if (file->tenants != tenants) {
            continue;
        }

        entries += file->entries;
        ok += file->reloads_ok;
        failed += file->reloads_failed;

        if (file->loaded > loaded) {
            loaded = file->loaded;
        }
    }

    if (tenants && ok + failed == 0) {
        return;
    }

    erpsync_prometheus_head(w, kind->entries, "gauge", kind->entries_help);
    erpsync_write(w, erpsync_span(kind->entries, strlen(kind->entries)));
    erpsync_prometheus_value(w, entries);

    erpsync_prometheus_head(w, kind->reloads, "counter", kind->reloads_help);
    erpsync_prometheus_one(w, kind->reloads, "outcome", outcome_ok, ok);
    erpsync_prometheus_one(w, kind->reloads, "outcome", outcome_failed,
                           failed);

    erpsync_prometheus_head(w, kind->loaded, "gauge", kind->loaded_help);
    erpsync_write(w, erpsync_span(kind->loaded, strlen(kind->loaded)));
    erpsync_prometheus_value(w, (uint64_t) loaded);
}


static void
erpsync_prometheus_kinds(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    static const erpsync_prometheus_kind_t  registry = {
        "erpsync_registry_apps",
        "Apps in the registry that is used.",
        "erpsync_registry_reloads_total",
        "Loads of a new or changed registry by outcome.",
        "erpsync_registry_loaded_timestamp_seconds",
        "When the registry that is used was loaded."
    };

    static const erpsync_prometheus_kind_t  tenants = {
        "erpsync_tenants",
        "Tenants in the tenants file that is used.",
        "erpsync_tenants_reloads_total",
        "Loads of a new or changed tenants file by outcome.",
        "erpsync_tenants_loaded_timestamp_seconds",
        "When the tenants file that is used was loaded."
    };

    erpsync_prometheus_files(w, m, false, &registry);
    erpsync_prometheus_files(w, m, true, &tenants);
}


static void
erpsync_prometheus_info(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t           i;
    erpsync_label_t  build[] = {
        { "version", erpsync_string(ERPSYNC_VERSION) },
        { "nginx", m->server }
    };
    erpsync_label_t  file[] = {
        { "path", ERPSYNC_NULL_STRING },
        { "digest", ERPSYNC_NULL_STRING }
    };

    erpsync_prometheus_head(w, "erpsync_build_info", "gauge",
        "The module's version, and nginx's.");
    erpsync_prometheus_two(w, "erpsync_build_info", build, 1);

    erpsync_prometheus_head(w, "erpsync_registry_info", "gauge",
        "The registry that is used, by its SHA-256.");

    for (i = 0; i < m->nfiles; i++) {

        if (m->files[i].digest.len == 0) {
            continue;
        }

        file[0].value = m->files[i].path;
        file[1].value = m->files[i].digest;
        erpsync_prometheus_two(w, "erpsync_registry_info", file, 1);
    }
}


erpsync_rc_t
erpsync_metrics_prometheus(erpsync_out_t *out, const erpsync_metrics_t *m)
{
    erpsync_writer_t  w = { out, ERPSYNC_OK, true };

    erpsync_prometheus_info(&w, m);
    erpsync_prometheus_requests(&w, m);
    erpsync_prometheus_apps(&w, m);
    erpsync_prometheus_upstream(&w, m);
    erpsync_prometheus_bodies(&w, m);
    erpsync_prometheus_kinds(&w, m);

    return w.rc;
}
