
#include "erpsync_sink_direct.h"
#include "erpsync_text.h"
#include "erpsync_xml_rows.h"


const uint8_t *
erpsync_xml_run(const uint8_t *p, const uint8_t *last, bool *clean)
{
    size_t  n;

    for ( ;; ) {
        p = erpsync_xml_plain(p, last);

        switch (*p) {

        case '<':
        case '&':
        case '\r':
            return p;

        case '"':
        case '\\':
        case '\t':
        case '\n':
            *clean = false;
            p++;
            break;

        default:

            /*
             * A '>' may end "]]>", which text must not have.  U+FFFE and
             * U+FFFF are not characters (XML 1.0, 2.2 and 2.4).
             */

            n = (*p < 0x80) ? 0 : erpsync_utf8_sequence(p, last);

            if (n == 0
                || (n == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe))
            {
                return NULL;
            }

            p += n;
        }
    }
}


const uint8_t *
erpsync_xml_replace(const uint8_t *p, const uint8_t *last,
    erpsync_str_t *text)
{
    size_t  i;

    static const struct {
        erpsync_str_t  from;
        erpsync_str_t  to;
    } table[] = {
        { erpsync_string("&amp;"), erpsync_string("&") },
        { erpsync_string("&lt;"), erpsync_string("<") },
        { erpsync_string("&gt;"), erpsync_string(">") },
        { erpsync_string("&quot;"), erpsync_string("\"") },
        { erpsync_string("&apos;"), erpsync_string("'") },
        { erpsync_string("\r"), erpsync_string("\n") }   /* XML 1.0, 2.11 */
    };

    for (i = 0; i < erpsync_nelts(table); i++) {
        if ((size_t) (last - p) > table[i].from.len
            && memcmp(p, table[i].from.data, table[i].from.len) == 0)
        {
            *text = table[i].to;
            return p + table[i].from.len;
        }
    }

    return NULL;
}


#if (ERPSYNC_SSE2)

/* The end tag of a member, and what tells whether another one follows. */

#define ERPSYNC_XML_ROWS_END  (ERPSYNC_MAX_KEY + 4)


/*
 * Returns a bit for each of 32 bytes: whether it is special in text, apart from
 * '<'.  Sets "*tag" to the bits of '<'.  Copies the bytes.
 */

static inline uint32_t
erpsync_xml_narrow_block(uint8_t *out, const uint8_t *p, uint32_t *tag)
{
    __m128i   low, high;
    uint32_t  stop;

    low = _mm_loadu_si128((const __m128i *) p);
    high = _mm_loadu_si128((const __m128i *) (p + 16));
    stop = erpsync_xml_stops(p) | erpsync_xml_stops(p + 16) << 16;

    _mm_storeu_si128((__m128i *) out, low);
    _mm_storeu_si128((__m128i *) (out + 16), high);

    low = _mm_cmpeq_epi8(low, _mm_set1_epi8('<'));
    high = _mm_cmpeq_epi8(high, _mm_set1_epi8('<'));

    *tag = (uint32_t) _mm_movemask_epi8(low)
           | (uint32_t) _mm_movemask_epi8(high) << 16;

    return stop & ~*tag;
}


#if (ERPSYNC_HAVE_WIDE)

/* The same with AVX2: a table has what is compared at its low 4 bits. */

ERPSYNC_WIDE
static inline uint32_t
erpsync_xml_wide_block(uint8_t *out, const uint8_t *p, uint32_t *tag)
{
    __m256i  v, table, stop;

    v = _mm256_loadu_si256((const __m256i *) p);
    table = _mm256_setr_epi8(-1, 0, '"', 0, 0, 0, '&', 0, 0, 0, 0, 0, '\\', 0,
                             '>', 0,
                             -1, 0, '"', 0, 0, 0, '&', 0, 0, 0, 0, 0, '\\', 0,
                             '>', 0);

    _mm256_storeu_si256((__m256i *) out, v);

    *tag = (uint32_t) _mm256_movemask_epi8(_mm256_cmpeq_epi8(v,
                                               _mm256_set1_epi8('<')));

    /* signed bytes: the difference is negative of what is not ASCII, too */

    stop = _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, v), v),
                           _mm256_subs_epi8(v, _mm256_set1_epi8(0x20)));

    return (uint32_t) _mm256_movemask_epi8(stop);
}

#else

#define erpsync_xml_wide_block  erpsync_xml_narrow_block

#endif


ERPSYNC_INLINE
static inline uint32_t
erpsync_xml_block(uint8_t *out, const uint8_t *p, uint32_t *tag, bool wide)
{
    return wide ? erpsync_xml_wide_block(out, p, tag)
                : erpsync_xml_narrow_block(out, p, tag);
}


/*
 * Writes what is left of a text, from "p" on: it has references, characters
 * that are not ASCII, or some that are escaped in JSON.  Returns its end, or
 * NULL.
 */

__attribute__((noinline))
static const uint8_t *
erpsync_xml_row_rest(const erpsync_xml_rows_t *rows, const uint8_t *p,
    uint8_t **pos)
{
    bool            clean;
    uint8_t        *out;
    erpsync_str_t   s;
    const uint8_t  *end;

    out = *pos;

    for ( ;; ) {
        clean = true;
        end = erpsync_xml_run(p, rows->last, &clean);

        if (end == NULL) {
            return NULL;
        }

        s = erpsync_span(p, (size_t) (end - p));

        if (clean) {
            out = erpsync_scan_copy(out, p, s.len, rows->last);

        } else if (erpsync_json_escapes(s) + ERPSYNC_XML_ROWS_ROOM
                   > (size_t) (rows->end - out) - (size_t) (rows->last - p))
        {
            return NULL;

        } else {
            out = erpsync_put_escaped(out, s);
        }

        if (*end == '<') {
            *pos = out;
            return end;
        }

        /* what a reference stands for is shorter, even if it is escaped */

        p = (*end == '&') ? erpsync_xml_replace(end, rows->last, &s) : NULL;

        if (p == NULL) {
            return NULL;
        }

        out = erpsync_put_escaped(out, s);
    }
}


/*
 * Goes on with a text that begins at "p", whose first block has the bits "stop"
 * and "tag" and is copied.  Returns its end, or NULL.
 */

ERPSYNC_INLINE
static inline const uint8_t *
erpsync_xml_row_long(const erpsync_xml_rows_t *rows,
    const erpsync_member_t *member, const uint8_t *p, uint8_t **pos,
    uint32_t stop, uint32_t tag, bool wide)
{
    unsigned        n;
    uint8_t        *out;
    const uint8_t  *end;

    end = p;
    out = *pos;

    while ((tag | stop) == 0 && rows->last - end > ERPSYNC_XML_ROWS_AHEAD) {
        end += ERPSYNC_XML_ROWS_BLOCK;
        out += ERPSYNC_XML_ROWS_BLOCK;
        stop = erpsync_xml_block(out, end, &tag, wide);
    }

    if (tag && (stop & (tag ^ (tag - 1))) == 0) {
        n = (unsigned) __builtin_ctz(tag);
        end += n;
        *pos = out + n;

    } else {
        *pos = out;
        end = erpsync_xml_row_rest(rows, end, pos);
    }

    /* a text never has more UTF-16 code units than bytes */

    return (end && member->max_length
            && (size_t) (end - p) > member->max_length) ? NULL : end;
}


/*
 * Writes the text at "p" of a string, whose first quote is written already, and
 * the quote and comma behind it.  Returns the end of the text, or NULL.
 */

ERPSYNC_INLINE
static inline const uint8_t *
erpsync_xml_row_string(const erpsync_xml_rows_t *rows,
    const erpsync_member_t *member, const uint8_t *p, uint8_t **pos, bool wide)
{
    uint8_t   *out, *moved;
    unsigned   n;
    uint32_t   stop, tag;

    if ((member->flags & ERPSYNC_NOT_BLANK) && (*p <= ' ' || *p == '<')) {
        return NULL;
    }

    out = *pos;
    stop = erpsync_xml_block(out, p, &tag, wide);

    /*
     * mostly the next '<' ends it, in front of any other stop.  Its place is
     * taken from "tag" alone: the CPU need not wait for "stop" to go on.  No
     * text may be too long that is shorter than a block.
     */

    if (tag && (stop & (tag ^ (tag - 1))) == 0) {
        n = (unsigned) __builtin_ctz(tag);
        p += n;
        out += n;

    } else {
        moved = out;               /* "out" itself stays in a register */
        p = erpsync_xml_row_long(rows, member, p, &moved, stop, tag, wide);

        if (p == NULL) {
            return NULL;
        }

        out = moved;
    }

    memcpy(out, "\",", 2);
    *pos = out + 2;

    return p;
}


/*
 * Writes the "true" or "false" at "p", and the comma behind it.  Returns its
 * end, or NULL.
 */

static inline const uint8_t *
erpsync_xml_row_bool(const uint8_t *p, uint8_t **pos)
{
    size_t    len;
    uint64_t  w;

    w = erpsync_word(p);
    len = erpsync_scan_bool(p, w);

    if (len == 0 || p[len] != '<') {
        return NULL;
    }

    memcpy(*pos, &w, 8);
    (*pos)[len] = ',';
    *pos += len + 1;

    return p + len;
}


/* Writes the value at "p" and a comma.  Returns its end, or NULL. */

ERPSYNC_INLINE
static inline const uint8_t *
erpsync_xml_row_value(const erpsync_xml_rows_t *rows,
    const erpsync_member_t *member, const uint8_t *p, uint8_t **pos, bool wide)
{
    if (member->type == ERPSYNC_TYPE_STRING) {
        (*pos)++;                        /* its quote is a part of "match" */
        return erpsync_xml_row_string(rows, member, p, pos, wide);
    }

    return (member->type == ERPSYNC_TYPE_BOOL) ? erpsync_xml_row_bool(p, pos)
                                               : NULL;
}


/*
 * Returns the end of the white space at "p", which is in front of "last" as
 * there is a '>'.  Mostly it is the same as in front of the last member.
 */

ERPSYNC_INLINE
static inline const uint8_t *
erpsync_xml_row_gap(erpsync_xml_rows_t *rows, const uint8_t *p, bool wide)
{
    const uint8_t  *end;

    if (rows->gap.len
        && erpsync_scan_again(p, rows->gap.data, rows->gap.len, rows->last,
                              wide))
    {
        return p + rows->gap.len - 1;
    }

    end = erpsync_scan_space(p, rows->last);

    if (end[0] == '<' && end[1] != '/') {
        rows->gap = erpsync_span(p, (size_t) (end - p) + 1);
    }

    return end;
}


/* Returns whether the start tag of the member is at "p". */

ERPSYNC_INLINE
static inline bool
erpsync_xml_row_at(const erpsync_member_t *member, const uint8_t *p, bool wide)
{
    return erpsync_member_begins(member, p + 1, wide)
           && p[member->name.len + 1] == '>';
}


/*
 * Returns the member whose start tag is at "p", if those from "member" on that
 * come before it may be absent.  Otherwise returns NULL.
 */

ERPSYNC_INLINE
static inline const erpsync_member_t *
erpsync_xml_row_skip(const erpsync_member_t *member,
    const erpsync_member_t *end, const uint8_t *p, bool wide)
{
    while (member != end
           && !(member->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY)))
    {
        if (++member != end && erpsync_xml_row_at(member, p, wide)) {
            return member;
        }
    }

    return NULL;
}


/*
 * Judges the member whose start tag is at "p" and writes it with the comma
 * behind it.  Returns the end of its end tag, behind which two bytes can be
 * read, or NULL.
 */

ERPSYNC_INLINE
static inline const uint8_t *
erpsync_xml_row_member(erpsync_xml_rows_t *rows,
    const erpsync_member_t *member, const uint8_t *p, uint8_t **pos, bool wide)
{
    size_t    len;
    uint8_t  *out;

    out = *pos;
    len = member->name.len;

    memcpy(out, member->match, ERPSYNC_MAX_KEY);
    out += member->match_len;

    p = erpsync_xml_row_value(rows, member, p + len + 2, &out, wide);

    if (p == NULL || p > rows->last - ERPSYNC_XML_ROWS_END || p[1] != '/'
        || !erpsync_member_begins(member, p + 2, wide) || p[len + 2] != '>')
    {
        return NULL;
    }

    rows->tags += 2;
    *pos = out;

    return p + len + 3;
}


/*
 * Returns the member whose start tag is at "p", or NULL.  Most programs write
 * all objects in the same order: rows->after has the number of the member that
 * came behind "*from", which is a number from 1, or 0 at first.
 */

ERPSYNC_INLINE
static inline const erpsync_member_t *
erpsync_xml_row_find(erpsync_xml_rows_t *rows, unsigned *from,
    const uint8_t *p, bool wide)
{
    size_t                   i;
    const erpsync_member_t  *members;

    i = rows->after[*from];
    members = rows->object->members;

    if (!erpsync_xml_row_at(&members[i], p, wide)) {

        for (i = 0; i < rows->object->nmembers; i++) {
            if (erpsync_xml_row_at(&members[i], p, wide)) {
                break;
            }
        }

        if (i == rows->object->nmembers) {
            return NULL;
        }

        rows->after[*from] = (uint8_t) i;
    }

    *from = (unsigned) i + 1;

    return &members[i];
}


/*
 * Puts the members of an element in canonical order.  They are in "texts", if
 * their bits in "seen" are set, and end at "out".  Returns false if one that
 * may not be absent is, if there is none, or if there is no room.
 */

static bool
erpsync_xml_row_arrange(erpsync_xml_rows_t *rows, const erpsync_str_t *texts,
    uint32_t seen, uint8_t *out)
{
    size_t                   i, len;
    uint8_t                 *p, *start;
    const erpsync_object_t  *object;

    p = out;
    object = rows->object;
    start = rows->out + 1;
    len = (size_t) (out - start);

    if (len == 0 || (size_t) (rows->end - out) < len + ERPSYNC_XML_ROWS_ROOM) {
        return false;
    }

    for (i = 0; i < object->nmembers; i++) {
        if (seen & (1u << i)) {
            p = erpsync_scan_copy(p, texts[i].data, texts[i].len, rows->end);

        } else if (object->members[i].flags
                   & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY))
        {
            return false;
        }
    }

    p[-1] = '}';
    memcpy(start, out, len);
    rows->out = out;

    return true;
}


/*
 * Judges and writes an element with its members in another order than that of
 * the schema.  Returns what erpsync_xml_row() does.
 */

ERPSYNC_INLINE
static inline const uint8_t *
erpsync_xml_row_shuffled(erpsync_xml_rows_t *rows, const uint8_t *p, bool wide)
{
    uint8_t                 *out;
    uint32_t                 seen, bit;
    unsigned                 from;
    erpsync_str_t            texts[ERPSYNC_MAX_MEMBERS];
    const erpsync_member_t  *member;

    seen = 0;
    from = 0;
    out = rows->out;
    *out++ = '{';

    for ( ;; ) {

        if (*p != '<') {
            p = erpsync_xml_row_gap(rows, p, wide);

            if (*p != '<') {
                return NULL;
            }
        }

        if (p[1] == '/') {
            break;
        }

        if (p > rows->last - ERPSYNC_XML_ROWS_AHEAD) {
            return NULL;
        }

        member = erpsync_xml_row_find(rows, &from, p, wide);
        bit = 1u << from >> 1;

        if (member == NULL || (seen & bit)) {
            return NULL;
        }

        seen |= bit;
        texts[from - 1].data = out;
        p = erpsync_xml_row_member(rows, member, p, &out, wide);

        if (p == NULL) {
            return NULL;
        }

        texts[from - 1].len = (size_t) (out - texts[from - 1].data);
    }

    return erpsync_xml_row_arrange(rows, texts, seen, out) ? p : NULL;
}


/*
 * Judges and writes an element with its members in the order of the schema,
 * from behind its start tag on, where four bytes can be read.  Returns the
 * place of its end tag, or NULL.  Sets rows->shuffled if the order is another.
 */

ERPSYNC_INLINE
static inline const uint8_t *
erpsync_xml_row(erpsync_xml_rows_t *rows, const uint8_t *p, bool wide)
{
    uint8_t                 *out;
    unsigned                 from;
    const uint8_t           *last;
    const erpsync_member_t  *member, *end;

    out = rows->out;
    last = rows->last;
    member = rows->object->members;
    end = member + rows->object->nmembers;

    *out++ = '{';

    for ( ;; ) {

        if (*p != '<') {
            p = erpsync_xml_row_gap(rows, p, wide);

            if (*p != '<') {
                return NULL;
            }
        }

        if (p > last - ERPSYNC_XML_ROWS_AHEAD || member == end
            || !erpsync_xml_row_at(member, p, wide))
        {
            if (p[1] == '/') {
                break;
            }

            if (p > last - ERPSYNC_XML_ROWS_AHEAD) {
                return NULL;
            }

            member = erpsync_xml_row_skip(member, end, p, wide);

            if (member == NULL) {
                from = 0;
                rows->shuffled = erpsync_xml_row_find(rows, &from, p, wide);
                return NULL;
            }
        }

        p = erpsync_xml_row_member(rows, member, p, &out, wide);

        if (p == NULL) {
            return NULL;
        }

        member++;
    }

    for ( /* void */ ; member != end; member++) {
        if (member->flags & (ERPSYNC_REQUIRED|ERPSYNC_EMPTY)) {
            return NULL;
        }
    }

    if (out[-1] != ',') {
        return NULL;
    }

    out[-1] = '}';
    rows->out = out;

    return p;
}


/* Judges an element, in the one order or in the other. */

ERPSYNC_INLINE
static inline const uint8_t *
erpsync_xml_row_any(erpsync_xml_rows_t *rows, const uint8_t *p, bool wide)
{
    size_t          tags;
    const uint8_t  *end;

    if (!rows->shuffled) {
        tags = rows->tags;
        end = erpsync_xml_row(rows, p, wide);

        if (end || !rows->shuffled) {
            return end;
        }

        rows->tags = tags;
    }

    return erpsync_xml_row_shuffled(rows, p, wide);
}


ERPSYNC_WIDE
static const uint8_t *
erpsync_xml_row_wide(erpsync_xml_rows_t *rows, const uint8_t *p)
{
    return erpsync_xml_row_any(rows, p, true);
}


static const uint8_t *
erpsync_xml_row_narrow(erpsync_xml_rows_t *rows, const uint8_t *p)
{
    return erpsync_xml_row_any(rows, p, false);
}


bool
erpsync_xml_rows(erpsync_xml_rows_t *rows)
{
    size_t          len, tags;
    uint8_t        *out;
    const uint8_t  *p, *last;

    p = rows->p;
    last = rows->last;
    len = rows->name.len;

    rows->gap = erpsync_span(NULL, 0);
    rows->shuffled = false;
    memset(rows->after, 0, sizeof(rows->after));

    while (rows->n < rows->max) {

        if ((size_t) (last - p) < len + 6 || *p != '<' || p[len + 1] != '>'
            || !erpsync_scan_again(p + 1, rows->name.data, len, last, false))
        {
            return true;
        }

        out = rows->out;
        tags = rows->tags;

        *out = ',';
        rows->out = out + (rows->n != 0);

        p += len + 2;
        p = erpsync_wide() ? erpsync_xml_row_wide(rows, p)
                           : erpsync_xml_row_narrow(rows, p);

        if (p == NULL || (size_t) (last - p) < len + 3 || p[len + 2] != '>'
            || !erpsync_scan_again(p + 2, rows->name.data, len, last, false))
        {
            rows->out = out;
            rows->tags = tags;
            return false;
        }

        p += len + 3;
        rows->p = p;
        rows->n++;
        rows->tags += 2;

        if (p < last && *p != '<') {
            p = erpsync_scan_space(p, last);
        }
    }

    return true;
}


#else

bool
erpsync_xml_rows(erpsync_xml_rows_t *rows)
{
    (void) rows;

    return false;
}

#endif
