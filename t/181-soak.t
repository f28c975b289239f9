# A short form of "make soak": things fail under load, and a ledger of every
# request is compared with what the WebAPI received and what was counted.

use strict;
use warnings;

use Test::More;

# Under a sanitizer too few requests are sent in the time.

plan skip_all => 'not under a sanitizer' if $ENV{ASAN_OPTIONS};

open my $soak, '-|', 'tools/soak/faults.pl --short 2>&1' or die "soak: $!";

my ($scenarios, $said) = (0, '');

while (my $line = <$soak>) {
    $said .= $line;
    if ($line =~ /^(\S+)\s+\d+ requests, .*; lost 0, doubled 0, unjudged 0;/) {
        pass("$1: " . $line =~ s/^\S+\s+//r =~ s/\n//r);
        $scenarios++;
    }
}

close $soak;
is($?, 0, 'nothing is lost, doubled or unjudged') or diag($said);
cmp_ok($scenarios, '>=', 8, 'scenarios ran');

done_testing();
