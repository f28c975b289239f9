# What needs a master process or a client of its own: HTTP/2 with curl,
# Expect: 100-continue, reloads.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(sleep);

use ErpsyncTest;

my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
$ENV{PATH} .= ':/usr/sbin:/sbin';

my $dir = tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
mkdir "$dir/logs";

my ($port, $port1) = map { $_->sockport } map {
    IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
} 1 .. 2;
my $modules = join '', map { "load_module $_;\n" }
    split ' ', $ENV{TEST_NGINX_LOAD_MODULES};
(my $webapi = $ErpsyncTest::WebAPI) =~ s/\$TEST_NGINX_HTML_DIR/$dir/g;

sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', "$dir/$name" or die "$name: $!";
    print $out $text;
    close $out;
}

sub read_log {
    open my $in, '<', "$dir/logs/error.log" or return '';
    local $/;
    return scalar <$in>;
}

write_file('registry.json', registry('acme-erp' => [ $Token ]));
write_file('nginx.conf', <<"END");
$modules
daemon off;
worker_processes 1;
error_log logs/error.log notice;
pid logs/nginx.pid;
events { }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    $webapi
    server {
        listen 127.0.0.1:$port http2;
        listen 127.0.0.1:$port1;
        client_body_buffer_size 1k;
        erpsync on;
        erpsync_registry registry.json;
        location / { proxy_pass http://unix:$dir/webapi.sock; }
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

# Status and body of a call over HTTP/2.

sub call {
    my ($token, $body, @options) = @_;
    write_file('body.json', $body);
    open my $curl, '-|', 'curl', '-s', '--http2-prior-knowledge',
        '-w', "\n%{http_version} %{http_code}", '--data-binary',
        "\@$dir/body.json", '-H', 'Content-Type: application/json',
        '-H', 'Authorization: Bearer x', '-H', "SO-AppToken: $token",
        @options, "http://127.0.0.1:$port/api/v1/agents/erpsync/"
        . 'tryconnectactor' or die "curl: $!";
    local $/;
    my $out = <$curl>;
    close $curl;
    return $out =~ /\A(.*)\n(\S+ \d+)\z/s ? ($2, $1) : ('none', $out);
}

my $fields = join ',', map {
    qq({"CrmFieldKey":"key $_","Value":") . 'v' x 100 . '"}'
} 1 .. 300;
(my $large = $Canonical) =~ s/\[\]/[$fields]/;
(my $loose = $large) =~ s/"CrmFieldKey":/ "crmFieldKey" : /g;

for my $case ([ 'a small body', $Body, $Canonical ],
    [ 'a large body in a file', $loose, $large ])
{
    my ($name, $sent, $expected) = @$case;
    for my $options ([], [ '-H', 'Content-Length:' ]) {
        my ($status, $body) = call($Token, $sent, @$options);
        is($status, '2 200', "HTTP/2: $name is forwarded");
        like($body, qr/\r\n\r\n\Q$expected\E\z/, "HTTP/2: $name arrives");
        like($body, qr/^Content-Length: @{[length $expected]}\r$/m,
            "HTTP/2: $name has its length");
        like($body, qr{^POST /api/v1/Agents/ErpSync/TryConnectActor HTTP},
            "HTTP/2: $name has the canonical URI");
    }
}

my ($status, $body) = call('other', $Body);
is($status, '2 403', 'HTTP/2: refused by its token');
like($body, qr/"ErrorType":"app_token_unknown"/, 'HTTP/2: the reason');

($status, $body) = call($Token, '{}');
is($status, '2 422', 'HTTP/2: refused by the body');

# A refusal is read also where the body is still on its way.

my $refused = grep {
    (call('other', $_ % 2 ? $Body : "x" x 1024))[0] eq "2 403"
} 1 .. 20;
is($refused, 20, 'HTTP/2: every refusal is read');

# Over HTTP/1.1, a client may wait to be asked for its body.

sub expect_continue {
    my $token = shift;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port1, Timeout => 5) or die "connect: $!";
    my $length = length $Body;
    print $socket join "\r\n",
        'POST /api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1',
        'Host: localhost', 'Authorization: Bearer x',
        "SO-AppToken: $token", 'Content-Type: application/json',
        'Expect: 100-continue', 'Connection: close',
        "Content-Length: $length", '', '';
    my $line = <$socket>;
    if ($line =~ m{^HTTP/1\.1 100 }) {
        my $empty = <$socket>;
        print $socket $Body;
        my $next = <$socket>;
        $line = "100, then $next";
    }
    close $socket;
    return $line =~ s/\r\n//r;
}

is(expect_continue($Token), '100, then HTTP/1.1 200 OK',
    'Expect: 100-continue: the body is asked for');
is(expect_continue('other'), 'HTTP/1.1 403 Forbidden',
    'Expect: 100-continue: a refusal asks for none');

# A reload takes the new registry; a broken one leaves all as it was.  The
# old worker may take a connection or two before it hears of its end.

sub comes_to {
    my ($wanted, $token) = @_;
    my $status;
    for (1 .. 200) {
        ($status) = call($token, $Body);
        last if $status eq $wanted;
        sleep 0.05;
    }
    return $status;
}

write_file('registry.json', registry('acme-erp' => [ 'token-2' ]));
kill HUP => $pid;
is(comes_to('2 200', 'token-2'), '2 200', 'reload: the new token');
is(comes_to('2 403', $Token), '2 403', 'reload: not the old one');

write_file('registry.json', '{ "version": 1, "apps": [ { "id": "x" } ] }');
kill HUP => $pid;
for (1 .. 200) {
    last if read_log() =~ /apps\[0\]\.tokens: is required/;
    sleep 0.05;
}
like(read_log(), qr/apps\[0\]\.tokens: is required/,
    'reload: a broken registry is told with its place');
is((call('token-2', $Body))[0], '2 200', 'reload: the last good one stays');

kill QUIT => $pid;
waitpid $pid, 0;
undef $pid;

my $log = read_log();
$log =~ s/^.*\[emerg\].*tokens: is required.*$//mg;
unlike($log, qr/\[(alert|crit|emerg)\]|Sanitizer|runtime error/,
    'nothing worse in the log');
unlike($log, qr/\Q$Token\E|token-2/, 'no token in the log');

done_testing();
