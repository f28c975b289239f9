
#define _XOPEN_SOURCE  700

#include <stdlib.h>

#include "ctl_registry.h"


/* Files of JSON; results and errors, as JSON or in words. */


json_t *
ctl_json_load(const ctl_t *ctl, const char *path, size_t flags)
{
    json_t        *root;
    ctl_buf_t      text;
    json_error_t   error;
    erpsync_str_t  s;

    if (!ctl_read(ctl, path, &text)) {
        return NULL;
    }

    s = erpsync_file_text(erpsync_span(text.data, text.len));
    root = json_loadb((const char *) s.data, s.len, flags, &error);

    if (root == NULL) {
        ctl_error(ctl, "%s: line %d, column %d: %s%s", path, error.line,
                  error.column, error.text,
                  (s.len > 1 && (s.data[0] == 0 || s.data[1] == 0
                                 || s.data[0] >= 0xfe))
                  ? "; the text is UTF-16 or UTF-32, it must be UTF-8" : "");
    }

    free(text.data);

    return root;
}


bool
ctl_json_set(const ctl_t *ctl, json_t *object, const char *name,
    json_t *value)
{
    if (json_object_set_new(object, name, value) == 0) {
        return true;
    }

    ctl_error(ctl, "no memory");

    return false;
}


bool
ctl_json_add(const ctl_t *ctl, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) == 0) {
        return true;
    }

    ctl_error(ctl, "no memory");

    return false;
}


json_t *
ctl_json_text(const char *s)
{
    char    *shown;
    json_t  *value;

    value = json_string(s);

    if (value == NULL) {
        shown = ctl_shown(s);
        value = json_string(shown);
        free(shown);
    }

    return value;
}


/*
 * Writes JSON. Characters other than ASCII are escaped: a terminal could
 * interpret them.
 */

ctl_exit_t
ctl_print_json(const ctl_t *ctl, json_t *value, ctl_exit_t code)
{
    int  rc;

    if (value == NULL) {
        ctl_error(ctl, "no memory");
        return CTL_FAILED;
    }

    rc = json_dumpf(value, stdout, JSON_INDENT(2)|JSON_ENSURE_ASCII);
    json_decref(value);

    if (rc == 0) {
        (void) fputc('\n', stdout);
    }

    return ctl_flush(ctl, code);
}


ctl_exit_t
ctl_invalid(const ctl_t *ctl, const char *path, const char *error)
{
    if (ctl->json) {
        return ctl_print_json(ctl, json_pack("{s:b,s:o,s:s}", "valid", 0,
                                             "file", ctl_json_text(path),
                                             "error", error),
                              CTL_REFUSED);
    }

    ctl_error(ctl, "%s: %s", path, error);

    return CTL_REFUSED;
}


json_t *
ctl_json_span(erpsync_str_t s)
{
    char    *text;
    json_t  *value;

    if (s.len == 0) {
        return json_null();
    }

    value = json_stringn((const char *) s.data, s.len);

    if (value == NULL) {
        text = strndup((const char *) s.data, s.len);
        value = text ? ctl_json_text(text) : NULL;
        free(text);
    }

    return value;
}


void
ctl_refused(const ctl_t *ctl, const char *what, erpsync_reason_t reason)
{
    erpsync_str_t  name, sentence;

    name = erpsync_reason_name(reason);
    sentence = erpsync_reason_sentence(reason);

    ctl_error(ctl, "%srefused: %u %.*s: %.*s", what,
              erpsync_reason_status(reason), (int) name.len,
              (const char *) name.data, (int) sentence.len,
              (const char *) sentence.data);
}
