
/* The names of one object: which of them is there twice. */


#include "unit.h"

#include "erpsync_nameset.h"


#define NAMES  5000
#define KEY    0x5eed


static bool
add(erpsync_nameset_t *set, erpsync_arena_t *arena, const char *name,
    bool exact)
{
    bool  duplicate;

    assert_int_equal(erpsync_nameset_add(set, arena, KEY,
                                         erpsync_span(name, strlen(name)),
                                         exact, &duplicate), ERPSYNC_OK);

    return duplicate;
}


/* Two objects, of which the second one gets the tables of the first. */

static void
test_names(void **state)
{
    int                 object;
    char                name[32];
    bool                exact;
    unsigned            i, k;
    erpsync_arena_t     arena;
    erpsync_nameset_t   set;

    (void) state;

    erpsync_arena_init(&arena);
    erpsync_nameset_create(&set);

    for (object = 0; object < 4; object++) {
        exact = (object >= 2);
        erpsync_nameset_init(&set);

        for (i = 0; i < NAMES; i++) {
            (void) snprintf(name, sizeof(name), "name%0*u", (int) (i % 9), i);

            if (add(&set, &arena, name, exact)) {
                fail_msg("%s is not there", name);
            }

            /* one name of each power of two, while the set grows */

            for (k = 1; k < i; k *= 2) {
                (void) snprintf(name, sizeof(name), "NAME%0*u",
                                (int) (k % 9), k);

                if (exact) {
                    memcpy(name, "name", 4);
                }

                if (!add(&set, &arena, name, exact)) {
                    fail_msg("%s is there, of %u names", name, i);
                }
            }
        }

        assert_true(add(&set, &arena, "NAME00000008", exact) == !exact);
    }

    erpsync_arena_destroy(&arena);
}


/* No more tables: memory has run out, and nothing is written. */

static void
test_full(void **state)
{
    bool               duplicate;
    erpsync_arena_t    arena;
    erpsync_nameset_t  set;

    (void) state;

    erpsync_arena_init(&arena);
    erpsync_nameset_create(&set);
    erpsync_nameset_init(&set);
    set.size = (size_t) ERPSYNC_NAMESET_SMALL * 4
               << (ERPSYNC_NAMESET_TABLES - 1);
    set.n = set.size;

    assert_int_equal(erpsync_nameset_add(&set, &arena, KEY,
                                         erpsync_span("a", 1), false,
                                         &duplicate), ERPSYNC_ERROR);

    erpsync_arena_destroy(&arena);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
