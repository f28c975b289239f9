
/*
 * Requests at a constant rate over keepalive connections, and how long each
 * took: from the time it was due, so that a stall counts for all that it
 * held up.
 *
 *   rate PORT FILE CONNECTIONS RATE SECONDS
 *
 * FILE is a request, head and body.  Prints the answers a second, then p50,
 * p90, p99, p99.9 and the longest, in microseconds.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>


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
static char      *request;
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
prepare(char **argv, int epoll)
{
    int                 i, one = 1;
    FILE               *file;
    struct sockaddr_in  sin = { .sin_family = AF_INET };
    struct epoll_event  event = { .events = EPOLLIN };

    file = fopen(argv[2], "rb");
    request = malloc(1 << 16);

    if (file == NULL || request == NULL) {
        die(argv[2]);
    }

    request_len = fread(request, 1, 1 << 16, file);
    (void) fclose(file);

    sin.sin_port = htons((uint16_t) atoi(argv[1]));
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    for (i = 0; i < nconns; i++) {
        conns[i].fd = socket(AF_INET, SOCK_STREAM, 0);

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
quantile(double q)
{
    return (double) times[(size_t) (q * (double) (ntimes - 1))] / 1e3;
}


static void
report(uint64_t spent)
{
    size_t  skip;

    skip = (size_t) (WARMUP * (double) done);

    if (done == 0) {
        (void) fprintf(stderr, "rate: no answer\n");
        exit(1);
    }

    (void) printf("%.0f", (double) done * 1e9 / (double) spent);

    times += skip;
    ntimes = done - skip;

    qsort(times, ntimes, sizeof(uint64_t), compare);

    (void) printf(" %.1f %.1f %.1f %.1f %.1f\n", quantile(0.5),
                  quantile(0.9), quantile(0.99), quantile(0.999),
                  quantile(1));
}


int
main(int argc, char **argv)
{
    int                 i, n, epoll, timer;
    double              rate, seconds;
    size_t              sent;
    uint64_t            first, last, due, expired;
    struct epoll_event  event = { .events = EPOLLIN }, events[64];
    struct itimerspec   it = { 0 };

    if (argc != 6 || (nconns = atoi(argv[3])) < 1
        || nconns > MAX_CONNECTIONS || (rate = atof(argv[4])) < 1
        || (seconds = atof(argv[5])) <= 0)
    {
        (void) fprintf(stderr,
                       "usage: rate PORT FILE CONNECTIONS RATE SECONDS\n");
        return 2;
    }

    (void) prctl(PR_SET_TIMERSLACK, 1UL);

    epoll = epoll_create1(0);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    ntimes = (size_t) (rate * seconds);
    times = malloc((ntimes + 1) * sizeof(uint64_t));

    if (epoll < 0 || timer < 0 || times == NULL) {
        die("rate");
    }

    prepare(argv, epoll);

    event.data.u32 = MAX_CONNECTIONS;
    (void) epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event);

    first = now() + 1000000;
    last = first + (uint64_t) (seconds * 2e9);

    /* one that does not keep up is given twice the time */

    for (sent = 0; done < ntimes && now() < last; ) {
        due = first + (uint64_t) ((double) sent * 1e9 / rate);

        if (sent < ntimes && nidle && due <= now()) {
            start(due);
            sent++;
            continue;
        }

        if (sent < ntimes && nidle) {
            it.it_value.tv_sec = (time_t) (due / 1000000000);
            it.it_value.tv_nsec = (long) (due % 1000000000);
            (void) timerfd_settime(timer, TFD_TIMER_ABSTIME, &it, NULL);
        }

        n = epoll_wait(epoll, events, 64, 5000);

        if (n <= 0) {
            (void) fprintf(stderr, "rate: no answer\n");
            return 1;
        }

        for (i = 0; i < n; i++) {
            if (events[i].data.u32 == MAX_CONNECTIONS) {
                (void) !read(timer, &expired, sizeof(expired));

            } else {
                readable((int) events[i].data.u32);
            }
        }
    }

    report(now() - first);

    return 0;
}
