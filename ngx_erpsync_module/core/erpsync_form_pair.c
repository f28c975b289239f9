
#include "erpsync_form_internal.h"


static size_t erpsync_form_plain(erpsync_str_t s);
static erpsync_rc_t erpsync_form_decode(erpsync_form_t *form,
    erpsync_str_t s, erpsync_str_t *out);
static bool erpsync_form_path(erpsync_str_t name, erpsync_pair_t *pair);
static bool erpsync_form_segment(erpsync_str_t name, size_t *i,
    erpsync_str_t *segment);


erpsync_rc_t
erpsync_form_pair(erpsync_form_t *form, erpsync_str_t piece,
    erpsync_pair_t *pair)
{
    size_t          len;
    erpsync_str_t   name;
    const uint8_t  *p;

    memset(pair, 0, sizeof(erpsync_pair_t));

    p = memchr(piece.data, '=', piece.len);
    len = p ? (size_t) (p - piece.data) : piece.len;

    if (erpsync_form_decode(form, erpsync_span(piece.data, len), &name)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (form->error->message == NULL && !erpsync_form_path(name, pair)) {
        erpsync_form_fail(form, piece.data, "a name is no path");
    }

    if (form->error->message) {
        return ERPSYNC_OK;
    }

    pair->value = p ? erpsync_span(p + 1, piece.len - len - 1)
                    : erpsync_span(piece.data, 0);

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_form_value(erpsync_form_t *form, erpsync_pair_t *pair)
{
    return erpsync_form_decode(form, pair->value, &pair->value);
}


/* The offset of the first byte that is not ASCII as it stands, or s.len. */

static size_t
erpsync_form_plain(erpsync_str_t s)
{
    size_t    i;
    uint8_t   c;
    uint64_t  w, stop, percent, plus;

    for (i = 0; s.len - i >= 8; i += 8) {
        memcpy(&w, s.data + i, 8);

        /* a false alarm is for the bytes to settle */

        percent = w ^ (ERPSYNC_ONES * '%');
        plus = w ^ (ERPSYNC_ONES * '+');
        stop = (w - ERPSYNC_ONES) | (percent - ERPSYNC_ONES)
               | (plus - ERPSYNC_ONES) | w;

        if (stop & ERPSYNC_HIGHS) {
            break;
        }
    }

    for ( /* void */ ; i < s.len; i++) {
        c = s.data[i];

        if (c == '%' || c == '+' || c == '\0' || c >= 0x80) {
            break;
        }
    }

    return i;
}


static erpsync_rc_t
erpsync_form_decode(erpsync_form_t *form, erpsync_str_t s,
    erpsync_str_t *out)
{
    int       high, low;
    size_t    i;
    uint8_t  *p, *start;

    *out = s;
    i = erpsync_form_plain(s);

    if (i == s.len) {
        return ERPSYNC_OK;
    }

    i = erpsync_form_find(s, i, '%', '+');

    if (i < s.len) {
        start = erpsync_nalloc(form->sink->arena, s.len);
        if (start == NULL) {
            return ERPSYNC_ERROR;
        }

        for (i = 0, p = start; i < s.len; i++) {

            if (s.data[i] != '%') {
                *p++ = (s.data[i] == '+') ? ' ' : s.data[i];
                continue;
            }

            high = (i + 2 < s.len) ? erpsync_hex_value(s.data[i + 1]) : -1;
            low = (i + 2 < s.len) ? erpsync_hex_value(s.data[i + 2]) : -1;

            if (high < 0 || low < 0) {
                erpsync_form_fail(form, s.data + i,
                                  "an invalid percent sequence");
                return ERPSYNC_OK;
            }

            *p++ = (uint8_t) (high << 4 | low);
            i += 2;
        }

        *out = erpsync_span(start, (size_t) (p - start));
    }

    if (erpsync_utf8_valid(*out) != out->len) {
        erpsync_form_fail(form, s.data, "invalid UTF-8");

    } else if (out->len && memchr(out->data, '\0', out->len)) {
        erpsync_form_fail(form, s.data, "U+0000 is not taken");
    }

    return ERPSYNC_OK;
}


/* ".segment" or "[segment]" at "*i"; false where there is neither. */

static bool
erpsync_form_segment(erpsync_str_t name, size_t *i, erpsync_str_t *segment)
{
    bool    bracket;
    size_t  start;

    bracket = (name.data[*i] == '[');

    if (!bracket && name.data[*i] != '.') {
        return false;
    }

    start = *i + 1;
    *i = bracket ? erpsync_form_find(name, start, ']', ']')
                 : erpsync_form_find(name, start, '.', '[');
    *segment = erpsync_span(name.data + start, *i - start);

    if (!bracket) {
        return true;
    }

    return (*i)++ < name.len;
}


/*
 * Takes a name apart; false where it is no path, or goes deeper than any
 * request does: such a name could only be forwarded as something else.
 */

static bool
erpsync_form_path(erpsync_str_t name, erpsync_pair_t *pair)
{
    size_t  i;

    i = erpsync_form_find(name, 0, '.', '[');
    pair->root = erpsync_span(name.data, i);

    if (i == name.len) {
        return true;
    }

    if (name.data[i] == '[') {
        pair->indexed = true;

        if (!erpsync_form_segment(name, &i, &pair->index)) {
            return false;
        }

        if (i == name.len) {
            return true;
        }
    }

    pair->has_member = true;

    if (!erpsync_form_segment(name, &i, &pair->member)) {
        return false;
    }

    if (i == name.len) {
        return true;
    }

    pair->has_inner = true;

    return pair->indexed && erpsync_form_segment(name, &i, &pair->inner)
           && i == name.len;
}


void
erpsync_form_fail(erpsync_form_t *form, const uint8_t *p,
    const char *message)
{
    if (form->error->message == NULL) {
        form->error->message = message;
        form->error->offset = (size_t) (p - form->input.data);
    }
}
