#!/usr/bin/env perl

# Clients in many languages call all operations, onsite over HTTP and online
# over TLS, with HTTP/2 where they have it: once nginx is but a proxy, once it
# is the gateway.  What the clients print and what the stand-in WebAPI bound
# must be the same, and no call may be refused.
#
#     run.pl [NAME ...]

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../oracle/lib", "$FindBin::Bin/../lib";

use Digest::SHA qw(sha256_hex);
use JSON::PP;

use ErpsyncServer;
use FreePort;
use Oracle;

my $top = "$FindBin::Bin/../..";
my $out = $ENV{ERPSYNC_BUILD} // "$top/build";
my $build = "$out/clients";
my $token = 'qw123f4c56770bc278017796cd16bd11';
my $json = JSON::PP->new->ascii->canonical->allow_nonref;

$ENV{TEST_NGINX_LOAD_MODULES} ||= "$out/ngx_http_erpsync_module.so";
$ENV{NODE_PATH} = "$out/e2e/node_modules";

# name => what must be there, and the command

my %java = map { $_ => [ 'java', 'java', "-Djavax.net.ssl.trustStore=$build/"
    . 'trust.p12', '-Djavax.net.ssl.trustStorePassword=changeit',
    '-cp', $build, 'Calls', $_ ] } qw(connection http);

my %clients = (
    'vendor TypeScript' => [ 'node', 'node', "$FindBin::Bin/typescript.cjs" ],
    'Node fetch' => [ 'node', 'node', "$FindBin::Bin/fetch.cjs" ],
    'Node axios' => [ 'node', 'node', "$FindBin::Bin/axios.cjs" ],
    'Java HttpURLConnection' => $java{connection},
    'Java java.net.http' => $java{http},
    'Python requests' => [ 'python:requests', '/usr/bin/python3',
        "$FindBin::Bin/requests_client.py" ],
    'Python httpx' => [ 'python:httpx', '/usr/bin/python3',
        "$FindBin::Bin/httpx_client.py" ],
    'PHP curl' => [ 'php', 'php', "$FindBin::Bin/curl.php" ],
    '.NET HttpClient' => [ 'mono', 'mono', "$build/HttpClientCalls.exe" ],
    'curl' => [ 'curl', 'bash', "$FindBin::Bin/curl.sh" ],
);

sub there {
    my $need = shift;
    return system("/usr/bin/python3 -c 'import $1' 2>/dev/null") == 0
        if $need =~ /^python:(\w+)/;
    return system("command -v $need > /dev/null 2>&1") == 0;
}

my $oracle = Oracle->start();
my $server = ErpsyncServer->new();
my $up = 'http://127.0.0.1:' . $oracle->port();
my %port = (gateway => $server->port(), map { $_ => free_port() }
    'proxy', 'gateway tls', 'proxy tls');
my $operation = 'api/v1/Agents/ErpSync/TryConnectActor';

$server->write_file('registry.json', $json->encode({ version => 1, apps => [ {
    id => 'acme-erp', tokens => [ { sha256 => sha256_hex($token) } ],
    agents => ['ErpSync'] } ] }));

sub block {
    my ($name, $text) = @_;

    # a request of HTTP/2 without content has no length: the stand-in, which
    # knows HTTP/1.1 alone, would answer 411

    return <<"END";
    server {
        listen 127.0.0.1:$port{$name};
        listen 127.0.0.1:$port{"$name tls"} ssl http2;
        $text
        location / { proxy_pass $up; }
        location /Cust12345/ {
            erpsync_installation online;
            proxy_pass $up;
        }
        location = /moved { return 307 /$operation; }
        location = /Cust12345/moved { return 307 /Cust12345/$operation; }
    }
END
}

my $proxy = block('proxy', 'erpsync off; '
    . 'proxy_set_header Content-Length $length;');

$server->start($server->conf(<<"END" . $proxy
    ssl_certificate $build/cert.pem;
    ssl_certificate_key $build/key.pem;
    absolute_redirect off;
    client_max_body_size 8m;
    proxy_buffer_size 32k;
    proxy_buffers 8 32k;
    log_format protocol '\$server_port \$server_protocol \$status';
    access_log logs/protocol.log protocol;
    erpsync_registry registry.json;
    erpsync_installation onsite;
    map "\$server_protocol \$content_length" \$length {
        "HTTP/2.0 " 0;
        default \$content_length;
    }
END
    . block('gateway', 'erpsync on;')));

# What a client printed, what was bound, and the protocols it spoke.

sub calls {
    my ($server_name, $installation, @command) = @_;
    my $tls = $installation eq 'online';
    my $port = $port{ $server_name . ($tls ? ' tls' : '') };
    my $site = ($tls ? 'https' : 'http') . "://127.0.0.1:$port"
        . ($tls ? '/Cust12345' : '');

    local %ENV = (%ENV, BASE => "$site/api/v1/Agents/ErpSync",
        MOVED => "$site/moved", CALLS => "$build/calls.tsv",
        AUTHORIZATION => $tls ? 'Bearer 8A:Cust12345.AbC'
            : 'Basic dGplMDpUamUw',
        $tls ? (APP_TOKEN => $token, CA => "$build/cert.pem",
            NODE_EXTRA_CA_CERTS => "$build/cert.pem") : ());
    delete @ENV{qw(http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy
        ALL_PROXY REQUESTS_CA_BUNDLE CURL_CA_BUNDLE SSL_CERT_FILE)};

    $server->write_file('logs/protocol.log', '');
    open my $out, '-|', @command or die "@command: $!";
    my @bound;
    my @printed;
    while (my $line = <$out>) {
        push @printed, $line;
        push @bound, $oracle->seen();
    }
    close $out;
    push @bound, $oracle->seen();
    push @printed, "exit $?\n" if $?;

    my %protocols = map { /^$port (\S+)/ ? ($1 => 1) : () }
        split /\n/, $server->read_file('logs/protocol.log');
    return (\@printed, [ map { $json->encode(Oracle::comparable(
        $json->decode($_)->{bound})) } @bound ], sort keys %protocols);
}

sub compare {
    my ($proxy, $gateway) = @_;
    my $failed = 0;
    for my $i (0 .. ($#$proxy > $#$gateway ? $#$proxy : $#$gateway)) {
        my ($is, $was) = map { $_ // '(nothing)' } $gateway->[$i],
            $proxy->[$i];
        next if $is eq $was;
        print "  directly: $was\n  gateway:  $is\n" =~ s/\n\n/\n/gr
            if $failed++ < 5;
    }
    return $failed;
}

my $failed = 0;

for my $name (@ARGV ? @ARGV : sort keys %clients) {
    my ($need, @command) = @{ $clients{$name} };
    if (!there($need)) {
        print "skipped  $name: $need is not installed\n";
        next;
    }
    for my $installation (qw(onsite online)) {
        my ($said, $bound) = calls('proxy', $installation, @command);
        my ($says, $binds, @protocols) = calls('gateway', $installation,
            @command);
        my @refused = grep { /(?<!large) [45]\d\d$| undefined|exit/ } @$says;
        my $bad = compare($said, $says) + compare($bound, $binds) + @refused;
        $bad++ if @$says < 40 || $says->[-1] =~ /methods not called: (?!none)/;
        print '  refused: ', $_ for @refused[ 0 .. ($#refused > 4 ? 4
            : $#refused) ];
        printf "%-8s %s, %s: %d calls, %s\n", $bad ? 'FAILED' : 'ok', $name,
            $installation, scalar @$binds, join ' ', @protocols;
        $failed += $bad ? 1 : 0;
    }
}

$server->stop();
$oracle->stop();
exit $failed ? 1 : 0;
