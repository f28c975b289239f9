package Frames;

# A program that judges frames (oracle.exe frames, gate): heads and bodies
# go in, statuses and texts come out.

use strict;
use warnings;

use IPC::Open2;

# So much fits into a pipe: nothing is lost by writing it before reading.

my $batch = 32 * 1024;

sub new {
    my ($class, @command) = @_;
    my $pid = open2(my $out, my $in, @command);
    binmode $_ for $in, $out;
    return bless { pid => $pid, in => $in, out => $out,
        command => "@command" }, $class;
}

# [ head without length, type, body ], ... gives [ status, text ], ...

sub judge {
    my ($self, @frames) = @_;
    my @answers;
    while (@frames) {
        my ($text, $n) = ('', 0);
        while (@frames && ($n == 0 || length($text) < $batch)) {
            my ($head, $type, $body) = @{ shift @frames };
            $text .= "$head " . length($body) . " $type\n$body";
            $n++;
        }
        print { $self->{in} } $text or die "$self->{command}: $!\n";
        $self->{in}->flush;
        push @answers, map { $self->answer() } 1 .. $n;
    }
    return @answers;
}

sub answer {
    my $self = shift;
    my $line = readline($self->{out});
    defined $line && $line =~ /^(\w+) (\d+)$/
        or die "$self->{command} ended\n";
    my ($status, $length, $text) = ($1, $2, '');
    while (length $text < $length) {
        read $self->{out}, $text, $length - length $text, length $text
            or die "$self->{command} ended\n";
    }
    return [ $status, $text ];
}

sub end {
    my $self = shift;
    close $self->{in};
    close $self->{out};
    waitpid $self->{pid}, 0;
    return $?;
}

1;
