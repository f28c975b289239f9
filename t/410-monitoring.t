# docs/monitoring: promtool finds no fault in rules, their tests, the scrape
# example and the queries of the dashboard; all of them name only metrics and
# labels that the module serves.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use JSON::PP;
use Test::More;

use ErpsyncServer;
use ErpsyncTest;

my $docs = 'docs/monitoring';
my $s = ErpsyncServer->new();
my ($dir, $port) = ($s->dir, $s->port);

sub read_file {
    open my $in, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return scalar <$in>;
}

sub promtool {
    my $name = join ' ', 'promtool', @_;
    my $out = `$name 2>&1`;
    is($?, 0, $name) or diag $out;
}

promtool('check', 'config', "$docs/prometheus.yml");
promtool('check', 'rules', "$docs/erpsync-rules.yml");
promtool('test', 'rules', "$docs/erpsync-rules.test.yml");

# What is served

$s->write_file('registry.json', registry('acme-erp' => [ $Token, undef,
    ', "expires": "2099-01-01T00:00:00Z"' ]));
$s->write_file('tenants.json',
    '{ "version": 1, "tenants": { "Cust1": { "host": "localhost" } } }');
$s->start($s->conf(<<"END"));
    access_log off;
    erpsync_zone erpsync:1m;
    server {
        listen unix:$dir/webapi.sock;
        location / { default_type application/json; return 200 true; }
    }
    server {
        listen 127.0.0.1:$port;
        erpsync on;
        erpsync_registry registry.json;
        erpsync_unknown_properties strip;
        erpsync_tenants tenants.json;
        location / { proxy_pass http://unix:$dir/webapi.sock; }
        location = /status { erpsync_status; }
    }
END

$s->call(body => $Body =~ s/\}$/,"Unknown":1}/r);
$s->call(body => '{}');
$s->call(token => 'no-such-token');

my (%metric, %value);
until_true(sub {
    my (undef, $text) = $s->answer(
        "GET /status?format=prometheus HTTP/1.0\r\n\r\n");
    (%metric, %value) = ();
    for (grep { !/^#/ } split /\n/, $text) {
        my ($name, $labels) = /^(\w+)(?:\{(.*)\})? \S+$/ or next;
        $metric{$name} ||= { job => 1, instance => 1 };
        while (($labels || '') =~ /(\w+)="([^"]*)"/g) {
            $metric{$name}{$1} = 1;
            $value{$1}{$2} = 1;
        }
    }
    return $value{reason}{ok} && $value{reason}{body_invalid}
        && $value{reason}{app_token_unknown};
});
ok($value{reason}{app_token_unknown}, 'the calls are counted');

$metric{up} = { job => 1, instance => 1 };
my %reason = map { ($_ => 1) } read_file('docs/reasons.md')
    =~ /^\| \d+ \| `(\w+)`/mg;
$value{reason} = { %{ $value{reason} }, %reason };
$value{decision}{report} = 1;
delete $value{$_} for qw(job instance app operation le);

# The faults of an expression: names, labels and values that are not served.
# Names with a colon are those of recording rules.

sub faults {
    my ($expr, $recorded) = @_;
    my (@faults, %known);
    while ($expr =~ /(?<![\w:"\$])((?:\w+:)?erpsync_\w+(?::\w+)?|up)\b
            (?:\{([^}]*)\})?/gx) {
        my ($name, $labels) = ($1, $2);
        my $of = $metric{$name} || $recorded->{$name};
        if (!$of) {
            push @faults, "no metric $name";
            next;
        }
        %known = (%known, %$of);
        while (($labels || '') =~ /(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g) {
            my ($label, $value) = ($1, $3);
            push @faults, "no label $label of $name" unless $of->{$label};
            next unless $value{$label};
            push @faults, map { "no value $_ of $label" }
                grep { !$value{$label}{$_} } split /\|/, $value;
        }
    }
    push @faults, 'no metric at all' unless %known;
    while ($expr =~ /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g) {
        push @faults, map { "no label $_" }
            grep { !$known{$_} } $1 =~ /\w+/g;
    }
    return join ', ', @faults;
}

is(faults('sum by (nothing) (erpsync_none{a="b"}) '
    . '+ erpsync_results_total{result="x",app="y"}'),
    'no metric erpsync_none, no value x of result, '
    . 'no label app of erpsync_results_total, no label nothing',
    'faults are found');

# Rules

my (%recorded, %alerts);
for my $rule (split /^  - (?=record:|alert:)/m,
    read_file("$docs/erpsync-rules.yml"))
{
    my ($kind, $name) = $rule =~ /^(record|alert): (\S+)/ or next;
    my ($expr) = $rule =~ /^    expr: (.*?)(?=^    \w|^- |\z)/ms;
    is(faults($expr, \%recorded), '', "$name: metrics and labels");
    if ($kind eq 'record') {
        my ($by) = $expr =~ /by \(([^)]*)\)/;
        $recorded{$name} = { map { ($_ => 1) } grep { $_ ne 'le' }
            $by =~ /\w+/g };
        next;
    }
    $alerts{$name} = 1;
    like($rule, qr/^      $_: "[^"]+"$/m, "$name: $_")
        for qw(summary description runbook);
    my ($anchor) = $rule =~ /runbook: "docs\/monitoring\.md#(\w+)"/;
    is($anchor, lc $name, "$name: where to read on");
    like(read_file('docs/monitoring.md'), qr/^### \Q$name\E$/m,
        "$name: is explained there");
    my @tests = grep { /alertname: \Q$name\E$/m } split /- eval_time/,
        read_file("$docs/erpsync-rules.test.yml");
    ok((grep { /exp_alerts: \[\]/ } @tests)
        && (grep { /exp_labels/ } @tests), "$name: tested both ways");
}
cmp_ok(scalar keys %alerts, '>', 5, 'there are alerts');

# Dashboard

my $text = read_file("$docs/grafana-dashboard.json");
my $dashboard = decode_json($text);
my @panels = @{ $dashboard->{panels} };
my %variable = map { ($_->{name} => $_) } @{ $dashboard->{templating}{list} };

is($dashboard->{id}, undef, 'the dashboard has no id of a server');
like($dashboard->{$_}, qr/\S/, "the dashboard has $_")
    for qw(title uid schemaVersion);
is($variable{datasource}{type}, 'datasource', 'variable of the data source');
is($variable{datasource}{query}, 'prometheus', 'it is a Prometheus');
ok($variable{instance}, 'variable of the gateway');
is_deeply([ grep { $_ ne '${datasource}' } $text =~
    /"datasource": \{[^}]*"uid": "([^"]*)"/g ], [], 'no fixed data source');

my (%id, @exprs);
for my $panel (@panels) {
    my $title = $panel->{title};
    ok(length $title, 'a panel has a title');
    ok(!$id{ $panel->{id} }++, "$title: its id is its own");
    ok(@{ $panel->{targets} || [] }, "$title: has a query");
    is($panel->{datasource}{uid}, '${datasource}', "$title: data source");
    my $at = $panel->{gridPos};
    ok($at->{w} > 0 && $at->{h} > 0 && $at->{x} + $at->{w} <= 24,
        "$title: lies within the grid");
    ok(!(grep {
        my $other = $_->{gridPos};
        $_ != $panel && $at->{x} < $other->{x} + $other->{w}
            && $other->{x} < $at->{x} + $at->{w}
            && $at->{y} < $other->{y} + $other->{h}
            && $other->{y} < $at->{y} + $at->{h}
    } @panels), "$title: lies on no other");
    for my $target (@{ $panel->{targets} }) {
        is(faults($target->{expr}), '', "$title: metrics and labels");
        like($target->{expr}, qr/instance=~"\$instance"/,
            "$title: of the chosen gateway");
        push @exprs, $target->{expr};
    }
}

for my $variable (grep { $_->{type} eq 'query' } values %variable) {
    my ($selector, $label) = $variable->{query}{query}
        =~ /^label_values\((.*), (\w+)\)$/;
    is(faults("sum by ($label) ($selector)"), '',
        "variable $variable->{name}: metrics and labels");
    push @exprs, $selector;
}

my $rules = "groups:\n- name: dashboard\n  rules:\n";
for my $i (0 .. $#exprs) {
    (my $expr = $exprs[$i]) =~ s/\$__(?:rate_interval|interval|range)/5m/g;
    unlike($expr, qr/\$__/, 'every interval is known');
    for ($expr =~ /\$(\w+)/g) {
        ok($variable{$_}, "variable \$$_ is there");
    }
    $expr =~ s/\$\w+/.*/g;
    $rules .= "  - record: query:$i\n    expr: '$expr'\n";
}
$s->write_file('dashboard.yml', $rules);
promtool('check', 'rules', "$dir/dashboard.yml");

$s->ends_well('monitoring');

done_testing();
