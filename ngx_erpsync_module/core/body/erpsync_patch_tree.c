
#include "erpsync_patch_tree.h"
#include "erpsync_scan.h"


#define ERPSYNC_TREE_ROOM       (512 * 1024)
#define ERPSYNC_TREE_WORK       1000000
#define ERPSYNC_TREE_WORK_BYTE  3
#define ERPSYNC_TREE_CHILDREN   4    /* room of a node's first array of them */
#define ERPSYNC_MAX_INDEX       9    /* digits */


static bool erpsync_tree_open(erpsync_tree_t *tree, erpsync_node_t *node);
static bool erpsync_tree_insert(erpsync_tree_t *tree, erpsync_node_t *parent,
    uint32_t index, erpsync_node_t *node);
static bool erpsync_tree_child(erpsync_tree_t *tree, erpsync_place_t *place);
static bool erpsync_tree_element(erpsync_tree_t *tree,
    erpsync_place_t *place);
static const uint8_t *erpsync_tree_skip(const erpsync_tree_t *tree,
    const uint8_t *p, uint8_t *height);
static unsigned erpsync_tree_height(erpsync_tree_t *tree,
    const erpsync_node_t *node);


static void *
erpsync_tree_alloc(erpsync_tree_t *tree, size_t size)
{
    void  *p;

    size += (size_t) -size & (sizeof(max_align_t) - 1);

    if (size > tree->room) {
        (void) erpsync_tree_fail(tree, ERPSYNC_FAILURE_SIZE);
        return NULL;
    }

    p = erpsync_alloc(tree->arena, size);

    if (p == NULL) {
        (void) erpsync_tree_fail(tree, ERPSYNC_FAILURE_MEMORY);
        return NULL;
    }

    tree->room -= size;

    return p;
}


bool
erpsync_tree_init(erpsync_tree_t *tree, erpsync_arena_t *arena,
    uint8_t *text, size_t len)
{
    memset(tree, 0, sizeof(erpsync_tree_t));

    tree->arena = arena;
    tree->text = text;
    tree->last = text + len;
    tree->room = ERPSYNC_TREE_ROOM + 2 * len;
    tree->work = ERPSYNC_TREE_WORK + ERPSYNC_TREE_WORK_BYTE * (uint64_t) len;

    tree->root = erpsync_tree_alloc(tree, sizeof(erpsync_node_t));
    if (tree->root == NULL) {
        return false;
    }

    memset(tree->root, 0, sizeof(erpsync_node_t));
    tree->root->kind = ERPSYNC_NODE_OBJECT;

    return true;
}


bool
erpsync_tree_work(erpsync_tree_t *tree, uint64_t steps)
{
    if (steps > tree->work) {
        tree->work = 0;
        return erpsync_tree_fail(tree, ERPSYNC_FAILURE_WORK);
    }

    tree->work -= steps;

    return true;
}


bool
erpsync_tree_text(erpsync_tree_t *tree, const uint8_t *p,
    erpsync_node_t *node)
{
    node->kind = ERPSYNC_NODE_TEXT;
    node->u.text = p;
    node->n = (uint32_t) (erpsync_tree_skip(tree, p, &node->height) - p);
    node->size = 0;

    return erpsync_tree_work(tree, node->n / 4 + 1);
}


erpsync_node_t *
erpsync_tree_copy(erpsync_tree_t *tree, const erpsync_node_t *node)
{
    uint32_t         i;
    erpsync_node_t  *copy, *child;

    copy = erpsync_tree_alloc(tree, sizeof(erpsync_node_t));

    if (copy == NULL || !erpsync_tree_work(tree, 1)) {
        return NULL;
    }

    *copy = *node;

    if (node->kind == ERPSYNC_NODE_TEXT) {
        return copy;
    }

    copy->n = 0;
    copy->size = 0;

    for (i = 0; i < node->n; i++) {
        child = erpsync_tree_copy(tree, node->u.children[i]);

        if (child == NULL || !erpsync_tree_insert(tree, copy, i, child)) {
            return NULL;
        }
    }

    return copy;
}


bool
erpsync_tree_pointer(erpsync_tree_t *tree, erpsync_str_t path,
    erpsync_pointer_t *pointer)
{
    uint8_t  *p, *last, *start, *out;

    pointer->n = 0;

    if (path.len == 0) {
        return true;
    }

    p = tree->text + (path.data - tree->text);
    last = p + path.len;
    p += (*p == '/');

    for ( ;; ) {

        for (start = p, out = p; p < last && *p != '/'; p++) {

            if (*p != '~') {
                *out++ = *p;
                continue;
            }

            if (++p == last || (*p != '0' && *p != '1')) {
                return erpsync_tree_fail(tree, ERPSYNC_FAILURE_POINTER);
            }

            *out++ = (*p == '0') ? '~' : '/';
        }

        if (pointer->n < erpsync_nelts(pointer->tokens)) {
            pointer->tokens[pointer->n++] = erpsync_span(start,
                                                    (size_t) (out - start));
        }

        if (p++ == last) {
            return true;
        }
    }
}


bool
erpsync_tree_find(erpsync_tree_t *tree, const erpsync_pointer_t *pointer,
    erpsync_place_t *place)
{
    unsigned  i;

    memset(place, 0, sizeof(erpsync_place_t));
    place->node = tree->root;
    place->depth = pointer->n;

    for (i = 0; i < pointer->n; i++) {
        place->parent = place->node;
        place->token = pointer->tokens[i];

        if (place->parent == NULL) {
            return erpsync_tree_fail(tree, ERPSYNC_FAILURE_UNKNOWN);
        }

        if (!erpsync_tree_child(tree, place)) {
            return false;
        }
    }

    return true;
}


/* Finds the child of place->parent that place->token names. */

static bool
erpsync_tree_child(erpsync_tree_t *tree, erpsync_place_t *place)
{
    bool             exact;
    uint32_t         i;
    erpsync_node_t  *parent, *child;

    parent = place->parent;
    place->node = NULL;

    if (!erpsync_tree_open(tree, parent)) {
        return false;
    }

    if (parent->kind == ERPSYNC_NODE_ARRAY) {
        return erpsync_tree_element(tree, place);
    }

    if (parent->kind != ERPSYNC_NODE_OBJECT) {
        return erpsync_tree_fail(tree, ERPSYNC_FAILURE_UNKNOWN);
    }

    exact = erpsync_is_dictionary(parent->name);

    for (i = 0; i < parent->n; i++) {
        child = parent->u.children[i];

        if (erpsync_tree_name_is(tree, child->name, place->token, exact)) {
            place->node = child;
            break;
        }
    }

    place->index = i;

    return tree->failure == ERPSYNC_FAILURE_NONE;
}


static bool
erpsync_tree_element(erpsync_tree_t *tree, erpsync_place_t *place)
{
    size_t         i;
    uint32_t       n;
    erpsync_str_t  token;

    token = place->token;
    place->index = place->parent->n;

    if (token.len == 1 && token.data[0] == '-') {
        return true;
    }

    if (token.len == 0 || (token.len > 1 && token.data[0] == '0')) {
        return erpsync_tree_fail(tree, ERPSYNC_FAILURE_UNKNOWN);
    }

    for (i = 0, n = 0; i < token.len; i++) {

        if (!erpsync_is_digit(token.data[i])) {
            return erpsync_tree_fail(tree, ERPSYNC_FAILURE_UNKNOWN);
        }

        n = (i < ERPSYNC_MAX_INDEX) ? n * 10 + (token.data[i] - '0') : n;
    }

    if (token.len > ERPSYNC_MAX_INDEX || n > place->parent->n) {
        return erpsync_tree_fail(tree, ERPSYNC_FAILURE_INDEX);
    }

    place->index = n;
    place->node = (n < place->parent->n) ? place->parent->u.children[n]
                                         : NULL;
    return true;
}


bool
erpsync_tree_put(erpsync_tree_t *tree, const erpsync_place_t *place,
    erpsync_node_t *node, bool insert)
{
    unsigned         height;
    erpsync_node_t  *parent;

    height = erpsync_tree_height(tree, node);

    if (tree->failure != ERPSYNC_FAILURE_NONE) {
        return false;
    }

    if (place->depth + height > ERPSYNC_MAX_DEPTH) {
        return erpsync_tree_fail(tree, ERPSYNC_FAILURE_DEPTH);
    }

    parent = place->parent;
    node->name = erpsync_span(NULL, 0);

    if (parent == NULL) {
        tree->root = node;
        return true;
    }

    if (parent->kind == ERPSYNC_NODE_OBJECT) {

        /* a member that is there keeps the casing of its name */

        node->name = place->node ? place->node->name : place->token;
        insert = (place->node == NULL);
    }

    if (insert) {
        return erpsync_tree_insert(tree, parent, place->index, node);
    }

    parent->u.children[place->index] = node;

    return true;
}


bool
erpsync_tree_remove(erpsync_tree_t *tree, const erpsync_place_t *place)
{
    erpsync_node_t  *parent, **child;

    parent = place->parent;

    if (parent == NULL) {
        return erpsync_tree_fail(tree, ERPSYNC_FAILURE_ROOT);
    }

    child = &parent->u.children[place->index];
    parent->n--;
    memmove(child, child + 1,
            (parent->n - place->index) * sizeof(erpsync_node_t *));

    return erpsync_tree_work(tree, (parent->n - place->index) / 64);
}


/* Adds a child at "index", in front of the one that is there. */

static bool
erpsync_tree_insert(erpsync_tree_t *tree, erpsync_node_t *parent,
    uint32_t index, erpsync_node_t *node)
{
    uint32_t          size;
    erpsync_node_t  **child;

    if (!erpsync_tree_work(tree, 1 + (parent->n - index) / 64)) {
        return false;
    }

    if (parent->n == parent->size) {
        size = parent->size ? parent->size * 2 : ERPSYNC_TREE_CHILDREN;

        child = erpsync_tree_alloc(tree, size * sizeof(erpsync_node_t *));
        if (child == NULL) {
            return false;
        }

        if (parent->n) {
            memcpy(child, parent->u.children,
                   parent->n * sizeof(erpsync_node_t *));
        }

        parent->u.children = child;
        parent->size = size;
    }

    child = &parent->u.children[index];
    memmove(child + 1, child, (parent->n - index) * sizeof(erpsync_node_t *));
    *child = node;
    parent->n++;

    return true;
}


/*
 * Makes nodes of the items of an object or array that is text: it is read
 * twice, to take no more memory than they need.
 */

static bool
erpsync_tree_open(erpsync_tree_t *tree, erpsync_node_t *node)
{
    uint32_t          i, n;
    erpsync_node_t    text, item, *children;
    erpsync_items_t   items;

    if (node->kind != ERPSYNC_NODE_TEXT || node->height == 0) {
        return true;
    }

    text = *node;
    items = erpsync_items(&text);

    for (n = 0; erpsync_items_next(tree, &items, &item); n++) {
        /* void */
    }

    if (tree->failure != ERPSYNC_FAILURE_NONE) {
        return false;
    }

    node->kind = (*text.u.text == '{') ? ERPSYNC_NODE_OBJECT
                                       : ERPSYNC_NODE_ARRAY;
    node->n = n;
    node->size = n;

    node->u.children = erpsync_tree_alloc(tree,
                                          n * (sizeof(erpsync_node_t *)
                                               + sizeof(erpsync_node_t)));
    if (node->u.children == NULL) {
        return false;
    }

    children = (erpsync_node_t *) (node->u.children + n);
    items = erpsync_items(&text);

    for (i = 0; i < n && erpsync_items_next(tree, &items, &children[i]); i++) {
        node->u.children[i] = &children[i];
    }

    return tree->failure == ERPSYNC_FAILURE_NONE;
}


erpsync_items_t
erpsync_items(const erpsync_node_t *node)
{
    return (erpsync_items_t) {
        node, (node->kind == ERPSYNC_NODE_TEXT) ? node->u.text + 1 : NULL, 0
    };
}


/* Returns the end of the string at "p". */

static inline const uint8_t *
erpsync_tree_string(const erpsync_tree_t *tree, const uint8_t *p)
{
    for (p++; *p != '"'; /* void */ ) {

        if (*p == '\\') {
            p += 2;

        } else if (*p >= 0x80) {
            p++;

        } else {
            p = erpsync_scan_text(p + 1, tree->last);
        }
    }

    return p + 1;
}


bool
erpsync_items_next(erpsync_tree_t *tree, erpsync_items_t *items,
    erpsync_node_t *item)
{
    const uint8_t         *p, *end;
    const erpsync_node_t  *node;

    node = items->node;

    if (node->kind != ERPSYNC_NODE_TEXT) {

        if (items->index == node->n) {
            return false;
        }

        *item = *node->u.children[items->index++];

        return erpsync_tree_work(tree, 1);
    }

    p = items->pos + (*items->pos == ',');

    if (*p == '}' || *p == ']') {
        return false;
    }

    item->name = erpsync_span(NULL, 0);

    if (*node->u.text == '{') {
        end = erpsync_tree_string(tree, p);
        item->name = erpsync_span(p + 1, (size_t) (end - p) - 2);
        p = end + 1;                                  /* behind the colon */
    }

    if (!erpsync_tree_text(tree, p, item)) {
        return false;
    }

    items->pos = p + item->n;

    return true;
}


/* Returns the end of the value at "p", and its levels. */

static const uint8_t *
erpsync_tree_skip(const erpsync_tree_t *tree, const uint8_t *p,
    uint8_t *height)
{
    unsigned  depth;

    depth = 0;
    *height = 0;

    do {
        switch (*p) {

        case '"':
            p = erpsync_tree_string(tree, p);
            break;

        case '{':
        case '[':
            p++;
            depth++;
            *height = (depth > *height) ? (uint8_t) depth : *height;
            break;

        case '}':
        case ']':
            p++;
            depth--;
            break;

        case ',':
        case ':':
            p++;
            break;

        default:

            /* a number or a literal: something follows it in the patch */

            do {
                p++;
            } while (*p != ',' && *p != '}' && *p != ']');
        }

    } while (depth);

    return p;
}


bool
erpsync_tree_name_is(erpsync_tree_t *tree, erpsync_str_t a, erpsync_str_t b,
    bool exact)
{
    if (!erpsync_tree_work(tree, 1 + (a.len == b.len) * (1 + a.len / 16))) {
        return false;
    }

    return exact ? erpsync_str_eq(a, b) : erpsync_str_caseeq(a, b);
}


static unsigned
erpsync_tree_height(erpsync_tree_t *tree, const erpsync_node_t *node)
{
    uint32_t  i;
    unsigned  height, highest;

    if (!erpsync_tree_work(tree, 1) || node->kind == ERPSYNC_NODE_TEXT) {
        return node->height;
    }

    highest = 0;

    for (i = 0; i < node->n && tree->failure == ERPSYNC_FAILURE_NONE; i++) {
        height = erpsync_tree_height(tree, node->u.children[i]);
        highest = (height > highest) ? height : highest;
    }

    return highest + 1;
}


static bool
erpsync_tree_out(erpsync_tree_t *tree, const void *data, size_t len)
{
    if (erpsync_out_len(tree->out) + len > tree->max) {
        return erpsync_tree_fail(tree, ERPSYNC_FAILURE_SIZE);
    }

    return erpsync_out_str(tree->out, erpsync_span(data, len)) == ERPSYNC_OK
           || erpsync_tree_fail(tree, ERPSYNC_FAILURE_MEMORY);
}


bool
erpsync_tree_write(erpsync_tree_t *tree, const erpsync_node_t *node)
{
    bool      object;
    uint32_t  i;

    if (node->name.data
        && !(erpsync_tree_out(tree, "\"", 1)
             && erpsync_tree_out(tree, node->name.data, node->name.len)
             && erpsync_tree_out(tree, "\":", 2)))
    {
        return false;
    }

    if (node->kind == ERPSYNC_NODE_TEXT) {
        return erpsync_tree_out(tree, node->u.text, node->n);
    }

    object = (node->kind == ERPSYNC_NODE_OBJECT);

    if (!erpsync_tree_out(tree, object ? "{" : "[", 1)) {
        return false;
    }

    for (i = 0; i < node->n; i++) {
        if ((i && !erpsync_tree_out(tree, ",", 1))
            || !erpsync_tree_write(tree, node->u.children[i]))
        {
            return false;
        }
    }

    return erpsync_tree_out(tree, object ? "}" : "]", 1);
}
