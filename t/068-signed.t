# Signed registries: what nginx -t, a refresh and a reload take.  Signatures
# are made by openssl.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Digest::SHA qw(sha256_hex);
use Test::More;

use ErpsyncServer;
use ErpsyncTest;

my $s = ErpsyncServer->new();
my ($dir, $port) = ($s->dir, $s->port);

sub openssl {
    my $out = `openssl @_ 2>&1`;
    die "openssl @_: $out" if $?;
    return $out;
}

for my $key (qw(old new stranger)) {
    openssl("genpkey -algorithm ed25519 -out $dir/$key.key");
    openssl("pkey -in $dir/$key.key -pubout -out $dir/$key.pem");
}
openssl("genpkey -algorithm rsa -out $dir/rsa.key");
openssl("pkey -in $dir/rsa.key -pubout -out $dir/rsa.pem");

$s->write_file('keys.pem', join '', "Keys of the office\n",
    map { $s->read_file($_) } qw(old.pem new.pem));
$s->write_file('mixed.pem', join '',
    map { $s->read_file($_) } qw(old.pem rsa.pem));

$s->write_file('large.pem', $s->read_file('keys.pem') x 500);

sub apps {
    my ($app, $sequence) = @_;
    return sprintf '{ "version": 1, %s"apps": [ { "id": "%s", "agents": '
        . '["ErpSync"], "tokens": [ { "sha256": "%s" } ] } ] }' . "\n",
        defined $sequence ? "\"sequence\": $sequence, " : '', $app,
        sha256_hex("t-$app");
}

# The signature of a text, as lines of base64

sub signature {
    my ($text, $key) = @_;
    $s->write_file('text', $text);
    openssl("pkeyutl -sign -rawin -inkey $dir/$key.key -in $dir/text"
        . " -out $dir/raw");
    return scalar `base64 < $dir/raw`;
}

sub registry_file { $s->replace_file('registry.json', $_[0]) }
sub signature_file { $s->replace_file('registry.json.sig', $_[0]) }

sub conf {
    my ($option, $more) = @_;
    return $s->conf(<<"END");
    access_log off;
    @{[ $s->webapi ]}
    server {
        listen 127.0.0.1:$port;
        erpsync on;
        erpsync_zone_here;
        erpsync_registry registry.json $option;
        location / { proxy_pass http://unix:$dir/webapi.sock; }
        location = /app { return 200 "app=\$erpsync_app\\n"; }
        location = /status { erpsync_status; }
        @{[ $more // '' ]}
    }
END
}

sub with_zone {
    my $conf = conf(@_);
    $conf =~ s/^ *erpsync_zone_here;\n//m;
    $conf =~ s/^(http \{\n)/$1    erpsync_zone erpsync:4m;\n/m;
    return $conf;
}

# nginx -t

registry_file(apps('one'));

for (
    [ 'unsigned', 'key=keys.pem', undef,
        qr/registry\.json": cannot open its signature \(\.sig\): No such file/ ],
    [ 'not a signature', 'key=keys.pem', "none\n",
        qr/cannot read its signature \(\.sig\): it must be 64 bytes in base64/ ],
    [ 'by a stranger', 'key=keys.pem', signature(apps('one'), 'stranger'),
        qr/its signature \(\.sig\) is not by one of the keys/ ],
    [ 'of another file', 'key=keys.pem', signature(apps('two'), 'old'),
        qr/its signature \(\.sig\) is not by one of the keys/ ],
    [ 'good', 'key=keys.pem', signature(apps('one'), 'old'), undef ],
    [ 'good, by the second key', 'refresh=1s key=keys.pem',
        signature(apps('one'), 'new'), undef ],
    [ 'no keys', 'key=nothing.pem', undef,
        qr/"key" ".*nothing\.pem" of "erpsync_registry" cannot be read \(2: / ],
    [ 'keys that are a directory', 'key=.', undef,
        qr/"key" ".*" of "erpsync_registry" cannot be read \(21: .* in .*:\d+/ ],
    [ 'keys that are too large', 'key=large.pem', undef,
        qr/"key" ".*large\.pem" of "erpsync_registry" is too large in .*:\d+/ ],
    [ 'a private key', 'key=old.key', undef,
        qr/"key" ".*old\.key" of "erpsync_registry" has a private key/ ],
    [ 'another kind of key', 'key=mixed.pem', undef,
        qr/mixed\.pem" of "erpsync_registry" has a key that is not an Ed25519/ ],
    [ 'no PEM', 'key=registry.json', undef, qr/has no public key/ ],
    [ 'key= alone', 'key=', undef, qr/invalid value "key=" in/ ],
    [ 'key= twice', 'key=keys.pem key=keys.pem', undef,
        qr/invalid value "key=keys\.pem" in/ ],
) {
    my ($what, $option, $signature, $error) = @$_;
    signature_file($signature) if defined $signature;
    my $out = $s->check(with_zone($option));
    $error ? like($out, $error, "nginx -t: $what")
        : is($out, '', "nginx -t: $what");
}

like($s->check(with_zone('key=keys.pem', 'location /x/ { erpsync_registry'
    . ' registry.json; }')), qr/"erpsync_registry" ".*" is used with another "key"/,
    'nginx -t: with and without a key');

# A refresh

sub call { return $s->call(token => "t-$_[0]") =~ m{^HTTP/1\.1 (\d+)} && $1 }

sub app { return $s->call(method => 'GET', uri => '/app', body => '',
    token => "t-$_[0]") }

sub comes_to {
    my ($app, $what) = @_;
    ok(until_true(sub { call($app) == 200 }), $what) or diag($s->log);
}

my $failures = 0;

sub fails {
    my ($what, $app, $error) = @_;
    my $pattern = qr/\[error\] .*registry\.json": $error.*; keeping the/;
    my $before = $failures;
    until_true(sub { ($failures = () = $s->log =~ /; keeping the/g) > $before });
    like($s->log, $pattern, "$what: the error is logged");
    is(call($app), 200, "$what: the last valid registry stays");
}

my $bad = qr/its signature \(\.sig\) is not by one of the keys/;

signature_file(signature(apps('one'), 'old'));
$s->start(with_zone('refresh=1s key=keys.pem'));
is(call('one'), 200, 'the first registry');
is(join(' ', grep { /keys/ } map { readlink // '' }
    glob "/proc/@{[ $s->pid ]}/fd/*"), '', 'the keys are not kept open');

registry_file(apps('two'));
fails('the registry first', 'one', $bad);
is(call('two'), 403, 'the registry first: not the new one');
signature_file(signature(apps('two'), 'new'));
comes_to('two', 'then the signature');

signature_file(signature(apps('three'), 'old'));
fails('the signature first', 'two', $bad);
registry_file(apps('three'));
comes_to('three', 'then the registry');

unlink "$dir/registry.json.sig";
fails('no signature', 'three', qr/cannot open its signature \(\.sig\): No such/);
registry_file(apps('evil'));
sleep 2;
is(call('evil'), 403, 'no signature: a registry is not taken');
signature_file(signature(apps('evil'), 'stranger'));
fails('by a stranger', 'three', $bad);
is(call('evil'), 403, 'by a stranger: not taken');

# Numbers: an old version does not come back.

sub version {
    my ($app, $sequence) = @_;
    signature_file(signature(apps($app, $sequence), 'new'));
    registry_file(apps($app, $sequence));
}

version('seven', 7);
comes_to('seven', 'sequence 7');
version('six', 6);
fails('sequence 6', 'seven', qr/sequence: must not be lower than 7/);
version('none', undef);
fails('no sequence', 'seven', qr/sequence: must not be lower than 7/);
is(call('none'), 403, 'no sequence: not taken');
version('eight', 8);
comes_to('eight', 'sequence 8');

sub counter {
    my $outcome = shift;
    return $s->call(method => 'GET', uri => '/status?format=prometheus',
        body => '', token => undef)
        =~ /^erpsync_registry_reloads_total\{outcome="$outcome"\} (\d+)/m && $1;
}

is(counter('failed'), $failures, 'each failure is counted');
cmp_ok(counter('ok'), '>=', 4, 'each new version is counted');

# A reload

$s->reload();
is(call('eight'), 200, 'reload: sequence 8');
version('seven', 7);
sleep 2;
$s->signal('HUP');
$s->log_has(qr/\[emerg\] .*sequence: must not be lower than 8/,
    'reload: sequence 7 is refused');
is(call('eight'), 200, 'reload: the configuration stays');

# The master has not seen the version that a refresh loaded.

version('nine', 9);
comes_to('nine', 'sequence 9, by a refresh');
version('eight', 8);
$s->signal('HUP');
$s->log_has(qr/\[emerg\] .*sequence: must not be lower than 9/,
    'reload after a refresh: sequence 8 is refused');
is(call('nine'), 200, 'reload after a refresh: the configuration stays');

# Nor has a worker in place of one that died: it has version 8, as the file.

kill KILL => $s->workers();
ok(until_true(sub { call('eight') }), 'another worker serves');
is(call('eight'), 503, 'another worker: the old version grants nothing');
like(app('eight'), qr/^app=$/m, 'another worker: $erpsync_app is empty');
$s->log_has(qr/\[error\] .*"sequence" is lower than 9, .*refuses calls/,
    'another worker: the error is logged');

version('ten', 10);
comes_to('ten', 'another worker: sequence 10');
like(app('ten'), qr/^app=ten$/m, 'another worker: $erpsync_app');

unlike($s->log, qr/stale global SSL error/, 'no error is left to OpenSSL');
$s->ends_well('signed', qr/sequence: must not be lower|exited on signal 9/);

done_testing();
