
/*
 * The inner loop of the fast tokenizer of XML gives the same as events do, and
 * takes what programs write.
 */


#define _POSIX_C_SOURCE  200809L

#include "xml.h"


#define FIELD(text)                                                           \
    "<DisplayName>n</DisplayName><CrmFieldKey>k</CrmFieldKey>"                \
    "<Value>" text "</Value><DisplayValue>d</DisplayValue>"                   \
    "<SyncToCrm>true</SyncToCrm><SyncToErp>false</SyncToErp>"


/* What is in an element, and whether erpsync_xml_rows() takes that. */

static const struct {
    bool         taken;
    const char  *text;
} rows[] = {
    { true, FIELD("v") }, { true, FIELD("") }, { true, FIELD(" ") },
    { true, FIELD("a &lt;&gt;&amp;&quot;&apos; b") },
    { true, FIELD("5\" \\ \"") }, { true, FIELD("a\t\nb") },
    { true, FIELD("\" &quot; \" &amp; \\") },
    { true, FIELD("bl\xc3\xa5 \xe2\x82\xac \xf0\x9f\x98\x80 \x7f") },
    { true, FIELD(X16 X16) }, { true, FIELD(X16 X16 "x") },
    { true, FIELD(X64) }, { true, FIELD(X256 "\xc3\xa5") },
    { true, FIELD(X64 "&amp;" X64 "\"" X64) },
    { true, "<CrmFieldKey>k</CrmFieldKey>" },
    { true, "<CrmFieldKey>k</CrmFieldKey><SyncToErp>true</SyncToErp>" },
    { true, "\n  <CrmFieldKey>k</CrmFieldKey>\r\n\t<Value>v</Value>\n" },
    { true, "<CrmFieldKey>&amp;</CrmFieldKey>" },
    { true, "<CrmFieldKey>" X64 X64 X64 X16 X16 X16 "12345678901234"
            "</CrmFieldKey>" },
    { false, "<CrmFieldKey>" X64 X64 X64 X16 X16 X16 "123456789012345"
             "</CrmFieldKey>" },
    { false, "<CrmFieldKey>" X64 X64 X64 X16 X16 X16 "1234567890123&amp;"
             "</CrmFieldKey>" },
    { false, "" }, { false, " " }, { false, "<Value>v</Value>" },
    { false, "<CrmFieldKey></CrmFieldKey>" },
    { false, "<CrmFieldKey> k</CrmFieldKey>" },
    { false, "<CrmFieldKey>\n</CrmFieldKey>" },
    { false, FIELD("a\rb") }, { false, FIELD("a\r\nb") },
    { false, FIELD("]]>") }, { false, FIELD(">") }, { false, FIELD("&#65;") },
    { false, FIELD("&nbsp;") }, { false, FIELD("\x01") },
    { false, FIELD("\xff") }, { false, FIELD("\xef\xbf\xbf") },
    { false, FIELD("<![CDATA[a]]>") }, { false, FIELD("<a></a>") },
    { false, FIELD("v</Value ><x>") }, { false, FIELD("v</value><x>") },
    { false, FIELD("v</Valuer><x>") }, { false, FIELD("v</Valu><x>") },
    { false, FIELD("v<Value><x>") }, { false, FIELD("v</Value><Value>w") },
    { false, FIELD("v</Value>x<x>") },
    { false, FIELD("v</Value><Unknown>w</Unknown><x>") },
    { false, FIELD("v") "<TableRight></TableRight>" },
    { false, FIELD("v") "<SyncToErp>true</SyncToErp>" },
    { false, FIELD("v") "<!-- c -->" }, { false, FIELD("v") "x" },
    { false, "<CrmFieldKey>k</CrmFieldKey><DisplayName>n</DisplayName>" },
    { false, "<CrmFieldKey >k</CrmFieldKey>" },
    { false, "<CrmFieldKeys>k</CrmFieldKeys>" },
    { false, "<CrmFieldKe>k</CrmFieldKe>" },
    { false, "<crmFieldKey>k</crmFieldKey>" },
    { false, "<a:CrmFieldKey>k</a:CrmFieldKey>" },
    { false, "<CrmFieldKey a='b'>k</CrmFieldKey>" },
    { false, "<CrmFieldKey>k</CrmFieldKey><Value/>" },
    { false, "<CrmFieldKey>k</CrmFieldKey><Value i:nil='true'/>" },
    { false, "<CrmFieldKey>k</CrmFieldKey><SyncToErp>True</SyncToErp>" },
    { false, "<CrmFieldKey>k</CrmFieldKey><SyncToErp>1</SyncToErp>" },
    { false, "<CrmFieldKey>k</CrmFieldKey><SyncToErp>truex</SyncToErp>" },
    { false, "<CrmFieldKey>k</CrmFieldKey><SyncToErp>true </SyncToErp>" },
    { false, "<CrmFieldKey>k</CrmFieldKey><SyncToErp></SyncToErp>" }
};


static void
test_rows(void **state)
{
    int                   len;
    char                  data[4096];
    size_t                i, n;
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf;

    (void) state;

    conf = connect_conf();
    conf.unknown = ERPSYNC_UNKNOWN_PASS;

    /* alone, and between two others that are taken */

    for (i = 0; i < erpsync_nelts(rows); i++) {
        len = snprintf(data, sizeof(data), "<r" NS ">" HEAD "<FieldValues>"
                       "<Item>%s</Item></FieldValues>%128s</r>", rows[i].text,
                       "");

        (void) compare(data, (size_t) len, &conf, &body);

        if (unit_rows != (ROWS && rows[i].taken)) {
            fail_msg("%s: %zu", data, unit_rows);
        }

        len = snprintf(data, sizeof(data), "<r" NS ">" HEAD "<FieldValues>\n"
                       "<Item>" FIELD("1") "</Item><Item>%s</Item> "
                       "<Item>" FIELD("3") "</Item> </FieldValues>%128s</r>",
                       rows[i].text, "");

        (void) compare(data, (size_t) len, &conf, &body);

        /* the one behind one that is not taken is not tried */

        if (unit_rows != (ROWS ? (rows[i].taken ? 3 : 1) : 0)) {
            fail_msg("%s: %zu", data, unit_rows);
        }

        /* the limit of their number holds for those that are taken, too */

        for (n = 1; n < 5; n++) {
            conf.max_field_values = n;
            (void) compare(data, (size_t) len, &conf, &body);
            assert_true(unit_rows <= n);
        }

        conf.max_field_values = 0;
    }
}


/* Values of each length, with something special anywhere, near the end. */

static void
test_lengths(void **state)
{
    char                  data[4096], *p, *value;
    size_t                i, k, n, at;
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf;

    static const char *const  special[] = {
        "x", "<", ">", "&amp;", "&lt", "\"", "\\", "\n", "\r", "\x1f",
        "\xc3\xa6", "\xe2\x82\xac", "\xff", "]]>", "</Value>"
    };

    (void) state;

    conf = connect_conf();

    for (n = 0; n < 140; n++) {
        for (i = 0; i < erpsync_nelts(special); i++) {
            at = (n * 7 + i * 5) % (n + 1);
            p = data + sprintf(data, "<r>" HEAD "<FieldValues><i>"
                                     "<CrmFieldKey>k</CrmFieldKey><Value>");
            value = p;
            memset(p, 'a', n);
            p = stpcpy(p + at, special[i]);
            p = (p < value + n) ? value + n : p;
            p = stpcpy(p, "</Value></i>");

            for (k = (n + i) % 9; k; k--) {
                p = stpcpy(p, "<i><CrmFieldKey>k</CrmFieldKey></i>");
            }

            p = stpcpy(p, "</FieldValues></r>");
            (void) compare(data, (size_t) (p - data), &conf, &body);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
