package Folder;

# The directory of a test of erpsyncctl, which is removed when the test ends.
#
#   $Dir                   its path
#   contents <name>        what a file in it has; '' if there is none
#   write_file <name> <text>
#                          writes a file in it, and returns its path

use strict;
use warnings;

use File::Temp qw(tempdir);

use base 'Exporter';

our @EXPORT_OK = qw($Dir contents write_file);
our $Dir = tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);

sub contents {
    open my $in, '<', "$Dir/$_[0]" or return '';
    local $/;
    return scalar <$in> // '';
}

sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', "$Dir/$name" or die "$name: $!";
    print {$out} $text;
    close $out or die "$name: $!";
    return "$Dir/$name";
}

1;
