
#include "ngx_http_erpsync_file.h"
#include "ngx_http_erpsync_sequence.h"


/* The pause between two slices of a large snapshot that is freed. */

#define NGX_HTTP_ERPSYNC_SWEEP  5      /* milliseconds */

#define NGX_HTTP_ERPSYNC_KEYS   65536  /* bytes of a file of public keys */


/* A request's hold on a snapshot. */

typedef struct {
    ngx_http_erpsync_snapshot_t    *snapshot;
} ngx_http_erpsync_hold_t;


static ngx_http_erpsync_file_t *ngx_http_erpsync_file_find(
    ngx_http_erpsync_main_conf_t *emcf, const erpsync_kind_t *kind,
    ngx_str_t *path);
static ngx_int_t ngx_http_erpsync_file_keys(ngx_conf_t *cf,
    ngx_http_erpsync_file_t *file);
static ngx_int_t ngx_http_erpsync_file_read_keys(ngx_conf_t *cf,
    ngx_http_erpsync_file_t *file, erpsync_str_t *text);
static ngx_int_t ngx_http_erpsync_file_load(ngx_conf_t *cf,
    ngx_http_erpsync_file_t *file);
static ngx_uint_t ngx_http_erpsync_file_readable(
    ngx_http_erpsync_file_t *file);
static ngx_http_erpsync_file_t *ngx_http_erpsync_file_former(ngx_conf_t *cf,
    ngx_http_erpsync_file_t *file);
static void ngx_http_erpsync_file_try(ngx_cycle_t *cycle, char *user,
    ngx_array_t *list);
static void ngx_http_erpsync_file_cleanup(void *data);
static void ngx_http_erpsync_file_unhold(void *data);
static void ngx_http_erpsync_sweep(ngx_event_t *ev);


ngx_http_erpsync_file_t *
ngx_http_erpsync_file_add(ngx_conf_t *cf, const erpsync_kind_t *kind,
    ngx_str_t *path, time_t refresh, ngx_str_t *key)
{
    ngx_uint_t                     same;
    ngx_pool_cleanup_t            *cln;
    ngx_http_erpsync_file_t       *file, **slot;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_erpsync_module);

    file = ngx_http_erpsync_file_find(emcf, kind, path);

    if (file) {

        same = (file->key.len == key->len
                && (key->len == 0
                    || ngx_memcmp(file->key.data, key->data, key->len) == 0));

        if (file->refresh != refresh || !same) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"erpsync_%s\" \"%V\" is used with another "
                               "\"%s\"", erpsync_kind_name(kind), path,
                               same ? "refresh" : "key");
            return NULL;
        }

        return file;
    }

    file = ngx_pcalloc(cf->pool, sizeof(ngx_http_erpsync_file_t));
    if (file == NULL) {
        return NULL;
    }

    file->kind = kind;
    file->path = *path;
    file->refresh = refresh;
    file->key = *key;
    ngx_queue_init(&file->snapshots);
    file->sweeper.handler = ngx_http_erpsync_sweep;
    file->sweeper.data = file;
    file->sweeper.log = &cf->cycle->new_log;
    file->sweeper.cancelable = 1;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    slot = ngx_array_push(&emcf->files);
    if (slot == NULL) {
        return NULL;
    }

    *slot = file;

    /* the snapshots are freed with the cycle that they were loaded for */

    cln->handler = ngx_http_erpsync_file_cleanup;
    cln->data = file;

    if (ngx_http_erpsync_file_keys(cf, file) != NGX_OK
        || ngx_http_erpsync_file_load(cf, file) != NGX_OK
        || ngx_http_erpsync_sequence_add(cf, file) != NGX_OK)
    {
        return NULL;
    }

    return file;
}


static ngx_http_erpsync_file_t *
ngx_http_erpsync_file_find(ngx_http_erpsync_main_conf_t *emcf,
    const erpsync_kind_t *kind, ngx_str_t *path)
{
    ngx_uint_t                 i;
    ngx_http_erpsync_file_t  **files;

    files = emcf->files.elts;

    for (i = 0; i < emcf->files.nelts; i++) {
        if (files[i]->kind == kind && files[i]->path.len == path->len
            && ngx_strncmp(files[i]->path.data, path->data, path->len)
               == 0)
        {
            return files[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_erpsync_file_keys(ngx_conf_t *cf, ngx_http_erpsync_file_t *file)
{
    const char     *error;
    erpsync_str_t   pem;

    if (file->key.len == 0) {
        return NGX_OK;
    }

    if (ngx_http_erpsync_file_read_keys(cf, file, &pem) != NGX_OK) {
        return NGX_ERROR;
    }

    file->keys = erpsync_keys_create(pem, &error);

    if (file->keys == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"key\" \"%V\" of \"erpsync_%s\" %s",
                           &file->key, erpsync_kind_name(file->kind), error);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Reads the text of a file of keys. */

static ngx_int_t
ngx_http_erpsync_file_read_keys(ngx_conf_t *cf, ngx_http_erpsync_file_t *file,
    erpsync_str_t *text)
{
    u_char     *p;
    ssize_t     n;
    ngx_fd_t    fd;
    ngx_err_t   err;

    p = ngx_palloc(cf->temp_pool, NGX_HTTP_ERPSYNC_KEYS);
    if (p == NULL) {
        return NGX_ERROR;
    }

    n = -1;
    fd = ngx_open_file(file->key.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd != NGX_INVALID_FILE) {
        n = ngx_read_fd(fd, p, NGX_HTTP_ERPSYNC_KEYS);
    }

    err = (n == -1) ? ngx_errno : 0;

    if (fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(fd);
    }

    if (n == -1 || n == NGX_HTTP_ERPSYNC_KEYS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, err,
                           "\"key\" \"%V\" of \"erpsync_%s\" %s",
                           &file->key, erpsync_kind_name(file->kind),
                           (n == -1) ? "cannot be read" : "is too large");
        return NGX_ERROR;
    }

    *text = erpsync_span(p, n);

    return NGX_OK;
}


static ngx_int_t
ngx_http_erpsync_file_load(ngx_conf_t *cf, ngx_http_erpsync_file_t *file)
{
    char                      error[ERPSYNC_FILE_ERROR_LEN];
    void                     *loaded;
    erpsync_loader_t         *loader;
    erpsync_source_t          source;
    ngx_http_erpsync_file_t  *former;

    loaded = NULL;
    former = ngx_http_erpsync_file_former(cf, file);

    source.kind = file->kind;
    source.path = (char *) file->path.data;
    source.keys = file->keys;
    source.former = former ? former->snapshot->content : NULL;
    source.sequence = former ? ngx_http_erpsync_sequence_least(former)
                             : ERPSYNC_NO_SEQUENCE;

    loader = erpsync_loader_begin(&source, &file->state, error);
    if (loader) {
        while (erpsync_loader_step(loader, NGX_MAX_SIZE_T_VALUE)) {
            /* void */
        }

        (void) erpsync_loader_end(loader, &loaded, &file->state);
    }

    if (loaded == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"erpsync_%s\" \"%V\": %s",
                           erpsync_kind_name(file->kind), &file->path,
                           error);
        return NGX_ERROR;
    }

    if (ngx_http_erpsync_file_set(file, loaded) != NGX_OK) {
        return NGX_ERROR;
    }

    if (erpsync_kind_changes(file->kind, loaded).len) {
        ngx_http_erpsync_file_log(file, cf->log, "loaded");
    }

    return NGX_OK;
}


/*
 * Returns the same file in the old configuration, at a reload, or NULL.  It is
 * not read if it is of another build of this module.
 */

static ngx_http_erpsync_file_t *
ngx_http_erpsync_file_former(ngx_conf_t *cf, ngx_http_erpsync_file_t *file)
{
    ngx_uint_t                     i;
    ngx_cycle_t                   *old;
    ngx_http_erpsync_main_conf_t  *emcf;

    old = cf->cycle->old_cycle;

    if (old == NULL || old->conf_ctx == NULL) {
        return NULL;
    }

    for (i = 0; old->modules[i]; i++) {
        if (old->modules[i] == &ngx_http_erpsync_module) {
            break;
        }
    }

    emcf = old->modules[i] ? ngx_http_cycle_get_module_main_conf(old,
                                                  ngx_http_erpsync_module)
                           : NULL;
    if (emcf == NULL) {
        return NULL;
    }

    return ngx_http_erpsync_file_find(emcf, file->kind, &file->path);
}


void
ngx_http_erpsync_file_log(ngx_http_erpsync_file_t *file, ngx_log_t *log,
    const char *what)
{
    u_char     digest[ERPSYNC_REGISTRY_DIGEST_LEN];
    ngx_str_t  changes;

    (void) ngx_hex_dump(digest, file->state.digest, sizeof(digest) / 2);

    changes = ngx_http_erpsync_str(erpsync_kind_changes(file->kind,
                                                 file->snapshot->content));

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "erpsync: %s \"%V\": %s, %uz %s, digest %*s%s%V",
                  erpsync_kind_name(file->kind), &file->path, what,
                  erpsync_kind_count(file->kind, file->snapshot->content),
                  erpsync_kind_entries(file->kind), sizeof(digest), digest,
                  changes.len ? ": " : "", &changes);
}


/*
 * The master loads a file as root, the workers refresh it as another user.
 * This opens the file as that user: whether it can depends on access control
 * lists, and on each directory of the path.
 */

ngx_int_t
ngx_http_erpsync_file_check(ngx_cycle_t *cycle)
{
    int                            n;
    gid_t                          gid, *groups;
    ngx_uint_t                     changed;
    ngx_core_conf_t               *ccf;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_erpsync_module);
    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (emcf == NULL || emcf->files.nelts == 0 || !ccf->master
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
        ngx_http_erpsync_file_try(cycle, ccf->username, &emcf->files);
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
ngx_http_erpsync_file_try(ngx_cycle_t *cycle, char *user,
    ngx_array_t *list)
{
    ngx_uint_t                 i;
    ngx_http_erpsync_file_t  **files;

    files = list->elts;

    for (i = 0; i < list->nelts; i++) {

        if (files[i]->refresh == 0) {
            continue;
        }

        if (ngx_http_erpsync_file_readable(files[i])) {
            continue;
        }

        /* also on the terminal, for any level of the error log */

        ngx_log_error_core(NGX_LOG_WARN, cycle->log, ngx_errno,
                           "erpsync: %s \"%V\" cannot be read by "
                           "the workers' user \"%s\", a change takes effect "
                           "at a reload only: let that user read the file "
                           "and search its directories",
                           erpsync_kind_name(files[i]->kind),
                           &files[i]->path, user);
    }
}


/* Also of its signature. */

static ngx_uint_t
ngx_http_erpsync_file_readable(ngx_http_erpsync_file_t *file)
{
    u_char      path[NGX_MAX_PATH];
    ngx_fd_t    fd;
    ngx_uint_t  i;

    for (i = 0; i < (file->keys ? 2 : 1); i++) {

        (void) ngx_snprintf(path, sizeof(path), "%V%s%Z", &file->path,
                            i ? ERPSYNC_SIGNATURE_SUFFIX : "");

        fd = open((const char *) path,
                  O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_NOCTTY);

        if (fd == NGX_INVALID_FILE) {
            return 0;
        }

        (void) ngx_close_file(fd);
    }

    return 1;
}


ngx_int_t
ngx_http_erpsync_file_set(ngx_http_erpsync_file_t *file, void *loaded)
{
    ngx_http_erpsync_snapshot_t  *snapshot, *former;

    snapshot = ngx_alloc(sizeof(ngx_http_erpsync_snapshot_t),
                         file->sweeper.log);
    if (snapshot == NULL) {
        erpsync_kind_destroy(file->kind, loaded);
        return NGX_ERROR;
    }

    snapshot->owner = file;
    snapshot->content = loaded;
    snapshot->refs = 1;
    ngx_queue_insert_tail(&file->snapshots, &snapshot->queue);

    former = file->snapshot;

    file->snapshot = snapshot;
    file->loaded = ngx_time();
    file->identity = erpsync_file_identity(&file->state);
    file->error[0] = '\0';
    file->outdated = 0;

    ngx_http_erpsync_sequence_note(file);

    if (former) {
        ngx_http_erpsync_file_release(former);
    }

    return NGX_OK;
}


static void
ngx_http_erpsync_file_cleanup(void *data)
{
    ngx_http_erpsync_file_t  *file = data;

    ngx_queue_t                  *q, *next;
    ngx_http_erpsync_snapshot_t  *snapshot;

    if (file->sweeper.timer_set) {
        ngx_del_timer(&file->sweeper);
    }

    /* also those that requests hold: the process ends */

    for (q = ngx_queue_head(&file->snapshots);
         q != ngx_queue_sentinel(&file->snapshots);
         q = next)
    {
        next = ngx_queue_next(q);

        snapshot = ngx_queue_data(q, ngx_http_erpsync_snapshot_t, queue);
        erpsync_kind_destroy(file->kind, snapshot->content);
        ngx_free(snapshot);
    }

    ngx_queue_init(&file->snapshots);

    erpsync_keys_release(file->keys);
}


const void *
ngx_http_erpsync_file_current(ngx_http_erpsync_file_t *file)
{
    return file ? file->snapshot->content : NULL;
}


ngx_int_t
ngx_http_erpsync_file_hold(ngx_http_request_t *r,
    ngx_http_erpsync_file_t *file)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_erpsync_hold_t  *hold;

    /* without refresh, a snapshot lives as long as its cycle */

    if (file->refresh == 0) {
        return NGX_OK;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler == ngx_http_erpsync_file_unhold) {
            hold = cln->data;

            if (hold->snapshot == file->snapshot) {
                return NGX_OK;
            }
        }
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_erpsync_hold_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    hold = cln->data;
    hold->snapshot = file->snapshot;
    hold->snapshot->refs++;

    cln->handler = ngx_http_erpsync_file_unhold;

    return NGX_OK;
}


const void *
ngx_http_erpsync_file_held(ngx_http_request_t *r,
    ngx_http_erpsync_file_t *file)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_erpsync_hold_t  *hold;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler == ngx_http_erpsync_file_unhold) {
            hold = cln->data;

            if (hold->snapshot->owner == file) {
                return hold->snapshot->content;
            }
        }
    }

    if (ngx_http_erpsync_file_hold(r, file) != NGX_OK) {
        return NULL;
    }

    return file->snapshot->content;
}


static void
ngx_http_erpsync_file_unhold(void *data)
{
    ngx_http_erpsync_hold_t  *hold = data;

    ngx_http_erpsync_file_release(hold->snapshot);
}


void
ngx_http_erpsync_file_release(ngx_http_erpsync_snapshot_t *snapshot)
{
    if (--snapshot->refs == 0 && !snapshot->owner->sweeper.timer_set) {
        ngx_add_timer(&snapshot->owner->sweeper, NGX_HTTP_ERPSYNC_SWEEP);
    }
}


/*
 * Frees snapshots that are not used.  A large one is freed in slices, because
 * giving its pages back takes the system a while.
 */

static void
ngx_http_erpsync_sweep(ngx_event_t *ev)
{
    ngx_queue_t                  *q;
    ngx_http_erpsync_file_t      *file;
    ngx_http_erpsync_snapshot_t  *snapshot;

    file = ev->data;

    for (q = ngx_queue_head(&file->snapshots);
         q != ngx_queue_sentinel(&file->snapshots);
         q = ngx_queue_next(q))
    {
        snapshot = ngx_queue_data(q, ngx_http_erpsync_snapshot_t, queue);

        if (snapshot->refs) {
            continue;
        }

        if (!erpsync_kind_dismantle(file->kind, snapshot->content)) {
            ngx_queue_remove(q);
            ngx_free(snapshot);
        }

        /* there may be another slice, or another snapshot */

        ngx_add_timer(ev, NGX_HTTP_ERPSYNC_SWEEP);
        return;
    }
}
