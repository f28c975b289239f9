
#define _GNU_SOURCE        /* asprintf() */

#include <stdlib.h>
#include <unistd.h>

#include "ctl_registry.h"
#include "erpsync_signature.h"


/* registry sign, and the signature for registry check */


#define CTL_SIGN_WAIT  10        /* seconds for another editor */


static char *ctl_sign_name(const ctl_t *ctl, const char *registry);
static bool ctl_sign_make(const ctl_t *ctl, const ctl_buf_t *text,
    char line[ERPSYNC_SIGNATURE_TEXT_LEN + 2]);
static ctl_exit_t ctl_sign_write(const ctl_t *ctl, const ctl_file_t *file,
    const char *path, const char *signature);


ctl_exit_t
ctl_registry_sign(ctl_t *ctl)
{
    char        *path, line[ERPSYNC_SIGNATURE_TEXT_LEN + 2];
    ctl_edit_t   edit;
    ctl_exit_t   code;

    if (!ctl_has(ctl, CTL_OPT_KEY)) {
        ctl_error(ctl, "--key is required");
        return CTL_FAILED;
    }

    /* what is signed is a registry, and no other editor changes it meanwhile */

    code = ctl_edit_open(ctl, &edit, true);

    if (code == CTL_GOOD) {
        code = CTL_FAILED;
        path = ctl_sign_name(ctl, edit.file.path);

        if (path && ctl_sign_make(ctl, &edit.file.text, line)) {
            code = ctl_sign_write(ctl, &edit.file, path, line);
        }

        free(path);
    }

    ctl_edit_close(&edit);

    return code;
}


/*
 * Returns the name of a registry's signature, or NULL after an error was
 * printed.  The caller frees it.
 */

static char *
ctl_sign_name(const ctl_t *ctl, const char *registry)
{
    char  *name;

    if (asprintf(&name, "%s.sig", registry) == -1) {
        ctl_error(ctl, "no memory");
        return NULL;
    }

    return name;
}


/* Makes the line of a signature by --key. */

static bool
ctl_sign_make(const ctl_t *ctl, const ctl_buf_t *text,
    char line[ERPSYNC_SIGNATURE_TEXT_LEN + 2])
{
    ctl_buf_t      key;
    const char    *file, *error;
    erpsync_rc_t   rc;

    file = ctl_value(ctl, CTL_OPT_KEY, "");

    if (!ctl_read(ctl, file, &key)) {
        return false;
    }

    rc = erpsync_signature_make(erpsync_span(key.data, key.len),
                                erpsync_span(text->data, text->len), line,
                                &error);
    ctl_wipe(key.data, key.len);
    free(key.data);

    if (rc != ERPSYNC_OK) {
        ctl_error(ctl, "%s: %s", file, error);
        return false;
    }

    line[ERPSYNC_SIGNATURE_TEXT_LEN] = '\n';
    line[ERPSYNC_SIGNATURE_TEXT_LEN + 1] = '\0';

    return true;
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


ctl_exit_t
ctl_signature_check(const ctl_t *ctl, const char *path)
{
    bool             good;
    char            *name;
    uint8_t          signature[ERPSYNC_SIGNATURE_LEN];
    ctl_buf_t        pem, text, line;
    ctl_exit_t       code;
    const char      *error;
    erpsync_keys_t  *keys;

    memset(&pem, 0, sizeof(ctl_buf_t));
    memset(&text, 0, sizeof(ctl_buf_t));
    memset(&line, 0, sizeof(ctl_buf_t));
    keys = NULL;
    code = CTL_FAILED;
    name = ctl_sign_name(ctl, path);

    if (name == NULL
        || !ctl_read(ctl, ctl_value(ctl, CTL_OPT_KEY, ""), &pem)
        || !ctl_read(ctl, path, &text) || !ctl_read(ctl, name, &line))
    {
        goto done;
    }

    keys = erpsync_keys_create(erpsync_span(pem.data, pem.len), &error);

    if (keys == NULL) {
        ctl_error(ctl, "%s: %s", ctl_value(ctl, CTL_OPT_KEY, ""), error);
        goto done;
    }

    if (!erpsync_signature_parse(erpsync_span(line.data, line.len),
                                 signature))
    {
        code = ctl_invalid(ctl, path, "cannot read its signature (.sig): it "
                           "must be 64 bytes in base64");
        goto done;
    }

    if (erpsync_signature_verify(keys, erpsync_span(text.data, text.len),
                                 signature, &good)
        != ERPSYNC_OK)
    {
        ctl_error(ctl, "OpenSSL cannot verify the signature");
        goto done;
    }

    code = good ? CTL_GOOD
                : ctl_invalid(ctl, path, "the file beside it with .sig behind "
                              "its name is not its signature by one of the "
                              "keys");

done:

    erpsync_keys_release(keys);
    free(name);
    free(pem.data);
    free(text.data);
    free(line.data);

    return code;
}
