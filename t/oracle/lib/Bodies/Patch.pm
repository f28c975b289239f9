package Bodies::Patch;

# Labelled bodies of application/json-patch+json: see Bodies::Json.  A patch
# is applied to {}; what is not an array is plain JSON.

use strict;
use warnings;
use utf8;

use List::Util qw(shuffle);

use Bodies::Json;
use Records;

*pick = \&Records::pick;

sub step {
    my ($name, $path, $value, %more) = @_;
    return '{"op":' . Bodies::Json::quote($name) . ',"path":'
        . Bodies::Json::quote($path)
        . (defined $value ? ",\"value\":$value" : '')
        . join('', map { ",\"$_\":" . Bodies::Json::quote($more{$_}) }
            sort keys %more) . '}';
}

sub pointer {
    return join '', map { '/' . (s/~/~0/gr =~ s/\//~1/gr) } @_;
}

# The steps that build a record, member by member.

sub build {
    my ($node, %o) = @_;
    my $name = $o{name} // sub { $_[0] };
    my $op = $o{op} // 'add';
    my $deep = $o{deep};
    my @steps;
    my $walk;
    $walk = sub {
        my ($node, @path) = @_;
        my $whole = !@path || $node->{members} && $deep
            || $node->{items} && $deep;
        if (!$whole || defined $node->{raw} || $node->{entries}) {
            push @steps, step($op, pointer(@path),
                Bodies::Json::write_json($node));
            return;
        }
        push @steps, step($op, pointer(@path), $node->{items} ? '[]' : '{}')
            if @path;
        $walk->($_->{node}, @path, $name->($_->{name}))
            for @{ $node->{members} // [] };
        my $i = 0;
        for (@{ $node->{items} // [] }) {
            my $at = $o{dash} ? '-' : $i;
            if ($_->{members}) {
                push @steps, step($op, pointer(@path, $at), '{}');
                for my $member (@{ $_->{members} }) {
                    $walk->($member->{node}, @path, $i,
                        $name->($member->{name}));
                }
            } else {
                push @steps, step($op, pointer(@path, $at),
                    Bodies::Json::write_json($_));
            }
            $i++;
        }
    };
    $walk->($node);
    undef $walk;
    return @steps;
}

sub list { return '[' . join(',', @_) . ']' }

sub record_kind {
    my ($webapi, $change, %o) = @_;
    my $records = Records->new($webapi);
    return sub {
        my ($operation, $record) = $records->changed($o{kind} // 'object');
        my @steps = $change ? $change->($record, build($record, %o))
            : build($record, %o);
        return { operation => $operation,
            body => Bodies::Json::bytes(list(@steps)) };
    };
}

my $head = '{"op":"add","path":"","value":{"ErpConnectionId":883,'
    . '"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui",'
    . '"ErpActorType":"Customer","FieldValues":[{"CrmFieldKey":"a"},'
    . '{"CrmFieldKey":"b","Value":"v"}]}}';

# Steps behind a whole document.

my %steps = (
    'patch: add, replaces a member' => [ step('add', '/ErpKey', '"x"') ],
    'patch: add, between elements' => [ step('add', '/FieldValues/1',
        '{"CrmFieldKey":"c"}') ],
    'patch: add, behind the last element' => [ step('add', '/FieldValues/2',
        '{"CrmFieldKey":"c"}') ],
    'patch: add, to -' => [ step('add', '/FieldValues/-',
        '{"CrmFieldKey":"c"}') ],
    'patch: add, beyond the end' => [ step('add', '/FieldValues/3',
        '{"CrmFieldKey":"c"}') ],
    'patch: add, in what is not there' => [ step('add', '/Foo/Bar', '1') ],
    'patch: add, in a scalar' => [ step('add', '/ErpKey/0', '1') ],
    'patch: add, without a value' => [ step('add', '/ErpKey') ],
    'patch: add, a null' => [ step('add', '/FieldValues/0/Value', 'null') ],
    'patch: replace' => [ step('replace', '/ErpKey', '"x"') ],
    'patch: replace, an element' => [ step('replace', '/FieldValues/0',
        '{"CrmFieldKey":"c"}') ],
    'patch: replace, what is not there' => [ step('replace',
        '/FieldValues/0/Value', '"x"') ],
    'patch: replace, an element that is not there' => [ step('replace',
        '/FieldValues/5', '{"CrmFieldKey":"c"}') ],
    'patch: replace, to -' => [ step('replace', '/FieldValues/-', '{}') ],
    'patch: remove' => [ step('remove', '/FieldValues/1/Value') ],
    'patch: remove, an element' => [ step('remove', '/FieldValues/0') ],
    'patch: remove, what is not there' => [ step('remove', '/Foo') ],
    'patch: remove, a required member' => [ step('remove', '/ErpKey') ],
    'patch: remove, the whole' => [ step('remove', '') ],
    'patch: test, equal' => [ step('test', '/ErpKey', '"qui"'),
        step('test', '/ErpConnectionId', '883.0'),
        step('test', '/ErpConnectionId', '8.83e2'),
        step('test', '/FieldValues/0', '{"crmfieldkey":"a"}') ],
    'patch: test, different' => [ step('test', '/ErpKey', '"other"'),
        step('test', '/ErpConnectionId', '"883"') ],
    'patch: test, what is not there' => [ step('test', '/Foo', 'null') ],
    'patch: copy' => [ step('copy', '/FieldValues/0/Value', undef,
        from => '/ErpKey') ],
    'patch: copy, an element' => [ step('copy', '/FieldValues/-', undef,
        from => '/FieldValues/1') ],
    'patch: copy, from what is not there' => [ step('copy', '/ErpKey', undef,
        from => '/Foo') ],
    'patch: move' => [ step('move', '/FieldValues/0/Value', undef,
        from => '/FieldValues/1/Value') ],
    'patch: move, an element' => [ step('move', '/FieldValues/0', undef,
        from => '/FieldValues/1') ],
    'patch: move, into itself' => [ step('move', '/FieldValues/0', undef,
        from => '/FieldValues') ],
    'patch: move, to its own place' => [ step('move', '/ErpKey', undef,
        from => '/ErpKey') ],
    'patch: no such operation' => [ step('delete', '/ErpKey') ],
    'patch: operations in another case' => [ step('Add', '/ErpKey', '"x"'),
        step('REPLACE', '/ErpKey', '"y"') ],
    'patch: no op' => [ '{"path":"/ErpKey","value":"x"}' ],
    'patch: no path' => [ '{"op":"add","value":"x"}' ],
    'patch: a path that is a number' => [
        '{"op":"add","path":1,"value":"x"}' ],
    'patch: members in another case' => [
        '{"Op":"add","Path":"/ErpKey","Value":"x"}' ],
    'patch: unknown members' => [
        '{"op":"add","path":"/ErpKey","value":"x","foo":1}' ],
    'patch: a member twice' => [
        '{"op":"add","op":"add","path":"/ErpKey","value":"x"}' ],
    'patch: paths without the first slash' => [ step('add', 'ErpKey', '"x"'),
        step('replace', 'FieldValues/0/Value', '"x"') ],
    'patch: paths in another case' => [ step('replace', '/erpkey', '"x"'),
        step('add', '/FIELDVALUES/0/value', '"x"') ],
    'patch: a slash at the end' => [ step('add', '/ErpKey/', '"x"') ],
    'patch: two slashes' => [ step('add', '//ErpKey', '"x"') ],
    'patch: an index with leading zeros' => [ step('replace',
        '/FieldValues/00/CrmFieldKey', '"x"') ],
    'patch: a negative index' => [ step('replace',
        '/FieldValues/-1/CrmFieldKey', '"x"') ],
    'patch: an index that is a name' => [ step('add', '/FieldValues/a',
        '{}') ],
    'patch: ~0 and ~1' => [ step('add', '/Er~0pKey', '"x"'),
        step('add', '/Er~1pKey', '"x"') ],
    'patch: another ~' => [ step('add', '/ErpKey~2', '"x"'),
        step('add', '/ErpKey~', '"x"') ],
    'patch: an unknown member' => [ step('add', '/Foo', '1') ],
    'patch: an element that is not an object' => [ '1', 'null', '[]',
        '"add"' ],
    'patch: escapes' => [
        '{"op":"\\u0061dd","path":"\\/ErpKe\\u0079","value":"\\u0041"}' ],
    'patch: a name twice in a value' => [ step('add', '/FieldValues/0',
        '{"CrmFieldKey":"a","crmFieldKey":"b"}') ],
    'patch: the same member added twice' => [ step('add', '/Foo', '1')
        . ',' . step('remove', '/foo') ],
);

sub kinds {
    my $webapi = shift;
    my @kinds = (
        [ 'patch: add, member by member', record_kind($webapi) ],
        [ 'patch: add, every level by itself', record_kind($webapi, undef,
            deep => 1, kind => 'array') ],
        [ 'patch: add, elements with -', record_kind($webapi, undef,
            deep => 1, dash => 1, kind => 'array') ],
        [ 'patch: replace, member by member', record_kind($webapi, undef,
            op => 'replace') ],
        [ 'patch: camel case paths', record_kind($webapi, undef, deep => 1,
            name => sub { lcfirst $_[0] }) ],
        [ 'patch: steps in any order', record_kind($webapi,
            sub { shift; return shuffle(@_) }) ],
        [ 'patch: the document at once', record_kind($webapi, sub {
            return step(pick('add', 'replace'), '',
                Bodies::Json::write_json($_[0])) }) ],
        [ 'patch: no steps', record_kind($webapi, sub { () }) ],
        [ 'patch: not closed', sub {
            my $frame = record_kind($webapi)->();
            $frame->{body} =~ s/\]$//;
            return $frame;
        } ],
        [ 'patch: a comma at the end', sub {
            my $frame = record_kind($webapi)->();
            $frame->{body} =~ s/\]$/,]/;
            return $frame;
        } ],
    );
    for my $label (sort keys %steps) {
        push @kinds, [ $label, sub {
            return { operation => 'TryConnectActor', body => list($head,
                pick(@{ $steps{$label} })) };
        }, $steps{$label}[0] ];
    }
    return (@kinds, @kinds, Bodies::Json::kinds($webapi));
}

1;
