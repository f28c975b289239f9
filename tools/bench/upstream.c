
/*
 * The stand-in for the WebAPI as a program:
 *
 *   upstream [DELAY]    answers DELAY milliseconds late
 */

#include <stdlib.h>

#include "webapi.h"


int
main(int argc, char **argv)
{
    double  delay;

    delay = argc > 1 ? strtod(argv[1], NULL) : 0;

    (void) webapi_listen(delay);

    for ( ;; ) {
        webapi_poll(delay > 0 ? 10 : -1);
    }
}
