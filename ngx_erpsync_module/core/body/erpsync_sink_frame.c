
#include "erpsync_sink_direct.h"
#include "erpsync_sink_internal.h"


/*
 * Returns the frame of an object in the innermost one, or NULL if there is no
 * memory.  A level keeps its frame for the objects that follow.
 */

static erpsync_frame_t *
erpsync_sink_inner(erpsync_sink_t *sink)
{
    erpsync_frame_t  *inner;

    if (sink->frame == NULL) {
        return &sink->frames[0];
    }

    inner = sink->frame->inner;

    if (inner == NULL) {
        inner = erpsync_alloc(sink->arena, sizeof(erpsync_frame_t));
        if (inner == NULL) {
            return NULL;
        }

        inner->inner = NULL;
        erpsync_nameset_create(&inner->names);
        sink->frame->inner = inner;
    }

    return inner;
}


erpsync_frame_t *
erpsync_sink_open(erpsync_sink_t *sink, const erpsync_object_t *object)
{
    erpsync_frame_t  *frame;

    frame = erpsync_sink_inner(sink);
    if (frame == NULL) {
        return NULL;
    }

    frame->object = object;
    frame->seen = 0;
    frame->next = 0;
    frame->extra = erpsync_out_len(&sink->extra);
    frame->start = sink->value_at;
    frame->begun = false;
    frame->written = 0;
    frame->prefix = erpsync_out_len(&sink->out);
    frame->place = sink->at;
    frame->outer = sink->frame;
    erpsync_nameset_init(&frame->names);

    if (object) {
        memset(frame->values, 0, object->nmembers * sizeof(erpsync_value_t));
    }

    sink->frame = frame;
    sink->state = ERPSYNC_SINK_MEMBERS;
    sink->at.member = NULL;
    sink->at.list = NULL;
    sink->at.index = 0;

    return frame;
}


const erpsync_member_t *
erpsync_order_search(erpsync_order_t *order, const erpsync_frame_t *frame,
    const uint8_t *p)
{
    unsigned                 i;
    const erpsync_object_t  *object;

    object = frame->object;

    if (order->object != object) {
        order->object = object;

        for (i = 0; i <= ERPSYNC_MAX_MEMBERS; i++) {
            order->after[i] = (uint8_t) i;
        }
    }

    for (i = 0; i < object->nmembers; i++) {
        if (erpsync_member_at(&object->members[i], p, false)) {
            order->after[frame->next] = (uint8_t) i;

            return &object->members[i];
        }
    }

    return NULL;
}


void
erpsync_sink_resume(erpsync_sink_t *sink, const erpsync_sink_begun_t *begun)
{
    unsigned                 i;
    erpsync_frame_t         *frame;
    const erpsync_object_t  *object;

    object = sink->conf.operation->request;

    frame = erpsync_sink_open(sink, object);    /* the first needs no memory */
    frame->begun = true;
    frame->seen = begun->seen;
    frame->next = (unsigned) (begun->list - object->members) + 1;

    for (i = 0; i < object->nmembers; i++) {
        if (begun->present & (1u << i)) {
            frame->values[i].kind = ERPSYNC_VALUE_RAW;
        }
    }

    sink->at.list = begun->list;
    sink->at.member = begun->list;
    sink->at.index = begun->index;
    sink->at.start = begun->start;
    sink->at.direct = true;
    sink->state = ERPSYNC_SINK_LIST;
}


erpsync_rc_t
erpsync_sink_begin(erpsync_sink_t *sink)
{
    unsigned          i;
    erpsync_frame_t  *frame;

    /*
     * if all members up to this one came in canonical order, they are written
     * now, so that the value can follow them
     */

    frame = sink->frame;
    i = (unsigned) (sink->at.member - frame->object->members);
    sink->at.direct = (!sink->invalid && frame->seen == (2u << i) - 1
                       && erpsync_out_len(&sink->out) == frame->prefix);

    if (sink->at.direct && erpsync_canonical_head(sink, i) != ERPSYNC_OK) {
        return ERPSYNC_ERROR;
    }

    sink->at.start = erpsync_out_len(&sink->out);

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_sink_done(erpsync_sink_t *sink)
{
    size_t            len;
    erpsync_frame_t  *frame;
    erpsync_value_t  *value;

    frame = sink->frame;
    len = erpsync_out_len(&sink->out) - sink->at.start;

    if (len > UINT32_MAX) {
        return ERPSYNC_ERROR;
    }

    value = erpsync_sink_value(sink);
    value->kind = ERPSYNC_VALUE_OUT;
    value->u.offset = sink->at.start;
    value->len = (uint32_t) len;

    if (sink->at.direct) {
        frame->written = (unsigned) (sink->at.member
                                     - frame->object->members) + 1;
        frame->prefix = erpsync_out_len(&sink->out);
    }

    sink->state = ERPSYNC_SINK_MEMBERS;

    return ERPSYNC_OK;
}


erpsync_rc_t
erpsync_sink_close(erpsync_sink_t *sink)
{
    erpsync_frame_t  *frame;

    frame = sink->frame;
    sink->at = frame->place;
    sink->frame = frame->outer;

    if (sink->frame == NULL) {
        sink->state = ERPSYNC_SINK_END;
        return ERPSYNC_OK;
    }

    if (sink->at.list) {
        sink->at.index++;
        sink->state = ERPSYNC_SINK_LIST;
        return ERPSYNC_OK;
    }

    return erpsync_sink_done(sink);
}


erpsync_rc_t
erpsync_sink_duplicate(erpsync_sink_t *sink, const erpsync_member_t *member)
{
    erpsync_opaque_enter(sink, NULL);

    return erpsync_violation(sink, ERPSYNC_CODE_DUPLICATE, ERPSYNC_AT_VALUE,
                             member,
                             member ? member->type : ERPSYNC_TYPE_READ_ONLY);
}
