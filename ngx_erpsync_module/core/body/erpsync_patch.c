
#include "erpsync_patch_doc.h"


typedef struct {
    erpsync_str_t          op;
    erpsync_str_t          path;
    erpsync_str_t          from;
    uint32_t               value;      /* its offset; 0: none */
    bool                   has_path;
    bool                   has_from;
} erpsync_operation_text_t;


typedef struct {
    erpsync_doc_t           doc;
    erpsync_patch_error_t  *error;
} erpsync_patcher_t;


typedef erpsync_rc_t (*erpsync_patch_pt)(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op);


typedef struct {
    erpsync_str_t          name;
    erpsync_patch_pt       apply;
    bool                   from;       /* it needs this member */
    bool                   value;
} erpsync_patch_op_t;


typedef struct {
    erpsync_code_t         code;
    const char            *message;
} erpsync_patch_fault_t;


static bool erpsync_patch_read(erpsync_patcher_t *patcher, const uint8_t *p,
    erpsync_operation_text_t *op);
static erpsync_rc_t erpsync_patch_apply(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op);
static erpsync_rc_t erpsync_patch_add(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op);
static erpsync_rc_t erpsync_patch_replace(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op);
static erpsync_rc_t erpsync_patch_remove(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op);
static erpsync_rc_t erpsync_patch_test(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op);
static erpsync_rc_t erpsync_patch_copy(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op);
static erpsync_rc_t erpsync_patch_move(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op);
static bool erpsync_path_leads(erpsync_str_t from, erpsync_str_t path,
    bool *same);
static void erpsync_patch_fail(erpsync_patcher_t *patcher,
    const char *member, erpsync_code_t code, const char *message);


static const erpsync_patch_op_t  erpsync_patch_ops[] = {
    { erpsync_string("add"), erpsync_patch_add, false, true },
    { erpsync_string("replace"), erpsync_patch_replace, false, true },
    { erpsync_string("remove"), erpsync_patch_remove, false, false },
    { erpsync_string("test"), erpsync_patch_test, false, true },
    { erpsync_string("copy"), erpsync_patch_copy, true, false },
    { erpsync_string("move"), erpsync_patch_move, true, false }
};


static const erpsync_patch_fault_t  erpsync_patch_faults[] = {
    [ERPSYNC_FAULT_UNKNOWN] = { ERPSYNC_CODE_UNKNOWN,
        "The path leads to nothing in the document." },
    [ERPSYNC_FAULT_INDEX] = { ERPSYNC_CODE_RANGE,
        "The index is beyond the end of the array." },
    [ERPSYNC_FAULT_POINTER] = { ERPSYNC_CODE_TYPE,
        "The path must be a JSON Pointer: ~ is written ~0, / in a name ~1." },
    [ERPSYNC_FAULT_ROOT] = { ERPSYNC_CODE_RANGE,
        "The whole document cannot be removed." },
    [ERPSYNC_FAULT_INSIDE] = { ERPSYNC_CODE_RANGE,
        "A value cannot be moved into itself." },
    [ERPSYNC_FAULT_TEST] = { ERPSYNC_CODE_TEST,
        "The document has a different value." },
    [ERPSYNC_FAULT_DEPTH] = { ERPSYNC_CODE_COUNT,
        "The document would be more than 32 levels deep." },
    [ERPSYNC_FAULT_SIZE] = { ERPSYNC_CODE_COUNT,
        "The document would become too large." },
    [ERPSYNC_FAULT_WORK] = { ERPSYNC_CODE_COUNT,
        "The patch is too much work: use fewer operations or smaller values." }
};


erpsync_rc_t
erpsync_patch(erpsync_arena_t *arena, erpsync_arena_t *scratch,
    uint8_t *text, size_t len, erpsync_out_t *result,
    erpsync_patch_error_t *error)
{
    const uint8_t             *p, *next;
    erpsync_patcher_t          patcher;
    erpsync_operation_text_t   op;

    memset(error, 0, sizeof(erpsync_patch_error_t));
    memset(&patcher, 0, sizeof(erpsync_patcher_t));
    patcher.error = error;

    if (len > UINT32_MAX / 2) {
        error->whole = true;
        erpsync_patch_fail(&patcher, NULL, ERPSYNC_CODE_COUNT,
                           "The patch is too long.");
        return ERPSYNC_OK;
    }

    if (erpsync_doc_init(&patcher.doc, scratch, text, len) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    for (p = text + 1; *p != ']'; p = next + (*next == ',')) {

        if (error->index == ERPSYNC_MAX_PATCH) {
            error->whole = true;
            erpsync_patch_fail(&patcher, NULL, ERPSYNC_CODE_COUNT,
                     "The patch must not have more than 10000 operations.");
            return ERPSYNC_OK;
        }

        next = erpsync_value_end(p, NULL);    /* paths change */

        if (erpsync_patch_read(&patcher, p, &op)
            && erpsync_patch_apply(&patcher, &op) != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        if (error->message) {
            return ERPSYNC_OK;
        }

        error->index++;
    }

    if (erpsync_out_init(result, arena, (size_t) patcher.doc.size)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    return erpsync_doc_write(&patcher.doc, patcher.doc.root, result);
}


/* The text of a string; false: it is none. */

static bool
erpsync_patch_string(const uint8_t *p, erpsync_str_t *s)
{
    if (*p != '"') {
        return false;
    }

    *s = erpsync_span(p + 1, (size_t) (erpsync_value_end(p, NULL) - p) - 2);

    return true;
}


/* The members of an operation; false: one of them is no good. */

static bool
erpsync_patch_read(erpsync_patcher_t *patcher, const uint8_t *p,
    erpsync_operation_text_t *op)
{
    const char        *wrong;
    erpsync_cursor_t   c;

    static const erpsync_str_t  op_name = erpsync_string("op");
    static const erpsync_str_t  path_name = erpsync_string("path");
    static const erpsync_str_t  from_name = erpsync_string("from");
    static const erpsync_str_t  value_name = erpsync_string("value");

    memset(op, 0, sizeof(erpsync_operation_text_t));

    if (*p != '{') {
        erpsync_patch_fail(patcher, NULL, ERPSYNC_CODE_TYPE,
                           "An operation must be an object.");
        return false;
    }

    c = erpsync_cursor(p);
    wrong = NULL;

    for ( /* void */ ;
         erpsync_cursor_next(&c);
         c.pos = erpsync_value_end(c.value, NULL))
    {
        if (erpsync_str_caseeq(c.name, op_name)) {
            wrong = erpsync_patch_string(c.value, &op->op) ? wrong : "op";

        } else if (erpsync_str_caseeq(c.name, path_name)) {
            op->has_path = erpsync_patch_string(c.value, &op->path);
            wrong = op->has_path ? wrong : "path";

        } else if (erpsync_str_caseeq(c.name, from_name)) {
            op->has_from = erpsync_patch_string(c.value, &op->from);
            wrong = op->has_from ? wrong : "from";

        } else if (erpsync_str_caseeq(c.name, value_name)) {
            op->value = (uint32_t) (c.value - patcher->doc.text);
        }
    }

    if (wrong) {
        erpsync_patch_fail(patcher, wrong, ERPSYNC_CODE_TYPE,
                           "The member must be a string.");
        return false;
    }

    return true;
}


static erpsync_rc_t
erpsync_patch_apply(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op)
{
    size_t                     i;
    const char                *missing;
    const erpsync_patch_op_t  *found;

    static const char  required[] = "The operation needs this member.";

    if (op->op.data == NULL) {
        erpsync_patch_fail(patcher, "op", ERPSYNC_CODE_REQUIRED, required);
        return ERPSYNC_OK;
    }

    found = NULL;

    for (i = 0; i < erpsync_nelts(erpsync_patch_ops); i++) {
        if (erpsync_str_caseeq(op->op, erpsync_patch_ops[i].name)) {
            found = &erpsync_patch_ops[i];
            break;
        }
    }

    if (found == NULL) {
        erpsync_patch_fail(patcher, "op", ERPSYNC_CODE_ENUM,
                           "The operation must be one of add, replace, "
                           "remove, test, copy, move.");
        return ERPSYNC_OK;
    }

    missing = !op->has_path ? "path"
              : (found->from && !op->has_from) ? "from"
              : (found->value && !op->value) ? "value" : NULL;

    if (missing) {
        erpsync_patch_fail(patcher, missing, ERPSYNC_CODE_REQUIRED, required);
        return ERPSYNC_OK;
    }

    return found->apply(patcher, op);
}


/* The end of an operation: the fault of a member, or none. */

static erpsync_rc_t
erpsync_patch_end(erpsync_patcher_t *patcher, int rc, const char *member)
{
    if (rc == ERPSYNC_OK || rc == ERPSYNC_ERROR) {
        return (erpsync_rc_t) rc;
    }

    if (rc == ERPSYNC_FAULT_SIZE || rc == ERPSYNC_FAULT_WORK) {
        member = NULL;                     /* the operation is too much */
    }

    erpsync_patch_fail(patcher, member, erpsync_patch_faults[rc].code,
                       erpsync_patch_faults[rc].message);

    return ERPSYNC_OK;
}


/* A place where something is. */

static int
erpsync_patch_find(erpsync_patcher_t *patcher, erpsync_str_t path,
    erpsync_place_t *place)
{
    int      rc;
    uint8_t  kind;

    rc = erpsync_doc_find(&patcher->doc, path, place);

    if (rc != ERPSYNC_OK || place->node) {
        return rc;
    }

    kind = erpsync_node(&patcher->doc, place->parent)->kind;

    return (kind == ERPSYNC_NODE_ARRAY && place->token.data[0] != '-')
           ? ERPSYNC_FAULT_INDEX : ERPSYNC_FAULT_UNKNOWN;
}


/* RFC 6902, 4.1: into an array in front of what is there, else instead. */

static int
erpsync_patch_put(erpsync_patcher_t *patcher, erpsync_str_t path,
    uint32_t id)
{
    int               rc;
    erpsync_doc_t    *doc;
    erpsync_place_t   place;

    doc = &patcher->doc;
    rc = erpsync_doc_find(doc, path, &place);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    if (place.whole
        || (place.node
            && erpsync_node(doc, place.parent)->kind == ERPSYNC_NODE_OBJECT))
    {
        return erpsync_doc_replace(doc, &place, id);
    }

    return erpsync_doc_put(doc, &place, id);
}


static erpsync_rc_t
erpsync_patch_add(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op)
{
    int       rc;
    uint32_t  id;

    rc = erpsync_doc_value(&patcher->doc, op->value, &id);

    if (rc == ERPSYNC_OK) {
        rc = erpsync_patch_put(patcher, op->path, id);
    }

    return erpsync_patch_end(patcher, rc, "path");
}


static erpsync_rc_t
erpsync_patch_replace(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op)
{
    int               rc;
    uint32_t          id;
    erpsync_doc_t    *doc;
    erpsync_place_t   place;

    doc = &patcher->doc;
    rc = erpsync_doc_find(doc, op->path, &place);

    if (rc == ERPSYNC_OK && place.node == 0 && place.parent == doc->root
        && erpsync_node(doc, doc->root)->kind == ERPSYNC_NODE_OBJECT)
    {
        return erpsync_patch_add(patcher, op);
    }

    rc = erpsync_patch_find(patcher, op->path, &place);

    if (rc == ERPSYNC_OK) {
        rc = erpsync_doc_value(doc, op->value, &id);

        if (rc == ERPSYNC_OK) {
            rc = erpsync_doc_replace(doc, &place, id);
        }
    }

    return erpsync_patch_end(patcher, rc, "path");
}


static erpsync_rc_t
erpsync_patch_remove(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op)
{
    int              rc;
    erpsync_place_t  place;

    rc = erpsync_patch_find(patcher, op->path, &place);

    if (rc == ERPSYNC_OK) {
        rc = place.whole ? ERPSYNC_FAULT_ROOT
                         : erpsync_doc_remove(&patcher->doc, &place);
    }

    return erpsync_patch_end(patcher, rc, "path");
}


static erpsync_rc_t
erpsync_patch_test(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op)
{
    int              rc;
    bool             equal;
    erpsync_place_t  place;

    rc = erpsync_patch_find(patcher, op->path, &place);

    if (rc != ERPSYNC_OK) {
        return erpsync_patch_end(patcher, rc, "path");
    }

    rc = erpsync_doc_equal(&patcher->doc, place.node, op->value, &equal);

    if (rc == ERPSYNC_OK && !equal) {
        rc = ERPSYNC_FAULT_TEST;
    }

    return erpsync_patch_end(patcher, rc, "value");
}


static erpsync_rc_t
erpsync_patch_copy(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op)
{
    int              rc;
    uint32_t         id;
    erpsync_place_t  place;

    rc = erpsync_patch_find(patcher, op->from, &place);

    if (rc != ERPSYNC_OK) {
        return erpsync_patch_end(patcher, rc, "from");
    }

    rc = erpsync_doc_copy(&patcher->doc, place.node, &id);

    if (rc != ERPSYNC_OK) {
        return erpsync_patch_end(patcher, rc, "from");
    }

    return erpsync_patch_end(patcher,
                             erpsync_patch_put(patcher, op->path, id),
                             "path");
}


static erpsync_rc_t
erpsync_patch_move(erpsync_patcher_t *patcher,
    const erpsync_operation_text_t *op)
{
    int              rc;
    bool             same;
    erpsync_place_t  place;

    rc = erpsync_patch_find(patcher, op->from, &place);

    if (rc == ERPSYNC_OK && erpsync_path_leads(op->from, op->path, &same)) {

        if (same) {
            return ERPSYNC_OK;
        }

        return erpsync_patch_end(patcher, ERPSYNC_FAULT_INSIDE, "path");
    }

    if (rc == ERPSYNC_OK) {
        rc = erpsync_doc_remove(&patcher->doc, &place);
    }

    if (rc != ERPSYNC_OK) {
        return erpsync_patch_end(patcher, rc, "from");
    }

    return erpsync_patch_end(patcher,
                             erpsync_patch_put(patcher, op->path, place.node),
                             "path");
}


/* Whether "path" is "from" ("same"), or leads into it. */

static bool
erpsync_path_leads(erpsync_str_t from, erpsync_str_t path, bool *same)
{
    *same = false;

    if (from.len == 0) {
        *same = (path.len == 0);
        return true;
    }

    if (from.data[0] == '/') {
        from.data++;
        from.len--;
    }

    if (path.len && path.data[0] == '/') {
        path.data++;
        path.len--;

    } else if (path.len == 0) {
        return false;
    }

    if (path.len < from.len
        || !erpsync_str_caseeq(from, erpsync_span(path.data, from.len)))
    {
        return false;
    }

    *same = (path.len == from.len);

    return *same || path.data[from.len] == '/';
}


static void
erpsync_patch_fail(erpsync_patcher_t *patcher, const char *member,
    erpsync_code_t code, const char *message)
{
    erpsync_patch_error_t  *error;

    error = patcher->error;
    error->member = member;
    error->code = code;
    error->message = message;
}
