# What needs a master process or a client of its own: HTTP/2 with curl,
# Expect: 100-continue, reloads.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Test::More;

use ErpsyncServer;
use ErpsyncTest;
use Http2 qw(request);
use FreePort;

my $s = ErpsyncServer->new();
my ($dir, $port, $port1) = ($s->dir, $s->port, free_port());

$s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
$s->start($s->conf(<<"END"));
    access_log off;
    @{[$s->webapi]}
    server {
        listen 127.0.0.1:$port http2;
        listen 127.0.0.1:$port1;
        client_body_buffer_size 1k;
        erpsync on;
        erpsync_registry registry.json;
        location / { proxy_pass http://unix:$dir/webapi.sock; }
    }
END

# Status and body of a call over HTTP/2.

sub call {
    my ($token, $body, @options) = @_;
    $s->write_file('body.json', $body);
    open my $curl, '-|', 'curl', '-s', '--http2-prior-knowledge',
        '-w', "\n%{http_version} %{http_code}", '--data-binary',
        "\@$dir/body.json", '-H', 'Content-Type: application/json',
        '-H', 'Authorization: Bearer x', '-H', "SO-AppToken: $token",
        @options, "http://127.0.0.1:$port/api/v1/agents/erpsync/"
        . 'tryconnectactor' or die "curl: $!";
    local $/;
    my $out = <$curl>;
    close $curl;
    return $out =~ /\A(.*)\n(\S+ \d+)\z/s ? ($2, $1) : ('none', $out);
}

my $fields = join ',', map {
    qq({"CrmFieldKey":"key $_","Value":") . 'v' x 100 . '"}'
} 1 .. 300;
(my $large = $Canonical) =~ s/\[\]/[$fields]/;
(my $loose = $large) =~ s/"CrmFieldKey":/ "crmFieldKey" : /g;

for my $case ([ 'a small body', $Body, $Canonical ],
    [ 'a large body in a file', $loose, $large ])
{
    my ($name, $sent, $expected) = @$case;
    for my $options ([], [ '-H', 'Content-Length:' ]) {
        my ($status, $body) = call($Token, $sent, @$options);
        is($status, '2 200', "HTTP/2: $name is forwarded");
        like($body, qr/\r\n\r\n\Q$expected\E\z/, "HTTP/2: $name arrives");
        like($body, qr/^Content-Length: @{[length $expected]}\r$/m,
            "HTTP/2: $name has its length");
        like($body, qr{^POST /api/v1/Agents/ErpSync/TryConnectActor HTTP},
            "HTTP/2: $name has the canonical URI");
    }
}

my ($status, $body) = call($Token, '{}');
is($status, '2 422', 'HTTP/2: refused by the body');

# A refusal waits for no body: nginx answers at once, as with "return 403",
# and resets the stream that is not complete.

my $uri = '/api/v1/Agents/ErpSync/TryConnectActor';

for ([ 'without a byte of it' ], [ 'with a part of it', body => 'x' x 1000 ],
    [ 'with all of it but one', body => 'x' x 999_999 ])
{
    my ($name, @options) = @$_;
    my ($code, $text) = request($s->connection($port), 'POST', $uri,
        [ [ 'authorization', 'Bearer x' ], [ 'so-apptoken', 'other' ],
            [ 'content-type', 'application/json' ] ],
        length => 1_000_000, unfinished => 1, @options);
    is($code, 403, "HTTP/2: refused by its token, $name");
    like($text, qr/"ErrorType":"app_token_unknown"/,
        "HTTP/2: the reason, $name");
}

# A body whose length is not announced comes in pieces, with room behind them.

($status, $body) = request($s->connection($port), 'POST', $uri,
    [ [ 'authorization', 'Bearer x' ], [ 'so-apptoken', $Token ],
        [ 'content-type', 'application/json' ] ], body => $Body, size => 50);
is($status, 200, 'HTTP/2: a body in pieces is forwarded');
like($body, qr/\r\n\r\n\Q$Canonical\E\z/, 'HTTP/2: a body in pieces arrives');

# Over HTTP/1.1, a client may wait to be asked for its body.

sub expect_continue {
    my $token = shift;
    my $socket = $s->connection($port1);
    my $length = length $Body;
    print $socket join "\r\n",
        'POST /api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1',
        'Host: localhost', 'Authorization: Bearer x',
        "SO-AppToken: $token", 'Content-Type: application/json',
        'Expect: 100-continue', 'Connection: close',
        "Content-Length: $length", '', '';
    my $line = <$socket>;
    if ($line =~ m{^HTTP/1\.1 100 }) {
        my $empty = <$socket>;
        print $socket $Body;
        my $next = <$socket>;
        $line = "100, then $next";
    }
    close $socket;
    return $line =~ s/\r\n//r;
}

is(expect_continue($Token), '100, then HTTP/1.1 200 OK',
    'Expect: 100-continue: the body is asked for');
is(expect_continue('other'), 'HTTP/1.1 403 Forbidden',
    'Expect: 100-continue: a refusal asks for none');

# A reload takes the new registry; a broken one leaves all as it was.

$s->write_file('registry.json', registry('acme-erp' => [ 'token-2' ]));
$s->reload();
is((call('token-2', $Body))[0], '2 200', 'reload: the new token');
like($s->log, qr/\[notice\] .*: loaded, 1 apps, digest \w{12}: changed acme-erp/,
    'reload: what changes is told');
is((call($Token, ''))[0], '2 403', 'reload: not the old one');

my $broken = qr/apps\[0\]\.agents: is required/;
$s->write_file('registry.json', '{ "version": 1, "apps": [ { "id": "x" } ] }');
$s->signal('HUP');
$s->log_has($broken, 'reload: a broken registry is told with its place');
is((call('token-2', $Body))[0], '2 200', 'reload: the last good one stays');

$s->ends_well('HTTP/2', $broken);
unlike($s->log, qr/\Q$Token\E|token-2/, 'no token in the log');

done_testing();
