#!/usr/bin/env perl
#
# Counts the lines of each room of the core, of the glue and of erpsyncctl, and
# writes them to docs/architecture.md.

use strict;
use warnings;

use File::Basename qw(dirname);

chdir dirname($0) . '/..' or die $!;

my $page = 'docs/architecture.md';

sub count {
    my ($files, $lines) = (0, 0);
    for my $file (map { glob "ngx_erpsync_module/$_/*.[ch]" } @_) {
        open my $in, '<', $file or die "$file: $!";
        $lines++ while <$in>;
        $files++;
    }
    my $round = int($lines / 10 + 0.5) * 10;
    return ($files, $round =~ s/(\d)(?=\d{3}\z)/$1,/r);
}

open my $in, '<', $page or die "$page: $!";
my $text = do { local $/; <$in> };

$text =~ s{^(\| `(\w+)` \|.*\|.*\|) \d+ \| [\d,]+ (\| [\d,]+ \|)$}
    {my ($files, $lines) = count("core/$2"); "$1 $files | $lines $3"}gme
    or die "$page: no table of rooms\n";

for ([ 'Now they are', 'core', 'core/*' ], [ 'The glue has', 'nginx' ],
    [ 'erpsyncctl has', 'cli' ])
{
    my ($before, @dirs) = @$_;
    my $lines = (count(@dirs))[1];
    my $words = join '\s+', split / /, $before;
    $text =~ s/$words\s+\K[\d,]*\d/$lines/ or die "$page: no \"$before\"\n";
}

open my $out, '>', $page or die "$page: $!";
print $out $text;
close $out or die "$page: $!";
