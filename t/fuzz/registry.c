
/*
 * libFuzzer target: a registry, and the text of a signature.
 *
 * What must hold for whatever comes: steps of any size come to the same end; an
 * error is one line without control characters; a registry does not differ from
 * itself, and from an empty one by the apps that it has; what goes into the log
 * or into a variable is as docs/registry.md says; jansson takes the text, too.
 */


#include <jansson.h>

#include "fuzz.h"


static void
check_registry(const erpsync_registry_t *registry, erpsync_str_t text)
{
    size_t                i, n;
    json_t               *value;
    erpsync_str_t         s;
    const erpsync_app_t  *app;

    n = erpsync_registry_apps(registry);

    for (i = 0; i < n; i++) {
        app = erpsync_registry_app(registry, i);

        s = erpsync_app_id(registry, app);
        CHECK(s.len > 0 && s.len <= 64);
        CHECK(fuzz_is_printable(s));

        s = erpsync_app_label(registry, app, erpsync_span("tier", 4));
        CHECK(s.len <= 64 && fuzz_is_printable(s));

        (void) erpsync_app_expires(registry, app);
        CHECK(erpsync_app_name(registry, app).len <= 800);
    }

    text = erpsync_file_text(text);
    value = json_loadb((const char *) text.data, text.len,
                       JSON_REJECT_DUPLICATES, NULL);
    CHECK(value && json_array_size(json_object_get(value, "apps")) == n);
    json_decref(value);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                 error[ERPSYNC_FILE_ERROR_LEN];
    char                 again[ERPSYNC_FILE_ERROR_LEN];
    void                *registry, *other, *empty;
    uint8_t              signature[ERPSYNC_SIGNATURE_LEN];
    erpsync_str_t        text, changes;

    static const char  none[] = "{\"version\":1,\"apps\":[]}";

    text = erpsync_span(data, size);

    (void) erpsync_signature_parse(text, signature);

    empty = erpsync_job_run(&erpsync_registry_kind,
                            erpsync_span(none, sizeof(none) - 1), error);
    CHECK(empty != NULL);

    registry = erpsync_job_run(&erpsync_registry_kind, text, error);
    other = fuzz_in_steps(&erpsync_registry_kind, text, registry, again);

    CHECK((registry == NULL) == (other == NULL));
    CHECK(strcmp(error, again) == 0);

    if (registry) {
        check_registry(registry, text);
        CHECK(erpsync_kind_changes(&erpsync_registry_kind, other).len == 0);
        erpsync_kind_destroy(&erpsync_registry_kind, other);

        other = fuzz_in_steps(&erpsync_registry_kind, text, empty, again);
        CHECK(other != NULL);

        changes = erpsync_kind_changes(&erpsync_registry_kind, other);
        CHECK((changes.len != 0) == (erpsync_registry_apps(other) != 0));
        CHECK(changes.len <= 2048);
        CHECK(fuzz_is_printable(changes));

    } else {
        CHECK(error[0] != '\0' && fuzz_is_printable(fuzz_str(error)));
    }

    erpsync_kind_destroy(&erpsync_registry_kind, registry);
    erpsync_kind_destroy(&erpsync_registry_kind, other);
    erpsync_kind_destroy(&erpsync_registry_kind, empty);

    return 0;
}
