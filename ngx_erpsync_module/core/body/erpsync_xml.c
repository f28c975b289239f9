
#include <limits.h>

#include "erpsync_xml_internal.h"


#define ERPSYNC_XML_PIECE      (16 * 1024)
#define ERPSYNC_XML_TEXT       1024          /* first room for text */

#define ERPSYNC_EXPAT          (XML_MAJOR_VERSION * 100 + XML_MINOR_VERSION)

/* Expat 2.9 deprecates the second of these, as it introduces the first. */

#if (ERPSYNC_EXPAT >= 209)
#define erpsync_xml_index  XML_GetCurrentByteIndex64
#else
#define erpsync_xml_index  XML_GetCurrentByteIndex
#endif


static void erpsync_xml_salt(XML_Parser parser, uint64_t key);
static erpsync_rc_t erpsync_xml_expat(erpsync_xml_t *xml,
    erpsync_str_t input);
static bool erpsync_xml_is_utf8(erpsync_str_t input);
static bool erpsync_xml_feed(erpsync_xml_t *xml, erpsync_str_t input);
static void XMLCALL erpsync_xml_start(void *data, const XML_Char *name,
    const XML_Char **attributes);
static void XMLCALL erpsync_xml_end(void *data, const XML_Char *name);
static void XMLCALL erpsync_xml_text(void *data, const XML_Char *s, int len);
static void XMLCALL erpsync_xml_declaration(void *data,
    const XML_Char *version, const XML_Char *encoding, int standalone);
static void XMLCALL erpsync_xml_doctype(void *data, const XML_Char *name,
    const XML_Char *system, const XML_Char *public, int internal);
static erpsync_rc_t erpsync_xml_child(erpsync_xml_t *xml,
    const erpsync_xml_level_t *parent, erpsync_xml_level_t *level,
    erpsync_str_t name);
static erpsync_rc_t erpsync_xml_name(erpsync_xml_t *xml, erpsync_str_t name);
static erpsync_rc_t erpsync_xml_enter(erpsync_xml_t *xml,
    erpsync_xml_level_t *level, erpsync_text_t text);
static erpsync_rc_t erpsync_xml_leave(erpsync_xml_t *xml,
    const erpsync_xml_level_t *level, erpsync_text_t text);
static erpsync_rc_t erpsync_xml_scalar(erpsync_xml_t *xml,
    erpsync_text_t text);
static erpsync_rc_t erpsync_xml_stray(erpsync_xml_t *xml,
    erpsync_text_t text);
static bool erpsync_xml_is_nil(const XML_Char **attributes);
static bool erpsync_xml_local(erpsync_str_t *name);
static void erpsync_xml_fail(erpsync_xml_t *xml, const char *message);
static void erpsync_xml_check(erpsync_xml_t *xml, erpsync_rc_t rc);


static inline erpsync_text_t
erpsync_xml_since(const erpsync_xml_t *xml)
{
    return (erpsync_text_t) { erpsync_xml_gathered(xml), false };
}


erpsync_rc_t
erpsync_xml(erpsync_sink_t *sink, erpsync_str_t input,
    erpsync_error_t *error)
{
    erpsync_rc_t         rc;
    erpsync_xml_t        xml;
    const uint8_t       *root;
    erpsync_xml_heap_t   heap;

    memset(&xml, 0, sizeof(erpsync_xml_t));
    error->message = NULL;
    error->offset = 0;

    xml.sink = sink;
    xml.error = error;
    xml.len = input.len;

    root = erpsync_xml_plain(input, sink->conf.key);

    if (root) {
        return erpsync_xml_plain_read(&xml, input, root);
    }

    if (input.len > INT_MAX) {
        error->message = "the document is too long";
        return ERPSYNC_OK;
    }

    if (!erpsync_xml_is_utf8(input)) {
        error->message = "the encoding must be UTF-8";
        return ERPSYNC_OK;
    }

    if (erpsync_out_init(&xml.text, sink->arena, ERPSYNC_XML_TEXT)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (erpsync_xml_heap_open(&heap, input.len) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    rc = erpsync_xml_expat(&xml, input);
    erpsync_xml_heap_close(&heap);

    return heap.failed ? ERPSYNC_ERROR : rc;
}


/*
 * Expat does no namespace processing: it would write each name with its
 * namespace in front, a long namespace as often as it is used.
 */

static erpsync_rc_t
erpsync_xml_expat(erpsync_xml_t *xml, erpsync_str_t input)
{
    enum XML_Error  code;

    /* UTF-8 whatever the declaration says; another one is refused there */

    xml->parser = XML_ParserCreate_MM("UTF-8", &erpsync_xml_memory, NULL);
    if (xml->parser == NULL) {
        return ERPSYNC_ERROR;
    }

    erpsync_xml_salt(xml->parser, xml->sink->conf.key);

    XML_SetUserData(xml->parser, xml);
    XML_SetElementHandler(xml->parser, erpsync_xml_start, erpsync_xml_end);
    XML_SetCharacterDataHandler(xml->parser, erpsync_xml_text);
    XML_SetXmlDeclHandler(xml->parser, erpsync_xml_declaration);
    XML_SetStartDoctypeDeclHandler(xml->parser, erpsync_xml_doctype);

    if (!erpsync_xml_feed(xml, input) && !xml->stopped) {
        code = XML_GetErrorCode(xml->parser);

        erpsync_xml_fail(xml, (code == XML_ERROR_NO_MEMORY)
                              ? "the document needs too much memory: "
                                "use fewer different names and attributes"
                              : XML_ErrorString(code));
    }

    XML_ParserFree(xml->parser);

    return xml->rc;
}


/*
 * Expat reads UTF-16 whatever it is told, if a byte order mark or the zero
 * byte of the first character says so.
 */

static bool
erpsync_xml_is_utf8(erpsync_str_t input)
{
    if (input.len < 2) {
        return true;
    }

    return input.data[0] != 0 && input.data[1] != 0
           && input.data[0] < 0xfe;
}


/*
 * Keys the hashes of expat: a salt of its own would cost a system call for
 * each document.  Expat 2.8 deprecates the function that takes a number.
 */

static void
erpsync_xml_salt(XML_Parser parser, uint64_t key)
{
#if (ERPSYNC_EXPAT >= 208)
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
 * Feeds expat in pieces, since it copies what it is given.  It starts again
 * at a tag or comment that has no end yet: then the next piece is as long as
 * all that waits, which keeps the work in proportion to the document.
 */

static bool
erpsync_xml_feed(erpsync_xml_t *xml, erpsync_str_t input)
{
    size_t   fed, size;
    int64_t  index;

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

        index = erpsync_xml_index(xml->parser);
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
    bool            nil;
    erpsync_xml_t  *xml = data;

    if (!xml->stopped) {
        nil = (attributes[0] && erpsync_xml_is_nil(attributes));

        erpsync_xml_check(xml, erpsync_xml_open(xml,
                                             erpsync_span(name, strlen(name)),
                                             nil, erpsync_xml_since(xml)));
    }
}


static void XMLCALL
erpsync_xml_end(void *data, const XML_Char *name)
{
    erpsync_xml_t  *xml = data;

    (void) name;

    if (!xml->stopped) {
        erpsync_xml_check(xml, erpsync_xml_close(xml,
                                                 erpsync_xml_since(xml)));
    }
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

    erpsync_xml_fail(data, "a DOCTYPE is not allowed");
}


erpsync_rc_t
erpsync_xml_open(erpsync_xml_t *xml, erpsync_str_t name, bool nil,
    erpsync_text_t text)
{
    erpsync_xml_level_t  *level, *parent;

    if (xml->depth == ERPSYNC_XML_LEVELS) {
        erpsync_xml_fail(xml, "more than 32 levels");
        return ERPSYNC_OK;
    }

    level = &xml->levels[xml->depth];
    memset(level, 0, sizeof(erpsync_xml_level_t));

    if (xml->depth == 0) {
        level->object = true;

    } else {
        parent = level - 1;

        if (erpsync_xml_enter(xml, parent, text) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        if (xml->stopped) {
            return ERPSYNC_OK;
        }

        if (erpsync_xml_child(xml, parent, level, name) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }

    /* what is dropped only has to be well-formed, which "nil" is no part of */

    if (nil && !erpsync_sink_drops(xml->sink)) {
        level->kind = ERPSYNC_XML_NIL;
    }

    xml->depth++;
    xml->text.pos = xml->text.start;

    return ERPSYNC_OK;
}


/* What the element of "level" is in its parent. */

static erpsync_rc_t
erpsync_xml_child(erpsync_xml_t *xml, const erpsync_xml_level_t *parent,
    erpsync_xml_level_t *level, erpsync_str_t name)
{
    erpsync_str_t            local;
    const erpsync_member_t  *member;

    if (parent->kind == ERPSYNC_XML_DICTIONARY) {
        level->entry = true;
        return ERPSYNC_OK;
    }

    if (parent->kind == ERPSYNC_XML_ENTRY) {
        local = name;

        if (!erpsync_xml_local(&local)) {
            erpsync_xml_fail(xml, "a name may have one prefix only");
            return ERPSYNC_OK;
        }

        return erpsync_sink_part(xml->sink, &xml->entry, local,
                                 &level->part);
    }

    if (parent->kind == ERPSYNC_XML_OBJECT
        && erpsync_xml_name(xml, name) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    member = erpsync_sink_expects(xml->sink);

    if (member == NULL) {
        return ERPSYNC_OK;
    }

    if (parent->kind == ERPSYNC_XML_LIST) {
        level->object = (member->type == ERPSYNC_TYPE_OBJECTS);
        return ERPSYNC_OK;
    }

    level->list = erpsync_type_is_array(member->type);
    level->object = (member->type == ERPSYNC_TYPE_OBJECT);
    level->dictionary = (member->type == ERPSYNC_TYPE_DICTIONARY);

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_xml_close(erpsync_xml_t *xml, erpsync_text_t text)
{
    erpsync_rc_t  rc;

    rc = erpsync_xml_leave(xml, &xml->levels[xml->depth - 1], text);

    xml->depth--;
    xml->text.pos = xml->text.start;

    return rc;
}


/*
 * Text is gathered where it is to stay.  No document has more text and names
 * than bytes, so there is one more room at most that is larger than the
 * first, and what is in the first one then is little.
 */

erpsync_rc_t
erpsync_xml_append(erpsync_xml_t *xml, erpsync_str_t s)
{
    size_t         used;
    erpsync_out_t  out;

    if (s.len > (size_t) (xml->text.last - xml->text.pos)) {
        out = xml->text;
        used = erpsync_out_len(&out);

        if (erpsync_out_init(&xml->text, out.arena,
                             xml->len + ERPSYNC_XML_TEXT)
            != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        xml->text.pos = erpsync_put(xml->text.start,
                                    erpsync_span(out.start, used));
    }

    xml->text.pos = erpsync_put(xml->text.pos, s);

    return ERPSYNC_OK;
}


/* A member's name; one that is none of the tables' stays with the sink. */

static erpsync_rc_t
erpsync_xml_name(erpsync_xml_t *xml, erpsync_str_t name)
{
    erpsync_text_t           local;
    const erpsync_member_t  *member;

    member = erpsync_sink_guess(xml->sink);

    if (member && name.len == member->name.len
        && erpsync_member_is(name.data, member))
    {
        return erpsync_sink_member(xml->sink, member);
    }

    local.str = name;
    local.clean = false;

    if (!erpsync_xml_local(&local.str)) {
        erpsync_xml_fail(xml, "a name may have one prefix only");
        return ERPSYNC_OK;
    }

    member = erpsync_sink_find(xml->sink, local.str);

    if (member) {
        return erpsync_sink_member(xml->sink, member);
    }

    if (xml->parser) {                               /* it does not stay */

        if (erpsync_xml_append(xml, local.str) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        local.str.data = xml->text.start;
        xml->text.start = xml->text.pos;
    }

    return erpsync_sink_name(xml->sink, local);
}


/* The element of "level" turns out to hold elements. */

static erpsync_rc_t
erpsync_xml_enter(erpsync_xml_t *xml, erpsync_xml_level_t *level,
    erpsync_text_t text)
{
    erpsync_rc_t  rc;

    if (level->kind == ERPSYNC_XML_NIL) {
        erpsync_xml_fail(xml, "a nil element must be empty");
        return ERPSYNC_OK;
    }

    if (level->kind == ERPSYNC_XML_OPEN) {

        if (xml->depth > ERPSYNC_MAX_DEPTH) {
            erpsync_xml_fail(xml, "more than 32 levels");
            return ERPSYNC_OK;
        }

        if (level->list) {
            level->kind = ERPSYNC_XML_LIST;
            rc = erpsync_sink_array(xml->sink);

        } else if (level->entry) {
            level->kind = ERPSYNC_XML_ENTRY;
            rc = ERPSYNC_OK;

        } else if (level->part
                   && erpsync_sink_part_wrong(xml->sink, &xml->entry,
                                              level->part)
                      != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;

        } else {
            level->kind = level->dictionary ? ERPSYNC_XML_DICTIONARY
                                            : ERPSYNC_XML_OBJECT;
            rc = erpsync_sink_object(xml->sink);
        }

        if (rc != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }

    return erpsync_xml_stray(xml, text);
}


static erpsync_rc_t
erpsync_xml_leave(erpsync_xml_t *xml, const erpsync_xml_level_t *level,
    erpsync_text_t text)
{
    erpsync_text_t   none;
    erpsync_sink_t  *sink;

    sink = xml->sink;

    if (level->entry) {
        return (erpsync_xml_stray(xml, text) == ERPSYNC_OK)
               ? erpsync_sink_entry(sink, &xml->entry) : ERPSYNC_ERROR;
    }

    if (level->part && level->kind != ERPSYNC_XML_OBJECT) {

        if (level->kind == ERPSYNC_XML_NIL && text.str.len) {
            erpsync_xml_fail(xml, "a nil element must be empty");
            return ERPSYNC_OK;
        }

        level->part->null = (level->kind == ERPSYNC_XML_NIL);
        level->part->text = text;
        xml->text.start = xml->text.pos;             /* it stays */

        return ERPSYNC_OK;
    }

    switch (level->kind) {

    case ERPSYNC_XML_OBJECT:
    case ERPSYNC_XML_DICTIONARY:

        if (erpsync_xml_stray(xml, text) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        return erpsync_sink_object_end(sink);

    case ERPSYNC_XML_LIST:

        if (erpsync_xml_stray(xml, text) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        return erpsync_sink_array_end(sink);

    case ERPSYNC_XML_NIL:

        if (text.str.len) {
            erpsync_xml_fail(xml, "a nil element must be empty");
            return ERPSYNC_OK;
        }

        none.str = erpsync_span("", 0);
        none.clean = true;

        return erpsync_sink_scalar(sink, ERPSYNC_SCALAR_NULL, none);

    default:
        break;
    }

    if ((!level->list && !level->object && !level->dictionary)
        || !erpsync_is_blank(text.str))
    {
        return erpsync_xml_scalar(xml, text);
    }

    if (level->list) {
        return (erpsync_sink_array(sink) == ERPSYNC_OK)
               ? erpsync_sink_array_end(sink) : ERPSYNC_ERROR;
    }

    return (erpsync_sink_object(sink) == ERPSYNC_OK)
           ? erpsync_sink_object_end(sink) : ERPSYNC_ERROR;
}


static erpsync_rc_t
erpsync_xml_scalar(erpsync_xml_t *xml, erpsync_text_t text)
{
    xml->text.start = xml->text.pos;                 /* it stays */

    return erpsync_sink_scalar(xml->sink, ERPSYNC_SCALAR_UNTYPED, text);
}


/* Text between elements: white space, or a violation. */

static erpsync_rc_t
erpsync_xml_stray(erpsync_xml_t *xml, erpsync_text_t text)
{
    xml->text.pos = xml->text.start;

    return (text.str.len == 0 || erpsync_is_blank(text.str))
           ? ERPSYNC_OK : erpsync_sink_stray(xml->sink);
}


/*
 * "nil" with any prefix, as in xsi:nil="true" (XML Schema 1, 2.6.2), except
 * xmlns: that declares a prefix by this name.
 */

static bool
erpsync_xml_is_nil(const XML_Char **attributes)
{
    erpsync_str_t  name, local, value;

    static const erpsync_str_t  nil = erpsync_string("nil");
    static const erpsync_str_t  xmlns = erpsync_string("xmlns:nil");
    static const erpsync_str_t  yes = erpsync_string("true");
    static const erpsync_str_t  one = erpsync_string("1");

    for ( /* void */ ; attributes[0]; attributes += 2) {

        name = erpsync_span(attributes[0], strlen(attributes[0]));
        local = name;

        if (!erpsync_xml_local(&local) || !erpsync_str_eq(local, nil)
            || erpsync_str_eq(name, xmlns))
        {
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


/* Takes the prefix off a name; false if it is not one prefix and one name. */

static bool
erpsync_xml_local(erpsync_str_t *name)
{
    size_t          prefix;
    const uint8_t  *colon;

    colon = memchr(name->data, ':', name->len);

    if (colon == NULL) {
        return true;
    }

    prefix = (size_t) (colon - name->data);
    *name = erpsync_span(colon + 1, name->len - prefix - 1);

    return prefix && name->len && memchr(name->data, ':', name->len) == NULL;
}


static void
erpsync_xml_fail(erpsync_xml_t *xml, const char *message)
{
    int64_t  offset;

    if (!xml->stopped) {
        offset = erpsync_xml_index(xml->parser);

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
