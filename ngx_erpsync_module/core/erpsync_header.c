
#include "erpsync_header.h"


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


erpsync_str_t
erpsync_take_token(erpsync_str_t *s)
{
    size_t         i;
    erpsync_str_t  token;

    for (i = 0; i < s->len && erpsync_is_tchar(s->data[i]); i++) {
        /* void */
    }

    token = erpsync_span(s->data, i);

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


bool
erpsync_take_element(erpsync_str_t *s, erpsync_str_t *element)
{
    bool    quoted;
    size_t  i;

    if (s->len == 0) {
        return false;
    }

    quoted = false;

    for (i = 0; i < s->len; i++) {

        if (quoted && s->data[i] == '\\') {
            i++;

        } else if (s->data[i] == '"') {
            quoted = !quoted;

        } else if (s->data[i] == ',' && !quoted) {
            break;
        }
    }

    if (i > s->len) {
        i = s->len;
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
    size_t  i;

    if (s.len == 0 || s.len > 5 || (s.data[0] != '0' && s.data[0] != '1')
        || (s.len > 1 && s.data[1] != '.'))
    {
        return -1;
    }

    q = s.data[0] - '0';

    for (i = 2; i < 5; i++) {
        q *= 10;

        if (i < s.len) {

            if (!erpsync_is_digit(s.data[i])) {
                return -1;
            }

            q += s.data[i] - '0';
        }
    }

    return (q > 1000) ? -1 : q;
}
