#!/usr/bin/env perl
# Are the tests able to fail?  Makes one small fault at a time in the core, the
# glue or erpsyncctl, and runs the tests that reach its line until one of them
# fails.  A fault that no test notices has survived: it is printed as a diff,
# and asks for a test, or for a line in tools/mutants/equivalent.txt about why
# it changes nothing.
#
# usage: mutants.pl [--count <n>] [--seed <n>] [--at <file>:<line>]
#                   [--edit <perl expression>] [--list] [--report <file>]
#                   [--old-map] [--known] [--jobs <n>]
#                   <build directory> [file...]
#
#   --count   how many faults, spread over the files by their lines
#   --seed    the same one draws the same faults
#   --at      all faults of one line
#   --edit    with --at, the fault that the expression makes of the line in $_
#   --list    the faults only
#   --report  writes a table and the survivors there
#   --known   tries nothing: reports what earlier runs found
#   --old-map does not ask again what a test reaches that has changed
#   --jobs    so many faults at a time, each in a copy of its own (1)
#   file      a pattern, such as 'core/registry/*'
#
# <build directory>/mutants keeps what is slow to make again: copies of the
# checkout in which faults are made (a run that finds one in use takes the
# next), which test reaches which line, and the outcome of each fault.  A run
# that was ended goes on where it was.  A fault that was killed is not tried
# again until its function changes; one that survived is, by those tests that
# are new or have changed.
#
# Not counted: a fault that does not compile, of which the compiler warns, or
# from which it makes the same code as from the original.

use strict;
use warnings;
use Cwd qw(abs_path getcwd);
use Digest::SHA qw(sha1_hex);
use Fcntl qw(:flock);
use File::Path qw(make_path);
use FindBin;
use Getopt::Long;
use List::Util qw(sum0 uniq);
use POSIX qw(strftime);

use lib "$FindBin::Bin/mutants";
use Faults qw(faults diff);
use Map;
use Report;
use Run;
use Tree qw(contents write_file);

# A fault is left for later after tests that take so many seconds without one;
# one of the core after few in nginx, since the unit tests should notice.
my %patience = (unit => 20, core => 8, nginx => 20, cli => 20);

my %o = (count => 400, seed => 1, jobs => 1);
GetOptions(\%o, qw(count=i seed=i at=s edit=s list report=s old-map known
                   jobs=i))
    && @ARGV or die "usage: $0 [--count <n>] [--seed <n>]"
    . " [--at <file>:<line>] [--edit <expression>] [--list]"
    . " [--report <file>] [--old-map] [--known] [--jobs <n>]"
    . " <build directory> [file...]\n";

my $top = getcwd;
my $build = abs_path(shift) // die "no such build directory\n";
my $kept = "$build/mutants";
my $source_dir = 'ngx_erpsync_module';


# Which faults

sub files {
    my @all = sort glob "$source_dir/core/*/*.[ch] $source_dir/nginx/*.[ch]"
        . " $source_dir/cli/*.[ch]";
    return @all if !@_;

    return uniq map {
        my $name = $_;
        my @found = grep { -f && /\.[ch]$/ } map { glob }
            "$source_dir/$name", $name;
        @found or die "$name: no such file\n";
        @found;
    } @_;
}

# For each file, the faults in the order in which they are tried: a line, by
# chance, and then a fault of it, by chance.  Chance is a digest: another file
# or function that changes does not change it.
sub drawn {
    my ($file) = @_;
    my (%of, @drawn);

    push @{ $of{ $_->{line} } }, $_
        for grep { $_->{inside} || $file =~ m{\.c$} }
            faults($file, contents($file));

    for my $line (values %of) {
        $_->{chance} = sha1_hex("$o{seed} $_->{key}") for @$line;
        push @drawn, (sort { $a->{chance} cmp $b->{chance} } @$line)[0];
    }

    return [ sort { $a->{chance} cmp $b->{chance} } @drawn ], scalar keys %of;
}

# As many for each file as its lines ask for, by largest remainders.
sub shares {
    my ($lines) = @_;
    my $all = sum0 values %$lines;
    my %exact = map { $_ => $o{count} * $lines->{$_} / ($all || 1) } keys %$lines;
    my %share = map { $_ => int $exact{$_} } keys %exact;
    my $left = $o{count} - sum0 values %share;

    for (sort { $exact{$b} - $share{$b} <=> $exact{$a} - $share{$a}
                || $a cmp $b } keys %exact)
    {
        last if $left-- <= 0;
        $share{$_}++;
    }

    return \%share;
}

sub edited {
    my ($file, $number) = @_;
    my $text = contents($file);
    my @lines = split /^/, $text;
    local $_ = $lines[$number - 1] // die "$file has no line $number\n";
    my ($old, $from) = ($_, length join '', @lines[0 .. $number - 2]);

    eval "$o{edit}; 1" or die $@;       ## no critic: what it is for
    $_ ne $old or die "$file:$number: the line is not changed\n";

    return { file => $file, line => $number, name => 'edited', from => $from,
             length => length $old, with => $_, function => '', nth => 1,
             lines => "-$old+$_", key => sha1_hex("$text $from $_") };
}


# Outcomes

# A line in a file: outcome, key, digests of the tests that did not notice it,
# and what did.  Several processes add to it.
my (%outcome, $outcomes);

# What has been added since the last time.
sub read_outcomes {
    if (!$outcomes) {
        open $outcomes, '<', "$kept/outcomes" or return;
    }

    seek $outcomes, 0, 1;
    while (<$outcomes>) {
        chomp;
        my ($what, $key, $tests, $by) = split /\t/;
        my %passed = map { $_ => 1 } split ' ', $tests;
        $outcome{$key} = { what => $what, by => $by,
            passed => { %{ $outcome{$key}{passed} // {} }, %passed } };
    }
    return;
}

sub note {
    my ($fault, $what, $tests, $by) = @_;
    open my $out, '>>', "$kept/outcomes" or die "$kept/outcomes: $!\n";
    syswrite $out, join("\t", $what, $fault->{key}, "@$tests", $by // '') . "\n";
    close $out;
    read_outcomes();
    return;
}


# One fault

my $report = Report->new(equivalent => "$FindBin::Bin/mutants/equivalent.txt",
                         %o);

make_path("$kept/claims", "$kept/sound");

# Copies for all jobs, before anything in the checkout changes
my @trees = $o{list} || $o{known} ? ()
    : map { Tree->new(top => $top, kept => $kept) } 1 .. $o{jobs};
my $checkout = sha1_hex(map { contents($_) } files(),
                        glob 't/lib/*.pm t/*.t t/unit/*');
my ($tree, $run, $map);     # of one job
my (%killer, %sound);       # file => test => how often; test => it passes

# The tests for it that it has not survived: unit tests first, then those that
# killed in this file before, then those that are most about it.
sub tests_for {
    my ($fault, $patience) = @_;
    my $killed = $killer{ $fault->{file} } || {};
    my $passed = ($outcome{ $fault->{key} } // {})->{passed} // {};
    my @tests = sort {
        ($b->{test} =~ /^unit/) <=> ($a->{test} =~ /^unit/)
            || ($killed->{ $b->{test} } // 0) <=> ($killed->{ $a->{test} } // 0)
            || $b->{share} / (1 + $b->{seconds})
               <=> $a->{share} / (1 + $a->{seconds})
            || $a->{test} cmp $b->{test}
    } $map->reaching($fault->{file}, $fault->{line});
    my ($part) = $fault->{file} =~ m{^$source_dir/(\w+)};
    my %limit = (unit => $patience{unit}, t => $patience{$part});
    my (%spent, @chosen);

    for my $test (@tests) {
        my ($kind) = $test->{test} =~ m{^(\w+)};
        my $all = ($spent{$kind} // 0) + $test->{seconds};
        next if defined $spent{$kind} && $all > $patience * $limit{$kind};
        $spent{$kind} = $all;
        push @chosen, $test if !$passed->{ digest($test) };
    }

    return \@chosen, !@tests;
}

# Of a test, and of how it is built
sub digest {
    my ($test) = $_[0]{test};
    return substr sha1_hex($tree->how($test), $map->digest($test)), 0, 12;
}

# Whether a test passes without any fault: noted for all jobs, and for later
# runs of the same checkout.
sub sound {
    my ($fault, $test) = @_;
    my $path = "$kept/sound/" . sha1_hex("$checkout $test");

    if (!-e $path) {
        $tree->take();
        my $failed = $tree->build($test);
        die $failed if defined $failed;
        my ($why) = $run->failure($test, $tree->where($test));
        write_file($path, $why // '');
        $tree->take($fault);
        print "    $test fails without a fault: $why\n" if defined $why;
    }

    return $sound{$test} = !-s $path;
}

# What noticed it, undef if nothing did; dies if it does not compile.  A test
# that failed after much longer than it takes, because nothing came that it
# waited for, fails twice: the machine could have been busy.
sub noticed {
    my ($fault, @tests) = @_;

    for my $test (@tests) {
        my ($name, $seconds) = @$test{qw(test seconds)};
        my @run = ($name, $tree->where($name), 60 + 10 * $seconds);

        next if defined $sound{$name} && !$sound{$name};
        die "does not compile\n" if defined $tree->build($name);

        my ($why, $took) = $run->failure(@run);
        next if !defined $why || !sound($fault, $name);

        if ($name !~ /^unit/ && $took > 5 + 2 * $seconds) {
            $tree->build($name);
            ($why) = $run->failure(@run);
            next if !defined $why;
        }

        $killer{ $fault->{file} }{$name}++;
        return "$name ($why)";
    }

    return;
}

# Whether nobody else tries it; waits for that, if told so.
sub claim {
    my ($fault, $wait) = @_;
    my $path = "$kept/claims/$fault->{key}";
    open my $claim, '>', $path or die "$path: $!\n";
    return flock($claim, LOCK_EX | ($wait ? 0 : LOCK_NB)) ? $claim : undef;
}

# Tries it, if that is of use.
sub try {
    my ($fault, $patience) = @_;
    my $known = $outcome{ $fault->{key} };

    return if $known && $known->{what} ne 'survived';

    my ($tests, $unreached) = tests_for($fault, $patience);

    return if $known && !@$tests;

    $tree->take($fault);
    my $by = eval { noticed($fault, @$tests) };
    my $what = $@ ? 'dull' : defined $by ? 'killed' : 'survived';

    die $@ if $@ && $@ ne "does not compile\n";

    if ($what eq 'survived' && !$known && $tree->dull($fault)) {
        $what = 'dull';
    }

    $tree->take();
    note($fault, $what, $what ne 'survived' ? []
         : [ map { digest($_) } grep { $sound{ $_->{test} } // 1 } @$tests ],
         $by // ($unreached ? 'no test reaches it' : ''));
    $report->say($fault, $outcome{ $fault->{key} });
    return;
}


# All of them

my @faults;

if (defined $o{at}) {
    my ($name, $line) = $o{at} =~ /^(.+):(\d+)$/
        or die "$o{at}: not <file>:<line>\n";
    my ($file) = files($name);
    @faults = defined $o{edit} ? edited($file, $line)
        : grep { $_->{line} == $line } faults($file, contents($file));
    $o{count} = @faults;

} else {
    my (%drawn, %lines);
    ($drawn{$_}, $lines{$_}) = drawn($_) for files(@ARGV);
    my $shares = shares(\%lines);
    $report->lines(\%lines);

    # More of a file than its share, since some are not counted.
    for my $file (keys %drawn) {
        $_->{share} = $shares->{$file} for @{ $drawn{$file} };
        push @faults, @{ $drawn{$file} };
    }
    @faults = sort { $a->{chance} cmp $b->{chance} } @faults;
}

$| = 1;
$report->list(@faults), exit if $o{list};

# Calls a function for each that counts, as far as is known: of those that are
# drawn of a file, its share, without those that are dull.
sub each_fault {
    my $call = shift;
    my %tried;

    for my $fault (@faults) {
        next if defined $fault->{share}
            && ($tried{ $fault->{file} } // 0) == $fault->{share};

        $fault->{equivalent} //= $report->reason($fault);
        my $outcome = $fault->{equivalent} ? { what => 'equivalent' }
            : $call->($fault);

        next if !$outcome;
        next if $outcome->{what} eq 'dull' && !defined $o{edit};
        $tried{ $fault->{file} }++;
        $fault->{outcome} = $outcome;
    }

    return;
}

# One job: all that no other one tries, then what is left; with quick tests
# first, since they notice most, and at last with all.
sub job {
    ($tree) = @_;
    $run = Run->new(tree => $tree->dir);
    $map = Map->new(top => $top, kept => $kept, tree => $tree->dir);

    for my $pass (map { [ $_, 0 ], [ $_, 1 ] } 0.3, 1, 5, 'inf') {
        my ($patience, $wait) = @$pass;
        each_fault(sub {
            my $fault = shift;
            my $claim = claim($fault, $wait);
            read_outcomes();
            try($fault, $patience) if $claim;
            return $outcome{ $fault->{key} } // { what => 'tried' };
        });
    }

    return;
}

sub jobs {
    my %job;

    for my $tree (@trees) {
        my $pid = fork // die "fork: $!\n";
        job($tree), exit if $pid == 0;
        $job{$pid} = 1;
    }

    while (%job) {
        my $pid = wait;
        delete $job{$pid} && $? && die "a job has failed\n";
    }

    return;
}

$SIG{$_} = sub { Run::end(); exit 1 } for qw(INT TERM HUP);

if (!$o{known}) {
    Map->new(top => $top, kept => $kept, tree => $trees[0]->dir)
        ->make($o{'old-map'});
    jobs();
}

read_outcomes();
each_fault(sub { return $outcome{ $_[0]{key} } });
$report->add($_) for grep { $_->{outcome} } @faults;

exit($report->finish() ? 1 : 0);
