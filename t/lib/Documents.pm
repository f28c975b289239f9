package Documents;

# The blocks of a document, and a prepared root to run them in.
#
#   blocks(FILE)   hashes of line, section (its heading), language, mark, text
#   matches(OUTPUT, TEXT)
#                  whether that is what commands should print
#
# Marks, behind the language of a block:
#
#   nginx            a whole configuration; "nginx http" and "nginx server":
#                    what goes into these
#   nginx file=PATH  the same, and it is written to PATH of the root;
#                    "in=PATH": it is there when the document begins
#   json file=PATH   is written to PATH of the root
#   json registry    a whole registry
#   sh               commands that succeed; "sh exit=1": that exit so
#   sh not run: WHY  commands that no test can run
#   text output      what the commands of the block in front of it print;
#                    "…" is anything
#
# A root is a directory that looks like Debian's with nginx installed and the
# module and erpsyncctl built:
#
#   new            nginx runs (with "files", a list of path and text) in it, with a stand-in for the WebAPI; with
#                  "install", the module is there, as after "make install",
#                  and a registry with the app acme-erp
#   run(TEXT)      exit code and output of commands.  Paths, ports and names
#                  in the text are those of the documents.
#   write(PATH, TEXT)
#                  a file of the root, by its path in the documents
#   to_root, from_root
#                  a text of the documents as it is in the root, and back
#   stop
#
# Commands run in the checkout, as it was cloned, which also has a valid call
# in call.json, request.json and call.xml, and a certificate in acme.pem.  The
# app token of acme-erp is in CLIENT_SECRET, and another one comes from
# standard input.  The commands find nginx, erpsyncctl, make and curl as
# wrappers that reach the root's own.  chown and chgrp do nothing for an
# ordinary user.

use strict;
use warnings;

use Cwd qw(getcwd);
use File::Basename qw(dirname);
use File::Path qw(make_path);

use ErpsyncServer;
use ErpsyncTest;
use FreePort;

use base 'Exporter';

our @EXPORT = qw(blocks matches);

my $checkout = 'root/ngx_http_erpsync_module';
my $top = getcwd();
my $build = $ENV{ERPSYNC_BUILD} || "$top/build";
my $ctl = $ENV{TEST_ERPSYNCCTL} || "$build/erpsyncctl";
my ($module) = split ' ', $ENV{TEST_NGINX_LOAD_MODULES};

sub blocks {
    my $file = shift;
    my (@blocks, $block);
    my $section = '';

    open my $in, '<', $file or die "$file: $!";

    while (<$in>) {
        if ($block && /^```$/) {
            push @blocks, $block;
            undef $block;
        } elsif ($block) {
            $block->{text} .= $_;
        } elsif (/^```(\S*)\s*(.*)$/) {
            $block = { file => $file, line => $., section => $section,
                language => $1, mark => $2, text => '' };
        } elsif (/^#+ (.*)$/) {
            $section = $1;
        }
    }

    die "$file: a block without an end" if $block;

    return @blocks;
}

sub matches {
    my ($output, $text) = @_;
    my $pattern = join '.*?', map { quotemeta }
        split /\xe2\x80\xa6/, $text =~ s/\s+\z//r, -1;
    return $output =~ s/\s+\z//r =~ /\A$pattern\z/s;
}

sub new {
    my ($class, %o) = @_;
    my $server = ErpsyncServer->new();
    my $dir = $server->dir;
    my $self = bless { server => $server, dir => $dir, port => {
        map { $_ => $_ == 8080 ? $server->port : free_port() }
            443, 8080, 8081 }, webapi => free_port() }, $class;

    make_path(map { "$dir/$_" } $checkout, qw(bin run usr/share/nginx
        usr/lib/nginx/modules etc/nginx/modules-enabled etc/nginx/conf.d
        etc/nginx/sites-enabled etc/ssl/certs var/log/nginx));
    symlink '../../lib/nginx/modules', "$dir/usr/share/nginx/modules";
    symlink $build, "$dir/$checkout/build";
    symlink "$top/$_", "$dir/$checkout/$_" for qw(docs tools README.md);

    $self->certificate();
    $self->wrappers();
    $self->write("/$checkout/$_->[0]", $_->[1]) for (
        [ 'call.json', $Body ], [ 'request.json', $Body ],
        [ 'call.xml', '<call><ErpConnectionId>883</ErpConnectionId>'
            . '<CrmRecordId>34</CrmRecordId><CrmActorType>Contact'
            . '</CrmActorType><ErpKey>qui</ErpKey><ErpActorType>Customer'
            . '</ErpActorType></call>' ]);
    $self->write("/var/log/nginx/$_", '') for qw(error.log access.log
        erpsync-audit.log);

    if ($o{install}) {
        $self->write('/etc/nginx/erpsync/apps.json',
            registry('acme-erp' => [ $Token ]));
        symlink $module,
            "$dir/usr/lib/nginx/modules/ngx_http_erpsync_module.so";
        $self->write('/etc/nginx/modules-enabled/60-erpsync.conf',
            "load_module modules/ngx_http_erpsync_module.so;\n");
    }

    $self->write($_->[0], $self->to_root($_->[1])) for @{ $o{files} || [] };
    $self->write('/etc/nginx/nginx.conf', $self->conf());
    $self->start();
    return $self;
}

# Debian's, as far as it matters, with the stand-in.

sub conf {
    my $self = shift;
    my $dir = $self->{dir};
    my $user = $> == 0 ? 'user www-data;' : '';
    my $paths = $self->{server}->paths() =~ s{_path }{_path $dir/run/}gr;

    return <<"END";
$user
worker_processes 1;
pid $dir/logs/nginx.pid;
error_log $dir/var/log/nginx/error.log;
include $dir/etc/nginx/modules-enabled/*.conf;

events { }

http {
$paths
    access_log $dir/var/log/nginx/access.log;

    server {
        listen 127.0.0.1:$self->{webapi};
        access_log $dir/var/log/nginx/webapi.log;
        location / {
            default_type "application/json; charset=utf-8";
            return 200 true;
        }
    }

    include $dir/etc/nginx/conf.d/*.conf;
    include $dir/etc/nginx/sites-enabled/*;
}
END
}

# A certificate for the gateway, which is its own authority.

sub certificate {
    my $self = shift;
    my $dir = "$self->{dir}/etc/nginx";
    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
        . " -nodes -days 2"
        . " -subj /CN=gateway.example.com"
        . " -addext subjectAltName=DNS:gateway.example.com"
        . " -keyout '$dir/gateway.key' -out '$dir/gateway.pem' 2> /dev/null")
        == 0 or die 'openssl';
    symlink "$dir/gateway.pem", "$self->{dir}/$checkout/acme.pem";
    symlink '../../nginx/gateway.pem',
        "$self->{dir}/etc/ssl/certs/ca-certificates.crt";
}

sub wrapper {
    my ($self, $name, $text) = @_;
    $self->{server}->write_file("bin/$name", "#!/bin/bash\n$text");
    chmod 0755, "$self->{dir}/bin/$name";
}

sub wrappers {
    my $self = shift;
    my $dir = $self->{dir};
    my $nginx = ErpsyncServer::binary();
    my ($real) = grep { -x } $nginx =~ m{/} ? $nginx
        : map { "$_/$nginx" } split /:/, $ENV{PATH};

    # a reload is complete when the old workers are gone

    $self->wrapper('nginx', <<"END");
old=
case "\$*" in *'-s reload'*)
    master=\$(cat $dir/logs/nginx.pid)
    old=\$(cat /proc/\$master/task/\$master/children) ;;
esac
$real -p $dir/usr/share/nginx/ -c $dir/etc/nginx/nginx.conf \\
    -e $dir/var/log/nginx/error.log "\$@" || exit
for pid in \$old; do
    while kill -0 \$pid 2> /dev/null; do sleep 0.05; done
done
END

    # nginx logs a request after it has answered: when the one worker has
    # answered another, the first is in the log

    $self->wrapper('curl', <<"END");
/usr/bin/curl --connect-to gateway.example.com:443:127.0.0.1:$self->{port}{443} \\
    --cacert $dir/etc/nginx/gateway.pem "\$@"
status=\$?
/usr/bin/curl -s -o /dev/null http://127.0.0.1:$self->{webapi}/logged
exit \$status
END

    $self->wrapper('erpsyncctl', "exec $ctl \"\$@\"\n");

    # sanitizers have a module of their own

    my $again = $ENV{TEST_ERPSYNCCTL}
        ? "ln -sf $module $dir/usr/lib/nginx/modules/" : ':';

    $self->wrapper('make', <<"END");
case "\$*" in
'') exit 0 ;;
install|uninstall)
    /usr/bin/make --no-print-directory -s -C $top BUILD='$build' \\
        DESTDIR=$dir MODULES=/usr/lib/nginx/modules \\
        "\${1/#install/install-files}" && $again ;;
*)  echo "make \$*: mark the block as not run" >&2; exit 99 ;;
esac
END

    if ($> != 0) {
        $self->wrapper($_, "exit 0\n") for qw(chown chgrp);
    }
}

sub to_root {
    my ($self, $text) = @_;
    my $dir = $self->{dir};
    my $webapi = "http://127.0.0.1:$self->{webapi}";

    $text =~ s,(?<![\w.}\x24/-])/(etc|var|usr|run|root)/,$dir/$1/,g;
    $text =~ s{(listen\s+)(?:127\.0\.0\.1:)?(443|808[01])\b}
        {"${1}127.0.0.1:$self->{port}{$2}"}ge;
    $text =~ s{127\.0\.0\.1:(808[01])\b}{"127.0.0.1:$self->{port}{$1}"}ge;
    $text =~ s{https://(?!gateway)\w+\.example\.com\b}{$webapi}g;
    $text =~ s{(server\s+)\w+\.example\.com:443}
        {$1127.0.0.1:$self->{webapi}}g;

    return $text;
}

sub from_root {
    my ($self, $text) = @_;
    $text =~ s{\Q$self->{dir}\E/}{/}g;
    $text =~ s{127\.0\.0\.1:$self->{port}{$_}\b}{127.0.0.1:$_}g
        for keys %{ $self->{port} };
    return $text;
}

sub write {
    my ($self, $path, $text) = @_;
    my $file = "$self->{dir}$path";
    make_path(dirname($file));
    open my $out, '>', $file or die "$file: $!";
    print $out $text;
    close $out or die "$file: $!";
}

sub run {
    my ($self, $text) = @_;
    my $dir = $self->{dir};

    $self->write('/run/block.sh', "cd $dir/$checkout\nset -euo pipefail\n"
        . $self->to_root($text));

    $self->write('/run/token', 'token-' . ++$self->{tokens} . "\n");

    local $ENV{PATH} = "$dir/bin:$ENV{PATH}";
    local $ENV{HOME} = "$dir/root";
    local $ENV{TERM} = 'dumb';
    local $ENV{CLIENT_SECRET} = $Token;
    local $ENV{NEW_CLIENT_SECRET} = "new-$Token";
    delete local @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL)};

    my $output = `timeout 120 bash '$dir/run/block.sh' 2>&1 < '$dir/run/token'`;
    return ($? >> 8, $self->from_root($output));
}

# As Debian's package does when it is installed.

sub start {
    my $self = shift;
    my ($status, $output) = $self->run('nginx');
    die "nginx does not start: $output" if $status != 0;
    until_true(sub { -s "$self->{dir}/logs/nginx.pid" }) or die 'no nginx.pid';
}

sub stop {
    my $self = shift;
    return unless $self->{server}{owner} == $$;
    local $?;
    my $pid = $self->{server}->read_file('logs/nginx.pid') || 0;
    return unless $pid > 1;
    kill QUIT => $pid;
    until_true(sub { !-e "$self->{dir}/logs/nginx.pid" });
}

sub DESTROY { $_[0]->stop() }

1;
