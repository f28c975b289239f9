
#include "erpsync_json_fast_internal.h"
#include "erpsync_json_rows_internal.h"


#if (ERPSYNC_HAVE_WIDE)

/* Judges the value of a member at "p".  Returns its end, or NULL. */

ERPSYNC_WIDE
static inline const uint8_t *
erpsync_json_lead_value(erpsync_json_fast_t *fast, const erpsync_rows_t *rows,
    const erpsync_member_t *member, const uint8_t *p, ptrdiff_t shift)
{
    unsigned              i;
    uint8_t              *out;
    const erpsync_str_t  *name;

    out = erpsync_rows_out(p, shift);

    switch (member->type) {

    case ERPSYNC_TYPE_STRING:

        if (*p != '"'
            || ((member->flags & ERPSYNC_NOT_BLANK)
                && erpsync_rows_blank(p + 1)))
        {
            return NULL;
        }

        /* the quote is written with the name */

        return erpsync_rows_string(rows, member, p + 1, shift, true);

    case ERPSYNC_TYPE_BOOL:
        return erpsync_rows_bool(p, shift, true);

    case ERPSYNC_TYPE_INT32:
        _mm_storeu_si128((__m128i *) out,
                         _mm_loadu_si128((const __m128i *) p));

        return erpsync_json_fast_int32(fast, member, p);

    case ERPSYNC_TYPE_ENUM:
        i = erpsync_json_fast_enum(fast, member, p);

        if (i == 0) {
            return NULL;
        }

        /* the name in its documented case is as long */

        name = &member->values->quoted[i];
        memcpy(out, name->data, name->len);

        return p + name->len;

    default:
        return NULL;
    }
}


ERPSYNC_WIDE
const uint8_t *
erpsync_json_fast_lead(erpsync_json_fast_t *fast,
    const erpsync_object_t *object, const uint8_t *p,
    erpsync_json_fast_lead_t *lead)
{
    uint8_t                  c;
    unsigned                 present;
    ptrdiff_t                shift;
    erpsync_rows_t           rows;
    const uint8_t           *from;
    erpsync_rows_at_t        at;
    const erpsync_member_t  *member, *end;

    erpsync_rows_vectors(&rows, fast->last);

    /* no white space has a mask of 0 */

    at = (erpsync_rows_at_t) { .shift = fast->at.out - p };

    from = p;
    shift = at.shift;
    present = 0;
    member = object->members;
    end = member + object->nmembers;
    c = '{';

    while (member != end && p <= rows.limit && *p == c) {

        p = erpsync_rows_name(&rows, &at, &member, end, p, c);

        if (p && *p == '[' && member->type == ERPSYNC_TYPE_OBJECTS) {
            lead->member = member;
            lead->named = true;
            from = p;
            shift = at.shift;
            break;
        }

        if (p) {
            p = erpsync_json_lead_value(fast, &rows, member, p, at.shift);
        }

        if (p == NULL) {
            break;
        }

        from = p;
        shift = at.shift;
        present |= 1u << (member - object->members);
        lead->member = ++member;
        c = ',';
    }

    lead->present = present;

    fast->at.run = from;
    fast->at.out = erpsync_rows_out(from, shift);

    return from;
}


#else

const uint8_t *
erpsync_json_fast_lead(erpsync_json_fast_t *fast,
    const erpsync_object_t *object, const uint8_t *p,
    erpsync_json_fast_lead_t *lead)
{
    (void) fast;
    (void) object;
    (void) lead;

    return p;
}

#endif
