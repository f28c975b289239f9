
#include "erpsync_patch_doc.h"
#include "erpsync_scan.h"


#define ERPSYNC_NODE_PAGE   1024
#define ERPSYNC_NODE_BASE   8192       /* nodes beyond the text's own */
#define ERPSYNC_WORK_BASE   1000000
#define ERPSYNC_WORK_BYTE   3


static uint32_t erpsync_doc_node(erpsync_doc_t *doc, int *rc);
static bool erpsync_doc_height(erpsync_doc_t *doc, uint32_t id,
    unsigned *height);
static bool erpsync_doc_size(erpsync_doc_t *doc, uint32_t id,
    uint64_t *size);
static int erpsync_doc_grow(erpsync_doc_t *doc, const erpsync_place_t *place,
    uint32_t id);


erpsync_rc_t
erpsync_doc_init(erpsync_doc_t *doc, erpsync_arena_t *arena, uint8_t *text,
    size_t len)
{
    int     rc;
    size_t  pages;

    memset(doc, 0, sizeof(erpsync_doc_t));

    doc->arena = arena;
    doc->text = text;
    doc->nnodes = 1;                            /* 0 is none */
    doc->max_nodes = (uint32_t) (ERPSYNC_NODE_BASE + len / 24);
    doc->work = ERPSYNC_WORK_BASE + ERPSYNC_WORK_BYTE * (uint64_t) len;
    doc->size = 2;
    doc->max_size = len + ERPSYNC_PATCH_ROOM;

    pages = doc->max_nodes / ERPSYNC_NODE_PAGE + 1;

    doc->pages = erpsync_calloc(arena, pages * sizeof(erpsync_node_t *));
    if (doc->pages == NULL) {
        return ERPSYNC_ERROR;
    }

    doc->root = erpsync_doc_node(doc, &rc);

    if (rc != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    erpsync_node(doc, doc->root)->kind = ERPSYNC_NODE_OBJECT;

    return ERPSYNC_OK;
}


/* A new node, all zero; 0 where "*rc" is not OK. */

static uint32_t
erpsync_doc_node(erpsync_doc_t *doc, int *rc)
{
    uint32_t          id;
    erpsync_node_t  **page;

    if (doc->nnodes == doc->max_nodes) {
        *rc = ERPSYNC_FAULT_SIZE;
        return 0;
    }

    id = doc->nnodes;
    page = &doc->pages[id / ERPSYNC_NODE_PAGE];

    if (*page == NULL) {
        *page = erpsync_calloc(doc->arena, ERPSYNC_NODE_PAGE
                                           * sizeof(erpsync_node_t));
        if (*page == NULL) {
            *rc = ERPSYNC_ERROR;
            return 0;
        }
    }

    doc->nnodes++;
    *rc = ERPSYNC_OK;

    return id;
}


const uint8_t *
erpsync_string_end(const uint8_t *p)
{
#if (ERPSYNC_SSE2)

    unsigned  stops;
    __m128i   v;

    for (p++; /* void */ ; /* void */ ) {
        v = _mm_loadu_si128((const __m128i *) p);
        stops = (unsigned) _mm_movemask_epi8(
                    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                                 _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));

        if (stops == 0) {
            p += 16;
            continue;
        }

        p += __builtin_ctz(stops);

        if (*p == '"') {
            return p + 1;
        }

        p += 2;
    }

#else

    for (p++; *p != '"'; p++) {
        if (*p == '\\') {
            p++;
        }
    }

    return p + 1;

#endif
}


const uint8_t *
erpsync_value_end(const uint8_t *p, uint8_t *height)
{
    uint8_t   highest;
    unsigned  depth;

    depth = 0;
    highest = 0;

    do {
        switch (*p) {

        case '"':
            p = erpsync_string_end(p);
            break;

        case '{':
        case '[':
            p++;
            depth++;

            if (depth > highest) {
                highest = (uint8_t) depth;
            }

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

            /* a number or a literal: it does not end the text */

            do {
                p++;
            } while (*p != ',' && *p != '}' && *p != ']');
        }

    } while (depth);

    if (height) {
        *height = highest;
    }

    return p;
}


int
erpsync_doc_value(erpsync_doc_t *doc, uint32_t offset, uint32_t *id)
{
    int              rc;
    const uint8_t   *start;
    erpsync_node_t  *node;

    *id = erpsync_doc_node(doc, &rc);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    start = erpsync_doc_text(doc, offset);
    node = erpsync_node(doc, *id);
    node->first = offset;
    node->len = (uint32_t) (erpsync_value_end(start, &node->height) - start);

    return erpsync_doc_work(doc, node->len / 2) ? ERPSYNC_OK
                                                : ERPSYNC_FAULT_WORK;
}


int
erpsync_doc_expand(erpsync_doc_t *doc, uint32_t id)
{
    int              rc;
    uint32_t         child, *link;
    const uint8_t   *p, *end;
    erpsync_node_t  *node, *parent;

    parent = erpsync_node(doc, id);

    if (parent->kind != ERPSYNC_NODE_TEXT || parent->height == 0) {
        return ERPSYNC_OK;
    }

    if (!erpsync_doc_work(doc, parent->len / 2)) {
        return ERPSYNC_FAULT_WORK;
    }

    p = erpsync_doc_text(doc, parent->first);

    parent->kind = (*p == '{') ? ERPSYNC_NODE_OBJECT : ERPSYNC_NODE_ARRAY;
    parent->first = 0;
    parent->last = 0;
    parent->len = 0;
    link = &parent->first;

    for (p++; *p != '}' && *p != ']'; p += (*p == ',')) {
        child = erpsync_doc_node(doc, &rc);

        if (rc != ERPSYNC_OK) {
            return rc;
        }

        node = erpsync_node(doc, child);

        if (parent->kind == ERPSYNC_NODE_OBJECT) {
            end = erpsync_string_end(p);
            node->name = (uint32_t) (p + 1 - doc->text);
            node->name_len = (uint32_t) (end - p) - 2;
            node->hash = erpsync_name_mix(erpsync_span(p + 1, node->name_len),
                                          false);
            p = end + 1;
        }

        end = erpsync_value_end(p, &node->height);
        node->first = (uint32_t) (p - doc->text);
        node->len = (uint32_t) (end - p);
        p = end;

        *link = child;
        link = &node->next;
        node->prev = parent->last;
        parent->last = child;
        parent->len++;
    }

    doc->size += (parent->len != 0);     /* see erpsync_doc_size() */

    return ERPSYNC_OK;
}


static bool
erpsync_doc_height(erpsync_doc_t *doc, uint32_t id, unsigned *height)
{
    uint32_t         child;
    unsigned         h;
    erpsync_node_t  *node;

    node = erpsync_node(doc, id);
    *height = node->height;

    if (!erpsync_doc_work(doc, 1)) {
        return false;
    }

    if (node->kind == ERPSYNC_NODE_TEXT) {
        return true;
    }

    *height = 1;

    for (child = node->first; child; child = erpsync_node(doc, child)->next) {

        if (!erpsync_doc_height(doc, child, &h)) {
            return false;
        }

        if (h + 1 > *height) {
            *height = h + 1;
        }
    }

    return true;
}


/* What a value takes as text: a comma for each child, also the last. */

static bool
erpsync_doc_size(erpsync_doc_t *doc, uint32_t id, uint64_t *size)
{
    uint32_t         child;
    uint64_t         s;
    erpsync_node_t  *node;

    node = erpsync_node(doc, id);
    *size = node->len;

    if (!erpsync_doc_work(doc, 1)) {
        return false;
    }

    if (node->kind == ERPSYNC_NODE_TEXT) {
        return true;
    }

    *size = 2;

    for (child = node->first; child; child = node->next) {

        if (!erpsync_doc_size(doc, child, &s)) {
            return false;
        }

        node = erpsync_node(doc, child);
        *size += s + 1 + (node->name ? node->name_len + 3 : 0);
    }

    return true;
}


/* Whether "id" may stand at a place; notes what it takes. */

static int
erpsync_doc_grow(erpsync_doc_t *doc, const erpsync_place_t *place,
    uint32_t id)
{
    uint64_t  size;
    unsigned  height;

    if (!erpsync_doc_height(doc, id, &height)
        || !erpsync_doc_size(doc, id, &size))
    {
        return ERPSYNC_FAULT_WORK;
    }

    if (place->depth + height > ERPSYNC_MAX_DEPTH) {
        return ERPSYNC_FAULT_DEPTH;
    }

    doc->size += size + 1 + place->token.len + 3;

    return (doc->size > doc->max_size) ? ERPSYNC_FAULT_SIZE : ERPSYNC_OK;
}


/* The last token of a place as a name: decoded where it stands. */

static void
erpsync_doc_name(erpsync_doc_t *doc, const erpsync_place_t *place,
    erpsync_node_t *node)
{
    size_t    i, n;
    uint8_t  *p;

    node->name = (uint32_t) (place->token.data - doc->text);
    p = doc->text + node->name;

    for (i = 0, n = 0; i < place->token.len; i++, n++) {
        p[n] = p[i];

        if (p[i] == '~') {
            p[n] = (p[++i] == '0') ? '~' : '/';
        }
    }

    node->name_len = (uint32_t) n;
    node->hash = erpsync_name_mix(erpsync_span(p, n), false);
}


int
erpsync_doc_put(erpsync_doc_t *doc, const erpsync_place_t *place,
    uint32_t id)
{
    int              rc;
    uint32_t        *link;
    erpsync_node_t  *node, *parent;

    rc = erpsync_doc_grow(doc, place, id);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    node = erpsync_node(doc, id);
    parent = erpsync_node(doc, place->parent);
    node->name = 0;
    node->name_len = 0;

    if (parent->kind == ERPSYNC_NODE_OBJECT) {
        erpsync_doc_name(doc, place, node);

    } else {
        doc->size -= place->token.len + 3;
    }

    link = place->prev ? &erpsync_node(doc, place->prev)->next
                       : &parent->first;
    node->prev = place->prev;
    node->next = *link;
    *link = id;

    link = node->next ? &erpsync_node(doc, node->next)->prev : &parent->last;
    *link = id;

    parent->len++;

    return ERPSYNC_OK;
}


int
erpsync_doc_replace(erpsync_doc_t *doc, const erpsync_place_t *place,
    uint32_t id)
{
    int              rc;
    uint64_t         size;
    erpsync_node_t  *node, *value;

    if (!erpsync_doc_size(doc, place->node, &size)) {
        return ERPSYNC_FAULT_WORK;
    }

    doc->size -= size;
    rc = erpsync_doc_grow(doc, place, id);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    node = erpsync_node(doc, place->node);
    value = erpsync_node(doc, id);

    node->first = value->first;
    node->last = value->last;
    node->len = value->len;
    node->kind = value->kind;
    node->height = value->height;

    doc->size -= 1 + place->token.len + 3;    /* it has its name already */
    doc->list = 0;

    return ERPSYNC_OK;
}


int
erpsync_doc_remove(erpsync_doc_t *doc, const erpsync_place_t *place)
{
    uint64_t         size;
    uint32_t        *link;
    erpsync_node_t  *node, *parent;

    if (!erpsync_doc_size(doc, place->node, &size)) {
        return ERPSYNC_FAULT_WORK;
    }

    node = erpsync_node(doc, place->node);
    parent = erpsync_node(doc, place->parent);

    link = node->prev ? &erpsync_node(doc, node->prev)->next
                      : &parent->first;
    *link = node->next;

    link = node->next ? &erpsync_node(doc, node->next)->prev : &parent->last;
    *link = node->prev;

    parent->len--;
    doc->size -= size + 1 + (node->name ? node->name_len + 3 : 0);
    node->next = 0;

    return ERPSYNC_OK;
}


int
erpsync_doc_copy(erpsync_doc_t *doc, uint32_t id, uint32_t *copy)
{
    int              rc;
    uint32_t         from, to, *link;
    erpsync_node_t  *node;

    *copy = erpsync_doc_node(doc, &rc);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    node = erpsync_node(doc, *copy);
    *node = *erpsync_node(doc, id);
    node->next = 0;

    if (!erpsync_doc_work(doc, 1)) {
        return ERPSYNC_FAULT_WORK;
    }

    if (node->kind == ERPSYNC_NODE_TEXT) {
        return ERPSYNC_OK;
    }

    from = node->first;
    link = &node->first;
    *link = 0;
    node->last = 0;

    for ( /* void */ ; from; from = erpsync_node(doc, from)->next) {
        rc = erpsync_doc_copy(doc, from, &to);

        if (rc != ERPSYNC_OK) {
            return rc;
        }

        *link = to;
        link = &erpsync_node(doc, to)->next;
        erpsync_node(doc, to)->prev = node->last;
        node->last = to;
    }

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_doc_write(erpsync_doc_t *doc, uint32_t id, erpsync_out_t *out)
{
    bool             object;
    uint32_t         child;
    erpsync_node_t  *node;

    node = erpsync_node(doc, id);

    if (node->kind == ERPSYNC_NODE_TEXT) {
        return erpsync_out_str(out,
                               erpsync_span(erpsync_doc_text(doc, node->first),
                                            node->len));
    }

    object = (node->kind == ERPSYNC_NODE_OBJECT);

    if (erpsync_out_str(out, erpsync_span(object ? "{" : "[", 1))
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    for (child = node->first; child; child = node->next) {
        node = erpsync_node(doc, child);

        if (object
            && (erpsync_out_literal(out, "\"") != ERPSYNC_OK
                || erpsync_out_str(out,
                                   erpsync_span(erpsync_doc_text(doc,
                                                                 node->name),
                                                node->name_len))
                   != ERPSYNC_OK
                || erpsync_out_literal(out, "\":") != ERPSYNC_OK))
        {
            return ERPSYNC_ERROR;
        }

        if (erpsync_doc_write(doc, child, out) != ERPSYNC_OK
            || (node->next
                && erpsync_out_literal(out, ",") != ERPSYNC_OK))
        {
            return ERPSYNC_ERROR;
        }
    }

    return erpsync_out_str(out, erpsync_span(object ? "}" : "]", 1));
}
