
/*
 * The fast path of the JSON decoder.
 *
 * Clients mostly write the members of a request in the order of the schema,
 * and their values in canonical form.  The fast path judges and copies such a
 * request in one pass; if all of it is canonical, it is not even copied.
 *
 * The fast path gives up at the first thing that it does not expect: another
 * order, an escape that canonical form does not have, a value that must be
 * converted, any violation.  What it began is taken back, and the general
 * path (erpsync_json.c and the sink) judges the request.  So the fast path
 * refuses nothing, and the general path would accept what it accepts, with the
 * same bytes and facts.
 */


#ifndef ERPSYNC_JSON_FAST_H
#define ERPSYNC_JSON_FAST_H


#include "erpsync_sink.h"


typedef enum {
    ERPSYNC_JSON_FAST_NONE,      /* nothing is judged */
    ERPSYNC_JSON_FAST_DONE,      /* the document is judged */
    ERPSYNC_JSON_FAST_LIST       /* it is judged up to an element */
} erpsync_json_fast_rc_t;


/*
 * Judges a document with a sink that has had no event.  If it returns
 * ERPSYNC_JSON_FAST_LIST, the sink's array of objects is open, and "*pos" is
 * where the general path goes on: at an element, or, if it sets "*next", where
 * "," or "]" must come.
 */

erpsync_json_fast_rc_t erpsync_json_fast(erpsync_sink_t *sink,
    erpsync_str_t input, const uint8_t **pos, bool *next);

/*
 * Judges the object at "pos" as the next element of the sink's open array.
 * Returns the end of the object, or NULL if the general path must judge it.
 */

const uint8_t *erpsync_json_fast_element(erpsync_sink_t *sink,
    const uint8_t *pos, const uint8_t *last);

/* Returns whether erpsync_json_fast_element() may be called. */

static inline bool
erpsync_json_fast_applies(const erpsync_sink_t *sink)
{
    return sink->state == ERPSYNC_SINK_LIST && sink->at.list->items
           && !sink->invalid;
}


#endif /* ERPSYNC_JSON_FAST_H */
