
/*
 * The fast paths of headers and of the request's path, and the scans of many
 * bytes at a time, give the result of the general path.  An input is compared
 * with another form of the same input that only the general path handles, or
 * with a loop over its bytes.
 */


#include "unit.h"
#include "erpsync_scan.h"


#define MAX_LEN  80
#define RANDOM   200000


static uint64_t
random_number(void)
{
    static uint64_t  state = 0x9e3779b97f4a7c15u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;

    return state;
}


static void
check_route(const char *path)
{
    char             other[MAX_LEN + 8];
    unit_input_t     one, two;
    erpsync_arena_t  arena;
    erpsync_route_t  a, b;

    (void) snprintf(other, sizeof(other), "/./%s", path);

    erpsync_arena_init(&arena);
    one = unit_input(path, strlen(path));
    two = unit_input(other, strlen(other));

    assert_int_equal(erpsync_route(&arena, one.str, &a), ERPSYNC_OK);
    assert_int_equal(erpsync_route(&arena, two.str, &b), ERPSYNC_OK);

    if (a.kind != b.kind || a.operation != b.operation
        || !erpsync_str_eq(a.tenant, b.tenant)
        || a.tenant_conflict != b.tenant_conflict
        || !erpsync_str_eq(a.path, b.path))
    {
        fail_msg("%s: kind %d, path %.*s, tenant %.*s; behind \"/./\": "
                 "kind %d, path %.*s, tenant %.*s", path, (int) a.kind,
                 (int) a.path.len, a.path.data, (int) a.tenant.len,
                 a.tenant.data, (int) b.kind, (int) b.path.len, b.path.data,
                 (int) b.tenant.len, b.tenant.data);
    }

    free(one.data);
    free(two.data);
    erpsync_arena_destroy(&arena);
}


static void
test_route(void **state)
{
    char    path[MAX_LEN];
    size_t  i, len;

    static const char *const  prefixes[] = {
        "", "/Cust12345", "/cust1", "/Cust", "/Cust1x", "/api", "/API",
        "/Services80", "/ErpSync", "/x-y", "/a/b", "/", "/Cust1/Cust2"
    };
    static const char *const  versions[] = { "v1", "v22", "v", "V1", "v1x" };
    static const char  bytes[] = "/\\.;%eErRpPsSyYnNcCvV01 \x7f\xe6";

    (void) state;

    for (i = 0; i < RANDOM; i++) {
        (void) snprintf(path, sizeof(path), "%s/api/%s/Agents/ErpSync/%s",
                        prefixes[random_number() % erpsync_nelts(prefixes)],
                        versions[(i % 4) ? 0 : random_number() % 5],
                        (const char *) erpsync_operations[i
                                             % ERPSYNC_OPERATIONS].name.data);
        len = strlen(path);

        /* unchanged, or with one byte changed, removed or added */

        switch (random_number() % 4) {

        case 0:
            path[random_number() % len] = bytes[random_number()
                                                % (sizeof(bytes) - 1)];
            break;

        case 1:
            path[len - 1 - random_number() % 8] = '\0';
            break;

        case 2:
            path[len] = bytes[random_number() % (sizeof(bytes) - 1)];
            path[len + 1] = '\0';
            break;

        default:
            break;
        }

        check_route(path);
    }
}


/* "erpsync" is found anywhere in a path, in any case. */

static void
test_mentions(void **state)
{
    char             path[MAX_LEN];
    size_t           i, j, len;
    erpsync_arena_t  arena;
    erpsync_route_t  route;

    static const char  letters[] = "erpsyncERPSYNC/%x";

    (void) state;

    for (i = 0; i < RANDOM; i++) {
        len = random_number() % 12;

        for (j = 0; j < len; j++) {
            path[j] = letters[random_number() % (sizeof(letters) - 1)];
        }

        (void) snprintf(path + len, sizeof(path) - len,
                        "/Services8/%crp%cync.svc",
                        (i & 1) ? 'e' : 'E', (i & 2) ? 's' : 'S');

        erpsync_arena_init(&arena);
        assert_int_equal(erpsync_route(&arena, erpsync_span(path,
                                                            strlen(path)),
                                       &route),
                         ERPSYNC_OK);
        erpsync_arena_destroy(&arena);

        if (route.kind != ERPSYNC_ROUTE_SOAP) {
            fail_msg("%s: kind %d", path, (int) route.kind);
        }
    }
}


static void
test_bytes(void **state)
{
    bool           equal, ascii;
    size_t         i, j, len;
    uint8_t        low;
    unit_input_t   a, b;
    erpsync_str_t  trimmed;

    uint8_t        one[MAX_LEN], two[MAX_LEN];

    (void) state;

    for (i = 0; i < RANDOM; i++) {
        len = random_number() % 40;
        low = (uint8_t) (0x20 + (i & 1));

        for (j = 0; j < len; j++) {
            one[j] = (uint8_t) (low + random_number() % (0x7f - low));
            two[j] = (random_number() & 1)
                     ? erpsync_lower(one[j]) : one[j];
        }

        if (len && i % 4) {
            one[random_number() % len] = (uint8_t) random_number();
            two[random_number() % len] ^= 0x20;
        }

        equal = true;
        ascii = true;

        for (j = 0; j < len; j++) {
            equal &= (erpsync_lower(one[j]) == erpsync_lower(two[j]));
            ascii &= (one[j] >= low && one[j] < 0x7f);
        }

        a = unit_input(one, len);
        b = unit_input(two, len);

        assert_int_equal(erpsync_str_caseeq(a.str, b.str), equal);
        assert_int_equal(erpsync_scan_ascii(a.data, len, low), ascii);

        trimmed = erpsync_str_trim(a.str);

        for (j = 0; j < len && (one[j] == ' ' || one[j] == '\t'); j++) {
            /* void */
        }

        while (len > j && (one[len - 1] == ' ' || one[len - 1] == '\t')) {
            len--;
        }

        assert_int_equal(trimmed.len, len - j);
        assert_true(len == j || trimmed.data == a.data + j);

        free(a.data);
        free(b.data);
    }
}


/* erpsync_name_is() compares letters like erpsync_str_caseeq(). */

static void
test_names(void **state)
{
    size_t         i, j, len;
    unit_input_t   name;
    erpsync_str_t  known;

    uint8_t        text[MAX_LEN];

    (void) state;

    for (i = 0; i < RANDOM; i++) {
        known = erpsync_operations[i % ERPSYNC_OPERATIONS].name;
        len = known.len - random_number() % 2 * (i % known.len);

        if (len == 0) {
            continue;
        }

        known.len = len;

        for (j = 0; j < len; j++) {
            text[j] = known.data[j] ^ (uint8_t) (random_number() % 2 * 0x20);
        }

        if (i % 2) {
            text[random_number() % len] ^= (uint8_t) random_number();
        }

        name = unit_input(text, len);
        assert_int_equal(erpsync_name_is(name.str, known),
                         erpsync_str_caseeq(name.str, known));
        free(name.data);
    }
}


static void
test_content_type(void **state)
{
    char    value[MAX_LEN], spaced[MAX_LEN + 1];
    size_t  i;

    static const char *const  values[] = {
        "application/json", "application/json; charset=utf-8", "text/xml"
    };

    (void) state;

    for (i = 0; i < RANDOM; i++) {
        (void) snprintf(value, sizeof(value), "%s", values[i % 3]);

        if (random_number() % 4) {
            value[random_number() % strlen(value)] =
                                        (char) (0x20 + random_number() % 0x5f);
        }

        (void) snprintf(spaced, sizeof(spaced), " %s", value);

        if (erpsync_content_type(erpsync_span(value, strlen(value)))
            != erpsync_content_type(erpsync_span(spaced, strlen(spaced))))
        {
            fail_msg("Content-Type: %s", value);
        }
    }
}


/* A list of one tag, compared with the same list and an empty element. */

static void
test_language(void **state)
{
    char                      value[8];
    size_t                    i, j;
    erpsync_arena_t           arena;
    erpsync_locale_t          a, b;
    erpsync_reason_t          x, y;
    erpsync_locale_conf_t     conf;
    erpsync_locale_headers_t  headers;

    static erpsync_str_t  languages[] = { erpsync_string("nb-NO") };
    static const char     bytes[] = "nbNO-nbNO1*;,";

    (void) state;

    memset(&conf, 0, sizeof(conf));
    conf.languages = languages;
    conf.default_language = (erpsync_str_t) erpsync_string("en-GB");

    for (i = 0; i < RANDOM; i++) {
        memcpy(value, "nb-NO,", 7);

        for (j = random_number() % 3; j > 0; j--) {
            value[random_number() % 5] = bytes[random_number()
                                               % (sizeof(bytes) - 1)];
        }

        conf.nlanguages = i & 1;
        erpsync_arena_init(&arena);
        memset(&headers, 0, sizeof(headers));

        headers.so_language = erpsync_span(value, 5);
        headers.so_culture = headers.so_language;
        assert_int_equal(erpsync_locale(&arena, &conf, &headers, &a, &x),
                         ERPSYNC_OK);

        headers.so_language.len = 6;
        headers.so_culture.len = 6;
        assert_int_equal(erpsync_locale(&arena, &conf, &headers, &b, &y),
                         ERPSYNC_OK);

        if (x != y || (x == ERPSYNC_REASON_OK
                       && (!erpsync_str_eq(a.language, b.language)
                           || !erpsync_str_eq(a.culture, b.culture)
                           || a.cancelled != b.cancelled)))
        {
            fail_msg("SO-Language: %.5s", value);
        }

        erpsync_arena_destroy(&arena);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_route),
        cmocka_unit_test(test_mentions),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_content_type),
        cmocka_unit_test(test_language),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
