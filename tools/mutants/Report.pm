package Report;

# What became of the faults: a line for each as it is known, and a document.
#
#   new equivalent => <file>, report => <file>, seed => <n>
#   reason <fault>    why it changes nothing, if the list says so
#   lines <of>        file => lines that could have a fault
#   list <fault>...   prints them
#   say <fault> <outcome>
#                     prints what became of it
#   add <fault>       counts it
#   finish            sums up, writes the document; how many survived

use strict;
use warnings;
use List::Util qw(sum0);
use POSIX qw(strftime);

use Faults qw(diff);

sub new {
    my ($class, %o) = @_;
    my $self = bless { faults => [], reasons => {}, %o }, $class;

    # A diff, and below it the reason
    open my $in, '<', $o{equivalent} or die "$o{equivalent}: $!\n";
    local $/ = '';
    while (<$in>) {
        next if /^#/;
        my ($fault, $reason) = /\A(\S+ .*\n(?:[-+].*\n)+)((?:.+\n)+)\n*\z/
            or die "$o{equivalent}: not understood:\n$_";
        $self->{reasons}{$fault} = $reason =~ s/\n(?!\z)/ /gr;
    }

    return $self;
}

sub reason { return $_[0]{reasons}{ diff($_[1]) } }

sub lines { $_[0]{lines} = $_[1]; return }

sub list {
    my ($self, @faults) = @_;
    print "$_->{line}: $_->{name}: ", diff($_) for @faults;
    return;
}

sub say {
    my ($self, $fault, $outcome) = @_;
    my ($what, $by) = @$outcome{qw(what by)};

    printf "%-10s %s:%d: %s%s\n", $what, @$fault{qw(file line name)},
        $by ? " ($by)" : '';
    return;
}

sub add {
    my ($self, $fault) = @_;
    push @{ $self->{faults} }, $fault;
    return;
}

sub part_of {
    my $file = shift;
    return $file =~ m{/(core/\w+)/} ? $1 : $file =~ m{/nginx/} ? 'nginx' : 'cli';
}

sub numbers {
    my (@faults) = @_;
    my %n = (killed => 0, survived => 0, equivalent => 0);
    $n{ $_->{outcome}{what} }++ for @faults;
    my $alive = $n{killed} + $n{survived};
    return (scalar @faults, @n{qw(killed survived equivalent)},
            $alive ? sprintf('%.1f %%', 100 * $n{killed} / $alive) : '');
}

sub finish {
    my $self = shift;
    my @faults = @{ $self->{faults} };
    my @survived = grep { $_->{outcome}{what} eq 'survived' } @faults;

    for my $fault (defined $self->{at} ? @faults : @survived) {
        $self->say($fault, $fault->{outcome});
        print diff($fault);
    }

    printf "%d faults, %d killed, %d survived, %d equivalent: %s\n",
        numbers(@faults);

    if (defined $self->{report}) {
        open my $out, '>', $self->{report} or die "$self->{report}: $!\n";
        print {$out} $self->document(@faults);
        close $out or die "$self->{report}: $!\n";
    }

    return scalar @survived;
}

sub blocks {
    my (@faults) = @_;
    return join '', map {
        my $note = $_->{equivalent} // ($_->{outcome}{by}
            ? ucfirst("$_->{outcome}{by}.\n") : '');
        "```diff\n" . diff($_) . "```\n" . ($note ? "\n$note" : '') . "\n"
    } sort { $a->{file} cmp $b->{file} || $a->{line} <=> $b->{line} } @faults;
}

# As the lines of other measurements name it.
sub machine {
    my ($cpu) = do { local (@ARGV, $/) = '/proc/cpuinfo'; <> } =~ /^model name\s*: (.*)/m;
    my $cpus = () = sort glob '/sys/devices/system/cpu/cpu[0-9]*';
    return ($cpu // 'another machine') . ", $cpus CPUs";
}

sub document {
    my ($self, @faults) = @_;
    my %name = (nginx => 'glue', cli => 'erpsyncctl');
    my %of;

    push @{ $of{ part_of($_->{file}) } }, $_ for @faults;
    my %lines;
    $lines{ part_of($_) } += $self->{lines}{$_} for keys %{ $self->{lines} };
    $lines{all} = sum0 values %lines;

    my $table = join '', map { "$_\n" }
        '| part | lines that can have an error | mutants | killed | survived'
        . ' | equivalent | killed, of those that are not equivalent |',
        '|---|---|---|---|---|---|---|',
        map { my ($part, $lines, @part) = @$_;
              '| ' . join(' | ', $part, $lines, numbers(@part)) . ' |' }
        (map { [ $name{$_} // "`$_`", $lines{$_}, @{ $of{$_} || [] } ] }
         sort { ($a !~ /^core/) <=> ($b !~ /^core/) || $a cmp $b }
         grep { $_ ne 'all' } keys %lines),
        [ 'all', $lines{all}, @faults ];

    my @survived = grep { $_->{outcome}{what} eq 'survived' } @faults;
    my @equivalent = grep { $_->{outcome}{what} eq 'equivalent' } @faults;
    my $date = strftime('%Y-%m-%d', gmtime);

    my $part = @faults < $self->{count} ? "\nThe run was not over: it tried "
        . @faults . " of $self->{count}, and most that survived have met the"
        . " quick tests only.\n" : '';

    my $met = $self->{known}
        ? "Tests that have run do not notice these errors. The run was not over, so slow ones may."
        : 'No test that reaches these errors notices them.';

    return <<"END" . blocks(@survived) . <<"END2" . blocks(@equivalent) =~ s/\n\n\z/\n/r;
# Mutants

`make mutants` wrote this page on $date, with seed $self->{seed}, on @{[ machine() ]}. It makes one small error at a time in the code, and runs the tests that reach
its line until one of them fails. [How to contribute](../CONTRIBUTING.md#add-a-test) says more.
$part
$table
## Survived

$met

END
## Equivalent

No user could notice these.

END2
}

1;
