
/*
 * The inner loop of the fast path of forms gives the same as events do, and
 * takes what programs write.
 */


#define _POSIX_C_SOURCE  200809L

#include "form.h"


#define SIZE   65536

#define X10    "0123456789"
#define X50    X10 X10 X10 X10 X10
#define X250   X50 X50 X50 X50 X50

#define KEY    "CrmFieldKey=k|"
#define ALL    "DisplayName=n|CrmFieldKey=k|Value=v|DisplayValue=d|"          \
               "SyncToCrm=true|SyncToErp=false"


/* How the name of a member is written, in front of it and behind it. */

static const char *const  styles[][3] = {
    { "FieldValues[", "].", "" },
    { "fieldValues[", "][", "]" },
    { "FieldValues%5B", "%5D.", "" },
    { "FIELDVALUES%5b", "%5d%5b", "%5d" }
};


/* The members of an element, and whether erpsync_form_rows() takes them. */

static const struct {
    bool         taken;
    const char  *members;
} rows[] = {
    { true, ALL }, { true, "CrmFieldKey=k" }, { true, "crmfieldkey=k" },
    { true, "CRMFIELDKEY=k|value=v" }, { true, KEY "SyncToErp=TRUE" },
    { true, KEY "SyncToCrm=False|SyncToErp=fALSE" }, { true, KEY "Value=" },
    { true, "DisplayName=|CrmFieldKey=k|Value=|DisplayValue=" },
    { true, KEY "Value=a+b%20c++%2B+%2b%26%3D%25" },
    { true, KEY "Value=%C3%A5%e2%82%ac%f0%9f%98%80|DisplayValue=x%C3%a5" },
    { true, KEY "Value=\xc3\xa5\xe2\x82\xac|DisplayValue=x\xf0\x9f\x98\x80" },
    { true, KEY "Value=x%22y%5Cz%0D%0A%09%08%0c.|DisplayValue=x%22%22" },
    { true, KEY "Value=" X50 "|DisplayValue=" X250 "%41" X50 "+" },
    { true, KEY "Value==a=b;c.d[e]" }, { true, "CrmFieldKey=" X250 "aaaa" },
    { true, "CrmFieldKey=" X250 "%41%41%41%41" },
    { false, "CrmFieldKey=" X250 "aaaaa" },
    { false, "CrmFieldKey=" X250 "%41%41%41%41%41" },
    { false, "Value=v" }, { false, "CrmFieldKey=" }, { false, "CrmFieldKey" },
    { false, "DisplayName=n|CrmFieldKey=" }, { false, "DisplayName=n" },
    { false, "CrmFieldKey=+" }, { false, "CrmFieldKey=%20k" },
    { false, "CrmFieldKey=%0A" }, { false, "CrmFieldKey=\t" },
    { false, KEY "Value=%0A%20" }, { false, KEY "Value=%22x" },
    { false, KEY "Value=x\"" }, { false, KEY "Value=x\\" },
    { false, KEY "Value=x\n" }, { false, KEY "Value=x\x01" },
    { false, KEY "Value=x%01" }, { false, KEY "Value=x%0B" },
    { false, KEY "Value=x%1f" }, { false, KEY "Value=x%00" },
    { false, KEY "Value=x%ff" }, { false, KEY "Value=x\xff" },
    { false, KEY "Value=x%C1%81" }, { false, KEY "Value=x%DF%C0" },
    { false, KEY "Value=x%E0%81%81" },
    { false, KEY "Value=x%C3" }, { false, KEY "Value=%ed%a0%80" },
    { false, KEY "Value=x%" }, { false, KEY "Value=x%4" },
    { false, KEY "Value=%%41" }, { false, KEY "Value=%4g" },
    { false, KEY "Value=%G4" }, { false, KEY "Value=%:0" },
    { false, KEY "Value=%0/" }, { false, KEY "Value=%@0" },
    { false, KEY "Value=%0`" }, { false, KEY "Value=%\xc1\xc1" },
    { false, KEY "Value=%+1" }, { false, KEY "Value=%1+" },
    { false, KEY "Value" }, { false, KEY "Values=v" },
    { false, KEY "Valu=v" }, { false, KEY "V%61lue=v" },
    { false, KEY "Value]=v" }, { false, KEY "Value[]=v" },
    { false, KEY "Value.x=v" }, { false, KEY "Value=v|Value=w" },
    { false, KEY "Value=|Value=w" }, { false, KEY "DisplayName=n" },
    { false, KEY "TableRight=t" }, { false, KEY "Other=o" },
    { false, ALL "|SyncToErp=true" }, { false, ALL "|TableRight=t" },
    { false, KEY "SyncToErp=" }, { false, KEY "SyncToErp=1" },
    { false, KEY "SyncToErp=tru" }, { false, KEY "SyncToErp=truex" },
    { false, KEY "SyncToErp=true+" }, { false, KEY "SyncToErp=falsey" },
    { false, KEY "SyncToCrm=truexFieldValues[0].SyncToErp=true" },
    { false, KEY "SyncToErp=true\x06" }, { false, KEY "SyncToErp=fals\x05" },
    { false, KEY "SyncToErp=%74rue" }, { false, KEY "|Value=v" }
};


static erpsync_sink_conf_t
connect_conf(void)
{
    erpsync_sink_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.key = 0x5eed;
    conf.unknown = ERPSYNC_UNKNOWN_PASS;
    conf.operation = erpsync_operation_find(
                                         erpsync_span("TryConnectActor", 15));
    assert_non_null(conf.operation);

    return conf;
}


/* Writes the pairs of an element, each with "&" in front.  Returns the end. */

static char *
element(char *p, const char *const *style, unsigned index,
    const char *members)
{
    const char  *name, *end;

    for (name = members; *name; name = *end ? end + 1 : end) {
        end = name + strcspn(name, "|");

        if (end == name) {
            *p++ = '&';                      /* a pair that is empty */
            continue;
        }

        p += sprintf(p, "&%s%u%s", style[0], index, style[1]);

        for ( /* void */ ; name < end && *name != '='; name++) {
            *p++ = *name;
        }

        p = stpcpy(p, style[2]);
        p += sprintf(p, "%.*s", (int) (end - name), name);
    }

    return p;
}


/*
 * Judges a form.  Returns how many elements were taken, and whether the fast
 * path read all of it in "*fast", unless that is NULL.
 */

static size_t
taken(const char *data, size_t len, const erpsync_sink_conf_t *conf,
    bool *fast)
{
    bool             whole;
    unit_input_t     input;
    erpsync_body_t   body;
    erpsync_arena_t  arena;

    erpsync_arena_init(&arena);
    whole = judge(data, len, &arena, conf, &input, &body);

    if (fast) {
        *fast = whole && body.reason == ERPSYNC_REASON_OK;
    }

    free(input.data);
    erpsync_arena_destroy(&arena);

    return unit_rows;
}


/* Returns a number that is expected if the CPU has AVX2; otherwise 0. */

static size_t
wide(size_t n)
{
    return erpsync_wide_set(true) ? n : 0;
}


static void
test_rows(void **state)
{
    bool                  fast;
    char                  data[SIZE], *p;
    size_t                i, n, len, max;
    const char *const    *style;
    erpsync_sink_conf_t   conf;

    (void) state;

    conf = connect_conf();

    for (i = 0; i < erpsync_nelts(styles) * erpsync_nelts(rows); i++) {
        style = styles[i % erpsync_nelts(styles)];
        n = i / erpsync_nelts(styles);

        /* alone, and at the end */

        p = element(stpcpy(data, HEAD), style, 0, rows[n].members);

        if (taken(data, (size_t) (p - data), &conf, NULL)
            != wide(rows[n].taken))
        {
            fail_msg("%s: %zu", data, unit_rows);
        }

        /* between two others that are taken, and far from the end */

        p = element(data, style, 0, ALL);
        p = element(p, style, 1, rows[n].members);
        p = element(p, style, 2, ALL);
        p = stpcpy(p, "&" HEAD);
        memset(p, '&', 600);
        len = (size_t) (p + 600 - data);

        max = taken(data, len, &conf, &fast);

        /* behind one that is sent as events, the next one is taken again */

        if (max != wide(rows[n].taken ? 3 : fast ? 2 : 1)) {
            fail_msg("%s: %zu", data, max);
        }

        /* the limit of their number holds for those that are taken, too */

        for (max = 1; max < 4; max++) {
            conf.max_field_values = max;
            assert_true(taken(data, len, &conf, NULL) <= max);
        }

        conf.max_field_values = 0;
    }
}


/* Indexes of one to three digits, and elements that do not follow. */

static void
test_indexes(void **state)
{
    bool                  fast;
    char                  data[SIZE], *p;
    size_t                i, k, n, max;
    const char *const    *style;
    erpsync_sink_conf_t   conf;

    static const unsigned  counts[] = { 1, 2, 9, 10, 11, 12, 99, 100, 101,
                                        123 };

    (void) state;

    conf = connect_conf();

    for (i = 0; i < erpsync_nelts(styles) * erpsync_nelts(counts); i++) {
        style = styles[i % erpsync_nelts(styles)];
        n = counts[i / erpsync_nelts(styles)];
        p = stpcpy(data, HEAD);

        for (k = 0; k < n; k++) {
            p = element(p, style, (unsigned) k, ALL);
        }

        max = taken(data, (size_t) (p - data), &conf, &fast);
        assert_true(fast);
        assert_int_equal(max, wide(n));

        conf.max_field_values = n - (n > 1);
        max = taken(data, (size_t) (p - data), &conf, NULL);
        assert_int_equal(max, wide(conf.max_field_values));
        conf.max_field_values = 0;

        /* the index of the one before, a gap, and another way to write it */

        for (k = 0; k < 3; k++) {
            *p = '\0';
            max = (size_t) (element(p, (k == 2) ? styles[(i + 1) % 4] : style,
                                    (unsigned) ((k == 2) ? n : n - 1 + 2 * k),
                                    ALL)
                            - data);
            max = taken(data, max, &conf, &fast);
            assert_true(max <= n);
        }
    }
}


/* Values of each length, with something special anywhere, near the end. */

static void
test_lengths(void **state)
{
    char                  data[SIZE], value[512], members[600], *p;
    size_t                i, k, n, at;
    erpsync_sink_conf_t   conf;

    static const char *const  special[] = {
        "x", "%41", "%20", "+", "%22", "%0a", "%C3%A6", "%00", "%c3", "%4",
        "\"", "\\", "\xc3\xa6", "\xe2\x82\xac", "\xff", "&", "&&", "="
    };

    (void) state;

    conf = connect_conf();

    for (n = 0; n < 140; n++) {
        for (i = 0; i < erpsync_nelts(special); i++) {
            at = (n * 7 + i * 5) % (n + 1);
            memset(value, 'a', n);
            p = stpcpy(value + at, special[i]);
            (void) stpcpy((p < value + n) ? value + n : p, special[n % 6]);

            (void) snprintf(members, sizeof(members), KEY "Value=%s", value);
            p = element(stpcpy(data, HEAD), styles[n % 4], 0, members);

            for (k = (n + i) % 9; k; k--) {
                p = element(p, styles[n % 4], (unsigned) (9 - k), KEY);
            }

            (void) taken(data, (size_t) (p - data), &conf, NULL);
        }
    }
}


/* Values that reach the end of the input in the middle of a block, or later. */

static void
test_ends(void **state)
{
    char                  data[SIZE], members[1024], *p;
    size_t                n;
    erpsync_sink_conf_t   conf;

    (void) state;

    conf = connect_conf();

    for (n = 0; n < 1400; n++) {
        p = element(stpcpy(data, HEAD), styles[0], 0, KEY);
        p = element(p, styles[0], 1, (n % 2) ? KEY "Value=%41"
                                             : KEY "Value=a");
        memset(p, 'v', n);
        (void) taken(data, (size_t) (p - data) + n, &conf, NULL);

        /* short values do, behind long ones */

        (void) snprintf(members, sizeof(members), "DisplayName=%.*s|"
                        "CrmFieldKey=%.*s|Value=%.*s|DisplayValue=%.*s|"
                        "SyncToCrm=true|SyncToErp=false",
                        (int) (100 + n % 155), X250 X10,
                        (int) (n % 254), X250 X10,
                        (int) (n % 32), X50, (int) (n % 31), X50);
        p = element(stpcpy(data, HEAD), styles[0], 0, members);
        (void) taken(data, (size_t) (p - data), &conf, NULL);
    }
}


/* Each byte in place of each digit, at each place of a block. */

static void
test_digits(void **state)
{
    char                  data[SIZE], *p, *digits;
    size_t                i, at, len;
    erpsync_sink_conf_t   conf;

    static const char  good[] = "2345679bCd";

    (void) state;

    conf = connect_conf();

    for (i = 0; i < 4 * 256 * (sizeof(good) - 1); i++) {

        /* half of them are not in the block of their "%" */

        at = (i % 2) ? i % 45 : 30;
        p = element(stpcpy(data, HEAD), styles[0], 0, KEY "Value=v");
        memset(p, 'v', at);
        digits = stpcpy(p + at, "%--") - 2;
        p = element(digits + 2, styles[0], 1, KEY);
        len = (size_t) (p - data);

        digits[0] = good[i / 1024];
        digits[1] = good[i / 1024];
        digits[i / 2 % 2] = (char) (i / 4);

        (void) taken(data, len, &conf, NULL);
    }
}


/* Each bit of the name of a pair is wrong, in turn. */

static void
test_names(void **state)
{
    char                  data[SIZE], *p, *pair;
    size_t                i, k, len;
    unsigned              n;
    const char *const    *style;
    erpsync_sink_conf_t   conf;

    (void) state;

    conf = connect_conf();

    for (i = 0; i < 2 * erpsync_nelts(styles); i++) {
        style = styles[i % erpsync_nelts(styles)];
        p = stpcpy(data, HEAD);

        for (n = 0; n < i / erpsync_nelts(styles) * 10; n++) {
            p = element(p, style, n, ALL);
        }

        pair = element(p, style, n, KEY);
        p = element(pair, style, n, "DisplayValue=v|SyncToCrm=true");
        p = element(p, style, n + 1, ALL);
        len = (size_t) (p - data);

        for (k = 0; pair[k / 8] != 'v'; k++) {
            pair[k / 8] ^= (char) (1 << k % 8);
            (void) taken(data, len, &conf, NULL);
            pair[k / 8] ^= (char) (1 << k % 8);
        }
    }
}


/* Gives memory a number of times. */

static unsigned  granted;
static size_t    used;

static void *
grant(void *data, size_t size)
{
    _Alignas(16) static uint8_t  memory[1 << 20];

    (void) data;

    if (granted == 0 || size > sizeof(memory) - used) {
        return NULL;
    }

    granted--;
    used += (size + 15) & ~(size_t) 15;

    return memory + used - ((size + 15) & ~(size_t) 15);
}


/*
 * Room is made for rows behind an element that is longer in JSON, unless there
 * is no memory.
 */

static void
test_room(void **state)
{
    char                  data[SIZE], members[8192], *p;
    unsigned              i;
    erpsync_rc_t          rc;
    erpsync_body_t        body;
    erpsync_arena_t       arena;
    erpsync_sink_conf_t   conf;

    (void) state;

    conf = connect_conf();
    p = stpcpy(members, KEY "Value=x");
    memset(p, '\x01', 8000);
    p[8000] = '\0';

    p = element(stpcpy(data, HEAD), styles[0], 0, members);

    for (i = 1; i < 200; i++) {
        p = element(p, styles[0], i, ALL);
    }

    /* the first one was tried, and then a few were not */

    i = (unsigned) taken(data, (size_t) (p - data), &conf, NULL);
    assert_int_equal(i, wide(196));

    (void) erpsync_wide_set(true);
    i = 0;

    do {
        granted = i++;
        used = 0;
        erpsync_arena_init_source(&arena, grant, NULL);
        rc = erpsync_body(&arena, ERPSYNC_MEDIA_FORM, &conf,
                          erpsync_span(data, (size_t) (p - data)), &body);
        assert_true(rc == ERPSYNC_OK || arena.failed);

    } while (rc != ERPSYNC_OK);

    assert_int_equal(body.reason, ERPSYNC_REASON_OK);
    assert_true(i > 2);
}


/*
 * Where there are no rows, they are tried less and less often: an element is
 * not read twice for each that there is.
 */

static void
test_pauses(void **state)
{
    bool                  fast;
    char                  data[SIZE], *p;
    size_t                i, n;
    erpsync_sink_conf_t   conf;

    (void) state;

    conf = connect_conf();

    for (n = 0; n < 3; n++) {
        p = stpcpy(data, HEAD);

        for (i = 0; i < 40; i++) {
            p = element(p, styles[0], (unsigned) i,
                        (n == 0 || (n == 1 && i % 2)) ? KEY "SyncToErp=1"
                                                      : ALL);
        }

        unit_tries = 0;
        i = taken(data, (size_t) (p - data), &conf, &fast);
        assert_true(fast);
        assert_int_equal(i, wide(n * 20));
        assert_int_equal(unit_tries, wide(n == 0 ? 4 : n == 1 ? 20 : 1));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_indexes),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_pauses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
