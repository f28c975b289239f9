# HTTP/3: what is forwarded and refused, also before the body has come, and
# client certificates.  The client is curl, or TEST_CURL.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Digest::SHA qw(sha256_hex);
use IPC::Open3;
use Test::More;

use Certificates;
use ErpsyncServer;
use ErpsyncTest;
use FreePort;
use Recorder;

my $curl = $ENV{TEST_CURL} || 'curl';
my $binary = ErpsyncServer::binary();

plan skip_all => 'nginx is built without HTTP/3'
    if `'$binary' -V 2>&1` !~ /--with-http_v3_module/;
plan skip_all => 'curl is built without HTTP/3'
    if `'$curl' -V 2>&1` !~ /^Features:.* HTTP3/m;

my $path = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';
my $webapi = Recorder->new();
my $s = ErpsyncServer->new();
my ($dir, $port, $strict) = ($s->dir, $s->port, free_port());

my $certificates = Certificates->new($dir);
$certificates->authority(qw(ca other localhost));
$certificates->issue($_, 'ca') for qw(acme unknown);
$certificates->issue('stranger', 'other');

my $fingerprint = $certificates->sha256('acme');

$s->write_file('registry.json', <<"END");
{ "version": 1, "apps": [
  { "id": "acme", "agents": ["ErpSync"], "erpConnections": [883],
    "certificates": [ { "sha256": "$fingerprint" } ] },
  { "id": "token", "agents": ["ErpSync"],
    "tokens": [ { "sha256": "@{[ sha256_hex($Token) ]}" } ] } ] }
END

my $server = sub {
    my ($listen, $verify) = @_;
    return <<"END";
    server {
        listen 127.0.0.1:$listen quic;
        listen 127.0.0.1:$listen ssl;
        ssl_certificate $dir/localhost.pem;
        ssl_certificate_key $dir/localhost.key;
        ssl_verify_client $verify;
        ssl_client_certificate $dir/ca.pem;
        client_body_buffer_size 2k;
        client_max_body_size 6k;
        add_header X-App "\$erpsync_app" always;
        add_header X-Verify "\$ssl_client_verify" always;
        add_header X-Subject "\$ssl_client_s_dn" always;
        location / { proxy_pass http://127.0.0.1:@{[ $webapi->port ]}; }
    }
END
};

$s->start($s->conf(<<"END", level => 'info'));
    access_log off;
    erpsync on;
    erpsync_registry registry.json;
@{[ $server->($port, 'optional') ]}
@{[ $server->($strict, 'on') ]}
END

$s->write_file('large', $Body . ' ' x 4_000);

# nginx resets a stream that it does not read to its end, and curl may then lose
# the answer: this body is mostly sent before that

$s->write_file('too-large', $Body . ' ' x 7_000);

my @token = ('-H', "SO-AppToken: $Token");
my @body = ('--data-binary', $Body);

sub command {
    my ($who, $to, @more) = @_;
    my $given = join "\n", @more;
    return ($curl, qw(-s -S -k -i -m 30),
        $given =~ /^--http/m ? () : '--http3-only',
        $who ? ('--cert', "$dir/$who.pem", '--key', "$dir/$who.key") : (),
        $given =~ /^Authorization/m ? () : ('-H', 'Authorization: Bearer x'),
        $given =~ /^Content-Type/m ? ()
            : ('-H', 'Content-Type: application/json'),
        @more, "https://localhost:$to$path");
}

# HTTP version and status, reason, app, and what nginx says of the certificate

sub result {
    my $text = shift;
    my ($status) = $text =~ m{^HTTP/(\S+ \d+)};
    my ($reason) = $text =~ /"ErrorType":"(\w+)"/;
    my ($app) = $text =~ /^x-app: (\S*)/mi;
    my ($verify) = $text =~ /^x-verify: (\w*)/mi;
    return join ' ', $status // 'none', map { $_ // '-' } $reason, $app,
        $verify;
}

sub curl {
    my @command = command(@_);
    $webapi->forget();
    open my $out, '-|', @command or die "$curl: $!";
    local $/;
    return scalar(<$out>) // '';
}

sub sent {
    my ($what, $expected) = @_;
    my @requests = $webapi->requests();
    is(join("\n", map { "$_->{line}\n$_->{body}" } @requests), $expected,
        "$what: " . ($expected eq '' ? 'nothing is sent' : 'what is sent'));
    return $requests[0];
}

my $forwarded = "POST $path HTTP/1.1\n$Canonical";
$forwarded =~ s/1\.1/1.0/ if `'$binary' -v 2>&1` !~ m{/1\.(29\.[7-9]|3)};

for (
    [ 'a token', undef, '3 200 - token NONE', @token, @body ],
    [ 'a body that is kept in a file', undef, '3 200 - token NONE', @token,
        '--data-binary', "\@$dir/large" ],
    [ 'no token', undef, '3 403 app_token_missing - NONE', @body ],
    [ 'NTLM', undef, '3 401 scheme_not_allowed token NONE', @token, '-H',
        'Authorization: NTLM x', @body ],
    [ 'no credentials', undef, '3 401 credentials_missing token NONE',
        @token, '-H', 'Authorization:', @body ],
    [ 'a header twice', undef, '3 400 header_duplicated token NONE', @token,
        @token, @body ],
    [ 'PUT', undef, '3 405 method_not_allowed token NONE', @token, '-X',
        'PUT', @body ],
    [ 'a body that breaks a rule', undef, '3 422 body_invalid token NONE',
        @token, '--data-binary', $Body =~ s/883/0/r ],
    [ 'a body that is too large', undef, '3 413 body_too_large token NONE',
        @token, '--data-binary', "\@$dir/too-large" ],
    [ 'a certificate', 'acme', '3 200 - acme SUCCESS', @body ],
    [ 'a certificate of no app', 'unknown',
        '3 403 app_token_missing - SUCCESS', @body ],
    [ 'a certificate of no app, and a token', 'unknown',
        '3 200 - token SUCCESS', @token, @body ],
    [ 'a certificate and a token of another app', 'acme',
        '3 403 app_mismatch - SUCCESS', @token, @body ],
    [ 'a certificate, for another connection', 'acme',
        '3 403 connection_not_granted acme SUCCESS', '--data-binary',
        $Body =~ s/883/884/r ],
) {
    my ($what, $who, $expected, @more) = @$_;
    my $got = result(curl($who, $port, @more));

    # on a busy machine, the stream may be reset while curl still sends

    for (1 .. 9) {
        last if $got !~ /^none/ || $expected !~ / 413 /;
        sent($what, '');
        $got = result(curl($who, $port, @more));
    }

    is($got, $expected, $what);
    sent($what, $expected =~ / 200 / ? $forwarded : '');
    is(result(curl($who, $port, '--http1.1', @more)), $expected =~ s/3/1.1/r,
        "$what: as over HTTP/1.1");
}

like(curl('acme', $port, @body), qr/^x-subject: CN=acme\r/mi,
    'nginx\'s own variables of the certificate');
unlike((sent('its head', $forwarded))->{head}, qr/^SO-AppToken/mi,
    'no token is sent');

# Certificates that nginx does not verify.  It answers by itself, and resets the
# stream of a body, so that curl may lose the answer to one.

curl('stranger', $port, @body);
sent('another authority, a body', '');
like(result(curl('stranger', $port, '-X', 'POST')), qr/^3 400 .* FAILED\z/,
    'optional: a certificate by another authority');
sent('another authority', '');
is(result(curl('acme', $strict, @body)), '3 200 - acme SUCCESS',
    'on: a certificate');
sent('on', $forwarded);
curl(undef, $strict, @token, @body);
sent('on: none, a body', '');
like(result(curl(undef, $strict, @token, '-X', 'POST')),
    qr/^3 400 .* NONE\z/, 'on: none');
sent('on: none', '');

# Several calls on one connection: each is of the app of the certificate.

my @one = command('acme', $port, @body, '-w', 'connects %{num_connects}\n');
$webapi->forget();
open my $out, '-|', @one, '--next', @one[1 .. $#one], '--next',
    @one[1 .. $#one] or die "$curl: $!";
my $text = do { local $/; <$out> };
is(join(',', $text =~ /connects (\d)/g), '1,0,0', 'one connection');
is(scalar(() = $text =~ /^x-app: acme\r/mgi), 3, 'three calls of the app');
sent('three calls', join "\n", ($forwarded) x 3);

# A refusal does not wait for the body: it is logged while that is on its way.
# The client may read the answer only after it has sent what it has.

open my $errors, '>', "$dir/errors" or die $!;

for (
    [ 'no token', '3 403 app_token_missing - NONE' ],
    [ 'a type that is not judged', '3 415 content_type_unsupported token NONE',
        @token, '-H', 'Content-Type: image/png' ],
) {
    my ($what, $expected, @more) = @$_;
    my ($reason) = $expected =~ /(\w+_\w+)/;
    my $before = () = $s->log =~ /reason=$reason /g;
    $webapi->forget();
    my $pid = open3(my $in, my $answer, '>&' . fileno $errors,
        command(undef, $port, @more, qw(-X POST -T .)));
    $in->autoflush(1);
    print $in substr $Body, 0, 20;
    ok(until_true(sub { $before < (() = $s->log =~ /reason=$reason /g) }),
        "early: $what: refused");
    close $in;
    my $text = do { local $/; <$answer> };
    waitpid $pid, 0;
    is(result($text), $expected, "early: $what: the answer");
    sent("early: $what", '');
}

$s->log_has(qr/refused reason=connection_not_granted app=acme /, 'the log');
unlike($s->log, qr/\Q$fingerprint\E|\Q$Token\E/,
    'no digest and no token in the log');
$s->ends_well('HTTP/3');

done_testing();
