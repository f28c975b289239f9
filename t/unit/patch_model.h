
/*
 * JSON Patch once more, for tests: random patches, and RFC 6902 as it applies
 * them to a tree of jansson.  Whoever includes this defines any() first, which
 * returns a number from 0 to "n" - 1.
 */


#ifndef PATCH_MODEL_H
#define PATCH_MODEL_H


#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static unsigned any(unsigned n);


static const char *const  names[] = {
    "a", "b", "c", "longer-than-eight", "a/b", "m~n", "", "0", "quote\"d"
};


static json_t *
value(unsigned depth)
{
    json_t    *v;
    unsigned   n;

    switch (any(depth ? 6 : 3)) {

    case 0:
        return json_integer(any(5));

    case 1:
        return json_string(names[any(erpsync_nelts(names))]);

    case 2:
        return any(2) ? json_null() : json_boolean(any(2));

    case 3:
        v = json_object();

        for (n = any(5); n; n--) {
            (void) json_object_set_new(v, names[any(erpsync_nelts(names))],
                                       value(depth - 1));
        }

        return v;

    default:
        v = json_array();

        for (n = any(6); n; n--) {
            (void) json_array_append_new(v, value(depth - 1));
        }

        return v;
    }
}


/* Writes a token of a path, with "~" and "/" escaped. */

static char *
token(char *p, const char *name)
{
    for (*p++ = '/'; *name; name++) {

        if (*name == '~' || *name == '/') {
            *p++ = '~';
            *p++ = (*name == '~') ? '0' : '1';
            continue;
        }

        *p++ = *name;
    }

    *p = '\0';

    return p;
}


/* Writes a path, which mostly leads to a value. */

static void
path(const json_t *doc, char *p)
{
    size_t       i, n;
    char         index[32];
    const char  *name;
    json_t      *child;

    *p = '\0';

    while (any(8)) {

        if (json_is_array(doc)) {
            n = json_array_size(doc);
            i = any((unsigned) n + 1 + (any(20) == 0));
            (void) snprintf(index, sizeof(index), "%zu", i);
            p = token(p, any(10) ? index : "-");
            doc = json_array_get(doc, i);

        } else if (json_is_object(doc)) {
            name = names[any(erpsync_nelts(names))];

            if (any(4)) {
                i = any((unsigned) json_object_size(doc) + 1);

                json_object_foreach((json_t *) (uintptr_t) doc, name, child) {
                    if (i-- == 0) {
                        break;
                    }
                }

                name = name ? name : "b";
            }

            p = token(p, name);
            doc = json_object_get(doc, name);

        } else {
            if (any(20) == 0) {
                (void) token(p, "a");
            }

            return;
        }
    }
}


/*
 * Splits a path into the path of the parent and the decoded last token.
 * Returns false for the whole document.
 */

static bool
split(const char *s, char *parent, char *last)
{
    char        *p;
    const char  *slash;

    slash = strrchr(s, '/');

    if (slash == NULL) {
        return false;
    }

    memcpy(parent, s, (size_t) (slash - s));
    parent[slash - s] = '\0';

    for (p = last, s = slash + 1; *s; s++) {

        if (*s == '~') {
            *p++ = (*++s == '0') ? '~' : '/';
            continue;
        }

        *p++ = *s;
    }

    *p = '\0';

    return true;
}


static bool
index_of(const char *s, size_t *i)
{
    char  *end;

    if (*s < '0' || *s > '9' || (*s == '0' && s[1])) {
        return false;
    }

    *i = strtoul(s, &end, 10);

    return *end == '\0';
}


static json_t *
find(json_t *doc, const char *s)
{
    char     parent[4096], last[4096];
    size_t   i;
    json_t  *v;

    if (!split(s, parent, last)) {
        return doc;
    }

    v = find(doc, parent);

    if (json_is_object(v)) {
        return json_object_get(v, last);
    }

    return (json_is_array(v) && index_of(last, &i)) ? json_array_get(v, i)
                                                    : NULL;
}


/* Adds "v", and takes over the reference to it. */

static bool
add(json_t **doc, const char *s, json_t *v)
{
    char     parent[4096], last[4096];
    bool     good;
    size_t   i;
    json_t  *at;

    if (!split(s, parent, last)) {
        json_decref(*doc);
        *doc = v;
        return true;
    }

    at = find(*doc, parent);
    good = false;

    if (json_is_object(at)) {
        good = json_object_set(at, last, v) == 0;

    } else if (json_is_array(at)) {
        i = json_array_size(at);
        good = (strcmp(last, "-") == 0 || index_of(last, &i))
               && json_array_insert(at, i, v) == 0;
    }

    json_decref(v);

    return good;
}


static bool
take_away(json_t *doc, const char *s)
{
    char     parent[4096], last[4096];
    size_t   i;
    json_t  *at;

    if (find(doc, s) == NULL || !split(s, parent, last)) {
        return false;
    }

    at = find(doc, parent);

    if (json_is_object(at)) {
        return json_object_del(at, last) == 0;
    }

    return index_of(last, &i) && json_array_remove(at, i) == 0;
}


static bool
replace(json_t **doc, const char *s, json_t *v)
{
    char     parent[4096], last[4096];
    bool     good;
    size_t   i;
    json_t  *at;

    at = NULL;

    if (!split(s, parent, last)) {
        return add(doc, s, v);
    }

    at = find(*doc, parent);

    /* a member at the top that is not there is added */

    if (json_is_object(at)) {
        good = (json_object_get(at, last) || at == *doc)
               && json_object_set(at, last, v) == 0;

    } else {
        good = json_is_array(at) && index_of(last, &i)
               && json_array_set(at, i, v) == 0;
    }

    json_decref(v);

    return good;
}


static bool
apply(json_t **doc, const char *op, const char *from, const char *to,
    json_t *v)
{
    size_t   n;
    json_t  *at;

    switch (op[0] == 'r' ? op[2] : op[0]) {

    case 'a':
        return add(doc, to, json_deep_copy(v));

    case 'p':
        return replace(doc, to, json_deep_copy(v));

    case 'm':
        if (op[1] == 'o') {
            at = find(*doc, from);

            if (at == NULL) {
                return false;
            }

            n = strlen(from);

            if (strncmp(from, to, n) == 0 && (to[n] == '\0' || to[n] == '/'))
            {
                return to[n] == '\0';
            }

            if (n == 0) {
                return false;
            }

            json_incref(at);

            if (!take_away(*doc, from)) {
                json_decref(at);
                return false;
            }

            return add(doc, to, at);
        }

        return take_away(*doc, to);

    case 'c':
        at = find(*doc, from);

        return at && add(doc, to, json_deep_copy(at));

    default:
        at = find(*doc, to);

        return at && json_equal(at, v);
    }
}


static unsigned
height(const json_t *v)
{
    size_t       i;
    unsigned     h, highest;
    const char  *name;
    json_t      *child;

    highest = 0;

    if (json_is_array(v)) {
        json_array_foreach((json_t *) (uintptr_t) v, i, child) {
            h = height(child);
            highest = (h > highest) ? h : highest;
        }

    } else if (json_is_object(v)) {
        json_object_foreach((json_t *) (uintptr_t) v, name, child) {
            h = height(child);
            highest = (h > highest) ? h : highest;
        }

    } else {
        return 0;
    }

    return highest + 1;
}


/* Appends an operation, which seldom fails; returns false if it does. */

static bool
step(json_t *patch, json_t **doc)
{
    char         from[4096], to[4096];
    bool         good;
    json_t      *v, *op, *at, *copy;
    const char  *name;

    static const char *const  ops[] = {
        "add", "add", "add", "replace", "remove", "move", "copy", "test"
    };

    do {
        name = ops[any(erpsync_nelts(ops))];

        path(*doc, from);
        path(*doc, to);

        v = NULL;
        at = find(*doc, to);

        if (name[0] == 't' && at && any(10)) {
            v = json_deep_copy(at);

            if (json_is_object(v) && any(3) == 0) {
                (void) json_object_set_new(v, "one more", json_null());
            }
        }

        v = v ? v : value(3);
        copy = json_deep_copy(*doc);
        good = apply(&copy, name, from, to, v);

        if (good) {
            json_decref(*doc);
            *doc = copy;
            break;
        }

        json_decref(copy);

        if (any(40) == 0) {
            break;
        }

        json_decref(v);
        v = NULL;

    } while (true);

    op = json_object();
    (void) json_object_set_new(op, "op", json_string(name));
    (void) json_object_set_new(op, "path", json_string(to));
    (void) json_object_set_new(op, "from", json_string(from));
    (void) json_object_set_new(op, "value", v);
    (void) json_array_append_new(patch, op);

    return good;
}


#endif /* PATCH_MODEL_H */
