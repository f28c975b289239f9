#!/usr/bin/perl
# A fleet in network namespaces, under load, while parts of it fail or change:
#
#   client - HAProxy - three gateways - HAProxy (two) - two WebAPIs
#
# and etcd with the registry.  The configurations are those of deploy/.  Each
# call has an id.  What the clients sent and were answered is compared with
# what the WebAPIs executed: no call may be lost or executed twice.
#
# usage, as root:  run.pl FILE    writes a table to FILE if all is well

use strict;
use warnings;

use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX qw(WNOHANG);
use Time::HiRes qw(lstat sleep time);

my $top = dirname(dirname(dirname(abs_path($0))));
my $build = $ENV{ERPSYNC_BUILD} || "$top/build";
my $refresh = 1;

$ENV{PATH} = "$build:$ENV{PATH}:/usr/sbin:/sbin";

# With its path: nginx does not look for it when it starts a new binary.

my ($nginx) = grep { -f && -x } $ENV{TEST_NGINX_BINARY} // (),
    map { "$_/nginx" } split /:/, $ENV{PATH};
$| = 1;

my %address = (client => 1, front => 10, gw1 => 21, gw2 => 22, gw3 => 23,
    limit1 => 31, limit2 => 32, web1 => 41, web2 => 42, etcd => 50);
my @gateways = qw(gw1 gw2 gw3);
my %token = map { $_ => "token-of-$_" } qw(acme beta late burst);

sub ip { return "10.77.0.$address{$_[0]}" }

sub run {
    system(@_) == 0 or die "@_: exit $?\n";
}

# The network is made, and removed, by the first process; the second is the
# client in it.

if (!$ENV{ERPSYNC_FLEET}) {
    my $name = "erpsync-fleet-$$";
    my $dir = tempdir('erpsync-fleet-XXXXXX', DIR => $ENV{TMPDIR}
        || '/var/tmp');
    my $pid;

    chmod 0755, $dir;
    $SIG{$_} = sub { kill TERM => $pid if $pid } for qw(INT TERM HUP);

    run(qw(ip netns add), "$name-net");
    run(qw(ip -n), "$name-net", qw(link add bridge type bridge));
    run(qw(ip -n), "$name-net", qw(link set bridge up));
    for my $host (sort keys %address) {
        run(qw(ip netns add), "$name-$host");
        run(qw(ip -n), "$name-net", qw(link add), $host, qw(type veth peer
            name eth0 netns), "$name-$host");
        run(qw(ip -n), "$name-net", qw(link set), $host, qw(master bridge up));
        run(qw(ip -n), "$name-$host", qw(link set lo up));
        run(qw(ip -n), "$name-$host", qw(address add), ip($host) . '/24',
            qw(dev eth0));
        run(qw(ip -n), "$name-$host", qw(link set eth0 up));
    }

    $pid = fork // die "fork: $!";
    if ($pid == 0) {
        $ENV{ERPSYNC_FLEET} = $name;
        exec qw(ip netns exec), "$name-client", $^X, $0, $dir, @ARGV;
        die "exec: $!";
    }
    1 while waitpid($pid, 0) == -1 && $!{EINTR};
    my $status = $?;
    system qw(ip netns del), "$name-$_" for 'net', keys %address;
    if ($status == 0 || !$ENV{KEEP}) {
        system 'rm', '-rf', '--one-file-system', $dir;
    } else {
        print "kept: $dir\n";
    }
    exit($status ? 1 : 0);
}

my $name = $ENV{ERPSYNC_FLEET};
my ($dir, $table) = @ARGV;
my (%pid, @rows, @problems);

$SIG{$_} = sub { die "ended by a signal\n" } for qw(INT TERM HUP);

sub text {
    open my $in, '<', $_[0] or return '';
    local $/;
    return scalar <$in> // '';
}

sub put {
    my ($file, $text) = @_;
    open my $out, '>', $file or die "$file: $!";
    print $out $text;
    close $out or die "$file: $!";
}

sub until_true {
    my ($what, $check, $seconds) = @_;
    my $end = time + ($seconds // 60);
    until ($check->()) {
        die "waited in vain: $what\n" if time > $end;
        sleep 0.02;
    }
}

# A program on a host.  "ip" becomes the program: the pid is its own.

sub start {
    my ($what, $host, @command) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$dir/$what.out";
        open STDERR, '>&', \*STDOUT;
        chdir $dir;
        { exec qw(ip netns exec), "$name-$host", @command };
        POSIX::_exit(127);
    }
    $pid{$what} = $pid;
}

# A gateway runs in the background, as on a host, and is not a child.

sub ended {
    my $pid = shift;
    until_true("$pid ends", sub {
        return waitpid($pid, WNOHANG) == $pid || !kill 0 => $pid });
}

sub children {
    my $pid = shift;
    return map { ($_, children($_)) }
        split ' ', text("/proc/$pid/task/$pid/children");
}

# At once, with all that it started: as when a host fails.

sub crash {
    my $what = shift;
    my $pid = delete $pid{$what};
    my @pids = ($pid, children($pid));
    kill KILL => @pids;
    ended($_) for @pids;
}

sub stop {
    my ($what, $signal) = @_;
    my $pid = delete $pid{$what} or return;
    kill $signal => $pid;
    ended($pid);
}

END {
    if (%pid) {
        local $?;
        for my $pid (grep { $_ > 1 } values %pid) {
            kill KILL => $pid, children($pid);
            waitpid $pid, 0;
        }
    }
}

sub get {
    my ($address, $path) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => $address, Timeout => 1)
        or return '';
    print $s "GET $path HTTP/1.0\r\nHost: fleet\r\n\r\n";
    local $/;
    return scalar <$s> // '';
}

# The parts

sub web {
    my $host = shift;
    unlink "$dir/$host.sock";
    start($host, $host, $nginx, '-p', $dir, '-c', "$dir/$host.conf", '-e',
        "$dir/$host.log");
    until_true("$host answers", sub { get(ip($host) . ':8080', '/health') });
}

sub gateway {
    my $host = shift;
    my $file = "$dir/$host/tmp/nginx.pid";
    unlink $file;
    run(qw(ip netns exec), "$name-$host", $nginx, '-e',
        "$dir/$host/error.log", '-c', "$dir/$host/nginx.conf", '-g',
        'worker_processes 2;');
    until_true("$host answers", sub {
        get(ip($host) . ':8081', '/health') =~ / 204 / });
    $pid{$host} = text($file) + 0;
}

# The database is there already if etcd was started before.

sub etcd {
    my $url = 'https://' . ip('etcd') . ':2379';
    start('etcd', 'etcd', 'etcd', '--data-dir', "$dir/etcd", '--log-level',
        'error', '--listen-client-urls', $url, '--advertise-client-urls', $url,
        '--cert-file', "$dir/etcd.pem", '--key-file', "$dir/etcd.key",
        '--trusted-ca-file', "$dir/ca.pem", '--client-cert-auth',
        '--listen-metrics-urls', 'http://' . ip('etcd') . ':2381',
        '--listen-peer-urls', 'http://127.0.0.1:2380');
    until_true('etcd answers', sub { get(ip('etcd') . ':2381', '/health')
        =~ /"true"/ });
}

sub limit {
    my $host = shift;
    start($host, $host, 'haproxy', '-db', '-L', $host, '-f',
        "$top/deploy/fleet/limit.cfg");
}

sub follow {
    my $host = shift;
    as('gateway', sub { start("follow-$host", $host,
        "$top/deploy/fleet/erpsync-registry", 'follow',
        "$dir/$host/registry") });
}

sub prepare {
    put("$dir/$_.conf", webapi_conf($_)) for qw(web1 web2);

    for my $host (@gateways) {
        make_path(map { "$dir/$host/$_" } qw(registry tmp));
        my $conf = text("$top/deploy/image/nginx.conf")
            =~ s{/tmp/}{$dir/$host/tmp/}gr
            =~ s{modules/ngx_http}{$build/ngx_http}r
            =~ s{/etc/nginx/erpsync-audit}{$top/docs/examples/erpsync-audit}r
            =~ s{/dev/stdout}{$dir/$host/audit.log}r
            =~ s{error_log stderr}{error_log $dir/$host/error.log}r
            =~ s{/etc/nginx/conf.d/}{$dir/$host/}r;
        put("$dir/$host/nginx.conf", $conf);
        put("$dir/$host/gateway.conf", text("$top/deploy/fleet/gateway.conf")
            =~ s{/etc/nginx/erpsync/}{$dir/$host/registry/}gr);
    }

    put("$dir/front.cfg", text("$top/deploy/fleet/front.cfg")
        =~ s{/run/haproxy/front.sock}{$dir/front.sock}r);

    run("openssl genpkey -algorithm ed25519 -out '$dir/sign.key' 2> /dev/null");
    run("openssl pkey -in '$dir/sign.key' -pubout -out '$dir/keys.pem'");
    run('cp', "$dir/keys.pem", "$dir/$_/registry/") for @gateways;
    certificates();
}

# Certificates: an authority, etcd, and those whom etcd knows by their names.

sub certificates {
    run(qq{cd '$dir' && umask 077 && openssl req -x509 -newkey ec -nodes
        -pkeyopt ec_paramgen_curve:P-256 -subj /CN=fleet -keyout ca.key
        -out ca.pem 2> /dev/null} =~ s/\n\s+/ /gr);
    my $etcd = ip('etcd');
    for my $who (qw(etcd root publisher gateway)) {
        put("$dir/$who.ext", "subjectAltName = IP:$etcd\n");
        run(qq{cd '$dir' && umask 077 && openssl req -newkey ec -nodes
            -pkeyopt ec_paramgen_curve:P-256 -subj /CN=$who -keyout $who.key
            2> /dev/null | openssl x509 -req -CA ca.pem -CAkey ca.key
            -CAcreateserial -extfile $who.ext -out $who.pem 2> /dev/null}
            =~ s/\n\s+/ /gr);
    }
    $ENV{ETCDCTL_ENDPOINTS} = "https://$etcd:2379";
    $ENV{ETCDCTL_CACERT} = "$dir/ca.pem";
}

# Who etcdctl is, in what is called.

sub as {
    my ($who, $what) = @_;
    local @ENV{qw(ETCDCTL_CERT ETCDCTL_KEY)} = map { "$dir/$who.$_" }
        qw(pem key);
    return $what->();
}

# Who publishes may write; a gateway may read.

sub etcd_users {
    run("etcdctl $_ > /dev/null") for
        'role add publisher', 'role add gateway',
        'role grant-permission publisher --prefix=true readwrite'
            . ' /erpsync/registry/',
        'role grant-permission gateway --prefix=true read /erpsync/registry/',
        (map { "user add --no-password $_" } qw(root publisher gateway)),
        'user grant-role publisher publisher',
        'user grant-role gateway gateway', 'user grant-role root root',
        'auth enable';
}

# Executes calls one after the other, so that some are always on their way.
# A call is written down before its client is answered: one process has both
# servers, and the inner one writes when it has sent its answer to the outer
# one, without waiting for its connection to be closed.

sub webapi_conf {
    my $host = shift;
    return <<"END";
load_module $build/ngx_http_erpsync_webapi_module.so;
daemon off;
pid $dir/$host.pid;
error_log $dir/$host.log;
worker_processes 1;
events { worker_connections 2048; }
http {
    client_body_temp_path $dir/$host-body;
    proxy_temp_path $dir/$host-proxy;
    fastcgi_temp_path $dir/$host-fastcgi;
    uwsgi_temp_path $dir/$host-uwsgi;
    scgi_temp_path $dir/$host-scgi;
    log_format executed escape=none
        '\$msec \$http_x_erpsync_app|\$http_x_erpsync_limit|\$request_body';
    limit_req_zone \$server_port zone=service:64k rate=150r/s;
    server {
        listen unix:$dir/$host.sock;
        access_log $dir/$host.executed executed;
        lingering_close off;
        client_body_buffer_size 64k;
        location / {
            default_type application/json;
            webapi_answer true;
        }
    }
    server {
        listen 8080;
        access_log off;
        location / {
            limit_req zone=service burst=2000;
            proxy_pass http://unix:$dir/$host.sock;
        }
        location = /health { return 204; }
    }
}
END
}

# The registry

sub app {
    my ($id, %o) = @_;
    return { id => $id, agents => [ 'ErpSync' ], tenants => [ 'Cust12345' ],
        tokens => [ { sha256 => sha256_hex($token{$id}) } ], %o };
}

sub json {
    my $value = shift;
    return ref $value eq 'HASH'
        ? '{' . join(',', map { "\"$_\":" . json($value->{$_}) }
            sort keys %$value) . '}'
        : ref $value eq 'ARRAY' ? '[' . join(',', map { json($_) } @$value)
            . ']'
        : ref $value eq 'SCALAR' ? $$value : "\"$value\"";
}

my $sequence = 0;

# Writes it, signs it, puts it in etcd.  Returns its digest, as the gateways
# name it, and when etcd had it.

sub publish {
    my @apps = @_;
    my $file = "$dir/signed.json";
    my $number = ++$sequence;
    put($file, json({ version => \1, sequence => \$number, apps => \@apps }));
    run("erpsyncctl registry sign --key '$dir/sign.key' '$file' > /dev/null"
        . " 2>> '$dir/publish.out'");
    as('publisher', sub {
        run("KEYS='$dir/keys.pem' '$top/deploy/fleet/erpsync-registry' publish"
            . " '$file' >> '$dir/publish.out' 2>&1");
    });
    return (substr(sha256_hex(text($file)), 0, 12), time);
}

# The digest of the registry that each gateway uses.

sub digests {
    return map { get(ip($_) . ':8081', '/status?format=prometheus')
        =~ /^erpsync_registry_info\{.*digest="(\w+)/m ? $1 : '-' } @gateways;
}

sub everywhere {
    my ($digest, $since) = @_;
    until_true("registry $digest at all gateways",
        sub { !grep { index($_, $digest) != 0 } digests() });
    return time - $since;
}

# HAProxy in front: has it taken a gateway in or out?

sub front {
    my $s = IO::Socket::UNIX->new(Peer => "$dir/front.sock")
        or die "front.sock: $!";
    print $s "$_[0]\n";
    local $/;
    return scalar <$s> // '';
}

sub state_of {
    my $host = shift;
    my ($row) = grep { /^gateways,$host,/ } split /\n/, front('show stat');
    my @cells = split /,/, $row;
    return { sessions => $cells[4], status => $cells[17] };
}

# A step: calls, and what happens meanwhile.

my $steps = 0;

sub step {
    my ($title, $what, %o) = @_;
    my $load = "$dir/load-" . ++$steps;
    my $first = $steps * 10_000_000;
    my %executed = map { $_ => -s "$dir/$_.executed" || 0 } qw(web1 web2);
    my @apps = @{ $o{apps} || [ 'acme' ] };

    mkdir $load;
    start('load', 'client', $^X, "$top/tools/fleet/load.pl", $load,
        ip('front') . ':8080', $first, $o{processes} || 16, $o{pause} // 0.005,
        map { "$_=$token{$_}" } @apps);
    my $calls = sub { my $n = () = text("$load/answered") =~ /\n/g; $n };
    until_true('calls are answered', sub { $calls->() >= 100 });
    my $note = $what->($load, $first) // '';

    # more calls, so that what was broken by it is seen

    my $now = $calls->();
    until_true('calls are answered', sub { $calls->() >= $now + 200 })
        unless $o{short};
    put("$load/stop", '');
    waitpid delete $pid{load}, 0;

    account($title, $load, \$note, \%executed, %o);
}

sub account {
    my ($title, $load, $note, $before, %o) = @_;
    my (%sent, %answer, %executed, %n);

    $sent{$_->[0]} = $_ for map { [ split ] } split /\n/, text("$load/sent");
    $answer{$_->[0]} = $_
        for map { [ split ] } split /\n/, text("$load/answered");

    for my $web (keys %$before) {
        for my $line (split /\n/, substr text("$dir/$web.executed"),
            $before->{$web})
        {
            my ($app, $limit, $id) = $line =~
                /^\S+ ([^|]*)\|([^|]*)\|.*"CrmRecordId":(\d+)/ or next;
            push @{ $executed{$id} }, $app;
            $n{forged}++ if $sent{$id} && $app ne $sent{$id}[1];
            $n{stray}++ unless $sent{$id};
        }
    }

    for my $id (keys %sent) {
        my $status = $answer{$id} ? $answer{$id}[4] : 'none';
        my $times = @{ $executed{$id} || [] };
        $n{twice}++ if $times > 1;
        if ($status eq '200') {
            $n{good}++;
            $n{lost}++ if !$times;
        } elsif ($status =~ /^(?:403|429)$/) {
            $n{refused}++;
            $n{wrong}++ if $times;
        } elsif ($status =~ /^50[234]$/) {
            $n{failed}++;
            $n{failed_executed}++ if $times;
        } else {
            $n{none}++;
        }
    }

    $n{$_} //= 0 for qw(good refused failed failed_executed none twice lost
        wrong forged stray);
    my $sent = keys %sent;

    my @bad = map { "$_ $n{$_}" } grep { $n{$_} }
        qw(none twice lost wrong forged stray);
    push @bad, "failed $n{failed}" if $n{failed} && !$o{may_fail};
    push @bad, "refused $n{refused}" if $n{refused} && !$o{may_refuse};
    push @bad, $o{check}->(\%sent, \%answer, \%executed, $note)
        if $o{check};
    push @problems, map { "$title: $_" } @bad;

    push @rows, "| $title | $sent | $n{good} | $n{refused} | $n{failed}"
        . ($n{failed} ? " ($n{failed_executed} executed)" : '')
        . " | $n{none} | $n{lost} | $n{twice} | $$note |";
    printf "%-52s sent %5d, 200 %5d, refused %4d, 502 %3d (%d executed), "
        . "lost %d, twice %d  %s%s\n", $title, $sent,
        @n{qw(good refused failed failed_executed lost twice)}, $$note,
        @bad ? "  WRONG: @bad" : '';
}

sub seconds { return sprintf '%.1f s', $_[0] }

# The run

prepare();
etcd();
as('root', \&etcd_users);
web($_) for qw(web1 web2);
limit($_) for qw(limit1 limit2);

# The clients forge X-Forwarded-For, too: acme may call from their address alone.

my @apps = (app('acme', addresses => [ ip('client') . '/32' ]), app('beta'),
    app('burst', labels => { limit => '50' }));
my ($digest) = publish(@apps);
follow($_) for @gateways;
until_true('the first registry', sub {
    !grep { !-e "$dir/$_/registry/signed.json" } @gateways });
gateway($_) for @gateways;
everywhere($digest, time);
start('front', 'front', 'haproxy', '-db', '-f', "$dir/front.cfg");
until_true('all gateways are up', sub {
    -S "$dir/front.sock" && 3 == grep { state_of($_)->{status} =~ /^UP/ }
        @gateways });

step('nothing happens', sub { sleep 2; return });

step('a gateway is killed', sub {
    crash('gw2');
    until_true('gw2 is out', sub { state_of('gw2')->{status} =~ /^DOWN/ });
    sleep 1;
    gateway('gw2');
    until_true('gw2 is back', sub { state_of('gw2')->{status} eq 'UP' });
    return;
}, may_fail => 1);

step('a WebAPI is killed', sub {
    crash('web1');
    sleep 2;
    web('web1');
    sleep 1;
    return;
}, may_fail => 1);

step('the first HAProxy behind is killed', sub {
    crash('limit1');
    sleep 2;
    limit('limit1');
    sleep 2;
    return;
}, may_fail => 1);

step('a registry with a new app is rolled out', sub {
    push @apps, app('late');
    ($digest, my $since) = publish(@apps);
    my $took = everywhere($digest, $since);
    return 'all gateways after ' . seconds($took);
});

step('the new app calls', sub { return }, apps => [ 'late' ]);

step('a gateway tries to change the registry', sub {
    my $said = as('gateway', sub {
        return `etcdctl put /erpsync/registry/signed.json x 2>&1` });
    push @problems, "a gateway may write: $said"
        unless $? && $said =~ /permission denied/;
    return 'etcd refuses';
});

step('a broken registry is put into etcd', sub {
    as('publisher', sub {
        run("printf '{ \"version\": 1, \"apps\": [ { \"id\": 7 } ] }' |"
            . " etcdctl put /erpsync/registry/signed.json > /dev/null");
    });
    until_true('it is refused', sub { 3 == grep {
        text("$dir/follow-$_.out") =~ /not brought/ } @gateways });
    sleep $refresh + 1;
    my @other = grep { index $_, $digest } digests();
    push @problems, "broken registry: @other" if @other;
    return 'refused on 3 of 3 gateways; they keep the one that they have';
});

step('an app is revoked', sub {
    my ($load, $first) = @_;
    ($digest, my $since) = publish(map { $_->{id} eq 'beta'
        ? { %$_, enabled => \'false' } : $_ } @apps);
    everywhere($digest, $since);
    put("$load/since", $since);
    return;
}, apps => [ 'acme', 'beta' ], may_refuse => 1, check => sub {
    my ($sent, $answer, undef, $note) = @_;
    my $load = "$dir/load-$steps";
    my $since = text("$load/since");
    my ($swap) = sort { $b <=> $a }
        map { (lstat "$dir/$_/registry/..data")[9] } @gateways;
    my @wrong;
    my $last = $since;
    for (values %$answer) {
        my (undef, $app, $at, undef, $status, $type) = @$_;
        push @wrong, "acme $status" if $app eq 'acme' && $status ne '200';
        next unless $app eq 'beta';
        push @wrong, "beta $status $type" unless $status eq '200'
            || $type eq 'app_disabled';
        push @wrong, 'beta before: refused' if $status ne '200'
            && $at < $since - 1;
        next unless $status eq '200';
        $last = $at if $at > $last;
        push @wrong, sprintf 'beta: 200 after %.1f s', $at - $swap
            if $at > $swap + $refresh + 1;
    }
    push @wrong, 'beta was not refused'
        unless grep { $_->[1] eq 'beta' && $_->[4] eq '403' } values %$answer;
    $$note = sprintf 'no gateway forwards its calls after %s, %s of it'
        . ' until the files were there', seconds($last - $since),
        seconds($swap > $since ? $swap - $since : 0);
    return @wrong;
});

step('etcd is killed, and a gateway starts without it', sub {
    crash('etcd');
    front('set server gateways/gw3 state drain');
    until_true('gw3 has no calls', sub { state_of('gw3')->{sessions} == 0 });
    stop('gw3', 'QUIT');
    gateway('gw3');
    front('set server gateways/gw3 state ready');
    until_true('gw3 is back', sub { state_of('gw3')->{status} eq 'UP' });
    sleep 1;
    etcd();
    my @other = grep { index $_, $digest } digests();
    push @problems, "without etcd: @other" if @other;
    return 'the registry stays';
});

step('a gateway is drained, stopped and started', sub {
    front('set server gateways/gw1 state drain');
    until_true('gw1 has no calls', sub { state_of('gw1')->{sessions} == 0 });
    stop('gw1', 'QUIT');
    gateway('gw1');
    front('set server gateways/gw1 state ready');
    until_true('gw1 is back', sub { state_of('gw1')->{status} eq 'UP' });
    return;
});

step('each gateway is upgraded by USR2', sub {
    upgrade($_) for @gateways;
    return;
});

# The old master starts the new one, and ends when its workers have ended.

sub upgrade {
    my $host = shift;
    my $old = $pid{$host};
    kill USR2 => $old;
    until_true("the new $host", sub {
        my $new = (text("$dir/$host/tmp/nginx.pid") || 0) + 0;
        return $new && $new != $old && children($new) >= 2;
    });
    my $new = text("$dir/$host/tmp/nginx.pid") + 0;
    stop($host, 'QUIT');
    $pid{$host} = $new;
}

step('an app sends more than its label allows', sub {
    my ($load) = @_;
    sleep 0.5;
    crash('limit1');
    sleep 1.5;
    limit('limit1');
    sleep 1;
    return '50 calls in 10 seconds, by all gateways together, also after the'
        . ' first HAProxy behind is killed';
}, apps => [ 'burst' ], may_refuse => 1, may_fail => 1, short => 1, pause => 0,
    check => sub {
    my ($sent, $answer, $executed) = @_;
    my $n = keys %$executed;
    my ($begin, $end) = (sort { $a <=> $b } map { $_->[2] } values %$sent)
        [0, -1];
    return ($n == 50 || $end - $begin > 10 ? () : "executed $n, not 50",
        map { "answer $_->[4] $_->[5]" } grep { $_->[4] eq '429'
            && $_->[5] ne 'too_many_requests' } values %$answer);
});

for (@gateways) {
    push @problems, "$_: $1"
        while text("$dir/$_/error.log") =~ /(\[(?:alert|crit|emerg)\].*)/g;
}

if (@problems) {
    print "WRONG: $_\n" for @problems;
    exit 1;
}

my $cores = () = text('/proc/cpuinfo') =~ /^processor/mg;
my ($model) = text('/proc/cpuinfo') =~ /^model name\s*: (.*)/m;
chomp(my @versions = (`$nginx -v 2>&1` =~ m{nginx/\S+}g,
    `haproxy -v` =~ /^(HAProxy) version (\S+)/ ? "$1 $2" : (),
    `etcd --version` =~ /^etcd Version: (\S+)/ ? "etcd $1" : ()));
my ($day, $month, $year) = (gmtime)[3 .. 5];

put($table, join "\n",
    '| what happens under load | calls sent | answered 200 | refused '
    . '| 502, 503, 504 | no answer | lost | executed twice | |',
    '|---|---|---|---|---|---|---|---|---|', @rows, '',
    sprintf('Measured by `make fleet` on %04d-%02d-%02d: %s; %d cores of %s.',
        $year + 1900, $month + 1, $day, join(', ', @versions), $cores, $model),
    '');
print "all steps passed\n";
