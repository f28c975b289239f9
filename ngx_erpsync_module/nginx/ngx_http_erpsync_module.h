
/*
 * The glue between nginx and the core: types and functions that its files
 * share.
 *
 *     module     tables, creation and merge of the configuration
 *     conf       setters of directives
 *     registry   snapshots: one in force for each file, more while requests
 *                hold them
 *     refresh    a new snapshot where the file has changed
 *     context    what is known of a request, also after internal redirects
 *     handler    phase handlers: the judgement of a request, step by step
 *     body       reading, judging and replacing the request body
 *     headers    collecting and rewriting headers and URI
 *     refusal    answers of the gateway's own
 *     own        refusals that nginx itself decides on
 *     filter     the WebAPI's answer on its way to the client
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
    ngx_http_erpsync_registry_t    *registry;
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
    const erpsync_registry_t       *registry;   /* and the snapshot */
    int64_t                         judged;     /* and the time */

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
    u_char                          answered[128];   /* the WebAPI's answer */
    size_t                          answered_len;

    unsigned                        report:1;
    unsigned                        barred:1;   /* no handler may see it */
    unsigned                        has_facts:1;
    unsigned                        has_claimed:1;
    unsigned                        noted:1;    /* nginx's own refusal was
                                                   looked for */
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

/*
 * Warns of registries that workers cannot refresh, because their user may not
 * read the file.  NGX_ERROR: the process did not get its own user back.
 */
ngx_int_t ngx_http_erpsync_registry_check(ngx_cycle_t *cycle);

/* Puts "loaded", which it takes over, in force. */
ngx_int_t ngx_http_erpsync_registry_set(ngx_http_erpsync_registry_t *registry,
    erpsync_registry_t *loaded);

/*
 * Returns the snapshot that is in force now, or NULL without a registry.  A
 * refresh may free it as soon as the caller returns to the event loop: what
 * keeps a pointer into it needs a hold.
 */
const erpsync_registry_t *ngx_http_erpsync_registry_current(
    ngx_http_erpsync_registry_t *registry);

/*
 * Keeps the snapshot that is in force until the pool of "r" is destroyed, in
 * addition to what "r" holds already.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_registry_hold(ngx_http_request_t *r,
    ngx_http_erpsync_registry_t *registry);

/* refresh */

ngx_int_t ngx_http_erpsync_refresh_add(ngx_conf_t *cf,
    ngx_http_erpsync_registry_t *registry);
ngx_int_t ngx_http_erpsync_refresh_init(ngx_cycle_t *cycle);
void ngx_http_erpsync_refresh_exit(ngx_cycle_t *cycle);
void ngx_http_erpsync_refresh_stop(ngx_http_erpsync_registry_t *registry,
    ngx_uint_t ended);

/* context */

/* Returns the context of "r", also after an internal redirect, or NULL. */
ngx_http_erpsync_ctx_t *ngx_http_erpsync_get_ctx(ngx_http_request_t *r);

/* Makes the context of "r", which has none; returns NULL without memory. */
ngx_http_erpsync_ctx_t *ngx_http_erpsync_make_ctx(ngx_http_request_t *r);

/* An allocator of the core's arenas; "data" is a pool. */
void *ngx_http_erpsync_palloc(void *data, size_t size);

/* Returns the nanoseconds of a clock that never goes back. */
uint64_t ngx_http_erpsync_clock(void);

/* handler */

ngx_int_t ngx_http_erpsync_preaccess_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_erpsync_precontent_handler(ngx_http_request_t *r);

/*
 * Finds out which call a request is: by the path as it is now and, if that
 * is none of the agent's any more, by the target that the client sent, as a
 * location may still proxy that.  Returns NGX_OK for a call, NGX_DECLINED
 * for any other request, NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_find_call(ngx_http_request_t *r,
    ngx_http_erpsync_call_t *call);

/*
 * Judges app and grants again, by the snapshot in force and the time now;
 * sets ctx->verdict, which was good.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_erpsync_judge_again(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Adds the time since ctx->started to ctx->gate_time. */
void ngx_http_erpsync_stop_clock(ngx_http_erpsync_ctx_t *ctx);

/* body */

/*
 * Reads the body and judges it; the request then comes to its phase handler
 * again, in state _JUDGED.  For a phase handler to return.
 */
ngx_int_t ngx_http_erpsync_read_body(ngx_http_request_t *r,
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

/* Returns SO-AppToken as the client sent it first; empty without one. */
erpsync_str_t ngx_http_erpsync_app_token(ngx_http_request_t *r);

/* Sets "address" to the client's, as realip has found it so far. */
void ngx_http_erpsync_address(ngx_http_request_t *r,
    erpsync_address_t *address);

/*
 * Drops the headers that ask for another method or path, before a subrequest
 * of another module can see them.
 */
ngx_int_t ngx_http_erpsync_drop_overrides(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Puts URI and headers into their canonical form. */
ngx_int_t ngx_http_erpsync_rewrite(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Undoes the above, and ngx_http_erpsync_replace_body(). */
void ngx_http_erpsync_restore(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* refusal */

/*
 * Refuses the request for ctx->verdict.reason: logs it and sends the answer,
 * or passes it on in report mode.  For a phase handler to return.
 */
ngx_int_t ngx_http_erpsync_refuse(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* The same for a failure of the gateway itself. */
ngx_int_t ngx_http_erpsync_fail(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Notes and logs a refusal, with "status" as its answer's. */
void ngx_http_erpsync_note_refusal(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_uint_t status);

/*
 * Returns the answer's text in a buffer, or NULL; sets Content-Type and
 * Content-Length.
 */
ngx_chain_t *ngx_http_erpsync_answer(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, erpsync_reason_t reason);

/* Returns $erpsync_violations. */
erpsync_str_t ngx_http_erpsync_violations(ngx_http_erpsync_ctx_t *ctx);

/* Adds what the status demands, as Allow, also to an answer of nginx's. */
ngx_int_t ngx_http_erpsync_add_headers(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, erpsync_reason_t reason);

ngx_int_t ngx_http_erpsync_add_header(ngx_http_request_t *r,
    ngx_str_t *name, ngx_str_t *value);

/*
 * Sets Content-Type of a text that is UTF-8, as one more header of the list:
 * to headers_out.content_type, nginx would add a charset of its own, and it
 * would recode the text, by "charset", "charset_types", "override_charset".
 */
ngx_int_t ngx_http_erpsync_content_type(ngx_http_request_t *r,
    ngx_str_t *type);

/* own */

ngx_int_t ngx_http_erpsync_log_handler(ngx_http_request_t *r);

/*
 * Returns the status by which nginx or another module has refused a call that
 * is not judged yet, or 0.  "error_page 413 = ..." may have hidden it.
 */
ngx_uint_t ngx_http_erpsync_own_status(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* Notes that nginx has refused the call, if it has and that is not noted. */
void ngx_http_erpsync_note_own(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/*
 * Puts the gateway's answer in the place of nginx's own page of an error;
 * for a header filter.
 */
void ngx_http_erpsync_answer_own(ngx_http_request_t *r);

/* filter */

void ngx_http_erpsync_filter_init(void);

/* variables */

ngx_int_t ngx_http_erpsync_add_variables(ngx_conf_t *cf);

/* Finds nginx's variables that a rewrite changes, once all are known. */
ngx_int_t ngx_http_erpsync_find_variables(ngx_cycle_t *cycle);

/* Lets nginx's variables of a rewritten request be evaluated anew. */
ngx_int_t ngx_http_erpsync_renew_variables(ngx_http_request_t *r);

/*
 * Returns the id of the app that the request's token belongs to, whatever
 * its state, or an empty one.
 */
erpsync_str_t ngx_http_erpsync_claimed(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

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

/* Counts what was decided on the request, once. */
void ngx_http_erpsync_count(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx);

/* gather */

/* All counters; NULL: no memory. */
erpsync_metrics_t *ngx_http_erpsync_gather_metrics(
    ngx_http_erpsync_main_conf_t *emcf, ngx_pool_t *pool);

/* status */

char *ngx_http_erpsync_set_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_ERPSYNC_MODULE_H_INCLUDED_ */
