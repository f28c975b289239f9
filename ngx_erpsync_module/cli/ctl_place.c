
#include <jansson.h>

#include "ctl.h"
#include "erpsync_error.h"


/*
 * A walk through JSON text that the core has found well-formed.  It judges
 * nothing, but it stops at the end of the text all the same.
 */

typedef struct {
    const uint8_t  *start;
    const uint8_t  *p;
    const uint8_t  *last;
} ctl_walk_t;


static bool ctl_walk_member(ctl_walk_t *walk, erpsync_str_t segment,
    size_t nth, bool last, bool name);
static bool ctl_walk_element(ctl_walk_t *walk, erpsync_str_t segment);
static void ctl_walk_value(ctl_walk_t *walk);
static bool ctl_name_is(erpsync_str_t quoted, erpsync_str_t segment);


static uint8_t
ctl_walk_peek(ctl_walk_t *walk)
{
    while (walk->p < walk->last && strchr(" \t\r\n", *walk->p)
           && *walk->p)
    {
        walk->p++;
    }

    return (walk->p < walk->last) ? *walk->p : 0;
}


bool
ctl_place(erpsync_str_t json, erpsync_str_t path, size_t nth, bool name,
    ctl_place_t *place)
{
    bool            found;
    ctl_walk_t      walk;
    erpsync_str_t   segment;
    const uint8_t  *slash, *holder;

    if (json.len >= 3 && memcmp(json.data, "\xef\xbb\xbf", 3) == 0) {
        json.data += 3;
        json.len -= 3;
    }

    walk.start = json.data;
    walk.p = json.data;
    walk.last = json.data + json.len;
    (void) ctl_walk_peek(&walk);
    found = true;

    while (path.len && found) {
        path.data++;
        path.len--;
        slash = path.len ? memchr(path.data, '/', path.len) : NULL;
        segment = erpsync_span(path.data, slash ? (size_t) (slash - path.data)
                                                : path.len);
        path.data += segment.len;
        path.len -= segment.len;
        holder = walk.p;

        if (ctl_walk_peek(&walk) == '{') {
            found = ctl_walk_member(&walk, segment, path.len ? 0 : nth,
                                    path.len == 0, name);

        } else {
            found = ctl_walk_peek(&walk) == '['
                    && ctl_walk_element(&walk, segment);
        }

        if (!found) {

            /* a missing value is shown at the value that should contain it */

            walk.p = holder;
            found = (path.len == 0);
            break;
        }
    }

    if (!found) {
        return false;
    }

    (void) ctl_walk_peek(&walk);
    erpsync_error_place(json, (size_t) (walk.p - walk.start), &place->line,
                        &place->column);

    return true;
}


static erpsync_str_t
ctl_walk_string(ctl_walk_t *walk)
{
    const uint8_t  *start;

    start = walk->p++;

    while (walk->p < walk->last && *walk->p != '"') {
        walk->p += (*walk->p == '\\' && walk->last - walk->p > 1) ? 2 : 1;
    }

    if (walk->p < walk->last) {
        walk->p++;
    }

    return erpsync_span(start, (size_t) (walk->p - start));
}


/* Skips a value, without recursion. Brackets in strings do not count. */

static void
ctl_walk_value(ctl_walk_t *walk)
{
    size_t   depth;
    uint8_t  c;

    depth = 0;

    do {
        c = ctl_walk_peek(walk);

        if (c == '"') {
            (void) ctl_walk_string(walk);

        } else if (c == '{' || c == '[') {
            depth++;
            walk->p++;

        } else if (depth && (c == '}' || c == ']')) {
            depth--;
            walk->p++;

        } else if (depth && (c == ',' || c == ':')) {
            walk->p++;

        } else {
            while (walk->p < walk->last && *walk->p > ' '
                   && strchr(",:]}", *walk->p) == NULL)
            {
                walk->p++;
            }
        }

    } while (depth && walk->p < walk->last);
}


static bool
ctl_walk_member(ctl_walk_t *walk, erpsync_str_t segment, size_t nth,
    bool last, bool name)
{
    erpsync_str_t   quoted;

    walk->p++;

    while (ctl_walk_peek(walk) == '"') {
        quoted = ctl_walk_string(walk);

        if (ctl_name_is(quoted, segment) && nth-- == 0) {

            if (last && name) {
                walk->p = quoted.data;

            } else if (ctl_walk_peek(walk) == ':') {
                walk->p++;
                (void) ctl_walk_peek(walk);
            }

            return true;
        }

        if (ctl_walk_peek(walk) == ':') {
            walk->p++;
        }

        ctl_walk_value(walk);

        if (ctl_walk_peek(walk) == ',') {
            walk->p++;
        }
    }

    return false;
}


static bool
ctl_walk_element(ctl_walk_t *walk, erpsync_str_t segment)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < segment.len; i++) {
        if (!erpsync_is_digit(segment.data[i]) || n > SIZE_MAX / 100) {
            return false;
        }

        n = n * 10 + (size_t) (segment.data[i] - '0');
    }

    walk->p++;

    while (ctl_walk_peek(walk) != ']' && walk->p < walk->last) {

        if (n-- == 0) {
            return true;
        }

        ctl_walk_value(walk);

        if (ctl_walk_peek(walk) == ',') {
            walk->p++;
        }
    }

    return false;
}


/*
 * Returns whether a quoted name is a segment of a pointer.  A segment that was
 * cut short ends with an ellipsis; then only its beginning is compared.
 */

static bool
ctl_name_is(erpsync_str_t quoted, erpsync_str_t segment)
{
    bool         same;
    size_t       i, n;
    json_t      *name;
    uint8_t      c;
    const char  *s;

    name = json_loadb((const char *) quoted.data, quoted.len,
                      JSON_DECODE_ANY|JSON_ALLOW_NUL, NULL);
    s = json_string_value(name);
    n = json_string_length(name);
    same = (s != NULL);

    for (i = 0; same && segment.len; i++) {

        if (segment.len == 3 && memcmp(segment.data, "\xe2\x80\xa6", 3) == 0)
        {
            n = i;
            break;
        }

        c = *segment.data;

        if (c == '~' && segment.len > 1) {
            segment.data++;
            segment.len--;
            c = (*segment.data == '0') ? '~' : '/';
        }

        same = (i < n && erpsync_lower(c) == erpsync_lower((uint8_t) s[i]));
        segment.data++;
        segment.len--;
    }

    json_decref(name);

    return same && i == n;
}
