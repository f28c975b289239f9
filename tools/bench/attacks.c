
/*
 * How long the core takes for the bodies of t/unit/attacks.h, each made
 * 1 MB long if its unit is repeated.
 *
 *   attacks [NAME]             all, or those whose name contains NAME
 *
 * Prints one line a case: name, bytes, milliseconds of processor time (the
 * best of five), milliseconds for each MB, and the reason.  Exits with 1 if a
 * body takes more than 50 ms for each MB, or a shorter one more than 50 ms.
 */

#define _POSIX_C_SOURCE  200809L

#include <time.h>

#include "attacks.h"


#define BUFFER  (8 * MEGABYTE)
#define ROUNDS  5
#define LIMIT   50.0


static const char *const  media_names[] = {
    [ERPSYNC_MEDIA_JSON] = "json",
    [ERPSYNC_MEDIA_MERGE_PATCH] = "merge-patch",
    [ERPSYNC_MEDIA_JSON_PATCH] = "json-patch",
    [ERPSYNC_MEDIA_XML] = "xml",
    [ERPSYNC_MEDIA_FORM] = "form"
};


static double
now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (double) ts.tv_sec * 1e3 + (double) ts.tv_nsec / 1e6;
}


/* The body with as many units as come to 1 MB. */

static size_t
body_of_a_megabyte(const attack_t *a, char *buffer)
{
    size_t  n, len, one;

    if (a->n < 2) {
        return attack_body(a, a->n, buffer, BUFFER);
    }

    one = attack_body(a, 1, buffer, BUFFER);

    for (n = 2; n < MEGABYTE; n += n / 16 + 1) {
        len = attack_body(a, n, buffer, BUFFER);

        if (len >= MEGABYTE || len - one < n / 2) {
            break;
        }
    }

    return len;
}


static bool
measure(const attack_t *a, char *buffer)
{
    size_t               len;
    double               start, spent, best, each;
    unsigned             i;
    erpsync_body_t       body;
    erpsync_arena_t      arena;
    erpsync_sink_conf_t  conf;

    len = body_of_a_megabyte(a, buffer);
    best = 0;

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(
                           erpsync_span(a->operation, strlen(a->operation)));
    conf.unknown = a->unknown;
    conf.key = 0x5eed;

    for (i = 0; i < ROUNDS; i++) {
        erpsync_arena_init(&arena);
        start = now();

        if (erpsync_body(&arena, a->media, &conf, erpsync_span(buffer, len),
                         &body)
            != ERPSYNC_OK)
        {
            (void) fprintf(stderr, "attacks: %s: no memory\n", a->name);
            exit(2);
        }

        spent = now() - start;
        best = (i == 0 || spent < best) ? spent : best;
        erpsync_arena_destroy(&arena);
    }

    each = best / ((double) len / MEGABYTE);
    each = (len < MEGABYTE) ? best : each;

    (void) printf("%-11s %-38s %8zu %9.2f %9.2f%s  %.*s\n",
                  media_names[a->media], a->name, len, best,
                  best / ((double) len / MEGABYTE),
                  (each > LIMIT) ? " !" : "  ",
                  (int) erpsync_reason_name(body.reason).len,
                  (const char *) erpsync_reason_name(body.reason).data);

    return each <= LIMIT;
}


int
main(int argc, char **argv)
{
    int      rc;
    char    *buffer;
    size_t   i;

    buffer = malloc(BUFFER);
    if (buffer == NULL) {
        return 2;
    }

    rc = 0;

    (void) printf("%-11s %-38s %8s %9s %9s    %s\n", "media", "case",
                  "bytes", "ms", "ms/MB", "reason");

    for (i = 0; i < erpsync_nelts(attacks); i++) {
        if ((argc < 2 || strstr(attacks[i].name, argv[1]))
            && !measure(&attacks[i], buffer))
        {
            rc = 1;
        }
    }

    free(buffer);

    return rc;
}
