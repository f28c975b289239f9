
#include "erpsync_base.h"


/*
 * Eight bytes at a time: those that differ may do so in the bit of the case
 * alone, and only where they are letters.
 */

static inline bool
erpsync_word_caseeq(const uint8_t *a, const uint8_t *b)
{
    uint64_t  x, y, differs, low, letters;

    memcpy(&x, a, 8);
    memcpy(&y, b, 8);

    differs = x ^ y;

    if (differs == 0) {
        return true;
    }

    if (differs & ~(ERPSYNC_ONES * 0x20)) {
        return false;
    }

    low = (x | (ERPSYNC_ONES * 0x20)) & ~ERPSYNC_HIGHS;
    letters = (low + ERPSYNC_ONES * (0x80 - 'a'))
              & ~(low + ERPSYNC_ONES * (0x80 - 'z' - 1)) & ~x;

    return ((differs << 2) & ~letters & ERPSYNC_HIGHS) == 0;
}


bool
erpsync_caseeq(const uint8_t *a, const uint8_t *b, size_t n)
{
    size_t  i;

    if (n >= 8) {

        for (i = 0; i < n - 8; i += 8) {
            if (!erpsync_word_caseeq(a + i, b + i)) {
                return false;
            }
        }

        return erpsync_word_caseeq(a + n - 8, b + n - 8);
    }

    for (i = 0; i < n; i++) {
        if (erpsync_lower(a[i]) != erpsync_lower(b[i])) {
            return false;
        }
    }

    return true;
}


erpsync_str_t
erpsync_str_trim(erpsync_str_t s)
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
