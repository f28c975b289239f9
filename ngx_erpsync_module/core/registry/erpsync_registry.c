
#include <stdlib.h>

#include "erpsync_registry_internal.h"


static size_t erpsync_registry_slot(const erpsync_registry_t *registry,
    const uint8_t *digest);
static bool erpsync_network_has(const erpsync_network_t *network,
    const erpsync_address_t *address);


void
erpsync_registry_destroy(erpsync_registry_t *registry)
{
    while (registry && erpsync_registry_dismantle(registry)) { /* void */ }
}


bool
erpsync_registry_dismantle(void *snapshot)
{
    erpsync_registry_t  *registry = snapshot;

    if (erpsync_vec_free(&registry->apps, sizeof(erpsync_app_t), true)
        || erpsync_vec_free(&registry->tokens, sizeof(erpsync_token_t), true)
        || erpsync_vec_free(&registry->text, 1, true)
        || erpsync_vec_free(&registry->tenants, sizeof(erpsync_range_t), true)
        || erpsync_vec_free(&registry->networks, sizeof(erpsync_network_t),
                            true)
        || erpsync_vec_free(&registry->connections, sizeof(int32_t), true)
        || erpsync_vec_free(&registry->labels, sizeof(erpsync_label_t), true)
        || erpsync_vec_free(&registry->index, sizeof(uint32_t), true)
        || erpsync_vec_free(&registry->changes, 1, true))
    {
        return true;
    }

    free(registry);

    return false;
}


size_t
erpsync_registry_apps(const erpsync_registry_t *registry)
{
    return registry->apps.n;
}


const erpsync_app_t *
erpsync_registry_app(const erpsync_registry_t *registry, size_t n)
{
    const erpsync_app_t  *apps;

    apps = registry->apps.elts;

    return &apps[n];
}


erpsync_str_t
erpsync_registry_digest(const erpsync_registry_t *registry)
{
    return erpsync_span(registry->digest,
                        registry->digest[0] ? ERPSYNC_REGISTRY_DIGEST_LEN : 0);
}


void
erpsync_registry_name(erpsync_registry_t *registry,
    const uint8_t digest[ERPSYNC_DIGEST_LEN])
{
    size_t  i;

    static const char  digits[] = "0123456789abcdef";

    for (i = 0; i < ERPSYNC_REGISTRY_DIGEST_LEN; i++) {
        registry->digest[i] = digits[(i % 2) ? digest[i / 2] & 0x0f
                                             : digest[i / 2] >> 4];
    }
}


bool
erpsync_registry_has_certificates(const erpsync_registry_t *registry)
{
    return registry->certificates != 0;
}


bool
erpsync_registry_enforces(const erpsync_registry_t *registry)
{
    return registry->enforced != 0;
}


bool
erpsync_registry_find(const erpsync_registry_t *registry, erpsync_by_t by,
    const uint8_t digest[ERPSYNC_DIGEST_LEN], erpsync_grant_t *grant)
{
    size_t                  slot;
    const uint32_t         *index;
    const erpsync_token_t  *token;

    slot = erpsync_registry_slot(registry, digest);
    index = registry->index.elts;

    if (index[slot] == 0) {
        return false;
    }

    token = registry->tokens.elts;
    token += index[slot] - 1;

    if (token->by != by) {
        return false;
    }

    grant->app = erpsync_registry_app(registry, token->app);
    grant->not_before = token->not_before;
    grant->expires = token->expires;

    return true;
}


erpsync_str_t
erpsync_app_id(const erpsync_registry_t *registry, const erpsync_app_t *app)
{
    const uint8_t  *text;

    text = registry->text.elts;

    return erpsync_span(text + app->id.first, app->id.n);
}


erpsync_str_t
erpsync_app_name(const erpsync_registry_t *registry, const erpsync_app_t *app)
{
    const uint8_t  *text;

    text = registry->text.elts;

    return erpsync_span(text + app->name.first, app->name.n);
}


int64_t
erpsync_app_expires(const erpsync_registry_t *registry,
    const erpsync_app_t *app)
{
    int64_t                 last;
    uint32_t                i;
    const erpsync_token_t  *tokens;

    last = INT64_MIN;
    tokens = registry->tokens.elts;
    tokens += app->tokens.first;

    for (i = 0; i < app->tokens.n; i++) {
        if (tokens[i].expires > last) {
            last = tokens[i].expires;
        }
    }

    return last;
}


bool
erpsync_app_enabled(const erpsync_app_t *app)
{
    return app->flags & ERPSYNC_APP_ENABLED;
}


bool
erpsync_app_enforced(const erpsync_app_t *app)
{
    return app->flags & ERPSYNC_APP_ENFORCE;
}


erpsync_str_t
erpsync_app_label(const erpsync_registry_t *registry,
    const erpsync_app_t *app, erpsync_str_t name)
{
    uint32_t                i;
    const uint8_t          *text;
    const erpsync_label_t  *label;

    text = registry->text.elts;
    label = registry->labels.elts;

    if (app->labels.n) {
        label += app->labels.first;
    }

    for (i = 0; i < app->labels.n; i++, label++) {
        if (erpsync_str_eq(erpsync_span(text + label->name.first,
                                        label->name.n), name))
        {
            return erpsync_span(text + label->value.first, label->value.n);
        }
    }

    return erpsync_span("", 0);
}


bool
erpsync_app_has_agent(const erpsync_app_t *app)
{
    return app->flags & ERPSYNC_APP_AGENT;
}


bool
erpsync_app_has_operation(const erpsync_app_t *app, unsigned index)
{
    return app->operations & ((uint64_t) 1 << index);
}


bool
erpsync_app_has_tenant(const erpsync_registry_t *registry,
    const erpsync_app_t *app, erpsync_str_t tenant)
{
    int                     order;
    size_t                  low, high, middle;
    const uint8_t          *text;
    const erpsync_range_t  *tenants, *range;

    if (!(app->flags & ERPSYNC_APP_LIMIT_TENANTS)) {
        return true;
    }

    if (!erpsync_tenant_digits(tenant, &tenant)) {
        return false;
    }

    text = registry->text.elts;
    tenants = registry->tenants.elts;
    low = app->tenants.first;
    high = low + app->tenants.n;

    while (low < high) {
        middle = low + (high - low) / 2;
        range = &tenants[middle];
        order = erpsync_tenant_compare(erpsync_span(text + range->first,
                                                    range->n), tenant);
        if (order == 0) {
            return true;
        }

        if (order < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return false;
}


bool
erpsync_tenant_digits(erpsync_str_t tenant, erpsync_str_t *digits)
{
    size_t  i;

    static const erpsync_str_t  cust = erpsync_string("Cust");

    if (tenant.len <= cust.len
        || !erpsync_str_caseeq(erpsync_span(tenant.data, cust.len), cust))
    {
        return false;
    }

    for (i = cust.len; i < tenant.len; i++) {
        if (!erpsync_is_digit(tenant.data[i])) {
            return false;
        }
    }

    *digits = erpsync_span(tenant.data + cust.len, tenant.len - cust.len);

    return true;
}


int
erpsync_tenant_compare(erpsync_str_t a, erpsync_str_t b)
{
    if (a.len != b.len) {
        return (a.len < b.len) ? -1 : 1;
    }

    return memcmp(a.data, b.data, a.len);
}


bool
erpsync_app_has_address(const erpsync_registry_t *registry,
    const erpsync_app_t *app, const erpsync_address_t *address)
{
    uint32_t                  i;
    const erpsync_network_t  *networks;

    if (!(app->flags & ERPSYNC_APP_LIMIT_ADDRESSES)) {
        return true;
    }

    networks = registry->networks.elts;

    for (i = app->addresses.first;
         i < app->addresses.first + app->addresses.n;
         i++)
    {
        if (erpsync_network_has(&networks[i], address)) {
            return true;
        }
    }

    return false;
}


bool
erpsync_app_limits_connections(const erpsync_app_t *app)
{
    return app->flags & ERPSYNC_APP_LIMIT_CONNECTIONS;
}


bool
erpsync_app_has_connection(const erpsync_registry_t *registry,
    const erpsync_app_t *app, int32_t connection)
{
    const int32_t  *ids;

    if (!(app->flags & ERPSYNC_APP_LIMIT_CONNECTIONS)) {
        return true;
    }

    ids = registry->connections.elts;

    return app->connections.n
           && bsearch(&connection, ids + app->connections.first,
                      app->connections.n, sizeof(int32_t),
                      erpsync_connection_compare);
}


int
erpsync_connection_compare(const void *a, const void *b)
{
    int32_t  x, y;

    x = *(const int32_t *) a;
    y = *(const int32_t *) b;

    return (x > y) - (x < y);
}


bool
erpsync_app_has_crm_actor(const erpsync_app_t *app, unsigned ordinal)
{
    return !(app->flags & ERPSYNC_APP_LIMIT_CRM_ACTORS)
           || (ordinal && (app->crm_actors & (1u << ordinal)));
}


bool
erpsync_app_has_erp_actor(const erpsync_app_t *app, unsigned ordinal)
{
    return !(app->flags & ERPSYNC_APP_LIMIT_ERP_ACTORS)
           || (ordinal && (app->erp_actors & (1u << ordinal)));
}


bool
erpsync_app_limits_actors(const erpsync_app_t *app)
{
    return app->flags & (ERPSYNC_APP_LIMIT_CRM_ACTORS
                         |ERPSYNC_APP_LIMIT_ERP_ACTORS);
}


erpsync_rc_t
erpsync_registry_index(erpsync_registry_t *registry)
{
    size_t  size;

    size = 16;

    while (size / 10 * 7 < registry->tokens.n) {
        size *= 2;
    }

    if (!erpsync_vec_zero(&registry->index, size, sizeof(uint32_t))
        || erpsync_random(&registry->key, sizeof(registry->key)) != ERPSYNC_OK
        || erpsync_random(registry->mixed, sizeof(registry->mixed))
           != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    registry->mask = size - 1;

    erpsync_vec_trim(&registry->apps, sizeof(erpsync_app_t));
    erpsync_vec_trim(&registry->tokens, sizeof(erpsync_token_t));
    erpsync_vec_trim(&registry->text, 1);
    erpsync_vec_trim(&registry->tenants, sizeof(erpsync_range_t));
    erpsync_vec_trim(&registry->networks, sizeof(erpsync_network_t));
    erpsync_vec_trim(&registry->connections, sizeof(int32_t));
    erpsync_vec_trim(&registry->labels, sizeof(erpsync_label_t));

    return ERPSYNC_OK;
}


size_t
erpsync_registry_id_slot(const erpsync_registry_t *registry,
    const erpsync_vec_t *table, erpsync_str_t id)
{
    size_t                mask, slot;
    erpsync_str_t         other;
    const uint32_t       *ids;
    const erpsync_app_t  *app;

    ids = table->elts;
    mask = table->n - 1;

    for (slot = (size_t) erpsync_hash(&registry->key, id) & mask;
         ids[slot];
         slot = (slot + 1) & mask)
    {
        app = erpsync_registry_app(registry, ids[slot] - 1);
        other = erpsync_app_id(registry, app);

        if (erpsync_str_eq(other, id)) {
            break;
        }
    }

    return slot;
}


bool
erpsync_registry_enter(erpsync_registry_t *registry, size_t n)
{
    size_t                  slot;
    uint32_t               *index;
    const erpsync_token_t  *tokens;

    tokens = registry->tokens.elts;
    index = registry->index.elts;
    slot = erpsync_registry_slot(registry, tokens[n].digest);

    if (index[slot]) {
        return false;
    }

    index[slot] = (uint32_t) n + 1;

    return true;
}


/*
 * Returns the slot of a digest, or the free one where it belongs.  The time
 * that a comparison takes must not show how much of a digest is equal.
 */

static size_t
erpsync_registry_slot(const erpsync_registry_t *registry,
    const uint8_t *digest)
{
    size_t                  slot;
    const uint32_t         *index;
    const erpsync_token_t  *tokens, *token;

    index = registry->index.elts;
    tokens = registry->tokens.elts;

    for (slot = erpsync_registry_home(registry, digest);
         index[slot];
         slot = (slot + 1) & registry->mask)
    {
        token = &tokens[index[slot] - 1];

        if (erpsync_secret_eq(erpsync_span(token->digest, ERPSYNC_DIGEST_LEN),
                              erpsync_span(digest, ERPSYNC_DIGEST_LEN)))
        {
            break;
        }
    }

    return slot;
}


static bool
erpsync_network_has(const erpsync_network_t *network,
    const erpsync_address_t *address)
{
    unsigned  bytes, bits;

    if (network->family != address->family) {
        return false;
    }

    bytes = network->prefix / 8;
    bits = network->prefix % 8;

    if (memcmp(network->bytes, address->bytes, bytes) != 0) {
        return false;
    }

    return bits == 0
           || ((network->bytes[bytes] ^ address->bytes[bytes])
               >> (8 - bits)) == 0;
}
