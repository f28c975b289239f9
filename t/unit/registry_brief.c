
/*
 * The brief text of a registry is read as the file's own is: the same
 * snapshot, to the byte, or the same error, for registries that are written,
 * varied and broken at random.
 */


#include "random.h"

#include "erpsync_error.h"
#include "erpsync_registry_reader.h"


#define DOCUMENTS  60000
#define SIZE       65536

#define HEX  "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"


/* The reader once more, but with a brief text that is always empty. */

#define erpsync_registry_begin  plain_begin
#define erpsync_registry_step   plain_step
#define erpsync_registry_end    plain_end
#define erpsync_registry_parse  plain_parse
#define erpsync_brief_fill      plain_fill

static erpsync_registry_job_t *plain_begin(erpsync_str_t text,
    char error[ERPSYNC_REGISTRY_ERROR_LEN]);
static bool plain_step(erpsync_registry_job_t *job, size_t work);
static erpsync_registry_t *plain_end(erpsync_registry_job_t *job);
static erpsync_registry_t *plain_parse(erpsync_str_t text,
    char error[ERPSYNC_REGISTRY_ERROR_LEN]);


static void
plain_fill(erpsync_brief_t *brief, erpsync_str_t text)
{
    (void) text;

    brief->len = 0;
    brief->pos = 0;
}


#include "erpsync_registry_job.c"

#undef erpsync_registry_begin
#undef erpsync_registry_step
#undef erpsync_registry_end
#undef erpsync_registry_parse
#undef erpsync_brief_fill


static char    document[SIZE];
static size_t  used;


static void
add(const char *s)
{
    size_t  n;

    n = strlen(s);

    if (n <= SIZE - used) {
        memcpy(document + used, s, n);
        used += n;
    }
}


static void
add_one_of(const char *const *values, size_t n)
{
    add(values[any((unsigned) n)]);
}


static void
add_digest(void)
{
    char      hex[65];
    unsigned  i, upper;

    upper = any(2);

    for (i = 0; i < 64; i++) {
        hex[i] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[any(16)];
    }

    hex[64] = '\0';

    /* one digit too few, too many or none; or the one that is there twice */

    switch (any(60)) {

    case 0:
        hex[any(64)] = "gG/:@` \x7f"[any(8)];
        break;

    case 1:
        hex[63] = '\0';
        break;

    case 2:
        hex[0] = '\0';
        break;

    case 3:
        add(HEX);
        return;
    }

    add(hex);
}


static void
add_token(void)
{
    static const char *const  names[] = {
        "{\"sha256\":\"", "{\"sha256\":\"", "{\"sha256\":\"",
        "{\"sha256\": \"", "{\"sha256\":   \"", "{\"sha256\" : \"",
        "{\"sha256\":\t\"", "{\n  \"sha256\":\n\"", "{ \"sh\\u0061256\":\"",
        "{\"notBefore\":\"2026-01-01T00:00:00Z\",\"sha256\":\""
    };

    static const char *const  ends[] = {
        "\"}", "\"}", "\"}", "\"}", "\" }",
        "\",\"expires\":\"2027-01-01T00:00:00.5+01:00\"}",
        "\",\"notBefore\":\"2025-01-01T00:00:00Z\"}"
    };

    add_one_of(names, erpsync_nelts(names));
    add_digest();
    add_one_of(ends, erpsync_nelts(ends));
}


static void
add_app(void)
{
    char      id[32];
    unsigned  n;

    static const char *const  members[] = {
        ",\"name\":\"" HEX "\"", ",\"name\":\"\"",
        ",\"name\":\"\\\"sha256\\\":\\\"" HEX "\\\"\"",
        ",\"name\":\"h\\u0068h \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
        ",\"enabled\":false", ",\"operations\":\"*\"",
        ",\"operations\":[\"TryConnectActor\"]",
        ",\"tenants\":[\"Cust20\",\"Cust1\"]", ",\"tenants\":[]",
        ",\"addresses\":[\"10.0.0.0/8\",\"2001:db8::/32\"]",
        ",\"erpConnections\":[9,2,1]", ",\"crmActorTypes\":[\"Contact\"]",
        ",\"sha256\":\"" HEX "\"", ",\"name\":\"\xff\"", ",\"name\":\"\\u0000\""
    };

    (void) snprintf(id, sizeof(id), "{\"id\":\"h%u\",\"tokens\":[",
                    any(100000));
    add(id);
    add_token();

    while (any(4) == 0) {
        add(",");
        add_token();
    }

    add(any(8) ? "],\"agents\":[\"ErpSync\"]" : "], \"agents\" : [ ]");

    /* the last ones are errors */

    for (n = any(4); n; n--) {
        add(members[any(any(20) ? 12 : erpsync_nelts(members))]);
    }

    add("}");
}


/* Mostly white space, so that a window ends in whatever follows. */

static void
insert(size_t at, const char *s, size_t n)
{
    if (n > SIZE - used) {
        return;
    }

    memmove(document + at + n, document + at, used - at);

    if (s) {
        memcpy(document + at, s, n);

    } else {
        memset(document + at, ' ', n);
    }

    used += n;
}


static void
mutate(void)
{
    size_t       at, n;
    const char  *word;

    static const char *const  words[] = {
        "\"", "\\", "\\\"", "\"sha256\":\"", "\"sha256\":\"\"", "\"sha256\":",
        "\"sha256\":\"" HEX "\"", HEX, "\"\"", "\"" HEX "\"", ",", ":", "{",
        "}", "[", "]", "{}", "[]", "h", "\n", "\t", "1", "null", "\xc3",
        "\xe2\x82", "{\"sha256\":\"\"},", ",{\"sha256\":\"" HEX "\"}",
        "\"name\":\"\",", "\"id\":\"\",", "\"a\"sha256\":\"" HEX "\""
    };

    at = any((unsigned) used);

    if (any(2)) {               /* quotes are where texts are taken apart */
        while (at && document[at - 1] != '"') {
            at--;
        }
    }

    switch (any(4)) {

    case 0:
        document[at] = (char) any(256);
        break;

    case 1:
        n = 1 + any(any(4) ? 2 : 80);
        n = (n < used - at) ? n : used - at;
        memmove(document + at, document + at + n, used - at - n);
        used -= n;
        break;

    default:
        word = words[any(erpsync_nelts(words))];
        insert(at, word, strlen(word));
    }
}


static void
write_document(void)
{
    unsigned  n;

    used = 0;
    add(any(20) ? "{\"version\":1,\"apps\":[" : "{\"apps\": [\n");

    for (n = any(6); n; n--) {
        add_app();
        add(n == 1 ? "" : any(4) ? "," : " ,\n  ");
    }

    add(any(20) ? "]}" : "],\"version\":1}\n");

    if (any(16) == 0) {
        insert(any((unsigned) used), NULL,
               ERPSYNC_BRIEF_WINDOW - any((unsigned) used + 40));
    }

    for (n = any(2) ? any(4) : 0; n && used; n--) {
        mutate();
    }
}


static bool
same(const erpsync_vec_t *a, const erpsync_vec_t *b, size_t size)
{
    return a->n == b->n
           && (a->n == 0 || memcmp(a->elts, b->elts, a->n * size) == 0);
}


static void
compare(unsigned n, const erpsync_registry_t *a, const erpsync_registry_t *b)
{
    if (!same(&a->apps, &b->apps, sizeof(erpsync_app_t))
        || !same(&a->tokens, &b->tokens, sizeof(erpsync_token_t))
        || !same(&a->text, &b->text, 1)
        || !same(&a->tenants, &b->tenants, sizeof(erpsync_range_t))
        || !same(&a->networks, &b->networks, sizeof(erpsync_network_t))
        || !same(&a->connections, &b->connections, sizeof(int32_t))
        || !same(&a->index, &b->index, sizeof(uint32_t)))
    {
        fail_msg("document %u: another snapshot of\n%.*s", n, (int) used,
                 document);
    }
}


static void
test_equal(void **state)
{
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    char                 expected[ERPSYNC_REGISTRY_ERROR_LEN];
    unsigned             n, valid;
    unit_input_t         input;
    erpsync_registry_t  *brief, *plain;

    (void) state;

    unit_seed = 88172645463325252u;
    valid = 0;

    for (n = 0; n < DOCUMENTS; n++) {
        write_document();
        input = unit_input(document, used);

        brief = erpsync_registry_parse(input.str, error);
        plain = plain_parse(input.str, expected);

        if (strcmp(error, expected) != 0 || !brief != !plain) {
            fail_msg("document %u:\n  got      %s\n  expected %s\n%.*s", n,
                     error, expected, (int) used, document);
        }

        if (brief) {
            valid++;
            compare(n, brief, plain);
        }

        erpsync_registry_destroy(brief);
        erpsync_registry_destroy(plain);
        free(input.data);
    }

    assert_true(valid > DOCUMENTS / 4);
    assert_true(valid < DOCUMENTS / 4 * 3);
}


/* What is taken out, and what is left to jansson. */

static void
test_fill(void **state)
{
    size_t           i;
    uint8_t          digest[ERPSYNC_DIGEST_LEN];
    erpsync_brief_t  brief;

    static const struct {
        const char  *text;
        const char  *brief;
        size_t       digests;
    } cases[] = {
        { "{\"sha256\":\"" HEX "\"}", "{\"sha256\":\"\"}", 1 },
        { "[{\"sha256\":  \"" HEX "\"},{\"sha256\":\"" HEX "\",\"h\":1}]",
          "[{\"sha256\":  \"\"},{\"sha256\":\"\",\"h\":1}]", 2 },
        { "{\"sha256\":\"" HEX, "{\"sha256\":\"" HEX, 0 },
        { "{\"sha256\":\"" HEX "0\"}", "{\"sha256\":\"" HEX "0\"}", 0 },
        { "{\"name\":\"" HEX "\"}", "{\"name\":\"" HEX "\"}", 0 },
        { "{\"sha256\" :\"" HEX "\"}", "{\"sha256\" :\"" HEX "\"}", 0 },
        { "h", "h", 0 },
        { "\"sh", "\"sh", 0 },
        { "", "", 0 }
    };

    (void) state;

    assert_true(erpsync_digest_from_hex(HEX, digest));

    for (i = 0; i < erpsync_nelts(cases); i++) {
        erpsync_brief_fill(&brief, erpsync_span(cases[i].text,
                                                strlen(cases[i].text)));

        unit_equal(cases[i].text, erpsync_span(brief.text, brief.len),
                   cases[i].brief);
        assert_int_equal(brief.n, cases[i].digests);

        while (brief.n) {
            brief.n--;
            assert_memory_equal(brief.digests[brief.n], digest,
                                ERPSYNC_DIGEST_LEN);
            assert_int_equal(brief.text[brief.at[brief.n]], '"');
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
