#!/usr/bin/env perl

# Sends the same requests to the stand-in WebAPI directly and through the
# gateway, and compares status, Content-Type, and what the operation would
# run with.  Outcomes are as in compare.pl, in golden/http.txt.
#
#     http.pl [--accept] [--show LABEL]

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../lib";

use Getopt::Long;
use JSON::PP;

use ErpsyncServer;
use Golden;
use Oracle;
use Reasons;

my ($accept, $show) = (0);

GetOptions('accept' => \$accept, 'show=s' => \$show) or exit 2;

my $json = JSON::PP->new->canonical->allow_nonref;
my $try = '/api/v1/Agents/ErpSync/TryConnectActor';
my $body = '{"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact",'
    . '"ErpKey":"qui","ErpActorType":"Customer","FieldValues":[]}';
my $schemas = 'http://schemas.datacontract.org/2004/07/'
    . 'SuperOffice.WebApi.v1.Carriers.ErpSyncCarriers';

my %bodies = (
    'application/json' => $body,
    'text/json' => $body,
    'application/merge-patch+json' => $body,
    'application/json-patch+json' =>
        "[{\"op\":\"add\",\"path\":\"\",\"value\":$body}]",
    'application/xml' => "<TryConnectActorRequest xmlns=\"$schemas\">"
        . '<CrmActorType>Contact</CrmActorType><CrmRecordId>34</CrmRecordId>'
        . '<ErpActorType>Customer</ErpActorType><ErpConnectionId>883'
        . '</ErpConnectionId><ErpKey>qui</ErpKey></TryConnectActorRequest>',
    'application/x-www-form-urlencoded' => 'ErpConnectionId=883'
        . '&CrmRecordId=34&CrmActorType=Contact&ErpKey=qui'
        . '&ErpActorType=Customer',
);
$bodies{'text/xml'} = $bodies{'application/xml'};

# [ label, { method, target, headers, body, type } ], ...

my @requests;

sub add {
    my ($label, %request) = @_;
    push @requests, [ $label, { method => 'POST', target => $try,
        headers => [], body => $body, type => 'application/json',
        %request } ];
}

sub targets {
    my %targets = (
        'as documented' => $try,
        'with a tenant' => "/Cust12345$try",
        'with another prefix' => "/site$try",
        'lower case' => lc $try,
        'upper case' => uc $try,
        'a slash at the end' => "$try/",
        'slashes repeated' => '/api//v1/Agents///ErpSync/TryConnectActor',
        'a backslash' => '/api/v1/Agents\\ErpSync\\TryConnectActor',
        'a letter encoded' => '/api/v1/Agents/%45rpSync/TryConnectActor',
        'a letter encoded twice' =>
            '/api/v1/Agents/%2545rpSync/TryConnectActor',
        'a letter encoded with %u' =>
            '/api/v1/Agents/%u0045rpSync/TryConnectActor',
        'a slash encoded' => '/api/v1/Agents/ErpSync%2fTryConnectActor',
        'dot segments' => '/api/v1/x/../Agents/./ErpSync/TryConnectActor',
        'dot segments, encoded' =>
            '/api/v1/x/%2e%2e/Agents/ErpSync/TryConnectActor',
        'a parameter in a segment' => "$try;a=b",
        'a dot at the end' => "$try.",
        'a space at the end' => "$try%20",
        'another version' => '/api/v2/Agents/ErpSync/TryConnectActor',
        'no such operation' => '/api/v1/Agents/ErpSync/TryConnect',
        'the agent alone' => '/api/v1/Agents/ErpSync',
        'a segment more' => "$try/x",
        'a question mark alone' => "$try?",
        'a query' => "$try?a=b&c",
        'a query with encoding' => "$try?a=%20b+c",
        'absolute form' => "http://127.0.0.1$try",
    );
    add("target: $_", target => $targets{$_}) for sort keys %targets;
    add("method: $_", method => $_) for qw(PUT PATCH DELETE);
    add("method: $_", method => $_, body => '', type => undef)
        for qw(GET HEAD OPTIONS);
    add("method: an override, $_", headers => [ "$_: GET" ])
        for 'X-HTTP-Method-Override', 'X-HTTP-Method';
}

sub types {
    my @accept = ([ 'absent' ], [ 'empty', '' ], [ 'anything', '*/*' ],
        (map { [ $_, $_ ] } 'application/json', 'text/json',
            'application/xml', 'text/xml', 'application/json-patch+json',
            'application/merge-patch+json', 'text/html', 'image/png',
            'application/problem+json', 'text/*', 'application/*'),
        [ 'with charset', 'application/json; charset=utf-8' ],
        [ 'with charset utf-16', 'application/json; charset=utf-16' ],
        [ 'upper case', 'APPLICATION/XML' ],
        [ 'XML first by q', 'application/json;q=0.5, application/xml' ],
        [ 'JSON with q=0', 'application/json;q=0, application/xml;q=0.1' ],
        [ 'a browser', 'text/html,application/xhtml+xml,application/xml;'
            . 'q=0.9,*/*;q=0.8' ],
        [ 'Java', 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2' ],
        [ 'axios', 'application/json, text/plain, */*' ],
        [ 'broken', 'json' ], [ 'q beyond 1', 'application/xml;q=5' ]);
    for my $type (sort keys %bodies) {
        for (@accept) {
            my ($label, $value) = @$_;
            add("accept: $label, to $type", type => $type,
                body => $bodies{$type},
                headers => [ defined $value ? "Accept: $value" : () ]);
        }
        for ('', '; charset=utf-8', '; charset="UTF-8"', '; charset=us-ascii',
            '; charset=iso-8859-1', '; charset=foo', '; a=b', ';')
        {
            add("type: $type$_", type => "$type$_", body => $bodies{$type},
                headers => [ 'Accept: */*' ]);
        }
        add("type: $type in upper case", type => uc $type,
            body => $bodies{$type}, headers => [ 'Accept: */*' ]);
    }
    add('type: none', type => undef);
    add('type: empty', type => '');
    add("type: $_", type => $_) for 'text/plain', 'application/octet-stream',
        'multipart/form-data; boundary=x', 'application/vnd.api+json',
        'json', 'application/json, application/json';
    add("accept-charset: $_", headers => [ "Accept-Charset: $_",
        'Accept: application/json' ]) for 'utf-8', 'utf-16', '*', 'foo';
    add("content-encoding: $_", headers => [ "Content-Encoding: $_" ])
        for 'identity', 'gzip', '';
}

sub languages {
    my @values = ('nb', 'nb-NO', 'NB-no', 'en-US', '*', 'x', '-', '', ' ',
        'zh-Hans-CN', 'en-US,en;q=0.5', 'en;q=0.5, nb;q=0.9', 'en;q=0, nb',
        'en-us; en-gb', 'en_US', 'english!', 'en;q=x, nb', ',', 'en,',
        'en;q=0', '*;q=0.5, nb', 'nb, *');
    add("Accept-Language: $_", headers => [ "Accept-Language: $_" ])
        for @values;
    add("SO-Language: $_", headers => [ "SO-Language: $_" ])
        for @values[ 0 .. 8, 9 ];
    add("SO-Language: $_, over Accept-Language",
        headers => [ "SO-Language: $_", 'Accept-Language: sv' ])
        for 'nb', '*', '', 'x';
    add("SO-Culture: $_", headers => [ "SO-Culture: $_", 'SO-Language: nb' ])
        for 'en-GB', 'en-gb', '*', '';
    add('SO-Culture: without a language',
        headers => [ 'SO-Culture: en-GB' ]);
    add("SO-TimeZone: $_", headers => [ "SO-TimeZone: $_" ]) for '261', 'NO',
        'no', 'US-NY', 'NO,includeTZOffset', 'NO, includeTZOffset',
        'includeTZOffset', '';
}

sub others {
    for ('Name', 'name,department', 'a,%20b', 'a,a', 'category/id', 'a,,b',
        'a,', '', '%61', 'a%2Cb', 'a/b/c', '1a', 'a;b', '*')
    {
        add("select: $_", target => "$try?\$select=$_");
    }
    add('select: name encoded', target => "$try?%24select=a");
    add('select: name in another case', target => "$try?\$SELECT=a");
    add('select: twice', target => "$try?\$select=a&\$select=b");
    add('select: beside another', target => "$try?a=b&\$select=c&d=e");

    my $agent = '/api/v1/Agents/ErpSync';
    for my $operation (qw(SyncAll GetEngineStatus GetAllConnectors)) {
        my @none = (target => "$agent/$operation", body => '');
        add('no request: nothing', @none, type => undef);
        add('no request: a type alone', @none, type => 'application/json');
        add('no request: another type alone', @none, type => 'text/plain');
        add('no request: an empty object', @none, body => '{}',
            type => 'application/json');
        add('no request: a form of nothing', @none,
            type => 'application/x-www-form-urlencoded');
        add('no request: chunks without content', @none, type => undef,
            chunked => 1);
    }
    for (qw(Get Delete)) {
        my $operation = "$agent/${_}ErpSyncConnectorEntity";
        my @none = (body => '', type => undef);
        add('id in the query', @none,
            target => "$operation?erpSyncConnectorEntityId=5");
        add('id in the query, another case', @none,
            target => "$operation?ERPSYNCCONNECTORENTITYID=5");
        add('id in the query, absent', @none, target => $operation);
        add('id in the query, no number', @none,
            target => "$operation?erpSyncConnectorEntityId=x");
    }
    add('body: chunks', chunked => 1);
    add('body: Expect', headers => [ 'Expect: 100-continue' ]);
    add('body: absent', body => '');
    add('body: absent, no type', body => '', type => undef);
    add('credentials: SOTicket in another case',
        authorization => 'soticket 7T:abc123==');
    add('credentials: Bearer', authorization => 'bearer 8A:Cust12345.AbC',
        target => "/Cust12345$try");
    add('credentials: Basic', authorization => 'BASIC dGplMDpUamUw');
    add('credentials: token of the page', authorization => undef, headers =>
        [ 'X-XSRF-TOKEN: abc', 'Cookie: XSRF-TOKEN=abc' ]);
}

sub text {
    my $request = shift;
    my $authorization = exists $request->{authorization}
        ? $request->{authorization} : 'Basic dGplMDpUamUw';
    my @lines = ("$request->{method} $request->{target} HTTP/1.1",
        'Host: 127.0.0.1', 'Connection: close',
        defined $authorization ? "Authorization: $authorization" : (),
        defined $request->{type} ? "Content-Type: $request->{type}" : (),
        @{ $request->{headers} });
    my $content = $request->{body};
    if ($request->{chunked}) {
        push @lines, 'Transfer-Encoding: chunked';
        $content = (length $content ? sprintf("%x\r\n%s\r\n",
            length $content, $content) : '') . "0\r\n\r\n";
    } elsif (length $content || $request->{method} eq 'POST') {
        push @lines, 'Content-Length: ' . length $content;
    }
    return join("\r\n", @lines, '', '') . $content;
}

# What came of it, in a form that can be compared.

sub result {
    my ($status, $text, $head) = @_;
    my ($type) = $head =~ /^Content-Type: *(.*?)\r?$/mi;
    my ($bound) = $head =~ /^X-Bound: (.*?)\r?$/mi;
    $bound = defined $bound ? $json->decode($bound) : undef;

    return { status => $status, type => lc($type // ''),
        bound => $json->encode(Oracle::comparable($bound)) };
}

sub outcome {
    my ($direct, $through) = @_;
    my $refused = $through->{text} =~ /erpsync-gateway|urn:erpsync:/;
    my $bound = $direct->{status} < 400;

    if ($through->{text} =~ /<center>nginx/) {
        return $bound ? 'refuses nginx' : 'refused nginx';
    }
    if ($refused) {
        my ($reason) = $through->{text}
            =~ /(?:<ErrorType>|"ErrorType":"|urn:erpsync:)(\w+)/;
        $reason //= 'none';
        return $bound ? "refuses $reason" : "refused $reason";
    }
    for (qw(status type bound)) {
        next if $direct->{$_} eq $through->{$_};
        return $_ eq 'status' && !$bound ? 'alone' : "differs $_";
    }
    return 'same';
}

sub ask {
    my ($server, $text, $port) = @_;
    my ($status, $content, $head) = $server->answer($text, $port);
    if ($status eq '100') {
        ($head, $content) = split /\r\n\r\n/, $content, 2;
        ($status) = $head =~ m{^HTTP/1\.1 (\d+)};
    }
    return { %{ result($status eq 'none' ? 400 : $status, $content, $head) },
        text => $content // '', head => $head };
}

targets();
types();
languages();
others();

$ENV{TEST_NGINX_LOAD_MODULES} ||=
    ($ENV{ERPSYNC_BUILD} // "$FindBin::Bin/../../build")
    . "/ngx_http_erpsync_module.so";

my $oracle = Oracle->start();
my $server = ErpsyncServer->new();
my $up = 'http://127.0.0.1:' . $oracle->port();
my $port = $server->port();

$server->start($server->conf(<<"END"));
    server {
        listen 127.0.0.1:$port;
        erpsync on;
        erpsync_installation onsite;
        merge_slashes off;
        proxy_buffer_size 32k;
        proxy_buffers 8 32k;
        location / { proxy_pass $up; }
    }
END

my %outcomes;

for (@requests) {
    my ($label, $request) = @$_;
    next if defined $show && $label !~ /^\Q$show\E/;
    my $text = text($request);
    my $direct = ask($server, $text, $oracle->port());
    my $through = ask($server, $text);
    $oracle->seen();
    my $outcome = outcome($direct, $through);
    $outcomes{$label}{$outcome}{http}++;
    print "== $label: $outcome\n$text\n",
        map { ("$_->{head}\n$_->{text}\n") } $direct, $through
        if defined $show;
}

$server->stop();
$oracle->stop();
exit 0 if defined $show;

my $lines = { map { $_ => Golden::text($outcomes{$_}) } keys %outcomes };
printf "%-12s %6d requests, %d labels\n", 'http', scalar @requests,
    scalar keys %$lines;
my $reasons = Reasons->load("$FindBin::Bin/reasons.txt");
exit Golden::judge('http', $lines, $reasons, $accept) ? 1 : 0;
