
/*
 * The target and the headers of a call as they are forwarded
 * (docs/headers.md).
 */


#ifndef ERPSYNC_FORWARD_H
#define ERPSYNC_FORWARD_H


#include "erpsync_gate.h"


/* Headers that are set or dropped, besides those of erpsync_header_id_t. */

enum {
    ERPSYNC_HEADER_OVERRIDE = ERPSYNC_HEADER_COUNT,   /* X-HTTP-Method, ... */
    ERPSYNC_HEADER_TRANSFER,
    ERPSYNC_HEADER_LENGTH,
    ERPSYNC_HEADER_NONE            /* any other one: not changed */
};


/*
 * The name is in the structure, and not behind a pointer, since each field of
 * a call is compared with one, and each cache line has to be waited for.
 */

typedef struct {
    uint8_t           name[30];    /* in lower case; ends with NUL */
    uint8_t           len;
    uint8_t           id;
    erpsync_str_t     key;         /* as it is forwarded; empty: never set */
} erpsync_known_header_t;


/*
 * Length and fourth byte of a name, which is a letter, lead to a slot, and each
 * known name has a slot of its own: so a field is compared with one name at
 * most.  A slot has the place in erpsync_known_headers[], or 0.
 */

#define ERPSYNC_KNOWN_SLOTS     64
#define ERPSYNC_KNOWN_SHORTEST  6

#define erpsync_known_slot(len, letter)                                       \
    (((len) * 4 + (letter)) % ERPSYNC_KNOWN_SLOTS)

extern const uint8_t                 erpsync_known_slots[ERPSYNC_KNOWN_SLOTS];
extern const erpsync_known_header_t  erpsync_known_headers[];


/* The bit of a header, in masks of headers. */

#define erpsync_header_bit(id)  (1u << (id))


/*
 * What is done with headers: those of "set" get a value, those of "drop" are
 * removed, all others are kept as they are.
 */

typedef struct {
    unsigned          set;
    unsigned          drop;
    unsigned          nset;                         /* of bits in "set" */
    erpsync_str_t     values[ERPSYNC_HEADER_NONE];  /* of those of "set" */
} erpsync_edits_t;


/*
 * Returns whether a name is the known one, which has small letters and hyphens
 * only.  The bit 0x20 makes small letters of capital ones, and is set in "-"
 * already.  It makes "-" of CR as well, which is in no name.  "n" is up to 24;
 * the last word may overlap those before it.
 */

static inline bool
erpsync_known_name(const uint8_t *p, const uint8_t *known, size_t n)
{
    static const uint64_t  lower = ERPSYNC_ONES * 0x20;

    if (n < 8) {
        return (erpsync_word_of(p, n) | lower) == erpsync_word_of(known, n);
    }

    return (erpsync_word(p) | lower) == erpsync_word(known)
           && (erpsync_word(p + n - 8) | lower) == erpsync_word(known + n - 8)
           && (n <= 16
               || (erpsync_word(p + 8) | lower) == erpsync_word(known + 8));
}

/*
 * Returns _OVERRIDE for a known name with "_" instead of "-", otherwise _NONE.
 */

unsigned erpsync_known_twin(erpsync_str_t name, const uint8_t *known)
    __attribute__((cold));

/*
 * Returns the id of a header by the name of a field; _NONE if it is not
 * changed.  For a name with "_" instead of "-", returns _OVERRIDE, so that the
 * field is dropped: for FastCGI, uwsgi, SCGI and $http_..., both names are the
 * same.
 */

static inline unsigned
erpsync_known_header_id(erpsync_str_t name)
{
    size_t                         slot;
    const erpsync_known_header_t  *header;

    if (name.len < ERPSYNC_KNOWN_SHORTEST) {
        return ERPSYNC_HEADER_NONE;
    }

    slot = erpsync_known_slot(name.len, name.data[3] | 0x20);
    header = &erpsync_known_headers[erpsync_known_slots[slot]];

    if (header->len != name.len) {
        return ERPSYNC_HEADER_NONE;
    }

    return erpsync_known_name(name.data, header->name, name.len)
           ? header->id : erpsync_known_twin(name, header->name);
}

/* Returns the names of the header with that id, which is not _NONE. */

const erpsync_known_header_t *erpsync_known_header(unsigned id);

/*
 * Decides what is done with each header, by its id.  If a header that is set
 * was sent in several fields, the first field is set, the others are dropped.
 * "body" is the length of the canonical body.  The values are those of the
 * verdict, or in the arena.  Returns ERPSYNC_ERROR if memory ran out.
 */

erpsync_rc_t erpsync_forward_headers(erpsync_arena_t *arena,
    const erpsync_policy_t *policy, const erpsync_verdict_t *verdict,
    size_t body, erpsync_edits_t *edits);

/*
 * Sets "target" to the canonical path, encoded, and the query.  Returns
 * ERPSYNC_ERROR if memory ran out.
 */

erpsync_rc_t erpsync_forward_target(erpsync_arena_t *arena,
    erpsync_str_t path, erpsync_str_t args, erpsync_str_t *target);


#endif /* ERPSYNC_FORWARD_H */
