# docs/monitoring: promtool finds no fault in rules, their tests, the scrape
# example and the queries of the dashboard; all of them name only metrics and
# labels that the module serves.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

use ErpsyncTest;

my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
$ENV{PATH} .= ':/usr/sbin:/sbin';

my $docs = 'docs/monitoring';
my $dir = tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
mkdir "$dir/logs";

my $port = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
    ->sockport;
my $modules = join '', map { "load_module $_;\n" }
    split ' ', $ENV{TEST_NGINX_LOAD_MODULES};
my $pid;

END {
    my $status = $?;
    if ($pid) {
        kill QUIT => $pid;
        waitpid $pid, 0;
    }
    $? = $status;
}

sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', "$dir/$name" or die "$name: $!";
    print $out $text;
    close $out or die "$name: $!";
}

sub read_file {
    open my $in, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return scalar <$in>;
}

sub exchange {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port, Timeout => 10) or die "connect: $!";
    print $socket join "\r\n", @_;
    local $/;
    my $answer = <$socket>;
    return (split /\r\n\r\n/, $answer || '', 2)[1];
}

sub call {
    my ($token, $body) = @_;
    exchange('POST /api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1',
        'Host: localhost', 'Connection: close', "SO-AppToken: $token",
        'Authorization: Bearer x', 'Content-Type: application/json',
        'Content-Length: ' . length $body, '', $body);
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

write_file('registry.json', registry('acme-erp' => [ $Token ]));
write_file('nginx.conf', <<"END");
$modules
daemon off;
error_log logs/error.log notice;
pid logs/nginx.pid;
events { }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    erpsync_zone erpsync:1m;
    server {
        listen unix:$dir/webapi.sock;
        location / { default_type application/json; return 200 true; }
    }
    server {
        listen 127.0.0.1:$port;
        erpsync on;
        erpsync_registry registry.json;
        location / { proxy_pass http://unix:$dir/webapi.sock; }
        location = /status { erpsync_status; }
    }
}
END

$pid = fork;
die "fork: $!" unless defined $pid;
if ($pid == 0) {
    open STDERR, '>>', "$dir/logs/error.log";
    exec { $binary } $binary, '-p', $dir, '-c', 'nginx.conf'
        or POSIX::_exit(127);
}
for (1 .. 500) {
    last if IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
    sleep 0.02;
}

call($Token, $Body);
call($Token, '{}');
call('no-such-token', $Body);

my (%metric, %value);
for (1 .. 200) {
    my $text = exchange('GET /status?format=prometheus HTTP/1.1',
        'Host: localhost', 'Connection: close', '', '');
    (%metric, %value) = ();
    for (grep { !/^#/ } split /\n/, $text) {
        my ($name, $labels) = /^(\w+)(?:\{(.*)\})? \S+$/ or next;
        $metric{$name} ||= { job => 1, instance => 1 };
        while (($labels || '') =~ /(\w+)="([^"]*)"/g) {
            $metric{$name}{$1} = 1;
            $value{$1}{$2} = 1;
        }
    }
    last if $value{reason}{ok} && $value{reason}{body_invalid}
        && $value{reason}{app_token_unknown};
    sleep 0.02;
}
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
write_file('dashboard.yml', $rules);
promtool('check', 'rules', "$dir/dashboard.yml");

done_testing();
