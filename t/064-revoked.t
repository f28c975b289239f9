# A call whose body was still on its way when its app lost the right to make
# it is refused; so it is by a worker that exits.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(sleep);

use ErpsyncServer;
use ErpsyncTest;
use Recorder;

my $webapi = Recorder->new();
my $s = ErpsyncServer->new();
my $port = $s->port;

my $good = registry('acme-erp' => [ $Token ], 'other' => [ 'token-other' ]);
my $agents = '"agents": ["ErpSync"]';

sub stamp { return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + $_[0])) }

$s->write_file('registry.json', $good);
my $conf = $s->conf(<<"END");
    server {
        listen 127.0.0.1:$port;
        erpsync on;
        erpsync_registry registry.json refresh=1s;
        location / { proxy_pass http://127.0.0.1:@{[ $webapi->port ]}; }
    }
END
$s->start($conf);

# A call but for the last byte of its body

sub begun {
    my $socket = $s->connection();
    my $request = $s->request(@_);
    print $socket substr $request, 0, -1;
    return [ $socket, substr $request, -1 ];
}

sub finished {
    my ($socket, $rest) = @{ $_[0] };
    print $socket $rest;
    local $/;
    my ($status) = (<$socket> // '') =~ m{^HTTP/1\.1 (\d+)};
    return $status // 'none';
}

my $loaded = 0;

sub changed {
    my ($registry) = @_;
    my $before = () = $s->log =~ /registry "[^"]+": (?:loaded|valid again)/g;
    $s->replace_file('registry.json', $registry);
    ok(until_true(sub {
        my $now = () = $s->log =~ /registry "[^"]+": (?:loaded|valid again)/g;
        return $now > $before;
    }), 'the change is taken up');
}

for (
    [ 'its token', registry('acme-erp' => [ 'new' ],
        'other' => [ 'token-other' ]), 'app_token_unknown' ],
    [ 'the app', registry('acme-erp' => [ $Token, "$agents, \"enabled\": false"
        ]), 'app_disabled' ],
    [ 'the agent', registry('acme-erp' => [ $Token, '"agents": []' ]),
        'agent_not_granted' ],
    [ 'the tenant', registry('acme-erp' => [ $Token,
        "$agents, \"tenants\": [\"Cust9\"]" ]), 'tenant_not_granted' ],
    [ 'the address', registry('acme-erp' => [ $Token,
        "$agents, \"addresses\": [\"10.0.0.0/8\"]" ]), 'address_not_granted' ],
    [ 'the connection', registry('acme-erp' => [ $Token,
        "$agents, \"erpConnections\": [7]" ]), 'connection_not_granted' ],
    [ 'time', registry('acme-erp' => [ $Token, $agents,
        ', "expires": "2020-01-01T00:00:00Z"' ]), 'app_token_expired' ],
) {
    my ($what, $registry, $reason) = @$_;
    my $before = length $s->log;
    my $call = begun();
    my $get = begun(method => 'GET');
    changed($registry);
    is(finished($call), 403, "without $what: refused");
    like(substr($s->log, $before), qr/refused reason=$reason /,
        "without $what: the reason");
    is(scalar(() = $webapi->requests()), 0, "without $what: nothing is sent");
    if ($reason eq 'connection_not_granted') {
        is(finished($get), 200, "without $what: a description is given");
    } else {
        is(finished($get), 403, "without $what: not even a description");
    }
    changed($good);
    $webapi->forget();
}

# The other way round, and a token that expires in the meantime

my $call = begun();
changed($good =~ s/"acme-erp"/"acme-two"/r);
is(finished($call), 200, 'another id: forwarded');
changed(registry('acme-erp' => [ $Token, $agents,
    ', "expires": "' . stamp(3) . '"' ]));
$webapi->forget();
$call = begun();
sleep 4;
is(finished($call), 403, 'expired in the meantime: refused');
$s->log_has(qr/refused reason=app_token_expired/, 'expired: the reason');
is(scalar(() = $webapi->requests()), 0, 'expired: nothing is sent');
changed($good);

# A worker that exits looks at the registry, too

my @old = $s->workers();
$call = begun();
sleep 0.1;
$s->signal('HUP');
until_true(sub { return grep { $_ != $old[0] } $s->workers() });
my $from = length $s->log;
$s->replace_file('registry.json', registry('other' => [ 'token-other' ]));
ok(until_true(sub {
    return substr($s->log, $from) =~ /\Q$old[0]\E#\d+: erpsync: registry .*loaded/;
}), 'an exiting worker: the change is taken up');
is(finished($call), 403, 'an exiting worker: refused');
$s->log_has(qr/$old[0]#.* refused reason=app_token_unknown/,
    'an exiting worker: the reason');
is(scalar(() = $webapi->requests()), 0, 'an exiting worker: nothing is sent');

$s->ends_well('revoked');

done_testing();
