# Negotiate and NTLM may bind the client's identity to the connection to the
# WebAPI: no other call is ever sent over it.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Test::More;

use ErpsyncServer;
use ErpsyncTest;
use FreePort;
use Recorder;

# A server that binds, as IIS does: who has once shown an identity on a
# connection has it for all that comes on it.

my $iis = Recorder->new(answer => sub {
    my ($request, $connection) = @_;
    $connection->{identity} = $2 if $request->{head}
        =~ /^authorization: *(negotiate|ntlm) +(\S+)/mi;
    my $who = $connection->{identity} || 'nobody';
    return $request->{target} =~ /chunked/
        ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $who, $who)
        : $request->{target} =~ /empty/
        ? "HTTP/1.1 204 No Content\r\nX-Who: $who\r\n\r\n"
        : 'HTTP/1.1 200 OK' . "\r\nX-Who: $who\r\nContent-Length: "
            . length($who) . "\r\n\r\n$who";
});

my $s = ErpsyncServer->new();
my $port = $s->port;
$s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
mkdir $s->dir . "/html$_" for '', '/ssi';
$s->write_file('html/ssi/page', '<!--# include virtual="/other/$args"'
    . ' set="who" --><!--# echo var="who" -->');
$s->start($s->conf(<<"END"));
    upstream webapi { server 127.0.0.1:@{[ $iis->port ]}; keepalive 8; }
    server {
        listen 127.0.0.1:$port;
        erpsync_registry registry.json;
        erpsync_installation onsite;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        location / {
            erpsync on;
            erpsync_credentials basic negotiate xsrf;
            proxy_pass http://webapi;
        }
        location /reported/ { erpsync report; proxy_pass http://webapi; }
        location /other/ { proxy_pass http://webapi; }
        location /authed/ {
            auth_request /auth;
            proxy_set_header Authorization "";
            proxy_pass http://webapi;
        }
        location /ssi/ { root html; ssi on; ssi_types *; }
        location = /auth {
            internal;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_pass http://webapi/auth;
        }
    }
END

my $Call = '/api/v1/Agents/ErpSync/TryConnectActor';
my @basic = ('Authorization: Basic dGplMDpUamUw');

sub who {
    my ($uri, @headers) = @_;
    my ($status, $body) = $s->answer($s->request(uri => $uri, token => undef,
        headers => \@headers, $uri =~ /ssi/ ? (method => 'GET', body => '')
        : ()));
    return $status == 204 ? 'nothing' : $body;
}

sub connections {
    my %seen = map { $_->{connection} => 1 } $iis->requests();
    return scalar keys %seen;
}

is(who($Call, @basic), 'nobody', 'Basic') for 1, 2;
is(connections(), 1, 'its connection is kept');

for my $how ('', '?chunked', '?empty') {
    for ([ $Call, 'Negotiate YWxpY2U=' ],
        [ "/reported$Call", 'Negotiate YWxpY2U=' ],
        [ "/reported$Call", 'NTLM YWxpY2U=' ],
        [ '/other/page', 'nEgOtIaTe YWxpY2U=' ],
        [ '/other/page', 'NTLM   YWxpY2U=' ],
        [ '/authed/page', 'NTLM YWxpY2U=' ],
        [ '/ssi/page', 'NTLM YWxpY2U=' ],
        [ '/ssi/page', 'Negotiate YWxpY2U=' ])
    {
        my ($uri, $authorization) = @$_;
        my $name = "$uri$how, $authorization";
        like(who("$uri$how", "Authorization: $authorization"),
            $uri =~ /ssi/ ? qr/^(?:YWxpY2U=|\(none\)|)$/
            : $uri =~ /authed/ ? qr/^(?:nobody|nothing)$/
            : $how eq '?empty' ? qr/^nothing$/ : qr/^YWxpY2U=$/,
            "$name: the first");
        for (1 .. 3) {
            is(who($Call, @basic), 'nobody', "$name: then another client");
            is(who('/other/page'), 'nobody', "$name: and another request");
        }
    }
}

$s->ends_well('bound');

# Over TLS: another connection for each, that resumes the session

SKIP: {
    my $binary = ErpsyncServer::binary();
    skip "$binary is built without TLS", 1
        if `'$binary' -V 2>&1` !~ /--with-http_ssl_module/;

    $s = ErpsyncServer->new();
    my ($dir, $tls) = ($s->dir, free_port());
    my $out = `openssl req -newkey rsa:2048 -nodes -subj /CN=iis -x509 -days 2 \\
        -keyout $dir/key.pem -out $dir/iis.pem 2>&1`;
    die "openssl: $out" if $?;
    $s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
    $s->start($s->conf(<<"END"));
    upstream webapi {
        zone webapi 64k;           # nginx never frees a session outside of one
        server 127.0.0.1:$tls;
        keepalive 8;
    }
    server {
        listen 127.0.0.1:$tls ssl;
        ssl_certificate iis.pem;
        ssl_certificate_key key.pem;
        ssl_protocols TLSv1.2;
        ssl_session_cache shared:tls:1m;
        location / {
            return 200 "\$connection \$ssl_session_reused";
        }
    }
    server {
        listen 127.0.0.1:@{[ $s->port ]};
        erpsync on;
        erpsync_registry registry.json;
        erpsync_installation onsite;
        erpsync_credentials basic negotiate;
        location / {
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass https://webapi;
        }
    }
END

    my %seen;
    for my $i (1 .. 3) {
        my ($connection, $reused) = split ' ',
            who($Call, 'Authorization: Negotiate YWxpY2U=');
        $seen{$connection} = 1;
        is($reused, $i == 1 ? '.' : 'r', "TLS: the session of connection $i");
    }
    is(scalar keys %seen, 3, 'TLS: a connection for each');
    $s->ends_well('TLS');
}

done_testing();
