
/*
 * The operations of the ErpSync agent, the members of their requests and the
 * rules for each member (docs/bodies.md). All tables are constant.
 */


#ifndef ERPSYNC_SCHEMA_H
#define ERPSYNC_SCHEMA_H


#include "erpsync_base.h"


/* The media types of a request body. */

typedef enum {
    ERPSYNC_MEDIA_UNSUPPORTED,
    ERPSYNC_MEDIA_JSON,            /* application/json, text/json */
    ERPSYNC_MEDIA_MERGE_PATCH,     /* application/merge-patch+json */
    ERPSYNC_MEDIA_JSON_PATCH,      /* application/json-patch+json */
    ERPSYNC_MEDIA_XML,             /* application/xml, text/xml */
    ERPSYNC_MEDIA_FORM             /* application/x-www-form-urlencoded */
} erpsync_media_t;


#define ERPSYNC_MAX_MEMBERS  20  /* of one object in the tables */
#define ERPSYNC_MAX_KEY      32  /* of a name with its quotes and colon */


typedef enum {
    ERPSYNC_TYPE_INT32,
    ERPSYNC_TYPE_STRING,
    ERPSYNC_TYPE_BOOL,
    ERPSYNC_TYPE_ENUM,
    ERPSYNC_TYPE_OBJECTS,        /* array of "items" */
    ERPSYNC_TYPE_INT32S,         /* array of int32 */
    ERPSYNC_TYPE_STRINGS,        /* array of strings */
    ERPSYNC_TYPE_OBJECT,         /* "items" */
    ERPSYNC_TYPE_DICTIONARY,     /* of strings; its keys are data */
    ERPSYNC_TYPE_READ_ONLY       /* accepted and dropped */
} erpsync_type_t;


/* Flags of a member. */

#define ERPSYNC_REQUIRED   0x01  /* absent or null is a violation */
#define ERPSYNC_NOT_NULL   0x02  /* may be absent, but not null */
#define ERPSYNC_POSITIVE   0x04  /* int32: at least 1 */
#define ERPSYNC_NOT_BLANK  0x08  /* string: more than ASCII white space */
#define ERPSYNC_BOOL_TEXT  0x10  /* string: true and false as text */
#define ERPSYNC_EMPTY      0x20  /* array: absent or null is forwarded as [] */
#define ERPSYNC_COUNTED    0x40  /* array: erpsync_max_field_values applies */


/* Members that grants may be limited by. */

typedef enum {
    ERPSYNC_ROLE_NONE,
    ERPSYNC_ROLE_CONNECTION,
    ERPSYNC_ROLE_CRM_ACTOR,
    ERPSYNC_ROLE_ERP_ACTOR
} erpsync_role_t;


/*
 * Value n has ordinal n.  A required member does not accept ordinal 0, which
 * is "Unknown".
 */

typedef struct {
    size_t                nvalues;
    const erpsync_str_t  *values;
    const erpsync_str_t  *quoted;       /* the same as JSON strings */
} erpsync_enum_t;


typedef struct erpsync_object_s  erpsync_object_t;


typedef struct {
    erpsync_str_t            name;        /* letters only */
    erpsync_str_t            key;         /* ,"name": as it is written */

    /*
     * "name": and the quote behind it of a string, where no vector of it is in
     * two cache lines
     */
    _Alignas(ERPSYNC_MAX_KEY) uint8_t  match[ERPSYNC_MAX_KEY];
    uint8_t                  match_len;
    uint32_t                 match_any;   /* bits of bytes that may differ */
    uint32_t                 match_other; /* bits of all but the name's bytes */
    erpsync_type_t           type;
    unsigned                 flags;
    erpsync_role_t           role;
    uint32_t                 max_length;  /* UTF-16 code units; 0: no limit */
    const erpsync_enum_t    *values;
    const erpsync_object_t  *items;
} erpsync_member_t;


struct erpsync_object_s {
    size_t                   nmembers;
    const erpsync_member_t  *members;     /* in canonical order */
    size_t                   nrequired;   /* the last one that is required,
                                             from 1; 0: none is */
};


/*
 * The limits of an app that the request of an operation can be checked
 * against.  An operation that names no ERP connection, or no actor type, acts
 * on all of them, or on some that its request does not show.
 */

#define ERPSYNC_NAMES_CONNECTION  0x01
#define ERPSYNC_NAMES_CRM_ACTOR   0x02
#define ERPSYNC_NAMES_ERP_ACTOR   0x04


typedef struct {
    erpsync_str_t            name;        /* in its documented case */
    const erpsync_object_t  *request;     /* NULL: it has no request */
    unsigned                 names;       /* ERPSYNC_NAMES_ bits */
} erpsync_operation_t;


#define ERPSYNC_OPERATIONS  49

extern const erpsync_operation_t  erpsync_operations[ERPSYNC_OPERATIONS];

extern const erpsync_enum_t  erpsync_crm_actor_types;
extern const erpsync_enum_t  erpsync_erp_actor_types;


/* Returns whether the values of a type are arrays. */

static inline bool
erpsync_type_is_array(erpsync_type_t type)
{
    return type >= ERPSYNC_TYPE_OBJECTS && type <= ERPSYNC_TYPE_STRINGS;
}

/*
 * Returns whether a member of this name is a dictionary, in any carrier.  The
 * keys of a dictionary are data: "a" and "A" are two keys.
 */

bool erpsync_is_dictionary(erpsync_str_t name);

/*
 * Finds an operation by name, without regard to ASCII case; returns NULL if
 * there is none.
 */

const erpsync_operation_t *erpsync_operation_find(erpsync_str_t name);

/* Returns the operation's index in the table, which is its bit in grants. */

static inline unsigned
erpsync_operation_index(const erpsync_operation_t *operation)
{
    return (unsigned) (operation - erpsync_operations);
}

/*
 * Returns whether "name" is "known" without regard to ASCII case.  "known"
 * must be letters only, at least one.  Therefore bytes that differ in bit 0x20
 * only are the same letter.
 */

static inline bool
erpsync_name_is(erpsync_str_t name, erpsync_str_t known)
{
    size_t    i, n;
    uint64_t  differs;

    n = known.len;

    if (name.len != n) {
        return false;
    }

    if (n < 8) {
        differs = erpsync_word_of(name.data, n) ^ erpsync_word_of(known.data,
                                                                  n);
        return (differs & ~(ERPSYNC_ONES * 0x20)) == 0;
    }

    differs = erpsync_word(name.data + n - 8) ^ erpsync_word(known.data + n
                                                             - 8);

    for (i = 0; i < n - 8; i += 8) {
        differs |= erpsync_word(name.data + i) ^ erpsync_word(known.data + i);
    }

    return (differs & ~(ERPSYNC_ONES * 0x20)) == 0;
}


/*
 * Returns the ordinal of a value by its name, without regard to ASCII case; 0
 * if there is none, and for "Unknown".
 */

unsigned erpsync_enum_find(const erpsync_enum_t *e, erpsync_str_t name);


#endif /* ERPSYNC_SCHEMA_H */
