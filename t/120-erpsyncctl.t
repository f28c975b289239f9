# erpsyncctl: commands, exit status, files, terminal, completion; and that a
# gateway goes by what it wrote.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Cwd qw(getcwd);
use Digest::SHA qw(sha256_hex);
use Fcntl qw(:flock);
use IPC::Open2;
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

use ErpsyncServer;
use ErpsyncTest;

my $s = ErpsyncServer->new();
my $top = getcwd();
my $build = $ENV{ERPSYNC_BUILD} || "$top/build";
my $ctl = $ENV{TEST_ERPSYNCCTL} || "$build/erpsyncctl";
my ($dir, $port) = ($s->dir, $s->port);
my $file = "$dir/apps.json";
delete $ENV{NO_COLOR};

# What the registry is now.

sub saved { return $s->read_file('apps.json') }

# Exit status, standard output, standard error.

sub spawn {
    my ($input, @command) = @_;
    $s->write_file('in', $input);
    my $pid = fork;
    die "fork: $!" unless defined $pid;
    if ($pid == 0) {
        open STDIN, '<', "$dir/in";
        open STDOUT, '>', "$dir/out";
        open STDERR, '>', "$dir/err";
        exec { $command[0] } @command or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($? & 127 ? "signal $?" : $? >> 8, $s->read_file('out'),
        $s->read_file('err'));
}

sub ctl { return spawn('', $ctl, @_) }

sub apps { return decode_json(saved())->{apps} }

# Programs, help, mistakes

my ($code, $out, $err) = ctl('--help');
is($code, 0, 'help');
like($out, qr/registry check.*body check.*uri check/s, 'help: commands');
is($err, '', 'help: nothing on standard error');

($code, $out, $err) = ctl('--version');
like($out, qr/\Aerpsyncctl \d+\.\d+\.\d+(?:-\w+)?\n\z/, 'version');

for my $command (split /\n/, (ctl('_complete', 'commands'))[1]) {
    ($code, $out, $err) = ctl(split(/ /, $command), '--help');
    is("$code $err", '0 ', "$command --help");
    like($out, qr/^Usage: erpsyncctl $command \[options\]/, "$command: usage");
}

for my $case ([ [], 'Usage' ],
    [ [ 'registry', 'chek', 'x' ], 'did you mean "registry check"' ],
    [ [ 'nonsense' ], 'no such command' ],
    [ [ 'registry', 'disable', 'x', 'y' ], 'did you mean "registry revoke"?' ],
    [ [ 'registry', 'disabel', 'x', 'y' ], 'did you mean "registry revoke"?' ],
    [ [ 'registry', 'delete', 'x', 'y' ], '"registry revoke --remove"?' ],
    [ [ 'registry', 'rm', 'x', 'y' ], '"registry revoke --remove"?' ],
    [ [ 'registry', 'unban', 'x', 'y' ], 'did you mean "registry enable"?' ],
    [ [ 'registry', 'ban', 'x', 'y' ], 'did you mean "registry revoke"?' ],
    [ [ 'registry', 'unrevoke', 'x', 'y' ], 'did you mean "registry enable"' ],
    [ [ 'registry', 'unadd', 'x', 'y' ], 'no such command' ],
    [ [ 'registry', 'degrant', 'x', 'y' ], 'no such command' ],
    [ [ 'registry', 'regrant', 'x', 'y' ], 'no such command' ],
    [ [ 'registry', 'list', '--no-json', 'x' ], 'has no option --no-json,' ],
    [ [ 'registry', 'list', '--frobnicate=x', 'x' ],
        'has no option --frobnicate,' ],
    [ [ 'registry', 'revoke', 'x', '-acme' ],
        'no option -a; an id cannot begin with a dash' ],
    [ [ 'registry', 'check' ], 'argument is missing' ],
    [ [ 'uri', 'check', '/', '/' ], 'too many' ],
    [ [ 'registry', 'list', '--jsn', 'x' ], 'did you mean --json' ],
    [ [ 'body', 'check', '--type' ], 'needs a value' ],
    [ [ 'registry', 'list', '--json=1', 'x' ], 'takes no value' ],
    [ [ 'registry', 'check', "$dir/none" ], 'No such file' ],
    [ [ 'registry', 'check', $dir ], 'directory' ],
    [ [ 'body', 'check', '--operation', 'TryConectActor' ],
        'did you mean TryConnectActor' ],
    [ [ 'registry', 'add', '--id', 'x', $file ], '--create' ])
{
    my ($args, $said) = @$case;
    ($code, $out, $err) = ctl(@$args);
    is("$code $out", '2 ', "usage: @$args");
    like($err, qr/\Q$said\E/, "says: $said");
}
ok(!-e $file, 'no file without --create');

for my $case ([ qw(registry list --json --jsn x) ],
    [ qw(registry check --json), "$dir/none" ],
    [ qw(body check --json --type) ], [ qw(registry chek --json) ],
    [ qw(uri check --json) ])
{
    ($code, $out, $err) = ctl(@$case);
    is("$code $err", '2 ', "@$case: nothing on standard error");
    ok(length decode_json($out)->{error}, '... but an error as JSON');
}

# add

($code, $out, $err) = ctl(qw(registry add --create --generate --id acme),
    qw(--agent ErpSync --tenant Cust12345), '--name', "\xc3\x86rp", $file);
is($code, 0, 'add --generate');
like($out, qr/\A[A-Za-z0-9_-]{43}\n\z/, 'the token, alone, of 256 bits');
chomp(my $token = $out);
unlike($err, qr/\Q$token\E/, 'and not on standard error');
is((stat $file)[2] & 07777, 0600, 'a new file is its owner\'s alone');
is(apps()->[0]{tokens}[0]{sha256}, sha256_hex($token), 'its digest');
is_deeply(apps()->[0]{tenants}, [ 'Cust12345' ], 'its tenants');
unlike(saved(), qr/\Q$token\E/, 'no token in the file');

($code, $out, $err) = spawn("$Token\r\n", $ctl,
    qw(registry add --id second --expires 10d --connection 883), $file);
is("$code $out", '0 ', 'add from standard input');
like($err, qr/not granted the agent/, 'told that no agent is granted');
is(apps()->[1]{tokens}[0]{sha256}, sha256_hex($Token), 'without line end');
unlike($err, qr/\Q$Token\E/, 'the token is not told');
my $two = saved();

for my $case ([ 1, "x\n", 'already', qw(--id acme) ],
    [ 1, "$Token\n", 'registered already, for the app second', qw(--id b) ],
    [ 2, "a b\n", 'visible ASCII', qw(--id b) ],
    [ 2, "a\nb\n", 'one line', qw(--id b) ],
    [ 2, '', 'no token', qw(--id b) ],
    [ 2, 'x' x 5000, 'cannot read', qw(--id b) ],
    [ 2, "token-of-b-012345\n", '--id b/: must be', qw(--id b/) ],
    [ 2, "token-of-b-012345\n", '--tenant Cust: must be',
        qw(--id b --tenant Cust1 --tenant Cust) ],
    [ 2, "token-of-b-012345\n", '--connection 1x: must be',
        qw(--id b --connection 1x) ],
    [ 2, "token-of-b-012345\n", '--expires must be a time',
        qw(--id b --expires soon) ],
    [ 2, "token-of-b-012345\n", 'after --not-before',
        qw(--id b --expires 1d --not-before 2d) ])
{
    my ($status, $input, $said, @args) = @$case;
    ($code, $out, $err) = spawn($input, $ctl, qw(registry add), @args, $file);
    is("$code $out", "$status ", "add @args: refused");
    like($err, qr/\Q$said\E/, "says: $said");
    unlike($err, qr/token-of-b/, 'not the token');
    is(saved(), $two, 'the file is as it was');
}

# list and check

($code, $out, $err) = ctl(qw(registry list), $file);
is("$code $err", '0 ', 'list');
like($out, qr/^acme\s+enabled\s+ErpSync\s+@{[substr sha256_hex($token), 0, 8]}
    \s+valid\s.*\xc3\x86rp$/mx, 'list: an app');
unlike($out, qr/[0-9a-f]{9}/, 'list: 8 digits of a digest');
unlike($out, qr/\e/, 'list: no colour in a file');
($code, $out, $err) = ctl(qw(registry list --json), $file);
my $list = decode_json($out);
is($list->{apps}[1]{tokens}[0]{state}, 'valid', 'list --json: state');
unlike($out, qr/[0-9a-f]{9}/, 'list --json: 8 digits of a digest');

($code, $out, $err) = ctl(qw(registry check), $file);
is($code, 0, 'check');
like($out, qr/valid: 2 apps \(2 enabled, 1 with the agent/, 'check: sums up');
like($err, qr/warning: second: token [0-9a-f]{8} expires in \d+ days/,
    'check: what expires soon');
unlike((ctl(qw(registry check --within 1d), $file))[2], qr/expires/,
    'check --within');
is(decode_json((ctl(qw(registry check --json), $file))[1])->{tokens}, 2,
    'check --json');
chmod 0666, $file;
like((ctl(qw(registry check), $file))[2], qr/written by anybody/,
    'check: a file that anybody may write');
is((ctl(qw(registry check --fail-on-warning), $file))[0], 1,
    'check --fail-on-warning');
($code, $out, $err) = ctl(qw(registry check --json --fail-on-warning), $file);
is("$code $err", '1 ', 'check --json --fail-on-warning');
like("@{ decode_json($out)->{warnings} }", qr/second: .*expires.*anybody/,
    'check --json: warnings');

$s->write_file('bad.json', '{"version":1,"apps":[{"id":"x","agents":[],"tokens":[]}]}');
for my $args ([ 'check' ], [ 'list' ], [ 'revoke', 'x' ], [ 'enable', 'x' ])
{
    my ($command, @id) = @$args;
    ($code, $out, $err) = ctl('registry', $command, "$dir/bad.json", @id);
    is("$code $out", '1 ', "$command: an invalid registry");
    like($err, qr/apps\[0\]: needs at least one of "tokens"/,
        "$command: its place");
}
($code, $out, $err) = ctl(qw(registry check --json), "$dir/bad.json");
is("$code $err", '1 ', 'check --json: invalid');
like(decode_json($out)->{error}, qr{^apps\[0\]: needs}, 'with its place');

# rotate, revoke, enable: owner, mode and link are kept

chmod 0640, $file;
my $root = $> == 0;
chown 65534, 65534, $file if $root;
my @owner = (stat $file)[4, 5];
symlink 'apps.json', "$dir/link.json";

($code, $out, $err) = ctl(qw(registry rotate --generate --expire-old 24h),
    "$dir/link.json", 'acme');
is($code, 0, 'rotate, through a link');
chomp(my $next = $out);
like($err, qr/: acme has the new token @{[ substr sha256_hex($next), 0, 8 ]} /,
    '... says which one');
my $acme = apps()->[0];
is($acme->{tokens}[1]{sha256}, sha256_hex($next), 'rotate: the new token');
like($acme->{tokens}[0]{expires}, qr/^\d{4}-.*Z$/, 'rotate: the old expires');
ok(!exists $acme->{tokens}[1]{expires}, 'rotate: the new does not');

# --expire-old ends tokens earlier, never later

$s->write_file('longer.json', saved());
is((ctl(qw(registry rotate --generate --expire-old 48h),
    "$dir/longer.json", 'acme'))[0], 0, 'rotate again, with a later end');
my $longer = decode_json($s->read_file('longer.json'))->{apps}[0]{tokens};
is($longer->[0]{expires}, $acme->{tokens}[0]{expires},
    'rotate: a token that expires before is not made valid for longer');
cmp_ok($longer->[1]{expires}, 'gt', $acme->{tokens}[0]{expires},
    'rotate: the one without an end expires then');

ok(-l "$dir/link.json", 'the link is one still');
is((stat $file)[2] & 07777, 0640, 'the mode is kept');
is_deeply([ (stat $file)[4, 5] ], \@owner, 'the owner is kept');
like(saved(), qr/\A\{\n  "version": 1,\n  "apps": \[\n    \{\n/,
    'indented by two');
ok($two =~ /"id".*"name".*"tokens".*"agents"/s
    && saved() =~ /"id".*"name".*"tokens".*"agents"/s, 'in their order');

is((ctl(qw(registry revoke), $file, 'acmee'))[0], 1, 'revoke: no such app');
is((ctl(qw(registry revoke), $file, 'second'))[0], 0, 'revoke');
ok(!apps()->[1]{enabled}, 'revoke: disabled');
my $inode = (stat $file)[1];
is((ctl(qw(registry revoke), $file, 'second'))[0], 0, 'revoke again');
is((stat $file)[1], $inode, 'nothing to do: the file is not written');
is((ctl(qw(registry enable), $file, 'second'))[0], 0, 'enable');
ok(apps()->[1]{enabled}, 'enable: enabled');
my $prefix = substr sha256_hex($token), 0, 8;
is((ctl(qw(registry revoke --token), $prefix, $file, 'second'))[0], 1,
    'revoke --token: of another app');
($code, $out, $err) = ctl(qw(registry revoke --token), $prefix, $file, 'acme');
is($code, 0, 'revoke --token');
like($err, qr/: token \Q$prefix\E of acme is removed$/m, '... says which one');
is(scalar @{ apps()->[0]{tokens} }, 1, 'revoke --token: one is left');
($code, $out, $err) = ctl(qw(registry revoke --token),
    substr(sha256_hex($next), 0, 8), $file, 'acme');
is($code, 1, 'revoke --token: the last one stays');
is((ctl(qw(registry rotate --generate --expire-old now), $file,
    'second'))[0], 0, 'rotate --expire-old now');
is((ctl(qw(registry rotate --generate --prune), $file, 'second'))[0], 0,
    'rotate --prune');
is(scalar @{ apps()->[1]{tokens} }, 2, 'rotate --prune: the expired is gone');
is((ctl(qw(registry revoke --remove), $file, 'second'))[0], 0,
    'revoke --remove');
is(scalar @{ apps() }, 1, 'revoke --remove: gone');

# The lock, a full disk, a broken pipe, kill -9

my $before = saved();
open my $lock, '>', "$dir/.apps.json.lock" or die;
flock $lock, LOCK_EX;
($code, $out, $err) = ctl(qw(registry rotate --generate --wait 0), $file,
    'acme');
is("$code $out", '2 ', 'locked: nothing is done, no token printed');
like($err, qr/being edited by another/, 'locked: why');
close $lock;

($code, $out, $err) = spawn('', 'sh', '-c', 'ulimit -f 0; exec "$@"',
    'sh', $ctl, qw(registry rotate --generate), $file, 'acme');
is("$code $out", '2 ', 'a disk that is full');
is(saved(), $before, 'a disk that is full: the file is as it was');
($code, $out, $err) = spawn('', 'sh', '-c', 'exec "$@" > /dev/full', 'sh',
    $ctl, qw(registry rotate --generate), $file, 'acme');
is($code, 2, 'a token that cannot be printed');
is(saved(), $before, '... is not registered');
($code, $out, $err) = spawn('', 'sh', '-c', 'exec "$@" >&-', 'sh',
    $ctl, qw(registry rotate --generate), $file, 'acme');
is($code, 2, 'standard output is closed');
is(saved(), $before, '... the file is as it was');
is_deeply([ glob "$dir/.*.{erpsyncctl,lock}" ], [],
    'no temporary file is left');

my $good = 0;
for my $n (1 .. 30) {
    my $pid = fork;
    if ($pid == 0) {
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', '/dev/null';
        exec { $ctl } $ctl, qw(registry rotate --generate --prune),
            '--expire-old', 'now', $file, 'acme';
    }
    sleep $n / 3000;
    kill KILL => $pid;
    waitpid $pid, 0;
    $good += (ctl(qw(registry check), $file))[0] == 0;
}
is($good, 30, 'killed at any time: the file is whole');
($code, $out) = ctl(qw(registry rotate --generate --expire-old now --prune),
    $file, 'acme');
chomp($next = $out);
is($code, 0, 'and can be edited');
is_deeply([ glob "$dir/.*.{erpsyncctl,lock}" ], [],
    'and nothing is left behind');

# body check

($code, $out, $err) = spawn($Body, $ctl, qw(body check));
is("$code $err", '0 ', 'body check');
is($out, $Canonical, 'the canonical body, byte for byte');

($code, $out, $err) = spawn("{\"ErpKey\":\"\xc3\xa9\x01\"}", $ctl,
    qw(body check));
is("$code $out", '1 ', 'body check: malformed');
like($err, qr/line 1, column 13: .*\n     1 \| \{"ErpKey":"\xc3\xa9\^A"\}
       \| {13}\^$/m, 'a caret under the place');
unlike($err, qr/[\x01\e]/, 'no control character is written');

(my $wrong = $Body) =~ s/\}$/,\n\t"erpkey":1,"FieldValues":[{"Value":1},
    {"CrmFieldKey":"k","SyncToErp":"x"}]}/;
($code, $out, $err) = spawn($wrong, $ctl, qw(body check));
is("$code $out", '1 ', 'body check: invalid');
like($err, qr{^/ErpKey  duplicate  .*\n     2 \| "erpkey"}m, 'a violation');
($code, $out, $err) = spawn($wrong, $ctl, qw(body check --json));
is("$code $err", '1 ', 'body check --json');
my %at = map { ("$_->{path} $_->{code}" => "$_->{line}:$_->{column}") }
    @{ decode_json($out)->{violations} };
is_deeply(\%at, { '/ErpKey duplicate' => '2:2',
    '/FieldValues/0/CrmFieldKey required' => '2:28',
    '/FieldValues/1/SyncToErp type' => '3:36' }, 'their places');
($code, $out, $err) = spawn("\xef\xbb\xbf\n{\"\xc3\xa9\\u0041\":1,\"X\":2}", $ctl,
    qw(body check --operation GetConnection));
like($err, qr{^/\xc3\xa9A  unknown .*\n\ {5}2 \| \{.*\n\ {7}\| \ \^$}m,
    'behind a byte order mark: an escaped name');
like($err, qr{^/X  unknown .*\n\ {5}2 \| \{.*\n\ {7}\| \ {13}\^$}m,
    '... and one behind it, in characters');
is(decode_json((spawn($Body, $ctl, qw(body check --json)))[1])->{canonical},
    $Canonical, 'body check --json: canonical');
(my $more = $Body) =~ s/\}$/,"x":1}/;
is((spawn($more, $ctl, qw(body check)))[0], 1, '--unknown reject');
is((spawn($more, $ctl, qw(body check --unknown strip)))[1], $Canonical,
    '--unknown strip');
like((spawn($more, $ctl, qw(body check --unknown pass)))[1], qr/,"x":1\}\z/,
    '--unknown pass');
is((spawn('<a/>', $ctl, qw(body check --type text/plain)))[0], 1,
    'body check: a type that is not taken');
is((spawn('ErpConnectionId=1', $ctl, qw(body check --operation GetConnection),
    '--type', 'application/x-www-form-urlencoded'))[1], '{"ErpConnectionId":1}',
    'body check: a form, of another operation');

# uri check

($code, $out, $err) = ctl(qw(uri check),
    '/Cust1/api/v1/agents//erpsync/TRYconnectactor/?%24select=a,+b,a&x=1');
is("$code $err", '0 ', 'uri check');
like($out, qr{^tenant\s+Cust1$}m, 'uri check: tenant');
like($out, qr{^forwarded\s+/Cust1/api/v1/Agents/ErpSync/TryConnectActor
    \?\$select=a,b&x=1$}mx, 'uri check: forwarded');
for my $case ([ 1, 'operation_unknown', '/api/v1/Agents/ErpSync/Nothing' ],
    [ 1, 'select_invalid',
        '/api/v1/Agents/ErpSync/SyncAll?$select=a&$select=b' ],
    [ 1, 'soap_not_allowed', '/Remote/Services88/ErpSync.svc' ],
    [ 1, 'path_ambiguous', '/Cust1/%252e%252e/api/v1/Agents/ErpSync/SyncAll' ],
    [ 1, 'by nginx itself', '/../api' ], [ 1, 'by nginx itself', '/%zz' ],
    [ 0, 'not judged', '/api/v1/Contact' ])
{
    my ($status, $said, $uri) = @$case;
    ($code, $out, $err) = ctl(qw(uri check), $uri);
    is($code, $status, "uri check $uri");
    like($status ? $err : $out, qr/\Q$said\E/, "says: $said");
    ok(defined decode_json((ctl(qw(uri check --json), $uri))[1])->{judged},
        'as JSON');
}
($code, $out, $err) = ctl(qw(uri check),
    '/Cust1/api/v1/Agents/ErpSync\\SyncAll\\x/..');
like($out, qr{^nginx\ reads:\npath\s+/Cust1/api/v1/Agents/$}mx,
    'ambiguous: as nginx reads it');
like($out, qr{^another\ server\ reads:\nby\s+http\.sys\nthen\s+-\n
    path\s+/Cust1/api/v1/Agents/ErpSync/SyncAll/\nnames\s+operation\n
    operation\s+SyncAll\ntenant\s+Cust1$}mx, 'ambiguous: as another does');
is_deeply(decode_json((ctl(qw(uri check --json),
        '/Cust1/%252e%252e/api/v1/Agents/ErpSync/SyncAll'))[1])->{reading},
    { by => 'ASP.NET Core', then => 'nginx', names => 'operation',
        operation => 'SyncAll', tenant => undef,
        path => '/api/v1/Agents/ErpSync/SyncAll' }, 'ambiguous: as JSON');
is((ctl(qw(uri check --installation onsite), '/Services1/ErpSync.svc'))[0],
    0, 'uri check: SOAP onsite');

# On a terminal

# What is shown; there is input when the prompt is.

sub terminal {
    my ($prompt, $input, $env, @args) = @_;
    my $line = join ' ', "env $env", $ctl, @args;
    my $pid = open2(my $out, my $in, 'script', '-qec', $line, '/dev/null');
    my $shown = '';
    while (sysread $out, $shown, 4096, length $shown) {
        next unless length $input && $shown =~ $prompt;
        syswrite $in, $input;
        $input = '';
    }
    waitpid $pid, 0;
    return $shown;
}

SKIP: {
    if (system('script -qec true /dev/null > /dev/null 2>&1')) {
        my $why = 'no pseudo-terminal (/dev/pts)';
        diag("skipped, 7 tests of erpsyncctl on a terminal: $why");
        skip $why, 7;
    }

    like(terminal('', '', 'TERM=xterm', qw(registry list), $file), qr/\e\[32m/,
        'colours on a terminal');
    unlike(terminal('', '', 'TERM=dumb', qw(registry list), $file), qr/\e/,
        'none on a dumb one');
    unlike(terminal('', '', 'TERM=xterm NO_COLOR=1', qw(registry list), $file),
        qr/\e/, 'none with NO_COLOR');
    my $shown = terminal(qr/Token .*: /, "typed-token-0123456789\n",
        'TERM=xterm', qw(registry rotate), $file, 'acme');
    like($shown, qr/Token \(not shown\): .*new token/s, 'asked for a token');
    unlike($shown, qr/typed-token/, 'which is not echoed');
    unlike(terminal(qr/Token .*: /, "\cC", 'TERM=xterm', qw(registry rotate),
        $file, 'acme'), qr/erpsyncctl:/, 'no error if it is interrupted');
    is($? >> 8, 130, '... it ends by the signal');
}

# Completion and manual

sub complete {
    my @words = @_;
    my $quoted = join ' ', map { "'$_'" } @words;
    open my $bash, '-|', 'bash', '-c',
        ". ngx_erpsync_module/cli/erpsyncctl.bash-completion;"
        . "COMP_WORDS=($quoted); COMP_CWORD=$#words; _erpsyncctl;"
        . 'echo "${COMPREPLY[*]}"';
    chomp(my $reply = <$bash> // '');
    close $bash;
    return $reply;
}

is(complete($ctl, 'reg'), 'registry', 'completion: a group');
is(complete($ctl, 'registry', 'r'), 'rotate revoke', 'completion: a command');
is(complete($ctl, qw(registry grant), $file, ''), 'acme',
    'completion: an app to grant');
is(complete($ctl, qw(registry grant --crm-actor-type Cont)), 'Contact',
    'completion: an actor type');
is(complete($ctl, qw(registry rotate), $file, ''), 'acme',
    'completion: an app');
is(complete($ctl, qw(body check --type application/x)),
    'application/xml application/x-www-form-urlencoded',
    'completion: a media type');
is(complete($ctl, qw(body check --operation Try)), 'TryConnectActor',
    'completion: an operation');
is(complete($ctl, qw(registry check --w)), '--within', 'completion: options');

SKIP: {
    skip 'no mandoc', 1 if system('command -v mandoc > /dev/null');
    is(qx{mandoc -T lint -W warning docs/erpsyncctl.1 2>&1}, '',
        'the manual is clean');
}

open my $in, '<', 'docs/erpsyncctl.1' or die "erpsyncctl.1: $!";
my $manual = do { local $/; <$in> };
for my $command (split /\n/, (ctl('_complete', 'commands'))[1]) {
    like($manual, qr/^\.Cm \Q$command\E$/m, "manual: $command");
    my @options = split /=?\n/,
        (ctl('_complete', 'options', split / /, $command))[1];
    my @missing = grep { my $name = $_ =~ s/^--//r;
        $name ne 'help' && $manual !~ /(?:Fl |, )\\-\Q$name\E(?![\w-])/ }
        @options;
    is("@missing", '', "manual: the options of $command");
}

# The gateway goes by it

$s->start($s->conf(<<"END"));
    access_log off;
    @{[$s->webapi]}
    server {
        listen 127.0.0.1:$port;
        erpsync on;
        erpsync_registry apps.json;
        location / { proxy_pass http://unix:$dir/webapi.sock; }
    }
END

sub outcome {
    my ($status, $text) = $s->answer($s->request(token => shift));
    return $1 if $text =~ /"ErrorType":"(\w+)"/;
    return $status eq '200' && $text =~ /\Q$Canonical\E\z/ ? 'ok' : $text;
}

is(outcome($next), 'ok', 'gateway: the generated token is taken');
ctl(qw(registry revoke), $file, 'acme');
$s->reload();
is(outcome($next), 'app_disabled', 'gateway: revoked');
ctl(qw(registry enable), $file, 'acme');
$s->reload();
is(outcome($next), 'ok', 'gateway: enabled');
ctl(qw(registry rotate --generate), $file, 'acme');
ctl(qw(registry revoke --token), substr(sha256_hex($next), 0, 8), $file,
    'acme');
$s->reload();
is(outcome($next), 'app_token_unknown', 'gateway: without that token');
$s->ends_well('gateway');

done_testing();
