
/*
 * Header fields of one name, and the grammar that their values share:
 * RFC 9110, 5.3 and 5.6.
 */


#ifndef ERPSYNC_HEADER_H
#define ERPSYNC_HEADER_H


#include "erpsync_base.h"


/*
 * The values of all fields of one name, in the order in which they were sent.
 * A client can send thousands of fields in a few kilobytes.  Therefore they
 * are read one after the other where they are, and never copied together.
 *
 * All zero: there is no such field.  "data", "index" and "id" belong to
 * next().  A copy of the structure starts again from the same field.
 */

typedef struct erpsync_fields_s  erpsync_fields_t;

struct erpsync_fields_s {
    bool            (*next)(erpsync_fields_t *fields, erpsync_str_t *value);
    const void       *data;
    size_t            index;
    size_t            id;
};

/* Sets "value" to the next field's; returns false after the last one. */

static inline bool
erpsync_fields_next(erpsync_fields_t *fields, erpsync_str_t *value)
{
    return fields->next && fields->next(fields, value);
}

/* Returns "n" values as fields; they are not copied. */

erpsync_fields_t erpsync_fields(const erpsync_str_t *values, size_t n);

/* Returns whether no field has a value other than blanks. */

bool erpsync_fields_blank(erpsync_fields_t fields);

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

/*
 * Returns a weight ("0", "0.75", "1.000") in thousandths, or -1.  ".2", as
 * Java writes it, is taken as "0.2".
 */

int erpsync_qvalue(erpsync_str_t s);


#endif /* ERPSYNC_HEADER_H */
