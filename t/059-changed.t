# A call is judged as it is sent: a script, an internal redirect, "proxy_method"
# or the URI of "proxy_pass" may make another call of the one that was judged.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Test::More;

use ErpsyncServer;
use ErpsyncTest;
use Recorder;

my $webapi = Recorder->new();
my $other = Recorder->new();
my $up = 'http://127.0.0.1:' . $webapi->port;
my $mirror = 'http://127.0.0.1:' . $other->port;

my $call = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';
my $loose = $Body =~ s/:/ : /gr;
my $valid = $Canonical =~ s/883/884/r;
my $evil = '{"ErpConnectionId":-1}';

sub started {
    my ($server) = @_;
    my $s = ErpsyncServer->new();
    $s->write_file('registry.json', registry('acme-erp' => [ $Token ],
        'one-tenant' => [ 'token-one-tenant',
            '"agents": ["ErpSync"], "tenants": ["Cust12345"]' ],
        'enforced' => [ 'token-enforced',
            '"agents": ["ErpSync"], "enforce": true' ]));
    my $port = $s->port;
    $s->start($s->conf("upstream kept { server 127.0.0.1:@{[ $webapi->port ]};\n"
        . "keepalive 1; }\nserver {\nlisten 127.0.0.1:$port;\n"
        . "erpsync on;\nerpsync_registry registry.json;\n$server\n"
        . "location = /last { erpsync off; mirror /mlast; proxy_pass $up; }\n"
        . "location = /mlast { internal; erpsync off;\n"
        . "    proxy_pass $mirror/last; }\n}"));
    $_->forget() for $webapi, $other;
    return $s;
}

sub header {
    my ($request, $name) = @_;
    return ($request->{head} // '') =~ /^\Q$name\E: (.*?)\r?$/mi ? $1 : undef;
}

sub change {
    return join '', map { "webapi_change $_;\n" } @_;
}

# The same request, after an internal redirect.  What a script has changed in it
# is not kept: what the client sent is judged again.

my @preflight = (method => 'OPTIONS', token => undef, headers => []);

for (
    [ 'nothing', [], {}, 200 ],
    [ 'OPTIONS to POST', [ 'method POST', "body '$valid'" ], { @preflight },
        401 ],
    [ 'OPTIONS to POST, without a body', [ 'method POST' ],
        { @preflight, body => '' }, 401 ],
    [ 'GET to POST', [ 'method POST' ], { method => 'GET', body => '' }, 400 ],
    [ 'POST to PUT', [ 'method PUT' ], {}, 405 ],
    [ 'the body', [ "body '$evil'" ], {}, 200 ],
    [ 'the body, to a good one', [ "body '$valid'" ], {}, 200 ],
    [ 'the token', [ "header 'SO-AppToken: x'" ], {}, 200 ],
    [ 'the credentials', [ "header 'Authorization: Basic x'" ], {}, 200 ],
    [ 'the type', [ "header 'Content-Type: text/plain'" ], {}, 200 ],
    [ 'the length', [ "header 'Content-Length: 1'" ], {}, 200 ],
    [ 'a header that is dropped',
        [ "header 'X-HTTP-Method-Override: DELETE'" ], {}, 200 ],
    [ 'the query', [ 'args %24select=%00!bad()' ], {}, 400 ],
    [ 'the query, to a good one', [ 'args x=1' ], {}, 200, '?x=1' ],
) {
    my ($what, $changes, $o, $status, $query) = @$_;
    my $s = started("location /Cust12345/ { error_page 502 = \@be;
            proxy_pass http://127.0.0.1:1; }
        location \@be { @{[ change(@$changes) ]} proxy_pass $up; }");
    my ($got) = $s->answer($s->request(body => $loose, %$o));
    my @requests = $webapi->received($s);

    if ($status != 200) {
        is($got, $status, "redirect, $what: refused");
        is(scalar @requests, 0, "redirect, $what: nothing is sent");

    } else {
        is($got, 200, "redirect, $what: forwarded");
        is(scalar @requests, 1, "redirect, $what: once");
        is($requests[0]{target}, $call . ($query // ''),
            "redirect, $what: the target");
        is($requests[0]{body}, $Canonical, "redirect, $what: the body");
        is(header($requests[0], 'SO-AppToken'), $Token,
            "redirect, $what: the token");
        is(header($requests[0], 'Authorization'), 'Bearer x',
            "redirect, $what: the credentials");
        is(header($requests[0], 'Content-Type'),
            'application/json; charset=utf-8', "redirect, $what: the type");
        is(header($requests[0], 'Content-Length'), length $Canonical,
            "redirect, $what: the length");
        is(header($requests[0], 'X-HTTP-Method-Override'), undef,
            "redirect, $what: the method");
    }

    $s->ends_well("redirect, $what", qr/\[error\]/);
}

# The same, but in the access phase behind the redirect: the call has passed the
# gateway, and is not judged again

for (
    [ 'nothing', [], {} ],
    [ 'OPTIONS to POST', [ 'method POST', "body '$valid'" ], { @preflight } ],
    [ 'OPTIONS, with another method', [ "header 'X-HTTP-Method: POST'" ],
        { @preflight, body => '' } ],
    [ 'GET to POST', [ 'method POST' ], { method => 'GET', body => '' } ],
    [ 'the body', [ "body '$evil'" ], {} ],
    [ 'the token', [ "header 'SO-AppToken: x'" ], {} ],
    [ 'the length', [ "header 'Content-Length: 1'" ], {} ],
    [ 'a header that is dropped', [ "header 'X-HTTP-Method: DELETE'" ], {} ],
    [ 'the query', [ 'args %24select=!' ], {} ],
) {
    my ($what, $changes, $o) = @$_;
    my $s = started("location /Cust12345/ { try_files /none \@be; }
        location \@be { @{[ change(@$changes) =~ s/_change/_change_late/gr ]}
            proxy_pass $up; }");
    my ($got, $body) = $s->answer($s->request(body => $loose, %$o));
    is($got, @$changes ? 500 : 200, "late, $what: the status");
    is(scalar(() = $webapi->received($s)), @$changes ? 0 : 1,
        "late, $what: what is sent");

    if (@$changes) {
        $s->log_has(qr/erpsync: another module has changed a call/,
            "late, $what: the log says why");
        $s->log_has(qr/refused reason=gateway_failed/, "late, $what: refused");
    }

    $s->ends_well("late, $what", qr/erpsync: another module/);
}

# With "report", so it is for an app that is enforced

for ([ 'token-enforced', 500, 0 ], [ $Token, 200, 1 ]) {
    my ($token, $status, $n) = @$_;
    my $s = started("location /Cust12345/ { erpsync report; try_files /none \@be; }
        location \@be { erpsync report; webapi_change_late body '$evil';
            proxy_pass $up; }");
    my ($got) = $s->answer($s->request(token => $token));
    is($got, $status, "late, report, $status: the status");
    is(scalar(() = $webapi->received($s)), $n, "late, report, $status: sent");
    $s->ends_well("late, report, $status", qr/erpsync: another module/);
}

# nginx makes a GET of a call that failed: then it has no body, which would be
# taken for the start of the next request

{
    my $s = started("proxy_http_version 1.1; proxy_set_header Connection '';
        location /Cust12345/ { error_page 502 = /two\$uri;
            proxy_pass http://127.0.0.1:1; }
        location /two/ { proxy_pass http://kept; }
        location /next { erpsync off; proxy_pass http://kept; }");
    my ($got) = $s->answer($s->request(body => $loose));
    is($got, 200, 'POST to GET: forwarded');
    $s->answer("GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    my @requests = $webapi->received($s);
    is_deeply([ map { $_->{line} } @requests ],
        [ "GET /two$call HTTP/1.1", 'GET /next HTTP/1.1' ],
        'POST to GET: it, and the next request of the connection');
    is_deeply([ map { $_->{connection} } @requests ],
        [ ($requests[0]{connection}) x 2 ], 'POST to GET: of one connection');
    is(header($requests[0], 'Content-Length'), undef,
        'POST to GET: no length');
    $s->ends_well('POST to GET', qr/\[error\]/);
}

# A preflight does not become the description of an operation

{
    my $s = started("location /Cust12345/ { error_page 502 = /be;
            proxy_pass http://127.0.0.1:1; }
        location /be { proxy_pass $up\$request_uri; }");
    my ($got) = $s->answer($s->request(@preflight, body => ''));
    is($got, 401, 'OPTIONS to GET: refused');
    is(scalar(() = $webapi->received($s)), 0, 'OPTIONS to GET: nothing is sent');
    $s->ends_well('OPTIONS to GET', qr/\[error\]/);
}

# A subrequest with the target of its call: what it has of its own is judged

for (
    [ 'nothing', [], $Canonical ],
    [ 'the body', [ "body '$evil'" ], undef ],
    [ 'the body, to a good one', [ "body '$valid'" ], $valid ],
    [ 'the method', [ 'method PUT' ], undef ],
    [ 'the method, to GET, and back', [ 'method GET', "body '$valid'" ], undef,
        'proxy_method POST;' ],
    [ 'the token', [ "header 'SO-AppToken: x'" ], undef ],
    [ 'the language', [ "header 'SO-Language: !!'" ], undef ],
) {
    my ($what, $changes, $body, $more) = @$_;
    my $s = started("location /Cust12345/ { mirror /m; proxy_pass $up; }
        location = /m { internal; @{[ change(@$changes) ]} @{[ $more // '' ]}
            proxy_pass $mirror\$request_uri; }");
    my ($got) = $s->answer($s->request(body => $loose,
        headers => [ 'Authorization: Bearer x', 'SO-Language: nb' ]));
    is($got, 200, "subrequest, $what: the call is forwarded");
    my @requests = $other->received($s);
    is_deeply([ map { $_->{body} } @requests ], [ $body // () ],
        "subrequest, $what: what is sent");
    is(header($requests[0], 'Content-Length'), length $body,
        "subrequest, $what: its length") if defined $body;
    $s->ends_well("subrequest, $what", qr/erpsync: the URI|no port in/);
}

# The URI of "proxy_pass" may lead a call to another one

for (
    [ 'its own tenant', 'location /gw/ { proxy_pass %s/Cust12345/; }',
        '/gw/api/v1/Agents/ErpSync/TryConnectActor', 200, $call ],
    [ 'another tenant', 'location /gw/ { proxy_pass %s/Cust999/; }',
        '/gw/api/v1/Agents/ErpSync/TryConnectActor', 500 ],
    [ 'two tenants', 'location /gw/ { proxy_pass %s/Cust999/; }',
        '/gw/Cust12345/api/v1/Agents/ErpSync/TryConnectActor', 500 ],
    [ 'no tenant', 'location /Cust12345/ { proxy_pass %s/; }', $call, 200,
        '/api/v1/Agents/ErpSync/TryConnectActor' ],
    [ 'another operation', 'location /try/ { try_files /none /so/$arg_op; }
        location /so/ { proxy_pass %s/Cust12345/api/v1/; }',
        '/try/api/v1/Agents/ErpSync/TryConnectActor'
            . '?op=Agents/ErpSync/SyncAll', 500 ],
    [ 'SOAP', 'location /Cust12345/ {
            proxy_pass %s/Cust12345/Services88/ErpSync.svc?; }', $call, 500 ],
    [ 'a query', 'location /Cust12345/ { proxy_pass
        %s/api/v1/Agents/ErpSync/TryConnectActor?%%24select=$arg_f; }',
        "$call?f=Name", 200,
        '/api/v1/Agents/ErpSync/TryConnectActor?%24select=Name' ],
    [ 'a bad query', 'location /Cust12345/ { proxy_pass
        %s/api/v1/Agents/ErpSync/TryConnectActor?%%24select=$arg_f; }',
        "$call?f=!", 500 ],
    [ 'elsewhere', 'location /Cust12345/ { proxy_pass %s/elsewhere/; }', $call,
        200, '/elsewhere/api/v1/Agents/ErpSync/TryConnectActor' ],
    [ 'a path that is not the agent', 'location /Cust12345/api/v1/Agents/ {
            proxy_pass %s/other/; }', $call, 200,
        '/other/ErpSync/TryConnectActor' ],
) {
    my ($what, $locations, $uri, $status, $target) = @$_;
    my $s = started(sprintf $locations, $up);
    my ($got) = $s->answer($s->request(uri => $uri, token => 'token-one-tenant',
        headers => [ 'Authorization: Bearer 8A:Cust12345.abc' ]));
    is($got, $status, "led to $what: the status");
    is_deeply([ map { $_->{target} } $webapi->received($s) ],
        [ $target // () ], "led to $what: what is sent");
    $s->log_has(qr/erpsync: the URI of "proxy_pass" leads a call to another/,
        "led to $what: the log says why") if $status == 500;
    $s->ends_well("led to $what", qr/erpsync: the URI|no port in upstream/);
}

# A GET of a subrequest is not judged, since it executes nothing: it must stay
# one

for (
    [ 'a mirror', { method => 'GET', uri => '/hook', token => undef,
            headers => [] }, 200, 0,
        "location /hook { mirror /m; proxy_pass $mirror; }
        location = /m { internal; proxy_method POST; proxy_pass $up$call; }" ],
    [ 'auth_request with the path of the call', {}, 500, 0,
        "location /Cust12345/ { auth_request /a; proxy_pass $mirror; }
        location = /a { internal; proxy_method POST;
            proxy_pass $up\$request_uri; }" ],
    [ 'auth_request with a path of its own', {}, 200, 1,
        "location /Cust12345/ { auth_request /a; proxy_pass $mirror; }
        location = /a { internal; proxy_method POST;
            proxy_pass_request_body off; proxy_set_header Content-Length '';
            proxy_pass $up/check; }" ],
    [ 'auth_request that stays GET', {}, 200, 1,
        "location /Cust12345/ { auth_request /a; proxy_pass $mirror; }
        location = /a { internal;
            proxy_pass_request_body off; proxy_set_header Content-Length '';
            proxy_pass $up\$request_uri; }" ],
) {
    my ($what, $o, $status, $n, $locations) = @$_;
    my $s = started($locations);
    my ($got) = $s->answer($s->request(body => $valid, %$o));
    is($got, $status, "$what: the status");
    is(scalar(() = $webapi->received($s)), $n, "$what: what is sent");
    $s->ends_well($what, qr/erpsync: the URI|no port in|auth request unexpected/);
}

# The site's page for a failure of the WebAPI is shown, also where its location
# has the gateway on

for my $page ('502 504 /page', '502 504 =200 /page') {
    my $s = started("error_page $page;
        location /Cust12345/ { proxy_pass http://127.0.0.1:1; }
        location = /page { proxy_pass $up; }");
    my ($got, $body) = $s->answer($s->request());
    is($got, $page =~ /=200/ ? 200 : 502, "$page: the status");
    unlike($body, qr/erpsync-gateway/, "$page: the page");
    $s->ends_well($page, qr/\[error\]/);
}

done_testing();
