#!/usr/bin/env perl
# Who may use whom: read from the include lines, and from the symbols of the
# objects, as a declaration can also be written by hand.  The tables below are
# the rules; docs/architecture.md shows them to people.
#
# usage: layers.pl <build directory>, which has core/<room>/*.o, cli/*.o and
# nginx/addon/nginx/*.o

use strict;
use warnings;

# A room of the core may use itself and the rooms named here.
my %rooms = (
    base     => [],
    schema   => [qw(base)],
    head     => [qw(base schema)],
    body     => [qw(base schema)],
    registry => [qw(base schema)],
    gate     => [qw(base schema head body registry)],
    metrics  => [qw(base schema)],
);

# A decoder is the files body/erpsync_<name>*.  Of its room it may use itself,
# the files named here, and what erpsync_sink.h and erpsync_sink_direct.h
# declare.
my %decoders = (
    json  => [],
    xml   => [],
    form  => [qw(nameset)],
    patch => [],
);

# Libraries: what their include lines and symbols look like, and which files
# may use them.
my @libraries = (
    [ 'jansson', qr/<jansson/,  qr/^json_/, qr{^(?:registry|cli)/} ],
    [ 'expat',   qr/<expat/,    qr/^XML_/,  qr{^body/erpsync_xml_expat\.} ],
    [ 'OpenSSL', qr/<openssl/,
      qr/^(?:EVP|CRYPTO|RAND|OPENSSL|ERR|PEM|X509|ASN1|BIO)_/,
      qr{^(?:base/erpsync_(?:digest|signature)|cli/ctl_openssl
           |nginx/ngx_http_erpsync_certificate)\.}x ],
    [ 'nginx',   qr/[<"]ngx_/,  qr/^ngx_/,  qr{^nginx/} ],
);

# Files of the core that use each other, a decoder or a reader in several
# files.  Any other circle is an error, and so is an entry without a circle.
my @circles = (
    'registry_grants registry_read',
    'xml xml_expat xml_fast',
);

# The glue from the floor upwards: a file may use those of its own layer and
# of the layers in front of it, and ngx_http_erpsync_module itself.  A header
# without a .c file, such as compat, is part of the floor.
my @glue = (
    [qw(context sequence)],
    [qw(file zone bound length)],
    [qw(refresh gather gather_registry method headers certificate renew upstream)],
    [qw(memo)],
    [qw(app call rewrite)],
    [qw(judge proxied)],
    [qw(count refusal body tenants)],
    [qw(own)],
    [qw(handler filter variables status)],
    [qw(conf)],
    [qw(module)],
);

# Headers of the core that may be included from outside.
my %outside = (
    nginx => qr/^erpsync\.h$/,
    cli   => qr/^erpsync(?:|_error|_signature|_time)\.h$/,
);


my $build = shift or die "usage: $0 <build directory>\n";
my $top = 'ngx_erpsync_module';

my %layer;

for my $i (0 .. $#glue) {
    $layer{$_} = $i for @{ $glue[$i] };
}

my $failed = 0;
my (%file, %text);      # header => its path; path => its text

sub complain { print "@_\n"; $failed = 1; return }

sub unit { my $path = shift; $path =~ s{.*/|\.[cho]$}{}g; return $path }
sub short {
    my $unit = unit(shift);
    $unit =~ s/^(?:ngx_http_)?erpsync_//;
    return $unit;
}
sub room { my ($path) = @_; return $path =~ m{^([^/]+)/} ? $1 : '' }

for my $path (glob("$top/core/*.h $top/core/*/*.[ch] $top/cli/*.[ch]"
                   . " $top/nginx/*.[ch]"))
{
    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    (my $name = $path) =~ s{^$top/(?:core/)?}{};
    $text{$name} = <$in>;
    $file{unit($path) . '.h'} = $name if $path =~ /\.h$/;
}

my @sinks = qw(erpsync_sink erpsync_sink_direct);
my $sink = join '', map { $text{"body/$_.h"} // '' } @sinks;

sub decoder {
    my ($unit) = @_;
    my ($family) = grep { $unit =~ /^erpsync_\Q$_\E(?:_|$)/ } keys %decoders;
    return $family;
}

# Returns why a file of one room must not use another file, or nothing.
sub forbidden {
    my ($from, $to, $symbol) = @_;
    my ($here, $there) = (room($from), room($to));

    if ($rooms{$here}) {
        return "the core uses $to" unless $rooms{$there};
        return "room $here may not use room $there"
            unless grep { $_ eq $there } $here, @{ $rooms{$here} };
    }

    return unless $here eq 'body' && $there eq 'body';

    my $family = decoder(unit($from)) or return;
    return if $symbol && $sink =~ /\b\Q$symbol\E\b/;
    return if !$symbol && grep { unit($to) eq $_ } @sinks;
    return if grep { unit($to) =~ /^erpsync_\Q$_\E(?:_|$)/ }
        $family, @{ $decoders{$family} };

    return "decoder $family may use the sink's events only";
}

# Include lines

my %uses;       # in the core: header => headers, source => sources

for my $name (sort keys %text) {
    my $line = 0;

    for (split /\n/, $text{$name}) {
        $line++;
        next unless /^\s*#\s*include\s+([<"])([^>"]+)/;
        my ($kind, $header) = ($1, $2);
        my $at = "$top: $name:$line: $header";

        for my $library (@libraries) {
            my ($title, $include, undef, $users) = @$library;
            complain("$at: $name may not use $title")
                if "$kind$header" =~ /^$include/ && $name !~ $users;
        }

        next if $kind eq '<';

        my $to = $file{$header};

        if (!$to) {
            complain("$at: no such header") unless $header =~ /_page\.h$/;
            next;
        }

        my $here = room($name);
        my $core = $rooms{room($to)} || $to !~ m{/};

        if ($core && $outside{$here}) {
            complain("$at: $here/ includes the core by its public headers")
                unless $header =~ $outside{$here};

        } elsif ($rooms{$here}) {
            my $why = forbidden($name, $to);
            complain("$at: $why") if $why;
            $uses{short($name) . '.h'}{short($to) . '.h'} = 1
                if $name =~ /\.h$/;
        }

        if ($here eq 'nginx' && !$core) {
            my $why = upwards(short($name), short($to));
            complain("$at: $why") if $why;
        }
    }
}

# Symbols

my (%defined, %undefined);

for my $object (glob("$build/core/*/*.o $build/cli/*.o"
                     . " $build/nginx/addon/nginx/*.o"))
{
    (my $name = $object) =~ s{^\Q$build\E/(?:core/|nginx/addon/)?}{};

    # an object whose source is gone

    (my $source = $name) =~ s/\.o$/.c/;
    next unless $text{$source};

    for (`nm "$object"`) {
        my ($type, $symbol) = /\s([A-Za-z])\s(\w+)$/ or next;

        if ($type eq 'U') {
            push @{ $undefined{$name} }, $symbol;
        } elsif ($type eq uc $type) {
            $defined{$symbol} = $name;
        }
    }
}

for my $name (grep { /\.c$/ && !m{/core/} } sort keys %text) {
    (my $object = $name) =~ s/\.c$/.o/;
    complain("$build: no object of $name") unless $undefined{$object}
        || grep { $_ eq $object } values %defined;
}

sub upwards {
    my ($from, $to) = @_;
    my $here = $layer{$from} // 0;
    my $there = $layer{$to} // 0;

    return if $there <= $here;
    return "$from is below $to";
}

for my $name (sort keys %undefined) {
    my $here = room($name);

    for my $symbol (@{ $undefined{$name} }) {

        for my $library (@libraries) {
            my ($title, undef, $symbols, $users) = @$library;
            complain("$name: $symbol: may not use $title")
                if $symbol =~ $symbols && $name !~ $users
                    && !$defined{$symbol};
        }

        my $to = $defined{$symbol};

        if (!$to) {
            complain("$name: $symbol: is defined in no object")
                if $symbol =~ /^(?:ngx_http_)?erpsync_/;
            next;
        }

        if ($rooms{$here}) {
            my $why = forbidden($name, $to, $symbol);
            complain("$name: $symbol: $why") if $why;
            $uses{short($name)}{short($to)} = 1 if $name ne $to;

        } elsif ($here eq 'nginx' && room($to) eq 'nginx'
                 && $symbol ne 'ngx_http_erpsync_module')
        {
            my $why = upwards(short($name), short($to));
            complain("$name: $symbol: $why") if $why;
            $uses{'nginx/' . short($name)}{'nginx/' . short($to)} = 1
                if $name ne $to;
        }
    }
}

for my $path (glob("$top/nginx/*.c")) {
    complain("$path: is in no layer of tools/layers.pl")
        unless defined $layer{short($path)};
}

# Circles: headers that include each other, sources that call each other
# (Tarjan's strongly connected components).

my ($count, @stack, %index, %low, %on, %circles) = (0);

sub visit {
    my ($unit) = @_;

    $index{$unit} = $low{$unit} = $count++;
    push @stack, $unit;
    $on{$unit} = 1;

    for my $to (sort keys %{ $uses{$unit} || {} }) {
        if (!defined $index{$to}) {
            visit($to);
            $low{$unit} = $low{$to} if $low{$to} < $low{$unit};
        } elsif ($on{$to} && $index{$to} < $low{$unit}) {
            $low{$unit} = $index{$to};
        }
    }

    return if $low{$unit} != $index{$unit};

    my @circle;

    do {
        push @circle, pop @stack;
        $on{$circle[-1]} = 0;
    } while $circle[-1] ne $unit;

    $circles{ join ' ', sort @circle } = 1 if @circle > 1;
}

for (sort keys %uses) {
    visit($_) unless defined $index{$_};
}

my %known = map { $_ => 1 } @circles;

for (sort keys %circles) {
    complain("circle: $_") unless $known{$_};
}

for (@circles) {
    complain("tools/layers.pl: \"$_\" is not a circle any more")
        unless $circles{$_};
}

# One place each

for my $name (sort grep { m{^nginx/} } keys %text) {
    complain("$name: versions of nginx are told apart in compat.h only")
        if $text{$name} =~ /\bnginx_version\b/ && $name !~ /compat\.h$/;
}

exit $failed;
