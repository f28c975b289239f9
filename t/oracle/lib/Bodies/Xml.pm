package Bodies::Xml;

# Labelled bodies of application/xml and text/xml: see Bodies::Json.  Plain
# ones are as the WebAPI's serializer writes them: its namespaces, members in
# alphabetical order.

use strict;
use warnings;
use utf8;

use Encode qw(encode);
use List::Util qw(shuffle);

use Records;
use Spellings;

*pick = \&Records::pick;

my $schemas = 'http://schemas.datacontract.org/2004/07/';
my $arrays = 'http://schemas.microsoft.com/2003/10/Serialization/Arrays';
my $instance = 'http://www.w3.org/2001/XMLSchema-instance';

my %array_item = (int32 => 'int', string => 'string', bool => 'boolean');

sub text {
    my $text = shift;
    $text =~ s/&/&amp;/g;
    $text =~ s/</&lt;/g;
    $text =~ s/>/&gt;/g;
    $text =~ s/([\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}])/
        sprintf '&#x%x;', ord $1/gex;
    return $text;
}

# Options: name, space, text, order (a function of members), ns (a function
# of a namespace), item (the name of an array's elements).

sub write_xml {
    my ($webapi, $node, %o) = @_;
    my $types = $webapi->types();
    my $ns = $o{ns} // sub { return $_[0] };
    my $own = $ns->($schemas . $types->{ $node->{type} }{namespace});
    my $i = $ns->($instance);
    my $root = $o{root} // $node->{type};
    my $inside = members($webapi, $node, 'a', %o);
    return ($o{before} // '') . "<$root"
        . (length $own ? " xmlns=\"$own\"" : '')
        . " xmlns:i=\"$i\"" . ($o{attributes} // '') . ">$inside</$root>"
        . ($o{behind} // '');
}

# What is in the element of an object; members of another namespace than the
# root's have a prefix, as the serializer writes it.

sub members {
    my ($webapi, $node, $prefix, %o) = @_;
    my $order = $o{order} // sub { sort { $a->{name} cmp $b->{name} } @_ };
    my $name = $o{name} // sub { return $_[0] };
    my $space = $o{space} // sub { '' };
    my $p = $o{level} ? ($o{prefix} // 'a') . ':' : '';
    $p = '' if $o{plain};
    return join '', map {
        my $tag = $_->{tag} // $p . $name->($_->{name});
        $space->() . element($webapi, $tag, $_->{node}, $_->{attributes},
            %o)
    } $order->(@{ $node->{members} });
}

sub element {
    my ($webapi, $tag, $node, $attributes, %o) = @_;
    my $space = $o{space} // sub { '' };
    my $text = $o{text} // \&text;
    my $ns = $o{ns} // sub { return $_[0] };
    my ($end) = split ' ', $tag;
    $tag .= $attributes // '';

    return "<$tag>$node->{raw}</$end>" if defined $node->{raw};
    return "<$tag>" . $text->($node->{value}) . "</$end>"
        if defined $node->{value};

    my $level = ($o{level} // 0) + 1;
    my %in = (%o, level => $level, prefix => "a$level");
    if ($node->{members}) {
        my $of = $webapi->types()->{ $node->{type} };
        my $own = $ns->($schemas . $of->{namespace});
        my $declare = $o{plain} ? '' : " xmlns:a$level=\"$own\"";
        return "<$tag$declare>" . members($webapi, $node, '', %in)
            . $space->() . "</$end>";
    }

    # entries and elements are in the namespace of arrays, or in their type's

    my $scalar = $array_item{ $node->{element} };
    my $of = $webapi->types()->{ $node->{element} };
    my $uri = $ns->($of && !$node->{entries} ? "$schemas$of->{namespace}"
        : $scalar || $node->{entries} ? $arrays
        : $schemas . 'SuperOffice.CRM.Services');
    my ($declare, $p) = $o{plain} ? ('', '')
        : (" xmlns:a$level=\"$uri\"", "a$level:");

    if ($node->{entries}) {
        my $entry = $p . ($node->{element} eq 'string'
            ? 'KeyValueOfstringstring' : "KeyValueOfstring$node->{element}");
        return "<$tag$declare>" . join('', map {
            $space->() . "<$entry><${p}Key>" . $text->($_->{name})
                . "</${p}Key>" . element($webapi, "${p}Value", $_->{node},
                $_->{attributes}, %in) . "</$entry>"
        } @{ $node->{entries} }) . $space->() . "</$end>";
    }
    my $item = $p . ($o{item} // $scalar // $node->{element});
    return "<$tag$declare>" . join('', map {
        $space->() . ($_->{members} ? element_in($webapi, $item, $_, %in)
            : element($webapi, $item, $_, undef, %in))
    } @{ $node->{items} }) . $space->() . "</$end>";
}

# An element of an array of objects: its prefix is declared already.

sub element_in {
    my ($webapi, $tag, $node, %o) = @_;
    my $space = $o{space} // sub { '' };
    return "<$tag>$node->{raw}</$tag>" if defined $node->{raw};
    return "<$tag>" . members($webapi, $node, '', %o) . $space->()
        . "</$tag>";
}

sub bytes { return encode('UTF-8', shift) }

sub record_kind {
    my ($webapi, $kind, $change, %o) = @_;
    my $records = Records->new($webapi);
    return sub {
        my ($operation, $record, %frame) = $records->changed($kind, $change);
        return { operation => $operation, %frame,
            body => bytes(write_xml($webapi, $record, %o)) };
    };
}

sub text_kind {
    my ($webapi, $change, %frame) = @_;
    my $plain = record_kind($webapi, 'object');
    return sub {
        my $frame = $plain->();
        return { %$frame, body => $change->($frame->{body}), %frame };
    };
}

sub kinds {
    my $webapi = shift;
    return (spellings($webapi), elements($webapi), namespaces($webapi),
        documents($webapi));
}

my %Raw = (
    'int32|bool|enum' => [
        [ 'content: an element in a scalar', '<a/>', '1<a/>' ],
    ],
    'string|key' => [
        [ 'content: CDATA', '<![CDATA[a<b&c]]>', 'x<![CDATA[y]]>z' ],
        [ 'content: references', '&lt;&amp;&gt;&quot;&apos;' ],
        [ 'content: references to characters', '&#65;&#x42;&#xe6;&#8364;' ],
        [ 'content: a reference beyond U+FFFF', '&#x1f600;&#128512;' ],
        [ 'content: references to controls', '&#x9;&#10;&#xd;' ],
        [ 'content: references to other controls', 'a&#x1;b', '&#x1f;' ],
        [ 'content: a reference to NUL', 'a&#0;' ],
        [ 'content: a reference to a surrogate', '&#xd800;' ],
        [ 'content: a reference beyond U+10FFFF', '&#x110000;' ],
        [ 'content: an unknown entity', '&foo;', '&nbsp;' ],
        [ 'content: a bare ampersand', 'a & b', '&' ],
        [ 'content: a bare >', 'a > b' ],
        [ 'content: ]]>', 'a]]>b' ],
        [ 'content: a comment in it', 'a<!-- c -->b' ],
        [ 'content: an instruction in it', 'a<?p i?>b' ],
        [ 'content: an element in a string', 'a<b>c</b>', '<a/>' ],
        [ 'content: a control as it is', "a\x{1}b" ],
    ],
    'array' => [
        [ 'array: text in it', 'abc', '1' ],
        [ 'array: empty', '' ],
        [ 'array: white space alone', ' ', "\n  " ],
    ],
);

my $entry = "KeyValueOfstringstring xmlns=\"$arrays\"";

$Raw{map} = [ map { [ $_->[0], map {
        s/<E>/<$entry>/gr =~ s/<\/E>/<\/KeyValueOfstringstring>/gr
    } @$_[1 .. $#$_] ] }
    [ 'dictionary: one entry', '<E><Key>a</Key><Value>b</Value></E>' ],
    [ 'dictionary: empty', '' ],
    [ 'dictionary: the value first', '<E><Value>b</Value><Key>a</Key></E>' ],
    [ 'dictionary: a key twice', '<E><Key>a</Key><Value>b</Value></E>'
        . '<E><Key>a</Key><Value>c</Value></E>' ],
    [ 'dictionary: keys that differ by case', '<E><Key>a</Key><Value>b'
        . '</Value></E><E><Key>A</Key><Value>c</Value></E>' ],
    [ 'dictionary: an empty key', '<E><Key></Key><Value>b</Value></E>' ],
    [ 'dictionary: no value', '<E><Key>a</Key></E>' ],
    [ 'dictionary: no key', '<E><Value>b</Value></E>' ],
    [ 'dictionary: a value that is nil', '<E><Key>a</Key><Value xmlns:i="'
        . "$instance\" i:nil=\"true\"/></E>" ],
    [ 'dictionary: entries of another name', '<entry><Key>a</Key><Value>b'
        . '</Value></entry>' ],
    [ 'dictionary: members for entries', '<a>b</a><c>d</c>' ],
    [ 'dictionary: text in it', 'abc' ] ];

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
    for my $kind (sort keys %Raw) {
        for (@{ $Raw{$kind} }) {
            my ($label, @texts) = @$_;
            push @kinds, [ $label, record_kind($webapi, $kind, sub {
                $_[0]{node}{raw} = pick(@texts);
                return;
            }), $texts[0] ];
        }
    }
    for ([ 'a byte', "\xff" ], [ 'overlong', "\xc0\xaf" ],
        [ 'a surrogate', "\xed\xa0\x80" ], [ 'ends early', "\xe2\x82" ])
    {
        my ($what, $bytes) = @$_;
        my $plain = record_kind($webapi, 'string|key', sub {
            $_[0]{node}{value} = 'a@@b';
            return;
        });
        push @kinds, [ "invalid UTF-8: $what", sub {
            my $frame = $plain->();
            $frame->{body} =~ s/\@\@/$bytes/;
            return $frame;
        } ];
    }
    push @kinds, [ 'content: written as CDATA', record_kind($webapi,
        'string|key', undef, text => sub { "<![CDATA[$_[0]]]>" }) ],
        [ 'content: every character a reference', record_kind($webapi,
        'string|key', undef, text => sub {
            $_[0] =~ s{(.)}{
                sprintf pick('&#%d;', '&#x%x;', '&#x%X;'), ord $1
            }gesr }) ];
    return @kinds;
}

# An attribute or more content for one member.

sub member_kind {
    my ($webapi, $change, $kind) = @_;
    return record_kind($webapi, $kind // 'int32|bool|enum|string|key', sub {
        my $entry = $_[0]{entry} or return 0;
        $change->($entry);
        return;
    });
}

sub elements {
    my $webapi = shift;
    my @kinds;
    my %attributes = (
        'nil: true' => ' i:nil="true"', 'nil: 1' => ' i:nil="1"',
        'nil: false' => ' i:nil="false"', 'nil: 0' => ' i:nil="0"',
        'nil: TRUE' => ' i:nil="TRUE"', 'nil: white space' =>
            ' i:nil=" true "', 'nil: another word' => ' i:nil="yes"',
        'nil: without namespace' => ' nil="true"',
        'attributes: unknown' => ' foo="bar"',
        'attributes: xml:space' => ' xml:space="preserve"',
        'attributes: xml:lang' => ' xml:lang="nb"',
        'attributes: a type' => ' i:type="x:string" '
            . 'xmlns:x="http://www.w3.org/2001/XMLSchema"',
        'attributes: one twice' => ' foo="a" foo="b"',
        'attributes: without quotes' => ' foo=bar',
        'attributes: without a value' => ' foo',
        'attributes: < in one' => ' foo="a<b"',
        'attributes: an unknown prefix' => ' p:foo="bar"',
        'attributes: an id' => ' z:Id="i1" xmlns:z='
            . '"http://schemas.microsoft.com/2003/10/Serialization/"',
    );
    for my $label (sort keys %attributes) {
        push @kinds, [ $label, member_kind($webapi, sub {
            my ($entry) = @_;
            $entry->{attributes} = $attributes{$label};
            $entry->{node}{raw} = '' if $label =~ /^nil: (true|1|white)/
                && rand() < 0.7;
        }), $attributes{$label} ];
    }
    push @kinds, [ 'nil: an array', member_kind($webapi, sub {
        $_[0]{attributes} = ' i:nil="true"';
        $_[0]{node}{raw} = '';
    }, 'array') ];
    push @kinds, [ 'empty element', member_kind($webapi, sub {
        $_[0]{node}{raw} = '';
    }) ];

    my %names = ('names: camel case' => sub { lcfirst $_[0] },
        'names: upper case' => sub { uc $_[0] });
    for my $label (sort keys %names) {
        push @kinds, [ $label, record_kind($webapi, 'object', undef,
            name => $names{$label}) ];
    }

    for my $mode (qw(reject strip pass)) {
        my %unknown = ('a scalar' => [ '1', 'a', '' ],
            'elements' => [ '<a/>', '<a>1</a><b><c/></b>', '<a/><a/>' ]);
        for my $label (sort keys %unknown) {
            push @kinds, [ "unknown member: $label, with $mode",
                record_kind($webapi, 'object', sub {
                    my $members = $_[0]{node}{members};
                    push @$members, { name => pick('Foo', 'Bar2', 'Zed'),
                        node => { raw => pick(@{ $unknown{$label} }) } };
                    return { mode => $mode };
                }) ];
        }
    }
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
        [ 'twice: a member', record_kind($webapi, 'object', sub {
            my $members = $_[0]{node}{members};
            return 0 if !@$members;
            push @$members, pick(@$members);
            return;
        }) ],
        [ 'read-only members', record_kind($webapi, 'object', sub {
            my $node = $_[0]{node};
            push @{ $node->{members} }, { name => 'TableRight', readonly => 1,
                node => { kind => 'object', type => 'TableRight',
                    members => [] } }
                if $webapi->types()->{ $node->{type} }{carrier}
                    && !grep { $_->{readonly} } @{ $node->{members} };
            return;
        }) ],
        [ 'read-only members: a dictionary', record_kind($webapi, 'object',
        sub {
            my $node = $_[0]{node};
            push @{ $node->{members} }, { name => 'FieldProperties',
                readonly => 1, node => { kind => 'map', element =>
                'FieldProperty', entries => [ map { { name => $_, node => {
                kind => 'object', type => 'FieldProperty', members => [] } } }
                qw(Value DisplayName) ] } }
                if $webapi->types()->{ $node->{type} }{carrier}
                    && !grep { $_->{readonly} } @{ $node->{members} };
            return;
        }) ];
    return @kinds;
}

sub namespaces {
    my $webapi = shift;
    my $documented = sub { return @_ };
    my $mixed = sub { return shuffle(@_) };
    return (
        [ 'as the serializer writes it', record_kind($webapi, 'object') ],
        [ 'white space', record_kind($webapi, 'object', undef,
            space => sub { pick('', "\n", '  ', "\t") }) ],
        [ 'order: as documented', record_kind($webapi, 'object', undef,
            order => $documented) ],
        [ 'order: any', record_kind($webapi, 'object', undef,
            order => $mixed) ],
        [ 'namespace: none', record_kind($webapi, 'object', undef, plain => 1,
            ns => sub { $_[0] eq $instance ? $_[0] : '' }) ],
        [ 'namespace: none, as documented', record_kind($webapi, 'object',
            undef, plain => 1, order => $documented,
            ns => sub { $_[0] eq $instance ? $_[0] : '' }) ],
        [ 'namespace: another', record_kind($webapi, 'object', undef,
            plain => 1, ns => sub { $_[0] eq $instance ? $_[0]
                : 'http://example.com/' }) ],
        [ 'namespace: with a prefix', sub {
            my $frame = record_kind($webapi, 'object')->();
            $frame->{body} =~ s/<(\w+) xmlns=/<p:$1 xmlns:p=/;
            $frame->{body} =~ s{(</?)(\w+)(?=[ />])(?!:)}{$1p:$2}g;
            return $frame;
        } ],
        [ 'namespace: a prefix that is not declared', text_kind($webapi, sub {
            return $_[0] =~ s/><\//><q:a\/><\//r }) ],
        [ 'namespace: declared for nothing', record_kind($webapi, 'object',
            undef, attributes => ' xmlns:p="http://example.com/"') ],
        [ 'root: another', record_kind($webapi, 'object', undef,
            root => 'request') ],
        [ 'root: in another case', sub {
            my $frame = record_kind($webapi, 'object')->();
            $frame->{body} =~ s/^<(\w)/'<' . lc $1/e;
            $frame->{body} =~ s/<\/(\w)(\w*)>$/'<\/' . lc($1) . "$2>"/e;
            return $frame;
        } ],
        [ 'array: elements of another name', record_kind($webapi, 'array',
            undef, item => 'item') ],
    );
}

sub documents {
    my $webapi = shift;
    my @kinds;
    my $declare = '<?xml version="1.0" encoding="%s"?>';
    my %change = (
        'declaration: utf-8' => sub { sprintf($declare, 'utf-8') . $_[0] },
        'declaration: UTF-8' => sub { sprintf($declare, 'UTF-8') . "\n"
            . $_[0] },
        'declaration: no encoding' => sub { "<?xml version='1.0'?>$_[0]" },
        'declaration: standalone' => sub {
            "<?xml version=\"1.0\" standalone=\"yes\"?>$_[0]" },
        'declaration: us-ascii' => sub { sprintf($declare, 'us-ascii')
            . $_[0] },
        'declaration: iso-8859-1' => sub { sprintf($declare, 'iso-8859-1')
            . $_[0] },
        'declaration: utf-16, though it is UTF-8' =>
            sub { sprintf($declare, 'utf-16') . $_[0] },
        'declaration: unknown encoding' => sub { sprintf($declare, 'foo')
            . $_[0] },
        'declaration: version 1.1' => sub {
            "<?xml version=\"1.1\" encoding=\"utf-8\"?>$_[0]" },
        'declaration: white space in front' => sub {
            ' ' . sprintf($declare, 'utf-8') . $_[0] },
        'document: UTF-16 with a byte order mark' => sub {
            my $text = Encode::decode('UTF-8', $_[0]);
            return encode(pick('UTF-16', "UTF-16BE"), "\x{feff}$text")
                =~ s/^\xfe\xff(?=\xfe\xff)//r },
        'document: UTF-16 with declaration' => sub {
            my $text = Encode::decode('UTF-8', $_[0]);
            return "\xff\xfe" . encode('UTF-16LE',
                sprintf($declare, 'utf-16') . $text) },
        'document: UTF-16 without a mark' => sub {
            return encode('UTF-16LE', Encode::decode('UTF-8', $_[0])) },
        'document: a byte order mark' => sub { "\xef\xbb\xbf$_[0]" },
        'document: a comment in front' => sub { "<!-- a -->$_[0]" },
        'document: a comment behind' => sub { "$_[0]<!-- a -->\n" },
        'document: a comment in it' => sub { $_[0] =~ s/></><!-- a --></r },
        'document: an instruction in it' => sub { $_[0] =~ s/></><?a b?></r },
        'document: an instruction in front' => sub { "<?a b?>$_[0]" },
        'document: a DOCTYPE' => sub { "<!DOCTYPE a>$_[0]" },
        'document: an entity of its own' => sub {
            '<!DOCTYPE a [<!ENTITY e "1">]>' . $_[0] },
        'document: two roots' => sub { "$_[0]<a/>" },
        'document: text behind' => sub { "$_[0]x" },
        'document: text in front' => sub { "x$_[0]" },
        'document: a NUL behind' => sub { "$_[0]\0" },
        'document: text between members' => sub { $_[0] =~ s/></>x</r },
        'document: ends early' => sub { substr $_[0], 0, rand length $_[0] },
        'document: an element not closed' =>
            sub { $_[0] =~ s/<\/\w+>$//r },
        'document: another element closed' =>
            sub { $_[0] =~ s/<\/\w+>$/<\/x>/r },
        'document: JSON' => sub { '{"ErpKey":"a"}' },
        'document: CDATA between members' =>
            sub { $_[0] =~ s/></><![CDATA[ ]]></r },
    );
    for my $label (sort keys %change) {
        push @kinds, [ $label, text_kind($webapi, $change{$label}) ];
    }
    for ([ 'nothing', '' ], [ 'white space', " \n" ], [ 'an element', '<a/>' ],
        [ 'a declaration', '<?xml version="1.0"?>' ],
        [ 'a comment', '<!-- a -->' ])
    {
        my ($label, $body) = @$_;
        push @kinds, [ "document: nothing but $label",
            text_kind($webapi, sub { $body }) ];
    }
    for my $n (30, 40, 1000) {
        for my $mode (qw(reject strip)) {
            push @kinds, [ "nested: $n levels, with $mode", text_kind($webapi,
                sub {
                    my $deep = '<Zed>' x $n . '</Zed>' x $n;
                    return $_[0] =~ s/(<\/\w+>)$/$deep$1/r;
                }, mode => $mode) ];
        }
    }
    for my $charset ('utf-8', '"utf-8"', 'us-ascii', 'iso-8859-1', 'foo') {
        push @kinds, [ "charset: $charset", text_kind($webapi, sub { $_[0] },
            type => "; charset=$charset") ];
    }
    return @kinds;
}

1;
