# What was judged is what is sent, whatever a location is made of: variables
# that were read early, subrequests, and locations with another policy.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use Test::More;

use ErpsyncServer;
use ErpsyncTest;
use FreePort;
use Recorder;

my $Call = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';
my $Form = 'ErpConnectionId=883&CrmRecordId=34&CrmActorType=contact&ErpKey=qui'
    . '&ErpActorType=1';

my $webapi = Recorder->new();
my $other = Recorder->new();
my $up = 'http://127.0.0.1:' . $webapi->port;
my $mirror = 'http://127.0.0.1:' . $other->port;

sub started {
    my ($http, $server) = @_;
    my $s = ErpsyncServer->new();
    $s->write_file('other.json', registry('x' => [ 'x' ]));
    $s->write_file('registry.json', registry('acme-erp' => [ $Token ],
        'one-tenant' => [ 'token-one-tenant',
            '"agents": ["ErpSync"], "tenants": ["Cust12345"]' ]));
    mkdir $s->dir . '/html';
    $s->write_file('html/err.html', 'the page');
    $s->write_file('html/ssi.html',
        '<!--# include virtual="/fragment" -->the page');
    my $port = $s->port;
    $s->start($s->conf("$http\nserver {\nlisten 127.0.0.1:$port;\n"
        . "root html;\nerpsync_registry registry.json;\n$server\n}"));
    $_->forget() for $webapi, $other;
    return $s;
}

sub header {
    my ($request, $name) = @_;
    return $request->{head} =~ /^\Q$name\E: (.*?)\r?$/mi ? $1 : undef;
}

my $last = "location = /last { erpsync off; mirror /mlast; proxy_pass $up; }\n"
    . "location = /mlast { internal; erpsync off; proxy_pass $mirror/last; }\n";

# Variables

my $s = started(<<"END", <<"END");
    limit_req_zone \$request_uri\$content_type\$content_length zone=early:1m
        rate=100000r/s;
    map \$http_so_apptoken \$known { default 1; "" 0; }
END
    erpsync on;
    erpsync_forward_app_token off;
    limit_req zone=early burst=1000;
    if (\$request_uri ~ \\.php) { return 404; }
    if (\$content_type = text/nothing) { return 404; }
    if (\$http_so_language = xx) { return 404; }
    if (\$http_x_http_method_override = DELETE) { set \$odd 1; }
    $last
    location / {
        if (\$known = 0) { return 418; }
        proxy_set_header X-Type \$content_type;
        proxy_set_header X-Type-2 \$http_content_type;
        proxy_set_header X-Length \$content_length;
        proxy_set_header X-Length-2 \$http_content_length;
        proxy_set_header X-Token \$http_so_apptoken;
        proxy_set_header X-Language \$http_so_language;
        proxy_set_header X-Override \$http_x_http_method_override;
        proxy_set_header X-Uri \$request_uri;
        proxy_set_header Content-Type \$content_type;
        proxy_set_header Content-Length \$content_length;
        proxy_pass $up\$request_uri;
    }
END

$s->call(uri => '/cust12345/API//v1/agents/erpsync/tryconnectactor/'
    . '?%24select=Name,,%20Name', body => $Form, headers => [
        'Authorization: Bearer x', 'SO-Language: NO-nb',
        'X-HTTP-Method-Override: DELETE',
        'Content-Type: application/x-www-form-urlencoded' ]);
my ($got, @more) = $webapi->received($s);
is(scalar @more, 0, 'variables: one request');
is($got->{body}, $Canonical, 'variables: the body');
like($got->{target}, qr{\A/cust12345/api/v1/Agents/ErpSync/TryConnectActor\?},
    'variables: $request_uri in proxy_pass');
is(header($got, 'X-Uri'), $got->{target}, 'variables: $request_uri');
is(header($got, 'Content-Type'), 'application/json; charset=utf-8',
    'variables: $content_type');
is(header($got, 'X-Type-2'), 'application/json; charset=utf-8',
    'variables: $http_content_type');
is(header($got, $_), length $Canonical, "variables: $_")
    for qw(Content-Length X-Length X-Length-2);
is(header($got, 'X-Language'), 'no-NB', 'variables: $http_so_language');
is(header($got, 'X-Token'), undef, 'variables: $http_so_apptoken');
is(header($got, 'X-Override'), undef,
    'variables: $http_x_http_method_override');

# Also if the client's length differs from it in its last digit alone

my $longer = $Canonical =~ s/"qui"/"12345"/r;
$webapi->forget();
$s->call(uri => $Call, body => $longer =~ s/"12345"/ 12345/r,
    headers => [ 'Authorization: Bearer x', 'Content-Type: application/json' ]);
($got) = $webapi->received($s);
is($got->{body}, $longer, 'variables: a body that is one byte longer');
is(header($got, $_), length $longer, "variables: $_ of it")
    for qw(Content-Length X-Length X-Length-2);
$s->ends_well('variables');

# Subrequests of a call that is forwarded see what is forwarded

$s = started('', <<"END");
    erpsync on;
    $last
    location / {
        mirror /mirror;
        auth_request /auth;
        proxy_pass $up;
    }
    location = /mirror { internal; proxy_pass $mirror\$request_uri; }
    location = /auth {
        internal;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_pass $mirror/auth;
    }
END

$s->call(uri => '/cust12345/api/v1/agents/erpsync/TryConnectActor',
    body => $Form, headers => [ 'Authorization: bearer x',
        'X-HTTP-Method-Override: DELETE', 'X-HTTP-Method: DELETE',
        'X-Original-URL: /elsewhere', 'X-Rewrite-URL: /elsewhere',
        'Content-Type: application/x-www-form-urlencoded' ]);
my ($auth, $mirrored) = $other->received($s);
is($auth->{target}, '/auth', 'subrequests: auth_request');
unlike($auth->{head}, qr/^X-(?:HTTP-Method|Original-URL|Rewrite-URL)/mi,
    'subrequests: without headers that override');
is($mirrored->{target}, '/cust12345/api/v1/Agents/ErpSync/TryConnectActor',
    'subrequests: mirror');
is($mirrored->{body}, $Canonical, 'subrequests: its body');
is(header($mirrored, 'Content-Type'), 'application/json; charset=utf-8',
    'subrequests: its Content-Type');
is(header($mirrored, 'Authorization'), 'Bearer x',
    'subrequests: its Authorization');
($got) = $webapi->received($s);
unlike($got->{head}, qr/^X-(?:HTTP-Method|Original-URL|Rewrite-URL)/mi,
    'subrequests: nor does the call have these headers');
$s->ends_well('subrequests');

# A refused call is shown to no server, neither by the gateway's refusal nor
# by one of nginx or of another module, and not by a subrequest of a page

my $nobody = "auth_basic x; auth_basic_user_file html/err.html;";
my $ssi = "location = /fragment { proxy_pass $mirror\$request_uri; }";
my $mir = "location = /mirror { internal; proxy_pass $mirror\$request_uri; }";

for (
    [ 'mirror', 403, "$mir location / { mirror /mirror; proxy_pass $up; }" ],
    [ 'error_page and mirror', 405, "erpsync_errors off; error_page 403 \@err;
        mirror /mirror; $mir location / { proxy_pass $up; }
        location \@err { try_files /err.html =404; }" ],
    [ 'error_page and SSI', 403, "erpsync_errors off; error_page 403 /ssi.html;
        $ssi location / { proxy_pass $up; } location = /ssi.html { ssi on; }"
        ],
    [ 'error_page and add_before_body', 403, "erpsync_errors off;
        error_page 403 /err.html; $ssi location / { proxy_pass $up; }
        location = /err.html { add_before_body /fragment; }" ],
    [ 'error_page and auth_request', 403, "erpsync_errors off;
        error_page 403 /err.html; $ssi location / { proxy_pass $up; }
        location = /err.html { auth_request /fragment; }" ],
    [ 'error_page to a proxy', 403, "erpsync_errors off;
        error_page 403 = \@err; location / { proxy_pass $up; }
        location \@err { proxy_pass $mirror; }" ],
    [ 'error_page to a proxy, without the gateway', 403, "erpsync_errors off;
        error_page 403 = \@err; location / { proxy_pass $up; }
        location \@err { erpsync off; proxy_pass $mirror; }" ],
    [ 'recursive error_page', 403, "erpsync_errors off;
        recursive_error_pages on; error_page 403 = \@err;
        location / { proxy_pass $up; }
        location \@err { proxy_pass $mirror; }" ],
    [ 'recursive error_page to a file', 403, "erpsync_errors off;
        recursive_error_pages on; error_page 403 /err.html;
        location / { proxy_pass $up; } location = /err.html { }" ],
    [ 'recursive error_page, try_files', 405, "erpsync_errors off;
        recursive_error_pages on; error_page 403 \@err;
        location / { proxy_pass $up; }
        location \@err { try_files /err.html =404; }" ],
    [ '401 and mirror', 405, "error_page 401 \@err; mirror /mirror; $mir
        location / { $nobody proxy_pass $up; }
        location \@err { try_files /err.html =404; }", $Token ],
    [ '401 and SSI', 401, "error_page 401 /ssi.html; $ssi
        location / { $nobody proxy_pass $up; }
        location = /ssi.html { ssi on; }", $Token ],
    [ '401 and a proxy', 401, "error_page 401 \@err;
        location / { $nobody proxy_pass $up; }
        location \@err { proxy_pass $mirror; }", $Token ],
    [ '401 = and a proxy', 403, "error_page 401 = \@err;
        location / { $nobody proxy_pass $up; }
        location \@err { proxy_pass $mirror; }", $Token ],
    [ '401 =200 and a proxy', 403, "error_page 401 =200 \@err;
        location / { $nobody proxy_pass $up; }
        location \@err { proxy_pass $mirror; }", $Token ],
    [ '401 =, recursive', 403, "error_page 401 = \@err;
        recursive_error_pages on; location / { $nobody proxy_pass $up; }
        location \@err { proxy_pass $mirror; }", $Token ],
    [ '401 = to another URI', 403, "error_page 401 = /login;
        location / { $nobody proxy_pass $up; }
        location /login { proxy_pass $mirror\$request_uri; }", $Token ],
    [ 'return and a proxy', 403, "error_page 403 \@err;
        location / { return 403; } location \@err { proxy_pass $mirror; }",
        $Token ],
    [ 'return and mirror', 405, "error_page 403 \@err; mirror /mirror; $mir
        location / { return 403; }
        location \@err { try_files /err.html =404; }", $Token ],
    [ 'deny', 403, "error_page 403 = \@err;
        location / { deny all; proxy_pass $up; }
        location \@err { allow all; proxy_pass $mirror; }", $Token ],
    [ 'deny and mirror', 403, "error_page 403 /err.html; mirror /mirror; $mir
        location / { deny all; proxy_pass $up; }
        location = /err.html { }", $Token ],
    [ '413 = and a proxy', 413, "error_page 413 = \@err;
        location / { client_max_body_size 10; proxy_pass $up; }
        location \@err { proxy_pass $mirror; }", $Token ],
    [ '413 and mirror', 413, "error_page 413 /err.html; mirror /mirror; $mir
        location / { client_max_body_size 10; proxy_pass $up; }
        location = /err.html { client_max_body_size 1m; }", $Token ],
    [ 'limit_req and mirror', 503, "error_page 503 /err.html; mirror /mirror;
        $mir location / { limit_req zone=never; proxy_pass $up; }
        location = /err.html { }", $Token ],
    [ 'limit_req and a proxy', 503, "error_page 503 \@err;
        location / { limit_req zone=never; proxy_pass $up; }
        location \@err { proxy_pass $mirror; }", $Token ],
) {
    my ($name, $status, $server, $token) = @$_;
    $s = started('limit_req_zone $server_port zone=never:1m rate=1r/m;',
        "erpsync on;\n$last\n$server");
    my $first = $name =~ /limit_req/ ? 1 : 0;
    if ($first) {
        $s->call();
        $_->received($s) for $webapi, $other;
        $_->forget() for $webapi, $other;
    }
    my ($code) = $s->answer($s->request(token => $token));
    is($code, $status, "refused, $name: the status");
    is_deeply([ map { $_->{line} } $_->received($s) ], [],
        "refused, $name: nothing is sent to "
        . ($_ == $webapi ? 'the WebAPI' : 'another server'))
        for $webapi, $other;
    $s->ends_well("refused, $name");
}

# A subrequest is judged by the policy of its own location, and leaves its
# parent as it is

$s = started('', <<"END");
    erpsync report;
    $last
    location / {
        mirror /mirror;
        proxy_set_header X-Uri \$request_uri;
        proxy_pass $up;
    }
    location = /mirror {
        internal;
        erpsync on;
        proxy_set_header X-Uri \$request_uri;
        proxy_pass $mirror\$request_uri;
    }
END

my $odd = '/cust12345/api/v1/agents/ErpSync/tryConnectActor';
my $loose = $Body =~ s/ErpKey/erpKey/r;

$s->call(uri => $odd, body => $loose);
($got) = $webapi->received($s);
is($got->{target}, $odd, 'report: as it came');
is($got->{body}, $loose, 'report: its body');
is(header($got, 'X-Uri'), $odd, 'report: its $request_uri');
is(header($got, 'Content-Type'), 'application/json', 'report: its type');
($got) = $other->received($s);
is($got->{target}, '/cust12345/api/v1/Agents/ErpSync/TryConnectActor',
    'report: the mirror, canonical');
is($got->{body}, $Canonical, 'report: its body, too');
is(header($got, 'X-Uri'), $got->{target}, 'report: and its $request_uri');

$_->forget() for $webapi, $other;
$s->call(uri => $odd, body => $loose, token => undef);
($got) = $webapi->received($s);
is($got->{body}, $loose, 'report: without a token, as it came');
is_deeply([ $other->received($s) ], [], 'report: not to the mirror');
$s->log_has(qr/ refused reason=app_token_missing/, 'report: that is logged');
$s->ends_well('report');

# After an internal redirect, the policy of the new location decides

my %to = (
    'try_files' => 'try_files /none @be;',
    'error_page' => 'error_page 418 = @be; return 418;',
    'error_page of the WebAPI' => "error_page 502 = \@be;
        proxy_pass http://127.0.0.1:1;",
    'X-Accel-Redirect' => "proxy_pass $mirror/accel;",
);

for my $how (sort keys %to) {
    for (
        [ 'report, on', 'erpsync report;', 'erpsync on;', token => undef ],
        [ 'onsite, online', 'erpsync on; erpsync_installation onsite;
            erpsync_app_token optional;',
            'erpsync on; erpsync_app_token optional;', headers =>
            [ 'Authorization: Basic dGplMDpUamUw' ] ],
        [ 'optional, required', 'erpsync on; erpsync_app_token optional;',
            'erpsync on;', token => undef ],
        [ 'off, on', 'erpsync off;', 'erpsync on;', token => undef ],
        [ 'another registry', 'erpsync on;',
            'erpsync on; erpsync_registry other.json;' ],
        [ 'more field values', 'erpsync on;',
            'erpsync on; erpsync_max_field_values 1;', body =>
            $Body =~ s/\}$/,"FieldValues":[{"CrmFieldKey":"a","SyncToCrm":
                true,"SyncToErp":true},{"CrmFieldKey":"a","SyncToCrm":
                true,"SyncToErp":true}]}/r ],
    ) {
        my ($name, $first, $second, @call) = @$_;
        next if $how eq 'X-Accel-Redirect';
        $s = started('', "$last\nlocation /Cust12345/ { $first $to{$how} }
            location \@be { $second proxy_pass $up; }");
        my ($status) = $s->answer($s->request(@call));
        like($status, qr/^4\d\d$/, "$how, $name: refused");
        is_deeply([ map { $_->{line} } $webapi->received($s) ], [],
            "$how, $name: nothing is sent");
        $s->ends_well("$how, $name", qr/\[error\]/);
    }
}

# What the first policy has changed is not held against the client

$s = started('', <<"END");
    $last
    location /cust12345/ {
        erpsync on;
        erpsync_forward_app_token off;
        erpsync_unknown_properties strip;
        error_page 502 = \@be;
        proxy_pass http://127.0.0.1:1;
    }
    location \@be {
        erpsync on;
        erpsync_unknown_properties pass;
        proxy_pass $up;
    }
END

$s->call(uri => $odd, body => $loose =~ s/\}$/,"New":1}/r);
($got) = $webapi->received($s);
is($got->{target}, '/cust12345/api/v1/Agents/ErpSync/TryConnectActor',
    'again: the URI');
is($got->{body}, $Canonical =~ s/\}$/,"New":1}/r, 'again: the body');
is(header($got, 'SO-AppToken'), $Token, 'again: the token');
is(header($got, 'Content-Length'), length $got->{body}, 'again: its length');
$s->ends_well('again', qr/\[error\]/);

# ... nor forwarded where the next one only reports

$s = started('', <<"END");
    $last
    location /cust12345/ {
        erpsync on;
        error_page 502 = \@be;
        proxy_pass http://127.0.0.1:1;
    }
    location \@be {
        erpsync report;
        proxy_set_header X-Args \$args;
        proxy_pass $up;
    }
END

my $query = '%24select=Name,,%20Name';
$s->call(uri => "$odd?$query", body => $loose);
($got) = $webapi->received($s);
is($got->{target}, "$odd?$query", 'again, report: as it came');
is($got->{body}, $loose, 'again, report: its body');
is(header($got, 'X-Args'), $query, 'again, report: its query');
$s->ends_well('again, report', qr/\[error\]/);

# Another module adds headers to those that are forwarded, more than there is
# room for in nginx's part of the list

$s = started('', <<"END");
    $last
    location /Cust12345/ {
        erpsync on;
        error_page 502 = \@be;
        proxy_pass http://127.0.0.1:1;
    }
    location \@be {
        erpsync on;
        webapi_add_headers 40;
        proxy_pass $up;
    }
END

for my $n (0, 30) {
    $s->call(body => $loose, headers => [ 'Authorization: Bearer x',
        map { "X-Own: $_" } 1 .. $n ]);
    ($got) = $webapi->received($s);
    my $name = "added headers, to $n more";
    is_deeply([ $got->{head} =~ /^X-Added: (\d+)\r?$/mg ], [ 0 .. 39 ],
        "$name: all are sent");
    is_deeply([ $got->{head} =~ /^X-Own: (\d+)\r?$/mg ], [ 1 .. $n ],
        "$name: the client's, too");
    is(header($got, 'SO-AppToken'), $Token, "$name: the token");
    is(header($got, 'Content-Length'), length $Canonical, "$name: the length");
    is($got->{body}, $Canonical, "$name: the body");
    $webapi->forget();
}

$s->ends_well('added headers', qr/\[error\]/);

# "proxy_pass" with a URI cuts the location's name off the path, by its length

for (
    [ 'a slash behind', "$Call/", "$Call/", '/webapi/' ],
    [ 'a slash behind, exactly', "= $Call/", "$Call/", '/webapi/' ],
    [ 'many slashes', '/x//////', '/x//////api/v1/agents/erpsync/SyncAll',
        '/webapi/api/v1/agents/erpsync/SyncAll', '{}' ],
    [ 'another case', '/CUST1/api/', '/CUST1/api/v1/agents/erpsync/syncall',
        '/webapi/v1/Agents/ErpSync/SyncAll', '{}' ],
) {
    my ($name, $location, $uri, $target, $body) = @$_;
    $s = started('', <<"END");
    merge_slashes off;
    erpsync on;
    $last
    location $location { proxy_pass $up/webapi/; }
END
    $s->call(uri => $uri, body => $body // $Body);
    is_deeply([ map { $_->{target} } $webapi->received($s) ], [ $target ],
        "the location's name, $name: what is behind it is sent");
    $s->ends_well("the location's name, $name");
}

# Names that are the same in a variable are not another way in

$s = started('', <<"END");
    underscores_in_headers on;
    erpsync on;
    $last
    location / {
        proxy_set_header SO-Language \$http_so_language;
        proxy_set_header Content-Type \$http_content_type;
        proxy_pass $up;
    }
END

$s->call(headers => [ 'SO_Language: zz', 'Content_Type: text/plain',
    'X_HTTP_Method_Override: DELETE', 'SO_AppToken: x', 'An_Other: one',
    'Authorization: Bearer x', 'SO-Language: nb' ]);
($got) = $webapi->received($s);
is(header($got, 'SO-Language'), 'nb', 'underscores: the language');
is(header($got, 'Content-Type'), 'application/json; charset=utf-8',
    'underscores: the type');
is_deeply([ $got->{head} =~ /^(\w*_\w*):/mg ], [ 'An_Other' ],
    'underscores: no such name of a header that is judged');
$s->ends_well('underscores');

# A call that one policy has passed on is judged by the next one, too, where a
# page for a server's failure keeps the status

$s = started('', <<"END");
    $last
    location /Cust12345/ {
        erpsync on;
        error_page 502 \@be;
        proxy_pass http://127.0.0.1:1;
    }
    location \@be {
        erpsync on;
        erpsync_unknown_properties strip;
        proxy_pass $up;
    }
END

$s->call();
is(scalar(() = $webapi->received($s)), 1, '502 and another policy: forwarded');
$s->ends_well('502 and another policy', qr/\[error\]/);

# A subrequest that is refused reaches no server by its pages, either

for my $errors ('auto', 'off') {
    for my $policy ('on', 'off') {
        for my $page ('403 @page', '403 = @page', '403 =200 @page') {
            my $name = "a subrequest, $errors, $policy, $page";
            $s = started('', <<"END");
    $last
    location / {
        erpsync report;
        mirror /mirror;
        proxy_pass $up;
    }
    location = /mirror {
        internal;
        erpsync on;
        erpsync_errors $errors;
        error_page $page;
        proxy_pass $mirror;
    }
    location \@page { erpsync $policy; proxy_pass $mirror; }
END
            $s->call(token => undef);
            is(scalar(() = $webapi->received($s)), 1, "$name: report");
            is_deeply([ map { $_->{line} } $other->received($s) ], [],
                "$name: nothing is sent to another server");
            is(() = $s->log =~ /erpsync: refused/g, 1, "$name: logged once");
            $s->ends_well($name);
        }
    }
}

# From "on" to "report", a request goes out as it came

$s = started('', <<"END");
    $last
    location /cust12345/ {
        erpsync on;
        error_page 502 = \@be;
        proxy_pass http://127.0.0.1:1;
    }
    location \@be { erpsync report; proxy_pass $up; }
END

$s->call(uri => "$odd?a=b", body => $loose,
    headers => [ 'authorization: bearer x', 'X-HTTP-Method: PUT' ]);
($got) = $webapi->received($s);
is($got->{target}, "$odd?a=b", 'as it came: the URI');
is($got->{body}, $loose, 'as it came: the body');
is(header($got, 'X-HTTP-Method'), 'PUT', 'as it came: a header');
is(header($got, 'Authorization'), 'bearer x', 'as it came: another');
$s->ends_well('as it came', qr/\[error\]/);

# A call opens no tunnel, also where a location lets WebSocket pass

my $tunnel = Recorder->new(answer => sub {
    $_[1]{echo} = 1;
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n"
        . "Connection: Upgrade\r\n\r\n";
});
my $to = 'http://127.0.0.1:' . $tunnel->port;

$s = started('', <<"END");
    erpsync on;
    proxy_http_version 1.1;
    proxy_set_header Upgrade \$http_upgrade;
    proxy_set_header Connection upgrade;
    proxy_read_timeout 1s;
    $last
    location /report { erpsync report; proxy_pass $to; }
    location / { proxy_pass $to; }
END

for my $case (
    [ 'a preflight', 'no tunnel', method => 'OPTIONS', token => undef,
        body => '' ],
    [ 'a description', 'no tunnel', method => 'GET', body => '' ],
    [ 'a call', 'no tunnel' ],
    [ 'report', 'a tunnel', uri => "/report$Call" ],
    [ 'another request', 'a tunnel', uri => '/other' ],
) {
    my ($name, $expected, @call) = @$case;
    my $socket = $s->connection();
    my $text = '';
    print $socket $s->request(headers => [ 'Authorization: Bearer x',
        'Upgrade: h2c' ], @call);
    1 while $text !~ /\r\n\r\n/
        && sysread $socket, $text, 4096, length $text;
    like($text, qr{\AHTTP/1\.1 101}, "upgrade, $name: the answer");
    print $socket 'not judged';
    1 while $text !~ /not judged/
        && sysread $socket, $text, 4096, length $text;
    is($text =~ /not judged/ ? 'a tunnel' : 'no tunnel', $expected,
        "upgrade, $name");
}
$s->ends_well('upgrade');

# A body that a mirror is still sending, from the buffers of the request, when
# an error page judges the call

my $stage = tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $stage;
my $slow = IO::Socket::UNIX->new(Local => "$stage/slow.sock", Listen => 1)
    or die "socket: $!";
chmod 0777, "$stage/slow.sock";

$s = started('client_body_in_single_buffer on; client_body_buffer_size 4m;'
    . "server { listen unix:$stage/closes.sock; return 444; }", <<"END");
    client_max_body_size 4m;
    $last
    location / {
        erpsync off;
        mirror /mirror;
        error_page 502 = \@judged;
        proxy_pass http://unix:$stage/closes.sock;
    }
    location = /mirror { internal; proxy_pass http://unix:$stage/slow.sock; }
    location \@judged { erpsync on; proxy_pass $up; }
END

my $sent = $Body =~ s/qui/join '', 'a' .. 'zzzz'/er;
my $client = $s->connection();
print $client $s->request(body => $sent);
like(scalar <$client>, qr{\AHTTP/1\.1 422 }, 'a slow mirror: refused');

my $sending = $slow->accept();
my $text = '';
until ($text =~ /\r\n\r\n/
    && length $text >= $+[0] + ($text =~ /^Content-Length: (\d+)/mi)[0])
{
    sysread $sending, $text, 65536, length $text or last;
}
ok($text =~ /\r\n\r\n(.*)\z/s && $1 eq $sent, 'a slow mirror: what was sent');
close $_ for $sending, $client;
is(scalar $webapi->received($s), 0, 'a slow mirror: the WebAPI is not asked');
$s->ends_well('a slow mirror');

# A call is sent by the method that was judged, or not at all: nobody's
# credentials are asked for in a preflight, and a description is not limited.

$s = started('', <<"END");
    erpsync on;
    $last
    location / { proxy_method POST; proxy_pass $up; }
    location /query/ { proxy_method \$arg_method; proxy_pass $up; }
    location /same/ { proxy_method \$request_method; proxy_pass $up; }
    location /head/ { proxy_method HEAD; proxy_pass $up; }
    location /report/ {
        erpsync report;
        proxy_method PUT;
        proxy_pass $up;
    }
    location /mirror/ { mirror /m; proxy_pass $up; }
    location = /m {
        internal;
        proxy_method POST;
        proxy_pass $mirror\$request_uri;
    }
    location /auth/ { auth_request /a; proxy_pass $up; }
    location = /a {
        internal;
        proxy_method POST;
        proxy_set_body "token=x";
        proxy_pass $mirror/introspect;
    }
END

for (
    [ 'a preflight', 500, '', '', method => 'OPTIONS', token => undef,
        headers => [], body => '{}' ],
    [ 'a description', 500, '', '', method => 'GET', body => '' ],
    [ 'the method of a call', 200, 'POST', '' ],
    [ 'another method for a call', 500, '', '',
        uri => "/query$Call?method=PUT" ],
    [ 'by another name', 500, '', '', uri => "/query$Call?method=post" ],
    [ 'no method', 500, '', '', uri => "/query$Call" ],
    [ 'the same for a preflight', 200, 'OPTIONS', '', method => 'OPTIONS',
        token => undef, headers => [], body => '', uri => "/same$Call" ],
    [ 'HEAD for GET', 200, 'HEAD', '', method => 'GET', body => '',
        uri => "/head$Call" ],
    [ 'report', 200, 'PUT', '', uri => "/report$Call" ],
    [ 'another request', 200, 'POST', '', method => 'PUT', uri => '/other' ],
    [ 'a mirror of a call', 200, 'POST', 'POST', uri => "/mirror$Call" ],
    [ 'a mirror of a preflight', 200, 'OPTIONS', '', method => 'OPTIONS',
        token => undef, headers => [], body => '{}', uri => "/mirror$Call" ],
    [ 'an introspection', 200, 'POST', 'POST', uri => "/auth$Call" ],
) {
    my ($name, $status, $sent, $beside, @call) = @$_;
    $_->forget() for $webapi, $other;
    my ($answer) = $s->call(@call) =~ m{\AHTTP/1\.1 (\d+)};
    is($answer, $status, "method, $name: the answer");
    is(join(' ', map { $_->{method} } $webapi->received($s)), $sent,
        "method, $name: what is sent");
    is(join(' ', map { $_->{method} } $other->received($s)), $beside,
        "method, $name: what is sent beside it");
}
# no header is left of several parts of nginx's list

$_->forget() for $webapi, $other;
like($s->exchange("OPTIONS /same$Call HTTP/1.0\r\n"
    . "X-Rewrite-URL: /x\r\n" x 45 . "\r\n"), qr{\AHTTP/1\.1 200},
    'a preflight of headers that are removed');
is(join(' ', map { header($_, 'X-Rewrite-URL') // 'none' }
    $webapi->received($s)), 'none', '... without them');
$s->log_has(qr/\[error\] .*erpsync: "proxy_method" .*changes the method of a/,
    'method: the log');
$s->log_has(qr/would refuse reason=gateway_failed/, 'method: report');
$s->ends_well('method', qr/\[error\]/);

# A request that "proxy_pass" leads to the agent, however it names the server;
# and "proxy_bind" does what it says.

my $inside = free_port();
my $Short = '/v1/Agents/ErpSync/TryConnectActor';

$s = started("server { listen 127.0.0.1:$inside; return 200 \$remote_addr; }",
    <<"END");
    erpsync on;
    $last
    location ~ ^/a(/.*) { proxy_pass $up/Cust12345/api\$1; }
    location ~ ^/b(/.*) {
        proxy_bind 127.0.0.1;
        proxy_pass $up/Cust12345/api\$1\$is_args\$args;
    }
    location ~ ^/c(/.*) {
        proxy_bind \$arg_bind;
        if (\$arg_if) { proxy_pass $up/Cust12345/api\$1; }
        proxy_pass $up/Cust12345/api\$1;
    }
    location /d { erpsync off; proxy_pass $up/Cust12345/api; }
    location /e { proxy_pass $up/Cust12345/api; error_page 500 =200 /d/v1; }
    location ~ ^/f { proxy_pass $up/Cust12345/api\$arg_path; }
    location /g { mirror /beside; proxy_pass http://127.0.0.1:$inside; }
    location = /beside { internal; proxy_pass $up/Cust12345/api$Short; }
    location /to { proxy_pass http://127.0.0.1:$inside; }
    location /to/a { proxy_bind 127.0.0.2; proxy_pass http://127.0.0.1:$inside; }
    location /to/b {
        proxy_bind \$arg_bind;
        proxy_pass http://127.0.0.1:$inside;
        location /to/b/off {
            proxy_bind off;
            proxy_pass http://127.0.0.1:$inside;
        }
    }
END

for (
    [ 'variables', 500, '', "/a$Short" ],
    [ 'another agent', 200, 'api/v1/Agents/Contact/GetContact',
        '/a/v1/Agents/Contact/GetContact' ],
    [ 'an address to bind to', 500, '', "/b$Short?a=b" ],
    [ 'the same, another agent', 200, 'api/v1/Agents/Contact/GetContact?a=b',
        '/b/v1/Agents/Contact/GetContact?a=b' ],
    [ 'a variable to bind to', 500, '', "/c$Short?bind=127.0.0.2" ],
    [ 'if', 500, '', "/c$Short?if=1" ],
    [ 'off', 200, substr("/api$Short", 1), "/d$Short" ],
    [ 'an error page', 200, 'api/v1', "/e$Short" ],
    [ 'an argument', 500, '', "/f?path=$Short" ],
    [ 'a blank in an argument', 500, '', "/f?path=$Short%20x" ],
    [ 'a mirror', 200, '', '/g' ],
    [ 'a mirror of GET', 200, substr("/api$Short", 1), '/g', method => 'GET' ],
    [ 'a mirror of HEAD', 200, substr("/api$Short", 1), '/g',
        method => 'HEAD' ],
) {
    my ($name, $status, $sent, $uri, @more) = @$_;
    $webapi->forget();
    my ($answer) = $s->call(uri => $uri, token => undef, headers => [], @more)
        =~ m{\AHTTP/1\.1 (\d+)};
    is($answer, $status, "proxied, $name: the answer");
    is(join(' ', map { $_->{target} } $webapi->received($s)),
        $sent && "/Cust12345/$sent", "proxied, $name: what is sent");
}
for (
    [ 'none', '127.0.0.1', '/to' ],
    [ 'an address', '127.0.0.2', '/to/a' ],
    [ 'a variable', '127.0.0.3', '/to/b?bind=127.0.0.3' ],
    [ 'an empty variable', '127.0.0.1', '/to/b' ],
    [ 'off', '127.0.0.1', '/to/b/off?bind=127.0.0.3' ],
) {
    my ($name, $address, $uri) = @$_;
    like($s->exchange("GET $uri HTTP/1.0\r\n\r\n"), qr/\n\Q$address\E\z/,
        "proxy_bind, $name");
}
$s->ends_well('proxied', qr/\[error\]/);

done_testing();
