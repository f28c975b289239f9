#!/usr/bin/env perl
# Are the tests able to fail?  Makes one small fault at a time in the core, the
# glue or erpsyncctl, and runs the tests that reach its line until one of them
# fails.  A fault that no test notices has survived: it is printed as a diff,
# and asks for a test, or for a line in tools/mutants/equivalent.txt about why
# it changes nothing.
#
# usage: mutants.pl [--count <n>] [--seed <n>] [--at <file>:<line>]
#                   [--edit <perl expression>] [--list] [--report <file>]
#                   [--old-map] [--known] [--patience <n>]
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
#   --patience
#             runs so many times as many tests before a fault has survived
#   file      a pattern, such as 'core/registry/*'
#
# <build directory>/mutants keeps what is slow to make again: copies of the
# checkout in which faults are made (a run that finds one in use takes the
# next), which test reaches which line, and the outcome of each fault.  A run
# that was ended goes on where it was.  A fault that was killed is not tried
# again until its function changes; one that survived is, when a test that
# reaches it has changed.
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
use Tree;

# A fault is given up after tests that take so many seconds without one; one of
# the core after few in nginx, since the unit tests should notice.
my %patience = (unit => 20, core => 8, nginx => 20, cli => 20);

my %o = (count => 400, seed => 1, patience => 1);
GetOptions(\%o, qw(count=i seed=i at=s edit=s list report=s old-map known
                   patience=f))
    && @ARGV or die "usage: $0 [--count <n>] [--seed <n>]"
    . " [--at <file>:<line>] [--edit <expression>] [--list]"
    . " [--report <file>] [--old-map] [--known] [--patience <n>]"
    . " <build directory> [file...]\n";

$_ *= $o{patience} for values %patience;

my $top = getcwd;
my $build = abs_path(shift) // die "no such build directory\n";
my $kept = "$build/mutants";
my $source_dir = 'ngx_erpsync_module';

sub contents {
    my $path = shift;
    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}


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

# A line in a file: outcome, key, digest of the tests, and what noticed it.
my (%outcome, $outcomes);

sub read_outcomes {
    open $outcomes, '+>>', "$kept/outcomes" or die "$kept/outcomes: $!\n";
    $outcomes->autoflush(1);
    seek $outcomes, 0, 0;
    while (<$outcomes>) {
        chomp;
        my ($what, $key, $tests, $by) = split /\t/;
        $outcome{$key} = { what => $what, tests => $tests, by => $by };
    }
    return;
}

sub note {
    my ($fault, $what, $tests, $by) = @_;
    my $line = join "\t", $what, $fault->{key}, $tests, $by // '';
    flock $outcomes, LOCK_EX;
    print {$outcomes} "$line\n";
    flock $outcomes, LOCK_UN;
    $outcome{ $fault->{key} } = { what => $what, tests => $tests, by => $by };
    return $outcome{ $fault->{key} };
}


# One fault

make_path($kept);
my $tree = $o{list} || $o{known} ? undef : Tree->new(top => $top, kept => $kept);
my $run = Run->new(tree => $tree ? $tree->dir : $top);
my $map = Map->new(top => $top, kept => $kept,
                   tree => $tree ? $tree->dir : $top);
my (%killer, %sound);       # file => test => how often; test => it passes

$SIG{$_} = sub { $run->end(); exit 1 } for qw(INT TERM HUP);

# The tests for it: unit tests first, then those that killed in this file
# before, then those that are most about it.
sub tests_for {
    my $fault = shift;
    my $killed = $killer{ $fault->{file} } || {};
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
        next if defined $spent{$kind} && $all > $limit{$kind};
        $spent{$kind} = $all;
        push @chosen, $test;
    }

    return @chosen;
}

# Whether a test passes without any fault.
sub sound {
    my ($fault, $test) = @_;

    if (!defined $sound{$test}) {
        $tree->take();
        my $failed = $tree->build($test);
        die $failed if defined $failed;
        my ($why) = $run->failure($test, $tree->where($test));
        $sound{$test} = !defined $why;
        $tree->take($fault);
        print "    $test fails without a fault: $why\n" if defined $why;
    }

    return $sound{$test};
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

sub outcome_of {
    my $fault = shift;
    my $known = $outcome{ $fault->{key} };

    return $known if $known && $known->{what} =~ /^(?:killed|dull)$/;

    my @tests = tests_for($fault);
    my $digest = sha1_hex(join ' ', map { $map->digest($_->{test}) } @tests);

    return $known if $known && $known->{tests} eq $digest;

    $tree->take($fault);
    my $by = eval { noticed($fault, @tests) };
    my $what = $@ ? 'dull' : defined $by ? 'killed' : 'survived';

    die $@ if $@ && $@ ne "does not compile\n";

    if ($what eq 'survived' && $tree->dull($fault)) {
        $what = 'dull';
    }

    $tree->take();
    return note($fault, $what, $digest,
                $by // (@tests ? '' : 'no test reaches it'));
}


# All of them

my $report = Report->new(equivalent => "$FindBin::Bin/mutants/equivalent.txt",
                         %o);
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

read_outcomes();
$map->make($o{'old-map'}) if !$o{known};

my %tried;
for my $fault (@faults) {
    next if defined $fault->{share}
        && ($tried{ $fault->{file} } // 0) == $fault->{share};

    $fault->{equivalent} = $report->reason($fault);
    $fault->{outcome} = $fault->{equivalent} ? { what => 'equivalent' }
        : $o{known} ? $outcome{ $fault->{key} } : outcome_of($fault);

    next if !$fault->{outcome};
    next if $fault->{outcome}{what} eq 'dull' && !defined $o{edit};
    $tried{ $fault->{file} }++;
    $report->add($fault);
}

exit($report->finish() ? 1 : 0);
