
/*
 * The schema sink: where every decoder sends what it reads.
 *
 * A decoder emits the events of a document in order and knows no schema; the
 * sink knows no syntax.  It judges each value by the operation's schema,
 * collects violations and the facts that the access policy needs, and writes
 * the canonical body as objects end (docs/bodies.md).
 *
 * Every event returns ERPSYNC_OK, or ERPSYNC_ERROR where memory ran out; a
 * violation is no error, and the decoder goes on to the end of its input.
 * All text passed in must stay in place until the sink is finished.
 */


#ifndef ERPSYNC_SINK_H
#define ERPSYNC_SINK_H


#include "erpsync_nameset.h"
#include "erpsync_out.h"
#include "erpsync_schema.h"
#include "erpsync_violation.h"


/* What the access policy asks of a body, and what is counted. */

typedef struct {
    bool            has_connection;
    int32_t         connection;     /* 0 unless has_connection */
    unsigned        crm_actor;      /* ordinals; 0: none named */
    unsigned        erp_actor;

    /* Of an array of connections: all of them. */
    size_t          nconnections;
    size_t          size;
    int32_t        *connections;

    size_t          field_values;   /* elements of the counted array */
    size_t          unknown;        /* unknown members, stripped or passed */
} erpsync_facts_t;


typedef enum {
    ERPSYNC_UNKNOWN_REJECT,
    ERPSYNC_UNKNOWN_STRIP,
    ERPSYNC_UNKNOWN_PASS
} erpsync_unknown_t;


typedef struct {
    const erpsync_operation_t  *operation;
    erpsync_unknown_t           unknown;
    size_t                      max_field_values;  /* 0: no limit */
    bool                        null_absent;       /* null is as absent, for
                                                      any member */
    bool                        merge;             /* also an unknown one, or
                                                      an entry */
    uint64_t                    key;               /* secret, for hashing */
} erpsync_sink_conf_t;


typedef enum {
    ERPSYNC_SCALAR_STRING,
    ERPSYNC_SCALAR_NUMBER,   /* text of an RFC 8259 number */
    ERPSYNC_SCALAR_TRUE,
    ERPSYNC_SCALAR_FALSE,
    ERPSYNC_SCALAR_NULL,
    ERPSYNC_SCALAR_UNTYPED   /* text of a syntax that has no types */
} erpsync_scalar_t;


/* The canonical form of one member's value. */

typedef enum {
    ERPSYNC_VALUE_ABSENT,
    ERPSYNC_VALUE_RAW,       /* as it stands */
    ERPSYNC_VALUE_TEXT,      /* a string, to be quoted */
    ERPSYNC_VALUE_OUT        /* "len" bytes at "offset" of the output */
} erpsync_value_kind_t;

typedef struct {
    union {
        const uint8_t     *data;
        size_t             offset;
    } u;

    uint32_t               len;
    uint8_t                kind;
    bool                   clean;
} erpsync_value_t;


/* The place in an open object: which of its values comes. */

typedef struct {
    const erpsync_member_t  *member;     /* whose value comes; NULL: unknown */
    erpsync_str_t            name;       /* of such a one, or the key */
    const erpsync_member_t  *list;       /* its array that is open, or NULL */
    size_t                   index;      /* of the element that comes */
    size_t                   start;      /* offset of the value that is open */
    bool                     direct;     /* it is written in its place */
    erpsync_str_t            part;       /* of a dictionary's entry, or NULL */
} erpsync_sink_place_t;


/* An object that is described by a schema and not ended yet. */

typedef struct erpsync_frame_s  erpsync_frame_t;

struct erpsync_frame_s {
    const erpsync_object_t  *object;     /* NULL: a dictionary */
    uint32_t                 seen;       /* bits of members met */
    unsigned                 next;       /* the member expected next */
    size_t                   extra;      /* where its passed members start */

    bool                     begun;      /* its "{" is written */
    unsigned                 written;    /* members in their place */
    size_t                   prefix;     /* where those end in the output */

    erpsync_sink_place_t          place;      /* in the object around it */
    erpsync_frame_t         *outer;
    erpsync_frame_t         *inner;      /* made already, or NULL */
    erpsync_nameset_t        names;      /* of unknown members, or keys */
    erpsync_value_t          values[ERPSYNC_MAX_MEMBERS];
};


/* How the names of an object that no schema describes are compared. */

typedef enum {
    ERPSYNC_NAMES_FOLDED,    /* without regard to case */
    ERPSYNC_NAMES_EXACT,     /* the keys of a dictionary, which are data */
    ERPSYNC_NAMES_FREE       /* not at all */
} erpsync_names_t;


/* A level of a value that no schema describes. */

typedef struct {
    bool                     object;
    uint8_t                  compare;    /* erpsync_names_t */
    size_t                   count;      /* values written or passed */
    size_t                   mark;       /* in front of the current member */
    erpsync_str_t            name;       /* of the current member */
    erpsync_nameset_t        names;
} erpsync_level_t;


typedef enum {
    ERPSYNC_SINK_ROOT,       /* before the document's value */
    ERPSYNC_SINK_MEMBERS,    /* in an object with a schema */
    ERPSYNC_SINK_LIST,       /* in an array with a schema */
    ERPSYNC_SINK_OPAQUE,     /* in a value without one */
    ERPSYNC_SINK_END
} erpsync_sink_state_t;


typedef struct {
    erpsync_sink_conf_t      conf;
    erpsync_arena_t         *arena;
    erpsync_out_t            out;        /* the canonical body */
    erpsync_out_t            extra;      /* passed members of open objects */
    erpsync_str_t            verbatim;   /* the body, where it is input */

    erpsync_sink_state_t     state;
    erpsync_sink_state_t     resume;     /* after an opaque value */

    erpsync_frame_t         *frame;      /* innermost open object, or NULL */
    erpsync_frame_t          frames[2];  /* the first ones */
    erpsync_sink_place_t          at;         /* in that */
    erpsync_out_t            scratch;    /* an object put in order */

    unsigned                 depth;      /* of an opaque value */
    bool                     dropped;    /* nobody sees it */
    bool                     unknown;    /* it is an unknown member's, and
                                            has not begun */
    bool                     form;       /* a name may hold values */
    unsigned                 checked;    /* levels whose names count */
    erpsync_level_t         *levels;
    erpsync_out_t           *copy;       /* where it is written, or NULL */
    size_t                   mark;       /* there, in front of its name */

    erpsync_facts_t          facts;
    size_t                   nviolations;
    erpsync_violation_t      violations[ERPSYNC_MAX_VIOLATIONS];
    bool                     invalid;
} erpsync_sink_t;


/*
 * "size" is a guess of the canonical body's length: with the length of the
 * input, the output seldom grows.
 */

void erpsync_sink_init(erpsync_sink_t *sink, erpsync_arena_t *arena,
    const erpsync_sink_conf_t *conf, size_t size);

/* Events.  An object's member is its name, then its value. */

erpsync_rc_t erpsync_sink_object(erpsync_sink_t *sink);
erpsync_rc_t erpsync_sink_name(erpsync_sink_t *sink, erpsync_text_t name);
erpsync_rc_t erpsync_sink_object_end(erpsync_sink_t *sink);
erpsync_rc_t erpsync_sink_array(erpsync_sink_t *sink);
erpsync_rc_t erpsync_sink_array_end(erpsync_sink_t *sink);
erpsync_rc_t erpsync_sink_scalar(erpsync_sink_t *sink, erpsync_scalar_t type,
    erpsync_text_t text);

/*
 * The open dictionary in a syntax that writes each entry as an object with
 * Key and Value.  erpsync_sink_part() tells which part of the entry comes: it
 * returns that in "*part", or NULL after it has told a violation, if there is
 * one; the value that comes is dropped then.  erpsync_sink_entry() ends the
 * entry and clears it.
 */

typedef struct {
    bool             given;
    bool             wrong;      /* and told */
    bool             null;
    erpsync_text_t   text;
} erpsync_part_t;

typedef struct {
    erpsync_part_t   key;
    erpsync_part_t   value;
} erpsync_entry_t;

bool erpsync_sink_in_dictionary(const erpsync_sink_t *sink);
erpsync_rc_t erpsync_sink_part(erpsync_sink_t *sink, erpsync_entry_t *entry,
    erpsync_str_t name, erpsync_part_t **part);
erpsync_rc_t erpsync_sink_entry(erpsync_sink_t *sink, erpsync_entry_t *entry);

/* A part that is not a scalar: a violation, and what comes is dropped. */

erpsync_rc_t erpsync_sink_part_wrong(erpsync_sink_t *sink,
    const erpsync_entry_t *entry, erpsync_part_t *part);

/*
 * Text between the members or elements of what is open, in a syntax that
 * has such: a violation, unless it is dropped.
 */

erpsync_rc_t erpsync_sink_stray(erpsync_sink_t *sink);

/* Whether what comes next is part of a value that is dropped. */

static inline bool
erpsync_sink_drops(const erpsync_sink_t *sink)
{
    return sink->state == ERPSYNC_SINK_OPAQUE && sink->dropped;
}

/*
 * A name in two steps, for one that would have to be decoded or kept: which
 * member of the open object it is, then that member's event.  NULL where it
 * is none, or in a value without schema: such is for erpsync_sink_name().
 */

const erpsync_member_t *erpsync_sink_find(const erpsync_sink_t *sink,
    erpsync_str_t name);
erpsync_rc_t erpsync_sink_member(erpsync_sink_t *sink,
    const erpsync_member_t *member);

/*
 * Whether a member's name stands at "p", but for case, where as many bytes
 * are: as erpsync_name_is(), with no loop over what does not fill a word.
 */

static inline bool
erpsync_member_is(const uint8_t *p, const erpsync_member_t *member)
{
    size_t          i, len;
    uint64_t        a, b, differ;
    const uint8_t  *name;

    len = member->name.len;
    name = member->name.data;

    if (len < 8) {
        return erpsync_name_is(erpsync_span(p, len), member->name);
    }

    memcpy(&a, p + len - 8, 8);
    memcpy(&b, name + len - 8, 8);
    differ = a ^ b;

    for (i = 0; i + 8 < len; i += 8) {
        memcpy(&a, p + i, 8);
        memcpy(&b, name + i, 8);
        differ |= a ^ b;
    }

    return (differ & 0xdfdfdfdfdfdfdfdfu) == 0;
}

/*
 * The member that comes next where members come in canonical order, or the
 * first one where an element comes next; NULL where there is none to expect.
 */

static inline const erpsync_member_t *
erpsync_sink_guess(const erpsync_sink_t *sink)
{
    const erpsync_frame_t  *frame;

    if (sink->state == ERPSYNC_SINK_MEMBERS) {
        frame = sink->frame;

        return (frame->object && frame->next < frame->object->nmembers)
               ? &frame->object->members[frame->next] : NULL;
    }

    return (sink->state == ERPSYNC_SINK_LIST && sink->at.list->items)
           ? sink->at.list->items->members : NULL;
}

/*
 * A request that a fast path has judged and written to sink->out itself, up
 * to an element of its array of objects.
 */

typedef struct {
    const erpsync_member_t  *list;       /* the array */
    size_t                   start;      /* offset of its "[" in the output */
    size_t                   index;      /* elements that are written */
    uint32_t                 seen;       /* bits of members, up to the array */
    uint32_t                 present;    /* those that are not null */
} erpsync_sink_begun_t;

/*
 * Puts a fresh sink into the state in which the events of such a request
 * would have left it: the next event is an element, or the array's end.
 */

void erpsync_sink_resume(erpsync_sink_t *sink,
    const erpsync_sink_begun_t *begun);

/* A violation of the element that comes next in the open array. */

erpsync_rc_t erpsync_sink_fault(erpsync_sink_t *sink, erpsync_code_t code);

/*
 * The canonical body; of a document without violations only.  It may be a
 * part of the input, where that was canonical.
 */

erpsync_str_t erpsync_sink_canonical(const erpsync_sink_t *sink);

/*
 * The member whose value comes next, for decoders of syntaxes that do not
 * tell an array from an object; NULL in a value without schema.
 */

const erpsync_member_t *erpsync_sink_expects(const erpsync_sink_t *sink);


#endif /* ERPSYNC_SINK_H */
