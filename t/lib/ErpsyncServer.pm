package ErpsyncServer;

# nginx in a directory of its own, for tests in plain Perl: started with the
# binary and modules of the environment, stopped by its pid.

use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep);

use ErpsyncTest;

$ENV{PATH} .= ':/usr/sbin:/sbin';

sub new {
    my $class = shift;
    my $dir = tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $dir;
    mkdir "$dir/logs";
    my $port = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
        ->sockport;
    return bless { dir => $dir, port => $port }, $class;
}

sub dir { return $_[0]{dir} }
sub port { return $_[0]{port} }

sub binary { return $ENV{TEST_NGINX_BINARY} || 'nginx' }

sub write_file {
    my ($self, $name, $text) = @_;
    open my $out, '>', "$self->{dir}/$name" or die "$name: $!";
    print $out $text;
    close $out or die "$name: $!";
}

sub read_file {
    my ($self, $name) = @_;
    open my $in, '<', "$self->{dir}/$name" or return '';
    local $/;
    return scalar <$in>;
}

# The text of a configuration, by what stands in it outside and inside http.

sub conf {
    my ($self, $http) = @_;
    return $self->main('') . "events { }\nhttp {\n" . $self->paths()
        . "$http\n}\n";
}

sub main {
    my $self = shift;
    my $modules = join '', map { "load_module $_;\n" }
        split ' ', $ENV{TEST_NGINX_LOAD_MODULES};
    return "$modules error_log logs/error.log notice;\n"
        . "pid logs/nginx.pid;\n";
}

sub paths {
    return join '', map { "    ${_}_temp_path $_;\n" }
        qw(client_body proxy fastcgi uwsgi scgi);
}

# What "nginx -t" says to a configuration; nothing where it is good.

sub check {
    my ($self, $conf) = @_;
    $self->write_file('check.conf', $conf);
    my $binary = binary();
    my $out = `'$binary' -t -p '$self->{dir}' -c check.conf 2>&1`;
    return $? ? $out : '';
}

sub start {
    my ($self, $conf) = @_;
    $self->write_file('nginx.conf', "daemon off;\n$conf");
    my $pid = fork;
    die "fork: $!" unless defined $pid;
    if ($pid == 0) {
        open STDERR, '>>', "$self->{dir}/logs/error.log";
        exec { binary() } binary(), '-p', $self->{dir}, '-c', 'nginx.conf'
            or POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    for (1 .. 500) {
        return if IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $self->{port});
        sleep 0.02;
    }
}

# Its status, and nothing that runs afterwards.

sub stop {
    my $self = shift;
    my $pid = delete $self->{pid} or return 0;
    local $?;
    kill QUIT => $pid;
    waitpid $pid, 0;
    return $?;
}

sub DESTROY { $_[0]->stop() }

# Raw bytes there, raw bytes back, until the server closes.

sub exchange {
    my ($self, $request) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{port}, Timeout => 10) or die "connect: $!";
    local $SIG{PIPE} = 'IGNORE';
    print $socket $request;
    local $/;
    return scalar(<$socket>) // '';
}

# A call that closes: options are method, uri, token (undef for none),
# headers (a list of lines) and body.

sub call {
    my ($self, %o) = (shift, method => 'POST', token => $Token,
        uri => '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor',
        headers => [ 'Authorization: Bearer x' ], body => $Body, @_);
    my @lines = ("$o{method} $o{uri} HTTP/1.1", 'Host: localhost',
        'Connection: close');
    push @lines, "SO-AppToken: $o{token}" if defined $o{token};
    push @lines, @{ $o{headers} };
    push @lines, 'Content-Type: application/json' if length $o{body}
        && !grep { /^content-type:/i } @{ $o{headers} };
    push @lines, 'Content-Length: ' . ($o{length} // length $o{body})
        if length $o{body} || $o{length};
    return $self->exchange(join("\r\n", @lines, '', '') . $o{body});
}

1;
