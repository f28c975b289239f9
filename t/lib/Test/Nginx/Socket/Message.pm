package Test::Nginx::Socket::Message;

# Requests as the sections of a block describe them, and responses as they
# come from the wire.

use strict;
use warnings;

use base 'Exporter';

our @EXPORT = qw(requests_of take_response);

sub more_headers {
    my $text = shift;
    my ($out, $chunked) = ('', 0);

    for my $line (split /\n+/, defined $text ? $text : '') {
        next if $line =~ /^\s*#/;
        my ($key, $value) = split /:\s*/, $line, 2;
        $value = '' unless defined $value;
        $chunked = 1 if lc $key eq 'transfer-encoding' && $value eq 'chunked';
        $out .= "$key: $value\r\n";
    }

    return ($out, $chunked);
}

# "METHOD uri [version]" and a body, as bytes to be sent.

sub compose {
    my ($text, $headers, $connection, $server_name) = @_;
    my ($more, $chunked) = more_headers($headers);

    $text =~ s/\A\s+//;

    my ($line, $body) = split /\n/, $text, 2;
    my ($method, $uri, $version) = split ' ', $line;
    my $head = '';

    $uri = '/' unless defined $uri;
    $version = 'HTTP/1.1' unless defined $version;
    $body = '' unless defined $body;

    if (!$chunked && $body ne '' && $more !~ /^Content-Length:/m) {
        $body =~ s/^\s+|\s+$//g;
        $more .= 'Content-Length: ' . length($body) . "\r\n";
    }

    $head .= "Host: $server_name\r\n" unless $more =~ /^Host:/mi;
    $head .= "Connection: $connection\r\n" unless $more =~ /^Connection/mi;

    return "$method $uri $version\r\n$head$more\r\n$body";
}

# Each request of a block: { pieces, count of responses, head_only }.

sub requests_of {
    my ($block, $server_name, $expand, $bail_out) = @_;

    if (defined $block->raw_request) {
        my $raw = $block->raw_request;
        my $delay = $block->raw_request_middle_delay || 0;
        my @pieces = map { { value => $_ } } ref $raw ? @$raw : $raw;
        $_->{delay_before} = $delay for @pieces[1 .. $#pieces];
        return { pieces => \@pieces, head_only => 0, count => 1 };
    }

    my $headers = $block->more_headers;
    my $header_of = sub {
        return $headers unless ref $headers;
        return $headers->[$_[0]] // $bail_out->($block->name,
            " - more_headers has none for request $_[0]");
    };

    if (defined $block->pipelined_requests) {
        my @texts = @{ $block->pipelined_requests };
        my $value = '';
        for my $i (0 .. $#texts) {
            $value .= compose($expand->($texts[$i]), $header_of->($i),
                $i == $#texts ? 'close' : 'keep-alive', $server_name);
        }
        return { pieces => [ { value => $value } ], count => scalar @texts,
                 head_only => 0 };
    }

    my $request = $block->request;
    return unless defined $request;

    my @texts = ref $request ? @$request : $request;
    my @requests;

    for my $i (0 .. $#texts) {
        my $text = $texts[$i];

        if (!ref $text) {
            push @requests, { pieces => [ { value => compose(
                $expand->($text), $header_of->($i), 'close', $server_name) }
                ], count => 1, head_only => scalar $text =~ /^\s*HEAD\s/ };
            next;
        }

        # packets: the head goes with the first
        my @packets = map { ref $_ ? { %$_ } : { value => $_ } } @$text;
        my $whole = join '', map { $_->{value} } @packets;
        my $composed = compose($whole, $header_of->($i), 'close',
            $server_name);
        my $later = 0;
        $later += length $_->{value} for @packets[1 .. $#packets];
        $packets[0]{value} = substr $composed, 0, length($composed) - $later;
        push @requests, { pieces => \@packets, count => 1, head_only => 0 };
    }

    return @requests;
}

# Takes a response off the front of the text: { code, head, body }, or undef.

sub take_response {
    my ($text, $head_only) = @_;

    $$text =~ s/\A(HTTP\/1\.[01] (\d\d\d).*?\r\n)\r\n//s or return;
    my ($head, $code) = ($1, $2);

    my $body = '';

    if ($head_only || $code == 204 || $code == 304) {
        # none
    } elsif ($head =~ /^Transfer-Encoding:\s*chunked/mi) {
        while ($$text =~ s/\A([0-9a-f]+)\r\n//i) {
            my $size = hex $1;
            $body .= substr $$text, 0, $size, '' if $size;
            $$text =~ s/\A\r\n//;
            last unless $size;
        }
    } elsif ($head =~ /^Content-Length:\s*(\d+)/mi) {
        $body = substr $$text, 0, $1, '';
    } else {
        ($body, $$text) = ($$text, '');
    }

    return { code => $code, head => $head, body => $body };
}

1;
