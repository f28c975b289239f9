
#include "erpsync_xml_scan.h"


/*
 * A plain document: an XML declaration or none, elements with names of ASCII
 * letters and digits, declarations of namespaces in the root element,
 * nil="true" in empty elements, text with no references but the predefined
 * ones.  First it is looked through to its end, here, since what is sent to
 * the sink cannot be taken back; then it is read, and nothing is checked
 * twice.
 *
 * The limits keep the fast path away from every memory and depth limit.
 * Documents that could reach one are left to expat, so both paths give the
 * same verdict.
 */

#define ERPSYNC_PLAIN_SIZE      (64 * 1024)
#define ERPSYNC_PLAIN_DEPTH     (ERPSYNC_MAX_DEPTH - 2)
#define ERPSYNC_PLAIN_NAME      64           /* bytes of a name */
#define ERPSYNC_PLAIN_NAMES     64           /* that differ */
#define ERPSYNC_PLAIN_BITS      7
#define ERPSYNC_PLAIN_SLOTS     (1 << ERPSYNC_PLAIN_BITS)
#define ERPSYNC_PLAIN_PREFIXES  8
#define ERPSYNC_PLAIN_URI       256


typedef struct {
    const uint8_t         *last;
    uint64_t               key;
    unsigned               depth;
    unsigned               name;                         /* the last one */
    unsigned               open[ERPSYNC_PLAIN_DEPTH];    /* their names */
    size_t                 nprefixes;
    erpsync_str_t          prefixes[ERPSYNC_PLAIN_PREFIXES];
    unsigned               nnames;
    erpsync_str_t          names[ERPSYNC_PLAIN_NAMES];
    uint8_t                next[ERPSYNC_PLAIN_NAMES];    /* came behind it */
    uint8_t                slots[ERPSYNC_PLAIN_SLOTS];   /* 0: free */
} erpsync_plain_t;


static const uint8_t *erpsync_plain_prolog(const uint8_t *p,
    const uint8_t *last);
static bool erpsync_plain_tags(erpsync_plain_t *plain, const uint8_t *p);
static const uint8_t *erpsync_plain_start(erpsync_plain_t *plain,
    const uint8_t *p, bool *open);
static const uint8_t *erpsync_plain_root(erpsync_plain_t *plain,
    const uint8_t *p);
static const uint8_t *erpsync_plain_nil(const erpsync_plain_t *plain,
    const uint8_t *p);
static bool erpsync_plain_name(erpsync_plain_t *plain, erpsync_str_t name);
static const uint8_t *erpsync_plain_text(const uint8_t *p,
    const uint8_t *last, bool open);


static inline bool
erpsync_plain_starts(const uint8_t *p, const uint8_t *last, const char *s,
    size_t len)
{
    return (size_t) (last - p) >= len && memcmp(p, s, len) == 0;
}

#define erpsync_plain_is(p, last, s)                                          \
    erpsync_plain_starts(p, last, s, sizeof(s) - 1)


static inline bool
erpsync_plain_same(const uint8_t *a, const uint8_t *b, size_t n)
{
    size_t    i;
    uint64_t  differ;

    if (n < 8) {
        return erpsync_word_of(a, n) == erpsync_word_of(b, n);
    }

    differ = erpsync_word(a + n - 8) ^ erpsync_word(b + n - 8);

    for (i = 0; i + 8 < n; i += 8) {
        differ |= erpsync_word(a + i) ^ erpsync_word(b + i);
    }

    return differ == 0;
}


const uint8_t *
erpsync_xml_plain(erpsync_str_t input, uint64_t key)
{
    const uint8_t    *p, *last;
    erpsync_plain_t   plain;

    last = input.data + input.len;

    while (last > input.data
           && (last[-1] == ' ' || last[-1] == '\n' || last[-1] == '\r'
               || last[-1] == '\t'))
    {
        last--;
    }

    /* a '>' at the end: what it ends needs no look at where "last" is */

    if (input.len > ERPSYNC_PLAIN_SIZE || last == input.data
        || last[-1] != '>')
    {
        return NULL;
    }

    p = erpsync_plain_prolog(input.data, last);

    if (p == NULL) {
        return NULL;
    }

    p = erpsync_scan_space(p, last);

    if (p == last || *p != '<') {
        return NULL;
    }

    plain.last = last;
    plain.key = key;
    plain.depth = 0;
    plain.nprefixes = 0;
    plain.name = 0;
    plain.nnames = 0;
    plain.names[0] = erpsync_span(NULL, 0);
    memset(plain.next, 0, sizeof(plain.next));
    memset(plain.slots, 0, sizeof(plain.slots));

    return erpsync_plain_tags(&plain, p) ? p : NULL;
}


/* A quoted value behind one name and "=", in any case; NULL: another one. */

static const uint8_t *
erpsync_plain_value(const uint8_t *p, const uint8_t *last,
    erpsync_str_t value)
{
    uint8_t  quote;

    if ((size_t) (last - p) < value.len + 2) {
        return NULL;
    }

    quote = *p++;

    if ((quote != '"' && quote != '\'') || p[value.len] != quote
        || !erpsync_caseeq(p, value.data, value.len))
    {
        return NULL;
    }

    return p + value.len + 1;
}


/* Behind the XML declaration, if there is one; NULL: it is unusual. */

static const uint8_t *
erpsync_plain_prolog(const uint8_t *p, const uint8_t *last)
{
    static const erpsync_str_t  version = erpsync_string("1.0");
    static const erpsync_str_t  utf8 = erpsync_string("utf-8");

    if (!erpsync_plain_is(p, last, "<?")) {
        return p;
    }

    if (!erpsync_plain_is(p, last, "<?xml version=")) {
        return NULL;
    }

    p = erpsync_plain_value(p + sizeof("<?xml version=") - 1, last, version);

    if (p && erpsync_plain_is(p, last, " encoding=")) {
        p = erpsync_plain_value(p + sizeof(" encoding=") - 1, last, utf8);
    }

    if (p && erpsync_plain_is(p, last, " standalone=")) {
        p += sizeof(" standalone=") - 1;

        if (erpsync_plain_is(p, last, "\"yes\"")) {
            p += sizeof("\"yes\"") - 1;

        } else if (erpsync_plain_is(p, last, "\"no\"")) {
            p += sizeof("\"no\"") - 1;

        } else {
            return NULL;
        }
    }

    if (p == NULL) {
        return NULL;
    }

    p += (*p == ' ');

    return erpsync_plain_is(p, last, "?>") ? p + 2 : NULL;
}


/* All from the root's start tag at "p" on to its end, where "last" must be. */

static bool
erpsync_plain_tags(erpsync_plain_t *plain, const uint8_t *p)
{
    bool                  open;
    const uint8_t        *last;
    const erpsync_str_t  *name;

    last = plain->last;
    p = erpsync_plain_start(plain, p + 1, &open);

    while (p && plain->depth) {

        if (p == last) {
            return false;
        }

        if (*p != '<') {
            p = erpsync_plain_text(p, last, open);

            if (p == NULL) {
                return false;
            }
        }

        if (*++p != '/') {
            p = erpsync_plain_start(plain, p, &open);
            continue;
        }

        p++;
        name = &plain->names[plain->open[--plain->depth]];

        if ((size_t) (last - p) <= name->len || p[name->len] != '>'
            || !erpsync_plain_same(p, name->data, name->len))
        {
            return false;
        }

        p += name->len + 1;
        open = false;
    }

    return p == last;
}


/*
 * A start tag from its name on; returns its end, or NULL.  Mostly the name is
 * the one that came behind the last one before.
 */

static const uint8_t *
erpsync_plain_start(erpsync_plain_t *plain, const uint8_t *p, bool *open)
{
    unsigned              next;
    erpsync_str_t         name;
    const erpsync_str_t  *known;

    next = plain->next[plain->name];
    known = &plain->names[next];

    if (known->len && (size_t) (plain->last - p) > known->len
        && p[known->len] == '>'
        && erpsync_plain_same(p, known->data, known->len))
    {
        plain->name = next;
        p += known->len;

    } else {
        name.data = p;
        p = erpsync_xml_scan_name(p, plain->last);
        name.len = (size_t) (p - name.data);

        if (!erpsync_plain_name(plain, name)) {
            return NULL;
        }

        if (*p == ' ') {
            p = plain->depth ? erpsync_plain_nil(plain, p)
                             : erpsync_plain_root(plain, p);

            if (p == NULL) {
                return NULL;
            }
        }
    }

    *open = (*p == '>');

    if (!*open) {
        return (p[0] == '/' && p[1] == '>') ? p + 2 : NULL;
    }

    if (plain->depth == ERPSYNC_PLAIN_DEPTH) {
        return NULL;
    }

    plain->open[plain->depth++] = plain->name;

    return p + 1;
}


/* The root's declarations of namespaces; returns their end, or NULL. */

static const uint8_t *
erpsync_plain_root(erpsync_plain_t *plain, const uint8_t *p)
{
    bool            named;
    size_t          i;
    erpsync_str_t   prefix, uri;
    const uint8_t  *last;

    last = plain->last;

    while (*p == ' ') {
        p++;

        if (!erpsync_plain_is(p, last, "xmlns")) {
            return NULL;
        }

        p += 5;
        named = (*p == ':');
        p += named;

        prefix.data = p;

        while (erpsync_is_alpha(*p)) {
            p++;
        }

        prefix.len = (size_t) (p - prefix.data);

        if (named != (prefix.len > 0)
            || plain->nprefixes == ERPSYNC_PLAIN_PREFIXES
            || prefix.len > ERPSYNC_PLAIN_NAME
            || !erpsync_plain_is(p, last, "=\""))
        {
            return NULL;
        }

        for (i = 0; i < plain->nprefixes; i++) {
            if (erpsync_str_eq(plain->prefixes[i], prefix)) {
                return NULL;
            }
        }

        plain->prefixes[plain->nprefixes++] = prefix;
        p += 2;
        uri.data = p;

        while (erpsync_is_alpha(*p) || (*p >= '-' && *p <= ':') || *p == '_'
               || *p == '#')
        {
            p++;
        }

        uri.len = (size_t) (p - uri.data);

        if (*p != '"' || uri.len > ERPSYNC_PLAIN_URI) {
            return NULL;
        }

        p++;
    }

    return p;
}


/* The space in an empty element's tag, and nil in it; returns the "/". */

static const uint8_t *
erpsync_plain_nil(const erpsync_plain_t *plain, const uint8_t *p)
{
    const uint8_t  *prefix;

    if (*++p != '/') {
        prefix = p;

        while (erpsync_is_alpha(*p)) {
            p++;
        }

        if (p == prefix || p - prefix > ERPSYNC_PLAIN_NAME
            || !erpsync_plain_is(p, plain->last, ":nil=\"true\"")
            || erpsync_plain_is(prefix, plain->last, "xmlns:"))
        {
            return NULL;
        }

        p += sizeof(":nil=\"true\"") - 1;
        p += (*p == ' ');
    }

    return (*p == '/') ? p : NULL;
}


/*
 * Whether it is a name, and not one too many: for each that differs expat
 * takes memory.  A name that was met before needs no look at its letters.
 */

static bool
erpsync_plain_name(erpsync_plain_t *plain, erpsync_str_t name)
{
    size_t                i, n;
    uint64_t              hash;
    unsigned              last;
    const erpsync_str_t  *known;

    n = name.len;
    last = plain->name;

    if (n == 0 || n > ERPSYNC_PLAIN_NAME) {
        return false;
    }

    if (n < 8) {
        hash = erpsync_word_of(name.data, n) ^ plain->key;

    } else {
        hash = erpsync_word(name.data) ^ plain->key;
        hash *= 0x9e3779b97f4a7c15u;
        hash ^= erpsync_word(name.data + n - 8) ^ hash >> 32;
    }

    hash = (hash ^ n) * 0xd6e8feb86659fd93u;

    for (i = hash >> (64 - ERPSYNC_PLAIN_BITS);
         plain->slots[i];
         i = (i + 1) % ERPSYNC_PLAIN_SLOTS)
    {
        plain->name = plain->slots[i] - 1u;
        known = &plain->names[plain->name];

        if (known->len == n
            && erpsync_plain_same(known->data, name.data, n))
        {
            plain->next[last] = (uint8_t) plain->name;
            return true;
        }
    }

    if (plain->nnames == ERPSYNC_PLAIN_NAMES || !erpsync_is_alpha(*name.data))
    {
        return false;
    }

    plain->name = plain->nnames;
    plain->next[last] = (uint8_t) plain->name;
    plain->names[plain->nnames++] = name;
    plain->slots[i] = (uint8_t) plain->nnames;

    for (i = 1; i < n; i++) {
        if (!erpsync_is_alpha(name.data[i]) && !erpsync_is_digit(name.data[i]))
        {
            return false;
        }
    }

    return true;
}


/* Text up to the next tag, which is returned; NULL: there is more to it. */

static const uint8_t *
erpsync_plain_text(const uint8_t *p, const uint8_t *last, bool open)
{
    bool            cr;
    size_t          n;
    uint8_t         c;
    const uint8_t  *start;

    cr = false;
    start = p;

    for ( ;; ) {
        p = erpsync_xml_scan_text(p, last);

        if (*p == '<') {
            break;
        }

        switch (*p) {

        case '\r':
            cr = true;
            p++;
            break;

        case '\t':
        case '\n':
            p++;
            break;

        case '&':
            n = erpsync_xml_entity(p, last, &c);

            if (n == 0) {
                return NULL;
            }

            p += n;
            break;

        default:
            n = (*p < 0x80) ? 0 : erpsync_utf8_sequence(p, last);

            /* U+FFFE and U+FFFF are no characters */

            if (n == 0
                || (n == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe))
            {
                return NULL;
            }

            p += n;
        }
    }

    /* a line's end is CR for the sender, LF for expat and the sink */

    if (cr && ((open && p[1] == '/')
               || !erpsync_is_blank(erpsync_span(start,
                                                 (size_t) (p - start)))))
    {
        return NULL;
    }

    return p;
}
