
/*
 * libFuzzer target: the headers and the query of a call.
 *
 * The first bytes choose settings.  Each line after them is a field: the first
 * byte says which, the rest is its value.  What must hold for whatever comes:
 *
 *   - what is forwarded has only characters that may stand there, and is
 *     forwarded as it is when it comes again
 *   - credentials are of a scheme that is allowed; where a cookie XSRF-TOKEN is
 *     sent, the header is equal to it, by a reader of cookies of this file
 *   - a query has one $select at most, by a decoder of this file, and all other
 *     arguments as they were
 *   - fields of a list are read as one field with commas between
 *   - memory is in proportion to what was sent
 */


#include <openssl/evp.h>
#include <strings.h>

#include "fuzz.h"


#define MAX_FIELDS  64
#define DIGITS      "0123456789abcdefABCDEF"


typedef enum {
    SO_LANGUAGE, ACCEPT_LANGUAGE, SO_CULTURE, SO_TIMEZONE, AUTHORIZATION,
    XSRF, COOKIE, CONTENT_TYPE, CONTENT_ENCODING, ACCEPT, QUERY, STATUS, KINDS
} kind_t;

static const char  letters[KINDS] = "lLuzaxctepqs";


typedef struct {
    size_t         n[KINDS];
    size_t         size;                  /* of all values */
    erpsync_str_t  values[KINDS][MAX_FIELDS];
} sent_t;


static erpsync_str_t
first(const sent_t *sent, kind_t kind)
{
    return sent->n[kind] ? sent->values[kind][0] : erpsync_span(NULL, 0);
}


static erpsync_fields_t
all(const sent_t *sent, kind_t kind)
{
    return erpsync_fields(sent->values[kind], sent->n[kind]);
}


static void
read_fields(fuzz_t *fuzz, sent_t *sent)
{
    kind_t         kind;
    const char    *letter;
    erpsync_str_t  line;

    memset(sent, 0, sizeof(sent_t));

    while (fuzz->pos != fuzz->last) {
        letter = memchr(letters, *fuzz->pos++, KINDS);
        line = fuzz_line(fuzz);
        kind = letter ? (kind_t) (letter - letters) : KINDS;

        if (kind == KINDS || sent->n[kind] == MAX_FIELDS) {
            fuzz_free(line);
            continue;
        }

        sent->values[kind][sent->n[kind]++] = line;
        sent->size += line.len + sizeof(erpsync_str_t);
    }
}


/* A name and its value, decoded once by "%XX". */

static size_t
decode(erpsync_str_t s, char *text)
{
    char    hex[3] = "";
    size_t  i, n;

    for (i = 0, n = 0; i < s.len; i++) {

        if (s.data[i] == '%' && s.len - i > 2) {
            memcpy(hex, s.data + i + 1, 2);

            if (strspn(hex, DIGITS) == 2) {
                text[n++] = (char) strtol(hex, NULL, 16);
                i += 2;
                continue;
            }
        }

        text[n++] = (char) s.data[i];
    }

    return n;
}


static bool
is_secret(erpsync_str_t cookie, erpsync_str_t token)
{
    char    *text;
    bool     equal;
    size_t   n;

    text = malloc(cookie.len + 1);
    CHECK(text != NULL);
    n = decode(cookie, text);
    equal = erpsync_str_eq(cookie, token)
            || erpsync_str_eq(erpsync_span(text, n), token);
    free(text);

    return equal;
}


/* Returns whether each cookie of that name is the token, in one of its forms */

static bool
cookies_are(const sent_t *sent, erpsync_str_t token)
{
    bool           equal, good;
    size_t         i, j, end, sign;
    erpsync_str_t  s, name, value;

    good = true;

    for (i = 0; i < sent->n[COOKIE]; i++) {
        s = sent->values[COOKIE][i];

        for (j = 0; j < s.len; j = end + 1) {
            for (end = j; end < s.len && s.data[end] != ';'; end++) {
                /* void */
            }

            for (sign = j; sign < end && s.data[sign] != '='; sign++) {
                /* void */
            }

            if (sign == end) {
                continue;
            }

            name = erpsync_str_trim(erpsync_span(s.data + j, sign - j));
            value = erpsync_str_trim(erpsync_span(s.data + sign + 1,
                                                  end - sign - 1));

            if (name.len != 10
                || strncasecmp((const char *) name.data, "XSRF-TOKEN", 10)
                   != 0)
            {
                continue;
            }

            equal = is_secret(value, token);

            if (value.len >= 2 && value.data[0] == '"'
                && value.data[value.len - 1] == '"')
            {
                equal = equal || is_secret(erpsync_span(value.data + 1,
                                                        value.len - 2), token);
            }

            good = good && equal;
        }
    }

    return good;
}


/* "user:password" in base64, by OpenSSL */

static bool
is_basic(erpsync_str_t s)
{
    int       n;
    uint8_t  *text, *colon;

    text = malloc(s.len + 1);
    CHECK(text != NULL);

    n = EVP_DecodeBlock(text, s.data, (int) s.len);
    colon = (n > 0) ? memchr(text, ':', (size_t) n) : NULL;
    n = (colon && colon > text);
    free(text);

    return n;
}


static void
check_credentials(erpsync_arena_t *arena, const sent_t *sent,
    unsigned allowed)
{
    erpsync_str_t                  s, value, tenant;
    erpsync_rc_t                   rc;
    erpsync_reason_t               reason, again;
    erpsync_credentials_t          credentials, other;
    erpsync_credential_headers_t   headers;

    headers.authorization = first(sent, AUTHORIZATION);
    headers.xsrf_token = first(sent, XSRF);
    headers.cookies = all(sent, COOKIE);

    CHECK(erpsync_credentials(arena, allowed, &headers, &credentials, &reason)
          == ERPSYNC_OK);

    rc = ERPSYNC_OK;
    tenant = erpsync_credentials_tenant(arena, headers.authorization, &rc);
    CHECK(rc == ERPSYNC_OK);

    if (reason != ERPSYNC_REASON_OK) {
        CHECK(erpsync_reason_status(reason) == 401
              || reason == ERPSYNC_REASON_XSRF_MISMATCH);
        return;
    }

    CHECK(credentials.scheme & allowed);
    CHECK(erpsync_str_eq(credentials.tenant, tenant)
          || credentials.scheme != ERPSYNC_SCHEME_BEARER);

    if (credentials.scheme == ERPSYNC_SCHEME_XSRF) {
        CHECK(headers.authorization.data == NULL);
        CHECK(cookies_are(sent, erpsync_str_trim(headers.xsrf_token)));
        return;
    }

    s = credentials.authorization;
    value = erpsync_scheme_name(credentials.scheme);

    CHECK(fuzz_is_printable(s) && s.len > value.len + 1);
    CHECK(memcmp(s.data, value.data, value.len) == 0);
    CHECK(s.data[value.len] == ' ');

    value = erpsync_span(s.data + value.len + 1, s.len - value.len - 1);
    CHECK(memchr(value.data, ' ', value.len) == NULL);
    CHECK(credentials.scheme != ERPSYNC_SCHEME_BASIC || is_basic(value));

    headers.authorization = s;
    CHECK(erpsync_credentials(arena, allowed, &headers, &other, &again)
          == ERPSYNC_OK);
    CHECK(again == ERPSYNC_REASON_OK && other.authorization.data == s.data
          && other.authorization.len == s.len);
}


/* A language tag in canonical form has no more to it than RFC 5646, 2.1 */

static void
check_tag(erpsync_str_t tag)
{
    size_t  i;

    CHECK(tag.len >= 2 && tag.len <= 35 && erpsync_is_alpha(tag.data[0]));

    for (i = 0; i < tag.len; i++) {
        CHECK(erpsync_is_alpha(tag.data[i]) || erpsync_is_digit(tag.data[i])
              || (tag.data[i] == '-' && tag.data[i - 1] != '-'));
    }
}


static void
check_locale(erpsync_arena_t *arena, const sent_t *sent, unsigned choice)
{
    erpsync_str_t              star, list[2];
    erpsync_locale_t           locale, other;
    erpsync_reason_t           reason, again;
    erpsync_locale_conf_t      conf;
    erpsync_locale_headers_t   headers;

    memset(&conf, 0, sizeof(conf));
    list[0] = fuzz_str("nb-NO");
    list[1] = fuzz_str("en");
    conf.languages = list;
    conf.nlanguages = (choice & 1) ? 2 : 0;
    conf.default_language = fuzz_str((choice & 2) ? "en" : "");
    conf.default_culture = fuzz_str((choice & 4) ? "de-DE" : "");
    conf.default_timezone = fuzz_str((choice & 8) ? "UTC, includeTZOffset"
                                                  : "");
    star = fuzz_str("*");

    headers.so_language = first(sent, SO_LANGUAGE);
    headers.accept_language = all(sent, ACCEPT_LANGUAGE);
    headers.so_culture = first(sent, SO_CULTURE);
    headers.so_timezone = first(sent, SO_TIMEZONE);

    CHECK(erpsync_locale(arena, &conf, &headers, &locale, &reason)
          == ERPSYNC_OK);

    if (reason != ERPSYNC_REASON_OK) {
        CHECK(sent->n[SO_LANGUAGE] + sent->n[SO_CULTURE]
              + sent->n[SO_TIMEZONE]);
        return;
    }

    CHECK(locale.language.len == 0 || !locale.cancelled);
    CHECK(locale.culture.len == 0 || locale.language.len);

    if (locale.language.len) {
        check_tag(locale.language);
        CHECK(!(choice & 1) || erpsync_str_eq(locale.language, list[0])
              || erpsync_str_eq(locale.language, list[1]));
    }

    if (locale.culture.len) {
        check_tag(locale.culture);
    }

    CHECK(fuzz_is_printable(locale.timezone) && locale.timezone.len <= 32 + 16);

    /* as the WebAPI gets them, and with the same settings */

    headers.so_language = locale.language.len ? locale.language
                                              : erpsync_span(NULL, 0);
    headers.accept_language = locale.cancelled ? erpsync_fields(&star, 1)
                              : locale.language.len
                                ? erpsync_fields(&locale.language, 1)
                                : erpsync_fields(NULL, 0);
    headers.so_culture = locale.culture.len ? locale.culture
                                            : erpsync_span(NULL, 0);
    headers.so_timezone = locale.timezone.len ? locale.timezone
                                              : erpsync_span(NULL, 0);

    if (!locale.culture.len) {
        conf.default_culture = erpsync_span(NULL, 0);
    }

    if (!locale.language.len) {
        conf.default_language = erpsync_span(NULL, 0);
    }

    CHECK(erpsync_locale(arena, &conf, &headers, &other, &again)
          == ERPSYNC_OK);
    CHECK(again == ERPSYNC_REASON_OK && other.cancelled == locale.cancelled);
    CHECK(erpsync_str_eq(other.language, locale.language));
    CHECK(erpsync_str_eq(other.culture, locale.culture));
    CHECK(erpsync_str_eq(other.timezone, locale.timezone));
}


/* Returns the fields as one, in memory that the caller frees. */

static erpsync_str_t
joined(const sent_t *sent, kind_t kind)
{
    size_t         i;
    uint8_t       *p, *start;
    erpsync_str_t  s;

    start = malloc(sent->size + MAX_FIELDS + 1);
    CHECK(start != NULL);
    p = start;

    for (i = 0; i < sent->n[kind]; i++) {
        s = sent->values[kind][i];

        if (i) {
            *p++ = ',';
        }

        p = erpsync_put(p, s);
    }

    return erpsync_span(start, (size_t) (p - start));
}


static bool
has(erpsync_str_t s, char c)
{
    return s.len && memchr(s.data, c, s.len) != NULL;
}


static void
check_media(const sent_t *sent)
{
    size_t             i;
    erpsync_str_t      s, type;
    erpsync_media_t    media;
    erpsync_format_t   format;

    static const char *const  types[] = {
        "application/json", "text/json", "application/merge-patch+json",
        "application/json-patch+json", "application/xml", "text/xml"
    };

    s = first(sent, CONTENT_TYPE);
    media = erpsync_content_type(s);
    type = erpsync_answer_type(s);

    for (i = 0; i < erpsync_nelts(types); i++) {
        if (erpsync_str_eq(type, fuzz_str(types[i]))) {
            break;
        }
    }

    CHECK(type.len == 0 || i < erpsync_nelts(types));

    if (media != ERPSYNC_MEDIA_UNSUPPORTED && media != ERPSYNC_MEDIA_FORM) {
        CHECK(type.len && erpsync_content_type(type) == media);
    }

    s = erpsync_str_trim(first(sent, CONTENT_ENCODING));
    CHECK(erpsync_content_encoding_identity(s)
          == (s.len == 0
              || (s.len == 8
                  && strncasecmp((const char *) s.data, "identity", 8) == 0)));

    /* a quote may reach over the end of a field */

    s = joined(sent, ACCEPT);
    format = erpsync_accept(all(sent, ACCEPT));
    CHECK(has(s, '"') || format == erpsync_accept(erpsync_fields(&s, 1)));
    CHECK(erpsync_refusal_type(format).len > 0);
    fuzz_free(s);

    (void) erpsync_status_format(first(sent, STATUS), all(sent, ACCEPT));
}


/* Decodes a character of a query as IIS does; moves "*i" past it. */

static int
query_character(erpsync_str_t s, size_t *i)
{
    char    hex[5] = "";
    size_t  n;

    if (s.data[*i] == '%') {
        n = (s.len - *i > 1 && (s.data[*i + 1] == 'u' || s.data[*i + 1] == 'U'))
            ? 4 : 2;

        if (s.len - *i > n + (n == 4)) {
            memcpy(hex, s.data + *i + 1 + (n == 4), n);

            if (strspn(hex, DIGITS) == n) {
                *i += 1 + n + (n == 4);
                return (int) strtol(hex, NULL, 16);
            }
        }
    }

    return s.data[(*i)++];
}


static bool
is_select(erpsync_str_t name)
{
    int     c;
    char    text[8];
    size_t  i, n;

    n = 0;

    for (i = 0; i < name.len; /* void */) {
        c = query_character(name, &i);
        c = (c == '+' && name.data[i - 1] == '+') ? ' ' : c;

        if (c <= ' ' && (n == 0 || n == 7)) {
            continue;
        }

        if (n == 7 || c > 0x7f) {
            return false;
        }

        text[n++] = (char) c;
    }

    return n == 7 && strncasecmp(text, "$select", 7) == 0;
}


/* Returns the next argument, and removes it and its separator. */

static erpsync_str_t
argument(erpsync_str_t *s, char separator)
{
    erpsync_str_t   arg;
    const uint8_t  *end;

    end = s->len ? memchr(s->data, separator, s->len) : NULL;
    arg = erpsync_span(s->data, end ? (size_t) (end - s->data) : s->len);
    s->data += arg.len + (end != NULL);
    s->len -= arg.len + (end != NULL);

    return arg;
}


static void
check_select(erpsync_str_t value)
{
    bool           begins;
    size_t         i, n;
    erpsync_str_t  path, rest, other, left;

    for (rest = value, n = 0; rest.len; n++) {
        path = argument(&rest, ',');
        begins = true;

        for (i = 0; i < path.len; i++) {
            CHECK(erpsync_is_alpha(path.data[i]) || path.data[i] == '_'
                  || (!begins && (path.data[i] == '/'
                                  || erpsync_is_digit(path.data[i]))));
            begins = (path.data[i] == '/');
        }

        CHECK(path.len && !begins);

        for (left = rest; left.len; /* void */) {
            other = argument(&left, ',');
            CHECK(!erpsync_str_caseeq(path, other));
        }
    }

    CHECK(n > 0 && value.data[value.len - 1] != ',');
}


static void
check_query(erpsync_arena_t *arena, erpsync_str_t args)
{
    size_t            selects;
    erpsync_str_t     out, again, rest, left, arg, part, name, was;
    erpsync_reason_t  reason;

    CHECK(erpsync_query(arena, args, &out, &reason) == ERPSYNC_OK);
    CHECK(reason == ERPSYNC_REASON_OK
          || reason == ERPSYNC_REASON_SELECT_INVALID);

    if (reason != ERPSYNC_REASON_OK) {
        return;
    }

    CHECK(out.len <= args.len + 1);

    selects = 0;
    left = args;

    for (rest = out; rest.len; /* void */) {
        arg = argument(&rest, '&');

        if (arg.len == 0) {
            continue;
        }

        for (part = arg; part.len; /* void */) {
            was = argument(&part, ';');
            name = argument(&was, '=');

            if (is_select(name)) {
                selects++;
                CHECK(name.data == arg.data);
                CHECK(memcmp(arg.data, "$select=", 8) == 0);
                check_select(erpsync_span(arg.data + 8, arg.len - 8));
                break;
            }
        }

        if (part.len || (arg.len > 8 && memcmp(arg.data, "$select=", 8) == 0))
        {
            continue;
        }

        /* any other one is the next one of those that were sent */

        do {
            CHECK(left.len);
            was = argument(&left, '&');
            part = was;
            name = argument(&part, '=');
        } while (was.len == 0 || is_select(name));

        CHECK(erpsync_str_eq(was, arg));
    }

    CHECK(selects <= 1);

    CHECK(erpsync_query(arena, out, &again, &reason) == ERPSYNC_OK);
    CHECK(reason == ERPSYNC_REASON_OK);
    CHECK(again.len == out.len && (out.len == 0 || again.data == out.data));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t           i, k;
    fuzz_t           fuzz;
    sent_t           sent;
    unsigned         locale, schemes;
    erpsync_arena_t  arena;

    fuzz = fuzz_start(data, size);
    schemes = fuzz_any(&fuzz, ERPSYNC_SCHEME_ALL + 1);
    locale = fuzz_any(&fuzz, 16);
    read_fields(&fuzz, &sent);

    erpsync_arena_init(&arena);

    check_credentials(&arena, &sent, schemes);
    check_locale(&arena, &sent, locale);
    check_media(&sent);
    check_query(&arena, first(&sent, QUERY));

    /* each of them is read twice, and a block has 4 KB at least */

    CHECK(arena.used <= 4 * sent.size + 16384);

    erpsync_arena_destroy(&arena);

    for (k = 0; k < KINDS; k++) {
        for (i = 0; i < sent.n[k]; i++) {
            fuzz_free(sent.values[k][i]);
        }
    }

    return 0;
}
