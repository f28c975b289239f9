#!/usr/bin/env perl
# Writes compile_commands.json, for editors and for clang's tools: the core,
# erpsyncctl, the unit tests, and the glue if nginx's Makefile is there (after
# "make").
#
# usage: compdb.pl <build directory> <compiler and flags for the core>

use strict;
use warnings;
use Cwd;

my ($build, @core) = @ARGV;
my $top = getcwd;
my @entries;

sub entry {
    my ($dir, $file, @command) = @_;
    my $json = join ",\n", map {
        my ($name, $value) = @$_;
        $value =~ s/\s+/ /g;
        $value =~ s/(["\\])/\\$1/g;
        qq{    "$name": "$value"};
    } [ directory => $dir ], [ file => $file ], [ command => "@command" ];
    push @entries, "  {\n$json\n  }";
    return;
}

for my $file (glob('ngx_erpsync_module/core/*/*.c ngx_erpsync_module/cli/*.c'
                   . ' t/unit/*.c t/fuzz/*.c t/oracle/*.c'))
{
    entry($top, $file, @core, '-It/unit', '-Ingx_erpsync_module/cli', '-c',
        $file);
}

my %variable;

if (open my $in, '<', "$build/nginx/Makefile") {
    my $text = do { local $/; <$in> };
    $text =~ s/\\\n//g;

    while ($text =~ /^(CC|CFLAGS|ALL_INCS)\s*=\s*(.*)$/mg) {
        $variable{$1} = $2;
    }
}

if ($variable{ALL_INCS}) {
    for my $file (glob("$top/ngx_erpsync_module/nginx/*.c $top/t/webapi/*.c")) {
        entry("$build/src", $file, $variable{CC}, $variable{CFLAGS},
              $variable{ALL_INCS}, '-c', $file);
    }

} else {
    print "compdb: without the glue: run \"make\" first\n";
}

open my $out, '>', 'compile_commands.json' or die "compile_commands.json: $!\n";
print $out "[\n", join(",\n", @entries), "\n]\n";
close $out or die "compile_commands.json: $!\n";
