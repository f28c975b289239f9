
#include <stdlib.h>
#include <unistd.h>

#include "ctl_request.h"


/* request check */


static bool ctl_request_options(const ctl_t *ctl, ctl_token_t *certificate,
    ctl_call_t *call);
static ctl_exit_t ctl_request_print(const ctl_t *ctl, const ctl_call_t *call,
    const ctl_judged_t *judged);


ctl_exit_t
ctl_request_check(ctl_t *ctl)
{
    ctl_buf_t        text;
    ctl_call_t       call;
    ctl_exit_t       code;
    const char      *missing;
    ctl_token_t      certificate;
    ctl_judged_t     judged;
    ctl_gateway_t    gateway;
    erpsync_arena_t  arena;

    memset(&text, 0, sizeof(ctl_buf_t));
    memset(&call, 0, sizeof(ctl_call_t));
    erpsync_arena_init(&arena);

    code = ctl_gateway_open(ctl, &gateway,
                            ctl_value(ctl, CTL_OPT_REGISTRY, NULL));

    if (code != CTL_GOOD) {
        goto done;
    }

    code = CTL_FAILED;

    if (!ctl_request_options(ctl, &certificate, &call)
        || !ctl_read(ctl, ctl->n ? ctl->operands[0] : NULL, &text))
    {
        goto done;
    }

    missing = ctl_http_parse(&arena, erpsync_span(text.data, text.len),
                             &call.http);

    if (missing == NULL && call.app) {
        missing = ctl_call_app(&gateway, &arena, &call);
    }

    if (missing) {
        ctl_error(ctl, "%s", missing);
        goto done;
    }

    if (call.http.rest) {
        ctl_warn(ctl, "%zu bytes behind the request are ignored: %s",
                 call.http.rest, call.http.announced
                 ? "they are not part of its body"
                 : "it has no Content-Length");
    }

    if (ctl_judge(&arena, &gateway, &call, &judged) != ERPSYNC_OK) {
        ctl_error(ctl, "no memory");
        goto done;
    }

    code = (judged.decision == CTL_DENY) ? CTL_REFUSED : CTL_GOOD;
    code = ctl->json ? ctl_print_json(ctl, ctl_judged_json(&call, &judged),
                                      code)
                     : ctl_request_print(ctl, &call, &judged);

done:

    ctl_gateway_close(&gateway);
    erpsync_arena_destroy(&arena);
    free(text.data);

    return code;
}


static bool
ctl_request_options(const ctl_t *ctl, ctl_token_t *certificate,
    ctl_call_t *call)
{
    call->now = ctl->now;
    call->app = ctl_value(ctl, CTL_OPT_APP, NULL);

    if (ctl_has(ctl, CTL_OPT_ADDRESS)
        && !ctl_address(ctl_value(ctl, CTL_OPT_ADDRESS, ""), &call->address))
    {
        ctl_error(ctl, "--address must be an IPv4 or IPv6 address");
        return false;
    }

    if (ctl_has(ctl, CTL_OPT_CERTIFICATE)) {

        if (!ctl_certificate_get(ctl, ctl_value(ctl, CTL_OPT_CERTIFICATE, ""),
                                 certificate))
        {
            return false;
        }

        call->certificate = certificate->digest;
    }

    return !ctl_has(ctl, CTL_OPT_AT)
           || ctl_time_option(ctl, CTL_OPT_AT, &call->now);
}


/* On a terminal, control characters are shown; a file gets every byte. */

static void
ctl_request_text(erpsync_str_t s)
{
    if (isatty(STDOUT_FILENO)) {
        (void) ctl_put_text(stdout, s);

    } else if (s.len) {
        (void) fwrite(s.data, 1, s.len, stdout);
    }
}


static void
ctl_request_forwarded(const ctl_call_t *call, const ctl_judged_t *judged)
{
    size_t  i;

    ctl_request_text(call->http.method);
    (void) fputc(' ', stdout);
    ctl_request_text(judged->target);
    (void) fputs(" HTTP/1.1\r\n", stdout);

    for (i = 0; i < judged->nfields; i++) {
        ctl_request_text(judged->fields[i].name);
        (void) fputs(": ", stdout);
        ctl_request_text(judged->fields[i].value);
        (void) fputs("\r\n", stdout);
    }

    (void) fputs("\r\n", stdout);
    ctl_request_text(judged->content);
}


static ctl_exit_t
ctl_request_print(const ctl_t *ctl, const ctl_call_t *call,
    const ctl_judged_t *judged)
{
    size_t                      i;
    erpsync_str_t               name;
    const erpsync_violation_t  *v;

    if (judged->nginx) {
        ctl_error(ctl, "refused: %u by nginx itself: %s", judged->status,
                  judged->nginx);
        return CTL_REFUSED;
    }

    if (judged->decision == CTL_NONE) {
        (void) printf("not judged: the path is not of the ErpSync agent, the "
                      "request is forwarded as it is\n");
        return ctl_flush(ctl, CTL_GOOD);
    }

    if (judged->decision == CTL_ALLOW) {
        ctl_request_forwarded(call, judged);

    } else {
        ctl_refused(ctl, "", judged->verdict.reason);

        for (i = 0; i < judged->body.nviolations; i++) {
            v = &judged->body.violations[i];
            name = erpsync_code_name(v->code);
            ctl_note(ctl, "%.*s %.*s: %.*s", (int) v->path.len,
                     v->path.len ? (const char *) v->path.data : "",
                     (int) name.len, (const char *) name.data,
                     (int) v->message.len, (const char *) v->message.data);
        }

        ctl_request_text(judged->answer);
    }

    if (isatty(STDOUT_FILENO)) {
        (void) fputc('\n', stdout);
    }

    return ctl_flush(ctl, (judged->decision == CTL_DENY) ? CTL_REFUSED
                                                         : CTL_GOOD);
}
