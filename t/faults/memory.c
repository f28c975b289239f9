
/*
 * malloc() that fails when a test says so, for nginx and erpsyncctl:
 * LD_PRELOAD=memory.so.
 * ERPSYNC_MEMORY names a file of six numbers of 64 bits, which the test and all
 * processes of nginx share:
 *
 *     at       the allocation that fails, counted from 1; 0: none
 *     stay     1: also all allocations after it fail;  2: none fails, and that
 *              one waits until "at" is another number
 *     process  id of the process that is meant; 0: all of them
 *     count    allocations since "at" was set
 *     failed   those that failed
 *     live     allocations that are not freed, in all processes
 *
 * ERPSYNC_MEMORY_EXCEPT is a part of the name of a library, such as libcrypto:
 * what it allocates itself is not counted, and never fails.
 *
 * What a thread allocates before its function runs is not counted, and never
 * fails: it is of the C library, and a sanitizer ends the process without it.
 *
 * The test sets "at" last.  The allocations that are passed on go to the next
 * malloc(), which may be the one of a sanitizer.
 */


#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>


typedef struct {
    _Atomic int64_t   at;
    _Atomic int64_t   stay;
    _Atomic int64_t   process;
    _Atomic int64_t   count;
    _Atomic int64_t   failed;
    _Atomic int64_t   live;
} memory_t;


typedef struct {
    void             *(*start)(void *);
    void             *arg;
    sem_t             taken;
} memory_thread_t;


void memory_init(void) __attribute__ ((constructor));


static memory_t   *memory;
static uintptr_t   except_from, except_to;

static _Thread_local int  running
    __attribute__ ((tls_model ("initial-exec")));


/* Notes where the code of the library is whose name has "data" in it. */

static int
memory_except(struct dl_phdr_info *info, size_t size, void *data)
{
    int        i;
    uintptr_t  from;

    (void) size;

    if (strstr(info->dlpi_name, data) == NULL) {
        return 0;
    }

    for (i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_LOAD
            && (info->dlpi_phdr[i].p_flags & PF_X))
        {
            from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            except_from = from;
            except_to = from + info->dlpi_phdr[i].p_memsz;
        }
    }

    return 1;
}


void
memory_init(void)
{
    int          fd;
    void        *p;
    char        *except;
    const char  *path;

    except = getenv("ERPSYNC_MEMORY_EXCEPT");

    if (except) {
        (void) dl_iterate_phdr(memory_except, except);
    }

    path = getenv("ERPSYNC_MEMORY");

    if (path == NULL) {
        return;
    }

    fd = open(path, O_RDWR|O_CLOEXEC);

    if (fd == -1) {
        abort();
    }

    p = mmap(NULL, sizeof(memory_t), PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0);

    if (p == MAP_FAILED) {
        abort();
    }

    (void) close(fd);

    memory = p;
}


/*
 * Returns whether an allocation must fail, and sets errno then.  "caller" is
 * an address in the code that asks for it.
 */

static int
memory_fails(void *caller)
{
    int64_t  at, n;

    if (memory == NULL
        || ((uintptr_t) caller >= except_from
            && (uintptr_t) caller < except_to))
    {
        return 0;
    }

    at = memory->at;

    if (at == 0 || (memory->process && memory->process != getpid())) {
        return 0;
    }

    if (!running && gettid() != getpid()) {
        return 0;
    }

    n = ++memory->count;

    if (memory->stay == 2) {

        while (n == at && memory->at == at) {
            (void) usleep(1000);
        }

        return 0;
    }

    if (n == at || (n > at && memory->stay)) {
        memory->failed++;
        errno = ENOMEM;
        return 1;
    }

    return 0;
}


static void *
memory_noted(void *p)
{
    if (p && memory) {
        memory->live++;
    }

    return p;
}


/* Sets "next" to the function that this library hides. */

#define memory_next(name)                                                     \
    if (next == NULL) {                                                       \
        *(void **) &next = dlsym(RTLD_NEXT, name);                            \
    }


static void *
memory_thread(void *data)
{
    void             *arg;
    void             *(*start)(void *);
    memory_thread_t  *thread;

    thread = data;
    start = thread->start;
    arg = thread->arg;
    running = 1;

    (void) sem_post(&thread->taken);

    return start(arg);
}


int
pthread_create(pthread_t *id, const pthread_attr_t *attr,
    void *(*start)(void *), void *arg)
{
    int              rc;
    memory_thread_t  thread;

    static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
        void *);

    memory_next("pthread_create")

    thread.start = start;
    thread.arg = arg;
    (void) sem_init(&thread.taken, 0, 0);

    rc = next(id, attr, memory_thread, &thread);

    if (rc == 0) {
        while (sem_wait(&thread.taken) == -1 && errno == EINTR) { /* void */ }
    }

    (void) sem_destroy(&thread.taken);

    return rc;
}


void *
malloc(size_t size)
{
    static void *(*next)(size_t);

    memory_next("malloc")

    return memory_fails(__builtin_return_address(0))
           ? NULL : memory_noted(next(size));
}


void *
calloc(size_t n, size_t size)
{
    static void *(*next)(size_t, size_t);

    memory_next("calloc")

    return memory_fails(__builtin_return_address(0))
           ? NULL : memory_noted(next(n, size));
}


void *
realloc(void *p, size_t size)
{
    void  *q;

    static void *(*next)(void *, size_t);

    memory_next("realloc")

    if (size && memory_fails(__builtin_return_address(0))) {
        return NULL;
    }

    q = next(p, size);

    if (p == NULL) {
        return memory_noted(q);
    }

    if (q == NULL && size == 0 && memory) {
        memory->live--;
    }

    return q;
}


int
posix_memalign(void **p, size_t alignment, size_t size)
{
    int  rc;

    static int (*next)(void **, size_t, size_t);

    memory_next("posix_memalign")

    if (memory_fails(__builtin_return_address(0))) {
        return ENOMEM;
    }

    rc = next(p, alignment, size);

    if (rc == 0) {
        (void) memory_noted(*p);
    }

    return rc;
}


void
free(void *p)
{
    static int    looking;
    static void (*next)(void *);

    if (next == NULL) {

        /* dlsym() may free its last message first */

        if (looking) {
            return;
        }

        looking = 1;
        memory_next("free")
    }

    if (p && memory) {
        memory->live--;
    }

    next(p);
}
