
/*
 * The grammar that header fields share: RFC 9110, 5.6.
 */


#ifndef ERPSYNC_HEADER_H
#define ERPSYNC_HEADER_H


#include "erpsync_base.h"


/* Whether "c" may stand in a token: "!#$%&'*+-.^_`|~", digits, letters. */

extern const uint8_t  erpsync_tchars[256];

static inline bool
erpsync_is_tchar(uint8_t c)
{
    return erpsync_tchars[c];
}

/* Takes a token off the front of "s"; empty where there is none. */

erpsync_str_t erpsync_take_token(erpsync_str_t *s);

/* Takes white space off the front of "s". */

void erpsync_take_space(erpsync_str_t *s);

/* Takes the byte "c" off the front of "s"; false where it is another. */

bool erpsync_take_char(erpsync_str_t *s, uint8_t c);

/*
 * Takes a parameter's value off the front of "s": a token or a quoted
 * string, of which the text between the quotes is returned, escapes and all.
 * "data" is NULL where there is none.
 */

erpsync_str_t erpsync_take_value(erpsync_str_t *s);

/*
 * Takes the next element of a comma-separated list; commas in quoted strings
 * do not count.  False at the end.
 */

bool erpsync_take_element(erpsync_str_t *s, erpsync_str_t *element);

/* A weight ("0", "0.75", "1.000") in thousandths, or -1. */

int erpsync_qvalue(erpsync_str_t s);


#endif /* ERPSYNC_HEADER_H */
