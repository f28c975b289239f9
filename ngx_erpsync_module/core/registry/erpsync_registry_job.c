
#include <stdio.h>
#include <stdlib.h>

#include "erpsync_error.h"
#include "erpsync_registry_reader.h"


/*
 * Reading in steps.  The frame of the file, {"version": 1, "apps": [...]},
 * is walked here, and its parts become trees one at a time: a tree of the
 * whole file would take ten times its size, and one long stop.
 */


#define ERPSYNC_JOB_ENTRY  64     /* bytes of text that an index entry costs */

typedef enum {
    ERPSYNC_JOB_BEGIN,
    ERPSYNC_JOB_MEMBER,      /* before a name */
    ERPSYNC_JOB_APP,         /* before an element of "apps" */
    ERPSYNC_JOB_NEXT,        /* after a member */
    ERPSYNC_JOB_IDS,
    ERPSYNC_JOB_TOKENS,
    ERPSYNC_JOB_DONE,
    ERPSYNC_JOB_FAILED
} erpsync_job_state_t;


struct erpsync_registry_job_s {
    erpsync_reader_t      reader;
    erpsync_tree_t        tree;
    erpsync_job_state_t   state;
    bool                  version;
    bool                  apps;

    size_t                next;        /* to be entered in a table */
    erpsync_vec_t         ids;         /* of apps, from 1; 0: free */
    size_t                mask;
};


static int erpsync_job_advance(erpsync_registry_job_t *job);
static int erpsync_job_begin(erpsync_registry_job_t *job);
static int erpsync_job_member(erpsync_registry_job_t *job);
static int erpsync_job_name(erpsync_registry_job_t *job, json_t *name);
static int erpsync_job_apps(erpsync_registry_job_t *job);
static int erpsync_job_app(erpsync_registry_job_t *job);
static int erpsync_job_next(erpsync_registry_job_t *job);
static int erpsync_job_index(erpsync_registry_job_t *job);
static int erpsync_job_id(erpsync_registry_job_t *job);
static int erpsync_job_token(erpsync_registry_job_t *job);
static bool erpsync_job_take(erpsync_registry_job_t *job, char c);
static int erpsync_job_piece(erpsync_registry_job_t *job, json_t **value);
static int erpsync_job_syntax(erpsync_registry_job_t *job, size_t offset,
    const char *message);


/* The error, unless another one is written. */

static void
erpsync_no_memory(char error[ERPSYNC_REGISTRY_ERROR_LEN])
{
    (void) snprintf(error, ERPSYNC_REGISTRY_ERROR_LEN, "no memory");
}


erpsync_str_t
erpsync_registry_text(erpsync_str_t file)
{
    if (file.len >= 3 && memcmp(file.data, "\xef\xbb\xbf", 3) == 0) {
        file = erpsync_span(file.data + 3, file.len - 3);
    }

    return file;
}


erpsync_registry_job_t *
erpsync_registry_begin(erpsync_str_t text,
    char error[ERPSYNC_REGISTRY_ERROR_LEN])
{
    erpsync_registry_job_t  *job;

    erpsync_no_memory(error);

    job = calloc(1, sizeof(erpsync_registry_job_t));
    if (job == NULL) {
        return NULL;
    }

    job->tree.text = erpsync_registry_text(text);
    job->reader.error = error;
    job->reader.app = ERPSYNC_NOWHERE;
    job->reader.token = ERPSYNC_NOWHERE;
    job->reader.registry = calloc(1, sizeof(erpsync_registry_t));

    if (job->reader.registry == NULL) {
        free(job);
        return NULL;
    }

    if (text.len > ERPSYNC_REGISTRY_MAX) {
        (void) erpsync_invalid(&job->reader, "", ERPSYNC_TOO_LARGE);
        job->state = ERPSYNC_JOB_FAILED;
    }

    return job;
}


bool
erpsync_registry_step(erpsync_registry_job_t *job, size_t work)
{
    size_t  start, spent;

    for (spent = 0; spent < work && job->state < ERPSYNC_JOB_DONE; ) {
        start = job->tree.pos;

        if (erpsync_job_advance(job) != ERPSYNC_OK) {
            job->state = ERPSYNC_JOB_FAILED;
        }

        spent += (job->tree.pos > start) ? job->tree.pos - start
                                         : ERPSYNC_JOB_ENTRY;
    }

    return job->state < ERPSYNC_JOB_DONE;
}


erpsync_registry_t *
erpsync_registry_end(erpsync_registry_job_t *job)
{
    erpsync_registry_t  *registry;

    registry = job->reader.registry;

    if (job->state == ERPSYNC_JOB_DONE) {
        job->reader.error[0] = '\0';

    } else {
        erpsync_registry_destroy(registry);
        registry = NULL;
    }

    (void) erpsync_vec_free(&job->ids, sizeof(uint32_t), false);
    (void) erpsync_vec_free(&job->tree.scratch, 1, false);
    free(job);

    return registry;
}


erpsync_registry_t *
erpsync_registry_parse(erpsync_str_t text,
    char error[ERPSYNC_REGISTRY_ERROR_LEN])
{
    uint8_t                  digest[ERPSYNC_DIGEST_LEN];
    erpsync_rc_t             rc;
    erpsync_digester_t      *digester;
    erpsync_registry_t      *registry;
    erpsync_registry_job_t  *job;

    job = erpsync_registry_begin(text, error);
    if (job == NULL) {
        return NULL;
    }

    while (erpsync_registry_step(job, SIZE_MAX)) { /* void */ }

    registry = erpsync_registry_end(job);

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
        erpsync_no_memory(error);
        erpsync_registry_destroy(registry);
        return NULL;
    }

    erpsync_registry_name(registry, digest);

    return registry;
}


static int
erpsync_job_advance(erpsync_registry_job_t *job)
{
    switch (job->state) {

    case ERPSYNC_JOB_BEGIN:
        return erpsync_job_begin(job);

    case ERPSYNC_JOB_MEMBER:
        return erpsync_job_member(job);

    case ERPSYNC_JOB_APP:
        return erpsync_job_app(job);

    case ERPSYNC_JOB_NEXT:
        return erpsync_job_next(job);

    case ERPSYNC_JOB_IDS:
        return erpsync_job_id(job);

    default:  /* ERPSYNC_JOB_TOKENS */
        return erpsync_job_token(job);
    }
}


/* Without a byte order mark, UTF-16 and UTF-32 are told by their zeroes. */

static int
erpsync_job_begin(erpsync_registry_job_t *job)
{
    erpsync_str_t  text;

    text = job->tree.text;

    if (text.len >= 4
        && (memcmp(text.data, "\xff\xfe", 2) == 0
            || memcmp(text.data, "\xfe\xff", 2) == 0
            || (text.data[0] == 0) != (text.data[1] == 0)
            || memcmp(text.data, "\0\0\0{", 4) == 0))
    {
        return erpsync_job_syntax(job, 0, "the text is UTF-16 or UTF-32, "
                                  "save it as UTF-8");
    }

    if (!erpsync_job_take(job, '{')) {
        return erpsync_job_syntax(job, job->tree.pos, "'{' expected");
    }

    job->state = (erpsync_tree_peek(&job->tree) == '}') ? ERPSYNC_JOB_NEXT
                                                        : ERPSYNC_JOB_MEMBER;
    return ERPSYNC_OK;
}


static int
erpsync_job_member(erpsync_registry_job_t *job)
{
    int      rc;
    json_t  *name;

    if (erpsync_tree_peek(&job->tree) != '"') {
        return erpsync_job_syntax(job, job->tree.pos, "string expected");
    }

    rc = erpsync_job_piece(job, &name);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    rc = erpsync_job_name(job, name);
    json_decref(name);

    return rc;
}


static int
erpsync_job_name(erpsync_registry_job_t *job, json_t *name)
{
    int          rc;
    size_t       end;
    json_t      *value;
    const char  *s;

    s = json_string_value(name);
    end = job->tree.pos - 1;

    if (!erpsync_job_take(job, ':')) {
        return erpsync_job_syntax(job, job->tree.pos, "':' expected");
    }

    if (strcmp(s, "apps") == 0) {
        return job->apps
               ? erpsync_job_syntax(job, end, "duplicate object key")
               : erpsync_job_apps(job);
    }

    if (strcmp(s, "version") != 0) {
        return erpsync_invalid_member(&job->reader, s);
    }

    if (job->version) {
        return erpsync_job_syntax(job, end, "duplicate object key");
    }

    rc = erpsync_job_piece(job, &value);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    if (!json_is_integer(value) || json_integer_value(value) != 1) {
        rc = erpsync_invalid(&job->reader, "version", "must be 1");
    }

    json_decref(value);
    job->version = true;
    job->state = ERPSYNC_JOB_NEXT;

    return rc;
}


static int
erpsync_job_apps(erpsync_registry_job_t *job)
{
    if (erpsync_tree_peek(&job->tree) == -1) {
        return erpsync_job_syntax(job, job->tree.pos, "unexpected end of file");
    }

    if (!erpsync_job_take(job, '[')) {
        return erpsync_invalid(&job->reader, "apps", "must be an array");
    }

    job->apps = true;
    job->state = erpsync_job_take(job, ']') ? ERPSYNC_JOB_NEXT
                                            : ERPSYNC_JOB_APP;
    return ERPSYNC_OK;
}


static int
erpsync_job_app(erpsync_registry_job_t *job)
{
    int      rc;
    json_t  *app;

    rc = erpsync_job_piece(job, &app);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    rc = erpsync_read_app(&job->reader, app);
    json_decref(app);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    if (erpsync_job_take(job, ']')) {
        job->state = ERPSYNC_JOB_NEXT;

    } else if (!erpsync_job_take(job, ',')) {
        return erpsync_job_syntax(job, job->tree.pos, "']' expected");
    }

    return ERPSYNC_OK;
}


static int
erpsync_job_next(erpsync_registry_job_t *job)
{
    if (erpsync_job_take(job, ',')) {
        job->state = ERPSYNC_JOB_MEMBER;
        return ERPSYNC_OK;
    }

    if (!erpsync_job_take(job, '}')) {
        return erpsync_job_syntax(job, job->tree.pos, "'}' expected");
    }

    if (erpsync_tree_peek(&job->tree) != -1) {
        return erpsync_job_syntax(job, job->tree.pos, "end of file expected");
    }

    if (!job->version) {
        return erpsync_invalid(&job->reader, "version", "is required");
    }

    if (!job->apps) {
        return erpsync_invalid(&job->reader, "apps", "is required");
    }

    return erpsync_job_index(job);
}


static int
erpsync_job_index(erpsync_registry_job_t *job)
{
    size_t               size;
    erpsync_registry_t  *registry;

    registry = job->reader.registry;
    size = 16;

    while (size < 2 * registry->apps.n) {
        size *= 2;
    }

    if (!erpsync_vec_zero(&job->ids, size, sizeof(uint32_t))
        || erpsync_registry_index(registry) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    job->mask = size - 1;
    job->state = ERPSYNC_JOB_IDS;

    return ERPSYNC_OK;
}


/* Enters an app's id. */

static int
erpsync_job_id(erpsync_registry_job_t *job)
{
    size_t                     i, n, slot;
    uint32_t                  *ids;
    erpsync_str_t              id, other;
    const erpsync_registry_t  *registry;

    registry = job->reader.registry;
    ids = job->ids.elts;
    n = job->next;

    if (n == registry->apps.n) {
        job->next = 0;
        job->state = ERPSYNC_JOB_TOKENS;
        return ERPSYNC_OK;
    }

    id = erpsync_app_id(registry, erpsync_registry_app(registry, n));

    for (slot = (size_t) erpsync_hash(&registry->key, id) & job->mask;
         ids[slot];
         slot = (slot + 1) & job->mask)
    {
        i = ids[slot] - 1;
        other = erpsync_app_id(registry, erpsync_registry_app(registry, i));

        if (erpsync_str_eq(other, id)) {
            return erpsync_invalid(&job->reader, "",
                                   "apps[%zu].id: is already used by "
                                   "apps[%zu]",
                                   n, i);
        }
    }

    ids[slot] = (uint32_t) n + 1;
    job->next++;

    return ERPSYNC_OK;
}


static int
erpsync_job_token(erpsync_registry_job_t *job)
{
    size_t                  n, first;
    const erpsync_token_t  *tokens, *token;

    n = job->next;

    if (n == job->reader.registry->tokens.n) {
        job->state = ERPSYNC_JOB_DONE;
        return ERPSYNC_OK;
    }

    if (erpsync_registry_enter(job->reader.registry, n)) {
        job->next++;
        return ERPSYNC_OK;
    }

    tokens = job->reader.registry->tokens.elts;
    token = &tokens[n];
    first = n;

    while (first && tokens[first - 1].app == token->app
           && tokens[first - 1].by == token->by)
    {
        first--;
    }

    return erpsync_invalid(&job->reader, "",
                           "apps[%zu].%s[%zu].sha256: is in the registry "
                           "more than once", (size_t) token->app,
                           (token->by == ERPSYNC_BY_TOKEN) ? "tokens"
                                                           : "certificates",
                           n - first);
}


static bool
erpsync_job_take(erpsync_registry_job_t *job, char c)
{
    if (erpsync_tree_peek(&job->tree) != c) {
        return false;
    }

    job->tree.pos++;

    return true;
}


static int
erpsync_job_piece(erpsync_registry_job_t *job, json_t **value)
{
    int  rc;

    rc = erpsync_tree_read(&job->tree, value);

    return (rc == ERPSYNC_INVALID)
           ? erpsync_job_syntax(job, job->tree.pos, job->tree.message) : rc;
}


static int
erpsync_job_syntax(erpsync_registry_job_t *job, size_t offset,
    const char *message)
{
    size_t  line, column;

    erpsync_error_place(job->tree.text, offset, &line, &column);

    return erpsync_invalid(&job->reader, "", "line %zu, column %zu: %s",
                           line, column, message);
}
