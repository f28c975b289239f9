package Oracle;

# The stand-in WebAPI as a server.
#
#   start              on a free port
#   port               the port
#   seen               what it said since it was last asked: a line of JSON
#                      for each request
#   stop
#
# and a function: comparable, of what was bound.

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

# $select names the same however it is written.

sub selection {
    return map {
        my ($name, $value) = split /=/, $_, 2;
        my %seen;
        my @paths = grep { length && !$seen{$_}++ }
            map { s/^\s+|\s+$//gr } split /,/, $value // '';
        lc $name ne '$select' ? $_ : @paths ? '$select=' . join ',', @paths
            : ();
    } @_;
}

# Without members that are null, or read-only, or an empty FieldValues.

sub brief {
    my $value = shift;
    if (ref $value eq 'HASH') {
        delete $value->{$_} for grep { !defined $value->{$_}
            || /^(TableRight|FieldProperties)$/
            || $_ eq 'FieldValues' && !@{ $value->{$_} } } keys %$value;
    }
    brief($_) for ref $value eq 'HASH' ? values %$value
        : ref $value eq 'ARRAY' ? @$value : ();
}

# What it bound, without what an operation cannot tell apart.

sub comparable {
    my $bound = shift // return;
    brief($bound->{request});
    $bound->{query} = [ selection(@{ $bound->{query} }) ];
    $bound->{$_} = lc($bound->{$_} // '') for qw(operation language
        culture);
    $bound->{language} = '' if $bound->{language} eq '*';
    $bound->{culture} = '' if $bound->{language} eq '';
    $bound->{timeZone} = uc(($bound->{timeZone} // '') =~ s/ //gr);
    $bound->{credentials} =~ s/^(\w+)/\L$1/ if $bound->{credentials};
    return $bound;
}

1;
