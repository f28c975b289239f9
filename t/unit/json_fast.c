
/*
 * The fast path for JSON, with and without AVX2, and the general path give the
 * same verdict, bytes, facts and violations, for requests that are made, varied
 * and broken at random: as many as UNIT_DOCUMENTS says.  What is judged OK is
 * also compared with what jansson reads: it is JSON, and it has the values that
 * were sent.
 */


#define _POSIX_C_SOURCE  200809L

#include <jansson.h>
#include <strings.h>

#include "erpsync_wide.h"
#include "general.h"
#include "random.h"


#define DOCUMENTS  200000
#define SIZE       8192


static const char *
one_of(const char *const *values, size_t n)
{
    return values[any((unsigned) n)];
}


/*
 * Writes white space behind "p", a character at least: mostly none, sometimes
 * an indentation, or a space behind "," and ":", as Python does.
 */

static char *
space(char *p, unsigned style)
{
    static const char *const  spaces[] = {
        " ", "\n", "\r\n\t", "\n      ", "\n                      ", "\t\t"
    };

    if (style == 3) {

        if ((p[-1] == ',' || p[-1] == ':') && any(50)) {
            *p++ = ' ';
        }

        return p;
    }

    if (style == 0 || (style == 1 && any(8))) {
        return p;
    }

    return stpcpy(p, one_of(spaces, erpsync_nelts(spaces)));
}


/*
 * Writes a name in its documented case, in camel case, or in any other case,
 * and seldom another name.
 */

static char *
name(char *p, const char *s, unsigned kind)
{
    char  *q;

    p += sprintf(p, "\"%s\"", s);
    q = p - strlen(s) - 1;

    if (kind == 1) {
        *q |= 0x20;

    } else if (kind == 2) {
        q[any((unsigned) strlen(s))] ^= 0x20;

    } else if (kind == 3 && any(20) == 0) {
        q[any((unsigned) strlen(s))] = 'z';
    }

    return p;
}




static const char *const  ids[] = {
    "883", "34", "1", "2147483647", "0", "-1", "2147483648", "9999999999",
    "99999999999", "007", "1.0", "1e3", "\"883\"", "\"0\"", "true", "null",
    "nul", "{}", "[]", "\"\"", "12a"
};

static const char *const  crm_actors[] = {
    "\"Contact\"", "\"Person\"", "\"contact\"", "\"SALE\"", "1", "\"2\"",
    "\"Unknown\"", "0", "5", "\"Contact \"", "\"\"", "null", "\"Cont\"",
    "\"\\u0043ontact\"", "\"Conta\x03t\""
};

static const char *const  erp_actors[] = {
    "\"Customer\"", "\"Supplier\"", "\"employee\"", "7", "\"7\"", "8",
    "null", "\"Unknown\"", "[]", "false"
};

#define X16   "0123456789abcdef"
#define X254  X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16     \
              "0123456789abcd"

static const char *const  texts[] = {
    "\"qui\"", "\"Hermann, Rowe and Haag\"", "\"\"", "\" \"", "\" a\"",
    "\"\\n\"", "\"a\\nb\\\"c\\\\\"", "\"\\/\"", "\"\\u0041\\u00e6\"",
    "\"bl\xc3\xa5\xe2\x82\xac\xf0\x9f\x98\x80\"", "\"\xc3\"", "\"a\x01\"",
    "\"\\x\"", "\"" X254 "\"", "\"" X254 "x\"", "\"" X254 "\xc3\xa6\"",
    "\"" X16 X16 X16 "\xc3\xa6" X16 "\"", "12.50", "true", "false", "null",
    "{\"a\":1}", "[\"a\"]", "\"\\u0000\"", "\"\\ud800\"", "\"\x7f\""
};

static const char *const  bools[] = {
    "true", "false", "\"true\"", "\"FALSE\"", "0", "1", "2", "null", "tru",
    "True", "\"\"", "truefalse"
};

static const char *const  others[] = { "null", "{}", "{\"Mask\":[1,null]}" };

static const char *const  unknown[] = {
    "1", "null", "{\"a\":{\"b\":[1,2,{}]},\"c\":\"\\u0041\"}", "[]",
    "{\"a\":1,\"A\":2}"
};


static char *
member(char *p, const char *key, const char *const *values, size_t n,
    unsigned style, unsigned kind)
{
    p = space(name(p, key, kind), style);
    *p++ = ':';
    p = space(p, style);

    return stpcpy(p, one_of(values, n));
}


typedef struct {
    const char         *key;
    const char *const  *values;
    size_t              n;
    unsigned            absent;    /* of 100 */
} member_t;

#define MEMBER(key, table, absent)                                            \
    { key, table, erpsync_nelts(table), absent }


static const member_t  field_members[] = {
    MEMBER("DisplayName", texts, 20),
    MEMBER("CrmFieldKey", texts, 1),
    MEMBER("Value", texts, 10),
    MEMBER("DisplayValue", texts, 10),
    MEMBER("SyncToCrm", bools, 10),
    MEMBER("SyncToErp", bools, 10),
    MEMBER("TableRight", others, 95),
    MEMBER("FieldProperties", others, 95),
    MEMBER("More", unknown, 98)
};

static const member_t  head_members[] = {
    MEMBER("ErpConnectionId", ids, 1),
    MEMBER("CrmRecordId", ids, 1),
    MEMBER("CrmActorType", crm_actors, 1),
    MEMBER("ErpKey", texts, 1),
    MEMBER("ErpActorType", erp_actors, 1)
};


/* "odd" of a thousand values are not in canonical form. */

static char *
members(char *p, const member_t *m, size_t n, unsigned style, unsigned kind,
    unsigned odd)
{
    size_t  i, j, order[16];

    for (i = 0; i < n; i++) {
        order[i] = i;
    }

    if (any(1000) < odd) {
        i = any((unsigned) n);
        j = any((unsigned) n);
        order[i] = j;

        if (any(4)) {
            order[j] = i;      /* otherwise one is given twice */
        }
    }

    for (i = 0; i < n; i++) {
        j = order[i];

        if (any(100) < m[j].absent) {
            continue;
        }

        p = space(p, style);
        p = member(p, m[j].key, m[j].values,
                   (any(1000) < odd) ? m[j].n : 2, style, kind);
        p = space(p, style);
        *p++ = ',';
    }

    return p;
}


static size_t
document(char *text)
{
    char      *p;
    unsigned   i, n, style, kind, odd;

    style = any(4);
    kind = any(4);
    odd = any(4) ? any(3) * 5 : 100;
    n = any(3) ? any(6) : 0;

    p = (style == 3) ? text : space(text, style);
    *p++ = '{';
    p = members(p, head_members, erpsync_nelts(head_members), style, kind,
                odd);

    if (any(20)) {
        p = space(name(p, "FieldValues", kind), style);
        p = stpcpy(p, ":[");

        for (i = 0; i < n; i++) {
            p = space(p, style);
            *p++ = '{';
            p = members(p, field_members, erpsync_nelts(field_members),
                        style, kind, odd);
            p -= (p[-1] == ',' && any(1000) >= odd / 10);
            p = stpcpy(p, "}");
            p = space(p, style);
            *p++ = ',';
        }

        p -= (p[-1] == ',' && any(1000) >= odd / 10);
        p = space(p, style);
        p = stpcpy(p, "],");
    }

    if (any(1000) < odd / 4) {
        p = member(p, "Extra", unknown, erpsync_nelts(unknown), style, 0);
        *p++ = ',';
    }

    p -= (p[-1] == ',');
    p = space(p, style);
    *p++ = '}';
    p = space(p, style);

    /* a byte changed, or the end cut off */

    if (any(8) == 0) {
        text[any((unsigned) (p - text))] = (char) any(256);

    } else if (any(20) == 0) {
        p = text + any((unsigned) (p - text));
    }

    return (size_t) (p - text);
}


/* Returns the value of a member by its name in any case. */

static json_t *
find(json_t *object, const char *key)
{
    json_t      *value;
    const char  *k;

    json_object_foreach(object, k, value) {
        if (strcasecmp(k, key) == 0) {
            return value;
        }
    }

    return NULL;
}


/* Checks that strings, booleans and numbers have the values that were sent. */

static void
same_values(json_t *sent, json_t *got)
{
    size_t       i;
    json_t      *value, *other;
    const char  *key;

    json_object_foreach(got, key, value) {
        other = find(sent, key);

        if (json_is_array(value) && other) {
            assert_int_equal(json_array_size(value), json_array_size(other));

            for (i = 0; i < json_array_size(value); i++) {
                same_values(json_array_get(other, i),
                            json_array_get(value, i));
            }

            continue;
        }

        if (other == NULL || json_is_null(other)) {
            assert_int_equal(json_array_size(value), 0);
            continue;
        }

        if (json_typeof(value) == json_typeof(other)
            && strstr(key, "ActorType") == NULL)
        {
            assert_true(json_equal(value, other));
        }
    }
}


static void
begin(erpsync_sink_conf_t *conf, size_t taken[2])
{
    memset(conf, 0, sizeof(erpsync_sink_conf_t));
    memset(taken, 0, 2 * sizeof(size_t));

    conf->operation = erpsync_operation_find(
                                         erpsync_span("TryConnectActor", 15));
}


static void
compare(const char *text, size_t len, erpsync_sink_conf_t *conf,
    size_t taken[2])
{
    size_t            i;
    json_t           *sent, *got;
    json_error_t      error;
    unit_input_t      input;
    erpsync_body_t    fast, narrow, general, again;
    erpsync_arena_t   arena;

    erpsync_arena_init(&arena);
    input = unit_input(text, len);

    (void) erpsync_wide_set(true);
    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_JSON, conf, input.str,
                                  &fast), ERPSYNC_OK);
    assert_true(erpsync_wide_set(false));
    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_JSON, conf, input.str,
                                  &narrow), ERPSYNC_OK);
    unit_general = true;
    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_JSON, conf, input.str,
                                  &general), ERPSYNC_OK);
    unit_general = false;

    unit_same_body(&fast, &general);
    unit_same_body(&narrow, &general);

    for (i = 0; i < fast.nviolations; i++) {
        assert_int_equal(fast.violations[i].offset,
                         general.violations[i].offset);
    }

    /* the client's bytes stay as they are */

    assert_memory_equal(input.data, text, len);

    taken[fast.reason == ERPSYNC_REASON_OK]++;

    sent = json_loadb(text, len, JSON_DECODE_ANY, &error);

    if (sent == NULL
        && json_error_code(&error) == json_error_numeric_overflow)
    {
        /* well-formed, but jansson cannot hold the number */

    } else if (fast.reason == ERPSYNC_REASON_OK) {
        assert_non_null(sent);

        got = json_loadb((const char *) fast.canonical.data,
                         fast.canonical.len, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(got);
        same_values(sent, got);
        json_decref(got);

        /* a canonical body is canonical to the gateway, too */

        assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_JSON, conf,
                                      fast.canonical, &again), ERPSYNC_OK);
        assert_int_equal(again.reason, ERPSYNC_REASON_OK);
        assert_true(erpsync_str_eq(again.canonical, fast.canonical));

    } else if (fast.reason == ERPSYNC_REASON_BODY_INVALID) {
        assert_non_null(sent);
    }

    json_decref(sent);
    free(input.data);
    erpsync_arena_destroy(&arena);
}


static void
test_json_fast(void **state)
{
    char                 *text;
    size_t                i, len, documents, taken[2];
    erpsync_sink_conf_t   conf;

    (void) state;

    documents = unit_documents(DOCUMENTS);
    unit_random_start();

    text = malloc(SIZE * 8);
    assert_non_null(text);

    begin(&conf, taken);
    conf.key = 0x5eed;

    for (i = 0; i < documents; i++) {
        conf.unknown = (erpsync_unknown_t) any(3);
        conf.max_field_values = any(2) ? 0 : 3;

        len = document(text);
        compare(text, len, &conf, taken);
    }

    /* the generator makes both valid and invalid requests */

    assert_true(taken[0] > documents / 10);
    assert_true(taken[1] > documents / 10);

    free(text);
}


/* Writes a text with white space around what looks like names and ends. */

static char *
indent(char *p, const char *s, size_t len)
{
    size_t  i, n;

    n = any(3) ? any(12) : any(40);

    for (i = 0; i < len; i++) {

        if (s[i] == '}' || s[i] == ']') {
            p += sprintf(p, "\n%*s", (int) n, "");
        }

        *p++ = s[i];

        if (s[i] == '{' || s[i] == '[' || (s[i] == ',' && s[i - 1] != '\\')) {
            p += sprintf(p, "%s%*s", any(9) ? "\r\n" : any(9) ? "" : "\x02",
                         (int) n, "");

        } else if (s[i] == ':' && any(20)) {
            *p++ = ' ';
        }
    }

    return p;
}


#define START   "{\"ErpConnectionId\":1,\"CrmRecordId\":2,\"CrmActorType\":" \
                "\"Contact\",\"ErpKey\":\"k\",\"ErpActorType\":\"Customer\","  \
                "\"FieldValues\":["

#define KEY     "\"CrmFieldKey\":\"k\","
#define VALUE   KEY "\"Value\":"
#define GOOD    "{\"DisplayName\":\"n\",\"CrmFieldKey\":\"k\",\"Value\":" \
                "\"v\",\"DisplayValue\":\"d\",\"SyncToCrm\":true,"            \
                "\"SyncToErp\":false}"

static const char *const  elements[] = {
        "{}", "{\"DisplayName\":\"n\"}", "{\"Value\":\"v\"}",
        "{\"CrmFieldKey\":\"k\"}", "{\"CrmFieldKey\":\"\"}",
        "{\"CrmFieldKey\":\" k\"}", "{\"CrmFieldKey\":\"\\n\"}",
        "{\"CrmFieldKey\":\"k\"", "{\"CrmFieldKey\":\"k\",}",
        "{" KEY "\"CrmFieldKey\":\"k\"}", "{" KEY "\"DisplayName\":\"n\"}",
        "{\x02" "CrmFieldKey\":\"k\"}", "{\"CrmFieldKey\x02:\"k\"}",
        "{\"CrmFieldKey\"\x1a\"k\"}", "{\"CrmFieldKey\" :\"k\"}",
        "{\"cRMfIELDkEY\":\"k\"}", "{\"CrmFieldKey\":\"k\"}}",
        "{" VALUE "\"\xc3\xa6\xc3\xb8\xc3\xa5\"}", "{" VALUE "\"\xc1\xa9\"}",
        "{" VALUE "\"\xc3\"}", "{" VALUE "\"\xa6\"}",
        "{" VALUE "\"\xc3\xa6\xa6\"}", "{" VALUE "\"\xe0\x80\x80\"}",
        "{" VALUE "\"\xe2\x82\xac\xc3\xa6\"}", "{" VALUE "\"\xe2\x82\"}",
        "{" VALUE "\"\xed\xa0\x80\"}", "{" VALUE "\"\xf4\x90\x80\x80\"}",
        "{" VALUE "\"\xdf\xbf\"}", "{" VALUE "\"\xe0\xa0\x80\"}",
        "{" VALUE "\"" X16 "0123456789abc\xc3\xa6" X16 "\"}",
        "{" VALUE "\"" X16 "0123456789abcd\xc3\xa6" X16 "\"}",
        "{" VALUE "\"" X16 "0123456789abcde\xc3\xa6" X16 "\"}",
        "{" VALUE "\"" X16 "0123456789abcd\\\"" X16 "\"}",
        "{" VALUE "\"" X16 "0123456789abcde\\\"" X16 "\"}",
        "{" VALUE "\"" X16 "0123456789abcdef\\\\\"}",
        "{" VALUE "\"" X16 "0123456789abcde\"}",
        "{" VALUE "\"" X16 "0123456789abcdef\"}",
        "{" VALUE "\"" X16 "0123456789abcd\\\"}\"}",
        "{" VALUE "\"" X16 "0123456789abc\\\"}\"}",
        "{" VALUE "\"" X16 "0123456789abcd\xff\"}",
        "{" VALUE "\"" X16 "0123456789abcd\xc3\"}",
        "{" VALUE "\"a\\\"}\"}", "{" VALUE "\"a\\\"},{\"}",
        "{" VALUE "1\"a\"}", "{" VALUE "1}", "{\"CrmFieldKey\":\"  \"}",
        "{" VALUE "\"a\\\\\\\"b\"}", "{" VALUE "\"a\\\\\"b\"}",
        "{" VALUE "\"\\/\"}", "{" VALUE "\"\\u0041\"}",
        "{" VALUE "\"a\x1f\"}", "{" VALUE "\"a\x7f\"}", "{" VALUE "null}",
        "{" KEY "\"SyncToCrm\":tru}", "{" KEY "\"SyncToCrm\":falsy}",
        "{" KEY "\"SyncToCrm\":truefalse}", "{" KEY "\"SyncToErp\":false}",
        "{\"CrmFieldKey\":\"" X254 "\"}", "{\"CrmFieldKey\":\"" X254 "x\"}",
        "{" KEY "\"DisplayValue\":\"" X254 "x\"}", GOOD ",", GOOD "x",
        "{" VALUE "\"" X254 X254 X254 X254 X254 X254 X254 X254 X254 X254 "\"}"
};


/*
 * Elements between others that are compact or indented, and complete, in both
 * casings: those that end early, that are nearly in order, and texts at the
 * limits of what is judged at once.
 */

static void
test_elements(void **state)
{
    char                 *p, *text, *indented;
    size_t                i, j, taken[2];
    erpsync_sink_conf_t   conf;

    (void) state;

    begin(&conf, taken);

    text = malloc(SIZE);
    indented = malloc(SIZE);
    assert_non_null(text);
    assert_non_null(indented);

    unit_random_start();

    for (i = 0; i < 20 * erpsync_nelts(elements); i++) {
        p = text + sprintf(text, START GOOD ",%s," GOOD "," GOOD "]}",
                           elements[i / 20]);

        if (i % 20 > 1) {
            p = indent(indented, text, (size_t) (p - text));
            compare(indented, (size_t) (p - indented), &conf, taken);
            continue;
        }

        for (j = 2; (i & 1) && text + j < p; j++) {
            if (text[j - 1] == '"' && (text[j - 2] == '{'
                                       || text[j - 2] == ','))
            {
                text[j] |= 0x20;
            }
        }

        compare(text, (size_t) (p - text), &conf, taken);
    }

    assert_true(taken[0] > 40);
    assert_true(taken[1] > 30);

    free(text);
    free(indented);
}


/*
 * Compact elements, so many that they are judged at several places at once:
 * some are short, and texts have what looks like the end of one and the
 * beginning of the next.
 */

#define ENDS    "},{},{},{},{},{},{},{},{},{},{"

static const char *const  ends[] = {
    "\"" ENDS "\"", "\"qui\"", "\"},{\"", "\"a},{\\\"b\"", "\"" ENDS ENDS "\"",
    "\"},{\"CrmFieldKey\":\"k\"", "\"},{\"CrmFieldKey\":\"k\"},{\"", "\"\""
};

static const member_t  lane_members[] = {
    MEMBER("DisplayName", ends, 20),
    MEMBER("CrmFieldKey", texts, 1),
    MEMBER("Value", ends, 10),
    MEMBER("DisplayValue", ends, 30),
    MEMBER("SyncToCrm", bools, 10),
    MEMBER("SyncToErp", bools, 10)
};


static void
test_lanes(void **state)
{
    char                 *p, *text;
    bool                  brief;
    size_t                i, j, n, documents, taken[2];
    unsigned              kind, odd;
    erpsync_sink_conf_t   conf;

    (void) state;

    begin(&conf, taken);
    documents = unit_documents(DOCUMENTS) / 40;
    unit_random_start();

    text = malloc(SIZE * 8);
    assert_non_null(text);

    for (i = 0; i < documents; i++) {
        kind = any(4);
        odd = any(2) ? 0 : any(30);
        brief = (any(4) == 0);
        n = 5 + any(brief ? 300 : 60);
        conf.max_field_values = any(8) ? 0 : any(64);

        p = stpcpy(text, START);

        for (j = 0; j < n; j++) {

            if (any(1000) < odd) {
                p = stpcpy(p, one_of(elements, erpsync_nelts(elements)));

            } else {
                *p++ = '{';
                p = members(p, brief ? &lane_members[1] : lane_members,
                            brief ? 1 : erpsync_nelts(lane_members), 0, kind,
                            odd);
                p -= (p[-1] == ',');
                *p++ = '}';
            }

            *p++ = ',';
        }

        p = stpcpy(p - 1, "]}");

        if (any(16) == 0) {
            text[any((unsigned) (p - text))] = (char) any(256);
        }

        compare(text, (size_t) (p - text), &conf, taken);
    }

    assert_true(taken[0] > documents / 10);
    assert_true(taken[1] > documents / 10);

    free(text);
}


/* Compact elements, all alike but for one byte. */

static void
test_broken(void **state)
{
    char                 *p, c;
    size_t                i, taken[2];
    erpsync_sink_conf_t   conf;

    static char        text[SIZE];
    static const char  bytes[] = "\",:;{}[]tfX \x01\x02\\\x80";

    (void) state;

    begin(&conf, taken);
    unit_random_start();

    p = stpcpy(text, START);

    while (p < text + 3000) {
        p = stpcpy(p, GOOD ",");
    }

    p = stpcpy(p - 1, "]}");

    for (i = 0; i < 4 * (size_t) (p - text); i++) {
        c = text[i / 4];
        text[i / 4] = bytes[any(sizeof(bytes))];
        compare(text, (size_t) (p - text), &conf, taken);
        text[i / 4] = c;
    }

    assert_true(taken[0] > 1000);
    assert_true(taken[1] > 100);
}


/* A document that ends early, wherever that is. */

static void
test_truncated(void **state)
{
    size_t                len, taken[2];
    erpsync_sink_conf_t   conf;

    static const char  whole[] = "{\"FieldValues\":null,\"ErpConnectionId\":1,"
        "\"CrmActorType\":\"Contact\",\"ErpKey\":\"k\\n\",\"CrmRecordId\":2,"
        "\"FieldValues\" : null , \"ErpActorType\":\"Customer\"}";
    static const char  ordered[] = "{\"ErpConnectionId\":1,\"CrmRecordId\":2,"
        "\"CrmActorType\":\"Contact\",\"ErpKey\":\"k\\n\","
        "\"ErpActorType\":\"Customer\",\"FieldValues\":[{"
        "\"CrmFieldKey\":\"k\",\"Value\":null";

    (void) state;

    begin(&conf, taken);
    conf.key = 0x5eed;

    for (len = 0; len < sizeof(whole); len++) {
        compare(whole, len, &conf, taken);
    }

    for (len = 0; len < sizeof(ordered); len++) {
        compare(ordered, len, &conf, taken);
    }
}


/*
 * The input ends soon behind a name that is as far from its "{" as white space
 * may be: a vector must not be read there.
 */

static void
test_end(void **state)
{
    char                 *p;
    size_t                i, n, len, taken[2];
    erpsync_sink_conf_t   conf;

    static char  text[SIZE];

    (void) state;

    begin(&conf, taken);

    for (n = 28; n < 33; n++) {
        for (len = 0; len < 64; len++) {
            p = stpcpy(text, START);

            for (i = 0; i < 16; i++) {
                p += sprintf(p, "{\n%*s\"CrmFieldKey\": \"k\"},",
                             (int) n - 1, "");
            }

            p += sprintf(p, "{\n%*s\"DisplayName\": \"%.*s\"}]}",
                         (int) n - 1, "", (int) len, X254);

            compare(text, (size_t) (p - text), &conf, taken);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_json_fast)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
