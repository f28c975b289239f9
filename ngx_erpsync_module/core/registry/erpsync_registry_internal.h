
/*
 * How a snapshot is laid out, and the functions by which the reader of the
 * file builds it.
 *
 * All apps share a few arrays.  An app has the offset and number of its
 * elements in each, so a snapshot of a million apps is ten blocks of memory.
 */


#ifndef ERPSYNC_REGISTRY_INTERNAL_H
#define ERPSYNC_REGISTRY_INTERNAL_H


#include "erpsync_hash.h"
#include "erpsync_registry.h"
#include "erpsync_tenants.h"


#define ERPSYNC_TOO_LARGE  "is larger than 512 MB"    /* ERPSYNC_FILE_MAX */


/* Flags of an app. */

#define ERPSYNC_APP_ENABLED           0x01
#define ERPSYNC_APP_AGENT             0x02
#define ERPSYNC_APP_LIMIT_TENANTS     0x04
#define ERPSYNC_APP_LIMIT_ADDRESSES   0x08
#define ERPSYNC_APP_LIMIT_CONNECTIONS 0x10
#define ERPSYNC_APP_LIMIT_CRM_ACTORS  0x20
#define ERPSYNC_APP_LIMIT_ERP_ACTORS  0x40
#define ERPSYNC_APP_ENFORCE           0x80


typedef struct {
    uint32_t            first;
    uint32_t            n;
} erpsync_range_t;


struct erpsync_app_s {
    uint64_t            operations;       /* a bit for each */
    erpsync_range_t     id;               /* in "text" */
    erpsync_range_t     name;             /* the same */
    erpsync_range_t     tokens;           /* and certificates */
    erpsync_range_t     tenants;
    erpsync_range_t     addresses;
    erpsync_range_t     connections;
    erpsync_range_t     labels;
    uint8_t             flags;
    uint8_t             crm_actors;       /* bits of ordinals */
    uint8_t             erp_actors;
};


/* A token or a certificate. */

typedef struct {
    uint8_t             digest[ERPSYNC_DIGEST_LEN];
    int64_t             not_before;
    int64_t             expires;
    uint32_t            app;
    uint32_t            by;               /* erpsync_by_t */
} erpsync_token_t;


typedef struct {
    uint8_t             bytes[16];
    uint8_t             family;           /* erpsync_family_t */
    uint8_t             prefix;           /* bits */
} erpsync_network_t;


/* A label of an app. */

typedef struct {
    erpsync_range_t     name;             /* in "text" */
    erpsync_range_t     value;            /* the same */
} erpsync_label_t;


/* An array that grows. */

typedef struct {
    void               *elts;
    size_t              n;
    size_t              size;             /* in elements */
} erpsync_vec_t;


struct erpsync_registry_s {
    erpsync_vec_t       apps;             /* erpsync_app_t */
    erpsync_vec_t       tokens;           /* erpsync_token_t */
    erpsync_vec_t       text;             /* bytes: ids, tenants' digits */
    erpsync_vec_t       tenants;          /* erpsync_range_t, digits; sorted */
    erpsync_vec_t       networks;         /* erpsync_network_t */
    erpsync_vec_t       connections;      /* int32_t, sorted for each app */
    erpsync_vec_t       labels;           /* erpsync_label_t */

    erpsync_vec_t       index;            /* uint32_t, of "tokens", from 1;
                                             0: free */
    size_t              mask;             /* of "index" */
    uint64_t            mixed[9];         /* secret, so that no file can be */
    erpsync_hash_key_t  key;              /* made to be slow: for digests, and
                                             for ids */

    int64_t             sequence;         /* or ERPSYNC_NO_SEQUENCE */
    uint32_t            certificates;     /* among "tokens" */
    uint32_t            enforced;         /* among "apps" */
    erpsync_vec_t       changes;          /* bytes: erpsync_kind_changes() */
    char                digest[ERPSYNC_REGISTRY_DIGEST_LEN];
};


/* An entry of the tenants file. */

typedef struct {
    erpsync_range_t     digits;           /* in "text" */
    erpsync_range_t     host;             /* the same */
    uint32_t            retry_after;
    bool                maintenance;
} erpsync_tenant_entry_t;


struct erpsync_tenants_s {
    erpsync_vec_t       entries;          /* erpsync_tenant_entry_t */
    erpsync_vec_t       text;             /* bytes: digits and hosts */
    erpsync_vec_t       index;            /* uint32_t, of "entries", from 1;
                                             0: free */
    erpsync_hash_key_t  key;              /* secret, so that no client can
                                             search slowly on purpose */
};


/* Frees a part of a registry, as erpsync_kind_dismantle() does. */

bool erpsync_registry_dismantle(void *snapshot);


/*
 * Returns the slot of "index" where the search for a digest begins.  Digests
 * have one length, so this can be simpler than erpsync_hash(), which takes as
 * long as all other steps of finding an app.  Two digests have the same sum
 * with one key in 2^32 (Thorup, High Speed Hashing for Integers and Strings,
 * 2015: pair-multiply-shift).  Regular gaps between digests stay regular in the
 * sum, and would fill the index in long runs, so its bits are mixed.
 */

static inline size_t
erpsync_registry_home(const erpsync_registry_t *registry,
    const uint8_t digest[ERPSYNC_DIGEST_LEN])
{
    size_t    i;
    uint64_t  word, sum;

    sum = registry->mixed[8];

    for (i = 0; i < 8; i += 2) {
        word = erpsync_word(digest + 4 * i);
        sum += (registry->mixed[i] + (word >> 32))
               * (registry->mixed[i + 1] + (word & UINT32_MAX));
    }

    sum ^= sum >> 32;
    sum *= 0xd6e8feb86659fd93u;
    sum ^= sum >> 32;

    return (size_t) sum & registry->mask;
}


/* Sets the registry's digest from the SHA-256 of its file. */

void erpsync_registry_name(erpsync_registry_t *registry,
    const uint8_t digest[ERPSYNC_DIGEST_LEN]);

/* Compares the digits of two tenants, by length first, as memcmp() does. */

int erpsync_tenant_compare(erpsync_str_t a, erpsync_str_t b);

/* Compares the ids (int32_t) of two connections for qsort() and bsearch(). */

int erpsync_connection_compare(const void *a, const void *b);

/*
 * Sets "digits" to those of Cust<digits>, with "Cust" in any case.  Returns
 * false if "tenant" is anything else.
 */

bool erpsync_tenant_digits(erpsync_str_t tenant, erpsync_str_t *digits);

/*
 * Appends "n" elements of "size" bytes, which the caller sets, and returns the
 * first one, or NULL if memory ran out.
 */

void *erpsync_vec_push(erpsync_vec_t *vec, size_t n, size_t size);

/*
 * Appends a copy of "n" bytes, and sets "range" to its place.  Returns
 * ERPSYNC_ERROR if memory ran out.
 */

erpsync_rc_t erpsync_vec_keep(erpsync_vec_t *vec, const char *s, size_t n,
    erpsync_range_t *range);

/* Sets an empty array to "n" zeros; returns false if memory ran out. */

bool erpsync_vec_zero(erpsync_vec_t *vec, size_t n, size_t size);

/* Frees the room that the array does not use. */

void erpsync_vec_trim(erpsync_vec_t *vec, size_t size);

/*
 * Frees the array and empties it.  With "slice", frees only a part of a large
 * array, and returns true if there is more to free.
 */

bool erpsync_vec_free(erpsync_vec_t *vec, size_t size, bool slice);

/*
 * Makes an empty "index" for the tokens, with a new key, and frees the room
 * that the arrays do not use.  Returns ERPSYNC_ERROR if memory ran out.
 */

erpsync_rc_t erpsync_registry_index(erpsync_registry_t *registry);

/*
 * Returns the slot of an id in a table of ids (uint32_t, of "apps", from 1; 0:
 * free): the one that it is in, or else the free one where it belongs.
 */

size_t erpsync_registry_id_slot(const erpsync_registry_t *registry,
    const erpsync_vec_t *table, erpsync_str_t id);

/* Enters token "n" in "index"; returns false if its digest is there already. */

bool erpsync_registry_enter(erpsync_registry_t *registry, size_t n);


#endif /* ERPSYNC_REGISTRY_INTERNAL_H */
