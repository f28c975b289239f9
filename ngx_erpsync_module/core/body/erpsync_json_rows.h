
/*
 * The inner loop of the fast path of JSON, for CPUs with AVX2: elements of an
 * array of objects as programs write them, that is with their members in the
 * order of the schema, compact or indented.  Members are strings and booleans.
 * Anything else is left to erpsync_json_fast.c.
 */


#ifndef ERPSYNC_JSON_ROWS_H
#define ERPSYNC_JSON_ROWS_H


#include "erpsync_schema.h"


#define ERPSYNC_ROWS_VECTOR  32

/*
 * How many bytes must be left for a member: what is in front of its name, the
 * name, and a vector of its value with what follows.
 */

#define ERPSYNC_ROWS_AHEAD   (2 + ERPSYNC_MAX_KEY + ERPSYNC_ROWS_VECTOR + 8)

#define ERPSYNC_ROWS_SPACED  (2 + ERPSYNC_MAX_KEY)


/*
 * Judges elements from the "{" at "p" on, at most "max".  Returns the end of
 * the last one that is in canonical form, or "p", and sets "*n" to their
 * number.  "last" is the end of the input.
 *
 * If "out" is NULL, the names of members must be as documented, and there must
 * be no white space.  Otherwise names may be in any case, and up to 31 bytes of
 * white space may be between tokens; the elements are written to "*out", which
 * becomes the end of the output, compact and with the documented names.  More
 * bytes may be written behind them, up to where the end of the input would be.
 *
 * "*lanes" is from where on elements may be judged at several places at once:
 * the start of the input at first.  It is moved on for the next call, so that
 * what is judged for nothing is a few times the input at most.
 *
 * Only if erpsync_wide() is true.
 */

const uint8_t *erpsync_json_rows(const erpsync_object_t *object,
    const uint8_t *p, const uint8_t *last, uint8_t **out, size_t max,
    size_t *n, const uint8_t **lanes);

/*
 * Returns whether the object at "p" is written with white space, by its first
 * member.  ERPSYNC_ROWS_SPACED bytes must be there.
 */

static inline bool
erpsync_json_rows_spaced(const erpsync_object_t *object, const uint8_t *p)
{
    return p[1] != '"' || p[1 + object->members->match_len] == ' ';
}


/*
 * Returns the end of the escape, or of the character beyond ASCII, at "p".
 * Returns NULL if it is malformed, or not in canonical form.
 */

const uint8_t *erpsync_json_character(const uint8_t *p, const uint8_t *last);


#endif /* ERPSYNC_JSON_ROWS_H */
