package Test::Nginx::Socket;

# A small runner for tests in the declarative format of Test::Nginx::Socket.
# The genuine library passes the same files and is used where it is
# installed; its documentation says what the sections mean.
#
# Beyond it, this runner takes free ports and private directories, so that
# files can run side by side as any user; it waits for what is expected in the
# error log, and looks for what is not when nginx has ended; and it fails a
# block whose error log has a sanitizer's report, also one that is written as
# nginx exits.  A block with sections of which the library looks at one alone
# fails.

use strict;
use warnings;

use Test::Base -Base;

use Cwd qw(getcwd);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

use FreePort;
use Test::Nginx::Socket::Message;

our @EXPORT = qw(
    plan run_tests repeat_each no_shuffle no_long_string no_root_location
    log_level workers worker_connections master_on server_name server_root
    html_dir server_port timeout bail_out add_block_preprocessor
    add_response_body_check $ServerPort
);

our $ServerPort;
our $ServRoot;

my $owner = $$;
my $repeat_each = 1;
my $root_location = 1;
my $log_level = 'debug';
my $workers = 1;
my $connections = 64;
my $master = 'off';
my $server_name = 'localhost';
my $default_timeout = $ENV{TEST_NGINX_TIMEOUT} || 30;
my (@preprocessors, @body_checks, $private, $pid, $log_read);

sub repeat_each() { $repeat_each = shift if @_; $repeat_each }
sub no_shuffle() { }
sub no_long_string() { }
sub no_root_location() { $root_location = 0 }
sub log_level($) { $log_level = shift }
sub workers($) { $workers = shift }
sub worker_connections($) { $connections = shift }
sub master_on() { $master = 'on' }
sub server_name($) { $server_name = shift }
sub server_root() { setup(); $ServRoot }
sub html_dir() { setup(); "$ServRoot/html" }
sub server_port() { setup(); $ServerPort }
sub timeout($) { $default_timeout = shift }
sub bail_out(@) { Test::More::BAIL_OUT(join '', @_) }
sub add_block_preprocessor(&) { push @preprocessors, shift }
sub add_response_body_check(&) { push @body_checks, shift }

# A place and a port of this process's own, unless the environment names some.

sub setup() {
    return if $ServRoot;

    if ($ENV{TEST_NGINX_SERVROOT}) {
        $ServRoot = $ENV{TEST_NGINX_SERVROOT};
        make_path($ServRoot);
    } else {
        $ServRoot = tempdir('erpsync-t-XXXXXX', TMPDIR => 1);
        chmod 0755, $ServRoot;
        $private = 1;
    }

    $ServerPort = $ENV{TEST_NGINX_PORT} || free_port();
    $ENV{TEST_NGINX_SERVER_PORT} = $ServerPort;
    $ENV{TEST_NGINX_HTML_DIR} = "$ServRoot/html";
}

sub expand($) {
    my $text = shift;
    return $text if !defined $text || ref $text;
    $text =~ s/\$(TEST_NGINX_[_A-Z0-9]+)/
        defined $ENV{$1} ? $ENV{$1} : bail_out("no environment $1")/ge;
    return with_port($text);
}

sub with_port($) { return $_[0] =~ s/\$ServerPort\b/$ServerPort/gr }

# The value of a section for a response: of many, each has its own.

sub indexed($$$) {
    my ($block, $section, $i) = @_;
    my $value = $block->$section;
    return $value->[$i] if ref $value eq 'ARRAY';
    bail_out($block->name, " - $section must be an array, as the requests are")
        if defined $value && $block->many;
    return $value;
}

sub list($) {
    my $value = shift;
    return ref $value eq 'ARRAY' ? @$value
        : ref $value ? $value : split /\n+/, $value;
}

sub write_file($$) {
    my ($path, $data) = @_;
    my ($dir) = $path =~ m{(.*)/};
    make_path($dir) unless -d $dir;
    open my $out, '>', $path or die "cannot write $path: $!";
    binmode $out;
    print $out $data;
    close $out or die "cannot write $path: $!";
}

sub write_user_files($) {
    my $files = shift;

    if (ref $files) {
        for my $file (@$files) {
            my ($name, $data, $time) = @$file;
            write_file("$ServRoot/html/$name", $data);
            utime $time, $time, "$ServRoot/html/$name" if $time;
        }
        return;
    }

    my ($name, $data);
    for my $line (split /^/, $files) {
        if ($line =~ /^>>> (\S+)/) {
            write_file("$ServRoot/html/$name", $data) if defined $name;
            ($name, $data) = ($1, '');
        } elsif (defined $name) {
            $data .= $line;
        }
    }
    write_file("$ServRoot/html/$name", $data) if defined $name;
}

sub write_config($) {
    my $block = shift;
    my $modules = join '', map { "load_module $_;\n" }
        split ' ', $ENV{TEST_NGINX_LOAD_MODULES} || '';
    my ($main, $http, $config) = map { defined $_ ? expand($_) : '' }
        scalar $block->main_config, scalar $block->http_config,
        scalar $block->config;
    my $level = $block->log_level || $log_level;
    my $root = $root_location
        ? "location / { root $ServRoot/html; index index.html index.htm; }"
        : '';
    my $temp = join '', map { "${_}_temp_path $ServRoot/$_;\n" }
        qw(client_body proxy fastcgi uwsgi scgi);
    chomp $level;

    write_file("$ServRoot/conf/nginx.conf", <<"END");
$modules
worker_processes $workers;
daemon off;
master_process $master;
error_log $ServRoot/logs/error.log $level;
pid $ServRoot/logs/nginx.pid;
env ASAN_OPTIONS;
env UBSAN_OPTIONS;
$main
events { worker_connections $connections; accept_mutex off; }
http {
    access_log $ServRoot/logs/access.log;
    default_type text/plain;
    keepalive_timeout 68s;
    $temp
    $http
    server {
        listen 127.0.0.1:$ServerPort;
        server_name '$server_name';
        client_max_body_size 30M;
        $config
        $root
    }
}
END
}

sub start_nginx() {
    my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
    local $ENV{PATH} = "$ENV{PATH}:/usr/sbin:/sbin";

    $pid = fork;
    die "cannot fork: $!" unless defined $pid;

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$ServRoot/logs/error.log";
        open STDERR, '>&', \*STDOUT;
        exec { $binary } $binary, '-p', "$ServRoot/", '-c',
            "$ServRoot/conf/nginx.conf" or POSIX::_exit(127);
    }
}

# 1: nginx answers; 0: it has ended.

sub wait_for_nginx() {
    for (1 .. 6000) {
        if (waitpid($pid, WNOHANG) == $pid) {
            undef $pid;
            return 0;
        }
        return 1 if IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $ServerPort);
        sleep 0.01;
    }
    bail_out("nginx does not start: see $ServRoot/logs/error.log");
}

sub stop_nginx() {
    return unless $pid;
    kill QUIT => $pid;
    for (1 .. 3000) {
        if (waitpid($pid, WNOHANG) == $pid) {
            undef $pid;
            return;
        }
        sleep 0.01;
        kill TERM => $pid if $_ == 2000;
    }
    kill KILL => $pid;
    waitpid $pid, 0;
    undef $pid;
}

# What the log has beyond a position: the checks of each answer begin where
# those of the one before have ended.

sub error_log_lines($) {
    open my $in, '<', "$ServRoot/logs/error.log" or return [];
    seek $in, shift, 0;
    return [<$in>];
}

# Sends pieces, each { value, delay_before }, and reads what comes until the
# end or the timeout.

sub exchange($$$) {
    my ($name, $pieces, $timeout) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $ServerPort) or return ('', "cannot connect: $!");
    my $select = IO::Select->new($socket);
    my ($got, $out, @rest) = ('', '', @$pieces);
    my $deadline = time + $timeout;
    my $next = time + (@rest ? $rest[0]{delay_before} || 0 : 0);

    local $SIG{PIPE} = 'IGNORE';
    $socket->blocking(0);

    while (time < $deadline) {
        if ($out eq '' && @rest && time >= $next) {
            $out = (shift @rest)->{value};
            $next = time + (@rest ? $rest[0]{delay_before} || 0 : 0);
        }

        my ($read, $write) = IO::Select->select($select,
            $out ne '' ? $select : undef, undef, 0.01);

        if ($write && @$write) {
            my $n = syswrite $socket, $out;
            if (defined $n) {
                substr $out, 0, $n, '';
            } elsif (!$!{EAGAIN}) {
                ($out, @rest) = ('');
            }
        }

        if ($read && @$read) {
            my $n = sysread $socket, $got, 65536, length $got;
            return ($got, '') if defined $n && $n == 0;
            return ($got, "read: $!") if !defined $n && !$!{EAGAIN};
        }
    }

    return ($got, 'timeout');
}

sub check_response($$$$) {
    my ($block, $i, $response, $error) = @_;
    my $name = $block->name . ($i ? " (response $i)" : '');
    my $code = defined $block->error_code
        ? indexed($block, 'error_code', $i) // '' : 200;
    my ($headers, $body) = ('', '');

    $code =~ s/\s+//g;
    is($response ? $response->{code} : "none: $error", $code,
        "$name - status code");

    if ($response) {
        $headers = $response->{head};
        $body = $response->{body};
    }

    if (defined $block->response_headers) {
        my $expected = indexed($block, 'response_headers', $i) // '';
        for my $line (split /\n+/, with_port($expected)) {
            if ($line =~ /^\s*!\s*(\S+)/) {
                unlike($headers, qr/^\Q$1\E:/mi, "$name - no header $1");
            } elsif ($line =~ /^(\S+?):\s*(.*?)\s*$/) {
                is(header($headers, $1), $2, "$name - header $1");
            }
        }
    }

    if (defined $block->response_headers_like) {
        my $expected = indexed($block, 'response_headers_like', $i) // '';
        for my $line (split /\n+/, $expected) {
            my ($key, $value) = $line =~ /^(\S+?):\s*(.*?)\s*$/ or next;
            like(header($headers, $key), qr/^$value$/, "$name - header $key");
        }
    }

    check_text($name, 'raw_response_headers', $headers, undef,
        indexed($block, 'raw_response_headers_like', $i),
        indexed($block, 'raw_response_headers_unlike', $i));
    check_text($name, 'response_body', $body,
        indexed($block, 'response_body', $i),
        indexed($block, 'response_body_like', $i),
        indexed($block, 'response_body_unlike', $i));

    $_->($block, $body, $i, 0, undef) for @body_checks;
}

sub check_text($$$$$$) {
    my ($name, $what, $got, $equal, $like, $unlike) = @_;

    if (ref $equal) {
        like($got, $equal, "$name - $what");
    } elsif (defined $equal) {
        is($got, expand($equal), "$name - $what");
    }

    like($got, ref $like ? $like : qr/@{[with_port($like)]}/s,
        "$name - $what like") if defined $like;
    unlike($got, ref $unlike ? $unlike : qr/@{[with_port($unlike)]}/s,
        "$name - $what unlike") if defined $unlike;
}

sub header($$) {
    my ($head, $key) = @_;
    return join ', ', $head =~ /^\Q$key\E:[ \t]*(.*?)[ \t]*\r?$/mgi;
}

sub matching($$) {
    my ($pattern, $lines) = @_;
    return grep { ref $pattern ? $_ =~ $pattern : /\Q$pattern\E/ } @$lines;
}

# nginx may write a line after its answer has gone out.

sub wait_for_error_log($) {
    my $block = shift;
    my @patterns = defined $block->error_log
        ? grep { defined } list($block->error_log) : ();
    my $deadline = time + 10;

    while (time < $deadline) {
        my $lines = error_log_lines($log_read);
        return unless grep { !matching($_, $lines) } @patterns;
        sleep 0.01;
    }
}

sub check_error_log($) {
    my $block = shift;
    my $name = $block->name;
    my $lines = error_log_lines($log_read);
    $log_read += length for grep { /\n\z/ } @$lines;

    if (defined $block->grep_error_log) {
        my ($pattern) = list($block->grep_error_log);
        my $expected = $block->grep_error_log_out;
        ($expected) = @$expected if ref $expected eq 'ARRAY';
        my $found = '';
        chomp $pattern unless ref $pattern;
        for (@$lines) {
            if (ref $pattern ? $_ =~ $pattern : /\Q$pattern\E/) {
                $found .= $& =~ /\n/ ? $& : "$&\n";
            }
        }
        ref $expected ? like($found, $expected, "$name - grep_error_log")
            : is($found, $expected, "$name - grep_error_log");
    }

    if (defined $block->error_log) {
        for my $pattern (list($block->error_log)) {
            next unless defined $pattern;
            ok(scalar matching($pattern, $lines), "$name - error_log: $pattern")
                or diag(@$lines > 40 ? @$lines[-40 .. -1] : @$lines);
        }
    }

    if (defined $block->no_error_log) {
        for my $pattern (list($block->no_error_log)) {
            next unless defined $pattern;
            my @found = matching($pattern, $lines);
            ok(!@found, "$name - no_error_log: $pattern") or diag(@found);
        }
    }
}

sub check_sanitizers($) {
    my $block = shift;
    my @found = grep {
        /ERROR: \w+Sanitizer|runtime error:|SUMMARY: \w*Sanitizer/
    } @{ error_log_lines(0) };

    fail($block->name . ' - a sanitizer reports') if @found;
    diag(@found) if @found;
}

# Sections of which the library looks at the first alone.

sub overlooked($) {
    my $block = shift;

    return map {
        my (undef, @others) = grep { defined $block->$_ } @$_;
        @others;
    } [ qw(response_body response_body_like response_body_unlike) ],
        [ qw(response_headers response_headers_like) ];
}

sub run_block($) {
    my $block = shift;
    my $name = $block->name;

    $log_read = 0;
    remove_tree("$ServRoot/$_") for qw(logs conf html);
    make_path("$ServRoot/logs", "$ServRoot/html", "$ServRoot/conf");

    fail("$name - the library would not look at $_") for overlooked($block);

    write_file("$ServRoot/html/index.html", "It works!\n");
    write_user_files($block->user_files) if defined $block->user_files;
    write_config($block);
    start_nginx();

    if (!wait_for_nginx()) {
        ok(defined $block->must_die, "$name - nginx does not start")
            or diag(@{ error_log_lines(0) });
        check_error_log($block);
        return;
    }

    if (defined $block->must_die) {
        fail("$name - nginx must not start");
        stop_nginx();
        return;
    }

    $block->init && eval $block->init;

    my $timeout = defined $block->timeout ? $block->timeout + 0
        : $default_timeout;
    my $i = 0;
    my @requests = requests_of($block, $server_name, \&expand, \&bail_out);
    my $left = 0;

    bail_out("$name - no request") unless @requests;
    $left += $_->{count} for @requests;
    $block->set_value('many', $left > 1);

    for my $request (@requests) {
        my ($got, $error) = exchange($name, $request->{pieces}, $timeout);

        for (1 .. $request->{count}) {
            if (!defined $block->ignore_response) {
                my $response = take_response(\$got, $request->{head_only});
                check_response($block, $i, $response, $error);
            }

            sleep $block->wait + 0 if defined $block->wait;
            wait_for_error_log($block);
            stop_nginx() unless --$left;
            check_error_log($block);
            $i++;
        }
    }

    check_sanitizers($block);
}

sub run_tests() {
    setup();

    for my $block (blocks()) {
        $_->($block) for @preprocessors;
        run_block($block) for 1 .. $repeat_each;
    }
}

sub cleanup() {
    stop_nginx();
    remove_tree($ServRoot) if $private && !$ENV{TEST_NGINX_NO_CLEAN};
    $private = 0;
}

$SIG{INT} = $SIG{TERM} = sub { cleanup(); exit 130 };

END {
    my $status = $?;
    cleanup() if $owner == $$;
    $? = $status;
}

1;
