
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_refresh.h"
#include "ngx_http_erpsync_registry.h"
#include "ngx_http_erpsync_zone.h"

#if (NGX_HTTP_ERPSYNC_THREADS)
#include <ngx_thread_pool.h>
#endif


#define NGX_HTTP_ERPSYNC_WORK   16384      /* bytes read by a step */

/* Where there are no threads: how long to read, and to serve in between. */

#define NGX_HTTP_ERPSYNC_SLICE  1000000    /* nanoseconds */
#define NGX_HTTP_ERPSYNC_PAUSE  1          /* milliseconds */


/*
 * One look at the file, up to a new snapshot.  It may outlive the cycle: a
 * thread that is at it finds all it needs in here.
 */

struct ngx_http_erpsync_attempt_s {
    ngx_http_erpsync_registry_t    *registry;  /* NULL: nobody waits for it */
    erpsync_loader_t               *loader;
    ngx_event_t                     step;      /* without a thread */
    ngx_uint_t                      threaded;
    volatile ngx_uint_t             cancel;    /* read by the thread */
#if (NGX_HTTP_ERPSYNC_THREADS)
    ngx_thread_task_t               task;
#endif
    char                            error[ERPSYNC_REGISTRY_ERROR_LEN];
    char                            path[1];
};


static void ngx_http_erpsync_refresh_stop(
    ngx_http_erpsync_registry_t *registry, ngx_uint_t ended);
static void ngx_http_erpsync_refresh_cleanup(void *data);
static void ngx_http_erpsync_refresh_handler(ngx_event_t *ev);
static ngx_http_erpsync_attempt_t *ngx_http_erpsync_attempt_create(
    ngx_http_erpsync_registry_t *registry, ngx_log_t *log);
static void ngx_http_erpsync_attempt_start(
    ngx_http_erpsync_attempt_t *attempt);
static void ngx_http_erpsync_attempt_step(ngx_event_t *ev);
static void ngx_http_erpsync_attempt_end(ngx_http_erpsync_attempt_t *attempt);
static void ngx_http_erpsync_attempt_free(
    ngx_http_erpsync_attempt_t *attempt);
static void ngx_http_erpsync_refreshed(ngx_http_erpsync_registry_t *registry,
    erpsync_registry_t *loaded);
static void ngx_http_erpsync_refused_file(
    ngx_http_erpsync_registry_t *registry, const char *error);
static void ngx_http_erpsync_refresh_report(
    ngx_http_erpsync_registry_t *registry, ngx_uint_t ok);

#if (NGX_HTTP_ERPSYNC_THREADS)
static ngx_uint_t ngx_http_erpsync_notifies(ngx_conf_t *cf);
static void ngx_http_erpsync_attempt_thread(void *data, ngx_log_t *log);
static void ngx_http_erpsync_attempt_done(ngx_event_t *ev);
#endif


/* Each worker looks for itself: nothing is shared, and nothing locked. */

ngx_int_t
ngx_http_erpsync_refresh_add(ngx_conf_t *cf,
    ngx_http_erpsync_registry_t *registry)
{
    ngx_pool_cleanup_t  *cln;

    if (registry->timer.handler) {
        return NGX_OK;
    }

    registry->timer.handler = ngx_http_erpsync_refresh_handler;
    registry->timer.data = registry;

    /* it runs before the cleanup of the registry, which was added before */

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_erpsync_refresh_cleanup;
    cln->data = registry;

#if (NGX_HTTP_ERPSYNC_THREADS)

    if (registry->refresh && ngx_http_erpsync_notifies(cf)) {
        registry->thread_pool = ngx_thread_pool_add(cf, NULL);

        if (registry->thread_pool == NULL) {
            return NGX_ERROR;
        }
    }

#endif

    return NGX_OK;
}


#if (NGX_HTTP_ERPSYNC_THREADS)

/*
 * With a method of events that threads cannot wake, as "poll", nginx would
 * refuse to start with a thread pool.  Where "http" stands in front of
 * "events", the method is not known yet.
 */

static ngx_uint_t
ngx_http_erpsync_notifies(ngx_conf_t *cf)
{
    ngx_uint_t            i;
    ngx_module_t         *module;
    ngx_event_conf_t     *ecf;
    ngx_event_module_t   *events;

    if (ngx_get_conf(cf->cycle->conf_ctx, ngx_events_module) == NULL) {
        return 0;
    }

    ecf = ngx_event_get_conf(cf->cycle->conf_ctx, ngx_event_core_module);

    for (i = 0; cf->cycle->modules[i]; i++) {
        module = cf->cycle->modules[i];

        if (module->type == NGX_EVENT_MODULE
            && module != &ngx_event_core_module
            && module->ctx_index == ecf->use)
        {
            events = module->ctx;
            return events->actions.notify != NULL;
        }
    }

    return 0;
}

#endif


ngx_int_t
ngx_http_erpsync_refresh_init(ngx_cycle_t *cycle)
{
    ngx_uint_t                      i;
    ngx_http_erpsync_registry_t   **registries, *registry;
    ngx_http_erpsync_main_conf_t   *emcf;

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    emcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_erpsync_module);
    if (emcf == NULL) {
        return NGX_OK;
    }

    registries = emcf->registries.elts;

    for (i = 0; i < emcf->registries.nelts; i++) {
        registry = registries[i];

        if (registry->refresh == 0) {
            continue;
        }

        registry->timer.log = cycle->log;
        registry->timer.cancelable = 1;
        registry->sweeper.log = cycle->log;

        ngx_add_timer(&registry->timer,
                      (ngx_msec_t) registry->refresh * 1000);
    }

    return NGX_OK;
}


void
ngx_http_erpsync_refresh_exit(ngx_cycle_t *cycle)
{
    ngx_uint_t                      i;
    ngx_http_erpsync_registry_t   **registries;
    ngx_http_erpsync_main_conf_t   *emcf;

    emcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_erpsync_module);
    if (emcf == NULL) {
        return;
    }

    registries = emcf->registries.elts;

    for (i = 0; i < emcf->registries.nelts; i++) {
        ngx_http_erpsync_refresh_stop(registries[i], 1);
    }
}


/*
 * With "ended" the threads of this process are gone: nginx's thread pools
 * end in front of this module.  Otherwise one may be at work, as where a
 * process without a master has taken a new configuration; then the attempt
 * is freed when the thread reports.
 */

static void
ngx_http_erpsync_refresh_stop(ngx_http_erpsync_registry_t *registry,
    ngx_uint_t ended)
{
    ngx_http_erpsync_attempt_t  *attempt;

    if (registry->timer.timer_set) {
        ngx_del_timer(&registry->timer);
    }

    attempt = registry->attempt;

    if (attempt == NULL) {
        return;
    }

    registry->attempt = NULL;
    attempt->registry = NULL;

    if (attempt->threaded && !ended) {
        attempt->cancel = 1;
        return;
    }

    ngx_http_erpsync_attempt_free(attempt);
}


static void
ngx_http_erpsync_refresh_cleanup(void *data)
{
    ngx_http_erpsync_refresh_stop(data, 0);
}


static void
ngx_http_erpsync_refresh_handler(ngx_event_t *ev)
{
    ngx_http_erpsync_attempt_t   *attempt;
    ngx_http_erpsync_registry_t  *registry;

    registry = ev->data;

    if (registry->attempt) {
        registry->overdue = 1;
        return;
    }

    ngx_add_timer(ev, (ngx_msec_t) registry->refresh * 1000);

    attempt = ngx_http_erpsync_attempt_create(registry, ev->log);
    if (attempt == NULL) {
        return;
    }

    registry->attempt = attempt;
    ngx_http_erpsync_attempt_start(attempt);
}


static ngx_http_erpsync_attempt_t *
ngx_http_erpsync_attempt_create(ngx_http_erpsync_registry_t *registry,
    ngx_log_t *log)
{
    ngx_http_erpsync_attempt_t  *attempt;

    attempt = ngx_calloc(sizeof(ngx_http_erpsync_attempt_t)
                         + registry->path.len, log);
    if (attempt == NULL) {
        return NULL;
    }

    attempt->registry = registry;
    ngx_memcpy(attempt->path, registry->path.data, registry->path.len);

    attempt->loader = erpsync_loader_begin(attempt->path, &registry->file,
                                           attempt->error);
    if (attempt->loader == NULL) {
        ngx_free(attempt);
        return NULL;
    }

    return attempt;
}


static void
ngx_http_erpsync_attempt_start(ngx_http_erpsync_attempt_t *attempt)
{
#if (NGX_HTTP_ERPSYNC_THREADS)

    /* a worker that is exiting would have to wait for the thread */

    if (attempt->registry->thread_pool && !ngx_exiting) {
        attempt->task.ctx = attempt;
        attempt->task.handler = ngx_http_erpsync_attempt_thread;
        attempt->task.event.handler = ngx_http_erpsync_attempt_done;
        attempt->task.event.data = attempt;
        attempt->task.event.log = attempt->registry->timer.log;
        attempt->threaded = 1;

        if (ngx_thread_task_post(attempt->registry->thread_pool,
                                 &attempt->task)
            == NGX_OK)
        {
            return;
        }

        /* its queue is full */

        attempt->threaded = 0;
    }

#endif

    attempt->step.handler = ngx_http_erpsync_attempt_step;
    attempt->step.data = attempt;
    attempt->step.log = attempt->registry->timer.log;
    attempt->step.cancelable = 1;

    ngx_http_erpsync_attempt_step(&attempt->step);
}


#if (NGX_HTTP_ERPSYNC_THREADS)

/* In a thread: nothing of nginx is touched but what says that it ends. */

static void
ngx_http_erpsync_attempt_thread(void *data, ngx_log_t *log)
{
    ngx_http_erpsync_attempt_t  *attempt = data;

    while (erpsync_loader_step(attempt->loader, NGX_HTTP_ERPSYNC_WORK)) {
        if (attempt->cancel || ngx_terminate || ngx_quit
            || *(volatile ngx_uint_t *) &ngx_exiting)
        {
            break;
        }
    }
}


static void
ngx_http_erpsync_attempt_done(ngx_event_t *ev)
{
    ngx_http_erpsync_attempt_end(ev->data);
}

#endif


static void
ngx_http_erpsync_attempt_step(ngx_event_t *ev)
{
    uint64_t                     start;
    ngx_http_erpsync_attempt_t  *attempt;

    attempt = ev->data;
    start = ngx_http_erpsync_clock();

    while (erpsync_loader_step(attempt->loader, NGX_HTTP_ERPSYNC_WORK)) {

        if (ngx_http_erpsync_clock() - start >= NGX_HTTP_ERPSYNC_SLICE) {
            ngx_add_timer(ev, NGX_HTTP_ERPSYNC_PAUSE);
            return;
        }
    }

    ngx_http_erpsync_attempt_end(attempt);
}


static void
ngx_http_erpsync_attempt_end(ngx_http_erpsync_attempt_t *attempt)
{
    erpsync_load_t                outcome;
    erpsync_registry_t           *loaded;
    ngx_http_erpsync_registry_t  *registry;

    registry = attempt->registry;

    if (registry == NULL) {
        ngx_http_erpsync_attempt_free(attempt);
        return;
    }

    outcome = erpsync_loader_end(attempt->loader, &loaded, &registry->file);
    attempt->loader = NULL;
    registry->attempt = NULL;

    if (outcome == ERPSYNC_LOAD_DONE) {
        ngx_http_erpsync_refreshed(registry, loaded);

    } else if (outcome == ERPSYNC_LOAD_FAILED) {
        ngx_http_erpsync_refused_file(registry, attempt->error);

    } else if (outcome == ERPSYNC_LOAD_GIVEN_UP) {
        registry->overdue = 1;     /* by a thread, as the worker exits */
    }

    ngx_http_erpsync_attempt_free(attempt);

    if (registry->overdue) {
        registry->overdue = 0;
        ngx_add_timer(&registry->timer, 1);
    }
}


static void
ngx_http_erpsync_attempt_free(ngx_http_erpsync_attempt_t *attempt)
{
    erpsync_file_t       file;
    erpsync_registry_t  *loaded;

    if (attempt->step.timer_set) {
        ngx_del_timer(&attempt->step);
    }

    if (attempt->loader) {
        (void) erpsync_loader_end(attempt->loader, &loaded, &file);
        erpsync_registry_destroy(loaded);
    }

    ngx_free(attempt);
}


static void
ngx_http_erpsync_refreshed(ngx_http_erpsync_registry_t *registry,
    erpsync_registry_t *loaded)
{
    ngx_uint_t  failed;

    failed = (registry->error[0] != '\0');

    if (ngx_http_erpsync_registry_set(registry, loaded) != NGX_OK) {
        registry->file.read = 0;       /* so that it is read again */
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, registry->timer.log, 0,
                  "erpsync: registry \"%V\": %s, %uz apps",
                  &registry->path, failed ? "valid again" : "loaded",
                  erpsync_registry_apps(registry->snapshot->registry));

    ngx_http_erpsync_refresh_report(registry, 1);
}


static void
ngx_http_erpsync_refused_file(ngx_http_erpsync_registry_t *registry,
    const char *error)
{
    ngx_tm_t  tm;

    registry->identity = erpsync_file_identity(&registry->file);
    ngx_cpystrn((u_char *) registry->error, (u_char *) error,
                ERPSYNC_REGISTRY_ERROR_LEN);

    ngx_gmtime(registry->loaded, &tm);

    ngx_log_error(NGX_LOG_ERR, registry->timer.log, 0,
                  "erpsync: registry \"%V\": %s; keeping the one loaded at "
                  "%4d-%02d-%02dT%02d:%02d:%02dZ", &registry->path, error,
                  tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                  tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec);

    ngx_http_erpsync_refresh_report(registry, 0);
}


/*
 * Called once for each attempt that has come to an end with a new snapshot
 * ("ok") or an error, in each worker; registry->identity is equal in all
 * workers for the same state of the file, so that it is counted once.
 */

static void
ngx_http_erpsync_refresh_report(ngx_http_erpsync_registry_t *registry,
    ngx_uint_t ok)
{
    ngx_http_erpsync_main_conf_t    *emcf;
    ngx_http_erpsync_zone_report_t   report;

    emcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_erpsync_module);
    if (emcf == NULL) {
        return;
    }

    ngx_memzero(&report, sizeof(ngx_http_erpsync_zone_report_t));
    report.path = &registry->path;
    report.apps = erpsync_registry_apps(registry->snapshot->registry);
    report.identity = registry->identity;
    report.error = ok ? NULL : (u_char *) registry->error;
    report.window = registry->refresh * 2 + 1;

    ngx_http_erpsync_zone_registry(emcf, &report);
}
