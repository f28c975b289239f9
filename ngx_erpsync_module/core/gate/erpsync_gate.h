
/*
 * The judgement of a call.  Input: the facts of the request, the policy of its
 * location and a snapshot of the registry.  Output: a verdict.  Nothing here
 * reads a clock, a socket or a file.
 *
 * A call is judged in this order; the first point that fails is the reason of
 * the refusal:
 *
 *   1 operation and method
 *   2 headers sent twice or malformed
 *   3 credentials
 *   4 app token
 *   5 grants: agent, operation, tenant, address
 *   6 Content-Type, Content-Encoding, if there is content
 *   7 language, culture, time zone
 *   8 $select
 *   - whether the tenant is available
 *   9 body
 *   10 grants that depend on the body: ERP connection, actor types
 */


#ifndef ERPSYNC_GATE_H
#define ERPSYNC_GATE_H


#include "erpsync_body.h"
#include "erpsync_credentials.h"
#include "erpsync_locale.h"
#include "erpsync_media.h"
#include "erpsync_query.h"
#include "erpsync_registry.h"
#include "erpsync_target.h"
#include "erpsync_tenants.h"


/* When SO-AppToken must be sent. */

typedef enum {
    ERPSYNC_APP_TOKEN_REQUIRED,
    ERPSYNC_APP_TOKEN_SOTICKET,    /* only together with that scheme */
    ERPSYNC_APP_TOKEN_OPTIONAL
} erpsync_app_token_t;


/* The configuration of a location; immutable. */

typedef struct {
    bool                    online;
    bool                    soap_pass;       /* the SOAP twin is not judged */
    bool                    forward_app_token;
    unsigned                schemes;         /* ERPSYNC_SCHEME_ bits */
    erpsync_app_token_t     app_token;
    erpsync_unknown_t       unknown;
    size_t                  max_field_values;
    erpsync_locale_conf_t   locale;
} erpsync_policy_t;


typedef enum {
    ERPSYNC_METHOD_POST,
    ERPSYNC_METHOD_GET,            /* and HEAD */
    ERPSYNC_METHOD_OPTIONS,
    ERPSYNC_METHOD_OTHER
} erpsync_method_t;


/*
 * Headers that the judgement reads.  Those before _SINGLE may be sent once;
 * the others are lists, and may be sent in several fields.
 */

typedef enum {
    ERPSYNC_HEADER_AUTHORIZATION,
    ERPSYNC_HEADER_APP_TOKEN,
    ERPSYNC_HEADER_LANGUAGE,
    ERPSYNC_HEADER_CULTURE,
    ERPSYNC_HEADER_TIMEZONE,
    ERPSYNC_HEADER_XSRF_TOKEN,
    ERPSYNC_HEADER_CONTENT_TYPE,
    ERPSYNC_HEADER_CONTENT_ENCODING,
    ERPSYNC_HEADER_SINGLE,

    ERPSYNC_HEADER_ACCEPT = ERPSYNC_HEADER_SINGLE,
    ERPSYNC_HEADER_ACCEPT_LANGUAGE,
    ERPSYNC_HEADER_COOKIE,
    ERPSYNC_HEADER_COUNT
} erpsync_header_id_t;


/* "value" is that of the first field; its data is NULL if there is none. */

typedef struct {
    erpsync_str_t           value;
    size_t                  count;           /* of fields */
} erpsync_header_t;


typedef struct {
    erpsync_method_t        method;
    erpsync_str_t           args;            /* raw query */
    bool                    body;            /* one is announced */
    erpsync_header_t        headers[ERPSYNC_HEADER_SINGLE];
    erpsync_fields_t        accept;
    erpsync_fields_t        accept_language;
    erpsync_fields_t        cookies;
    const uint8_t          *certificate;     /* see erpsync_proof_t */
    erpsync_memo_t         *memo;            /* the same */
    erpsync_address_t       address;
    int64_t                 now;             /* seconds since 1970 */
} erpsync_request_t;


/* What a client sends to be known as an app. */

typedef struct {
    erpsync_str_t           token;           /* SO-AppToken; empty: none */
    const uint8_t          *certificate;     /* the SHA-256 of its certificate
                                                in DER if nginx verified it;
                                                NULL: none */
    erpsync_memo_t         *memo;            /* of the token; NULL: none */
} erpsync_proof_t;


/*
 * The app that a proof names, in good standing or not.  A token and a
 * certificate of the same app must both be valid, so the time is that of both.
 */

typedef struct {
    erpsync_reason_t        reason;          /* OK, APP_TOKEN_MISSING,
                                                APP_TOKEN_UNKNOWN or
                                                APP_MISMATCH */
    erpsync_grant_t         grant;           /* without an app if neither
                                                names one; the token's app is
                                                before the certificate's */
    bool                    enforced;        /* an app that the token or the
                                                certificate names has
                                                "enforce" */
} erpsync_claim_t;


typedef struct {
    erpsync_reason_t            reason;
    erpsync_str_t               hint;        /* how to fix it, or empty */

    erpsync_method_t            method;
    const erpsync_operation_t  *operation;
    erpsync_credentials_t       credentials;
    erpsync_proof_t             proof;       /* the token is trimmed */
    bool                        claimed;     /* "app" was searched for */
    const erpsync_app_t        *app;         /* if "claimed", in the snapshot:
                                                the app of a claim, also if it
                                                is refused */
    erpsync_str_t               tenant;
    uint32_t                    retry_after; /* seconds, if the tenant is not
                                                available */
    erpsync_media_t             media;       /* of a body that is announced */
    erpsync_str_t               accept;      /* to be forwarded with the body
                                                as Accept; empty: as sent */
    erpsync_locale_t            locale;
    erpsync_str_t               args;        /* as forwarded */
} erpsync_verdict_t;


/*
 * Judges points 1 to 8. For GET and HEAD points 1 to 5, for OPTIONS point 1.
 * "route" is of any kind but OTHER; "registry" is NULL if there is none.
 * Returns ERPSYNC_ERROR if memory ran out, or OpenSSL failed.
 */

erpsync_rc_t erpsync_gate_head(erpsync_arena_t *arena,
    const erpsync_policy_t *policy, const erpsync_registry_t *registry,
    erpsync_digester_t *digester, const erpsync_route_t *route,
    const erpsync_request_t *request, erpsync_verdict_t *verdict);

/*
 * Refuses a call whose tenant is in maintenance, with TENANT_UNAVAILABLE.  For
 * a verdict whose reason is OK after erpsync_gate_head() or
 * erpsync_gate_again(): an app that is not granted the tenant must not learn
 * the tenant's state.  "tenants" is NULL if there is no tenants file.
 */

void erpsync_gate_tenant(const erpsync_tenants_t *tenants,
    erpsync_verdict_t *verdict);

/*
 * Judges points 9 and 10, after erpsync_gate_head() said OK to a POST. "key"
 * is a secret of the process.  Sets "verdict->reason" and "body", whose
 * canonical form is "input" itself if that is canonical already.  Returns
 * ERPSYNC_ERROR if memory ran out.
 */

erpsync_rc_t erpsync_gate_body(erpsync_arena_t *arena,
    const erpsync_policy_t *policy, const erpsync_registry_t *registry,
    uint64_t key, erpsync_str_t input, erpsync_verdict_t *verdict,
    erpsync_body_t *body);

/*
 * Judges points 4 and 5 again, and point 10 if "body" is given, by the
 * snapshot "registry" at the time "now". For a verdict of erpsync_gate_head()
 * whose reason is OK, when the body has arrived later: the token may have
 * expired or been revoked meanwhile.  "route" and "address" are as they were;
 * "body" is NULL before erpsync_gate_body() has said OK. erpsync_gate_head()
 * uses this function too.
 *
 * Sets "verdict->reason", "verdict->app" to the app in that snapshot, and
 * "verdict->claimed".
 * Returns ERPSYNC_ERROR if OpenSSL failed.
 */

erpsync_rc_t erpsync_gate_again(const erpsync_policy_t *policy,
    const erpsync_registry_t *registry, erpsync_digester_t *digester,
    const erpsync_route_t *route, const erpsync_address_t *address,
    int64_t now, const erpsync_body_t *body, erpsync_verdict_t *verdict);

/*
 * Finds the app that a proof names: docs/registry.md.  "registry" is NULL if
 * there is none, and the token may be as sent.  Returns ERPSYNC_ERROR if
 * OpenSSL failed.
 */

erpsync_rc_t erpsync_gate_claim(const erpsync_registry_t *registry,
    erpsync_digester_t *digester, const erpsync_proof_t *proof,
    erpsync_claim_t *claim);

/*
 * Returns OK if a claim was good and its app is in good standing: token and
 * certificate are valid at the time "now", the app is enabled, and "address"
 * is granted.  Otherwise returns the reason of the claim, APP_TOKEN_EXPIRED,
 * APP_DISABLED or ADDRESS_NOT_GRANTED.
 */

erpsync_reason_t erpsync_gate_standing(const erpsync_registry_t *registry,
    const erpsync_claim_t *claim, const erpsync_address_t *address,
    int64_t now);


#endif /* ERPSYNC_GATE_H */
