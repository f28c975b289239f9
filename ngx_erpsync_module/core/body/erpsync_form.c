
#include <stdlib.h>

#include "erpsync_form_internal.h"


/* A pair of an array: small, since a body may hold very many. */

typedef struct {
    uint32_t          index;
    uint32_t          offset;
} erpsync_item_t;


static erpsync_rc_t erpsync_form_next(erpsync_form_t *form);
static bool erpsync_form_done(const erpsync_form_t *form, erpsync_str_t root);
static erpsync_rc_t erpsync_form_root(erpsync_form_t *form, size_t offset,
    erpsync_pair_t *pair);
static erpsync_rc_t erpsync_form_array(erpsync_form_t *form,
    const erpsync_pair_t *pair);
static bool erpsync_form_shallow(erpsync_form_t *form,
    const erpsync_pair_t *pair);
static erpsync_rc_t erpsync_form_list(erpsync_form_t *form, size_t offset,
    erpsync_str_t root);
static erpsync_rc_t erpsync_form_sorted(erpsync_form_t *form, size_t offset,
    erpsync_str_t root);
static erpsync_rc_t erpsync_form_items(erpsync_form_t *form, size_t offset,
    erpsync_str_t root, erpsync_item_t **items, size_t *n);
static bool erpsync_form_listed(const erpsync_form_t *form,
    const erpsync_pair_t *pair);
static int erpsync_form_compare(const void *one, const void *two);
static erpsync_rc_t erpsync_form_rest(erpsync_form_t *form,
    const erpsync_item_t *items, size_t n);
static erpsync_rc_t erpsync_form_element(erpsync_form_t *form,
    const erpsync_item_t *items, size_t n);


erpsync_rc_t
erpsync_form(erpsync_sink_t *sink, erpsync_str_t input,
    erpsync_error_t *error)
{
    erpsync_form_t  form;

    memset(&form, 0, sizeof(erpsync_form_t));
    form.input = input;
    form.sink = sink;
    form.error = error;
    form.object = sink->conf.operation->request;

    error->message = NULL;
    error->offset = 0;
    sink->form = true;

    if (input.len > UINT32_MAX) {
        erpsync_form_fail(&form, input.data, "the form is too long");
        return ERPSYNC_OK;
    }

    if (erpsync_sink_object(sink) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (erpsync_object_is_deep(form.object)) {
        return erpsync_form_tree(&form);
    }

    while (form.offset < input.len) {

        if (erpsync_form_next(&form) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        if (error->message) {
            return ERPSYNC_OK;
        }
    }

    if (erpsync_form_close(&form) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    return erpsync_sink_object_end(sink);
}


/* The pair at the form's offset; of an array perhaps all there are. */

static erpsync_rc_t
erpsync_form_next(erpsync_form_t *form)
{
    bool            taken;
    size_t          start;
    erpsync_str_t   piece;
    erpsync_mark_t  mark;
    erpsync_pair_t  pair;

    if (erpsync_form_expected(form, &taken) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (taken || form->error->message) {
        return ERPSYNC_OK;
    }

    start = form->offset;
    form->start = start;
    mark = erpsync_arena_mark(form->sink->arena);

    if (!erpsync_form_piece(form, &form->offset, &piece)
        || piece.len == 0 || erpsync_form_same(form, piece))
    {
        return ERPSYNC_OK;
    }

    if (erpsync_form_pair(form, piece, &pair) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (form->error->message) {
        return ERPSYNC_OK;
    }

    if (erpsync_form_listed(form, &pair)
        && erpsync_form_done(form, pair.root))
    {
        erpsync_arena_release(form->sink->arena, mark);
        return ERPSYNC_OK;
    }

    return erpsync_form_root(form, start, &pair);
}


static bool
erpsync_form_done(const erpsync_form_t *form, erpsync_str_t root)
{
    size_t  i;

    for (i = 0; i < form->nlists; i++) {
        if (erpsync_str_caseeq(form->lists[i], root)) {
            return true;
        }
    }

    return false;
}


/* The member of a list of the request, or NULL. */

static const erpsync_member_t *
erpsync_form_list_member(const erpsync_form_t *form, erpsync_str_t root)
{
    size_t                   i;
    const erpsync_object_t  *request;
    const erpsync_member_t  *member;

    request = form->sink->conf.operation->request;

    for (i = 0; i < request->nmembers; i++) {
        member = &request->members[i];

        if (erpsync_name_is(root, member->name)) {
            return erpsync_type_is_array(member->type) ? member : NULL;
        }
    }

    return NULL;
}


/*
 * Whether a pair is an element of a list, or a part of one.  A list of
 * scalars may be written without indexes, as a form's checkboxes are:
 * Ids=1&Ids=2 or Ids[]=1&Ids[]=2.
 */

static bool
erpsync_form_listed(const erpsync_form_t *form, const erpsync_pair_t *pair)
{
    const erpsync_member_t  *list;

    if (pair->indexed) {
        return true;
    }

    list = pair->has_member ? NULL
                            : erpsync_form_list_member(form, pair->root);

    return list && list->type != ERPSYNC_TYPE_OBJECTS;
}


bool
erpsync_form_dropped(const erpsync_form_t *form, erpsync_str_t name)
{
    size_t                   i;
    const erpsync_member_t  *member;

    for (i = 0; form->object && i < form->object->nmembers; i++) {
        member = &form->object->members[i];

        if (erpsync_name_is(name, member->name)) {
            return member->type == ERPSYNC_TYPE_READ_ONLY;
        }
    }

    return form->sink->conf.unknown == ERPSYNC_UNKNOWN_STRIP;
}


/* A member of the request; of a list all that the form has of it. */

static erpsync_rc_t
erpsync_form_root(erpsync_form_t *form, size_t offset, erpsync_pair_t *pair)
{
    erpsync_rc_t             rc;
    const erpsync_member_t  *list;

    list = erpsync_form_listed(form, pair)
           ? erpsync_form_list_member(form, pair->root) : NULL;

    if (list == NULL && (pair->indexed || pair->has_member)
        && erpsync_form_dropped(form, pair->root))
    {
        return erpsync_form_value(form, pair);
    }

    if (list || pair->indexed) {

        if (erpsync_form_close(form) != ERPSYNC_OK
            || erpsync_form_name(form, pair->root) != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        if (list && erpsync_sink_expects(form->sink)) {
            form->object = list->items;
            rc = erpsync_form_list(form, offset, pair->root);
            form->object = form->sink->conf.operation->request;

            return rc;
        }
    }

    if (erpsync_form_value(form, pair) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (!erpsync_form_shallow(form, pair)) {
        return ERPSYNC_OK;
    }

    return (list || pair->indexed)
           ? erpsync_form_array(form, pair)
           : erpsync_form_member(form, pair->root,
                                 pair->has_member ? &pair->member : NULL,
                                 pair->value);
}


/* An element of what is not a list, was something else before, or unknown. */

static erpsync_rc_t
erpsync_form_array(erpsync_form_t *form, const erpsync_pair_t *pair)
{
    static const erpsync_str_t  first = erpsync_string("0");

    if (erpsync_sink_array(form->sink) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    /* an array of its own cannot tell what is more than its first element */

    if ((pair->has_member || !erpsync_str_eq(pair->index, first))
        && erpsync_sink_stray(form->sink) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (erpsync_form_scalar(form, pair->value) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    return erpsync_sink_array_end(form->sink);
}


/*
 * Whether a pair can be judged.  One that leads deeper than this decoder
 * keeps values apart could only be passed on as something else.
 */

static bool
erpsync_form_shallow(erpsync_form_t *form, const erpsync_pair_t *pair)
{
    if (pair->deep && form->sink->conf.unknown == ERPSYNC_UNKNOWN_PASS) {
        erpsync_form_fail(form, form->input.data + form->start,
                          "a name has too many parts");
    }

    return form->error->message == NULL;
}


static erpsync_rc_t
erpsync_form_list(erpsync_form_t *form, size_t offset, erpsync_str_t root)
{
    size_t          end;
    erpsync_rc_t    rc;
    const uint8_t  *first, *bracket;

    first = form->input.data + offset;
    bracket = memchr(first, '[', form->input.len - offset);

    form->lists[form->nlists++] = root;
    form->prefix = erpsync_span(NULL, 0);

    if (bracket && (size_t) (bracket - first) >= root.len
        && memchr(first, '&', (size_t) (bracket - first)) == NULL
        && memchr(first, '=', (size_t) (bracket - first)) == NULL)
    {
        form->prefix = erpsync_span(first, (size_t) (bracket - first) + 1);
    }

    if (erpsync_form_run(form, offset, root, &end) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (form->error->message) {
        return ERPSYNC_OK;
    }

    if (end == 0) {
        return erpsync_form_sorted(form, offset, root);
    }

    if (erpsync_sink_array(form->sink) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    rc = erpsync_form_elements(form, offset, end);

    if (rc != ERPSYNC_OK || form->error->message) {
        return rc;
    }

    form->offset = end;

    return erpsync_sink_array_end(form->sink);
}


/* The array as it may come: its pairs anywhere and in any order. */

static erpsync_rc_t
erpsync_form_sorted(erpsync_form_t *form, size_t offset, erpsync_str_t root)
{
    size_t           i, n, next;
    uint32_t         expected;
    erpsync_item_t  *items;

    if (erpsync_form_items(form, offset, root, &items, &n) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (form->error->message) {
        return ERPSYNC_OK;
    }

    if (n == 0) {
        return erpsync_form_scalar(form, erpsync_span(NULL, 0));
    }

    for (i = 1; i < n && items[i - 1].index <= items[i].index; i++) {
        /* void */
    }

    if (i < n) {
        qsort(items, n, sizeof(erpsync_item_t), erpsync_form_compare);
    }

    if (erpsync_sink_array(form->sink) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    expected = 0;

    for (i = 0; i < n; i = next) {

        if (items[i].index != expected) {

            /* the first one missing is told; later ones have no place */

            if (erpsync_sink_fault(form->sink, ERPSYNC_CODE_REQUIRED)
                    != ERPSYNC_OK
                || erpsync_form_rest(form, &items[i], n - i) != ERPSYNC_OK)
            {
                return ERPSYNC_ERROR;
            }

            break;
        }

        for (next = i + 1;
             next < n && items[next].index == expected;
             next++)
        {
            /* void */
        }

        if (erpsync_form_element(form, &items[i], next - i) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        if (form->error->message) {
            return ERPSYNC_OK;
        }

        expected++;
    }

    return erpsync_sink_array_end(form->sink);
}


/* The pairs of an array from "offset" on. */

static erpsync_rc_t
erpsync_form_items(erpsync_form_t *form, size_t offset, erpsync_str_t root,
    erpsync_item_t **items, size_t *n)
{
    bool           has;
    size_t         start, from;
    uint32_t       index;
    unsigned       pass;
    erpsync_str_t  piece;

    *items = NULL;

    /* first to count them, then to note them */

    for (pass = 0; pass < 2; pass++) {
        *n = 0;
        form->appended = 0;

        for (start = from = offset;
             erpsync_form_piece(form, &from, &piece);
             start = from)
        {
            if (erpsync_form_item(form, piece, root, &has, &index)
                != ERPSYNC_OK)
            {
                return ERPSYNC_ERROR;
            }

            if (form->error->message) {
                return ERPSYNC_OK;
            }

            if (!has) {
                continue;
            }

            if (pass == 1) {
                (*items)[*n].index = index;
                (*items)[*n].offset = (uint32_t) start;
            }

            (*n)++;
        }

        if (pass == 0) {
            *items = erpsync_alloc(form->sink->arena,
                                   *n * sizeof(erpsync_item_t));
            if (*items == NULL) {
                return ERPSYNC_ERROR;
            }
        }
    }

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_form_item(erpsync_form_t *form, erpsync_str_t piece,
    erpsync_str_t root, bool *has, uint32_t *index)
{
    bool            append;
    size_t          end;
    erpsync_mark_t  mark;
    erpsync_pair_t  pair;

    *has = false;

    if (piece.len == 0) {
        return ERPSYNC_OK;
    }

    if (erpsync_form_same(form, piece)) {
        end = erpsync_form_find(piece, form->prefix.len, ']', '=');

        *has = end < piece.len && piece.data[end] == ']'
               && erpsync_form_index(erpsync_span(piece.data
                                                  + form->prefix.len,
                                                  end - form->prefix.len),
                                     index);
        if (*has) {
            return ERPSYNC_OK;
        }
    }

    mark = erpsync_arena_mark(form->sink->arena);

    if (erpsync_form_pair(form, piece, &pair) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    *has = form->error->message == NULL
           && erpsync_str_caseeq(pair.root, root)
           && erpsync_form_listed(form, &pair);

    /* of a list of scalars: without an index, it is the next element */

    append = *has && form->object == NULL && !pair.has_member
             && pair.index.len == 0;

    if (append) {

        if (erpsync_form_value(form, &pair) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        *has = !erpsync_is_blank(pair.value);
    }

    erpsync_arena_release(form->sink->arena, mark);

    if (!*has || form->error->message) {
        return ERPSYNC_OK;
    }

    if (append) {
        *index = form->appended++;
        return ERPSYNC_OK;
    }

    *has = erpsync_form_index(pair.index, index);

    if (!*has) {
        erpsync_form_fail(form, piece.data, "an index must be a number");
    }

    return ERPSYNC_OK;
}


static int
erpsync_form_compare(const void *one, const void *two)
{
    const erpsync_item_t  *a = one, *b = two;

    if (a->index != b->index) {
        return (a->index < b->index) ? -1 : 1;
    }

    return (a->offset < b->offset) ? -1 : 1;
}


/* Values that come to nothing must be well-formed all the same. */

static erpsync_rc_t
erpsync_form_rest(erpsync_form_t *form, const erpsync_item_t *items,
    size_t n)
{
    size_t          i, offset;
    erpsync_str_t   piece;
    erpsync_mark_t  mark;
    erpsync_pair_t  pair;

    for (i = 0; i < n && form->error->message == NULL; i++) {
        offset = items[i].offset;
        mark = erpsync_arena_mark(form->sink->arena);

        if (!erpsync_form_piece(form, &offset, &piece)
            || erpsync_form_pair(form, piece, &pair) != ERPSYNC_OK
            || erpsync_form_value(form, &pair) != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        erpsync_arena_release(form->sink->arena, mark);
    }

    return ERPSYNC_OK;
}


static erpsync_rc_t
erpsync_form_element(erpsync_form_t *form, const erpsync_item_t *items,
    size_t n)
{
    size_t          i, offset;
    bool            object;
    erpsync_rc_t    rc;
    erpsync_str_t   piece;
    erpsync_pair_t  pair;

    object = false;

    for (i = 0; i < n; i++) {
        offset = items[i].offset;
        form->start = offset;

        if (!erpsync_form_piece(form, &offset, &piece)
            || erpsync_form_pair(form, piece, &pair) != ERPSYNC_OK
            || erpsync_form_value(form, &pair) != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        if (form->error->message) {
            return ERPSYNC_OK;
        }

        if (i == 0 && pair.has_member) {
            object = true;

            if (erpsync_sink_object(form->sink) != ERPSYNC_OK) {
                return ERPSYNC_ERROR;
            }
        }

        if (object && pair.has_member) {
            rc = erpsync_form_inside(form, &pair);

        } else if (object) {
            rc = erpsync_sink_stray(form->sink);

        } else if (n > 1) {
            rc = (i == 0) ? erpsync_sink_fault(form->sink,
                                               ERPSYNC_CODE_DUPLICATE)
                          : ERPSYNC_OK;
            rc = (rc == ERPSYNC_OK && i == n - 1)
                 ? erpsync_form_scalar(form, pair.value) : rc;

        } else {
            rc = erpsync_form_scalar(form, pair.value);
        }

        if (rc != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }

    return object ? erpsync_form_element_end(form) : ERPSYNC_OK;
}


erpsync_rc_t
erpsync_form_element_end(erpsync_form_t *form)
{
    return (erpsync_form_close(form) == ERPSYNC_OK)
           ? erpsync_sink_object_end(form->sink) : ERPSYNC_ERROR;
}


erpsync_rc_t
erpsync_form_inside(erpsync_form_t *form, const erpsync_pair_t *pair)
{
    if ((pair->has_inner && erpsync_form_dropped(form, pair->member))
        || !erpsync_form_shallow(form, pair))
    {
        return ERPSYNC_OK;
    }

    return erpsync_form_member(form, pair->member,
                               pair->has_inner ? &pair->inner : NULL,
                               pair->value);
}


erpsync_rc_t
erpsync_form_member(erpsync_form_t *form, erpsync_str_t member,
    const erpsync_str_t *inner, erpsync_str_t value)
{
    if (inner == NULL) {
        return (erpsync_form_close(form) == ERPSYNC_OK
                && erpsync_form_name(form, member) == ERPSYNC_OK)
               ? erpsync_form_scalar(form, value) : ERPSYNC_ERROR;
    }

    if (form->open.data == NULL || !erpsync_str_caseeq(form->open, member)) {

        if (erpsync_form_close(form) != ERPSYNC_OK
            || erpsync_form_name(form, member) != ERPSYNC_OK
            || erpsync_sink_object(form->sink) != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        form->open = member;
    }

    if (erpsync_form_name(form, *inner) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    return erpsync_form_scalar(form, value);
}


erpsync_rc_t
erpsync_form_close(erpsync_form_t *form)
{
    if (form->open.data == NULL) {
        return ERPSYNC_OK;
    }

    form->open = erpsync_span(NULL, 0);

    return erpsync_sink_object_end(form->sink);
}


erpsync_rc_t
erpsync_form_name(erpsync_form_t *form, erpsync_str_t name)
{
    erpsync_text_t  text;

    text.str = name;
    text.clean = false;

    return erpsync_sink_name(form->sink, text);
}
