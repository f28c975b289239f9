
/*
 * The document that a JSON Patch works on.
 *
 * A value is a span of the patch's own text until a path leads into it: only
 * then its members or elements become nodes.  So a large value costs one
 * node, and a copy of it one more.
 *
 * What a patch may make the gateway do is bounded: nodes, steps and the size
 * of the document, in proportion to the text.
 */


#ifndef ERPSYNC_PATCH_DOC_H
#define ERPSYNC_PATCH_DOC_H


#include "erpsync_patch.h"


typedef enum {
    ERPSYNC_NODE_TEXT,       /* as it stands in the text */
    ERPSYNC_NODE_OBJECT,
    ERPSYNC_NODE_ARRAY
} erpsync_node_kind_t;


/* Nodes are known by number, spans by their offset; 0 is none. */

typedef struct {
    uint32_t              next;
    uint32_t              prev;
    uint32_t              name;      /* of a member, as it stands in JSON */
    uint32_t              name_len;
    uint32_t              hash;      /* of the name, in any case */
    uint32_t              first;     /* child, or offset of the text */
    uint32_t              last;      /* child */
    uint32_t              len;       /* of the text, or number of children */
    uint8_t               kind;
    uint8_t               height;    /* levels of a text; 0: a scalar */
} erpsync_node_t;


typedef struct {
    erpsync_arena_t      *arena;
    uint8_t              *text;

    erpsync_node_t      **pages;
    uint32_t              nnodes;
    uint32_t              max_nodes;
    uint64_t              work;      /* steps that are left */
    uint64_t              size;      /* of the document as text */
    uint64_t              max_size;

    uint32_t              root;

    /* where in an array the last path led: the next is often its neighbour */

    uint32_t              list;
    uint32_t              list_index;
    uint32_t              list_node;     /* in front of that index */
} erpsync_doc_t;


/* How an operation ends: ERPSYNC_ERROR, ERPSYNC_OK or one of these. */

typedef enum {
    ERPSYNC_FAULT_UNKNOWN = 1,
    ERPSYNC_FAULT_INDEX,
    ERPSYNC_FAULT_POINTER,
    ERPSYNC_FAULT_ROOT,
    ERPSYNC_FAULT_INSIDE,
    ERPSYNC_FAULT_TEST,
    ERPSYNC_FAULT_DEPTH,
    ERPSYNC_FAULT_SIZE,
    ERPSYNC_FAULT_WORK
} erpsync_fault_t;


/* What a path leads to. */

typedef struct {
    bool                  whole;     /* the document itself */
    unsigned              depth;     /* levels above the value */
    uint32_t              parent;
    uint32_t              prev;      /* sibling in front of "node" */
    uint32_t              node;      /* 0: the parent has none such */
    uint32_t              index;     /* in an array: where it would stand */
    erpsync_str_t         token;     /* last of the path, as it stands */
} erpsync_place_t;


static inline erpsync_node_t *
erpsync_node(erpsync_doc_t *doc, uint32_t id)
{
    return &doc->pages[id >> 10][id & 1023];
}


static inline const uint8_t *
erpsync_doc_text(const erpsync_doc_t *doc, uint32_t offset)
{
    return doc->text + offset;
}


/*
 * Takes "steps" off the work that is left; returns false if there is less.
 * A step is a node that is looked at, or two bytes of text: one takes some
 * nanoseconds, so all steps together keep a patch of 1 MB within 50 ms.
 */

static inline bool
erpsync_doc_work(erpsync_doc_t *doc, uint64_t steps)
{
    if (steps > doc->work) {
        doc->work = 0;
        return false;
    }

    doc->work -= steps;

    return true;
}


/* The document is {} at first. */

erpsync_rc_t erpsync_doc_init(erpsync_doc_t *doc, erpsync_arena_t *arena,
    uint8_t *text, size_t len);

/* A new node for the value at "offset"; int: see erpsync_fault_t. */

int erpsync_doc_value(erpsync_doc_t *doc, uint32_t offset, uint32_t *id);

/* The end of the string at "p". */

const uint8_t *erpsync_string_end(const uint8_t *p);

/* The end of the value at "p"; "height" may be NULL. */

const uint8_t *erpsync_value_end(const uint8_t *p, uint8_t *height);

/* Makes nodes of a container that is text, one level of it. */

int erpsync_doc_expand(erpsync_doc_t *doc, uint32_t id);

/*
 * A name without regard to case: equal names have equal hashes.  "~0" and
 * "~1" of a path's token count as what they mean.  Names with equal hashes
 * are compared, so it is no matter if a client can find such.
 */

uint32_t erpsync_name_mix(erpsync_str_t name, bool token);

/*
 * Where "path" leads.  OK also where the last token names nothing in an
 * object, or the place behind an array's last element.
 */

int erpsync_doc_find(erpsync_doc_t *doc, erpsync_str_t path,
    erpsync_place_t *place);

/* Puts a node at a place, in front of what an array has there. */

int erpsync_doc_put(erpsync_doc_t *doc, const erpsync_place_t *place,
    uint32_t id);

/* Puts a node in the place of the one that is there. */

int erpsync_doc_replace(erpsync_doc_t *doc, const erpsync_place_t *place,
    uint32_t id);

/* Takes the node that is there out of the document. */

int erpsync_doc_remove(erpsync_doc_t *doc, const erpsync_place_t *place);

int erpsync_doc_copy(erpsync_doc_t *doc, uint32_t id, uint32_t *copy);

/* RFC 6902, 4.6, of a node and the value at "offset" of the text. */

int erpsync_doc_equal(erpsync_doc_t *doc, uint32_t id, uint32_t offset,
    bool *equal);

/* Equality of two numbers of RFC 8259, whatever their length. */

bool erpsync_number_eq(erpsync_str_t a, erpsync_str_t b);

erpsync_rc_t erpsync_doc_write(erpsync_doc_t *doc, uint32_t id,
    erpsync_out_t *out);


/* Members of an object in the text, one after the other. */

typedef struct {
    const uint8_t        *pos;       /* behind "{" or a value */
    erpsync_str_t         name;
    const uint8_t        *value;
} erpsync_cursor_t;

/* At the first member of the object at "p". */

static inline erpsync_cursor_t
erpsync_cursor(const uint8_t *p)
{
    erpsync_cursor_t  c;

    memset(&c, 0, sizeof(erpsync_cursor_t));
    c.pos = p + 1;

    return c;
}


static inline bool
erpsync_cursor_next(erpsync_cursor_t *c)
{
    const uint8_t  *p;

    p = c->pos + (*c->pos == ',');

    if (*p == '}') {
        return false;
    }

    c->value = erpsync_string_end(p) + 1;            /* behind the colon */
    c->name = erpsync_span(p + 1, (size_t) (c->value - p) - 3);

    return true;
}


#endif /* ERPSYNC_PATCH_DOC_H */
