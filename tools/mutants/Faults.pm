package Faults;

# All small faults of a C file, each as
#
#   { file, line, name, from, length, with, function, inside, key }
#
# "with" replaces "length" bytes at "from"; "inside": of a function.  The key names the fault in its
# function: it stays when other functions change.

use strict;
use warnings;
use Digest::SHA qw(sha1_hex);

use base 'Exporter';

our @EXPORT_OK = qw(faults changed diff);

# What is put in place of something else.
my %opposite = map { my ($a, $b) = split /:/; ($a => $b, $b => $a) } qw(
    true:false ERPSYNC_OK:ERPSYNC_ERROR NGX_OK:NGX_ERROR
    NGX_CONF_OK:NGX_CONF_ERROR CTL_GOOD:CTL_REFUSED continue:break
    ==:!= <:<= >:>= &&:|| +:- +=:-= ++:-- &:|);
%opposite = (%opposite, CTL_FAILED => 'CTL_GOOD', NGX_DECLINED => 'NGX_OK',
             NGX_DONE => 'NGX_OK', NGX_AGAIN => 'NGX_OK', '|=' => '=');

my $codes = join '|', sort grep { /^[A-Z]/ } keys %opposite;

# A statement of its own, in one line or several: what begins a line, and ends
# with the first semicolon, as no statement has another one inside.
my $assigned = qr/[\w.>*()\[\]-]+(?:\ [|&+-]?=\s)[^;{}]*;/;
my $called = qr/(?:\(void\)\ )?[\w.>-]+\([^;{}]*\);/;

# Comments, strings and preprocessor lines are blank; a fault is made where
# there is code.  A character is one, and so is a constant of a #define.
sub code_of {
    my $text = shift;
    $text =~ s{ (/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*") }
              { $1 =~ s/[^\n]/\0/gr }gsex;
    $text =~ s{ ^(\#(?!define\ +\w+\ +\d+$)(?:\\\n|[^\n])*) }
              { $1 =~ s/[^\n]/\0/gr }gmex;
    $text =~ s{ '(?:\\.[0-9a-f]*|[^'\\\n])' }{ "'" . "\1" x (length($&) - 2) . "'" }gex;
    return $text;
}

# Each place of a pattern's first group: what was found, from, length.
sub each_place {
    my ($code, $pattern, $make) = @_;
    while ($code =~ /$pattern/g) {
        my ($from, $found) = ($-[1], $1);
        $make->($found, $from, length $found);
    }
    return;
}

sub made {
    my ($text, $code) = @_;
    my @made;

    my $fault = sub { push @made, [ @_ ] };     # name, from, length, with

    each_place($code, qr/(?<=\s)(<=?|>=?|[=!]=|&&|\|\||[+&|-])(?=\s)/, sub {
        my ($found, @place) = @_;
        my $name = $found =~ /^[<>]/ ? 'bound off by one' : "$found changed";
        $fault->($name, @place, $opposite{$found});
    });

    each_place($code, qr/(?<=\s)(\+=|-=|\|=)(?=\s)/, sub {
        my ($found, @place) = @_;
        $fault->("$found changed", @place, $opposite{$found});
    });

    each_place($code, qr/(?<![\w.:])(\d+)(?![\w.:])/, sub {
        my ($found, @place) = @_;
        my $in_size = substr($code, 0, $place[0]) =~ /^ +[\w ]+[ *](?:\*?\w+, )*\w+\[[^\]\n]*\z/m
            && substr($code, $place[0] + $place[1]) =~ /^[^\]\n]*\](?:[;,]| =)/;
        my $flag = $found == 1 && substr($code, $place[0] - 2, 4) eq '= 1;';
        $fault->('constant changed', @place, $flag ? 0 : $found + 1)
            if !$in_size;
        $fault->('constant changed', @place, $found - 1) if $found > 1;
    });

    each_place($code, qr/('\1+')/, sub {
        my ($found, $from, $length) = @_;
        $fault->('constant changed', $from, $length,
                 substr($text, $from, $length) . ' + 1');
    });

    each_place($code, qr/(?<!return )\b(true|false)\b/, sub {
        my ($found, @place) = @_;
        $fault->('constant changed', @place, $opposite{$found});
    });

    each_place($code, qr/[(\s](!)(?=[\w(])/, sub {
        my ($found, @place) = @_;
        $fault->('negation dropped', @place, '');
    });

    each_place($code, qr/^\s+[\w.>-]+(\+\+|--);$/m, sub {
        my ($found, @place) = @_;
        $fault->('step reversed', @place, $opposite{$found});
        $fault->('step dropped', @place, '');
    });

    each_place($code, qr/^ +return \(?(true|false|$codes)\)?;$/m, sub {
        my ($found, @place) = @_;
        $fault->('return replaced', @place, $opposite{$found});
    });

    each_place($code, qr/^ +(continue|break);$/m, sub {
        my ($found, @place) = @_;
        $fault->('statement dropped', @place, '');
        $fault->("$found replaced", @place, $opposite{$found});
    });

    # The whole condition, in one line or several
    each_place($code, qr/^ +(?:\} else )?(?:if|while) \(([^;{}]*?)\)\s+\{$/m, sub {
        my ($found, @place) = @_;
        return if $found !~ /&&|\|\|/ && $found =~ /[!=]=|^!/;     # made above
        $fault->('condition inverted', @place,
                 '!(' . substr($text, $place[0], $place[1]) . ')');
    });

    for my $kind ([ call => $called ], [ assignment => $assigned ]) {
        each_place($code, qr/^ +(?!return\b|if\b|goto\b)($kind->[1])$/m, sub {
            my ($found, @place) = @_;
            $fault->("$kind->[0] dropped", @place,
                     ';' . "\n" x ($found =~ tr/\n//));
        });
    }

    return @made;
}

# Where each function, or table outside of one, begins: offset => name.
sub functions {
    my ($code) = @_;
    my %at = (0 => '');

    while ($code =~ /^(?:[^\s\/#{}][^\n]*?\b)?(\w+)(?:\(|(?:\[[^\]\n]*\])* = \{)/gm) {
        $at{$-[0]} = $1;
    }

    return \%at;
}

sub faults {
    my ($file, $text) = @_;
    my $code = code_of($text);
    my $functions = functions($code);
    my @begin = sort { $a <=> $b } keys %$functions;
    my (@all, %seen);

    for my $made (sort { $a->[1] <=> $b->[1] || $a->[3] cmp $b->[3] }
                  made($text, $code))
    {
        my ($name, $from, $length, $with) = @$made;
        my ($at) = grep { $_ <= $from } reverse @begin;
        my ($next) = (grep { $_ > $from } @begin, length $text);
        my $body = substr $text, $at, $next - $at;
        my $fault = { file => $file, name => $name, from => $from,
                      length => $length, with => $with,
                      line => 1 + (substr($text, 0, $from) =~ tr/\n//),
                      function => $functions->{$at} };

        my $above = substr $code, 0, $from;
        $fault->{inside} = (() = $above =~ /^\{/mg) > (() = $above =~ /^\}/mg);
        $fault->{lines} = shown($fault, $text);
        $fault->{nth} = ++$seen{"$fault->{function} $fault->{lines}"};
        $fault->{key} = sha1_hex(join "\n", $file, $name, $from - $at, $with,
                                 $body);
        push @all, $fault;
    }

    return @all;
}

sub changed {
    my ($fault, $text) = @_;
    substr $text, $fault->{from}, $fault->{length}, $fault->{with};
    return $text;
}

# The lines that differ, without what their indentation is.
sub shown {
    my ($fault, $text) = @_;
    my $begin = rindex($text, "\n", $fault->{from}) + 1;
    my $end = index $text, "\n", $fault->{from} + $fault->{length};
    my $old = substr $text, $begin, $end - $begin;
    my $new = $old;
    substr $new, $fault->{from} - $begin, $fault->{length}, $fault->{with};

    return join '', map { my ($sign, $lines) = @$_;
        map { "$sign$_\n" } grep { /\S/ } split /\n/, $lines
    } [ '-', $old ], [ '+', $new ];
}

# As the list of equivalent faults has it.
sub diff {
    my $fault = shift;
    return ($fault->{file} =~ s{^ngx_erpsync_module/}{}r)
        . " $fault->{function}"
        . ($fault->{nth} > 1 ? " #$fault->{nth}" : '') . "\n$fault->{lines}";
}

1;
