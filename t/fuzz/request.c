
/*
 * libFuzzer target: a whole HTTP request, as "erpsyncctl request check" reads
 * and judges it.
 *
 * The first two bytes choose the settings of the gateway; the rest is the
 * request.  What must hold for whatever comes: only a call that has a token of
 * the app, where one is required, is forwarded; what is forwarded is judged to
 * be forwarded again, as the same bytes; it has each header that is judged
 * once; an answer is JSON or XML, and no secret is in it; all of it can be
 * shown as JSON.
 */


#define _GNU_SOURCE     /* memmem() */

#include <expat.h>

#include "ctl_request.h"
#include "fuzz.h"


#define TOKEN  "app-token"


/* The registry; %s is the SHA-256 of TOKEN. */

static const char  text[] =
    "{\"version\":1,\"apps\":[{\"id\":\"acme\",\"agents\":[\"ErpSync\"],"
    "\"tenants\":[\"Cust1\"],\"tokens\":[{\"sha256\":\"%s\"}]}]}";

static const char  tenants_text[] =
    "{\"version\":1,\"tenants\":{\"Cust1\":{\"host\":\"a.example\"},"
    "\"Cust2\":{\"host\":\"b.example\",\"state\":\"maintenance\"}}}";


static void
open_gateway(ctl_gateway_t *gateway)
{
    char     hex[2 * ERPSYNC_DIGEST_LEN + 1], error[ERPSYNC_FILE_ERROR_LEN];
    char     registry[1024];
    uint8_t  digest[ERPSYNC_DIGEST_LEN];

    gateway->digester = erpsync_digester_create();
    CHECK(gateway->digester != NULL);
    CHECK(erpsync_digest(gateway->digester,
                         erpsync_span(TOKEN, sizeof(TOKEN) - 1), digest)
          == ERPSYNC_OK);

    ctl_digest_write(digest, hex);
    (void) snprintf(registry, sizeof(registry), text, hex);

    gateway->registry = erpsync_registry_parse(ctl_str(registry), error);
    gateway->tenants = erpsync_job_run(&erpsync_tenants_kind,
                                       ctl_str(tenants_text), error);
    CHECK(gateway->registry && gateway->tenants);

    gateway->key = 0x5eed;
    gateway->secrets = true;
}


static void
set_policy(ctl_gateway_t *gateway, const uint8_t *choice)
{
    erpsync_policy_t  *policy;

    policy = &gateway->policy;
    memset(policy, 0, sizeof(erpsync_policy_t));

    policy->online = !(choice[0] & 1);
    policy->soap_pass = (choice[0] & 2);
    policy->forward_app_token = !(choice[0] & 4);
    policy->app_token = (erpsync_app_token_t) ((choice[0] >> 3) % 3);
    policy->unknown = (erpsync_unknown_t) ((choice[0] >> 5) % 3);
    policy->schemes = (choice[1] & 1) ? ERPSYNC_SCHEME_BEARER : 0x1f;
    policy->max_field_values = (choice[1] & 2) ? 1 : 1000;
    gateway->errors = (choice[1] >> 2) & 3;

    if (choice[1] & 16) {
        policy->locale.default_language = ctl_str("nb-NO");
        policy->locale.default_timezone = ctl_str("UTC");
    }
}


/* Returns the request that is forwarded, as a text in the arena. */

static erpsync_str_t
forwarded(erpsync_arena_t *arena, const ctl_call_t *call,
    const ctl_judged_t *judged)
{
    size_t         i, n;
    uint8_t       *p, *start;
    ctl_field_t   *field;

    static const char  head[] = " HTTP/1.1\r\nHost: h\r\n";

    n = call->http.method.len + 1 + judged->target.len + sizeof(head)
        + judged->content.len + 64;

    for (i = 0; i < judged->nfields; i++) {
        n += judged->fields[i].name.len + judged->fields[i].value.len + 4;
    }

    start = erpsync_nalloc(arena, n);
    CHECK(start != NULL);
    p = start;

#define PUT(s)                                                                \
    do {                                                                      \
        if ((s).len) {                                                        \
            memcpy(p, (s).data, (s).len);                                     \
            p += (s).len;                                                     \
        }                                                                     \
    } while (0)

    PUT(call->http.method);
    *p++ = ' ';
    PUT(judged->target);
    PUT(ctl_str(head));

    for (i = 0; i < judged->nfields; i++) {
        field = &judged->fields[i];
        PUT(field->name);
        PUT(ctl_str(": "));
        PUT(field->value);
        PUT(ctl_str("\r\n"));
    }

    PUT(ctl_str("\r\n"));
    PUT(judged->content);

#undef PUT

    return erpsync_span(start, (size_t) (p - start));
}


static size_t
count(const ctl_judged_t *judged, unsigned id)
{
    size_t  i, n;

    for (n = 0, i = 0; i < judged->nfields; i++) {
        n += (erpsync_known_header_id(judged->fields[i].name) == id);
    }

    return n;
}


static void
check_allowed(erpsync_arena_t *arena, const ctl_gateway_t *gateway,
    const ctl_call_t *call, const ctl_judged_t *judged)
{
    size_t         i;
    unsigned       id;
    ctl_call_t     again;
    ctl_judged_t   other;
    erpsync_str_t  request;

    CHECK(count(judged, ERPSYNC_HEADER_OVERRIDE) == 0);

    if (judged->verdict.operation == NULL
        || judged->verdict.method == ERPSYNC_METHOD_OPTIONS)
    {
        return;
    }

    if (gateway->policy.app_token == ERPSYNC_APP_TOKEN_REQUIRED) {
        CHECK(erpsync_str_eq(judged->app, ctl_str("acme")));
    }

    if (judged->app.len) {
        CHECK(erpsync_str_caseeq(judged->verdict.tenant, ctl_str("Cust1")));
    }

    CHECK(!erpsync_str_caseeq(judged->verdict.tenant, ctl_str("Cust2")));

    for (id = 0; id < ERPSYNC_HEADER_SINGLE; id++) {
        CHECK(count(judged, id) <= 1);
    }

    CHECK(count(judged, ERPSYNC_HEADER_TRANSFER) == 0);

    /* without the token, what is forwarded would not be allowed again */

    if (!gateway->policy.forward_app_token) {
        CHECK(count(judged, ERPSYNC_HEADER_APP_TOKEN) == 0);
        return;
    }

    request = forwarded(arena, call, judged);
    again = *call;

    CHECK(ctl_http_parse(arena, request, &again.http) == NULL);
    CHECK(ctl_judge(arena, gateway, &again, &other) == ERPSYNC_OK);

    CHECK(other.decision == CTL_ALLOW);
    CHECK(erpsync_str_eq(other.target, judged->target));
    CHECK(erpsync_str_eq(other.content, judged->content));

    /*
     * where the client sent no Accept, its body's type stands in for it, but
     * not that of a form; what is forwarded is always JSON
     */

    if (count(judged, ERPSYNC_HEADER_ACCEPT) == 0
        && count(&other, ERPSYNC_HEADER_ACCEPT) == 1)
    {
        other.nfields--;
        CHECK(erpsync_known_header_id(other.fields[other.nfields].name)
              == ERPSYNC_HEADER_ACCEPT);
        CHECK(erpsync_str_eq(other.fields[other.nfields].value,
                             ctl_str("application/json")));
    }

    CHECK(other.nfields == judged->nfields);

    for (i = 0; i < other.nfields; i++) {
        CHECK(erpsync_str_eq(other.fields[i].name, judged->fields[i].name));
        CHECK(erpsync_str_eq(other.fields[i].value, judged->fields[i].value));
    }
}


/* The answer is well-formed, as its type says. */

static void
check_answer(const ctl_judged_t *judged)
{
    json_t      *value;
    XML_Parser   parser;

    if (judged->answer.len == 0) {
        return;
    }

    if (memmem(judged->type.data, judged->type.len, "json", 4)) {
        value = json_loadb((const char *) judged->answer.data,
                           judged->answer.len, JSON_REJECT_DUPLICATES, NULL);
        CHECK(json_is_object(value));
        json_decref(value);
        return;
    }

    parser = XML_ParserCreate("UTF-8");
    CHECK(parser != NULL);
    CHECK(XML_Parse(parser, (const char *) judged->answer.data,
                    (int) judged->answer.len, 1)
          == XML_STATUS_OK);
    XML_ParserFree(parser);
}


static bool
has_token(erpsync_str_t s)
{
    return s.len && memmem(s.data, s.len, TOKEN, sizeof(TOKEN) - 1);
}


/*
 * The token is not in the answer.  The fuzzer finds it and writes it elsewhere,
 * too: a name in the body, for example, is shown.
 */

static void
check_denied(const ctl_call_t *call, const ctl_judged_t *judged)
{
    CHECK(judged->status >= 400 && judged->status < 600);
    check_answer(judged);

    if (!has_token(call->http.target) && !has_token(call->http.body)) {
        CHECK(!has_token(judged->answer));
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t                *shown;
    ctl_call_t             call;
    ctl_judged_t           judged;
    erpsync_arena_t        arena;

    static ctl_gateway_t   gateway;

    if (gateway.registry == NULL) {
        open_gateway(&gateway);
    }

    if (size < 2) {
        return 0;
    }

    set_policy(&gateway, data);
    memset(&call, 0, sizeof(ctl_call_t));
    erpsync_arena_init(&arena);

    if (ctl_http_parse(&arena, erpsync_span(data + 2, size - 2), &call.http)
        == NULL)
    {
        CHECK(ctl_judge(&arena, &gateway, &call, &judged) == ERPSYNC_OK);

        if (judged.decision == CTL_ALLOW) {
            check_allowed(&arena, &gateway, &call, &judged);

        } else if (judged.decision == CTL_DENY) {
            check_denied(&call, &judged);
        }

        shown = ctl_judged_json(&call, &judged);
        CHECK(shown != NULL);
        json_decref(shown);
    }

    erpsync_arena_destroy(&arena);

    return 0;
}
