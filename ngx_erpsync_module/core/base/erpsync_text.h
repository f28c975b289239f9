
/*
 * Text: decoded UTF-8 on its way from a decoder to the canonical body.
 */


#ifndef ERPSYNC_TEXT_H
#define ERPSYNC_TEXT_H


#include "erpsync_base.h"


typedef struct {
    erpsync_str_t  str;     /* valid UTF-8 without U+0000 */
    bool           clean;   /* known to need no escaping in JSON */
} erpsync_text_t;


/*
 * The length of the well-formed UTF-8 sequence at "p" (1 to 4), or 0 where
 * there is none: truncated, overlong, a surrogate, over U+10FFFF, or a byte
 * that starts none.  RFC 3629, 4.
 */

size_t erpsync_utf8_sequence(const uint8_t *p, const uint8_t *last);

/* The offset of the first byte that is no well-formed UTF-8, or s.len. */

size_t erpsync_utf8_valid(erpsync_str_t s);

/* Writes "code", which is no surrogate, as UTF-8; returns its end. */

uint8_t *erpsync_utf8_encode(uint8_t *p, uint32_t code);

/* The length of well-formed UTF-8 in UTF-16 code units. */

size_t erpsync_utf16_length(erpsync_str_t s);

/* Whether "s" holds nothing but ASCII white space (or nothing at all). */

bool erpsync_is_blank(erpsync_str_t s);

/* Without leading and trailing ASCII white space. */

erpsync_str_t erpsync_space_trim(erpsync_str_t s);


#endif /* ERPSYNC_TEXT_H */
