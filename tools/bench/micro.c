
/*
 * The core alone, without nginx: bodies beside parsers of JSON and XML,
 * tokens, heads.
 *
 *   micro [-n samples] DIR     reads the bodies that bodies.cjs wrote there
 *
 * All cases are measured in turn, sample by sample, in CPU time of the thread:
 * what slows down the machine meets all of them.  Prints one line a case:
 * name, bytes, best and median nanoseconds, MB/s of the best, and its speed
 * relative to its base, by the best times of both.  The base of JSON is
 * simdjson's DOM of the same text; that of XML and forms is the core with the
 * JSON of 4 KB.
 *
 * A file may have several bodies, each with NUL behind it: they are judged in
 * turn, and "bytes" is their average.
 *
 * Memory is as in nginx: what is small comes from a block that is reset after
 * each round, what is large from malloc() and goes back to it.
 */

#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <expat.h>
#include <jansson.h>

#if (HAVE_YYJSON)
#include <yyjson.h>
#endif

#include "erpsync.h"
#include "simdjson_c.h"


#define POOL_SIZE     4096
#define POOL_LARGE    64
#define MAX_CASES     64
#define MAX_SAMPLES   1000
#define SAMPLE_NSEC   2000000
#define MAX_FILES     16
#define MAX_INPUTS    512    /* of a file */

#define TOKEN         "qw123f4c56770bc278017796cd16bd11"


typedef struct {
    uint8_t               *block;
    size_t                 used;
    size_t                 nlarge;
    void                  *large[POOL_LARGE];
} pool_t;


/* The bodies of a file */

typedef struct {
    uint8_t               *text;
    size_t                 n;
    size_t                 bytes;        /* of one, on average */
    erpsync_str_t          input[MAX_INPUTS];
} bodies_t;


typedef struct {
    pool_t                      pool;
    erpsync_str_t               input;
    const bodies_t             *bodies;
    erpsync_media_t             media;
    erpsync_policy_t            policy;
    const erpsync_operation_t  *operation;  /* found with the head */
    erpsync_registry_t         *registry;
    erpsync_digester_t         *digester;
    erpsync_memo_t              last;       /* the token of the last call */
    erpsync_memo_t             *memo;       /* NULL: not to be remembered */
    const char                 *failure;
} bench_t;


typedef void (*run_pt)(bench_t *bench);


typedef struct {
    char                   name[64];
    run_pt                 run;
    const bodies_t        *bodies;
    erpsync_media_t        media;
    size_t                 base;         /* an index; its own: none */
    size_t                 rounds;       /* that fill a sample */
    double                 times[MAX_SAMPLES];
} case_t;


static size_t    ncases;
static case_t    cases[MAX_CASES];
static size_t    nfiles;
static bodies_t  files[MAX_FILES];
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

    conf.operation = bench->operation;
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
run_dom(bench_t *bench)
{
    if (!bench_simdjson_dom(bench->input.data, bench->input.len)) {
        bench->failure = "simdjson does not read a body";
    }
}


static void
run_demand(bench_t *bench)
{
    bool  camel;

    camel = memmem(bench->input.data, bench->input.len, "erpConnectionId", 15)
            != NULL;

    if (!bench_simdjson_demand(bench->input.data, bench->input.len, camel)) {
        bench->failure = "simdjson does not find a member";
    }
}


static void
run_minify(bench_t *bench)
{
    uint8_t  *out;

    out = pool_alloc(&bench->pool, bench->input.len + BENCH_SIMDJSON_PADDING);

    if (!bench_simdjson_minify(bench->input.data, bench->input.len, out)) {
        bench->failure = "simdjson does not minify a body";
    }

    pool_reset(&bench->pool);
}


#if (HAVE_YYJSON)

static void
run_yyjson(bench_t *bench)
{
    yyjson_doc  *doc;

    doc = yyjson_read((const char *) bench->input.data, bench->input.len, 0);

    if (doc == NULL) {
        bench->failure = "yyjson does not read a body";
    }

    yyjson_doc_free(doc);
}

#endif


static void XMLCALL
ignore_element(void *data, const XML_Char *name, const XML_Char **attributes)
{
    (void) data;
    (void) name;
    (void) attributes;
}


static void XMLCALL
ignore_end(void *data, const XML_Char *name)
{
    (void) data;
    (void) name;
}


static void XMLCALL
ignore_text(void *data, const XML_Char *text, int len)
{
    (void) data;
    (void) text;
    (void) len;
}


static void
run_expat(bench_t *bench)
{
    XML_Parser  parser;

    parser = XML_ParserCreate("UTF-8");
    if (parser == NULL) {
        die("no memory");
    }

    XML_SetElementHandler(parser, ignore_element, ignore_end);
    XML_SetCharacterDataHandler(parser, ignore_text);

    if (XML_Parse(parser, (const char *) bench->input.data,
                  (int) bench->input.len, 1)
        != XML_STATUS_OK)
    {
        bench->failure = "expat does not read a body";
    }

    XML_ParserFree(parser);
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
    erpsync_proof_t  proof = { erpsync_string(TOKEN), NULL, bench->memo };

    if (erpsync_gate_claim(bench->registry, bench->digester, &proof, &claim)
        != ERPSYNC_OK || claim.reason != ERPSYNC_REASON_OK)
    {
        bench->failure = "the token is not found";
    }
}


/* The same as in a further call of a connection. */

static void
run_token_again(bench_t *bench)
{
    bench->memo = &bench->last;
    run_token(bench);
    bench->memo = NULL;
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
    request.memo = bench->memo;
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


static void
run_head_again(bench_t *bench)
{
    bench->memo = &bench->last;
    run_head(bench);
    bench->memo = NULL;
}


/* Measuring */

static double
now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return (double) ts.tv_sec * 1e9 + (double) ts.tv_nsec;
}


static int
compare(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


/* Adds a case and returns its index. */

static size_t
add(const char *what, const char *input, run_pt run, const bench_t *bench,
    size_t base)
{
    case_t  *c;

    if (ncases == MAX_CASES) {
        die("too many cases");
    }

    c = &cases[ncases];

    (void) snprintf(c->name, sizeof(c->name), "%s%s%s", what,
                    *input ? " " : "", input);
    c->run = run;
    c->bodies = bench->bodies;
    c->media = bench->media;
    c->base = base;

    return ncases++;
}


/* Returns the nanoseconds that a case takes for its rounds. */

static double
run_rounds(bench_t *bench, const case_t *c)
{
    double  start;
    size_t  i;

    bench->media = c->media;
    bench->failure = NULL;

    start = now();

    for (i = 0; i < c->rounds; i++) {
        bench->input = c->bodies->input[i % c->bodies->n];
        c->run(bench);
    }

    if (bench->failure) {
        (void) fprintf(stderr, "%s: ", c->name);
        die(bench->failure);
    }

    return now() - start;
}


static void
measure(bench_t *bench)
{
    case_t    *c;
    unsigned   n;

    for (c = cases; c < cases + ncases; c++) {
        c->rounds = c->bodies->n;

        while (run_rounds(bench, c) < SAMPLE_NSEC / 2.0) {
            c->rounds *= 2;
        }
    }

    for (n = 0; n < samples; n++) {
        for (c = cases; c < cases + ncases; c++) {

            /* of the sample before, caches have its end at best */

            if (c->rounds > 1) {
                bench->input = c->bodies->input[0];
                c->run(bench);
            }

            c->times[n] = run_rounds(bench, c) / (double) c->rounds;
        }
    }
}


static void
print(void)
{
    char     ratio[16];
    double   best;
    case_t  *c;

    for (c = cases; c < cases + ncases; c++) {
        qsort(c->times, samples, sizeof(double), compare);
    }

    (void) printf("%-34s %8s %11s %11s %9s %7s\n", "case", "bytes",
                  "best ns", "median ns", "MB/s", "speed");

    for (c = cases; c < cases + ncases; c++) {
        best = c->times[0];
        ratio[0] = '-';
        ratio[1] = '\0';

        if (c->bodies->bytes) {
            (void) snprintf(ratio, sizeof(ratio), "%.3f",
                            cases[c->base].times[0] / best);
        }

        (void) printf("%-34s %8zu %11.1f %11.1f %9.1f %7s\n", c->name,
                      c->bodies->bytes, best, c->times[samples / 2],
                      (double) c->bodies->bytes * 1e3 / best, ratio);
    }
}


/* Reads a file, and finds the bodies in it. */

static const bodies_t *
read_bodies(const char *dir, const char *name)
{
    char      path[4096];
    long      size;
    FILE     *file;
    uint8_t  *p, *end;
    bodies_t  *bodies;

    if (nfiles == MAX_FILES) {
        die("too many files");
    }

    bodies = &files[nfiles++];

    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);

    file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0
        || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0)
    {
        perror(path);
        exit(1);
    }

    /* behind the last body, there is a NUL in any case */

    p = calloc(1, (size_t) size + BENCH_SIMDJSON_PADDING);
    if (p == NULL || fread(p, 1, (size_t) size, file) != (size_t) size) {
        perror(path);
        exit(1);
    }

    (void) fclose(file);

    bodies->text = p;
    end = p + size;

    while (p < end) {

        if (bodies->n == MAX_INPUTS) {
            die("too many bodies");
        }

        bodies->input[bodies->n] = erpsync_span(p, strlen((char *) p));
        bodies->bytes += bodies->input[bodies->n].len;

        p += bodies->input[bodies->n++].len + 1;
    }

    bodies->bytes /= bodies->n;

    return bodies;
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

    bench->operation = erpsync_operation_find(
                       (erpsync_str_t) erpsync_string("TryConnectActor"));

    bench->policy.online = true;
    bench->policy.forward_app_token = true;
    bench->policy.schemes = ERPSYNC_SCHEME_SOTICKET|ERPSYNC_SCHEME_BEARER
                            |ERPSYNC_SCHEME_XSRF;
    bench->policy.app_token = ERPSYNC_APP_TOKEN_REQUIRED;
}


static void
add_json(bench_t *bench, const char *name)
{
    size_t  base;

    base = add("simdjson DOM", name, run_dom, bench, ncases);
    (void) add("body", name, run_body, bench, base);
    (void) add("simdjson on demand", name, run_demand, bench, base);
    (void) add("simdjson minify", name, run_minify, bench, base);
#if (HAVE_YYJSON)
    (void) add("yyjson", name, run_yyjson, bench, base);
#endif

    if (strstr(name, "canonical") == NULL) {
        (void) add("jansson", name, run_jansson_load, bench, base);
        (void) add("jansson+dump", name, run_jansson_dump, bench, base);
        (void) add("memcpy", name, run_copy, bench, base);
    }
}


static void
add_bodies(bench_t *bench, const char *dir)
{
    size_t  i, base;

    static const bodies_t     none = { .n = 1 };   /* for what reads none */
    static const char *const  json[] = {
        "sample.json", "4k.json", "48k.json", "1m.json", "4k-various.json",
        "4k-canonical.json", "48k-canonical.json", "1m-canonical.json"
    };

    static const struct {
        const char       *name;
        erpsync_media_t   media;
        const char       *base;
    } others[] = {
        { "4k.xml", ERPSYNC_MEDIA_XML, "body 4k.json" },
        { "4k.form", ERPSYNC_MEDIA_FORM, "body 4k.json" },
        { "4k-various.xml", ERPSYNC_MEDIA_XML, "body 4k-various.json" },
        { "4k-various.form", ERPSYNC_MEDIA_FORM, "body 4k-various.json" }
    };

    bench->media = ERPSYNC_MEDIA_JSON;

    for (i = 0; i < erpsync_nelts(json); i++) {
        bench->bodies = read_bodies(dir, json[i]);
        add_json(bench, json[i]);
    }

    for (i = 0; i < erpsync_nelts(others); i++) {

        for (base = 0; strcmp(cases[base].name, others[i].base) != 0; base++) {
            /* void */
        }

        bench->bodies = read_bodies(dir, others[i].name);
        bench->media = others[i].media;

        (void) add("body", others[i].name, run_body, bench, base);

        if (others[i].media == ERPSYNC_MEDIA_XML) {
            (void) add("expat", others[i].name, run_expat, bench, base);
        }
    }

    bench->bodies = &none;
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

    add_bodies(&bench, argv[i]);

    prepare_head(&bench);
    (void) add("first token", "", run_token, &bench, ncases);
    (void) add("token", "", run_token_again, &bench, ncases);
    (void) add("first head", "", run_head, &bench, ncases);
    (void) add("head", "", run_head_again, &bench, ncases);

    measure(&bench);
    print();

    while (nfiles) {
        free(files[--nfiles].text);
    }

    erpsync_registry_destroy(bench.registry);
    erpsync_digester_destroy(bench.digester);
    free(bench.pool.block);

    return 0;
}
