
/*
 * A stand-in for the WebAPI that costs next to nothing: reads each request
 * to its end, without looking at the body, and answers "true".  (nginx's
 * "return 200 true" answers before it has read the body, and the connection
 * is then not kept alive.)
 *
 * "GET /count" answers how many requests and bytes of bodies have come.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "webapi.h"


#define MAX_CONNECTIONS  8192
#define HEAD_SIZE        16384


typedef struct {
    size_t         len;
    size_t         rest;       /* of the body that is being read */
    double         due;        /* when to answer; 0: nothing is due */
    char           head[HEAD_SIZE];
} conn_t;


static conn_t        *conns[MAX_CONNECTIONS];
static int            epoll, listener, max_fd;
static double         delay;
static unsigned long  requests, bytes;


static double
now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec * 1e3 + (double) ts.tv_nsec / 1e6;
}


static void
end(int fd)
{
    (void) close(fd);
    free(conns[fd]);
    conns[fd] = NULL;
}


static void
answer(int fd, const char *text)
{
    int   len;
    char  buf[256];

    len = snprintf(buf, sizeof(buf), "HTTP/1.1 200 OK\r\n"
                   "Content-Type: application/json; charset=utf-8\r\n"
                   "Content-Length: %zu\r\n\r\n%s", strlen(text), text);

    conns[fd]->due = 0;

    if (send(fd, buf, (size_t) len, MSG_NOSIGNAL) != len) {
        end(fd);
    }
}


static void
complete(int fd)
{
    if (delay > 0) {
        conns[fd]->due = now() + delay;

    } else {
        answer(fd, "true");
    }
}


/* A head that has been read in full: how much of a body comes? */

static void
head(int fd)
{
    char         *last, *field, text[64];
    conn_t       *c = conns[fd];
    size_t        size, got;

    last = memmem(c->head, c->len, "\r\n\r\n", 4);

    if (last == NULL) {
        if (c->len == HEAD_SIZE) {
            end(fd);
        }

        return;
    }

    *last = '\0';

    if (strncmp(c->head, "GET /count ", 11) == 0) {
        (void) snprintf(text, sizeof(text), "%lu %lu", requests, bytes);
        c->len = 0;
        answer(fd, text);
        return;
    }

    field = strcasestr(c->head, "\r\nContent-Length:");
    size = field ? strtoul(field + 17, NULL, 10) : 0;

    if (strcasestr(c->head, "\r\nTransfer-Encoding:")) {
        (void) fprintf(stderr, "upstream: a chunked body\n");
        end(fd);
        return;
    }

    got = c->len - (size_t) (last + 4 - c->head);
    c->len = 0;
    c->rest = size - (got < size ? got : size);

    requests++;
    bytes += size;

    if (c->rest == 0) {
        complete(fd);
    }
}


static void
readable(int fd)
{
    conn_t   *c = conns[fd];
    ssize_t   n;

    if (c->rest) {

        /* dropped in the kernel, not copied */

        n = recv(fd, NULL, c->rest, MSG_TRUNC);

    } else {
        n = recv(fd, c->head + c->len, HEAD_SIZE - c->len, 0);
    }

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN) {
            end(fd);
        }

        return;
    }

    if (c->rest == 0) {
        c->len += (size_t) n;
        head(fd);
        return;
    }

    c->rest -= (size_t) n;

    if (c->rest == 0) {
        complete(fd);
    }
}


static void
accept_all(void)
{
    int                 fd, one = 1;
    struct epoll_event  event = { .events = EPOLLIN };

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MAX_CONNECTIONS
            || (conns[fd] = calloc(1, sizeof(conn_t))) == NULL)
        {
            (void) close(fd);
            continue;
        }

        max_fd = fd > max_fd ? fd : max_fd;
        event.data.fd = fd;

        (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        (void) epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}


int
webapi_listen(double msec)
{
    socklen_t           len;
    struct sockaddr_in  sin = { .sin_family = AF_INET };
    struct epoll_event  event = { .events = EPOLLIN };

    delay = msec;

    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    len = sizeof(sin);

    listener = socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, 0);
    epoll = epoll_create1(0);

    if (listener < 0 || epoll < 0
        || bind(listener, (struct sockaddr *) &sin, len) != 0
        || listen(listener, 4096) != 0
        || getsockname(listener, (struct sockaddr *) &sin, &len) != 0)
    {
        perror("webapi");
        exit(1);
    }

    event.data.fd = listener;
    (void) epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);

    (void) printf("%d\n", ntohs(sin.sin_port));
    (void) fflush(stdout);

    return epoll;
}


void
webapi_poll(int timeout)
{
    int                 i, n;
    double              time;
    struct epoll_event  events[64];

    n = epoll_wait(epoll, events, 64, timeout);

    for (i = 0; i < n; i++) {
        if (events[i].data.fd == listener) {
            accept_all();

        } else if (conns[events[i].data.fd]) {
            readable(events[i].data.fd);
        }
    }

    if (delay > 0) {
        time = now();

        for (i = 0; i <= max_fd; i++) {
            if (conns[i] && conns[i]->due > 0 && conns[i]->due <= time) {
                answer(i, "true");
            }
        }
    }
}
