package Golden;

# Outcomes by label, in golden/NAME.txt:
#
#     LABEL<tab>OUTCOME [REASON]: SCOPE ...; ...

use strict;
use warnings;

use FindBin;

sub text {
    my $of = shift;
    return join '; ', map { "$_: " . join ' ', sort keys %{ $of->{$_} } }
        sort keys %$of;
}

sub outcomes {
    return map { /^(\w+) ?(\w*): (.*)$/; [ $1, $2, split ' ', $3 ] }
        split /; /, shift;
}

sub file { return "$FindBin::Bin/golden/$_[0].txt" }

sub load {
    open my $in, '<', file(shift) or return {};
    return { map { chomp; split /\t/, $_, 2 } <$in> };
}

sub save {
    my ($name, $lines) = @_;
    open my $out, '>', file($name) or die file($name) . ": $!";
    print $out "$_\t$lines->{$_}\n" for sort keys %$lines;
    close $out or die file($name) . ": $!";
}

# Prints what differs from the file, or writes it; prints outcomes without a
# reason.  Returns how many there are of both.

sub judge {
    my ($name, $lines, $reasons, $accept) = @_;
    my $failed = 0;

    if ($accept) {
        save($name, $lines);
    } else {
        my $golden = load($name);
        for (grep { ($golden->{$_} // '') ne $lines->{$_} }
            sort keys %$lines)
        {
            print "  changed: $_\n    - ", $golden->{$_} // '(new)',
                "\n    + $lines->{$_}\n";
            $failed++;
        }
        for (grep { !exists $lines->{$_} } sort keys %$golden) {
            print "  gone: $_\n";
            $failed++;
        }
    }
    for my $label (sort keys %$lines) {
        for (outcomes($lines->{$label})) {
            my ($outcome, $reason, @scopes) = @$_;
            next if $outcome =~ /^(same|refused)$/;
            for (grep { !$reasons->find($outcome, $name, $_, $label) }
                @scopes)
            {
                print "  without a reason: $label: $outcome $reason $_\n";
                $failed++;
            }
        }
    }
    return $failed;
}

1;
