# All media types of a request, in and out: a good request arrives as the same
# JSON, whatever its form; a refusal follows Accept; Accept and the answer of
# the WebAPI pass as they are.

BEGIN { push @INC, 't/lib' }

use ErpsyncTest;
use Test::Nginx::Socket 'no_plan';

ErpsyncTest::set_up();
run_tests();

__DATA__

=== TEST 1: TryConnectActor: application/json arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/tryconnectactor
--- headers
Content-Type: application/json
Accept: text/xml;q=0.5, application/json
--- body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 2: ConnectActor: application/json arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/connectactor
--- headers
Content-Type: application/json
Accept: text/xml;q=0.5, application/json
--- body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/ConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 3: TryConnectActor: text/json arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/tryconnectactor
--- headers
Content-Type: text/json; charset=UTF-8
Accept: text/xml;q=0.5, application/json
--- body: {"erpConnectionId":"883","crmRecordId":34,"crmActorType":1,"erpKey":"qui","erpActorType":1}
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 4: ConnectActor: text/json arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/connectactor
--- headers
Content-Type: text/json; charset=UTF-8
Accept: text/xml;q=0.5, application/json
--- body: {"erpConnectionId":"883","crmRecordId":34,"crmActorType":1,"erpKey":"qui","erpActorType":1}
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/ConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 5: TryConnectActor: application/merge-patch+json arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/tryconnectactor
--- headers
Content-Type: application/merge-patch+json
Accept: text/xml;q=0.5, application/json
--- body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":null}
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 6: ConnectActor: application/merge-patch+json arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/connectactor
--- headers
Content-Type: application/merge-patch+json
Accept: text/xml;q=0.5, application/json
--- body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":null}
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/ConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 7: TryConnectActor: application/json-patch+json arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/tryconnectactor
--- headers
Content-Type: application/json-patch+json
Accept: text/xml;q=0.5, application/json
--- body: [{"op":"replace","path":"ErpConnectionId","value":883},{"op":"add","path":"/CrmRecordId","value":34},{"op":"add","path":"/crmActorType","value":"contact"},{"op":"add","path":"/ErpKey","value":"qui"},{"op":"test","path":"/erpKey","value":"qui"},{"op":"add","path":"/ErpActorType","value":1}]
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 8: ConnectActor: application/json-patch+json arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/connectactor
--- headers
Content-Type: application/json-patch+json
Accept: text/xml;q=0.5, application/json
--- body: [{"op":"replace","path":"ErpConnectionId","value":883},{"op":"add","path":"/CrmRecordId","value":34},{"op":"add","path":"/crmActorType","value":"contact"},{"op":"add","path":"/ErpKey","value":"qui"},{"op":"test","path":"/erpKey","value":"qui"},{"op":"add","path":"/ErpActorType","value":1}]
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/ConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 9: TryConnectActor: application/xml arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/tryconnectactor
--- headers
Content-Type: application/xml
Accept: text/xml;q=0.5, application/json
--- body: <Request xmlns="u:x"><ErpConnectionId>883</ErpConnectionId><CrmRecordId> 34 </CrmRecordId><CrmActorType>Contact</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>Customer</ErpActorType></Request>
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 10: ConnectActor: application/xml arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/connectactor
--- headers
Content-Type: application/xml
Accept: text/xml;q=0.5, application/json
--- body: <Request xmlns="u:x"><ErpConnectionId>883</ErpConnectionId><CrmRecordId> 34 </CrmRecordId><CrmActorType>Contact</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>Customer</ErpActorType></Request>
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/ConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 11: TryConnectActor: text/xml arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/tryconnectactor
--- headers
Content-Type: text/xml; charset=utf-8
Accept: text/xml;q=0.5, application/json
--- body: <Request><ErpConnectionId>883</ErpConnectionId><CrmRecordId>34</CrmRecordId><CrmActorType>Contact</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>Customer</ErpActorType></Request>
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 12: ConnectActor: text/xml arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/connectactor
--- headers
Content-Type: text/xml; charset=utf-8
Accept: text/xml;q=0.5, application/json
--- body: <Request><ErpConnectionId>883</ErpConnectionId><CrmRecordId>34</CrmRecordId><CrmActorType>Contact</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>Customer</ErpActorType></Request>
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/ConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 13: TryConnectActor: application/x-www-form-urlencoded arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/tryconnectactor
--- headers
Content-Type: application/x-www-form-urlencoded
Accept: text/xml;q=0.5, application/json
--- body: ErpConnectionId=883&CrmRecordId=34&CrmActorType=Contact&ErpKey=qu%69&ErpActorType=Customer
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 14: ConnectActor: application/x-www-form-urlencoded arrives as JSON
--- uri: /Cust12345/api/v1/agents/erpsync/connectactor
--- headers
Content-Type: application/x-www-form-urlencoded
Accept: text/xml;q=0.5, application/json
--- body: ErpConnectionId=883&CrmRecordId=34&CrmActorType=Contact&ErpKey=qu%69&ErpActorType=Customer
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/ConnectActor
--- forwarded eval
"Authorization: Bearer 8A:Cust12345.abc\nSO-AppToken: $ErpsyncTest::Token\nContent-Type: application/json; charset=utf-8\nAccept: text/xml;q=0.5, application/json"



=== TEST 15: a refusal of application/json as application/json
--- headers
Content-Type: application/json
Accept: application/json
--- body: {"ErpKey":"qui"}
--- error_code: 422
--- response_headers_like
Content-Type: application/json(; charset=utf-8)?
--- response_body_like: "ErrorType":"body_invalid",.*"Errors":\[\{"Path":"/ErpConnectionId","Code":"required",
--- error_log: refused reason=body_invalid



=== TEST 16: a refusal of application/json as application/problem+json
--- headers
Content-Type: application/json
Accept: application/problem+json, application/json;q=0.5
--- body: {"ErpKey":"qui"}
--- error_code: 422
--- response_headers_like
Content-Type: application/problem\+json(; charset=utf-8)?
--- response_body_like: ^\{"type":"urn:erpsync:body_invalid",.*"/ErpConnectionId"
--- error_log: refused reason=body_invalid



=== TEST 17: a refusal of application/json as application/xml
--- headers
Content-Type: application/json
Accept: application/xml
--- body: {"ErpKey":"qui"}
--- error_code: 422
--- response_headers_like
Content-Type: application/xml(; charset=utf-8)?
--- response_body_like: <Error>.*<ErrorType>body_invalid</ErrorType>.*/ErpConnectionId
--- error_log: refused reason=body_invalid



=== TEST 18: a refusal of text/json as application/json
--- headers
Content-Type: text/json
Accept: application/json
--- body: {"ErpKey":"qui"}
--- error_code: 422
--- response_headers_like
Content-Type: application/json(; charset=utf-8)?
--- response_body_like: "ErrorType":"body_invalid",.*"Errors":\[\{"Path":"/ErpConnectionId","Code":"required",
--- error_log: refused reason=body_invalid



=== TEST 19: a refusal of text/json as application/problem+json
--- headers
Content-Type: text/json
Accept: application/problem+json, application/json;q=0.5
--- body: {"ErpKey":"qui"}
--- error_code: 422
--- response_headers_like
Content-Type: application/problem\+json(; charset=utf-8)?
--- response_body_like: ^\{"type":"urn:erpsync:body_invalid",.*"/ErpConnectionId"
--- error_log: refused reason=body_invalid



=== TEST 20: a refusal of text/json as application/xml
--- headers
Content-Type: text/json
Accept: application/xml
--- body: {"ErpKey":"qui"}
--- error_code: 422
--- response_headers_like
Content-Type: application/xml(; charset=utf-8)?
--- response_body_like: <Error>.*<ErrorType>body_invalid</ErrorType>.*/ErpConnectionId
--- error_log: refused reason=body_invalid



=== TEST 21: a refusal of application/merge-patch+json as application/json
--- headers
Content-Type: application/merge-patch+json
Accept: application/json
--- body: {"ErpKey":"qui","CrmRecordId":null}
--- error_code: 422
--- response_headers_like
Content-Type: application/json(; charset=utf-8)?
--- response_body_like: "ErrorType":"body_invalid",.*"Errors":\[\{"Path":"/ErpConnectionId","Code":"required",
--- error_log: refused reason=body_invalid



=== TEST 22: a refusal of application/merge-patch+json as application/problem+json
--- headers
Content-Type: application/merge-patch+json
Accept: application/problem+json, application/json;q=0.5
--- body: {"ErpKey":"qui","CrmRecordId":null}
--- error_code: 422
--- response_headers_like
Content-Type: application/problem\+json(; charset=utf-8)?
--- response_body_like: ^\{"type":"urn:erpsync:body_invalid",.*"/ErpConnectionId"
--- error_log: refused reason=body_invalid



=== TEST 23: a refusal of application/merge-patch+json as application/xml
--- headers
Content-Type: application/merge-patch+json
Accept: application/xml
--- body: {"ErpKey":"qui","CrmRecordId":null}
--- error_code: 422
--- response_headers_like
Content-Type: application/xml(; charset=utf-8)?
--- response_body_like: <Error>.*<ErrorType>body_invalid</ErrorType>.*/ErpConnectionId
--- error_log: refused reason=body_invalid



=== TEST 24: a refusal of application/json-patch+json as application/json
--- headers
Content-Type: application/json-patch+json
Accept: application/json
--- body: [{"op":"add","path":"ErpKey","value":"qui"}]
--- error_code: 422
--- response_headers_like
Content-Type: application/json(; charset=utf-8)?
--- response_body_like: "ErrorType":"body_invalid",.*"Errors":\[\{"Path":"/ErpConnectionId","Code":"required",
--- error_log: refused reason=body_invalid



=== TEST 25: a refusal of application/json-patch+json as application/problem+json
--- headers
Content-Type: application/json-patch+json
Accept: application/problem+json, application/json;q=0.5
--- body: [{"op":"add","path":"ErpKey","value":"qui"}]
--- error_code: 422
--- response_headers_like
Content-Type: application/problem\+json(; charset=utf-8)?
--- response_body_like: ^\{"type":"urn:erpsync:body_invalid",.*"/ErpConnectionId"
--- error_log: refused reason=body_invalid



=== TEST 26: a refusal of application/json-patch+json as application/xml
--- headers
Content-Type: application/json-patch+json
Accept: application/xml
--- body: [{"op":"add","path":"ErpKey","value":"qui"}]
--- error_code: 422
--- response_headers_like
Content-Type: application/xml(; charset=utf-8)?
--- response_body_like: <Error>.*<ErrorType>body_invalid</ErrorType>.*/ErpConnectionId
--- error_log: refused reason=body_invalid



=== TEST 27: a refusal of application/xml as application/json
--- headers
Content-Type: application/xml
Accept: application/json
--- body: <r><ErpKey>qui</ErpKey></r>
--- error_code: 422
--- response_headers_like
Content-Type: application/json(; charset=utf-8)?
--- response_body_like: "ErrorType":"body_invalid",.*"Errors":\[\{"Path":"/ErpConnectionId","Code":"required",
--- error_log: refused reason=body_invalid



=== TEST 28: a refusal of application/xml as application/problem+json
--- headers
Content-Type: application/xml
Accept: application/problem+json, application/json;q=0.5
--- body: <r><ErpKey>qui</ErpKey></r>
--- error_code: 422
--- response_headers_like
Content-Type: application/problem\+json(; charset=utf-8)?
--- response_body_like: ^\{"type":"urn:erpsync:body_invalid",.*"/ErpConnectionId"
--- error_log: refused reason=body_invalid



=== TEST 29: a refusal of application/xml as application/xml
--- headers
Content-Type: application/xml
Accept: application/xml
--- body: <r><ErpKey>qui</ErpKey></r>
--- error_code: 422
--- response_headers_like
Content-Type: application/xml(; charset=utf-8)?
--- response_body_like: <Error>.*<ErrorType>body_invalid</ErrorType>.*/ErpConnectionId
--- error_log: refused reason=body_invalid



=== TEST 30: a refusal of text/xml as application/json
--- headers
Content-Type: text/xml
Accept: application/json
--- body: <r><ErpKey>qui</ErpKey></r>
--- error_code: 422
--- response_headers_like
Content-Type: application/json(; charset=utf-8)?
--- response_body_like: "ErrorType":"body_invalid",.*"Errors":\[\{"Path":"/ErpConnectionId","Code":"required",
--- error_log: refused reason=body_invalid



=== TEST 31: a refusal of text/xml as application/problem+json
--- headers
Content-Type: text/xml
Accept: application/problem+json, application/json;q=0.5
--- body: <r><ErpKey>qui</ErpKey></r>
--- error_code: 422
--- response_headers_like
Content-Type: application/problem\+json(; charset=utf-8)?
--- response_body_like: ^\{"type":"urn:erpsync:body_invalid",.*"/ErpConnectionId"
--- error_log: refused reason=body_invalid



=== TEST 32: a refusal of text/xml as application/xml
--- headers
Content-Type: text/xml
Accept: application/xml
--- body: <r><ErpKey>qui</ErpKey></r>
--- error_code: 422
--- response_headers_like
Content-Type: application/xml(; charset=utf-8)?
--- response_body_like: <Error>.*<ErrorType>body_invalid</ErrorType>.*/ErpConnectionId
--- error_log: refused reason=body_invalid



=== TEST 33: a refusal of application/x-www-form-urlencoded as application/json
--- headers
Content-Type: application/x-www-form-urlencoded
Accept: application/json
--- body: ErpKey=qui
--- error_code: 422
--- response_headers_like
Content-Type: application/json(; charset=utf-8)?
--- response_body_like: "ErrorType":"body_invalid",.*"Errors":\[\{"Path":"/ErpConnectionId","Code":"required",
--- error_log: refused reason=body_invalid



=== TEST 34: a refusal of application/x-www-form-urlencoded as application/problem+json
--- headers
Content-Type: application/x-www-form-urlencoded
Accept: application/problem+json, application/json;q=0.5
--- body: ErpKey=qui
--- error_code: 422
--- response_headers_like
Content-Type: application/problem\+json(; charset=utf-8)?
--- response_body_like: ^\{"type":"urn:erpsync:body_invalid",.*"/ErpConnectionId"
--- error_log: refused reason=body_invalid



=== TEST 35: a refusal of application/x-www-form-urlencoded as application/xml
--- headers
Content-Type: application/x-www-form-urlencoded
Accept: application/xml
--- body: ErpKey=qui
--- error_code: 422
--- response_headers_like
Content-Type: application/xml(; charset=utf-8)?
--- response_body_like: <Error>.*<ErrorType>body_invalid</ErrorType>.*/ErpConnectionId
--- error_log: refused reason=body_invalid



=== TEST 36: application/json-patch+json: [{"op":"test","path":"Er
--- headers
Content-Type: application/json-patch+json
--- body: [{"op":"test","path":"ErpKey","value":"secret"}]
--- refused: body_invalid
--- response_body_like: "Errors":\[\{"Path":"/0/path","Code":"unknown","Message":"The path leads to nothing in the document\."\}\]\}



=== TEST 37: application/json-patch+json: [{"op":"add","path":"Erp
--- headers
Content-Type: application/json-patch+json
--- body: [{"op":"add","path":"ErpKey","value":"secret"},{"op":"test","path":"ErpKey","value":"other"}]
--- refused: body_invalid
--- response_body_like: "Errors":\[\{"Path":"/1/value","Code":"test","Message":"The document has a different value\."\}\]\}



=== TEST 38: application/json-patch+json: [{"op":"add"
--- headers
Content-Type: application/json-patch+json
--- body: [{"op":"add"
--- refused: body_malformed
--- response_body_like: "Code":"syntax","Message":"line 1, column 13: 



=== TEST 39: application/xml: <!DOCTYPE r [<!ENTITY a 
--- headers
Content-Type: application/xml
--- body: <!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>
--- refused: body_malformed
--- response_body_like: "Code":"syntax","Message":"line 1, column 1



=== TEST 40: application/x-www-form-urlencoded: ErpKey=%zz
--- headers
Content-Type: application/x-www-form-urlencoded
--- body: ErpKey=%zz
--- refused: body_malformed
--- response_body_like: "Code":"syntax","Message":"line 1, column 8: % must be followed by two hexadecimal digits



=== TEST 41: application/xml is not taken where no request is: GetAllConnectors
--- uri: /Cust12345/api/v1/Agents/ErpSync/GetAllConnectors
--- headers
Content-Type: application/xml
--- body: <r/>
--- refused: content_type_unsupported



=== TEST 42: application/x-www-form-urlencoded is not taken where no request is: GetAllConnectors
--- uri: /Cust12345/api/v1/Agents/ErpSync/GetAllConnectors
--- headers
Content-Type: application/x-www-form-urlencoded
--- body: a=b
--- refused: content_type_unsupported



=== TEST 43: text/xml is not taken where no request is: SyncAll
--- uri: /Cust12345/api/v1/Agents/ErpSync/SyncAll
--- headers
Content-Type: text/xml
--- body: <r/>
--- refused: content_type_unsupported



=== TEST 44: a patch where no request is taken
--- uri: /Cust12345/api/v1/Agents/ErpSync/GetAllConnectors
--- headers
Content-Type: application/json-patch+json
--- body: [{"op":"add","path":"/Connection","value":{"Id":1}},{"op":"copy","from":"connection/ID","path":"connection/Copy"}]
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/GetAllConnectors
--- forwarded_body: {"Connection":{"Id":1,"Copy":1}}



=== TEST 45: an XML client gets the WebAPI's XML untouched
--- http_config
    server {
        listen unix:$TEST_NGINX_HTML_DIR/webapi.sock;
        location / {
            default_type application/xml;
            return 200 '<?xml version="1.0"?>\n<boolean>true</boolean> ';
        }
    }
--- headers
Content-Type: application/xml
Accept: application/xml
--- body: <r><ErpConnectionId>883</ErpConnectionId><CrmRecordId>34</CrmRecordId><CrmActorType>Contact</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>Customer</ErpActorType></r>
--- response_headers
Content-Type: application/xml
--- response_body eval
"<?xml version=\"1.0\"?>\n<boolean>true</boolean> "



=== TEST 46: grants that depend on the body see what a patch makes
--- headers
Content-Type: application/json-patch+json
SO-AppToken: token-one-connection
--- body: [{"op":"add","path":"","value":{"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":1,"ErpKey":"q","ErpActorType":1}},{"op":"replace","path":"erpConnectionId","value":884}]
--- refused: connection_not_granted



=== TEST 47: a form's white space is as absent, and what is dropped may have any path
--- headers
Content-Type: application/x-www-form-urlencoded
--- body: ErpConnectionId=883&CrmRecordId=34&CrmActorType=Contact&ErpKey=qui&ErpActorType=Customer&FieldValues[0].CrmFieldKey=k&FieldValues[0].Value=+&FieldValues[0].FieldProperties[0].Key=a&FieldValues[0].SyncToErp=&FieldValues[0].FieldProperties[1].Key=b
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[{"CrmFieldKey":"k"}]}



=== TEST 48: a required value of white space is missing
--- headers
Content-Type: application/x-www-form-urlencoded
--- body: ErpConnectionId=883&CrmRecordId=34&CrmActorType=Contact&ErpKey=%20&ErpActorType=Customer
--- refused: body_invalid
--- response_body_like: "Errors":\[\{"Path":"/ErpKey","Code":"required","Message":"ErpKey is required\."\}\]



=== TEST 49: a list by its name, with and without brackets
--- uri: /Cust12345/api/v1/Agents/ErpSync/SaveErpConnectionSyncPriorities
--- headers
Content-Type: application/x-www-form-urlencoded
--- body: ErpConnectionIds=3&ErpConnectionIds%5B%5D=1&erpConnectionIds=+2+
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/SaveErpConnectionSyncPriorities
--- forwarded_body: {"ErpConnectionIds":[3,1,2]}



=== TEST 50: a list by its name counts for the grants
--- uri: /Cust12345/api/v1/Agents/ErpSync/SaveErpConnectionSyncPriorities
--- headers
Content-Type: application/x-www-form-urlencoded
SO-AppToken: token-one-connection
--- body: ErpConnectionIds=883&ErpConnectionIds=884
--- refused: connection_not_granted



=== TEST 51: unknown paths under strip
--- gateway: erpsync_unknown_properties strip;
--- headers
Content-Type: application/x-www-form-urlencoded
--- body: ErpConnectionId=883&CrmRecordId=34&CrmActorType=Contact&ErpKey=qui&ErpActorType=Customer&Foo.Bar[0]=1&Foo.Bar[1].Baz=2
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[]}



=== TEST 52: a form of a byte order mark alone
--- headers
Content-Type: application/x-www-form-urlencoded
--- body eval: "\xef\xbb\xbf"
--- refused: body_missing



=== TEST 53: XML of white space alone
--- headers
Content-Type: text/xml
--- body eval: " \r\n"
--- refused: body_missing



=== TEST 54: XML in UTF-16
--- headers
Content-Type: application/xml
--- body eval: CORE::join '', map { "$_\0" } split //, '<r><ErpConnectionId>883</ErpConnectionId><CrmRecordId>34</CrmRecordId><CrmActorType>Contact</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>Customer</ErpActorType></r>'
--- refused: body_malformed
--- response_body_like: the encoding must be UTF-8



=== TEST 55: a namespace with blanks, and a prefix that is not declared
--- headers
Content-Type: application/xml
--- body: <a:r xmlns:a="urn:x y"><a:ErpConnectionId>883</a:ErpConnectionId><CrmRecordId>34</CrmRecordId><CrmActorType>Contact</CrmActorType><b:ErpKey>qui</b:ErpKey><ErpActorType>Customer</ErpActorType><FieldValues i:nil="true"/></a:r>
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[]}



=== TEST 56: keys of a dictionary are data
--- uri: /Cust12345/api/v1/Agents/ErpSync/TestConnectionByConfig
--- headers
Content-Type: application/json
--- body: {"ConfigFields":{"url":"1","URL":"2"}}
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TestConnectionByConfig
--- forwarded_body: {"ConfigFields":{"url":"1","URL":"2"}}



=== TEST 57: a key of a dictionary twice
--- uri: /Cust12345/api/v1/Agents/ErpSync/TestConnectionByConfig
--- headers
Content-Type: application/json
--- body: {"ConfigFields":{"url":"1","url":"2"}}
--- refused: body_invalid
--- response_body_like: "Errors":\[\{"Path":"/ConfigFields/url","Code":"duplicate","Message":"This member must be given only once\."\}\]



=== TEST 58: names inside of what is dropped
--- headers
Content-Type: application/json
--- body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[{"CrmFieldKey":"k","TableRight":{"a":1,"A":2},"FieldProperties":{"x":{},"x":{}}}]}
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[{"CrmFieldKey":"k"}]}



=== TEST 59: other operations: null is as absent, and a type may be Unknown
--- uri: /Cust12345/api/v1/Agents/ErpSync/MoveErpFieldItem
--- headers
Content-Type: application/json
--- body: {"ErpConnectionId":null,"ErpFieldId":-1,"ErpActorType":"unknown"}
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/MoveErpFieldItem
--- forwarded_body: {"ErpFieldId":-1,"ErpActorType":"Unknown"}



=== TEST 60: a patch that is too much work
--- headers
Content-Type: application/json-patch+json
--- body eval: '[{"op":"add","path":"a","value":1.' . ('0' x 50000) . '}' . ',{"op":"test","path":"a","value":1}' x 5000 . ']'
--- refused: body_invalid
--- response_body_like: "Errors":\[\{"Path":"/\d+","Code":"count","Message":"The patch is too much work: use fewer operations or smaller values\."\}\]



=== TEST 61: SaveConnection: application/xml arrives as JSON
--- uri: /Cust12345/api/v1/Agents/ErpSync/SaveConnection
--- headers
Content-Type: application/xml
--- body: <SaveConnectionRequest xmlns="http://schemas.datacontract.org/2004/07/SuperOffice.WebApi.v1.Carriers.ErpSyncCarriers"><Connection xmlns:a="http://schemas.datacontract.org/2004/07/SuperOffice.CRM.Services"><a:Active>true</a:Active><a:ConfigFields xmlns:b="http://schemas.microsoft.com/2003/10/Serialization/Arrays"><b:KeyValueOfstringstring><b:Key>Url</b:Key><b:Value>http://x/?a&amp;b</b:Value></b:KeyValueOfstringstring></a:ConfigFields><a:ErpConnectionId>883</a:ErpConnectionId><a:UserGroupAccessIds xmlns:b="http://schemas.microsoft.com/2003/10/Serialization/Arrays"><b:int>1</b:int><b:int>2</b:int></a:UserGroupAccessIds></Connection></SaveConnectionRequest>
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/SaveConnection
--- forwarded_body: {"Connection":{"ErpConnectionId":883,"Active":true,"ConfigFields":{"Url":"http://x/?a&b"},"UserGroupAccessIds":[1,2]}}



=== TEST 62: TestConnectionByConfig: application/x-www-form-urlencoded arrives as JSON
--- uri: /Cust12345/api/v1/Agents/ErpSync/TestConnectionByConfig
--- headers
Content-Type: application/x-www-form-urlencoded
--- body: ConfigFields[0].Key=Url&ConfigFields[0].Value=http%3A%2F%2Fx&ErpConnectionId=883
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TestConnectionByConfig
--- forwarded_body: {"ErpConnectionId":883,"ConfigFields":{"Url":"http://x"}}



=== TEST 63: SaveConnectionListMappings: application/json arrives as JSON
--- uri: /Cust12345/api/v1/Agents/ErpSync/SaveConnectionListMappings
--- headers
Content-Type: application/json
--- body: {"listMapping":{"erpConnectionId":"883","erpListItemMappings":[{"erpFieldId":9,"crmList":{"name":"a","childItems":[{"name":"b","id":2}],"id":1,"tableRight":{"mask":"x"}}}]}}
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/SaveConnectionListMappings
--- forwarded_body: {"ListMapping":{"ErpListItemMappings":[{"CrmList":{"Id":1,"Name":"a","ChildItems":[{"Id":2,"Name":"b"}]},"ErpFieldId":9}],"ErpConnectionId":883}}



=== TEST 64: CreateErpActorFromCrm: application/merge-patch+json arrives as JSON
--- uri: /Cust12345/api/v1/Agents/ErpSync/CreateErpActorFromCrm
--- headers
Content-Type: application/merge-patch+json
--- body: {"ErpFieldKeyValues":{"k":"1","K":2,"n":null},"CrmActorType":1,"ErpActorType":"customer","ConnectionId":883,"CrmEntityId":null}
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/CreateErpActorFromCrm
--- forwarded_body: {"ConnectionId":883,"ErpActorType":"Customer","CrmActorType":"Contact","ErpFieldKeyValues":{"k":"1","K":"2"}}



=== TEST 65: SaveActorTypeMapping: application/json-patch+json arrives as JSON
--- uri: /Cust12345/api/v1/Agents/ErpSync/SaveActorTypeMapping
--- headers
Content-Type: application/json-patch+json
--- body: [{"op":"add","path":"/Mapping","value":{"FieldMappings":[]}},{"op":"add","path":"/mapping/fieldMappings/-","value":{"Access":2,"ErpFieldId":1}},{"op":"add","path":"/Mapping/ErpConnectionId","value":883}]
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/SaveActorTypeMapping
--- forwarded_body: {"Mapping":{"ErpConnectionId":883,"FieldMappings":[{"ErpFieldId":1,"Access":"ReadOnly"}]}}



=== TEST 66: SaveErpSyncConnectorEntity: text/xml arrives as JSON
--- uri: /Cust12345/api/v1/Agents/ErpSync/SaveErpSyncConnectorEntity
--- headers
Content-Type: text/xml
--- body: <x><URL>http://x</URL><ErpConnectorId>0</ErpConnectorId><TableRight><Mask>m</Mask></TableRight></x>
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/SaveErpSyncConnectorEntity
--- forwarded_body: {"ErpConnectorId":0,"URL":"http://x"}



=== TEST 67: SaveDefaultValueInfo: application/x-www-form-urlencoded arrives as JSON
--- uri: /Cust12345/api/v1/Agents/ErpSync/SaveDefaultValueInfo
--- headers
Content-Type: application/x-www-form-urlencoded
--- body: ErpSyncDefaultValue[FieldType]=label&ErpSyncDefaultValue.ErpFieldId=3&ErpSyncDefaultValue.Mandatory=
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/SaveDefaultValueInfo
--- forwarded_body: {"ErpSyncDefaultValue":{"ErpFieldId":3,"FieldType":"Label"}}



=== TEST 68: violations in a carrier
--- uri: /Cust12345/api/v1/Agents/ErpSync/SaveConnection
--- headers
Content-Type: application/x-www-form-urlencoded
--- body: Connection.Active=x&Connection.ConfigFields[0].Value=v&Connection.Other=1
--- refused: body_invalid
--- response_body_like: "Errors":\[\{"Path":"/Connection/Active","Code":"type","Message":"Active must be true or false\."\},\{"Path":"/Connection/ConfigFields/0/Key","Code":"required","Message":"This member is required\."\},\{"Path":"/Connection/Other","Code":"unknown","Message":"This member is not part of the request\."\}\]


=== TEST 69: XML, read-only members more than once
--- headers
Content-Type: application/xml
--- body: <r><ErpConnectionId>883</ErpConnectionId><CrmRecordId>34</CrmRecordId><CrmActorType>Contact</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>Customer</ErpActorType><FieldValues><x><TableRight>1</TableRight><CrmFieldKey>k</CrmFieldKey><FieldProperties/><TableRight/><FieldProperties><a/></FieldProperties><Value>v</Value></x></FieldValues></r>
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[{"CrmFieldKey":"k","Value":"v"}]}



=== TEST 70: XML, another member more than once
--- headers
Content-Type: application/xml
--- body: <r><ErpConnectionId>883</ErpConnectionId><CrmRecordId>34</CrmRecordId><CrmActorType>Contact</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>Customer</ErpActorType><FieldValues><x><TableRight>1</TableRight><CrmFieldKey>k</CrmFieldKey><FieldProperties/><TableRight/><FieldProperties><a/></FieldProperties><Value>v</Value><Value>v</Value></x></FieldValues></r>
--- refused: body_invalid
--- response_body_like: "Errors":\[\{"Path":"/FieldValues/0/Value","Code":"duplicate","Message":"Value must be given only once\."\}\]



=== TEST 71: XML, unknown members more than once, stripped
--- gateway: erpsync_unknown_properties strip;
--- headers
Content-Type: text/xml
--- body: <r><ErpConnectionId>883</ErpConnectionId><CrmRecordId>34</CrmRecordId><CrmActorType>Contact</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>Customer</ErpActorType><X><y/><y/></X><x/></r>
--- forwarded_body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[]}



=== TEST 72: XML, unknown members more than once, to be passed
--- gateway: erpsync_unknown_properties pass;
--- headers
Content-Type: text/xml
--- body: <r><ErpConnectionId>883</ErpConnectionId><CrmRecordId>34</CrmRecordId><CrmActorType>Contact</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>Customer</ErpActorType><X/><x/></r>
--- refused: body_invalid
--- response_body_like: "Errors":\[\{"Path":"/x","Code":"duplicate","Message":"This member must be given only once\."\}\]



=== TEST 73: JSON, read-only members more than once
--- headers
Content-Type: application/json
--- body: {"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[{"CrmFieldKey":"k","TableRight":null,"TableRight":null}]}
--- refused: body_invalid
--- response_body_like: "Errors":\[\{"Path":"/FieldValues/0/TableRight","Code":"duplicate","Message":"TableRight must be given only once\."\}\]



=== TEST 74: a form, read-only members more than once
--- headers
Content-Type: application/x-www-form-urlencoded
--- body: ErpConnectionId=883&CrmRecordId=34&CrmActorType=Contact&ErpKey=qui&ErpActorType=Customer&FieldValues[0].CrmFieldKey=k&FieldValues[0].TableRight=1&FieldValues[0].TableRight=1
--- refused: body_invalid
--- response_body_like: "Path":"/FieldValues/0/TableRight","Code":"duplicate"
