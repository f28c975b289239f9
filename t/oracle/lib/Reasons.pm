package Reasons;

# reasons.txt: why the gateway and the WebAPI may part.
#
#     OUTCOME MEDIA SCOPE LABEL | LABEL ...
#         The reason.
#
# An outcome is as compare.pl has it, a medium a family of types; each may be
# a list with commas, or *.  In a label, * stands for any text.  The first
# entry that fits has the reason.

use strict;
use warnings;

sub load {
    my ($class, $file) = @_;
    my @entries;
    open my $in, '<', $file or die "$file: $!";
    while (<$in>) {
        chomp;
        next if /^(#|\s*$)/;
        if (/^\s+(\S.*)$/) {
            my $text = \$entries[-1]{text};
            $$text = defined $$text ? "$$text $1" : $1;
        } elsif (/^(\w+) (\S+) (\S+) (.+)$/) {
            my ($outcome, $media, $scope, $labels) = ($1, $2, $3, $4);
            push @entries, { outcome => $outcome, line => $.,
                media => { map { $_ => 1 } split /,/, $media },
                scope => { map { $_ => 1 } split /,/, $scope },
                labels => [ map { join '.*', map { quotemeta }
                    split /\*/, $_, -1 } split / \| /, $labels ] };
        } else {
            die "$file:$.: $_\n";
        }
    }
    return bless { entries => \@entries }, $class;
}

sub find {
    my ($self, $outcome, $media, $scope, $label) = @_;
    for my $entry (@{ $self->{entries} }) {
        next if $entry->{outcome} ne $outcome;
        next if !$entry->{media}{$media} && !$entry->{media}{'*'};
        next if !$entry->{scope}{$scope} && !$entry->{scope}{'*'};
        next if !grep { $label =~ /^(?:$_)$/ } @{ $entry->{labels} };
        $entry->{used} = 1;
        return $entry->{text};
    }
    return;
}

sub unused {
    my $self = shift;
    return map { $_->{line} } grep { !$_->{used} } @{ $self->{entries} };
}

1;
