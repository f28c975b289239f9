# Language, culture and time zone.

BEGIN { push @INC, 't/lib' }

use ErpsyncTest;
use Test::Nginx::Socket 'no_plan';

ErpsyncTest::set_up();
run_tests();

__DATA__

=== TEST 1: SO-Language
--- headers: SO-Language: nb-no
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-Language: nb-NO
Accept-Language: nb-NO



=== TEST 2: SO-Language overrides Accept-Language
--- headers
Accept-Language: ???
SO-Language: EN
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: en
SO-Language: en



=== TEST 3: Accept-Language alone
--- headers: Accept-Language: en-us
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: en-US
SO-Language: en-US



=== TEST 4: a browser's list
--- headers: Accept-Language: da;q=0.2, nb;q=0.8 , en ;q=0.9,*;q=0.1
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: en
SO-Language: en



=== TEST 5: as the WebAPI's own pages write it
--- headers: Accept-Language: en-us; en-gb
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: en-US
SO-Language: en-US



=== TEST 6: q=0 is not acceptable
--- headers: Accept-Language: de;q=0, fr;q=0.001
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: fr
SO-Language: fr



=== TEST 7: nothing acceptable
--- headers: Accept-Language: de;q=0
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 8: scripts and regions
--- headers: SO-Language: ZH-hant-tw
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-Language: zh-Hant-TW
Accept-Language: zh-Hant-TW



=== TEST 9: cancelled by *
--- headers
SO-Language: *
Accept-Language: en
SO-Culture: en
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: *



=== TEST 10: cancelled by x
--- headers
SO-Language: x
Accept-Language: en
SO-Culture: en
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: *



=== TEST 11: cancelled by X
--- headers
SO-Language: X
Accept-Language: en
SO-Culture: en
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: *



=== TEST 12: cancelled by -
--- headers
SO-Language: -
Accept-Language: en
SO-Culture: en
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: *



=== TEST 13: cancelled by Accept-Language
--- headers: Accept-Language: *, en;q=0.5
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: *



=== TEST 14: empty values switch translation off
--- gateway
erpsync_default_language en;
erpsync_default_culture en;
--- headers
SO-Language: 
Accept-Language: 
SO-Culture: 
SO-TimeZone: 
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: *



=== TEST 15: an empty SO-Language leaves Accept-Language
--- headers
SO-Language: 
Accept-Language: en
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-Language: en
Accept-Language: en



=== TEST 16: refused: SO-Language: e
--- headers: SO-Language: e
--- refused: language_invalid



=== TEST 17: refused: SO-Language: en_US
--- headers: SO-Language: en_US
--- refused: language_invalid



=== TEST 18: refused: SO-Language: en-
--- headers: SO-Language: en-
--- refused: language_invalid



=== TEST 19: refused: SO-Language: -en
--- headers: SO-Language: -en
--- refused: language_invalid



=== TEST 20: refused: SO-Language: en--us
--- headers: SO-Language: en--us
--- refused: language_invalid



=== TEST 21: refused: SO-Language: en us
--- headers: SO-Language: en us
--- refused: language_invalid



=== TEST 22: refused: SO-Language: 1n
--- headers: SO-Language: 1n
--- refused: language_invalid



=== TEST 23: refused: SO-Language: en-abcdefghi
--- headers: SO-Language: en-abcdefghi
--- refused: language_invalid



=== TEST 24: refused: SO-Language: en;q=2
--- headers: SO-Language: en;q=2
--- refused: language_invalid



=== TEST 25: refused: SO-Language: en;q=x
--- headers: SO-Language: en;q=x
--- refused: language_invalid



=== TEST 26: refused: SO-Language: en;q=0.1234
--- headers: SO-Language: en;q=0.1234
--- refused: language_invalid



=== TEST 27: what does not parse in Accept-Language is skipped
--- headers: Accept-Language: en_US, ???, <b>;q=1, de;q=7, nb;q=0.1
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: nb
SO-Language: nb



=== TEST 28: a culture with a language
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



=== TEST 29: a culture without a language is not forwarded
--- headers: SO-Culture: en
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 30: refused: a malformed culture
--- headers
SO-Language: en
SO-Culture: ???
--- refused: culture_invalid



=== TEST 31: a cancelled culture
--- headers
SO-Language: en
SO-Culture: x
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-Language: en
Accept-Language: en



=== TEST 32: SO-TimeZone: 261
--- headers: SO-TimeZone: 261
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: 261



=== TEST 33: SO-TimeZone: no
--- headers: SO-TimeZone: no
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: NO



=== TEST 34: SO-TimeZone: us-ny
--- headers: SO-TimeZone: us-ny
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: US-NY



=== TEST 35: SO-TimeZone: AU3
--- headers: SO-TimeZone: AU3
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: AU3



=== TEST 36: SO-TimeZone: ca-bc1
--- headers: SO-TimeZone: ca-bc1
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: CA-BC1



=== TEST 37: SO-TimeZone: UTC
--- headers: SO-TimeZone: UTC
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: UTC



=== TEST 38: SO-TimeZone: NO,includeTZOffset
--- headers: SO-TimeZone: NO,includeTZOffset
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: NO, includeTZOffset



=== TEST 39: SO-TimeZone: no , INCLUDEtzoffset
--- headers: SO-TimeZone: no , INCLUDEtzoffset
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: NO, includeTZOffset



=== TEST 40: SO-TimeZone: includeTZOffset
--- headers: SO-TimeZone: includeTZOffset
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: includeTZOffset



=== TEST 41: SO-TimeZone: 2147483647
--- headers: SO-TimeZone: 2147483647
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
SO-TimeZone: 2147483647



=== TEST 42: refused: SO-TimeZone: 0
--- headers: SO-TimeZone: 0
--- refused: timezone_invalid



=== TEST 43: refused: SO-TimeZone: 2147483648
--- headers: SO-TimeZone: 2147483648
--- refused: timezone_invalid



=== TEST 44: refused: SO-TimeZone: -1
--- headers: SO-TimeZone: -1
--- refused: timezone_invalid



=== TEST 45: refused: SO-TimeZone: NO,
--- headers: SO-TimeZone: NO,
--- refused: timezone_invalid



=== TEST 46: refused: SO-TimeZone: NO, other
--- headers: SO-TimeZone: NO, other
--- refused: timezone_invalid



=== TEST 47: refused: SO-TimeZone: NO,includeTZOffset,x
--- headers: SO-TimeZone: NO,includeTZOffset,x
--- refused: timezone_invalid



=== TEST 48: refused: SO-TimeZone: includeTZOffset, NO
--- headers: SO-TimeZone: includeTZOffset, NO
--- refused: timezone_invalid



=== TEST 49: refused: SO-TimeZone: US--NY
--- headers: SO-TimeZone: US--NY
--- refused: timezone_invalid



=== TEST 50: refused: SO-TimeZone: NO-
--- headers: SO-TimeZone: NO-
--- refused: timezone_invalid



=== TEST 51: refused: SO-TimeZone: A B
--- headers: SO-TimeZone: A B
--- refused: timezone_invalid



=== TEST 52: refused: SO-TimeZone: ???
--- headers: SO-TimeZone: ???
--- refused: timezone_invalid



=== TEST 53: defaults
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



=== TEST 54: defaults do not replace what was asked
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



=== TEST 55: defaults do not undo what was cancelled
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



=== TEST 56: the offset with the default zone
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



=== TEST 57: a language of the list
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



=== TEST 58: another is answered with the default
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



=== TEST 59: the first of the list that may be asked for
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



=== TEST 60: another without a default
--- gateway: erpsync_languages en;
--- headers: SO-Language: de
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 61: an empty SO-Language alone cancels, without a default
--- gateway: erpsync_default_language en;
--- headers: SO-Language: 
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: *



=== TEST 62: an empty Accept-Language alone does
--- gateway: erpsync_default_language en;
--- headers: Accept-Language: 
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: *



=== TEST 63: a list that names nothing does not
--- gateway: erpsync_default_language en;
--- headers: Accept-Language: ???
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8
Accept-Language: en
SO-Language: en



=== TEST 64: several Accept-Language fields are one list
--- raw_request eval
"POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer x\r\nSO-AppToken: $ErpsyncTest::Token\r\nAccept-Language: de;q=0.5\r\nAccept-Language: fr;q=0.7, nb;q=0.9\r\nAccept: */*\r\nAccept-Language: da;q=0.9\r\nContent-Type: text/json\r\nContent-Length: " . length($ErpsyncTest::Body) . "\r\n\r\n$ErpsyncTest::Body"
--- response_body eval
join("\r\n", 'POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.0', 'Host: localhost', 'Connection: close', 'Content-Length: ' . length($ErpsyncTest::Canonical), 'Authorization: Bearer x', "SO-AppToken: $ErpsyncTest::Token", 'Accept-Language: nb', 'Accept: */*', 'Content-Type: application/json; charset=utf-8', 'SO-Language: nb', '', $ErpsyncTest::Canonical)



=== TEST 65: refused: a malformed culture, also without a language
--- headers: SO-Culture: ???
--- refused: culture_invalid
