package Run;

# One test at a time, with a deadline: whatever it leaves is ended.
#
#   new tree => <dir>, kept => <dir>   where tests run; where their files go
#   tests                    their names: unit/<name> and t/<name>.t
#   failure <test> <build> [seconds]
#                            runs it against what <build> has.  Returns why it
#                            failed, or undef, and the seconds that it took
#   end                      ends all that was started

use strict;
use warnings;
use File::Basename qw(basename);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use POSIX qw(:sys_wait_h setpgid);
use Time::HiRes qw(time);

sub new {
    my ($class, %o) = @_;

    # Processes that a killed test leaves become children of this one
    # (PR_SET_CHILD_SUBREAPER), so that they can be found and ended.
    eval { require 'syscall.ph'; 1 };   ## no critic: Linux has 157 on x86-64
    syscall(defined &SYS_prctl ? SYS_prctl() : 157, 36, 1, 0, 0, 0);

    my $tmp = tempdir('erpsync-mutants-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $tmp;
    return bless { tmp => $tmp, %o }, $class;
}

# Not those of the runner and of documents: they are about something else, and
# slow.
sub tests {
    my $tree = $_[0]{tree};
    return ((map { 'unit/' . basename($_, '.c') } glob "$tree/t/unit/*.c"),
            grep { !m{^t/(?:000|45)} }
            map { 't/' . basename($_) } glob "$tree/t/*.t");
}

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

sub end {
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

# In the child: the test itself.
sub begin {
    my ($self, $test, $build) = @_;

    setpgid(0, 0);
    chdir $self->{tree};
    $ENV{ERPSYNC_BUILD} = $build;
    $ENV{TMPDIR} = $self->{tmp};
    $ENV{ERPSYNC_TEST_DEADLINE} //= 20;
    $ENV{CMOCKA_MESSAGE_OUTPUT} = 'TAP';
    delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES)};
    open STDIN, '<', '/dev/null';
    open STDERR, '>', '/dev/null';
    exec $test =~ m{^unit/} ? ("$build/$test") : ('perl', $test)
        or POSIX::_exit(127);
}

# Until it ends, says "not ok" or takes too long.
sub failure {
    my ($self, $test, $build, $seconds) = @_;
    my ($began, $why) = (time);

    remove_tree($self->{tmp}, { keep_root => 1 });
    my $pid = open(my $out, '-|') // die "fork: $!\n";
    $self->begin($test, $build) if $pid == 0;

    my $ended = eval {
        local $SIG{ALRM} = sub { die "hung\n" };
        alarm($seconds // 600);
        while (<$out>) {
            next if !/^not ok (?!.*# (?:TODO|SKIP))(.*)/;
            $why = $1 =~ s/^\d+ - //r;
            last;
        }
        alarm 0;
        1;
    };

    alarm 0;
    $why = 'hung' if !$ended;

    if (defined $why) {
        $self->end();
    } else {
        waitpid $pid, 0;
        $why = $? & 127 ? 'signal ' . ($? & 127) : 'exit status ' . ($? >> 8)
            if $?;
        $self->end() if descendants();
    }

    close $out;
    return ($why, time - $began);
}

1;
