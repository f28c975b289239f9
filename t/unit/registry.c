
/*
 * The app registry: every file under t/registry/ that is refused, with its
 * error; what an app is granted, on both sides of each rule; lookup; files.
 */


#define _POSIX_C_SOURCE  200809L

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "snapshot.h"


#define FIXTURES  "t/registry"

/* a digest of 64 hexadecimal digits that ends in "n" */

#define DIGEST(n)                                                             \
    "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEE" n

#define APP(members)                                                          \
    "{\"version\":1,\"apps\":[{\"id\":\"acme\",\"agents\":[\"ErpSync\"],"     \
    "\"tokens\":[{\"sha256\":\"" DIGEST("01") "\"}]" members "}]}"


static unit_input_t
read_file(const char *directory, const char *name)
{
    char          path[512];
    long          size;
    FILE         *file;
    char         *data;
    unit_input_t  input;

    (void) snprintf(path, sizeof(path), FIXTURES "/%s/%s", directory, name);

    file = fopen(path, "rb");
    if (file == NULL) {
        return (unit_input_t) { NULL, ERPSYNC_NULL_STRING };
    }

    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    assert_true(size >= 0);
    rewind(file);

    data = malloc((size_t) size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t) size, file), size);
    (void) fclose(file);

    input = unit_input(data, (size_t) size);
    free(data);

    return input;
}


static erpsync_registry_t *
parse(const char *text)
{
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    unit_input_t         input;
    erpsync_registry_t  *registry;

    input = unit_input(text, strlen(text));
    registry = erpsync_registry_parse(input.str, error);

    /* a snapshot keeps nothing of its text */

    memset(input.data, 'x', input.str.len);
    free(input.data);

    if (registry == NULL) {
        fail_msg("%s\n  of %s", error, text);
    }

    return registry;
}


static void
test_fixtures(void **state)
{
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    DIR                 *directory;
    size_t               valid, invalid, failed;
    unit_input_t         input, expected;
    struct dirent       *entry;
    erpsync_registry_t  *registry;

    (void) state;

    directory = opendir(FIXTURES);
    assert_non_null(directory);

    valid = 0;
    invalid = 0;
    failed = 0;

    while ((entry = readdir(directory))) {

        if (entry->d_name[0] == '.') {
            continue;
        }

        input = read_file(entry->d_name, "input.json");
        assert_non_null(input.data);
        expected = read_file(entry->d_name, "error");

        registry = erpsync_registry_parse(input.str, error);

        if (expected.data == NULL) {
            valid++;

            if (registry == NULL) {
                print_error("%s: %s\n", entry->d_name, error);
                failed++;
            }

        } else {
            invalid++;
            expected.str.len--;    /* the line feed */

            if (registry
                || !erpsync_str_eq(erpsync_span(error, strlen(error)),
                                   expected.str))
            {
                print_error("%s:\n  got      %s\n  expected %.*s\n",
                            entry->d_name, registry ? "no error" : error,
                            (int) expected.str.len, expected.data);
                failed++;
            }
        }

        erpsync_registry_destroy(registry);
        free(expected.data);
        free(input.data);
    }

    (void) closedir(directory);

    assert_true(valid >= 4);
    assert_true(invalid >= 160);
    assert_int_equal(failed, 0);
}


/* Wherever a file ends too early, it is refused. */

static void
test_truncated(void **state)
{
    char          error[ERPSYNC_REGISTRY_ERROR_LEN];
    size_t        len;
    unit_input_t  input;

    static const char  text[] = APP(",\"erpConnections\":[883],"
                                    "\"tenants\":[\"Cust1\"]");

    (void) state;

    for (len = 0; len < sizeof(text) - 1; len++) {
        input = unit_input(text, len);
        assert_null(erpsync_registry_parse(input.str, error));
        assert_memory_equal(error, "line 1, column ", 15);
        free(input.data);
    }

    assert_null(erpsync_registry_parse(erpsync_span(NULL, 0), error));
    assert_memory_equal(error, "line 1, column ", 15);
}


static void
digest_of(const char *hex, uint8_t digest[ERPSYNC_DIGEST_LEN])
{
    size_t  i;

    for (i = 0; i < ERPSYNC_DIGEST_LEN; i++) {
        digest[i] = (uint8_t) (erpsync_hex_value((uint8_t) hex[2 * i]) * 16
                               + erpsync_hex_value((uint8_t) hex[2 * i + 1]));
    }
}


static void
test_find(void **state)
{
    size_t               i;
    uint8_t              digest[ERPSYNC_DIGEST_LEN];
    erpsync_grant_t      grant;
    erpsync_registry_t  *registry;

    (void) state;

    registry = parse("{\"version\":1,\"apps\":["
                     "{\"id\":\"one\",\"agents\":[],\"enabled\":false,"
                     "\"tokens\":[{\"sha256\":\"" DIGEST("01") "\"},"
                     "{\"sha256\":\"" DIGEST("02") "\","
                     "\"notBefore\":\"1970-01-01T00:00:00.5Z\","
                     "\"expires\":\"2000-03-01T01:00:00.9+01:00\"}]},"
                     "{\"id\":\"two\",\"agents\":[\"ErpSync\"],"
                     "\"tokens\":[{\"sha256\":\"" DIGEST("03") "\","
                     "\"notBefore\":\"1969-12-31T23:59:59Z\","
                     "\"expires\":\"2000-02-28T23:30:00-00:30\"}]}]}");

    assert_int_equal(erpsync_registry_apps(registry), 2);

    digest_of(DIGEST("01"), digest);
    assert_true(erpsync_registry_find(registry, ERPSYNC_BY_TOKEN, digest,
                                      &grant));
    assert_ptr_equal(grant.app, erpsync_registry_app(registry, 0));
    assert_true(grant.not_before == INT64_MIN);
    assert_true(grant.expires == INT64_MAX);
    unit_equal("id", erpsync_app_id(registry, grant.app), "one");
    assert_false(erpsync_app_enabled(grant.app));
    assert_false(erpsync_app_has_agent(grant.app));

    /* the parts of a second that are not wholly inside are outside */

    digest_of(DIGEST("02"), digest);
    assert_true(erpsync_registry_find(registry, ERPSYNC_BY_TOKEN, digest,
                                      &grant));
    assert_ptr_equal(grant.app, erpsync_registry_app(registry, 0));
    assert_int_equal(grant.not_before, 1);
    assert_int_equal(grant.expires, 951868800);

    digest_of(DIGEST("03"), digest);
    assert_true(erpsync_registry_find(registry, ERPSYNC_BY_TOKEN, digest,
                                      &grant));
    assert_ptr_equal(grant.app, erpsync_registry_app(registry, 1));
    assert_int_equal(grant.not_before, -1);
    assert_int_equal(grant.expires, 951782400);
    unit_equal("id", erpsync_app_id(registry, grant.app), "two");
    assert_true(erpsync_app_enabled(grant.app));
    assert_true(erpsync_app_has_agent(grant.app));

    /* one bit off, at every place, is another token */

    for (i = 0; i < 256; i++) {
        digest[i / 8] ^= (uint8_t) (1 << i % 8);

        if (i / 8 != ERPSYNC_DIGEST_LEN - 1) {
            assert_false(erpsync_registry_find(registry, ERPSYNC_BY_TOKEN,
                                               digest, &grant));
        }

        digest[i / 8] ^= (uint8_t) (1 << i % 8);
    }

    erpsync_registry_destroy(registry);

    registry = parse("{\"version\":1,\"apps\":[]}");
    assert_int_equal(erpsync_registry_apps(registry), 0);
    assert_false(erpsync_registry_find(registry, ERPSYNC_BY_TOKEN, digest,
                                       &grant));
    erpsync_registry_destroy(registry);
    erpsync_registry_destroy(NULL);
}


/* A digest is found as what it was registered as, and as nothing else. */

static void
test_certificates(void **state)
{
    uint8_t               digest[ERPSYNC_DIGEST_LEN];
    erpsync_grant_t       grant;
    erpsync_registry_t   *registry;
    const erpsync_app_t  *app;

    static const char  text[] =
        "{\"version\":1,\"apps\":["
        "{\"id\":\"one\",\"agents\":[],\"name\":\"One \\u00e5\","
        "\"tokens\":[{\"sha256\":\"" DIGEST("01") "\","
        "\"expires\":\"1970-01-01T00:00:09Z\"}],"
        "\"certificates\":[{\"sha256\":\"" DIGEST("02") "\","
        "\"notBefore\":\"1970-01-01T00:00:01Z\","
        "\"expires\":\"1970-01-01T00:00:08Z\"}]},"
        "{\"id\":\"two\",\"agents\":[],"
        "\"certificates\":[{\"sha256\":\"" DIGEST("03") "\"},"
        "{\"sha256\":\"" DIGEST("04") "\","
        "\"expires\":\"1970-01-01T00:00:08Z\"}]}]}";

    (void) state;

    registry = parse(text);
    assert_true(erpsync_registry_has_certificates(registry));

    digest_of(DIGEST("02"), digest);
    assert_false(erpsync_registry_find(registry, ERPSYNC_BY_TOKEN, digest,
                                       &grant));
    assert_true(erpsync_registry_find(registry, ERPSYNC_BY_CERTIFICATE,
                                      digest, &grant));
    assert_ptr_equal(grant.app, erpsync_registry_app(registry, 0));
    assert_int_equal(grant.not_before, 1);
    assert_int_equal(grant.expires, 8);

    digest_of(DIGEST("01"), digest);
    assert_false(erpsync_registry_find(registry, ERPSYNC_BY_CERTIFICATE,
                                       digest, &grant));

    app = erpsync_registry_app(registry, 0);
    unit_equal("name", erpsync_app_name(registry, app), "One \xc3\xa5");
    assert_int_equal(erpsync_app_expires(registry, app), 9);

    app = erpsync_registry_app(registry, 1);
    unit_equal("name", erpsync_app_name(registry, app), "");
    assert_true(erpsync_app_expires(registry, app) == ERPSYNC_NEVER);

    erpsync_registry_destroy(registry);

    registry = parse(APP(""));
    assert_false(erpsync_registry_has_certificates(registry));
    erpsync_registry_destroy(registry);
}


static void
test_labels(void **state)
{
    erpsync_registry_t   *registry;
    const erpsync_app_t  *a, *b;

#define LABEL(app, name)                                                      \
    erpsync_app_label(registry, app, erpsync_span(name, strlen(name)))

    (void) state;

    registry = parse("{\"version\":1,\"apps\":["
                     "{\"id\":\"a\",\"agents\":[],\"enforce\":true,"
                     "\"labels\":{\"tier\":\"gold\",\"area\":\"eu:1\"},"
                     "\"tokens\":[{\"sha256\":\"" DIGEST("01") "\"}]},"
                     "{\"id\":\"b\",\"agents\":[],"
                     "\"labels\":{\"tier\":\"free\"},"
                     "\"tokens\":[{\"sha256\":\"" DIGEST("02") "\"}]}]}");
    a = erpsync_registry_app(registry, 0);
    b = erpsync_registry_app(registry, 1);

    unit_equal("label", LABEL(a, "tier"), "gold");
    unit_equal("label", LABEL(a, "area"), "eu:1");
    unit_equal("label", LABEL(a, "tie"), "");
    unit_equal("label", LABEL(a, "tiers"), "");
    unit_equal("label", LABEL(a, ""), "");
    unit_equal("label", LABEL(b, "tier"), "free");
    unit_equal("label", LABEL(b, "area"), "");

    assert_true(erpsync_registry_enforces(registry));
    assert_true(erpsync_app_enforced(a));
    assert_false(erpsync_app_enforced(b));
    erpsync_registry_destroy(registry);

    registry = parse(APP(",\"enforce\":false"));
    a = erpsync_registry_app(registry, 0);
    unit_equal("label", LABEL(a, "tier"), "");
    assert_false(erpsync_registry_enforces(registry));
    assert_false(erpsync_app_enforced(a));
    erpsync_registry_destroy(registry);
}


/* The digest is that of the file, a byte order mark included. */

static void
test_digest(void **state)
{
    erpsync_registry_t  *registry;

    (void) state;

    registry = parse("{\"version\":1,\"apps\":[]}");
    unit_equal("digest", erpsync_registry_digest(registry), "33e5bcc508f6");
    erpsync_registry_destroy(registry);

    registry = parse("\xef\xbb\xbf{\"version\":1,\"apps\":[]}");
    unit_equal("digest", erpsync_registry_digest(registry), "21b6e1b1d5f7");
    erpsync_registry_destroy(registry);
}


/* Who knows a digest does not know the token. */

static void
test_own_digest(void **state)
{
    uint8_t              digest[ERPSYNC_DIGEST_LEN];
    erpsync_grant_t      grant;
    erpsync_digester_t  *digester;
    erpsync_registry_t  *registry;

    static const char           hex[] =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    static const erpsync_str_t  token = erpsync_string("abc");

    (void) state;

    registry = parse("{\"version\":1,\"apps\":[{\"id\":\"a\",\"agents\":[],"
                     "\"tokens\":[{\"sha256\":\"ba7816bf8f01cfea414140de5dae"
                     "2223b00361a396177a9cb410ff61f20015ad\"}]}]}");
    digester = erpsync_digester_create();
    assert_non_null(digester);

    assert_int_equal(erpsync_digest(digester, token, digest), ERPSYNC_OK);
    assert_true(erpsync_registry_find(registry, ERPSYNC_BY_TOKEN, digest,
                                      &grant));

    assert_int_equal(erpsync_digest(digester, erpsync_span(hex, 64), digest),
                     ERPSYNC_OK);
    assert_false(erpsync_registry_find(registry, ERPSYNC_BY_TOKEN, digest,
                                       &grant));

    erpsync_digester_destroy(digester);
    erpsync_registry_destroy(registry);
}


/* Absent and "*" are no limit; [] is none at all. */

static void
test_no_limit(void **state)
{
    size_t                i;
    unsigned              n;
    erpsync_str_t         tenant;
    erpsync_address_t     address;
    erpsync_registry_t   *registry;
    const erpsync_app_t  *app;

    static const char *const  texts[] = {
        APP(""),
        APP(",\"operations\":\"*\",\"tenants\":\"*\",\"addresses\":\"*\","
            "\"erpConnections\":\"*\",\"crmActorTypes\":\"*\","
            "\"erpActorTypes\":\"*\""),
        APP(",\"operations\":[],\"tenants\":[],\"addresses\":[],"
            "\"erpConnections\":[],\"crmActorTypes\":[],"
            "\"erpActorTypes\":[]")
    };

    (void) state;

    tenant = erpsync_span("Cust12345", 9);

    for (i = 0; i < erpsync_nelts(texts); i++) {
        registry = parse(texts[i]);
        app = erpsync_registry_app(registry, 0);
        memset(&address, 0, sizeof(address));

        for (n = 0; n < ERPSYNC_OPERATIONS; n++) {
            assert_true(erpsync_app_has_operation(app, n) == (i < 2));
        }

        assert_true(erpsync_app_has_tenant(registry, app, tenant) == (i < 2));
        assert_true(erpsync_app_has_tenant(registry, app, erpsync_span("", 0))
                    == (i < 2));

        for (n = ERPSYNC_ADDRESS_NONE; n <= ERPSYNC_ADDRESS_INET6; n++) {
            address.family = (erpsync_family_t) n;
            assert_true(erpsync_app_has_address(registry, app, &address)
                        == (i < 2));
        }

        assert_true(erpsync_app_limits_connections(app) == (i == 2));
        assert_true(erpsync_app_has_connection(registry, app, 883)
                    == (i < 2));

        assert_true(erpsync_app_limits_actors(app) == (i == 2));

        for (n = 0; n < 8; n++) {
            assert_true(erpsync_app_has_crm_actor(app, n) == (i < 2));
            assert_true(erpsync_app_has_erp_actor(app, n) == (i < 2));
        }

        erpsync_registry_destroy(registry);
    }
}


static void
test_operations_and_actors(void **state)
{
    unsigned              n, allowed;
    erpsync_registry_t   *registry;
    const erpsync_app_t  *app;

    (void) state;

    registry = parse(APP(",\"operations\":[\"GetConnection\","
                         "\"ChangeEngineInterval\"],"
                         "\"crmActorTypes\":[\"Contact\",\"Sale\"]"));
    app = erpsync_registry_app(registry, 0);
    allowed = 0;

    for (n = 0; n < ERPSYNC_OPERATIONS; n++) {
        allowed += erpsync_app_has_operation(app, n);
    }

    /* the first and the last of the table */

    assert_int_equal(allowed, 2);
    assert_true(erpsync_app_has_operation(app, 0));
    assert_true(erpsync_app_has_operation(app, ERPSYNC_OPERATIONS - 1));

    assert_true(erpsync_app_limits_actors(app));
    assert_false(erpsync_app_has_crm_actor(app, 0));
    assert_true(erpsync_app_has_crm_actor(app, 1));
    assert_false(erpsync_app_has_crm_actor(app, 2));
    assert_false(erpsync_app_has_crm_actor(app, 3));
    assert_true(erpsync_app_has_crm_actor(app, 4));

    for (n = 0; n < 8; n++) {
        assert_true(erpsync_app_has_erp_actor(app, n));
    }

    erpsync_registry_destroy(registry);

    registry = parse(APP(",\"erpActorTypes\":[\"Customer\",\"Sale\"]"));
    app = erpsync_registry_app(registry, 0);

    assert_true(erpsync_app_limits_actors(app));
    assert_false(erpsync_app_has_erp_actor(app, 0));
    assert_true(erpsync_app_has_erp_actor(app, 1));
    assert_false(erpsync_app_has_erp_actor(app, 2));
    assert_true(erpsync_app_has_erp_actor(app, 7));
    assert_true(erpsync_app_has_crm_actor(app, 0));

    erpsync_registry_destroy(registry);
}


typedef struct {
    const char  *value;
    bool         granted;
} grant_case_t;


static void
test_tenants(void **state)
{
    size_t                i;
    unit_input_t          input;
    erpsync_registry_t   *registry;
    const erpsync_app_t  *app;

    static const grant_case_t  cases[] = {
        { "Cust12345", true },
        { "CUST12345", true },
        { "cust12345", true },
        { "Cust9", true },
        { "Cust007", true },
        { "Cust123456789012345678901234567890", true },
        { "Cust7", false },
        { "Cust1234", false },
        { "Cust123456", false },
        { "Cust12346", false },
        { "Cust", false },
        { "Bust12345", false },
        { "12345", false },
        { "Cus", false },
        { "", false }
    };

    (void) state;

    registry = parse(APP(",\"tenants\":[\"Cust12345\",\"Cust9\","
                         "\"Cust123456789012345678901234567890\","
                         "\"Cust007\",\"Cust12345\"]"));
    app = erpsync_registry_app(registry, 0);

    for (i = 0; i < erpsync_nelts(cases); i++) {
        input = unit_input(cases[i].value, strlen(cases[i].value));

        if (erpsync_app_has_tenant(registry, app, input.str)
            != cases[i].granted)
        {
            fail_msg("tenant \"%s\"", cases[i].value);
        }

        free(input.data);
    }

    erpsync_registry_destroy(registry);
}


static void
test_connections(void **state)
{
    size_t                i;
    erpsync_registry_t   *registry;
    const erpsync_app_t  *app;

    static const int32_t  granted[] = { 1, 2, 5, 883, INT32_MAX };
    static const int32_t  others[] = {
        INT32_MIN, -1, 0, 3, 4, 6, 882, 884, INT32_MAX - 1
    };

    (void) state;

    registry = parse(APP(",\"erpConnections\":[883,5,2147483647,1,2,5]"));
    app = erpsync_registry_app(registry, 0);

    assert_true(erpsync_app_limits_connections(app));
    assert_false(erpsync_app_limits_actors(app));

    for (i = 0; i < erpsync_nelts(granted); i++) {
        assert_true(erpsync_app_has_connection(registry, app, granted[i]));
    }

    for (i = 0; i < erpsync_nelts(others); i++) {
        assert_false(erpsync_app_has_connection(registry, app, others[i]));
    }

    erpsync_registry_destroy(registry);
}


typedef struct {
    const char         *network;
    erpsync_family_t    family;
    uint8_t             bytes[16];
    bool                granted;
} address_case_t;


static void
test_addresses(void **state)
{
    char                  text[512];
    size_t                i;
    erpsync_address_t     address;
    erpsync_registry_t   *registry;

#define INET   ERPSYNC_ADDRESS_INET
#define INET6  ERPSYNC_ADDRESS_INET6
#define DOC    0x20, 0x01, 0x0d, 0xb8

    static const address_case_t  cases[] = {
        { "10.0.0.0/8", INET, { 10, 0, 0, 0 }, true },
        { "10.0.0.0/8", INET, { 10, 255, 255, 255 }, true },
        { "10.0.0.0/8", INET, { 11, 0, 0, 0 }, false },
        { "10.0.0.0/8", INET, { 9, 255, 255, 255 }, false },
        { "10.0.0.0/8", INET6, { 10, 0, 0, 0 }, false },
        { "10.0.0.0/8", ERPSYNC_ADDRESS_NONE, { 10, 0, 0, 0 }, false },
        { "10.128.0.0/9", INET, { 10, 128, 0, 0 }, true },
        { "10.128.0.0/9", INET, { 10, 127, 255, 255 }, false },
        { "10.0.0.254/31", INET, { 10, 0, 0, 255 }, true },
        { "10.0.0.254/31", INET, { 10, 0, 0, 253 }, false },
        { "10.1.2.3", INET, { 10, 1, 2, 3 }, true },
        { "10.1.2.3", INET, { 10, 1, 2, 2 }, false },
        { "10.1.2.3/32", INET, { 10, 1, 2, 3 }, true },
        { "0.0.0.0/0", INET, { 255, 255, 255, 255 }, true },
        { "0.0.0.0/0", INET6, { 0 }, false },
        { "0.0.0.0/0", ERPSYNC_ADDRESS_NONE, { 0 }, false },
        { "::/0", INET6, { 0xff }, true },
        { "::/0", INET, { 10, 0, 0, 1 }, false },
        { "2001:db8::/32", INET6, { DOC, 0xff }, true },
        { "2001:db8::/32", INET6, { 0x20, 0x01, 0x0d, 0xb9 }, false },
        { "2001:db8:8000::/33", INET6, { DOC, 0x80 }, true },
        { "2001:db8:8000::/33", INET6, { DOC, 0x7f }, false },
        { "2001:DB8::1", INET6, { DOC, [15] = 1 }, true },
        { "2001:DB8::1", INET6, { DOC, [15] = 0 }, false },
        { "2001:db8::2/127", INET6, { DOC, [15] = 3 }, true },
        { "2001:db8::2/127", INET6, { DOC, [15] = 4 }, false },

        /* a mapped network is the IPv4 one */

        { "::ffff:10.1.2.3", INET, { 10, 1, 2, 3 }, true },
        { "::ffff:10.1.2.3", INET, { 10, 1, 2, 4 }, false },
        { "::ffff:10.0.0.0/104", INET, { 10, 255, 0, 1 }, true },
        { "::ffff:10.0.0.0/104", INET, { 11, 0, 0, 0 }, false },
        { "::ffff:0:0/96", INET, { 192, 0, 2, 1 }, true }
    };

    (void) state;

    for (i = 0; i < erpsync_nelts(cases); i++) {
        (void) snprintf(text, sizeof(text), "%s%s%s",
                        "{\"version\":1,\"apps\":[{\"id\":\"acme\","
                        "\"agents\":[],\"tokens\":[{\"sha256\":\""
                        DIGEST("01") "\"}],\"addresses\":[\"192.0.2.77\",\"",
                        cases[i].network, "\"]}]}");
        registry = parse(text);

        address.family = cases[i].family;
        memcpy(address.bytes, cases[i].bytes, sizeof(address.bytes));

        if (erpsync_app_has_address(registry,
                                    erpsync_registry_app(registry, 0),
                                    &address)
            != cases[i].granted)
        {
            fail_msg("case %zu: %s", i, cases[i].network);
        }

        erpsync_registry_destroy(registry);
    }
}


/* Lists of many apps stand side by side; none may reach into the next. */

static void
test_neighbours(void **state)
{
    erpsync_registry_t   *registry;
    const erpsync_app_t  *a, *b;

    (void) state;

    registry = parse("{\"version\":1,\"apps\":["
                     "{\"id\":\"a\",\"agents\":[],\"tenants\":[\"Cust1\"],"
                     "\"erpConnections\":[1],\"operations\":[],"
                     "\"tokens\":[{\"sha256\":\"" DIGEST("01") "\"}]},"
                     "{\"id\":\"b\",\"agents\":[],\"tenants\":[\"Cust2\"],"
                     "\"erpConnections\":[2],"
                     "\"tokens\":[{\"sha256\":\"" DIGEST("02") "\"}]}]}");
    a = erpsync_registry_app(registry, 0);
    b = erpsync_registry_app(registry, 1);

    assert_true(erpsync_app_has_tenant(registry, a, erpsync_span("Cust1", 5)));
    assert_false(erpsync_app_has_tenant(registry, a,
                                        erpsync_span("Cust2", 5)));
    assert_false(erpsync_app_has_tenant(registry, b,
                                        erpsync_span("Cust1", 5)));
    assert_true(erpsync_app_has_tenant(registry, b, erpsync_span("Cust2", 5)));

    assert_true(erpsync_app_has_connection(registry, a, 1));
    assert_false(erpsync_app_has_connection(registry, a, 2));
    assert_false(erpsync_app_has_connection(registry, b, 1));
    assert_true(erpsync_app_has_connection(registry, b, 2));

    assert_false(erpsync_app_has_operation(a, 0));
    assert_true(erpsync_app_has_operation(b, 0));

    erpsync_registry_destroy(registry);
}


/* The n-th app of a large registry, and its digest. */

static void
many_digest(unsigned n, uint8_t digest[ERPSYNC_DIGEST_LEN])
{
    unsigned  i;
    uint32_t  x;

    x = n * 2654435761u + 12345;

    for (i = 0; i < ERPSYNC_DIGEST_LEN; i++) {
        x = x * 1664525u + 1013904223u;
        digest[i] = (uint8_t) (x >> 24);
    }

    digest[28] = (uint8_t) (n >> 24);
    digest[29] = (uint8_t) (n >> 16);
    digest[30] = (uint8_t) (n >> 8);
    digest[31] = (uint8_t) n;
}


static void
test_many(void **state)
{
    char                 *text, *p, id[16];
    unsigned              i, n;
    uint8_t               digest[ERPSYNC_DIGEST_LEN];
    erpsync_grant_t       grant;
    erpsync_registry_t   *registry;

    enum { APPS = 20000 };

    (void) state;

    text = malloc(APPS * 160 + 64);
    assert_non_null(text);
    p = text + sprintf(text, "{\"version\":1,\"apps\":[");

    for (n = 0; n < APPS; n++) {
        p += sprintf(p, "%s{\"id\":\"app-%u\",\"agents\":[\"ErpSync\"],"
                     "\"tokens\":[{\"sha256\":\"", n ? "," : "", n);
        many_digest(n, digest);

        for (i = 0; i < ERPSYNC_DIGEST_LEN; i++) {
            p += sprintf(p, "%02x", digest[i]);
        }

        p += sprintf(p, "\"}]}");
    }

    (void) sprintf(p, "]}");
    registry = parse(text);
    free(text);

    assert_int_equal(erpsync_registry_apps(registry), APPS);
    assert_true(snapshot_size(registry) <= APPS * 200);

    for (n = 0; n < 2 * APPS; n++) {
        many_digest(n, digest);

        if (n >= APPS) {
            assert_false(erpsync_registry_find(registry, ERPSYNC_BY_TOKEN,
                                               digest, &grant));
            continue;
        }

        assert_true(erpsync_registry_find(registry, ERPSYNC_BY_TOKEN, digest,
                                          &grant));
        (void) snprintf(id, sizeof(id), "app-%u", n);
        unit_equal("id", erpsync_app_id(registry, grant.app), id);
    }

    erpsync_registry_destroy(registry);
}


/* Loads a registry file at once. */

static erpsync_registry_t *
load(const char *path, char error[ERPSYNC_REGISTRY_ERROR_LEN])
{
    void              *snapshot;
    erpsync_file_t     file;
    erpsync_loader_t  *loader;
    erpsync_source_t   source;

    memset(&file, 0, sizeof(erpsync_file_t));
    memset(&source, 0, sizeof(erpsync_source_t));
    source.kind = &erpsync_registry_kind;
    source.path = path;

    loader = erpsync_loader_begin(&source, &file, error);
    assert_non_null(loader);

    while (erpsync_loader_step(loader, SIZE_MAX)) { /* void */ }

    (void) erpsync_loader_end(loader, &snapshot, &file);

    return snapshot;
}


static void
test_load(void **state)
{
    int                  fd;
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    char                 directory[] = "/tmp/erpsync.XXXXXX";
    char                 path[64], link[64];
    erpsync_registry_t  *registry;

    static const char  text[] = APP("");

    (void) state;

    assert_non_null(mkdtemp(directory));
    (void) snprintf(path, sizeof(path), "%s/file", directory);
    (void) snprintf(link, sizeof(link), "%s/link", directory);

    assert_null(load(path, error));
    assert_string_equal(error, "cannot open: No such file or directory");

    assert_null(load(directory, error));
    assert_string_equal(error, "cannot read: it is a directory");

    assert_null(load("/dev/null", error));
    assert_string_equal(error, "cannot read: it is not a regular file");

    fd = open(path, O_WRONLY|O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    assert_int_equal(symlink(path, link), 0);

    registry = load(link, error);
    assert_non_null(registry);
    assert_string_equal(error, "");
    assert_int_equal(erpsync_registry_apps(registry), 1);
    erpsync_registry_destroy(registry);

    /* errors name the place, and neither the path nor the text */

    assert_int_equal(write(fd, "Secret", 6), 6);
    assert_null(load(path, error));
    assert_null(strstr(error, path));
    assert_null(strstr(error, "Secret"));
    assert_memory_equal(error, "line 1, column ", 15);

    assert_int_equal(ftruncate(fd, 0), 0);
    assert_null(load(path, error));
    assert_memory_equal(error, "line 1, column 1: ", 18);

    (void) close(fd);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_fixtures),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_certificates),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_own_digest),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_operations_and_actors),
        cmocka_unit_test(test_tenants),
        cmocka_unit_test(test_connections),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_load),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
