# Variables.

BEGIN { push @INC, 't/lib' }

use ErpsyncTest;
use Test::Nginx::Socket 'no_plan';

ErpsyncTest::set_up();
run_tests();

__DATA__

=== TEST 1: of an allowed request
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
add_header X-Var "$erpsync_decision|$erpsync_reason|$erpsync_operation|$erpsync_app|$erpsync_tenant|$erpsync_scheme|$erpsync_connection|$erpsync_crm_actor|$erpsync_erp_actor|$erpsync_field_values" always;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- response_headers: X-Var: allow|ok|TryConnectActor|acme-erp|Cust12345|Bearer|883|Contact|Customer|0



=== TEST 2: of a request refused by its token
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
add_header X-Var "$erpsync_decision|$erpsync_reason|$erpsync_operation|$erpsync_app|$erpsync_app_claimed|$erpsync_tenant|$erpsync_scheme|$erpsync_connection|$erpsync_crm_actor|$erpsync_erp_actor|$erpsync_field_values" always;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- response_headers: X-Var: deny|app_token_expired|TryConnectActor||expired|Cust12345|Bearer||||
--- headers: SO-AppToken: token-expired
--- refused: app_token_expired



=== TEST 2a: the scheme of NTLM that is sent as Negotiate
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_credentials negotiate;
add_header X-Var "$erpsync_decision|$erpsync_reason|$erpsync_scheme" always;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- response_headers: X-Var: deny|scheme_not_allowed|NTLM
--- headers: Authorization: Negotiate TlRMTVNTUAABAAAA
--- refused: scheme_not_allowed



=== TEST 3: of an unknown operation
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
add_header X-Var "$erpsync_decision|$erpsync_reason|$erpsync_operation|$erpsync_app|$erpsync_tenant|$erpsync_scheme|$erpsync_connection|$erpsync_crm_actor|$erpsync_erp_actor|$erpsync_field_values" always;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- response_headers: X-Var: deny|operation_unknown||acme-erp|Cust12345|||||
--- uri: /api/v1/Agents/ErpSync/x
--- refused: operation_unknown



=== TEST 4: of another request
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
add_header X-Var "$erpsync_decision|$erpsync_reason|$erpsync_operation|$erpsync_app|$erpsync_tenant|$erpsync_scheme|$erpsync_connection|$erpsync_crm_actor|$erpsync_erp_actor|$erpsync_field_values" always;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- response_headers: X-Var: |||acme-erp|Cust12345|||||
--- uri: /other
--- forwarded_uri: /other
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}



=== TEST 5: locale
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
add_header X-Var "$erpsync_language|$erpsync_culture|$erpsync_timezone" always;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- response_headers: X-Var: nb-NO|nb-NO|NO, includeTZOffset
--- headers
SO-Language: nb-no
SO-Culture: NB-no
SO-TimeZone: no,includetzoffset
--- error_code: 200



=== TEST 6: gate time
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
add_header X-Var $erpsync_gate_time always;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- response_headers_like: X-Var: 0\.\d{6}



=== TEST 7: the app in the rewrite phase
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { if ($erpsync_app = "acme-erp") { return 200 known; } return 200 unknown; }
--- response_body: known



=== TEST 8: an app that is not known
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { return 200 "<$erpsync_app>"; }
--- headers: SO-AppToken: x
--- response_body: <>



=== TEST 9: the result true from true
--- http
log_format r 'result=<$erpsync_result>';
server { listen unix:$TEST_NGINX_HTML_DIR/answer.sock; location / { default_type application/json; return 200 "true"; } }
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
access_log $TEST_NGINX_HTML_DIR/result.log r;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/answer.sock; }
location = /result { access_log off; alias $TEST_NGINX_HTML_DIR/result.log; }
--- pipelined_requests eval
[ "POST /api/v1/Agents/ErpSync/TryConnectActor\n$ErpsyncTest::Body", "GET /result" ]
--- more_headers
Authorization: Bearer x
Content-Type: text/json
SO-AppToken: qw123f4c56770bc278017796cd16bd11
--- response_body_like eval
[ ".", "^result=<true>\n" ]



=== TEST 10: the result false from  false\r\n
--- http
log_format r 'result=<$erpsync_result>';
server { listen unix:$TEST_NGINX_HTML_DIR/answer.sock; location / { default_type text/json; return 200 " false\r\n"; } }
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
access_log $TEST_NGINX_HTML_DIR/result.log r;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/answer.sock; }
location = /result { access_log off; alias $TEST_NGINX_HTML_DIR/result.log; }
--- pipelined_requests eval
[ "POST /api/v1/Agents/ErpSync/TryConnectActor\n$ErpsyncTest::Body", "GET /result" ]
--- more_headers
Authorization: Bearer x
Content-Type: text/json
SO-AppToken: qw123f4c56770bc278017796cd16bd11
--- response_body_like eval
[ ".", "^result=<false>\n" ]



=== TEST 11: the result true from <?xml version=\"1.0\"?>\n<bool
--- http
log_format r 'result=<$erpsync_result>';
server { listen unix:$TEST_NGINX_HTML_DIR/answer.sock; location / { default_type application/xml; return 200 "<?xml version=\"1.0\"?>\n<boolean xmlns=\"x\">true</boolean>"; } }
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
access_log $TEST_NGINX_HTML_DIR/result.log r;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/answer.sock; }
location = /result { access_log off; alias $TEST_NGINX_HTML_DIR/result.log; }
--- pipelined_requests eval
[ "POST /api/v1/Agents/ErpSync/TryConnectActor\n$ErpsyncTest::Body", "GET /result" ]
--- more_headers
Authorization: Bearer x
Content-Type: text/json
SO-AppToken: qw123f4c56770bc278017796cd16bd11
--- response_body_like eval
[ ".", "^result=<true>\n" ]



=== TEST 12: the result of something else from \"true\"
--- http
log_format r 'result=<$erpsync_result>';
server { listen unix:$TEST_NGINX_HTML_DIR/answer.sock; location / { default_type application/json; return 200 "\"true\""; } }
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
access_log $TEST_NGINX_HTML_DIR/result.log r;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/answer.sock; }
location = /result { access_log off; alias $TEST_NGINX_HTML_DIR/result.log; }
--- pipelined_requests eval
[ "POST /api/v1/Agents/ErpSync/TryConnectActor\n$ErpsyncTest::Body", "GET /result" ]
--- more_headers
Authorization: Bearer x
Content-Type: text/json
SO-AppToken: qw123f4c56770bc278017796cd16bd11
--- response_body_like eval
[ ".", "^result=<other>\n" ]



=== TEST 13: the result of something else from truetrue
--- http
log_format r 'result=<$erpsync_result>';
server { listen unix:$TEST_NGINX_HTML_DIR/answer.sock; location / { default_type application/json; return 200 "truetrue"; } }
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
access_log $TEST_NGINX_HTML_DIR/result.log r;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/answer.sock; }
location = /result { access_log off; alias $TEST_NGINX_HTML_DIR/result.log; }
--- pipelined_requests eval
[ "POST /api/v1/Agents/ErpSync/TryConnectActor\n$ErpsyncTest::Body", "GET /result" ]
--- more_headers
Authorization: Bearer x
Content-Type: text/json
SO-AppToken: qw123f4c56770bc278017796cd16bd11
--- response_body_like eval
[ ".", "^result=<other>\n" ]



=== TEST 14: the result of something else from xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
--- http
log_format r 'result=<$erpsync_result>';
server { listen unix:$TEST_NGINX_HTML_DIR/answer.sock; location / { default_type application/json; return 200 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"; } }
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
access_log $TEST_NGINX_HTML_DIR/result.log r;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/answer.sock; }
location = /result { access_log off; alias $TEST_NGINX_HTML_DIR/result.log; }
--- pipelined_requests eval
[ "POST /api/v1/Agents/ErpSync/TryConnectActor\n$ErpsyncTest::Body", "GET /result" ]
--- more_headers
Authorization: Bearer x
Content-Type: text/json
SO-AppToken: qw123f4c56770bc278017796cd16bd11
--- response_body_like eval
[ ".", "^result=<other>\n" ]



=== TEST 15: of a refused call, in an error page whose location has no registry
--- config
location / {
    erpsync on;
    erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
    erpsync_errors off;
    error_page 422 = /page;
    proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock;
}
location = /page {
    internal;
    default_type text/plain;
    return 200 "$erpsync_app|$erpsync_app_claimed|$erpsync_reason|$erpsync_violations";
}
--- body: {"ErpConnectionId":0,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}
--- error_code: 200
--- response_body chomp
acme-erp|acme-erp|body_invalid|/ErpConnectionId:range
--- error_log: erpsync: refused reason=body_invalid app=acme-erp
--- no_error_log: webapi-contacted



=== TEST 16: of a call with several violations
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
add_header X-Var "$erpsync_violations" always;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- body: {"ErpConnectionId":0,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"","ErpActorType":"Customer"}
--- response_headers: X-Var: /ErpConnectionId:range /ErpKey:empty
--- refused: body_invalid



=== TEST 17: gate time, asked for by name alone: known from the second call on
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_errors off;
error_page 403 /gate-time.shtml;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location = /gate-time.shtml {
    internal;
    root $TEST_NGINX_HTML_DIR;
    ssi on;
    ssi_types *;
}
--- files eval
[ [ "gate-time.shtml", q{time=<!--# echo var="erpsync_gate_time" -->.} ] ]
--- pipelined_requests eval
[ "POST /api/v1/Agents/ErpSync/TryConnectActor\n$ErpsyncTest::Body", "POST /api/v1/Agents/ErpSync/TryConnectActor\n$ErpsyncTest::Body" ]
--- more_headers
Authorization: Bearer x
Content-Type: text/json
SO-AppToken: x
--- error_code eval
[ 403, 403 ]
--- response_body_like eval
[ "^time=\\.", "^time=0\\.\\d{6}\\." ]
