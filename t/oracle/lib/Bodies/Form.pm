package Bodies::Form;

# Labelled bodies of application/x-www-form-urlencoded: see Bodies::Json.

use strict;
use warnings;
use utf8;

use Encode qw(encode);
use List::Util qw(shuffle);

use Records;
use Spellings;

*pick = \&Records::pick;

sub percent {
    my $bytes = encode('UTF-8', shift);
    $bytes =~ s/([^A-Za-z0-9._~-])/$1 eq ' ' ? '+'
        : sprintf '%%%02X', ord $1/ge;
    return $bytes;
}

# The pairs of a record: [ path, value ], a path's steps being names and
# [index].

sub pairs {
    my ($node, @path) = @_;
    return [ \@path, $node->{raw}, 1 ] if defined $node->{raw};
    if ($node->{members}) {
        return map { pairs($_->{node}, @path, $_->{name}) }
            @{ $node->{members} };
    }
    if ($node->{entries}) {
        my $i = 0;
        return map { ([ [ @path, "[$i]", 'Key' ], $_->{name} ],
            pairs($_->{node}, @path, '[' . $i++ . ']', 'Value')) }
            @{ $node->{entries} };
    }
    if ($node->{items}) {
        my $i = 0;
        return map { pairs($_, @path, '[' . $i++ . ']') }
            @{ $node->{items} };
    }
    return [ \@path, $node->{value} ];
}

# Options: name (a function of each name), path (of the steps, gives the
# whole), encode (of a path), value (of a value), order (of pairs).

sub dotted {
    my $text = '';
    for (@_) {
        $text .= /^\[/ || $text eq '' ? $_ : ".$_";
    }
    return $text;
}

sub bracketed {
    my ($first, @rest) = @_;
    return join '', $first, map { /^\[/ ? $_ : "[$_]" } @rest;
}

sub write_form {
    my ($node, %o) = @_;
    my $name = $o{name} // sub { $_[0] };
    my $path = $o{path} // \&dotted;
    my $order = $o{order} // sub { @_ };
    my $encode = $o{encode} // sub { $_[0] };
    my $value = $o{value} // \&percent;
    return join '&', map {
        my ($steps, $text, $raw) = @$_;
        $encode->($path->(map { /^\[/ ? $_ : $name->($_) } @$steps)) . '='
            . ($raw ? $text : $value->($text))
    } $order->(pairs($node));
}

sub record_kind {
    my ($webapi, $kind, $change, %o) = @_;
    my $records = Records->new($webapi);
    return sub {
        my ($operation, $body, %frame);
        do {
            ($operation, my $record, %frame) = $records->changed($kind,
                $change);
            $body = write_form($record, %o);
        } while ($body eq '');
        return { operation => $operation, body => $body, %frame };
    };
}

sub text_kind {
    my ($webapi, $change, %frame) = @_;
    my $plain = record_kind($webapi, 'object', undef, %frame);
    return sub {
        my $frame = $plain->();
        return { %$frame, body => $change->($frame->{body}) };
    };
}

sub kinds {
    my $webapi = shift;
    return (spellings($webapi), layout($webapi), arrays($webapi),
        texts($webapi));
}

sub spellings {
    my $webapi = shift;
    my @kinds;
    for my $kind (sort keys %Spellings::Text) {
        for (@{ $Spellings::Text{$kind} }) {
            my ($label, @texts) = @$_;
            push @kinds, [ $label, record_kind($webapi, $kind, sub {
                my $node = $_[0]{node};
                $node->{value} = Spellings::fill(pick(@texts), $node,
                    $webapi);
                return;
            }) ];
        }
    }
    my @raw = (
        [ 'encoding: lower case digits', '%c3%a6', '%2b' ],
        [ 'encoding: what need not be', '%41%62%2E', '%7e' ],
        [ 'encoding: none, of other characters', encode('UTF-8', "\x{e6}") ],
        [ 'encoding: none, of / ? @ :', 'a/b?c@d:e' ],
        [ 'encoding: none, of =', 'a=b', '=' ],
        [ 'encoding: none, of ;', 'a;b' ],
        [ 'encoding: none, of brackets and quotes', '[a]{b}"c"<d>' ],
        [ 'encoding: none, of a space', 'a b' ],
        [ 'encoding: + and %20', 'a+b%20c' ],
        [ 'encoding: line breaks', 'a%0D%0Ab', '%0a' ],
        [ 'encoding: twice', '%2541' ],
        [ 'encoding: a bare %', '50%', '%', '%%41' ],
        [ 'encoding: no hexadecimal digits', '%zz', '%4g' ],
        [ 'encoding: ends early', '%4' ],
        [ 'encoding: %u', '%u0041', '%u00e6' ],
        [ 'encoding: NUL', 'a%00b' ],
        [ 'encoding: invalid UTF-8', '%ff', '%c0%af', '%ed%a0%80', '%e2%82' ],
        [ 'encoding: invalid UTF-8 as it is', "\xff", "\xe2\x82" ],
        [ 'encoding: another charset', '%e6', '%F8l' ],
    );
    for (@raw) {
        my ($label, @texts) = @$_;
        push @kinds, [ $label, record_kind($webapi, 'string|key', sub {
            $_[0]{node}{raw} = pick(@texts);
            return;
        }), $texts[0] ];
    }
    return @kinds;
}

sub layout {
    my $webapi = shift;
    my @kinds = ([ 'as documented', record_kind($webapi, 'object') ]);
    my %options = (
        'names: camel case' => { name => sub { lcfirst $_[0] } },
        'names: lower case' => { name => sub { lc $_[0] } },
        'names: upper case' => { name => sub { uc $_[0] } },
        'names: brackets for dots' => { path => \&bracketed },
        'names: brackets and dots' => { path => sub {
            rand() < 0.5 ? bracketed(@_) : dotted(@_) } },
        'names: brackets percent-encoded' => { encode => sub {
            $_[0] =~ s/([\[\]])/sprintf pick('%%%02X', '%%%02x'), ord $1/gre
        } },
        'names: letters percent-encoded' => { encode => sub {
            $_[0] =~ s/([A-Z.])/sprintf '%%%02X', ord $1/gre } },
        'order: any' => { order => sub { shuffle(@_) } },
        'names: a blank at the end' => { encode => sub { "$_[0]+" } },
        'names: a blank at the front' => { encode => sub { "+$_[0]" } },
    );
    for my $label (sort keys %options) {
        push @kinds, [ $label, record_kind($webapi, 'object', undef,
            %{ $options{$label} }) ];
    }
    push @kinds, [ 'several at once: order, case, brackets, encoding',
        record_kind($webapi, 'object', undef,
            order => sub { shuffle(@_) }, name => sub { lcfirst $_[0] },
            path => sub { rand() < 0.5 ? bracketed(@_) : dotted(@_) },
            encode => sub { $_[0] =~ s/\[/%5B/gr }) ];

    for my $mode (qw(reject strip pass)) {
        for ('Foo=1', 'Foo=', 'Foo', 'Foo.Bar=1', 'Foo[Bar]=1', 'Foo[0]=1',
            'Foo[]=1', 'Foo[0].Bar=1', 'Foo.Bar[0]=1', 'Foo=1&Foo=2', '=1')
        {
            my $pair = $_;
            push @kinds, [ "unknown member: $pair, with $mode", sub {
                my $frame = record_kind($webapi, 'object', sub {
                    return { mode => $mode } })->();
                my @pairs = split /&/, $frame->{body};
                splice @pairs, int rand(1 + @pairs), 0, $pair;
                $frame->{body} = join '&', @pairs;
                return $frame;
            }, $pair ];
        }
    }
    push @kinds,
        [ 'absent: a member', record_kind($webapi, 'object', sub {
            my $members = $_[0]{node}{members};
            return 0 if !@$members;
            splice @$members, int rand @$members, 1;
            return;
        }) ],
        [ 'twice: a member and its value', text_kind($webapi, sub {
            my @pairs = split /&/, $_[0];
            return join '&', @pairs, @pairs ? pick(@pairs) : ();
        }) ],
        [ 'twice: another value', text_kind($webapi, sub {
            return "ErpKey=first&$_[0]&erpKey=second" }) ],
        [ 'read-only members', record_kind($webapi, 'object', sub {
            my $node = $_[0]{node};
            push @{ $node->{members} }, { name => 'TableRight', readonly => 1,
                node => { kind => 'object', members => [ { name => 'Mask',
                node => { value => 'Select' } } ] } },
                { name => 'FieldProperties', readonly => 1, node => { kind =>
                'map', entries => [ { name => 'Value', node => { kind =>
                'object', members => [ { name => 'FieldType', node => { value
                => 'String' } } ] } } ] } }
                if $webapi->types()->{ $node->{type} }{carrier}
                    && !grep { $_->{readonly} } @{ $node->{members} };
            return;
        }) ];
    return @kinds;
}

# Arrays of scalars, and of objects, in every way.

sub arrays {
    my $webapi = shift;
    my @kinds;
    my %scalars = (
        'array of scalars: with indexes' => [ 'Ids[0]=1&Ids[1]=2' ],
        'array of scalars: with empty brackets' => [ 'Ids[]=1&Ids[]=2',
            'Ids[]=1' ],
        'array of scalars: the name repeated' => [ 'Ids=1&Ids=2' ],
        'array of scalars: the name once' => [ 'Ids=1' ],
        'array of scalars: names in several cases' => [ 'Ids=1&ids=2',
            'ids[]=1&IDS[]=2' ],
        'array of scalars: brackets and none' => [ 'Ids=1&Ids[]=2' ],
        'array of scalars: brackets and indexes' => [ 'Ids[0]=1&Ids[]=2' ],
        'array of scalars: indexes in any order' => [ 'Ids[1]=2&Ids[0]=1' ],
        'array of scalars: an index missing' => [ 'Ids[0]=1&Ids[2]=2',
            'Ids[1]=1' ],
        'array of scalars: an index twice' => [ 'Ids[0]=1&Ids[0]=2' ],
        'array of scalars: no value' => [ 'Ids=', 'Ids[]=', 'Ids' ],
        'array of scalars: an empty value among others' =>
            [ 'Ids=1&Ids=&Ids=2', 'Ids[0]=1&Ids[1]=&Ids[2]=2' ],
        'array of scalars: commas' => [ 'Ids=1,2' ],
        'array of scalars: a name in brackets' => [ 'Ids[a]=1' ],
        'array of scalars: an index with leading zeros' => [ 'Ids[00]=1' ],
        'array of scalars: a negative index' => [ 'Ids[-1]=1' ],
        'array of scalars: an index with blanks' => [ 'Ids[ 0 ]=1' ],
        'array of scalars: brackets percent-encoded' =>
            [ 'Ids%5B%5D=1&Ids%5b%5d=2' ],
        'array of scalars: two levels of brackets' => [ 'Ids[0][0]=1',
            'Ids[][]=1' ],
    );
    my @of = ([ 'ForceResync', 'InternalKeyIds' ],
        [ 'ForceResyncExternal', 'ExternalKeys' ],
        [ 'SaveErpConnectionSyncPriorities', 'ErpConnectionIds' ]);
    for my $label (sort keys %scalars) {
        push @kinds, [ $label, sub {
            my ($operation, $name) = @{ pick(@of) };
            my $body = pick(@{ $scalars{$label} });
            $body =~ s/Ids/$name/g;
            $body =~ s/\bids/lcfirst $name/ge;
            $body =~ s/IDS/uc $name/ge;
            $body .= '&ErpConnectionId=' . (1 + int rand 99)
                if $operation ne 'SaveErpConnectionSyncPriorities';
            return { operation => $operation, body => $body };
        }, $scalars{$label}[0] ];
    }

    my $head = 'ErpConnectionId=%d&CrmRecordId=34&CrmActorType=Contact'
        . '&ErpKey=qui&ErpActorType=Customer&';
    my %objects = (
        'array of objects: indexes in any order' =>
            [ 'FieldValues[1].CrmFieldKey=b&FieldValues[0].CrmFieldKey=a' ],
        'array of objects: members in any order' =>
            [ 'FieldValues[0].Value=x&FieldValues[1].CrmFieldKey=b'
            . '&FieldValues[0].CrmFieldKey=a' ],
        'array of objects: an index missing' =>
            [ 'FieldValues[0].CrmFieldKey=a&FieldValues[2].CrmFieldKey=b',
            'FieldValues[1].CrmFieldKey=a' ],
        'array of objects: a member twice' =>
            [ 'FieldValues[0].CrmFieldKey=a&FieldValues[0].CrmFieldKey=b' ],
        'array of objects: empty brackets' =>
            [ 'FieldValues[].CrmFieldKey=a', 'FieldValues[][CrmFieldKey]=a' ],
        'array of objects: no index' => [ 'FieldValues.CrmFieldKey=a' ],
        'array of objects: an index alone' => [ 'FieldValues[0]=' ],
        'array of objects: leading zeros' =>
            [ 'FieldValues[00].CrmFieldKey=a' ],
        'array of objects: a large index' =>
            [ 'FieldValues[99999].CrmFieldKey=a',
            'FieldValues[4294967296].CrmFieldKey=a' ],
        'array of objects: a negative index' =>
            [ 'FieldValues[-1].CrmFieldKey=a' ],
        'array of objects: an index that is a name' =>
            [ 'FieldValues[a].CrmFieldKey=a' ],
        'array of objects: a bracket not closed' =>
            [ 'FieldValues[0.CrmFieldKey=a' ],
        'array of objects: no dot' => [ 'FieldValues[0]CrmFieldKey=a' ],
        'array of objects: two dots' => [ 'FieldValues[0]..CrmFieldKey=a' ],
        'array of objects: a dot and a bracket' =>
            [ 'FieldValues[0].[CrmFieldKey]=a' ],
        'array of objects: read-only members' =>
            [ 'FieldValues[0].CrmFieldKey=a&FieldValues[0].FieldProperties'
            . '[0].Key=Value&FieldValues[0].FieldProperties[0].Value'
            . '.FieldType=String&FieldValues[0].TableRight.Mask=Select' ],
    );
    for my $label (sort keys %objects) {
        push @kinds, [ $label, sub {
            return { operation => 'TryConnectActor', body =>
                sprintf($head, 1 + rand 999) . pick(@{ $objects{$label} }) };
        }, $objects{$label}[0] ];
    }

    my %maps = (
        'dictionary: entries' => [ 'ConfigFields[0].Key=a&ConfigFields[0]'
            . '.Value=b&ConfigFields[1].Key=c&ConfigFields[1].Value=d' ],
        'dictionary: the value first' => [ 'ConfigFields[0].Value=b'
            . '&ConfigFields[0].Key=a' ],
        'dictionary: a key twice' => [ 'ConfigFields[0].Key=a&ConfigFields'
            . '[0].Value=b&ConfigFields[1].Key=a&ConfigFields[1].Value=c' ],
        'dictionary: keys that differ by case' => [ 'ConfigFields[0].Key=a'
            . '&ConfigFields[0].Value=b&ConfigFields[1].Key=A'
            . '&ConfigFields[1].Value=c' ],
        'dictionary: no value' => [ 'ConfigFields[0].Key=a' ],
        'dictionary: an empty value' => [ 'ConfigFields[0].Key=a'
            . '&ConfigFields[0].Value=' ],
        'dictionary: no key' => [ 'ConfigFields[0].Value=b' ],
        'dictionary: keys in brackets' => [ 'ConfigFields[a]=b' ],
        'dictionary: keys behind dots' => [ 'ConfigFields.a=b' ],
    );
    for my $label (sort keys %maps) {
        push @kinds, [ $label, sub {
            return { operation => 'TestConnectionByConfig', body =>
                'ErpConnectionId=' . (1 + int rand 999) . '&'
                . pick(@{ $maps{$label} }) };
        }, $maps{$label}[0] ];
    }

    # the framework never ends with these: once is enough

    my %once = ('array of objects: a value for the array' => 'FieldValues=x',
        'array of objects: an empty value for it' => 'FieldValues=');
    for my $label (sort keys %once) {
        my $done = 0;
        push @kinds, [ $label, sub {
            return if $done++;
            return { operation => 'TryConnectActor',
                body => sprintf($head, 1) . $once{$label} };
        }, $once{$label} ];
    }
    return @kinds;
}

# Not in the name of an array of objects: with that, the framework loops.

sub cut {
    my $text = shift;
    my $cut;
    do {
        $cut = substr $text, 0, rand length $text;
    } while ($cut =~ /(FieldValues|Mappings|ChildItems)[^&.=]*$/);
    return $cut;
}

sub texts {
    my $webapi = shift;
    my @kinds;
    my %change = (
        'text: & at the end' => sub { "$_[0]&" },
        'text: & in front' => sub { "&$_[0]" },
        'text: && between' => sub { $_[0] =~ s/&/&&/r },
        'text: ; between' => sub { $_[0] =~ s/&/;/r },
        'text: ? in front' => sub { "?$_[0]" },
        'text: line feed behind' => sub { pick("$_[0]\r\n", "$_[0]\n") },
        'text: a space behind' => sub { "$_[0] " },
        'text: &amp; between' => sub { $_[0] =~ s/&/&amp;/r },
        'text: line feeds between' => sub { $_[0] =~ s/&/\n&/gr },
        'text: a byte order mark' => sub { "\xef\xbb\xbf$_[0]" },
        'text: a NUL behind' => sub { "$_[0]\0" },
        'text: a name without =' => sub { $_[0] =~ s/=[^&]*//r },
        'text: ends early' => \&cut,
        'text: JSON' => sub { '{"ErpKey":"a"}' },
        'text: XML' => sub { '<a/>' },
        'text: a prefix for all names' => sub {
            $_[0] =~ s/(^|&)/$1request./gr },
    );
    for my $label (sort keys %change) {
        push @kinds, [ $label, text_kind($webapi, $change{$label}) ];
    }
    for ('', ' ', '&', '=', '&&=', "\xef\xbb\xbf") {
        my $body = $_;
        push @kinds, [ "text: nothing but \"" . ($body =~ s/\xef\xbb\xbf/BOM/r)
            . '"', text_kind($webapi, sub { $body }) ];
    }
    for my $charset ('utf-8', 'us-ascii', 'iso-8859-1', 'foo') {
        push @kinds, [ "charset: $charset", sub {
            my $frame = text_kind($webapi, sub { $_[0] })->();
            return { %$frame, type => "; charset=$charset" };
        } ];
    }
    return @kinds;
}

1;
