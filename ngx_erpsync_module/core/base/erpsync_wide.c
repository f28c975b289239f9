
#include "erpsync_wide.h"


/*
 * The only variable of the core that changes: before main(), or when the
 * module is loaded.
 */

static bool  erpsync_wide_used;


bool
erpsync_wide(void)
{
    return erpsync_wide_used;
}


bool
erpsync_wide_set(bool wide)
{
    if (wide) {

#if (ERPSYNC_HAVE_WIDE)

        __builtin_cpu_init();

        if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi"))
        {
            return false;
        }

#else
        return false;
#endif
    }

    erpsync_wide_used = wide;

    return true;
}


__attribute__((constructor))
static void
erpsync_wide_choose(void)
{
    (void) erpsync_wide_set(true);
}
