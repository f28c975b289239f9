
#define _POSIX_C_SOURCE  200809L

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"


#define CTL_READ_STEP  65536
#define CTL_READ_MAX   ERPSYNC_REGISTRY_MAX


bool
ctl_read(const ctl_t *ctl, const char *path, ctl_buf_t *buf)
{
    int          fd;
    bool         ok, input;
    const char  *name;

    input = (path == NULL || strcmp(path, "-") == 0);
    name = input ? "standard input" : path;
    fd = input ? STDIN_FILENO : open(path, O_RDONLY|O_CLOEXEC|O_NOCTTY);

    if (fd == -1) {
        ctl_error(ctl, "cannot open %s: %s", name, strerror(errno));
        return false;
    }

    ok = ctl_read_fd(fd, buf);

    if (!ok) {
        ctl_error(ctl, "cannot read %s: %s", name, strerror(errno));
    }

    if (!input) {
        (void) close(fd);
    }

    return ok;
}


bool
ctl_read_fd(int fd, ctl_buf_t *buf)
{
    size_t    size;
    ssize_t   n;
    uint8_t  *grown;

    memset(buf, 0, sizeof(ctl_buf_t));
    size = 0;

    do {
        if (size - buf->len < CTL_READ_STEP) {
            size = size ? size * 2 : CTL_READ_STEP * 2;
            grown = realloc(buf->data, size);

            if (grown == NULL) {
                goto failed;
            }

            buf->data = grown;
        }

        n = read(fd, buf->data + buf->len, size - buf->len);

        if (n == -1) {

            if (errno == EINTR) {
                continue;
            }

            goto failed;
        }

        buf->len += (size_t) n;

        if (buf->len > CTL_READ_MAX) {
            errno = EFBIG;
            goto failed;
        }

    } while (n);

    return true;

failed:

    free(buf->data);
    memset(buf, 0, sizeof(ctl_buf_t));

    return false;
}


bool
ctl_write(int fd, const void *text, size_t len)
{
    ssize_t         n;
    const uint8_t  *p;

    for (p = text; len; p += n, len -= (size_t) n) {
        n = write(fd, p, len);

        if (n == -1) {

            if (errno != EINTR) {
                return false;
            }

            n = 0;
        }
    }

    return true;
}
