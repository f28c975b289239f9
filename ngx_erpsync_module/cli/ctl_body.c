
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "ctl_registry.h"
#include "erpsync_error.h"


#define CTL_NAME_LEN  4096


static bool ctl_body_conf(const ctl_t *ctl, erpsync_sink_conf_t *conf,
    erpsync_media_t *media);
static ctl_exit_t ctl_body_print(const ctl_t *ctl,
    const erpsync_body_t *body);
static ctl_exit_t ctl_body_refused(const ctl_t *ctl,
    const erpsync_body_t *body, erpsync_str_t input);
static ctl_exit_t ctl_body_json(const ctl_t *ctl, const erpsync_body_t *body,
    const erpsync_sink_conf_t *conf, erpsync_str_t input);


ctl_exit_t
ctl_body_check(ctl_t *ctl)
{
    ctl_buf_t            text;
    ctl_exit_t           code;
    erpsync_rc_t         rc;
    erpsync_str_t        input;
    erpsync_body_t       body;
    erpsync_arena_t      arena;
    erpsync_media_t      media;
    erpsync_sink_conf_t  conf;

    if (!ctl_body_conf(ctl, &conf, &media)) {
        return CTL_FAILED;
    }

    if (!ctl_read(ctl, ctl->n ? ctl->operands[0] : NULL, &text)) {
        return CTL_FAILED;
    }

    input = erpsync_span(text.data, text.len);
    erpsync_arena_init(&arena);
    memset(&body, 0, sizeof(erpsync_body_t));
    rc = ERPSYNC_OK;

    /* the gate judges the type before it reads a body */

    if (media == ERPSYNC_MEDIA_UNSUPPORTED) {
        body.reason = ERPSYNC_REASON_CONTENT_TYPE_UNSUPPORTED;

    } else {
        rc = erpsync_body(&arena, media, &conf, input, &body);
    }

    /* places do not count a byte order mark */

    if (input.len >= 3 && memcmp(input.data, "\xef\xbb\xbf", 3) == 0) {
        input.data += 3;
        input.len -= 3;
    }

    if (rc != ERPSYNC_OK) {
        ctl_error(ctl, "no memory");
        code = CTL_FAILED;

    } else if (ctl->json) {
        code = ctl_body_json(ctl, &body, &conf, input);

    } else if (body.reason == ERPSYNC_REASON_OK) {
        code = ctl_body_print(ctl, &body);

    } else {
        code = ctl_body_refused(ctl, &body, input);
    }

    erpsync_arena_destroy(&arena);
    free(text.data);

    return code;
}


static bool
ctl_body_conf(const ctl_t *ctl, erpsync_sink_conf_t *conf,
    erpsync_media_t *media)
{
    size_t       i;
    const char  *value, *nearest, *names[ERPSYNC_OPERATIONS];

    memset(conf, 0, sizeof(erpsync_sink_conf_t));

    *media = erpsync_content_type(ctl_str(ctl_value(ctl, CTL_OPT_TYPE,
                                                    "application/json")));

    value = ctl_value(ctl, CTL_OPT_BODY_OPERATION, "TryConnectActor");
    conf->operation = erpsync_operation_find(ctl_str(value));

    if (conf->operation == NULL) {

        for (i = 0; i < ERPSYNC_OPERATIONS; i++) {
            names[i] = (const char *) erpsync_operations[i].name.data;
        }

        nearest = ctl_nearest(value, names, ERPSYNC_OPERATIONS);
        ctl_error(ctl, "the ErpSync agent has no operation %s%s%s%s", value,
                  nearest ? "; did you mean " : "", nearest ? nearest : "",
                  nearest ? "?" : "");
        return false;
    }

    if (!ctl_body_limits(ctl, &conf->unknown, &conf->max_field_values)) {
        return false;
    }

    if (erpsync_random(&conf->key, sizeof(conf->key)) != ERPSYNC_OK) {
        ctl_error(ctl, "OpenSSL does not provide random bytes");
        return false;
    }

    return true;
}


bool
ctl_body_limits(const ctl_t *ctl, erpsync_unknown_t *unknown,
    size_t *max_field_values)
{
    unsigned  choice;
    uint64_t  n;

    choice = ERPSYNC_UNKNOWN_REJECT;
    n = 1000;

    if (!ctl_choice(ctl, CTL_OPT_UNKNOWN, &choice)
        || (ctl_has(ctl, CTL_OPT_MAX_FIELD_VALUES)
            && !ctl_number(ctl, CTL_OPT_MAX_FIELD_VALUES, INT32_MAX, &n)))
    {
        return false;
    }

    *unknown = (erpsync_unknown_t) choice;
    *max_field_values = (size_t) n;

    return true;
}


/*
 * Prints the canonical body, byte for byte what the WebAPI would get; on a
 * terminal with a newline.
 */

static ctl_exit_t
ctl_body_print(const ctl_t *ctl, const erpsync_body_t *body)
{
    (void) fwrite(body->canonical.data ? (const void *) body->canonical.data
                                       : "", 1, body->canonical.len, stdout);

    if (body->canonical.len && isatty(STDOUT_FILENO)) {
        (void) fputc('\n', stdout);
    }

    return ctl_flush(ctl, CTL_GOOD);
}


static ctl_exit_t
ctl_body_refused(const ctl_t *ctl, const erpsync_body_t *body,
    erpsync_str_t input)
{
    char                        what[CTL_NAME_LEN];
    size_t                      i, line, column;
    const char                 *file;
    erpsync_str_t               name;
    const erpsync_violation_t  *v;

    file = ctl->n ? ctl->operands[0] : "-";
    (void) snprintf(what, sizeof(what), "%s: ",
                    (strcmp(file, "-") == 0) ? "standard input" : file);
    ctl_refused(ctl, what, body->reason);

    for (i = 0; i < body->nviolations; i++) {
        v = &body->violations[i];
        name = erpsync_code_name(v->code);
        (void) fprintf(stderr, "\n%s", ctl_style(ctl->color, CTL_BOLD));

        /* the message of a malformed body begins with its place */

        if (body->reason != ERPSYNC_REASON_BODY_MALFORMED) {
            (void) ctl_put_text(stderr, v->path.len ? v->path : ctl_str("/"));
            (void) fprintf(stderr, "%s  %s%.*s  ",
                           ctl_style(ctl->color, CTL_PLAIN),
                           ctl_style(ctl->color, CTL_RED), (int) name.len,
                           (const char *) name.data);
        }

        (void) fputs(ctl_style(ctl->color, CTL_PLAIN), stderr);
        (void) ctl_put_text(stderr, v->message);
        (void) fputc('\n', stderr);

        if (v->offset != ERPSYNC_NO_OFFSET) {
            erpsync_error_place(input, v->offset, &line, &column);
            ctl_excerpt(stderr, ctl->color, input, line, column);
        }
    }

    if (body->nviolations == ERPSYNC_MAX_VIOLATIONS) {
        (void) fprintf(stderr, "\nNo more than %d violations are shown.\n",
                       ERPSYNC_MAX_VIOLATIONS);
    }

    return CTL_REFUSED;
}


json_t *
ctl_violations(const erpsync_body_t *body, const erpsync_str_t *input)
{
    size_t                      i, line, column;
    json_t                     *list, *entry;
    const erpsync_violation_t  *v;

    list = json_array();

    for (i = 0; i < body->nviolations; i++) {
        v = &body->violations[i];
        entry = json_pack("{s:o,s:o,s:o}",
                          "path", v->path.len ? ctl_json_span(v->path)
                                              : json_string(""),
                          "code", ctl_json_span(erpsync_code_name(v->code)),
                          "message", ctl_json_span(v->message));

        if (input && v->offset != ERPSYNC_NO_OFFSET) {
            erpsync_error_place(*input, v->offset, &line, &column);
            (void) json_object_set_new(entry, "line",
                                       json_integer((json_int_t) line));
            (void) json_object_set_new(entry, "column",
                                       json_integer((json_int_t) column));
        }

        (void) json_array_append_new(list, entry);
    }

    return list;
}


static ctl_exit_t
ctl_body_json(const ctl_t *ctl, const erpsync_body_t *body,
    const erpsync_sink_conf_t *conf, erpsync_str_t input)
{
    bool     ok;
    json_t  *result;

    ok = (body->reason == ERPSYNC_REASON_OK);

    result = json_pack("{s:b,s:i,s:o,s:o,s:o}", "valid", ok, "status",
                       (int) erpsync_reason_status(body->reason), "reason",
                       ctl_json_span(erpsync_reason_name(body->reason)),
                       "operation", ctl_json_span(conf->operation->name),
                       "violations", ctl_violations(body, &input));

    if (ok) {
        (void) json_object_set_new(result, "canonical",
                                   body->canonical.len
                                   ? ctl_json_span(body->canonical)
                                   : json_string(""));
    }

    return ctl_print_json(ctl, result, ok ? CTL_GOOD : CTL_REFUSED);
}
