
#include <stdio.h>
#include <stdlib.h>

#include "erpsync_registry_reader.h"


/*
 * The kind of file that a registry is.  After the last app, two tables are
 * made: one of ids, to find an id that is used twice, and one of digests.
 */


static void *erpsync_registry_create(erpsync_reader_t *reader);
static int erpsync_read_sequence(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_registry_complete(erpsync_reader_t *reader);
static int erpsync_registry_guard(erpsync_reader_t *reader);
static int erpsync_registry_tables(erpsync_reader_t *reader);
static int erpsync_registry_id(erpsync_reader_t *reader, size_t n);
static int erpsync_registry_token(erpsync_reader_t *reader, size_t n);
static size_t erpsync_registry_count(const void *snapshot);
static int64_t erpsync_registry_sequence(const void *snapshot);
static void erpsync_registry_digested(void *snapshot,
    const uint8_t digest[ERPSYNC_DIGEST_LEN]);
static erpsync_str_t erpsync_registry_changes(const void *snapshot);


const erpsync_kind_t  erpsync_registry_kind = {
    "registry",
    "apps",
    erpsync_registry_create,
    NULL,
    erpsync_read_app,
    "sequence",
    erpsync_read_sequence,
    erpsync_registry_complete,
    erpsync_registry_count,
    erpsync_registry_sequence,
    erpsync_registry_digested,
    erpsync_registry_changes,
    erpsync_registry_dismantle
};


erpsync_registry_t *
erpsync_registry_parse(erpsync_str_t text,
    char error[ERPSYNC_REGISTRY_ERROR_LEN])
{
    uint8_t              digest[ERPSYNC_DIGEST_LEN];
    erpsync_rc_t         rc;
    erpsync_digester_t  *digester;
    erpsync_registry_t  *registry;

    registry = erpsync_job_run(&erpsync_registry_kind, text, error);

    if (registry == NULL) {
        return NULL;
    }

    rc = ERPSYNC_ERROR;
    digester = erpsync_digester_create();

    if (digester) {
        rc = erpsync_digest(digester, text, digest);
        erpsync_digester_destroy(digester);
    }

    if (rc != ERPSYNC_OK) {
        (void) snprintf(error, ERPSYNC_REGISTRY_ERROR_LEN, "no memory");
        erpsync_registry_destroy(registry);
        return NULL;
    }

    erpsync_registry_name(registry, digest);

    return registry;
}


static void *
erpsync_registry_create(erpsync_reader_t *reader)
{
    reader->registry = calloc(1, sizeof(erpsync_registry_t));

    if (reader->registry) {
        reader->registry->sequence = ERPSYNC_NO_SEQUENCE;
    }

    return reader->registry;
}


/* Reads "sequence".  An integer has up to 18 digits in a tree. */

static int
erpsync_read_sequence(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return erpsync_invalid(reader, place,
                               "must be an integer from 0 to "
                               "999999999999999999");
    }

    reader->registry->sequence = json_integer_value(value);

    return ERPSYNC_OK;
}


static int
erpsync_registry_complete(erpsync_reader_t *reader)
{
    size_t  n;

    if (reader->ids.elts == NULL) {
        return erpsync_registry_guard(reader);
    }

    n = reader->next++;

    if (n < reader->registry->apps.n) {
        return erpsync_registry_id(reader, n);
    }

    n -= reader->registry->apps.n;

    if (n < reader->registry->tokens.n) {
        return erpsync_registry_token(reader, n);
    }

    n -= reader->registry->tokens.n;

    if (reader->former == NULL) {
        return ERPSYNC_COMPLETE;
    }

    if (n == 0) {
        reader->changes = erpsync_changes_create(reader->registry->apps.n);
        return reader->changes ? ERPSYNC_OK : ERPSYNC_ERROR;
    }

    return erpsync_changes_step(reader, n - 1);
}


/* Refuses a signed registry that is older than the one in force. */

static int
erpsync_registry_guard(erpsync_reader_t *reader)
{
    if (reader->registry->sequence < reader->least) {
        return erpsync_invalid(reader, "sequence",
                               "must not be lower than %lld, that of the "
                               "registry in use", (long long) reader->least);
    }

    return erpsync_registry_tables(reader);
}


static int
erpsync_registry_tables(erpsync_reader_t *reader)
{
    size_t  size;

    size = 16;

    while (size < 2 * reader->registry->apps.n) {
        size *= 2;
    }

    if (!erpsync_vec_zero(&reader->ids, size, sizeof(uint32_t))) {
        return ERPSYNC_ERROR;
    }

    return erpsync_registry_index(reader->registry);
}


/* Enters the id of app "n" in the table of ids. */

static int
erpsync_registry_id(erpsync_reader_t *reader, size_t n)
{
    size_t                     slot;
    uint32_t                  *ids;
    const erpsync_app_t       *app;
    const erpsync_registry_t  *registry;

    registry = reader->registry;
    ids = reader->ids.elts;
    app = erpsync_registry_app(registry, n);
    slot = erpsync_registry_id_slot(registry, &reader->ids,
                                    erpsync_app_id(registry, app));

    if (ids[slot]) {
        return erpsync_invalid(reader, "",
                               "apps[%zu].id: is already used by apps[%zu]",
                               n, (size_t) ids[slot] - 1);
    }

    ids[slot] = (uint32_t) n + 1;

    return ERPSYNC_OK;
}


/* Enters the digest of token "n" in the table of digests. */

static int
erpsync_registry_token(erpsync_reader_t *reader, size_t n)
{
    size_t                  first;
    const erpsync_token_t  *tokens, *token;

    if (erpsync_registry_enter(reader->registry, n)) {
        return ERPSYNC_OK;
    }

    tokens = reader->registry->tokens.elts;
    token = &tokens[n];
    first = n;

    while (first && tokens[first - 1].app == token->app
           && tokens[first - 1].by == token->by)
    {
        first--;
    }

    return erpsync_invalid(reader, "",
                           "apps[%zu].%s[%zu].sha256: is in the registry "
                           "more than once", (size_t) token->app,
                           (token->by == ERPSYNC_BY_TOKEN) ? "tokens"
                                                           : "certificates",
                           n - first);
}


static size_t
erpsync_registry_count(const void *snapshot)
{
    return erpsync_registry_apps(snapshot);
}


static int64_t
erpsync_registry_sequence(const void *snapshot)
{
    const erpsync_registry_t  *registry = snapshot;

    return registry->sequence;
}


static void
erpsync_registry_digested(void *snapshot,
    const uint8_t digest[ERPSYNC_DIGEST_LEN])
{
    erpsync_registry_name(snapshot, digest);
}


static erpsync_str_t
erpsync_registry_changes(const void *snapshot)
{
    const erpsync_registry_t  *registry;

    registry = snapshot;

    return erpsync_span(registry->changes.elts, registry->changes.n);
}
