
#include "ctl_request.h"


/* A request of HTTP/1.1, RFC 9112, as nginx with its defaults reads it. */


static const char *ctl_http_head(erpsync_str_t *text, ctl_http_t *http);
static void ctl_http_start(erpsync_str_t line, ctl_http_t *http);
static void ctl_http_field(erpsync_str_t line, ctl_http_t *http);
static const char *ctl_http_body(erpsync_arena_t *arena, erpsync_str_t text,
    ctl_http_t *http);
static const char *ctl_http_chunks(erpsync_arena_t *arena,
    erpsync_str_t *text, ctl_http_t *http);


static void
ctl_http_refuse(ctl_http_t *http, unsigned status, const char *error)
{
    if (http->error == NULL) {
        http->status = status;
        http->error = error;
    }
}


/*
 * Removes the first line of "text" and sets "line" to it, without its end.
 * Returns false if there is no whole line.
 */

static bool
ctl_http_line(erpsync_str_t *text, erpsync_str_t *line)
{
    const uint8_t  *end;

    end = text->len ? memchr(text->data, '\n', text->len) : NULL;

    if (end == NULL) {
        return false;
    }

    *line = erpsync_span(text->data, (size_t) (end - text->data));
    text->data += line->len + 1;
    text->len -= line->len + 1;

    if (line->len && line->data[line->len - 1] == '\r') {
        line->len--;
    }

    return true;
}


const char *
ctl_http_parse(erpsync_arena_t *arena, erpsync_str_t text, ctl_http_t *http)
{
    size_t       i, lines;
    const char  *missing;

    memset(http, 0, sizeof(ctl_http_t));

    for (lines = 1, i = 0; i < text.len; i++) {
        lines += (text.data[i] == '\n');
    }

    http->fields = erpsync_alloc(arena, lines * sizeof(ctl_field_t));

    if (http->fields == NULL) {
        return "no memory";
    }

    missing = ctl_http_head(&text, http);

    if (missing == NULL && http->error == NULL) {
        missing = ctl_http_body(arena, text, http);
    }

    return missing;
}


static const char *
ctl_http_head(erpsync_str_t *text, ctl_http_t *http)
{
    erpsync_str_t  line;

    do {
        if (!ctl_http_line(text, &line)) {
            return "the request line is not complete";
        }
    } while (line.len == 0);

    ctl_http_start(line, http);

    for ( ;; ) {
        if (!ctl_http_line(text, &line)) {
            return "the empty line behind the headers is missing";
        }

        if (line.len == 0) {
            return NULL;
        }

        ctl_http_field(line, http);
    }
}


static void
ctl_http_start(erpsync_str_t line, ctl_http_t *http)
{
    size_t          i;
    const uint8_t  *first, *last;

    first = memchr(line.data, ' ', line.len);
    last = line.data + line.len;

    while (last > line.data && last[-1] != ' ') {
        last--;
    }

    if (first == NULL || last - first < 3) {
        ctl_http_refuse(http, 400, "the request line is malformed");
        return;
    }

    http->method = erpsync_span(line.data, (size_t) (first - line.data));
    http->target = erpsync_span(first + 1, (size_t) (last - first) - 2);

    for (i = 0; i < http->method.len; i++) {
        if (http->method.data[i] < 'A' || http->method.data[i] > 'Z') {
            ctl_http_refuse(http, 400, "the method is malformed");
        }
    }

    line = erpsync_span(last, (size_t) (line.data + line.len - last));

    if (line.len != 8 || memcmp(line.data, "HTTP/1.", 7) != 0
        || !erpsync_is_digit(line.data[7]))
    {
        ctl_http_refuse(http, 400, "the protocol is not HTTP/1.1");
    }
}


static void
ctl_http_field(erpsync_str_t line, ctl_http_t *http)
{
    bool          dropped;
    size_t        i;
    uint8_t       c;
    ctl_field_t  *field;

    dropped = (*line.data == ':');

    for (i = 0; i < line.len && line.data[i] != ':'; i++) {
        c = line.data[i];

        if (c <= ' ' || c == 0x7f) {
            ctl_http_refuse(http, 400, "a header's name is malformed");
        }

        dropped |= !(erpsync_is_digit(c) || c == '-'
                     || (erpsync_lower(c) >= 'a' && erpsync_lower(c) <= 'z'));
    }

    if (memchr(line.data, '\0', line.len)) {
        ctl_http_refuse(http, 400, "a header has a zero byte");
    }

    if (dropped) {
        return;
    }

    field = &http->fields[http->nfields++];
    field->name = erpsync_span(line.data, i);
    i += (i < line.len);

    while (i < line.len && line.data[i] == ' ') {
        i++;
    }

    while (line.len > i && line.data[line.len - 1] == ' ') {
        line.len--;
    }

    field->value = erpsync_span(line.data + i, line.len - i);
}


/* Returns the only field of that name, or NULL; nginx refuses a second one. */

static const ctl_field_t *
ctl_http_only(ctl_http_t *http, const char *name)
{
    size_t              i;
    const ctl_field_t  *found;

    found = NULL;

    for (i = 0; i < http->nfields; i++) {

        if (!erpsync_str_caseeq(http->fields[i].name, ctl_str(name))) {
            continue;
        }

        if (found) {
            ctl_http_refuse(http, 400, "Host, Content-Length or "
                            "Transfer-Encoding is given twice");
        }

        found = &http->fields[i];
    }

    return found;
}


static const char *
ctl_http_body(erpsync_arena_t *arena, erpsync_str_t text, ctl_http_t *http)
{
    size_t              i, n;
    const char         *missing;
    const ctl_field_t  *host, *length, *transfer;

    host = ctl_http_only(http, "Host");
    length = ctl_http_only(http, "Content-Length");
    transfer = ctl_http_only(http, "Transfer-Encoding");
    missing = NULL;
    n = 0;

    if (host == NULL || host->value.len == 0) {
        ctl_http_refuse(http, 400, "there is no Host");
    }

    for (i = 0; length && i < length->value.len; i++) {

        if (!erpsync_is_digit(length->value.data[i]) || n > SIZE_MAX / 100) {
            ctl_http_refuse(http, 400, "Content-Length is not a number");
            break;
        }

        n = n * 10 + (size_t) (length->value.data[i] - '0');
    }

    if (length && length->value.len == 0) {
        ctl_http_refuse(http, 400, "Content-Length is not a number");
    }

    if (transfer && length) {
        ctl_http_refuse(http, 400, "there are both Content-Length and "
                        "Transfer-Encoding");
    }

    if (transfer
        && !erpsync_str_caseeq(transfer->value, ctl_str("chunked")))
    {
        ctl_http_refuse(http, 501, "the Transfer-Encoding is not chunked");
    }

    if (http->error) {
        return NULL;
    }

    if (transfer) {
        missing = ctl_http_chunks(arena, &text, http);

    } else if (n > text.len) {
        missing = "the body is shorter than Content-Length";

    } else {
        http->body = erpsync_span(text.data, n);
        text.data += n;
        text.len -= n;
    }

    /* empty lines between requests, or at the end of a file, are ignored */

    while (text.len && (*text.data == '\r' || *text.data == '\n')) {
        text.data++;
        text.len--;
    }

    http->announced = (n || transfer);
    http->rest = text.len;

    return missing;
}


static const char *
ctl_http_chunks(erpsync_arena_t *arena, erpsync_str_t *text,
    ctl_http_t *http)
{
    size_t         i, n;
    uint8_t       *p, *start;
    erpsync_str_t  line;

    start = erpsync_nalloc(arena, text->len);

    if (start == NULL) {
        return "no memory";
    }

    p = start;

    for ( ;; ) {
        if (!ctl_http_line(text, &line)) {
            return "a chunk's size is missing";
        }

        for (n = 0, i = 0; i < line.len; i++) {

            if (erpsync_hex_value(line.data[i]) < 0 || n > SIZE_MAX / 16) {
                break;
            }

            n = n * 16 + (size_t) erpsync_hex_value(line.data[i]);
        }

        if (i == 0 || (i < line.len && line.data[i] != ';'
                       && line.data[i] != ' ' && line.data[i] != '\t'))
        {
            ctl_http_refuse(http, 400, "a chunk's size is malformed");
            return NULL;
        }

        if (n == 0) {
            break;
        }

        if (n > text->len) {
            return "a chunk is not complete";
        }

        memcpy(p, text->data, n);
        p += n;
        text->data += n;
        text->len -= n;

        if (!ctl_http_line(text, &line) || line.len) {
            ctl_http_refuse(http, 400, "a chunk is longer than its size");
            return NULL;
        }
    }

    /* trailers are dropped */

    do {
        if (!ctl_http_line(text, &line)) {
            return "the empty line behind the last chunk is missing";
        }
    } while (line.len);

    http->body = erpsync_span(start, (size_t) (p - start));

    return NULL;
}
