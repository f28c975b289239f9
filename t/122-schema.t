# erpsyncctl schema check: the gateway's tables against an OpenAPI description
# of the same shape as the vendor's, written from the table of t/oracle.

use strict;
use warnings;

BEGIN { push @INC, 't/lib', 't/oracle/lib' }

use Cwd qw(getcwd);
use File::Temp;
use JSON::PP;
use Test::More;

use WebApi;

my $build = $ENV{ERPSYNC_BUILD} || getcwd() . '/build';
my $ctl = $ENV{TEST_ERPSYNCCTL} || "$build/erpsyncctl";
my $dir = File::Temp->newdir();
my $webapi = WebApi->load();

# The description, in version 2 or 3.

my %scalars = (
    int32 => { type => 'integer', format => 'int32' },
    double => { type => 'number', format => 'double' },
    bool => { type => 'boolean' }, string => { type => 'string' },
    date => { type => 'string', format => 'date-time' });

sub type {
    my ($of, $at) = @_;
    my ($element, $kind) = $webapi->kind($of);
    my $type = $scalars{$element}
        // ($webapi->enums()->{$element}
            ? { type => 'string', enum => $webapi->enums()->{$element} }
            : { '$ref' => "$at$element" });
    return { type => 'array', items => $type } if $kind eq '[]';
    return { type => 'object', additionalProperties => $type }
        if $kind eq '{}';
    return $type;
}

sub description {
    my $version = shift;
    my $at = $version == 2 ? '#/definitions/' : '#/components/schemas/';
    my (%types, %paths);
    while (my ($name, $type) = each %{ $webapi->types() }) {
        $types{$name} = { type => 'object', properties =>
            { map { $_->[0] => type($_->[1], $at) } @{ $type->{members} } } };
    }
    for ($webapi->operations()) {
        my %post = (parameters => [ { name => '$select', in => 'query' } ]);
        if ($_->{request}) {
            my $schema = { '$ref' => "$at$_->{request}" };
            if ($version == 2) {
                push @{ $post{parameters} },
                    { name => 'request', in => 'body', schema => $schema };
            } else {
                $post{requestBody} = { content => {
                    'application/json' => { schema => $schema } } };
            }
        }
        $paths{"/api/v1/Agents/ErpSync/$_->{name}"} = { post => \%post };
    }
    $paths{'/api/v1/Agents/List/GetAll'} = { post => {} };
    return { swagger => '2.0', paths => \%paths, definitions => \%types }
        if $version == 2;
    return { openapi => '3.0.1', paths => \%paths,
        components => { schemas => \%types } };
}

# Exit status, standard output and error.

sub check {
    my ($text, @options) = @_;
    $text = JSON::PP->new->canonical->encode($text) if ref $text;
    open my $out, '>', "$dir/api.json" or die $!;
    print $out $text;
    close $out;
    my $printed = `$ctl schema check @options $dir/api.json 2> $dir/err`;
    my $code = $? >> 8;
    open my $in, '<', "$dir/err" or die $!;
    return ($code, $printed, (do { local $/; <$in> }) // "");
}

for my $version (2, 3) {
    my $types = $version == 2
        ? sub { $_[0]{definitions} } : sub { $_[0]{components}{schemas} };
    my $good = description($version);
    my ($code, $out, $err) = check($good);
    is("$code $err", '0 ', "version $version: the same");
    like($out, qr/: 49 operations, as the gateway knows them$/, 'how many');
    is_deeply(decode_json((check($good, '--json'))[1]),
        { same => JSON::PP::true, differences => [] }, 'the same, as JSON');

    my $api = description($version);
    my $members = sub { $types->($api)->{ $_[0] }{properties} };
    $api->{paths}{'/api/v1/Agents/ErpSync/New'} = { post => {} };
    delete $api->{paths}{'/api/v1/Agents/ErpSync/SyncAll'};
    $members->('ErpConnection')->{Colour} = { type => 'string' };
    delete $members->('ErpSyncFieldMapping')->{Access};
    $members->('MDOListItem')->{Rank} = { type => 'integer',
        format => 'int64' };
    $members->('MoveErpFieldItemRequest')->{Direction}
        = { type => 'array', items => { type => 'string' } };
    $members->('ErpSyncDefaultValue')->{FieldType}{enum}
        = [ qw(Checkbox Text) ];
    $members->('TestConnectionByConfigRequest')->{ConfigFields}
        {additionalProperties} = { type => 'integer' };
    delete $members->('ErpSyncConnectorEntity')->{TableRight};
    $members->('ErpConnection')->{TableRight} = { type => 'string' };

    ($code, $out, $err) = check($api);
    is("$code $err", '1 ', 'differences');
    is_deeply([ sort split /\n/, $out ], [ sort
        'New: operation, unknown to the gateway',
        'SyncAll: operation, not in the file',
        'SaveConnection/Connection/Colour: string, unknown to the gateway',
        'SaveActorTypeMapping/Mapping/FieldMappings/Access: '
            . 'enum Normal Mandatory ReadOnly, not in the file',
        'SaveConnectionListMappings/ListMapping/ErpListItemMappings/CrmList/'
            . 'Rank: int64 in the file, int32 in the gateway',
        'SaveConnectionListMappings/ListMapping/ErpListItemMappings/'
            . 'ErpCrmListItemMappings/CrmListItem/Rank: int64 in the file, '
            . 'int32 in the gateway',
        'MoveErpFieldItem/Direction: array of string in the file, int32 in '
            . 'the gateway',
        'SaveDefaultValueInfo/ErpSyncDefaultValue/FieldType: enum Checkbox '
            . 'Text in the file, enum Checkbox Text Password Integer Double '
            . 'List Date Label in the gateway',
        'TestConnectionByConfig/ConfigFields: dictionary of int32 in the '
            . 'file, dictionary of string in the gateway',
        'SaveErpSyncConnectorEntity/TableRight: read-only, not in the file',
        ], 'each is told');
    my ($found) = grep { $_->{path} eq '/Connection/Colour' }
        @{ decode_json((check($api, '--json'))[1])->{differences} };
    is_deeply($found, { operation => 'SaveConnection',
        path => '/Connection/Colour', file => 'string', gateway => undef },
        'as JSON');
}

# What is no such file; references that lead nowhere, or around

for my $case ([ '{', 'line 1' ], [ '[]', 'not an OpenAPI description' ],
    [ '{"paths":{}}', 'not an OpenAPI description' ],
    [ '{"swagger":"2.0"}', 'not an OpenAPI description' ])
{
    my ($code, $out, $err) = check($case->[0]);
    is("$code $out", '2 ', "no description: $case->[0]");
    like($err, qr/$case->[1]/, 'says why');
}
my $api = description(2);
$api->{definitions}{ErpConnection} = { '$ref' => '#/definitions/A' };
$api->{definitions}{A} = { '$ref' => '#/definitions/ErpConnection' };
$api->{definitions}{MDOListItem} = { '$ref' => 'http://127.0.0.1/x' };
is((check($api))[0], 1, 'references that lead nowhere');

# A name in a reference is escaped; digits are not.

$api = description(2);
for my $name ('a/b', 'a~1', 'a~~0', 'v10', '%41') {
    (my $escaped = $name) =~ s{([~/])}{$1 eq '~' ? '~0' : '~1'}ge;
    $api->{definitions}{$name} = $api->{definitions}{ErpConnection};
    local $api->{definitions}{ErpConnection} = { '$ref' => "#/definitions/$escaped" };
    is(join(' ', map { s/ .*//sr } (check($api))[0, 2]), '0 ', "a reference to $name");
}

$api = description(2);
$api->{definitions}{A}
    = { additionalProperties => { '$ref' => '#/definitions/A' } };
$api->{definitions}{TestConnectionByConfigRequest}{properties}{ConfigFields}
    = { '$ref' => '#/definitions/A' };
my $types = qr/dictionary of (?:dictionary of )+\.\.\./;
like((check($api))[1], qr{^TestConnectionByConfig/ConfigFields: $types in the}m,
    'a type that contains itself');
is(system("$ctl schema check $dir/none 2> /dev/null") >> 8, 2, 'no file');
is(system("$ctl schema check 2> /dev/null") >> 8, 2, 'no argument');

done_testing();
