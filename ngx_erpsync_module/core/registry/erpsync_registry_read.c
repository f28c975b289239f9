
#include <stdarg.h>
#include <stdio.h>

#include "erpsync_registry_reader.h"
#include "erpsync_text.h"
#include "erpsync_time.h"


#define ERPSYNC_MAX_APP_NAME     200
#define ERPSYNC_MAX_MEMBER_NAME  24
#define ERPSYNC_MAX_ENTRIES      14
#define ERPSYNC_MAX_LABELS       16
#define ERPSYNC_MAX_LABEL_NAME   32
#define ERPSYNC_MAX_LABEL        64


static int erpsync_read_id(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_name(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_enabled(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_enforce(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_labels(erpsync_reader_t *reader, json_t *value,
    const char *place);
static bool erpsync_is_label_name(const char *name);
static bool erpsync_is_label(json_t *value);
static int erpsync_read_tokens(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_certificates(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_list(erpsync_reader_t *reader, json_t *value,
    const char *place, erpsync_by_t by);
static int erpsync_read_digest(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_not_before(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_expires(erpsync_reader_t *reader, json_t *value,
    const char *place);


static const erpsync_object_entry_t
erpsync_app_entries[ERPSYNC_MAX_ENTRIES + 1] = {
    { "id", true, erpsync_read_id },
    { "name", false, erpsync_read_name },
    { "enabled", false, erpsync_read_enabled },
    { "enforce", false, erpsync_read_enforce },
    { "tokens", false, erpsync_read_tokens },
    { "certificates", false, erpsync_read_certificates },
    { "agents", true, erpsync_read_agents },
    { "operations", false, erpsync_read_operations },
    { "tenants", false, erpsync_read_tenants },
    { "addresses", false, erpsync_read_addresses },
    { "erpConnections", false, erpsync_read_connections },
    { "crmActorTypes", false, erpsync_read_crm_actors },
    { "erpActorTypes", false, erpsync_read_erp_actors },
    { "labels", false, erpsync_read_labels },
    { NULL, false, NULL }
};

static const erpsync_object_entry_t  erpsync_token_entries[] = {
    { "sha256", true, erpsync_read_digest },
    { "notBefore", false, erpsync_read_not_before },
    { "expires", false, erpsync_read_expires },
    { NULL, false, NULL }
};


int
erpsync_invalid(erpsync_reader_t *reader, const char *place, const char *fmt,
    ...)
{
    char     message[128];
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);

    if (reader->token != ERPSYNC_NOWHERE) {
        (void) snprintf(reader->error, ERPSYNC_FILE_ERROR_LEN,
                        "apps[%zu].%s[%zu]%s%s: %s", reader->app,
                        reader->list, reader->token, *place ? "." : "", place,
                        message);

    } else if (reader->app != ERPSYNC_NOWHERE) {
        (void) snprintf(reader->error, ERPSYNC_FILE_ERROR_LEN,
                        "apps[%zu]%s%s: %s", reader->app,
                        *place ? "." : "", place, message);

    } else if (reader->tenant) {
        (void) snprintf(reader->error, ERPSYNC_FILE_ERROR_LEN,
                        "tenants.%.68s%s%s: %s", reader->tenant,
                        *place ? "." : "", place, message);

    } else {
        (void) snprintf(reader->error, ERPSYNC_FILE_ERROR_LEN,
                        "%s%s%s", place, *place ? ": " : "", message);
    }

    return ERPSYNC_INVALID;
}


int
erpsync_invalid_at(erpsync_reader_t *reader, const char *place, size_t i,
    const char *message)
{
    char  item[64];

    (void) snprintf(item, sizeof(item), "%s[%zu]", place, i);

    return erpsync_invalid(reader, item, "%s", message);
}


/*
 * Shows the name of an unknown member only if it is short and all letters:
 * then it is a typing error.  Any other name may be a misplaced token, or
 * contain a line break.
 */

int
erpsync_invalid_member(erpsync_reader_t *reader, const char *name)
{
    size_t  n;

    for (n = 0; erpsync_is_alpha((uint8_t) name[n]); n++) { /* void */ }

    if (n == 0 || n > ERPSYNC_MAX_MEMBER_NAME || name[n] != '\0') {
        return erpsync_invalid(reader, "", "unknown member");
    }

    return erpsync_invalid(reader, "", "unknown member \"%s\"", name);
}


/*
 * Finds the members in one pass over the object, which is faster than a
 * search for each.  Then reads them in the order of the entries, so that the
 * error that is reported does not depend on the order in the file.
 */

int
erpsync_read_object(erpsync_reader_t *reader, json_t *object,
    const erpsync_object_entry_t *entries)
{
    int          rc;
    size_t       i;
    json_t      *value, *values[ERPSYNC_MAX_ENTRIES];
    const char  *key, *unknown;

    if (!json_is_object(object)) {
        return erpsync_invalid(reader, "", "must be an object");
    }

    memset(values, 0, sizeof(values));
    unknown = NULL;

    json_object_foreach (object, key, value) {

        for (i = 0; entries[i].name; i++) {
            if (entries[i].name[0] == key[0]
                && strcmp(entries[i].name, key) == 0)
            {
                break;
            }
        }

        if (entries[i].name) {
            values[i] = value;

        } else if (unknown == NULL) {
            unknown = key;
        }
    }

    for (i = 0; entries[i].name; i++) {

        if (values[i]) {
            rc = entries[i].read(reader, values[i], entries[i].name);

            if (rc != ERPSYNC_OK) {
                return rc;
            }

        } else if (entries[i].required) {
            return erpsync_invalid(reader, entries[i].name, "is required");
        }
    }

    return unknown ? erpsync_invalid_member(reader, unknown) : ERPSYNC_OK;
}


int
erpsync_read_app(erpsync_reader_t *reader, const char *name, json_t *app)
{
    int             rc;
    size_t          n;
    erpsync_app_t  *slot;

    (void) name;

    n = reader->registry->tokens.n;
    reader->app = reader->registry->apps.n;
    memset(&reader->grants, 0, sizeof(erpsync_app_t));
    reader->grants.flags = ERPSYNC_APP_ENABLED;
    reader->grants.operations = UINT64_MAX;

    rc = erpsync_read_object(reader, app, erpsync_app_entries);

    reader->grants.tokens.first = (uint32_t) n;
    reader->grants.tokens.n = (uint32_t) (reader->registry->tokens.n - n);

    if (rc == ERPSYNC_OK && reader->grants.tokens.n == 0) {
        rc = erpsync_invalid(reader, "",
                             "needs at least one of \"tokens\" or "
                             "\"certificates\"");
    }

    reader->app = ERPSYNC_NOWHERE;

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    slot = erpsync_vec_push(&reader->registry->apps, 1,
                            sizeof(erpsync_app_t));
    if (slot == NULL) {
        return ERPSYNC_ERROR;
    }

    *slot = reader->grants;

    return ERPSYNC_OK;
}


int
erpsync_keep_text(erpsync_reader_t *reader, const char *s, size_t len,
    erpsync_range_t *range)
{
    return erpsync_vec_keep(&reader->registry->text, s, len, range);
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
            && (i == 0 || s[i] == '\0' || strchr("._-", s[i]) == NULL))
        {
            break;
        }
    }

    if (s == NULL || len == 0 || len > 64 || i < len) {
        return erpsync_invalid(reader, place,
                               "must be 1 to 64 letters, digits, \".\", "
                               "\"_\" or \"-\", a letter or digit first");
    }

    return erpsync_keep_text(reader, s, len, &reader->grants.id);
}


static int
erpsync_read_name(erpsync_reader_t *reader, json_t *value, const char *place)
{
    size_t       len;
    const char  *s;

    s = json_string_value(value);
    len = json_string_length(value);

    if (s == NULL
        || erpsync_utf16_length(erpsync_span(s, len)) > ERPSYNC_MAX_APP_NAME)
    {
        return erpsync_invalid(reader, place,
                               "must be a string of at most %d characters",
                               ERPSYNC_MAX_APP_NAME);
    }

    return erpsync_keep_text(reader, s, len, &reader->grants.name);
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
erpsync_read_enforce(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    if (!json_is_boolean(value)) {
        return erpsync_invalid(reader, place, "must be true or false");
    }

    if (json_is_true(value)) {
        reader->grants.flags |= ERPSYNC_APP_ENFORCE;
        reader->registry->enforced++;
    }

    return ERPSYNC_OK;
}


static int
erpsync_read_labels(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    json_t           *item;
    const char       *name;
    erpsync_label_t   label, *slot;

    if (!json_is_object(value)
        || json_object_size(value) > ERPSYNC_MAX_LABELS)
    {
        return erpsync_invalid(reader, place,
                               "must be an object of at most %d labels",
                               ERPSYNC_MAX_LABELS);
    }

    reader->grants.labels.first = (uint32_t) reader->registry->labels.n;
    reader->grants.labels.n = (uint32_t) json_object_size(value);

    json_object_foreach (value, name, item) {

        if (!erpsync_is_label_name(name)) {
            return erpsync_invalid(reader, place,
                                   "the name of a label must be 1 to %d of "
                                   "a-z, 0-9 and \"_\", a letter first",
                                   ERPSYNC_MAX_LABEL_NAME);
        }

        if (!erpsync_is_label(item)) {
            return erpsync_invalid(reader, place,
                                   "\"%s\" must be 1 to %d letters, digits, "
                                   "\".\", \"_\", \":\" or \"-\"",
                                   name, ERPSYNC_MAX_LABEL);
        }

        slot = erpsync_vec_push(&reader->registry->labels, 1,
                                sizeof(erpsync_label_t));

        if (slot == NULL
            || erpsync_keep_text(reader, name, strlen(name), &label.name)
               != ERPSYNC_OK
            || erpsync_keep_text(reader, json_string_value(item),
                                 json_string_length(item), &label.value)
               != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        *slot = label;
    }

    return ERPSYNC_OK;
}


static bool
erpsync_is_label_name(const char *name)
{
    size_t  i;

    for (i = 0; name[i] >= 'a' && name[i] <= 'z'; i++) { /* void */ }

    if (i == 0) {
        return false;
    }

    for ( /* void */ ; name[i]; i++) {
        if (!(name[i] >= 'a' && name[i] <= 'z')
            && !erpsync_is_digit((uint8_t) name[i]) && name[i] != '_')
        {
            return false;
        }
    }

    return i <= ERPSYNC_MAX_LABEL_NAME;
}


static bool
erpsync_is_label(json_t *value)
{
    size_t       i, len;
    const char  *s;

    s = json_string_value(value);
    len = json_string_length(value);

    for (i = 0; i < len; i++) {
        if (!erpsync_is_alpha((uint8_t) s[i])
            && !erpsync_is_digit((uint8_t) s[i])
            && (s[i] == '\0' || strchr("._:-", s[i]) == NULL))
        {
            return false;
        }
    }

    return len > 0 && len <= ERPSYNC_MAX_LABEL;
}


static int
erpsync_read_tokens(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    return erpsync_read_list(reader, value, place, ERPSYNC_BY_TOKEN);
}


static int
erpsync_read_certificates(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    reader->registry->certificates += (uint32_t) json_array_size(value);

    return erpsync_read_list(reader, value, place, ERPSYNC_BY_CERTIFICATE);
}


static int
erpsync_read_list(erpsync_reader_t *reader, json_t *value, const char *place,
    erpsync_by_t by)
{
    int               rc;
    size_t            i;
    json_t           *object;
    erpsync_token_t  *token;

    if (!json_is_array(value)) {
        return erpsync_invalid(reader, place, "must be an array of %s",
                               place);
    }

    reader->list = place;

    json_array_foreach (value, i, object) {
        token = erpsync_vec_push(&reader->registry->tokens, 1,
                                 sizeof(erpsync_token_t));
        if (token == NULL) {
            return ERPSYNC_ERROR;
        }

        token->app = (uint32_t) reader->app;
        token->not_before = INT64_MIN;
        token->expires = ERPSYNC_NEVER;
        token->by = by;

        reader->token = i;
        rc = erpsync_read_object(reader, object, erpsync_token_entries);

        if (rc != ERPSYNC_OK) {
            return rc;
        }

        if (token->expires <= token->not_before) {
            return erpsync_invalid(reader, "",
                                   "expires must be later than notBefore");
        }
    }

    reader->token = ERPSYNC_NOWHERE;

    return ERPSYNC_OK;
}


/* Returns the token that is being read, the last one. */

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
    const char  *s;

    s = json_string_value(value);

    if (s && json_string_length(value) == 2 * ERPSYNC_DIGEST_LEN
        && erpsync_digest_from_hex(s, erpsync_current_token(reader)->digest))
    {
        return ERPSYNC_OK;
    }

    return erpsync_invalid(reader, place, "must be 64 hexadecimal digits");
}


/* Reads a time; if "up", a part of a second counts as a whole one. */

static int
erpsync_read_time(erpsync_reader_t *reader, json_t *value, const char *place,
    int64_t *seconds, bool up)
{
    bool  fraction;

    if (json_is_string(value)
        && erpsync_time_parse(erpsync_span(json_string_value(value),
                                           json_string_length(value)),
                              seconds, &fraction))
    {
        *seconds += (up && fraction);
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
                             &erpsync_current_token(reader)->not_before, true);
}


static int
erpsync_read_expires(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    return erpsync_read_time(reader, value, place,
                             &erpsync_current_token(reader)->expires, false);
}
