
#include "erpsync_value.h"


#define ERPSYNC_MAX_DIGITS  10   /* of an int32 */


static int erpsync_int32_judge(const erpsync_member_t *member,
    erpsync_scalar_t scalar, erpsync_str_t s, erpsync_value_t *value,
    int64_t *number);
static int erpsync_enum_judge(const erpsync_member_t *member,
    erpsync_scalar_t scalar, erpsync_str_t s, erpsync_value_t *value,
    int64_t *number);
static int erpsync_bool_judge(erpsync_scalar_t scalar, erpsync_str_t s,
    erpsync_value_t *value);
static int erpsync_string_judge(const erpsync_member_t *member,
    erpsync_scalar_t scalar, erpsync_text_t text, erpsync_value_t *value);
static size_t erpsync_digits(erpsync_str_t s);


static const erpsync_str_t  erpsync_true = erpsync_string("true");
static const erpsync_str_t  erpsync_false = erpsync_string("false");


erpsync_type_t
erpsync_element_type(const erpsync_member_t *member)
{
    switch (member->type) {

    case ERPSYNC_TYPE_INT32S:
        return ERPSYNC_TYPE_INT32;

    case ERPSYNC_TYPE_STRINGS:
        return ERPSYNC_TYPE_STRING;

    default:
        return ERPSYNC_TYPE_READ_ONLY;      /* no scalar */
    }
}


int
erpsync_value_judge(const erpsync_member_t *member, erpsync_type_t type,
    erpsync_scalar_t scalar, erpsync_text_t text, erpsync_value_t *value,
    int64_t *number)
{
    erpsync_str_t  s;

    if (type == ERPSYNC_TYPE_STRING) {
        return erpsync_string_judge(member, scalar, text, value);
    }

    s = text.str;

    if (scalar == ERPSYNC_SCALAR_UNTYPED && s.len
        && (s.data[0] <= ' ' || s.data[s.len - 1] <= ' '))
    {
        s = erpsync_space_trim(s);
    }

    switch (type) {

    case ERPSYNC_TYPE_INT32:
        return erpsync_int32_judge(member, scalar, s, value, number);

    case ERPSYNC_TYPE_ENUM:
        return erpsync_enum_judge(member, scalar, s, value, number);

    case ERPSYNC_TYPE_BOOL:
        return erpsync_bool_judge(scalar, s, value);

    default:
        return ERPSYNC_CODE_TYPE;
    }
}


static void
erpsync_value_raw(erpsync_value_t *value, erpsync_str_t s)
{
    value->u.data = s.data;
    value->len = (uint32_t) s.len;
    value->kind = ERPSYNC_VALUE_RAW;
}


/* Returns the number of leading decimal digits. */

static size_t
erpsync_digits(erpsync_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len && erpsync_is_digit(s.data[i]); i++) {
        /* void */
    }

    return i;
}


static int
erpsync_int32_judge(const erpsync_member_t *member, erpsync_scalar_t scalar,
    erpsync_str_t s, erpsync_value_t *value, int64_t *number)
{
    bool           negative;
    size_t         i, zeros;
    int64_t        n;
    erpsync_str_t  digits;

    if (scalar == ERPSYNC_SCALAR_TRUE || scalar == ERPSYNC_SCALAR_FALSE) {
        return ERPSYNC_CODE_TYPE;
    }

    negative = (s.len && s.data[0] == '-');
    digits = erpsync_span(s.data + negative, s.len - negative);

    if (digits.len == 0 || erpsync_digits(digits) != digits.len) {
        return ERPSYNC_CODE_TYPE;
    }

    for (zeros = 0;
         zeros < digits.len - 1 && digits.data[zeros] == '0';
         zeros++)
    {
        /* void */
    }

    if (digits.len - zeros > ERPSYNC_MAX_DIGITS) {
        return ERPSYNC_CODE_RANGE;
    }

    if (digits.len > ERPSYNC_MAX_DIGITS) {
        return ERPSYNC_CODE_TYPE;
    }

    n = 0;

    for (i = zeros; i < digits.len; i++) {
        n = n * 10 + (digits.data[i] - '0');
    }

    if (negative) {
        n = -n;
    }

    if (n > INT32_MAX || n < INT32_MIN
        || ((member->flags & ERPSYNC_POSITIVE) && n < 1))
    {
        return ERPSYNC_CODE_RANGE;
    }

    *number = n;

    if (negative && n != 0 && zeros == 0) {
        erpsync_value_raw(value, s);

    } else if (negative && n != 0) {

        /* "-007": "-7" is not a part of the input, and is not worth a copy */

        return ERPSYNC_CODE_TYPE;

    } else {
        erpsync_value_raw(value, erpsync_span(digits.data + zeros,
                                              digits.len - zeros));
    }

    return ERPSYNC_CODE_NONE;
}


/*
 * Returns the first ordinal that is accepted: 0, "Unknown", only if the member
 * is optional.
 */

static inline unsigned
erpsync_enum_first(const erpsync_member_t *member)
{
    return (member->flags & ERPSYNC_REQUIRED) ? 1 : 0;
}


static int
erpsync_enum_judge(const erpsync_member_t *member, erpsync_scalar_t scalar,
    erpsync_str_t s, erpsync_value_t *value, int64_t *number)
{
    bool      named;
    size_t    i, digits;
    unsigned  ordinal;

    if (scalar == ERPSYNC_SCALAR_TRUE || scalar == ERPSYNC_SCALAR_FALSE) {
        return ERPSYNC_CODE_TYPE;
    }

    named = true;

    digits = erpsync_digits(s);

    if (digits == s.len && digits > 0 && digits <= ERPSYNC_MAX_DIGITS) {
        ordinal = 0;

        for (i = 0; i < digits; i++) {
            ordinal = ordinal * 10 + (s.data[i] - '0');

            if (ordinal >= member->values->nvalues) {
                return ERPSYNC_CODE_ENUM;
            }
        }

    } else if (scalar == ERPSYNC_SCALAR_NUMBER) {

        for (i = (s.data[0] == '-'); i < s.len; i++) {
            if (!erpsync_is_digit(s.data[i])) {
                return ERPSYNC_CODE_TYPE;
            }
        }

        return ERPSYNC_CODE_ENUM;

    } else {
        ordinal = erpsync_enum_find(member->values, s);
        named = ordinal || erpsync_str_caseeq(s, member->values->values[0]);
    }

    if (!named || ordinal < erpsync_enum_first(member)) {
        return ERPSYNC_CODE_ENUM;
    }

    *number = ordinal;
    erpsync_value_raw(value, member->values->quoted[ordinal]);

    return ERPSYNC_CODE_NONE;
}


static int
erpsync_bool_judge(erpsync_scalar_t scalar, erpsync_str_t s,
    erpsync_value_t *value)
{
    bool  b, digit;

    digit = (s.len == 1 && (s.data[0] == '0' || s.data[0] == '1'));

    switch (scalar) {

    case ERPSYNC_SCALAR_TRUE:
        b = true;
        break;

    case ERPSYNC_SCALAR_FALSE:
        b = false;
        break;

    case ERPSYNC_SCALAR_NUMBER:
        if (!digit) {
            return ERPSYNC_CODE_TYPE;
        }

        b = (s.data[0] == '1');
        break;

    default:

        if (scalar == ERPSYNC_SCALAR_UNTYPED && digit) {
            b = (s.data[0] == '1');

        } else if (erpsync_name_is(s, erpsync_true)) {
            b = true;

        } else if (erpsync_name_is(s, erpsync_false)) {
            b = false;

        } else {
            return ERPSYNC_CODE_TYPE;
        }
    }

    erpsync_value_raw(value, b ? erpsync_true : erpsync_false);

    return ERPSYNC_CODE_NONE;
}


static int
erpsync_string_judge(const erpsync_member_t *member, erpsync_scalar_t scalar,
    erpsync_text_t text, erpsync_value_t *value)
{
    erpsync_str_t  s;

    if (scalar == ERPSYNC_SCALAR_TRUE || scalar == ERPSYNC_SCALAR_FALSE) {

        if (!(member->flags & ERPSYNC_BOOL_TEXT)) {
            return ERPSYNC_CODE_TYPE;
        }

        text.str = (scalar == ERPSYNC_SCALAR_TRUE) ? erpsync_true
                                                   : erpsync_false;
        text.clean = true;
    }

    s = text.str;

    if ((member->flags & ERPSYNC_NOT_BLANK) && erpsync_is_blank(s)) {
        return ERPSYNC_CODE_EMPTY;
    }

    /* a text never has more UTF-16 code units than bytes */

    if (member->max_length && s.len > member->max_length
        && erpsync_utf16_length(s) > member->max_length)
    {
        return ERPSYNC_CODE_LENGTH;
    }

    if (s.len > UINT32_MAX) {
        return ERPSYNC_CODE_LENGTH;
    }

    value->u.data = s.data;
    value->len = (uint32_t) s.len;
    value->clean = text.clean || erpsync_json_clean(s);
    value->kind = ERPSYNC_VALUE_TEXT;

    return ERPSYNC_CODE_NONE;
}


static erpsync_rc_t
erpsync_type_sentence(erpsync_out_t *out, const erpsync_member_t *member,
    erpsync_type_t type)
{
    switch (type) {

    case ERPSYNC_TYPE_INT32:
        if (member && (member->flags & ERPSYNC_POSITIVE)) {
            return erpsync_out_literal(out,
                                       "must be an integer from 1 to "
                                       "2147483647");
        }

        return erpsync_out_literal(out, "must be an integer from "
                                        "-2147483648 to 2147483647");

    case ERPSYNC_TYPE_STRING:
        return erpsync_out_literal(out, "must be a string");

    case ERPSYNC_TYPE_BOOL:
        return erpsync_out_literal(out, "must be true or false");

    case ERPSYNC_TYPE_OBJECTS:
    case ERPSYNC_TYPE_INT32S:
    case ERPSYNC_TYPE_STRINGS:
        return erpsync_out_literal(out, "must be an array");

    default: /* ERPSYNC_TYPE_OBJECT, ERPSYNC_TYPE_DICTIONARY, a request */
        return erpsync_out_literal(out, "must be an object");
    }
}


static erpsync_rc_t
erpsync_enum_sentence(erpsync_out_t *out, const erpsync_member_t *member)
{
    size_t                 i, first;
    erpsync_rc_t           rc;
    const erpsync_enum_t  *values;

    values = member->values;
    first = erpsync_enum_first(member);
    rc = erpsync_out_literal(out, "must be one of ");

    for (i = first; i < values->nvalues && rc == ERPSYNC_OK; i++) {

        if (i > first) {
            rc = erpsync_out_literal(out, ", ");
        }

        if (rc == ERPSYNC_OK) {
            rc = erpsync_out_str(out, values->values[i]);
        }
    }

    return rc;
}


erpsync_rc_t
erpsync_code_sentence(erpsync_out_t *out, erpsync_code_t code,
    const erpsync_member_t *member, erpsync_type_t type, size_t limit)
{
    erpsync_rc_t  rc;

    switch (code) {

    case ERPSYNC_CODE_REQUIRED:
        return erpsync_out_literal(out, "is required");

    case ERPSYNC_CODE_LENGTH:
        rc = erpsync_out_literal(out, "must not be longer than ");
        break;

    case ERPSYNC_CODE_COUNT:
        rc = erpsync_out_literal(out, "must not have more than ");
        break;

    case ERPSYNC_CODE_EMPTY:
        return erpsync_out_literal(out,
                                   "must not be empty or white space only");

    case ERPSYNC_CODE_UNKNOWN:
        return erpsync_out_literal(out, "is not part of the request");

    case ERPSYNC_CODE_DUPLICATE:
        return erpsync_out_literal(out, "must be given only once");

    default:

        if (member && type == ERPSYNC_TYPE_ENUM) {
            return erpsync_enum_sentence(out, member);
        }

        return erpsync_type_sentence(out, member, type);
    }

    if (rc != ERPSYNC_OK
        || erpsync_out_number(out, limit) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    if (code == ERPSYNC_CODE_LENGTH) {
        return erpsync_out_literal(out, " characters");
    }

    return erpsync_out_literal(out, " elements");
}
