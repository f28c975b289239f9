# A connection's heads that were good are remembered: the same head again is
# not judged again, but for the app, its grants and the tenant.  Whatever the
# gateway remembers, each call must fare as if it were alone.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Test::More;

use ErpsyncServer;
use ErpsyncTest;
use Recorder;

my $webapi = Recorder->new();
my $s = ErpsyncServer->new();
my $port = $s->port;
my $seed = $ENV{TEST_SEED} // time;

print "# TEST_SEED=$seed\n";
srand $seed;

my $agents = '"agents": ["ErpSync"]';
my $other = 'token-of-the-other-application-01';
my $open = '{ "version": 1, "tenants": { "Cust12345":'
    . ' { "host": "127.0.0.1" } } }';
my $closed = '{ "version": 1, "tenants": { "Cust12345":'
    . ' { "host": "127.0.0.1", "state": "maintenance" } } }';
my %apps = ('acme-erp' => [ $Token ], 'other-erp' => [ $other ],
    'old-erp' => [ 'O' x length $Token, $agents,
        ', "expires": "2020-01-01T00:00:00Z"' ]);

$s->write_file('registry.json', registry(%apps));
$s->write_file('tenants.json', $open);
$s->start($s->conf(<<"END"));
    log_format calls '\$erpsync_decision \$erpsync_reason [\$erpsync_app]'
        ' \$erpsync_operation \$erpsync_tenant \$erpsync_scheme'
        ' [\$erpsync_language|\$erpsync_culture|\$erpsync_timezone]'
        ' [\$erpsync_connection \$erpsync_violations] \$erpsync_result';
    access_log logs/calls.log calls;
    geo \$dollar { default "\$"; }
    upstream webapi { server 127.0.0.1:@{[ $webapi->port ]}; }
    server {
        listen 127.0.0.1:$port;
        large_client_header_buffers 4 8k;
        keepalive_requests 100000;
        erpsync on;
        erpsync_registry registry.json refresh=1s;
        erpsync_tenants tenants.json refresh=1s;
        location / { proxy_pass http://webapi; }
        location /strict/ {
            erpsync_credentials basic;
            proxy_pass http://webapi;
        }
        location /again/ { rewrite ^/again(.*) \$1 last; }
        location /sometimes/ {
            error_page 418 = \@often;
            if (\$connection_requests ~ "[02468]\$") { return 418; }
            proxy_pass http://webapi;
        }
        location /query/ {
            set \$args "\${dollar}select=Field\$connection_requests";
            proxy_pass http://webapi;
        }
        location \@often {
            erpsync_credentials basic;
            proxy_pass http://webapi;
        }
    }
END

# Calls.  The first one is remembered; the others differ from it in one place.

my $path = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';
my @fields = ('Host: localhost', 'Authorization: Bearer 8A:Cust12345.abc',
    'Accept: application/json', 'Accept-Language: nb-NO,nb;q=0.9',
    'SO-Language: nb-no', 'SO-Culture: nb-NO',
    'Content-Type: application/json', 'Content-Length: @', 'X-Own: 1',
    'SO-TimeZone: NO, includeTZOffset', "SO-AppToken: $Token");

sub head {
    my ($line, @lines) = @_;
    return join "\r\n", $line, @lines, '', '';
}

sub call {
    my ($head, $body) = (@_, $Body);
    $head =~ s/\@/length $body/e;
    return $head . $body;
}

my $line = "POST $path HTTP/1.1";
my $first = head($line, @fields);
my %calls;

sub changed {
    my ($name, $from, $to) = @_;
    $calls{$name} = call($first =~ s/\Q$from\E/$to/r);
    isnt($calls{$name}, call($first), "$name differs");
}

$calls{first} = call($first);
$calls{'another body'} = call($first, $Body =~ s/qui/vos/r);
$calls{'a longer body'} = call($first, $Body =~ s/qui/'q' x 5000/er);
$calls{'a body that is wrong'} = call($first, $Body =~ s/34/-1/r);
$calls{'a body as long that is wrong'} = call($first, $Body =~ s/:34/:"x/r);
$calls{'an array'} = call($first, '[1]');
$calls{'no body'} = call($first =~ s/Content-Length: \@\r\n//r, '');
$calls{'a body of 0 bytes'} = call($first, '');
$calls{chunked} = $first =~ s/Content-Length: \@/Transfer-Encoding: chunked/r
    . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $Body, $Body);

changed('another app', $Token, $other);
changed('an app that has expired', $Token, 'O' x length $Token);
changed('a token that differs at its end', $Token, substr($Token, 0, -1) . 'X');
changed('a token that differs at its start', $Token, 'X' . substr $Token, 1);
changed('a longer token', $Token, "${Token}x");
changed('no credentials', "Authorization: Bearer 8A:Cust12345.abc\r\n", '');
changed('other credentials', 'Cust12345.abc', 'Cust12345.abd');
changed('credentials of another tenant', '8A:Cust12345', '8A:Cust12346');
changed('a scheme in another case', 'Bearer', 'bEARER');
changed('a scheme that is unknown', 'Bearer', 'Bearex');
changed('credentials with a control character', '.abc', ".a\x01c");
changed('another tenant', '/Cust12345/', '/Cust12346/');
changed('another case', 'TryConnectActor', 'tryconnectactor');
changed('another operation', 'TryConnectActor', 'GetActorByCrmId');
changed('no operation', 'TryConnectActor', 'TryConnectActox');
changed('a query', 'TryConnectActor ', 'TryConnectActor?$select=x ');
changed('an empty query', 'TryConnectActor ', 'TryConnectActor? ');
changed('an encoded path', 'TryConnectActor', 'TryConnectActo%72');
changed('GET', 'POST', 'GET');
changed('PUT', 'POST', 'PUT');
changed('absolute', "POST ", 'POST http://localhost');
changed('HTTP/1.0', 'HTTP/1.1', 'HTTP/1.0');
changed('another language', 'SO-Language: nb-no', 'SO-Language: nn-no');
changed('a wrong language', 'SO-Language: nb-no', 'SO-Language: nb_no');
changed('no language', "SO-Language: nb-no\r\n", '');
changed('a wrong culture', 'SO-Culture: nb-NO', 'SO-Culture: n.-NO');
changed('another time zone', 'SO-TimeZone: NO', 'SO-TimeZone: DE');
changed('a wrong time zone', 'SO-TimeZone: NO', 'SO-TimeZone: N:');
changed('another type', 'application/json', 'application/jsox');
changed('another type of body', 'Type: application/json',
    'Type: application/xml;');
changed('an encoding', 'X-Own: 1', 'Content-Encoding: gzip');
changed('no type', "Content-Type: application/json\r\n", '');
changed('another own header', 'X-Own: 1', 'X-Own: 2');
changed('another own name', 'X-Own: 1', 'Y-Own: 1');
changed('a name in another case', 'X-Own: 1', 'x-own: 1');
changed('an override', 'X-Own: 1', 'X-HTTP-Method: PUT');
changed('a token twice', 'X-Own: 1', "SO-AppToken: $Token");
changed('a token with a low line', 'X-Own: 1', "SO_AppToken: $Token");
changed('a header more', 'X-Own: 1', "X-Own: 1\r\nX-More: 1");
changed('a header less', "X-Own: 1\r\n", '');
changed('an upgrade', 'X-Own: 1', 'Upgrade: websocket');
changed('Content-Length first', "Host: localhost\r\n",
    "Content-Length: \@\r\nHost: localhost\r\n");
changed('spaces', 'X-Own: 1', 'X-Own:  1');
changed('a strict place', $path, "/strict$path");
changed('a place with an internal redirect', $path, "/again$path");
changed('a place with a query of its own', $path, "/query$path");
changed('a place with two policies', $path, "/sometimes$path");
$calls{'Content-Length twice'} = call($first =~ s/X-Own: 1/Content-Length: \@/r
    =~ s/\@/length $Body/er);
$calls{'other order'} = call(head($line, reverse @fields));
$calls{'many headers'} = call(head($line, @fields,
    map { "X-Many-$_: $_" } 1 .. 12));
$calls{'long headers'} = call(head($line, @fields, map { "X-Long-$_: "
    . 'l' x 300 } 1 .. 8));
$calls{'longer headers'} = call(head($line, @fields, map { "X-Long-$_: "
    . 'l' x 3000 } 1 .. 3));

# What became of a call: status, what the WebAPI received, and the log

my ($seen, $socket, $nth) = (0, undef, 0);

sub answer {
    my ($head, $body) = ('', '');
    while ($head !~ /\r\n\r\n/) {
        sysread $socket, $head, 1, length $head or last;
    }
    if ($head =~ /^Content-Length: (\d+)/mi) {
        while (length $body < $1) {
            sysread $socket, $body, $1 - length $body, length $body or last;
        }
    }
    elsif ($head =~ /^Transfer-Encoding: chunked/mi) {
        while ($body !~ /(\A|\r\n)0\r\n\r\n\z/) {
            sysread $socket, $body, 1, length $body or last;
        }
    }
    undef $socket if $head !~ /^Connection: keep-alive/mi;
    my ($status) = $head =~ m{^HTTP/1\.1 (\d+)};
    return ($status // 'none', $body =~ s/[0-9a-f]{32}/id/gr);
}

sub outcome {
    my ($name) = @_;
    my @lines;
    if (!$socket) {
        $socket = $s->connection();
        $nth = 0;
    }
    $nth++;
    print $socket $calls{$name} // $name;
    my @answer = answer();
    until_true(sub {
        @lines = $s->read_file('logs/calls.log') =~ /(.*)\n/g;
        return @lines > $seen;
    });
    $seen = @lines;
    my @got = map { $_->{raw} } $webapi->requests();
    $webapi->forget();
    return [ @answer, \@got, $lines[-1] ];
}

# each as the only call of a connection

my %expected;
my @names = sort keys %calls;

for my $name (@names) {
    undef $socket;
    $expected{$name} = outcome($name);
    is(scalar @{ $expected{$name}[2] }, $expected{$name}[0] == 200 ? 1 : 0,
        "$name alone: $expected{$name}[0] $expected{$name}[3]");
}

is($expected{first}[0], 200, 'the first is forwarded');
is_deeply([ grep { $expected{$_}[0] eq 'none' } @names ], [],
    'each is answered');
cmp_ok(scalar(grep { $expected{$_}[0] != 200 } @names), '>', 20,
    'many are refused');

# after the first one, thrice

for my $name (@names) {
    undef $socket;
    is_deeply(outcome('first'), $expected{first}, "$name: after the first")
        for 1 .. 3;

    # this place has the other policy for every other call of a connection

    next if $name =~ /two policies|of its own/;

    for my $again ('', ', again', ', and again') {
        is_deeply(outcome($name), $expected{$name}, "$name$again");
        is_deeply(outcome('first'), $expected{first}, "first after $name");
    }
}

# two policies for one and the same head, in turn

undef $socket;
outcome('first');

for my $turn (1 .. 6) {
    is(outcome('a place with two policies')->[0], $turn % 2 ? 401 : 200,
        "two policies: turn $turn");
}

# another query for one and the same head

undef $socket;
outcome('first');

for my $turn (2 .. 5) {
    like(outcome('a place with a query of its own')->[2][0],
        qr{^POST /query\Q$path\E\?\$select=Field$turn }, "query of turn $turn");
}

# in any order

undef $socket;

for (1 .. 1000) {
    my $name = $names[rand @names];
    next if $name =~ /two policies|of its own/;
    my $got = outcome($name);
    is_deeply($got, $expected{$name}, "$name at random, call $nth")
        if "@{ $got->[2] } $got->[0] $got->[1] $got->[3]" ne
            "@{ $expected{$name}[2] } $expected{$name}[0] $expected{$name}[1]"
            . " $expected{$name}[3]";
    undef $socket if rand() < 0.02;
}

pass('all at random');

# pieces of a head

undef $socket;
outcome('first') for 1 .. 3;

for my $cut (1, 20, 100, length($first) - 3, length($first) + 5) {
    $socket->autoflush(1);
    $socket->setsockopt(6, 1, 1);                       # TCP_NODELAY
    print $socket substr $calls{first}, 0, $cut;
    select undef, undef, undef, 0.05;
    is_deeply(outcome(substr $calls{first}, $cut), $expected{first},
        "in two pieces, the first of $cut bytes");
}

# several at once

print $socket $calls{first} x 3;
is_deeply([ map { (answer())[0] } 1 .. 3 ], [ (200) x 3 ],
    'pipelined calls are answered');
ok(until_true(sub {
    $seen + 3 <= (() = $s->read_file('logs/calls.log') =~ /\n/g);
}), 'and logged');
$seen += 3;
is_deeply(outcome('first'), [ @{ $expected{first} }[0, 1],
    [ ($expected{first}[2][0]) x 4 ], $expected{first}[3] ],
    'all are forwarded');

# What may change behind the same head

sub replaced {
    my ($file, $text) = @_;
    my $before = () = $s->log =~ /"[^"]+": loaded/g;
    $s->replace_file($file, $text);
    ok(until_true(sub { $before < (() = $s->log =~ /"[^"]+": loaded/g) }),
        "$file is taken up");
}

sub reason {
    my ($status, $reason, $name) = @_;
    my $kept = $socket;
    undef $socket;
    my $alone = outcome('first');
    $socket = $kept;
    is($alone->[0], $status, "$name: status");
    like($alone->[3], qr/^\w+ $reason /, "$name: $reason");
    is(scalar @{ $alone->[2] }, $status == 200 ? 1 : 0, "$name: the WebAPI");
    is_deeply(outcome('first'), $alone, "$name: the same on a kept connection")
        for 1 .. 2;
}

undef $socket;
outcome('first') for 1 .. 3;
reason(200, 'ok', 'before a change');

for ([ 'revoked', 403, 'app_token_unknown', [ 'T' x length $Token ] ],
    [ 'disabled', 403, 'app_disabled', [ $Token, "$agents, \"enabled\": false" ] ],
    [ 'without the agent', 403, 'agent_not_granted', [ $Token, '"agents": []' ] ],
    [ 'for another tenant', 403, 'tenant_not_granted',
        [ $Token, "$agents, \"tenants\": [\"Cust1\"]" ] ],
    [ 'for another operation', 403, 'operation_not_granted',
        [ $Token, "$agents, \"operations\": [\"GetConnection\"]" ] ],
    [ 'for another address', 403, 'address_not_granted',
        [ $Token, "$agents, \"addresses\": [\"10.0.0.0/8\"]" ] ],
    [ 'for another connection', 403, 'connection_not_granted',
        [ $Token, "$agents, \"erpConnections\": [1]" ] ])
{
    my ($name, $status, $reason, $app) = @$_;
    replaced('registry.json', registry(%apps, 'acme-erp' => $app));
    reason($status, $reason, $name);
}

replaced('registry.json', registry(%apps));
reason(200, 'ok', 'as before');

replaced('registry.json', registry(%apps, 'acme-erp' => [ $Token, $agents,
    sprintf ', "expires": "%s"', do { my @t = gmtime time + 4;
        sprintf '%d-%02d-%02dT%02d:%02d:%02dZ', $t[5] + 1900, $t[4] + 1,
            @t[3, 2, 1, 0] } ]));
ok(until_true(sub { outcome('first')->[0] == 403 }), 'the token expires');
reason(403, 'app_token_expired', 'expired');
replaced('registry.json', registry(%apps));
reason(200, 'ok', 'not expired any more');

replaced('tenants.json', $closed);
reason(503, 'tenant_unavailable', 'in maintenance');
replaced('tenants.json', $open);
reason(200, 'ok', 'after maintenance');

# Of a connection that is closed, nothing is kept.  The places of the last
# header are in front of the text that is kept: so it is told from nginx's own.

my $text = substr $calls{first}, index $calls{first}, $path;
my $at = index $text, 'SO-AppToken';
my $kept = pack('S4', $at, 11, $at + 13, length $Token) . $path;

SKIP: {
    my $found = $s->in_memory(qr/\Q$kept\E/);
    skip 'the memory of nginx cannot be read', 6 if !defined $found;
    is($found, 1, 'a head is kept while its connection is open');
    for my $n (1 .. 5) {
        outcome('first') for 1 .. 3;
        shutdown $socket, 1;
        sysread $socket, my $end, 1;                 # nginx has closed it
        select undef, undef, undef, 0.05;
        ok(!$s->in_memory(qr/\Q$kept\E/), "and is gone when it is closed, $n");
        undef $socket;
    }
}

$s->ends_well('heads');

done_testing();
