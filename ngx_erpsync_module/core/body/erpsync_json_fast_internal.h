
/*
 * The state of erpsync_json_fast.c, and what it does for every member:
 * matching names, passing over strings and white space, copying.
 */


#ifndef ERPSYNC_JSON_FAST_INTERNAL_H
#define ERPSYNC_JSON_FAST_INTERNAL_H


#include "erpsync_json_fast.h"
#include "erpsync_scan.h"


#define ERPSYNC_JSON_FAST_ROOM    256   /* of output, beyond the input */
#define ERPSYNC_JSON_FAST_DIGITS  10


#define ERPSYNC_JSON_FAST_FLIPS   64    /* kept; an element needs eight */


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
} erpsync_json_fast_mark_t;


typedef struct {
    erpsync_json_fast_mark_t     at;
    const uint8_t           *last;
    erpsync_sink_t          *sink;

    erpsync_sink_begun_t     begun;     /* the request, up to its list */
    const uint8_t           *element;   /* that comes; or NULL */
    const uint8_t           *end;       /* of "[" or of the element before */
    erpsync_json_fast_mark_t     end_at;

    const uint8_t           *flips[ERPSYNC_JSON_FAST_FLIPS];
} erpsync_json_fast_t;


/* Output begins: all of the input that is left may have to go there. */

bool erpsync_json_fast_room(erpsync_json_fast_t *fast);

/* White space at "p", which is left out; NULL where it is none, or all. */

const uint8_t *erpsync_json_fast_gap(erpsync_json_fast_t *fast,
    const uint8_t *p);

/*
 * Behind the escape or the character beyond ASCII at "p"; NULL where it is
 * malformed or stands otherwise in canonical form.
 */

const uint8_t *erpsync_json_fast_character(const uint8_t *p,
    const uint8_t *last);


/* Copies the run up to "p"; what is output goes on at "from". */

static inline bool
erpsync_json_fast_skip(erpsync_json_fast_t *fast, const uint8_t *p,
    const uint8_t *from)
{
    size_t          n;
    uint8_t        *out;
    const uint8_t  *run;

    if (fast->at.out == NULL && !erpsync_json_fast_room(fast)) {
        return false;
    }

    run = fast->at.run;
    n = (size_t) (p - run);
    out = fast->at.out;

    fast->at.run = from;
    fast->at.out = out + n;

    (void) erpsync_scan_copy(out, run, n, fast->last);

    for ( /* void */ ; fast->at.flip < fast->at.nflips; fast->at.flip++) {
        out[fast->flips[fast->at.flip] - run] ^= 0x20;
    }

    return true;
}


/* The next byte that is no white space; NULL at the end. */

static inline const uint8_t *
erpsync_json_fast_space(erpsync_json_fast_t *fast, const uint8_t *p)
{
    if (p < fast->last && *p > ' ') {
        return p;
    }

    return erpsync_json_fast_gap(fast, p);
}


/*
 * The first letter of a name at "p" that is otherwise the member's is to be
 * that of its documented case, or of camel case.
 */

static inline bool
erpsync_json_fast_camel(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p)
{
    uint8_t  letter;

    letter = member->match[1];

    if (p[1] == letter) {
        return true;
    }

    if (p[1] != (letter | 0x20)) {
        return false;
    }

    fast->flips[fast->at.nflips++] = p + 1;

    return true;
}


/*
 * Whether the member's name, in its documented case or in camel case, and
 * ":" are at "p".
 */

static inline bool
erpsync_json_fast_key(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p, const uint8_t *last)
{
#if (ERPSYNC_SSE2)

    if (last - p >= ERPSYNC_MAX_KEY) {

        /* the bits of the first letter and of what is behind the name: any */

        return (erpsync_scan_equal(p, member->match) | member->match_any)
               == UINT32_MAX
               && erpsync_json_fast_camel(fast, member, p);
    }

#endif

    return (size_t) (last - p) >= member->match_len && p[0] == '"'
           && memcmp(p + 2, member->match + 2, member->match_len - 2u) == 0
           && erpsync_json_fast_camel(fast, member, p);
}


/* Behind the "true" or "false" at "p", or NULL. */

static inline const uint8_t *
erpsync_json_fast_bool(const uint8_t *p, const uint8_t *last)
{
    if (last - p < 5) {
        return NULL;
    }

    if (memcmp(p, "true", 4) == 0) {
        return p + 4;
    }

    return (memcmp(p, "false", 5) == 0) ? p + 5 : NULL;
}


/*
 * The end of the string that begins behind its quote at "p"; NULL where it
 * is not for here.
 */

static inline const uint8_t *
erpsync_json_fast_string(const erpsync_member_t *member, const uint8_t *p,
    const uint8_t *last)
{
    const uint8_t  *start;

#if (ERPSYNC_SSE2)
    unsigned        stops;
#endif

    start = p;

    for ( ;; ) {

#if (ERPSYNC_SSE2)

        if (last - p >= 16) {
            stops = erpsync_scan_stops(p);

            if (stops == 0) {
                p += 16;
                continue;
            }

            p += (unsigned) __builtin_ctz(stops);

        } else {
            p = erpsync_scan_text(p, last);

            if (p == last) {
                return NULL;
            }
        }

#else

        p = erpsync_scan_text(p, last);

        if (p == last) {
            return NULL;
        }

#endif

        if (*p == '"') {
            break;
        }

        p = erpsync_json_fast_character(p, last);

        if (p == NULL) {
            return NULL;
        }
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


#endif /* ERPSYNC_JSON_FAST_INTERNAL_H */
