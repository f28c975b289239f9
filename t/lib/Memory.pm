package Memory;

# A server whose worker runs out of memory when a test says so: an
# ErpsyncServer with t/faults/memory.c in front of malloc().
#
#   new         a server, not started
#   starve      from now on the N-th allocation of the worker fails, and with
#               "stay" all after it; or of another process, 0 for all
#   hold        from now on the N-th allocation of the worker waits
#   let_go      until this is called
#   feed        none fails any more; how many there were, and how many failed
#   count       how many there have been since starve or hold
#   failed      how many have failed so far
#   live        allocations that are not freed

use strict;
use warnings;

use Cwd ();

use ErpsyncServer;

use base 'ErpsyncServer';

my $library = ($ENV{ERPSYNC_BUILD} || Cwd::getcwd() . '/build')
    . '/faults/memory.so';

sub new {
    my $class = shift;
    my $self = $class->SUPER::new();
    -e $library or die "$library is missing: run make suite\n";
    $self->write_file('memory', pack 'q6');
    open $self->{memory}, '+<', "$self->{dir}/memory" or die "memory: $!";
    return $self;
}

# Perl itself keeps the malloc() of the system.

sub start {
    my $self = shift;
    local $ENV{LD_PRELOAD} = $library;
    local $ENV{ERPSYNC_MEMORY} = "$self->{dir}/memory";
    local $ENV{ASAN_OPTIONS} = ($ENV{ASAN_OPTIONS} // '')
        . ':verify_asan_link_order=0:allocator_may_return_null=1:detect_leaks=0';
    return $self->SUPER::start(@_);
}

sub put {
    my ($self, $at, @numbers) = @_;
    sysseek $self->{memory}, 8 * $at, 0;
    syswrite($self->{memory}, pack 'q*', @numbers) or die "memory: $!";
}

sub get {
    my $self = shift;
    sysseek $self->{memory}, 0, 0;
    sysread($self->{memory}, my $numbers, 48) or die "memory: $!";
    return unpack 'q6', $numbers;
}

sub starve {
    my ($self, $n, $stay, $process) = @_;
    $self->put(1, $stay ? 1 : 0, $process // ($self->workers())[0], 0, 0);
    $self->put(0, $n);
}

sub hold {
    my ($self, $n) = @_;
    $self->put(1, 2, ($self->workers())[0], 0, 0);
    $self->put(0, $n);
}

sub let_go { $_[0]->put(0, 1e15) }

sub feed {
    my $self = shift;
    $self->put(0, 0);
    return ($self->get())[3, 4];
}

sub count { return ($_[0]->get())[3] }
sub failed { return ($_[0]->get())[4] }
sub live { return ($_[0]->get())[5] }

1;
