package FreePort;

# Ports for servers of tests that run side by side.
#
#   free_port()   one that nobody listens on.  It is below those that the
#                 system gives to clients, and no other test gets it while
#                 this process lives: a name that is gone with the process
#                 is taken for it.

use strict;
use warnings;

use IO::Socket::INET;
use Socket qw(AF_UNIX SOCK_STREAM pack_sockaddr_un);

use base 'Exporter';

our @EXPORT = qw(free_port);

my ($first, $last) = (10240, 32767);
my @taken;

sub free_port {
    my $start = ($$ * 7919 + time) % ($last - $first);

    for my $n (0 .. $last - $first) {
        my $port = $first + ($start + $n) % ($last - $first + 1);
        socket my $name, AF_UNIX, SOCK_STREAM, 0 or die "socket: $!";
        bind $name, pack_sockaddr_un("\0erpsync-test-port-$port") or next;
        IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port,
            Listen => 1, ReuseAddr => 1) or next;
        push @taken, $name;
        return $port;
    }

    die 'no free port';
}

1;
