
#include <stdlib.h>

#include "ctl_registry.h"


ctl_exit_t
ctl_tenants_open(const ctl_t *ctl, const char *path,
    erpsync_tenants_t **tenants)
{
    char        error[ERPSYNC_FILE_ERROR_LEN];
    ctl_buf_t   text;
    ctl_exit_t  code;

    if (!ctl_read(ctl, path, &text)) {
        return CTL_FAILED;
    }

    *tenants = erpsync_job_run(&erpsync_tenants_kind,
                               erpsync_span(text.data, text.len), error);
    free(text.data);

    if (*tenants) {
        return CTL_GOOD;
    }

    code = ctl_unread(ctl, error);

    return (code == CTL_REFUSED) ? ctl_invalid(ctl, path, error) : code;
}


/* tenants check FILE */

ctl_exit_t
ctl_tenants_check(ctl_t *ctl)
{
    size_t              i, n, maintenance;
    ctl_exit_t          code;
    const char         *path;
    erpsync_str_t       digits;
    erpsync_tenants_t  *tenants;

    path = ctl->operands[0];
    code = ctl_tenants_open(ctl, path, &tenants);

    if (code != CTL_GOOD) {
        return code;
    }

    n = erpsync_kind_count(&erpsync_tenants_kind, tenants);
    maintenance = 0;

    for (i = 0; i < n; i++) {
        maintenance += erpsync_tenants_entry(tenants, i, &digits).maintenance;
    }

    erpsync_kind_destroy(&erpsync_tenants_kind, tenants);

    if (ctl->json) {
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
