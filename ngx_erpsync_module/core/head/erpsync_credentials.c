
#include "erpsync_credentials.h"
#include "erpsync_digest.h"
#include "erpsync_route.h"
#include "erpsync_scan.h"


typedef struct {
    erpsync_str_t  name;
    unsigned       scheme;
} erpsync_scheme_t;


static void erpsync_find_scheme(erpsync_str_t token, erpsync_str_t rest,
    erpsync_credentials_t *credentials);
static bool erpsync_is_ntlm(erpsync_str_t s);
static erpsync_rc_t erpsync_xsrf(unsigned allowed,
    const erpsync_credential_headers_t *headers,
    erpsync_credentials_t *credentials, erpsync_reason_t *reason);
static bool erpsync_cookies_equal(erpsync_fields_t cookies,
    erpsync_str_t token);
static bool erpsync_cookie_equal(erpsync_str_t cookie, erpsync_str_t token);
static bool erpsync_decoded_equal(erpsync_str_t cookie, erpsync_str_t token);
static bool erpsync_is_basic(erpsync_str_t s);
static erpsync_str_t erpsync_bearer_tenant(erpsync_arena_t *arena,
    erpsync_str_t s, erpsync_rc_t *rc);


static const erpsync_scheme_t  erpsync_schemes[] = {
    { erpsync_string("Basic"), ERPSYNC_SCHEME_BASIC },
    { erpsync_string("SoTicket"), ERPSYNC_SCHEME_SOTICKET },
    { erpsync_string("Bearer"), ERPSYNC_SCHEME_BEARER },
    { erpsync_string("Negotiate"), ERPSYNC_SCHEME_NEGOTIATE },
    { erpsync_string("NTLM"), 0 }      /* its name is known; never allowed */
};


static const erpsync_str_t  erpsync_ntlm = erpsync_string("NTLM");


erpsync_str_t
erpsync_scheme_name(unsigned scheme)
{
    size_t  i;

    for (i = 0; i < erpsync_nelts(erpsync_schemes); i++) {
        if (erpsync_schemes[i].scheme == scheme) {
            return erpsync_schemes[i].name;
        }
    }

    return erpsync_span(NULL, 0);
}


erpsync_rc_t
erpsync_credentials(erpsync_arena_t *arena, unsigned allowed,
    const erpsync_credential_headers_t *headers,
    erpsync_credentials_t *credentials, erpsync_reason_t *reason)
{
    uint8_t       *p;
    erpsync_rc_t   rc;
    erpsync_str_t  s, token, rest;

    memset(credentials, 0, sizeof(erpsync_credentials_t));

    if (headers->authorization.data == NULL) {
        return erpsync_xsrf(allowed, headers, credentials, reason);
    }

    *reason = ERPSYNC_REASON_CREDENTIALS_MALFORMED;

    s = erpsync_str_trim(headers->authorization);
    rest = s;
    token = erpsync_take_token(&rest);

    if (token.len == 0
        || (rest.len && rest.data[0] != ' ' && rest.data[0] != '\t'))
    {
        return ERPSYNC_OK;
    }

    erpsync_take_space(&rest);
    erpsync_find_scheme(token, rest, credentials);

    if (!(credentials->scheme & allowed)) {
        *reason = ERPSYNC_REASON_SCHEME_NOT_ALLOWED;
        return ERPSYNC_OK;
    }

    if (rest.len == 0 || !erpsync_scan_ascii(rest.data, rest.len, 0x21)
        || (credentials->scheme == ERPSYNC_SCHEME_BASIC
            && !erpsync_is_basic(rest)))
    {
        return ERPSYNC_OK;
    }

    if (credentials->scheme == ERPSYNC_SCHEME_BEARER) {
        rc = ERPSYNC_OK;
        credentials->tenant = erpsync_bearer_tenant(arena, rest, &rc);

        if (rc != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }

    *reason = ERPSYNC_REASON_OK;
    credentials->authorization = s;

    if (erpsync_same(token.data, credentials->name.data, token.len)
        && s.len == token.len + 1 + rest.len && s.data[token.len] == ' ')
    {
        return ERPSYNC_OK;
    }

    p = erpsync_nalloc(arena, token.len + 1 + rest.len);
    if (p == NULL) {
        return ERPSYNC_ERROR;
    }

    memcpy(p, credentials->name.data, token.len);
    p[token.len] = ' ';
    memcpy(p + token.len + 1, rest.data, rest.len);

    credentials->authorization = erpsync_span(p, token.len + 1 + rest.len);

    return ERPSYNC_OK;
}


/* Sets the scheme and its name, if it is known; "rest" are the credentials. */

static void
erpsync_find_scheme(erpsync_str_t token, erpsync_str_t rest,
    erpsync_credentials_t *credentials)
{
    size_t  i;

    for (i = 0; i < erpsync_nelts(erpsync_schemes); i++) {
        if (erpsync_str_caseeq(token, erpsync_schemes[i].name)) {
            credentials->name = erpsync_schemes[i].name;
            credentials->scheme = erpsync_schemes[i].scheme;
            break;
        }
    }

    if (credentials->scheme == ERPSYNC_SCHEME_NEGOTIATE
        && erpsync_is_ntlm(rest))
    {
        credentials->name = erpsync_ntlm;
        credentials->scheme = 0;
    }
}


/*
 * Returns whether "s" is an NTLM message, which clients without a Kerberos
 * ticket send in the scheme Negotiate.  It begins with "NTLMSSP" and NUL, here
 * in base64: ten characters are 60 of these 64 bits.  The next character is
 * the other 4, which are 0, and any 2 bits of the message type: A to D.
 */

static bool
erpsync_is_ntlm(erpsync_str_t s)
{
    static const erpsync_str_t  start = erpsync_string("TlRMTVNTUA");

    return s.len > start.len
           && erpsync_same(s.data, start.data, start.len)
           && s.data[start.len] >= 'A' && s.data[start.len] <= 'D';
}


static erpsync_rc_t
erpsync_xsrf(unsigned allowed, const erpsync_credential_headers_t *headers,
    erpsync_credentials_t *credentials, erpsync_reason_t *reason)
{
    erpsync_str_t  token;

    static const erpsync_str_t  name = erpsync_string("xsrf");

    token = erpsync_str_trim(headers->xsrf_token);

    if (token.len == 0) {
        *reason = ERPSYNC_REASON_CREDENTIALS_MISSING;
        return ERPSYNC_OK;
    }

    credentials->scheme = ERPSYNC_SCHEME_XSRF;
    credentials->name = name;

    if (!(allowed & ERPSYNC_SCHEME_XSRF)) {
        *reason = ERPSYNC_REASON_SCHEME_NOT_ALLOWED;

    } else if (!erpsync_cookies_equal(headers->cookies, token)) {
        *reason = ERPSYNC_REASON_XSRF_MISMATCH;

    } else {
        *reason = ERPSYNC_REASON_OK;
    }

    return ERPSYNC_OK;
}


/*
 * Returns whether every cookie XSRF-TOKEN is equal to "token"; true if there
 * is no such cookie.  RFC 6265, 4.2.1.
 */

static bool
erpsync_cookies_equal(erpsync_fields_t cookies, erpsync_str_t token)
{
    bool            equal;
    erpsync_str_t   s, pair, name;
    const uint8_t  *end;

    static const erpsync_str_t  cookie = erpsync_string("XSRF-TOKEN");

    equal = true;

    while (erpsync_fields_next(&cookies, &s)) {

        while (s.len) {
            end = memchr(s.data, ';', s.len);
            pair = erpsync_span(s.data, end ? (size_t) (end - s.data)
                                            : s.len);
            s.data += pair.len + (end != NULL);
            s.len -= pair.len + (end != NULL);

            end = pair.len ? memchr(pair.data, '=', pair.len) : NULL;

            if (end == NULL) {
                continue;
            }

            name = erpsync_span(pair.data, (size_t) (end - pair.data));

            if (erpsync_str_caseeq(erpsync_str_trim(name), cookie)) {
                pair.data = end + 1;
                pair.len -= name.len + 1;
                equal &= erpsync_cookie_equal(erpsync_str_trim(pair), token);
            }
        }
    }

    return equal;
}


/*
 * Returns whether "token" is equal to a cookie in one of its forms.  A
 * browser's script sees the cookie as it was set, with its quotes, and the
 * vendor's client decodes it.  Each of these forms may be sent as the header.
 */

static bool
erpsync_cookie_equal(erpsync_str_t cookie, erpsync_str_t token)
{
    bool  equal;

    equal = erpsync_secret_eq(cookie, token);
    equal |= erpsync_decoded_equal(cookie, token);

    if (cookie.len >= 2 && cookie.data[0] == '"'
        && cookie.data[cookie.len - 1] == '"')
    {
        cookie.data++;
        cookie.len -= 2;

        equal |= erpsync_secret_eq(cookie, token);
        equal |= erpsync_decoded_equal(cookie, token);
    }

    return equal;
}


/*
 * Returns whether "cookie", percent-decoded once, is equal to "token", in a
 * time that depends on the cookie only.  "%" without two hexadecimal digits
 * after it stays as it is.
 */

static bool
erpsync_decoded_equal(erpsync_str_t cookie, erpsync_str_t token)
{
    int      high, low;
    size_t   i, n;
    uint8_t  c, differs;

    n = 0;
    differs = 0;

    for (i = 0; i < cookie.len; i++) {
        c = cookie.data[i];

        if (c == '%' && cookie.len - i > 2) {
            high = erpsync_hex_value(cookie.data[i + 1]);
            low = erpsync_hex_value(cookie.data[i + 2]);

            if (high >= 0 && low >= 0) {
                c = (uint8_t) (high * 16 + low);
                i += 2;
            }
        }

        differs |= (n < token.len) ? (uint8_t) (c ^ token.data[n]) : 1;
        n++;
    }

    return n == token.len && differs == 0;
}


static int
erpsync_base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }

    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }

    if (erpsync_is_digit(c)) {
        return c - '0' + 52;
    }

    return (c == '+') ? 62 : (c == '/') ? 63 : -1;
}


/*
 * Returns whether "s" is base64 (RFC 4648, 4) of a user, a colon and a
 * password.  Only the colon is searched for; nothing decoded is kept.
 */

static bool
erpsync_is_basic(erpsync_str_t s)
{
    int       value;
    bool      colon;
    size_t    i, n, bytes;
    uint32_t  bits;
    uint8_t   c;

    if (s.len % 4) {
        return false;
    }

    n = s.len;
    n -= (n && s.data[n - 1] == '=');
    n -= (n && n < s.len && s.data[n - 1] == '=');

    bits = 0;
    bytes = 0;
    colon = false;

    for (i = 0; i < n; i++) {
        value = erpsync_base64_value(s.data[i]);

        if (value < 0) {
            return false;
        }

        bits = (bits << 6) | (uint32_t) value;

        if (i % 4 == 0) {
            continue;
        }

        c = (uint8_t) (bits >> (6 - 2 * (i % 4)));

        if (c < ' ' || c == 0x7f) {
            return false;      /* RFC 7617, 2 */
        }

        if (c == ':' && bytes > 0) {
            colon = true;

        } else if (c == ':' && !colon) {
            return false;      /* no user */
        }

        bytes++;
    }

    return colon;
}


erpsync_str_t
erpsync_credentials_tenant(erpsync_arena_t *arena,
    erpsync_str_t authorization, erpsync_rc_t *rc)
{
    erpsync_str_t  s, scheme;

    static const erpsync_str_t  bearer = erpsync_string("Bearer");

    s = erpsync_str_trim(authorization);
    scheme = erpsync_take_token(&s);

    if (!erpsync_str_caseeq(scheme, bearer) || s.len == 0
        || (s.data[0] != ' ' && s.data[0] != '\t'))
    {
        return erpsync_span(NULL, 0);
    }

    erpsync_take_space(&s);

    return erpsync_bearer_tenant(arena, s, rc);
}


/* Finds "<version>:Cust<digits>." in front of a token. */

static erpsync_str_t
erpsync_bearer_tenant(erpsync_arena_t *arena, erpsync_str_t s,
    erpsync_rc_t *rc)
{
    size_t          i;
    const uint8_t  *dot;

    for (i = 0; i < s.len && i < 5 && s.data[i] != ':'; i++) {
        if (!erpsync_is_alpha(s.data[i]) && !erpsync_is_digit(s.data[i])) {
            return erpsync_span(NULL, 0);
        }
    }

    if (i == 0 || i == 5 || i == s.len) {
        return erpsync_span(NULL, 0);
    }

    s.data += i + 1;
    s.len -= i + 1;

    dot = s.len ? memchr(s.data, '.', s.len) : NULL;

    if (dot == NULL) {
        return erpsync_span(NULL, 0);
    }

    s.len = (size_t) (dot - s.data);

    return erpsync_tenant(arena, s, rc);
}


bool
erpsync_credentials_bound(erpsync_str_t authorization)
{
    erpsync_str_t  s, scheme;

    static const erpsync_str_t  negotiate = erpsync_string("Negotiate");

    s = erpsync_str_trim(authorization);

    if (s.len == 0 || erpsync_lower(s.data[0]) != 'n') {
        return false;
    }

    scheme = erpsync_take_token(&s);

    return erpsync_str_caseeq(scheme, negotiate)
           || erpsync_str_caseeq(scheme, erpsync_ntlm);
}
