
#define _GNU_SOURCE

#include <stdlib.h>

#include <jansson.h>

#include "ctl_registry.h"


/*
 * Compares the gateway's tables with a vendor's OpenAPI description, 2 or 3:
 * operations, members of their requests, and the types of these.
 */


#define CTL_SCHEMA_REFS    16    /* from one reference to the next */
#define CTL_SCHEMA_LEVELS  16    /* of objects, and of a type's own parts */
#define CTL_SCHEMA_PATH    512


typedef struct {
    json_t                  *root;
    json_t                  *differences;
    const char              *operation;
    const erpsync_object_t  *open[CTL_SCHEMA_LEVELS];
    unsigned                 depth;
    char                     path[CTL_SCHEMA_PATH];
    bool                     failed;
} ctl_schema_t;


static bool ctl_schema_load(const ctl_t *ctl, ctl_schema_t *schema);
static void ctl_schema_operations(ctl_schema_t *schema);
static void ctl_schema_operation(ctl_schema_t *schema,
    const erpsync_operation_t *operation, json_t *post);
static void ctl_schema_object(ctl_schema_t *schema,
    const erpsync_object_t *object, json_t *type);
static void ctl_schema_member(ctl_schema_t *schema,
    const erpsync_member_t *member, json_t *type);
static void ctl_schema_differs(ctl_schema_t *schema, const char *file,
    const char *gateway);
static json_t *ctl_schema_resolve(const ctl_schema_t *schema, json_t *value);
static json_t *ctl_schema_properties(const ctl_schema_t *schema,
    json_t *type);
static char *ctl_schema_text(ctl_schema_t *schema,
    const erpsync_member_t *member, json_t *type);
static ctl_exit_t ctl_schema_print(const ctl_t *ctl,
    const ctl_schema_t *schema);


ctl_exit_t
ctl_schema_check(ctl_t *ctl)
{
    json_t        *result;
    ctl_exit_t     code;
    ctl_schema_t   schema;

    memset(&schema, 0, sizeof(ctl_schema_t));

    if (!ctl_schema_load(ctl, &schema)) {
        return CTL_FAILED;
    }

    schema.differences = json_array();
    ctl_schema_operations(&schema);

    if (schema.differences == NULL || schema.failed) {
        ctl_error(ctl, "no memory");
        code = CTL_FAILED;

    } else if (ctl->json) {
        code = json_array_size(schema.differences) ? CTL_REFUSED : CTL_GOOD;
        result = json_pack("{s:b,s:O}", "same", code == CTL_GOOD,
                           "differences", schema.differences);
        code = ctl_print_json(ctl, result, code);

    } else {
        code = ctl_schema_print(ctl, &schema);
    }

    json_decref(schema.differences);
    json_decref(schema.root);

    return code;
}


static bool
ctl_schema_load(const ctl_t *ctl, ctl_schema_t *schema)
{
    const char  *file;

    file = ctl->operands[0];
    schema->root = ctl_json_load(ctl, file, 0);

    if (schema->root == NULL) {
        return false;
    }

    if ((!json_is_string(json_object_get(schema->root, "swagger"))
         && !json_is_string(json_object_get(schema->root, "openapi")))
        || !json_is_object(json_object_get(schema->root, "paths")))
    {
        ctl_error(ctl, "%s: not an OpenAPI description in JSON", file);
        json_decref(schema->root);
        return false;
    }

    return true;
}


/* Returns the name of the agent's operation at a path of the file, or NULL. */

static const char *
ctl_schema_name(const char *path)
{
    const char  *name;

    static const char  agent[] = "/Agents/ErpSync/";

    name = strcasestr(path, agent);

    if (name == NULL) {
        return NULL;
    }

    name += sizeof(agent) - 1;

    return (*name && strchr(name, '/') == NULL) ? name : NULL;
}


static void
ctl_schema_operations(ctl_schema_t *schema)
{
    size_t                      i;
    json_t                     *paths, *path, *post, *posts[ERPSYNC_OPERATIONS];
    const char                 *key, *name;
    const erpsync_operation_t  *operation;

    memset(posts, 0, sizeof(posts));
    paths = json_object_get(schema->root, "paths");

    json_object_foreach (paths, key, path) {
        name = ctl_schema_name(key);
        post = json_object_get(path, "post");

        if (name == NULL || post == NULL) {
            continue;
        }

        operation = erpsync_operation_find(ctl_str(name));

        if (operation) {
            posts[operation - erpsync_operations] = post;

        } else {
            schema->operation = name;
            ctl_schema_differs(schema, "operation", NULL);
        }
    }

    for (i = 0; i < ERPSYNC_OPERATIONS; i++) {
        operation = &erpsync_operations[i];
        schema->operation = (const char *) operation->name.data;

        if (posts[i]) {
            ctl_schema_operation(schema, operation, posts[i]);

        } else {
            ctl_schema_differs(schema, NULL, "operation");
        }
    }
}


/* Returns the type of the request's body, or NULL if it has none. */

static json_t *
ctl_schema_body(const ctl_schema_t *schema, json_t *post)
{
    size_t       i;
    json_t      *body, *content, *parameter;
    const char  *in;

    body = ctl_schema_resolve(schema, json_object_get(post, "requestBody"));
    content = json_object_get(body, "content");

    if (content) {
        body = json_object_get(content, "application/json");

        if (body == NULL) {
            body = json_object_iter_value(json_object_iter(content));
        }

        return json_object_get(body, "schema");
    }

    json_array_foreach (json_object_get(post, "parameters"), i, parameter) {
        parameter = ctl_schema_resolve(schema, parameter);
        in = ctl_json_string(parameter, "in");

        if (in && strcmp(in, "body") == 0) {
            return json_object_get(parameter, "schema");
        }
    }

    return NULL;
}


static void
ctl_schema_operation(ctl_schema_t *schema,
    const erpsync_operation_t *operation, json_t *post)
{
    json_t  *type;

    type = ctl_schema_body(schema, post);

    if ((type != NULL) != (operation->request != NULL)) {
        ctl_schema_differs(schema, type ? "a request" : "no request",
                           operation->request ? "a request" : "no request");

    } else if (type) {
        ctl_schema_object(schema, operation->request, type);
    }
}


static void
ctl_schema_object(ctl_schema_t *schema, const erpsync_object_t *object,
    json_t *type)
{
    char        *text;
    size_t       i, len;
    json_t      *properties, **types;
    const char  *key;

    for (i = 0; i < schema->depth; i++) {
        if (schema->open[i] == object) {
            return;
        }
    }

    properties = ctl_schema_properties(schema, type);
    types = calloc(object->nmembers + 1, sizeof(json_t *));

    if (properties == NULL || types == NULL
        || schema->depth == CTL_SCHEMA_LEVELS)
    {
        schema->failed = true;
        goto done;
    }

    schema->open[schema->depth++] = object;
    len = strlen(schema->path);

    json_object_foreach (properties, key, type) {

        for (i = 0; i < object->nmembers; i++) {
            if (erpsync_str_caseeq(ctl_str(key), object->members[i].name)) {
                break;
            }
        }

        types[i] = type;

        if (i == object->nmembers) {
            (void) snprintf(schema->path + len, sizeof(schema->path) - len,
                            "/%s", key);
            text = ctl_schema_text(schema, NULL, type);
            ctl_schema_differs(schema, text, NULL);
            free(text);
        }
    }

    for (i = 0; i < object->nmembers; i++) {
        (void) snprintf(schema->path + len, sizeof(schema->path) - len, "/%s",
                        (const char *) object->members[i].name.data);
        ctl_schema_member(schema, &object->members[i], types[i]);
    }

    schema->path[len] = '\0';
    schema->depth--;

done:

    free(types);
    json_decref(properties);
}


static void
ctl_schema_member(ctl_schema_t *schema, const erpsync_member_t *member,
    json_t *type)
{
    char  *file, *gateway;

    file = type ? ctl_schema_text(schema, NULL, type) : NULL;
    gateway = ctl_schema_text(schema, member, NULL);

    /* what is dropped may be anything */

    if (gateway == NULL || (file && member->type == ERPSYNC_TYPE_READ_ONLY)) {
        goto done;
    }

    if (file == NULL || strcmp(file, gateway) != 0) {
        ctl_schema_differs(schema, file, gateway);

    } else if (member->items) {

        if (member->type == ERPSYNC_TYPE_OBJECTS) {
            type = json_object_get(ctl_schema_resolve(schema, type), "items");
        }

        ctl_schema_object(schema, member->items, type);
    }

done:

    free(file);
    free(gateway);
}


static void
ctl_schema_differs(ctl_schema_t *schema, const char *file,
    const char *gateway)
{
    json_t  *entry;

    entry = json_pack("{s:s,s:s,s:s?,s:s?}", "operation", schema->operation,
                      "path", schema->path, "file", file, "gateway",
                      gateway);

    if (entry == NULL
        || json_array_append_new(schema->differences, entry) != 0)
    {
        schema->failed = true;
    }
}


/* Returns what a reference within the file leads to, or the value itself. */

static json_t *
ctl_schema_resolve(const ctl_schema_t *schema, json_t *value)
{
    char         part[256];
    size_t       n;
    unsigned     refs;
    const char  *p;

    for (refs = 0; refs < CTL_SCHEMA_REFS; refs++) {
        p = ctl_json_string(value, "$ref");

        if (p == NULL) {

            /* a reference in "allOf", beside a description */

            if (json_array_size(json_object_get(value, "allOf")) == 1
                && json_object_get(value, "properties") == NULL)
            {
                value = json_array_get(json_object_get(value, "allOf"), 0);
                continue;
            }

            return value;
        }

        if (strncmp(p, "#/", 2) != 0) {
            return NULL;
        }

        value = schema->root;

        for (p += 2; value; p++) {

            for (n = 0; *p && *p != '/' && n < sizeof(part) - 1; p++, n++) {
                part[n] = *p;

                if (*p == '~' && (p[1] == '0' || p[1] == '1')) {
                    part[n] = (*++p == '0') ? '~' : '/';
                }
            }

            part[n] = '\0';
            value = json_object_get(value, part);

            if (*p != '/') {
                break;
            }
        }
    }

    return NULL;
}


/* Returns the properties of a type and of its parts, as a new object. */

static json_t *
ctl_schema_properties(const ctl_schema_t *schema, json_t *type)
{
    size_t   i;
    json_t  *all, *part, *own;

    type = ctl_schema_resolve(schema, type);
    all = json_object();

    if (all == NULL) {
        return NULL;
    }

    json_array_foreach (json_object_get(type, "allOf"), i, part) {
        own = json_object_get(ctl_schema_resolve(schema, part), "properties");
        (void) json_object_update(all, own);
    }

    (void) json_object_update(all, json_object_get(type, "properties"));

    return all;
}


/* Returns the word for a type: "type" is "string" or ["string", "null"]. */

static const char *
ctl_schema_word(json_t *type)
{
    size_t       i;
    json_t      *one;
    const char  *word;

    type = json_object_get(type, "type");

    json_array_foreach (type, i, one) {
        word = json_string_value(one);

        if (word && strcmp(word, "null") != 0) {
            return word;
        }
    }

    return json_string_value(type);
}


/* Writes a type of the file, such as "array of int32". */

static void
ctl_schema_put_type(const ctl_schema_t *schema, json_t *type, FILE *out)
{
    size_t       i;
    json_t      *value;
    unsigned     levels;
    const char  *word, *format, *outer;

    outer = "";

    for (levels = 0; levels < CTL_SCHEMA_LEVELS; levels++) {
        type = ctl_schema_resolve(schema, type);
        word = ctl_schema_word(type);

        if (json_array_size(json_object_get(type, "enum"))) {
            (void) fputs("enum", out);

            json_array_foreach (json_object_get(type, "enum"), i, value) {
                (void) fprintf(out, " %s", json_is_string(value)
                                           ? json_string_value(value) : "?");
            }

            return;
        }

        value = json_object_get(type, "additionalProperties");

        if (word && strcmp(word, "array") == 0) {

            /* no member of the gateway's is one, and its items may be lists */

            if (strcmp(outer, "array") == 0) {
                (void) fputs(word, out);
                return;
            }

            (void) fputs("array of ", out);
            type = json_object_get(type, "items");
            outer = word;

        } else if (word && strcmp(word, "object") != 0) {

            /* a date is text to the gateway; an integer has 32 bits */

            format = ctl_json_string(type, "format");
            (void) fputs((strcmp(word, "integer") != 0) ? word
                         : format ? format : "int32", out);
            return;

        } else if (json_is_object(value)
                   && json_object_get(type, "properties") == NULL)
        {
            (void) fputs("dictionary of ", out);
            type = value;
            outer = "dictionary";

        } else {
            (void) fputs((word || json_object_get(type, "properties")
                          || json_object_get(type, "allOf")) ? "object"
                                                             : "any", out);
            return;
        }
    }

    (void) fputs("...", out);
}


/* Writes the type of a member of the gateway's tables in the same way. */

static void
ctl_schema_put_own(const erpsync_member_t *member, FILE *out)
{
    size_t  i;

    static const char  *const words[] = {
        [ERPSYNC_TYPE_INT32] = "int32",
        [ERPSYNC_TYPE_STRING] = "string",
        [ERPSYNC_TYPE_BOOL] = "boolean",
        [ERPSYNC_TYPE_ENUM] = "enum",
        [ERPSYNC_TYPE_OBJECTS] = "array of object",
        [ERPSYNC_TYPE_INT32S] = "array of int32",
        [ERPSYNC_TYPE_STRINGS] = "array of string",
        [ERPSYNC_TYPE_OBJECT] = "object",
        [ERPSYNC_TYPE_DICTIONARY] = "dictionary of string",
        [ERPSYNC_TYPE_READ_ONLY] = "read-only"
    };

    (void) fputs(words[member->type], out);

    for (i = 0; member->values && i < member->values->nvalues; i++) {
        (void) fprintf(out, " %s",
                       (const char *) member->values->values[i].data);
    }
}


/*
 * Returns the type of a member, or, if that is NULL, a type of the file, in
 * words; NULL if memory ran out.  The caller frees it.
 */

static char *
ctl_schema_text(ctl_schema_t *schema, const erpsync_member_t *member,
    json_t *type)
{
    char    *text;
    FILE    *out;
    size_t   size;

    text = NULL;
    out = open_memstream(&text, &size);

    if (out) {

        if (member) {
            ctl_schema_put_own(member, out);

        } else {
            ctl_schema_put_type(schema, type, out);
        }

        (void) fclose(out);
    }

    schema->failed |= (text == NULL);

    return text;
}


static ctl_exit_t
ctl_schema_print(const ctl_t *ctl, const ctl_schema_t *schema)
{
    size_t       i, n;
    json_t      *entry;
    const char  *file, *gateway;

    n = json_array_size(schema->differences);

    if (n == 0) {
        (void) printf("%s: %d operations, as the gateway knows them\n",
                      ctl->operands[0], ERPSYNC_OPERATIONS);
        return ctl_flush(ctl, CTL_GOOD);
    }

    json_array_foreach (schema->differences, i, entry) {
        file = ctl_json_string(entry, "file");
        gateway = ctl_json_string(entry, "gateway");

        (void) ctl_put_text(stdout, ctl_str(ctl_json_string(entry,
                                                            "operation")));
        (void) ctl_put_text(stdout, ctl_str(ctl_json_string(entry, "path")));
        (void) fputs(": ", stdout);

        /* at least one of them has it */

        if (file == NULL) {
            (void) printf("%s, not in the file\n", gateway);
            continue;
        }

        (void) ctl_put_text(stdout, ctl_str(file));

        if (gateway) {
            (void) printf(" in the file, %s in the gateway\n", gateway);

        } else {
            (void) puts(", unknown to the gateway");
        }
    }

    return ctl_flush(ctl, CTL_REFUSED);
}
