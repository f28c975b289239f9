# The requests of t/unit/equivalence.c through nginx, in pieces: chunks of one
# byte, chunks of random sizes, some of it with the header, a body that lies in
# a file, and one behind the other on one connection.  What the WebAPI receives,
# or the refusal, is what the core says of the whole body.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use JSON::PP;
use Test::More;

use ErpsyncServer;
use ErpsyncTest;
use FreePort;

my $build = $ENV{ERPSYNC_BUILD} || 'build';
my ($program) = grep { -x } "$build/unit/equivalence",
    "$build/asan/unit/equivalence";
if (!$program) {
    $program = "$build/unit/equivalence";
    system('make', '-s', $program) == 0 or die "make $program";
}

my @fixtures = map {
    chomp;
    my ($case, $type, $mode, $body, $answer) = split /\t/;
    { name => "case $case, $type", type => $type, mode => $mode,
      body => pack('H*', $body), answer => pack('H*', $answer) };
} `@{[ $ENV{TEST_RUN} // '' ]} $program --dump`;
my $refusals = grep { $_->{answer} =~ /^body_invalid/ } @fixtures;

cmp_ok(scalar @fixtures, '>=', 60 * 7, 'at least 60 requests in 7 types');
cmp_ok($refusals, '>=', 100, 'many of them are refused');

my $seed = $ENV{TEST_SEED} || time;
srand $seed;
diag("TEST_SEED=$seed");

my $s = ErpsyncServer->new();
my ($dir, $port, $file_port) = ($s->dir, $s->port, free_port());
my $locations = join '', map { <<"END" } qw(reject strip pass);
        location /$_/ {
            erpsync_unknown_properties $_;
            proxy_pass http://unix:$dir/webapi.sock;
        }
END

$s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
$s->start($s->conf(<<"END", level => 'warn'));
    access_log off;
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
            webapi_answer "\$content_length \$content_type\\n\$request_body";
        }
    }

    server {
        listen 127.0.0.1:$port;
$locations

        location /twice {
            proxy_pass http://127.0.0.1:1;
            error_page 502 = \@again;
        }

        location \@again { proxy_pass http://unix:$dir/webapi.sock; }

        location /small {
            client_body_buffer_size 1k;
            proxy_pass http://unix:$dir/webapi.sock;
        }
    }

    server {
        listen 127.0.0.1:$file_port;
        client_body_buffer_size 16;
        client_body_in_file_only clean;
$locations
    }
END

sub chunked {
    my ($body, $size) = @_;
    my $out = '';
    while (length $body) {
        my $piece = substr $body, 0, $size->(), '';
        $out .= sprintf "%x\r\n%s\r\n", length $piece, $piece;
    }
    return "${out}0\r\n\r\n";
}

sub call_text {
    my ($to, $fixture, $header, $body) = @_;
    my $version = $header =~ /^Transfer/ ? "1.1\r\nConnection: close" : '1.0';
    return join("\r\n",
        "POST /$fixture->{mode}/api/v1/Agents/ErpSync/TryConnectActor "
        . "HTTP/$version", 'Host: localhost', 'Authorization: Bearer x',
        "SO-AppToken: $Token", "Content-Type: $fixture->{type}", $header, '',
        $body);
}

sub call {
    my ($to) = @_;
    return $s->answer(call_text(@_), $to);
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
    return "$status $text" if $status eq '200';
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
    'some of it with the header' => sub {
        my $body = shift;

        # nginx reads 1 KB at first

        my $length = 'Content-Length: ' . length $body;
        my $head = length call_text($port, { mode => 'reject', type => '' },
            "$length\r\nX: ", '');
        my $with = 1 + int rand length $body;
        my $pad = 1024 - 60 - $head - $with;
        return ($port, "$length\r\nX: " . 'x' x ($pad > 0 ? $pad : 0),
            $body);
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
        my $got = received($status, $text);
        push @wrong, "$fixture->{name}:\n$got\n" . expected($fixture)
            if $got ne expected($fixture);
    }
    is(scalar @wrong, 0, "$way: every request as a whole one")
        or diag(join "\n", @wrong[0 .. ($#wrong > 2 ? 2 : $#wrong)]);
}

# Calls of one connection, whose pieces end anywhere: nginx's buffer of a header
# has some of a body, or of the next header.

sub answers {
    my ($text) = @_;
    my @answers;
    while ($text =~ s/\A(.*?\r\n)\r\n//s) {
        my ($head, $body) = ($1, '');
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;
        if (defined $length) {
            $body = substr $text, 0, $length, '';
        }
        elsif ($text =~ s/\A((?:[0-9a-f]+\r\n.*?\r\n)*?0\r\n\r\n)//s) {
            $body = $1;
        }
        push @answers, received((ErpsyncServer::parse("$head\r\n$body"))[0, 1]);
    }
    return @answers;
}

sub in_pieces {
    my ($to, $text) = @_;
    my $socket = $s->connection($to);
    $socket->setsockopt(6, 1, 1);                           # TCP_NODELAY
    local $SIG{PIPE} = 'IGNORE';
    while (length $text) {
        syswrite $socket, substr $text, 0, 1 + int rand 2000, '';
        select undef, undef, undef, 0.001;
    }
    local $/;
    return scalar(<$socket>) // '';
}

sub one_behind_the_other {
    my ($name, $to, @left) = @_;
    my @wrong;
    while (my @some = splice @left, 0, 15) {
        my $text = '';
        for my $fixture (@some) {
            my $header = 'Content-Length: ' . length($fixture->{body})
                . "\r\nX: " . 'x' x int(rand 900)
                . "\r\nConnection: " . ($fixture == $some[-1] ? 'close' : 'x');
            $text .= call_text($to, $fixture, $header, $fixture->{body})
                =~ s{HTTP/1\.0}{HTTP/1.1}r;
            $forwarded++ if $fixture->{answer} =~ /^ok /;
        }
        my @got = answers(in_pieces($to, $text));
        push @wrong, map { ($got[$_] // 'none') eq expected($some[$_]) ? ()
            : "$some[$_]{name}:\n" . ($got[$_] // 'none') . "\n"
              . expected($some[$_]) } 0 .. $#some;
    }
    is(scalar @wrong, 0, "$name: every request as a whole one")
        or diag(join "\n", @wrong[0 .. ($#wrong > 2 ? 2 : $#wrong)]);
}

one_behind_the_other('one behind the other', $port, @fixtures);
one_behind_the_other('and in a file', $file_port, @fixtures);
one_behind_the_other('and judged twice', $port,
    map { { %$_, mode => 'twice' } } grep { $_->{mode} eq 'reject' } @fixtures);

# A body that is too large for memory is in a file, whatever came with the
# header

sub large {
    my ($size) = @_;
    my $name = "a body of $size bytes";
    my $body = '{"ErpConnectionId": 1' . ' ' x ($size - 22) . '}';
    my $files = () = $s->log =~ /buffered to a temporary file/g;
    is((call($port, { mode => 'small', type => 'application/json' },
        "Content-Length: $size\r\nX: " . 'x' x 400, $body))[0], 422, $name);
    return (() = $s->log =~ /buffered to a temporary file/g) - $files;
}

is(large(1200), 0, 'is in memory');
is(large(4000), 1, 'is in a file');

$s->ends_well('pieces');
is(scalar(() = $s->read_file('logs/webapi.log') =~ /\n/g), $forwarded,
    'the WebAPI sees what is forwarded and nothing else');
done_testing();
