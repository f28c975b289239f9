
/*
 * Reading a registry file again: which changes are seen, and what is told
 * once.
 */


#define _POSIX_C_SOURCE  200809L

#include <fcntl.h>
#include <jansson.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "failing.h"
#include "snapshot.h"


#define TEXT(id)                                                              \
    "{\"version\":1,\"apps\":[{\"id\":\"" id "\",\"agents\":[],\"tokens\":["  \
    "{\"sha256\":\"00112233445566778899aabbccddeeff"                          \
    "00112233445566778899aabbccddeeff\"}]}]}"


static char  path[] = "/tmp/erpsync-unit-XXXXXX";


static void
write_text(const char *text)
{
    int  fd;

    fd = open(path, O_WRONLY|O_CREAT|O_TRUNC, 0600);
    assert_true(fd != -1);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void) close(fd);
}


static erpsync_loader_t *
begin(const erpsync_file_t *file, char *error)
{
    erpsync_source_t  source;

    memset(&source, 0, sizeof(source));
    source.kind = &erpsync_registry_kind;
    source.path = path;

    return erpsync_loader_begin(&source, file, error);
}


static erpsync_load_t
load(erpsync_file_t *file, const char *error_or_id)
{
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    erpsync_load_t       outcome;
    erpsync_loader_t    *loader;
    void                *registry;

    loader = begin(file, error);
    assert_non_null(loader);

    while (erpsync_loader_step(loader, 1)) { /* void */ }

    outcome = erpsync_loader_end(loader, &registry, file);

    if (outcome == ERPSYNC_LOAD_DONE) {
        unit_equal("id", erpsync_app_id(registry,
                                        erpsync_registry_app(registry, 0)),
                   error_or_id);
    } else {
        assert_null(registry);
    }

    if (outcome == ERPSYNC_LOAD_FAILED) {
        assert_string_equal(error, error_or_id);
    }

    erpsync_registry_destroy(registry);

    return outcome;
}


static void
test_changes(void **state)
{
    uint64_t        identity;
    erpsync_file_t  file, other;

    (void) state;

    memset(&file, 0, sizeof(file));
    memset(&other, 0, sizeof(other));

    write_text(TEXT("a"));
    assert_int_equal(load(&file, "a"), ERPSYNC_LOAD_DONE);
    assert_int_equal(load(&other, "a"), ERPSYNC_LOAD_DONE);
    assert_true(file.warm);
    identity = erpsync_file_identity(&file);
    assert_true(identity == erpsync_file_identity(&other));
    assert_int_equal(load(&file, ""), ERPSYNC_LOAD_SAME);

    /* the same size, and no time that tells */

    write_text(TEXT("b"));
    other = file;
    assert_int_equal(load(&file, "b"), ERPSYNC_LOAD_DONE);
    assert_true(identity != erpsync_file_identity(&file));

    /* a file that has cooled down is told by its state alone */

    file.warm = false;
    memset(file.digest, 0, sizeof(file.digest));
    assert_int_equal(load(&file, ""), ERPSYNC_LOAD_SAME);
    file.stamp.ctime--;
    assert_int_equal(load(&file, "b"), ERPSYNC_LOAD_DONE);
}


static void
test_errors(void **state)
{
    erpsync_file_t  file;

    (void) state;

    memset(&file, 0, sizeof(file));

    write_text(TEXT("a"));
    assert_int_equal(load(&file, "a"), ERPSYNC_LOAD_DONE);

    write_text("{}");
    assert_int_equal(load(&file, "version: is required"),
                     ERPSYNC_LOAD_FAILED);
    assert_int_equal(load(&file, ""), ERPSYNC_LOAD_SAME);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(load(&file, "cannot open: No such file or directory"),
                     ERPSYNC_LOAD_FAILED);
    assert_int_equal(load(&file, ""), ERPSYNC_LOAD_SAME);

    /* what was loaded before comes back: it is taken again */

    write_text(TEXT("a"));
    assert_int_equal(load(&file, "a"), ERPSYNC_LOAD_DONE);
}


/* What is no regular file is not opened, at the first time neither. */

static void
test_not_regular(void **state)
{
    int                 fd, i, first;
    erpsync_file_t      file;
    struct sockaddr_un  address;

    static const char *const  targets[] = {
        "/dev/null", "/dev/zero", "/dev/tty", "/proc/self/fd/0"
    };

    (void) state;

    for (i = 0; i < 4 * 2; i++) {
        memset(&file, 0, sizeof(file));
        first = i % 2;
        (void) unlink(path);

        if (first == 0) {
            write_text(TEXT("a"));
            assert_int_equal(load(&file, "a"), ERPSYNC_LOAD_DONE);
            assert_int_equal(unlink(path), 0);
        }

        switch (i / 2) {

        case 0:
            assert_int_equal(mkfifo(path, 0600), 0);
            break;

        case 1:
            fd = socket(AF_UNIX, SOCK_STREAM, 0);
            memset(&address, 0, sizeof(address));
            address.sun_family = AF_UNIX;
            (void) snprintf(address.sun_path, sizeof(address.sun_path), "%s",
                            path);
            assert_int_equal(bind(fd, (struct sockaddr *) &address,
                                  sizeof(address)), 0);
            (void) close(fd);
            break;

        default:
            assert_int_equal(symlink(targets[i / 2 - 2], path), 0);
        }

        assert_int_equal(load(&file, "cannot read: it is not a regular file"),
                         ERPSYNC_LOAD_FAILED);
        assert_int_equal(load(&file, ""), ERPSYNC_LOAD_SAME);
        assert_int_equal(unlink(path), 0);

        write_text(TEXT("a"));
        assert_int_equal(load(&file, "a"), ERPSYNC_LOAD_DONE);
    }
}


/* Steps of a loader, for a sparse file of "size" that begins with "text". */

static size_t
load_sparse(const char *text, off_t size, const char *expected)
{
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    size_t               steps;
    erpsync_file_t       file;
    erpsync_loader_t    *loader;
    void                *registry;

    write_text(text);
    assert_int_equal(truncate(path, size), 0);
    memset(&file, 0, sizeof(file));

    loader = begin(&file, error);
    assert_non_null(loader);

    for (steps = 1; erpsync_loader_step(loader, 1); steps++) { /* void */ }

    assert_int_equal(erpsync_loader_end(loader, &registry, &file),
                     ERPSYNC_LOAD_FAILED);
    assert_string_equal(error, expected);
    assert_int_equal(load(&file, ""), ERPSYNC_LOAD_SAME);

    return steps;
}


/* A file that cannot be a registry is not read to its end. */

static void
test_hopeless(void **state)
{
    (void) state;

    assert_true(load_sparse("", 400 << 20,
                            "line 1, column 1: '{' expected") < 20);
    assert_true(load_sparse("{\"version\":1,", 400 << 20,
                            "line 1, column 14: string expected") < 20);
    assert_true(load_sparse("\xef\xbb\xbf {", 400 << 20,
                            "line 1, column 3: string expected") < 20);
    assert_true(load_sparse("xy", 400 << 20,
                            "line 1, column 1: '{' expected") < 20);
    assert_true(load_sparse("{\"version\":1", (512 << 20) + 1,
                            "cannot read: it is larger than 512 MB") < 4);

    /* what is short stays short */

    write_text("");
}


#if (UNIT_MALLOC)

/*
 * Memory is missing at every place of a load that brings a revocation: that
 * takes effect in this load or in the next, though the file does not change
 * any more and has been unchanged for long.
 */

static void
test_failing_allocations(void **state)
{
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    long                 n, left;
    uint64_t             seed;
    erpsync_file_t       file;
    erpsync_load_t       outcome;
    erpsync_loader_t    *loader;
    void                *registry;

    (void) state;

    if (!unit_malloc()) {
        skip();
    }

    assert_int_equal(erpsync_random(&seed, sizeof(seed)), ERPSYNC_OK);
    json_decref(json_object());

    for (n = 0, left = -1; left < 0; n += persistent, persistent ^= 1) {
        assert_true(n < 10000);

        memset(&file, 0, sizeof(file));
        write_text(TEXT("with-access"));
        assert_int_equal(load(&file, "with-access"), ERPSYNC_LOAD_DONE);
        write_text(TEXT("revoked") "                  ");

        outcome = ERPSYNC_LOAD_GIVEN_UP;
        remaining = n;
        counting = true;
        loader = begin(&file, error);

        if (loader) {
            while (erpsync_loader_step(loader, 1)) { /* void */ }

            outcome = erpsync_loader_end(loader, &registry, &file);
        }

        left = remaining;
        counting = false;

        if (outcome == ERPSYNC_LOAD_DONE) {
            unit_equal("id", erpsync_app_id(registry,
                                            erpsync_registry_app(registry,
                                                                 0)),
                       "revoked");
            erpsync_registry_destroy(registry);

        } else {
            assert_true(outcome == ERPSYNC_LOAD_GIVEN_UP
                        || strcmp(error, "cannot read: no memory") == 0);
            file.warm = false;
            assert_int_equal(load(&file, "revoked"), ERPSYNC_LOAD_DONE);
        }
    }

    persistent = false;
    assert_true(n > 20);
}

#endif


/* A load that is given up, after each step, keeps no memory. */

static void
test_given_up(void **state)
{
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    bool                 more;
    size_t               n, i;
    erpsync_file_t       file, before;
    erpsync_loader_t    *loader;
    void                *registry;

    (void) state;

    write_text(TEXT("a"));
    memset(&before, 0, sizeof(before));

    for (n = 0, more = true; more; n++) {
        file = before;

#if (UNIT_MALLOC)
        live = 0;
        remaining = -1;
        counting = true;
#endif

        loader = begin(&file, error);
        assert_non_null(loader);

        for (i = 0; i < n && more; i++) {
            more = erpsync_loader_step(loader, 1);
        }

        if (more) {
            assert_int_equal(erpsync_loader_end(loader, &registry, &file),
                             ERPSYNC_LOAD_GIVEN_UP);
            assert_null(registry);
            assert_false(file.read);

        } else {
            assert_int_equal(erpsync_loader_end(loader, &registry, &file),
                             ERPSYNC_LOAD_DONE);
            erpsync_registry_destroy(registry);
        }

#if (UNIT_MALLOC)
        counting = false;
        assert_int_equal(live, 0);
#endif
    }

    assert_true(n > 4);
}


/* A file that is written while it is read is not taken. */

static void
test_written(void **state)
{
    int                  fd;
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    erpsync_file_t       file;
    erpsync_loader_t    *loader;
    void                *registry;

    (void) state;

    write_text(TEXT("a"));
    memset(&file, 0, sizeof(file));
    loader = begin(&file, error);
    assert_non_null(loader);
    assert_true(erpsync_loader_step(loader, 1));

    fd = open(path, O_WRONLY|O_APPEND);
    assert_int_equal(write(fd, " ", 1), 1);
    (void) close(fd);

    while (erpsync_loader_step(loader, 1)) { /* void */ }

    assert_int_equal(erpsync_loader_end(loader, &registry, &file),
                     ERPSYNC_LOAD_FAILED);
    assert_null(registry);
    assert_non_null(strstr(error, "it changed meanwhile"));
}


/* Large arrays are given back in slices. */

static void
test_dismantle(void **state)
{
    char                *text, *p;
    char                 error[ERPSYNC_REGISTRY_ERROR_LEN];
    size_t               i, slices;
    erpsync_registry_t  *registry;

    (void) state;

    text = malloc(200000 * 130 + 100);
    assert_non_null(text);
    p = text + sprintf(text, "{\"version\":1,\"apps\":[");

    for (i = 0; i < 200000; i++) {
        p += sprintf(p, "%s{\"id\":\"%zu\",\"agents\":[],\"tokens\":[{"
                     "\"sha256\":\"%016zx%048d\"}]}", i ? "," : "", i,
                     i * (size_t) 0x9e3779b97f4a7c15u, 0);
    }

    p += sprintf(p, "]}");

    registry = erpsync_registry_parse(erpsync_span(text, (size_t) (p - text)),
                                      error);
    free(text);
    assert_non_null(registry);
    assert_true(snapshot_size(registry) < 200000 * 200);

    for (slices = 1; erpsync_kind_dismantle(&erpsync_registry_kind, registry);
         slices++)
    {
        /* void */
    }

    assert_true(slices > 1);
}


/* By its identity, workers tell that they saw the same change of a file. */

static void
test_identity(void **state)
{
    size_t          i;
    uint64_t        identity;
    uint8_t        *bytes;
    erpsync_file_t  file;

    static const struct {
        size_t  from;
        size_t  size;
    } parts[] = {
        { offsetof(erpsync_file_t, error), sizeof(int) },
        { offsetof(erpsync_file_t, stamp), sizeof(erpsync_stamp_t) },
        { offsetof(erpsync_file_t, signed_by), sizeof(erpsync_stamp_t) },
        { offsetof(erpsync_file_t, signature), ERPSYNC_SIGNATURE_LEN },
        { offsetof(erpsync_file_t, digest), 8 }
    };

    (void) state;

    memset(&file, 0, sizeof(erpsync_file_t));
    identity = erpsync_file_identity(&file);

    for (i = 0; i < erpsync_nelts(parts); i++) {
        bytes = (uint8_t *) &file + parts[i].from;

        for ( /* void */ ; bytes < (uint8_t *) &file + parts[i].from
                                   + parts[i].size; bytes++)
        {
            *bytes = 1;
            assert_true(erpsync_file_identity(&file) != identity);
            *bytes = 0;
            assert_true(erpsync_file_identity(&file) == identity);
        }
    }
}


int
main(void)
{
    int  fd, rc;

    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_not_regular),
        cmocka_unit_test(test_hopeless),
#if (UNIT_MALLOC)
        cmocka_unit_test(test_failing_allocations),
#endif
        cmocka_unit_test(test_given_up),
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_dismantle),
        cmocka_unit_test(test_identity),
    };

    fd = mkstemp(path);
    if (fd == -1) {
        return 1;
    }

    (void) close(fd);
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    (void) unlink(path);

    return rc;
}
