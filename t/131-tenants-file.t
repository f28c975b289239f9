# The tenants file is loaded again when it changes, as the registry is: which
# changes are seen, what stays in force meanwhile, and what becomes of open
# requests.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

use ErpsyncServer;
use ErpsyncTest;
use Recorder;

my ($s, $dir);
my $webapi = Recorder->new();
my $file = 'tenants.json';

sub count { my $re = shift; return scalar(() = $s->log =~ /$re/g) }

sub tenants {
    my %tenants = @_;
    return '{ "version": 1, "tenants": {' . join(",\n", map {
        qq{"$_": { $tenants{$_} }} } sort keys %tenants) . "} }\n";
}

sub at { my ($host, $more) = @_; return qq{"host": "$host"} . ($more // '') }

my $away = ', "state": "maintenance"';

sub conf {
    my %o = (path => $file, refresh => '1s', main => '', @_);
    return $s->conf(<<"END", events_last => $o{events_last},
    access_log off;
    erpsync_zone counters:1m;
    server {
        listen 127.0.0.1:@{[$s->port]};
        erpsync on;
        erpsync_registry registry.json;
        erpsync_tenants $o{path} refresh=$o{refresh};
        add_header X-Host "<\$erpsync_tenant_host>" always;
        location / { proxy_pass http://127.0.0.1:@{[ $webapi->port ]}; }
        location /host { return 200 "<\$erpsync_tenant_host>"; }
    }
END
        main => "worker_processes 1;\n$o{main}\n");
}

sub create {
    $s = ErpsyncServer->new();
    $dir = $s->dir;
    $s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
    $s->write_file($file, tenants(Cust12345 => at('one.example')));
}

sub host {
    my $answer = $s->exchange("GET /host/Cust12345/x HTTP/1.1\r\nHost: a\r\n"
        . "Connection: close\r\n\r\n");
    return $answer =~ /<(.*)>/ ? $1 : 'none';
}

sub status {
    my $answer = $s->call();
    my ($status) = $answer =~ m{^HTTP/1\.1 (\d+)};
    my ($reason) = $answer =~ /"ErrorType":"(\w+)"/;
    return join ' ', $status // 'none', $reason // ();
}

sub comes_to {
    my ($host, $name) = @_;
    ok(until_true(sub { host() eq $host }), $name) or diag($s->log);
}

sub log_comes_to {
    my ($re, $n, $name) = @_;
    until_true(sub { count($re) >= $n });
    is(count($re), $n, $name) or diag($s->log);
}

# Each way to change a file.

create();
$s->start(conf());
my ($worker) = $s->workers();
is(host(), 'one.example', 'the first file');
$s->replace_file($file, tenants(Cust12345 => at('two.example')));
comes_to('two.example', 'by rename');
log_comes_to(qr/\[notice\] .*erpsync: tenants ".*tenants\.json": loaded, 1 tenants/,
    1, 'by rename: is logged');
$s->write_file($file, tenants(Cust12345 => at('3.example')));
comes_to('3.example', 'in place');
mkdir "$dir/v$_" for 1, 2;
$s->write_file("v1/$file", tenants(Cust12345 => at('four.example')));
$s->write_file("v2/$file", tenants(Cust12345 => at('five.example')));
symlink 'v1', "$dir/data";
unlink "$dir/$file";
symlink "data/$file", "$dir/$file";
comes_to('four.example', 'by a symbolic link');
symlink 'v2', "$dir/data.new";
rename "$dir/data.new", "$dir/data";
comes_to('five.example', 'by a symbolic link on its way');

# Maintenance begins and ends.

$webapi->forget;
is(status(), '200', 'running: forwarded');
$s->write_file($file, tenants(Cust12345 => at('five.example', $away)));
ok(until_true(sub { status() eq '503 tenant_unavailable' }),
    'maintenance begins');
$webapi->forget;
is(status(), '503 tenant_unavailable', 'maintenance: refused');
is_deeply([ $webapi->requests ], [], '... and the WebAPI is not contacted');
is(host(), 'five.example', '... but the host is known');
$s->write_file($file, tenants(Cust12345 => at('six.example')));
ok(until_true(sub { status() eq '200' }), 'maintenance ends');

# Errors: logged with their place, once; the last good file stays.

$s->write_file($file, tenants(Cust12345 => at('six.example', ', "stat": 1')));
my $broken = qr/\[error\]\ .*erpsync:\ tenants\ ".*tenants\.json":
    \ tenants\.Cust12345:\ unknown\ member\ "stat";
    \ keeping\ the\ version\ loaded\ at\ \d{4}-/x;
log_comes_to($broken, 1, 'invalid: its place is logged');
is(host(), 'six.example', 'invalid: the last good file stays');
unlink "$dir/$file";
log_comes_to(qr/tenants\.json": cannot open: No such file or directory; keep/,
    1, 'missing: is logged');
is(status(), '200', 'missing: the last good file stays');
sleep 2.2;
is(count($broken), 1, 'invalid: logged once');
$s->write_file($file, tenants(Cust12345 => at('seven.example')));
comes_to('seven.example', 'returned');
log_comes_to(qr/\[notice\] .*tenants ".*tenants\.json": valid again, 1 tenants/,
    1, 'returned: is logged');
is_deeply([ $s->workers() ], [ $worker ], 'the worker is the same');
like($s->log, qr/\A(?!.*registry ".*": (?:loaded|valid))/s,
    'the registry is not loaded again');

# A call whose body is on its way is judged by the file then in force.

sub open_call {
    my $slow = $s->connection();
    print $slow $s->request(body => '', length => length $Body, headers => [
        'Authorization: Bearer x', 'Content-Type: application/json' ]),
        substr $Body, 0, 20;
    $slow->flush;
    return $slow;
}

sub finish {
    my $slow = shift;
    print $slow substr $Body, 20;
    local $/;
    return scalar(<$slow>) // '';
}

my $slow = open_call();
is(status(), '200', 'a call is open');
$s->write_file($file, tenants(Cust12345 => at('eight.example', $away)));
ok(until_true(sub { status() =~ /^503/ }), 'maintenance begins meanwhile');
$webapi->forget;
like(finish($slow), qr{^HTTP/1\.1\ 503\ .*\nX-Host:\ <eight\.example>\r\n
    .*"ErrorType":"tenant_unavailable"}sx, '... and the call is refused');
is_deeply([ $webapi->requests ], [], '... and the WebAPI is not contacted');

$s->write_file($file, tenants(Cust12345 => at('nine.example')));
comes_to('nine.example', 'maintenance ends');
$slow = open_call();
is(status(), '200', 'another call is open');
$s->write_file($file, tenants(Cust12345 => at('ten.example')));
comes_to('ten.example', 'the tenant moves meanwhile');
like(finish($slow), qr{^HTTP/1\.1 200 .*\nX-Host: <ten\.example>\r\n}s,
    '... and the call goes to the new host');
$s->ends_well('changes');

# A worker that is exiting goes on to look at the file.

for my $threads (1, 0) {
    my $name = $threads ? 'exiting' : 'exiting, in steps';
    create();
    $s->start(conf(events_last => !$threads));
    ($worker) = $s->workers();
    $slow = open_call();
    is(status(), '200', "$name: a call is open");
    $s->signal('HUP');
    ok(until_true(sub { count(qr/$worker#\d+: gracefully shutting down/) }),
        "$name: the worker is told to exit");
    $s->write_file($file, tenants(Cust12345 => at('two.example', $away)));
    log_comes_to(qr/\[notice\] $worker#\d+: erpsync: tenants ".*": loaded,/, 1,
        "$name: it loads the file");
    like(finish($slow), qr{^HTTP/1\.1 503 .*"tenant_unavailable"}s,
        "$name: and refuses the call");
    ok(until_true(sub { count(qr/$worker#\d+: exit$/m) }),
        "$name: then it exits");
    $s->ends_well($name);
}

# Snapshots are freed, also while a request holds an old one.

SKIP: {
    skip 'a sanitizer has its own use of memory', 3 if $ENV{ASAN_OPTIONS};
    my $resident = sub {
        my ($worker) = $s->workers();
        open my $in, '<', "/proc/$worker/statm" or return 0;
        return (split ' ', <$in>)[1] * POSIX::sysconf(POSIX::_SC_PAGESIZE());
    };
    my $large = sub { return tenants(Cust12345 => at($_[0]),
        map { ("Cust7$_" => at("host-with-a-long-name-$_.example.com")) }
            1 .. 100_000) };

    create();
    $s->write_file($file, $large->('start.example'));
    $s->start(conf());
    $slow = open_call();
    is(status(), '200', 'memory: a call is open');
    my $most = $resident->();
    for my $i (1 .. 5) {
        $s->replace_file($file, $large->("a$i.example"));
        comes_to("a$i.example", "memory: file $i");
    }
    like(finish($slow), qr{^HTTP/1\.1 200 }, 'memory: the call is answered');
    ok(until_true(sub { $resident->() < $most + 24 * 2**20 }),
        'memory: five snapshots later, it is as at the start')
        or diag($most, ' ', $resident->());
    $s->ends_well('memory');
}

# Workers that cannot read what the master can.

SKIP: {
    skip 'not root', 2 if $> != 0;
    skip 'no user nobody', 2 unless defined getpwnam 'nobody';
    create();
    chmod 0600, "$dir/$file";
    my $user = 'nobody ' . getgrgid +(getpwnam 'nobody')[3];
    my $warning = "tenants \"$dir/$file\" cannot be read by the workers' user";
    $s->start(conf(main => "user $user;"));
    like($s->log, qr/\[warn\].*\Q$warning\E "nobody"/, 'user: is warned of');
    unlike($s->log, qr/registry ".*" cannot be read/, 'user: the other file');
    $s->ends_well('user');
}

done_testing();
