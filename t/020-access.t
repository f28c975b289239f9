# Credentials, app token and grants.

BEGIN { push @INC, 't/lib' }

use ErpsyncTest;
use Test::Nginx::Socket 'no_plan';

ErpsyncTest::set_up();
run_tests();

__DATA__

=== TEST 1: the scheme bearer is forwarded in its documented form
--- headers: Authorization: bearer   7T:abc123==
--- forwarded
Authorization: Bearer 7T:abc123==
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 2: the scheme SOTICKET is forwarded in its documented form
--- headers: Authorization: SOTICKET   7T:abc123==
--- forwarded
Authorization: SoTicket 7T:abc123==
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 3: onsite, Basic
--- gateway: erpsync_installation onsite;
--- headers: Authorization: basic dGplMDpUamUw
--- forwarded
Authorization: Basic dGplMDpUamUw
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 4: online, Basic is not allowed
--- headers: Authorization: basic dGplMDpUamUw
--- refused: scheme_not_allowed
--- response_headers: WWW-Authenticate: SoTicket realm="SuperOffice WebAPI", Bearer realm="SuperOffice WebAPI"



=== TEST 5: onsite, Negotiate where it is named
--- gateway: erpsync_installation onsite; erpsync_credentials negotiate;
--- headers: Authorization: NEGOTIATE YIIB
--- forwarded
Authorization: Negotiate YIIB
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 6: online, Negotiate is not allowed
--- headers: Authorization: NEGOTIATE YIIB
--- refused: scheme_not_allowed
--- response_headers: WWW-Authenticate: SoTicket realm="SuperOffice WebAPI", Bearer realm="SuperOffice WebAPI"



=== TEST 7: onsite, Negotiate is not allowed unless it is named
--- gateway: erpsync_installation onsite;
--- headers: Authorization: Negotiate YIIB
--- refused: scheme_not_allowed
--- response_headers: WWW-Authenticate: Basic realm="SuperOffice WebAPI", SoTicket realm="SuperOffice WebAPI", Bearer realm="SuperOffice WebAPI"



=== TEST 8: NTLM is never allowed
--- gateway: erpsync_installation onsite; erpsync_credentials basic negotiate;
--- headers: Authorization: ntlm TlRMTVNTUAABAAAA
--- refused: scheme_not_allowed
--- response_headers: WWW-Authenticate: Basic realm="SuperOffice WebAPI", Negotiate



=== TEST 8a: NTLM is never allowed, also not in the scheme Negotiate
--- gateway: erpsync_installation onsite; erpsync_credentials basic negotiate;
--- headers: Authorization: Negotiate TlRMTVNTUAABAAAAB4IIAAAAAAAgAAAAAAAAACAAAAA=
--- refused: scheme_not_allowed
--- response_headers: WWW-Authenticate: Basic realm="SuperOffice WebAPI", Negotiate



=== TEST 8b: the last message of NTLM, in the scheme Negotiate
--- gateway: erpsync_installation onsite; erpsync_credentials basic negotiate;
--- headers: Authorization: negotiate   TlRMTVNTUAADAAAA
--- refused: scheme_not_allowed
--- response_headers: WWW-Authenticate: Basic realm="SuperOffice WebAPI", Negotiate



=== TEST 9: an unknown scheme
--- gateway: erpsync_installation onsite;
--- headers: Authorization: Digest x
--- refused: scheme_not_allowed



=== TEST 10: schemes as configured
--- gateway: erpsync_credentials basic;
--- headers: Authorization: Bearer x
--- refused: scheme_not_allowed
--- response_headers: WWW-Authenticate: Basic realm="SuperOffice WebAPI"



=== TEST 10a: without a scheme, there is a challenge all the same
--- gateway: erpsync_credentials xsrf;
--- headers: ! Authorization
--- refused: credentials_missing
--- response_headers: WWW-Authenticate: XSRF realm="SuperOffice WebAPI"



=== TEST 11: Authorization with no credentials
--- headers: Authorization: Bearer
--- refused: credentials_malformed



=== TEST 12: Authorization with blanks alone
--- headers: Authorization: Bearer   
--- refused: credentials_malformed



=== TEST 13: Authorization with two words
--- headers: Authorization: Bearer a b
--- refused: credentials_malformed



=== TEST 14: Authorization with a control character
--- headers: Authorization: Bearer ab
--- refused: header_malformed



=== TEST 15: Authorization with an empty header
--- headers: Authorization: 
--- refused: credentials_malformed



=== TEST 16: Authorization with no scheme
--- headers: Authorization: :x y
--- refused: credentials_malformed



=== TEST 17: Basic with foreign characters
--- gateway: erpsync_installation onsite;
--- headers: Authorization: Basic dGpl*DpUamUw
--- refused: credentials_malformed



=== TEST 18: Basic with wrong padding
--- gateway: erpsync_installation onsite;
--- headers: Authorization: Basic dGplMDpUamU
--- refused: credentials_malformed



=== TEST 19: Basic with no colon
--- gateway: erpsync_installation onsite;
--- headers: Authorization: Basic dGplMA==
--- refused: credentials_malformed



=== TEST 20: Basic with no user
--- gateway: erpsync_installation onsite;
--- headers: Authorization: Basic OnB3
--- refused: credentials_malformed



=== TEST 21: no credentials at all
--- headers: ! Authorization
--- refused: credentials_missing



=== TEST 22: an empty X-XSRF-TOKEN
--- headers
! Authorization
X-XSRF-TOKEN: 
--- refused: credentials_missing



=== TEST 23: X-XSRF-TOKEN without a cookie
--- headers
! Authorization
X-XSRF-TOKEN: secret
--- forwarded
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
X-XSRF-TOKEN: secret



=== TEST 24: X-XSRF-TOKEN and its cookie
--- headers
! Authorization
X-XSRF-TOKEN: secret
Cookie: a=b; XSRF-TOKEN=secret; c=d
--- forwarded
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
X-XSRF-TOKEN: secret
Cookie: a=b; XSRF-TOKEN=secret; c=d



=== TEST 25: X-XSRF-TOKEN and another cookie
--- headers
! Authorization
X-XSRF-TOKEN: secret
Cookie: XSRF-TOKEN=other
--- refused: xsrf_mismatch



=== TEST 26: one of two cookies differs
--- headers
! Authorization
X-XSRF-TOKEN: secret
Cookie: XSRF-TOKEN=secret; XSRF-TOKEN=other
--- refused: xsrf_mismatch



=== TEST 27: X-XSRF-TOKEN where it is not allowed
--- gateway: erpsync_credentials bearer;
--- headers
! Authorization
X-XSRF-TOKEN: secret
--- refused: scheme_not_allowed



=== TEST 28: with Authorization, X-XSRF-TOKEN does not matter
--- headers
X-XSRF-TOKEN: secret
Cookie: XSRF-TOKEN=other
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
X-XSRF-TOKEN: secret
Cookie: XSRF-TOKEN=other



=== TEST 29: an unknown token
--- headers: SO-AppToken: other
--- refused: app_token_unknown



=== TEST 30: a token with characters behind it
--- headers: SO-AppToken: qw123f4c56770bc278017796cd16bd111
--- refused: app_token_unknown



=== TEST 31: a token's own digest
--- headers: SO-AppToken: d31d7328303b59181b707f2fcaf5fb9696a0e07fe5b04c216256be936e4a6a17
--- refused: app_token_unknown



=== TEST 32: a token in other casing
--- headers: SO-AppToken: QW123f4c56770bc278017796cd16bd11
--- refused: app_token_unknown



=== TEST 33: a token with blanks around it
--- headers: SO-AppToken:  	qw123f4c56770bc278017796cd16bd11	 



=== TEST 34: a token with a blank in it
--- headers: SO-AppToken: qw123f4c56770bc278017796cd16bd11 x
--- refused: header_malformed



=== TEST 35: an empty token
--- headers: SO-AppToken: 
--- refused: app_token_missing



=== TEST 36: a token that is not forwarded
--- gateway: erpsync_forward_app_token off;
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
Content-Type: application/json; charset=utf-8



=== TEST 37: onsite a token is optional
--- gateway: erpsync_installation onsite;
--- headers: ! SO-AppToken
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
Content-Type: application/json; charset=utf-8



=== TEST 38: onsite, a token that comes must be known
--- gateway: erpsync_installation onsite;
--- headers: SO-AppToken: other
--- refused: app_token_unknown



=== TEST 39: soticket needs a token where so configured
--- gateway: erpsync_app_token soticket;
--- headers
! SO-AppToken
Authorization: SoTicket 7T:x
--- refused: app_token_missing



=== TEST 40: bearer needs none then
--- gateway: erpsync_app_token soticket;
--- headers: ! SO-AppToken
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
Content-Type: application/json; charset=utf-8



=== TEST 41: app_token_expired: token-expired
--- headers: SO-AppToken: token-expired
--- refused: app_token_expired
--- error_log: app=expired tenant=Cust12345



=== TEST 42: app_token_expired: token-future
--- headers: SO-AppToken: token-future
--- refused: app_token_expired
--- error_log: app=future tenant=Cust12345



=== TEST 43: app_disabled: token-disabled
--- headers: SO-AppToken: token-disabled
--- refused: app_disabled
--- error_log: app=disabled tenant=Cust12345



=== TEST 44: agent_not_granted: token-no-agent
--- headers: SO-AppToken: token-no-agent
--- refused: agent_not_granted
--- error_log: app=no-agent tenant=Cust12345



=== TEST 45: agent_not_granted: token-other-agent
--- headers: SO-AppToken: token-other-agent
--- refused: agent_not_granted
--- error_log: app=other-agent tenant=Cust12345



=== TEST 46: operation_not_granted: token-one-operation
--- headers: SO-AppToken: token-one-operation
--- refused: operation_not_granted
--- error_log: app=one-operation tenant=Cust12345



=== TEST 47: address_not_granted: token-other-address
--- headers: SO-AppToken: token-other-address
--- refused: address_not_granted
--- error_log: app=other-address tenant=Cust12345



=== TEST 48: an operation that is granted
--- uri: /api/v1/Agents/ErpSync/GetConnection
--- headers: SO-AppToken: token-one-operation
--- body: {}
--- forwarded_uri: /api/v1/Agents/ErpSync/GetConnection
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-one-operation
Content-Type: application/json; charset=utf-8
--- forwarded_body: {}



=== TEST 49: an address that is granted
--- headers: SO-AppToken: token-local-address
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-local-address
Content-Type: application/json; charset=utf-8



=== TEST 50: a tenant that is granted
--- headers: SO-AppToken: token-one-tenant
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-one-tenant
Content-Type: application/json; charset=utf-8



=== TEST 51: a tenant that only the token names
--- uri: /api/v1/Agents/ErpSync/TryConnectActor
--- headers: SO-AppToken: token-one-tenant
--- forwarded_uri: /api/v1/Agents/ErpSync/TryConnectActor
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-one-tenant
Content-Type: application/json; charset=utf-8



=== TEST 52: another tenant
--- uri: /Cust999/api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: Bearer x
SO-AppToken: token-one-tenant
--- refused: tenant_not_granted



=== TEST 53: no tenant where one is demanded
--- uri: /api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: Bearer x
SO-AppToken: token-one-tenant
--- refused: tenant_not_granted



=== TEST 54: path and token name different tenants
--- uri: /Cust999/api/v1/Agents/ErpSync/TryConnectActor
--- refused: tenant_mismatch



=== TEST 55: the path names two tenants
--- uri: /Cust1/Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers: Authorization: Bearer x
--- refused: tenant_mismatch



=== TEST 56: a tenant in other casing is the same
--- uri: /cust12345/api/v1/Agents/ErpSync/TryConnectActor
--- headers: SO-AppToken: token-one-tenant
--- forwarded_uri: /cust12345/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-one-tenant
Content-Type: application/json; charset=utf-8



=== TEST 57: a connection that is granted
--- headers: SO-AppToken: token-one-connection
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-one-connection
Content-Type: application/json; charset=utf-8
--- body: {"ErpConnectionId":7,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[]}
--- forwarded_body: {"ErpConnectionId":7,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[]}



=== TEST 58: another connection
--- headers: SO-AppToken: token-one-connection
--- body: {"ErpConnectionId":8,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[]}
--- refused: connection_not_granted



=== TEST 59: no connection named
--- uri: /api/v1/Agents/ErpSync/GetConnection
--- headers: SO-AppToken: token-one-connection
--- body: {}
--- refused: connection_not_granted



=== TEST 60: one of several connections is not granted
--- uri: /api/v1/Agents/ErpSync/SaveErpConnectionSyncPriorities
--- headers: SO-AppToken: token-one-connection
--- body: {"ErpConnectionIds":[883,8]}
--- refused: connection_not_granted



=== TEST 61: all of several are
--- uri: /api/v1/Agents/ErpSync/SaveErpConnectionSyncPriorities
--- headers: SO-AppToken: token-one-connection
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-one-connection
Content-Type: application/json; charset=utf-8
--- body: {"ErpConnectionIds":[883,7]}
--- forwarded_body: {"ErpConnectionIds":[883,7]}
--- forwarded_uri: /api/v1/Agents/ErpSync/SaveErpConnectionSyncPriorities



=== TEST 62: a connection in a carrier that is granted
--- uri: /api/v1/Agents/ErpSync/SaveConnection
--- headers: SO-AppToken: token-one-connection
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-one-connection
Content-Type: application/json; charset=utf-8
--- body: {"Connection":{"ErpConnectionId":883}}
--- forwarded_body: {"Connection":{"ErpConnectionId":883}}
--- forwarded_uri: /api/v1/Agents/ErpSync/SaveConnection



=== TEST 63: actor types that are granted
--- headers: SO-AppToken: token-one-actor
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-one-actor
Content-Type: application/json; charset=utf-8
--- body: {"ErpConnectionId":1,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Supplier","FieldValues":[]}
--- forwarded_body: {"ErpConnectionId":1,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Supplier","FieldValues":[]}



=== TEST 64: another CRM actor type
--- headers: SO-AppToken: token-one-actor
--- body: {"ErpConnectionId":1,"CrmRecordId":34,"CrmActorType":"Person","ErpKey":"qui","ErpActorType":"Supplier","FieldValues":[]}
--- refused: actor_type_not_granted



=== TEST 65: another ERP actor type
--- headers: SO-AppToken: token-one-actor
--- body: {"ErpConnectionId":1,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Partner","FieldValues":[]}
--- refused: actor_type_not_granted



=== TEST 66: the body's rules come before the grants that depend on it
--- headers: SO-AppToken: token-one-actor
--- body: {"CrmActorType":2}
--- refused: body_invalid



=== TEST 67: online without a registry
--- config
erpsync on;
location / {
    proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock;
}
--- refused: registry_unavailable



=== TEST 68: onsite without a registry
--- config
erpsync on;
erpsync_installation onsite;
location / {
    proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock;
}



=== TEST 69: onsite without a registry, though a token is required
--- config
erpsync on;
erpsync_installation onsite;
erpsync_app_token required;
location / {
    proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock;
}
--- refused: registry_unavailable



=== TEST 70: refused: limited to connections: SyncAll
--- uri: /api/v1/Agents/ErpSync/SyncAll
--- headers
SO-AppToken: token-one-connection
! Content-Type
--- body:
--- refused: connection_not_granted



=== TEST 71: refused: limited to connections: ForceSyncAll
--- uri: /api/v1/Agents/ErpSync/ForceSyncAll
--- headers
SO-AppToken: token-one-connection
! Content-Type
--- body:
--- refused: connection_not_granted



=== TEST 72: refused: limited to connections: GetAllConnectors
--- uri: /api/v1/Agents/ErpSync/GetAllConnectors
--- headers
SO-AppToken: token-one-connection
! Content-Type
--- body:
--- refused: connection_not_granted



=== TEST 73: refused: limited to connections: GetEngineStatus
--- uri: /api/v1/Agents/ErpSync/GetEngineStatus
--- headers
SO-AppToken: token-one-connection
! Content-Type
--- body:
--- refused: connection_not_granted



=== TEST 74: refused: limited to connections: CreateDefaultErpSyncConnectorEntity
--- uri: /api/v1/Agents/ErpSync/CreateDefaultErpSyncConnectorEntity
--- headers
SO-AppToken: token-one-connection
! Content-Type
--- body:
--- refused: connection_not_granted



=== TEST 75: refused: limited to connections: GetErpSyncConnectorEntity?erpSyncConnectorEntityId=1
--- uri: /api/v1/Agents/ErpSync/GetErpSyncConnectorEntity?erpSyncConnectorEntityId=1
--- headers
SO-AppToken: token-one-connection
! Content-Type
--- body:
--- refused: connection_not_granted



=== TEST 76: refused: limited to connections: DeleteErpSyncConnectorEntity?erpSyncConnectorEntityId=1
--- uri: /api/v1/Agents/ErpSync/DeleteErpSyncConnectorEntity?erpSyncConnectorEntityId=1
--- headers
SO-AppToken: token-one-connection
! Content-Type
--- body:
--- refused: connection_not_granted



=== TEST 77: refused: limited to connections: ChangeEngineStatus
--- uri: /api/v1/Agents/ErpSync/ChangeEngineStatus
--- headers: SO-AppToken: token-one-connection
--- body: {"Run":true}
--- refused: connection_not_granted



=== TEST 78: refused: limited to connections: ChangeEngineInterval
--- uri: /api/v1/Agents/ErpSync/ChangeEngineInterval
--- headers: SO-AppToken: token-one-connection
--- body: {"Interval":"1"}
--- refused: connection_not_granted



=== TEST 79: refused: limited to connections: GetAllConnections
--- uri: /api/v1/Agents/ErpSync/GetAllConnections
--- headers: SO-AppToken: token-one-connection
--- body: {"IncludeDeleted":false}
--- refused: connection_not_granted



=== TEST 80: refused: limited to connections: SaveErpSyncConnectorEntity
--- uri: /api/v1/Agents/ErpSync/SaveErpSyncConnectorEntity
--- headers: SO-AppToken: token-one-connection
--- body: {"ErpConnectorId":1}
--- refused: connection_not_granted



=== TEST 81: refused: limited to connections: CanDeleteErpSyncConnectorEntity
--- uri: /api/v1/Agents/ErpSync/CanDeleteErpSyncConnectorEntity
--- headers: SO-AppToken: token-one-connection
--- body: {"ErpSyncConnectorId":1}
--- refused: connection_not_granted



=== TEST 82: refused: limited to connections: SaveDefaultValueInfo
--- uri: /api/v1/Agents/ErpSync/SaveDefaultValueInfo
--- headers: SO-AppToken: token-one-connection
--- body: {"ErpSyncDefaultValue":{"ErpFieldId":1}}
--- refused: connection_not_granted



=== TEST 83: refused: limited to connections: GetConnectionsAndDisplayFields
--- uri: /api/v1/Agents/ErpSync/GetConnectionsAndDisplayFields
--- headers: SO-AppToken: token-one-connection
--- body: {"CrmActorType":"Contact","EntityId":1}
--- refused: connection_not_granted



=== TEST 84: refused: before the body is looked at
--- uri: /api/v1/Agents/ErpSync/ChangeEngineStatus
--- headers
SO-AppToken: token-one-connection
Content-Type: text/plain
--- body: {
--- refused: connection_not_granted



=== TEST 85: its description is open to all
--- method: GET
--- uri: /api/v1/Agents/ErpSync/SyncAll
--- headers
SO-AppToken: token-one-connection
! Content-Type
--- body:
--- forwarded_uri: /api/v1/Agents/ErpSync/SyncAll
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-one-connection
--- forwarded_body:



=== TEST 86: an app without limits calls it
--- uri: /api/v1/Agents/ErpSync/SyncAll
--- headers: ! Content-Type
--- body:
--- forwarded_uri: /api/v1/Agents/ErpSync/SyncAll
--- forwarded_length: 0
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
--- forwarded_body:



=== TEST 87: refused: limited to actor types: SyncAll
--- uri: /api/v1/Agents/ErpSync/SyncAll
--- headers
SO-AppToken: token-one-actor
! Content-Type
--- body:
--- refused: actor_type_not_granted



=== TEST 88: refused: limited to actor types: DeleteErpSyncConnectorEntity?erpSyncConnectorEntityId=1
--- uri: /api/v1/Agents/ErpSync/DeleteErpSyncConnectorEntity?erpSyncConnectorEntityId=1
--- headers
SO-AppToken: token-one-actor
! Content-Type
--- body:
--- refused: actor_type_not_granted



=== TEST 89: refused: limited to actor types: ChangeEngineStatus
--- uri: /api/v1/Agents/ErpSync/ChangeEngineStatus
--- headers: SO-AppToken: token-one-actor
--- body: {"Run":true}
--- refused: actor_type_not_granted



=== TEST 90: refused: limited to actor types: DeleteConnection
--- uri: /api/v1/Agents/ErpSync/DeleteConnection
--- headers: SO-AppToken: token-one-actor
--- body: {"ErpConnectionId":1}
--- refused: actor_type_not_granted



=== TEST 91: refused: limited to actor types: ForceResync
--- uri: /api/v1/Agents/ErpSync/ForceResync
--- headers: SO-AppToken: token-one-actor
--- body: {"ErpConnectionId":1,"InternalKeyIds":[1]}
--- refused: actor_type_not_granted



=== TEST 92: refused: limited to actor types: SaveErpConnectionSyncPriorities
--- uri: /api/v1/Agents/ErpSync/SaveErpConnectionSyncPriorities
--- headers: SO-AppToken: token-one-actor
--- body: {"ErpConnectionIds":[1]}
--- refused: actor_type_not_granted



=== TEST 93: an operation that names one of two kinds of actor types
--- uri: /api/v1/Agents/ErpSync/BreakActorLink
--- headers: SO-AppToken: token-one-actor
--- body: {"ErpConnectionId":1,"CrmRecordId":2,"CrmActorType":"Contact"}
--- forwarded_uri: /api/v1/Agents/ErpSync/BreakActorLink
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-one-actor
Content-Type: application/json; charset=utf-8
--- forwarded_body: {"ErpConnectionId":1,"CrmRecordId":2,"CrmActorType":"Contact"}



=== TEST 94: refused: an actor type that is left out
--- uri: /api/v1/Agents/ErpSync/BreakActorLink
--- headers: SO-AppToken: token-one-actor
--- body: {"ErpConnectionId":1,"CrmRecordId":2}
--- refused: actor_type_not_granted



=== TEST 95: refused: an empty list of connections names none
--- uri: /api/v1/Agents/ErpSync/SaveErpConnectionSyncPriorities
--- headers: SO-AppToken: token-one-connection
--- body: {"ErpConnectionIds":[]}
--- refused: connection_not_granted



=== TEST 96: refused: another than the named one, by GetErpSyncConnectionSummary
--- uri: /api/v1/Agents/ErpSync/GetErpSyncConnectionSummary
--- headers: SO-AppToken: token-one-connection
--- body: {"ErpSyncConnectionId":8}
--- refused: connection_not_granted



=== TEST 97: refused: another connection, in a carrier
--- uri: /api/v1/Agents/ErpSync/SaveConnection
--- headers: SO-AppToken: token-one-connection
--- body: {"Connection":{"ErpConnectionId":8}}
--- refused: connection_not_granted



=== TEST 98: refused: a connection that is new
--- uri: /api/v1/Agents/ErpSync/SaveConnection
--- headers: SO-AppToken: token-one-connection
--- body: {"Connection":{"ErpConnectionId":0,"DisplayName":"new"}}
--- refused: connection_not_granted



=== TEST 99: refused: no connection in a carrier
--- uri: /api/v1/Agents/ErpSync/SaveConnection
--- headers: SO-AppToken: token-one-connection
--- body: {"Connection":{"DisplayName":"883"}}
--- refused: connection_not_granted



=== TEST 100: refused: another connection, in a carrier of lists
--- uri: /api/v1/Agents/ErpSync/SaveConnectionListMappings
--- headers: SO-AppToken: token-one-connection
--- body: {"ListMapping":{"ErpListItemMappings":[{"ErpFieldId":883}],"ErpConnectionId":8}}
--- refused: connection_not_granted



=== TEST 101: refused: a granted connection as a key
--- uri: /api/v1/Agents/ErpSync/TestConnectionByConfig
--- headers: SO-AppToken: token-one-connection
--- body: {"ErpConnectionId":8,"ConfigFields":{"ErpConnectionId":"883"}}
--- refused: connection_not_granted



=== TEST 102: refused: another actor type, in a carrier
--- uri: /api/v1/Agents/ErpSync/SaveActorTypeMapping
--- headers: SO-AppToken: token-one-actor
--- body: {"Mapping":{"ErpConnectionId":1,"ActorTypeErp":"Supplier","ActorTypeCrm":"Person"}}
--- refused: actor_type_not_granted



=== TEST 103: refused: another ERP actor type
--- uri: /api/v1/Agents/ErpSync/CreateErpActorFromCrm
--- headers: SO-AppToken: token-one-actor
--- body: {"ConnectionId":1,"CrmActorType":"Contact","ErpActorType":"Partner"}
--- refused: actor_type_not_granted



=== TEST 104: actor types in a carrier that are granted
--- uri: /api/v1/Agents/ErpSync/SaveActorTypeMapping
--- headers: SO-AppToken: token-one-actor
--- body: {"Mapping":{"ErpConnectionId":1,"ActorTypeErp":"Supplier","ActorTypeCrm":"Contact"}}
--- forwarded_uri: /api/v1/Agents/ErpSync/SaveActorTypeMapping
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-one-actor
Content-Type: application/json; charset=utf-8
--- forwarded_body: {"Mapping":{"ErpConnectionId":1,"ActorTypeErp":"Supplier","ActorTypeCrm":"Contact"}}



=== TEST 105: the first of several connections is not granted
--- uri: /api/v1/Agents/ErpSync/SaveErpConnectionSyncPriorities
--- headers: SO-AppToken: token-one-connection
--- body: {"ErpConnectionIds":[8,883]}
--- refused: connection_not_granted



=== TEST 106: an IPv4-mapped address is the IPv4 one
--- gateway: set_real_ip_from 127.0.0.1; real_ip_header X-Client;
--- headers
SO-AppToken: token-local-address
X-Client: ::ffff:127.1.2.3
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-local-address
Content-Type: application/json; charset=utf-8
X-Client: ::ffff:127.1.2.3



=== TEST 107: an IPv4-mapped address that is not granted
--- gateway: set_real_ip_from 127.0.0.1; real_ip_header X-Client;
--- headers
SO-AppToken: token-local-address
X-Client: ::ffff:10.127.0.1
--- refused: address_not_granted



=== TEST 108: an IPv6 address that is granted
--- gateway: set_real_ip_from 127.0.0.1; real_ip_header X-Client;
--- headers
SO-AppToken: token-local-address
X-Client: ::1
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: token-local-address
Content-Type: application/json; charset=utf-8
X-Client: ::1



=== TEST 109: an IPv6 address that differs in its last bit
--- gateway: set_real_ip_from 127.0.0.1; real_ip_header X-Client;
--- headers
SO-AppToken: token-local-address
X-Client: ::2
--- refused: address_not_granted



=== TEST 110: an IPv6 address that differs in its first bits
--- gateway: set_real_ip_from 127.0.0.1; real_ip_header X-Client;
--- headers
SO-AppToken: token-local-address
X-Client: 2001:db8::1
--- refused: address_not_granted
