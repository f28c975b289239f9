# Memory that runs out on a connection that is kept alive: while the head of a
# call is compared or remembered, and while a body is read that came in part
# with its head.  Each call gets its answer, a 500, or a closed connection; the
# WebAPI gets nothing, or exactly what was judged; the next call is served.
#
# ERPSYNC_FAULTS=full runs it with every allocation.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Test::More;
use Time::HiRes qw(sleep);

use ErpsyncServer;
use ErpsyncTest;
use Memory;
use Recorder;

my $full = ($ENV{ERPSYNC_FAULTS} // '') ne '';
my $up = Recorder->new();
my $s = Memory->new();
my $path = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';

$s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
$s->write_file('tenants.json',
    '{"version":1,"tenants":{"Cust12345":{"host":"a.example"}}}');

# Pools of the least size, so that nginx asks malloc() for nearly everything.

$s->start($s->conf(<<"END", level => 'error'));
    log_format all '\$status \$erpsync_decision \$erpsync_reason \$erpsync_app'
        ' \$request_id';
    access_log logs/access.log all;
    connection_pool_size 112;
    request_pool_size 112;
    lingering_timeout 1s;
    erpsync on;
    erpsync_registry registry.json refresh=1s;
    erpsync_tenants tenants.json refresh=1s;
    server {
        listen 127.0.0.1:@{[ $s->port ]};
        location / { proxy_pass http://127.0.0.1:@{[ $up->port ]}; }
    }
END

my ($worker) = $s->workers();
my $id = 10000000;
my ($rest) = $path =~ m{^/C(.*)};
my ($socket, $started);

sub call {
    my ($c, $this) = @_;
    my $body = '{"ErpConnectionId":883,"CrmRecordId":34,'
        . '"CrmActorType":"Contact","ErpKey":"' . $this
        . '","ErpActorType":"Customer","FieldValues":[]}'
        . ' ' x ($c->{more} // 0);
    my $request = $s->request(uri => $c->{uri} // $path, body => $body,
        headers => [ 'Authorization: Bearer x',
            @{ $c->{headers} // [] } ]);
    $request =~ s/Connection: close\r\n//;
    return $request;
}

sub answer {
    my ($head, $body) = ('', '');
    while ($head !~ /\r\n\r\n/) {
        sysread $socket, $head, 1, length $head or return 'none';
    }
    my ($length) = $head =~ /^Content-Length: (\d+)/mi;
    while (defined $length && length $body < $length) {
        sysread $socket, $body, $length - length $body, length $body
            or return 'none';
    }
    my ($status) = $head =~ m{^HTTP/1\.1 (\d+)};
    undef $socket if $head !~ /^Connection: keep-alive/mi;
    return $status;
}

sub ask {
    my ($c, $this) = @_;
    my $status = 'none';
    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { die "alarm\n" };
    eval {
        alarm 20;
        $socket //= $s->connection();
        my $request = call($c, $this);
        my $cut = $c->{cut} ? index($request, "\r\n\r\n") + 4 + $c->{cut}
            : length $request;
        syswrite $socket, substr $request, 0, $cut;
        if ($cut < length $request) {
            sleep 0.005;
            syswrite $socket, substr $request, $cut;
        }
        $status = answer();
        1;
    } or $status = $@ eq "alarm\n" ? 'late' : "error: $@";
    alarm 0;
    undef $socket if $status eq 'none';
    return $status;
}

# Calls that meet an allocation that fails, each after "before" others on its
# connection, which are the same with "same"; "more" are blanks behind the body,
# and "cut" is what comes of it with the head.

my @calls = (
    { name => 'a head to be remembered', before => 1 },
    { name => 'a head that is remembered', before => 3 },
    { name => 'another head to be remembered', before => 3,
        headers => [ 'X-Other: 1' ] },
    { name => 'a path in small letters', before => 3, same => 1,
        uri => lc $path },
    { name => 'a head remembered, and a body in two buffers', before => 3,
        more => 5000, same => 1 },
    { name => 'a body in two buffers', before => 0, more => 5000 },
    { name => 'a body in two buffers that is waited for', before => 3,
        more => 5000, cut => 40, same => 1 },
    { name => 'a body that is waited for', before => 1, more => 20000,
        cut => 800, same => 1 },
);

for my $c (@calls) {
    for my $stay (0, 1) {
        my (%status, %sent, @bad, $worst);
        my $name = $c->{name} . ($stay ? ', all after it' : '');
        my $step = $full ? 1 : $ENV{ASAN_OPTIONS} ? 5 : 3;
        $up->forget();
        for (my $n = 1 + $started++ % $step; ; $n += $step) {
            undef $socket;
            for (1 .. $c->{before}) {
                my $this = ++$id;
                $sent{$this} = ask($c->{same} ? $c : {}, $this);
                push @bad, "before: $sent{$this}" if $sent{$this} ne 200;
            }
            my $this = ++$id;
            $socket //= $s->connection() if $c->{before};
            $s->starve($n, $stay);
            $sent{$this} = ask($c, $this);
            my ($count, $failed) = $s->feed();
            $status{ $sent{$this} }++;
            push @bad, "allocation $n: $sent{$this}"
                if $sent{$this} !~ /^(?:200|500|502|none)$/;

            # nginx may have answered, and have no memory to keep the connection

            my $lost = $failed && $socket;
            for my $next ($c, {}, $c) {
                my $this = ++$id;
                my $status = ask($next, $this);
                $status = ask($next, $this) if $status eq 'none' && $lost;
                undef $lost;
                $sent{$this} = $status;
                push @bad, "after allocation $n: $status" if $status ne 200;
            }
            $worst = $n, last if !$failed;
        }
        cmp_ok($worst, '>', 10, "$name: many allocations");
        ok($status{200}, "$name: at last none fails");
        is_deeply(\@bad, [], "$name: an answer, 500, or none; and the next");
        my (%times, @wrong);
        for my $got ($up->requests()) {
            my ($of) = $got->{body} =~ /(1\d{7})/;
            $times{$of // 'none'}++;
            push @wrong, $got->{raw} unless defined $of
                && $got->{line} =~ m{^POST /[Cc]\Q$rest\E HTTP/1.0\z}
                && $got->{body} =~ /\A\{"ErpConnectionId":883,.*\]\}\s*\z/
                && $got->{head} =~ /^SO-AppToken: $Token\r?$/m;
        }
        is_deeply(\@wrong, [], "$name: what the WebAPI gets was judged");
        is_deeply([ grep { $times{$_} > 1 } keys %times ], [],
            "$name: nothing twice");
        is_deeply([ grep { $sent{$_} eq '200' && !$times{$_} } keys %sent ], [],
            "$name: all that is answered was forwarded");
        note("$name: ", join ', ',
            map { "$_ x $status{$_}" } sort keys %status);
        is(($s->workers())[0], $worker, "$name: the worker lives");
        $worker = ($s->workers())[0];
    }
}
undef $socket;

my @worse = grep { !/\[emerg\] .*(?:malloc|posix_memalign)\(.*\) failed/ }
    $s->log =~ /^(.*\[(?:crit|alert|emerg)\].*)$/mg;
is_deeply(\@worse, [], 'the log tells of memory alone');
$s->ends_well('kept', qr/\) failed/);

done_testing();
