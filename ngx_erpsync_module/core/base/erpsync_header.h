
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
 * If all members are zero, there is no such field.  "data", "index" and "id"
 * are used by next(). A copy of the structure starts again from the same
 * field.
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

/*
 * Returns whether "c" is allowed in a token: "!#$%&'*+-.^_`|~", digits,
 * letters.
 */

extern const uint8_t  erpsync_tchars[256];

static inline bool
erpsync_is_tchar(uint8_t c)
{
    return erpsync_tchars[c];
}

/*
 * Removes a token from the front of "s" and returns it; empty if there is
 * none.
 */

erpsync_str_t erpsync_take_token(erpsync_str_t *s);

/* Removes white space from the front of "s". */

void erpsync_take_space(erpsync_str_t *s);

/*
 * Removes the byte "c" from the front of "s"; returns false if "s" begins with
 * another.
 */

bool erpsync_take_char(erpsync_str_t *s, uint8_t c);

/*
 * Removes a parameter's value from the front of "s" and returns it: a token,
 * or the text between the quotes of a quoted string, with its escapes.  "data"
 * is NULL if there is neither.
 */

erpsync_str_t erpsync_take_value(erpsync_str_t *s);

/*
 * Removes the next element of a comma-separated list from the front of "s".
 * Commas in quoted strings do not count.  Returns false at the end.
 */

bool erpsync_take_element(erpsync_str_t *s, erpsync_str_t *element);

/*
 * Returns a weight ("0", "0.75", "1.000") in thousandths, or -1 if "s" is not
 * a weight.  ".2" is accepted as "0.2": Java sends it so.
 */

int erpsync_qvalue(erpsync_str_t s);


#endif /* ERPSYNC_HEADER_H */
