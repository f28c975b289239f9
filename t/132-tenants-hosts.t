# Each tenant is forwarded to its host, as docs/tenants.md says, by TLS: which
# host receives a call, under which name, and that no call is lost or doubled
# while a tenant moves.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(sleep time);

use Documents;
use ErpsyncServer;
use ErpsyncTest;
use FreePort;
use Recorder;

my $keys = tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);

sub openssl { system("openssl @_ > /dev/null 2>&1") == 0 or die "openssl @_" }

openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=test CA'"
    . " -keyout $keys/ca.key -out $keys/ca.pem");
for my $name (qw(one two)) {
    openssl("req -newkey rsa:2048 -nodes -subj /CN=$name -keyout"
        . " $keys/$name.key -out $keys/$name.csr");
    open my $out, '>', "$keys/$name.ext" or die $!;
    print $out "subjectAltName=DNS:$name.example.com,DNS:slow.example.com\n";
    close $out;
    openssl("x509 -req -in $keys/$name.csr -CA $keys/ca.pem -CAkey"
        . " $keys/ca.key -CAcreateserial -days 2 -extfile $keys/$name.ext"
        . " -out $keys/$name.pem");
}

# A name server: *.example.com is here, and nothing else is anywhere.  The
# answer for slow.example.com waits for a file.

my $dns = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'udp')
    or die "udp: $!";
my $parent = $$;
my $resolver = fork // die "fork: $!";
if ($resolver == 0) {
    local $SIG{TERM} = 'DEFAULT';
    while (getppid() == $parent) {
        my $ready = '';
        vec($ready, fileno $dns, 1) = 1;
        next unless select $ready, undef, undef, 1;
        my $client = recv $dns, my $query, 512, 0;
        my ($name, $at) = ('', 12);
        while (my $length = ord substr $query, $at, 1) {
            $name .= '.' . substr $query, $at + 1, $length;
            $at += $length + 1;
        }
        my $known = $name =~ /\.example\.com$/
            && substr($query, $at + 1, 2) eq "\0\1";
        if ($name eq '.slow.example.com') {
            open my $out, '>', "$keys/asked" or die $!;
            print $out $name;
            close $out;
            until_true(sub { -e "$keys/go" });
        }
        send $dns, substr($query, 0, 2)
            . pack('nnnnn', $known ? 0x8180 : 0x8183, 1, $known, 0, 0)
            . substr($query, 12, $at - 7)
            . ($known ? pack('nnnNnC4', 0xc00c, 1, 1, 1, 4, 127, 0, 0, 1)
                : ''), 0, $client;
    }
    POSIX::_exit(0);
}

END {
    if ($resolver && $$ == $parent) {
        local $?;
        kill TERM => $resolver;
        waitpid $resolver, 0;
    }
}

# The hosts: each writes what it is and what it was asked for into the ledger.

my $ledger = Recorder->new();
my %port = (one => free_port(), two => free_port());
my $s = ErpsyncServer->new();
my ($dir, $refused) = ($s->dir, free_port());

sub tenants {
    my %host = @_;
    $s->replace_file('erpsync/tenants.json', '{ "version": 1, "tenants": {'
        . join(', ', map { qq("$_": { "host": "$host{$_}" }) } sort keys %host)
        . '} }');
}

sub on { return "$_[0].example.com:$port{ $_[1] // $_[0] }" }

my ($gateway) = map { $_->{text} } grep { $_->{text} =~ /tenant_unknown/ }
    blocks('docs/tenants.md');
$gateway =~ s{/etc/ssl/certs/ca-certificates\.crt}{$keys/ca.pem} or die;
$gateway =~ s{/etc/nginx/}{$dir/}g;
$gateway =~ s{(erpsync/tenants\.json)}{$1 refresh=1s} or die;
$gateway =~ s{resolver 127\.0\.0\.53 valid=30s}
    {"resolver 127.0.0.1:@{[ $dns->sockport ]} valid=1s ipv6=off"}e or die;
$gateway =~ s{listen 8080}{listen 127.0.0.1:@{[ $s->port ]}} or die;
$gateway =~ s{127\.0\.0\.1:8421}{127.0.0.1:$refused}g;

my $hosts = join '', map { <<"END" } sort keys %port;
    server {
        listen 127.0.0.1:$port{$_} ssl;
        ssl_certificate $keys/$_.pem;
        ssl_certificate_key $keys/$_.key;
        location / {
            proxy_pass http://127.0.0.1:@{[ $ledger->port ]};
            proxy_set_header Host \$host;
            proxy_set_header X-Sni \$ssl_server_name;
            proxy_set_header X-At $_;
        }
    }
END

tenants(Cust1 => on('one'), Cust2 => on('two'), Cust3 => on('two', 'one'),
    Cust4 => 'nowhere.invalid');
$s->write_file('erpsync/apps.json', registry('acme-erp' => [ $Token ]));
$s->start($s->conf("access_log off;\n$gateway\n$hosts"));

sub status {
    my ($status, $body) = $s->answer($s->request(@_));
    return "$status $body";
}

sub uri { return "/$_[0]/api/v1/Agents/ErpSync/TryConnectActor" }

my @bearer = (headers => [ 'Authorization: Bearer x' ]);

# Which host receives what.

for my $case ([ 'Cust1', 'one' ], [ 'Cust2', 'two' ]) {
    my ($tenant, $host) = @$case;
    $ledger->forget;
    is(status(uri => uri($tenant), @bearer), '200 true', "$tenant: answered");
    my @got = $ledger->requests;
    is(scalar @got, 1, "$tenant: received once");
    is("$got[0]{method} $got[0]{target}", 'POST ' . uri($tenant),
        "$tenant: the target");
    is($got[0]{body}, $Canonical, "$tenant: the body");
    like($got[0]{head}, qr/^X-At: $host\r?$/m, "$tenant: at its host");
    like($got[0]{head}, qr/^X-Sni: $host\.example\.com\r?$/m,
        "$tenant: asked for by TLS");
    like($got[0]{head}, qr/^Host: $host\.example\.com\r?$/m,
        "$tenant: and by HTTP");
}

$ledger->forget;
is(status(uri => '/Cust2/api/v1/Contact/3', method => 'GET', body => '',
    @bearer), '200 true', 'not a call: answered');
like(($ledger->requests)[0]{head}, qr/^X-At: two\r?$/m,
    'not a call: at the tenant\'s host');

# What reaches no host.

$ledger->forget;
like(status(uri => uri('Cust9'), @bearer),
    qr/^421 \{"Error":true,"ErrorType":"tenant_unknown"/, 'an unknown tenant');
like(status(uri => uri('Cust9'), @bearer, token => undef),
    qr/^403 .*"app_token_missing"/, '... which a stranger does not learn');
like(status(uri => uri('Cust3'), @bearer), qr/^502 .*"bad_gateway"/,
    'a certificate of another host');
like(status(uri => uri('Cust4'), @bearer), qr/^502 .*"bad_gateway"/,
    'a host that does not exist');
like(status(uri => uri('Cust1'), headers => [
    'Authorization: Bearer 8A:Cust2.x' ]), qr/^403 .*"tenant_mismatch"/,
    'path and token disagree');
is_deeply([ $ledger->requests ], [], '... and no host is contacted');

# A tenant moves while its host is resolved: the call goes where it was to go,
# and under that name.

my $loads = sub { return scalar(() = $s->log =~ /tenants ".*": loaded,/g) };
$ledger->forget;
tenants(Cust1 => on('slow', 'one'));
until_true(sub { $loads->() == 1 });
my $slow = $s->connection();
print $slow $s->request(uri => uri('Cust1'), @bearer);
$slow->flush;
until_true(sub { -s "$keys/asked" });
tenants(Cust1 => on('two'));
ok(until_true(sub { $loads->() == 2 }), 'meanwhile: moved');
open my $go, '>', "$keys/go" or die $!;
close $go;
like(do { local $/; <$slow> }, qr{^HTTP/1\.1 200 }, 'meanwhile: answered');
my ($received) = $ledger->requests;
like($received->{head}, qr/^X-At: one\r?$/m, 'meanwhile: at the first host');
like($received->{head}, qr/^X-Sni: slow\.example\.com\r?$/m,
    'meanwhile: under its name');
is(status(uri => uri('Cust1'), @bearer), '200 true', 'meanwhile: the next one');
like(($ledger->requests)[1]{head}, qr/^X-At: two\r?$/m,
    'meanwhile: at the second host');

# A tenant moves to and fro under load.

$ledger->forget;
my $calls = 150;
my @clients = map {
    my $client = $_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        my $failed = 0;
        for my $i (1 .. $calls) {
            my $body = $Body =~ s/"qui"/"$client-$i"/r;
            my $status = eval { status(uri => uri('Cust1'), @bearer,
                body => $body) } // 'none';
            $failed++ unless $status eq '200 true';
            sleep 0.02;
        }
        POSIX::_exit($failed ? 1 : 0);
    }
    $pid;
} 1 .. 4;

my ($moves, $failed, %running) = (0, 0, map { $_ => 1 } @clients);
my $before = $loads->();
while (%running) {
    tenants(Cust1 => on($moves % 2 ? 'one' : 'two'), Cust2 => on('two'));
    $moves++;
    until_true(sub { $loads->() >= $before + $moves });
    for my $pid (keys %running) {
        next unless waitpid($pid, WNOHANG) == $pid;
        $failed++ if $?;
        delete $running{$pid};
    }
}

my @got = $ledger->requests;
my (%seen, %at, @misled);
for my $request (@got) {
    my ($key) = $request->{body} =~ /"ErpKey":"([^"]*)"/;
    my ($at) = $request->{head} =~ /^X-At: (\w+)/m;
    $seen{ $key // '' }++;
    $at{$at}++;
    push @misled, $request->{head}
        unless $request->{head} =~ /^X-Sni: $at\.example\.com\r?$/m
            && $request->{head} =~ /^Host: $at\.example\.com\r?$/m;
}

is($failed, 0, 'under load: each call is answered');
cmp_ok($moves, '>', 2, 'under load: the tenant moves');
is(scalar @got, 4 * $calls, 'under load: no call is lost or doubled');
is(scalar keys %seen, 4 * $calls, 'under load: each is received once');
ok($at{one} && $at{two}, 'under load: by both hosts')
    or diag(explain(\%at));
is_deeply(\@misled, [], 'under load: each host under its own name');

$ledger->forget;
my $last = $moves % 2 ? 'two' : 'one';
is(status(uri => uri('Cust1'), @bearer), '200 true', 'afterwards: answered');
like(($ledger->requests)[0]{head}, qr/^X-At: $last\r?$/m,
    'afterwards: at the last host');

$s->ends_well('hosts', qr/nowhere\.invalid/);
done_testing();
