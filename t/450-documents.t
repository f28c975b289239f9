# The documents: every configuration loads, every command runs and prints what
# is written there, in the order of the document and in a root that looks like
# Debian's.  t/lib/Documents.pm describes the marks of the blocks.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use File::Copy qw(copy);
use Test::More;

use Documents;
use ErpsyncServer;
use ErpsyncTest;

my @documents = ('README.md', 'CONTRIBUTING.md', 'SECURITY.md', glob 'docs/*.md');

# Documents that begin without the module.

my %fresh = map { $_ => 1 } qw(README.md docs/operations.md
    docs/tutorial.md);

# Commands that no test runs: why, and how many blocks.

my %not_run = (
    'builds or tests the checkout' => 10,
    'installs packages' => 5,
    'needs fail2ban' => 1,
    'needs systemd' => 2,
    'needs the packages' => 1,
    'needs the source of nginx' => 2,
    'needs SuperOffice' => 2,
    'reads from the terminal' => 1,
    'needs the vendor\'s file' => 2,
    'needs a container engine' => 2,
    'needs a cluster' => 6,
);

my %language = map { $_ => 1 } qw(nginx sh json text http yaml c xml diff), '';

# A configuration in a server of the tests, by what it is a part of.

my $s = ErpsyncServer->new();
my $dir = $s->dir;

is(system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
    . " -nodes -subj /CN=gateway"
    . " -keyout '$dir/gateway.key' -out '$dir/gateway.pem' 2> /dev/null"),
    0, 'a certificate');
copy('docs/examples/erpsync-audit.conf', $dir) or die "copy: $!";
$s->write_file('erpsync/apps.json', registry('acme-erp' => [ $Token ]));
$s->write_file('erpsync/tenants.json', '{ "version": 1, "tenants": { } }');
$s->write_file('erpsync/signed.json', registry('acme-erp' => [ $Token ]));
is(system("cd '$dir' && openssl genpkey -algorithm ed25519 -out sign.key"
    . ' && openssl pkey -in sign.key -pubout -out erpsync/keys.pem'
    . ' && openssl pkeyutl -sign -rawin -inkey sign.key -in'
    . ' erpsync/signed.json | base64 > erpsync/signed.json.sig'), 0,
    'a signed registry, as docs/registry.md makes it');

my $listen = 0;

sub loads {
    my ($context, $text) = @_;
    my $main = $text =~ /^http \{/m;
    my $log = 'access_log logs/documented.log;';

    $text =~ s/^load_module .*\n//mg;
    $text =~ s{/etc/nginx/|/usr/share/nginx/|/etc/ssl/certs/}{$dir/}g;
    $text =~ s{ca-certificates\.crt|company-ca\.pem}{gateway.pem}g;
    $text =~ s{/var/log/nginx/}{$dir/logs/}g;
    $text =~ s{listen [^\s;]+}{"listen unix:$dir/" . $listen++ . '.sock'}ge;
    $text =~ s{(https://|server\s+)[\w.]+\.example\.com}{${1}127.0.0.1}g;
    $text = "server {\nlisten unix:$dir/" . $listen++ . ".sock;\n$text}\n"
        if $context eq 'server';
    $text = "events { }\n$text" if $main && $text !~ /^events/m;
    $text =~ s/^http \{/"http {\n" . $s->paths() . $log/me;

    return $s->check($main ? $s->main() . $text : $s->conf("$log\n$text"));
}

sub runs {
    my ($root, $block, $output) = @_;
    my $name = "$block->{file}:$block->{line}";
    my ($exit) = $block->{mark} =~ /^exit=(\d+)$/;
    ok($block->{mark} eq '' || defined $exit, "$name: mark");
    (my $status, $$output) = $root->run($block->{text});
    is($status, $exit // 0, "$name: exit code") or diag($$output);
}

my %seen;

for my $file (@documents) {
    my @blocks = blocks($file);
    my ($root, $output);

    open my $in, '<', $file or die "$file: $!";
    my $text = do { local $/; <$in> };
    $text =~ s/^```.*?^```$//msg;
    unlike($text, qr/\n\n {4,}(?![|*-]|\d\.)\S/, "$file: no block without a fence");
    unlike($text, qr/^\s+```/m, "$file: no fence that is indented");

    if (grep { $_->{language} eq 'sh' && $_->{mark} !~ /^not run/ } @blocks) {
        $root = Documents->new(install => !$fresh{$file}, files => [
            map { $_->{mark} =~ /^in=(\S+)$/ ? [ $1, $_->{text} ] : () }
                @blocks ]);
    }

    for my $block (@blocks) {
        my $name = "$file:$block->{line}";
        my ($language, $mark) = @$block{qw(language mark)};

        ok($language{$language}, "$name: language");

        if ($language eq 'nginx') {
            my ($context, $path)
                = $mark =~ /^(http|server)?(?:file=(\S+)|in=\S+)?$/
                or fail("$name: mark");
            is(loads($context // '', $block->{text}), '', "$name: loads");
            $root->write($path, $root->to_root($block->{text})) if $path;

        } elsif ($language eq 'json' && $mark =~ /^file=(\S+)$/) {
            $root->write($1, $block->{text});

        } elsif ($language eq 'json' && $mark eq 'registry') {
            $s->write_file('checked.json', $block->{text});
            my $ctl = $ENV{TEST_ERPSYNCCTL}
                || ($ENV{ERPSYNC_BUILD} || 'build') . '/erpsyncctl';
            my $said = `'$ctl' registry check '$dir/checked.json' 2>&1`;
            is($?, 0, "$name: a registry") or diag($said);

        } elsif ($language eq 'sh' && $mark =~ /^not run: (.+)$/) {
            $seen{$1}++;

        } elsif ($language eq 'sh') {
            runs($root, $block, \$output);

        } elsif ($language eq 'text' && $mark eq 'output') {
            ok(matches($output, $block->{text}), "$name: output")
                or diag("printed:\n$output");

        } else {
            is($mark, '', "$name: mark");
        }
    }

    next unless $root;
    $root->stop();
    my $log = $root->{server}->read_file('var/log/nginx/error.log');
    unlike($log, qr/\[(alert|crit)\]/, "$file: nothing worse in the log");
}

# The configurations that are deployed as they are.

for my $file (glob 'deploy/*/gateway.conf') {
    open my $in, '<', $file or die "$file: $!";
    is(loads('http', do { local $/; <$in> }), '', "$file: loads");
}

# Each directive is described, with its contexts, and is in README's table.

{
    my $said = sub {
        open my $in, '<', $_[0] or die "$_[0]: $!";
        local $/;
        return scalar <$in>;
    };
    my ($commands) = $said->('ngx_erpsync_module/nginx/'
        . 'ngx_http_erpsync_module.c')
        =~ /^static ngx_command_t .*?\{\n(.*?)^\};/ms;
    my @directives = sort $commands =~ /ngx_string\("(erpsync\w*)"\)/g;
    my $text = $said->('docs/directives.md');
    my @described = sort $text =~ /^### (\w+)$/mg;
    is_deeply(\@described, \@directives, 'directives that are described');

    for my $name (@directives) {
        my ($one) = $text =~ /^### $name\n(.*?)(?=^##|\z)/ms;
        like($one, qr/^Syntax: \*\*$name\*\*/m, "$name: syntax");
        like($one, qr/Default: .*Context: /s, "$name: default and context");
        like($said->('README.md'), qr/directives\.md#$name\)/,
            "$name: in README");
    }
}

# Each reason has a remedy.

{
    open my $in, '<', 'docs/reasons.md' or die $!;
    my ($table, $todo) = split /^## What to do$/m, do { local $/; <$in> };
    my @reasons = sort $table =~ /^\| \d+ \| `(\w+)`/mg;
    my %remedy = map { $_ => 1 } map { /`(\w+)`/g }
        $todo =~ /^\| ((?:`\w+` ?)+)\| [^|]/mg;
    cmp_ok(scalar @reasons, '>', 35, 'reasons');
    is_deeply([ grep { !$remedy{$_} } @reasons ], [],
        'reasons without a remedy');
}

delete @not_run{ grep { !$not_run{$_} } keys %not_run };
is_deeply(\%seen, \%not_run, 'commands that are not run');

done_testing();
