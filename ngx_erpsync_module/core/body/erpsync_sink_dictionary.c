
#include "erpsync_sink_internal.h"


/* Dictionaries: a key, which is data, and a string or null as its value. */


static const erpsync_member_t  erpsync_entry = {
    .name = erpsync_string("The value"), .type = ERPSYNC_TYPE_STRING,
    .flags = ERPSYNC_BOOL_TEXT
};


static const erpsync_str_t  erpsync_part_key = erpsync_string("Key");
static const erpsync_str_t  erpsync_part_value = erpsync_string("Value");


bool
erpsync_sink_in_dictionary(const erpsync_sink_t *sink)
{
    return sink->state == ERPSYNC_SINK_MEMBERS && sink->frame->object == NULL;
}


erpsync_rc_t
erpsync_dictionary_name(erpsync_sink_t *sink, erpsync_text_t name)
{
    bool            duplicate;
    erpsync_out_t  *out;

    sink->at.name = name.str;

    if (erpsync_nameset_add(&sink->frame->names, sink->arena, sink->conf.key,
                            name.str, true, &duplicate)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (duplicate) {
        return erpsync_sink_duplicate(sink, NULL);
    }

    out = &sink->out;
    sink->at.start = erpsync_out_len(out);

    if (sink->invalid) {
        return ERPSYNC_OK;
    }

    if ((out->pos[-1] != '{' && erpsync_out_literal(out, ",") != ERPSYNC_OK)
        || erpsync_out_json(out, name) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    return erpsync_out_literal(out, ":");
}


erpsync_rc_t
erpsync_dictionary_scalar(erpsync_sink_t *sink, erpsync_scalar_t type,
    erpsync_text_t text)
{
    int              code;
    int64_t          number;
    erpsync_out_t   *out;
    erpsync_value_t  value;

    out = &sink->out;

    if (type == ERPSYNC_SCALAR_NULL) {

        if (sink->merge) {
            out->pos = out->start + sink->at.start;
            return ERPSYNC_OK;
        }

        return sink->invalid ? ERPSYNC_OK : erpsync_out_literal(out, "null");
    }

    memset(&value, 0, sizeof(erpsync_value_t));
    code = erpsync_value_judge(&erpsync_entry, ERPSYNC_TYPE_STRING, type,
                               text, &value, &number);

    if (code != ERPSYNC_CODE_NONE) {
        return erpsync_violation(sink, (erpsync_code_t) code,
                                 ERPSYNC_AT_VALUE, &erpsync_entry,
                                 ERPSYNC_TYPE_STRING);
    }

    if (sink->invalid) {
        return ERPSYNC_OK;
    }

    text.str = erpsync_span(value.u.data, value.len);
    text.clean = value.clean;

    return erpsync_out_json(out, text);
}


/* Notes a violation of a part of the entry that is open. */

static erpsync_rc_t
erpsync_part_violation(erpsync_sink_t *sink, erpsync_str_t part,
    erpsync_code_t code)
{
    erpsync_rc_t  rc;

    sink->at.part = part;
    rc = erpsync_violation(sink, code, ERPSYNC_AT_VALUE, NULL,
                           ERPSYNC_TYPE_STRING);
    sink->at.part.data = NULL;

    return rc;
}


erpsync_rc_t
erpsync_sink_part(erpsync_sink_t *sink, erpsync_entry_t *entry,
    erpsync_str_t name, erpsync_part_t **part)
{
    erpsync_code_t  code;

    *part = NULL;
    code = ERPSYNC_CODE_UNKNOWN;

    if (erpsync_name_is(name, erpsync_part_key)) {
        *part = &entry->key;

    } else if (erpsync_name_is(name, erpsync_part_value)) {
        *part = &entry->value;
    }

    if (*part && !(*part)->given) {
        (*part)->given = true;
        return ERPSYNC_OK;
    }

    if (*part) {
        code = ERPSYNC_CODE_DUPLICATE;
        (*part)->wrong = true;
        *part = NULL;
    }

    if ((code == ERPSYNC_CODE_DUPLICATE
         || sink->conf.unknown == ERPSYNC_UNKNOWN_REJECT)
        && erpsync_part_violation(sink, name, code) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    sink->facts.unknown += (code == ERPSYNC_CODE_UNKNOWN);
    erpsync_opaque_drop(sink);

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_sink_part_wrong(erpsync_sink_t *sink, const erpsync_entry_t *entry,
    erpsync_part_t *part)
{
    part->wrong = true;

    if (erpsync_part_violation(sink, (part == &entry->key)
                                     ? erpsync_part_key : erpsync_part_value,
                               ERPSYNC_CODE_TYPE)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    erpsync_opaque_drop(sink);

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_sink_entry(erpsync_sink_t *sink, erpsync_entry_t *entry)
{
    erpsync_rc_t           rc;
    erpsync_scalar_t       type;
    const erpsync_part_t  *key, *value;

    rc = ERPSYNC_OK;
    key = &entry->key;
    value = &entry->value;

    if (!key->given || (key->null && !key->wrong)) {
        rc = erpsync_part_violation(sink, erpsync_part_key,
                                    ERPSYNC_CODE_REQUIRED);
    }

    if (rc == ERPSYNC_OK && !value->given) {
        rc = erpsync_part_violation(sink, erpsync_part_value,
                                    ERPSYNC_CODE_REQUIRED);
    }

    if (rc == ERPSYNC_OK && key->given && !key->null && !key->wrong
        && value->given && !value->wrong)
    {
        type = value->null ? ERPSYNC_SCALAR_NULL : ERPSYNC_SCALAR_UNTYPED;
        rc = erpsync_dictionary_name(sink, key->text);

        if (rc == ERPSYNC_OK) {
            rc = (sink->state == ERPSYNC_SINK_OPAQUE)      /* a key twice */
                 ? erpsync_opaque_scalar(sink, type, value->text)
                 : erpsync_dictionary_scalar(sink, type, value->text);
        }
    }

    sink->at.index++;
    memset(entry, 0, sizeof(erpsync_entry_t));

    return rc;
}
