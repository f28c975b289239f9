package Tree;

# A copy of the checkout, in which faults are made and built.
#
#   new top => <checkout>, kept => <dir>, name => <name>
#                     the copy of that name, or the first that no other run
#                     uses, brought up to date
#   dir               where it is
#   take <fault>      the copy has the fault; undef puts the original back
#   build <test>      builds what the test needs: a failure is what the
#                     compiler says, or undef
#   where <test>      the build directory that it is to use
#   how <test>        how it is built, as text
#   dull <fault>      true if an optimizing compiler makes the same of the
#                     fault, or warns

use strict;
use warnings;
use Fcntl qw(:flock);
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);

use Faults qw(changed);

use base 'Exporter';

our @EXPORT_OK = qw(contents write_file);

# Addresses and leaks are checked in the unit tests, whose inputs have exactly
# their size, and in erpsyncctl.  CFLAGS are those of both and of the core:
# nginx's Makefile has its own unless they are an argument of make.  In the glue,
# an index beyond an array ends the worker.
my $sanitized = "CFLAGS='-O0 -fsanitize=address,undefined"
    . " -fno-sanitize-recover=undefined'";

my %flags = (
    unit => $sanitized,
    malloc => "CFLAGS=-O0",
    t => "$sanitized MODULE_CFLAGS='-O0 -fPIC -fsanitize=bounds"
        . " -fsanitize-undefined-trap-on-error'",
);

# Without what differs though the code is the same
my $optimized = "CFLAGS='-O2 -g0' MODULE_CFLAGS='-O2 -g0 -fPIC'";

sub new {
    my ($class, %o) = @_;
    my $self = bless {%o}, $class;

    for (my $i = 1; !$self->{lock}; $i++) {
        my $dir = "$o{kept}/tree-" . ($o{name} // $i);
        make_path($dir);
        open my $lock, '>', "$dir.lock" or die "$dir.lock: $!\n";
        next if !flock $lock, LOCK_EX | (defined $o{name} ? 0 : LOCK_NB);
        @$self{qw(dir lock)} = ($dir, $lock);
    }

    $self->synchronize();
    return $self;
}

sub dir { return $_[0]{dir} }

sub contents {
    my $path = shift;
    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

sub write_file {
    my ($path, $text) = @_;
    open my $out, '>', $path or die "$path: $!\n";
    print {$out} $text;
    close $out or die "$path: $!\n";
    return;
}

# Files that differ are copied: make builds again what depends on them.
sub synchronize {
    my ($self) = @_;
    my ($top, $dir) = @$self{qw(top dir)};
    my %files = map { $_ => 1 } grep { -e "$top/$_" } split /\0/,
        qx{cd '$top' && git ls-files -z -co --exclude-standard};

    for my $file (split /\0/, qx{cd '$dir' && find . -name build -prune -o ! -type d -printf '%P\\0'}) {
        unlink "$dir/$file" if !$files{$file};
    }

    for my $file (keys %files) {
        my ($from, $to) = ("$top/$file", "$dir/$file");
        next if !-l $from && -e $to && -s $from == -s $to
            && contents($from) eq contents($to);
        make_path(dirname($to));
        unlink $to;
        if (-l $from) {
            symlink readlink $from, $to;
        } else {
            copy($from, $to) or die "$to: $!\n";
            chmod((stat $from)[2] & 07777, $to);
        }
    }

    return;
}

sub take {
    my ($self, $fault) = @_;

    if ($self->{fault}) {
        my $path = "$self->{dir}/$self->{fault}{file}";
        write_file($path, $self->{original});
        delete $self->{fault};
    }

    if ($fault) {
        my $path = "$self->{dir}/$fault->{file}";
        @$self{qw(fault original)} = ($fault, contents($path));
        write_file($path, changed($fault, $self->{original}));
    }

    return;
}

# Runs make in the copy, with variables of the environment.  Returns what it
# prints if it fails.
sub run_make {
    my ($self, $variables, $arguments) = @_;
    my $log = "$self->{dir}.log";

    local %ENV = %ENV;
    delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES ERPSYNC_BUILD)};
    return if system('bash', '-c', "cd '$self->{dir}' && $variables make -s $arguments > '$log' 2>&1")
        == 0;
    return contents($log);
}

# Unit tests that let malloc() fail do nothing under a sanitizer.
sub kind {
    my ($self, $test) = @_;

    return 't' if $test !~ m{^unit/};
    return contents("$self->{dir}/t/$test.c") =~ /^#include "failing\.h"/m
        ? 'malloc' : 'unit';
}

sub build {
    my ($self, $test) = @_;
    my $kind = $self->kind($test);
    my $dir = "build/$kind";

    return $self->run_make($flags{$kind}, "BUILD=$dir "
        . ($kind eq 't' ? 'suite-needs' : "$dir/$test"));
}

sub how { return $flags{ $_[0]->kind($_[1]) } }

sub where {
    my ($self, $test) = @_;
    return "$self->{dir}/build/" . $self->kind($test);
}

# Its object, by the optimizing compiler.
sub object {
    my ($self, $file) = @_;
    my ($part, $name) = $file =~ m{^ngx_erpsync_module/(\w+)/(\S+)\.c$};
    my $same = "build/same";

    if ($part eq 'nginx') {
        my $object = "$self->{dir}/$same/nginx/addon/nginx/$name.o";
        my $failed = $self->run_make($optimized, "BUILD=$same WERROR=-Werror $same/nginx/Makefile")
            // $self->run_make('', "-C '$same/src' -f '$self->{dir}/$same/nginx/Makefile'"
                               . " '$object'");
        return $failed ? undef : contents($object);
    }

    return $self->run_make($optimized, "BUILD=$same WERROR=-Werror $same/$part/$name.o")
        ? undef : contents("$self->{dir}/$same/$part/$name.o");
}

sub dull {
    my ($self, $fault) = @_;

    return 0 if $fault->{file} =~ /\.h$/;

    $self->take();
    my $original = $self->object($fault->{file}) // die contents("$self->{dir}.log");
    $self->take($fault);
    my $object = $self->object($fault->{file});
    return !defined $object || $object eq $original;
}

1;
