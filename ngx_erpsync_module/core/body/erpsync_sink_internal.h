
/*
 * The parts of the schema sink: what erpsync_sink.c (schema) asks of
 * erpsync_opaque.c (values without schema), erpsync_sink_dictionary.c and
 * erpsync_canonical.c (output).
 */


#ifndef ERPSYNC_SINK_INTERNAL_H
#define ERPSYNC_SINK_INTERNAL_H


#include "erpsync_sink_violation.h"


/*
 * Opens an object, or a dictionary if "object" is NULL: an empty frame.
 * Returns NULL if there is no memory.
 */

erpsync_frame_t *erpsync_sink_open(erpsync_sink_t *sink,
    const erpsync_object_t *object);


/*
 * Enters a value that no schema describes.  It is written to "copy" unless
 * that is NULL, and checked for names that stand twice.
 */

void erpsync_opaque_enter(erpsync_sink_t *sink, erpsync_out_t *copy);

/* Enters a value that is dropped: it only has to be well-formed. */

void erpsync_opaque_drop(erpsync_sink_t *sink);

erpsync_rc_t erpsync_opaque_begin(erpsync_sink_t *sink, bool object);
erpsync_rc_t erpsync_opaque_name(erpsync_sink_t *sink, erpsync_text_t name);
erpsync_rc_t erpsync_opaque_end(erpsync_sink_t *sink);
erpsync_rc_t erpsync_opaque_scalar(erpsync_sink_t *sink,
    erpsync_scalar_t type, erpsync_text_t text);


/* A key of the open dictionary, and the value that is a scalar. */

erpsync_rc_t erpsync_dictionary_name(erpsync_sink_t *sink,
    erpsync_text_t name);
erpsync_rc_t erpsync_dictionary_scalar(erpsync_sink_t *sink,
    erpsync_scalar_t type, erpsync_text_t text);


/*
 * Writes the innermost object's members that are not written yet, up to the
 * name of member "last", whose value is written next.
 */

erpsync_rc_t erpsync_canonical_head(erpsync_sink_t *sink, unsigned last);

/* Ends the innermost object: what of it is not written yet. */

erpsync_rc_t erpsync_canonical_object(erpsync_sink_t *sink);


#endif /* ERPSYNC_SINK_INTERNAL_H */
