/*
 * The gateway's judgement of bodies, for comparison: bodies on standard
 * input, what the gateway would forward on standard output.
 *
 *     OPERATION reject|strip|pass LENGTH CONTENT-TYPE\n  body
 *     REASON LENGTH\n  canonical body
 */


#include "erpsync.h"

#include <stdio.h>
#include <stdlib.h>


static bool gate_head(char *line, erpsync_sink_conf_t *conf,
    erpsync_media_t *media, size_t *len);
static void gate_judge(const erpsync_sink_conf_t *conf, erpsync_media_t media,
    erpsync_str_t input);


int
main(void)
{
    char                 line[512];
    size_t               len;
    uint8_t             *body;
    erpsync_media_t      media;
    erpsync_sink_conf_t  conf;

    while (fgets(line, sizeof(line), stdin)) {

        if (!gate_head(line, &conf, &media, &len)) {
            fprintf(stderr, "not the head of a frame: %s", line);
            return 1;
        }

        body = malloc(len + 1);

        if (body == NULL || fread(body, 1, len, stdin) != len) {
            fprintf(stderr, "the body is not all there\n");
            return 1;
        }

        gate_judge(&conf, media, erpsync_span(body, len));
        free(body);
    }

    return 0;
}


static bool
gate_head(char *line, erpsync_sink_conf_t *conf, erpsync_media_t *media,
    size_t *len)
{
    char  name[64], mode[16];
    int   used;

    if (sscanf(line, "%63s %15s %zu %n", name, mode, len, &used) != 3) {
        return false;
    }

    memset(conf, 0, sizeof(erpsync_sink_conf_t));
    conf->operation = erpsync_operation_find(erpsync_span(name,
                                                          strlen(name)));
    conf->unknown = (mode[0] == 'r') ? ERPSYNC_UNKNOWN_REJECT
                    : (mode[0] == 's') ? ERPSYNC_UNKNOWN_STRIP
                                       : ERPSYNC_UNKNOWN_PASS;
    conf->max_field_values = 1000;

    line += used;
    *media = erpsync_content_type(erpsync_span(line, strcspn(line, "\n")));

    return conf->operation != NULL;
}


static void
gate_judge(const erpsync_sink_conf_t *conf, erpsync_media_t media,
    erpsync_str_t input)
{
    erpsync_str_t    name;
    erpsync_body_t   body;
    erpsync_arena_t  arena;

    erpsync_arena_init(&arena);
    memset(&body, 0, sizeof(erpsync_body_t));

    if (media == ERPSYNC_MEDIA_UNSUPPORTED) {
        body.reason = ERPSYNC_REASON_CONTENT_TYPE_UNSUPPORTED;

    } else if (erpsync_body(&arena, media, conf, input, &body) != ERPSYNC_OK)
    {
        fprintf(stderr, "no memory\n");
        exit(1);
    }

    name = erpsync_reason_name(body.reason);
    printf("%.*s %zu\n", (int) name.len, (const char *) name.data,
           body.canonical.len);

    if (body.canonical.len) {
        fwrite(body.canonical.data, 1, body.canonical.len, stdout);
    }

    fflush(stdout);
    erpsync_arena_destroy(&arena);
}
