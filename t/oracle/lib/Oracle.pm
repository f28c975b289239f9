package Oracle;

# The stand-in WebAPI as a server.
#
#   start              on a free port
#   port               the port
#   seen               what it said since it was last asked: a line of JSON
#                      for each request
#   stop

use strict;
use warnings;

use FindBin;
use IO::Handle;
use IO::Select;

my $build = $ENV{ORACLE_BUILD} // "$FindBin::Bin/../../build/oracle";

sub start {
    my $class = shift;
    pipe my $out, my $in or die "pipe: $!";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        close $out;
        open STDOUT, '>&', $in or die "stdout: $!";
        open STDIN, '<', '/dev/null' or die "stdin: $!";
        exec 'mono', "$build/oracle.exe", 'serve' or die "mono: $!";
    }
    close $in;
    my $port = readline $out;
    defined $port && $port =~ /^(\d+)$/ or die "the oracle does not start\n";
    $out->blocking(0);
    return bless { pid => $pid, out => $out, port => $1, text => '',
        owner => $$ }, $class;
}

sub port { return $_[0]{port} }

# It writes its line before it answers.

sub seen {
    my $self = shift;
    while (sysread $self->{out}, $self->{text}, 65536,
        length $self->{text}) { }
    my @lines;
    push @lines, $1 while $self->{text} =~ s/\A(.*)\n//;
    return @lines;
}

sub stop {
    my $self = shift;
    return unless $self->{owner} == $$ && $self->{pid};
    local $?;
    kill TERM => $self->{pid};
    waitpid delete $self->{pid}, 0;
}

sub DESTROY { $_[0]->stop() }

1;
