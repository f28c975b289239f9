
#define _XOPEN_SOURCE  700

#include <stdlib.h>

#include "ctl_request.h"
#include "erpsync_time.h"


/*
 * registry test: requests, and the verdicts that are expected of a
 * registry.  An unknown member is an error: a case with a typing error would
 * prove nothing.
 */


typedef struct {
    const ctl_t          *ctl;
    const ctl_gateway_t  *gateway;
    json_t               *results;
    size_t                failed;
} ctl_cases_t;


static bool ctl_case_known(const ctl_t *ctl, size_t n, json_t *test);
static bool ctl_case_run(ctl_cases_t *cases, size_t n, json_t *test);
static const char *ctl_case_call(const ctl_cases_t *cases,
    erpsync_arena_t *arena, json_t *test, char **text, ctl_call_t *call);
static char *ctl_case_compose(json_t *test, const char **error);
static void ctl_case_headers(FILE *out, json_t *test, const char **error);
static bool ctl_case_meets(json_t *expected, json_t *judged, json_t *unmet);
static void ctl_case_print(const ctl_cases_t *cases);


ctl_exit_t
ctl_registry_test(ctl_t *ctl)
{
    size_t          i;
    json_t         *root, *tests, *test;
    ctl_exit_t      code;
    ctl_cases_t     cases;
    ctl_gateway_t   gateway;

    memset(&cases, 0, sizeof(ctl_cases_t));
    cases.ctl = ctl;
    cases.gateway = &gateway;
    root = NULL;

    code = ctl_gateway_open(ctl, &gateway, ctl->operands[0]);

    if (code != CTL_GOOD) {
        goto done;
    }

    code = CTL_FAILED;
    root = ctl_json_load(ctl, ctl->operands[1], JSON_REJECT_DUPLICATES);
    tests = json_object_get(root, "cases");
    cases.results = json_array();

    if (root == NULL) {
        goto done;
    }

    if (json_array_size(tests) == 0) {
        ctl_error(ctl, "%s: must be an object with the array \"cases\", "
                  "which must have a case", ctl->operands[1]);
        goto done;
    }

    json_array_foreach (tests, i, test) {
        if (!ctl_case_known(ctl, i, test) || !ctl_case_run(&cases, i, test)) {
            goto done;
        }
    }

    code = cases.failed ? CTL_REFUSED : CTL_GOOD;

    if (ctl->json) {
        code = ctl_print_json(ctl,
                              json_pack("{s:b,s:I,s:O}", "passed",
                                        cases.failed == 0, "failed",
                                        (json_int_t) cases.failed, "cases",
                                        cases.results), code);

    } else {
        ctl_case_print(&cases);
        code = ctl_flush(ctl, code);
    }

done:

    ctl_gateway_close(&gateway);
    json_decref(cases.results);
    json_decref(root);

    return code;
}


/* Returns whether all members of a case are known; prints an error if not. */

static bool
ctl_case_known(const ctl_t *ctl, size_t n, json_t *test)
{
    size_t       i;
    json_t      *value, *expect;
    const char  *key;

    /* the values of those behind "body" are not strings */

    static const char  *const names[] = {
        "name", "app", "address", "at", "request", "tenant", "operation",
        "method", "target", "body", "headers", "expect"
    };

    expect = json_object_get(test, "expect");

    if (!json_is_string(expect) && !json_is_object(expect)) {
        ctl_error(ctl, "cases[%zu].expect: must be a reason, \"ok\", or an "
                  "object with members of the result of request check", n);
        return false;
    }

    json_object_foreach (test, key, value) {

        for (i = 0; i < erpsync_nelts(names); i++) {
            if (strcmp(names[i], key) == 0) {
                break;
            }
        }

        if (i == erpsync_nelts(names)) {
            ctl_error(ctl, "cases[%zu].%s: there is no such member", n, key);
            return false;
        }

        if (i < 9 && !json_is_string(value)) {
            ctl_error(ctl, "cases[%zu].%s: must be a string", n, key);
            return false;
        }
    }

    return true;
}


static bool
ctl_case_run(ctl_cases_t *cases, size_t n, json_t *test)
{
    char             *text, number[32];
    json_t           *result, *expected, *judged_json, *unmet;
    ctl_call_t        call;
    const char       *error, *name;
    ctl_judged_t      judged;
    erpsync_arena_t   arena;

    erpsync_arena_init(&arena);
    text = NULL;
    judged_json = NULL;
    error = ctl_case_call(cases, &arena, test, &text, &call);

    if (error == NULL) {

        if (ctl_judge(&arena, cases->gateway, &call, &judged) == ERPSYNC_OK) {
            judged_json = ctl_judged_json(&call, &judged);
        }

        error = judged_json ? NULL : "no memory";
    }

    free(text);

    if (error) {
        ctl_error(cases->ctl, "cases[%zu]: %s", n, error);
        erpsync_arena_destroy(&arena);
        return false;
    }

    expected = json_incref(json_object_get(test, "expect"));

    if (json_is_string(expected)) {
        result = json_pack("{s:o}", (strcmp(json_string_value(expected),
                                            "none") == 0)
                                    ? "decision" : "reason", expected);
        expected = result;
    }

    unmet = json_object();
    name = ctl_json_string(test, "name");
    (void) snprintf(number, sizeof(number), "case %zu", n + 1);

    result = json_pack("{s:s,s:b,s:o}", "name", name ? name : number,
                       "passed", ctl_case_meets(expected, judged_json, unmet),
                       "differs", unmet);
    cases->failed += json_is_false(json_object_get(result, "passed"));
    (void) json_array_append_new(cases->results, result);

    json_decref(expected);
    json_decref(judged_json);
    erpsync_arena_destroy(&arena);

    return true;
}


/*
 * Sets "call" from a case.  Returns NULL, or what is wrong.  The caller frees
 * "text", when the call is judged.
 */

static const char *
ctl_case_call(const ctl_cases_t *cases, erpsync_arena_t *arena, json_t *test,
    char **text, ctl_call_t *call)
{
    bool         fraction;
    const char  *error, *value;

    memset(call, 0, sizeof(ctl_call_t));
    call->now = cases->ctl->now;
    error = NULL;

    value = ctl_json_string(test, "at");

    if (value && !erpsync_time_parse(ctl_str(value), &call->now, &fraction)) {
        return "\"at\" must be a time, such as 2027-01-31T12:00:00Z";
    }

    value = ctl_json_string(test, "address");

    if (value && !ctl_address(value, &call->address)) {
        return "\"address\" must be an IPv4 or IPv6 address";
    }

    value = ctl_json_string(test, "request");
    *text = value ? strdup(value) : ctl_case_compose(test, &error);

    if (*text == NULL) {
        return error ? error : "no memory";
    }

    error = ctl_http_parse(arena, ctl_str(*text), &call->http);
    call->app = ctl_json_string(test, "app");

    if (error == NULL && call->app) {
        error = ctl_call_app(cases->gateway, arena, call);
    }

    return error;
}


/* Returns the text of a request from its parts; the caller frees it. */

static char *
ctl_case_compose(json_t *test, const char **error)
{
    char        *text, *content;
    FILE        *out;
    size_t       size;
    json_t      *body;
    const char  *method, *target, *tenant, *operation;

    method = ctl_json_string(test, "method");
    target = ctl_json_string(test, "target");
    tenant = ctl_json_string(test, "tenant");
    operation = ctl_json_string(test, "operation");
    body = json_object_get(test, "body");
    content = json_is_string(body) ? strdup(json_string_value(body))
                                   : json_dumps(body, JSON_COMPACT);
    text = NULL;
    out = open_memstream(&text, &size);

    if (out == NULL || (body && content == NULL)) {
        *error = "no memory";
        goto done;
    }

    (void) fprintf(out, "%s ", method ? method : "POST");

    if (target) {
        (void) fputs(target, out);

    } else {
        (void) fprintf(out, "%s%s/api/v1/Agents/ErpSync/%s",
                       tenant ? "/" : "", tenant ? tenant : "",
                       operation ? operation : "TryConnectActor");
    }

    (void) fputs(" HTTP/1.1\r\nHost: gateway\r\n", out);
    ctl_case_headers(out, test, error);

    if (content) {
        (void) fprintf(out, "Content-Length: %zu\r\n", strlen(content));
    }

    (void) fprintf(out, "\r\n%s", content ? content : "");

done:

    free(content);

    if (out && fclose(out) != 0 && *error == NULL) {
        *error = "no memory";
    }

    if (*error) {
        free(text);
        text = NULL;
    }

    return text;
}


/* Writes headers, and those that every call needs if they are not there. */

static void
ctl_case_headers(FILE *out, json_t *test, const char **error)
{
    bool         credentials, type;
    json_t      *headers, *value;
    unsigned     id;
    const char  *key, *text;

    credentials = false;
    type = false;
    headers = json_object_get(test, "headers");

    json_object_foreach (headers, key, value) {
        text = json_string_value(value);

        if (text == NULL || strpbrk(text, "\r\n") || strpbrk(key, ":\r\n")) {
            *error = "\"headers\" must be an object of strings in one line";
            return;
        }

        id = erpsync_known_header_id(ctl_str(key));
        credentials |= (id == ERPSYNC_HEADER_AUTHORIZATION
                        || id == ERPSYNC_HEADER_XSRF_TOKEN);
        type |= (id == ERPSYNC_HEADER_CONTENT_TYPE);

        (void) fprintf(out, "%s: %s\r\n", key, text);
    }

    if (!credentials) {
        (void) fputs("Authorization: Bearer test\r\n", out);
    }

    if (!type && json_object_get(test, "body")) {
        (void) fputs("Content-Type: application/json\r\n", out);
    }
}


/*
 * Returns whether a judgement has all expected members.  Adds each member that
 * differs to "unmet", with the value that it has.
 */

static bool
ctl_case_meets(json_t *expected, json_t *judged, json_t *unmet)
{
    bool         met;
    json_t      *value, *actual, *inner;
    const char  *key;

    met = true;

    json_object_foreach (expected, key, value) {
        actual = json_object_get(judged, key);

        if (json_is_object(value) && json_is_object(actual)) {
            inner = json_object();

            if (!ctl_case_meets(value, actual, inner)) {
                met = false;
                (void) json_object_set(unmet, key, inner);
            }

            json_decref(inner);
            continue;
        }

        if (!json_equal(value, actual)) {
            met = false;
            (void) json_object_set_new(unmet, key,
                                       actual ? json_incref(actual)
                                              : json_null());
        }
    }

    return met;
}


/* Prints in the Test Anything Protocol. */

static void
ctl_case_print(const ctl_cases_t *cases)
{
    bool     passed;
    char    *differs;
    size_t   i;
    json_t  *result;

    (void) printf("1..%zu\n", json_array_size(cases->results));

    json_array_foreach (cases->results, i, result) {
        passed = json_is_true(json_object_get(result, "passed"));

        (void) printf("%sok %zu - ", passed ? "" : "not ", i + 1);
        (void) ctl_put_text(stdout, ctl_str(ctl_json_string(result, "name")));
        (void) fputc('\n', stdout);

        if (!passed) {
            differs = json_dumps(json_object_get(result, "differs"),
                                 JSON_ENSURE_ASCII);
            (void) printf("# but it is %s\n", differs ? differs : "");
            free(differs);
        }
    }
}
