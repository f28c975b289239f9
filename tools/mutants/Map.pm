package Map;

# Which tests reach a line: found by one run of each test on a build with
# gcov's counters, and kept in files, one for each test.  A file is written
# again when its test has changed.  Lines that have moved since are found by a
# comparison with the source as it was.
#
#   new top => <checkout>, kept => <dir>, tree => <its copy>
#   make          runs the tests that have no map yet, in a copy of its own;
#                 with an argument, not those that have changed since
#   reaching <file> <line>
#                 the tests that reach it: a list of { test, seconds, share }.
#                 share: how much of what the test reaches is in this file
#
# A line that has no code of its own, such as the second one of a condition,
# is reached with the last one above it that has, a line outside of a function
# with anything of its file, and a file without code with its directory.

use strict;
use warnings;
use Digest::SHA qw(sha1_hex);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Find qw(find);

use Run;
use Tree qw(contents write_file);

my $flags = '-O0 -g --coverage -fprofile-update=atomic';

sub new {
    my ($class, %o) = @_;
    my $self = bless { tree => $o{top}, %o }, $class;
    make_path("$self->{kept}/map", "$self->{kept}/sources");
    return $self;
}

# A test's map, if it is of the test as it is.
sub path {
    my ($self, $test) = @_;
    return "$self->{kept}/map/" . ($test =~ s{/}{+}gr);
}

sub digest {
    my ($self, $test) = @_;
    return sha1_hex(contents($test =~ m{^unit/}
                             ? "$self->{tree}/t/$test.c"
                             : "$self->{tree}/$test"));
}

sub missing {
    my ($self, $old) = @_;
    return grep {
        !-e $self->path($_)
            || !$old
            && index(contents($self->path($_)), $self->digest($_)) != 0
    } Run::tests($self);
}

sub make {
    my ($self, $old) = @_;
    return if !$self->missing($old);

    my $tree = Tree->new(%$self, name => 'map');
    my $run = Run->new(tree => $tree->dir);
    local @$self{qw(tree run build)}
        = ($tree->dir, $run, $tree->dir . '/build/map');
    my @missing = $self->missing($old);   # another run may have made them

    print "which lines do ", scalar(@missing), " tests reach?\n";
    my $log = "$self->{kept}/map.log";
    system('bash', '-c', "cd '$self->{tree}' && CFLAGS='$flags'"
           . " MODULE_CFLAGS='$flags -fPIC' MODULE_LDFLAGS=--coverage"
           . " make -s BUILD=build/map suite-needs units > '$log' 2>&1") == 0
        or die contents($log);

    $self->keep_sources();
    $self->one($_) for @missing;
    return;
}

# The sources as they are now, and their lines that have code.
sub keep_sources {
    my $self = shift;
    find(sub { unlink if /\.gcda$/ }, $self->{build});
    my $code = $self->gcov('gcno', qr/(?:\d+\*?|#####|=====)/);

    for my $file (keys %$code) {
        my $text = contents("$self->{tree}/$file");
        my $copy = "$self->{kept}/sources/" . sha1_hex($text);
        write_file($copy, $text);
        write_file("$copy.lines", join ',', keys %{ $code->{$file} });
    }

    return;
}

# Counters are written beside the objects, by whatever user a worker is.  A
# test that looks at modes of files does not like that.
sub one {
    my ($self, $test) = @_;
    my $mask = umask 0;

    find(sub { chmod 0777, $_ if -d; unlink if /\.gcda$/ }, $self->{build});
    my ($why, $seconds) = $self->{run}->failure($test, $self->{build});
    umask $mask;
    ($why, $seconds) = $self->{run}->failure($test, $self->{build})
        if defined $why;
    print "    $test: $why\n" if defined $why;

    my $reached = $self->gcov('gcda', qr/\d+\*?/);
    open my $out, '>', $self->path($test) or die "$test: $!\n";
    printf {$out} "%s %.1f %s\n", $self->digest($test), $seconds,
        $why // 'passed';
    for my $file (sort keys %$reached) {
        my $source = sha1_hex(contents("$self->{tree}/$file"));
        print {$out} "$file $source ",
            join(',', sort { $a <=> $b } keys %{ $reached->{$file} }), "\n";
    }
    close $out or die "$test: $!\n";
    return;
}

# Lines by file, from all counters or from what the compiler noted of them.
sub gcov {
    my ($self, $suffix, $pattern) = @_;
    my %lines;

    for my $dir ('', '/build/map/src') {
        open my $out, '-|', "cd '$self->{tree}$dir' && find '$self->{build}' -name '*.$suffix' "
            . ($dir ? '' : '-not ') . "-path '*/nginx/addon/*'"
            . ' | xargs -r gcov -t 2> /dev/null' or die "gcov: $!\n";
        $self->lines($out, \%lines, $pattern);
        close $out;
    }

    return \%lines;
}

# What gcov prints: lines that were reached, or that have code.
sub lines {
    my ($self, $out, $lines, $pattern) = @_;
    my $file;

    while (<$out>) {
        if (/^\s*-:\s*0:Source:(.*)/) {
            ($file) = $1 =~ m{(ngx_erpsync_module/.*\.[ch])$};
        } elsif (defined $file && /^\s*$pattern:\s*(\d+):/) {
            $lines->{$file}{$1} = 1;
        }
    }

    return;
}


# Asking

# All of it, in memory: a line of a source as it was => tests.
sub read_all {
    my $self = shift;

    for my $test (Run::tests($self)) {
        open my $in, '<', $self->path($test) or next;
        my (undef, $seconds, $why) = split ' ', <$in>, 3;
        next if $why !~ /^passed/;

        my ($all, %of) = (0);
        while (<$in>) {
            my ($file, $source, $lines) = split;
            my @lines = split /,/, $lines;
            $all += @lines;
            $of{$file} = { test => $test, seconds => $seconds,
                           share => scalar @lines,
                           lines => { map { $_ => 1 } @lines } };
            push @{ $self->{all}{$file}{$source} }, $of{$file};
        }
        $_->{share} /= $all for values %of;
    }

    return;
}

# For each line of the file as it is, the line of the source as it was that
# has its code: itself, if that is code, or one above.
sub translation {
    my ($self, $file, $source) = @_;
    my $key = "$file $source";

    return $self->{translation}{$key} if $self->{translation}{$key};

    my $old = "$self->{kept}/sources/$source";
    my %code = map { $_ => 1 } split /,/, contents("$old.lines");
    my (@line, $begun);
    my ($was, $is, $last) = (0, 0, 0);

    # As diff says: common lines, and the file's own
    for (split /\n/, qx{diff --old-line-format=-%L --new-line-format=+%L --unchanged-line-format==%L '$old' '$self->{tree}/$file'}) {
        my ($kind, $text) = /^(.)(.*)/;
        $was++ if $kind ne '+';
        next if $kind eq '-';
        $is++;
        $begun = 1 if $text =~ /^\{/;
        $last = $was if $kind eq '=' && $code{$was};
        $line[$is] = $begun ? $last : 0;
        ($begun, $last) = (0, 0) if $text =~ /^\}/;
    }

    return $self->{translation}{$key} = \@line;
}

# What reaches a directory.
sub near {
    my ($self, $dir) = @_;
    my %found;

    for my $file (grep { dirname($_) eq $dir } sort keys %{ $self->{all} }) {
        $found{ $_->{test} } = $_ for map { @$_ } values %{ $self->{all}{$file} };
    }

    return values %found;
}

sub reaching {
    my ($self, $file, $line) = @_;
    my @found;

    $self->read_all() if !$self->{all};
    return $self->near(dirname($file)) if !$self->{all}{$file};

    for my $source (keys %{ $self->{all}{$file} }) {
        my $was = $self->translation($file, $source)->[$line];
        push @found, grep { !$was || $_->{lines}{$was} }
            @{ $self->{all}{$file}{$source} };
    }

    return @found;
}

1;
