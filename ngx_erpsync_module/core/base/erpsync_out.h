
/*
 * The bounded output writer: the only place that escapes.
 */


#ifndef ERPSYNC_OUT_H
#define ERPSYNC_OUT_H


#include "erpsync_arena.h"
#include "erpsync_text.h"


/* Grows in the arena; what was written before keeps its offset. */

typedef struct {
    erpsync_arena_t  *arena;
    uint8_t          *start;
    uint8_t          *pos;
    uint8_t          *last;
    size_t            hint;      /* of what it will hold in all */
} erpsync_out_t;


erpsync_rc_t erpsync_out_init(erpsync_out_t *out, erpsync_arena_t *arena,
    size_t size);

/* The same without memory yet: "size" is taken as soon as any is needed. */

void erpsync_out_later(erpsync_out_t *out, erpsync_arena_t *arena,
    size_t size);

/* For erpsync_out_reserve(); do not call. */

erpsync_rc_t erpsync_out_grow(erpsync_out_t *out, size_t size);


static inline size_t
erpsync_out_len(const erpsync_out_t *out)
{
    return (size_t) (out->pos - out->start);
}


/* Makes room for "size" bytes to be written unchecked. */

static inline erpsync_rc_t
erpsync_out_reserve(erpsync_out_t *out, size_t size)
{
    if (size <= (size_t) (out->last - out->pos)) {
        return ERPSYNC_OK;
    }

    return erpsync_out_grow(out, size);
}


/* Unchecked: room must have been reserved. */

static inline uint8_t *
erpsync_put(uint8_t *p, erpsync_str_t s)
{
    if (s.len) {
        memcpy(p, s.data, s.len);
    }

    return p + s.len;
}


/* What escaping adds to a text that is not clean. */

size_t erpsync_json_escapes(erpsync_str_t s);


/* Whether a text needs no escaping in JSON: it is clean, as was not known. */

bool erpsync_json_clean(erpsync_str_t s);


/* What a text needs as a JSON string, its quotes included. */

static inline size_t
erpsync_json_size(erpsync_text_t text)
{
    return text.str.len + 2
           + (text.clean ? 0 : erpsync_json_escapes(text.str));
}


/*
 * Writes a JSON string, quotes included, in the minimal escaping of the
 * contract, section 7.  Unchecked: erpsync_json_size() bytes are reserved.
 */

uint8_t *erpsync_put_json(uint8_t *p, erpsync_text_t text);


/* Checked writing, for what is not on the hot path. */

erpsync_rc_t erpsync_out_str(erpsync_out_t *out, erpsync_str_t s);
erpsync_rc_t erpsync_out_json(erpsync_out_t *out, erpsync_text_t text);
erpsync_rc_t erpsync_out_number(erpsync_out_t *out, uint64_t n);

/* Character data of XML 1.0; what XML cannot hold becomes U+FFFD. */

erpsync_rc_t erpsync_out_xml(erpsync_out_t *out, erpsync_str_t s);

/* A literal. */

#define erpsync_out_literal(out, s)                                           \
    erpsync_out_str(out, erpsync_span(s, sizeof(s) - 1))


#endif /* ERPSYNC_OUT_H */
