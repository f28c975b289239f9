
/*
 * Bodies that try to exhaust memory or time.  Each gets the right answer.
 *
 * None takes more memory than four times its size and 1 MB: the arena is on
 * malloc(), and the tests count what malloc(), calloc() and realloc() return.
 *
 * None takes more than STEPS for each byte, and STEPS_BASE.  The compiler adds
 * a counter to each basic block of the core; to these are added the bytes that
 * the C library and expat read.  Unlike time, the number of steps is the same
 * in each run.  "make attacks" measures time.
 */


#include <expat.h>
#include <malloc.h>
#include <stddef.h>

#include "attacks.h"
#include "unit.h"


#define SIZE        (24 * MEGABYTE)

#define STEPS       128         /* for each byte of the body */
#define STEPS_BASE  16000000    /* and what a short patch may take */


static size_t    taken;
static size_t    highest;
static uint64_t  steps;


/* The core calls these instead of the functions: see the Makefile. */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void __real_qsort(void *base, size_t n, size_t size,
    int (*compare)(const void *, const void *));
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);
void __wrap_qsort(void *base, size_t n, size_t size,
    int (*compare)(const void *, const void *));
void *__real_memchr(const void *p, int c, size_t n);
int __real_memcmp(const void *a, const void *b, size_t n);
void *__real_memcpy(void *p, const void *q, size_t n);
void *__real_memset(void *p, int c, size_t n);
enum XML_Status __real_XML_Parse(XML_Parser parser, const char *s, int len,
    int final);
void *__wrap_memchr(const void *p, int c, size_t n);
int __wrap_memcmp(const void *a, const void *b, size_t n);
void *__wrap_memcpy(void *p, const void *q, size_t n);
void *__wrap_memset(void *p, int c, size_t n);
enum XML_Status __wrap_XML_Parse(XML_Parser parser, const char *s, int len,
    int final);
void __sanitizer_cov_trace_pc(void);


static void
take(size_t size)
{
    taken += size;
    highest = (taken > highest) ? taken : highest;
}


void *
__wrap_malloc(size_t size)
{
    void  *p;

    p = __real_malloc(size);
    take(malloc_usable_size(p));

    return p;
}


void *
__wrap_calloc(size_t n, size_t size)
{
    void  *p;

    p = __real_calloc(n, size);
    take(malloc_usable_size(p));

    return p;
}


/* The old block and the new one may be there at the same time. */

void *
__wrap_realloc(void *p, size_t size)
{
    void    *q;
    size_t   old;

    old = malloc_usable_size(p);
    q = __real_realloc(p, size);

    if (q) {
        take(malloc_usable_size(q));
        taken -= old;
    }

    return q;
}


void
__wrap_free(void *p)
{
    taken -= malloc_usable_size(p);
    __real_free(p);
}


/* The C library sorts in memory of its own. */

void
__wrap_qsort(void *base, size_t n, size_t size,
    int (*compare)(const void *, const void *))
{
    take(n * size);
    __real_qsort(base, n, size, compare);
    taken -= n * size;
}


/* What -fsanitize-coverage=trace-pc calls. */

void
__sanitizer_cov_trace_pc(void)
{
    steps++;
}


/* The C library reads at least 16 bytes at a time. */

void *
__wrap_memchr(const void *p, int c, size_t n)
{
    const uint8_t  *found;

    found = __real_memchr(p, c, n);
    steps += (found ? (size_t) (found - (const uint8_t *) p) : n) / 16;

    return (void *) (uintptr_t) found;
}


int
__wrap_memcmp(const void *a, const void *b, size_t n)
{
    steps += n / 16;

    return __real_memcmp(a, b, n);
}


void *
__wrap_memcpy(void *p, const void *q, size_t n)
{
    steps += n / 16;

    return __real_memcpy(p, q, n);
}


void *
__wrap_memset(void *p, int c, size_t n)
{
    steps += n / 16;

    return __real_memset(p, c, n);
}


/* expat reads a tag that was not complete again: that counts, too */

enum XML_Status
__wrap_XML_Parse(XML_Parser parser, const char *s, int len, int final)
{
    XML_Index        index;
    enum XML_Status  status;

    static size_t  fed;

    index = XML_GetCurrentByteIndex(parser);
    fed = (index < 0) ? 0 : fed;

    steps += 8 * (fed - (size_t) (index < 0 ? 0 : index) + (size_t) len);
    fed += (size_t) len;

    status = __real_XML_Parse(parser, s, len, final);

    return status;
}


static char  *buffer;


static void
test_attacks(void **state)
{
    char                  got[256];
    size_t                i, len, before;
    uint64_t              spent;
    unit_input_t          input;
    erpsync_body_t        body;
    erpsync_arena_t       arena;
    const attack_t       *a;
    erpsync_sink_conf_t   conf;

    buffer = __real_malloc(SIZE);
    assert_non_null(buffer);

    (void) state;

    for (i = 0; i < erpsync_nelts(attacks); i++) {
        a = &attacks[i];
        len = attack_body(a, a->n, buffer, SIZE);
        input = unit_input(buffer, len);

        memset(&conf, 0, sizeof(conf));
        conf.operation = erpsync_operation_find(
                           erpsync_span(a->operation, strlen(a->operation)));
        conf.unknown = a->unknown;
        conf.max_field_values = 1000;
        conf.key = 0x5eed;

        before = taken;
        highest = taken;
        steps = 0;
        erpsync_arena_init(&arena);

        assert_int_equal(erpsync_body(&arena, a->media, &conf, input.str,
                                      &body),
                         ERPSYNC_OK);

        snprintf(got, sizeof(got), "%s%s%.*s%s%s",
                 (const char *) erpsync_reason_name(body.reason).data,
                 body.nviolations ? " " : "",
                 body.nviolations ? (int) body.violations[0].path.len : 0,
                 body.nviolations
                 ? (const char *) body.violations[0].path.data : "",
                 body.nviolations ? " " : "",
                 body.nviolations
                 ? (const char *) erpsync_code_name(
                                       body.violations[0].code).data : "");

        spent = steps;

        printf("%-36s %9zu bytes, %5.2f times and %4zu KB, %6.2f steps: "
               "%s\n", a->name, len,
               (double) (highest - before) / (double) len,
               (highest - before) / 1024, (double) spent / (double) len, got);

        if (highest - before > 4 * len + MEGABYTE) {
            fail_msg("%s: %zu bytes take %zu", a->name, len,
                     highest - before);
        }

        if (spent > STEPS * (uint64_t) len + STEPS_BASE) {
            fail_msg("%s: %zu bytes take %zu steps", a->name, len,
                     (size_t) spent);
        }

        /* with pointers of 4 bytes, or smaller blocks, memory holds more */

        if (sizeof(void *) == 8 && sizeof(max_align_t) == 32) {
            assert_string_equal(got, a->expected);
        }

        erpsync_arena_destroy(&arena);
        assert_int_equal(taken, before);
        free(input.data);
    }

    __real_free(buffer);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_attacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
