
/*
 * libFuzzer target: a request target.
 *
 * What must hold for whatever comes: nothing that is forwarded or passed
 * untouched is read as an operation or the SOAP twin that was not judged, by
 * decoders written apart from the core; nothing is refused as ambiguous for
 * nothing; nginx's reading is the same in both; memory is within its bound.
 */


#define _GNU_SOURCE     /* strtok_r(), strcasestr() */

#include "fuzz.h"
#include "readings.h"


static void
check(erpsync_arena_t *arena, const char *target, erpsync_str_t sent,
    erpsync_str_t uri)
{
    char             *failure;
    size_t            used;
    erpsync_route_t   route;

    used = arena->used;

    CHECK(erpsync_target(arena, sent, uri, &route, NULL) == ERPSYNC_OK);
    CHECK(route.kind != ERPSYNC_ROUTE_OPERATION || route.operation);
    CHECK(arena->used - used <= 3 * (sent.len + uri.len) + 16384);

    failure = readings_check(arena, target, uri, &route);

    if (failure) {
        (void) fprintf(stderr, "%s\n", failure);
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t            text, raw, nginx;
    erpsync_str_t     none;
    erpsync_arena_t   arena;
    erpsync_target_t  target;

    text = text_of(data, size);

    if (strlen(text.data) != size) {
        free(text.data);
        return 0;
    }

    erpsync_arena_init(&arena);

    CHECK(erpsync_target_parse(&arena, erpsync_span(text.data, size), &target)
          == ERPSYNC_OK);

    if (target.error == NULL) {
        raw = text_of(target.target.data, target.target.len);
        raw.len = strcspn(raw.data, "?#");
        raw.data[raw.len] = '\0';
        nginx = text_read(raw, READ_NGINX, true);

        CHECK(nginx.len == target.uri.len
              && memcmp(nginx.data, target.uri.data, nginx.len) == 0);

        check(&arena, (const char *) target.target.data, target.target,
              target.uri);

        free(nginx.data);
        free(raw.data);
    }

    /* any path, as after a rewrite */

    if (size && text.data[0] == '/') {
        none = erpsync_span(NULL, 0);
        check(&arena, "", none, erpsync_span(text.data, size));
    }

    erpsync_arena_destroy(&arena);
    free(text.data);

    return 0;
}
