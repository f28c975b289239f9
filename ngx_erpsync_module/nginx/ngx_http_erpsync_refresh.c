
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_refresh.h"
#include "ngx_http_erpsync_file.h"
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
    ngx_http_erpsync_file_t        *file;      /* NULL: nobody waits for it */
    const erpsync_kind_t           *kind;
    erpsync_loader_t               *loader;
    ngx_event_t                     step;      /* without a thread */
    ngx_uint_t                      threaded;
    volatile ngx_uint_t             cancel;    /* read by the thread */
    ngx_http_erpsync_snapshot_t    *former;    /* in force, and held */
#if (NGX_HTTP_ERPSYNC_THREADS)
    ngx_thread_task_t               task;
#endif
    char                            error[ERPSYNC_FILE_ERROR_LEN];
    char                            path[1];
};


static void ngx_http_erpsync_refresh_stop(
    ngx_http_erpsync_file_t *file, ngx_uint_t ended);
static void ngx_http_erpsync_refresh_cleanup(void *data);
static void ngx_http_erpsync_refresh_handler(ngx_event_t *ev);
static ngx_http_erpsync_attempt_t *ngx_http_erpsync_attempt_create(
    ngx_http_erpsync_file_t *file, ngx_log_t *log);
static void ngx_http_erpsync_attempt_start(
    ngx_http_erpsync_attempt_t *attempt);
static void ngx_http_erpsync_attempt_step(ngx_event_t *ev);
static void ngx_http_erpsync_attempt_end(ngx_http_erpsync_attempt_t *attempt);
static void ngx_http_erpsync_attempt_free(
    ngx_http_erpsync_attempt_t *attempt);
static void ngx_http_erpsync_refreshed(ngx_http_erpsync_file_t *file,
    void *loaded);
static void ngx_http_erpsync_refused_file(
    ngx_http_erpsync_file_t *file, const char *error);
static void ngx_http_erpsync_refresh_report(
    ngx_http_erpsync_file_t *file, ngx_uint_t ok);

#if (NGX_HTTP_ERPSYNC_THREADS)
static ngx_uint_t ngx_http_erpsync_notifies(ngx_conf_t *cf);
static void ngx_http_erpsync_attempt_thread(void *data, ngx_log_t *log);
static void ngx_http_erpsync_attempt_done(ngx_event_t *ev);
#endif


/* Each worker looks for itself: nothing is shared, and nothing locked. */

ngx_int_t
ngx_http_erpsync_refresh_add(ngx_conf_t *cf,
    ngx_http_erpsync_file_t *file)
{
    ngx_pool_cleanup_t  *cln;

    if (file->timer.handler) {
        return NGX_OK;
    }

    file->timer.handler = ngx_http_erpsync_refresh_handler;
    file->timer.data = file;

    /* it runs before the cleanup of the file, which was added before */

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_erpsync_refresh_cleanup;
    cln->data = file;

#if (NGX_HTTP_ERPSYNC_THREADS)

    if (file->refresh && ngx_http_erpsync_notifies(cf)) {
        file->thread_pool = ngx_thread_pool_add(cf, NULL);

        if (file->thread_pool == NULL) {
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
    ngx_uint_t           i;
    ngx_module_t        *module;
    ngx_event_conf_t    *ecf;
    ngx_event_module_t  *events;

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
    ngx_uint_t                     i;
    ngx_http_erpsync_file_t      **files, *file;
    ngx_http_erpsync_main_conf_t  *emcf;

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

    files = emcf->files.elts;

    for (i = 0; i < emcf->files.nelts; i++) {
        file = files[i];

        if (file->refresh == 0) {
            continue;
        }

        file->timer.log = cycle->log;
        file->timer.cancelable = 1;
        file->sweeper.log = cycle->log;

        ngx_add_timer(&file->timer,
                      (ngx_msec_t) file->refresh * 1000);
    }

    return NGX_OK;
}


void
ngx_http_erpsync_refresh_exit(ngx_cycle_t *cycle)
{
    ngx_uint_t                     i;
    ngx_http_erpsync_file_t      **files;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_erpsync_module);
    if (emcf == NULL) {
        return;
    }

    files = emcf->files.elts;

    for (i = 0; i < emcf->files.nelts; i++) {
        ngx_http_erpsync_refresh_stop(files[i], 1);
    }
}


/*
 * With "ended" the threads of this process are gone: nginx's thread pools
 * end in front of this module.  Otherwise one may be at work, as where a
 * process without a master has taken a new configuration; then the attempt
 * is freed when the thread reports.
 */

static void
ngx_http_erpsync_refresh_stop(ngx_http_erpsync_file_t *file,
    ngx_uint_t ended)
{
    ngx_http_erpsync_attempt_t  *attempt;

    if (file->timer.timer_set) {
        ngx_del_timer(&file->timer);
    }

    attempt = file->attempt;

    if (attempt == NULL) {
        return;
    }

    file->attempt = NULL;
    attempt->file = NULL;

    if (attempt->threaded && !ended) {
        attempt->cancel = 1;
        ngx_http_erpsync_file_abandon(attempt->former);
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
    ngx_http_erpsync_attempt_t  *attempt;
    ngx_http_erpsync_file_t     *file;

    file = ev->data;

    if (file->attempt) {
        file->overdue = 1;
        return;
    }

    ngx_add_timer(ev, (ngx_msec_t) file->refresh * 1000);

    attempt = ngx_http_erpsync_attempt_create(file, ev->log);
    if (attempt == NULL) {
        return;
    }

    file->attempt = attempt;
    ngx_http_erpsync_attempt_start(attempt);
}


static ngx_http_erpsync_attempt_t *
ngx_http_erpsync_attempt_create(ngx_http_erpsync_file_t *file,
    ngx_log_t *log)
{
    erpsync_source_t             source;
    ngx_http_erpsync_attempt_t  *attempt;

    attempt = ngx_calloc(sizeof(ngx_http_erpsync_attempt_t)
                         + file->path.len, log);
    if (attempt == NULL) {
        return NULL;
    }

    attempt->file = file;
    attempt->kind = file->kind;
    ngx_memcpy(attempt->path, file->path.data, file->path.len);

    source.kind = file->kind;
    source.path = attempt->path;
    source.keys = file->keys;
    source.former = file->snapshot->content;

    attempt->loader = erpsync_loader_begin(&source, &file->state,
                                           attempt->error);
    if (attempt->loader == NULL) {
        ngx_free(attempt);
        return NULL;
    }

    attempt->former = file->snapshot;
    attempt->former->refs++;

    return attempt;
}


static void
ngx_http_erpsync_attempt_start(ngx_http_erpsync_attempt_t *attempt)
{
#if (NGX_HTTP_ERPSYNC_THREADS)

    /* a worker that is exiting would have to wait for the thread */

    if (attempt->file->thread_pool && !ngx_exiting) {
        attempt->task.ctx = attempt;
        attempt->task.handler = ngx_http_erpsync_attempt_thread;
        attempt->task.event.handler = ngx_http_erpsync_attempt_done;
        attempt->task.event.data = attempt;
        attempt->task.event.log = attempt->file->timer.log;
        attempt->threaded = 1;

        if (ngx_thread_task_post(attempt->file->thread_pool,
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
    attempt->step.log = attempt->file->timer.log;
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
    erpsync_load_t            outcome;
    void                     *loaded;
    ngx_http_erpsync_file_t  *file;

    file = attempt->file;

    if (file == NULL) {
        ngx_http_erpsync_attempt_free(attempt);
        return;
    }

    outcome = erpsync_loader_end(attempt->loader, &loaded, &file->state);
    attempt->loader = NULL;
    file->attempt = NULL;

    if (outcome == ERPSYNC_LOAD_DONE) {
        ngx_http_erpsync_refreshed(file, loaded);

    } else if (outcome == ERPSYNC_LOAD_FAILED) {
        ngx_http_erpsync_refused_file(file, attempt->error);

    } else if (outcome == ERPSYNC_LOAD_GIVEN_UP) {
        file->overdue = 1;     /* by a thread, as the worker exits */
    }

    ngx_http_erpsync_attempt_free(attempt);

    if (file->overdue) {
        file->overdue = 0;
        ngx_add_timer(&file->timer, 1);
    }
}


static void
ngx_http_erpsync_attempt_free(ngx_http_erpsync_attempt_t *attempt)
{
    erpsync_file_t  file;
    void           *loaded;

    if (attempt->step.timer_set) {
        ngx_del_timer(&attempt->step);
    }

    if (attempt->loader) {
        (void) erpsync_loader_end(attempt->loader, &loaded, &file);
        erpsync_kind_destroy(attempt->kind, loaded);
    }

    ngx_http_erpsync_file_release(attempt->former);
    ngx_free(attempt);
}


static void
ngx_http_erpsync_refreshed(ngx_http_erpsync_file_t *file,
    void *loaded)
{
    ngx_uint_t  failed;

    failed = (file->error[0] != '\0');

    if (ngx_http_erpsync_file_set(file, loaded) != NGX_OK) {
        file->state.read = 0;       /* so that it is read again */
        return;
    }

    ngx_http_erpsync_file_log(file, file->timer.log,
                              failed ? "valid again" : "loaded");

    ngx_http_erpsync_refresh_report(file, 1);
}


static void
ngx_http_erpsync_refused_file(ngx_http_erpsync_file_t *file,
    const char *error)
{
    ngx_tm_t  tm;

    file->identity = erpsync_file_identity(&file->state);
    ngx_cpystrn((u_char *) file->error, (u_char *) error,
                ERPSYNC_FILE_ERROR_LEN);

    ngx_gmtime(file->loaded, &tm);

    ngx_log_error(NGX_LOG_ERR, file->timer.log, 0,
                  "erpsync: %s \"%V\": %s; keeping the version loaded at "
                  "%4d-%02d-%02dT%02d:%02d:%02dZ",
                  erpsync_kind_name(file->kind), &file->path, error,
                  tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                  tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec);

    ngx_http_erpsync_refresh_report(file, 0);
}


/*
 * Called once for each attempt that has come to an end with a new snapshot
 * ("ok") or an error, in each worker; file->identity is equal in all
 * workers for the same state of the file, so that it is counted once.
 */

static void
ngx_http_erpsync_refresh_report(ngx_http_erpsync_file_t *file,
    ngx_uint_t ok)
{
    ngx_http_erpsync_main_conf_t   *emcf;
    ngx_http_erpsync_zone_report_t  report;

    emcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_erpsync_module);
    if (emcf == NULL) {
        return;
    }

    ngx_memzero(&report, sizeof(ngx_http_erpsync_zone_report_t));
    report.path = &file->path;
    report.apps = erpsync_kind_count(file->kind, file->snapshot->content);
    report.identity = file->identity;
    report.error = ok ? NULL : (u_char *) file->error;
    report.window = file->refresh * 2 + 1;

    ngx_http_erpsync_zone_registry(emcf, &report);
}
