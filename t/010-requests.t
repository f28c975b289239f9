# Which requests are judged, and as what: paths, methods, the SOAP twin.

BEGIN { push @INC, 't/lib' }

use ErpsyncTest;
use Test::Nginx::Socket 'no_plan';

ErpsyncTest::set_up();
run_tests();

__DATA__

=== TEST 1: the path with lower case
--- uri: /Cust12345/api/v1/agents/erpsync/tryconnectactor
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 2: the path with upper case
--- uri: /Cust12345/API/V1/AGENTS/ERPSYNC/TRYCONNECTACTOR
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 3: the path with percent-encoded letters
--- uri: /Cust12345/api/v1/Agents/%45rp%53ync/Try%43onnectActor
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 4: the path with repeated slashes
--- uri: /Cust12345//api///v1/Agents//ErpSync/TryConnectActor
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 5: the path with a trailing slash
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor/
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 6: the path with trailing slashes
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor//
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 7: the path with dot segments
--- uri: /Cust12345/./api/v1/x/../Agents/./ErpSync/TryConnectActor
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 8: the path with encoded dot segments
--- uri: /Cust12345/x/%2e%2e/api/v1/Agents/ErpSync/%2e/TryConnectActor
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 9: the path with an encoded slash
--- uri: /Cust12345/api/v1/Agents%2fErpSync%2FTryConnectActor
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 10: the path with an encoded backslash
--- uri: /Cust12345/api%5cv1%5CAgents/ErpSync/TryConnectActor
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 11: the path with a backslash
--- uri: /Cust12345/api/v1/Agents\ErpSync\TryConnectActor
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 12: the path with backslashes with dots, which nginx does not resolve
--- uri: /Cust12345/api/v1/Agents/x\..\ErpSync\TryConnectActor
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 13: the path with an absolute-form request target
--- uri: http://localhost/Cust12345/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 14: another version of the API
--- uri: /Cust12345/api/v2/Agents/ErpSync/TryConnectActor
--- forwarded_uri: /Cust12345/api/v2/Agents/ErpSync/TryConnectActor



=== TEST 15: a version in upper case
--- uri: /Cust12345/api/V12/Agents/ErpSync/TryConnectActor
--- forwarded_uri: /Cust12345/api/v12/Agents/ErpSync/TryConnectActor



=== TEST 16: no prefix
--- uri: /api/v1/Agents/ErpSync/TryConnectActor
--- forwarded_uri: /api/v1/Agents/ErpSync/TryConnectActor



=== TEST 17: a deep prefix, as sent
--- uri: /Some/Site/cust12345/x/api/v1/agents/ErpSync/TryConnectActor
--- forwarded_uri: /Some/Site/cust12345/x/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 18: a prefix that needs percent-encoding
--- uri: /a%20b/%C3%A5/api/v1/agents/erpsync/tryconnectactor
--- forwarded_uri: /a%20b/%C3%A5/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 19: a query passes as sent
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?b=%20&a=1&b=2
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?b=%20&a=1&b=2



=== TEST 20: refused: no operation
--- uri: /api/v1/Agents/ErpSync
--- refused: operation_unknown



=== TEST 21: refused: no operation, with a slash
--- uri: /api/v1/Agents/ErpSync/
--- refused: operation_unknown



=== TEST 22: refused: an unknown operation
--- uri: /api/v1/Agents/ErpSync/TryConnectActors
--- refused: operation_unknown



=== TEST 23: refused: an operation of another agent
--- uri: /api/v1/Agents/ErpSync/GetPerson
--- refused: operation_unknown



=== TEST 24: refused: a further segment
--- uri: /api/v1/Agents/ErpSync/TryConnectActor/x
--- refused: operation_unknown



=== TEST 25: refused: a path parameter
--- uri: /api/v1/Agents/ErpSync/TryConnectActor;a=b
--- refused: operation_unknown



=== TEST 26: refused: a path parameter at the agent
--- uri: /api/v1/Agents/ErpSync;a=b/TryConnectActor
--- refused: operation_unknown



=== TEST 27: refused: a trailing dot
--- uri: /api/v1/Agents/ErpSync/TryConnectActor.
--- refused: operation_unknown



=== TEST 28: refused: a trailing dot at the agent
--- uri: /api/v1/Agents/ErpSync./TryConnectActor
--- refused: operation_unknown



=== TEST 29: refused: a trailing blank
--- uri: /api/v1/Agents/ErpSync/TryConnectActor%20
--- refused: operation_unknown



=== TEST 30: refused: a trailing blank at the agent
--- uri: /api/v1/Agents%20/ErpSync%20/TryConnectActor
--- refused: operation_unknown



=== TEST 31: refused: the agent twice
--- uri: /api/v1/Agents/ErpSync/api/v1/Agents/ErpSync/TryConnectActor
--- refused: operation_unknown



=== TEST 32: refused: an encoded control character
--- uri: /api/v1/Agents/ErpSync/TryConnectActor%01
--- refused: operation_unknown



=== TEST 33: passes untouched: another agent
--- uri: /api/v1/Agents/Contact/GetContact
--- headers
Authorization: bearer  x
X-HTTP-Method-Override: PUT
Content-Type: text/plain
--- body: any thing
--- forwarded_uri: /api/v1/Agents/Contact/GetContact
--- forwarded
Authorization: bearer  x
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: text/plain
X-HTTP-Method-Override: PUT
--- forwarded_body: any thing



=== TEST 34: passes untouched: a name that only begins so
--- uri: /api/v1/Agents/ErpSyncX/TryConnectActor
--- headers
Authorization: bearer  x
X-HTTP-Method-Override: PUT
Content-Type: text/plain
--- body: any thing
--- forwarded_uri: /api/v1/Agents/ErpSyncX/TryConnectActor
--- forwarded
Authorization: bearer  x
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: text/plain
X-HTTP-Method-Override: PUT
--- forwarded_body: any thing



=== TEST 35: passes untouched: no version
--- uri: /api/Agents/ErpSync/TryConnectActor
--- headers
Authorization: bearer  x
X-HTTP-Method-Override: PUT
Content-Type: text/plain
--- body: any thing
--- forwarded_uri: /api/Agents/ErpSync/TryConnectActor
--- forwarded
Authorization: bearer  x
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: text/plain
X-HTTP-Method-Override: PUT
--- forwarded_body: any thing



=== TEST 36: passes untouched: a version without digits
--- uri: /api/v/Agents/ErpSync/TryConnectActor
--- headers
Authorization: bearer  x
X-HTTP-Method-Override: PUT
Content-Type: text/plain
--- body: any thing
--- forwarded_uri: /api/v/Agents/ErpSync/TryConnectActor
--- forwarded
Authorization: bearer  x
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: text/plain
X-HTTP-Method-Override: PUT
--- forwarded_body: any thing



=== TEST 37: passes untouched: the name in the query alone
--- uri: /x?y=/api/v1/Agents/ErpSync/TryConnectActor
--- headers
Authorization: bearer  x
X-HTTP-Method-Override: PUT
Content-Type: text/plain
--- body: any thing
--- forwarded_uri: /x?y=/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded
Authorization: bearer  x
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: text/plain
X-HTTP-Method-Override: PUT
--- forwarded_body: any thing



=== TEST 38: refused: a double encoding, which a proxied $uri would decode
--- uri: /api/v1/Agents/%2545rpSync/TryConnectActor
--- refused: path_ambiguous



=== TEST 39: refused: PUT
--- method: PUT
--- refused: method_not_allowed
--- response_headers: Allow: GET, HEAD, OPTIONS, POST



=== TEST 40: refused: DELETE
--- method: DELETE
--- refused: method_not_allowed
--- response_headers: Allow: GET, HEAD, OPTIONS, POST



=== TEST 41: refused: PATCH
--- method: PATCH
--- refused: method_not_allowed
--- response_headers: Allow: GET, HEAD, OPTIONS, POST



=== TEST 42: refused: PROPFIND
--- method: PROPFIND
--- refused: method_not_allowed
--- response_headers: Allow: GET, HEAD, OPTIONS, POST



=== TEST 43: a method in lower case is none
--- method: post
--- error_code: 400



=== TEST 44: GET is judged up to the access policy and has no body
--- method: GET
--- uri: /Cust12345/api/v1/agents/erpsync/tryconnectactor?a=1
--- headers
! Content-Type
Accept: image/png
SO-Language: ???
--- body
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?a=1
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Accept: image/png
SO-Language: ???
--- forwarded_body



=== TEST 45: a body that comes with GET is dropped
--- method: GET
--- headers
Content-Type: text/plain
X-HTTP-Method-Override: POST
--- body: anything
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
--- forwarded_body



=== TEST 46: a chunked body that comes with GET is dropped
--- raw_request eval
"GET /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
--- response_body eval
"GET /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\n\r\n"



=== TEST 47: GET without a token
--- method: GET
--- headers: ! SO-AppToken
--- body
--- refused: app_token_missing



=== TEST 48: HEAD
--- method: HEAD
--- headers: ! SO-AppToken
--- body
--- error_code: 403
--- response_body
--- error_log: refused reason=app_token_missing



=== TEST 49: OPTIONS passes untouched, but for what would change its method
--- method: OPTIONS
--- uri: /Cust12345/API/v1/agents/erpsync/tryconnectactor
--- headers
! Authorization
! SO-AppToken
! Content-Type
Origin: https://example.org
Access-Control-Request-Method: POST
X-HTTP-Method-Override: POST
--- body
--- forwarded_uri: /Cust12345/API/v1/agents/erpsync/tryconnectactor
--- forwarded
Origin: https://example.org
Access-Control-Request-Method: POST
--- forwarded_body



=== TEST 50: OPTIONS of an unknown operation
--- method: OPTIONS
--- uri: /api/v1/Agents/ErpSync/Nope
--- body
--- refused: operation_unknown



=== TEST 51: SOAP is refused online, as documented
--- uri: /Remote/Services88/ErpSync.svc
--- refused: soap_not_allowed



=== TEST 52: SOAP is refused online, in any case, deeper
--- uri: /Cust12345/remote/SERVICES1/erpsync.SVC/basic
--- refused: soap_not_allowed



=== TEST 53: SOAP is refused online, with a parameter
--- uri: /Remote/Services88/ErpSync.svc;x
--- refused: soap_not_allowed



=== TEST 54: SOAP is refused online, with a dot
--- uri: /Remote/Services88/ErpSync.svc./x
--- refused: soap_not_allowed



=== TEST 55: SOAP with GET
--- uri: /Remote/Services88/ErpSync.svc?wsdl
--- method: GET
--- body
--- refused: soap_not_allowed



=== TEST 56: SOAP passes untouched onsite
--- gateway: erpsync_installation onsite;
--- uri: /Remote/services88/erpsync.svc
--- headers: Content-Type: text/xml
--- body: <x/>
--- forwarded_uri: /Remote/services88/erpsync.svc
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: text/xml
--- forwarded_body: <x/>



=== TEST 57: another SOAP service
--- uri: /Remote/Services88/Contact.svc
--- headers: Content-Type: text/xml
--- body: <x/>
--- forwarded_uri: /Remote/Services88/Contact.svc
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: text/xml
--- forwarded_body: <x/>



=== TEST 58: an operation without a body
--- uri: /api/v1/Agents/ErpSync/getallconnectors
--- headers: ! Content-Type
--- body
--- forwarded_uri: /api/v1/Agents/ErpSync/GetAllConnectors
--- forwarded_length: 0
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
--- forwarded_body



=== TEST 59: an operation of objects in objects
--- uri: /api/v1/Agents/ErpSync/SaveConnection
--- body: { "Connection" : { "UserGroupAccessIds": [ "7" ], "ErpConnectionId" : 1, "DisplayName": "\u0041" } }
--- forwarded_uri: /api/v1/Agents/ErpSync/SaveConnection
--- forwarded_body: {"Connection":{"ErpConnectionId":1,"DisplayName":"A","UserGroupAccessIds":[7]}}



=== TEST 60: the same with a name that stands twice
--- uri: /api/v1/Agents/ErpSync/SaveConnection
--- body: {"Connection":{"a":1,"A":2}}
--- refused: body_invalid



=== TEST 61: an operation of scalars
--- uri: /api/v1/Agents/ErpSync/GetConnection
--- body: {"erpConnectionId":"5"}
--- forwarded_uri: /api/v1/Agents/ErpSync/GetConnection
--- forwarded_body: {"ErpConnectionId":5}



=== TEST 62: refused: a backslash that a dot segment of nginx takes away
--- uri: /Cust111/api/v1/Agents/ErpSync\TryConnectActor\x/..
--- refused: path_ambiguous



=== TEST 63: refused: a tenant that a second decoding takes away
--- uri: /Cust111/%252e%252e/Cust999/api/v1/Agents/ErpSync/SyncAll
--- refused: path_ambiguous



=== TEST 64: refused: empty segments that ASP.NET Core counts
--- uri: /api/v1/Agents/ErpSync/TryConnectActor///../..
--- refused: path_ambiguous



=== TEST 65: refused: the SOAP twin behind a backslash
--- uri: /Remote\Services88\ErpSync.svc\x/..
--- refused: path_ambiguous



=== TEST 66: refused: an ambiguous path with OPTIONS
--- method: OPTIONS
--- uri: /Cust111/api/v1/Agents/ErpSync\TryConnectActor\x/..
--- body
--- refused: path_ambiguous



=== TEST 67: an ambiguous path is judged in front of the method
--- method: PUT
--- uri: /Cust111/api/v1/Agents/ErpSync\TryConnectActor\x/..
--- refused: path_ambiguous



=== TEST 68: what all servers read alike
--- uri: /Cust12345/API//v1/agents\erpsync/TRYCONNECTACTOR/
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor
