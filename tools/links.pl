#!/usr/bin/perl
# Links between documents: each leads to a file of the repository and, behind
# a "#", to a heading of it.  Names of documents in sources, too: a comment
# cites what its reader can open.
#
# usage: links.pl

use strict;
use warnings;

use File::Basename qw(dirname);

my (%anchors, $bad);

sub text {
    open my $in, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return scalar <$in>;
}

# As GitHub makes them of headings.

sub anchors {
    my $file = shift;
    return $anchors{$file} if $anchors{$file};
    my (%names, $block);

    for (split /\n/, text($file)) {
        $block = !$block if /^```/;
        next unless !$block && /^#+ +(.*?) *$/;
        my $name = lc $1;
        $name =~ s/\[([^\]]*)\]\([^)]*\)/$1/g;
        $name =~ s/[^\w\- ]//g;
        $name =~ s/ /-/g;
        $names{$name} = 1;
    }

    return $anchors{$file} = \%names;
}

sub wrong {
    print "@_\n";
    $bad = 1;
}

for my $file ('README.md', 'CONTRIBUTING.md', 'SECURITY.md', glob 'docs/*.md') {
    my ($line, $block) = (0, 0);

    for (split /\n/, text($file)) {
        $line++;
        $block = !$block if /^```/;
        next if $block;
        s/`[^`]*`//g;

        while (/\]\(([^)\s]+)\)/g) {
            my ($path, $anchor) = split /#/, $1, 2;
            next if $path =~ /^\w+:/;

            my $to = $path eq '' ? $file : dirname($file) . "/$path";
            $to =~ s{^\./}{};
            1 while $to =~ s{[^/]+/\.\./}{};

            if (!-e $to) {
                wrong("$file:$line: no such file: $to");
            } elsif (defined $anchor && !anchors($to)->{$anchor}) {
                wrong("$file:$line: no such heading: $to#$anchor");
            }
        }
    }
}

for my $file (glob('ngx_erpsync_module/*/*.[ch] '
    . 'ngx_erpsync_module/core/*/*.[ch] t/*.t t/unit/*.[ch]'))
{
    my $text = text($file);
    my %cited = map { $_ => 1 } $text =~ m{\bdocs/[\w./-]+\.md\b}g;
    -e $_ or wrong("$file: no such document: $_") for sort keys %cited;
    wrong("$file: cites the contract, which is not in the repository")
        if $text =~ /contract, section/i;
}

exit($bad ? 1 : 0);
