#!/usr/bin/env perl
# Compares files with what clang-format makes of them, as far as it can
# express the nginx style.  Compared are indentation of statements, braces,
# and the blanks between tokens.  It cannot express, and so this does not
# compare:
#
#     where a statement goes on in the next line, and how far that is indented
#     alignment: of declarations, of members and of comments behind them
#     preprocessor lines and tables (initializers in braces)
#     "for ( ;; )", "for ( /* void */ ; ...)", "A|B" for flags
#
# usage: format.pl <file>...

use strict;
use warnings;

my $failed = 0;

# Returns statements, each with the number of its first line.  A line that
# does not end a statement is joined with the next one.
sub statements {
    my ($text) = @_;
    my ($line, @statements, $open) = (0);

    # comments and preprocessor lines, with the lines that continue them

    $text =~ s{^[ \t]*#(?:[^\n]*\\\n)*[^\n]*}{"\n" x ($& =~ tr/\n//)}gme;
    $text =~ s{/\*.*?\*/}{"\n" x ($& =~ tr/\n//)}gse;

    # tables, also those that macros make

    $text =~ s{^[A-Z]+\(.*?\);$}{"\n" x ($& =~ tr/\n//)}gmse;
    $text =~ s{=\s*(\{(?:[^{};]|(?1))*\})}
              {'= {}' . "\n" x ($& =~ tr/\n//)}ge;

    for (split /\n/, $text) {
        $line++;
        next if /^\s*$/;

        s/\s+$//;
        my ($indent) = s/^(\s*)// ? $1 : '';
        s/\s+/ /g;
        s/\(\s+/(/g;
        s/\s+([;)])/$1/g;
        s/([A-Z0-9_)]) ?\| ?(?=[A-Z])/$1|/g;
        s/\) ?(?=[{(*&-])/) /g;
        s/\) - ?/) -/g;

        # what clang-format takes for a template, and for a product

        s/(\w)<([\w.>-]+) && \* ?([\w>-]+)> /$1 < $2 && *$3 > /g;
        s/\} \* /} */;

        if ($open) {
            $open->[1] .= ' ' . $_;
            $open->[1] =~ s/\( /(/g;
            $open->[1] =~ s/ \)/)/g;
            $open->[1] =~ s/([A-Z0-9_)]) ?\| ?(?=[A-Z])/$1|/g;

        } else {
            $open = [ $line, $indent . $_ ];
            push @statements, $open;
        }

        # an empty body

        if ($open->[1] =~ s/\{ \}$/{/) {
            push @statements, [ $line, "$indent}" ];
        }

        # a brace in a line of its own says where it is

        $open->[1] =~ s/ \{$/\n{/ if /^\{$/;
        undef $open if /[;{}:]$|^else$/;
    }

    return @statements;
}

for my $path (@ARGV) {
    open my $in, '<', $path or die "$path: $!\n";
    my $text = do { local $/; <$in> };
    close $in;

    open my $format, '-|', 'clang-format', '--style=file', $path
        or die "clang-format: $!\n";
    my $formatted = do { local $/; <$format> };
    close $format or die "clang-format: $path\n";

    my @is = statements($text);
    my @should = statements($formatted);

    for my $i (0 .. $#is) {
        my $want = $i < @should ? $should[$i][1] : '(nothing)';

        next if $is[$i][1] eq $want;

        print "$path:$is[$i][0]: $is[$i][1]\n    clang-format: $want\n";
        $failed = 1;
        last;
    }
}

exit $failed;
