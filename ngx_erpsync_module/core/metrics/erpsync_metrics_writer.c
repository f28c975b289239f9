
#include "erpsync_metrics_writer.h"


erpsync_str_t
erpsync_writer_text(erpsync_writer_t *w, erpsync_str_t s)
{
    size_t    i;
    uint8_t  *copy;

    i = erpsync_utf8_valid(s);

    if (i == s.len) {
        return s;
    }

    copy = erpsync_nalloc(w->out->arena, s.len);

    if (copy == NULL) {
        w->rc = ERPSYNC_ERROR;
        return erpsync_span(NULL, 0);
    }

    for (i = 0; i < s.len; i++) {
        copy[i] = (s.data[i] < 0x80) ? s.data[i] : '?';
    }

    return erpsync_span(copy, s.len);
}


/* Writes a JSON string of erpsync_writer_text(). */

static void
erpsync_write_string(erpsync_writer_t *w, erpsync_str_t s)
{
    s = erpsync_writer_text(w, s);

    if (w->rc == ERPSYNC_OK) {
        w->rc = erpsync_out_json(w->out, (erpsync_text_t) { s, false });
    }
}


static void
erpsync_json_name(erpsync_writer_t *w, const char *name)
{
    if (!w->first) {
        erpsync_write_literal(w, ",");
    }

    w->first = false;

    if (name) {
        erpsync_write_string(w, erpsync_span(name, strlen(name)));
        erpsync_write_literal(w, ":");
    }
}


void
erpsync_json_open(erpsync_writer_t *w, const char *name, char bracket)
{
    erpsync_json_name(w, name);
    erpsync_write(w, erpsync_span(&bracket, 1));
    w->first = true;
}


void
erpsync_json_close(erpsync_writer_t *w, char bracket)
{
    erpsync_write(w, erpsync_span(&bracket, 1));
    w->first = false;
}


void
erpsync_json_uint(erpsync_writer_t *w, const char *name, uint64_t n)
{
    erpsync_json_name(w, name);
    erpsync_write_number(w, n);
}


void
erpsync_json_text(erpsync_writer_t *w, const char *name, erpsync_str_t s)
{
    erpsync_json_name(w, name);
    erpsync_write_string(w, s);
}


void
erpsync_json_null(erpsync_writer_t *w, const char *name)
{
    erpsync_json_name(w, name);
    erpsync_write_literal(w, "null");
}
