
#include "ngx_http_erpsync_registry.h"


/* Between two slices of a large snapshot that is given back. */

#define NGX_HTTP_ERPSYNC_SWEEP  5      /* milliseconds */


/* A request's hold on a snapshot. */

typedef struct {
    ngx_http_erpsync_snapshot_t    *snapshot;
} ngx_http_erpsync_hold_t;


static ngx_http_erpsync_registry_t *ngx_http_erpsync_registry_find(
    ngx_http_erpsync_main_conf_t *emcf, ngx_str_t *path);
static ngx_int_t ngx_http_erpsync_registry_load(ngx_conf_t *cf,
    ngx_http_erpsync_registry_t *registry);
static void ngx_http_erpsync_registry_try(ngx_cycle_t *cycle, char *user,
    ngx_array_t *list);
static void ngx_http_erpsync_registry_cleanup(void *data);
static void ngx_http_erpsync_release(void *data);
static void ngx_http_erpsync_unref(ngx_http_erpsync_snapshot_t *snapshot);
static void ngx_http_erpsync_sweep(ngx_event_t *ev);


ngx_http_erpsync_registry_t *
ngx_http_erpsync_registry_add(ngx_conf_t *cf, ngx_str_t *path,
    time_t refresh)
{
    ngx_pool_cleanup_t             *cln;
    ngx_http_erpsync_registry_t    *registry, **slot;
    ngx_http_erpsync_main_conf_t   *emcf;

    emcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_erpsync_module);

    registry = ngx_http_erpsync_registry_find(emcf, path);

    if (registry) {

        if (registry->refresh != refresh) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"erpsync_registry\" \"%V\" is used with "
                               "another \"refresh\"", path);
            return NULL;
        }

        return registry;
    }

    registry = ngx_pcalloc(cf->pool, sizeof(ngx_http_erpsync_registry_t));
    if (registry == NULL) {
        return NULL;
    }

    registry->path = *path;
    registry->refresh = refresh;
    ngx_queue_init(&registry->snapshots);
    registry->sweeper.handler = ngx_http_erpsync_sweep;
    registry->sweeper.data = registry;
    registry->sweeper.log = &cf->cycle->new_log;
    registry->sweeper.cancelable = 1;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    slot = ngx_array_push(&emcf->registries);
    if (slot == NULL) {
        return NULL;
    }

    *slot = registry;

    /* the snapshots are gone with the cycle that they were loaded for */

    cln->handler = ngx_http_erpsync_registry_cleanup;
    cln->data = registry;

    if (ngx_http_erpsync_registry_load(cf, registry) != NGX_OK) {
        return NULL;
    }

    return registry;
}


static ngx_http_erpsync_registry_t *
ngx_http_erpsync_registry_find(ngx_http_erpsync_main_conf_t *emcf,
    ngx_str_t *path)
{
    ngx_uint_t                     i;
    ngx_http_erpsync_registry_t  **registries;

    registries = emcf->registries.elts;

    for (i = 0; i < emcf->registries.nelts; i++) {
        if (registries[i]->path.len == path->len
            && ngx_strncmp(registries[i]->path.data, path->data, path->len)
               == 0)
        {
            return registries[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_erpsync_registry_load(ngx_conf_t *cf,
    ngx_http_erpsync_registry_t *registry)
{
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    erpsync_loader_t    *loader;
    erpsync_registry_t  *loaded;

    loaded = NULL;

    loader = erpsync_loader_begin((char *) registry->path.data,
                                  &registry->file, error);
    if (loader) {
        while (erpsync_loader_step(loader, NGX_MAX_SIZE_T_VALUE)) {
            /* void */
        }

        (void) erpsync_loader_end(loader, &loaded, &registry->file);
    }

    if (loaded == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"erpsync_registry\" \"%V\": %s",
                           &registry->path, error);
        return NGX_ERROR;
    }

    return ngx_http_erpsync_registry_set(registry, loaded);
}


/*
 * The master reads a registry as root, the workers as another user.  Whether
 * that user can read it is best found by doing so: the answer depends on
 * access control lists and on every directory of the path.
 */

ngx_int_t
ngx_http_erpsync_registry_check(ngx_cycle_t *cycle)
{
    int                            n;
    gid_t                          gid, *groups;
    ngx_uint_t                     changed;
    ngx_core_conf_t               *ccf;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_erpsync_module);
    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (emcf == NULL || emcf->registries.nelts == 0 || !ccf->master
        || geteuid() != 0 || ccf->user == 0)
    {
        return NGX_OK;
    }

    gid = getegid();
    n = getgroups(0, NULL);
    groups = (n < 0) ? NULL
                     : ngx_palloc(cycle->pool, (n + 1) * sizeof(gid_t));

    if (groups == NULL || getgroups(n, groups) != n) {
        return NGX_OK;
    }

    if (setegid(ccf->group) != 0) {
        return NGX_OK;
    }

    changed = (initgroups(ccf->username, ccf->group) == 0);

    if (seteuid(ccf->user) == 0) {
        ngx_http_erpsync_registry_try(cycle, ccf->username,
                                      &emcf->registries);
    }

    if (seteuid(0) == 0 && (!changed || setgroups(n, groups) == 0)
        && setegid(gid) == 0)
    {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                  "erpsync: cannot become root again");

    return NGX_ERROR;
}


static void
ngx_http_erpsync_registry_try(ngx_cycle_t *cycle, char *user,
    ngx_array_t *list)
{
    ngx_fd_t                       fd;
    ngx_uint_t                     i;
    ngx_http_erpsync_registry_t  **registries;

    registries = list->elts;

    for (i = 0; i < list->nelts; i++) {

        if (registries[i]->refresh == 0) {
            continue;
        }

        fd = open((const char *) registries[i]->path.data,
                  O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_NOCTTY);

        if (fd != NGX_INVALID_FILE) {
            (void) ngx_close_file(fd);
            continue;
        }

        /* on the terminal, too, whatever the level of the error log is */

        ngx_log_error_core(NGX_LOG_WARN, cycle->log, ngx_errno,
                           "erpsync: registry \"%V\" cannot be read by "
                           "the workers' user \"%s\", a change takes effect "
                           "at a reload only: let that user read the file "
                           "and search its directories",
                           &registries[i]->path, user);
    }
}


ngx_int_t
ngx_http_erpsync_registry_set(ngx_http_erpsync_registry_t *registry,
    erpsync_registry_t *loaded)
{
    ngx_http_erpsync_snapshot_t  *snapshot, *former;

    snapshot = ngx_alloc(sizeof(ngx_http_erpsync_snapshot_t),
                         registry->sweeper.log);
    if (snapshot == NULL) {
        erpsync_registry_destroy(loaded);
        return NGX_ERROR;
    }

    snapshot->owner = registry;
    snapshot->registry = loaded;
    snapshot->refs = 1;
    ngx_queue_insert_tail(&registry->snapshots, &snapshot->queue);

    former = registry->snapshot;

    registry->snapshot = snapshot;
    registry->loaded = ngx_time();
    registry->identity = erpsync_file_identity(&registry->file);
    registry->error[0] = '\0';

    if (former) {
        ngx_http_erpsync_unref(former);
    }

    return NGX_OK;
}


static void
ngx_http_erpsync_registry_cleanup(void *data)
{
    ngx_http_erpsync_registry_t  *registry = data;

    ngx_queue_t                  *q, *next;
    ngx_http_erpsync_snapshot_t  *snapshot;

    if (registry->sweeper.timer_set) {
        ngx_del_timer(&registry->sweeper);
    }

    /* also those that requests hold, which the process takes with it */

    for (q = ngx_queue_head(&registry->snapshots);
         q != ngx_queue_sentinel(&registry->snapshots);
         q = next)
    {
        next = ngx_queue_next(q);

        snapshot = ngx_queue_data(q, ngx_http_erpsync_snapshot_t, queue);
        erpsync_registry_destroy(snapshot->registry);
        ngx_free(snapshot);
    }

    ngx_queue_init(&registry->snapshots);
}


const erpsync_registry_t *
ngx_http_erpsync_registry_current(ngx_http_erpsync_registry_t *registry)
{
    return registry ? registry->snapshot->registry : NULL;
}


ngx_int_t
ngx_http_erpsync_registry_hold(ngx_http_request_t *r,
    ngx_http_erpsync_registry_t *registry)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_erpsync_hold_t  *hold;

    /* without refresh, a snapshot stays as long as its cycle */

    if (registry->refresh == 0) {
        return NGX_OK;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler == ngx_http_erpsync_release) {
            hold = cln->data;

            if (hold->snapshot == registry->snapshot) {
                return NGX_OK;
            }
        }
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_erpsync_hold_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    hold = cln->data;
    hold->snapshot = registry->snapshot;
    hold->snapshot->refs++;

    cln->handler = ngx_http_erpsync_release;

    return NGX_OK;
}


static void
ngx_http_erpsync_release(void *data)
{
    ngx_http_erpsync_hold_t  *hold = data;

    ngx_http_erpsync_unref(hold->snapshot);
}


static void
ngx_http_erpsync_unref(ngx_http_erpsync_snapshot_t *snapshot)
{
    if (--snapshot->refs == 0 && !snapshot->owner->sweeper.timer_set) {
        ngx_add_timer(&snapshot->owner->sweeper, NGX_HTTP_ERPSYNC_SWEEP);
    }
}


/*
 * Gives back what no request holds any more: of a large snapshot one slice
 * at a time, as its pages take the system a while.
 */

static void
ngx_http_erpsync_sweep(ngx_event_t *ev)
{
    ngx_queue_t                  *q;
    ngx_http_erpsync_registry_t  *registry;
    ngx_http_erpsync_snapshot_t  *snapshot;

    registry = ev->data;

    for (q = ngx_queue_head(&registry->snapshots);
         q != ngx_queue_sentinel(&registry->snapshots);
         q = ngx_queue_next(q))
    {
        snapshot = ngx_queue_data(q, ngx_http_erpsync_snapshot_t, queue);

        if (snapshot->refs) {
            continue;
        }

        if (!erpsync_registry_dismantle(snapshot->registry)) {
            ngx_queue_remove(q);
            ngx_free(snapshot);
        }

        /* there may be more of it, or another one */

        ngx_add_timer(ev, NGX_HTTP_ERPSYNC_SWEEP);
        return;
    }
}
