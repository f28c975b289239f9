# What a client without any right can make a worker take: beyond what nginx
# takes with "erpsync off", the length of its target and decoded headers once,
# and 16 KB a request.  Each case is sent to two servers in the same way; their
# workers are new for it, and are asked for the most memory that they had.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Test::More;

use ErpsyncServer;
use ErpsyncTest;
use Http2 qw(preface frame text literal indexed $Newest status_of);
use FreePort;

my $KB = 1024;
my $noise = 1024 * $KB;     # of pages and of malloc()
my $most = 980;             # fields of a request: nginx may take 1,000
my $many = 40;              # connections of HTTP/1.1
my $streams = 128;          # of one connection of HTTP/2
my $basic = 'Authorization: Basic dTpw';
my $call = '/api/v1/Agents/ErpSync/TryConnectActor';

# Every header passes the gate as far as it can: onsite, nobody needs a token.
# The body never comes, so that all requests are there at once.

sub server {
    my $erpsync = shift;
    my $s = ErpsyncServer->new();
    my ($dir, $port, $port2) = ($s->dir, $s->port, free_port());
    $s->{port2} = $port2;
    $s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
    $s->start($s->conf(<<"END", level => 'emerg'));
        access_log off;
        @{[$s->webapi]}
        server {
            listen 127.0.0.1:$port;
            listen 127.0.0.1:$port2 http2;
            erpsync $erpsync;
            erpsync_installation onsite;
            erpsync_registry registry.json;
            erpsync_default_language nb-NO;
            location / { proxy_pass http://unix:$dir/webapi.sock; }
        }
END
    return $s;
}

my %servers = map { $_ => server($_) } qw(off on);

sub status {
    my ($pid, $name) = @_;
    open my $in, '<', "/proc/$pid/status" or die "status: $!";
    my ($kb) = map { /^\Q$name\E:\s+(\d+) kB/ ? $1 : () } <$in>;
    return $kb * $KB;
}

# The most memory that a new worker takes for what "send" does, and what it
# returned.  A first call brings in what any request does.

sub grows {
    my ($s, $send) = @_;
    $s->reload();
    $s->call(headers => [ $basic, 'Accept: text/xml' ], token => undef,
        uri => "$call?\$select=A", body => '{}') for 1 .. 2;
    my ($pid) = $s->workers();
    open my $out, '>', "/proc/$pid/clear_refs" or die "clear_refs: $!";
    print $out "5\n";
    close $out or die "clear_refs: $!";
    my $before = status($pid, 'VmRSS');
    my $answered = $send->($s);
    return (status($pid, 'VmHWM') - $before, $answered);
}

sub bounded {
    my ($name, $n, $length, $send) = @_;
    my (%grown, %answered);
    for my $mode (sort keys %servers) {
        ($grown{$mode}, $answered{$mode}) = grows($servers{$mode}, $send);
    }
    my $more = $grown{on} - $grown{off};
    ok($more <= $n * ($length + 16 * $KB) + $noise,
        "$name: $answered{on} (off: $answered{off})") or diag(sprintf
        '%d bytes each, %d KB more in all (%d and %d)', $length,
        $more / $KB, $grown{on} / $KB, $grown{off} / $KB);
}

sub counted {
    my %answers = @_;
    return join ', ', map { "$_ x $answers{$_}" } sort keys %answers;
}

# HTTP/1.1.  A request has been judged when "100 Continue" or a refusal comes.

sub many {
    my ($name, $target, @lines) = @_;
    my $request = join "\r\n", "POST $target HTTP/1.1", 'Host: localhost',
        'Content-Length: 100', 'Expect: 100-continue', @lines, '', '';
    bounded("HTTP/1.1, $name", $many, length $request, sub {
        my $s = shift;
        my (@sockets, %answers);
        for (1 .. $many) {
            my $socket = $s->connection();
            print $socket $request;
            push @sockets, $socket;
        }
        for my $socket (@sockets) {
            my $line = <$socket> // '';
            $answers{ $line =~ m{^HTTP/1\.1 (\d+)} ? $1 : 'none' }++;
        }
        return counted(%answers);
    });
}

# The same fields in every stream: [ name, value ] each, and one of them as
# often as nginx takes it.

sub streams {
    my ($name, $repeated, @fields) = @_;
    my $size = length join '', @$repeated;
    my $times = $size * $most > 28_000 ? int(28_000 / $size) : $most;
    my $rest = join '', "\x83\x86", "\x04" . text($call),
        "\x01" . text('localhost'), map { literal(@$_) } @fields;
    my $length = $times * $size + length($call)
        + length join '', map { @$_ } @fields;
    bounded("HTTP/2, $times times $name", $streams, $length, sub {
        my $s = shift;
        my $socket = $s->connection($s->{port2});
        my $out = preface();
        for my $i (0 .. $streams - 1) {
            my $first = $i == 0 ? indexed(@$repeated) : $Newest;
            $out .= frame(1, 4, 2 * $i + 1,
                $rest . $first . $Newest x ($times - 1));
        }
        local $SIG{PIPE} = 'IGNORE';
        print $socket $out, frame(6, 0, 0, 'all sent');
        $socket->flush();
        my ($buffer, %answers) = ('');
        while (sysread $socket, $buffer, 65536, length $buffer) {
            while (length $buffer >= 9) {
                my ($size, $type) = unpack 'NC', "\0$buffer";
                last if length $buffer < 9 + $size;
                my $payload = substr substr($buffer, 0, 9 + $size, ''), 9;
                $answers{ status_of($payload) }++ if $type == 1;
                return counted(%answers) if $type == 6;
                return 'closed' if $type == 7;
            }
        }
        return 'closed';
    });
}

# One header, as often as 30 KB take it: those that may stand once, those that
# are lists, and others.

my @json = ($basic, 'Content-Type: application/json');

sub others { return grep { !/^\Q$_[0]\E:/ } @json }

my @names = qw(Accept Accept-Language Cookie Authorization SO-AppToken
    SO-Language SO-Culture SO-TimeZone X-XSRF-TOKEN Content-Type
    Content-Encoding X-HTTP-Method-Override Other);

for my $name (@names) {
    my $line = "$name: " . 'x' x 16;
    my $times = 28_000 / (2 + length $line);
    $times = $most if $times > $most;
    many(int($times) . " times $name", $call, ($line) x $times,
        others($name));
}

# A few of them as long as nginx takes them.

my %long = (
    'Accept' => 'a/b;q=.1,', 'Accept-Language' => 'EN-us-x-y;q=.001,',
    'Cookie' => 'XSRF-TOKEN=%74;', 'Authorization' => 'Basic dTpw',
    'SO-AppToken' => 't', 'SO-Language' => 'en-us,', 'SO-Culture' => 'en,',
    'SO-TimeZone' => 'NO', 'X-XSRF-TOKEN' => '%74', 'Content-Type' => 'x;a=b',
    'Content-Encoding' => 'gzip,', 'Other' => 'x',
);

for my $name (sort keys %long) {
    my $value = $long{$name} x (7500 / length $long{$name});
    many("a long $name", $call, "$name: $value", others($name));
    many("three long $name", $call, ("$name: $value") x 3, others($name));
}

my @xsrf = ('X-XSRF-TOKEN: t', 'Content-Type: application/json');

many('cookies against forgery', $call, @xsrf, ('Cookie: XSRF-TOKEN=%74') x $most);
many('a list of languages', $call, @json,
    ('Accept-Language: EN-us,de-AT;q=0.5,x-' . 'y' x 20) x 500);
many('lists of types', $call, @json, ('Accept: a/b;c="d,e";q=0.1') x $most);

# The target.

for my $part ('a&', 'a;', '%24select;', '$select=&', '%41', '&') {
    many("a query of $part", "$call?" . $part x (7800 / length $part), @json);
}

many('a long $select', "$call?\$select=" . join(',', map { "a$_" } 1 .. 380),
    @json);

for my $part ('/a', '/%41', '/./', '//', '/a/..', '\\a', ';a') {
    many("a path of $part", $part x (7800 / length $part) . $call, @json);
}

many('a long name', $call . 'x' x 7800, @json);

# The same over HTTP/2, where a field that was sent before takes one byte.

my @good = ([ 'authorization', 'Basic dTpw' ],
    [ 'content-type', 'application/json' ]);

for my $name (@names) {
    my $value = 'x' x 12;
    streams($name, [ lc $name, $value ], lc $name eq 'content-type'
        || lc $name eq 'authorization' ? $good[lc $name eq 'authorization']
                                       : @good);
}

streams('an empty Cookie', [ 'cookie', '' ], @good);
streams('an empty Accept', [ 'accept', '' ], @good);
streams('an empty Accept-Language', [ 'accept-language', '' ], @good);
streams('cookies against forgery', [ 'cookie', 'XSRF-TOKEN=%74' ],
    [ 'x-xsrf-token', 't' ], $good[1]);
streams('a language', [ 'accept-language', 'EN-us;q=.5' ], @good);
streams('no credentials', [ 'accept', 'a/b' ]);

$servers{$_}->ends_well($_) for sort keys %servers;

done_testing();
