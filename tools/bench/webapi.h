
/*
 * The stand-in for the WebAPI, for programs of one thread.
 */


#ifndef WEBAPI_H
#define WEBAPI_H


/*
 * Listens on a free port of 127.0.0.1, which it prints, and answers "msec"
 * milliseconds late.  Returns a descriptor that is readable when there is
 * something to do; ends the program where that fails.
 */

int webapi_listen(double msec);

/* Does what there is to do; waits for it up to "timeout" ms, -1: for ever. */

void webapi_poll(int timeout);


#endif /* WEBAPI_H */
