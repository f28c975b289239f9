
#include <jansson.h>

#include "ctl_registry.h"


typedef struct {
    erpsync_route_t   route;
    erpsync_reason_t  reason;
    bool              judged;
    erpsync_target_t  target;     /* as nginx reads it */
    erpsync_target_reading_t  other;    /* of an ambiguous one */
    erpsync_str_t     forwarded;
    erpsync_str_t     select;
} ctl_uri_t;


static erpsync_rc_t ctl_uri_judge(erpsync_arena_t *arena,
    erpsync_str_t target, bool online, ctl_uri_t *uri);
static erpsync_rc_t ctl_uri_forward(erpsync_arena_t *arena,
    ctl_uri_t *uri);
static json_t *ctl_uri_json(const ctl_uri_t *uri);
static ctl_exit_t ctl_uri_print(const ctl_t *ctl, const ctl_uri_t *uri,
    json_t *result);


ctl_exit_t
ctl_uri_check(ctl_t *ctl)
{
    json_t          *result;
    unsigned         onsite;
    ctl_uri_t        uri;
    ctl_exit_t       code;
    erpsync_arena_t  arena;

    onsite = 0;

    if (!ctl_choice(ctl, CTL_OPT_INSTALLATION, &onsite)) {
        return CTL_FAILED;
    }

    erpsync_arena_init(&arena);

    if (ctl_uri_judge(&arena, ctl_str(ctl->operands[0]), !onsite, &uri)
        != ERPSYNC_OK)
    {
        ctl_error(ctl, "no memory");
        code = CTL_FAILED;

    } else {
        result = ctl_uri_json(&uri);
        code = json_is_true(json_object_get(result, "valid")) ? CTL_GOOD
                                                              : CTL_REFUSED;
        code = ctl->json ? ctl_print_json(ctl, json_incref(result), code)
                         : ctl_uri_print(ctl, &uri, result);
        json_decref(result);
    }

    erpsync_arena_destroy(&arena);

    return code;
}


static erpsync_rc_t
ctl_uri_judge(erpsync_arena_t *arena, erpsync_str_t target, bool online,
    ctl_uri_t *uri)
{
    memset(uri, 0, sizeof(ctl_uri_t));
    uri->reason = ERPSYNC_REASON_OK;

    if (erpsync_target_parse(arena, target, &uri->target) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (uri->target.error) {
        return ERPSYNC_OK;
    }

    if (erpsync_target(arena, uri->target.target, uri->target.uri,
                       &uri->route, &uri->other)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    uri->judged = true;

    switch (uri->route.kind) {

    case ERPSYNC_ROUTE_OTHER:
        uri->judged = false;
        return ERPSYNC_OK;

    case ERPSYNC_ROUTE_SOAP:
        uri->judged = online;
        uri->reason = online ? ERPSYNC_REASON_SOAP_NOT_ALLOWED
                             : ERPSYNC_REASON_OK;
        return ERPSYNC_OK;

    case ERPSYNC_ROUTE_AMBIGUOUS:
        uri->reason = ERPSYNC_REASON_PATH_AMBIGUOUS;
        return ERPSYNC_OK;

    case ERPSYNC_ROUTE_UNKNOWN:
        uri->reason = ERPSYNC_REASON_OPERATION_UNKNOWN;
        return ERPSYNC_OK;

    default: /* ERPSYNC_ROUTE_OPERATION */
        break;
    }

    if (uri->route.tenant_conflict) {
        uri->reason = ERPSYNC_REASON_TENANT_MISMATCH;
        return ERPSYNC_OK;
    }

    return ctl_uri_forward(arena, uri);
}


/* Returns the URI as the WebAPI would get it. */

static erpsync_rc_t
ctl_uri_forward(erpsync_arena_t *arena, ctl_uri_t *uri)
{
    erpsync_str_t   query;
    const uint8_t  *p, *end;

    static const uint8_t  name[] = "$select=";

    if (erpsync_query(arena, uri->target.args, &query, &uri->reason)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (uri->reason != ERPSYNC_REASON_OK) {
        return ERPSYNC_OK;
    }

    if (erpsync_forward_target(arena, uri->route.path, query,
                               &uri->forwarded)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    /* the core writes $select in one form only, at the start of an argument */

    end = query.data + query.len;

    for (p = query.data; query.len && end - p >= 8; p++) {
        if (memcmp(p, name, 8) == 0 && (p == query.data || p[-1] == '&')) {
            p += 8;
            uri->select = erpsync_span(p, 0);

            while (p < end && *p != '&') {
                p++;
                uri->select.len++;
            }

            break;
        }
    }

    return ERPSYNC_OK;
}


/* Returns the name of a kind, for people and in JSON. */

static const char *
ctl_uri_kind(erpsync_route_kind_t kind)
{
    switch (kind) {

    case ERPSYNC_ROUTE_OPERATION:
        return "operation";

    case ERPSYNC_ROUTE_UNKNOWN:
        return "agent";

    case ERPSYNC_ROUTE_SOAP:
        return "soap";

    default:
        return "nothing";
    }
}


static json_t *
ctl_uri_name(const erpsync_operation_t *operation)
{
    return operation ? ctl_json_span(operation->name) : json_null();
}


static json_t *
ctl_uri_reading(const erpsync_target_reading_t *other)
{
    if (other->first == NULL) {
        return json_null();
    }

    return json_pack("{s:s,s:s?,s:o,s:s,s:o,s:o}", "by", other->first,
                     "then", other->second, "path",
                     ctl_json_span(other->path), "names",
                     ctl_uri_kind(other->kind), "operation",
                     ctl_uri_name(other->operation), "tenant",
                     ctl_json_span(other->tenant));
}


static json_t *
ctl_uri_json(const ctl_uri_t *uri)
{
    const char  *nginx;

    nginx = uri->target.error;

    return json_pack("{s:b,s:b,s:i,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
                     "valid", uri->reason == ERPSYNC_REASON_OK && !nginx,
                     "judged", uri->judged,
                     "status", nginx ? 400 : (int) erpsync_reason_status(
                                                              uri->reason),
                     "reason", nginx ? json_null()
                               : ctl_json_span(
                                         erpsync_reason_name(uri->reason)),
                     "operation", ctl_uri_name(uri->route.operation),
                     "tenant", ctl_json_span(uri->route.tenant),
                     "path", nginx ? json_null()
                                   : ctl_json_span(uri->target.uri),
                     "forwarded", ctl_json_span(uri->forwarded),
                     "select", ctl_json_span(uri->select),
                     "reading", ctl_uri_reading(&uri->other));
}


/* Prints members of a result, a line each. */

static void
ctl_uri_lines(const ctl_t *ctl, json_t *result, const char *const *names)
{
    const char  *value;

    for ( /* void */ ; *names; names++) {
        value = ctl_json_string(result, *names);

        (void) printf("%s%-9s%s  ", ctl_style(ctl->color_out, CTL_BOLD),
                      *names, ctl_style(ctl->color_out, CTL_PLAIN));
        (void) ctl_put_text(stdout, ctl_str(value ? value : "-"));
        (void) fputc('\n', stdout);
    }
}


static ctl_exit_t
ctl_uri_print(const ctl_t *ctl, const ctl_uri_t *uri, json_t *result)
{
    static const char  *const names[] = {
        "operation", "tenant", "forwarded", "select", NULL
    };
    static const char  *const nginx[] = { "path", NULL };
    static const char  *const reading[] = {
        "by", "then", "path", "names", "operation", "tenant", NULL
    };

    if (uri->target.error) {
        ctl_error(ctl, "refused: 400 by nginx itself: %s", uri->target.error);
        return CTL_REFUSED;
    }

    if (uri->reason != ERPSYNC_REASON_OK) {
        ctl_refused(ctl, "", uri->reason);

        if (uri->other.first) {
            (void) puts("nginx reads:");
            ctl_uri_lines(ctl, result, nginx);
            (void) puts("another server reads:");
            ctl_uri_lines(ctl, json_object_get(result, "reading"), reading);
        }

        return ctl_flush(ctl, CTL_REFUSED);
    }

    if (!uri->judged) {
        (void) printf("not judged: %s, passed as it is\n",
                      (uri->route.kind == ERPSYNC_ROUTE_SOAP)
                      ? "SOAP in an onsite installation"
                      : "nothing of the ErpSync agent");

    } else {
        ctl_uri_lines(ctl, result, names);
    }

    return ctl_flush(ctl, CTL_GOOD);
}
