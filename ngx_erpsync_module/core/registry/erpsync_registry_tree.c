
#include "erpsync_registry_reader.h"
#include "erpsync_text.h"


/*
 * Turns JSON text into a tree of jansson's values.
 *
 * json_loadb() is not used: if memory runs out while it reads a string, it
 * leaves out a character and continues, or aborts the process.  A registry
 * could then grant "Cust1234" in place of "Cust12345".  jansson's functions
 * that make a value report every failure.
 */


#define ERPSYNC_TREE_DEPTH  16


static int erpsync_tree_value(erpsync_tree_t *tree, json_t **value);
static int erpsync_tree_object(erpsync_tree_t *tree, json_t *object);
static int erpsync_tree_member(erpsync_tree_t *tree, json_t *object);
static int erpsync_tree_array(erpsync_tree_t *tree, json_t *array);
static int erpsync_tree_number(erpsync_tree_t *tree, json_t **value);
static int erpsync_tree_word(erpsync_tree_t *tree, json_t **value);
static int erpsync_tree_text(erpsync_tree_t *tree, erpsync_str_t *s);
static int erpsync_tree_escape(erpsync_tree_t *tree);
static int erpsync_tree_hex(erpsync_tree_t *tree, uint32_t *code);
static int erpsync_tree_keep(erpsync_tree_t *tree, const uint8_t *p,
    size_t n);
static bool erpsync_tree_take(erpsync_tree_t *tree, char c);
static int erpsync_tree_error(erpsync_tree_t *tree, const char *message);


int
erpsync_tree_read(erpsync_tree_t *tree, json_t **value)
{
    int  rc;

    tree->depth = 0;
    rc = erpsync_tree_value(tree, value);

    if (rc != ERPSYNC_OK) {
        json_decref(*value);
        *value = NULL;
    }

    return rc;
}


int
erpsync_tree_peek(erpsync_tree_t *tree)
{
    uint8_t  c;

    for ( /* void */ ; tree->pos < tree->text.len; tree->pos++) {
        c = tree->text.data[tree->pos];

        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
            return c;
        }
    }

    return -1;
}


/* Reads a value.  On failure, "*value" is what was made so far, or NULL. */

static int
erpsync_tree_value(erpsync_tree_t *tree, json_t **value)
{
    int            rc, c;
    erpsync_str_t  s;

    *value = NULL;
    c = erpsync_tree_peek(tree);

    if (tree->depth == ERPSYNC_TREE_DEPTH) {
        return erpsync_tree_error(tree, "too many levels");
    }

    switch (c) {

    case '{':
    case '[':
        *value = (c == '{') ? json_object() : json_array();

        if (*value == NULL) {
            return ERPSYNC_ERROR;
        }

        tree->pos++;
        tree->depth++;
        rc = (c == '{') ? erpsync_tree_object(tree, *value)
                        : erpsync_tree_array(tree, *value);
        tree->depth--;

        return rc;

    case '"':
        rc = erpsync_tree_text(tree, &s);

        if (rc != ERPSYNC_OK) {
            return rc;
        }

        *value = json_stringn_nocheck((const char *) s.data, s.len);

        return *value ? ERPSYNC_OK : ERPSYNC_ERROR;

    default:
        return (c == '-' || (c >= '0' && c <= '9'))
               ? erpsync_tree_number(tree, value)
               : erpsync_tree_word(tree, value);
    }
}


static int
erpsync_tree_object(erpsync_tree_t *tree, json_t *object)
{
    int  rc;

    if (erpsync_tree_peek(tree) == '}') {
        tree->pos++;
        return ERPSYNC_OK;
    }

    do {
        rc = erpsync_tree_member(tree, object);

        if (rc != ERPSYNC_OK) {
            return rc;
        }

    } while (erpsync_tree_take(tree, ','));

    return erpsync_tree_take(tree, '}')
           ? ERPSYNC_OK : erpsync_tree_error(tree, "'}' expected");
}


static int
erpsync_tree_member(erpsync_tree_t *tree, json_t *object)
{
    int      rc;
    size_t   start;
    json_t  *name, *value;

    if (erpsync_tree_peek(tree) != '"') {
        return erpsync_tree_error(tree, "string expected");
    }

    start = tree->pos;
    rc = erpsync_tree_value(tree, &name);

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    value = NULL;

    if (json_object_get(object, json_string_value(name))) {
        tree->pos = start;
        rc = erpsync_tree_error(tree, "duplicate object key");

    } else if (!erpsync_tree_take(tree, ':')) {
        rc = erpsync_tree_error(tree, "':' expected");

    } else {
        rc = erpsync_tree_value(tree, &value);
    }

    if (rc != ERPSYNC_OK) {
        json_decref(value);

    } else if (json_object_set_new_nocheck(object, json_string_value(name),
                                           value)
               != 0)
    {
        rc = ERPSYNC_ERROR;
    }

    json_decref(name);

    return rc;
}


static int
erpsync_tree_array(erpsync_tree_t *tree, json_t *array)
{
    int      rc;
    json_t  *value;

    if (erpsync_tree_peek(tree) == ']') {
        tree->pos++;
        return ERPSYNC_OK;
    }

    do {
        rc = erpsync_tree_value(tree, &value);

        if (rc != ERPSYNC_OK) {
            json_decref(value);
            return rc;
        }

        if (json_array_append_new(array, value) != 0) {
            return ERPSYNC_ERROR;
        }

    } while (erpsync_tree_take(tree, ','));

    return erpsync_tree_take(tree, ']')
           ? ERPSYNC_OK : erpsync_tree_error(tree, "']' expected");
}


static void
erpsync_tree_digits(erpsync_tree_t *tree)
{
    while (tree->pos < tree->text.len
           && erpsync_is_digit(tree->text.data[tree->pos]))
    {
        tree->pos++;
    }
}


/*
 * Reads a number.  All numbers of a registry are short integers.  Any other
 * number becomes a real number, which the reader refuses whatever its value
 * is.
 */

static int
erpsync_tree_number(erpsync_tree_t *tree, json_t **value)
{
    size_t          start, first, i;
    json_int_t      n;
    const uint8_t  *p;

    p = tree->text.data;
    start = tree->pos;
    first = start + (p[start] == '-');
    tree->pos = first;
    erpsync_tree_digits(tree);

    if (tree->pos == first || (p[first] == '0' && tree->pos - first > 1)) {
        tree->pos = start;
        return erpsync_tree_error(tree, "invalid token");
    }

    i = tree->pos;

    if (tree->pos < tree->text.len && p[tree->pos] == '.') {
        first = ++tree->pos;
        erpsync_tree_digits(tree);
    }

    if (tree->pos > first && tree->pos < tree->text.len
        && (p[tree->pos] | 0x20) == 'e')
    {
        tree->pos++;

        if (tree->pos < tree->text.len
            && (p[tree->pos] == '+' || p[tree->pos] == '-'))
        {
            tree->pos++;
        }

        first = tree->pos;
        erpsync_tree_digits(tree);
    }

    if (tree->pos == first) {
        tree->pos = start;
        return erpsync_tree_error(tree, "invalid token");
    }

    if (tree->pos > i || i - start > 18) {
        *value = json_real(0.5);

    } else {
        for (n = 0, i = start + (p[start] == '-'); i < tree->pos; i++) {
            n = n * 10 + (p[i] - '0');
        }

        *value = json_integer(p[start] == '-' ? -n : n);
    }

    return *value ? ERPSYNC_OK : ERPSYNC_ERROR;
}


static int
erpsync_tree_word(erpsync_tree_t *tree, json_t **value)
{
    size_t         n;
    erpsync_str_t  word;

    static const erpsync_str_t  yes = erpsync_string("true");
    static const erpsync_str_t  no = erpsync_string("false");
    static const erpsync_str_t  null = erpsync_string("null");

    word = erpsync_span(tree->text.data + tree->pos, 0);

    for (n = tree->pos;
         n < tree->text.len && erpsync_is_alpha(tree->text.data[n]);
         n++)
    {
        word.len++;
    }

    if (word.len == 0) {
        return erpsync_tree_error(tree, "unexpected token");
    }

    *value = erpsync_str_eq(word, yes) ? json_true()
             : erpsync_str_eq(word, no) ? json_false()
             : erpsync_str_eq(word, null) ? json_null() : NULL;

    if (*value == NULL) {
        return erpsync_tree_error(tree, "invalid token");
    }

    tree->pos = n;

    return ERPSYNC_OK;
}


/*
 * Reads a string and sets "*s" to its value: a part of the text if the string
 * has no escapes, otherwise tree->scratch, which the next call changes.
 */

static int
erpsync_tree_text(erpsync_tree_t *tree, erpsync_str_t *s)
{
    int             rc;
    bool            escaped;
    size_t          n;
    const uint8_t  *p, *start, *last;

    *s = erpsync_span(NULL, 0);
    start = tree->text.data + ++tree->pos;
    last = tree->text.data + tree->text.len;
    tree->scratch.n = 0;
    escaped = false;

    for (p = start; p < last && *p != '"'; p += n) {
        n = 1;

        if (*p >= 0x80) {
            n = erpsync_utf8_sequence(p, last);
        }

        if (n == 0 || *p < 0x20) {
            tree->pos = (size_t) (p - tree->text.data);
            return erpsync_tree_error(tree, (n == 0) ? "invalid UTF-8"
                                            : (*p == '\n')
                                              ? "unexpected newline"
                                              : "control character");
        }

        if (*p != '\\') {
            continue;
        }

        rc = erpsync_tree_keep(tree, start, (size_t) (p - start));

        if (rc == ERPSYNC_OK) {
            tree->pos = (size_t) (p - tree->text.data);
            rc = erpsync_tree_escape(tree);
        }

        if (rc != ERPSYNC_OK) {
            return rc;
        }

        escaped = true;
        start = tree->text.data + tree->pos;
        n = (size_t) (start - p);
    }

    tree->pos = (size_t) (p - tree->text.data);

    if (p == last) {
        return erpsync_tree_error(tree, NULL);
    }

    tree->pos++;
    *s = erpsync_span(start, (size_t) (p - start));

    if (!escaped) {
        return ERPSYNC_OK;
    }

    rc = erpsync_tree_keep(tree, s->data, s->len);
    *s = erpsync_span(tree->scratch.elts, tree->scratch.n);

    return rc;
}


static int
erpsync_tree_escape(erpsync_tree_t *tree)
{
    int          rc;
    size_t       start;
    uint8_t      utf8[4];
    uint32_t     code, low;
    const char  *letter;

    static const char  letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";

    start = tree->pos++;

    if (tree->pos == tree->text.len) {
        return erpsync_tree_error(tree, NULL);
    }

    if (tree->text.data[tree->pos] != 'u') {
        letter = memchr(letters, tree->text.data[tree->pos],
                        sizeof(letters) - 1);

        if (letter) {
            tree->pos++;
            return erpsync_tree_keep(tree, (const uint8_t *) values
                                           + (letter - letters), 1);
        }

        tree->pos = start;
        return erpsync_tree_error(tree, "invalid escape");
    }

    low = 0;
    rc = erpsync_tree_hex(tree, &code);

    if (rc == ERPSYNC_OK && code >= 0xd800 && code < 0xdc00
        && tree->text.len - tree->pos > 1
        && tree->text.data[tree->pos] == '\\'
        && tree->text.data[tree->pos + 1] == 'u')
    {
        tree->pos++;
        rc = erpsync_tree_hex(tree, &low);

        if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
    }

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    if (code == 0 || (code >= 0xd800 && code < 0xe000)) {
        tree->pos = start;
        return erpsync_tree_error(tree, "invalid Unicode escape");
    }

    return erpsync_tree_keep(tree, utf8,
                         (size_t) (erpsync_utf8_encode(utf8, code) - utf8));
}


/* Reads "u" and four hexadecimal digits. */

static int
erpsync_tree_hex(erpsync_tree_t *tree, uint32_t *code)
{
    int       digit;
    unsigned  i;

    tree->pos++;
    *code = 0;

    for (i = 0; i < 4; i++) {

        if (tree->pos == tree->text.len) {
            return erpsync_tree_error(tree, NULL);
        }

        digit = erpsync_hex_value(tree->text.data[tree->pos]);

        if (digit < 0) {
            return erpsync_tree_error(tree, "invalid escape");
        }

        *code = *code * 16 + (uint32_t) digit;
        tree->pos++;
    }

    return ERPSYNC_OK;
}


static int
erpsync_tree_keep(erpsync_tree_t *tree, const uint8_t *p, size_t n)
{
    uint8_t  *copy;

    if (n == 0) {
        return ERPSYNC_OK;
    }

    copy = erpsync_vec_push(&tree->scratch, n, 1);
    if (copy == NULL) {
        return ERPSYNC_ERROR;
    }

    memcpy(copy, p, n);

    return ERPSYNC_OK;
}


static bool
erpsync_tree_take(erpsync_tree_t *tree, char c)
{
    if (erpsync_tree_peek(tree) != c) {
        return false;
    }

    tree->pos++;

    return true;
}


/*
 * Sets the error at tree->pos.  At the end of the text it is "unexpected end
 * of file", whatever the message.
 */

static int
erpsync_tree_error(erpsync_tree_t *tree, const char *message)
{
    tree->message = (tree->pos < tree->text.len) ? message
                                                 : "unexpected end of file";
    return ERPSYNC_INVALID;
}
