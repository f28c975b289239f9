
#include "ctl_request.h"


/*
 * Judges a request by the core, in the order of the module's phases.  What the
 * site's own configuration does in between is left out.
 */


static erpsync_rc_t ctl_judge_facts(erpsync_arena_t *arena,
    const ctl_call_t *call, erpsync_str_t args, erpsync_request_t *request);
static erpsync_rc_t ctl_judge_call(erpsync_arena_t *arena,
    const ctl_gateway_t *gateway, const erpsync_route_t *route,
    const erpsync_request_t *request, const ctl_call_t *call,
    ctl_judged_t *judged);
static erpsync_rc_t ctl_judge_forward(erpsync_arena_t *arena,
    const ctl_gateway_t *gateway, const erpsync_route_t *route,
    const ctl_call_t *call, ctl_judged_t *judged);
static erpsync_rc_t ctl_judge_fields(erpsync_arena_t *arena,
    const erpsync_edits_t *edits, const ctl_call_t *call,
    ctl_judged_t *judged);
static void ctl_judge_hide(ctl_field_t *field, const char *app);
static erpsync_rc_t ctl_judge_refuse(erpsync_arena_t *arena,
    const ctl_gateway_t *gateway, const erpsync_request_t *request,
    ctl_judged_t *judged);


static void
ctl_judge_nginx(ctl_judged_t *judged, unsigned status, const char *error)
{
    judged->decision = CTL_DENY;
    judged->status = status;
    judged->nginx = error;
}


erpsync_rc_t
ctl_judge(erpsync_arena_t *arena, const ctl_gateway_t *gateway,
    const ctl_call_t *call, ctl_judged_t *judged)
{
    erpsync_route_t    route;
    erpsync_target_t   target;
    erpsync_request_t  request;

    memset(judged, 0, sizeof(ctl_judged_t));

    if (call->http.error) {
        ctl_judge_nginx(judged, call->http.status, call->http.error);
        return ERPSYNC_OK;
    }

    if (erpsync_target_parse(arena, call->http.target, &target) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (target.error) {
        ctl_judge_nginx(judged, 400, target.error);
        return ERPSYNC_OK;
    }

    if (erpsync_target(arena, target.target, target.uri, &route, NULL)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    judged->target = target.target;

    if (route.kind == ERPSYNC_ROUTE_OTHER) {
        judged->decision = CTL_NONE;
        return ERPSYNC_OK;
    }

    if (ctl_judge_facts(arena, call, target.args, &request) != ERPSYNC_OK
        || ctl_judge_call(arena, gateway, &route, &request, call, judged)
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (judged->verdict.app) {
        judged->app = erpsync_app_id(gateway->registry, judged->verdict.app);
    }

    return (judged->decision == CTL_ALLOW)
           ? ctl_judge_forward(arena, gateway, &route, call, judged)
           : ctl_judge_refuse(arena, gateway, &request, judged);
}


const char *
ctl_call_app(const ctl_gateway_t *gateway, erpsync_arena_t *arena,
    ctl_call_t *call)
{
    char             token[128];
    size_t           i, n;
    ctl_http_t      *http;
    erpsync_claim_t  claim;
    erpsync_proof_t  proof;

    n = (size_t) snprintf(token, sizeof(token), CTL_APP_TOKEN "%s",
                          call->app);

    proof.token = ctl_str(token);
    proof.certificate = NULL;
    proof.memo = NULL;

    if (n >= sizeof(token)
        || erpsync_gate_claim(gateway->registry, gateway->digester, &proof,
                              &claim)
           != ERPSYNC_OK
        || claim.grant.app == NULL)
    {
        return "there is no such app in the registry";
    }

    http = &call->http;

    for (i = 0; i < http->nfields; /* void */) {

        if (erpsync_known_header_id(http->fields[i].name)
            == ERPSYNC_HEADER_APP_TOKEN)
        {
            http->nfields--;
            memmove(&http->fields[i], &http->fields[i + 1],
                    (http->nfields - i) * sizeof(ctl_field_t));

        } else {
            i++;
        }
    }

    /* there is room: the request line and the empty line are not fields */

    http->fields[i].name = ctl_str("SO-AppToken");
    http->fields[i].value = erpsync_str_dup(arena, ctl_str(token));
    http->nfields++;

    return http->fields[i].value.data ? NULL : "no memory";
}


/* Collects the facts of a request, as ngx_http_erpsync_collect() does. */

static erpsync_rc_t
ctl_judge_facts(erpsync_arena_t *arena, const ctl_call_t *call,
    erpsync_str_t args, erpsync_request_t *request)
{
    size_t              i, n[3];
    unsigned            id;
    ctl_field_t        *field;
    erpsync_str_t      *values[3], method;
    erpsync_header_t   *header;

    memset(request, 0, sizeof(erpsync_request_t));
    memset(n, 0, sizeof(n));
    method = call->http.method;

    request->method = erpsync_str_eq(method, ctl_str("POST"))
                      ? ERPSYNC_METHOD_POST
                      : (erpsync_str_eq(method, ctl_str("GET"))
                         || erpsync_str_eq(method, ctl_str("HEAD")))
                        ? ERPSYNC_METHOD_GET
                        : erpsync_str_eq(method, ctl_str("OPTIONS"))
                          ? ERPSYNC_METHOD_OPTIONS : ERPSYNC_METHOD_OTHER;
    request->args = args;
    request->body = call->http.announced;
    request->certificate = call->certificate;
    request->address = call->address;
    request->now = call->now;

    for (i = 0; i < 3; i++) {
        values[i] = erpsync_alloc(arena, (call->http.nfields + 1)
                                         * sizeof(erpsync_str_t));
        if (values[i] == NULL) {
            return ERPSYNC_ERROR;
        }
    }

    for (i = 0; i < call->http.nfields; i++) {
        field = &call->http.fields[i];
        id = erpsync_known_header_id(field->name);

        if (id < ERPSYNC_HEADER_SINGLE) {
            header = &request->headers[id];

            if (header->count++ == 0) {
                header->value = field->value;
            }

        } else if (id < ERPSYNC_HEADER_COUNT) {
            id -= ERPSYNC_HEADER_SINGLE;
            values[id][n[id]++] = field->value;
        }
    }

    i = ERPSYNC_HEADER_SINGLE;
    request->accept = erpsync_fields(values[ERPSYNC_HEADER_ACCEPT - i],
                                     n[ERPSYNC_HEADER_ACCEPT - i]);
    request->accept_language =
                   erpsync_fields(values[ERPSYNC_HEADER_ACCEPT_LANGUAGE - i],
                                  n[ERPSYNC_HEADER_ACCEPT_LANGUAGE - i]);
    request->cookies = erpsync_fields(values[ERPSYNC_HEADER_COOKIE - i],
                                      n[ERPSYNC_HEADER_COOKIE - i]);

    return ERPSYNC_OK;
}


static erpsync_rc_t
ctl_judge_call(erpsync_arena_t *arena, const ctl_gateway_t *gateway,
    const erpsync_route_t *route, const erpsync_request_t *request,
    const ctl_call_t *call, ctl_judged_t *judged)
{
    if (erpsync_gate_head(arena, &gateway->policy, gateway->registry,
                          gateway->digester, route, request,
                          &judged->verdict)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    erpsync_gate_tenant(gateway->tenants, &judged->verdict);

    if (judged->verdict.reason == ERPSYNC_REASON_OK
        && route->kind == ERPSYNC_ROUTE_OPERATION
        && request->method == ERPSYNC_METHOD_POST
        && erpsync_gate_body(arena, &gateway->policy, gateway->registry,
                             gateway->key, call->http.body, &judged->verdict,
                             &judged->body)
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    judged->status = erpsync_reason_status(judged->verdict.reason);
    judged->decision = (judged->verdict.reason == ERPSYNC_REASON_OK)
                       ? CTL_ALLOW : CTL_DENY;

    return ERPSYNC_OK;
}


static erpsync_rc_t
ctl_judge_forward(erpsync_arena_t *arena, const ctl_gateway_t *gateway,
    const erpsync_route_t *route, const ctl_call_t *call,
    ctl_judged_t *judged)
{
    size_t           i;
    erpsync_edits_t  edits;

    edits.set = 0;

    if (route->kind != ERPSYNC_ROUTE_OPERATION
        || judged->verdict.method == ERPSYNC_METHOD_OPTIONS)
    {
        edits.drop = erpsync_header_bit(ERPSYNC_HEADER_OVERRIDE);
        judged->content = call->http.body;

    } else {
        judged->content = judged->body.canonical;

        if (erpsync_forward_headers(arena, &gateway->policy, &judged->verdict,
                                    judged->content.len, &edits)
            != ERPSYNC_OK
            || erpsync_forward_target(arena, route->path,
                                      judged->verdict.args, &judged->target)
               != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }
    }

    if (ctl_judge_fields(arena, &edits, call, judged) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    for (i = 0; !gateway->secrets && i < judged->nfields; i++) {
        ctl_judge_hide(&judged->fields[i], call->app);
    }

    return ERPSYNC_OK;
}


/* Returns whether proxy_pass sets a header by itself, whatever was sent. */

static bool
ctl_judge_hop(erpsync_str_t name)
{
    size_t  i;

    static const char  *const names[] = {
        "host", "connection", "te", "keep-alive", "expect", "upgrade"
    };

    for (i = 0; i < erpsync_nelts(names); i++) {
        if (erpsync_str_caseeq(name, ctl_str(names[i]))) {
            return true;
        }
    }

    return false;
}


static erpsync_rc_t
ctl_judge_fields(erpsync_arena_t *arena, const erpsync_edits_t *edits,
    const ctl_call_t *call, ctl_judged_t *judged)
{
    size_t        i;
    unsigned      id, bit, seen;
    ctl_field_t  *field, *out;

    out = erpsync_alloc(arena, (call->http.nfields + ERPSYNC_HEADER_NONE)
                               * sizeof(ctl_field_t));
    if (out == NULL) {
        return ERPSYNC_ERROR;
    }

    judged->fields = out;
    seen = 0;

    for (i = 0; i < call->http.nfields; i++) {
        field = &call->http.fields[i];
        id = erpsync_known_header_id(field->name);
        bit = erpsync_header_bit(id);

        if (ctl_judge_hop(field->name)
            || (edits->drop & bit)
            || (edits->set & seen & bit))
        {
            continue;
        }

        *out = *field;
        seen |= bit;

        if (edits->set & bit) {
            out->value = edits->values[id];
        }

        out++;
    }

    for (id = 0; id < ERPSYNC_HEADER_NONE; id++) {
        if (edits->set & ~seen & erpsync_header_bit(id)) {
            out->name = erpsync_known_header(id)->key;
            out->value = edits->values[id];
            out++;
        }
    }

    judged->nfields = (size_t) (out - judged->fields);

    return ERPSYNC_OK;
}


/* Hides a secret, but not the scheme of credentials, nor what --app sends. */

static void
ctl_judge_hide(ctl_field_t *field, const char *app)
{
    const uint8_t  *blank;

    static const erpsync_str_t  hidden = erpsync_string("(hidden)");

    switch (erpsync_known_header_id(field->name)) {

    case ERPSYNC_HEADER_AUTHORIZATION:
        blank = memchr(field->value.data, ' ', field->value.len);
        field->value = blank
                       ? erpsync_span(field->value.data,
                                (size_t) (blank - field->value.data))
                       : hidden;
        break;

    case ERPSYNC_HEADER_APP_TOKEN:
        field->value = app ? field->value : hidden;
        break;

    case ERPSYNC_HEADER_XSRF_TOKEN:
    case ERPSYNC_HEADER_COOKIE:
        field->value = hidden;
        break;

    default:
        break;
    }
}


static erpsync_rc_t
ctl_judge_refuse(erpsync_arena_t *arena, const ctl_gateway_t *gateway,
    const erpsync_request_t *request, ctl_judged_t *judged)
{
    erpsync_format_t   format;
    erpsync_refusal_t  refusal;

    memset(&refusal, 0, sizeof(erpsync_refusal_t));
    refusal.reason = judged->verdict.reason;
    refusal.hint = judged->verdict.hint;

    /* of each request, nginx makes another one */

    refusal.request_id = ctl_str("00000000000000000000000000000000");

    if (judged->body.reason == refusal.reason) {
        refusal.nviolations = judged->body.nviolations;
        refusal.violations = judged->body.violations;
    }

    if (gateway->errors == CTL_ERRORS_OFF) {
        return ERPSYNC_OK;             /* a page of nginx */
    }

    format = (gateway->errors == CTL_ERRORS_SUPEROFFICE)
             ? ERPSYNC_FORMAT_SUPEROFFICE
             : (gateway->errors == CTL_ERRORS_PROBLEM)
               ? ERPSYNC_FORMAT_PROBLEM : erpsync_accept(request->accept);
    judged->type = erpsync_refusal_type(format);

    return erpsync_refusal(arena, format, &refusal, &judged->answer);
}


static json_t *
ctl_judged_forwarded(const ctl_call_t *call, const ctl_judged_t *judged)
{
    size_t         i;
    json_t        *headers;
    ctl_field_t   *field;

    headers = json_array();

    for (i = 0; i < judged->nfields; i++) {
        field = &judged->fields[i];
        (void) json_array_append_new(headers,
            json_pack("[o,o]", ctl_json_span(field->name),
                      field->value.len ? ctl_json_span(field->value)
                                       : json_string("")));
    }

    return json_pack("{s:o,s:o,s:o,s:o}",
                     "method", ctl_json_span(call->http.method),
                     "target", ctl_json_span(judged->target),
                     "headers", headers,
                     "body", ctl_json_span(judged->content));
}


json_t *
ctl_judged_json(const ctl_call_t *call, const ctl_judged_t *judged)
{
    json_t                   *result;
    erpsync_str_t             operation;
    const erpsync_verdict_t  *verdict;

    static const char  *const decisions[] = { "allow", "deny", "none" };

    verdict = &judged->verdict;
    operation = verdict->operation ? verdict->operation->name
                                   : erpsync_span(NULL, 0);
    result = json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
                       "decision", decisions[judged->decision],
                       "status", (judged->decision == CTL_DENY)
                                 ? json_integer(judged->status) : json_null(),
                       "reason", (judged->nginx
                                  || judged->decision == CTL_NONE)
                                 ? json_null()
                                 : ctl_json_span(
                                       erpsync_reason_name(verdict->reason)),
                       "app", ctl_json_span(judged->app),
                       "tenant", ctl_json_span(verdict->tenant),
                       "operation", ctl_json_span(operation),
                       "scheme", ctl_json_span(verdict->credentials.name),
                       "violations", ctl_violations(&judged->body, NULL));

    if (judged->nginx) {
        (void) json_object_set_new(result, "nginx",
                                   json_string(judged->nginx));

    } else if (judged->decision == CTL_ALLOW) {
        (void) json_object_set_new(result, "forwarded",
                                   ctl_judged_forwarded(call, judged));

    } else if (judged->decision == CTL_DENY) {
        (void) json_object_set_new(result, "answer",
            json_pack("{s:o,s:o}", "type", ctl_json_span(judged->type),
                      "body", ctl_json_span(judged->answer)));
    }

    return result;
}
