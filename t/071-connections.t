# The digest of an app token is kept with the client's connection.  A proxy in
# front may share one connection among its clients: each call is judged by its
# own token, and by the registry as it is then.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Digest::SHA qw(sha256);
use Test::More;

use ErpsyncServer;
use ErpsyncTest;
use Http2;
use Recorder;

my $webapi = Recorder->new();
my $s = ErpsyncServer->new();
my $port = $s->port;
my $port2 = FreePort::free_port();
my $uri = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';

my $longest = 'l' x 64;      # is kept, longer ones are not
my $longer = 'l' x 65;
my $agents = '"agents": ["ErpSync"]';
my @apps = ('other' => [ 'token-other' ], 'short' => [ 'x' ],
    'longest' => [ $longest ], 'longer' => [ $longer ],
    'old' => [ 'token-old', $agents, ', "expires": "2020-01-01T00:00:00Z"' ]);
my $good = registry('acme-erp' => [ $Token ], @apps);

$s->write_file('registry.json', $good);
$s->start($s->conf(<<"END"));
    log_format apps '\$connection_requests [\$erpsync_app]'
                    ' [\$erpsync_app_claimed] \$erpsync_reason';
    access_log logs/apps.log apps;
    server {
        listen 127.0.0.1:$port;
        listen 127.0.0.1:$port2 http2;
        keepalive_requests 10000;
        erpsync on;
        erpsync_registry registry.json refresh=1s;
        location / { proxy_pass http://127.0.0.1:@{[ $webapi->port ]}; }
    }
END

# A call: status, what the WebAPI received, and the app in the log

my $seen = 0;

sub outcome {
    my ($status) = @_;
    my @lines;
    until_true(sub {
        @lines = $s->read_file('logs/apps.log') =~ /(.*)\n/g;
        return @lines > $seen;
    });
    $seen = @lines;
    my @got = map { $_->{raw} } $webapi->requests();
    $webapi->forget();
    return [ $status, \@got, $lines[-1] =~ s/^\d+ //r ];
}

# One connection, of each protocol

my ($one, $two, $stream, $rest);

sub over_http1 {
    my ($token) = @_;
    $one ||= $s->connection();
    print $one $s->request(token => $token) =~ s/Connection: close\r\n//r;
    my ($head, $body) = ('', '');
    while ($head !~ /\r\n\r\n/) {
        sysread $one, $head, 1, length $head or return outcome('none');
    }
    if ($head =~ /^Content-Length: (\d+)/mi) {
        while (length $body < $1) {
            sysread $one, $body, $1 - length $body, length $body or last;
        }
    }
    return outcome($head =~ m{^HTTP/1\.1 (\d+)} ? $1 : 'none');
}

sub over_http2 {
    my ($token) = @_;
    if (!$two) {
        ($two, $stream, $rest) = ($s->connection($port2), -1, '');
    }
    my ($status) = Http2::request($two, 'POST', $uri,
        [ [ 'authorization', 'Bearer x' ],
            defined $token ? [ 'so-apptoken', $token ] : (),
            [ 'content-type', 'application/json' ] ],
        body => $Body, length => length $Body, stream => $stream += 2,
        rest => \$rest);
    return outcome($status);
}

# Prefixes, longer ones and other cases of a token that was just sent, none, an
# empty one, and each of them twice

my @tokens = ($Token, substr($Token, 0, -1), $Token, "${Token}x", $Token,
    'token-other', $Token, uc $Token, '', $Token, undef, $Token,
    'token-othes', 'token-other', 'x', 'y', 'x', $longest, $longer, $longest,
    'l' x 63, $longer, "${longest}m", 'token-old', $Token,
    'm' . substr($longest, 1), substr($longest, 0, 63) . 'm', $longest);

for ([ 'HTTP/1.1', \&over_http1, \$one ], [ 'HTTP/2', \&over_http2, \$two ]) {
    my ($protocol, $call, $connection) = @$_;

    # each token on a connection of its own

    my %expected;
    for my $token (@tokens) {
        undef $$connection;
        $expected{$token // 'none'} ||= $call->($token);
    }
    undef $$connection;

    is($expected{$Token}[0], 200, "$protocol: the only call: forwarded");
    is($expected{$Token}[2], '[acme-erp] [acme-erp] ok',
        "$protocol: the app is known");
    is($expected{$longer}[2], '[longer] [longer] ok',
        "$protocol: that of a long token, too");
    is($expected{'token-old'}[2], '[] [old] app_token_expired',
        "$protocol: an old token");

    for my $token (@tokens) {
        my $name = $token // 'none';
        is_deeply($call->($token), $expected{$name}, "$protocol: $name$_")
            for '', ', again';
    }

    my ($nth) = $s->read_file('logs/apps.log') =~ /(\d+) .*\n\Z/;
    is($nth, 2 * @tokens, "$protocol: all on one connection");
}

# A token that was used is revoked, rotated and back again

sub changed {
    my ($registry) = @_;
    my $before = () = $s->log =~ /registry "[^"]+": loaded/g;
    $s->replace_file('registry.json', $registry);
    ok(until_true(sub {
        my $now = () = $s->log =~ /registry "[^"]+": loaded/g;
        return $now > $before;
    }), 'the change is taken up');
}

for ([ 'HTTP/1.1', \&over_http1 ], [ 'HTTP/2', \&over_http2 ]) {
    my ($protocol, $call) = @$_;
    is($call->($Token)->[0], 200, "$protocol: before it is revoked");
    changed(registry(@apps));
    is_deeply($call->($Token), [ 403, [], '[] [] app_token_unknown' ],
        "$protocol: revoked");
    changed(registry('acme-erp' => [ 'token-new' ], @apps));
    is_deeply($call->($Token), [ 403, [], '[] [] app_token_unknown' ],
        "$protocol: rotated");
    is($call->('token-new')->[2], '[acme-erp] [acme-erp] ok',
        "$protocol: the new one");
    changed(registry('acme-two' => [ $Token ], @apps));
    is($call->($Token)->[2], '[acme-two] [acme-two] ok',
        "$protocol: the token of another app now");
    changed($good);
    is($call->($Token)->[2], '[acme-erp] [acme-erp] ok', "$protocol: back");
}

# Of a connection that is closed, nothing is kept: a token with its digest is in
# no memory of the worker

sub in_memory {
    my ($token) = @_;
    my $left = 64 - length $token;
    my $digest = sha256($token);
    return $s->in_memory(qr/\Q$token\E.{$left}\Q$digest\E/s);
}

SKIP: {
    for ([ 'HTTP/1.1', \&over_http1, \$one ],
        [ 'HTTP/2', \&over_http2, \$two ])
    {
        my ($protocol, $call, $socket) = @$_;
        my $token = "a-secret-over-$protocol";
        $call->($token) for 1 .. 2;
        my $kept = in_memory($token);
        skip 'the memory of nginx cannot be read', 2 if !defined $kept;
        is($kept, 1, "$protocol: kept while it is open");
        close $$socket;
        ok(until_true(sub { !in_memory($token) }),
            "$protocol: gone when it is closed");
    }
}

$s->ends_well('connections');

done_testing();
