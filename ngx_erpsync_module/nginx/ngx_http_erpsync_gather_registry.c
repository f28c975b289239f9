
#include "ngx_http_erpsync_file.h"
#include "ngx_http_erpsync_zone.h"


/* At most so many apps of a registry are read, so that a scrape stays short. */

#define NGX_HTTP_ERPSYNC_GATHER_APPS  20000


static const erpsync_registry_t *ngx_http_erpsync_gather_registry(
    ngx_http_erpsync_file_t *file);
static void ngx_http_erpsync_gather_app(erpsync_metrics_t *m,
    erpsync_metrics_expiry_t *expiry);
static void ngx_http_erpsync_gather_expiry(erpsync_metrics_t *m,
    erpsync_metrics_expiry_t *expiry);
static void ngx_http_erpsync_gather_first(erpsync_metrics_t *m);


/* Returns the snapshot of a registry; NULL for another kind of file. */

static const erpsync_registry_t *
ngx_http_erpsync_gather_registry(ngx_http_erpsync_file_t *file)
{
    return (file->kind == &erpsync_registry_kind)
           ? ngx_http_erpsync_file_current(file) : NULL;
}


/* Adds the files of this configuration; the zone may have older ones, too. */

ngx_int_t
ngx_http_erpsync_gather_files(erpsync_metrics_t *m,
    ngx_http_erpsync_main_conf_t *emcf, ngx_pool_t *pool)
{
    u_char                             *p;
    ngx_uint_t                          i;
    const erpsync_registry_t           *registry;
    erpsync_metrics_file_t             *to;
    ngx_http_erpsync_file_t           **files;
    ngx_http_erpsync_zone_registry_t   *from;

    files = emcf->files.elts;

    m->files = ngx_pcalloc(pool, (emcf->files.nelts + 1)
                                 * sizeof(erpsync_metrics_file_t));
    if (m->files == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < emcf->files.nelts; i++) {

        p = ngx_pnalloc(pool, ERPSYNC_REGISTRY_ERROR_LEN);
        if (p == NULL) {
            return NGX_ERROR;
        }

        to = &m->files[m->nfiles];
        to->path = ngx_http_erpsync_span(&files[i]->path);
        to->tenants = (files[i]->kind == &erpsync_tenants_kind);
        registry = ngx_http_erpsync_gather_registry(files[i]);

        if (registry) {
            to->digest = erpsync_registry_digest(registry);
        }

        ngx_shmtx_lock(&emcf->zone->shpool->mutex);

        from = ngx_http_erpsync_zone_find(emcf->zone->sh, &files[i]->path);

        if (from) {
            to->entries = from->apps;
            to->loaded = from->loaded;
            to->reloads_ok = from->ok;
            to->reloads_failed = from->failed;
            to->failed = from->failed_at;
            ngx_memcpy(p, from->error, from->error_len);
            to->error = erpsync_span(p, from->error_len);
            m->nfiles++;
        }

        ngx_shmtx_unlock(&emcf->zone->shpool->mutex);
    }

    return NGX_OK;
}


/*
 * Sets name and expiry of the apps in m->apps, which are sorted by id, and
 * m->expiries.  Texts stay in the snapshots, which are not freed before the
 * caller returns to the event loop.
 */

void
ngx_http_erpsync_gather_expiries(erpsync_metrics_t *m,
    ngx_http_erpsync_main_conf_t *emcf)
{
    size_t                      k, n;
    ngx_uint_t                  i;
    const erpsync_app_t        *app;
    erpsync_metrics_expiry_t    expiry;
    const erpsync_registry_t   *registry;
    ngx_http_erpsync_file_t   **files;

    files = emcf->files.elts;

    for (i = 0; i < emcf->files.nelts; i++) {
        registry = ngx_http_erpsync_gather_registry(files[i]);

        if (registry == NULL) {
            continue;
        }

        n = ngx_min(erpsync_registry_apps(registry),
                    NGX_HTTP_ERPSYNC_GATHER_APPS);

        for (k = 0; k < n; k++) {
            app = erpsync_registry_app(registry, k);

            expiry.id = erpsync_app_id(registry, app);
            expiry.name = erpsync_app_name(registry, app);
            expiry.expires = erpsync_app_expires(registry, app);

            ngx_http_erpsync_gather_app(m, &expiry);

            if (expiry.expires != ERPSYNC_NEVER && erpsync_app_enabled(app)
                && erpsync_app_has_agent(app))
            {
                ngx_http_erpsync_gather_expiry(m, &expiry);
            }
        }
    }

    ngx_http_erpsync_gather_first(m);
}


/* Sets name and expiry of an app, unless an earlier registry has set them. */

static void
ngx_http_erpsync_gather_app(erpsync_metrics_t *m,
    erpsync_metrics_expiry_t *expiry)
{
    int                     rc;
    size_t                  low, high, middle;
    erpsync_metrics_app_t  *app;

    low = 0;
    high = m->napps;

    while (low < high) {
        middle = (low + high) / 2;
        app = &m->apps[middle];

        rc = ngx_http_erpsync_compare_ids(app->id, expiry->id);

        if (rc == 0) {

            if (app->name.len == 0) {
                app->name = expiry->name;
            }

            if (app->expires == 0 || expiry->expires < app->expires) {
                app->expires = expiry->expires;
            }

            return;
        }

        if (rc < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }
}


int
ngx_http_erpsync_compare_ids(erpsync_str_t one, erpsync_str_t two)
{
    int  rc;

    rc = ngx_memcmp(one.data, two.data, ngx_min(one.len, two.len));

    return rc ? rc : (one.len > two.len) - (one.len < two.len);
}


static int ngx_libc_cdecl
ngx_http_erpsync_compare_expiries(const void *one, const void *two)
{
    const erpsync_metrics_expiry_t  *first = one;
    const erpsync_metrics_expiry_t  *second = two;

    return (first->expires > second->expires)
           - (first->expires < second->expires);
}


static int ngx_libc_cdecl
ngx_http_erpsync_compare_last(const void *one, const void *two)
{
    return ngx_http_erpsync_compare_expiries(two, one);
}


static int ngx_libc_cdecl
ngx_http_erpsync_compare_apps(const void *one, const void *two)
{
    int                              rc;
    const erpsync_metrics_expiry_t  *first = one;
    const erpsync_metrics_expiry_t  *second = two;

    rc = ngx_http_erpsync_compare_ids(first->id, second->id);

    return rc ? rc : ngx_http_erpsync_compare_expiries(one, two);
}


/*
 * Keeps those that expire first.  When there is no room for more, m->expiries
 * becomes a heap: no element expires before those at twice its index and one
 * or two more, so the first one expires last, and makes room.
 */

static void
ngx_http_erpsync_gather_expiry(erpsync_metrics_t *m,
    erpsync_metrics_expiry_t *expiry)
{
    size_t                     i, child;
    erpsync_metrics_expiry_t  *heap;

    heap = m->expiries;

    if (m->nexpiries < ERPSYNC_METRICS_EXPIRING) {
        heap[m->nexpiries++] = *expiry;

        if (m->nexpiries == ERPSYNC_METRICS_EXPIRING) {
            ngx_qsort(heap, m->nexpiries, sizeof(erpsync_metrics_expiry_t),
                      ngx_http_erpsync_compare_last);
        }

        return;
    }

    if (expiry->expires >= heap[0].expires) {
        return;
    }

    for (i = 0; (child = 2 * i + 1) < m->nexpiries; i = child) {

        if (child + 1 < m->nexpiries
            && heap[child + 1].expires > heap[child].expires)
        {
            child++;
        }

        if (heap[child].expires <= expiry->expires) {
            break;
        }

        heap[i] = heap[child];
    }

    heap[i] = *expiry;
}


/* Sorts those that were kept, the next one first, and each id once. */

static void
ngx_http_erpsync_gather_first(erpsync_metrics_t *m)
{
    size_t  i, n;

    ngx_qsort(m->expiries, m->nexpiries, sizeof(erpsync_metrics_expiry_t),
              ngx_http_erpsync_compare_apps);

    n = 0;

    for (i = 0; i < m->nexpiries; i++) {
        if (n == 0 || !erpsync_str_eq(m->expiries[n - 1].id,
                                      m->expiries[i].id))
        {
            m->expiries[n++] = m->expiries[i];
        }
    }

    ngx_qsort(m->expiries, n, sizeof(erpsync_metrics_expiry_t),
              ngx_http_erpsync_compare_expiries);

    m->nexpiries = n;
}
