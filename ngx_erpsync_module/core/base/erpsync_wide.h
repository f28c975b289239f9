
/*
 * Whether fast paths may use AVX2.  A function for AVX2 is compiled into every
 * build for x86-64; whether the CPU has it is asked once, when the program or
 * the module is loaded.
 */


#ifndef ERPSYNC_WIDE_H
#define ERPSYNC_WIDE_H


#include "erpsync_base.h"


#if defined(__x86_64__) && defined(__GNUC__) && !defined(ERPSYNC_NO_SIMD)

#define ERPSYNC_HAVE_WIDE  1

/* For each function that uses AVX2, also those that are inlined. */

#define ERPSYNC_WIDE    __attribute__((target("avx2,bmi")))

#else
#define ERPSYNC_WIDE
#endif

/*
 * For functions with an argument that is constant in each of their copies, such
 * as "wide": one is for AVX2, the other one for any CPU.
 */

#define ERPSYNC_INLINE  __attribute__((always_inline))


/* Returns whether AVX2 is used. */

bool erpsync_wide(void);

/*
 * Switches AVX2 on or off, for tests that compare both.  Returns false, and
 * changes nothing, if the CPU or this build does not have it.  Not for use
 * while another thread judges a body.
 */

bool erpsync_wide_set(bool wide);


#endif /* ERPSYNC_WIDE_H */
