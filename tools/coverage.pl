#!/usr/bin/env perl
# Prints which share of the lines of each room and file has run, by the counts
# that gcc's --coverage left in a build directory.
#
# usage: coverage.pl [--list] <build directory>
#
# --list prints the lines that have not run, too.  Fails if a room's share is
# below its limit, or a line of the core has not run and t/coverage.txt gives
# no reason.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Find;
use JSON::PP;
use List::Util qw(sum0);

my %limit = (core => 98, glue => 92);

my $list = @ARGV && $ARGV[0] eq '--list' && shift;
my $dir = shift or die "usage: $0 [--list] <build directory>\n";
my $top = abs_path('ngx_erpsync_module');

# file => line => { count, function }

my %lines;

sub add {
    my ($said) = @_;

    for my $file (@{ $said->{files} }) {
        my $name = $file->{file};
        $name = "$said->{current_working_directory}/$name" if $name !~ m{^/};
        $name = abs_path($name) // next;
        $name =~ s{^\Q$top\E/}{} or next;

        for my $line (@{ $file->{lines} }) {
            my $at = $lines{$name}{ $line->{line_number} } //= { count => 0 };
            $at->{count} += $line->{count};
            $at->{function} //= $line->{function_name};
        }
    }
}

my @notes;
find({ no_chdir => 1, wanted => sub {
    push @notes, abs_path($_) if /\.gcno$/ && !m{/(?:unit|webapi)/};
} }, $dir);

while (my @some = splice @notes, 0, 50) {
    open my $out, '-|', 'gcov', '--json-format', '--stdout', @some
        or die "gcov: $!\n";
    while (<$out>) {
        add(decode_json($_));
    }
    close $out or die "gcov fails\n";
}

die "$dir: nothing is counted there\n" unless %lines;

# t/coverage.txt: a file, a function and a reason, then indented lines of that
# function.  file => function => text => number of lines that it is a reason for

my %excused;

{
    open my $in, '<', 't/coverage.txt' or die "t/coverage.txt: $!\n";
    my $place;

    while (<$in>) {
        if (/^(?:#|$)/) {
            next;

        } elsif (/^(\S+), (\w+)\(\): \S/) {
            $place = $excused{$1}{$2} //= {};

        } elsif (/^ +(.*\S)/ && $place) {
            $place->{$1}++;

        } else {
            die "t/coverage.txt:$.: neither a place nor a line\n";
        }
    }
}

my (%room, %unlisted);

for my $name (sort keys %lines) {
    my @text = do {
        open my $in, '<', "ngx_erpsync_module/$name" or die "$name: $!\n";
        <$in>;
    };
    my $file = $lines{$name};
    my @missed;

    for my $n (sort { $a <=> $b } grep { !$file->{$_}{count} } keys %$file) {
        my ($text) = $text[$n - 1] =~ /^\s*(.*?)\s*$/;
        my $function = $file->{$n}{function} // '';
        my $reason = ($excused{$name}{$function}{$text} // 0) > 0;

        $excused{$name}{$function}{$text}-- if $reason;
        push @missed, [ $n, $function, $text, $reason ];
    }

    my ($room) = $name =~ m{^(core/[^/]+|[^/]+)/};
    push @{ $room{$room} }, { name => $name, all => scalar keys %$file,
        missed => \@missed };
}

my $status = 0;

sub share {
    my ($all, $missed) = @_;
    return $all ? 100 * ($all - $missed) / $all : 100;
}

sub row {
    my ($name, @files) = @_;
    my $all = sum0(map { $_->{all} } @files);
    my $missed = sum0(map { scalar @{ $_->{missed} } } @files);

    printf "%-48s %6d %6d %6.1f %%\n", $name, $all, $missed,
        share($all, $missed);

    return share($all, $missed);
}

printf "%-48s %6s %6s %8s\n", '', 'lines', 'missed', 'covered';

for my $room (sort keys %room) {
    row($room, @{ $room{$room} });
    for my $file (@{ $room{$room} }) {
        row('  ' . $file->{name} =~ s{^\Q$room\E/}{}r, $file);
    }
}

print "\n";

my %half = (
    core => [ map { @{ $room{$_} } } grep { m{^core/} } sort keys %room ],
    glue => $room{nginx} // [],
    cli => $room{cli} // [],
);

for my $half (qw(core glue cli)) {
    my $share = row($half, @{ $half{$half} });
    if (defined $limit{$half} && $share < $limit{$half}) {
        print "$half: below $limit{$half} %\n";
        $status = 1;
    }
}

for my $file (map { @{ $_ } } @room{ sort keys %room }) {
    for my $missed (@{ $file->{missed} }) {
        my ($n, $function, $text, $reason) = @$missed;
        my $core = $file->{name} =~ m{^core/};

        if ($list) {
            print "$file->{name}:$n: $function(): $text",
                $reason ? " (has a reason)\n" : "\n";

        } elsif ($core && !$reason) {
            print "$file->{name}:$n: $function(): has not run: $text\n";
        }

        $status = 1 if $core && !$reason;
    }
}

# A reason for a line that has run, or is not there any more, is out of date.

for my $name (sort keys %excused) {
    for my $function (sort keys %{ $excused{$name} }) {
        my $texts = $excused{$name}{$function};
        for my $text (sort grep { $texts->{$_} > 0 } keys %$texts) {
            print "t/coverage.txt: has run, or is gone: "
                . "$name, $function(): $text\n";
        }
    }
}

exit $status;
