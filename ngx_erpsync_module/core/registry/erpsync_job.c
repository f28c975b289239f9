
#include <stdio.h>
#include <stdlib.h>

#include "erpsync_error.h"
#include "erpsync_registry_reader.h"


/*
 * Reads the outermost object of a file, {"version": 1, "apps": [ ... ]} or
 * {"version": 1, "tenants": { ... }}.  Each app or tenant becomes a tree of
 * its own, which is freed before the next.  A tree of the whole file would
 * take ten times its size, and could not be made in steps.
 */


#define ERPSYNC_JOB_WORK  64     /* bytes that a step without text counts as */

typedef enum {
    ERPSYNC_JOB_BEGIN,
    ERPSYNC_JOB_MEMBER,      /* before a name */
    ERPSYNC_JOB_ENTRY,       /* before an entry */
    ERPSYNC_JOB_NEXT,        /* after a member */
    ERPSYNC_JOB_COMPLETE,    /* after the text */
    ERPSYNC_JOB_DONE,
    ERPSYNC_JOB_FAILED
} erpsync_job_state_t;


struct erpsync_job_s {
    const erpsync_kind_t  *kind;
    void                  *snapshot;
    erpsync_reader_t       reader;
    erpsync_tree_t         tree;
    erpsync_job_state_t    state;
    bool                   version;
    bool                   member;
    bool                   entries;
};


static int erpsync_job_advance(erpsync_job_t *job);
static int erpsync_job_open(erpsync_job_t *job);
static int erpsync_job_member(erpsync_job_t *job);
static int erpsync_job_name(erpsync_job_t *job, json_t *name);
static int erpsync_job_entries(erpsync_job_t *job);
static int erpsync_job_entry(erpsync_job_t *job);
static int erpsync_job_entry_name(erpsync_job_t *job, json_t **name);
static int erpsync_job_entry_value(erpsync_job_t *job, const char *name);
static int erpsync_job_next(erpsync_job_t *job);
static bool erpsync_job_take(erpsync_job_t *job, char c);
static int erpsync_job_piece(erpsync_job_t *job, json_t **value);
static int erpsync_job_syntax(erpsync_job_t *job, size_t offset,
    const char *message);


const char *
erpsync_kind_name(const erpsync_kind_t *kind)
{
    return kind->name;
}


const char *
erpsync_kind_entries(const erpsync_kind_t *kind)
{
    return kind->entries;
}


size_t
erpsync_kind_count(const erpsync_kind_t *kind, const void *snapshot)
{
    return kind->count(snapshot);
}


int64_t
erpsync_kind_sequence(const erpsync_kind_t *kind, const void *snapshot)
{
    return kind->sequence ? kind->sequence(snapshot) : ERPSYNC_NO_SEQUENCE;
}


void
erpsync_kind_digest(const erpsync_kind_t *kind, void *snapshot,
    const uint8_t digest[ERPSYNC_DIGEST_LEN])
{
    if (kind->digest) {
        kind->digest(snapshot, digest);
    }
}


erpsync_str_t
erpsync_kind_changes(const erpsync_kind_t *kind, const void *snapshot)
{
    return kind->changes ? kind->changes(snapshot) : erpsync_span(NULL, 0);
}


bool
erpsync_kind_dismantle(const erpsync_kind_t *kind, void *snapshot)
{
    return kind->dismantle(snapshot);
}


void
erpsync_kind_destroy(const erpsync_kind_t *kind, void *snapshot)
{
    while (snapshot && kind->dismantle(snapshot)) { /* void */ }
}


erpsync_str_t
erpsync_file_text(erpsync_str_t file)
{
    if (file.len >= 3 && memcmp(file.data, "\xef\xbb\xbf", 3) == 0) {
        file = erpsync_span(file.data + 3, file.len - 3);
    }

    return file;
}


erpsync_job_t *
erpsync_job_begin(const erpsync_kind_t *kind, erpsync_str_t text,
    char error[ERPSYNC_FILE_ERROR_LEN])
{
    erpsync_job_t  *job;

    /* if any allocation fails; another error replaces it */

    (void) snprintf(error, ERPSYNC_FILE_ERROR_LEN, "no memory");

    job = calloc(1, sizeof(erpsync_job_t));
    if (job == NULL) {
        return NULL;
    }

    job->kind = kind;
    job->tree.text = erpsync_file_text(text);
    job->reader.error = error;
    job->reader.app = ERPSYNC_NOWHERE;
    job->reader.token = ERPSYNC_NOWHERE;
    job->reader.least = ERPSYNC_NO_SEQUENCE;
    job->snapshot = kind->create(&job->reader);

    if (job->snapshot == NULL) {
        free(job);
        return NULL;
    }

    if (text.len > ERPSYNC_FILE_MAX) {
        (void) erpsync_invalid(&job->reader, "", ERPSYNC_TOO_LARGE);
        job->state = ERPSYNC_JOB_FAILED;
    }

    return job;
}


void
erpsync_job_compare(erpsync_job_t *job, const void *former, int64_t least)
{
    job->reader.former = former;
    job->reader.least = least;
}


bool
erpsync_job_step(erpsync_job_t *job, size_t work)
{
    size_t  start, spent;

    for (spent = 0; spent < work && job->state < ERPSYNC_JOB_DONE; ) {
        start = job->tree.pos;

        if (erpsync_job_advance(job) != ERPSYNC_OK) {
            job->state = ERPSYNC_JOB_FAILED;
        }

        spent += (job->tree.pos > start) ? job->tree.pos - start
                                         : ERPSYNC_JOB_WORK;
    }

    return job->state < ERPSYNC_JOB_DONE;
}


void *
erpsync_job_end(erpsync_job_t *job)
{
    void  *snapshot;

    snapshot = job->snapshot;

    if (job->state == ERPSYNC_JOB_DONE) {
        job->reader.error[0] = '\0';

    } else {
        erpsync_kind_destroy(job->kind, snapshot);
        snapshot = NULL;
    }

    erpsync_changes_destroy(job->reader.changes);
    (void) erpsync_vec_free(&job->reader.ids, sizeof(uint32_t), false);
    (void) erpsync_vec_free(&job->tree.scratch, 1, false);
    free(job);

    return snapshot;
}


void *
erpsync_job_run(const erpsync_kind_t *kind, erpsync_str_t text,
    char error[ERPSYNC_FILE_ERROR_LEN])
{
    erpsync_job_t  *job;

    job = erpsync_job_begin(kind, text, error);
    if (job == NULL) {
        return NULL;
    }

    while (erpsync_job_step(job, SIZE_MAX)) { /* void */ }

    return erpsync_job_end(job);
}


static int
erpsync_job_advance(erpsync_job_t *job)
{
    int  rc;

    switch (job->state) {

    case ERPSYNC_JOB_BEGIN:
        return erpsync_job_open(job);

    case ERPSYNC_JOB_MEMBER:
        return erpsync_job_member(job);

    case ERPSYNC_JOB_ENTRY:
        return erpsync_job_entry(job);

    case ERPSYNC_JOB_NEXT:
        return erpsync_job_next(job);

    default:  /* ERPSYNC_JOB_COMPLETE */

        rc = job->kind->complete(&job->reader);

        if (rc == ERPSYNC_COMPLETE) {
            job->state = ERPSYNC_JOB_DONE;
            rc = ERPSYNC_OK;
        }

        return rc;
    }
}


/* UTF-16 and UTF-32 without a byte order mark are detected by their zeros. */

static int
erpsync_job_open(erpsync_job_t *job)
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
erpsync_job_member(erpsync_job_t *job)
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
erpsync_job_name(erpsync_job_t *job, json_t *name)
{
    int          rc;
    bool        *seen;
    size_t       end;
    json_t      *value;
    const char  *s;

    s = json_string_value(name);
    end = job->tree.pos - 1;

    if (!erpsync_job_take(job, ':')) {
        return erpsync_job_syntax(job, job->tree.pos, "':' expected");
    }

    if (strcmp(s, job->kind->entries) == 0) {
        return job->entries
               ? erpsync_job_syntax(job, end, "duplicate object key")
               : erpsync_job_entries(job);
    }

    if (strcmp(s, "version") == 0) {
        seen = &job->version;

    } else if (job->kind->member && strcmp(s, job->kind->member) == 0) {
        seen = &job->member;

    } else {
        return erpsync_invalid_member(&job->reader, s);
    }

    if (*seen) {
        return erpsync_job_syntax(job, end, "duplicate object key");
    }

    rc = erpsync_job_piece(job, &value);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    if (seen == &job->member) {
        rc = job->kind->read(&job->reader, value, job->kind->member);

    } else if (!json_is_integer(value) || json_integer_value(value) != 1) {
        rc = erpsync_invalid(&job->reader, "version", "must be 1");
    }

    json_decref(value);
    *seen = true;
    job->state = ERPSYNC_JOB_NEXT;

    return rc;
}


static int
erpsync_job_entries(erpsync_job_t *job)
{
    if (erpsync_tree_peek(&job->tree) == -1) {
        return erpsync_job_syntax(job, job->tree.pos, "unexpected end of file");
    }

    if (!erpsync_job_take(job, job->kind->check ? '{' : '[')) {
        return erpsync_invalid(&job->reader, job->kind->entries,
                               job->kind->check ? "must be an object"
                                                : "must be an array");
    }

    job->entries = true;
    job->state = erpsync_job_take(job, job->kind->check ? '}' : ']')
                 ? ERPSYNC_JOB_NEXT : ERPSYNC_JOB_ENTRY;

    return ERPSYNC_OK;
}


static int
erpsync_job_entry(erpsync_job_t *job)
{
    int      rc;
    json_t  *name;

    name = NULL;
    rc = job->kind->check ? erpsync_job_entry_name(job, &name) : ERPSYNC_OK;

    if (rc == ERPSYNC_OK) {
        rc = erpsync_job_entry_value(job, json_string_value(name));
    }

    json_decref(name);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    if (erpsync_job_take(job, job->kind->check ? '}' : ']')) {
        job->state = ERPSYNC_JOB_NEXT;

    } else if (!erpsync_job_take(job, ',')) {
        return erpsync_job_syntax(job, job->tree.pos,
                                  job->kind->check ? "'}' expected"
                                                   : "']' expected");
    }

    return ERPSYNC_OK;
}


static int
erpsync_job_entry_name(erpsync_job_t *job, json_t **name)
{
    int          rc;
    size_t       start;
    const char  *message;

    if (erpsync_tree_peek(&job->tree) != '"') {
        return erpsync_job_syntax(job, job->tree.pos, "string expected");
    }

    start = job->tree.pos;
    rc = erpsync_job_piece(job, name);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    message = job->kind->check(json_string_value(*name));

    if (message) {
        return erpsync_job_syntax(job, start, message);
    }

    return erpsync_job_take(job, ':')
           ? ERPSYNC_OK
           : erpsync_job_syntax(job, job->tree.pos, "':' expected");
}


static int
erpsync_job_entry_value(erpsync_job_t *job, const char *name)
{
    int      rc;
    json_t  *value;

    rc = erpsync_job_piece(job, &value);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    rc = job->kind->entry(&job->reader, name, value);
    json_decref(value);

    return rc;
}


static int
erpsync_job_next(erpsync_job_t *job)
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

    if (!job->entries) {
        return erpsync_invalid(&job->reader, job->kind->entries,
                               "is required");
    }

    job->state = ERPSYNC_JOB_COMPLETE;

    return ERPSYNC_OK;
}


static bool
erpsync_job_take(erpsync_job_t *job, char c)
{
    if (erpsync_tree_peek(&job->tree) != c) {
        return false;
    }

    job->tree.pos++;

    return true;
}


static int
erpsync_job_piece(erpsync_job_t *job, json_t **value)
{
    int  rc;

    rc = erpsync_tree_read(&job->tree, value);

    return (rc == ERPSYNC_INVALID)
           ? erpsync_job_syntax(job, job->tree.pos, job->tree.message) : rc;
}


static int
erpsync_job_syntax(erpsync_job_t *job, size_t offset,
    const char *message)
{
    size_t  line, column;

    erpsync_error_place(job->tree.text, offset, &line, &column);

    return erpsync_invalid(&job->reader, "", "line %zu, column %zu: %s",
                           line, column, message);
}
