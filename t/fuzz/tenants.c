
/*
 * libFuzzer target: a tenants file.
 *
 * What must hold for whatever comes: steps of any size come to the same end;
 * an error is one line without control characters; each tenant that was taken
 * is found, and its host has nothing in it that could leave its place in a URL;
 * jansson takes the text, too.
 */


#include <jansson.h>

#include "fuzz.h"


static void
check_error(const char *error)
{
    size_t  i;

    CHECK(error[0] != '\0');

    for (i = 0; error[i]; i++) {
        CHECK((uint8_t) error[i] >= 0x20 && error[i] != 0x7f);
    }
}


static void
check_tenants(const erpsync_tenants_t *tenants, erpsync_str_t text)
{
    char               name[4096 + 8];
    size_t             i, j, n;
    json_t            *value;
    erpsync_str_t      digits, host;
    erpsync_tenant_t   tenant, found;

    n = erpsync_kind_count(&erpsync_tenants_kind, tenants);

    for (i = 0; i < n; i++) {
        tenant = erpsync_tenants_entry(tenants, i, &digits);
        host = tenant.host;

        CHECK(digits.len <= 4096);
        (void) snprintf(name, sizeof(name), "cUST%.*s", (int) digits.len,
                        (const char *) digits.data);

        CHECK(erpsync_tenants_find(tenants, erpsync_span(name, strlen(name)),
                                   &found));
        CHECK(found.host.data == host.data && found.host.len == host.len);
        CHECK(tenant.retry_after >= 1);
        CHECK(host.len > 0 && host.len <= 253 + 6);

        for (j = 0; j < host.len; j++) {
            CHECK(memchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789.-:[]", host.data[j], 67));
        }
    }

    text = erpsync_file_text(text);
    value = json_loadb((const char *) text.data, text.len,
                       JSON_REJECT_DUPLICATES, NULL);
    CHECK(value && json_object_size(json_object_get(value, "tenants")) == n);
    json_decref(value);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char            error[ERPSYNC_FILE_ERROR_LEN];
    char            again[ERPSYNC_FILE_ERROR_LEN];
    void           *tenants, *other;
    erpsync_str_t   text;

    text = erpsync_span(data, size);

    tenants = erpsync_job_run(&erpsync_tenants_kind, text, error);

    other = fuzz_in_steps(&erpsync_tenants_kind, text, NULL, again);

    CHECK((tenants == NULL) == (other == NULL));
    CHECK(strcmp(error, again) == 0);

    if (tenants) {
        check_tenants(tenants, text);

    } else {
        check_error(error);
    }

    erpsync_kind_destroy(&erpsync_tenants_kind, tenants);
    erpsync_kind_destroy(&erpsync_tenants_kind, other);

    return 0;
}
