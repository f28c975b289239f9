package Bodies::Json;

# Labelled bodies of application/json, text/json and merge-patch.
#
#   kinds($webapi)  [ [ label, sub -> { operation, body, mode, type } ], ... ]
#
# "body" is bytes; "mode" is what happens to unknown members, "reject" if
# there is none; "type" is put behind the media type.

use strict;
use warnings;
use utf8;

use Encode qw(encode);
use List::Util qw(shuffle);

use Records;
use Spellings;

*pick = \&Records::pick;

sub quote {
    my $text = shift;
    $text =~ s/([\\"])/\\$1/g;
    $text =~ s/([\x00-\x1f])/sprintf '\\u%04x', ord $1/ge;
    return "\"$text\"";
}

# Every character escaped, those beyond U+FFFF as a pair.

sub escape {
    my $text = shift;
    $text =~ s/(.)/join '', map { sprintf pick('\\u%04x', '\\u%04X'), $_ }
        unpack 'n*', encode('UTF-16BE', $1)/ges;
    return "\"$text\"";
}

# Options: name (a function of a member's name, gives its JSON), space (a
# function, gives white space), string (as quote).

sub write_json {
    my ($node, %o) = @_;
    my $space = $o{space} // sub { '' };
    my $name = $o{name} // \&quote;
    my $string = $o{string} // \&quote;
    my $s = $space->();

    return $s . $node->{raw} . $space->() if defined $node->{raw};
    if ($node->{members} || $node->{entries}) {
        my @parts = map {
            my $key = defined $_->{raw} ? $_->{raw}
                : $node->{entries} ? quote($_->{name}) : $name->($_->{name});
            $space->() . $key . $space->() . ':' . write_json($_->{node}, %o)
        } @{ $node->{members} // $node->{entries} };
        return $s . '{' . join(',', @parts) . $space->() . '}' . $space->();
    }
    if ($node->{items}) {
        return $s . '[' . join(',', map { write_json($_, %o) }
            @{ $node->{items} }) . $space->() . ']' . $space->();
    }
    return $s . ($node->{kind} =~ /^(int32|double|bool)$/ ? $node->{value}
        : $string->($node->{value})) . $space->();
}

sub bytes { return encode('UTF-8', shift) }

# Raw JSON for a value of a kind.

my %Raw = (
    int32 => [
        [ 'int: a number', '%v' ],
        [ 'int: zero as a number', '0' ],
        [ 'int: minus zero as a number', '-0' ],
        [ 'int: negative number', '-1', '-%v' ],
        [ 'int: largest and smallest number', '2147483647', '-2147483648' ],
        [ 'int: number beyond int32', '2147483648', '-2147483649',
            '9223372036854775808', '9' x 400 ],
        [ 'int: number with a fraction', '%v.5', '0.5' ],
        [ 'int: number with a fraction of zero', '%v.0' ],
        [ 'int: number with an exponent', '1e3', '1E+1', '10e-1' ],
        [ 'int: number with leading zeros', '007', '00' ],
        [ 'int: number with a sign +', '+1' ],
        [ 'int: hexadecimal number', '0x10' ],
        [ 'int: NaN and infinity', 'NaN', 'Infinity', '-Infinity' ],
        [ 'int: a number that ends early', '1.', '-', '1e', '.5' ],
        [ 'int: true or false', 'true', 'false' ],
        [ 'int: null', 'null' ],
        [ 'int: an array', '[1]', '[]' ],
        [ 'int: an object', '{}', '{"a":1}' ],
        [ 'int: undefined', 'undefined' ],
        [ 'int: a bare word', 'abc' ],
    ],
    bool => [
        [ 'bool: true or false', '%v' ],
        [ 'bool: number 0 or 1', '0', '1' ],
        [ 'bool: another number', '2', '-1', '1.0', '0.0' ],
        [ 'bool: null', 'null' ],
        [ 'bool: True without quotes', 'True', 'TRUE' ],
        [ 'bool: an array or object', '[]', '{}' ],
    ],
    enum => [
        [ 'enum: ordinal as a number', '%o' ],
        [ 'enum: number out of range', '99', '2147483648' ],
        [ 'enum: negative number', '-1' ],
        [ 'enum: number zero', '0' ],
        [ 'enum: number with a fraction', '%o.0', '1.5' ],
        [ 'enum: number with an exponent', '1e0' ],
        [ 'enum: true or false', 'true', 'false' ],
        [ 'enum: null', 'null' ],
        [ 'enum: an array or object', '["%v"]', '{}' ],
    ],
    string => [
        [ 'string: a whole number', '4711', '0', '-5', '2147483648' ],
        [ 'string: a long whole number', '12345678901234567890',
            '9' x 30 ],
        [ 'string: a number with a fraction', '1.5', '0.25', '-2.75' ],
        [ 'string: a number with zeros at the end', '5.10', '1.0', '0.00' ],
        [ 'string: a number with many digits', '3.14159265358979323846' ],
        [ 'string: a number with an exponent', '1e3', '1E-2', '2.5e+10' ],
        [ 'string: a number minus zero', '-0', '-0.0' ],
        [ 'string: a number beyond double', '1e400' ],
        [ 'string: true or false', 'true', 'false' ],
        [ 'string: null', 'null' ],
        [ 'string: an array', '[]', '["a"]' ],
        [ 'string: an object', '{}', '{"a":"b"}' ],
        [ 'string: short escapes', '"\\b\\f\\n\\r\\t\\"\\\\\\/"' ],
        [ 'string: escaped letters', '"\\u0041\\u00e6\\u20AC"' ],
        [ 'string: an escaped pair', '"\\ud83d\\ude00"' ],
        [ 'string: an escaped pair, upper case', '"\\uD83D\\uDE00"' ],
        [ 'string: half an escaped pair', '"\\ud83d"', '"\\ude00"',
            '"\\ud83dx"', '"\\ude00\\ud83d"' ],
        [ 'string: an escaped NUL', '"\\u0000"', '"a\\u0000b"' ],
        [ 'string: an escaped byte order mark', '"\\ufeff"' ],
        [ 'string: an escaped U+FFFF', '"\\uffff"' ],
        [ 'string: an unknown escape', '"\\x41"', '"\\a"', '"\\\'"',
            '"\\0"' ],
        [ 'string: an escape that ends early', '"\\u12"', '"\\u12g4"' ],
        [ 'string: a control as it is', "\"a\tb\"", "\"a\nb\"",
            "\"a\x{1}b\"" ],
        [ 'string: NUL as it is', "\"a\x{0}b\"" ],
        [ 'string: single quotes', "'a'" ],
        [ 'string: without quotes', 'abc' ],
        [ 'string: not closed', '"abc' ],
        [ 'string: undefined', 'undefined' ],
    ],
    array => [
        [ 'array: empty', '[]' ],
        [ 'array: null', 'null' ],
        [ 'array: an object', '{}', '{"0":1}' ],
        [ 'array: a string', '"a"', '""' ],
        [ 'array: a number', '1' ],
        [ 'array: true', 'true' ],
        [ 'array: a null in it', '[null]' ],
        [ 'array: an array in it', '[[]]' ],
        [ 'array: an object in it', '[{}]' ],
        [ 'array: mixed', '[1,"a",true]' ],
        [ 'array: a comma at the end', '[1,]' ],
        [ 'array: commas alone', '[,]', '[1,,2]' ],
    ],
    map => [
        [ 'dictionary: empty', '{}' ],
        [ 'dictionary: null', 'null' ],
        [ 'dictionary: an array', '[]', '[{"Key":"a","Value":"b"}]' ],
        [ 'dictionary: a string', '"a"' ],
        [ 'dictionary: values that are null', '{"a":null}' ],
        [ 'dictionary: values that are numbers', '{"a":1,"b":5.10}' ],
        [ 'dictionary: values that are booleans', '{"a":true}' ],
        [ 'dictionary: values that are objects', '{"a":{}}' ],
        [ 'dictionary: keys that differ by case', '{"a":"1","A":"2"}' ],
        [ 'dictionary: a key twice', '{"a":"1","a":"2"}' ],
        [ 'dictionary: an empty key', '{"":"1"}' ],
        [ 'dictionary: other characters in a key', '{"\\u00e5 b.c[0]":"1"}' ],
    ],
);

$Raw{key} = [ map { [ 'required ' . $_->[0], @$_[1 .. $#$_] ] }
    @{ $Raw{string} } ];

# Invalid UTF-8 cannot be written as characters.

my @Bytes = (
    [ 'invalid UTF-8: a byte', "\xff", "\xc0", "\x80" ],
    [ 'invalid UTF-8: overlong', "\xc0\xaf", "\xe0\x80\xaf" ],
    [ 'invalid UTF-8: a surrogate', "\xed\xa0\x80" ],
    [ 'invalid UTF-8: ends early', "\xe2\x82", "\xf0\x9f\x98" ],
    [ 'invalid UTF-8: beyond U+10FFFF', "\xf4\x90\x80\x80" ],
);

my %names = (
    'names: camel case' => sub { lcfirst $_[0] },
    'names: lower case' => sub { lc $_[0] },
    'names: upper case' => sub { uc $_[0] },
    'names: mixed case' => sub { Spellings::mixed($_[0]) },
);

my %unknown = (
    'unknown member: a scalar' => [ '1', '"a"', 'true', 'null', '1.50' ],
    'unknown member: an object' => [ '{}', '{"a":{"b":1}}' ],
    'unknown member: an array' => [ '[]', '[1,[2,{"c":null}]]' ],
    'unknown member: escapes in it' => [ '"\\u0041\\/"' ],
    'unknown member: a name twice in it' => [ '{"a":1,"a":2}' ],
    'unknown member: names in it differ by case' => [ '{"a":1,"A":2}' ],
);

# A record, changed and written.

sub record_kind {
    my ($webapi, $kind, $change, %o) = @_;
    my $records = Records->new($webapi);
    return sub {
        my ($operation, $record, %frame) = $records->changed($kind, $change);
        return { operation => $operation, %frame,
            body => bytes(write_json($record, %o)) };
    };
}

# The text of a record, changed.

sub text_kind {
    my ($webapi, $change, %frame) = @_;
    my $plain = record_kind($webapi, 'object');
    return sub {
        my $frame = $plain->();
        $frame->{body} = $change->($frame->{body});
        return { %$frame, %frame };
    };
}

sub kinds {
    my $webapi = shift;
    return (spellings($webapi), members($webapi), layout($webapi),
        documents($webapi), charsets($webapi));
}

sub spellings {
    my $webapi = shift;
    my @kinds;

    for my $kind (sort keys %Raw) {
        for (@{ $Raw{$kind} }) {
            my ($label, @texts) = @$_;
            push @kinds, [ $label, record_kind($webapi, $kind, sub {
                my $node = $_[0]{node};
                $node->{raw} = Spellings::fill(pick(@texts), $node, $webapi);
                return;
            }), $texts[0] ];
        }
    }
    for my $kind (sort keys %Spellings::Text) {
        for (@{ $Spellings::Text{$kind} }) {
            my ($label, @texts) = @$_;
            $label .= ', as a string' if $kind !~ /string|key/;
            push @kinds, [ $label, record_kind($webapi, $kind, sub {
                my $node = $_[0]{node};
                $node->{raw} = quote(Spellings::fill(pick(@texts), $node,
                    $webapi));
                return;
            }), quote($texts[0]) ];
        }
    }
    for (@Bytes) {
        my ($label, @bytes) = @$_;
        my $plain = record_kind($webapi, 'string|key', sub {
            $_[0]{node}{raw} = '"a@@b"';
            return;
        });
        push @kinds, [ $label, sub {
            my $frame = $plain->();
            my $bad = pick(@bytes);
            $frame->{body} =~ s/\@\@/$bad/;
            return $frame;
        } ];
    }
    return @kinds;
}

sub members {
    my $webapi = shift;
    my @kinds;

    for my $label (sort keys %names) {
        my $name = $names{$label};
        push @kinds, [ $label, record_kind($webapi, 'object', undef,
            name => sub { quote($name->($_[0])) }) ];
    }
    push @kinds, [ 'names: escaped letters', record_kind($webapi, 'object',
        undef, name => sub { escape($_[0]) }) ];

    for my $mode (qw(reject strip pass)) {
        for my $label (sort keys %unknown) {
            push @kinds, [ "$label, with $mode", record_kind($webapi,
                'object', sub {
                    my $members = $_[0]{node}{members};
                    splice @$members, int rand(1 + @$members), 0,
                        { name => pick('Foo', 'x', 'ErpKey2', 'a b', ''),
                          node => { raw => pick(@{ $unknown{$label} }) } };
                    return { mode => $mode };
                }) ];
        }
    }

    my %odd = (
        'names: a blank at an end' => sub { "$_[0] " },
        'names: the long s for an s' => sub { $_[0] =~ s/s/\x{17f}/r },
        'names: the Kelvin sign for a K' => sub { $_[0] =~ s/K/\x{212a}/r },
        'names: a dotless i for an i' => sub { $_[0] =~ s/i/\x{131}/r },
        'names: NUL behind a name' => sub { "$_[0]\x{0}" },
    );
    for my $label (sort keys %odd) {
        for my $mode (qw(reject strip)) {
            push @kinds, [ "$label, with $mode", record_kind($webapi,
                'object', sub {
                    my $members = $_[0]{node}{members};
                    my $member = @$members ? pick(@$members) : return 0;
                    my $odd = $odd{$label}->($member->{name});
                    return 0 if $odd eq $member->{name};
                    $member->{raw} = quote($odd);
                    return { mode => $mode };
                }) ];
        }
    }

    my %twice = (
        'twice: the same name and value' => sub { $_[0]{name} },
        'twice: in another case' => sub { lcfirst $_[0]{name} },
    );
    for my $label (sort keys %twice) {
        push @kinds, [ $label, record_kind($webapi, 'object', sub {
            my $members = $_[0]{node}{members};
            my $member = @$members ? pick(@$members) : return 0;
            push @$members, { %$member, name => $twice{$label}->($member) };
            return;
        }) ];
    }
    push @kinds, [ 'twice: another value', record_kind($webapi, 'string|key',
        sub {
            my ($at, $record) = @_;
            my $entry = $at->{entry} or return 0;
            push @{ $record->{members} }, { name => 'ErpKey',
                node => { raw => '"first"' } }, { name => 'erpkey',
                node => { raw => '"second"' } };
            return;
        }) ];

    push @kinds,
        [ 'absent: a member', record_kind($webapi, 'object', sub {
            my $members = $_[0]{node}{members};
            return 0 if !@$members;
            splice @$members, int rand @$members, 1;
            return;
        }) ],
        [ 'absent: all members', record_kind($webapi, 'object', sub {
            $_[0]{node}{members} = [];
            return;
        }) ],
        [ 'null: a member', record_kind($webapi, 'object', sub {
            my $members = $_[0]{node}{members};
            return 0 if !@$members;
            pick(@$members)->{node}{raw} = 'null';
            return;
        }) ],
        [ 'read-only members', record_kind($webapi, 'object', sub {
            my $node = $_[0]{node};
            my $of = $webapi->types()->{ $node->{type} };
            push @{ $node->{members} },
                { name => 'TableRight', node => { raw => pick('null', '{}',
                    '{"Mask":"Select","Reason":""}') } },
                { name => 'FieldProperties', node => { raw => pick('null',
                    '{}', '{"Value":{"FieldRight":{"Mask":"Read"},'
                    . '"FieldType":"String","FieldLength":254}}') } }
                if $of->{carrier} && !grep { $_->{readonly} }
                    @{ $node->{members} };
            return;
        }) ],
        [ 'read-only members of another type', record_kind($webapi, 'array',
            sub {
                my $node = $_[0]{node};
                $_->{members} and push @{ $_->{members} },
                    { name => 'TableRight', node => { raw => pick('1', '"a"',
                        '[]') } } for @{ $node->{items} };
                return;
            }) ];

    for (
        [ 'metadata: $type', '{"$type":"System.Object","ErpKey":"a"}' ],
        [ 'metadata: $id and $ref', '{"FieldValues":[{"$id":"1",'
            . '"CrmFieldKey":"a"},{"$ref":"1"}]}' ],
        [ 'metadata: $values', '{"FieldValues":{"$values":'
            . '[{"CrmFieldKey":"a"}]}}' ],
    ) {
        my ($label, $text) = @$_;
        for my $mode (qw(reject strip)) {
            push @kinds, [ "$label, with $mode", sub {
                return { operation => 'TryConnectActor', mode => $mode,
                    body => $text };
            }, $text ];
        }
    }
    return @kinds;
}

sub layout {
    my $webapi = shift;
    my $white = sub { pick('', '', ' ', "\t", "\n", "\r\n", '    ') };
    my $order = sub {
        my ($at, $record) = @_;
        my @all = Records->new($webapi)->nodes($record, 'object');
        $_->{node}{members} = [ shuffle(@{ $_->{node}{members} }) ] for @all;
        return;
    };
    my @kinds = (
        [ 'as documented', record_kind($webapi, 'object') ],
        [ 'order of members', record_kind($webapi, 'object', $order) ],
        [ 'white space', record_kind($webapi, 'object', undef,
            space => $white) ],
        [ 'several at once: order, case, white space, escapes',
            record_kind($webapi, 'object', $order, space => $white,
                name => sub { rand() < 0.5 ? quote(lcfirst $_[0])
                    : escape(uc $_[0]) },
                string => sub { rand() < 0.5 ? escape($_[0])
                    : quote($_[0]) }) ],
    );
    for ([ 'a form feed', "\f" ], [ 'a no-break space', "\xc2\xa0" ],
        [ 'a byte order mark', "\xef\xbb\xbf" ], [ 'a NUL', "\0" ])
    {
        my ($what, $bytes) = @$_;
        push @kinds, [ "white space: $what", text_kind($webapi, sub {
            return $_[0] =~ s/^\{/{$bytes/r }) ];
    }
    return @kinds;
}

sub documents {
    my $webapi = shift;
    my @kinds;
    my %change = (
        'document: white space behind' => sub { "$_[0]\r\n \t" },
        'document: a byte order mark in front' => sub { "\xef\xbb\xbf$_[0]" },
        'document: two byte order marks' =>
            sub { "\xef\xbb\xbf\xef\xbb\xbf$_[0]" },
        'document: another behind' => sub { $_[0] . pick($_[0], '{}') },
        'document: text behind' => sub { $_[0] . pick('x', '}', ',', ']') },
        'document: a NUL behind' => sub { "$_[0]\0" },
        'document: text in front' => sub { pick('x', ')]}\',', ',') . $_[0] },
        'document: ends early' => sub { substr $_[0], 0, rand length $_[0] },
        'document: a comment' => sub {
            $_[0] =~ s!\{!pick('{/* a */', "{// a\n")!er },
        'document: a comment behind' => sub { "$_[0] // a" },
        'document: a comma at the end of an object' =>
            sub { $_[0] =~ s/\}$/,}/r },
        'document: a comma missing' => sub { $_[0] =~ s/,"/ "/r },
        'document: a colon missing' => sub { $_[0] =~ s/":/" /r },
        'document: = for a colon' => sub { $_[0] =~ s/":/"=/r },
        'document: ; for a comma' => sub { $_[0] =~ s/,"/;"/r },
        'document: names in single quotes' =>
            sub { $_[0] =~ s/"(\w+)":/'$1':/gr },
        'document: names without quotes' =>
            sub { $_[0] =~ s/"(\w+)":/$1:/gr },
        'document: a brace missing' => sub { $_[0] =~ s/\}$//r },
        'document: a bracket for a brace' => sub { $_[0] =~ s/\}$/]/r },
        'document: in an array' => sub { "[$_[0]]" },
        'document: in a string' => sub {
            '"' . ($_[0] =~ s/(["\\])/\\$1/gr) . '"' },
        'document: in another object' => sub { "{\"request\":$_[0]}" },
        'document: XML' => sub { '<a/>' },
        'document: a form' => sub { 'ErpKey=a&ErpConnectionId=1' },
        'document: a constructor' => sub {
            $_[0] =~ s/\{/{"ErpKey":new Date(1),/r },
    );
    for my $label (sort keys %change) {
        push @kinds, [ $label, text_kind($webapi, $change{$label}) ];
    }
    for ('', ' ', "\n\t ", 'null', 'true', '1', '"a"', '[]', '{}',
        "\xef\xbb\xbf")
    {
        my $body = $_;
        push @kinds, [ 'document: nothing but '
            . (length $body ? quote($body =~ s/\xef\xbb\xbf/BOM/r) : 'nothing'),
            text_kind($webapi, sub { $body }) ];
    }
    for ([ 30, '30 levels' ], [ 40, '40 levels' ], [ 1000, '1000 levels' ]) {
        my ($n, $label) = @$_;
        for my $mode (qw(reject strip)) {
            push @kinds, [ "nested: $label, with $mode", text_kind($webapi,
                sub {
                    my ($o, $c) = rand() < 0.5 ? ('[', ']') : ('{"a":', '}');
                    my $deep = $o x $n . '1' . $c x $n;
                    return $_[0] =~ s/^\{/{"Foo":$deep,/r
                        =~ s/,\}$/}/r;
                }, mode => $mode) ];
        }
    }
    return @kinds;
}

# Charsets: the body in ASCII, in the charset, and not in it.

sub charsets {
    my $webapi = shift;
    my @kinds;
    my $ascii = '{"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":'
        . '"Contact","ErpKey":"qui","ErpActorType":"Customer",'
        . '"FieldValues":[]}';
    my $other = $ascii =~ s/qui/\x{e6}/r;

    for (
        [ 'utf-8', '; charset=utf-8', 'UTF-8' ],
        [ 'UTF-8 in upper case', '; charset=UTF-8', 'UTF-8' ],
        [ 'utf-8 in quotes', '; charset="utf-8"', 'UTF-8' ],
        [ 'utf8', '; charset=utf8', 'UTF-8' ],
        [ 'us-ascii', '; charset=us-ascii', 'UTF-8' ],
        [ 'iso-8859-1', '; charset=iso-8859-1', 'ISO-8859-1' ],
        [ 'windows-1252', '; charset=windows-1252', 'cp1252' ],
        [ 'utf-16', '; charset=utf-16', 'UTF-16LE' ],
        [ 'utf-16be', '; charset=utf-16be', 'UTF-16BE' ],
        [ 'unknown', '; charset=foo', 'UTF-8' ],
        [ 'none, but a parameter', '; odata=verbose', 'UTF-8' ],
        [ 'empty', '; charset=', 'UTF-8' ],
        [ 'given twice', '; charset=utf-8; charset=utf-8', 'UTF-8' ],
        [ 'none', '', 'UTF-8' ],
        [ 'none, body in UTF-16 with a byte order mark', '', 'UTF-16' ],
        [ 'none, body in UTF-16 without one', '', 'UTF-16LE' ],
    ) {
        my ($label, $type, $encoding) = @$_;
        for ([ 'ASCII', $ascii ], [ 'other characters', $other ]) {
            my ($what, $text) = @$_;
            push @kinds, [ "charset: $label, $what", sub {
                return { operation => 'TryConnectActor', type => $type,
                    body => encode($encoding, $text) };
            }, "$type" ];
        }
    }
    return @kinds;
}

1;
