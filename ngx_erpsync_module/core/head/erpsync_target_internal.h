
/* How a target is read; for erpsync_target*.c only. */


#ifndef ERPSYNC_TARGET_INTERNAL_H
#define ERPSYNC_TARGET_INTERNAL_H


#include "erpsync_target.h"


/* More bits of how a server reads a path: the filter of System.Web. */

#define ERPSYNC_TARGET_COOKIELESS  0x10   /* "(S(...))" is removed */
#define ERPSYNC_TARGET_JOINED      0x20   /* and the slash in front of it */


/*
 * Where a path ends if it is sent without encoding, by proxy_pass with $uri or
 * with a capture.
 */

typedef enum {
    ERPSYNC_CUT_QUERY,       /* at "?" or white space */
    ERPSYNC_CUT_FRAGMENT     /* also at "#" */
} erpsync_cut_t;


/* Returns whether "s" has the byte "c". */

static inline bool
erpsync_target_has(erpsync_str_t s, uint8_t c)
{
    return s.len && memchr(s.data, c, s.len) != NULL;
}


/* Returns the length of a path up to where "cut" ends it. */

size_t erpsync_target_end(erpsync_str_t s, erpsync_cut_t cut);

/*
 * Decodes percent sequences in place and returns the new length.  Invalid
 * sequences stay, and without "unicode" those with "u", such as %u0045;
 * "left", if not NULL, is set to whether there were any.  %2F becomes
 * ERPSYNC_KEPT_SLASH.
 */

size_t erpsync_target_decode(uint8_t *data, size_t len, bool unicode,
    bool *left);

/*
 * Removes dot segments in place, as "how" says, and returns the new length.
 * "above", if not NULL, is set to whether ".." led above the root.
 */

size_t erpsync_target_resolve(uint8_t *data, size_t len, unsigned how,
    bool *above);

/*
 * Removes what System.Web's filter may read as a session id or the like,
 * "(S(...))" or "(A(...)F(...))" within a segment, in place.  Returns the new
 * length.
 */

size_t erpsync_target_cookieless(uint8_t *data, size_t len, bool joined);


#endif /* ERPSYNC_TARGET_INTERNAL_H */
