package Scenarios;

# What fails in tools/soak/faults.pl, one scenario each:
#
#   name, short       short: also in the tests
#   seconds           of load, five times as many in the long form
#   clients, workers  how many, 4 and 2 if not given
#   how               how the stand-in WebAPI fails: see StandIn
#   conf, main, http, location, prepare
#                     parts of the configuration, and what is done before
#   environment       of nginx
#   daemon            nginx is no child
#   run, after        what fails, while the clients run and after them
#   good, bad         outcomes that are right for calls that are allowed (200 if
#                     not given), and for others
#   closes            connections may be closed without an answer
#   servers, times    of the WebAPI; how often a call may be forwarded
#   restarts          the counters begin again
#   must, may         what is counted of calls that are not in the ledger: see
#                     expected() in faults.pl
#   log               lines at "crit" or worse that are expected, and must come
#   skip              why it cannot run here, if it cannot

use strict;
use warnings;

use FreePort;
use Digest::SHA;
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

use ErpsyncServer;
use ErpsyncTest;
use Http2;
use Load;
use StandIn;

my @mounted;
my $no_answer = qr/^(?:200|502 bad_gateway|504 gateway_timeout)$/;

sub new {
    my ($class, $scenario) = @_;
    return bless { %$scenario, failed => [], in_flight => 0, round => 0 },
        $class;
}

sub fail {
    my ($t, $why) = @_;
    push @{ $t->{failed} }, $why;
}

# The app of the clients, and one that comes and goes.

sub apps {
    my ($t, @more) = @_;
    $t->{round}++;
    return ErpsyncTest::registry(good => [ 'token-good' ],
        "round-$t->{round}" => [ "token-round-$t->{round}" ], @more);
}

sub conf {
    my $t = shift;
    my ($s, $up) = @$t{qw(server up)};
    my $workers = $t->{workers} // 2;
    my $upstream = 'server 127.0.0.1:' . $up->port . ' max_fails=0; ';
    $upstream x= $t->{servers} // 1;
    my $user = $> ? '' : 'user ' . (getpwnam('www-data') ? 'www-data'
                                                          : 'nobody') . ';';
    my $main = $t->{main} // '';
    my $events = $t->{events} // '';
    my $conf = $s->conf(<<"END", level => 'notice', main => <<"MAIN");
    access_log off;
    erpsync_zone @{[ $t->{zone} // 'counters:2m' ]};
    client_header_timeout 5s;
    client_body_timeout 2s;
    client_body_buffer_size 8k;
    client_max_body_size 1m;
    proxy_connect_timeout 2s;
    proxy_read_timeout 10s;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    keepalive_timeout 10s;
    keepalive_requests 100000;
    lingering_timeout 1s;
    upstream webapi {
        $upstream
        @{[ $t->{upstream} // '' ]}
        keepalive 8;
    }
    @{[ $t->{http} // '' ]}
    server {
        listen 127.0.0.1:@{[ $s->port ]} backlog=511;
        @{[ $t->{listen} // '' ]}
        erpsync on;
        erpsync_registry @{[ $t->{path} // 'registry.json' ]} refresh=1s;
        location / {
            proxy_pass http://webapi;
            @{[ $t->{location} // '' ]}
        }
        location = /status { erpsync_status; }
    }
END
$user
worker_processes $workers;
worker_shutdown_timeout 20s;
$main
MAIN
    $conf =~ s/^events \{ \}/events { $events }/m;
    return $conf;
}

sub start {
    my $t = shift;
    my $s = $t->{server};
    local %ENV = (%ENV, $t->{environment} ? $t->{environment}->($t) : ());
    chmod 0755, $s->dir;
    if (!$>) {
        my $uid = getpwnam('www-data') // getpwnam('nobody');
        for my $name (qw(client_body proxy)) {
            mkdir $s->dir . "/$name";
            chown $uid, -1, $s->dir . "/$name";
        }
    }
    return $s->start($t->conf()) if !$t->{daemon};

    $s->write_file('nginx.conf', $t->conf());
    system(ErpsyncServer::binary(), '-p', $s->dir, '-c', 'nginx.conf') == 0
        or die "nginx does not start:\n" . $s->log;
    until_true(sub { ($s->{pid}) = $s->read_file('logs/nginx.pid') =~ /(\d+)/ })
        or die "nginx has no pid\n";
}

# Its status, as far as a process can be asked that is no child.

sub stop {
    my $t = shift;
    my $s = $t->{server};
    return $s->stop() if !$t->{daemon};
    my $pid = delete $s->{pid};
    kill QUIT => $pid;
    return until_true(sub { !kill 0 => $pid }) ? 0 : 'nothing';
}

sub replace {
    my ($t, @more) = @_;
    $t->{server}->replace_file('registry.json', $t->apps(@more));
}

# Repeats something until the clients are about to end.

sub every {
    my ($t, $seconds, $what) = @_;
    my $n = 0;
    while (time + $seconds < $t->{load}{until}) {
        sleep $seconds;
        $what->($n++);
    }
    return $n;
}

# Waits until no worker knows an app that was there before the last registry.
# Returns when the last call of that app was sent that was still allowed; 0 if
# none was.

sub settle {
    my $t = shift;
    my $token = 'token-round-' . ($t->{round} - 1);
    my ($in_a_row, $last, $id) = (0, 0, '000000004');
    until_true(sub {
        my $socket = $t->{server}->connection();
        my $call = Load::call_of($id, close => 1)->{request};
        my $sent = time;
        $call =~ s/token-good/$token/;
        print $socket $call;
        my $buffer = '';
        my $outcome = Load::outcome_of($socket, $id, \$buffer);
        $t->{load}->note($id, 'either', $outcome);
        $last = $sent if $outcome eq '200';
        $in_a_row = $outcome =~ /app_token_unknown/ ? $in_a_row + 1 : 0;
        return $in_a_row >= 20;
    }) or $t->fail('the last registry is not in force');
    return $last;
}

our @all;

sub scenario { my ($name, %o) = @_; push @all, { name => $name, %o } }


# The WebAPI

scenario('webapi-killed', short => 1, seconds => 1.5, good => $no_answer,
    closes => 1, run => sub {
        my $t = shift;
        $t->every(0.3, sub { $t->{up}->kill_all(); sleep 0.1;
            $t->{up}->start() });
    });

scenario('webapi-slow', seconds => 1.5, clients => 8,
    location => 'proxy_read_timeout 1s;',
    good => $no_answer, how => sub { $_[0] % 70 == 1 ? 'slow' : '' });

scenario('webapi-closing', short => 1, seconds => 1, good => $no_answer,
    closes => 1, how => sub { (qw(none head body), ('') x 4)[$_[0] % 7] });

scenario('webapi-garbage', seconds => 1, closes => 1,
    good => qr/^(?:200|raw|502 bad_gateway)$/,
    how => sub { (qw(garbage long), ('') x 5)[$_[0] % 7] });

# A server that is down, and two that close: each call may be sent twice.

scenario('retries', seconds => 1, good => $no_answer, times => 2,
    closes => 1, servers => 2, upstream => 'server 127.0.0.1:1 max_fails=0;',
    location => 'proxy_next_upstream error timeout non_idempotent; '
        . 'proxy_next_upstream_tries 3;',
    how => sub { $_[0] % 5 == 1 ? 'none' : '' });

# nginx itself

scenario('reload', short => 1, seconds => 3, closes => 1, run => sub {
        my $t = shift;
        $t->every(0.2, sub {
            $t->replace();
            $t->{server}->signal('HUP') if $_[0] % 5 == 4;
        });
        $t->settle();
    });

scenario('workers-killed', short => 1, seconds => 2, closes => 1,
    log => qr/exited on signal 9/, run => sub {
        my $t = shift;
        $t->every(0.2, sub {
            my @workers = $t->{server}->workers() or return;
            kill KILL => $workers[rand @workers];
            $t->{in_flight} += 4;
        });
    });

# gdb stops a worker where it has the zone's lock, and ends it there.

scenario('zone-lock', seconds => 4, closes => 1,
    log => qr/exited on signal 9|was locked by/, skip => sub {
        system('command -v gdb > /dev/null 2>&1') ? 'gdb is not installed'
            : undef;
    }, run => sub {
        my $t = shift;
        my ($worker) = $t->{server}->workers();
        my $out = join '', do {
            open my $gdb, '-|', "exec timeout 60 gdb -p $worker -batch -nx"
                . " -ex 'break ngx_http_erpsync_add_fault' -ex continue"
                . ' -ex bt -ex kill 2>&1 < /dev/null' or die "gdb: $!";
            <$gdb>;
        };
        if ($out !~ /^#0 .*ngx_http_erpsync_add_fault/m) {
            return $t->fail("gdb: " . substr $out, -400)
                unless $out =~ /ptrace: Operation not permitted/;
            $t->{said} = 'not allowed to trace a worker';
            $t->{log} = undef;
            return;
        }
        $t->{in_flight} += 4;
        $t->{said} = 'a worker died with the lock';
    }, after => sub {
        my $t = shift;

        $t->fail('the lock was not released')
            if $t->{said} =~ /died/ && $t->{server}->log !~ /was locked by/;

        # violations are counted under the lock; the page reads under it

        my ($before) = faults($t);
        $t->{server}->exchange(Load::call_of('000000008',
            close => 1)->{request});
        $t->{load}->note('000000008', 'body', '422 body_invalid');
        until_true(sub { (faults($t))[0] > $before })
            or $t->fail('violations are not counted any more');
    });

sub faults {
    my $t = shift;
    my (undef, $text) = $t->{server}->answer("GET /status?format=json HTTP/1.1"
        . "\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    my $n = 0;
    $n += $1 while $text =~ m{"violations":\[\{[^\]]*?"count":(\d+)}g;
    return $n;
}

# nginx takes the signal only from a daemon.

scenario('upgrade', seconds => 3, short => 1, closes => 1, restarts => 1,
    daemon => 1,
    environment => sub {

        # nginx starts itself again by the path that it was started with

        chomp(my $path = `sh -c 'command -v @{[ ErpsyncServer::binary() ]}'`);
        return (TEST_NGINX_BINARY => $path);
    }, run => sub {
        my $t = shift;
        my $s = $t->{server};
        my $old = $s->pid;
        my $asked = 0;

        # a master that still starts takes a signal only when the next one comes

        until_true(sub {
            kill USR2 => $old if $asked++ % 50 == 0;
            return -s $s->dir . '/logs/nginx.pid.oldbin';
        }) or return $t->fail('no new nginx');
        my $new;
        until_true(sub { ($new) = $s->read_file('logs/nginx.pid') =~ /(\d+)/;
            $new && $new != $old }) or return $t->fail('no new pid');
        sleep 0.5;
        kill QUIT => $old;
        until_true(sub { !kill 0 => $old }) or $t->fail('the old nginx stays');
        $s->{pid} = $new;
    });

# What runs out.  The body of a large call does not fit on the disk.

my $no_room = qr/^(?:200|500 gateway_failed)$/;

scenario('file-limit', short => 1, seconds => 1, good => $no_room,
    location => 'client_body_in_file_only clean;', bad => qr/^[45]\d\d \w/,
    log => qr/\[crit\].*(?:File too large|pwrite)/, closes => 1,
    environment => sub {
        my $t = shift;
        my $nginx = ErpsyncServer::binary();
        $t->{server}->write_file('limited', "#!/bin/bash\ntrap '' XFSZ\n"
            . "ulimit -f 16\nexec $nginx \"\$@\"\n");
        chmod 0755, $t->{server}->dir . '/limited';
        return (TEST_NGINX_BINARY => $t->{server}->dir . '/limited');
    },
    after => sub { $_[0]->seen(qr/^500 gateway_failed$/) });

scenario('disk-full', seconds => 1, good => $no_room,
    bad => qr/^[45]\d\d \w/, location => 'client_body_in_file_only on;',
    log => qr/\[crit\].*No space left/, closes => 1,
    skip => sub { $> ? 'only root may mount a file system' : undef },
    prepare => sub {
        my $t = shift;
        my $dir = $t->{server}->dir . '/client_body';
        mkdir $dir;
        system("mount -t tmpfs -o size=32k,mode=1777 tmpfs '$dir'") == 0
            or $t->fail('mount');
        $t->{mounted} = $dir;
        push @mounted, $dir;
    },
    after => sub {
        my $t = shift;
        $t->seen(qr/^500 gateway_failed$/);
        unlink glob "$t->{mounted}/*";
    });

END { my $status = $?; system('umount', '-l', $_) for @mounted; $? = $status }

# An outcome that the fault must have had, or nothing was tested.

sub seen {
    my ($t, $outcome) = @_;
    $t->fail("no answer like $outcome")
        unless grep { $_->[2] =~ $outcome } $t->{load}->ledger();
}

scenario('descriptors', seconds => 1.5, clients => 12,
    closes => 1, main => 'worker_rlimit_nofile 28;', workers => 1,
    good => qr/^(?:200|500.*|502 bad_gateway)$/, bad => qr/^[45]\d\d/,
    log => qr/Too many open files|worker_connections are not enough/);

scenario('connections', seconds => 1.5, clients => 12,
    closes => 1, events => 'worker_connections 16;', workers => 1,
    good => qr/^(?:200|500.*|502 bad_gateway)$/, bad => qr/^[45]\d\d/,
    log => qr/worker_connections are not enough/);

# Clients

# A call of which a part is sent is not judged: nginx notes that the client left
# if it had read the first line.  If a client closes with a reset, the kernel may
# throw away what nginx has not read.  A call that is sent to its end is allowed
# if the WebAPI received it; if not, nginx may have seen first that the client
# left.

scenario('clients-vanish', seconds => 3,
    location => 'client_body_timeout 30s;', run => sub {
        my $t = shift;
        my $slow = $t->{server}->connection();
        my ($head, $body) = Load::call_of('900000000')->{request}
            =~ /\A(.*?\r\n\r\n)(.*)\z/s;
        syswrite $slow, $head;
        my @complete;
        $t->every(0.02, sub {
            my $n = shift;
            my $id = sprintf '91%07d', 10 * $n;
            my $call = Load::call_of($id)->{request};
            my $length = $n % 3 ? int rand length $call : length $call;
            my $socket = $t->{server}->connection();
            syswrite $socket, substr $call, 0, $length;
            setsockopt $socket, Socket::SOL_SOCKET(), Socket::SO_LINGER(),
                pack 'll', 1, 0 if $n % 2;
            close $socket;
            $t->{gone}++;
            if ($length == length $call) {
                push @complete, $id;
            } elsif ($length >= index($call, ' HTTP/1.1') + 11) {
                $t->{$n % 2 ? 'may' : 'must'}{abort}++;
            }
            syswrite $slow, substr $body, 0, 1, '' if $n % 50 == 0;
        });
        close $slow;
        $t->{must}{abort}++;
        $t->{complete} = \@complete;
        $t->{said} = "$t->{gone} clients left";
    }, after => sub {
        my $t = shift;
        my ($times) = $t->{up}->received();
        for my $id (@{ $t->{complete} }) {
            $t->{may}{$_}++ for $times->{$id} ? () : qw(allow abort);
            $t->{must}{allow}++ if $times->{$id};
        }
    });

scenario('pipelining', short => 1, seconds => 1, run => sub {
        my $t = shift;
        $t->every(0.05, sub {
            my @ids = map { sprintf '92%05d%02d', $_[0], $_ } 0 .. 19;
            my $socket = $t->{server}->connection();
            print $socket map { Load::call_of($_)->{request} } @ids;
            $socket->flush();
            my $buffer = '';
            for my $id (@ids) {
                $t->{load}->note($id, Load::call_of($id)->{kind},
                    Load::outcome_of($socket, $id, \$buffer));
            }
        });
    });

# Streams that are reset (CVE-2023-44487): as soon as they are opened, in their
# body, and when they are judged.  When nginx answers a ping, it has seen what
# is in front of it.

scenario('http2-reset', short => 1, seconds => 1.5, prepare => sub {
        my $t = shift;
        $t->{port2} = free_port();
        $t->{listen} = "listen 127.0.0.1:$t->{port2} http2;";
    }, run => sub {
        my $t = shift;
        my $block = "\x83\x86" . join '', map { Http2::literal(@$_) }
            [ ':path', '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor' ],
            [ ':authority', 'localhost' ], [ 'authorization', 'Bearer x' ],
            [ 'so-apptoken', 'token-good' ],
            [ 'content-type', 'application/json' ];
        my ($streams, $id) = (0, 940000000);
        $t->every(0.05, sub {
            my $socket = $t->{server}->connection($t->{port2});
            my ($open, $reset) = ('', '');
            syswrite $socket, Http2::preface();
            for my $n (0 .. 199) {
                my ($stream, $kind) = (2 * $n + 1, $n % 2 + 2 * ($n >= 100));
                my $head = Http2::frame(1, 4, $stream, $block);
                my $end = Http2::frame(3, 0, $stream, pack 'N', 8);
                my $body = '{"ErpKey":1}';
                $id += 10;
                $body = Load::call_of($id)->{canonical} if $kind == 3;
                if ($kind < 2) {
                    syswrite $socket, $head
                        . ($kind ? Http2::frame(0, 0, $stream, $body) : '')
                        . $end;
                } else {
                    $open .= $head . Http2::frame(0, 1, $stream, $body);
                    $reset .= $end;
                }
                $t->{must}{(qw(abort abort deny allow))[$kind]}++;
            }
            for my $frames ($open, $reset) {
                syswrite $socket, $frames . Http2::frame(6, 0, 0, 'all seen');
                my $in = '';
                1 while $in !~ /\x06\x01\0{4}all seen/
                    && sysread $socket, $in, 65536, length $in;
                $t->fail('no answer to a ping') if $in !~ /all seen/;
            }
            $streams += 200;
        });
        $t->{said} = "$streams streams reset";
    });

# The registry

my @files = (
    [ 'removed' => sub { unlink $_[0] } ],
    [ 'a directory' => sub { unlink $_[0]; mkdir $_[0] } ],
    [ 'a pipe' => sub { unlink $_[0]; POSIX::mkfifo($_[0], 0644) } ],
    [ 'a device' => sub { unlink $_[0]; symlink '/dev/zero', $_[0] } ],
    [ 'huge' => sub {
        open my $out, '>', "$_[0].new" or die;
        truncate $out, 20 * 1024 ** 3;
        rename "$_[0].new", $_[0];
    } ],
    [ 'not readable' => sub { chmod 0, $_[0] } ],
    [ 'half' => sub {
        open my $out, '>', "$_[0].new" or die;
        print $out '{"version":1,"apps":[';
        close $out;
        rename "$_[0].new", $_[0];
    } ],
);

scenario('registry-files', seconds => 3, run => sub {
        my $t = shift;
        my $path = $t->{server}->dir . '/registry.json';
        my @left = @files;
        $t->every(0.3, sub {
            my $file = $left[$_[0] % @left];
            $file->[1]->($path);
            $t->{did}{$file->[0]}++;
            sleep 1.2;                  # longer than "refresh"
            rmdir $path if -d $path && !-l $path;
            $t->replace();
        });
        rmdir $path;
        $t->replace();
        $t->settle();
        $t->{said} = join ', ', sort keys %{ $t->{did} };
    });

# An app is revoked: when is the last call sent that is still allowed?  All
# workers must have refused it one second after "refresh" at the latest.

scenario('revocations', seconds => 6, workers => 4, clients => 8, run => sub {
        my $t = shift;
        my ($n, $longest) = (0, 0);
        $t->every(0.1, sub {
            $t->replace();
            my $revoked = time;
            my $last = $t->settle();
            $longest = $last - $revoked if $last - $revoked > $longest;
            $n++;
        });
        $t->{said} = sprintf '%d revocations, in use after %.1f s at most', $n,
            $longest;
        $t->fail('a revocation took longer than 2 s') if $longest > 2;
    });

scenario('million-apps', seconds => 8, prepare => sub {
        my $t = shift;
        for my $n (0, 1) {
            open my $out, '>', $t->{server}->dir . "/many.$n" or die;
            print $out $t->apps() =~ s/ \] \}\s*\z//r;
            print $out map { sprintf ",\n" . '{"id":"app-%d-%d","agents":[],'
                . '"tokens":[{"sha256":"%s"}]}', $n, $_,
                Digest::SHA::sha256_hex("$n-$_") } 1 .. 1_000_000;
            print $out ']}';
        }
    }, run => sub {
        my $t = shift;
        my $dir = $t->{server}->dir;
        my $loaded = 0;
        $t->every(2, sub {
            my $n = $_[0] % 2;
            link "$dir/many.$n", "$dir/new" or die "link: $!";
            rename "$dir/new", "$dir/registry.json";
            until_true(sub { my $now = () = $t->{server}->log
                =~ /1000002 apps/g; my $more = $now > $loaded;
                $loaded = $now; return $more });
        });
        $t->{said} = "1,000,002 apps loaded $loaded times";
        $t->fail('not loaded') if !$loaded;
    });

# Time.  The app of the second call is valid for an hour.

my $faketime = faketime();

scenario('clock', seconds => 4, skip => sub {
        $faketime ? undef : 'faketime is not installed';
    }, environment => sub {
        my $t = shift;
        $t->{server}->write_file('clock', '+0');
        return (LD_PRELOAD => $faketime, FAKETIME_NO_CACHE => 1,
            FAKETIME_TIMESTAMP_FILE => $t->{server}->dir . '/clock',
            FAKETIME_DONT_FAKE_MONOTONIC => 1, NO_FAKE_STAT => 1);
    }, main => 'env FAKETIME_TIMESTAMP_FILE; env FAKETIME_NO_CACHE; '
        . 'env FAKETIME_DONT_FAKE_MONOTONIC; env NO_FAKE_STAT;', run => sub {
        my $t = shift;
        my @at = (map { POSIX::strftime('%Y-%m-%dT%H:%M:%SZ',
            gmtime(time + $_)) } -3600, 3600);
        my $dated = sub {
            $t->{server}->replace_file('registry.json', ErpsyncTest::registry(
                good => [ 'token-good' ], dated => [ 'token-dated', undef,
                qq(, "notBefore": "$at[0]", "expires": "$at[1]") ],
                "round-$_[0]" => [ "token-round-$_[0]" ]));
        };
        my $n = 0;
        for my $jump ([ '+0', '200' ], [ '+86400', '403' ], [ '+0', '200' ],
            [ '-86400', '403' ], [ '+60', '200' ])
        {
            $t->{server}->replace_file('clock', $jump->[0]);
            $dated->(++$n);
            for my $app ([ dated => $jump->[1] ], [ "round-$n" => 200 ]) {
                my $status;
                until_true(sub {
                    my $socket = $t->{server}->connection();
                    print $socket Load::call_of('000000014', close => 1)
                        ->{request} =~ s/token-good/token-$app->[0]/r;
                    my $buffer = '';
                    my $outcome = Load::outcome_of($socket, '000000014',
                        \$buffer);
                    $t->{load}->note('000000014', 'either', $outcome);
                    $status = $outcome =~ /^(\d+)/ ? $1 : $outcome;
                    return $status eq $app->[1];
                }) or $t->fail("clock at $jump->[0]: $app->[0]: $status");
            }
        }
        $t->replace();
    });

# The zone

scenario('zone-small', seconds => 2, closes => 1,
    prepare => sub {
        my $t = shift;
        $t->{zone} = 'counters:8k';
        my ($least) = $t->{server}->check($t->conf()) =~ /at least (\d+)k/
            or die 'no least size';
        $t->{zone} = "counters:${least}k";
    }, run => sub {
        my $t = shift;
        my @apps = map { ("app-$_" => [ "token-app-$_" ]) } 1 .. 600;
        $t->replace(@apps);
        until_true(sub { $t->{server}->log =~ /602 apps/ });
        my $n = 0;
        $t->every(0.005, sub {
            my $id = sprintf '93%07d', 10 * $n++;
            my $call = Load::call_of($id, close => 1)->{request};
            my $socket = $t->{server}->connection();
            my $app = 1 + $n % 600;
            print $socket $call =~ s/token-good/token-app-$app/r;
            my $buffer = '';
            $t->{load}->note($id, 'json',
                Load::outcome_of($socket, $id, \$buffer));
        });
        $t->{said} = "$n calls of as many apps";
    });

scenario('zone-resized', seconds => 2, closes => 1,
    restarts => 1, run => sub {
        my $t = shift;
        $t->every(0.8, sub {
            $t->{zone} = 'counters:' . (qw(4m 1m 2m))[$_[0] % 3];
            $t->{server}->reload($t->conf());
        });
    });

1;
