# Time that passes: the clock of nginx is set, or runs faster.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Cwd qw(getcwd);
use JSON::PP qw(decode_json);
use Test::More;
use Time::HiRes qw(sleep);

use ErpsyncServer;
use ErpsyncTest;

my $library = faketime();

plan skip_all => 'libfaketime is not installed' if !defined $library;
plan skip_all => 'a sanitizer must be loaded first' if $ENV{ASAN_OPTIONS};

my ($s, $dir);

# Starts nginx with this registry and these variables of the library; "http" in
# front of "events" has it refresh without threads.

sub start {
    my ($registry, $events_last, %clock) = @_;
    local @ENV{keys %clock} = values %clock;
    local $ENV{LD_PRELOAD} = $library;
    local $ENV{TZ} = 'UTC';

    $s->write_file('registry.json', $registry);
    $s->start($s->conf(<<"END",
    access_log off;
    client_header_timeout 1d;
    client_body_timeout 1d;
    send_timeout 1d;
    erpsync_zone erpsync:1m;
    @{[$s->webapi]}
    server {
        listen 127.0.0.1:@{[$s->port]};
        erpsync on;
        erpsync_registry registry.json refresh=1s;
        location = /status { erpsync_status; }
        location / {
            proxy_connect_timeout 1d;
            proxy_read_timeout 1d;
            proxy_send_timeout 1d;
            proxy_pass http://unix:$dir/webapi.sock;
        }
    }
END
        events_last => $events_last,
        main => join '', map { "env $_;\n" } keys %clock));
}

sub call {
    my ($status, $body) = $s->answer($s->request(token => $_[0]));
    return $status . ($body =~ /"ErrorType":"(\w+)"/ ? " $1" : '');
}

sub counters {
    my ($status, $body) = $s->answer("GET /status?format=json HTTP/1.1\r\n"
        . "Host: localhost\r\nConnection: close\r\n\r\n");
    return decode_json($body);
}

# The clock stands still, at the time that a file has.

sub at { $s->replace_file('clock', "$_[0]\n") }

$s = ErpsyncServer->new();
$dir = $s->dir;
at('2030-06-01 12:00:00');
start(registry('acme' => [ $Token ],
    'short' => [ 'token-short', undef, ', "notBefore": "2030-06-01T12:10:00Z",'
        . ' "expires": "2030-06-01T12:20:00Z"' ]), 0,
    FAKETIME_TIMESTAMP_FILE => "$dir/clock", FAKETIME_NO_CACHE => 1,
    FAKETIME_DONT_FAKE_MONOTONIC => 1);

# A token, at the very second at which it begins and ends to be valid

for ([ '12:09:59', '403 app_token_expired' ], [ '12:10:00', '200' ],
    [ '12:19:59', '200' ], [ '12:20:00', '403 app_token_expired' ])
{
    my ($time, $expected) = @$_;
    at("2030-06-01 $time");
    is(call('token-short'), $expected, "a token at $time");
}

# What is counted in a minute is counted for an hour, that minute included, and
# for five minutes.  Then its place is that of a later minute.

# A request is counted after its answer: the clock waits for it.

sub counted {
    my $n = shift;
    return until_true(sub {
        my $total = counters()->{total};
        return $total->{allow} + $total->{deny} == $n;
    });
}

sub of_acme { return grep { $_->{app} eq 'acme' } @{ counters()->{apps} } }

sub shown {
    my ($time, $hour, $recent) = @_;
    at("2030-06-01 $time");
    my $c = counters();
    my ($app) = of_acme();
    my ($calls, $minutes) = (0, 0);
    $calls += $_ for @{ $c->{gate_nanoseconds}{hour}{buckets} };
    $minutes += $_ for @{ $c->{minutes}{allow} };
    is_deeply([ $c->{hour}{allow}, $c->{results}{hour}{other}, $calls, $minutes,
            @{ $app->{hour} }{allow}, @{ $app->{recent} }{allow} ],
        [ ($hour) x 5, $recent ], "$time: $hour in the last hour");
}

counted(4);
at('2030-06-01 14:00:00');
is(call($Token), '200', 'a call at 14:00:00');
is(call($Token), '200', 'and another one');
counted(6);

shown('14:00:59', 2, 2);
shown('14:04:59', 2, 2);
shown('14:05:00', 2, 0);
shown('14:59:59', 2, 0);
shown('15:00:00', 0, 0);

# 64 minutes later: in the same cells
shown('15:04:00', 0, 0);
is(call($Token), '200', 'a call at 15:04:00');
counted(7);
shown('15:04:00', 1, 1);
$s->ends_well('the clock stands still');

# The clock runs: a refresh takes longer than the time to the next one, which
# is not forgotten.

$s = ErpsyncServer->new();
$dir = $s->dir;
start(registry('acme' => [ $Token ]), 1, FAKETIME => '+0 x200');
my %many = map { ("app-$_" => [ "token-$_" ]) } 1 .. 20000;
$s->replace_file('registry.json', registry(%many));
ok(until_true(sub { call('token-1') eq '200' }), 'a large registry is loaded');
$s->replace_file('registry.json', registry('acme' => [ $Token ]));
ok(until_true(sub { call($Token) eq '200' }), 'and the next one');
$s->ends_well('the clock runs');

# erpsyncctl says what the gateway does: of a second with a fraction, a token
# is valid in no part that is outside of its times.

my $ctl = $ENV{TEST_ERPSYNCCTL}
    || ($ENV{ERPSYNC_BUILD} || getcwd() . '/build') . '/erpsyncctl';

for ([ notBefore => '00', 'not yet' ], [ notBefore => '01', 'valid' ],
    [ expires => '00', 'expired' ], [ expires => '01', 'expired' ])
{
    my ($member, $second, $state) = @$_;
    $s->write_file('registry.json', registry('acme' => [ $Token, undef,
        qq(, "$member": "2030-06-01T12:00:00.5Z") ]));
    local $ENV{LD_PRELOAD} = $library;
    local $ENV{FAKETIME} = "2030-06-01 12:00:$second";
    local $ENV{TZ} = 'UTC';
    my $apps = decode_json(scalar `$ctl registry list --json $dir/registry.json`);
    is($apps->{apps}[0]{tokens}[0]{state}, $state,
        "erpsyncctl: $member 12:00:00.5 at 12:00:$second");
}

done_testing();
