# The version: the same everywhere where an operator looks, and nowhere where
# a stranger does.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use FreePort;
use Test::More;

use ErpsyncServer;
use ErpsyncTest;

sub slurp {
    open my $in, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return scalar <$in>;
}

my ($version) = slurp('ngx_erpsync_module/core/base/erpsync_version.h')
    =~ /^#define ERPSYNC_VERSION  "(\d+\.\d+\.\d+)"$/m;
ok($version, 'the header') or BAIL_OUT('no version');

is((slurp('CHANGES') =~ /^(\S+) +\d{4}-\d\d-\d\d$/m)[0], $version, 'CHANGES');
is((slurp('debian/changelog') =~ /\A\S+ \((.+)-\d+\)/)[0], $version,
    'the packages');
is(`tools/version.sh`, "$version\n", 'the tarball');

my $ctl = $ENV{TEST_ERPSYNCCTL}
    || ($ENV{ERPSYNC_BUILD} || 'build') . '/erpsyncctl';
is(`'$ctl' --version`, "erpsyncctl $version\n", 'erpsyncctl');

my $s = ErpsyncServer->new();
my ($dir, $port, $status) = ($s->dir, $s->port, free_port());

$s->write_file('apps.json', registry('acme-erp' => [ $Token ]));

# What it says of itself is in nginx's own hands: server_tokens.

$s->start($s->conf(<<"END" . $s->webapi));
    access_log off;
    server_tokens off;
    erpsync_zone erpsync:2m;

    server {
        listen 127.0.0.1:$port;
        client_max_body_size 4k;
        erpsync on;
        erpsync_registry $dir/apps.json;

        location / { proxy_pass http://unix:$dir/webapi.sock; }
    }

    server {
        listen 127.0.0.1:$status;
        location = /status { erpsync_status; }
        location = /version { return 200 \$erpsync_version; }
    }
END

is(($s->answer("GET /version HTTP/1.0\r\n\r\n", $status))[1], $version,
    '$erpsync_version, outside of calls');
like(($s->answer("GET /status?format=prometheus HTTP/1.0\r\n\r\n", $status))[1],
    qr/^erpsync_build_info\{version="\Q$version\E",nginx="[\d.]+"\} 1$/m,
    'Prometheus');
like(($s->answer("GET /status?format=json HTTP/1.0\r\n\r\n", $status))[1],
    qr/"build":\{"version":"\Q$version\E","nginx":"[\d.]+"\}/, 'JSON');

for my $case (
    [ 'a call', 200 ],
    [ 'a refusal', 403, token => 'wrong' ],
    [ 'one for a client of XML', 403, token => 'wrong',
        headers => [ 'Authorization: Bearer x', 'Accept: text/xml' ] ],
    [ 'a problem', 403, token => 'wrong', headers => [
        'Authorization: Bearer x', 'Accept: application/problem+json' ] ],
    [ 'an invalid body', 422, body => '{}' ],
    [ 'an unknown operation', 404, uri => '/api/v1/Agents/ErpSync/Version' ],
    [ 'a refusal of nginx', 413, body => ' ' x 5000 ],
    [ 'an operation\'s description', 200, method => 'GET', body => '' ],
) {
    my ($name, $expected, %o) = @$case;
    my $answer = $s->call(%o);
    like($answer, qr{\AHTTP/1\.1 $expected }, "$name: status");
    unlike($answer, qr/\Q$version\E|ngx_http_erpsync/i,
        "$name: without a version");
}

unlike($s->log, qr/\Q$version\E/, 'none in the error log');

$s->ends_well('versions');
done_testing();
