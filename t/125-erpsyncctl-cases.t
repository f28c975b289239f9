# erpsyncctl registry test: verdicts that a registry must give.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Cwd qw(getcwd);
use JSON::PP;
use POSIX ();
use Test::More;

use ErpsyncServer;
use ErpsyncTest;

my $s = ErpsyncServer->new();
my $ctl = $ENV{TEST_ERPSYNCCTL}
    || ($ENV{ERPSYNC_BUILD} || getcwd() . '/build') . '/erpsyncctl';
my $dir = $s->dir;

$s->write_file('apps.json', registry(
    acme => [ 'token-acme', '"agents": ["ErpSync"], "tenants": ["Cust1"],'
        . ' "addresses": ["10.0.0.0/8"], "erpConnections": [883]' ],
    old => [ 'token-old', undef, ', "expires": "2026-01-01T00:00:00Z"' ]));

sub run {
    my ($cases, @args) = @_;
    $s->write_file('cases.json', ref $cases ? encode_json($cases) : $cases);
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>', "$dir/out";
        open STDERR, '>', "$dir/err";
        exec { $ctl } $ctl, qw(registry test), @args, "$dir/apps.json",
            "$dir/cases.json" or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($? >> 8, $s->read_file('out'), $s->read_file('err'));
}

my %call = (app => 'acme', tenant => 'Cust1', address => '10.1.1.1',
    body => decode_json($Body));
my %old = (headers => { 'SO-AppToken' => 'token-old' }, method => 'GET');

my @good = (
    { %call, name => 'its tenant', expect => 'ok' },
    { %call, name => 'another', tenant => 'Cust2',
        expect => 'tenant_not_granted' },
    { %call, address => '11.1.1.1', expect => 'address_not_granted' },
    { %call, body => { %{ $call{body} }, ErpConnectionId => 5 },
        expect => { reason => 'connection_not_granted', status => 403,
            app => 'acme' } },
    { %call, operation => 'SyncAll', expect => 'connection_not_granted' },
    { %call, body => '{', expect => 'body_malformed' },
    { %call, expect => { decision => 'allow', tenant => 'Cust1',
        forwarded => { body => $Canonical } } },
    { %call, method => 'GET', body => undef,
        target => '/Cust1/api/v1/Agents/ErpSync/GetConnection',
        expect => 'ok' },
    { %old, at => '2025-12-31T23:59:59Z', expect => 'ok' },
    { %old, at => '2026-01-01T00:00:00Z', expect => 'app_token_expired' },
    { target => '/other', expect => 'none' },
    { request => "GET /api/v1/Agents/ErpSync/SyncAll HTTP/1.1\r\n"
        . "Host: x\r\n\r\n", expect => 'credentials_missing' },
    { request => "GET / HTTP/1.1\r\n\r\n", expect => { status => 400,
        reason => undef } });
delete $good[7]{body};

my ($code, $out, $err) = run({ cases => \@good });
is("$code $err", '0 ', 'all as expected');
is(scalar(() = $out =~ /^ok \d+ - /mg), scalar @good, '... each of them');
like($out, qr/\A1\.\.13\nok 1 - its tenant\nok 2 - another\nok 3 - case 3\n/,
    '... in TAP');

($code, $out, $err) = run({ cases => [ { %call, name => 'wrong',
    tenant => 'Cust2', expect => 'ok' }, $good[0], { %call, expect =>
    { forwarded => { body => 'x' }, app => 'acme' } } ] });
is("$code $err", '1 ', 'not as expected');
like($out, qr/^not\ ok\ 1\ -\ wrong\n\#\ but\ it\ is\ \{"reason":
    \ "tenant_not_granted"\}\nok\ 2/mx, '... it is told what it is');
like($out, qr/^not ok 3.*\n# but it is \{"forwarded": \{"body": "\{/m,
    '... also of a member of a member');
($code, $out, $err) = run({ cases => [ { %call, expect => 'x' }, $good[0] ] },
    '--json');
is("$code $err", '1 ', '--json');
my $result = decode_json($out);
is_deeply([ $result->{failed}, map { $_->{passed} ? 1 : 0 }
    @{ $result->{cases} } ], [ 1, 0, 1 ], '--json: which');

is((run({ cases => [ { tenant => 'Cust1', headers =>
    { 'SO-AppToken' => 'unknown' }, method => 'GET', expect => 'ok' } ] },
    qw(--installation onsite --app-token soticket)))[0], 1,
    'a token that is unknown, also where none is needed');
is((run({ cases => [ { method => 'GET', expect => 'ok' } ] },
    qw(--installation onsite)))[0], 0, 'directives are options');

# What proves nothing is an error

for my $case ([ '{', 'line 1, column' ], [ '{"cases":[]}', 'must have a case' ],
    [ { cases => [ $good[0], { %call } ] }, 'cases[1].expect: must be' ],
    [ { cases => [ { %call, expect => 'ok', tennant => 'x' } ] },
        'cases[0].tennant: there is no such member' ],
    [ { cases => [ { %call, expect => 'ok', app => 'nobody' } ] },
        'there is no such app' ],
    [ { cases => [ { %call, expect => 'ok', app => 5 } ] },
        'cases[0].app: must be a string' ],
    [ { cases => [ { %call, expect => 'ok', at => 'soon' } ] }, '"at"' ],
    [ { cases => [ { %call, expect => 'ok', address => 'x' } ] },
        '"address"' ],
    [ { cases => [ { %call, expect => 'ok',
        headers => { A => "b\nC: d" } } ] }, '"headers"' ],
    [ { cases => [ { expect => 'ok', request => 'GET' } ] },
        'request line is not complete' ],
    [ { cases => [ 'x' ] }, 'cases[0].expect' ])
{
    my ($cases, $said) = @$case;
    ($code, $out, $err) = run($cases);
    is("$code $out", '2 ', "an error: $said");
    like($err, qr/\Q$said\E/, '... is told');
}

done_testing();
