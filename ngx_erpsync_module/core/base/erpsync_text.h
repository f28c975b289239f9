
/* Text: decoded UTF-8, as a decoder passes it to the canonical body. */


#ifndef ERPSYNC_TEXT_H
#define ERPSYNC_TEXT_H


#include "erpsync_base.h"


typedef struct {
    erpsync_str_t  str;     /* valid UTF-8 without U+0000 */
    bool           clean;   /* known to need no escaping in JSON */
} erpsync_text_t;


/*
 * Returns the length (1 to 4) of the well-formed UTF-8 sequence at "p".
 * Returns 0 if there is none: truncated, overlong, a surrogate, above
 * U+10FFFF, or a byte that cannot start a sequence (RFC 3629, 4).
 */

size_t erpsync_utf8_sequence(const uint8_t *p, const uint8_t *last);

/*
 * Returns the offset of the first byte that is not well-formed UTF-8, or
 * s.len.
 */

size_t erpsync_utf8_valid(erpsync_str_t s);

/* Writes "code", which must not be a surrogate, as UTF-8. Returns its end. */

uint8_t *erpsync_utf8_encode(uint8_t *p, uint32_t code);

/* Returns the length of well-formed UTF-8 in UTF-16 code units. */

size_t erpsync_utf16_length(erpsync_str_t s);

/* Returns whether "s" is empty, or ASCII white space only. */

bool erpsync_is_blank(erpsync_str_t s);

/* Returns "s" without leading and trailing ASCII white space. */

erpsync_str_t erpsync_space_trim(erpsync_str_t s);


#endif /* ERPSYNC_TEXT_H */
