# The forms of a refusal, and the connection that it leaves behind.

BEGIN { push @INC, 't/lib' }

use ErpsyncTest;
use Test::Nginx::Socket 'no_plan';

ErpsyncTest::set_up();
run_tests();

__DATA__

=== TEST 1: the WebAPI's own shape
--- headers: ! SO-AppToken
--- refused: app_token_missing
--- response_headers
Content-Type: application/json; charset=utf-8
Cache-Control: no-store
--- response_body_like: ^\{"Error":true,"ErrorType":"app_token_missing","ErrorMessage":"Send the token of a registered app in SO-AppToken, or use its client certificate\.","ErrorSource":"erpsync-gateway","RequestId":"[0-9a-f]{32}"\}$



=== TEST 2: problem+json where Accept prefers it
--- headers
! SO-AppToken
Accept: application/json;q=0.5, application/problem+json
--- refused: app_token_missing
--- response_headers: Content-Type: application/problem+json
--- response_body_like: ^\{"type":"urn:erpsync:app_token_missing","title":"App token missing","status":403,"detail":"Send the token of a registered app in SO-AppToken, or use its client certificate\.","instance":"[0-9a-f]{32}"\}$



=== TEST 3: problem+json with violations
--- headers: Accept: application/problem+json, */*;q=0.1
--- body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":9,"ErpKey":"qui","ErpActorType":"Customer"}
--- refused: body_invalid
--- response_body_like: "errors":\[\{"path":"/CrmActorType","code":"enum","message":"CrmActorType must be one of Contact, Person, Project, Sale\."\}\]\}$



=== TEST 4: XML where Accept prefers it
--- headers: Accept: text/xml, application/json;q=0.9
--- body: {"<&>":1,"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":1,"ErpKey":"qui","ErpActorType":"Customer"}
--- refused: body_invalid
--- response_headers: Content-Type: application/xml; charset=utf-8
--- response_body_like: <Error><Error>true</Error><ErrorType>body_invalid</ErrorType><ErrorMessage>[^<]+</ErrorMessage><ErrorSource>erpsync-gateway</ErrorSource><RequestId>[0-9a-f]{32}</RequestId><Errors><Error><Path>/&lt;&amp;&gt;</Path><Code>unknown</Code><Message>This member is not part of the request\.</Message></Error></Errors></Error>$



=== TEST 5: erpsync_errors problem
--- gateway: erpsync_errors problem;
--- headers
Accept: text/xml
! SO-AppToken
--- refused: app_token_missing
--- response_body_like: ^\{"type":"urn:erpsync:app_token_missing"



=== TEST 6: erpsync_errors superoffice
--- gateway: erpsync_errors superoffice;
--- headers
Accept: text/xml
! SO-AppToken
--- refused: app_token_missing



=== TEST 7: erpsync_errors off: nginx's own page
--- gateway: erpsync_errors off;
--- headers: ! SO-AppToken
--- refused: app_token_missing
--- response_body_like: <title>403 Forbidden</title>



=== TEST 8: erpsync_errors off with 401
--- gateway: erpsync_errors off;
--- headers: ! Authorization
--- refused: credentials_missing
--- response_headers: WWW-Authenticate: SoTicket realm="SuperOffice WebAPI", Bearer realm="SuperOffice WebAPI"
--- response_body_like: <title>401 Authorization Required</title>



=== TEST 9: erpsync_errors off with 422
--- gateway: erpsync_errors off;
--- body: {}
--- error_code: 422
--- response_body
--- error_log: refused reason=body_invalid



=== TEST 10: an error page of the site
--- gateway
erpsync_errors off;
error_page 403 /denied.html;
location = /denied.html { root $TEST_NGINX_HTML_DIR; internal; }
--- files eval
[ [ "denied.html", "come in by the front door" ] ]
--- headers: ! SO-AppToken
--- refused: app_token_missing
--- response_body: come in by the front door



=== TEST 11: an error page as a named location
--- gateway
erpsync_errors off;
error_page 422 @denied;
location @denied { return 422 "$erpsync_reason"; }
--- body: {}
--- error_code: 422
--- response_body: body_invalid
--- error_log: refused reason=body_invalid



=== TEST 12: early refusals leave the connection usable
--- pipelined_requests eval
[ "POST /api/v1/Agents/ErpSync/Nope\n{}", "POST /api/v1/Agents/ErpSync/TryConnectActor\n{}", "POST /api/v1/Agents/ErpSync/TryConnectActor\n$ErpsyncTest::Body" ]
--- more_headers eval
[ "", "Authorization: Bearer x\nContent-Type: text/plain\nSO-AppToken: $ErpsyncTest::Token", "Authorization: Bearer x\nContent-Type: text/json\nSO-AppToken: $ErpsyncTest::Token" ]
--- error_code eval
[ 404, 415, 200 ]
--- response_body_like eval
[ "operation_unknown", "content_type_unsupported", quotemeta $ErpsyncTest::Canonical ]



=== TEST 13: late refusals too
--- pipelined_requests eval
[ "POST /api/v1/Agents/ErpSync/TryConnectActor\n{", "POST /api/v1/Agents/ErpSync/TryConnectActor\n{}", "POST /api/v1/Agents/ErpSync/TryConnectActor\n$ErpsyncTest::Body" ]
--- more_headers
Authorization: Bearer x
Content-Type: text/json
SO-AppToken: qw123f4c56770bc278017796cd16bd11
--- error_code eval
[ 400, 422, 200 ]
--- response_body_like eval
[ "body_malformed", "body_invalid", quotemeta $ErpsyncTest::Canonical ]



=== TEST 14: a chunked body that nobody read
--- raw_request eval
"POST /api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nContent-Type: text/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\nGET /api/v1/Agents/ErpSync/Nope HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- error_code eval
[ 403, 404 ]



=== TEST 15: a client that still sends its body gets to read the answer
--- raw_request eval
[ "POST /api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nContent-Type: text/json\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n", ("x" x 30000) x 10 ]
--- raw_request_middle_delay: 0.01
--- refused: app_token_missing



=== TEST 16: one line in the log for each refusal
--- headers: ! SO-AppToken
--- refused: app_token_missing
--- grep_error_log eval
qr/erpsync: [^,]*request_id=(?=[0-9a-f]{32},)/
--- grep_error_log_out eval
"erpsync: refused reason=app_token_missing app=- tenant=Cust12345 operation=TryConnectActor status=403 request_id=\n"



=== TEST 17: no secret in the log
--- headers
Authorization: Bearer marked-secret-1
SO-AppToken: marked-secret-2
Cookie: XSRF-TOKEN=marked-secret-3
X-XSRF-TOKEN: marked-secret-4
--- body: marked-secret-5
--- refused: app_token_unknown
--- no_error_log: marked-secret



=== TEST 18: charset once, whatever the site says: JSON
--- gateway
charset utf-8;
charset_types *;
--- headers
! SO-AppToken
Accept: */*
--- refused: app_token_missing
--- response_headers: Content-Type: application/json; charset=utf-8
--- response_body_like: app_token_missing



=== TEST 19: never recoded: JSON
--- http
charset_map koi8-r utf-8 { C0 D18E; }
charset_map windows-1251 koi8-r { FE C0; }
--- gateway
charset koi8-r;
source_charset windows-1251;
override_charset on;
charset_types *;
--- headers: Accept: */*
--- body eval: qq({"\xd1\x8e":1})
--- refused: body_invalid
--- response_headers: Content-Type: application/json; charset=utf-8
--- response_body_like eval: qr{/\xd1\x8e["<]}
--- no_error_log: charset



=== TEST 20: charset once, whatever the site says: problem+json
--- gateway
charset utf-8;
charset_types *;
--- headers
! SO-AppToken
Accept: application/problem+json
--- refused: app_token_missing
--- response_headers: Content-Type: application/problem+json
--- response_body_like: app_token_missing



=== TEST 21: never recoded: problem+json
--- http
charset_map koi8-r utf-8 { C0 D18E; }
charset_map windows-1251 koi8-r { FE C0; }
--- gateway
charset koi8-r;
source_charset windows-1251;
override_charset on;
charset_types *;
--- headers: Accept: application/problem+json
--- body eval: qq({"\xd1\x8e":1})
--- refused: body_invalid
--- response_headers: Content-Type: application/problem+json
--- response_body_like eval: qr{/\xd1\x8e["<]}
--- no_error_log: charset



=== TEST 22: charset once, whatever the site says: XML
--- gateway
charset utf-8;
charset_types *;
--- headers
! SO-AppToken
Accept: text/xml
--- refused: app_token_missing
--- response_headers: Content-Type: application/xml; charset=utf-8
--- response_body_like: app_token_missing



=== TEST 23: never recoded: XML
--- http
charset_map koi8-r utf-8 { C0 D18E; }
charset_map windows-1251 koi8-r { FE C0; }
--- gateway
charset koi8-r;
source_charset windows-1251;
override_charset on;
charset_types *;
--- headers: Accept: text/xml
--- body eval: qq({"\xd1\x8e":1})
--- refused: body_invalid
--- response_headers: Content-Type: application/xml; charset=utf-8
--- response_body_like eval: qr{/\xd1\x8e["<]}
--- no_error_log: charset



=== TEST 24: what XML does not allow is replaced
--- headers: Accept: text/xml
--- body: {"a\u0001\ufffe\uffff\ud83f\udffe":1,"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":1,"ErpKey":"qui","ErpActorType":"Customer"}
--- refused: body_invalid
--- response_body_like eval: qr{<Path>/a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\xbf\xbe</Path>}



=== TEST 25: as Java asks
--- headers
! SO-AppToken
Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2
--- refused: app_token_missing
--- response_headers: Content-Type: application/json; charset=utf-8



=== TEST 26: JSON as a form, as curl -d sends it
--- headers: Content-Type: application/x-www-form-urlencoded
--- refused: body_invalid
--- body: {"ErpKey":"secret-value","x":1}
--- error_log
violations="/\xE2\x80\xA6:unknown /ErpConnectionId:required
--- no_error_log
secret-value
--- response_body_like: "ErrorMessage":"The request body breaks the rules of the operation\. The body looks like JSON, but it was sent with the Content-Type of a form: send application/json\.".*"Errors":\[\{"Path":"/\xe2\x80\xa6","Code":"unknown"



=== TEST 27: the same for an operation that takes no form
--- uri: /Cust12345/api/v1/Agents/ErpSync/GetAllConnectors
--- headers: Content-Type: application/x-www-form-urlencoded
--- body: {"ErpConnectorId":1}
--- refused: content_type_unsupported
--- response_body_like: send application/json\."



=== TEST 28: a form that is wrong gets no such hint
--- headers: Content-Type: application/x-www-form-urlencoded
--- body: ErpKey=%7B
--- refused: body_invalid
--- response_body_like: "ErrorMessage":"The request body breaks the rules of the operation\."



=== TEST 29: charset once on the status page: prometheus
--- http: erpsync_zone e:1m;
--- gateway
charset koi8-r;
charset_types *;
location = /status { erpsync_status; }
--- request: GET /status?format=prometheus
--- response_headers: Content-Type: text/plain; version=0.0.4; charset=utf-8
--- response_body_like: erpsync|apps




=== TEST 30: charset once on the status page: json
--- http: erpsync_zone e:1m;
--- gateway
charset koi8-r;
charset_types *;
location = /status { erpsync_status; }
--- request: GET /status?format=json
--- response_headers: Content-Type: application/json; charset=utf-8
--- response_body_like: erpsync|apps




=== TEST 31: charset once on the status page: html
--- http: erpsync_zone e:1m;
--- gateway
charset koi8-r;
charset_types *;
location = /status { erpsync_status; }
--- request: GET /status?format=html
--- response_headers: Content-Type: text/html; charset=utf-8
--- response_body_like: erpsync|apps



=== TEST 32: two fields Accept are one list
--- headers
! SO-AppToken
Accept: text/html
Accept: application/problem+json
--- refused: app_token_missing
--- response_headers: Content-Type: application/problem+json
--- response_body_like: ^\{"type":"urn:erpsync:app_token_missing"



=== TEST 33: two fields Accept: the weights decide, not the order
--- headers
! SO-AppToken
Accept: text/xml
Accept: application/problem+json;q=0.9
--- refused: app_token_missing
--- response_headers: Content-Type: application/xml; charset=utf-8
--- response_body_like: app_token_missing
