
#include "erpsync_locale.h"


#define ERPSYNC_MAX_TAG       35
#define ERPSYNC_MAX_TIMEZONE  16


/* The language that one header, or all fields of a name, ask for. */

typedef struct {
    int            best;         /* highest weight so far; 0: none */
    bool           named;        /* a tag, or a sign to cancel, was sent */
    bool           cancelled;
    erpsync_str_t  tag;          /* as sent */
} erpsync_asked_t;


static bool erpsync_language(erpsync_arena_t *arena,
    const erpsync_locale_conf_t *conf,
    const erpsync_locale_headers_t *headers, erpsync_locale_t *locale,
    erpsync_rc_t *rc);
static bool erpsync_culture(erpsync_arena_t *arena,
    const erpsync_locale_conf_t *conf,
    const erpsync_locale_headers_t *headers, erpsync_locale_t *locale,
    erpsync_rc_t *rc);
static bool erpsync_language_list(const erpsync_locale_conf_t *conf,
    erpsync_str_t value, bool strict, erpsync_asked_t *asked);
static void erpsync_language_ask(const erpsync_locale_conf_t *conf,
    erpsync_str_t name, int q, erpsync_asked_t *asked);
static bool erpsync_language_element(erpsync_str_t *s, erpsync_str_t *name,
    int *q);
static bool erpsync_language_weight(erpsync_str_t *s, int *q);
static bool erpsync_language_listed(const erpsync_locale_conf_t *conf,
    erpsync_str_t tag);
static bool erpsync_language_write(erpsync_str_t tag,
    uint8_t out[ERPSYNC_MAX_TAG]);
static bool erpsync_is_cancel(erpsync_str_t s);
static erpsync_str_t erpsync_timezone_with(erpsync_arena_t *arena,
    erpsync_str_t value, erpsync_str_t zone, erpsync_rc_t *rc);


/*
 * Returns whether "s" is a language and a region in canonical form, such as
 * "nb-NO".
 */

static inline bool
erpsync_is_short_tag(erpsync_str_t s)
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
    erpsync_rc_t   rc;
    erpsync_str_t  value;

    memset(locale, 0, sizeof(erpsync_locale_t));
    *reason = ERPSYNC_REASON_OK;
    rc = ERPSYNC_OK;

    if (!erpsync_language(arena, conf, headers, locale, &rc)) {
        *reason = ERPSYNC_REASON_LANGUAGE_INVALID;
        return rc;
    }

    if (!erpsync_culture(arena, conf, headers, locale, &rc)) {
        *reason = ERPSYNC_REASON_CULTURE_INVALID;
        return rc;
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
 * Chooses the language.  SO-Language decides unless it is empty, then
 * Accept-Language.  If neither names a language and one of them was sent
 * empty, translation is cancelled: the vendor's client switches it off in this
 * way.  Returns false if SO-Language is malformed.
 */

static bool
erpsync_language(erpsync_arena_t *arena, const erpsync_locale_conf_t *conf,
    const erpsync_locale_headers_t *headers, erpsync_locale_t *locale,
    erpsync_rc_t *rc)
{
    bool              empty;
    erpsync_str_t     value;
    erpsync_asked_t   asked;
    erpsync_fields_t  fields;

    memset(&asked, 0, sizeof(erpsync_asked_t));

    value = erpsync_str_trim(headers->so_language);
    empty = (value.len == 0 && headers->so_language.data);

    if (conf->nlanguages == 0 && erpsync_is_short_tag(value)) {
        locale->language = value;
        return true;
    }

    if (!erpsync_language_list(conf, value, true, &asked)) {
        return false;
    }

    if (!asked.named) {
        fields = headers->accept_language;

        while (erpsync_fields_next(&fields, &value)) {
            (void) erpsync_language_list(conf, value, false, &asked);
        }

        fields = headers->accept_language;
        empty = empty || (fields.next && erpsync_fields_blank(fields));
    }

    if (asked.best) {
        locale->cancelled = asked.cancelled;

        if (!asked.cancelled) {
            locale->language = erpsync_language_tag(arena, asked.tag, rc);
        }

    } else if (empty && !asked.named) {
        locale->cancelled = true;

    } else {
        locale->language = conf->default_language;
    }

    return true;
}


/*
 * Chooses the culture, which is forwarded only with a language.  Returns false
 * if SO-Culture is malformed.
 */

static bool
erpsync_culture(erpsync_arena_t *arena, const erpsync_locale_conf_t *conf,
    const erpsync_locale_headers_t *headers, erpsync_locale_t *locale,
    erpsync_rc_t *rc)
{
    erpsync_str_t    value;
    erpsync_asked_t  asked;

    value = headers->so_culture;

    if (locale->language.len && erpsync_is_short_tag(value)) {
        locale->culture = value;
        return true;
    }

    memset(&asked, 0, sizeof(erpsync_asked_t));

    if (!erpsync_language_list(NULL, value, true, &asked)) {
        return false;
    }

    if (locale->language.len == 0) {
        return true;
    }

    if (!asked.named) {
        locale->culture = conf->default_culture;

    } else if (asked.best && !asked.cancelled) {
        locale->culture = erpsync_language_tag(arena, asked.tag, rc);
    }

    return true;
}


/*
 * Adds what one field asks for: the first of the tags with the highest weight
 * counts, and with "conf" only those among its languages.  Elements that do
 * not parse are skipped; with "strict", false is returned for them.
 */

static bool
erpsync_language_list(const erpsync_locale_conf_t *conf, erpsync_str_t value,
    bool strict, erpsync_asked_t *asked)
{
    int            q;
    uint8_t        out[ERPSYNC_MAX_TAG];
    erpsync_str_t  s, name;

    s = value;

    if (erpsync_is_short_tag(value)) {
        erpsync_language_ask(conf, value, 1000, asked);
        return true;
    }

    while (s.len) {
        erpsync_take_space(&s);

        /* the WebAPI's pages write "en-us; en-gb" */

        if (s.len == 0
            || erpsync_take_char(&s, ',') || erpsync_take_char(&s, ';'))
        {
            continue;
        }

        if (erpsync_language_element(&s, &name, &q)
            && (erpsync_is_cancel(name) || erpsync_language_write(name, out)))
        {
            erpsync_language_ask(conf, name, q, asked);

        } else if (strict) {
            return false;
        }
    }

    return true;
}


static void
erpsync_language_ask(const erpsync_locale_conf_t *conf, erpsync_str_t name,
    int q, erpsync_asked_t *asked)
{
    bool  cancel;

    cancel = erpsync_is_cancel(name);
    asked->named = true;

    if (q > asked->best && (cancel || erpsync_language_listed(conf, name))) {
        asked->best = q;
        asked->cancelled = cancel;
        asked->tag = name;
    }
}


/*
 * Removes a name and its weight in thousandths from the front of "s". If they
 * do not parse, removes everything before the next separator and returns
 * false.
 */

static bool
erpsync_language_element(erpsync_str_t *s, erpsync_str_t *name, int *q)
{
    *name = erpsync_take_token(s);

    if (name->len && erpsync_language_weight(s, q)) {
        return true;
    }

    while (s->len && s->data[0] != ',' && s->data[0] != ';') {
        s->data++;
        s->len--;
    }

    return false;
}


/*
 * Removes "; q=<weight>", if it follows a name.  Any other ";" is left: it
 * separates names as "," does.
 */

static bool
erpsync_language_weight(erpsync_str_t *s, int *q)
{
    erpsync_str_t  rest, name, value;

    *q = 1000;

    erpsync_take_space(s);

    if (s->len == 0 || s->data[0] == ',') {
        return true;
    }

    rest = *s;

    if (!erpsync_take_char(&rest, ';')) {
        return false;
    }

    erpsync_take_space(&rest);
    name = erpsync_take_token(&rest);
    erpsync_take_space(&rest);

    if (name.len != 1 || erpsync_lower(name.data[0]) != 'q'
        || !erpsync_take_char(&rest, '='))
    {
        return true;
    }

    erpsync_take_space(&rest);
    value = erpsync_take_token(&rest);
    erpsync_take_space(&rest);

    *q = erpsync_qvalue(value);
    *s = rest;

    return *q >= 0 && (s->len == 0 || s->data[0] == ',' || s->data[0] == ';');
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
    uint8_t  *p, out[ERPSYNC_MAX_TAG];

    if (erpsync_is_short_tag(tag)) {
        return tag;
    }

    if (!erpsync_language_write(tag, out)) {
        return erpsync_span(NULL, 0);
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


/*
 * Writes the canonical form of a tag, which is as long as the tag.  Returns
 * false if "tag" is not a language tag.
 */

static bool
erpsync_language_write(erpsync_str_t tag, uint8_t out[ERPSYNC_MAX_TAG])
{
    bool     first, single;
    size_t   i, n, start;
    uint8_t  c;

    if (tag.len < 2 || tag.len > ERPSYNC_MAX_TAG) {
        return false;
    }

    first = true;
    single = false;

    for (start = 0; start <= tag.len; start += n + 1) {

        for (n = 0; start + n < tag.len && tag.data[start + n] != '-'; n++) {
            c = tag.data[start + n];

            if (!erpsync_is_alpha(c) && (first || !erpsync_is_digit(c))) {
                return false;
            }
        }

        if (n == 0 || n > 8 || (first && n < 2)) {
            return false;
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

    return true;
}


erpsync_str_t
erpsync_timezone(erpsync_arena_t *arena, erpsync_str_t value,
    erpsync_rc_t *rc)
{
    return erpsync_timezone_with(arena, value, erpsync_span(NULL, 0), rc);
}


/* Returns whether "s" is a time zone's id (a positive int32) or code. */

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


/*
 * Does what erpsync_timezone() does; a value that names no zone gets "zone",
 * unless that is empty.
 */

static erpsync_str_t
erpsync_timezone_with(erpsync_arena_t *arena, erpsync_str_t value,
    erpsync_str_t zone, erpsync_rc_t *rc)
{
    bool            offset;
    size_t          i;
    uint8_t        *p, *start;
    erpsync_str_t   first, second;
    const uint8_t  *comma;

    static const erpsync_str_t  include = erpsync_string("includeTZOffset");
    static const erpsync_str_t  separator = erpsync_string(", ");

    comma = value.len ? memchr(value.data, ',', value.len) : NULL;
    first = value;

    if (comma) {
        first.len = (size_t) (comma - value.data);
        second = erpsync_span(comma + 1, value.len - first.len - 1);
        second = erpsync_str_trim(second);

        if (!erpsync_str_caseeq(second, include)) {
            return erpsync_span(NULL, 0);
        }
    }

    first = erpsync_str_trim(first);
    offset = erpsync_str_caseeq(first, include);

    if (offset) {

        if (comma) {
            return erpsync_span(NULL, 0);
        }

        if (zone.len >= include.len
            && memcmp(zone.data + zone.len - include.len, include.data,
                      include.len)
               == 0)
        {
            return zone;       /* the default asks for it already */
        }

    } else {

        if (!erpsync_is_timezone(first)) {
            return erpsync_span(NULL, 0);
        }

        zone = first;
        offset = (comma != NULL);
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
