
#include <expat.h>
#include <limits.h>
#include <stdlib.h>

#include "erpsync_xml.h"


#define ERPSYNC_XML_SEPARATOR  ' '          /* of namespace and local name */
#define ERPSYNC_XML_ROOM       (128 * 1024)  /* of expat, beyond the body */
#define ERPSYNC_XML_PIECE      (16 * 1024)
#define ERPSYNC_XML_TEXT       1024          /* first room for text */
#define ERPSYNC_XML_LEVELS     (ERPSYNC_MAX_DEPTH + 1)


typedef enum {
    ERPSYNC_XML_OPEN,        /* text so far, or nothing */
    ERPSYNC_XML_OBJECT,
    ERPSYNC_XML_LIST,
    ERPSYNC_XML_NIL
} erpsync_xml_kind_t;


typedef struct {
    erpsync_xml_kind_t     kind;
    bool                   list;       /* holds elements of an array */
    bool                   object;     /* holds members, even if empty */
} erpsync_xml_level_t;


typedef struct {
    XML_Parser             parser;
    erpsync_sink_t        *sink;
    erpsync_error_t       *error;
    erpsync_rc_t           rc;
    bool                   stopped;
    erpsync_out_t          text;       /* since the last tag */
    size_t                 len;        /* of the document */
    unsigned               depth;
    erpsync_xml_level_t    levels[ERPSYNC_XML_LEVELS];
} erpsync_xml_t;


static bool erpsync_xml_feed(erpsync_xml_t *xml, erpsync_str_t input);
static void XMLCALL erpsync_xml_start(void *data, const XML_Char *name,
    const XML_Char **attributes);
static void XMLCALL erpsync_xml_end(void *data, const XML_Char *name);
static void XMLCALL erpsync_xml_text(void *data, const XML_Char *s, int len);
static void XMLCALL erpsync_xml_declaration(void *data,
    const XML_Char *version, const XML_Char *encoding, int standalone);
static void XMLCALL erpsync_xml_doctype(void *data, const XML_Char *name,
    const XML_Char *system, const XML_Char *public, int internal);
static erpsync_rc_t erpsync_xml_append(erpsync_xml_t *xml, erpsync_str_t s);
static erpsync_rc_t erpsync_xml_keep(erpsync_xml_t *xml, erpsync_str_t *s);
static erpsync_rc_t erpsync_xml_enter(erpsync_xml_t *xml,
    erpsync_xml_level_t *level);
static erpsync_rc_t erpsync_xml_leave(erpsync_xml_t *xml,
    const erpsync_xml_level_t *level);
static erpsync_rc_t erpsync_xml_scalar(erpsync_xml_t *xml);
static erpsync_rc_t erpsync_xml_stray(erpsync_xml_t *xml);
static bool erpsync_xml_is_nil(const XML_Char **attributes);
static erpsync_str_t erpsync_xml_local(const XML_Char *name);
static void erpsync_xml_fail(erpsync_xml_t *xml, const char *message);
static void erpsync_xml_check(erpsync_xml_t *xml, erpsync_rc_t rc);
static void *erpsync_xml_malloc(size_t size);
static void *erpsync_xml_realloc(void *p, size_t size);
static void erpsync_xml_free(void *p);


/*
 * What expat may still take, in proportion to the body.  Its allocators get
 * no argument to find a limit by, and a parser lives within one call.
 */

static _Thread_local size_t  erpsync_xml_room;


typedef union {
    size_t       size;
    max_align_t  align;
} erpsync_xml_block_t;


static const XML_Memory_Handling_Suite  erpsync_xml_memory = {
    erpsync_xml_malloc, erpsync_xml_realloc, erpsync_xml_free
};


erpsync_rc_t
erpsync_xml(erpsync_sink_t *sink, erpsync_str_t input,
    erpsync_error_t *error)
{
    erpsync_xml_t    xml;
    enum XML_Error   code;
    const XML_Char   separator[] = { ERPSYNC_XML_SEPARATOR, '\0' };

    memset(&xml, 0, sizeof(erpsync_xml_t));
    error->message = NULL;
    error->offset = 0;

    xml.sink = sink;
    xml.error = error;
    erpsync_xml_room = input.len + ERPSYNC_XML_ROOM;
    xml.len = input.len;

    if (input.len > INT_MAX) {
        error->message = "the document is too long";
        return ERPSYNC_OK;
    }

    if (erpsync_out_init(&xml.text, sink->arena, ERPSYNC_XML_TEXT)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    /* UTF-8 whatever the declaration says; another one is refused there */

    xml.parser = XML_ParserCreate_MM("UTF-8", &erpsync_xml_memory, separator);
    if (xml.parser == NULL) {
        return ERPSYNC_ERROR;
    }

    (void) XML_SetHashSalt(xml.parser, (unsigned long) sink->conf.key | 1);

    XML_SetUserData(xml.parser, &xml);
    XML_SetElementHandler(xml.parser, erpsync_xml_start, erpsync_xml_end);
    XML_SetCharacterDataHandler(xml.parser, erpsync_xml_text);
    XML_SetXmlDeclHandler(xml.parser, erpsync_xml_declaration);
    XML_SetStartDoctypeDeclHandler(xml.parser, erpsync_xml_doctype);

    if (!erpsync_xml_feed(&xml, input) && !xml.stopped) {
        code = XML_GetErrorCode(xml.parser);

        erpsync_xml_fail(&xml, (code == XML_ERROR_NO_MEMORY)
                               ? "the document is too complex"
                               : XML_ErrorString(code));
    }

    XML_ParserFree(xml.parser);

    return xml.rc;
}


/*
 * Feeds expat in pieces, since it copies what it is given.  It starts again
 * at a tag or comment that has no end yet: then the next piece is as long as
 * all that waits, which keeps the work in proportion to the document.
 */

static bool
erpsync_xml_feed(erpsync_xml_t *xml, erpsync_str_t input)
{
    size_t     fed, size;
    XML_Index  index;

    size = ERPSYNC_XML_PIECE;

    for (fed = 0; /* void */ ; /* void */ ) {

        if (size > input.len - fed) {
            size = input.len - fed;
        }

        if (XML_Parse(xml->parser, (const char *) input.data + fed,
                      (int) size, fed + size == input.len)
            != XML_STATUS_OK)
        {
            return false;
        }

        fed += size;

        if (fed == input.len) {
            return true;
        }

        index = XML_GetCurrentByteIndex(xml->parser);
        size = (index < 0 || (size_t) index > fed) ? 0 : fed - (size_t) index;

        if (size < ERPSYNC_XML_PIECE) {
            size = ERPSYNC_XML_PIECE;
        }
    }
}


static void XMLCALL
erpsync_xml_start(void *data, const XML_Char *name,
    const XML_Char **attributes)
{
    erpsync_rc_t             rc;
    erpsync_text_t           local;
    erpsync_xml_t           *xml = data;
    erpsync_xml_level_t     *level, *parent;
    const erpsync_member_t  *member;

    if (xml->stopped) {
        return;
    }

    if (xml->depth == ERPSYNC_XML_LEVELS) {
        erpsync_xml_fail(xml, "nested too deep");
        return;
    }

    level = &xml->levels[xml->depth];
    memset(level, 0, sizeof(erpsync_xml_level_t));

    if (xml->depth == 0) {
        level->object = true;

    } else {
        parent = level - 1;

        erpsync_xml_check(xml, erpsync_xml_enter(xml, parent));

        if (xml->stopped) {
            return;
        }

        if (parent->kind == ERPSYNC_XML_OBJECT) {
            local.str = erpsync_xml_local(name);
            local.clean = false;
            rc = erpsync_xml_keep(xml, &local.str);

            erpsync_xml_check(xml, (rc == ERPSYNC_OK)
                                   ? erpsync_sink_name(xml->sink, local)
                                   : rc);

            if (xml->stopped) {
                return;
            }
        }

        member = erpsync_sink_expects(xml->sink);

        if (member && parent->kind == ERPSYNC_XML_LIST) {
            level->object = (member->type == ERPSYNC_TYPE_OBJECTS);

        } else if (member) {
            level->list = (member->type == ERPSYNC_TYPE_OBJECTS
                           || member->type == ERPSYNC_TYPE_INT32S
                           || member->type == ERPSYNC_TYPE_STRINGS);
        }
    }

    if (erpsync_xml_is_nil(attributes)) {
        level->kind = ERPSYNC_XML_NIL;
    }

    xml->depth++;
    xml->text.pos = xml->text.start;
}


static void XMLCALL
erpsync_xml_end(void *data, const XML_Char *name)
{
    erpsync_xml_t  *xml = data;

    (void) name;

    if (xml->stopped) {
        return;
    }

    erpsync_xml_check(xml, erpsync_xml_leave(xml,
                                             &xml->levels[xml->depth - 1]));

    xml->depth--;
    xml->text.pos = xml->text.start;
}


static void XMLCALL
erpsync_xml_text(void *data, const XML_Char *s, int len)
{
    erpsync_xml_t  *xml = data;

    if (!xml->stopped) {
        erpsync_xml_check(xml, erpsync_xml_append(xml,
                                             erpsync_span(s, (size_t) len)));
    }
}


static void XMLCALL
erpsync_xml_declaration(void *data, const XML_Char *version,
    const XML_Char *encoding, int standalone)
{
    erpsync_xml_t  *xml = data;

    static const erpsync_str_t  utf8 = erpsync_string("utf-8");

    (void) version;
    (void) standalone;

    if (encoding
        && !erpsync_str_caseeq(erpsync_span(encoding, strlen(encoding)),
                               utf8))
    {
        erpsync_xml_fail(xml, "the encoding must be UTF-8");
    }
}


static void XMLCALL
erpsync_xml_doctype(void *data, const XML_Char *name, const XML_Char *system,
    const XML_Char *public, int internal)
{
    (void) name;
    (void) system;
    (void) public;
    (void) internal;

    erpsync_xml_fail(data, "a DOCTYPE is not taken");
}


/*
 * Text is gathered where it is to stay.  No document has more text and names
 * than bytes, so there is one more room at most that is larger than the
 * first, and what is in the first one then is little.
 */

static erpsync_rc_t
erpsync_xml_append(erpsync_xml_t *xml, erpsync_str_t s)
{
    size_t         used;
    erpsync_out_t  out;

    out = xml->text;
    used = erpsync_out_len(&out);

    if (s.len > (size_t) (out.last - out.pos)) {

        if (erpsync_out_init(&xml->text, out.arena,
                             xml->len + ERPSYNC_XML_TEXT)
            != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        xml->text.pos = erpsync_put(xml->text.start,
                                    erpsync_span(out.start, used));
    }

    return erpsync_out_str(&xml->text, s);
}


/* A name, to stay as long as the sink. */

static erpsync_rc_t
erpsync_xml_keep(erpsync_xml_t *xml, erpsync_str_t *s)
{
    if (erpsync_xml_append(xml, *s) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    s->data = xml->text.start;
    xml->text.start = xml->text.pos;

    return ERPSYNC_OK;
}


/* The element of "level" turns out to hold elements. */

static erpsync_rc_t
erpsync_xml_enter(erpsync_xml_t *xml, erpsync_xml_level_t *level)
{
    erpsync_rc_t  rc;

    if (level->kind == ERPSYNC_XML_NIL) {
        erpsync_xml_fail(xml, "a nil element must be empty");
        return ERPSYNC_OK;
    }

    if (level->kind == ERPSYNC_XML_OPEN) {

        if (xml->depth > ERPSYNC_MAX_DEPTH) {
            erpsync_xml_fail(xml, "nested too deep");
            return ERPSYNC_OK;
        }

        if (level->list) {
            level->kind = ERPSYNC_XML_LIST;
            rc = erpsync_sink_array(xml->sink);

        } else {
            level->kind = ERPSYNC_XML_OBJECT;
            rc = erpsync_sink_object(xml->sink);
        }

        if (rc != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }

    return erpsync_xml_stray(xml);
}


static erpsync_rc_t
erpsync_xml_leave(erpsync_xml_t *xml, const erpsync_xml_level_t *level)
{
    erpsync_text_t   none;
    erpsync_sink_t  *sink;

    sink = xml->sink;

    switch (level->kind) {

    case ERPSYNC_XML_OBJECT:

        if (erpsync_xml_stray(xml) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        return erpsync_sink_object_end(sink);

    case ERPSYNC_XML_LIST:

        if (erpsync_xml_stray(xml) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        return erpsync_sink_array_end(sink);

    case ERPSYNC_XML_NIL:

        if (xml->text.pos != xml->text.start) {
            erpsync_xml_fail(xml, "a nil element must be empty");
            return ERPSYNC_OK;
        }

        none.str = erpsync_span("", 0);
        none.clean = true;

        return erpsync_sink_scalar(sink, ERPSYNC_SCALAR_NULL, none);

    default:
        break;
    }

    if ((!level->list && !level->object)
        || !erpsync_is_blank(erpsync_span(xml->text.start,
                                          erpsync_out_len(&xml->text))))
    {
        return erpsync_xml_scalar(xml);
    }

    if (level->list) {
        return (erpsync_sink_array(sink) == ERPSYNC_OK)
               ? erpsync_sink_array_end(sink) : ERPSYNC_ERROR;
    }

    return (erpsync_sink_object(sink) == ERPSYNC_OK)
           ? erpsync_sink_object_end(sink) : ERPSYNC_ERROR;
}


static erpsync_rc_t
erpsync_xml_scalar(erpsync_xml_t *xml)
{
    erpsync_text_t  text;

    text.clean = false;
    text.str = erpsync_span(xml->text.start, erpsync_out_len(&xml->text));
    xml->text.start = xml->text.pos;                 /* it stays */

    return erpsync_sink_scalar(xml->sink, ERPSYNC_SCALAR_UNTYPED, text);
}


/* Text between elements: white space, or a violation. */

static erpsync_rc_t
erpsync_xml_stray(erpsync_xml_t *xml)
{
    bool  blank;

    blank = erpsync_is_blank(erpsync_span(xml->text.start,
                                          erpsync_out_len(&xml->text)));
    xml->text.pos = xml->text.start;

    return blank ? ERPSYNC_OK : erpsync_sink_stray(xml->sink);
}


/* "nil" of any namespace, as in xsi:nil="true"; XML Schema 1, 2.6.2. */

static bool
erpsync_xml_is_nil(const XML_Char **attributes)
{
    erpsync_str_t  value;

    static const erpsync_str_t  nil = erpsync_string("nil");
    static const erpsync_str_t  yes = erpsync_string("true");
    static const erpsync_str_t  one = erpsync_string("1");

    for ( /* void */ ; attributes[0]; attributes += 2) {

        if (!erpsync_str_eq(erpsync_xml_local(attributes[0]), nil)) {
            continue;
        }

        value = erpsync_space_trim(erpsync_span(attributes[1],
                                                strlen(attributes[1])));

        if (erpsync_str_eq(value, yes) || erpsync_str_eq(value, one)) {
            return true;
        }
    }

    return false;
}


static erpsync_str_t
erpsync_xml_local(const XML_Char *name)
{
    const XML_Char  *p;

    p = strrchr(name, ERPSYNC_XML_SEPARATOR);
    p = p ? p + 1 : name;

    return erpsync_span(p, strlen(p));
}


static void
erpsync_xml_fail(erpsync_xml_t *xml, const char *message)
{
    XML_Index  offset;

    if (!xml->stopped) {
        offset = XML_GetCurrentByteIndex(xml->parser);

        xml->error->message = message;
        xml->error->offset = (offset < 0) ? 0 : (size_t) offset;
        xml->stopped = true;

        (void) XML_StopParser(xml->parser, XML_FALSE);
    }
}


static void
erpsync_xml_check(erpsync_xml_t *xml, erpsync_rc_t rc)
{
    if (rc != ERPSYNC_OK && !xml->stopped) {
        xml->rc = rc;
        xml->stopped = true;

        (void) XML_StopParser(xml->parser, XML_FALSE);
    }
}


static void *
erpsync_xml_malloc(size_t size)
{
    erpsync_xml_block_t  *block;

    if (size > erpsync_xml_room) {
        return NULL;
    }

    block = malloc(sizeof(erpsync_xml_block_t) + size);
    if (block == NULL) {
        return NULL;
    }

    erpsync_xml_room -= size;
    block->size = size;

    return block + 1;
}


static void *
erpsync_xml_realloc(void *p, size_t size)
{
    size_t                old;
    erpsync_xml_block_t  *block, *grown;

    if (p == NULL) {
        return erpsync_xml_malloc(size);
    }

    block = (erpsync_xml_block_t *) p - 1;
    old = block->size;

    if (size > old && size - old > erpsync_xml_room) {
        return NULL;
    }

    grown = realloc(block, sizeof(erpsync_xml_block_t) + size);
    if (grown == NULL) {
        return NULL;
    }

    erpsync_xml_room += old;
    erpsync_xml_room -= size;
    grown->size = size;

    return grown + 1;
}


static void
erpsync_xml_free(void *p)
{
    erpsync_xml_block_t  *block;

    if (p) {
        block = (erpsync_xml_block_t *) p - 1;
        erpsync_xml_room += block->size;
        free(block);
    }
}
