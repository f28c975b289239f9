#!/usr/bin/perl
# Words that the glossary replaces, in documents and in messages:
# tools/glossary.txt.
#
# usage: glossary.pl [FILE ...]     default: all documents and sources

use strict;
use warnings;

my (@rules, @exceptions);

open my $table, '<', 'tools/glossary.txt' or die "glossary.txt: $!";

while (<$table>) {
    chomp;
    next if /^(?:#|$)/;
    my ($pattern, $word, $rest) = /^(.*?)\s+=>\s+([^"]*?)((?:, \S+ "[^"]*")*)$/
        or die "glossary.txt:$.: $_";
    push @rules, [ qr/\b(?:$pattern)\b/i, $word,
        [ map { [ /^, (\S+) "([^"]*)"$/ ] } $rest =~ /, \S+ "[^"]*"/g ] ];
}

my $bad = 0;

# One line of prose, without code, targets of links and marks of blocks.

sub check {
    my ($file, $text, $whole) = @_;

    for my $rule (@rules) {
        my ($pattern, $word, $exceptions) = @$rule;
        next unless $text =~ /($pattern)/;
        my $found = $1;
        next if grep { $file eq $_->[0] && index($whole, $_->[1]) >= 0 }
            @$exceptions;
        print "$file:$.: \"$found\": $word\n";
        $bad = 1;
    }
}

sub document {
    my $file = shift;
    my $block;

    open my $in, '<', $file or die "$file: $!";

    while (<$in>) {
        if (/^\s*```/) {
            $block = !$block;
            next;
        }

        next if $block || /^\s{4,}\S/;
        my $whole = $_;
        s/``.*?``|`[^`]*`/`/g;
        s/\]\([^)]*\)/]/g;
        s/<[^>]*>//g;
        s/\bCm [\w-]+(?: \| [\w-]+)*//g;
        check($file, $_, $whole);
    }

    close $in;
}

# What a source says: its strings, but not its comments.

sub source {
    my $file = shift;

    open my $in, '<', $file or die "$file: $!";
    my $text = do { local $/; <$in> };
    $text =~ s{(/\*.*?\*/)}{$1 =~ tr/\n//cdr}gse;

    my $line = 0;

    for (split /\n/, $text) {
        $. = ++$line;
        next if /^\s*#\s*include/;
        while (/"((?:[^"\\]|\\.)*)"/g) {
            my $string = $1 =~ s/\\[nt]/ /gr;
            check($file, $string, $_) if $string =~ /\S \S/;
        }
    }
}

my @files = @ARGV ? @ARGV : ('README.md', 'CONTRIBUTING.md',
    'SECURITY.md', 'CHANGES', glob('docs/*.md docs/erpsyncctl.1'),
    glob('ngx_erpsync_module/core/*/*.[ch] ngx_erpsync_module/nginx/*.[ch]'
        . ' ngx_erpsync_module/cli/*.[ch]'));

for (@files) {
    /\.[ch]$/ ? source($_) : document($_);
}

exit $bad;
