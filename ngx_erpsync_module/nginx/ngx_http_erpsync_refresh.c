
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_refresh.h"
#include "ngx_http_erpsync_file.h"
#include "ngx_http_erpsync_sequence.h"
#include "ngx_http_erpsync_zone.h"

#if (NGX_HTTP_ERPSYNC_THREADS)
#include <ngx_thread_pool.h>
#endif


#define NGX_HTTP_ERPSYNC_WORK   16384      /* bytes read by a step */

/* Without threads: how long a slice may take, and the pause after it. */

#define NGX_HTTP_ERPSYNC_SLICE  1000000    /* nanoseconds */
#define NGX_HTTP_ERPSYNC_PAUSE  1          /* milliseconds */

/* The next refresh after one that had no memory, if "refresh" is longer. */

#define NGX_HTTP_ERPSYNC_RETRY  1000       /* milliseconds */


/* One refresh of a file: checks it and loads it if it has changed. */

struct ngx_http_erpsync_attempt_s {
    ngx_http_erpsync_file_t        *file;
    erpsync_loader_t               *loader;
    ngx_event_t                     step;      /* without a thread */
    ngx_http_erpsync_snapshot_t    *former;    /* the current one, held */
#if (NGX_HTTP_ERPSYNC_THREADS)
    ngx_thread_task_t               task;
#endif
    char                            error[ERPSYNC_FILE_ERROR_LEN];
};


static void ngx_http_erpsync_refresh_now(ngx_http_erpsync_file_t *file);
static void ngx_http_erpsync_refresh_outdated(ngx_http_erpsync_file_t *file);
static void ngx_http_erpsync_refresh_handler(ngx_event_t *ev);
static void ngx_http_erpsync_refresh_retry(ngx_http_erpsync_file_t *file);
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


/* Starts the timers.  Each worker refreshes snapshots of its own. */

ngx_int_t
ngx_http_erpsync_refresh_add(ngx_conf_t *cf,
    ngx_http_erpsync_file_t *file)
{
    if (file->timer.handler) {
        return NGX_OK;
    }

    file->timer.handler = ngx_http_erpsync_refresh_handler;
    file->timer.data = file;

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
 * Returns whether threads can wake the event loop.  With an event method such
 * as "poll" they cannot, and nginx would not start with a thread pool.  If
 * "http" comes before "events", the method is not known yet: returns 0.
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


void
ngx_http_erpsync_refresh_init(ngx_cycle_t *cycle,
    ngx_http_erpsync_main_conf_t *emcf)
{
    ngx_uint_t                 i;
    ngx_http_erpsync_file_t  **files, *file;

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

        ngx_http_erpsync_refresh_now(file);
    }
}


/*
 * Ends what runs when the process exits; nginx has ended its threads before.
 * No refresh outlives its configuration otherwise: the workers of a former one
 * exit, and a process without a master keeps it.
 */

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
        if (files[i]->attempt) {
            ngx_http_erpsync_attempt_free(files[i]->attempt);
        }
    }
}


/*
 * Loads a file, if it has changed, before the worker serves a request.  If this
 * worker is in place of one that died, the snapshot is that of the last start
 * or reload, and what was revoked since then would be granted again until the
 * first refresh.  Nor may an old version of a signed file come back so.
 */

static void
ngx_http_erpsync_refresh_now(ngx_http_erpsync_file_t *file)
{
    ngx_http_erpsync_attempt_t  *attempt;

    attempt = ngx_http_erpsync_attempt_create(file, file->timer.log);

    if (attempt) {
        file->attempt = attempt;

        while (erpsync_loader_step(attempt->loader, NGX_MAX_SIZE_T_VALUE)) {
            /* void */
        }

        ngx_http_erpsync_attempt_end(attempt);
    }

    ngx_http_erpsync_refresh_outdated(file);
}


/* Makes a worker refuse calls if its version of a signed file is too old. */

static void
ngx_http_erpsync_refresh_outdated(ngx_http_erpsync_file_t *file)
{
    if (file->sequence
        && erpsync_kind_sequence(file->kind, file->snapshot->content)
           < ngx_http_erpsync_sequence_least(file))
    {
        file->outdated = 1;

        ngx_log_error(NGX_LOG_ERR, file->timer.log, 0,
                      "erpsync: %s \"%V\": its \"sequence\" is lower than %L, "
                      "which was in use: this worker refuses calls until a "
                      "later version is in place",
                      erpsync_kind_name(file->kind), &file->path,
                      ngx_http_erpsync_sequence_least(file));
    }
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


/*
 * Refreshes soon after memory ran out: what was revoked meanwhile must not be
 * granted until the next refresh, which may be hours away.
 */

static void
ngx_http_erpsync_refresh_retry(ngx_http_erpsync_file_t *file)
{
    if ((ngx_msec_t) file->refresh * 1000 > NGX_HTTP_ERPSYNC_RETRY) {
        ngx_add_timer(&file->timer, NGX_HTTP_ERPSYNC_RETRY);
    }
}


static ngx_http_erpsync_attempt_t *
ngx_http_erpsync_attempt_create(ngx_http_erpsync_file_t *file,
    ngx_log_t *log)
{
    erpsync_source_t             source;
    ngx_http_erpsync_attempt_t  *attempt;

    attempt = ngx_calloc(sizeof(ngx_http_erpsync_attempt_t), log);
    if (attempt == NULL) {
        ngx_http_erpsync_refresh_retry(file);
        return NULL;
    }

    attempt->file = file;

    source.kind = file->kind;
    source.path = (char *) file->path.data;
    source.keys = file->keys;
    source.former = file->snapshot->content;
    source.sequence = ngx_http_erpsync_sequence_least(file);

    attempt->loader = erpsync_loader_begin(&source, &file->state,
                                           attempt->error);
    if (attempt->loader == NULL) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "erpsync: %s \"%V\": no memory for a refresh",
                      erpsync_kind_name(file->kind), &file->path);
        ngx_http_erpsync_refresh_retry(file);
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

    /* without a thread if the worker is exiting: it would have to wait */

    if (attempt->file->thread_pool && !ngx_exiting) {
        attempt->task.ctx = attempt;
        attempt->task.handler = ngx_http_erpsync_attempt_thread;
        attempt->task.event.handler = ngx_http_erpsync_attempt_done;
        attempt->task.event.data = attempt;
        attempt->task.event.log = attempt->file->timer.log;

        if (ngx_thread_task_post(attempt->file->thread_pool,
                                 &attempt->task)
            == NGX_OK)
        {
            return;
        }

        /* the queue of the thread pool is full */
    }

#endif

    attempt->step.handler = ngx_http_erpsync_attempt_step;
    attempt->step.data = attempt;
    attempt->step.log = attempt->file->timer.log;
    attempt->step.cancelable = 1;

    ngx_http_erpsync_attempt_step(&attempt->step);
}


#if (NGX_HTTP_ERPSYNC_THREADS)

/* Runs in a thread, and uses nothing of nginx but the flags of its end. */

static void
ngx_http_erpsync_attempt_thread(void *data, ngx_log_t *log)
{
    ngx_http_erpsync_attempt_t  *attempt = data;

    while (erpsync_loader_step(attempt->loader, NGX_HTTP_ERPSYNC_WORK)) {
        if (ngx_terminate || ngx_quit
            || *(volatile ngx_uint_t *) &ngx_exiting)
        {
            break;
        }
    }

    /*
     * What OpenSSL keeps for this thread, a random generator above all: the
     * thread itself may end while the worker's exit takes OpenSSL down, and
     * its memory would be lost then.
     */

    erpsync_digest_leave();
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

    outcome = erpsync_loader_end(attempt->loader, &loaded, &file->state);
    attempt->loader = NULL;
    file->attempt = NULL;

    if (outcome == ERPSYNC_LOAD_DONE) {
        ngx_http_erpsync_refreshed(file, loaded);

    } else if (outcome == ERPSYNC_LOAD_FAILED) {
        ngx_http_erpsync_refused_file(file, attempt->error);

    } else if (outcome == ERPSYNC_LOAD_GIVEN_UP) {
        file->overdue = 1;     /* in a thread, because the worker exits */
    }

    ngx_http_erpsync_attempt_free(attempt);

    if (file->overdue) {
        file->overdue = 0;
        ngx_add_timer(&file->timer, 1);

    } else if (file->state.error == ENOMEM) {
        ngx_http_erpsync_refresh_retry(file);
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
        erpsync_kind_destroy(attempt->file->kind, loaded);
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
        file->state.read = 0;       /* load it again next time */
        ngx_http_erpsync_refresh_retry(file);
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
 * Reports to the zone that a new snapshot was loaded ("ok"), or an error.  Each
 * worker reports it; file->identity is the same in all of them, so that it is
 * counted once.
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
