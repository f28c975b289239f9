
/*
 * Declarations for the commands that judge a whole request as the gateway
 * does, without a server: request check and registry test.
 */


#ifndef CTL_REQUEST_H
#define CTL_REQUEST_H


#include "ctl_registry.h"


typedef struct {
    erpsync_str_t    name;
    erpsync_str_t    value;
} ctl_field_t;


/* A request as nginx reads it (ctl_http.c). */

typedef struct {
    unsigned         status;       /* with which nginx refuses it, or 0 */
    const char      *error;        /* why */
    erpsync_str_t    method;
    erpsync_str_t    target;
    size_t           nfields;
    ctl_field_t     *fields;
    bool             announced;    /* a body is */
    erpsync_str_t    body;         /* without its chunks */
    size_t           rest;         /* bytes behind the request */
} ctl_http_t;

/*
 * Reads a request of HTTP/1.1 as nginx does with its defaults: fields whose
 * names have other characters than letters, digits and "-" are dropped.
 * Spans are of "text", or in the arena.  Returns NULL, or what is missing of
 * the request.
 */

const char *ctl_http_parse(erpsync_arena_t *arena, erpsync_str_t text,
    ctl_http_t *http);


/* Values of --errors, in the order in which the option names them. */

enum {
    CTL_ERRORS_AUTO,
    CTL_ERRORS_SUPEROFFICE,
    CTL_ERRORS_PROBLEM,
    CTL_ERRORS_OFF
};

/* A gateway: the directives of a location (ctl_gateway.c). */

typedef struct {
    erpsync_policy_t      policy;
    unsigned              errors;      /* CTL_ERRORS_... */
    bool                  secrets;     /* they may be shown */
    uint64_t              key;
    erpsync_digester_t   *digester;
    erpsync_registry_t   *registry;    /* NULL: none is configured */
    erpsync_tenants_t    *tenants;     /* likewise */
    erpsync_arena_t       arena;       /* of the policy */
} ctl_gateway_t;

/*
 * Makes a gateway from options, and its registry from a file, unless "path" is
 * NULL.  An app of that registry also has the token CTL_APP_TOKEN with its id
 * behind it.  Prints an error.  Call ctl_gateway_close() in any case.
 */

#define CTL_APP_TOKEN  "app:"

ctl_exit_t ctl_gateway_open(const ctl_t *ctl, ctl_gateway_t *gateway,
    const char *path);

/* Frees the registry, the tenants and the policy. */

void ctl_gateway_close(ctl_gateway_t *gateway);

/* Reads an IP address.  Returns false if "text" is not one. */

bool ctl_address(const char *text, erpsync_address_t *address);


/* A judgement (ctl_judge.c). */

typedef struct {
    ctl_http_t            http;
    const char           *app;         /* instead of a token, or NULL */
    const uint8_t        *certificate; /* its digest, or NULL */
    erpsync_address_t     address;
    int64_t               now;
} ctl_call_t;


typedef enum {
    CTL_ALLOW,
    CTL_DENY,
    CTL_NONE                           /* not a call: not judged */
} ctl_decision_t;


typedef struct {
    ctl_decision_t        decision;
    unsigned              status;      /* of a refusal */
    const char           *nginx;       /* why nginx itself refuses, or NULL */
    erpsync_verdict_t     verdict;
    erpsync_body_t        body;
    erpsync_str_t         app;         /* id */

    erpsync_str_t         target;      /* as forwarded */
    size_t                nfields;
    ctl_field_t          *fields;
    erpsync_str_t         content;

    erpsync_str_t         type;        /* of the answer to a refusal */
    erpsync_str_t         answer;
} ctl_judged_t;


/*
 * Lets a request present "call->app" by its token CTL_APP_TOKEN, in place of
 * any token that it has.  Returns NULL, or what is wrong.
 */

const char *ctl_call_app(const ctl_gateway_t *gateway, erpsync_arena_t *arena,
    ctl_call_t *call);

/* Judges a call.  Returns ERPSYNC_ERROR if memory ran out. */

erpsync_rc_t ctl_judge(erpsync_arena_t *arena, const ctl_gateway_t *gateway,
    const ctl_call_t *call, ctl_judged_t *judged);

/* Returns a judgement as JSON, or NULL if memory ran out. */

json_t *ctl_judged_json(const ctl_call_t *call, const ctl_judged_t *judged);


#endif /* CTL_REQUEST_H */
