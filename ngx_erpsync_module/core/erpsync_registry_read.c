
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "erpsync_registry_reader.h"
#include "erpsync_time.h"


#define ERPSYNC_MAX_APP_NAME   200
#define ERPSYNC_READ_STEP      65536


/* Reads one member of an object; 0, ERPSYNC_ERROR or ERPSYNC_INVALID. */

typedef int (*erpsync_member_pt)(erpsync_reader_t *reader, json_t *value,
    const char *place);

typedef struct {
    const char          *name;
    bool                 required;
    erpsync_member_pt    read;
} erpsync_entry_t;


static int erpsync_read_object(erpsync_reader_t *reader, json_t *object,
    const char *place, const erpsync_entry_t *entries);
static int erpsync_read_version(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_apps(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_id(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_name(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_enabled(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_tokens(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_digest(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_not_before(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_expires(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_check_unique(erpsync_reader_t *reader);


static const erpsync_entry_t  erpsync_registry_entries[] = {
    { "version", true, erpsync_read_version },
    { "apps", true, erpsync_read_apps },
    { NULL, false, NULL }
};

static const erpsync_entry_t  erpsync_app_entries[] = {
    { "id", true, erpsync_read_id },
    { "name", false, erpsync_read_name },
    { "enabled", false, erpsync_read_enabled },
    { "tokens", true, erpsync_read_tokens },
    { "agents", true, erpsync_read_agents },
    { "operations", false, erpsync_read_operations },
    { "tenants", false, erpsync_read_tenants },
    { "addresses", false, erpsync_read_addresses },
    { "erpConnections", false, erpsync_read_connections },
    { "crmActorTypes", false, erpsync_read_crm_actors },
    { "erpActorTypes", false, erpsync_read_erp_actors },
    { NULL, false, NULL }
};

static const erpsync_entry_t  erpsync_token_entries[] = {
    { "sha256", true, erpsync_read_digest },
    { "notBefore", false, erpsync_read_not_before },
    { "expires", false, erpsync_read_expires },
    { NULL, false, NULL }
};


int
erpsync_invalid(erpsync_reader_t *reader, const char *place, const char *fmt,
    ...)
{
    int      n;
    va_list  args;

    n = snprintf(reader->error, ERPSYNC_REGISTRY_ERROR_LEN, "%s%s", place,
                 *place ? ": " : "");

    if (n >= 0 && n < ERPSYNC_REGISTRY_ERROR_LEN) {
        va_start(args, fmt);
        (void) vsnprintf(reader->error + n,
                         (size_t) (ERPSYNC_REGISTRY_ERROR_LEN - n), fmt,
                         args);
        va_end(args);
    }

    return ERPSYNC_INVALID;
}


int
erpsync_invalid_at(erpsync_reader_t *reader, const char *place, size_t i,
    const char *message)
{
    return erpsync_invalid(reader, "", "%s[%zu]: %s", place, i, message);
}


erpsync_registry_t *
erpsync_registry_parse(erpsync_str_t text,
    char error[ERPSYNC_REGISTRY_ERROR_LEN])
{
    int               rc;
    char             *near;
    json_t           *root;
    json_error_t      syntax;
    erpsync_reader_t  reader;

    memset(&reader, 0, sizeof(erpsync_reader_t));
    reader.error = error;

    root = json_loadb((const char *) text.data, text.len,
                      JSON_REJECT_DUPLICATES, &syntax);

    if (root == NULL) {

        /* jansson quotes the text, in which a token could stand */

        near = strstr(syntax.text, " near ");
        if (near) {
            *near = '\0';
        }

        (void) snprintf(error, ERPSYNC_REGISTRY_ERROR_LEN,
                        "line %d, column %d: %s", syntax.line, syntax.column,
                        syntax.text);
        return NULL;
    }

    (void) snprintf(error, ERPSYNC_REGISTRY_ERROR_LEN, "no memory");

    reader.registry = calloc(1, sizeof(erpsync_registry_t));

    rc = reader.registry
         ? erpsync_read_object(&reader, root, "", erpsync_registry_entries)
         : ERPSYNC_ERROR;

    json_decref(root);

    if (rc == ERPSYNC_OK) {
        rc = erpsync_check_unique(&reader);
    }

    if (rc != ERPSYNC_OK) {
        erpsync_registry_destroy(reader.registry);
        return NULL;
    }

    *error = '\0';

    return reader.registry;
}


erpsync_registry_t *
erpsync_registry_load(const char *path,
    char error[ERPSYNC_REGISTRY_ERROR_LEN])
{
    FILE                *file;
    size_t               n;
    uint8_t             *p;
    const char          *failed;
    erpsync_vec_t        text;
    erpsync_registry_t  *registry;

    memset(&text, 0, sizeof(erpsync_vec_t));
    registry = NULL;
    failed = NULL;

    file = fopen(path, "rb");

    if (file == NULL) {
        (void) snprintf(error, ERPSYNC_REGISTRY_ERROR_LEN, "cannot open: %s",
                        strerror(errno));
        return NULL;
    }

    do {
        p = erpsync_vec_push(&text, ERPSYNC_READ_STEP, 1);

        if (p == NULL) {
            failed = "no memory";
            break;
        }

        n = fread(p, 1, ERPSYNC_READ_STEP, file);
        text.n -= ERPSYNC_READ_STEP - n;

        if (ferror(file)) {
            failed = strerror(errno);
        }

    } while (n == ERPSYNC_READ_STEP && failed == NULL);

    (void) fclose(file);

    if (failed) {
        (void) snprintf(error, ERPSYNC_REGISTRY_ERROR_LEN, "cannot read: %s",
                        failed);

    } else {
        registry = erpsync_registry_parse(erpsync_span(text.elts, text.n),
                                          error);
    }

    free(text.elts);

    return registry;
}


static int
erpsync_read_object(erpsync_reader_t *reader, json_t *object,
    const char *place, const erpsync_entry_t *entries)
{
    int                     rc;
    char                    path[256];
    json_t                 *value;
    size_t                  found;
    const char             *key, *dot;
    const erpsync_entry_t  *entry;

    if (!json_is_object(object)) {
        return erpsync_invalid(reader, place, "must be an object");
    }

    found = 0;
    dot = *place ? "." : "";

    for (entry = entries; entry->name; entry++) {
        (void) snprintf(path, sizeof(path), "%s%s%s", place, dot,
                        entry->name);

        value = json_object_get(object, entry->name);

        if (value == NULL) {

            if (entry->required) {
                return erpsync_invalid(reader, path, "is required");
            }

            continue;
        }

        found++;
        rc = entry->read(reader, value, path);

        if (rc != ERPSYNC_OK) {
            return rc;
        }
    }

    if (found == json_object_size(object)) {
        return ERPSYNC_OK;
    }

    /* a member too many: which one? */

    json_object_foreach (object, key, value) {

        for (entry = entries; entry->name; entry++) {
            if (strcmp(entry->name, key) == 0) {
                break;
            }
        }

        if (entry->name == NULL) {
            return erpsync_invalid(reader, place, "unknown member \"%.32s\"",
                                   key);
        }
    }

    return ERPSYNC_ERROR;
}


static int
erpsync_read_version(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    if (!json_is_integer(value) || json_integer_value(value) != 1) {
        return erpsync_invalid(reader, place, "must be 1");
    }

    return ERPSYNC_OK;
}


static int
erpsync_read_apps(erpsync_reader_t *reader, json_t *value, const char *place)
{
    int             rc;
    char            path[32];
    size_t          i;
    json_t         *app;
    erpsync_app_t  *slot;

    if (!json_is_array(value)) {
        return erpsync_invalid(reader, place, "must be an array");
    }

    json_array_foreach (value, i, app) {
        (void) snprintf(path, sizeof(path), "apps[%zu]", i);

        memset(&reader->grants, 0, sizeof(erpsync_app_t));
        reader->app = i;
        reader->grants.flags = ERPSYNC_APP_ENABLED;
        reader->grants.operations = UINT64_MAX;

        rc = erpsync_read_object(reader, app, path, erpsync_app_entries);

        if (rc != ERPSYNC_OK) {
            return rc;
        }

        slot = erpsync_vec_push(&reader->registry->apps, 1,
                                sizeof(erpsync_app_t));
        if (slot == NULL) {
            return ERPSYNC_ERROR;
        }

        *slot = reader->grants;
    }

    return ERPSYNC_OK;
}


int
erpsync_keep_text(erpsync_reader_t *reader, const char *s, size_t len,
    erpsync_range_t *range)
{
    uint8_t        *p;
    erpsync_vec_t  *text;

    text = &reader->registry->text;
    range->first = (uint32_t) text->n;
    range->n = (uint32_t) len;

    p = erpsync_vec_push(text, len, 1);
    if (p == NULL) {
        return ERPSYNC_ERROR;
    }

    memcpy(p, s, len);

    return ERPSYNC_OK;
}


static int
erpsync_read_id(erpsync_reader_t *reader, json_t *value, const char *place)
{
    size_t       i, len;
    const char  *s;

    s = json_string_value(value);
    len = json_string_length(value);

    for (i = 0; i < len; i++) {
        if (!erpsync_is_alpha((uint8_t) s[i])
            && !erpsync_is_digit((uint8_t) s[i])
            && (s[i] == '\0' || strchr("._-", s[i]) == NULL))
        {
            break;
        }
    }

    if (s == NULL || len == 0 || len > 64 || i < len) {
        return erpsync_invalid(reader, place,
                               "must be 1 to 64 letters, digits, \".\", "
                               "\"_\" or \"-\"");
    }

    return erpsync_keep_text(reader, s, len, &reader->grants.id);
}


static int
erpsync_read_name(erpsync_reader_t *reader, json_t *value, const char *place)
{
    if (!json_is_string(value)
        || json_string_length(value) > ERPSYNC_MAX_APP_NAME)
    {
        return erpsync_invalid(reader, place,
                               "must be a string of at most %d bytes",
                               ERPSYNC_MAX_APP_NAME);
    }

    return ERPSYNC_OK;
}


static int
erpsync_read_enabled(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    if (!json_is_boolean(value)) {
        return erpsync_invalid(reader, place, "must be true or false");
    }

    if (!json_is_true(value)) {
        reader->grants.flags &= (uint8_t) ~ERPSYNC_APP_ENABLED;
    }

    return ERPSYNC_OK;
}


static int
erpsync_read_tokens(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    int               rc;
    char              path[64];
    size_t            i;
    json_t           *object;
    erpsync_token_t  *token;

    if (!json_is_array(value) || json_array_size(value) == 0) {
        return erpsync_invalid(reader, place,
                               "must be an array of at least one token");
    }

    json_array_foreach (value, i, object) {
        (void) snprintf(path, sizeof(path), "%s[%zu]", place, i);

        token = erpsync_vec_push(&reader->registry->tokens, 1,
                                 sizeof(erpsync_token_t));
        if (token == NULL) {
            return ERPSYNC_ERROR;
        }

        memset(token, 0, sizeof(erpsync_token_t));
        token->app = (uint32_t) reader->app;
        token->not_before = INT64_MIN;
        token->expires = INT64_MAX;

        rc = erpsync_read_object(reader, object, path, erpsync_token_entries);

        if (rc != ERPSYNC_OK) {
            return rc;
        }

        if (token->expires <= token->not_before) {
            return erpsync_invalid(reader, path,
                                   "expires must be later than notBefore");
        }
    }

    return ERPSYNC_OK;
}


/* The token that is being read: the last one. */

static erpsync_token_t *
erpsync_current_token(erpsync_reader_t *reader)
{
    erpsync_token_t  *tokens;

    tokens = reader->registry->tokens.elts;

    return &tokens[reader->registry->tokens.n - 1];
}


static int
erpsync_read_digest(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    int          high, low;
    size_t       i;
    uint8_t     *digest;
    const char  *s;

    s = json_string_value(value);
    digest = erpsync_current_token(reader)->digest;

    if (s && json_string_length(value) == 2 * ERPSYNC_DIGEST_LEN) {

        for (i = 0; i < ERPSYNC_DIGEST_LEN; i++) {
            high = erpsync_hex_value((uint8_t) s[2 * i]);
            low = erpsync_hex_value((uint8_t) s[2 * i + 1]);

            if (high < 0 || low < 0) {
                break;
            }

            digest[i] = (uint8_t) (high * 16 + low);
        }

        if (i == ERPSYNC_DIGEST_LEN) {
            return ERPSYNC_OK;
        }
    }

    return erpsync_invalid(reader, place, "must be 64 hexadecimal digits");
}


static int
erpsync_read_time(erpsync_reader_t *reader, json_t *value, const char *place,
    int64_t *seconds)
{
    if (json_is_string(value)
        && erpsync_time_parse(erpsync_span(json_string_value(value),
                                           json_string_length(value)),
                              seconds))
    {
        return ERPSYNC_OK;
    }

    return erpsync_invalid(reader, place,
                           "must be a time such as "
                           "\"2027-01-01T00:00:00Z\"");
}


static int
erpsync_read_not_before(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    return erpsync_read_time(reader, value, place,
                             &erpsync_current_token(reader)->not_before);
}


static int
erpsync_read_expires(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    return erpsync_read_time(reader, value, place,
                             &erpsync_current_token(reader)->expires);
}


static int
erpsync_check_ids(erpsync_reader_t *reader)
{
    size_t                     i, n, slot, size;
    uint32_t                   hash, *table;
    erpsync_str_t              id;
    const erpsync_registry_t  *registry;

    registry = reader->registry;
    size = 16;

    while (size < 2 * registry->apps.n) {
        size *= 2;
    }

    table = calloc(size, sizeof(uint32_t));
    if (table == NULL) {
        return ERPSYNC_ERROR;
    }

    for (i = 0; i < registry->apps.n; i++) {
        id = erpsync_app_id(registry, erpsync_registry_app(registry, i));
        hash = 2166136261u;

        for (n = 0; n < id.len; n++) {
            hash = (hash ^ id.data[n]) * 16777619u;
        }

        for (slot = hash & (size - 1);
             table[slot];
             slot = (slot + 1) & (size - 1))
        {
            n = table[slot] - 1;

            if (erpsync_str_eq(erpsync_app_id(registry,
                                       erpsync_registry_app(registry, n)),
                               id))
            {
                free(table);
                return erpsync_invalid(reader, "",
                                       "apps[%zu].id: is that of apps[%zu]",
                                       i, n);
            }
        }

        table[slot] = (uint32_t) i + 1;
    }

    free(table);

    return ERPSYNC_OK;
}


static int
erpsync_check_unique(erpsync_reader_t *reader)
{
    int                     rc;
    size_t                  duplicate, first;
    const erpsync_token_t  *tokens;

    rc = erpsync_check_ids(reader);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    if (erpsync_registry_finish(reader->registry, &duplicate) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (duplicate == SIZE_MAX) {
        return ERPSYNC_OK;
    }

    tokens = reader->registry->tokens.elts;
    first = duplicate;

    while (first && tokens[first - 1].app == tokens[duplicate].app) {
        first--;
    }

    return erpsync_invalid(reader, "",
                           "apps[%zu].tokens[%zu].sha256: stands more than "
                           "once in the registry",
                           (size_t) tokens[duplicate].app, duplicate - first);
}
