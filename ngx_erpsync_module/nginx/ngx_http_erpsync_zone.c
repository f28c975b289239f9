
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_zone.h"


static ngx_int_t ngx_http_erpsync_init_zone(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_uint_t ngx_http_erpsync_zone_stripes(size_t size);
static size_t ngx_http_erpsync_zone_min(void);
static void ngx_http_erpsync_zone_use(ngx_cycle_t *cycle,
    ngx_http_erpsync_main_conf_t *emcf);
static ngx_http_erpsync_zone_registry_t *ngx_http_erpsync_zone_file(
    ngx_http_erpsync_zone_sh_t *sh, ngx_str_t *path);
static ngx_uint_t ngx_http_erpsync_zone_known(
    ngx_http_erpsync_zone_registry_t *registry, uint64_t identity,
    ngx_uint_t outcome, time_t window);


#define ngx_http_erpsync_line(size)  ngx_align(size, 64)


char *
ngx_http_erpsync_set_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_erpsync_main_conf_t  *emcf = conf;

    u_char           *p;
    ssize_t           size;
    ngx_str_t        *value, name, s;
    ngx_shm_zone_t   *shm_zone;

    if (emcf->zone) {
        return "is duplicate";
    }

    value = cf->args->elts;

    p = (u_char *) ngx_strchr(value[1].data, ':');

    if (p == NULL || p == value[1].data) {
        return ngx_http_erpsync_invalid_value(cf, cmd, &value[1]);
    }

    name.data = value[1].data;
    name.len = p - name.data;

    s.data = p + 1;
    s.len = value[1].data + value[1].len - s.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR) {
        return ngx_http_erpsync_invalid_value(cf, cmd, &value[1]);
    }

    if ((size_t) size < ngx_http_erpsync_zone_min()) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" \"%V\" is too small, at least %uzk are "
                           "needed", &cmd->name, &value[1],
                           ngx_http_erpsync_zone_min() / 1024);
        return NGX_CONF_ERROR;
    }

    emcf->zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_erpsync_zone_t));
    if (emcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    shm_zone = ngx_shared_memory_add(cf, &name, size,
                                     &ngx_http_erpsync_module);
    if (shm_zone == NULL) {
        return NGX_CONF_ERROR;
    }

    if (shm_zone->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" \"%V\" is in use already", &cmd->name,
                           &name);
        return NGX_CONF_ERROR;
    }

    shm_zone->init = ngx_http_erpsync_init_zone;
    shm_zone->data = emcf->zone;

    return NGX_CONF_OK;
}


static size_t
ngx_http_erpsync_zone_slot(void)
{
    return sizeof(ngx_http_erpsync_slot_t) + sizeof(uint64_t);
}


/*
 * Returns the size of everything but stripes and apps, with what the slab pool
 * needs for itself.
 */

static size_t
ngx_http_erpsync_zone_fixed(void)
{
    return sizeof(ngx_http_erpsync_zone_sh_t) + 8 * ngx_pagesize;
}


static size_t
ngx_http_erpsync_zone_min(void)
{
    size_t  size;

    size = ngx_http_erpsync_zone_fixed() + sizeof(ngx_http_erpsync_stripe_t)
           + NGX_HTTP_ERPSYNC_ZONE_APPS_MIN * ngx_http_erpsync_zone_slot();

    return ngx_align(size, 64 * 1024);
}


/* Returns the number of stripes, which take half of the zone at most. */

static ngx_uint_t
ngx_http_erpsync_zone_stripes(size_t size)
{
    ngx_uint_t  n;

    n = size / 2 / sizeof(ngx_http_erpsync_stripe_t);

    return ngx_max(1, ngx_min(n, NGX_HTTP_ERPSYNC_ZONE_STRIPES));
}


static ngx_int_t
ngx_http_erpsync_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_erpsync_zone_t  *ozone = data;

    u_char                      *p;
    size_t                       size, fixed, stripes;
    ngx_slab_pool_t             *shpool;
    ngx_http_erpsync_zone_t     *zone;
    ngx_http_erpsync_zone_sh_t  *sh;

    zone = shm_zone->data;

    if (ozone) {
        *zone = *ozone;
        return NGX_OK;
    }

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    zone->shpool = shpool;

    if (shm_zone->shm.exists) {
        zone->sh = shpool->data;
        return NGX_OK;
    }

    /* one allocation takes all of the pool */

    size = shpool->pfree * ngx_pagesize;

    sh = ngx_slab_calloc(shpool, size);
    if (sh == NULL) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "no memory in \"erpsync_zone\" \"%V\"",
                      &shm_zone->shm.name);
        return NGX_ERROR;
    }

    fixed = ngx_http_erpsync_line(sizeof(ngx_http_erpsync_zone_sh_t));
    sh->nstripes = ngx_http_erpsync_zone_stripes(size);
    stripes = sh->nstripes
              * ngx_http_erpsync_line(sizeof(ngx_http_erpsync_stripe_t));

    p = (u_char *) sh + fixed;
    sh->stripes = (ngx_http_erpsync_stripe_t *) (void *) p;

    p += stripes;
    sh->nslots = (size - fixed - stripes) / ngx_http_erpsync_zone_slot();
    sh->slots = (ngx_http_erpsync_slot_t *) (void *) p;
    sh->keys = (_Atomic uint64_t *) (void *) (sh->slots + sh->nslots);

    sh->since = ngx_time();

    zone->sh = sh;
    shpool->data = sh;

    return NGX_OK;
}


void
ngx_http_erpsync_zone_registry(ngx_http_erpsync_main_conf_t *emcf,
    ngx_http_erpsync_zone_report_t *report)
{
    time_t                             now;
    u_char                            *last;
    ngx_http_erpsync_zone_sh_t        *sh;
    ngx_http_erpsync_zone_registry_t  *registry;

    if (emcf->zone == NULL) {
        return;
    }

    sh = emcf->zone->sh;
    now = ngx_time();

    ngx_shmtx_lock(&emcf->zone->shpool->mutex);

    registry = ngx_http_erpsync_zone_file(sh, report->path);

    if (registry == NULL
        || ngx_http_erpsync_zone_known(registry, report->identity,
                                       report->error == NULL, report->window))
    {
        ngx_shmtx_unlock(&emcf->zone->shpool->mutex);
        return;
    }

    if (report->error == NULL) {
        registry->ok++;
        registry->apps = report->apps;
        registry->loaded = now;
        registry->error_len = 0;

    } else {
        registry->failed++;
        registry->failed_at = now;
        last = ngx_cpystrn(registry->error, report->error,
                           sizeof(registry->error));
        registry->error_len = last - registry->error;
    }

    ngx_shmtx_unlock(&emcf->zone->shpool->mutex);
}


ngx_http_erpsync_zone_registry_t *
ngx_http_erpsync_zone_find(ngx_http_erpsync_zone_sh_t *sh, ngx_str_t *path)
{
    uint32_t                           hash;
    ngx_uint_t                         i;
    ngx_http_erpsync_zone_registry_t  *registry;

    hash = ngx_crc32_long(path->data, path->len);

    for (i = 0; i < sh->nregistries; i++) {
        registry = &sh->registries[i];

        if (registry->hash == hash && registry->len == path->len
            && ngx_strncmp(registry->path, path->data,
                           ngx_min(path->len, sizeof(registry->path)))
               == 0)
        {
            return registry;
        }
    }

    return NULL;
}


/*
 * Returns the entry of a registry file.  If there is none, makes one; if there
 * is no room, it replaces the entry that has not been used for the longest
 * time.  Returns NULL if the present configuration uses all entries.
 */

static ngx_http_erpsync_zone_registry_t *
ngx_http_erpsync_zone_file(ngx_http_erpsync_zone_sh_t *sh, ngx_str_t *path)
{
    ngx_uint_t                         i, n;
    ngx_http_erpsync_zone_registry_t  *registry;

    registry = ngx_http_erpsync_zone_find(sh, path);

    if (registry) {
        return registry;
    }

    i = sh->nregistries;

    if (i < NGX_HTTP_ERPSYNC_ZONE_REGISTRIES) {
        sh->nregistries++;

    } else {
        i = 0;

        for (n = 1; n < NGX_HTTP_ERPSYNC_ZONE_REGISTRIES; n++) {
            if (sh->registries[n].generation < sh->registries[i].generation) {
                i = n;
            }
        }

        if (sh->registries[i].generation == sh->generation) {
            return NULL;
        }
    }

    registry = &sh->registries[i];
    ngx_memzero(registry, sizeof(ngx_http_erpsync_zone_registry_t));

    registry->hash = ngx_crc32_long(path->data, path->len);
    registry->len = path->len;
    ngx_memcpy(registry->path, path->data,
               ngx_min(path->len, sizeof(registry->path)));

    return registry;
}


/*
 * Returns whether another worker has reported the same; notes the report if
 * none has.
 */

static ngx_uint_t
ngx_http_erpsync_zone_known(ngx_http_erpsync_zone_registry_t *registry,
    uint64_t identity, ngx_uint_t outcome, time_t window)
{
    time_t      now;
    ngx_uint_t  i, n;

    now = ngx_time();
    n = ngx_min(registry->nrecent, NGX_HTTP_ERPSYNC_ZONE_RECENT);

    for (i = 0; i < n && window; i++) {
        if (registry->recent[i].identity == identity
            && registry->recent[i].outcome == outcome
            && now - registry->recent[i].time <= window)
        {
            return 1;
        }
    }

    if (registry->nrecent && window && registry->identity == identity
        && registry->outcome == outcome)
    {
        return 1;
    }

    registry->identity = identity;
    registry->outcome = outcome;

    i = registry->nrecent++ % NGX_HTTP_ERPSYNC_ZONE_RECENT;
    registry->recent[i].identity = identity;
    registry->recent[i].outcome = outcome;
    registry->recent[i].time = now;

    return 0;
}


ngx_int_t
ngx_http_erpsync_zone_init_module(ngx_cycle_t *cycle)
{
    ngx_uint_t                       i;
    ngx_http_erpsync_main_conf_t    *emcf;
    ngx_http_erpsync_file_t        **registries;
    ngx_http_erpsync_zone_report_t   report;

    emcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_erpsync_module);

    if (emcf == NULL || emcf->zone == NULL || ngx_test_config) {
        return NGX_OK;
    }

    ngx_http_erpsync_zone_use(cycle, emcf);

    registries = emcf->files.elts;

    for (i = 0; i < emcf->files.nelts; i++) {
        ngx_memzero(&report, sizeof(ngx_http_erpsync_zone_report_t));
        report.path = &registries[i]->path;
        report.apps = erpsync_kind_count(registries[i]->kind,
                                         registries[i]->snapshot->content);
        report.identity = registries[i]->identity;

        ngx_http_erpsync_zone_registry(emcf, &report);
    }

    return NGX_OK;
}


/*
 * Marks the entries that this configuration uses.  In the first round it marks
 * existing entries, so that in the second round a new entry does not replace
 * one of them.
 */

static void
ngx_http_erpsync_zone_use(ngx_cycle_t *cycle,
    ngx_http_erpsync_main_conf_t *emcf)
{
    ngx_uint_t                          i, round;
    ngx_http_erpsync_zone_sh_t         *sh;
    ngx_http_erpsync_file_t           **registries;
    ngx_http_erpsync_zone_registry_t   *entry;

    sh = emcf->zone->sh;
    registries = emcf->files.elts;

    ngx_shmtx_lock(&emcf->zone->shpool->mutex);

    sh->generation++;

    for (round = 0; round < 2; round++) {
        for (i = 0; i < emcf->files.nelts; i++) {

            entry = round
                    ? ngx_http_erpsync_zone_file(sh, &registries[i]->path)
                    : ngx_http_erpsync_zone_find(sh, &registries[i]->path);

            if (entry) {
                entry->generation = sh->generation;

            } else if (round) {
                ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                              "erpsync: registry \"%V\" is not counted: "
                              "\"erpsync_zone\" has room for %d registries",
                              &registries[i]->path,
                              NGX_HTTP_ERPSYNC_ZONE_REGISTRIES);
            }
        }
    }

    ngx_shmtx_unlock(&emcf->zone->shpool->mutex);
}
