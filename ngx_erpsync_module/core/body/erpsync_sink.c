
#include "erpsync_sink_internal.h"


/* Output may be longer than the input by names, [] and quotes. */

#define ERPSYNC_OUT_ROOM  256


static erpsync_rc_t erpsync_sink_unknown(erpsync_sink_t *sink,
    erpsync_text_t name);
static erpsync_rc_t erpsync_sink_reject(erpsync_sink_t *sink,
    erpsync_code_t code);
static erpsync_rc_t erpsync_sink_null(erpsync_sink_t *sink);
static erpsync_rc_t erpsync_sink_fact(erpsync_sink_t *sink,
    const erpsync_member_t *member, erpsync_type_t type, int64_t number);
static erpsync_rc_t erpsync_sink_element(erpsync_sink_t *sink,
    erpsync_value_t *value);
static erpsync_rc_t erpsync_sink_count(erpsync_sink_t *sink);
static erpsync_rc_t erpsync_sink_required(erpsync_sink_t *sink);


void
erpsync_sink_init(erpsync_sink_t *sink, erpsync_arena_t *arena,
    const erpsync_sink_conf_t *conf, size_t size)
{
    sink->conf = *conf;
    sink->arena = arena;
    sink->null_absent = false;
    sink->merge = false;
    sink->form = false;
    sink->repeats = false;
    sink->input = NULL;
    sink->name_at = NULL;
    sink->value_at = NULL;
    sink->checked = ERPSYNC_MAX_DEPTH;
    sink->levels = NULL;
    sink->copy = NULL;
    sink->verbatim = erpsync_span(NULL, 0);

    erpsync_nameset_create(&sink->frames[0].names);
    erpsync_nameset_create(&sink->frames[1].names);
    sink->frames[0].inner = &sink->frames[1];
    sink->frames[1].inner = NULL;

    erpsync_out_later(&sink->out, arena, size + ERPSYNC_OUT_ROOM);
    erpsync_out_later(&sink->scratch, arena, size + ERPSYNC_OUT_ROOM);
    erpsync_out_later(&sink->extra, arena, size);

    erpsync_sink_restart(sink);
}


void
erpsync_sink_restart(erpsync_sink_t *sink)
{
    sink->state = ERPSYNC_SINK_ROOT;
    sink->resume = ERPSYNC_SINK_ROOT;
    sink->frame = NULL;
    sink->depth = 0;
    sink->dropped = false;
    sink->unknown = false;
    sink->nviolations = 0;
    sink->invalid = false;

    erpsync_zero(&sink->at, sizeof(erpsync_sink_place_t));
    erpsync_zero(&sink->facts, sizeof(erpsync_facts_t));

    sink->out.pos = sink->out.start;
    sink->extra.pos = sink->extra.start;
}


const erpsync_member_t *
erpsync_sink_expects(const erpsync_sink_t *sink)
{
    if (sink->state == ERPSYNC_SINK_MEMBERS) {
        return sink->at.member;
    }

    return (sink->state == ERPSYNC_SINK_LIST) ? sink->at.list : NULL;
}


erpsync_rc_t
erpsync_sink_object(erpsync_sink_t *sink)
{
    bool                     member;
    const erpsync_object_t  *object;

    object = NULL;
    member = false;

    switch (sink->state) {

    case ERPSYNC_SINK_OPAQUE:
        return erpsync_opaque_begin(sink, true);

    case ERPSYNC_SINK_ROOT:
        object = sink->conf.operation->request;

        if (object == NULL) {
            erpsync_opaque_enter(sink, &sink->out);
            return erpsync_opaque_begin(sink, true);
        }

        break;

    case ERPSYNC_SINK_LIST:

        if (erpsync_sink_count(sink) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        if (sink->state == ERPSYNC_SINK_OPAQUE) {     /* one too many */
            return erpsync_opaque_begin(sink, true);
        }

        object = sink->at.list->items;
        break;

    default: /* ERPSYNC_SINK_MEMBERS */
        member = sink->at.member
                 && (sink->at.member->type == ERPSYNC_TYPE_OBJECT
                     || sink->at.member->type == ERPSYNC_TYPE_DICTIONARY);

        if (member) {
            object = sink->at.member->items;
        }
    }

    if (object == NULL && !member) {

        if (erpsync_sink_reject(sink, ERPSYNC_CODE_TYPE) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        return erpsync_opaque_begin(sink, true);
    }

    if ((member && erpsync_sink_begin(sink) != ERPSYNC_OK)
        || erpsync_sink_open(sink, object) == NULL)
    {
        return ERPSYNC_ERROR;
    }

    return object ? ERPSYNC_OK : erpsync_out_literal(&sink->out, "{");
}


const erpsync_member_t *
erpsync_sink_find(const erpsync_sink_t *sink, erpsync_str_t name)
{
    unsigned                 i;
    const erpsync_frame_t   *frame;
    const erpsync_object_t  *object;

    if (sink->state != ERPSYNC_SINK_MEMBERS || sink->frame->object == NULL) {
        return NULL;
    }

    frame = sink->frame;
    object = frame->object;
    i = frame->next;

    if (i < object->nmembers
        && erpsync_name_is(name, object->members[i].name))
    {
        return &object->members[i];
    }

    for (i = 0; i < object->nmembers; i++) {
        if (erpsync_name_is(name, object->members[i].name)) {
            return &object->members[i];
        }
    }

    return NULL;
}


erpsync_rc_t
erpsync_sink_member(erpsync_sink_t *sink, const erpsync_member_t *member)
{
    uint32_t          bit;
    unsigned          i;
    erpsync_frame_t  *frame;

    frame = sink->frame;
    i = (unsigned) (member - frame->object->members);
    bit = 1u << i;

    sink->at.member = member;
    frame->next = i + 1;

    if ((frame->seen & bit)
        && !(member->type == ERPSYNC_TYPE_READ_ONLY && sink->repeats))
    {
        return erpsync_sink_duplicate(sink, member);
    }

    frame->seen |= bit;

    if (member->type == ERPSYNC_TYPE_READ_ONLY) {
        erpsync_opaque_drop(sink);
    }

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_sink_name(erpsync_sink_t *sink, erpsync_text_t name)
{
    const erpsync_member_t  *member;

    if (sink->state == ERPSYNC_SINK_OPAQUE) {
        return erpsync_opaque_name(sink, name);
    }

    if (sink->frame->object == NULL) {
        return erpsync_dictionary_name(sink, name);
    }

    member = erpsync_sink_find(sink, name.str);

    return member ? erpsync_sink_member(sink, member)
                  : erpsync_sink_unknown(sink, name);
}


erpsync_rc_t
erpsync_sink_scalar(erpsync_sink_t *sink, erpsync_scalar_t type,
    erpsync_text_t text)
{
    int                      code;
    int64_t                  number;
    erpsync_type_t           wanted;
    erpsync_value_t         *value, element;
    const erpsync_member_t  *member;

    if (sink->state == ERPSYNC_SINK_OPAQUE) {
        return erpsync_opaque_scalar(sink, type, text);
    }

    if (sink->state == ERPSYNC_SINK_ROOT) {

        if (sink->conf.operation->request) {
            sink->state = ERPSYNC_SINK_END;
            return erpsync_violation(sink, ERPSYNC_CODE_TYPE,
                                     ERPSYNC_AT_VALUE, NULL,
                                     ERPSYNC_TYPE_READ_ONLY);
        }

        erpsync_opaque_enter(sink, &sink->out);

        return erpsync_opaque_scalar(sink, type, text);
    }

    if (sink->state == ERPSYNC_SINK_LIST) {

        if (erpsync_sink_count(sink) != ERPSYNC_OK) {
            return ERPSYNC_ERROR;
        }

        if (sink->state == ERPSYNC_SINK_OPAQUE) {
            return erpsync_opaque_scalar(sink, type, text);
        }

        member = sink->at.list;
        wanted = erpsync_element_type(member);
        value = &element;
        memset(&element, 0, sizeof(erpsync_value_t));

    } else if (sink->frame->object == NULL) {
        return erpsync_dictionary_scalar(sink, type, text);

    } else {
        member = sink->at.member;
        wanted = member->type;
        value = erpsync_sink_value(sink);
    }

    if (type == ERPSYNC_SCALAR_NULL && sink->state == ERPSYNC_SINK_MEMBERS) {
        return erpsync_sink_null(sink);
    }

    number = 0;                  /* clang does not see that it is not used */

    code = (type == ERPSYNC_SCALAR_NULL)
           ? ERPSYNC_CODE_TYPE
           : erpsync_value_judge(member, wanted, type, text, value, &number);

    if (code != ERPSYNC_CODE_NONE) {
        value->kind = ERPSYNC_VALUE_RAW;

        if (erpsync_violation(sink, (erpsync_code_t) code, ERPSYNC_AT_VALUE,
                              member, wanted)
            != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

    } else if (member->role != ERPSYNC_ROLE_NONE
               && erpsync_sink_fact(sink, member, wanted, number)
                  != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (sink->state == ERPSYNC_SINK_LIST) {
        return erpsync_sink_element(sink, value);
    }

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_sink_array(erpsync_sink_t *sink)
{
    const erpsync_member_t  *member;

    if (sink->state == ERPSYNC_SINK_OPAQUE) {
        return erpsync_opaque_begin(sink, false);
    }

    if (sink->state == ERPSYNC_SINK_ROOT
        && sink->conf.operation->request == NULL)
    {
        erpsync_opaque_enter(sink, &sink->out);
        return erpsync_opaque_begin(sink, false);
    }

    member = sink->at.member;

    if (sink->state != ERPSYNC_SINK_MEMBERS || member == NULL
        || !erpsync_type_is_array(member->type))
    {
        if (sink->state == ERPSYNC_SINK_LIST
            && erpsync_sink_count(sink) != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        if (sink->state != ERPSYNC_SINK_OPAQUE
            && erpsync_sink_reject(sink, ERPSYNC_CODE_TYPE) != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        return erpsync_opaque_begin(sink, false);
    }

    if (erpsync_sink_begin(sink) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    sink->at.list = member;
    sink->at.index = 0;
    sink->state = ERPSYNC_SINK_LIST;

    return erpsync_out_literal(&sink->out, "[");
}


erpsync_rc_t
erpsync_sink_array_end(erpsync_sink_t *sink)
{
    if (sink->state == ERPSYNC_SINK_OPAQUE) {
        return erpsync_opaque_end(sink);
    }

    if (erpsync_out_literal(&sink->out, "]") != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (sink->at.list->flags & ERPSYNC_COUNTED) {
        sink->facts.field_values = sink->at.index;
    }

    sink->at.member = sink->at.list;
    sink->at.list = NULL;

    return erpsync_sink_done(sink);
}


erpsync_rc_t
erpsync_sink_object_end(erpsync_sink_t *sink)
{
    if (sink->state == ERPSYNC_SINK_OPAQUE) {
        return erpsync_opaque_end(sink);
    }

    if (sink->frame->object == NULL) {
        return (erpsync_out_literal(&sink->out, "}") == ERPSYNC_OK)
               ? erpsync_sink_close(sink) : ERPSYNC_ERROR;
    }

    if (erpsync_sink_required(sink) != ERPSYNC_OK
        || (!sink->invalid && erpsync_canonical_object(sink) != ERPSYNC_OK))
    {
        return ERPSYNC_ERROR;
    }

    sink->extra.pos = sink->extra.start + sink->frame->extra;

    return erpsync_sink_close(sink);
}


erpsync_rc_t
erpsync_sink_stray(erpsync_sink_t *sink)
{
    if (erpsync_sink_drops(sink)) {
        return ERPSYNC_OK;
    }

    if (sink->state == ERPSYNC_SINK_LIST) {
        return erpsync_violation(sink, ERPSYNC_CODE_TYPE, ERPSYNC_AT_LIST,
                                 sink->at.list, sink->at.list->type);
    }

    return erpsync_violation(sink, ERPSYNC_CODE_TYPE, ERPSYNC_AT_OBJECT,
                             NULL, ERPSYNC_TYPE_READ_ONLY);
}


erpsync_rc_t
erpsync_sink_fault(erpsync_sink_t *sink, erpsync_code_t code)
{
    return erpsync_violation(sink, code, ERPSYNC_AT_VALUE, sink->at.list,
                             erpsync_element_type(sink->at.list));
}


erpsync_str_t
erpsync_sink_canonical(const erpsync_sink_t *sink)
{
    if (sink->verbatim.data) {
        return sink->verbatim;
    }

    return erpsync_span(sink->out.start, erpsync_out_len(&sink->out));
}


static erpsync_rc_t
erpsync_sink_unknown(erpsync_sink_t *sink, erpsync_text_t name)
{
    bool              strip, duplicate;
    erpsync_out_t    *copy;
    erpsync_frame_t  *frame;

    frame = sink->frame;
    strip = (sink->conf.unknown == ERPSYNC_UNKNOWN_STRIP);
    sink->at.member = NULL;
    sink->at.name = name.str;
    copy = NULL;

    /*
     * a duplicate is not looked for if its violation would not be kept, or if
     * it is allowed
     */

    duplicate = false;

    if (!(strip && sink->repeats)
        && sink->nviolations < ERPSYNC_MAX_VIOLATIONS
        && erpsync_nameset_add(&frame->names, sink->arena, sink->conf.key,
                               name.str, false, &duplicate)
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (duplicate) {
        return erpsync_sink_duplicate(sink, NULL);
    }

    if (sink->conf.unknown == ERPSYNC_UNKNOWN_PASS) {
        copy = &sink->extra;
        sink->mark = erpsync_out_len(copy);

        if (erpsync_out_literal(copy, ",") != ERPSYNC_OK
            || erpsync_out_json(copy, name) != ERPSYNC_OK
            || erpsync_out_literal(copy, ":") != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }
    }

    erpsync_opaque_enter(sink, copy);
    sink->unknown = true;
    sink->dropped = strip;

    return ERPSYNC_OK;
}


/* Notes a violation of a value, and skips the object or array that it is. */

static erpsync_rc_t
erpsync_sink_reject(erpsync_sink_t *sink, erpsync_code_t code)
{
    erpsync_rc_t             rc;
    erpsync_type_t           type;
    const erpsync_member_t  *member;

    member = erpsync_sink_expects(sink);

    if (sink->state == ERPSYNC_SINK_MEMBERS && member) {
        erpsync_sink_value(sink)->kind = ERPSYNC_VALUE_RAW;
    }

    if (sink->state == ERPSYNC_SINK_LIST) {
        type = erpsync_element_type(member);

    } else if (member) {
        type = member->type;

    } else {
        type = erpsync_sink_in_dictionary(sink) ? ERPSYNC_TYPE_STRING
                                                : ERPSYNC_TYPE_READ_ONLY;
    }

    rc = erpsync_violation(sink, code, ERPSYNC_AT_VALUE, member, type);

    erpsync_opaque_enter(sink, NULL);

    return rc;
}


static erpsync_rc_t
erpsync_sink_null(erpsync_sink_t *sink)
{
    if (sink->null_absent
        || !(sink->at.member->flags & ERPSYNC_NOT_NULL))
    {
        return ERPSYNC_OK;     /* as absent */
    }

    erpsync_sink_value(sink)->kind = ERPSYNC_VALUE_RAW;

    return erpsync_violation(sink, ERPSYNC_CODE_TYPE, ERPSYNC_AT_VALUE,
                             sink->at.member, sink->at.member->type);
}


static erpsync_rc_t
erpsync_sink_fact(erpsync_sink_t *sink, const erpsync_member_t *member,
    erpsync_type_t type, int64_t number)
{
    size_t            size;
    int32_t          *p;
    erpsync_facts_t  *facts;

    facts = &sink->facts;

    if (member->role == ERPSYNC_ROLE_CRM_ACTOR) {
        facts->crm_actor = (unsigned) number;
        return ERPSYNC_OK;
    }

    if (member->role == ERPSYNC_ROLE_ERP_ACTOR) {
        facts->erp_actor = (unsigned) number;
        return ERPSYNC_OK;
    }

    if (type == member->type) {
        facts->has_connection = true;
        facts->connection = (int32_t) number;
        return ERPSYNC_OK;
    }

    if (facts->nconnections == facts->size) {
        size = facts->size ? facts->size * 2 : 16;
        p = erpsync_alloc(sink->arena, size * sizeof(int32_t));
        if (p == NULL) {
            return ERPSYNC_ERROR;
        }

        if (facts->nconnections) {
            memcpy(p, facts->connections,
                   facts->nconnections * sizeof(int32_t));
        }

        facts->connections = p;
        facts->size = size;
    }

    facts->connections[facts->nconnections++] = (int32_t) number;

    return ERPSYNC_OK;
}


/* Writes a scalar element of the open array. */

static erpsync_rc_t
erpsync_sink_element(erpsync_sink_t *sink, erpsync_value_t *value)
{
    size_t          size;
    erpsync_out_t  *out;
    erpsync_text_t  text;

    out = &sink->out;
    text.str = erpsync_span(value->u.data, value->len);
    text.clean = value->clean;

    sink->at.index++;

    if (sink->invalid) {
        return ERPSYNC_OK;
    }

    size = erpsync_json_size(text) + 1;

    if (erpsync_out_reserve(out, size) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    if (sink->at.index > 1) {
        *out->pos++ = ',';
    }

    out->pos = (value->kind == ERPSYNC_VALUE_TEXT)
               ? erpsync_put_json(out->pos, text)
               : erpsync_put(out->pos, text.str);

    return ERPSYNC_OK;
}


/*
 * Checks the number of elements before one is added to the open array.  There
 * is one violation for all that are too many, and these are skipped.
 */

static erpsync_rc_t
erpsync_sink_count(erpsync_sink_t *sink)
{
    const erpsync_member_t  *list;

    list = sink->at.list;

    if (!(list->flags & ERPSYNC_COUNTED)
        || sink->conf.max_field_values == 0
        || sink->at.index < sink->conf.max_field_values)
    {
        return ERPSYNC_OK;
    }

    if (sink->at.index == sink->conf.max_field_values
        && erpsync_violation(sink, ERPSYNC_CODE_COUNT, ERPSYNC_AT_LIST, list,
                             list->type)
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    erpsync_opaque_enter(sink, NULL);

    return ERPSYNC_OK;
}


static erpsync_rc_t
erpsync_sink_required(erpsync_sink_t *sink)
{
    unsigned                 i;
    erpsync_frame_t         *frame;
    const erpsync_member_t  *member;

    frame = sink->frame;

    for (i = 0; i < frame->object->nrequired; i++) {
        member = &frame->object->members[i];

        if ((member->flags & ERPSYNC_REQUIRED)
            && frame->values[i].kind == ERPSYNC_VALUE_ABSENT
            && erpsync_violation(sink, ERPSYNC_CODE_REQUIRED,
                                 ERPSYNC_AT_MEMBER, member, member->type)
               != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }
    }

    return ERPSYNC_OK;
}
