
/*
 * For the unit tests: an input is in memory of exactly its size, so that a
 * sanitizer sees each byte that is read beyond it.
 */


#ifndef UNIT_H
#define UNIT_H


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "erpsync.h"


typedef struct {
    uint8_t        *data;
    erpsync_str_t   str;
} unit_input_t;


static inline unit_input_t
unit_input(const void *data, size_t len)
{
    unit_input_t  input;

    input.data = malloc(len ? len : 1);

    if (input.data == NULL) {
        abort();
    }

    if (len) {
        memcpy(input.data, data, len);
    }

    input.str = erpsync_span(input.data, len);

    return input;
}


/* Fails with the case's name unless "s" is exactly the C string "expected". */

static inline void
unit_equal(const char *name, erpsync_str_t s, const char *expected)
{
    if (s.len != strlen(expected)
        || (s.len && memcmp(s.data, expected, s.len) != 0))
    {
        fail_msg("%s:\n  got      %.*s\n  expected %s", name, (int) s.len,
                 s.len ? (const char *) s.data : "", expected);
    }
}


#endif /* UNIT_H */
