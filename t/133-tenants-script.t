# docs/examples/tenants.sh: the tenants file, made from what SuperOffice says
# of each tenant.  A stand-in answers as its state page does.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use File::Temp qw(tempdir);
use JSON::PP qw(decode_json encode_json);
use Test::More;

use Recorder;

my $dir = tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $file = "$dir/tenants.json";
my $ctl = $ENV{TEST_ERPSYNCCTL}
    || ($ENV{ERPSYNC_BUILD} || 'build') . '/erpsyncctl';

# The answer is what stands in a file by the name of the tenant.

my $superoffice = Recorder->new(answer => sub {
    my ($tenant) = $_[0]{target} =~ m{^/api/state/(\w+)$};
    open my $in, '<', "$dir/$tenant" or return "HTTP/1.1 404 Not Found\r\n"
        . "Content-Length: 0\r\nConnection: close\r\n\r\n";
    my $body = do { local $/; <$in> };
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($body)
        . "\r\nConnection: close\r\n\r\n$body";
});

sub put {
    my ($name, $text) = @_;
    open my $out, '>', "$dir/$name" or die "$name: $!";
    print $out $text;
    close $out or die $!;
}

# As the vendor's page has it.

sub state_of {
    my ($tenant, $endpoint, $running) = @_;
    put($tenant, encode_json({ ContextIdentifier => $tenant,
        Endpoint => $endpoint, State => $running ? 'Running' : 'Maintenance',
        IsRunning => $running ? JSON::PP::true : JSON::PP::false,
        ValidUntil => '2026-01-01T00:00:00.1797185Z',
        Api => "$endpoint/api" }));
}

sub script {
    my $out = `STATE_URL=http://127.0.0.1:@{[ $superoffice->port ]}/api/state \\
        ERPSYNCCTL='$ctl' docs/examples/tenants.sh '$file' @_ 2>&1`;
    return ($? >> 8, $out);
}

sub tenants {
    open my $in, '<', $file or return;
    local $/;
    return decode_json(<$in>)->{tenants};
}

sub left { return [ grep { !m{/(?:Cust\d+|tenants\.json)$} }
    glob "$dir/* $dir/.[!.]*" ] }

state_of('Cust1', 'https://online1.example.com/Cust1', 1);
state_of('Cust2', 'https://online2.example.com:8443/Cust2', 0);

my ($code, $out) = script(qw(Cust1 Cust2));
is("$code $out", '0 ', 'a new file');
is_deeply(tenants(), {
    Cust1 => { host => 'online1.example.com', state => 'running' },
    Cust2 => { host => 'online2.example.com:8443', state => 'maintenance' },
}, '... has both tenants');
is(sprintf('%o', (stat $file)[2] & 0777), '644', '... and all may read it');
like(`'$ctl' tenants check '$file'`, qr/valid, 2 tenants, 1 in/,
    '... and it is valid');
is_deeply([ map { $_->{target} } $superoffice->requests ],
    [ '/api/state/Cust1', '/api/state/Cust2' ], '... from these questions');

my $inode = (stat $file)[1];
is((script(qw(Cust1 Cust2)))[0], 0, 'the same again');
is((stat $file)[1], $inode, '... leaves the file alone');

state_of('Cust1', 'https://online7.example.com/Cust1', 1);
is((script(qw(Cust1 Cust2)))[0], 0, 'a tenant has moved');
is(tenants()->{Cust1}{host}, 'online7.example.com', '... to the new host');
isnt((stat $file)[1], $inode, '... by a new file');

# No answer, or none that can be true: the entry is kept, others are renewed.

state_of('Cust2', 'https://online2.example.com/Cust2', 1);
for my $case ([ 'no answer' => sub { unlink "$dir/Cust1" } ],
    [ 'no JSON' => sub { put('Cust1', '<html>') } ],
    [ 'no host' => sub { put('Cust1', '{"ContextIdentifier":"Cust1"}') } ],
    [ 'null' => sub { put('Cust1', 'null') } ],
    [ 'another scheme' => sub {
        state_of('Cust1', 'http://online1.example.com/Cust1', 1) } ],
    [ 'another tenant' => sub { put('Cust1', '{"ContextIdentifier":"Cust9",'
        . '"Endpoint":"https://evil.example.com/","IsRunning":true}') } ])
{
    my ($name, $make) = @$case;
    $make->();
    ($code, $out) = script(qw(Cust1 Cust2));
    is($code, 1, "$name: exit status");
    like($out, qr/Cust1: no answer; its entry in .* is kept$/m,
        "$name: is named");
    is_deeply(tenants(), {
        Cust1 => { host => 'online7.example.com', state => 'running' },
        Cust2 => { host => 'online2.example.com', state => 'running' },
    }, "$name: the rest is renewed");
}

# What the gateway would not take does not take the place of the old file.

my $before = do { local (@ARGV, $/) = $file; <> };
state_of('Cust1', 'https://a host/Cust1', 1);
($code, $out) = script(qw(Cust1 Cust2));
is($code, 1, 'an invalid host: exit status');
like($out, qr/tenants\.Cust1\.host: must be a DNS name/, '... is named');
is(do { local (@ARGV, $/) = $file; <> }, $before, '... the file stays');

$superoffice->forget;
for my $args ('', 'Cust', 'cust1', 'Cust1x', "'Cust1/../x'", "'Cust1 Cust2'") {
    ($code, $out) = script($args);
    is($code, 2, "not a tenant: $args");
}
is_deeply([ $superoffice->requests ], [], '... and nothing is asked');
is_deeply(left(), [], 'nothing is left behind');

done_testing();
