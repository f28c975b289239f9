
#include "erpsync_xml_internal.h"


#define ERPSYNC_XML_NOT_EMPTY  "a nil element must be empty"
#define ERPSYNC_XML_PREFIXES   "a name may have one prefix only"


static erpsync_rc_t erpsync_xml_open(erpsync_xml_t *xml,
    erpsync_xml_level_t *level);
static erpsync_rc_t erpsync_xml_child(erpsync_xml_t *xml,
    erpsync_xml_level_t *level, erpsync_str_t name);
static erpsync_rc_t erpsync_xml_name(erpsync_xml_t *xml, erpsync_str_t name);
static erpsync_rc_t erpsync_xml_close(erpsync_xml_t *xml,
    erpsync_xml_level_t *level);
static erpsync_rc_t erpsync_xml_stray(erpsync_xml_t *xml);
static erpsync_rc_t erpsync_xml_refuse(erpsync_xml_t *xml,
    const char *message);
static bool erpsync_xml_local(erpsync_str_t *name);


/* Forgets the text since the last tag. */

static inline void
erpsync_xml_drop(erpsync_xml_t *xml)
{
    xml->text.str = erpsync_span("", 0);
    xml->text.clean = true;
    xml->room.pos = xml->room.start;
}


/* The same, but what is in the room stays there, because the sink needs it. */

static inline void
erpsync_xml_keep(erpsync_xml_t *xml)
{
    xml->room.start = xml->room.pos;
    erpsync_xml_drop(xml);
}


erpsync_rc_t
erpsync_xml(erpsync_sink_t *sink, erpsync_str_t input,
    erpsync_error_t *error)
{
    bool           whole;
    erpsync_xml_t  xml;

    erpsync_zero(&xml, sizeof(erpsync_xml_t));
    error->message = NULL;
    error->offset = 0;

    /* all names and text together are never longer than the document */

    erpsync_out_later(&xml.room, sink->arena, input.len);

    /*
     * XML may have a list as elements of one name, without an element around
     * them: it is dropped like any other value
     */

    sink->repeats = true;

    xml.sink = sink;
    xml.stays = true;
    erpsync_xml_drop(&xml);

    if (erpsync_xml_fast(&xml, input, &whole) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (whole) {
        return ERPSYNC_OK;
    }

    /* expat sends the text since the last tag again, and what was refused */

    xml.stays = false;
    xml.refusal = NULL;
    erpsync_xml_drop(&xml);

    return erpsync_xml_expat(&xml, input, error);
}


erpsync_rc_t
erpsync_xml_start(erpsync_xml_t *xml, erpsync_str_t name, bool nil)
{
    erpsync_xml_level_t  *level;

    if (xml->depth == ERPSYNC_XML_LEVELS) {
        return erpsync_xml_refuse(xml, "more than 32 levels");
    }

    level = &xml->levels[xml->depth];
    level->kind = ERPSYNC_XML_OBJECT;
    level->open = false;

    if (xml->depth
        && (erpsync_xml_open(xml, level - 1) != ERPSYNC_OK
            || erpsync_xml_stray(xml) != ERPSYNC_OK
            || erpsync_xml_child(xml, level, name) != ERPSYNC_OK))
    {
        return ERPSYNC_ERROR;
    }

    /* of a value that is dropped, well-formedness alone counts */

    level->nil = nil && !erpsync_sink_drops(xml->sink);

    xml->depth++;
    xml->tags++;

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_xml_text(erpsync_xml_t *xml, erpsync_text_t text)
{
    /* one piece that stays needs no copy; others are joined in the room */

    if (xml->stays && xml->text.str.len == 0) {
        xml->text = text;
        return ERPSYNC_OK;
    }

    if ((xml->room.pos == xml->room.start
         && erpsync_out_str(&xml->room, xml->text.str) != ERPSYNC_OK)
        || erpsync_out_str(&xml->room, text.str) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    xml->text.str = erpsync_span(xml->room.start, erpsync_out_len(&xml->room));
    xml->text.clean = false;

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_xml_end(erpsync_xml_t *xml)
{
    erpsync_xml_level_t  *level;

    level = &xml->levels[xml->depth - 1];

    /* an entry is never null: text in it is a violation */

    if (level->nil && level->kind != ERPSYNC_XML_ENTRY && xml->text.str.len) {
        return erpsync_xml_refuse(xml, ERPSYNC_XML_NOT_EMPTY);
    }

    xml->depth--;
    xml->tags++;

    return erpsync_xml_close(xml, level);
}


erpsync_rc_t
erpsync_xml_children(erpsync_xml_t *xml, erpsync_xml_children_t *children)
{
    erpsync_sink_t       *sink;
    erpsync_xml_level_t  *level;

    *children = ERPSYNC_XML_EVENTS;
    level = &xml->levels[xml->depth - 1];

    if (xml->depth == ERPSYNC_XML_LEVELS
        || (level->kind != ERPSYNC_XML_OBJECT
            && level->kind != ERPSYNC_XML_LIST))
    {
        return ERPSYNC_OK;
    }

    if (erpsync_xml_open(xml, level) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    sink = xml->sink;

    if (sink->state == ERPSYNC_SINK_MEMBERS && sink->frame->object) {
        *children = ERPSYNC_XML_MEMBERS;

    } else if (sink->state == ERPSYNC_SINK_LIST
               && sink->at.list->type == ERPSYNC_TYPE_OBJECTS)
    {
        *children = ERPSYNC_XML_ELEMENTS;
    }

    return ERPSYNC_OK;
}


bool
erpsync_xml_nil(erpsync_str_t name, erpsync_str_t value)
{
    erpsync_str_t  local;

    static const erpsync_str_t  nil = erpsync_string("nil");
    static const erpsync_str_t  xmlns = erpsync_string("xmlns:nil");
    static const erpsync_str_t  yes = erpsync_string("true");
    static const erpsync_str_t  one = erpsync_string("1");

    local = name;

    /* xmlns:nil declares a prefix by this name */

    if (!erpsync_xml_local(&local) || !erpsync_str_eq(local, nil)
        || erpsync_str_eq(name, xmlns))
    {
        return false;
    }

    value = erpsync_space_trim(value);

    return erpsync_str_eq(value, yes) || erpsync_str_eq(value, one);
}


/* Tells the sink, once, that an element has children. */

static erpsync_rc_t
erpsync_xml_open(erpsync_xml_t *xml, erpsync_xml_level_t *level)
{
    if (level->nil) {
        return erpsync_xml_refuse(xml, ERPSYNC_XML_NOT_EMPTY);
    }

    if (level->open) {
        return ERPSYNC_OK;
    }

    level->open = true;

    switch (level->kind) {

    case ERPSYNC_XML_ENTRY:
        return ERPSYNC_OK;

    case ERPSYNC_XML_LIST:
        return erpsync_sink_array(xml->sink);

    case ERPSYNC_XML_PART:

        if (erpsync_sink_part_wrong(xml->sink, &xml->entry, level->part)
            != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        /* fall through */

    case ERPSYNC_XML_VALUE:
        level->kind = ERPSYNC_XML_OBJECT;

        /* fall through */

    default: /* ERPSYNC_XML_OBJECT, ERPSYNC_XML_DICTIONARY */
        return erpsync_sink_object(xml->sink);
    }
}


/* Finds out what a new element is, in the element that it is a child of. */

static erpsync_rc_t
erpsync_xml_child(erpsync_xml_t *xml, erpsync_xml_level_t *level,
    erpsync_str_t name)
{
    erpsync_rc_t             rc;
    const erpsync_member_t  *member;

    /* by the type of its member; of any other type it is a scalar */

    static const erpsync_xml_kind_t  kinds[] = {
        [ERPSYNC_TYPE_OBJECTS] = ERPSYNC_XML_LIST,
        [ERPSYNC_TYPE_INT32S] = ERPSYNC_XML_LIST,
        [ERPSYNC_TYPE_STRINGS] = ERPSYNC_XML_LIST,
        [ERPSYNC_TYPE_OBJECT] = ERPSYNC_XML_OBJECT,
        [ERPSYNC_TYPE_DICTIONARY] = ERPSYNC_XML_DICTIONARY,
        [ERPSYNC_TYPE_READ_ONLY] = ERPSYNC_XML_VALUE
    };

    level->kind = ERPSYNC_XML_VALUE;

    switch (level[-1].kind) {

    case ERPSYNC_XML_DICTIONARY:
        level->kind = ERPSYNC_XML_ENTRY;
        return ERPSYNC_OK;

    case ERPSYNC_XML_ENTRY:

        if (!erpsync_xml_local(&name)) {
            return erpsync_xml_refuse(xml, ERPSYNC_XML_PREFIXES);
        }

        rc = erpsync_sink_part(xml->sink, &xml->entry, name, &level->part);

        if (level->part) {
            level->kind = ERPSYNC_XML_PART;
        }

        return rc;

    case ERPSYNC_XML_LIST:
        member = erpsync_sink_expects(xml->sink);

        if (member && member->type == ERPSYNC_TYPE_OBJECTS) {
            level->kind = ERPSYNC_XML_OBJECT;
        }

        return ERPSYNC_OK;

    default: /* ERPSYNC_XML_OBJECT */

        if (erpsync_xml_name(xml, name) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        member = erpsync_sink_expects(xml->sink);

        if (member) {
            level->kind = kinds[member->type];
        }

        return ERPSYNC_OK;
    }
}


/* Sends the name of a member. */

static erpsync_rc_t
erpsync_xml_name(erpsync_xml_t *xml, erpsync_str_t name)
{
    const erpsync_member_t  *member;

    member = erpsync_sink_find(xml->sink, name);

    if (member == NULL) {

        if (!erpsync_xml_local(&name)) {
            return erpsync_xml_refuse(xml, ERPSYNC_XML_PREFIXES);
        }

        member = erpsync_sink_find(xml->sink, name);
    }

    if (member) {
        return erpsync_sink_member(xml->sink, member);
    }

    if (!xml->stays) {

        /* the sink needs the name later; the room is empty now */

        if (erpsync_out_str(&xml->room, name) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        name.data = xml->room.start;
        erpsync_xml_keep(xml);
    }

    return erpsync_sink_name(xml->sink, (erpsync_text_t) { name, false });
}


/* Tells the sink what ends, or which scalar it was. */

static erpsync_rc_t
erpsync_xml_close(erpsync_xml_t *xml, erpsync_xml_level_t *level)
{
    erpsync_text_t  text;

    /* an empty array, object or dictionary */

    if (!level->open && level->kind >= ERPSYNC_XML_OBJECT && !level->nil
        && erpsync_is_blank(xml->text.str)
        && erpsync_xml_open(xml, level) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (level->open || level->kind == ERPSYNC_XML_ENTRY) {

        if (erpsync_xml_stray(xml) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        switch (level->kind) {

        case ERPSYNC_XML_ENTRY:
            return erpsync_sink_entry(xml->sink, &xml->entry);

        case ERPSYNC_XML_LIST:
            return erpsync_sink_array_end(xml->sink);

        default: /* ERPSYNC_XML_OBJECT, ERPSYNC_XML_DICTIONARY */
            return erpsync_sink_object_end(xml->sink);
        }
    }

    text = xml->text;
    erpsync_xml_keep(xml);

    if (level->kind == ERPSYNC_XML_PART) {
        level->part->null = level->nil;
        level->part->text = text;

        return ERPSYNC_OK;
    }

    return erpsync_sink_scalar(xml->sink, level->nil ? ERPSYNC_SCALAR_NULL
                                                     : ERPSYNC_SCALAR_UNTYPED,
                               text);
}


/* Text beside children is a violation, unless it is white space. */

static erpsync_rc_t
erpsync_xml_stray(erpsync_xml_t *xml)
{
    bool  blank;

    if (xml->text.str.len == 0) {
        return ERPSYNC_OK;
    }

    blank = erpsync_is_blank(xml->text.str);
    erpsync_xml_drop(xml);

    return blank ? ERPSYNC_OK : erpsync_sink_stray(xml->sink);
}


static erpsync_rc_t
erpsync_xml_refuse(erpsync_xml_t *xml, const char *message)
{
    xml->refusal = message;

    return ERPSYNC_ERROR;
}


/*
 * Takes the prefix off a name.  Returns false if the name is not a local name
 * with one prefix or none (Namespaces in XML, 4).
 */

static bool
erpsync_xml_local(erpsync_str_t *name)
{
    size_t          prefix;
    const uint8_t  *colon;

    colon = memchr(name->data, ':', name->len);

    if (colon == NULL) {
        return true;
    }

    prefix = (size_t) (colon - name->data);
    *name = erpsync_span(colon + 1, name->len - prefix - 1);

    return prefix && name->len && memchr(name->data, ':', name->len) == NULL;
}
