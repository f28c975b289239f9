# Apps that are known by the client certificate that nginx verified: over
# HTTP/1.1 and HTTP/2, in a resumed session, in subrequests, beside a token,
# and revoked while a body is on its way.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Digest::SHA qw(sha256_hex);
use IPC::Open2;
use Test::More;

use Certificates;
use ErpsyncServer;
use ErpsyncTest;
use FreePort;
use Recorder;

my $path = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';
my $webapi = Recorder->new(answer => sub {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        . "Content-Length: 4\r\n\r\ntrue";
});
my $s = ErpsyncServer->new();
my ($dir, $tls) = ($s->dir, $s->port);
my ($on, $any, $plain) = (free_port(), free_port(), free_port());

# Two authorities; certificates by the first one, but for "stranger" and
# "self", which nobody has signed.

my $certificates = Certificates->new($dir);

$certificates->authority(qw(ca other self localhost));
$certificates->issue($_, 'ca') for qw(acme beta late future off unknown);
$certificates->issue('stranger', 'other');
$certificates->issue('gone', 'ca', gone => 1);

my %digest = map { $_ => $certificates->sha256($_) }
    qw(acme beta late future off stranger gone self);

# An app for each certificate; "acme" has a token, too.

my %times = (late => ', "expires": "2020-01-01T00:00:00Z"',
    future => ', "notBefore": "2999-01-01T00:00:00Z"');

sub apps {
    my %o = (off => ', "enabled": false', @_);
    my @apps = map { sprintf '{ "id": "%s", "agents": ["ErpSync"],%s '
        . '"certificates": [ { "sha256": "%s"%s } ]%s }', $_,
        $_ eq 'acme' ? sprintf ' "tokens": [ { "sha256": "%s" } ],',
            sha256_hex($Token) : '', $digest{$_}, $times{$_} // '',
        $o{$_} // '' }
        grep { ($o{$_} // '') ne 'none' } sort keys %digest;
    return '{ "version": 1, "apps": [' . join(",\n", @apps) . "] }\n";
}

$s->write_file('registry.json', apps());

my $server = sub {
    my ($listen, $name, $verify) = @_;
    return <<"END";
    server {
        listen 127.0.0.1:$listen ssl;
        server_name $name;
        ssl_certificate $dir/localhost.pem;
        ssl_certificate_key $dir/localhost.key;
        ssl_verify_client $verify;
        ssl_client_certificate $dir/ca.pem;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_verify_depth 1;
        add_header X-App \$erpsync_app always;
        add_header X-Claimed \$erpsync_app_claimed always;
        add_header X-Reused "\$ssl_session_reused" always;
        add_header X-Connection "\$connection" always;
        location / { proxy_pass http://127.0.0.1:@{[ $webapi->port ]}; }
        location /Cust77/ {
            auth_request /auth;
            proxy_pass http://127.0.0.1:@{[ $webapi->port ]};
        }
        location = /auth {
            internal;
            proxy_pass http://127.0.0.1:@{[ $webapi->port ]}/auth;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header X-App \$erpsync_app;
        }
    }
END
};

my $conf = $s->conf(<<"END", level => 'notice');
    access_log off;
    erpsync on;
    erpsync_registry registry.json refresh=1s;
@{[ $server->($tls, 'localhost', 'optional') ]}
@{[ $server->($tls, 'off.example.com', 'off') ]}
@{[ $server->($on, 'localhost', 'on') ]}
@{[ $server->($any, 'localhost', 'optional_no_ca') ]}
    server {
        listen 127.0.0.1:$plain;
        location / { proxy_pass http://127.0.0.1:@{[ $webapi->port ]}; }
    }
END

$conf =~ s/(listen 127\.0\.0\.1:$tls ssl);/$1 http2;/;
$s->start($conf);

# A call with curl: who is the name of a certificate, or undef.

sub curl {
    my ($who, $port, @more) = @_;
    my $host = (grep { /^Host:/ } @more) ? '' : 'localhost';
    $webapi->forget();
    open my $out, '-|', 'curl', '-s', '-k', '-i', '-m', 30,
        $who ? ('--cert', "$dir/$who.pem", '--key', "$dir/$who.key") : (),
        '-H', 'Authorization: Bearer x', '-H',
        'Content-Type: application/json', '--data-binary', $Body,
        (map { /^-/ ? $_ : ('-H', $_) } @more),
        "https://localhost:$port$path" or die "curl: $!";
    local $/;
    return result(scalar(<$out>) // '');
}

# Status, reason, app in good standing, app that is claimed; in one line.

sub result {
    my $answer = shift;
    my ($status) = $answer =~ m{^HTTP/\S+ (\d+)};
    my ($reason) = $answer =~ /"ErrorType":"(\w+)"/;
    my ($app) = $answer =~ /^x-app: (\S*)/mi;
    my ($claimed) = $answer =~ /^x-claimed: (\S*)/mi;
    return join ' ', $status // 'none',
        map { $_ // '-' } $reason, $app, $claimed;
}

my $token = "SO-AppToken: $Token";

for (
    [ 'a certificate alone', 'acme', '200 - acme acme' ],
    [ 'a certificate of an app without tokens', 'beta', '200 - beta beta' ],
    [ 'none', undef, '403 app_token_missing - -' ],
    [ 'one that is not registered', 'unknown', '403 app_token_missing - -' ],
    [ 'an app that is disabled', 'off', '403 app_disabled - off' ],
    [ 'registered until a time', 'late', '403 app_token_expired - late' ],
    [ 'registered from a time on', 'future',
        '403 app_token_expired - future' ],
    [ 'a token alone', undef, '200 - acme acme', $token ],
    [ 'both', 'acme', '200 - acme acme', $token ],
    [ 'both, of two apps', 'beta', '403 app_mismatch - acme', $token ],
    [ 'both, of an app that is not valid', 'late',
        '403 app_mismatch - acme', $token ],
    [ 'a token, and one that is not registered', 'unknown',
        '200 - acme acme', $token ],
    [ 'a wrong token', 'acme', '403 app_token_unknown - acme',
        'SO-AppToken: wrong' ],
    [ 'its digest as a token', undef, '403 app_token_unknown - -',
        "SO-AppToken: $digest{acme}" ],
) {
    my ($what, $who, $expected, @more) = @$_;
    for my $version ('--http1.1', '--http2') {
        is(curl($who, $tls, $version, @more), $expected, "$version: $what");
        is(scalar(() = $webapi->requests()), $expected =~ /^200/ ? 1 : 0,
            "$version: $what: " . ($expected =~ /^200/ ? 'sent' : 'nothing is sent'));
    }
}

# What the WebAPI receives is the call in its canonical form.

curl('acme', $tls, '--http1.1');
my ($sent) = $webapi->requests();
is($sent->{body}, $Canonical, 'the body that is sent');
unlike($sent->{head}, qr/^SO-AppToken/mi, 'no token is sent');

# Only what nginx verified counts.

is(curl('acme', $on), '200 - acme acme', 'on: a certificate');
like(curl(undef, $on), qr/^400/, 'on: none');

for (
    [ 'by another authority', 'stranger' ], [ 'by itself', 'self' ],
    [ 'that has expired', 'gone' ],
) {
    my ($what, $who) = @$_;
    like(curl($who, $tls), qr/^400/, "optional: a certificate $what");
    is(scalar(() = $webapi->requests()), 0, "optional: $what: nothing is sent");
    next if $who eq 'gone';
    is(curl($who, $any), '403 app_token_missing - -',
        "optional_no_ca: a certificate $what");
    is(scalar(() = $webapi->requests()), 0,
        "optional_no_ca: $what: nothing is sent");
    is(curl($who, $any, $token), '200 - acme acme',
        "optional_no_ca: a certificate $what, and a token");
}

is(curl('acme', $any), '200 - acme acme', 'optional_no_ca: one by the authority');
is(curl('acme', $tls, 'Host: off.example.com'), '403 app_token_missing - -',
    'another server of the same address, which asks for none');

my ($answer) = $s->call(port => $plain, token => undef);
like($answer, qr/app_token_missing/, 'without TLS');

# One connection, several calls: the digest is computed once, and is right.

for my $version ('--http1.1', '--http2') {
    my @one = ('--cert', "$dir/acme.pem", '--key', "$dir/acme.key", '-s', '-k',
        '-i', $version, '-m', 30, '-H', 'Authorization: Bearer x', '-H',
        'Content-Type: application/json', '--data-binary', $Body,
        "https://localhost:$tls$path");
    open my $out, '-|', 'curl', @one, '--next', @one, '--next', @one
        or die "curl: $!";
    my $text = do { local $/; <$out> };
    my %seen = map { $_ => 1 } $text =~ /^x-connection: (\d+)/mgi;
    is(scalar(keys %seen), 1, "$version: one connection");
    is(scalar(() = $text =~ /^x-app: acme\r/mgi), 3, "$version: three calls");
}

# A session that is resumed: the client does not send its certificate again.

sub session {
    my ($version, $request, @more) = @_;
    my $pid = open2(my $out, my $in, "openssl s_client -connect"
        . " 127.0.0.1:$tls -servername localhost -$version -ign_eof -quiet"
        . " @more 2>>$dir/s_client");
    print $in $request;
    close $in;
    my $text = do { local $/; <$out> };
    waitpid $pid, 0;
    return $text // '';
}

for my $version (qw(tls1_2 tls1_3)) {
    my $request = $s->request(token => undef);
    my $first = session($version, $request, '-cert', "$dir/beta.pem", '-key',
        "$dir/beta.key", '-sess_out', "$dir/session");
    is(result($first), '200 - beta beta', "$version: the first session");
    like($first, qr/^X-Reused: \.\r/m, "$version: is new");
    my $second = session($version, $request, '-sess_in', "$dir/session");
    like($second, qr/^X-Reused: r\r/m, "$version: the second is resumed");
    is(result($second), '200 - beta beta', "$version: it has the certificate");
}

# A subrequest knows the app, too.

$webapi->forget();
my $tenant = session('tls1_2',
    $s->request(token => undef, uri => $path =~ s/Cust12345/Cust77/r),
    '-cert', "$dir/beta.pem", '-key', "$dir/beta.key");
is(result($tenant), '200 - beta beta', 'auth_request: forwarded');
my ($auth) = grep { $_->{target} eq '/auth' } $webapi->requests();
like($auth->{head}, qr/^X-App: beta\r/m, 'auth_request: the app');

# The registry loses a certificate while a body is on its way.

my $request = $s->request(token => undef);
my $pid = open2(my $out, my $in, "openssl s_client -connect 127.0.0.1:$tls"
    . " -servername localhost -ign_eof -quiet -cert $dir/beta.pem"
    . " -key $dir/beta.key 2>>$dir/s_client");
$in->autoflush(1);
$webapi->forget();
print $in substr $request, 0, -1;
until_true(sub { return $s->log =~ /registry/ || -s "$dir/s_client" });
$s->replace_file('registry.json', apps(beta => 'none'));
$s->log_has(qr/registry "[^"]+": loaded/, 'revoked: the change is taken up');
print $in substr $request, -1;
my $text = do { local $/; <$out> };
waitpid $pid, 0;
is(result($text), '403 app_token_missing - -', 'revoked: refused');
is(scalar(() = $webapi->requests()), 0, 'revoked: nothing is sent');
$s->log_has(qr/refused reason=app_token_missing app=- /, 'revoked: logged');

# A registry whose only certificates come by a refresh

$s->replace_file('registry.json', registry('x' => [ 'x' ]));
ok(until_true(sub { curl('beta', $tls) =~ /^403 app_token_missing/ }),
    'without certificates');
$s->replace_file('registry.json', apps());
ok(until_true(sub { curl('beta', $tls) eq '200 - beta beta' }),
    'with certificates again');

unlike($s->log, qr/[0-9a-f]{64}|\Q$Token\E/, 'no digest and no token in the log');
$s->ends_well('certificates');

done_testing();
