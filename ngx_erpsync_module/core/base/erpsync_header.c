
#include "erpsync_header.h"


static bool erpsync_fields_next_value(erpsync_fields_t *fields,
    erpsync_str_t *value);


const uint8_t  erpsync_tchars[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0,
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0
};


erpsync_fields_t
erpsync_fields(const erpsync_str_t *values, size_t n)
{
    erpsync_fields_t  fields;

    fields.next = n ? erpsync_fields_next_value : NULL;
    fields.data = values;
    fields.index = n;
    fields.id = 0;

    return fields;
}


static bool
erpsync_fields_next_value(erpsync_fields_t *fields, erpsync_str_t *value)
{
    const erpsync_str_t  *values;

    if (fields->index == 0) {
        return false;
    }

    values = fields->data;
    *value = values[0];

    fields->data = values + 1;
    fields->index--;

    return true;
}


bool
erpsync_fields_blank(erpsync_fields_t fields)
{
    erpsync_str_t  value;

    while (erpsync_fields_next(&fields, &value)) {
        if (erpsync_str_trim(value).len) {
            return false;
        }
    }

    return true;
}


erpsync_str_t
erpsync_take_token(erpsync_str_t *s)
{
    size_t         i;
    erpsync_str_t  token;

    token = *s;

    for (i = 0; i < token.len && erpsync_is_tchar(token.data[i]); i++) {
        /* void */
    }

    token.len = i;

    if (i) {
        s->data += i;
        s->len -= i;
    }

    return token;
}


void
erpsync_take_space(erpsync_str_t *s)
{
    while (s->len && (s->data[0] == ' ' || s->data[0] == '\t')) {
        s->data++;
        s->len--;
    }
}


bool
erpsync_take_char(erpsync_str_t *s, uint8_t c)
{
    if (s->len == 0 || s->data[0] != c) {
        return false;
    }

    s->data++;
    s->len--;

    return true;
}


erpsync_str_t
erpsync_take_value(erpsync_str_t *s)
{
    size_t         i;
    erpsync_str_t  value;

    if (s->len == 0 || s->data[0] != '"') {
        value = erpsync_take_token(s);
        return value.len ? value : erpsync_span(NULL, 0);
    }

    for (i = 1; i < s->len && s->data[i] != '"'; i++) {
        i += (s->data[i] == '\\');
    }

    if (i >= s->len) {
        return erpsync_span(NULL, 0);
    }

    value = erpsync_span(s->data + 1, i - 1);
    s->data += i + 1;
    s->len -= i + 1;

    return value;
}


/* Returns the length of an element in which commas may be quoted. */

static size_t
erpsync_quoted_end(erpsync_str_t s)
{
    bool    quoted;
    size_t  i;

    quoted = false;

    for (i = 0; i < s.len; i++) {

        if (quoted && s.data[i] == '\\') {
            i++;

        } else if (s.data[i] == '"') {
            quoted = !quoted;

        } else if (s.data[i] == ',' && !quoted) {
            break;
        }
    }

    return (i > s.len) ? s.len : i;
}


bool
erpsync_take_element(erpsync_str_t *s, erpsync_str_t *element)
{
    size_t          i;
    const uint8_t  *comma;

    if (s->len == 0) {
        return false;
    }

    comma = memchr(s->data, ',', s->len);
    i = comma ? (size_t) (comma - s->data) : s->len;

    if (i && memchr(s->data, '"', i)) {
        i = erpsync_quoted_end(*s);
    }

    *element = erpsync_str_trim(erpsync_span(s->data, i));

    if (i < s->len) {
        i++;
    }

    s->data += i;
    s->len -= i;

    return true;
}


int
erpsync_qvalue(erpsync_str_t s)
{
    int     q;
    size_t  i, n;

    if (s.len == 0 || s.len > 5) {
        return -1;
    }

    q = 0;
    i = 0;

    if (s.data[0] == '0' || s.data[0] == '1') {
        q = s.data[0] - '0';
        i = 1;

    } else if (s.len == 1) {
        return -1;
    }

    if (i < s.len && s.data[i++] != '.') {
        return -1;
    }

    for (n = 0; n < 3; n++) {
        q *= 10;

        if (i < s.len) {

            if (!erpsync_is_digit(s.data[i])) {
                return -1;
            }

            q += s.data[i++] - '0';
        }
    }

    return (i < s.len || q > 1000) ? -1 : q;
}
