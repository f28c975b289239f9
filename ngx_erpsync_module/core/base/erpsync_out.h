
/* The output writer. All escaping is done here. */


#ifndef ERPSYNC_OUT_H
#define ERPSYNC_OUT_H


#include "erpsync_arena.h"
#include "erpsync_text.h"


/*
 * The output grows in the arena.  Offsets into it stay valid, pointers do not.
 */

typedef struct {
    erpsync_arena_t  *arena;
    uint8_t          *start;
    uint8_t          *pos;
    uint8_t          *last;
    size_t            hint;      /* expected size of all output */
} erpsync_out_t;


/*
 * Starts an output with room for "size" bytes.  Returns ERPSYNC_ERROR if there
 * is no memory.
 */

erpsync_rc_t erpsync_out_init(erpsync_out_t *out, erpsync_arena_t *arena,
    size_t size);

/*
 * Starts an output that takes memory, at least "size" bytes, at the first
 * write.
 */

void erpsync_out_later(erpsync_out_t *out, erpsync_arena_t *arena,
    size_t size);

/* For erpsync_out_reserve(); do not call. */

erpsync_rc_t erpsync_out_grow(erpsync_out_t *out, size_t size);


/* Returns the number of bytes that are written. */

static inline size_t
erpsync_out_len(const erpsync_out_t *out)
{
    return (size_t) (out->pos - out->start);
}


/* Makes room for "size" bytes, which can then be written without a check. */

static inline erpsync_rc_t
erpsync_out_reserve(erpsync_out_t *out, size_t size)
{
    if (size <= (size_t) (out->last - out->pos)) {
        return ERPSYNC_OK;
    }

    return erpsync_out_grow(out, size);
}


/* Copies "s" to "p" and returns its end. The room must be reserved. */

static inline uint8_t *
erpsync_put(uint8_t *p, erpsync_str_t s)
{
    if (s.len) {
        memcpy(p, s.data, s.len);
    }

    return p + s.len;
}


/*
 * Escapes of control characters in JSON: returns the character after the
 * backslash.  'u' stands for \u00XX.
 */

static inline uint8_t
erpsync_json_letter(uint8_t c)
{
    static const char  letters[] = "btnufr";   /* U+0008 to U+000D */

    return (c >= 0x08 && c <= 0x0d) ? (uint8_t) letters[c - 0x08] : 'u';
}


/* Returns by how many bytes a text grows when it is escaped for JSON. */

size_t erpsync_json_escapes(erpsync_str_t s);


/*
 * Returns whether a text needs no escaping in JSON, for a text of which this
 * is not known yet.
 */

bool erpsync_json_clean(erpsync_str_t s);


/* Returns the size of a text as a JSON string with its quotes. */

static inline size_t
erpsync_json_size(erpsync_text_t text)
{
    return text.str.len + 2
           + (text.clean ? 0 : erpsync_json_escapes(text.str));
}


/*
 * Writes a JSON string with its quotes and returns its end.  Only the
 * characters that must be escaped are (docs/bodies.md). erpsync_json_size()
 * bytes must be reserved.
 */

uint8_t *erpsync_put_json(uint8_t *p, erpsync_text_t text);

/*
 * The same without quotes, of a text that is not empty: erpsync_json_escapes()
 * bytes more than it has must be reserved.
 */

uint8_t *erpsync_put_escaped(uint8_t *p, erpsync_str_t text);


/* Writes decimal digits at the end of "buf", and returns them. */

#define ERPSYNC_NUMBER_LEN  20

erpsync_str_t erpsync_number(uint8_t buf[ERPSYNC_NUMBER_LEN], uint64_t n);


/*
 * The functions below check for room.  They are for output that need not be
 * fast.
 */

erpsync_rc_t erpsync_out_str(erpsync_out_t *out, erpsync_str_t s);
erpsync_rc_t erpsync_out_json(erpsync_out_t *out, erpsync_text_t text);
erpsync_rc_t erpsync_out_number(erpsync_out_t *out, uint64_t n);

/*
 * Writes character data of XML 1.0. Characters that XML cannot hold become
 * U+FFFD.
 */

erpsync_rc_t erpsync_out_xml(erpsync_out_t *out, erpsync_str_t s);

/* Writes a string literal. */

#define erpsync_out_literal(out, s)                                           \
    erpsync_out_str(out, erpsync_span(s, sizeof(s) - 1))


#endif /* ERPSYNC_OUT_H */
