
/* Signed registries: which pairs of file and signature are loaded. */


#define _POSIX_C_SOURCE  200809L

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"
#include "erpsync_signature.h"


/* two keys: those of RFC 8032, 7.1, TEST 1 and TEST 2 */

#define PUBLIC_1                                                              \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"          \
    "-----END PUBLIC KEY-----\n"

#define PRIVATE_1                                                             \
    "-----BEGIN PRIVATE KEY-----\n"                                           \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"      \
    "-----END PRIVATE KEY-----\n"

#define PUBLIC_2                                                              \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"          \
    "-----END PUBLIC KEY-----\n"


static char            directory[] = "/tmp/erpsync-unit-XXXXXX";
static char            path[64], signature[80];
static erpsync_keys_t  *keys;
static erpsync_file_t   state;
static void            *former;
static int64_t          now;      /* nanoseconds since 1970; 0: as it is */


int __real_clock_gettime(clockid_t id, struct timespec *time);
int __wrap_clock_gettime(clockid_t id, struct timespec *time);


int
__wrap_clock_gettime(clockid_t id, struct timespec *time)
{
    if (now == 0 || id != CLOCK_REALTIME) {
        return __real_clock_gettime(id, time);
    }

    time->tv_sec = (time_t) (now / 1000000000);
    time->tv_nsec = (long) (now % 1000000000);

    return 0;
}


static void
text_of(char *text, size_t size, const char *id, const char *more)
{
    (void) snprintf(text, size, "{\"version\":1%s,\"apps\":[{\"id\":\"%s\","
                    "\"agents\":[],\"tokens\":[{\"sha256\":\"00112233445566"
                    "77889900112233445566778899001122334455667788990011\"}]}"
                    "]}", more, id);
}


/* Puts a file in place, as "mv" does. */

static void
put(const char *name, const char *text)
{
    int   fd;
    char  new[96];

    (void) snprintf(new, sizeof(new), "%s.new", name);
    fd = open(new, O_WRONLY|O_CREAT|O_TRUNC, 0600);
    assert_true(fd != -1);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void) close(fd);
    assert_int_equal(rename(new, name), 0);
}


static void
put_registry(const char *id, const char *more)
{
    char  text[1024];

    text_of(text, sizeof(text), id, more);
    put(path, text);
}


static void
put_signature(const char *id, const char *more)
{
    char         text[1024], made[ERPSYNC_SIGNATURE_TEXT_LEN + 1];
    const char  *error;

    text_of(text, sizeof(text), id, more);

    assert_int_equal(erpsync_signature_make(
                                erpsync_span(PRIVATE_1, strlen(PRIVATE_1)),
                                erpsync_span(text, strlen(text)), made,
                                &error),
                     ERPSYNC_OK);
    put(signature, made);
}


/*
 * Looks at the files once.  "expected" is the id of what is in force then; or
 * the error, if that is not NULL.
 */

static void
look(erpsync_load_t outcome, const char *id, const char *error)
{
    char                 text[ERPSYNC_FILE_ERROR_LEN];
    void                *snapshot;
    erpsync_load_t       got;
    erpsync_loader_t    *loader;
    erpsync_source_t     source;

    source.kind = &erpsync_registry_kind;
    source.path = path;
    source.keys = keys;
    source.former = former;
    source.sequence = former ? erpsync_kind_sequence(&erpsync_registry_kind,
                                                     former)
                             : ERPSYNC_NO_SEQUENCE;

    loader = erpsync_loader_begin(&source, &state, text);
    assert_non_null(loader);

    while (erpsync_loader_step(loader, 1)) { /* void */ }

    got = erpsync_loader_end(loader, &snapshot, &state);

    if (got == ERPSYNC_LOAD_FAILED && error == NULL) {
        fail_msg("%s", text);
    }

    assert_int_equal(got, outcome);

    if (error) {
        assert_string_equal(text, error);
    }

    if (snapshot) {
        erpsync_registry_destroy(former);
        former = snapshot;
    }

    unit_equal("id", erpsync_app_id(former, erpsync_registry_app(former, 0)),
               id);
}


#define SAME(id)           look(ERPSYNC_LOAD_SAME, id, NULL)
#define DONE(id)           look(ERPSYNC_LOAD_DONE, id, NULL)
#define FAILED(id, error)  look(ERPSYNC_LOAD_FAILED, id, error)

#define BAD                                                                   \
    "its signature (.sig) is not by one of the keys, or of another version "  \
    "of the file"


static int
setup(void **state_)
{
    const char  *error;

    (void) state_;

    keys = erpsync_keys_create(erpsync_span(PUBLIC_2 PUBLIC_1,
                                            strlen(PUBLIC_2 PUBLIC_1)),
                               &error);
    memset(&state, 0, sizeof(state));
    put_registry("a", "");
    put_signature("a", "");
    DONE("a");

    return 0;
}


static int
teardown(void **state_)
{
    (void) state_;

    erpsync_keys_release(keys);
    erpsync_registry_destroy(former);
    former = NULL;
    now = 0;

    return 0;
}


/* Both files change, in one order or the other, with a look in between. */

static void
test_swap(void **state_)
{
    (void) state_;

    SAME("a");

    put_registry("b", "");
    FAILED("a", BAD);
    SAME("a");
    put_signature("b", "");
    DONE("b");
    SAME("b");

    put_signature("c", "");
    FAILED("b", BAD);
    SAME("b");
    put_registry("c", "");
    DONE("c");

    put_registry("d", "");
    put_signature("d", "");
    DONE("d");

    /* and back to what is in force */

    put_signature("a", "");
    FAILED("d", BAD);
    put_signature("d", "");
    DONE("d");
    put_registry("a", "");
    FAILED("d", BAD);
    put_registry("d", "");
    DONE("d");

    /* what has cooled down is not read again, whichever changes is */

    state.warm = false;
    SAME("d");
    put_signature("e", "");
    FAILED("d", BAD);
    state.warm = false;
    SAME("d");
    put_registry("e", "");
    DONE("e");
    state.warm = false;
    put_registry("f", "");
    FAILED("e", BAD);
}


static int64_t
changed(const char *name)
{
    struct stat  st;

    assert_int_equal(stat(name, &st), 0);

    return (int64_t) st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec;
}


/* Two seconds after the younger of both files, they have cooled down. */

static void
test_warm(void **state_)
{
    int64_t  last;

    static const struct timespec  tick = { 0, 50000000 };

    (void) state_;

    put_registry("b", "");
    (void) nanosleep(&tick, NULL);
    put_signature("b", "");
    last = changed(signature);
    assert_true(last > changed(path));

    now = last + 1999999999;
    DONE("b");
    assert_true(state.warm);
    now++;
    SAME("b");
    assert_false(state.warm);

    put_signature("c", "");
    (void) nanosleep(&tick, NULL);
    put_registry("c", "");
    last = changed(path);
    assert_true(last > changed(signature));

    now = last + 1999999999;
    DONE("c");
    assert_true(state.warm);
    now++;
    SAME("c");
    assert_false(state.warm);
}


static void
test_signature_file(void **state_)
{
    (void) state_;

    assert_int_equal(unlink(signature), 0);
    FAILED("a", "cannot open its signature (.sig): No such file or directory");
    SAME("a");

    put(signature, "no signature\n");
    FAILED("a", "cannot read its signature (.sig): it must be 64 bytes in "
           "base64");
    SAME("a");

    put(signature, "");
    FAILED("a", "cannot read its signature (.sig): it must be 64 bytes in "
           "base64");

    assert_int_equal(unlink(signature), 0);
    assert_int_equal(mkdir(signature, 0700), 0);
    FAILED("a", "cannot read its signature (.sig): it is not a regular file");
    assert_int_equal(rmdir(signature), 0);

    put_signature("a", "");
    DONE("a");

    /* a file that is not signed, in the place of one that is */

    put(path, "{}");
    FAILED("a", BAD);
    assert_int_equal(unlink(path), 0);
    FAILED("a", "cannot open: No such file or directory");
    put(signature, "no signature\n");
    SAME("a");
    put_signature("a", "");
    put_registry("a", "");
    DONE("a");

    /* signed, and invalid */

    put_registry("a b", "");
    put_signature("a b", "");
    FAILED("a", "apps[0].id: must be 1 to 64 letters, digits, \".\", \"_\" or "
           "\"-\", a letter or digit first");
}


static void
test_key(void **state_)
{
    const char  *error;

    (void) state_;

    erpsync_keys_release(keys);
    keys = erpsync_keys_create(erpsync_span(PUBLIC_2, strlen(PUBLIC_2)),
                               &error);
    put_registry("b", "");
    put_signature("b", "");
    FAILED("a", BAD);

    /* without keys, a signature does not matter */

    erpsync_keys_release(keys);
    keys = NULL;
    put_registry("c", "");
    DONE("c");
}


#define SEQUENCE(n)  ",\"sequence\":" n
#define LOWER(n)     "sequence: must not be lower than " n                    \
                     ", that of the registry in use"

static void
version(const char *id, const char *more)
{
    put_registry(id, more);
    put_signature(id, more);
}


static void
test_sequence(void **state_)
{
    (void) state_;

    version("b", SEQUENCE("7"));
    DONE("b");
    version("c", SEQUENCE("7"));
    DONE("c");
    version("d", SEQUENCE("6"));
    FAILED("c", LOWER("7"));
    SAME("c");
    version("e", "");
    FAILED("c", LOWER("7"));
    version("f", SEQUENCE("999999999999999999"));
    DONE("f");
    version("c", SEQUENCE("7"));
    FAILED("f", LOWER("999999999999999999"));

    /* without keys, it is for others */

    erpsync_keys_release(keys);
    keys = NULL;
    version("g", SEQUENCE("0"));
    DONE("g");
    version("h", SEQUENCE("-1"));
    FAILED("g", "sequence: must be an integer from 0 to 999999999999999999");
}


int
main(void)
{
    int  failed;

    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_swap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_warm, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signature_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sequence, setup, teardown),
    };

    if (mkdtemp(directory) == NULL) {
        return 1;
    }

    (void) snprintf(path, sizeof(path), "%s/registry.json", directory);
    (void) snprintf(signature, sizeof(signature), "%s.sig", path);

    failed = cmocka_run_group_tests(tests, NULL, NULL);

    (void) unlink(path);
    (void) unlink(signature);
    (void) rmdir(directory);

    return failed;
}
