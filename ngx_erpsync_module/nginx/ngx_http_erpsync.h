
/*
 * Types of the glue between nginx and the core.  Its files are in layers; each
 * includes only what is in front of it:
 *
 *     context                   what is known of a request
 *     file, refresh             snapshots of files that may change
 *     zone, count, gather       the counters
 *     upstream                  what the WebAPI answered
 *     headers, certificate,
 *     app, call                 what a request says
 *     judge, rewrite, renew     what is decided and sent
 *     tenants                   the tenant of a request
 *     refusal, own, body        answers; the request body
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


typedef struct {
    ngx_queue_t                     queue;      /* of the file's */
    ngx_http_erpsync_file_t        *owner;      /* NULL: it is gone */
    const erpsync_kind_t           *kind;
    void                           *content;    /* by the kind of file */
    ngx_uint_t                      refs;       /* by requests; by being in
                                                   force; by a refresh */
} ngx_http_erpsync_snapshot_t;


/*
 * A file that is loaded again when it changes, such as a registry; one for
 * each kind and path in a configuration.  "snapshot" and
 * what is told of it is the one part of a configuration that changes after
 * it was loaded, in each worker for itself and on its event loop alone.
 */

struct ngx_http_erpsync_file_s {
    const erpsync_kind_t           *kind;
    ngx_str_t                       path;
    time_t                          refresh;    /* seconds; 0: never */
    ngx_str_t                       key;        /* PEM file; empty: none */
    erpsync_keys_t                 *keys;       /* of it */

    ngx_http_erpsync_snapshot_t    *snapshot;   /* in force */
    time_t                          loaded;     /* when that was */
    uint64_t                        identity;   /* of the last attempt's file */
    char                            error[ERPSYNC_FILE_ERROR_LEN];
                                                /* of it; empty: none */

    erpsync_file_t                  state;      /* as it was read last */
    ngx_queue_t                     snapshots;  /* all of them */
    ngx_event_t                     sweeper;    /* frees those out of use */
    ngx_event_t                     timer;      /* the next look at the file */
    ngx_http_erpsync_attempt_t     *attempt;    /* one that is under way */
    ngx_uint_t                      overdue;    /* a look after that one */
#if (NGX_HTTP_ERPSYNC_THREADS)
    struct ngx_thread_pool_s       *thread_pool;
#endif
};


typedef struct ngx_http_erpsync_zone_s  ngx_http_erpsync_zone_t;


typedef struct {
    ngx_array_t                     files;      /* of pointers to the above */
    erpsync_digester_t             *digester;   /* of this process */
    uint64_t                        key;        /* secret, for hashing */
    ngx_int_t                       request_id; /* index of the variable */
    ngx_uint_t                      nrewritten; /* nginx's variables that a */
    ngx_uint_t                     *rewritten;  /* rewrite changes: indices */
    ngx_uint_t                      enabled;    /* "on" or "report" is used */
    ngx_http_erpsync_zone_t        *zone;       /* NULL: nothing is counted */
    u_char                         *status_file;  /* a use of the status */
    ngx_uint_t                      status_line;
} ngx_http_erpsync_main_conf_t;


/* Directives as set; "policy" is what they come to, made at merge. */

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

    erpsync_policy_t                policy;
} ngx_http_erpsync_loc_conf_t;


/* Which call a request is. */

typedef struct {
    erpsync_route_t                 route;
    erpsync_str_t                   args;       /* raw query */
    unsigned                        by_uri:1;   /* by r->uri; otherwise by
                                                   the client's target */
} ngx_http_erpsync_call_t;


/* What is to be done with a call. */

typedef enum {
    NGX_HTTP_ERPSYNC_NONE = 0,      /* not judged */
    NGX_HTTP_ERPSYNC_PENDING,       /* passed so far; the body is to come */
    NGX_HTTP_ERPSYNC_READING,       /* the body is being read */
    NGX_HTTP_ERPSYNC_JUDGED,        /* nothing is done yet */
    NGX_HTTP_ERPSYNC_FORWARDED,     /* in canonical form, but for "report" */
    NGX_HTTP_ERPSYNC_REFUSED,
    NGX_HTTP_ERPSYNC_REPORTED,      /* would be refused, but for "report" */
    NGX_HTTP_ERPSYNC_ABORTED        /* the client left before its body was
                                       judged */
} ngx_http_erpsync_state_t;


/*
 * What the client sent, kept from the first change on: a request may be
 * judged again, by another policy, after an internal redirect.  Nothing
 * that is pointed to is ever written to.
 */

typedef struct {
    ngx_list_t                      headers;
    ngx_table_elt_t                *content_type;
    ngx_table_elt_t                *content_length;
    ngx_table_elt_t                *transfer_encoding;
    ngx_table_elt_t                *authorization;
    ngx_http_request_body_t        *body;
    off_t                           content_length_n;
    ngx_str_t                       unparsed_uri;
    ngx_str_t                       uri;
    ngx_str_t                       args;
    unsigned                        chunked:1;
    unsigned                        quoted_uri:1;
} ngx_http_erpsync_sent_t;


/*
 * Lives as long as the request, over internal redirects.  All text is in the
 * request's pool or in the registry's snapshot.
 */

typedef struct {
    ngx_http_request_t             *request;
    erpsync_arena_t                 arena;

    ngx_http_erpsync_loc_conf_t    *conf;       /* the policy it is judged by */
    const erpsync_registry_t       *registry;   /* and the snapshots */
    const erpsync_tenants_t        *tenants;
    int64_t                         judged;     /* and the time */
    u_char                          digest[ERPSYNC_REGISTRY_DIGEST_LEN];
                                                /* of that snapshot; 0: none */

    ngx_http_erpsync_state_t        state;
    ngx_http_erpsync_call_t         call;
    erpsync_method_t                method;
    erpsync_verdict_t               verdict;
    erpsync_body_t                  body;
    erpsync_str_t                   claimed;    /* $erpsync_app_claimed */
    uint64_t                        gate_time;  /* nanoseconds */
    uint64_t                        started;    /* the clock; 0: it stands */
    size_t                          body_size;  /* of what was judged */
    ngx_uint_t                      status;     /* of a refusal */
    ngx_uint_t                      uri_changes;  /* of r, when judged */
    ngx_http_core_loc_conf_t       *clcf;       /* then, too */

    ngx_http_erpsync_sent_t        *sent;       /* NULL: nothing is changed */
    ngx_chain_t                    *answer;     /* in place of nginx's page */
    ngx_uint_t                      attempts;   /* r->upstream_states when
                                                   it was forwarded */
    u_char                          answered[ERPSYNC_ANSWER_START];
    size_t                          answered_len;
    erpsync_result_t                result;     /* if has_result is set */

    unsigned                        enforced:1;    /* as with "erpsync on" */
    unsigned                        report:1;      /* not refused but reported;
                                                   nginx's own refusals are */
    unsigned                        barred:1;   /* no handler may see it */
    unsigned                        has_facts:1;
    unsigned                        has_claimed:1;
    unsigned                        noted:1;    /* nginx's own refusal was
                                                   looked for */
    unsigned                        keep:1;     /* the answer is kept in
                                                   "answered" */
    unsigned                        has_result:1;
    unsigned                        counted:1;
} ngx_http_erpsync_ctx_t;


extern ngx_module_t  ngx_http_erpsync_module;


static ngx_inline erpsync_str_t
ngx_http_erpsync_span(ngx_str_t *s)
{
    return erpsync_span(s->data, s->len);
}


/* Spans of the core that go to nginx are never written to. */

static ngx_inline ngx_str_t
ngx_http_erpsync_str(erpsync_str_t s)
{
    ngx_str_t  str;

    str.len = s.len;
    str.data = (u_char *) (uintptr_t) s.data;

    return str;
}


#endif /* _NGX_HTTP_ERPSYNC_H_INCLUDED_ */
