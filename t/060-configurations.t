# Configurations that would let a request slip by a lesser gateway.

BEGIN { push @INC, 't/lib' }

use ErpsyncTest;
use Test::Nginx::Socket 'no_plan';

ErpsyncTest::set_up();
run_tests();

__DATA__

=== TEST 1: a location without directives of its own: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 2: a location without directives of its own: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- body: {}
--- refused: body_invalid



=== TEST 3: a location without directives of its own: forwarded
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }



=== TEST 4: nested locations: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /Cust12345/ { location ~ /api/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; } }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 5: nested locations: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /Cust12345/ { location ~ /api/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; } }
--- body: {}
--- refused: body_invalid



=== TEST 6: nested locations: forwarded
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /Cust12345/ { location ~ /api/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; } }



=== TEST 7: satisfy any: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { satisfy any; allow all; auth_basic x; auth_basic_user_file $TEST_NGINX_HTML_DIR/none; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 8: satisfy any: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { satisfy any; allow all; auth_basic x; auth_basic_user_file $TEST_NGINX_HTML_DIR/none; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- body: {}
--- refused: body_invalid



=== TEST 9: satisfy any: forwarded
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { satisfy any; allow all; auth_basic x; auth_basic_user_file $TEST_NGINX_HTML_DIR/none; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }



=== TEST 10: try_files to a named location: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { try_files /none @webapi; }
location @webapi { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 11: try_files to a named location: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { try_files /none @webapi; }
location @webapi { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- body: {}
--- refused: body_invalid



=== TEST 12: try_files to a named location: forwarded
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { try_files /none @webapi; }
location @webapi { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }



=== TEST 13: an internal redirect by error_page: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /Cust12345/ { return 418; error_page 418 = @webapi; }
location @webapi { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 14: an internal redirect by error_page: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /Cust12345/ { return 418; error_page 418 = @webapi; }
location @webapi { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- body: {}
--- refused: body_invalid



=== TEST 15: an internal redirect by error_page: forwarded
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /Cust12345/ { return 418; error_page 418 = @webapi; }
location @webapi { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }



=== TEST 16: a refusal is not carried on by error_page to a proxy
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_errors off;
error_page 403 422 = @webapi;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location @webapi { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- refused: app_token_missing
--- response_body_like: 403 Forbidden



=== TEST 17: nor after the body was read
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_errors off;
error_page 403 422 = @webapi;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location @webapi { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- body: {}
--- error_code: 422
--- error_log: refused reason=body_invalid



=== TEST 18: nor into a location where erpsync is off
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_errors off;
error_page 403 = @webapi;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location @webapi { erpsync off; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- refused: app_token_missing
--- response_body_like: 403 Forbidden



=== TEST 19: nor with another URI
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_errors off;
error_page 403 /fallback;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location /fallback { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:$request_uri; }
--- headers: ! SO-AppToken
--- refused: app_token_missing
--- response_body_like: 403 Forbidden



=== TEST 20: nor is a body that is too large
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
error_page 413 = @webapi;
location / { client_max_body_size 10; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location @webapi { client_max_body_size 1m; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: Transfer-Encoding: chunked
--- body eval
"5\r\nabcde\r\nf\r\n0123456789abcde\r\n0\r\n\r\n"
--- error_code: 413
--- response_body_like: "ErrorType":"body_too_large"



=== TEST 21: rewritten into the agent: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /erp { rewrite ^ /Cust12345/api/v1/Agents/ErpSync/TryConnectActor last; }
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- refused: app_token_missing
--- uri: /erp



=== TEST 22: rewritten into the agent: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /erp { rewrite ^ /Cust12345/api/v1/Agents/ErpSync/TryConnectActor last; }
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- body: {}
--- refused: body_invalid
--- uri: /erp



=== TEST 23: rewritten into the agent: forwarded
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /erp { rewrite ^ /Cust12345/api/v1/agents/erpsync/tryconnectactor last; }
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- uri: /erp?a=1
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?a=1



=== TEST 24: rewritten with break
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /erp { rewrite ^ /Cust12345/api/v1/agents/erpsync/tryconnectactor break; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- uri: /erp



=== TEST 25: rewritten out of the agent, but proxied as it came: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /Cust12345/ { rewrite ^ /other last; }
location /other { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:$request_uri; }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 26: rewritten out of the agent, but proxied as it came: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /Cust12345/ { rewrite ^ /other last; }
location /other { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:$request_uri; }
--- body: {}
--- refused: body_invalid



=== TEST 27: rewritten out of the agent, but proxied as it came: forwarded
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /Cust12345/ { rewrite ^ /other last; }
location /other { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:$request_uri; }



=== TEST 28: proxied with $request_uri: the canonical one
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:$request_uri; }
--- uri: /Cust12345//api/V1/agents/erpsync/tryconnectactor/?$SELECT=a
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a



=== TEST 29: proxied with a URI of its own
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /Cust12345/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:/site/; }
--- uri: /Cust12345/api/v1/agents/erpsync/tryconnectactor
--- forwarded_uri: /site/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 30: proxy_set_body with $request_body: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { proxy_set_body $request_body; client_body_buffer_size 64k; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 31: proxy_set_body with $request_body: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { proxy_set_body $request_body; client_body_buffer_size 64k; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- body: {}
--- refused: body_invalid



=== TEST 32: proxy_set_body with $request_body: forwarded
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { proxy_set_body $request_body; client_body_buffer_size 64k; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }



=== TEST 33: proxy_set_body of an allowed request
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { proxy_set_body "<$request_body>"; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- forwarded_body: <{"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[]}>



=== TEST 34: proxy_pass_request_body off: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 35: proxy_pass_request_body off: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- body: {}
--- refused: body_invalid



=== TEST 36: proxy_request_buffering off: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { proxy_request_buffering off; proxy_http_version 1.1; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 37: proxy_request_buffering off: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { proxy_request_buffering off; proxy_http_version 1.1; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- body: {}
--- refused: body_invalid



=== TEST 38: client_body_in_file_only: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { client_body_in_file_only clean; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 39: client_body_in_file_only: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { client_body_in_file_only clean; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- body: {}
--- refused: body_invalid



=== TEST 40: client_body_in_file_only: forwarded
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { client_body_in_file_only clean; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }



=== TEST 41: client_body_in_file_only does not hand out the client's file
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { client_body_in_file_only clean; proxy_set_header X-File "<$request_body_file>"; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[]}
--- response_body_like: X-File: <>
--- error_code: 200



=== TEST 42: tiny buffers: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { client_body_buffer_size 16; proxy_buffer_size 1k; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 43: tiny buffers: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { client_body_buffer_size 16; proxy_buffer_size 1k; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- body: {}
--- refused: body_invalid



=== TEST 44: tiny buffers: forwarded
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { client_body_buffer_size 16; proxy_buffer_size 1k; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }



=== TEST 45: auth_request: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { auth_request /auth; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location = /auth { internal; return 204; }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 46: auth_request: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { auth_request /auth; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location = /auth { internal; return 204; }
--- body: {}
--- refused: body_invalid



=== TEST 47: auth_request: forwarded
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { auth_request /auth; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location = /auth { internal; return 204; }



=== TEST 48: auth_request that denies
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { auth_request /auth; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location = /auth { internal; return 403; }
--- error_code: 403



=== TEST 49: a subrequest to the agent is judged too
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { root $TEST_NGINX_HTML_DIR; auth_request /Cust12345/api/v1/Agents/ErpSync/TryConnectActor; }
location /Cust12345/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- method: GET
--- uri: /index.html
--- body
--- headers: ! SO-AppToken
--- refused: app_token_missing
--- response_body_like: 403 Forbidden



=== TEST 50: a subrequest to the agent with a token passes
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { root $TEST_NGINX_HTML_DIR; auth_request /Cust12345/api/v1/Agents/ErpSync/TryConnectActor; }
location /Cust12345/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- method: GET
--- uri: /index.html
--- body
--- error_code: 200
--- response_body_like: It works!
--- error_log: webapi-contacted



=== TEST 51: add_before_body does not change the judgement: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { add_before_body /banner; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location = /banner { return 200 x; }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 52: add_before_body does not change the judgement: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { add_before_body /banner; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location = /banner { return 200 x; }
--- body: {}
--- refused: body_invalid



=== TEST 53: mirror: refused by its headers
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { mirror /mirror; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location = /mirror { internal; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:$request_uri; }
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 54: mirror: refused by its body
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { mirror /mirror; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location = /mirror { internal; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:$request_uri; }
--- body: {}
--- refused: body_invalid



=== TEST 55: mirror: forwarded
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { mirror /mirror; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location = /mirror { internal; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:$request_uri; }



=== TEST 56: an explicit off is off
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { erpsync off; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
Content-Type: application/json
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}



=== TEST 57: auth_basic with an error page of its own
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_credentials basic bearer;
location / { auth_basic x; auth_basic_user_file $TEST_NGINX_HTML_DIR/index.html; error_page 401 /who.html; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
location = /who.html { internal; root $TEST_NGINX_HTML_DIR; }
--- files eval
[ [ "who.html", "who are you?" ] ]
--- error_code: 401
--- response_body: who are you?
--- no_error_log: webapi-contacted



=== TEST 58: limit_req by app
--- http: limit_req_zone $erpsync_app zone=app:1m rate=1r/m;
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { limit_req zone=app; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- pipelined_requests eval
[ ("POST /api/v1/Agents/ErpSync/TryConnectActor\n$ErpsyncTest::Body") x 3 ]
--- more_headers eval
my @t = ($ErpsyncTest::Token, $ErpsyncTest::Token, "token-one-connection"); [ map { "Authorization: Bearer x\nContent-Type: text/json\nSO-AppToken: $_" } @t ]
--- error_code eval
[ 200, 503, 200 ]



=== TEST 59: the URI of proxy_pass leads another path to the agent: not judged, so not sent
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /so/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:/Cust12345/api/; }
--- uri: /so/v1/agents/%65rpSync/TryConnectActor
--- error_code: 500
--- error_log: erpsync: the URI of "proxy_pass" leads a request to the ErpSync agent



=== TEST 60: the same with variables
--- http: upstream webapi { server unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location ~ ^/so/(.*) { proxy_pass http://webapi/Cust12345/api/$1; }
--- uri: /so/v1/Agents/ErpSync/TryConnectActor
--- error_code: 500
--- error_log: erpsync: the URI of "proxy_pass" leads a request to the ErpSync agent



=== TEST 61: a path of that location that does not lead there
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /so/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:/Cust12345/api/; }
--- uri: /so/v1/Agents/Contact/GetContact
--- forwarded_uri: /Cust12345/api/v1/Agents/Contact/GetContact
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}
--- no_error_log: erpsync:



=== TEST 62: report mode only logs it
--- config
erpsync report;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /so/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:/Cust12345/api/; }
--- uri: /so/v1/Agents/ErpSync/TryConnectActor
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}
--- error_log: erpsync: the URI of "proxy_pass" leads a request to the ErpSync agent



=== TEST 63: rewrite in its place: judged
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /so/ { rewrite ^/so/(.*) /Cust12345/api/$1 break; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- uri: /so/v1/Agents/ErpSync/TryConnectActor
--- headers: ! SO-AppToken
--- refused: app_token_missing



=== TEST 64: SOAP is the agent, too
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /so/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:/Cust12345/remote/services88/; }
--- uri: /so/ErpSync.svc
--- error_code: 500
--- error_log: erpsync: the URI of "proxy_pass" leads a request to the ErpSync agent



=== TEST 65: SOAP may pass
--- config
erpsync on;
erpsync_soap pass;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /so/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:/Cust12345/remote/services88/; }
--- uri: /so/ErpSync.svc
--- forwarded_uri: /Cust12345/remote/services88/ErpSync.svc
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}



=== TEST 66: a judged call may be led to another prefix
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location /Cust12345/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock:/site/Cust12345/; }
--- forwarded_uri: /site/Cust12345/api/v1/Agents/ErpSync/TryConnectActor
