# The registry is read again when its file changes: which changes are seen,
# what stays in force meanwhile, and what becomes of open requests.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Digest::SHA qw(sha256_hex);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

use ErpsyncServer;
use ErpsyncTest;

my ($s, $dir);

sub count { my $re = shift; return scalar(() = $s->log =~ /$re/g) }

sub apps { return registry(map { $_ => [ "token-$_" ] } @_) }

sub start {
    my %o = (workers => 1, refresh => '1s', path => 'registry.json',
        main => '', @_);
    $s = ErpsyncServer->new();
    $dir = $s->dir;
    $o{prepare} ? $o{prepare}->()
        : $s->write_file('registry.json', apps('one'));
    $s->start($s->conf(<<"END", events_last => $o{events_last},
    access_log off;
    @{[$s->webapi]}
    server {
        listen 127.0.0.1:@{[$s->port]} reuseport;
        erpsync on;
        erpsync_registry $o{path} refresh=$o{refresh};
        add_header X-App \$erpsync_app always;
        add_header X-Pid \$pid always;
        add_header X-Registry \$erpsync_registry always;
        location / { proxy_pass http://unix:$dir/webapi.sock; }
    }
END
        main => "worker_processes $o{workers};\n$o{main}\n"));
}

sub stop {
    my $name = shift;
    $s->ends_well($name);
    unlike($s->log, qr/token-[a-z]|[0-9a-f]{64}/,
        "$name: no token in the log");
}

sub head {
    my ($app, $length) = @_;
    return $s->request(token => "token-$app", length => $length, body => '',
        headers => [ 'Authorization: Bearer x',
            'Content-Type: application/json' ]);
}

# Status, reason, worker and app of an answer.

sub answer {
    my $answer = shift;
    return ($answer =~ m{^HTTP/1\.1 (\d+)} ? "$1" : 'none',
        $answer =~ /"ErrorType":"(\w+)"/ ? "$1" : '',
        $answer =~ /^X-Pid: (\d+)/mi ? "$1" : '',
        $answer =~ /^X-App: (\S*)/mi ? "$1" : '',
        $answer =~ /^X-Registry: (\S*)/mi ? "$1" : '');
}

sub call {
    my $app = shift;
    return answer($s->call(token => "token-$app"));
}

# Threads of the worker that answers.

sub threads {
    my $worker = (call('one'))[2];
    return scalar(() = glob "/proc/$worker/task/*");
}

sub comes_to {
    my ($app, $status, $name) = @_;
    ok(until_true(sub { (call($app))[0] == $status }), $name)
        or diag($s->log);
}

sub log_comes_to {
    my ($re, $n, $name) = @_;
    until_true(sub { count($re) >= $n });
    is(count($re), $n, $name) or diag($s->log);
}

# Each way to change a file.

start();
is((call('one'))[0], 200, 'the first registry');
SKIP: {
    my $binary = ErpsyncServer::binary();
    skip "$binary is built without threads", 1
        if `'$binary' -V 2>&1` !~ /--with-threads/;
    cmp_ok(threads(), '>', 1, 'a worker has threads');
}

$s->replace_file('registry.json', apps('two'));
comes_to('two', 200, 'by rename: the new app');
my $digest = substr sha256_hex(apps('two')), 0, 12;
$s->log_has(qr/\[notice\] .*registry\.json": loaded, 1 apps, digest $digest/,
    'by rename: the digest');
like($s->log, qr/ digest $digest: added two; removed one\n/,
    'by rename: what changes');
is((answer($s->call(token => 'token-two')))[4], $digest,
    'by rename: $erpsync_registry');
my ($status, $reason) = call('one');
is("$status $reason", '403 app_token_unknown', 'by rename: not the old one');

$s->write_file('registry.json', apps('three', 'more'));
comes_to('three', 200, 'written in place');

# As many bytes, within one tick of the file system's clock, and with the
# same modification time: first as the file is read, then in a row.

for my $name (qw(four five)) {
    my $mtime = (stat "$dir/registry.json")[9];
    $s->write_file('registry.json', apps($name eq 'four' ? 'three' : 'four'));
    $s->write_file('registry.json', apps($name));
    utime $mtime, $mtime, "$dir/registry.json";
    comes_to($name, 200, "the same size and time: $name");
}

# Errors: told with their place, once, and the last good one stays.

my $loaded = qr/registry\.json": (?:loaded|valid again), \d+ apps/;

$s->write_file('registry.json',
    apps('six') =~ s/"sha256": "...../"sha256": "x/r);
my $broken = qr/\[error\]\ .*erpsync:\ registry\ ".*registry\.json":
    \ apps\[0\]\.tokens\[0\]\.sha256:\ must\ be\ 64\ hexadecimal\ digits;
    \ keeping\ the\ version\ loaded\ at\ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/x;
log_comes_to($broken, 1, 'invalid: told with its place');
is((call('five'))[0], 200, 'invalid: the last good one stays');

unlink "$dir/registry.json";
my $missing =
    qr/registry\.json": cannot open: No such file or directory; keeping/;
log_comes_to($missing, 1, 'missing: told');
is((call('five'))[0], 200, 'missing: the last good one stays');
sleep 3.2;
is(count($broken), 1, 'invalid: told once');
is(count($missing), 1, 'missing: told once');

my $before = count($loaded);
$s->write_file('registry.json', apps('six'));
comes_to('six', 200, 'returned: taken');
like($s->log, qr/\[notice\] .*registry\.json": valid again, 1 apps/,
    'returned: told');
is(count($loaded), $before + 1, 'returned: told once');

mkdir "$dir/directory";
unlink "$dir/registry.json";
rename "$dir/directory", "$dir/registry.json";
log_comes_to(qr/registry\.json": cannot read: it is a directory; keeping/, 1,
    'a directory in its place: told');
is((call('six'))[0], 200, 'a directory in its place: the last good one stays');
rmdir "$dir/registry.json";

POSIX::mkfifo("$dir/registry.json", 0644) or die "mkfifo: $!";
log_comes_to(qr/registry\.json": cannot read: it is not a regular file; keeping/, 1,
    'a pipe in its place is not waited for');
unlink "$dir/registry.json";
$s->write_file('registry.json', apps('seven'));
comes_to('seven', 200, 'after the pipe');

# An open request is judged by what is in force when its body is complete.  The
# worker has read its head when it answers a connection that came later.

my $slow = $s->connection();
print $slow head('seven', length $Body), substr $Body, 0, 20;
$slow->flush;
is((call('seven'))[0], 200, 'a request is open');
$s->replace_file('registry.json', apps('eight'));
comes_to('seven', 403, 'revoked: refused');
is((call('eight'))[0], 200, 'revoked: another one is not');
$s->replace_file('registry.json', apps('nine'));
comes_to('nine', 200, 'two snapshots on');
print $slow substr $Body, 20;
my @answer = answer(do { local $/; <$slow> // '' });
is($answer[0], 403, 'an open request is judged by the last one');

# Read while nginx reloads.

for my $i (1 .. 5) {
    $s->replace_file('registry.json', apps("reload-$i"));
    sleep 0.3 * $i;
    $s->signal('HUP');
    $s->replace_file('registry.json', apps("after-$i"));
    comes_to("after-$i", 200, "changed before and after reload $i");
}
stop('threads');

# Symlinks, as a Kubernetes volume has them, and every worker agrees.

start(workers => 2, path => 'volume/registry.json', prepare => sub {
    mkdir "$dir/$_" for 'volume', 'volume/..1', 'volume/..2', 'volume/..3';
    $s->write_file("volume/..$_/registry.json",
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
$s->replace_file('registry.json', apps('two'));
sleep 3;
is((call('two'))[0], 403, 'refresh=0: not taken');
is((call('one'))[0], 200, 'refresh=0: the first one stays');
stop('refresh=0');

# A worker in place of one that died goes by the file as it is now.

start(refresh => '1h');
$s->replace_file('registry.json', apps('two'));
kill KILL => $s->workers();
until_true(sub { (call('one'))[0] ne 'none' });
($status, $reason) = call('one');
is("$status $reason", '403 app_token_unknown', 'another worker: not the old one');
is((call('two'))[0], 200, 'another worker: the new one');
$s->ends_well('another worker', qr/exited on signal 9/);

# Without threads: nginx does not know of them where "http" comes first.

start(events_last => 1);
is(threads(), 1, 'steps: no threads');
my @many = map { "app-$_" } 1 .. 20000;
$s->replace_file('registry.json', apps('two', @many));
comes_to('two', 200, 'steps: a large registry');
is((call('app-20000'))[0], 200, 'steps: its last app');
$s->replace_file('registry.json', apps(@many, 'x') . '}');
log_comes_to(qr/line \d+, column \d+: end of file expected; keeping/, 1,
    'steps: an error');
is((call('two'))[0], 200, 'steps: the last good one stays');
$s->replace_file('registry.json', apps('three'));
comes_to('three', 200, 'steps: valid again');
$s->replace_file('registry.json', apps('four', @many));
$s->signal('HUP');
comes_to('four', 200, 'steps: while nginx reloads');
stop('steps');

# A process without a master.

start(main => 'master_process off;');
$s->replace_file('registry.json', apps('two'));
comes_to('two', 200, 'single process: taken');
stop('single process');

done_testing();
