
/*
 * libFuzzer target: the counters as text.
 *
 * Lines of the input are the strings: names and ids, paths and errors of files.
 * The bytes in front of them choose numbers.  What must hold for whatever
 * comes: jansson reads the JSON, and finds the strings as they are, or with "?"
 * for what is not UTF-8; each line of the Prometheus text is as its format
 * says, and no series is there twice; the data in the page is the JSON, and
 * nothing that is written into the page can end an element or begin one.
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */


#define _GNU_SOURCE     /* strnlen() */

#include <jansson.h>

#include "fuzz.h"


enum { ID, NAME, PATH, ERROR, SERVER, TENANT, PLACE, STRINGS };


static int
compare(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}


static size_t
name(const char *s)
{
    return strspn(s, "abcdefghijklmnopqrstuvwxyz_");
}


/* Checks a line of a series, and cuts it off behind its labels. */

static void
check_series(char *line)
{
    char    *s, *end;
    size_t   n;

    n = name(line);
    CHECK(n > 0 && strncmp(line, "erpsync_", 8) == 0);
    s = line + n;

    if (*s == '{') {

        do {
            s++;
            n = name(s);
            CHECK(n > 0 && s[n] == '=' && s[n + 1] == '"');

            for (s += n + 2; *s != '"'; s++) {
                CHECK(*s != '\0');

                if (*s == '\\') {
                    s++;
                    CHECK(*s == '\\' || *s == '"' || *s == 'n');
                }
            }

            s++;

        } while (*s == ',');

        CHECK(*s == '}');
        s++;
    }

    CHECK(*s == ' ');
    *s++ = '\0';

    (void) strtod(s, &end);
    CHECK(end > s && *end == '\0');
    CHECK(strspn(s, "0123456789.") == strlen(s));
}


static void
check_prometheus(erpsync_str_t answer)
{
    char    *copy, *line, *end, **series, family[128];
    size_t   i, n, len;

    CHECK(answer.len && answer.data[answer.len - 1] == '\n');
    CHECK(memchr(answer.data, '\0', answer.len) == NULL);

    copy = malloc(answer.len + 1);
    series = malloc((answer.len + 1) * sizeof(char *));
    CHECK(copy != NULL && series != NULL);
    memcpy(copy, answer.data, answer.len);
    copy[answer.len] = '\0';

    n = 0;
    family[0] = '\0';

    for (line = copy; *line; line = end + 1) {
        end = strchr(line, '\n');
        *end = '\0';

        if (strncmp(line, "# HELP ", 7) == 0) {
            len = name(line + 7);
            CHECK(len > 0 && len < sizeof(family) && line[7 + len] == ' ');
            memcpy(family, line + 7, len);
            family[len] = '\0';
            continue;
        }

        len = strlen(family);

        if (strncmp(line, "# TYPE ", 7) == 0) {
            CHECK(strncmp(line + 7, family, len) == 0 && line[7 + len] == ' ');
            line += 8 + len;
            CHECK(strcmp(line, "counter") == 0 || strcmp(line, "gauge") == 0
                  || strcmp(line, "histogram") == 0);
            continue;
        }

        CHECK(len > 0 && strncmp(line, family, len) == 0);
        check_series(line);
        series[n++] = line;
    }

    qsort(series, n, sizeof(char *), compare);

    for (i = 1; i < n; i++) {
        CHECK(strcmp(series[i - 1], series[i]) != 0);
    }

    free(series);
    free(copy);
}


/* Returns whether "text" is "s", or "s" is not UTF-8 and nearly so. */

static bool
shows(const json_t *value, erpsync_str_t s)
{
    size_t       i;
    json_t      *utf8;
    const char  *text;

    utf8 = json_stringn((const char *) s.data, s.len);
    text = json_string_value(value);

    if (utf8) {
        i = json_equal(value, utf8);
        json_decref(utf8);
        return i;
    }

    for (i = 0; i < s.len; i++) {
        if (text[i] != ((s.data[i] < 0x80) ? (char) s.data[i] : '?')) {
            return false;
        }
    }

    return text[i] == '\0';
}


static json_t *
check_json(erpsync_str_t answer, const erpsync_metrics_t *m)
{
    json_t                        *root, *list, *value;
    const erpsync_metrics_app_t   *app;
    const erpsync_metrics_file_t  *file;

    root = json_loadb((const char *) answer.data, answer.len,
                      JSON_REJECT_DUPLICATES|JSON_DECODE_INT_AS_REAL, NULL);
    CHECK(json_is_object(root));

    file = &m->files[0];
    list = json_object_get(root, file->tenants ? "tenants" : "registries");
    CHECK(json_array_size(list) == 1);
    value = json_array_get(list, 0);
    CHECK(shows(json_object_get(value, "path"), file->path));

    value = json_object_get(value, "error");
    CHECK(json_is_null(value) == (file->error.len == 0));
    CHECK(file->error.len == 0
          || shows(json_object_get(value, "text"), file->error));

    app = &m->apps[0];
    value = json_array_get(json_object_get(root, "apps"), 0);
    CHECK(shows(json_object_get(value, "app"), app->id));
    CHECK(shows(json_object_get(value, "name"), app->name));

    value = json_array_get(json_object_get(value, "violations"), 0);
    CHECK(shows(json_object_get(value, "place"), app->faults[0].place));

    return root;
}


static void
check_page(erpsync_str_t page, const json_t *expected)
{
    json_t         *data;
    erpsync_str_t   s;

    static const erpsync_str_t  before = erpsync_string("<script>");
    static const erpsync_str_t  between = erpsync_string("</script><table>");
    static const erpsync_str_t  after = erpsync_string("</table>N");
    static const erpsync_str_t  row = erpsync_string("<tr><th scope=\"row\">");

    /* the data begins with the page, and ends where the first "<" is */

    CHECK(page.len > before.len
          && memcmp(page.data, before.data, before.len) == 0);
    s.data = page.data + before.len;
    s.len = 0;

    while (s.data[s.len] != '<') {
        s.len++;
        CHECK(before.len + s.len < page.len);
    }

    data = json_loadb((const char *) s.data, s.len,
                      JSON_DECODE_INT_AS_REAL, NULL);
    CHECK(data && json_equal(data, expected));
    json_decref(data);

    s.data += s.len;
    s.len = page.len - (size_t) (s.data - page.data);
    CHECK(s.len > between.len + row.len + after.len);
    CHECK(memcmp(s.data, between.data, between.len) == 0);
    CHECK(memcmp(s.data + between.len, row.data, row.len) == 0);
    CHECK(memcmp(s.data + s.len - after.len, after.data, after.len) == 0);
}


static int64_t
fuzz_time(fuzz_t *fuzz)
{
    return (int64_t) (fuzz_number(fuzz) >> 2);
}


static void
fill(fuzz_t *fuzz, erpsync_metrics_t *m)
{
    size_t                   i;
    erpsync_metrics_app_t   *app;
    erpsync_metrics_file_t  *file;

    m->now = 1000000000 + fuzz_time(fuzz);
    m->since = fuzz_time(fuzz);

    for (i = fuzz_any(fuzz, 8); i; i--) {
        m->requests[fuzz_any(fuzz, ERPSYNC_METRICS_OPERATIONS)]
                   [fuzz_any(fuzz, ERPSYNC_DECISIONS)]
                   [fuzz_any(fuzz, ERPSYNC_REASON_COUNT)] = fuzz_number(fuzz);
        m->gate.buckets[fuzz_any(fuzz, ERPSYNC_METRICS_BUCKETS)]
            = fuzz_number(fuzz) >> 8;
        m->minutes[fuzz_any(fuzz, ERPSYNC_METRICS_MINUTES)]
            .reasons[ERPSYNC_DECISION_DENY]
                    [fuzz_any(fuzz, ERPSYNC_REASON_COUNT)]
            = (uint32_t) fuzz_number(fuzz);
    }

    m->gate.sum = fuzz_number(fuzz);
    m->upstream.sum = fuzz_number(fuzz);
    m->moved = fuzz_number(fuzz);
    m->moved_last = fuzz_time(fuzz);
    m->unknown[fuzz_any(fuzz, ERPSYNC_METRICS_OPERATIONS)] = fuzz_number(fuzz);

    app = &m->apps[0];
    app->expires = fuzz_time(fuzz);
    app->total[fuzz_any(fuzz, ERPSYNC_DECISIONS)] = fuzz_number(fuzz);
    app->refused = fuzz_time(fuzz);
    app->reason = (erpsync_reason_t) fuzz_any(fuzz, ERPSYNC_REASON_COUNT);
    app->causes[0].decision = ERPSYNC_DECISION_DENY
                              + (erpsync_decision_t) fuzz_any(fuzz, 2);
    app->causes[0].reason = (erpsync_reason_t)
                            fuzz_any(fuzz, ERPSYNC_REASON_COUNT);
    app->causes[0].total = fuzz_number(fuzz);
    app->faults[0].count = fuzz_number(fuzz);

    file = &m->files[0];
    file->tenants = fuzz_any(fuzz, 2);
    file->loaded = fuzz_time(fuzz);
    file->reloads_failed = fuzz_number(fuzz);
    file->digest = fuzz_str(fuzz_any(fuzz, 2) ? "0123456789ab" : "");
    m->expiries[0].expires = fuzz_time(fuzz);
}


static void
write_all(const erpsync_metrics_t *m)
{
    json_t           *root;
    erpsync_out_t     out;
    erpsync_str_t     page;
    erpsync_arena_t   arena;

    erpsync_arena_init(&arena);

    CHECK(erpsync_out_init(&out, &arena, 64) == ERPSYNC_OK);
    CHECK(erpsync_metrics_prometheus(&out, m) == ERPSYNC_OK);
    check_prometheus(erpsync_span(out.start, erpsync_out_len(&out)));

    CHECK(erpsync_out_init(&out, &arena, 64) == ERPSYNC_OK);
    CHECK(erpsync_metrics_json(&out, m) == ERPSYNC_OK);
    root = check_json(erpsync_span(out.start, erpsync_out_len(&out)), m);

    page = fuzz_str("<script>@DATA@</script><table>@SUMMARY@</table>@NONCE@");
    CHECK(erpsync_out_init(&out, &arena, 64) == ERPSYNC_OK);
    CHECK(erpsync_metrics_html(&out, m, page, fuzz_str("N")) == ERPSYNC_OK);
    check_page(erpsync_span(out.start, erpsync_out_len(&out)), root);

    json_decref(root);
    erpsync_arena_destroy(&arena);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                     i;
    fuzz_t                     fuzz;
    erpsync_str_t              strings[STRINGS];
    erpsync_metrics_app_t      app;
    erpsync_metrics_file_t     file;
    erpsync_metrics_cause_t    cause;
    erpsync_metrics_fault_t    fault;
    erpsync_metrics_expiry_t   expiry;

    static erpsync_metrics_t   m;

    fuzz = fuzz_start(data, size);

    for (i = 0; i < STRINGS; i++) {
        strings[i] = fuzz_line(&fuzz);
        strings[i].len = strnlen((const char *) strings[i].data,
                                 strings[i].len);
    }

    memset(&m, 0, sizeof(m));
    memset(&app, 0, sizeof(app));
    memset(&cause, 0, sizeof(cause));
    memset(&file, 0, sizeof(file));
    memset(&expiry, 0, sizeof(expiry));
    memset(&fault, 0, sizeof(fault));

    /* an app has an id, and none of these two */

    app.id = strings[ID].len && strings[ID].data[0] != '(' ? strings[ID]
                                                           : fuzz_str("a");
    app.name = strings[NAME];
    app.ncauses = 1;
    app.causes = &cause;
    app.nfaults = 1;
    app.faults = &fault;
    fault.place = strings[PLACE];
    m.napps = 1;
    m.apps = &app;
    m.other.id = fuzz_str("(other)");
    m.no_app.id = fuzz_str("(none)");

    expiry.id = app.id;
    expiry.name = strings[NAME];
    m.nexpiries = 1;
    m.expiries = &expiry;

    file.path = strings[PATH];
    file.error = strings[ERROR];
    m.nfiles = 1;
    m.files = &file;

    m.server = strings[SERVER];
    m.moved_tenant = strings[TENANT];

    fill(&fuzz, &m);
    write_all(&m);

    for (i = 0; i < STRINGS; i++) {
        fuzz_free(strings[i]);
    }

    return 0;
}
