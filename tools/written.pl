#!/usr/bin/perl
# Puts what a run has measured into a document, between two markers:
#
#   <!-- NAME: written by … -->
#   <!-- NAME: end -->
#
# usage: written.pl DOCUMENT NAME FILE

use strict;
use warnings;

my ($document, $name, $file) = @ARGV;

sub text {
    open my $in, '<', $_[0] or die "$_[0]: $!\n";
    local $/;
    return scalar <$in>;
}

my ($text, $table) = map { text($_) } $document, $file;

$text =~ s/^(<!-- \Q$name\E: (?!end)[^\n]*-->\n).*?^(?=<!-- \Q$name\E: end -->$)/$1\n$table\n/ms
    or die "$document: no markers for $name\n";

open my $out, '>', $document or die "$document: $!\n";
print $out $text;
close $out or die "$document: $!\n";
