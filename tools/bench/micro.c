
/*
 * The core alone, without nginx: bodies beside jansson, tokens, heads.
 *
 *   micro [-n samples] DIR     reads the bodies that bodies.cjs wrote there
 *
 * Prints one line a case: name, bytes, best and median nanoseconds, MB/s of
 * the best.  Memory is as in nginx: what is small comes from a block that is
 * reset after each round, what is large from malloc() and goes back to it.
 */

#define _POSIX_C_SOURCE  200809L

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "erpsync.h"


#define POOL_SIZE     4096
#define POOL_LARGE    64
#define MAX_SAMPLES   1000
#define SAMPLE_NSEC   10000000

#define TOKEN         "qw123f4c56770bc278017796cd16bd11"


typedef struct {
    uint8_t               *block;
    size_t                 used;
    size_t                 nlarge;
    void                  *large[POOL_LARGE];
} pool_t;


typedef struct {
    pool_t                 pool;
    erpsync_str_t          input;
    erpsync_media_t        media;
    erpsync_policy_t       policy;
    erpsync_registry_t    *registry;
    erpsync_digester_t    *digester;
    const char            *failure;
} bench_t;


typedef void (*case_pt)(bench_t *bench);


static unsigned  samples = 25;


static void
die(const char *what)
{
    (void) fprintf(stderr, "micro: %s\n", what);
    exit(1);
}


/* The allocator, in the manner of ngx_palloc() */

static void *
pool_alloc(void *data, size_t size)
{
    void    *p;
    pool_t  *pool = data;

    size = (size + 15) & ~(size_t) 15;

    if (size < POOL_SIZE && size <= POOL_SIZE - pool->used) {
        p = pool->block + pool->used;
        pool->used += size;
        return p;
    }

    if (pool->nlarge == POOL_LARGE) {
        die("too many large allocations");
    }

    p = malloc(size);
    pool->large[pool->nlarge++] = p;

    return p;
}


static void
pool_reset(pool_t *pool)
{
    while (pool->nlarge) {
        free(pool->large[--pool->nlarge]);
    }

    pool->used = 0;
}


/* Cases: each does its work once */

static void
run_body(bench_t *bench)
{
    erpsync_body_t       body;
    erpsync_arena_t      arena;
    erpsync_sink_conf_t  conf = { 0 };

    conf.operation = erpsync_operation_find(
                     (erpsync_str_t) erpsync_string("TryConnectActor"));
    conf.unknown = ERPSYNC_UNKNOWN_REJECT;
    conf.key = 42;

    erpsync_arena_init_source(&arena, pool_alloc, &bench->pool);

    if (erpsync_body(&arena, bench->media, &conf, bench->input, &body)
        != ERPSYNC_OK || body.reason != ERPSYNC_REASON_OK)
    {
        bench->failure = "a body is refused";
    }

    pool_reset(&bench->pool);
}


static void
run_jansson_load(bench_t *bench)
{
    json_t  *json;

    json = json_loadb((const char *) bench->input.data, bench->input.len,
                      JSON_REJECT_DUPLICATES, NULL);
    if (json == NULL) {
        bench->failure = "jansson does not read a body";
    }

    json_decref(json);
}


static void
run_jansson_dump(bench_t *bench)
{
    char    *text;
    json_t  *json;

    json = json_loadb((const char *) bench->input.data, bench->input.len,
                      JSON_REJECT_DUPLICATES, NULL);
    text = json_dumps(json, JSON_COMPACT);

    if (text == NULL) {
        bench->failure = "jansson does not write a body";
    }

    free(text);
    json_decref(json);
}


static void
run_copy(bench_t *bench)
{
    void  *p;

    p = pool_alloc(&bench->pool, bench->input.len);
    if (p == NULL) {
        die("no memory");
    }

    memcpy(p, bench->input.data, bench->input.len);

    /* the compiler may not do without it */
    __asm__ volatile ("" : : "r" (p) : "memory");

    pool_reset(&bench->pool);
}


static void
run_token(bench_t *bench)
{
    erpsync_claim_t  claim;
    erpsync_proof_t  proof = { erpsync_string(TOKEN), NULL };

    if (erpsync_gate_claim(bench->registry, bench->digester, &proof, &claim)
        != ERPSYNC_OK || claim.reason != ERPSYNC_REASON_OK)
    {
        bench->failure = "the token is not found";
    }
}


static void
set_header(erpsync_request_t *request, erpsync_header_id_t id,
    const char *value)
{
    request->headers[id].value = erpsync_span(value, strlen(value));
    request->headers[id].count = 1;
}


static void
run_head(bench_t *bench)
{
    erpsync_str_t      path = erpsync_string("/Cust12345/api/v1/Agents/ErpSync"
                                             "/TryConnectActor");
    erpsync_arena_t    arena;
    erpsync_route_t    route;
    erpsync_request_t  request = { 0 };
    erpsync_verdict_t  verdict;

    static const erpsync_str_t  accept = erpsync_string("application/json");
    static const erpsync_str_t  accept_language =
                                          erpsync_string("nb-NO,nb;q=0.9");

    erpsync_arena_init_source(&arena, pool_alloc, &bench->pool);

    request.method = ERPSYNC_METHOD_POST;
    request.body = true;
    request.now = 1767225600;
    request.address = (erpsync_address_t) {
        .family = ERPSYNC_ADDRESS_INET, .bytes = { 127, 0, 0, 1 }
    };

    set_header(&request, ERPSYNC_HEADER_AUTHORIZATION,
               "Bearer 8A:Cust12345.AbCdEfGhIjKlMnOpQrStUvWxYz0123456789");
    set_header(&request, ERPSYNC_HEADER_APP_TOKEN, TOKEN);
    set_header(&request, ERPSYNC_HEADER_CONTENT_TYPE,
               "application/json; charset=utf-8");
    request.accept = erpsync_fields(&accept, 1);
    request.accept_language = erpsync_fields(&accept_language, 1);
    set_header(&request, ERPSYNC_HEADER_LANGUAGE, "nb-NO");
    set_header(&request, ERPSYNC_HEADER_CULTURE, "nb-NO");
    set_header(&request, ERPSYNC_HEADER_TIMEZONE, "NO,includeTZOffset");

    if (erpsync_target(&arena, path, path, &route, NULL) != ERPSYNC_OK
        || erpsync_gate_head(&arena, &bench->policy, bench->registry,
                             bench->digester, &route, &request, &verdict)
           != ERPSYNC_OK
        || verdict.reason != ERPSYNC_REASON_OK)
    {
        bench->failure = "the head is refused";
    }

    pool_reset(&bench->pool);
}


/* Measuring */

static double
now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec * 1e9 + (double) ts.tv_nsec;
}


static int
compare(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


static void
measure(bench_t *bench, const char *name, case_pt run)
{
    double    start, spent, times[MAX_SAMPLES];
    size_t    i, rounds;
    unsigned  n;

    bench->failure = NULL;

    /* as many rounds as fill a sample; also warms up */

    for (rounds = 1; /* void */ ; rounds *= 2) {
        start = now();

        for (i = 0; i < rounds; i++) {
            run(bench);
        }

        spent = now() - start;

        if (bench->failure) {
            (void) fprintf(stderr, "%s: ", name);
            die(bench->failure);
        }

        if (spent > SAMPLE_NSEC / 2.0) {
            break;
        }
    }

    for (n = 0; n < samples; n++) {
        start = now();

        for (i = 0; i < rounds; i++) {
            run(bench);
        }

        times[n] = (now() - start) / (double) rounds;
    }

    qsort(times, samples, sizeof(double), compare);

    (void) printf("%-32s %8zu %11.1f %11.1f %9.1f\n", name, bench->input.len,
                  times[0], times[samples / 2],
                  (double) bench->input.len * 1e3 / times[0]);
    (void) fflush(stdout);
}


static erpsync_str_t
read_file(const char *dir, const char *name)
{
    char     path[4096];
    long     size;
    FILE    *file;
    uint8_t  *text;

    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);

    file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0
        || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0)
    {
        perror(path);
        exit(1);
    }

    text = malloc((size_t) size + 1);
    if (text == NULL || fread(text, 1, (size_t) size, file) != (size_t) size) {
        perror(path);
        exit(1);
    }

    (void) fclose(file);

    return erpsync_span(text, (size_t) size);
}


static void
prepare_head(bench_t *bench)
{
    char           text[512], hex[2 * ERPSYNC_DIGEST_LEN + 1];
    char           error[ERPSYNC_REGISTRY_ERROR_LEN];
    size_t         i;
    uint8_t        digest[ERPSYNC_DIGEST_LEN];
    erpsync_str_t  token = erpsync_string(TOKEN);

    bench->digester = erpsync_digester_create();

    if (bench->digester == NULL
        || erpsync_digest(bench->digester, token, digest) != ERPSYNC_OK)
    {
        die("no SHA-256");
    }

    for (i = 0; i < ERPSYNC_DIGEST_LEN; i++) {
        (void) snprintf(&hex[2 * i], 3, "%02x", digest[i]);
    }

    (void) snprintf(text, sizeof(text),
                    "{\"version\":1,\"apps\":[{\"id\":\"acme-erp\","
                    "\"tokens\":[{\"sha256\":\"%s\"}],"
                    "\"agents\":[\"ErpSync\"],\"tenants\":[\"Cust12345\"],"
                    "\"addresses\":[\"127.0.0.0/8\"]}]}", hex);

    bench->registry = erpsync_registry_parse(erpsync_span(text, strlen(text)),
                                             error);
    if (bench->registry == NULL) {
        die(error);
    }

    bench->policy.online = true;
    bench->policy.forward_app_token = true;
    bench->policy.schemes = ERPSYNC_SCHEME_SOTICKET|ERPSYNC_SCHEME_BEARER
                            |ERPSYNC_SCHEME_XSRF;
    bench->policy.app_token = ERPSYNC_APP_TOKEN_REQUIRED;
}


static void
measure_bodies(bench_t *bench, const char *dir)
{
    char        name[64];
    size_t      i;
    static const struct {
        const char       *name;
        erpsync_media_t   media;
    } bodies[] = {
        { "sample.json", ERPSYNC_MEDIA_JSON },
        { "4k.json", ERPSYNC_MEDIA_JSON },
        { "48k.json", ERPSYNC_MEDIA_JSON },
        { "1m.json", ERPSYNC_MEDIA_JSON },
        { "4k-canonical.json", ERPSYNC_MEDIA_JSON },
        { "48k-canonical.json", ERPSYNC_MEDIA_JSON },
        { "1m-canonical.json", ERPSYNC_MEDIA_JSON },
        { "4k.xml", ERPSYNC_MEDIA_XML },
        { "4k.form", ERPSYNC_MEDIA_FORM }
    };

    for (i = 0; i < erpsync_nelts(bodies); i++) {
        bench->input = read_file(dir, bodies[i].name);
        bench->media = bodies[i].media;

        (void) snprintf(name, sizeof(name), "body %s", bodies[i].name);
        measure(bench, name, run_body);

        if (i < 4) {
            (void) snprintf(name, sizeof(name), "jansson %s", bodies[i].name);
            measure(bench, name, run_jansson_load);
            (void) snprintf(name, sizeof(name), "jansson+dump %s",
                            bodies[i].name);
            measure(bench, name, run_jansson_dump);
            (void) snprintf(name, sizeof(name), "memcpy %s", bodies[i].name);
            measure(bench, name, run_copy);
        }

        free((void *) bench->input.data);
    }

    bench->input = erpsync_span(NULL, 0);
}


int
main(int argc, char **argv)
{
    int             i;
    static bench_t  bench;

    for (i = 1; i + 1 < argc && strcmp(argv[i], "-n") == 0; i += 2) {
        samples = (unsigned) strtoul(argv[i + 1], NULL, 10);
    }

    if (i != argc - 1 || samples == 0 || samples > MAX_SAMPLES) {
        die("usage: micro [-n samples] DIR");
    }

    bench.pool.block = malloc(POOL_SIZE);
    if (bench.pool.block == NULL) {
        die("no memory");
    }

    (void) printf("%-32s %8s %11s %11s %9s\n", "case", "bytes", "best ns",
                  "median ns", "MB/s");

    measure_bodies(&bench, argv[i]);

    prepare_head(&bench);
    measure(&bench, "token", run_token);
    measure(&bench, "head", run_head);

    erpsync_registry_destroy(bench.registry);
    erpsync_digester_destroy(bench.digester);
    free(bench.pool.block);

    return 0;
}
