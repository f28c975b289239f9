
#include "erpsync_sink_internal.h"


static erpsync_rc_t erpsync_opaque_unknown(erpsync_sink_t *sink);
static bool erpsync_opaque_absent(erpsync_sink_t *sink);
static erpsync_rc_t erpsync_opaque_separator(erpsync_sink_t *sink);
static void erpsync_opaque_ended(erpsync_sink_t *sink);


void
erpsync_opaque_enter(erpsync_sink_t *sink, erpsync_out_t *copy)
{
    sink->resume = sink->state;
    sink->state = ERPSYNC_SINK_OPAQUE;
    sink->copy = copy;
    sink->dropped = false;
    sink->unknown = false;
    sink->depth = 0;
}


void
erpsync_opaque_drop(erpsync_sink_t *sink)
{
    erpsync_opaque_enter(sink, NULL);
    sink->dropped = true;
}


erpsync_rc_t
erpsync_opaque_begin(erpsync_sink_t *sink, bool object)
{
    unsigned          i;
    erpsync_level_t  *level;

    if (sink->levels == NULL) {
        sink->levels = erpsync_alloc(sink->arena, ERPSYNC_MAX_DEPTH
                                                  * sizeof(erpsync_level_t));
        if (sink->levels == NULL) {
            return ERPSYNC_ERROR;
        }

        for (i = 0; i < ERPSYNC_MAX_DEPTH; i++) {
            erpsync_nameset_create(&sink->levels[i].names);
        }
    }

    if (sink->depth == ERPSYNC_MAX_DEPTH
        || erpsync_opaque_unknown(sink) != ERPSYNC_OK
        || erpsync_opaque_separator(sink) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    level = &sink->levels[sink->depth++];
    level->object = object;
    level->compare = ERPSYNC_NAMES_FOLDED;

    if (sink->dropped || sink->depth > sink->checked) {
        level->compare = ERPSYNC_NAMES_FREE;

    } else if (sink->depth > 1 && level[-1].object
               && erpsync_is_dictionary(level[-1].name))
    {
        level->compare = ERPSYNC_NAMES_EXACT;
    }

    level->count = 0;
    level->name = erpsync_span(NULL, 0);
    erpsync_nameset_init(&level->names);

    if (sink->copy) {
        return erpsync_out_str(sink->copy,
                               erpsync_span(object ? "{" : "[", 1));
    }

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_opaque_name(erpsync_sink_t *sink, erpsync_text_t name)
{
    bool              duplicate;
    erpsync_level_t  *level;

    level = &sink->levels[sink->depth - 1];
    level->name = name.str;
    level->mark = sink->copy ? erpsync_out_len(sink->copy) : 0;

    duplicate = false;

    if (level->compare != ERPSYNC_NAMES_FREE
        && erpsync_nameset_add(&level->names, sink->arena, sink->conf.key,
                               name.str,
                               level->compare == ERPSYNC_NAMES_EXACT,
                               &duplicate)
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (duplicate
        && erpsync_violation(sink, ERPSYNC_CODE_DUPLICATE, ERPSYNC_AT_VALUE,
                             NULL, ERPSYNC_TYPE_READ_ONLY)
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (sink->copy == NULL) {
        return ERPSYNC_OK;
    }

    if (level->count > 0
        && erpsync_out_literal(sink->copy, ",") != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (erpsync_out_json(sink->copy, name) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    return erpsync_out_literal(sink->copy, ":");
}


erpsync_rc_t
erpsync_opaque_end(erpsync_sink_t *sink)
{
    erpsync_level_t  *level;

    level = &sink->levels[--sink->depth];

    if (sink->copy
        && erpsync_out_str(sink->copy,
                           erpsync_span(level->object ? "}" : "]", 1))
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    erpsync_opaque_ended(sink);

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_opaque_scalar(erpsync_sink_t *sink, erpsync_scalar_t type,
    erpsync_text_t text)
{
    erpsync_rc_t  rc;

    if (type == ERPSYNC_SCALAR_NULL && sink->merge
        && erpsync_opaque_absent(sink))
    {
        return ERPSYNC_OK;
    }

    if (erpsync_opaque_unknown(sink) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (type == ERPSYNC_SCALAR_NULL && sink->null_absent
        && erpsync_opaque_absent(sink))
    {
        return ERPSYNC_OK;
    }

    if (sink->copy) {

        if (erpsync_opaque_separator(sink) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        switch (type) {

        case ERPSYNC_SCALAR_STRING:
        case ERPSYNC_SCALAR_UNTYPED:
            rc = erpsync_out_json(sink->copy, text);
            break;

        case ERPSYNC_SCALAR_NUMBER:
            rc = erpsync_out_str(sink->copy, text.str);
            break;

        case ERPSYNC_SCALAR_TRUE:
            rc = erpsync_out_literal(sink->copy, "true");
            break;

        case ERPSYNC_SCALAR_FALSE:
            rc = erpsync_out_literal(sink->copy, "false");
            break;

        default:
            rc = erpsync_out_literal(sink->copy, "null");
            break;
        }

        if (rc != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }

    erpsync_opaque_ended(sink);

    return ERPSYNC_OK;
}


/*
 * Judges an unknown member when its value begins: it is a violation, or is
 * counted.  This is late enough to treat a null in a merge-patch as absent
 * (RFC 7396, 2).  A blank value in a form is as absent, too, but its name is
 * judged: JSON that is sent as a form is an unknown name without a value, and
 * must not be accepted as a form without members.
 */

static erpsync_rc_t
erpsync_opaque_unknown(erpsync_sink_t *sink)
{
    if (!sink->unknown) {
        return ERPSYNC_OK;
    }

    sink->unknown = false;

    if (sink->conf.unknown == ERPSYNC_UNKNOWN_REJECT) {
        return erpsync_violation(sink, ERPSYNC_CODE_UNKNOWN, ERPSYNC_AT_VALUE,
                                 NULL, ERPSYNC_TYPE_READ_ONLY);
    }

    sink->facts.unknown++;

    return ERPSYNC_OK;
}


/*
 * Takes back a member, of which the name is written already, since its value
 * is null.  Returns false if the null is not the value of a member.
 */

static bool
erpsync_opaque_absent(erpsync_sink_t *sink)
{
    erpsync_level_t  *level;

    if (sink->depth) {
        level = &sink->levels[sink->depth - 1];

        if (!level->object) {
            return false;
        }

        if (sink->copy) {
            sink->copy->pos = sink->copy->start + level->mark;
        }

        return true;
    }

    if (sink->resume != ERPSYNC_SINK_MEMBERS) {
        return false;
    }

    if (sink->copy) {
        sink->copy->pos = sink->copy->start + sink->mark;
    }

    sink->state = sink->resume;

    return true;
}


/*
 * Writes the comma in front of an element.  The one of a member is written
 * with its name.
 */

static erpsync_rc_t
erpsync_opaque_separator(erpsync_sink_t *sink)
{
    erpsync_level_t  *level;

    if (sink->copy == NULL || sink->depth == 0) {
        return ERPSYNC_OK;
    }

    level = &sink->levels[sink->depth - 1];

    if (level->object || level->count == 0) {
        return ERPSYNC_OK;
    }

    return erpsync_out_literal(sink->copy, ",");
}


static void
erpsync_opaque_ended(erpsync_sink_t *sink)
{
    if (sink->depth) {
        sink->levels[sink->depth - 1].count++;
        return;
    }

    sink->state = sink->resume;

    if (sink->state == ERPSYNC_SINK_LIST) {
        sink->at.index++;

    } else if (sink->state == ERPSYNC_SINK_ROOT) {
        sink->state = ERPSYNC_SINK_END;
    }
}
