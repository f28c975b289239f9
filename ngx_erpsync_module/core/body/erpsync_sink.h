
/*
 * The schema sink, to which every decoder sends what it reads.
 *
 * A decoder sends the events of a document in order and knows no schema; the
 * sink knows no syntax.  The sink judges each value by the schema of the
 * operation, notes violations and the facts that grants are checked against,
 * and writes the canonical body, object by object (docs/bodies.md).
 *
 * Every event returns ERPSYNC_OK, or ERPSYNC_ERROR if there is no memory.  A
 * violation is not an error: the decoder goes on to the end of its input.  All
 * text that is passed in must stay in place until the canonical body is used.
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


/* The canonical form of a member's value. */

typedef enum {
    ERPSYNC_VALUE_ABSENT,
    ERPSYNC_VALUE_RAW,       /* "data" as it is */
    ERPSYNC_VALUE_TEXT,      /* "data" as a JSON string */
    ERPSYNC_VALUE_OUT        /* "len" bytes at "offset" of the output */
} erpsync_value_kind_t;

typedef struct {
    union {
        const uint8_t     *data;
        size_t             offset;
    } u;

    uint32_t               len;
    uint8_t                kind;
    bool                   clean;      /* a text needs no escaping */
    bool                   slack;      /* data can be read in blocks; a text
                                          needs no escaping */
} erpsync_value_t;

#define ERPSYNC_VALUE_SLACK  16        /* bytes of a block */


/* The place in an open object: which of its values comes next, or is open. */

typedef struct {
    const erpsync_member_t  *member;     /* NULL: it is unknown, or an entry */
    erpsync_str_t            name;       /* of an unknown one; or the key */
    const erpsync_member_t  *list;       /* the array that is open, or NULL */
    size_t                   index;      /* of the element that comes next */
    size_t                   start;      /* offset of the value that is open */
    bool                     direct;     /* it is written in its order */
    erpsync_str_t            part;       /* of an entry: Key or Value */
} erpsync_sink_place_t;


/* An object that a schema describes, or a dictionary, that is open. */

typedef struct erpsync_frame_s  erpsync_frame_t;

struct erpsync_frame_s {
    const erpsync_object_t  *object;     /* NULL: a dictionary */
    uint32_t                 seen;       /* bits of members that were named */
    unsigned                 next;       /* the member that comes in order */
    size_t                   extra;      /* offset of unknown members */

    /* members that came in order are written before the object ends */

    bool                     begun;      /* "{" is written */
    unsigned                 written;    /* so many members are, or absent */
    size_t                   prefix;     /* offset of their end */

    erpsync_sink_place_t     place;      /* of the object around it */
    erpsync_frame_t         *outer;
    erpsync_frame_t         *inner;      /* of an object before, or NULL */
    erpsync_nameset_t        names;      /* of unknown members, or keys */
    erpsync_value_t          values[ERPSYNC_MAX_MEMBERS];
    const uint8_t           *start;      /* in the input, or NULL */
};


/* How the names of an object without schema are compared. */

typedef enum {
    ERPSYNC_NAMES_FOLDED,    /* without regard to case */
    ERPSYNC_NAMES_EXACT,     /* the keys of a dictionary, which are data */
    ERPSYNC_NAMES_FREE       /* they are not compared */
} erpsync_names_t;


/* An open object or array of a value without schema. */

typedef struct {
    bool                     object;
    uint8_t                  compare;    /* erpsync_names_t */
    size_t                   count;      /* members or elements that ended */
    size_t                   mark;       /* offset of the open member */
    erpsync_str_t            name;       /* of that member */
    erpsync_nameset_t        names;
} erpsync_level_t;


typedef enum {
    ERPSYNC_SINK_ROOT,       /* before the document */
    ERPSYNC_SINK_MEMBERS,    /* in an object or dictionary of the schema */
    ERPSYNC_SINK_LIST,       /* in an array of the schema */
    ERPSYNC_SINK_OPAQUE,     /* at or in a value without schema */
    ERPSYNC_SINK_END         /* behind the document */
} erpsync_sink_state_t;


typedef struct {
    erpsync_sink_conf_t      conf;
    erpsync_arena_t         *arena;
    erpsync_out_t            out;        /* the canonical body */
    erpsync_out_t            extra;      /* unknown members, to be passed */
    erpsync_out_t            scratch;    /* for an object in another order */
    erpsync_str_t            verbatim;   /* the body, if it was canonical */

    erpsync_sink_state_t     state;
    erpsync_frame_t         *frame;      /* innermost open object, or NULL */
    erpsync_frame_t          frames[2];  /* the first two */
    erpsync_sink_place_t     at;         /* in the innermost one */

    /* a value without schema */

    erpsync_sink_state_t     resume;     /* the state behind it */
    unsigned                 depth;      /* open objects and arrays */
    bool                     dropped;    /* it only has to be well-formed */
    bool                     unknown;    /* it is an unknown member's, and
                                            has not begun */
    erpsync_level_t         *levels;     /* "depth" of them */
    unsigned                 checked;    /* levels whose names are compared */
    erpsync_out_t           *copy;       /* to which it is written, or NULL */
    size_t                   mark;       /* offset of its name there */

    erpsync_facts_t          facts;
    size_t                   nviolations;
    erpsync_violation_t      violations[ERPSYNC_MAX_VIOLATIONS];
    bool                     invalid;    /* there is a violation */
    bool                     form;       /* names may contain values */
    bool                     repeats;    /* members that are dropped may be
                                            given more than once */

    /* set by the caller after init: null is as absent */

    bool                     null_absent;   /* the value of a member */
    bool                     merge;         /* also of an unknown member, or
                                               of a dictionary's entry */
    const uint8_t           *input;         /* the body, from which offsets
                                               count; NULL: there are none */

    /* set by a decoder that can: where the last name and value begin */

    const uint8_t           *name_at;
    const uint8_t           *value_at;
} erpsync_sink_t;


/*
 * Prepares a sink for one document.  "size" is the expected length of the
 * canonical body, such as the length of the input.
 */

void erpsync_sink_init(erpsync_sink_t *sink, erpsync_arena_t *arena,
    const erpsync_sink_conf_t *conf, size_t size);

/* Takes all events back: the next one is the first of a document. */

void erpsync_sink_restart(erpsync_sink_t *sink);

/* Events.  A member is two events: its name, then its value. */

erpsync_rc_t erpsync_sink_object(erpsync_sink_t *sink);
erpsync_rc_t erpsync_sink_name(erpsync_sink_t *sink, erpsync_text_t name);
erpsync_rc_t erpsync_sink_object_end(erpsync_sink_t *sink);
erpsync_rc_t erpsync_sink_array(erpsync_sink_t *sink);
erpsync_rc_t erpsync_sink_array_end(erpsync_sink_t *sink);
erpsync_rc_t erpsync_sink_scalar(erpsync_sink_t *sink, erpsync_scalar_t type,
    erpsync_text_t text);

/*
 * An entry of a dictionary, in a syntax that writes it as an object with Key
 * and Value.
 */

typedef struct {
    bool             given;
    bool             wrong;      /* there is a violation */
    bool             null;
    erpsync_text_t   text;
} erpsync_part_t;

typedef struct {
    erpsync_part_t   key;
    erpsync_part_t   value;
} erpsync_entry_t;

/* Returns whether a dictionary is open. */

bool erpsync_sink_in_dictionary(const erpsync_sink_t *sink);

/*
 * Sets "*part" to the part of the entry that "name" names.  Sets it to NULL if
 * the name is unknown or given twice; the value that comes next is dropped
 * then.
 */

erpsync_rc_t erpsync_sink_part(erpsync_sink_t *sink, erpsync_entry_t *entry,
    erpsync_str_t name, erpsync_part_t **part);

/* Notes that a part is an object or array, which is dropped. */

erpsync_rc_t erpsync_sink_part_wrong(erpsync_sink_t *sink,
    const erpsync_entry_t *entry, erpsync_part_t *part);

/* Ends an entry: judges its parts, and clears it for the next one. */

erpsync_rc_t erpsync_sink_entry(erpsync_sink_t *sink, erpsync_entry_t *entry);

/*
 * Notes a violation if there is text between members or elements, which XML
 * can have, unless the object or array is dropped.
 */

erpsync_rc_t erpsync_sink_stray(erpsync_sink_t *sink);

/* Returns whether the value that comes next, or is open, is dropped. */

static inline bool
erpsync_sink_drops(const erpsync_sink_t *sink)
{
    return sink->state == ERPSYNC_SINK_OPAQUE && sink->dropped;
}

/*
 * The event of a name in two steps, for a decoder that would have to decode or
 * keep the name.  erpsync_sink_find() returns the member of the open object,
 * for erpsync_sink_member().  It returns NULL for an unknown name, and in a
 * dictionary or a value without schema: these need erpsync_sink_name().
 */

const erpsync_member_t *erpsync_sink_find(const erpsync_sink_t *sink,
    erpsync_str_t name);
erpsync_rc_t erpsync_sink_member(erpsync_sink_t *sink,
    const erpsync_member_t *member);

/*
 * Returns whether "p", with as many bytes as the member's name has, is that
 * name without regard to case.  Compares 8 bytes at a time, the last 8 first,
 * which overlap with the others; names are letters only.
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
 * Returns the member that comes next if members come in canonical order; of an
 * element that comes next, the first one.  Returns NULL if there is none.
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

/* Notes a violation of the element that comes next in the open array. */

erpsync_rc_t erpsync_sink_fault(erpsync_sink_t *sink, erpsync_code_t code);

/*
 * Returns the canonical body of a document without violations.  It is a part
 * of the input if that was canonical.
 */

erpsync_str_t erpsync_sink_canonical(const erpsync_sink_t *sink);

/*
 * Returns the member whose value or element comes next, for a syntax in which
 * an array looks like an object.  Returns NULL in a value without schema.
 */

const erpsync_member_t *erpsync_sink_expects(const erpsync_sink_t *sink);


#endif /* ERPSYNC_SINK_H */
