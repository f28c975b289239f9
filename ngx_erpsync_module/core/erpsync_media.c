
#include "erpsync_header.h"
#include "erpsync_media.h"


typedef struct {
    erpsync_str_t    name;
    erpsync_media_t  media;
} erpsync_media_name_t;


static const erpsync_media_name_t  erpsync_media_names[] = {
    { erpsync_string("application/json"), ERPSYNC_MEDIA_JSON },
    { erpsync_string("text/json"), ERPSYNC_MEDIA_JSON },
    { erpsync_string("application/merge-patch+json"),
      ERPSYNC_MEDIA_MERGE_PATCH },
    { erpsync_string("application/json-patch+json"),
      ERPSYNC_MEDIA_JSON_PATCH },
    { erpsync_string("application/xml"), ERPSYNC_MEDIA_XML },
    { erpsync_string("text/xml"), ERPSYNC_MEDIA_XML },
    { erpsync_string("application/x-www-form-urlencoded"),
      ERPSYNC_MEDIA_FORM }
};


/* "type/subtype" off the front of "s"; empty where it is none. */

static erpsync_str_t
erpsync_take_media(erpsync_str_t *s)
{
    erpsync_str_t  media;

    media = *s;

    if (erpsync_take_token(s).len == 0 || !erpsync_take_char(s, '/')
        || erpsync_take_token(s).len == 0)
    {
        return erpsync_span(NULL, 0);
    }

    media.len -= s->len;

    return media;
}


/*
 * Takes "; name=value" off the front of "s".  1: taken; 0: the end, or an
 * empty parameter; -1: malformed.
 */

static int
erpsync_take_parameter(erpsync_str_t *s, erpsync_str_t *name,
    erpsync_str_t *value)
{
    erpsync_take_space(s);

    if (s->len == 0) {
        return 0;
    }

    if (!erpsync_take_char(s, ';')) {
        return -1;
    }

    erpsync_take_space(s);

    if (s->len == 0 || s->data[0] == ';') {
        return 0;
    }

    *name = erpsync_take_token(s);

    if (name->len == 0 || !erpsync_take_char(s, '=')) {
        return -1;
    }

    *value = erpsync_take_value(s);

    return value->data ? 1 : -1;
}


erpsync_media_t
erpsync_content_type(erpsync_str_t value)
{
    int              rc;
    bool             charset;
    size_t           i;
    erpsync_str_t    s, type, name, text;
    erpsync_media_t  media;

    static const erpsync_str_t  charset_name = erpsync_string("charset");
    static const erpsync_str_t  utf_8 = erpsync_string("utf-8");
    static const erpsync_str_t  utf8 = erpsync_string("utf8");
    static const erpsync_str_t  usual =
                            erpsync_string("application/json; charset=utf-8");

    if (erpsync_str_eq(value, usual)
        || erpsync_str_eq(value, erpsync_media_names[0].name))
    {
        return ERPSYNC_MEDIA_JSON;
    }

    s = erpsync_str_trim(value);
    type = erpsync_take_media(&s);
    media = ERPSYNC_MEDIA_UNSUPPORTED;

    for (i = 0; i < erpsync_nelts(erpsync_media_names); i++) {
        if (erpsync_str_caseeq(type, erpsync_media_names[i].name)) {
            media = erpsync_media_names[i].media;
            break;
        }
    }

    charset = false;

    while (s.len) {
        rc = erpsync_take_parameter(&s, &name, &text);

        if (rc < 0) {
            return ERPSYNC_MEDIA_UNSUPPORTED;
        }

        if (rc == 0 || !erpsync_str_caseeq(name, charset_name)) {
            continue;
        }

        if (charset
            || (!erpsync_str_caseeq(text, utf_8)
                && !erpsync_str_caseeq(text, utf8)))
        {
            return ERPSYNC_MEDIA_UNSUPPORTED;
        }

        charset = true;
    }

    return media;
}


bool
erpsync_content_encoding_identity(erpsync_str_t value)
{
    static const erpsync_str_t  identity = erpsync_string("identity");

    value = erpsync_str_trim(value);

    return value.len == 0 || erpsync_str_caseeq(value, identity);
}


/* The types that the WebAPI answers in. */

static const erpsync_str_t  erpsync_answers[] = {
    erpsync_string("application/json"),
    erpsync_string("text/json"),
    erpsync_string("application/xml"),
    erpsync_string("text/xml"),
    erpsync_string("application/json-patch+json"),
    erpsync_string("application/merge-patch+json")
};

#define ERPSYNC_ANSWERS  erpsync_nelts(erpsync_answers)


/* How near a range comes: 3 the type, 2 all of its kind, 1 all, 0 not. */

static int
erpsync_range_matches(erpsync_str_t range, erpsync_str_t type)
{
    size_t  n;

    static const erpsync_str_t  any = erpsync_string("*/*");

    if (erpsync_str_caseeq(range, type)) {
        return 3;
    }

    if (erpsync_str_eq(range, any)) {
        return 1;
    }

    if (range.len < 2 || range.data[range.len - 1] != '*'
        || range.data[range.len - 2] != '/')
    {
        return 0;
    }

    n = range.len - 1;

    if (type.len > n
        && erpsync_str_caseeq(erpsync_span(range.data, n),
                              erpsync_span(type.data, n)))
    {
        return 2;
    }

    return 0;
}


/* One element of Accept; false where it is malformed. */

static bool
erpsync_accept_element(erpsync_str_t element, erpsync_str_t *range, int *q)
{
    int            rc;
    erpsync_str_t  name, value;

    static const erpsync_str_t  weight = erpsync_string("q");

    *range = erpsync_take_media(&element);
    *q = 1000;

    if (range->len == 0) {
        return false;
    }

    while (element.len) {
        rc = erpsync_take_parameter(&element, &name, &value);

        if (rc < 0) {
            return false;
        }

        if (rc > 0 && erpsync_str_caseeq(name, weight)) {
            *q = erpsync_qvalue(value);

            if (*q < 0) {
                return false;
            }
        }
    }

    return true;
}


erpsync_format_t
erpsync_accept(erpsync_str_t value, bool *acceptable)
{
    int               q, best, near[ERPSYNC_ANSWERS], weight[ERPSYNC_ANSWERS];
    int               match;
    size_t            i;
    erpsync_str_t     s, element, range;
    erpsync_format_t  format;

    static const struct {
        erpsync_str_t     name;
        erpsync_format_t  format;
    } formats[] = {
        { erpsync_string("application/json"), ERPSYNC_FORMAT_SUPEROFFICE },
        { erpsync_string("text/json"), ERPSYNC_FORMAT_SUPEROFFICE },
        { erpsync_string("application/problem+json"),
          ERPSYNC_FORMAT_PROBLEM },
        { erpsync_string("application/xml"), ERPSYNC_FORMAT_XML },
        { erpsync_string("text/xml"), ERPSYNC_FORMAT_XML },
        { erpsync_string("application/problem+xml"), ERPSYNC_FORMAT_XML }
    };

    memset(near, 0, sizeof(near));
    memset(weight, 0, sizeof(weight));

    s = erpsync_str_trim(value);
    format = ERPSYNC_FORMAT_SUPEROFFICE;
    best = 0;
    *acceptable = (s.len == 0);

    while (erpsync_take_element(&s, &element)) {

        if (!erpsync_accept_element(element, &range, &q)) {
            continue;
        }

        for (i = 0; i < ERPSYNC_ANSWERS; i++) {
            match = erpsync_range_matches(range, erpsync_answers[i]);

            if (match > near[i] || (match == near[i] && q > weight[i])) {
                near[i] = match;
                weight[i] = match ? q : 0;
            }
        }

        for (i = 0; i < erpsync_nelts(formats); i++) {
            if (q > best && erpsync_str_caseeq(range, formats[i].name)) {
                best = q;
                format = formats[i].format;
            }
        }
    }

    for (i = 0; i < ERPSYNC_ANSWERS; i++) {
        *acceptable |= (near[i] && weight[i] > 0);
    }

    return format;
}


bool
erpsync_acceptable(erpsync_str_t value)
{
    size_t         n;
    bool           acceptable;
    erpsync_str_t  json;

    json = erpsync_answers[0];
    n = json.len;

    /* asked for with full weight: no later element takes that back */

    if (value.len == 0
        || (value.len >= n && memcmp(value.data, json.data, n) == 0
            && (value.len == n || value.data[n] == ',')))
    {
        return true;
    }

    (void) erpsync_accept(value, &acceptable);

    return acceptable;
}
