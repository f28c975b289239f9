
/*
 * A form gives what the same request gives as JSON: the same verdict, bytes,
 * facts and violations.  Requests of all operations are made at random, and
 * written as JSON and as a form, in many spellings and any order of pairs.
 * The fast path gives what the general path gives, also if such a form is
 * broken.
 */


#define _POSIX_C_SOURCE  200809L

#include "form.h"


#define REQUESTS  60000
#define SIZE      65536
#define PAIRS     400
#define PATH      512
#define LONG      300      /* a path that gets no more segments */
#define DEPTH     6


/* Once in "n" times; "calm" requests seldom have anything unusual. */

static unsigned  calm;

static bool
seldom(unsigned n)
{
    return any(n * calm) == 0;
}


typedef struct {
    char      name[PATH];      /* as it is written */
    char      value[PATH];
} pair_t;

static struct {
    bool                  coded;     /* names are percent-encoded */
    bool                  ordered;   /* the order of pairs has a meaning */
    bool                  unable;    /* a form cannot say this */
    char                 *json;      /* its end */
    size_t                npairs;
    pair_t                pairs[PAIRS];
} made;


static const char *const  texts[] = {
    "qui", "Hermann, Rowe and Haag AS", "[I:12345]", "0152", "883", "1", "a",
    "bl\xc3\xa5\xe2\x82\xac\xf0\x9f\x98\x80", "Ring. Ask 'R/3'.", "true",
    "false", "a.b=c&d+e%f[0]", "0123456789abcdef0123456789abcdef", "-1",
    "2147483648", "Unknown", "Contact", "customer", "007", "trues"
};


static const char *
text(void)
{
    return texts[any(erpsync_nelts(texts))];
}


/* Text as clients encode it, some of them more than they need. */

static char *
encode(char *p, const char *s, bool all)
{
    uint8_t  c;

    for ( /* void */ ; *s; s++) {
        c = (uint8_t) *s;

        if (c == ' ' && any(2)) {
            *p++ = '+';

        } else if (!all && (erpsync_is_alpha(c) || erpsync_is_digit(c))) {
            *p++ = (char) c;

        } else {
            p += sprintf(p, any(2) ? "%%%02X" : "%%%02x", c);
        }
    }

    return p;
}


/* One more segment of a path, which may be in any case and spelling. */

static char *
segment(char *start, char *p, const char *name, bool index)
{
    bool         bracket;
    size_t       i;
    const char  *open, *close;

    bracket = index || (p > start && any(6) == 0);
    open = bracket ? "[" : ".";
    close = "]";

    if (made.coded && any(2)) {
        open = bracket ? "%5B" : "%2e";
        close = "%5d";
    }

    p = (p > start) ? stpcpy(p, open) : p;

    for (i = 0; name[i]; i++) {

        if (made.coded && any(9) == 0) {
            p += sprintf(p, "%%%02x", (unsigned) name[i]);

        } else {
            *p++ = name[i];
        }
    }

    p = bracket ? stpcpy(p, close) : p;
    *p = '\0';

    return p;
}


static void
pair(const char *path, const char *value)
{
    pair_t  *made_pair;

    assert_true(made.npairs < PAIRS);

    made_pair = &made.pairs[made.npairs++];
    strcpy(made_pair->name, path);
    *encode(made_pair->value, value, seldom(60)) = '\0';
}


static void
json(const char *s)
{
    made.json = stpcpy(made.json, s);
}


static void
quoted(const char *path, const char *value)
{
    json("\"");
    json(value);
    json("\"");
    pair(path, value);
}


/* A form has no types: "1" may be a bool. */

static void
scalar(const char *path, const char *value)
{
    if (strcmp(value, "1") != 0) {
        quoted(path, value);
        return;
    }

    json(value);
    pair(path, value);
}


static void opaque(char *start, char *p, unsigned depth);


static void
container(char *start, char *p, unsigned depth)
{
    bool      array;
    char      name[8];
    unsigned  i, n;

    array = any(2);
    n = 1 + any(3);
    json(array ? "[" : "{");

    for (i = 0; i < n; i++) {
        json(i ? "," : "");
        sprintf(name, array ? "%u" : "n%u", i);

        if (!array) {
            made.json += sprintf(made.json, "\"%s\":", name);
        }

        opaque(start, segment(start, p, name, array), depth + 1);
        *p = '\0';
    }

    json(array ? "]" : "}");
}


/* A value that the schema does not describe. */

static void
opaque(char *start, char *p, unsigned depth)
{
    if (depth == 3 || any(2)) {
        quoted(start, text());

    } else {
        container(start, p, depth);
    }
}


static void object(char *start, char *p, const erpsync_object_t *schema,
    unsigned depth);


static const char *
value_of(const erpsync_member_t *member, char *number)
{
    if (seldom(15)) {
        return text();
    }

    switch (member->type) {

    case ERPSYNC_TYPE_INT32:
    case ERPSYNC_TYPE_INT32S:
        sprintf(number, "%u", 1 + any(900));
        return number;

    case ERPSYNC_TYPE_BOOL:
        return any(2) ? "true" : "FALSE";

    case ERPSYNC_TYPE_ENUM:
        return any(2) ? "1" : (const char *) member->values->values[2].data;

    default:
        return text();
    }
}


/* An entry of a dictionary: its key may be that of another one. */

static void
entry(char *start, char *p, unsigned index)
{
    char  key[8];

    sprintf(key, "k%u", seldom(10) ? 0 : index);
    json("\"");
    json(key);
    json("\":");

    (void) segment(start, p, "Value", false);
    scalar(start, text());
    (void) segment(start, p, "KEY", false);
    pair(start, key);
}


/* An array of objects or scalars, or a dictionary. */

static void
list(char *start, char *p, const erpsync_member_t *member, unsigned depth)
{
    bool         appended, entries;
    char         name[16], number[16], *end;
    unsigned     i, n;

    n = 1 + any(3);
    entries = (member->type == ERPSYNC_TYPE_DICTIONARY);
    appended = (!entries && member->items == NULL && any(2));
    made.ordered |= appended;
    json(entries ? "{" : "[");

    for (i = 0; i < n; i++) {
        json(i ? "," : "");
        sprintf(name, "%u", i);

        if (appended) {
            end = stpcpy(p, any(2) ? "" : made.coded ? "%5b]" : "[]");

        } else {
            end = segment(start, p, name, true);
        }

        if (entries) {
            entry(start, end, i);

        } else if (member->items) {
            object(start, end, member->items, depth + 1);

        } else {
            scalar(start, value_of(member, number));
        }

        *p = '\0';
    }

    json(entries ? "}" : "]");
}


/* Returns whether a schema describes the members or elements of a type. */

static bool
is_open(erpsync_type_t type)
{
    return type >= ERPSYNC_TYPE_OBJECTS && type <= ERPSYNC_TYPE_DICTIONARY;
}


static void
member_value(char *start, char *p, const erpsync_member_t *member,
    unsigned depth)
{
    char  number[16];

    if (member->type == ERPSYNC_TYPE_OBJECT) {
        object(start, p, member->items, depth + 1);

    } else if (is_open(member->type)) {
        list(start, p, member, depth);

    } else if (member->type == ERPSYNC_TYPE_READ_ONLY) {
        opaque(start, p, 0);

    } else if (seldom(60)) {
        container(start, p, 0);

    } else {
        scalar(start, value_of(member, number));
    }
}


/* The start of a member: returns the end of its path. */

static char *
member_name(char *start, char *p, const char *name, bool known)
{
    char  spelled[64];

    (void) strcpy(spelled, name);

    if (known && any(8) == 0) {
        spelled[0] ^= 0x20;
    }

    made.json += sprintf(made.json, "%s\"%s\":",
                         (made.json[-1] == '{') ? "" : ",", spelled);

    return segment(start, p, spelled, false);
}


/* An object, with some of its members, from any of them on. */

static void
object(char *start, char *p, const erpsync_object_t *schema, unsigned depth)
{
    size_t                   i, k, from, npairs;
    const char              *name;
    const erpsync_member_t  *member;

    npairs = made.npairs;
    from = any(3) ? 0 : any((unsigned) schema->nmembers);
    json("{");

    for (k = 0; k < schema->nmembers; k++) {
        i = (from + k) % schema->nmembers;
        member = &schema->members[i];

        if ((member->flags & ERPSYNC_REQUIRED)
            ? seldom(20)
            : any(3) == 0 || p - start > LONG || made.npairs > PAIRS / 2
              || (is_open(member->type) && depth == DEPTH))
        {
            continue;
        }

        member_value(start, member_name(start, p, (const char *)
                                        member->name.data, true),
                     member, depth);
        *p = '\0';
    }

    if (seldom(10)) {
        opaque(start, member_name(start, p, "Other", false), 0);
        made.ordered = true;
        *p = '\0';
    }

    if (seldom(10) && !is_open(schema->members[0].type)) {
        name = (const char *) schema->members[0].name.data;
        (void) member_name(start, p, name, true);
        scalar(start, text());
        made.ordered = true;
        *p = '\0';
    }

    json("}");

    /* a form has no pair for an object without members */

    made.unable |= (made.npairs == npairs);
}


/* The form, its pairs in any order if "shuffled". */

static size_t
form(char *p, bool shuffled)
{
    char    *start;
    size_t   i, k;
    pair_t   kept;

    for (i = made.npairs; shuffled && i > 1; i--) {
        k = any((unsigned) i);
        kept = made.pairs[i - 1];
        made.pairs[i - 1] = made.pairs[k];
        made.pairs[k] = kept;
    }

    start = p;

    for (i = 0; i < made.npairs; i++) {
        p += sprintf(p, "%s%s=%s", i ? any(40) ? "&" : "&&" : "",
                     made.pairs[i].name, made.pairs[i].value);
    }

    return (size_t) (p - start);
}


static int
by_path(const void *one, const void *two)
{
    int                         n;
    size_t                      len;
    const erpsync_violation_t  *a = one, *b = two;

    len = (a->path.len < b->path.len) ? a->path.len : b->path.len;
    n = len ? memcmp(a->path.data, b->path.data, len) : 0;

    if (n == 0) {
        n = (a->path.len > b->path.len) - (a->path.len < b->path.len);
    }

    return n ? n : (int) a->code - (int) b->code;
}


/* Puts violations in the order of their pointers, in memory of the caller. */

static void
sort(erpsync_body_t *body, erpsync_violation_t *violations)
{
    if (body->nviolations) {
        memcpy(violations, body->violations,
               body->nviolations * sizeof(erpsync_violation_t));
        qsort(violations, body->nviolations, sizeof(erpsync_violation_t),
              by_path);
        body->violations = violations;
    }
}


static void
show(const erpsync_body_t *body, const char *data)
{
    size_t  i;

    printf("%s\n", data);

    for (i = 0; i < body->nviolations; i++) {
        printf("    %.*s %s\n", (int) body->violations[i].path.len,
               body->violations[i].path.data,
               erpsync_code_name(body->violations[i].code).data);
    }
}


/* Breaks a form: a byte changes, is left out or added, or the end is cut. */

static size_t
mutate(char *p, size_t len)
{
    char    c;
    size_t  at;

    static const char  marks[] = "&&&===%%%++..[[]]0129ak \"\\\t\x7f\xc3\xa6"
                                 "\xff";

    at = any((unsigned) len);
    c = any(8) ? marks[any(sizeof(marks))] : (char) any(256);

    switch (any(5)) {

    case 0:
        memmove(p + at, p + at + 1, len - at - 1);
        return len - 1;

    case 1:
        return any(4) ? len : at;

    case 2:
        memmove(p + at + 1, p + at, len - at);
        p[at] = c;
        return len + 1;

    default:
        p[at] = c;
        return len;
    }
}


/* How many forms were OK, or not: all, and those of the fast path. */

typedef struct {
    size_t   taken[2];
    size_t   fast[2];
    size_t   broken[2];
} counts_t;


/* Judges the request that was made as JSON and as a form, then breaks it. */

static void
compare(const char *json_text, const erpsync_sink_conf_t *conf,
    counts_t *counts)
{
    char                 data[SIZE];
    size_t               n, len;
    unit_input_t         input[3];
    erpsync_body_t       body[3];
    erpsync_arena_t      arena;
    erpsync_violation_t  violations[2][ERPSYNC_MAX_VIOLATIONS];

    erpsync_arena_init(&arena);
    input[0] = unit_input(json_text, strlen(json_text));

    assert_int_equal(erpsync_body(&arena, ERPSYNC_MEDIA_JSON, conf,
                                  input[0].str, &body[0]), ERPSYNC_OK);

    len = form(data, !made.ordered);
    n = judge(data, len, &arena, conf, &input[1], &body[1]);
    counts->fast[body[1].reason == ERPSYNC_REASON_OK] += n;

    if (!made.ordered) {
        sort(&body[0], violations[0]);
        sort(&body[1], violations[1]);
    }

    if (body[0].reason != body[1].reason
        || body[0].nviolations != body[1].nviolations
        || !erpsync_str_eq(body[0].canonical, body[1].canonical))
    {
        show(&body[0], json_text);
        show(&body[1], data);
    }

    unit_same_body(&body[0], &body[1]);
    counts->taken[body[0].reason == ERPSYNC_REASON_OK]++;

    for (n = 1 + any(3); n && len > 1; n--) {
        len = mutate(data, len);
    }

    n = judge(data, len, &arena, conf, &input[2], &body[2]);
    counts->broken[body[2].reason == ERPSYNC_REASON_OK] += n;

    free(input[0].data);
    free(input[1].data);
    free(input[2].data);
    erpsync_arena_destroy(&arena);
}


static void
test_requests(void **state)
{
    char                        json_text[SIZE], path[PATH];
    size_t                      i, requests;
    counts_t                    counts;
    erpsync_sink_conf_t         conf;
    const erpsync_operation_t  *connect;

    (void) state;

    connect = erpsync_operation_find(erpsync_span("TryConnectActor", 15));
    assert_non_null(connect);

    unit_random_start();
    memset(&conf, 0, sizeof(conf));
    memset(&counts, 0, sizeof(counts));
    conf.key = 0x5eed;
    requests = unit_documents(REQUESTS);

    for (i = 0; i < requests; i++) {
        calm = any(3) ? any(2) ? 100 : 10 : 1;
        conf.operation = any(2) ? connect
                                : &erpsync_operations[any(ERPSYNC_OPERATIONS)];
        conf.unknown = (erpsync_unknown_t) any(3);
        conf.max_field_values = any(2) ? 0 : 2;

        if (conf.operation->request == NULL) {
            continue;
        }

        memset(&made, 0, sizeof(made));
        made.coded = (any(4) == 0);
        made.json = json_text;
        path[0] = '\0';
        object(path, path, conf.operation->request, 0);

        if (!made.unable) {
            made.ordered |= (any(3) == 0);
            compare(json_text, &conf, &counts);
        }
    }

    /* a generator that only made one kind would prove nothing */

    printf("fast: %zu ok, %zu not; broken: %zu ok, %zu not\n",
           counts.fast[1], counts.fast[0], counts.broken[1],
           counts.broken[0]);

    assert_true(counts.taken[0] > requests / 20);
    assert_true(counts.taken[1] > requests / 20);
    assert_true(counts.fast[0] > requests / 40);
    assert_true(counts.fast[1] > requests / 20);
    assert_true(counts.broken[0] > requests / 100);
    assert_true(counts.broken[1] > requests / 100);
}


#define ONE   HEAD "&FieldValues[0].CrmFieldKey=k"

/* An element behind that one, with more bytes than a pair can need. */

#define X32   "0123456789abcdef0123456789abcdef"
#define LAST  "&FieldValues[1].CrmFieldKey=" X32 X32 X32 X32 X32

/* What the fast path takes, and what it leaves to the general path. */

static const struct {
    bool         fast;
    const char  *form;
} borders[] = {
    { true, HEAD },
    { true, "&&" HEAD "&" },
    { true, "erpKey=k&ERPKEY=l&CrmRecordId" },
    { false, "ErpKey&=1" },
    { false, "ErpKey=k&Other=1" },
    { false, "ErpKeys=k" },
    { false, "ErpKe=k" },
    { false, "Erp%4bey=k" },
    { false, "ErpKey.a=k" },
    { false, "ErpKey[]=k" },
    { false, "ErpKey=%" },
    { false, "ErpKey=%4" },
    { false, "ErpKey=%4g" },
    { false, "ErpKey=%g4" },
    { false, "ErpKey=%00" },
    { false, "ErpKey=%ff" },
    { false, "ErpKey=\xc3" },
    { true, "ErpKey=\xc3\xa6%C3%A6+%2b%26%3d=" },
    { true, "ErpKey=%22%5c%0a\"\\\n" },
    { true, "ErpKey=+&CrmRecordId=%20%09" },
    { true, ONE },
    { true, ONE "&FieldValues[0].Value=v&FieldValues[1].CrmFieldKey=l" },
    { true, ONE "&FieldValues[0].CrmFieldKey=l" },
    { true, ONE "&FieldValues[0].SyncToCrm=True" LAST },
    { true, ONE "&FieldValues[0].SyncToCrm=" LAST },
    { true, ONE "&FieldValues[0].SyncToCrm" LAST },
    { true, ONE "&FieldValues[0].SyncToCrm=trues" LAST },
    { true, ONE "&FieldValues[0].SyncToCrm=fals" LAST },
    { true, "FieldValues[0].CrmFieldKey=k&" HEAD },
    { true, "FieldValues[0].Value=v&FieldValues[1].Value=v" },
    { true, HEAD "&fieldValues[0].crmFieldKey=k&fieldValues[0].value=v" },
    { true, HEAD "&FieldValues[0][CrmFieldKey]=k&FieldValues[0][Value]=v" },
    { true, HEAD "&FieldValues%5B0%5D.CrmFieldKey=k&FieldValues%5B0%5D.Value"
      "=v" },
    { true, HEAD "&FieldValues%5b0%5d%5bCrmFieldKey%5d=k" },
    { false, HEAD "&FieldValues%5d0%5d.CrmFieldKey=k" },
    { false, HEAD "&FieldValues%4b0%5d.CrmFieldKey=k" },
    { false, HEAD "&FieldValues[0%5b.CrmFieldKey=k" },
    { false, HEAD "&FieldValues[0][CrmFieldKey=k" },
    { false, HEAD "&FieldValues[0].CrmFieldKey]=k" },
    { false, HEAD "&FieldValues[0.CrmFieldKey=k" },
    { false, HEAD "&FieldValues[0]CrmFieldKey=k" },
    { false, HEAD "&FieldValues.CrmFieldKey=k" },
    { false, HEAD "&FieldValues[0]=k" },
    { false, HEAD "&FieldValues[0]" },
    { false, HEAD "&FieldValues[0" },
    { false, HEAD "&FieldValues[" },
    { false, HEAD "&FieldValues[]=k" },
    { false, HEAD "&FieldValues=k" },
    { false, HEAD "&FieldValues" },
    { false, HEAD "&FieldValues[1].CrmFieldKey=k" },
    { false, HEAD "&FieldValues[00].CrmFieldKey=k" },
    { false, HEAD "&FieldValues[x].CrmFieldKey=k" },
    { false, HEAD "&FieldValues[0].TableRight=k" },
    { false, HEAD "&FieldValues[0].FieldValues[0].Value=k" },
    { false, ONE "&FieldValues[2].CrmFieldKey=k" },
    { false, ONE "&FieldValues[0][Value]=v" },
    { false, ONE "&FieldValues%5B0].Value=v" },
    { false, ONE "&ErpKey=k&FieldValues[1].CrmFieldKey=k" },
    { false, ONE "&FieldValues[1].CrmFieldKey=k&FieldValues[0].Value=v" },
    { false, ONE "&FieldValues[1].CrmFieldKey=k&FieldValues[2].CrmFieldKey=k"
      "&FieldValues[3].CrmFieldKey=k" }
};


static void
test_borders(void **state)
{
    char                  data[512];
    size_t                i, n, len;
    unit_input_t          input;
    erpsync_body_t        body;
    erpsync_arena_t       arena;
    erpsync_sink_conf_t   conf;

    static const char  *const  odd[] = { "%41", "+", "%22", "%C3%A6", "\"",
                                         "\xc3\xa6", "%", "\x01", "&", "%00" };
    static const char  letters[] =
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";

    (void) state;

    memset(&conf, 0, sizeof(conf));
    conf.key = 0x5eed;
    conf.max_field_values = 3;
    conf.operation = erpsync_operation_find(
                                         erpsync_span("TryConnectActor", 15));

    for (i = 0; i < erpsync_nelts(borders); i++) {
        erpsync_arena_init(&arena);

        if (judge(borders[i].form, strlen(borders[i].form), &arena, &conf,
                  &input, &body)
            != borders[i].fast)
        {
            fail_msg("%s: fast %d", borders[i].form, !borders[i].fast);
        }

        free(input.data);
        erpsync_arena_destroy(&arena);
    }

    /* something odd in each place of a block, and of the end of the input */

    for (i = 0; i < 100 * 100 * erpsync_nelts(odd); i++) {
        n = i % 100;
        len = i / 100 % 100;
        (void) snprintf(data, sizeof(data), HEAD "&FieldValues[0].CrmFieldKey="
                        "k&FieldValues[0].Value=%.*s%s%.*s", (int) n,
                        letters, odd[i / 10000], (int) len, letters);

        erpsync_arena_init(&arena);
        (void) judge(data, strlen(data), &arena, &conf, &input, &body);
        free(input.data);
        erpsync_arena_destroy(&arena);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_borders),
        cmocka_unit_test(test_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
