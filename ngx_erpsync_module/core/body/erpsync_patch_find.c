
#include "erpsync_patch_doc.h"


/* Where the paths of a JSON Patch lead. */

#define ERPSYNC_MAX_INDEX  9   /* digits */


static int erpsync_doc_child(erpsync_doc_t *doc, erpsync_place_t *place);
static int erpsync_doc_element(erpsync_doc_t *doc, erpsync_place_t *place);
static bool erpsync_doc_walk(erpsync_doc_t *doc, uint32_t list, uint32_t n,
    uint32_t *prev);
static bool erpsync_token_is(erpsync_str_t token, erpsync_str_t name,
    bool exact);


uint32_t
erpsync_name_mix(erpsync_str_t name, bool token)
{
    size_t    i;
    uint8_t   c;
    uint32_t  h;

    h = 0x811c9dc5;

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if (c == '~' && token) {
            c = (name.data[++i] == '0') ? '~' : '/';
        }

        h = (h ^ erpsync_lower(c)) * 0x01000193;
    }

    return h;
}


int
erpsync_doc_find(erpsync_doc_t *doc, erpsync_str_t path,
    erpsync_place_t *place)
{
    int             rc;
    size_t          i;
    const uint8_t  *p, *last;

    memset(place, 0, sizeof(erpsync_place_t));

    for (i = 0; i < path.len; i++) {
        if (path.data[i] == '~'
            && (i + 1 == path.len
                || (path.data[i + 1] != '0' && path.data[i + 1] != '1')))
        {
            return ERPSYNC_FAULT_POINTER;
        }
    }

    place->node = doc->root;

    if (path.len == 0) {
        place->whole = true;
        return ERPSYNC_OK;
    }

    p = path.data;
    last = p + path.len;
    p += (*p == '/');

    for ( ;; ) {
        place->token.data = p;

        while (p < last && *p != '/') {
            p++;
        }

        place->token.len = (size_t) (p - place->token.data);
        place->parent = place->node;
        place->depth++;

        rc = place->parent ? erpsync_doc_child(doc, place)
                           : ERPSYNC_FAULT_UNKNOWN;

        if (rc != ERPSYNC_OK) {
            return rc;
        }

        if (p++ == last) {
            return ERPSYNC_OK;
        }
    }
}


static int
erpsync_doc_child(erpsync_doc_t *doc, erpsync_place_t *place)
{
    int              rc;
    bool             exact;
    uint32_t         id, hash;
    erpsync_node_t  *node;

    rc = erpsync_doc_expand(doc, place->parent);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    node = erpsync_node(doc, place->parent);
    place->prev = 0;
    place->node = 0;

    switch (node->kind) {

    case ERPSYNC_NODE_ARRAY:
        return erpsync_doc_element(doc, place);

    case ERPSYNC_NODE_OBJECT:
        break;

    default:
        return ERPSYNC_FAULT_UNKNOWN;
    }

    hash = erpsync_name_mix(place->token, true);
    exact = erpsync_is_dictionary(erpsync_span(erpsync_doc_text(doc,
                                                                node->name),
                                               node->name_len));

    for (id = node->first; id; id = node->next) {
        node = erpsync_node(doc, id);

        if (!erpsync_doc_work(doc, 1)) {
            return ERPSYNC_FAULT_WORK;
        }

        if (node->hash == hash) {

            if (!erpsync_doc_work(doc, node->name_len / 2)) {
                return ERPSYNC_FAULT_WORK;
            }

            if (erpsync_token_is(place->token,
                                 erpsync_span(erpsync_doc_text(doc,
                                                               node->name),
                                              node->name_len), exact))
            {
                place->node = id;
                break;
            }
        }

        place->prev = id;
    }

    return ERPSYNC_OK;
}


static int
erpsync_doc_element(erpsync_doc_t *doc, erpsync_place_t *place)
{
    size_t           i;
    uint32_t         n;
    erpsync_str_t    token;
    erpsync_node_t  *array;

    array = erpsync_node(doc, place->parent);
    token = place->token;

    if (token.len == 1 && token.data[0] == '-') {
        place->index = array->len;
        place->prev = array->last;
        return ERPSYNC_OK;
    }

    for (i = 0; i < token.len; i++) {
        if (!erpsync_is_digit(token.data[i])) {
            return ERPSYNC_FAULT_UNKNOWN;
        }
    }

    if (token.len == 0 || (token.len > 1 && token.data[0] == '0')) {
        return ERPSYNC_FAULT_UNKNOWN;
    }

    for (i = 0, n = 0; i < token.len && i < ERPSYNC_MAX_INDEX; i++) {
        n = n * 10 + (token.data[i] - '0');
    }

    if (token.len > ERPSYNC_MAX_INDEX || n > array->len) {
        return ERPSYNC_FAULT_INDEX;
    }

    place->index = n;

    if (n == array->len) {
        place->prev = array->last;
        return ERPSYNC_OK;
    }

    if (!erpsync_doc_walk(doc, place->parent, n, &place->prev)) {
        return ERPSYNC_FAULT_WORK;
    }

    place->node = place->prev ? erpsync_node(doc, place->prev)->next
                              : array->first;

    return ERPSYNC_OK;
}


static inline uint32_t
erpsync_doc_apart(uint32_t a, uint32_t b)
{
    return (a < b) ? b - a : a - b;
}


/*
 * The node in front of index "n" of an array: from its start, its end or the
 * place where the last path led, whichever is nearest.
 */

static bool
erpsync_doc_walk(erpsync_doc_t *doc, uint32_t list, uint32_t n, uint32_t *prev)
{
    uint32_t         i, id, steps;
    erpsync_node_t  *array;

    array = erpsync_node(doc, list);
    i = 0;
    id = 0;

    if (doc->list == list
        && erpsync_doc_apart(doc->list_index, n) < erpsync_doc_apart(i, n))
    {
        i = doc->list_index;
        id = doc->list_node;
    }

    if (erpsync_doc_apart(array->len, n) < erpsync_doc_apart(i, n)) {
        i = array->len;
        id = array->last;
    }

    steps = erpsync_doc_apart(i, n);

    if (!erpsync_doc_work(doc, steps)) {
        return false;
    }

    for ( /* void */ ; i < n; i++) {
        id = id ? erpsync_node(doc, id)->next : array->first;
    }

    for ( /* void */ ; i > n; i--) {
        id = erpsync_node(doc, id)->prev;
    }

    doc->list = list;
    doc->list_index = n;
    doc->list_node = id;
    *prev = id;

    return true;
}


/* Whether a token of a path, as it stands, is "name"; in any case or not. */

static bool
erpsync_token_is(erpsync_str_t token, erpsync_str_t name, bool exact)
{
    size_t   i, n;
    uint8_t  c;

    for (i = 0, n = 0; i < token.len && n < name.len; i++, n++) {
        c = token.data[i];

        if (c == '~') {
            c = (token.data[++i] == '0') ? '~' : '/';
        }

        if (c != name.data[n]
            && (exact || erpsync_lower(c) != erpsync_lower(name.data[n])))
        {
            return false;
        }
    }

    return i == token.len && n == name.len;
}
