
#define _POSIX_C_SOURCE  200809L

#include <arpa/inet.h>
#include <stdlib.h>

#include "erpsync_registry_reader.h"
#include "erpsync_text.h"


#define ERPSYNC_HOST_MAX   253      /* RFC 1035, 2.3.4, without the last dot */
#define ERPSYNC_LABEL_MAX  63


static void *erpsync_tenants_create(erpsync_reader_t *reader);
static const char *erpsync_tenants_name(const char *name);
static int erpsync_read_tenant(erpsync_reader_t *reader, const char *name,
    json_t *value);
static int erpsync_read_host(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_state(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_read_retry_after(erpsync_reader_t *reader, json_t *value,
    const char *place);
static int erpsync_tenants_complete(erpsync_reader_t *reader);
static size_t erpsync_tenants_slot(const erpsync_tenants_t *tenants,
    erpsync_str_t digits);
static size_t erpsync_tenants_count(const void *snapshot);
static bool erpsync_tenants_dismantle(void *snapshot);
static bool erpsync_host(erpsync_str_t s);
static bool erpsync_host_port(erpsync_str_t s);
static bool erpsync_host_name(erpsync_str_t s);
static bool erpsync_host_address(erpsync_str_t s, int family);


const erpsync_kind_t  erpsync_tenants_kind = {
    "tenants",
    "tenants",
    erpsync_tenants_create,
    erpsync_tenants_name,
    erpsync_read_tenant,
    NULL,
    NULL,
    erpsync_tenants_complete,
    erpsync_tenants_count,
    NULL,
    NULL,
    NULL,
    erpsync_tenants_dismantle
};


static const erpsync_object_entry_t  erpsync_tenant_entries[] = {
    { "host", true, erpsync_read_host },
    { "state", false, erpsync_read_state },
    { "retryAfter", false, erpsync_read_retry_after },
    { NULL, false, NULL }
};


bool
erpsync_tenants_find(const erpsync_tenants_t *tenants, erpsync_str_t tenant,
    erpsync_tenant_t *found)
{
    size_t           slot;
    erpsync_str_t    digits;
    const uint32_t  *index;

    if (!erpsync_tenant_digits(tenant, &digits)) {
        return false;
    }

    slot = erpsync_tenants_slot(tenants, digits);
    index = tenants->index.elts;

    if (index[slot] == 0) {
        return false;
    }

    *found = erpsync_tenants_entry(tenants, index[slot] - 1, &digits);

    return true;
}


erpsync_tenant_t
erpsync_tenants_entry(const erpsync_tenants_t *tenants, size_t n,
    erpsync_str_t *digits)
{
    const uint8_t                 *text;
    erpsync_tenant_t               tenant;
    const erpsync_tenant_entry_t  *entry;

    text = tenants->text.elts;
    entry = tenants->entries.elts;
    entry += n;

    *digits = erpsync_span(text + entry->digits.first, entry->digits.n);
    tenant.host = erpsync_span(text + entry->host.first, entry->host.n);
    tenant.maintenance = entry->maintenance;
    tenant.retry_after = entry->retry_after;

    return tenant;
}


static void *
erpsync_tenants_create(erpsync_reader_t *reader)
{
    reader->tenants = calloc(1, sizeof(erpsync_tenants_t));

    return reader->tenants;
}


static const char *
erpsync_tenants_name(const char *name)
{
    erpsync_str_t  digits;

    return (strncmp(name, "Cust", 4) == 0
            && erpsync_tenant_digits(erpsync_span(name, strlen(name)),
                                     &digits))
           ? NULL : "a tenant must be \"Cust\" and digits";
}


static int
erpsync_read_tenant(erpsync_reader_t *reader, const char *name, json_t *value)
{
    int                      rc;
    erpsync_tenant_entry_t  *entry;

    reader->tenant = name;
    memset(&reader->entry, 0, sizeof(erpsync_tenant_entry_t));
    reader->entry.retry_after = ERPSYNC_RETRY_AFTER;

    rc = erpsync_read_object(reader, value, erpsync_tenant_entries);
    reader->tenant = NULL;

    if (rc != ERPSYNC_OK) {
        return rc;
    }

    if (erpsync_vec_keep(&reader->tenants->text, name + 4, strlen(name + 4),
                         &reader->entry.digits)
        != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    entry = erpsync_vec_push(&reader->tenants->entries, 1,
                             sizeof(erpsync_tenant_entry_t));
    if (entry == NULL) {
        return ERPSYNC_ERROR;
    }

    *entry = reader->entry;

    return ERPSYNC_OK;
}


static int
erpsync_read_host(erpsync_reader_t *reader, json_t *value, const char *place)
{
    erpsync_str_t  host;

    host = erpsync_span(json_string_value(value), json_string_length(value));

    if (!json_is_string(value) || !erpsync_host(host)) {
        return erpsync_invalid(reader, place,
                               "must be a DNS name, an IPv4 address or an "
                               "IPv6 address in brackets, with \":port\" if "
                               "needed");
    }

    return erpsync_vec_keep(&reader->tenants->text, (const char *) host.data,
                            host.len, &reader->entry.host);
}


static int
erpsync_read_state(erpsync_reader_t *reader, json_t *value, const char *place)
{
    const char  *s;

    s = json_string_value(value);

    if (s == NULL
        || (strcmp(s, "running") != 0 && strcmp(s, "maintenance") != 0))
    {
        return erpsync_invalid(reader, place,
                               "must be \"running\" or \"maintenance\"");
    }

    reader->entry.maintenance = (s[0] == 'm');

    return ERPSYNC_OK;
}


static int
erpsync_read_retry_after(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    json_int_t  seconds;

    seconds = json_integer_value(value);

    if (!json_is_integer(value) || seconds < 1
        || seconds > ERPSYNC_RETRY_AFTER_MAX)
    {
        return erpsync_invalid(reader, place, "must be a number of seconds "
                               "from 1 to %d", ERPSYNC_RETRY_AFTER_MAX);
    }

    reader->entry.retry_after = (uint32_t) seconds;

    return ERPSYNC_OK;
}


/* Makes an empty index on the first call, then enters one tenant each time. */

static int
erpsync_tenants_complete(erpsync_reader_t *reader)
{
    size_t              n, size, slot;
    uint32_t           *index;
    erpsync_str_t       digits;
    erpsync_tenants_t  *tenants;

    tenants = reader->tenants;

    if (tenants->index.elts == NULL) {
        size = 16;

        while (size < 2 * tenants->entries.n) {
            size *= 2;
        }

        if (!erpsync_vec_zero(&tenants->index, size, sizeof(uint32_t))
            || erpsync_random(&tenants->key, sizeof(erpsync_hash_key_t))
               != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }

        erpsync_vec_trim(&tenants->entries, sizeof(erpsync_tenant_entry_t));
        erpsync_vec_trim(&tenants->text, 1);

        return ERPSYNC_OK;
    }

    n = reader->next++;

    if (n == tenants->entries.n) {
        return ERPSYNC_COMPLETE;
    }

    (void) erpsync_tenants_entry(tenants, n, &digits);
    slot = erpsync_tenants_slot(tenants, digits);
    index = tenants->index.elts;

    if (index[slot]) {
        return erpsync_invalid(reader, "", "tenants.Cust%.*s: is in the file "
                               "more than once",
                               (int) (digits.len < 64 ? digits.len : 64),
                               (const char *) digits.data);
    }

    index[slot] = (uint32_t) n + 1;

    return ERPSYNC_OK;
}


/* Returns the slot of a tenant, or the free one that it belongs in. */

static size_t
erpsync_tenants_slot(const erpsync_tenants_t *tenants, erpsync_str_t digits)
{
    size_t           mask, slot;
    erpsync_str_t    other;
    const uint32_t  *index;

    index = tenants->index.elts;
    mask = tenants->index.n - 1;

    for (slot = (size_t) erpsync_hash(&tenants->key, digits) & mask;
         index[slot];
         slot = (slot + 1) & mask)
    {
        (void) erpsync_tenants_entry(tenants, index[slot] - 1, &other);

        if (erpsync_str_eq(other, digits)) {
            break;
        }
    }

    return slot;
}


static size_t
erpsync_tenants_count(const void *snapshot)
{
    const erpsync_tenants_t  *tenants = snapshot;

    return tenants->entries.n;
}


static bool
erpsync_tenants_dismantle(void *snapshot)
{
    erpsync_tenants_t  *tenants = snapshot;

    if (erpsync_vec_free(&tenants->entries, sizeof(erpsync_tenant_entry_t),
                         true)
        || erpsync_vec_free(&tenants->text, 1, true)
        || erpsync_vec_free(&tenants->index, sizeof(uint32_t), true))
    {
        return true;
    }

    free(tenants);

    return false;
}


/*
 * Returns whether "s" is a host that may become part of a URL: a DNS name
 * (RFC 1123, 2.1), an IPv4 address, or an IPv6 address in brackets; then, if
 * needed, a colon and a port.
 */

static bool
erpsync_host(erpsync_str_t s)
{
    size_t         i;
    erpsync_str_t  name;

    name = s;

    for (i = s.len; i > 0; i--) {

        if (s.data[i - 1] == ']') {
            break;
        }

        if (s.data[i - 1] == ':') {
            name.len = i - 1;

            if (!erpsync_host_port(erpsync_span(s.data + i, s.len - i))) {
                return false;
            }

            break;
        }
    }

    if (name.len > 2 && name.data[0] == '['
        && name.data[name.len - 1] == ']')
    {
        return erpsync_host_address(erpsync_span(name.data + 1, name.len - 2),
                                    AF_INET6);
    }

    return erpsync_host_address(name, AF_INET) || erpsync_host_name(name);
}


static bool
erpsync_host_port(erpsync_str_t s)
{
    size_t    i;
    unsigned  port;

    if (s.len == 0 || s.len > 5 || s.data[0] == '0') {
        return false;
    }

    for (port = 0, i = 0; i < s.len; i++) {

        if (!erpsync_is_digit(s.data[i])) {
            return false;
        }

        port = port * 10 + (unsigned) (s.data[i] - '0');
    }

    return port <= 65535;
}


/*
 * Returns whether "s" is a DNS name.  The last label must begin with a letter:
 * some resolvers take "10.1" or "0x7f.1" for an IPv4 address.
 */

static bool
erpsync_host_name(erpsync_str_t s)
{
    size_t   i, label;
    uint8_t  c;

    if (s.len == 0 || s.len > ERPSYNC_HOST_MAX) {
        return false;
    }

    for (label = 0, i = 0; i <= s.len; i++) {
        c = (i < s.len) ? s.data[i] : '.';

        if (c == '.') {

            if (i == label || i - label > ERPSYNC_LABEL_MAX
                || s.data[label] == '-' || s.data[i - 1] == '-'
                || (i == s.len && !erpsync_is_alpha(s.data[label])))
            {
                return false;
            }

            label = i + 1;

        } else if (!erpsync_is_alpha(c) && !erpsync_is_digit(c) && c != '-') {
            return false;
        }
    }

    return true;
}


static bool
erpsync_host_address(erpsync_str_t s, int family)
{
    char     text[INET6_ADDRSTRLEN];
    uint8_t  address[16];

    if (s.len >= sizeof(text) || memchr(s.data, '\0', s.len)) {
        return false;
    }

    memcpy(text, s.data, s.len);
    text[s.len] = '\0';

    return inet_pton(family, text, address) == 1;
}
