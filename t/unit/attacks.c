
/*
 * Bodies made to exhaust something.  Each ends with the right answer, and
 * never takes more than four times its size and 1 MB: malloc() and its kin
 * are counted, and the arena is on malloc().
 */


#include <malloc.h>

#include "unit.h"


#define MEGABYTE  (1024 * 1024)
#define SIZE      (24 * MEGABYTE)


static size_t  taken;
static size_t  highest;


/* What the core calls instead of the functions: see the Makefile. */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void __real_qsort(void *base, size_t n, size_t size,
    int (*compare)(const void *, const void *));
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);
void __wrap_qsort(void *base, size_t n, size_t size,
    int (*compare)(const void *, const void *));


static void
take(size_t size)
{
    taken += size;
    highest = (taken > highest) ? taken : highest;
}


void *
__wrap_malloc(size_t size)
{
    void  *p;

    p = __real_malloc(size);
    take(malloc_usable_size(p));

    return p;
}


void *
__wrap_calloc(size_t n, size_t size)
{
    void  *p;

    p = __real_calloc(n, size);
    take(malloc_usable_size(p));

    return p;
}


/* The old block and the new one may be there at the same time. */

void *
__wrap_realloc(void *p, size_t size)
{
    void    *q;
    size_t   old;

    old = malloc_usable_size(p);
    q = __real_realloc(p, size);

    if (q) {
        take(malloc_usable_size(q));
        taken -= old;
    }

    return q;
}


void
__wrap_free(void *p)
{
    taken -= malloc_usable_size(p);
    __real_free(p);
}


/* The C library sorts in memory of its own. */

void
__wrap_qsort(void *base, size_t n, size_t size,
    int (*compare)(const void *, const void *))
{
    take(n * size);
    __real_qsort(base, n, size, compare);
    taken -= n * size;
}


#define HEAD  "\"ErpConnectionId\":1,\"CrmRecordId\":1,\"CrmActorType\":1,"    \
              "\"ErpKey\":\"k\",\"ErpActorType\":1"

#define XML_HEAD  "<ErpConnectionId>1</ErpConnectionId>"                      \
                  "<CrmRecordId>1</CrmRecordId>"                              \
                  "<CrmActorType>1</CrmActorType><ErpKey>k</ErpKey>"          \
                  "<ErpActorType>1</ErpActorType>"

#define FORM_HEAD  "ErpConnectionId=1&CrmRecordId=1&CrmActorType=1&ErpKey=k"  \
                   "&ErpActorType=1"

#define JSON   ERPSYNC_MEDIA_JSON
#define MERGE  ERPSYNC_MEDIA_MERGE_PATCH
#define PATCH  ERPSYNC_MEDIA_JSON_PATCH
#define XML    ERPSYNC_MEDIA_XML
#define FORM   ERPSYNC_MEDIA_FORM

#define REJECT  ERPSYNC_UNKNOWN_REJECT
#define STRIP   ERPSYNC_UNKNOWN_STRIP
#define PASS    ERPSYNC_UNKNOWN_PASS


/*
 * A body is "head", "unit" over and over, "between" those, and "tail".  In a
 * unit "%d" is its number, "%D" the number from the end, "%n" a short name.
 */

typedef struct {
    const char         *name;
    erpsync_media_t     media;
    const char         *operation;
    erpsync_unknown_t   unknown;
    const char         *head;
    const char         *unit;
    const char         *between;
    size_t              n;
    const char         *tail;
    const char         *expected;    /* reason, then the first violation */
} attack_t;


#define TRY  "TryConnectActor"
#define ANY  "SaveConnection"        /* its carrier is not read */


static const attack_t  attacks[] = {

    /* XML */

    { "billion laughs", XML, TRY, REJECT,
      "<!DOCTYPE r [<!ENTITY a0 'ha'>", "<!ENTITY a%d '&a0;&a0;&a0;'>", "",
      50, "]><r>&a49;</r>", "body_malformed  syntax" },
    { "quadratic blow-up", XML, TRY, REJECT,
      "<!DOCTYPE r [<!ENTITY a '", "aaaaaaaaaaaaaaaa", "", 6000,
      "'>]><r>&a;&a;&a;&a;&a;&a;&a;&a;</r>", "body_malformed  syntax" },
    { "external entity", XML, TRY, REJECT,
      "<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><r>&a;", "", "",
      0, "</r>", "body_malformed  syntax" },
    { "parameter entity", XML, TRY, REJECT,
      "<!DOCTYPE r [<!ENTITY % a SYSTEM 'http://127.0.0.1/'> %a;]><r>", "",
      "", 0, "</r>", "body_malformed  syntax" },
    { "external subset", XML, TRY, REJECT,
      "<!DOCTYPE r PUBLIC 'x' 'http://127.0.0.1/'><r>", "", "", 0, "</r>",
      "body_malformed  syntax" },
    { "undeclared entities", XML, TRY, REJECT, "<r>", "&a%d;", "", 100000,
      "</r>", "body_malformed  syntax" },
    { "a million attributes", XML, TRY, REJECT, "<r", " a%d=''", "", 1000000,
      "/>", "body_malformed  syntax" },
    { "a long attribute", XML, TRY, REJECT, "<r a='", "aaaaaaaaaaaaaaaa", "",
      MEGABYTE / 16, "'>" XML_HEAD "</r>", "body_malformed  syntax" },
    { "deep elements", XML, TRY, STRIP, "<r>", "<a>", "", 1000000, "",
      "body_malformed  syntax" },
    { "a long element name", XML, TRY, STRIP, "<r>" XML_HEAD "<",
      "aaaaaaaaaaaaaaaa", "", MEGABYTE / 16, "/></r>",
      "body_malformed  syntax" },
    { "namespaces", XML, TRY, STRIP, "<r>" XML_HEAD, "<a%d xmlns='u:%d'/>",
      "", 100000, "</r>", "body_malformed  syntax" },
    { "many elements", XML, TRY, STRIP, "<r>" XML_HEAD, "<%n/>", "", 200000,
      "</r>", "body_malformed  syntax" },
    { "a text of quotes", XML, TRY, REJECT, "<r>" XML_HEAD "<FieldValues><x>"
      "<CrmFieldKey>k</CrmFieldKey><Value>", "\"\"\"\"\"\"\"\"", "",
      MEGABYTE / 8, "</Value></x></FieldValues></r>",
      "body_malformed  syntax" },
    { "a text of references", XML, TRY, REJECT, "<r>" XML_HEAD "<FieldValues>"
      "<x><CrmFieldKey>k</CrmFieldKey><Value>", "&#9;&lt;&#x1F600;", "",
      MEGABYTE / 16, "</Value></x></FieldValues></r>", "ok" },
    { "a text of lines", XML, TRY, PASS, "<r>" XML_HEAD "<Other>", "a\n", "",
      MEGABYTE / 2, "</Other></r>", "body_malformed  syntax" },
    { "comments", XML, TRY, REJECT, "<r>" XML_HEAD, "<!-- -->", "",
      MEGABYTE / 8, "</r>", "ok" },
    { "one comment", XML, TRY, REJECT, "<r>" XML_HEAD "<!--", "aaaaaaaa", "",
      MEGABYTE / 8, "--></r>", "body_malformed  syntax" },
    { "field values", XML, TRY, REJECT, "<r>" XML_HEAD "<FieldValues>",
      "<x><CrmFieldKey>k</CrmFieldKey></x>", "", 100000,
      "</FieldValues></r>", "body_invalid /FieldValues count" },
    { "a surrogate by reference", XML, TRY, REJECT,
      "<r>" XML_HEAD "<ErpKey>&#xD800;", "", "", 0, "</ErpKey></r>",
      "body_malformed  syntax" },
    { "a pair of surrogates by reference", XML, TRY, REJECT,
      "<r>" XML_HEAD "<ErpKey>&#xD83D;&#xDE00;", "", "", 0, "</ErpKey></r>",
      "body_malformed  syntax" },
    { "NUL by reference", XML, TRY, REJECT, "<r>&#0;", "", "", 0, "</r>",
      "body_malformed  syntax" },
    { "overlong UTF-8 in XML", XML, TRY, REJECT, "<r>\xe0\x80\xaf", "", "",
      0, "</r>", "body_malformed  syntax" },

    /* JSON */

    { "deep arrays", JSON, TRY, STRIP, "{\"x\":", "[", "", 1000000, "",
      "body_malformed  syntax" },
    { "deep objects", JSON, ANY, REJECT, "", "{\"a\":", "", 1000000, "",
      "body_malformed  syntax" },
    { "many names, rejected", JSON, TRY, REJECT, "{" HEAD ",", "\"%n\":0",
      ",", 200000, "}", "body_invalid /0 unknown" },
    { "many names, stripped", JSON, TRY, STRIP, "{" HEAD ",", "\"%n\":0",
      ",", 100000, "}", "body_malformed  syntax" },
    { "many names, passed", JSON, TRY, PASS, "{" HEAD ",", "\"%n\":0",
      ",", 100000, "}", "body_malformed  syntax" },
    { "many names, opaque", JSON, ANY, PASS, "{", "\"%n\":0", ",", 100000,
      "}", "body_malformed  syntax" },
    { "many objects of nine names", JSON, ANY, PASS, "[",
      "{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,"
      "\"i\":0}", ",", 50000, "]", "ok" },
    { "field values of nine names", JSON, TRY, STRIP, "{" HEAD
      ",\"FieldValues\":[", "{\"CrmFieldKey\":1,\"a\":0,\"b\":0,\"c\":0,"
      "\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0}", ",", 1000, "]}",
      "ok" },
    { "a long name", JSON, TRY, STRIP, "{" HEAD ",\"", "aaaaaaaaaaaaaaaa",
      "", MEGABYTE / 16, "\":0}", "ok" },
    { "a long name with escapes", JSON, TRY, PASS, "{" HEAD ",\"", "\\\"", "",
      MEGABYTE / 2, "\":0}", "ok" },
    { "a string of \\\"", JSON, TRY, REJECT, "{" HEAD ",\"FieldValues\":["
      "{\"CrmFieldKey\":\"k\",\"Value\":\"", "\\\"", "", MEGABYTE / 2,
      "\"}]}", "ok" },
    { "a string of \\u0001", JSON, TRY, REJECT, "{" HEAD ",\"FieldValues\":["
      "{\"CrmFieldKey\":\"k\",\"Value\":\"", "\\u0001", "", MEGABYTE / 6,
      "\"}]}", "ok" },
    { "strings of \\\" out of order", JSON, TRY, PASS, "{\"FieldValues\":["
      "{\"CrmFieldKey\":\"k\",\"Value\":\"", "\\\"", "", MEGABYTE * 2,
      "\",\"x\":\"\\\"\"}]," HEAD "}", "ok" },
    { "a lone surrogate", JSON, TRY, REJECT, "{\"ErpKey\":\"", "\\uD83D\\"
      "uDE00", "", 10000, "\\ud800\"}", "body_malformed  syntax" },
    { "overlong UTF-8", JSON, TRY, REJECT, "{\"ErpKey\":\"\xc0\xaf\"}", "",
      "", 0, "", "body_malformed  syntax" },
    { "a number of a megabyte", JSON, TRY, REJECT, "{\"CrmRecordId\":1",
      "0000000000000000", "", MEGABYTE / 16, "}",
      "body_invalid /CrmRecordId range" },
    { "numbers that become strings", JSON, "GetErpFieldValues", REJECT,
      "{\"FieldKeys\":[", "123456", ",", 500000, "],\"EntityId\":1}", "ok" },
    { "digits that become strings", JSON, "GetErpFieldValues", REJECT,
      "{\"FieldKeys\":[", "1", ",", 2000000, "],\"EntityId\":1}",
      "body_malformed  syntax" },
    { "connections", JSON, "SaveErpConnectionSyncPriorities", REJECT,
      "{\"ErpConnectionIds\":[", "1", ",", 1000000, "]}",
      "body_malformed  syntax" },
    { "nulls that are absent", MERGE, ANY, REJECT, "{", "\"%n\":null", ",",
      50000, "}", "ok" },

    /* forms */

    { "an index of 1 GB", FORM, TRY, REJECT, FORM_HEAD
      "&FieldValues[1073741824].CrmFieldKey=k", "", "", 0, "",
      "body_invalid /FieldValues/0 required" },
    { "indexes from the end", FORM, TRY, REJECT, FORM_HEAD,
      "&FieldValues[%D].CrmFieldKey=%%6b+", "", 100000, "",
      "body_invalid /FieldValues count" },
    { "short elements", FORM, TRY, REJECT, FORM_HEAD, "&FieldValues[%d]", "",
      200000, "", "body_invalid /FieldValues/0 type" },
    { "short keys", FORM, "GetErpFieldValues", REJECT, "", "&FieldKeys[%d]",
      "", 200000, "", "ok" },
    { "many form names, rejected", FORM, TRY, REJECT, FORM_HEAD, "&%n", "",
      200000, "", "body_invalid /0 unknown" },
    { "many form names, stripped", FORM, TRY, STRIP, FORM_HEAD, "&%n", "",
      200000, "", "body_malformed  syntax" },
    { "many form names, passed", FORM, TRY, PASS, FORM_HEAD, "&%n", "",
      200000, "", "body_malformed  syntax" },
    { "indexed form names", FORM, TRY, STRIP, FORM_HEAD, "&%n[0]", "",
      200000, "", "body_malformed  syntax" },
    { "percent-encoded values", FORM, TRY, REJECT, FORM_HEAD
      "&FieldValues[0].CrmFieldKey=k&FieldValues[0].Value=", "%%41", "",
      MEGABYTE / 3, "&FieldValues[1].CrmFieldKey=k", "ok" },
    { "control characters", FORM, TRY, REJECT, FORM_HEAD
      "&FieldValues[0].CrmFieldKey=k&FieldValues[0].Value=", "\x01\x02", "",
      MEGABYTE * 4, "", "body_malformed  syntax" },
    { "percent-encoded NUL", FORM, TRY, REJECT, "ErpKey=a%%00", "", "", 0,
      "", "body_malformed  syntax" },
    { "a percent-encoded surrogate", FORM, TRY, REJECT, "ErpKey=%%ed%%a0%%80",
      "", "", 0, "", "body_malformed  syntax" },

    /* JSON Patch */

    { "a million operations", PATCH, ANY, REJECT, "[",
      "{\"op\":\"add\",\"path\":\"a\",\"value\":1}", ",", 500000, "]",
      "body_invalid  count" },
    { "a million nothings", PATCH, ANY, REJECT, "[", "1", ",", 1000000, "]",
      "body_invalid /0 type" },
    { "doubling", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":[1,2,3,4]},"
      "{\"op\":\"add\",\"path\":\"b\",\"value\":{}}",
      ",{\"op\":\"copy\",\"from\":\"\",\"path\":\"b/%d\"}", "", 40, "]",
      "body_invalid /13 count" },
    { "doubling by elements", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"\",\"value\":[[1,2,3,4,5,6,7,8]]}",
      ",{\"op\":\"copy\",\"from\":\"/0\",\"path\":\"/0/-\"}", "", 40, "]",
      "body_invalid /11 count" },
    { "copies of a large value", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
      ",{\"op\":\"copy\",\"from\":\"a\",\"path\":\"a%d\"}", "", 9000, "]",
      "body_invalid /2055 count" },
    { "an index of 1 GB in a path", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":[]},{\"op\":\"add\","
      "\"path\":\"a/1073741824\",\"value\":1}]", "", "", 0, "",
      "body_invalid /1/path range" },
    { "moves in a circle", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":{\"b\":{}}},"
      "{\"op\":\"move\",\"from\":\"a\",\"path\":\"a/b/c\"}]", "", "", 0, "",
      "body_invalid /1/path range" },
    { "moves there and back", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":{\"b\":{}}}",
      ",{\"op\":\"move\",\"from\":\"a/b\",\"path\":\"c\"},"
      "{\"op\":\"move\",\"from\":\"c\",\"path\":\"a/b\"}", "", 4999, "]",
      "ok" },
    { "a path of a megabyte", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"", "/a/b/c/d/e/f/g/h", "", MEGABYTE / 16,
      "\",\"value\":1}]", "body_invalid /0/path unknown" },
    { "a name of a megabyte", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"/", "~1~0~1~0\\u0001", "", MEGABYTE / 16,
      "\",\"value\":1}]", "ok" },
    { "a value taken apart", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"\",\"value\":[", "0", ",", 1000000,
      "]},{\"op\":\"add\",\"path\":\"/0\",\"value\":1}]",
      "body_invalid /1 count" },
    { "field values taken apart", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"\",\"value\":[",
      "{\"CrmFieldKey\":\"k\",\"Value\":\"v\"}", ",", 30000,
      "]},{\"op\":\"add\",\"path\":\"/0/x\",\"value\":1}]", "ok" },
    { "inserting in front", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":[]}",
      ",{\"op\":\"add\",\"path\":\"a/0\",\"value\":1}", "", 9999, "]", "ok" },
    { "front and back in turn", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":[1,2,3,4,5,6,7,8,9,0,1,2]}",
      ",{\"op\":\"add\",\"path\":\"a/0\",\"value\":1},{\"op\":\"add\",\"path\""
      ":\"a/%d\",\"value\":1}", "", 4999, "]", "body_invalid /7464 count" },
    { "a huge comparison", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":{\"b\":[0]}},{\"op\":\"test\""
      ",\"path\":\"a\",\"value\":{", "\"a%d\":{\"b\":[1,2,3]}", ",", 100000,
      "}}]", "body_invalid /1/value test" },
    { "a comparison of many names", PATCH, ANY, REJECT,
      "[{\"op\":\"test\",\"path\":\"\",\"value\":{", "\"a%d\":1", ",", 100000,
      "}}]", "body_malformed  syntax" },
    { "a string of escapes in a patch", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":\"", "\\\"", "", MEGABYTE,
      "\"}]", "ok" },
    { "deep in a patch", PATCH, ANY, REJECT, "[{\"value\":", "[", "", 100000,
      "", "body_malformed  syntax" },
    { "many names in a patch", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"\",\"value\":{", "\"%n\":0", ",", 100000,
      "}}]", "body_malformed  syntax" },
};


static char  *buffer;


static char *
unit(char *p, const char *s, size_t i, size_t n)
{
    size_t  j;

    for ( /* void */ ; *s; s++) {

        if (s[0] != '%') {
            *p++ = *s;
            continue;
        }

        switch (*++s) {

        case 'd':
            p += sprintf(p, "%zu", i);
            break;

        case 'D':
            p += sprintf(p, "%zu", n - 1 - i);
            break;

        case 'n':
            *p++ = "0123456789"[i % 10];

            for (j = i / 10; j; j /= 26) {
                *p++ = (char) ('a' + j % 26);
            }

            break;

        default:
            *p++ = '%';
            s -= (*s != '%');
        }
    }

    return p;
}


static size_t
build(const attack_t *a)
{
    char    *p;
    size_t   i;

    p = unit(buffer, a->head, 0, a->n);

    for (i = 0; i < a->n; i++) {

        if (i) {
            p = unit(p, a->between, i, a->n);
        }

        p = unit(p, a->unit, i, a->n);
        assert_true(p - buffer < SIZE - MEGABYTE);
    }

    p = unit(p, a->tail, 0, a->n);

    return (size_t) (p - buffer);
}


static void
test_attacks(void **state)
{
    char                  got[256];
    size_t                i, len, before;
    unit_input_t          input;
    erpsync_body_t        body;
    erpsync_arena_t       arena;
    const attack_t       *a;
    erpsync_sink_conf_t   conf;

    buffer = __real_malloc(SIZE);
    assert_non_null(buffer);

    (void) state;

    for (i = 0; i < erpsync_nelts(attacks); i++) {
        a = &attacks[i];
        len = build(a);
        input = unit_input(buffer, len);

        memset(&conf, 0, sizeof(conf));
        conf.operation = erpsync_operation_find(
                           erpsync_span(a->operation, strlen(a->operation)));
        conf.unknown = a->unknown;
        conf.max_field_values = 1000;
        conf.key = 0x5eed;

        before = taken;
        highest = taken;
        erpsync_arena_init(&arena);

        assert_int_equal(erpsync_body(&arena, a->media, &conf, input.str,
                                      &body),
                         ERPSYNC_OK);

        snprintf(got, sizeof(got), "%s%s%.*s%s%s",
                 (const char *) erpsync_reason_name(body.reason).data,
                 body.nviolations ? " " : "",
                 body.nviolations ? (int) body.violations[0].path.len : 0,
                 body.nviolations
                 ? (const char *) body.violations[0].path.data : "",
                 body.nviolations ? " " : "",
                 body.nviolations
                 ? (const char *) erpsync_code_name(
                                       body.violations[0].code).data : "");

        printf("%-36s %9zu bytes, %5.2f times and %4zu KB: %s\n", a->name,
               len, (double) (highest - before) / (double) len,
               (highest - before) / 1024, got);

        if (highest - before > 4 * len + MEGABYTE) {
            fail_msg("%s: %zu bytes take %zu", a->name, len,
                     highest - before);
        }

        assert_string_equal(got, a->expected);

        erpsync_arena_destroy(&arena);
        assert_int_equal(taken, before);
        free(input.data);
    }

    __real_free(buffer);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_attacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
