
/* Which headers are known by their name: docs/headers.md. */


#include <strings.h>

#include "unit.h"


static const struct {
    const char  *name;
    unsigned     id;
} known[] = {
    { "Authorization", ERPSYNC_HEADER_AUTHORIZATION },
    { "SO-AppToken", ERPSYNC_HEADER_APP_TOKEN },
    { "SO-Language", ERPSYNC_HEADER_LANGUAGE },
    { "SO-Culture", ERPSYNC_HEADER_CULTURE },
    { "SO-TimeZone", ERPSYNC_HEADER_TIMEZONE },
    { "X-XSRF-TOKEN", ERPSYNC_HEADER_XSRF_TOKEN },
    { "Content-Type", ERPSYNC_HEADER_CONTENT_TYPE },
    { "Content-Encoding", ERPSYNC_HEADER_CONTENT_ENCODING },
    { "Accept", ERPSYNC_HEADER_ACCEPT },
    { "Accept-Language", ERPSYNC_HEADER_ACCEPT_LANGUAGE },
    { "Cookie", ERPSYNC_HEADER_COOKIE },
    { "Content-Length", ERPSYNC_HEADER_LENGTH },
    { "Transfer-Encoding", ERPSYNC_HEADER_TRANSFER },
    { "X-HTTP-Method", ERPSYNC_HEADER_OVERRIDE },
    { "X-HTTP-Method-Override", ERPSYNC_HEADER_OVERRIDE },
    { "X-Original-URL", ERPSYNC_HEADER_OVERRIDE },
    { "X-Rewrite-URL", ERPSYNC_HEADER_OVERRIDE },
};


static unsigned
id_of(const char *name, size_t len)
{
    unsigned      id;
    unit_input_t  input;

    input = unit_input(name, len);
    id = erpsync_known_header_id(input.str);
    free(input.data);

    return id;
}


/* Such as "Accept", with which "Accept-Language" begins. */

static bool
is_known(const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < erpsync_nelts(known); i++) {
        if (strlen(known[i].name) == len
            && strncasecmp(known[i].name, name, len) == 0)
        {
            return true;
        }
    }

    return false;
}


static void
test_names(void **state)
{
    char    name[64];
    size_t  i, k, len;

    (void) state;

    for (i = 0; i < erpsync_nelts(known); i++) {
        len = strlen(known[i].name);
        memcpy(name, known[i].name, len);

        for (k = 0; k < 2; k++) {
            assert_int_equal(id_of(name, len), known[i].id);
            name[0] ^= 0x20;       /* in the other case */
            name[len - 1] ^= 0x20;
        }

        /* any other byte, any other length: another header */

        for (k = 0; k < len; k++) {
            name[k] ^= 0x01;

            if (id_of(name, len) != ERPSYNC_HEADER_NONE) {
                fail_msg("%.*s is known", (int) len, name);
            }

            name[k] ^= 0x01;

            if (!is_known(name, k)) {
                assert_int_equal(id_of(name, k), ERPSYNC_HEADER_NONE);
            }
        }

        memcpy(name + len, "sssssssssssssss", 15);

        for (k = 1; k < 16; k++) {
            assert_int_equal(id_of(name, len + k), ERPSYNC_HEADER_NONE);
        }
    }
}


/* With "_" for "-" a server may take it for the header, so it is removed. */

static void
test_twins(void **state)
{
    char    name[64], *dash;
    size_t  i, len;

    (void) state;

    for (i = 0; i < erpsync_nelts(known); i++) {
        len = strlen(known[i].name);
        memcpy(name, known[i].name, len + 1);

        while ((dash = strrchr(name, '-')) != NULL) {
            *dash = '_';

            if (id_of(name, len) != ERPSYNC_HEADER_OVERRIDE) {
                fail_msg("%s is not removed", name);
            }
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_twins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
