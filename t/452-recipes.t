# What docs/recipes.md says of ids of requests, of limits for calls alone, of
# tenants on hosts of their own and of retries.  The configurations are taken
# from there; only names, paths and ports are others.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use File::Copy qw(copy);
use IO::Socket::INET;
use JSON::PP qw(decode_json);
use Test::More;

use Documents;
use ErpsyncServer;
use ErpsyncTest;
use FreePort;
use Recorder;

my $uri = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';
my $recorder = Recorder->new();
my $there = '127.0.0.1:' . $recorder->port;

sub block {
    my $with = shift;
    my ($block) = grep { $_->{language} eq 'nginx'
        && $_->{text} =~ /\Q$with\E/ } blocks('docs/recipes.md');
    return $block ? $block->{text} : die "no block with $with";
}

# A server with a block; "to" is where it forwards to.

sub started {
    my ($text, %o) = @_;
    my $s = ErpsyncServer->new();
    my ($dir, $port) = ($s->dir, $s->port);
    my $to = $o{to} || "http://$there";
    copy('docs/examples/erpsync-audit.conf', $dir) or die "copy: $!";
    $s->write_file('erpsync/apps.json', registry('acme-erp' => [ $Token ],
        'second' => [ 'token-2' ]));
    $text =~ s/^http \{\n(.*)^\}\n/$1/ms;
    $text =~ s/listen 8080/listen 127.0.0.1:$port/;
    $text =~ s{/etc/nginx/}{$dir/}g;
    $text =~ s{/var/log/nginx/}{$dir/logs/}g;
    $text =~ s{https://(?:webapi\.example\.com|(?=\$))}
        {$& =~ /webapi/ ? $to : 'http://'}ge;
    $s->start($s->conf("access_log logs/access.log;\n$text"));
    return $s;
}

sub header {
    my ($head, $name) = @_;
    return join '|', $head =~ /^$name:[ \t]*([^\r\n]*)/mig;
}

sub requests {
    my @requests = $recorder->requests();
    $recorder->forget();
    return @requests;
}

# One id from end to end

my $s = started(block('$erpsync_traceparent'));

sub traced {
    my ($name, %call) = @_;
    my $id = 'probe-' . ++$s->{probes};
    my ($status, $body, $head) = $s->answer($s->request(%call,
        headers => [ 'Authorization: Bearer 8A:Cust12345.x',
            @{ $call{headers} || [] } ]));
    my @requests = requests();
    my $line;
    until_true(sub {
        my @lines = $s->read_file('logs/erpsync-audit.log') =~ /(.*)\n/g;
        return unless @lines >= $s->{probes};
        $line = decode_json($lines[-1]);
    });
    return { status => $status, body => $body, head => $head,
        request => $requests[0], count => scalar @requests, line => $line };
}

my $parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
my $got = traced('client', headers => [ 'X-Request-ID: order-4711.a_B',
    "traceparent: $parent" ]);
is($got->{status}, 200, 'id of the client: forwarded');
is(header($got->{request}{head}, 'X-Request-ID'), 'order-4711.a_B',
    'id of the client: to the WebAPI');
is(header($got->{request}{head}, 'traceparent'), $parent,
    'traceparent of the client: to the WebAPI');
is(header($got->{head}, 'X-Request-ID'), 'order-4711.a_B',
    'id of the client: in the answer');
is($got->{line}{client_request_id}, 'order-4711.a_B',
    'id of the client: in the audit log');
like($got->{line}{request_id}, qr/\A[0-9a-f]{32}\z/,
    'and that of nginx beside it');

$got = traced('refused', token => 'unknown',
    headers => [ 'X-Request-ID: order-4712' ]);
is($got->{status}, 403, 'refused');
is($got->{count}, 0, 'refused: the WebAPI is not contacted');
is(header($got->{head}, 'X-Request-ID'), 'order-4712',
    'refused: id of the client in the answer');
is($got->{line}{client_request_id}, 'order-4712', 'refused: in the audit log');
my ($told) = $got->{body} =~ /"RequestId":"(\w+)"/;
is($got->{line}{request_id}, $told, 'refused: id of nginx in the audit log');
$s->log_has(qr/refused reason=app_token_unknown .* request_id=$told/,
    'refused: and in the error log');

for my $id ('', 'a b', 'a"b', 'x' x 65, "\xc3\xa6", 'a;b', '<a>') {
    (my $name = substr $id, 0, 8) =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ge;
    $got = traced('odd', headers => [ "X-Request-ID: $id",
        'traceparent: 00-' . '0' x 32 . '-00f067aa0ba902b7-01' ]);
    my $mine = $got->{line}{request_id};
    is(header($got->{request}{head}, 'X-Request-ID'), $mine,
        "id \"$name\": that of nginx is used");
    is(header($got->{head}, 'X-Request-ID'), $mine, "id \"$name\": answer");
    is($got->{line}{client_request_id}, '', "id \"$name\": not logged");
    is(header($got->{request}{head}, 'traceparent'),
        "00-$mine-" . substr($mine, 0, 16) . '-00', "id \"$name\": traceparent");
}
$s->ends_well('ids');

# Limits for calls alone

$s = started(block('$erpsync_limit_call {') =~ s/10r\/s/1r\/m/r . <<'END');
server {
    listen 8080;
    erpsync on;
    erpsync_registry /etc/nginx/erpsync/apps.json;
    limit_req zone=erpsync_calls;
    limit_req_status 429;
    location / { proxy_pass https://webapi.example.com; }
}
END

sub statuses {
    return join ' ', map { ($s->answer($s->request(@$_)))[0] } @_;
}

my @contact = (uri => '/Cust12345/api/v1/Contact/1', method => 'GET',
    body => '');
is(statuses([], []), '200 429', 'limits: the second call of an app');
is(statuses([ token => 'token-2' ]), '200', 'limits: another app');
is(statuses([ token => undef ], [ token => 'x' ]), '403 429',
    'limits: no app, by address');
is(statuses([ @contact ], [ @contact ], [ @contact, token => undef ],
    [ @contact, token => undef ]), '200 200 200 200',
    'limits: other requests, with and without a token');
requests();
$s->ends_well('limits');

# The first recipe counts other requests, too, as it says.

$s = started(block('zone=erpsync_rate:10m') =~ s/10r\/s/1r\/m/r
    =~ s/burst=20 nodelay//r);
is(statuses([ @contact ], []), '200 429', 'limits: all requests of an app');
requests();
$s->ends_well('limits of all');

# Tenants

my $other = Recorder->new(answer => sub {
    return "HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n";
});
my $other_port = $other->port;
my $text = block('map $erpsync_tenant $erpsync_webapi');
$text =~ s/server( +)online1\.example\.com:443/server${1}127.0.0.1:$other_port/;
$text =~ s/server( +)online3\.example\.com:443/server$1$there/;
$text =~ s{(erpsync +on;)}{$1\naccess_log logs/erpsync-audit.log erpsync_audit;};
$s = started("include /etc/nginx/erpsync-audit.conf;\n$text");
is(statuses([]), '200', 'tenants: one with a line');
my ($request) = requests();
is(header($request->{head}, 'Host'), 'online3.example.com',
    'tenants: its host');
is(statuses([ uri => $uri =~ s/12345/999/r ]), '421',
    'tenants: the answer of a host that does not have it');
my @elsewhere = $other->requests();
is(scalar @elsewhere, 1, 'tenants: from the default');
is(scalar requests(), 0, 'tenants: and from no other');
until_true(sub { $s->read_file('logs/erpsync-audit.log') =~ /"421"/ });
my ($jq) = grep { $_->{language} eq 'sh' && $_->{text} =~ /"421"/ }
    blocks('docs/recipes.md');
my $command = $jq->{text} =~ s{/var/log/nginx/}{$s->{dir}/logs/}r;
like(scalar `$command`, qr/\A\s*1 Cust999\n\z/, 'tenants: who has moved');
$s->ends_well('tenants');

# Retries.  Nobody listens on the first server, or it takes the call and
# closes.

my $nobody = free_port();
my $closing = Recorder->new(answer => sub { return '' });
my $closing_at = '127.0.0.1:' . $closing->port;

for my $case (
    [ 'no connection', "127.0.0.1:$nobody", '', 'POST', 200, 0, 1 ],
    [ 'closed', $closing_at, '', 'POST', 502, 1, 0 ],
    [ 'closed, non_idempotent', $closing_at,
        'proxy_next_upstream error timeout non_idempotent;', 'POST', 200, 1,
        1 ],
    [ 'closed, GET', $closing_at, '', 'GET', 200, 1, 1 ],
    [ 'no connection, off', "127.0.0.1:$nobody", 'off', 'POST', 502, 0, 0 ],
    [ 'closed, GET, off', $closing_at, 'off', 'GET', 502, 1, 0 ])
{
    my ($name, $first, $more, $method, $status, $taken, $again) = @$case;
    $more = block('proxy_next_upstream off') if $more eq 'off';
    $more = "erpsync on;\nerpsync_registry /etc/nginx/erpsync/apps.json;\n"
        . $more unless $more =~ /registry/;
    $s = started(<<"END", to => 'http://two');
upstream two {
    server $first max_fails=0;
    server $there backup;
}
server {
    listen 8080;
    $more
    location / { proxy_pass https://webapi.example.com; }
}
END
    my ($got) = $s->answer($s->request(method => $method,
        body => $method eq 'GET' ? '' : $Body =~ s/:/ : /gr));
    is($got, $status, "retries, $name: status");
    my @taken = $closing->requests();
    $closing->forget();
    my @again = requests();
    is(scalar @taken, $taken, "retries, $name: the first server");
    is(scalar @again, $again, "retries, $name: the second");
    is($_->{body}, $method eq 'GET' ? '' : $Canonical, "retries, $name: body")
        for @taken, @again;
    $s->ends_well("retries, $name");
}

done_testing();
