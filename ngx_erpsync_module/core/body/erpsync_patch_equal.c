
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


/* The members of an object in the text, as others are looked for in it. */

typedef struct {
    const uint8_t      *object;
    erpsync_cursor_t    c;
    size_t              found;
    bool                ordered;     /* each was the next one */
} erpsync_members_t;


static int erpsync_node_equal(erpsync_doc_t *doc, uint32_t id,
    const uint8_t **b, bool *equal);
static int erpsync_text_equal(erpsync_doc_t *doc, const uint8_t **a,
    const uint8_t **b, bool *equal);
static int erpsync_scalar_equal(erpsync_doc_t *doc, const uint8_t **a,
    const uint8_t **b, bool *equal);
static int erpsync_member_find(erpsync_doc_t *doc, erpsync_members_t *m,
    erpsync_str_t name, const uint8_t **value);
static int erpsync_members_end(erpsync_doc_t *doc, erpsync_members_t *m,
    const uint8_t **end, bool *equal);
static void erpsync_decimal_read(erpsync_str_t s, erpsync_decimal_t *d);
static bool erpsync_digits_equal(erpsync_str_t a, erpsync_str_t b);
static bool erpsync_exponents_equal(const erpsync_decimal_t *a,
    const erpsync_decimal_t *b);
static int erpsync_exponent_digit(const erpsync_decimal_t *d, size_t i,
    int64_t *carry);


static inline erpsync_members_t
erpsync_members(const uint8_t *p)
{
    return (erpsync_members_t) { p, erpsync_cursor(p), 0, true };
}


int
erpsync_doc_equal(erpsync_doc_t *doc, uint32_t id, uint32_t offset,
    bool *equal)
{
    const uint8_t  *b;

    b = erpsync_doc_text(doc, offset);

    return erpsync_node_equal(doc, id, &b, equal);
}


/* Compares a node with the text at "*b", which is moved behind it if equal. */

static int
erpsync_node_equal(erpsync_doc_t *doc, uint32_t id, const uint8_t **b,
    bool *equal)
{
    int                 rc;
    bool                object;
    uint32_t            child;
    const uint8_t      *a, *value;
    erpsync_node_t     *node;
    erpsync_members_t   m;

    node = erpsync_node(doc, id);

    if (node->kind == ERPSYNC_NODE_TEXT) {
        a = erpsync_doc_text(doc, node->first);
        return erpsync_text_equal(doc, &a, b, equal);
    }

    object = (node->kind == ERPSYNC_NODE_OBJECT);
    *equal = (**b == (object ? '{' : '['));

    if (!*equal) {
        return ERPSYNC_OK;
    }

    m = erpsync_members(*b);
    value = *b + 1;

    for (child = node->first; child; child = node->next) {
        node = erpsync_node(doc, child);

        if (!erpsync_doc_work(doc, 1)) {
            return ERPSYNC_FAULT_WORK;
        }

        if (object) {
            rc = erpsync_member_find(doc, &m,
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

        rc = erpsync_node_equal(doc, child, &value, equal);

        if (rc != ERPSYNC_OK || !*equal) {
            return rc;
        }

        m.c.pos = value;
    }

    if (object) {
        return erpsync_members_end(doc, &m, b, equal);
    }

    *equal = (*value == ']');
    *b = value + 1;

    return ERPSYNC_OK;
}


/*
 * Compares two values; both are moved behind them if they are equal.  So
 * what is in the same order is read once, however deep it is.
 */

static int
erpsync_text_equal(erpsync_doc_t *doc, const uint8_t **a, const uint8_t **b,
    bool *equal)
{
    int                rc;
    bool               object;
    const uint8_t     *one, *two;
    erpsync_members_t  m;

    *equal = (**a == **b);
    object = (**a == '{');

    if (!*equal || (!object && **a != '[')) {
        return erpsync_scalar_equal(doc, a, b, equal);
    }

    one = *a + 1;
    two = *b + 1;
    m = erpsync_members(*b);

    for ( /* void */ ; *one != ']' && *one != '}'; one += (*one == ',')) {

        if (!erpsync_doc_work(doc, 1)) {
            return ERPSYNC_FAULT_WORK;
        }

        if (object) {
            *a = one;
            one = erpsync_string_end(one);

            rc = erpsync_member_find(doc, &m,
                                     erpsync_span(*a + 1,
                                                  (size_t) (one - *a) - 2),
                                     &two);

            if (rc != ERPSYNC_OK) {
                return rc;
            }

            one++;

        } else {
            two = (*two == ']') ? NULL : two;
        }

        if (two == NULL) {
            *equal = false;
            return ERPSYNC_OK;
        }

        rc = erpsync_text_equal(doc, &one, &two, equal);

        if (rc != ERPSYNC_OK || !*equal) {
            return rc;
        }

        m.c.pos = two;
        two += (*two == ',');
    }

    *a = one + 1;

    if (object) {
        return erpsync_members_end(doc, &m, b, equal);
    }

    *equal = (*two == ']');
    *b = two + 1;

    return ERPSYNC_OK;
}


/* Canonical text has one form of each string and each literal. */

static int
erpsync_scalar_equal(erpsync_doc_t *doc, const uint8_t **a,
    const uint8_t **b, bool *equal)
{
    bool           numbers;
    erpsync_str_t  one, two;

    *equal = false;

    if (**a == '{' || **a == '[' || **b == '{' || **b == '[') {
        return ERPSYNC_OK;
    }

    one = erpsync_span(*a, (size_t) (erpsync_value_end(*a, NULL) - *a));
    two = erpsync_span(*b, (size_t) (erpsync_value_end(*b, NULL) - *b));

    numbers = (**a == '-' || erpsync_is_digit(**a))
              && (**b == '-' || erpsync_is_digit(**b));

    /* a number's digits are looked at one by one, and again */

    if (!erpsync_doc_work(doc, numbers ? one.len + two.len
                                       : (one.len + two.len) / 2 + 1))
    {
        return ERPSYNC_FAULT_WORK;
    }

    *equal = erpsync_str_eq(one, two)
             || (numbers && erpsync_number_eq(one, two));

    *a += one.len;
    *b += two.len;

    return ERPSYNC_OK;
}


/*
 * Finds a member's value, or NULL, from where the last one was found on:
 * members mostly come in the same order.
 */

static int
erpsync_member_find(erpsync_doc_t *doc, erpsync_members_t *m,
    erpsync_str_t name, const uint8_t **value)
{
    bool            wrapped;
    const uint8_t  *start;

    start = m->c.pos;
    wrapped = false;
    *value = NULL;

    for ( ;; ) {

        if (!erpsync_cursor_next(&m->c)) {

            if (wrapped) {
                return ERPSYNC_OK;
            }

            wrapped = true;
            m->ordered = false;
            m->c.pos = m->object + 1;

            continue;
        }

        if (wrapped && m->c.pos >= start) {
            return ERPSYNC_OK;
        }

        if (!erpsync_doc_work(doc, m->c.name.len / 2 + 1)) {
            return ERPSYNC_FAULT_WORK;
        }

        if (erpsync_str_caseeq(m->c.name, name)) {
            m->found++;
            *value = m->c.value;
            return ERPSYNC_OK;
        }

        m->ordered = false;
        m->c.pos = erpsync_value_end(m->c.value, NULL);

        if (!erpsync_doc_work(doc, (uint64_t) (m->c.pos - m->c.value) / 2)) {
            return ERPSYNC_FAULT_WORK;
        }
    }
}


/*
 * The end of an object of which all members that were looked for were found:
 * it is equal if it has no others.  (A document with a name twice is refused
 * later on, unless that is in a member that is dropped.)
 */

static int
erpsync_members_end(erpsync_doc_t *doc, erpsync_members_t *m,
    const uint8_t **end, bool *equal)
{
    size_t  n;

    n = m->found;

    if (!m->ordered) {
        n = 0;
        m->c.pos = m->object + 1;
    }

    while (erpsync_cursor_next(&m->c)) {
        m->c.pos = erpsync_value_end(m->c.value, NULL);
        n++;
    }

    *equal = (n == m->found);
    *end = m->c.pos + 1;

    return erpsync_doc_work(doc, (uint64_t) (m->ordered
                                             ? 0 : *end - m->object) / 2)
           ? ERPSYNC_OK : ERPSYNC_FAULT_WORK;
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
