package Spellings;

# Ways to write a value in a text without types: a form's value, an
# element's content, a string of JSON.
#
#   kind => [ [ label, text, ... ], ... ]
#
# %v is the value, %l, %u and %m the same in lower, upper and mixed case, %o
# an enum's ordinal.

use strict;
use warnings;
use utf8;

my $emoji = "\x{1f600}";

our %Text = (
    int32 => [
        [ 'int: digits', '%v' ],
        [ 'int: a sign +', '+%v', '+1' ],
        [ 'int: negative', '-1', '-%v' ],
        [ 'int: leading zeros', '007', '0000000012' ],
        [ 'int: more than ten digits', '00000000000012' ],
        [ 'int: white space around', ' %v ', '%v ', "\t%v", "%v\n" ],
        [ 'int: no-break space around', "\x{a0}%v", "%v\x{2003}" ],
        [ 'int: white space inside', '1 2' ],
        [ 'int: a fraction', '%v.5', '0.5' ],
        [ 'int: a fraction of zero', '%v.0', '1.' ],
        [ 'int: an exponent', '1e3', '1E0' ],
        [ 'int: beyond 2147483647', '2147483648', '4294967297',
            '99999999999', '9' x 40 ],
        [ 'int: below -2147483648', '-2147483649' ],
        [ 'int: zero', '0' ],
        [ 'int: minus zero', '-0' ],
        [ 'int: largest', '2147483647' ],
        [ 'int: smallest', '-2147483648' ],
        [ 'int: hexadecimal', '0x10', '10h' ],
        [ 'int: thousands', '1,000' ],
        [ 'int: letters', 'abc', '12a' ],
        [ 'int: empty', '' ],
        [ 'int: blank', ' ', "\t " ],
        [ 'int: true', 'true' ],
        [ 'int: NaN', 'NaN', 'Infinity' ],
        [ 'int: digits of another script', "\x{661}\x{662}", "\x{ff11}" ],
        [ 'int: null as a word', 'null' ],
    ],
    bool => [
        [ 'bool: lower case', '%l' ],
        [ 'bool: upper case', '%u' ],
        [ 'bool: mixed case', 'True', 'False', 'tRuE' ],
        [ 'bool: white space around', ' %v ', "\n%v" ],
        [ 'bool: 1 or 0', '1', '0' ],
        [ 'bool: another number', '2', '-1', '00' ],
        [ 'bool: other words', 'yes', 'on', 't', 'no' ],
        [ 'bool: empty', '' ],
        [ 'bool: blank', ' ' ],
        [ 'bool: two values', 'true,false' ],
        [ 'bool: null as a word', 'null' ],
    ],
    enum => [
        [ 'enum: as documented', '%v' ],
        [ 'enum: lower case', '%l' ],
        [ 'enum: upper case', '%u' ],
        [ 'enum: mixed case', '%m' ],
        [ 'enum: ordinal', '%o' ],
        [ 'enum: ordinal with a sign', '+%o' ],
        [ 'enum: ordinal with leading zeros', '0%o', '000%o' ],
        [ 'enum: ordinal with a fraction', '%o.0' ],
        [ 'enum: ordinal out of range', '99', '8000000000' ],
        [ 'enum: negative ordinal', '-1' ],
        [ 'enum: ordinal zero', '0' ],
        [ 'enum: Unknown', 'Unknown', 'unknown' ],
        [ 'enum: white space around', ' %v ', "\t%v" ],
        [ 'enum: no such name', 'Boat', '%vs' ],
        [ 'enum: two names', '%v, %v' ],
        [ 'enum: with its type', 'CrmActorType.%v' ],
        [ 'enum: other letters that look alike', "Per\x{17f}on",
            "Suppl\x{131}er" ],
        [ 'enum: empty', '' ],
        [ 'enum: blank', ' ' ],
        [ 'enum: null as a word', 'null' ],
    ],
    string => [
        [ 'string: ASCII', 'plain', 'a.b-c_d' ],
        [ 'string: other characters', "\x{e6}\x{f8}\x{e5}", "\x{20ac}",
            "\x{65e5}\x{672c}" ],
        [ 'string: characters of two code units', $emoji, "a$emoji" ],
        [ 'string: combining characters', "e\x{301}", "\x{1100}\x{1161}" ],
        [ 'string: quotes and backslashes', '"', "'", '\\', '\\"', '/' ],
        [ 'string: markup', '<&>', ']]>', '&amp;' ],
        [ 'string: tab and line feed', "a\tb", "a\nb", "\n" . 'x' ],
        [ 'string: carriage return', "a\r\nb", "a\rb" ],
        [ 'string: other controls', "a\x{1}b", "\x{8}a", "a\x{1f}" ],
        [ 'string: delete and C1 controls', "a\x{7f}", "\x{85}a",
            "\x{9f}a" ],
        [ 'string: NUL', "a\x{0}b" ],
        [ 'string: empty', '' ],
        [ 'string: blank', ' ', "\t", "\n " ],
        [ 'string: a no-break space alone', "\x{a0}" ],
        [ 'string: blank at both ends', ' a ', "\ta\n" ],
        [ 'string: 254 characters', 'k' x 254, $emoji x 127 ],
        [ 'string: 255 characters', 'k' x 255, $emoji x 127 . 'k' ],
        [ 'string: like a number', '5.10', '1e3', '-0', '007', '1E400' ],
        [ 'string: like a boolean or null', 'true', 'False', 'null' ],
        [ 'string: like a date', '2013-12-31T23:59:59Z', '2013-12-31',
            '/Date(1388448000000)/' ],
        [ 'string: a typed value', '[I:1]', '[F:1.50]',
            '[DT:12/31/2013 23:59:59.0000000]' ],
        [ 'string: line and paragraph separators', "a\x{2028}b",
            "a\x{2029}" ],
        [ 'string: a byte order mark', "\x{feff}a" ],
        [ 'string: U+FFFD', "a\x{fffd}" ],
        [ 'string: U+FFFE and U+FFFF', "a\x{fffe}", "a\x{ffff}" ],
        [ 'string: right-to-left override', "a\x{202e}b" ],
    ],
);

$Text{key} = [ map { [ 'required ' . $_->[0], @$_[1 .. $#$_] ] }
    @{ $Text{string} } ];

sub mixed {
    my $i = 0;
    return join '', map { $i++ % 2 ? uc : lc } split //, shift;
}

sub fill {
    my ($text, $node, $webapi) = @_;
    my $value = $node->{value} // return $text;
    my %with = (v => $value, l => lc $value, u => uc $value,
        m => mixed($value));
    if ($node->{kind} eq 'enum') {
        my $values = $webapi->enums()->{ $node->{type} };
        ($with{o}) = grep { $values->[$_] eq $value } 0 .. $#$values;
    }
    $text =~ s/%([vlumo])/$with{$1}/g;
    return $text;
}

1;
