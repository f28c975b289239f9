
#include "erpsync_form_internal.h"


/*
 * A form whose request has objects in objects: its pairs may come in any
 * order, so they are first put into a tree of their names' segments, as in
 * Mapping -> FieldMappings -> 0 -> ErpFieldId.  The tree is then sent in the
 * order in which its nodes were met, and elements in that of their indexes.
 */


#define ERPSYNC_TREE_BLOCK   256         /* nodes that are taken at once */
#define ERPSYNC_TREE_TABLE   256         /* places at first */
#define ERPSYNC_TREE_MAX     0x7fffffff  /* bytes of a form, so of a name */


/*
 * A segment, with the value of the pair that ends there.  Small, since a form
 * may have very many; other nodes are referred to by number, 0 is none.
 */

typedef struct {
    const uint8_t     *name;
    const uint8_t     *value;         /* NULL: none */
    uint32_t           name_len:31;
    uint32_t           bracket:1;     /* written as [segment] */
    uint32_t           value_len;
    uint32_t           parent;
    uint32_t           last;          /* of its segments */
    uint32_t           next;          /* segment; behind the last, the first */
    uint32_t           more;          /* another value of the same name */
} erpsync_node_t;


typedef struct {
    erpsync_form_t    *form;
    erpsync_arena_t   *arena;
    erpsync_node_t   **blocks;
    size_t             nblocks;       /* that "blocks" has room for */
    uint32_t           n;             /* nodes, the root included */
    size_t             size;          /* a power of two */
    uint32_t          *table;         /* segments by parent and name */
} erpsync_tree_t;


static erpsync_rc_t erpsync_tree_add(erpsync_tree_t *tree, uint32_t *n);
static erpsync_rc_t erpsync_tree_pair(erpsync_tree_t *tree,
    erpsync_str_t piece);
static erpsync_rc_t erpsync_tree_path(erpsync_tree_t *tree,
    erpsync_str_t name, const uint8_t *place, uint32_t *node);
static erpsync_rc_t erpsync_tree_child(erpsync_tree_t *tree,
    uint32_t parent, erpsync_str_t name, uint32_t *child);
static erpsync_rc_t erpsync_tree_grow(erpsync_tree_t *tree);
static erpsync_rc_t erpsync_tree_members(erpsync_tree_t *tree,
    const erpsync_node_t *node);
static erpsync_rc_t erpsync_tree_value(erpsync_tree_t *tree,
    const erpsync_node_t *node);
static erpsync_rc_t erpsync_tree_open(erpsync_tree_t *tree,
    const erpsync_node_t *node, const erpsync_member_t *member);
static erpsync_rc_t erpsync_tree_scalars(erpsync_tree_t *tree,
    const erpsync_node_t *node);
static erpsync_rc_t erpsync_tree_elements(erpsync_tree_t *tree,
    const erpsync_node_t *node, bool entries);
static erpsync_rc_t erpsync_tree_element(erpsync_tree_t *tree,
    const erpsync_node_t *node);
static erpsync_rc_t erpsync_tree_entry(erpsync_tree_t *tree,
    const erpsync_node_t *node);


static inline erpsync_str_t
erpsync_node_name(const erpsync_node_t *node)
{
    return erpsync_span(node->name, node->name_len);
}


static inline erpsync_str_t
erpsync_node_value(const erpsync_node_t *node)
{
    return erpsync_span(node->value, node->value_len);
}


static inline erpsync_node_t *
erpsync_tree_node(const erpsync_tree_t *tree, uint32_t n)
{
    return &tree->blocks[n / ERPSYNC_TREE_BLOCK][n % ERPSYNC_TREE_BLOCK];
}


/* The first of a node's segments, and the one behind another, or NULL. */

static inline const erpsync_node_t *
erpsync_tree_first(const erpsync_tree_t *tree, const erpsync_node_t *node)
{
    return node->last
           ? erpsync_tree_node(tree, erpsync_tree_node(tree, node->last)->next)
           : NULL;
}


static inline const erpsync_node_t *
erpsync_tree_next(const erpsync_tree_t *tree, const erpsync_node_t *node)
{
    const erpsync_node_t  *last;

    last = erpsync_tree_node(tree,
                             erpsync_tree_node(tree, node->parent)->last);

    return (node == last) ? NULL : erpsync_tree_node(tree, node->next);
}


static inline const erpsync_node_t *
erpsync_tree_more(const erpsync_tree_t *tree, const erpsync_node_t *node)
{
    return node->more ? erpsync_tree_node(tree, node->more) : NULL;
}


erpsync_rc_t
erpsync_form_tree(erpsync_form_t *form)
{
    uint32_t        root;
    erpsync_str_t   piece;
    erpsync_tree_t  tree;

    memset(&tree, 0, sizeof(erpsync_tree_t));
    tree.form = form;
    tree.arena = form->sink->arena;

    if (form->input.len > ERPSYNC_TREE_MAX) {
        erpsync_form_fail(form, form->input.data, "the form is too long");
        return ERPSYNC_OK;
    }

    if (erpsync_tree_add(&tree, &root) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    while (erpsync_form_piece(form, &form->offset, &piece)) {

        if (piece.len && erpsync_tree_pair(&tree, piece) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        if (form->error->message) {
            return ERPSYNC_OK;
        }
    }

    if (erpsync_tree_members(&tree, erpsync_tree_node(&tree, root))
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    return form->error->message ? ERPSYNC_OK
                                : erpsync_sink_object_end(form->sink);
}


/* A node more. */

static erpsync_rc_t
erpsync_tree_add(erpsync_tree_t *tree, uint32_t *n)
{
    size_t            i, size;
    erpsync_node_t  **blocks;

    i = tree->n / ERPSYNC_TREE_BLOCK;

    if (i == tree->nblocks) {
        size = i ? i * 2 : 4;
        blocks = erpsync_alloc(tree->arena, size * sizeof(erpsync_node_t *));
        if (blocks == NULL) {
            return ERPSYNC_ERROR;
        }

        if (i) {
            memcpy(blocks, tree->blocks, i * sizeof(erpsync_node_t *));
        }

        tree->blocks = blocks;
        tree->nblocks = size;
    }

    if (tree->n % ERPSYNC_TREE_BLOCK == 0) {
        tree->blocks[i] = erpsync_alloc(tree->arena,
                                        ERPSYNC_TREE_BLOCK
                                        * sizeof(erpsync_node_t));
        if (tree->blocks[i] == NULL) {
            return ERPSYNC_ERROR;
        }

        memset(tree->blocks[i], 0,
               ERPSYNC_TREE_BLOCK * sizeof(erpsync_node_t));
    }

    *n = tree->n++;

    return ERPSYNC_OK;
}


static erpsync_rc_t
erpsync_tree_pair(erpsync_tree_t *tree, erpsync_str_t piece)
{
    size_t           len;
    uint32_t         n, more;
    erpsync_str_t    name, value;
    erpsync_node_t  *node, *first;
    const uint8_t   *p;

    p = memchr(piece.data, '=', piece.len);
    len = p ? (size_t) (p - piece.data) : piece.len;
    value = p ? erpsync_span(p + 1, piece.len - len - 1)
              : erpsync_span(piece.data, 0);

    if (erpsync_form_decode(tree->form, erpsync_span(piece.data, len), &name)
            != ERPSYNC_OK
        || erpsync_form_decode(tree->form, value, &value) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (tree->form->error->message) {
        return ERPSYNC_OK;
    }

    if (erpsync_tree_path(tree, name, piece.data, &n) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (tree->form->error->message) {
        return ERPSYNC_OK;
    }

    node = erpsync_tree_node(tree, n);

    if (node->value) {

        if (erpsync_tree_add(tree, &more) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        /* of further values, the first one knows the last */

        if (node->more) {
            first = erpsync_tree_node(tree, node->more);
            erpsync_tree_node(tree, first->last ? first->last
                                                : node->more)->more = more;
            first->last = more;

        } else {
            node->more = more;
        }

        node = erpsync_tree_node(tree, more);
    }

    node->value = value.data;
    node->value_len = (uint32_t) value.len;

    return ERPSYNC_OK;
}


/* The node that a decoded name leads to; what is not a path, is an error. */

static erpsync_rc_t
erpsync_tree_path(erpsync_tree_t *tree, erpsync_str_t name,
    const uint8_t *place, uint32_t *node)
{
    bool            bracket;
    size_t          i;
    unsigned        depth;
    erpsync_str_t   segment;

    i = erpsync_form_find(name, 0, '.', '[');

    if (erpsync_tree_child(tree, 0, erpsync_span(name.data, i), node)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    for (depth = 1; i < name.len; depth++) {

        if (depth == ERPSYNC_MAX_DEPTH) {
            erpsync_form_fail(tree->form, place, "more than 32 levels");
            return ERPSYNC_OK;
        }

        bracket = (name.data[i] == '[');

        if (!erpsync_form_segment(name, &i, &segment)) {
            erpsync_form_fail(tree->form, place,
                              "a name must be like Name, Name.Member, "
                              "Name[0] or Name[0].Member");
            return ERPSYNC_OK;
        }

        if (bracket && segment.len == 0 && i == name.len) {
            return ERPSYNC_OK;             /* Ids[]=1 is as Ids=1 */
        }

        if (erpsync_tree_child(tree, *node, segment, node) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        erpsync_tree_node(tree, *node)->bracket = bracket;
    }

    return ERPSYNC_OK;
}


static inline size_t
erpsync_tree_place(const erpsync_tree_t *tree, uint32_t parent,
    erpsync_str_t name)
{
    return (size_t) erpsync_name_hash(tree->form->sink->conf.key ^ parent,
                                      name, false)
           & (tree->size - 1);
}


static erpsync_rc_t
erpsync_tree_child(erpsync_tree_t *tree, uint32_t parent, erpsync_str_t name,
    uint32_t *child)
{
    size_t           i;
    uint32_t        *next;
    erpsync_node_t  *node, *above;

    if (((size_t) tree->n + 1) * 4 > tree->size * 3
        && erpsync_tree_grow(tree) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    for (i = erpsync_tree_place(tree, parent, name);
         tree->table[i];
         i = (i + 1) & (tree->size - 1))
    {
        node = erpsync_tree_node(tree, tree->table[i]);

        if (node->parent == parent && node->name_len == name.len
            && erpsync_str_caseeq(erpsync_node_name(node), name))
        {
            *child = tree->table[i];
            return ERPSYNC_OK;
        }
    }

    if (erpsync_tree_add(tree, child) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    node = erpsync_tree_node(tree, *child);
    node->name = name.data;
    node->name_len = name.len & ERPSYNC_TREE_MAX;
    node->parent = parent;

    above = erpsync_tree_node(tree, parent);
    next = above->last ? &erpsync_tree_node(tree, above->last)->next
                       : &node->next;
    node->next = above->last ? *next : *child;
    *next = *child;
    above->last = *child;

    tree->table[i] = *child;

    return ERPSYNC_OK;
}


static erpsync_rc_t
erpsync_tree_grow(erpsync_tree_t *tree)
{
    size_t           i, k, size;
    uint32_t        *old;
    erpsync_node_t  *node;

    old = tree->table;
    size = tree->size;
    tree->size = size ? size * 2 : ERPSYNC_TREE_TABLE;
    tree->table = erpsync_alloc(tree->arena, tree->size * sizeof(uint32_t));

    if (tree->table == NULL) {
        return ERPSYNC_ERROR;
    }

    memset(tree->table, 0, tree->size * sizeof(uint32_t));

    for (i = 0; i < size; i++) {

        if (old[i] == 0) {
            continue;
        }

        node = erpsync_tree_node(tree, old[i]);
        k = erpsync_tree_place(tree, node->parent, erpsync_node_name(node));

        while (tree->table[k]) {
            k = (k + 1) & (tree->size - 1);
        }

        tree->table[k] = old[i];
    }

    return ERPSYNC_OK;
}


/* The members of an open object; what is said twice is told by the sink. */

static erpsync_rc_t
erpsync_tree_members(erpsync_tree_t *tree, const erpsync_node_t *node)
{
    erpsync_sink_t          *sink;
    const erpsync_node_t    *more;
    const erpsync_member_t  *member;

    sink = tree->form->sink;

    for (node = erpsync_tree_first(tree, node);
         node;
         node = erpsync_tree_next(tree, node))
    {

        if (erpsync_form_name(tree->form, erpsync_node_name(node))
            != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        member = erpsync_sink_expects(sink);

        if (erpsync_tree_value(tree, node) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        if (tree->form->error->message) {
            return ERPSYNC_OK;             /* what is open stays so */
        }

        if (member && erpsync_type_is_array(member->type)) {
            continue;                      /* that took all values */
        }

        for (more = node->last ? NULL : erpsync_tree_more(tree, node);
             more;
             more = erpsync_tree_more(tree, more))
        {
            if (erpsync_form_name(tree->form, erpsync_node_name(node))
                    != ERPSYNC_OK
                || erpsync_form_scalar(tree->form, erpsync_node_value(more))
                   != ERPSYNC_OK)
            {
                return ERPSYNC_ERROR;
            }
        }
    }

    return ERPSYNC_OK;
}


/* The value that comes, of a member or an element. */

static erpsync_rc_t
erpsync_tree_value(erpsync_tree_t *tree, const erpsync_node_t *node)
{
    erpsync_sink_t          *sink;
    const erpsync_member_t  *member;

    if (tree->form->error->message) {
        return ERPSYNC_OK;
    }

    sink = tree->form->sink;
    member = (sink->state == ERPSYNC_SINK_MEMBERS)
             ? erpsync_sink_expects(sink) : NULL;

    if (node->last) {
        return erpsync_tree_open(tree, node, member);
    }

    if (member && (member->type == ERPSYNC_TYPE_INT32S
                   || member->type == ERPSYNC_TYPE_STRINGS))
    {
        return erpsync_tree_scalars(tree, node);
    }

    return erpsync_form_scalar(tree->form, erpsync_node_value(node));
}


/* Whether the segments of a node are 0, 1, 2 … in brackets. */

static bool
erpsync_tree_counts(const erpsync_tree_t *tree, const erpsync_node_t *node)
{
    uint32_t               i, index;
    const erpsync_node_t  *child;

    i = 0;

    for (child = erpsync_tree_first(tree, node);
         child;
         child = erpsync_tree_next(tree, child))
    {
        if (!child->bracket
            || !erpsync_form_index(erpsync_node_name(child), &index)
            || index != i++)
        {
            return false;
        }
    }

    return true;
}


/* An object, an array or a dictionary. */

static erpsync_rc_t
erpsync_tree_open(erpsync_tree_t *tree, const erpsync_node_t *node,
    const erpsync_member_t *member)
{
    bool             list, entries;
    erpsync_rc_t     rc;
    erpsync_sink_t  *sink;

    sink = tree->form->sink;
    list = member ? erpsync_type_is_array(member->type)
                  : (sink->state == ERPSYNC_SINK_OPAQUE
                     && erpsync_tree_counts(tree, node));
    entries = (member && member->type == ERPSYNC_TYPE_DICTIONARY);

    rc = list ? erpsync_sink_array(sink) : erpsync_sink_object(sink);

    if (rc == ERPSYNC_OK && node->value) {
        rc = erpsync_sink_stray(sink);
    }

    if (rc == ERPSYNC_OK) {
        rc = (list || entries) ? erpsync_tree_elements(tree, node, entries)
                               : erpsync_tree_members(tree, node);
    }

    if (rc != ERPSYNC_OK || tree->form->error->message) {
        return rc;
    }

    return list ? erpsync_sink_array_end(sink)
                : erpsync_sink_object_end(sink);
}


/* Ids=1&Ids=2, without those that are blank; none at all is as absent. */

static erpsync_rc_t
erpsync_tree_scalars(erpsync_tree_t *tree, const erpsync_node_t *node)
{
    bool             any;
    erpsync_str_t    value;
    erpsync_sink_t  *sink;

    sink = tree->form->sink;
    any = false;

    for ( /* void */ ; node; node = erpsync_tree_more(tree, node)) {
        value = erpsync_node_value(node);

        if (erpsync_is_blank(value)) {
            continue;
        }

        if ((!any && erpsync_sink_array(sink) != ERPSYNC_OK)
            || erpsync_form_scalar(tree->form, value) != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        any = true;
    }

    return any ? erpsync_sink_array_end(sink)
               : erpsync_form_scalar(tree->form, erpsync_span(NULL, 0));
}


/* Where a segment's name is in the input, if it is as it stands there. */

static const uint8_t *
erpsync_tree_name_place(const erpsync_tree_t *tree,
    const erpsync_node_t *node)
{
    erpsync_str_t  input;

    input = tree->form->input;

    return (node->name >= input.data && node->name < input.data + input.len)
           ? node->name : input.data;
}


/* Elements of an open array, or entries of an open dictionary, by index. */

static erpsync_rc_t
erpsync_tree_elements(erpsync_tree_t *tree, const erpsync_node_t *node,
    bool entries)
{
    size_t                  i, n;
    uint32_t                index;
    erpsync_rc_t            rc;
    erpsync_sink_t         *sink;
    const erpsync_node_t   *child, **children;

    sink = tree->form->sink;

    n = 0;

    for (child = erpsync_tree_first(tree, node);
         child;
         child = erpsync_tree_next(tree, child))
    {
        n++;
    }

    children = erpsync_alloc(tree->arena, n * sizeof(erpsync_node_t *));
    if (children == NULL) {
        return ERPSYNC_ERROR;
    }

    memset(children, 0, n * sizeof(erpsync_node_t *));

    for (child = erpsync_tree_first(tree, node);
         child;
         child = erpsync_tree_next(tree, child))
    {

        if (!child->bracket
            || !erpsync_form_index(erpsync_node_name(child), &index))
        {
            erpsync_form_fail(tree->form,
                              erpsync_tree_name_place(tree, child),
                              "an index must be a number");
            return ERPSYNC_OK;
        }

        if (index < n) {
            children[index] = child;
        }
    }

    for (i = 0; i < n; i++) {

        if (children[i] == NULL) {

            /* the first one missing is told; later ones have no place */

            return entries ? erpsync_sink_entry(sink, &(erpsync_entry_t) { 0 })
                           : erpsync_sink_fault(sink, ERPSYNC_CODE_REQUIRED);
        }

        rc = entries ? erpsync_tree_entry(tree, children[i])
                     : erpsync_tree_element(tree, children[i]);

        if (rc != ERPSYNC_OK || tree->form->error->message) {
            return rc;
        }
    }

    return ERPSYNC_OK;
}


static erpsync_rc_t
erpsync_tree_element(erpsync_tree_t *tree, const erpsync_node_t *node)
{
    erpsync_rc_t     rc;
    erpsync_sink_t  *sink;

    sink = tree->form->sink;

    if (node->last == 0 && node->more) {
        rc = (sink->state == ERPSYNC_SINK_LIST)
             ? erpsync_sink_fault(sink, ERPSYNC_CODE_DUPLICATE)
             : erpsync_sink_stray(sink);

        if (rc != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }

    return erpsync_tree_value(tree, node);
}


/* An entry of the open dictionary: ConfigFields[0].Key and its Value. */

static erpsync_rc_t
erpsync_tree_entry(erpsync_tree_t *tree, const erpsync_node_t *node)
{
    erpsync_rc_t           rc;
    erpsync_sink_t        *sink;
    erpsync_part_t        *part;
    erpsync_entry_t        entry;
    const erpsync_node_t  *child, *more;

    sink = tree->form->sink;
    memset(&entry, 0, sizeof(erpsync_entry_t));

    for (child = erpsync_tree_first(tree, node);
         child;
         child = erpsync_tree_next(tree, child))
    {
        for (more = child; more; more = erpsync_tree_more(tree, more)) {

            if (erpsync_sink_part(sink, &entry, erpsync_node_name(child),
                                  &part)
                != ERPSYNC_OK)
            {
                return ERPSYNC_ERROR;
            }

            if (part && child->last == 0) {
                part->text.str = erpsync_node_value(more);
                part->null = erpsync_is_blank(part->text.str);
                continue;
            }

            if (part && erpsync_sink_part_wrong(sink, &entry, part)
                        != ERPSYNC_OK)
            {
                return ERPSYNC_ERROR;
            }

            rc = (more == child)
                 ? erpsync_tree_value(tree, child)
                 : erpsync_form_scalar(tree->form, erpsync_node_value(more));

            if (rc != ERPSYNC_OK) {
                return ERPSYNC_ERROR;
            }
        }
    }

    return erpsync_sink_entry(sink, &entry);
}
