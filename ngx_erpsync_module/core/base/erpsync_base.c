
#include "erpsync_base.h"


/*
 * Returns whether 8 bytes are equal but for the case of ASCII letters.  Two
 * bytes may differ only in bit 0x20, which is the case of a letter, and only if
 * they are letters: "[" and "{" differ in that bit as well.
 */

static __attribute__((noinline)) bool
erpsync_word_letters(uint64_t a, uint64_t b)
{
    uint64_t  differs, low, letters;

    differs = a ^ b;

    if (differs & ~(ERPSYNC_ONES * 0x20)) {
        return false;
    }

    low = (a | (ERPSYNC_ONES * 0x20)) & ~ERPSYNC_HIGHS;
    letters = (low + ERPSYNC_ONES * (0x80 - 'a'))
              & ~(low + ERPSYNC_ONES * (0x80 - 'z' - 1)) & ~a;

    return ((differs << 2) & ~letters & ERPSYNC_HIGHS) == 0;
}


/* Most clients send names in their documented case. */

static inline bool
erpsync_word_caseeq(uint64_t a, uint64_t b)
{
    return a == b || erpsync_word_letters(a, b);
}


bool
erpsync_caseeq(const uint8_t *a, const uint8_t *b, size_t n)
{
    size_t  i;

    if (n < 8) {
        return n == 0 || erpsync_word_caseeq(erpsync_word_of(a, n),
                                             erpsync_word_of(b, n));
    }

    for (i = 0; i < n - 8; i += 8) {
        if (!erpsync_word_caseeq(erpsync_word(a + i), erpsync_word(b + i))) {
            return false;
        }
    }

    return erpsync_word_caseeq(erpsync_word(a + n - 8),
                               erpsync_word(b + n - 8));
}


erpsync_str_t
erpsync_str_trim_space(erpsync_str_t s)
{
    while (s.len && (s.data[0] == ' ' || s.data[0] == '\t')) {
        s.data++;
        s.len--;
    }

    while (s.len
           && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
    {
        s.len--;
    }

    return s;
}


int
erpsync_hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return -1;
}
