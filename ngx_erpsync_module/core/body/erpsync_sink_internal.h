
/*
 * The parts of the schema sink.  erpsync_sink.c judges by the schema and calls
 * erpsync_sink_frame.c (open objects), erpsync_sink_dictionary.c,
 * erpsync_opaque.c (values without schema) and erpsync_canonical.c (output).
 */


#ifndef ERPSYNC_SINK_INTERNAL_H
#define ERPSYNC_SINK_INTERNAL_H


#include "erpsync_sink_violation.h"


/*
 * Opens an object, or a dictionary if "object" is NULL.  Returns its frame, or
 * NULL if there is no memory.
 */

erpsync_frame_t *erpsync_sink_open(erpsync_sink_t *sink,
    const erpsync_object_t *object);

/*
 * Notes that the last name was given before, and skips its value.  "member" is
 * NULL if the schema does not know it.
 */

erpsync_rc_t erpsync_sink_duplicate(erpsync_sink_t *sink,
    const erpsync_member_t *member);

/*
 * Begins and ends the output of an array, object or dictionary, the value of
 * the member at sink->at.
 */

erpsync_rc_t erpsync_sink_begin(erpsync_sink_t *sink);
erpsync_rc_t erpsync_sink_done(erpsync_sink_t *sink);

/* Closes the innermost object, which is written already. */

erpsync_rc_t erpsync_sink_close(erpsync_sink_t *sink);


/* Returns the value of the member at sink->at. */

static inline erpsync_value_t *
erpsync_sink_value(erpsync_sink_t *sink)
{
    erpsync_frame_t  *frame;

    frame = sink->frame;

    return &frame->values[sink->at.member - frame->object->members];
}


/*
 * Makes the value that comes next one without schema.  It is checked for names
 * that are given twice, and written to "copy" unless that is NULL.
 */

void erpsync_opaque_enter(erpsync_sink_t *sink, erpsync_out_t *copy);

/* Drops the value that comes next: it only has to be well-formed. */

void erpsync_opaque_drop(erpsync_sink_t *sink);

/* Events in a value without schema. */

erpsync_rc_t erpsync_opaque_begin(erpsync_sink_t *sink, bool object);
erpsync_rc_t erpsync_opaque_name(erpsync_sink_t *sink, erpsync_text_t name);
erpsync_rc_t erpsync_opaque_end(erpsync_sink_t *sink);
erpsync_rc_t erpsync_opaque_scalar(erpsync_sink_t *sink,
    erpsync_scalar_t type, erpsync_text_t text);


/* Events in a dictionary: a key, and a value that is a scalar. */

erpsync_rc_t erpsync_dictionary_name(erpsync_sink_t *sink,
    erpsync_text_t name);
erpsync_rc_t erpsync_dictionary_scalar(erpsync_sink_t *sink,
    erpsync_scalar_t type, erpsync_text_t text);


/*
 * Writes the members of the innermost object that are not written yet, up to
 * the name of member number "last", whose value is written next.
 */

erpsync_rc_t erpsync_canonical_head(erpsync_sink_t *sink, unsigned last);

/* Writes the rest of the innermost object, in canonical order. */

erpsync_rc_t erpsync_canonical_object(erpsync_sink_t *sink);


#endif /* ERPSYNC_SINK_INTERNAL_H */
