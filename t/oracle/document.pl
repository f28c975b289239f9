#!/usr/bin/env perl

# docs/compatibility-webapi.md, from the golden outcomes, their reasons, and
# the examples that compare.pl left.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Golden;
use Reasons;

my $build = $ENV{ORACLE_BUILD} // "$FindBin::Bin/../../build/oracle";
my $reasons = Reasons->load("$FindBin::Bin/reasons.txt");

my @families = qw(json merge-patch json-patch xml form http);

my %media = (
    'json' => 'JSON', 'merge-patch' => 'merge-patch',
    'json-patch' => 'JSON Patch', 'xml' => 'XML', 'form' => 'form',
    'http' => 'HTTP',
);

my %scopes = (strict => 'TryConnectActor and ConnectActor',
    plain => 'other operations');

# By outcome and reason: labels, each with its media and scopes.

my (%found, %both, %examples, $labels);

for my $family (@families) {
    if (open my $in, '<:utf8', "$build/$family.examples") {
        while (<$in>) {
            chomp;
            my ($label, $example) = split /\t/, $_, 2;
            $examples{$label} ||= $example;
        }
    }
    my $golden = Golden::load($family);
    for my $label (sort keys %$golden) {
        $labels++;
        for (Golden::outcomes($golden->{$label})) {
            my ($outcome, undef, @of) = @$_;
            if ($outcome =~ /^(same|refused)$/) {
                $both{$outcome}{$family}{$label} = 1;
                next;
            }
            for my $scope (@of) {
                my $text = $reasons->find($outcome, $family, $scope, $label)
                    // next;
                my $open = $text =~ s/^Open: // ? 'open' : $outcome;
                $open = $outcome eq 'left' || $outcome eq 'broken'
                    ? 'open' : $open;
                $found{$open}{$text}{$label}{media}{$family} = 1;
                $found{$open}{$text}{$label}{scope}{$scope} = 1;
            }
        }
    }
}

sub code {
    my $text = shift;
    return '' if !defined $text || $text eq '' || length $text > 36
        || $text =~ /[^\x20-\x7e]|%[vlumo]|`/;
    $text =~ s/\|/\\|/g;
    return " (`$text`)";
}

# "kind: what, with mode" of several modes is one; "kind: what", "kind: what"
# become "kind: what, what".

sub join_labels {
    my (%kinds, %modes, @order);
    for (@_) {
        my ($label, $mode) = /^(.*), with (reject|strip|pass)$/ ? ($1, $2)
            : ($_, undef);
        my ($kind, $what) = $label =~ /^([^:]+): (.*)$/ ? ($1, $2)
            : ('', $label);
        push @order, $kind if !$kinds{$kind};
        push @{ $kinds{$kind} }, [ $label, $what, $examples{$_} ]
            if !$modes{$label};
        push @{ $modes{$label} }, $mode // ();
    }
    return join '; ', map { ($_ eq '' ? '' : "$_: ") . join ', ', map {
        my ($label, $what, $example) = @$_;
        my @of = @{ $modes{$label} // [] };
        ($what =~ s/([*|<])/\\$1/gr) . code($example)
            . (@of && @of < 3 ? ' with ' . join '/', map { "`$_`" } @of : '')
    } @{ $kinds{$_} } } @order;
}

# Labels of one reason that are met in the same media and scopes are a row.

sub table {
    my $of = $found{ shift() } // {};
    my $text = '';
    for my $reason (sort keys %$of) {
        my %rows;
        for my $label (sort keys %{ $of->{$reason} }) {
            my $at = $of->{$reason}{$label};
            my $in = join ', ', map { $media{$_} }
                grep { $at->{media}{$_} } @families;
            my $scope = $at->{scope}{http} || keys %{ $at->{scope} } == 3
                ? 'all' : join ', ', map { $scopes{$_} }
                grep { $at->{scope}{$_} } qw(strict plain);
            push @{ $rows{"$in | $scope"} }, $label;
        }
        $text .= "**$reason**\n\n| in | of | what is sent |\n|---|---|---|\n"
            . join('', map { "| $_ | " . join_labels(@{ $rows{$_} }) . " |\n" }
            sort keys %rows) . "\n";
    }
    return $text;
}

sub list {
    my $outcome = shift;
    return join '', map {
        my $family = $_;
        my @labels = grep { $outcome eq 'same'
            || !$both{same}{$family}{$_} } grep { !/^required / }
            sort keys %{ $both{$outcome}{$family} // {} };
        "* $media{$family}: " . join_labels(@labels) . "\n"
    } @families;
}

my @unused = $reasons->unused();
print STDERR "reasons.txt:$_: no label needs this\n" for @unused;

print <<"END";
# Compatibility with the WebAPI

This page is written by `make oracle`; do not edit it.

An integration that worked without the gateway should work behind it. So the
gateway is compared with the framework that the WebAPI is built on: ASP.NET
Web API with Newtonsoft.Json, DataContractSerializer and its form binding, as
Debian carries them (`t/oracle/`). More than 140,000 bodies and 380 requests
of $labels kinds are given to both:

* What the gateway forwards must bind as the original does.
* What the framework binds, the gateway should forward.

Each kind that is otherwise has its reason here. The stand-in has the requests
of the vendor's OpenAPI file. What the WebAPI itself checks after binding is
not a part of it. JSON Patch is the stand-in's own: the framework has none.

A kind may be met in more than one table: what becomes of it can depend on
the member.

## Refused by the gateway, though the WebAPI takes it

@{[ table('refuses') ]}
## Taken by the gateway, though the WebAPI would not

The canonical body binds; the original does not. Nothing is lost for a client.

@{[ table('alone') ]}
## Read otherwise

The gateway and the framework take the request and read it differently. The
WebAPI gets what the gateway reads.

@{[ table('differs') ]}
## Not yet as it should be

@{[ table('open') ]}
## Forwarded and bound the same

@{[ list('same') ]}
## Refused by both

@{[ list('refused') ]}
END

exit @unused ? 1 : 0;
