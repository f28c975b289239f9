# Memory that runs out: each allocation of a worker fails in turn, alone or with
# all after it, while a call is judged and forwarded or refused, and while the
# registry or the tenants file is refreshed.  Whatever fails, the client gets its answer, a 500 or a
# closed connection; the WebAPI gets nothing, or exactly what was judged; and
# the next call is served as if nothing had been.
#
# ERPSYNC_FAULTS=full runs it with every allocation, ERPSYNC_FAULTS=<name> one
# subject alone.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Digest::SHA qw(sha256_hex);
use IO::Select;
use IPC::Open2;
use Test::More;
use Time::HiRes qw(sleep);

use Certificates;
use ErpsyncServer;
use ErpsyncTest;
use FreePort;
use Http2;
use Memory;
use Recorder;

my $subject = $ENV{ERPSYNC_FAULTS} // '';
my $full = $subject ne '';
$subject = '' if $subject eq 'full';

# It is slower, asks for memory itself, and reports what nginx does wrong.

my $sanitizer = $ENV{ASAN_OPTIONS};

my $up = Recorder->new();
my $s = Memory->new();
my ($dir, $http2, $tls, $call) = ($s->dir, free_port(), free_port(),
    '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor');

# The app "narrow" may call no operation of these tests.

my $certificates = Certificates->new($dir);
$certificates->authority(qw(ca localhost));
$certificates->issue($_, 'ca') for qw(acme-erp narrow stranger);

sub certificate_of {
    return sprintf '"certificates": [ { "sha256": "%s" } ]',
        $certificates->sha256($_[0]);
}

$s->write_file('registry.json', registry(
    'acme-erp' => [ $Token, '"agents": ["ErpSync"], '
        . certificate_of('acme-erp') ],
    'narrow' => [ 'token-narrow', '"agents": ["ErpSync"], '
        . '"operations": ["GetConnection"], ' . certificate_of('narrow') ],
    'actor' => [ 'token-actor', '"agents": ["ErpSync"], "tenants": '
        . '["Cust12345"], "crmActorTypes": ["Contact"]' ]));
$s->write_file('tenants.json',
    '{"version":1,"tenants":{"Cust12345":{"host":"a.example"}}}');
mkdir "$dir/html";
$s->write_file('html/page', 'the page');

# Pools of the least size, so that nginx asks malloc() for nearly everything.

$s->start($s->conf(<<"END", level => 'warn'));
    erpsync_zone erpsync:1m;
    log_format all '\$status \$erpsync_decision \$erpsync_reason \$erpsync_app '
        '\$erpsync_app_claimed \$erpsync_tenant_host \$erpsync_violations '
        '\$erpsync_result \$erpsync_registry \$erpsync_app_label_a '
        '\$request_id';
    access_log logs/access.log all;
    limit_req_zone \$erpsync_app zone=apps:1m rate=10000r/s;
    connection_pool_size 112;
    request_pool_size 112;
    client_max_body_size 1m;
    lingering_timeout 1s;
    erpsync on;
    erpsync_registry registry.json;
    erpsync_tenants tenants.json;
    server {
        listen 127.0.0.1:@{[ $s->port ]};
        listen 127.0.0.1:$http2 http2;
        keepalive_requests 1;
        set \$up http://127.0.0.1:@{[ $up->port ]};
        location / {
            limit_req zone=apps burst=1000 nodelay;
            proxy_pass http://127.0.0.1:@{[ $up->port ]};
        }
        location ~ ^/a\\d+(/.*) {
            error_page 400 401 403 422 500 \@webapi;
            proxy_pass \$up\$1;
        }
        location \@webapi { proxy_pass \$up; }
        location ~ ^/g(/.*) {
            error_page 500 \@unjudged;
            proxy_pass \$up\$1;
        }
        location \@unjudged { erpsync off; proxy_pass \$up; }
        location /b/ {
            error_page 403 422 500 /page;
            erpsync_errors off;
            proxy_pass http://127.0.0.1:@{[ $up->port ]}/;
        }
        location = /page { root html; }
        location /c/ {
            mirror /mirror;
            proxy_pass http://127.0.0.1:@{[ $up->port ]}/;
        }
        location = /mirror {
            internal;
            proxy_pass http://127.0.0.1:@{[ $up->port ]}\$request_uri;
        }
        location /d/ {
            erpsync report;
            proxy_pass http://127.0.0.1:@{[ $up->port ]}/;
        }
        location /e/ {
            client_body_in_file_only clean;
            proxy_pass http://127.0.0.1:@{[ $up->port ]}/;
        }
        location = /status { erpsync_status; }
    }
    server {
        listen 127.0.0.1:$tls ssl;
        ssl_certificate localhost.pem;
        ssl_certificate_key localhost.key;
        ssl_verify_client optional;
        ssl_client_certificate ca.pem;
        location / { proxy_pass http://127.0.0.1:@{[ $up->port ]}; }
        location /f/ {
            erpsync_app_token optional;
            proxy_pass http://127.0.0.1:@{[ $up->port ]}/;
        }
        location = /page { root html; }
    }
END

my ($worker) = $s->workers();

# What is sent, with %s in place of the number of the call; where "to" is
# given it is forwarded with that body.  "may" is a status besides 500.

my $json = '{"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact",'
    . '"ErpKey":"%s","ErpActorType":"Customer","FieldValues":[]}';
my $field = '{"DisplayName":"b","CrmFieldKey":"a%s","Value":"c",'
    . '"DisplayValue":"d","SyncToCrm":true,"SyncToErp":false}';
my $fields = $json =~ s/\[\]/'[' . join(',', ($field =~ s{%s}{}r) x 3) . ']'/er;
my $sparse = '{ "erpKey" : "%s", "CrmRecordId": "34", "ErpConnectionId":883, '
    . '"CrmActorType":1, "ErpActorType":"customer" }';
my $xml = '<r><ErpConnectionId>883</ErpConnectionId><CrmRecordId>34'
    . '</CrmRecordId><CrmActorType>Contact</CrmActorType><ErpKey>%s</ErpKey>'
    . '<ErpActorType>Customer</ErpActorType></r>';
my $form = 'ErpConnectionId=883&CrmRecordId=34&CrmActorType=Contact&'
    . 'ErpActorType=Customer&ErpKey=%s';
my $patch = '[' . join(',', map { qq({"op":"add","path":"/$_->[0]",)
    . qq("value":$_->[1]}) } [ ErpConnectionId => 883 ], [ CrmRecordId => 34 ],
    [ CrmActorType => '"Contact"' ], [ ErpKey => '"%s"' ],
    [ ErpActorType => '"Customer"' ]) . ']';
my $wrong = '{"ErpConnectionId":0,"CrmActorType":"X","ErpKey":"%s","Y":1}';

my @calls = (
    { name => 'json', to => $json, step => 1 },
    { name => 'members in another order', body => $sparse, to => $json },
    { name => 'field values', body => $fields, to => $fields,
        headers => [ 'SO-Language: nb-no', 'Accept-Language: de',
            'SO-TimeZone: utc', 'X-HTTP-Method: DELETE',
            'Cookie: a=b', 'Accept: application/json' ],
        uri => "$call?\$select=A,A,%%42&x=1" },
    { name => 'a path that is not canonical', to => $json, step => 1,
        uri => $call =~ s{/api/}{//api/}r },
    { name => 'merge patch', type => 'application/merge-patch+json',
        body => $sparse, to => $json },
    { name => 'patch', type => 'application/json-patch+json', body => $patch,
        to => $json },
    { name => 'xml', type => 'application/xml', body => $xml, to => $json },
    { name => 'xml by expat', type => 'text/xml', to => $json,
        body => "<?xml version='1.0'?><!-- c -->$xml" },
    { name => 'form', type => 'application/x-www-form-urlencoded',
        body => $form, to => $json },
    { name => 'chunks', chunked => 1, body => $sparse, to => $json },
    { name => 'body in a file', uri => "/e$call", body => $sparse,
        to => $json },
    { name => 'grants of the body', token => 'token-actor', body => $sparse,
        to => $json },
    { name => 'error page', uri => "/a1$call", body => $sparse, to => $json,
        times => 2, mirror => 0 },
    { name => 'error page that is not judged', uri => "/g$call",
        body => $sparse, to => $json, times => 2, mirror => 0, step => 1 },
    { name => 'report', uri => "/d$call", body => $sparse, to => $sparse },
    { name => 'report of a violation', uri => "/d$call", body => $wrong,
        to => $wrong },
    { name => 'no token', token => undef, may => 403 },
    { name => 'unknown token', token => 'x', may => 403,
        headers => [ 'Accept: application/problem+json' ] },
    { name => 'no credentials', headers => [ 'Accept: text/xml' ],
        may => 401 },
    { name => 'violations', body => $wrong, may => 422 },
    { name => 'malformed', body => '{"ErpKey":"%s"', may => 400 },
    { name => 'malformed xml', type => 'text/xml', body => '<r>%s<',
        may => 400 },
    { name => 'a duplicate', body => $json =~ s/\}/,"erpkey":1}/r,
        may => 422 },
    { name => 'grant refused', token => 'token-actor', may => 403,
        body => $json =~ s/Contact/Person/r },
    { name => 'error page refused', uri => "/a2$call", body => $wrong,
        may => 422 },
    { name => 'page', uri => "/b$call", body => $wrong, may => 422 },
    { name => 'page, no token', uri => "/b$call", token => undef,
        may => 403 },
    { name => 'mirror refused', uri => "/c$call", body => $wrong,
        may => 422 },
    { name => 'unknown operation', uri => "${call}s", may => 404 },
    { name => 'certificate', tls => 'acme-erp', token => undef, to => $json },
    { name => 'certificate and token', tls => 'acme-erp', to => $json },
    { name => 'certificate of nobody', tls => 'stranger', token => undef,
        may => 403 },
    { name => 'certificate and a token of another app', tls => 'narrow',
        may => 403 },
    { name => 'certificate where nobody may call', tls => 'narrow',
        token => undef, uri => "/f$call", may => 403 },
    map {
        { name => "counters in $_", method => 'GET', may => 200,
            uri => "/status?format=$_" }
    } qw(prometheus json html),
);

# nginx itself forgets a request if it has no memory for the last step of
# starting a subrequest, or of queueing a frame of HTTP/2: the client waits.

my @own = (
    { name => 'mirror', uri => "/c$call", body => $sparse, to => $json,
        times => 2, mirror => 1, late => 1 },
    { name => 'http2', http2 => 1, body => $sparse, to => $json, late => 1 },
    { name => 'http2 refused', http2 => 1, body => $wrong, may => 422,
        late => 1 },
);

# A connection with a client certificate.  When nginx has answered a request
# that is no call, it has the certificate, and has not looked at it.

sub handshake {
    my $name = shift;
    my $pid = open2(my $from, my $to, 'exec openssl s_client -quiet -connect '
        . "127.0.0.1:$tls -cert '$dir/$name.pem' -key '$dir/$name.key' "
        . '2> /dev/null');
    my $text = '';
    print $to "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";
    1 while $text !~ /the page/ && sysread $from, $text, 65536, length $text;
    return { pid => $pid, from => $from, to => $to };
}

# The answer to a request on it, up to its end.

sub converse {
    my ($connection, $request) = @_;
    my ($from, $to) = @$connection{qw(from to)};
    local ($/, $SIG{PIPE}) = (undef, 'IGNORE');
    print $to $request;
    my $answer = <$from>;
    close $to;
    waitpid $connection->{pid}, 0;
    return $answer // '';
}

# Status and body of an answer; "none" where it ends early.

sub ask {
    my ($c, $id, $connection) = @_;
    my @headers = @{ $c->{headers} // [] };
    my $body = sprintf $c->{body} // $json, $id;
    $body = '' if $c->{method};
    push @headers, 'Authorization: Bearer x'
        unless $c->{name} eq 'no credentials';
    push @headers, 'Content-Type: ' . ($c->{type} // 'application/json');
    my $token = exists $c->{token} ? $c->{token} : $Token;
    my $uri = sprintf $c->{uri} // $call;
    my ($status, $answer) = ('none', '');
    local $SIG{ALRM} = sub { die "alarm\n" };
    eval {
        alarm($c->{late} ? 3 : 20);
        if ($c->{http2}) {
            my $socket = $s->connection($http2);
            ($status, $answer) = Http2::request($socket, 'POST', $uri,
                [ (map { [ split /: / ] } @headers),
                    defined $token ? [ 'so-apptoken', $token ] : () ],
                body => $body, length => length $body);

            # the request ends after its answer, unless that fails, too

            local $SIG{PIPE} = 'IGNORE';
            local $SIG{ALRM} = sub { close $socket };
            alarm 1;
            1 while sysread $socket, my $rest, 65536;
        } else {
            my @chunked;
            if ($c->{chunked}) {
                push @headers, 'Transfer-Encoding: chunked';
                $body = join '', map { sprintf "%x\r\n%s\r\n", length, $_ }
                    $body =~ /(.{1,40})/gs, '';
                @chunked = (length => 0);
            }
            my $request = $s->request(method => $c->{method} // 'POST',
                uri => $uri, token => $token, headers => \@headers,
                body => $body);
            $request =~ s/^Content-Length:.*\r\n//m if $c->{chunked};
            ($status, $answer, my $head) = $c->{tls}
                ? ErpsyncServer::parse(converse($connection
                    // handshake($c->{tls}), $request))
                : $s->answer($request);
            my ($length) = $head =~ /^Content-Length: (\d+)/mi;
            $status = 'none' if defined $length && length($answer) < $length;
        }
        1;
    } or $status = $@ eq "alarm\n" ? 'late' : "error: $@";
    alarm 0;
    return ($status, $answer);
}

# All of one call: fails the allocation N for every N, or for some of them.

my $id = 10000000;
my ($started, $answers, $starved, $late) = (0, 0, 0, 0);

sub rest { return $_[0]{head} =~ s/\A[^\n]*//r }

sub starve {
    my ($c, $stay) = @_;
    my (%status, %sent, @bad);
    my $step = $full ? 1 : $c->{step} // ($stay ? 11 : 5);
    $step *= 3 if $sanitizer && $step > 1;
    my $name = $c->{name} . ($stay ? ', all after it' : '');
    my $good = $c->{may} // 200;
    my $worst = 0;

    $up->forget();
    for (my $n = 1 + $started++ % $step; ; $n += $step) {
        my $this = ++$id;
        my $connection = $c->{tls} && handshake($c->{tls});
        $s->starve($n, $stay);
        my ($status) = ask($c, $this, $connection);
        my ($count, $failed) = $s->feed();
        $status{$status}++;
        $sent{$this} = $status;
        $answers++;
        $late++ if $status eq 'late';
        push @bad, "allocation $n: $status"
            unless $status =~ /^(?:$good|500|none)$/
                || $status eq 502 && defined $c->{to}
                || $status eq 'late' && $c->{late};
        my $next = ++$id;
        ($sent{$next}) = ask($c, $next);
        push @bad, "after allocation $n: $sent{$next}" if $sent{$next} ne $good;
        $starved++ if $failed;
        $worst = $n, last if !$failed;
    }
    cmp_ok($worst, '>', 20, "$name: many allocations");
    ok($status{$good}, "$name: at last none fails");
    is_deeply(\@bad, [], "$name: an answer, 500, or none, and the next one");

    # what the WebAPI has got; a mirror's may come later

    my (%times, @wrong);
    if ($c->{times}) {
        my $all = grep { $_ eq $good } values %sent;
        until_true(sub { $up->requests() >= $all + $all * $c->{mirror} });
    }
    my @got = $up->requests();
    my ($like) = map { rest($_) } grep { $_->{body} =~ /$id/ } @got;
    for my $request (@got) {
        my ($of) = $request->{body} =~ /(1\d{7})/;
        $times{$of // 'none'}++;
        push @wrong, $request->{raw} unless defined $c->{to} && defined $of
            && $request->{line} =~ m{^POST (?:/\w\d?)?\Q$call\E[ ?]}
            && rest($request) eq $like
            && $request->{body} eq sprintf $c->{to}, $of;
    }
    is_deeply(\@wrong, [], "$name: what the WebAPI gets was judged");
    is_deeply([ grep { $times{$_} > ($c->{times} // 1) } keys %times ], [],
        "$name: nothing twice");
    is_deeply([ grep { $sent{$_} eq '200' && !$times{$_} } keys %sent ], [],
        "$name: all that is answered was forwarded") if defined $c->{to};
    note("$name: ", join ', ', map { "$_ x $status{$_}" } sort keys %status);

    # nginx 1.22 itself ends where it has no memory for the line of a request
    # of HTTP/2, and logs that line

    my ($now) = $s->workers();
    is($now, $worker, "$name: the worker lives")
        unless $c->{http2} && $now != $worker;
    $worker = $now;
}

sub starve_all {
    for my $c (@_) {
        starve($c, $_) for 0, 1;
    }
}

my @wanted = grep { !$subject || $_->{name} =~ /$subject/ } @calls;

for my $c (@wanted) {
    ask($c, ++$id) for 1 .. 3;
}

my $live = $s->live;
starve_all(@wanted);
sleep 0.2;
cmp_ok($s->live - $live, '<', 50, 'calls: no memory is kept');
starve_all(grep { !$subject || $_->{name} =~ /$subject/ }
    grep { !$_->{http2} || !$sanitizer } @own);

# Also a call for whose context there is no memory is logged and counted; the
# access log then has no decision.

if (!$subject) {
    my $counted = 0;
    my $counters = ($s->answer($s->request(method => 'GET',
        uri => '/status?format=prometheus')))[1];
    $counted += $1
        while $counters =~ /_requests_total\{.*"gateway_failed"\} (\d+)/g;
    my @ids = $s->log =~ /refuse.? reason=gateway_failed .*?request_id=(.*?),/g;
    is($counted, @ids, 'each failure of the gateway is counted');
    my @others = grep { !/ operation=TryConnectActor / && !/TryConnectActors"/ }
        $s->log =~ /^.* reason=gateway_failed .*$/mg;
    is_deeply([ grep { !/ tenant=- operation=- / } @others ], [],
        'and logged with its operation, unless memory ran out before it');
    my %without = map { $_ => 1 }
        $s->read_file('logs/access.log') =~ /^500 -? -? .* (\w+)$/mg;
    cmp_ok(grep({ $without{$_} } @ids), '>', 2, 'also without a context');
}

note("$starved of $answers calls met an allocation that failed");
cmp_ok($starved, '>=', $answers / 2,
    'most calls met an allocation that failed');

# A request that nginx has forgotten is still there when the worker ends.

sub logged_well {
    my $name = shift;
    my $forgotten = $late ? qr/open socket #\d+ left|: aborting/ : qr/(?!)/;
    my @worse = grep { !/\[emerg\] .*(?:malloc|posix_memalign)\(.*\) failed/
        && !/\[alert\] .*exited on signal 11/ && !/\[crit\] .*SSL/ }
        $s->log =~ /^(.*\[(?:crit|alert|emerg)\].*)$/mg;
    is_deeply(\@worse, [], "$name: the log tells of memory alone");
    unlike($s->log, qr/token-|\b$Token|[0-9a-f]{64}/, "$name: no token");
    $s->ends_well($name, qr/\) failed|exited on signal 11|$forgotten/);
}
logged_well('calls');
$late = 0;

# A file that is refreshed: whatever fails, the app that is revoked is refused,
# and the new one is not, after the next refresh at the latest; and likewise
# the tenant in maintenance.
#
#   name         of the file and its directive
#   text         what the file number N has
#   call         options of the call that tells whether file number N is in use
#   then, else   its status if so, and if not
#   between      those with N - 1 and N, whichever of both files is in use

my %registry = (name => 'registry', call => sub { token => "token-$_[0]" },
    then => 200, else => 403, between => qr/^(?:200 403|403 200|200 200)$/,
    text => sub {
        return registry("app-$_[0]" => [ "token-$_[0]" ],
            map { ("other-$_" => [ "other-$_[0]-$_" ]) } 1 .. 20);
    });
my %tenants = (name => 'tenants',
    call => sub { uri => $call =~ s/12345/$_[0]/r },
    then => 503, else => 200, between => qr/^(?:503 200|200 503|503 503)$/,
    text => sub {
        my $away = shift;
        return '{"version":1,"tenants":{' . join(',', map {
            sprintf '"Cust%d":{"host":"a%d.example","state":"%s"}', $_, $away,
                $_ == $away ? 'maintenance' : 'running' } $away .. $away + 20)
            . '}}';
    });

my ($file, $n) = (\%registry, 100);

sub status { return ($s->answer($s->request($file->{call}->($_[0]))))[0] }

sub replace {
    $n++;
    $s->replace_file("$file->{name}.json", $file->{text}->($n));
}

sub gateway {
    my ($refresh, %o) = @_;
    $s = Memory->new();
    $s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
    replace();
    my %refresh = (registry => 0, tenants => 0, $file->{name} => $refresh);
    $s->write_file('tenants.json', $tenants{text}->($n))
        if $file->{name} ne 'tenants';
    $s->start($s->conf(<<"END", %o));
        access_log off;
        server {
            listen 127.0.0.1:@{[ $s->port ]};
            erpsync on;
            erpsync_registry registry.json refresh=$refresh{registry};
            erpsync_tenants tenants.json refresh=$refresh{tenants};
            location / { proxy_pass http://127.0.0.1:@{[ $up->port ]}; }
        }
END
}

sub new_one {
    my $name = shift;
    ok(until_true(sub { status($n) == $file->{then} }), "$name: the new one");
    is(status($n - 1), $file->{else}, "$name: the former one");
}

sub loaded {
    my @lines = $s->log =~ /erpsync: $file->{name} .*: (?:loaded|valid again), /g;
    return scalar @lines;
}

sub refresh {
    (my $name, $file, my %o) = @_;
    return if $subject && $name !~ /$subject/;
    gateway('1s', %o);
    is(status($n), $file->{then}, "$name: in use");
    my $before = loaded();
    $s->starve(1e15, 0);
    replace();
    ok(until_true(sub { loaded() > $before }), "$name: all of it");
    my $last = ($s->feed())[0];
    my ($live, $met) = ($s->live, 0);
    my @at = $full ? 1 .. 1000 : $file == \%registry
        ? (1, 3, 8, 14, 30, $last, 1000) : (2, 9, $last, 1000);
    for my $at (@at) {
        my $stay = $at % 2;
        my $name = "$name, allocation $at";
        my $loaded = loaded();
        $s->starve($at, $stay);
        replace();
        until_true(sub { $s->failed || loaded() > $loaded });
        sleep 0.2 if $stay;
        my $failed = ($s->feed())[1];
        $met++ if $failed;
        like(join(' ', status($n - 1), status($n)), $file->{between},
            "$name: at least one of both");
        new_one($name);
        last if !$failed;
    }
    cmp_ok($met, '>=', $file == \%registry ? 5 : 3,
        "$name: memory ran out");
    ok(until_true(sub { $s->live - $live < 6 }),
        "$name: former files are freed") or diag($s->live - $live);
    logged_well($name);
}

# One thread: OpenSSL keeps a little memory for each.

my $threads = `'@{[ ErpsyncServer::binary() ]}' -V 2>&1` =~ /--with-threads/;

for my $of (\%registry, \%tenants) {
    refresh("refresh of the $of->{name} in a thread", $of,
        main => 'thread_pool default threads=1;') if $threads;
    refresh("refresh of the $of->{name} in steps", $of, events_last => 1);
}

# A worker in place of one that died loads the registry before it serves.  If
# it has no memory for that, it does so soon, and not after "refresh".

sub restart {
    my ($at, $stay) = @_;
    my ($worker) = $s->workers();
    replace();
    $s->starve($at, $stay, 0);
    kill KILL => $worker;
    until_true(sub { my ($new) = $s->workers(); $new && $new != $worker });
    sleep 0.1;
    return $s->feed();
}

sub restarts {
    my $name = 'start of a worker';
    return if $sanitizer || $subject && $name !~ /$subject/;
    $file = \%registry;
    gateway('1h');
    my ($all) = restart(1000000, 0);
    new_one($name);
    my $met = 0;
    for my $before ($full ? 0 .. 40 : (2, 5, 11, 17)) {
        my (undef, $failed) = restart($all - $before, 0);
        $met++ if $failed;
        new_one("$name, $before from the last");
    }
    cmp_ok($met, '>=', 3, "$name: memory ran out");
    $s->stop();
}

restarts();

# A worker that ends does not wait until a thread has loaded a large file.  The
# thread is held at an allocation; once the worker has been told to end, it goes
# on, and needs a small part of what all of the file would need.

sub ending {
    my $name = 'end of a worker while a thread loads';
    return if !$threads || $subject && $name !~ /$subject/;
    $file = \%registry;
    gateway('1s', main => 'thread_pool default threads=1;');
    my ($worker) = $s->workers();
    my $load = sub {
        my $at = shift;
        $s->hold($at);
        $s->replace_file('registry.json', registry("app-$_[0]" => [ "token-$_[0]" ],
            map { ("other-$_" => [ "other-$_[0]-$_" ]) } 1 .. 5000));
    };
    $load->(1e15, $n = 500);
    ok(until_true(sub { status($n) == 200 }), "$name: once it is loaded");
    my $all = $s->count;
    $load->(int($all / 4), 501);
    ok(until_true(sub { $s->count >= int($all / 4) }), "$name: then it is held");
    is(status($n), 200, "$name: the worker serves");
    kill TERM => $worker;
    ok(until_true(sub { $s->log =~ /\] $worker#.*: exiting$/m }),
        "$name: it is told to end");
    my $before = $s->count;
    $s->let_go();
    ok(until_true(sub { !kill 0 => $worker }), "$name: it ends");
    cmp_ok($s->count - $before, '<', $all / 4,
        "$name: and loads no more of it");
    $s->stop();
}

ending();

# A call that waits for the WebAPI keeps the registry and the tenants file that
# it was judged by, also if an allocation failed meanwhile: its line in the log
# names its app and its tenant's host after both files have changed.

sub held {
    my $name = 'files of a call that waits';
    return if $subject && $name !~ /$subject/;
    local $SIG{PIPE} = 'IGNORE';
    my $webapi = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64)
        or die "listen: $!";
    my %waits;
    $s = Memory->new();
    $s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
    $s->write_file('tenants.json',
        '{"version":1,"tenants":{"Cust12345":{"host":"a.example"}}}');
    $s->start($s->conf(<<"END"));
        connection_pool_size 112;
        request_pool_size 112;
        lingering_close off;
        log_format held '\$arg_n \$erpsync_app_claimed '
            '\$erpsync_tenant_host';
        access_log logs/access.log held;
        server {
            listen 127.0.0.1:@{[ $s->port ]};
            erpsync on;
            erpsync_registry registry.json refresh=1s;
            erpsync_tenants tenants.json refresh=1s;
            location / { proxy_pass http://127.0.0.1:@{[ $webapi->sockport ]}; }
            location = /ready { return 204; }
        }
END

    # a worker that is starting would miss the memory

    is(($s->answer("GET /ready HTTP/1.0\r\n\r\n"))[0], 204, "$name: ready");
    my ($worker) = $s->workers();
    my $failed = 1;
    for (my $n = 1; $failed; $n++) {
        my $client = $s->connection();
        $s->starve($n, 0);
        print $client $s->request(uri => "$call?n=$n", token => $Token);
        my $select = IO::Select->new($webapi, $client);
        while (my ($ready) = $select->can_read(20)) {
            last if $ready == $client;
            my $upstream = $webapi->accept;
            next if !sysread $upstream, my $request, 65536;
            $waits{$n} = [ $client, $upstream ];
            last;
        }
        $failed = ($s->feed())[1];
    }
    cmp_ok(keys %waits, '>', 0, "$name: the last one waits at least");
    my $loaded = () = $s->log =~ /: loaded, /g;
    $s->replace_file('registry.json', registry(other => [ $Token ]));
    $s->replace_file('tenants.json',
        '{"version":1,"tenants":{"Cust12345":{"host":"b.example"}}}');
    ok(until_true(sub { (() = $s->log =~ /: loaded, /g) >= $loaded + 2 }),
        "$name: both have changed");
    sleep 0.1;
    for (values %waits) {
        my ($client, $upstream) = @$_;
        print $upstream Recorder::answer();
        close $upstream;
        1 while IO::Select->new($client)->can_read(10)
            && sysread $client, my $answer, 65536;
    }
    my %line;
    ok(until_true(sub {
        %line = $s->read_file('logs/access.log') =~ /^(\d+) (.*)/mg;
        return !grep { !defined $line{$_} } keys %waits;
    }), "$name: each is logged");
    is_deeply([ map { $line{$_} } sort keys %waits ],
        [ ('acme-erp a.example') x keys %waits ], "$name: app and host");
    is(($s->workers())[0], $worker, "$name: the worker lives");
    $s->stop();
}

held();

done_testing();
