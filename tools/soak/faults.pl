#!/usr/bin/env perl
# Faults under load, and a ledger of every request:
#
#   faults.pl [--seconds N] [--short] [--write FILE] [--none] [scenario ...]
#
# Each scenario starts a gateway and a stand-in WebAPI, and lets clients call
# while something fails.  Then it compares the ledger of the clients with what
# the WebAPI received and with the gateway's counters:
#
#   lost       requests without an answer whose connection was not closed
#   doubled    forwarded more often than proxy_next_upstream allows; nginx may
#              always send a GET again
#   unjudged   what the WebAPI received and is not the canonical form of a call
#              that is allowed; an answer that is another call's
#   counters   decisions that are counted, against answers and what the WebAPI
#              received: "equal", or "equal but for n": n calls may be counted
#              or not, since their worker died, or the client left when it had
#              sent them
#
# With --write, the table in FILE between its markers is replaced.  --short is
# the form of the tests: some scenarios, a few seconds each.  --none does
# nothing.

use strict;
use warnings;

use Cwd ();
use FindBin;
use POSIX ();
use Time::HiRes qw(sleep time);

BEGIN {
    chdir "$FindBin::Bin/../.." or die;
    unshift @INC, $FindBin::Bin, 't/lib';
}

use ErpsyncServer;
use ErpsyncTest;
use Load;
use Scenarios;
use StandIn;

$SIG{PIPE} = 'IGNORE';

my ($seconds, $short, $write, @only);

while (@ARGV) {
    my $arg = shift;
    if ($arg eq '--seconds') { $seconds = shift }
    elsif ($arg eq '--short') { $short = 1 }
    elsif ($arg eq '--write') { $write = shift }
    elsif ($arg eq '--none') { exit }
    else { push @only, $arg }
}

my %known = map { $_->{name} => $_ } @Scenarios::all;
for my $name (@only) {
    $known{$name} or die "no such scenario: $name; there are: ",
        join(' ', map { $_->{name} } @Scenarios::all), "\n";
}

# Counters of a running gateway: decision => number.

sub counters {
    my $s = shift;
    my ($status, $text) = $s->answer("GET /status?format=prometheus HTTP/1.1"
        . "\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    my %of;
    $of{$1} += $2 while $text =~ /^erpsync_requests_total\{.*decision="(\w+)"
        .*\}\s(\d+)/gmx;
    return \%of;
}

# What must have been counted.  A call with an answer is counted by its answer;
# one that was allowed may have nginx's own 500, if there was no descriptor for a
# connection to the WebAPI.  A call without an answer is counted as allowed if
# the WebAPI received it, and otherwise not at all: its connection was closed
# before nginx read it.  Scenarios add what they know of calls that are not in
# the ledger:
#
#   must   decision => number of calls that are counted so
#   may    decision => number of calls that may be counted so, or not
#
# and in_flight, calls of workers that died: counted or not.

sub expected {
    my ($t, $times, @ledger) = @_;
    my %must = (allow => 0, deny => 0, abort => 0, %{ $t->{must} // {} });
    for (@ledger) {
        my ($id, undef, $outcome) = @$_;
        if ($outcome =~ /^(?:200|raw|mixed|500)$|bad_gateway|gateway_timeout/) {
            $must{allow}++;
        } elsif ($outcome =~ /^[45]\d\d \w/) {
            $must{deny}++;
        } elsif ($outcome =~ /^(?:closed|cut)$/) {
            $must{allow}++ if $times->{$id};
        }
    }
    return map { [ $_, $must{$_} - $t->{in_flight}, $must{$_}
        + $t->{in_flight} + ($t->{may}{$_} // 0) ] } sort keys %must;
}

sub compare {
    my ($t, $s, $times, @ledger) = @_;
    my @expected = expected($t, $times, @ledger);
    my $counters;
    my $fits = until_true(sub {
        $counters = counters($s);
        return !grep { my ($name, $least, $most) = @$_;
            my $n = $counters->{$name} // 0;
            $n < $least || $n > $most } @expected;
    });
    if (!$fits) {
        $t->fail("counters: $_") for map { my ($name, $least, $most) = @$_;
            sprintf '%s %d, expected %d to %d', $name,
                $counters->{$name} // 0, $least, $most } @expected;
        return 'WRONG';
    }
    my $most = 0;
    $most += $_ for $t->{in_flight}, values %{ $t->{may} // {} };
    return $most ? "equal but for $most" : 'equal';
}

sub run {
    my $scenario = shift;
    my $t = Scenarios->new($scenario);
    my $s = $t->{server} = ErpsyncServer->new();
    my $time = $scenario->{seconds} * ($short ? 1 : 5);
    $time = $seconds if defined $seconds;

    my $up = $t->{up} = StandIn->new(file => $s->dir . '/received',
        how => $scenario->{how} // sub { '' },
        processes => $scenario->{processes} // 2);
    $s->write_file('registry.json', $t->apps());
    $scenario->{prepare}->($t) if $scenario->{prepare};
    $t->start();
    my $begun = time;
    my $load = $t->{load} = Load->new(file => $s->dir . '/ledger',
        port => $s->port, seconds => $time,
        clients => $scenario->{clients} // 4);
    $scenario->{run}->($t) if $scenario->{run};
    $load->wait();
    $scenario->{after}->($t) if $scenario->{after};

    # it must have recovered

    my $good = call_later($t);
    $t->fail("a call afterwards: $good") if $good ne '200';

    my @ledger = $load->ledger();
    my ($times, $wrong) = $up->received();
    my (%outcome, %row, @strange);

    for (@ledger) {
        my ($id, $kind, $outcome) = @$_;
        my $allowed = defined Load::call_of($id)->{canonical};
        $outcome{$outcome}++;
        push @strange, "$kind $id: $outcome" unless $kind eq 'either'
            && $outcome =~ /^(?:200|403 app_token_(?:unknown|expired))$/
                || $outcome =~ (
            $allowed ? $scenario->{good} // qr/^200$/
                     : $scenario->{bad} // qr/^4\d\d \w/)
                || $outcome =~ /^(?:closed|cut|unsent)$/
                    && $scenario->{closes};
        push @strange, "$kind $id: 200, not forwarded"
            if $outcome eq '200' && !$times->{$id};
    }
    $row{requests} = grep { $_->[2] ne 'unsent' } @ledger;
    $row{answered} = grep { $_->[2] !~ /^(?:closed|cut|late|unsent)$/ }
        @ledger;
    $row{closed} = grep { $_->[2] =~ /^(?:closed|cut)$/ } @ledger;
    $row{lost} = $outcome{late} // 0;
    delete $times->{'-'};
    $row{forwarded} = keys %$times;
    $row{doubled} = grep { $times->{$_} > ($scenario->{times} // 1)
        && Load::call_of($_)->{kind} ne 'get' } keys %$times;
    $row{unjudged} = @$wrong + ($outcome{mixed} // 0);
    $row{counters} = $scenario->{restarts} ? '-'
        : compare($t, $s, $times, @ledger);
    $t->fail("$_ $row{$_}") for grep { $row{$_} } qw(lost doubled unjudged);
    $t->fail(join ', ', splice @strange, 0, 5) if @strange;
    $t->fail("only $row{requests} requests") if $row{requests} < 20;
    $t->fail("what the WebAPI got: $_") for splice @$wrong, 0, 3;

    my $status = $t->stop();
    $t->fail("nginx ends with $status") if $status;
    my $expected = $t->{log} // qr/(?!)/;
    $t->fail("it did not happen: nothing like $expected in the log")
        if $t->{log} && $s->log !~ $expected;
    my @log = grep { /\[(?:alert|emerg|crit)\]|Sanitizer|runtime error/
        && !/$expected/ } split /^/, $s->log;
    $t->fail("log: $_") for splice @log, 0, 3;
    $t->fail('a token in the log') if $s->log =~ /token-(?:good|unknown)/;

    printf "%-18s %6d requests, %d answered, %d closed, %d forwarded; lost "
        . "%d, doubled %d, unjudged %d; counters %s (%.0f s)%s\n",
        $scenario->{name}, @row{qw(requests answered closed forwarded lost
        doubled unjudged counters)}, time - $begun,
        $t->{said} ? "; $t->{said}" : '';
    print "    ", join(', ', map { "$_: $outcome{$_}" } sort keys %outcome),
        "\n" if $ENV{VERBOSE} || @{ $t->{failed} };
    print "    FAILED: $_\n" =~ s/\n+\z/\n/r for @{ $t->{failed} };
    return (\%row, scalar @{ $t->{failed} });
}

# A call when all is over: it is tried again while the gateway recovers.

sub call_later {
    my $t = shift;
    my ($n, $outcome) = (0, '');
    until_true(sub {
        my $id = sprintf '99%07d', 10 * $n++;
        my $socket = eval { $t->{server}->connection() } or return 0;
        print $socket Load::call_of($id, close => 1)->{request};
        my $buffer = '';
        $outcome = Load::outcome_of($socket, $id, \$buffer);
        $t->{load}->note($id, 'json', $outcome);
        $outcome eq '200' or sleep 0.1;
        return $outcome eq '200';
    });
    return $outcome;
}

sub table {
    my @rows = @_;
    my @names = qw(requests answered closed forwarded lost doubled unjudged
        counters);
    my $text = '| scenario | ' . join(' | ', @names) . " |\n"
        . '|---|' . '---|' x @names . "\n";
    for my $row (@rows) {
        $text .= "| `$row->{name}` | "
            . join(' | ', map { s/(\d)(?=(?:\d{3})+$)/$1,/gr } @$row{@names})
            . " |\n";
    }
    my ($cpu) = map { /^model name\s*:\s*(.*)/m ? $1 : () }
        do { open my $in, '<', '/proc/cpuinfo' or die; <$in> };
    my ($nginx) = `${\ErpsyncServer::binary()} -v 2>&1` =~ m{nginx/(\S+)};
    chomp(my $processors = `nproc`);
    return sprintf "%s\n(`make soak`; nginx %s; %s, %d CPUs; %s.)\n", $text,
        $nginx, $cpu // 'unknown CPU', $processors,
        POSIX::strftime('%Y-%m-%d', gmtime);
}

my (@rows, $failed);

for my $scenario (@Scenarios::all) {
    next if @only && !grep { $_ eq $scenario->{name} } @only;
    next if $short && !@only && !$scenario->{short};
    my $why = $scenario->{skip} ? $scenario->{skip}->() : undef;
    if (defined $why) {
        printf "%-18s skipped: %s\n", $scenario->{name}, $why;
        next;
    }
    my ($row, $bad) = run($scenario);
    push @rows, { name => $scenario->{name}, %$row };
    $failed += $bad;
}

if ($write && !$failed) {
    open my $in, '<', $write or die "$write: $!";
    local $/;
    my $text = <$in>;
    my $table = table(@rows);
    $text =~ s/(<!--\ begin\ figures.*?-->\n).*(<!--\ end\ figures\ -->)
              /$1$table$2/sx or die "$write: no markers\n";
    open my $out, '>', $write or die "$write: $!";
    print $out $text;
}

exit($failed ? 1 : 0);
