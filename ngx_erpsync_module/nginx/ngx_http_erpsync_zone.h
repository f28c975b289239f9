
/*
 * The zone of counters: shared memory of all workers, kept over reloads.  It
 * is kept only for the code that made it, since its tag is an address in the
 * loaded module: so its layout needs no version.
 *
 *     zone             directive, layout, life
 *     count            a request is counted; no worker waits for another
 *     gather           all counters as plain numbers, for erpsync_status
 *     gather_registry  with names and times of the registries
 */


#ifndef _NGX_HTTP_ERPSYNC_ZONE_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_ZONE_H_INCLUDED_


/* First: nginx defines _GNU_SOURCE, which a system header must not precede. */

#include "ngx_http_erpsync.h"

#include <stdatomic.h>


#define NGX_HTTP_ERPSYNC_ZONE_STRIPES     8
#define NGX_HTTP_ERPSYNC_ZONE_MINUTES     64
#define NGX_HTTP_ERPSYNC_ZONE_APPS_MIN    64
#define NGX_HTTP_ERPSYNC_ZONE_PROBES      64
#define NGX_HTTP_ERPSYNC_ZONE_REGISTRIES  64
#define NGX_HTTP_ERPSYNC_ZONE_RECENT      8
#define NGX_HTTP_ERPSYNC_ZONE_STEP        300    /* seconds */
#define NGX_HTTP_ERPSYNC_ZONE_STEPS       16
#define NGX_HTTP_ERPSYNC_ZONE_CAUSES      8
#define NGX_HTTP_ERPSYNC_ZONE_FAULTS      8


typedef _Atomic uint64_t  ngx_http_erpsync_counter_t;


/*
 * A count of one minute: the minute is in the upper half, the count in the
 * lower.  The worker that counts first in a new minute replaces the cell by
 * compare and swap, with a count of 1.  So no cell needs to be cleared.
 */

typedef _Atomic uint64_t  ngx_http_erpsync_cell_t;


/* The cells of a minute. */

typedef struct {
    ngx_http_erpsync_cell_t       reasons[ERPSYNC_DECISIONS]
                                         [ERPSYNC_REASON_COUNT];
    ngx_http_erpsync_cell_t       results[ERPSYNC_RESULTS];
    ngx_http_erpsync_cell_t       answers[ERPSYNC_ANSWERS];
    ngx_http_erpsync_cell_t       moved;
    ngx_http_erpsync_cell_t       gate[ERPSYNC_METRICS_BUCKETS];
    ngx_http_erpsync_cell_t       upstream[ERPSYNC_METRICS_BUCKETS];
} ngx_http_erpsync_minute_t;


/*
 * A violation of an app's bodies, by the Space-Saving algorithm (Metwally and
 * others, 2005).  A new violation replaces the one with the lowest count, goes
 * on from that count, and notes it in "floor".  It may have been counted and
 * replaced before, so its true count is "count" - "floor" to "count".
 *
 * Read and written under the mutex of the zone, if a worker gets it at once.
 */

typedef struct {
    uint64_t                      count;
    uint64_t                      floor;
    time_t                        last;
    size_t                        len;
    u_char                        place[ERPSYNC_VIOLATION_PLACE];
} ngx_http_erpsync_fault_t;


/*
 * The counters of an app, of all other apps, or of calls without an app.
 *
 * "reasons" counts the reasons of DENY and of REPORT.  "causes" counts the
 * same for each step of five minutes.  A step has a few cells; the upper half
 * of a cell is the step, the decision and the reason.  The first worker with
 * a reason takes a free cell.  If a step has more reasons than
 * NGX_HTTP_ERPSYNC_ZONE_CAUSES, the others are counted in "reasons" only.
 */

typedef struct {
    ngx_http_erpsync_counter_t    total[ERPSYNC_DECISIONS];
    ngx_http_erpsync_counter_t    refused;  /* the last: time << 8 | reason */
    ngx_http_erpsync_counter_t    reasons[2][ERPSYNC_REASON_COUNT];
    ngx_http_erpsync_cell_t       minutes[NGX_HTTP_ERPSYNC_ZONE_MINUTES]
                                         [ERPSYNC_DECISIONS];
    ngx_http_erpsync_cell_t       causes[NGX_HTTP_ERPSYNC_ZONE_STEPS]
                                        [NGX_HTTP_ERPSYNC_ZONE_CAUSES];
    ngx_http_erpsync_fault_t      faults[NGX_HTTP_ERPSYNC_ZONE_FAULTS];
} ngx_http_erpsync_tally_t;


typedef struct {
    _Atomic uint64_t              ready;    /* length of the id; 0: not yet */
    _Atomic uint64_t              id[8];    /* bytes, padded with zeros */
    ngx_http_erpsync_tally_t      tally;
} ngx_http_erpsync_slot_t;


typedef struct {
    ngx_http_erpsync_counter_t    buckets[ERPSYNC_METRICS_BUCKETS];
    ngx_http_erpsync_counter_t    sum;
} ngx_http_erpsync_histogram_t;


/*
 * The counters of one worker, or of several; the totals are sums over all
 * stripes.  Workers count several times as fast if they do not write to the
 * same cache lines.
 */

typedef struct {
    ngx_http_erpsync_histogram_t  gate;
    ngx_http_erpsync_histogram_t  upstream;
    ngx_http_erpsync_counter_t    bytes[ERPSYNC_DIRECTIONS];
    ngx_http_erpsync_counter_t    results[ERPSYNC_RESULTS];
    ngx_http_erpsync_counter_t    answers[ERPSYNC_ANSWERS];
    ngx_http_erpsync_counter_t    moved;
    ngx_http_erpsync_counter_t    unknown[ERPSYNC_METRICS_OPERATIONS];

    ngx_http_erpsync_counter_t    requests[ERPSYNC_METRICS_OPERATIONS]
                                          [ERPSYNC_DECISIONS]
                                          [ERPSYNC_REASON_COUNT];

    ngx_http_erpsync_minute_t     minutes[NGX_HTTP_ERPSYNC_ZONE_MINUTES];

    ngx_http_erpsync_cell_t       operations[ERPSYNC_METRICS_OPERATIONS]
                                            [NGX_HTTP_ERPSYNC_ZONE_MINUTES]
                                            [ERPSYNC_DECISIONS];

    ngx_http_erpsync_tally_t      no_app;
} ngx_http_erpsync_stripe_t;


/* A registry file.  Read and written under the mutex, since that is rare. */

typedef struct {
    size_t                        len;      /* of the whole path */
    uint32_t                      hash;
    u_char                        path[256];
    ngx_uint_t                    generation;  /* of the last configuration
                                                  that named the path */
    uint64_t                      apps;
    time_t                        loaded;
    uint64_t                      ok;
    uint64_t                      failed;
    time_t                        failed_at;

    uint64_t                      identity; /* reported last */
    ngx_uint_t                    outcome;

    struct {
        uint64_t                  identity;
        ngx_uint_t                outcome;
        time_t                    time;
    } recent[NGX_HTTP_ERPSYNC_ZONE_RECENT];
    ngx_uint_t                    nrecent;

    size_t                        error_len;
    u_char                        error[ERPSYNC_REGISTRY_ERROR_LEN];
} ngx_http_erpsync_zone_registry_t;


typedef struct {
    ngx_uint_t                    nstripes;
    ngx_uint_t                    nslots;
    time_t                        since;

    _Atomic uint64_t             *keys;     /* hash of the id; 0: free */
    ngx_http_erpsync_slot_t      *slots;
    ngx_http_erpsync_stripe_t    *stripes;

    ngx_http_erpsync_tally_t      other;

    struct {                      /* under the mutex, as are "faults" */
        time_t                    last;
        size_t                    len;
        u_char                    tenant[32];
    } moved;

    ngx_uint_t                    generation;  /* of the configuration */
    ngx_uint_t                    nregistries;
    ngx_http_erpsync_zone_registry_t
                                registries[NGX_HTTP_ERPSYNC_ZONE_REGISTRIES];
} ngx_http_erpsync_zone_sh_t;


struct ngx_http_erpsync_zone_s {
    ngx_http_erpsync_zone_sh_t   *sh;
    ngx_slab_pool_t              *shpool;
};


/* Returns the minute of a second, for the upper half of a cell. */

static ngx_inline uint32_t
ngx_http_erpsync_minute(time_t now)
{
    return (uint32_t) (now / 60);
}


/* Returns the upper half of a cell in tally->causes. */

static ngx_inline uint32_t
ngx_http_erpsync_cause(uint32_t step, ngx_uint_t report, ngx_uint_t reason)
{
    return step << 8 | (uint32_t) report << 7 | (uint32_t) reason;
}


/* Returns the entry of a registry file, or NULL; the mutex must be locked. */
ngx_http_erpsync_zone_registry_t *ngx_http_erpsync_zone_find(
    ngx_http_erpsync_zone_sh_t *sh, ngx_str_t *path);


/* zone */

char *ngx_http_erpsync_set_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Reports the files that were loaded with the configuration. */
ngx_int_t ngx_http_erpsync_zone_init_module(ngx_cycle_t *cycle);

/*
 * Reports that a file was loaded, or could not be.  All workers load a changed
 * file, but it is counted once: a report is ignored if the last one, or one of
 * the last "window" seconds, has the same identity and outcome.  With a window
 * of 0 each report is counted.
 */
typedef struct {
    ngx_str_t                      *path;
    uint64_t                        identity;   /* of the file's content */
    size_t                          apps;       /* that are used now */
    u_char                         *error;      /* NULL: it was loaded */
    time_t                          window;
} ngx_http_erpsync_zone_report_t;

void ngx_http_erpsync_zone_registry(ngx_http_erpsync_main_conf_t *emcf,
    ngx_http_erpsync_zone_report_t *report);

/* count */

/*
 * Counts the decision on a request, once, and the answer of the WebAPI.  To be
 * called when the request has ended.
 */
void ngx_http_erpsync_count(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* gather, gather_registry */

/* Returns all counters, or NULL if memory ran out. */
erpsync_metrics_t *ngx_http_erpsync_gather_metrics(
    ngx_http_erpsync_main_conf_t *emcf, ngx_pool_t *pool);

/* Adds the files to the counters.  Returns NGX_ERROR if memory ran out. */
ngx_int_t ngx_http_erpsync_gather_files(erpsync_metrics_t *m,
    ngx_http_erpsync_main_conf_t *emcf, ngx_pool_t *pool);

/*
 * Adds the apps whose tokens expire first: m->expiries has room for
 * ERPSYNC_METRICS_EXPIRING.
 */
void ngx_http_erpsync_gather_expiries(erpsync_metrics_t *m,
    ngx_http_erpsync_main_conf_t *emcf);

/* Compares two ids for qsort(). */
int ngx_http_erpsync_compare_ids(erpsync_str_t one, erpsync_str_t two);


#endif /* _NGX_HTTP_ERPSYNC_ZONE_H_INCLUDED_ */
