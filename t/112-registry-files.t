# What a registry file may be, and what becomes of one that is not: nothing
# blocks the master or a worker, and no change is lost.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use IO::Socket::UNIX;
use JSON::PP qw(decode_json);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

use ErpsyncServer;
use ErpsyncTest;

my ($s, $dir);

sub count { my $re = shift; return scalar(() = $s->log =~ /$re/g) }

sub apps { return registry(map { $_ => [ "token-$_" ] } @_) }

sub conf {
    my %o = (path => 'registry.json', refresh => '1s', main => '', @_);
    return $s->conf(<<"END", events_last => $o{events_last},
    access_log off;
    erpsync_zone counters:1m;
    @{[$s->webapi]}
    server {
        listen 127.0.0.1:@{[$s->port]};
        erpsync on;
        erpsync_registry $o{path} refresh=$o{refresh};
        add_header X-Pid \$pid always;
        location / { proxy_pass http://unix:$dir/webapi.sock; }
        location = /status { erpsync_status; }
    }
END
        main => "worker_processes 1;\n$o{main}\n");
}

sub create {
    $s = ErpsyncServer->new();
    $dir = $s->dir;
    $s->write_file('registry.json', apps('one'));
}

sub call {
    my $answer = $s->call(token => "token-$_[0]");
    return $answer =~ m{^HTTP/1\.1 (\d+)} ? $1 : 'none';
}

sub comes_to {
    my ($app, $status, $name) = @_;
    ok(until_true(sub { call($app) eq $status }), $name) or diag($s->log);
}

sub log_comes_to {
    my ($re, $n, $name) = @_;
    until_true(sub { count($re) >= $n });
    is(count($re), $n, $name) or diag($s->log);
}

sub status { return decode_json(($s->answer("GET /status?format=json HTTP/1.1"
    . "\r\nHost: localhost\r\nConnection: close\r\n\r\n"))[1]) }

# Nothing but a regular file is opened: at the start, at a reload, by a
# refresh.

my $irregular = 'cannot read: it is not a regular file';
my %kinds = (
    pipe => [ $irregular, sub { POSIX::mkfifo($_[0], 0666) } ],
    socket => [ $irregular, sub {
        IO::Socket::UNIX->new(Local => $_[0], Listen => 1) } ],
    device => [ $irregular, sub { symlink '/dev/zero', $_[0] } ],
    terminal => [ $irregular, sub { symlink '/dev/tty', $_[0] } ],
    directory => [ 'cannot read: it is a directory', sub { mkdir $_[0] } ],
    'link to a pipe' => [ $irregular, sub {
        POSIX::mkfifo("$_[0].pipe", 0666); symlink "$_[0].pipe", $_[0] } ],
    'link to itself' => [ 'cannot open: Too many levels of symbolic links',
        sub { symlink $_[0], $_[0] } ],
    sparse => [ "line 1, column 1: '{' expected", sub {
        open my $out, '>', $_[0]; truncate $out, 400 * 2**20 } ],
    'too large' => [ 'cannot read: it is larger than 512 MB', sub {
        open my $out, '>', $_[0]; print $out '{ "version": 1,';
        truncate $out, 5000 * 2**20 } ],
    'UTF-16' => [ 'line 1, column 1: the text is UTF-16 or UTF-32, save it '
        . 'as UTF-8', sub { open my $out, '>:raw', $_[0];
        print $out "\xff\xfe" . apps('one') =~ s/(.)/$1\0/gsr } ],
);

create();
for my $kind (sort keys %kinds) {
    my ($error, $make) = @{ $kinds{$kind} };
    $make->("$dir/$kind") or die "$kind: $!";
    like($s->check(conf(path => "'$kind'")),
        qr/\[emerg\].*"erpsync_registry" "\Q$dir\/$kind\E": \Q$error\E in/,
        "$kind: nginx -t tells");
}

$s->start(conf());
my ($worker) = $s->workers();
for my $kind (sort keys %kinds) {
    my ($error, $make) = @{ $kinds{$kind} };
    my $told = qr/erpsync: registry "[^"]*": \Q$error\E; keeping/;
    my $refused = qr/\[emerg\].*"erpsync_registry" "[^"]*": \Q$error\E in/;
    my ($n, $m) = (count($told), count($refused));

    unlink "$dir/registry.json";
    $make->("$dir/registry.json") or die "$kind: $!";
    log_comes_to($told, $n + 1, "$kind: a refresh tells");
    $s->signal('HUP');
    log_comes_to($refused, $m + 1, "$kind: a reload tells");
    is(call('one'), 200, "$kind: the last good registry stays");
    is_deeply([ $s->workers() ], [ $worker ], "$kind: so does the worker");

    rmdir "$dir/registry.json";
    unlink "$dir/registry.json", "$dir/registry.json.pipe";
}

$s->write_file('registry.json', apps('two'));
comes_to('two', 200, 'a file again: a refresh takes it');
$s->replace_file('registry.json', "\xef\xbb\xbf" . apps('three'));
comes_to('three', 200, 'with a byte order mark');
$s->signal('HUP');
ok(until_true(sub { !grep { $_ == $worker } $s->workers() }),
    'the master takes signals');
comes_to('three', 200, 'and the new worker serves');
$s->ends_well('kinds of files', qr/\[emerg\].*"erpsync_registry"/);

# Memory is missing while a revocation is read: it is not forgotten, though
# the file does not change any more.

SKIP: {
    skip 'no prlimit(1)', 5 if system('command -v prlimit > /dev/null');
    skip 'a sanitizer has its own use of memory', 5 if $ENV{ASAN_OPTIONS};

    # a process may limit those of its own user

    create();
    $s->start(conf(main => $> ? '' : 'user root;'));
    ($worker) = $s->workers();
    comes_to('one', 200, 'memory: registered');
    my ($pages) = do { open my $in, '<', "/proc/$worker/statm"; <$in> };
    my $limit = int($pages =~ s/ .*//sr) * POSIX::sysconf(
        POSIX::_SC_PAGESIZE()) + 2 * 2**20;
    system("prlimit --pid $worker --as=$limit:");
    $s->replace_file('registry.json', apps(map { "app-$_" } 1 .. 100000));
    log_comes_to(qr/cannot read: no memory; keeping/, 1,
        'memory: told, and told once');

    # so long that the state of the file alone says that it is unchanged

    sleep 3.2;
    is(count(qr/no memory; keeping/), 1, 'memory: told once');
    system("prlimit --pid $worker --as=unlimited:");
    comes_to('one', 403, 'memory: revoked by a later refresh');
    is(call('app-100000'), 200, 'memory: all of it is read');
    $s->ends_well('memory');
}

# No thread is free: the queue of the pool is full.

SKIP: {
    my $binary = ErpsyncServer::binary();
    skip "$binary is built without threads", 2
        if `'$binary' -V 2>&1` !~ /--with-threads/;

    create();
    $s->start(conf(main => 'thread_pool default threads=1 max_queue=0;'));
    $s->replace_file('registry.json', apps('two'));
    comes_to('two', 200, 'no thread: read without one');
    $s->ends_well('no thread', qr/thread pool "default" queue overflow/);
}

# A worker that is exiting: it refreshes as long as it serves, and no longer.

for my $threads (1, 0) {
    my $name = $threads ? 'exiting' : 'exiting, in steps';
    create();
    $s->start(conf(events_last => !$threads));
    ($worker) = $s->workers();

    my $slow = $s->connection();
    print $slow $s->request(token => 'token-one', body => '',
        length => length $Body, headers => [ 'Authorization: Bearer x',
            'Content-Type: application/json' ]), substr $Body, 0, 20;
    $slow->flush;
    is(call('one'), 200, "$name: a request is open");

    $s->signal('HUP');
    ok(until_true(sub { !grep { $_ == $worker } $s->workers()
        or count(qr/$worker#\d+: gracefully shutting down/) }),
        "$name: the worker is told to exit");
    $s->replace_file('registry.json', apps('two'));
    log_comes_to(qr/\[notice\] $worker#\d+: erpsync: registry ".*": loaded,/,
        1, "$name: it refreshes");
    $s->replace_file('registry.json', apps('three'));
    log_comes_to(qr/\[notice\] $worker#\d+: erpsync: registry ".*": loaded,/,
        2, "$name: and again");
    $s->write_file('registry.json', '{');
    log_comes_to(qr/\[error\] $worker#\d+: erpsync: registry ".*": line 1/,
        1, "$name: it tells errors");
    $s->write_file('registry.json', apps('three'));

    print $slow substr $Body, 20;
    like(do { local $/; <$slow> // '' }, qr{^HTTP/1\.1 \d+ },
        "$name: its request is answered");
    ok(until_true(sub { count(qr/$worker#\d+: exit$/m) }),
        "$name: then it exits");
    $s->ends_well($name);
}

# More registries than the counters have room for, one after another.

create();
$s->start(conf());
for my $i (1 .. 80) {
    $s->write_file("registry-$i.json", apps(map { "app-$_" } 1 .. $i));
    next unless $i <= 40 || $i == 80;
    $s->reload(conf(path => "registry-$i.json"));
}
is_deeply([ map { "$_->{path} $_->{apps}" } @{ status()->{registries} } ],
    [ "$dir/registry-80.json 80" ], 'many registries: the one in use');

my $locations = join '', map {
    "location = /$_ { erpsync_registry registry-$_.json; return 204; }\n"
} 17 .. 79;
for my $i (1 .. 2) {
    $s->reload(conf() =~ s/(location = .status)/$locations$1/r);
    my %apps = map { $_->{path} =~ /-(\d+)\.json/ ? ($1 => $_->{apps}) : () }
        @{ status()->{registries} };
    is_deeply(\%apps, { map { $_ => $_ } 17 .. 79 },
        "many registries: all in use, $i");
}
unlike($s->log, qr/is not counted/, 'many registries: there is room');
$s->ends_well('many registries');

# glibc allocates storage of each thread when it is first used, and aborts the
# process if it cannot.

SKIP: {
    my ($module) = grep { /erpsync/ }
        split ' ', $ENV{TEST_NGINX_LOAD_MODULES};
    skip 'no readelf', 1 if system('command -v readelf > /dev/null');
    skip 'a sanitizer has its own storage', 1 if $ENV{ASAN_OPTIONS};
    unlike(qx{readelf -lW '$module'}, qr/\bTLS\b/,
        'the module has no storage of each thread');
}

# Workers that cannot read what the master can.

SKIP: {
    skip 'not root', 10 if $> != 0;
    skip 'no user nobody', 10 unless defined getpwnam 'nobody';

    create();
    my $gid = (getpwnam 'nobody')[3];
    my $user = 'nobody ' . getgrgid $gid;
    my $warning = "registry \"$dir/registry.json\" cannot be read by the "
        . "workers' user \"nobody\"";
    $warning = qr/\[warn\].*\Q$warning\E, .*\(13: Permission denied\)/;
    my $tested = sub {
        $s->write_file('user.conf', conf(main => "user $user;"));
        my $binary = ErpsyncServer::binary();
        return qx{'$binary' -t -p '$dir' -c user.conf 2>&1};
    };
    like($tested->(), qr/\A(?!.*\[warn\]).*successful$/s,
        'user: readable by all');
    chmod 0600, "$dir/registry.json";
    like($tested->(), $warning, 'user: root alone');
    chmod 0640, "$dir/registry.json";
    chown 0, $gid, "$dir/registry.json";
    like($tested->(), qr/\A(?!.*\[warn\]).*successful$/s,
        'user: readable by the group');
    mkdir "$dir/closed", 0700;
    rename "$dir/registry.json", "$dir/closed/registry.json";
    symlink 'closed/registry.json', "$dir/registry.json";
    like($tested->(), $warning, 'user: a directory of the path is closed');

    # as in a container that may not change its group: nobody can be asked

    SKIP: {
        my @without = qw(setpriv --bounding-set -setgid --inh-caps -setgid);
        skip 'no setpriv', 1 if system("@without true > /dev/null 2>&1");
        my $binary = ErpsyncServer::binary();
        like(qx{@without '$binary' -t -p '$dir' -c user.conf 2>&1},
            qr/\A(?!.*\[warn\]).*successful$/s, 'user: without CAP_SETGID');
    }

    $s->start(conf(main => "user $user;"));
    like($s->log, $warning, 'user: told at the start');
    my $n = count($warning);
    $s->reload();
    is(count($warning), $n + 1, 'user: told at a reload');
    ok(-e "/proc/@{[$s->pid]}" && (stat "/proc/@{[$s->pid]}")[4] == 0,
        'user: the master is root again');
    $s->ends_well('user');
}

done_testing();
