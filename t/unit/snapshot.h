
/* For tests of the registry: the memory that a snapshot takes. */


#ifndef SNAPSHOT_H
#define SNAPSHOT_H


#include "erpsync_registry_internal.h"


static inline size_t
snapshot_size(const erpsync_registry_t *registry)
{
    return sizeof(erpsync_registry_t)
           + registry->apps.size * sizeof(erpsync_app_t)
           + registry->tokens.size * sizeof(erpsync_token_t)
           + registry->text.size
           + registry->tenants.size * sizeof(erpsync_range_t)
           + registry->networks.size * sizeof(erpsync_network_t)
           + registry->connections.size * sizeof(int32_t)
           + registry->labels.size * sizeof(erpsync_label_t)
           + registry->index.size * sizeof(uint32_t)
           + registry->changes.size;
}


#endif /* SNAPSHOT_H */
