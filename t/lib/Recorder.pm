package Recorder;

# A server that keeps what it receives, for tests that ask what an upstream
# was sent by subrequests, retries and kept connections.
#
#   new       a server in a process of its own, on a free port; "answer" is a
#             sub: request and connection in, the answer's raw text out; "take"
#             is one for a protocol other than HTTP, in place of take() below
#   port      its port
#   requests  what has come so far: hashes of raw, line, method, target, head,
#             body and connection (numbered from 1)
#   received  the same, once nothing more can come: "$server" has a location
#             "/last" that sends a last request here, which is left out
#   forget    starts over
#
# A connection is kept until an answer or a request says "Connection: close", or
# the answer is empty.  If answer() sets $connection->{echo}, what comes behind
# the request is sent back.

use strict;
use warnings;

use File::Temp qw(tempfile);
use IO::Select;
use IO::Socket::INET;
use JSON::PP qw(encode_json decode_json);

use ErpsyncServer qw(until_true);

sub new {
    my ($class, %o) = @_;
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64,
        ReuseAddr => 1) or die "listen: $!";
    my ($out, $file) = tempfile('erpsync-t-XXXXXX', TMPDIR => 1, UNLINK => 1);
    close $out;
    my $self = bless { port => $listen->sockport, file => $file,
        owner => $$, seen => 0 }, $class;
    my $parent = $$;
    $self->{pid} = fork // die "fork: $!";
    if ($self->{pid} == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM);
        $SIG{PIPE} = 'IGNORE';
        eval { serve($listen, $file, $parent, $o{answer} || \&answer,
            $o{take} || \&take) };
        print STDERR $@ if $@;
        POSIX::_exit(0);
    }
    return $self;
}

sub port { return $_[0]{port} }

sub all {
    my $self = shift;
    open my $in, '<', $self->{file} or return ();
    seek $in, $self->{seen}, 0;
    return grep { /\n\z/ } <$in>;
}

sub requests { return map { decode_json($_) } $_[0]->all() }

sub received {
    my ($self, $server) = @_;
    $server->exchange("GET /last HTTP/1.0\r\n\r\n");
    my @requests;
    until_true(sub {
        @requests = $self->requests();
        return @requests && $requests[-1]{target} eq '/last';
    });
    return grep { $_->{target} ne '/last' } @requests;
}

sub forget { $_[0]{seen} += length for $_[0]->all() }

sub stop {
    my $self = shift;
    return unless $self->{owner} == $$ && $self->{pid};
    local $?;
    kill TERM => $self->{pid};
    waitpid delete $self->{pid}, 0;
}

sub DESTROY { $_[0]->stop() }

sub answer {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        . "Content-Length: 4\r\n\r\ntrue";
}

# Takes a request off the front of what was read; nothing if it is not whole.

sub take {
    my $read = shift;
    return unless $$read =~ /\A(.*?)\r\n\r\n/s;
    my ($head, $length) = ($1, 0);
    my $at = length($head) + 4;
    if ($head =~ /^transfer-encoding:\s*chunked/mi) {
        my $body = '';
        while (1) {
            pos($$read) = $at;
            return unless $$read =~ /\G([0-9a-f]+)[^\r]*\r\n/gi;
            my $size = hex $1;
            $at = pos $$read;
            return if length($$read) < $at + $size + 2;
            $body .= substr $$read, $at, $size;
            $at += $size + 2;
            last if $size == 0;
        }
        return (substr($$read, 0, $at, ''), $head, $body);
    }
    $length = $1 if $head =~ /^content-length:\s*(\d+)/mi;
    return if length($$read) < $at + $length;
    my $raw = substr $$read, 0, $at + $length, '';
    return ($raw, $head, substr $raw, $at);
}

sub serve {
    my ($listen, $file, $parent, $answer, $take) = @_;
    my ($select, %connection, $count) = (IO::Select->new($listen));
    open my $out, '>>', $file or die "$file: $!";
    $out->autoflush(1);
    while (getppid() == $parent) {
        for my $socket ($select->can_read(1)) {
            if ($socket == $listen) {
                my $new = $listen->accept or next;
                $connection{$new} = { number => ++$count, read => '' };
                $select->add($new);
                next;
            }
            my $c = $connection{$socket};
            my $n = sysread $socket, $c->{read}, 65536, length $c->{read};
            my $close = !$n;
            while (!$close && !$c->{echo}) {
                my ($raw, $head, $body) = $take->(\$c->{read}) or last;
                last unless defined $raw;
                my ($line) = $head =~ /\A([^\r]*)/;
                my ($method, $target) = split / /, $line;
                my %request = (raw => $raw, line => $line, method => $method,
                    target => $target, head => $head, body => $body,
                    connection => $c->{number});
                print $out encode_json(\%request), "\n";
                my $text = $answer->(\%request, $c);
                syswrite $socket, $text if length $text;
                $close = $text =~ /^connection: close/mi
                    || $head =~ /^connection: close/mi || $text eq '';
            }
            syswrite $socket, substr $c->{read}, 0, length $c->{read}, ''
                if $c->{echo};
            if ($close) {
                $select->remove($socket);
                delete $connection{$socket};
                close $socket;
            }
        }
    }
}

1;
