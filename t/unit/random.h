
/*
 * For tests with random input: a generator, and the comparison of two results.
 * A run prints its UNIT_SEED; with that in the environment, another run has
 * the same input.  UNIT_DOCUMENTS is the number of inputs.
 */


#ifndef UNIT_RANDOM_H
#define UNIT_RANDOM_H


#include "unit.h"


static uint64_t  unit_seed;


static inline void
unit_random_start(void)
{
    const char  *given;

    given = getenv("UNIT_SEED");

    if (given) {
        unit_seed = strtoull(given, NULL, 0);

    } else {
        assert_int_equal(erpsync_random(&unit_seed, sizeof(unit_seed)),
                         ERPSYNC_OK);
    }

    unit_seed |= 1;
    printf("UNIT_SEED=0x%llx\n", (unsigned long long) unit_seed);
}


/* Returns how many documents are made: "n", or what UNIT_DOCUMENTS says. */

static inline size_t
unit_documents(size_t n)
{
    const char  *given;

    given = getenv("UNIT_DOCUMENTS");

    return given ? strtoul(given, NULL, 10) : n;
}


/* Returns a number from 0 to "n" - 1. */

static inline unsigned
any(unsigned n)
{
    unit_seed ^= unit_seed << 13;
    unit_seed ^= unit_seed >> 7;
    unit_seed ^= unit_seed << 17;

    return (unsigned) ((unit_seed >> 33) % n);
}


/* Checks that two results are equal in everything. */

static inline void
unit_same_body(const erpsync_body_t *a, const erpsync_body_t *b)
{
    size_t                  i;
    const erpsync_facts_t  *one, *two;

    assert_int_equal(a->reason, b->reason);
    assert_int_equal(a->nviolations, b->nviolations);
    assert_true(erpsync_str_eq(a->canonical, b->canonical));

    for (i = 0; i < a->nviolations; i++) {
        assert_int_equal(a->violations[i].code, b->violations[i].code);
        assert_true(erpsync_str_eq(a->violations[i].path,
                                   b->violations[i].path));
        assert_true(erpsync_str_eq(a->violations[i].message,
                                   b->violations[i].message));
    }

    if (a->reason != ERPSYNC_REASON_OK) {
        return;
    }

    one = &a->facts;
    two = &b->facts;

    assert_int_equal(one->has_connection, two->has_connection);
    assert_int_equal(one->connection, two->connection);
    assert_int_equal(one->crm_actor, two->crm_actor);
    assert_int_equal(one->erp_actor, two->erp_actor);
    assert_int_equal(one->field_values, two->field_values);
    assert_int_equal(one->nconnections, two->nconnections);

    for (i = 0; i < one->nconnections; i++) {
        assert_int_equal(one->connections[i], two->connections[i]);
    }
}


#endif /* UNIT_RANDOM_H */
