
#include "ngx_http_erpsync_zone.h"


/* Refusals of an app by reason; the first index is 0 for DENY, 1 for REPORT. */

typedef struct {
    uint64_t                      total[2][ERPSYNC_REASON_COUNT];
    uint64_t                      hour[2][ERPSYNC_REASON_COUNT];
} ngx_http_erpsync_causes_t;


static void ngx_http_erpsync_gather_stripe(erpsync_metrics_t *m,
    ngx_http_erpsync_stripe_t *stripe, uint32_t minute);
static ngx_int_t ngx_http_erpsync_gather_moved(erpsync_metrics_t *m,
    ngx_http_erpsync_zone_t *zone, ngx_pool_t *pool);
static void ngx_http_erpsync_gather_histogram(erpsync_metrics_histogram_t *to,
    ngx_http_erpsync_histogram_t *from);
static void ngx_http_erpsync_gather_tally(erpsync_metrics_app_t *app,
    ngx_http_erpsync_tally_t *tally, uint32_t minute);
static ngx_int_t ngx_http_erpsync_gather_refusals(erpsync_metrics_app_t *app,
    ngx_http_erpsync_zone_t *zone, ngx_http_erpsync_tally_t *tallies[],
    ngx_uint_t n, ngx_pool_t *pool);
static void ngx_http_erpsync_gather_causes(ngx_http_erpsync_causes_t *causes,
    ngx_http_erpsync_tally_t *tally);
static ngx_int_t ngx_http_erpsync_gather_faults(erpsync_metrics_app_t *app,
    ngx_http_erpsync_zone_t *zone, ngx_http_erpsync_tally_t *tally,
    ngx_uint_t n, ngx_pool_t *pool);
static ngx_int_t ngx_http_erpsync_gather_apps(erpsync_metrics_t *m,
    ngx_http_erpsync_zone_t *zone, ngx_pool_t *pool, uint32_t minute);


static ngx_inline uint64_t
ngx_http_erpsync_read(ngx_http_erpsync_counter_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}


/* Returns the count of a minute; 0 if the cell is of another minute. */

static ngx_inline uint32_t
ngx_http_erpsync_read_cell(ngx_http_erpsync_cell_t *cell, uint32_t minute)
{
    uint64_t  value;

    value = atomic_load_explicit(cell, memory_order_relaxed);

    return ((uint32_t) (value >> 32) == minute) ? (uint32_t) value : 0;
}


erpsync_metrics_t *
ngx_http_erpsync_gather_metrics(ngx_http_erpsync_main_conf_t *emcf,
    ngx_pool_t *pool)
{
    uint32_t                     minute;
    ngx_uint_t                   i;
    erpsync_metrics_t           *m;
    ngx_http_erpsync_tally_t    *tallies[NGX_HTTP_ERPSYNC_ZONE_STRIPES];
    ngx_http_erpsync_tally_t    *other;
    ngx_http_erpsync_zone_sh_t  *sh;

    m = ngx_pcalloc(pool, sizeof(erpsync_metrics_t)
                          + ERPSYNC_METRICS_EXPIRING
                            * sizeof(erpsync_metrics_expiry_t));
    if (m == NULL) {
        return NULL;
    }

    m->expiries = (erpsync_metrics_expiry_t *) (m + 1);

    sh = emcf->zone->sh;
    other = &sh->other;

    m->server = erpsync_span(NGINX_VERSION, sizeof(NGINX_VERSION) - 1);
    m->now = ngx_time();
    m->since = sh->since;
    minute = ngx_http_erpsync_minute((time_t) m->now);

    for (i = 0; i < sh->nstripes; i++) {
        ngx_http_erpsync_gather_stripe(m, &sh->stripes[i], minute);
        tallies[i] = &sh->stripes[i].no_app;
    }

    m->other.id = erpsync_span("other", sizeof("other") - 1);
    ngx_http_erpsync_gather_tally(&m->other, &sh->other, minute);

    if (ngx_http_erpsync_gather_refusals(&m->no_app, emcf->zone, tallies, i,
                                         pool)
        != NGX_OK
        || ngx_http_erpsync_gather_refusals(&m->other, emcf->zone, &other, 1,
                                            pool)
           != NGX_OK
        || ngx_http_erpsync_gather_moved(m, emcf->zone, pool) != NGX_OK
        || ngx_http_erpsync_gather_apps(m, emcf->zone, pool, minute) != NGX_OK
        || ngx_http_erpsync_gather_files(m, emcf, pool) != NGX_OK)
    {
        return NULL;
    }

    ngx_http_erpsync_gather_expiries(m, emcf);

    return m;
}


/* Adds the cells of one minute. */

static void
ngx_http_erpsync_gather_minute(erpsync_metrics_minute_t *to,
    ngx_http_erpsync_minute_t *from, uint32_t at)
{
    uint32_t    n;
    ngx_uint_t  d, k;

    for (d = 0; d < ERPSYNC_DECISIONS; d++) {
        for (k = 0; k < ERPSYNC_REASON_COUNT; k++) {
            n = ngx_http_erpsync_read_cell(&from->reasons[d][k], at);

            to->reasons[d][k] += n;
            to->decisions[d] += n;
        }
    }

    for (k = 0; k < ERPSYNC_RESULTS; k++) {
        to->results[k] += ngx_http_erpsync_read_cell(&from->results[k], at);
    }

    for (k = 0; k < ERPSYNC_ANSWERS; k++) {
        to->answers[k] += ngx_http_erpsync_read_cell(&from->answers[k], at);
    }

    to->moved += ngx_http_erpsync_read_cell(&from->moved, at);

    for (k = 0; k < ERPSYNC_METRICS_BUCKETS; k++) {
        to->gate[k] += ngx_http_erpsync_read_cell(&from->gate[k], at);
        to->upstream[k] += ngx_http_erpsync_read_cell(&from->upstream[k], at);
    }
}


static void
ngx_http_erpsync_gather_stripe(erpsync_metrics_t *m,
    ngx_http_erpsync_stripe_t *stripe, uint32_t minute)
{
    uint32_t    at;
    ngx_uint_t  i, d, k;

    for (i = 0; i < ERPSYNC_METRICS_OPERATIONS; i++) {

        m->unknown[i] += ngx_http_erpsync_read(&stripe->unknown[i]);

        for (d = 0; d < ERPSYNC_DECISIONS; d++) {

            for (k = 0; k < ERPSYNC_REASON_COUNT; k++) {
                m->requests[i][d][k] +=
                       ngx_http_erpsync_read(&stripe->requests[i][d][k]);
            }

            for (k = 0; k < ERPSYNC_METRICS_MINUTES; k++) {
                at = minute - k;
                m->hour[i][d] += ngx_http_erpsync_read_cell(
                    &stripe->operations[i][at % NGX_HTTP_ERPSYNC_ZONE_MINUTES]
                                       [d], at);
            }
        }
    }

    for (k = 0; k < ERPSYNC_RESULTS; k++) {
        m->results[k] += ngx_http_erpsync_read(&stripe->results[k]);
    }

    for (k = 0; k < ERPSYNC_ANSWERS; k++) {
        m->answers[k] += ngx_http_erpsync_read(&stripe->answers[k]);
    }

    m->moved += ngx_http_erpsync_read(&stripe->moved);

    for (k = 0; k < ERPSYNC_DIRECTIONS; k++) {
        m->bytes[k] += ngx_http_erpsync_read(&stripe->bytes[k]);
    }

    ngx_http_erpsync_gather_histogram(&m->gate, &stripe->gate);
    ngx_http_erpsync_gather_histogram(&m->upstream, &stripe->upstream);

    for (i = 0; i < ERPSYNC_METRICS_MINUTES; i++) {
        at = minute - (ERPSYNC_METRICS_MINUTES - 1) + i;
        ngx_http_erpsync_gather_minute(&m->minutes[i],
                   &stripe->minutes[at % NGX_HTTP_ERPSYNC_ZONE_MINUTES], at);
    }

    ngx_http_erpsync_gather_tally(&m->no_app, &stripe->no_app, minute);
}


static ngx_int_t
ngx_http_erpsync_gather_moved(erpsync_metrics_t *m,
    ngx_http_erpsync_zone_t *zone, ngx_pool_t *pool)
{
    u_char  *p;

    p = ngx_pnalloc(pool, sizeof(zone->sh->moved.tenant));
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&zone->shpool->mutex);

    ngx_memcpy(p, zone->sh->moved.tenant, zone->sh->moved.len);
    m->moved_tenant = erpsync_span(p, zone->sh->moved.len);
    m->moved_last = zone->sh->moved.last;

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return NGX_OK;
}


static void
ngx_http_erpsync_gather_histogram(erpsync_metrics_histogram_t *to,
    ngx_http_erpsync_histogram_t *from)
{
    ngx_uint_t  k;

    for (k = 0; k < ERPSYNC_METRICS_BUCKETS; k++) {
        to->buckets[k] += ngx_http_erpsync_read(&from->buckets[k]);
    }

    to->sum += ngx_http_erpsync_read(&from->sum);
}


/* Adds a tally's decisions to those of "app". */

static void
ngx_http_erpsync_gather_tally(erpsync_metrics_app_t *app,
    ngx_http_erpsync_tally_t *tally, uint32_t minute)
{
    uint32_t    n, at;
    uint64_t    refused;
    ngx_uint_t  d, k;

    for (d = 0; d < ERPSYNC_DECISIONS; d++) {
        app->total[d] += ngx_http_erpsync_read(&tally->total[d]);

        for (k = 0; k < ERPSYNC_METRICS_MINUTES; k++) {
            at = minute - k;
            n = ngx_http_erpsync_read_cell(
                &tally->minutes[at % NGX_HTTP_ERPSYNC_ZONE_MINUTES][d], at);

            app->hour[d] += n;
            app->recent[d] += (k < 5) ? n : 0;
        }
    }

    refused = ngx_http_erpsync_read(&tally->refused);

    if ((int64_t) (refused >> 8) > app->refused) {
        app->refused = (int64_t) (refused >> 8);
        app->reason = (erpsync_reason_t) (refused & 0xff);
    }
}


/* Sets app->causes and app->faults to the sums of "n" tallies. */

static ngx_int_t
ngx_http_erpsync_gather_refusals(erpsync_metrics_app_t *app,
    ngx_http_erpsync_zone_t *zone, ngx_http_erpsync_tally_t *tallies[],
    ngx_uint_t n, ngx_pool_t *pool)
{
    ngx_uint_t                  i, d, k;
    erpsync_metrics_cause_t    *cause;
    ngx_http_erpsync_causes_t   causes;

    if (app->refused == 0) {
        return NGX_OK;
    }

    ngx_memzero(&causes, sizeof(ngx_http_erpsync_causes_t));

    for (i = 0; i < n; i++) {
        ngx_http_erpsync_gather_causes(&causes, tallies[i]);

        if (ngx_http_erpsync_gather_faults(app, zone, tallies[i], n, pool)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    n = 0;

    for (k = 0; k < ERPSYNC_REASON_COUNT; k++) {
        n += (causes.total[0][k] != 0) + (causes.total[1][k] != 0);
    }

    app->causes = ngx_palloc(pool, n * sizeof(erpsync_metrics_cause_t));
    if (app->causes == NULL) {
        return NGX_ERROR;
    }

    for (d = 0; d < 2; d++) {
        for (k = 0; k < ERPSYNC_REASON_COUNT; k++) {

            if (causes.total[d][k] == 0) {
                continue;
            }

            cause = &app->causes[app->ncauses++];
            cause->decision = d ? ERPSYNC_DECISION_REPORT
                                : ERPSYNC_DECISION_DENY;
            cause->reason = (erpsync_reason_t) k;
            cause->total = causes.total[d][k];
            cause->hour = causes.hour[d][k];
        }
    }

    return NGX_OK;
}


/*
 * Adds the reasons of a tally.  The last hour is the step that has begun and
 * the eleven steps before it.
 */

static void
ngx_http_erpsync_gather_causes(ngx_http_erpsync_causes_t *causes,
    ngx_http_erpsync_tally_t *tally)
{
    uint32_t                  step, at, cause;
    uint64_t                  value;
    ngx_uint_t                i, k, d;
    ngx_http_erpsync_cell_t  *cells;

    for (d = 0; d < 2; d++) {
        for (k = 0; k < ERPSYNC_REASON_COUNT; k++) {
            causes->total[d][k] +=
                              ngx_http_erpsync_read(&tally->reasons[d][k]);
        }
    }

    step = (uint32_t) (ngx_time() / NGX_HTTP_ERPSYNC_ZONE_STEP);

    for (i = 0; i < 3600 / NGX_HTTP_ERPSYNC_ZONE_STEP; i++) {
        at = step - i;
        cells = tally->causes[at % NGX_HTTP_ERPSYNC_ZONE_STEPS];

        for (k = 0; k < NGX_HTTP_ERPSYNC_ZONE_CAUSES; k++) {
            value = ngx_http_erpsync_read(&cells[k]);
            cause = (uint32_t) (value >> 32);
            d = (cause >> 7) & 1;

            if (cause == ngx_http_erpsync_cause(at, d, cause & 0x7f)
                && (cause & 0x7f) < ERPSYNC_REASON_COUNT)
            {
                causes->hour[d][cause & 0x7f] += (uint32_t) value;
            }
        }
    }
}


/* Adds the faults of one of "n" tallies to those of "app". */

static ngx_int_t
ngx_http_erpsync_gather_faults(erpsync_metrics_app_t *app,
    ngx_http_erpsync_zone_t *zone, ngx_http_erpsync_tally_t *tally,
    ngx_uint_t n, ngx_pool_t *pool)
{
    u_char                    *p;
    size_t                     i, k;
    erpsync_metrics_fault_t   *to;
    ngx_http_erpsync_fault_t   faults[NGX_HTTP_ERPSYNC_ZONE_FAULTS], *from;

    ngx_shmtx_lock(&zone->shpool->mutex);
    ngx_memcpy(faults, tally->faults, sizeof(faults));
    ngx_shmtx_unlock(&zone->shpool->mutex);

    for (i = 0; i < NGX_HTTP_ERPSYNC_ZONE_FAULTS; i++) {
        from = &faults[i];

        if (from->len == 0) {
            continue;
        }

        if (app->faults == NULL) {
            app->faults = ngx_pcalloc(pool, n * NGX_HTTP_ERPSYNC_ZONE_FAULTS
                                            * sizeof(erpsync_metrics_fault_t));
            if (app->faults == NULL) {
                return NGX_ERROR;
            }
        }

        for (k = 0; k < app->nfaults; k++) {
            if (app->faults[k].place.len == from->len
                && ngx_memcmp(app->faults[k].place.data, from->place,
                              from->len)
                   == 0)
            {
                break;
            }
        }

        to = &app->faults[k];

        if (k == app->nfaults) {
            p = ngx_pnalloc(pool, from->len);
            if (p == NULL) {
                return NGX_ERROR;
            }

            ngx_memcpy(p, from->place, from->len);
            to->place = erpsync_span(p, from->len);
            app->nfaults++;
        }

        to->count += from->count - from->floor;
        to->last = ngx_max(to->last, (int64_t) from->last);
    }

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_http_erpsync_compare_apps(const void *one, const void *two)
{
    const erpsync_metrics_app_t  *first = one;
    const erpsync_metrics_app_t  *second = two;

    return ngx_http_erpsync_compare_ids(first->id, second->id);
}


static ngx_int_t
ngx_http_erpsync_gather_apps(erpsync_metrics_t *m,
    ngx_http_erpsync_zone_t *zone, ngx_pool_t *pool, uint32_t minute)
{
    size_t                       len;
    uint64_t                    *words;
    ngx_uint_t                   i, k, n;
    erpsync_metrics_app_t       *app;
    ngx_http_erpsync_slot_t     *slot;
    ngx_http_erpsync_tally_t    *tally;
    ngx_http_erpsync_zone_sh_t  *sh;

    sh = zone->sh;
    n = 0;

    for (i = 0; i < sh->nslots; i++) {
        n += (ngx_http_erpsync_read(&sh->keys[i]) != 0);
    }

    m->capacity = sh->nslots;
    m->apps = ngx_pcalloc(pool, (n + 1) * sizeof(erpsync_metrics_app_t));

    if (m->apps == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < sh->nslots && m->napps < n; i++) {

        if (ngx_http_erpsync_read(&sh->keys[i]) == 0) {
            continue;
        }

        slot = &sh->slots[i];
        len = (size_t) atomic_load_explicit(&slot->ready,
                                            memory_order_acquire);

        if (len == 0) {
            continue;
        }

        words = ngx_palloc(pool, sizeof(slot->id));
        if (words == NULL) {
            return NGX_ERROR;
        }

        for (k = 0; k < 8; k++) {
            words[k] = ngx_http_erpsync_read(&slot->id[k]);
        }

        app = &m->apps[m->napps++];
        app->id = erpsync_span(words, len);
        tally = &slot->tally;

        ngx_http_erpsync_gather_tally(app, tally, minute);

        if (ngx_http_erpsync_gather_refusals(app, zone, &tally, 1, pool)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_qsort(m->apps, m->napps, sizeof(erpsync_metrics_app_t),
              ngx_http_erpsync_compare_apps);

    return NGX_OK;
}
