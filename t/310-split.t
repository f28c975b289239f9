# The requests of t/unit/equivalence.c through nginx, in pieces: chunks of one
# byte, chunks of random sizes, and a body that lies in a file.  What the
# WebAPI receives, or the refusal, is what the core says of the whole body.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);

use ErpsyncTest;

my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
$ENV{PATH} .= ':/usr/sbin:/sbin';

my ($program) = grep { -x } 'build/unit/equivalence',
    'build/asan/unit/equivalence';
if (!$program) {
    $program = 'build/unit/equivalence';
    system('make', '-s', $program) == 0 or die "make $program";
}

my @fixtures = map {
    chomp;
    my ($case, $type, $mode, $body, $answer) = split /\t/;
    { name => "case $case, $type", type => $type, mode => $mode,
      body => pack('H*', $body), answer => pack('H*', $answer) };
} `$program --dump`;
my $refusals = grep { $_->{answer} =~ /^body_invalid/ } @fixtures;

cmp_ok(scalar @fixtures, '>=', 60 * 7, 'at least 60 requests in 7 types');
cmp_ok($refusals, '>=', 100, 'many of them are refused');

my $seed = $ENV{TEST_SEED} || time;
srand $seed;
diag("TEST_SEED=$seed");

my $dir = tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
mkdir "$dir/logs";

my ($port, $file_port) = map { $_->sockport } map {
    IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
} 1 .. 2;
my $modules = join '', map { "load_module $_;\n" }
    split ' ', $ENV{TEST_NGINX_LOAD_MODULES};
my $locations = join '', map { <<"END" } qw(reject strip pass);
        location /$_/ {
            erpsync_unknown_properties $_;
            proxy_pass http://unix:$dir/webapi.sock;
        }
END

sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', "$dir/$name" or die "$name: $!";
    print $out $text;
    close $out;
}

sub read_file {
    my $name = shift;
    open my $in, '<', "$dir/$name" or return '';
    local $/;
    return scalar <$in>;
}

write_file('registry.json', registry('acme-erp' => [ $Token ]));
write_file('nginx.conf', <<"END");
$modules
daemon off;
worker_processes 1;
error_log logs/error.log warn;
pid logs/nginx.pid;
events { }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    erpsync on;
    erpsync_registry registry.json;
    erpsync_max_field_values 3;

    server {
        listen unix:$dir/webapi.sock;
        access_log logs/webapi.log;
        client_body_buffer_size 1m;

        location / {
            erpsync off;
            default_type text/plain;
            echo_read_request_body;
            echo -n \$content_length;
            echo -n " \$content_type\\n";
            echo -n \$request_body;
        }
    }

    server {
        listen 127.0.0.1:$port;
$locations
    }

    server {
        listen 127.0.0.1:$file_port;
        client_body_buffer_size 16;
        client_body_in_file_only clean;
$locations
    }
}
END

my $pid = fork;
die "fork: $!" unless defined $pid;

if ($pid == 0) {
    open STDERR, '>>', "$dir/logs/error.log";
    exec { $binary } $binary, '-p', $dir, '-c', 'nginx.conf'
        or POSIX::_exit(127);
}

END {
    my $status = $?;
    if ($pid) {
        kill QUIT => $pid;
        waitpid $pid, 0;
    }
    $? = $status;
}

for (1 .. 500) {
    last if IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port);
    sleep 0.02;
}

sub chunked {
    my ($body, $size) = @_;
    my $out = '';
    while (length $body) {
        my $piece = substr $body, 0, $size->(), '';
        $out .= sprintf "%x\r\n%s\r\n", length $piece, $piece;
    }
    return "${out}0\r\n\r\n";
}

sub call {
    my ($to, $fixture, $header, $body) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $to, Timeout => 10) or die "connect: $!";
    print $socket join "\r\n",
        "POST /$fixture->{mode}/api/v1/Agents/ErpSync/TryConnectActor "
        . 'HTTP/1.0', 'Host: localhost', 'Authorization: Bearer x',
        "SO-AppToken: $Token", "Content-Type: $fixture->{type}", $header,
        '', $body if $header =~ /^Content-Length/;
    print $socket join "\r\n",
        "POST /$fixture->{mode}/api/v1/Agents/ErpSync/TryConnectActor "
        . 'HTTP/1.1', 'Host: localhost', 'Connection: close',
        'Authorization: Bearer x', "SO-AppToken: $Token",
        "Content-Type: $fixture->{type}", $header, '', $body
        if $header =~ /^Transfer/;
    my $answer = do { local $/; <$socket> };
    close $socket;

    my ($head, $text) = split /\r\n\r\n/, $answer, 2;
    my ($status) = $head =~ m{^HTTP/1\.1 (\d+)};
    if ($head =~ /^Transfer-Encoding: chunked/mi) {
        my $whole = '';
        while ($text =~ s/\A([0-9a-f]+)\r\n//i && hex $1) {
            $whole .= substr $text, 0, hex $1, '';
            $text =~ s/\A\r\n//;
        }
        $text = $whole;
    }
    return ($status, $text);
}

# What the core's answer means over HTTP; its last words are the facts.

sub expected {
    my $answer = shift->{answer};
    if ($answer =~ /\Aok (.*) \d+ \d+ \d+ \d+\z/s) {
        return "200 " . length($1) . " application/json; charset=utf-8\n$1";
    }
    $answer =~ s/\A(\w+) ;? ?//;
    return "422 $1 $answer";
}

sub received {
    my ($status, $text) = @_;
    return "$status $text" if $status == 200;
    my $error = eval { JSON::PP->new->utf8->decode($text) } or return $text;
    my $all = join '; ', map { "$_->{Path} $_->{Code}: $_->{Message}" }
        @{ $error->{Errors} };
    utf8::encode($all);
    return "$status $error->{ErrorType} $all";
}

my %ways = (
    'chunks of one byte' => sub {
        my $body = shift;
        return ($port, 'Transfer-Encoding: chunked',
            chunked($body, sub { 1 }));
    },
    'chunks of random sizes' => sub {
        my $body = shift;
        return ($port, 'Transfer-Encoding: chunked',
            chunked($body, sub { 1 + int rand 40 }));
    },
    'in a file' => sub {
        my $body = shift;
        return ($file_port, 'Content-Length: ' . length $body, $body);
    },
);

my $forwarded = 0;

for my $way (sort keys %ways) {
    my @wrong;
    for my $fixture (@fixtures) {
        my ($to, $header, $body) = $ways{$way}->($fixture->{body});
        my ($status, $text) = call($to, $fixture, $header, $body);
        $forwarded++ if $fixture->{answer} =~ /^ok /;
        my $got = received($status || 'no answer', $text);
        push @wrong, "$fixture->{name}:\n$got\n" . expected($fixture)
            if $got ne expected($fixture);
    }
    is(scalar @wrong, 0, "$way: every request as a whole one")
        or diag(join "\n", @wrong[0 .. ($#wrong > 2 ? 2 : $#wrong)]);
}

kill QUIT => $pid;
waitpid $pid, 0;
undef $pid;

is(scalar(() = read_file('logs/webapi.log') =~ /\n/g), $forwarded,
    'the WebAPI sees what is forwarded and nothing else');
unlike(read_file('logs/error.log'),
    qr/\[(alert|crit|emerg)\]|Sanitizer|runtime error/,
    'nothing worse in the log');

done_testing();
