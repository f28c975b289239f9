#!/usr/bin/perl
# Walks documents as they are written, for real: in a root of Debian that this
# may change, as root, from the first block to the last.  Every command, what
# it prints and what was expected go to standard output.
#
# usage: walk.pl [--run MARK ...] DOCUMENT[#SECTIONS] ...
#
#   #SECTIONS        blocks of these alone: headings that match this expression
#   --run MARK       runs blocks "not run: MARK", too
#
# tools/fresh.sh and tools/deb.sh do it in fresh roots.  Of the blocks that
# tests cannot run, packages are installed and nginx is started, also where a
# document expects that it runs.  A stand-in for the WebAPI answers at the
# names in example.com, by TLS on port 443.

use strict;
use warnings;

use FindBin;
use Getopt::Long;
use lib "$FindBin::Bin/../t/lib";

use Documents;

GetOptions('run=s' => \my @run) && @ARGV
    or die "usage: walk.pl [--run MARK ...] DOCUMENT[#SECTIONS] ...\n";
my @blocks;
for my $argument (@ARGV) {
    my ($file, $sections) = split /#/, $argument, 2;
    push @blocks, grep { !defined $sections || $_->{section} =~ /$sections/ }
        blocks($file);
}
my %run = map { ("not run: $_" => 1) } @run;
my $dir = '/run/erpsync-walk';
my ($failed, $n, $output) = (0, 0, '');

$| = 1;
$ENV{DEBIAN_FRONTEND} = 'noninteractive';
$ENV{RUNLEVEL} = 1;                     # what is installed is not started
$ENV{CLIENT_SECRET} = 'qw123f4c56770bc278017796cd16bd11';

sub command {
    my $text = shift;
    print map { "  \$ $_\n" } split /\n/, $text;
    open my $out, '>', "$dir/block.sh" or die "block.sh: $!";
    print $out "set -euo pipefail\n$text";
    close $out;
    $output = `bash '$dir/block.sh' 2>&1 < /dev/null`;
    print map { "  $_\n" } split /\n/, $output;
    return $? >> 8;
}

sub wrong {
    print "  WRONG: @_\n";
    $failed++;
}

sub started {
    return -s '/run/nginx.pid' && !system("kill -0 \$(cat /run/nginx.pid)");
}

# As soon as nginx is there: the first block with a configuration.

sub stand_in {
    open my $hosts, '>>', '/etc/hosts' or die "hosts: $!";
    print $hosts "127.0.0.1 online3.example.com webapi.example.com\n";
    close $hosts;
    system("openssl req -x509 -newkey rsa:2048 -nodes -days 2"
        . " -subj /CN=online3.example.com"
        . " -keyout $dir/key.pem -out $dir/cert.pem 2> /dev/null");
    open my $conf, '>', "$dir/nginx.conf" or die "nginx.conf: $!";
    print $conf <<"END";
pid $dir/nginx.pid;
error_log $dir/error.log;
events { }
http {
    access_log $dir/received.log;
    server {
        listen 127.0.0.1:443 ssl;
        ssl_certificate     $dir/cert.pem;
        ssl_certificate_key $dir/key.pem;
        location / {
            default_type "application/json; charset=utf-8";
            return 200 true;
        }
    }
}
END
    close $conf;
    system("nginx -c $dir/nginx.conf") == 0 or die "the stand-in";
}

mkdir $dir;

for my $block (@blocks) {
    my ($language, $mark, $text) = @$block{qw(language mark text)};
    print "\n$block->{file}:$block->{line}: $language $mark\n";
    $mark = '' if $run{$mark};

    if ($mark =~ /^file=(\S+)$/) {
        stand_in() unless $n++;
        open my $out, '>', $1 or die "$1: $!";
        print $out $text;
        close $out;
        print "  written\n";

    } elsif ($language eq 'text' && $mark eq 'output') {
        matches($output, $text) ? print "  as expected\n"
            : wrong("expected:\n$text");

    } elsif ($language ne 'sh') {
        print "  nothing to do\n";

    } elsif ($mark eq 'not run: installs packages') {
        my @apt = $text =~ /^(apt-get .*)$/mg;
        command(join '', map { s/apt-get install/apt-get -qy install/r . "\n" }
            @apt) == 0 or wrong('exit code');

    } elsif ($mark eq 'not run: needs systemd') {
        command(started() ? "nginx -s reload\n" : "nginx\n") == 0
            or wrong('exit code');

    } elsif ($mark =~ /^not run/) {
        print "  skipped\n";

    } else {
        system('nginx') if $text =~ /nginx -s reload/ && !started();
        my $expected = $mark =~ /^exit=(\d+)$/ ? $1 : 0;
        my $exit = command($text);
        wrong("exit code $exit") if $exit != $expected;
        sleep 1 if $text =~ /-s reload/;
    }
}

if (-e "$dir/received.log") {
    print "\nThe stand-in received:\n";
    system("cat $dir/received.log");
}

for my $pid (grep { -s } "$dir/nginx.pid", '/run/nginx.pid') {
    system("kill -QUIT \$(cat $pid)");
}

print "\n@ARGV: ", $failed ? "$failed steps failed\n" : "all steps passed\n";
exit($failed ? 1 : 0);
