# Tenants: which host each has, and which is not available now.

BEGIN { push @INC, 't/lib' }

use ErpsyncTest;
use Test::Nginx::Socket 'no_plan';

our $Tenants = [ [ 'tenants.json', <<'END' ] ];
{ "version": 1, "tenants": {
    "Cust12345": { "host": "online3.example.com", "state": "running" },
    "Cust2": { "host": "[2001:db8::2]", "state": "maintenance" },
    "Cust4": { "host": "10.0.0.4" },
    "Cust3": { "host": "10.0.0.3:8443", "state": "maintenance", "retryAfter": 900 } } }
END

ErpsyncTest::set_up();
run_tests();

__DATA__

=== TEST 1: a running tenant: forwarded
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;



=== TEST 2: a tenant that the file does not have: forwarded
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- headers: Authorization: Bearer x
--- uri: /Cust404/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded_uri: /Cust404/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded
Authorization: Bearer x
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 3: digits are compared as they are
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- headers: Authorization: Bearer x
--- uri: /Cust02/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded_uri: /Cust02/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded
Authorization: Bearer x
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 4: maintenance
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers: Authorization: Bearer x
--- refused: tenant_unavailable
--- response_headers: Retry-After: 60
--- error_log: app=acme-erp tenant=Cust2 operation=TryConnectActor



=== TEST 5: maintenance, with a time
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /cUST3/api/v1/Agents/ErpSync/TryConnectActor
--- headers: Authorization: Bearer x
--- refused: tenant_unavailable
--- response_headers: Retry-After: 900



=== TEST 6: maintenance: the tenant of a Bearer token
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /api/v1/Agents/ErpSync/TryConnectActor
--- headers: Authorization: Bearer 8A:Cust2.abc
--- refused: tenant_unavailable



=== TEST 7: maintenance: the description of an operation
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- method: GET
--- body:
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers: Authorization: Bearer x
--- refused: tenant_unavailable



=== TEST 8: maintenance: a CORS preflight is forwarded
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- method: OPTIONS
--- body:
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers
! Authorization
! SO-AppToken
! Content-Type
--- forwarded_uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded:
--- forwarded_body:



=== TEST 9: maintenance: a request that is not a call is forwarded
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /Cust2/api/v1/Contact/3
--- headers: Authorization: Bearer x
--- forwarded_uri: /Cust2/api/v1/Contact/3
--- forwarded
Authorization: Bearer x
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json
--- forwarded_body eval: $ErpsyncTest::Body



=== TEST 10: maintenance: a body that is not judged first
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers: Authorization: Bearer x
--- body: {
--- refused: tenant_unavailable



=== TEST 11: maintenance: an app without the tenant does not learn it
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: Bearer x
SO-AppToken: token-one-tenant
--- refused: tenant_not_granted
--- raw_response_headers_unlike: Retry-After



=== TEST 12: maintenance: nor one without the agent
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: Bearer x
SO-AppToken: token-no-agent
--- refused: agent_not_granted
--- raw_response_headers_unlike: Retry-After



=== TEST 13: maintenance: nor one without the operation
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: Bearer x
SO-AppToken: token-one-operation
--- refused: operation_not_granted
--- raw_response_headers_unlike: Retry-After



=== TEST 14: maintenance: nor from another address
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: Bearer x
SO-AppToken: token-other-address
--- refused: address_not_granted
--- raw_response_headers_unlike: Retry-After



=== TEST 15: maintenance: nor with an expired token
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: Bearer x
SO-AppToken: token-expired
--- refused: app_token_expired
--- raw_response_headers_unlike: Retry-After



=== TEST 16: maintenance: nor with an unknown token
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: Bearer x
SO-AppToken: x
--- refused: app_token_unknown
--- raw_response_headers_unlike: Retry-After



=== TEST 17: maintenance: nor without a token
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: Bearer x
! SO-AppToken
--- refused: app_token_missing
--- raw_response_headers_unlike: Retry-After



=== TEST 18: maintenance: an app with a grant for the tenant
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: Bearer x
SO-AppToken: token-one-connection
--- refused: tenant_unavailable



=== TEST 19: maintenance: path and token disagree
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- refused: tenant_mismatch



=== TEST 20: maintenance: as RFC 9457
--- files eval: $::Tenants
--- gateway: erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: Bearer x
Accept: application/problem+json
--- refused: tenant_unavailable
--- response_body_like: ^\{"type":"urn:erpsync:tenant_unavailable","title":"[^"]+","status":503,
--- response_headers
Content-Type: application/problem+json
Retry-After: 60



=== TEST 21: maintenance: as a bare status
--- files eval: $::Tenants
--- gateway
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
erpsync_errors off;
error_page 503 /sorry;
location = /sorry { return 503 sorry; }
--- uri: /Cust3/api/v1/Agents/ErpSync/TryConnectActor
--- headers: Authorization: Bearer x
--- refused: tenant_unavailable
--- response_body: sorry



=== TEST 22: maintenance in report mode: forwarded as it came
--- files eval: $::Tenants
--- config
erpsync report;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
add_header X-Verdict "$erpsync_decision $erpsync_reason" always;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- uri: /Cust2/api/v1/agents/ErpSync/TryConnectActor
--- headers: Authorization: Bearer x
--- body: { "erpKey": 1 }
--- forwarded_uri: /Cust2/api/v1/agents/ErpSync/TryConnectActor
--- forwarded
Authorization: Bearer x
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json
--- forwarded_body: { "erpKey": 1 }
--- error_log: erpsync: would refuse reason=tenant_unavailable 
--- response_headers: X-Verdict: report tenant_unavailable



=== TEST 23: a location with another file
--- files eval: [ @$::Tenants, [ 'other.json', '{ "version": 1, "tenants": { "Cust12345": { "host": "a", "state": "maintenance" } } }' ] ]
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { error_page 418 = @other; return 418; }
location @other {
    erpsync_tenants $TEST_NGINX_HTML_DIR/other.json;
    proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock;
}
--- refused: tenant_unavailable



=== TEST 24: a stricter file behind a looser one
--- files eval: [ @$::Tenants, [ 'other.json', '{ "version": 1, "tenants": { "Cust12345": { "host": "a", "state": "maintenance" } } }' ] ]
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { try_files /none @other; }
location @other {
    erpsync_tenants $TEST_NGINX_HTML_DIR/other.json;
    proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock;
}
--- refused: tenant_unavailable



=== TEST 25: the variables in the rewrite phase: a call
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor
--- headers
! Authorization
--- response_body: <Cust12345|online3.example.com>



=== TEST 26: the variables in the rewrite phase: any case
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /cust3/API/v1/agents/erpsync/tryconnectactor
--- headers
! Authorization
--- response_body: <Cust3|10.0.0.3:8443>



=== TEST 27: the variables in the rewrite phase: maintenance makes no difference
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers
! Authorization
--- response_body: <Cust2|[2001:db8::2]>



=== TEST 28: the variables in the rewrite phase: behind a prefix
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /erp/Cust3/api/v1/Agents/ErpSync/TryConnectActor
--- headers
! Authorization
--- response_body: <Cust3|10.0.0.3:8443>



=== TEST 29: the variables in the rewrite phase: another agent
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /Cust3/api/v1/Agents/Contact/GetContact
--- headers
! Authorization
--- response_body: <Cust3|10.0.0.3:8443>



=== TEST 30: the variables in the rewrite phase: another agent behind a prefix
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /erp/cust3/api/v1/Contact/1
--- headers
! Authorization
--- response_body: <Cust3|10.0.0.3:8443>



=== TEST 31: the variables in the rewrite phase: a tenant that the file does not have
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /Cust404/api/v1/Agents/ErpSync/TryConnectActor
--- headers
! Authorization
--- response_body: <Cust404|>



=== TEST 32: the variables in the rewrite phase: a Bearer token
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: bearer 8A:Cust3.abc
--- response_body: <Cust3|10.0.0.3:8443>



=== TEST 33: the variables in the rewrite phase: a Bearer token, another agent
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /api/v1/Contact/1
--- headers
Authorization: Bearer 8A:Cust3.abc
--- response_body: <Cust3|10.0.0.3:8443>



=== TEST 34: the variables in the rewrite phase: path and token agree
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /Cust3/api/v1/Contact/1
--- headers
Authorization: Bearer 8A:cust3.abc
--- response_body: <Cust3|10.0.0.3:8443>



=== TEST 35: the variables in the rewrite phase: path and token disagree
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /Cust3/api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: Bearer 8A:Cust12345.abc
--- response_body: <|>



=== TEST 36: the variables in the rewrite phase: path and token disagree, another agent
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /Cust3/api/v1/Contact/1
--- headers
Authorization: Bearer 8A:Cust12345.abc
--- response_body: <|>



=== TEST 37: the variables in the rewrite phase: a path with two tenants
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /Cust3/Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers
! Authorization
--- response_body: <|>



=== TEST 38: the variables in the rewrite phase: a path with two tenants, another agent
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /Cust3/Cust2/api/v1/Contact/1
--- headers
! Authorization
--- response_body: <|>



=== TEST 39: the variables in the rewrite phase: an ambiguous path
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /Cust3/api/v1/Agents/ErpSync/x/%252e%252e/TryConnectActor
--- headers
! Authorization
--- response_body: <|>



=== TEST 40: the variables in the rewrite phase: no tenant in the path behind "api"
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /api/v1/Document/Cust3
--- headers
! Authorization
--- response_body: <|>



=== TEST 41: the variables in the rewrite phase: another scheme
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: SoTicket 8A:Cust3.abc
--- response_body: <|>



=== TEST 42: the variables in the rewrite phase: digits only
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /3/api/v1/Contact/1
--- headers
! Authorization
--- response_body: <|>



=== TEST 43: the variables in the rewrite phase: none
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- uri: /
--- headers
! Authorization
--- response_body: <|>



=== TEST 44: the variables after a rewrite: of the path as it is then
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
add_header X-Var "$erpsync_tenant|$erpsync_tenant_host" always;
location / {
    set $early $erpsync_tenant_host;
    rewrite ^/Cust12345/(.*) /Cust4/$1 break;
    proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock;
}
--- headers: Authorization: Bearer x
--- forwarded_uri: /Cust4/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded
Authorization: Bearer x
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
--- response_headers: X-Var: Cust4|10.0.0.4



=== TEST 45: the variables of a refused call
--- files eval: $::Tenants
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
add_header X-Var "$erpsync_tenant|$erpsync_tenant_host" always;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers: Authorization: Bearer x
--- response_headers: X-Var: Cust2|[2001:db8::2]
--- refused: tenant_unavailable



=== TEST 46: the variables in an error page outside
--- files eval: $::Tenants
--- config
location / {
    erpsync on;
    erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
    erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
    erpsync_errors off;
    error_page 503 /sorry;
    proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock;
}
location = /sorry { return 503 "$erpsync_tenant|$erpsync_tenant_host"; }
--- uri: /Cust2/api/v1/Agents/ErpSync/TryConnectActor
--- headers: Authorization: Bearer x
--- refused: tenant_unavailable
--- response_body: Cust2|[2001:db8::2]



=== TEST 47: the variables without a file
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { return 200 "<$erpsync_tenant|$erpsync_tenant_host>"; }
--- response_body: <Cust12345|>



=== TEST 48: a limit for each tenant
--- files eval: $::Tenants
--- http
limit_req_zone $erpsync_tenant zone=tenants:1m rate=1r/m;
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
limit_req zone=tenants;
limit_req_status 429;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- pipelined_requests eval
[ map { "POST /$_/api/v1/Agents/ErpSync/TryConnectActor\n$ErpsyncTest::Body" } qw(Cust1 Cust2 Cust1) ]
--- more_headers
Authorization: Bearer x
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json
--- error_code eval: [ 200, 200, 429 ]
--- contacted



=== TEST 49: refused at the start: a missing file
--- config
erpsync_tenants $TEST_NGINX_HTML_DIR/none.json;
location / { return 204; }
--- must_die
--- error_log
none.json": cannot
nginx.conf:



=== TEST 50: refused at the start: an error with its place
--- files eval: [ [ 'bad.json', '{ "version": 1, "tenants": { "Cust1": { "host": "a", "hots": 1 } } }' ] ]
--- config
erpsync_tenants $TEST_NGINX_HTML_DIR/bad.json;
location / { return 204; }
--- must_die
--- error_log
bad.json": tenants.Cust1: unknown member "hots"
nginx.conf:



=== TEST 51: refused at the start: a registry
--- config
erpsync_tenants $TEST_NGINX_HTML_DIR/registry.json;
location / { return 204; }
--- must_die
--- error_log
registry.json": unknown member "apps"
nginx.conf:



=== TEST 52: refused at the start: another parameter
--- files eval: $::Tenants
--- config
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json check=5s;
location / { return 204; }
--- must_die
--- error_log
invalid value "check=5s" in "erpsync_tenants" directive
nginx.conf:



=== TEST 53: refused at the start: a bad time
--- files eval: $::Tenants
--- config
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json refresh=x;
location / { return 204; }
--- must_die
--- error_log
invalid value "refresh=x" in "erpsync_tenants" directive
nginx.conf:



=== TEST 54: refused at the start: an empty path
--- config
erpsync_tenants "";
location / { return 204; }
--- must_die
--- error_log
invalid value "" in "erpsync_tenants" directive
nginx.conf:



=== TEST 55: refused at the start: twice
--- files eval: $::Tenants
--- config
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json; erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json;
location / { return 204; }
--- must_die
--- error_log
"erpsync_tenants" directive is duplicate
nginx.conf:



=== TEST 56: refused at the start: with two times
--- files eval: $::Tenants
--- config
erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json; location /x { erpsync_tenants $TEST_NGINX_HTML_DIR/tenants.json refresh=9s; }
location / { return 204; }
--- must_die
--- error_log
is used with another "refresh"
nginx.conf:
