# A short form of "make soak": refreshes and reloads leave no descriptor
# behind, and memory flat.

use strict;
use warnings;

use Test::More;

# A sanitizer keeps freed memory in quarantine.

plan skip_all => 'memory is not measured under a sanitizer'
    if $ENV{ASAN_OPTIONS};

my $out = `tools/soak/refreshes.sh 20 10 2>&1`;
is($?, 0, '20 refreshes and 10 reloads') or diag($out);
like($out, qr/20 refreshes: memory \d+ KB, then \d+ KB; descriptors \d+/,
    'refreshes are measured');
like($out, qr/10 reloads: memory \d+ KB, then \d+ KB; descriptors \d+/,
    'reloads are measured');

done_testing();
