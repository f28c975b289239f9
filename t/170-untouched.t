# Requests that are not for the agent are what they are without the module: the
# same bytes to every upstream and to the client, the same line in the access
# log, the same errors.  With "erpsync report", so are calls of the agent.
#
# Four servers have the same configuration: one without the module, which is
# the reference, and three with "erpsync off", "on" and "report".

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use IO::Select;
use IO::Compress::Gzip qw(gzip);
use Test::More;
use Time::HiRes qw(sleep time);

use ErpsyncServer;
use ErpsyncTest;
use FreePort;
use Recorder;

my $deadline = $ENV{ERPSYNC_TEST_DEADLINE} || 60;
my $version = `'@{[ ErpsyncServer::binary() ]}' -V 2>&1`;

# The upstreams

gzip \("zipped text " x 200) => \my $zipped, Time => 0;

sub answer_of {
    my ($body, @fields) = @_;
    return join "\r\n", 'HTTP/1.1 200 OK', 'Server: webapi', @fields,
        'Content-Length: ' . length $body, '', $body;
}

my $fixed = 'Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT';
my %answers = (
    text => answer_of("The text of a page. Text again.\n",
        'Content-Type: text/html', 'X-Odd:  two  blanks ', 'Set-Cookie: a=1',
        'Set-Cookie: b=2; path=/old; domain=old.example'),
    json => answer_of('{"a":[1,2]}',
        'Content-Type: application/json; charset=utf-8'),
    bool => answer_of('true', 'Content-Type: application/json'),
    big => answer_of('0123456789' x 20000, 'Content-Type: text/plain', $fixed,
        'ETag: "big"', 'Accept-Ranges: bytes'),
    cached => answer_of('cached', 'Content-Type: text/plain', $fixed,
        'Cache-Control: max-age=600', 'ETag: "c"'),
    zipped => answer_of($zipped, 'Content-Type: text/plain',
        'Content-Encoding: gzip'),
    fragment => answer_of('[fragment]', 'Content-Type: text/html'),
    error => "HTTP/1.1 500 Broken\r\nContent-Type: text/plain\r\n"
        . "Content-Length: 6\r\nX-From: upstream\r\n\r\nbroken",
    missing => "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n"
        . "Content-Length: 4\r\n\r\ngone",
    denied => "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n"
        . "WWW-Authenticate: Negotiate\r\nContent-Length: 2\r\n\r\nno",
    forbidden => "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
    allowed => "HTTP/1.1 204 No Content\r\nX-User: someone\r\n\r\n",
    moved => "HTTP/1.1 302 Found\r\nLocation: http://old.example/there?x=1\r\n"
        . "Content-Length: 0\r\n\r\n",
    same => "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n$fixed\r\n\r\n",
    chunks => "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n6\r\nsecond\r\n"
        . "0\r\n\r\n",
    until_close => "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n"
        . "Connection: close\r\n\r\nuntil the end",
    accel => "HTTP/1.1 200 OK\r\nX-Accel-Redirect: /protected/page.html\r\n"
        . "Content-Type: text/x-kept\r\nContent-Length: 3\r\n\r\nnot",
    accel_named => "HTTP/1.1 200 OK\r\nX-Accel-Redirect: \@handed\r\n"
        . "Content-Length: 3\r\n\r\nnot",
    invalid => "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
    close => '',
    upgrade => "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        . "Connection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
);

my $webapi = Recorder->new(answer => sub {
    my ($request, $connection) = @_;
    my ($name) = $request->{target} =~ m{/_(\w+)};
    $name //= 'bool';
    $connection->{echo} = 1 if $name eq 'upgrade';
    my $text = $answers{$name} // $answers{bool};
    $text =~ s/(\r\n\r\n).*/$1/s if $request->{method} eq 'HEAD';
    return $text;
});

# Of other protocols, requests that carry a body of 5 bytes

my $plain = "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nanswered, then"
    . "\r\nConnection: close";

sub whole { return substr ${ $_[0] }, 0, length ${ $_[0] }, '' }

my $scgi = Recorder->new(answer => sub { $plain },
    take => sub {
        return ${ $_[0] } =~ /,12345\z/ ? (whole($_[0]), '', '') : ();
    });
my $uwsgi = Recorder->new(answer => sub { $plain },
    take => sub {
        return ${ $_[0] } =~ /12345\z/ ? (whole($_[0]), '', '') : ();
    });
my $fastcgi = Recorder->new(
    answer => sub {
        return join '', map { pack('CCnnCC', 1, $_->[0], 1, length $_->[1], 0,
            0) . $_->[1] } [ 6, $plain ], [ 6, '' ], [ 3, "\0" x 8 ];
    },
    take => sub {
        return ${ $_[0] } =~ /\x01\x05\x00\x01\x00\x00\x00\x00\z/
            ? (whole($_[0]), '', '') : ();
    });
my $memcached = Recorder->new(
    answer => sub { "VALUE k 0 5\r\nvalue\r\nEND\r\n" },
    take => sub { return ${ $_[0] } =~ /\r\n\z/ ? (whole($_[0]), '', '') : () });

my @upstreams = ($webapi, $scgi, $uwsgi, $fastcgi, $memcached);
my $up = 'http://127.0.0.1:' . $webapi->port;
my $dead = 'http://127.0.0.1:' . free_port();

# Files

my $html = File::Temp::tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);

# Requests

sub request {
    my ($line, @fields) = @_;
    my $body = ref $fields[-1] ? ${ pop @fields } : undef;
    push @fields, 'Content-Length: ' . length $body if defined $body
        && !grep { /^(?:content-length|transfer-encoding):/i } @fields;
    push @fields, 'Connection: close' if !grep { /^connection:/i } @fields;
    return join("\r\n", "$line HTTP/1.1", 'Host: HOST', @fields, '', '')
        . ($body // '');
}

sub kept { return request(@_[0 .. $#_ - (ref $_[-1] ? 1 : 0)],
    'Connection: keep-alive', ref $_[-1] ? $_[-1] : ()) }

sub chunked {
    return join('', map { sprintf "%x\r\n%s\r\n", length, $_ } @_) . "0\r\n\r\n";
}

# more than the buffers, and than the first window of HTTP/2

my $large = join '', map { sprintf "%07d\n", $_ } 1 .. 9000;
my $te = 'Transfer-Encoding: chunked';
my $json = 'Content-Type: application/json';
my $contact = '/Cust12345/api/v1/Contact/5';

# Header fields that the module knows, in forms that it refuses in a call

my @known = ('SO-AppToken: one', 'SO-AppToken: two', 'Authorization: Basic x',
    'X-XSRF-TOKEN: x', 'Cookie: XSRF-TOKEN=y; a="b"', 'SO-Language: !!',
    'SO-Culture:', 'so-timezone: nowhere', 'Accept-Language: nb;q=2, *',
    'Accept: application/problem+json', 'X-HTTP-Method-Override: DELETE',
    'X-HTTP-Method: PATCH', 'X-Original-URL: /x', 'X-Rewrite-URL: /y',
    'Content-Type: text/json; charset=utf-16', 'Content-Encoding: gzip');

# A scenario: a name, the directives of its server, and what clients do.  A
# client is a list of strings, which are sent, and patterns, which are waited
# for; with undef it leaves, otherwise it reads to the end.  It may also be a sub
# that runs a command.  Options: http (directives at its level), needs (a module
# of nginx), h2, onsite, modes, and except (a difference that is meant, by mode).

my @scenarios;

sub scenario {
    my ($name, $conf, $client, %o) = @_;
    push @scenarios, { name => $name, conf => $conf, client => $client, %o };
}

my $proxy = "location / { proxy_pass $up; }";
my $proxy11 = "proxy_http_version 1.1; proxy_set_header Connection '';";

# Methods, headers, bodies

scenario('GET', $proxy, [ request("GET $contact/_text?a=b&\$select=x&c") ]);
scenario('HEAD', $proxy, [ request("HEAD $contact/_text") ]);
scenario('known headers', $proxy,
    [ request("POST $contact/_json?\$select=a&\$SELECT=b", @known, \'{"a":') ]);
scenario('known headers by HTTP/1.1', "$proxy11 $proxy",
    [ request("PUT $contact/_json", @known, \'not JSON') ]);
scenario('methods', $proxy, [ map { [ request("$_ $contact/_json", $json,
    \'{"ErpKey":1}') ] } qw(GET POST PUT PATCH DELETE OPTIONS MERGE) ]);
scenario('other agents', $proxy, [ map { [ request("POST $_", $json,
    'SO-AppToken: x', \' {"a" : 1, "a" : 2} ') ] }
    '/Cust1/api/v1/Agents/Contact/GetContact', '/api/v1/Agents/ErpSyncs/Try',
    '/Cust1/api/v1/Agents/', '/Cust1/api/v1/ErpSync/TryConnectActor',
    '/Cust1/Agents/ErpSync/TryConnectActor', '/ErpSync.svc',
    '/Cust1/api/v1/Agents/Erp/Sync/TryConnectActor' ]);
scenario('odd targets', $proxy, [ map { [ request("GET $_") ] }
    '/a//b/./c/../d?x=%zz&y=%00', '/a%2fb%2F..%5c', '/%E2%82%AC/%c3%a9?%20',
    '/a\\b', '/a;b=c/d.', '/a%20b+c', '/?', '/%25%32%65', '/a%00b', '/%zz',
    '/..', '/a/%2e%2e/%2e%2e/b', '*', '/a#b', '/Agents/%45rpSync' ]);
scenario('odd targets with a URI', "location / { proxy_pass $up/base/; }",
    [ map { [ request("GET $_") ] } '/a//b/./c/../d?x=%zz', '/a%2fb%2F..%5c',
    '/a\\b', '/%25%32%65', '/a b', '/a%3fb%23c?d' ]);
scenario('merge_slashes off', "merge_slashes off; $proxy",
    [ request('GET //a///b/_text?') ]);
scenario('absolute target', $proxy, [ "GET http://HOST/a/_text HTTP/1.1\r\n"
    . "Host: other.example\r\nConnection: close\r\n\r\n" ]);
scenario('HTTP/1.0', $proxy, [ "GET /_chunks HTTP/1.0\r\nHost: HOST\r\n\r\n" ]);
scenario('empty body', $proxy, [ [ request("POST $contact", $json, \'') ],
    [ request("POST $contact", $json, $te, \"0\r\n\r\n") ],
    [ request("POST $contact", $json) ] ]);
scenario('large body', $proxy, [ request("POST $contact/_big", $json, \$large) ]);
scenario('large body in a file', "client_body_buffer_size 1k;
    client_body_in_single_buffer on; $proxy",
    [ request("POST $contact", $json, \$large) ]);
scenario('large body unbuffered', "proxy_request_buffering off; $proxy11 $proxy",
    [ request("POST $contact", $json, \$large) ]);
scenario('body in pieces', "client_body_buffer_size 16; $proxy",
    [ request("POST $contact", $json, 'Content-Length: 60', \''), '{"a":',
    '"' . 'x' x 40, 'y' x 12, '"}' ]);
scenario('chunked body', $proxy, [ [ request("POST $contact", $json, $te,
    \chunked('{"a"', ':', '1}')) ], [ request("POST $contact", $te,
    \"3;ext=\"x\"\r\nabc\r\n0\r\nTrailer: x\r\n\r\n") ] ]);
scenario('chunked body unbuffered', "proxy_request_buffering off;
    proxy_http_version 1.1; $proxy",
    [ request("POST $contact", $json, $te, \chunked('{"a"', ':', '1}')) ]);
scenario('chunked body in a file', "client_body_buffer_size 1k; $proxy",
    [ request("PUT $contact", $te, \chunked($large, 'end')) ]);
scenario('body kept in a file', "client_body_in_file_only on;
    location / { proxy_pass $up; proxy_set_header X-File \$request_body_file; }",
    [ request("POST $contact", $json, \'{}') ]);
scenario('other bodies', "location / { proxy_set_body \$request_method-\$uri;
        proxy_pass $up; }
    location /none { proxy_pass_request_body off; proxy_pass $up;
        proxy_set_header Content-Length ''; }
    location /no-headers { proxy_pass_request_headers off; proxy_pass $up; }
    location /body { return 200 '[\$request_body]'; }",
    [ map { [ request("POST $_", $json, \'{"a":1}') ] } '/', '/none',
    '/no-headers', '/body' ]);
scenario('Expect: 100-continue', $proxy, [ request("POST $contact", $json,
    'Expect: 100-continue', 'Content-Length: 7', \''), qr/100 Continue\r\n\r\n/,
    '{"a":1}' ]);
scenario('too large', "client_max_body_size 10; $proxy",
    [ [ request("POST $contact", $json, \'{"a":"0123456789"}') ],
    [ request("POST $contact", $te, \chunked('x' x 20)) ] ]);
scenario('bad requests', $proxy, [ [ "GET / HTTP/1.1\r\n\r\n" ],
    [ "BAD\r\n\r\n" ], [ request('POST /', 'Content-Length: x', \'') ],
    [ request('POST /', $te, 'Content-Length: 3', \chunked('abc')) ],
    [ request('POST /', $te, \"zz\r\n") ], [ request('GET /', 'Bad Name: x') ],
    [ request('GET /', 'under_score: x', 'X_HTTP_Method: y') ],
    [ request('GET /', 'X-Long: ' . 'x' x 40000) ],
    [ request('GET /' . 'x' x 40000) ], [ "GET /_text\r\n" ] ]);
scenario('pipelined', $proxy, [ kept("POST $contact/_json", $json, \'{"a":1}')
    . kept("GET $contact/_text") . kept("POST $contact", $te, \chunked('abc'))
    . request("GET $contact/_missing") ]);
scenario('a body that is not read', 'location / { return 403 no; }',
    [ kept("POST $contact", $json, \'{"a":1}') . request("GET $contact") ]);
scenario('the client leaves', $proxy, [ [ request("POST $contact", $json,
    'Content-Length: 100', \'{"a":'), undef ], [ request('GET /_text') ] ]);

# Answers

scenario('answers', $proxy, [ map { [ request("GET /_$_") ] } qw(json big error
    missing denied moved same chunks until_close) ]);
scenario('answers unbuffered', "proxy_buffering off; $proxy11 $proxy",
    [ map { [ request("GET /_$_") ] } qw(big chunks until_close) ]);
scenario('broken answers', $proxy,
    [ map { [ request("GET /_$_") ] } qw(invalid close) ]);
scenario('no upstream', "location / { proxy_pass $dead; }",
    [ request("POST $contact", $json, \'{}') ]);
scenario('next upstream', "location / { proxy_pass http://two; proxy_next_upstream
    error http_500 non_idempotent; }", [ request('POST /_error', $json, \'{}') ],
    http => "upstream two { server 127.0.0.1:@{[ $webapi->port ]};
    server 127.0.0.1:@{[ $webapi->port ]} backup; }");
scenario('keepalive upstream', "$proxy11 location / { proxy_pass http://kept; }",
    [ [ request("GET /_json") ], [ request("POST /_bool", $json, \'{}') ],
    [ request("GET /_error", 'Authorization: Bearer x') ],
    [ request("GET /_json") ] ],
    http => "upstream kept { server 127.0.0.1:@{[ $webapi->port ]};
    keepalive 4; }");
scenario('Negotiate upstream', "$proxy11 location / { proxy_pass http://ntlm; }",
    [ map { [ request('GET /_json', "Authorization: $_") ], [ request(
    'GET /_json') ] } 'Negotiate x', 'NTLM x' ],
    http => "upstream ntlm { server 127.0.0.1:@{[ $webapi->port ]};
    keepalive 4; }",
    except => { map { $_ => 'not on a connection that carried an identity' }
    qw(on report) });
scenario('upgrade', "location / { proxy_http_version 1.1; proxy_pass $up;
    proxy_set_header Upgrade \$http_upgrade;
    proxy_set_header Connection upgrade; }",
    [ request('GET /_upgrade', 'Upgrade: websocket', 'Connection: upgrade',
    'Sec-WebSocket-Key: x'), qr/101 .*\r\n\r\n/s, "\x81\x05hello",
    qr/hello/, "\x88\x00", qr/\x88\x00/, undef ]);
scenario('proxy_redirect, cookies', "location / { proxy_pass $up;
    proxy_redirect http://old.example/ /new/; proxy_cookie_domain old.example
    new.example; proxy_cookie_path /old /new; }",
    [ [ request('GET /_moved') ], [ request('GET /_text') ] ]);
scenario('add_header', "add_header X-Always \$status always; expires 1h;
    add_header X-Sometimes \$request_uri; add_trailer X-T t; $proxy",
    [ [ request('GET /_json?x') ], [ request('GET /_missing') ] ]);

# URIs and variables

scenario('rewrite', "rewrite ^/a/(.*) /b/\$1?y=2 last;
    location /b/ { rewrite ^/b/(.*) /c/\$1 break; proxy_pass $up; }
    location /d { rewrite ^ /e redirect; }
    location /f { rewrite ^ http://x.example/g? permanent; }
    location /h { rewrite ^/h(.*) /h\$1 last; }",
    [ map { [ request("POST $_", $json, \'{"a":1}') ] } '/a/_text?x=1',
    '/a/%2f%20', '/d?x', '/f', '/h' ]);
scenario('variables', "location / { set \$u \$uri; if (\$args ~ (x.)) {
        set \$u \$1; }
    proxy_set_header X-U \$u; proxy_set_header X-M \$mapped;
    proxy_set_header X-L \$content_length:\$content_type;
    proxy_set_header X-R \$request_uri:\$document_uri:\$is_args\$args;
    proxy_set_header X-T \$http_so_apptoken:\$http_authorization;
    proxy_set_header X-C \$cookie_a:\$arg_y:\$remote_user:\$request;
    proxy_pass $up\$uri\$is_args\$args; }",
    [ request("POST $contact?xy&y=2", @known, \'{}') ],
    http => 'map $uri:$http_so_language $mapped { default $request_uri;
    ~Person p; }');
scenario('proxy_pass with variables', "location /r { proxy_pass $up\$request_uri;
    } location ~ ^/n/(.*) { proxy_pass $up/m/\$1; }",
    [ map { [ request("GET $_") ] } '/r//x/%2f/../y?z', '/n/a%20b/%2f?q' ]);
scenario('try_files', "root HTML; location / { try_files \$uri \$uri/ \@proxy; }
    location \@proxy { proxy_pass $up; }
    location /x { try_files /none =410; }",
    [ map { [ request($_, $json, \'{}') ] } 'GET /page.html', 'GET /dir',
    'GET /dir/', 'POST /none/_text', 'POST /page.html', 'GET /x' ]);
scenario('named and internal locations', "error_page 418 = \@n; error_page 404
    /e.html; location / { return 418; } location \@n { proxy_pass $up; }
    location /i { internal; return 200 i; } location = /e.html { return 200
    e; } location /o { error_page 405 =200 /e.html; return 405; }",
    [ map { [ request("POST $_", $json, \'{"a":1}') ] } '/a//b?c', '/i', '/o' ]);
scenario('error_page', "proxy_intercept_errors on; recursive_error_pages on;
    error_page 404 /_missing_page; error_page 500 502 =503 \@down;
    $proxy location = /_missing_page { proxy_pass $up/_text; }
    location \@down { return 200 down; }
    location /dead { proxy_pass $dead; }",
    [ map { [ request("POST $_", $json, \'{"a":1}') ] } '/_missing', '/_error',
    '/dead', '/_text' ]);
scenario('return', "location / { return 200 \$uri; } location /m { return 301
    /x\$args; } location /c { return 444; } location /e { return 599; }",
    [ map { [ request("GET $_") ] } '/a%20b', '/m?y', '/c', '/e' ]);
scenario('X-Accel-Redirect', "$proxy location /protected { internal; root HTML;
    } location \@handed { rewrite ^ /_text break;
    proxy_pass $up; }",
    [ map { [ request("POST /_$_", $json, \'{}') ] } qw(accel accel_named) ]);

# Subrequests

scenario('mirror', "location / { mirror /mirror; proxy_pass $up; }
    location = /mirror { internal; proxy_pass $up/copy\$request_uri; }",
    [ [ request("POST $contact", @known, \'{"a":1}') ],
    [ request("POST $contact", $te, \chunked('abc')) ] ]);
scenario('mirror without the body', "location / { mirror /mirror;
    mirror_request_body off; proxy_pass $up; } location = /mirror { internal;
    proxy_pass $up/copy\$request_uri; proxy_pass_request_body off;
    proxy_set_header Content-Length ''; }",
    [ request("POST $contact", $json, \$large) ]);
scenario('auth_request', "location / { auth_request /auth; auth_request_set \$who
        \$upstream_http_x_user; proxy_set_header X-Who \$who; proxy_pass $up; }
    location /no { auth_request /denied; proxy_pass $up; }
    location /never { auth_request /forbidden; proxy_pass $up; }
    location = /auth { internal; proxy_pass_request_body off;
        proxy_set_header Content-Length ''; proxy_pass $up/_allowed; }
    location = /denied { internal; proxy_method GET; proxy_pass $up/_denied;
        proxy_pass_request_body off; proxy_set_header Content-Length ''; }
    location = /forbidden { internal; proxy_pass_request_body off;
        proxy_set_header Content-Length ''; proxy_pass $up/_forbidden; }",
    [ map { [ request("POST $_", @known, \'{"a":1}') ] } '/x', '/no', '/never' ],
    needs => 'http_auth_request');
scenario('SSI', "ssi on; ssi_types *; root HTML; location /f {
    proxy_pass $up/_fragment; } location / { }
    location /p { proxy_pass $up; }",
    [ [ request('GET /ssi.html?x=1') ], [ request('GET /p/_text') ] ]);
scenario('addition', "root HTML; location / { add_before_body /f;
    add_after_body /f2; } location /f { proxy_pass $up/_fragment; }",
    [ request('GET /page.html', 'Accept-Encoding: gzip') ],
    needs => 'http_addition');
scenario('post_action', "location / { proxy_pass $up; post_action \@done; }
    location \@done { proxy_set_header X-Status \$status; proxy_pass $up; }",
    [ request("POST $contact", $json, \'{"a":1}') ]);

# Access

scenario('limit_req', "location / { limit_req zone=r170 burst=1 nodelay;
    proxy_pass $up; }", [ map { [ request("POST $contact", @known, \'{}') ] }
    1 .. 4 ], http => 'limit_req_zone $http_x_original_url zone=r170:1m
    rate=1r/m;');
scenario('limit_except, limit_conn', "location / { limit_except GET { deny all; }
    limit_conn c170 1; proxy_pass $up; }",
    [ [ request('GET /_text') ], [ request('POST /_text', $json, \'{}') ] ],
    http => 'limit_conn_zone $server_name zone=c170:1m;');
scenario('realip', "set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;
    real_ip_recursive on; location / { deny 198.51.100.7; proxy_pass $up;
    proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
    proxy_set_header X-Client \$remote_addr; }",
    [ map { [ request('GET /_text', "X-Forwarded-For: $_") ] }
    '203.0.113.9, 127.0.0.1', '198.51.100.7' ], needs => 'http_realip');
scenario('auth_basic, satisfy', "location / { auth_basic x; auth_basic_user_file
    HTML/users; proxy_pass $up; } location /any { satisfy any; deny all;
    auth_basic x; auth_basic_user_file HTML/users; proxy_pass $up; }",
    [ map { my $uri = $_; map { [ request("POST $uri", $json, @$_, \'{"a":1}') ] }
    [], [ 'Authorization: Basic dTpw' ], [ 'Authorization: SoTicket x' ] }
    '/x', '/any' ]);
scenario('referers', "valid_referers none blocked x.example; location / {
    if (\$invalid_referer) { return 403; } proxy_pass $up; }",
    [ [ request('GET /', 'Referer: http://x.example/') ],
    [ request('GET /', 'Referer: http://y.example/') ] ]);

# Content

scenario('files, ranges', 'root HTML; location / { }',
    [ [ request('GET /page.html') ], [ request('HEAD /page.html') ],
    [ request('GET /page.html', 'Range: bytes=2-5') ],
    [ request('GET /page.html', 'Range: bytes=0-1,4-5,-2') ],
    [ request('GET /page.html', 'Range: bytes=999-') ],
    [ request('GET /page.html', "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 "
        . "GMT") ], [ request('GET /none') ] ]);
scenario('ranges of an upstream', "location / { proxy_force_ranges on;
    proxy_pass $up; }", [ [ request('GET /_text', 'Range: bytes=4-7') ],
    [ request('GET /_big', 'Range: bytes=100-109,5-6') ] ]);
scenario('cache', "add_header X-Cache \$upstream_cache_status; location / {
    proxy_cache k170; proxy_cache_valid 404 1m; proxy_pass $up;
    proxy_cache_bypass \$arg_bypass; }",
    [ map { [ request(@$_) ] } [ 'GET /_cached' ], [ 'GET /_cached', @known ],
    [ 'GET /_cached', 'If-None-Match: "c"' ], [ 'HEAD /_cached' ],
    [ 'GET /_cached', 'Range: bytes=1-2' ], [ 'GET /_missing' ],
    [ 'GET /_missing' ], [ 'GET /_cached?bypass=1' ] ],
    http => 'proxy_cache_path cache keys_zone=k170:1m;');
scenario('cache of POST', "add_header X-Cache \$upstream_cache_status; location /
    { proxy_cache p170; proxy_cache_methods POST; proxy_pass $up;
    proxy_cache_key \$request_uri\$request_body; }",
    [ map { [ request("POST /_cached", $json, \$_) ] } '{"a":1}', '{"a":1}',
    '{"a":2}' ], http => 'proxy_cache_path cache2 keys_zone=p170:1m;');
scenario('slice', "location / { slice 64k; proxy_cache s170; proxy_cache_valid
    200 206 1m; proxy_cache_key \$uri\$slice_range; proxy_pass $up;
    proxy_set_header Range \$slice_range; }", [ request('GET /_big') ],
    needs => 'http_slice', http => 'proxy_cache_path cache3 keys_zone=s170:1m;');
scenario('gzip', "gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;
    gzip_vary on; $proxy", [ [ request('GET /_text', 'Accept-Encoding: gzip') ],
    [ request('GET /_big', 'Accept-Encoding: gzip') ], [ request('GET /_text') ]
    ]);
scenario('gunzip', "gunzip on; $proxy", [ [ request('GET /_zipped') ],
    [ request('GET /_zipped', 'Accept-Encoding: gzip') ] ],
    needs => 'http_gunzip');
scenario('sub_filter', "sub_filter text body; sub_filter_once off; $proxy",
    [ request('GET /_text') ], needs => 'http_sub');
scenario('charset', "charset utf-8; source_charset iso-8859-1; charset_types *;
    location / { return 200 'caf\xe9'; }", [ request('GET /') ],
    http => 'charset_map iso-8859-1 utf-8 { E9 C3A9; }');
scenario('dav', "location / { root dav; dav_methods PUT DELETE MKCOL COPY MOVE;
    create_full_put_path on; }", [ map { [ request(@$_) ] }
    [ 'PUT /a/b.json', $json, @known[0 .. 3],
        'Date: Thu, 01 Jan 2026 00:00:00 GMT', \'{"a":1}' ],
    [ 'GET /a/b.json' ], [ 'MKCOL /d/' ],
    [ 'COPY /a/b.json', 'Destination: /d/c', 'Depth: 0' ],
    [ 'MOVE /a/b.json', 'Destination: /d/e' ], [ 'GET /d/e' ],
    [ 'DELETE /d/' ], [ 'GET /d/e' ] ], needs => 'http_dav');

# Other protocols

scenario('FastCGI', "location / { fastcgi_param M \$request_method;
    fastcgi_param U \$request_uri; fastcgi_param T \$content_type;
    fastcgi_pass 127.0.0.1:@{[ $fastcgi->port ]}; }",
    [ request("POST $contact?x", @known, \'12345') ]);
scenario('SCGI', "location / { scgi_param U \$uri; scgi_param CONTENT_LENGTH
    \$content_length; scgi_pass 127.0.0.1:@{[ $scgi->port ]}; }",
    [ request("POST $contact?x", @known, \'12345') ]);
scenario('uwsgi', "location / { uwsgi_param U \$uri;
    uwsgi_pass 127.0.0.1:@{[ $uwsgi->port ]}; }",
    [ request("POST $contact?x", @known, \'12345') ]);
scenario('memcached', "location / { set \$memcached_key k\$uri;
    memcached_pass 127.0.0.1:@{[ $memcached->port ]}; }",
    [ request('GET /a?b') ]);

sub curl {
    my @arguments = @_;
    return sub {
        my ($port, $host) = @_;
        open my $out, '-|', 'curl', '-si', '--http2-prior-knowledge',
            '--max-time', $deadline, '-A', 'test', '-H', "Host: $host",
            map { s/URL/127.0.0.1:$port/r =~ s/HTML/$html/r } @arguments
            or die "curl: $!";
        local $/;
        return scalar(<$out>) // '';
    };
}

my @h2 = (needs => 'http_v2', h2 => 1);
scenario('HTTP/2', $proxy, [ curl("http://URL$contact/_text?a=b") ], @h2);
scenario('HTTP/2, a body', "client_body_buffer_size 1k; $proxy",
    [ curl('-H', $json, '-H', 'SO-AppToken: x', '-H', 'SO-AppToken: y',
    '--data-binary', '\@HTML/large',
    "http://URL$contact/_big") ], @h2);
scenario('HTTP/2, a body unbuffered', "proxy_request_buffering off; $proxy11
    $proxy", [ curl('-H', 'Content-Length:', '-d', '{"a":1}',
    "http://URL$contact") ], @h2);
scenario('HTTP/2, errors', "$proxy location /e { return 403; }",
    [ curl(map { "http://URL$_" } '/_missing', '/e', '/%00', '/_error') ], @h2);

# What the module is asked to leave alone

my $call = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';
scenario('preflight of a call', $proxy, [ request("OPTIONS $call", @known[0 .. 2],
    'Origin: https://x.example', 'Access-Control-Request-Method: POST') ]);
scenario('SOAP of an onsite installation', $proxy,
    [ request('POST /Remote/Services87/ErpSync.svc', 'SOAPAction: "x"',
    'Content-Type: text/xml', \'<a>') ], onsite => 1);

# Calls, as they are without the module and with "report"

my @calls = (modes => [ qw(off report) ]);
scenario('reported: calls', $proxy, [ map { [ request("POST $_/_json", @known,
    \'{"a":') ] } $call, '/Cust1/API//v1/agents/erpsync/x%2fy?$select=a',
    '/Cust1/api/v1/Agents/ErpSync/../ErpSync/GetConnection?' ], @calls);
scenario('reported: good calls', "$proxy11 $proxy", [ map { [ request(@$_) ] }
    [ "POST $call?a", 'Authorization:  bearer  8A:Cust12345.x ',
        "SO-AppToken: $Token", 'content-TYPE: text/json',
        'SO-Language: NO-nb', 'Accept-Language: en;q=0.1', \" $Body " ],
    [ "GET $call", 'Authorization: Bearer x', "SO-AppToken: $Token" ],
    [ "DELETE $call" ], [ "POST $call", 'Content-Type: a/b', \'x' ] ], @calls);
scenario('reported: bodies', "client_body_buffer_size 1k; $proxy",
    [ [ request("POST $call", "SO-AppToken: $Token", $json,
        'Authorization: Bearer x', \$large) ],
    [ request("POST $call", "SO-AppToken: $Token", $json, $te,
        'Authorization: Bearer x', \chunked($Body)) ],
    [ request("POST $call", $json, 'Expect: 100-continue', 'Content-Length: 2',
        \''), qr/100 Continue\r\n\r\n/, '{}' ],
    [ request("POST $call", $json, 'Content-Length: 9', \'{'), undef ],
    [ request('GET /_text') ] ], @calls);
scenario('reported: subrequests', "location / { mirror /mirror; proxy_pass
    $up\$request_uri; } location = /mirror { internal;
    proxy_pass $up/copy\$request_uri; }",
    [ request("POST $call", @known, \'{"a":1}') ], @calls);
scenario('reported: HTTP/2', $proxy, [ curl('-H', $json, '-d', '{"a":1}',
    "http://URL$call") ], @h2, @calls);
scenario('reported: SOAP', $proxy, [ request('POST /Cust1/Services87/erpsync.svc',
    'Content-Type: text/xml', \'<a>') ], @calls);

@scenarios = grep { !$_->{needs} || $version =~ /--with-$_->{needs}_module/ }
    @scenarios;

# Four servers

my @modes = qw(none off on report);
chmod 0755, $html;
mkdir "$html/$_" for qw(dir protected);
my %files = ('page.html' => "The page.\n", 'dir/index.html' => "index\n",
    'protected/page.html' => "protected\n", large => $large,
    users => "u:{PLAIN}p\n",
    'ssi.html' => '<!--# include virtual="/f?$args" --> <!--# set var="x" '
        . 'value="$request_uri" --><!--# echo var="x" --> '
        . '<!--# include virtual="/f" set="y" --><!--# echo var="y" -->');
for my $name (keys %files) {
    open my $out, '>', "$html/$name" or die "$name: $!";
    print $out $files{$name};
    close $out;
    utime 1767225600, 1767225600, "$html/$name";
}

sub host { return 's' . $_[0]{number} . '.example' }

my $number = 0;
$_->{number} = $number++ for @scenarios;

sub configuration {
    my ($s, $mode, $h2) = @_;
    my $port = $s->port;
    my $on = $mode eq 'none' ? '' : "erpsync $mode;
        erpsync_registry registry.json; erpsync_zone z170:1m;";
    my $servers = '';
    for my $scenario (@scenarios) {
        my $conf = $scenario->{conf} =~ s/HTML/$html/gr;
        my $onsite = $scenario->{onsite} && $mode ne 'none'
            ? 'erpsync_installation onsite;' : '';
        my $listen = $scenario->{h2} ? "$h2 http2" : $port;
        $servers .= ($scenario->{http} // '') . "\nserver {\n"
            . "listen 127.0.0.1:$listen;\nserver_name @{[ host($scenario) ]};\n"
            . "$onsite\n$conf\n}\n";
    }
    my $http = <<"END" . $s->paths . $on . $servers;
        default_type text/plain;
        log_format all escape=json '\$server_name "\$request" \$status '
            '\$body_bytes_sent \$bytes_sent \$request_length \$uri \$args '
            '\$content_type \$content_length \$request_uri \$remote_user '
            '\$upstream_status \$upstream_response_length '
            '\$upstream_bytes_sent \$upstream_bytes_received '
            '\$sent_http_content_type \$request_completion \$remote_addr';
        access_log logs/access.log all;
END
    my ($so) = $mode eq 'none' ? () : grep { m{/ngx_http_erpsync_module\.so$} }
        split ' ', $ENV{TEST_NGINX_LOAD_MODULES};
    return ($so ? "load_module $so;\n" : '') . "error_log logs/error.log warn;\n"
        . "pid logs/nginx.pid;\nevents { }\nhttp {\n$http\n}\n";
}

my %server;
for my $mode (@modes) {
    my $s = ErpsyncServer->new();
    $s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
    mkdir $s->dir . '/dav';
    chmod 0777, $s->dir . '/dav';
    my $h2 = free_port();
    $s->start(configuration($s, $mode, $h2));
    $server{$mode} = { s => $s, h2 => $h2 };
}

# Returns what a client gets: it sends, waits, and at last reads to the end, or
# leaves where the list has undef.

sub talk {
    my ($port, $host, @steps) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port) or die "connect: $!";
    my ($got, $end) = ('', time + $deadline);
    my $select = IO::Select->new($socket);
    my $more = sub {
        $select->can_read($end - time) or return 0;
        return sysread $socket, $got, 65536, length $got;
    };
    local $SIG{PIPE} = 'IGNORE';
    for my $n (0 .. $#steps) {
        my $step = $steps[$n];
        return $got unless defined $step;
        if (ref $step eq 'Regexp') {
            while ($got !~ $step) { $more->() or return "$got(no more)" }
            next;
        }
        sleep 0.01 if $n && !ref $steps[$n - 1];
        $step =~ s/HOST/$host/g;
        print $socket $step;
        $socket->flush();
    }
    while ($more->()) { }
    return time < $end ? $got : "$got(no end)";
}

sub masked {
    my ($text, $mode) = @_;
    my ($dir, $port, $h2) = ($server{$mode}{s}->dir, $server{$mode}{s}->port,
        $server{$mode}{h2});
    $text =~ s/\Q$dir\E/DIR/g;
    $text =~ s/\b(?:$port|$h2)\b/PORT/g;
    $text =~ s/^(Date|date): [^\r\n]*/$1: then/mg;
    $text =~ s{(HTTP/2\.0" \d+ \d+) \d+}{$1 FRAMES}g;
    $text =~ s/\.conf:\d+/.conf:LINE/g;
    $text =~ s/\b0{4}\d{6,}\b/NUMBER/g;     # of a temporary file, a boundary
    return $text;
}

# What the client and the upstreams got.  The order in which two connections
# reach an upstream is not known; chunks of a body are as it was read.

sub outcome {
    my ($scenario, $mode) = @_;
    $_->forget() for @upstreams;
    my @clients = @{ $scenario->{client} };
    @clients = [ @clients ] unless ref $clients[0] eq 'ARRAY'
        || ref $clients[0] eq 'CODE';
    my $host = host($scenario);
    my @got = map { ref eq 'CODE' ? $_->($server{$mode}{h2}, $host)
        : talk($server{$mode}{s}->port, $host, @$_) } @clients;
    my (@sent, %on);
    for my $upstream (@upstreams) {
        push @sent, map { 'request ' . ++$on{"$upstream$_->{connection}"}
            . " of a connection\n" . ($_->{head} =~ /^transfer-encoding:/mi
            ? "$_->{head}\n\n$_->{body}" : $_->{raw}) } $upstream->requests();
    }
    return { client => [ map { masked($_, $mode) } @got ],
        upstream => [ sort map { masked($_, $mode) } @sent ] };
}

sub on_any {
    my $outcome = shift;
    return { %$outcome, upstream => [ sort map { s/ \d+ of a/ of any/r }
        @{ $outcome->{upstream} } ] };
}

for my $scenario (@scenarios) {
    my $want = outcome($scenario, 'none');
    my $answered = !grep { /\(no (?:more|end)\)/ } @{ $want->{client} };
    ok($answered, "$scenario->{name}: without the module")
        or diag explain $want;
    for my $mode (@{ $scenario->{modes} || [ qw(off on report) ] }) {
        my $except = $scenario->{except}{$mode};
        my $got = outcome($scenario, $mode);
        is_deeply($except ? (on_any($got), on_any($want)) : ($got, $want),
            "$scenario->{name}: $mode" . ($except ? ", but $except" : ''));
    }
}

# What is logged, for each scenario; the module's own lines are for calls

my (%access, %error);
for my $mode (@modes) {
    my $s = $server{$mode}{s};
    $s->ends_well($mode);
    for (split /\n/, masked($s->read_file('logs/access.log'), $mode)) {
        push @{ $access{$mode}{$1} }, $_ if /^s(\d+)\./;
    }
    for (split /\n/, masked($s->read_file('logs/error.log'), $mode)) {
        next if / erpsync: | buffered to a temporary file /;
        my ($at) = /server: s(\d+)\./;
        s/^\S+ \S+ (\[\w+\]) \d+#\d+: (?:\*\d+ )?/$1 /;
        s/ while [^,]*,/,/;                  # a matter of the moment
        push @{ $error{$mode}{$at // ''} }, $_;
    }
}

for my $mode (qw(off on report)) {
    for my $scenario (@scenarios) {
        next if $scenario->{modes}
            && !grep { $_ eq $mode } @{ $scenario->{modes} };
        my $n = $scenario->{number};
        is_deeply([ $access{$mode}{$n}, $error{$mode}{$n} ],
            [ $access{none}{$n}, $error{none}{$n} ],
            "$scenario->{name}: $mode: the logs");
    }
    is_deeply($error{$mode}{''}, $error{none}{''},
        "$mode: the rest of the error log");
}

done_testing();
