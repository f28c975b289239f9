# docs/examples, copied whole: each is loaded, called, and answers as it says.
# Only names, ports and paths are put in the place of those of the example.
# Then "make install" and "make uninstall".

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Cwd qw(getcwd);
use File::Copy qw(copy);
use File::Find qw(find);
use File::Temp qw(tempdir);
use IPC::Open2;
use Test::More;

use Certificates;
use ErpsyncServer;
use ErpsyncTest;
use FreePort;
use Recorder;

# nginx keeps the TLS session of each server of an upstream block, and frees
# none when it exits.

$ENV{ASAN_OPTIONS} =~ s/detect_leaks=1/detect_leaks=0/ if $ENV{ASAN_OPTIONS};

my $online = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';
my $onsite = '/api/v1/Agents/ErpSync/TryConnectActor';
my @json = ('-H', 'Content-Type: application/json', '--data-binary', $Body);

sub slurp {
    open my $in, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return scalar <$in>;
}

# An authority of our own, and a certificate by it for each name.

my $keys = tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $keys;

my $certificates = Certificates->new($keys);
$certificates->authority(qw(ca other));
$certificates->issue($_, 'ca', names => [ "$_.example.com" ])
    for qw(gateway online1 online3 webapi);

# What a stand-in for a host of the WebAPI answers: 421 for a tenant that is
# elsewhere, else true; with a header of its own for CORS if asked.

my $recorder = Recorder->new(answer => sub {
    my $request = shift;
    my $status = $request->{target} =~ /Cust999/ ? '421 Misdirected Request'
        : '200 OK';
    my $cors = $request->{head} =~ /^X-Cors:/mi
        ? "Access-Control-Allow-Origin: https://erp.example.com\r\n" : '';
    return "HTTP/1.1 $status\r\nContent-Type: application/json\r\n${cors}"
        . "Content-Length: 4\r\n\r\ntrue";
});

# The example in a server of its own, which also has the hosts of the WebAPI
# that it names, by TLS.

my $wrong = free_port();

sub started {
    my ($example, $mode) = @_;
    my $s = ErpsyncServer->new();
    my ($dir, $port) = ($s->dir, $s->port);
    my $status = $s->{status} = free_port();
    my $webapi = '';

    copy("$keys/$_", $dir) or die $! for qw(gateway.pem gateway.key ca.pem);
    copy('docs/examples/erpsync-audit.conf', $dir) or die $!;
    $s->write_file('erpsync/apps.json', registry('acme-erp' => [ $Token ]));

    my $text = slurp("docs/examples/$example");
    $text =~ s{/etc/nginx/company-ca\.pem|/etc/ssl/certs/ca-certificates\.crt}
        {$dir/ca.pem}g;
    $text =~ s{/etc/nginx/}{$dir/}g;
    $text =~ s{/var/log/nginx/}{$dir/logs/}g;
    $text =~ s{^( +listen) 443 }{$1 127.0.0.1:$port }m;
    $text =~ s{listen 127\.0\.0\.1:8081}{listen 127.0.0.1:$status};
    $text =~ s{^    erpsync( +)report;}{    erpsync$1$mode;}m or die;

    for my $name ($text =~ /^\s+server\s+(\w+)\.example\.com:443;/mg) {
        my $tls = free_port();
        $text =~ s/(server\s+)$name\.example\.com:443/${1}127.0.0.1:$tls/;
        $webapi .= <<"END";
    server {
        listen 127.0.0.1:$tls ssl;
        ssl_certificate $keys/$name.pem;
        ssl_certificate_key $keys/$name.key;
        access_log off;
        location / {
            proxy_pass http://127.0.0.1:@{[ $recorder->port ]};
            proxy_set_header Host \$host;
            proxy_set_header X-Sni \$ssl_server_name;
            proxy_set_header X-Host $name;
            proxy_set_header X-Connection \$connection;
        }
    }
END
    }

    $s->start($s->conf("$text\n$webapi"));
    return $s;
}

# status, HTTP version and body of a call by curl, then its head

sub curl {
    my ($s, $uri, @args) = @_;
    my $port = $s->port;
    my @command = ('curl', '-sS', '--http2', '-D', $s->dir . '/head',
        '-w', '\n%{http_code} %{http_version}', '--cacert', "$keys/ca.pem",
        '--connect-to', "gateway.example.com:443:127.0.0.1:$port", @args,
        "https://gateway.example.com$uri");
    open my $in, '-|', @command or die "curl: $!";
    my $answer = do { local $/; <$in> };
    my ($body, $status, $version) = $answer =~ /\A(.*)\n(\d+) (\S+)\z/s;
    return ($status, $version, $body, $s->read_file('head'));
}

# How often each status is answered to n requests on one connection.

sub statuses {
    my ($s, $n, $uri, @args) = @_;
    my $port = $s->port;
    my @command = ('curl', '-sS', '--http2', '--cacert', "$keys/ca.pem",
        '--connect-to', "gateway.example.com:443:127.0.0.1:$port", '-o',
        '/dev/null', '-w', '%{http_code}\n', @args,
        "https://gateway.example.com$uri?[1-$n]");
    open my $in, '-|', @command or die "curl: $!";
    my %count;
    while (<$in>) {
        $count{$1}++ if /^(\d+)$/;
    }
    return \%count;
}

sub one_request {
    my $name = shift;
    my @requests = $recorder->requests();
    is(scalar @requests, 1, "$name: the WebAPI is called once");
    $recorder->forget();
    return $requests[0] || { head => '', body => '', target => '' };
}

sub none {
    my $name = shift;
    my @requests = $recorder->requests();
    is(scalar @requests, 0, "$name: the WebAPI is not contacted");
    $recorder->forget();
}

my @bearer = ('-H', 'Authorization: Bearer 8A:Cust12345.abc');
my @token = ('-H', "SO-AppToken: $Token");

# Online

my $s = started('online.conf', 'on');

my ($status, $version, $body, $head) = curl($s, $online, @bearer, @token,
    @json);
is("$status $version $body", '200 2 true', 'online: a call, by HTTP/2');
my $got = one_request('online');
is("$got->{target} $got->{body}", "$online $Canonical",
    'online: what the WebAPI received');
like($got->{head}, qr/^Host: online3\.example\.com\r?$/mi, 'online: Host');
like($got->{head}, qr/^X-Sni: online3\.example\.com\r?$/mi, 'online: SNI');

my ($connection) = $got->{head} =~ /^X-Connection: (\d+)/mi;
curl($s, $online, @bearer, @token, @json);
like(one_request('online, again')->{head}, qr/^X-Connection: $connection\r?$/mi,
    'online: on the same connection');

($status) = curl($s, $online =~ s/12345/999/r, '-H',
    'Authorization: Bearer 8A:Cust999.abc', @token, @json);
is($status, 421, 'online: a tenant that is elsewhere');
like(one_request('moved')->{head}, qr/^X-Host: online1\r?$/mi,
    'online: a tenant without a line goes to the default');

($status, undef, $body, $head) = curl($s, $online, @bearer, @json,
    '-H', 'Origin: https://erp.example.com');
is($status, 403, 'online: without an app token');
like($body, qr/"ErrorType":"app_token_missing"/, 'online: the reason');
like($head, qr{^access-control-allow-origin: https://erp\.example\.com\r?$}mi,
    'online: the page of the client may read it');
like($head, qr/^access-control-allow-credentials: true\r?$/mi,
    'online: also with cookies');
none('online: refused');

($status, undef, undef, $head) = curl($s, $online, @bearer, @json,
    '-H', 'Origin: https://evil.example.com');
unlike($head, qr/^access-control/mi, 'online: another page may not');

my ($large, $too_large) = ("$keys/large", 'x' x (1024 * 1024 + 1));
open my $out, '>', $large or die $!;
print $out $too_large;
close $out;
($status, undef, $body, $head) = curl($s, $online, @bearer, @token, '-H',
    'Content-Type: application/json', '--data-binary', "\@$large", '-H',
    'Origin: https://erp.example.com');
is($status, 413, 'online: a body over 1 MB');
like($body, qr/"ErrorType":"body_too_large"/, 'online: its reason');
like($head, qr/^access-control-allow-origin: https/mi,
    'online: that of nginx itself may be read, too');
none('online: too large');

(undef, undef, undef, $head) = curl($s, $online, @bearer, @token, @json,
    '-H', 'Origin: https://erp.example.com', '-H', 'X-Cors: yes');
my @cors = $head =~ /^(access-control-allow-origin)/mgi;
is(scalar @cors, 1, 'online: the WebAPI\'s own header is not doubled');
one_request('online: CORS by the WebAPI');

($status) = curl($s, '/Cust12345/api/v1/Contact/1', @bearer);
is($status, 404, 'online: what is not for the agent');
none('online: not for the agent');

($status) = curl($s, '/health');
is($status, 204, 'online: health');

like($s->exchange("GET /status?format=prometheus HTTP/1.0\r\n\r\n",
    $s->{status}), qr/erpsync_requests_total\{.*reason="app_token_missing"/,
    'online: the counters');
until_true(sub { $s->read_file('logs/erpsync-audit.log') =~ /body_too_large/ });
like($s->read_file('logs/erpsync-audit.log'),
    qr/"decision":"allow","reason":"ok","status":"421"/,
    'online: the audit log shows a tenant that has moved');

my $answered = statuses($s, 60, $online, @bearer, @json);
ok($answered->{403} && $answered->{429},
    'online: an address without an app is limited');
$recorder->forget();
($status) = curl($s, $online, @bearer, @token, @json);
is($status, 200, 'online: the app is not');
$recorder->forget();

# A client comes back: its TLS session is resumed, and its call is judged.

for my $tls (qw(tls1_2 tls1_3)) {
    for my $time (qw(New Reused)) {
        my $pid = open2(my $out, my $in, 'openssl s_client -connect 127.0.0.1:'
            . $s->port . " -servername gateway.example.com -$tls -ign_eof"
            . ' -' . ($time eq 'New' ? 'sess_out' : 'sess_in')
            . " $keys/session 2> $keys/log");
        print $in $s->request(headers => [ $bearer[1] ]);
        close $in;
        my $text = do { local $/; <$out> };
        waitpid $pid, 0;
        like($text, qr/^$time, TLSv1/m, "online: $tls: $time");
        like($text, qr{^HTTP/1\.1 200 .*^true}ms, "online: $tls, $time: a call");
        is(one_request("online: $tls, $time")->{body}, $Canonical,
            "online: $tls, $time: what the WebAPI received");
    }
}

$s->ends_well('online');

# A host of the WebAPI that cannot prove who it is is sent nothing.

sub with_certificate {
    my $from = shift;
    copy("$keys/$from.$_", "$keys/online3.$_") or die $! for qw(pem key);
}

copy("$keys/online3.$_", "$keys/good.$_") for qw(pem key);
$certificates->issue('stranger', 'other', names => [ 'online3.example.com' ]);
$certificates->issue('gone', 'ca', names => [ 'online3.example.com' ],
    gone => 1);
$certificates->authority('self');

my $no_proof = qr/upstream SSL certificate verify error: \(/;
for (
    [ webapi => 'another name',
        qr/upstream SSL certificate does not match "online3\.example\.com"/ ],
    [ stranger => 'another authority', $no_proof ],
    [ self => 'no authority', $no_proof ],
    [ gone => 'a certificate that has expired', $no_proof ],
) {
    my ($certificate, $what, $log) = @$_;
    with_certificate($certificate);
    $s = started('online.conf', 'on');
    ($status, undef, $body, $head) = curl($s, $online, @bearer, @token, @json);
    is($status, 502, "online: a host with $what");
    like($body, qr/^\{"Error":true,"ErrorType":"bad_gateway"/,
        "online: $what: the shape");
    none("online: $what");
    $s->log_has($log, "online: $what: the log says why");
    $s->ends_well("online: $what");
}

with_certificate('good');

# As it is shipped, it reports.

$s = started('online.conf', 'report');
($status) = curl($s, $online, @bearer, @json);
is($status, 200, 'online, report: a call without an app token');
is(one_request('online, report')->{body}, $Body, 'online, report: as it came');
$s->log_has(qr/would refuse reason=app_token_missing/, 'online, report: log');
$s->ends_well('online, report');

# Onsite

$s = started('onsite.conf', 'on');
my @basic = ('-u', 'tje0:Tje0');
($status, $version, $body) = curl($s, $onsite, @basic, @json);
is("$status $version $body", '200 2 true', 'onsite: a call, by HTTP/2');
$got = one_request('onsite');
is("$got->{target} $got->{body}", "$onsite $Canonical",
    'onsite: what the WebAPI received');
like($got->{head}, qr/^Host: webapi\.example\.com\r?$/mi, 'onsite: Host');
like($got->{head}, qr/^X-Sni: webapi\.example\.com\r?$/mi, 'onsite: SNI');

($status, undef, $body) = curl($s, $onsite, @basic, @json, '-H',
    'SO-AppToken: unknown');
like("$status $body", qr/^403 .*"app_token_unknown"/,
    'onsite: an app token that is not registered');
none('onsite: refused');

is_deeply(statuses($s, 60, '/api/v1/Contact/1', @basic), { 200 => 60 },
    'onsite: other requests pass and are not limited');
is(($recorder->requests())[0]{target}, '/api/v1/Contact/1?1',
    'onsite: as they came');
$recorder->forget();

($status) = curl($s, '/Remote/Services88/ErpSync.svc', @basic, '-d', '<x/>');
is($status, 200, 'onsite: SOAP passes');
$recorder->forget();
$s->ends_well('onsite');

# fail2ban closes the ports that the examples open to clients.

my %port_name = (http => 80, https => 443);
my ($ports) = slurp('docs/examples/fail2ban/jail.conf') =~ /^port += (.*)$/m;
my %banned = map { ($port_name{$_} // $_) => 1 } split /,/, $ports;
for my $example (qw(online.conf onsite.conf)) {
    my $text = slurp("docs/examples/$example");
    my @open = $text =~ /^ +listen (\d+)[ ;]/mg;
    ok(@open && !grep({ !$banned{$_} } @open), "fail2ban: ports of $example");
    my ($log) = $text =~ /access_log +(\S+) erpsync_audit;/;
    like(slurp('docs/examples/fail2ban/jail.conf'), qr/^logpath += \Q$log\E$/m,
        "fail2ban: log of $example");
}

# logrotate: what nginx writes after a rotation is in the new file

SKIP: {
    my ($logrotate) = grep { -x } map { "$_/logrotate" }
        split(/:/, $ENV{PATH}), '/usr/sbin';
    skip 'no logrotate', 4 unless $logrotate;
    $s = started('onsite.conf', 'on');
    my $dir = $s->dir;
    my ($user, $group) = (scalar getpwuid $>, scalar getgrgid $));
    my $text = slurp('docs/examples/logrotate.conf');
    $text =~ s{/var/log/erpsync/}{$dir/logs/}g;
    $text =~ s{/run/nginx\.pid}{$dir/logs/nginx.pid}g;
    $text =~ s{www-data adm}{$user $group};
    $s->write_file('logrotate.conf', "su $user $group\n$text");
    chmod 0644, "$dir/logrotate.conf";
    curl($s, $onsite, @basic, @json);
    until_true(sub { -s "$dir/logs/erpsync-audit.log" });
    is(system($logrotate, '-f', '-s', "$dir/rotated", "$dir/logrotate.conf"),
        0, 'logrotate');
    my @old = grep { !/\.log$/ } glob "$dir/logs/erpsync-audit.log*";
    is(scalar @old, 1, 'logrotate: the old file');
    ok(until_true(sub {
        curl($s, $onsite, @basic, @json);
        -s "$dir/logs/erpsync-audit.log";
    }), 'logrotate: nginx writes to the new one');
    $s->ends_well('logrotate');
    $recorder->forget();
}

# make install: what it puts where, that it is this, and that uninstall takes
# away that and no more.

my $root = tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $build = $ENV{ERPSYNC_BUILD} || getcwd() . '/build';

sub make {
    my $target = shift;
    my $said = `make --no-print-directory $target BUILD='$build' \\
        DESTDIR='$root' MODULES=/usr/lib/nginx/modules PREFIX=/usr 2>&1`;
    is($?, 0, "make $target") or diag($said);
}

sub installed {
    my %file;
    find(sub {
        $file{$File::Find::name =~ s{^\Q$root\E/}{}r} = 1 if -f;
    }, $root);
    return \%file;
}

# Under a sanitizer, both are built elsewhere.

SKIP: {
    skip 'not in this build', 9 if $ENV{TEST_ERPSYNCCTL};

    make('install-files');
    my $doc = 'usr/share/doc/ngx_http_erpsync_module/examples';
    my %expected = map { $_ => 1 } 'usr/bin/erpsyncctl',
        'usr/lib/nginx/modules/ngx_http_erpsync_module.so',
        'usr/share/man/man1/erpsyncctl.1',
        'usr/share/bash-completion/completions/erpsyncctl';
    find(sub {
        $expected{"$doc/" . $File::Find::name =~ s{^docs/examples/}{}r} = 1
            if -f;
    }, 'docs/examples');
    is_deeply(installed(), \%expected, 'what is installed');

    like(`'$root/usr/bin/erpsyncctl' --version 2>&1`, qr/\d/,
        'erpsyncctl runs from there');
    is($s->check("load_module $root/usr/lib/nginx/modules/"
        . "ngx_http_erpsync_module.so;\nevents { }\nhttp { erpsync on; }\n"
        . "pid logs/x.pid;\nerror_log logs/error.log;\n"),
        '', 'nginx loads the module from there');
    ok(-x "$root/usr/bin/erpsyncctl", 'erpsyncctl: mode');
    ok(-x "$root/$doc/tenants.sh", 'tenants.sh: mode');
    ok(!-x "$root/usr/lib/nginx/modules/ngx_http_erpsync_module.so",
        'module: mode');

    open my $kept, '>', "$root/$doc/of-mine.conf" or die $!;
    close $kept;
    make('uninstall');
    is_deeply(installed(), { "$doc/of-mine.conf" => 1 },
        'uninstall leaves what is not its own');
}

done_testing();
