
/*
 * The parts of the XML decoder.
 *
 * Two tokenizers read a document and send the same events: start tag, text,
 * end tag.  erpsync_xml_fast.c reads the simple documents that most clients
 * send, erpsync_xml_expat.c reads every document.  The reader, erpsync_xml.c,
 * takes the events and tells the sink what each element means.
 *
 * In place of these events, the fast tokenizer may give a member to the sink at
 * once, or write an element of an array: erpsync_xml_children() says when.
 *
 * The fast tokenizer may stop anywhere.  Then expat reads the document from
 * its start, but does not send the events that were sent already.
 */


#ifndef ERPSYNC_XML_INTERNAL_H
#define ERPSYNC_XML_INTERNAL_H


#include "erpsync_xml.h"


#define ERPSYNC_XML_LEVELS  (ERPSYNC_MAX_DEPTH + 1)   /* one of scalars */


/* What an element is by the schema. */

typedef enum {
    ERPSYNC_XML_VALUE,        /* a scalar, or anything if no schema has it */
    ERPSYNC_XML_PART,         /* Key or Value of an entry */

    /* elements that have children, or are empty */

    ERPSYNC_XML_OBJECT,       /* its children are members */
    ERPSYNC_XML_LIST,         /* its children are elements of an array */
    ERPSYNC_XML_DICTIONARY,   /* its children are entries */
    ERPSYNC_XML_ENTRY         /* its children are Key and Value */
} erpsync_xml_kind_t;


/* An element whose end tag is still to come. */

typedef struct {
    erpsync_xml_kind_t    kind;
    bool                  open;      /* the sink knows that it has children */
    bool                  nil;
    erpsync_part_t       *part;      /* of ERPSYNC_XML_PART */
} erpsync_xml_level_t;


typedef struct {
    erpsync_sink_t       *sink;
    const char           *refusal;   /* why the document is refused, or NULL */
    bool                  stays;     /* so do names and text in events */
    size_t                tags;      /* start and end tags that were sent */
    erpsync_text_t        text;      /* since the last tag */
    erpsync_out_t         room;      /* for text in pieces */
    erpsync_entry_t       entry;     /* of the open dictionary */
    unsigned              depth;     /* number of open elements */
    erpsync_xml_level_t   levels[ERPSYNC_XML_LEVELS];
} erpsync_xml_t;


/*
 * Events of a well-formed document.  A name may have a prefix.  The text
 * between two tags may come in several pieces, none of them empty.  If
 * xml->stays is set, names and text stay in place until the sink is finished.
 *
 * Return ERPSYNC_ERROR if the document is refused, with the reason in
 * xml->refusal, or if memory ran out.  Then no further event may be sent.
 */

erpsync_rc_t erpsync_xml_start(erpsync_xml_t *xml, erpsync_str_t name,
    bool nil);
erpsync_rc_t erpsync_xml_text(erpsync_xml_t *xml, erpsync_text_t text);
erpsync_rc_t erpsync_xml_end(erpsync_xml_t *xml);

/* What may be done with children in place of sending their events. */

typedef enum {
    ERPSYNC_XML_EVENTS,       /* nothing */

    /*
     * They are members of sink->frame->object: those without attributes and
     * children may be sent to the sink by erpsync_sink_untyped().
     */
    ERPSYNC_XML_MEMBERS,

    /*
     * They are elements of sink->at.list, which are objects: those without
     * violations may be written to sink->out in canonical form.
     */
    ERPSYNC_XML_ELEMENTS
} erpsync_xml_children_t;

/*
 * Opens the innermost element, because a start tag comes next, with no text in
 * front of it, and sets "*children".  Returns ERPSYNC_ERROR if the document is
 * refused, or if memory ran out.
 */

erpsync_rc_t erpsync_xml_children(erpsync_xml_t *xml,
    erpsync_xml_children_t *children);

/*
 * Returns whether an attribute says that its element is null: "nil" with any
 * prefix or none, as in xsi:nil="true" (XML Schema Part 1, 2.6.2).
 */

bool erpsync_xml_nil(erpsync_str_t name, erpsync_str_t value);


/*
 * Reads a simple document.  Sets "*whole" if all of it was read and nothing
 * is wrong; otherwise expat must read it.  Returns ERPSYNC_ERROR if memory ran
 * out.
 */

erpsync_rc_t erpsync_xml_fast(erpsync_xml_t *xml, erpsync_str_t input,
    bool *whole);

/*
 * Reads any document, without the events of the first xml->tags tags.
 * Returns what erpsync_xml() returns.
 */

erpsync_rc_t erpsync_xml_expat(erpsync_xml_t *xml, erpsync_str_t input,
    erpsync_error_t *error);


#endif /* ERPSYNC_XML_INTERNAL_H */
