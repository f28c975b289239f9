# The file that erpsyncctl replaces: who can keep it from that, what becomes of
# a change that arrives meanwhile, whose the new file is; and names that hold
# what a terminal would act on.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use Cwd qw(getcwd);
use Digest::SHA qw(sha256_hex);
use Encode qw(encode_utf8);
use Fcntl qw(:flock :DEFAULT);
use JSON::PP;
use POSIX ();
use Test::More;

use ErpsyncServer;
use ErpsyncTest;

my $s = ErpsyncServer->new();
my $top = getcwd();
our $ctl = $ENV{TEST_ERPSYNCCTL}
    || ($ENV{ERPSYNC_BUILD} || "$top/build") . "/erpsyncctl";
my $program = $ctl;
my $dir = $s->dir;
my $file = "$dir/apps.json";

sub apps { return { map { $_->{id} => $_ }
    @{ decode_json($s->read_file('apps.json'))->{apps} } } }

# A process with pipes; what it is to read is written later.

sub begin {
    my @args = @_;
    my %p;
    pipe my $in, $p{in} or die "pipe: $!";
    pipe $p{out}, my $out or die "pipe: $!";
    pipe $p{err}, my $err or die "pipe: $!";
    if (my $fill = ref $args[0] && shift @args) {
        fcntl $out, F_SETFL, O_NONBLOCK;
        1 while syswrite $out, '.' x 4096;
        fcntl $out, F_SETFL, 0;
    }
    $p{pid} = fork // die "fork: $!";
    if ($p{pid} == 0) {
        open STDIN, '<&', $in;
        open STDOUT, '>&', $out;
        open STDERR, '>&', $err;
        close $p{in};
        exec { $ctl } $ctl, @args or POSIX::_exit(127);
    }
    return \%p;
}

sub finish {
    my ($p, $input) = @_;
    local $/;
    local $SIG{PIPE} = 'IGNORE';
    syswrite $p->{in}, $input if defined $input;
    close $p->{in};
    my ($out, $err) = map { my $h = $p->{$_}; scalar(<$h>) // '' } qw(out err);
    waitpid $p->{pid}, 0;
    return ($? >> 8, $out, $err);
}

sub ctl { return finish(begin(@_)) }

sub fresh {
    unlink $file;
    for my $id (@_) {
        my ($code, undef, $err) = finish(begin(qw(registry add --create),
            '--id', $id, '--agent', 'ErpSync', $file),
            "token-of-$id-0123456789\n");
        die $err if $code;
    }
}

# Whoever can read the file and its directory can lock both.

fresh(qw(acme second));
my @strangers = map { open my $h, '<', $_ or die "$_: $!"; $h } $dir, $file;
flock $_, LOCK_EX for @strangers;
is((ctl(qw(registry revoke --wait 0), $file, 'acme'))[0], 0,
    'a lock of the directory and of the file locks nobody out');
close $_ for @strangers;
fcntl_lock();
is((ctl(qw(registry enable --wait 0), $file, 'acme'))[0], 0,
    'nor does one by fcntl()');

sub fcntl_lock {
    open my $h, '<', $file or die;
    my $lock = pack 's s l! l! i x16', F_RDLCK, 0, 0, 0, 0;
    fcntl $h, F_SETLK, $lock;
    push @strangers, $h;
}

symlink '/etc/passwd', "$dir/.apps.json.lock";
my ($code, $out, $err) = ctl(qw(registry revoke --wait 0), $file, 'acme');
is($code, 2, 'a lock that is a link is not followed');
like($err, qr/cannot open \.apps\.json\.lock/, '... and is named');
unlink "$dir/.apps.json.lock";
POSIX::mkfifo("$dir/.apps.json.lock", 0600);
is((ctl(qw(registry revoke --wait 0), $file, 'acme'))[0], 2,
    'a pipe in the place of the lock blocks nobody');
unlink "$dir/.apps.json.lock";

SKIP: {
    skip 'not root', 3 if $> != 0;
    skip 'no user nobody', 3 unless defined getpwnam 'nobody';
    skip 'erpsyncctl does not run by itself', 3 if $ENV{TEST_RUN};
    my ($uid, $gid) = (getpwnam 'nobody')[2, 3];

    $s->write_file('.apps.json.lock', '');
    chmod 0666, "$dir/.apps.json.lock";
    chown $uid, $gid, "$dir/.apps.json.lock";
    ($code, $out, $err) = ctl(qw(registry revoke --wait 0), $file, 'acme');
    is($code, 2, 'a lock of a stranger is not used');
    like($err, qr/is not a lock of erpsyncctl; remove it/, '... and is named');
    unlink "$dir/.apps.json.lock";

    # the owner of the directory, not of the file

    mkdir "$dir/theirs", 0755;
    chown $uid, $gid, "$dir/theirs";
    rename $file, "$dir/theirs/apps.json";
    my $p = begin(\1, qw(registry rotate --generate), "$dir/theirs/apps.json",
        'acme');
    until_true(sub { -s "$dir/theirs/.apps.json.erpsyncctl" });  # it is locked
    is_deeply([ (stat "$dir/theirs/.apps.json.lock")[4, 2] ],
        [ $uid, 0100600 ], 'a lock belongs to the owner of the directory');
    finish($p);
    rename "$dir/theirs/apps.json", $file;
}

# A file that is mounted, as a container's may be, can be read, not replaced.

SKIP: {
    my @mounted = qw(unshare -m sh -c);
    my $mount = 'mount --bind "$1" "$1" && shift && exec "$@"';
    skip 'nothing can be mounted', 4
        if system(@mounted, $mount . ' > /dev/null 2>&1', 'sh', $file, 'true');
    my $before = $s->read_file('apps.json');
    {
        local $ctl = 'unshare';
        ($code, $out, $err) = ctl('-m', 'sh', '-c', $mount, 'sh', $file,
            $program, qw(registry revoke), $file, 'acme');
    }
    is($code, 2, 'a file that is mounted is not replaced');
    like($err, qr/cannot replace .*busy; nothing has changed/, '... why');
    is($s->read_file('apps.json'), $before, '... it is as it was');
    is_deeply([ glob "$dir/.apps.json.erpsyncctl*" ], [], '... no other is left');
}

# Nobody waits for a prompt, and what happens meanwhile is kept.

fresh(qw(acme second));
my $p = begin(qw(registry rotate), $file, 'acme');
($code, $out, $err) = ctl(qw(registry revoke --wait 0), $file, 'acme');
is($code, 0, 'a revocation does not wait for a token that is asked for');
my $next = 'next-token-0123456789';
$s->replace_file('apps.json', $s->read_file('apps.json')
    =~ s/"second"/"renamed"/r);
($code, $out, $err) = finish($p, "$next\n");
is($code, 0, 'then the token is read');
my $apps = apps();
is_deeply([ sort keys %$apps ], [ qw(acme renamed) ], 'what mv brought stays');
ok(!$apps->{acme}{enabled}, 'the revocation stays');
is($apps->{acme}{tokens}[1]{sha256}, sha256_hex($next), 'the token is there');
like($err, qr/is disabled all the same/, 'it is told');

$p = begin(qw(registry add --id third), $file);
is((ctl(qw(registry revoke --remove --wait 0), $file, 'acme'))[0], 0,
    'nor for that of a new app');
is((finish($p, "third-token-0123456789\n"))[0], 0, 'which is added then');
is_deeply([ sort keys %{ apps() } ], [ qw(renamed third) ], 'both are done');

for my $case ([ qw(registry rotate), $file, 'none' ],
    [ qw(registry add --id third), $file ],
    [ qw(registry add --id x), "$dir/none.json" ])
{
    ($code, $out, $err) = ctl(@$case);
    isnt($code, 0, "@$case: refused");
    unlike($err, qr/token/i, '... before a token is asked for')
        unless $case->[3] eq 'third';
}

# Replaced between reading and writing: while the token cannot be printed.

for my $way (qw(mv write link)) {
    fresh(qw(acme second));
    chmod 0644, $file;
    $s->write_file('other.json', $s->read_file('apps.json')
        =~ s/"agents"/"enabled": false, "agents"/gr);
    my $name = 'apps.json';

    if ($way eq 'link') {
        rename $file, "$dir/one.json";
        symlink 'one.json', $file;
        $name = 'one.json';
    }

    $p = begin(\1, qw(registry rotate --generate), $file, 'acme');
    ok(until_true(sub { -s "$dir/.$name.erpsyncctl" }), "$way: written aside");

    if ($way eq 'mv') {
        rename "$dir/other.json", $file;
    } elsif ($way eq 'write') {
        $s->write_file('apps.json', $s->read_file('other.json'));
    } else {
        symlink 'other.json', "$dir/link";
        rename "$dir/link", $file;
    }

    ($code, $out, $err) = finish($p);
    is($code, 0, "$way: done") or diag($err);
    my ($token) = $out =~ /\A\.*([A-Za-z0-9_-]{43})\n\z/;
    ok(defined $token, "$way: one token is printed");
    my $apps = apps();
    is(scalar(grep { !$_->{enabled} } values %$apps), 2,
        "$way: the revocation is not undone");
    is($apps->{acme}{tokens}[1]{sha256}, sha256_hex($token // ''),
        "$way: the token is registered");
    is((stat $file)[2] & 07777, 0644, "$way: the mode of the other file");
    is_deeply([ glob "$dir/.*.{erpsyncctl,lock}" ], [],
        "$way: nothing is left behind");
    unlink glob "$dir/*.json";
}

# A new file never takes the place of one that came meanwhile.

$p = begin(\1, qw(registry add --create --generate --id acme), $file);
until_true(sub { -s "$dir/.apps.json.erpsyncctl" });
$s->replace_file('apps.json', registry(other => [ 'token-other' ]));
($code, $out, $err) = finish($p);
is_deeply([ $code, sort keys %{ apps() } ], [ 0, qw(acme other) ],
    'a file that came meanwhile gets the app');

# A pipe that nobody reads: the lock is given back.

$p = begin(\1, qw(registry rotate --generate), $file, 'acme');
until_true(sub { -s "$dir/.apps.json.erpsyncctl" });   # it has the lock
is((ctl(qw(registry revoke --wait 60), $file, 'other'))[0], 0,
    'a revocation does not wait for a reader of the token');
($code, $out, $err) = finish($p);
is($code, 2, 'which is not registered then');
like($err, qr/cannot print the token: .*nothing has changed/, '... as is told');

# Access control lists and attributes

my %calls = (x86_64 => [ 188, 191 ], aarch64 => [ 5, 8 ]);
my ($set, $get) = @{ $calls{ (POSIX::uname())[4] } // [] };

sub set_attribute {
    my ($name, $path, $value) = @_;
    return syscall($set, "$path\0", "$name\0", $value, length $value, 0) == 0;
}

sub attribute {
    my ($name, $path) = @_;
    my $value = "\0" x 256;
    my $n = syscall($get, "$path\0", "$name\0", $value, length $value);
    return $n < 0 ? undef : substr $value, 0, $n;
}

# Version 2; entries of tag, permissions and id: owner, user 65534, group,
# mask, others.

sub acl { return pack 'V (v v V)*', 2, 1, 6, ~0 & 0xffffffff, 2, 4, 65534,
    4, $_[0], ~0 & 0xffffffff, 16, $_[1], ~0 & 0xffffffff,
    32, 0, ~0 & 0xffffffff }

my ($access, $default) = map { "system.posix_acl_$_" } qw(access default);

SKIP: {
    skip 'no system call known', 6 unless $set;
    fresh(qw(acme));
    chmod 0600, $file;
    skip 'no access control lists here', 6
        unless set_attribute($access, $file, acl(0, 4));

    my $list = attribute($access, $file);
    is((stat $file)[2] & 07777, 0640, 'ACL: the mode shows the mask');
    is((ctl(qw(registry revoke), $file, 'acme'))[0], 0, 'ACL: edited');
    is(attribute($access, $file), $list, 'ACL: kept');
    is((stat $file)[2] & 07777, 0640, 'ACL: so is the mode');

    fresh(qw(acme));
    chmod 0640, $file;
    set_attribute($default, $dir, acl(7, 7)) or die "default: $!";
    ctl(qw(registry revoke), $file, 'acme');
    is(attribute($access, $file), undef, 'ACL: none is inherited');
    is((stat $file)[2] & 07777, 0640, 'ACL: nor is a mode');
    set_attribute($default, $dir, pack 'V', 2);
}

SKIP: {
    skip 'no system call known', 1 unless $set;
    fresh(qw(acme));
    skip 'no attributes here', 1
        unless set_attribute('user.note', $file, 'kept');
    ctl(qw(registry revoke), $file, 'acme');
    is(attribute('user.note', $file), 'kept', 'an attribute is kept');
}

SKIP: {
    skip 'not root', 3 if $> != 0;
    skip 'no user nobody', 3 unless defined getpwnam 'nobody';
    skip 'the user nobody does not reach its libraries', 3
        if $ENV{TEST_FOREIGN};
    my ($uid, $gid) = (getpwnam 'nobody')[2, 3];

    # who may write the directory, but cannot give the file to its owner

    fresh(qw(acme));
    chmod 0644, $file;
    chmod 0777, $dir;
    my $before = $s->read_file('apps.json');

    # nobody may not be let into the place where it was built

    my $copy = "$dir/erpsyncctl";
    system('cp', $ctl, $copy) == 0 or die "cp: $?";
    chmod 0755, $copy;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDERR, '>', "$dir/err";
        $) = "$gid $gid";
        $( = $gid;
        POSIX::setuid($uid);
        exec { $copy } $copy, qw(registry revoke), $file, 'acme'
            or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    is($? >> 8, 2, 'an owner that cannot be kept is an error');
    like($s->read_file('err'), qr/with its owner, group and access rights: /,
        '... as is told');
    is($s->read_file('apps.json'), $before, '... and nothing has changed');
    unlink $copy;
    chmod 0755, $dir;
}

# Names

my $odd = "$dir/a\x1b[31m\n\xff" . encode_utf8("\x{202e}\x{2066}\x{200f}"
    . "\x{61c}\x{85}\x{feff}") . '.json';
my $shown = "$dir/a^[[31m^J<ff><U+202E><U+2066><U+200F><U+061C><U+0085>"
    . '<U+FEFF>.json';
my $plain = qr/\A[\n\x20-\x7e]*\z/;

for my $args ([ 'check' ], [ 'list' ], [ 'check', '--json' ],
    [ 'list', '--json' ])
{
    ($code, $out, $err) = ctl('registry', @$args, $odd);
    is($code, 2, "@$args: no such file");
    like("$out$err", $plain, '... told in plain characters');
    like("$out$err", qr/\Q$shown\E/, '... and in full');
}

fresh();
$s->write_file('apps.json', encode_utf8(registry(acme => [ 'token-acme',
    qq{"agents": [], "name": "n\x{202e}\x{200e}\x{2069}\x{85}"} ])));
rename $file, $odd;
for my $args ([ 'check' ], [ 'list' ], [ 'check', '--json' ],
    [ 'list', '--json' ], [ 'revoke' ])
{
    ($code, $out, $err) = ctl('registry', @$args, $odd,
        $args->[0] eq 'revoke' ? 'acme' : ());
    is($code, 0, "@$args: a file of that name");
    like("$out$err", $plain, '... told in plain characters');
}
like((ctl(qw(registry list), $odd))[1],
    qr/ n<U\+202E><U\+200E><U\+2069><U\+0085>$/m, 'list: a name');
is(decode_json((ctl(qw(registry list --json), $odd))[1])->{apps}[0]{name},
    "n\x{202e}\x{200e}\x{2069}\x{85}", 'list --json: as it is');
$s->write_file('bad.json', "{\"\x1b[31m\": 1}");
like((ctl(qw(registry check), "$dir/bad.json"))[2], $plain,
    'check: an error quotes nothing');
for my $id ('-x', '.x', '_x', "x\n", encode_utf8("x\x{202e}"), 'x y') {
    ($code, $out, $err) = finish(begin(qw(registry add --create), "--id=$id",
        "$dir/new.json"), "token-0123456789\n");
    is($code, 2, 'an id that is none');
    like($err, qr/--id .*: must be 1 to 64 letters/, '... as is told');
    like($err, $plain, '... in plain characters');
    ok(!-e "$dir/new.json", '... and no file is made');
}
($code, $out, $err) = ctl(qw(registry revoke), $odd, '--', '-x');
is($code, 1, 'an id behind --');
like($err, qr/no app -x: an id begins with a letter or a digit/,
    '... as is told');

# Other encodings

$s->write_file('apps.json', "\xef\xbb\xbf" . registry(acme => [ 'x' ]));
is((ctl(qw(registry check), $file))[0], 0, 'a byte order mark: check');
is((ctl(qw(registry revoke), $file, 'acme'))[0], 0, '... revoke');
like($s->read_file('apps.json'), qr/\A\{/, '... which drops it');
$s->write_file('apps.json', "\xef\xbb\xbf" x 2 . registry(acme => [ 'x' ]));
is_deeply([ (ctl(qw(registry check), $file))[0, 2] ],
    [ 1, "erpsyncctl: $file: line 1, column 1: '{' expected\n" ],
    'a second byte order mark is not skipped, as in nginx');
$s->write_file('apps.json', "\xff\xfe" . registry(acme => [ 'x' ])
    =~ s/(.)/$1\0/gsr);
like((ctl(qw(registry check), $file))[2], qr/the text is UTF-16 or UTF-32/,
    'UTF-16 is named');

done_testing();
