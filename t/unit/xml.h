
/*
 * For tests that compare the tokenizers of XML: parts of documents, and the
 * comparison.
 */


#ifndef UNIT_XML_H
#define UNIT_XML_H


#include "general.h"
#include "random.h"


/* Whether erpsync_xml_rows() takes anything. */

#if (ERPSYNC_SSE2)
#define ROWS  true
#else
#define ROWS  false
#endif


#define X16   "0123456789abcdef"
#define X64   X16 X16 X16 X16
#define X256  X64 X64 X64 X64

#define HEAD  "<ErpConnectionId>883</ErpConnectionId>"                        \
              "<CrmRecordId>34</CrmRecordId><CrmActorType>1</CrmActorType>"   \
              "<ErpKey>k</ErpKey><ErpActorType>1</ErpActorType>"
#define NS    " xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\""


/* A configuration for documents with HEAD. */

static erpsync_sink_conf_t
connect_conf(void)
{
    erpsync_sink_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.key = 0x5eed;
    conf.operation = erpsync_operation_find(
                                         erpsync_span("TryConnectActor", 15));
    assert_non_null(conf.operation);

    return conf;
}


/*
 * Judges a document by both tokenizers, by the fast one with and without AVX2.
 * Returns whether it was read without expat; unit_rows is what was taken with
 * AVX2, if the CPU has it.
 */

static bool
compare(const char *data, size_t len, erpsync_sink_conf_t *conf,
    erpsync_body_t *body)
{
    bool             fast;
    size_t           rows;
    unit_input_t     input;
    erpsync_body_t   narrow, general;
    erpsync_arena_t  arena;

    erpsync_arena_init(&arena);
    input = unit_input(data, len);

    unit_rows = 0;
    (void) erpsync_wide_set(true);
    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_XML, conf, input.str,
                                  body), ERPSYNC_OK);
    fast = unit_fast;
    rows = unit_rows;

    unit_rows = 0;
    assert_true(erpsync_wide_set(false));
    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_XML, conf, input.str,
                                  &narrow), ERPSYNC_OK);
    assert_int_equal(unit_fast, fast);
    assert_int_equal(unit_rows, rows);

    unit_general = true;
    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_XML, conf, input.str,
                                  &general), ERPSYNC_OK);
    unit_general = false;

    unit_same_body(body, &general);
    unit_same_body(&narrow, &general);

    free(input.data);
    erpsync_arena_destroy(&arena);

    return fast;
}


#endif /* UNIT_XML_H */
