
#include "erpsync_patch_tree.h"


typedef enum {
    ERPSYNC_PATCH_ADD,
    ERPSYNC_PATCH_REPLACE,
    ERPSYNC_PATCH_REMOVE,
    ERPSYNC_PATCH_TEST,
    ERPSYNC_PATCH_COPY,
    ERPSYNC_PATCH_MOVE
} erpsync_patch_kind_t;


/* An operation as it is written. */

typedef struct {
    erpsync_patch_kind_t    kind;
    erpsync_str_t           op;         /* "data" is NULL if it is absent */
    erpsync_str_t           path;
    erpsync_str_t           from;
    erpsync_node_t          value;
    bool                    has_value;
} erpsync_patch_op_t;


typedef struct {
    erpsync_tree_t          tree;
    const char             *member;     /* that the tree is asked about */
    erpsync_patch_error_t  *error;
} erpsync_patcher_t;


typedef struct {
    erpsync_code_t          code;
    const char             *message;
} erpsync_patch_failure_t;


static bool erpsync_patch_read(erpsync_patcher_t *patcher,
    const erpsync_node_t *node, erpsync_patch_op_t *op);
static bool erpsync_patch_check(erpsync_patcher_t *patcher,
    erpsync_patch_op_t *op);
static bool erpsync_patch_apply(erpsync_patcher_t *patcher,
    const erpsync_patch_op_t *op);
static bool erpsync_patch_is_there(erpsync_tree_t *tree,
    const erpsync_place_t *place);
static bool erpsync_patch_is_equal(erpsync_patcher_t *patcher,
    const erpsync_node_t *node, const erpsync_node_t *value);
static bool erpsync_pointer_leads(const erpsync_pointer_t *from,
    const erpsync_pointer_t *path);
static bool erpsync_patch_fail(erpsync_patcher_t *patcher,
    const char *member, erpsync_code_t code, const char *message);
static erpsync_rc_t erpsync_patch_end(erpsync_patcher_t *patcher,
    bool whole);


static const erpsync_str_t  erpsync_patch_ops[] = {
    [ERPSYNC_PATCH_ADD] = erpsync_string("add"),
    [ERPSYNC_PATCH_REPLACE] = erpsync_string("replace"),
    [ERPSYNC_PATCH_REMOVE] = erpsync_string("remove"),
    [ERPSYNC_PATCH_TEST] = erpsync_string("test"),
    [ERPSYNC_PATCH_COPY] = erpsync_string("copy"),
    [ERPSYNC_PATCH_MOVE] = erpsync_string("move")
};


static const erpsync_patch_failure_t  erpsync_patch_failures[] = {
    [ERPSYNC_FAILURE_UNKNOWN] = { ERPSYNC_CODE_UNKNOWN,
        "The path leads to nothing in the document." },
    [ERPSYNC_FAILURE_INDEX] = { ERPSYNC_CODE_RANGE,
        "The index is beyond the end of the array." },
    [ERPSYNC_FAILURE_POINTER] = { ERPSYNC_CODE_TYPE,
        "The path must be a JSON Pointer: ~ is written ~0, / in a name ~1." },
    [ERPSYNC_FAILURE_ROOT] = { ERPSYNC_CODE_RANGE,
        "The whole document cannot be removed." },
    [ERPSYNC_FAILURE_INSIDE] = { ERPSYNC_CODE_RANGE,
        "A value cannot be moved into itself." },
    [ERPSYNC_FAILURE_TEST] = { ERPSYNC_CODE_TEST,
        "The document has a different value." },
    [ERPSYNC_FAILURE_DEPTH] = { ERPSYNC_CODE_COUNT,
        "The document would be more than 32 levels deep." },
    [ERPSYNC_FAILURE_SIZE] = { ERPSYNC_CODE_COUNT,
        "The document would become too large." },
    [ERPSYNC_FAILURE_WORK] = { ERPSYNC_CODE_COUNT,
        "The patch is too much work: use fewer operations or smaller values." }
};


erpsync_rc_t
erpsync_patch(erpsync_arena_t *arena, erpsync_arena_t *scratch,
    uint8_t *text, size_t len, erpsync_out_t *result,
    erpsync_patch_error_t *error)
{
    erpsync_node_t       patch, node;
    erpsync_tree_t      *tree;
    erpsync_items_t      items;
    erpsync_patcher_t    patcher;
    erpsync_patch_op_t   op;

    memset(result, 0, sizeof(erpsync_out_t));
    memset(error, 0, sizeof(erpsync_patch_error_t));
    memset(&patcher, 0, sizeof(erpsync_patcher_t));
    patcher.error = error;
    tree = &patcher.tree;

    if (len > UINT32_MAX / 2) {
        error->whole = true;
        (void) erpsync_patch_fail(&patcher, NULL, ERPSYNC_CODE_COUNT,
                                  "The patch is too long.");
        return ERPSYNC_OK;
    }

    if (!erpsync_tree_init(tree, scratch, text, len)
        || !erpsync_tree_text(tree, text, &patch))
    {
        return erpsync_patch_end(&patcher, true);
    }

    for (items = erpsync_items(&patch);
         erpsync_items_next(tree, &items, &node);
         error->index++)
    {
        if (error->index == ERPSYNC_MAX_PATCH) {
            error->whole = true;
            (void) erpsync_patch_fail(&patcher, NULL, ERPSYNC_CODE_COUNT,
                     "The patch must not have more than 10000 operations.");
            return ERPSYNC_OK;
        }

        if (!erpsync_patch_read(&patcher, &node, &op)
            || !erpsync_patch_check(&patcher, &op)
            || !erpsync_patch_apply(&patcher, &op))
        {
            return erpsync_patch_end(&patcher, false);
        }
    }

    if (tree->failure != ERPSYNC_FAILURE_NONE) {
        return erpsync_patch_end(&patcher, false);
    }

    if (erpsync_out_init(result, arena, len) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    tree->out = result;
    tree->max = len + ERPSYNC_PATCH_ROOM;
    (void) erpsync_tree_write(tree, tree->root);

    return erpsync_patch_end(&patcher, true);
}


/* Sets "s" to the text of a string; returns false if "node" is none. */

static bool
erpsync_patch_string(const erpsync_node_t *node, erpsync_str_t *s)
{
    if (*node->u.text != '"') {
        return false;
    }

    *s = erpsync_span(node->u.text + 1, node->n - 2);

    return true;
}


/* Reads the members of an operation; returns false if one is wrong. */

static bool
erpsync_patch_read(erpsync_patcher_t *patcher, const erpsync_node_t *node,
    erpsync_patch_op_t *op)
{
    size_t            i;
    const char       *wrong;
    erpsync_node_t    member;
    erpsync_items_t   items;

    static const erpsync_str_t  value = erpsync_string("value");
    static const erpsync_str_t  names[] = {
        erpsync_string("op"), erpsync_string("path"), erpsync_string("from")
    };
    erpsync_str_t *const        strings[] = { &op->op, &op->path, &op->from };

    memset(op, 0, sizeof(erpsync_patch_op_t));

    if (*node->u.text != '{') {
        return erpsync_patch_fail(patcher, NULL, ERPSYNC_CODE_TYPE,
                                  "An operation must be an object.");
    }

    wrong = NULL;
    items = erpsync_items(node);

    while (erpsync_items_next(&patcher->tree, &items, &member)) {

        if (erpsync_str_caseeq(member.name, value)) {
            op->value = member;
            op->has_value = true;
        }

        for (i = 0; i < erpsync_nelts(names); i++) {
            if (erpsync_str_caseeq(member.name, names[i])
                && !erpsync_patch_string(&member, strings[i]))
            {
                wrong = (const char *) names[i].data;
            }
        }
    }

    if (wrong) {
        return erpsync_patch_fail(patcher, wrong, ERPSYNC_CODE_TYPE,
                                  "The member must be a string.");
    }

    return patcher->tree.failure == ERPSYNC_FAILURE_NONE;
}


/*
 * Sets op->kind; returns false if there is no such operation, or a member that
 * it needs is absent.
 */

static bool
erpsync_patch_check(erpsync_patcher_t *patcher, erpsync_patch_op_t *op)
{
    size_t       i;
    const char  *missing;

    missing = NULL;

    for (i = 0; i < erpsync_nelts(erpsync_patch_ops) && op->op.data; i++) {
        if (erpsync_str_caseeq(op->op, erpsync_patch_ops[i])) {
            break;
        }
    }

    op->kind = (erpsync_patch_kind_t) i;

    if (op->op.data == NULL) {
        missing = "op";

    } else if (i == erpsync_nelts(erpsync_patch_ops)) {
        return erpsync_patch_fail(patcher, "op", ERPSYNC_CODE_ENUM,
                                  "The operation must be one of add, "
                                  "replace, remove, test, copy, move.");

    } else if (op->path.data == NULL) {
        missing = "path";

    } else if (op->kind >= ERPSYNC_PATCH_COPY) {
        missing = op->from.data ? NULL : "from";

    } else if (op->kind != ERPSYNC_PATCH_REMOVE) {
        missing = op->has_value ? NULL : "value";
    }

    return missing == NULL
           || erpsync_patch_fail(patcher, missing, ERPSYNC_CODE_REQUIRED,
                                 "The operation needs this member.");
}


/* Applies an operation, RFC 6902, 4; returns false after a failure. */

static bool
erpsync_patch_apply(erpsync_patcher_t *patcher, const erpsync_patch_op_t *op)
{
    erpsync_node_t     *node;
    erpsync_tree_t     *tree;
    erpsync_place_t     place;
    erpsync_pointer_t   from, path;

    tree = &patcher->tree;
    node = NULL;

    if (op->kind >= ERPSYNC_PATCH_COPY) {
        patcher->member = "from";

        if (!erpsync_tree_pointer(tree, op->from, &from)
            || !erpsync_tree_find(tree, &from, &place)
            || !erpsync_patch_is_there(tree, &place))
        {
            return false;
        }

        node = place.node;
    }

    patcher->member = "path";

    if (!erpsync_tree_pointer(tree, op->path, &path)) {
        return false;
    }

    if (op->kind == ERPSYNC_PATCH_MOVE) {

        if (erpsync_pointer_leads(&from, &path)) {
            return path.n == from.n
                   || erpsync_tree_fail(tree, ERPSYNC_FAILURE_INSIDE);
        }

        (void) erpsync_tree_remove(tree, &place);

    } else if (op->kind != ERPSYNC_PATCH_REMOVE
               && op->kind != ERPSYNC_PATCH_TEST)
    {
        node = erpsync_tree_copy(tree, node ? node : &op->value);
        if (node == NULL) {
            return false;
        }
    }

    if (!erpsync_tree_find(tree, &path, &place)) {
        return false;
    }

    switch (op->kind) {

    case ERPSYNC_PATCH_REPLACE:

        /* the WebAPI adds a member at the top that is not there */

        return ((place.parent == tree->root
                 && tree->root->kind == ERPSYNC_NODE_OBJECT)
                || erpsync_patch_is_there(tree, &place))
               && erpsync_tree_put(tree, &place, node, false);

    case ERPSYNC_PATCH_TEST:
        return erpsync_patch_is_there(tree, &place)
               && erpsync_patch_is_equal(patcher, place.node, &op->value);

    case ERPSYNC_PATCH_REMOVE:
        return erpsync_patch_is_there(tree, &place)
               && erpsync_tree_remove(tree, &place);

    default:
        return erpsync_tree_put(tree, &place, node, true);
    }
}


static bool
erpsync_patch_is_there(erpsync_tree_t *tree, const erpsync_place_t *place)
{
    if (place->node) {
        return true;
    }

    if (place->parent->kind == ERPSYNC_NODE_ARRAY
        && place->token.data[0] != '-')
    {
        return erpsync_tree_fail(tree, ERPSYNC_FAILURE_INDEX);
    }

    return erpsync_tree_fail(tree, ERPSYNC_FAILURE_UNKNOWN);
}


static bool
erpsync_patch_is_equal(erpsync_patcher_t *patcher, const erpsync_node_t *node,
    const erpsync_node_t *value)
{
    patcher->member = "value";

    if (erpsync_tree_equal(&patcher->tree, node, value)) {
        return true;
    }

    return patcher->tree.failure == ERPSYNC_FAILURE_NONE
           && erpsync_tree_fail(&patcher->tree, ERPSYNC_FAILURE_TEST);
}


/* Returns whether "path" is "from", or leads into that value. */

static bool
erpsync_pointer_leads(const erpsync_pointer_t *from,
    const erpsync_pointer_t *path)
{
    unsigned  i;

    for (i = 0; i < from->n; i++) {

        if (i == path->n
            || !erpsync_str_caseeq(from->tokens[i], path->tokens[i]))
        {
            return false;
        }

        /* the keys of a dictionary are compared exactly */

        if (i && erpsync_is_dictionary(from->tokens[i - 1])
            && !erpsync_str_eq(from->tokens[i], path->tokens[i]))
        {
            return false;
        }
    }

    return true;
}


/* Notes why an operation fails and returns false. */

static bool
erpsync_patch_fail(erpsync_patcher_t *patcher, const char *member,
    erpsync_code_t code, const char *message)
{
    erpsync_patch_error_t  *error;

    error = patcher->error;
    error->member = member;
    error->code = code;
    error->message = message;

    return false;
}


/*
 * Notes a failure of the tree, if there is one.  Returns ERPSYNC_ERROR if
 * there is no memory.
 */

static erpsync_rc_t
erpsync_patch_end(erpsync_patcher_t *patcher, bool whole)
{
    const char       *member;
    erpsync_failure_t   failure;

    failure = patcher->tree.failure;

    if (failure == ERPSYNC_FAILURE_MEMORY) {
        return ERPSYNC_ERROR;
    }

    if (failure == ERPSYNC_FAILURE_NONE) {
        return ERPSYNC_OK;
    }

    /* the operation, or the patch, is too much: not one of its members */

    member = (failure < ERPSYNC_FAILURE_SIZE) ? patcher->member : NULL;

    patcher->error->whole = whole;
    (void) erpsync_patch_fail(patcher, member,
                              erpsync_patch_failures[failure].code,
                              erpsync_patch_failures[failure].message);

    return ERPSYNC_OK;
}
