# What a worker does with the memory of large bodies: it keeps it from call to
# call, since memory that goes back to the system comes back page by page, and
# each page is a fault.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Test::More;

use ErpsyncServer;
use ErpsyncTest;

# A sanitizer has its own malloc(), and an environment may set up another one.
# On machines of 32 bits, glibc returns all blocks of this size.

plan skip_all => 'a sanitizer has its own use of memory'
    if $ENV{ASAN_OPTIONS};
plan skip_all => 'an emulator has its own use of memory'
    if $ENV{TEST_RUN};
delete $ENV{GLIBC_TUNABLES} if $ENV{GLIBC_TUNABLES} eq $ErpsyncTest::Tunables;
plan skip_all => 'malloc() is set up by the environment'
    if grep { /^MALLOC_|^GLIBC_TUNABLES$|^LD_PRELOAD$/ } keys %ENV;

my $MB = 2**20;
my $pages = 100;            # a call, for all but its body

my $s = ErpsyncServer->new();
my ($dir, $port) = ($s->dir, $s->port);

$s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
$s->start($s->conf(<<"END", level => 'emerg'));
    client_body_buffer_size 2m;
    client_max_body_size 2m;
    @{[$s->webapi]}
    server {
        listen 127.0.0.1:$port;
        erpsync on;
        erpsync_registry registry.json;
        erpsync_max_field_values 0;
        location / { proxy_pass http://unix:$dir/webapi.sock; }
    }
END

# Written anew by the gateway: the names are not the documented ones.

my $values = join ',', map { qq({"crmFieldKey":"contact.udef.$_","value":")
    . 'x' x 200 . '"}' } 1 .. 4_000;
my $body = '{"erpConnectionId":1,"crmRecordId":2,"crmActorType":"Contact",'
    . qq("erpKey":"C1","erpActorType":"Customer","fieldValues":[$values]});
my ($worker) = $s->workers();

open my $program, '<', "/proc/$worker/exe" or die "exe: $!";
read $program, my $magic, 5;
plan skip_all => 'a machine of 32 bits' if $magic eq "\x7fELF\x01";

sub ask {
    return ($s->answer($s->request(body => $body)))[0];
}

sub faults {
    open my $in, '<', "/proc/$worker/stat" or die "stat: $!";
    return (split ' ', (split /\) /, <$in>)[-1])[7];
}

ok(length $body > 0.9 * $MB, 'a body of a megabyte');
is(ask(), '200', 'is forwarded') for 1 .. 3;

my $before = faults();
my $n = 10;

is(join(' ', map { ask() } 1 .. $n), join(' ', ('200') x $n),
    'ten more calls');
cmp_ok(faults() - $before, '<', $n * $pages,
    'take memory that the worker has already');

$s->ends_well('large bodies');

done_testing();
