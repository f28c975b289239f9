
/*
 * The parts of the form decoder: pairs and their names (erpsync_form_pair.c),
 * what they come to as events (erpsync_form.c), the same for a form that is
 * written as usual (erpsync_form_run.c), and for a request with objects in
 * objects (erpsync_form_tree.c).
 */


#ifndef ERPSYNC_FORM_INTERNAL_H
#define ERPSYNC_FORM_INTERNAL_H


#include "erpsync_form.h"


/*
 * A pair with its name taken apart: root[index].member.inner.  If more comes
 * behind the member than one name, "inner" is all of that and "deep" is set.
 */

typedef struct {
    erpsync_str_t     root;
    erpsync_str_t     index;
    erpsync_str_t     member;
    erpsync_str_t     inner;
    erpsync_str_t     value;     /* as it stands, until it is decoded */
    bool              indexed;
    bool              has_member;
    bool              has_inner;
    bool              deep;
} erpsync_pair_t;


typedef struct {
    erpsync_str_t     input;
    erpsync_sink_t   *sink;
    erpsync_error_t  *error;
    erpsync_str_t     open;      /* member whose object is open, or NULL */
    const erpsync_object_t  *object;  /* whose members come: the request's
                                         or those of a list's elements */
    uint32_t          appended;  /* elements of a list without an index */
    size_t            nlists;    /* arrays that are done with */
    erpsync_str_t     lists[ERPSYNC_MAX_MEMBERS];
    erpsync_str_t     prefix;    /* of the last one, as it stands, with "[" */
    size_t            offset;    /* of the pair that comes next */
    size_t            start;     /* of the one that is judged */
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
 * Whether a pair is of the array that was begun last, by its first bytes as
 * they stand.  Another way to write the name is found out by decoding it.
 */

static inline bool
erpsync_form_same(const erpsync_form_t *form, erpsync_str_t piece)
{
    return form->prefix.len && piece.len > form->prefix.len
           && memcmp(piece.data, form->prefix.data, form->prefix.len) == 0;
}


/* The next piece between "&"; moves "offset" behind it. */

static inline bool
erpsync_form_piece(const erpsync_form_t *form, size_t *offset,
    erpsync_str_t *piece)
{
    const uint8_t  *p, *start;

    if (*offset >= form->input.len) {
        return false;
    }

    start = form->input.data + *offset;
    p = memchr(start, '&', form->input.len - *offset);

    *piece = erpsync_span(start, p ? (size_t) (p - start)
                                   : form->input.len - *offset);
    *offset += piece->len + 1;

    return true;
}


/*
 * Takes a piece between "&" apart.  A name that is no path, and what cannot
 * be decoded, sets the error; the value is left as it stands.
 */

erpsync_rc_t erpsync_form_pair(erpsync_form_t *form, erpsync_str_t piece,
    erpsync_pair_t *pair);

/*
 * Takes ".segment" or "[segment]" off a decoded name at "*i"; false if there
 * is neither.
 */

bool erpsync_form_segment(erpsync_str_t name, size_t *i,
    erpsync_str_t *segment);

/* Decodes the pair's value: each once, as it may be as long as the form. */

erpsync_rc_t erpsync_form_value(erpsync_form_t *form, erpsync_pair_t *pair);

/* Decodes a part of the input; where it cannot be, sets the error. */

erpsync_rc_t erpsync_form_decode(erpsync_form_t *form, erpsync_str_t s,
    erpsync_str_t *out);

/*
 * A decimal index; false where it is none.  One that no array reaches is as
 * good as any other such.
 */

bool erpsync_form_index(erpsync_str_t s, uint32_t *index);

/* Sets the error, unless there is one, with the place "p" of the input. */

void erpsync_form_fail(erpsync_form_t *form, const uint8_t *p,
    const char *message);


/* Whether a pair is of the array "root", and at which index. */

erpsync_rc_t erpsync_form_item(erpsync_form_t *form, erpsync_str_t piece,
    erpsync_str_t root, bool *has, uint32_t *index);

/*
 * Whether what a path says of a member makes no difference: the member is
 * dropped.  Any number of paths may lead into it, in any order.
 */

bool erpsync_form_dropped(const erpsync_form_t *form, erpsync_str_t name);

/*
 * A member of what is open.  One that has a member "inner" becomes an
 * object, which takes what follows in the same order.
 */

erpsync_rc_t erpsync_form_member(erpsync_form_t *form, erpsync_str_t member,
    const erpsync_str_t *inner, erpsync_str_t value);

/* A member of an element. */

erpsync_rc_t erpsync_form_inside(erpsync_form_t *form,
    const erpsync_pair_t *pair);

/* Ends such an object, where one is open. */

erpsync_rc_t erpsync_form_close(erpsync_form_t *form);

/* Ends an element that is an object. */

erpsync_rc_t erpsync_form_element_end(erpsync_form_t *form);

/* Events: a name, a value.  A value of white space only is as absent. */

erpsync_rc_t erpsync_form_name(erpsync_form_t *form, erpsync_str_t name);

static inline erpsync_rc_t
erpsync_form_text(erpsync_form_t *form, erpsync_text_t text)
{
    bool  blank;

    blank = text.str.len == 0
            || (text.str.data[0] <= ' ' && erpsync_is_blank(text.str));

    return erpsync_sink_scalar(form->sink, blank ? ERPSYNC_SCALAR_NULL
                                                 : ERPSYNC_SCALAR_UNTYPED,
                               text);
}

static inline erpsync_rc_t
erpsync_form_scalar(erpsync_form_t *form, erpsync_str_t value)
{
    return erpsync_form_text(form, (erpsync_text_t) { value, false });
}


/* Takes the pair that comes next if it is of the root member expected. */

erpsync_rc_t erpsync_form_expected(erpsync_form_t *form, bool *taken);

/*
 * Whether all that there is of the array "root" stands together from "offset"
 * on and in order: then "end" is its end, otherwise 0.
 */

erpsync_rc_t erpsync_form_run(erpsync_form_t *form, size_t offset,
    erpsync_str_t root, size_t *end);

/* The events of the elements from "offset" to that end. */

erpsync_rc_t erpsync_form_elements(erpsync_form_t *form, size_t offset,
    size_t end);


/*
 * The events of a whole form whose request has objects in objects, from the
 * first member on.
 */

erpsync_rc_t erpsync_form_tree(erpsync_form_t *form);


#endif /* ERPSYNC_FORM_INTERNAL_H */
