
#define _POSIX_C_SOURCE  200809L

#include <arpa/inet.h>
#include <stdlib.h>

#include "erpsync_registry_reader.h"


static int erpsync_list_tenants(erpsync_reader_t *reader, json_t *value,
    const char *place, erpsync_str_t *digits);
static int erpsync_compare_tenants(const void *a, const void *b);
static int erpsync_keep_tenants(erpsync_reader_t *reader,
    const erpsync_str_t *digits, size_t n);


/* Returns whether "value" is "*", which means no limit. */

static bool
erpsync_is_any(json_t *value)
{
    return json_is_string(value)
           && strcmp(json_string_value(value), "*") == 0
           && json_string_length(value) == 1;
}


int
erpsync_read_agents(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    size_t         i, n;
    json_t        *item;
    erpsync_str_t  s;

    static const erpsync_str_t  agent = erpsync_string("ErpSync");

    if (!json_is_array(value)) {
        return erpsync_invalid(reader, place, "must be an array of names");
    }

    json_array_foreach (value, i, item) {
        s = erpsync_span(json_string_value(item), json_string_length(item));

        for (n = 0; n < s.len; n++) {
            if (!erpsync_is_alpha(s.data[n])
                && !(n && erpsync_is_digit(s.data[n])))
            {
                break;
            }
        }

        if (s.len == 0 || s.len > 64 || n < s.len) {
            return erpsync_invalid_at(reader, place, i,
                                      "is not the name of an agent");
        }

        if (erpsync_str_eq(s, agent)) {
            reader->grants.flags |= ERPSYNC_APP_AGENT;

        } else if (erpsync_str_caseeq(s, agent)) {
            return erpsync_invalid_at(reader, place, i,
                                      "must be written \"ErpSync\"");
        }
    }

    return ERPSYNC_OK;
}


int
erpsync_read_operations(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    size_t                      i;
    json_t                     *item;
    erpsync_str_t               s;
    const erpsync_operation_t  *operation;

    if (erpsync_is_any(value)) {
        return ERPSYNC_OK;
    }

    if (!json_is_array(value)) {
        return erpsync_invalid(reader, place,
                               "must be \"*\" or an array of operations");
    }

    reader->grants.operations = 0;

    json_array_foreach (value, i, item) {
        s = erpsync_span(json_string_value(item), json_string_length(item));
        operation = s.data ? erpsync_operation_find(s) : NULL;

        if (operation == NULL || !erpsync_str_eq(operation->name, s)) {
            return erpsync_invalid_at(reader, place, i,
                                      "is not an operation of the ErpSync "
                                      "agent");
        }

        reader->grants.operations |=
                       (uint64_t) 1 << erpsync_operation_index(operation);
    }

    return ERPSYNC_OK;
}


int
erpsync_read_tenants(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    int             rc;
    size_t          n;
    erpsync_str_t  *digits;

    if (erpsync_is_any(value)) {
        return ERPSYNC_OK;
    }

    if (!json_is_array(value)) {
        return erpsync_invalid(reader, place,
                               "must be \"*\" or an array of tenants");
    }

    n = json_array_size(value);
    reader->grants.flags |= ERPSYNC_APP_LIMIT_TENANTS;

    if (n == 0) {
        return ERPSYNC_OK;
    }

    digits = calloc(n, sizeof(erpsync_str_t));
    if (digits == NULL) {
        return ERPSYNC_ERROR;
    }

    rc = erpsync_list_tenants(reader, value, place, digits);

    if (rc == ERPSYNC_OK) {
        qsort(digits, n, sizeof(erpsync_str_t), erpsync_compare_tenants);
        rc = erpsync_keep_tenants(reader, digits, n);
    }

    free(digits);

    return rc;
}


static int
erpsync_list_tenants(erpsync_reader_t *reader, json_t *value,
    const char *place, erpsync_str_t *digits)
{
    size_t          i;
    json_t         *item;
    erpsync_str_t   s;

    json_array_foreach (value, i, item) {
        s = erpsync_span(json_string_value(item), json_string_length(item));

        if (!erpsync_tenant_digits(s, &digits[i])
            || memcmp(s.data, "Cust", 4) != 0)
        {
            return erpsync_invalid_at(reader, place, i,
                                      "must be \"Cust\" and digits");
        }
    }

    return ERPSYNC_OK;
}


static int
erpsync_compare_tenants(const void *a, const void *b)
{
    return erpsync_tenant_compare(*(const erpsync_str_t *) a,
                                  *(const erpsync_str_t *) b);
}


static int
erpsync_keep_tenants(erpsync_reader_t *reader, const erpsync_str_t *digits,
    size_t n)
{
    size_t            i;
    erpsync_vec_t    *tenants;
    erpsync_range_t  *ranges;

    tenants = &reader->registry->tenants;
    reader->grants.tenants.first = (uint32_t) tenants->n;
    reader->grants.tenants.n = (uint32_t) n;

    ranges = erpsync_vec_push(tenants, n, sizeof(erpsync_range_t));
    if (ranges == NULL) {
        return ERPSYNC_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (erpsync_keep_text(reader, (const char *) digits[i].data,
                              digits[i].len, &ranges[i])
            != ERPSYNC_OK)
        {
            return ERPSYNC_ERROR;
        }
    }

    return ERPSYNC_OK;
}


/* Reads an address or a network; returns false if "s" is neither. */

static bool
erpsync_parse_network(const char *s, erpsync_network_t *network)
{
    long      prefix;
    char      address[64], *end;
    size_t    n;
    unsigned  i, bits;

    static const uint8_t  mapped[12] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
    };

    memset(network, 0, sizeof(erpsync_network_t));
    n = strcspn(s, "/");

    if (n >= sizeof(address)) {
        return false;
    }

    memcpy(address, s, n);
    address[n] = '\0';

    if (inet_pton(AF_INET, address, network->bytes) == 1) {
        network->family = ERPSYNC_ADDRESS_INET;
        bits = 32;

    } else if (inet_pton(AF_INET6, address, network->bytes) == 1) {
        network->family = ERPSYNC_ADDRESS_INET6;
        bits = 128;

    } else {
        return false;
    }

    prefix = (long) bits;

    if (s[n] == '/') {

        if (!erpsync_is_digit((uint8_t) s[n + 1])) {
            return false;
        }

        prefix = strtol(s + n + 1, &end, 10);

        if (*end || prefix > (long) bits || (s[n + 1] == '0' && s[n + 2])) {
            return false;
        }
    }

    for (i = (unsigned) prefix; i < bits; i++) {
        if (network->bytes[i / 8] & (0x80 >> (i % 8))) {
            return false;      /* a host of the network, not the network */
        }
    }

    network->prefix = (uint8_t) prefix;

    if (network->family == ERPSYNC_ADDRESS_INET6 && prefix >= 96
        && memcmp(network->bytes, mapped, 12) == 0)
    {
        network->family = ERPSYNC_ADDRESS_INET;
        network->prefix = (uint8_t) (prefix - 96);
        memmove(network->bytes, network->bytes + 12, 4);
        memset(network->bytes + 4, 0, 12);
    }

    return true;
}


int
erpsync_read_addresses(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    size_t              i;
    json_t             *item;
    const char         *s;
    erpsync_vec_t      *networks;
    erpsync_network_t   network, *slot;

    if (erpsync_is_any(value)) {
        return ERPSYNC_OK;
    }

    if (!json_is_array(value)) {
        return erpsync_invalid(reader, place,
                               "must be \"*\" or an array of networks");
    }

    networks = &reader->registry->networks;
    reader->grants.flags |= ERPSYNC_APP_LIMIT_ADDRESSES;
    reader->grants.addresses.first = (uint32_t) networks->n;
    reader->grants.addresses.n = (uint32_t) json_array_size(value);

    json_array_foreach (value, i, item) {
        s = json_string_value(item);

        if (s == NULL || strlen(s) != json_string_length(item)
            || !erpsync_parse_network(s, &network))
        {
            return erpsync_invalid_at(reader, place, i,
                                      "must be an address or a network "
                                      "without host bits");
        }

        slot = erpsync_vec_push(networks, 1, sizeof(erpsync_network_t));
        if (slot == NULL) {
            return ERPSYNC_ERROR;
        }

        *slot = network;
    }

    return ERPSYNC_OK;
}


int
erpsync_read_connections(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    size_t          i, n;
    int32_t        *ids;
    json_t         *item;
    json_int_t      id;
    erpsync_vec_t  *connections;

    if (erpsync_is_any(value)) {
        return ERPSYNC_OK;
    }

    if (!json_is_array(value)) {
        return erpsync_invalid(reader, place,
                               "must be \"*\" or an array of ids");
    }

    connections = &reader->registry->connections;
    n = json_array_size(value);
    reader->grants.flags |= ERPSYNC_APP_LIMIT_CONNECTIONS;
    reader->grants.connections.first = (uint32_t) connections->n;
    reader->grants.connections.n = (uint32_t) n;

    if (n == 0) {
        return ERPSYNC_OK;
    }

    ids = erpsync_vec_push(connections, n, sizeof(int32_t));
    if (ids == NULL) {
        return ERPSYNC_ERROR;
    }

    json_array_foreach (value, i, item) {
        id = json_integer_value(item);

        if (!json_is_integer(item) || id < 1 || id > INT32_MAX) {
            return erpsync_invalid_at(reader, place, i,
                                      "must be an integer from 1 to "
                                      "2147483647");
        }

        ids[i] = (int32_t) id;
    }

    qsort(ids, n, sizeof(int32_t), erpsync_connection_compare);

    return ERPSYNC_OK;
}


static int
erpsync_read_actors(erpsync_reader_t *reader, json_t *value,
    const char *place, const erpsync_enum_t *types, uint8_t limit,
    uint8_t *mask)
{
    size_t         i;
    json_t        *item;
    unsigned       ordinal;
    erpsync_str_t  s;

    if (erpsync_is_any(value)) {
        return ERPSYNC_OK;
    }

    if (!json_is_array(value)) {
        return erpsync_invalid(reader, place,
                               "must be \"*\" or an array of actor types");
    }

    reader->grants.flags |= limit;

    json_array_foreach (value, i, item) {
        s = erpsync_span(json_string_value(item), json_string_length(item));
        ordinal = s.data ? erpsync_enum_find(types, s) : 0;

        if (ordinal == 0 || !erpsync_str_eq(types->values[ordinal], s)) {
            return erpsync_invalid_at(reader, place, i, "is not an actor type");
        }

        *mask |= (uint8_t) (1u << ordinal);
    }

    return ERPSYNC_OK;
}


int
erpsync_read_crm_actors(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    return erpsync_read_actors(reader, value, place,
                               &erpsync_crm_actor_types,
                               ERPSYNC_APP_LIMIT_CRM_ACTORS,
                               &reader->grants.crm_actors);
}


int
erpsync_read_erp_actors(erpsync_reader_t *reader, json_t *value,
    const char *place)
{
    return erpsync_read_actors(reader, value, place,
                               &erpsync_erp_actor_types,
                               ERPSYNC_APP_LIMIT_ERP_ACTORS,
                               &reader->grants.erp_actors);
}
