package WebApi;

# The table of webapi.txt.
#
#   enums          name => [ values ]
#   types          name => { namespace, members => [ [ name, type ], ... ] };
#                  an operation's own request is a type, too
#   operations     [ { name, answer, query, request (a type's name) }, ... ]
#   kind           of a type's name: the element of an array or dictionary,
#                  and '', '[]' or '{}'

use strict;
use warnings;

use File::Basename qw(dirname);

my $requests = 'WebApi.v1.Carriers.ErpSyncCarriers';

sub load {
    my ($class, $file) = @_;
    $file //= dirname(__FILE__) . '/../webapi.txt';

    my $self = bless { enums => {}, types => {}, operations => [],
        order => [] }, $class;
    my $members;

    open my $in, '<', $file or die "$file: $!";
    while (my $line = <$in>) {
        chomp $line;
        next if $line =~ /^(#|\s*$)/;

        if ($line =~ /^    (\w+) (\S+)$/) {
            push @$members, [ $1, $2 ];
        } elsif ($line =~ /^enum (\w+) (.+)$/) {
            $self->{enums}{$1} = [ split ' ', $2 ];
        } elsif ($line =~ /^type (\w+) (\S+)( carrier)?$/) {
            $members = $self->add_type($1, $2, $3);
        } elsif ($line =~ /^operation (\w+) (\S+)(?: \?(\w+))?(?: (\w+))?$/) {
            my $request = $4;
            if (defined $request && $request eq 'request') {
                $request = "$1Request";
                $members = $self->add_type($request, $requests);
            }
            push @{ $self->{operations} }, { name => $1, answer => $2,
                query => $3, request => $request };
        } else {
            die "$file:$.: $line\n";
        }
    }

    for my $type (values %{ $self->{types} }) {
        push @{ $type->{members} }, [ 'TableRight', 'TableRight' ],
            [ 'FieldProperties', 'FieldProperty{}' ] if $type->{carrier};
    }
    return $self;
}

sub add_type {
    my ($self, $name, $namespace, $carrier) = @_;
    push @{ $self->{order} }, $name;
    $self->{types}{$name} = { namespace => "SuperOffice.$namespace",
        members => [], carrier => $carrier };
    return $self->{types}{$name}{members};
}

sub enums { return $_[0]{enums} }
sub types { return $_[0]{types} }
sub operations { return @{ $_[0]{operations} } }

sub operation {
    my ($self, $name) = @_;
    my ($found) = grep { $_->{name} eq $name } $self->operations();
    return $found;
}

sub kind {
    my ($self, $type) = @_;
    return $type =~ /^(\w+)(\[\]|\{\})$/ ? ($1, $2) : ($type, '');
}

1;
