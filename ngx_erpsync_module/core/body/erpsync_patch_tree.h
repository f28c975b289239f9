
/*
 * The document that a JSON Patch works on.
 *
 * A value is a span of the patch's own text until a path leads into it; only
 * then its members or elements become nodes, one level of them.  So a large
 * value costs one node, and a copy of it one more.
 *
 * What a patch may make the gateway do is bounded in proportion to its
 * length: the memory of nodes, and steps.  A step is a node that is looked at,
 * or four bytes of text that are read; it takes some nanoseconds.
 *
 * A function that fails returns false or NULL, and sets tree->failure.
 */


#ifndef ERPSYNC_PATCH_TREE_H
#define ERPSYNC_PATCH_TREE_H


#include "erpsync_patch.h"


typedef enum {
    ERPSYNC_FAILURE_NONE,
    ERPSYNC_FAILURE_MEMORY,     /* the gateway has none left */
    ERPSYNC_FAILURE_UNKNOWN,    /* a path leads to nothing */
    ERPSYNC_FAILURE_INDEX,      /* an index is too large */
    ERPSYNC_FAILURE_POINTER,    /* a path is malformed */
    ERPSYNC_FAILURE_ROOT,       /* the whole document is removed */
    ERPSYNC_FAILURE_INSIDE,     /* a value is moved into itself */
    ERPSYNC_FAILURE_TEST,       /* a test fails */
    ERPSYNC_FAILURE_DEPTH,      /* the document has too many levels */
    ERPSYNC_FAILURE_SIZE,       /* it is too large */
    ERPSYNC_FAILURE_WORK        /* too many steps */
} erpsync_failure_t;


typedef enum {
    ERPSYNC_NODE_TEXT,       /* any value, as it is in the text */
    ERPSYNC_NODE_OBJECT,
    ERPSYNC_NODE_ARRAY
} erpsync_node_kind_t;


typedef struct erpsync_node_s  erpsync_node_t;

struct erpsync_node_s {
    erpsync_str_t          name;      /* of a member, as it is in the text */

    union {
        const uint8_t     *text;
        erpsync_node_t   **children;
    } u;

    uint32_t               n;         /* bytes of text, or children */
    uint32_t               size;      /* children that there is room for */
    uint8_t                kind;
    uint8_t                height;    /* levels of a text; 0: a scalar */
};


typedef struct {
    erpsync_arena_t       *arena;
    uint8_t               *text;
    const uint8_t         *last;
    erpsync_node_t        *root;
    size_t                 room;      /* bytes that nodes may still take */
    uint64_t               work;      /* steps that are left */
    erpsync_out_t         *out;       /* of erpsync_tree_write() */
    size_t                 max;       /* bytes of that */
    erpsync_failure_t      failure;
} erpsync_tree_t;


/* A path, its tokens decoded.  More of them lead to nothing. */

typedef struct {
    unsigned               n;
    erpsync_str_t          tokens[ERPSYNC_MAX_DEPTH + 1];
} erpsync_pointer_t;


/* Where a path leads. */

typedef struct {
    erpsync_node_t        *parent;    /* NULL: the whole document */
    erpsync_node_t        *node;      /* NULL: nothing is there */
    uint32_t               index;     /* in the parent's children */
    unsigned               depth;     /* levels above the node */
    erpsync_str_t          token;     /* the last of the path */
} erpsync_place_t;


/* The members or elements of a value, one after the other. */

typedef struct {
    const erpsync_node_t  *node;
    const uint8_t         *pos;       /* of a text */
    uint32_t               index;     /* of a node */
} erpsync_items_t;


/* Makes the document {} for a patch that is "len" bytes of text. */

bool erpsync_tree_init(erpsync_tree_t *tree, erpsync_arena_t *arena,
    uint8_t *text, size_t len);

/* Takes steps off the work that is left; returns false if there is less. */

bool erpsync_tree_work(erpsync_tree_t *tree, uint64_t steps);

/* Notes a failure and returns false. */

static inline bool
erpsync_tree_fail(erpsync_tree_t *tree, erpsync_failure_t failure)
{
    tree->failure = failure;

    return false;
}

/* Sets "node" to the value at "p" of the text. */

bool erpsync_tree_text(erpsync_tree_t *tree, const uint8_t *p,
    erpsync_node_t *node);

/* Returns a copy of "node", with copies of all nodes in it. */

erpsync_node_t *erpsync_tree_copy(erpsync_tree_t *tree,
    const erpsync_node_t *node);

/* Splits a path, RFC 6901.  It is decoded in place: read it once only. */

bool erpsync_tree_pointer(erpsync_tree_t *tree, erpsync_str_t path,
    erpsync_pointer_t *pointer);

/*
 * Finds the place that a path leads to.  It is not a failure if the last token
 * names nothing in an object, or the place behind an array's last element.
 */

bool erpsync_tree_find(erpsync_tree_t *tree, const erpsync_pointer_t *pointer,
    erpsync_place_t *place);

/*
 * Puts a node at a place: with "insert" in front of the element that an array
 * has there, otherwise instead of the node that is there.
 */

bool erpsync_tree_put(erpsync_tree_t *tree, const erpsync_place_t *place,
    erpsync_node_t *node, bool insert);

/* Removes the node at a place; the whole document cannot be removed. */

bool erpsync_tree_remove(erpsync_tree_t *tree, const erpsync_place_t *place);

/*
 * Starts at the first item of a node.  erpsync_items_next() copies the next
 * one to "item" and returns true; it returns false at the end, and after a
 * failure.
 */

erpsync_items_t erpsync_items(const erpsync_node_t *node);
bool erpsync_items_next(erpsync_tree_t *tree, erpsync_items_t *items,
    erpsync_node_t *item);

/* Returns whether a name is "b": exactly, or without regard to case. */

bool erpsync_tree_name_is(erpsync_tree_t *tree, erpsync_str_t a,
    erpsync_str_t b, bool exact);

/* Returns whether two values are equal, RFC 6902, 4.6; false on failure. */

bool erpsync_tree_equal(erpsync_tree_t *tree, const erpsync_node_t *a,
    const erpsync_node_t *b);

/* Writes a value to tree->out. */

bool erpsync_tree_write(erpsync_tree_t *tree, const erpsync_node_t *node);


#endif /* ERPSYNC_PATCH_TREE_H */
