# The body on its way: delivery, rules, size.

BEGIN { push @INC, 't/lib' }

use ErpsyncTest;
use Test::Nginx::Socket 'no_plan';

ErpsyncTest::set_up();
run_tests();

__DATA__

=== TEST 1: canonical already
--- body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[]}



=== TEST 2: camelCase, as the vendor's TypeScript client sends it
--- body: {"fieldValues":[{"syncToErp":1,"crmFieldKey":"k","value":12.50,"tableRight":null,"fieldProperties":{}}],"erpActorType":"customer","erpKey":"qui","crmActorType":1,"crmRecordId":"34","erpConnectionId":883}
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[{"CrmFieldKey":"k","Value":"12.50","SyncToErp":true}]}



=== TEST 3: a byte order mark is dropped
--- body eval
"\xef\xbb\xbf$ErpsyncTest::Body"



=== TEST 4: a large body in several buffers or a file
--- gateway: client_body_buffer_size 1k;
--- body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'
--- forwarded_body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'



=== TEST 5: the same, not canonical, in several buffers or a file
--- gateway: client_body_buffer_size 1k;
--- body eval
my $b = "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'; $b =~ s/"CrmFieldKey":/ "crmFieldKey" : /g; $b =~ s/883/"883"/; $b
--- forwarded_body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'



=== TEST 6: a large body in memory
--- gateway: client_body_buffer_size 1m;
--- body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'
--- forwarded_body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'



=== TEST 7: the same, not canonical, in memory
--- gateway: client_body_buffer_size 1m;
--- body eval
my $b = "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'; $b =~ s/"CrmFieldKey":/ "crmFieldKey" : /g; $b =~ s/883/"883"/; $b
--- forwarded_body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'



=== TEST 8: a large body in a file only
--- gateway: client_body_in_file_only clean;
--- body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'
--- forwarded_body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'



=== TEST 9: the same, not canonical, in a file only
--- gateway: client_body_in_file_only clean;
--- body eval
my $b = "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'; $b =~ s/"CrmFieldKey":/ "crmFieldKey" : /g; $b =~ s/883/"883"/; $b
--- forwarded_body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'



=== TEST 10: a large body in one buffer
--- gateway
client_body_in_single_buffer on;
client_body_buffer_size 64k;
--- body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'
--- forwarded_body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'



=== TEST 11: the same, not canonical, in one buffer
--- gateway
client_body_in_single_buffer on;
client_body_buffer_size 64k;
--- body eval
my $b = "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'; $b =~ s/"CrmFieldKey":/ "crmFieldKey" : /g; $b =~ s/883/"883"/; $b
--- forwarded_body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'



=== TEST 12: a large body unbuffered
--- gateway
proxy_request_buffering off;
proxy_http_version 1.0;
--- body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'
--- forwarded_body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'



=== TEST 13: the same, not canonical, unbuffered
--- gateway
proxy_request_buffering off;
proxy_http_version 1.0;
--- body eval
my $b = "{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'; $b =~ s/"CrmFieldKey":/ "crmFieldKey" : /g; $b =~ s/883/"883"/; $b
--- forwarded_body eval
"{\"ErpConnectionId\":883,\"CrmRecordId\":34,\"CrmActorType\":\"Contact\",\"ErpKey\":\"qui\",\"ErpActorType\":\"Customer\",\"FieldValues\":[" . CORE::join(',', map { '{"CrmFieldKey":"key '.$_.'","Value":"'.('v' x 100).'","SyncToCrm":true}' } 1 .. 500) . ']}'



=== TEST 14: in two pieces
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = (substr($b, 0, 40), substr($b, 40)); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nContent-Length: LEN\r\n\r\n", @c ]
--- raw_request_middle_delay: 0.1
--- response_body eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 123\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json; charset=utf-8\r\nAccept: application/json\r\n\r\n$ErpsyncTest::Canonical"



=== TEST 15: byte by byte
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = split(//, $b); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nContent-Length: LEN\r\n\r\n", @c ]
--- raw_request_middle_delay: 0.002
--- response_body eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 123\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json; charset=utf-8\r\nAccept: application/json\r\n\r\n$ErpsyncTest::Canonical"



=== TEST 16: chunked
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = (sprintf("%x\r\n%s\r\n0\r\n\r\n", length $b, $b)); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", @c ]
--- response_body eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 123\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json; charset=utf-8\r\nAccept: application/json\r\n\r\n$ErpsyncTest::Canonical"



=== TEST 17: chunked, a byte in each chunk, in many pieces
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = ((map { "1\r\n$_\r\n" } split(//, $b)), "0\r\n\r\n"); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", @c ]
--- raw_request_middle_delay: 0.002
--- response_body eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 123\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json; charset=utf-8\r\nAccept: application/json\r\n\r\n$ErpsyncTest::Canonical"



=== TEST 18: chunked into tiny buffers
--- gateway: client_body_buffer_size 32;
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = ((map { "1\r\n$_\r\n" } split(//, $b)), "0\r\n\r\n"); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", @c ]
--- raw_request_middle_delay: 0.001
--- response_body eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 123\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json; charset=utf-8\r\nAccept: application/json\r\n\r\n$ErpsyncTest::Canonical"



=== TEST 19: chunked with trailers and extensions
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = (sprintf("%x;a=b\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n", length $b, $b)); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", @c ]
--- response_body eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 123\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json; charset=utf-8\r\nAccept: application/json\r\n\r\n$ErpsyncTest::Canonical"



=== TEST 20: Content-Length with chunked is refused by nginx
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = ($b); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nContent-Length: LEN\r\nTransfer-Encoding: chunked\r\n\r\n", @c ]
--- error_code: 400



=== TEST 21: two lengths are refused by nginx
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = ($b); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nContent-Length: LEN\r\nContent-Length: 1\r\n\r\n", @c ]
--- error_code: 400



=== TEST 22: chunks that are none
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = ("zz\r\n"); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", @c ]
--- refused: body_malformed



=== TEST 23: chunks that end in being none
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = ("5\r\n{\"a\":\r\n", "zz\r\n"); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", @c ]
--- raw_request_middle_delay: 0.1
--- refused: body_malformed



=== TEST 24: a body that ends in the middle reaches nobody
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = (substr($b, 0, 40)); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nContent-Length: LEN\r\n\r\n", @c ]
--- timeout: 0.3
--- abort
--- ignore_response
--- error_code
--- no_error_log: webapi-contacted



=== TEST 25: no body
--- body
--- refused: body_missing



=== TEST 26: an empty chunked body
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = ("0\r\n\r\n"); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", @c ]
--- refused: body_missing



=== TEST 27: white space alone
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = ('  '); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n", @c ]
--- refused: body_missing



=== TEST 28: not well-formed: a trailing comma
--- body: {"a":1,}
--- refused: body_malformed
--- response_body_like: "Errors":\[\{"Path":"","Code":"syntax","Message":"line 1, column \d+: [^"\\]+(\\"[^"\\]+)*(\\")?\."\}\]



=== TEST 29: not well-formed: a comment
--- body: {} // x
--- refused: body_malformed
--- response_body_like: "Errors":\[\{"Path":"","Code":"syntax","Message":"line 1, column \d+: [^"\\]+(\\"[^"\\]+)*(\\")?\."\}\]



=== TEST 30: not well-formed: NaN
--- body: {"a":NaN}
--- refused: body_malformed
--- response_body_like: "Errors":\[\{"Path":"","Code":"syntax","Message":"line 1, column \d+: [^"\\]+(\\"[^"\\]+)*(\\")?\."\}\]



=== TEST 31: not well-formed: two documents
--- body: {}{}
--- refused: body_malformed
--- response_body_like: "Errors":\[\{"Path":"","Code":"syntax","Message":"line 1, column \d+: [^"\\]+(\\"[^"\\]+)*(\\")?\."\}\]



=== TEST 32: not well-formed: XML in a JSON type
--- body: <TryConnectActor/>
--- refused: body_malformed
--- response_body_like: "Errors":\[\{"Path":"","Code":"syntax","Message":"line 1, column \d+: [^"\\]+(\\"[^"\\]+)*(\\")?\."\}\]



=== TEST 33: not well-formed: a lone surrogate
--- body: {"a":"\ud800"}
--- refused: body_malformed
--- response_body_like: "Errors":\[\{"Path":"","Code":"syntax","Message":"line 1, column \d+: [^"\\]+(\\"[^"\\]+)*(\\")?\."\}\]



=== TEST 34: not well-formed: U+0000
--- body: {"a":"\u0000"}
--- refused: body_malformed
--- response_body_like: "Errors":\[\{"Path":"","Code":"syntax","Message":"line 1, column \d+: [^"\\]+(\\"[^"\\]+)*(\\")?\."\}\]



=== TEST 35: not well-formed: 33 levels
--- body: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
--- refused: body_malformed
--- response_body_like: "Errors":\[\{"Path":"","Code":"syntax","Message":"line 1, column \d+: [^"\\]+(\\"[^"\\]+)*(\\")?\."\}\]



=== TEST 36: not well-formed: a single quote
--- body: {'a':1}
--- refused: body_malformed
--- response_body_like: "Errors":\[\{"Path":"","Code":"syntax","Message":"line 1, column \d+: [^"\\]+(\\"[^"\\]+)*(\\")?\."\}\]



=== TEST 37: the place of an error
--- body
{
  "ErpKey": "å",
  "x": tru
}
--- refused: body_malformed
--- response_body_like: line 3, column 8: expected a value



=== TEST 38: not well-formed: overlong UTF-8
--- body eval
"{\"a\":\"\xc0\x80\"}"
--- refused: body_malformed



=== TEST 39: not well-formed: invalid UTF-8
--- body eval
"{\"a\":\"\xff\"}"
--- refused: body_malformed



=== TEST 40: not well-formed: UTF-16 with a JSON type
--- body eval
"\xff\xfe{\0}\0"
--- refused: body_malformed



=== TEST 41: not well-formed: a NUL byte
--- body eval
"{\"a\":\"\0\"}"
--- refused: body_malformed



=== TEST 42: 32 levels are well-formed
--- uri: /api/v1/Agents/ErpSync/SyncAll
--- forwarded_uri: /api/v1/Agents/ErpSync/SyncAll
--- body: {"a":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}
--- forwarded_body: {"a":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}



=== TEST 43: all violations at once, in the documented casing
--- body: {"erpconnectionid":0,"CrmRecordId":1.5,"CrmActorType":"Unknown","ErpKey":" ","fieldValues":[{"DisplayName":true,"CrmFieldKey":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk","SyncToErp":"maybe"},{"CrmFieldKey":"a","crmfieldkey":"b"}],"a/b~c":1}
--- refused: body_invalid
--- response_body_like: "Errors":\[\{"Path":"/ErpConnectionId","Code":"range","Message":"[^"]+"\},\{"Path":"/CrmRecordId","Code":"type","Message":"[^"]+"\},\{"Path":"/CrmActorType","Code":"enum","Message":"[^"]+"\},\{"Path":"/ErpKey","Code":"empty","Message":"[^"]+"\},\{"Path":"/FieldValues/0/DisplayName","Code":"type","Message":"[^"]+"\},\{"Path":"/FieldValues/0/CrmFieldKey","Code":"length","Message":"[^"]+"\},\{"Path":"/FieldValues/0/SyncToErp","Code":"type","Message":"[^"]+"\},\{"Path":"/FieldValues/1/CrmFieldKey","Code":"duplicate","Message":"[^"]+"\},\{"Path":"/a~1b~0c","Code":"unknown","Message":"[^"]+"\},\{"Path":"/ErpActorType","Code":"required","Message":"[^"]+"\}\]\}$



=== TEST 44: an escaped name is the same name
--- body: {"\u0045rpKey":"a","ErpKey":"b"}
--- refused: body_invalid
--- response_body_like: "Path":"/ErpKey","Code":"duplicate"



=== TEST 45: a secret in the body stands in no answer and no log
--- body: {"ErpConnectionId":"marked-secret","ErpKey":"marked-secret\q"
--- refused: body_malformed
--- response_body_like: ^(?!.*marked-secret)\{"Error":true,"ErrorType":"body_malformed","ErrorMessage":"[^"]+","ErrorSource":"erpsync-gateway"
--- no_error_log: marked-secret



=== TEST 46: unknown members stripped
--- gateway: erpsync_unknown_properties strip;
--- body: {"x":{"y":1},"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}



=== TEST 47: unknown members passed
--- gateway: erpsync_unknown_properties pass;
--- body: {"x":{ "y":1 },"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","Z":null}
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[],"x":{"y":1},"Z":null}



=== TEST 48: as many field values as allowed
--- gateway: erpsync_max_field_values 2;
--- body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[{"CrmFieldKey":"a"},{"CrmFieldKey":"b"}]}
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[{"CrmFieldKey":"a"},{"CrmFieldKey":"b"}]}



=== TEST 49: one more
--- gateway: erpsync_max_field_values 2;
--- body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[{"CrmFieldKey":"a"},{"CrmFieldKey":"b"},{"CrmFieldKey":"c"}]}
--- refused: body_invalid
--- response_body_like: "Path":"/FieldValues","Code":"count"



=== TEST 50: 1,001 by default
--- body eval
'{"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":['   . CORE::join(',', ('{"CrmFieldKey":"a"}') x 1001) . ']}'
--- refused: body_invalid



=== TEST 51: no limit
--- gateway: erpsync_max_field_values 0;
--- body eval
'{"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":['   . CORE::join(',', ('{"CrmFieldKey":"a"}') x 1001) . ']}'
--- forwarded_body eval
'{"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":['   . CORE::join(',', ('{"CrmFieldKey":"a"}') x 1001) . ']}'



=== TEST 52: a body over client_max_body_size
--- location: client_max_body_size 64;
--- refused: body_too_large



=== TEST 53: the same, chunked
--- location: client_max_body_size 64;
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = (sprintf("%x\r\n%s\r\n0\r\n\r\n", length $b, $b)); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", @c ]
--- refused: body_too_large



=== TEST 54: the same, chunked in pieces
--- location: client_max_body_size 64;
--- raw_request eval
my $b = $ErpsyncTest::Body; my @c = ((map { "1\r\n$_\r\n" } split(//, $b)), "0\r\n\r\n"); [ map { s/LEN/length $b/er } "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer 8A:Cust12345.abc\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", @c ]
--- raw_request_middle_delay: 0.001
--- refused: body_too_large



=== TEST 55: nginx's own page for other requests
--- location: client_max_body_size 64;
--- uri: /other
--- error_code: 413
--- response_body_like: <title>413 Request Entity Too Large</title>



=== TEST 56: JSON in an XML type
--- headers: Content-Type: application/xml
--- refused: body_malformed



=== TEST 57: XML
--- headers: Content-Type: text/xml
--- body
<?xml version="1.0"?><r><FieldValues/><ErpConnectionId> 883 </ErpConnectionId><CrmRecordId>34</CrmRecordId><CrmActorType>contact</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>1</ErpActorType></r>



=== TEST 58: XML with a DOCTYPE
--- headers: Content-Type: application/xml
--- body
<!DOCTYPE r [<!ENTITY a "b">]><r/>
--- refused: body_malformed



=== TEST 59: XML that breaks the rules
--- headers: Content-Type: application/xml
--- body
<r><ErpConnectionId>0</ErpConnectionId></r>
--- refused: body_invalid



=== TEST 60: XML for an operation that takes no request
--- uri: /Cust12345/api/v1/Agents/ErpSync/SyncAll
--- headers: Content-Type: application/xml
--- body
<r/>
--- refused: content_type_unsupported



=== TEST 61: merge-patch: null is absent
--- headers: Content-Type: application/merge-patch+json
--- body
{"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[{"CrmFieldKey":"k","SyncToErp":null}]}
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[{"CrmFieldKey":"k"}]}



=== TEST 62: a form
--- headers: Content-Type: application/x-www-form-urlencoded
--- body
ErpConnectionId=883&CrmRecordId=34&CrmActorType=contact&ErpKey=q%75i&ErpActorType=1&FieldValues[0].CrmFieldKey=a+b
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[{"CrmFieldKey":"a b"}]}



=== TEST 63: JSON in a form's type
--- headers: Content-Type: application/x-www-form-urlencoded
--- refused: body_invalid



=== TEST 64: a form with an invalid percent sequence
--- headers: Content-Type: application/x-www-form-urlencoded
--- body
ErpKey=%zz
--- refused: body_malformed



=== TEST 65: an object as a JSON Patch is plain JSON
--- headers: Content-Type: application/json-patch+json



=== TEST 66: merge-patch: an unknown member that is null is absent
--- headers: Content-Type: application/merge-patch+json
--- body
{"Other":null,"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[]}



=== TEST 67: merge-patch: an unknown member that holds a null is unknown
--- headers: Content-Type: application/merge-patch+json
--- body
{"Other":{"a":null},"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}
--- refused: body_invalid



=== TEST 68: JSON: an unknown member that is null is unknown
--- body
{"Other":null,"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}
--- refused: body_invalid
