
#include "ngx_http_erpsync_zone.h"


static void ngx_http_erpsync_gather_stripe(erpsync_metrics_t *m,
    ngx_http_erpsync_stripe_t *stripe, uint32_t minute);
static void ngx_http_erpsync_gather_tally(erpsync_metrics_app_t *app,
    ngx_http_erpsync_tally_t *tally, uint32_t minute);
static ngx_int_t ngx_http_erpsync_gather_apps(erpsync_metrics_t *m,
    ngx_http_erpsync_zone_sh_t *sh, ngx_pool_t *pool, uint32_t minute);
static ngx_int_t ngx_http_erpsync_gather_registries(erpsync_metrics_t *m,
    ngx_http_erpsync_main_conf_t *emcf, ngx_pool_t *pool);


static ngx_inline uint64_t
ngx_http_erpsync_read(ngx_http_erpsync_counter_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}


/* What a cell holds of "minute"; it may be from an hour before. */

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
    ngx_http_erpsync_zone_sh_t  *sh;

    m = ngx_pcalloc(pool, sizeof(erpsync_metrics_t));
    if (m == NULL) {
        return NULL;
    }

    sh = emcf->zone->sh;

    m->now = ngx_time();
    m->since = sh->since;
    minute = ngx_http_erpsync_minute((time_t) m->now);

    for (i = 0; i < sh->nstripes; i++) {
        ngx_http_erpsync_gather_stripe(m, &sh->stripes[i], minute);
    }

    m->other.id = erpsync_span("other", sizeof("other") - 1);
    ngx_http_erpsync_gather_tally(&m->other, &sh->other, minute);

    if (ngx_http_erpsync_gather_apps(m, sh, pool, minute) != NGX_OK
        || ngx_http_erpsync_gather_registries(m, emcf, pool) != NGX_OK)
    {
        return NULL;
    }

    return m;
}


static void
ngx_http_erpsync_gather_minutes(erpsync_metrics_t *m,
    ngx_http_erpsync_stripe_t *stripe, uint32_t minute)
{
    uint32_t                   n, at;
    ngx_uint_t                 i, k, d;
    ngx_http_erpsync_cell_t   *cells;
    erpsync_metrics_minute_t  *to;

    for (i = 0; i < ERPSYNC_METRICS_MINUTES; i++) {
        at = minute - (ERPSYNC_METRICS_MINUTES - 1) + i;
        cells = stripe->minutes[at % NGX_HTTP_ERPSYNC_ZONE_MINUTES];
        to = &m->minutes[i];

        for (d = 0; d < ERPSYNC_DECISIONS; d++) {
            for (k = 0; k < ERPSYNC_REASON_COUNT; k++) {
                n = ngx_http_erpsync_read_cell(
                              &cells[NGX_HTTP_ERPSYNC_CELL_REASONS
                                     + d * ERPSYNC_REASON_COUNT + k], at);

                to->reasons[d][k] += n;
                to->decisions[d] += n;
            }
        }

        for (k = 0; k < ERPSYNC_RESULTS; k++) {
            to->results[k] += ngx_http_erpsync_read_cell(
                          &cells[NGX_HTTP_ERPSYNC_CELL_RESULTS + k], at);
        }

        for (k = 0; k < ERPSYNC_METRICS_BUCKETS; k++) {
            to->buckets[k] += ngx_http_erpsync_read_cell(
                          &cells[NGX_HTTP_ERPSYNC_CELL_BUCKETS + k], at);
        }
    }
}


static void
ngx_http_erpsync_gather_stripe(erpsync_metrics_t *m,
    ngx_http_erpsync_stripe_t *stripe, uint32_t minute)
{
    uint32_t    at;
    ngx_uint_t  i, d, k;

    for (i = 0; i < ERPSYNC_METRICS_OPERATIONS; i++) {
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

    for (k = 0; k < ERPSYNC_DIRECTIONS; k++) {
        m->bytes[k] += ngx_http_erpsync_read(&stripe->bytes[k]);
    }

    for (k = 0; k < ERPSYNC_METRICS_BUCKETS; k++) {
        m->buckets[k] += ngx_http_erpsync_read(&stripe->buckets[k]);
    }

    m->gate_time += ngx_http_erpsync_read(&stripe->gate_time);

    ngx_http_erpsync_gather_minutes(m, stripe, minute);
    ngx_http_erpsync_gather_tally(&m->no_app, &stripe->no_app, minute);
}


/* Adds a tally to what "app" holds. */

static void
ngx_http_erpsync_gather_tally(erpsync_metrics_app_t *app,
    ngx_http_erpsync_tally_t *tally, uint32_t minute)
{
    uint32_t    at;
    uint64_t    refused;
    ngx_uint_t  d, k;

    for (d = 0; d < ERPSYNC_DECISIONS; d++) {
        app->total[d] += ngx_http_erpsync_read(&tally->total[d]);

        for (k = 0; k < ERPSYNC_METRICS_MINUTES; k++) {
            at = minute - k;
            app->hour[d] += ngx_http_erpsync_read_cell(
                &tally->minutes[at % NGX_HTTP_ERPSYNC_ZONE_MINUTES][d], at);
        }
    }

    refused = ngx_http_erpsync_read(&tally->refused);

    if ((int64_t) (refused >> 8) > app->refused) {
        app->refused = (int64_t) (refused >> 8);
        app->reason = (erpsync_reason_t) (refused & 0xff);
    }
}


static int ngx_libc_cdecl
ngx_http_erpsync_compare_apps(const void *one, const void *two)
{
    int                           rc;
    const erpsync_metrics_app_t  *first = one;
    const erpsync_metrics_app_t  *second = two;

    rc = ngx_memcmp(first->id.data, second->id.data,
                    ngx_min(first->id.len, second->id.len));

    return rc ? rc : (first->id.len > second->id.len) ? 1 : -1;
}


static ngx_int_t
ngx_http_erpsync_gather_apps(erpsync_metrics_t *m,
    ngx_http_erpsync_zone_sh_t *sh, ngx_pool_t *pool, uint32_t minute)
{
    size_t                    len;
    uint64_t                 *words;
    ngx_uint_t                i, k, n;
    ngx_http_erpsync_slot_t  *slot;

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

        m->apps[m->napps].id = erpsync_span(words, len);
        ngx_http_erpsync_gather_tally(&m->apps[m->napps], &slot->tally,
                                      minute);
        m->napps++;
    }

    ngx_qsort(m->apps, m->napps, sizeof(erpsync_metrics_app_t),
              ngx_http_erpsync_compare_apps);

    return NGX_OK;
}


/* Those of this configuration; others may have been in use before. */

static ngx_int_t
ngx_http_erpsync_gather_registries(erpsync_metrics_t *m,
    ngx_http_erpsync_main_conf_t *emcf, ngx_pool_t *pool)
{
    u_char                             *p;
    ngx_uint_t                          i;
    erpsync_metrics_registry_t         *to;
    ngx_http_erpsync_file_t           **registries;
    ngx_http_erpsync_zone_registry_t   *from;

    registries = emcf->files.elts;

    m->registries = ngx_pcalloc(pool, (emcf->files.nelts + 1)
                                      * sizeof(erpsync_metrics_registry_t));
    if (m->registries == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < emcf->files.nelts; i++) {

        p = ngx_pnalloc(pool, ERPSYNC_REGISTRY_ERROR_LEN);
        if (p == NULL) {
            return NGX_ERROR;
        }

        to = &m->registries[m->nregistries];
        to->path = ngx_http_erpsync_span(&registries[i]->path);

        ngx_shmtx_lock(&emcf->zone->shpool->mutex);

        from = ngx_http_erpsync_zone_find(emcf->zone->sh,
                                          &registries[i]->path);

        if (from) {
            to->apps = from->apps;
            to->loaded = from->loaded;
            to->reloads_ok = from->ok;
            to->reloads_failed = from->failed;
            to->failed = from->failed_at;
            ngx_memcpy(p, from->error, from->error_len);
            to->error = erpsync_span(p, from->error_len);
            m->nregistries++;
        }

        ngx_shmtx_unlock(&emcf->zone->shpool->mutex);
    }

    return NGX_OK;
}
