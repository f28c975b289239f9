
#include "erpsync_json.h"
#include "erpsync_json_fast.h"
#include "erpsync_scan.h"


/* If so many elements in a row are not for the fast path, none is tried. */

#define ERPSYNC_JSON_MISSES  8


/* What may come next. */

typedef enum {
    ERPSYNC_JSON_VALUE,        /* a value */
    ERPSYNC_JSON_FIRST_NAME,   /* a name or "}" */
    ERPSYNC_JSON_FIRST_VALUE,  /* a value or "]" */
    ERPSYNC_JSON_NEXT          /* "," or the end of what is open */
} erpsync_json_state_t;


typedef struct {
    const uint8_t    *pos;
    const uint8_t    *last;
    const uint8_t    *start;
    erpsync_sink_t   *sink;
    erpsync_error_t  *error;
    const uint8_t    *tried;    /* an element that is not for the fast path */
    unsigned          misses;   /* such elements in a row */
    unsigned          depth;
    uint64_t          objects;  /* bit n: level n is an object */
} erpsync_json_t;


static erpsync_rc_t erpsync_json_value(erpsync_json_t *json,
    erpsync_json_state_t *state);
static bool erpsync_json_try_fast(erpsync_json_t *json);
static erpsync_rc_t erpsync_json_next(erpsync_json_t *json,
    erpsync_json_state_t *state);
static erpsync_rc_t erpsync_json_name(erpsync_json_t *json);
static erpsync_rc_t erpsync_json_open(erpsync_json_t *json, bool object,
    erpsync_json_state_t *state);
static erpsync_rc_t erpsync_json_close(erpsync_json_t *json);
static erpsync_rc_t erpsync_json_string(erpsync_json_t *json,
    erpsync_text_t *text);
static erpsync_rc_t erpsync_json_decode(erpsync_json_t *json,
    erpsync_text_t *text);
static const uint8_t *erpsync_json_escape(erpsync_json_t *json,
    const uint8_t *p, uint8_t **out);
static int32_t erpsync_json_unit(const uint8_t *p, const uint8_t *last);
static bool erpsync_json_number(erpsync_json_t *json, erpsync_text_t *text);
static bool erpsync_json_unquoted(erpsync_json_t *json, erpsync_scalar_t *type,
    erpsync_text_t *text);
static bool erpsync_json_literal(erpsync_json_t *json, const char *name,
    size_t len);
static void erpsync_json_fail(erpsync_json_t *json, const uint8_t *p,
    const char *message);


static inline void
erpsync_json_space(erpsync_json_t *json)
{
    if (json->pos < json->last && *json->pos <= ' ') {
        json->pos = erpsync_scan_space(json->pos, json->last);
    }
}


erpsync_rc_t
erpsync_json(erpsync_sink_t *sink, erpsync_str_t input,
    erpsync_error_t *error)
{
    bool                  next;
    erpsync_rc_t          rc;
    erpsync_json_t        json;
    erpsync_json_state_t  state;

    json.start = input.data;
    json.pos = input.data;
    json.last = input.data + input.len;
    json.sink = sink;
    json.error = error;
    json.depth = 0;
    json.objects = 0;

    json.tried = NULL;
    json.misses = 0;

    error->message = NULL;
    state = ERPSYNC_JSON_VALUE;

    switch (erpsync_json_fast(sink, input, &json.pos, &next)) {

    case ERPSYNC_JSON_FAST_DONE:
        return ERPSYNC_OK;

    case ERPSYNC_JSON_FAST_LIST:
        json.depth = 2;
        json.objects = 1u << 1;

        if (next) {
            state = ERPSYNC_JSON_NEXT;

        } else {
            json.tried = json.pos;
        }

        break;

    default:
        break;
    }

    do {
        erpsync_json_space(&json);

        if (state == ERPSYNC_JSON_NEXT) {
            rc = erpsync_json_next(&json, &state);

        } else {
            rc = erpsync_json_value(&json, &state);
        }

        if (rc != ERPSYNC_OK || error->message) {
            return rc;
        }

    } while (json.depth || state != ERPSYNC_JSON_NEXT);

    erpsync_json_space(&json);

    if (json.pos != json.last) {
        erpsync_json_fail(&json, json.pos,
                          "nothing but white space may follow the value");
    }

    return ERPSYNC_OK;
}


static erpsync_rc_t
erpsync_json_value(erpsync_json_t *json, erpsync_json_state_t *state)
{
    erpsync_rc_t      rc;
    erpsync_text_t    text;
    erpsync_scalar_t  type;

    if (json->pos == json->last) {
        erpsync_json_fail(json, json->pos, "the text ends too early");
        return ERPSYNC_OK;
    }

    if (*state == ERPSYNC_JSON_FIRST_NAME) {

        if (*json->pos == '}') {
            *state = ERPSYNC_JSON_NEXT;
            return erpsync_json_close(json);
        }

        *state = ERPSYNC_JSON_VALUE;
        return erpsync_json_name(json);
    }

    json->sink->value_at = json->pos;

    switch (*json->pos) {

    case '"':
        type = ERPSYNC_SCALAR_STRING;
        rc = erpsync_json_string(json, &text);

        if (rc != ERPSYNC_OK || json->error->message) {
            return rc;
        }

        break;

    case '{':
        if (erpsync_json_try_fast(json)) {
            *state = ERPSYNC_JSON_NEXT;
            return ERPSYNC_OK;
        }

        return erpsync_json_open(json, true, state);

    case '[':
        return erpsync_json_open(json, false, state);

    case ']':
        if (*state == ERPSYNC_JSON_FIRST_VALUE) {
            *state = ERPSYNC_JSON_NEXT;
            return erpsync_json_close(json);
        }

        /* fall through */

    default:
        text.str = erpsync_span(json->pos, 0);
        text.clean = true;

        if (!erpsync_json_unquoted(json, &type, &text)) {
            return ERPSYNC_OK;
        }
    }

    *state = ERPSYNC_JSON_NEXT;

    return erpsync_sink_scalar(json->sink, type, text);
}


/* Returns whether the fast path judged the object that comes. */

static bool
erpsync_json_try_fast(erpsync_json_t *json)
{
    const uint8_t  *end;

    if (!erpsync_json_fast_applies(json->sink) || json->pos == json->tried
        || json->misses == ERPSYNC_JSON_MISSES)
    {
        return false;
    }

    end = erpsync_json_fast_element(json->sink, json->pos, json->last);

    if (end == NULL) {
        json->misses++;
        return false;
    }

    json->misses = 0;
    json->pos = end;

    return true;
}


/*
 * Reads a literal or a number.  Returns false, and sets the error, if it is
 * neither.
 */

static bool
erpsync_json_unquoted(erpsync_json_t *json, erpsync_scalar_t *type,
    erpsync_text_t *text)
{
    switch (*json->pos) {

    case 't':
        *type = ERPSYNC_SCALAR_TRUE;
        return erpsync_json_literal(json, "true", 4);

    case 'f':
        *type = ERPSYNC_SCALAR_FALSE;
        return erpsync_json_literal(json, "false", 5);

    case 'n':
        *type = ERPSYNC_SCALAR_NULL;
        return erpsync_json_literal(json, "null", 4);

    default:
        *type = ERPSYNC_SCALAR_NUMBER;
        return erpsync_json_number(json, text);
    }
}


static erpsync_rc_t
erpsync_json_next(erpsync_json_t *json, erpsync_json_state_t *state)
{
    bool  object;

    object = json->objects & (1ull << json->depth);

    if (json->pos == json->last) {
        erpsync_json_fail(json, json->pos, "the text ends too early");
        return ERPSYNC_OK;
    }

    if (*json->pos == ',') {
        json->pos++;
        *state = ERPSYNC_JSON_VALUE;

        if (object) {
            erpsync_json_space(json);
            return erpsync_json_name(json);
        }

        return ERPSYNC_OK;
    }

    if (*json->pos == (object ? '}' : ']')) {
        return erpsync_json_close(json);
    }

    erpsync_json_fail(json, json->pos, object ? "expected \",\" or \"}\""
                                              : "expected \",\" or \"]\"");
    return ERPSYNC_OK;
}


/* Reads a member's name and the colon behind it. */

static erpsync_rc_t
erpsync_json_name(erpsync_json_t *json)
{
    erpsync_rc_t    rc;
    erpsync_text_t  text;

    if (json->pos == json->last || *json->pos != '"') {
        erpsync_json_fail(json, json->pos, "expected a name in quotes");
        return ERPSYNC_OK;
    }

    json->sink->name_at = json->pos;

    rc = erpsync_json_string(json, &text);

    if (rc != ERPSYNC_OK || json->error->message) {
        return rc;
    }

    erpsync_json_space(json);

    if (json->pos == json->last || *json->pos != ':') {
        erpsync_json_fail(json, json->pos, "expected \":\"");
        return ERPSYNC_OK;
    }

    json->pos++;

    return erpsync_sink_name(json->sink, text);
}


static erpsync_rc_t
erpsync_json_open(erpsync_json_t *json, bool object,
    erpsync_json_state_t *state)
{
    if (json->depth == ERPSYNC_MAX_DEPTH) {
        erpsync_json_fail(json, json->pos, "more than 32 levels");
        return ERPSYNC_OK;
    }

    json->pos++;
    json->depth++;

    if (object) {
        json->objects |= 1ull << json->depth;
        *state = ERPSYNC_JSON_FIRST_NAME;
        return erpsync_sink_object(json->sink);
    }

    json->objects &= ~(1ull << json->depth);
    *state = ERPSYNC_JSON_FIRST_VALUE;

    return erpsync_sink_array(json->sink);
}


static erpsync_rc_t
erpsync_json_close(erpsync_json_t *json)
{
    json->pos++;

    if (json->objects & (1ull << json->depth--)) {
        return erpsync_sink_object_end(json->sink);
    }

    return erpsync_sink_array_end(json->sink);
}


/*
 * Reads a string.  If it has escapes, it is decoded into the arena.  Returns
 * ERPSYNC_ERROR if there is no memory.
 */

static erpsync_rc_t
erpsync_json_string(erpsync_json_t *json, erpsync_text_t *text)
{
    size_t          n;
    const uint8_t  *p, *start;

    start = ++json->pos;
    text->clean = true;

    for (p = start; /* void */ ; p += n) {
        p = erpsync_scan_text(p, json->last);

        if (p == json->last) {
            erpsync_json_fail(json, p, "the text ends in a string");
            return ERPSYNC_OK;
        }

        if (*p == '"') {
            break;
        }

        if (*p < 0x20) {
            erpsync_json_fail(json, p,
                              "a control character must be escaped");
            return ERPSYNC_OK;
        }

        if (*p == '\\') {

            if (json->last - p > 1
                && (p[1] == '\0' || strchr("\"\\/bfnrtu", p[1]) == NULL))
            {
                erpsync_json_fail(json, p, "unknown escape");
                return ERPSYNC_OK;
            }

            text->clean = false;
            n = (json->last - p > 1) ? 2 : 1;
            continue;
        }

        n = erpsync_utf8_sequence(p, json->last);

        if (n == 0) {
            erpsync_json_fail(json, p, "invalid UTF-8");
            return ERPSYNC_OK;
        }
    }

    text->str = erpsync_span(start, (size_t) (p - start));
    json->pos = p + 1;

    return text->clean ? ERPSYNC_OK : erpsync_json_decode(json, text);
}


/* Decodes the escapes of a string, which is not longer then. */

static erpsync_rc_t
erpsync_json_decode(erpsync_json_t *json, erpsync_text_t *text)
{
    uint8_t        *out, *decoded;
    const uint8_t  *p, *run, *last;

    decoded = erpsync_nalloc(json->sink->arena, text->str.len);
    if (decoded == NULL) {
        return ERPSYNC_ERROR;
    }

    out = decoded;
    p = text->str.data;
    last = p + text->str.len;

    while (p < last) {

        if (*p == '\\') {
            p = erpsync_json_escape(json, p, &out);

            if (p == NULL) {
                return ERPSYNC_OK;
            }

            continue;
        }

        run = p;

        do {
            p = erpsync_scan_text(p, last);
        } while (p < last && *p >= 0x80 && ++p);

        out = erpsync_put(out, erpsync_span(run, (size_t) (p - run)));
    }

    text->str = erpsync_span(decoded, (size_t) (out - decoded));

    return ERPSYNC_OK;
}


/*
 * Decodes the escape at "p" and returns its end.  Returns NULL, and sets the
 * error, if it is malformed.
 */

static const uint8_t *
erpsync_json_escape(erpsync_json_t *json, const uint8_t *p, uint8_t **out)
{
    int32_t         low;
    int32_t         code;
    const uint8_t  *end;

    static const char  names[] = "\"\\/bfnrt";
    static const char  values[] = "\"\\/\b\f\n\r\t";

    end = p + 2;

    if (p[1] != 'u') {
        *(*out)++ = (uint8_t) values[strchr(names, p[1]) - names];
        return end;
    }

    code = erpsync_json_unit(end, json->last);
    end += 4;

    if (code >= 0xd800 && code <= 0xdbff && json->last - end >= 6
        && end[0] == '\\' && end[1] == 'u')
    {
        low = erpsync_json_unit(end + 2, json->last);

        if (low >= 0xdc00 && low <= 0xdfff) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            end += 6;
        }
    }

    if (code < 0) {
        erpsync_json_fail(json, p, "\\u needs four hexadecimal digits");
        return NULL;
    }

    if (code >= 0xd800 && code <= 0xdfff) {
        erpsync_json_fail(json, p, "unpaired surrogate");
        return NULL;
    }

    if (code == 0) {
        erpsync_json_fail(json, p, "U+0000 is not allowed");
        return NULL;
    }

    *out = erpsync_utf8_encode(*out, (uint32_t) code);

    return end;
}


/* Returns the value of four hexadecimal digits, or -1. */

static int32_t
erpsync_json_unit(const uint8_t *p, const uint8_t *last)
{
    int      i, digit;
    int32_t  n;

    if (last - p < 4) {
        return -1;
    }

    n = 0;

    for (i = 0; i < 4; i++) {
        digit = erpsync_hex_value(p[i]);

        if (digit < 0) {
            return -1;
        }

        n = n * 16 + digit;
    }

    return n;
}


static inline const uint8_t *
erpsync_json_digits(const uint8_t *p, const uint8_t *last)
{
    while (p < last && erpsync_is_digit(*p)) {
        p++;
    }

    return p;
}


static bool
erpsync_json_number(erpsync_json_t *json, erpsync_text_t *text)
{
    const uint8_t  *p, *digits, *start;

    start = json->pos;
    p = start + (*start == '-');
    digits = p;
    p = erpsync_json_digits(p, json->last);

    if (p == digits) {
        erpsync_json_fail(json, start, "expected a value");
        return false;
    }

    if (*digits == '0' && p - digits > 1) {
        erpsync_json_fail(json, start, "a number must not begin with 0");
        return false;
    }

    if (p < json->last && *p == '.') {
        digits = ++p;
        p = erpsync_json_digits(p, json->last);

        if (p == digits) {
            erpsync_json_fail(json, p, "expected a digit");
            return false;
        }
    }

    if (p < json->last && (*p == 'e' || *p == 'E')) {
        p++;

        if (p < json->last && (*p == '+' || *p == '-')) {
            p++;
        }

        digits = p;
        p = erpsync_json_digits(p, json->last);

        if (p == digits) {
            erpsync_json_fail(json, p, "expected a digit");
            return false;
        }
    }

    text->str = erpsync_span(start, (size_t) (p - start));
    json->pos = p;

    return true;
}


static bool
erpsync_json_literal(erpsync_json_t *json, const char *name, size_t len)
{
    if ((size_t) (json->last - json->pos) < len
        || memcmp(json->pos, name, len) != 0)
    {
        erpsync_json_fail(json, json->pos, "expected a value");
        return false;
    }

    json->pos += len;

    return true;
}


static void
erpsync_json_fail(erpsync_json_t *json, const uint8_t *p,
    const char *message)
{
    json->error->message = message;
    json->error->offset = (size_t) (p - json->start);
}
