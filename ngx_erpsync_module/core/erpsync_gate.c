
#include "erpsync_gate.h"
#include "erpsync_scan.h"


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
    const erpsync_request_t *request, erpsync_verdict_t *verdict);
static erpsync_reason_t erpsync_gate_grants(const erpsync_registry_t *registry,
    const erpsync_route_t *route, const erpsync_request_t *request,
    erpsync_verdict_t *verdict);
static erpsync_reason_t erpsync_gate_content(const erpsync_request_t *request,
    erpsync_verdict_t *verdict);
static erpsync_reason_t erpsync_gate_facts(const erpsync_registry_t *registry,
    const erpsync_verdict_t *verdict, const erpsync_facts_t *facts);
static bool erpsync_gate_connections(const erpsync_registry_t *registry,
    const erpsync_verdict_t *verdict, const erpsync_facts_t *facts);
static bool erpsync_gate_actors(const erpsync_verdict_t *verdict,
    const erpsync_facts_t *facts);


erpsync_rc_t
erpsync_gate_head(erpsync_arena_t *arena, const erpsync_policy_t *policy,
    const erpsync_registry_t *registry, erpsync_digester_t *digester,
    const erpsync_route_t *route, const erpsync_request_t *request,
    erpsync_verdict_t *verdict)
{
    erpsync_reason_t  *reason;

    memset(verdict, 0, sizeof(erpsync_verdict_t));

    reason = &verdict->reason;
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

    if (erpsync_gate_token(policy, registry, digester, request, verdict)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (*reason != ERPSYNC_REASON_OK) {
        return ERPSYNC_OK;
    }

    *reason = erpsync_gate_grants(registry, route, request, verdict);

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


erpsync_rc_t
erpsync_gate_body(erpsync_arena_t *arena, const erpsync_policy_t *policy,
    const erpsync_registry_t *registry, uint64_t key, erpsync_str_t input,
    bool writable, erpsync_verdict_t *verdict, erpsync_body_t *body)
{
    erpsync_sink_conf_t  conf;

    conf.operation = verdict->operation;
    conf.unknown = policy->unknown;
    conf.max_field_values = policy->max_field_values;
    conf.null_absent = false;
    conf.ordinary = false;
    conf.writable = writable;
    conf.key = key;

    if (erpsync_body(arena, verdict->media, &conf, input, body)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (body->reason == ERPSYNC_REASON_OK && verdict->app) {
        body->reason = erpsync_gate_facts(registry, verdict, &body->facts);
    }

    verdict->reason = body->reason;

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_gate_app(const erpsync_registry_t *registry,
    erpsync_digester_t *digester, erpsync_str_t token,
    erpsync_grant_t *grant)
{
    uint8_t  digest[ERPSYNC_DIGEST_LEN];

    memset(grant, 0, sizeof(erpsync_grant_t));

    token = erpsync_str_trim(token);

    if (registry == NULL || token.len == 0) {
        return ERPSYNC_OK;
    }

    if (erpsync_digest(digester, token, digest) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (!erpsync_registry_find(registry, digest, grant)) {
        grant->app = NULL;
    }

    return ERPSYNC_OK;
}


/* Point 1.  An ambiguous path is refused whatever the method is. */

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


/* Point 2. */

static erpsync_reason_t
erpsync_gate_headers(const erpsync_request_t *request)
{
    erpsync_header_id_t      id;
    const erpsync_header_t  *header;

    for (id = 0; id < ERPSYNC_HEADER_SINGLE; id++) {
        if (request->headers[id].count > 1) {
            return ERPSYNC_REASON_HEADER_DUPLICATED;
        }
    }

    for (id = 0; id < ERPSYNC_HEADER_COUNT; id++) {
        header = &request->headers[id];

        if (header->count
            && erpsync_gate_header_malformed(id, header->value))
        {
            return ERPSYNC_REASON_HEADER_MALFORMED;
        }
    }

    return ERPSYNC_REASON_OK;
}


/*
 * No control characters within (RFC 9110, 5.5); a token of an app or against
 * forgery is visible ASCII without a blank.
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
    credentials.ncookies = request->ncookies;
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
    locale.accept_language = headers[ERPSYNC_HEADER_ACCEPT_LANGUAGE].value;
    locale.so_culture = headers[ERPSYNC_HEADER_CULTURE].value;
    locale.so_timezone = headers[ERPSYNC_HEADER_TIMEZONE].value;

    return erpsync_locale(arena, &policy->locale, &locale, &verdict->locale,
                          &verdict->reason);
}


/* Point 4. */

static erpsync_rc_t
erpsync_gate_token(const erpsync_policy_t *policy,
    const erpsync_registry_t *registry, erpsync_digester_t *digester,
    const erpsync_request_t *request, erpsync_verdict_t *verdict)
{
    bool              required;
    erpsync_str_t     token;
    erpsync_grant_t   grant;

    token = erpsync_str_trim(
                      request->headers[ERPSYNC_HEADER_APP_TOKEN].value);
    verdict->app_token = token;

    required = (policy->app_token == ERPSYNC_APP_TOKEN_REQUIRED
                || (policy->app_token == ERPSYNC_APP_TOKEN_SOTICKET
                    && verdict->credentials.scheme
                       == ERPSYNC_SCHEME_SOTICKET));

    if (registry == NULL) {

        /* onsite, a token that nothing asks for is the WebAPI's affair */

        if (policy->online || required) {
            verdict->reason = ERPSYNC_REASON_REGISTRY_UNAVAILABLE;
        }

        return ERPSYNC_OK;
    }

    if (token.len == 0) {

        if (required) {
            verdict->reason = ERPSYNC_REASON_APP_TOKEN_MISSING;
        }

        return ERPSYNC_OK;
    }

    if (erpsync_gate_app(registry, digester, token, &grant) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    verdict->app = grant.app;

    if (grant.app == NULL) {
        verdict->reason = ERPSYNC_REASON_APP_TOKEN_UNKNOWN;

    } else if (request->now < grant.not_before
               || request->now >= grant.expires)
    {
        verdict->reason = ERPSYNC_REASON_APP_TOKEN_EXPIRED;

    } else if (!erpsync_app_enabled(grant.app)) {
        verdict->reason = ERPSYNC_REASON_APP_DISABLED;
    }

    return ERPSYNC_OK;
}


/* Point 5. */

static erpsync_reason_t
erpsync_gate_grants(const erpsync_registry_t *registry,
    const erpsync_route_t *route, const erpsync_request_t *request,
    erpsync_verdict_t *verdict)
{
    erpsync_str_t         tenant;
    const erpsync_app_t  *app;

    app = verdict->app;
    tenant = verdict->credentials.tenant;

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

    if (route->tenant_conflict
        || (tenant.len && route->tenant.len
            && !erpsync_str_caseeq(tenant, route->tenant)))
    {
        return ERPSYNC_REASON_TENANT_MISMATCH;
    }

    if (app == NULL) {
        return ERPSYNC_REASON_OK;
    }

    if (!erpsync_app_has_tenant(registry, app, verdict->tenant)) {
        return ERPSYNC_REASON_TENANT_NOT_GRANTED;
    }

    if (!erpsync_app_has_address(registry, app, &request->address)) {
        return ERPSYNC_REASON_ADDRESS_NOT_GRANTED;
    }

    return ERPSYNC_REASON_OK;
}


/* Point 6.  Without a body there need be no Content-Type. */

static erpsync_reason_t
erpsync_gate_content(const erpsync_request_t *request,
    erpsync_verdict_t *verdict)
{
    const erpsync_header_t  *type;

    type = &request->headers[ERPSYNC_HEADER_CONTENT_TYPE];
    verdict->media = erpsync_content_type(type->value);

    if (verdict->media == ERPSYNC_MEDIA_UNSUPPORTED
        && (request->body || type->count))
    {
        return ERPSYNC_REASON_CONTENT_TYPE_UNSUPPORTED;
    }

    if (!erpsync_content_encoding_identity(
                    request->headers[ERPSYNC_HEADER_CONTENT_ENCODING].value))
    {
        return ERPSYNC_REASON_CONTENT_ENCODING_UNSUPPORTED;
    }

    return erpsync_acceptable(request->headers[ERPSYNC_HEADER_ACCEPT].value)
           ? ERPSYNC_REASON_OK : ERPSYNC_REASON_NOT_ACCEPTABLE;
}


/* Point 10. */

static erpsync_reason_t
erpsync_gate_facts(const erpsync_registry_t *registry,
    const erpsync_verdict_t *verdict, const erpsync_facts_t *facts)
{
    if (!erpsync_gate_connections(registry, verdict, facts)) {
        return ERPSYNC_REASON_CONNECTION_NOT_GRANTED;
    }

    if (!erpsync_gate_actors(verdict, facts)) {
        return ERPSYNC_REASON_ACTOR_TYPE_NOT_GRANTED;
    }

    return ERPSYNC_REASON_OK;
}


/*
 * An operation that acts on a connection must name one that is granted; one
 * whose carrier is not read is closed to an app with such a limit.
 */

static bool
erpsync_gate_connections(const erpsync_registry_t *registry,
    const erpsync_verdict_t *verdict, const erpsync_facts_t *facts)
{
    size_t  i;

    if (!verdict->operation->connection
        || !erpsync_app_limits_connections(verdict->app))
    {
        return true;
    }

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


/* The same for actor types; one that is left out is "Unknown". */

static bool
erpsync_gate_actors(const erpsync_verdict_t *verdict,
    const erpsync_facts_t *facts)
{
    size_t                   i;
    const erpsync_app_t     *app;
    const erpsync_object_t  *request;

    app = verdict->app;
    request = verdict->operation->request;

    if (request == NULL) {
        return !verdict->operation->connection
               || !erpsync_app_limits_actors(app);
    }

    for (i = 0; i < request->nmembers; i++) {

        switch (request->members[i].role) {

        case ERPSYNC_ROLE_CRM_ACTOR:
            if (!erpsync_app_has_crm_actor(app, facts->crm_actor)) {
                return false;
            }

            break;

        case ERPSYNC_ROLE_ERP_ACTOR:
            if (!erpsync_app_has_erp_actor(app, facts->erp_actor)) {
                return false;
            }

            break;

        default:
            break;
        }
    }

    return true;
}
