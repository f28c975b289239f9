
#include "erpsync_sink_direct.h"
#include "erpsync_xml_internal.h"
#include "erpsync_xml_rows.h"


/*
 * The fast tokenizer.  It reads XML as most programs write it:
 *
 *   - no XML declaration, or one of version, encoding and standalone
 *   - elements, attributes and text; no comments, processing instructions,
 *     CDATA sections or DOCTYPE
 *   - names of ASCII letters, digits and ':'
 *   - attribute values of printable ASCII without references
 *   - references to the five predefined entities only
 *
 * It stops at anything else, and at whatever is not well-formed.  It also has
 * limits: expat needs memory for each different name and for a long tag, and
 * refuses a document that needs too much.  No document within these limits
 * does, so its verdict is the same with either tokenizer.
 */

#define ERPSYNC_FAST_SIZE   (64 * 1024)   /* bytes of a document */
#define ERPSYNC_FAST_NAMES  64            /* different names in it */
#define ERPSYNC_FAST_NAME   64            /* bytes of a name */
#define ERPSYNC_FAST_TAG    2048          /* bytes of a tag */


typedef struct {
    erpsync_xml_t  *xml;
    const uint8_t  *last;                       /* behind the last '>' */
    erpsync_rc_t    rc;
    unsigned        name;                       /* of the last start tag */
    unsigned        nnames;
    erpsync_str_t   names[ERPSYNC_FAST_NAMES];
    uint8_t         next[ERPSYNC_FAST_NAMES];   /* which one came after it */
    uint8_t         open[ERPSYNC_XML_LEVELS];   /* of open elements */
    erpsync_order_t order;
    unsigned        misses;                     /* of erpsync_xml_rows() */
    unsigned        pause;                      /* elements not tried next */
} erpsync_fast_t;


/*
 * All functions that get a place "p" in the document return the place behind
 * what they read, or NULL to stop.  There is always a byte at "p", and a '>'
 * at or behind it: it ends every run, so that runs need no check for the end.
 */

static const uint8_t *erpsync_fast_prolog(const uint8_t *p,
    const uint8_t *last);
static const uint8_t *erpsync_fast_members(erpsync_fast_t *fast,
    const uint8_t *p);
static const uint8_t *erpsync_fast_rows(erpsync_fast_t *fast,
    const uint8_t *p);
static const uint8_t *erpsync_fast_start(erpsync_fast_t *fast,
    const uint8_t *p);
static const uint8_t *erpsync_fast_attributes(erpsync_fast_t *fast,
    const uint8_t *p, bool *nil);
static const uint8_t *erpsync_fast_tag(erpsync_fast_t *fast,
    const uint8_t *p, unsigned *index);
static const uint8_t *erpsync_fast_name(erpsync_fast_t *fast,
    const uint8_t *p, unsigned *index);
static const uint8_t *erpsync_fast_end(erpsync_fast_t *fast,
    const uint8_t *p);
static const uint8_t *erpsync_fast_text(erpsync_fast_t *fast,
    const uint8_t *p);


/* Returns whether "s" is at "p", with at least one byte behind it. */

static inline bool
erpsync_fast_is(const uint8_t *p, const uint8_t *last, erpsync_str_t s)
{
    return (size_t) (last - p) > s.len && memcmp(p, s.data, s.len) == 0;
}


static inline bool
erpsync_fast_sent(erpsync_fast_t *fast, erpsync_rc_t rc)
{
    fast->rc = rc;

    return rc == ERPSYNC_OK;
}


/* Sends the text from "p" to "end", if there is any. */

static inline bool
erpsync_fast_send(erpsync_fast_t *fast, const uint8_t *p, const uint8_t *end,
    bool clean)
{
    erpsync_text_t  text;

    text.str = erpsync_span(p, (size_t) (end - p));
    text.clean = clean;

    return p == end
           || erpsync_fast_sent(fast, erpsync_xml_text(fast->xml, text));
}


erpsync_rc_t
erpsync_xml_fast(erpsync_xml_t *xml, erpsync_str_t input, bool *whole)
{
    const uint8_t   *p, *last, *end;
    erpsync_fast_t   fast;

    *whole = false;
    end = input.data + input.len;
    last = end;

    if (input.len > ERPSYNC_FAST_SIZE) {
        return ERPSYNC_OK;
    }

    while (last > input.data && last[-1] != '>') {
        last--;
    }

    if (last == input.data) {
        return ERPSYNC_OK;
    }

    p = erpsync_fast_prolog(input.data, last);

    if (*p != '<') {
        return ERPSYNC_OK;
    }

    fast.xml = xml;
    fast.last = last;
    fast.rc = ERPSYNC_OK;
    fast.name = 0;
    fast.nnames = 0;
    fast.misses = 0;
    fast.pause = 0;
    fast.order.object = NULL;
    fast.names[0] = erpsync_span(NULL, 0);
    memset(fast.next, 0, sizeof(fast.next));

    p = erpsync_fast_start(&fast, p + 1);

    while (p && xml->depth) {
        p = erpsync_fast_members(&fast, p);

        if (p && p < last && *p != '<') {
            p = erpsync_fast_text(&fast, p);
        }

        if (p == NULL || p == last) {
            break;
        }

        p = (p[1] == '/') ? erpsync_fast_end(&fast, p + 2)
                          : erpsync_fast_start(&fast, p + 1);
    }

    *whole = (p && xml->depth == 0 && erpsync_scan_space(p, end) == end);

    return xml->refusal ? ERPSYNC_OK : fast.rc;
}


/* The XML declaration, if there is one, and white space up to the root. */

static const uint8_t *
erpsync_fast_prolog(const uint8_t *p, const uint8_t *last)
{
    size_t  i;

    static const erpsync_str_t  declarations[] = {
        erpsync_string("<?xml version=\"1.0\"?>"),
        erpsync_string("<?xml version=\"1.0\" ?>"),
        erpsync_string("<?xml version=\"1.0\" encoding=\"utf-8\"?>"),
        erpsync_string("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
        erpsync_string("<?xml version='1.0' encoding='utf-8'?>"),
        erpsync_string("<?xml version='1.0' encoding='UTF-8'?>"),
        erpsync_string("<?xml version=\"1.0\" encoding=\"UTF-8\" "
                       "standalone=\"yes\"?>")
    };

    for (i = 0; i < erpsync_nelts(declarations); i++) {
        if (erpsync_fast_is(p, last, declarations[i])) {
            p += declarations[i].len;
            break;
        }
    }

    return erpsync_scan_space(p, last);
}


/*
 * Members that are scalars, of an object that the schema knows, in any order:
 * their names are as documented, and they have neither attributes nor
 * references.  There may be white space between them.  Stops in front of
 * anything else.  In an array of objects, goes on with its elements.
 */

static const uint8_t *
erpsync_fast_members(erpsync_fast_t *fast, const uint8_t *p)
{
    bool                     clean;
    size_t                   len;
    erpsync_sink_t          *sink;
    erpsync_text_t           text;
    const uint8_t           *start, *end, *last;
    const erpsync_member_t  *member;
    erpsync_xml_children_t   children;

    sink = fast->xml->sink;
    last = fast->last;
    children = ERPSYNC_XML_EVENTS;

    for (start = p; last - p > ERPSYNC_XML_ROWS_AHEAD; start = p) {

        if (*p != '<') {
            p = erpsync_scan_space(p, last);
        }

        if (p[0] != '<' || !erpsync_is_alpha(p[1])
            || last - p <= ERPSYNC_XML_ROWS_AHEAD)
        {
            break;
        }

        if (children == ERPSYNC_XML_EVENTS
            && (!erpsync_fast_sent(fast, erpsync_xml_children(fast->xml,
                                                              &children))
                || children == ERPSYNC_XML_EVENTS))
        {
            break;
        }

        if (children == ERPSYNC_XML_ELEMENTS) {
            return erpsync_fast_rows(fast, p);
        }

        member = erpsync_order_goes_on(&fast->order, sink->frame, p + 1, false)
                 ? erpsync_order_next(&fast->order, sink->frame)
                 : erpsync_order_search(&fast->order, sink->frame, p + 1);

        if (member == NULL || member->type > ERPSYNC_TYPE_ENUM) {
            break;
        }

        len = member->name.len;
        p += len + 2;

        if (p[-1] != '>') {
            break;
        }

        clean = true;
        end = erpsync_xml_plain(p, last);

        if (*end != '<') {
            end = erpsync_xml_run(end, last, &clean);
        }

        if (end == NULL || end[0] != '<' || end[1] != '/'
            || last - end <= ERPSYNC_MAX_KEY + 2
            || !erpsync_member_begins(member, end + 2, false)
            || end[len + 2] != '>')
        {
            break;
        }

        text.str = erpsync_span(p, (size_t) (end - p));
        text.clean = clean;
        p = end + len + 3;
        fast->xml->tags += 2;

        if (!erpsync_fast_sent(fast, erpsync_sink_untyped(sink, member, text,
                                                          true)))
        {
            return NULL;
        }
    }

    return (fast->rc == ERPSYNC_OK) ? start : NULL;
}


/*
 * Elements of an array of objects, as programs write them, from the start tag
 * at "p" on.  A try that fails takes time: with each one, more elements are
 * left to events before the next try.
 */

static const uint8_t *
erpsync_fast_rows(erpsync_fast_t *fast, const uint8_t *p)
{
    unsigned             name;
    erpsync_sink_t      *sink;
    erpsync_xml_rows_t   rows;

    if (fast->pause) {
        fast->pause--;
        return p;
    }

    sink = fast->xml->sink;

    if (erpsync_fast_tag(fast, p + 1, &name) == NULL
        || !erpsync_fast_sent(fast, erpsync_out_reserve(&sink->out,
                                        (size_t) (fast->last - p)
                                        + ERPSYNC_XML_ROWS_ROOM)))
    {
        return NULL;
    }

    rows.object = sink->at.list->items;
    rows.name = fast->names[name];
    rows.last = fast->last;
    rows.p = p;
    rows.out = sink->out.pos;
    rows.end = sink->out.last;
    rows.n = sink->at.index;
    rows.max = SIZE_MAX;
    rows.tags = fast->xml->tags;

    if ((sink->at.list->flags & ERPSYNC_COUNTED)
        && sink->conf.max_field_values)
    {
        rows.max = sink->conf.max_field_values;
    }

    if (!erpsync_xml_rows(&rows)) {
        fast->pause = ++fast->misses;
    }

    sink->out.pos = rows.out;
    sink->at.index = rows.n;
    fast->xml->tags = rows.tags;

    return rows.p;
}


/* A start tag or an empty-element tag, from its name on. */

static const uint8_t *
erpsync_fast_start(erpsync_fast_t *fast, const uint8_t *p)
{
    bool            nil, empty;
    unsigned        next;
    erpsync_xml_t  *xml;
    const uint8_t  *tag;

    xml = fast->xml;
    tag = p;
    nil = false;

    p = erpsync_fast_tag(fast, p, &next);

    if (p == NULL) {
        return NULL;
    }

    fast->name = next;

    if (*p != '>') {
        p = erpsync_fast_attributes(fast, p, &nil);

        if (p == NULL) {
            return NULL;
        }
    }

    empty = (*p == '/');
    p += empty;

    if (*p != '>' || p - tag > ERPSYNC_FAST_TAG
        || !erpsync_fast_sent(fast, erpsync_xml_start(xml, fast->names[next],
                                                      nil)))
    {
        return NULL;
    }

    fast->open[xml->depth - 1] = (uint8_t) next;

    if (empty && !erpsync_fast_sent(fast, erpsync_xml_end(xml))) {
        return NULL;
    }

    return p + 1;
}


/*
 * The name of a start tag; "*index" is its number among the names of the
 * document.  Most often it is the name that followed the last one before.
 */

static const uint8_t *
erpsync_fast_tag(erpsync_fast_t *fast, const uint8_t *p, unsigned *index)
{
    uint8_t        *next;
    erpsync_str_t  *name;

    next = &fast->next[fast->name];
    name = &fast->names[*next];

    if (name->len && erpsync_fast_is(p, fast->last, *name)
        && (p[name->len] == '>' || p[name->len] == ' '))
    {
        *index = *next;
        return p + name->len;
    }

    p = erpsync_fast_name(fast, p, index);

    if (p) {
        *next = (uint8_t) *index;
    }

    return p;
}


/* The attributes of a start tag, up to its '/' or '>'. */

static const uint8_t *
erpsync_fast_attributes(erpsync_fast_t *fast, const uint8_t *p, bool *nil)
{
    unsigned        name;
    uint64_t        seen;       /* a bit for each name */
    const uint8_t  *start;

    seen = 0;

    for ( ;; ) {
        start = p;
        p = erpsync_scan_space(p, fast->last);

        if (*p == '>' || *p == '/') {
            return p;
        }

        if (p == start) {
            return NULL;
        }

        p = erpsync_fast_name(fast, p, &name);

        if (p == NULL || p[0] != '=' || (p[1] != '"' && p[1] != '\'')
            || (seen & (uint64_t) 1 << name))
        {
            return NULL;
        }

        seen |= (uint64_t) 1 << name;

        for (start = p + 2; *start != p[1]; start++) {
            if (*start < 0x20 || *start >= 0x7f || *start == '<'
                || *start == '>' || *start == '&')
            {
                return NULL;
            }
        }

        *nil |= erpsync_xml_nil(fast->names[name],
                                erpsync_span(p + 2,
                                             (size_t) (start - p - 2)));
        p = start + 1;
    }
}


/* A name; "*index" is its number among the names of the document. */

static const uint8_t *
erpsync_fast_name(erpsync_fast_t *fast, const uint8_t *p, unsigned *index)
{
    unsigned        i;
    erpsync_str_t   name;
    erpsync_str_t  *names;

    names = fast->names;
    name.data = p;

    while (erpsync_is_alpha(*p) || (*p >= '0' && *p <= ':')) {
        p++;
    }

    name.len = (size_t) (p - name.data);

    if (!erpsync_is_alpha(*name.data) || name.len > ERPSYNC_FAST_NAME) {
        return NULL;
    }

    for (i = 0; i < fast->nnames; i++) {
        if (erpsync_str_eq(names[i], name)) {
            *index = i;
            return p;
        }
    }

    if (i == ERPSYNC_FAST_NAMES) {
        return NULL;
    }

    names[i] = name;
    fast->nnames++;
    *index = i;

    return p;
}


/* An end tag, from its name on. */

static const uint8_t *
erpsync_fast_end(erpsync_fast_t *fast, const uint8_t *p)
{
    const erpsync_str_t  *name;

    name = &fast->names[fast->open[fast->xml->depth - 1]];

    if (!erpsync_fast_is(p, fast->last, *name) || p[name->len] != '>'
        || !erpsync_fast_sent(fast, erpsync_xml_end(fast->xml)))
    {
        return NULL;
    }

    return p + name->len + 1;
}


/* Text up to the next tag. */

static const uint8_t *
erpsync_fast_text(erpsync_fast_t *fast, const uint8_t *p)
{
    bool            clean;
    erpsync_str_t   s;
    const uint8_t  *start;

    start = erpsync_scan_space(p, fast->last);

    /* white space between tags means nothing in front of a start tag */

    if (start[0] == '<' && start[1] != '/') {
        return start;
    }

    start = p;
    clean = true;

    for ( ;; ) {
        p = erpsync_xml_run(p, fast->last, &clean);

        if (p == NULL || !erpsync_fast_send(fast, start, p, clean)) {
            return NULL;
        }

        if (*p == '<') {
            return p;
        }

        if (p[0] == '\r' && p[1] == '\n') {
            start = ++p;                    /* the CR is left out */
            continue;
        }

        p = erpsync_xml_replace(p, fast->last, &s);

        if (p == NULL
            || !erpsync_fast_send(fast, s.data, s.data + s.len, false))
        {
            return NULL;
        }

        start = p;
    }
}
