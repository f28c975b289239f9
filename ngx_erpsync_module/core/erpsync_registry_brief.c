
#include "erpsync_registry_reader.h"


static const char *erpsync_brief_digest(const char *p, const char *end,
    uint8_t digest[ERPSYNC_DIGEST_LEN]);


void
erpsync_brief_fill(erpsync_brief_t *brief, erpsync_str_t text)
{
    char        *out;
    size_t       n;
    const char  *p, *end, *value;

    out = brief->text;
    brief->pos = 0;
    brief->next = 0;
    brief->n = 0;

    p = (const char *) text.data;
    end = p + (text.len < ERPSYNC_BRIEF_WINDOW ? text.len
                                               : ERPSYNC_BRIEF_WINDOW);

    while (p < end) {
        value = erpsync_brief_digest(p, end, brief->digests[brief->n]);
        n = (size_t) ((value ? value : end) - p);

        memcpy(out, p, n);
        out += n;
        p += n;

        if (value) {
            brief->at[brief->n++] = (size_t) (out - brief->text);
            p += 2 * ERPSYNC_DIGEST_LEN;
        }
    }

    brief->len = (size_t) (out - brief->text);
}


/*
 * Where the digits of the next digest begin that can be taken out, or NULL.
 * No other letter of an app's usual members is an "h".
 */

static const char *
erpsync_brief_digest(const char *p, const char *end,
    uint8_t digest[ERPSYNC_DIGEST_LEN])
{
    const char  *name, *value;

    static const char  member[] = "\"sha256\":";

    for (value = p; ; ) {
        value = memchr(value, 'h', (size_t) (end - value));

        if (value == NULL) {
            return NULL;
        }

        name = value++;

        if (name - p < 2 || end - name < (ptrdiff_t) sizeof(member) - 3
            || memcmp(name - 2, member, sizeof(member) - 1) != 0)
        {
            continue;
        }

        value = name + sizeof(member) - 3;

        while (value < end && *value == ' ') {
            value++;
        }

        if (end - value >= 2 * ERPSYNC_DIGEST_LEN + 2
            && value[0] == '"' && value[2 * ERPSYNC_DIGEST_LEN + 1] == '"'
            && erpsync_digest_from_hex(value + 1, digest))
        {
            return value + 1;
        }
    }
}
