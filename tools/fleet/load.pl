#!/usr/bin/perl
# Sends calls until a file appears, from several processes at a time, and keeps
# a ledger: a line of "sent" before each call, a line of "answered" after it.
# A call is known by its CrmRecordId.
#
# usage: load.pl DIR HOST:PORT FIRST-ID PROCESSES PAUSE APP=TOKEN ...
#
# DIR/sent       id app time
# DIR/answered   id app time-sent time-answered status error-type
# DIR/stop       ends it, after the calls that are on their way

use strict;
use warnings;

use Fcntl qw(O_APPEND O_CREAT O_WRONLY);
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

my ($dir, $address, $first, $processes, $pause, @apps) = @ARGV;

sub call {
    my ($id, $token) = @_;
    my $body = '{"ErpConnectionId":883,"CrmRecordId":' . $id
        . ',"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}';
    my $s = IO::Socket::INET->new(PeerAddr => $address, Timeout => 5)
        or return 'none';
    my $head = join "\r\n",
        'POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1',
        'Host: gateway.example.com', 'Connection: close',
        'Content-Type: application/json',
        'Authorization: Bearer 8A:Cust12345.AbC', "SO-AppToken: $token",
        # what a client might try
        'X-Erpsync-App: another', 'X-Erpsync-Limit: 1000000',
        'X-Forwarded-For: 192.0.2.1',
        'Content-Length: ' . length $body;
    syswrite $s, "$head\r\n\r\n$body";

    my $answer = '';
    my $end = time + 70;
    while (time < $end) {
        my $ready = '';
        vec($ready, fileno $s, 1) = 1;
        next unless select $ready, undef, undef, 1;
        last unless sysread $s, $answer, 65536, length $answer;
    }

    # complete: as long as it says

    my ($got, $rest) = split /\r\n\r\n/, $answer, 2;
    return 'none' unless defined $rest
        && $got =~ m{^HTTP/1\.[01] (\d+)};
    my $status = $1;
    return 'none' if $got =~ /^Content-Length: (\d+)/mi && $1 > length $rest;
    return "$status " . ($rest =~ /"ErrorType":"(\w+)"/ ? $1 : '-');
}

for my $process (0 .. $processes - 1) {
    my $pid = fork;
    die "fork: $!" unless defined $pid;
    next if $pid;

    my %ledger = map {
        sysopen my $out, "$dir/$_", O_WRONLY | O_APPEND | O_CREAT or die $!;
        $_ => $out;
    } qw(sent answered);

    for (my $n = 0; !-e "$dir/stop"; $n++) {
        my $id = $first + $n * $processes + $process;
        my ($app, $token) = split /=/, $apps[$n % @apps];
        my $sent = time;
        syswrite $ledger{sent}, "$id $app $sent\n";
        my $answer = call($id, $token);
        syswrite $ledger{answered},
            sprintf "%d %s %.3f %.3f %s\n", $id, $app, $sent, time, $answer;
        sleep $pause if $pause;
    }
    exit;
}

1 while wait != -1;
