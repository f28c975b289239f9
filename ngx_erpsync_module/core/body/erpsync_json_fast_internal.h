
/*
 * The state of erpsync_json_fast.c, and what it does for every member: it
 * compares names, skips strings and white space, and copies.
 */


#ifndef ERPSYNC_JSON_FAST_INTERNAL_H
#define ERPSYNC_JSON_FAST_INTERNAL_H


#include "erpsync_json_fast.h"
#include "erpsync_json_rows.h"
#include "erpsync_scan.h"


#define ERPSYNC_JSON_FAST_ROOM    256   /* of output, beyond the input */
#define ERPSYNC_JSON_FAST_APART   256   /* from the input in its page */
#define ERPSYNC_JSON_FAST_PAGE    4096
#define ERPSYNC_JSON_FAST_TAIL    512   /* that is copied: two elements */
#define ERPSYNC_JSON_FAST_DIGITS  10    /* of an int32 */
#define ERPSYNC_JSON_FAST_FLIPS   64    /* an element needs eight at most */


/*
 * The input from "run" up to the byte that is judged next is output that is
 * not copied yet.  A run ends where something is left out or replaced, such as
 * white space.  Many clients write names in camel case: a run may go on over
 * them, and the letters in "flips" change their case when it is copied.
 *
 * The output is never longer than the input that was read and
 * ERPSYNC_JSON_FAST_ROOM.
 */

typedef struct {
    const uint8_t           *run;
    uint8_t                 *out;       /* end of what is copied, or NULL */
    unsigned                 flip;      /* the first one after "run" */
    unsigned                 nflips;
} erpsync_json_fast_mark_t;


typedef struct {
    erpsync_json_fast_mark_t     at;
    const uint8_t           *last;
    erpsync_sink_t          *sink;

    erpsync_sink_begun_t     begun;     /* the request, up to its list */
    const uint8_t           *element;   /* the one that is judged, or NULL */
    const uint8_t           *end;       /* of the one before, or of "[" */
    erpsync_json_fast_mark_t     end_at;
    const uint8_t           *lanes;     /* of erpsync_json_rows() */

    const uint8_t           *flips[ERPSYNC_JSON_FAST_FLIPS];
} erpsync_json_fast_t;


/* What erpsync_json_fast_lead() has judged. */

typedef struct {
    const erpsync_member_t  *member;    /* the one that comes next */
    unsigned                 present;   /* a bit for each that is there */
    bool                     named;     /* the next one's value follows */
} erpsync_json_fast_lead_t;


/*
 * Starts the output, with room for all input that is left.  Returns false if
 * there is no memory.
 */

bool erpsync_json_fast_room(erpsync_json_fast_t *fast);

/*
 * Leaves out the white space at "p" and returns its end.  Returns NULL if
 * there is none, or nothing behind it, or no memory.
 */

const uint8_t *erpsync_json_fast_gap(erpsync_json_fast_t *fast,
    const uint8_t *p);

/*
 * Judges the members in front of the array of the request at "p", with AVX2.
 * The output is copied up to there.  Goes as far as members are as programs
 * write them, compact or with white space, and writes them.  Returns the end of
 * the last one, or "p"; or the array, if its name is written, too.  "lead" is
 * to be that of no members.
 *
 * Only if ERPSYNC_ROWS_AHEAD bytes are left, and erpsync_wide() is true.
 */

const uint8_t *erpsync_json_fast_lead(erpsync_json_fast_t *fast,
    const erpsync_object_t *object, const uint8_t *p,
    erpsync_json_fast_lead_t *lead);

/*
 * Returns whether the object at "p" may be canonical, by its first member.
 * ERPSYNC_ROWS_SPACED bytes must be there.
 */

static inline bool
erpsync_json_fast_as_is(const erpsync_object_t *object, const uint8_t *p)
{
    return p[2] == object->members->match[1]
           && !erpsync_json_rows_spaced(object, p);
}


/*
 * Copies the run, which ends at "p", and begins the next one at "from".
 * Returns false if there is no memory.
 */

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


/*
 * Returns the next byte that is not white space, and leaves out what is in
 * front of it.  Returns NULL at the end of the input, and if there is no
 * memory.
 */

static inline const uint8_t *
erpsync_json_fast_space(erpsync_json_fast_t *fast, const uint8_t *p)
{
    if (p < fast->last && *p > ' ') {
        return p;
    }

    return erpsync_json_fast_gap(fast, p);
}


/*
 * Compares the first letter of the name at "p", of which the rest is equal.
 * Returns true if it is the member's in either case; the lower case of camel
 * case is flipped in the output.
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
 * Returns whether the member's name, in its documented case or in camel case,
 * and ":" are at "p".
 */

static inline bool
erpsync_json_fast_key(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p, const uint8_t *last)
{
#if (ERPSYNC_SSE2)

    if (last - p >= ERPSYNC_MAX_KEY) {

        /*
         * bits of 32 bytes that are equal; match_any has those of the first
         * letter, and of what follows the colon
         */

        return (erpsync_scan_equal(p, member->match) | member->match_any)
               == UINT32_MAX
               && erpsync_json_fast_camel(fast, member, p);
    }

#endif

    return (size_t) (last - p) >= member->match_len && p[0] == '"'
           && memcmp(p + 2, member->match + 2, member->match_len - 2u) == 0
           && erpsync_json_fast_camel(fast, member, p);
}


/* Returns the end of the "true" or "false" at "p", or NULL. */

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
 * Judges the integer at "p", and notes it if grants may be limited by it.
 * Returns its end, or NULL to give up.
 */

static inline const uint8_t *
erpsync_json_fast_int32(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p)
{
    int64_t         n;
    const uint8_t  *start;

    n = 0;
    start = p;

    while (p < fast->last && erpsync_is_digit(*p)) {

        if (p - start == ERPSYNC_JSON_FAST_DIGITS) {
            return NULL;
        }

        n = n * 10 + (*p++ - '0');
    }

    if (p == start || (*start == '0' && p - start > 1) || n > INT32_MAX
        || ((member->flags & ERPSYNC_POSITIVE) && n < 1))
    {
        return NULL;
    }

    if (member->role == ERPSYNC_ROLE_CONNECTION) {
        fast->sink->facts.has_connection = true;
        fast->sink->facts.connection = (int32_t) n;
    }

    return p;
}


/*
 * Finds the value that the string at "p" names in any case, and notes it if
 * grants may be limited by it.  Returns its ordinal, or 0 to give up.
 */

static inline unsigned
erpsync_json_fast_enum(erpsync_json_fast_t *fast,
    const erpsync_member_t *member, const uint8_t *p)
{
    unsigned        i;
    erpsync_str_t   name;
    const uint8_t  *end;

    if (*p++ != '"') {
        return 0;
    }

    end = erpsync_scan_text(p, fast->last);

    if (end == fast->last || *end != '"') {
        return 0;
    }

    name = erpsync_span(p, (size_t) (end - p));

    for (i = 1; /* void */ ; i++) {

        if (i == member->values->nvalues) {
            return 0;
        }

        if (erpsync_name_is(name, member->values->values[i])) {
            break;
        }
    }

    if (member->role == ERPSYNC_ROLE_CRM_ACTOR) {
        fast->sink->facts.crm_actor = i;

    } else if (member->role == ERPSYNC_ROLE_ERP_ACTOR) {
        fast->sink->facts.erp_actor = i;
    }

    return i;
}


/*
 * Returns the end of a string, which begins at "p" behind its quote.  Returns
 * NULL if the general path must judge it.
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

        p = erpsync_json_character(p, last);

        if (p == NULL) {
            return NULL;
        }
    }

    /* a text never has more UTF-16 code units than bytes */

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
