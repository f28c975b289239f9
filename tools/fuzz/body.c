
/*
 * libFuzzer target: a body of any media type, for operations of each kind.
 *
 * The first two bytes choose media type, operation and settings; the rest is
 * the body.  For every input, memory is within its bound, the fast path and
 * the general path give the same result, jansson reads the canonical body, and
 * the gateway finds it canonical, too.
 */


#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "erpsync.h"
#include "general.h"


#define CHECK(condition)                                                      \
    do {                                                                      \
        if (!(condition)) {                                                   \
            (void) fprintf(stderr, "not so: %s\n", #condition);               \
            abort();                                                          \
        }                                                                     \
    } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static const char *const  names[] = {
    "TryConnectActor", "GetErpFieldValues", "ForceResync", "SaveConnection",
    "SaveErpConnectionSyncPriorities", "ChangeEngineStatus", "SyncAll",
    "ConnectActor", "SaveConnectionListMappings", "TestConnectionByConfig",
    "SaveActorTypeMapping"
};


static void
judge(erpsync_arena_t *arena, erpsync_media_t media,
    const erpsync_sink_conf_t *conf, erpsync_str_t input,
    erpsync_body_t *body)
{
    CHECK(erpsync_body(arena, media, conf, input, body) == ERPSYNC_OK);
    CHECK(arena->used <= 4 * input.len + 1024 * 1024);
    CHECK(!arena->failed);
    CHECK((body->nviolations > 0)
          == (body->reason == ERPSYNC_REASON_BODY_INVALID
              || body->reason == ERPSYNC_REASON_BODY_MALFORMED));
}


static void
check_canonical(erpsync_arena_t *arena, erpsync_sink_conf_t *conf,
    erpsync_str_t canonical)
{
    json_t          *value;
    erpsync_body_t   again;

    if (canonical.len == 0) {
        return;
    }

    value = json_loadb((const char *) canonical.data, canonical.len,
                       JSON_DECODE_ANY|JSON_REJECT_DUPLICATES, NULL);

    /* jansson takes no number beyond a double, which is no fault of ours */

    if (conf->operation->request
        && conf->unknown != ERPSYNC_UNKNOWN_PASS)
    {
        CHECK(value != NULL);
    }

    json_decref(value);

    judge(arena, ERPSYNC_MEDIA_JSON, conf, canonical, &again);
    CHECK(again.reason == ERPSYNC_REASON_OK);
    CHECK(erpsync_str_eq(again.canonical, canonical));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    erpsync_str_t        input;
    erpsync_body_t       body, general;
    erpsync_media_t      media;
    erpsync_arena_t      arena, other;
    erpsync_sink_conf_t  conf;

    if (size < 2) {
        return 0;
    }

    memset(&conf, 0, sizeof(conf));

    media = (erpsync_media_t) (ERPSYNC_MEDIA_JSON + data[0] % 5);
    conf.unknown = (erpsync_unknown_t) ((data[0] >> 4) % 3);
    conf.max_field_values = (data[0] & 0x80) ? 2 : 0;
    conf.operation = erpsync_operation_find(
                erpsync_span(names[data[1] % erpsync_nelts(names)],
                             strlen(names[data[1] % erpsync_nelts(names)])));
    conf.key = 0x5eed;

    input = erpsync_span(data + 2, size - 2);

    erpsync_arena_init(&arena);
    judge(&arena, media, &conf, input, &body);

    if (media == ERPSYNC_MEDIA_JSON || media == ERPSYNC_MEDIA_XML) {
        erpsync_arena_init(&other);
        unit_general = true;
        judge(&other, media, &conf, input, &general);
        unit_general = false;

        CHECK(body.reason == general.reason);
        CHECK(body.nviolations == general.nviolations);
        CHECK(erpsync_str_eq(body.canonical, general.canonical));
        erpsync_arena_destroy(&other);
    }

    if (body.reason == ERPSYNC_REASON_OK) {
        erpsync_arena_init(&other);
        check_canonical(&other, &conf, body.canonical);
        erpsync_arena_destroy(&other);
    }

    erpsync_arena_destroy(&arena);

    return 0;
}
