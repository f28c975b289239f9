
#include <assert.h>

#include "erpsync_form_internal.h"


#define ERPSYNC_FORM_TABLE    64           /* places at first */
#define ERPSYNC_FORM_DROPPED  UINT32_MAX   /* a group that is dropped */


static_assert(sizeof(erpsync_form_run_t) == ERPSYNC_FORM_UNIT,
              "a run is one unit");
static_assert(sizeof(erpsync_form_group_t) == 2 * ERPSYNC_FORM_UNIT,
              "a group is two units");


static erpsync_rc_t erpsync_form_fail_pair(erpsync_form_t *form,
    const uint8_t *pair, const char *message);
static erpsync_rc_t erpsync_form_gather(erpsync_form_t *form);
static erpsync_rc_t erpsync_form_pair(erpsync_form_t *form,
    const uint8_t *pair);
static unsigned erpsync_form_common(const erpsync_form_t *form,
    const uint8_t *pair);
static bool erpsync_form_fits(const erpsync_form_group_t *group,
    erpsync_str_t name, bool bracket);
static erpsync_rc_t erpsync_form_last(erpsync_form_t *form, uint32_t group,
    const erpsync_form_segment_t *segment, const uint8_t *pair, bool bracket,
    uint32_t prefix);
static erpsync_rc_t erpsync_form_child(erpsync_form_t *form, uint32_t parent,
    erpsync_str_t name, bool bracket, uint32_t *child);
static bool erpsync_form_search(const erpsync_form_t *form, uint32_t parent,
    erpsync_str_t name, size_t *place);
static const erpsync_member_t *erpsync_form_find(
    const erpsync_object_t *object, erpsync_str_t name);
static erpsync_form_kind_t erpsync_form_kind(const erpsync_member_t *member);
static bool erpsync_form_drops(const erpsync_form_t *form,
    const erpsync_member_t *member);
static bool erpsync_form_has_arrays(const erpsync_object_t *object);
static erpsync_rc_t erpsync_form_grow(erpsync_form_t *form);
static void *erpsync_form_add(erpsync_form_t *form, uint32_t parent,
    size_t size, uint32_t *number);


erpsync_rc_t
erpsync_form(erpsync_sink_t *sink, erpsync_str_t input,
    erpsync_error_t *error)
{
    bool            sent;
    erpsync_rc_t    rc;
    erpsync_form_t  form;

    erpsync_zero(&form, offsetof(erpsync_form_t, levels));
    form.levels[0] = (erpsync_form_level_t) { 0, false, 0 };
    form.sink = sink;
    form.error = error;
    form.input = input.data;
    form.last = input.data + input.len;

    error->message = NULL;
    error->offset = 0;
    sink->form = true;

    if (input.len > ERPSYNC_FORM_LONGEST) {
        error->message = "the form is too long";
        return ERPSYNC_OK;
    }

    if (erpsync_form_fast(&form, &sent) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (sent) {
        return ERPSYNC_OK;
    }

    if (erpsync_form_room(&form) == NULL) {
        return ERPSYNC_ERROR;
    }

    rc = erpsync_form_gather(&form);

    if (error->message) {
        return ERPSYNC_OK;
    }

    return (rc == ERPSYNC_OK) ? erpsync_form_send(&form) : ERPSYNC_ERROR;
}


/* Sets the error at a decoded pair.  Always returns ERPSYNC_ERROR. */

static erpsync_rc_t
erpsync_form_fail_pair(erpsync_form_t *form, const uint8_t *pair,
    const char *message)
{
    size_t          n;
    const uint8_t  *p;

    n = 0;

    for (p = form->pairs; p < pair; p++) {
        n += (*p == ERPSYNC_FORM_END);
    }

    /* the pair is behind "n" others, between which "&" may be repeated */

    for (p = form->input; *p == '&' || n; p++) {
        n -= (*p != '&' && p[1] == '&');
    }

    return erpsync_form_fail(form, p, message);
}


/*
 * Puts all pairs into groups.  Returns ERPSYNC_ERROR with the error set if the
 * form is not well-formed.
 */

static erpsync_rc_t
erpsync_form_gather(erpsync_form_t *form)
{
    uint32_t               number;
    const uint8_t         *p;
    erpsync_form_group_t  *request;

    request = erpsync_form_add(form, 0, sizeof(erpsync_form_group_t),
                               &number);

    if (request == NULL || erpsync_form_decode(form) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    request->object = form->sink->conf.operation->request;
    request->arrays = erpsync_form_has_arrays(request->object);

    for (p = form->pairs; p < form->end; p = erpsync_form_pair_end(form, p)) {
        if (erpsync_form_pair(form, p) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }

    return ERPSYNC_OK;
}


/*
 * Adds a pair to the run of the pair before, if only the last segment differs.
 * Most pairs are of this kind.
 */

static inline bool
erpsync_form_again(erpsync_form_t *form, const uint8_t *pair)
{
    const uint8_t       *p;
    erpsync_form_run_t  *run;

    run = form->run;

    if (run == NULL || !form->plain
        || (size_t) (form->end - pair) <= run->prefix
        || !erpsync_same(pair, form->before, run->prefix))
    {
        return false;
    }

    for (p = pair + run->prefix;
         !erpsync_form_ends(*p) && *p != '.' && *p != '[' && *p != ']';
         p++)
    {
        /* void */
    }

    if (run->style == ERPSYNC_FORM_BRACKET
        && (*p != ']' || p++ == pair + run->prefix))
    {
        return false;
    }

    if (!erpsync_form_ends(*p)) {
        return false;
    }

    form->before = pair;
    run->end = (uint32_t) (erpsync_form_pair_end(form, p) - form->pairs);

    return true;
}


/* Puts a decoded pair into its group. */

static erpsync_rc_t
erpsync_form_pair(erpsync_form_t *form, const uint8_t *pair)
{
    bool                     bracket;
    uint32_t                 group;
    const uint8_t           *p;
    erpsync_form_level_t    *level;
    erpsync_form_segment_t   segment;

    if (erpsync_form_again(form, pair)) {
        return ERPSYNC_OK;
    }

    form->depth = erpsync_form_common(form, pair);
    form->before = pair;

    level = &form->levels[form->depth];
    group = level->group;
    bracket = level->bracket;

    for (p = pair + level->end; ; p = segment.next) {

        if (!erpsync_form_segment(p, bracket, &segment)) {
            return erpsync_form_fail_pair(form, pair,
                                          "a name must be like Name, "
                                          "Name.Member, Name[0] or "
                                          "Name[0].Member");
        }

        if (group != ERPSYNC_FORM_DROPPED) {

            if (!erpsync_form_fits(erpsync_form_node(form, group),
                                   segment.name, bracket))
            {
                return erpsync_form_fail_pair(form, pair,
                                              "an index must be a number");
            }

            if (segment.next == NULL) {
                return erpsync_form_last(form, group, &segment, pair,
                                         bracket, (uint32_t) (p - pair));
            }

            if (form->depth == ERPSYNC_MAX_DEPTH - 1) {
                return erpsync_form_fail_pair(form, pair,
                                              "more than 32 levels");
            }

            if (erpsync_form_child(form, group, segment.name, bracket, &group)
                != ERPSYNC_OK)
            {
                return ERPSYNC_ERROR;
            }

            level = &form->levels[++form->depth];
            level->group = group;
            level->bracket = segment.bracket;
            level->end = (size_t) (segment.next - pair);

        } else if (segment.next == NULL) {
            form->run = NULL;

            return ERPSYNC_OK;
        }

        bracket = segment.bracket;
    }
}


/*
 * Returns the number of levels that a pair has in common with the pair before:
 * their groups need not be searched again.
 */

static unsigned
erpsync_form_common(const erpsync_form_t *form, const uint8_t *pair)
{
    unsigned                     depth;
    const uint8_t               *p;
    const erpsync_form_level_t  *level;

    for (depth = form->depth; depth; depth--) {
        level = &form->levels[depth];
        p = pair + level->end;

        /* of Ids[]=1, "Ids" is the last segment, which is not a level */

        if ((size_t) (form->end - pair) > level->end
            && memcmp(pair, form->before, level->end) == 0
            && !(level->bracket && *p == ']' && erpsync_form_ends(p[1])))
        {
            break;
        }
    }

    return depth;
}


/* Returns whether a segment can be in a group: arrays have indexes. */

static bool
erpsync_form_fits(const erpsync_form_group_t *group, erpsync_str_t name,
    bool bracket)
{
    uint32_t  index;

    if (group->kind == ERPSYNC_FORM_OBJECT) {
        return true;
    }

    /* FieldValues.a=1 is a violation, noted when the group is sent */

    return bracket ? erpsync_form_index(name, &index)
                   : group->kind != ERPSYNC_FORM_DICTIONARY;
}


/*
 * Adds a pair to a group, or to the array in it that the last segment names.
 * "prefix" is the length of the path in front of that segment.
 */

static erpsync_rc_t
erpsync_form_last(erpsync_form_t *form, uint32_t group,
    const erpsync_form_segment_t *segment, const uint8_t *pair, bool bracket,
    uint32_t prefix)
{
    uint32_t                     number;
    unsigned                     style;
    erpsync_form_run_t          *run;
    const erpsync_member_t      *member;
    const erpsync_form_group_t  *owner;

    owner = erpsync_form_node(form, group);
    style = bracket ? ERPSYNC_FORM_BRACKET : ERPSYNC_FORM_NAME;

    if (owner->object && owner->kind == ERPSYNC_FORM_OBJECT
        && (owner->arrays || segment->empty))
    {
        member = erpsync_form_find(owner->object, segment->name);

        if (segment->empty && erpsync_form_drops(form, member)) {
            form->run = NULL;

            return ERPSYNC_OK;
        }

        if (member && erpsync_form_kind(member) == ERPSYNC_FORM_SCALARS) {

            if (erpsync_form_child(form, group, segment->name, bracket,
                                   &group)
                != ERPSYNC_OK)
            {
                return ERPSYNC_ERROR;
            }

            style = ERPSYNC_FORM_APPEND;
            prefix = 0;
        }
    }

    run = form->run;

    if (run == NULL || form->owner != group || run->prefix != prefix
        || run->style != style)
    {
        run = erpsync_form_add(form, group, sizeof(erpsync_form_run_t),
                               &number);
        if (run == NULL) {
            return ERPSYNC_ERROR;
        }

        run->first = (uint32_t) (pair - form->pairs);
        run->prefix = prefix & ERPSYNC_FORM_LONGEST;
        run->style = style & 3;
        form->run = run;
        form->owner = group;
        form->plain = (owner->kind == ERPSYNC_FORM_OBJECT && !owner->arrays
                       && !segment->empty);
    }

    run->end = (uint32_t) (erpsync_form_pair_end(form, segment->end)
                           - form->pairs);

    return ERPSYNC_OK;
}


/*
 * Sets "child" to the group that a segment leads to from the group "parent".
 * Makes it if there is none; or ERPSYNC_FORM_DROPPED.
 */

static erpsync_rc_t
erpsync_form_child(erpsync_form_t *form, uint32_t parent, erpsync_str_t name,
    bool bracket, uint32_t *child)
{
    size_t                   place;
    erpsync_form_group_t    *group, *owner;
    const erpsync_member_t  *member;

    if ((form->ngroups + 1) * 4 > form->size * 3
        && erpsync_form_grow(form) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (erpsync_form_search(form, parent, name, &place)) {
        *child = form->table[place];
        group = erpsync_form_node(form, *child);
        group->bracket &= bracket;

        return ERPSYNC_OK;
    }

    owner = erpsync_form_node(form, parent);
    member = NULL;

    if (owner->object && owner->kind == ERPSYNC_FORM_OBJECT) {
        member = erpsync_form_find(owner->object, name);

        if (erpsync_form_drops(form, member)) {
            *child = ERPSYNC_FORM_DROPPED;

            return ERPSYNC_OK;
        }
    }

    group = erpsync_form_add(form, parent, sizeof(erpsync_form_group_t),
                             child);
    if (group == NULL) {
        return ERPSYNC_ERROR;
    }

    group->node.group = 1;
    group->name = (uint32_t) (name.data - form->pairs);
    group->len = name.len & ERPSYNC_FORM_LONGEST;
    group->bracket = bracket;
    group->parent = parent & ERPSYNC_FORM_LONGEST;

    if (member) {
        group->kind = erpsync_form_kind(member) & 3;
        group->object = member->items;

    } else if (owner->kind == ERPSYNC_FORM_OBJECTS && bracket) {
        group->object = owner->object;
    }

    group->arrays = group->object && erpsync_form_has_arrays(group->object);

    form->table[place] = *child;
    form->ngroups++;

    return ERPSYNC_OK;
}


/*
 * Searches for a group by parent and name, without regard to case.  Sets
 * "place" to where it is in the table, or would be.
 */

static bool
erpsync_form_search(const erpsync_form_t *form, uint32_t parent,
    erpsync_str_t name, size_t *place)
{
    size_t                       i;
    const erpsync_form_group_t  *group;

    i = (size_t) erpsync_name_hash(form->sink->conf.key ^ parent, name, false)
        & (form->size - 1);

    for ( /* void */ ; form->table[i]; i = (i + 1) & (form->size - 1)) {
        group = erpsync_form_node(form, form->table[i]);

        if (group->parent == parent
            && erpsync_str_caseeq(erpsync_form_group_name(form, group), name))
        {
            break;
        }
    }

    *place = i;

    return form->table[i] != 0;
}


static const erpsync_member_t *
erpsync_form_find(const erpsync_object_t *object, erpsync_str_t name)
{
    size_t  i;

    for (i = 0; i < object->nmembers; i++) {
        if (erpsync_name_is(name, object->members[i].name)) {
            return &object->members[i];
        }
    }

    return NULL;
}


/* Returns what a group of a member is. */

static erpsync_form_kind_t
erpsync_form_kind(const erpsync_member_t *member)
{
    switch (member->type) {

    case ERPSYNC_TYPE_OBJECTS:
        return ERPSYNC_FORM_OBJECTS;

    case ERPSYNC_TYPE_INT32S:
    case ERPSYNC_TYPE_STRINGS:
        return ERPSYNC_FORM_SCALARS;

    case ERPSYNC_TYPE_DICTIONARY:
        return ERPSYNC_FORM_DICTIONARY;

    default:
        return ERPSYNC_FORM_OBJECT;
    }
}


/* Returns whether a member is dropped; NULL is an unknown member. */

static bool
erpsync_form_drops(const erpsync_form_t *form,
    const erpsync_member_t *member)
{
    return member ? member->type == ERPSYNC_TYPE_READ_ONLY
                  : form->sink->conf.unknown == ERPSYNC_UNKNOWN_STRIP;
}


static bool
erpsync_form_has_arrays(const erpsync_object_t *object)
{
    size_t  i;

    for (i = 0; i < object->nmembers; i++) {
        if (erpsync_form_kind(&object->members[i]) == ERPSYNC_FORM_SCALARS) {
            return true;
        }
    }

    return false;
}


/* Doubles the table of groups. */

static erpsync_rc_t
erpsync_form_grow(erpsync_form_t *form)
{
    size_t                       i, place, size;
    uint32_t                    *old;
    const erpsync_form_group_t  *group;

    old = form->table;
    size = form->size;

    form->size = size ? size * 2 : ERPSYNC_FORM_TABLE;
    form->table = erpsync_calloc(form->sink->arena,
                                 form->size * sizeof(uint32_t));
    if (form->table == NULL) {
        return ERPSYNC_ERROR;
    }

    for (i = 0; i < size; i++) {
        if (old[i]) {
            group = erpsync_form_node(form, old[i]);
            (void) erpsync_form_search(form, group->parent,
                                       erpsync_form_group_name(form, group),
                                       &place);
            form->table[place] = old[i];
        }
    }

    return ERPSYNC_OK;
}


/*
 * Adds a node to the group "parent", behind its other nodes.  The first node
 * is the group of the request, which has no parent.  Returns the node, filled
 * with zeros but for its place, or NULL if there is no memory.
 */

static void *
erpsync_form_add(erpsync_form_t *form, uint32_t parent, size_t size,
    uint32_t *number)
{
    size_t                  i, used;
    uint8_t               **blocks;
    erpsync_form_node_t    *node, *last;
    erpsync_form_group_t   *group;

    used = form->units % ERPSYNC_FORM_BLOCK;

    if (used + size / ERPSYNC_FORM_UNIT > ERPSYNC_FORM_BLOCK) {
        form->units += (uint32_t) (ERPSYNC_FORM_BLOCK - used);
        used = 0;
    }

    i = form->units / ERPSYNC_FORM_BLOCK;

    if (i == form->nblocks) {
        form->nblocks = i ? i * 2 : 4;
        blocks = erpsync_alloc(form->sink->arena,
                               form->nblocks * sizeof(uint8_t *));
        if (blocks == NULL) {
            return NULL;
        }

        if (i) {
            memcpy(blocks, form->blocks, i * sizeof(uint8_t *));
        }

        form->blocks = blocks;
    }

    if (used == 0) {
        form->blocks[i] = erpsync_alloc(form->sink->arena,
                                        ERPSYNC_FORM_BLOCK
                                        * ERPSYNC_FORM_UNIT);
        if (form->blocks[i] == NULL) {
            return NULL;
        }
    }

    *number = form->units;
    form->units += (uint32_t) (size / ERPSYNC_FORM_UNIT);

    node = erpsync_form_node(form, *number);
    memset(node, 0, size);

    if (*number) {
        group = erpsync_form_node(form, parent);
        last = group->last ? erpsync_form_node(form, group->last) : node;

        node->next = last->next;
        last->next = *number & 0x7fffffff;
        group->last = *number;
    }

    return node;
}
