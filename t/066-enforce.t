# "enforce" of an app: under "erpsync report", its calls are judged as with
# "erpsync on", whatever they are refused for.  All others stay reported.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Digest::SHA qw(sha256_hex);
use Test::More;

use ErpsyncServer;
use ErpsyncTest;
use FreePort;
use Recorder;

my $webapi = Recorder->new(answer => sub {
    my ($request, $connection) = @_;
    $connection->{echo} = 1 if $request->{head} =~ /^Upgrade:/mi;
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n"
        . "Connection: upgrade\r\n\r\n" if $connection->{echo};
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        . "Content-Length: 4\r\n\r\ntrue";
});
my $s = ErpsyncServer->new();
my $port = $s->port;

sub apps {
    my %o = (enforce => 'true', @_);
    return sprintf '{ "version": 1, "apps": [
        { "id": "strict", "agents": ["ErpSync"], "enforce": %s, "tokens": [
            { "sha256": "%s" },
            { "sha256": "%s", "expires": "2020-01-01T00:00:00Z" } ] },
        { "id": "off", "agents": ["ErpSync"], "enforce": true,
          "enabled": false, "tokens": [ { "sha256": "%s" } ] },
        { "id": "lax", "agents": ["ErpSync"], "enforce": false, "tokens": [
            { "sha256": "%s" } ] } ] }', $o{enforce},
        map { sha256_hex($_) } qw(t-strict t-expired t-off t-lax);
}

$s->write_file('registry.json', apps());
$s->start($s->conf(<<"END"));
    log_format audit '\$erpsync_decision \$erpsync_reason \$erpsync_app_claimed';
    server {
        listen 127.0.0.1:$port;
        access_log logs/audit.log audit;
        erpsync report;
        erpsync_registry registry.json refresh=1s;
        error_page 403 /page;
        location / { proxy_pass http://127.0.0.1:@{[ $webapi->port ]}; }
        location /tunnel/ {
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_read_timeout 1s;
            proxy_pass http://127.0.0.1:@{[ $webapi->port ]};
        }
        location /away/ {
            erpsync on;
            error_page 502 = \@tunnel;
            proxy_pass http://127.0.0.1:@{[ free_port() ]};
        }
        location \@tunnel {
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_read_timeout 1s;
            proxy_pass http://127.0.0.1:@{[ $webapi->port ]};
        }
        location /on/ {
            erpsync on;
            proxy_pass http://127.0.0.1:@{[ $webapi->port ]};
        }
        location /so/ {
            proxy_pass http://127.0.0.1:@{[ $webapi->port ]}/Cust1/api/;
        }
    }
END

my $path = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';
my $bad = '{ "erpKey": 1 }';

# Status, and the last line of the audit log.

sub outcome {
    my %o = @_;
    my $lines = () = $s->read_file('logs/audit.log') =~ /\n/g;
    $webapi->forget();
    my ($status) = $s->call(%o) =~ m{^HTTP/1\.1 (\d+)};
    until_true(sub {
        return (() = $s->read_file('logs/audit.log') =~ /\n/g) > $lines;
    });
    my $log = $s->read_file('logs/audit.log');
    return ($status // 'none') . ' ' . ($log =~ /([^\n]*)\n\z/ ? $1 : '');
}

for (
    [ 'a good call', '200 allow ok strict', token => 't-strict' ],
    [ 'a bad body', '422 deny body_invalid strict', token => 't-strict',
        body => $bad ],
    [ 'no credentials', '401 deny credentials_missing strict',
        token => 't-strict', headers => [] ],
    [ 'an unknown operation', '404 deny operation_unknown strict',
        token => 't-strict', uri => '/api/v1/Agents/ErpSync/Nope' ],
    [ 'a token that has expired', '403 deny app_token_expired strict',
        token => 't-expired' ],
    [ 'an app that is disabled', '403 deny app_disabled off',
        token => 't-off' ],
    [ 'two tokens, its own first', '400 deny header_duplicated strict',
        token => 't-strict', headers => [ 'Authorization: Bearer x',
            'SO-AppToken: t-lax' ] ],
    [ 'two tokens, its own last', '400 deny header_duplicated lax',
        token => 't-lax', headers => [ 'Authorization: Bearer x',
            'SO-AppToken: nonsense', 'so-apptoken:  t-strict ' ] ],
) {
    my ($what, $expected, @call) = @$_;
    is(outcome(@call), $expected, "enforced: $what");
    my @requests = $webapi->requests();
    is(scalar @requests, $expected =~ /allow/ ? 1 : 0,
        "enforced: $what: what is sent");
    is($requests[0]{body}, $Canonical, "enforced: $what: in canonical form")
        if @requests;
}

for (
    [ 'without enforce: a good call', 'allow ok lax', token => 't-lax' ],
    [ 'without enforce: a bad body', 'report body_invalid lax',
        token => 't-lax', body => $bad ],
    [ 'without a token', 'report app_token_missing ', token => undef ],
    [ 'an unknown token', 'report app_token_unknown ', token => 'nonsense' ],
    [ 'two tokens of no such app', 'report header_duplicated lax',
        token => 't-lax', headers => [ 'Authorization: Bearer x',
            'SO-AppToken: nonsense' ] ],
) {
    my ($what, $expected, @call) = @$_;
    is(outcome(@call), "200 $expected", $what);
    my @requests = $webapi->requests();
    is(scalar @requests, 1, "$what: forwarded");
    my %o = (body => $Body, @call);
    is($requests[0]{body}, $o{body}, "$what: as it came");
}

# Headers that override the method go no further, but for what is reported.

outcome(token => 't-strict', headers => [ 'Authorization: Bearer x',
    'X-HTTP-Method-Override: DELETE' ]);
unlike(($webapi->requests())[0]{head}, qr/^X-HTTP-Method-Override/mi,
    'enforced: no override');
outcome(token => 't-lax', headers => [ 'Authorization: Bearer x',
    'X-HTTP-Method-Override: DELETE' ]);
like(($webapi->requests())[0]{head}, qr/^X-HTTP-Method-Override/mi,
    'reported: as it came');

# With "on" it makes no difference.

is(outcome(token => 't-lax', uri => "/on$path", body => $bad),
    '422 deny body_invalid lax', 'on: without enforce');
is(outcome(token => 't-strict', uri => "/on$path", body => $bad),
    '422 deny body_invalid strict', 'on: with enforce');

# A request that only the URI of "proxy_pass" leads to the agent was not judged

is(outcome(token => 't-strict', uri => '/so/v1/Agents/ErpSync/SyncAll'),
    '500   strict', 'not judged, enforced: refused');
is(scalar(() = $webapi->requests()), 0, 'not judged, enforced: nothing is sent');
is(outcome(token => 't-lax', uri => '/so/v1/Agents/ErpSync/SyncAll'),
    '200   lax', 'not judged, without enforce: as it came');

# A change of the registry, also while a body is on its way

sub changed {
    my ($registry) = @_;
    my $before = () = $s->log =~ /registry "[^"]+": loaded/g;
    $s->replace_file('registry.json', $registry);
    ok(until_true(sub {
        my $now = () = $s->log =~ /registry "[^"]+": loaded/g;
        return $now > $before;
    }), 'the change is taken up');
}

changed(apps(enforce => 'false'));
is(outcome(token => 't-strict', body => $bad), '200 report body_invalid strict',
    'no longer enforced: reported');

$webapi->forget();
my $socket = $s->connection();
my $request = $s->request(token => 't-strict', body => $bad,
    headers => [ 'Authorization: Bearer x', 'X-HTTP-Method: DELETE' ]);
print $socket substr $request, 0, -1;
changed(apps());
print $socket substr $request, -1;
my $answer = do { local $/; <$socket> };
like($answer, qr{^HTTP/1\.1 422 }, 'enforced meanwhile: refused');
is(scalar(() = $webapi->requests()), 0, 'enforced meanwhile: nothing is sent');

changed(apps(enforce => 'false'));
$socket = $s->connection();
$request = $s->request(token => 't-strict',
    headers => [ 'Authorization: Bearer x', 'X-HTTP-Method: DELETE' ]);
print $socket substr $request, 0, -1;
changed(apps());
print $socket substr $request, -1;
$answer = do { local $/; <$socket> };
like($answer, qr{^HTTP/1\.1 200 }, 'enforced meanwhile: a good call');
my ($sent) = $webapi->requests();
is($sent->{body}, $Canonical, 'enforced meanwhile: in canonical form');
unlike($sent->{head}, qr/^X-HTTP-Method:/mi, 'enforced meanwhile: no override');

changed(apps(enforce => 'false'));

# There is no tunnel behind a call that is enforced.  A location that reports
# makes one also after a redirect from a location that does not.

for (
    [ 'false', '/tunnel', 'a tunnel' ],
    [ 'redirected', '/away', 'a tunnel' ],
    [ 'true', '/tunnel', 'no tunnel' ],
) {
    my ($enforce, $prefix, $expected) = @$_;
    $socket = $s->connection();
    $request = $s->request(token => 't-strict', uri => "$prefix$path",
        headers => [ 'Authorization: Bearer x', 'Upgrade: h2c' ]);
    print $socket substr $request, 0, -1;
    changed(apps()) if $enforce eq 'true';
    print $socket substr $request, -1;
    my $text = '';
    1 while $text !~ /\r\n\r\n/
        && sysread $socket, $text, 4096, length $text;
    like($text, qr{\AHTTP/1\.1 101}, "enforce $enforce: an upgrade");
    print $socket 'not judged';
    1 while $text !~ /not judged/
        && sysread $socket, $text, 4096, length $text;
    is($text =~ /not judged/ ? 'a tunnel' : 'no tunnel', $expected,
        "enforce $enforce: what follows the call");
}

$s->ends_well('enforce');

done_testing();
