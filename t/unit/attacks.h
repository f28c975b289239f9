
/*
 * Bodies that try to exhaust memory or time: t/unit/attacks.c checks memory and
 * steps, tools/bench/attacks.c measures time.
 */


#ifndef ATTACKS_H
#define ATTACKS_H


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "erpsync.h"


#define MEGABYTE  (1024 * 1024)


#define HEAD  "\"ErpConnectionId\":1,\"CrmRecordId\":1,\"CrmActorType\":1,"    \
              "\"ErpKey\":\"k\",\"ErpActorType\":1"

/* The same for the fast path, which does not take numbers as names. */

#define NAMED_HEAD  "\"ErpConnectionId\":1,\"CrmRecordId\":1,"                \
                    "\"CrmActorType\":\"Sale\",\"ErpKey\":\"k\","            \
                    "\"ErpActorType\":\"Sale\""

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

#define A16  "aaaaaaaaaaaaaaaa"
#define A64  A16 A16 A16 A16

#define REJECT  ERPSYNC_UNKNOWN_REJECT
#define STRIP   ERPSYNC_UNKNOWN_STRIP
#define PASS    ERPSYNC_UNKNOWN_PASS


/*
 * A body is "head", "n" times "unit" with "between" in between, and "tail".
 * A unit "a%|b%|c" is "n" times a, then b, then "n" times c.  In each part
 * "%d" is the number of the unit, "%D" the number from the end, "%n" a short
 * name, "%k" 1,000 and "%K" 150,000 letters, "%Z" 100,000 zeros, "%E" 75,000
 * quotes with a backslash.
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
#define ANY  "SyncAll"               /* an operation without a request */
#define MAP  "SaveActorTypeMapping"
#define ITEM "SaveConnectionListMappings"
#define CONF "TestConnectionByConfig"
#define SAVE "SaveConnection"


#define X12(s)   s s s s s s s s s s s s

/* A field value that the fast path leaves to the general one. */

#define ODD  "{\"CrmFieldKey\" :\"k\"},"

/* Items in items, as deep as is allowed, each in front of its members. */

#define ITEMS      "{\"ListMapping\":{\"ErpListItemMappings\":[{\"CrmList\":{" \
                   X12("\"ChildItems\":[{")
#define ITEMS_END  X12("}],\"Id\":1") "}}]}}"


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

    { "a long namespace, with a prefix", XML, TRY, STRIP,
      "<r xmlns:p='%K'>" XML_HEAD, "<x p:a='' p:b='' p:c=''/>", "", 40000,
      "</r>", "ok" },
    { "a long default namespace", XML, TRY, STRIP, "<r xmlns='%K'>" XML_HEAD,
      "<x/>", "", 150000, "</r>", "ok" },
    { "a long namespace in each element", XML, TRY, STRIP, "<r>" XML_HEAD,
      "<x xmlns='%k'/>", "", 1000, "</r>", "ok" },
    { "prefixes in one element", XML, TRY, STRIP, "<r", " xmlns:a%d='%d'", "",
      5000, ">" XML_HEAD "</r>", "body_malformed  syntax" },
    { "attributes in one element", XML, TRY, STRIP, "<r", " a%d='%d'", "",
      5000, ">" XML_HEAD "</r>", "body_malformed  syntax" },
    { "attributes that hash alike", XML, TRY, STRIP, "<r>" XML_HEAD,
      "<x b='' c='' d='' e='' f='' g='' h=''/>", "", 2000, "</r>",
      "ok" },
    { "a name of a prefix each", XML, TRY, STRIP, "<r>" XML_HEAD,
      "<p%d:x xmlns:p%d='u'/>", "", 2000, "</r>", "body_malformed  syntax" },
    { "long element names", XML, TRY, STRIP, "<r>" XML_HEAD,
      "<%k%d></%k%d>", "", 100, "</r>", "ok" },
    { "long attribute names", XML, TRY, STRIP, "<r>" XML_HEAD,
      "<x %k%d='' %k%D=''/>", "", 100, "</r>", "ok" },
    { "CDATA sections", XML, TRY, REJECT, "<r>" XML_HEAD "<FieldValues><x>"
      "<CrmFieldKey>k</CrmFieldKey><Value>", "<![CDATA[]]>a", "", 50000,
      "</Value></x></FieldValues></r>", "ok" },
    { "one CDATA section", XML, TRY, REJECT, "<r>" XML_HEAD "<FieldValues><x>"
      "<CrmFieldKey>k</CrmFieldKey><Value><![CDATA[", "&<a>]]", "", 100000,
      "]]></Value></x></FieldValues></r>", "ok" },
    { "processing instructions", XML, TRY, REJECT, "<r>" XML_HEAD,
      "<?a b?>", "", 100000, "</r>", "ok" },
    { "one processing instruction", XML, TRY, REJECT, "<r>" XML_HEAD "<?a ",
      "bbbbbbbb", "", 10000, "?></r>", "ok" },
    { "a tag without an end", XML, TRY, REJECT, "<r ", "a='1' b", "", 100000,
      "", "body_malformed  syntax" },
    { "a comment without an end", XML, TRY, REJECT, "<r><!--", "- -", "",
      100000, "", "body_malformed  syntax" },
    { "stray text", XML, TRY, REJECT, "<r>" XML_HEAD, "x<ErpKey/>", "",
      50000, "</r>", "body_invalid  type" },
    { "down and up", XML, TRY, STRIP, "<r>" XML_HEAD, "<a%d><a><a><a><a><a><a>"
      "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a></a></a>"
      "</a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a%d>", "",
      5000, "</r>", "ok" },
    { "nil elements", XML, TRY, REJECT, "<r>" XML_HEAD "<FieldValues>",
      "<x i:nil='true' i:nil2='true'/>", "", 30000, "</FieldValues></r>",
      "body_invalid /FieldValues/0 type" },
    { "white space around a number", XML, TRY, REJECT, "<r>"
      "<ErpConnectionId>", "  \t\n\r\n    ", "", 100000,
      "</ErpConnectionId></r>", "body_invalid /ErpConnectionId type" },
    { "a blank key", XML, TRY, REJECT, "<r><ErpKey>", "        ", "", 100000,
      "</ErpKey></r>", "body_invalid /ErpKey empty" },
    { "text in small pieces", XML, TRY, REJECT, "<r>" XML_HEAD
      "<FieldValues><x><CrmFieldKey>k</CrmFieldKey><Value>", "&#65;\r\n",
      "", 100000, "</Value></x></FieldValues></r>", "ok" },
    { "members twice", XML, TRY, REJECT, "<r>" XML_HEAD, "<ErpKey>k</ErpKey>",
      "", 50000, "</r>", "body_invalid /ErpKey duplicate" },
    { "lists twice", XML, TRY, REJECT, "<r>" XML_HEAD, "<FieldValues><x>"
      "<CrmFieldKey>k</CrmFieldKey></x></FieldValues>", "", 20000, "</r>",
      "body_invalid /FieldValues duplicate" },
    { "field values with one unusual", XML, TRY, PASS, "<r>" XML_HEAD
      "<FieldValues>", "<x><CrmFieldKey>k</CrmFieldKey><a%d>1</a%d><Value>a"
      "&amp;</Value></x>", "", 1000, "</FieldValues></r>", "ok" },

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
    { "field values, six of them long", JSON, TRY, REJECT, "{" NAMED_HEAD
      ",\"FieldValues\":[" X12(ODD ODD ODD), "{\"CrmFieldKey\":\"k\","
      "\"Value\":\"%E\"}", ",", 6, "]}", "ok" },
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
    { "white space", JSON, TRY, REJECT, "{" HEAD "", " \n\t ", "", 250000,
      "}", "ok" },
    { "white space between all", JSON, TRY, REJECT, "{" HEAD
      ",\"FieldValues\":[", " { \"CrmFieldKey\" : 1 , \"SyncToErp\" : true "
      "} ", ",", 1000, "]}", "ok" },
    { "elements begun and dropped", JSON, TRY, STRIP, "{" HEAD
      ",\"FieldValues\":[", "{\"CrmFieldKey\":\"k\",\"Value\":\"%k\"}"
      ",{\"CrmFieldKey\":\"k\",\"Value\":\"%k\",\"x\":0}", ",", 400,
      "]}", "ok" },
    { "broken at the end", JSON, TRY, REJECT, "{" HEAD
      ",\"FieldValues\":[", "{\"CrmFieldKey\":\"k\",\"Value\":\"v\"}",
      ",", 1000, "]}}", "body_malformed  syntax" },
    { "members twice", JSON, TRY, REJECT, "{" HEAD ",", "\"erpKEY\":\"k\"",
      ",", 80000, "}", "body_invalid /ErpKey duplicate" },
    { "lists twice", JSON, TRY, REJECT, "{" HEAD ",",
      "\"FieldValues\":[{\"CrmFieldKey\":\"k\"}]", ",", 20000, "}",
      "body_invalid /FieldValues duplicate" },
    { "long names, stripped", JSON, TRY, STRIP, "{" HEAD ",",
      "\"%k%d\":0", ",", 1000, "}", "ok" },
    { "long names, passed", JSON, TRY, PASS, "{" HEAD ",",
      "\"%k%d\":0", ",", 1000, "}", "ok" },
    { "long names, opaque", JSON, ANY, PASS, "{", "\"%k%d\":0", ",", 1000,
      "}", "ok" },
    { "long names, rejected", JSON, TRY, REJECT, "{" HEAD ",",
      "\"%k%d\":0", ",", 1000, "}",
      "body_invalid /" A64 "\xe2\x80\xa6 unknown" },
    { "escaped names", JSON, TRY, STRIP, "{" HEAD ",", "\"\\u0045rpKey\":0",
      ",", 50000, "}", "body_invalid /ErpKey duplicate" },
    { "down and up", JSON, ANY, REJECT, "[",
      "[[[[[[[[[[[[[[{\"a\":[[[[[[[[[[[[[[]]]]]]]]]]]]]]}]]]]]]]]]]]]]]", ",",
      10000, "]", "ok" },
    { "one name twice, opaque", JSON, ANY, REJECT, "{", "\"a\":0", ",",
      100000, "}", "body_invalid /a duplicate" },
    { "a blank key", JSON, TRY, REJECT, "{\"ErpKey\":\"", "        ", "",
      100000, "\"}", "body_invalid /ErpKey empty" },
    { "a name of an enum", JSON, TRY, REJECT, "{\"CrmActorType\":\"",
      "ContactC", "", 100000, "\"}", "body_invalid /CrmActorType enum" },
    { "digits of an enum", JSON, TRY, REJECT, "{\"CrmActorType\":",
      "11111111", "", 100000, "}", "body_invalid /CrmActorType enum" },
    { "characters beyond ASCII", JSON, TRY, REJECT, "{" HEAD
      ",\"FieldValues\":[{\"CrmFieldKey\":\"k\",\"Value\":\"",
      "\xc3\xa6" "a\xe2\x82\xac", "", 100000, "\"}]}", "ok" },
    { "field values with one unusual", JSON, TRY, PASS, "{" HEAD
      ",\"FieldValues\":[", "{\"Value\":\"v\",\"CrmFieldKey\":\"k\","
      "\"x%d\":0}", ",", 1000, "]}", "ok" },
    { "a long text in the middle", JSON, TRY, REJECT, "{" HEAD
      ",\"FieldValues\":[", "{ \"CrmFieldKey\":\"k\"},"
      "{\"CrmFieldKey\":\"k\"}", ",", 499, ",{\"CrmFieldKey\":\"k\","
      "\"Value\":\"\xc3\xa6%K\xc3\xa6%K\xc3\xa6%K\"}]}", "ok" },

    /* objects in objects */

    { "a deep string behind its turn", JSON, ITEM, REJECT,
      ITEMS "\"Name\":\"", "aaaaaaaa", "", MEGABYTE / 8, "\"" ITEMS_END,
      "ok" },
    { "a deep string of \\\"", JSON, ITEM, REJECT, ITEMS "\"Name\":\"",
      "\\\"", "", MEGABYTE / 2, "\"" ITEMS_END, "ok" },
    { "deep members twice", JSON, ITEM, REJECT, ITEMS, "\"Name\":1", ",",
      50000, ITEMS_END, "body_invalid /ListMapping/ErpListItemMappings/0/"
      "CrmList" X12("/ChildItems/0") "/Name duplicate" },
    { "deep items", JSON, ITEM, REJECT, ITEMS "\"ChildItems\":[",
      "{\"Id\":1,\"ChildItems\":[],\"Name\":\"x\"}", ",", 20000,
      "]" ITEMS_END, "ok" },
    { "deep unknown names", JSON, ITEM, STRIP, ITEMS, "\"%k%d\":0", ",",
      1000, ITEMS_END, "ok" },
    { "deep unknown names, passed", JSON, ITEM, PASS, ITEMS, "\"%k%d\":0",
      ",", 1000, ITEMS_END, "ok" },
    { "items below the last level", JSON, ITEM, REJECT, ITEMS
      "\"ChildItems\":[{", "\"ChildItems\":[{", "", 100000, "",
      "body_malformed  syntax" },
    { "mappings", JSON, MAP, REJECT, "{\"Mapping\":{\"FieldMappings\":[",
      "{\"Access\":0,\"ErpFieldId\":1}", ",", 30000, "]}}", "ok" },
    { "mappings, as documented", JSON, MAP, REJECT,
      "{\"Mapping\":{\"FieldMappings\":[", "{\"ErpFieldId\":1,\"Access\":"
      "\"ReadOnly\"}", ",", 30000, "]}}", "ok" },
    { "empty mappings", JSON, MAP, REJECT,
      "{\"Mapping\":{\"IsActive\":1,\"FieldMappings\":[", "{}", ",", 300000,
      "]}}", "ok" },
    { "lists of mappings twice", JSON, MAP, REJECT, "{\"Mapping\":{",
      "\"FieldMappings\":[{}]", ",", 30000, "}}",
      "body_invalid /Mapping/FieldMappings duplicate" },
    { "keys", JSON, CONF, REJECT, "{\"ConfigFields\":{", "\"%n\":\"1\"", ",",
      100000, "}}", "body_malformed  syntax" },
    { "long keys", JSON, CONF, REJECT, "{\"ConfigFields\":{",
      "\"%k%d\":null", ",", 1000, "}}", "ok" },
    { "one key", JSON, CONF, REJECT, "{\"ConfigFields\":{", "\"a\":\"1\"",
      ",", 100000, "}}", "body_invalid /ConfigFields/a duplicate" },
    { "keys that are null", MERGE, CONF, REJECT, "{\"ConfigFields\":{",
      "\"%n\":null", ",", 30000, "}}", "ok" },
    { "entries", XML, CONF, REJECT, "<r><ConfigFields>",
      "<e><Key>%d</Key><Value>x&amp;</Value></e>", "", 20000,
      "</ConfigFields></r>", "ok" },
    { "an entry of many parts", XML, CONF, REJECT, "<r><ConfigFields><e>"
      "<Value/>", "<Key>a</Key>", "", 50000, "</e></ConfigFields></r>",
      "body_invalid /ConfigFields/0/Key duplicate" },
    { "entries without parts", XML, CONF, REJECT, "<r><ConfigFields>",
      "<e/>", "", 200000, "</ConfigFields></r>",
      "body_invalid /ConfigFields/0/Key required" },
    { "mappings", XML, MAP, REJECT, "<r><Mapping><FieldMappings>",
      "<x><Access>0</Access><ErpFieldId>1</ErpFieldId></x>", "", 20000,
      "</FieldMappings></Mapping></r>", "ok" },
    { "mappings in order", FORM, MAP, REJECT, "Mapping.IsActive=1&",
      "Mapping.FieldMappings[%d].ErpFieldId=1", "&", 10000, "", "ok" },
    { "mappings from the end", FORM, MAP, REJECT, "",
      "Mapping[FieldMappings][%D][CrmFieldKey]=a", "&", 10000, "", "ok" },
    { "members in members", FORM, MAP, STRIP, "",
      "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y=1", "&", 20000, "",
      "ok" },
    { "segments", FORM, MAP, STRIP, "a", ".a", "", 100000, "=1", "ok" },
    { "segments, passed", FORM, MAP, PASS, "a", ".a", "", 100000, "=1",
      "body_malformed  syntax" },
    { "many segments", FORM, MAP, STRIP, "", "a%d.b.c.d.e.f.g.h=1", "&",
      30000, "", "ok" },
    { "many segments, passed", FORM, MAP, PASS, "", "a%d.b.c.d.e.f.g.h=1",
      "&", 30000, "", "body_malformed  syntax" },
    { "names", FORM, MAP, STRIP, "", "%n=", "&", 200000, "",
      "body_malformed  syntax" },
    { "one name", FORM, MAP, REJECT, "", "a=1", "&", 60000, "",
      "body_invalid /a unknown" },
    { "two names", FORM, MAP, PASS, "", "a.b=&c.d=", "&", 60000, "",
      "body_invalid /a/b duplicate" },
    { "one long name", FORM, MAP, REJECT, "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaa=1", "&", 20000, "", "body_invalid /aaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaa unknown" },
    { "ids", FORM, SAVE, REJECT, "",
      "Connection.UserGroupAccessIds[]=1", "&", 20000, "", "ok" },
    { "entries from the end", FORM, CONF, REJECT, "",
      "ConfigFields[%D].Value=1&ConfigFields[%D].Key=%d", "&", 5000, "",
      "ok" },
    { "indexes beyond", FORM, MAP, REJECT, "",
      "Mapping.FieldMappings[1%d].Access=1", "&", 10000, "",
      "body_invalid /Mapping/FieldMappings/0 required" },

    { "nested nulls", MERGE, ANY, REJECT, "[", "{\"a\":{\"b\":{\"c\":null}"
      ",\"d\":null}}", ",", 20000, "]", "ok" },
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
      "", 200000, "", "body_invalid /FieldKeys/0 type" },
    { "many form names, rejected", FORM, TRY, REJECT, FORM_HEAD, "&%n", "",
      200000, "", "body_invalid /0 unknown" },
    { "many form names, stripped", FORM, TRY, STRIP, FORM_HEAD, "&%n", "",
      200000, "", "body_malformed  syntax" },
    { "many form names, passed", FORM, TRY, PASS, FORM_HEAD, "&%n", "",
      200000, "", "body_malformed  syntax" },
    { "indexed form names", FORM, TRY, STRIP, FORM_HEAD, "&%n[0]", "",
      200000, "", "ok" },
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
    { "encoded names", FORM, TRY, REJECT, FORM_HEAD, "&%%45rp%%4bey=k", "",
      50000, "", "body_invalid /ErpKey duplicate" },
    { "encoded list names", FORM, TRY, REJECT, FORM_HEAD,
      "&%%46ieldValues%%5b%d%%5d.CrmFieldKey=k", "", 1000, "", "ok" },
    { "list names in another case", FORM, TRY, REJECT, FORM_HEAD
      "&FieldValues[0].CrmFieldKey=k",
      "&FIELDVALUES[0].x%n=k&fieldvalues[0].y%n=k", "", 10000, "",
      "body_invalid /FieldValues/0/x0 unknown" },
    { "members of one element", FORM, TRY, STRIP, FORM_HEAD,
      "&FieldValues[0].%n=1", "", 30000, "",
      "body_invalid /FieldValues/0/CrmFieldKey required" },
    { "members of another order", FORM, TRY, STRIP, FORM_HEAD,
      "&FieldValues[%D].CrmFieldKey=k" "%|"
      "&FieldValues[0].Value=a" "%|"
      "&FieldValues[%d].DisplayValue=1", "", 1000, "",
      "ok" },
    { "a path of dots", FORM, TRY, STRIP, FORM_HEAD "&Foo", ".a", "", 500000,
      "=1", "ok" },
    { "a path of brackets", FORM, TRY, STRIP, FORM_HEAD "&Foo", "[0]", "",
      300000, "=1", "ok" },
    { "paths", FORM, TRY, STRIP, FORM_HEAD, "&Foo.Bar[%d].Baz=1", "", 50000,
      "", "ok" },
    { "paths, passed", FORM, TRY, PASS, FORM_HEAD, "&Foo.b%d=1", "", 10000,
      "", "ok" },
    { "dropped members", FORM, TRY, REJECT, FORM_HEAD,
      "&FieldValues[0].FieldProperties[%d].Key=1", "", 10000,
      "&FieldValues[0].CrmFieldKey=k", "ok" },
    { "pairs of nothing", FORM, TRY, REJECT, FORM_HEAD, "&", "", 1000000, "",
      "ok" },
    { "names of nothing", FORM, TRY, REJECT, FORM_HEAD, "&=", "", 500000, "",
      "body_invalid / unknown" },
    { "a value of plus signs", FORM, TRY, REJECT, "ErpKey=", "++++", "",
      250000, "", "body_invalid /ErpConnectionId required" },
    { "members twice", FORM, TRY, REJECT, FORM_HEAD, "&ErpKey=k", "", 100000,
      "", "body_invalid /ErpKey duplicate" },
    { "elements with brackets", FORM, "GetErpFieldValues", REJECT, "EntityId=1",
      "&FieldKeys[]=%n", "", 40000, "", "ok" },
    { "elements by name", FORM, "GetErpFieldValues", REJECT, "EntityId=1",
      "&FieldKeys=%n", "", 40000, "", "ok" },
    { "elements of all kinds", FORM, "GetErpFieldValues", REJECT,
      "EntityId=1", "&FieldKeys[%d]=a&FieldKeys=b&fieldkeys[]=c", "", 20000,
      "", "body_invalid /FieldKeys/0 duplicate" },

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
      "body_invalid /1639 count" },
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
      ":\"a/%d\",\"value\":1}", "", 4999, "]", "ok" },
    { "a huge comparison", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":{\"b\":[0]}},{\"op\":\"test\""
      ",\"path\":\"a\",\"value\":{", "\"a%d\":{\"b\":[1,2,3]}", ",", 100000,
      "}}]", "body_invalid /1/value test" },
    { "a comparison of many names", PATCH, ANY, REJECT,
      "[{\"op\":\"test\",\"path\":\"\",\"value\":{", "\"a%d\":1", ",", 100000,
      "}}]", "body_invalid /0/value test" },
    { "a string of escapes in a patch", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":\"", "\\\"", "", MEGABYTE,
      "\"}]", "ok" },
    { "deep in a patch", PATCH, ANY, REJECT, "[{\"value\":", "[", "", 100000,
      "", "body_malformed  syntax" },
    { "long names in the way", PATCH, ANY, REJECT, "[",
      "{\"op\":\"add\",\"path\":\"/%k%d\",\"value\":1}", ",", 1000, "]",
      "body_invalid /423 count" },
    { "long names in the way of others", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"\",\"value\":{", "\"%k%d\":1" "%|"
      "}}," "%|" "{\"op\":\"add\",\"path\":\"/%k\","
      "\"value\":1}", ",",
      500, "]", "ok" },
    { "long names, compared", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"\",\"value\":{", "\"%k%d\":1" "%|"
      "}},{\"op\":\"test\",\"path\":\"\",\"value\":{" "%|" "\"%k%D\":1", ",",
      500, "}}]", "body_invalid /1 count" },
    { "names, compared backwards", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"\",\"value\":{", "\"n%d\":1" "%|"
      "}},{\"op\":\"test\",\"path\":\"\",\"value\":{" "%|" "\"n%D\":1", ",",
      3000, "}}]", "body_invalid /1 count" },
    { "names, compared as they come", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"\",\"value\":{", "\"n%d\":1" "%|"
      "}},{\"op\":\"test\",\"path\":\"\",\"value\":{" "%|" "\"N%d\":1.0", ",",
      3000, "}}]", "ok" },
    { "digits of a number, again and again", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":1.%Z}",
      ",{\"op\":\"test\",\"path\":\"a\",\"value\":1}", "", 9000, "]",
      "body_invalid /42 count" },
    { "an exponent, again and again", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":1e%Z}",
      ",{\"op\":\"test\",\"path\":\"a\",\"value\":1}", "", 9000, "]",
      "body_invalid /42 count" },
    { "long exponents", PATCH, ANY, REJECT, "[",
      "{\"op\":\"add\",\"path\":\"a\",\"value\":1e1%Z},"
      "{\"op\":\"test\",\"path\":\"a\",\"value\":0.1e1%Z}", ",", 5, "]",
      "body_invalid /1/value test" },
    { "a string, again and again", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":[\"%K\",1]}",
      ",{\"op\":\"test\",\"path\":\"a/1\",\"value\":1}", "", 9000, "]",
      "ok" },
    { "taken apart again and again", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":{\"b\":[\"%K\"]}}",
      ",{\"op\":\"copy\",\"from\":\"a\",\"path\":\"c\"}"
      ",{\"op\":\"add\",\"path\":\"c/b/0\",\"value\":1}", "", 4000, "]",
      "body_invalid /30 count" },
    { "many values taken apart again", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":{\"b\":[[",
      "1" "%|"
      "]]}}," "%|" "{\"op\":\"copy\",\"from\":\"a\",\"path\":\"c\"},"
      "{\"op\":\"add\",\"path\":\"c/b/0\",\"value\":1}", ",", 4000, "]",
      "body_invalid /456 count" },
    { "a deep comparison", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":"
      "[[[[[[[[[[{\"a\":[[[[[[[[[[[[[[[[", "1" "%|"
      "]]]]]]]]]]]]]]]]}]]]]]]]]]]},{\"op\":\"test\",\"path\":\"a\","
      "\"value\":[[[[[[[[[[{\"a\":[[[[[[[[[[[[[[[[" "%|" "1", ",", 50000,
      "]]]]]]]]]]]]]]]]}]]]]]]]]]]}]", "ok" },
    { "deep strings, compared", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":"
      "[[[[[[[[[[{\"a\":[[[[[[[[[[[[[[[[\"", "\\\"a" "%|"
      "\"]]]]]]]]]]]]]]]]}]]]]]]]]]]},{\"op\":\"test\",\"path\":\"a\","
      "\"value\":[[[[[[[[[[{\"a\":[[[[[[[[[[[[[[[[\"" "%|" "\\\"a", "", 50000,
      "\"]]]]]]]]]]]]]]]]}]]]]]]]]]]}]", "ok" },
    { "taken apart to the bottom", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":"
      "[[[[[[[[[[[[[[[[[[[[[[[[[\"b\",", "[]", ",", 100000,
      "]]]]]]]]]]]]]]]]]]]]]]]]]},{\"op\":\"add\",\"path\":"
      "\"a/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0\",\"value\":1}]",
      "body_invalid /1 count" },
    { "a subtree to and fro", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":{\"b\":[",
      "[]" "%|"
      "]}},{\"op\":\"add\",\"path\":\"a/b/0\",\"value\":1}," "%|"
      "{\"op\":\"move\",\"from\":\"a/b\",\"path\":\"c\"},"
      "{\"op\":\"move\",\"from\":\"c\",\"path\":\"a/b\"}", ",", 4000, "]",
      "body_invalid /461 count" },
    { "a subtree copied over itself", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":{\"b\":[",
      "[]" "%|"
      "]}},{\"op\":\"add\",\"path\":\"a/b/0\",\"value\":1}," "%|"
      "{\"op\":\"copy\",\"from\":\"a/b\",\"path\":\"c\"}", ",", 100, "]",
      "body_invalid /63 count" },
    { "removing from the end", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":[", "1" "%|"
      "]}," "%|" "{\"op\":\"remove\",\"path\":\"a/%D\"}", ",", 4000,
      "]", "ok" },
    { "one place again and again", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"a\",\"value\":[", "1" "%|"
      "]}," "%|" "{\"op\":\"replace\",\"path\":\"a/2000\","
      "\"value\":{\"a\":1}}", ",", 5000,
      "]", "ok" },
    { "members nobody knows", PATCH, ANY, REJECT, "[",
      "{\"op\":\"test\",\"path\":\"\",\"value\":{},\"%k\":[1,2,3]}",
      ",", 1000, "]", "ok" },
    { "a pointer of tildes", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"/", "~0~1", "", 100000,
      "\",\"value\":1}]", "ok" },
    { "names of tildes in the way", PATCH, ANY, REJECT, "[",
      "{\"op\":\"add\",\"path\":\"/~0~1~0~1~0~1~0~1~0~1~0~1~0~1~0~1~0~1"
      "~0~1~0~1~0~1~0~1~0~1~0~1~0~1~0~1~0~1~0~1~0~1~0~1~0~1~0~1~0~1%d\","
      "\"value\":1}", ",", 6000, "]", "body_invalid /1457 count" },
    { "short names in the way", PATCH, ANY, REJECT, "[",
      "{\"op\":\"add\",\"path\":\"%d\",\"value\":1}", ",", 10000, "]",
      "body_invalid /1652 count" },
    { "many names in a patch", PATCH, ANY, REJECT,
      "[{\"op\":\"add\",\"path\":\"\",\"value\":{", "\"%n\":0", ",", 100000,
      "}}]", "body_malformed  syntax" },
};


/* Writes one part of a body at "p"; returns its end. */

static inline char *
attack_part(char *p, const char *s, size_t i, size_t n)
{
    size_t  j;

    for ( /* void */ ; *s; s++) {

        if (s[0] != '%') {
            *p++ = *s;
            continue;
        }

        switch (*++s) {

        case '|':
            return p;

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

        case 'k':
        case 'K':
        case 'Z':
            j = (*s == 'k') ? 1000 : (*s == 'K') ? 150000 : 100000;
            memset(p, (*s == 'Z') ? '0' : 'a', j);
            p += j;
            break;

        case 'E':

            for (j = 0; j < 75000; j++) {
                *p++ = '\\';
                *p++ = '"';
            }

            break;

        default:
            *p++ = '%';
            s -= (*s != '%');
        }
    }

    return p;
}


/* Writes a body of "n" units to "buffer"; returns its length. */

static inline size_t
attack_body(const attack_t *a, size_t n, char *buffer, size_t size)
{
    char        *p;
    size_t       i;
    const char  *unit, *bar;

    p = attack_part(buffer, a->head, 0, n);

    for (unit = a->unit; /* void */ ; unit = bar + 2) {

        for (i = 0; i < n; i++) {

            if ((size_t) (p - buffer) > size - 400000) {
                abort();
            }

            if (i) {
                p = attack_part(p, a->between, i, n);
            }

            p = attack_part(p, unit, i, n);
        }

        bar = strstr(unit, "%|");

        if (bar == NULL) {
            break;
        }

        p = attack_part(p, bar + 2, 0, n);
        bar = strstr(bar + 2, "%|");
    }

    p = attack_part(p, a->tail, 0, n);

    return (size_t) (p - buffer);
}


#endif /* ATTACKS_H */
