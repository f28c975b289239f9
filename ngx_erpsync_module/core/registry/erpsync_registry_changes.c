
#include <stdio.h>
#include <stdlib.h>

#include "erpsync_registry_reader.h"


/*
 * What differs from the registry in force, for the log: the ids of apps that
 * were added, removed or changed.  They are compared in steps, by the table of
 * ids of the new registry.
 */


#define ERPSYNC_CHANGES_IDS  20       /* that are listed, of each kind */
#define ERPSYNC_CHANGES_LEN  512      /* bytes of these ids at most */


typedef enum {
    ERPSYNC_CHANGE_ADDED,
    ERPSYNC_CHANGE_REMOVED,
    ERPSYNC_CHANGE_CHANGED,
    ERPSYNC_CHANGE_KINDS
} erpsync_change_t;

typedef struct {
    size_t  n;
    size_t  listed;
    size_t  len;
    char    ids[ERPSYNC_CHANGES_LEN];
} erpsync_change_list_t;

struct erpsync_changes_s {
    erpsync_vec_t          found;     /* uint8_t for each new app: it is in the
                                         registry in force, too */
    erpsync_change_list_t  lists[ERPSYNC_CHANGE_KINDS];
};


static bool erpsync_app_same(const erpsync_registry_t *one,
    const erpsync_app_t *a, const erpsync_registry_t *two,
    const erpsync_app_t *b);
static bool erpsync_texts_same(const erpsync_registry_t *one,
    const erpsync_vec_t *ranges, erpsync_range_t a,
    const erpsync_registry_t *two, const erpsync_vec_t *others,
    erpsync_range_t b);
static bool erpsync_elements_same(const erpsync_vec_t *one, erpsync_range_t a,
    const erpsync_vec_t *two, erpsync_range_t b, size_t size);
static bool erpsync_tokens_same(const erpsync_registry_t *one,
    erpsync_range_t a, const erpsync_registry_t *two, erpsync_range_t b);
static bool erpsync_labels_same(const erpsync_registry_t *one,
    const erpsync_app_t *a, const erpsync_registry_t *two,
    const erpsync_app_t *b);
static void erpsync_changes_add(erpsync_changes_t *changes,
    erpsync_change_t change, erpsync_str_t id);
static int erpsync_changes_write(erpsync_changes_t *changes,
    erpsync_registry_t *registry);


erpsync_changes_t *
erpsync_changes_create(size_t apps)
{
    erpsync_changes_t  *changes;

    changes = calloc(1, sizeof(erpsync_changes_t));
    if (changes == NULL) {
        return NULL;
    }

    if (!erpsync_vec_zero(&changes->found, apps + 1, 1)) {
        free(changes);
        return NULL;
    }

    return changes;
}


void
erpsync_changes_destroy(erpsync_changes_t *changes)
{
    if (changes) {
        (void) erpsync_vec_free(&changes->found, 1, false);
        free(changes);
    }
}


int
erpsync_changes_step(erpsync_reader_t *reader, size_t n)
{
    size_t                     slot;
    uint8_t                   *found;
    uint32_t                  *ids;
    erpsync_str_t              id;
    erpsync_changes_t         *changes;
    const erpsync_app_t       *app, *former;
    const erpsync_registry_t  *registry, *old;

    old = reader->former;
    registry = reader->registry;
    changes = reader->changes;
    found = changes->found.elts;

    if (n < old->apps.n) {
        former = erpsync_registry_app(old, n);
        id = erpsync_app_id(old, former);
        slot = erpsync_registry_id_slot(registry, &reader->ids, id);
        ids = reader->ids.elts;

        if (ids[slot] == 0) {
            erpsync_changes_add(changes, ERPSYNC_CHANGE_REMOVED, id);
            return ERPSYNC_OK;
        }

        found[ids[slot] - 1] = 1;
        app = erpsync_registry_app(registry, ids[slot] - 1);

        if (!erpsync_app_same(old, former, registry, app)) {
            erpsync_changes_add(changes, ERPSYNC_CHANGE_CHANGED, id);
        }

        return ERPSYNC_OK;
    }

    n -= old->apps.n;

    if (n < registry->apps.n) {

        if (!found[n]) {
            app = erpsync_registry_app(registry, n);
            erpsync_changes_add(changes, ERPSYNC_CHANGE_ADDED,
                                erpsync_app_id(registry, app));
        }

        return ERPSYNC_OK;
    }

    return erpsync_changes_write(changes, reader->registry);
}


/* Returns whether all that the gateway knows of two apps is the same. */

static bool
erpsync_app_same(const erpsync_registry_t *one, const erpsync_app_t *a,
    const erpsync_registry_t *two, const erpsync_app_t *b)
{
    return a->operations == b->operations
           && a->flags == b->flags
           && a->crm_actors == b->crm_actors
           && a->erp_actors == b->erp_actors
           && erpsync_str_eq(erpsync_app_name(one, a),
                             erpsync_app_name(two, b))
           && erpsync_tokens_same(one, a->tokens, two, b->tokens)
           && erpsync_texts_same(one, &one->tenants, a->tenants, two,
                                 &two->tenants, b->tenants)
           && erpsync_elements_same(&one->networks, a->addresses,
                                    &two->networks, b->addresses,
                                    sizeof(erpsync_network_t))
           && erpsync_elements_same(&one->connections, a->connections,
                                    &two->connections, b->connections,
                                    sizeof(int32_t))
           && erpsync_labels_same(one, a, two, b);
}


static bool
erpsync_texts_same(const erpsync_registry_t *one, const erpsync_vec_t *ranges,
    erpsync_range_t a, const erpsync_registry_t *two,
    const erpsync_vec_t *others, erpsync_range_t b)
{
    uint32_t                i;
    const uint8_t          *text, *other;
    const erpsync_range_t  *x, *y;

    /* an array of nothing is NULL */

    if (a.n != b.n || a.n == 0) {
        return a.n == b.n;
    }

    text = one->text.elts;
    other = two->text.elts;
    x = (const erpsync_range_t *) ranges->elts + a.first;
    y = (const erpsync_range_t *) others->elts + b.first;

    for (i = 0; i < a.n; i++) {
        if (!erpsync_str_eq(erpsync_span(text + x[i].first, x[i].n),
                            erpsync_span(other + y[i].first, y[i].n)))
        {
            return false;
        }
    }

    return true;
}


static bool
erpsync_elements_same(const erpsync_vec_t *one, erpsync_range_t a,
    const erpsync_vec_t *two, erpsync_range_t b, size_t size)
{
    return a.n == b.n
           && (a.n == 0
               || memcmp((const uint8_t *) one->elts + a.first * size,
                         (const uint8_t *) two->elts + b.first * size,
                         a.n * size)
                  == 0);
}


static bool
erpsync_tokens_same(const erpsync_registry_t *one, erpsync_range_t a,
    const erpsync_registry_t *two, erpsync_range_t b)
{
    uint32_t                i;
    const erpsync_token_t  *x, *y;

    if (a.n != b.n) {
        return false;
    }

    x = (const erpsync_token_t *) one->tokens.elts + a.first;
    y = (const erpsync_token_t *) two->tokens.elts + b.first;

    for (i = 0; i < a.n; i++) {
        if (x[i].by != y[i].by
            || x[i].not_before != y[i].not_before
            || x[i].expires != y[i].expires
            || memcmp(x[i].digest, y[i].digest, ERPSYNC_DIGEST_LEN) != 0)
        {
            return false;
        }
    }

    return true;
}


static bool
erpsync_labels_same(const erpsync_registry_t *one, const erpsync_app_t *a,
    const erpsync_registry_t *two, const erpsync_app_t *b)
{
    uint32_t                i;
    const uint8_t          *text;
    const erpsync_label_t  *label;

    if (a->labels.n != b->labels.n || a->labels.n == 0) {
        return a->labels.n == b->labels.n;
    }

    text = one->text.elts;
    label = (const erpsync_label_t *) one->labels.elts + a->labels.first;

    for (i = 0; i < a->labels.n; i++, label++) {
        if (!erpsync_str_eq(erpsync_app_label(two, b,
                                         erpsync_span(text + label->name.first,
                                                      label->name.n)),
                            erpsync_span(text + label->value.first,
                                         label->value.n)))
        {
            return false;
        }
    }

    return true;
}


static void
erpsync_changes_add(erpsync_changes_t *changes, erpsync_change_t change,
    erpsync_str_t id)
{
    int                     n;
    erpsync_change_list_t  *list;

    list = &changes->lists[change];
    list->n++;

    if (list->listed < list->n - 1 || list->listed == ERPSYNC_CHANGES_IDS
        || list->len + id.len + 2 >= ERPSYNC_CHANGES_LEN)
    {
        return;
    }

    n = snprintf(list->ids + list->len, ERPSYNC_CHANGES_LEN - list->len,
                 "%s%.*s", list->listed ? ", " : "", (int) id.len,
                 (const char *) id.data);
    list->len += (size_t) n;
    list->listed++;
}


static int
erpsync_changes_write(erpsync_changes_t *changes, erpsync_registry_t *registry)
{
    int                           n, len;
    char                         *p;
    unsigned                      i;
    const char                   *more;
    const erpsync_change_list_t  *list;

    static const char *const  names[ERPSYNC_CHANGE_KINDS] = {
        "added", "removed", "changed"
    };

    len = ERPSYNC_CHANGE_KINDS * (ERPSYNC_CHANGES_LEN + 64);

    p = erpsync_vec_push(&registry->changes, (size_t) len, 1);
    if (p == NULL) {
        return ERPSYNC_ERROR;
    }

    n = 0;
    more = "";

    for (i = 0; i < ERPSYNC_CHANGE_KINDS; i++) {
        list = &changes->lists[i];

        if (list->n == 0) {
            continue;
        }

        n += snprintf(p + n, (size_t) (len - n), "%s%s %.*s", more, names[i],
                      (int) list->len, list->ids);
        more = "; ";

        if (list->n > list->listed) {
            n += snprintf(p + n, (size_t) (len - n), " and %zu more",
                          list->n - list->listed);
        }
    }

    registry->changes.n = (size_t) n;
    erpsync_vec_trim(&registry->changes, 1);

    return ERPSYNC_COMPLETE;
}
