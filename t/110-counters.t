# What is counted, where it survives, and how it is served.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Digest::SHA qw(sha256_hex);
use File::Copy qw(copy);
use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64);
use POSIX ();
use Test::More;
use Time::Local qw(timegm);

use ErpsyncServer;
use ErpsyncTest;

my $s = ErpsyncServer->new();
my ($dir, $port) = ($s->dir, $s->port);

# Nothing but a reload reads the registry again: readings are counted.

sub conf {
    my ($http, $server) = @_;
    return $s->conf(<<"END", main => 'worker_processes 2;');
    log_format full '\$erpsync_decision \$erpsync_reason \$erpsync_app '
        '\$erpsync_operation \$erpsync_result \$status';
    access_log logs/access.log full;
    $http
    server {
        listen unix:$dir/webapi.sock;
        access_log off;
        location / { default_type application/json; return 200 true; }
        location /false/ { default_type application/json; return 200 false; }
    }
    server {
        listen 127.0.0.1:$port;
        client_max_body_size 4k;
        client_body_buffer_size 1k;
        erpsync on;
        erpsync_registry registry.json refresh=0;
        $server
        location / { proxy_pass http://unix:$dir/webapi.sock; }
        location /onsite/ {
            erpsync_installation onsite;
            proxy_pass http://unix:$dir/webapi.sock;
        }
        location /reported/ {
            erpsync report;
            proxy_pass http://unix:$dir/webapi.sock;
        }
    }
END
}

# The line that "nginx -t" fails with, or nothing.

sub test_conf {
    my $out = $s->check(conf(@_));
    return $out =~ /\[emerg\] (?:\d+#\d+: )?(.*)/ ? $1 : $out;
}

sub call {
    my ($token, $body, %with) = @_;
    return ($s->answer($s->request(method => $with{method} || 'POST',
        uri => ($with{prefix} || '') . '/api/v1/Agents/ErpSync/'
            . ($with{operation} || 'TryConnectActor'),
        token => $token, body => $body, headers => [
            'Authorization: ' . ($with{authorization} || 'Bearer x'),
            'Content-Type: ' . ($with{type} || 'application/json'),
            @{ $with{headers} || [] } ])))[0];
}

sub status {
    my ($query, $method, @headers) = @_;
    return $s->answer(join "\r\n", ($method || 'GET')
        . " /status$query HTTP/1.1", 'Host: localhost', 'Connection: close',
        @headers, '', '');
}

sub counters { return decode_json((status('?format=json'))[1]) }

sub sum { my $n = 0; $n += $_ for @_; return $n }

# A request is counted after its answer was read, in its app at last; and
# another worker may be asked while it is.

sub settled {
    my $n = sum(@_);
    until_true(sub {
        my $c = counters();
        return sum(map { values %{ $_->{total} } } @{ $c->{apps} },
            $c->{no_app}) >= $n;
    });
    return counters();
}

# Prometheus: values by name and labels; promtool must find no fault.

sub prometheus {
    my (undef, $text) = status('');
    open my $tool, '|-', "promtool check metrics > '$dir/promtool' 2>&1"
        or die "promtool: $!";
    print $tool $text;
    close $tool;
    is($?, 0, 'promtool finds no fault') or diag $s->read_file('promtool');
    return { map { /^(.*) (\S+)$/ ? ($1 => $2) : () }
        grep { !/^#/ } split /\n/, $text };
}

# An id may have 64 characters

my $globex = 'globex-' . 'x' x 57;
my $registry = registry('acme-erp' => [ $Token ],
    $globex => [ 'token-globex', '"agents": []' ],
    'other' => [ 'token-other' ]);
$s->write_file('registry.json', $registry);

# Directives

my $zone = 'erpsync_zone erpsync:1m;';
my $status = 'location = /status { erpsync_status; }';

for my $case (
    [ '', $status, qr/^"erpsync_status" needs "erpsync_zone" in \S+:\d+$/ ],
    [ 'erpsync_zone erpsync;', '',
        qr/^invalid value "erpsync" in "erpsync_zone" directive in / ],
    [ 'erpsync_zone :1m;', '', qr/^invalid value ":1m" in "erpsync_zone"/ ],
    [ 'erpsync_zone erpsync:x;', '',
        qr/^invalid value "erpsync:x" in "erpsync_zone"/ ],
    [ 'erpsync_zone erpsync:64k;', '',
        qr/^"erpsync_zone"\ "erpsync:64k"\ is\ too\ small,
            \ at\ least\ \d+k\ are\ needed\ in\ /x ],
    [ "$zone $zone", '', qr/^"erpsync_zone" directive is duplicate/ ],
    [ 'limit_req_zone $uri zone=erpsync:1m rate=1r/s;' . $zone, '',
        qr/"erpsync" is already declared|conflicts with already declared/ ],
    [ "$zone erpsync_status;", '',
        qr/"erpsync_status" directive is not allowed here/ ],
    [ $zone, 'erpsync_status;',
        qr/"erpsync_status" directive is not allowed here/ ],
    [ $zone, 'location = /s { erpsync_status; erpsync_status; }',
        qr/"erpsync_status" directive is duplicate/ ],
    [ $zone, 'location = /s { erpsync_status on; }',
        qr/invalid number of arguments in "erpsync_status"/ ],
) {
    my ($http, $server, $said) = @$case;
    like(test_conf($http, $server), $said, "nginx -t: $http $server");
}

my ($least) = test_conf('erpsync_zone erpsync:64k;', '')
    =~ /at least (\d+)k/;
my $small = "erpsync_zone erpsync:${least}k;";
is(test_conf($small, $status), '', 'nginx -t: the least size is enough');
$s->write_file('logs/error.log', '');

# Every kind of request, each once

my $errors = '
    location @refused { add_header X-Page refused always; return 403; }
    location /redirected/ {
        error_page 403 = @refused;
        erpsync_errors off;
        proxy_pass http://unix:' . $dir . '/webapi.sock;
    }
    location /mirrored/ {
        mirror /mirror;
        mirror /busy;
        proxy_pass http://unix:' . $dir . '/webapi.sock;
    }
    location = /mirror {
        internal;
        log_subrequest on;
        proxy_pass http://unix:' . $dir . '/webapi.sock;
    }
    location /denied/ { deny all; }
    location = /busy { internal; log_subrequest on; return 503; }
    location /off/ { erpsync off; return 200; }';
$s->start(conf($zone, "$status $errors"));

my $before = counters();
is_deeply($before->{total}, { allow => 0, deny => 0, report => 0, abort => 0 },
    'at first nothing is counted');
is($before->{registries}[0]{apps}, 3, 'the registry and its apps');
is($before->{registries}[0]{reloads_ok}, 1, 'the first reading counts');

(my $loose = $Body) =~ s/,/ , /g;
my $large = '{"x":"' . 'y' x 5000 . '"}';
my ($in, $out) = (0, 0);

sub expect {
    my ($wanted, $name, @call) = @_;
    is(call(@call), $wanted, $name);
}

expect(200, 'canonical', $Token, $Canonical);
$in += length $Canonical; $out += length $Canonical;
expect(200, 'not canonical', $Token, $loose);
$in += length $loose; $out += length $Canonical;
expect(200, 'false', $Token, $Body, prefix => '/false');
$in += length $Body; $out += length $Canonical;
expect(200, 'an app named other', 'token-other', $Body);
$in += length $Body; $out += length $Canonical;
expect(403, 'not granted', 'token-globex', $Body);
expect(403, 'unknown token', 'secret-token', $Body);
expect(422, 'invalid', $Token, '{}');
$in += 2;
expect(400, 'malformed', $Token, '{"ErpKey":"secret-value"');
$in += 24;
expect(404, 'no operation', $Token, $Body, operation => 'Nothing');
expect(405, 'method', $Token, '', method => 'PUT');
expect(413, 'too large', $Token, $large);
expect(415, 'media type', $Token, $Body, type => 'text/plain');
expect(401, 'empty credentials', $Token, $Body, authorization => ' ');
expect(200, 'report: refused by its token', 'secret-token', $Body,
    prefix => '/reported');
$in += length $Body; $out += length $Body;
expect(200, 'report: refused by its body', $Token, '{ }',
    prefix => '/reported');
$in += 3; $out += 3;
expect(200, 'report: good', $Token, $loose, prefix => '/reported');
$in += length $loose; $out += length $loose;
expect(403, 'an error page of the site', 'secret-token', $Body,
    prefix => '/redirected');
expect(200, 'mirrored', $Token, $Body, prefix => '/mirrored');
$in += length $Body; $out += length $Canonical;
expect(200, 'onsite, with a password', undef, $Body, prefix => '/onsite',
    authorization => 'Basic ' . encode_base64('tje0:secret-password', ''));
$in += length $Body; $out += length $Canonical;
expect(403, 'the site itself refuses: not judged to the end', $Token, $Body,
    prefix => '/denied');
expect(200, 'judged nowhere', $Token, $Body, prefix => '/off');

my $c = settled(7, 10, 2);
is_deeply($c->{total}, { allow => 7, deny => 10, report => 2, abort => 0 },
    'each is counted once');
is_deeply($c->{hour}, $c->{total}, 'and in the last hour');

my %counted = map {
    ("$_->{operation} $_->{decision} $_->{reason}" => $_->{count})
} @{ $c->{requests} };
is_deeply(\%counted, {
    'TryConnectActor allow ok' => 7,
    'TryConnectActor deny agent_not_granted' => 1,
    'TryConnectActor deny app_token_unknown' => 2,
    'TryConnectActor deny body_invalid' => 1,
    'TryConnectActor deny body_malformed' => 1,
    'TryConnectActor deny body_too_large' => 1,
    'TryConnectActor deny content_type_unsupported' => 1,
    'TryConnectActor deny credentials_malformed' => 1,
    'TryConnectActor deny method_not_allowed' => 1,
    'none deny operation_unknown' => 1,
    'TryConnectActor report app_token_unknown' => 1,
    'TryConnectActor report body_invalid' => 1,
}, 'by operation, decision and reason');

is(sum(@{ $c->{minutes}{$_} }), $c->{total}{$_}, "minutes: $_")
    for qw(allow deny report);
is_deeply({ map { ($_->{reason} => $_->{hour}) } grep {
    $_->{reason} eq 'app_token_unknown' } @{ $c->{reasons} } },
    { app_token_unknown => { allow => 0, deny => 2, report => 1, abort => 0 } },
    'reasons of the last hour');
is_deeply($c->{results}{total},
    { true => 8, false => 1, null => 0, error => 0, other => 0 }, 'results');
is_deeply($c->{results}{hour}, $c->{results}{total},
    'results of the last hour');
is_deeply($c->{body_bytes}, { in => $in, out => $out }, 'bytes of bodies');
is($c->{gate_nanoseconds}{total}{count}, 19, 'every request has a gate time');
cmp_ok($c->{gate_nanoseconds}{sum}, '>', 0, 'which is measured');
is(sum(@{ $c->{gate_nanoseconds}{hour}{buckets} }), 19,
    'also in the last hour');

my %app = map { ($_->{app} => $_) } @{ $c->{apps} };
is_deeply([ sort keys %app ], [ 'acme-erp', $globex, 'other' ],
    'apps');
is_deeply($app{$globex}{total},
    { allow => 0, deny => 1, report => 0, abort => 0 }, 'an app and its decisions');
is($app{$globex}{refused}{reason}, 'agent_not_granted', 'its last refusal');
is_deeply($app{$globex}{reasons}, [ { decision => 'deny',
    reason => 'agent_not_granted', total => 1, hour => 1 } ],
    'why it was refused');
my %cause = map { ("$_->{decision} $_->{reason}" => $_->{total}) }
    @{ $app{'acme-erp'}{reasons} };
is_deeply(\%cause, {
    'deny body_invalid' => 1, 'deny body_malformed' => 1,
    'deny body_too_large' => 1, 'deny content_type_unsupported' => 1,
    'deny credentials_malformed' => 1, 'deny method_not_allowed' => 1,
    'deny operation_unknown' => 1, 'report body_invalid' => 1,
}, 'another app, with what was only reported');
my @no_app = map { [ @{$_}{qw(decision reason total hour)} ] }
    @{ $c->{no_app}{reasons} };
is_deeply(\@no_app, [ [ 'deny', 'app_token_unknown', 2, 2 ],
    [ 'report', 'app_token_unknown', 1, 1 ] ], 'and requests without one');
my %place = map { ($_->{place} => $_->{count}) }
    @{ $app{'acme-erp'}{violations} };
my %most = (':syntax' => 1, map { ("/$_:required" => 2) }
    qw(ErpConnectionId CrmRecordId CrmActorType ErpKey ErpActorType));
is_deeply([ sort keys %place ], [ sort keys %most ],
    'the violations of its bodies');

# of two workers at once, only one counts them

ok(!(grep { $place{$_} < 1 || $place{$_} > $most{$_} } keys %place),
    'and how often they were seen at least');
is_deeply($app{$globex}{recent}, $app{$globex}{hour}, 'the last five minutes');
is_deeply($app{other}{total}, { allow => 1, deny => 0, report => 0, abort => 0 },
    'an app named other is in the bucket of that name');
is(sum(map { values %{ $_->{total} } } values %app, $c->{no_app}), 19,
    'with and without app: all');

my $p = prometheus();
is($p->{'erpsync_requests_total{operation="TryConnectActor",'
    . 'decision="allow",reason="ok"}'}, 7, 'Prometheus: requests');
is($p->{qq(erpsync_app_requests_total{app="$globex",decision="deny"})}, 1,
    'Prometheus: apps');
is($p->{qq(erpsync_app_refusals_total{app="$globex",)
    . 'reason="agent_not_granted"}'}, 1, 'Prometheus: refusals of an app');
is($p->{'erpsync_app_refusals_total{app="acme-erp",reason="body_invalid"}'},
    1, 'Prometheus: without what was only reported');
is($p->{'erpsync_results_total{result="true"}'}, 8, 'Prometheus: results');
is($p->{'erpsync_upstream_responses_total{class="2xx"}'}, 9,
    'Prometheus: answers of the WebAPI');
is($p->{erpsync_upstream_seconds_count}, 9, 'Prometheus: their time');
my ($build) = grep { /^erpsync_build_info/ } keys %$p;
like($build, qr/^erpsync_build_info\{version="\d[\w.-]+",nginx="[\d.]+"\}$/,
    'Prometheus: versions');
is($p->{'erpsync_body_bytes_total{direction="in"}'}, $in,
    'Prometheus: bytes in');
is($p->{'erpsync_body_bytes_total{direction="out"}'}, $out,
    'Prometheus: bytes out');
is($p->{erpsync_gate_seconds_count}, 19, 'Prometheus: gate time');
is($p->{'erpsync_gate_seconds_bucket{le="+Inf"}'}, 19,
    'Prometheus: the last bucket has all');
is(sprintf('%.0f', $p->{erpsync_gate_seconds_sum} * 1e9),
    $c->{gate_nanoseconds}{sum}, 'Prometheus: its sum');
is($p->{erpsync_registry_apps}, 3, 'Prometheus: apps of the registry');
is($p->{'erpsync_registry_reloads_total{outcome="ok"}'}, 1,
    'Prometheus: reloads');
ok(abs($p->{erpsync_registry_loaded_timestamp_seconds} - time) < 3600,
    'Prometheus: when it was read');

# How it is served

for my $case (
    [ '', undef, 'text/plain; version=0.0.4; charset=utf-8' ],
    [ '', '*/*', 'text/plain; version=0.0.4; charset=utf-8' ],
    [ '', 'application/openmetrics-text;version=1.0.0;q=0.5,'
        . 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
        'text/plain; version=0.0.4; charset=utf-8' ],
    [ '', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
        'text/html; charset=utf-8' ],
    [ '', 'application/json', 'application/json; charset=utf-8' ],
    [ '', 'text/html;q=0.1, application/json;q=0.2',
        'application/json; charset=utf-8' ],
    [ '?format=html', 'application/json', 'text/html; charset=utf-8' ],
    [ '?a=b&format=prometheus', 'text/html',
        'text/plain; version=0.0.4; charset=utf-8' ],
) {
    my ($query, $accept, $type) = @$case;
    my (undef, undef, $head) = status($query, 'GET',
        defined $accept ? "Accept: $accept" : ());
    like($head, qr/^Content-Type: \Q$type\E\r?$/m,
        "$query " . ($accept || 'no Accept') . ": $type");
    like($head, qr/^Cache-Control: no-store\r?$/m, 'not to be stored');
}

like((status('?format=html'))[2], qr/^Content-Security-Policy:\ default-src
    \ 'none';\ script-src\ 'nonce-(\S+)';\ style-src\ 'nonce-\1';\ [^\r]*
    \ form-action\ 'none'\r?$/mx, 'what the page may do, as a whole');
is((status('?format=xml'))[0], 400, 'no such format');
my ($code, undef, $head) = status('', 'POST', 'Content-Length: 0');
is($code, 405, 'POST is not allowed');
like($head, qr/^Allow: GET, HEAD\r?$/m, 'but GET and HEAD');
($code, my $body, $head) = status('?format=json', 'HEAD');
is("$code $body", '200 ', 'HEAD has no body');
like($head, qr/^Content-Length: [1-9]/m, 'but a length');
is_deeply(counters()->{total}, $c->{total}, 'none of that is counted');

for my $format (qw(html json prometheus)) {
    my (undef, $text) = status("?format=$format&x=secret-query");
    unlike($text, qr/secret-|tje0|\Q$Token\E/, "no secret in $format");
}

# What survives: a reload, a worker's death; and what does not

$s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
$s->reload();
my $after = counters();
is_deeply($after->{total}, $c->{total}, 'a reload keeps the counters');
is_deeply($after->{apps}, $c->{apps}, 'also of apps that are gone');
is($after->{registries}[0]{reloads_ok}, 2, 'a reload reads the registry');

my ($worker) = $s->workers();
kill KILL => $worker;
until_true(sub {
    $s->log =~ /worker process $worker exited on signal 9/
});
is((settled(7, 10, 2))->{gate_nanoseconds}{total}{count}, 19,
    'a worker that dies takes none with it');

# Several workers and clients at once: nothing is lost

my @clients = map {
    my $client = fork;
    die "fork: $!" unless defined $client;
    if ($client == 0) {
        for (1 .. 100) { call($_ % 2 ? $Token : 'secret-token', $Body) }
        POSIX::_exit(0);
    }
    $client;
} 1 .. 4;
waitpid $_, 0 for @clients;
$c = settled(207, 210, 2);
is_deeply($c->{total}, { allow => 207, deny => 210, report => 2, abort => 0 },
    'four clients, two workers: all are counted');
is($c->{gate_nanoseconds}{total}{count}, 419, 'with their gate time');
is(sum(map { $_->{total}{allow} } @{ $c->{apps} }, $c->{no_app}), 207,
    'by their app');

# A flood of apps: the zone's size does not change, and nothing is lost

my %flood = map { ("app-$_" => [ "token-$_" ]) } 1 .. 300;
$s->write_file('registry.json', registry(%flood));
$s->reload(conf($small, $status));
$c = counters();
is($c->{registries}[0]{apps}, 300, 'many apps');
is_deeply($c->{total}, { allow => 0, deny => 0, report => 0, abort => 0 },
    'a zone of another size begins anew');
my $capacity = $c->{apps_capacity};
cmp_ok($capacity, '>=', 64, 'the least zone has room for some apps');
cmp_ok($capacity, '<', 300, 'but not for all of these');
call("token-$_", $Body) for 1 .. 300;
$c = settled(300, 0, 0);
is($c->{total}{allow}, 300, 'all are allowed');
cmp_ok($c->{apps_counted}, '<=', $capacity, 'no more apps than have room');
cmp_ok($c->{apps_counted}, '>=', $capacity * 3 / 4, 'most of it is used');
my ($other) = grep { $_->{app} eq 'other' } @{ $c->{apps} };
is($other->{total}{allow}, 300 - $c->{apps_counted},
    'the others are in one bucket');
is(sum(map { $_->{total}{allow} } @{ $c->{apps} }), 300, 'none is lost');
prometheus();

# Expiry: of apps that may call, the next one first; names and digest

my @dated = ('acme-erp' => [ $Token, '"agents": ["ErpSync"],
        "name": "Acme \\"ERP\\""', ', "expires": "2031-02-03T04:05:06Z"' ],
    'soon' => [ 'token-soon', undef, ', "expires": "2030-01-01T00:00:00Z"' ],
    'over' => [ 'token-over', undef, ', "expires": "2020-01-01T00:00:00Z"' ],
    'off' => [ 'token-off', '"agents": ["ErpSync"], "enabled": false',
        ', "expires": "2030-01-01T00:00:00Z"' ],
    'no-agent' => [ 'token-no', '"agents": []',
        ', "expires": "2030-01-01T00:00:00Z"' ],
    'never' => [ 'token-never' ]);
my $text = registry(@dated);
$text =~ s/("id": "soon", "tokens": \[)/$1 { "sha256": "${\('0' x 64)}",
    "expires": "2029-01-01T00:00:00Z" },/;
$s->write_file('registry.json', $text);
$s->reload(conf($zone, "$status erpsync_unknown_properties strip;"));
(my $more = $Body) =~ s/\}$/,"A":{"secret-name":1},"B":2}/;
call($_, $more) for $Token, 'token-never', 'token-over', 'token-off';
$c = settled(2, 2, 0);
%app = map { ($_->{app} => $_) } @{ $c->{apps} };
is_deeply($c->{unknown_properties},
    [ { operation => 'TryConnectActor', count => 4 } ],
    'unknown members of the bodies that were forwarded');
is($app{'acme-erp'}{name}, 'Acme "ERP"', 'the name of an app');
is($app{'acme-erp'}{expires}, 1927857906, 'when its token expires');
is_deeply([ @{ $app{never} }{qw(name expires)} ], [ '', undef ],
    'an app without either');
is($app{over}{reasons}[0]{reason}, 'app_token_expired',
    'an expired token counts for its app');
is($app{off}{reasons}[0]{reason}, 'app_disabled', 'a disabled app as well');
is_deeply([ map { "$_->{app} $_->{expires}" } @{ $c->{expiring} } ],
    [ 'over 1577836800', 'soon 1893456000', 'acme-erp 1927857906' ],
    'what expires, the last token of each');
$p = prometheus();
is_deeply({ map { /^erpsync_app_token_expires_timestamp_seconds\{(.*)\}/
    ? ($1 => $p->{$_}) : () } keys %$p },
    { 'app="over"' => 1577836800, 'app="soon"' => 1893456000,
        'app="acme-erp"' => 1927857906 }, 'Prometheus: expiry');
is($p->{'erpsync_unknown_properties_total{operation="TryConnectActor"}'}, 4,
    'Prometheus: unknown members');
my $digest = substr sha256_hex($text), 0, 12;
is($c->{registries}[0]{digest}, $digest, 'the digest of the registry');
my ($info) = grep { /^erpsync_registry_info/ } keys %$p;
is($info, 'erpsync_registry_info{path="' . $c->{registries}[0]{path}
    . qq(",digest="$digest"}), 'Prometheus: the digest');

# Of the violations of an app, eight places are kept, those that occur most;
# a count is never more than what was counted.

$s->reload(conf('erpsync_zone erpsync:1536k;', $status)
    =~ s/worker_processes 2/worker_processes 1/r);
my @names = map { 'Member' . chr(ord('A') + $_) } 0 .. 19;
for my $n (0 .. 19) {
    (my $body = $Body) =~ s/\}$/,"$names[$n]":1}/;
    call($Token, $body) for 1 .. ($n < 3 ? 6 : 1);
}
call($Token, $Body =~ s/\}$/,"qw123":1}/r) for 1 .. 4;
$c = settled(0, 39, 0);
my %violation = map { ($_->{place} => $_->{count}) }
    @{ $c->{apps}[0]{violations} };
is(scalar keys %violation, 8, 'eight places of violations');
is_deeply([ @violation{map { "/$_:unknown" } @names[0 .. 2]} ], [ 6, 6, 6 ],
    'the most frequent ones are exact');
ok((grep { $_ eq '/?:unknown' } keys %violation)
    && !grep { /qw123/ } keys %violation, 'what may be a token is not shown');
ok(!(grep { my ($i) = /Member(\w)/; $violation{$_}
    > (defined $i && $i !~ /[ABC]/ ? 1 : 6) } keys %violation),
    'none is counted too often');

# A place counts once for each body; places of the same length are several.

(my $twins = $Body) =~ s/\}$/,"TwinA":1,"TwinB":1,"FieldValues":[{},{}]}/;
call($Token, $twins) for 1 .. 9;
$c = settled(0, 48, 0);
%violation = map { ($_->{place} => $_->{count}) } @{ $c->{apps}[0]{violations} };
my @twins = grep { /Twin|CrmFieldKey/ } sort keys %violation;
is_deeply([ map { "$_ $violation{$_}" } @twins ], [ '/FieldValues/*/CrmFieldKey:required 9',
    '/TwinA:unknown 9', '/TwinB:unknown 9' ], 'each place of a body, once');

# Of many, the first 1,000

$s->reload(conf($zone, $status));

$s->write_file('registry.json', registry(map { my $i = $_; ("app-$i" => [
    "token-$i", undef, sprintf ', "expires": "20%02d-01-01T00:00:%02dZ"',
    99 - int($i / 60), 59 - $i % 60 ]) } 1 .. 2500));
$s->reload();
my @expires = map { $_->{expires} } @{ counters()->{expiring} };
my @all = sort { $a <=> $b } map {
    timegm(59 - $_ % 60, 0, 0, 1, 0, 2099 - int($_ / 60)) } 1 .. 2500;
is_deeply(\@expires, [ @all[0 .. 999] ],
    'of many apps, the 1,000 that expire first, in their order');
$s->write_file('registry.json', registry(%flood));

# The zone has the room that the documentation says

open my $in_docs, '<', 'docs/status.md' or die "status.md: $!";
my %room = do { local $/; <$in_docs> =~ /`(\d+m)`\ (?:has\ room\ )?for\ about
    \ ([\d,]+\d)/xg };
is_deeply([ sort keys %room ], [ qw(10m 1m 2m) ], 'documented sizes');
for my $size (sort keys %room) {
    $s->reload(conf("erpsync_zone erpsync:$size;", $status));
    my $has = counters()->{apps_capacity};
    my $said = $room{$size} =~ s/,//r;
    ok($has >= $said && $has <= $said * 1.15,
        "$size has room for about $said apps") or diag $has;
}

# An error of the registry is shown until the registry is valid again

sub shown { return scalar counters()->{registries}[0]{error} }

my $refreshed = conf($zone, $status) =~ s/refresh=0/refresh=1s/r;
$s->reload($refreshed);
$s->replace_file('registry.json', '{');
ok(until_true(sub { defined shown() }), 'an error of the registry is shown');
$s->replace_file('registry.json', registry(%flood));
ok(until_true(sub { !defined shown() }), 'not after it is valid again');

# A reload does not take a new module, neither under the same name nor under
# another: what is loaded already goes on with its zone.

my ($so) = grep { m{_erpsync_module\.so$} } split ' ',
    $ENV{TEST_NGINX_LOAD_MODULES};
my @copies = map { "$dir/$_.so" } qw(one two);
my @copied = map { my $copy = $_; conf($zone, $status) =~ s/\Q$so\E/$copy/r }
    @copies;
copy($so, $_) or die "$_: $!" for @copies;
$s->reload($copied[0]);
call('token-1', $Body);
is(settled(1, 0, 0)->{total}{allow}, 1, 'a copy of the module counts');
rename $copies[1], $copies[0] or die "rename: $!";
$s->reload();
call('token-1', $Body);
is(settled(2, 0, 0)->{total}{allow}, 2, '... and goes on if it is replaced');
copy($so, $copies[1]) or die "copy: $!";
$s->reload($copied[1]);
call('token-1', $Body);
is(settled(3, 0, 0)->{total}{allow}, 3, '... and if another one is loaded');

# Without a zone nothing is counted, and all works

$s->reload(conf('', ''));
is(call('token-1', $Body), 200, 'without a zone');

$s->ends_well('counters', qr/worker process \d+ exited on signal 9/);
unlike($s->log, qr/secret-|\Q$Token\E/, 'no secret in the error log');
unlike($s->read_file('logs/access.log'), qr/secret-|tje0|\Q$Token\E/,
    'none in the access log');

done_testing();
