
#include "erpsync_metrics_writer.h"


/*
 * Writes JSON for a script element, where "<" is not allowed.  In JSON it
 * occurs in strings only, so it is escaped there.
 */

static void
erpsync_html_data(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t         i, start;
    erpsync_out_t  json;

    if (erpsync_out_init(&json, w->out->arena, 16384) != ERPSYNC_OK
        || erpsync_metrics_json(&json, m) != ERPSYNC_OK)
    {
        w->rc = ERPSYNC_ERROR;
        return;
    }

    start = 0;

    for (i = 0; i < erpsync_out_len(&json); i++) {
        if (json.start[i] == '<') {
            erpsync_write(w, erpsync_span(json.start + start, i - start));
            erpsync_write_literal(w, "\\u003c");
            start = i + 1;
        }
    }

    erpsync_write(w, erpsync_span(json.start + start, i - start));
}


static void
erpsync_html_row(erpsync_writer_t *w, const char *what, erpsync_str_t name,
    uint64_t n)
{
    erpsync_write_literal(w, "<tr><th scope=\"row\">");
    erpsync_write(w, erpsync_span(what, strlen(what)));

    if (w->rc == ERPSYNC_OK) {
        w->rc = erpsync_out_xml(w->out, name);
    }

    erpsync_write_literal(w, "</th><td>");
    erpsync_write_number(w, n);
    erpsync_write_literal(w, "</td></tr>");
}


/* Writes rows of decisions, reasons of refusals, and the WebAPI's answers. */

static void
erpsync_html_summary(erpsync_writer_t *w, const erpsync_metrics_t *m)
{
    size_t    i, d, k;
    uint64_t  n;

    for (d = 0; d < ERPSYNC_DECISIONS; d++) {
        erpsync_html_row(w, "", erpsync_decision_name((erpsync_decision_t) d),
                         erpsync_metrics_decided(m, (erpsync_decision_t) d));
    }

    for (k = ERPSYNC_REASON_OK + 1; k < ERPSYNC_REASON_COUNT; k++) {
        n = 0;

        for (i = 0; i < ERPSYNC_METRICS_OPERATIONS; i++) {
            for (d = 0; d < ERPSYNC_DECISIONS; d++) {
                n += m->requests[i][d][k];
            }
        }

        if (n) {
            erpsync_html_row(w, "", erpsync_reason_name((erpsync_reason_t) k),
                             n);
        }
    }

    for (i = 0; i < ERPSYNC_ANSWERS; i++) {
        erpsync_html_row(w, "WebAPI: ",
                         erpsync_answer_name((erpsync_answer_t) i),
                         m->answers[i]);
    }
}


static bool
erpsync_html_mark(erpsync_str_t page, size_t i, erpsync_str_t mark)
{
    return page.len - i >= mark.len
           && memcmp(page.data + i, mark.data, mark.len) == 0;
}


erpsync_rc_t
erpsync_metrics_html(erpsync_out_t *out, const erpsync_metrics_t *m,
    erpsync_str_t page, erpsync_str_t nonce)
{
    size_t            i, start, k;
    erpsync_writer_t  w = { out, ERPSYNC_OK, true };

    static const erpsync_str_t  marks[] = {
        erpsync_string("@NONCE@"),
        erpsync_string("@DATA@"),
        erpsync_string("@SUMMARY@")
    };

    start = 0;

    for (i = 0; i < page.len; i++) {

        if (page.data[i] != '@') {
            continue;
        }

        for (k = 0; k < erpsync_nelts(marks); k++) {
            if (erpsync_html_mark(page, i, marks[k])) {
                break;
            }
        }

        if (k == erpsync_nelts(marks)) {
            continue;
        }

        erpsync_write(&w, erpsync_span(page.data + start, i - start));

        switch (k) {

        case 0:
            erpsync_write(&w, nonce);
            break;

        case 1:
            erpsync_html_data(&w, m);
            break;

        default:
            erpsync_html_summary(&w, m);
        }

        i += marks[k].len - 1;
        start = i + 1;
    }

    erpsync_write(&w, erpsync_span(page.data + start, i - start));

    return w.rc;
}
