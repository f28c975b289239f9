# erpsyncctl: what it says to mistakes, and to inputs that are seldom seen.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Cwd qw(getcwd);
use Digest::SHA qw(sha256_hex);
use JSON::PP;
use POSIX ();
use Test::More;

use ErpsyncTest;
use Folder qw($Dir contents write_file);

my $ctl = $ENV{TEST_ERPSYNCCTL}
    || ($ENV{ERPSYNC_BUILD} || getcwd() . '/build') . '/erpsyncctl';

# Exit status, standard output and standard error of a command, in the
# directory of its files.

our $name = $ctl;     # by which it is called

sub ctl {
    my ($input, @args) = @_;
    write_file('in', $input);
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', "$Dir/in";
        open STDOUT, '>', "$Dir/out";
        open STDERR, '>', "$Dir/err";
        chdir $Dir;
        exec { $ctl } $name, @args or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($? & 127 ? "signal $?" : $? >> 8, contents('out'), contents('err'));
}

# A table: input, arguments, exit status, what is said.

sub says {
    my ($input, $args, $status, $said) = @_;
    my ($code, $out, $err) = ctl($input, split ' ', $args);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($code, $status, $args . ($input eq '' ? '' : ' ' . ($input =~ s/\W+/ /gr)));
    like("$out$err", $said, "... and says $said");
    return $out;
}

write_file('apps.json', registry(
    acme => [ $Token ],
    six => [ 'token-six', '"agents": ["ErpSync"], "addresses": ["2001:db8::/32"]' ],
    four => [ 'token-four', '"agents": ["ErpSync"], "addresses": ["10.0.0.0/8"]' ]));

# Options

for ([ '--', '', 'registry check none.json --json', qr/\A\{\s*"error": / ],
    [ '--json', '', 'registry check none.json', qr/\Aerpsyncctl: / ])
{
    my ($as, @case) = @$_;
    local $name = $as;
    says(@case[0, 1], 2, $case[2]);
}

for (
    [ 'registry add apps.json --id x --id y --generate', qr/--id is given twice/ ],
    [ 'body check --max-field-values x', qr/--max-field-values must be a number up to \d+/ ],
    [ 'body check --max-field-values 99999999999999999999999', qr/must be a number up to/ ],
    [ 'body check --unknown-properties keep',
        qr/--unknown-properties must be one of reject\|strip\|pass/ ],
    [ 'body check --operation Nothing', qr/Nothing/ ],
    [ 'request check --credentials ntlm',
        qr/--credentials must be basic, soticket, bearer, negotiate or xsrf/ ],
    [ 'request check --languages !', qr/--languages must be a language tag/ ],
    [ 'request check --default-language !', qr/--default-language must be a language tag/ ],
    [ 'request check --default-culture !', qr/--default-culture must be a language tag/ ],
    [ 'request check --default-timezone !',
        qr/--default-timezone must be a time zone, as in SO-TimeZone/ ],
    [ 'request check --installation here', qr/--installation must be one of/ ],
    [ 'request check --address 10.1.2', qr/--address must be an IPv4 or IPv6 address/ ],
    [ 'request check --certificate missing.pem', qr/cannot open missing\.pem/ ],
    [ 'registry add apps.json --generate', qr/--id is required/ ],
    [ 'registry add apps.json --id x --generate --wait y', qr/--wait must be a number/ ],
    [ 'registry add apps.json --id x --generate --expires 10000-01-01', qr/--expires must be a time/ ],
    [ 'registry add apps.json --id x --generate --expires 7990y', qr/--expires must be in the years 1970 to 9999/ ],
    [ 'registry add apps.json --id x --generate --expires 999999999999d', qr/--expires must be a time/ ],
    [ 'registry add apps.json --id x --generate --expires 999999y', qr/--expires must be a time/ ],
    [ 'registry add apps.json --id x --generate --expires 1w2', qr/--expires must be a time/ ],
    [ 'registry add apps.json --id x --generate --not-before 2030-01-02 --expires 2030-01-02',
        qr/--expires must be after --not-before/ ],
    [ 'registry rotate apps.json acme --generate --expire-old soon', qr/--expire-old must be a time/ ],
    [ 'registry revoke apps.json acme --token abcd --remove', qr/--token and --remove exclude each other/ ],
    [ 'registry revoke apps.json acme --token abc', qr/--token must be the first 4 digits or more/ ],
    [ 'registry revoke apps.json acme --token abcg', qr/--token must be the first 4 digits or more/ ],
    [ 'registry revoke apps.json acme --token gabc', qr/--token must be the first 4 digits or more/ ],
    [ 'registry check apps.json --within soon', qr/--within must be a duration, such as 14d/ ],
    [ 'registry', qr/registry needs a command; see erpsyncctl --help/ ],
)
{
    my ($args, $said) = @$_;
    my $before = contents('apps.json');
    says('', $args, 2, $said);
    is(contents('apps.json'), $before, '... and the registry is as it was');
}

says('', 'registry add apps.json --id acme --generate', 1, qr/acme/);
says('', 'registry add apps.json --id !x --generate', 2, qr/--id !x: must be 1 to 64 letters/);
says('', 'body check --max-field-values 1 --max-field-values 2', 2,
    qr/--max-field-values is given twice/);

write_file('invalid.json', '{"version":1,"apps":[{}]}');
says('', 'registry revoke invalid.json acme', 1,
    qr/invalid\.json: apps\[0\]\.id: is required; fix this error before you edit the registry/);

# Standard input, which no worker of nginx reads

is(says(contents('apps.json'), 'registry check -', 0, qr/\A-: valid: [^\n]*\n\z/), contents('out'),
    '... and nothing else');

# Requests that nginx refuses by itself, or that are not whole

my $head = "POST /api/v1/Agents/ErpSync/SyncAll HTTP/1.1\r\nHost: x\r\n"
    . "Authorization: Bearer y\r\nSO-AppToken: $Token\r\n";
my $chunked = $head . "Transfer-Encoding: chunked\r\n\r\n";

for (
    [ "GET\r\nHost: x\r\n\r\n", 1, '400 by nginx itself: the request line is malformed' ],
    [ "GET  HTTP/1.1\r\nHost: x\r\n\r\n", 1, '400 by nginx itself: the request line is malformed' ],
    [ "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 1, '400 by nginx itself: the protocol is not HTTP/1.1' ],
    [ "GET / HTTP/1.x\r\nHost: x\r\n\r\n", 1, '400 by nginx itself: the protocol is not HTTP/1.1' ],
    [ "GET / HTTP/1.1\r\nHost: x\r\nA: b\0\r\n\r\n", 1, '400 by nginx itself: a header has a zero byte' ],
    [ "${head}Content-Length: \r\n\r\n", 1, '400 by nginx itself: Content-Length is not a number' ],
    [ "${head}Content-Length: 99999999999999999999\r\n\r\n", 1,
        '400 by nginx itself: Content-Length is not a number' ],
    [ "${head}Transfer-Encoding: gzip\r\n\r\n", 1,
        '501 by nginx itself: the Transfer-Encoding is not chunked' ],
    [ "${chunked}x\r\n", 1, "400 by nginx itself: a chunk's size is malformed" ],
    [ "${chunked}1x\r\n", 1, "400 by nginx itself: a chunk's size is malformed" ],
    [ "${chunked}1\r\n12\r\n0\r\n\r\n", 1, '400 by nginx itself: a chunk is longer than its size' ],
    [ "${chunked}", 2, "a chunk's size is missing" ],
    [ "${chunked}5\r\n12\r\n", 2, 'a chunk is not complete' ],
    [ "${chunked}0\r\n", 2, 'the empty line behind the last chunk is missing' ],
)
{
    my ($request, $status, $said) = @$_;
    says($request, 'request check --registry apps.json', $status, qr/\Q$said\E/);
}

# Chunks with extensions and trailers, and empty lines behind a request

for ("${chunked}2;name=value\r\n{}\r\n0\r\nTrailer: x\r\n\r\n",
    "${chunked}1 \r\n{\r\n1\t\r\n}\r\n00\r\n\r\n\r\n\n",
    "${head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}\r\n\r\n")
{
    (my $request = $_) =~ s/Transfer/Content-Type: application\/json\r\nTransfer/;
    my ($code, $out, $err) = ctl($request, qw(request check --registry apps.json));
    is($code, 0, 'forwarded: ' . substr($request, length $head) =~ s/\s+/ /gr);
    like($out, qr/\r\n\r\n\{\}\z/, '... with its body');
    is($err, '', '... and no warning');
}

# What is not judged, and each violation of a body

says("GET /other HTTP/1.1\r\nHost: x\r\n\r\n", 'request check --registry apps.json', 0,
    qr/\Anot judged: the path is not of the ErpSync agent/);
my $connect = $head =~ s/SyncAll/TryConnectActor/r . "Content-Type: application/json\r\n";
my $each = join '.*\n.* ', 'body_invalid:', map { "/$_ required:" }
    qw(ErpConnectionId CrmRecordId CrmActorType ErpKey ErpActorType);
my $out = says("${connect}Content-Length: 2\r\n\r\n{}", 'request check --registry apps.json', 1, qr/$each/);
like($out, qr/^\{"Error":true,"ErrorType":"body_invalid",/, '... and the answer');

# Addresses

for ([ 'six', '2001:db8::1', 0 ], [ 'six', '2001:db9::1', 1 ], [ 'six', '10.1.2.3', 1 ],
    [ 'four', '10.1.2.3', 0 ], [ 'four', '::ffff:10.1.2.3', 0 ], [ 'four', '::ffff:11.1.2.3', 1 ],
    [ 'four', '2001:db8::1', 1 ])
{
    my ($app, $address, $status) = @$_;
    says($head =~ s/\Q$Token\E/token-$app/r . "\r\n",
        "request check --registry apps.json --address $address", $status,
        $status ? qr/address_not_granted/ : qr/^POST /);
}

# --app in place of the token that the request has

says("$head\r\n", 'request check --registry apps.json --app four --address 11.0.0.1', 1,
    qr/address_not_granted/);

# --credentials in place of those of the installation

says("$head\r\n", 'request check --registry apps.json --credentials basic', 1, qr/scheme_not_allowed/);
says("$head\r\n", 'request check --registry apps.json --credentials basic --credentials bearer', 0,
    qr/^POST /);

# --errors off: the answer is a page of nginx

is(says("$head\r\n" =~ s/\Q$Token\E/unknown/r, 'request check --registry apps.json --errors off', 1,
    qr/app_token_unknown/), '', 'no answer of the gateway');

# Credentials are hidden as a whole if they have no blank

for ([ "Authorization: Bearer secret", qr/^Authorization: Bearer\r$/m ],
    [ "X-XSRF-TOKEN: secret", qr/^X-XSRF-TOKEN: \(hidden\)\r$/m ])
{
    my ($line, $shown) = @$_;
    unlike(says($head =~ s/Authorization: Bearer y/$line/r . "\r\n",
        'request check --registry apps.json', 0, $shown), qr/secret/, '... and not shown');
}

# Bodies and targets

my $many = join ',', map { "\"x$_\":1" } 1 .. 30;
says("{$many}", 'body check', 1, qr/^No more than 20 violations are shown\.$/m);
my $long = '"' . 'a' x 300 . '"';
says("{\r\n\"ErpKey\":$long,$long:1}\r\n", 'body check', 1, qr/\.\.\.\n/);
says('[]', 'body check', 1, qr{^/  \w+}m);
like(says('[]', 'body check --json', 1, qr/"violations"/), qr/"path": "".*\}\n\z/s,
    'the root is an empty path, JSON is whole lines');

for ([ '/api/v1/Agents/ErpSync/SyncAll//..', 'ASP.NET Core', 'operation' ],
    [ '/api/v1/Agents/%2545rpSync/Nothing', 'ASP.NET Core', 'agent' ],
    [ '/Remote/Services88//../ErpSync.svc', 'ASP.NET Core', 'soap' ])
{
    my ($target, $by, $names) = @$_;
    my $reading = decode_json(says('', "uri check $target --json", 1, qr/path_ambiguous/))->{reading};
    is("$reading->{by} $reading->{names}", "$by $names", '... by another reading');
}
says('', 'uri check /Cust1/Cust2/api/v1/Agents/ErpSync/SyncAll', 1, qr/tenant_mismatch/);

# JSON files in the wrong encoding

write_file('wide.json', "\xff\xfe" . join '', map { "$_\0" } split //, '{"version":1}');
says('', 'registry check wide.json', 1, qr/UTF-16/);
write_file('wide.json', join '', map { "\0$_" } split //, '{"version":1}');
says('', 'registry check wide.json', 1, qr/UTF-16/);

# A file of tenants that cannot be read

my ($code, $nothing, $said) = ctl('', qw(tenants check none.json));
is($code, 2, 'a file of tenants that does not exist is an error');
is($nothing, '', '... and is not called valid');
is($said, "erpsyncctl: cannot open none.json: No such file or directory\n",
    '... but named, once');

# Times with a fraction: the first whole second of a token, and its last

my $digest = sha256_hex($Token);
sub fraction {
    my ($member, $time) = @_;
    write_file('fraction.json', qq({"version":1,"apps":[{"id":"a","agents":["ErpSync"],)
        . qq("tokens":[{"sha256":"$digest","$member":"$time"}]}]}));
    my ($code, $out) = ctl('', qw(registry list fraction.json --json));
    return $out;
}
like(fraction(expires => '2020-01-01T00:00:00.5Z'), qr/expired/, 'expired, with a fraction');
like(fraction(notBefore => '2999-01-01T00:00:00.5Z'), qr/not.yet/i, 'not valid yet, with a fraction');

# How long a token is valid, from two seconds on in seconds

my $soon = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 110));
write_file('soon.json', qq({"version":1,"apps":[{"id":"a","agents":["ErpSync"],)
    . qq("tokens":[{"sha256":"$digest","expires":"$soon"}]}]}));
says('', 'registry check soon.json', 0, qr/expires in \d+ seconds/);
cmp_ok(contents('err') =~ /expires in (\d+) seconds/ ? $1 : 0, '>', 55, '... of one second each');

# Two registries: a new app that is disabled, and a change that changes nothing

write_file('old.json', registry(acme => [ $Token ]));
write_file('new.json', registry(acme => [ $Token, '"agents": ["ErpSync"], "tenants": "*"' ],
    later => [ 'token-later', '"agents": ["ErpSync"], "enabled": false' ]));
my $diff = says('', 'registry diff old.json new.json', 1, qr/it is disabled/);
unlike($diff, qr/call: it is disabled/, 'an app that is new may not call less than before');
unlike(says('', 'registry diff new.json old.json', 1, qr/later/), qr/call again/,
    'an app that is gone may not call again');
ok(!decode_json(says('', 'registry diff old.json new.json --json', 1, qr/later/))->{same},
    'JSON: not the same');
ok(decode_json(says('', 'registry diff old.json old.json --json', 0, qr/apps/))->{same},
    'JSON: the same');

done_testing();
