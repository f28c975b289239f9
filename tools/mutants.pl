#!/usr/bin/env perl
# Are the tests able to fail?  Makes one small fault at a time in the core, the
# glue or erpsyncctl, and runs tests until one of them fails.  A fault that no
# test notices has survived: it is printed as a diff, and asks for a test or
# for a word about why it changes nothing.
#
# usage: mutants.pl [--count <n>] [--seed <n>] [--at <file>:<line>]
#                   [--edit <perl expression>] <build directory> [file...]
#
# A file may be a pattern, such as 'core/registry/*'.  The same seed draws the
# same faults.  --at makes all faults of one line; with --edit, the one that
# the expression makes of the line in $_.
#
# The checkout is not changed.  The changed source, its object and what is
# linked with it are in <build directory>/mutants; the commands are those of
# the Makefiles.  A fault from which the compiler makes the same code as from
# the original is not counted, and neither is one that does not compile.

use strict;
use warnings;
use Cwd qw(abs_path getcwd);
use File::Basename qw(basename dirname);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use Getopt::Long;
use List::Util qw(shuffle uniq);
use POSIX qw(:sys_wait_h setpgid);

# Which tests to run for a file, the likeliest first: unit tests by name, .t
# files by number and name as far as they are needed to tell them apart.  For
# a file of the core, all other unit tests that link it run before the .t.
my @tests = (
    [ qr{core/base/erpsync_signature}, 'signature registry_signed', '068 126' ],
    [ qr{core/base/erpsync_time},      'registry gate', '020 120' ],
    [ qr{core/base/erpsync_digest},    'digest', '020' ],
    [ qr{core/base},                   'head json gate', '020 040' ],
    [ qr{core/schema},                 'operations carriers', '040' ],
    [ qr{core/head/erpsync_media},     'media', '300' ],
    [ qr{core/head/erpsync_(?:target|route)}, 'target fast', '011 010' ],
    [ qr{core/head/erpsync_locale},    'head', '031' ],
    [ qr{core/head},                   'head gate claim', '020 030' ],
    [ qr{core/body/erpsync_json},      'json json_fast body', '040' ],
    [ qr{core/body/erpsync_xml},       'xml', '300' ],
    [ qr{core/body/erpsync_form},      'form', '300' ],
    [ qr{core/body/erpsync_patch},     'patch patch_random', '300' ],
    [ qr{core/body},                   'body carriers operations', '040 300' ],
    [ qr{core/registry/erpsync_tenants}, 'tenants', '131 130' ],
    [ qr{core/registry/erpsync_registry_changes}, 'registry_changes', '112' ],
    [ qr{core/registry/erpsync_registry_tree}, 'registry_tree', '112' ],
    [ qr{core/registry/erpsync_loader}, 'registry_loader registry_signed',
                                       '112 110-refresh 068' ],
    [ qr{core/registry/erpsync_(?:registry_)?job}, 'registry_job', '112' ],
    [ qr{core/registry},               'registry gate registry_index',
                                       '020 112 067' ],
    [ qr{core/gate/erpsync_refusal},   'refusal', '050' ],
    [ qr{core/gate/erpsync_forward},   'gate head', '030 031' ],
    [ qr{core/gate},                   'gate', '020 066' ],
    [ qr{core/metrics},                'metrics', '110-counters 430' ],

    [ qr{nginx/.*_app\.},              '', '080 020 065 421' ],
    [ qr{nginx/.*_body\.},             '', '040 061 310 060' ],
    [ qr{nginx/.*_bound\.},            '', '063 160' ],
    [ qr{nginx/.*_call\.},             '', '010 060 130' ],
    [ qr{nginx/.*_certificate\.},      '', '065' ],
    [ qr{nginx/.*_conf\.},             '', '090 131' ],
    [ qr{nginx/.*_context\.},          '', '060 061' ],
    [ qr{nginx/.*_count\.},            '', '110-counters 420 410' ],
    [ qr{nginx/.*_(?:file|refresh)\.}, '', '110-refresh 112 131 068' ],
    [ qr{nginx/.*_filter\.},           '', '062 113 050' ],
    [ qr{nginx/.*_gather},             '', '110-counters 430 410 065 131' ],
    [ qr{nginx/.*_handler\.},          '', '010 060 066 061 062' ],
    [ qr{nginx/.*_headers\.},          '', '030 020 031' ],
    [ qr{nginx/.*_judge\.},            '', '020 064 080 066 110-refresh' ],
    [ qr{nginx/.*_module\.},           '', '090 060 020 100' ],
    [ qr{nginx/.*_own\.},              '', '062 050 070' ],
    [ qr{nginx/.*_refusal\.},          '', '050 020 070 420 130' ],
    [ qr{nginx/.*_renew\.},            '', '080 061' ],
    [ qr{nginx/.*_rewrite\.},          '', '030 031 061 060' ],
    [ qr{nginx/.*_status\.},           '', '110-counters 430 410' ],
    [ qr{nginx/.*_tenants\.},          '', '132 130 131' ],
    [ qr{nginx/.*_upstream\.},         '', '113 061' ],
    [ qr{nginx/.*_variables\.},        '', '080 067 132 421' ],
    [ qr{nginx/.*_zone\.},             '', '110-counters 100 111' ],

    [ qr{cli/ctl_schema},              '', '122' ],
    [ qr{cli/ctl_(?:cases|gateway)},   '', '125 124' ],
    [ qr{cli/ctl_(?:request|http|judge)}, '', '124 125' ],
    [ qr{cli/ctl_(?:grants|attributes|access)}, '', '123 120' ],
    [ qr{cli/ctl_(?:registry_sign|registry_diff|openssl)}, '', '126 120 123' ],
    [ qr{cli/ctl_tenants},             '', '131 120' ],
    [ qr{cli/ctl_(?:file|lock|replace)}, '', '121 120' ],
    [ qr{cli/},                        '', '120 121 126 123 124' ],
);

# A test that takes longer hangs, and has noticed the fault.
my $unit_seconds = 60;
my $suite_seconds = 180;

# What is returned in place of something else.
my %opposite = map { my ($a, $b) = split /\|/; ($a => $b, $b => $a) } qw(
    true|false ERPSYNC_OK|ERPSYNC_ERROR NGX_OK|NGX_ERROR
    CTL_GOOD|CTL_REFUSED);
$opposite{CTL_FAILED} = 'CTL_GOOD';
$opposite{NGX_DECLINED} = 'NGX_OK';

my %opposed = ('<' => '<=', '<=' => '<', '>' => '>=', '>=' => '>',
               '==' => '!=', '!=' => '==', '&&' => '||', '||' => '&&',
               '+' => '-', '-' => '+');

my ($count, $seed, $at, $edit) = (20, 1);
GetOptions('count=i' => \$count, 'seed=i' => \$seed, 'at=s' => \$at,
           'edit=s' => \$edit)
    && @ARGV or die "usage: $0 [--count <n>] [--seed <n>]"
    . " [--at <file>:<line>] [--edit <expression>]"
    . " <build directory> [file...]\n";

my $top = getcwd;
my $build = abs_path(shift) // die "no such build directory\n";
my $kept = "$build/mutants";        # between runs
my $work = "$kept/$$";              # of this run
my $source_dir = 'ngx_erpsync_module';
my $owner = $$;
my $tmp;

sub contents {
    my $path = shift;
    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

sub write_file {
    my ($path, $text) = @_;
    make_path(dirname($path));
    open my $out, '>', $path or die "$path: $!\n";
    print {$out} $text;
    close $out or die "$path: $!\n";
    return;
}


# Faults

# Copies of a source's lines in which comments, strings and characters are
# blank: a fault is made where these have code.
sub code_lines {
    my $text = shift;
    $text =~ s{ (/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*"
                | '(?:\\.|[^'\\\n])*') }{ $1 =~ s/[^\n]/\0/gr }gsex;
    return split /\n/, $text, -1;
}

# All faults of a line: what it is called, and the changed line.
sub faults_of {
    my ($line, $code) = @_;
    my @faults;

    my $replace = sub {
        my ($name, $from, $length, $with) = @_;
        my $changed = $line;
        substr $changed, $from, $length, $with;
        push @faults, [ $name, $changed ];
    };

    # Each place of a pattern, and what is there.
    my $each = sub {
        my ($pattern, $make) = @_;
        my $rest = $code;
        while ($rest =~ /$pattern/g) {
            my ($from, $found) = ($-[1], $1);
            $make->($found, $from, length $found);
        }
    };

    $each->(qr/(?<=\s)(<=?|>=?|[=!]=|&&|\|\||[+-])(?=\s)/, sub {
        my ($found, @place) = @_;
        my $name = $found =~ /^[<>]/ ? 'bound off by one'
            : $found =~ /^[+-]$/ ? 'sign changed' : 'operator changed';
        $replace->($name, @place, $opposed{$found});
    });

    $each->(qr/(?<![\w.])(\d+)(?![\w.])/, sub {
        my ($found, @place) = @_;
        $replace->('constant changed', @place, $found + 1);
        $replace->('constant changed', @place, $found - 1) if $found > 1;
    });

    $each->(qr/^(?!\s*return ).*\b(true|false)\b/, sub {
        my ($found, @place) = @_;
        $replace->('constant changed', @place, $opposite{$found});
    });

    $each->(qr/^\s*[\w.>-]+(\+\+|--);$/, sub {
        my ($found, @place) = @_;
        $replace->('step dropped', @place, '');
    });

    $each->(qr/^\s+return (\w+);$/, sub {
        my ($found, @place) = @_;
        $replace->('return replaced', @place, $opposite{$found})
            if $opposite{$found};
    });

    $each->(qr/^\s*(?:\} else )?if \((.*)\) \{$/, sub {
        my ($found, @place) = @_;
        $replace->('condition inverted', @place,
                   '!(' . substr($line, $place[0], $place[1]) . ')');
    });

    # A call of its own, or an assignment; not a declaration
    $each->(qr/^\s+(?!return\b)([\w.>\[\]-]+(?:\(.*\)|\s[|&+-]?=\s.*);)$/, sub {
        my ($found, @place) = @_;
        $replace->($found =~ /^[\w.>\[\]-]+\(/ ? 'call dropped'
                   : 'assignment dropped', @place, ';');
    });

    return @faults;
}

# All faults of a file, as { file, line, name, text }.
sub faults {
    my ($file, $only) = @_;
    my @lines = split /\n/, contents($file), -1;
    my @code = code_lines(contents($file));
    my @all;

    for my $i (0 .. $#lines) {
        next if defined $only && $i + 1 != $only;
        next if $code[$i] =~ /^#|^\S/ && !defined $edit;

        my @made = faults_of($lines[$i], $code[$i]);

        if (defined $edit) {
            local $_ = $lines[$i];
            eval "$edit; 1" or die $@;      ## no critic: what it is for
            $_ ne $lines[$i] or die "$file:$only: the line is not changed\n";
            @made = [ 'edited', $_ ];
        }

        for my $fault (@made) {
            my @changed = @lines;
            $changed[$i] = $fault->[1];
            push @all, { file => $file, line => $i + 1, name => $fault->[0],
                         old => $lines[$i], new => $fault->[1],
                         text => join "\n", @changed };
        }
    }

    return @all;
}


# Build

# The commands that make would run, each in one line.
sub commands {
    my $text = qx{$_[0]};
    $? == 0 or die "$_[0]: exit status $?\n";
    $text =~ s/\\\n//g;
    return map { s/\s+/ /gr } split /\n/, $text;
}

my (%compile, %unit, $link_module, $link_cli);

sub read_commands {
    my $make = "make -n -B BUILD='$build'";

    for (commands("$make units '$build/erpsyncctl' 2>/dev/null")) {
        if (m{ -c -o \S+ (ngx_erpsync_module/\S+\.c)$}) {
            $compile{$1} = $_ if !m{\Q$build\E/work/};
        } elsif (m{ -o (\Q$build\E/unit/(\w+)) t/unit/}) {
            $unit{$2} = $_ if !m{\Q$build\E/work/};
        } elsif (m{ -o \Q$build\E/erpsyncctl }) {
            $link_cli = $_;
        }
    }

    for (commands("make -n -B -C '$build/src' -f '$build/nginx/Makefile'"
                  . " '$build/nginx/ngx_http_erpsync_module.so'"))
    {
        if (m{ -c .*(ngx_erpsync_module/nginx/\S+\.c)$}) {
            $compile{$1} = "cd '$build/src' && $_";
        } elsif (m{ -o \S+/ngx_http_erpsync_module\.so }) {
            $link_module = "cd '$build/src' && $_";
        }
    }

    defined $link_cli && defined $link_module
        or die "the commands of make are not understood\n";
    return;
}

sub shell { return system('bash', '-c', "{ $_[0]; } > $work/log 2>&1") == 0 }

# Compiles a source into an object, without what differs though the code is
# the same.
sub compile {
    my ($file, $source, $object) = @_;
    my $command = $compile{$file};
    my $from = $file =~ m{/nginx/} ? qr{\S+/\Q$file\E$} : qr{\Q$file\E$};

    make_path(dirname($object));
    $command =~ s{$from}{-x c -iquote $top/@{[ dirname $file ]} - < $source};
    $command =~ s{ -o \S+ }{ -g0 -w -o $object };
    return shell($command);
}

# An object's place in the command that links it.
sub replaced {
    my ($command, $file, $object) = @_;
    my ($room) = $file =~ m{([^/]+/[^/]+)\.c$};

    $room = "nginx/addon/$room" if $command =~ m{addon/\Q$room\E\.o};
    $command =~ s{\S*\Q$room\E\.o}{$object} or return;
    return $command;
}

# Links a unit test with the changed object.  The test itself is compiled once.
sub link_unit {
    my ($name, $file, $object) = @_;
    my $test = "$kept/tests/$name.o";
    my $command = replaced($unit{$name}, $file, $object) or return;

    if (!-e $test || -M $test > -M "t/unit/$name.c") {
        make_path(dirname($test));
        my $compile = $unit{$name};
        $compile =~ s{ -o \S+ (t/unit/\S+) .*}{ -c -o $test $1};
        shell($compile) or die contents("$work/log");
    }

    make_path("$work/run/unit");
    $command =~ s{ -o \S+ t/unit/\S+}{ -o $work/run/unit/$name $test};
    return shell($command) ? "$work/run/unit/$name" : undef;
}

# Makes a directory that looks like the build directory to the .t files, with
# the changed object in what it belongs to.
sub link_suite {
    my ($file, $object) = @_;
    my $run = "$work/run";

    for my $path (glob "$build/*.so $build/erpsyncctl $build/unit/*") {
        my $to = "$run/" . ($path =~ s{^\Q$build\E/}{}r);
        next if -f $to && !-l $to && $path =~ m{/unit/};
        make_path(dirname($to));
        unlink $to;
        symlink $path, $to
            or die "$to: $!\n";
    }

    my %link = ('ngx_http_erpsync_module.so' => $link_module,
                'erpsyncctl' => $link_cli);

    for my $name (keys %link) {
        my $command = replaced($link{$name}, $file, $object) or next;
        unlink "$run/$name";
        $command =~ s{ -o \S+ }{ -o $run/$name };
        shell($command) or die contents("$work/log");
    }

    return $run;
}


# Tests

# All processes that began below this one, also those of a daemon.
sub descendants {
    my %children;

    for my $path (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $path or next;
        my ($pid, $ppid) = (<$in> // '') =~ /^(\d+) \(.*\) \S (\d+)/s
            or next;
        push @{ $children{$ppid} }, $pid;
    }

    my @all = @{ $children{$$} || [] };
    push @all, @{ $children{$_} || [] } for @all;
    return @all;
}

sub end_descendants {
    my @all = descendants();
    kill TERM => @all;

    for (1 .. 20) {
        1 while waitpid(-1, WNOHANG) > 0;
        return if !(@all = descendants());
        select undef, undef, undef, 0.1;
    }

    kill KILL => @all;
    1 while waitpid(-1, 0) > 0;
    return;
}

# Runs a test until it ends, says "not ok" or takes too long.  Returns why it
# failed, or undef.
sub failure {
    my ($seconds, $env, @command) = @_;
    my $why;

    my $pid = open(my $out, '-|') // die "fork: $!\n";

    if ($pid == 0) {
        setpgid(0, 0);
        $ENV{$_} = $env->{$_} for keys %$env;
        open STDIN, '<', '/dev/null';
        open STDERR, '>', '/dev/null';
        exec @command or POSIX::_exit(127);
    }

    my $ended = eval {
        local $SIG{ALRM} = sub { die "hung\n" };
        alarm $seconds;
        while (<$out>) {
            next if !/^not ok (?!.*# (?:TODO|SKIP))(.*)/;
            $why = $1 =~ s/^\d+ - //r;
            last;
        }
        alarm 0;
        1;
    };

    alarm 0;
    $why = "hung" if !$ended;

    if (defined $why) {
        end_descendants();
    } else {
        waitpid $pid, 0;
        $why = $? & 127 ? 'signal ' . ($? & 127) : 'exit status ' . ($? >> 8)
            if $?;
        end_descendants() if descendants();
    }

    close $out;
    return $why;
}

my %sound;      # test => it passes without any fault

sub suite_failure {
    my ($path, $dir) = @_;
    remove_tree($tmp, { keep_root => 1 });
    return failure($suite_seconds,
                   { ERPSYNC_BUILD => $dir, TMPDIR => $tmp,
                     ERPSYNC_TEST_DEADLINE =>
                         $ENV{ERPSYNC_TEST_DEADLINE} || 10 },
                   'perl', $path);
}

sub sound {
    my $path = shift;
    return $sound{$path} //= !defined($path =~ m{^unit/}
        ? failure($unit_seconds, {}, "$build/$path")
        : suite_failure($path, $build));
}

# Runs the tests of a file.  Returns what noticed the fault, or undef.
sub noticed {
    my ($file, $object) = @_;
    my ($rule) = grep { $file =~ $_->[0] } @tests;
    my @units;

    if ($file =~ m{/core/}) {
        @units = uniq(split(' ', $rule->[1]), sort keys %unit);
    }

    for my $name (@units) {
        my $program = link_unit($name, $file, $object) or next;
        my $why = failure($unit_seconds, {}, $program);
        return "unit/$name ($why)" if defined $why && sound("unit/$name");
    }

    my $dir = link_suite($file, $object);

    for my $test (split ' ', $rule->[2]) {
        my ($path) = glob "t/$test-*.t t/$test.t" or die "$test: no such test\n";
        ($path) = grep { -e } glob "t/$test-*.t t/$test.t";
        my $why = suite_failure($path, $dir);
        return "$path ($why)" if defined $why && sound($path);
    }

    return;
}


# One fault after the other

sub diff {
    my $fault = shift;
    return "--- $fault->{file}:$fault->{line}\n-$fault->{old}\n"
        . "+$fault->{new}\n";
}

sub try_fault {
    my $fault = shift;
    my $source = "$work/source.c";
    my $object = "$work/changed.o";
    my $original = "$kept/original/" . ($fault->{file} =~ s{/}{+}gr) . '.o';

    if (!-e $original || -M $original > -M $fault->{file}) {
        compile($fault->{file}, "$top/$fault->{file}", $original)
            or die contents("$work/log");
    }

    write_file($source, $fault->{text});
    compile($fault->{file}, $source, $object) or return;
    return if contents($object) eq contents($original);

    $fault->{noticed} = noticed($fault->{file}, $object);
    return 1;
}

sub files {
    my @all = sort glob "$source_dir/core/*/*.c $source_dir/nginx/*.c"
        . " $source_dir/cli/*.c";
    return @all if !@_;

    return uniq map {
        my $name = $_;
        my @found = grep { -f && /\.c$/ } map { glob }
            "$source_dir/$name", $name;
        @found or die "$name: no such file\n";
        @found;
    } @_;
}

# Processes that a killed test leaves become children of this one
# (PR_SET_CHILD_SUBREAPER), so that they can be found and ended.
eval { require 'syscall.ph'; 1 };       ## no critic: Linux has 157 on x86-64
syscall(defined &SYS_prctl ? SYS_prctl() : 157, 36, 1, 0, 0, 0);

make_path($work);
$tmp = tempdir('erpsync-mutants-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $tmp;
$SIG{$_} = sub { end_descendants(); exit 1 } for qw(INT TERM HUP);

read_commands();

my @faults;

if (defined $at) {
    my ($name, $line) = $at =~ /^(.+):(\d+)$/ or die "$at: not <file>:<line>\n";
    @faults = map { faults($_, $line) } files($name);
    $count = @faults;
} else {
    @faults = map { faults($_) } files(@ARGV);
    srand $seed;
    @faults = shuffle(@faults);
}

my ($tried, @survivors) = (0);
$| = 1;
print "seed $seed, ", scalar(@faults), " faults to choose from\n"
    if !defined $at;

for my $fault (@faults) {
    last if $tried == $count;
    try_fault($fault) or next;
    $tried++;

    my $place = ($fault->{file} =~ s{^$source_dir/}{}r) . ":$fault->{line}";

    if (defined $fault->{noticed}) {
        print "killed    $place: $fault->{name}, by $fault->{noticed}\n";
        next;
    }

    push @survivors, $fault;
    print "SURVIVED  $place: $fault->{name}\n", diff($fault);
}

printf "%d faults, %d killed, %d survived\n", $tried, $tried - @survivors,
    scalar @survivors;
exit(@survivors ? 1 : 0);

END { remove_tree($work) if defined $work && $owner == $$ }
