
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "ctl_registry.h"


#define CTL_NAME_LEN  4096


static bool ctl_body_conf(const ctl_t *ctl, erpsync_sink_conf_t *conf,
    erpsync_media_t *media);
static bool ctl_body_place(const erpsync_body_t *body, size_t n,
    erpsync_media_t media, erpsync_str_t input, ctl_place_t *place);
static ctl_exit_t ctl_body_print(const ctl_t *ctl,
    const erpsync_body_t *body);
static ctl_exit_t ctl_body_refused(const ctl_t *ctl,
    const erpsync_body_t *body, erpsync_media_t media, erpsync_str_t input);
static ctl_exit_t ctl_body_json(const ctl_t *ctl, const erpsync_body_t *body,
    const erpsync_sink_conf_t *conf, erpsync_media_t media,
    erpsync_str_t input);


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

    if (rc != ERPSYNC_OK) {
        ctl_error(ctl, "no memory");
        code = CTL_FAILED;

    } else if (ctl->json) {
        code = ctl_body_json(ctl, &body, &conf, media, input);

    } else if (body.reason == ERPSYNC_REASON_OK) {
        code = ctl_body_print(ctl, &body);

    } else {
        code = ctl_body_refused(ctl, &body, media, input);
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


/* Finds the place of violation "n", in JSON only. */

static bool
ctl_body_place(const erpsync_body_t *body, size_t n, erpsync_media_t media,
    erpsync_str_t input, ctl_place_t *place)
{
    size_t                      i, nth;
    const erpsync_violation_t  *v;

    if (body->reason == ERPSYNC_REASON_BODY_MALFORMED) {
        place->line = body->line;
        place->column = body->column;
        return true;
    }

    if (media != ERPSYNC_MEDIA_JSON && media != ERPSYNC_MEDIA_MERGE_PATCH) {
        return false;
    }

    v = &body->violations[n];
    nth = 0;

    if (v->code == ERPSYNC_CODE_DUPLICATE) {
        nth = 1;

        for (i = 0; i < n; i++) {
            nth += (body->violations[i].code == ERPSYNC_CODE_DUPLICATE
                    && erpsync_str_caseeq(body->violations[i].path,
                                          v->path));
        }
    }

    return ctl_place(input, v->path, nth, v->code == ERPSYNC_CODE_DUPLICATE
                                          || v->code == ERPSYNC_CODE_UNKNOWN,
                     place);
}


static ctl_exit_t
ctl_body_refused(const ctl_t *ctl, const erpsync_body_t *body,
    erpsync_media_t media, erpsync_str_t input)
{
    char                        what[CTL_NAME_LEN];
    size_t                      i;
    const char                 *file;
    erpsync_str_t               name;
    ctl_place_t                 place;
    const erpsync_violation_t  *v;

    file = ctl->n ? ctl->operands[0] : "-";
    (void) snprintf(what, sizeof(what), "%s: ",
                    (strcmp(file, "-") == 0) ? "standard input" : file);
    ctl_refused(ctl, what, body->reason);

    if (input.len >= 3 && memcmp(input.data, "\xef\xbb\xbf", 3) == 0) {
        input.data += 3;
        input.len -= 3;
    }

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

        if (ctl_body_place(body, i, media, input, &place)) {
            ctl_excerpt(stderr, ctl->color, input, place.line, place.column);
        }
    }

    if (body->nviolations == ERPSYNC_MAX_VIOLATIONS) {
        (void) fprintf(stderr, "\nNo more than %d violations are shown.\n",
                       ERPSYNC_MAX_VIOLATIONS);
    }

    return CTL_REFUSED;
}


json_t *
ctl_violations(const erpsync_body_t *body)
{
    size_t                      i;
    json_t                     *list;
    const erpsync_violation_t  *v;

    list = json_array();

    for (i = 0; i < body->nviolations; i++) {
        v = &body->violations[i];
        (void) json_array_append_new(list,
            json_pack("{s:o,s:o,s:o}", "path", v->path.len
                      ? ctl_json_span(v->path) : json_string(""),
                      "code", ctl_json_span(erpsync_code_name(v->code)),
                      "message", ctl_json_span(v->message)));
    }

    return list;
}


static ctl_exit_t
ctl_body_json(const ctl_t *ctl, const erpsync_body_t *body,
    const erpsync_sink_conf_t *conf, erpsync_media_t media,
    erpsync_str_t input)
{
    bool          ok;
    size_t        i;
    json_t       *result, *list, *entry;
    ctl_place_t   place;

    ok = (body->reason == ERPSYNC_REASON_OK);
    list = ctl_violations(body);

    json_array_foreach (list, i, entry) {
        if (ctl_body_place(body, i, media, input, &place)) {
            (void) json_object_set_new(entry, "line",
                                       json_integer((json_int_t) place.line));
            (void) json_object_set_new(entry, "column",
                                   json_integer((json_int_t) place.column));
        }
    }

    result = json_pack("{s:b,s:i,s:o,s:o,s:o}", "valid", ok, "status",
                       (int) erpsync_reason_status(body->reason), "reason",
                       ctl_json_span(erpsync_reason_name(body->reason)),
                       "operation", ctl_json_span(conf->operation->name),
                       "violations", list);

    if (ok) {
        (void) json_object_set_new(result, "canonical",
                                   body->canonical.len
                                   ? ctl_json_span(body->canonical)
                                   : json_string(""));
    }

    return ctl_print_json(ctl, result, ok ? CTL_GOOD : CTL_REFUSED);
}
