
/*
 * Both tokenizers of XML give the same: verdict, bytes, facts and violations.
 * The documents are written by the schema of every operation, varied and
 * broken at random, most of them at the borders of what the fast one reads.
 */


#define _POSIX_C_SOURCE  200809L

#include "xml.h"


#define DOCUMENTS  200000
#define SIZE       (256 * 1024)
#define LONG       12000     /* and what is open then */


/* Once in "n" times; "calm" documents seldom have anything unusual. */

static unsigned  calm;

static bool
seldom(unsigned n)
{
    return any(n * calm) == 0;
}


#define one_of(table)  ((table)[any(erpsync_nelts(table))])

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
    "<" N63 "></" N63 "x>", "<a b='c' d=\"e\"/>", "<a b='c'd='e'/>",
    "<a b='c' b='d'/>", "<a b='c'\r\n\td='e'\n>x</a>", "<a b = 'c'/>",
    "<a b='<'/>", "<a b='>'/>", "<a b='&lt;'/>", "<a b='&'/>", "<a b=c/>",
    "<a b='\n'/>", "<a b='\"'/>", "<a b=\"'\"/>", "<a b='\xc3\xa6'/>",
    "<a b='\xff'/>", "<a b/>", "<a b='c/>", "<a b='" X256 "'/>",
    "<a b='" X256 "x'/>", "<a " N63 "x=''/>", "<a " N63 "xy=''/>",
    "<a a='' b='' c='' d='' e='' f='' g='' h=''/>",
    "<a a='' b='' c='' d='' e='' f='' g='' h='' i=''/>", "<a 1b='c'/>",
    "<a i:nil=' true '/>", "<a i:nil=\"TRUE\"/>", "<a nil='1'/>",
    "<a nil:nil='1'/>", "<a a:b:nil='1'/>", "<a nil='0' i:nil='1'/>",
    "<a b:c:d='1'/>", "<a b:='1'/>", "<a:b:c/>", "<a::b/>", "<a:b></a:b>",
    "<a:b></b>", "<a:ErpKey/>", "<a:b:ErpKey/>", "<a:1/>", "<a1:b2/>",
    "<a ></a>", "<a\t></a>", "<a\r\n/>", "<Key>k</Key>", "<Value/>",
    "<Key i:nil=\"true\"/>", "<Value i:nil=\"1\"></Value>",
    "<Key><x/></Key>", "<![CDATA[a]]>b", "a<![CDATA[<&]]>", "<!-- c -->a",
    "a<?p i?>b"
};

static const char *const  declarations[] = {
    "<?xml version=\"1.0\"?>", "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
    "<?xml version='1.0' encoding='Utf-8'?>\r\n", "",
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>",
    "<?xml version=\"1.0\" ?>", "\n",
    "<?xml version='1.0' encoding='UTF-8'?>\n\n"
};

static const char *const  odd_declarations[] = {
    " <?xml version=\"1.0\"?>", "<?xml version=\"1.1\"?>", "<?xml?>",
    "<?xml version=\"1.0\" encoding=\"utf8\"?>",
    "<?xml version=\"1.0\" standalone=\"no\" ?>",
    "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n\n",
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

static const char *const  numbers[] = {
    "883", "34", "1", "0", "-7", "2147483647", " 12 ", "12"
};

static const char *const  bools[] = {
    "true", "false", "True", "0", "1", "", "trues"
};

static const char *const  names[] = {
    "ErpConnectionId", "FieldValues", "ErpKey", "FieldKeys", "Value", "x",
    "CrmFieldKey", "SyncToCrmx", "Valu", "a.b", "a:b", "i:Value", "a-b", "_a",
    "x1", "y2z", "r", N63, N63 "x", N63 "xy", "EntityId", "ErpConnectionIds",
    "Key", "a:Key", "Connection", "ConfigFields"
};

static const char *const  prefixes[] = { "", "", "a:", "ns0:", "i:" };

static const char *const  breaks[] = { "", "\n", "\r\n", "\n  ", "\r\n\t\t" };


static unsigned     style;      /* of white space between tags */
static const char  *prefix;     /* of most elements */
static const char  *full;       /* where lists get no more elements */


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
name(char *copy, const char *s, size_t len)
{
    size_t  n;

    if (seldom(40)) {
        (void) strcpy(copy, one_of(names));

    } else {
        (void) sprintf(copy, "%s%.*s", prefix, (int) len, s);
    }

    n = strlen(copy);

    if (seldom(20)) {
        copy[any((unsigned) n)] ^= 0x20;
    }

    if (seldom(60)) {
        copy[any((unsigned) n)] = "-_.: 1x;"[any(8)];
    }

    return copy;
}


/* What an element may have in place of its value, or NULL. */

static char *
unusual(char *p, const char *s)
{
    const char  *value, *inner;

    static const char *const  nils[] = {
        "i:nil=\"true\"", "nil='1'", "a:nil=\"true\" b=\"c\"",
        "xsi:nil=\"1\"", "i:nil=\"false\"", "b=\"i:nil\""
    };

    if (seldom(30)) {
        return p + sprintf(p, any(2) ? "<%s/>" : "<%s />", s);
    }

    if (seldom(30)) {
        value = any(2) ? nils[0] : one_of(nils);
        return p + sprintf(p, any(2) ? "<%s %s/>" : any(2) ? "<%s %s />"
                           : "<%s %s></%s>", s, value, s);
    }

    if (seldom(60)) {
        value = text();
        inner = one_of(names);
        return p + sprintf(p, "<%s>%s<%s>%s</%s></%s>", s, any(2) ? "" : value,
                           inner, value, inner, s);
    }

    return NULL;
}


static const char *
scalar(const erpsync_member_t *member, erpsync_type_t type)
{
    static char             buffer[64];
    const erpsync_str_t    *value;
    const erpsync_enum_t   *values;

    if (seldom(10)) {
        return text();
    }

    switch (type) {

    case ERPSYNC_TYPE_INT32:
    case ERPSYNC_TYPE_INT32S:
        return numbers[any(4) ? any(3) : any(erpsync_nelts(numbers))];

    case ERPSYNC_TYPE_BOOL:
        return bools[any(4) ? any(2) : any(erpsync_nelts(bools))];

    case ERPSYNC_TYPE_ENUM:
        values = member->values;
        value = &values->values[1 + any((unsigned) values->nvalues - 1)];
        (void) sprintf(buffer, "%.*s", (int) value->len, value->data);
        return buffer;

    default:
        return text();
    }
}


static char *members(char *p, const erpsync_object_t *object);


/* An element "s" with a scalar, members or entries. */

static char *
element(char *p, const char *s, size_t len, const erpsync_member_t *member,
    erpsync_type_t type)
{
    char         copy[128], *end;
    const char  *value;

    s = name(copy, s, len);
    end = unusual(p, s);

    if (end) {
        return end;
    }

    p += sprintf(p, "<%s>", s);

    if (type == ERPSYNC_TYPE_OBJECT) {
        p = members(p, member->items);

    } else {
        value = scalar(member, type);
        p += sprintf(p, seldom(100) ? "<![CDATA[%s]]>" : "%s", value);
    }

    return p + sprintf(p, seldom(80) ? "</%s >" : "</%s>", s);
}


/* An array or a dictionary, with any number of elements. */

static char *
list(char *p, const erpsync_member_t *member)
{
    char         copy[128], inner[128];
    unsigned     i, n;
    const char  *s, *e;

    s = name(copy, (const char *) member->name.data, member->name.len);
    e = name(inner, "Item", 4);
    p += sprintf(p, "<%s>%s", s, seldom(40) ? text() : "");

    for (i = 0, n = any(8); i < n && p < full; i++) {
        p = blank(p);

        if (member->type == ERPSYNC_TYPE_OBJECTS) {
            p += sprintf(p, "<%s>", e);
            p = members(p, member->items);
            p += sprintf(p, "</%s>", e);

        } else if (member->type == ERPSYNC_TYPE_DICTIONARY) {
            p = blank(p + sprintf(p, "<%s>", e));
            p = seldom(20) ? p : element(p, "Key", 3, member,
                                         ERPSYNC_TYPE_STRING);
            p = seldom(20) ? p : element(blank(p), "Value", 5, member,
                                         ERPSYNC_TYPE_STRING);
            p = seldom(20) ? stpcpy(p, text()) : p;
            p += sprintf(p, "</%s>", e);

        } else {
            p = element(p, "int", 3, member,
                        (member->type == ERPSYNC_TYPE_INT32S)
                        ? ERPSYNC_TYPE_INT32 : ERPSYNC_TYPE_STRING);
        }
    }

    p = blank(p);

    return p + sprintf(p, "</%s>", s);
}


/* The members of an object: all of them, or some from any one on. */

static char *
members(char *p, const erpsync_object_t *object)
{
    unsigned                 i, n, from;
    const erpsync_member_t  *member;

    n = (unsigned) object->nmembers;
    from = any(4) ? 0 : any(n);
    p = blank(p);

    for (i = from; i < from + n; i++) {
        member = &object->members[i % n];

        if (seldom(20) || (member->type == ERPSYNC_TYPE_READ_ONLY && any(3))) {
            continue;
        }

        if (erpsync_type_is_array(member->type)
            || member->type == ERPSYNC_TYPE_DICTIONARY)
        {
            p = list(p, member);

        } else {
            p = element(p, (const char *) member->name.data, member->name.len,
                        member, member->type);
        }

        p = blank(p);
        i -= (member->type == ERPSYNC_TYPE_READ_ONLY) ? any(3) == 0
                                                      : seldom(80);
    }

    return p;
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
document(char *start, const erpsync_operation_t *operation)
{
    char        *p, copy[128];
    unsigned     i, n;
    const char  *root;

    calm = any(3) ? 200 : any(3) ? 20 : 1;
    style = any(erpsync_nelts(breaks));
    prefix = prefixes[any(3) ? 0 : any(erpsync_nelts(prefixes))];
    root = name(copy, "Request", 7);
    full = start + LONG;

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

    p = members(stpcpy(p, ">"), operation->request);

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


static void
test_random(void **state)
{
    char                 *data;
    size_t                i, n, len, documents, rows, taken[2][2];
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf, connect;

    (void) state;

    unit_random_start();
    documents = unit_documents(DOCUMENTS);

    data = malloc(SIZE);
    assert_non_null(data);

    connect = connect_conf();
    conf = connect;
    memset(taken, 0, sizeof(taken));
    rows = 0;

    for (i = 0; i < documents; i++) {
        do {
            conf.operation = any(3) ? &one_of(erpsync_operations)
                                    : connect.operation;
        } while (conf.operation->request == NULL);

        conf.unknown = (erpsync_unknown_t) any(3);
        conf.max_field_values = any(2) ? 0 : 3;

        len = document(data, conf.operation);

        for (n = any(3) ? 0 : any(4); n && len > 1; n--) {
            len = mutate(data, len);
        }

        n = compare(data, len, &conf, &body);
        taken[n][body.reason == ERPSYNC_REASON_OK]++;
        rows += unit_rows;
    }

    printf("fast: %zu ok, %zu not; expat: %zu ok, %zu not; %zu elements\n",
           taken[1][1], taken[1][0], taken[0][1], taken[0][0], rows);

    /* a generator that only made one kind would prove nothing */

    assert_true(taken[1][1] > documents / 20);
    assert_true(taken[1][0] > documents / 20);
    assert_true(taken[0][1] > documents / 40);
    assert_true(taken[0][0] > documents / 20);
    assert_true(!ROWS || rows > documents / 40);

    free(data);
}


/* Each in the place where it belongs, and whether the fast path reads it. */

typedef struct {
    const char  *where;      /* with one %s */
    bool         fast;
    const char  *what;
} border_t;


static const border_t  borders[] = {
    { "%s<r>" HEAD "</r>", true, "<?xml version=\"1.0\"?>" },
    { "%s<r>" HEAD "</r>", true,
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n" },
    { "%s<r>" HEAD "</r>", false, "<?xml version=\"1.0\"  ?>" },
    { "%s<r>" HEAD "</r>", false, "<!-- c -->" },
    { "%s<r>" HEAD "</r>", false, "\x0b" },
    { "<r>" HEAD "</r>%s", true, " \r\n\t" },
    { "<r>" HEAD "</r>%s", false, "\x0c" },
    { "<r>" HEAD "</r>%s", false, "\n<r></r>" },
    { "<r>" HEAD "</r>%s", false, "\n>" },
    { "<r%s>" HEAD "</r>", true, "" },
    { "<r%s>" HEAD "</r>", true, " xmlns=\"u\"" NS },
    { "<r%s>" HEAD "</r>", true, " xmlns:xml='u'\r\n\ta=\"'\" " },
    { "<r%s>" HEAD "</r>", false, NS NS },
    { "<r%s>" HEAD "</r>", false, " xmlns=\"u\" xmlns=\"u\"" },
    { "<r%s>" HEAD "</r>", true, " xmlns:a=\"\"" },
    { "<r%s>" HEAD "</r>", true, " xmlns:a=\"u v\"" },
    { "<r%s>" HEAD "</r>", true, " a=\"b\"" },
    { "<r%s>" HEAD "</r>", false, " a=\"b\"c=\"d\"" },
    { "<r%s>" HEAD "</r>", false, " a=\"b\nc\"" },
    { "<r%s>" HEAD "</r>", false, " a=\"&lt;\"" },
    { "<r%s>" HEAD "</r>", false, " a=\"<\"" },
    { "<r%s>" HEAD "</r>", false, " a=\"\x01\"" },
    { "<r%s>" HEAD "</r>", true, " a='" X256 X256 "' b='" X256 X256 "' c='"
      X256 X256 "' d='" X256 X64 X64 X64 X16 X16 "12345678901'" },
    { "<r%s>" HEAD "</r>", false, " a='" X256 X256 "' b='" X256 X256 "' c='"
      X256 X256 "' d='" X256 X64 X64 X64 X16 X16 "123456789012'" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", true, " i:nil=\"true\"" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", true, " i:nil=\"true\" " },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", true, " " },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", true, " i:nil=\"false\"" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", true, " I:nil=\"true\"" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", true, " xmlns:nil=\"true\"" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", true, " nil=\"true\"" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", true, " i:nil=\"1\"" },
    { "<r" NS ">" HEAD "<FieldValues%s/></r>", false,
      " i:nil=\"true\" i:nil=\"true\"" },
    { "<r" NS ">" HEAD "<FieldValues%s></FieldValues></r>", true,
      " i:nil=\"true\"" },
    { "<r" NS ">" HEAD "<FieldValues%s> </FieldValues></r>", false,
      " i:nil=\"true\"" },
    { "<r>" HEAD "%s<FieldValues/></r>", true, " \r\n\t" },
    { "<r>" HEAD "<FieldValues>%s</FieldValues></r>", true, " \n\t" },
    { "<r>" HEAD "<FieldValues>%s</FieldValues></r>", true, "\r\n \r" },
    { "<r>" HEAD "<FieldValues>%s</FieldValues></r>", true, "a &lt; b" },
    { "<r>" HEAD "%s<FieldValues/></r>", true, "&amp;" },
    { "<r>" HEAD "%s<FieldValues/></r>", true, "\r&amp;" },
    { "<r>%s<ErpKey></ErpKey>" HEAD "</r>", true, "x" },
    { "<r>" HEAD "%s<FieldValues/></r>", false, "&#13;" },
    { "<r>" HEAD "%s<FieldValues/></r>", false, "<![CDATA[a]]>" },
    { "<r>" HEAD "%s<FieldValues/></r>", false, "]]>" },
    { "<r>" HEAD "<%s/></r>", true, N63 "x" },
    { "<r>" HEAD "<%s/></r>", false, N63 "xy" },
    { "<r>" HEAD "<%s/></r>", true, "a1B" },
    { "<r>" HEAD "<%s/></r>", false, "1a" },
    { "<r>" HEAD "<%s/></r>", true, "a:b" },
    { "<r>" HEAD "<%s/></r>", false, "a:b:c" },
    { "<r>" HEAD "<%s/></r>", false, ":b" },
    { "<r>" HEAD "<%s/></r>", false, "a;b" },
    { "<r>" HEAD "<%s/></r>", false, "a\xc3\xa6" },
    { "<r>" HEAD "<%s/></r>", false, "a></a" },
    { "<r>" HEAD "<a/%s<b></b></r>", true, ">" },
    { "<r>" HEAD "<a/%s<b></b></r>", false, "\n" },
    { "<r>" HEAD "<a/%s<b></b></r>", false, "" },
    { "<r>" HEAD "<%s></r>", false, "a></a " },
    { "<r>" HEAD "<FieldValues><x>%s</x></FieldValues></r>", true,
      "<TableRight/><CrmFieldKey>k</CrmFieldKey><TableRight/>" },
    { "<r>" HEAD "<FieldValues><x>%s</x></FieldValues></r>", true,
      "<CrmFieldKey>k</CrmFieldKey><TableRight>a</TableRight>"
      "<FieldProperties><a/></FieldProperties><TableRight>b</TableRight>"
      "<FieldProperties></FieldProperties><Value>v</Value>" },
    { "<r>" HEAD "<%s></r>", true, "a></a" },
    { "<r>" HEAD "<%s></r>", false, "a></b" },
    { "<r>" HEAD "<%s></r>", false, "a" }
};


static void
test_borders(void **state)
{
    int                   len;
    char                  data[4096], where[1024];
    bool                  fast;
    size_t                i;
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf;

    (void) state;

    conf = connect_conf();

    for (i = 0; i < erpsync_nelts(borders); i++) {
        (void) snprintf(where, sizeof(where), "%s", borders[i].where);
        *strstr(where, "%s") = '\0';
        len = snprintf(data, sizeof(data), "%s%s%s", where, borders[i].what,
                       strstr(borders[i].where, "%s") + 2);

        fast = compare(data, (size_t) len, &conf, &body);

        if (fast != borders[i].fast) {
            fail_msg("%s: fast %d", data, fast);
        }
    }

    /* texts and pieces, each alone in a value: what is odd is seldom for it */

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

        fast = compare(data, (size_t) len, &conf, &body);
        assert_true(fast || i >= erpsync_nelts(texts));
    }
}


/* Where memory may run out expat is asked, which then says so. */

static void
test_limits(void **state)
{
    char                 *data, *p;
    bool                  fast;
    size_t                i, n;
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf;

    (void) state;

    data = malloc(SIZE);
    assert_non_null(data);

    conf = connect_conf();
    conf.unknown = ERPSYNC_UNKNOWN_PASS;

    for (n = 1; n < 40; n++) {
        p = data + sprintf(data, "<r>" HEAD);

        for (i = 1; i < n; i++) {
            p = stpcpy(p, "<a>");
        }

        for (i = 1; i < n; i++) {
            p = stpcpy(p, "</a>");
        }

        p = stpcpy(p, "</r>");
        fast = compare(data, (size_t) (p - data), &conf, &body);
        assert_int_equal(fast, n <= ERPSYNC_MAX_DEPTH + 1);
    }

    /* those of the schema, in HEAD, do not count */

    for (n = 50; n < 70; n++) {
        p = data + sprintf(data, "<r>" HEAD);

        for (i = 1; i < n; i++) {
            p += sprintf(p, "<n%zu/><n%zu></n%zu>", i, i, i);
        }

        p = stpcpy(p, "</r>");
        fast = compare(data, (size_t) (p - data), &conf, &body);
        assert_int_equal(fast, n <= 64);
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
        fast = compare(data, (size_t) (p - data), &conf, &body);
        assert_int_equal(fast, n > 0);
        assert_int_equal(body.reason, ERPSYNC_REASON_OK);
    }

    free(data);
}


/* No document that the fast tokenizer reads is too much for expat. */

static void
test_memory(void **state)
{
    char                 *data, *p;
    bool                  fast;
    size_t                n;
    erpsync_body_t        body;
    erpsync_sink_conf_t   conf;

    (void) state;

    data = malloc(SIZE);
    assert_non_null(data);

    conf = connect_conf();
    conf.unknown = ERPSYNC_UNKNOWN_STRIP;

    /* as many long names and tags as there may be */

    p = data + sprintf(data, "<r>" HEAD);

    for (n = 0; p - data < 62 * 1024; n++) {
        p += sprintf(p, "<%.*s%zu %.*s%zu='%01800u'/>", 62, N63, n % 29 + 10,
                     62, N63, n % 29 + 40, 1);
    }

    p = stpcpy(p, "</r>");
    assert_true(compare(data, (size_t) (p - data), &conf, &body));

    p = data + sprintf(data, "<r>" HEAD);

    for (n = 0; p - data < 65000; n++) {
        p += sprintf(p, "<%.*s%zu/>", 62, N63, n % 58 + 10);
    }

    p = stpcpy(p, "</r>");
    assert_true(compare(data, (size_t) (p - data), &conf, &body));

    /* white space within a tag counts, too */

    for (n = 2040; n < 2056; n++) {
        p = data + sprintf(data, "<r>" HEAD "<x%*s/></r>", (int) n, "");
        fast = compare(data, (size_t) (p - data), &conf, &body);
        assert_int_equal(fast, n <= 2046);
    }

    free(data);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_borders),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
