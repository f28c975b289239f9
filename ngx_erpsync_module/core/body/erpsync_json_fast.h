
/*
 * The fast path of the JSON decoder.
 *
 * A request as its clients write it has its members in the order of the
 * schema and values that stand in canonical form already.  Such a request is
 * judged and copied in one pass, without a span kept for any member; one
 * that is canonical from end to end is not even copied.
 *
 * At the first thing that is anything else (another order, an escape that
 * canonical form does not have, a value that is to be converted, any
 * violation at all) what was begun is taken back and the ordinary decoder
 * and the sink judge it.  So nothing is refused here, and what is taken here
 * they take as well, with the same bytes and facts.
 */


#ifndef ERPSYNC_JSON_FAST_H
#define ERPSYNC_JSON_FAST_H


#include "erpsync_sink.h"


typedef enum {
    ERPSYNC_JSON_FAST_NONE,      /* nothing was taken */
    ERPSYNC_JSON_FAST_DONE,      /* all of it was */
    ERPSYNC_JSON_FAST_LIST       /* the sink's list is open: go on at "pos" */
} erpsync_json_fast_rc_t;


/*
 * A whole document, its sink fresh.  "*pos" is set where the decoder goes on
 * after ERPSYNC_JSON_FAST_LIST: at an element, or where "," or "]" is due,
 * which "*next" tells.
 */

erpsync_json_fast_rc_t erpsync_json_fast(erpsync_sink_t *sink,
    erpsync_str_t input, const uint8_t **pos, bool *next);

/*
 * The object at "pos" as the next element of the open list; returns its end,
 * or NULL where nothing was taken.
 */

const uint8_t *erpsync_json_fast_element(erpsync_sink_t *sink,
    const uint8_t *pos, const uint8_t *last);

/* Whether the next value may be tried so. */

static inline bool
erpsync_json_fast_applies(const erpsync_sink_t *sink)
{
    return sink->state == ERPSYNC_SINK_LIST && sink->at.list->items
           && !sink->invalid;
}


#endif /* ERPSYNC_JSON_FAST_H */
