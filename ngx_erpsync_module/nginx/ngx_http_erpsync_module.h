
/*
 * The glue between nginx and the core: types and functions that its files
 * share.
 *
 *     module     tables, creation and merge of the configuration
 *     conf       setters of directives
 *     registry   snapshots: one in force for each file, more while requests
 *                hold them
 *     refresh    a new snapshot where the file has changed
 *     gate       phase handlers: the judgement of a request, step by step
 *     body       reading, judging and replacing the request body
 *     headers    collecting and rewriting headers and URI
 *     refusal    answers of the gateway's own
 *     filter     nginx's 413 as a refusal; the WebAPI's true or false
 *     variables  $erpsync_...
 *     zone       the counters' shared memory; count, gather
 *     status     the counters as page, JSON or Prometheus text
 */


#ifndef _NGX_HTTP_ERPSYNC_MODULE_H_INCLUDED_
#define _NGX_HTTP_ERPSYNC_MODULE_H_INCLUDED_


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


typedef struct ngx_http_erpsync_registry_s  ngx_http_erpsync_registry_t;
typedef struct ngx_http_erpsync_attempt_s   ngx_http_erpsync_attempt_t;


typedef struct {
    ngx_queue_t                     queue;      /* of the registry's */
    ngx_http_erpsync_registry_t    *owner;
    erpsync_registry_t             *registry;
    ngx_uint_t                      refs;       /* by requests; by being in
                                                   force */
} ngx_http_erpsync_snapshot_t;


/*
 * A registry file; one for each path in a configuration.  "snapshot" and
 * what is told of it is the one part of a configuration that changes after
 * it was loaded, in each worker for itself and on its event loop alone.
 */

struct ngx_http_erpsync_registry_s {
    ngx_str_t                       path;
    time_t                          refresh;    /* seconds; 0: never */

    ngx_http_erpsync_snapshot_t    *snapshot;   /* in force */
    time_t                          loaded;     /* when that was */
    uint64_t                        identity;   /* of the last attempt's file */
    char                            error[ERPSYNC_REGISTRY_ERROR_LEN];
                                                /* of it; empty: none */

    erpsync_file_t                  file;       /* as it was read last */
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
    ngx_array_t                     registries; /* of pointers to the above */
    erpsync_digester_t             *digester;   /* of this process */
    uint64_t                        key;        /* secret, for hashing */
    ngx_int_t                       request_id; /* index of the variable */
    ngx_http_erpsync_zone_t        *zone;       /* NULL: nothing is counted */
    u_char                         *status_file;  /* a use of the status */
    ngx_uint_t                      status_line;
} ngx_http_erpsync_main_conf_t;


/* Directives as set; "policy" is what they come to, made at merge. */

typedef struct {
    ngx_uint_t                      mode;
    ngx_uint_t                      installation;
    ngx_http_erpsync_registry_t    *registry;
    ngx_uint_t                      app_token;
    ngx_uint_t                      credentials;
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


/* What is to be done with a judged request. */

typedef enum {
    NGX_HTTP_ERPSYNC_PENDING = 0,   /* passed so far; the body is to come */
    NGX_HTTP_ERPSYNC_READING,       /* the body is being read */
    NGX_HTTP_ERPSYNC_ALLOWED,       /* judged; not rewritten yet */
    NGX_HTTP_ERPSYNC_FORWARDED,     /* in canonical form */
    NGX_HTTP_ERPSYNC_REFUSED,
    NGX_HTTP_ERPSYNC_REPORTED       /* would be refused, but for "report" */
} ngx_http_erpsync_state_t;


/*
 * Lives as long as the request, over internal redirects.  All text is in the
 * request's pool or in the registry's snapshot.
 */

typedef struct {
    ngx_http_request_t             *request;
    erpsync_arena_t                 arena;
    const erpsync_registry_t       *registry;   /* the snapshot it began with */

    ngx_http_erpsync_state_t        state;
    erpsync_route_t                 route;
    erpsync_method_t                method;
    erpsync_verdict_t               verdict;
    erpsync_body_t                  body;
    uint64_t                        gate_time;  /* nanoseconds */
    uint64_t                        started;    /* the clock; 0: it stands */
    ngx_int_t                       body_error; /* status, of reading it */
    size_t                          body_size;  /* of what was judged */

    ngx_chain_t                    *answer;     /* in place of nginx's page */
    u_char                          answered[128];   /* the WebAPI's answer */
    size_t                          answered_len;

    unsigned                        judged_uri:1;  /* by r->uri, not by the
                                                      client's own */
    unsigned                        report:1;
    unsigned                        has_facts:1;
    unsigned                        collect:1;  /* "answered" is collected */
    unsigned                        result:2;   /* 1: true, 2: false */
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


/* conf */

char *ngx_http_erpsync_set_enum(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_erpsync_set_bitmask(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_erpsync_set_registry(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_erpsync_set_languages(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_erpsync_set_language(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_erpsync_set_timezone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Logs what is wrong with an argument, for a setter to return. */
char *ngx_http_erpsync_invalid_value(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value);

/* registry */

/* Finds or loads the registry "path"; NULL after an error was logged. */
ngx_http_erpsync_registry_t *ngx_http_erpsync_registry_add(ngx_conf_t *cf,
    ngx_str_t *path, time_t refresh);

/* Puts "loaded", which it takes over, in force. */
ngx_int_t ngx_http_erpsync_registry_set(ngx_http_erpsync_registry_t *registry,
    erpsync_registry_t *loaded);

/*
 * The snapshot that was in force when "r" asked first; it stays until the
 * pool of "r" is destroyed.  NULL without a registry.
 */
ngx_int_t ngx_http_erpsync_registry_hold(ngx_http_request_t *r,
    ngx_http_erpsync_registry_t *registry, const erpsync_registry_t **held);

/* refresh */

ngx_int_t ngx_http_erpsync_refresh_add(ngx_conf_t *cf,
    ngx_http_erpsync_registry_t *registry);
ngx_int_t ngx_http_erpsync_refresh_init(ngx_cycle_t *cycle);
void ngx_http_erpsync_refresh_exit(ngx_cycle_t *cycle);
void ngx_http_erpsync_refresh_stop(ngx_http_erpsync_registry_t *registry,
    ngx_uint_t ended);

/* gate */

ngx_int_t ngx_http_erpsync_preaccess_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_erpsync_precontent_handler(ngx_http_request_t *r);

/* The context of "r", also after an internal redirect, or NULL. */
ngx_http_erpsync_ctx_t *ngx_http_erpsync_get_ctx(ngx_http_request_t *r);

/* The context of "r", made where there is none; NULL: no memory. */
ngx_http_erpsync_ctx_t *ngx_http_erpsync_make_ctx(ngx_http_request_t *r);

/* An allocator of the core's arenas; "data" is a pool. */
void *ngx_http_erpsync_palloc(void *data, size_t size);

/* Nanoseconds of a clock that never goes back. */
uint64_t ngx_http_erpsync_clock(void);

/* body */

/*
 * Judges the request body, which has been read.  NGX_OK: ctx->verdict.reason
 * tells; NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_judge_body(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Puts the canonical body in the place of the client's. */
ngx_int_t ngx_http_erpsync_replace_body(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* headers */

/*
 * Collects what the core judges a request by.  Nothing is copied: "request"
 * is good until the list of headers is changed.
 */
void ngx_http_erpsync_collect(ngx_http_request_t *r,
    erpsync_request_t *request);

/* SO-AppToken as sent first; empty where it is absent. */
erpsync_str_t ngx_http_erpsync_app_token(ngx_http_request_t *r);

/* Puts URI and headers into their canonical form. */
ngx_int_t ngx_http_erpsync_rewrite(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* refusal */

/*
 * Refuses the request for ctx->verdict.reason: logs it and sends the answer,
 * or passes it on in report mode.  For a phase handler to return.
 */
ngx_int_t ngx_http_erpsync_refuse(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Notes and logs a refusal that nginx itself has decided on. */
void ngx_http_erpsync_note_refusal(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* The answer's text in a buffer; sets Content-Type and Content-Length. */
ngx_chain_t *ngx_http_erpsync_answer(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

ngx_int_t ngx_http_erpsync_add_header(ngx_http_request_t *r,
    ngx_str_t *name, ngx_str_t *value);

/*
 * Sets Content-Type of a text that is UTF-8, as one more header of the list:
 * to headers_out.content_type, nginx would add a charset of its own, and it
 * would recode the text, by "charset", "charset_types", "override_charset".
 */
ngx_int_t ngx_http_erpsync_content_type(ngx_http_request_t *r,
    ngx_str_t *type);

/* filter */

void ngx_http_erpsync_filter_init(void);

/* variables */

ngx_int_t ngx_http_erpsync_add_variables(ngx_conf_t *cf);

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
    size_t                          apps;       /* now in force */
    u_char                         *error;      /* text; NULL: it is good */
    time_t                          window;
} ngx_http_erpsync_zone_report_t;

void ngx_http_erpsync_zone_registry(ngx_http_erpsync_main_conf_t *emcf,
    ngx_http_erpsync_zone_report_t *report);

/* count */

ngx_int_t ngx_http_erpsync_log_handler(ngx_http_request_t *r);

/* gather */

/* All counters; NULL: no memory. */
erpsync_metrics_t *ngx_http_erpsync_gather_metrics(
    ngx_http_erpsync_main_conf_t *emcf, ngx_pool_t *pool);

/* status */

char *ngx_http_erpsync_set_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_ERPSYNC_MODULE_H_INCLUDED_ */
