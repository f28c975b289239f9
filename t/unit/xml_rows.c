
/*
 * The inner loop of the fast tokenizer of XML gives the same as events do, and
 * takes what programs write.
 */


#define _POSIX_C_SOURCE  200809L

#include "xml.h"


#define LETTERS  "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"

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
    { false, "<DisplayName>n</DisplayName>" },
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
    { false, FIELD("v") "<TableRight></TableRight><TableRight></TableRight>" },
    { false, "<TableRight/><TableRight/>" FIELD("v") "<TableRight/>" },
    { false, FIELD("v") "<SyncToErp>true</SyncToErp>" },
    { false, FIELD("v") "<!-- c -->" }, { false, FIELD("v") "x" },
    { true, "<CrmFieldKey>k</CrmFieldKey><DisplayName>n</DisplayName>" },
    { true, "<Value>" X64 "</Value>\n<CrmFieldKey>k</CrmFieldKey>\n" },
    { true, "<Value>&amp;\"</Value><SyncToErp>true</SyncToErp>"
            "<CrmFieldKey>k</CrmFieldKey><DisplayName></DisplayName>" },
    { false, "<Value>v</Value><DisplayName>n</DisplayName>" },
    { false, "<Value>v</Value><CrmFieldKey> k</CrmFieldKey>" },
    { false, "<Value>v</Value><CrmFieldKey>k</CrmFieldKey>x" },
    { false, "<Value>v</Value>x<CrmFieldKey>k</CrmFieldKey>" },
    { false, "<Value>v</Value><CrmFieldKey>k</CrmFieldKey><Value>v</Value>" },
    { false, "<Value>v</Value><CrmFieldKey>k</CrmFieldKey><CrmFieldKey>k"
             "</CrmFieldKey>" },
    { false, "<Value>v</Value><CrmFieldKey>k</CrmFieldKey><Unknown>u"
             "</Unknown>" },
    { false, "<Value>v</Value><CrmFieldKey>k</CrmFieldKey><TableRight>"
             "</TableRight>" },
    { false, "<Value>v</Value><CrmFieldKey>k</CrmFieldKey><value>w</value>" },
    { false, "<CrmFieldKey >k</CrmFieldKey>" },
    { false, "<CrmFieldKey/k</CrmFieldKey>" },
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
    { false, "<CrmFieldKey>k</CrmFieldKey><SyncToErp>true//SyncToErp>" },
    { false, "<CrmFieldKey>k</CrmFieldKey><SyncToErp>false//SyncToErp>" },
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


/* The tags of the second element, and how many of three are taken. */

static const struct {
    size_t       taken;
    const char  *start;
    const char  *end;
} tags[] = {
    { 3, "<Item>", "</Item>" }, { 1, "<Item>", "</Item >" },
    { 1, "<Item>", "</Item/" }, { 1, "<Item>", "</Items>" },
    { 1, "<Item>", "</Ite>" }, { 1, "<Item>", "</item>" },
    { 1, "<Item>", "<Item>" }, { 1, "<Item>", "" },
    { 2, "<Item >", "</Item>" }, { 2, "<Item/", "</Item>" },
    { 2, "<Item/>", "</Item>" }, { 3, "<Items>", "</Items>" },
    { 2, "<Ite>", "</Item>" }, { 2, "<item>", "</Item>" },
    { 2, "<Item a='b'>", "</Item>" }, { 2, "", "</Item>" },
    { 2, "<!-- c --><Item>", "</Item>" }, { 2, "x<Item>", "</Item>" }
};


static void
test_tags(void **state)
{
    int                   len, n;
    char                  data[4096];
    size_t                i;
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf;

    (void) state;

    conf = connect_conf();

    for (i = 0; i < erpsync_nelts(tags); i++) {
        len = snprintf(data, sizeof(data), "<r" NS ">" HEAD "<FieldValues>"
                       "<Item>" FIELD("1") "</Item>%s" FIELD("2") "%s"
                       "<Item>" FIELD("3") "</Item></FieldValues>%128s</r>",
                       tags[i].start, tags[i].end, "");

        (void) compare(data, (size_t) len, &conf, &body);

        if (unit_rows > (ROWS ? tags[i].taken : 0)) {
            fail_msg("%s: %zu", data, unit_rows);
        }
    }

    /* names that are longer than a vector, and those that only begin so */

    for (i = 1; i < sizeof(LETTERS); i++) {
        n = (int) i;
        len = snprintf(data, sizeof(data), "<r>" HEAD "<FieldValues>"
                       "<%.*s>" FIELD("1") "</%.*s><%.*s>" FIELD("2") "</%.*s>"
                       "<%.*sx>" FIELD("3") "</%.*sx></FieldValues></r>",
                       n, LETTERS, n, LETTERS, n, LETTERS, n, LETTERS, n,
                       LETTERS, n, LETTERS);

        (void) compare(data, (size_t) len, &conf, &body);
        assert_true(!ROWS || unit_rows >= 2);
    }
}


/* Returns whether a gap is white space or a comment. */

static bool
clean(const char *gap)
{
    return gap[strspn(gap, " \r\n\t")] == '\0' || gap[0] == '<';
}


/* White space in front of members: as in front of the last one, or not. */

static void
test_gaps(void **state)
{
    int                   len;
    char                  data[4096];
    size_t                i, j, k, n;
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf;

    static const char *const  gaps[] = {
        "", "\n", "\n  ", "\r\n\t\t", "\n\n", " ",
        "\n                               ",
        "\n                                ",
        "\n                                    ",
        "x", "\n x", "\n\v", "&amp;", "<!-- c -->"
    };

    (void) state;

    conf = connect_conf();
    n = erpsync_nelts(gaps);

    for (i = 0; i < n * n * n; i++) {
        j = i / n;
        k = j / n;

        len = snprintf(data, sizeof(data), "<r>" HEAD "<FieldValues>"
                       "<i>%s<CrmFieldKey>k</CrmFieldKey>%s<Value>v</Value>"
                       "%s<SyncToCrm>true</SyncToCrm>%s</i>"
                       "%s<i>%s<CrmFieldKey>k</CrmFieldKey>%s<SyncToCrm>true"
                       "</SyncToCrm></i></FieldValues>%128s</r>",
                       gaps[i % n], gaps[j % n], gaps[k], gaps[i % n],
                       gaps[j % n], gaps[k], gaps[j % n], "");

        (void) compare(data, (size_t) len, &conf, &body);
        assert_int_equal(body.reason == ERPSYNC_REASON_OK,
                         clean(gaps[i % n]) && clean(gaps[j % n])
                         && clean(gaps[k]));

        if (body.reason == ERPSYNC_REASON_OK && !strpbrk(data, "!")) {
            assert_int_equal(unit_rows, ROWS ? 2 : 0);
        }
    }
}


/* Members in each order, the next element in the same one or another. */

static void
test_orders(void **state)
{
    char                  data[4096], *p;
    size_t                i, j, k, m, n, left[6];
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf;

    static const char *const  members[] = {
        "<DisplayName>a &amp; b</DisplayName>", "<CrmFieldKey>k</CrmFieldKey>",
        "<Value>" X64 "</Value>", "\n<DisplayValue>\"</DisplayValue>",
        "<SyncToCrm>true</SyncToCrm>", "<SyncToErp>false</SyncToErp>\n"
    };

    (void) state;

    conf = connect_conf();

    for (i = 0; i < 720; i++) {
        p = data + sprintf(data, "<r>" HEAD "<FieldValues>");

        for (j = 0; j < 3; j++) {
            k = (j == 2) ? (i * 7 + 1) % 720 : i;

            for (m = 0; m < 6; m++) {
                left[m] = m;
            }

            p = stpcpy(p, "<i>");

            for (m = 6; m; m--) {
                n = k % m;
                k /= m;
                p = stpcpy(p, members[left[n]]);
                memmove(&left[n], &left[n + 1], (m - n - 1) * sizeof(size_t));
            }

            p = stpcpy(p, "</i>");
        }

        p += sprintf(p, "</FieldValues>%128s</r>", "");

        (void) compare(data, (size_t) (p - data), &conf, &body);
        assert_int_equal(body.reason, ERPSYNC_REASON_OK);
        assert_int_equal(unit_rows, ROWS ? 3 : 0);
    }
}


/* Elements without a member that must be there, and with other arrays. */

static void
test_mappings(void **state)
{
    int                   len;
    char                  data[4096];
    size_t                i;
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf;

    static const struct {
        size_t       taken;
        const char  *text;
    } elements[] = {
        { 1, "<i><CrmFieldKey>k</CrmFieldKey></i>" },
        { 4, "<i><CrmFieldKey>k</CrmFieldKey></i><i><ErpFieldKey>k"
             "</ErpFieldKey></i><i><SyncToCrm>true</SyncToCrm></i>"
             "<i><ErpFieldKey></ErpFieldKey></i>" },
        { 0, "<i></i>" }, { 0, "<i> </i>" }, { 0, "<i>x</i>" },
        { 0, "<i><ErpFieldId>1</ErpFieldId></i>" },
        { 0, "<i><CrmFieldKey>k</CrmFieldKey><Access>Normal</Access></i>" },
        { 1, "<i><CrmFieldKey>k</CrmFieldKey></i><i></i>" },
        { 2, "<i><ErpFieldKey>k</ErpFieldKey><CrmFieldKey>k</CrmFieldKey></i>"
             "<i><CrmFieldKey>k</CrmFieldKey></i>" },
        { 1, "<i><ErpFieldKey>k</ErpFieldKey><CrmFieldKey>k</CrmFieldKey></i>"
             "<i></i>" }
    };

    (void) state;

    conf = connect_conf();
    conf.max_field_values = 2;       /* not of these arrays */
    conf.operation = erpsync_operation_find(
                                    erpsync_span("SaveActorTypeMapping", 20));
    assert_non_null(conf.operation);

    for (i = 0; i < erpsync_nelts(elements); i++) {
        len = snprintf(data, sizeof(data), "<r><Mapping><FieldMappings>%s"
                       "</FieldMappings></Mapping>%128s</r>",
                       elements[i].text, "");

        (void) compare(data, (size_t) len, &conf, &body);

        if (unit_rows != (ROWS ? elements[i].taken : 0)) {
            fail_msg("%s: %zu", data, unit_rows);
        }
    }
}


/* What is escaped is longer, and may need more room than there is. */

static void
test_room(void **state)
{
    char                 *data, *p;
    size_t                n;
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf;

    (void) state;

    data = malloc(16384);
    assert_non_null(data);

    conf = connect_conf();

    for (n = 0; n < 3000; n += (n < 700) ? 1 : 29) {
        p = data + sprintf(data, "<r>" HEAD "<FieldValues><i>"
                                 "<CrmFieldKey>k</CrmFieldKey><Value>");
        memset(p, '"', n);
        p += n;
        p += sprintf(p, "</Value></i><i>" FIELD("v") "</i></FieldValues></r>");

        (void) compare(data, (size_t) (p - data), &conf, &body);
        assert_int_equal(body.reason, ERPSYNC_REASON_OK);
        assert_true(!ROWS || n > 150 || unit_rows);

        /* to put members in order takes as much again */

        p = data + sprintf(data, "<r>" HEAD "<FieldValues><i><Value>");
        memset(p, 'a', n);
        p += n;
        p += sprintf(p, "</Value><CrmFieldKey>k</CrmFieldKey><DisplayValue>d"
                     "</DisplayValue></i><i>" FIELD("v")
                     "</i></FieldValues></r>");

        (void) compare(data, (size_t) (p - data), &conf, &body);
        assert_int_equal(body.reason, ERPSYNC_REASON_OK);
        assert_true(!ROWS || n > 150 || unit_rows);
    }

    free(data);
}


/* Values of each length, with something special anywhere, near the end. */

static void
test_lengths(void **state)
{
    char                  data[4096], *p, *value;
    size_t                i, k, n, m;
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
            for (k = 0; k < 3; k++) {
                p = data + sprintf(data, "<r>" HEAD "<FieldValues><i>"
                                         "<CrmFieldKey>k</CrmFieldKey><Value>");
                value = p;
                memset(p, 'a', n);
                p = stpcpy(p + (n * 7 + i * 5) % (n + 1), special[i]);
                p = (p < value + n) ? value + n : p;
                p = stpcpy(p, "</Value></i>");

                for (m = 0; m < k; m++) {
                    p = stpcpy(p, "<i><CrmFieldKey>k</CrmFieldKey></i>");
                }

                p = stpcpy(p, "</FieldValues></r>");
                (void) compare(data, (size_t) (p - data), &conf, &body);
            }
        }
    }
}


/* A document that ends anywhere, and one that ends with another tag. */

static void
test_cut(void **state)
{
    int                   len, n;
    char                  data[4096];
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf;

    (void) state;

    conf = connect_conf();

    len = snprintf(data, sizeof(data), "<r>" HEAD "<FieldValues>"
                   "<" LETTERS ">" FIELD("1") "</" LETTERS ">"
                   "<" LETTERS ">" FIELD(X64) "</" LETTERS ">"
                   "\n<" LETTERS ">\n" FIELD("3") "\n</" LETTERS ">"
                   "<" LETTERS "><CrmFieldKey>k</CrmFieldKey></" LETTERS ">"
                   "<" LETTERS "><Value>v</Value><CrmFieldKey>k</CrmFieldKey>"
                   "<DisplayName>12345678</DisplayName></" LETTERS ">"
                   "\n</FieldValues></r>");

    for (n = len; n > 0; n--) {
        (void) compare(data, (size_t) n, &conf, &body);
        assert_int_equal(body.reason == ERPSYNC_REASON_OK, n == len);
    }

    for (n = 0; n < (int) sizeof(LETTERS); n++) {
        len = snprintf(data, sizeof(data), "<r>" HEAD "<FieldValues>"
                       "<" LETTERS "><CrmFieldKey>k</CrmFieldKey></%.*s>", n,
                       LETTERS);

        (void) compare(data, (size_t) len, &conf, &body);
        assert_int_equal(body.reason, ERPSYNC_REASON_BODY_MALFORMED);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_mappings),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
