# Content-Type, Content-Encoding, Accept, locale headers and $select.

BEGIN { push @INC, 't/lib' }

use Test::Nginx::Socket 'no_plan';
use ErpsyncTest;

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



=== TEST 28: refused: Accept: image/png
--- headers: Accept: image/png
--- error_code: 406
--- error_log: erpsync: refused reason=not_acceptable



=== TEST 29: refused: Accept: application/json;q=0
--- headers: Accept: application/json;q=0
--- error_code: 406
--- error_log: erpsync: refused reason=not_acceptable



=== TEST 30: refused: Accept: text/html, */*;q=0
--- headers: Accept: text/html, */*;q=0
--- error_code: 406
--- error_log: erpsync: refused reason=not_acceptable



=== TEST 31: refused: Accept: application/problem+json
--- headers: Accept: application/problem+json
--- error_code: 406
--- error_log: erpsync: refused reason=not_acceptable



=== TEST 32: two Accept fields are one list
--- headers: Accept: image/png
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nAccept: image/png\r\nAccept: text/json\r\nContent-Type: text/json\r\nContent-Length: " . length($ErpsyncTest::Body) . "\r\n\r\n$ErpsyncTest::Body"



=== TEST 33: SO-Language
--- headers: SO-Language: nb-no
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-Language: nb-NO
Accept-Language: nb-NO



=== TEST 34: SO-Language overrides Accept-Language
--- headers
Accept-Language: ???
SO-Language: EN
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: en
SO-Language: en



=== TEST 35: Accept-Language alone
--- headers: Accept-Language: en-us
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: en-US
SO-Language: en-US



=== TEST 36: a browser's list
--- headers: Accept-Language: da;q=0.2, nb;q=0.8 , en ;q=0.9,*;q=0.1
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: en
SO-Language: en



=== TEST 37: as the WebAPI's own pages write it
--- headers: Accept-Language: en-us; en-gb
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: en-US
SO-Language: en-US



=== TEST 38: q=0 is not acceptable
--- headers: Accept-Language: de;q=0, fr;q=0.001
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: fr
SO-Language: fr



=== TEST 39: nothing acceptable
--- headers: Accept-Language: de;q=0
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 40: scripts and regions
--- headers: SO-Language: ZH-hant-tw
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-Language: zh-Hant-TW
Accept-Language: zh-Hant-TW



=== TEST 41: cancelled by *
--- headers
SO-Language: *
Accept-Language: en
SO-Culture: en
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: *



=== TEST 42: cancelled by x
--- headers
SO-Language: x
Accept-Language: en
SO-Culture: en
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: *



=== TEST 43: cancelled by X
--- headers
SO-Language: X
Accept-Language: en
SO-Culture: en
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: *



=== TEST 44: cancelled by -
--- headers
SO-Language: -
Accept-Language: en
SO-Culture: en
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: *



=== TEST 45: cancelled by Accept-Language
--- headers: Accept-Language: *, en;q=0.5
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: *



=== TEST 46: empty values are as absent
--- headers
SO-Language: 
Accept-Language: 
SO-Culture: 
SO-TimeZone: 
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 47: an empty SO-Language leaves Accept-Language
--- headers
SO-Language: 
Accept-Language: en
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-Language: en
Accept-Language: en



=== TEST 48: refused: SO-Language: e
--- headers: SO-Language: e
--- refused: language_invalid



=== TEST 49: refused: SO-Language: en_US
--- headers: SO-Language: en_US
--- refused: language_invalid



=== TEST 50: refused: SO-Language: en-
--- headers: SO-Language: en-
--- refused: language_invalid



=== TEST 51: refused: SO-Language: -en
--- headers: SO-Language: -en
--- refused: language_invalid



=== TEST 52: refused: SO-Language: en--us
--- headers: SO-Language: en--us
--- refused: language_invalid



=== TEST 53: refused: SO-Language: en us
--- headers: SO-Language: en us
--- refused: language_invalid



=== TEST 54: refused: SO-Language: 1n
--- headers: SO-Language: 1n
--- refused: language_invalid



=== TEST 55: refused: SO-Language: en-abcdefghi
--- headers: SO-Language: en-abcdefghi
--- refused: language_invalid



=== TEST 56: refused: SO-Language: en;q=2
--- headers: SO-Language: en;q=2
--- refused: language_invalid



=== TEST 57: refused: SO-Language: en;q=x
--- headers: SO-Language: en;q=x
--- refused: language_invalid



=== TEST 58: refused: SO-Language: en;q=0.1234
--- headers: SO-Language: en;q=0.1234
--- refused: language_invalid



=== TEST 59: refused: a malformed list
--- headers: Accept-Language: en, ???
--- refused: language_invalid



=== TEST 60: a culture with a language
--- headers
SO-Language: en
SO-Culture: EN-gb
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-Language: en
SO-Culture: en-GB
Accept-Language: en



=== TEST 61: a culture without a language is ignored, even malformed
--- headers: SO-Culture: ???
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 62: refused: a malformed culture
--- headers
SO-Language: en
SO-Culture: ???
--- refused: culture_invalid



=== TEST 63: a cancelled culture
--- headers
SO-Language: en
SO-Culture: x
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-Language: en
Accept-Language: en



=== TEST 64: SO-TimeZone: 261
--- headers: SO-TimeZone: 261
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: 261



=== TEST 65: SO-TimeZone: no
--- headers: SO-TimeZone: no
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: NO



=== TEST 66: SO-TimeZone: us-ny
--- headers: SO-TimeZone: us-ny
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: US-NY



=== TEST 67: SO-TimeZone: AU3
--- headers: SO-TimeZone: AU3
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: AU3



=== TEST 68: SO-TimeZone: ca-bc1
--- headers: SO-TimeZone: ca-bc1
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: CA-BC1



=== TEST 69: SO-TimeZone: UTC
--- headers: SO-TimeZone: UTC
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: UTC



=== TEST 70: SO-TimeZone: NO,includeTZOffset
--- headers: SO-TimeZone: NO,includeTZOffset
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: NO, includeTZOffset



=== TEST 71: SO-TimeZone: no , INCLUDEtzoffset
--- headers: SO-TimeZone: no , INCLUDEtzoffset
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: NO, includeTZOffset



=== TEST 72: SO-TimeZone: includeTZOffset
--- headers: SO-TimeZone: includeTZOffset
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: includeTZOffset



=== TEST 73: SO-TimeZone: 2147483647
--- headers: SO-TimeZone: 2147483647
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: 2147483647



=== TEST 74: refused: SO-TimeZone: 0
--- headers: SO-TimeZone: 0
--- refused: timezone_invalid



=== TEST 75: refused: SO-TimeZone: 2147483648
--- headers: SO-TimeZone: 2147483648
--- refused: timezone_invalid



=== TEST 76: refused: SO-TimeZone: -1
--- headers: SO-TimeZone: -1
--- refused: timezone_invalid



=== TEST 77: refused: SO-TimeZone: NO,
--- headers: SO-TimeZone: NO,
--- refused: timezone_invalid



=== TEST 78: refused: SO-TimeZone: NO, other
--- headers: SO-TimeZone: NO, other
--- refused: timezone_invalid



=== TEST 79: refused: SO-TimeZone: NO,includeTZOffset,x
--- headers: SO-TimeZone: NO,includeTZOffset,x
--- refused: timezone_invalid



=== TEST 80: refused: SO-TimeZone: includeTZOffset, NO
--- headers: SO-TimeZone: includeTZOffset, NO
--- refused: timezone_invalid



=== TEST 81: refused: SO-TimeZone: US--NY
--- headers: SO-TimeZone: US--NY
--- refused: timezone_invalid



=== TEST 82: refused: SO-TimeZone: NO-
--- headers: SO-TimeZone: NO-
--- refused: timezone_invalid



=== TEST 83: refused: SO-TimeZone: A B
--- headers: SO-TimeZone: A B
--- refused: timezone_invalid



=== TEST 84: refused: SO-TimeZone: ???
--- headers: SO-TimeZone: ???
--- refused: timezone_invalid



=== TEST 85: defaults
--- gateway
erpsync_default_language nb-no;
erpsync_default_culture nb-NO;
erpsync_default_timezone no;
--- headers: X-Other: 1
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
X-Other: 1
SO-Language: nb-NO
SO-Culture: nb-NO
SO-TimeZone: NO
Accept-Language: nb-NO



=== TEST 86: defaults do not replace what was asked
--- gateway
erpsync_default_language nb-no;
erpsync_default_culture nb-NO;
erpsync_default_timezone no;
--- headers
SO-Language: en
SO-Culture: en-GB
SO-TimeZone: 5
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-Language: en
SO-Culture: en-GB
SO-TimeZone: 5
Accept-Language: en



=== TEST 87: defaults do not undo what was cancelled
--- gateway
erpsync_default_language nb-no;
erpsync_default_culture nb-NO;
erpsync_default_timezone no;
--- headers: SO-Language: *
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: NO
Accept-Language: *



=== TEST 88: the offset with the default zone
--- gateway
erpsync_default_language nb-no;
erpsync_default_culture nb-NO;
erpsync_default_timezone no;
--- headers
SO-TimeZone: includeTZOffset
SO-Language: *
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: NO, includeTZOffset
Accept-Language: *



=== TEST 89: a language of the list
--- gateway
erpsync_languages en nb-no;
erpsync_default_language en;
--- headers: SO-Language: NB-NO
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-Language: nb-NO
Accept-Language: nb-NO



=== TEST 90: another is answered with the default
--- gateway
erpsync_languages en nb-no;
erpsync_default_language en;
--- headers: SO-Language: de
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-Language: en
Accept-Language: en



=== TEST 91: the first of the list that may be asked for
--- gateway
erpsync_languages en nb-no;
erpsync_default_language en;
--- headers: Accept-Language: de, nb-NO;q=0.5
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: nb-NO
SO-Language: nb-NO



=== TEST 92: another without a default
--- gateway: erpsync_languages en;
--- headers: SO-Language: de
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 93: $select
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=name,department,category/id
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=name,department,category/id



=== TEST 94: $select with blanks and repeats
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?a=1&$SELECT=name,%20Name+,b/_c9&c=2
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?a=1&$select=name,b/_c9&c=2



=== TEST 95: $select percent-encoded
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?%24%73elect=a%2Cb%2Fc
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a,b/c



=== TEST 96: an empty $select is taken out
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=&x=%41
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?x=%41



=== TEST 97: nothing but an empty $select
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor



=== TEST 98: refused: $select twice
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a&$select=b
--- refused: select_invalid



=== TEST 99: refused: $select twice, hidden
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a&%24SELECT=b
--- refused: select_invalid



=== TEST 100: refused: $select behind a semicolon
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?a=1;$select=b
--- refused: select_invalid



=== TEST 101: refused: $select an empty path
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a,,b
--- refused: select_invalid



=== TEST 102: refused: $select a trailing slash
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a/
--- refused: select_invalid



=== TEST 103: refused: $select a digit first
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=1a
--- refused: select_invalid



=== TEST 104: refused: $select foreign characters
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a%27--
--- refused: select_invalid



=== TEST 105: refused: $select a NUL
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=a%00
--- refused: select_invalid



=== TEST 106: refused: $select 2,049 bytes
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
--- refused: select_invalid



=== TEST 107: 2,048 bytes
--- uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
--- forwarded_uri: /Cust12345/api/v1/Agents/ErpSync/TryConnectActor?$select=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa



=== TEST 108: refused: SO-AppToken twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nso-apptoken: qw123f4c56770bc278017796cd16bd11\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 109: refused: SO-Language twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nSO-Language: en\r\nso-language: en\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 110: refused: SO-Culture twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nSO-Culture: en\r\nso-culture: en\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 111: refused: SO-TimeZone twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nSO-TimeZone: NO\r\nso-timezone: NO\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 112: refused: X-XSRF-TOKEN twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nX-XSRF-TOKEN: x\r\nx-xsrf-token: x\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 113: refused: Content-Type twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\ncontent-type: application/json\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 114: refused: Content-Encoding twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nContent-Encoding: identity\r\ncontent-encoding: identity\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 115: refused: Authorization twice
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nContent-Type: application/json\r\nauthorization: Bearer x\r\nContent-Length: 2\r\n\r\n{}"
--- refused: header_duplicated



=== TEST 116: headers that would change method or URI are never forwarded
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



=== TEST 117: other headers pass in their order
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
