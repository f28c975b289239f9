
#include <stdio.h>
#include <stdlib.h>

#include "erpsync_error.h"
#include "erpsync_registry_reader.h"


/*
 * Reading in steps.  The frame of the file, {"version": 1, "apps": [...]},
 * is walked here, and jansson reads its parts one at a time: a tree of the
 * whole file would take ten times its size, and one long stop.
 */


#define ERPSYNC_JOB_ENTRY  64     /* bytes of text that an index entry costs */

#define ERPSYNC_JOB_FLAGS                                                     \
    (JSON_REJECT_DUPLICATES|JSON_DISABLE_EOF_CHECK|JSON_DECODE_ANY)


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
    erpsync_str_t         text;
    size_t                pos;
    erpsync_job_state_t   state;
    bool                  version;
    bool                  apps;

    erpsync_brief_t       brief;
    size_t                stands;      /* the "pos" that the brief's is */

    size_t                next;        /* to be entered in a table */
    erpsync_vec_t         ids;         /* of apps, from 1; 0: free */
    size_t                mask;
    uint64_t              seed;
};


static int erpsync_job_advance(erpsync_registry_job_t *job);
static int erpsync_job_member(erpsync_registry_job_t *job);
static int erpsync_job_name(erpsync_registry_job_t *job, json_t *name);
static int erpsync_job_apps(erpsync_registry_job_t *job);
static int erpsync_job_app(erpsync_registry_job_t *job);
static bool erpsync_job_brief(erpsync_registry_job_t *job);
static bool erpsync_job_brief_app(erpsync_registry_job_t *job);
static int erpsync_job_read_app(erpsync_registry_job_t *job);
static int erpsync_job_next(erpsync_registry_job_t *job);
static int erpsync_job_index(erpsync_registry_job_t *job);
static int erpsync_job_id(erpsync_registry_job_t *job);
static int erpsync_job_token(erpsync_registry_job_t *job);
static int erpsync_job_peek(erpsync_registry_job_t *job);
static bool erpsync_job_take(erpsync_registry_job_t *job, char c);
static int erpsync_job_piece(erpsync_registry_job_t *job, json_t **value);
static int erpsync_job_syntax(erpsync_registry_job_t *job, size_t offset,
    const char *message);


/* What is told where nothing else is. */

static void
erpsync_no_memory(char error[ERPSYNC_REGISTRY_ERROR_LEN])
{
    (void) snprintf(error, ERPSYNC_REGISTRY_ERROR_LEN, "no memory");
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

    job->text = text;
    job->reader.error = error;
    job->reader.app = ERPSYNC_NOWHERE;
    job->reader.token = ERPSYNC_NOWHERE;
    job->reader.registry = calloc(1, sizeof(erpsync_registry_t));

    if (job->reader.registry == NULL) {
        free(job);
        return NULL;
    }

    if (text.len > ERPSYNC_REGISTRY_MAX) {
        (void) erpsync_invalid(&job->reader, "", "too large");
        job->state = ERPSYNC_JOB_FAILED;
    }

    return job;
}


bool
erpsync_registry_step(erpsync_registry_job_t *job, size_t work)
{
    size_t  start, spent;

    for (spent = 0; spent < work && job->state < ERPSYNC_JOB_DONE; ) {
        start = job->pos;

        if (erpsync_job_advance(job) != ERPSYNC_OK) {
            job->state = ERPSYNC_JOB_FAILED;
        }

        spent += (job->pos > start) ? job->pos - start : ERPSYNC_JOB_ENTRY;
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
    free(job);

    return registry;
}


erpsync_registry_t *
erpsync_registry_parse(erpsync_str_t text,
    char error[ERPSYNC_REGISTRY_ERROR_LEN])
{
    erpsync_registry_job_t  *job;

    job = erpsync_registry_begin(text, error);
    if (job == NULL) {
        return NULL;
    }

    while (erpsync_registry_step(job, SIZE_MAX)) { /* void */ }

    return erpsync_registry_end(job);
}


static int
erpsync_job_advance(erpsync_registry_job_t *job)
{
    switch (job->state) {

    case ERPSYNC_JOB_BEGIN:
        if (!erpsync_job_take(job, '{')) {
            return erpsync_job_syntax(job, job->pos, "'{' expected");
        }

        job->state = (erpsync_job_peek(job) == '}') ? ERPSYNC_JOB_NEXT
                                                    : ERPSYNC_JOB_MEMBER;
        return ERPSYNC_OK;

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


static int
erpsync_job_member(erpsync_registry_job_t *job)
{
    int      rc;
    json_t  *name;

    if (erpsync_job_peek(job) != '"') {
        return erpsync_job_syntax(job, job->pos, "string expected");
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
    end = job->pos - 1;

    if (!erpsync_job_take(job, ':')) {
        return erpsync_job_syntax(job, job->pos, "':' expected");
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
    if (erpsync_job_peek(job) == -1) {
        return erpsync_job_syntax(job, job->pos, "unexpected end of file");
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
    int  rc;

    if (!erpsync_job_brief(job)) {
        rc = erpsync_job_read_app(job);

        if (rc != ERPSYNC_OK) {
            return rc;
        }
    }

    if (erpsync_job_take(job, ']')) {
        job->state = ERPSYNC_JOB_NEXT;

    } else if (!erpsync_job_take(job, ',')) {
        return erpsync_job_syntax(job, job->pos, "']' expected");
    }

    return ERPSYNC_OK;
}


/* Reads an app from the brief text; false: the file's own is to be read. */

static bool
erpsync_job_brief(erpsync_registry_job_t *job)
{
    size_t            passed;
    erpsync_brief_t  *brief;

    (void) erpsync_job_peek(job);

    brief = &job->brief;
    passed = job->pos - job->stands;       /* a comma, white space */

    if (passed < brief->len - brief->pos) {
        brief->pos += passed;
        job->stands = job->pos;

        if (erpsync_job_brief_app(job)) {
            return true;
        }
    }

    /* it may have ended in the midst of the app */

    erpsync_brief_fill(brief, erpsync_span(job->text.data + job->pos,
                                           job->text.len - job->pos));
    job->stands = job->pos;

    if (erpsync_job_brief_app(job)) {
        return true;
    }

    brief->len = 0;
    brief->pos = 0;

    return false;
}


static bool
erpsync_job_brief_app(erpsync_registry_job_t *job)
{
    int                   rc;
    size_t                first, last, end;
    json_t               *app;
    json_error_t          syntax;
    erpsync_brief_t      *brief;
    erpsync_registry_t   *registry, before;

    brief = &job->brief;

    app = json_loadb(brief->text + brief->pos, brief->len - brief->pos,
                     ERPSYNC_JOB_FLAGS, &syntax);
    if (app == NULL) {
        return false;
    }

    end = brief->pos + (size_t) syntax.position;
    first = brief->next;

    for (last = first; last < brief->n && brief->at[last] < end; last++) {
        /* void */
    }

    registry = job->reader.registry;
    before = *registry;

    job->reader.brief = brief;
    rc = erpsync_read_app(&job->reader, app);
    job->reader.brief = NULL;
    json_decref(app);

    if (rc == ERPSYNC_OK && brief->next == last) {
        brief->pos = end;
        job->pos += (size_t) syntax.position
                    + (last - first) * 2 * ERPSYNC_DIGEST_LEN;
        job->stands = job->pos;
        return true;
    }

    /* as if nothing had been read */

    registry->apps.n = before.apps.n;
    registry->tokens.n = before.tokens.n;
    registry->text.n = before.text.n;
    registry->tenants.n = before.tenants.n;
    registry->networks.n = before.networks.n;
    registry->connections.n = before.connections.n;
    job->reader.token = ERPSYNC_NOWHERE;
    erpsync_no_memory(job->reader.error);

    return false;
}


static int
erpsync_job_read_app(erpsync_registry_job_t *job)
{
    int      rc;
    json_t  *app;

    rc = erpsync_job_piece(job, &app);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    rc = erpsync_read_app(&job->reader, app);
    json_decref(app);

    return rc;
}


static int
erpsync_job_next(erpsync_registry_job_t *job)
{
    if (erpsync_job_take(job, ',')) {
        job->state = ERPSYNC_JOB_MEMBER;
        return ERPSYNC_OK;
    }

    if (!erpsync_job_take(job, '}')) {
        return erpsync_job_syntax(job, job->pos, "'}' expected");
    }

    if (erpsync_job_peek(job) != -1) {
        return erpsync_job_syntax(job, job->pos, "end of file expected");
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
        || erpsync_random(&job->seed, sizeof(uint64_t)) != ERPSYNC_OK
        || erpsync_registry_index(registry) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    job->mask = size - 1;
    job->state = ERPSYNC_JOB_IDS;

    return ERPSYNC_OK;
}


/* Enters an app's id; the seed keeps ids from being chosen to collide. */

static int
erpsync_job_id(erpsync_registry_job_t *job)
{
    size_t                     i, n, slot;
    uint32_t                  *ids;
    uint64_t                   hash;
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
    hash = job->seed;

    for (i = 0; i < id.len; i++) {
        hash = (hash ^ id.data[i]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
        hash += job->seed;
    }

    for (slot = hash & job->mask;
         ids[slot];
         slot = (slot + 1) & job->mask)
    {
        i = ids[slot] - 1;
        other = erpsync_app_id(registry, erpsync_registry_app(registry, i));

        if (erpsync_str_eq(other, id)) {
            return erpsync_invalid(&job->reader, "",
                                   "apps[%zu].id: is that of apps[%zu]",
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
    const erpsync_token_t  *tokens;

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
    first = n;

    while (first && tokens[first - 1].app == tokens[n].app) {
        first--;
    }

    return erpsync_invalid(&job->reader, "",
                           "apps[%zu].tokens[%zu].sha256: stands more than "
                           "once in the registry",
                           (size_t) tokens[n].app, n - first);
}


/* The next byte that is no white space, or -1 at the end. */

static int
erpsync_job_peek(erpsync_registry_job_t *job)
{
    uint8_t  c;

    for ( /* void */ ; job->pos < job->text.len; job->pos++) {
        c = job->text.data[job->pos];

        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
            return c;
        }
    }

    return -1;
}


static bool
erpsync_job_take(erpsync_registry_job_t *job, char c)
{
    if (erpsync_job_peek(job) != c) {
        return false;
    }

    job->pos++;

    return true;
}


static int
erpsync_job_piece(erpsync_registry_job_t *job, json_t **value)
{
    size_t        i, at;
    char         *quote;
    json_error_t  syntax;

    static const char *const  quotes[] = { " near '", " '\\", " escape '" };

    *value = NULL;

    if (erpsync_job_peek(job) == -1) {
        return erpsync_job_syntax(job, job->pos, "unexpected end of file");
    }

    *value = json_loadb((const char *) job->text.data + job->pos,
                        job->text.len - job->pos, ERPSYNC_JOB_FLAGS, &syntax);

    if (*value) {
        job->pos += (size_t) syntax.position;
        return ERPSYNC_OK;
    }

    if (syntax.text[0] == '\0') {
        return ERPSYNC_ERROR;       /* jansson is silent on want of memory */
    }

    /* the text quotes the input, in which a token could stand */

    for (i = 0; i < erpsync_nelts(quotes); i++) {
        quote = strstr(syntax.text, quotes[i]);

        if (quote) {
            *quote = '\0';
        }
    }

    at = (syntax.position > 0) ? (size_t) syntax.position - 1 : 0;

    return erpsync_job_syntax(job, job->pos + at, syntax.text);
}


static int
erpsync_job_syntax(erpsync_registry_job_t *job, size_t offset,
    const char *message)
{
    size_t  line, column;

    erpsync_error_place(job->text, offset, &line, &column);

    return erpsync_invalid(&job->reader, "", "line %zu, column %zu: %s",
                           line, column, message);
}
