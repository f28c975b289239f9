
#include <stdlib.h>

#include "ctl_registry.h"


static ctl_exit_t ctl_tenants_invalid(const ctl_t *ctl, const char *path,
    const char *error);


/* tenants check FILE */

ctl_exit_t
ctl_tenants_check(ctl_t *ctl)
{
    char                error[ERPSYNC_FILE_ERROR_LEN];
    size_t              i, n, maintenance;
    ctl_buf_t           text;
    const char         *path;
    erpsync_str_t       digits;
    erpsync_tenants_t  *tenants;

    path = ctl->operands[0];

    if (!ctl_read(ctl, path, &text)) {
        return CTL_FAILED;
    }

    tenants = erpsync_job_run(&erpsync_tenants_kind,
                              erpsync_span(text.data, text.len), error);
    free(text.data);

    if (tenants == NULL) {
        return ctl_tenants_invalid(ctl, path, error);
    }

    n = erpsync_kind_count(&erpsync_tenants_kind, tenants);
    maintenance = 0;

    for (i = 0; i < n; i++) {
        maintenance += erpsync_tenants_entry(tenants, i, &digits).maintenance;
    }

    erpsync_kind_destroy(&erpsync_tenants_kind, tenants);

    if (ctl_has(ctl, CTL_OPT_JSON)) {
        return ctl_print_json(ctl, json_pack("{s:b,s:o,s:I,s:I}", "valid", 1,
                                             "file", ctl_json_text(path),
                                             "tenants", (json_int_t) n,
                                             "maintenance",
                                             (json_int_t) maintenance),
                              CTL_GOOD);
    }

    (void) ctl_put_text(stdout, ctl_str(path));
    (void) printf(": valid, %zu %s, %zu in maintenance\n", n,
                  (n == 1) ? "tenant" : "tenants", maintenance);

    return ctl_flush(ctl, CTL_GOOD);
}


static ctl_exit_t
ctl_tenants_invalid(const ctl_t *ctl, const char *path, const char *error)
{
    if (ctl_has(ctl, CTL_OPT_JSON)) {
        return ctl_print_json(ctl, json_pack("{s:b,s:o,s:s}", "valid", 0,
                                             "file", ctl_json_text(path),
                                             "error", error),
                              CTL_REFUSED);
    }

    ctl_error(ctl, "%s: %s", path, error);

    return CTL_REFUSED;
}
