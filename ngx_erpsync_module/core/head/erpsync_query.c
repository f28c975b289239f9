
#include "erpsync_out.h"
#include "erpsync_query.h"


static erpsync_rc_t erpsync_query_add(erpsync_out_t *query,
    erpsync_str_t argument);
static erpsync_rc_t erpsync_query_select(erpsync_arena_t *arena,
    erpsync_str_t value, erpsync_out_t *query, erpsync_reason_t *reason);
static bool erpsync_select_repeats(erpsync_str_t paths, erpsync_str_t path);
static bool erpsync_is_select(erpsync_str_t name);
static bool erpsync_hides_select(erpsync_str_t argument);
static size_t erpsync_query_decode(erpsync_str_t s, uint8_t *p);
static bool erpsync_is_path(erpsync_str_t s);


erpsync_rc_t
erpsync_query(erpsync_arena_t *arena, erpsync_str_t args, erpsync_str_t *out,
    erpsync_reason_t *reason)
{
    bool            seen, more;
    erpsync_rc_t    rc;
    erpsync_out_t   query;
    erpsync_str_t   rest, argument, name;
    const uint8_t  *p;

    *reason = ERPSYNC_REASON_OK;
    *out = args;

    if (args.len == 0) {
        return ERPSYNC_OK;
    }

    if (erpsync_out_init(&query, arena, args.len + 1) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    seen = false;
    more = true;

    for (rest = args; more; /* void */) {
        p = rest.len ? memchr(rest.data, '&', rest.len) : NULL;
        more = (p != NULL);
        argument = erpsync_span(rest.data, p ? (size_t) (p - rest.data)
                                             : rest.len);
        rest.data += argument.len + more;
        rest.len -= argument.len + more;

        p = argument.len ? memchr(argument.data, '=', argument.len) : NULL;
        name = erpsync_span(argument.data, p ? (size_t) (p - argument.data)
                                             : argument.len);

        if (!erpsync_is_select(name)) {

            if (erpsync_hides_select(argument)) {
                *reason = ERPSYNC_REASON_SELECT_INVALID;
                return ERPSYNC_OK;
            }

            rc = erpsync_query_add(&query, argument);

        } else if (seen) {
            *reason = ERPSYNC_REASON_SELECT_INVALID;
            return ERPSYNC_OK;

        } else {
            seen = true;
            argument.data += name.len + (p != NULL);
            argument.len -= name.len + (p != NULL);
            rc = erpsync_query_select(arena, argument, &query, reason);
        }

        if (rc != ERPSYNC_OK || *reason != ERPSYNC_REASON_OK) {
            return rc;
        }
    }

    if (seen) {
        *out = erpsync_span(query.start, erpsync_out_len(&query));

        if (erpsync_str_eq(*out, args)) {
            *out = args;
        }
    }

    return ERPSYNC_OK;
}


static erpsync_rc_t
erpsync_query_add(erpsync_out_t *query, erpsync_str_t argument)
{
    if (query->pos != query->start
        && erpsync_out_literal(query, "&") != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    return erpsync_out_str(query, argument);
}


/*
 * Judges the raw value of $select and adds it in its canonical form: without
 * blanks, empty elements and repeats.  If nothing is left, $select is removed.
 */

static erpsync_rc_t
erpsync_query_select(erpsync_arena_t *arena, erpsync_str_t value,
    erpsync_out_t *query, erpsync_reason_t *reason)
{
    size_t          start;
    uint8_t        *decoded;
    erpsync_rc_t    rc;
    erpsync_str_t   path, paths;
    const uint8_t  *comma;

    static const erpsync_str_t  select = erpsync_string("$select=");

    if (value.len > ERPSYNC_MAX_SELECT) {
        *reason = ERPSYNC_REASON_SELECT_INVALID;
        return ERPSYNC_OK;
    }

    decoded = erpsync_nalloc(arena, value.len);
    if (decoded == NULL) {
        return ERPSYNC_ERROR;
    }

    value = erpsync_span(decoded, erpsync_query_decode(value, decoded));
    start = 0;

    while (value.len) {
        comma = memchr(value.data, ',', value.len);
        path = erpsync_span(value.data, comma ? (size_t) (comma - value.data)
                                              : value.len);
        value.data += path.len + (comma != NULL);
        value.len -= path.len + (comma != NULL);
        path = erpsync_str_trim(path);

        if (path.len == 0) {
            continue;
        }

        if (!erpsync_is_path(path)) {
            *reason = ERPSYNC_REASON_SELECT_INVALID;
            return ERPSYNC_OK;
        }

        if (start == 0) {
            rc = erpsync_query_add(query, select);
            start = erpsync_out_len(query);

        } else {
            paths = erpsync_span(query->start + start,
                                 erpsync_out_len(query) - start);

            if (erpsync_select_repeats(paths, path)) {
                continue;
            }

            rc = erpsync_out_literal(query, ",");
        }

        if (rc != ERPSYNC_OK || erpsync_out_str(query, path) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }

    return ERPSYNC_OK;
}


/* Returns whether the list "paths" has "path", in any case. */

static bool
erpsync_select_repeats(erpsync_str_t paths, erpsync_str_t path)
{
    erpsync_str_t   other;
    const uint8_t  *comma;

    while (paths.len) {
        comma = memchr(paths.data, ',', paths.len);
        other = erpsync_span(paths.data, comma ? (size_t) (comma - paths.data)
                                               : paths.len);

        if (erpsync_str_caseeq(other, path)) {
            return true;
        }

        paths.data += other.len + (comma != NULL);
        paths.len -= other.len + (comma != NULL);
    }

    return false;
}


/*
 * Returns one character of a query, decoded once, and moves "*i" past it.
 * System.Web decodes "%u0024" too.  A character that is not in ASCII, which
 * no name or path has, may come out as several bytes or as 0xff.
 */

static uint8_t
erpsync_query_byte(erpsync_str_t s, size_t *i)
{
    int      high, low, code;
    size_t   n;
    uint8_t  c;

    c = s.data[(*i)++];

    if (c == '+') {
        return ' ';
    }

    if (c == '%' && s.len - *i >= 5 && (s.data[*i] | 0x20) == 'u') {
        code = 0;

        for (n = 1; n < 5 && code >= 0; n++) {
            low = erpsync_hex_value(s.data[*i + n]);
            code = (low < 0) ? -1 : code * 16 + low;
        }

        if (code >= 0) {
            *i += 5;
            return (code < 0x80) ? (uint8_t) code : 0xff;
        }
    }

    if (c == '%' && s.len - *i >= 2) {
        high = erpsync_hex_value(s.data[*i]);
        low = erpsync_hex_value(s.data[*i + 1]);

        if (high >= 0 && low >= 0) {
            *i += 2;
            return (uint8_t) (high * 16 + low);
        }
    }

    return c;
}


/*
 * Returns whether a name is "$select" in any case, decoded, with blanks around
 * it.
 */

static bool
erpsync_is_select(erpsync_str_t name)
{
    size_t   i, n;
    uint8_t  c;

    static const char  select[] = "$select";

    n = 0;

    for (i = 0; i < name.len; /* void */) {
        c = erpsync_query_byte(name, &i);

        if (c <= ' ' && (n == 0 || n == sizeof(select) - 1)) {
            continue;
        }

        if (n == sizeof(select) - 1
            || erpsync_lower(c) != (uint8_t) select[n])
        {
            return false;
        }

        n++;
    }

    return n == sizeof(select) - 1;
}


/*
 * Returns whether a server that also splits arguments at ";" would find a
 * $select within an argument, as in "a;$select=b" and "$select;a".
 */

static bool
erpsync_hides_select(erpsync_str_t argument)
{
    size_t          n;
    erpsync_str_t   name;
    const uint8_t  *end;

    while (argument.len) {
        end = memchr(argument.data, ';', argument.len);
        name = erpsync_span(argument.data,
                            end ? (size_t) (end - argument.data)
                                : argument.len);
        n = name.len + (end != NULL);

        end = name.len ? memchr(name.data, '=', name.len) : NULL;
        name.len = end ? (size_t) (end - name.data) : name.len;

        if (erpsync_is_select(name)) {
            return true;
        }

        argument.data += n;
        argument.len -= n;
    }

    return false;
}


static size_t
erpsync_query_decode(erpsync_str_t s, uint8_t *p)
{
    size_t    i;
    uint8_t  *start;

    start = p;

    for (i = 0; i < s.len; /* void */) {
        *p++ = erpsync_query_byte(s, &i);
    }

    return (size_t) (p - start);
}


/* [A-Za-z_][A-Za-z0-9_]* joined by "/" */

static bool
erpsync_is_path(erpsync_str_t s)
{
    bool     start;
    size_t   i;
    uint8_t  c;

    start = true;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if (c == '/' && !start) {
            start = true;
            continue;
        }

        if (!erpsync_is_alpha(c) && c != '_'
            && (start || !erpsync_is_digit(c)))
        {
            return false;
        }

        start = false;
    }

    return s.len && !start;
}
