
#include "erpsync_gate.h"
#include "erpsync_scan.h"
#include "erpsync_tenant.h"


static erpsync_str_t erpsync_gate_hint(erpsync_media_t media,
    erpsync_str_t input);
static erpsync_reason_t erpsync_gate_method(const erpsync_policy_t *policy,
    const erpsync_route_t *route, const erpsync_request_t *request);
static erpsync_reason_t erpsync_gate_headers(const erpsync_request_t *request);
static bool erpsync_gate_header_malformed(erpsync_header_id_t id,
    erpsync_str_t value);
static erpsync_rc_t erpsync_gate_credentials(erpsync_arena_t *arena,
    const erpsync_policy_t *policy, const erpsync_request_t *request,
    erpsync_verdict_t *verdict);
static erpsync_rc_t erpsync_gate_locale(erpsync_arena_t *arena,
    const erpsync_policy_t *policy, const erpsync_request_t *request,
    erpsync_verdict_t *verdict);
static erpsync_rc_t erpsync_gate_token(const erpsync_policy_t *policy,
    const erpsync_registry_t *registry, erpsync_digester_t *digester,
    int64_t now, erpsync_verdict_t *verdict);
static erpsync_reason_t erpsync_gate_valid(const erpsync_claim_t *claim,
    int64_t now);
static erpsync_reason_t erpsync_gate_grants(const erpsync_registry_t *registry,
    const erpsync_route_t *route, const erpsync_address_t *address,
    const erpsync_verdict_t *verdict);
static erpsync_reason_t erpsync_gate_scope(const erpsync_verdict_t *verdict);
static erpsync_reason_t erpsync_gate_content(const erpsync_request_t *request,
    erpsync_verdict_t *verdict);
static erpsync_reason_t erpsync_gate_facts(const erpsync_registry_t *registry,
    const erpsync_verdict_t *verdict, const erpsync_facts_t *facts);
static bool erpsync_gate_connections(const erpsync_registry_t *registry,
    const erpsync_verdict_t *verdict, const erpsync_facts_t *facts);


erpsync_rc_t
erpsync_gate_head(erpsync_arena_t *arena, const erpsync_policy_t *policy,
    const erpsync_registry_t *registry, erpsync_digester_t *digester,
    const erpsync_route_t *route, const erpsync_request_t *request,
    erpsync_verdict_t *verdict)
{
    erpsync_reason_t  *reason;

    erpsync_zero(verdict, sizeof(erpsync_verdict_t));

    reason = &verdict->reason;
    verdict->method = request->method;
    verdict->operation = route->operation;
    verdict->tenant = route->tenant;
    verdict->args = request->args;

    *reason = erpsync_gate_method(policy, route, request);

    if (*reason != ERPSYNC_REASON_OK
        || request->method == ERPSYNC_METHOD_OPTIONS
        || route->kind == ERPSYNC_ROUTE_SOAP)
    {
        return ERPSYNC_OK;
    }

    *reason = erpsync_gate_headers(request);

    if (*reason != ERPSYNC_REASON_OK) {
        return ERPSYNC_OK;
    }

    if (erpsync_gate_credentials(arena, policy, request, verdict)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (*reason != ERPSYNC_REASON_OK) {
        return ERPSYNC_OK;
    }

    verdict->proof.token = erpsync_str_trim(
                       request->headers[ERPSYNC_HEADER_APP_TOKEN].value);
    verdict->proof.certificate = request->certificate;
    verdict->proof.memo = request->memo;

    if (erpsync_gate_again(policy, registry, digester, route,
                           &request->address, request->now, NULL, verdict)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (*reason != ERPSYNC_REASON_OK
        || request->method != ERPSYNC_METHOD_POST)
    {
        return ERPSYNC_OK;
    }

    *reason = erpsync_gate_content(request, verdict);

    if (*reason != ERPSYNC_REASON_OK) {
        return ERPSYNC_OK;
    }

    if (erpsync_gate_locale(arena, policy, request, verdict) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (*reason != ERPSYNC_REASON_OK || request->args.len == 0) {
        return ERPSYNC_OK;
    }

    return erpsync_query(arena, request->args, &verdict->args, reason);
}


void
erpsync_gate_tenant(const erpsync_tenants_t *tenants,
    erpsync_verdict_t *verdict)
{
    erpsync_tenant_t  tenant;

    /* a request to the SOAP twin has no operation */

    if (tenants == NULL || verdict->reason != ERPSYNC_REASON_OK
        || verdict->operation == NULL
        || verdict->method == ERPSYNC_METHOD_OPTIONS
        || !erpsync_tenants_find(tenants, verdict->tenant, &tenant)
        || !tenant.maintenance)
    {
        return;
    }

    verdict->reason = ERPSYNC_REASON_TENANT_UNAVAILABLE;
    verdict->retry_after = tenant.retry_after;
}


erpsync_rc_t
erpsync_gate_body(erpsync_arena_t *arena, const erpsync_policy_t *policy,
    const erpsync_registry_t *registry, uint64_t key, erpsync_str_t input,
    erpsync_verdict_t *verdict, erpsync_body_t *body)
{
    erpsync_sink_conf_t  conf;

    conf.operation = verdict->operation;
    conf.unknown = policy->unknown;
    conf.max_field_values = policy->max_field_values;
    conf.key = key;

    if (verdict->media == ERPSYNC_MEDIA_UNSUPPORTED && input.len) {

        /* the head announced no content, so no type was judged */

        memset(body, 0, sizeof(erpsync_body_t));
        body->reason = ERPSYNC_REASON_CONTENT_TYPE_UNSUPPORTED;

    } else if (erpsync_body(arena, verdict->media, &conf, input, body)
               != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (body->reason != ERPSYNC_REASON_OK) {
        verdict->hint = erpsync_gate_hint(verdict->media, input);

    } else {
        body->reason = erpsync_gate_facts(registry, verdict, &body->facts);
    }

    verdict->reason = body->reason;

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_gate_again(const erpsync_policy_t *policy,
    const erpsync_registry_t *registry, erpsync_digester_t *digester,
    const erpsync_route_t *route, const erpsync_address_t *address,
    int64_t now, const erpsync_body_t *body, erpsync_verdict_t *verdict)
{
    verdict->app = NULL;
    verdict->claimed = false;
    verdict->reason = ERPSYNC_REASON_OK;

    if (erpsync_gate_token(policy, registry, digester, now, verdict)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (verdict->reason == ERPSYNC_REASON_OK) {
        verdict->reason = erpsync_gate_grants(registry, route, address,
                                              verdict);
    }

    if (verdict->reason == ERPSYNC_REASON_OK && body) {
        verdict->reason = erpsync_gate_facts(registry, verdict, &body->facts);
    }

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_gate_claim(const erpsync_registry_t *registry,
    erpsync_digester_t *digester, const erpsync_proof_t *proof,
    erpsync_claim_t *claim)
{
    uint8_t           digest[ERPSYNC_DIGEST_LEN];
    erpsync_str_t     token;
    erpsync_grant_t  *grant, certificate;

    memset(claim, 0, sizeof(erpsync_claim_t));

    grant = &claim->grant;
    token = erpsync_str_trim(proof->token);
    claim->reason = token.len ? ERPSYNC_REASON_APP_TOKEN_UNKNOWN
                              : ERPSYNC_REASON_APP_TOKEN_MISSING;

    if (registry == NULL) {
        return ERPSYNC_OK;
    }

    if (token.len) {

        if (erpsync_digest_memo(digester, proof->memo, token, digest)
            != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        if (erpsync_registry_find(registry, ERPSYNC_BY_TOKEN, digest, grant)) {
            claim->reason = ERPSYNC_REASON_OK;
            claim->enforced = erpsync_app_enforced(grant->app);
        }
    }

    if (proof->certificate == NULL
        || !erpsync_registry_find(registry, ERPSYNC_BY_CERTIFICATE,
                                  proof->certificate, &certificate))
    {
        return ERPSYNC_OK;
    }

    claim->enforced |= erpsync_app_enforced(certificate.app);

    if (grant->app == NULL) {
        *grant = certificate;

        if (token.len == 0) {
            claim->reason = ERPSYNC_REASON_OK;
        }

    } else if (grant->app != certificate.app) {
        claim->reason = ERPSYNC_REASON_APP_MISMATCH;

    } else {

        if (grant->not_before < certificate.not_before) {
            grant->not_before = certificate.not_before;
        }

        if (grant->expires > certificate.expires) {
            grant->expires = certificate.expires;
        }
    }

    return ERPSYNC_OK;
}


erpsync_reason_t
erpsync_gate_standing(const erpsync_registry_t *registry,
    const erpsync_claim_t *claim, const erpsync_address_t *address,
    int64_t now)
{
    erpsync_reason_t  reason;

    reason = erpsync_gate_valid(claim, now);

    if (reason == ERPSYNC_REASON_OK
        && !erpsync_app_has_address(registry, claim->grant.app, address))
    {
        return ERPSYNC_REASON_ADDRESS_NOT_GRANTED;
    }

    return reason;
}


/*
 * Returns a sentence for a refusal if the body looks like JSON that was sent
 * with the Content-Type of a form, as "curl -d" does without "-H".
 */

static erpsync_str_t
erpsync_gate_hint(erpsync_media_t media, erpsync_str_t input)
{
    const uint8_t  *p, *last;

    static const erpsync_str_t  mark = erpsync_string("\xef\xbb\xbf");
    static const erpsync_str_t  hint = erpsync_string(
                  "The body looks like JSON, but it was sent with the "
                  "Content-Type of a form: send application/json.");

    last = input.data + input.len;
    p = input.data;

    if (media != ERPSYNC_MEDIA_FORM || input.len == 0) {
        return erpsync_span(NULL, 0);
    }

    if (input.len > mark.len && memcmp(p, mark.data, mark.len) == 0) {
        p += mark.len;
    }

    p = erpsync_scan_space(p, last);

    if (p < last && (*p == '{' || *p == '[')) {
        return hint;
    }

    return erpsync_span(NULL, 0);
}


/* Judges point 1. An ambiguous path is refused for every method. */

static erpsync_reason_t
erpsync_gate_method(const erpsync_policy_t *policy,
    const erpsync_route_t *route, const erpsync_request_t *request)
{
    switch (route->kind) {

    case ERPSYNC_ROUTE_SOAP:
        return policy->soap_pass ? ERPSYNC_REASON_OK
                                 : ERPSYNC_REASON_SOAP_NOT_ALLOWED;

    case ERPSYNC_ROUTE_AMBIGUOUS:
        return ERPSYNC_REASON_PATH_AMBIGUOUS;

    case ERPSYNC_ROUTE_OPERATION:
        return (request->method == ERPSYNC_METHOD_OTHER)
               ? ERPSYNC_REASON_METHOD_NOT_ALLOWED : ERPSYNC_REASON_OK;

    default:
        return ERPSYNC_REASON_OPERATION_UNKNOWN;
    }
}


/* Judges point 2. */

static erpsync_reason_t
erpsync_gate_headers(const erpsync_request_t *request)
{
    bool                     malformed;
    erpsync_header_id_t      id;
    const erpsync_header_t  *header;

    malformed = false;

    for (id = 0; id < ERPSYNC_HEADER_SINGLE; id++) {
        header = &request->headers[id];

        if (header->count == 0) {
            continue;
        }

        if (header->count > 1) {
            return ERPSYNC_REASON_HEADER_DUPLICATED;
        }

        malformed |= erpsync_gate_header_malformed(id, header->value);
    }

    return malformed ? ERPSYNC_REASON_HEADER_MALFORMED : ERPSYNC_REASON_OK;
}


/*
 * Returns whether a value has control characters in it (RFC 9110, 5.5). An app
 * token and X-XSRF-TOKEN may have visible ASCII only, without blanks.
 */

static bool
erpsync_gate_header_malformed(erpsync_header_id_t id, erpsync_str_t value)
{
    size_t   i;
    uint8_t  c;

    if (id == ERPSYNC_HEADER_APP_TOKEN || id == ERPSYNC_HEADER_XSRF_TOKEN) {
        value = erpsync_str_trim(value);
        return !erpsync_scan_ascii(value.data, value.len, 0x21);
    }

    if (erpsync_scan_ascii(value.data, value.len, 0x20)) {
        return false;
    }

    for (i = 0; i < value.len; i++) {
        c = value.data[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return true;
        }
    }

    return false;
}


static erpsync_rc_t
erpsync_gate_credentials(erpsync_arena_t *arena,
    const erpsync_policy_t *policy, const erpsync_request_t *request,
    erpsync_verdict_t *verdict)
{
    const erpsync_header_t        *headers;
    erpsync_credential_headers_t   credentials;

    headers = request->headers;

    credentials.authorization = headers[ERPSYNC_HEADER_AUTHORIZATION].value;
    credentials.xsrf_token = headers[ERPSYNC_HEADER_XSRF_TOKEN].value;
    credentials.cookies = request->cookies;

    if (erpsync_credentials(arena, policy->schemes, &credentials,
                            &verdict->credentials, &verdict->reason)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (verdict->tenant.len == 0) {
        verdict->tenant = verdict->credentials.tenant;
    }

    return ERPSYNC_OK;
}


static erpsync_rc_t
erpsync_gate_locale(erpsync_arena_t *arena, const erpsync_policy_t *policy,
    const erpsync_request_t *request, erpsync_verdict_t *verdict)
{
    const erpsync_header_t    *headers;
    erpsync_locale_headers_t   locale;

    headers = request->headers;

    locale.so_language = headers[ERPSYNC_HEADER_LANGUAGE].value;
    locale.accept_language = request->accept_language;
    locale.so_culture = headers[ERPSYNC_HEADER_CULTURE].value;
    locale.so_timezone = headers[ERPSYNC_HEADER_TIMEZONE].value;

    return erpsync_locale(arena, &policy->locale, &locale, &verdict->locale,
                          &verdict->reason);
}


/* Judges point 4. */

static erpsync_rc_t
erpsync_gate_token(const erpsync_policy_t *policy,
    const erpsync_registry_t *registry, erpsync_digester_t *digester,
    int64_t now, erpsync_verdict_t *verdict)
{
    bool             required;
    erpsync_claim_t  claim;

    required = (policy->app_token == ERPSYNC_APP_TOKEN_REQUIRED
                || (policy->app_token == ERPSYNC_APP_TOKEN_SOTICKET
                    && verdict->credentials.scheme
                       == ERPSYNC_SCHEME_SOTICKET));

    if (registry == NULL) {

        /*
         * onsite, a token that the gateway does not need is for the WebAPI to
         * check
         */

        if (policy->online || required) {
            verdict->reason = ERPSYNC_REASON_REGISTRY_UNAVAILABLE;
        }

        return ERPSYNC_OK;
    }

    if (erpsync_gate_claim(registry, digester, &verdict->proof, &claim)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    verdict->app = claim.grant.app;
    verdict->claimed = true;

    if (claim.reason == ERPSYNC_REASON_APP_TOKEN_MISSING && !required) {
        return ERPSYNC_OK;
    }

    verdict->reason = erpsync_gate_valid(&claim, now);

    return ERPSYNC_OK;
}


static erpsync_reason_t
erpsync_gate_valid(const erpsync_claim_t *claim, int64_t now)
{
    const erpsync_grant_t  *grant;

    grant = &claim->grant;

    if (claim->reason != ERPSYNC_REASON_OK) {
        return claim->reason;
    }

    if (now < grant->not_before || now >= grant->expires) {
        return ERPSYNC_REASON_APP_TOKEN_EXPIRED;
    }

    if (!erpsync_app_enabled(grant->app)) {
        return ERPSYNC_REASON_APP_DISABLED;
    }

    return ERPSYNC_REASON_OK;
}


/* Judges point 5. */

static erpsync_reason_t
erpsync_gate_grants(const erpsync_registry_t *registry,
    const erpsync_route_t *route, const erpsync_address_t *address,
    const erpsync_verdict_t *verdict)
{
    const erpsync_app_t  *app;

    app = verdict->app;

    if (app) {

        if (!erpsync_app_has_agent(app)) {
            return ERPSYNC_REASON_AGENT_NOT_GRANTED;
        }

        if (!erpsync_app_has_operation(app,
                              erpsync_operation_index(verdict->operation)))
        {
            return ERPSYNC_REASON_OPERATION_NOT_GRANTED;
        }
    }

    if (erpsync_tenant_conflict(route, verdict->credentials.tenant)) {
        return ERPSYNC_REASON_TENANT_MISMATCH;
    }

    if (app == NULL) {
        return ERPSYNC_REASON_OK;
    }

    if (!erpsync_app_has_tenant(registry, app, verdict->tenant)) {
        return ERPSYNC_REASON_TENANT_NOT_GRANTED;
    }

    if (!erpsync_app_has_address(registry, app, address)) {
        return ERPSYNC_REASON_ADDRESS_NOT_GRANTED;
    }

    return erpsync_gate_scope(verdict);
}


/*
 * Judges whether an app that is granted certain ERP connections or actor types
 * only may call this operation at all.  It may not if the request names none:
 * the operation would act on all of them, or on some that the gateway cannot
 * see.  A description (GET) acts on nothing.
 */

static erpsync_reason_t
erpsync_gate_scope(const erpsync_verdict_t *verdict)
{
    bool                  named;
    unsigned              names;
    const erpsync_app_t  *app;

    app = verdict->app;
    names = verdict->operation->names;

    if (verdict->method != ERPSYNC_METHOD_POST) {
        return ERPSYNC_REASON_OK;
    }

    if (erpsync_app_limits_connections(app)
        && !(names & ERPSYNC_NAMES_CONNECTION))
    {
        return ERPSYNC_REASON_CONNECTION_NOT_GRANTED;
    }

    /*
     * 0, "Unknown", is granted only to an app without a limit of its kind: so
     * this finds a limit
     */

    named = ((names & ERPSYNC_NAMES_CRM_ACTOR)
             && !erpsync_app_has_crm_actor(app, 0))
            || ((names & ERPSYNC_NAMES_ERP_ACTOR)
                && !erpsync_app_has_erp_actor(app, 0));

    if (erpsync_app_limits_actors(app) && !named) {
        return ERPSYNC_REASON_ACTOR_TYPE_NOT_GRANTED;
    }

    return ERPSYNC_REASON_OK;
}


/*
 * Judges point 6. Without content, type and encoding mean nothing.  If the
 * client sent no Accept, the WebAPI would have answered in the type of the
 * request.  That type is forwarded as Accept, because the body goes out as
 * JSON.
 */

static erpsync_reason_t
erpsync_gate_content(const erpsync_request_t *request,
    erpsync_verdict_t *verdict)
{
    erpsync_str_t  type;

    if (!request->body) {
        return ERPSYNC_REASON_OK;
    }

    type = request->headers[ERPSYNC_HEADER_CONTENT_TYPE].value;
    verdict->media = erpsync_content_type(type);

    if (verdict->media == ERPSYNC_MEDIA_UNSUPPORTED) {
        return ERPSYNC_REASON_CONTENT_TYPE_UNSUPPORTED;
    }

    if (!erpsync_content_encoding_identity(
                    request->headers[ERPSYNC_HEADER_CONTENT_ENCODING].value))
    {
        return ERPSYNC_REASON_CONTENT_ENCODING_UNSUPPORTED;
    }

    if (erpsync_fields_blank(request->accept)) {
        verdict->accept = erpsync_answer_type(type);
    }

    return ERPSYNC_REASON_OK;
}


/* Judges point 10. An actor type that is left out counts as "Unknown". */

static erpsync_reason_t
erpsync_gate_facts(const erpsync_registry_t *registry,
    const erpsync_verdict_t *verdict, const erpsync_facts_t *facts)
{
    unsigned              names;
    const erpsync_app_t  *app;

    app = verdict->app;
    names = verdict->operation->names;

    if (app == NULL) {
        return ERPSYNC_REASON_OK;
    }

    if ((names & ERPSYNC_NAMES_CONNECTION)
        && erpsync_app_limits_connections(app)
        && !erpsync_gate_connections(registry, verdict, facts))
    {
        return ERPSYNC_REASON_CONNECTION_NOT_GRANTED;
    }

    if (((names & ERPSYNC_NAMES_CRM_ACTOR)
         && !erpsync_app_has_crm_actor(app, facts->crm_actor))
        || ((names & ERPSYNC_NAMES_ERP_ACTOR)
            && !erpsync_app_has_erp_actor(app, facts->erp_actor)))
    {
        return ERPSYNC_REASON_ACTOR_TYPE_NOT_GRANTED;
    }

    return ERPSYNC_REASON_OK;
}


/*
 * Returns whether the body names at least one connection, and the app is
 * granted each of them.
 */

static bool
erpsync_gate_connections(const erpsync_registry_t *registry,
    const erpsync_verdict_t *verdict, const erpsync_facts_t *facts)
{
    size_t  i;

    if (!facts->has_connection && facts->nconnections == 0) {
        return false;
    }

    if (facts->has_connection
        && !erpsync_app_has_connection(registry, verdict->app,
                                       facts->connection))
    {
        return false;
    }

    for (i = 0; i < facts->nconnections; i++) {
        if (!erpsync_app_has_connection(registry, verdict->app,
                                        facts->connections[i]))
        {
            return false;
        }
    }

    return true;
}
