
/*
 * A form that is taken as it comes gives what it gives in the ordinary way:
 * the same verdict, bytes, facts and violations, for forms that are written,
 * varied and broken at random.
 */


#define _POSIX_C_SOURCE  200809L

#include "general.h"
#include "random.h"


#define FORMS  200000
#define SIZE   65536
#define LONG   6000      /* and the element that goes beyond */


/* Once in "n" times; "calm" forms seldom have anything unusual. */

static unsigned  calm;

static bool
seldom(unsigned n)
{
    return any(n * calm) == 0;
}


#define X16   "0123456789abcdef"
#define X256  X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16

static const char *const  texts[] = {
    "qui", "Hermann, Rowe and Haag AS", "[I:12345]", "0152", "883", "1",
    "a", "bl\xc3\xa5\xe2\x82\xac\xf0\x9f\x98\x80", "Ring.\nAsk \"R\\3\".",
    "true", "false", "TRUE", "0", "a.b=c&d+e%f[0]", X16, X16 "x", X256,
    "\xc3\xa6" X256 "\x7f"
};

static const char *const  odd_texts[] = {
    "", " ", "\xff", "\xed\xa0\x80", "\xc3", "a\x01", "a\x1f\t", "-1", "007",
    "2147483648", "null", "Unknown", "Conta\xc3\xa7t"
};

static const char *const  heads[][2] = {
    { "ErpConnectionId", "883" },
    { "CrmRecordId", "34" },
    { "CrmActorType", "Contact" },
    { "ErpKey", "CUST-1" },
    { "ErpActorType", "Customer" }
};

static const char *const  members[] = {
    "DisplayName", "CrmFieldKey", "Value", "DisplayValue", "SyncToCrm",
    "SyncToErp", "TableRight", "FieldProperties"
};

static const char *const  names[] = {
    "ErpConnectionId", "FieldValues", "ErpKey", "FieldKeys", "Value",
    "CrmFieldKey", "x", "SyncToCrmx", "Valu", "a.b", "a[0]", "a[b]c", ""
};


static const char *
text(void)
{
    return seldom(8) ? odd_texts[any(erpsync_nelts(odd_texts))]
                     : texts[any(erpsync_nelts(texts))];
}


/* As clients encode, some of them more than they need, or less. */

static char *
encode(char *p, const char *s, unsigned raw, unsigned all)
{
    uint8_t  c;

    for ( /* void */ ; *s; s++) {
        c = (uint8_t) *s;

        if (all == 0 && (raw || erpsync_is_alpha(c) || erpsync_is_digit(c)
                         || c == '.' || c == '-'))
        {
            *p++ = (char) c;

        } else if (c == ' ' && any(2)) {
            *p++ = '+';

        } else {
            p += sprintf(p, any(4) ? "%%%02X" : "%%%02x", c);
        }
    }

    return p;
}


static char *
name(char *p, const char *s)
{
    char  *q;

    q = p;
    p = encode(p, seldom(40) ? names[any(erpsync_nelts(names))] : s,
               1, seldom(40));

    if (p > q && seldom(10)) {
        q[any((unsigned) (p - q))] ^= 0x20;
    }

    return p;
}


static char *
value(char *p, const char *s)
{
    if (!seldom(80)) {
        *p++ = '=';
    }

    p = encode(p, s, seldom(20), seldom(60));
    *p++ = '&';

    if (seldom(60)) {
        *p++ = '&';
    }

    return p;
}


/* An element: its members in order, from the first or from another. */

static char *
element(char *p, const char *list, unsigned index, bool scalar)
{
    bool      bracket;
    unsigned  i, n, from;

    bracket = (any(6) == 0);
    from = any(3) ? 0 : any(8);
    n = scalar ? 1 : 1 + any(8);

    for (i = from; i < from + n; i++) {
        p = name(p, list);
        p += sprintf(p, seldom(50) ? "%%5B%u%%5d"
                        : seldom(90) ? "[0%u]" : "[%u]",
                     seldom(50) ? any(4) : index);

        if (!scalar != seldom(60)) {

            if (seldom(60)) {
                p = stpcpy(p, any(2) ? "%2E" : "x");

            } else {
                *p++ = bracket ? '[' : '.';
            }

            p = name(p, members[i % 8]);

            if (bracket && !seldom(80)) {
                *p++ = ']';
            }

            if (seldom(40)) {
                p = any(2) ? name(stpcpy(p, "."), "Mask")
                           : p + sprintf(p, "[%u]", any(2));
            }
        }

        if (i % 8 == 4 || i % 8 == 5) {
            p = value(p, seldom(10) ? text() : any(2) ? "true" : "false");

        } else {
            p = value(p, text());
        }
    }

    return p;
}


static size_t
form(char *start)
{
    bool         scalar;
    char        *p;
    unsigned     i, n, lists;
    const char  *list;

    p = start;
    calm = any(3) ? 200 : any(3) ? 20 : 1;

    for (i = 0; i < erpsync_nelts(heads); i++) {
        if (!seldom(20)) {
            p = name(p, heads[i][0]);
            p = value(p, seldom(20) ? text() : heads[i][1]);
        }
    }

    for (lists = 1; lists < 4 && (lists == 1 || seldom(4)); lists++) {
        list = seldom(20) ? names[any(erpsync_nelts(names))] : "FieldValues";
        scalar = seldom(10);
        n = any(8);

        for (i = 0; i < n && p - start < LONG; i++) {
            p = element(p, list, seldom(20) ? any(5) : i, scalar);
        }

        if (seldom(10)) {
            p = value(name(p, heads[any(5)][0]), text());
        }
    }

    if (p > start && any(2)) {
        p--;
    }

    return (size_t) (p - start);
}


static size_t
mutate(char *p, size_t len)
{
    char    piece[80];
    size_t  at, to, n;

    static const char  marks[] = "&=%+[].0Fx'";

    at = any((unsigned) len);

    switch (any(4)) {

    case 0:
        p[at] = (char) any(256);
        return len;

    case 1:
        p[at] = marks[any(sizeof(marks) - 1)];
        return len;

    case 2:
        memmove(p + at, p + at + 1, len - at - 1);
        return len - 1;

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
compare(const char *data, size_t len, erpsync_sink_conf_t *conf,
    size_t taken[2])
{
    unit_input_t     input;
    erpsync_body_t   fast, general;
    erpsync_arena_t  arena;

    erpsync_arena_init(&arena);
    input = unit_input(data, len);

    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_FORM, conf, input.str,
                                  &fast), ERPSYNC_OK);
    unit_general = true;
    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_FORM, conf, input.str,
                                  &general), ERPSYNC_OK);
    unit_general = false;

    unit_same_body(&fast, &general);
    taken[fast.reason == ERPSYNC_REASON_OK]++;

    free(input.data);
    erpsync_arena_destroy(&arena);
}


static void
test_form(void **state)
{
    char                 *data;
    size_t                i, n, len, taken[2];
    const char           *given;
    erpsync_sink_conf_t   conf;

    static const char *const  operations[] = {
        "TryConnectActor", "TryConnectActor", "TryConnectActor",
        "GetErpFieldValues", "CreateActorLink"
    };

    (void) state;

    unit_random_start();

    data = malloc(SIZE);
    assert_non_null(data);

    memset(&conf, 0, sizeof(conf));
    memset(taken, 0, sizeof(taken));
    conf.key = 0x5eed;

    for (i = 0; i < FORMS; i++) {
        given = operations[any(erpsync_nelts(operations))];
        conf.operation = erpsync_operation_find(erpsync_span(given,
                                                             strlen(given)));
        conf.unknown = (erpsync_unknown_t) any(3);
        conf.max_field_values = any(2) ? 0 : 3;

        len = form(data);

        for (n = any(3) ? 0 : any(4); n && len > 1; n--) {
            len = mutate(data, len);
        }

        compare(data, len, &conf, taken);
    }

    /* a generator that only made one kind would prove nothing */

    assert_true(taken[0] > FORMS / 10);
    assert_true(taken[1] > FORMS / 10);

    free(data);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
