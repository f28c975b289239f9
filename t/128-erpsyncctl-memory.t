# erpsyncctl without memory: each allocation of a command fails in turn, alone
# or with all after it.  Whatever fails, the command does what it always does,
# or says that it cannot and exits with 2; and a registry is as it was, or as
# it should be.
#
# ERPSYNC_FAULTS=full runs it with every allocation.  Those of libcrypto never
# fail: OpenSSL 3.0 does not always survive that.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Cwd qw(getcwd);
use POSIX ();
use Test::More;

use ErpsyncTest;
use Folder qw($Dir contents write_file);

my $build = $ENV{ERPSYNC_BUILD} || getcwd() . '/build';
my $ctl = $ENV{TEST_ERPSYNCCTL} || "$build/erpsyncctl";
my $library = "$build/faults/memory.so";
my $full = ($ENV{ERPSYNC_FAULTS} // '') eq 'full';

# The counters of gcov are written at the end of a process, and their library
# does not survive that without memory.

my $counted = -e "$build/cli/ctl_main.gcno";

-e $library or die "$library is missing: run make suite\n";

# Runs a command whose allocation N fails, and with "stay" all after it.
# Returns its status, or the signal that ended it, its output, its error, the
# registry, and how many allocations there were and failed.

sub run {
    my ($c, $n, $stay) = @_;
    write_file('apps.json', $c->{registry});
    write_file('in', $c->{input} // '');
    write_file('memory', pack 'q6', $n, $stay);
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        chdir $Dir;
        open STDIN, '<', 'in';
        open STDOUT, '>', 'out';
        open STDERR, '>', 'err';
        $ENV{LD_PRELOAD} = $library;
        $ENV{ERPSYNC_MEMORY} = "$Dir/memory";
        $ENV{ERPSYNC_MEMORY_EXCEPT} = 'libcrypto';
        $ENV{ASAN_OPTIONS} = ($ENV{ASAN_OPTIONS} // '')
            . ':verify_asan_link_order=0:allocator_may_return_null=1:detect_leaks=0';
        exec { $ctl } $ctl, @{ $c->{args} } or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    my (undef, undef, undef, $count, $failed) = unpack 'q6', contents('memory');
    return ($? & 127 ? 'signal ' . ($? & 127) : $? >> 8, contents('out'),
            contents('err'), contents('apps.json'), $count, $failed);
}

my $registry = registry('acme-erp' => [ $Token ], 'limited' => [ 'token-limited',
    '"agents": ["ErpSync"], "tenants": ["Cust1", "Cust2"], "addresses": '
    . '["10.0.0.0/8"], "erpConnections": [1, 2], "crmActorTypes": ["Contact"]' ]);
my $request = "POST /Cust1/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1\r\n"
    . "Host: x\r\nAuthorization: Bearer x\r\nSO-AppToken: $Token\r\n"
    . "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s";
my $wrong = '{"ErpConnectionId":0,"CrmActorType":"X"}';

write_file('new.json', registry('acme-erp' => [ $Token,
    '"agents": ["ErpSync"], "tenants": ["Cust3"]' ], 'other' => [ 'token-other' ]));
write_file('tenants.json', '{"version":1,"tenants":{"Cust1":{"host":"a.example"}}}');

for my $c (

    # as root it looks for the user of nginx, and glibc 2.36 does not always
    # survive that without memory

    $> == 0 ? () : { args => [ qw(registry check apps.json) ] },
    { args => [ qw(registry list apps.json) ] },
    { args => [ qw(registry list --json apps.json) ] },
    { args => [ qw(registry add apps.json --id later --name Later --agent ErpSync
        --tenant Cust9 --address 10.0.0.0/8 --expires 2040-01-01) ],
      input => "token-of-later-0123456789\n" },
    { args => [ qw(registry grant apps.json limited --tenant Cust3
        --crm-actor-type Person --connection 3) ] },
    { args => [ qw(registry ungrant apps.json limited --tenant Cust2
        --connection 1) ] },
    { args => [ qw(registry rotate apps.json acme-erp) ],
      input => "token-of-acme-0123456789\n" },
    { args => [ qw(registry revoke apps.json acme-erp) ] },
    { args => [ qw(registry diff apps.json new.json) ] },
    { args => [ qw(registry diff --json apps.json new.json) ] },
    { args => [ qw(tenants check tenants.json) ] },
    { args => [ qw(request check --registry apps.json) ],
      input => sprintf $request, length $Body, $Body },
    { args => [ qw(request check --json --registry apps.json) ],
      input => sprintf $request, length $wrong, $wrong },
    { args => [ qw(body check) ], input => $Body },
    { args => [ qw(body check --json) ], input => $wrong },
    { args => [ qw(uri check --json /Cust1/api/v1/Agents/ErpSync/../ErpSync/SyncAll) ] },
) {
    my $name = join ' ', @{ $c->{args} };
    $c->{registry} = $registry;
    my ($code, $out, $err, $file, $count) = run($c, 1e9, 0);
    like($code, qr/^[01]$/, "$name: as always") or diag $err;
    cmp_ok($count, '>', 5, '... with allocations');

    my $step = $full ? 1 : 7;
    my @at = map { 1 + $step * $_ } 0 .. ($count - 1) / $step;
    my (@bad, $met);
    for my $stay (0, 1) {
        for my $n ($stay && !$full ? grep { $_ % 4 == 1 } @at : @at) {
            my @got = run($c, $n, $stay);
            $got[0] = $got[1] eq $out && $got[3] eq $file ? $code : 2
                if $counted && $got[0] =~ /^signal/;
            $met += $got[5] ? 1 : 0;
            my $good = $got[0] eq $code && $got[1] eq $out && $got[3] eq $file;
            my $told = $got[0] eq 2
                && ($got[2] =~ /^erpsyncctl: /m || $got[1] =~ /^  "error": "/m)
                && ($got[3] eq $registry || $got[3] eq $file);
            push @bad, "allocation $n, $stay: $got[0]: $got[1]$got[2]"
                unless $good || $told;
        }
    }
    is_deeply(\@bad, [], '... done, or not done and told');
    cmp_ok($met, '>=', @at, '... each run met a failure');
    note("$name: $count allocations");
    unlike($err . join('', @bad), qr/token-of-/, '... no token is told');
}

done_testing();
