# Content-Type, Content-Encoding, Accept, $select, headers sent twice.

BEGIN { push @INC, 't/lib' }

use ErpsyncTest;
use Test::Nginx::Socket 'no_plan';

ErpsyncTest::set_up();
run_tests();

__DATA__

=== TEST 1: Content-Type: application/json
--- headers: Content-Type: application/json



=== TEST 2: Content-Type: text/json
--- headers: Content-Type: text/json



=== TEST 3: Content-Type: APPLICATION/JSON
--- headers: Content-Type: APPLICATION/JSON



=== TEST 4: Content-Type: application/json;charset=utf-8
--- headers: Content-Type: application/json;charset=utf-8



=== TEST 5: Content-Type: Application/Json; Charset="UTF-8"; x=y
--- headers: Content-Type: Application/Json; Charset="UTF-8"; x=y



=== TEST 6: Content-Type: application/json;
--- headers: Content-Type: application/json;



=== TEST 7: refused: Content-Type: text/plain
--- headers: Content-Type: text/plain
--- refused: content_type_unsupported



=== TEST 8: refused: Content-Type: application/jsonp
--- headers: Content-Type: application/jsonp
--- refused: content_type_unsupported



=== TEST 9: refused: Content-Type: application/json; charset=utf-16
--- headers: Content-Type: application/json; charset=utf-16
--- refused: content_type_unsupported



=== TEST 10: refused: Content-Type: application/json; charset=iso-8859-1
--- headers: Content-Type: application/json; charset=iso-8859-1
--- refused: content_type_unsupported



=== TEST 11: refused: Content-Type: application/json; charset=utf-8; charset=utf-8
--- headers: Content-Type: application/json; charset=utf-8; charset=utf-8
--- refused: content_type_unsupported



=== TEST 12: refused: Content-Type: application/json, text/json
--- headers: Content-Type: application/json, text/json
--- refused: content_type_unsupported



=== TEST 13: refused: Content-Type: application
--- headers: Content-Type: application
--- refused: content_type_unsupported



=== TEST 14: refused: Content-Type: 
--- headers: Content-Type: 
--- refused: content_type_unsupported



=== TEST 15: refused: Content-Type: application/json x
--- headers: Content-Type: application/json x
--- refused: content_type_unsupported



=== TEST 16: refused: no Content-Type
--- headers: ! Content-Type
--- refused: content_type_unsupported



=== TEST 17: Content-Encoding: identity is not forwarded
--- headers: Content-Encoding: Identity



=== TEST 18: refused: Content-Encoding: gzip
--- headers: Content-Encoding: gzip
--- refused: content_encoding_unsupported



=== TEST 19: refused: Content-Encoding: deflate
--- headers: Content-Encoding: deflate
--- refused: content_encoding_unsupported



=== TEST 20: refused: Content-Encoding: br
--- headers: Content-Encoding: br
--- refused: content_encoding_unsupported



=== TEST 21: refused: Content-Encoding: identity, gzip
--- headers: Content-Encoding: identity, gzip
--- refused: content_encoding_unsupported



=== TEST 22: Accept: application/json; charset=utf-8
--- headers: Accept: application/json; charset=utf-8
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: application/json; charset=utf-8



=== TEST 23: Accept: text/xml
--- headers: Accept: text/xml
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: text/xml



=== TEST 24: Accept: */*
--- headers: Accept: */*
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: */*



=== TEST 25: Accept: application/*;q=0.1
--- headers: Accept: application/*;q=0.1
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: application/*;q=0.1



=== TEST 26: Accept: image/png, text/json
--- headers: Accept: image/png, text/json
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: image/png, text/json



=== TEST 27: Accept: application/json-patch+json
--- headers: Accept: application/json-patch+json
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: application/json-patch+json



=== TEST 28: Accept refuses nothing: image/png
--- headers: Accept: image/png
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: image/png



=== TEST 29: Accept refuses nothing: application/json;q=0
--- headers: Accept: application/json;q=0
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: application/json;q=0



=== TEST 30: Accept refuses nothing: text/html, */*;q=0
--- headers: Accept: text/html, */*;q=0
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: text/html, */*;q=0



=== TEST 31: Accept refuses nothing: application/problem+json
--- headers: Accept: application/problem+json
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: application/problem+json



=== TEST 32: Accept refuses nothing: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2
--- headers: Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2



=== TEST 33: Accept refuses nothing: ???
--- headers: Accept: ???
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: ???



=== TEST 34: several Accept fields are forwarded as sent
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nAccept: image/png\r\nAccept: text/json\r\nContent-Type: text/json\r\nContent-Length: " . length($ErpsyncTest::Body) . "\r\n\r\n$ErpsyncTest::Body"
--- response_body eval
join("\r\n", 'POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.0', 'Host: localhost', 'Connection: close', 'Content-Length: ' . length($ErpsyncTest::Canonical), 'Authorization: Bearer x', "SO-AppToken: $ErpsyncTest::Token", 'Accept: image/png', 'Accept: text/json', 'Content-Type: application/json; charset=utf-8', '', $ErpsyncTest::Canonical)



=== TEST 35: $select
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=name,department,category/id
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=name,department,category/id



=== TEST 36: $select with blanks and repeats
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?a=1&$SELECT=name,%20Name+,b/_c9&c=2
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?a=1&$select=name,b/_c9&c=2



=== TEST 37: $select percent-encoded
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?%24%73elect=a%2Cb%2Fc
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a,b/c



=== TEST 38: an empty $select is taken out
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=&x=%41
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?x=%41



=== TEST 39: nothing but an empty $select
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 40: refused: $select twice
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a&$select=b
--- refused: select_invalid



=== TEST 41: refused: $select twice, hidden
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a&%24SELECT=b
--- refused: select_invalid



=== TEST 42: refused: $select behind a semicolon
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?a=1;$select=b
--- refused: select_invalid



=== TEST 43: empty elements of $select are dropped
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=Name,,+%2cid,
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=Name,id



=== TEST 44: nothing but empty elements
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?a=1&$select=,+,&b
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?a=1&b



=== TEST 45: refused: $select a trailing slash
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a/
--- refused: select_invalid



=== TEST 46: refused: $select a digit first
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=1a
--- refused: select_invalid



=== TEST 47: refused: $select foreign characters
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a%27--
--- refused: select_invalid



=== TEST 48: refused: $select a NUL
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a%00
--- refused: select_invalid



=== TEST 49: refused: $select 2,049 bytes
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
--- refused: select_invalid



=== TEST 50: 2,048 bytes
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa



=== TEST 51: refused: SO-AppToken twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nso-apptoken: qw123f4c56770bc278017796cd16bd11\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 52: refused: SO-Language twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nSO-Language: en\r\nso-language: en\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 53: refused: SO-Culture twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nSO-Culture: en\r\nso-culture: en\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 54: refused: SO-TimeZone twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nSO-TimeZone: NO\r\nso-timezone: NO\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 55: refused: X-XSRF-TOKEN twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nX-XSRF-TOKEN: x\r\nx-xsrf-token: x\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 56: refused: Content-Type twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\ncontent-type: application/json\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 57: refused: Content-Encoding twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nContent-Encoding: identity\r\ncontent-encoding: identity\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 58: refused: Authorization twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nauthorization: Bearer x\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 59: headers that would change method or URI are never forwarded
--- headers
X-HTTP-Method-Override: DELETE
x-http-method: PUT
X-Original-URL: /x
X-Rewrite-URL: /y
X-Forwarded-Proto: https
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
X-Forwarded-Proto: https



=== TEST 60: other headers pass in their order
--- headers
X-A: 1
Cookie: a=b
X-B: 2
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
X-A: 1
Cookie: a=b
X-B: 2



=== TEST 61: Content-Type: application/json; charset=US-ASCII
--- headers: Content-Type: application/json; charset=US-ASCII



=== TEST 62: Content-Type: text/xml; charset="us-ascii"
--- headers: Content-Type: text/xml; charset="us-ascii"
--- body: <r><ErpConnectionId>883</ErpConnectionId><CrmRecordId>34</CrmRecordId><CrmActorType>Contact</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>Customer</ErpActorType></r>
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: text/xml



=== TEST 63: refused: Content-Type: application/json; charset=ascii-8
--- headers: Content-Type: application/json; charset=ascii-8
--- refused: content_type_unsupported



=== TEST 64: refused: an encoding is told which one is taken
--- headers: Content-Encoding: gzip
--- refused: content_encoding_unsupported
--- response_headers: Accept-Encoding: identity



=== TEST 65: refused: not so for a type
--- headers: Content-Type: text/plain
--- refused: content_type_unsupported
--- response_headers: ! Accept-Encoding



=== TEST 66: without content, type and encoding say nothing
--- uri: /Cust12345/api/v1/Agents/ErpSync/SyncAll
--- headers
Content-Type: text/plain; charset=utf-16
Content-Encoding: gzip
Content-Length: 0
--- body:
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/SyncAll
--- forwarded_length: 0
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
--- forwarded_body:



=== TEST 67: refused: nor where a body is needed
--- headers
Content-Type: text/plain
Content-Encoding: br
--- body:
--- refused: body_missing



=== TEST 68: a chunked body that is empty, where none is needed
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/SyncAll HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- response_body eval
join("\r\n", 'POST /Cust12345/api/v1/Agents/ErpSync/SyncAll HTTP/1.0', 'Host: localhost', 'Connection: close', 'Content-Length: 0', 'Authorization: Bearer x', "SO-AppToken: $ErpsyncTest::Token", '', '')



=== TEST 69: refused: a chunked body that is empty, where one is needed
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- refused: body_missing



=== TEST 70: without Accept, the type of the body stands in
--- headers: Content-Type: Application/MERGE-Patch+json; charset=utf-8; x=y
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: application/merge-patch+json



=== TEST 71: so it does for an empty Accept, in its place
--- headers
Accept: 
Content-Type: TEXT/json
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept: text/json



=== TEST 72: and for several that are empty
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: \r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nAccept:  \t\r\nContent-Type: text/json\r\nContent-Length: " . length($ErpsyncTest::Body) . "\r\n\r\n$ErpsyncTest::Body"
--- response_body eval
join("\r\n", 'POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.0', 'Host: localhost', 'Connection: close', 'Content-Length: ' . length($ErpsyncTest::Canonical), 'Accept: text/json', 'Authorization: Bearer x', "SO-AppToken: $ErpsyncTest::Token", 'Content-Type: application/json; charset=utf-8', '', $ErpsyncTest::Canonical)



=== TEST 73: one of them that is not empty is forwarded as sent
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: \r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nAccept: text/html\r\nContent-Type: text/json\r\nContent-Length: " . length($ErpsyncTest::Body) . "\r\n\r\n$ErpsyncTest::Body"
--- response_body eval
join("\r\n", 'POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.0', 'Host: localhost', 'Connection: close', 'Content-Length: ' . length($ErpsyncTest::Canonical), 'Accept: ', 'Authorization: Bearer x', "SO-AppToken: $ErpsyncTest::Token", 'Accept: text/html', 'Content-Type: application/json; charset=utf-8', '', $ErpsyncTest::Canonical)



=== TEST 74: the WebAPI cannot answer in a form
--- headers: Content-Type: application/x-www-form-urlencoded
--- body: ErpConnectionId=883&CrmRecordId=34&CrmActorType=Contact&ErpKey=qui&ErpActorType=Customer
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 75: a description has no body
--- method: GET
--- headers: Content-Type: text/xml
--- body:
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
--- forwarded_body:



=== TEST 76: XSRF, the cookie percent-encoded
--- gateway: erpsync_app_token optional;
--- headers
! Authorization
! SO-AppToken
X-XSRF-TOKEN: a+b/c==
Cookie: x=y; XSRF-TOKEN=a%2Bb%2fc%3D%3D
--- forwarded
Content-Type: application/json; charset=utf-8
X-XSRF-TOKEN: a+b/c==
Cookie: x=y; XSRF-TOKEN=a%2Bb%2fc%3D%3D
Accept: application/json



=== TEST 77: XSRF, the cookie as sent
--- gateway: erpsync_app_token optional;
--- headers
! Authorization
! SO-AppToken
X-XSRF-TOKEN: a%2Bb%zz
Cookie: XSRF-TOKEN=a%2Bb%zz
--- forwarded
Content-Type: application/json; charset=utf-8
X-XSRF-TOKEN: a%2Bb%zz
Cookie: XSRF-TOKEN=a%2Bb%zz
Accept: application/json



=== TEST 78: XSRF, decoded once only
--- gateway: erpsync_app_token optional;
--- headers
! Authorization
! SO-AppToken
X-XSRF-TOKEN: a+b
Cookie: XSRF-TOKEN=a%252Bb
--- refused: xsrf_mismatch



=== TEST 79: XSRF, every cookie of that name in every field
--- gateway: erpsync_app_token optional;
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: XSRF-TOKEN=t\r\nX-XSRF-TOKEN: t\r\nCookie: a=b\r\nCookie: XSRF-TOKEN=u\r\nContent-Type: text/json\r\nContent-Length: " . length($ErpsyncTest::Body) . "\r\n\r\n$ErpsyncTest::Body"
--- refused: xsrf_mismatch



=== TEST 80: many headers that are dropped and set, between others
--- headers
X-0: 0
X-HTTP-Method: a
X-1: 1
X-Rewrite-URL: b
X-2: 2
X-Original-URL: c
X-3: 3
X_HTTP_Method: d
X-4: 4
x-http-method: e
X-5: 5
SO-Language: NB-no
X-6: 6
X-HTTP-Method-Override: f
X-7: 7
SO-TimeZone: no,includeTZOffset
X-8: 8
X-Rewrite-URL: g
Accept-Language: de
X-9: 9
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
X-0: 0
X-1: 1
X-2: 2
X-3: 3
X-4: 4
X-5: 5
SO-Language: nb-NO
X-6: 6
X-7: 7
SO-TimeZone: NO, includeTZOffset
X-8: 8
Accept-Language: nb-NO
X-9: 9
