
/*
 * Memory that runs out is the gateway's failure and never the client's: each
 * allocation fails in turn, and each request to an arena, and erpsync_body()
 * returns ERPSYNC_ERROR, or the verdict that it gives with memory enough.  A
 * request beyond the limit of a body is a body that needs too much.  All memory
 * is given back.
 *
 * The bodies are in pages that cannot be written, in front of one that cannot
 * be read: the client's bytes stay as they are.
 */

#define _DEFAULT_SOURCE

#include <sys/mman.h>
#include <unistd.h>

#include "general.h"
#include "scarce.h"
#include "unit.h"


#define SIZE  65536

#define TOO_MUCH  "needs more memory than its size allows"

/* So many are counted one by one, of those behind them every 97th. */

#define EACH  1500


static size_t
next(size_t n)
{
    return (n < EACH) ? n + 1 : n + 97;
}


static size_t  allocations;    /* so far */
static size_t  failing;        /* the number of the one that fails; 0: none */
static long    pieces;         /* that are not given back */


void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);


static bool
fails(void)
{
    return ++allocations == failing;
}


static void *
taken(void *p)
{
    pieces += (p != NULL);

    return p;
}


void *
__wrap_malloc(size_t size)
{
    return fails() ? NULL : taken(__real_malloc(size));
}


void *
__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : taken(__real_calloc(n, size));
}


void *
__wrap_realloc(void *p, size_t size)
{
    if (fails()) {
        return NULL;
    }

    return p ? __real_realloc(p, size) : taken(__real_malloc(size));
}


void
__wrap_free(void *p)
{
    pieces -= (p != NULL);
    __real_free(p);
}


#define JSON   ERPSYNC_MEDIA_JSON
#define MERGE  ERPSYNC_MEDIA_MERGE_PATCH
#define PATCH  ERPSYNC_MEDIA_JSON_PATCH
#define XML    ERPSYNC_MEDIA_XML
#define FORM   ERPSYNC_MEDIA_FORM

#define REJECT  ERPSYNC_UNKNOWN_REJECT
#define STRIP   ERPSYNC_UNKNOWN_STRIP
#define PASS    ERPSYNC_UNKNOWN_PASS

#define HEAD  "\"ErpConnectionId\":1,\"CrmRecordId\":1,\"CrmActorType\":1,"    \
              "\"ErpKey\":\"k\\u0041\",\"ErpActorType\":1"

#define XML_HEAD  "<ErpConnectionId>1</ErpConnectionId>"                      \
                  "<CrmRecordId>1</CrmRecordId>"                              \
                  "<CrmActorType>1</CrmActorType><ErpKey>k&amp;</ErpKey>"     \
                  "<ErpActorType>1</ErpActorType>"

#define FORM_HEAD  "ErpConnectionId=1&CrmRecordId=1&CrmActorType=1&ErpKey=%6b"\
                   "&ErpActorType=1"

#define NAMES   "\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,"    \
                "\"h\":8,\"i\":9,\"j\":{\"k\":[1,{\"l\":\"\\u0041\"}]}"

#define X10(s)  s s s s s s s s s s
#define LONG    X10(X10(X10("0123456789")))

/* Text that takes six times as much in the output. */

#define GROWS   "k" X10(X10("\x01\x01"))


/* A "%" at the end stands for more names than there is room for. */

typedef struct {
    erpsync_media_t     media;
    const char         *operation;
    erpsync_unknown_t   unknown;
    const char         *body;
} body_t;


#define TRY  "TryConnectActor"

static const body_t  bodies[] = {
    { JSON, TRY, REJECT, "{\"ErpConnectionId\":1,\"CrmRecordId\":1,"
      "\"CrmActorType\":\"Contact\",\"ErpKey\":\"k\",\"ErpActorType\":"
      "\"Customer\",\"FieldValues\":[]}" },
    { JSON, TRY, REJECT, "{\"erpConnectionId\": 1,\"crmRecordId\":1,"
      "\"CrmActorType\":\"Contact\",\"ErpKey\":\"k\",\"ErpActorType\":"
      "\"Customer\",\"FieldValues\":[{\"DisplayName\":\"n\",\"CrmFieldKey\":"
      "\"k\"}, {\"CrmFieldKey\":1}]}" },
    { JSON, TRY, REJECT, "{\"erpConnectionId\":1,\"CrmRecordId\":1,"
      "\"CrmActorType\":\"Contact\",\"ErpKey\":\"k\",\"ErpActorType\":"
      "\"Customer\"}" },
    { JSON, TRY, REJECT, "{\"erpConnectionId\":1,\"CrmRecordId\":1,"
      "\"CrmActorType\":\"Contact\",\"ErpKey\":\"k\",\"ErpActorType\":"
      "\"Customer\",\"FieldValues\":[]}" },
    { JSON, TRY, REJECT, "{\"erpConnectionId\":1,\"CrmRecordId\":1,"
      "\"CrmActorType\":\"Contact\",\"ErpKey\":\"k\",\"ErpActorType\":"
      "\"Customer\",\"FieldValues\":[{\"DisplayName\":\"n\","
      "\"CrmFieldKey\":\"k\"}]}" },
    { JSON, TRY, REJECT, "{\"FieldValues\":[{\"Value\":\"\\n\\u0041" LONG
      "\",\"CrmFieldKey\":\"k\"}]," HEAD "}" },
    { JSON, TRY, PASS, "{" HEAD "," NAMES "}" },
    { JSON, TRY, STRIP, "{" HEAD "," NAMES ",\"J\":0}" },
    { JSON, TRY, REJECT, "{" HEAD "," NAMES "}" },
    { JSON, TRY, REJECT, "{}" },
    { JSON, TRY, REJECT, "{" HEAD },
    { JSON, "SyncAll", REJECT, "[{" NAMES "},{" NAMES ",\"A\":1}]" },
    { JSON, "SaveErpConnectionSyncPriorities", REJECT,
      "{\"ErpConnectionIds\":[1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9]}" },
    { JSON, "SaveConnectionListMappings", PASS, "{\"ListMapping\":{\"x\":1,"
      "\"ErpConnectionId\":1,\"ErpListItemMappings\":[{\"CrmList\":{"
      "\"ChildItems\":[{\"ChildItems\":[{" NAMES ",\"Name\":\"\\u0041" LONG
      "\"}],\"Id\":1}],\"Id\":2}}]}}" },
    { JSON, "TestConnectionByConfig", REJECT, "{\"ConfigFields\":{\"a\":1,"
      "\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,"
      "\"\\u0041\":\"" LONG "\"},\"ErpConnectionId\":1}" },
    { JSON, TRY, REJECT, "{\"ErpConnectionId\":1,\"CrmRecordId\":1,"
      "\"CrmActorType\":\"Contact\",\"ErpKey\":\"k\",\"ErpActorType\":"
      "\"Customer\",\"FieldValues\":[{ \"CrmFieldKey\": \"k\"}]}" },
    { XML, TRY, REJECT, "<r><ErpConnectionId>x</ErpConnectionId><CrmRecordId>1"
      "</CrmRecordId><CrmActorType>1</CrmActorType><ErpKey>k</ErpKey></r>" },
    { XML, "SaveConnectionListMappings", REJECT, "<r><ListMapping>"
      "<ErpListItemMappings><e><CrmList><Id>1</Id><Name>n</Name></CrmList></e>"
      "</ErpListItemMappings></ListMapping></r>" },
    { XML, "SaveConnection", REJECT, "<!-- c --><r><Connection><ConfigFields>"
      "<e><Key>a&#65;</Key><Value>b</Value></e><e><Value/></e></ConfigFields>"
      "<Active>1</Active></Connection></r>" },
    { XML, "SaveConnection", REJECT, "<r><Connection><ConfigFields><e><Key>"
      "<x/></Key><Value><y/></Value></e></ConfigFields></Connection></r>" },
    { FORM, "SaveConnection", REJECT, "Connection.ConfigFields[0].Key.x=1"
      "&Connection.ConfigFields[0].Value[y]=2" },
    { FORM, "SaveConnection", PASS, "Connection.ConfigFields[0].Key=%41"
      "&Connection.ConfigFields[0].Value=b&Connection.Active=1"
      "&Connection.AssociateAccessIds=1&Connection.AssociateAccessIds=2"
      "&Connection.AssociateAccessIds=3&Connection.x[0]=1&y=2&%" },
    { MERGE, TRY, PASS, "{" HEAD ",\"FieldValues\":null,\"x\":{\"y\":null}}" },
    { XML, TRY, REJECT, "<r>" XML_HEAD "</r>" },
    { XML, TRY, REJECT, "<!-- c --><r>" XML_HEAD "<FieldValues><x>"
      "<CrmFieldKey a='b'>k</CrmFieldKey><Value>" LONG "&#65;</Value></x>"
      "</FieldValues></r>" },
    { XML, TRY, PASS, "<!-- c --><r>" XML_HEAD "<a/><b/><c/><d/><e/><f/><g/>"
      "<h/><i/><j><k/></j></r>" },
    { XML, TRY, REJECT, "<!-- c --><r>" XML_HEAD "<!--" LONG LONG LONG
      "--></r>" },
    { XML, TRY, REJECT, "<!-- c --><r>" XML_HEAD },
    { XML, TRY, PASS, "<r><a/>" XML_HEAD "<b>&amp;<c/></b><d>e<!-- c -->f</d>"
      "<g/></r>" },
    { XML, TRY, PASS, "<r>" XML_HEAD "<a nil='true'>" LONG
      "</a></r>" },
    { XML, TRY, REJECT, "<!-- c --><r><a:b:c/></r>" },
    { XML, TRY, STRIP, "<!-- c --><r>%" },
    { FORM, TRY, REJECT, FORM_HEAD },
    { FORM, TRY, REJECT, FORM_HEAD "&FieldValues[0].CrmFieldKey=k"
      "&FieldValues[1].CrmFieldKey=%6b&FieldValues[1].Value=" LONG "%20" },
    { FORM, TRY, REJECT, "FieldValues[1].CrmFieldKey=%6b&" FORM_HEAD
      "&FieldValues[0].CrmFieldKey=k&FieldValues[0].Value=%41" },
    { FORM, TRY, REJECT, FORM_HEAD "&FieldValues[0].CrmFieldKey=k"
      "&FieldValues[0].Value=" GROWS "&FieldValues[1].CrmFieldKey=" GROWS
      "&FieldValues[1].Value=" GROWS },
    { FORM, TRY, REJECT, "ErpConnectionId=1&CrmRecordId=1&CrmActorType=1"
      "&ErpKey=" GROWS "&ErpActorType=1&FieldValues[0].CrmFieldKey=k" },
    { FORM, TRY, STRIP, FORM_HEAD "&a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&%6a=1"
      "&A=1" },
    { FORM, TRY, REJECT, FORM_HEAD "&ErpKey=%x" },
    { FORM, "GetErpFieldValues", REJECT, "FieldKeys[]=a&FieldKeys[]=b" },
    { PATCH, TRY, REJECT, "[{\"op\":\"add\",\"path\":\"\",\"value\":{" HEAD
      ",\"FieldValues\":[{\"CrmFieldKey\":\"k\"}]}},{\"op\":\"copy\","
      "\"from\":\"/FieldValues/0\",\"path\":\"/FieldValues/-\"},"
      "{\"op\":\"replace\",\"path\":\"/FieldValues/0/crmFieldKey\","
      "\"value\":\"\\u0041" LONG "\"},{\"op\":\"test\",\"path\":\"\",\"value\""
      ":{\"ErpConnectionId\":1}}]" },
    { PATCH, TRY, REJECT, "[{\"op\":\"add\",\"path\":\"\",\"value\":{" HEAD
      "}}]" },
    { PATCH, TRY, REJECT, "[{\"op\":\"add\",\"value\":{" NAMES ",\"A\":1}}]" },
    { PATCH, TRY, REJECT, "[{\"op\":\"add\",}]" },
    { PATCH, TRY, REJECT, "{" HEAD "}" }
};


/* What the body comes to, as text; NULL where memory ran out. */

static const char *
judge(const body_t *b, erpsync_str_t input, bool general, char *text)
{
    char                 *p, *last;
    size_t                i;
    erpsync_rc_t          rc;
    erpsync_body_t        body;
    erpsync_arena_t       arena;
    erpsync_sink_conf_t   conf;

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(
                           erpsync_span(b->operation, strlen(b->operation)));
    conf.unknown = b->unknown;
    conf.key = 0x5eed;

    erpsync_arena_init(&arena);

    unit_general = general;
    rc = erpsync_body(&arena, b->media, &conf, input, &body);
    unit_general = false;

    if (rc == ERPSYNC_OK) {
        p = text;
        last = text + 4 * SIZE;

        p += snprintf(p, (size_t) (last - p), "%d %.*s %d %u %u %zu %zu %zu",
                      body.reason, (int) body.canonical.len,
                      body.canonical.data, body.facts.connection,
                      body.facts.crm_actor, body.facts.erp_actor,
                      body.facts.nconnections, body.facts.field_values,
                      body.facts.unknown);

        for (i = 0; i < body.nviolations; i++) {
            p += snprintf(p, (size_t) (last - p), " %.*s %d %.*s",
                          (int) body.violations[i].path.len,
                          body.violations[i].path.data,
                          body.violations[i].code,
                          (int) body.violations[i].message.len,
                          body.violations[i].message.data);
        }
    }

    erpsync_arena_destroy(&arena);

    return (rc == ERPSYNC_OK) ? text : NULL;
}


/* Writes a body to "text"; returns its length. */

static size_t
write_body(const body_t *b, char *text)
{
    char      *p;
    size_t     len;
    unsigned   i;

    len = strlen(b->body);
    memcpy(text, b->body, len);

    if ((b->media != XML && b->media != FORM) || text[len - 1] != '%') {
        return len;
    }

    p = text + len - 1;

    for (i = 0; i < 2000; i++) {
        p += sprintf(p, (b->media == XML) ? "<a%u/>" : "&a%u=", i);
    }

    return (size_t) (p - text);
}


/* A body in pages that cannot be written. */

static erpsync_str_t
page_in(const char *body, size_t len, uint8_t **pages)
{
    uint8_t  *p;

    *pages = mmap(NULL, SIZE + (size_t) getpagesize(),
                  PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);
    assert_true(*pages != MAP_FAILED);

    p = *pages + SIZE - len;
    memcpy(p, body, len);
    assert_int_equal(mprotect(*pages, SIZE, PROT_READ), 0);
    assert_int_equal(mprotect(*pages + SIZE, (size_t) getpagesize(),
                              PROT_NONE), 0);

    return erpsync_span(p, len);
}


static void
check(const body_t *b, size_t n, const char *got, const char *expected)
{
    if (got && strcmp(got, expected) != 0) {
        fail_msg("%s\n  without %s %zu: %s\n  else %s", b->body,
                 scarce_at ? "request" : "allocation", n, got, expected);
    }
}


static void
test_each(void **state)
{
    char           *text, *again;
    long            before;
    size_t          i, n, count, requests;
    uint8_t        *pages;
    const body_t   *b;
    const char     *got;
    erpsync_str_t   input;

    (void) state;

    text = __real_malloc(4 * SIZE);
    again = __real_malloc(4 * SIZE);
    assert_non_null(text);
    assert_non_null(again);

    for (i = 0; i < 2 * erpsync_nelts(bodies); i++) {
        b = &bodies[i / 2];
        input = page_in(again, write_body(b, again), &pages);

        failing = 0;
        allocations = 0;
        scarce_at = 0;
        scarce_requests = 0;
        before = pieces;
        assert_non_null(judge(b, input, i % 2, text));
        count = allocations;
        requests = scarce_requests;
        assert_int_equal(pieces, before);

        for (n = 1; n <= count; n = next(n)) {
            failing = n;
            allocations = 0;
            got = judge(b, input, i % 2, again);
            failing = 0;

            check(b, n, got, text);
            assert_int_equal(pieces, before);
        }

        for (n = 1; n <= requests; n = next(n)) {
            scarce_at = n;
            scarce_requests = 0;
            scarce_limit = false;
            got = judge(b, input, i % 2, again);

            check(b, n, got, text);
            assert_int_equal(pieces, before);

            scarce_requests = 0;
            scarce_limit = true;
            got = judge(b, input, i % 2, again);

            if (got && !strstr(got, TOO_MUCH)) {
                check(b, n, got, text);
            }

            assert_int_equal(pieces, before);
        }

        scarce_at = 0;

        assert_int_equal(munmap(pages, SIZE + (size_t) getpagesize()), 0);
    }

    __real_free(text);
    __real_free(again);
}


/* A caller's allocator, too. */

static void *
nothing(void *data, size_t size)
{
    (void) data;
    (void) size;

    return NULL;
}


static void
test_source(void **state)
{
    erpsync_body_t        body;
    erpsync_arena_t       arena;
    erpsync_sink_conf_t   conf;

    static const char  text[] = "{\"erpKey\":\"\\n\"}";

    (void) state;

    memset(&conf, 0, sizeof(conf));
    conf.operation = erpsync_operation_find(erpsync_span(TRY,
                                                         sizeof(TRY) - 1));

    erpsync_arena_init_source(&arena, nothing, NULL);
    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_JSON, &conf,
                                  erpsync_span(text, sizeof(text) - 1),
                                  &body),
                     ERPSYNC_ERROR);
}


/* What is beyond the limit is not the gateway's failure. */

static void
test_limit(void **state)
{
    erpsync_arena_t  arena;

    (void) state;

    erpsync_arena_init(&arena);
    arena.limit = 100000;
    assert_non_null(__real_erpsync_alloc(&arena, 90000));
    assert_null(__real_erpsync_alloc(&arena, 20000));
    assert_true(arena.exceeded);
    assert_false(arena.failed);
    assert_in_range(arena.used, 90000, 100000);

    /* a size that no memory has */

    arena.limit = 0;
    assert_null(__real_erpsync_nalloc(&arena, SIZE_MAX));
    erpsync_arena_destroy(&arena);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_each),
        cmocka_unit_test(test_source),
        cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
