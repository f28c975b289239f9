
/*
 * libFuzzer target: JSON Patches, and the same by RFC 6902 on jansson.
 *
 * The bytes choose operations, paths and values, so that most of them lead
 * somewhere; see t/unit/patch_model.h.  What must hold: both come to the same
 * document, or the same operation fails.
 */


#define _POSIX_C_SOURCE  200809L

#include "fuzz.h"
#include "patch_model.h"


#define MAX_OPS  40


static fuzz_t    fuzz;
static uint32_t  seed;


/* When the bytes are used up, any number will do, but always the same. */

static unsigned
any(unsigned n)
{
    if (fuzz.pos != fuzz.last) {
        return *fuzz.pos++ % n;
    }

    seed = seed * 1664525 + 1013904223;

    return (seed >> 16) % n;
}


static void
check(erpsync_str_t text, const json_t *doc, size_t failed, bool good)
{
    char                  expected[32];
    json_t               *got;
    erpsync_str_t         path;
    erpsync_body_t        body;
    erpsync_arena_t       arena;
    erpsync_sink_conf_t   conf;

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(erpsync_span("SyncAll", 7));
    conf.key = 0x5eed;

    erpsync_arena_init(&arena);
    CHECK(erpsync_body(&arena, ERPSYNC_MEDIA_JSON_PATCH, &conf, text, &body)
          == ERPSYNC_OK);

    if (good) {
        CHECK(body.reason == ERPSYNC_REASON_OK);
        got = json_loadb((const char *) body.canonical.data,
                         body.canonical.len,
                         JSON_DECODE_ANY|JSON_REJECT_DUPLICATES, NULL);
        CHECK(got && json_equal(got, doc));
        json_decref(got);

    } else {
        (void) snprintf(expected, sizeof(expected), "/%zu/", failed);

        CHECK(body.reason == ERPSYNC_REASON_BODY_INVALID);
        CHECK(body.nviolations == 1);
        path = body.violations[0].path;
        CHECK(path.len > strlen(expected)
              && memcmp(path.data, expected, strlen(expected)) == 0);
    }

    erpsync_arena_destroy(&arena);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char    *text;
    bool     good;
    size_t   n;
    json_t  *patch, *doc;

    fuzz = fuzz_start(data, size);
    seed = 20260101;

    patch = json_array();
    doc = json_object();
    good = true;

    for (n = any(MAX_OPS); n && good && height(doc) <= 20; n--) {
        good = step(patch, &doc);
    }

    text = json_dumps(patch, JSON_COMPACT|(any(2) ? JSON_SORT_KEYS : 0));
    CHECK(text != NULL);
    check(fuzz_str(text), doc, json_array_size(patch) - 1, good);

    free(text);
    json_decref(patch);
    json_decref(doc);

    return 0;
}
