#!/usr/bin/env perl

# Compares what the gateway forwards of a body with what the WebAPI's own
# framework makes of it.
#
#     compare.pl [--bodies N] [--accept] [--show LABEL] [FAMILY ...]
#
# Each label's outcomes:
#
#   same     forwarded; the canonical body binds as the original does
#   refused  the gateway refuses, and so does the framework
#   refuses  the gateway refuses; the framework binds it
#   alone    forwarded; the framework refuses the original alone
#   left     forwarded; the framework refuses original and canonical body
#   differs  forwarded; the canonical body binds otherwise
#   broken   forwarded; the framework binds the original alone
#
# All but the first two need a reason in reasons.txt, and "differs" and
# "broken" are what the gateway must never do.  The outcomes of all labels
# are in golden/: a difference to them fails, and --accept writes them.
# --show prints bodies of a label and what became of them.

use strict;
use warnings;
no warnings 'nonchar';

use FindBin;
use lib "$FindBin::Bin/lib";

use Getopt::Long;

use Bodies::Form;
use Bodies::Json;
use Bodies::Patch;
use Bodies::Xml;
use Frames;
use Golden;
use Reasons;
use Records;
use WebApi;

my $top = "$FindBin::Bin/../..";
my $build = $ENV{ORACLE_BUILD} // "$top/build/oracle";

my %families = (
    'json' => [ \&Bodies::Json::kinds, 'application/json', 'text/json' ],
    'merge-patch' => [ \&Bodies::Json::kinds,
        'application/merge-patch+json' ],
    'json-patch' => [ \&Bodies::Patch::kinds, 'application/json-patch+json' ],
    'xml' => [ \&Bodies::Xml::kinds, 'application/xml', 'text/xml' ],
    'form' => [ \&Bodies::Form::kinds, 'application/x-www-form-urlencoded' ],
);

my ($bodies, $accept, $show, $seed) = (20_000, 0, undef, 20_260_101);

GetOptions('bodies=i' => \$bodies, 'accept' => \$accept, 'show=s' => \$show)
    or exit 2;

my @families = @ARGV ? @ARGV : sort keys %families;
my $webapi = WebApi->load();
my $records = Records->new($webapi);

# What no operation can tell apart, and docs/bodies.md asks for.

sub comparable {
    my ($text) = @_;
    $text =~ s/,?(?<!\\)"FieldValues":\[\]//;
    return $text;
}

sub outcome {
    my ($original, $gate, $canonical) = @_;
    my $bound = $original->[0] eq 'bound';

    if ($gate->[0] ne 'ok') {
        return $bound ? "refuses $gate->[0]" : "refused $gate->[0]";
    }
    if ($canonical->[0] ne 'bound') {
        return $bound ? 'broken' : 'left';
    }
    return 'alone' if !$bound;
    return comparable($original->[1]) eq comparable($canonical->[1])
        ? 'same' : 'differs';
}

sub family {
    my $name = shift;
    my ($kinds, @types) = @{ $families{$name} };
    my $oracle = Frames->new('mono', "$build/oracle.exe", 'frames', 500);
    my $gate = Frames->new("$build/gate");
    my %canonical;
    my %outcomes;
    my %examples;
    my $n = 0;

    for my $type (@types) {
        srand $seed + $n;
        my @kinds = $kinds->($webapi);
        @kinds = grep { $_->[0] =~ /^\Q$show\E/ } @kinds if defined $show;
        my $end = $n + (defined $show ? ($ENV{ORACLE_SHOW} // 3) * @kinds : $bodies);
        while ($n < $end) {
            $n += judge_all($type, $oracle, $gate, \%canonical, \%outcomes,
                \%examples, @kinds);
        }
    }
    $oracle->end();
    $gate->end();

    return ($n, { map { $_ => Golden::text($outcomes{$_}) } keys %outcomes },
        \%examples);
}

sub judge_all {
    my ($type, $oracle, $gate, $canonical, $outcomes, $examples, @kinds) = @_;
    my @frames;
    for (@kinds) {
        my ($label, $make, $example) = @$_;
        my $frame = $make->() or next;
        push @frames, { mode => 'reject', type => '', label => $label,
            %$frame };
        $frames[-1]{type} = $type . $frames[-1]{type};
        $examples->{$label} //= $example // '';
    }
    my @original = $oracle->judge(map {
        [ $_->{operation}, $_->{type}, $_->{body} ] } @frames);
    my @gate = $gate->judge(map {
        [ "$_->{operation} $_->{mode}", $_->{type}, $_->{body} ] } @frames);

    my (%asked, @asked);
    for my $i (grep { $gate[$_][0] eq 'ok' } 0 .. $#frames) {
        my ($operation, $body) = ($frames[$i]{operation}, $gate[$i][1]);
        next if $canonical->{$operation}{$body} || $asked{$operation}{$body}++;
        push @asked, [ $operation, 'application/json; charset=utf-8', $body ];
    }
    my @answers = $oracle->judge(@asked);
    $canonical->{ $_->[0] }{ $_->[2] } = shift @answers for @asked;

    for my $i (0 .. $#frames) {
        my $frame = $frames[$i];
        my $bound = $canonical->{ $frame->{operation} }{ $gate[$i][1] };
        my $outcome = outcome($original[$i], $gate[$i], $bound);
        my $scope = $records->scope($frame->{operation});
        $outcomes->{ $frame->{label} }{$outcome}{$scope}++;
        show($frame, $outcome, $original[$i], $gate[$i], $bound)
            if defined $show;
    }
    return scalar @frames;
}

sub show {
    my ($frame, $outcome, $original, $gate, $bound) = @_;
    print "== $frame->{label}: $outcome\n   $frame->{operation} "
        . "$frame->{type} $frame->{mode}\n   $frame->{body}\n"
        . "   framework: @$original\n   gateway: @$gate\n"
        . ($gate->[0] eq 'ok' ? "   forwarded: @$bound\n" : '');
}

sub write_examples {
    my ($name, $examples) = @_;
    open my $out, '>:utf8', "$build/$name.examples" or die "$name: $!";
    print $out "$_\t$examples->{$_}\n" for sort keys %$examples;
    close $out or die "$name: $!";
}

my $failed = 0;
my $reasons = Reasons->load("$FindBin::Bin/reasons.txt");

for my $name (@families) {
    my ($n, $lines, $examples) = family($name);
    next if defined $show;

    printf "%-12s %6d bodies, %d labels\n", $name, $n, scalar keys %$lines;
    write_examples($name, $examples);
    $failed += Golden::judge($name, $lines, $reasons, $accept);
}

exit $failed ? 1 : 0;
