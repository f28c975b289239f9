# Refusals that nginx itself decides on, failures of the gateway, and clients
# that leave: logged and counted whatever "error_page" says.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use JSON::PP qw(decode_json);
use Test::More;
use Time::HiRes qw(sleep);

use ErpsyncServer;
use ErpsyncTest;
use Recorder;

my $webapi = Recorder->new();
my $up = 'http://127.0.0.1:' . $webapi->port;

sub started {
    my ($http, $server) = @_;
    my $s = ErpsyncServer->new();
    $s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
    mkdir $s->dir . '/html';
    $s->write_file('html/err.html', 'the page');
    my $port = $s->port;
    $s->start($s->conf("$http\nerpsync_zone erpsync:1m;\n"
        . "log_format audit '\$status \$erpsync_decision \$erpsync_reason "
        . "\$erpsync_app_claimed';\n"
        . "access_log logs/audit.log audit;\n"
        . "server {\nlisten 127.0.0.1:$port;\nroot html;\n"
        . "erpsync_registry registry.json;\n"
        . "location = /status { access_log off; erpsync_status; }\n"
        . "$server\n}"));
    $webapi->forget();
    return $s;
}

sub counted {
    my $s = shift;
    my $status = $s->exchange("GET /status?format=prometheus HTTP/1.0\r\n\r\n");
    return { map { /^erpsync_requests_total\{operation="\w+",(.*)\} (\d+)$/
        ? ($1 => $2) : () } split /\n/, $status };
}

sub audit {
    my $s = shift;
    return $s->read_file('logs/audit.log') =~ /(.*)\n\z/ ? $1 : '';
}

my $chunked = "Transfer-Encoding: chunked";
my $large = "5\r\nabcde\r\nf\r\n0123456789abcde\r\n0\r\n\r\n";
my $broken = "5\r\nabcde\r\nnothing\r\n0\r\n\r\n";
my @good = ('Authorization: Bearer x', 'Content-Type: application/json');

my %refusals = (
    'too large' => [ 413, 'body_too_large',
        'client_max_body_size 10;', {} ],
    'too large, chunked' => [ 413, 'body_too_large',
        'client_max_body_size 10;',
        { headers => [ @good, $chunked ], body => $large, length => '' } ],
    'broken chunks' => [ 400, 'body_malformed', '',
        { headers => [ @good, $chunked ], body => $broken, length => '' } ],
    'a header twice' => [ 400, 'header_duplicated', '',
        { headers => [ 'Authorization: Bearer x', 'Authorization: Bearer x' ]
        } ],
    'a limit' => [ 503, 'service_unavailable', 'limit_req zone=one;', {} ],
    'a limit of 429' => [ 429, 'too_many_requests',
        'limit_req zone=one; limit_req_status 429;', {} ],
    'no place for the body' => [ 500, 'gateway_failed',
        'client_body_buffer_size 1k; client_body_in_file_only on;',
        { body => ' ' x 100000 } ],
);

my %pages = (
    'plain' => '',
    'a page' => 'error_page 400 413 429 500 503 /err.html;',
    'a page instead' => 'error_page 400 413 429 500 503 =200 /err.html;',
    'recursive' => 'recursive_error_pages on;
        error_page 400 413 429 500 503 /err.html;',
    'errors off' => 'erpsync_errors off;',
);

for my $mode (qw(on report)) {
    for my $refusal (sort keys %refusals) {
        for my $page (sort keys %pages) {
            my ($status, $reason, $server, $call) = @{ $refusals{$refusal} };
            my $name = "$mode, $refusal, $page";

            # nothing tells what "=200" has hidden, but for a limit, and for a
            # body that nginx has thrown away, or was reading

            next if $page eq 'a page instead'
                && ($refusal !~ /too large|chunks|no place|limit/
                    || $refusal =~ /limit/ && $mode eq 'report');

            my $s = started('limit_req_zone $server_port zone=one:1m
                rate=1r/m;', "erpsync $mode;\n$pages{$page}
                location = /err.html { client_max_body_size 1m; }
                location / { $server proxy_pass $up; }");
            if ($refusal =~ /limit/) {
                $s->call();
                until_true(sub { return $webapi->requests() });
                $webapi->forget();
            }
            if ($refusal =~ /no place/) {
                my $dir = $s->dir . '/client_body';
                rmdir $dir or die "$dir: $!";
            }
            my $request = $s->request(%$call);
            $request =~ s/Content-Length: .*\r\n// if $refusal =~ /chunk/;
            my ($code, $body, $head) = $s->answer($request);
            is($code, $page eq 'a page instead' ? 200 : $status,
                "$name: the status");
            if ($page =~ /plain/ && $mode eq 'on') {
                my $error = eval { decode_json($body) } || {};
                is($error->{ErrorType}, $reason, "$name: the answer");
                ($status == 503 || $status == 429 ? \&like : \&unlike)->($head,
                    qr/^Retry-After: [1-9]\d*\r?$/m, "$name: Retry-After");
            } elsif ($page =~ /page|recursive/) {
                is($body, 'the page', "$name: the page of the site");
            } else {
                like($body, qr/<center>nginx/, "$name: nginx's page");
            }
            is(scalar(() = $webapi->requests()), 0, "$name: the WebAPI is not contacted");
            $s->log_has(qr/erpsync: refused reason=$reason app=acme-erp .* status=$status /, "$name: logged");
            is(() = $s->log =~ /erpsync: refused/g, 1, "$name: once");
            until_true(sub { return audit($s) =~ /deny/ });
            is(audit($s), "$code deny $reason acme-erp", "$name: audit log");
            is(counted($s)->{qq(decision="deny",reason="$reason")}, 1,
                "$name: counted");
            $s->ends_well($name, qr/client_body/);
        }
    }
}

# A page that hides the status, or where the gateway is off, hides no refusal

for my $case (
    [ 'a named location that returns', 200, 'body_too_large',
        'error_page 413 = @page;', 'client_max_body_size 10;' ],
    [ 'where the gateway is off as well', 200, 'body_too_large',
        'error_page 413 = @off;', 'client_max_body_size 10;' ],
    [ 'too large, a page where the gateway is off', 413, 'body_too_large',
        'error_page 413 /off.html;', 'client_max_body_size 10;' ],
    [ 'a limit, a page where the gateway is off', 503, 'service_unavailable',
        'error_page 503 /off.html;', 'limit_req zone=none;' ],
    [ 'a header twice, a page where the gateway is off', 400,
        'header_duplicated', 'error_page 400 /off.html;', '',
        headers => [ 'Authorization: Bearer x', 'Authorization: Bearer x' ] ],
) {
    my ($name, $status, $reason, $page, $location, @call) = @$case;
    my $s = started('limit_req_zone $server_port zone=none:1m rate=1r/m;',
        "erpsync on;\n$page
        location \@page { return 200 shown; }
        location \@off { erpsync off; return 200 shown; }
        location = /off.html { erpsync off; return 200 shown; }
        location / { $location proxy_pass $up; }");
    if ($location =~ /limit_req/) {
        $s->call();
        until_true(sub { return $webapi->requests() });
        $webapi->forget();
    }
    my ($code, $body) = $s->answer($s->request(@call));
    is("$code $body", "$status shown", "$name: the page");
    until_true(sub { return audit($s) =~ /deny/ });
    is(audit($s), "$code deny $reason acme-erp", "$name: audit log");
    is(() = $s->log =~ /erpsync: refused reason=$reason app=acme-erp/g, 1,
        "$name: logged once");
    is(counted($s)->{qq(decision="deny",reason="$reason")}, 1,
        "$name: counted");
    is(scalar(() = $webapi->requests()), 0,
        "$name: the WebAPI is not contacted");
    $s->ends_well($name);
}

# What a limit refuses is found behind a page that hides it

for my $page ('429 = @ret', '429 = /ret', '429 =200 /ret', '429 =302 http://x/')
{
    my $s = started('limit_req_zone $server_port zone=none:1m rate=1r/m;',
        "erpsync on;\nerror_page $page;
        location \@ret { return 429 'the page'; }
        location = /ret { return 200 'the page'; }
        location / { limit_req zone=none; limit_req_status 429;
            proxy_pass $up; }");
    $s->call();
    until_true(sub { return $webapi->requests() });
    $webapi->forget();
    my ($code) = $s->answer($s->request());
    is($code, $page =~ /302/ ? 302 : $page =~ /@/ ? 429 : 200,
        "$page: the status");
    until_true(sub { return audit($s) =~ /deny/ });
    is(audit($s), "$code deny too_many_requests acme-erp",
        "$page: audit log");
    is(() = $s->log =~ /refused reason=too_many_requests app=acme-erp .* status=429 /g,
        1, "$page: logged");
    is(counted($s)->{'decision="deny",reason="too_many_requests"'}, 1,
        "$page: counted");
    is(scalar(() = $webapi->requests()), 0, "$page: the WebAPI is not contacted");
    $s->ends_well($page);
}

# Nothing of a refused call reaches a server by an error page, whatever the
# gateway does in the location of that page.  A newer nginx wants a host and a
# port for CONNECT, so it is no call.

my $no_path = `'@{[ ErpsyncServer::binary() ]}' -v 2>&1` !~ m{/1\.2[0-8]\.};

for my $case (
    [ 'a limit', 503, 'service_unavailable', 'limit_req zone=none;' ],
    [ 'a limit with 429', 429, 'too_many_requests',
        'limit_req zone=none; limit_req_status 429;' ],
    [ 'a limit of connections', 429, 'too_many_requests',
        'limit_conn conns 1; limit_conn_status 429; limit_req_status 444;' ],
    [ 'too large', 413, 'body_too_large', 'client_max_body_size 10;' ],
    [ 'a header twice, behind the length', 400, 'header_duplicated', '',
        headers => [ 'Content-Length: 2', 'Authorization: Bearer x',
            'Authorization: Bearer x' ], body => '' ],
    [ 'a length and chunks', 400, 'header_malformed', '',
        headers => [ @good, $chunked ] ],
    [ 'headers that are too long', 400, 'header_malformed', '',
        headers => [ @good, 'X: ' . 'x' x 40_000 ] ],
    [ 'TRACE', 405, 'method_not_allowed', '', method => 'TRACE', body => '' ],
    [ 'CONNECT', 405, 'method_not_allowed', '', method => 'CONNECT',
        body => '' ],
) {
    my ($name, $status, $reason, $location, %call) = @$case;
    for my $page ("$status \@off", "$status /off", "$status = \@off",
        "$status =200 /off", "$status \@off; recursive_error_pages on",
        "$status = \@on", "$status =200 /on", "$status = \@report")
    {
        my $s = started('limit_conn_zone $server_port zone=conns:1m;
            limit_req_zone $server_port zone=none:1m rate=1r/m;', "erpsync on;\nerror_page $page;
            location \@off { erpsync off; client_max_body_size 1m;
                proxy_pass $up; }
            location = /off { erpsync off; client_max_body_size 1m;
                proxy_pass $up\$request_uri; }
            location \@on { client_max_body_size 1m; proxy_pass $up; }
            location = /on { client_max_body_size 1m; proxy_pass $up; }
            location \@report { erpsync report; client_max_body_size 1m;
                proxy_pass $up; }
            location / { $location proxy_pass $up; }");
        my $what = "$name, $page";
        my $first;
        if ($location =~ /limit_conn/) {

            # once it waits for the body, it is counted

            $first = $s->connection();
            print $first $s->request(body => '', length => 9, headers => [
                @good, 'Expect: 100-continue' ]);
            is(scalar(<$first>), "HTTP/1.1 100 Continue\r\n", "$what: first");

        } elsif ($location =~ /limit_req/) {
            $s->call();
            until_true(sub { return $webapi->requests() });
            $webapi->forget();
        }
        my ($code, $body, $head) = $s->answer($s->request(%call));
        if ($name eq 'CONNECT' && $no_path) {
            is($code, 400, "$what: a path is no target");
            is(scalar(() = $webapi->requests()), 0,
                "$what: the WebAPI is not contacted");
            $s->ends_well($what);
            next;
        }
        is($code, $status, "$what: the status");
        if ($status == 413 || $status == 429 || $status == 503) {
            my $error = eval { decode_json($body) } || {};
            is($error->{ErrorType}, $reason, "$what: the answer");
            ($status == 413 ? \&unlike : \&like)->($head,
                qr/^Retry-After: [1-9]\d*\r?$/m, "$what: Retry-After");
        }
        until_true(sub { return audit($s) =~ /deny/ });
        is(audit($s), "$code deny $reason acme-erp", "$what: audit log");
        is(() = $s->log =~ /erpsync: refused reason=$reason/g, 1,
            "$what: logged once");
        is(counted($s)->{qq(decision="deny",reason="$reason")}, 1,
            "$what: counted");
        is(scalar(() = $webapi->requests()), 0,
            "$what: the WebAPI is not contacted");
        close $first if $first;
        $s->ends_well($what);
    }
}

# ... but other requests do, and calls that are reported only, and calls that
# the site itself leads to such a location

for my $case (
    [ 'another request', 'on', { uri => '/other' } ],
    [ 'report', 'report', {} ],
) {
    my ($name, $mode, $call) = @$case;
    my $s = started('limit_req_zone $server_port zone=none:1m rate=1r/m;',
        "erpsync $mode;\nerror_page 503 =299 \@off;
        location \@off { erpsync off; proxy_pass $up; }
        location / { limit_req zone=none; proxy_pass $up; }");
    my ($first) = $s->answer($s->request(%$call));
    my ($second) = $s->answer($s->request(%$call));
    is("$first $second", '200 299', "$name: goes on to the page");
    is(scalar(() = $webapi->requests()), 2, "$name: the WebAPI has both");
    $s->ends_well($name);
}

{
    my $s = started('limit_req_zone $server_port zone=none:1m rate=1000r/s;',
        "erpsync on;\nerror_page 418 = \@off;
        location \@off { erpsync off; proxy_pass $up; }
        location / { limit_req zone=none burst=9; return 418; }");
    my ($code) = $s->answer($s->request());
    is($code, 200, 'the site leads it there');
    is(scalar(() = $webapi->requests()), 1,
        'the site leads it there: the WebAPI has it');
    $s->ends_well('the site leads it there');
}

# What the site itself refuses is not taken for a body that is too large

{
    my $s = started('', 'erpsync on;
        error_page 403 404 = @page;
        location @page { return 200 shown; }
        location / { if ($arg_no) { return 403; } proxy_pass ' . $up . '; }');
    my ($code, $body) = $s->answer($s->request(
        uri => '/api/v1/Agents/ErpSync/TryConnectActor?no=1'));
    is("$code $body", '200 shown', 'the site refuses: the page');
    until_true(sub { return audit($s) ne '' });
    unlike(audit($s), qr/deny/, 'the site refuses: audit log');
    is_deeply(counted($s), {}, 'the site refuses: not counted');
    $s->ends_well('the site refuses');
}

# A subrequest that is judged on its own is a call

{
    my $s = started('', "erpsync on;
        location /outer/ {
            auth_request /api/v1/Agents/ErpSync/GetEngineStatus;
            root html;
            error_page 404 = \@page;
        }
        location \@page { return 200 shown; }
        location / { proxy_pass_request_body off; proxy_pass $up; }");
    for ([ 200, $Token ], [ 403, 'token-of-nobody' ]) {
        my ($status, $token) = @$_;
        my ($code) = $s->answer($s->request(method => 'GET', body => '',
            uri => '/outer/x', token => $token));
        is($code, $status, "a subrequest: $status");
    }
    my $c = counted($s);
    until_true(sub {
        $c = counted($s);
        return keys %$c == 2;
    });
    is_deeply($c, { 'decision="allow",reason="ok"' => 1,
        'decision="deny",reason="app_token_unknown"' => 1 },
        'subrequests: counted');
    is(() = $s->log =~ /erpsync: refused/g, 1, 'subrequests: logged once');
    my $page = $s->exchange("GET /status?format=prometheus HTTP/1.0\r\n\r\n");
    like($page, qr/^erpsync_app_requests_total\{app="acme-erp",
        decision="allow"\}\ 1$/mx, 'subrequests: of their app');
    like($page, qr/^erpsync_upstream_responses_total\{class="2xx"\}\ 1$/mx,
        'subrequests: what the WebAPI answered');
    $s->ends_well('subrequests');
}

# A refusal of another module is not taken for one of nginx's

for my $mode (qw(on report)) {
    for my $page ('error_page 401 =200 /err.html;',
        'error_page 401 = /err.html;', 'error_page 401 = @login;')
    {
        my $name = "another module, $mode, $page";
        my $s = started('', "erpsync $mode;\n$page
            location = /err.html { auth_basic off; erpsync off; }
            location \@login { return 302 /login; }
            location / {
                auth_basic x;
                auth_basic_user_file html/err.html;
                proxy_pass $up;
            }");
        my ($code) = $s->answer($s->request());
        is($code, $page =~ /login/ ? 302 : 200, "$name: the page");
        until_true(sub { return audit($s) ne '' });
        is(audit($s), "$code   acme-erp", "$name: audit log");
        unlike($s->log, qr/erpsync: refused/, "$name: not logged");
        is(scalar(() = $webapi->requests()), 0,
            "$name: the WebAPI is not contacted");
        $s->ends_well($name);
    }
}

# The app is that of the policy that decided, and of the token that was sent

for (
    [ 'a token that is not passed on', 200, 'allow ok', 'erpsync on;
        erpsync_forward_app_token off;', {} ],
    [ 'a page without a registry', 200, 'deny body_too_large', 'erpsync on;
        client_max_body_size 10; error_page 413 = /err.html;',
        { headers => [ @good, $chunked ], body => $large, length => '' } ],
    [ 'a page that returns', 302, 'deny body_too_large', 'erpsync on;
        client_max_body_size 10; error_page 413 = @large;',
        { headers => [ @good, $chunked ], body => $large, length => '' } ],
) {
    my ($name, $status, $decision, $location, $call) = @$_;
    my $s = started('', "location \@large { return 302 /large; }
        location = /err.html { }
        location / { $location proxy_pass $up; }");
    my $conf = $s->read_file('nginx.conf') =~ s/^daemon off;\n//r;
    $conf =~ s/^erpsync_registry .*;\n//m;
    $conf =~ s/(location \/ \{)/$1 erpsync_registry registry.json;/;
    $s->reload($conf);
    my $request = $s->request(%$call);
    $request =~ s/Content-Length: .*\r\n// if $call->{body};
    my ($code) = $s->answer($request);
    is($code, $status, "$name: the status");
    until_true(sub { return audit($s) ne '' });
    is(audit($s), "$code $decision acme-erp", "$name: audit log");
    my $page = $s->exchange("GET /status?format=prometheus HTTP/1.0\r\n\r\n");
    like($page, qr/^erpsync_app_requests_total\{app="acme-erp",.*\} 1$/m,
        "$name: counted");
    $s->ends_well($name);
}

# What the WebAPI answers, and how its absence is told

my $sick = Recorder->new(answer => sub {
    my ($request) = @_;
    return "HTTP/1.1 $1 Sick\r\nContent-Length: 4\r\n\r\nsick"
        if $request->{target} =~ /status=(\d+)/;
    return '';
});

my $s = started('', "erpsync on;
    location /Cust1/ { proxy_pass http://127.0.0.1:" . $sick->port . "; }
    location /Cust2/ { proxy_pass http://127.0.0.1:1; }
    location /Cust3/ {
        proxy_read_timeout 100ms;
        proxy_pass http://127.0.0.1:" . $sick->port . "/slow;
    }
    location /Cust4/ { error_page 502 = /err.html; proxy_pass
        http://127.0.0.1:1; }
    location = /err.html { }");

for ([ 2, 502, 'bad_gateway' ], [ 1, 502, 'bad_gateway' ]) {
    my ($tenant, $status, $reason) = @$_;
    my ($code, $body) = $s->answer($s->request(
        uri => "/Cust$tenant/api/v1/Agents/ErpSync/TryConnectActor"));
    is($code, $status, "$reason: the status");
    is(eval { decode_json($body)->{ErrorType} }, $reason, "$reason: told");
}

# An Accept that the gateway adds for the WebAPI does not decide its own answer

my $xml = '<r><ErpConnectionId>883</ErpConnectionId><CrmRecordId>34'
    . '</CrmRecordId><CrmActorType>Contact</CrmActorType><ErpKey>qui</ErpKey>'
    . '<ErpActorType>Customer</ErpActorType></r>';

for ([ 502, $xml, 'Accept: application/xml', qr/^<.*>bad_gateway</s ],
    [ 502, $xml, 'X-None: x', qr/^\{"Error":true,"ErrorType":"bad_gateway"/ ],
    [ 502, $xml, 'Accept:', qr/^\{"Error":true,"ErrorType":"bad_gateway"/ ],
    [ 422, '<r/>', 'X-None: x', qr/^\{"Error":true,"ErrorType":"body_invalid"/ ])
{
    my ($status, $body, $accept, $answer) = @$_;
    my ($code, $text) = $s->answer($s->request(body => $body,
        uri => '/Cust2/api/v1/Agents/ErpSync/TryConnectActor', headers => [
        'Authorization: Bearer x', 'Content-Type: application/xml', $accept ]));
    is($code, $status, "$accept, $status: the status");
    like($text, $answer, "$accept, $status: told in the client's form");
}

for my $status (413, 429, 500, 502, 503, 504) {
    my ($code, $body) = $s->answer($s->request(uri =>
        "/Cust1/api/v1/Agents/ErpSync/TryConnectActor?status=$status"));
    is("$code $body", "$status sick", "the WebAPI's own $status");
}
until_true(sub { return audit($s) =~ /504 allow/ });
is(audit($s), '504 allow ok acme-erp', 'the call was forwarded');
$s->ends_well('sick', qr/\[error\]/);

# A client that leaves before its body was judged leaves a trace

$s = started('', "erpsync on; location / { proxy_pass $up; }");
my $socket = $s->connection();
print $socket $s->request(length => 1000);
sleep 0.2;
close $socket;
until_true(sub { return audit($s) ne '' });
is(audit($s), '400 abort ok acme-erp', 'abort: audit log');
is(counted($s)->{'decision="abort",reason="ok"'}, 1, 'abort: counted');
is(scalar(() = $webapi->requests()), 0, 'abort: the WebAPI is not contacted');
$s->ends_well('abort');

# So does one that leaves before its head is complete; a head that is wrong is
# refused, also if nobody waits for the answer

$s = started('', "erpsync on; location / { proxy_pass $up; }");
my $begun = $s->request() =~ s/SO-AppToken.*//sr;
for my $case ([ '', '400 abort ok' ], [ "no colon\r\n\r\n",
        '400 deny header_malformed' ])
{
    my ($rest, $expected) = @$case;
    $socket = $s->connection();
    print $socket $begun, $rest;
    close $socket;
    until_true(sub { return audit($s) =~ /$expected/ });
    like(audit($s), qr/^$expected/m, "$expected: audit log");
}
is(counted($s)->{'decision="abort",reason="ok"'}, 1, 'abort in a head: counted');
is(counted($s)->{'decision="deny",reason="header_malformed"'}, 1,
    'a head that is wrong: counted');
is(scalar(() = $webapi->requests()), 0,
    'abort in a head: the WebAPI is not contacted');
$s->ends_well('abort in a head');

# And one that leaves while a limit delays its call

$s = started('limit_req_zone $server_port zone=slow:64k rate=1r/m;',
    "erpsync on; location / { limit_req zone=slow burst=5; proxy_pass $up; }");
like($s->call(), qr{^HTTP/1.1 200 }, 'a call that is not delayed');
$webapi->forget();
$socket = $s->connection();
print $socket $s->request();
sleep 0.2;
close $socket;
until_true(sub { return audit($s) =~ /abort/ });
like(audit($s), qr/^499 abort ok acme-erp$/m, 'abort of a delay: audit log');
is(counted($s)->{'decision="abort",reason="ok"'}, 1,
    'abort of a delay: counted');
is(scalar(() = $webapi->requests()), 0,
    'abort of a delay: the WebAPI is not contacted');
$s->ends_well('abort of a delay');

# "post_action" neither sends what was not judged nor holds the connection

for ('on', 'off') {
    $s = started('client_body_timeout 100ms;', "erpsync on;
        location / { post_action /action; proxy_pass $up; }
        location /action { internal; erpsync $_; proxy_pass $up; }");
    for my $how ('abort ok', 'deny request_timeout') {
        my $name = "post_action, $_, $how";
        my $socket = $s->connection();
        print $socket $s->request(length => 1000);
        close $socket if $how =~ /abort/;
        until_true(sub { return audit($s) =~ /$how/ });
        like(audit($s), qr/^\d+ $how acme-erp$/, "$name: audit log");
        is(scalar(() = $webapi->requests()), 0,
            "$name: the WebAPI is not contacted");
    }
    my @workers = $s->workers();
    ok(eval { $s->reload(); 1 }, "post_action, $_: no connection is held")
        or kill KILL => @workers;
    $s->ends_well("post_action, $_");
}

# A method that nginx itself refuses, before any handler is asked

$s = started('', "erpsync on; location / { proxy_pass $up; }");
my ($code, $text, $head) = $s->answer($s->request(method => 'TRACE',
    body => ''));
is($code, 405, 'TRACE: the status');
is(eval { decode_json($text)->{ErrorType} }, 'method_not_allowed',
    'TRACE: the answer');
like($head, qr/^Allow: GET, HEAD, OPTIONS, POST\r?$/m, 'TRACE: Allow');
until_true(sub { return audit($s) ne '' });
is(audit($s), '405 deny method_not_allowed acme-erp', 'TRACE: audit log');
is(scalar(() = $webapi->requests()), 0,
    'TRACE: the WebAPI is not contacted');
$s->ends_well('TRACE');

# One that never sends it

$s = started('client_body_timeout 100ms;',
    "erpsync on; location / { proxy_pass $up; }");
$socket = $s->connection();
print $socket $s->request(length => 1000);
until_true(sub { return audit($s) ne '' });
is(audit($s), '408 deny request_timeout acme-erp', 'timeout: audit log');
$s->log_has(qr/refused reason=request_timeout/, 'timeout: logged');
is(scalar(() = $webapi->requests()), 0, 'timeout: the WebAPI is not contacted');
$s->ends_well('timeout');

done_testing();
