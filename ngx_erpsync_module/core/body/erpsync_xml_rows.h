
/*
 * The inner loop of the fast tokenizer of XML: elements of an array of objects
 * as programs write them, that is without attributes and with members that are
 * strings and booleans.  Such an element is not sent as events: it is written
 * to the output at once, while it is judged.  If its members are not in the
 * order of the schema, they are put in order then.  Anything else is left to
 * erpsync_xml_fast.c, with which this file shares what reads text.
 */


#ifndef ERPSYNC_XML_ROWS_H
#define ERPSYNC_XML_ROWS_H


#include "erpsync_scan.h"
#include "erpsync_schema.h"


#define ERPSYNC_XML_ROWS_BLOCK  32
#define ERPSYNC_XML_ROWS_ROOM   128  /* of output, beyond the input */

/* Bytes that the start tag of a member and a block of its value may take. */

#define ERPSYNC_XML_ROWS_AHEAD  (ERPSYNC_MAX_KEY + ERPSYNC_XML_ROWS_BLOCK)


typedef struct {
    const erpsync_object_t  *object;    /* of the elements */
    erpsync_str_t            name;      /* theirs, as it is in the input */
    const uint8_t           *last;      /* of the input, behind a '>' */
    const uint8_t           *p;         /* the next element */
    uint8_t                 *out;       /* where it is written */
    uint8_t                 *end;       /* of the room there */
    size_t                   max;       /* so many may follow */
    size_t                   n;         /* elements of the array so far */
    size_t                   tags;      /* start and end tags so far */

    /* set by erpsync_xml_rows() */

    erpsync_str_t            gap;       /* in front of the last member, with its
                                           '<' */
    bool                     shuffled;  /* members are in another order */
    uint8_t                  after[ERPSYNC_MAX_MEMBERS + 1];
                                        /* which one came behind which */
} erpsync_xml_rows_t;


/*
 * Judges elements from the "<" at rows->p on, up to the first one that is not
 * as programs write it.  Returns false if there is such a one.  From rows->p
 * on, the input must have at least ERPSYNC_XML_ROWS_AHEAD bytes; from rows->out
 * on, there must be room for as many, and ERPSYNC_XML_ROWS_ROOM.  All room up
 * to rows->end may be written to.
 */

bool erpsync_xml_rows(erpsync_xml_rows_t *rows);


/*
 * The text from "p" to the next tag, reference or CR, whose place is returned;
 * there is a '>' in front of "last".  Returns NULL if the text is not
 * well-formed.  Clears "*clean" if it must be escaped in JSON.
 */

const uint8_t *erpsync_xml_run(const uint8_t *p, const uint8_t *last,
    bool *clean);

/*
 * What stands for another text, which "*text" is set to: a reference, or the
 * end of a line.  Returns its end, or NULL.
 */

const uint8_t *erpsync_xml_replace(const uint8_t *p, const uint8_t *last,
    erpsync_str_t *text);


#if (ERPSYNC_SSE2)

/* Returns a bit for each of 16 bytes: whether it may be special in text. */

static inline unsigned
erpsync_xml_stops(const uint8_t *p)
{
    __m128i  v, stop;

    v = _mm_loadu_si128((const __m128i *) p);

    /* the bytes are signed: those from 0x80 on are below 0x20 as well */

    stop = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

    /* '<' and '>' differ in bit 2 only, '"' and '&' in bit 4 */

    stop = _mm_or_si128(stop,
                        _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(2)),
                                       _mm_set1_epi8('>')));
    stop = _mm_or_si128(stop,
                        _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(4)),
                                       _mm_set1_epi8('&')));

    return (unsigned) _mm_movemask_epi8(stop);
}

#endif


/*
 * Passes over text that is the same in XML and in JSON: printable ASCII
 * without '<', '>', '&', '"' and '\'.
 */

static inline const uint8_t *
erpsync_xml_plain(const uint8_t *p, const uint8_t *last)
{
#if (ERPSYNC_SSE2)
    p = erpsync_scan_while(p, last, erpsync_xml_stops);
#else
    (void) last;
#endif

    while (*p != '<' && *p != '>' && *p != '&' && !erpsync_scan_stop(*p)) {
        p++;
    }

    return p;
}


#endif /* ERPSYNC_XML_ROWS_H */
