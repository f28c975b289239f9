package StandIn;

# A stand-in WebAPI in some processes, which looks at every request that it
# receives: is it what the gateway must make of the call with that id?  It
# fails as its sub "how" says, by the id:
#
#   (nothing)  answers at once       slow     after three seconds
#   none       closes                head     closes in the head
#   body       closes in the body    garbage  sends what is no HTTP
#   long       a head that is longer than nginx's buffer
#
#   new        starts; port
#   kill_all, start    ends all processes, as a crash does; starts them
#   received   what has come: id => times; and what must not have come

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(time);

use Load;
use Recorder;

sub new {
    my ($class, %o) = @_;
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 511,
        ReuseAddr => 1) or die "listen: $!";
    my $self = bless { processes => 2, how => sub { '' }, pids => [],
        listen => $listen, port => $listen->sockport, owner => $$, %o },
        $class;
    $self->start();
    return $self;
}

sub port { return $_[0]{port} }

sub start {
    my $self = shift;
    my $parent = $$;
    for (1 .. $self->{processes}) {
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            $SIG{$_} = 'DEFAULT' for qw(INT TERM);
            $SIG{PIPE} = 'IGNORE';
            eval { serve($self, $parent) };
            print STDERR $@ if $@;
            POSIX::_exit(0);
        }
        push @{ $self->{pids} }, $pid;
    }
}

sub kill_all {
    my $self = shift;
    local $?;
    kill KILL => @{ $self->{pids} };
    waitpid $_, 0 for @{ $self->{pids} };
    $self->{pids} = [];
}

sub DESTROY { $_[0]->kill_all() if $_[0]{owner} == $$ }

# Whether a request is exactly what was judged.

sub verdict {
    my ($head, $body) = @_;
    my ($id) = $head =~ m{\A\w+ \S+\?id=s-(\d{9}) } ? $1
        : $body =~ /"s-(\d{9})"/ ? $1 : return ('-', 'unknown');
    my $call = Load::call_of($id);
    return ($id, 'unjudged') unless defined $call->{canonical};
    my ($line) = $call->{request} =~ /\A(\S+ \S+)/;
    my $length = length $call->{canonical};
    my @expected = ('Authorization: Bearer x', 'SO-AppToken: token-good',
        $length ? ('Content-Type: application/json; charset=utf-8',
            "Content-Length: $length") : ());
    my ($first, @lines) = split /\r\n/, $head;

    # HTTP/2 has names in lower case

    s/^([\w-]+):/\L$1:/ for @lines, @expected;

    # apps of a scenario's own

    s/^(so-apptoken: token-)(?:app-\d+|round-\d+|dated)\z/$1good/ for @lines;
    @lines = grep { !/^(?:host|connection|accept):/ } @lines;
    return ($id, $first =~ m{\A\Q$line\E HTTP/1\.[01]\z}
        && "@{[ sort @lines ]}" eq "@{[ sort @expected ]}"
        && $body eq $call->{canonical} ? 'good' : 'changed');
}

sub answer_of {
    my ($id, $how) = @_;
    my $text = qq({"Id":"s-$id"});
    my $head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($text) . "\r\n";
    return substr $head, 0, 40 if $how eq 'head';
    return "$head\r\n" . substr $text, 0, 8 if $how eq 'body';
    return "\x16\x03\x01\0\0\r\n\r\n" x 20 if $how eq 'garbage';
    return $head . 'X: ' . 'y' x 70000 . "\r\n\r\n" if $how eq 'long';
    return "$head\r\n$text";
}

sub serve {
    my ($self, $parent) = @_;
    my ($listen, %read, @slow) = ($self->{listen});
    my $select = IO::Select->new($listen);
    $listen->blocking(0);
    open my $out, '>>', $self->{file} or die "$self->{file}: $!";

    my $end = sub {
        my $socket = shift;
        $select->remove($socket);
        delete $read{$socket};
        close $socket;
    };

    while (getppid() == $parent) {
        while (@slow && $slow[0][0] < time) {
            my (undef, $socket, $text) = @{ shift @slow };
            syswrite $socket, $text if $read{$socket};
        }
        for my $socket ($select->can_read(0.1)) {
            if ($socket == $listen) {
                my $new = $listen->accept or next;
                $new->blocking(1);
                $read{$new} = '';
                $select->add($new);
                next;
            }
            my $n = sysread $socket, $read{$socket}, 262144,
                length $read{$socket};
            if (!$n) {
                $end->($socket);
                next;
            }
            while (my ($raw, $head, $body) = Recorder::take(\$read{$socket})) {
                my ($id, $verdict) = verdict($head, $body);
                syswrite $out, "$id $verdict\n";
                my $how = $self->{how}->($id);
                my $text = answer_of($id, $how);
                if ($how eq 'slow') {
                    push @slow, [ time + 3, $socket, $text ];
                    next;
                }
                syswrite $socket, $text if $how ne 'none';
                if ($how) {
                    $end->($socket);
                    last;
                }
            }
        }
    }
}

sub received {
    my $self = shift;
    my (%times, @wrong);
    open my $in, '<', $self->{file} or return (\%times, \@wrong);
    while (<$in>) {
        my ($id, $verdict) = split;
        $times{$id}++;
        push @wrong, "$id $verdict" if $verdict ne 'good';
    }
    return (\%times, \@wrong);
}

1;
