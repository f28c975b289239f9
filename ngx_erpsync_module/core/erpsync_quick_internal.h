
/*
 * The state of erpsync_quick.c, and what it does for every member: matching
 * names, passing over strings and white space, copying.
 */


#ifndef ERPSYNC_QUICK_INTERNAL_H
#define ERPSYNC_QUICK_INTERNAL_H


#include "erpsync_quick.h"
#include "erpsync_scan.h"
#include "erpsync_sink_internal.h"


#define ERPSYNC_QUICK_ROOM    256   /* of output, beyond the input's length */
#define ERPSYNC_QUICK_DIGITS  10


#define ERPSYNC_QUICK_FLIPS   64    /* kept; an element needs eight */


/*
 * From "run" to the place that is judged, input goes out as it stands, but
 * for the letters in "flips", whose case changes: clients that write names
 * in camel case are many.  Only where something else is left out or replaced
 * is it copied.  What goes out is never longer than what was read, but for
 * the room.
 */

typedef struct {
    const uint8_t           *run;
    uint8_t                 *out;       /* end of the copied; NULL: none */
    unsigned                 flip;      /* the first after "run" */
    unsigned                 nflips;
} erpsync_quick_mark_t;


typedef struct {
    erpsync_quick_mark_t     at;
    const uint8_t           *last;
    erpsync_sink_t          *sink;

    /* the request's list, and how far it was taken */

    const erpsync_member_t  *list;
    size_t                   start;     /* its offset in the output */
    size_t                   index;
    unsigned                 seen;      /* members of the request, up to it */
    unsigned                 present;   /* those that are not null */
    const uint8_t           *element;   /* that comes; or NULL */
    const uint8_t           *end;       /* of "[" or of the element before */
    erpsync_quick_mark_t     end_at;

    const uint8_t           *flips[ERPSYNC_QUICK_FLIPS];
} erpsync_quick_t;


/* Output begins: all of the input that is left may have to go there. */

bool erpsync_quick_room(erpsync_quick_t *q);

/* White space at "p", which is left out; NULL where it is none, or all. */

const uint8_t *erpsync_quick_gap(erpsync_quick_t *q, const uint8_t *p);


/* Copies the run up to "p"; what is output goes on at "from". */

static inline bool
erpsync_quick_skip(erpsync_quick_t *q, const uint8_t *p, const uint8_t *from)
{
    size_t          n;
    uint8_t        *out;
    const uint8_t  *run;

    if (q->at.out == NULL && !erpsync_quick_room(q)) {
        return false;
    }

    run = q->at.run;
    n = (size_t) (p - run);
    out = q->at.out;

    q->at.run = from;
    q->at.out = out + n;

    (void) erpsync_scan_copy(out, run, n, q->last);

    for ( /* void */ ; q->at.flip < q->at.nflips; q->at.flip++) {
        out[q->flips[q->at.flip] - run] ^= 0x20;
    }

    return true;
}


/* The next byte that is no white space; NULL at the end. */

static inline const uint8_t *
erpsync_quick_space(erpsync_quick_t *q, const uint8_t *p)
{
    if (p < q->last && *p > ' ') {
        return p;
    }

    return erpsync_quick_gap(q, p);
}


/* Whether the first letter at "p" is that of "match" in camel case. */

static inline bool
erpsync_quick_camel(erpsync_quick_t *q, const erpsync_member_t *member,
    const uint8_t *p)
{
    if (p[1] != (member->match[1] | 0x20)) {
        return false;
    }

    /* the ordinary decoder makes nothing of the case, should it go on */

    if (q->sink->conf.writable) {
        *(uint8_t *) (uintptr_t) (p + 1) = member->match[1];
        return true;
    }

    q->flips[q->at.nflips++] = p + 1;

    return true;
}


/*
 * Whether the member's name, in its documented case or in camel case, and
 * ":" are at "p".
 */

static inline bool
erpsync_quick_key(erpsync_quick_t *q, const erpsync_member_t *member,
    const uint8_t *p)
{
#if (ERPSYNC_SSE2)

    uint32_t  equal, wanted;

    if (q->last - p >= ERPSYNC_MAX_KEY) {
        wanted = (1u << member->match_len) - 1;
        equal = erpsync_scan_equal(p, member->match) & wanted;

        return equal == wanted
               || ((equal | 2) == wanted
                   && erpsync_quick_camel(q, member, p));
    }

#endif

    if ((size_t) (q->last - p) < member->match_len || p[0] != '"'
        || memcmp(p + 2, member->match + 2, member->match_len - 2) != 0)
    {
        return false;
    }

    return p[1] == member->match[1] || erpsync_quick_camel(q, member, p);
}


/* The end of the string that begins behind its quote at "p", or NULL. */

static inline const uint8_t *
erpsync_quick_string(const erpsync_quick_t *q,
    const erpsync_member_t *member, const uint8_t *p)
{
    size_t          n;
    const uint8_t  *start;

    start = p;

    for ( ;; ) {
        p = erpsync_scan_text(p, q->last);

        if (p == q->last) {
            return NULL;
        }

        if (*p == '"') {
            break;
        }

        if (*p == '\\') {

            /* these stand in canonical form as well */

            if (q->last - p < 2 || p[1] == '\0'
                || strchr("\"\\bfnrt", p[1]) == NULL)
            {
                return NULL;
            }

            p += 2;
            continue;
        }

        n = (*p < 0x20) ? 0 : erpsync_utf8_sequence(p, q->last);

        if (n == 0) {
            return NULL;
        }

        p += n;
    }

    /* text has never more code units than bytes, escaped or not */

    if (member->max_length && (size_t) (p - start) > member->max_length) {
        return NULL;
    }

    if ((member->flags & ERPSYNC_NOT_BLANK)
        && (p == start || *start <= ' ' || *start == '\\'))
    {
        return NULL;
    }

    return p + 1;
}


#endif /* ERPSYNC_QUICK_INTERNAL_H */
