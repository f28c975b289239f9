
/*
 * What is read as a plain document gives what expat gives for it: the same
 * verdict, bytes, facts and violations, for documents that are written,
 * varied and broken at random, most of them at the borders of what is plain.
 */


#define _POSIX_C_SOURCE  200809L

#include "general.h"
#include "random.h"


#define DOCUMENTS  200000
#define SIZE       (256 * 1024)
#define LONG       12000     /* and the element that goes beyond */
#define KEY        0x5eed


/* Once in "n" times; "calm" documents seldom have anything unusual. */

static unsigned  calm;

static bool
seldom(unsigned n)
{
    return any(n * calm) == 0;
}


#define one_of(table)  ((table)[any(erpsync_nelts(table))])

#define X16   "0123456789abcdef"
#define X64   X16 X16 X16 X16
#define X256  X64 X64 X64 X64
#define N63   "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz12345678901"


static const char *const  texts[] = {
    "qui", "Hermann, Rowe and Haag AS", "[I:12345]", "0152", "883", "1", "a",
    "bl\xc3\xa5\xe2\x82\xac\xf0\x9f\x98\x80", "Ring.\nAsk \"R\\3\".",
    "true", "false", "TRUE", "0", X16, X16 "x", X256, "\xc3\xa6" X256 "\x7f",
    "C:\\new", X16 "\\" X16, "a \"b\"", "a &amp; b", "&lt;", " x ",
    "&gt;&quot;&apos;", X16 "&amp;" X16, "a\tb",
    "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80",
    "\xf0\x90\x80\x80", "\xc2\x80", "\xe0\xa0\x80", "&amp;lt;", "&amp;amp;"
};

static const char *const  odd_texts[] = {
    "", " ", "\n", "\xff", "\xed\xa0\x80", "\xed\xbf\xbf", "\xc3", "a\x01",
    "a\x1f\t", "-1", "007", "2147483648", "null", "Unknown", "Conta\xc3\xa7t",
    "a\rb", "\r\n", "a\r\nb", "\r", " \r ", "\xef\xbf\xbe", "\xef\xbf\xbf",
    "\xc0\xaf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
    "\xf5\x80\x80\x80", "\x80", "\xc2", "\xe2\x82", "\xf0\x9f\x98", "]]>",
    "]]", "]", "a]]&gt;", ">", "a>b", "\x0b", "\x0c", "&", "&amp", "&;",
    "&Amp;", "&AMP;", "&nbsp;", "&#65;", "&#x41;", "&#0;", "&apos", "&lt ;",
    "&quote;", "&am;", "& amp;", "&amp;&", "&#13;", "&#xd;\n", "\xef\xbb\xbf",
    "\xf0\x9f\xbf\xbf", "&amp;\r\n", "&lt;]]&gt;", "\x7f", "\xc2\x85"
};

/* What may stand, or not stand, anywhere else. */

static const char *const  pieces[] = {
    "<!-- c -->", "<!---->", "<!-- -- -->", "<?p i?>", "<?xml?>", "<?p",
    "<![CDATA[x<]]>", "<![CDATA[]]>", "<![CDATA[", "<!DOCTYPE r>",
    "<!DOCTYPE r [<!ENTITY a 'b'>]>", "&a;", "]]>", "]]", ">", "\r\n", "\r",
    "\n", "\t", " ", "\xef\xbb\xbf", "\x0b", "\x0c", "x", "&lt;", "&amp;",
    "<a/>", "<a />", "<a  />", "<a\n/>", "<a></a>", "<a></a >", "<a ></a>",
    "<a/ >", "< a/>", "<a></ a>", "<a", "<", "</", "</a>", "<a>", "<a></b>",
    "<a></ab>", "<ab></a>", "<A></a>", "<a:b/>", "<i:b/>", "<a.b/>",
    "<a-b/>", "<a_b/>", "<_a/>", "<-a/>", "<1a/>", "<:a/>", "<a:/>",
    "<\xc3\xa6/>", "<a\xc3\xa6/>", "<a;/>", "<a[/>", "<xml/>", "<a b='c'/>",
    "<a b=\"c\"/>", "<a nil=\"true\"/>", "<a i:nil=\"true\"/>",
    "<ErpKey i:nil=\"true\"/>", "<DisplayName i:nil=\"true\" />",
    "<FieldValues i:nil=\"true\"/>", "<a i:nil=\"false\"/>",
    "<a i:nil=\"1\"/>", "<a i:nil=\"true\">x</a>", "<a i:nil=\"true\"></a>",
    "<a i:nil=\"true\"  />", "<a i:nil='true'/>", "<a i:nil=\"true\"b=\"\"/>",
    "<a i:nil=\"true\" i:nil=\"true\"/>", "<a xsi:nil=\"true\"/>",
    "<a j:nil=\"true\"/>", "<a I:nil=\"true\"/>", "<a :nil=\"true\"/>",
    "<a xml:nil=\"true\"/>", "<a xmlns:nil=\"true\"/>", "<a i:nil=\"true/>",
    "<a xmlns=\"u\"/>", "<a xmlns:i=\"u\"/>", "<a/i:nil=\"true\"/>",
    "<" N63 "x/>", "<" N63 "xy/>", "<" N63 "></" N63 ">",
    "<" N63 "></" N63 "x>"
};

static const char *const  declarations[] = {
    "<?xml version=\"1.0\"?>", "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
    "<?xml version='1.0' encoding='Utf-8'?>\r\n", "",
    "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>",
    "<?xml version=\"1.0\" standalone=\"no\" ?>", "\n",
    "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n\n"
};

static const char *const  odd_declarations[] = {
    " <?xml version=\"1.0\"?>", "<?xml version=\"1.1\"?>", "<?xml?>",
    "<?xml version=\"1.0\" encoding=\"utf8\"?>",
    "<?xml version=\"1.0\" encoding=\"utf-16\"?>",
    "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>",
    "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"YES\"?>",
    "<?xml version=\"1.0\" standalone=\"maybe\"?>",
    "<?xml version=\"1.0\" standalone=\"yes\" encoding=\"utf-8\"?>",
    "<?xml encoding=\"utf-8\"?>", "<?xml version=\"1.0' ?>",
    "<?xml version=\"1.0\" encoding=\"utf-8'?>",
    "<?xml version=\"1.0\"encoding=\"utf-8\"?>", "<?XML version=\"1.0\"?>",
    "<?xml version=\"1.0\" encoding=\"utf-8\"  ?>", "<?xml version=\"1.0\">",
    "<?xml version = \"1.0\"?>", "<?xml  version=\"1.0\"?>",
    "<?xml version=\"1.0\"?\?>", "<?xml version=\"1.0\" encoding=\"\"?>",
    "<?xml version=\"1.0\"?><?xml version=\"1.0\"?>",
    "<?xml version=\"1.0\" encoding=\"utf-8", "\xef\xbb\xbf", "\x0b",
    "\xef\xbb\xbf<?xml version=\"1.0\"?>", "<!-- c -->", "<!DOCTYPE r>", "x",
    "<?xml version=\"1.0\" x=\"y\"?>", "<?xml-a version=\"1.0\"?>"
};

static const char *const  spaces[] = {
    " xmlns=\"http://schemas.datacontract.org/2004/07/a_b#c\"",
    " xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"",
    " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"", " xmlns:a=\"u-1\"",
    " xmlns:b=\"u:1\"", " xmlns:c=\"u:1\"", " xmlns:A=\"u\"",
    " xmlns:ii=\"9\"", " xmlns:xs=\"u\""
};

static const char *const  odd_spaces[] = {
    " xmlns:xml=\"http://www.w3.org/XML/1998/namespace\"",
    " xmlns:xml=\"u\"", " xmlns:xmlns=\"u\"", " xmlns:xmlx=\"u\"",
    " xmlns:a=\"http://www.w3.org/XML/1998/namespace\"",
    " xmlns=\"http://www.w3.org/XML/1998/namespace\"",
    " xmlns:a=\"http://www.w3.org/2000/xmlns/\"",
    " xmlns=\"http://www.w3.org/2000/xmlns/\"", " xmlns=\"\"",
    " xmlns:a=\"\"", " xmlns:=\"u\"", " xmlns:i=\"u\" xmlns:i=\"u\"",
    " xmlns:i=\"u\" xmlns:i=\"v\"", " xmlns=\"u\" xmlns=\"u\"",
    " xmlns:j='u'", " xmlns:j=\"u v\"", " xmlns:j=\"u&amp;\"",
    " xmlns:j=\"u<\"", " xmlns:j=\"u>\"", " xmlns:j=\"u", " xmlns:j=u",
    " xmlns:j = \"u\"", "xmlns:j=\"u\"", "  xmlns:j=\"u\"", "\txmlns:j=\"u\"",
    "\r\nxmlns:j=\"u\"", " ", " nil=\"true\"", " i:nil=\"true\"",
    " xmlns:nil=\"true\"", " a=\"b\"", " xmlnsa=\"u\"", " xmlns:a:b=\"u\"",
    " xmlns:1=\"u\"", " xmlns:a1=\"u\"", " xmlns:\xc3\xa6=\"u\"",
    " xmlns:j=\"\xc3\xa6\"", " xmlns:j=\"\xff\"", " xmlns:j=\"u\x01\"",
    " xmlns:j=\"" X256 "\"", " xmlns:j=\"" X256 X16 "\"", " /",
    " xmlns:xmln=\"u\"", " XMLNS:j=\"u\"", " xmlns:j=\"u\"xmlns:k=\"u\""
};

static const char *const  ends[] = {
    "", "", "", "\n", "\r\n", " \t\r\n", "\n\n"
};

static const char *const  odd_ends[] = {
    "x", "<!-- c -->", "<?p i?>", "<a/>", "&lt;", ">", "\x0b", "\x0c", "</r>",
    "<", "\xef\xbb\xbf", "<![CDATA[]]>", "\n>", "<r></r>", "\x01", "\xa0"
};

/* The operations, their scalars and their lists. */

typedef struct {
    const char  *name;
    const char  *list;
    const char  *heads[6][2];
} operation_t;

static const operation_t  operations[] = {
    { "TryConnectActor", "FieldValues",
      { { "ErpConnectionId", "883" }, { "CrmRecordId", "34" },
        { "CrmActorType", "Contact" }, { "ErpKey", "CUST-1" },
        { "ErpActorType", "Customer" } } },
    { "GetErpFieldValues", "FieldKeys",
      { { "ErpConnectionId", "883" }, { "CrmActorType", "Contact" },
        { "EntityId", "7" } } },
    { "SaveErpConnectionSyncPriorities", "ErpConnectionIds", { { NULL } } },
    { "CreateActorLink", "FieldValues", { { "ErpConnectionId", "883" } } }
};

static const char *const  members[] = {
    "DisplayName", "CrmFieldKey", "Value", "DisplayValue", "SyncToCrm",
    "SyncToErp", "TableRight", "FieldProperties"
};

static const char *const  names[] = {
    "ErpConnectionId", "FieldValues", "ErpKey", "FieldKeys", "Value", "x",
    "CrmFieldKey", "SyncToCrmx", "Valu", "a.b", "a:b", "i:Value", "a-b", "_a",
    "x1", "y2z", "r", N63, N63 "x", N63 "xy", "EntityId", "ErpConnectionIds"
};

static const char *const  breaks[] = { "", "\n", "\r\n", "\n  ", "\r\n\t\t" };


static unsigned  style;      /* of white space between tags */


static char *
blank(char *p)
{
    if (seldom(60)) {
        p = stpcpy(p, one_of(pieces));
    }

    return stpcpy(p, breaks[seldom(20) ? any(erpsync_nelts(breaks)) : style]);
}


static const char *
text(void)
{
    return seldom(8) ? one_of(odd_texts) : one_of(texts);
}


static const char *
name(char *copy, const char *s)
{
    size_t  len;

    (void) strcpy(copy, seldom(40) ? one_of(names) : s);
    len = strlen(copy);

    if (seldom(20)) {
        copy[any((unsigned) len)] ^= 0x20;
    }

    if (seldom(60)) {
        copy[any((unsigned) len)] = "-_.: 1x;"[any(8)];
    }

    return copy;
}


static char *
leaf(char *p, const char *s, const char *value)
{
    char         copy[128];
    const char  *inner;

    s = name(copy, s);

    if (seldom(30)) {
        return p + sprintf(p, any(2) ? "<%s/>" : "<%s />", s);
    }

    if (seldom(30)) {
        return p + sprintf(p, any(2) ? "<%s i:nil=\"true\"/>"
                                     : "<%s i:nil=\"true\" />", s);
    }

    if (seldom(60)) {
        value = text();
        inner = one_of(members);
        return p + sprintf(p, "<%s>%s<%s>%s</%s></%s>", s, any(2) ? "" : value,
                           inner, value, inner, s);
    }

    return p + sprintf(p, seldom(80) ? "<%s>%s</%s >" : "<%s>%s</%s>", s,
                       value, s);
}


/* An element of a list: members in order, from the first or from another. */

static char *
element(char *p, bool scalar)
{
    char         copy[128];
    unsigned     i, n, from;
    const char  *s;

    if (scalar) {
        return leaf(p, "x", seldom(10) ? text() : any(2) ? "12" : "abc");
    }

    s = name(copy, "ErpSyncFieldValue");
    p = blank(p + sprintf(p, "<%s>", s));
    from = any(3) ? 0 : any(8);
    n = 1 + any(7);

    for (i = from; i < from + n; i++) {
        p = leaf(p, members[i % 8], (i % 8 == 4 || i % 8 == 5)
                                    ? seldom(10) ? text() : "true" : text());
        p = blank(p);
    }

    return p + sprintf(p, "</%s>", s);
}


/* Levels just within the limit, at it, and beyond. */

static char *
deep(char *p)
{
    unsigned  i, n;

    n = 26 + any(10);

    for (i = 0; i < n; i++) {
        p = stpcpy(p, "<a>");
    }

    p = stpcpy(p, any(2) ? "" : any(2) ? "<b/>" : text());

    for (i = 0; i < n; i++) {
        p = stpcpy(p, "</a>");
    }

    return p;
}


static size_t
document(char *start, const operation_t *operation)
{
    bool         scalar;
    char        *p, copy[128], list_copy[128];
    unsigned     i, n, lists;
    const char  *list, *root;

    calm = any(3) ? 200 : any(3) ? 20 : 1;
    style = any(erpsync_nelts(breaks));
    root = name(copy, "Request");

    p = stpcpy(start, seldom(10) ? one_of(odd_declarations)
                                 : one_of(declarations));
    p += sprintf(p, "<%s", root);
    n = any(2) ? 2 : any(erpsync_nelts(spaces) + 1);

    for (i = 0; i < n; i++) {
        p = stpcpy(p, spaces[i]);
    }

    if (seldom(10)) {
        p = stpcpy(p, one_of(odd_spaces));
    }

    p = blank(stpcpy(p, ">"));

    for (i = 0; operation->heads[i][0]; i++) {
        if (!seldom(20)) {
            p = leaf(p, operation->heads[i][0],
                     seldom(20) ? text() : operation->heads[i][1]);
            p = blank(p);
        }
    }

    for (lists = 1; lists < 4 && (lists == 1 || seldom(4)); lists++) {
        list = seldom(20) ? operations[any(3)].list : operation->list;
        scalar = (list[5] != 'V') != seldom(10);
        list = name(list_copy, list);
        n = any(8);
        p += sprintf(p, "<%s>%s", list, seldom(40) ? text() : "");

        for (i = 0; i < n && p - start < LONG; i++) {
            p = element(blank(p), scalar);
        }

        p = blank(p);
        p = blank(p + sprintf(p, "</%s>", list));

        if (seldom(10)) {
            p = leaf(p, operations[0].heads[any(5)][0], text());
        }
    }

    if (any(500) == 0) {
        p = deep(p);
    }

    p += sprintf(p, seldom(60) ? "</%sx>" : "</%s>", root);

    p = stpcpy(p, seldom(10) ? one_of(odd_ends) : one_of(ends));

    return (size_t) (p - start);
}


static size_t
mutate(char *p, size_t len)
{
    char         piece[80];
    size_t       at, to, n;
    const char  *s;

    static const char  marks[] = "<>/&;: \r\n\t\"'=!?-[]0a\0\xef\xbf";

    at = any((unsigned) len);

    switch (any(7)) {

    case 0:
        p[at] = (char) any(256);
        return len;

    case 1:
        p[at] = marks[any(sizeof(marks) - 1)];
        return len;

    case 2:
        memmove(p + at, p + at + 1, len - at - 1);
        return len - 1;

    case 3:
        return any(4) ? len : at;

    case 4:

        /* at the end of a tag, in front of one, or anywhere */

        n = any(3);

        while (n && at < len - 1 && p[at] != (n == 1 ? '<' : '>')) {
            at++;
        }

        at += (n == 2);
        s = any(2) ? one_of(odd_texts) : one_of(pieces);
        n = strlen(s);
        memmove(p + at + n, p + at, len - at);
        memcpy(p + at, s, n);
        return len + n;

    default:
        n = 1 + any(80);
        n = (n < len - at) ? n : len - at;
        to = any((unsigned) len);
        memcpy(piece, p + at, n);
        memmove(p + to + n, p + to, len - to);
        memcpy(p + to, piece, n);
        return len + n;
    }
}


/* Returns whether the document was read without expat. */

static bool
compare(const char *data, size_t len, erpsync_sink_conf_t *conf,
    erpsync_body_t *body)
{
    bool             plain;
    unit_input_t     input;
    erpsync_body_t   general;
    erpsync_arena_t  arena;

    erpsync_arena_init(&arena);
    input = unit_input(data, len);

    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_XML, conf, input.str,
                                  body), ERPSYNC_OK);
    unit_general = true;
    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_XML, conf, input.str,
                                  &general), ERPSYNC_OK);
    unit_general = false;

    unit_same_body(body, &general);

    plain = (erpsync_xml_plain(input.str, conf->key) != NULL);

    /* what is plain is well-formed */

    assert_false(plain && general.reason == ERPSYNC_REASON_BODY_MALFORMED);

    free(input.data);
    erpsync_arena_destroy(&arena);

    return plain;
}


static void
test_random(void **state)
{
    char                 *data;
    size_t                i, n, len, taken[2][2];
    erpsync_body_t        body;
    const operation_t    *operation;
    erpsync_sink_conf_t   conf;

    (void) state;

    unit_random_start();

    data = malloc(SIZE);
    assert_non_null(data);

    memset(&conf, 0, sizeof(conf));
    memset(taken, 0, sizeof(taken));
    conf.key = KEY;

    for (i = 0; i < DOCUMENTS; i++) {
        operation = any(2) ? &operations[0] : &one_of(operations);
        conf.operation = erpsync_operation_find(
                         erpsync_span(operation->name,
                                      strlen(operation->name)));
        conf.unknown = (erpsync_unknown_t) any(3);
        conf.max_field_values = any(2) ? 0 : 3;

        len = document(data, operation);

        for (n = any(3) ? 0 : any(4); n && len > 1; n--) {
            len = mutate(data, len);
        }

        n = compare(data, len, &conf, &body);
        taken[n][body.reason == ERPSYNC_REASON_OK]++;
    }

    printf("plain: %zu ok, %zu not; otherwise: %zu ok, %zu not\n",
           taken[1][1], taken[1][0], taken[0][1], taken[0][0]);

    /* a generator that only made one kind would prove nothing */

    assert_true(taken[1][1] > DOCUMENTS / 20);
    assert_true(taken[1][0] > DOCUMENTS / 20);
    assert_true(taken[0][1] > DOCUMENTS / 40);
    assert_true(taken[0][0] > DOCUMENTS / 20);

    free(data);
}


#define HEAD  "<ErpConnectionId>883</ErpConnectionId>"                        \
              "<CrmRecordId>34</CrmRecordId><CrmActorType>1</CrmActorType>"   \
              "<ErpKey>k</ErpKey><ErpActorType>1</ErpActorType>"
#define NS    " xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\""


/* Each in the place where it belongs, and whether that is plain. */

typedef struct {
    const char  *where;      /* with one %s */
    bool         plain;
    const char  *what;
} border_t;


static const border_t  borders[] = {
    { "%s<r>" HEAD "</r>", true, "<?xml version=\"1.0\"?>" },
    { "%s<r>" HEAD "</r>", true,
      "<?xml version='1.0' encoding='UTF-8' standalone=\"yes\" ?>\r\n" },
    { "%s<r>" HEAD "</r>", false, "<!-- c -->" },
    { "%s<r>" HEAD "</r>", false, "\x0b" },
    { "<r>" HEAD "</r>%s", true, " \r\n\t" },
    { "<r>" HEAD "</r>%s", false, "\x0c" },
    { "<r>" HEAD "</r>%s", false, "\n<r></r>" },
    { "<r>" HEAD "</r>%s", false, "\n>" },
    { "<r%s>" HEAD "</r>", true, "" },
    { "<r%s>" HEAD "</r>", true, " xmlns=\"u\"" NS },
    { "<r%s>" HEAD "</r>", true, " xmlns:xml=\"u\"" },
    { "<r%s>" HEAD "</r>", false, NS NS },
    { "<r%s>" HEAD "</r>", false, " xmlns=\"u\" xmlns=\"u\"" },
    { "<r%s>" HEAD "</r>", true, " xmlns:a=\"\"" },
    { "<r%s>" HEAD "</r>", false, " xmlns:a=\"u v\"" },
    { "<r%s>" HEAD "</r>", false, " a=\"b\"" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", true, " i:nil=\"true\"" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", true, " i:nil=\"true\" " },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", true, " " },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", false, " i:nil=\"false\"" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", true, " I:nil=\"true\"" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", false, " xmlns:nil=\"true\"" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", false, " nil=\"true\"" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", false, " i:nil=\"1\"" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", false,
      " i:nil=\"true\" i:nil=\"true\"" },
    { "<r" NS ">" HEAD "<FieldValues%s></FieldValues></r>", false,
      " i:nil=\"true\"" },
    { "<r>" HEAD "%s<FieldValues/></r>", true, " \r\n\t" },
    { "<r>" HEAD "<FieldValues>%s</FieldValues></r>", true, " \n\t" },
    { "<r>" HEAD "<FieldValues>%s</FieldValues></r>", false, "\r\n" },
    { "<r>" HEAD "<FieldValues>%s</FieldValues></r>", true, "a &lt; b" },
    { "<r>" HEAD "%s<FieldValues/></r>", true, "&amp;" },
    { "<r>" HEAD "%s<FieldValues/></r>", false, "\r&amp;" },
    { "<r>" HEAD "%s<FieldValues/></r>", false, "]]>" },
    { "<r>" HEAD "<%s/></r>", true, N63 "x" },
    { "<r>" HEAD "<%s/></r>", false, N63 "xy" },
    { "<r>" HEAD "<%s/></r>", true, "a1B" },
    { "<r>" HEAD "<%s/></r>", false, "1a" },
    { "<r>" HEAD "<%s/></r>", false, "a:b" },
    { "<r>" HEAD "<%s/></r>", false, "a;b" },
    { "<r>" HEAD "<%s/></r>", false, "a\xc3\xa6" },
    { "<r>" HEAD "<%s/></r>", false, "a></a" },
    { "<r>" HEAD "<a/%s<b></b></r>", true, ">" },
    { "<r>" HEAD "<a/%s<b></b></r>", false, "\n" },
    { "<r>" HEAD "<a/%s<b></b></r>", false, "" },
    { "<r>" HEAD "<%s></r>", false, "a></a " },
    { "<r>" HEAD "<%s></r>", true, "a></a" },
    { "<r>" HEAD "<%s></r>", false, "a></b" },
    { "<r>" HEAD "<%s></r>", false, "a" }
};


static void
test_borders(void **state)
{
    int                   len;
    char                  data[2048], where[1024];
    bool                  plain;
    size_t                i;
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf;

    (void) state;

    memset(&conf, 0, sizeof(conf));
    conf.key = KEY;
    conf.operation = erpsync_operation_find(
                                         erpsync_span("TryConnectActor", 15));

    for (i = 0; i < erpsync_nelts(borders); i++) {
        (void) snprintf(where, sizeof(where), "%s", borders[i].where);
        *strstr(where, "%s") = '\0';
        len = snprintf(data, sizeof(data), "%s%s%s", where, borders[i].what,
                       strstr(borders[i].where, "%s") + 2);

        plain = compare(data, (size_t) len, &conf, &body);

        if (plain != borders[i].plain) {
            fail_msg("%s: plain %d", data, plain);
        }
    }

    /* texts and pieces, each alone in a value: what is odd is seldom plain */

    for (i = 0; i < erpsync_nelts(texts) + erpsync_nelts(odd_texts)
                    + erpsync_nelts(pieces); i++)
    {
        len = snprintf(data, sizeof(data), "<r" NS ">" HEAD "<FieldValues><x>"
                       "<CrmFieldKey>k</CrmFieldKey><Value>%s</Value></x>"
                       "</FieldValues></r>",
                       (i < erpsync_nelts(texts)) ? texts[i]
                       : (i < erpsync_nelts(texts) + erpsync_nelts(odd_texts))
                       ? odd_texts[i - erpsync_nelts(texts)]
                       : pieces[i - erpsync_nelts(texts)
                                - erpsync_nelts(odd_texts)]);

        plain = compare(data, (size_t) len, &conf, &body);
        assert_true(plain || i >= erpsync_nelts(texts));
    }
}


/* Where memory may run out expat is asked, which then says so. */

static void
test_limits(void **state)
{
    char                 *data, *p;
    bool                  plain;
    size_t                i, n;
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf;

    (void) state;

    data = malloc(SIZE);
    assert_non_null(data);

    memset(&conf, 0, sizeof(conf));
    conf.key = KEY;
    conf.unknown = ERPSYNC_UNKNOWN_PASS;
    conf.operation = erpsync_operation_find(
                                         erpsync_span("TryConnectActor", 15));

    for (n = 1; n < 40; n++) {
        p = data + sprintf(data, "<r>" HEAD);

        for (i = 1; i < n; i++) {
            p = stpcpy(p, "<a>");
        }

        for (i = 1; i < n; i++) {
            p = stpcpy(p, "</a>");
        }

        p = stpcpy(p, "</r>");
        plain = compare(data, (size_t) (p - data), &conf, &body);
        assert_int_equal(plain, n <= ERPSYNC_MAX_DEPTH - 2);
    }

    for (n = 50; n < 70; n++) {
        p = data + sprintf(data, "<r>" HEAD);

        for (i = 6; i < n; i++) {
            p += sprintf(p, "<n%zu/><n%zu></n%zu>", i, i, i);
        }

        p = stpcpy(p, "</r>");
        plain = compare(data, (size_t) (p - data), &conf, &body);
        assert_int_equal(plain, n <= 64);
    }

    /* all that the sink may have to copy and to escape */

    for (n = 0; n < 4; n++) {
        p = data + sprintf(data, "<r><FieldValues><x><CrmFieldKey>k"
                                 "</CrmFieldKey><Value>");
        memset(p, '"', 30000);
        p += 30000;
        p += sprintf(p, "</Value><Mine>");
        memset(p, '"', 30000);
        p += 30000;
        p += sprintf(p, "&amp;</Mine></x></FieldValues>" HEAD "<a>");
        i = 64 * 1024 + 2 - (size_t) (p - data) - sizeof("</a></r>") - n;
        memset(p, '\t', i);
        p = stpcpy(p + i, "</a></r>");
        plain = compare(data, (size_t) (p - data), &conf, &body);
        assert_int_equal(plain, n > 0);
        assert_int_equal(body.reason, ERPSYNC_REASON_OK);
    }

    free(data);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_borders),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
