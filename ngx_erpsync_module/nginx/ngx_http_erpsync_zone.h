
/*
 * The zone of counters: shared memory of all workers, kept over reloads.
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
 * What happened in one minute: the minute in the upper half, the count in
 * the lower.  Whoever counts first in a new minute starts over from 1, by
 * compare and swap; nothing is ever cleared by another.
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
 * A violation of an app's bodies.  A new one takes the place of the one that
 * was counted least, and "floor" is set to that count: the new one was counted
 * at most so often before, so "count" - "floor" is what is certain (the
 * Space-Saving algorithm of Metwally and others).  Read and written under the
 * zone's mutex, by those who get it at once.
 */

typedef struct {
    uint64_t                      count;
    uint64_t                      floor;
    time_t                        last;
    size_t                        len;
    u_char                        place[ERPSYNC_VIOLATION_PLACE];
} ngx_http_erpsync_fault_t;


/*
 * An app, also "other" and none; without its key and id.
 *
 * "reasons" are of DENY and REPORT.  "causes" are the same by steps of five
 * minutes, as cells that have the step, the decision and the reason in their
 * upper half, so whoever comes first takes a cell for a step.  Of more than
 * ZONE_CAUSES in one step, the further ones are in "reasons" only.
 */

typedef struct {
    ngx_http_erpsync_counter_t    total[ERPSYNC_DECISIONS];
    ngx_http_erpsync_counter_t    refused;  /* time << 8 | reason, the last */
    ngx_http_erpsync_counter_t    reasons[2][ERPSYNC_REASON_COUNT];
    ngx_http_erpsync_cell_t       minutes[NGX_HTTP_ERPSYNC_ZONE_MINUTES]
                                         [ERPSYNC_DECISIONS];
    ngx_http_erpsync_cell_t       causes[NGX_HTTP_ERPSYNC_ZONE_STEPS]
                                        [NGX_HTTP_ERPSYNC_ZONE_CAUSES];
    ngx_http_erpsync_fault_t      faults[NGX_HTTP_ERPSYNC_ZONE_FAULTS];
} ngx_http_erpsync_tally_t;


typedef struct {
    _Atomic uint64_t              ready;    /* the id's length, once known */
    _Atomic uint64_t              id[8];    /* bytes, padded with zeros */
    ngx_http_erpsync_tally_t      tally;
} ngx_http_erpsync_slot_t;


typedef struct {
    ngx_http_erpsync_counter_t    buckets[ERPSYNC_METRICS_BUCKETS];
    ngx_http_erpsync_counter_t    sum;
} ngx_http_erpsync_histogram_t;


/*
 * The counters of a worker, or of some: their sum is what counts.  Workers
 * that keep out of each other's cache lines count several times as fast.
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


/* A registry file; read and written under the zone's mutex: it is rare. */

typedef struct {
    size_t                        len;      /* of the path, all of it */
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
    uint32_t                      layout;
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


/* A zone is not used again by a module that has another layout. */

#define NGX_HTTP_ERPSYNC_ZONE_LAYOUT                                          \
    (uint32_t) (0x65720004 + sizeof(ngx_http_erpsync_zone_sh_t)               \
                + sizeof(ngx_http_erpsync_stripe_t) * 31                      \
                + sizeof(ngx_http_erpsync_slot_t) * 961)


struct ngx_http_erpsync_zone_s {
    ngx_http_erpsync_zone_sh_t   *sh;
    ngx_slab_pool_t              *shpool;
};


static ngx_inline uint32_t
ngx_http_erpsync_minute(time_t now)
{
    return (uint32_t) (now / 60);
}


/* The upper half of a cell of tally->causes. */

static ngx_inline uint32_t
ngx_http_erpsync_cause(uint32_t step, ngx_uint_t report, ngx_uint_t reason)
{
    return step << 8 | (uint32_t) report << 7 | (uint32_t) reason;
}


/* The entry of a registry file, or NULL; the caller holds the mutex. */
ngx_http_erpsync_zone_registry_t *ngx_http_erpsync_zone_find(
    ngx_http_erpsync_zone_sh_t *sh, ngx_str_t *path);


/* zone */

char *ngx_http_erpsync_set_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Tells of the registries that were read with the configuration. */
ngx_int_t ngx_http_erpsync_zone_init_module(ngx_cycle_t *cycle);

/*
 * A registry file was read.  Within "window" seconds (0: none), and as long
 * as nothing else became of the file, workers that tell the same "identity"
 * and outcome count once.
 */
typedef struct {
    ngx_str_t                      *path;
    uint64_t                        identity;   /* of the file's content */
    size_t                          apps;       /* that are used now */
    u_char                         *error;      /* text; NULL: it is good */
    time_t                          window;
} ngx_http_erpsync_zone_report_t;

void ngx_http_erpsync_zone_registry(ngx_http_erpsync_main_conf_t *emcf,
    ngx_http_erpsync_zone_report_t *report);

/* count */

/*
 * Counts what was decided on the request, once, and what the WebAPI answered:
 * to be called when the request has ended.
 */
void ngx_http_erpsync_count(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* gather: counters; gather_registry: what is known of registries */

/* All counters; NULL: no memory. */
erpsync_metrics_t *ngx_http_erpsync_gather_metrics(
    ngx_http_erpsync_main_conf_t *emcf, ngx_pool_t *pool);

ngx_int_t ngx_http_erpsync_gather_files(erpsync_metrics_t *m,
    ngx_http_erpsync_main_conf_t *emcf, ngx_pool_t *pool);
ngx_int_t ngx_http_erpsync_gather_expiries(erpsync_metrics_t *m,
    ngx_http_erpsync_main_conf_t *emcf, ngx_pool_t *pool);

/* Less than, equal to or greater than 0, as qsort() wants it. */
int ngx_http_erpsync_compare_ids(erpsync_str_t one, erpsync_str_t two);


#endif /* _NGX_HTTP_ERPSYNC_ZONE_H_INCLUDED_ */
