
/*
 * For libFuzzer targets: what must hold, and choices that are made by the
 * first bytes of an input.
 */


#ifndef FUZZ_H
#define FUZZ_H


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "erpsync.h"


#define CHECK(condition)                                                      \
    do {                                                                      \
        if (!(condition)) {                                                   \
            (void) fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
                           #condition);                                       \
            abort();                                                          \
        }                                                                     \
    } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


typedef struct {
    const uint8_t  *pos;
    const uint8_t  *last;
} fuzz_t;


static inline fuzz_t
fuzz_start(const uint8_t *data, size_t size)
{
    return (fuzz_t) { data, data + size };
}


/* Returns a number from 0 to "n" - 1, where "n" is at most 256. */

static inline unsigned
fuzz_any(fuzz_t *fuzz, unsigned n)
{
    return (fuzz->pos == fuzz->last) ? 0 : *fuzz->pos++ % n;
}


static inline uint64_t
fuzz_number(fuzz_t *fuzz)
{
    unsigned  i, n;
    uint64_t  number;

    n = fuzz_any(fuzz, 9);
    number = 0;

    for (i = 0; i < n; i++) {
        number = number << 8 | fuzz_any(fuzz, 256);
    }

    return number;
}


static inline erpsync_str_t
fuzz_rest(const fuzz_t *fuzz)
{
    return erpsync_span(fuzz->pos, (size_t) (fuzz->last - fuzz->pos));
}


/*
 * Returns the bytes up to the next "\n", in memory of exactly their size, which
 * the caller frees.
 */

static inline erpsync_str_t
fuzz_line(fuzz_t *fuzz)
{
    uint8_t        *copy;
    erpsync_str_t   rest;
    const uint8_t  *end;

    rest = fuzz_rest(fuzz);
    end = rest.len ? memchr(rest.data, '\n', rest.len) : NULL;
    rest.len = end ? (size_t) (end - rest.data) : rest.len;

    copy = malloc(rest.len ? rest.len : 1);
    CHECK(copy != NULL);

    if (rest.len) {
        memcpy(copy, rest.data, rest.len);
    }

    fuzz->pos += rest.len + (end != NULL);

    return erpsync_span(copy, rest.len);
}


static inline void
fuzz_free(erpsync_str_t s)
{
    free((void *) (uintptr_t) s.data);
}


/*
 * Turns a text into a snapshot, compared with "former", in steps whose sizes
 * the text itself chooses.
 */

static inline void *
fuzz_in_steps(const erpsync_kind_t *kind, erpsync_str_t text,
    const void *former, char error[ERPSYNC_FILE_ERROR_LEN])
{
    uint32_t        seed;
    erpsync_job_t  *job;

    job = erpsync_job_begin(kind, text, error);
    CHECK(job != NULL);

    if (former) {
        erpsync_job_compare(job, former, erpsync_kind_sequence(kind, former));
    }

    seed = (uint32_t) text.len;

    do {
        seed = seed * 1664525 + 1013904223;
        seed += text.len ? text.data[seed % text.len] : 0;
    } while (erpsync_job_step(job, (seed >> 16 & 1) ? 1 : seed >> 24));

    return erpsync_job_end(job);
}


static inline bool
fuzz_is_printable(erpsync_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < 0x20 || s.data[i] >= 0x7f) {
            return false;
        }
    }

    return true;
}


static inline erpsync_str_t
fuzz_str(const char *s)
{
    return erpsync_span(s, strlen(s));
}


#endif /* FUZZ_H */
