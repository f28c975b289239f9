#!/usr/bin/env perl
# Latency of requests while a registry of 100,000 apps is read again and
# again, against the same without: tools/soak/latency.pl [APPS [SECONDS]].
# Fails where p99 differs by 5 ms or more.  Also how long it takes until a
# change is in force: the shortest has next to none of the wait for "refresh".

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

my $apps = shift || 100_000;
my $seconds = shift || 30;
my $steps = $ENV{STEPS} ? 1 : 0;       # without threads
my $build = $ENV{ERPSYNC_BUILD} || POSIX::getcwd() . '/build';
my $dir = tempdir('erpsync-soak-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $port = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
    ->sockport;

$ENV{PATH} .= ':/usr/sbin:/sbin';
chmod 0755, $dir;
mkdir "$dir/logs";

for my $n (0, 1) {
    open my $out, '>', "$dir/registry.$n" or die $!;
    print $out '{"version":1,"apps":[';
    print $out join(",\n", map {
        sprintf '{"id":"app-%d-%d","agents":["ErpSync"],"tokens":'
            . '[{"sha256":"%s","expires":"2099-01-01T00:00:00Z"}],'
            . '"tenants":["Cust%d"]}', $n, $_, sha256_hex("token-$_"), $_
    } 1 .. $apps), ']}';
}
link "$dir/registry.0", "$dir/registry.json";

my $http = <<"END";
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    keepalive_requests 10000000;
    server {
        listen 127.0.0.1:$port;
        erpsync on;
        erpsync_registry registry.json refresh=1s;
        location / { root $dir; log_not_found off; }
    }
}
END
my $events = "events { }\n";
open my $conf, '>', "$dir/nginx.conf" or die $!;
print $conf "load_module $build/ngx_http_erpsync_module.so;\n",
    "daemon off;\nworker_processes 1;\nerror_log logs/error.log notice;\n",
    "pid logs/nginx.pid;\n", $steps ? $http . $events : $events . $http;
close $conf;

my $pid = fork // die "fork: $!";
if ($pid == 0) {
    exec 'nginx', '-p', $dir, '-c', 'nginx.conf' or POSIX::_exit(127);
}
END { my $s = $?; if ($pid) { kill QUIT => $pid; waitpid $pid, 0 } $? = $s }

my $socket;
for (1 .. 500) {
    $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port) and last;
    sleep 0.05;
}
$socket or die "nginx did not start\n";

sub loaded {
    open my $in, '<', "$dir/logs/error.log" or return 0;
    return scalar grep { /erpsync: registry .* apps/ } <$in>;
}

my $request = join "\r\n",
    'GET /Cust7/api/v1/Agents/ErpSync/GetConnection HTTP/1.1',
    'Host: localhost', 'Authorization: Bearer x', 'SO-AppToken: token-7',
    '', '';

# Latencies in ms of some seconds of requests, one every millisecond.

sub measure {
    my ($times, $seconds) = @_;
    my $end = time + $seconds;
    while ((my $start = time) < $end) {
        syswrite $socket, $request;
        my $answer = '';
        sysread $socket, $answer, 65536, length $answer
            or die "nginx closed\n"
            until $answer =~ /\r\n\r\n/
                && $answer =~ /Content-Length: (\d+)/
                && length($answer) >= $+[0] + $1;
        $answer =~ m{^HTTP/1.1 404} or die "$answer\n";
        push @$times, 1000 * (time - $start);
        sleep 0.001;
    }
}

my (@quiet, @busy, @taken);
my $n = 0;

# about a second without and a refresh by turns: the same conditions

for (1 .. $seconds) {
    measure(\@quiet, 0.5 + rand);
    my $before = loaded();
    $n = 1 - $n;
    link "$dir/registry.$n", "$dir/new" or die $!;
    rename "$dir/new", "$dir/registry.json" or die $!;
    my @some;
    my $start = time;
    for (1 .. 600) {
        measure(\@some, 0.1);
        last if loaded() > $before;
    }
    loaded() > $before or die "no refresh\n";
    push @taken, time - $start;
    push @busy, @some;
}

sub of {
    my ($times, $q) = @_;
    my @sorted = sort { $a <=> $b } @$times;
    return $sorted[int($q * $#sorted)];
}

for ([ 'without', \@quiet ], [ 'during refreshes', \@busy ]) {
    my ($name, $times) = @$_;
    printf "%-18s %6d requests  p50 %.2f ms  p99 %.2f ms  max %.2f ms\n",
        $name, scalar @$times, map { of($times, $_) } .5, .99, 1;
}

printf "in force after     %.1f s at least, %.1f s at most; %.0f MB of JSON\n",
    (map { of(\@taken, $_) } 0, 1), (-s "$dir/registry.json") / 1e6;

my $more = of(\@busy, .99) - of(\@quiet, .99);
printf "soak: %d apps%s, %d refreshes: p99 is %.2f ms more\n", $apps,
    $steps ? ' in steps' : '', loaded(), $more;
exit($more < 5 ? 0 : 1);
