
#include "erpsync_xml_scan.h"


/*
 * The reading of a plain document, which erpsync_xml_plain() has looked
 * through: nothing is checked here but what the schema asks for.  Values stay
 * where they are, unless they have references.
 */


static erpsync_rc_t erpsync_plain_decode(erpsync_xml_t *xml,
    erpsync_str_t s);


/* Behind a tag's name: the rest has no '>' within. */

static inline const uint8_t *
erpsync_plain_tag_end(const uint8_t *p)
{
    while (*p != '>') {
        p++;
    }

    return p + 1;
}


/* Text up to the next tag, whose place it returns; NULL: memory ran out. */

static inline const uint8_t *
erpsync_plain_take(erpsync_xml_t *xml, const uint8_t *p, const uint8_t *last,
    erpsync_text_t *text)
{
    text->str = erpsync_span(p, 0);
    text->clean = true;

    if (*p == '<') {
        return p;
    }

    p = erpsync_xml_scan_clean(p, last);
    text->clean = (*p == '<');

    while (*p != '<' && *p != '&') {
        p = erpsync_xml_scan_text(p + 1, last);
    }

    text->str.len = (size_t) (p - text->str.data);

    if (*p == '<') {
        return p;
    }

    p = memchr(p, '<', (size_t) (last - p));
    text->str.len = (size_t) (p - text->str.data);

    if (erpsync_plain_decode(xml, text->str) != ERPSYNC_OK) {
        return NULL;
    }

    text->str = erpsync_xml_gathered(xml);

    return p;
}


/*
 * The usual element, whose start tag's name is at "*pos": the member that is
 * expected, with nothing but text in it, and no list.  This is what
 * erpsync_xml_open() and erpsync_xml_close() come to for it; for any other
 * one nothing is sent, and "*pos" stays.
 */

static inline erpsync_rc_t
erpsync_plain_leaf(erpsync_xml_t *xml, const uint8_t **pos,
    const uint8_t *last)
{
    erpsync_text_t           text;
    const uint8_t           *p;
    const erpsync_member_t  *member;

    if (xml->sink->state != ERPSYNC_SINK_MEMBERS
        || xml->levels[xml->depth - 1].kind != ERPSYNC_XML_OBJECT)
    {
        return ERPSYNC_OK;
    }

    p = *pos;
    member = erpsync_sink_guess(xml->sink);

    if (member == NULL || erpsync_type_is_open(member->type)
        || (size_t) (last - p) <= member->name.len
        || p[member->name.len] != '>' || !erpsync_member_is(p, member))
    {
        return ERPSYNC_OK;
    }

    p = erpsync_plain_take(xml, p + member->name.len + 1, last, &text);

    if (p == NULL) {
        return ERPSYNC_ERROR;
    }

    if (p[1] != '/') {
        return ERPSYNC_OK;      /* erpsync_xml_open() drops the text */
    }

    xml->text.start = xml->text.pos;                 /* it stays */
    *pos = p + member->name.len + 3;

    return (erpsync_sink_member(xml->sink, member) == ERPSYNC_OK)
           ? erpsync_sink_scalar(xml->sink, ERPSYNC_SCALAR_UNTYPED, text)
           : ERPSYNC_ERROR;
}


erpsync_rc_t
erpsync_xml_plain_read(erpsync_xml_t *xml, erpsync_str_t input,
    const uint8_t *root)
{
    bool            nil;
    erpsync_str_t   name;
    erpsync_text_t  text;
    const uint8_t  *p, *last;

    erpsync_out_later(&xml->text, xml->sink->arena, 0);

    p = root;
    last = input.data + input.len;
    text.str = erpsync_span(p, 0);
    text.clean = true;

    do {
        name.data = ++p;

        if (*p == '/') {
            p = erpsync_plain_tag_end(erpsync_xml_scan_name(p + 1, last));

            if (erpsync_xml_close(xml, text) != ERPSYNC_OK) {
                return ERPSYNC_ERROR;
            }

            continue;
        }

        if (xml->depth && erpsync_is_blank(text.str)
            && erpsync_plain_leaf(xml, &p, last) != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        if (p != name.data) {
            continue;
        }

        p = erpsync_xml_scan_name(p, last);
        name.len = (size_t) (p - name.data);

        nil = (xml->depth && p[0] == ' ' && p[1] != '/');
        p = erpsync_plain_tag_end(p);

        if (erpsync_xml_open(xml, name, nil, text) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        text.str = erpsync_span(p, 0);
        text.clean = true;

        if (p[-2] == '/' && erpsync_xml_close(xml, text) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

    } while (xml->depth && !xml->stopped
             && (p = erpsync_plain_take(xml, p, last, &text)) != NULL);

    return p ? ERPSYNC_OK : ERPSYNC_ERROR;
}


/* Gathers a text that has references. */

static erpsync_rc_t
erpsync_plain_decode(erpsync_xml_t *xml, erpsync_str_t s)
{
    size_t          n;
    uint8_t         c;
    const uint8_t  *p, *end, *last;

    p = s.data;
    last = s.data + s.len;

    for ( ;; ) {
        end = memchr(p, '&', (size_t) (last - p));
        n = (size_t) ((end ? end : last) - p);

        if (erpsync_xml_append(xml, erpsync_span(p, n)) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        if (end == NULL) {
            return ERPSYNC_OK;
        }

        /* behind a text there is a tag */

        p = end + erpsync_xml_entity(end, last + 1, &c);

        if (erpsync_xml_append(xml, erpsync_span(&c, 1)) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }
    }
}


size_t
erpsync_xml_entity(const uint8_t *p, const uint8_t *last, uint8_t *c)
{
    size_t  i;

    static const struct {
        erpsync_str_t  name;
        uint8_t        c;
    } entities[] = {
        { erpsync_string("&amp;"), '&' },
        { erpsync_string("&lt;"), '<' },
        { erpsync_string("&gt;"), '>' },
        { erpsync_string("&quot;"), '"' },
        { erpsync_string("&apos;"), '\'' }
    };

    for (i = 0; i < erpsync_nelts(entities); i++) {
        if ((size_t) (last - p) > entities[i].name.len
            && memcmp(p, entities[i].name.data, entities[i].name.len) == 0)
        {
            *c = entities[i].c;
            return entities[i].name.len;
        }
    }

    return 0;
}
