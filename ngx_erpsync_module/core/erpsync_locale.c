
#include "erpsync_header.h"
#include "erpsync_locale.h"


#define ERPSYNC_MAX_TAG       35
#define ERPSYNC_MAX_TIMEZONE  16


/* What one header asks for. */

typedef enum {
    ERPSYNC_ASKS_NOTHING,
    ERPSYNC_ASKS_CANCEL,
    ERPSYNC_ASKS_TAG,
    ERPSYNC_ASKS_MALFORMED
} erpsync_asks_t;


static erpsync_asks_t erpsync_language_list(erpsync_arena_t *arena,
    const erpsync_locale_conf_t *conf, erpsync_str_t value,
    erpsync_str_t *tag, erpsync_rc_t *rc);
static int erpsync_language_weight(erpsync_str_t *s);
static bool erpsync_language_listed(const erpsync_locale_conf_t *conf,
    erpsync_str_t tag);
static bool erpsync_is_cancel(erpsync_str_t s);


/* A language and a region in canonical form, as in "nb-NO". */

static inline bool
erpsync_is_usual_tag(erpsync_str_t s)
{
    return s.len == 5 && s.data[2] == '-'
           && s.data[0] >= 'a' && s.data[0] <= 'z'
           && s.data[1] >= 'a' && s.data[1] <= 'z'
           && s.data[3] >= 'A' && s.data[3] <= 'Z'
           && s.data[4] >= 'A' && s.data[4] <= 'Z';
}


erpsync_rc_t
erpsync_locale(erpsync_arena_t *arena, const erpsync_locale_conf_t *conf,
    const erpsync_locale_headers_t *headers, erpsync_locale_t *locale,
    erpsync_reason_t *reason)
{
    erpsync_rc_t    rc;
    erpsync_str_t   value;
    erpsync_asks_t  asks;

    memset(locale, 0, sizeof(erpsync_locale_t));
    *reason = ERPSYNC_REASON_OK;
    rc = ERPSYNC_OK;

    value = erpsync_str_trim(headers->so_language);

    if (value.len == 0) {
        value = erpsync_str_trim(headers->accept_language);
    }

    asks = erpsync_language_list(arena, conf, value, &locale->language, &rc);

    if (asks == ERPSYNC_ASKS_MALFORMED) {
        *reason = ERPSYNC_REASON_LANGUAGE_INVALID;
        return rc;
    }

    if (asks == ERPSYNC_ASKS_NOTHING) {
        locale->language = conf->default_language;
    }

    locale->cancelled = (asks == ERPSYNC_ASKS_CANCEL);

    /* a culture counts with a language only */

    value = erpsync_str_trim(headers->so_culture);

    if (locale->language.len) {
        asks = erpsync_language_list(arena, NULL, value, &locale->culture,
                                     &rc);

        if (asks == ERPSYNC_ASKS_MALFORMED) {
            *reason = ERPSYNC_REASON_CULTURE_INVALID;
            return rc;
        }

        if (asks == ERPSYNC_ASKS_NOTHING) {
            locale->culture = conf->default_culture;
        }
    }

    value = erpsync_str_trim(headers->so_timezone);

    if (value.len == 0) {
        locale->timezone = conf->default_timezone;
        return rc;
    }

    locale->timezone = erpsync_timezone_with(arena, value,
                                             conf->default_timezone, &rc);

    if (locale->timezone.data == NULL) {
        *reason = ERPSYNC_REASON_TIMEZONE_INVALID;
    }

    return rc;
}


/*
 * The first acceptable tag of a list by weight.  With "conf", tags that are
 * not among its languages are passed over; where all are, nothing is asked.
 */

static erpsync_asks_t
erpsync_language_list(erpsync_arena_t *arena,
    const erpsync_locale_conf_t *conf, erpsync_str_t value,
    erpsync_str_t *tag, erpsync_rc_t *rc)
{
    int             q, best;
    erpsync_str_t   s, name, found;
    erpsync_asks_t  asks;

    if (erpsync_is_usual_tag(value)) {

        if (!erpsync_language_listed(conf, value)) {
            return ERPSYNC_ASKS_NOTHING;
        }

        *tag = value;

        return ERPSYNC_ASKS_TAG;
    }

    s = value;
    best = 0;
    asks = ERPSYNC_ASKS_NOTHING;

    while (s.len) {
        erpsync_take_space(&s);

        /* WebAPI pages write "en-us; en-gb" */

        if (erpsync_take_char(&s, ',') || erpsync_take_char(&s, ';')) {
            continue;
        }

        if (s.len == 0) {
            break;
        }

        name = erpsync_take_token(&s);

        if (name.len == 0) {
            return ERPSYNC_ASKS_MALFORMED;
        }

        q = erpsync_language_weight(&s);

        if (q < 0) {
            return ERPSYNC_ASKS_MALFORMED;
        }

        found = erpsync_span(NULL, 0);

        if (!erpsync_is_cancel(name)) {
            found = erpsync_language_tag(arena, name, rc);

            if (found.data == NULL) {
                return ERPSYNC_ASKS_MALFORMED;
            }

            if (!erpsync_language_listed(conf, found)) {
                continue;
            }
        }

        if (q > best) {
            best = q;
            *tag = found;
            asks = found.data ? ERPSYNC_ASKS_TAG : ERPSYNC_ASKS_CANCEL;
        }
    }

    return asks;
}


/*
 * Takes what follows a tag up to the next one: "; q=<weight>", or nothing.
 * The weight in thousandths, or -1.
 */

static int
erpsync_language_weight(erpsync_str_t *s)
{
    int            q;
    erpsync_str_t  rest, name, value;

    erpsync_take_space(s);

    if (s->len == 0 || s->data[0] == ',') {
        return 1000;
    }

    if (s->data[0] != ';') {
        return -1;
    }

    rest = *s;
    (void) erpsync_take_char(&rest, ';');
    erpsync_take_space(&rest);
    name = erpsync_take_token(&rest);

    if (name.len != 1 || erpsync_lower(name.data[0]) != 'q') {
        return 1000;      /* a list with semicolons */
    }

    erpsync_take_space(&rest);

    if (!erpsync_take_char(&rest, '=')) {
        return -1;
    }

    erpsync_take_space(&rest);
    value = erpsync_take_token(&rest);
    q = erpsync_qvalue(value);
    erpsync_take_space(&rest);

    if (rest.len && rest.data[0] != ',' && rest.data[0] != ';') {
        return -1;
    }

    *s = rest;

    return q;
}


static bool
erpsync_language_listed(const erpsync_locale_conf_t *conf, erpsync_str_t tag)
{
    size_t  i;

    if (conf == NULL || conf->nlanguages == 0) {
        return true;
    }

    for (i = 0; i < conf->nlanguages; i++) {
        if (erpsync_str_caseeq(conf->languages[i], tag)) {
            return true;
        }
    }

    return false;
}


static bool
erpsync_is_cancel(erpsync_str_t s)
{
    return s.len == 1
           && (s.data[0] == '*' || s.data[0] == '-'
               || erpsync_lower(s.data[0]) == 'x');
}


erpsync_str_t
erpsync_language_tag(erpsync_arena_t *arena, erpsync_str_t tag,
    erpsync_rc_t *rc)
{
    bool      first, single;
    size_t    i, n, start;
    uint8_t   c, *p, out[ERPSYNC_MAX_TAG];

    if (erpsync_is_usual_tag(tag)) {
        return tag;
    }

    if (tag.len < 2 || tag.len > ERPSYNC_MAX_TAG) {
        return erpsync_span(NULL, 0);
    }

    first = true;
    single = false;

    for (start = 0; start <= tag.len; start += n + 1) {

        for (n = 0; start + n < tag.len && tag.data[start + n] != '-'; n++) {
            c = tag.data[start + n];

            if (!erpsync_is_alpha(c) && (first || !erpsync_is_digit(c))) {
                return erpsync_span(NULL, 0);
            }
        }

        if (n == 0 || n > 8 || (first && n < 2)) {
            return erpsync_span(NULL, 0);
        }

        for (i = 0; i < n; i++) {
            c = erpsync_lower(tag.data[start + i]);

            /* RFC 5646, 2.1.1: regions in upper case, scripts in title */

            if (!first && !single && erpsync_is_alpha(c)
                && (n == 2 || (n == 4 && i == 0)))
            {
                c &= 0xdf;
            }

            out[start + i] = c;
        }

        if (start + n < tag.len) {
            out[start + n] = '-';
        }

        single = single || n == 1;
        first = false;
    }

    if (memcmp(out, tag.data, tag.len) == 0) {
        return tag;
    }

    p = erpsync_nalloc(arena, tag.len);

    if (p == NULL) {
        *rc = ERPSYNC_ERROR;
        return erpsync_span(NULL, 0);
    }

    memcpy(p, out, tag.len);

    return erpsync_span(p, tag.len);
}


erpsync_str_t
erpsync_timezone(erpsync_arena_t *arena, erpsync_str_t value,
    erpsync_rc_t *rc)
{
    return erpsync_timezone_with(arena, value, erpsync_span(NULL, 0), rc);
}


/* Whether "s" is a time zone's id (a positive int32) or code. */

static bool
erpsync_is_timezone(erpsync_str_t s)
{
    size_t   i;
    int64_t  id;

    if (s.len == 0 || s.len > ERPSYNC_MAX_TIMEZONE) {
        return false;
    }

    id = 0;

    for (i = 0; i < s.len && erpsync_is_digit(s.data[i]); i++) {
        id = id * 10 + (s.data[i] - '0');
    }

    if (i == s.len) {
        return s.len <= 10 && id >= 1 && id <= INT32_MAX;
    }

    if (!erpsync_is_alpha(s.data[0]) || s.data[s.len - 1] == '-') {
        return false;
    }

    for (i = 1; i < s.len; i++) {
        if (!erpsync_is_alpha(s.data[i]) && !erpsync_is_digit(s.data[i])
            && (s.data[i] != '-' || s.data[i - 1] == '-'))
        {
            return false;
        }
    }

    return true;
}


erpsync_str_t
erpsync_timezone_with(erpsync_arena_t *arena, erpsync_str_t value,
    erpsync_str_t zone, erpsync_rc_t *rc)
{
    bool           offset;
    size_t         i;
    uint8_t       *p, *start;
    erpsync_str_t  s, first, second;

    static const erpsync_str_t  include = erpsync_string("includeTZOffset");
    static const erpsync_str_t  separator = erpsync_string(", ");

    s = erpsync_str_trim(value);

    if (!erpsync_take_element(&s, &first)) {
        return erpsync_span(NULL, 0);
    }

    offset = erpsync_str_caseeq(first, include);

    if (!offset) {

        if (!erpsync_is_timezone(first)) {
            return erpsync_span(NULL, 0);
        }

        zone = first;

        if (s.len) {
            (void) erpsync_take_element(&s, &second);

            if (!erpsync_str_caseeq(second, include)) {
                return erpsync_span(NULL, 0);
            }

            offset = true;
        }

    } else if (s.len == 0 && zone.len > include.len
               && erpsync_str_eq(erpsync_span(zone.data + zone.len
                                              - include.len, include.len),
                                 include))
    {
        return zone;           /* the default asks for it already */

    } else if (s.len == 0 && erpsync_str_eq(zone, include)) {
        return zone;
    }

    if (s.len || (value.len && value.data[value.len - 1] == ',')) {
        return erpsync_span(NULL, 0);
    }

    start = erpsync_nalloc(arena, zone.len + separator.len + include.len);

    if (start == NULL) {
        *rc = ERPSYNC_ERROR;
        return erpsync_span(NULL, 0);
    }

    p = start;

    for (i = 0; i < zone.len; i++) {
        *p++ = (zone.data[i] >= 'a' && zone.data[i] <= 'z')
               ? (uint8_t) (zone.data[i] & 0xdf) : zone.data[i];
    }

    if (offset) {

        if (zone.len) {
            memcpy(p, separator.data, separator.len);
            p += separator.len;
        }

        memcpy(p, include.data, include.len);
        p += include.len;
    }

    return erpsync_span(start, (size_t) (p - start));
}
