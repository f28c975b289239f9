
/*
 * The index of digests: who writes a registry may choose them, and does not
 * make it slow.
 */


#include "unit.h"

#include "erpsync_registry_internal.h"


/* Slots that the search for a token passes at most. */

static size_t
longest_search(const erpsync_registry_t *registry)
{
    size_t                  slot, passed, longest;
    const uint32_t         *index;
    const erpsync_token_t  *tokens;

    index = registry->index.elts;
    tokens = registry->tokens.elts;
    longest = 0;

    for (slot = 0; slot <= registry->mask; slot++) {

        if (index[slot]) {
            passed = (slot - erpsync_registry_home(registry,
                                            tokens[index[slot] - 1].digest))
                     & registry->mask;
            longest = (passed > longest) ? passed : longest;
        }
    }

    return longest;
}


/* Who writes the file may choose digests: 20,000 that differ at one place. */

static void
test_chosen_digests(void **state)
{
    char                 *text, *p, error[ERPSYNC_REGISTRY_ERROR_LEN];
    size_t                i, at;
    uint8_t               digest[ERPSYNC_DIGEST_LEN];
    erpsync_grant_t       grant;
    erpsync_registry_t   *registry, *other;

    (void) state;

    text = malloc(20000 * 128 + 100);
    assert_non_null(text);

    for (at = 0; at < 64 - 16; at += 16) {
        p = text + sprintf(text, "{\"version\":1,\"apps\":[");

        for (i = 0; i < 20000; i++) {
            p += sprintf(p, "%s{\"id\":\"%zu\",\"agents\":[],\"tokens\":[{"
                         "\"sha256\":\"%0*zx%0*d\"}]}", i ? "," : "", i,
                         (int) at + 16, i << 12, 64 - 16 - (int) at, 0);
        }

        (void) sprintf(p, "]}");

        registry = erpsync_registry_parse(erpsync_span(text, strlen(text)),
                                          error);
        other = erpsync_registry_parse(erpsync_span(text, strlen(text)),
                                       error);
        assert_non_null(registry);
        assert_non_null(other);

        assert_true(longest_search(registry) < 500);
        assert_memory_not_equal(registry->index.elts, other->index.elts,
                                (registry->mask + 1) * sizeof(uint32_t));

        memset(digest, 0, sizeof(digest));
        assert_true(erpsync_registry_find(registry, ERPSYNC_BY_TOKEN, digest,
                                          &grant));
        unit_equal("id", erpsync_app_id(registry, grant.app), "0");

        erpsync_registry_destroy(registry);
        erpsync_registry_destroy(other);
    }

    free(text);
}


/* The test vectors of SipHash-2-4: key and input are 0, 1, 2 ... */

static void
test_hash(void **state)
{
    uint8_t             i, bytes[16];
    erpsync_hash_key_t  key;

    (void) state;

    for (i = 0; i < 16; i++) {
        bytes[i] = i;
    }

    memcpy(&key, bytes, 16);

    if (key.k[0] != 0x0706050403020100u) {
        skip();                        /* another order of bytes */
    }

    assert_true(erpsync_hash(&key, erpsync_span(bytes, 0))
                == 0x726fdb47dd0e0e31u);
    assert_true(erpsync_hash(&key, erpsync_span(bytes, 7))
                == 0xab0200f58b01d137u);
    assert_true(erpsync_hash(&key, erpsync_span(bytes, 8))
                == 0x93f5f5799a932462u);
    assert_true(erpsync_hash(&key, erpsync_span(bytes, 15))
                == 0xa129ca6149be45e5u);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_chosen_digests),
        cmocka_unit_test(test_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
