package ErpsyncServer;

# nginx in a directory of its own, for tests in plain Perl: started with the
# binary and modules of the environment, stopped by its pid.
#
#   new                   a directory with logs/, and a free port
#   dir, port, pid, log   these, and what the error log has
#   write_file, replace_file (by rename), read_file
#                         of the directory, and directories in it
#   conf, main, paths     a configuration by its parts
#   webapi                a server for it: the stand-in WebAPI of the
#                         declarative tests, at webapi.sock in the directory
#   check                 what "nginx -t" says to a configuration
#   start                 returns when nginx answers
#   signal, reload, stop  reload, with another configuration if there is one,
#                         returns when the last of the old workers is gone:
#                         what follows meets the new ones
#   workers               their pids
#   connection, exchange, call
#                         a socket; raw bytes; a call of the ErpSync agent
#   answer, parse         exchange, as status, body and head; of raw bytes
#   log_has               a test: a pattern comes to stand in the log
#   ends_well             two tests: it stops as it should, and nothing in the
#                         log is worse than an error
#
# and functions: until_true calls until what it calls is true, for a minute.
# nginx writes its logs and counts after its answer has gone out: what is
# asked of either is waited for.  faketime is the library that sets the clock
# of a program, which is preloaded, or undef; it is in the directory
# TEST_FAKETIME if that is set.

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Test::More ();
use Time::HiRes qw(sleep time);

use ErpsyncTest;
use FreePort;

use base 'Exporter';

our @EXPORT = qw(until_true faketime);

$ENV{PATH} .= ':/usr/sbin:/sbin';

# an end by a signal is an end, too: nothing is left behind

$SIG{$_} = sub { exit 130 } for qw(INT TERM HUP PIPE);

my $deadline = $ENV{ERPSYNC_TEST_DEADLINE} || 60;

sub until_true {
    my $check = shift;
    my $end = time + $deadline;
    while (1) {
        return 1 if $check->();
        return 0 if time > $end;
        sleep 0.02;
    }
}

sub faketime {
    my $dir = $ENV{TEST_FAKETIME} // '/usr/lib/*/faketime';
    my ($library) = grep { -e } glob "$dir/libfaketimeMT.so.1";
    return $library;
}

sub new {
    my $class = shift;
    my $dir = tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $dir;
    mkdir "$dir/logs";
    return bless { dir => $dir, port => free_port(), owner => $$ }, $class;
}

sub dir { return $_[0]{dir} }
sub port { return $_[0]{port} }
sub pid { return $_[0]{pid} }
sub log { return $_[0]->read_file('logs/error.log') }

sub binary { return $ENV{TEST_NGINX_BINARY} || 'nginx' }

sub write_file {
    my ($self, $name, $text) = @_;
    make_path(dirname("$self->{dir}/$name"));
    open my $out, '>', "$self->{dir}/$name" or die "$name: $!";
    print $out $text;
    close $out or die "$name: $!";
}

sub replace_file {
    my ($self, $name, $text) = @_;
    $self->write_file("$name.new", $text);
    rename "$self->{dir}/$name.new", "$self->{dir}/$name"
        or die "$name: $!";
}

sub read_file {
    my ($self, $name) = @_;
    open my $in, '<', "$self->{dir}/$name" or return '';
    local $/;
    return scalar <$in> // '';
}

# The text of a configuration, by what stands in it outside and inside http;
# options are main (more of what stands outside), level (of the error log)
# and events_last.

sub conf {
    my ($self, $http, %o) = @_;
    my @parts = ("events { }\n", "http {\n" . $self->paths() . "$http\n}\n");
    return join "\n", $self->main($o{level}), $o{main} // '',
        $o{events_last} ? reverse @parts : @parts;
}

sub main {
    my ($self, $level) = @_;
    my $modules = join '', map { "load_module $_;\n" }
        split ' ', $ENV{TEST_NGINX_LOAD_MODULES};
    $level //= 'notice';
    return "$modules error_log logs/error.log $level;\n"
        . "pid logs/nginx.pid;\n";
}

sub paths {
    return join '', map { "    ${_}_temp_path $_;\n" }
        qw(client_body proxy fastcgi uwsgi scgi);
}

sub webapi {
    my $self = shift;
    return $ErpsyncTest::WebAPI =~ s/\$TEST_NGINX_HTML_DIR/$self->{dir}/gr;
}

# What "nginx -t" says to a configuration; nothing where it is good.

# With a log of its own: what stops "nginx -t" is no fault of the server.

sub check {
    my ($self, $conf) = @_;
    $self->write_file('check.conf', $conf);
    my $command = "'" . binary() . "' -t -e logs/check.log";
    my $out = `$command -p '$self->{dir}' -c check.conf 2>&1`;
    return $? ? $out : '';
}

sub configure {
    my ($self, $conf) = @_;
    $self->write_file('nginx.conf', "daemon off;\n$conf");
}

# The pid file is written after signals are taken: from then on, none is lost.

sub start {
    my ($self, $conf) = @_;
    $self->configure($conf);
    my $pid = fork;
    die "fork: $!" unless defined $pid;
    if ($pid == 0) {
        open STDERR, '>>', "$self->{dir}/logs/error.log";
        exec { binary() } binary(), '-p', $self->{dir}, '-c', 'nginx.conf'
            or POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    my $workers = $conf =~ /^master_process off/m ? 0
        : $conf =~ /^worker_processes (\d+)/m ? $1 : 1;
    until_true(sub {
        if (waitpid($pid, WNOHANG) == $pid) {
            delete $self->{pid};
            die "nginx does not start:\n" . $self->log;
        }
        return -s "$self->{dir}/logs/nginx.pid"
            && $self->workers() >= $workers
            && IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                PeerPort => $self->{port});
    }) or die "nginx does not answer:\n" . $self->log;
}

sub signal {
    my ($self, $name) = @_;
    kill $name => $self->{pid};
}

sub workers {
    my $pid = $_[0]{pid};
    open my $in, '<', "/proc/$pid/task/$pid/children" or die "children: $!";
    return split ' ', <$in> // '';
}

sub reload {
    my ($self, $conf) = @_;
    $self->configure($conf) if defined $conf;
    my @old = $self->workers();
    $self->signal('HUP');
    until_true(sub { return !grep { kill 0 => $_ } @old })
        or die "nginx does not reload:\n" . $self->log;
}

# Its status, and nothing that runs afterwards.

sub stop {
    my $self = shift;
    return 0 unless $self->{owner} == $$;
    my $pid = delete $self->{pid} or return 0;
    local $?;
    kill QUIT => $pid;
    waitpid $pid, 0;
    return $?;
}

sub DESTROY { $_[0]->stop() }

sub connection {
    my ($self, $port) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', Timeout => 30,
        PeerPort => $port // $self->{port}) || die "connect: $!";
}

# Raw bytes there, raw bytes back, until the server closes.

sub exchange {
    my ($self, $request, $port) = @_;
    my $socket = $self->connection($port);
    local $SIG{PIPE} = 'IGNORE';
    print $socket $request;
    local $/;
    return scalar(<$socket>) // '';
}

# The same as status, body without chunks, and head.

sub answer {
    my $self = shift;
    return parse($self->exchange(@_));
}

sub parse {
    my ($head, $body) = split /\r\n\r\n/, $_[0], 2;
    my ($status) = ($head // '') =~ m{^HTTP/1\.1 (\d+)};
    if (defined $body && $head =~ /^Transfer-Encoding: chunked/mi) {
        my $chunks = $body;
        $body = '';
        while ($chunks =~ s/\A([0-9a-f]+)\r\n//i && hex $1) {
            $body .= substr $chunks, 0, hex $1, '';
            $chunks =~ s/\A\r\n//;
        }
    }
    return ($status // 'none', $body // '', $head // '');
}

# A call that closes: options are method, uri, token (undef for none),
# headers (a list of lines), body, length (to say another), and port.

sub request {
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
    return join("\r\n", @lines, '', '') . $o{body};
}

sub call {
    my ($self, %o) = @_;
    return $self->exchange($self->request(%o), $o{port});
}

sub log_has {
    my ($self, $pattern, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    until_true(sub { $self->log =~ $pattern });
    Test::More::like($self->log, $pattern, $name);
}

# Returns whether the memory of the worker has a text; undef if it cannot be
# read.

sub in_memory {
    my ($self, $pattern) = @_;
    my ($pid) = $self->workers();
    open my $maps, '<', "/proc/$pid/maps" or return;
    open my $memory, '<:raw', "/proc/$pid/mem" or return;
    while (<$maps>) {
        my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) rw.. / or next;
        no warnings 'portable';
        ($from, $to) = (hex $from, hex $to);
        next if $to - $from > 1 << 28;         # AddressSanitizer's shadow
        sysseek $memory, $from, 0 or next;
        sysread $memory, my $text, $to - $from or next;
        return 1 if $text =~ $pattern;
    }
    return 0;
}

# Lines that match the last argument may be in the log.

sub ends_well {
    my ($self, $name, $expected) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::is($self->stop(), 0, "$name: ends well")
        or Test::More::diag($self->log);
    my $log = join '', grep { !$expected || !/$expected/ }
        $self->log =~ /(.*\n?)/g;
    Test::More::unlike($log,
        qr/\[(alert|crit|emerg)\]|Sanitizer|runtime error/,
        "$name: nothing worse in the log");
}

1;
