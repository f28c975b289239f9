
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
erpsync_json_requests(erpsync_writer_t *w, const erpsync_metrics_t *m,
    const erpsync_metrics_minute_t *last)
{
    size_t    i, d, k;
    uint64_t  total[ERPSYNC_DECISIONS], hour[ERPSYNC_DECISIONS];

    for (d = 0; d < ERPSYNC_DECISIONS; d++) {
        total[d] = erpsync_metrics_decided(m, (erpsync_decision_t) d);
        hour[d] = last->decisions[d];
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
erpsync_json_reasons(erpsync_writer_t *w, const erpsync_metrics_t *m,
    const erpsync_metrics_minute_t *last)
{
    size_t    i, d, k;
    uint64_t  total[ERPSYNC_DECISIONS], hour[ERPSYNC_DECISIONS];

    erpsync_json_open(w, "reasons", '[');

    for (k = ERPSYNC_REASON_OK + 1; k < ERPSYNC_REASON_COUNT; k++) {

        for (d = 0; d < ERPSYNC_DECISIONS; d++) {
            total[d] = 0;
            hour[d] = last->reasons[d][k];

            for (i = 0; i < ERPSYNC_METRICS_OPERATIONS; i++) {
                total[d] += m->requests[i][d][k];
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


/* Why an app's calls were refused, and what its bodies violate. */

static void
erpsync_json_causes(erpsync_writer_t *w, const erpsync_metrics_app_t *app)
{
    size_t                          i;
    const erpsync_metrics_cause_t  *cause;
    const erpsync_metrics_fault_t  *fault;

    erpsync_json_open(w, "reasons", '[');

    for (i = 0; i < app->ncauses; i++) {
        cause = &app->causes[i];

        erpsync_json_open(w, NULL, '{');
        erpsync_json_text(w, "decision",
                          erpsync_decision_name(cause->decision));
        erpsync_json_text(w, "reason", erpsync_reason_name(cause->reason));
        erpsync_json_uint(w, "total", cause->total);
        erpsync_json_uint(w, "hour", cause->hour);
        erpsync_json_close(w, '}');
    }

    erpsync_json_close(w, ']');
    erpsync_json_open(w, "violations", '[');

    for (i = 0; i < app->nfaults; i++) {
        fault = &app->faults[i];

        erpsync_json_open(w, NULL, '{');
        erpsync_json_text(w, "place", fault->place);
        erpsync_json_uint(w, "count", fault->count);
        erpsync_json_uint(w, "last", (uint64_t) fault->last);
        erpsync_json_close(w, '}');
    }

    erpsync_json_close(w, ']');
}


/* Writes a time that may be 0, not known, or INT64_MAX, never. */

static void
erpsync_json_expires(erpsync_writer_t *w, int64_t expires)
{
    if (expires <= 0 || expires == INT64_MAX) {
        erpsync_json_null(w, "expires");

    } else {
        erpsync_json_uint(w, "expires", (uint64_t) expires);
    }
}


static void
erpsync_json_app(erpsync_writer_t *w, const char *name,
    const erpsync_metrics_app_t *app)
{
    erpsync_json_open(w, name, '{');

    if (app->id.len) {
        erpsync_json_text(w, "app", app->id);
        erpsync_json_text(w, "name", app->name);
        erpsync_json_expires(w, app->expires);
    }

    erpsync_json_decisions(w, "total", app->total);
    erpsync_json_decisions(w, "hour", app->hour);
    erpsync_json_decisions(w, "recent", app->recent);

    if (app->refused) {
        erpsync_json_open(w, "refused", '{');
        erpsync_json_uint(w, "time", (uint64_t) app->refused);
        erpsync_json_text(w, "reason", erpsync_reason_name(app->reason));
        erpsync_json_close(w, '}');

    } else {
        erpsync_json_null(w, "refused");
    }

    erpsync_json_causes(w, app);
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

    erpsync_json_open(w, "expiring", '[');

    for (i = 0; i < m->nexpiries; i++) {
        erpsync_json_open(w, NULL, '{');
        erpsync_json_text(w, "app", m->expiries[i].id);
        erpsync_json_text(w, "name", m->expiries[i].name);
        erpsync_json_expires(w, m->expiries[i].expires);
        erpsync_json_close(w, '}');
    }

    erpsync_json_close(w, ']');
}


/* The names are literals; their spans end with a zero byte. */

static const char *
erpsync_json_literal(erpsync_str_t name)
{
    return (const char *) name.data;
}


static void
erpsync_json_answers(erpsync_writer_t *w, const char *name,
    const uint64_t answers[], uint64_t moved)
{
    size_t  i;

    erpsync_json_open(w, name, '{');

    for (i = 0; i < ERPSYNC_ANSWERS; i++) {
        erpsync_json_uint(w, erpsync_json_literal(
                             erpsync_answer_name((erpsync_answer_t) i)),
                          answers[i]);
    }

    erpsync_json_uint(w, "misdirected", moved);
    erpsync_json_close(w, '}');
}


static void
erpsync_json_result(erpsync_writer_t *w, const char *name,
    const uint64_t results[])
{
    size_t  i;

    erpsync_json_open(w, name, '{');

    for (i = 0; i < ERPSYNC_RESULTS; i++) {
        erpsync_json_uint(w, erpsync_json_literal(
                             erpsync_result_name((erpsync_result_t) i)),
                          results[i]);
    }

    erpsync_json_close(w, '}');
}


static void
erpsync_json_results(erpsync_writer_t *w, const erpsync_metrics_t *m,
    const erpsync_metrics_minute_t *last)
{
    size_t    i;
    uint64_t  results[ERPSYNC_RESULTS], answers[ERPSYNC_ANSWERS];

    for (i = 0; i < ERPSYNC_RESULTS; i++) {
        results[i] = last->results[i];
    }

    for (i = 0; i < ERPSYNC_ANSWERS; i++) {
        answers[i] = last->answers[i];
    }

    erpsync_json_open(w, "results", '{');
    erpsync_json_result(w, "total", m->results);
    erpsync_json_result(w, "hour", results);
    erpsync_json_close(w, '}');

    erpsync_json_open(w, "upstream", '{');
    erpsync_json_answers(w, "total", m->answers, m->moved);
    erpsync_json_answers(w, "hour", answers, last->moved);

    if (m->moved_last) {
        erpsync_json_open(w, "last_misdirected", '{');
        erpsync_json_text(w, "tenant", m->moved_tenant);
        erpsync_json_uint(w, "time", (uint64_t) m->moved_last);
        erpsync_json_close(w, '}');

    } else {
        erpsync_json_null(w, "last_misdirected");
    }

    erpsync_json_close(w, '}');
}


static void
erpsync_json_bodies(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t  i;

    erpsync_json_open(w, "body_bytes", '{');
    erpsync_json_uint(w, "in", m->bytes[ERPSYNC_DIRECTION_IN]);
    erpsync_json_uint(w, "out", m->bytes[ERPSYNC_DIRECTION_OUT]);
    erpsync_json_close(w, '}');

    erpsync_json_open(w, "unknown_properties", '[');

    for (i = 0; i < ERPSYNC_METRICS_OPERATIONS; i++) {

        if (m->unknown[i] == 0) {
            continue;
        }

        erpsync_json_open(w, NULL, '{');
        erpsync_json_text(w, "operation", erpsync_metrics_operation(i));
        erpsync_json_uint(w, "count", m->unknown[i]);
        erpsync_json_close(w, '}');
    }

    erpsync_json_close(w, ']');
}


static void
erpsync_json_buckets(erpsync_writer_t *w, const char *name,
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
erpsync_json_widen(uint64_t buckets[], const uint32_t counts[])
{
    size_t  i;

    for (i = 0; i < ERPSYNC_METRICS_BUCKETS; i++) {
        buckets[i] = counts[i];
    }
}


static void
erpsync_json_histogram(erpsync_writer_t *w, const char *name,
    const erpsync_metrics_histogram_t *total, const uint32_t hour[])
{
    size_t    i;
    uint64_t  buckets[ERPSYNC_METRICS_BUCKETS];

    erpsync_json_open(w, name, '{');
    erpsync_json_uint(w, "sum", total->sum);
    erpsync_json_open(w, "bounds", '[');

    for (i = 0; i < ERPSYNC_METRICS_BOUNDS; i++) {
        erpsync_json_uint(w, NULL, erpsync_metrics_bounds[i]);
    }

    erpsync_json_close(w, ']');
    erpsync_json_buckets(w, "total", total->buckets);
    erpsync_json_widen(buckets, hour);
    erpsync_json_buckets(w, "hour", buckets);
    erpsync_json_close(w, '}');
}


/*
 * Writes 60 numbers, one of each minute: the one at "first" in the first
 * minute, and those at the same offset in the others.
 */

static void
erpsync_json_series(erpsync_writer_t *w, const char *name,
    const uint32_t *first)
{
    size_t  i;

    erpsync_json_open(w, name, '[');

    for (i = 0; i < ERPSYNC_METRICS_MINUTES; i++) {
        erpsync_json_uint(w, NULL,
              first[i * (sizeof(erpsync_metrics_minute_t)
                         / sizeof(uint32_t))]);
    }

    erpsync_json_close(w, ']');
}


/* The same of times that "percent" of the requests did not exceed. */

static void
erpsync_json_quantiles(erpsync_writer_t *w, const char *name,
    const uint32_t *first, unsigned percent)
{
    size_t    i;
    uint64_t  buckets[ERPSYNC_METRICS_BUCKETS];

    erpsync_json_open(w, name, '[');

    for (i = 0; i < ERPSYNC_METRICS_MINUTES; i++) {
        erpsync_json_widen(buckets,
              first + i * (sizeof(erpsync_metrics_minute_t)
                           / sizeof(uint32_t)));
        erpsync_json_uint(w, NULL, erpsync_metrics_quantile(buckets, percent));
    }

    erpsync_json_close(w, ']');
}


static void
erpsync_json_minutes(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t                           i;
    const erpsync_metrics_minute_t  *first;

    first = &m->minutes[0];

    erpsync_json_open(w, "minutes", '{');
    erpsync_json_uint(w, "first", (uint64_t) (m->now - m->now % 60
                                  - 60 * (ERPSYNC_METRICS_MINUTES - 1)));

    for (i = 0; i < ERPSYNC_DECISIONS; i++) {
        erpsync_json_series(w, erpsync_json_literal(
                               erpsync_decision_name((erpsync_decision_t) i)),
                            &first->decisions[i]);
    }

    for (i = 0; i < ERPSYNC_RESULTS; i++) {
        erpsync_json_series(w, erpsync_json_literal(
                               erpsync_result_name((erpsync_result_t) i)),
                            &first->results[i]);
    }

    for (i = 0; i < ERPSYNC_ANSWERS; i++) {
        erpsync_json_series(w, erpsync_json_literal(
                               erpsync_answer_name((erpsync_answer_t) i)),
                            &first->answers[i]);
    }

    erpsync_json_series(w, "misdirected", &first->moved);
    erpsync_json_quantiles(w, "gate_p50", first->gate, 50);
    erpsync_json_quantiles(w, "gate_p99", first->gate, 99);
    erpsync_json_quantiles(w, "upstream_p50", first->upstream, 50);
    erpsync_json_quantiles(w, "upstream_p99", first->upstream, 99);
    erpsync_json_close(w, '}');
}


/* Writes registries, with their apps, or tenants files. */

static void
erpsync_json_files(erpsync_writer_t *w, const char *name,
    const erpsync_metrics_t *m, bool tenants)
{
    size_t                         i;
    const erpsync_metrics_file_t  *file;

    erpsync_json_open(w, name, '[');

    for (i = 0; i < m->nfiles; i++) {
        file = &m->files[i];

        if (file->tenants != tenants) {
            continue;
        }

        erpsync_json_open(w, NULL, '{');
        erpsync_json_text(w, "path", file->path);

        if (tenants) {
            erpsync_json_uint(w, "tenants", file->entries);

        } else {
            erpsync_json_text(w, "digest", file->digest);
            erpsync_json_uint(w, "apps", file->entries);
        }

        erpsync_json_uint(w, "loaded", (uint64_t) file->loaded);
        erpsync_json_uint(w, "reloads_ok", file->reloads_ok);
        erpsync_json_uint(w, "reloads_failed", file->reloads_failed);

        if (file->error.len) {
            erpsync_json_open(w, "error", '{');
            erpsync_json_uint(w, "time", (uint64_t) file->failed);
            erpsync_json_text(w, "text", file->error);
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
    erpsync_writer_t          w = { out, ERPSYNC_OK, true };
    erpsync_metrics_minute_t  hour;

    static const erpsync_str_t  version = erpsync_string(ERPSYNC_VERSION);

    erpsync_metrics_hour(m, &hour);

    erpsync_json_open(&w, NULL, '{');
    erpsync_json_uint(&w, "version", 1);

    erpsync_json_open(&w, "build", '{');
    erpsync_json_text(&w, "version", version);
    erpsync_json_text(&w, "nginx", m->server);
    erpsync_json_close(&w, '}');

    erpsync_json_uint(&w, "now", (uint64_t) m->now);
    erpsync_json_uint(&w, "since", (uint64_t) m->since);
    erpsync_json_requests(&w, m, &hour);
    erpsync_json_operations(&w, m);
    erpsync_json_reasons(&w, m, &hour);
    erpsync_json_apps(&w, m);
    erpsync_json_results(&w, m, &hour);
    erpsync_json_bodies(&w, m);
    erpsync_json_histogram(&w, "gate_nanoseconds", &m->gate, hour.gate);
    erpsync_json_histogram(&w, "upstream_microseconds", &m->upstream,
                           hour.upstream);
    erpsync_json_minutes(&w, m);
    erpsync_json_files(&w, "registries", m, false);
    erpsync_json_files(&w, "tenants", m, true);
    erpsync_json_close(&w, '}');

    return w.rc;
}
