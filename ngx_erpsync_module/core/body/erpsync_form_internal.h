
/*
 * The parts of the form decoder: the fast path (erpsync_form_fast.c); decoding
 * pairs and reading their paths (erpsync_form_decode.c), grouping them
 * (erpsync_form.c), and sending the groups as events (erpsync_form_send.c).
 *
 *     a.b[0].c=1&a.b[0].d=2&e=3
 *
 * The name of a pair is a path of segments: "a", "b", "0" and "c".  The pairs
 * whose paths begin alike are a group, which is an object, an array or a
 * dictionary.  Here the groups are "a", "a.b", "a.b[0]", and the request.
 *
 * A group consists of runs and other groups.  A run is one pair or more that
 * follow each other and differ in the last segment only, such as the first
 * two.  It only says where they are, so it takes no more memory for many
 * pairs; they are read again when the group is sent.
 *
 * All pairs are decoded first: the name, ERPSYNC_FORM_EQUALS and the value (if
 * there is "="), then ERPSYNC_FORM_END.  No decoded text contains these bytes.
 */


#ifndef ERPSYNC_FORM_INTERNAL_H
#define ERPSYNC_FORM_INTERNAL_H


#include "erpsync_form.h"
#include "erpsync_scan.h"


#define ERPSYNC_FORM_EQUALS   0            /* U+0000 is not allowed */
#define ERPSYNC_FORM_END      0xff         /* in no UTF-8 */

#define ERPSYNC_FORM_LONGEST  0x3fffffff   /* bytes of a form: 30 bits */
#define ERPSYNC_FORM_UNIT     16           /* bytes that a number counts */
#define ERPSYNC_FORM_BLOCK    128          /* units allocated at once */


/* What a group is, if the schema describes it. */

typedef enum {
    ERPSYNC_FORM_OBJECT,     /* also a group that the schema does not know */
    ERPSYNC_FORM_OBJECTS,    /* an array of objects */
    ERPSYNC_FORM_SCALARS,    /* an array of scalars */
    ERPSYNC_FORM_DICTIONARY  /* an array of entries */
} erpsync_form_kind_t;


/* How the last segment of a pair is written. */

typedef enum {
    ERPSYNC_FORM_NAME,       /* "a" or ".a" */
    ERPSYNC_FORM_BRACKET,    /* "[a]" */
    ERPSYNC_FORM_APPEND      /* it is not: the next element of an array */
} erpsync_form_style_t;


/*
 * Groups and runs are nodes.  They refer to each other by number, which takes
 * less memory than a pointer; the request is number 0.  A pair is referred to
 * by its offset in the decoded pairs.
 */

typedef struct {
    uint32_t                 next:31;    /* node of the same group; behind the
                                            last node comes the first */
    uint32_t                 group:1;    /* it is a group, not a run */
} erpsync_form_node_t;

typedef struct {
    erpsync_form_node_t      node;
    uint32_t                 first;      /* pair */
    uint32_t                 end;        /* behind the last pair */
    uint32_t                 prefix:30;  /* length of what is in front of the
                                            last segment of each pair */
    uint32_t                 style:2;
} erpsync_form_run_t;

typedef struct {
    erpsync_form_node_t      node;
    uint32_t                 last;       /* node in this group, or 0 */
    uint32_t                 name;       /* offset of the last segment */
    uint32_t                 len:30;     /* of the name */
    uint32_t                 bracket:1;  /* always written as "[name]" */
    uint32_t                 arrays:1;   /* "object" has arrays of scalars */
    uint32_t                 parent:30;
    uint32_t                 kind:2;

    /* describes it, or the elements; NULL: nothing does; 8 bytes everywhere */

    _Alignas(8) const erpsync_object_t  *object;
} erpsync_form_group_t;


/* A group on the path of the pair before. */

typedef struct {
    uint32_t                 group;
    bool                     bracket;    /* the segment behind is in "[" */
    size_t                   end;        /* where that begins in the path */
} erpsync_form_level_t;


typedef struct {
    erpsync_sink_t          *sink;
    erpsync_error_t         *error;
    const uint8_t           *input;
    const uint8_t           *last;       /* end of the input */
    uint8_t                 *pairs;      /* decoded; NULL: no room yet */
    uint8_t                 *end;        /* of the decoded pairs */

    uint8_t                **blocks;     /* nodes */
    size_t                   nblocks;    /* that "blocks" has room for */
    uint32_t                 units;      /* in use */

    uint32_t                *table;      /* groups by parent and name */
    size_t                   size;       /* a power of two, or 0 */
    size_t                   ngroups;

    const uint8_t           *before;     /* the pair before, decoded */
    erpsync_form_run_t      *run;        /* that it is in; NULL: dropped */
    bool                     plain;      /* nothing is to be known of it */
    uint32_t                 owner;      /* the run's group */
    unsigned                 depth;
    erpsync_form_level_t     levels[ERPSYNC_MAX_DEPTH];
} erpsync_form_t;


/* The value of a hexadecimal digit, and 1; 0 for other bytes. */

extern const uint8_t  erpsync_form_hex[256];


/* Returns the length of the bracket at "p", which may be encoded, or 0. */

static inline size_t
erpsync_form_bracket(const uint8_t *p, const uint8_t *last, uint8_t c)
{
    if (p < last && *p == c) {
        return 1;
    }

    /* "[" is %5B, "]" is %5D */

    return (last - p >= 3 && p[0] == '%' && p[1] == '5'
            && (p[2] | 0x20) == (c ^ 0x39))
           ? 3 : 0;
}


/* Returns the group or run with that number. */

static inline void *
erpsync_form_node(const erpsync_form_t *form, uint32_t number)
{
    return form->blocks[number / ERPSYNC_FORM_BLOCK]
           + (number % ERPSYNC_FORM_BLOCK) * ERPSYNC_FORM_UNIT;
}


/* Returns the last segment of a group's path. */

static inline erpsync_str_t
erpsync_form_group_name(const erpsync_form_t *form,
    const erpsync_form_group_t *group)
{
    return erpsync_span(form->pairs + group->name, group->len);
}


/* Returns whether a decoded byte ends the name of a pair. */

static inline bool
erpsync_form_ends(uint8_t c)
{
    return c == ERPSYNC_FORM_EQUALS || c == ERPSYNC_FORM_END;
}


/* Sets the error, at "p" of the input.  Always returns ERPSYNC_ERROR. */

static inline erpsync_rc_t
erpsync_form_fail(erpsync_form_t *form, const uint8_t *p,
    const char *message)
{
    form->error->message = message;
    form->error->offset = (size_t) (p - form->input);

    return ERPSYNC_ERROR;
}


/*
 * Makes room for all decoded pairs, unless it is made already, and returns
 * form->pairs: "=" and "&" become one byte each, and there is one more at the
 * end.  Returns NULL if memory ran out.
 */

static inline uint8_t *
erpsync_form_room(erpsync_form_t *form)
{
    if (form->pairs == NULL) {
        form->pairs = erpsync_nalloc(form->sink->arena,
                                     (size_t) (form->last - form->input) + 1);
    }

    return form->pairs;
}


/*
 * Decodes all pairs to form->pairs.  Sets form->end, or the error: an invalid
 * percent sequence, invalid UTF-8 or U+0000.
 */

erpsync_rc_t erpsync_form_decode(erpsync_form_t *form);

/* Returns the end of the decoded pair that "p" is in. */

static inline const uint8_t *
erpsync_form_pair_end(const erpsync_form_t *form, const uint8_t *p)
{
    return (const uint8_t *) memchr(p, ERPSYNC_FORM_END,
                                    (size_t) (form->end - p)) + 1;
}


/*
 * Sets "text" to the value of the pair whose name ends at "p".  Returns the end
 * of the value.
 */

static inline const uint8_t *
erpsync_form_value(const erpsync_form_t *form, const uint8_t *p,
    erpsync_text_t *text)
{
    text->str.data = p + (*p == ERPSYNC_FORM_EQUALS);
    p = erpsync_scan_text(text->str.data, form->end);
    text->clean = (*p == ERPSYNC_FORM_END);

    if (!text->clean) {
        p = erpsync_form_pair_end(form, p) - 1;
    }

    text->str.len = (size_t) (p - text->str.data);

    return p;
}


/* A segment of a path. */

typedef struct {
    erpsync_str_t            name;
    const uint8_t           *next;       /* the next segment, or NULL */
    bool                     bracket;    /* that is in "[" */
    bool                     empty;      /* "[]" follows, and nothing else */
    const uint8_t           *end;        /* of the path, if none is next */
} erpsync_form_segment_t;


/*
 * Reads the segment at "p", which follows "[" if "bracket".  An empty "[]"
 * at the end of a path is not a segment: Ids[] is Ids.  Returns false if it is
 * not a path.
 */

bool erpsync_form_segment(const uint8_t *p, bool bracket,
    erpsync_form_segment_t *segment);

/*
 * Reads an index: decimal, without leading zeros.  Returns false if it is not
 * an index.  An index that no array can reach becomes UINT32_MAX.
 */

bool erpsync_form_index(erpsync_str_t s, uint32_t *index);

/*
 * The fast path: sends the events of a form that is well-formed, if its pairs
 * are in the order of the events and all are of scalars that the schema has.
 * Otherwise it sets "*sent" to false, and the sink has had no event.  Decoded
 * values are in form->pairs.  Returns ERPSYNC_ERROR if there is no memory.
 */

erpsync_rc_t erpsync_form_fast(erpsync_form_t *form, bool *sent);

/* Sends a value.  A value of white space only is as absent. */

erpsync_rc_t erpsync_form_scalar(erpsync_sink_t *sink, erpsync_text_t text);

/*
 * Sends the groups of the request as events.  Returns ERPSYNC_ERROR if there
 * is no memory.
 */

erpsync_rc_t erpsync_form_send(erpsync_form_t *form);


#endif /* ERPSYNC_FORM_INTERNAL_H */
