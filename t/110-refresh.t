# The registry is read again when its file changes: which changes are seen,
# what stays in force meanwhile, and what becomes of open requests.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use ErpsyncTest;

my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
$ENV{PATH} .= ':/usr/sbin:/sbin';

my $modules = join '', map { "load_module $_;\n" }
    split ' ', $ENV{TEST_NGINX_LOAD_MODULES};
my $deadline = $ENV{ERPSYNC_TEST_DEADLINE} || 60;
my ($dir, $port, $pid);

sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', "$dir/$name" or die "$name: $!";
    print $out $text;
    close $out;
}

sub replace_file {
    my ($name, $text) = @_;
    write_file("$name.new", $text);
    rename "$dir/$name.new", "$dir/$name" or die "rename: $!";
}

sub read_log {
    open my $in, '<', "$dir/logs/error.log" or return '';
    local $/;
    return scalar <$in>;
}

sub count { my $re = shift; return scalar(() = read_log() =~ /$re/g) }

sub apps { return registry(map { $_ => [ "token-$_" ] } @_) }

sub start {
    my %o = (workers => 1, refresh => '1s', path => 'registry.json',
        main => '', events_last => 0, @_);
    $dir = tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $dir;
    mkdir "$dir/logs";
    $o{prepare}->() if $o{prepare};
    write_file('registry.json', apps('one')) unless $o{prepare};
    $port = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
        ->sockport;
    (my $webapi = $ErpsyncTest::WebAPI) =~ s/\$TEST_NGINX_HTML_DIR/$dir/g;
    my $events = "events { }\n";
    my $http = <<"END";
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    $webapi
    server {
        listen 127.0.0.1:$port reuseport;
        erpsync on;
        erpsync_registry $o{path} refresh=$o{refresh};
        add_header X-App \$erpsync_app always;
        add_header X-Pid \$pid always;
        location / { proxy_pass http://unix:$dir/webapi.sock; }
    }
}
END
    write_file('nginx.conf', "$modules daemon off;\n"
        . "worker_processes $o{workers};\nerror_log logs/error.log notice;\n"
        . "pid logs/nginx.pid;\n$o{main}\n"
        . ($o{events_last} ? $http . $events : $events . $http));
    $pid = fork;
    die "fork: $!" unless defined $pid;
    if ($pid == 0) {
        open STDERR, '>>', "$dir/logs/error.log";
        exec { $binary } $binary, '-p', $dir, '-c', 'nginx.conf'
            or POSIX::_exit(127);
    }
    for (1 .. 500) {
        return if IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $port);
        sleep 0.02;
    }
    diag(read_log());
}

sub stop {
    my $name = shift;
    kill QUIT => $pid;
    waitpid $pid, 0;
    my $status = $?;
    undef $pid;
    is($status, 0, "$name: ends well") or diag(read_log());
    my $log = read_log();
    unlike($log, qr/\[(alert|crit|emerg)\]|Sanitizer|runtime error/,
        "$name: nothing worse in the log");
    unlike($log, qr/token-[a-z]|[0-9a-f]{64}/,
        "$name: no token in the log");
}

END {
    my $status = $?;
    if ($pid) {
        kill QUIT => $pid;
        waitpid $pid, 0;
    }
    $? = $status;
}

sub head {
    my ($token, $length) = @_;
    return join "\r\n", 'POST /api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1',
        'Host: localhost', 'Authorization: Bearer x', "SO-AppToken: $token",
        'Content-Type: application/json', 'Connection: close',
        "Content-Length: $length", '', '';
}

sub connection {
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
        Timeout => 10) || die "connect: $!";
}

# Status, reason, worker and app of a call by the token of an app.

sub answer {
    my $socket = shift;
    local $/;
    my $answer = <$socket> // '';
    return ($answer =~ m{^HTTP/1\.1 (\d+)} ? "$1" : 'none',
        $answer =~ /"ErrorType":"(\w+)"/ ? "$1" : '',
        $answer =~ /^X-Pid: (\d+)/mi ? "$1" : '',
        $answer =~ /^X-App: (\S*)/mi ? "$1" : '');
}

sub call {
    my $app = shift;
    my $socket = connection();
    print $socket head("token-$app", length $Body), $Body;
    return answer($socket);
}

# Threads of the worker that answers.

sub threads {
    my $worker = (call('one'))[2];
    return scalar(() = glob "/proc/$worker/task/*");
}

sub until_true {
    my $check = shift;
    my $end = time + $deadline;
    while (time < $end) {
        return 1 if $check->();
        sleep 0.05;
    }
    return 0;
}

sub comes_to {
    my ($app, $status, $name) = @_;
    ok(until_true(sub { (call($app))[0] == $status }), $name)
        or diag(read_log());
}

sub log_comes_to {
    my ($re, $n, $name) = @_;
    until_true(sub { count($re) >= $n });
    is(count($re), $n, $name) or diag(read_log());
}

# Each way to change a file.

start();
is((call('one'))[0], 200, 'the first registry');
cmp_ok(threads(), '>', 1, 'a worker has threads');

replace_file('registry.json', apps('two'));
comes_to('two', 200, 'by rename: the new app');
my ($status, $reason) = call('one');
is("$status $reason", '403 app_token_unknown', 'by rename: not the old one');

write_file('registry.json', apps('three', 'more'));
comes_to('three', 200, 'written in place');

# As many bytes, within one tick of the file system's clock, and with the
# same modification time: first as the file is read, then in a row.

for my $name (qw(four five)) {
    my $mtime = (stat "$dir/registry.json")[9];
    write_file('registry.json', apps($name eq 'four' ? 'three' : 'four'));
    write_file('registry.json', apps($name));
    utime $mtime, $mtime, "$dir/registry.json";
    comes_to($name, 200, "the same size and time: $name");
}

# Errors: told with their place, once, and the last good one stays.

my $loaded = qr/registry\.json": (?:loaded|valid again), \d+ apps/;

write_file('registry.json', apps('six') =~ s/"sha256": "...../"sha256": "x/r);
my $broken = qr/\[error\] .*erpsync: registry ".*registry\.json": apps\[0\]\.tokens\[0\]\.sha256: must be 64 hexadecimal digits; keeping the one loaded at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/;
log_comes_to($broken, 1, 'invalid: told with its place');
is((call('five'))[0], 200, 'invalid: the last good one stays');

unlink "$dir/registry.json";
my $missing = qr/registry\.json": cannot open: No such file or directory; keeping/;
log_comes_to($missing, 1, 'missing: told');
is((call('five'))[0], 200, 'missing: the last good one stays');
sleep 3.2;
is(count($broken), 1, 'invalid: told once');
is(count($missing), 1, 'missing: told once');

my $before = count($loaded);
write_file('registry.json', apps('six'));
comes_to('six', 200, 'returned: taken');
like(read_log(), qr/\[notice\] .*registry\.json": valid again, 1 apps/,
    'returned: told');
is(count($loaded), $before + 1, 'returned: told once');

mkdir "$dir/directory";
unlink "$dir/registry.json";
rename "$dir/directory", "$dir/registry.json";
log_comes_to(qr/registry\.json": cannot read: Is a directory; keeping/, 1,
    'a directory in its place: told');
is((call('six'))[0], 200, 'a directory in its place: the last good one stays');
rmdir "$dir/registry.json";

POSIX::mkfifo("$dir/registry.json", 0644) or die "mkfifo: $!";
log_comes_to(qr/registry\.json": cannot read: not a file; keeping/, 1,
    'a pipe in its place is not waited for');
unlink "$dir/registry.json";
write_file('registry.json', apps('seven'));
comes_to('seven', 200, 'after the pipe');

# An open request keeps what it started with.

my $slow = connection();
print $slow head('token-seven', length $Body), substr $Body, 0, 20;
$slow->flush;
sleep 0.5;
replace_file('registry.json', apps('eight'));
comes_to('seven', 403, 'revoked: refused');
is((call('eight'))[0], 200, 'revoked: another one is not');
replace_file('registry.json', apps('nine'));
comes_to('nine', 200, 'two snapshots on');
print $slow substr $Body, 20;
my @answer = answer($slow);
is("$answer[0] $answer[3]", '200 seven',
    'an open request keeps the snapshot it started with');

# Read while nginx reloads.

for my $i (1 .. 5) {
    replace_file('registry.json', apps("reload-$i"));
    sleep 0.3 * $i;
    kill HUP => $pid;
    replace_file('registry.json', apps("after-$i"));
    comes_to("after-$i", 200, "changed before and after reload $i");
}
stop('threads');

# Symlinks, as a Kubernetes volume has them, and every worker agrees.

start(workers => 2, path => 'volume/registry.json', prepare => sub {
    mkdir "$dir/$_" for 'volume', 'volume/..1', 'volume/..2', 'volume/..3';
    write_file("volume/..$_/registry.json",
        apps(qw(none alpha beta other)[$_])) for 1, 2, 3;
    symlink '..1', "$dir/volume/..data" or die "symlink: $!";
    symlink '..data/registry.json', "$dir/volume/registry.json";
});

sub swap {
    my ($to, $name) = @_;
    symlink $to, "$dir/volume/new" or die "symlink: $!";
    rename "$dir/volume/new", "$dir/volume/$name" or die "rename: $!";
}

sub all_workers {
    my ($app, $name) = @_;
    my %seen;
    ok(until_true(sub {
        my ($status, undef, $worker) = call($app);
        $seen{$worker} = 1 if $status == 200;
        return keys %seen >= 2;
    }), $name) or diag(join ' ', keys %seen);
    return \%seen;
}

sub no_worker {
    my ($app, $name) = @_;
    my %seen;
    until_true(sub {
        my ($status, undef, $worker) = call($app);
        if ($status == 200) { %seen = () } else { $seen{$worker} = 1 }
        return keys %seen >= 2;
    });
    is(scalar keys %seen, 2, $name);
}

all_workers('alpha', 'two workers at the start');
swap('..2', '..data');
all_workers('beta', '..data swapped: both workers');
no_worker('alpha', '..data swapped: the old app in neither');
swap('..3/registry.json', 'registry.json');
all_workers('other', 'the link itself swapped: both workers');
stop('symlinks');

# Never.

start(refresh => 0);
replace_file('registry.json', apps('two'));
sleep 3;
is((call('two'))[0], 403, 'refresh=0: not taken');
is((call('one'))[0], 200, 'refresh=0: the first one stays');
stop('refresh=0');

# Without threads: nginx does not know of them where "http" comes first.

start(events_last => 1);
is(threads(), 1, 'steps: no threads');
my @many = map { "app-$_" } 1 .. 20000;
replace_file('registry.json', apps('two', @many));
comes_to('two', 200, 'steps: a large registry');
is((call('app-20000'))[0], 200, 'steps: its last app');
replace_file('registry.json', apps(@many, 'x') . '}');
log_comes_to(qr/line \d+, column \d+: end of file expected; keeping/, 1,
    'steps: an error');
is((call('two'))[0], 200, 'steps: the last good one stays');
replace_file('registry.json', apps('three'));
comes_to('three', 200, 'steps: valid again');
replace_file('registry.json', apps('four', @many));
kill HUP => $pid;
comes_to('four', 200, 'steps: while nginx reloads');
stop('steps');

# A process without a master.

start(main => 'master_process off;');
replace_file('registry.json', apps('two'));
comes_to('two', 200, 'single process: taken');
stop('single process');

done_testing();
