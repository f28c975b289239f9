#!/usr/bin/env perl

# The calls that every client makes, a line each:
#
#     OPERATION<tab>PATH<tab>TYPE<tab>BODY
#
# All 49 as JSON, those without nested carriers as form and XML, too.  TYPE
# is "-" where there is no request.  The last but one is the one that is sent
# to a place that has moved; the last is larger than a megabyte.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../oracle/lib";

use Bodies::Form;
use Bodies::Json;
use Bodies::Xml;
use Records;
use WebApi;

srand 20_260_102;
binmode STDOUT;

my $webapi = WebApi->load();
my $records = Records->new($webapi);

sub full {
    my $operation = shift;
    my ($best, $record);
    for (1 .. 20) {
        my $other = $records->record($operation);
        my $n = $records->nodes($other, '.*');
        ($best, $record) = ($n, $other) if !defined $best || $n > $best;
    }
    return $record;
}

# An ERP connection is named wherever one can be: .NET sends an int that is not
# set as 0, which names none.

sub name_connections {
    my $node = shift;
    if (ref $node eq 'ARRAY') {
        name_connections($_) for @$node;
    } elsif (ref $node eq 'HASH') {
        if (($node->{kind} // '') eq 'object') {
            my %named = map { $_->{name} => 1 } @{ $node->{members} };
            push @{ $node->{members} }, map { {
                name => $_->[0], node => $records->value('int32', 0, 1) } }
                grep { $_->[0] eq 'ErpConnectionId' && !$named{ $_->[0] } }
                @{ $webapi->types()->{ $node->{type} }{members} };
        }
        name_connections($_) for grep { ref } values %$node;
    }
}

for my $operation ($webapi->operations()) {
    my $name = $operation->{name};
    my $path = $operation->{query} ? "$name?$operation->{query}=5" : $name;

    if (!$operation->{request}) {
        print join("\t", $name, $path, '-', ''), "\n";
        next;
    }
    my $record = full($name);
    name_connections($record);
    print join("\t", $name, $path, 'application/json',
        Bodies::Json::bytes(Bodies::Json::write_json($record))), "\n";
    next if $records->scope($name) eq 'nested';
    print join("\t", $name, $path, 'application/x-www-form-urlencoded',
        Bodies::Form::write_form($record)), "\n";
    print join("\t", $name, $path, 'application/xml',
        Bodies::Xml::bytes(Bodies::Xml::write_xml($webapi, $record))), "\n";
}

for my $value ('v', 'x' x 1_100_000) {
    print join("\t", 'TryConnectActor', 'TryConnectActor',
        'application/json', '{"ErpConnectionId":883,"CrmRecordId":34,'
        . '"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer",'
        . '"FieldValues":[{"CrmFieldKey":"k","Value":"' . $value . '"}]}'),
        "\n";
}
