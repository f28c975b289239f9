
#include "erpsync_patch_doc.h"


/* A number as digits and a power of ten: 0.d1d2… * 10^(exponent + shift). */

typedef struct {
    bool            negative;
    erpsync_str_t   digits;      /* from the first to the last that is not 0;
                                    may hold the point */
    bool            minus;       /* of the exponent */
    erpsync_str_t   exponent;    /* digits without leading zeros */
    int64_t         shift;
} erpsync_decimal_t;


static int erpsync_text_equal(erpsync_doc_t *doc, const uint8_t *a,
    const uint8_t *b, bool *equal);
static int erpsync_objects_equal(erpsync_doc_t *doc, const uint8_t *a,
    const uint8_t *b, bool *equal);
static int erpsync_arrays_equal(erpsync_doc_t *doc, const uint8_t *a,
    const uint8_t *b, bool *equal);
static int erpsync_member_find(erpsync_doc_t *doc, const uint8_t *object,
    erpsync_cursor_t *hint, erpsync_str_t name, const uint8_t **value);
static void erpsync_decimal_read(erpsync_str_t s, erpsync_decimal_t *d);
static bool erpsync_digits_equal(erpsync_str_t a, erpsync_str_t b);
static bool erpsync_exponents_equal(const erpsync_decimal_t *a,
    const erpsync_decimal_t *b);
static int erpsync_exponent_digit(const erpsync_decimal_t *d, size_t i,
    int64_t *carry);


int
erpsync_doc_equal(erpsync_doc_t *doc, uint32_t id, uint32_t offset,
    bool *equal)
{
    int               rc;
    bool              object;
    uint32_t          child, n;
    const uint8_t    *b, *value;
    erpsync_node_t   *node;
    erpsync_cursor_t  cursor;

    node = erpsync_node(doc, id);
    b = erpsync_doc_text(doc, offset);

    if (node->kind == ERPSYNC_NODE_TEXT) {
        return erpsync_text_equal(doc, erpsync_doc_text(doc, node->first), b,
                                  equal);
    }

    object = (node->kind == ERPSYNC_NODE_OBJECT);
    *equal = (*b == (object ? '{' : '['));
    cursor = erpsync_cursor(b);
    value = b + 1;
    n = node->len;

    for (child = node->first; child && *equal; child = node->next) {
        node = erpsync_node(doc, child);

        if (object) {
            rc = erpsync_member_find(doc, b, &cursor,
                              erpsync_span(erpsync_doc_text(doc, node->name),
                                           node->name_len), &value);

            if (rc != ERPSYNC_OK) {
                return rc;
            }

        } else {
            value += (*value == ',');
            value = (*value == ']') ? NULL : value;
        }

        if (value == NULL) {
            *equal = false;
            return ERPSYNC_OK;
        }

        rc = erpsync_doc_equal(doc, child, (uint32_t) (value - doc->text),
                               equal);

        if (rc != ERPSYNC_OK) {
            return rc;
        }

        if (!object) {
            value = erpsync_value_end(value, NULL);
        }
    }

    if (*equal && !object) {
        *equal = (*value == ']');

    } else if (*equal) {
        cursor.pos = b + 1;

        while (erpsync_cursor_next(&cursor)) {
            cursor.pos = erpsync_value_end(cursor.value, NULL);
            n--;
        }

        *equal = (n == 0);
    }

    return ERPSYNC_OK;
}


/* Canonical text has one form of each string and each literal. */

static int
erpsync_text_equal(erpsync_doc_t *doc, const uint8_t *a, const uint8_t *b,
    bool *equal)
{
    erpsync_str_t  one, two;

    if (*a == '{' && *b == '{') {
        return erpsync_objects_equal(doc, a, b, equal);
    }

    if (*a == '[' && *b == '[') {
        return erpsync_arrays_equal(doc, a, b, equal);
    }

    one = erpsync_span(a, (size_t) (erpsync_value_end(a, NULL) - a));
    two = erpsync_span(b, (size_t) (erpsync_value_end(b, NULL) - b));

    if (!erpsync_doc_work(doc, (one.len + two.len) / 16 + 1)) {
        return ERPSYNC_FAULT_WORK;
    }

    if ((*a == '-' || erpsync_is_digit(*a))
        && (*b == '-' || erpsync_is_digit(*b)))
    {
        *equal = erpsync_number_eq(one, two);

    } else {
        *equal = erpsync_str_eq(one, two);
    }

    return ERPSYNC_OK;
}


static int
erpsync_arrays_equal(erpsync_doc_t *doc, const uint8_t *a, const uint8_t *b,
    bool *equal)
{
    int  rc;

    for (a++, b++; *a != ']' && *b != ']'; a += (*a == ','), b += (*b == ','))
    {
        rc = erpsync_text_equal(doc, a, b, equal);

        if (rc != ERPSYNC_OK || !*equal) {
            return rc;
        }

        a = erpsync_value_end(a, NULL);
        b = erpsync_value_end(b, NULL);
    }

    *equal = (*a == *b);

    return ERPSYNC_OK;
}


static int
erpsync_objects_equal(erpsync_doc_t *doc, const uint8_t *a, const uint8_t *b,
    bool *equal)
{
    int               rc;
    size_t            n;
    const uint8_t    *value;
    erpsync_cursor_t  one, two;

    one = erpsync_cursor(a);
    two = erpsync_cursor(b);
    n = 0;

    while (erpsync_cursor_next(&one)) {
        rc = erpsync_member_find(doc, b, &two, one.name, &value);

        if (rc != ERPSYNC_OK) {
            return rc;
        }

        if (value == NULL) {
            *equal = false;
            return ERPSYNC_OK;
        }

        rc = erpsync_text_equal(doc, one.value, value, equal);

        if (rc != ERPSYNC_OK || !*equal) {
            return rc;
        }

        one.pos = erpsync_value_end(one.value, NULL);
        n++;
    }

    /* no name stands twice: as many members, and all were found */

    for (two.pos = b + 1;
         n && erpsync_cursor_next(&two);
         two.pos = erpsync_value_end(two.value, NULL))
    {
        n--;
    }

    *equal = (n == 0 && !erpsync_cursor_next(&two));

    return ERPSYNC_OK;
}


/*
 * The value of a member, or NULL; looked for from "hint" on, which is moved
 * behind it: members mostly come in the same order.
 */

static int
erpsync_member_find(erpsync_doc_t *doc, const uint8_t *object,
    erpsync_cursor_t *hint, erpsync_str_t name, const uint8_t **value)
{
    bool            wrapped;
    const uint8_t  *start, *end;

    start = hint->pos;
    wrapped = false;

    for ( ;; ) {

        if (!erpsync_cursor_next(hint)) {

            if (wrapped) {
                break;
            }

            wrapped = true;
            hint->pos = object + 1;

            continue;
        }

        end = erpsync_value_end(hint->value, NULL);

        if (!erpsync_doc_work(doc, (uint64_t) (end - hint->value) / 16 + 1)) {
            return ERPSYNC_FAULT_WORK;
        }

        if (wrapped && hint->pos >= start) {
            break;
        }

        hint->pos = end;

        if (erpsync_str_caseeq(hint->name, name)) {
            *value = hint->value;
            return ERPSYNC_OK;
        }
    }

    *value = NULL;

    return ERPSYNC_OK;
}


bool
erpsync_number_eq(erpsync_str_t a, erpsync_str_t b)
{
    erpsync_decimal_t  one, two;

    erpsync_decimal_read(a, &one);
    erpsync_decimal_read(b, &two);

    if (one.digits.len == 0 || two.digits.len == 0) {
        return one.digits.len == two.digits.len;       /* -0 is 0 */
    }

    return one.negative == two.negative
           && erpsync_digits_equal(one.digits, two.digits)
           && erpsync_exponents_equal(&one, &two);
}


static void
erpsync_decimal_read(erpsync_str_t s, erpsync_decimal_t *d)
{
    const uint8_t  *p, *last, *first, *end, *point;

    memset(d, 0, sizeof(erpsync_decimal_t));

    p = s.data;
    last = p + s.len;

    d->negative = (*p == '-');
    p += d->negative;

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
        return;                                        /* zero */
    }

    point = point ? point : p;
    d->digits = erpsync_span(first, (size_t) (end - first));
    d->shift = (first < point) ? point - first : point - first + 1;

    if (p == last) {
        return;
    }

    p++;
    d->minus = (*p == '-');
    p += (*p == '-' || *p == '+');

    while (p < last && *p == '0') {
        p++;
    }

    d->exponent = erpsync_span(p, (size_t) (last - p));
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


/*
 * Exponents of any length, each with its shift: compared digit by digit from
 * the last one on, in ten's complement.  The shift goes in as a carry.
 */

static bool
erpsync_exponents_equal(const erpsync_decimal_t *a,
    const erpsync_decimal_t *b)
{
    size_t   i, n;
    int64_t  one, two;

    one = a->shift;
    two = b->shift;
    n = (a->exponent.len > b->exponent.len) ? a->exponent.len
                                            : b->exponent.len;

    for (i = 0; i < n; i++) {
        if (erpsync_exponent_digit(a, i, &one)
            != erpsync_exponent_digit(b, i, &two))
        {
            return false;
        }
    }

    return one == two;
}


/* Digit "i" from the right of exponent + carry, 0 to 9. */

static int
erpsync_exponent_digit(const erpsync_decimal_t *d, size_t i, int64_t *carry)
{
    int64_t  n, digit;

    n = *carry;

    if (i < d->exponent.len) {
        digit = d->exponent.data[d->exponent.len - 1 - i] - '0';
        n += d->minus ? -digit : digit;
    }

    digit = n % 10;

    if (digit < 0) {
        digit += 10;
    }

    *carry = (n - digit) / 10;

    return (int) digit;
}
