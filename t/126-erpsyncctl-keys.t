# erpsyncctl registry with certificates, registry sign and registry diff.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Cwd qw(getcwd);
use Digest::SHA qw(sha256_hex);
use JSON::PP;
use MIME::Base64 qw(decode_base64 encode_base64);
use POSIX ();
use Test::More;

use ErpsyncServer;
use ErpsyncTest;

my $s = ErpsyncServer->new();
my $ctl = $ENV{TEST_ERPSYNCCTL}
    || ($ENV{ERPSYNC_BUILD} || getcwd() . '/build') . '/erpsyncctl';
my $dir = $s->dir;
my $file = "$dir/apps.json";

sub ctl_in {
    my ($input, @args) = @_;
    $s->write_file('in', $input);
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', "$dir/in";
        open STDOUT, '>', "$dir/out";
        open STDERR, '>', "$dir/err";
        exec { $ctl } $ctl, 'registry', @args or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($? >> 8, $s->read_file('out'), $s->read_file('err'));
}

sub ctl { return ctl_in('', @_) }

sub app {
    my ($id) = @_;
    return (grep { $_->{id} eq $id }
        @{ decode_json($s->read_file('apps.json'))->{apps} })[0];
}

sub openssl {
    system("openssl @_ > /dev/null 2>&1") == 0 or die "openssl @_";
}

for my $name (qw(one two)) {
    openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes",
        "-subj /CN=$name -days 10 -keyout $dir/$name.key",
        "-out $dir/$name.pem");
    openssl("x509 -in $dir/$name.pem -outform DER -out $dir/$name.der");
}
my %digest = map { $_ => sha256_hex($s->read_file("$_.der")) } qw(one two);

# Certificates

my ($code, $out, $err) = ctl(qw(add --create --id acme --agent ErpSync),
    '--certificate', "$dir/one.pem", $file);
is("$code $out", '0 ', 'add --certificate');
like($err, qr/added\ acme\ with\ certificate\ \Q@{[substr $digest{one}, 0, 8]}\E
    ,\ which\ expires\ in\ \d+\ days/x, '... says how long it is valid');
my $entry = app('acme')->{certificates}[0];
is($entry->{sha256}, $digest{one}, '... by the digest of its DER');
ok(!exists app('acme')->{tokens}, '... and no token');
my $until = `openssl x509 -in $dir/one.pem -noout -enddate`;
my ($month, $day, $time, $year)
    = $until =~ /=(\w+)\s+(\d+) (\S+) (\d+) GMT/;
like($entry->{expires}, qr/^$year-\d\d-@{[sprintf '%02d', $day]}T${time}Z$/,
    '... its end is the certificate\'s');
like($entry->{notBefore}, qr/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/, '... so its start');

($code, $out, $err) = ctl('list', $file);
like($out, qr/^acme\s+enabled\s+ErpSync\s+[0-9a-f]{8}\ \(certificate\)
    \s+valid/mx, 'list: an app without a token');
($code, $out, $err) = ctl(qw(list --json), $file);
is_deeply([ map { $_->{state} }
        @{ decode_json($out)->{apps}[0]{certificates} } ], [ 'valid' ],
    'list --json');
unlike($out, qr/[0-9a-f]{9}/, '... shows no digest');
($code, $out, $err) = ctl('check', $file);
is($code, 0, 'check');
like($err, qr/acme: certificate [0-9a-f]{8} expires in \d+ days/,
    '... warns of a certificate');
is(decode_json((ctl(qw(check --json), $file))[1])->{certificates}, 1,
    'check --json');

is((ctl(qw(rotate --expire-old 1h), '--certificate', "$dir/two.pem", $file,
    'acme'))[0], 0, 'rotate --certificate');
my ($one, $two) = @{ app('acme')->{certificates} };
isnt($one->{expires}, $entry->{expires}, '... the old one ends');
is($two->{sha256}, $digest{two}, '... the new one is there');
is((ctl_in("$Token\n", 'rotate', $file, 'acme'))[0], 0,
    'rotate: a token beside certificates');
is(app('acme')->{tokens}[0]{sha256}, sha256_hex($Token), '... is added');
is((ctl(qw(revoke --token), substr($digest{one}, 0, 8), $file, 'acme'))[0],
    0, 'revoke --token: a certificate');
is(scalar @{ app('acme')->{certificates} }, 1, '... is gone');
is((ctl(qw(revoke --token), substr($digest{two}, 0, 8), $file, 'acme'))[0],
    0, 'revoke --token: the last certificate of an app with a token');
ok(!exists app('acme')->{certificates}, '... no empty list is left');
is((ctl(qw(revoke --token), substr(sha256_hex($Token), 0, 8), $file,
    'acme'))[0], 1, 'revoke --token: not the last of all');

my $before = $s->read_file('apps.json');
openssl("genpkey -algorithm ed25519 -out $dir/sign.key");
$s->write_file('text', 'no PEM');

# a certificate whose first time is not a time
my $der = $s->read_file('two.der');
$der =~ s/(\x17\x0d)\d{12}Z/$1${\ ('x' x 12)}Z/ or die 'no UTCTime';
$s->write_file('times.pem', "-----BEGIN CERTIFICATE-----\n"
    . encode_base64($der) . "-----END CERTIFICATE-----\n");
ctl(qw(rotate --certificate), "$dir/one.pem", $file, 'acme');
$before = $s->read_file('apps.json');
for my $case ([ 2, 'only a private key', '--certificate', "$dir/one.key" ],
    [ 2, 'holds no certificate', '--certificate', "$dir/text" ],
    [ 2, "OpenSSL cannot read the certificate of $dir/times.pem",
        '--certificate', "$dir/times.pem" ],
    [ 2, 'No such file', '--certificate', "$dir/none" ],
    [ 2, 'exclude each other', '--generate', '--certificate',
        "$dir/two.pem" ],
    [ 1, 'certificate is registered already, for the app acme',
        '--certificate', "$dir/one.pem" ])
{
    my ($status, $said, @args) = @$case;
    ($code, $out, $err) = ctl('rotate', @args, $file, 'acme');
    is("$code $out", "$status ", "rotate: $said");
    like($err, qr/\Q$said\E/, '... is told');
    unlike($err, qr/BEGIN|MII/, '... and no key');
    is($s->read_file('apps.json'), $before, '... nothing has changed');
}
$s->write_file('chain.pem', $s->read_file('two.key')
    . $s->read_file('two.pem') . $s->read_file('one.pem'));
($code, $out, $err) = ctl('rotate', '--certificate', "$dir/chain.pem", $file,
    'acme');
is($code, 0, 'a key and a chain');
like($err, qr/several certificates; the first one/, '... is told');
is(app('acme')->{certificates}[1]{sha256}, $digest{two}, '... the first');

# A request of a client that nginx knows by its certificate

$s->write_file('request', "GET /api/v1/Agents/ErpSync/SyncAll HTTP/1.1\r\n"
    . "Host: x\r\nAuthorization: Bearer x\r\n\r\n");
for my $case ([ 0, 'acme', '--certificate', "$dir/one.pem" ],
    [ 1, 'app_token_missing' ])
{
    my ($status, $said, @args) = @$case;
    $out = `'$ctl' request check --json --registry $file @args $dir/request`;
    is($? >> 8, $status, "request check @args");
    like($out, qr/"$said"/, "... $said");
}

# Signatures

openssl("pkey -in $dir/sign.key -pubout -out $dir/sign.pub");
chmod 0644, $file;
($code, $out, $err) = ctl('sign', '--key', "$dir/sign.key", $file);
is("$code $out", '0 ', 'sign');
sub verified {
    $s->write_file('raw.sig', decode_base64($s->read_file('apps.json.sig')));
    return system("openssl pkeyutl -verify -pubin -inkey $dir/sign.pub -rawin"
        . " -in $file -sigfile $dir/raw.sig > /dev/null 2>&1") == 0;
}
like($s->read_file('apps.json.sig'), qr{\A[A-Za-z0-9+/]{86}==\n\z},
    '... in base64');
ok(verified(), '... OpenSSL verifies it');
is((stat "$file.sig")[2] & 07777, 0644, '... readable as the registry is');
($code, $out, $err) = ctl('revoke', $file, 'acme');
is($code, 0, 'an edit of a signed registry');
like($err, qr/apps\.json\.sig is the signature of the old file: sign/,
    '... says that it must be signed');
ok(!verified(), '... which is so');
chmod 0640, "$file.sig";
is((ctl('sign', '--key', "$dir/sign.key", $file))[0], 0, 'sign again');
ok(verified(), '... OpenSSL verifies it');
is((stat "$file.sig")[2] & 07777, 0640, '... the mode is kept');
is_deeply([ glob "$dir/.*.{erpsyncctl,lock}" ], [], '... nothing is left');
for my $case ([ 2, '--key is required' ],
    [ 2, 'is not an Ed25519 private key', '--key', "$dir/one.key" ],
    [ 2, 'is not an Ed25519 private key', '--key', "$dir/sign.pub" ])
{
    my ($status, $said, @args) = @$case;
    ($code, $out, $err) = ctl('sign', @args, $file);
    is($code, $status, "sign: $said");
    like($err, qr/\Q$said\E/, '... is told');
}
ok(verified(), '... the signature is as it was');
is((ctl('check', '--key', "$dir/sign.pub", $file))[0], 0, 'check --key');
openssl("genpkey -algorithm ed25519 -out $dir/other.key");
openssl("pkey -in $dir/other.key -pubout -out $dir/other.pub");
for my $case ([ 1, 'is not its signature', "$dir/other.pub" ],
    [ 2, 'key', "$dir/other.key" ], [ 2, 'No such file', "$dir/none" ])
{
    my ($status, $said, $key) = @$case;
    ($code, $out, $err) = ctl('check', '--key', $key, $file);
    is("$code $out", "$status ", "check --key: $said");
    like($err, qr/\Q$said\E/, '... is told');
}
my $signature = $s->read_file('apps.json.sig');
$s->write_file('apps.json.sig', decode_base64($signature));
($code, $out, $err) = ctl('check', '--key', "$dir/sign.pub", $file);
is("$code $out", '1 ', 'check --key: a signature that is not base64');
like($err, qr/apps\.json: cannot read its signature \(\.sig\): it must be 64/,
    '... is told');
$s->write_file('apps.json.sig', $signature);
$s->write_file('apps.json', $s->read_file('apps.json')
    =~ s/\{/{ "sequence": 7,/r);
is((ctl('check', '--key', "$dir/sign.pub", $file))[0], 1,
    'check --key: another version');
ctl('enable', $file, 'acme');
is(decode_json($s->read_file('apps.json'))->{sequence}, 8,
    'an edit raises the sequence');
is((ctl('sign', '--key', "$dir/sign.key", $file))[0], 0, 'sign that');
is((ctl('check', '--key', "$dir/sign.pub", $file))[0], 0, 'check --key');
$s->write_file('bad.json', '{}');
is((ctl('sign', '--key', "$dir/sign.key", "$dir/bad.json"))[0], 1,
    'sign: not a registry');
ok(!-e "$dir/bad.json.sig", '... is not signed');

# Differences

my %apps = (acme => [ 'token-acme', '"agents": ["ErpSync"],'
        . ' "tenants": ["Cust1", "Cust2"], "erpConnections": [1]' ],
    gone => [ 'token-gone' ], same => [ 'token-same' ],
    off => [ 'token-off' ],
    old => [ 'token-old', undef, ', "expires": "2030-01-01T00:00:00Z"' ]);
$s->write_file('old.json', registry(%apps));
delete $apps{gone};
$apps{acme} = [ 'token-next', '"agents": ["ErpSync"], "name": "Acme",'
    . ' "tenants": ["Cust2", "Cust3"], "addresses": ["10.0.0.0/8"]' ];
$apps{off}[1] = '"agents": ["ErpSync"], "enabled": false';
$apps{old}[2] = ', "expires": "2031-01-01T00:00:00Z"';
$apps{new} = [ 'token-new', '"agents": [], "operations": ["SyncAll"]' ];
$s->write_file('new.json', registry(%apps));

($code, $out, $err) = ctl('diff', "$dir/old.json", "$dir/new.json");
is("$code $err", '1 ', 'diff: they differ');
is($out =~ s/token [0-9a-f]{8}/token DIGEST/gr, <<'END', 'diff: in words');
acme is changed
  + it may use tenants Cust3
  + it may use any ERP connection
  + it may present the token DIGEST, valid at any time
  - it may no longer use tenants Cust1
  - it may no longer use any address but 10.0.0.0/8
  - it may no longer present the token DIGEST, valid at any time
    name is changed
gone is removed
  - it may no longer use agents ErpSync
  - it may no longer use any operation
  - it may no longer use any tenant
  - it may no longer use any address
  - it may no longer use any ERP connection
  - it may no longer use any CRM actor type
  - it may no longer use any ERP actor type
  - it may no longer present the token DIGEST, valid at any time
off is changed
  - it may no longer call: it is disabled
old is changed
  + it may present the token DIGEST longer: until 2031-01-01T00:00:00Z
new is added
  + it may use operations SyncAll
  + it may use any tenant
  + it may use any address
  + it may use any ERP connection
  + it may use any CRM actor type
  + it may use any ERP actor type
  + it may present the token DIGEST, valid at any time
    no agent is granted
END
($code, $out, $err) = ctl(qw(diff --json), "$dir/old.json", "$dir/new.json");
my $diff = decode_json($out);
is_deeply([ map { "$_->{id} $_->{change}" } @{ $diff->{apps} } ],
    [ 'acme changed', 'gone removed', 'off changed', 'old changed',
        'new added' ], 'diff --json');
is($diff->{apps}[0]{mayNot}[0], 'use tenants Cust1', '... what it may not');
is((ctl('diff', "$dir/old.json", "$dir/old.json"))[0], 0, 'diff: the same');
like((ctl('diff', $file, "$dir/old.json"))[2], qr/lower "sequence"/,
    'diff: a version that is older');
is((ctl('diff', "$dir/old.json", "$dir/bad.json"))[0], 1,
    'diff: not a registry');
is((ctl('diff', "$dir/none", "$dir/bad.json"))[0], 2, 'diff: no such file');

# The reverse is the reverse.

($code, $out, $err) = ctl(qw(diff --json), "$dir/new.json", "$dir/old.json");
my %back = map { $_->{id} => $_ } @{ decode_json($out)->{apps} };
is_deeply($back{new}{mayNot}, (grep { $_->{id} eq 'new' }
    @{ $diff->{apps} })[0]{may}, 'diff: the other way round');
is_deeply($back{off}{may}, [ 'call again: it is enabled' ], '... enabled');

done_testing();
