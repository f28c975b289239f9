
/*
 * Types of the glue between nginx and the core.  The files of the glue are in
 * layers; a file includes only those of the layers above it in this list:
 *
 *     context                   the context of a request
 *     file, refresh             snapshots of files that may change
 *     bound                     connections that are not reused
 *     length                    Content-Length if memory runs out
 *     zone, count, gather       the counters
 *     upstream                  the answer of the WebAPI
 *     method, headers, certificate,
 *     app, call                 the facts of a request
 *     judge, rewrite, renew     its verdict, and its canonical form
 *     tenants                   its tenant
 *     refusal, own, body        its refusal, its body
 *     handler, filter, variables, status
 *     conf, module
 */


#ifndef _NGX_HTTP_ERPSYNC_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_H_INCLUDED_


#include "ngx_http_erpsync_compat.h"
#include "erpsync.h"


/* erpsync */

#define NGX_HTTP_ERPSYNC_OFF       0
#define NGX_HTTP_ERPSYNC_ON        1
#define NGX_HTTP_ERPSYNC_REPORT    2

/* erpsync_errors */

#define NGX_HTTP_ERPSYNC_ERRORS_AUTO         0
#define NGX_HTTP_ERPSYNC_ERRORS_SUPEROFFICE  1
#define NGX_HTTP_ERPSYNC_ERRORS_PROBLEM      2
#define NGX_HTTP_ERPSYNC_ERRORS_OFF          3


typedef struct ngx_http_erpsync_file_s     ngx_http_erpsync_file_t;
typedef struct ngx_http_erpsync_attempt_s  ngx_http_erpsync_attempt_t;
typedef struct ngx_http_erpsync_sequence_s ngx_http_erpsync_sequence_t;


typedef struct {
    ngx_queue_t                     queue;      /* in file->snapshots */
    ngx_http_erpsync_file_t        *owner;
    void                           *content;    /* its type is of the kind */
    ngx_uint_t                      refs;       /* of requests, of
                                                   file->snapshot, and of a
                                                   refresh */
} ngx_http_erpsync_snapshot_t;


/*
 * A file that is loaded again when it changes, such as a registry.  There is
 * one for each kind and path in a configuration.
 *
 * The members from "snapshot" on are the only part of a configuration that
 * changes after it was loaded.  Each worker changes its own copy, and only on
 * its event loop.
 */

struct ngx_http_erpsync_file_s {
    const erpsync_kind_t           *kind;
    ngx_str_t                       path;
    time_t                          refresh;    /* seconds; 0: never */
    ngx_str_t                       key;        /* PEM file; empty: none */
    erpsync_keys_t                 *keys;       /* from the PEM file */
    ngx_http_erpsync_sequence_t    *sequence;   /* shared; NULL without keys */
    ngx_uint_t                      outdated;   /* a higher one was in use */

    ngx_http_erpsync_snapshot_t    *snapshot;   /* the current one */
    time_t                          loaded;     /* time of that snapshot */
    uint64_t                        identity;   /* of the file, last time */
    char                            error[ERPSYNC_FILE_ERROR_LEN];
                                                /* empty: it was loaded */

    erpsync_file_t                  state;      /* of the file, last time */
    ngx_queue_t                     snapshots;  /* all that are not freed */
    ngx_event_t                     sweeper;    /* frees unused snapshots */
    ngx_event_t                     timer;      /* of the next refresh */
    ngx_http_erpsync_attempt_t     *attempt;    /* the refresh that runs */
    ngx_uint_t                      overdue;    /* refresh again after it */
#if (NGX_HTTP_ERPSYNC_THREADS)
    struct ngx_thread_pool_s       *thread_pool;
#endif
};


/* How a request is set up for an upstream, but for what the gateway adds. */

typedef struct {
    ngx_http_upstream_srv_conf_t   *conf;
    ngx_http_upstream_init_peer_pt  init;
} ngx_http_erpsync_upstream_t;


typedef struct ngx_http_erpsync_zone_s  ngx_http_erpsync_zone_t;


/* Where nginx keeps the status with which a limit refuses. */

#define NGX_HTTP_ERPSYNC_LIMITS  2       /* limit_req, limit_conn */

typedef struct {
    ngx_command_t                  *status;     /* or NULL */
    ngx_uint_t                      index;      /* of its module */
} ngx_http_erpsync_limit_t;


typedef struct {
    ngx_array_t                     files;      /* ngx_http_erpsync_file_t * */
    ngx_http_erpsync_upstream_t    *upstreams;  /* see bound */
    ngx_command_t                  *proxy_method;  /* see method; or NULL */
    ngx_command_t                  *proxy_bind;    /* the same */
    ngx_uint_t                      proxy_index;   /* of their module */
    ngx_http_erpsync_limit_t        limits[NGX_HTTP_ERPSYNC_LIMITS];
    erpsync_digester_t             *digester;   /* of this process */
    uint64_t                        key;        /* secret, for hashing */
    ngx_int_t                       request_id; /* index of the variable */
    ngx_int_t                       stage;      /* the same; see own */
    ngx_uint_t                      nrewritten; /* see renew: indices of */
    ngx_uint_t                     *rewritten;  /* nginx's variables */
    ngx_http_get_variable_pt        length;     /* see length: nginx's own */
    ngx_pool_t                     *spare;      /* for one value of it */
    ngx_uint_t                      enabled;    /* "on" or "report" is used */
    ngx_http_erpsync_zone_t        *zone;       /* NULL: nothing is counted */
    ngx_uint_t                      timed;      /* the time of judging is
                                                   measured */
    u_char                         *status_file;  /* of "erpsync_status" */
    ngx_uint_t                      status_line;
} ngx_http_erpsync_main_conf_t;


/* The directives; "policy" is made of them when they are merged. */

typedef struct {
    ngx_uint_t                      mode;
    ngx_uint_t                      installation;
    ngx_http_erpsync_file_t        *registry;
    ngx_http_erpsync_file_t        *tenants;
    ngx_uint_t                      app_token;
    ngx_uint_t                      credentials;
    ngx_uint_t                      soap;
    ngx_flag_t                      forward_app_token;
    ngx_uint_t                      unknown_properties;
    ngx_int_t                       max_field_values;
    ngx_array_t                    *languages;  /* of erpsync_str_t */
    ngx_str_t                       default_language;
    ngx_str_t                       default_culture;
    ngx_str_t                       default_timezone;
    ngx_uint_t                      errors;

    ngx_http_upstream_local_t      *bind;       /* "proxy_bind"; see proxied */
    erpsync_policy_t                policy;
} ngx_http_erpsync_loc_conf_t;


/* The operation that a request is for. */

typedef struct {
    erpsync_route_t                 route;
    erpsync_str_t                   args;       /* raw query */
    unsigned                        by_uri:1;   /* found by r->uri, and not
                                                   by the client's target */
} ngx_http_erpsync_call_t;


/* The state of a call. */

typedef enum {
    NGX_HTTP_ERPSYNC_NONE = 0,      /* not judged */
    NGX_HTTP_ERPSYNC_PENDING,       /* judged OK up to the body */
    NGX_HTTP_ERPSYNC_READING,       /* the body is read */
    NGX_HTTP_ERPSYNC_JUDGED,        /* to be forwarded or refused */
    NGX_HTTP_ERPSYNC_FORWARDED,
    NGX_HTTP_ERPSYNC_REFUSED,
    NGX_HTTP_ERPSYNC_REPORTED,      /* forwarded, but would be refused */
    NGX_HTTP_ERPSYNC_ABORTED        /* the client left before its body was
                                       judged */
} ngx_http_erpsync_state_t;


/*
 * What the client sent, kept before the request is changed for the first time:
 * after an internal redirect it may be judged again, by another policy.  The
 * memory that this points to is never changed.
 */

typedef struct {
    ngx_list_t                      headers;
    ngx_table_elt_t                *content_type;
    ngx_table_elt_t                *content_length;
    ngx_table_elt_t                *authorization;
    ngx_http_request_body_t        *body;
    off_t                           content_length_n;
    ngx_str_t                       unparsed_uri;
    ngx_str_t                       uri;
    ngx_str_t                       args;
    unsigned                        chunked:1;
    unsigned                        quoted_uri:1;
} ngx_http_erpsync_sent_t;


/* Bytes for what nearly all calls take from their arena. */

#define NGX_HTTP_ERPSYNC_ROOM  96


/*
 * The context of a request.  It lives as long as the request and survives
 * internal redirects.  All text is in the request's pool, in the connection's,
 * or in a snapshot.
 */

typedef struct {
    ngx_http_request_t             *request;
    erpsync_arena_t                 arena;

    /* the policy, the snapshots and the time of the judgement */

    ngx_http_erpsync_loc_conf_t    *conf;
    const erpsync_registry_t       *registry;
    const erpsync_tenants_t        *tenants;
    int64_t                         judged;
    u_char                          digest[ERPSYNC_REGISTRY_DIGEST_LEN];
                                                /* of the registry; 0: none */

    ngx_http_erpsync_state_t        state;
    ngx_http_erpsync_call_t         call;
    erpsync_method_t                method;
    erpsync_verdict_t               verdict;
    erpsync_body_t                  body;
    erpsync_str_t                   claimed;    /* $erpsync_app_claimed */
    uint64_t                        gate_time;  /* nanoseconds, if "timed" */
    uint64_t                        started;    /* 0: the clock is stopped */
    ngx_uint_t                      sent_headers;
                                                /* mask of erpsync_header_bit()
                                                   when it was judged */
    size_t                          body_size;  /* of the client's body */
    ngx_uint_t                      status;     /* of a refusal */
    erpsync_format_t                format;     /* the same, by Accept, if
                                                   has_format is set */

    /* of the request when it was judged */

    ngx_uint_t                      uri_changes;
    ngx_http_core_loc_conf_t       *clcf;

    ngx_http_erpsync_sent_t        *sent;       /* NULL: not changed */
    ngx_table_elt_t                *upgrade;    /* of nginx, taken away */
    ngx_chain_t                    *answer;     /* replaces nginx's page */
    ngx_uint_t                      attempts;   /* r->upstream_states before
                                                   it was forwarded */
    u_char                          answered[ERPSYNC_ANSWER_START];
    size_t                          answered_len;

    unsigned                        enforced:1; /* as with "erpsync on" */
    unsigned                        report:1;   /* a violation is reported
                                                   only; nginx may refuse */
    unsigned                        barred:1;   /* it was refused: no handler
                                                   may get it */
    unsigned                        timed:1;
    unsigned                        reading:1;  /* nginx was asked to read the
                                                   body, and has not returned */
    unsigned                        has_facts:1;
    unsigned                        has_claimed:1;
    unsigned                        has_format:1;
    unsigned                        noted:1;    /* a refusal by nginx is noted
                                                   if there is one */
    unsigned                        keep:1;     /* copy the answer's start to
                                                   "answered" */
    unsigned                        has_answer:1;  /* "answered" is all that
                                                   is needed of it */
    unsigned                        whole_answer:1;  /* and all of it */
    unsigned                        counted:1;

    u_char                          room[NGX_HTTP_ERPSYNC_ROOM];
                                                /* the arena begins with it;
                                                   not initialized */
} ngx_http_erpsync_ctx_t;


extern ngx_module_t  ngx_http_erpsync_module;


/* Returns a string of nginx as a span of the core. */

static ngx_inline erpsync_str_t
ngx_http_erpsync_span(ngx_str_t *s)
{
    return erpsync_span(s->data, s->len);
}


/* Casts a span of the core for nginx, which must not change its bytes. */

static ngx_inline ngx_str_t
ngx_http_erpsync_str(erpsync_str_t s)
{
    ngx_str_t  str;

    str.len = s.len;
    str.data = (u_char *) (uintptr_t) s.data;

    return str;
}


#endif /* _NGX_HTTP_ERPSYNC_H_INCLUDED_ */
