# Error log, audit log, $erpsync_app_claimed and counters name the same app for
# the same request: whatever its state, and however it is known.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Digest::SHA qw(sha256_hex);
use JSON::PP qw(decode_json encode_json);
use Test::More;

use ErpsyncServer;
use ErpsyncTest;
use Recorder;

my $webapi = Recorder->new();
my $s = ErpsyncServer->new();
my ($dir, $port) = ($s->dir, $s->port);
my $up = 'http://127.0.0.1:' . $webapi->port;

sub openssl {
    my $out = `openssl @_ 2>&1`;
    die "openssl @_: $out" if $?;
}

my $new = 'req -newkey rsa:2048 -nodes -subj';
openssl("$new /CN=$_ -x509 -days 2 -keyout $dir/$_.key -out $dir/$_.pem")
    for qw(ca localhost);

sub certificate {
    my $name = shift;
    openssl("$new /CN=$name -keyout $dir/$name.key -out $dir/$name.csr");
    openssl("x509 -req -CAcreateserial -days 2 -in $dir/$name.csr",
        "-CA $dir/ca.pem -CAkey $dir/ca.key -out $dir/$name.pem");
    open my $in, '-|', "openssl x509 -in $dir/$name.pem -outform DER"
        or die $!;
    binmode $in;
    local $/;
    return { sha256 => sha256_hex(<$in>) };
}

sub token { return { sha256 => sha256_hex($_[0]), @_[1 .. $#_] } }

my @over = (expires => '2020-01-01T00:00:00Z');
my %app = (
    good => { tokens => [ token('token-good') ] },
    expired => { tokens => [ token('token-expired', @over) ] },
    disabled => { tokens => [ token('token-disabled') ],
        enabled => JSON::PP::false },
    agentless => { tokens => [ token('token-agentless') ], agents => [] },
    elsewhere => { tokens => [ token('token-elsewhere') ],
        addresses => [ '10.0.0.0/8' ] },
    cert => { certificates => [ certificate('cert') ] },
    'cert-late' => { certificates => [ { %{ certificate('cert-late') },
        @over } ] },
);
$s->write_file('registry.json', encode_json({ version => 1, apps => [ map {
    { id => $_, agents => [ 'ErpSync' ], %{ $app{$_} } } } sort keys %app ] }));

$s->start($s->conf(<<"END"));
    erpsync_zone erpsync:1m;
    log_format audit '\$erpsync_decision \$erpsync_reason '
        '\$erpsync_app_claimed';
    access_log logs/audit.log audit;
    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate localhost.pem;
        ssl_certificate_key localhost.key;
        ssl_verify_client optional;
        ssl_client_certificate ca.pem;
        erpsync on;
        erpsync_registry registry.json;
        location / { proxy_pass $up; }
        location /reported/ { erpsync report; proxy_pass $up; }
        location /small/ { client_max_body_size 10; proxy_pass $up; }
        location /page/ {
            error_page 403 422 = /page.html;
            erpsync_errors off;
            proxy_pass $up;
        }
        location = /page.html { erpsync off; return 200 page; }
        location = /status { access_log off; erpsync_status; }
    }
END

sub curl {
    my @more = @_;
    open my $out, '-|', 'curl', '-s', '-k', '-m', 30, @more or die "curl: $!";
    local $/;
    return scalar <$out> // '';
}

# Apps with what was counted of each: "" is for calls without one.

sub counted {
    my $c = decode_json(curl("https://127.0.0.1:$port/status?format=json"));
    my %n;
    for ([ '', $c->{no_app} ], map { [ $_->{app}, $_ ] } @{ $c->{apps} }) {
        my ($id, $app) = @$_;
        $n{"$id $_"} = $app->{total}{$_} for keys %{ $app->{total} };
        $n{"$id $_->{decision} $_->{reason}"} = $_->{total}
            for @{ $app->{reasons} };
    }
    return \%n;
}

sub added {
    my ($before, $after) = @_;
    return { map { ($_ => $after->{$_} - ($before->{$_} // 0)) }
        grep { $after->{$_} != ($before->{$_} // 0) } keys %$after };
}

my $calls = 0;

for my $case (
    [ 'good', 'good', 'ok' ],
    [ 'an expired token', 'expired', 'app_token_expired' ],
    [ 'a disabled app', 'disabled', 'app_disabled' ],
    [ 'an app without the agent', 'agentless', 'agent_not_granted' ],
    [ 'from elsewhere', 'elsewhere', 'address_not_granted' ],
    [ 'an unknown token', undef, 'app_token_unknown', 'token-unknown' ],
    [ 'a certificate', 'cert', 'ok' ],
    [ 'a certificate that expired', 'cert-late', 'app_token_expired' ],
    [ 'a body that is wrong', 'good', 'body_invalid', undef, '{}' ],
    [ 'of a certificate', 'cert', 'body_invalid', undef, '{}' ],
) {
    for my $prefix ('', '/reported', '/page') {
        my ($name, $id, $reason, $token, $body) = @$case;
        my $decision = $reason eq 'ok' ? 'allow'
            : $prefix eq '/reported' ? 'report' : 'deny';
        my $app = $id // '';
        check("$name $prefix", $app, $decision, $reason, $prefix, $token,
            $body);
    }
}

check('nginx refuses a body', 'good', 'deny', 'body_too_large', '/small');
check('nginx refuses a body, a certificate', 'cert', 'deny',
    'body_too_large', '/small');

sub check {
    my ($name, $app, $decision, $reason, $prefix, $token, $body) = @_;
    my $before = counted();
    my $log = length $s->log;
    $webapi->forget();
    curl('-H', 'Authorization: Bearer x', '-H',
        'Content-Type: application/json', '--data-binary', $body // $Body,
        $app =~ /^cert/ ? ('--cert', "$dir/$app.pem", '--key',
            "$dir/$app.key")
        : ('-H', 'SO-AppToken: ' . ($token // "token-$app")),
        "https://127.0.0.1:$port$prefix/api/v1/Agents/ErpSync/"
            . 'TryConnectActor');
    my @lines;
    $calls++;
    until_true(sub {
        @lines = split /\n/, $s->read_file('logs/audit.log');
        return @lines >= $calls;
    });
    is($lines[-1], "$decision $reason $app", "$name: audit log");
    my @told = substr($s->log, $log)
        =~ /erpsync: (?:refused|would refuse) reason=(\w+ app=\S+)/g;
    is_deeply(\@told, $decision eq 'allow' ? []
        : [ "$reason app=" . ($app || '-') ], "$name: error log");
    is_deeply(added($before, counted()), { "$app $decision" => 1,
        $decision eq 'allow' ? () : ("$app $decision $reason" => 1) },
        "$name: counters");
    is(scalar(() = $webapi->requests()), $decision eq 'deny' ? 0 : 1,
        "$name: " . ($decision eq 'deny' ? 'not ' : '') . 'forwarded');
}

$s->ends_well('claimed');

done_testing();
