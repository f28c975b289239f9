
/*
 * For the writers of metrics: output that keeps an error until the end, and
 * the syntax of JSON.
 */


#ifndef ERPSYNC_METRICS_WRITER_H
#define ERPSYNC_METRICS_WRITER_H


#include "erpsync_metrics.h"


typedef struct {
    erpsync_out_t  *out;
    erpsync_rc_t    rc;
    bool            first;     /* in JSON: no comma is needed next */
} erpsync_writer_t;


/* Write a span, a literal or a number; nothing after an error. */

static inline void
erpsync_write(erpsync_writer_t *w, erpsync_str_t s)
{
    if (w->rc == ERPSYNC_OK) {
        w->rc = erpsync_out_str(w->out, s);
    }
}

#define erpsync_write_literal(w, s)                                           \
    erpsync_write(w, erpsync_span(s, sizeof(s) - 1))

static inline void
erpsync_write_number(erpsync_writer_t *w, uint64_t n)
{
    if (w->rc == ERPSYNC_OK) {
        w->rc = erpsync_out_number(w->out, n);
    }
}

/*
 * Returns "s", or if it is not UTF-8, as a path need not be, a copy that has
 * "?" for each byte that is not ASCII. If memory runs out, the text is empty
 * and w->rc is set.
 */

erpsync_str_t erpsync_writer_text(erpsync_writer_t *w, erpsync_str_t s);


/* JSON: "name" is NULL in an array. */

void erpsync_json_open(erpsync_writer_t *w, const char *name, char bracket);
void erpsync_json_close(erpsync_writer_t *w, char bracket);
void erpsync_json_uint(erpsync_writer_t *w, const char *name, uint64_t n);
void erpsync_json_text(erpsync_writer_t *w, const char *name,
    erpsync_str_t s);
void erpsync_json_null(erpsync_writer_t *w, const char *name);


#endif /* ERPSYNC_METRICS_WRITER_H */
