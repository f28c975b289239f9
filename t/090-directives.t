# Directives: inheritance, and values that nginx -t refuses.

BEGIN { push @INC, 't/lib' }

use ErpsyncTest;
use Test::Nginx::Socket 'no_plan';

ErpsyncTest::set_up();
run_tests();

__DATA__

=== TEST 1: refused: erpsync maybe;
--- config
erpsync maybe;
location / { return 204; }
--- must_die
--- error_log
invalid value "maybe" in "erpsync" directive
nginx.conf:



=== TEST 2: refused: erpsync on off;
--- config
erpsync on off;
location / { return 204; }
--- must_die
--- error_log
invalid number of arguments in "erpsync" directive
nginx.conf:



=== TEST 3: refused: erpsync on;
erpsync off;
--- config
erpsync on;
erpsync off;
location / { return 204; }
--- must_die
--- error_log
"erpsync" directive is duplicate
nginx.conf:



=== TEST 4: refused: erpsync_installation cloud;
--- config
erpsync_installation cloud;
location / { return 204; }
--- must_die
--- error_log
invalid value "cloud" in "erpsync_installation" directive
nginx.conf:



=== TEST 5: refused: erpsync_app_token always;
--- config
erpsync_app_token always;
location / { return 204; }
--- must_die
--- error_log
invalid value "always" in "erpsync_app_token" directive
nginx.conf:



=== TEST 6: refused: erpsync_credentials basic digest;
--- config
erpsync_credentials basic digest;
location / { return 204; }
--- must_die
--- error_log
invalid value "digest" in "erpsync_credentials" directive
nginx.conf:



=== TEST 7: refused: erpsync_credentials basic basic;
--- config
erpsync_credentials basic basic;
location / { return 204; }
--- must_die
--- error_log
invalid value "basic" in "erpsync_credentials" directive
nginx.conf:



=== TEST 8: refused: erpsync_forward_app_token yes;
--- config
erpsync_forward_app_token yes;
location / { return 204; }
--- must_die
--- error_log
invalid value "yes" in "erpsync_forward_app_token" directive
nginx.conf:



=== TEST 9: refused: erpsync_unknown_properties ignore;
--- config
erpsync_unknown_properties ignore;
location / { return 204; }
--- must_die
--- error_log
invalid value "ignore" in "erpsync_unknown_properties" directive
nginx.conf:



=== TEST 10: refused: erpsync_max_field_values -1;
--- config
erpsync_max_field_values -1;
location / { return 204; }
--- must_die
--- error_log
"erpsync_max_field_values" directive invalid number
nginx.conf:



=== TEST 11: refused: erpsync_max_field_values many;
--- config
erpsync_max_field_values many;
location / { return 204; }
--- must_die
--- error_log
"erpsync_max_field_values" directive invalid number
nginx.conf:



=== TEST 12: refused: erpsync_languages en e;
--- config
erpsync_languages en e;
location / { return 204; }
--- must_die
--- error_log
invalid value "e" in "erpsync_languages" directive
nginx.conf:



=== TEST 13: refused: erpsync_default_language en_US;
--- config
erpsync_default_language en_US;
location / { return 204; }
--- must_die
--- error_log
invalid value "en_US" in "erpsync_default_language" directive
nginx.conf:



=== TEST 14: refused: erpsync_default_culture *;
--- config
erpsync_default_culture *;
location / { return 204; }
--- must_die
--- error_log
invalid value "*" in "erpsync_default_culture" directive
nginx.conf:



=== TEST 15: refused: erpsync_default_timezone NO,;
--- config
erpsync_default_timezone NO,;
location / { return 204; }
--- must_die
--- error_log
invalid value "NO," in "erpsync_default_timezone" directive
nginx.conf:



=== TEST 16: refused: erpsync_errors json;
--- config
erpsync_errors json;
location / { return 204; }
--- must_die
--- error_log
invalid value "json" in "erpsync_errors" directive
nginx.conf:



=== TEST 17: refused: erpsync_registry "";
--- config
erpsync_registry "";
location / { return 204; }
--- must_die
--- error_log
invalid value "" in "erpsync_registry" directive
nginx.conf:



=== TEST 18: refused: erpsync_registry /x refresh=soon;
--- config
erpsync_registry /x refresh=soon;
location / { return 204; }
--- must_die
--- error_log
invalid value "refresh=soon" in "erpsync_registry" directive
nginx.conf:



=== TEST 19: refused: erpsync_registry /x refresh;
--- config
erpsync_registry /x refresh;
location / { return 204; }
--- must_die
--- error_log
invalid value "refresh" in "erpsync_registry" directive
nginx.conf:



=== TEST 20: refused: a time that is too long for a timer of nginx
--- config
erpsync_registry /x refresh=300000000y;
location / { return 204; }
--- must_die
--- error_log
invalid value "refresh=300000000y" in "erpsync_registry" directive
nginx.conf:



=== TEST 21: refused: erpsync_registry /nonexistent/registry.json;
--- config
erpsync_registry /nonexistent/registry.json;
location / { return 204; }
--- must_die
--- error_log
"erpsync_registry" "/nonexistent/registry.json": cannot open: No such file or directory
nginx.conf:



=== TEST 22: refused: one file with two refresh times
--- config
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json refresh=1s;
location / { erpsync_registry $TEST_NGINX_HTML_DIR/registry.json refresh=2s; }
--- must_die
--- error_log: is used with another "refresh"



=== TEST 23: refused: a registry with an unknown member
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { return 204; }
--- user_files eval
[ [ "registry.json", '{ "version": 1, "apps": [], "x": 1 }' ] ]
--- must_die
--- error_log
"erpsync_registry" "
unknown member
nginx.conf:
--- no_error_log: marked-secret



=== TEST 24: refused: a registry with no version
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { return 204; }
--- user_files eval
[ [ "registry.json", '{ "apps": [] }' ] ]
--- must_die
--- error_log
"erpsync_registry" "
version: is required
nginx.conf:
--- no_error_log: marked-secret



=== TEST 25: refused: a registry with a digest that is none
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { return 204; }
--- user_files eval
[ [ "registry.json", '{ "version": 1, "apps": [ { "id": "a", "agents": [], "tokens": [ { "sha256": "marked-secret" } ] } ] }' ] ]
--- must_die
--- error_log
"erpsync_registry" "
apps[0].tokens[0].sha256: must be 64 hexadecimal digits
nginx.conf:
--- no_error_log: marked-secret



=== TEST 26: refused: a registry with no JSON
--- config
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { return 204; }
--- user_files eval
[ [ "registry.json", '{ "version": 1,
"apps": [ marked-secret' ] ]
--- must_die
--- error_log
"erpsync_registry" "
line 2
nginx.conf:
--- no_error_log: marked-secret



=== TEST 27: a warning where every request would be refused
--- config
erpsync on;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- uri: /x
--- error_code: 200
--- error_log: "erpsync on" without "erpsync_registry": no app is known, calls are refused as registry_unavailable
--- no_error_log: reported



=== TEST 26a: and in report mode, that nothing would be
--- config
erpsync report;
location / { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- uri: /x
--- error_code: 200
--- error_log: "erpsync report" without "erpsync_registry": no app is known, calls are reported as registry_unavailable
--- no_error_log: refused



=== TEST 28: directives of http are inherited, those of a location count
--- http
erpsync on;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_installation onsite;
erpsync_credentials bearer;
erpsync_default_language en;
--- config: location / { erpsync_default_language nb-NO; proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock; }
--- headers: ! SO-AppToken
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
Content-Type: application/json; charset=utf-8
SO-Language: nb-NO
Accept-Language: nb-NO



=== TEST 29: refused: erpsync_soap on;
--- config
erpsync_soap on;
location / { return 204; }
--- must_die
--- error_log
invalid value "on" in "erpsync_soap" directive
nginx.conf:



=== TEST 30: erpsync_soap is inherited
--- http: erpsync_soap pass;
--- uri: /Remote/Services88/ErpSync.svc
--- headers
! Authorization
! SO-AppToken
Content-Type: text/xml
--- body: <x/>
--- forwarded_uri: /Remote/Services88/ErpSync.svc
--- forwarded: Content-Type: text/xml
--- forwarded_body: <x/>



=== TEST 31: erpsync_soap of a location counts
--- gateway: erpsync_soap pass;
--- location: erpsync_soap refuse;
--- uri: /Remote/Services88/ErpSync.svc
--- refused: soap_not_allowed



=== TEST 32: erpsync_soap refuse, onsite
--- gateway
erpsync_installation onsite;
erpsync_soap refuse;
--- uri: /Remote/Services88/ErpSync.svc
--- refused: soap_not_allowed



=== TEST 33: refused: erpsync_credentials twice
--- config
erpsync_credentials basic;
erpsync_credentials basic;
location / { return 204; }
--- must_die
--- error_log
"erpsync_credentials" directive is duplicate
nginx.conf:



=== TEST 34: refused: erpsync_registry twice
--- config
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;
location / { return 204; }
--- must_die
--- error_log
"erpsync_registry" directive is duplicate
nginx.conf:



=== TEST 35: refused: erpsync_languages twice
--- config
erpsync_languages nb-NO;
erpsync_languages nb-NO;
location / { return 204; }
--- must_die
--- error_log
"erpsync_languages" directive is duplicate
nginx.conf:



=== TEST 36: refused: erpsync_default_language twice
--- config
erpsync_default_language nb-NO;
erpsync_default_language nb-NO;
location / { return 204; }
--- must_die
--- error_log
"erpsync_default_language" directive is duplicate
nginx.conf:



=== TEST 37: refused: erpsync_default_culture twice
--- config
erpsync_default_culture nb-NO;
erpsync_default_culture nb-NO;
location / { return 204; }
--- must_die
--- error_log
"erpsync_default_culture" directive is duplicate
nginx.conf:



=== TEST 38: refused: erpsync_default_timezone twice
--- config
erpsync_default_timezone UTC;
erpsync_default_timezone UTC;
location / { return 204; }
--- must_die
--- error_log
"erpsync_default_timezone" directive is duplicate
nginx.conf:



=== TEST 39: refused: erpsync_max_field_values twice
--- config
erpsync_max_field_values 5;
erpsync_max_field_values 5;
location / { return 204; }
--- must_die
--- error_log
"erpsync_max_field_values" directive is duplicate
nginx.conf:



=== TEST 40: refused: erpsync_errors twice
--- config
erpsync_errors off;
erpsync_errors off;
location / { return 204; }
--- must_die
--- error_log
"erpsync_errors" directive is duplicate
nginx.conf:



=== TEST 41: refused: erpsync_app_token twice
--- config
erpsync_app_token optional;
erpsync_app_token optional;
location / { return 204; }
--- must_die
--- error_log
"erpsync_app_token" directive is duplicate
nginx.conf:



=== TEST 42: refused: erpsync_unknown_properties twice
--- config
erpsync_unknown_properties strip;
erpsync_unknown_properties strip;
location / { return 204; }
--- must_die
--- error_log
"erpsync_unknown_properties" directive is duplicate
nginx.conf:



=== TEST 42: refused: erpsync_registry /x refresh=5x;
--- config
erpsync_registry /x refresh=5x;
location / { return 204; }
--- must_die
--- error_log
invalid value "refresh=5x" in "erpsync_registry" directive
nginx.conf:
