
/* JSON Patch: RFC 6902, and the WebAPI's habits (docs/bodies.md). */


#include "unit.h"

#include "erpsync_patch.h"


typedef struct {
    const char  *patch;
    const char  *expected;   /* the document, or "path code; path code" */
} patch_case_t;


static void
judge(const char *operation, const char *data, size_t len, char *got,
    size_t size)
{
    size_t               i;
    char                *p;
    unit_input_t         input;
    erpsync_body_t       body;
    erpsync_arena_t      arena;
    erpsync_sink_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(
                               erpsync_span(operation, strlen(operation)));
    conf.max_field_values = 3;
    conf.key = 0x5eed;

    erpsync_arena_init(&arena);
    input = unit_input(data, len);

    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_JSON_PATCH, &conf,
                                  input.str, &body),
                     ERPSYNC_OK);

    p = got + snprintf(got, size, "%.*s", (int) body.canonical.len,
                       body.canonical.len
                       ? (const char *) body.canonical.data : "");

    for (i = 0; i < body.nviolations; i++) {
        assert_true(body.violations[i].message.len > 10);

        p += snprintf(p, (size_t) (got + size - p), "%s%.*s %s",
                      i ? "; " : "", (int) body.violations[i].path.len,
                      body.violations[i].path.data,
                      erpsync_code_name(body.violations[i].code).data);
    }

    erpsync_arena_destroy(&arena);
    free(input.data);
}


static void
judge_all(const char *operation, const patch_case_t *cases, size_t n)
{
    char    got[8192];
    size_t  i;

    for (i = 0; i < n; i++) {
        judge(operation, cases[i].patch, strlen(cases[i].patch), got,
              sizeof(got));
        unit_equal(cases[i].patch, erpsync_span(got, strlen(got)),
                   cases[i].expected);
    }
}


#define OP(op, path)  "{\"op\":\"" op "\",\"path\":\"" path "\"}"

#define VALUE(op, path, value)                                                \
    "{\"op\":\"" op "\",\"path\":\"" path "\",\"value\":" value "}"

#define FROM(op, from, path)                                                  \
    "{\"op\":\"" op "\",\"from\":\"" from "\",\"path\":\"" path "\"}"

/* A patch that first makes a document, then applies "ops" to it. */

#define ON(document, ops)  "[" VALUE("add", "", document) "," ops "]"


/* SyncAll has no request: the document is forwarded without a schema. */

#define CARRIER  "SyncAll"


static const patch_case_t  operations[] = {
    { "[]", "{}" },
    { " [ ] ", "{}" },

    /* add; RFC 6902, 4.1 and A.1, A.2, A.10, A.11, A.16 */

    { "[" VALUE("add", "/a", "1") "]", "{\"a\":1}" },
    { ON("{\"foo\":\"bar\"}", VALUE("add", "/baz", "\"qux\"")),
      "{\"foo\":\"bar\",\"baz\":\"qux\"}" },
    { ON("{\"foo\":[\"bar\",\"baz\"]}", VALUE("add", "/foo/1", "\"qux\"")),
      "{\"foo\":[\"bar\",\"qux\",\"baz\"]}" },
    { ON("{\"foo\":[1]}", VALUE("add", "/foo/0", "0")), "{\"foo\":[0,1]}" },
    { ON("{\"foo\":[1]}", VALUE("add", "/foo/1", "2")), "{\"foo\":[1,2]}" },
    { ON("{\"foo\":[]}", VALUE("add", "/foo/-", "1") ","
         VALUE("add", "/foo/-", "2")), "{\"foo\":[1,2]}" },
    { ON("{\"foo\":[\"bar\"]}", VALUE("add", "/foo/-", "[\"abc\"]")),
      "{\"foo\":[\"bar\",[\"abc\"]]}" },
    { ON("{\"foo\":\"bar\"}", VALUE("add", "/child", "{\"g\":{}}")),
      "{\"foo\":\"bar\",\"child\":{\"g\":{}}}" },
    { ON("{\"a\":1,\"b\":2}", VALUE("add", "/a", "[3]")),
      "{\"a\":[3],\"b\":2}" },
    { ON("{\"a\":null}", VALUE("add", "/b", "null")),
      "{\"a\":null,\"b\":null}" },
    { ON("{}", VALUE("add", "/", "1") "," VALUE("add", "//", "2")),
      "/2/path unknown" },
    { ON("{}", VALUE("add", "/", "{}") "," VALUE("add", "//", "2")),
      "{\"\":{\"\":2}}" },
    { ON("{\"foo\":\"bar\"}", VALUE("add", "/baz/bat", "1")),
      "/1/path unknown" },
    { ON("{\"foo\":\"bar\"}", VALUE("add", "/foo/bat", "1")),
      "/1/path unknown" },
    { ON("{\"foo\":[1]}", VALUE("add", "/foo/2", "1")), "/1/path range" },
    { ON("{\"foo\":[1]}", VALUE("add", "/foo/1073741824", "1")),
      "/1/path range" },
    { ON("{\"foo\":[1]}", VALUE("add", "/foo/99999999999999999999", "1")),
      "/1/path range" },
    { ON("{\"foo\":[1]}", VALUE("add", "/foo/00", "1")), "/1/path unknown" },
    { ON("{\"foo\":[1]}", VALUE("add", "/foo/01", "1")), "/1/path unknown" },
    { ON("{\"foo\":[1]}", VALUE("add", "/foo/-1", "1")), "/1/path unknown" },
    { ON("{\"foo\":[1]}", VALUE("add", "/foo/1e0", "1")),
      "/1/path unknown" },
    { ON("{\"foo\":[1]}", VALUE("add", "/foo/", "1")), "/1/path unknown" },

    /* replace; A.5, and the top level */

    { ON("{\"baz\":\"qux\",\"foo\":\"bar\"}",
         VALUE("replace", "/baz", "\"boo\"")),
      "{\"baz\":\"boo\",\"foo\":\"bar\"}" },
    { "[" VALUE("replace", "", "{\"a\":1}") "]", "{\"a\":1}" },
    { "[" VALUE("replace", "/a", "1") "]", "{\"a\":1}" },
    { ON("{\"a\":[1,2]}", VALUE("replace", "/a/1", "{}")),
      "{\"a\":[1,{}]}" },
    { ON("{\"a\":{}}", VALUE("replace", "/a/b", "1")), "/1/path unknown" },
    { ON("{\"a\":[1]}", VALUE("replace", "/a/1", "1")), "/1/path range" },
    { ON("{\"a\":[1]}", VALUE("replace", "/a/-", "1")), "/1/path unknown" },
    { ON("[1]", VALUE("replace", "/1", "1")), "/1/path range" },

    /* remove; A.3, A.4 */

    { ON("{\"baz\":\"qux\",\"foo\":\"bar\"}", OP("remove", "/baz")),
      "{\"foo\":\"bar\"}" },
    { ON("{\"foo\":[\"bar\",\"qux\",\"baz\"]}", OP("remove", "/foo/1")),
      "{\"foo\":[\"bar\",\"baz\"]}" },
    { ON("{\"foo\":[1,2]}", OP("remove", "/foo/1") ","
         VALUE("add", "/foo/-", "3") "," OP("remove", "/foo/0") ","
         OP("remove", "/foo/0") "," VALUE("add", "/foo/-", "4")),
      "{\"foo\":[4]}" },
    { ON("{\"foo\":1}", "{\"op\":\"remove\",\"path\":\"/foo\",\"value\":1}"),
      "{}" },
    { "[" OP("remove", "/a") "]", "/0/path unknown" },
    { ON("{\"a\":[]}", OP("remove", "/a/0")), "/1/path range" },
    { ON("{\"a\":[]}", OP("remove", "/a/-")), "/1/path unknown" },
    { "[" OP("remove", "") "]", "/0/path range" },

    /* move; A.6, A.7 */

    { ON("{\"foo\":{\"bar\":\"baz\",\"waldo\":\"fred\"},"
         "\"qux\":{\"corge\":\"grault\"}}",
         FROM("move", "/foo/waldo", "/qux/thud")),
      "{\"foo\":{\"bar\":\"baz\"},"
      "\"qux\":{\"corge\":\"grault\",\"thud\":\"fred\"}}" },
    { ON("{\"foo\":[\"all\",\"grass\",\"cows\",\"eat\"]}",
         FROM("move", "/foo/1", "/foo/3")),
      "{\"foo\":[\"all\",\"cows\",\"eat\",\"grass\"]}" },
    { ON("{\"a\":{\"b\":1}}", FROM("move", "/a", "")), "{\"b\":1}" },
    { ON("{\"a\":1}", FROM("move", "/a", "/a")), "{\"a\":1}" },
    { ON("{\"a\":1}", FROM("move", "", "")), "{\"a\":1}" },
    { ON("{\"a\":[1,2]}", FROM("move", "/a/0", "/a/-")), "{\"a\":[2,1]}" },
    { ON("{\"a\":{\"b\":1}}", FROM("move", "/a", "/a/b")),
      "/1/path range" },
    { ON("{\"a\":{\"b\":1}}", FROM("move", "a", "/A/c")), "/1/path range" },
    { ON("{\"a\":[[1],[2]]}", FROM("move", "/a/0", "/a/0/-")),
      "/1/path range" },
    { ON("{\"a\":1}", FROM("move", "", "/a")), "/1/path range" },
    { ON("{\"a\":1,\"ab\":2}", FROM("move", "/a", "/ab")), "{\"ab\":1}" },
    { ON("{\"a\":1}", FROM("move", "/b", "/b")), "/1/from unknown" },
    { ON("{\"a\":1}", FROM("move", "", "/~2")), "/1/path type" },
    { ON("{\"a\":1,\"b\":2}", FROM("move", "/a", "/A")),
      "{\"a\":1,\"b\":2}" },
    { ON("{\"a\":[1]}", FROM("move", "/a/0", "/a/1")), "/1/path range" },

    /* copy */

    { ON("{\"a\":{\"b\":[1]}}", FROM("copy", "/a", "/c") ","
         VALUE("add", "/c/b/-", "2") "," VALUE("add", "/a/b/0", "0")),
      "{\"a\":{\"b\":[0,1]},\"c\":{\"b\":[1,2]}}" },
    { ON("{\"a\":{\"b\":1}}", VALUE("add", "/a/c", "2") ","
         FROM("copy", "/a", "/a/d") "," FROM("copy", "/a", "/e")),
      "{\"a\":{\"b\":1,\"c\":2,\"d\":{\"b\":1,\"c\":2}},"
      "\"e\":{\"b\":1,\"c\":2,\"d\":{\"b\":1,\"c\":2}}}" },
    { ON("{\"a\":1}", FROM("copy", "", "/b")), "{\"a\":1,\"b\":{\"a\":1}}" },
    { ON("{\"a\":{\"b\":1}}", FROM("copy", "/a", "")), "{\"b\":1}" },
    { ON("{\"a\":[1]}", FROM("copy", "/a/-", "/b")), "/1/from unknown" },
    { ON("{\"a\":[1]}", FROM("copy", "/a/1", "/b")), "/1/from range" },

    /* test; A.8, A.9, A.14, A.15 */

    { ON("{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}",
         VALUE("test", "/baz", "\"qux\"") "," VALUE("test", "/foo/1", "2")),
      "{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}" },
    { ON("{\"baz\":\"qux\"}", VALUE("test", "/baz", "\"bar\"")),
      "/1/value test" },
    { ON("{\"baz\":\"qux\"}", VALUE("test", "/bar", "1")),
      "/1/path unknown" },
    { ON("{\"/\":9,\"~1\":10}", VALUE("test", "/~01", "10") ","
         VALUE("test", "/~1", "9") "," OP("remove", "/~01")),
      "{\"/\":9}" },
    { ON("{\"~1\":10}", VALUE("test", "/~01", "\"10\"")), "/1/value test" },

    /* members of an operation */

    { "[1]", "/0 type" },
    { "[[]]", "/0 type" },
    { "[" OP("remove", "x") ",1]", "/0/path unknown" },
    { "[{}]", "/0/op required" },
    { "[{\"op\":1,\"path\":2}]", "/0/path type" },
    { "[{\"op\":\"add\",\"path\":\"/a\"}]", "/0/value required" },
    { "[{\"op\":\"add\",\"value\":1}]", "/0/path required" },
    { "[{\"op\":\"move\",\"path\":\"/a\",\"value\":1}]", "/0/from required" },
    { "[{\"op\":\"copy\",\"path\":\"/a\",\"from\":null}]", "/0/from type" },
    { "[" OP("merge", "/a") "]", "/0/op enum" },
    { "[" OP("", "/a") "]", "/0/op enum" },
    { "[{\"op\":\"add\",\"path\":\"/a\",\"value\":1,\"more\":[]}]",
      "{\"a\":1}" },
    { "[{\"op\":\"add\",\"path\":\"/a\",\"value\":1,\"OP\":\"add\"}]",
      "/0/OP duplicate" },
    { "[{\"OP\":\"ADD\",\"Path\":\"/a\",\"VALUE\":1}]", "{\"a\":1}" },
    { "[{\"\\u006fp\":\"\\u0061dd\",\"path\":\"\\/\\u0061\","
      "\"value\":\"\\u00e5\\n\\\"\"}]", "{\"a\":\"\xc3\xa5\\n\\\"\"}" },
    { "[" VALUE("add", "/a", "{\"b\":1,\"B\":2}") "]", "/a/B duplicate" },
    { ON("{\"b\":1,\"B\":2}", OP("remove", "/x")), "/1/path unknown" },

    /* the keys of a dictionary are data */

    { ON("{\"ConfigFields\":{\"a\":1}}", VALUE("add", "/configfields/A", "2")),
      "{\"ConfigFields\":{\"a\":1,\"A\":2}}" },
    { ON("{\"ConfigFields\":{\"a\":1,\"A\":2}}",
         VALUE("replace", "/ConfigFields/A", "3")),
      "{\"ConfigFields\":{\"a\":1,\"A\":3}}" },
    { ON("{\"ConfigFields\":{\"a\":1}}",
         OP("remove", "/ConfigFields/A")), "/1/path unknown" },
    { ON("{\"ConfigFields\":{\"a\":1}}",
         FROM("move", "/ConfigFields/a", "/configFields/A")),
      "{\"ConfigFields\":{\"A\":1}}" },
    { ON("{\"ConfigFields\":{\"a\":{\"b\":1}}}",
         FROM("move", "/ConfigFields/a", "/ConfigFields/A/c")),
      "/1/path unknown" },
    { ON("{\"ConfigFields\":{\"a\":1}}",
         VALUE("test", "", "{\"configfields\":{\"A\":1}}")),
      "/1/value test" },
    { ON("{\"ConfigFields\":{\"a\":1,\"A\":2}}",
         VALUE("test", "/ConfigFields", "{\"A\":2,\"a\":1}")),
      "{\"ConfigFields\":{\"a\":1,\"A\":2}}" },
    { "[" VALUE("add", "/ConfigFields", "{\"a\":1,\"A\":2}") "]",
      "{\"ConfigFields\":{\"a\":1,\"A\":2}}" },
    { "[" VALUE("add", "/ConfigFields", "{\"a\":1,\"a\":2}") "]",
      "/ConfigFields/a duplicate" },

    /* pointers */

    { "[" VALUE("add", "a", "{}") "," VALUE("add", "A/b", "1") "]",
      "{\"a\":{\"b\":1}}" },
    { "[" VALUE("add", "a~1b~0c", "1") "," VALUE("test", "/A~1B~0C", "1")
      "]", "{\"a/b~c\":1}" },
    { "[" VALUE("add", "/~1\\\"", "1") "," VALUE("test", "/~1\\\"", "1") "]",
      "{\"/\\\"\":1}" },
    { "[" VALUE("add", "/a~", "1") "]", "/0/path type" },
    { "[" VALUE("add", "/a~2", "1") "]", "/0/path type" },
    { "[" VALUE("add", "/~/a", "1") "]", "/0/path type" },
    { "[" FROM("copy", "/~2", "/a") "]", "/0/from type" },
    { ON("{\"Name\":1}", VALUE("add", "/nAME", "2")), "{\"Name\":2}" },
    { ON("{\"\xc3\x85\":1}", VALUE("add", "/\\u00e5", "2")),
      "{\"\xc3\x85\":1,\"\xc3\xa5\":2}" },

    /* anything but an array is JSON */

    { "{\"a\":1}", "{\"a\":1}" },
    { "null", "null" },
    { "[", " syntax" },
    { "[{\"op\":\"add\",}]", " syntax" },
    { "[] x", " syntax" },
};


static void
test_operations(void **state)
{
    (void) state;

    judge_all(CARRIER, operations, erpsync_nelts(operations));
}


/* What "test" compares: each pair in both directions. */

typedef struct {
    const char  *a;
    const char  *b;
    bool         equal;
} equal_case_t;


#define X10(s)   s s s s s s s s s s
#define X400(s)  X10(X10(s)) X10(X10(s)) X10(X10(s)) X10(X10(s))

static const equal_case_t  pairs[] = {
    { "1", "1.0", true },
    { "1", "1e0", true },
    { "10", "1E+1", true },
    { "0.1", "1e-1", true },
    { "0.00120", "12e-4", true },
    { "120.50", "1.205e2", true },
    { "0", "-0.000e99", true },
    { "0", "0e99999999999999999999999", true },
    { "1", "-1", false },
    { "1", "2", false },
    { "1", "1.00000000000000000000000000000000001", false },
    { "9007199254740993", "9007199254740992", false },
    { "1" X400("0"), "1e400", true },
    { "1" X400("0"), "1e401", false },
    { "1" X400("0") "1", "1" X400("0") "2", false },
    { "0." X400("0") "1", "1e-401", true },
    { "0." X400("0") "1", "1e-400", false },
    { "1e" X400("9"), "10e" X400("9"), false },
    { "1e999999999999999", "0.1e1000000000000000", false },
    { "1e999999999999998", "0.1e999999999999999", true },
    { "1e-000000000000000000009", "10e-10", true },
    { "1e" X400("9"), "1e" X400("9"), true },
    { "10e" X400("9"), "1e1" X400("0"), false },
    { "1e-" X400("9"), "0.1e-" X400("9"), false },
    { "1e9", "1e-9", false },
    { "1e00009", "1e9", true },
    { "1e99999999999999999999", "1e-99999999999999999999", false },
    { "1", "\"1\"", false },
    { "1", "true", false },
    { "true", "true", true },
    { "true", "false", false },
    { "null", "null", true },
    { "null", "0", false },
    { "\"\\u0041\\/\"", "\"A/\"", true },
    { "\"a\"", "\"A\"", false },
    { "\"\"", "null", false },
    { "[]", "[]", true },
    { "[]", "{}", false },
    { "[1,2]", "[1.0,2.0]", true },
    { "[1,2]", "[2,1]", false },
    { "[1]", "[1,1]", false },
    { "[[1],[2]]", "[[1],[2]]", true },
    { "{}", "{}", true },
    { "{\"a\":1}", "{}", false },
    { "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true },
    { "{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":3,\"a\":1,\"b\":2}", true },
    { "{\"a\":1,\"b\":2}", "{\"b\":2,\"c\":1}", false },
    { "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":3}", false },
    { "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
    { "{\"Name\":1}", "{\"nAME\":1}", true },
    { "{\"a\":{\"b\":[{\"c\":1}]}}", "{\"a\":{\"b\":[{\"c\":1e0}]}}", true },
    { "{\"a\":{\"b\":[{\"c\":1}]}}", "{\"a\":{\"b\":[{\"c\":2}]}}", false },
};


/*
 * The value in the document is text, or nodes: a path that leads into it makes
 * nodes of it.
 */

static void
test_equal(void **state)
{
    int                  n;
    char                 patch[8192], got[8192];
    size_t               i, len;
    const char          *a, *b;
    const equal_case_t  *c;

    (void) state;

    for (i = 0; i < erpsync_nelts(pairs); i++) {
        c = &pairs[i];

        for (n = 0; n < 4; n++) {
            a = (n & 1) ? c->b : c->a;
            b = (n & 1) ? c->a : c->b;

            len = (size_t) sprintf(patch, "[{\"op\":\"add\",\"path\":"
                    "\"/v\",\"value\":{\"w\":%s}},%s%s%s"
                    "{\"op\":\"test\",\"path\":\"/v\","
                    "\"value\":{\"w\":%s}},"
                    "{\"op\":\"remove\",\"path\":\"/v\"}]", a,
                    (n & 2) ? "{\"op\":\"test\",\"path\":\"/v/w\","
                              "\"value\":" : "",
                    (n & 2) ? a : "", (n & 2) ? "}," : "", b);

            if ((n & 2) && (*a == '{' || *a == '[') && a[1] > ']') {
                continue;
            }

            judge(CARRIER, patch, len, got, sizeof(got));
            unit_equal(patch, erpsync_span(got, strlen(got)),
                       c->equal ? "{}"
                       : (n & 2) ? "/2/value test" : "/1/value test");
        }
    }
}


/* The same for objects and arrays, with elements and members that change. */

static void
test_equal_nodes(void **state)
{
    static const patch_case_t  cases[] = {
        { ON("{\"v\":[1,[2,{}]]}", VALUE("add", "/v/1/1/x", "1") ","
             OP("remove", "/v/1/1/x") ","
             VALUE("test", "", "{\"v\":[1.0,[2e0,{}]]}")),
          "{\"v\":[1,[2,{}]]}" },
        { ON("{\"v\":[1]}", VALUE("add", "/v/-", "2") ","
             VALUE("test", "/v", "[1]")), "/2/value test" },
        { ON("{\"v\":[1]}", VALUE("add", "/v/-", "2") ","
             VALUE("test", "/v", "[1,2,3]")), "/2/value test" },
        { ON("{\"v\":[1]}", VALUE("add", "/v/-", "2") ","
             VALUE("test", "/v", "{\"v\":1}")), "/2/value test" },
        { ON("{\"v\":{\"a\":1}}", VALUE("add", "/v/b", "2") ","
             VALUE("test", "/v", "{\"B\":2,\"A\":1}")),
          "{\"v\":{\"a\":1,\"b\":2}}" },
        { ON("{\"v\":{\"a\":1}}", VALUE("add", "/v/b", "2") ","
             VALUE("test", "/v", "{\"b\":2,\"a\":1,\"c\":3}")),
          "/2/value test" },
        { ON("{\"v\":{\"a\":1}}", VALUE("add", "/v/b", "2") ","
             VALUE("test", "/v", "{\"b\":2}")), "/2/value test" },
        { ON("{\"v\":{\"a\":1}}", VALUE("add", "/v/b", "2") ","
             VALUE("test", "/v", "[2,1]")), "/2/value test" },
    };

    (void) state;

    judge_all(CARRIER, cases, erpsync_nelts(cases));
}


/* The document is judged like any other request. */

static void
test_result(void **state)
{
    static const patch_case_t  cases[] = {
        { "[" VALUE("add", "erpconnectionid", "\"883\"") ","
          VALUE("add", "CrmRecordId", "34") ","
          VALUE("replace", "/crmActorType", "1") ","
          VALUE("add", "/fieldValues", "[]") ","
          VALUE("add", "FieldValues/-", "{\"crmFieldKey\":\"k\"}") ","
          VALUE("add", "/FIELDVALUES/0/value", "true") ","
          VALUE("add", "/ErpKey", "\"a\"") ","
          FROM("copy", "/erpKey", "/FieldValues/0/DisplayName") ","
          VALUE("add", "/ErpActorType", "\"customer\"") "]",
          "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":"
          "\"Contact\",\"ErpKey\":\"a\",\"ErpActorType\":\"Customer\","
          "\"FieldValues\":[{\"DisplayName\":\"a\",\"CrmFieldKey\":"
          "\"k\",\"Value\":\"true\"}]}" },
        { "[" VALUE("add", "/FieldValues", "[{\"x\":1}]") "]",
          "/FieldValues/0/x unknown; /FieldValues/0/CrmFieldKey required; "
          "/ErpConnectionId required; /CrmRecordId required; "
          "/CrmActorType required; /ErpKey required; "
          "/ErpActorType required" },
        { "[" VALUE("add", "", "[]") "]", " type" },
        { "5", " type" },
    };

    (void) state;

    judge_all("TryConnectActor", cases, erpsync_nelts(cases));
    judge_all("ConnectActor", cases, erpsync_nelts(cases));
}


/* One operation too many, and one level too many. */

static void
test_limits(void **state)
{
    char    *patch, *p, got[512];
    size_t   i, j, n;

    (void) state;

    patch = malloc(1024 * 1024);
    assert_non_null(patch);

    for (n = ERPSYNC_MAX_PATCH; n <= ERPSYNC_MAX_PATCH + 1; n++) {
        p = patch + sprintf(patch, "[");

        for (i = 0; i < n; i++) {
            p += sprintf(p, "%s" VALUE("add", "a", "%zu"), i ? "," : "", i);
        }

        p += sprintf(p, "]");
        judge(CARRIER, patch, (size_t) (p - patch), got, sizeof(got));
        assert_string_equal(got, (n > ERPSYNC_MAX_PATCH) ? " count"
                                                         : "{\"a\":9999}");
    }

    for (n = 31; n <= 32; n++) {
        p = patch + sprintf(patch, "[");

        for (i = 0; i < n; i++) {
            p += sprintf(p, "%s{\"op\":\"add\",\"path\":\"", i ? "," : "");

            for (j = 0; j <= i; j++) {
                p += sprintf(p, "/a");
            }

            p += sprintf(p, "\",\"value\":{}}");
        }

        p += sprintf(p, "]");
        judge(CARRIER, patch, (size_t) (p - patch), got, sizeof(got));

        if (n == 32) {
            assert_string_equal(got, "/31/path count");
        } else {
            assert_true(strncmp(got, "{\"a\":{\"a\":", 10) == 0);
        }
    }

    free(patch);
}


/*
 * Work beyond the limit: operations that take much, each followed by one that
 * takes little.  The one that is named takes much.
 */

static void
test_work(void **state)
{
    char    *patch, *p, *end, got[512];
    size_t   i;

    (void) state;

    patch = malloc(256 * 1024);
    assert_non_null(patch);

    p = patch + sprintf(patch, "[{\"op\":\"add\",\"path\":\"\",\"value\":"
                        "{\"c\":1,\"a\":[0");

    for (i = 0; i < 5000; i++) {
        p += sprintf(p, ",0");
    }

    p += sprintf(p, "]}}," VALUE("test", "/a/0", "0"));

    for (i = 0; i < 1000; i++) {
        p += sprintf(p, "," FROM("move", "/%s", "/%s") ","
                     VALUE("test", "/c", "1"), i % 2 ? "b" : "a",
                     i % 2 ? "a" : "b");
    }

    p += sprintf(p, "]");
    judge(CARRIER, patch, (size_t) (p - patch), got, sizeof(got));

    assert_int_equal(got[0], '/');
    i = strtoul(got + 1, &end, 10);
    assert_true(i > 2 && i % 2 == 0);
    assert_string_equal(end, " count");

    free(patch);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_equal_nodes),
        cmocka_unit_test(test_result),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
