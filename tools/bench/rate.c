
/*
 * Requests at a constant rate over keepalive connections, and how long each
 * took: from the time it was due, so that a stall counts for all that it
 * held up.
 *
 *   rate    prints the port of the WebAPI that is behind the gateway, then
 *           takes lines "PORT FILE CONNECTIONS RATE SECONDS" and prints, for
 *           each, the answers a second, then p50, p90, p99, p99.9 and the
 *           longest, in microseconds
 *
 * FILE is a request, head and body.  Load and WebAPI are one program that
 * never sleeps while it measures: what the kernel takes to wake one of them,
 * or to go from the one to the other on a CPU they share, would be the most
 * of the times.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "webapi.h"


#define MAX_CONNECTIONS  1024
#define ANSWER_SIZE      16384
#define WARMUP           0.2        /* of the requests are not counted */


typedef struct {
    int            fd;
    int            busy;
    uint64_t       due;
    size_t         len;
    char           answer[ANSWER_SIZE + 1];
} conn_t;


static conn_t     conns[MAX_CONNECTIONS];
static int        nconns, idle[MAX_CONNECTIONS], nidle;
static char       request[1 << 16];
static size_t     request_len, ntimes, done;
static uint64_t  *times;


static void
die(const char *what)
{
    perror(what);
    exit(1);
}


static uint64_t
now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}


static int
compare(const void *a, const void *b)
{
    uint64_t  x = *(const uint64_t *) a, y = *(const uint64_t *) b;

    return (x > y) - (x < y);
}


/* Whether the answer has come in full */

static int
complete(conn_t *c)
{
    char  *last, *field;

    c->answer[c->len] = '\0';
    last = strstr(c->answer, "\r\n\r\n");

    if (last == NULL) {
        return 0;
    }

    if (strncmp(c->answer, "HTTP/1.1 200", 12) != 0) {
        (void) fprintf(stderr, "rate: %.12s\n", c->answer);
        exit(1);
    }

    field = strcasestr(c->answer, "\r\nContent-Length:");

    if (field == NULL || field > last) {
        return strcmp(c->answer + c->len - 5, "0\r\n\r\n") == 0;
    }

    return c->len - (size_t) (last + 4 - c->answer)
           >= strtoul(field + 17, NULL, 10);
}


static void
readable(int i)
{
    conn_t   *c = &conns[i];
    ssize_t   n;

    n = recv(c->fd, c->answer + c->len, ANSWER_SIZE - c->len, 0);

    if (n <= 0) {
        if (n < 0 && errno == EAGAIN) {
            return;
        }

        die("rate: connection lost");
    }

    c->len += (size_t) n;

    if (c->busy && complete(c)) {
        times[done++] = now() - c->due;
        c->busy = 0;
        c->len = 0;
        idle[nidle++] = i;
    }
}


static void
start(uint64_t due)
{
    conn_t  *c = &conns[idle[--nidle]];

    c->busy = 1;
    c->due = due;

    if (send(c->fd, request, request_len, MSG_NOSIGNAL)
        != (ssize_t) request_len)
    {
        die("rate: send");
    }
}


static void
prepare(const char *name, int port, int epoll)
{
    int                 i, one = 1;
    FILE               *file;
    struct sockaddr_in  sin = { .sin_family = AF_INET };
    struct epoll_event  event = { .events = EPOLLIN };

    file = fopen(name, "rb");

    if (file == NULL) {
        die(name);
    }

    request_len = fread(request, 1, sizeof(request), file);
    (void) fclose(file);

    sin.sin_port = htons((uint16_t) port);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    for (i = 0; i < nconns; i++) {
        conns[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        conns[i].len = 0;
        conns[i].busy = 0;

        if (conns[i].fd < 0 || connect(conns[i].fd, (struct sockaddr *) &sin,
                                       sizeof(sin)) != 0)
        {
            die("rate: connect");
        }

        (void) setsockopt(conns[i].fd, IPPROTO_TCP, TCP_NODELAY, &one,
                          sizeof(one));

        event.data.u32 = (uint32_t) i;
        (void) epoll_ctl(epoll, EPOLL_CTL_ADD, conns[i].fd, &event);
        idle[nidle++] = i;
    }
}


static double
quantile(const uint64_t *list, size_t n, double q)
{
    return (double) list[(size_t) (q * (double) (n - 1))] / 1e3;
}


static void
report(uint64_t spent)
{
    size_t     n;
    uint64_t  *list;

    if (done == 0) {
        (void) fprintf(stderr, "rate: no answer\n");
        exit(1);
    }

    list = times + (size_t) (WARMUP * (double) done);
    n = (size_t) (times + done - list);

    qsort(list, n, sizeof(uint64_t), compare);

    (void) printf("%.0f %.1f %.1f %.1f %.1f %.1f\n",
                  (double) done * 1e9 / (double) spent,
                  quantile(list, n, 0.5), quantile(list, n, 0.9),
                  quantile(list, n, 0.99), quantile(list, n, 0.999),
                  quantile(list, n, 1));
    (void) fflush(stdout);
}


static void
measure(int epoll, double rate, double seconds)
{
    int                 i, n;
    size_t              sent;
    uint64_t            first, last, due;
    struct epoll_event  events[64];

    ntimes = (size_t) (rate * seconds);
    times = malloc((ntimes + 1) * sizeof(uint64_t));
    done = 0;

    if (times == NULL) {
        die("rate");
    }

    first = now() + 1000000;
    last = first + (uint64_t) (seconds * 2e9);

    /* one that does not keep up is given twice the time */

    for (sent = 0; done < ntimes && now() < last; ) {
        due = first + (uint64_t) ((double) sent * 1e9 / rate);

        if (sent < ntimes && nidle && due <= now()) {
            start(due);
            sent++;
        }

        webapi_poll(0);

        n = epoll_wait(epoll, events, 64, 0);

        for (i = 0; i < n; i++) {
            readable((int) events[i].data.u32);
        }
    }

    report(now() - first);
    free(times);
}


static void
run(const char *line)
{
    int     i, epoll, port;
    char    name[1024];
    double  rate, seconds;

    if (sscanf(line, "%d %1023s %d %lf %lf", &port, name, &nconns, &rate,
               &seconds)
        != 5 || nconns < 1 || nconns > MAX_CONNECTIONS || rate < 1
        || seconds <= 0)
    {
        (void) fprintf(stderr, "rate: PORT FILE CONNECTIONS RATE SECONDS\n");
        exit(2);
    }

    epoll = epoll_create1(0);
    nidle = 0;

    if (epoll < 0) {
        die("rate");
    }

    prepare(name, port, epoll);
    measure(epoll, rate, seconds);

    for (i = 0; i < nconns; i++) {
        (void) close(conns[i].fd);
    }

    (void) close(epoll);
}


int
main(void)
{
    char           line[2048];
    struct pollfd  fds[2] = { { .events = POLLIN }, { .events = POLLIN } };

    fds[0].fd = webapi_listen(0);
    fds[1].fd = STDIN_FILENO;

    (void) setvbuf(stdin, NULL, _IONBF, 0);

    for ( ;; ) {
        (void) poll(fds, 2, -1);

        if (fds[0].revents) {
            webapi_poll(0);
        }

        if (fds[1].revents) {

            if (fgets(line, sizeof(line), stdin) == NULL) {
                return 0;
            }

            run(line);
        }
    }
}
