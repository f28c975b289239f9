# What the WebAPI answers: counted by class and result, and known from what the
# gateway itself answers in its place.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use JSON::PP qw(decode_json);
use Test::More;
use Time::HiRes qw(sleep);

use ErpsyncServer;
use ErpsyncTest;
use FreePort;
use Recorder;

my %error = (message => '{"Message":"no","MessageDetail":"secret-answer"}',
    error => '{"Error":true,"ErrorType":"SoNotFoundException"}',
    object => '{"Id":7,"Message":"x"}', null => 'null', empty => '',
    long => '[' . '1,' x 100_000 . '1]', true => 'true',
    xml => '<boolean xmlns="http://schemas.microsoft.com/2003/10/'
        . 'Serialization/">false</boolean>');

# A WebAPI that answers as the query says; "late" and "broken" are no answers.

my $webapi = Recorder->new(answer => sub {
    my ($request) = @_;
    my ($what) = $request->{target} =~ /a=(\w+)/;
    return '' if $what eq 'none';
    return "HTTP/1.1 200 OK\r\nno header\r\n\r\n" if $what eq 'broken';
    if ($what eq 'late') { sleep 1; return '' }
    my $type = $what eq 'xml' ? 'text/xml' : 'application/json';
    my ($status, $text) = $what =~ /^\d+$/ ? ($what, 'true')
        : (200, $error{$what} // 'true');
    $text = '' if $status == 204 || $status == 304;
    return "HTTP/1.1 $status X\r\nContent-Type: $type\r\n"
        . ($what eq 'gzip' ? "Content-Encoding: gzip\r\n" : '')
        . ($status == 204 || $status == 304 ? ''
            : 'Content-Length: ' . length($text) . "\r\n")
        . "\r\n$text";
});
my $up = 'http://127.0.0.1:' . $webapi->port;

my $s = ErpsyncServer->new();
my ($port, $dead) = ($s->port, free_port());
$s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
mkdir $s->dir . '/html';
$s->write_file('html/page', 'the page');

# one worker: the order of its log is that of the calls

$s->start($s->conf(<<"END"));
    erpsync_zone erpsync:1m;
    log_format audit '\$status \$erpsync_decision result=\$erpsync_result';
    access_log logs/audit.log audit;
    upstream two {
        server 127.0.0.1:$dead;
        server 127.0.0.1:@{[ $webapi->port ]};
    }
    server {
        listen 127.0.0.1:$port;
        root html;
        erpsync on;
        erpsync_registry registry.json;
        proxy_buffers 8 4k;
        proxy_busy_buffers_size 4k;
        proxy_buffer_size 4k;
        location / { proxy_pass $up; }
        location /report/ { erpsync report; proxy_pass $up; }
        location /dead/ { proxy_pass http://127.0.0.1:$dead; }
        location /slow/ { proxy_read_timeout 100ms; proxy_pass $up; }
        location /two/ { proxy_pass http://two; }
        location /unknown/ {
            resolver 127.0.0.1:$dead;
            resolver_timeout 100ms;
            set \$host_name nowhere.example;
            proxy_pass http://\$host_name;
        }
        location /page/ {
            proxy_intercept_errors on;
            error_page 500 502 =200 /page;
            proxy_pass $up;
        }
        location /other/ {
            proxy_intercept_errors on;
            error_page 500 = /fallback;
            proxy_pass $up;
        }
        location = /fallback { proxy_pass $up/?a=null; }
        location = /page { }
        location = /status { access_log off; erpsync_status; }
    }
END

sub status {
    return decode_json(
        ($s->answer("GET /status?format=json HTTP/1.0\r\n\r\n"))[1]);
}

# What a call adds to the counters, as "class result" with what is not 0.

sub added {
    my ($one, $two) = @_;
    my @added;
    for my $kind ([ upstream => qw(2xx 3xx 4xx 5xx none misdirected) ],
        [ results => qw(true false null error other) ])
    {
        my ($name, @all) = @$kind;
        push @added, map {
            my $n = $two->{$name}{total}{$_} - $one->{$name}{total}{$_};
            $n ? $n == 1 ? $_ : "$n $_" : ()
        } @all;
    }
    return join ' ', @added;
}

my $calls = 0;

sub check {
    my ($name, $prefix, $what, $code, $log, $counted, %with) = @_;
    my $before = status();
    my ($status, $body) = $s->answer($s->request(
        uri => "$prefix/api/v1/Agents/ErpSync/TryConnectActor?a=$what",
        %with));
    is($status, $code, "$name: the status");
    $calls++;
    my @lines;
    until_true(sub {
        @lines = split /\n/, $s->read_file('logs/audit.log');
        return @lines >= $calls;
    });
    is($lines[-1], $log, "$name: the audit log");
    my $after = status();
    is(added($before, $after), $counted, "$name: counted");
    my $time = $after->{upstream_microseconds}{total}{count}
        - $before->{upstream_microseconds}{total}{count};
    is($time, $counted =~ /xx/ ? 1 : 0, "$name: its time");
    return $body;
}

check('true', '', 'true', 200, '200 allow result=true', '2xx true');
check('false in XML', '', 'xml', 200, '200 allow result=false', '2xx false');
check('null', '', 'null', 200, '200 allow result=null', '2xx null');
check('an error as 200', '', 'message', 200, '200 allow result=error',
    '2xx error');
check('an error of another shape', '', 'error', 200,
    '200 allow result=error', '2xx error');
check('an object', '', 'object', 200, '200 allow result=other', '2xx other');
check('a long answer', '', 'long', 200, '200 allow result=other',
    '2xx other');
check('nothing', '', 'empty', 200, '200 allow result=other', '2xx other');
check('compressed', '', 'gzip', 200, '200 allow result=other', '2xx other');
check("status $_->[0]", '', $_->[0], $_->[0], "$_->[0] allow result=$_->[2]",
    "$_->[1] $_->[2]")
    for [ 204, '2xx', 'other' ], [ 302, '3xx', 'other' ],
        [ 401, '4xx', 'error' ], [ 429, '4xx', 'error' ],
        [ 500, '5xx', 'error' ], [ 502, '5xx', 'error' ],
        [ 503, '5xx', 'error' ];
check('a tenant that moved', '/Cust7', 421, 421, '421 allow result=error',
    '4xx misdirected error');
check('GET has no result', '', 'true', 200, '200 allow result=', '2xx',
    method => 'GET', body => '');
check('report mode', '/report', 'null', 200, '200 allow result=null',
    '2xx null');
check('would be refused', '/report', 'true', 200,
    '200 report result=true', '2xx true', body => '{}');
check('refused', '', 'true', 422, '422 deny result=', '', body => '{}');

# What is no answer of the WebAPI has the gateway's own, in its shape

for ([ 'nobody listens', '/dead', 'true', 502, 'bad_gateway' ],
    [ 'an answer that is cut off', '', 'none', 502, 'bad_gateway' ],
    [ 'no header', '/slow', 'broken', 502, 'bad_gateway' ],
    [ 'too late', '/slow', 'late', 504, 'gateway_timeout' ],
    [ 'a host that is not found', '/unknown', 'true', 502, 'bad_gateway' ])
{
    my ($name, $prefix, $what, $code, $type) = @$_;
    my $body = check($name, $prefix, $what, $code, "$code allow result=",
        'none');
    is(eval { decode_json($body)->{ErrorType} }, $type, "$name: told");
}

# Pages and further servers do not hide it

check('a page for it', '/page', 500, 200, '200 allow result=error',
    '5xx error');
check('a page, nobody listens', '/page', 'none', 200, '200 allow result=',
    'none');
check('another server for it', '/other', 500, 200,
    '200 allow result=error', '5xx error');
check("a server of two is dead ($_)", '/two', 'true', 200,
    '200 allow result=true', '2xx true') for 1, 2;

# A client that leaves in front of the answer says nothing of the WebAPI

my $before = status();
my $socket = $s->connection();
print $socket $s->request(
    uri => '/api/v1/Agents/ErpSync/TryConnectActor?a=late');
sleep 0.2;
close $socket;
until_true(sub { return $s->read_file('logs/audit.log') =~ /^499 /m });
is(added($before, status()), '', 'the client left: not counted');

my $text = $s->exchange("GET /status HTTP/1.0\r\n\r\n");
my $c = status();
for my $class (qw(2xx 3xx 4xx 5xx none)) {
    like($text, qr/^erpsync_upstream_responses_total\{class="$class"\}
        \ $c->{upstream}{total}{$class}$/mx, "Prometheus: $class");
}
is($c->{upstream}{last_misdirected}{tenant}, 'Cust7', 'the tenant');
like($text, qr/^erpsync_upstream_misdirected_total 1$/m, 'Prometheus: 421');
is_deeply($c->{upstream}{hour}, $c->{upstream}{total}, 'the last hour');
is_deeply($c->{results}{hour}, $c->{results}{total}, 'its results');
unlike($text . $s->log, qr/secret-answer/, 'nothing of an answer is told');

$s->ends_well('upstream');

done_testing();
