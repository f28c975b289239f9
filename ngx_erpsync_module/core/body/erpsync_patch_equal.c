
#include "erpsync_patch_tree.h"


/*
 * No reader of JSON can hold a number with a longer exponent: two of them are
 * equal only if they are written alike.
 */

#define ERPSYNC_MAX_EXPONENT  15   /* digits */


/* A number that is not 0, as 0.d1d2... * 10^exponent. */

typedef struct {
    bool            negative;
    erpsync_str_t   digits;      /* from the first to the last that is not 0;
                                    may hold the point */
    int64_t         exponent;
} erpsync_decimal_t;


static bool erpsync_items_find(erpsync_tree_t *tree, erpsync_items_t *items,
    erpsync_str_t name, bool exact, erpsync_node_t *item);
static bool erpsync_number_equal(erpsync_tree_t *tree,
    const erpsync_node_t *a, const erpsync_node_t *b);
static bool erpsync_decimal_read(const erpsync_node_t *node,
    erpsync_decimal_t *d);
static bool erpsync_digits_equal(erpsync_str_t a, erpsync_str_t b);


/* Returns '{' for an object, '[' for an array, or a scalar's first byte. */

static inline uint8_t
erpsync_node_first(const erpsync_node_t *node)
{
    if (node->kind == ERPSYNC_NODE_TEXT) {
        return *node->u.text;
    }

    return (node->kind == ERPSYNC_NODE_OBJECT) ? '{' : '[';
}


static bool
erpsync_text_same(erpsync_tree_t *tree, const erpsync_node_t *a,
    const erpsync_node_t *b)
{
    return a->kind == ERPSYNC_NODE_TEXT && b->kind == ERPSYNC_NODE_TEXT
           && a->n == b->n && erpsync_tree_work(tree, a->n / 16)
           && memcmp(a->u.text, b->u.text, a->n) == 0;
}


bool
erpsync_tree_equal(erpsync_tree_t *tree, const erpsync_node_t *a,
    const erpsync_node_t *b)
{
    bool             object, exact;
    size_t           found;
    uint8_t          first;
    erpsync_node_t   one, two;
    erpsync_items_t  items, others;

    if (erpsync_text_same(tree, a, b)) {
        return true;
    }

    first = erpsync_node_first(a);
    object = (first == '{');

    if (!object && first != '[') {

        /* strings and literals have one form each in canonical text */

        return erpsync_number_equal(tree, a, b);
    }

    if (erpsync_node_first(b) != first) {
        return false;
    }

    exact = erpsync_is_dictionary(a->name);
    items = erpsync_items(a);
    others = erpsync_items(b);

    for (found = 0; erpsync_items_next(tree, &items, &one); found++) {

        if (!(object ? erpsync_items_find(tree, &others, one.name, exact, &two)
                     : erpsync_items_next(tree, &others, &two))
            || !erpsync_tree_equal(tree, &one, &two))
        {
            return false;
        }
    }

    /* "b" has no others */

    if (object) {
        for (others = erpsync_items(b);
             erpsync_items_next(tree, &others, &two);
             found--)
        {
            if (found == 0) {
                return false;
            }
        }

    } else if (erpsync_items_next(tree, &others, &two)) {
        return false;
    }

    return tree->failure == ERPSYNC_FAILURE_NONE;
}


/*
 * Finds a member, from the last one that was found on: the members of both
 * values mostly come in the same order.
 */

static bool
erpsync_items_find(erpsync_tree_t *tree, erpsync_items_t *items,
    erpsync_str_t name, bool exact, erpsync_node_t *item)
{
    erpsync_items_t  start;

    start = *items;

    while (erpsync_items_next(tree, items, item)) {
        if (erpsync_tree_name_is(tree, item->name, name, exact)) {
            return true;
        }
    }

    *items = erpsync_items(items->node);

    while ((items->pos != start.pos || items->index != start.index)
           && erpsync_items_next(tree, items, item))
    {
        if (erpsync_tree_name_is(tree, item->name, name, exact)) {
            return true;
        }
    }

    return false;
}


static bool
erpsync_number_equal(erpsync_tree_t *tree, const erpsync_node_t *a,
    const erpsync_node_t *b)
{
    erpsync_decimal_t  one, two;

    if (b->kind != ERPSYNC_NODE_TEXT
        || !erpsync_tree_work(tree, (a->n + b->n) / 2)
        || !erpsync_decimal_read(a, &one)
        || !erpsync_decimal_read(b, &two))
    {
        return false;
    }

    if (one.digits.len == 0 || two.digits.len == 0) {
        return one.digits.len == two.digits.len;       /* -0 is 0 */
    }

    return one.negative == two.negative
           && one.exponent == two.exponent
           && erpsync_digits_equal(one.digits, two.digits);
}


/*
 * Reads a number, RFC 8259, 6.  Returns false if "node" is none, or has a
 * longer exponent.  "d->digits" is empty for 0.
 */

static bool
erpsync_decimal_read(const erpsync_node_t *node, erpsync_decimal_t *d)
{
    bool            negative;
    int64_t         exponent;
    const uint8_t  *p, *last, *first, *end, *point;

    p = node->u.text;
    last = p + node->n;

    d->negative = (*p == '-');
    p += d->negative;
    d->digits = erpsync_span(NULL, 0);

    if (!erpsync_is_digit(*p)) {
        return false;
    }

    first = NULL;
    end = NULL;
    point = NULL;

    for ( /* void */ ; p < last && *p != 'e' && *p != 'E'; p++) {

        if (*p == '.') {
            point = p;

        } else if (*p != '0') {
            first = first ? first : p;
            end = p + 1;
        }
    }

    if (first == NULL) {
        return true;                                   /* zero */
    }

    point = point ? point : p;
    d->digits = erpsync_span(first, (size_t) (end - first));
    d->exponent = (first < point) ? point - first : point - first + 1;

    if (p == last) {
        return true;
    }

    p++;
    negative = (*p == '-');
    p += (*p == '-' || *p == '+');

    while (p < last && *p == '0') {
        p++;
    }

    if (last - p > ERPSYNC_MAX_EXPONENT) {
        return false;
    }

    for (exponent = 0; p < last; p++) {
        exponent = exponent * 10 + (*p - '0');
    }

    d->exponent += negative ? -exponent : exponent;

    return true;
}


static bool
erpsync_digits_equal(erpsync_str_t a, erpsync_str_t b)
{
    size_t  i, j;

    for (i = 0, j = 0; ; i++, j++) {
        i += (i < a.len && a.data[i] == '.');
        j += (j < b.len && b.data[j] == '.');

        if (i >= a.len || j >= b.len) {
            return i >= a.len && j >= b.len;
        }

        if (a.data[i] != b.data[j]) {
            return false;
        }
    }
}
