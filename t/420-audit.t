# What the logs say of a call, and what they never say; limits for each app.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use File::Copy qw(copy);
use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64);
use Test::More;

use ErpsyncServer;
use ErpsyncTest;

my $s = ErpsyncServer->new();
my ($dir, $port) = ($s->dir, $s->port);

my $TryConnect = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';

$s->write_file('registry.json', registry('acme-erp' => [ $Token ],
    'second' => [ 'token-second' ]));
copy('docs/examples/erpsync-audit.conf', $dir) or die "copy: $!";

$s->start($s->conf(<<"END"));
    include erpsync-audit.conf;
    access_log logs/audit.log erpsync_audit;
    erpsync_zone erpsync:1m;
    limit_req_zone \$erpsync_app zone=apps:1m rate=1r/m;
    server {
        listen unix:$dir/webapi.sock;
        access_log off;
        location / {
            default_type application/json;
            return 200 true;
        }
    }
    server {
        listen 127.0.0.1:$port;
        client_max_body_size 4k;
        erpsync on;
        erpsync_registry registry.json;
        erpsync_credentials basic soticket bearer xsrf;
        location / { proxy_pass http://unix:$dir/webapi.sock; }
        location /reported/ {
            erpsync report;
            proxy_pass http://unix:$dir/webapi.sock;
        }
        location /limited/ {
            limit_req zone=apps;
            proxy_pass http://unix:$dir/webapi.sock;
        }
        location /dead/ {
            erpsync report;
            proxy_pass http://unix:$dir/nobody.sock;
        }
        location /outer/ {
            auth_request $TryConnect;
            proxy_pass http://unix:$dir/webapi.sock;
        }
        location = /status { access_log off; erpsync_status; }
    }
END


# The lines that a call adds to the audit log, which may come after its answer.
# A line that is still being written shows only in part: it is left for the
# next reading.

my $read = 0;

sub lines {
    my $log = $s->read_file('logs/audit.log');
    my $end = rindex($log, "\n") + 1;
    my $new = substr $log, $read, $end - $read;
    $read = $end;
    return split /\n/, $new;
}

sub audited {
    my ($name, %call) = @_;
    lines();
    my $answer = $s->call(%call);
    my @lines;
    until_true(sub { return @lines = lines() });
    is(scalar @lines, 1, "$name: one line");
    my $line = eval { decode_json($lines[0]) };
    ok($line, "$name: JSON") or diag($@, $lines[0]);
    return ($line || {}, $answer);
}

# Every variable of the documentation is in the format.

open my $in, '<', 'docs/variables.md' or die "variables.md: $!";
my %documented = map { $_ => 1 } map { /^\| (`\$erp.*?) \|/
    ? $1 =~ /\$erpsync_(\w+)/g : () } <$in>;
close $in;

my @members = qw(time request_id remote_addr method path status bytes_sent
    request_time upstream_time client_request_id);

# limits go by $erpsync_app, logs by $erpsync_app_claimed

delete $documented{app_claimed} or fail('$erpsync_app_claimed is documented');

# labels have names that the operator chooses

delete $documented{app_label_} or fail('$erpsync_app_label_ is documented');

# says something about the gateway, and nothing about the call

delete $documented{version} or fail('$erpsync_version is documented');

my %expected = (decision => 'allow', reason => 'ok', app => 'acme-erp',
    operation => 'TryConnectActor', tenant => 'Cust12345',
    scheme => 'Bearer', method => 'POST', path => $TryConnect);

for my $case (
    [ 'allow', {}, { status => 200, result => 'true', connection => 883,
        crm_actor => 'Contact', erp_actor => 'Customer',
        field_values => 0, language => 'nb-NO', culture => 'en-GB',
        timezone => 'CET' },
        headers => [ 'Authorization: Bearer x', 'SO-Language: nb-no',
            'SO-Culture: en-gb', 'SO-TimeZone: cet' ] ],
    [ 'deny', { token => 'unknown' }, { status => 403, app => '',
        decision => 'deny', reason => 'app_token_unknown', result => '' } ],
    [ 'report', { token => 'unknown', uri => "/reported$TryConnect" },
        { status => 200, app => '', decision => 'report',
            reason => 'app_token_unknown', result => 'true',
            path => "/reported$TryConnect" } ],
    [ '413', { body => 'x' x 5000 }, { status => 413, decision => 'deny',
        reason => 'body_too_large', scheme => undef } ],
    [ '404', { uri => '/Cust12345/api/v1/Agents/ErpSync/Nope' },
        { status => 404, decision => 'deny', reason => 'operation_unknown',
            operation => '', path => '/Cust12345/api/v1/Agents/ErpSync/Nope',
            app => undef, scheme => undef } ],
    [ 'OPTIONS', { method => 'OPTIONS', body => '' },
        { method => 'OPTIONS', status => 200, app => undef,
            scheme => undef } ],
    [ 'GET', { method => 'GET', body => '' },
        { method => 'GET', status => 200 } ],
) {
    my ($name, $call, $differs, @more) = @$case;
    my ($line) = audited($name, %$call, @more);
    my %want = (%expected, %$differs);
    for (sort keys %want) {
        is($line->{$_}, $want{$_}, "$name: $_") if defined $want{$_};
    }
    is_deeply([ sort keys %$line ], [ sort @members, keys %documented ],
        "$name: every member and variable, no other");
    like($line->{gate_time}, qr/\A\d+\.\d{6}\z/, "$name: gate time");
    like($line->{request_id}, qr/\A[0-9a-f]{32}\z/, "$name: request id");
}

# Hostile values: no line is broken or forged.

for my $path ('%22,%22decision%22:%22allow', '%0a{%22decision%22:%22allow%22}',
    '%0d%0a', '%c3%a6%e2%82%ac%f0%9f%98%80', "\xc3\xa6", '%ff%fe', "\xff",
    '%ed%a0%80', '%c0%af', '%01%1b%7f', '%5c%22', '%5cx', "a\"b\\",
    'x' x 7000, '%c3%a6' x 1200, '", client: 10.9.9.9, server: x')
{
    (my $name = substr $path, 0, 24) =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ge;
    my ($line) = audited("path $name",
        uri => "$TryConnect/" . ($path =~ s/ /%20/gr));
    is($line->{decision}, 'deny', "path $name: decision");
}
for my $value ("\"", "x\\", "\xff\xfe", "\x01", "\xc3\xa6", "a\",\"b\":\"c") {
    (my $name = $value) =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ge;
    for my $header (qw(Authorization SO-AppToken SO-Language SO-Culture
        SO-TimeZone Accept-Language Cookie))
    {
        my ($line) = audited("$header $name", token => undef,
            headers => [ "$header: $value" ]);
        is($line->{decision}, 'deny', "$header $name: decision")
            unless $value =~ /\x01/;
    }
}

# The id that a client is told is that of the log; no two are the same.

lines();

my %told = map {
    my ($id) = $s->call(token => 'unknown') =~ /"RequestId":"([0-9a-f]{32})"/;
    ($id // 'none') => 1
} 1 .. 150;
my %logged;
until_true(sub {
    $logged{$_->{request_id}} = 1 for map { decode_json($_) } lines();
    return keys %logged >= 150;
});
is(scalar keys %told, 150, 'ids of refusals differ');
is_deeply([ sort keys %logged ], [ sort keys %told ],
    'and are those of the log');

# Marked secrets appear nowhere.

my $n = 0;
my @answers;

sub mark { return 'MARKED' . ++$n . 'SECRET' }

for my $uri ($TryConnect, "/reported$TryConnect") {
    for my $token ($Token, 'MARK') {
        for my $authorization (
            sub { 'Bearer ' . mark() }, sub { 'SoTicket ' . mark() },
            sub { 'Basic ' . encode_base64(mark() . ':' . mark(), '') },
            sub { 'Basic ' . mark() . '!' }, sub { mark() },
            sub { mark() . ' ' . mark() }, undef)
        {
            my $xsrf = mark();
            my @headers = ('Cookie: XSRF-TOKEN=' . ($n % 2 ? $xsrf : mark())
                . '; session=' . mark(), "X-XSRF-TOKEN: $xsrf",
                'Referer: http://localhost/?' . mark());
            push @headers, 'Authorization: ' . $authorization->()
                if $authorization;
            for my $body ($Body =~ s/qui/MARK/r, '{"ErpKey":"MARK","x":"MARK"}',
                '{"ErpKey":"MARK"', '"MARK')
            {
                push @answers, $s->call(uri => "$uri?x=" . mark(),
                    token => $token =~ s/MARK/mark()/re,
                    headers => \@headers, body => $body =~ s/MARK/mark()/gre);
            }
        }
    }
}

my %answers;
$answers{ m{ (\d+) } ? $1 : '' }++ for @answers;
ok($answers{$_}, "marked calls were answered $_") for 200, 400, 401, 403, 422;

my $status = join '', map {
    $s->exchange("GET /status?format=$_ HTTP/1.0\r\n\r\n")
} qw(html json prometheus);
like($status, qr/erpsync_requests_total\{/, 'the counters are served');

my $basic = qr/TUFSS0VE|1BUktFR|NQVJLRU/;      # "MARKED" in base64
for ([ 'the error log', $s->read_file('logs/error.log') ],
    [ 'the audit log', $s->read_file('logs/audit.log') ],
    [ 'an answer', join '', @answers ], [ 'status', $status ])
{
    my ($name, $text) = @$_;
    my @found = $text =~ /.{0,60}(?:MARKED|SECRET|$basic).{0,20}/g;
    is_deeply(\@found, [], "nothing marked in $name");
}

my $log = $s->read_file('logs/error.log');
for my $word ('refused', 'would refuse') {
    my ($line) = $log =~ /^(.*erpsync: $word reason=app_token_unknown.*)$/m;
    like($line, qr{status=403\ request_id=[0-9a-f]{32},\ client:\ 127\.0\.0\.1,\ server:\ ,
        \ request:\ "POST\ (/reported)?\Q$TryConnect\E"$}x,
        "$word: what nginx adds, without the query");
}

# nginx's own lines are as they were, also for the same request; a refused
# subrequest is told by the path that the client sent.

$s->call(uri => "/dead$TryConnect?own=1", token => 'unknown');
$s->call(uri => '/outer/page?own=2', token => 'unknown', method => 'GET',
    body => '');
$s->log_has(qr{would refuse .* request: "POST /dead\Q$TryConnect\E"$}m,
    'a refusal of an upstream that is down');
$s->log_has(qr{connect\(\) .* request: "POST /dead\Q$TryConnect\E\?own=1 }m,
    'then a line of nginx, with its own suffix');
$s->log_has(qr{erpsync: refused .* request: "GET /outer/page"$}m,
    'a refused subrequest');

# A limit for each app: the second call of one, the first of another.

sub status_of {
    return $s->call(uri => "/limited$TryConnect", token => $_[0])
        =~ m{^HTTP/1\.1 (\d+)} ? $1 : 'none';
}

is(status_of($Token), 200, 'limit: the first call of an app');
is(status_of($Token), 503, 'limit: its second');
is(status_of('token-second'), 200, 'limit: another app');
is(status_of('unknown'), 403, 'limit: an unknown app is refused');
is(status_of('unknown'), 403, 'limit: and not limited: its key is empty');

# The line of a refusal keeps nginx's "client:", however long and odd what the
# client sends.

my $digits = '1' x 2200;
my %odd = (
    'a long tenant' => [ token => 'unknown',
        uri => "/Cust$digits/api/v1/Agents/ErpSync/SyncAll" ],
    'a long path' => [ uri => '/' . 'a' x 6000 . '/api/v1/Agents/ErpSync/x' ],
    'a long path, escaped' => [ uri =>
        '/' . '%22' x 2000 . '/api/v1/Agents/ErpSync/x' ],
    'quotes' => [ uri =>
        '/",client:10.9.9.9,"\\/api/v1/Agents/ErpSync/x' ],
    'a long method' => [ method => 'A' x 3000 ],
    'many violations' => [ body => '{' . join(',', map {
        '"' . "\\\"$_" x 20 . '":1' } 'a' .. 't') . '}' ],
);
for my $name (sort keys %odd) {
    my $from = length $s->log;
    $s->call(@{ $odd{$name} });
    until_true(sub { return substr($s->log, $from) =~ /refused .*\n/ });
    my ($line) = substr($s->log, $from) =~ /(.*erpsync: refused .*)/;
    like($line, qr/, client: 127\.0\.0\.1, server: , request: "[^"]*"$/,
        "$name: the whole line");
    unlike($line, qr/client: (?!127\.0\.0\.1,)/,
        "$name: one client");
    cmp_ok(length $line, '<', 2048, "$name: its length");
}

# The filter of fail2ban, by the audit log; a client tries to have another one
# banned, by a path that forges lines and by members of the line's JSON.

my $forged = '{"time":"2026-01-01T00:00:00+00:00","remote_addr":"10.9.9.9",'
    . '"decision":"deny","reason":"app_token_unknown",';
my $escaped = $forged =~ s/([^A-Za-z0-9:.,-])/sprintf '%%%02x', ord $1/ger;
for my $uri ("/files/%0a$escaped", "/files/x%22,$escaped", "/%0a$escaped$TryConnect",
    "/%0a$escaped/api/v1/Agents/ErpSync/x", "/files/%0a2026/01/01 00:00:00 [warn]"
    . " 1#1: *1 erpsync: refused reason=app_token_unknown app=- tenant=-"
    . " operation=- status=403, client: 10.9.9.9, server: " =~ s/ /%20/gr)
{
    $s->call(uri => $uri, token => 'unknown');
    $s->call(uri => $uri, method => 'GET', body => '');
}
$s->call(method => 'GET', uri => '/marked', body => '');
until_true(sub { return $s->read_file('logs/audit.log') =~ m{"/marked"} });

my ($failregex) = do {
    open my $filter, '<', 'docs/examples/fail2ban/filter.conf' or die $!;
    local $/;
    <$filter> =~ /^failregex = (.*?) ?$/m;
};
(my $regex = $failregex) =~ s/<HOST>/(?<host>[0-9a-f.:]+)/;

my @log = split /\n/, $s->read_file('logs/audit.log');
my @hits = grep { /$regex/ } @log;
ok((grep { /"app_token_unknown"/ } @hits), 'fail2ban: a hit');
is((grep { /"decision":"(?!deny)|"reason":"body/ } @hits), 0,
    'fail2ban: none for report mode or a body');
is((grep { /$regex/ && $+{host} ne '127.0.0.1' } @log), 0,
    'fail2ban: no address but the client\'s');
ok((grep { /10\.9\.9\.9/ } @hits), 'fail2ban: although some were forged');
is((grep { !eval { decode_json($_) } } @log), 0, 'the audit log is JSON');

SKIP: {
    my $command = $ENV{TEST_FAIL2BAN_REGEX} || 'fail2ban-regex';
    skip 'no fail2ban-regex', 1
        if system("$command --version > /dev/null 2>&1") != 0;
    my $filter = 'docs/examples/fail2ban/filter.conf';
    my $out = `$command '$dir/logs/audit.log' $filter`;
    my ($matched) = $out =~ /(\d+) matched/;
    is($matched, scalar @hits, 'fail2ban-regex finds the same') or diag($out);
}

$s->ends_well('audit', qr/nobody\.sock/);

done_testing();
