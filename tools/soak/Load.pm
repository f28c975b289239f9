package Load;

# Clients of the gateway, each in a process of its own, and the ledger of what
# became of every request.
#
#   call_of         the request of an id: kind, the bytes, and the canonical
#                   body if it must be forwarded.  The stand-in WebAPI asks the
#                   same function, so it knows what it may receive.
#   new             clients, which run at once, for some seconds
#   wait            until all have ended
#   ledger          all lines: [ id, kind, outcome ]
#   note            a line more, of a request that a scenario sent itself; kind
#                   "either" if it may be refused or not
#   outcome_of      reads an answer from a socket
#
# An outcome is a status, with the reason if the gateway refused; or
#
#   closed   the server closed the connection in front of the answer
#   cut      in the middle of the answer
#   late     neither an answer nor an end in time: the request is lost
#   mixed    the answer of another request
#   raw      what the WebAPI sent is no HTTP, and came as it is
#   unsent   no connection

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

my $uri = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';
my $late = 30;

sub field {
    my ($n, $value) = @_;
    return qq({"DisplayName":"f$n","CrmFieldKey":"k$n","Value":"$value",)
        . '"DisplayValue":"","SyncToCrm":true,"SyncToErp":false}';
}

# Seven of ten calls are allowed.  Some bodies do not fit nginx's buffer.

sub call_of {
    my ($id, %o) = @_;
    my $kind = (qw(json json xml form get large json token body operation))
        [substr $id, -1];
    my $large = $kind eq 'large';
    my ($method, $path, $type, $token) = ('POST', $uri, 'application/json',
        'token-good');
    my @fields = $large ? map { field($_, 'v' x 200) } 1 .. 100 : ();
    my $canonical = '{"ErpConnectionId":883,"CrmRecordId":34,'
        . qq("CrmActorType":"Contact","ErpKey":"s-$id",)
        . '"ErpActorType":"Customer","FieldValues":['
        . join(',', @fields) . ']}';
    my $body = qq({ "erpKey": "s-$id", "CrmRecordId": "34", )
        . '"ErpConnectionId": 883, "CrmActorType": 1, '
        . '"ErpActorType": "customer", "FieldValues": ['
        . join(', ', @fields) . ' ] }';

    if ($kind eq 'xml') {
        $type = 'text/xml';
        $body = '<r><ErpConnectionId>883</ErpConnectionId><CrmRecordId>34'
            . '</CrmRecordId><CrmActorType>Contact</CrmActorType>'
            . "<ErpKey>s-$id</ErpKey><ErpActorType>Customer</ErpActorType>"
            . '</r>';

    } elsif ($kind eq 'form') {
        $type = 'application/x-www-form-urlencoded';
        $body = "ErpKey=s-$id&ErpConnectionId=883&CrmRecordId=34&"
            . 'CrmActorType=Contact&ErpActorType=Customer';

    } elsif ($kind eq 'get') {
        ($method, $path, $body, $canonical) = ('GET', "$uri?id=s-$id", '', '');

    } elsif ($kind eq 'token') {
        ($token, $canonical) = ('token-unknown', undef);

    } elsif ($kind eq 'body') {
        $body = qq({"ErpKey":"s-$id","ErpConnectionId":0});
        $canonical = undef;

    } elsif ($kind eq 'operation') {
        ($path, $canonical) = ("${uri}s", undef);
    }

    my $request = join "\r\n", "$method $path HTTP/1.1", 'Host: localhost',
        'Authorization: Bearer x', "SO-AppToken: $token",
        length $body ? ("Content-Type: $type",
            'Content-Length: ' . length $body) : (),
        $o{close} ? 'Connection: close' : (), '', $body;
    return { kind => $kind, request => $request, canonical => $canonical };
}

# Reads one answer; what came behind it stays in the buffer.

sub outcome_of {
    my ($socket, $id, $buffer) = @_;
    my $end = time + $late;
    my ($head, $length);

    while (1) {
        if (!defined $head && $$buffer =~ s/\A(.*?\r\n)\r\n//s) {
            $head = $1;
            return 'raw' unless $head =~ m{^HTTP/1\.[01] \d};
            $length = $head =~ /^Content-Length: (\d+)/mi ? $1 : undef;
            if (!defined $length && $head =~ /^Transfer-Encoding:/mi) {
                $length = 'chunked';
            }
        }
        if (defined $head && defined $length) {
            last if $length eq 'chunked' ? $$buffer =~ /\r\n0\r\n\r\n\z/
                                         : length $$buffer >= $length;
        }
        if (!IO::Select->new($socket)->can_read($end - time)) {
            return 'late';
        }
        my $n = sysread $socket, $$buffer, 65536, length $$buffer;
        next if $n;
        return 'raw' if !defined $head && $$buffer =~ /\AHTTX|\A[^H]/;
        return length $$buffer ? 'cut' : 'closed' if !defined $head;
        return 'cut' if defined $length;
        $length = length $$buffer;
    }

    my ($status) = $head =~ m{^HTTP/1\.[01] (\d+)};
    my $size = $length eq 'chunked' ? length $$buffer : $length;
    my $body = substr $$buffer, 0, $size, '';
    if ($status == 200) {
        return $body =~ /"s-$id"/ ? 200 : 'mixed';
    }
    return $body =~ /\bErrorType(?:":"|>)(\w+)/ ? "$status $1" : $status;
}

sub client {
    my ($self, $client) = @_;
    my ($socket, $buffer, $n) = (undef, '', 0);
    open my $out, '>>', "$self->{file}.$client" or die "ledger: $!";
    $out->autoflush(1);
    $SIG{PIPE} = 'IGNORE';

    for (my $id; time < $self->{until}; $n++) {
        $id = sprintf '%02d%07d', $client, $n;
        my $call = call_of($id, close => $n % 17 == 16);
        if (!$socket) {
            $buffer = '';
            $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                PeerPort => $self->{port}, Timeout => 10);
        }
        my $outcome = 'unsent';
        if ($socket) {
            $socket->syswrite($call->{request});
            $outcome = outcome_of($socket, $id, \$buffer);
        }
        print $out "$id $call->{kind} $outcome\n";
        undef $socket if $n % 17 == 16
            || $outcome !~ /^(?:200|4\d\d (?!body_too|request_time)|50[234])/;
        sleep $outcome eq 'unsent' ? 0.05 : $self->{pause};
    }
}

sub new {
    my ($class, %o) = @_;
    my $self = bless { clients => 4, pause => 0.004, pids => [],
        owner => $$, %o }, $class;
    $self->{until} = time + $self->{seconds};
    for my $client (1 .. $self->{clients}) {
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            $SIG{$_} = 'DEFAULT' for qw(INT TERM);
            eval { client($self, $client) };
            print STDERR $@ if $@;
            POSIX::_exit(0);
        }
        push @{ $self->{pids} }, $pid;
    }
    return $self;
}

sub over { return time >= $_[0]{until} }

sub wait {
    my $self = shift;
    waitpid $_, 0 for @{ $self->{pids} };
    $self->{pids} = [];
}

sub DESTROY {
    my $self = shift;
    return if $self->{owner} != $$;
    local $?;
    kill TERM => @{ $self->{pids} };
    $self->wait();
}

sub note {
    my ($self, $id, $kind, $outcome) = @_;
    open my $out, '>>', "$self->{file}.0" or die "ledger: $!";
    print $out "$id $kind $outcome\n";
}

sub ledger {
    my $self = shift;
    my @all;
    for my $path (glob "$self->{file}.*") {
        open my $in, '<', $path or die "$path: $!";
        push @all, map { chomp; [ split / /, $_, 3 ] } <$in>;
    }
    return @all;
}

1;
