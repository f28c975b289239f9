package Http2;

# HTTP/2 (RFC 9113) and HPACK (RFC 7541), as little of them as tests need.
#
#   preface            what a client sends first
#   frame              a frame: type, flags, stream, payload
#   text, literal, indexed, $Newest
#                      a string, a field that is not indexed, one that becomes
#                      the newest of the table, and that one again
#   status_of          the status that a block of fields from nginx begins with
#   request            a request on a new connection: the socket, request
#                      fields [ name, value ] and options body (undef: none),
#                      unfinished (the stream stays open), length, size (most
#                      bytes of a frame of the body); returns status, body and
#                      whether the server reset the stream.
#                      With option stream, 3 and so on, on a connection that was
#                      used; "rest" is a reference to what was read beyond

use strict;
use warnings;

use base 'Exporter';

our @EXPORT_OK = qw(preface frame text literal indexed $Newest status_of
    request);

our $Newest = "\xbe";        # index 62

sub preface { return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame(4, 0, 0, '') }

sub frame {
    my ($type, $flags, $stream, $payload) = @_;
    return substr(pack('N', length $payload), 1)
        . pack('CCN', $type, $flags, $stream) . $payload;
}

sub integer {
    my ($first, $bits, $n) = @_;
    my $most = (1 << $bits) - 1;
    return chr($first | $n) if $n < $most;
    my $out = chr($first | $most);
    for ($n -= $most; $n >= 128; $n >>= 7) {
        $out .= chr(128 | $n & 127);
    }
    return $out . chr $n;
}

sub text { return integer(0, 7, length $_[0]) . $_[0] }

sub literal { return "\0" . text(lc $_[0]) . text($_[1]) }
sub indexed { return "\x40" . text(lc $_[0]) . text($_[1]) }

sub status_of {
    my $block = shift;
    my %static = (8 => 200, 9 => 204, 10 => 206, 11 => 304, 12 => 400,
        13 => 404, 14 => 500);
    my ($first, $length) = unpack 'CC', $block;
    return $static{ $first & 127 } if $first & 128;
    return substr $block, 2, $length;
}

sub request {
    my ($socket, $method, $path, $fields, %o) = @_;
    my $block = "\x86" . join '', map { literal(@$_) } [ ':method', $method ],
        [ ':path', $path ], [ ':authority', 'localhost' ], @$fields,
        $o{length} ? [ 'content-length', $o{length} ] : ();
    my $end = $o{unfinished} ? 0 : 1;
    my $id = $o{stream} || 1;
    my $out = ($id == 1 ? preface() : '')
        . frame(1, 4 | ($end && !defined $o{body}), $id, $block);
    my $size = $o{size} || 16384;
    for (my $at = 0; $at < length($o{body} // ''); $at += $size) {
        my $part = substr $o{body}, $at, $size;
        $out .= frame(0, $end && $at + length $part == length $o{body}, $id,
            $part);
    }
    local $SIG{PIPE} = 'IGNORE';
    print $socket $out;
    $socket->flush();
    my ($buffer, $status, $body, $reset, $done) = ('', 'none', '', 0, 0);
    $buffer = ${ $o{rest} } if $o{rest};
    while (!$done && sysread $socket, $buffer, 65536, length $buffer) {
        while (!$done && length $buffer >= 9) {
            my ($size, $type, $flags, $stream) = unpack 'NCCN', "\0$buffer";
            last if length $buffer < 9 + $size;
            my $payload = substr substr($buffer, 0, 9 + $size, ''), 9;
            next if $stream != $id;
            $status = status_of($payload) if $type == 1;
            $body .= $payload if $type == 0;
            $reset = 1 if $type == 3;
            $done = 1 if $type == 3 || ($type <= 1 && $flags & 1);
        }
    }
    ${ $o{rest} } = $buffer if $o{rest};
    return ($status, $body, $reset);
}

1;
