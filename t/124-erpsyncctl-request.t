# erpsyncctl request check against the running gateway: the same requests, the
# same verdict, and the same bytes that the WebAPI receives.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Cwd qw(getcwd);
use Encode qw(encode_utf8);
use JSON::PP;
use POSIX ();
use Test::More;

use ErpsyncServer;
use ErpsyncTest;

my $s = ErpsyncServer->new();
my $ctl = $ENV{TEST_ERPSYNCCTL}
    || ($ENV{ERPSYNC_BUILD} || getcwd() . '/build') . '/erpsyncctl';
my ($dir, $port) = ($s->dir, $s->port);

$s->write_file('apps.json', registry(
    acme => [ $Token ],
    disabled => [ 'token-disabled', '"agents": ["ErpSync"], "enabled": false' ],
    'no-agent' => [ 'token-no-agent', '"agents": []' ],
    expired => [ 'token-expired', undef,
        ', "expires": "2020-01-01T00:00:00Z"' ],
    operation => [ 'token-operation',
        '"agents": ["ErpSync"], "operations": ["GetConnection"]' ],
    tenant => [ 'token-tenant',
        '"agents": ["ErpSync"], "tenants": ["Cust12345"]' ],
    address => [ 'token-address',
        '"agents": ["ErpSync"], "addresses": ["10.0.0.0/8"]' ],
    connection => [ 'token-connection',
        '"agents": ["ErpSync"], "erpConnections": [883]' ],
    actor => [ 'token-actor',
        '"agents": ["ErpSync"], "crmActorTypes": ["Contact"]' ]));

$s->write_file('tenants.json', encode_json({ version => 1, tenants => {
    Cust12345 => { host => 'one.example.com', state => 'running' },
    Cust9 => { host => 'two.example.com', state => 'maintenance' } } }));

# Policies: directives, and the options that stand for them.

my %policies = (
    online => [ '', [] ],
    onsite => [ 'erpsync_installation onsite;', [ qw(--installation onsite) ] ],
    windows => [ 'erpsync_credentials negotiate;',
        [ qw(--credentials negotiate) ] ],
    other => [ join(' ', 'erpsync_forward_app_token off;',
            'erpsync_unknown_properties strip;', 'erpsync_max_field_values 1;',
            'erpsync_languages nb-NO en;', 'erpsync_default_language en;',
            'erpsync_default_culture en-GB;', 'erpsync_default_timezone UTC;',
            'erpsync_credentials basic bearer;', 'erpsync_errors problem;',
            'erpsync_soap pass;', 'erpsync_app_token optional;'),
        [ qw(--forward-app-token off --unknown-properties strip),
            qw(--max-field-values 1 --languages nb-NO --languages en),
            qw(--default-language en --default-culture en-GB),
            qw(--default-timezone UTC --credentials basic),
            qw(--credentials bearer --errors problem --soap pass),
            qw(--app-token optional) ] ],
    tenants => [ 'erpsync_tenants tenants.json;',
        [ '--tenants', "$dir/tenants.json" ] ],
    pass => [ 'erpsync_unknown_properties pass;',
        [ qw(--unknown-properties pass) ] ]);

my $servers = join '', map { <<"END" } sort keys %policies;
    server {
        listen 127.0.0.1:$port;
        server_name $_;
        erpsync on;
        erpsync_registry apps.json;
        $policies{$_}[0]
        location / { proxy_pass http://unix:$dir/webapi.sock; }
    }
END
$s->start($s->conf("access_log off;\n" . $s->webapi . $servers, level => 'notice'));

# A request: options are policy, method, uri, token (undef for none), head
# (more lines; "-Name" takes a line away) and body, or raw.

sub compose {
    my %o = (policy => 'online', method => 'POST', token => $Token,
        uri => '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor',
        head => [], body => $Body, @_);
    my @lines = ("Host: $o{policy}", 'Connection: close',
        'Authorization: Bearer 8A:Cust12345.x');
    push @lines, "SO-AppToken: $o{token}" if defined $o{token};
    push @lines, 'Content-Type: application/json' if length $o{body};
    push @lines, 'Content-Length: ' . length $o{body} if length $o{body};
    for my $line (@{ $o{head} }) {
        my ($sign, $name) = $line =~ /^([-+]?)([^:]+)/;
        @lines = grep { !/^\Q$name\E:/i } @lines if $sign ne '+';
        push @lines, substr $line, length $sign if $sign ne '-';
    }
    return join("\r\n", "$o{method} $o{uri} HTTP/1.1", @lines, '', '')
        . $o{body};
}

my $api = '/Cust12345/api/v1/Agents/ErpSync';

sub form { return (head => [ 'Content-Type:'
    . ' application/x-www-form-urlencoded' ], body => shift) }

my @cases = (
    {}, { uri => '/cust12345/API/v1/agents//erpsync/tryconnectactor/' },
    { uri => "$api/TryConnectActor?\$select=a,+b,a&x=1" },
    { uri => "$api/TryConnectActor?%24select=a" },
    { uri => "$api/TryConnectActor?\$select=a&\$select=b" },
    { uri => "$api/TryConnect%41ctor" }, { uri => "/a%20b$api/SyncAll",
        body => '' },
    { uri => "$api/Nothing" }, { uri => '/Cust12345/api/v1/Contact/1' },
    { uri => "/Cust1/%252e%252e$api/SyncAll" },
    { uri => "http://elsewhere$api/TryConnectActor" },
    { uri => '/%zz' }, { uri => "$api/SyncAll#x" },
    { uri => '/Remote/Services88/ErpSync.svc' },
    { uri => '/Remote/Services88/ErpSync.svc', policy => 'onsite' },
    { uri => '/Remote/Services88/ErpSync.svc', policy => 'other',
        head => [ 'X-HTTP-Method: DELETE' ] },
    { method => 'GET', body => '' }, { method => 'GET' },
    { method => 'OPTIONS', body => '', token => undef },
    { method => 'PUT' }, { method => 'PATCH', uri => '/other' },
    { method => 'get' },
    { head => [ '-Authorization:' ] },
    { head => [ 'Authorization: bearer   8A:Cust12345.y  ' ] },
    { head => [ 'Authorization: NTLM abc' ] },
    { head => [ 'Authorization: negotiate YIIB' ], policy => 'windows' },
    { head => [ 'Authorization: Negotiate TlRMTVNTUAABAAAA' ],
        policy => 'windows' },
    { head => [ 'Authorization: Basic dTpw' ] },
    { head => [ 'Authorization: Basic dTpw' ], policy => 'onsite' },
    { head => [ 'Authorization: Basic !' ], policy => 'onsite' },
    { head => [ 'Authorization: Bearer 8A:Cust9.x' ] },
    { head => [ 'Authorization: SoTicket abc' ], policy => 'onsite' },
    { head => [ '+Authorization: Bearer y' ] },
    { head => [ '-Authorization:', 'X-XSRF-TOKEN: q',
        'Cookie: a=b; XSRF-TOKEN=q' ] },
    { head => [ '-Authorization:', 'X-XSRF-TOKEN: q',
        'Cookie: XSRF-TOKEN=r' ] },
    { token => undef }, { token => 'unknown-token' },
    { token => undef, policy => 'onsite' },
    { token => 'unknown-token', policy => 'other' },
    { token => $Token, policy => 'other' },
    (map { { token => "token-$_" } } qw(disabled no-agent expired operation
        tenant address connection actor)),
    { token => 'token-tenant', uri => '/Cust9/api/v1/Agents/ErpSync/SyncAll',
        body => '', head => [ 'Authorization: Bearer x' ] },
    { token => 'token-connection', body => $Body =~ s/883/884/r },
    { token => 'token-connection', uri => "$api/SyncAll", body => '' },
    { token => 'token-actor', body => $Body =~ s/Contact/Person/r },
    { head => [ 'Content-Type: text/plain' ] },
    { head => [ '-Content-Type:' ] },
    { head => [ 'Content-Type: application/json; charset=utf-16' ] },
    { head => [ 'Content-Encoding: gzip' ] },
    { head => [ 'Content-Encoding: identity' ] },
    { head => [ 'SO-Language: NB-no', 'SO-Culture: en-us',
        'SO-TimeZone: 7, includeTZOffset' ] },
    { head => [ 'SO-Language: !' ] },
    { head => [ 'Accept-Language: de;q=0.5, nb;q=0.9',
        '+Accept-Language: fr', 'Accept: ', '+Accept: ' ] },
    { head => [ 'Accept-Language: de, nb-NO;q=0.5', 'Accept: text/xml' ],
        policy => 'other' },
    { head => [ 'SO-Language: *', 'Accept: application/problem+json' ] },
    { head => [ 'SO-TimeZone: 1 2' ] }, { head => [ 'SO-Culture: 1' ] },
    { head => [ 'Accept: application/xml', 'SO-Language: !' ] },
    { head => [ 'Accept: application/problem+json', 'Content-Type: a/b' ] },
    { head => [ 'X-HTTP-Method-Override: DELETE', 'X-Original-URL: /x',
        'X_HTTP_Method: y', 'X-Custom: kept', 'X-Rewrite-URL: /y' ] },
    { head => [ '+SO-AppToken: second' ] },
    { body => '' }, { body => '{' }, { body => '[]' }, { body => '{}' },
    { body => $Body =~ s/\}$/,"x":1,"FieldValues":[{"Value":1}]}/r },
    { body => $Body =~ s/\}$/,"x":1}/r, policy => 'other' },
    { body => $Body =~ s/\}$/,"x":1}/r, policy => 'pass' },
    { body => $Body =~ s/\}$/,"FieldValues":[{"CrmFieldKey":"a","Value":1,
        "SyncToCrm":"TRUE","SyncToErp":0},{"CrmFieldKey":"b"}]}/r,
        policy => 'other' },
    { body => $Body =~ s/\}$/,"FieldValues":[{"CrmFieldKey":"a","Value":1.50,
        "SyncToCrm":"TRUE","SyncToErp":0}]}/r },
    { body => "\xef\xbb\xbf$Body" }, { body => $Canonical },
    { form('ErpConnectionId=1&CrmRecordId=2&CrmActorType=Contact'
        . '&ErpKey=a+b&ErpActorType=Customer') },
    { form($Body) },
    { head => [ 'Content-Type: text/xml' ], body => '<a><ErpConnectionId>1'
        . '</ErpConnectionId><CrmRecordId>2</CrmRecordId><CrmActorType>1'
        . '</CrmActorType><ErpKey>k</ErpKey><ErpActorType>Customer'
        . '</ErpActorType></a>' },
    { head => [ 'Content-Type: application/json-patch+json' ],
        body => '[{"op":"add","path":"/ErpKey","value":"k"}]' },
    { uri => "$api/GetConnection", body => '{"ErpConnectionId":5}',
        token => 'token-operation' },
    { body => '', head => [ 'Transfer-Encoding: chunked' ],
        chunks => [ $Body ] },
    { head => [ 'Transfer-Encoding: chunked' ] },
    { policy => 'tenants' }, { policy => 'tenants', body => '',
        uri => '/Cust9/api/v1/Agents/ErpSync/SyncAll',
        head => [ '-Authorization:', 'Authorization: Bearer x' ] },
    { head => [ '-Host:' ] }, { head => [ '+Host: other' ] },
    { head => [ 'Content-Length: 1x' ] },
    { head => [ 'Bad Name: x' ] }, { head => [ 'Under_score: x' ] },
    { head => [ 'TE: trailers', 'Upgrade: h2c', 'Keep-Alive: 5' ] },
);

cmp_ok(scalar @cases, '>=', 60, 'a table of at least 60 requests');

sub check {
    my ($request, @args) = @_;
    $s->write_file('request', $request);
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>', "$dir/out";
        open STDERR, '>', "$dir/err";
        exec { $ctl } $ctl, qw(request check --registry), "$dir/apps.json",
            qw(--address 127.0.0.1), @args, "$dir/request"
            or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($? >> 8, $s->read_file('out'), $s->read_file('err'));
}

sub contacts { return scalar(() = $s->log =~ /webapi-contacted/g) }

# What proxy_pass sets by itself is taken out.

sub received {
    my ($text, $version) = @_;
    $text =~ s{\A([^\r\n]*) HTTP/1\.$version\r\n}{$1\n};
    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    $head = join "\n",
        grep { !/^(?:Host|Connection|Content-Length):/i } split /\r?\n/, $head;
    return "$head\n\n" . ($body // '');
}

my %reasons;

for my $case (@cases) {
    my $request = compose(%$case);
    my $policy = $case->{policy} // 'online';
    $request .= join '', map { sprintf "%x\r\n%s\r\n", length, $_ }
        @{ $case->{chunks} }, '' if $case->{chunks};
    my @options = @{ $policies{$policy}[1] };
    my ($line) = $request =~ /\A(\S+ \S+)/;
    my $name = "$line @{ $case->{head} // [] } $policy";

    my $before = contacts();
    my ($status, $answer, $head) = $s->answer($request);
    my ($code, $out, $err) = check($request, @options, '--json');
    my $judged = decode_json($out);

    if ($judged->{decision} eq 'deny') {
        is($code, 1, "$name: refused");
        is($judged->{status}, $status, '... with the same status');
        is(contacts(), $before, '... and the WebAPI was not contacted');
        next unless defined $judged->{reason};
        $reasons{ $judged->{reason} } = 1;
        my $own = encode_utf8($judged->{answer}{body});
        s/[0-9a-f]{32}/ID/ for $own, $answer;
        is($own, $answer, "... $judged->{reason}, with the same answer");
        like($head, qr/^Content-Type: \Q$judged->{answer}{type}\E\r?$/m,
            '... in the same type');
        next;
    }

    is("$code $status", '0 200', "$name: forwarded");
    if ($judged->{decision} eq 'none') {
        like($answer, qr/\A\Q$line\E HTTP/, '... not judged, as it came');
        next;
    }
    ($code, $out, $err) = check($request, @options, '--show-secrets');
    is(received($out, 1), received($answer, 0), '... the same bytes');
    my ($length) = $out =~ /^Content-Length: (\d+)/mi;
    my ($sent) = $answer =~ /^Content-Length: (\d+)/mi;
    is($length // 0, $sent // 0, '... of the same length');
}

cmp_ok(scalar keys %reasons, '>=', 20, 'at least 20 reasons are compared');
$s->ends_well('gateway');

# Secrets are not shown unasked.

my $secret = compose(head => [ 'Authorization: Bearer 8A:Cust12345.secret-1',
    'Cookie: XSRF-TOKEN=secret-2', 'X-XSRF-TOKEN: secret-2' ]);
for my $args ([], [ '--json' ]) {
    my ($code, $out, $err) = check($secret, @$args);
    is($code, 0, "secrets @$args: forwarded");
    unlike("$out$err", qr/secret-|$Token/, '... and not shown');
}

# An app in place of a token; address and time

my $plain = compose(token => undef);
my $now = '2026-06-01T00:00:00Z';
for my $case ([ 0, '', qw(--app acme) ],
    [ 1, 'app_disabled', qw(--app disabled) ],
    [ 1, 'operation_not_granted', qw(--app operation) ],
    [ 1, 'address_not_granted', qw(--app address) ],
    [ 2, 'no such app', qw(--app nobody) ],
    [ 2, '--at must be', qw(--at yesterday) ])
{
    my ($status, $said, @args) = @$case;
    my ($code, $out, $err) = check($plain, @args);
    is($code, $status, "@args");
    like($err, qr/\Q$said\E/, "says: $said");
}
my $expired = compose(token => 'token-expired');
is((check($expired, qw(--at 2019-01-01)))[0], 0, '--at: before it expired');
is((check($expired, qw(--at 2021-01-01)))[0], 1, '--at: afterwards');

sub ctl {
    my ($request, @args) = @_;
    $s->write_file('request', $request);
    my $out = `'$ctl' request check @args $dir/request 2>&1`;
    return ($? >> 8, $out);
}

my ($code, $out) = ctl($plain);
like("$code $out", qr/^1 .*503 registry_unavailable/, 'no registry');
($code, $out) = ctl($plain, "--registry $dir/apps.json --app address",
    '--address 10.1.2.3');
is($code, 0, '--address: granted');
for my $case ([ substr($plain, 0, -5), 'shorter than Content-Length' ],
    [ "GET / HTTP/1.1\r\nHost: x\r\n", 'empty line behind the headers' ],
    [ '', 'request line is not complete' ])
{
    ($code, $out) = ctl($case->[0]);
    like("$code $out", qr/^2 .*$case->[1]/, "not whole: $case->[1]");
}
($code, $out) = ctl($plain =~ s/Content-Length: \d+\r\n//r,
    "--registry $dir/apps.json --app acme");
like($out, qr/\d+ bytes behind the request are ignored: .*Content-Length/,
    'a body without Content-Length is pointed out');

done_testing();
