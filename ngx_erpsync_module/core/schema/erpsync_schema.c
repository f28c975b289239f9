
#include "erpsync_schema.h"


/* Enumerations; the position of a name is its ordinal. */

#define CRM_ACTOR_TYPES(X)                                                    \
    X("Unknown")                                                              \
    X("Contact")                                                              \
    X("Person")                                                               \
    X("Project")                                                              \
    X("Sale")

#define ERP_ACTOR_TYPES(X)                                                    \
    X("Unknown")                                                              \
    X("Customer")                                                             \
    X("Supplier")                                                             \
    X("Partner")                                                              \
    X("Person")                                                               \
    X("Project")                                                              \
    X("Employee")                                                             \
    X("Sale")

#define FIELD_TYPES(X)                                                        \
    X("Checkbox")                                                             \
    X("Text")                                                                 \
    X("Password")                                                             \
    X("Integer")                                                              \
    X("Double")                                                               \
    X("List")                                                                 \
    X("Date")                                                                 \
    X("Label")

#define FIELD_ACCESS(X)                                                       \
    X("Normal")                                                               \
    X("Mandatory")                                                            \
    X("ReadOnly")

#define PLAIN(name)   erpsync_string(name),
#define QUOTED(name)  erpsync_string("\"" name "\""),

#define NAMES(types, list)                                                    \
    static const erpsync_str_t  types##_names[] = { list(PLAIN) };            \
    static const erpsync_str_t  types##_quoted[] = { list(QUOTED) }

#define ENUM(types)                                                           \
    { erpsync_nelts(types##_names), types##_names, types##_quoted }

NAMES(crm_actor, CRM_ACTOR_TYPES);
NAMES(erp_actor, ERP_ACTOR_TYPES);
NAMES(field_type, FIELD_TYPES);
NAMES(field_access, FIELD_ACCESS);

const erpsync_enum_t         erpsync_crm_actor_types = ENUM(crm_actor);
const erpsync_enum_t         erpsync_erp_actor_types = ENUM(erp_actor);
static const erpsync_enum_t  erpsync_field_types = ENUM(field_type);
static const erpsync_enum_t  erpsync_field_access = ENUM(field_access);


/* How a member of each type is written in the tables. */

#define NAME(name)  NAME_AND(name, "")

#define NAME_AND(name, quote)                                                 \
    erpsync_string(name), erpsync_string(",\"" name "\":"),                   \
    "\"" name "\":" quote, sizeof("\"" name "\":") - 1,                       \
    ~((1u << (sizeof("\"" name "\":") - 1)) - 1) | 2,                         \
    ~(((1u << (sizeof(name) - 1)) - 1) << 1)
#define NO_TABLE    NULL, NULL

#define INT32(name, flags, role)                                              \
    { NAME(name), ERPSYNC_TYPE_INT32, flags,                                  \
      ERPSYNC_ROLE_##role, 0, NO_TABLE }

#define STRING(name, flags, max)                                              \
    { NAME_AND(name, "\""), ERPSYNC_TYPE_STRING, flags,                       \
      ERPSYNC_ROLE_NONE, max, NO_TABLE }

#define BOOL(name, flags)                                                     \
    { NAME(name), ERPSYNC_TYPE_BOOL, flags,                                   \
      ERPSYNC_ROLE_NONE, 0, NO_TABLE }

#define CRM_ACTOR(name, flags)                                                \
    { NAME(name), ERPSYNC_TYPE_ENUM, flags,                                   \
      ERPSYNC_ROLE_CRM_ACTOR, 0, &erpsync_crm_actor_types, NULL }

#define ERP_ACTOR(name, flags)                                                \
    { NAME(name), ERPSYNC_TYPE_ENUM, flags,                                   \
      ERPSYNC_ROLE_ERP_ACTOR, 0, &erpsync_erp_actor_types, NULL }

#define INT32S(name, role)                                                    \
    { NAME(name), ERPSYNC_TYPE_INT32S, 0,                                     \
      ERPSYNC_ROLE_##role, 0, NO_TABLE }

#define STRINGS(name)                                                         \
    { NAME(name), ERPSYNC_TYPE_STRINGS, 0,                                    \
      ERPSYNC_ROLE_NONE, 0, NO_TABLE }

#define FIELD_TYPE(name)                                                      \
    { NAME(name), ERPSYNC_TYPE_ENUM, 0,                                       \
      ERPSYNC_ROLE_NONE, 0, &erpsync_field_types, NULL }

#define ACCESS(name)                                                          \
    { NAME(name), ERPSYNC_TYPE_ENUM, 0,                                       \
      ERPSYNC_ROLE_NONE, 0, &erpsync_field_access, NULL }

#define OBJECT_OF(name, object)                                               \
    { NAME(name), ERPSYNC_TYPE_OBJECT, 0,                                     \
      ERPSYNC_ROLE_NONE, 0, NULL, &object }

#define OBJECTS_OF(name, flags, object)                                       \
    { NAME(name), ERPSYNC_TYPE_OBJECTS, flags,                                \
      ERPSYNC_ROLE_NONE, 0, NULL, &object }

#define DICTIONARY(name)                                                      \
    { NAME(name), ERPSYNC_TYPE_DICTIONARY, 0,                                 \
      ERPSYNC_ROLE_NONE, 0, NO_TABLE }

#define READ_ONLY(name)                                                       \
    { NAME(name), ERPSYNC_TYPE_READ_ONLY, 0,                                  \
      ERPSYNC_ROLE_NONE, 0, NO_TABLE }

#define CONNECTION(name)  INT32(name, ERPSYNC_POSITIVE, CONNECTION)

/* Members that every carrier of the WebAPI has. They are dropped. */

#define CARRIER  READ_ONLY("TableRight"), READ_ONLY("FieldProperties")

#define OBJECT(object, ...)  OBJECT_NEEDS(0, object, __VA_ARGS__)

#define OBJECT_NEEDS(nrequired, object, ...)                                  \
    static const erpsync_member_t  object##_members[] = { __VA_ARGS__ };      \
    static const erpsync_object_t  object = {                                 \
        erpsync_nelts(object##_members), object##_members, nrequired          \
    };                                                                        \
    _Static_assert(erpsync_nelts(object##_members) <= ERPSYNC_MAX_MEMBERS,    \
                   "too many members")


/* TryConnectActor and ConnectActor, by the table in docs/bodies.md. */

OBJECT_NEEDS(2, field_value,
    STRING("DisplayName", 0, 254),
    STRING("CrmFieldKey", ERPSYNC_REQUIRED|ERPSYNC_NOT_BLANK, 254),
    STRING("Value", ERPSYNC_BOOL_TEXT, 0),
    STRING("DisplayValue", ERPSYNC_BOOL_TEXT, 0),
    BOOL("SyncToCrm", ERPSYNC_NOT_NULL),
    BOOL("SyncToErp", ERPSYNC_NOT_NULL),
    CARRIER
);

OBJECT_NEEDS(5, connect_actor,
    INT32("ErpConnectionId", ERPSYNC_REQUIRED|ERPSYNC_POSITIVE, CONNECTION),
    INT32("CrmRecordId", ERPSYNC_REQUIRED|ERPSYNC_POSITIVE, NONE),
    CRM_ACTOR("CrmActorType", ERPSYNC_REQUIRED),
    STRING("ErpKey", ERPSYNC_REQUIRED|ERPSYNC_NOT_BLANK, 254),
    ERP_ACTOR("ErpActorType", ERPSYNC_REQUIRED),
    OBJECTS_OF("FieldValues", ERPSYNC_EMPTY|ERPSYNC_COUNTED, field_value)
);


/* Requests of scalars and arrays of scalars. All members are optional. */

OBJECT(connection_id,
    CONNECTION("ErpConnectionId")
);

OBJECT(connector_id,
    INT32("ErpConnectorId", 0, NONE)
);

OBJECT(connection_ids,
    INT32S("ErpConnectionIds", CONNECTION)
);

OBJECT(move_field,
    INT32("ErpFieldId", 0, NONE),
    INT32("Direction", 0, NONE),
    CONNECTION("ErpConnectionId"),
    ERP_ACTOR("ErpActorType", 0)
);

OBJECT(connection_erp_actor,
    CONNECTION("ErpConnectionId"),
    ERP_ACTOR("ErpActorType", 0)
);

OBJECT(include_deleted,
    BOOL("IncludeDeleted", 0)
);

OBJECT(crm_entity,
    CRM_ACTOR("CrmActorType", 0),
    INT32("EntityId", 0, NONE)
);

OBJECT(erp_field_values,
    CONNECTION("ErpConnectionId"),
    CRM_ACTOR("CrmActorType", 0),
    INT32("EntityId", 0, NONE),
    STRINGS("FieldKeys")
);

OBJECT(values_from_crm,
    INT32("RecordId", 0, NONE),
    CRM_ACTOR("ActorTypeCrm", 0)
);

OBJECT(values_from_erp,
    CONNECTION("ErpConnectionId"),
    ERP_ACTOR("ActorTypeErp", 0),
    STRING("ErpKey", 0, 254)
);

OBJECT(actor_type_mapping,
    CONNECTION("ErpConnectionId"),
    ERP_ACTOR("ActorType", 0)
);

OBJECT(create_link,
    CONNECTION("ErpConnectionId"),
    INT32("CrmRecordId", 0, NONE),
    CRM_ACTOR("CrmActorType", 0),
    STRING("ErpKey", 0, 254),
    ERP_ACTOR("ErpActorType", 0)
);

OBJECT(break_link,
    CONNECTION("ErpConnectionId"),
    INT32("CrmRecordId", 0, NONE),
    CRM_ACTOR("CrmActorType", 0)
);

OBJECT(archive_columns,
    STRING("ListOwner", 0, 0),
    CONNECTION("ErpConnectionId")
);

OBJECT(sync_connection_id,
    INT32("ErpSyncConnectionId", 0, CONNECTION)
);

OBJECT(sync_connector_id,
    INT32("ErpSyncConnectorId", 0, NONE)
);

OBJECT(connector_url,
    STRING("Url", 0, 0)
);

OBJECT(field_id,
    INT32("ErpFieldId", 0, NONE)
);

OBJECT(resync,
    CONNECTION("ErpConnectionId"),
    INT32S("InternalKeyIds", NONE)
);

OBJECT(resync_external,
    CONNECTION("ErpConnectionId"),
    ERP_ACTOR("ErpActorType", 0),
    STRINGS("ExternalKeys")
);

OBJECT(engine_status,
    BOOL("Run", 0)
);

OBJECT(engine_interval,
    STRING("Interval", 0, 0)
);


/* Requests with objects in them. All members are optional. */

OBJECT(connection,
    INT32("ErpConnectionId", 0, CONNECTION),    /* 0: a new one */
    INT32("ErpConnectorId", 0, NONE),
    STRING("DisplayName", 0, 0),
    STRING("DisplayDescription", 0, 0),
    BOOL("Active", 0),
    STRING("ConnectionId", 0, 0),
    STRING("MostRecentTimestamp", 0, 0),
    DICTIONARY("ConfigFields"),
    BOOL("Deleted", 0),
    BOOL("AllAccess", 0),
    INT32S("UserGroupAccessIds", NONE),
    INT32S("AssociateAccessIds", NONE),
    CARRIER
);

OBJECT(save_connection,
    OBJECT_OF("Connection", connection)
);

OBJECT(connection_config,
    CONNECTION("ErpConnectionId"),
    DICTIONARY("ConfigFields")
);

static const erpsync_object_t  list_item;

static const erpsync_member_t  list_item_members[] = {
    INT32("Id", 0, NONE),
    STRING("Name", 0, 0),
    STRING("ToolTip", 0, 0),
    BOOL("Deleted", 0),
    INT32("Rank", 0, NONE),
    STRING("Type", 0, 0),
    OBJECTS_OF("ChildItems", 0, list_item),
    STRING("IconHint", 0, 0),
    INT32("ColorBlock", 0, NONE),
    STRING("ExtraInfo", 0, 0),
    STRING("StyleHint", 0, 0),
    STRING("FullName", 0, 0),
    CARRIER
};

static const erpsync_object_t  list_item = {
    erpsync_nelts(list_item_members), list_item_members, 0
};

OBJECT(item_mapping,
    STRING("ErpListItemId", 0, 0),
    STRING("ErpListItemName", 0, 0),
    OBJECT_OF("CrmListItem", list_item),
    CARRIER
);

OBJECT(list_mapping,
    OBJECT_OF("CrmList", list_item),
    STRING("ErpListName", 0, 0),
    OBJECTS_OF("ErpCrmListItemMappings", 0, item_mapping),
    STRING("ErpActorTypeName", 0, 0),
    INT32("ErpFieldId", 0, NONE),
    CARRIER
);

OBJECT(list_mappings,
    OBJECTS_OF("ErpListItemMappings", 0, list_mapping),
    CONNECTION("ErpConnectionId"),
    STRING("ErpConnectionName", 0, 0),
    CARRIER
);

OBJECT(save_list_mappings,
    OBJECT_OF("ListMapping", list_mappings)
);

OBJECT(create_from_crm,
    CONNECTION("ConnectionId"),
    INT32("CrmEntityId", 0, NONE),
    ERP_ACTOR("ErpActorType", 0),
    CRM_ACTOR("CrmActorType", 0),
    DICTIONARY("ErpFieldKeyValues")
);

OBJECT(field_mapping,
    INT32("ErpFieldId", 0, NONE),
    STRING("CrmFieldKey", 0, 0),
    STRING("CrmDisplayName", 0, 0),
    STRING("CrmDisplayTooltip", 0, 0),
    STRING("ErpFieldKey", 0, 0),
    FIELD_TYPE("FieldType"),
    STRING("ErpDisplayName", 0, 0),
    STRING("ErpDisplayTooltip", 0, 0),
    BOOL("SyncToCrm", 0),
    BOOL("SyncToErp", 0),
    BOOL("ShowInGui", 0),
    BOOL("ShowInSearch", 0),
    BOOL("AlreadyMapped", 0),
    BOOL("MissingInERP", 0),
    BOOL("MissingInCRM", 0),
    ACCESS("Access"),
    STRING("ListReference", 0, 0),
    CARRIER
);

OBJECT(type_mapping,
    CONNECTION("ErpConnectionId"),
    BOOL("IsActive", 0),
    OBJECTS_OF("FieldMappings", 0, field_mapping),
    ERP_ACTOR("ActorTypeErp", 0),
    CRM_ACTOR("ActorTypeCrm", 0),
    CARRIER
);

OBJECT(save_type_mapping,
    OBJECT_OF("Mapping", type_mapping)
);

OBJECT(connector_entity,
    INT32("ErpConnectorId", 0, NONE),
    STRING("DisplayName", 0, 0),
    STRING("URL", 0, 0),
    BOOL("Deleted", 0),
    CARRIER
);

OBJECT(default_value,
    INT32("ErpFieldId", 0, NONE),
    STRING("DefaultValue", 0, 0),
    BOOL("HasFirstSyncDefaultValue", 0),
    STRING("FirstSyncDefaultValue", 0, 0),
    BOOL("PromptUser", 0),
    BOOL("Mandatory", 0),
    STRING("ErpFieldKey", 0, 0),
    FIELD_TYPE("FieldType"),
    STRING("ListName", 0, 0),
    ACCESS("Access"),
    CARRIER
);

OBJECT(save_default_value,
    OBJECT_OF("ErpSyncDefaultValue", default_value)
);


#define C     ERPSYNC_NAMES_CONNECTION
#define CRM   ERPSYNC_NAMES_CRM_ACTOR
#define ERP   ERPSYNC_NAMES_ERP_ACTOR

/* X(name, request or NULL, names) */

#define ERPSYNC_OPERATION_LIST(X) \
    X("GetConnection", &connection_id, C) \
    X("SaveConnection", &save_connection, C) \
    X("DeleteConnection", &connection_id, C) \
    X("GetConfigurationFields", &connector_id, 0) \
    X("GetErpConnectionConfigFields", &connection_id, C) \
    X("ToggleErpConnectionActive", &connection_id, C) \
    X("TestConnectionById", &connection_id, C) \
    X("TestConnectionByConfig", &connection_config, C) \
    X("SaveErpConnectionSyncPriorities", &connection_ids, C) \
    X("MoveErpFieldItem", &move_field, C|ERP) \
    X("SupportsAdvancedSearch", &connection_erp_actor, C|ERP) \
    X("GetAllConnectors", NULL, 0) \
    X("GetAllConnections", &include_deleted, 0) \
    X("GetConnectionsAndDisplayFields", &crm_entity, CRM) \
    X("GetErpFieldValues", &erp_field_values, C|CRM) \
    X("GetFieldsForNewErpActor", &connection_erp_actor, C|ERP) \
    X("GetConnectionListMappings", &connection_id, C) \
    X("SaveConnectionListMappings", &save_list_mappings, C) \
    X("ConnectActor", &connect_actor, C|CRM|ERP) \
    X("TryConnectActor", &connect_actor, C|CRM|ERP) \
    X("GetFieldValuesFromCrm", &values_from_crm, CRM) \
    X("GetFieldValuesFromErp", &values_from_erp, C|ERP) \
    X("GetActorTypeMapping", &actor_type_mapping, C|ERP) \
    X("CreateActorLink", &create_link, C|CRM|ERP) \
    X("BreakActorLink", &break_link, C|CRM) \
    X("CreateErpActorFromCrm", &create_from_crm, C|CRM|ERP) \
    X("SaveActorTypeMapping", &save_type_mapping, C|CRM|ERP) \
    X("ValidateArchiveColumnConfig", &archive_columns, C) \
    X("UpdateConnectionFields", &connection_id, C) \
    X("GetCrmActorType", &connection_erp_actor, C|ERP) \
    X("GetErpSyncConnectionSummary", &sync_connection_id, C) \
    X("CreateDefaultErpSyncConnectorEntity", NULL, 0) \
    X("SaveErpSyncConnectorEntity", &connector_entity, 0) \
    X("DeleteErpSyncConnectorEntity", NULL, 0) \
    X("GetErpSyncConnectorEntity", NULL, 0) \
    X("CanDeleteErpSyncConnectorEntity", &sync_connector_id, 0) \
    X("TestConnectorUrl", &connector_url, 0) \
    X("SaveDefaultValueInfo", &save_default_value, 0) \
    X("GetDefaultValueInfo", &field_id, 0) \
    X("SyncAll", NULL, 0) \
    X("ForceSyncAll", NULL, 0) \
    X("ForceResync", &resync, C) \
    X("ForceResyncNoBlankValues", &resync, C) \
    X("ForceResyncBatchTask", &resync, C) \
    X("ForceResyncExternal", &resync_external, C|ERP) \
    X("ForceResyncExternalNoBlankValues", &resync_external, C|ERP) \
    X("GetEngineStatus", NULL, 0) \
    X("ChangeEngineStatus", &engine_status, 0) \
    X("ChangeEngineInterval", &engine_interval, 0)

#define ERPSYNC_OPERATION_ENTRY(name, request, names) \
    { erpsync_string(name), request, names },

#define ERPSYNC_OPERATION_LENGTH(name, request, names)  sizeof(name) - 1,


const erpsync_operation_t  erpsync_operations[ERPSYNC_OPERATIONS] = {
    ERPSYNC_OPERATION_LIST(ERPSYNC_OPERATION_ENTRY)
};

/*
 * The lengths of the names, which are in one cache line: the table above has
 * 25, of which a call would touch half.  The last ones are 0.
 */

_Alignas(64) static const uint8_t
erpsync_operation_lengths[(ERPSYNC_OPERATIONS + 7) / 8 * 8] = {
    ERPSYNC_OPERATION_LIST(ERPSYNC_OPERATION_LENGTH)
};


const erpsync_operation_t *
erpsync_operation_find(erpsync_str_t name)
{
    size_t    i, k;
    uint64_t  differs;

    if (name.len == 0 || name.len > UINT8_MAX) {
        return NULL;
    }

    for (i = 0; i < ERPSYNC_OPERATIONS; i += 8) {

        /* is one of eight lengths that of the name? */

        differs = erpsync_word(erpsync_operation_lengths + i)
                  ^ (ERPSYNC_ONES * name.len);

        if (((differs - ERPSYNC_ONES) & ~differs & ERPSYNC_HIGHS) == 0) {
            continue;
        }

        for (k = i; k < i + 8; k++) {
            if (erpsync_operation_lengths[k] == name.len
                && erpsync_name_is(name, erpsync_operations[k].name))
            {
                return &erpsync_operations[k];
            }
        }
    }

    return NULL;
}


unsigned
erpsync_enum_find(const erpsync_enum_t *e, erpsync_str_t name)
{
    unsigned  i;

    for (i = 1; i < e->nvalues; i++) {
        if (erpsync_str_caseeq(e->values[i], name)) {
            return i;
        }
    }

    return 0;
}


bool
erpsync_is_dictionary(erpsync_str_t name)
{
    size_t  i;

    static const erpsync_str_t  names[] = {
        erpsync_string("ConfigFields"),
        erpsync_string("ErpFieldKeyValues"),
        erpsync_string("FieldProperties")
    };

    for (i = 0; i < erpsync_nelts(names); i++) {
        if (erpsync_name_is(name, names[i])) {
            return true;
        }
    }

    return false;
}
