# Labels of an app as variables: in any phase, of the app in good standing, and
# as the recipe of docs/recipes.md uses them.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Digest::SHA qw(sha256_hex);
use Test::More;

use ErpsyncServer;
use ErpsyncTest;

my $s = ErpsyncServer->new();
my ($dir, $port) = ($s->dir, $s->port);

sub apps {
    my $gold = shift;
    my @apps = map {
        my ($id, $labels, $more) = @$_;
        sprintf '{ "id": "%s", "agents": ["ErpSync"], "labels": { %s }, '
            . '"tokens": [ { "sha256": "%s" } ]%s }', $id, $labels,
            sha256_hex("t-$id"), $more // '';
    } [ $gold, '"tier": "gold", "a_2": "x.y:z-1"' ],
        [ $gold eq 'one' ? 'two' : 'one', '"tier": "free"' ],
        [ 'none', '' ], [ 'off', '"tier": "gold"', ', "enabled": false' ],
        [ 'far', '"tier": "gold"', ', "addresses": ["10.9.8.7"]' ];
    return '{ "version": 1, "apps": [' . join(', ', @apps) . '] }';
}

$s->write_file('erpsync/apps.json', apps('one'));

# The recipe, with the registry, port and WebAPI of this test

open my $in, '<', 'docs/recipes.md' or die $!;
my $text = do { local $/; <$in> };
my ($recipe) = $text =~ /^## Limits by label.*?```nginx\n(.*?)```/ms;

$recipe =~ s{/etc/nginx/erpsync/apps\.json;}{$dir/erpsync/apps.json refresh=1s;};
$recipe =~ s{listen 8080;}{listen 127.0.0.1:$port;
    add_header X-Label "\$erpsync_app_label_tier|\$erpsync_app_label_a_2|\$erpsync_app_label_b|\$erpsync_app_label_" always;
    set \$early \$erpsync_app_label_tier;
    add_header X-Early \$early always;
    location = /label { return 200 \$erpsync_app_label_tier; }};
$recipe =~ s{https://webapi\.example\.com}{http://unix:$dir/webapi.sock};

# A rate at which none comes back during the test

$recipe =~ s/rate=100r\/s/rate=1r\/m/;
$recipe =~ s/rate=5r\/s/rate=1r\/m/;
$recipe =~ s/burst=200/burst=4/;
$recipe =~ s/burst=10 /burst=1/;

$s->start($s->conf("access_log off;\n" . $s->webapi . $recipe));

sub label {
    my $answer = $s->call(@_);
    my ($status) = $answer =~ m{^HTTP/1\.1 (\d+)};
    my ($label) = $answer =~ /^X-Label: (.*)\r/m;
    my ($early) = $answer =~ /^X-Early: (.*)\r/m;
    return join ' ', $status // 'none', $label // '-', $early // '-';
}

is(label(token => 't-one'), '200 gold|x.y:z-1|| gold', 'labels of an app');
is(label(token => 't-two'), '200 free||| free', 'of another one');
is(label(token => 't-none'), '200 ||| -', 'of one without labels');
is(label(token => 't-off'), '403 ||| -', 'of one that is disabled');
is(label(token => 't-far'), '403 ||| -', 'of one from another address');
is(label(token => 'wrong'), '403 ||| -', 'of an unknown token');
is(label(token => undef), '403 ||| -', 'without a token');
like($s->call(token => 't-one', method => 'GET', uri => '/label', body => ''),
    qr/\r\n\r\ngold\z/, 'outside of calls');

# Five calls at once for gold, two for the others

my %passed;

for my $app (qw(one two none)) {
    $passed{$app} = grep { label(token => "t-$app") =~ /^200/ } 1 .. 8;
}

is($passed{one}, 4, 'gold: five calls, one of them above');
is($passed{two}, 1, 'another tier: two calls, one of them above');
is($passed{none}, 1, 'no label: the same');
like($s->call(token => 't-two'), qr{^HTTP/1\.1 429 .*"too_many_requests"}s,
    'then: too many requests');

# A change takes effect without a reload.

$s->replace_file('erpsync/apps.json', apps('two'));
ok(until_true(sub { label(token => 't-two') =~ /^200 gold\|/ }),
    'a label that changes');
is(label(token => 't-off'), '403 ||| -', 'still none of an app that is off');

$s->ends_well('labels');

done_testing();
