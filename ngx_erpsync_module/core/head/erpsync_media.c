
#include "erpsync_media.h"


typedef struct {
    erpsync_str_t    name;
    erpsync_media_t  media;
} erpsync_media_name_t;


static bool erpsync_is_charset(erpsync_str_t s);
static const erpsync_media_name_t *erpsync_media_find(erpsync_str_t name);


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


/*
 * Removes "type/subtype" from the front of "s" and returns it; empty if there
 * is none.
 */

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
 * Removes "; name=value" from the front of "s", which does not end with a
 * blank.  Returns 1 if it did, 0 for an empty parameter, -1 if the parameter is
 * malformed.
 */

static int
erpsync_take_parameter(erpsync_str_t *s, erpsync_str_t *name,
    erpsync_str_t *value)
{
    erpsync_take_space(s);

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
    int                          rc;
    bool                         charset;
    erpsync_str_t                s, name, text;
    const erpsync_media_name_t  *media;

    static const erpsync_str_t  charset_name = erpsync_string("charset");
    static const erpsync_str_t  json_utf8 =
                            erpsync_string("application/json; charset=utf-8");

    if (erpsync_str_eq(value, json_utf8)
        || erpsync_str_eq(value, erpsync_media_names[0].name))
    {
        return ERPSYNC_MEDIA_JSON;
    }

    s = erpsync_str_trim(value);
    media = erpsync_media_find(erpsync_take_media(&s));
    charset = false;

    while (s.len) {
        rc = erpsync_take_parameter(&s, &name, &text);

        if (rc < 0) {
            return ERPSYNC_MEDIA_UNSUPPORTED;
        }

        if (rc == 0 || !erpsync_str_caseeq(name, charset_name)) {
            continue;
        }

        if (charset || !erpsync_is_charset(text)) {
            return ERPSYNC_MEDIA_UNSUPPORTED;
        }

        charset = true;
    }

    return media ? media->media : ERPSYNC_MEDIA_UNSUPPORTED;
}


/* Returns whether a charset is UTF-8, or US-ASCII, which is part of it. */

static bool
erpsync_is_charset(erpsync_str_t s)
{
    static const erpsync_str_t  utf_8 = erpsync_string("utf-8");
    static const erpsync_str_t  utf8 = erpsync_string("utf8");
    static const erpsync_str_t  us_ascii = erpsync_string("us-ascii");

    return erpsync_str_caseeq(s, utf_8) || erpsync_str_caseeq(s, utf8)
           || erpsync_str_caseeq(s, us_ascii);
}


static const erpsync_media_name_t *
erpsync_media_find(erpsync_str_t name)
{
    size_t  i;

    for (i = 0; i < erpsync_nelts(erpsync_media_names); i++) {
        if (erpsync_str_caseeq(name, erpsync_media_names[i].name)) {
            return &erpsync_media_names[i];
        }
    }

    return NULL;
}


erpsync_str_t
erpsync_answer_type(erpsync_str_t value)
{
    erpsync_str_t                s;
    const erpsync_media_name_t  *media;

    s = erpsync_str_trim(value);
    media = erpsync_media_find(erpsync_take_media(&s));

    if (media == NULL || media->media == ERPSYNC_MEDIA_FORM) {
        return erpsync_span(NULL, 0);
    }

    return media->name;
}


bool
erpsync_content_encoding_identity(erpsync_str_t value)
{
    static const erpsync_str_t  identity = erpsync_string("identity");

    value = erpsync_str_trim(value);

    return value.len == 0 || erpsync_str_caseeq(value, identity);
}


/*
 * The types that a client can ask for in a refusal; the first is the default.
 */

static const struct {
    erpsync_str_t     name;
    erpsync_format_t  format;
} erpsync_formats[] = {
    { erpsync_string("application/json"), ERPSYNC_FORMAT_SUPEROFFICE },
    { erpsync_string("text/json"), ERPSYNC_FORMAT_SUPEROFFICE },
    { erpsync_string("application/problem+json"), ERPSYNC_FORMAT_PROBLEM },
    { erpsync_string("application/xml"), ERPSYNC_FORMAT_XML },
    { erpsync_string("text/xml"), ERPSYNC_FORMAT_XML },
    { erpsync_string("application/problem+xml"), ERPSYNC_FORMAT_XML }
};

static const erpsync_str_t  erpsync_any_media = erpsync_string("*/*");


/*
 * Returns how closely a range matches a type (RFC 9110, 12.5.1): 3 if it
 * names the type, 2 for "application/<any>", 1 for any type, 0 if it does not
 * match.
 */

static int
erpsync_range_matches(erpsync_str_t range, erpsync_str_t type)
{
    size_t  n;

    if (erpsync_str_caseeq(range, type)) {
        return 3;
    }

    if (erpsync_str_eq(range, erpsync_any_media)) {
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


/* Reads one element of Accept; returns false if it is malformed. */

static bool
erpsync_accept_element(erpsync_str_t element, erpsync_str_t *range, int *q)
{
    int             rc;
    erpsync_str_t   name, value;
    const uint8_t  *start;

    static const erpsync_str_t  weight = erpsync_string("q");

    start = element.data;
    *range = erpsync_take_media(&element);
    *q = 1000;

    if (range->len == 0) {

        /* Java's HttpURLConnection sends "*; q=.2" for any type */

        if (element.data != start + 1 || *start != '*') {
            return false;
        }

        *range = erpsync_any_media;
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
erpsync_accept(erpsync_fields_t accept)
{
    int               q, match;
    size_t            i, best, order;
    erpsync_str_t     value, element, range;
    erpsync_fields_t  fields;

    struct {
        int           match;
        int           q;
        size_t        order;      /* among the elements of Accept */
    } *at, found[erpsync_nelts(erpsync_formats)];

    fields = accept;

    if (erpsync_fields_next(&fields, &value)
        && erpsync_str_eq(value, erpsync_formats[0].name))
    {
        /* most clients send this; nothing behind it could be preferred */

        return erpsync_formats[0].format;
    }

    memset(found, 0, sizeof(found));
    order = 0;

    while (erpsync_fields_next(&accept, &value)) {

        while (erpsync_take_element(&value, &element)) {

            if (!erpsync_accept_element(element, &range, &q)) {
                continue;
            }

            order++;

            for (i = 0; i < erpsync_nelts(erpsync_formats); i++) {
                at = &found[i];
                match = erpsync_range_matches(range, erpsync_formats[i].name);

                if (match > at->match
                    || (match && match == at->match && q > at->q))
                {
                    at->match = match;
                    at->q = q;
                    at->order = order;
                }
            }
        }
    }

    best = 0;

    for (i = 1; i < erpsync_nelts(erpsync_formats); i++) {

        if (found[i].q != found[best].q) {
            best = (found[i].q > found[best].q) ? i : best;

        } else if (found[i].q == 0) {
            continue;                      /* weight 0 is a refusal of it */

        } else if (found[i].match != found[best].match) {
            best = (found[i].match > found[best].match) ? i : best;

        } else if (found[i].match == 3
                   && found[i].order < found[best].order)
        {
            best = i;
        }
    }

    return erpsync_formats[best].format;
}
