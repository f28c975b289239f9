
#include "erpsync_form_internal.h"


/* An item of a group: a pair or another group. */

typedef struct {
    const erpsync_form_t        *form;
    const erpsync_form_group_t  *in;       /* group that is gone through */
    uint32_t                     number;   /* of the node */
    const erpsync_form_group_t  *group;    /* that is the item; NULL: pair */
    const erpsync_form_run_t    *run;      /* that the pair is in */
    const uint8_t               *p;        /* in the pair: its last segment */
} erpsync_form_item_t;


/* The first item with one index of an array. */

typedef struct {
    uint32_t                     value;    /* offset and 1, or 0 */
    uint32_t                     group:31;
    uint32_t                     twice:1;  /* there is another item */
} erpsync_form_slot_t;


static erpsync_rc_t erpsync_form_members(erpsync_form_t *form,
    const erpsync_form_group_t *group);
static erpsync_rc_t erpsync_form_member(erpsync_form_t *form,
    erpsync_form_item_t *item);
static erpsync_rc_t erpsync_form_group(erpsync_form_t *form,
    const erpsync_form_group_t *group);
static bool erpsync_form_indexed(const erpsync_form_t *form,
    const erpsync_form_group_t *group, bool in_order);
static erpsync_rc_t erpsync_form_array(erpsync_form_t *form,
    const erpsync_form_group_t *group, bool entries);
static size_t erpsync_form_slots(const erpsync_form_t *form,
    const erpsync_form_group_t *group, erpsync_form_slot_t *slots, size_t n);
static erpsync_rc_t erpsync_form_element(erpsync_form_t *form,
    const erpsync_form_slot_t *slot);
static erpsync_rc_t erpsync_form_entry(erpsync_form_t *form,
    const erpsync_form_slot_t *slot);


static inline erpsync_form_item_t
erpsync_form_items(const erpsync_form_t *form,
    const erpsync_form_group_t *group)
{
    erpsync_form_item_t  item;

    item.form = form;
    item.in = group;
    item.number = 0;
    item.group = NULL;
    item.run = NULL;
    item.p = NULL;

    return item;
}


/* Goes on to the next item of a group.  Returns false if there is none. */

static inline bool
erpsync_form_next(erpsync_form_item_t *item)
{
    const uint8_t              *pairs;
    const erpsync_form_node_t  *node;

    pairs = item->form->pairs;

    if (item->run) {
        item->p = erpsync_form_pair_end(item->form, item->p);

        if (item->p < pairs + item->run->end) {
            item->p += item->run->prefix;

            return true;
        }

        item->run = NULL;
    }

    if (item->number == item->in->last) {
        return false;
    }

    node = erpsync_form_node(item->form, item->number ? item->number
                                                      : item->in->last);
    item->number = node->next;
    node = erpsync_form_node(item->form, item->number);
    item->group = node->group ? (const erpsync_form_group_t *) node : NULL;

    if (item->group == NULL) {
        item->run = (const erpsync_form_run_t *) node;
        item->p = pairs + item->run->first + item->run->prefix;
    }

    return true;
}


/* Returns the name of an item; then item->p is the end of a pair's name. */

static erpsync_str_t
erpsync_form_item_name(erpsync_form_item_t *item)
{
    erpsync_form_segment_t  segment;

    if (item->group) {
        return erpsync_form_group_name(item->form, item->group);
    }

    (void) erpsync_form_segment(item->p,
                                item->run->style == ERPSYNC_FORM_BRACKET,
                                &segment);
    item->p = segment.end;

    return segment.name;
}


erpsync_rc_t
erpsync_form_scalar(erpsync_sink_t *sink, erpsync_text_t text)
{
    bool  blank;

    blank = text.str.len == 0
            || (text.str.data[0] <= ' ' && erpsync_is_blank(text.str));

    return erpsync_sink_scalar(sink, blank ? ERPSYNC_SCALAR_NULL
                                           : ERPSYNC_SCALAR_UNTYPED, text);
}


erpsync_rc_t
erpsync_form_send(erpsync_form_t *form)
{
    if (erpsync_sink_object(form->sink) != ERPSYNC_OK
        || erpsync_form_members(form, erpsync_form_node(form, 0))
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    return erpsync_sink_object_end(form->sink);
}


/* Sends the members of the open object. */

static erpsync_rc_t
erpsync_form_members(erpsync_form_t *form, const erpsync_form_group_t *group)
{
    erpsync_text_t       name;
    erpsync_form_item_t  item;

    item = erpsync_form_items(form, group);

    while (erpsync_form_next(&item)) {

        if (item.group == NULL) {
            if (erpsync_form_member(form, &item) != ERPSYNC_OK) {
                return ERPSYNC_ERROR;
            }

            continue;
        }

        name = (erpsync_text_t) { erpsync_form_item_name(&item), false };

        if (erpsync_sink_name(form->sink, name) != ERPSYNC_OK
            || erpsync_form_group(form, item.group) != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }
    }

    return ERPSYNC_OK;
}


/*
 * Sends a member that is a pair.  Most clients send members in the order of
 * the schema, so the next member of that order is compared first.  If its name
 * is in brackets, the byte in front of the end of the path can only be "]".
 */

static erpsync_rc_t
erpsync_form_member(erpsync_form_t *form, erpsync_form_item_t *item)
{
    bool                     bracket;
    erpsync_rc_t             rc;
    erpsync_text_t           name, value;
    const uint8_t           *p;
    const erpsync_member_t  *member;

    if (item->run->style == ERPSYNC_FORM_APPEND) {
        return ERPSYNC_OK;         /* Ids.a=1&Ids=2 is a violation already */
    }

    bracket = (item->run->style == ERPSYNC_FORM_BRACKET);
    member = erpsync_sink_guess(form->sink);
    name = (erpsync_text_t) { ERPSYNC_NULL_STRING, false };
    p = item->p;

    if (member
        && (size_t) (form->end - p) > member->name.len + bracket
        && erpsync_member_is(p, member)
        && erpsync_form_ends(p[member->name.len + bracket]))
    {
        p += member->name.len + bracket;

    } else {
        member = NULL;
        name.str = erpsync_form_item_name(item);
        p = item->p;
    }

    item->p = erpsync_form_value(form, p, &value);

    rc = member ? erpsync_sink_member(form->sink, member)
                : erpsync_sink_name(form->sink, name);

    return (rc == ERPSYNC_OK) ? erpsync_form_scalar(form->sink, value)
                              : ERPSYNC_ERROR;
}


/* Sends the value that is a group. */

static erpsync_rc_t
erpsync_form_group(erpsync_form_t *form, const erpsync_form_group_t *group)
{
    bool                     opaque;
    erpsync_sink_t          *sink;
    const erpsync_member_t  *member;

    sink = form->sink;
    opaque = (sink->state == ERPSYNC_SINK_OPAQUE);
    member = (sink->state == ERPSYNC_SINK_MEMBERS)
             ? erpsync_sink_expects(sink) : NULL;

    if (member && member->type == ERPSYNC_TYPE_DICTIONARY) {
        return erpsync_form_array(form, group, true);
    }

    if ((opaque || (member && erpsync_type_is_array(member->type)))
        && erpsync_form_indexed(form, group, opaque))
    {
        return erpsync_form_array(form, group, false);
    }

    if (erpsync_sink_object(sink) != ERPSYNC_OK
        || erpsync_form_members(form, group) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    return erpsync_sink_object_end(sink);
}


/*
 * Returns whether all items of a group have an index, "in_order" from 0 on:
 * so a group is an array that the schema does not know.
 */

static bool
erpsync_form_indexed(const erpsync_form_t *form,
    const erpsync_form_group_t *group, bool in_order)
{
    uint32_t             index, n;
    erpsync_form_item_t  item;

    item = erpsync_form_items(form, group);

    for (n = 0; erpsync_form_next(&item); n++) {

        if (item.group ? !item.group->bracket
                       : item.run->style == ERPSYNC_FORM_NAME)
        {
            return false;
        }

        if (in_order
            && (!erpsync_form_index(erpsync_form_item_name(&item), &index)
                || index != n))
        {
            return false;
        }
    }

    return true;
}


/*
 * Sends a group as an array, or as the entries of a dictionary, in the order
 * of the indexes.  An array whose values are all blank is as absent.
 */

static erpsync_rc_t
erpsync_form_array(erpsync_form_t *form, const erpsync_form_group_t *group,
    bool entries)
{
    size_t                n, i, end;
    erpsync_rc_t          rc;
    erpsync_sink_t       *sink;
    erpsync_form_item_t   item;
    erpsync_form_slot_t  *slots;

    static const erpsync_text_t  none = { ERPSYNC_NULL_STRING, true };

    sink = form->sink;
    item = erpsync_form_items(form, group);

    for (n = 0; erpsync_form_next(&item); n++) {
        /* void */
    }

    slots = erpsync_calloc(sink->arena, n * sizeof(erpsync_form_slot_t));
    if (slots == NULL) {
        return ERPSYNC_ERROR;
    }

    end = erpsync_form_slots(form, group, slots, n);

    if (end == 0) {
        return erpsync_form_scalar(sink, none);
    }

    rc = entries ? erpsync_sink_object(sink) : erpsync_sink_array(sink);

    for (i = 0; i < end && rc == ERPSYNC_OK; i++) {
        rc = entries ? erpsync_form_entry(form, &slots[i])
                     : erpsync_form_element(form, &slots[i]);

        if (slots[i].value == 0 && slots[i].group == 0) {
            break;                 /* elements behind a gap have no place */
        }
    }

    if (rc != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    return entries ? erpsync_sink_object_end(sink)
                   : erpsync_sink_array_end(sink);
}


/*
 * Puts the items of an array into the slots of their indexes; "n" is the
 * number of both.  Returns the number of slots up to the last one in use; if
 * an index is beyond, up to the first one that is not in use.
 */

static size_t
erpsync_form_slots(const erpsync_form_t *form,
    const erpsync_form_group_t *group, erpsync_form_slot_t *slots, size_t n)
{
    size_t                end;
    uint32_t              index, appended;
    erpsync_text_t        value;
    erpsync_form_item_t   item;
    erpsync_form_slot_t  *slot;

    end = 0;
    appended = 0;
    item = erpsync_form_items(form, group);

    while (erpsync_form_next(&item)) {

        if (item.group || item.run->style != ERPSYNC_FORM_APPEND) {
            (void) erpsync_form_index(erpsync_form_item_name(&item), &index);

        } else {
            while (!erpsync_form_ends(*item.p)) {
                item.p++;
            }

            (void) erpsync_form_value(form, item.p, &value);

            if (erpsync_is_blank(value.str)) {
                continue;
            }

            index = appended++;
        }

        if (index >= n) {
            end = n;               /* there is a gap in front of it */
            continue;
        }

        end = (index < end) ? end : index + 1;
        slot = &slots[index];

        if (slot->value || slot->group) {
            slot->twice = 1;

        } else if (item.group) {
            slot->group = item.number & 0x7fffffff;

        } else {
            slot->value = (uint32_t) (item.p - form->pairs) + 1;
        }
    }

    return end;
}


/* Sends an element.  An index that is missing is a violation. */

static erpsync_rc_t
erpsync_form_element(erpsync_form_t *form, const erpsync_form_slot_t *slot)
{
    erpsync_text_t   value;
    erpsync_sink_t  *sink;

    sink = form->sink;

    if (slot->value == 0 && slot->group == 0) {
        return erpsync_sink_fault(sink, ERPSYNC_CODE_REQUIRED);
    }

    if (slot->twice
        && erpsync_sink_fault(sink, ERPSYNC_CODE_DUPLICATE) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (slot->group) {
        return erpsync_form_group(form, erpsync_form_node(form, slot->group));
    }

    (void) erpsync_form_value(form, form->pairs + slot->value - 1, &value);

    return erpsync_form_scalar(form->sink, value);
}


/* Sends an entry: ConfigFields[0].Key=Url&ConfigFields[0].Value=http://erp */

static erpsync_rc_t
erpsync_form_entry(erpsync_form_t *form, const erpsync_form_slot_t *slot)
{
    erpsync_str_t         name;
    erpsync_sink_t       *sink;
    erpsync_part_t       *part;
    erpsync_text_t        value;
    erpsync_entry_t       entry;
    erpsync_form_item_t   item;

    sink = form->sink;
    memset(&entry, 0, sizeof(erpsync_entry_t));

    if (slot->twice && erpsync_sink_stray(sink) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (slot->group == 0) {
        return erpsync_sink_entry(sink, &entry);
    }

    item = erpsync_form_items(form, erpsync_form_node(form, slot->group));

    while (erpsync_form_next(&item)) {
        name = erpsync_form_item_name(&item);
        value = (erpsync_text_t) { ERPSYNC_NULL_STRING, true };

        if (item.group == NULL) {
            (void) erpsync_form_value(form, item.p, &value);
        }

        if (erpsync_sink_part(sink, &entry, name, &part) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        if (part && item.group == NULL) {
            part->text = value;
            part->null = erpsync_is_blank(value.str);

            continue;
        }

        /* the sink drops the value; a group is as good as any other value */

        if ((part && erpsync_sink_part_wrong(sink, &entry, part)
                     != ERPSYNC_OK)
            || erpsync_form_scalar(form->sink, value)
               != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }
    }

    return erpsync_sink_entry(sink, &entry);
}
