
/* The same request in several media types: docs/bodies.md. */


#include "unit.h"


#define HEAD  "<ErpConnectionId>883</ErpConnectionId>"                        \
              "<CrmRecordId>34</CrmRecordId>"                                 \
              "<CrmActorType>Contact</CrmActorType>"                          \
              "<ErpKey>qui</ErpKey><ErpActorType>Customer</ErpActorType>"

#define FORM_HEAD  "ErpConnectionId=883&CrmRecordId=34&CrmActorType="         \
                   "Contact&ErpKey=qui&ErpActorType=Customer"

#define JSON_HEAD  "\"ErpConnectionId\":883,\"CrmRecordId\":34,"              \
                   "\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\","         \
                   "\"ErpActorType\":\"Customer\""

#define CANONICAL(fields)  "{" JSON_HEAD ",\"FieldValues\":" fields "}"


typedef struct {
    const char  *body;
    const char  *expected;   /* canonical body, or "path code; path code" */
} media_case_t;


static void
judge(erpsync_media_t media, const char *operation, erpsync_unknown_t unknown,
    const char *data, size_t len, const char *expected)
{
    char                  got[8192], *p;
    size_t                i;
    unit_input_t          input;
    erpsync_body_t        body;
    erpsync_arena_t       arena;
    erpsync_sink_conf_t   conf;

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(
                               erpsync_span(operation, strlen(operation)));
    conf.unknown = unknown;
    conf.max_field_values = 3;
    conf.key = 0x5eed;

    erpsync_arena_init(&arena);
    input = unit_input(data, len);

    assert_int_equal(erpsync_body(&arena, media, &conf, input.str, &body),
                     ERPSYNC_OK);

    /* no body takes more memory than docs/bodies.md says */

    assert_true(arena.used <= 4 * len + 1024 * 1024);

    p = got;
    *p = '\0';

    for (i = 0; i < body.nviolations; i++) {
        p += snprintf(p, (size_t) (got + sizeof(got) - p), "%s%.*s %s",
                      i ? "; " : "", (int) body.violations[i].path.len,
                      body.violations[i].path.data,
                      erpsync_code_name(body.violations[i].code).data);
    }

    if (body.reason == ERPSYNC_REASON_OK) {
        unit_equal(data, body.canonical, expected);

    } else if (body.reason == ERPSYNC_REASON_BODY_MALFORMED) {
        unit_equal(data, erpsync_span("malformed", 9), expected);

    } else if (body.reason == ERPSYNC_REASON_BODY_INVALID) {
        unit_equal(data, erpsync_span(got, strlen(got)), expected);

    } else {
        unit_equal(data, erpsync_reason_name(body.reason), expected);
    }

    erpsync_arena_destroy(&arena);
    free(input.data);
}


static void
judge_all(erpsync_media_t media, const media_case_t *cases, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        judge(media, "TryConnectActor", ERPSYNC_UNKNOWN_REJECT,
              cases[i].body, strlen(cases[i].body), cases[i].expected);
    }
}


static const media_case_t  documents[] = {
    { "<r>" HEAD "</r>", CANONICAL("[]") },
    { "\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>\n<r>" HEAD
      "<FieldValues/></r>\n", CANONICAL("[]") },
    { "<r><FieldValues> </FieldValues><ErpActorType> 1 </ErpActorType>"
      "<ErpKey>qui</ErpKey><CrmActorType>\ncontact</CrmActorType>"
      "<CrmRecordId> 34 </CrmRecordId>"
      "<erpconnectionid> 883</erpconnectionid></r>", CANONICAL("[]") },
    { "<a:r xmlns:a='u:1' xmlns='u:2' x='y'>" HEAD "<!-- c --><?p i?>"
      "<a:FieldValues><a:x><a:CrmFieldKey>k</a:CrmFieldKey>"
      "<a:Value> v&amp;<![CDATA[<]]>&#xe9;&lt; </a:Value>"
      "<SyncToErp> TRUE </SyncToErp></a:x></a:FieldValues></a:r>",
      CANONICAL("[{\"CrmFieldKey\":\"k\",\"Value\":\" v&<\xc3\xa9< \","
                "\"SyncToErp\":true}]") },
    { "<r xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>" HEAD
      "<FieldValues i:nil='true'/></r>", CANONICAL("[]") },
    { "<r xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>" HEAD
      "<FieldValues><x><CrmFieldKey>k</CrmFieldKey>"
      "<DisplayName i:nil=' 1 '/><Value nil='false'/></x></FieldValues>"
      "</r>", CANONICAL("[{\"CrmFieldKey\":\"k\",\"Value\":\"\"}]") },
    { "<a:r xmlns:a='u 1 2'>" HEAD "<FieldValues x:nil='true'/></a:r>",
      CANONICAL("[]") },
    { "<a:r>" HEAD "<b:FieldValues/></a:r>", CANONICAL("[]") },
    { "<r>" HEAD "<FieldValues><x><CrmFieldKey>k</CrmFieldKey>"
      "<Value xmlns:nil='true'>v</Value></x></FieldValues></r>",
      CANONICAL("[{\"CrmFieldKey\":\"k\",\"Value\":\"v\"}]") },
    { "<r>" HEAD "<FieldValues><x><CrmFieldKey>k</CrmFieldKey><TableRight>"
      "<Mask>1</Mask></TableRight></x></FieldValues></r>",
      CANONICAL("[{\"CrmFieldKey\":\"k\"}]") },

    { "<r/>", "/ErpConnectionId required; /CrmRecordId required; "
              "/CrmActorType required; /ErpKey required; "
              "/ErpActorType required" },
    { "<r>x</r>", " type" },
    { "<r nil='true'/>", " type" },
    { "<r>" HEAD "<ErpKey>a</ErpKey></r>", "/ErpKey duplicate" },
    { "<r>" HEAD "<erpkey>a</erpkey></r>", "/ErpKey duplicate" },
    { "<r>" HEAD "<FieldValues><x><CrmFieldKey>k</CrmFieldKey>"
      "<FieldProperties><a><b/><b/></a><a/><A/></FieldProperties></x>"
      "</FieldValues></r>", CANONICAL("[{\"CrmFieldKey\":\"k\"}]") },
    { "<r>" HEAD "<FieldValues><x><CrmFieldKey>k</CrmFieldKey>"
      "<FieldProperties>t<a/>u<b>v<c/>w</b></FieldProperties></x>"
      "</FieldValues></r>", CANONICAL("[{\"CrmFieldKey\":\"k\"}]") },
    { "<r>" HEAD "<FieldValues><x><CrmFieldKey>k</CrmFieldKey>"
      "<TableRight nil='true'>t<a i:nil='1'>u<b/></a></TableRight>"
      "<FieldProperties nil='true'/></x></FieldValues></r>",
      CANONICAL("[{\"CrmFieldKey\":\"k\"}]") },
    { "<r>" HEAD "<FieldValues><x><TableRight>t<a/></TableRight>u"
      "<CrmFieldKey nil='true'>k</CrmFieldKey></x></FieldValues></r>",
      "malformed" },
    { "<r>" HEAD "<FieldValues><x><TableRight>t<a/></TableRight>u"
      "<CrmFieldKey>k</CrmFieldKey></x></FieldValues></r>",
      "/FieldValues/0 type" },
    { "<r>" HEAD "<FieldValues><x><CrmFieldKey>k</CrmFieldKey>"
      "<TableRight/><TableRight/></x></FieldValues></r>",
      CANONICAL("[{\"CrmFieldKey\":\"k\"}]") },
    { "<r>" HEAD "<FieldValues><x><TableRight>1</TableRight><FieldProperties/>"
      "<a:tableright a:nil='true'>t<b/></a:tableright>"
      "<CrmFieldKey>k</CrmFieldKey><FieldProperties><c/></FieldProperties>"
      "<Value>v</Value><TableRight><CrmFieldKey/></TableRight></x><x>"
      "<TableRight/><CrmFieldKey>l</CrmFieldKey></x></FieldValues></r>",
      CANONICAL("[{\"CrmFieldKey\":\"k\",\"Value\":\"v\"},"
                "{\"CrmFieldKey\":\"l\"}]") },
    { "<r>" HEAD "<FieldValues><x><CrmFieldKey>k</CrmFieldKey><TableRight/>"
      "<TableRight/><CrmFieldKey>k</CrmFieldKey></x></FieldValues></r>",
      "/FieldValues/0/CrmFieldKey duplicate" },
    { "<r>" HEAD "<FieldValues><x><CrmFieldKey>k</CrmFieldKey><TableRight/>"
      "<TableRight><a></TableRight></x></FieldValues></r>", "malformed" },
    { "<r>" HEAD "<Other/><other/></r>", "/Other unknown; /other duplicate" },
    { "<r>" HEAD "<Other><a/><a/></Other></r>",
      "/Other unknown; /Other/a duplicate" },
    { "<r>" HEAD "text</r>", " type" },
    { "<r>" HEAD "<FieldValues>text</FieldValues></r>",
      "/FieldValues type" },
    { "<r>" HEAD "<FieldValues>text<x><CrmFieldKey>k</CrmFieldKey></x>"
      "</FieldValues></r>", "/FieldValues type" },
    { "<r>" HEAD "<FieldValues><x>text<CrmFieldKey>k</CrmFieldKey></x>"
      "</FieldValues></r>", "/FieldValues/0 type" },
    { "<r>" HEAD "<FieldValues><x/></FieldValues></r>",
      "/FieldValues/0/CrmFieldKey required" },
    { "<r>" HEAD "<FieldValues><x><CrmFieldKey><a/></CrmFieldKey></x>"
      "</FieldValues></r>", "/FieldValues/0/CrmFieldKey type" },
    { "<r>" HEAD "<FieldValues><x><CrmFieldKey>k</CrmFieldKey><SyncToCrm "
      "nil='true'/></x></FieldValues></r>",
      "/FieldValues/0/SyncToCrm type" },
    { "<r>" HEAD "<FieldValues><x nil='true'/></FieldValues></r>",
      "/FieldValues/0 type" },

    { "<r>", "malformed" },
    { "<r></s>", "malformed" },
    { "<r/><r/>", "malformed" },
    { "<r/>x", "malformed" },
    { "{}", "malformed" },
    { "<r a='1' a='2'/>", "malformed" },
    { "<r a:b='1' a:b='2'/>", "malformed" },
    { "<r><a:b:c/></r>", "malformed" },
    { "<r><:a/></r>", "malformed" },
    { "<r><a:/></r>", "malformed" },
    { "<r><a:x></b:x></r>", "malformed" },
    { "<r nil='true'>x</r>", "malformed" },
    { "<r nil='true'><x/></r>", "malformed" },
    { "<?xml version='1.0' encoding='iso-8859-1'?><r/>", "malformed" },
    { "<?xml version='1.0' encoding='utf-16'?><r/>", "malformed" },
    { "<?xml version='1.0' encoding='US-ASCII'?><r/>", "malformed" },
    { "<!DOCTYPE r><r/>", "malformed" },
    { "<!DOCTYPE r [<!ENTITY a 'b'>]><r>&a;</r>", "malformed" },
    { "<!DOCTYPE r SYSTEM 'file:///etc/passwd'><r/>", "malformed" },
    { "<r>&a;</r>", "malformed" },
    { "<r>&#0;</r>", "malformed" },
    { "<r>&#xd800;</r>", "malformed" },
    { "<r>&#x110000;</r>", "malformed" },
    { "<r>\xc0\xaf</r>", "malformed" },
    { "<r>\xed\xa0\x80</r>", "malformed" },
    { "<r>\x01</r>", "malformed" },
    { "\xff\xfe<\0r\0", "malformed" },
};


static void
test_xml(void **state)
{
    (void) state;

    judge_all(ERPSYNC_MEDIA_XML, documents, erpsync_nelts(documents));
}


static void
test_xml_operations(void **state)
{
    static const char  mixed[] = "<r><other><b><c>1</c></b>2</other></r>";
    static const char  lists[] = "<r><FieldKeys><x>a</x><x> b </x></FieldKeys>"
                                 "<EntityId> 7 </EntityId></r>";
    static const char  repeated[] = "<r>" HEAD "<X><Y/><Y/></X><x/><X>1</X>"
                                    "</r>";

    (void) state;

    judge(ERPSYNC_MEDIA_XML, "GetErpFieldValues", ERPSYNC_UNKNOWN_REJECT,
          lists, strlen(lists), "{\"EntityId\":7,\"FieldKeys\":"
                                "[\"a\",\" b \"]}");
    judge(ERPSYNC_MEDIA_XML, "GetErpFieldValues", ERPSYNC_UNKNOWN_REJECT,
          "<r><FieldKeys/></r>", 19, "{\"FieldKeys\":[]}");

    /* without a schema, XML does not tell arrays from objects */

    judge(ERPSYNC_MEDIA_XML, "SyncAll", ERPSYNC_UNKNOWN_PASS, "<r/>",
          4, "content_type_unsupported");
    judge(ERPSYNC_MEDIA_XML, "SyncAll", ERPSYNC_UNKNOWN_PASS, "<r/>", 4,
          "content_type_unsupported");

    judge(ERPSYNC_MEDIA_XML, "TryConnectActor", ERPSYNC_UNKNOWN_STRIP, mixed,
          strlen(mixed), "/ErpConnectionId required; "
          "/CrmRecordId required; /CrmActorType required; /ErpKey required; "
          "/ErpActorType required");
    judge(ERPSYNC_MEDIA_XML, "TryConnectActor", ERPSYNC_UNKNOWN_PASS, mixed,
          strlen(mixed), "/other type; /ErpConnectionId required; "
          "/CrmRecordId required; /CrmActorType required; /ErpKey required; "
          "/ErpActorType required");

    judge(ERPSYNC_MEDIA_XML, "TryConnectActor", ERPSYNC_UNKNOWN_PASS,
          "<r>" HEAD "<X><Y>1</Y><Z/></X></r>",
          strlen("<r>" HEAD "<X><Y>1</Y><Z/></X></r>"),
          "{" JSON_HEAD ",\"FieldValues\":[],"
          "\"X\":{\"Y\":\"1\",\"Z\":\"\"}}");

    judge(ERPSYNC_MEDIA_XML, "TryConnectActor", ERPSYNC_UNKNOWN_STRIP,
          "<r>" HEAD "<X><Y>1</Y><Z/></X></r>",
          strlen("<r>" HEAD "<X><Y>1</Y><Z/></X></r>"), CANONICAL("[]"));

    /* what is dropped may repeat; what is passed may not, nor in JSON */

    judge(ERPSYNC_MEDIA_XML, "TryConnectActor", ERPSYNC_UNKNOWN_STRIP,
          repeated, strlen(repeated), CANONICAL("[]"));
    judge(ERPSYNC_MEDIA_XML, "TryConnectActor", ERPSYNC_UNKNOWN_PASS,
          repeated, strlen(repeated),
          "/X/Y duplicate; /x duplicate; /X duplicate");
    judge(ERPSYNC_MEDIA_XML, "TryConnectActor", ERPSYNC_UNKNOWN_STRIP,
          "<r>" HEAD "<X/><ErpKey>a</ErpKey></r>",
          strlen("<r>" HEAD "<X/><ErpKey>a</ErpKey></r>"),
          "/ErpKey duplicate");
    judge(ERPSYNC_MEDIA_JSON, "TryConnectActor", ERPSYNC_UNKNOWN_STRIP,
          "{" JSON_HEAD ",\"X\":1,\"x\":2}",
          strlen("{" JSON_HEAD ",\"X\":1,\"x\":2}"), "/x duplicate");
}


/* A whole document in UTF-16, with and without a byte order mark. */

static void
test_xml_utf16(void **state)
{
    char          data[1024];
    size_t        i, len;
    unsigned      big, mark;

    static const char  text[] = "<?xml version='1.0'?><r>" HEAD "</r>";

    (void) state;

    for (big = 0; big < 2; big++) {
        for (mark = 0; mark < 2; mark++) {
            len = 0;

            if (mark) {
                data[len++] = big ? '\xfe' : '\xff';
                data[len++] = big ? '\xff' : '\xfe';
            }

            for (i = 0; text[i]; i++) {
                data[len + big] = text[i];
                data[len + 1 - big] = '\0';
                len += 2;
            }

            judge(ERPSYNC_MEDIA_XML, "TryConnectActor",
                  ERPSYNC_UNKNOWN_REJECT, data, len, "malformed");
        }
    }
}


/* A byte order mark, white space, or both are no body in any media type. */

static void
test_missing(void **state)
{
    size_t           i;
    erpsync_media_t  media;

    static const char *const  bodies[] = {
        "", " ", "\r\n\t ", "\xef\xbb\xbf", "\xef\xbb\xbf \n"
    };

    (void) state;

    for (media = ERPSYNC_MEDIA_JSON; media <= ERPSYNC_MEDIA_FORM; media++) {
        for (i = 0; i < erpsync_nelts(bodies); i++) {
            judge(media, "TryConnectActor", ERPSYNC_UNKNOWN_REJECT, bodies[i],
                  strlen(bodies[i]), "body_missing");
            judge(media, "SyncAll", ERPSYNC_UNKNOWN_REJECT, bodies[i],
                  strlen(bodies[i]), "");
        }

        judge(media, "TryConnectActor", ERPSYNC_UNKNOWN_REJECT,
              "\xef\xbb\xbf\xef\xbb\xbf", 6,
              (media == ERPSYNC_MEDIA_FORM)
              ? "/\xe2\x80\xa6 unknown; /ErpConnectionId required; "
                "/CrmRecordId required; /CrmActorType required; "
                "/ErpKey required; /ErpActorType required" : "malformed");
    }
}


/* Documents that try to exhaust memory or time are refused. */

static void
test_xml_attacks(void **state)
{
    char    *text, *p;
    size_t   i, size;

    (void) state;

    size = 24 * 1024 * 1024;
    text = malloc(size);
    assert_non_null(text);

    /* a million attributes */

    p = text + sprintf(text, "<r");

    for (i = 0; i < 1000000; i++) {
        p += sprintf(p, " a%zu=''", i);
    }

    p += sprintf(p, "/>");
    judge(ERPSYNC_MEDIA_XML, "TryConnectActor", ERPSYNC_UNKNOWN_REJECT, text,
          (size_t) (p - text), "malformed");

    /* levels */

    for (i = 0, p = text; i < 100000; i++) {
        p += sprintf(p, "<a>");
    }

    judge(ERPSYNC_MEDIA_XML, "TryConnectActor", ERPSYNC_UNKNOWN_REJECT, text,
          (size_t) (p - text), "malformed");

    /* more values than allowed, then a text of a megabyte */

    p = text + sprintf(text, "<r>" HEAD "<FieldValues>");

    for (i = 0; i < 100000; i++) {
        p += sprintf(p, "<x><CrmFieldKey>k</CrmFieldKey></x>");
    }

    p += sprintf(p, "</FieldValues></r>");
    judge(ERPSYNC_MEDIA_XML, "TryConnectActor", ERPSYNC_UNKNOWN_REJECT, text,
          (size_t) (p - text), "/FieldValues count");

    p = text + sprintf(text, "<r>" HEAD "<DisplayName>");
    memset(p, 'x', 1024 * 1024);
    p += 1024 * 1024;
    p += sprintf(p, "</DisplayName></r>");
    judge(ERPSYNC_MEDIA_XML, "TryConnectActor", ERPSYNC_UNKNOWN_REJECT, text,
          (size_t) (p - text), "/DisplayName unknown");

    free(text);
}


static void
test_merge_patch(void **state)
{
    static const char  carrier[] =
        "{\"a\":null,\"b\":{\"c\":null,\"d\":1},\"e\":[null,{\"f\":null}]}";

#define FIELD  "{\"CrmFieldKey\":\"k\"}"

    static const media_case_t  cases[] = {
        { "{" JSON_HEAD "}", CANONICAL("[]") },
        { "{" JSON_HEAD ",\"FieldValues\":null}", CANONICAL("[]") },
        { "{" JSON_HEAD ",\"FieldValues\":[{\"CrmFieldKey\":\"k\","
          "\"SyncToCrm\":null,\"Value\":null}]}",
          CANONICAL("[{\"CrmFieldKey\":\"k\"}]") },
        { "{" JSON_HEAD ",\"x\":null}", CANONICAL("[]") },
        { "{" JSON_HEAD ",\"x\":1}", "/x unknown" },
        { "{" JSON_HEAD ",\"x\":{\"y\":null}}", "/x unknown" },
        { "{" JSON_HEAD ",\"x\":[null]}", "/x unknown" },
        { "{" JSON_HEAD ",\"x\":null,\"X\":null}", "/X duplicate" },
        { "{" JSON_HEAD ",\"FieldValues\":[{\"x\":null,\"CrmFieldKey\":\"k\","
          "\"y\":2}]}", "/FieldValues/0/y unknown" },
        { "{" JSON_HEAD ",\"ErpKey\":null}", "/ErpKey duplicate" },
        { "{" JSON_HEAD ",\"FieldValues\":[null]}", "/FieldValues/0 type" },
        { "{" JSON_HEAD ",\"FieldValues\":[" FIELD "," FIELD "," FIELD
          ",null]}", "/FieldValues count" },
        { "null", " type" },
        { "[]", " type" },
        { "{", "malformed" },
    };

    (void) state;

    judge_all(ERPSYNC_MEDIA_MERGE_PATCH, cases, erpsync_nelts(cases));

    judge(ERPSYNC_MEDIA_MERGE_PATCH, "SyncAll", ERPSYNC_UNKNOWN_REJECT,
          carrier, strlen(carrier), "{\"b\":{\"d\":1},\"e\":[null,{}]}");
    judge(ERPSYNC_MEDIA_MERGE_PATCH, "SyncAll", ERPSYNC_UNKNOWN_REJECT,
          "null", 4, "null");

    judge(ERPSYNC_MEDIA_MERGE_PATCH, "TryConnectActor", ERPSYNC_UNKNOWN_PASS,
          "{" JSON_HEAD ",\"x\":null,\"y\":{\"z\":null}}",
          strlen("{" JSON_HEAD ",\"x\":null,\"y\":{\"z\":null}}"),
          "{" JSON_HEAD ",\"FieldValues\":[],\"y\":{}}");
}


static const media_case_t  forms[] = {
    { FORM_HEAD, CANONICAL("[]") },
    { "&&" FORM_HEAD "&", CANONICAL("[]") },
    { "erpactortype=+1+&ErpKey=q%75i&CrmActorType=contact&CrmRecordId=34"
      "&%45rpConnectionId=%20883", CANONICAL("[]") },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=a",
      CANONICAL("[{\"CrmFieldKey\":\"a\"}]") },
    { FORM_HEAD "&FieldValues%5B1%5D%5BCrmFieldKey%5D=b&fieldvalues[0]"
      "[Value]=v+%C3%A9%2B&FieldValues[0].CrmFieldKey=a",
      CANONICAL("[{\"CrmFieldKey\":\"a\",\"Value\":"
                "\"v \xc3\xa9+\"},{\"CrmFieldKey\":\"b\"}]") },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=a&FieldValues[0].TableRight"
      ".Mask=1&FieldValues[0].TableRight.Other=2",
      CANONICAL("[{\"CrmFieldKey\":\"a\"}]") },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=a&FieldValues[0].SyncToErp="
      "+True+&FieldValues[0].DisplayName",
      CANONICAL("[{\"CrmFieldKey\":\"a\",\"SyncToErp\":true}]") },

    /* a blank value is as absent */

    { FORM_HEAD "&FieldValues=", CANONICAL("[]") },
    { FORM_HEAD "&FieldValues=+%0a", CANONICAL("[]") },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=a&FieldValues[0].Value=+"
      "&FieldValues[0].DisplayName=&FieldValues[0].SyncToErp=&FieldValues[0]"
      ".SyncToCrm=%20", CANONICAL("[{\"CrmFieldKey\":\"a\"}]") },
    { "ErpConnectionId=&CrmRecordId=34&CrmActorType=+&ErpKey=%09"
      "&ErpActorType", "/ErpConnectionId required; /CrmActorType required; "
      "/ErpKey required; /ErpActorType required" },
    { FORM_HEAD "&Other=", "/Other unknown" },
    { FORM_HEAD "&{\"a\":1}=", "/\xe2\x80\xa6 unknown" },
    { FORM_HEAD "&<a>b</a>", "/\xe2\x80\xa6 unknown" },
    { FORM_HEAD "&x&X&a+b&A+B", "/x unknown; /X duplicate; "
      "/\xe2\x80\xa6 unknown; /\xe2\x80\xa6 duplicate" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=k&FieldValues[0].$x-1_&"
      "FieldValues[0].x:", "/FieldValues/0/$x-1_ unknown; "
      "/FieldValues/0/\xe2\x80\xa6 unknown" },

    /* a path into a dropped member may be anything */

    { FORM_HEAD "&FieldValues[0].FieldProperties[0].Key=a"
      "&FieldValues[0].FieldProperties[0].Value.FieldRight=b"
      "&FieldValues[0].CrmFieldKey=k&FieldValues[0].FieldProperties[1].Key=a"
      "&FieldValues[0].tableright.Mask[0][1].x=1",
      CANONICAL("[{\"CrmFieldKey\":\"k\"}]") },
    { FORM_HEAD "&FieldValues[0].FieldProperties[0].Key=a",
      "/FieldValues/0/CrmFieldKey required" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=k&FieldValues[0].TableRight.a=%",
      "malformed" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=k&FieldValues[0].TableRight=1"
      "&FieldValues[0].TableRight=1", "/FieldValues/0/TableRight duplicate" },

    { "x", "/x unknown; /ErpConnectionId required; /CrmRecordId "
           "required; /CrmActorType required; /ErpKey required; "
           "/ErpActorType required" },
    { FORM_HEAD "&ErpKey=a", "/ErpKey duplicate" },
    { FORM_HEAD "&erpkey=a", "/ErpKey duplicate" },
    { FORM_HEAD "&ErpKey[0]=a", "/ErpKey duplicate" },
    { FORM_HEAD "&ErpKey.a=b", "/ErpKey duplicate" },
    { FORM_HEAD "&FieldValues=x", "/FieldValues type" },
    { FORM_HEAD "&FieldValues.a=b", "/FieldValues type" },
    { FORM_HEAD "&FieldValues[0]=b", "/FieldValues/0 type" },
    { FORM_HEAD "&FieldValues[0][CrmFieldKey]=k&FieldValues[0][]=x",
      "/FieldValues/0 duplicate" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=k&FieldValues[0].Value]=x",
      "/FieldValues/0/\xe2\x80\xa6 unknown" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=a&FieldValues=",
      "/FieldValues duplicate" },
    { FORM_HEAD "&FieldValues[0]=b&FieldValues[0].CrmFieldKey=a",
      "/FieldValues/0 duplicate; /FieldValues/0 type" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=a&FieldValues[0]=b",
      "/FieldValues/0 duplicate" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=a&FieldValues.0.Value=b",
      "/FieldValues type" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=a&FieldValues.x=b",
      "/FieldValues type" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=a&FieldValues[]=",
      "/FieldValues duplicate" },
    { FORM_HEAD "&ErpKey.a=1&CrmRecordId.b=2&ErpKey.A=3", "/ErpKey duplicate;"
      " /ErpKey/A duplicate; /CrmRecordId duplicate" },
    { FORM_HEAD "&Other[7]=b&Other[2].x=c&OTHER=d",
      "/Other unknown; /OTHER duplicate" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=a&FieldValues[0][crmfieldkey"
      "]=b", "/FieldValues/0/CrmFieldKey duplicate" },
    { FORM_HEAD "&FieldValues[1].CrmFieldKey=a",
      "/FieldValues/0 required" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=a&FieldValues[1073741824]"
      ".CrmFieldKey=b", "/FieldValues/1 required" },
    { FORM_HEAD "&FieldValues[99999999999999999999].CrmFieldKey=b",
      "/FieldValues/0 required" },
    { FORM_HEAD "&FieldValues[0].x=b", "/FieldValues/0/x unknown; "
      "/FieldValues/0/CrmFieldKey required" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=+", "/FieldValues/0/"
      "CrmFieldKey required" },
    { FORM_HEAD "&FieldValues[0].a.b.c=1", "/FieldValues/0/a unknown; "
      "/FieldValues/0/CrmFieldKey required" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey.b.c=1",
      "/FieldValues/0/CrmFieldKey type" },
    { FORM_HEAD "&x.y.z=1", "/x unknown" },
    { FORM_HEAD "&Unknown[0]=b", "/Unknown unknown" },

    { FORM_HEAD "&FieldValues[].CrmFieldKey=a", "malformed" },
    { FORM_HEAD "&FieldValues[-1].CrmFieldKey=a", "malformed" },
    { FORM_HEAD "&FieldValues[00].CrmFieldKey=a", "malformed" },
    { FORM_HEAD "&FieldValues[a].CrmFieldKey=a", "malformed" },
    { FORM_HEAD "&FieldValues[0=a", "malformed" },
    { FORM_HEAD "&FieldValues[0]x=a", "malformed" },
    { FORM_HEAD "&FieldValues[0][x=a", "malformed" },
    { FORM_HEAD "&FieldValues[0].a[b=1", "malformed" },
    { FORM_HEAD "&x.y[z=1", "malformed" },
    { "x=1&[=2&" FORM_HEAD, "malformed" },
    { "ErpKey=%", "malformed" },
    { "ErpKey=%4", "malformed" },
    { "ErpKey=%4g", "malformed" },
    { "%=1", "malformed" },
    { "ErpKey=%00", "malformed" },
    { "ErpKey=%ff", "malformed" },
    { "ErpKey=%c0%af", "malformed" },
    { "ErpKey=%ed%a0%80", "malformed" },
    { "ErpKey=\xff", "malformed" },
};


/* A passed member is forwarded whole, under its own name, or refused. */

#define PASSED(more)  "{" JSON_HEAD ",\"FieldValues\":[]," more "}"

static const media_case_t  passed[] = {
    { FORM_HEAD "&x.y=1&x.z=2", PASSED("\"x\":{\"y\":\"1\",\"z\":\"2\"}") },
    { FORM_HEAD "&x.y=1&z=1&x.z=2",
      PASSED("\"x\":{\"y\":\"1\",\"z\":\"2\"},\"z\":\"1\"") },
    { FORM_HEAD "&x[0]=1", PASSED("\"x\":[\"1\"]") },
    { FORM_HEAD "&x[0]=1&z=1&X%5b1%5D=2",
      PASSED("\"x\":[\"1\",\"2\"],\"z\":\"1\"") },
    { FORM_HEAD "&x[1]=1&x[0]=2",
      PASSED("\"x\":{\"1\":\"1\",\"0\":\"2\"}") },
    { FORM_HEAD "&x[y]=1&x.0=2",
      PASSED("\"x\":{\"y\":\"1\",\"0\":\"2\"}") },
    { FORM_HEAD "&x[]=1", PASSED("\"x\":\"1\"") },
    { FORM_HEAD "&x[0].y=1&x[1]=2",
      PASSED("\"x\":[{\"y\":\"1\"},\"2\"]") },
    { FORM_HEAD "&x.y[0].z=1&x.y[1].z=2&x.w=3",
      PASSED("\"x\":{\"y\":[{\"z\":\"1\"},{\"z\":\"2\"}],\"w\":\"3\"}") },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=k&FieldValues[0].x[y]=1",
      CANONICAL("[{\"CrmFieldKey\":\"k\",\"x\":{\"y\":\"1\"}}]") },
    { FORM_HEAD "&FieldValues[0].x.y.z=1&FieldValues[0].CrmFieldKey=k",
      CANONICAL("[{\"CrmFieldKey\":\"k\",\"x\":{\"y\":{\"z\":\"1\"}}}]") },
    { FORM_HEAD "&x=+&y.z=&FieldValues[0].CrmFieldKey=k"
      "&FieldValues[0].x=", "{" JSON_HEAD ",\"FieldValues\":["
      "{\"CrmFieldKey\":\"k\"}],\"y\":{}}" },
    { FORM_HEAD "&x.y=1&x.Y=2", "/x/Y duplicate" },
    { FORM_HEAD "&x[0]=1&x[0]=2", "/x/0 duplicate" },
    { FORM_HEAD "&x=1&x.y=2", "/x duplicate" },
    { FORM_HEAD "&x.y=1&X=2", "/X duplicate" },
    { FORM_HEAD "&x[]=1&x[]=2", "/x duplicate" },
    { FORM_HEAD "&x.y[z=1", "malformed" },
    { FORM_HEAD "&x.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"
      ".a.a.a.a=1", "malformed" },
};


static const media_case_t  stripped[] = {
    { FORM_HEAD "&Foo.Bar[0]=1&Foo.Bar[1].Baz=2&x=1&Foo[0]=3&Foo[9].a=1",
      CANONICAL("[]") },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=k&FieldValues[0].Foo.Bar[0]"
      "=1&a.b=1&FieldValues[0].Foo.Bar[1]=2",
      CANONICAL("[{\"CrmFieldKey\":\"k\"}]") },
    { FORM_HEAD "&Foo.Bar[0]=%ff", "malformed" },
    { FORM_HEAD "&Foo[]=1&Foo[]=2&Foo.x=3&Foo=4", CANONICAL("[]") },
    { FORM_HEAD "&Foo.a.b.c[x=1", "malformed" },
    { FORM_HEAD "&Foo.a.b[0]x=1", "malformed" },
    { FORM_HEAD "&FieldValues[0].CrmFieldKey=k&Foo.x=1&FieldValues[0].Value=v",
      CANONICAL("[{\"CrmFieldKey\":\"k\",\"Value\":\"v\"}]") },
    { FORM_HEAD "&Foo=1&foo=2", "/foo duplicate" },
    { FORM_HEAD "&ErpKey.a.b=1", "/ErpKey duplicate" },
};


static const media_case_t  lists[] = {
    { "FieldKeys[]=b&FieldKeys[]=a", "{\"FieldKeys\":[\"b\",\"a\"]}" },
    { "FieldKeys=b&EntityId=1&fieldkeys=a",
      "{\"EntityId\":1,\"FieldKeys\":[\"b\",\"a\"]}" },
    { "FieldKeys=b", "{\"FieldKeys\":[\"b\"]}" },
    { "FieldKeys%5B%5D=b+%41&%46ieldKeys%5B%5D=c",
      "{\"FieldKeys\":[\"b A\",\"c\"]}" },
    { "FieldKeys[]=a&FieldKeys=b", "{\"FieldKeys\":[\"a\",\"b\"]}" },
    { "FieldKeys=&FieldKeys=b&FieldKeys=+", "{\"FieldKeys\":[\"b\"]}" },
    { "FieldKeys=", "{}" },
    { "FieldKeys[]=&EntityId=1", "{\"EntityId\":1}" },
    { "FieldKeys[0]=a&FieldKeys=b", "/FieldKeys/0 duplicate" },
    { "FieldKeys[0]=a&FieldKeys[]=b&FieldKeys[1]=c",
      "/FieldKeys/0 duplicate" },
    { "FieldKeys[1]=b&FieldKeys=a", "{\"FieldKeys\":[\"a\",\"b\"]}" },
    { "FieldKeys.a=b&FieldKeys=c", "/FieldKeys type" },
    { "FieldKeys.a=b&FieldKeys=%ff", "malformed" },
    { "FieldKeys[0]=", "/FieldKeys/0 type" },
    { "FieldKeys[].x=b", "malformed" },
    { "FieldKeys[=b", "malformed" },
    { "FieldKeys=%", "malformed" },
    { "FieldKeys=a&FieldKeys=%ff", "malformed" },
};


static void
test_form(void **state)
{
    size_t  i;

    (void) state;

    judge_all(ERPSYNC_MEDIA_FORM, forms, erpsync_nelts(forms));

    judge(ERPSYNC_MEDIA_FORM, "SyncAll", ERPSYNC_UNKNOWN_PASS, "a=b",
          3, "content_type_unsupported");
    for (i = 0; i < erpsync_nelts(passed); i++) {
        judge(ERPSYNC_MEDIA_FORM, "TryConnectActor", ERPSYNC_UNKNOWN_PASS,
              passed[i].body, strlen(passed[i].body), passed[i].expected);
    }

    for (i = 0; i < erpsync_nelts(stripped); i++) {
        judge(ERPSYNC_MEDIA_FORM, "TryConnectActor", ERPSYNC_UNKNOWN_STRIP,
              stripped[i].body, strlen(stripped[i].body),
              stripped[i].expected);
    }

    for (i = 0; i < erpsync_nelts(lists); i++) {
        judge(ERPSYNC_MEDIA_FORM, "GetErpFieldValues", ERPSYNC_UNKNOWN_REJECT,
              lists[i].body, strlen(lists[i].body), lists[i].expected);
    }

    judge(ERPSYNC_MEDIA_FORM, "SaveErpConnectionSyncPriorities",
          ERPSYNC_UNKNOWN_REJECT, "ErpConnectionIds=3&ErpConnectionIds=+1+",
          39, "{\"ErpConnectionIds\":[3,1]}");

    judge(ERPSYNC_MEDIA_FORM, "GetErpFieldValues", ERPSYNC_UNKNOWN_REJECT,
          "FieldKeys[1]=b&FieldKeys[0]=a", 29,
          "{\"FieldKeys\":[\"a\",\"b\"]}");
    judge(ERPSYNC_MEDIA_FORM, "GetErpFieldValues", ERPSYNC_UNKNOWN_REJECT,
          "FieldKeys[0]=b&FieldKeys[0]=a", 29, "/FieldKeys/0 duplicate");
    judge(ERPSYNC_MEDIA_FORM, "GetErpFieldValues", ERPSYNC_UNKNOWN_REJECT,
          "FieldKeys[0].x=b", 16, "/FieldKeys/0 type");
}


static void
test_form_attacks(void **state)
{
    char    *text, *p;
    size_t   i;

    (void) state;

    text = malloc(24 * 1024 * 1024);
    assert_non_null(text);

    /* more values than allowed, in the order that is slowest to sort */

    p = text + sprintf(text, FORM_HEAD);

    for (i = 100000; i-- > 0; /* void */ ) {
        p += sprintf(p, "&FieldValues[%zu].CrmFieldKey=%%6b+", i);
    }

    judge(ERPSYNC_MEDIA_FORM, "TryConnectActor", ERPSYNC_UNKNOWN_REJECT, text,
          (size_t) (p - text), "/FieldValues count");

    /* short elements */

    p = text + sprintf(text, FORM_HEAD);

    for (i = 0; i < 500000; i++) {
        p += sprintf(p, "&FieldValues[%zu]", 500000 + i);
    }

    judge(ERPSYNC_MEDIA_FORM, "TryConnectActor", ERPSYNC_UNKNOWN_REJECT, text,
          (size_t) (p - text), "/FieldValues/0 required");

    free(text);
}


/* Unknown members are counted once each, whatever they hold. */

static void
test_unknown_counted(void **state)
{
    size_t  i, k;

    static const struct {
        erpsync_media_t   media;
        const char       *operation;
        const char       *body;
        size_t            unknown;
    } cases[] = {
        { ERPSYNC_MEDIA_JSON, "TryConnectActor", "{" JSON_HEAD "}", 0 },
        { ERPSYNC_MEDIA_JSON, "TryConnectActor",
          "{" JSON_HEAD ",\"X\":{\"Y\":1},\"FieldValues\":[{\"CrmFieldKey\":"
          "\"a\",\"TableRight\":{\"Z\":1}},{\"W\":[1,2],\"CrmFieldKey\":"
          "\"b\"}]}", 2 },
        { ERPSYNC_MEDIA_MERGE_PATCH, "TryConnectActor",
          "{\"X\":1,\"Y\":null,\"Z\":{\"a\":null}," JSON_HEAD "}", 2 },
        { ERPSYNC_MEDIA_XML, "TryConnectActor",
          "<r>" HEAD "<X><Y/></X><Z/></r>", 2 },
        { ERPSYNC_MEDIA_XML, "TryConnectActor",
          "<r>" HEAD "<X>&lt;</X><!-- not on the fast path --></r>", 1 },
        { ERPSYNC_MEDIA_FORM, "TryConnectActor",
          FORM_HEAD "&X=1&FieldValues[0].CrmFieldKey=a&FieldValues[0].W=2",
          2 },
    };

    static const erpsync_unknown_t  modes[] = {
        ERPSYNC_UNKNOWN_STRIP, ERPSYNC_UNKNOWN_PASS
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        for (k = 0; k < erpsync_nelts(modes); k++) {
            unit_input_t         input;
            erpsync_str_t        name;
            erpsync_body_t       body;
            erpsync_arena_t      arena;
            erpsync_sink_conf_t  conf;

            name = erpsync_span(cases[i].operation,
                                strlen(cases[i].operation));

            memset(&conf, 0, sizeof(conf));
            conf.operation = erpsync_operation_find(name);
            conf.unknown = modes[k];
            conf.key = 0x5eed;

            erpsync_arena_init(&arena);
            input = unit_input(cases[i].body, strlen(cases[i].body));

            assert_int_equal(erpsync_body(&arena, cases[i].media, &conf,
                                          input.str, &body), ERPSYNC_OK);
            assert_int_equal(body.reason, ERPSYNC_REASON_OK);

            if (body.facts.unknown != cases[i].unknown) {
                fail_msg("%s: %zu", cases[i].body, body.facts.unknown);
            }

            erpsync_arena_destroy(&arena);
            free(input.data);
        }
    }
}


/*
 * What the grants of an app and the metrics are about, of each media type; and
 * of JSON that the fast path does not take.
 */

static void
test_facts(void **state)
{
    size_t               i;
    unit_input_t         input;
    erpsync_body_t       body;
    erpsync_arena_t      arena;
    erpsync_sink_conf_t  conf;

    static const char *const  json_values =
        "[{\"CrmFieldKey\":\"a\"},{\"CrmFieldKey\":\"b\"}]";

    static const struct {
        erpsync_media_t   media;
        const char       *body;
    } bodies[] = {
        { ERPSYNC_MEDIA_JSON, "{" JSON_HEAD ",\"FieldValues\":%s}" },
        { ERPSYNC_MEDIA_JSON, "{\"FieldValues\":%s," JSON_HEAD "}" },
        { ERPSYNC_MEDIA_MERGE_PATCH, "{\"FieldValues\":%s," JSON_HEAD "}" },
        { ERPSYNC_MEDIA_JSON_PATCH, "[{\"op\":\"add\",\"path\":\"\","
          "\"value\":{\"FieldValues\":%s," JSON_HEAD "}}]" },
        { ERPSYNC_MEDIA_XML, "<r>" HEAD "<FieldValues>"
          "<v><CrmFieldKey>a</CrmFieldKey></v>"
          "<v><CrmFieldKey>b</CrmFieldKey></v></FieldValues></r>" },
        { ERPSYNC_MEDIA_FORM, FORM_HEAD "&FieldValues[0].CrmFieldKey=a"
          "&FieldValues[1].CrmFieldKey=b" },
        { ERPSYNC_MEDIA_FORM, FORM_HEAD "&FieldValues[1].CrmFieldKey=a"
          "&FieldValues[0].CrmFieldKey=b" },
    };

    (void) state;

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(
                                         erpsync_span("TryConnectActor", 15));
    conf.key = 0x5eed;

    for (i = 0; i < erpsync_nelts(bodies); i++) {
        char  text[1024];

        (void) snprintf(text, sizeof(text), bodies[i].body, json_values);
        erpsync_arena_init(&arena);
        input = unit_input(text, strlen(text));

        assert_int_equal(erpsync_body(&arena, bodies[i].media, &conf,
                                      input.str, &body), ERPSYNC_OK);

        if (body.reason != ERPSYNC_REASON_OK
            || !body.facts.has_connection || body.facts.connection != 883
            || body.facts.crm_actor != 1 || body.facts.erp_actor != 1
            || body.facts.field_values != 2)
        {
            fail_msg("%s: %d, %d, %u, %u, %zu", text, body.reason,
                     body.facts.connection, body.facts.crm_actor,
                     body.facts.erp_actor, body.facts.field_values);
        }

        erpsync_arena_destroy(&arena);
        free(input.data);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_xml),
        cmocka_unit_test(test_xml_operations),
        cmocka_unit_test(test_xml_utf16),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_xml_attacks),
        cmocka_unit_test(test_merge_patch),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_form_attacks),
        cmocka_unit_test(test_unknown_counted),
        cmocka_unit_test(test_facts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
