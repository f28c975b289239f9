
/*
 * The counters as plain numbers, and how they are written: as Prometheus text,
 * JSON and the status page (docs/status.md). The glue counts.
 */


#ifndef ERPSYNC_METRICS_H
#define ERPSYNC_METRICS_H


#include "erpsync_answer.h"
#include "erpsync_header.h"
#include "erpsync_out.h"
#include "erpsync_reason.h"
#include "erpsync_schema.h"
#include "erpsync_version.h"
#include "erpsync_violation.h"


typedef enum {
    ERPSYNC_DECISION_ALLOW,
    ERPSYNC_DECISION_DENY,
    ERPSYNC_DECISION_REPORT,       /* would be refused */
    ERPSYNC_DECISION_ABORT,        /* the client left too early */
    ERPSYNC_DECISIONS
} erpsync_decision_t;

typedef enum {
    ERPSYNC_DIRECTION_IN,
    ERPSYNC_DIRECTION_OUT,
    ERPSYNC_DIRECTIONS
} erpsync_direction_t;


/*
 * The operations, and one more for calls without a known operation and for the
 * SOAP twin.
 */

#define ERPSYNC_METRICS_OPERATIONS  (ERPSYNC_OPERATIONS + 1)
#define ERPSYNC_METRICS_NONE        ERPSYNC_OPERATIONS

/*
 * Upper bounds of the buckets of a histogram, 1,000 to 100,000,000: of gate
 * time in nanoseconds, of the WebAPI's time in microseconds. One bucket more
 * is for longer times.
 */

#define ERPSYNC_METRICS_BOUNDS      16
#define ERPSYNC_METRICS_BUCKETS     (ERPSYNC_METRICS_BOUNDS + 1)

#define ERPSYNC_METRICS_MINUTES     60


/* Most apps whose expiry is written: those that expire first. */

#define ERPSYNC_METRICS_EXPIRING    1000


/* Returns the bucket of a time, in the unit of its histogram. */

unsigned erpsync_metrics_bucket(uint64_t time);

/* Returns "allow", "deny", "report" or "abort". */

erpsync_str_t erpsync_decision_name(erpsync_decision_t decision);

/* Returns an operation's name by its index, or "none". */

erpsync_str_t erpsync_metrics_operation(size_t index);


/* A minute of all requests. */

typedef struct {
    uint32_t                  decisions[ERPSYNC_DECISIONS];
    uint32_t                  reasons[ERPSYNC_DECISIONS][ERPSYNC_REASON_COUNT];
    uint32_t                  results[ERPSYNC_RESULTS];
    uint32_t                  answers[ERPSYNC_ANSWERS];
    uint32_t                  moved;         /* of these, with status 421 */
    uint32_t                  gate[ERPSYNC_METRICS_BUCKETS];
    uint32_t                  upstream[ERPSYNC_METRICS_BUCKETS];
} erpsync_metrics_minute_t;


/* Refusals of an app for one reason. */

typedef struct {
    erpsync_decision_t        decision;      /* DENY or REPORT */
    erpsync_reason_t          reason;
    uint64_t                  total;
    uint64_t                  hour;
} erpsync_metrics_cause_t;


/* A violation that bodies of an app have. */

typedef struct {
    erpsync_str_t             place;         /* erpsync_violation_place() */
    uint64_t                  count;         /* at least */
    int64_t                   last;
} erpsync_metrics_fault_t;


/*
 * "name" and "expires" are those of the registry; without it, "name" is empty
 * and "expires" 0. INT64_MAX: never.
 */

typedef struct {
    erpsync_str_t             id;
    erpsync_str_t             name;
    int64_t                   expires;
    uint64_t                  total[ERPSYNC_DECISIONS];
    uint64_t                  hour[ERPSYNC_DECISIONS];
    uint64_t                  recent[ERPSYNC_DECISIONS];  /* 5 minutes */
    int64_t                   refused;       /* the last time; 0: never */
    erpsync_reason_t          reason;        /* of that refusal */

    size_t                    ncauses;
    erpsync_metrics_cause_t  *causes;
    size_t                    nfaults;
    erpsync_metrics_fault_t  *faults;
} erpsync_metrics_app_t;


/* When the last of an app's tokens and certificates expires. */

typedef struct {
    erpsync_str_t             id;
    erpsync_str_t             name;
    int64_t                   expires;
} erpsync_metrics_expiry_t;


typedef struct {
    uint64_t                  buckets[ERPSYNC_METRICS_BUCKETS];
    uint64_t                  sum;
} erpsync_metrics_histogram_t;


/*
 * A registry, or a tenants file.  "error" names a place in it, and holds no
 * secret.
 */

typedef struct {
    bool                      tenants;       /* it is a tenants file */
    erpsync_str_t             path;
    erpsync_str_t             digest;        /* of the snapshot used; of
                                                a registry only */
    uint64_t                  entries;       /* apps or tenants */
    int64_t                   loaded;        /* of the snapshot used */
    uint64_t                  reloads_ok;
    uint64_t                  reloads_failed;
    int64_t                   failed;        /* when last; 0: never */
    erpsync_str_t             error;         /* empty: the file is valid */
} erpsync_metrics_file_t;


/* Times are seconds since 1970. */

typedef struct {
    erpsync_str_t             server;        /* nginx's version */
    int64_t                   now;
    int64_t                   since;         /* start of counting */

    uint64_t                  requests[ERPSYNC_METRICS_OPERATIONS]
                                      [ERPSYNC_DECISIONS]
                                      [ERPSYNC_REASON_COUNT];
    uint64_t                  hour[ERPSYNC_METRICS_OPERATIONS]
                                  [ERPSYNC_DECISIONS];

    uint64_t                  results[ERPSYNC_RESULTS];
    uint64_t                  answers[ERPSYNC_ANSWERS];
    uint64_t                  moved;
    erpsync_str_t             moved_tenant;  /* the last one, or empty */
    int64_t                   moved_last;    /* 0: never */
    uint64_t                  bytes[ERPSYNC_DIRECTIONS];
    uint64_t                  unknown[ERPSYNC_METRICS_OPERATIONS];

    erpsync_metrics_histogram_t  gate;       /* nanoseconds */
    erpsync_metrics_histogram_t  upstream;   /* microseconds */

    /* the oldest first; the last one is still counting */
    erpsync_metrics_minute_t  minutes[ERPSYNC_METRICS_MINUTES];

    size_t                    napps;
    size_t                    capacity;      /* apps there is room for */
    erpsync_metrics_app_t    *apps;
    erpsync_metrics_app_t     other;         /* apps beyond that */
    erpsync_metrics_app_t     no_app;        /* requests without one */

    size_t                    nexpiries;
    erpsync_metrics_expiry_t *expiries;      /* the next one first */

    size_t                    nfiles;
    erpsync_metrics_file_t   *files;
} erpsync_metrics_t;


/*
 * Writes the Prometheus text format 0.0.4. A combination of labels has a line
 * only if it occurred; results, directions and outcomes always have theirs.
 * Returns ERPSYNC_ERROR if memory ran out, as do the next two.
 */

erpsync_rc_t erpsync_metrics_prometheus(erpsync_out_t *out,
    const erpsync_metrics_t *metrics);

/* Writes one JSON object: docs/status.md. */

erpsync_rc_t erpsync_metrics_json(erpsync_out_t *out,
    const erpsync_metrics_t *metrics);

/*
 * Writes the page: "page" with @NONCE@, @DATA@ (the JSON object) and @SUMMARY@
 * (table rows for browsers without scripts) replaced.
 */

erpsync_rc_t erpsync_metrics_html(erpsync_out_t *out,
    const erpsync_metrics_t *metrics, erpsync_str_t page,
    erpsync_str_t nonce);


typedef enum {
    ERPSYNC_STATUS_PROMETHEUS,
    ERPSYNC_STATUS_JSON,
    ERPSYNC_STATUS_HTML,
    ERPSYNC_STATUS_UNKNOWN
} erpsync_status_format_t;

/*
 * Returns the format that is asked for by the query's first "format=" or else
 * by Accept: the one with the highest q, then the first one.  Returns
 * PROMETHEUS if none is named, UNKNOWN for another "format=".
 */

erpsync_status_format_t erpsync_status_format(erpsync_str_t args,
    erpsync_fields_t accept);


/* For the writers: the upper bounds of the buckets, and sums. */

extern const uint64_t  erpsync_metrics_bounds[ERPSYNC_METRICS_BOUNDS];

/* Returns the number of requests with that decision. */

uint64_t erpsync_metrics_decided(const erpsync_metrics_t *metrics,
    erpsync_decision_t decision);
/* Returns the number of requests in all buckets of a histogram. */

uint64_t erpsync_metrics_count(const uint64_t buckets[]);

/*
 * Returns the time that "percent" of the requests did not exceed, interpolated
 * within its bucket; 0 if there was no request.
 */

uint64_t erpsync_metrics_quantile(const uint64_t buckets[], unsigned percent);

/* Adds up the last hour. */

void erpsync_metrics_hour(const erpsync_metrics_t *metrics,
    erpsync_metrics_minute_t *hour);


#endif /* ERPSYNC_METRICS_H */
