
#include <expat.h>
#include <limits.h>
#include <stdlib.h>

#include "erpsync_xml_internal.h"


#define ERPSYNC_EXPAT_PIECE    (16 * 1024)
#define ERPSYNC_EXPAT_ROOM     (128 * 1024)   /* for expat, beyond the body */

#define ERPSYNC_EXPAT_VERSION  (XML_MAJOR_VERSION * 100 + XML_MINOR_VERSION)

/* Expat 2.9 adds the first of these and deprecates the second. */

#if (ERPSYNC_EXPAT_VERSION >= 209)
#define erpsync_expat_index  XML_GetCurrentByteIndex64
#else
#define erpsync_expat_index  XML_GetCurrentByteIndex
#endif


/* In front of what expat allocates. */

typedef union {
    size_t            size;
    max_align_t       align;
} erpsync_expat_block_t;


typedef struct {
    erpsync_xml_t    *xml;
    XML_Parser        parser;
    erpsync_error_t  *error;
    bool              stopped;
    size_t            skip;       /* tags whose events were sent already */
    size_t            room;       /* what expat may still allocate */
    bool              failed;     /* memory ran out */
} erpsync_expat_t;


static void erpsync_expat_run(erpsync_expat_t *expat, erpsync_str_t input);
static void erpsync_expat_salt(XML_Parser parser, uint64_t key);
static bool erpsync_expat_feed(XML_Parser parser, erpsync_str_t input);
static void XMLCALL erpsync_expat_start(void *data, const XML_Char *name,
    const XML_Char **attributes);
static void XMLCALL erpsync_expat_end(void *data, const XML_Char *name);
static void XMLCALL erpsync_expat_text(void *data, const XML_Char *s, int len);
static void XMLCALL erpsync_expat_declaration(void *data,
    const XML_Char *version, const XML_Char *encoding, int standalone);
static void XMLCALL erpsync_expat_doctype(void *data, const XML_Char *name,
    const XML_Char *system, const XML_Char *public, int internal);
static bool erpsync_expat_sends(erpsync_expat_t *expat);
static void erpsync_expat_sent(erpsync_expat_t *expat, erpsync_rc_t rc);
static void erpsync_expat_refuse(erpsync_expat_t *expat, const char *message);
static void *erpsync_expat_malloc(size_t size);
static void *erpsync_expat_realloc(void *p, size_t size);
static void erpsync_expat_free(void *p);


/*
 * Expat's allocators have no argument that could lead to the parser.  A
 * parser exists within one call of erpsync_xml_expat() only, and all calls
 * are made by one thread.  A thread-local variable would be worse: in a
 * module that is loaded at run time, the C library allocates it at first use,
 * and aborts the process if there is no memory.
 */

static erpsync_expat_t  *erpsync_expat;


/* Returns a string of expat as a span. */

static inline erpsync_str_t
erpsync_expat_str(const XML_Char *s)
{
    return erpsync_span(s, strlen(s));
}


erpsync_rc_t
erpsync_xml_expat(erpsync_xml_t *xml, erpsync_str_t input,
    erpsync_error_t *error)
{
    erpsync_expat_t  expat;

    if (input.len > INT_MAX) {
        error->message = "the document is too long";
        return ERPSYNC_OK;
    }

    /* otherwise expat takes it for UTF-16, whatever it is told */

    if (input.len >= 2
        && (input.data[0] == 0 || input.data[1] == 0
            || input.data[0] >= 0xfe))
    {
        error->message = "the encoding must be UTF-8";
        return ERPSYNC_OK;
    }

    expat.xml = xml;
    expat.error = error;
    expat.stopped = false;
    expat.skip = xml->tags;
    expat.room = input.len + ERPSYNC_EXPAT_ROOM;
    expat.failed = false;

    erpsync_expat = &expat;
    erpsync_expat_run(&expat, input);
    erpsync_expat = NULL;

    return expat.failed ? ERPSYNC_ERROR : ERPSYNC_OK;
}


/*
 * Expat does not process namespaces: it would put the namespace in front of
 * each name, a long one as often as it is used.
 */

static void
erpsync_expat_run(erpsync_expat_t *expat, erpsync_str_t input)
{
    XML_Parser      parser;
    enum XML_Error  code;

    static const XML_Memory_Handling_Suite  memory = {
        erpsync_expat_malloc, erpsync_expat_realloc, erpsync_expat_free
    };

    /* UTF-8, whatever the declaration says: its handler refuses others */

    parser = XML_ParserCreate_MM("UTF-8", &memory, NULL);
    if (parser == NULL) {
        expat->failed = true;
        return;
    }

    expat->parser = parser;
    erpsync_expat_salt(parser, expat->xml->sink->conf.key);

    XML_SetUserData(parser, expat);
    XML_SetElementHandler(parser, erpsync_expat_start, erpsync_expat_end);
    XML_SetCharacterDataHandler(parser, erpsync_expat_text);
    XML_SetXmlDeclHandler(parser, erpsync_expat_declaration);
    XML_SetStartDoctypeDeclHandler(parser, erpsync_expat_doctype);

    if (!erpsync_expat_feed(parser, input)) {
        code = XML_GetErrorCode(parser);

        erpsync_expat_refuse(expat, (code == XML_ERROR_NO_MEMORY)
                                    ? "the document needs too much memory: "
                                      "use fewer different names and "
                                      "attributes"
                                    : XML_ErrorString(code));
    }

    XML_ParserFree(parser);
}


/*
 * Sets the key of expat's hash tables.  Without it, expat makes a system call
 * to get one for each document.  Expat 2.8 adds the first of these functions
 * and deprecates the second.
 */

static void
erpsync_expat_salt(XML_Parser parser, uint64_t key)
{
#if (ERPSYNC_EXPAT_VERSION >= 208)
    uint8_t  salt[16];

    memcpy(salt, &key, 8);
    key *= 0x9e3779b97f4a7c15;
    memcpy(salt + 8, &key, 8);

    (void) XML_SetHashSalt16Bytes(parser, salt);
#else
    (void) XML_SetHashSalt(parser, (unsigned long) key | 1);
#endif
}


/*
 * Feeds expat in pieces, because it copies what it gets.  If a tag or comment
 * is not complete at the end of a piece, expat reads it again with the next
 * one.  That piece is then as long as all that is not read yet, so the total
 * work is proportional to the document.
 */

static bool
erpsync_expat_feed(XML_Parser parser, erpsync_str_t input)
{
    size_t   fed, size;
    int64_t  index;

    fed = 0;
    index = 0;

    do {
        size = (index < 0 || (size_t) index > fed) ? 0 : fed - (size_t) index;

        if (size < ERPSYNC_EXPAT_PIECE) {
            size = ERPSYNC_EXPAT_PIECE;
        }

        if (size > input.len - fed) {
            size = input.len - fed;
        }

        if (XML_Parse(parser, (const char *) input.data + fed, (int) size,
                      fed + size == input.len)
            != XML_STATUS_OK)
        {
            return false;
        }

        fed += size;
        index = erpsync_expat_index(parser);

    } while (fed < input.len);

    return true;
}


static void XMLCALL
erpsync_expat_start(void *data, const XML_Char *name,
    const XML_Char **attributes)
{
    bool              nil;
    erpsync_expat_t  *expat = data;

    if (!erpsync_expat_sends(expat)) {
        return;
    }

    for (nil = false; attributes[0] && !nil; attributes += 2) {
        nil = erpsync_xml_nil(erpsync_expat_str(attributes[0]),
                              erpsync_expat_str(attributes[1]));
    }

    erpsync_expat_sent(expat, erpsync_xml_start(expat->xml,
                                                erpsync_expat_str(name), nil));
}


static void XMLCALL
erpsync_expat_end(void *data, const XML_Char *name)
{
    erpsync_expat_t  *expat = data;

    (void) name;

    if (erpsync_expat_sends(expat)) {
        erpsync_expat_sent(expat, erpsync_xml_end(expat->xml));
    }
}


static void XMLCALL
erpsync_expat_text(void *data, const XML_Char *s, int len)
{
    erpsync_text_t    text;
    erpsync_expat_t  *expat = data;

    if (!expat->stopped && expat->skip == 0) {
        text.str = erpsync_span(s, (size_t) len);
        text.clean = false;

        erpsync_expat_sent(expat, erpsync_xml_text(expat->xml, text));
    }
}


static void XMLCALL
erpsync_expat_declaration(void *data, const XML_Char *version,
    const XML_Char *encoding, int standalone)
{
    static const erpsync_str_t  utf8 = erpsync_string("utf-8");

    (void) version;
    (void) standalone;

    if (encoding && !erpsync_str_caseeq(erpsync_expat_str(encoding), utf8)) {
        erpsync_expat_refuse(data, "the encoding must be UTF-8");
    }
}


static void XMLCALL
erpsync_expat_doctype(void *data, const XML_Char *name,
    const XML_Char *system, const XML_Char *public, int internal)
{
    (void) name;
    (void) system;
    (void) public;
    (void) internal;

    erpsync_expat_refuse(data, "a DOCTYPE is not allowed");
}


/* Returns whether the event of a tag is to be sent. */

static bool
erpsync_expat_sends(erpsync_expat_t *expat)
{
    if (expat->stopped || expat->skip == 0) {
        return !expat->stopped;
    }

    expat->skip--;

    return false;
}


/* Stops after an event if the document is refused or memory ran out. */

static void
erpsync_expat_sent(erpsync_expat_t *expat, erpsync_rc_t rc)
{
    if (rc != ERPSYNC_OK) {
        expat->failed |= (expat->xml->refusal == NULL);
        erpsync_expat_refuse(expat, expat->xml->refusal);
    }
}


/* Sets the error to the current place, unless there was one before. */

static void
erpsync_expat_refuse(erpsync_expat_t *expat, const char *message)
{
    int64_t  offset;

    if (expat->stopped) {
        return;
    }

    offset = erpsync_expat_index(expat->parser);

    expat->error->message = message;
    expat->error->offset = (offset < 0) ? 0 : (size_t) offset;
    expat->stopped = true;

    /* expat may call handlers even so, such as for the end of "<a/>" */

    (void) XML_StopParser(expat->parser, XML_FALSE);
}


static void *
erpsync_expat_malloc(size_t size)
{
    return erpsync_expat_realloc(NULL, size);
}


static void *
erpsync_expat_realloc(void *p, size_t size)
{
    size_t                  old;
    erpsync_expat_t        *expat;
    erpsync_expat_block_t  *block, *grown;

    expat = erpsync_expat;
    block = p ? (erpsync_expat_block_t *) p - 1 : NULL;
    old = block ? block->size : 0;

    if (size > old && size - old > expat->room) {
        return NULL;
    }

    grown = realloc(block, sizeof(erpsync_expat_block_t) + size);
    if (grown == NULL) {
        expat->failed = true;
        return NULL;
    }

    expat->room += old;
    expat->room -= size;
    grown->size = size;

    return grown + 1;
}


static void
erpsync_expat_free(void *p)
{
    erpsync_expat_block_t  *block;

    if (p) {
        block = (erpsync_expat_block_t *) p - 1;
        erpsync_expat->room += block->size;
        free(block);
    }
}
