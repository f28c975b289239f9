# erpsyncctl registry grant, ungrant, enforce and list: a change of grants never
# lets an app do more than was asked for.

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
my $file = "$dir/apps.json";

sub ctl {
    my @args = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$dir/out";
        open STDERR, '>', "$dir/err";
        exec { $ctl } $ctl, @args or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($? >> 8, $s->read_file('out'), $s->read_file('err'));
}

sub app {
    my ($id) = @_;
    return (grep { $_->{id} eq $id }
        @{ decode_json($s->read_file('apps.json'))->{apps} })[0];
}

$s->write_file('apps.json', registry(
    acme => [ 'token-acme', '"name": "Acme", "agents": ["ErpSync"],'
        . ' "tenants": ["Cust1"], "erpConnections": [883],'
        . ' "addresses": ["10.0.0.0/8"], "operations": "*"' ],
    free => [ 'token-free', '"agents": []' ]));
chmod 0644, $file;

# Each case: exit status, what is said, member and its value then, arguments.

my $unlimited = \'unlimited';

sub is_member {
    my ($id, $member, $value, $what) = @_;
    my $app = app($id);
    return ok(!exists $app->{$member}, $what) if ref $value eq 'SCALAR';
    return is_deeply($app->{$member}, $value, $what);
}

for my $case (
    [ 0, 'granted tenants Cust1, Cust2', 'tenants', [ qw(Cust1 Cust2) ],
        qw(grant acme --tenant Cust2) ],
    [ 0, 'these grants already', 'tenants', [ qw(Cust1 Cust2) ],
        qw(grant acme --tenant Cust2) ],
    [ 0, 'erpConnections 883, 884', 'erpConnections', [ 883, 884 ],
        qw(grant acme --connection 884 --connection 883) ],
    [ 1, '--narrow does that', 'operations', '*',
        qw(grant acme --operation SyncAll) ],
    [ 1, '--narrow does that', 'crmActorTypes', $unlimited,
        qw(grant acme --tenant Cust3 --crm-actor-type Contact) ],
    [ 0, 'crmActorTypes Contact', 'crmActorTypes', [ 'Contact' ],
        qw(grant acme --narrow --crm-actor-type Contact) ],
    [ 0, 'operations TryConnectActor', 'operations', [ 'TryConnectActor' ],
        qw(grant acme --narrow --operation TryConnectActor) ],
    [ 0, 'no limit on operations', 'operations', '*',
        'grant', 'acme', '--operation', '*' ],
    [ 0, 'these grants already', 'tenants', $unlimited,
        'grant', 'free', '--tenant', '*' ],
    [ 0, 'granted agents ErpSync', 'agents', [ 'ErpSync' ],
        qw(grant free --agent ErpSync) ],
    [ 2, '--tenant Cust: must be', 'tenants', [ qw(Cust1 Cust2) ],
        qw(grant acme --tenant Cust3 --tenant Cust) ],
    [ 2, '--agent *', 'agents', [ 'ErpSync' ],
        'grant', 'acme', '--agent', '*' ],
    [ 2, '--tenant *', 'tenants', [ qw(Cust1 Cust2) ],
        'grant', 'acme', '--tenant', '*', '--tenant', 'Cust3' ],
    [ 2, '--connection 1x: must be', 'erpConnections', [ 883, 884 ],
        qw(grant acme --connection 1x) ],
    [ 2, 'no grant is named', 'tenants', [ qw(Cust1 Cust2) ],
        qw(grant acme) ],
    [ 1, 'there is no app acm; did you mean acme?', 'tenants',
        [ qw(Cust1 Cust2) ], qw(grant acm --tenant Cust3) ],

    [ 0, 'granted tenants Cust2', 'tenants', [ 'Cust2' ],
        qw(ungrant acme --tenant Cust1) ],
    [ 1, 'is not granted the tenant Cust1', 'tenants', [ 'Cust2' ],
        qw(ungrant acme --tenant Cust2 --tenant Cust1) ],
    [ 0, 'granted no tenant: its calls are refused as tenant_not_granted',
        'tenants', [], qw(ungrant acme --tenant Cust2) ],
    [ 1, 'is not granted the tenant Cust2', 'tenants', [],
        qw(ungrant acme --tenant Cust2) ],
    [ 0, 'granted no agent: its calls are refused as agent_not_granted',
        'agents', [], qw(ungrant acme --agent ErpSync) ],
    [ 1, 'is not limited in operations', 'operations', '*',
        qw(ungrant acme --operation SyncAll) ],
    [ 1, 'is not limited in erpActorTypes', 'erpActorTypes', $unlimited,
        qw(ungrant acme --erp-actor-type Customer) ],
    [ 2, 'name what to take away', 'erpConnections', [ 883, 884 ],
        'ungrant', 'acme', '--connection', '*' ],
    [ 0, 'addresses 10.0.0.0/8, 2001:db8::/32', 'addresses',
        [ '10.0.0.0/8', '2001:db8::/32' ],
        qw(grant acme --address 2001:db8::/32) ],
    [ 0, 'addresses 2001:db8::/32', 'addresses', [ '2001:db8::/32' ],
        qw(ungrant acme --address 10.0.0.0/8) ],

    [ 0, 'free is judged as the server says already', 'enforce', $unlimited,
        qw(enforce free --off) ],
    [ 0, 'acme is judged as with "erpsync on"', 'enforce', JSON::PP::true,
        qw(enforce acme) ],
    [ 0, 'acme is judged as with "erpsync on" already', 'enforce',
        JSON::PP::true, qw(enforce acme) ],
    [ 0, 'acme is judged as the server says', 'enforce', JSON::PP::false,
        qw(enforce acme --off) ],
    [ 1, 'there is no app acm; did you mean acme?', 'enforce',
        JSON::PP::false, qw(enforce acm) ])
{
    my ($status, $said, $member, $value, $command, $id, @args) = @$case;
    my $before = $s->read_file('apps.json');
    my ($code, $out, $err) = ctl('registry', $command, $file, $id, @args);
    is("$code $out", "$status ", "$command $id @args");
    like($err, qr/\Q$said\E/, "says: $said");
    is_member($id eq 'acm' ? 'acme' : $id, $member, $value,
        "$member is as expected");
    is($s->read_file('apps.json'), $before, 'nothing else has changed')
        if $status;
}

# An app is listed with its limits.

my ($code, $out, $err) = ctl(qw(registry list), $file);
like($out, qr/^acme .*\n\ \ operations|^acme\ .*\n(?:\ \ .*\n)*
    \ \ tenants:\ none\n\ \ addresses:\ 2001:db8::\/32\n
    \ \ erpConnections:\ 883,\ 884\n\ \ crmActorTypes:\ Contact\n/mx,
    'list: what an app is limited to');
like($out, qr/^free .*\n\z/m, 'list: an app without limits is one line');
($code, $out, $err) = ctl(qw(registry list), $file, 'free');
is("$code $err", '0 ', 'list: one app');
unlike($out, qr/acme/, 'list: no other');
is((ctl(qw(registry list), $file, 'none'))[0], 1, 'list: no such app');
($code, $out, $err) = ctl(qw(registry list --json), $file);
my ($acme, $free) = @{ decode_json($out)->{apps} };
is_deeply([ @$acme{qw(tenants erpConnections operations erpActorTypes)} ],
    [ [], [ 883, 884 ], '*', '*' ], 'list --json: limits');
is_deeply([ @$free{qw(agents tenants addresses)} ],
    [ [ 'ErpSync' ], '*', '*' ], 'list --json: no limits');

unlike((ctl(qw(registry list), $file))[1], qr/enforce/, 'list: no enforce');
ctl(qw(registry enforce), $file, 'acme');
like((ctl(qw(registry list), $file, 'acme'))[1], qr/^  enforce: true\n\z/m,
    'list: an app that is judged as with "erpsync on"');
ctl(qw(registry enforce), $file, qw(acme --off));

# The option that was called --crm-actor before

is((ctl(qw(registry grant), $file, qw(acme --crm-actor Person)))[0], 0,
    'a name may be cut short');
is_deeply(app('acme')->{crmActorTypes}, [ qw(Contact Person) ], '... done');

# Can nginx's workers read it? Directories count, too.

SKIP: {
    skip 'not root', 7 if $> != 0;
    skip 'no user nobody', 7 unless defined getpwnam 'nobody';
    my @check = (qw(registry check --fail-on-warning --user nobody), $file);
    chmod 0755, $dir;
    is((ctl(@check))[0], 0, 'a file that the workers can read');
    chmod 0640, $file;
    ($code, $out, $err) = ctl(@check);
    is($code, 1, 'a file that they cannot');
    like($err, qr/cannot read the file as nobody: Permission denied/,
        '... as is told');
    chmod 0644, $file;
    chmod 0700, $dir;
    is((ctl(@check))[0], 1, 'a directory that they cannot search');
    ok("@{ decode_json((ctl(@check, '--json'))[1])->{warnings} }"
        =~ /as nobody/, '... as JSON tells');
    chmod 0755, $dir;
    chown((getpwnam 'nobody')[2], -1, $file);
    chmod 0600, $file;
    is((ctl(@check))[0], 0, 'a file of their own');
    ($code, $out, $err) = ctl(qw(registry check --user nosuch), $file);
    like("$code $err", qr/^2 .*there is no such user/, 'no such user');
}

done_testing();
