
#include "erpsync_metrics_writer.h"


static void
erpsync_json_decisions(erpsync_writer_t *w, const char *name,
    const uint64_t counts[])
{
    erpsync_json_open(w, name, '{');
    erpsync_json_uint(w, "allow", counts[ERPSYNC_DECISION_ALLOW]);
    erpsync_json_uint(w, "deny", counts[ERPSYNC_DECISION_DENY]);
    erpsync_json_uint(w, "report", counts[ERPSYNC_DECISION_REPORT]);
    erpsync_json_uint(w, "abort", counts[ERPSYNC_DECISION_ABORT]);
    erpsync_json_close(w, '}');
}


static uint64_t
erpsync_json_sum(const uint64_t counts[])
{
    return counts[ERPSYNC_DECISION_ALLOW] + counts[ERPSYNC_DECISION_DENY]
           + counts[ERPSYNC_DECISION_REPORT]
           + counts[ERPSYNC_DECISION_ABORT];
}


/* Writes the sums of all requests, and of those of the last hour. */

static void
erpsync_json_requests(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t    i, d, k;
    uint64_t  total[ERPSYNC_DECISIONS], hour[ERPSYNC_DECISIONS];

    for (d = 0; d < ERPSYNC_DECISIONS; d++) {
        total[d] = erpsync_metrics_decided(m, (erpsync_decision_t) d);
        hour[d] = 0;

        for (i = 0; i < ERPSYNC_METRICS_MINUTES; i++) {
            hour[d] += m->minutes[i].decisions[d];
        }
    }

    erpsync_json_decisions(w, "total", total);
    erpsync_json_decisions(w, "hour", hour);

    erpsync_json_open(w, "requests", '[');

    for (i = 0; i < ERPSYNC_METRICS_OPERATIONS; i++) {
        for (d = 0; d < ERPSYNC_DECISIONS; d++) {
            for (k = 0; k < ERPSYNC_REASON_COUNT; k++) {

                if (m->requests[i][d][k] == 0) {
                    continue;
                }

                erpsync_json_open(w, NULL, '{');
                erpsync_json_text(w, "operation",
                                  erpsync_metrics_operation(i));
                erpsync_json_text(w, "decision",
                          erpsync_decision_name((erpsync_decision_t) d));
                erpsync_json_text(w, "reason",
                          erpsync_reason_name((erpsync_reason_t) k));
                erpsync_json_uint(w, "count", m->requests[i][d][k]);
                erpsync_json_close(w, '}');
            }
        }
    }

    erpsync_json_close(w, ']');
}


static void
erpsync_json_operations(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t    i, d, k;
    uint64_t  total[ERPSYNC_DECISIONS];

    erpsync_json_open(w, "operations", '[');

    for (i = 0; i < ERPSYNC_METRICS_OPERATIONS; i++) {

        for (d = 0; d < ERPSYNC_DECISIONS; d++) {
            total[d] = 0;

            for (k = 0; k < ERPSYNC_REASON_COUNT; k++) {
                total[d] += m->requests[i][d][k];
            }
        }

        if (erpsync_json_sum(total) == 0) {
            continue;
        }

        erpsync_json_open(w, NULL, '{');
        erpsync_json_text(w, "operation", erpsync_metrics_operation(i));
        erpsync_json_decisions(w, "total", total);
        erpsync_json_decisions(w, "hour", m->hour[i]);
        erpsync_json_close(w, '}');
    }

    erpsync_json_close(w, ']');
}


/* Writes the reasons of refusals, also in report mode. */

static void
erpsync_json_reasons(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t    i, d, k;
    uint64_t  total[ERPSYNC_DECISIONS], hour[ERPSYNC_DECISIONS];

    erpsync_json_open(w, "reasons", '[');

    for (k = ERPSYNC_REASON_OK + 1; k < ERPSYNC_REASON_COUNT; k++) {

        for (d = 0; d < ERPSYNC_DECISIONS; d++) {
            total[d] = 0;
            hour[d] = 0;

            for (i = 0; i < ERPSYNC_METRICS_OPERATIONS; i++) {
                total[d] += m->requests[i][d][k];
            }

            for (i = 0; i < ERPSYNC_METRICS_MINUTES; i++) {
                hour[d] += m->minutes[i].reasons[d][k];
            }
        }

        if (erpsync_json_sum(total) == 0) {
            continue;
        }

        erpsync_json_open(w, NULL, '{');
        erpsync_json_text(w, "reason",
                          erpsync_reason_name((erpsync_reason_t) k));
        erpsync_json_uint(w, "status",
                          erpsync_reason_status((erpsync_reason_t) k));
        erpsync_json_text(w, "sentence",
                          erpsync_reason_sentence((erpsync_reason_t) k));
        erpsync_json_decisions(w, "total", total);
        erpsync_json_decisions(w, "hour", hour);
        erpsync_json_close(w, '}');
    }

    erpsync_json_close(w, ']');
}


static void
erpsync_json_app(erpsync_writer_t *w, const char *name,
    const erpsync_metrics_app_t *app)
{
    erpsync_json_open(w, name, '{');

    if (app->id.len) {
        erpsync_json_text(w, "app", app->id);
    }

    erpsync_json_decisions(w, "total", app->total);
    erpsync_json_decisions(w, "hour", app->hour);

    if (app->refused) {
        erpsync_json_open(w, "refused", '{');
        erpsync_json_uint(w, "time", (uint64_t) app->refused);
        erpsync_json_text(w, "reason", erpsync_reason_name(app->reason));
        erpsync_json_close(w, '}');

    } else {
        erpsync_json_null(w, "refused");
    }

    erpsync_json_close(w, '}');
}


static void
erpsync_json_apps(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t  i;

    erpsync_json_open(w, "apps", '[');

    for (i = 0; i < m->napps; i++) {
        erpsync_json_app(w, NULL, &m->apps[i]);
    }

    if (erpsync_json_sum(m->other.total)) {
        erpsync_json_app(w, NULL, &m->other);
    }

    erpsync_json_close(w, ']');

    erpsync_json_app(w, "no_app", &m->no_app);
    erpsync_json_uint(w, "apps_counted", m->napps);
    erpsync_json_uint(w, "apps_capacity", m->capacity);
}


static void
erpsync_json_results(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t    i;
    uint64_t  yes, no;

    yes = 0;
    no = 0;

    for (i = 0; i < ERPSYNC_METRICS_MINUTES; i++) {
        yes += m->minutes[i].results[ERPSYNC_RESULT_TRUE];
        no += m->minutes[i].results[ERPSYNC_RESULT_FALSE];
    }

    erpsync_json_open(w, "results", '{');
    erpsync_json_open(w, "total", '{');
    erpsync_json_uint(w, "true", m->results[ERPSYNC_RESULT_TRUE]);
    erpsync_json_uint(w, "false", m->results[ERPSYNC_RESULT_FALSE]);
    erpsync_json_close(w, '}');
    erpsync_json_open(w, "hour", '{');
    erpsync_json_uint(w, "true", yes);
    erpsync_json_uint(w, "false", no);
    erpsync_json_close(w, '}');
    erpsync_json_close(w, '}');

    erpsync_json_open(w, "body_bytes", '{');
    erpsync_json_uint(w, "in", m->bytes[ERPSYNC_DIRECTION_IN]);
    erpsync_json_uint(w, "out", m->bytes[ERPSYNC_DIRECTION_OUT]);
    erpsync_json_close(w, '}');
}


static void
erpsync_json_histogram(erpsync_writer_t *w, const char *name,
    const uint64_t buckets[])
{
    size_t  i;

    erpsync_json_open(w, name, '{');
    erpsync_json_uint(w, "count", erpsync_metrics_count(buckets));
    erpsync_json_uint(w, "p50", erpsync_metrics_quantile(buckets, 50));
    erpsync_json_uint(w, "p95", erpsync_metrics_quantile(buckets, 95));
    erpsync_json_uint(w, "p99", erpsync_metrics_quantile(buckets, 99));
    erpsync_json_open(w, "buckets", '[');

    for (i = 0; i < ERPSYNC_METRICS_BUCKETS; i++) {
        erpsync_json_uint(w, NULL, buckets[i]);
    }

    erpsync_json_close(w, ']');
    erpsync_json_close(w, '}');
}


static void
erpsync_json_gate(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t    i;
    uint64_t  buckets[ERPSYNC_METRICS_BUCKETS];

    erpsync_json_open(w, "gate_nanoseconds", '{');
    erpsync_json_uint(w, "sum", m->gate_time);
    erpsync_json_open(w, "bounds", '[');

    for (i = 0; i < ERPSYNC_METRICS_BOUNDS; i++) {
        erpsync_json_uint(w, NULL, erpsync_metrics_bounds[i]);
    }

    erpsync_json_close(w, ']');
    erpsync_json_histogram(w, "total", m->buckets);
    erpsync_metrics_hour_buckets(m, buckets);
    erpsync_json_histogram(w, "hour", buckets);
    erpsync_json_close(w, '}');
}


static void
erpsync_json_quantiles(erpsync_writer_t *w, const char *name,
    const erpsync_metrics_t *m, unsigned percent)
{
    size_t    i, k;
    uint64_t  buckets[ERPSYNC_METRICS_BUCKETS];

    erpsync_json_open(w, name, '[');

    for (i = 0; i < ERPSYNC_METRICS_MINUTES; i++) {

        for (k = 0; k < ERPSYNC_METRICS_BUCKETS; k++) {
            buckets[k] = m->minutes[i].buckets[k];
        }

        erpsync_json_uint(w, NULL, erpsync_metrics_quantile(buckets, percent));
    }

    erpsync_json_close(w, ']');
}


static void
erpsync_json_minutes(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t  i, d;

    static const char  *decisions[] = { "allow", "deny", "report", "abort" };
    static const char  *results[] = { "true", "false" };

    erpsync_json_open(w, "minutes", '{');
    erpsync_json_uint(w, "first", (uint64_t) (m->now - m->now % 60
                                  - 60 * (ERPSYNC_METRICS_MINUTES - 1)));

    for (d = 0; d < ERPSYNC_DECISIONS; d++) {
        erpsync_json_open(w, decisions[d], '[');

        for (i = 0; i < ERPSYNC_METRICS_MINUTES; i++) {
            erpsync_json_uint(w, NULL, m->minutes[i].decisions[d]);
        }

        erpsync_json_close(w, ']');
    }

    for (d = 0; d < ERPSYNC_RESULTS; d++) {
        erpsync_json_open(w, results[d], '[');

        for (i = 0; i < ERPSYNC_METRICS_MINUTES; i++) {
            erpsync_json_uint(w, NULL, m->minutes[i].results[d]);
        }

        erpsync_json_close(w, ']');
    }

    erpsync_json_quantiles(w, "gate_p50", m, 50);
    erpsync_json_quantiles(w, "gate_p99", m, 99);
    erpsync_json_close(w, '}');
}


static void
erpsync_json_registries(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t                             i;
    const erpsync_metrics_registry_t  *registry;

    erpsync_json_open(w, "registries", '[');

    for (i = 0; i < m->nregistries; i++) {
        registry = &m->registries[i];

        erpsync_json_open(w, NULL, '{');
        erpsync_json_text(w, "path", registry->path);
        erpsync_json_uint(w, "apps", registry->apps);
        erpsync_json_uint(w, "loaded", (uint64_t) registry->loaded);
        erpsync_json_uint(w, "reloads_ok", registry->reloads_ok);
        erpsync_json_uint(w, "reloads_failed", registry->reloads_failed);

        if (registry->error.len) {
            erpsync_json_open(w, "error", '{');
            erpsync_json_uint(w, "time", (uint64_t) registry->failed);
            erpsync_json_text(w, "text", registry->error);
            erpsync_json_close(w, '}');

        } else {
            erpsync_json_null(w, "error");
        }

        erpsync_json_close(w, '}');
    }

    erpsync_json_close(w, ']');
}


erpsync_rc_t
erpsync_metrics_json(erpsync_out_t *out, const erpsync_metrics_t *m)
{
    erpsync_writer_t  w = { out, ERPSYNC_OK, true };

    erpsync_json_open(&w, NULL, '{');
    erpsync_json_uint(&w, "version", 1);
    erpsync_json_uint(&w, "now", (uint64_t) m->now);
    erpsync_json_uint(&w, "since", (uint64_t) m->since);
    erpsync_json_requests(&w, m);
    erpsync_json_operations(&w, m);
    erpsync_json_reasons(&w, m);
    erpsync_json_apps(&w, m);
    erpsync_json_results(&w, m);
    erpsync_json_gate(&w, m);
    erpsync_json_minutes(&w, m);
    erpsync_json_registries(&w, m);
    erpsync_json_close(&w, '}');

    return w.rc;
}
