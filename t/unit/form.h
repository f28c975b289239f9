
/* For tests that compare the paths of forms. */


#ifndef UNIT_FORM_H
#define UNIT_FORM_H


#include "erpsync_wide.h"
#include "general.h"
#include "random.h"


#define HEAD  "ErpConnectionId=883&CrmRecordId=34&CrmActorType=Contact&"      \
              "ErpKey=k&ErpActorType=Customer"


/*
 * Judges a form by both paths, by the fast one with and without AVX2.  Returns
 * whether the fast path took it; unit_rows is what erpsync_form_rows() took.
 */

static bool
judge(const char *data, size_t len, erpsync_arena_t *arena,
    const erpsync_sink_conf_t *conf, unit_input_t *input,
    erpsync_body_t *body)
{
    bool             fast;
    erpsync_body_t   narrow, general;

    *input = unit_input(data, len);
    unit_rows = 0;

    (void) erpsync_wide_set(true);
    assert_int_equal(erpsync_body(arena, ERPSYNC_MEDIA_FORM, conf, input->str,
                                  body), ERPSYNC_OK);
    fast = unit_fast;

    assert_true(erpsync_wide_set(false));
    assert_int_equal(erpsync_body(arena, ERPSYNC_MEDIA_FORM, conf, input->str,
                                  &narrow), ERPSYNC_OK);
    assert_int_equal(unit_fast, fast);

    unit_general = true;
    assert_int_equal(erpsync_body(arena, ERPSYNC_MEDIA_FORM, conf, input->str,
                                  &general), ERPSYNC_OK);
    unit_general = false;

    unit_same_body(body, &general);
    unit_same_body(&narrow, &general);
    assert_memory_equal(input->data, data, len);

    return fast;
}


#endif /* UNIT_FORM_H */
