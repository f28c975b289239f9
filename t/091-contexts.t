# Where each directive may stand, how often, and with how many arguments.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Test::More;

use ErpsyncServer;
use ErpsyncTest;

my $s = ErpsyncServer->new();
my ($dir, $port) = ($s->dir, $s->port);

$s->write_file('registry.json', registry('acme-erp' => [ $Token ]));
$s->write_file('tenants.json', '{ "version": 1, "tenants": { } }');

# The inherited ones, with a value that is not the default

my %value = (
    erpsync => 'report',
    erpsync_installation => 'onsite',
    erpsync_registry => 'registry.json refresh=1s',
    erpsync_tenants => 'tenants.json',
    erpsync_app_token => 'soticket',
    erpsync_credentials => 'bearer xsrf',
    erpsync_soap => 'pass',
    erpsync_forward_app_token => 'off',
    erpsync_unknown_properties => 'strip',
    erpsync_max_field_values => '7',
    erpsync_languages => 'nb-NO en',
    erpsync_default_language => 'en',
    erpsync_default_culture => 'en-GB',
    erpsync_default_timezone => 'NO,includeTZOffset',
    erpsync_errors => 'problem',
);
my @directives = sort keys %value;

# What "nginx -t" says to lines of these contexts; the lines have line feeds
# around them, so that their number is known

sub said {
    my ($context, $lines) = @_;
    my %at = ($context => "\n$lines\n");
    return $s->check($s->conf(join '',
        map { defined ? $_ : '' } $at{http}, 'upstream none {',
        ' server 127.0.0.1:1;', $at{upstream}, '} server { listen ',
        "127.0.0.1:$port;", $at{server}, 'if ($uri) {', $at{'server if'},
        'set $a b; } location / {', $at{location}, 'if ($uri) {',
        $at{'location if'}, 'set $a b; } limit_except GET {',
        $at{limit_except}, 'deny all; } } }'));
}

my $all = join ' ', map { "$_ $value{$_};" } @directives;
for my $context (qw(http server location)) {
    is(said($context, $all), '', "$context: every directive");
}

for my $name (@directives, 'erpsync_zone', 'erpsync_status') {
    my $value = $name eq 'erpsync_zone' ? ' erpsync:2m'
        : $name eq 'erpsync_status' ? '' : " $value{$name}";
    my @contexts = ('upstream', 'server if', 'location if', 'limit_except');
    push @contexts, qw(server location) if $name eq 'erpsync_zone';
    push @contexts, qw(http server) if $name eq 'erpsync_status';
    for my $context (@contexts) {
        like(said($context, "$name$value;"),
            qr/"$name" directive is not allowed here in \S+\.conf:\d+$/m,
            "$name: not in $context");
    }
    my $context = $name eq 'erpsync_zone' ? 'http' : 'location';
    like(said($context, "$name$value; $name$value;"),
        qr/\[emerg\].* "$name" directive is duplicate in \S+:\d+$/m,
        "$name: once");
    my ($twice) = said($context, "$name$value;\n$name$value;") =~ /:(\d+)$/m;
    my ($line) = said($context, "$name$value ! ! !;")
        =~ /"$name".* in \S+check\.conf:(\d+)$/m;
    is($twice, $line && $line + 1, "$name: the line");
    next if $name eq 'erpsync_status';
    like(said($context, "$name;"),
        qr/invalid number of arguments in "$name" directive in \S+:\d+$/m,
        "$name: not without a value");
}

done_testing();
