
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

#define PLAIN(name)   erpsync_string(name),
#define QUOTED(name)  erpsync_string("\"" name "\""),

#define ENUM(types, list)                                                     \
    static const erpsync_str_t  types##_names[] = { list(PLAIN) };            \
    static const erpsync_str_t  types##_quoted[] = { list(QUOTED) };          \
    const erpsync_enum_t  types = {                                           \
        erpsync_nelts(types##_names), types##_names, types##_quoted           \
    }

ENUM(erpsync_crm_actor_types, CRM_ACTOR_TYPES);
ENUM(erpsync_erp_actor_types, ERP_ACTOR_TYPES);


/* One line for each kind of member. */

#define NAME(name)                                                            \
    erpsync_string(name), erpsync_string(",\"" name "\":"),                   \
    "\"" name "\":", sizeof("\"" name "\":") - 1,                             \
    ~((1u << (sizeof("\"" name "\":") - 1)) - 1) | 2
#define NO_TABLE    NULL, NULL

#define INT32(name, flags, role)                                              \
    { NAME(name), ERPSYNC_TYPE_INT32, flags,                                  \
      ERPSYNC_ROLE_##role, 0, NO_TABLE }

#define STRING(name, flags, max)                                              \
    { NAME(name), ERPSYNC_TYPE_STRING, flags,                                 \
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

#define READ_ONLY(name)                                                       \
    { NAME(name), ERPSYNC_TYPE_READ_ONLY, 0,                                  \
      ERPSYNC_ROLE_NONE, 0, NO_TABLE }

#define CONNECTION(name)  INT32(name, ERPSYNC_POSITIVE, CONNECTION)

#define OBJECT(object, ...)                                                   \
    static const erpsync_member_t  object##_members[] = { __VA_ARGS__ };      \
    static const erpsync_object_t  object = {                                 \
        erpsync_nelts(object##_members), object##_members                     \
    };                                                                        \
    _Static_assert(erpsync_nelts(object##_members) <= ERPSYNC_MAX_MEMBERS,    \
                   "too many members")


/* TryConnectActor and ConnectActor: the table in docs/bodies.md. */

OBJECT(field_value,
    STRING("DisplayName", 0, 254),
    STRING("CrmFieldKey", ERPSYNC_REQUIRED|ERPSYNC_NOT_BLANK, 254),
    STRING("Value", ERPSYNC_BOOL_TEXT, 0),
    STRING("DisplayValue", ERPSYNC_BOOL_TEXT, 0),
    BOOL("SyncToCrm", ERPSYNC_NOT_NULL),
    BOOL("SyncToErp", ERPSYNC_NOT_NULL),
    READ_ONLY("TableRight"),
    READ_ONLY("FieldProperties")
);

OBJECT(connect_actor,
    INT32("ErpConnectionId", ERPSYNC_REQUIRED|ERPSYNC_POSITIVE, CONNECTION),
    INT32("CrmRecordId", ERPSYNC_REQUIRED|ERPSYNC_POSITIVE, NONE),
    CRM_ACTOR("CrmActorType", ERPSYNC_REQUIRED),
    STRING("ErpKey", ERPSYNC_REQUIRED|ERPSYNC_NOT_BLANK, 254),
    ERP_ACTOR("ErpActorType", ERPSYNC_REQUIRED),
    { NAME("FieldValues"), ERPSYNC_TYPE_OBJECTS,
      ERPSYNC_EMPTY|ERPSYNC_COUNTED, ERPSYNC_ROLE_NONE, 0, NULL,
      &field_value }
);


/* Requests of scalars and arrays of scalars; every member is optional. */

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


#define SCHEMA(name, object, names)                                           \
    { erpsync_string(name), ERPSYNC_BODY_SCHEMA, &object, names }

#define OPAQUE(name, names)                                                   \
    { erpsync_string(name), ERPSYNC_BODY_OPAQUE, NULL, names }

#define NO_BODY(name)                                                         \
    { erpsync_string(name), ERPSYNC_BODY_NONE, NULL, 0 }

#define C     ERPSYNC_NAMES_CONNECTION
#define CRM   ERPSYNC_NAMES_CRM_ACTOR
#define ERP   ERPSYNC_NAMES_ERP_ACTOR


const erpsync_operation_t  erpsync_operations[ERPSYNC_OPERATIONS] = {
    SCHEMA("GetConnection", connection_id, C),
    OPAQUE("SaveConnection", C),
    SCHEMA("DeleteConnection", connection_id, C),
    SCHEMA("GetConfigurationFields", connector_id, 0),
    SCHEMA("GetErpConnectionConfigFields", connection_id, C),
    SCHEMA("ToggleErpConnectionActive", connection_id, C),
    SCHEMA("TestConnectionById", connection_id, C),
    OPAQUE("TestConnectionByConfig", C),
    SCHEMA("SaveErpConnectionSyncPriorities", connection_ids, C),
    SCHEMA("MoveErpFieldItem", move_field, C|ERP),
    SCHEMA("SupportsAdvancedSearch", connection_erp_actor, C|ERP),
    NO_BODY("GetAllConnectors"),
    SCHEMA("GetAllConnections", include_deleted, 0),
    SCHEMA("GetConnectionsAndDisplayFields", crm_entity, CRM),
    SCHEMA("GetErpFieldValues", erp_field_values, C|CRM),
    SCHEMA("GetFieldsForNewErpActor", connection_erp_actor, C|ERP),
    SCHEMA("GetConnectionListMappings", connection_id, C),
    OPAQUE("SaveConnectionListMappings", C),
    SCHEMA("ConnectActor", connect_actor, C|CRM|ERP),
    SCHEMA("TryConnectActor", connect_actor, C|CRM|ERP),
    SCHEMA("GetFieldValuesFromCrm", values_from_crm, CRM),
    SCHEMA("GetFieldValuesFromErp", values_from_erp, C|ERP),
    SCHEMA("GetActorTypeMapping", actor_type_mapping, C|ERP),
    SCHEMA("CreateActorLink", create_link, C|CRM|ERP),
    SCHEMA("BreakActorLink", break_link, C|CRM),
    OPAQUE("CreateErpActorFromCrm", C|CRM|ERP),
    OPAQUE("SaveActorTypeMapping", C|CRM|ERP),
    SCHEMA("ValidateArchiveColumnConfig", archive_columns, C),
    SCHEMA("UpdateConnectionFields", connection_id, C),
    SCHEMA("GetCrmActorType", connection_erp_actor, C|ERP),
    SCHEMA("GetErpSyncConnectionSummary", sync_connection_id, C),
    NO_BODY("CreateDefaultErpSyncConnectorEntity"),
    OPAQUE("SaveErpSyncConnectorEntity", 0),
    NO_BODY("DeleteErpSyncConnectorEntity"),
    NO_BODY("GetErpSyncConnectorEntity"),
    SCHEMA("CanDeleteErpSyncConnectorEntity", sync_connector_id, 0),
    SCHEMA("TestConnectorUrl", connector_url, 0),
    OPAQUE("SaveDefaultValueInfo", 0),
    SCHEMA("GetDefaultValueInfo", field_id, 0),
    NO_BODY("SyncAll"),
    NO_BODY("ForceSyncAll"),
    SCHEMA("ForceResync", resync, C),
    SCHEMA("ForceResyncNoBlankValues", resync, C),
    SCHEMA("ForceResyncBatchTask", resync, C),
    SCHEMA("ForceResyncExternal", resync_external, C|ERP),
    SCHEMA("ForceResyncExternalNoBlankValues", resync_external, C|ERP),
    NO_BODY("GetEngineStatus"),
    SCHEMA("ChangeEngineStatus", engine_status, 0),
    SCHEMA("ChangeEngineInterval", engine_interval, 0)
};


const erpsync_operation_t *
erpsync_operation_find(erpsync_str_t name)
{
    size_t  i;

    for (i = 0; i < ERPSYNC_OPERATIONS; i++) {
        if (erpsync_operations[i].name.len == name.len
            && erpsync_str_caseeq(erpsync_operations[i].name, name))
        {
            return &erpsync_operations[i];
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
