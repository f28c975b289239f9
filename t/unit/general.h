
/*
 * For tests that compare a fast path with the general path: while
 * "unit_general" is set, each fast path takes nothing, so that the general
 * path decodes the whole body.  The linker puts these functions in front of
 * the fast paths, by the options in general.opts; a function that does not
 * exist any more is an error of the linker.
 */


#ifndef UNIT_GENERAL_H
#define UNIT_GENERAL_H


#include "erpsync_form_internal.h"
#include "erpsync_form_rows.h"
#include "erpsync_json_fast.h"
#include "erpsync_xml_internal.h"
#include "erpsync_xml_rows.h"


static bool  unit_general;
static bool  unit_fast;         /* that of XML or of forms read the whole last
                                   body */
static size_t  unit_rows;       /* elements that erpsync_xml_rows() and
                                   erpsync_form_rows() took, until a test sets
                                   it to 0 */
static size_t  unit_tries;      /* calls of erpsync_form_rows(), likewise */


erpsync_json_fast_rc_t __real_erpsync_json_fast(erpsync_sink_t *sink,
    erpsync_str_t input, const uint8_t **pos, bool *next);
erpsync_json_fast_rc_t __wrap_erpsync_json_fast(erpsync_sink_t *sink,
    erpsync_str_t input, const uint8_t **pos, bool *next);
const uint8_t *__real_erpsync_json_fast_element(erpsync_sink_t *sink,
    const uint8_t *pos, const uint8_t *last);
const uint8_t *__wrap_erpsync_json_fast_element(erpsync_sink_t *sink,
    const uint8_t *pos, const uint8_t *last);
erpsync_rc_t __real_erpsync_xml_fast(erpsync_xml_t *xml, erpsync_str_t input,
    bool *whole);
erpsync_rc_t __wrap_erpsync_xml_fast(erpsync_xml_t *xml, erpsync_str_t input,
    bool *whole);


bool __real_erpsync_xml_rows(erpsync_xml_rows_t *rows);
bool __wrap_erpsync_xml_rows(erpsync_xml_rows_t *rows);

const uint8_t *__real_erpsync_form_rows(erpsync_form_rows_t *rows,
    const uint8_t *p, const uint8_t *last);
const uint8_t *__wrap_erpsync_form_rows(erpsync_form_rows_t *rows,
    const uint8_t *p, const uint8_t *last);

erpsync_rc_t __real_erpsync_form_fast(erpsync_form_t *form, bool *sent);
erpsync_rc_t __wrap_erpsync_form_fast(erpsync_form_t *form, bool *sent);


erpsync_json_fast_rc_t
__wrap_erpsync_json_fast(erpsync_sink_t *sink, erpsync_str_t input,
    const uint8_t **pos, bool *next)
{
    return unit_general ? ERPSYNC_JSON_FAST_NONE
                        : __real_erpsync_json_fast(sink, input, pos, next);
}


const uint8_t *
__wrap_erpsync_json_fast_element(erpsync_sink_t *sink, const uint8_t *pos,
    const uint8_t *last)
{
    return unit_general ? NULL
                        : __real_erpsync_json_fast_element(sink, pos, last);
}


erpsync_rc_t
__wrap_erpsync_xml_fast(erpsync_xml_t *xml, erpsync_str_t input, bool *whole)
{
    erpsync_rc_t  rc;

    *whole = false;
    rc = unit_general ? ERPSYNC_OK
                      : __real_erpsync_xml_fast(xml, input, whole);
    unit_fast = *whole;

    return rc;
}


bool
__wrap_erpsync_xml_rows(erpsync_xml_rows_t *rows)
{
    bool    taken;
    size_t  n;

    n = rows->n;
    taken = __real_erpsync_xml_rows(rows);
    unit_rows += rows->n - n;

    return taken;
}


const uint8_t *
__wrap_erpsync_form_rows(erpsync_form_rows_t *rows, const uint8_t *p,
    const uint8_t *last)
{
    size_t          n;
    const uint8_t  *end;

    n = rows->index;
    end = __real_erpsync_form_rows(rows, p, last);
    unit_rows += rows->index - n;
    unit_tries++;

    return end;
}


erpsync_rc_t
__wrap_erpsync_form_fast(erpsync_form_t *form, bool *sent)
{
    erpsync_rc_t  rc;

    *sent = false;
    rc = unit_general ? ERPSYNC_OK : __real_erpsync_form_fast(form, sent);
    unit_fast = *sent;

    return rc;
}


#endif /* UNIT_GENERAL_H */
