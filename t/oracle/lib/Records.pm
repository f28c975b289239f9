package Records;

# Requests as trees, from the table of the WebAPI, the same for the same seed.
#
# A node has a kind:
#   object   type, members: [ { name, node, readonly }, ... ]
#   array    element, items: [ node, ... ]
#   map      element, entries: [ { name, node }, ... ]
#   int32 double bool date string key enum
#            value; an enum's type.  A "key" is a string that must be there.
#
# and "raw" where a writer is to put that text in place of the value.  Members
# that are read-only are left to those who ask for them.

use strict;
use warnings;
use utf8;

use List::Util qw(shuffle);

# Operations that are judged by more than types; all others are "plain".  Those
# that carry objects in objects are few, and picked as often as the rest.

my %strict = map { $_ => 1 } qw(ConnectActor TryConnectActor);
my %nested = map { $_ => 1 } qw(SaveConnection TestConnectionByConfig
    SaveConnectionListMappings CreateErpActorFromCrm SaveActorTypeMapping
    SaveErpSyncConnectorEntity SaveDefaultValueInfo);

our @Strings = ('qui', 'Hermann, Rowe and Haag', 'a', 'corrupti', "\x{e6}",
    'x' x 60, "Bj\x{f8}rn \x{20ac}", 'a/b', 'one & two', 'A-4711',
    '[I:12345]', '[F:12345.6789]', '[DT:12/31/2013 23:59:59.0000000]',
    "\x{65e5}\x{672c}", "\x{1f600}", '50%', 'a=b', 'a+b', '<tag>', "it's",
    'say "hi"', 'back\\slash', '#1', 'a;b');

sub new {
    my ($class, $webapi) = @_;
    my @plain = grep { $_->{request} && !$strict{ $_->{name} }
        && !$nested{ $_->{name} } } $webapi->operations();
    my @nested = grep { $nested{ $_->{name} } } $webapi->operations();
    return bless { webapi => $webapi, plain => \@plain, nested => \@nested },
        $class;
}

sub pick { return $_[ int rand @_ ] }

sub scope {
    my ($self, $name) = @_;
    return $strict{$name} ? 'strict' : 'plain';
}

# Half of all are TryConnectActor.

sub operation {
    my $self = shift;
    my $n = rand;
    return 'TryConnectActor' if $n < 0.5;
    return 'ConnectActor' if $n < 0.55;
    return pick(@{ $self->{ $n < 0.8 ? 'plain' : 'nested' } })->{name};
}

sub record {
    my ($self, $operation) = @_;
    my $type = $self->{webapi}->operation($operation)->{request};
    return $self->object($type, $strict{$operation}, 0);
}

sub object {
    my ($self, $type, $strict, $depth) = @_;
    my @members;
    for (@{ $self->{webapi}->types()->{$type}{members} }) {
        my ($name, $of) = @$_;
        next if $name =~ /^(TableRight|FieldProperties)$/;
        my $required = $strict
            && ($depth == 0 && $name ne 'FieldValues'
                || $name eq 'CrmFieldKey');
        next if !$required && rand > ($depth == 0 ? 0.9 : 0.6);
        my $node = $self->value($of, $strict, $depth + 1);
        $node->{kind} = 'key' if $required && $node->{kind} eq 'string';
        push @members, { name => $name, node => $node };
    }
    return { kind => 'object', type => $type, members => \@members };
}

sub value {
    my ($self, $of, $strict, $depth) = @_;
    my ($element, $kind) = $self->{webapi}->kind($of);

    if ($kind eq '[]') {
        my $n = $depth > 2 ? int rand 2 : int rand 4;
        return { kind => 'array', element => $element, items =>
            [ map { $self->element($element, $strict, $depth) } 1 .. $n ] };
    }
    if ($kind eq '{}') {
        my @names = (shuffle(qw(user password Url a key1 Key-2), "n\x{e5}",
            'with space'))[ 0 .. int rand 3 ];
        return { kind => 'map', element => $element, entries => [ map { {
            name => $_, node => $self->value($element, $strict, $depth)
        } } @names ] };
    }
    if (my $values = $self->{webapi}->enums()->{$element}) {
        my @known = grep { $_ ne 'Unknown' } @$values;
        return { kind => 'enum', type => $element, value => pick(@known) };
    }
    return $self->object($element, $strict, $depth)
        if $self->{webapi}->types()->{$element};

    my $value = $element eq 'int32' ? 1 + int rand(pick(9, 999, 2147483646))
        : $element eq 'double' ? int(rand 1000) / 4
        : $element eq 'bool' ? pick('true', 'false')
        : $element eq 'date' ? sprintf('20%02d-%02d-%02dT10:20:30',
            rand 30, 1 + rand 12, 1 + rand 28)
        : pick(@Strings);
    return { kind => $element, value => $value };
}

# An element of an array, of which a form has something to say.

sub element {
    my ($self, $of, $strict, $depth) = @_;
    while (1) {
        my $node = $self->value($of, $strict, $depth);
        return $node if $node->{kind} ne 'object'
            || grep { $_->{node}{kind} !~ /^(array|map|object)$/ }
                @{ $node->{members} };
    }
}

# Nodes of a kind (a regular expression), each with its owner's entry; those
# in read-only members are left out.

sub nodes {
    my ($self, $root, $kind) = @_;
    my @found;
    my $walk;
    $walk = sub {
        my ($node, $entry) = @_;
        push @found, { node => $node, entry => $entry }
            if $node->{kind} =~ /^(?:$kind)$/;
        for (@{ $node->{members} // [] }) {
            $walk->($_->{node}, $_) unless $_->{readonly};
        }
        $walk->($_->{node}, $_) for @{ $node->{entries} // [] };
        $walk->($_, undef) for @{ $node->{items} // [] };
    };
    $walk->($root, undef);
    undef $walk;
    return @found;
}

# An operation and a record for it, in which "change" (a function of a node of
# the kind, as nodes() has it, and of the record) has changed something.  It
# returns 0 if there is nothing to change, or more about the frame.

sub changed {
    my ($self, $kind, $change) = @_;
    for (1 .. 1000) {
        my $name = $self->operation();
        my $record = $self->record($name);
        my @nodes = $self->nodes($record, $kind) or next;
        my $more = $change ? $change->(pick(@nodes), $record) : undef;
        next if defined $more && !ref $more;
        return ($name, $record, %{ $more // {} });
    }
    die "no request has a $kind to change";
}

1;
