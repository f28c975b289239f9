
#define _XOPEN_SOURCE  700

#include <stdlib.h>
#include <unistd.h>

#include "ctl_registry.h"


/* registry sign */


#define CTL_SIGN_WAIT  10        /* seconds for another editor */


static ctl_exit_t ctl_sign_write(const ctl_t *ctl, const ctl_file_t *file,
    const char *path, const char *signature);


ctl_exit_t
ctl_registry_sign(ctl_t *ctl)
{
    char            *path, signature[CTL_SIGNATURE_TEXT];
    char             line[CTL_SIGNATURE_TEXT + 1];
    size_t           len;
    ctl_edit_t       edit;
    ctl_exit_t       code;

    if (!ctl_has(ctl, CTL_OPT_KEY)) {
        ctl_error(ctl, "--key is required");
        return CTL_FAILED;
    }

    path = NULL;

    /* what is signed is a registry, and no other editor changes it meanwhile */

    code = ctl_edit_open(ctl, &edit, true);

    if (code != CTL_GOOD) {
        goto done;
    }

    code = CTL_FAILED;

    if (!ctl_sign(ctl, ctl_value(ctl, CTL_OPT_KEY, ""),
                  erpsync_span(edit.file.text.data, edit.file.text.len),
                  signature))
    {
        goto done;
    }

    (void) snprintf(line, sizeof(line), "%s\n", signature);

    len = strlen(edit.file.path) + sizeof(".sig");
    path = malloc(len);

    if (path == NULL) {
        ctl_error(ctl, "no memory");
        goto done;
    }

    (void) snprintf(path, len, "%s.sig", edit.file.path);
    code = ctl_sign_write(ctl, &edit.file, path, line);

done:

    free(path);
    ctl_edit_close(&edit);

    return code;
}


/* Replaces a signature.  A new one may be read by all who read the registry. */

static ctl_exit_t
ctl_sign_write(const ctl_t *ctl, const ctl_file_t *file, const char *path,
    const char *signature)
{
    ctl_file_t  sig;
    ctl_exit_t  code;

    code = CTL_FAILED;

    if (!ctl_file_open(ctl, &sig, path, true, CTL_SIGN_WAIT)) {
        goto done;
    }

    if (sig.created) {
        sig.fd = dup(file->fd);
        sig.st = file->st;
    }

    if (!ctl_file_prepare(ctl, &sig, signature, strlen(signature))) {
        goto done;
    }

    if (ctl_file_commit(ctl, &sig)) {
        ctl_note(ctl, "%s: the registry is signed", path);
        code = CTL_GOOD;

    } else if (sig.changed) {
        ctl_error(ctl, "%s was changed meanwhile by another program", path);
    }

done:

    ctl_file_close(&sig);

    return code;
}
