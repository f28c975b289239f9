# The ways from report to on that docs/rollout.md shows, and what the recipes
# say about limits and addresses: the configurations are taken from there.
# t/450-documents.t walks the page step by step.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Test::More;

use Documents;
use ErpsyncServer;
use ErpsyncTest;

my $loose = $Body =~ s/:/ : /gr;

# A block of a document that has the text, in a server of its own.

sub block {
    my ($file, $with) = @_;
    my ($block) = grep { $_->{language} eq 'nginx'
        && $_->{text} =~ /\Q$with\E/ } blocks($file);
    return $block ? $block->{text} : die "$file: no block with $with";
}

# The registry, in which one app is enforced.

my $enforce = '';

sub apps {
    my $registry = registry('acme-erp' => [ $Token ],
        'second' => [ 'token-2' ], 'far' => [ 'token-far',
        '"agents": ["ErpSync"], "addresses": ["10.0.0.0/8"]' ]);
    $registry =~ s/("id": "\Q$enforce\E",)/$1 "enforce": true,/;
    return $registry;
}

sub started {
    my $block = shift;
    my $s = ErpsyncServer->new();
    my ($dir, $port) = ($s->dir, $s->port);
    $block = "server {\nlisten 8080;\n$block}\n" unless $block =~ /^server/m;
    $block =~ s/listen 8080/listen 127.0.0.1:$port/;
    $block =~ s/listen 127\.0\.0\.1:8081/listen unix:$dir\/status.sock/;
    $block =~ s/^\s*(?:include|access_log|error_log) .*\n//mg;
    $block =~ s{/etc/nginx/}{$dir/}g;
    $block =~ s{(erpsync/apps\.json)}{$1 refresh=1s};
    $block =~ s{https://webapi\.example\.com}{http://unix:$dir/webapi.sock}g;
    my $webapi = $s->webapi =~ s/^\s+rewrite.*\n//mgr;
    $s->write_file('erpsync/apps.json', apps());
    $s->start($s->conf("access_log off;\n$webapi\n$block"));
    return $s;
}

# What becomes of a call: canonical, as it came, or the reason.

sub outcome {
    my ($s, $tenant, $token, $body, @headers) = @_;
    my $answer = $s->call(token => $token, body => $body,
        uri => "/$tenant/api/v1/agents/erpsync/tryconnectactor",
        headers => [ 'Authorization: Bearer x', @headers ])
        =~ s/(?:\r\n)?\r\n0\r\n\r\n\z//r;
    return $1 if $answer =~ /"ErrorType":"(\w+)"/;
    return 'canonical' if $answer =~ /\Q$Canonical\E\z/
        && $answer =~ m{^POST /\w+/api/v1/Agents/ErpSync/TryConnectActor H}m;
    return 'as it came' if $answer =~ /\Q$body\E\z/
        && $answer =~ m{^POST /\w+/api/v1/agents/erpsync/tryconnectactor H}m;
    return $answer =~ m{^HTTP/1\.1 (\d+)} ? $1 : $answer;
}

my $s = started(block('docs/rollout.md', 'location /Cust12345/'));
is(outcome($s, 'Cust1', 'x', $loose), 'as it came', 'location: another, bad');
is(outcome($s, 'Cust1', $Token, $loose), 'as it came', 'location: another');
is(outcome($s, 'cust12345', 'x', $loose), 'as it came',
    'location: in another case');
is(outcome($s, 'Cust12345', 'x', $loose), 'app_token_unknown',
    'location: bad');
is(outcome($s, 'Cust12345', $Token, $loose), 'canonical', 'location: good');
$s->ends_well('location');

# By app: one is enforced, while the server reports.

$enforce = 'acme-erp';
$s = started(block('docs/rollout.md', 'erpsync          report;'));
is(outcome($s, 'Cust1', $Token, $loose), 'canonical', 'app: good');
is(outcome($s, 'Cust1', $Token, '{}'), 'body_invalid', 'app: bad');
is(outcome($s, 'Cust1', 'token-2', '{}'), 'as it came', 'app: another, bad');
is(outcome($s, 'Cust1', 'token-2', $loose), 'as it came', 'app: another');
is(outcome($s, 'Cust1', 'x', $loose), 'as it came', 'app: unknown');
$s->log_has(qr/would refuse reason=app_token_unknown .*\n/,
    'app: and that is logged');

# "enforce" for all, and off again, without a reload

for ([ 'second', 'as it came', 'body_invalid' ],
    [ 'none', 'as it came', 'as it came' ])
{
    my ($app, @want) = @$_;
    $enforce = $app;
    $s->replace_file('erpsync/apps.json', apps());
    ok(until_true(sub {
        return outcome($s, 'Cust1', 'token-2', '{}') eq $want[1];
    }), "app: enforce for $app");
    is(outcome($s, 'Cust1', $Token, '{}'), $want[0],
        "app: enforce for $app, the other");
}
$s->ends_well('app');

# Limits come before the gateway: refused calls count

my $map = block('docs/recipes.md', 'map $erpsync_app')
    =~ s/10r\/s/1r\/m/r;
for my $mode (qw(on report)) {
    $s = started("$map\nserver {\nlisten 8080;\nerpsync $mode;\n"
        . "erpsync_registry /etc/nginx/erpsync/apps.json;\n"
        . "limit_req zone=erpsync_all;\nlimit_req_status 429;\n"
        . "location / { proxy_pass https://webapi.example.com; }\n}\n");
    my @got = map { outcome($s, 'Cust1', 'x', $loose) } 1, 2;
    is("@got", $mode eq 'on' ? 'app_token_unknown too_many_requests'
        : 'as it came 429', "limit, $mode: without a known app");
    @got = map { outcome($s, 'Cust1', $Token, $Canonical) } 1, 2;
    is("@got", $mode eq 'on' ? 'canonical too_many_requests'
        : 'as it came 429', "limit, $mode: an app");
    unlike(outcome($s, 'Cust1', 'token-2', $loose), qr/429|too_many/,
        "limit, $mode: another");
    $s->ends_well("limit, $mode");
}

# The client's address behind a proxy

(my $real_ip = block('docs/recipes.md', 'set_real_ip_from'))
    =~ s{10\.0\.0\.0/8}{127.0.0.1};
for my $in (qw(server location)) {
    my ($outer, $inner) = $in eq 'server' ? ($real_ip, '') : ('', $real_ip);
    $s = started("server {\nlisten 8080;\n$outer\nerpsync on;\n"
        . "erpsync_registry /etc/nginx/erpsync/apps.json;\n"
        . "location / { $inner proxy_pass https://webapi.example.com; }\n}\n");
    is(outcome($s, 'Cust1', 'token-far', $loose, 'X-Forwarded-For: 10.1.2.3'),
        'canonical', "address: real_ip in $in");
    is(outcome($s, 'Cust1', 'token-far', $loose, 'X-Forwarded-For: 11.1.2.3'),
        'address_not_granted', "address: real_ip in $in, another client");
    $s->ends_well("address: real_ip in $in");
}

done_testing();
