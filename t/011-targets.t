# Targets that servers read in different ways, through the locations that
# operators write, over HTTP/1.1, HTTP/1.0 and in absolute-form: what the
# upstream gets.  And: the core reads a target as nginx does.

use strict;
use warnings;

use JSON::PP;
use Test::More;

BEGIN { push @INC, 't/lib' }

use ErpsyncServer;
use ErpsyncTest;

my $op = '/api/v1/Agents/ErpSync/TryConnectActor';
my $ctl = $ENV{TEST_ERPSYNCCTL}
    || ($ENV{ERPSYNC_BUILD} || 'build') . '/erpsyncctl';

my $nginx = ErpsyncServer->new;
my ($dir, $port) = ($nginx->dir, $nginx->port);

# Each location is a server of its own, told by Host.

my %location = (
    plain => 'location / { proxy_pass http://up; }',
    slash => 'location / { proxy_pass http://up/; }',
    uri => 'location / { proxy_pass http://up$uri; }',
    'uri-args' => 'location / { proxy_pass http://up$uri$is_args$args; }',
    'request-uri' => 'location / { proxy_pass http://up$request_uri; }',
    capture => 'location ~ ^/(.*)$ { proxy_pass http://up/$1; }',
    'try-files' => 'location / { try_files /none @webapi; }
        location @webapi { proxy_pass http://up; }',
    'try-uri' => 'location / { try_files /none /to$uri; }
        location /to/ { proxy_pass http://up/; }',
    'merge-off' => 'merge_slashes off; location / { proxy_pass http://up; }',
    rewrite => 'location / { rewrite ^/(.*)$ /$1 break; proxy_pass http://up; }',
    'rewrite-off' => 'merge_slashes off; rewrite ^/(.*)$ /$1;
        location / { proxy_pass http://up$request_uri; }',
    onsite => 'erpsync_installation onsite;
        location / { proxy_pass http://up; }',
    soap => 'erpsync_installation onsite; erpsync_soap refuse;
        location / { proxy_pass http://up; }',
    'soap-pass' => 'erpsync_soap pass; location / { proxy_pass http://up; }',
);

$nginx->write_file('registry.json', registry('acme-erp' => [ $Token ]));

$nginx->start($nginx->conf(<<"END" . join '', map { <<"SERVER" }
    log_format got escape=none '\$request';
    merge_slashes on;
    proxy_http_version 1.0;       # newer nginx would send 1.1
    upstream up { server unix:$dir/up.sock; }

    server {
        listen unix:$dir/up.sock;
        merge_slashes off;
        access_log $dir/logs/got.log got;
        location / { return 200 "REACHED \$request"; }
    }

    erpsync_registry $dir/registry.json;

    server {
        listen 127.0.0.1:$port default_server;
        location / { return 200 "\$uri"; }
    }
END
    server {
        listen 127.0.0.1:$port;
        server_name $_;
        erpsync on;
        $location{$_}
    }
SERVER
    sort keys %location));

# The reading of nginx

my @pieces = ('/', '//', '/./', '/../', '/..', '/.', '..', '.', '%2f', '%2F',
    '%2e', '%2E', '%5c', '\\', '%25', '%3f', '%23', '?', '#', '%20', 'a', 'b',
    '/a', '/b/c', '+', '%2B', '(x)', ';d', '%c3%a5', '~', '%u0041', '%0', '%',
    '%41', '%00', '...', '/%2e%2e/', '%2e.', '/.%2f', '=', '&', ':', '"');
my @targets = ('/', '/a/..', '/a/../', '/a/b/../..', '/..', '/a//..//b',
    '/a/%2f../b', '/a%2f%2e%2e%2fb', '/a/./b/.', '/a/.#x', '/a/..#x', '/a/..?x',
    '/#?x', '/?#x', '/a?b#c', '/a%3fb%23c%25d', '//', '/.', '/...', '/.a/..b',
    'http://localhost', 'http://localhost/', 'http://localhost/a/../b?c',
    'HTTP://LOCALHOST:80/a#b', '/a\\..\\b', '/a\\x/../b', '*', 'a');
srand 11;
for (1 .. 300) {
    push @targets, '/' . join '', map { $pieces[rand @pieces] } 1 .. 1 + rand 7;
}

sub told {
    open my $in, '-|', $ctl, qw(uri check --json --), $_[0] or die $!;
    local $/;
    my $told = decode_json(scalar <$in>);
    close $in;
    return $told;
}

my @wrong;
for my $target (@targets) {
    my ($status, $body) = $nginx->answer("GET $target HTTP/1.1\r\n"
        . "Host: other\r\nConnection: close\r\n\r\n");
    my $told = told($target);
    utf8::decode($body);
    my $expected = $status eq '400' ? 'refused by nginx' : $body;
    my $got = $told->{status} == 400 && !defined $told->{reason}
        ? 'refused by nginx' : $told->{path} // 'nothing';
    push @wrong, "$target: nginx $expected, the core $got"
        if $expected ne $got;
}
is(join("\n", @wrong), '', 'the core reads ' . @targets . ' targets as nginx');

# What is refused: nothing reaches the upstream

sub requests {
    my ($host, $target, $method, @headers) = @_;
    my $head = join '', map { "$_\r\n" } "Host: $host", 'Connection: close',
        @headers, '';
    return ([ 'HTTP/1.1', "$method $target HTTP/1.1\r\n$head" ],
        [ 'HTTP/1.0', "$method $target HTTP/1.0\r\n$head" ],
        [ 'absolute-form', "$method http://$host$target HTTP/1.1\r\n$head" ]);
}

sub verdict {
    my ($status, $body) = $nginx->answer(shift);
    my ($reason) = $body =~ /"ErrorType":"(\w+)"/;
    return $body =~ /^REACHED (.*)/s ? "reached $1" : $reason // $status;
}

my @hostile = map { s/OP/$op/r } (
    # backslashes
    '/Cust111/api/v1/Agents/ErpSync\\TryConnectActor\\x/..',
    '/Cust111/api/v1/Agents/ErpSync%5CTryConnectActor%5cx/%2e%2e',
    '/api/v1/Agents/ErpSync/x%5cy%5cz/../../TryConnectActor/',
    # empty segments and encoded slashes
    'OP///../..', 'OP//..//..', 'OP/%2f../..', '/x/..OP/%2f%2f/%2E./..',
    # decoded twice
    '/Cust1/api/v1/Agents/%2545rpSync/TryConnectActor',
    '/api%252fv1%255cAgents/Erp%2553ync/TryConnectActor',
    '/Cust111/%252e%252e/%2543ust999/api/v1/Agents/ErpSync/SyncAll',
    '/Cust111/%252e%252e/api/v1/Agents/ErpSync/SyncAll',
    '/api/v1/Agents/%25u0045rpSync/TryConnectActor',
    # sent without encoding
    'OP%20HTTP/1.1%0d%0aX:\\..\\..\\..\\..\\..\\..',
    '/x%20HTTP/1.1%0d%0a%0d%0aPOST%20OP%20\\..\\..\\..\\..\\..\\..\\..\\..\\..',
    'OP%3f\\..\\..\\..\\..\\..', '/x%3fyOP',
    # cookieless pieces
    '/api/v1/Agents/(S(x))/ErpSync/TryConnectActor',
    '/api/v1/Agents/Erp/(S(x))Sync/TryConnectActor',
    '/api/v1/Agents/Erp%28A(x)F(y%29)Sync/TryConnectActor',
    # the SOAP twin
    '/Remote\\Services88\\ErpSync.svc\\x/..',
    '/Remote/Services88/ErpSync.svc/%2f../..',
    '/Remote/Services88/%2545rpSync.svc',
    '/Remote/Services88/(S(x))/ErpSync.svc',
    # a fragment, which nginx cuts off
    '/x#/..OP',
);

# Where nothing is sent but the decoded path encoded again, a location is
# closed all the same: who reads the configuration need not think of that.

my (@reached, @other);
for my $host (sort grep { !/^(?:onsite|soap)/ } keys %location) {
    for my $target (@hostile) {
        for my $method (qw(POST GET OPTIONS)) {
            for my $request (requests($host, $target, $method,
                $method eq 'POST' ? 'Content-Length: 0' : ()))
            {
                my $verdict = verdict($request->[1]);
                my $case = "$host, $request->[0]: $method $target: $verdict";
                push @reached, $case if $verdict =~ /^reached/;
                push @other, $case if $verdict ne 'path_ambiguous';
            }
        }
    }
}
is(join("\n", @reached), '', 'hostile targets reach nothing');
# behind "merge_slashes off", nginx's reading may be another call
is(join("\n", grep { !/^(?:merge|rewrite)-off/ } @other), '',
    '... and are refused as ambiguous');
is(join("\n", grep { !/: (?:operation_unknown|path_ambiguous)$/ } @other), '',
    '... or as no operation');
is($nginx->read_file('logs/got.log'), '', 'the upstream was not contacted');

# What is harmless passes, byte for byte where the location lets it

my @harmless = ('/static/a%20b.png', '/x%2fy?z', '/docs/erpsync%20notes(1).html',
    '/docs/(S(x))/erpsync.html', '/erpsync%2fx//y/../z?a=%2545', '/a%255cb',
    '/api/v1/Agents/ErpSync\\..\\Contact/GetContact',
    '/api/v1/Agents/Contact/%2e%2e/ErpSync/../Contact', '/100%25/erpsync',
    "/x?y=$op", '/%252e%252e/%2545rpSync', '/erpsync#x');
for my $host (qw(plain try-files merge-off request-uri)) {
    for my $target (@harmless) {
        is(verdict((requests($host, $target, 'GET'))[0][1]),
            "reached GET $target HTTP/1.0", "$host: $target passes");
    }
}

# What all read alike is judged, and forwarded in canonical form

my $canonical = "/Cust12345$op";
my @alike = ('/Cust12345/API//v1/agents\\erpsync/TRYCONNECTACTOR/',
    '/Cust12345/x/%2e%2e/api%2fv1/Agents%5cErpSync/%54ryConnectActor',
    "/Cust12345$op/./x/..", "/Cust12345$op#x");
for my $host (qw(plain slash uri request-uri try-files rewrite merge-off
    rewrite-off capture))
{
    for my $target (@alike) {
        my ($request) = requests($host, $target, 'GET',
            'Authorization: Bearer 8A:Cust12345.abc', "SO-AppToken: $Token");
        my $expected = "reached GET $canonical HTTP/1.0";
        my $got = verdict($request->[1]);

        # nginx takes captures before the gate: the path as it decoded it

        $expected = lc $expected, $got = lc($got) =~ tr{\\}{/}r =~ s{/ }{ }r
            if $host eq 'capture';
        is($got, $expected, "$host: $target");
        is(verdict($request->[1] =~ s/^SO-AppToken.*\n//mr),
            'app_token_missing', "$host: $target without a token");
    }
}

# A prefix that must be encoded stays what it was

for my $case ([ '/a%20b/100%25', '/a%20b/100%25' ],
    [ '/a%252fb', '/a%252fb' ], [ '/(S(x))', '/(S(x))' ])
{
    my ($sent, $expected) = @$case;
    my ($request) = requests('plain', "$sent\\api/v1/agents/ErpSync/SyncAll",
        'GET', 'Authorization: Bearer x', "SO-AppToken: $Token");
    is(verdict($request->[1]),
        "reached GET $expected/api/v1/Agents/ErpSync/SyncAll HTTP/1.0",
        "the prefix $sent");
}

# SOAP

my $soap = '/Remote/x/../Services88\\%45rpSync.svc?wsdl';
for my $case ([ onsite => "reached GET $soap HTTP/1.0" ],
    [ soap => 'soap_not_allowed' ], [ plain => 'soap_not_allowed' ],
    [ 'soap-pass' => "reached GET $soap HTTP/1.0" ])
{
    my ($host, $expected) = @$case;
    is(verdict((requests($host, $soap, 'GET'))[0][1]), $expected,
        "$host: SOAP");
    is(verdict((requests($host,
            '/Services8/ErpSync.svc\\x\\../../api/v1\\Agents\\ErpSync\\SyncAll',
            'GET'))[0][1]) =~ /^reached/, '', "$host: SOAP over the agent");
}

$nginx->ends_well('nginx');

done_testing();
