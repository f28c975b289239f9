
/*
 * The parts of the form decoder: pairs and their names (erpsync_form_pair.c),
 * what they come to as events (erpsync_form.c).
 */


#ifndef ERPSYNC_FORM_INTERNAL_H
#define ERPSYNC_FORM_INTERNAL_H


#include "erpsync_form.h"


/* A pair with its name taken apart: root[index].member.inner. */

typedef struct {
    erpsync_str_t     root;
    erpsync_str_t     index;
    erpsync_str_t     member;
    erpsync_str_t     inner;
    erpsync_str_t     value;     /* as it stands, until it is decoded */
    bool              indexed;
    bool              has_member;
    bool              has_inner;
} erpsync_pair_t;


typedef struct {
    erpsync_str_t     input;
    erpsync_sink_t   *sink;
    erpsync_error_t  *error;
    erpsync_str_t     open;      /* member whose object is open, or NULL */
    size_t            nlists;    /* arrays that are done with */
    erpsync_str_t     lists[ERPSYNC_MAX_MEMBERS];
    erpsync_str_t     prefix;    /* of the last one, as it stands, with "[" */
} erpsync_form_t;


/* The first of one or two bytes. */

static inline size_t
erpsync_form_find(erpsync_str_t s, size_t i, uint8_t a, uint8_t b)
{
    while (i < s.len && s.data[i] != a && s.data[i] != b) {
        i++;
    }

    return i;
}


/*
 * Takes a piece between "&" apart.  A name that is no path, and what cannot
 * be decoded, sets the error; the value is left as it stands.
 */

erpsync_rc_t erpsync_form_pair(erpsync_form_t *form, erpsync_str_t piece,
    erpsync_pair_t *pair);

/* Decodes the pair's value: each once, as it may be as long as the form. */

erpsync_rc_t erpsync_form_value(erpsync_form_t *form, erpsync_pair_t *pair);

/* Sets the error, unless there is one, with the place "p" of the input. */

void erpsync_form_fail(erpsync_form_t *form, const uint8_t *p,
    const char *message);


#endif /* ERPSYNC_FORM_INTERNAL_H */
