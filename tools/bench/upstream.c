
/*
 * The stand-in for the WebAPI as a program:
 *
 *   upstream [DELAY]    answers DELAY milliseconds late
 *
 * Without a delay it never sleeps, and runs when nothing else does on its
 * CPU.  To wake a process on the same machine takes the gateway time that a
 * WebAPI elsewhere would not cost it, and the longer the gateway takes, the
 * more often it would find this one asleep.
 */

#define _GNU_SOURCE

#include <sched.h>
#include <stdlib.h>

#include "webapi.h"


int
main(int argc, char **argv)
{
    double              delay;
    struct sched_param  param = { 0 };

    delay = argc > 1 ? strtod(argv[1], NULL) : 0;

    (void) webapi_listen(delay);

    if (delay <= 0) {
        (void) sched_setscheduler(0, SCHED_IDLE, &param);
    }

    for ( ;; ) {
        webapi_poll(delay > 0 ? 10 : 0);
    }
}
