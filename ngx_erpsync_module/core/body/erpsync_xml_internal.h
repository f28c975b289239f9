
/*
 * The parts of the XML decoder: what tags and text come to as events, with
 * expat in front of it (erpsync_xml.c) and the memory of that
 * (erpsync_xml_heap.c); and plain documents without it: which are
 * (erpsync_xml_plain.c), and their reading (erpsync_xml_plain_read.c).
 */


#ifndef ERPSYNC_XML_INTERNAL_H
#define ERPSYNC_XML_INTERNAL_H


#include <expat.h>

#include "erpsync_xml.h"


#define ERPSYNC_XML_LEVELS  (ERPSYNC_MAX_DEPTH + 1)


typedef enum {
    ERPSYNC_XML_OPEN,        /* text so far, or nothing */
    ERPSYNC_XML_OBJECT,
    ERPSYNC_XML_LIST,
    ERPSYNC_XML_DICTIONARY,
    ERPSYNC_XML_ENTRY,
    ERPSYNC_XML_NIL
} erpsync_xml_kind_t;


typedef struct {
    erpsync_xml_kind_t     kind;
    bool                   list;       /* holds elements of an array */
    bool                   object;     /* holds members, even if empty */
    bool                   dictionary; /* holds entries of one */
    bool                   entry;      /* is one: holds Key and Value */
    erpsync_part_t        *part;       /* is a part of an entry */
} erpsync_xml_level_t;


typedef struct {
    XML_Parser             parser;     /* NULL: the document is plain */
    erpsync_sink_t        *sink;
    erpsync_error_t       *error;
    erpsync_rc_t           rc;
    bool                   stopped;
    erpsync_out_t          text;       /* since the last tag, if gathered */
    size_t                 len;        /* of the document */
    erpsync_entry_t        entry;      /* of a dictionary, if one is open */
    unsigned               depth;
    erpsync_xml_level_t    levels[ERPSYNC_XML_LEVELS];
} erpsync_xml_t;


/*
 * The events of a start and of an end tag.  "text" is what stands between it
 * and the tag before, gathered in xml->text or in a place where it stays.
 * "name" may have a prefix.
 */

erpsync_rc_t erpsync_xml_open(erpsync_xml_t *xml, erpsync_str_t name,
    bool nil, erpsync_text_t text);
erpsync_rc_t erpsync_xml_close(erpsync_xml_t *xml, erpsync_text_t text);

/* Gathers text that is not in one piece, or does not stay. */

erpsync_rc_t erpsync_xml_append(erpsync_xml_t *xml, erpsync_str_t s);


/* The text gathered since the last tag. */

static inline erpsync_str_t
erpsync_xml_gathered(const erpsync_xml_t *xml)
{
    return erpsync_span(xml->text.start, erpsync_out_len(&xml->text));
}


/*
 * The memory of one parser.  "room" is what expat may still take, in
 * proportion to the body.  Small pieces come from one block, with which most
 * documents do.  "failed" is set if malloc() failed, but not if the room was
 * used up: the first is the gateway's failure, the second the client's.
 */

typedef struct {
    size_t       room;
    uint8_t     *start;
    uint8_t     *pos;
    uint8_t     *last;
    bool         failed;
} erpsync_xml_heap_t;


/*
 * Makes "heap" the memory of the parser that is created next, for a document
 * of "len" bytes; one at a time.  Returns ERPSYNC_ERROR if there is none.
 */

erpsync_rc_t erpsync_xml_heap_open(erpsync_xml_heap_t *heap, size_t len);
void erpsync_xml_heap_close(erpsync_xml_heap_t *heap);

extern const XML_Memory_Handling_Suite  erpsync_xml_memory;


/*
 * Where the root element of a plain document starts, or NULL: a document of
 * tags and text as most programs write it, of which expat would find nothing
 * to complain and nothing to change.  What is not plain may be good XML, too.
 * "key" is the sink's secret.  "input" may be of any length and content.
 */

const uint8_t *erpsync_xml_plain(erpsync_str_t input, uint64_t key);

/* Sends the events of a plain document, from its root element on. */

erpsync_rc_t erpsync_xml_plain_read(erpsync_xml_t *xml, erpsync_str_t input,
    const uint8_t *root);


#endif /* ERPSYNC_XML_INTERNAL_H */
