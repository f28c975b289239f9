# report changes no byte: what the upstream receives with "erpsync off" and
# with "erpsync report" is the same, and what would be refused is told.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use IO::Socket::UNIX;
use JSON::PP qw(decode_json);
use POSIX ();
use Test::More;

use ErpsyncServer;
use ErpsyncTest;

my $s = ErpsyncServer->new();
my ($dir, $port) = ($s->dir, $s->port);
my $Call = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';

# An upstream that writes down what it reads, to the end of each request.

my $listener = IO::Socket::UNIX->new(Local => "$dir/upstream.sock",
    Listen => 16) or die "upstream: $!";
chmod 0777, "$dir/upstream.sock";

sub serve {
    my $socket = shift;
    my $request = '';
    while (1) {
        my ($head, $body) = split /\r\n\r\n/, $request, 2;
        if (defined $body) {
            my ($length) = $head =~ /^Content-Length: *(\d+)/mi;
            last if $head =~ /^Transfer-Encoding: *chunked/mi
                ? $body =~ /(?:\A|\r\n)0\r\n\r\n\z/
                : length $body >= ($length || 0);
        }
        sysread $socket, $request, 65536, length $request or last;
    }
    open my $out, '>', "$dir/received.new" or die "received: $!";
    print $out $request;
    close $out;
    rename "$dir/received.new", "$dir/received";
    my $answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n"
        . "Connection: close\r\n\r\n";
    $answer .= 'true' unless $request =~ /\AHEAD/;
    syswrite $socket, $answer;
}

my $upstream = fork // die "fork: $!";
if ($upstream == 0) {
    $SIG{TERM} = 'DEFAULT';
    while (my $socket = $listener->accept) { serve($socket); close $socket }
    POSIX::_exit(0);
}
close $listener;

END {
    my $status = $?;
    if ($upstream) { kill TERM => $upstream; waitpid $upstream, 0 }
    $? = $status;
}

$s->write_file('registry.json', registry('acme-erp' => [ $Token ]));

# The same locations in two servers, told apart by Host.

my $servers = join '', map { <<"END" } qw(off report);
    server {
        listen 127.0.0.1:$port;
        server_name $_;
        client_max_body_size 1m;
        client_body_buffer_size 1k;
        client_header_buffer_size 1k;
        ignore_invalid_headers off;
        erpsync $_;
        erpsync_registry registry.json;
        location / {
            proxy_http_version 1.1;
            proxy_set_header Host gateway;
            proxy_set_header Connection "";
            proxy_pass http://unix:$dir/upstream.sock;
        }
        location /plain/ { proxy_pass http://unix:$dir/upstream.sock; }
        location = /status { access_log off; erpsync_status; }
    }
END

$s->start($s->conf(<<"END"));
    erpsync_zone erpsync:1m;
    log_format verdict '\$host \$erpsync_decision \$erpsync_reason';
    access_log logs/access.log verdict;
$servers
END

sub received {
    my ($mode, $request, @parts) = @_;
    unlink "$dir/received";
    $request =~ s/^Host: HOST\r$/Host: $mode\r/m;
    my $socket = $s->connection();
    print $socket $request;
    for (@parts) {
        $socket->flush;
        select undef, undef, undef, 0.02;
        print $socket $_;
    }
    local $/;
    my $answer = <$socket> // '';
    my ($status) = $answer =~ m{^HTTP/1\.1 (?:100 .*?HTTP/1\.1 )?(\d+)}s;
    return ($s->read_file('received'), $status // 'none');
}

# What the access log says of a call, which may come after its answer.

sub verdict {
    my $line = '';
    until_true(sub {
        ($line) = $s->read_file('logs/access.log') =~ /^report (.*)\n\z/m;
        return defined $line;
    });
    return $line;
}

my ($bytes, %told, $calls) = (0);

sub same {
    my ($name, $verdict, $request, @parts) = @_;
    my ($off, $status_off) = received('off', $request, @parts);
    truncate "$dir/logs/access.log", 0;
    my ($report, $status) = received('report', $request, @parts);
    ok(length $off && $off eq $report, "$name: not a byte differs")
        or diag("off:\n", substr($off, 0, 600), "\nreport:\n",
            substr $report, 0, 600);
    is($status, $status_off, "$name: the same status");
    is(verdict(), $verdict, "$name: the verdict");
    $told{$1}++ if $verdict =~ /^report (\w+)/;
    $bytes += length $off;
}

# A request by its lines, with a default for each that none replaces.

sub request {
    my ($line, $body, @headers) = @_;
    my @lines = ("$line HTTP/1.1", 'Host: HOST', 'Connection: close',
        @headers);
    push @lines, 'Content-Length: ' . length $body
        if length $body && !grep { /^transfer-encoding/i } @headers;
    return join("\r\n", @lines, '', '') . $body;
}

my @auth = ('Authorization: Bearer x', "SO-AppToken: $Token");
my @good = (@auth, 'Content-Type: application/json');
my $loose = $Body =~ s/:/ : /gr =~ s/ErpKey/eRPkEY/r;

sub padded { my $n = shift; return $loose =~ s/qui/'x' x 100/er
    =~ s/\}\z/' ' x ($n - length($loose) - 97) . '}'/er }

sub chunked {
    my ($body, $size) = @_;
    return join('', map { sprintf "%x\r\n%s\r\n", length, $_ }
        $body =~ /(.{1,$size})/gs) . "0\r\n\r\n";
}

same('canonical', 'allow ok', request("POST $Call", $Canonical, @good));
same('loose', 'allow ok', request("POST $Call", $loose, @good));

for my $case ([ '/cust12345/API/v1/agents/ERPSYNC/tryconnectactor', 'ok' ],
    [ '/Cust12345//api/v1/Agents//ErpSync/TryConnectActor/', 'ok' ],
    [ '/Cust12345/%61pi/v1/Agents/ErpSync/TryConnect%41ctor', 'ok' ],
    [ '/x/../Cust12345/./api/v1/Agents/ErpSync/TryConnectActor', 'ok' ],
    [ '/Cust12345/api%2fv1/Agents/ErpSync%5CTryConnectActor', 'ok' ],
    [ "$Call?%24SELECT=ErpKey,ErpKey&a=%zz+%20", 'ok' ],
    [ "$Call?\$select= ErpKey,ErpKey" =~ s/ /%20/r, 'ok' ],
    [ "$Call?", 'ok' ],
    [ '/Cust12345/api/v1/Agents/ErpSync/Nope%20', 'operation_unknown' ],
    [ '/Services88/ErpSync.svc', 'soap_not_allowed' ])
{
    my ($uri, $reason) = @$case;
    same("URI $uri", $reason eq 'ok' ? 'allow ok' : "report $reason",
        request("POST $uri", $loose, @good));
}

same('headers in their order and case', 'allow ok', request("POST $Call",
    $loose, 'x-b: 1', 'SO-LANGUAGE: nb-no', 'cOOKIE: a=b', @good, 'X-A:  2 ',
    'accept-language: en-us; en-gb', 'so-timezone: cet', 'X-B: 3',
    'X-HTTP-Method-Override: DELETE', 'x_under: 1', 'Cookie: c=d'));
same('empty values', 'allow ok', request("POST $Call", $loose, @good,
    'SO-Language:', 'X-Empty: ', 'SO-TimeZone: '));
same('a header twice', 'report header_duplicated', request("POST $Call",
    $loose, 'SO-AppToken: a', @good));
same('no credentials', 'report credentials_missing', request("POST $Call",
    $loose, 'Content-Type: application/json'));
same('an unknown token', 'report app_token_unknown', request("POST $Call",
    $loose, 'Authorization: bearer  x', 'SO-AppToken: other'));
same('another type', 'report content_type_unsupported', request("POST $Call",
    $loose, @auth, 'Content-Type: text/plain'));
same('an encoding', 'report content_encoding_unsupported', request(
    "POST $Call", "\x1f\x8b\x08\0", @good, 'Content-Encoding: gzip'));
same('another Accept', 'allow ok', request("POST $Call", $loose, @good,
    'Accept: image/png'));
same('another method', 'report method_not_allowed', request("PUT $Call",
    $loose, @good));
same('GET', 'allow ok', request("GET $Call", '', @auth));
same('GET with a body', 'allow ok', request("GET $Call", $loose, @good));
same('HEAD', 'allow ok', request("HEAD $Call", '', @auth));
same('OPTIONS', 'allow ok', request("OPTIONS $Call", '', 'Origin: http://x'));

for my $size (512, 4096, 100_000) {
    my $body = padded($size);
    is(length $body, $size, "a body of $size bytes");
    for my $b ([ 'good', $body, 'allow ok' ],
        [ 'invalid', $body =~ s/883/"no"/r, 'report body_invalid' ],
        [ 'malformed', $body =~ s/\}\z/ /r, 'report body_malformed' ])
    {
        my ($kind, $text, $verdict) = @$b;
        same("$size bytes, $kind", $verdict,
            request("POST $Call", $text, @good));
        my $whole = request("POST $Call", $text, @good);
        my $cut = index($whole, "\r\n\r\n") + 104;
        same("$size bytes, $kind, a part with the header", $verdict,
            substr($whole, 0, $cut), substr $whole, $cut);
        same("$size bytes, $kind, chunked", $verdict, request("POST $Call",
            chunked($text, 700), @good, 'Transfer-Encoding: chunked'));
    }
}

my $form = 'erpKey=q%75i&ErpConnectionId=883&CrmRecordId=34&'
    . 'CrmActorType=Contact&ErpActorType=Customer';
same('a form', 'allow ok', request("POST $Call", $form, @auth,
    'Content-Type: application/x-www-form-urlencoded'));
same('XML', 'allow ok', request("POST $Call", '<r><ErpKey>a&amp;b</ErpKey>'
    . '<ErpConnectionId> 883 </ErpConnectionId><CrmRecordId>34</CrmRecordId>'
    . '<CrmActorType>Contact</CrmActorType><ErpActorType>Customer'
    . '</ErpActorType></r>', @auth, 'Content-Type: text/xml'));
same('escapes', 'allow ok', request("POST $Call",
    $loose =~ s/qui/\\u0041\\n\\\/\\ud83d\\ude00/r, @good));
same('a byte order mark', 'allow ok',
    request("POST $Call", "\xef\xbb\xbf$loose", @good));
same('an empty body', 'report body_missing', request("POST $Call", '',
    @good, 'Content-Length: 0'));
same('over HTTP/1.0', 'allow ok',
    request("POST /plain$Call", $loose, @good));

# Expect: the body follows only on request.

my $whole = request("POST $Call", $loose, @good, 'Expect: 100-continue');
my $cut = index($whole, "\r\n\r\n") + 4;
same('Expect', 'allow ok', substr($whole, 0, $cut), substr $whole, $cut);

# Keepalive: two calls in one connection; the second is what is compared.

my $first = request("POST $Call", $loose, @good)
    =~ s/Connection: close/Connection: keep-alive/r;
for my $mode (qw(off report)) {
    (my $head = $first) =~ s/HOST/$mode/;
    (my $second = request("POST $Call?n=2", $loose . ' ', @good))
        =~ s/HOST/$mode/;
    my ($got, $status) = received($mode, $head, $second);
    like($got, qr/\APOST \Q$Call\E\?n=2 HTTP.*\Q$loose\E \z/s,
        "keepalive, $mode: the second call arrives as sent");
}

# What would have been refused: log and counters.

my $log = $s->log;
my $json = decode_json(
    ($s->answer("GET /status?format=json HTTP/1.0\r\n\r\n"))[1]);
my $prometheus =
    $s->exchange("GET /status?format=prometheus HTTP/1.0\r\n\r\n");
ok(ref $json eq 'HASH', 'the status is JSON');
for my $reason (sort keys %told) {
    my $n = () = $log =~ /erpsync: would refuse reason=$reason /g;
    is($n, $told{$reason}, "$reason: once in the log for each");
    my $counted = 0;
    $counted += $1 while $prometheus =~ /^erpsync_requests_total\{
        [^}]*decision="report",reason="$reason"[^}]*\}\ (\d+)/xmg;
    is($counted, $told{$reason}, "$reason: counted");
}
unlike($log, qr/erpsync: refused/, 'nothing was refused');
like($log, qr{erpsync:\ would\ refuse\ reason=body_invalid\ app=acme-erp
    \ .*?\ violations="/ErpConnectionId:type",\ client:}x,
    'and the violations are told');
my ($seen) = grep { $_->{place} eq '/ErpConnectionId:type' }
    map { @{ $_->{violations} } } @{ $json->{apps} };
is($seen && $seen->{count}, $told{body_invalid}, 'also in the status');
cmp_ok($bytes, '>', 900_000, 'bytes were compared');

$s->ends_well('report');

done_testing();
