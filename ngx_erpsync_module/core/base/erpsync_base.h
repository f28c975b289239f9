
/*
 * Base vocabulary of the core: byte spans, return codes, limits.
 *
 * The core is plain C11 and knows nothing of nginx.  Nothing in it changes but
 * what its caller passes in, so all threads may use it.  Memory comes from an
 * arena that the caller passes in.  Two kinds of objects outlive a request and
 * are created and destroyed by their own functions: a digester
 * (erpsync_digest.h) and a snapshot of a registry (erpsync_registry.h).
 */


#ifndef ERPSYNC_BASE_H
#define ERPSYNC_BASE_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>


/*
 * Returned by functions that fail only if memory runs out, or OpenSSL fails.
 */

typedef enum {
    ERPSYNC_OK = 0,
    ERPSYNC_ERROR = -1
} erpsync_rc_t;


/* A span of bytes. It owns nothing; "data" may be NULL if "len" is 0. */

typedef struct {
    size_t          len;
    const uint8_t  *data;
} erpsync_str_t;


#define erpsync_string(s)    { sizeof(s) - 1, (const uint8_t *) (s) }
#define ERPSYNC_NULL_STRING  { 0, NULL }

#define erpsync_nelts(a)     (sizeof(a) / sizeof((a)[0]))


/* Limits: of a body (docs/bodies.md), and of $select (docs/headers.md). */

#define ERPSYNC_MAX_DEPTH        32
#define ERPSYNC_MAX_VIOLATIONS   20
#define ERPSYNC_MAX_SELECT       2048


/* For integers of 8 bytes: each byte 1, and each byte's highest bit. */

#define ERPSYNC_ONES   0x0101010101010101u
#define ERPSYNC_HIGHS  0x8080808080808080u


static inline erpsync_str_t
erpsync_span(const void *data, size_t len)
{
    return (erpsync_str_t) { len, data };
}


/*
 * Loads 8 bytes, or n = 1 to 7, as one integer to compare them at once.  A
 * short span is read twice with an overlap: for n = 5, bytes 0-3 and 1-4.
 * Spans of equal length give equal integers only if all bytes are equal.
 */

static inline uint64_t
erpsync_word(const uint8_t *p)
{
    uint64_t  w;

    memcpy(&w, p, 8);

    return w;
}


static inline uint64_t
erpsync_word_of(const uint8_t *p, size_t n)
{
    uint32_t  low, high;

    if (n >= 4) {
        memcpy(&low, p, 4);
        memcpy(&high, p + n - 4, 4);

        return low | (uint64_t) high << 32;
    }

    return p[0] | (uint64_t) p[n / 2] << 8 | (uint64_t) p[n - 1] << 16;
}


/*
 * Fills "n" bytes with zeros, by the C library.  For more than 96 bytes and a
 * size that it knows, GCC writes "rep stos", which takes four times as long as
 * memset() for the structures of a request; so the size is hidden from it.
 */

static inline void
erpsync_zero(void *p, size_t n)
{
    __asm__("" : "+r"(n));

    memset(p, 0, n);
}


/*
 * Returns whether "n" bytes are equal.  For the few bytes of a name, this is
 * faster than a call of memcmp().
 */

static inline bool
erpsync_same(const uint8_t *p, const uint8_t *q, size_t n)
{
    size_t  i;

    if (n < 8) {
        return n == 0 || erpsync_word_of(p, n) == erpsync_word_of(q, n);
    }

    for (i = 0; i < n - 8; i += 8) {
        if (erpsync_word(p + i) != erpsync_word(q + i)) {
            return false;
        }
    }

    return erpsync_word(p + n - 8) == erpsync_word(q + n - 8);
}


/* Returns an ASCII letter in lower case, any other byte as it is. */

static inline uint8_t
erpsync_lower(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') ? (uint8_t) (c | 0x20) : c;
}


/* Return whether a byte is an ASCII digit, or an ASCII letter. */

static inline bool
erpsync_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}


static inline bool
erpsync_is_alpha(uint8_t c)
{
    c |= 0x20;
    return c >= 'a' && c <= 'z';
}


/* Returns whether two spans have the same bytes. */

static inline bool
erpsync_str_eq(erpsync_str_t a, erpsync_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


/* Returns whether "n" bytes are equal without regard to ASCII case. */

bool erpsync_caseeq(const uint8_t *a, const uint8_t *b, size_t n);

/*
 * Compares the first byte before it calls a function: most different spans
 * already differ there.
 */

static inline bool
erpsync_str_caseeq(erpsync_str_t a, erpsync_str_t b)
{
    return a.len == b.len
           && (a.len == 0
               || (((a.data[0] ^ b.data[0]) & 0xdf) == 0
                   && erpsync_caseeq(a.data, b.data, a.len)));
}

/*
 * Returns "s" without leading and trailing SP and HTAB (OWS of RFC 9110,
 * 5.6.3), as a span of the input.
 */

erpsync_str_t erpsync_str_trim_space(erpsync_str_t s);

static inline erpsync_str_t
erpsync_str_trim(erpsync_str_t s)
{
    if (s.len == 0 || (s.data[0] > ' ' && s.data[s.len - 1] > ' ')) {
        return s;
    }

    return erpsync_str_trim_space(s);
}

/* Returns 0 to 15 for a hexadecimal digit in either case, otherwise -1. */

int erpsync_hex_value(uint8_t c);


#endif /* ERPSYNC_BASE_H */
