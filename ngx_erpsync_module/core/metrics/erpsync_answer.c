
#include "erpsync_answer.h"
#include "erpsync_text.h"


static erpsync_result_t erpsync_answer_json(erpsync_str_t s, bool whole);
static erpsync_result_t erpsync_answer_xml(erpsync_str_t s, bool whole);
static erpsync_result_t erpsync_answer_word(erpsync_str_t word);
static size_t erpsync_answer_find(erpsync_str_t s, const char *text);


erpsync_result_t
erpsync_answer_result(erpsync_str_t start, bool whole)
{
    start = erpsync_space_trim(start);

    return (start.len && start.data[0] == '<')
           ? erpsync_answer_xml(start, whole)
           : erpsync_answer_json(start, whole);
}


static erpsync_result_t
erpsync_answer_json(erpsync_str_t s, bool whole)
{
    size_t         i;
    erpsync_str_t  name;

    static const erpsync_str_t  message = erpsync_string("Message");
    static const erpsync_str_t  error = erpsync_string("Error");

    if (s.len == 0 || s.data[0] != '{') {
        return whole ? erpsync_answer_word(s) : ERPSYNC_RESULT_OTHER;
    }

    s = erpsync_space_trim(erpsync_span(s.data + 1, s.len - 1));

    if (s.len == 0 || s.data[0] != '"') {
        return ERPSYNC_RESULT_OTHER;
    }

    name = erpsync_span(s.data + 1, s.len - 1);

    for (i = 0; i < name.len && name.data[i] != '"'; i++) {
        /* void */
    }

    name.len = i;

    return (erpsync_str_caseeq(name, message)
            || erpsync_str_caseeq(name, error))
           ? ERPSYNC_RESULT_ERROR : ERPSYNC_RESULT_OTHER;
}


/*
 * The root may have attributes and a prefix, as in
 * <boolean xmlns="...">true</boolean> and <x:boolean i:nil="true"/>.
 */

static erpsync_result_t
erpsync_answer_xml(erpsync_str_t s, bool whole)
{
    size_t         i, end;
    erpsync_str_t  tag, name;

    static const erpsync_str_t  error = erpsync_string("Error");

    if (erpsync_answer_find(s, "<?xml") == 0) {
        end = erpsync_answer_find(s, "?>");

        if (end == s.len) {
            return ERPSYNC_RESULT_OTHER;
        }

        s = erpsync_span(s.data + end + 2, s.len - end - 2);
        s = erpsync_space_trim(s);
    }

    end = erpsync_answer_find(s, ">");
    tag = erpsync_span(s.data, end);
    name = tag;

    for (i = 0; i < tag.len; i++) {

        if (tag.data[i] == ':' || tag.data[i] == '<') {
            name = erpsync_span(tag.data + i + 1, tag.len - i - 1);

        } else if (tag.data[i] <= ' ' || tag.data[i] == '/') {
            break;
        }
    }

    name.len = (size_t) (tag.data + i - name.data);

    if (erpsync_str_eq(name, error)) {
        return ERPSYNC_RESULT_ERROR;
    }

    if (!whole || end == s.len) {
        return ERPSYNC_RESULT_OTHER;
    }

    if (erpsync_answer_find(tag, "nil=\"true\"") < tag.len
        || erpsync_answer_find(tag, "nil=\"1\"") < tag.len)
    {
        return ERPSYNC_RESULT_NULL;
    }

    s = erpsync_span(s.data + end + 1, s.len - end - 1);
    s.len = erpsync_answer_find(s, "<");

    return erpsync_answer_word(erpsync_space_trim(s));
}


static erpsync_result_t
erpsync_answer_word(erpsync_str_t word)
{
    unsigned  i;

    for (i = ERPSYNC_RESULT_TRUE; i <= ERPSYNC_RESULT_NULL; i++) {
        if (erpsync_str_eq(word, erpsync_result_name((erpsync_result_t) i))) {
            return (erpsync_result_t) i;
        }
    }

    return ERPSYNC_RESULT_OTHER;
}


/* Returns the offset of "text" in "s", or s.len. */

static size_t
erpsync_answer_find(erpsync_str_t s, const char *text)
{
    size_t  i, len;

    len = strlen(text);

    for (i = 0; i + len <= s.len; i++) {
        if (memcmp(s.data + i, text, len) == 0) {
            return i;
        }
    }

    return s.len;
}


erpsync_answer_t
erpsync_answer_class(unsigned status)
{
    return (status == 0) ? ERPSYNC_ANSWER_NONE
           : (status < 300) ? ERPSYNC_ANSWER_2XX
           : (status < 400) ? ERPSYNC_ANSWER_3XX
           : (status < 500) ? ERPSYNC_ANSWER_4XX
           : ERPSYNC_ANSWER_5XX;
}


erpsync_str_t
erpsync_result_name(erpsync_result_t result)
{
    static const erpsync_str_t  names[] = {
        erpsync_string("true"),
        erpsync_string("false"),
        erpsync_string("null"),
        erpsync_string("error"),
        erpsync_string("other")
    };

    return names[result];
}


erpsync_str_t
erpsync_answer_name(erpsync_answer_t answer)
{
    static const erpsync_str_t  names[] = {
        erpsync_string("2xx"),
        erpsync_string("3xx"),
        erpsync_string("4xx"),
        erpsync_string("5xx"),
        erpsync_string("none")
    };

    return names[answer];
}
